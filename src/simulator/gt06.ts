/**
 * Simulated Concox units, of four kinds by the digits of their IMEI: WeTrack140 with 2G and with 4G, Jimi units whose messages
 * end with modules, and the first GT06, whose clock is local. Fixes and alarms are acknowledged by number and serial; what else
 * a unit says comes in place of some heartbeats.
 */
import type { AlarmName } from '../codecs/alarms.ts'
import * as gt06 from '../codecs/gt06/encode.ts'
import { digitSum, type Reply, type TrackerProtocol } from './protocol.ts'
import type { SimulatedFix } from './vehicle.ts'

/** Alarm codes of the maker, and the state bits that go along. */
const ALARMS: Partial<Record<AlarmName, { code: number; state: number }>> = {
  sos: { code: 0x01, state: 4 },
  power_cut: { code: 0x02, state: 2 },
  vibration: { code: 0x03, state: 1 },
  geofence_enter: { code: 0x04, state: 0 },
  geofence_exit: { code: 0x05, state: 0 },
  overspeed: { code: 0x06, state: 0 },
  movement: { code: 0x09, state: 0 },
  tamper: { code: 0x13, state: 0 },
  low_battery: { code: 0x19, state: 3 },
  harsh_acceleration: { code: 0x29, state: 0 },
  harsh_cornering: { code: 0x2a, state: 0 },
  collision: { code: 0x2c, state: 0 },
  harsh_braking: { code: 0x30, state: 0 },
}
const LOGIN = 0x01
const FENCE_NONE = 0xff
const METRES_PER_KM = 1000
/** The protocol's unit of coordinates, parts of a degree. */
const RAW_PER_DEGREE = 1_800_000
const CELL = { mcc: 404, mnc: 22, lac: 7978, cid: 46020 }
const NEIGHBOURS = [
  { ...CELL, rssi: 60 },
  { ...CELL, cid: 46021, rssi: 52 },
  { ...CELL, lac: 7979, cid: 46032, rssi: 44 },
]
const WIFI = [
  { mac: 'a4:b1:c2:d3:e4:f5', rssi: 60 },
  { mac: '00:11:22:33:44:55', rssi: 72 },
]
const INCOMPLETE: Reply = { size: 0, kind: 'other', serial: -1 }

interface Kind {
  typeCode: number
  timezoneMinutes: number
  location(fix: SimulatedFix, serial: number): Uint8Array
  alarm(fix: SimulatedFix, status: gt06.Status, serial: number): Uint8Array
  heartbeat(fix: SimulatedFix, serial: number): Uint8Array
  /** What it says besides, one after another. */
  others: readonly ((imei: string, fix: SimulatedFix, serial: number) => Uint8Array)[]
}

const tailOf = (fix: SimulatedFix): gt06.Tail => ({
  acc: fix.ignition,
  mode: 0,
  reupload: fix.buffered,
  mileage: mileageOf(fix),
})
const mileageOf = (fix: SimulatedFix) => Math.round(fix.odometerKm * METRES_PER_KM)
const statusOf = (fix: SimulatedFix): gt06.Status => ({
  tracking: true,
  charging: fix.alarm !== 'power_cut', // wired to the vehicle's battery
  acc: fix.ignition,
  voltageLevel: Math.ceil((fix.batteryPct / 100) * 6),
  gsm: 4,
  language: 2,
})
const BATTERY_CENTIVOLTS = 0x0018,
  BATTERY_PCT = 0x006a,
  MILEAGE = 0x002e
const modulesOf = (fix: SimulatedFix) => [
  ...gt06.tlv(BATTERY_CENTIVOLTS, gt06.u16(405)),
  ...gt06.tlv(BATTERY_PCT, [fix.batteryPct]),
  ...gt06.tlv(MILEAGE, gt06.u32(mileageOf(fix))),
]

const externalVoltage: Kind['others'][number] = (_, __, serial) => gt06.externalVoltage(1274, serial)
const simIdentity: Kind['others'][number] = (imei, _, serial) =>
  gt06.simIdentity(imei, '404220123456789', '8991220000123456789', serial)
const statusSync: Kind['others'][number] = (_, __, serial) =>
  gt06.statusSync('ALM1=C4;ALM2=CC;STA1=C0;DYD=01;SOS=,,;FENCE=FENCE,OFF,0', serial)
const timeRequest: Kind['others'][number] = (_, __, serial) => gt06.timeRequest(serial)

const WETRACK: Kind = {
  typeCode: 0x2003,
  timezoneMinutes: 0,
  location: (fix, serial) => gt06.location22(fix, CELL, tailOf(fix), serial),
  alarm: (fix, status, serial) => gt06.alarm(0x27, fix, CELL, status, serial, { fence: FENCE_NONE }),
  heartbeat: (fix, serial) => gt06.heartbeat(statusOf(fix), serial),
  others: [
    externalVoltage,
    (_, fix, serial) => gt06.cells(0x28, fix.timeMs, NEIGHBOURS, serial),
    (_, fix, serial) => gt06.cells(0x2c, fix.timeMs, NEIGHBOURS, serial, WIFI),
    simIdentity,
    statusSync,
    timeRequest,
  ],
}
const WETRACK_4G: Kind = {
  ...WETRACK,
  location: (fix, serial) => gt06.locationA0(fix, CELL, tailOf(fix), serial),
  alarm: (fix, status, serial) => gt06.alarm4g(0xa4, fix, CELL, status, serial, { fence: FENCE_NONE }),
  others: [
    externalVoltage,
    (_, fix, serial) => gt06.cells(0xa1, fix.timeMs, NEIGHBOURS, serial),
    (_, fix, serial) => gt06.cells(0xa2, fix.timeMs, NEIGHBOURS, serial, WIFI),
    simIdentity,
    statusSync,
    timeRequest,
  ],
}
const RADIO_4G = 4
const JIMI: Kind = {
  typeCode: 0x2104,
  timezoneMinutes: 0,
  location: (fix, serial) =>
    gt06.location37(fix, CELL, { acc: fix.ignition, mode: 0, reupload: fix.buffered }, modulesOf(fix), serial),
  alarm: (fix, status, serial) => gt06.alarm39(fix, { ...CELL, rssi: 70 }, RADIO_4G, status, modulesOf(fix), serial),
  heartbeat: (fix, serial) => gt06.heartbeat36(statusOf(fix), modulesOf(fix), serial),
  others: [
    externalVoltage,
    (_, fix, serial) => gt06.door(fix.ignition, false, serial, fix.timeMs),
    (_, __, serial) => gt06.radio(true, serial),
    (_, __, serial) => gt06.climate(213, 480, serial),
    simIdentity,
    timeRequest,
  ],
}
/** India: the clock it was given. */
const OLD_ZONE_MINUTES = 330
const local = (fix: SimulatedFix) => ({ ...fix, timeMs: fix.timeMs + OLD_ZONE_MINUTES * 60_000, acc: fix.ignition })
const OLD: Kind = {
  typeCode: 0x7000,
  timezoneMinutes: OLD_ZONE_MINUTES,
  location: (fix, serial) => gt06.location12(local(fix), CELL, serial, mileageOf(fix)),
  alarm: (fix, status, serial) => gt06.alarm(0x16, local(fix), CELL, status, serial),
  heartbeat: (fix, serial) => gt06.heartbeat(statusOf(fix), serial),
  others: [
    (_, fix, serial) => gt06.cells(0x18, local(fix).timeMs, NEIGHBOURS, serial),
    (_, __, serial) => gt06.bootCell(CELL, serial),
    (_, fix, serial) => gt06.satellites(Array<number>(fix.satellites).fill(38), serial),
  ],
}
const KINDS = [WETRACK, WETRACK_4G, JIMI, OLD]
const kindOf = (imei: string) => KINDS[digitSum(imei) % KINDS.length]
/** Numbers of fixes and alarms: their acks say that a report arrived. */
const REPORTS = new Set([0x12, 0x16, 0x22, 0x27, 0x37, 0x39, 0xa0, 0xa4])
/** One of so many heartbeats is something else. */
const OTHERS_EVERY = 3

export const gt06Tracker: TrackerProtocol = {
  name: 'gt06',
  alarms: Object.keys(ALARMS) as AlarmName[],
  acksEachFix: true,
  login: (imei, serial) => {
    const { typeCode, timezoneMinutes } = kindOf(imei)
    return gt06.login({ imei, typeCode, timezoneMinutes, language: 2 }, serial)
  },
  report: (imei, [fix], serial) => {
    if (fix.alarm === null) return kindOf(imei).location(fix, serial)
    const { code, state } = ALARMS[fix.alarm]!
    return kindOf(imei).alarm(fix, { ...statusOf(fix), alarm: code, tiAlarm: state }, serial)
  },
  heartbeat: (imei, fix, serial) => {
    const { heartbeat, others } = kindOf(imei)
    if (serial % OTHERS_EVERY !== 0) return heartbeat(fix, serial)
    return others[Math.floor(serial / OTHERS_EVERY) % others.length](imei, fix, serial)
  },
  readReply: (bytes, start, end) => {
    const size = gt06.ackSize(bytes, start, end)
    if (size === 0) return INCOMPLETE
    if (size < 0) return { size: 1, kind: 'other', serial: -1 }
    const number = gt06.ackNumber(bytes, start)
    const kind = number === LOGIN ? 'login' : REPORTS.has(number) ? 'reports' : 'other'
    return { size, kind, serial: gt06.ackSerial(bytes, start, size) }
  },
  rounded: (fix) => ({
    ...fix,
    latitude: Math.round(fix.latitude * RAW_PER_DEGREE) / RAW_PER_DEGREE,
    longitude: Math.round(fix.longitude * RAW_PER_DEGREE) / RAW_PER_DEGREE,
  }),
}

/** Simulated Concox WeTrack140: every message is acknowledged by number and serial. Every second one speaks the 4G forms. */
import type { AlarmName } from '../codecs/alarms.ts'
import * as gt06 from '../codecs/gt06/encode.ts'
import type { Reply, TrackerProtocol } from './protocol.ts'
import type { SimulatedFix } from './vehicle.ts'

/** Alarm codes of the maker, and the state bits that go along. */
const ALARMS: Partial<Record<AlarmName, { code: number; state: number }>> = {
  sos: { code: 0x01, state: 4 },
  power_cut: { code: 0x02, state: 2 },
  vibration: { code: 0x03, state: 1 },
  geofence_enter: { code: 0x04, state: 0 },
  geofence_exit: { code: 0x05, state: 0 },
  overspeed: { code: 0x06, state: 0 },
  low_battery: { code: 0x19, state: 3 },
  harsh_braking: { code: 0x30, state: 0 },
}
const LOGIN = 0x01
const HEARTBEAT = 0x13
const FENCE_NONE = 0xff
const METRES_PER_KM = 1000
/** The protocol's unit of coordinates, parts of a degree. */
const RAW_PER_DEGREE = 1_800_000
const CELL = { mcc: 404, mnc: 22, lac: 7978, cid: 46020 }
const INCOMPLETE: Reply = { size: 0, kind: 'other', serial: -1 }

export const gt06Tracker: TrackerProtocol = {
  name: 'gt06',
  alarms: Object.keys(ALARMS) as AlarmName[],
  acksEachFix: true,
  login: (imei, serial) => gt06.login({ imei, typeCode: 0x2003, timezoneMinutes: 0, language: 2 }, serial),
  report: (imei, [fix], serial) => reportOf(fix, is4g(imei), serial),
  heartbeat: (_, fix, serial) => gt06.heartbeat({ ...statusOf(fix), tiAlarm: 0 }, serial),
  readReply: (bytes, start, end) => {
    const size = gt06.ackSize(bytes, start, end)
    if (size === 0) return INCOMPLETE
    if (size < 0) return { size: 1, kind: 'other', serial: -1 }
    const number = gt06.ackNumber(bytes, start)
    const kind = number === LOGIN ? 'login' : number === HEARTBEAT ? 'other' : 'reports'
    return { size, kind, serial: gt06.ackSerial(bytes, start, size) }
  },
  rounded: (fix) => ({
    ...fix,
    latitude: Math.round(fix.latitude * RAW_PER_DEGREE) / RAW_PER_DEGREE,
    longitude: Math.round(fix.longitude * RAW_PER_DEGREE) / RAW_PER_DEGREE,
  }),
}

const is4g = (imei: string) => Number(imei.at(-1)) % 4 < 2

const statusOf = (fix: SimulatedFix) => ({
  tracking: true,
  charging: fix.alarm !== 'power_cut', // wired to the vehicle's battery
  acc: fix.ignition,
  voltageLevel: Math.ceil((fix.batteryPct / 100) * 6),
  gsm: 4,
  language: 2,
})

function reportOf(fix: SimulatedFix, fourG: boolean, serial: number): Uint8Array {
  const mileage = Math.round(fix.odometerKm * METRES_PER_KM)
  if (fix.alarm === null) {
    const tail = { acc: fix.ignition, mode: 0, reupload: fix.buffered, mileage }
    return fourG ? gt06.locationA0(fix, CELL, tail, serial) : gt06.location22(fix, CELL, tail, serial)
  }
  const { code, state } = ALARMS[fix.alarm]!
  const status = { ...statusOf(fix), alarm: code, tiAlarm: state }
  return fourG
    ? gt06.alarm4g(0xa4, fix, CELL, status, serial, { fence: FENCE_NONE })
    : gt06.alarm(0x27, fix, CELL, status, serial, { fence: FENCE_NONE })
}

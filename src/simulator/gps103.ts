/**
 * A simulated TK103B. It confirms nothing by itself: a heartbeat behind the reports shows, once answered, that they arrived.
 * Between these it sends what nobody answers: engine values and the serving cell.
 */
import type { AlarmName } from '../codecs/alarms.ts'
import {
  encodeCellReport,
  encodeHeartbeat,
  encodeLogon,
  encodeObd,
  encodeReport,
  readReply,
  type FixReport,
} from '../codecs/gps103/encode.ts'
import type { Reply, TrackerProtocol } from './protocol.ts'
import type { SimulatedFix } from './vehicle.ts'

/** What a report of each alarm has besides the fix. */
const ALARMS: Partial<Record<AlarmName, Partial<FixReport>>> = {
  sos: { keyword: 'help me' },
  power_cut: { keyword: 'ac alarm' },
  low_battery: { keyword: 'low battery' },
  overspeed: { keyword: 'speed' },
  vibration: { keyword: 'sensor alarm' },
  movement: { keyword: 'move' },
  door: { keyword: 'door alarm', doorOpen: true },
  illegal_ignition: { keyword: 'acc alarm' },
  ignition_on: { keyword: 'acc on' },
  ignition_off: { keyword: 'acc off' },
  collision: { keyword: 'accident alarm' },
  geofence_enter: { keyword: 'area01 in' },
  geofence_exit: { keyword: 'area01 out' },
  temperature: { keyword: 'T:+41.5' },
  fuel_theft: { keyword: 'oil 37.20' },
  fault: { keyword: 'DTC', troubleCode: 'P0300' },
  maintenance_due: { keyword: 'service', service: { days: 15, km: 500 } },
}
/** The tracker's clock runs on its own zone. */
const ZONE_MINUTES = 180
const MINUTE_DECIMALS = 5
/** The protocol's units of coordinates and speed. */
const PER_DEGREE = 60 * 10 ** MINUTE_DECIMALS
const KPH_PER_UNIT = 1.852 / 1000
const INCOMPLETE: Reply = { size: 0, kind: 'other', serial: -1 }

export const gps103Tracker: TrackerProtocol = {
  name: 'gps103',
  alarms: Object.keys(ALARMS) as AlarmName[],
  acksEachFix: false,
  login: (imei) => encodeLogon(imei),
  report: (imei, fixes) => Buffer.concat([...fixes.map((fix) => reportOf(imei, fix)), encodeHeartbeat(imei)]),
  heartbeat: (imei, fix, serial) => (serial % 2 === 0 ? engineOf(imei, fix) : cellOf(imei, fix)),
  readReply: (bytes, start, end) => {
    const reply = readReply(bytes, start, end)
    if (reply === null) return INCOMPLETE
    return {
      size: reply.size,
      kind: reply.kind === 'LOAD' ? 'login' : reply.kind === 'ON' ? 'reports' : 'other',
      serial: -1,
    }
  },
  rounded: (fix) => ({
    ...fix,
    latitude: Math.round(fix.latitude * PER_DEGREE) / PER_DEGREE,
    longitude: Math.round(fix.longitude * PER_DEGREE) / PER_DEGREE,
    speedKph: Math.round(fix.speedKph / KPH_PER_UNIT) * KPH_PER_UNIT,
  }),
}

function reportOf(imei: string, fix: SimulatedFix): Uint8Array {
  return encodeReport({
    id: imei,
    timeMs: fix.timeMs,
    zoneMinutes: ZONE_MINUTES,
    latE7: Math.round(fix.latitude * 1e7),
    lonE7: Math.round(fix.longitude * 1e7),
    minuteDecimals: MINUTE_DECIMALS,
    valid: fix.valid,
    speedKph: fix.speedKph,
    course: fix.courseDeg,
    altitudeM: fix.altitudeM,
    ignition: fix.ignition,
    doorOpen: false,
    odometerKm: fix.odometerKm,
    ...(fix.alarm === null ? {} : ALARMS[fix.alarm]),
  })
}

function engineOf(imei: string, fix: SimulatedFix): Uint8Array {
  return encodeObd({
    id: imei,
    timeMs: fix.timeMs,
    zoneMinutes: ZONE_MINUTES,
    odometerKm: Math.floor(fix.odometerKm),
    speedKph: Math.round(fix.speedKph),
    rpm: fix.ignition ? 800 + Math.round(fix.speedKph) * 25 : 0,
    coolantC: 87,
    batteryV: fix.ignition ? 14.1 : 12.6,
  })
}

function cellOf(imei: string, fix: SimulatedFix): Uint8Array {
  return encodeCellReport({
    id: imei,
    timeMs: fix.timeMs,
    zoneMinutes: ZONE_MINUTES,
    lac: 0x1a2b,
    cellId: 0x3c4d,
    ignition: fix.ignition,
  })
}

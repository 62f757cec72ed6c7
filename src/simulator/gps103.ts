/** A simulated TK103B. It confirms nothing by itself: a heartbeat behind the reports shows, once answered, that they arrived. */
import type { AlarmName } from '../codecs/alarms.ts'
import { encodeHeartbeat, encodeLogon, encodeReport, readReply } from '../codecs/gps103/encode.ts'
import type { Reply, TrackerProtocol } from './protocol.ts'
import type { SimulatedFix } from './vehicle.ts'

const KEYWORDS: Partial<Record<AlarmName, string>> = {
  sos: 'help me',
  power_cut: 'ac alarm',
  low_battery: 'low battery',
  overspeed: 'speed',
  vibration: 'sensor alarm',
  movement: 'move',
  door: 'door alarm',
}
/** The tracker's clock runs on its own zone. */
const ZONE_MINUTES = 180
const INCOMPLETE: Reply = { size: 0, kind: 'other', serial: -1 }

export const gps103Tracker: TrackerProtocol = {
  name: 'gps103',
  alarms: Object.keys(KEYWORDS) as AlarmName[],
  acksEachFix: false,
  login: (imei) => encodeLogon(imei),
  report: (imei, fixes) => Buffer.concat([...fixes.map((fix) => reportOf(imei, fix)), encodeHeartbeat(imei)]),
  heartbeat: () => null,
  readReply: (bytes, start, end) => {
    const reply = readReply(bytes, start, end)
    if (reply === null) return INCOMPLETE
    return {
      size: reply.size,
      kind: reply.kind === 'LOAD' ? 'login' : reply.kind === 'ON' ? 'reports' : 'other',
      serial: -1,
    }
  },
  rounded: (fix) => fix,
}

function reportOf(imei: string, fix: SimulatedFix): Uint8Array {
  return encodeReport({
    id: imei,
    keyword: fix.alarm === null ? 'tracker' : (KEYWORDS[fix.alarm] ?? 'tracker'),
    timeMs: fix.timeMs,
    zoneMinutes: ZONE_MINUTES,
    latE7: Math.round(fix.latitude * 1e7),
    lonE7: Math.round(fix.longitude * 1e7),
    minuteDecimals: 5,
    valid: fix.valid,
    speedKph: fix.speedKph,
    course: fix.courseDeg,
    altitudeM: fix.altitudeM,
    ignition: fix.ignition,
    doorOpen: false,
    odometerKm: fix.odometerKm,
  })
}

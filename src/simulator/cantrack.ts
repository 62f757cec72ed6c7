/**
 * A simulated CanTrack personal tracker in its ASCII protocol. It numbers nothing: a heartbeat behind the reports shows,
 * once it comes back, that they arrived. Every second tracker adds the serving cell.
 */
import type { AlarmName } from '../codecs/alarms.ts'
import {
  cellFields,
  encodeHeartbeat,
  encodeLink,
  encodeLogin,
  encodePosition,
  readServerFrame,
  statusWith,
} from '../codecs/cantrack/encode.ts'
import type { Reply, TrackerProtocol } from './protocol.ts'
import type { SimulatedFix } from './vehicle.ts'

/** Status bits of the alarms. */
const BITS: Partial<Record<AlarmName, number>> = {
  vibration: 0,
  sos: 1,
  overspeed: 2,
  ignition_illegal: 3,
  geofence_enter: 4,
  geofence_exit: 7,
  power_cut: 19,
}
const ACC_OFF = 10
const CELL = { mcc: 404, mnc: 22, lac: 7978, cellId: 46020 }
const INCOMPLETE: Reply = { size: 0, kind: 'other', serial: -1 }

export const cantrackTracker: TrackerProtocol = {
  name: 'cantrack',
  alarms: Object.keys(BITS) as AlarmName[],
  acksEachFix: false,
  login: (imei) => encodeLogin({ id: imei }),
  report: (imei, fixes) => {
    const battery = Math.round(fixes.at(-1)?.batteryPct ?? 100)
    return Buffer.concat([...fixes.flatMap((fix) => reportOf(imei, fix)), encodeHeartbeat({ id: imei }, battery)])
  },
  heartbeat: () => null,
  readReply: (bytes, start, end) => {
    const reply = readServerFrame(bytes, start, end)
    if (reply === null) return INCOMPLETE
    const kind = reply.type === 'V0' ? 'login' : reply.type === 'HTBT' ? 'reports' : 'other'
    return { size: reply.size, kind, serial: -1 }
  },
  rounded: (fix) => fix,
}

/** The report; before an alarm, word that its cause was gone, as bits that stay set raise no second one. */
function reportOf(imei: string, fix: SimulatedFix): Uint8Array[] {
  const calm = fix.ignition ? [] : [ACC_OFF]
  const report = encodePosition({
    id: imei,
    timeMs: fix.timeMs,
    latE7: Math.round(fix.latitude * 1e7),
    lonE7: Math.round(fix.longitude * 1e7),
    validity: fix.valid ? 'A' : 'V',
    speedKph: fix.speedKph,
    courseDeg: fix.courseDeg,
    status: statusWith(...calm, ...(fix.alarm === null ? [] : [BITS[fix.alarm]!])),
    extras: Number(imei.at(-1)) % 2 ? cellFields(CELL, 'hex') : [],
  })
  if (fix.alarm === null) return [report]
  const before = encodeLink({
    id: imei,
    timeMs: fix.timeMs,
    signal: 20,
    satellites: fix.satellites,
    batteryPct: Math.round(fix.batteryPct),
    status: statusWith(...calm),
  })
  return [before, report]
}

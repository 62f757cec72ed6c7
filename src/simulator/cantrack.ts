/**
 * Simulated trackers of the CanTrack and H02 family: CanTrack text, SinoTrack's V8 and binary records, by the last digit
 * of the IMEI. They number nothing: a heartbeat behind the reports shows, once it comes back, that they arrived. What a
 * tracker stored while it had no coverage comes in BC; cells, access points and states come between the reports.
 */
import type { AlarmName } from '../codecs/alarms.ts'
import {
  cellFields,
  encodeAlarm,
  encodeBinaryTail,
  encodeHeartbeat,
  encodeIccid,
  encodeKeepAlive,
  encodeLink,
  encodeLogin,
  encodeNbr,
  encodePosition,
  encodeStored,
  encodeV3,
  encodeV5,
  readServerFrame,
  statusWith,
  v8Extras,
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
/** Alarms that have no bit, and come in a message of their own. */
const MESSAGES: Partial<Record<AlarmName, number>> = { low_battery: 2 }
const ACC_OFF = 10
const CELL = { mcc: 404, mnc: 22, lac: 7978, cellId: 46020 }
const CELLS = [
  [CELL.lac, CELL.cellId, 42],
  [CELL.lac, 46021, 38],
] as const
const BSSID = 'aabbccddee01'
const V8_END = { csq: 23, powerV: 12.4 }
const BATTERY_RAW = 0x256
const ICCID = '89910012345678901234'
const OPAQUE_TAIL = new Uint8Array(10)
const KPH_PER_KNOT = 1.852
const INCOMPLETE: Reply = { size: 0, kind: 'other', serial: -1 }

export const cantrackTracker: TrackerProtocol = {
  name: 'cantrack',
  alarms: [...Object.keys(BITS), ...Object.keys(MESSAGES)] as AlarmName[],
  acksEachFix: false,
  login: (imei) => Buffer.concat([encodeLogin({ id: imei }), encodeIccid({ id: imei }, ICCID)]),
  report: (imei, fixes) => {
    // A stored record has no word that its cause was gone, so that alarms come by themselves.
    const isStored = (fix: SimulatedFix) => fix.buffered && fix.alarm === null
    const stored = fixes.filter(isStored)
    const live = fixes.filter((fix) => !isStored(fix))
    const battery = Math.round(fixes.at(-1)?.batteryPct ?? 100)
    return Buffer.concat([
      ...(stored.length > 0 ? [storedOf(imei, stored)] : []),
      ...live.flatMap((fix) => reportOf(imei, fix)),
      encodeHeartbeat({ id: imei }, battery),
    ])
  },
  heartbeat: (imei, fix, serial) => STATES[serial % STATES.length](imei, fix),
  readReply: (bytes, start, end) => {
    const reply = readServerFrame(bytes, start, end)
    if (reply === null) return INCOMPLETE
    const kind = reply.type === 'V0' ? 'login' : reply.type === 'HTBT' ? 'reports' : 'other'
    return { size: reply.size, kind, serial: -1 }
  },
  // Binary records have whole knots.
  rounded: (fix) => ({ ...fix, speedKph: Math.round(fix.speedKph / KPH_PER_KNOT) * KPH_PER_KNOT }),
}

const placeOf = (imei: string, fix: SimulatedFix) => ({
  id: imei,
  timeMs: fix.timeMs,
  latE7: Math.round(fix.latitude * 1e7),
  lonE7: Math.round(fix.longitude * 1e7),
  valid: fix.valid,
  validity: fix.valid ? 'A' : 'V',
  speedKph: fix.speedKph,
  courseDeg: fix.courseDeg,
})
const calmOf = (fix: SimulatedFix) => (fix.ignition ? [] : [ACC_OFF])

/** The report; before an alarm, word that its cause was gone, as bits that stay set raise no second one. */
function reportOf(imei: string, fix: SimulatedFix): Uint8Array[] {
  const calm = statusWith(...calmOf(fix))
  if (fix.alarm === null) return [positionOf(imei, fix, calm)]
  const message = MESSAGES[fix.alarm]
  if (message !== undefined) return [encodeAlarm({ ...placeOf(imei, fix), status: calm }, message)]
  return [linkOf(imei, fix), positionOf(imei, fix, statusWith(...calmOf(fix), BITS[fix.alarm]!))]
}

function positionOf(imei: string, fix: SimulatedFix, status: number): Uint8Array {
  const place = { ...placeOf(imei, fix), status }
  const batteryPct = Math.round(fix.batteryPct)
  switch (Number(imei.at(-1)) % 3) {
    case 0:
      return encodePosition({ ...place, extras: cellFields(CELL, 'hex') })
    case 1: {
      const end = { ...V8_END, satellites: fix.satellites, batteryPct }
      return encodePosition({ ...place, type: 'V8', extras: v8Extras(CELL, [{ bssid: BSSID, strength: -61 }], end) })
    }
    default:
      return encodeBinaryTail({ ...place, batteryCode: Math.max(7, batteryPct) }, OPAQUE_TAIL)
  }
}

function storedOf(imei: string, fixes: readonly SimulatedFix[]): Uint8Array {
  const records = fixes.map((fix) => ({ ...placeOf(imei, fix), status: statusWith(...calmOf(fix)), cell: CELL }))
  return encodeStored({ id: imei, timeMs: fixes.at(-1)!.timeMs, records })
}

function linkOf(imei: string, fix: SimulatedFix): Uint8Array {
  const { timeMs, satellites } = fix
  const batteryPct = Math.round(fix.batteryPct)
  return encodeLink({ id: imei, timeMs, signal: 20, satellites, batteryPct, status: statusWith(...calmOf(fix)) })
}

/** What a tracker says between its reports. */
const STATES: readonly ((imei: string, fix: SimulatedFix) => Uint8Array)[] = [
  linkOf,
  (imei, fix) => encodeNbr({ ...stateOf(imei, fix), mcc: CELL.mcc, mnc: CELL.mnc, cells: CELLS, batteryCode: 88 }),
  (imei, fix) =>
    encodeV3({ ...stateOf(imei, fix), mcc: CELL.mcc, mnc: CELL.mnc, cells: CELLS, batteryRaw: BATTERY_RAW }),
  (imei, fix) => encodeV5({ ...stateOf(imei, fix), points: [{ bssid: BSSID, strength: 61 }], batteryRaw: BATTERY_RAW }),
  (imei) => encodeKeepAlive({ id: imei }, 1, 100),
]
const stateOf = (imei: string, fix: SimulatedFix) => ({
  id: imei,
  timeMs: fix.timeMs,
  status: statusWith(...calmOf(fix)),
})

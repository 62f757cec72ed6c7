/**
 * A simulated personal tracker: registers, authenticates, reports a fix as 0200 and what has piled up as 0704, of which a
 * large one goes in two packets. It speaks the 2019 form, or the older one where its IMEI has a right check digit and so
 * fits the six bytes of that header.
 */
import type { AlarmName } from '../codecs/alarms.ts'
import * as jt808 from '../codecs/jt808/encode.ts'
import type { Reply, TrackerProtocol } from './protocol.ts'
import type { SimulatedFix } from './vehicle.ts'

/** Events alone: a condition that lasts is an alarm only when it begins, which the truth does not know. */
const ALARMS: Partial<Record<AlarmName, { bits: number; items: number[] }>> = {
  sos: { bits: 1, items: [] },
  low_battery: { bits: 1 << 15, items: [] },
  danger_warning: { bits: 1 << 3, items: [] },
  movement: { bits: 1 << 28, items: [] },
  vibration: { bits: 0, items: jt808.Item.personalAlarms(1) },
  geofence_enter: { bits: 1 << 20, items: jt808.Item.area(true) },
  geofence_exit: { bits: 1 << 20, items: jt808.Item.area(false) },
  harsh_acceleration: { bits: 0, items: jt808.Item.driving(1 << 8) },
  harsh_braking: { bits: 0, items: jt808.Item.driving(1 << 9) },
  harsh_cornering: { bits: 0, items: jt808.Item.driving(1 << 10) },
  removing: { bits: 0, items: jt808.Item.alarmsFa(1 << 1) },
}
const VERSION = 1
const CSQ = 23
const MOVING = 1 << 22
const AUTHENTICATE = 0x0102,
  LOCATION = 0x0200,
  BATCH = 0x0704,
  GENERAL_REPLY = 0x8001
/** The protocol's units of coordinates and distance. */
const PER_DEGREE = 1e6,
  PER_KM = 10
/** A batch of more fixes goes in two packets. */
const FIXES_PER_PACKET = 5
/** Serials of frames whose answers confirm no message are this far from those that do. */
const ASIDE = 0x8000
const INCOMPLETE: Reply = { size: 0, kind: 'other', serial: -1 }

function headOf(imei: string, serial: number): jt808.Head {
  if (checkDigit(imei) !== imei.at(-1)) return { phone: imei, serial, version: VERSION }
  return { phone: Number(imei.slice(0, -1)).toString(16).padStart(12, '0'), serial }
}

/** Luhn's digit over the first 14. */
function checkDigit(imei: string): string {
  let sum = 0
  for (let at = 0; at < imei.length - 1; at++) {
    const weight = Number(imei[at]) * (1 + (at % 2))
    sum += weight > 9 ? weight - 9 : weight
  }
  return String((10 - (sum % 10)) % 10)
}

function bodyOf(fix: SimulatedFix): number[] {
  const { bits, items } = fix.alarm === null ? { bits: 0, items: [] } : ALARMS[fix.alarm]!
  return jt808.locationBody({ ...fix, alarm: bits, status: fix.speedKph > 0 ? MOVING : 0 }, [
    ...jt808.Item.odometer(fix.odometerKm),
    ...jt808.Item.csq(CSQ),
    ...jt808.Item.satellites(fix.satellites),
    ...jt808.Item.battery(fix.batteryPct),
    ...items,
  ])
}

/** A batch, in two packets where it is large; the last has the serial of `head`. The cut lies between two fixes. */
function batchOf(fixes: readonly SimulatedFix[], stored: boolean, head: jt808.Head): Uint8Array {
  const bodies = fixes.map(bodyOf)
  if (fixes.length <= FIXES_PER_PACKET) return jt808.batch(bodies, stored, head)
  const whole = jt808.batchBody(bodies, stored)
  const cut = jt808.batchBody(bodies.slice(0, Math.ceil(bodies.length / 2) + 1), stored).length
  return joined(jt808.packets(BATCH, whole, cut, { ...head, serial: (head.serial - 1) & 0xffff }))
}

const joined = (frames: readonly Uint8Array[]) => Uint8Array.from(Buffer.concat(frames))

/** What the unit tells besides fixes, in turn. */
const ASIDES = [
  (fix: SimulatedFix, head: jt808.Head) => jt808.personalHeartbeat(fix.batteryPct, CSQ, 1, head),
  (_: SimulatedFix, head: jt808.Head) => jt808.heartbeat(head),
  (fix: SimulatedFix, head: jt808.Head) => jt808.batteryReport(fix.batteryPct, fix.timeMs, head),
  (fix: SimulatedFix, head: jt808.Head) => jt808.textReport(`BAT:${fix.batteryPct}%`, head),
  (_: SimulatedFix, head: jt808.Head) => jt808.askTime(head),
] as const

export const jt808Tracker: TrackerProtocol = {
  name: 'jt808',
  alarms: Object.keys(ALARMS) as AlarmName[],
  acksEachFix: false,
  login: (imei, serial) => {
    const head = headOf(imei, serial)
    const digits = head.version === undefined ? head.phone.toUpperCase() : imei.padStart(20, '0')
    return joined([
      jt808.register({ maker: 'WAYGATE', model: 'P02L', terminalId: imei.slice(-7) }, head),
      jt808.authenticate(digits, head, imei, 'V1.0.0'),
    ])
  },
  report: (imei, fixes, serial) => {
    const head = headOf(imei, serial)
    const stored = fixes.filter((fix) => fix.buffered)
    const live = fixes.filter((fix) => !fix.buffered)
    if (live.length === 0) return batchOf(stored, true, head)
    const last = live.length === 1 ? jt808.frame(LOCATION, bodyOf(live[0]), head) : batchOf(live, false, head)
    if (stored.length === 0) return last
    return joined([batchOf(stored, true, { ...head, serial: (serial + ASIDE) & 0xffff }), last])
  },
  heartbeat: (imei, fix, serial) => ASIDES[serial % ASIDES.length](fix, headOf(imei, (serial + ASIDE) & 0xffff)),
  readReply: (bytes, start, end) => {
    const reply = jt808.readReply(bytes, start, end)
    if (reply === null) return INCOMPLETE
    const { size, serial, id, answered } = reply
    if (id !== GENERAL_REPLY) return { size, kind: 'other', serial }
    const kind = answered === AUTHENTICATE ? 'login' : answered === LOCATION || answered === BATCH ? 'reports' : 'other'
    return { size, kind, serial }
  },
  rounded: (fix) => ({
    ...fix,
    latitude: Math.round(fix.latitude * PER_DEGREE) / PER_DEGREE,
    longitude: Math.round(fix.longitude * PER_DEGREE) / PER_DEGREE,
    odometerKm: Math.round(fix.odometerKm * PER_KM) / PER_KM,
  }),
}

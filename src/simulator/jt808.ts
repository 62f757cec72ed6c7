/** A simulated personal tracker of the 2019 standard: registers, authenticates, reports each fix in a message of its own. */
import type { AlarmName } from '../codecs/alarms.ts'
import * as jt808 from '../codecs/jt808/encode.ts'
import type { Reply, TrackerProtocol } from './protocol.ts'

/** Events alone: a condition that lasts is an alarm only when it begins, which the truth does not know. */
const ALARMS: Partial<Record<AlarmName, { bits: number; items: number[] }>> = {
  sos: { bits: 1, items: [] },
  low_battery: { bits: 1 << 15, items: [] },
  movement: { bits: 1 << 28, items: [] },
  geofence_enter: { bits: 1 << 20, items: jt808.Item.area(true) },
  geofence_exit: { bits: 1 << 20, items: jt808.Item.area(false) },
  harsh_acceleration: { bits: 0, items: jt808.Item.driving(1 << 8) },
  harsh_braking: { bits: 0, items: jt808.Item.driving(1 << 9) },
  harsh_cornering: { bits: 0, items: jt808.Item.driving(1 << 10) },
}
const VERSION = 1
const CSQ = 23
const MOVING = 1 << 22
const AUTHENTICATE = 0x0102,
  LOCATION = 0x0200,
  BATCH = 0x0704,
  GENERAL_REPLY = 0x8001
/** The protocol's unit of coordinates, parts of a degree. */
const RAW_PER_DEGREE = 1e6
const INCOMPLETE: Reply = { size: 0, kind: 'other', serial: -1 }

const headOf = (imei: string, serial: number): jt808.Head => ({ phone: imei, serial, version: VERSION })

export const jt808Tracker: TrackerProtocol = {
  name: 'jt808',
  alarms: Object.keys(ALARMS) as AlarmName[],
  acksEachFix: true,
  login: (imei, serial) =>
    Uint8Array.from([
      ...jt808.register({ maker: 'WAYGATE', model: 'P02L', terminalId: imei.slice(-7) }, headOf(imei, serial)),
      ...jt808.authenticate(imei.padStart(20, '0'), headOf(imei, serial), imei, 'V1.0.0'),
    ]),
  report: (imei, [fix], serial) => {
    const { bits, items } = fix.alarm === null ? { bits: 0, items: [] } : ALARMS[fix.alarm]!
    const body = jt808.locationBody({ ...fix, alarm: bits, status: fix.speedKph > 0 ? MOVING : 0 }, [
      ...jt808.Item.odometer(fix.odometerKm),
      ...jt808.Item.csq(CSQ),
      ...jt808.Item.satellites(fix.satellites),
      ...jt808.Item.battery(fix.batteryPct),
      ...items,
    ])
    const head = headOf(imei, serial)
    return fix.buffered ? jt808.batch([body], true, head) : jt808.frame(LOCATION, body, head)
  },
  heartbeat: (imei, fix, serial) => jt808.frame(0x0002, [fix.batteryPct, CSQ, 1], headOf(imei, serial)),
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
    latitude: Math.round(fix.latitude * RAW_PER_DEGREE) / RAW_PER_DEGREE,
    longitude: Math.round(fix.longitude * RAW_PER_DEGREE) / RAW_PER_DEGREE,
  }),
}

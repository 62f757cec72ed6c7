/** The terminal's status: TI, voltage and signal levels, alarms. */
import { Alarm } from '../alarms.ts'
import { attributeBool, attributeFixed, attributeText, key } from '../attributes.ts'
import { u16 } from '../bytes.ts'
import type { Records } from '../records.ts'
import { chunk } from '../text.ts'
import { appendConstant, appendInt, member } from './json.ts'
import { Key } from './keys.ts'
import type { Message } from './message.ts'
import { EXTENDED_ALARM, Tail, TAIL_BYTES, Ti } from './messages.ts'
import { isNewAlarm, powerAlarm, relayAlarm, statusAlarm } from './state.ts'

/** Battery % by VL: seven steps on the maker's units, a percentage on clones; above that nothing is said. */
const LEVEL_STEPS = 6
export const BATTERY_PCT = new Int16Array(256).fill(-128)
for (let level = 0; level <= 100; level++)
  BATTERY_PCT[level] = level <= LEVEL_STEPS ? Math.floor((level * 100) / LEVEL_STEPS) : level

/** Below this a voltage of unknown kind is the battery's. */
export const BATTERY_CENTIVOLTS_END = 600

/** What TI says that has no column. */
const TI_ATTRIBUTES = Array.from({ length: 256 }, (_, ti) => {
  const fuelCut = (ti & Ti.relay) !== 0
  const tracking = (ti & Ti.tracking) !== 0
  const armed = (ti & Ti.armed) !== 0
  return chunk(`,"fuel_cut":${fuelCut},"gps_tracking":${tracking},"armed":${armed}`)
})

/** TI: columns, attributes, and the alarms of what changed. */
export const terminalInformation = ({ records, row, context }: Message, ti: number): void => {
  records.ignition[row] = ti & Ti.acc ? 1 : 0
  records.charging[row] = ti & Ti.charging ? 1 : 0
  appendConstant(records, TI_ATTRIBUTES[ti])
  const state = context.state[1]
  records.alarm(relayAlarm(state, ti))
  records.alarm(powerAlarm(state, ti))
}

export const batteryLevel = ({ records, row }: Message, level: number): void => {
  records.batteryPct[row] = BATTERY_PCT[level]
}

/** A voltage × 100 that is the battery's or the vehicle's: its size tells. */
export const someVoltage = ({ records, row }: Message, centivolts: number): void => {
  if (centivolts < BATTERY_CENTIVOLTS_END) records.batteryV[row] = centivolts / 100
  else records.powerV[row] = centivolts / 100
}

/** The alarm of an alarm frame: raised each time it is told. */
export const alarmEvent = (message: Message, ti: number, code: number): void => {
  alarmCode(message, code)
  message.records.alarm(statusAlarm(ti, code, message.settings))
}

/** The alarm of a heartbeat or location: a state, raised when it begins. */
export const alarmState = (message: Message, ti: number, code: number): void => {
  alarmCode(message, code)
  const alarm = statusAlarm(ti, code, message.settings)
  if (isNewAlarm(message.context.state[1], alarm)) message.records.alarm(alarm)
}

const ALARM_CODE = member('alarm_code')
export const LANGUAGE = member('language')

/** What an alarm code says besides the alarm. */
const alarmCode = ({ records, row, settings }: Message, code: number): void => {
  appendInt(records, ALARM_CODE, code)
  if (code === 0) return
  const detail = settings.details[code]
  if (detail) attributeText(records, Key.alarmDetail, detail, 0, detail.length)
  const alarm = settings.alarms[code]
  if (alarm === 0 && !detail) attributeBool(records, unknownAlarmKey(code), true)
  else if (alarm === Alarm.ignition_on) records.ignition[row] = 1
  else if (alarm === Alarm.ignition_off) records.ignition[row] = 0
}

/** `alarm_21`: one key per code, made when the code is first seen. */
const unknownAlarmKeys: Uint8Array[] = []
const unknownAlarmKey = (code: number): Uint8Array =>
  (unknownAlarmKeys[code] ??= key(`alarm_${code.toString(16).padStart(2, '0')}`))

/** Bytes of S5. */
export const STATUS_BYTES = TAIL_BYTES[Tail.s5]

/** S5: TI, VL, GSM, alarm, language; in an alarm frame. Gives the offset behind it. */
export const statusBlock = (message: Message, at: number): number => {
  const { bytes, records } = message
  terminalInformation(message, bytes[at])
  batteryLevel(message, bytes[at + 1])
  records.rssi[message.row] = bytes[at + 2]
  alarmEvent(message, bytes[at], codeAt(message, at + 3))
  appendInt(records, LANGUAGE, languageAt(message, at + 4))
  return at + STATUS_BYTES
}

/** AL: alarm code and, in some messages, four more bits of it in the language byte. */
export const codeAt = ({ bytes, number }: Message, at: number): number =>
  EXTENDED_ALARM[number] ? ((bytes[at + 1] >> 4) << 8) | bytes[at] : bytes[at]

export const languageAt = ({ bytes, number }: Message, at: number): number =>
  EXTENDED_ALARM[number] ? bytes[at] & 15 : bytes[at]

/** s16 as sign and magnitude, × 10^decimals. */
export const attributeSignMagnitude = (
  records: Records,
  name: Uint8Array,
  bytes: Uint8Array,
  at: number,
  decimals: number,
): void => {
  const word = u16(bytes, at)
  attributeFixed(records, name, word & 0x8000 ? -(word & 0x7fff) : word, decimals)
}

/** Status bits: alarms and states. */
import { ALARM_NAMES } from '../alarms.ts'
import { ascii } from '../ascii.ts'
import { attributeBool, attributeText } from '../attributes.ts'
import { FROM, hexField, isEmpty, TO } from '../fields.ts'
import type { Records } from '../records.ts'
import {
  ALARM_BIT_MIN,
  ALARM_GENERAL,
  ALARM_HALF_BIT,
  Field,
  HEART_BIT,
  Key,
  Kind,
  Status,
  STATUS_ALARMS,
} from './messages.ts'
import { alarmBitsBefore } from './state.ts'
import type { WatchOptions } from './options.ts'

const BITS = 32
const NO_WORD = new Uint8Array(0)
const names: readonly string[] = ALARM_NAMES
const codeOf = (name: string) => Math.max(0, names.indexOf(name))
/** The word of an alarm that alarms.ts does not have. */
const wordOf = (name: string) => (codeOf(name) === 0 ? ascii(name) : NO_WORD)

/** Alarm of each status bit: its code, or its word. */
export interface StatusAlarms {
  readonly codes: Uint8Array
  readonly words: readonly Uint8Array[]
}

export const statusAlarms = (options: Pick<WatchOptions, 'bit22'>): StatusAlarms => {
  const codes = new Uint8Array(BITS)
  const words = Array.from({ length: BITS }, () => NO_WORD)
  for (const [bit, alarm] of STATUS_ALARMS) {
    const name = bit === HEART_BIT && options.bit22 === 'fall' ? 'fall_detected' : alarm
    codes[bit] = codeOf(name)
    words[bit] = wordOf(name)
  }
  return { codes, words }
}

const GENERAL = codeOf(ALARM_GENERAL)
const GENERAL_WORD = wordOf(ALARM_GENERAL)

/** Writes the status of a position of a kind and raises what is new in it, or everything if the message is an alarm. */
export const writeStatus = (
  bytes: Uint8Array,
  kind: number,
  before: Int32Array,
  alarms: StatusAlarms,
  records: Records,
): void => {
  if (!isEmpty(Field.status)) attributeText(records, Key.status, bytes, FROM[Field.status], TO[Field.status])
  const status = Math.max(0, hexField(bytes, Field.status))
  if (hexField(bytes, Field.status) >= 0) {
    attributeBool(records, Key.worn, (status & Status.worn) !== 0)
    if (status & Status.lowBattery) attributeBool(records, Key.lowBattery, true)
    if (status & Status.outOfFence) attributeBool(records, Key.outOfFence, true)
    if (status & Status.inFence) attributeBool(records, Key.inFence, true)
    if (status & Status.still) records.motion[records.rows] = 0
  }
  if (kind !== Kind.alarm) {
    raise(status & ~alarmBitsBefore(kind, before), ALARM_BIT_MIN, alarms, records)
    return
  }
  // Without the alarm half, the states say what the alarm is.
  const first = status >>> ALARM_HALF_BIT === 0 ? 0 : ALARM_BIT_MIN
  if (raise(status, first, alarms, records) === 0) raiseGeneral(records)
}

/** The alarm of an `AL…` that names none. */
export const raiseGeneral = (records: Records): void => {
  records.alarm(GENERAL)
  if (GENERAL_WORD.length > 0) attributeText(records, Key.alarm, GENERAL_WORD, 0, GENERAL_WORD.length)
}

/** Raises the alarms of the bits from `first` on; how many there are. */
const raise = (status: number, first: number, alarms: StatusAlarms, records: Records): number => {
  let raised = 0
  if (status === 0) return raised
  for (let bit = first; bit < BITS; bit++) {
    if (((status >>> bit) & 1) === 0) continue
    const code = alarms.codes[bit]
    const word = alarms.words[bit]
    if (code === 0 && word.length === 0) continue
    raised++
    records.alarm(code)
    if (word.length > 0) attributeText(records, Key.alarm, word, 0, word.length)
  }
  return raised
}

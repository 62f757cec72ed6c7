/** C-DAC: records of 78 characters without separators, alone or counted in a batch. */
import { Alarm } from '../alarms.ts'
import { LOWER_X, SPACE, UPPER_H, UPPER_M, ZERO } from '../ascii.ts'
import { attributeInt, attributeText } from '../attributes.ts'
import type { FrameContext } from '../codec.ts'
import { centuryMs } from '../dates.ts'
import { hexNumber, pair, whole } from '../numbers.ts'
import { Reject } from '../rejects.ts'
import type { Records } from '../records.ts'
import { fixedType, isRecord, textEnd } from './frame.ts'
import { alertAlarm, writeAlarm } from './location.ts'
import {
  ALERT_HISTORY,
  FIXED_BATCH,
  FIXED_COUNT_BYTES,
  FIXED_EMERGENCY,
  FIXED_HEAD_BYTES,
  FIXED_RECORDS_MAX,
  FIXED_TYPES,
  Key,
  Record,
  RECORD_BYTES,
} from './messages.ts'
import { skipBlanks, writeCell, writeCourse, writeHdop, writeId, writePlace, writeRssi, writeSatellites, writeSpeed, writeTime } from './values.ts' // prettier-ignore

export const decodeFixed = (
  bytes: Uint8Array,
  start: number,
  end: number,
  context: FrameContext,
  records: Records,
): number => {
  const type = fixedType(bytes, start)
  let at = start + FIXED_HEAD_BYTES
  if (type === FIXED_BATCH) {
    const count = whole(bytes, at, Math.min(at + FIXED_COUNT_BYTES, end))
    if (count < 0 || count > FIXED_RECORDS_MAX) return decodeBody(bytes, start, end, type, records)
    at += FIXED_COUNT_BYTES
    let written = 0
    for (; written < count && at + RECORD_BYTES <= end; written++, at += RECORD_BYTES)
      decodeRecord(bytes, at, type, context, records)
    return written > 0 || count === 0 ? written : -Reject.bad_frame
  }
  if (end - at < RECORD_BYTES || !isRecord(bytes, at)) return decodeBody(bytes, start, end, type, records)
  decodeRecord(bytes, at, type, context, records)
  return 1
}

/** A sentence whose body the page does not describe, kept as text. */
const decodeBody = (bytes: Uint8Array, start: number, end: number, type: number, records: Records): number => {
  records.begin(FIXED_TYPES[type])
  if (type === FIXED_EMERGENCY) records.alarm(Alarm.sos)
  const from = start + FIXED_HEAD_BYTES
  const to = textEnd(bytes, start, end)
  if (from < to) attributeText(records, Key.text, bytes, from, to)
  records.end()
  return 1
}

const decodeRecord = (bytes: Uint8Array, at: number, type: number, context: FrameContext, records: Records): void => {
  const row = records.begin(FIXED_TYPES[type])
  if (!isRecord(bytes, at)) {
    // One of a batch that was damaged: the others are good.
    attributeText(records, Key.text, bytes, at, at + RECORD_BYTES)
    records.end()
    return
  }
  const alert = pair(bytes, at + Record.alert)
  const stored = bytes[at + Record.stored] === UPPER_H || alert === ALERT_HISTORY ? 1 : 0
  const date = at + Record.date
  const time = at + Record.time
  const claim = centuryMs(
    pair(bytes, date + 4),
    pair(bytes, date + 2),
    pair(bytes, date),
    pair(bytes, time),
    pair(bytes, time + 2),
    pair(bytes, time + 4),
  )
  const timed = writeTime(bytes, date, at + Record.latitude, claim, stored, context, records)
  writePlace(
    bytes,
    skipBlanks(bytes, at + Record.latitude, at + Record.northSouth),
    at + Record.northSouth,
    bytes[at + Record.northSouth],
    skipBlanks(bytes, at + Record.longitude, at + Record.eastWest),
    at + Record.eastWest,
    bytes[at + Record.eastWest],
    true,
    bytes[at + Record.validity],
    timed,
    records,
  )
  number(writeSpeed, bytes, at + Record.speed, at + Record.course, records)
  number(writeCourse, bytes, at + Record.course, at + Record.satellites, records)
  number(writeSatellites, bytes, at + Record.satellites, at + Record.hdop, records)
  number(writeHdop, bytes, at + Record.hdop, at + Record.rssi, records)
  number(writeRssi, bytes, at + Record.rssi, at + Record.ignition, records)
  writeCell(
    padded(bytes, at + Record.mcc, at + Record.mnc),
    padded(bytes, at + Record.mnc, at + Record.lac),
    hexNumber(bytes, at + Record.lac, at + Record.cell),
    padded(bytes, at + Record.cell, at + Record.speed),
    records,
  )
  const ignition = bytes[at + Record.ignition] - ZERO
  if (ignition <= 1) records.ignition[row] = ignition
  const power = bytes[at + Record.power] - ZERO
  if (power <= 1) records.charging[row] = power
  records.motion[row] = bytes[at + Record.mode] === UPPER_M ? 1 : 0
  attributeText(records, Key.vehicleMode, bytes, at + Record.mode, at + RECORD_BYTES)
  attributeInt(records, Key.alarmCode, alert)
  const alarm = alertAlarm(alert)
  writeAlarm(alarm === 0 && type === FIXED_EMERGENCY ? Alarm.sos : alarm, records)
  // A batch does not say of what type its records were; the button's is a sentence of its own.
  const head = type === FIXED_EMERGENCY ? at - FIXED_HEAD_BYTES : at
  writeId(bytes, head, at, at + Record.validity, at + RECORD_BYTES, alert, records)
  records.end()
}

type Writer = (bytes: Uint8Array, from: number, to: number, records: Records) => boolean
/** A number that may have blanks around it. */
const number = (write: Writer, bytes: Uint8Array, from: number, to: number, records: Records): void => {
  let last = to
  while (last > from && bytes[last - 1] === SPACE) last--
  write(bytes, skipBlanks(bytes, from, last), last, records)
}

/** Digits with x before or behind them; -1: none. */
const padded = (bytes: Uint8Array, start: number, end: number): number => {
  let from = start
  let to = end
  while (from < to && (bytes[from] | 0x20) === LOWER_X) from++
  while (from < to && (bytes[to - 1] | 0x20) === LOWER_X) to--
  return whole(bytes, from, to)
}

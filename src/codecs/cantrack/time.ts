/**
 * When a record was made. All times of the family are UTC; a clock that runs on local time is flagged, and shifted only
 * where the device file tells its zone.
 */
import { Alarm } from '../alarms.ts'
import { attributeBool, attributeInt, attributeText } from '../attributes.ts'
import type { FrameContext } from '../codec.ts'
import { CIVIL, DAY_MS, dayOfCentury, readCivil, secondOfDay } from '../dates.ts'
import { FROM, isEmpty, TO } from '../fields.ts'
import { pair } from '../numbers.ts'
import type { Records } from '../records.ts'
import { digitCount } from './fields.ts'
import { BCD } from './frame.ts'
import { Key } from './messages.ts'
import type { Settings } from './settings.ts'
import { clockOffsetQuarters, connectedMs, QUARTER_MS, rememberedQuarters } from './state.ts'
import { raises } from './status.ts'

const MINUTE_MS = 60_000
/** A time later than this after receipt is not believable. */
const AHEAD_MAX_MS = DAY_MS
/** A fix older than this at arrival, and older than the connection, was stored by the tracker. */
const BUFFERED_MS = 10 * MINUTE_MS
/** What the clock of a tracker may be ahead. */
const SLACK_MS = 10 * MINUTE_MS
const DATE_DIGITS = 6

/** Time of day in ms; NaN: none. */
const timeOfDay = (hour: number, minute: number, second: number): number => {
  const seconds = secondOfDay(hour, minute, second)
  return seconds < 0 ? NaN : seconds * 1000
}

/** The UTC day of a moment as yyyymmdd. */
export const dateOf = (ms: number): number => {
  readCivil(ms)
  return CIVIL[0] * 10_000 + CIVIL[1] * 100 + CIVIL[2]
}

/** Midnight of the day `DDMMYY` in a field; NaN: none. */
const dayOfField = (bytes: Uint8Array, field: number): number => {
  if (field < 0 || digitCount(bytes, field) !== DATE_DIGITS) return NaN
  const from = FROM[field]
  const day = dayOfCentury(pair(bytes, from + 4), pair(bytes, from + 2), pair(bytes, from))
  return day < 0 ? NaN : day * DAY_MS
}

/** Time of day `HHMMSS` in a field, in ms; NaN: none. */
export const timeOfField = (bytes: Uint8Array, field: number): number => {
  if (field < 0 || digitCount(bytes, field) !== DATE_DIGITS) return NaN
  const from = FROM[field]
  return timeOfDay(pair(bytes, from), pair(bytes, from + 2), pair(bytes, from + 4))
}

/** Time of day in the three BCD bytes hh mm ss, in ms; NaN: none. */
export const timeOfBcd = (bytes: Uint8Array, at: number): number =>
  timeOfDay(BCD[bytes[at]], BCD[bytes[at + 1]], BCD[bytes[at + 2]])

/** Zone of the tracker whose frame is decoded, ms east of UTC. */
let zoneMs = 0

export const useZone = (ms: number): void => {
  zoneMs = ms
}

/** What the tracker's clock says in a time field and a date field; NaN: nothing. */
export const momentOfFields = (bytes: Uint8Array, timeField: number, dateField: number): number =>
  dayOfField(bytes, dateField) + timeOfField(bytes, timeField)

/** What the tracker's clock says in the six BCD bytes hh mm ss dd mm yy; NaN: nothing. */
export const momentOfBcd = (bytes: Uint8Array, at: number): number => {
  const day = dayOfCentury(BCD[bytes[at + 5]], BCD[bytes[at + 4]], BCD[bytes[at + 3]])
  return day < 0 ? NaN : day * DAY_MS + timeOfBcd(bytes, at)
}

/** Where the clocks of the family start: a unit that has had no fix since then tells this day. */
const CLOCK_START_MS = Date.UTC(2004, 0, 1)

/** True if the clock that says `claim` was never set. */
const isUnset = (claim: number): boolean => claim >= CLOCK_START_MS && claim < CLOCK_START_MS + DAY_MS

const believable = (moment: number, receivedMs: number, settings: Settings): boolean =>
  moment >= settings.earliestMs && moment <= receivedMs + AHEAD_MAX_MS

/** The moment of a fix whose clock says `claim`; NaN: none that can be believed. */
export const momentOf = (claim: number, receivedMs: number, settings: Settings): number => {
  const moment = claim - zoneMs
  return believable(moment, receivedMs, settings) && !isUnset(claim) ? moment : NaN
}

/** Writes a believable moment: time, whether it was stored, and whether the clock seems to run on local time. */
export const writeMoment = (moment: number, context: FrameContext, records: Records): void => {
  const row = records.rows
  const { receivedMs, state } = context
  records.fixMs[row] = moment
  if (moment < receivedMs - BUFFERED_MS && moment < connectedMs(state, receivedMs)) records.buffered[row] = 1
  const quarters = clockOffsetQuarters(moment + zoneMs, receivedMs)
  if (quarters === 0 || quarters !== rememberedQuarters(state)) return
  const unexplainedMs = quarters * QUARTER_MS - zoneMs
  if (unexplainedMs !== 0) attributeInt(records, Key.clockOffset, unexplainedMs / MINUTE_MS)
}

/**
 * The moment of a fix whose fields are noted: of time and date, or, where there is no time, the receive time if that
 * is of the same day, else midnight. NaN: none that can be believed.
 */
export const fixMoment = (
  bytes: Uint8Array,
  timeField: number,
  dateField: number,
  receivedMs: number,
  settings: Settings,
): number => {
  timeMissing = false
  const day = dayOfField(bytes, dateField)
  let claim = day + timeOfField(bytes, timeField)
  if (timeField < 0 || isEmpty(timeField)) {
    const now = receivedMs + zoneMs
    const sameDay = Math.floor(now / DAY_MS) * DAY_MS === day
    claim = sameDay ? now : day
    timeMissing = !sameDay
  }
  return momentOf(claim, receivedMs, settings)
}
/** The moment `fixMoment` gave last is that of its day only. */
export let timeMissing = false

/** Writes the time of a position that made no fix; what cannot be believed is kept as sent. */
export const writeFieldsMoment = (
  bytes: Uint8Array,
  timeField: number,
  dateField: number,
  context: FrameContext,
  records: Records,
  settings: Settings,
): void => {
  const moment = momentOf(momentOfFields(bytes, timeField, dateField), context.receivedMs, settings)
  if (!Number.isNaN(moment)) writeMoment(moment, context, records)
  else writeRawMoment(bytes, timeField, dateField, records)
}

/**
 * Writes the time of a report that has no place at all. What its clock says is the report's time also where that clock
 * was never set, and is marked then.
 */
export const writeReportMoment = (
  bytes: Uint8Array,
  timeField: number,
  dateField: number,
  context: FrameContext,
  records: Records,
  settings: Settings,
): void => {
  const claim = momentOfFields(bytes, timeField, dateField)
  clockUnset = isUnset(claim) && believable(claim - zoneMs, context.receivedMs, settings)
  if (!clockUnset) return writeFieldsMoment(bytes, timeField, dateField, context, records, settings)
  records.fixMs[records.rows] = claim - zoneMs
  attributeBool(records, Key.clockUnset, true)
}
/** The clock whose time `writeReportMoment` wrote last was never set. */
let clockUnset = false

/**
 * To be called behind the alarms of a report. An SOS is of the moment it arrives: a clock that was never set must not
 * file it under its first day.
 */
export const dateReport = (bytes: Uint8Array, timeField: number, dateField: number, records: Records): void => {
  if (!clockUnset || !raises(Alarm.sos, records)) return
  records.fixMs[records.rows] = NaN
  writeRawMoment(bytes, timeField, dateField, records)
}

/** Keeps time and date as sent. */
export const writeRawMoment = (bytes: Uint8Array, timeField: number, dateField: number, records: Records): void => {
  if (timeField >= 0 && !isEmpty(timeField)) attributeText(records, Key.time, bytes, FROM[timeField], TO[timeField])
  if (dateField >= 0 && !isEmpty(dateField)) attributeText(records, Key.date, bytes, FROM[dateField], TO[dateField])
}

export const writeTimeMissing = (records: Records): void => {
  attributeBool(records, Key.timeMissing, true)
}

/**
 * What the clock says in `DDHHmmss` of a stored record: month and year are those of the receive time, or of an earlier
 * month where that would be the future or the month has no such day. NaN: nothing.
 */
export const storedMoment = (bytes: Uint8Array, field: number, receivedMs: number): number => {
  if (digitCount(bytes, field) !== 8) return NaN
  const from = FROM[field]
  const time = timeOfDay(pair(bytes, from + 2), pair(bytes, from + 4), pair(bytes, from + 6))
  const now = receivedMs + zoneMs
  const today = dateOf(now)
  let year = ((today / 10_000) | 0) % 100
  let month = ((today / 100) | 0) % 100
  for (let back = 0; back < 3; back++) {
    const day = dayOfCentury(year, month, pair(bytes, from))
    const claim = day * DAY_MS + time
    if (day >= 0 && claim <= now + SLACK_MS) return claim
    if (--month === 0) {
      month = 12
      year--
    }
  }
  return NaN
}

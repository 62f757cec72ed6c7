/** When a record was made. Times are UTC; no zone is sent. */
import { attributeText } from '../attributes.ts'
import type { FrameContext } from '../codec.ts'
import { DAY_MS, dayNumber, NO_DAY, secondOfDay } from '../dates.ts'
import { FROM, TO } from '../fields.ts'
import type { Records } from '../records.ts'
import { digits } from './fields.ts'
import { Field, Key, TIME_RECEIVED } from './messages.ts'
import { logonMs } from './state.ts'

const MINUTE_MS = 60_000
const YEAR_MS = 365 * DAY_MS
/** Earlier fixes come from a clock that was never set. */
const EARLIEST_MS = Date.UTC(2000, 0, 1)
/** A time later than this after receipt is not believable. */
const AHEAD_MAX_MS = DAY_MS
/** A report this much older than the logon of its connection was stored by the unit. */
const BUFFERED_MS = 10 * MINUTE_MS
/** Without a fix a unit runs from a default date; a time older than this is taken for such a clock. */
const CLOCK_AGE_MAX_MS = YEAR_MS

/** Date and time of a UNITSTAT in ms since 1970; NaN if they are none. */
export const reportMs = (bytes: Uint8Array): number => {
  const date = FROM[Field.date]
  const time = FROM[Field.time]
  if (TO[Field.date] - date !== 8 || TO[Field.time] - time !== 6) return NaN
  const yearMonthDay = digits(bytes, date, date + 8)
  const clock = digits(bytes, time, time + 6)
  if (yearMonthDay < 0 || clock < 0) return NaN
  const second = secondOfDay(Math.floor(clock / 10_000), Math.floor(clock / 100) % 100, clock % 100)
  const day = dayNumber(Math.floor(yearMonthDay / 10_000), Math.floor(yearMonthDay / 100) % 100, yearMonthDay % 100)
  return day === NO_DAY || second < 0 ? NaN : day * DAY_MS + second * 1000
}

/** Writes the time of the open row, if it can be believed; a fix has the receive time otherwise, telemetry none. */
export const writeTime = (bytes: Uint8Array, claim: number, context: FrameContext, records: Records): void => {
  const row = records.rows
  const received = context.receivedMs
  const isFix = records.isFix[row] === 1
  const earliest = isFix ? EARLIEST_MS : received - CLOCK_AGE_MAX_MS
  if (claim >= earliest && claim <= received + AHEAD_MAX_MS) {
    records.fixMs[row] = claim
    // A unit that reports before it logs on is measured by the time of arrival.
    const opened = logonMs(context.state)
    if (claim < (opened === 0 ? received : opened) - BUFFERED_MS) records.buffered[row] = 1
    return
  }
  attributeText(records, Key.timeRaw, bytes, FROM[Field.date], TO[Field.time])
  if (!isFix) return
  records.fixMs[row] = received
  attributeText(records, Key.timeSource, TIME_RECEIVED, 0, TIME_RECEIVED.length)
}

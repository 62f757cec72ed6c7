/** When a record was made. Date and time are UTC everywhere; only the order of the date's parts differs. */
import { ascii, ZERO } from '../ascii.ts'
import { attributeText } from '../attributes.ts'
import type { FrameContext } from '../codec.ts'
import { DAY_MS, dayOfCentury, ISO_TEXT, secondOfDay, writeIsoText } from '../dates.ts'
import { pair } from '../numbers.ts'
import type { Records } from '../records.ts'
import { Key } from './messages.ts'

const MINUTE_MS = 60_000
/** Earlier times come from a clock that was never set. */
const EARLIEST_MS = Date.UTC(2005, 0, 1)
/** A time later than this after receipt is not believable. */
const AHEAD_MAX_MS = DAY_MS
/** A record older than this at arrival was stored by the tracker. */
const BUFFERED_MS = 5 * MINUTE_MS
/** A time without a fix may be rubbish: it is believed within this of the receive time. */
const WITHOUT_FIX_MS = DAY_MS
/** "Years away", and near enough to be the better reading of a date. */
const FAR_MS = 2 * 365 * DAY_MS,
  NEAR_MS = 366 * DAY_MS

/** Time of day `hhmmss` at `at` in seconds, or -1. */
const secondsAt = (bytes: Uint8Array, at: number): number =>
  secondOfDay(pair(bytes, at), pair(bytes, at + 2), pair(bytes, at + 4))

/** No such moment. */
export const NO_TIME = NaN

/** `YYMMDD` at `date` and `hhmmss` at `time`, in ms since 1970; NO_TIME. */
export const yearFirst = (bytes: Uint8Array, date: number, time: number): number => {
  const day = dayOfCentury(pair(bytes, date), pair(bytes, date + 2), pair(bytes, date + 4))
  const seconds = secondsAt(bytes, time)
  return day < 0 || seconds < 0 ? NO_TIME : day * DAY_MS + seconds * 1000
}

/** `DDMMYY` at `date` and `hhmmss` at `time`, in ms since 1970; NO_TIME. */
export const dayFirst = (bytes: Uint8Array, date: number, time: number): number => {
  const day = dayOfCentury(pair(bytes, date + 4), pair(bytes, date + 2), pair(bytes, date))
  const seconds = secondsAt(bytes, time)
  return day < 0 || seconds < 0 ? NO_TIME : day * DAY_MS + seconds * 1000
}

/**
 * The better of two readings of one date: `first`, unless it is impossible, or years away from the receive time while
 * `second` is within `nearMs` of it.
 */
export const betterReading = (first: number, second: number, nearMs: number, received: number): number => {
  if (Number.isNaN(second)) return first
  if (Number.isNaN(first) || !believable(first, received)) return believable(second, received) ? second : first
  const far = received - first > FAR_MS
  return far && Math.abs(received - second) <= nearMs ? second : first
}
/** How near the second reading must be: where the firmware's order is a guess, and where it is known. */
export const GUESSED_MS = NEAR_MS,
  KNOWN_MS = DAY_MS

/** Writes the time of the open row. `date` and `time` are kept as text if they are no moment. */
export const writeTime = (
  bytes: Uint8Array,
  claim: number,
  date: number,
  time: number,
  fixed: boolean,
  context: FrameContext,
  records: Records,
): void => {
  const received = context.receivedMs
  const row = records.rows
  if (Number.isNaN(claim)) {
    if (!zeros(bytes, date)) attributeText(records, Key.dateRaw, bytes, date, date + 6)
    if (!zeros(bytes, date) || !zeros(bytes, time)) attributeText(records, Key.timeRaw, bytes, time, time + 6)
  } else if (believable(claim, received) && (fixed || Math.abs(received - claim) <= WITHOUT_FIX_MS)) {
    records.fixMs[row] = claim
    if (claim < received - BUFFERED_MS) records.buffered[row] = 1
    return
  } else {
    writeIsoText(claim)
    attributeText(records, Key.deviceTime, ISO_TEXT, 0, ISO_TEXT.length)
  }
  // A fix needs a time; telemetry goes without.
  if (!records.isFix[row]) return
  records.fixMs[row] = received
  attributeText(records, Key.timeSource, TIME_RECEIVED, 0, TIME_RECEIVED.length)
}
const TIME_RECEIVED = ascii('received')

const believable = (claim: number, received: number): boolean =>
  claim >= EARLIEST_MS && claim <= received + AHEAD_MAX_MS

const zeros = (bytes: Uint8Array, from: number): boolean => {
  for (let at = from; at < from + 6; at++) if (bytes[at] !== ZERO) return false
  return true
}

/** When a record was made. Date and time are UTC everywhere; only the order of the date's parts differs. */
import { ascii, COLON, MINUS, ZERO } from '../ascii.ts'
import { attributeText } from '../attributes.ts'
import type { FrameContext } from '../codec.ts'
import { pair } from '../numbers.ts'
import type { Records } from '../records.ts'
import { Key } from './messages.ts'

const MINUTE_MS = 60_000
export const DAY_MS = 24 * 60 * MINUTE_MS
/** 2000-01-01 in days since 1970. */
const DAYS_TO_2000 = 10_957
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

const DAYS_BEFORE = Uint16Array.of(0, 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334)
const DAYS_IN = Uint8Array.of(0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)

/** A day of this century in days since 1970; -1 if there is no such day. */
function dayNumber(year: number, month: number, day: number): number {
  if (year < 0 || month < 1 || month > 12 || day < 1 || day > DAYS_IN[month]) return -1
  const leap = (year & 3) === 0
  if (month === 2 && day === 29 && !leap) return -1
  return DAYS_TO_2000 + 365 * year + ((year + 3) >> 2) + DAYS_BEFORE[month] + (leap && month > 2 ? 1 : 0) + day - 1
}

/** Time of day `hhmmss` at `at` in seconds, or -1. */
function secondsAt(bytes: Uint8Array, at: number): number {
  const hour = pair(bytes, at)
  const minute = pair(bytes, at + 2)
  const second = pair(bytes, at + 4)
  return hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59
    ? -1
    : hour * 3600 + minute * 60 + second
}

/** No such moment. */
export const NO_TIME = NaN

/** `YYMMDD` at `date` and `hhmmss` at `time`, in ms since 1970; NO_TIME. */
export function yearFirst(bytes: Uint8Array, date: number, time: number): number {
  const day = dayNumber(pair(bytes, date), pair(bytes, date + 2), pair(bytes, date + 4))
  const seconds = secondsAt(bytes, time)
  return day < 0 || seconds < 0 ? NO_TIME : day * DAY_MS + seconds * 1000
}

/** `DDMMYY` at `date` and `hhmmss` at `time`, in ms since 1970; NO_TIME. */
export function dayFirst(bytes: Uint8Array, date: number, time: number): number {
  const day = dayNumber(pair(bytes, date + 4), pair(bytes, date + 2), pair(bytes, date))
  const seconds = secondsAt(bytes, time)
  return day < 0 || seconds < 0 ? NO_TIME : day * DAY_MS + seconds * 1000
}

/**
 * The better of two readings of one date: `first`, unless it is impossible, or years away from the receive time while
 * `second` is within `nearMs` of it.
 */
export function betterReading(first: number, second: number, nearMs: number, received: number): number {
  if (Number.isNaN(second)) return first
  if (Number.isNaN(first) || !believable(first, received)) return believable(second, received) ? second : first
  const far = received - first > FAR_MS
  return far && Math.abs(received - second) <= nearMs ? second : first
}
/** How near the second reading must be: where the firmware's order is a guess, and where it is known. */
export const GUESSED_MS = NEAR_MS,
  KNOWN_MS = DAY_MS

/** Writes the time of the open row. `date` and `time` are kept as text if they are no moment. */
export function writeTime(
  bytes: Uint8Array,
  claim: number,
  date: number,
  time: number,
  fixed: boolean,
  context: FrameContext,
  records: Records,
): void {
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
    writeIso(claim)
    attributeText(records, Key.deviceTime, iso, 0, iso.length)
  }
  // A fix needs a time; telemetry goes without.
  if (!records.isFix[row]) return
  records.fixMs[row] = received
  attributeText(records, Key.timeSource, TIME_RECEIVED, 0, TIME_RECEIVED.length)
}
const TIME_RECEIVED = ascii('received')

function believable(claim: number, received: number): boolean {
  return claim >= EARLIEST_MS && claim <= received + AHEAD_MAX_MS
}

function zeros(bytes: Uint8Array, from: number): boolean {
  for (let at = from; at < from + 6; at++) if (bytes[at] !== ZERO) return false
  return true
}

const iso = new Uint8Array(20)
/** `claim` as `YYYY-MM-DDThh:mm:ssZ` in `iso`. Years begin in March, so that leap days come last. */
function writeIso(claim: number): void {
  const days = Math.floor(claim / DAY_MS)
  const seconds = Math.floor((claim - days * DAY_MS) / 1000)
  const fromMarch = days - DAYS_TO_2000 + 306 // since 1999-03-01; the first year has a leap day
  const year = Math.floor((fromMarch * 4) / 1461)
  const dayOfYear = fromMarch - Math.ceil((year * 1461) / 4)
  const month = Math.floor((5 * dayOfYear + 2) / 153)
  const civilYear = 1999 + year + (month < 10 ? 0 : 1)
  writePair(0, Math.floor(civilYear / 100))
  writePair(2, civilYear % 100)
  iso[4] = iso[7] = MINUS
  writePair(5, month < 10 ? month + 3 : month - 9)
  writePair(8, dayOfYear - Math.floor((153 * month + 2) / 5) + 1)
  iso[10] = 0x54 // T
  writePair(11, (seconds / 3600) | 0)
  iso[13] = iso[16] = COLON
  writePair(14, ((seconds / 60) | 0) % 60)
  writePair(17, seconds % 60)
  iso[19] = 0x5a // Z
}

function writePair(at: number, value: number): void {
  iso[at] = ZERO + (((value / 10) | 0) % 10)
  iso[at + 1] = ZERO + (value % 10)
}

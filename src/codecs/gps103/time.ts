/**
 * When a record was made. A report has the tracker's local date and time, in a zone it does not name, and the UTC time
 * of day without a date; the zone is the difference, and the date is the local one moved by it.
 */
import { attributeBool, attributeText } from '../attributes.ts'
import type { FrameContext } from '../codec.ts'
import type { Records } from '../records.ts'
import { FROM, pair, TO } from './fields.ts'
import { COLON, Key, KEY_FIELD, MINUS, NINE, POINT, SLASH, SPACE, TIME_LOCAL, TIME_RECEIVED, ZERO } from './messages.ts'
import { rememberedZone, ZONE_UNKNOWN } from './session.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS
const DAY_MINUTES = 24 * 60
/** 2000-01-01 in days since 1970. */
const DAYS_TO_2000 = 10_957
/** Earlier times come from a clock that was never set. */
const EARLIEST_MS = Date.UTC(2005, 0, 1)
/** A time later than this after receipt is not believable. */
const AHEAD_MAX_MS = DAY_MS
/** A fix older than this at arrival was stored by the tracker. */
const BUFFERED_MS = 5 * MINUTE_MS
/** What an assumed zone can be wrong by. */
const ZONE_ERROR_MS = 14 * HOUR_MS
/** Two clocks of one tracker differ by a minute or two. */
const CLOCK_SLACK_MINUTES = 5

const DAYS_BEFORE = Uint16Array.of(0, 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334)
const DAYS_IN = Uint8Array.of(0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)

/** Midnight of a day of this century in ms; NaN if there is no such day. */
export function dayMs(year: number, month: number, day: number): number {
  if (year < 0 || month < 1 || month > 12 || day < 1 || day > DAYS_IN[month]) return NaN
  const leap = (year & 3) === 0
  if (month === 2 && day === 29 && !leap) return NaN
  const days =
    DAYS_TO_2000 + 365 * year + ((year + 3) >> 2) + DAYS_BEFORE[month] + (leap && month > 2 ? 1 : 0) + day - 1
  return days * DAY_MS
}

/** Time of day in seconds, or -1. */
export function secondsOf(hour: number, minute: number, second: number): number {
  return hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59
    ? -1
    : hour * 3600 + minute * 60 + second
}

/** Local time in field `field` as if it were UTC, in ms; NaN: none. */
export function localMs(bytes: Uint8Array, field: number): number {
  const from = FROM[field]
  const length = TO[field] - from
  let midnight = NaN
  let seconds = -1
  if (length === 10 || length === 12) {
    midnight = dayMs(pair(bytes, from), pair(bytes, from + 2), pair(bytes, from + 4))
    seconds = secondsOf(pair(bytes, from + 6), pair(bytes, from + 8), length === 12 ? pair(bytes, from + 10) : 0)
  } else if ((length === 14 || length === 17) && bytes[from + 2] === SLASH && bytes[from + 5] === SLASH) {
    if (bytes[from + 8] !== SPACE || bytes[from + 11] !== COLON || (length === 17 && bytes[from + 14] !== COLON))
      return NaN
    midnight = dayMs(pair(bytes, from), pair(bytes, from + 3), pair(bytes, from + 6))
    seconds = secondsOf(pair(bytes, from + 9), pair(bytes, from + 12), length === 17 ? pair(bytes, from + 15) : 0)
  }
  return seconds < 0 ? NaN : midnight + seconds * 1000
}

/** UTC time of day `hhmmss[.s[s[s]]]` in field `field`, in seconds; -1: none. */
export function utcSeconds(bytes: Uint8Array, field: number): number {
  const from = FROM[field]
  const to = TO[field]
  if (to - from < 6) return -1
  if (to - from > 6) {
    if (bytes[from + 6] !== POINT || to - from < 8 || to - from > 10) return -1
    for (let at = from + 7; at < to; at++) if (bytes[at] < ZERO || bytes[at] > NINE) return -1
  }
  return secondsOf(pair(bytes, from), pair(bytes, from + 2), pair(bytes, from + 4))
}

/**
 * Minutes the tracker's clock is ahead of UTC, from both times of a report. `known` is what the session showed last.
 * Step 2 of the rule gives -719…+720 and so misses zones +13 and +14 by a day; a fix in the future, or the session's
 * own zone, tells.
 */
export function zoneOf(local: number, utc: number, receivedMs: number, known: number): number {
  const midnight = Math.floor(local / DAY_MS) * DAY_MS
  const localMinutes = Math.floor((local - midnight) / MINUTE_MS)
  const utcMinutes = (utc / 60) | 0
  let zone = localMinutes - utcMinutes
  if (zone <= -DAY_MINUTES / 2) zone += DAY_MINUTES
  else if (zone > DAY_MINUTES / 2) zone -= DAY_MINUTES
  const fix = midnight + (localMinutes - zone) * MINUTE_MS
  if (fix > receivedMs + DAY_MS / 2) return zone + DAY_MINUTES
  const later = zone + DAY_MINUTES - known
  // A stored record of a session whose zone is known to be beyond +12.
  return known > DAY_MINUTES / 2 && later <= CLOCK_SLACK_MINUTES && later >= -CLOCK_SLACK_MINUTES
    ? zone + DAY_MINUTES
    : zone
}

/** Minutes to take off local time of this frame's tracker: the session's last zone or ZONE_UNKNOWN. */
function sessionZone(bytes: Uint8Array, context: FrameContext): number {
  return rememberedZone(bytes, FROM[0], TO[0], context.state)
}

/**
 * Writes the time of the open row: from local time and UTC time of day (`utc`, seconds or -1), or what can be had.
 * `localField` is kept as text when it holds something that is no time.
 */
export function writeTime(
  bytes: Uint8Array,
  localField: number,
  utc: number,
  context: FrameContext,
  records: Records,
  timezoneMinutes: number,
): void {
  const local = localMs(bytes, localField)
  const received = context.receivedMs
  if (Number.isNaN(local)) {
    if (!allZeros(bytes, FROM[localField], TO[localField]))
      attributeText(records, KEY_FIELD[localField], bytes, FROM[localField], TO[localField])
    if (utc >= 0) return writeClaim(nearestDay(utc, received), false, received, records)
    return writeNoTime(received, records)
  }
  const known = sessionZone(bytes, context)
  if (utc >= 0) {
    const zone = zoneOf(local, utc, received, known)
    // Seconds are UTC's; the tracker's two clocks need not agree on them.
    return writeClaim((Math.floor(local / MINUTE_MS) - zone) * MINUTE_MS + (utc % 60) * 1000, false, received, records)
  }
  const assumed = known === ZONE_UNKNOWN
  if (assumed) attributeBool(records, Key.timezoneAssumed, true)
  const claim = local - (assumed ? timezoneMinutes : known) * MINUTE_MS
  if (believable(claim, received)) attributeText(records, Key.timeSource, TIME_LOCAL, 0, TIME_LOCAL.length)
  writeClaim(claim, assumed, received, records)
}

/** Writes a time in UTC, if it can be believed. `uncertain`: its zone is assumed. */
export function writeClaim(claim: number, uncertain: boolean, received: number, records: Records): void {
  const row = records.rows
  if (believable(claim, received)) {
    records.fixMs[row] = claim
    if (claim < received - BUFFERED_MS - (uncertain ? ZONE_ERROR_MS : 0)) records.buffered[row] = 1
    return
  }
  records.fixMs[row] = received
  attributeText(records, Key.timeSource, TIME_RECEIVED, 0, TIME_RECEIVED.length)
  writeIso(claim)
  attributeText(records, Key.deviceTime, iso, 0, iso.length)
}

/** The record has no time: a fix needs one, so it gets the receive time; telemetry goes without. */
export function writeNoTime(received: number, records: Records): void {
  if (!records.isFix[records.rows]) return
  records.fixMs[records.rows] = received
  attributeText(records, Key.timeSource, TIME_RECEIVED, 0, TIME_RECEIVED.length)
}

function believable(claim: number, received: number): boolean {
  return claim >= EARLIEST_MS && claim <= received + AHEAD_MAX_MS
}

/** The moment nearest to `received` that has this UTC time of day. */
function nearestDay(utc: number, received: number): number {
  const moment = Math.floor(received / DAY_MS) * DAY_MS + utc * 1000
  if (moment - received > DAY_MS / 2) return moment - DAY_MS
  return received - moment > DAY_MS / 2 ? moment + DAY_MS : moment
}

/** "No time" is written as zeros, or as a date of zeros with a time of day, or not at all. */
function allZeros(bytes: Uint8Array, from: number, to: number): boolean {
  const dateEnd = to - from === 10 || to - from === 12 ? from + 6 : to
  for (let at = from; at < dateEnd; at++) if (bytes[at] !== ZERO) return false
  return true
}

const iso = new Uint8Array(20)
/** `claim` as `YYYY-MM-DDThh:mm:ssZ` in `iso`. Days to date: years begin in March, so that leap days come last. */
function writeIso(claim: number): void {
  const days = Math.floor(claim / DAY_MS)
  const seconds = Math.floor((claim - days * DAY_MS) / 1000)
  const fromMarch = days - DAYS_TO_2000 + 306 // since 1999-03-01; the claim is of this century, or just before it
  const year = Math.floor((fromMarch * 4 + 3) / 1461)
  const dayOfYear = fromMarch - Math.floor((year * 1461) / 4)
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

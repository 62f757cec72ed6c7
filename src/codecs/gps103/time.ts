/**
 * When a record was made. A report has the tracker's local date and time, in a zone it does not name, and the UTC time
 * of day without a date; the zone is the difference, and the date is the local one moved by it.
 */
import { COLON, NINE, POINT, SLASH, SPACE, ZERO } from '../ascii.ts'
import { attributeBool, attributeText } from '../attributes.ts'
import type { FrameContext } from '../codec.ts'
import { DAY_MS, dayOfCentury, ISO_TEXT, secondOfDay, writeIsoText } from '../dates.ts'
import { FROM, TO } from '../fields.ts'
import { pair } from '../numbers.ts'
import type { Records } from '../records.ts'
import { IMEI, Key, KEY_FIELD, TIME_LOCAL, TIME_RECEIVED } from './messages.ts'
import { rememberedZone, ZONE_UNKNOWN, zoneBeyondTwelve } from './session.ts'
import { zoneOfDevice, zoneSaid, type Zones } from './zones.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MINUTES = 24 * 60
const HALF_DAY_MINUTES = DAY_MINUTES / 2
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
/** The farthest zone east, +14, as two such clocks may show it. */
const ZONE_MAX_MINUTES = 14 * 60 + CLOCK_SLACK_MINUTES

/** Local day in field `field`, as `dayOfCentury` counts; -1: none. Sets `localSeconds`, the time of day. */
export const localDay = (bytes: Uint8Array, field: number): number => {
  const from = FROM[field]
  const length = TO[field] - from
  let day = -1
  if (length === 10 || length === 12) {
    day = dayOfCentury(pair(bytes, from), pair(bytes, from + 2), pair(bytes, from + 4))
    localSeconds = secondOfDay(pair(bytes, from + 6), pair(bytes, from + 8), length === 12 ? pair(bytes, from + 10) : 0)
  } else if ((length === 14 || length === 17) && bytes[from + 2] === SLASH && bytes[from + 5] === SLASH) {
    if (bytes[from + 8] !== SPACE || bytes[from + 11] !== COLON || (length === 17 && bytes[from + 14] !== COLON))
      return -1
    day = dayOfCentury(pair(bytes, from), pair(bytes, from + 3), pair(bytes, from + 6))
    localSeconds = secondOfDay(
      pair(bytes, from + 9),
      pair(bytes, from + 12),
      length === 17 ? pair(bytes, from + 15) : 0,
    )
  } else return -1
  return localSeconds < 0 ? -1 : day
}
let localSeconds = 0

/** UTC time of day `hhmmss[.s[s[s]]]` in field `field`, in seconds; -1: none. */
export const utcSeconds = (bytes: Uint8Array, field: number): number => {
  const from = FROM[field]
  const to = TO[field]
  if (to - from < 6) return -1
  if (to - from > 6) {
    if (bytes[from + 6] !== POINT || to - from < 8 || to - from > 10) return -1
    for (let at = from + 7; at < to; at++) if (bytes[at] < ZERO || bytes[at] > NINE) return -1
  }
  return secondOfDay(pair(bytes, from), pair(bytes, from + 2), pair(bytes, from + 4))
}

/**
 * Minutes that the tracker's clock is ahead of UTC, from its local day and time (`localDay` was called last) and its
 * UTC time of day. The rule gives -719…+720 and so misses zones +13 and +14 by a day; a fix half a day in the future,
 * or `beyond`, a zone beyond +12 that the session has shown or the operator says, tells. No other zone is a day off: what is too far in the
 * future in it has a wrong date.
 */
const zoneOf = (day: number, utc: number, receivedMs: number, beyond: number): number => {
  const localMinutes = (localSeconds / 60) | 0
  let zone = localMinutes - ((utc / 60) | 0)
  if (zone <= -HALF_DAY_MINUTES) zone += DAY_MINUTES
  else if (zone > HALF_DAY_MINUTES) zone -= DAY_MINUTES
  const farEast = zone + DAY_MINUTES
  if (farEast > ZONE_MAX_MINUTES) return zone
  const aheadMs = (day * DAY_MINUTES + localMinutes - zone) * MINUTE_MS - receivedMs
  // Further ahead, a day less would not make it believable.
  if (aheadMs > DAY_MS / 2 && aheadMs <= DAY_MS + AHEAD_MAX_MS) return farEast
  if (beyond === ZONE_UNKNOWN) return zone
  const later = farEast - beyond
  return later <= CLOCK_SLACK_MINUTES && later >= -CLOCK_SLACK_MINUTES ? farEast : zone
}

/** A zone beyond +12 that the session has shown or the operator says, or ZONE_UNKNOWN. */
const beyondTwelve = (bytes: Uint8Array, state: Int32Array, zones: Zones): number => {
  const shown = zoneBeyondTwelve(bytes, FROM[0], TO[0], state)
  if (shown !== ZONE_UNKNOWN || !zones.beyondTwelve) return shown
  const said = zoneSaid(bytes, FROM[0] + IMEI.length, TO[0], zones)
  return said > HALF_DAY_MINUTES ? said : ZONE_UNKNOWN
}

/** The zone that a report with both times shows: `zoneOf` if the time is believable, else ZONE_UNKNOWN. */
export const zoneShown = (
  bytes: Uint8Array,
  localField: number,
  utcField: number,
  receivedMs: number,
  state: Int32Array,
  zones: Zones,
): number => {
  const utc = utcSeconds(bytes, utcField)
  const day = utc < 0 ? -1 : localDay(bytes, localField)
  if (day < 0) return ZONE_UNKNOWN
  const zone = zoneOf(day, utc, receivedMs, beyondTwelve(bytes, state, zones))
  return believable(day * DAY_MS + (localSeconds - zone * 60) * 1000, receivedMs) ? zone : ZONE_UNKNOWN
}

/**
 * Writes the time of the open row: from local time and UTC time of day (`utc`, seconds or -1), or what can be had.
 * `localField` is kept as text when it holds something that is no time.
 */
export const writeTime = (
  bytes: Uint8Array,
  localField: number,
  utc: number,
  context: FrameContext,
  records: Records,
  zones: Zones,
): void => {
  const received = context.receivedMs
  const day = localDay(bytes, localField)
  if (day < 0) {
    if (!allZeros(bytes, FROM[localField], TO[localField]))
      attributeText(records, KEY_FIELD[localField], bytes, FROM[localField], TO[localField])
    if (utc >= 0) writeClaim(nearestDay(utc, received), false, received, records)
    else writeNoTime(received, records)
    return
  }
  if (utc >= 0) {
    const zone = zoneOf(day, utc, received, beyondTwelve(bytes, context.state, zones))
    // Seconds are UTC's; the tracker's two clocks need not agree on them.
    const minutes = day * DAY_MINUTES + ((localSeconds / 60) | 0) - zone
    writeClaim(minutes * MINUTE_MS + (utc % 60) * 1000, false, received, records)
    return
  }
  let zone = rememberedZone(bytes, FROM[0], TO[0], context.state)
  if (zone === ZONE_UNKNOWN) zone = zoneOfDevice(context.device, context.deviceStart, context.deviceEnd, zones)
  const assumed = zone === ZONE_UNKNOWN
  if (assumed) {
    zone = zones.others === ZONE_UNKNOWN ? 0 : zones.others
    attributeBool(records, Key.timezoneAssumed, true)
  }
  const claim = day * DAY_MS + (localSeconds - zone * 60) * 1000
  if (believable(claim, received)) attributeText(records, Key.timeSource, TIME_LOCAL, 0, TIME_LOCAL.length)
  writeClaim(claim, assumed, received, records)
}

/** Writes a time in UTC, if it can be believed. `uncertain`: its zone is assumed. */
export const writeClaim = (claim: number, uncertain: boolean, received: number, records: Records): void => {
  const row = records.rows
  if (believable(claim, received)) {
    records.fixMs[row] = claim
    if (claim < received - BUFFERED_MS - (uncertain ? ZONE_ERROR_MS : 0)) records.buffered[row] = 1
    return
  }
  records.fixMs[row] = received
  attributeText(records, Key.timeSource, TIME_RECEIVED, 0, TIME_RECEIVED.length)
  writeIsoText(claim)
  attributeText(records, Key.deviceTime, ISO_TEXT, 0, ISO_TEXT.length)
}

/** The record has no time: a fix needs one, so it gets the receive time; telemetry goes without. */
export const writeNoTime = (received: number, records: Records): void => {
  if (!records.isFix[records.rows]) return
  records.fixMs[records.rows] = received
  attributeText(records, Key.timeSource, TIME_RECEIVED, 0, TIME_RECEIVED.length)
}

/** True if a tracker that is received at `received` can have made a record at `claim`. */
export const believable = (claim: number, received: number): boolean =>
  claim >= EARLIEST_MS && claim <= received + AHEAD_MAX_MS

/** The moment nearest to `received` that has this UTC time of day. */
const nearestDay = (utc: number, received: number): number => {
  const moment = Math.floor(received / DAY_MS) * DAY_MS + utc * 1000
  if (moment - received > DAY_MS / 2) return moment - DAY_MS
  return received - moment > DAY_MS / 2 ? moment + DAY_MS : moment
}

/** "No time" is written as zeros, or as a date of zeros with a time of day, or not at all. */
const allZeros = (bytes: Uint8Array, from: number, to: number): boolean => {
  const dateEnd = to - from === 10 || to - from === 12 ? from + 6 : to
  for (let at = from; at < dateEnd; at++) if (bytes[at] !== ZERO) return false
  return true
}

/** When an SMS was written: local time of the tracker to the minute, in a zone and an order of the date that it does not say. */
import type { FrameContext } from '../codec.ts'
import { DAY_MS, dayOfCentury, secondOfDay } from '../dates.ts'
import { IMEI } from './messages.ts'
import { rememberedZone, ZONE_UNKNOWN } from './session.ts'
import { zoneSaid, type Zones } from './zones.ts'

const MINUTE_MS = 60_000
/** A local time may be this much ahead of the receipt in UTC: zone +14, and a clock half a day off. */
const AHEAD_MAX_MS = 26 * 60 * MINUTE_MS
/** Zones are whole quarters of an hour, from −12 to +14 hours. */
const ZONE_STEP_MINUTES = 15
const ZONE_MIN_MINUTES = -12 * 60,
  ZONE_MAX_MINUTES = 14 * 60

/** `26/03/14`, `12:05`, `12:05:30`: its numbers; null if it is not `count` numbers of one or two digits. */
const numbersOf = (text: string, separator: string, counts: readonly number[]): number[] | null => {
  const parts = text.split(separator)
  if (!counts.includes(parts.length) || !parts.every(isShortNumber)) return null
  return parts.map(Number)
}

const isShortNumber = (text: string): boolean =>
  text.length >= 1 && text.length <= 2 && [...text].every((digit) => digit >= '0' && digit <= '9')

/**
 * `26/03/14 12:05` as ms since 1970, as if the tracker's clock were UTC; NaN if it is none. Of the readings of the date,
 * year, day or month first, the one nearest to the receipt counts.
 */
export const localMs = (moment: string, receivedMs: number): number => {
  const [date, time = '', ...rest] = moment.split(' ')
  if (rest.length > 0) return NaN
  const day = numbersOf(date, '/', [3])
  const clock = numbersOf(time, ':', [2, 3])
  if (day === null || clock === null) return NaN
  const seconds = secondOfDay(clock[0], clock[1], clock[2] ?? 0)
  if (seconds < 0) return NaN
  const [a, b, c] = day
  const readings = [dayOfCentury(a, b, c), dayOfCentury(c, b, a), dayOfCentury(c, a, b)]
    .filter((number) => number >= 0)
    .map((number) => number * DAY_MS + seconds * 1000)
    .filter((ms) => ms <= receivedMs + AHEAD_MAX_MS)
  const distance = (ms: number) => Math.abs(ms - receivedMs)
  return readings.reduce((best, ms) => (distance(best) <= distance(ms) ? best : ms), readings[0] ?? NaN)
}

/** Minutes that the tracker's clock is ahead of UTC as its session or the operator says, or ZONE_UNKNOWN. */
export const zoneKnown = (context: FrameContext, zones: Zones): number => {
  const { device, deviceStart, deviceEnd, state } = context
  const field = Uint8Array.of(...IMEI, ...device.subarray(deviceStart, deviceEnd))
  const shown = rememberedZone(field, 0, field.length, state)
  return shown === ZONE_UNKNOWN ? zoneSaid(device, deviceStart, deviceEnd, zones) : shown
}

/** The zone in which a text was written right before it was received; ZONE_UNKNOWN if there is none. */
export const zoneOfReceipt = (ms: number, receivedMs: number): number => {
  const zone = Math.round((ms - receivedMs) / MINUTE_MS / ZONE_STEP_MINUTES) * ZONE_STEP_MINUTES
  return zone >= ZONE_MIN_MINUTES && zone <= ZONE_MAX_MINUTES ? zone : ZONE_UNKNOWN
}

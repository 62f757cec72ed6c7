/** What a field of a sentence holds: flags, the IMEI, places. */
import { MINUS, NINE, PLUS, UPPER_E, UPPER_N, UPPER_S, UPPER_W, ZERO } from '../ascii.ts'
import { FROM, single, TO } from '../fields.ts'
import { decimal, decimals, isDigits, POWER } from '../numbers.ts'
import { IMEI_DIGITS } from './messages.ts'

/** 1 or 0 as a field says it; -1: it says something else, or nothing. */
export const flagOf = (bytes: Uint8Array, field: number): number => {
  const value = single(bytes, field) - ZERO
  return value === 0 || value === 1 ? value : -1
}

/** True if `field` is exactly `length` digits. */
export const isNumber = (bytes: Uint8Array, field: number, length: number): boolean =>
  TO[field] - FROM[field] === length && isDigits(bytes, FROM[field], TO[field])

/** An IMEI of zeros was met by `imeiField`. */
export let zeroImei = false

/** The first field behind `header` of exactly 15 digits that are not all zeros; -1: none. */
export const imeiField = (bytes: Uint8Array, header: number, count: number): number => {
  zeroImei = false
  for (let field = header + 1; field < count; field++) {
    if (!isNumber(bytes, field, IMEI_DIGITS)) continue
    if (!isZeros(bytes, FROM[field], TO[field])) return field
    zeroImei = true
  }
  return -1
}

export const isZeros = (bytes: Uint8Array, from: number, to: number): boolean => {
  for (let at = from; at < to; at++) if (bytes[at] !== ZERO) return false
  return true
}

/** Digits before the point. */
const wholeDigits = (bytes: Uint8Array, from: number, to: number): number => {
  let at = from
  if (at < to && (bytes[at] === MINUS || bytes[at] === PLUS)) at++
  const first = at
  while (at < to && bytes[at] >= ZERO && bytes[at] <= NINE) at++
  return at - first
}

const POLE_E7 = 900_000_000,
  DATE_LINE_E7 = 1_800_000_000
/** Decimal degrees have up to three digits before the point, degrees and minutes have four or five. */
const DEGREE_DIGITS_MAX = 3
const UPPER = 0xdf

/** The place that `place` read last, 1e-7 degree. */
export let latE7 = 0
export let lonE7 = 0
/** Answers of `place`. */
export const PLACE_UNREADABLE = -1,
  PLACE_ZERO = 0,
  PLACE_GOOD = 1

/**
 * Reads a place: numbers in `bytes[latFrom, latTo)` and `bytes[lonFrom, lonTo)`, hemispheres as bytes or -1. Some
 * dialects print degrees and minutes: told by a value out of range, or by four digits before the point.
 */
export const place = (
  bytes: Uint8Array,
  latFrom: number,
  latTo: number,
  northSouth: number,
  lonFrom: number,
  lonTo: number,
  eastWest: number,
  fixedWidth: boolean,
): number => {
  const latitude = degreesE7(bytes, latFrom, latTo)
  const longitude = degreesE7(bytes, lonFrom, lonTo)
  if (Number.isNaN(latitude) || Number.isNaN(longitude)) return PLACE_UNREADABLE
  latE7 = latitude
  lonE7 = longitude
  const minutes =
    !fixedWidth &&
    (Math.abs(latitude) > POLE_E7 ||
      Math.abs(longitude) > DATE_LINE_E7 ||
      wholeDigits(bytes, latFrom, latTo) > DEGREE_DIGITS_MAX ||
      wholeDigits(bytes, lonFrom, lonTo) > DEGREE_DIGITS_MAX)
  if (minutes) {
    latE7 = fromMinutes(latitude)
    lonE7 = fromMinutes(longitude)
  }
  const north = northSouth & UPPER
  const east = eastWest & UPPER
  if (northSouth >= 0 && north === UPPER_S) latE7 = -Math.abs(latE7)
  else if (northSouth >= 0 && north !== UPPER_N) return PLACE_UNREADABLE
  if (eastWest >= 0 && east === UPPER_W) lonE7 = -Math.abs(lonE7)
  else if (eastWest >= 0 && east !== UPPER_E) return PLACE_UNREADABLE
  if (!(Math.abs(latE7) <= POLE_E7 && Math.abs(lonE7) <= DATE_LINE_E7)) return PLACE_UNREADABLE
  return latE7 === 0 && lonE7 === 0 ? PLACE_ZERO : PLACE_GOOD
}

/** A decimal in units of 1e-7; NaN: none. */
const degreesE7 = (bytes: Uint8Array, from: number, to: number): number => {
  const value = decimal(bytes, from, to)
  return value * POWER[7 - decimals]
}

/** `[d]ddmm.mmmm`, read as a decimal in units of 1e-7, in 1e-7 degree; NaN if it has 60 minutes or more. */
const fromMinutes = (value: number): number => {
  const size = Math.abs(value)
  const degrees = Math.floor(size / 1e9)
  const minutes = size - degrees * 1e9
  if (minutes >= 6e8) return NaN
  const result = degrees * 1e7 + Math.round(minutes / 60)
  return value < 0 ? -result : result
}

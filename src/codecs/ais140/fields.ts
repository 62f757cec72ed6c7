/**
 * The fields of one sentence and the numbers in them. One scan notes where each field begins and ends, spaces trimmed;
 * the tables are overwritten by the next sentence.
 */
import { COMMA, MINUS, NINE, PLUS, POINT, SPACE, UPPER_E, UPPER_N, UPPER_S, UPPER_W, ZERO } from '../ascii.ts'
import { FIELDS_MAX, IMEI_DIGITS } from './messages.ts'

/** Field i of the sentence scanned last is bytes[FROM[i], TO[i]); fields it does not have are empty. */
export const FROM = new Int32Array(FIELDS_MAX + 64)
export const TO = new Int32Array(FIELDS_MAX + 64)
let filled = 0
/** 10 to the power of the index. */
export const POWER = Float64Array.from({ length: 16 }, (_, power) => 10 ** power)

/** Notes the fields of `bytes[start, end)`, at most `most` of them; how many there are. */
export function scanFields(bytes: Uint8Array, start: number, end: number, most: number): number {
  let count = 0
  let from = start
  for (let at = start; at < end && count < most - 1; at++) {
    if (bytes[at] !== COMMA) continue
    note(bytes, count++, from, at)
    from = at + 1
  }
  note(bytes, count++, from, end)
  for (let stale = count; stale < filled; stale++) FROM[stale] = TO[stale] = 0
  filled = count
  return count
}

function note(bytes: Uint8Array, field: number, start: number, end: number): void {
  let from = start
  let to = end
  while (from < to && bytes[from] <= SPACE) from++
  while (from < to && bytes[to - 1] <= SPACE) to--
  FROM[field] = from
  TO[field] = to
}

export const isEmpty = (field: number) => FROM[field] === TO[field]

/** The byte of a field that has exactly one, else -1. */
export function single(bytes: Uint8Array, field: number): number {
  return TO[field] - FROM[field] === 1 ? bytes[FROM[field]] : -1
}

/** 1 or 0 as a field says it; -1: it says something else, or nothing. */
export function flagOf(bytes: Uint8Array, field: number): number {
  const value = single(bytes, field) - ZERO
  return value === 0 || value === 1 ? value : -1
}

/** True if `bytes[from, to)` is digits, at least one. */
export function isDigits(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (bytes[at] < ZERO || bytes[at] > NINE) return false
  return from < to
}

/** True if `field` is exactly `length` digits. */
export function isNumber(bytes: Uint8Array, field: number, length: number): boolean {
  return TO[field] - FROM[field] === length && isDigits(bytes, FROM[field], TO[field])
}

/** An IMEI of zeros was met by `imeiField`. */
export let zeroImei = false

/** The first field behind `header` of exactly 15 digits that are not all zeros; -1: none. */
export function imeiField(bytes: Uint8Array, header: number, count: number): number {
  zeroImei = false
  for (let field = header + 1; field < count; field++) {
    if (!isNumber(bytes, field, IMEI_DIGITS)) continue
    if (!isZeros(bytes, FROM[field], TO[field])) return field
    zeroImei = true
  }
  return -1
}

export function isZeros(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (bytes[at] !== ZERO) return false
  return true
}

/** Digits after the point in the number `decimal` read last. */
export let decimals = 0
/** Decimals that are read; more are dropped. */
const DECIMALS_MAX = 7
/** Digits that a double holds for certain. */
const DIGITS_MAX = 15

/** The number `[+-]ddd[.ddd]` in `bytes[from, to)` without its point, `decimals` telling where that was; NaN: none. */
export function decimal(bytes: Uint8Array, from: number, to: number): number {
  let at = from
  let negative = false
  if (at < to && (bytes[at] === MINUS || bytes[at] === PLUS)) negative = bytes[at++] === MINUS
  let value = 0
  let digits = 0
  let point = -1
  for (; at < to; at++) {
    const byte = bytes[at]
    if (byte === POINT && point < 0) {
      point = digits
      continue
    }
    if (byte < ZERO || byte > NINE) return NaN
    if (point >= 0 && digits - point >= DECIMALS_MAX) continue
    value = value * 10 + (byte - ZERO)
    digits++
  }
  if (digits === 0 || digits > DIGITS_MAX) return NaN
  decimals = point < 0 ? 0 : digits - point
  return negative ? -value : value
}

/** The digits in `bytes[from, to)` as a number, at most nine of them; -1 if it holds anything else. */
export function whole(bytes: Uint8Array, from: number, to: number): number {
  if (to <= from || to - from > 9) return -1
  let value = 0
  for (let at = from; at < to; at++) {
    const digit = bytes[at] - ZERO
    if (digit < 0 || digit > 9) return -1
    value = value * 10 + digit
  }
  return value
}

/** Up to eight hexadecimal digits; NaN: none. */
export function hexNumber(bytes: Uint8Array, from: number, to: number): number {
  if (to <= from || to - from > 8) return NaN
  let value = 0
  for (let at = from; at < to; at++) {
    const digit = hexDigit(bytes[at])
    if (digit < 0) return NaN
    value = value * 16 + digit
  }
  return value
}

/** Value of a hexadecimal digit in either case, or -1. */
export function hexDigit(byte: number): number {
  if (byte >= ZERO && byte <= NINE) return byte - ZERO
  const letter = byte | 0x20
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1
}

/** Digits before the point. */
function wholeDigits(bytes: Uint8Array, from: number, to: number): number {
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
export function place(
  bytes: Uint8Array,
  latFrom: number,
  latTo: number,
  northSouth: number,
  lonFrom: number,
  lonTo: number,
  eastWest: number,
  fixedWidth: boolean,
): number {
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
function degreesE7(bytes: Uint8Array, from: number, to: number): number {
  const value = decimal(bytes, from, to)
  return value * POWER[DECIMALS_MAX - decimals]
}

/** `[d]ddmm.mmmm`, read as a decimal in units of 1e-7, in 1e-7 degree; NaN if it has 60 minutes or more. */
function fromMinutes(value: number): number {
  const size = Math.abs(value)
  const degrees = Math.floor(size / 1e9)
  const minutes = size - degrees * 1e9
  if (minutes >= 6e8) return NaN
  const result = degrees * 1e7 + Math.round(minutes / 60)
  return value < 0 ? -result : result
}

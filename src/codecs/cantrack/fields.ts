/**
 * The fields of one text frame and the numbers in them. One scan notes where each field begins and ends, blanks and
 * all; the tables are overwritten by the next frame.
 */
import { COMMA, MINUS, NINE, PLUS, POINT, SPACE, ZERO } from '../ascii.ts'
import { FIELDS_MAX } from './messages.ts'

/** Fields that may be asked for behind the last one; they are empty. */
const BEHIND = 32
/** Field i of what was scanned last is bytes[FROM[i], TO[i]). */
export const FROM = new Int32Array(FIELDS_MAX + BEHIND)
export const TO = new Int32Array(FIELDS_MAX + BEHIND)
let filled = 0
/** 10 to the power of the index. */
export const POWER = Float64Array.from({ length: 16 }, (_, power) => 10 ** power)

/** Notes the fields of `bytes[start, end)`; how many there are. */
export function scanFields(bytes: Uint8Array, start: number, end: number): number {
  let count = 0
  let from = start
  for (let at = start; at < end; at++) {
    if (bytes[at] !== COMMA) continue
    if (count === FIELDS_MAX - 1) break
    FROM[count] = from
    TO[count++] = at
    from = at + 1
  }
  FROM[count] = from
  TO[count++] = end
  for (let stale = count; stale < filled; stale++) FROM[stale] = TO[stale] = 0
  filled = count
  return count
}

export function isEmpty(field: number): boolean {
  return FROM[field] >= TO[field]
}

/** The byte of a field that has exactly one, else -1. */
export function single(bytes: Uint8Array, field: number): number {
  return TO[field] - FROM[field] === 1 ? bytes[FROM[field]] : -1
}

/** How many digits a field has; -1 if it holds anything else. */
export function digitCount(bytes: Uint8Array, field: number): number {
  const from = FROM[field]
  const to = TO[field]
  for (let at = from; at < to; at++) if (bytes[at] < ZERO || bytes[at] > NINE) return -1
  return to - from
}

/** True if a field has exactly `length` hexadecimal digits. */
export function isHex(bytes: Uint8Array, field: number, length: number): boolean {
  const from = FROM[field]
  if (TO[field] - from !== length) return false
  for (let at = from; at < from + length; at++) if (HEX_DIGIT[bytes[at]] > 15) return false
  return true
}

/** Value of a hexadecimal digit in either case; 255: it is none. */
export const HEX_DIGIT = new Uint8Array(256).fill(255)
for (let value = 0; value < 16; value++) {
  HEX_DIGIT[value.toString(16).charCodeAt(0)] = value
  HEX_DIGIT[value.toString(16).toUpperCase().charCodeAt(0)] = value
}

/** Digits after the point in the number `decimal` read last. */
export let decimals = 0
/** Decimals that are read; more are dropped. */
const DECIMALS_MAX = 7
/** Digits that a double holds for certain. */
const DIGITS_MAX = 15

/** The number `[+-]ddd[.ddd]` of a field, blanks around it, without its point, `decimals` telling where that was; NaN: none. */
export function decimal(bytes: Uint8Array, field: number): number {
  let at = FROM[field]
  let to = TO[field]
  while (at < to && bytes[at] === SPACE) at++
  while (at < to && bytes[to - 1] === SPACE) to--
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

/** A whole number with an optional sign and blanks around it; NaN: none. */
export function integer(bytes: Uint8Array, field: number): number {
  const value = decimal(bytes, field)
  return decimals === 0 ? value : NaN
}

/** A whole number from 0 to `most`, or -1. */
export function whole(bytes: Uint8Array, field: number, most: number): number {
  const value = integer(bytes, field)
  return value >= 0 && value <= most ? value : -1
}

/** Hexadecimal digits, at most eight, blanks around them; NaN: none. */
export function hexNumber(bytes: Uint8Array, field: number): number {
  let at = FROM[field]
  let to = TO[field]
  while (at < to && bytes[at] === SPACE) at++
  while (at < to && bytes[to - 1] === SPACE) to--
  if (at === to || to - at > 8) return NaN
  let value = 0
  for (; at < to; at++) {
    const digit = HEX_DIGIT[bytes[at]]
    if (digit > 15) return NaN
    value = value * 16 + digit
  }
  return value
}

/** Two digits at `at`; -1 if they are not. */
export function pair(bytes: Uint8Array, at: number): number {
  const tens = bytes[at] - ZERO
  const ones = bytes[at + 1] - ZERO
  return tens < 0 || tens > 9 || ones < 0 || ones > 9 ? -1 : tens * 10 + ones
}

/** Answer of `coordinateE7`: the text is no coordinate. */
export const NO_COORDINATE = -1
/** Three digits of degrees and two of minutes; without a point four more. */
const WHOLE_DIGITS_MAX = 5,
  POINTLESS_DIGITS_MAX = 9
const DEGREES_MAX = 180

/** Degrees in 1e-7 from minutes in 1e-7; NO_COORDINATE if there are none such. */
export function degreesE7(degrees: number, minutesE7: number): number {
  if (degrees > DEGREES_MAX || minutesE7 >= 600_000_000) return NO_COORDINATE
  return degrees * 10_000_000 + (((minutesE7 + 30) / 60) | 0)
}

/**
 * A coordinate in 1e-7 degrees, rounded, not signed. `[ddd]mm.m…`; without a point, the last four digits are decimals
 * of minutes; `-DD-MM.mmmm`, whose first sign means nothing.
 */
export function coordinateE7(bytes: Uint8Array, field: number): number {
  let at = FROM[field]
  let to = TO[field]
  while (at < to && bytes[at] === SPACE) at++
  while (at < to && bytes[to - 1] === SPACE) to--
  if (at < to && bytes[at] === MINUS) at++
  const first = at
  let number = 0
  for (; at < to && bytes[at] >= ZERO && bytes[at] <= NINE; at++) number = number * 10 + (bytes[at] - ZERO)
  const length = at - first
  if (length > POINTLESS_DIGITS_MAX) return NO_COORDINATE
  if (at === to) {
    if (length === 0) return NO_COORDINATE
    return degreesE7((number / 1_000_000) | 0, (number % 1_000_000) * 1000)
  }
  if (length > WHOLE_DIGITS_MAX) return NO_COORDINATE
  let degrees = (number / 100) | 0
  let minutesE7 = number - degrees * 100
  if (bytes[at] === MINUS) {
    if (length === 0 || length > 3) return NO_COORDINATE
    degrees = number
    minutesE7 = 0
    const minutes = ++at
    for (; at < to && bytes[at] >= ZERO && bytes[at] <= NINE; at++) minutesE7 = minutesE7 * 10 + (bytes[at] - ZERO)
    if (at === minutes || at - minutes > 2) return NO_COORDINATE
  }
  let places = 0
  if (at < to) {
    if (bytes[at++] !== POINT || (length === 0 && at === to)) return NO_COORDINATE
    for (; at < to; at++) {
      const digit = bytes[at] - ZERO
      if (digit < 0 || digit > 9) return NO_COORDINATE
      if (places === DECIMALS_MAX) continue
      minutesE7 = minutesE7 * 10 + digit
      places++
    }
  }
  for (; places < DECIMALS_MAX; places++) minutesE7 *= 10
  return degreesE7(degrees, minutesE7)
}

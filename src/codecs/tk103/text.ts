/** Numbers in the text of a frame: integers with a count of decimals until a column or an attribute wants them. */
import { COMMA, MINUS, NINE, PLUS, POINT, SPACE, ZERO } from '../ascii.ts'

/** 10 to the power of the index. */
export const POWER = Float64Array.from({ length: 16 }, (_, power) => 10 ** power)

/** Most fields a body is cut into; what follows stays in the last one. */
export const FIELDS_MAX = 320
/** Field i of the body scanned last is bytes[FROM[i], TO[i]); those it does not have are empty. */
export const FROM = new Int32Array(FIELDS_MAX)
export const TO = new Int32Array(FIELDS_MAX)
let filled = 0

/**
 * Notes the comma-separated fields of `bytes[from, to)`, blanks around them dropped, the first as field `first`; the
 * number of the last one plus one.
 */
export function scanFields(bytes: Uint8Array, from: number, to: number, first: number): number {
  let count = first
  let begin = from
  for (let at = from; at <= to; at++) {
    if (at < to && (bytes[at] !== COMMA || count === FIELDS_MAX - 1)) continue
    let end = at
    while (begin < end && bytes[begin] <= SPACE) begin++
    while (begin < end && bytes[end - 1] <= SPACE) end--
    FROM[count] = begin
    TO[count++] = end
    begin = at + 1
  }
  for (let stale = count; stale < filled; stale++) FROM[stale] = TO[stale] = 0
  filled = count
  return count
}

/** The byte of a field that has exactly one, else -1. */
export function single(bytes: Uint8Array, field: number): number {
  return TO[field] - FROM[field] === 1 ? bytes[FROM[field]] : -1
}

export const isDigit = (byte: number) => byte >= ZERO && byte <= NINE

/** Digits after the point in the number `decimal` read last. */
export let decimals = 0
/** Decimals that are read; more are dropped. */
const DECIMALS_MAX = 7
/** Digits that a double holds for certain. */
const DIGITS_MAX = 15

/** The number `[+-]ddd[.ddd]` in `bytes[from, to)`, blanks around it, without its point; NaN: none. */
export function decimal(bytes: Uint8Array, from: number, to: number): number {
  let at = from
  let end = to
  while (at < end && bytes[at] === SPACE) at++
  while (at < end && bytes[end - 1] === SPACE) end--
  let negative = false
  if (at < end && (bytes[at] === MINUS || bytes[at] === PLUS)) negative = bytes[at++] === MINUS
  let value = 0
  let digits = 0
  let point = -1
  for (; at < end; at++) {
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

/** The digits in `bytes[from, to)`, at most nine of them; -1 if it holds anything else. */
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

/** Two digits at `at`; -1 if they are not. */
export function pair(bytes: Uint8Array, at: number): number {
  const tens = bytes[at] - ZERO
  const ones = bytes[at + 1] - ZERO
  return tens < 0 || tens > 9 || ones < 0 || ones > 9 ? -1 : tens * 10 + ones
}

/** Values of hexadecimal digits in either case; -1: none. */
export const HEX = new Int8Array(256).fill(-1)
for (let value = 0; value < 16; value++) {
  HEX[value.toString(16).charCodeAt(0)] = value
  HEX[value.toString(16).toUpperCase().charCodeAt(0)] = value
}

/** Up to eight hexadecimal digits; -1: something else. */
export function hexNumber(bytes: Uint8Array, from: number, to: number): number {
  if (to <= from || to - from > 8) return -1
  let value = 0
  for (let at = from; at < to; at++) {
    const digit = HEX[bytes[at]]
    if (digit < 0) return -1
    value = value * 16 + digit
  }
  return value
}

/** True if `bytes[from, to)` are hexadecimal digits, an even number of them. */
export function isHex(bytes: Uint8Array, from: number, to: number): boolean {
  if ((to - from) & 1) return false
  for (let at = from; at < to; at++) if (HEX[bytes[at]] < 0) return false
  return true
}

/** The byte that two hexadecimal digits at `at` write. */
export function hexByte(bytes: Uint8Array, at: number): number {
  return (HEX[bytes[at]] << 4) | HEX[bytes[at + 1]]
}

/** Answer of `coordinateE7`: the text is no coordinate. */
export const NO_COORDINATE = -1
const WHOLE_DIGITS_MAX = 5
const DEGREES_MAX = 213

/** `[[dd]d]mm[.mmmmm]` in 1e-7 degrees, rounded, blanks before it; the last two digits before the point are minutes. */
export function coordinateE7(bytes: Uint8Array, from: number, to: number): number {
  let at = from
  while (at < to && bytes[at] === SPACE) at++
  const first = at
  let ddmm = 0
  for (; at < to; at++) {
    const digit = bytes[at] - ZERO
    if (digit < 0 || digit > 9) break
    ddmm = ddmm * 10 + digit
  }
  if (at === first || at - first > WHOLE_DIGITS_MAX) return NO_COORDINATE
  const degrees = (ddmm / 100) | 0
  let minutesE7 = ddmm - degrees * 100
  let places = 0
  if (at < to) {
    if (bytes[at++] !== POINT) return NO_COORDINATE
    for (; at < to; at++) {
      const digit = bytes[at] - ZERO
      if (digit < 0 || digit > 9) return NO_COORDINATE
      if (places === DECIMALS_MAX) continue
      minutesE7 = minutesE7 * 10 + digit
      places++
    }
  }
  for (; places < DECIMALS_MAX; places++) minutesE7 *= 10
  // 99.9999999 minutes are below 2^31, so all of this is integer arithmetic.
  return degrees > DEGREES_MAX ? NO_COORDINATE : degrees * 10_000_000 + (((minutesE7 + 30) / 60) | 0)
}

/**
 * The fields of one frame and the numbers in them. One scan notes where each field begins and ends, spaces trimmed;
 * the tables are overwritten by the next frame. Numbers stay integers with a count of decimals until a column or an
 * attribute wants them.
 */
import { COMMA, CR, LF, MINUS, NINE, NUL, PERCENT, PLUS, POINT, SEMICOLON, SPACE, STAR, ZERO } from '../ascii.ts'
import { FIELDS_MAX } from './messages.ts'

/** Field i of the frame scanned last is bytes[FROM[i], TO[i]); fields it does not have are empty. */
export const FROM = new Int32Array(FIELDS_MAX)
export const TO = new Int32Array(FIELDS_MAX)
let filled = 0
/** 10 to the power of the index. */
export const POWER = Float64Array.from({ length: 16 }, (_, power) => 10 ** power)

/** Where the text of a frame ends: before its terminator and whitespace. */
export function textEnd(bytes: Uint8Array, start: number, end: number): number {
  let at = end
  while (at > start) {
    const byte = bytes[at - 1]
    if (byte !== SEMICOLON && byte !== CR && byte !== LF && byte !== SPACE && byte !== NUL) break
    at--
  }
  return at
}

/** True if the text ends as the star variant does. */
export function endsWithStar(bytes: Uint8Array, start: number, end: number): boolean {
  return end - start >= 2 && bytes[end - 1] === STAR && bytes[end - 2] === COMMA
}

/** Notes the fields of `bytes[start, end)`, at most `most` of them; how many there are. */
export function scanFields(bytes: Uint8Array, start: number, end: number, most: number): number {
  const last = most - 1
  let count = 0
  let from = start
  for (let at = start; at < end; at++) {
    if (bytes[at] !== COMMA) continue
    if (count === last) break
    FROM[count] = from
    TO[count] = at
    if (bytes[from] <= SPACE || bytes[at - 1] <= SPACE) trim(bytes, count)
    count++
    from = at + 1
  }
  FROM[count] = from
  TO[count] = end
  trim(bytes, count++)
  for (let stale = count; stale < filled; stale++) FROM[stale] = TO[stale] = 0
  filled = count
  return count
}

function trim(bytes: Uint8Array, field: number): void {
  let from = FROM[field]
  let to = TO[field]
  while (from < to && bytes[from] <= SPACE) from++
  while (from < to && bytes[to - 1] <= SPACE) to--
  FROM[field] = from
  TO[field] = to
}

/** The byte of a field that has exactly one, else -1. */
export function single(bytes: Uint8Array, index: number): number {
  return TO[index] - FROM[index] === 1 ? bytes[FROM[index]] : -1
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

/** Like `decimal`, with a percent sign allowed at the end. */
export function percent(bytes: Uint8Array, from: number, to: number): number {
  return decimal(bytes, from, to > from && bytes[to - 1] === PERCENT ? to - 1 : to)
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

/** Two digits at `at`; -1 if they are not. */
export function pair(bytes: Uint8Array, at: number): number {
  const tens = bytes[at] - ZERO
  const ones = bytes[at + 1] - ZERO
  return tens < 0 || tens > 9 || ones < 0 || ones > 9 ? -1 : tens * 10 + ones
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

/** Answer of `coordinateE7`: the text is no coordinate, or one that 1e-7 degrees in 32 bits cannot hold. */
export const NO_COORDINATE = -1
const WHOLE_DIGITS_MAX = 5
const DEGREES_MAX = 213

/** `[dd]dmm[.mmmmm]` in 1e-7 degrees, rounded; the last two digits before the point are minutes. Not signed. */
export function coordinateE7(bytes: Uint8Array, from: number, to: number): number {
  let at = from
  let ddmm = 0
  for (; at < to; at++) {
    const digit = bytes[at] - ZERO
    if (digit < 0 || digit > 9) break
    ddmm = ddmm * 10 + digit
  }
  if (at === from || at - from > WHOLE_DIGITS_MAX) return NO_COORDINATE
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

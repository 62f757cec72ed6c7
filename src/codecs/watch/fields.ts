/**
 * The fields of one content and the numbers in them. One scan notes where each field begins and ends, blanks trimmed;
 * the tables are overwritten by the next frame.
 */
import { COLON, COMMA, MINUS, NINE, PLUS, POINT, SPACE, ZERO } from '../ascii.ts'
import { FIELDS_MAX } from './messages.ts'

/** Field i of the content scanned last is bytes[FROM[i], TO[i]); fields it does not have are empty. */
export const FROM = new Int32Array(FIELDS_MAX)
export const TO = new Int32Array(FIELDS_MAX)
let filled = 0
/** 10 to the power of the index. */
export const POWER = Float64Array.from({ length: 16 }, (_, power) => 10 ** power)

/** Notes the fields of `bytes[start, end)`, at most `most` of them, the last one with the rest; how many there are. */
export function scanFields(bytes: Uint8Array, start: number, end: number, most: number): number {
  const last = most - 1
  let count = 0
  let from = start
  for (let at = start; at < end && count < last; at++) {
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

export function isEmpty(field: number): boolean {
  return FROM[field] === TO[field]
}

/** The letter of a field that is one letter long, in upper case; 0 for anything else. */
export function letter(bytes: Uint8Array, field: number): number {
  return TO[field] - FROM[field] === 1 ? bytes[FROM[field]] & 0xdf : 0
}

/** Digits after the point in the number `decimal` read last. */
export let decimals = 0
/** Decimals that are read; more are dropped. */
const DECIMALS_MAX = 7
/** Digits that a double holds for certain. */
const DIGITS_MAX = 15

/** The number `[+-]ddd[.ddd]` of a field without its point, `decimals` telling where that was; NaN: none. */
export function decimal(bytes: Uint8Array, field: number): number {
  const to = TO[field]
  let at = FROM[field]
  let negative = false
  if (at < to && (bytes[at] === MINUS || bytes[at] === PLUS)) negative = bytes[at++] === MINUS
  let value = 0
  let digits = 0
  let places = -1
  for (; at < to; at++) {
    const byte = bytes[at]
    if (byte === POINT && places < 0) {
      places = 0
      continue
    }
    if (byte < ZERO || byte > NINE) return NaN
    if (places === DECIMALS_MAX) continue
    value = value * 10 + (byte - ZERO)
    digits++
    if (places >= 0) places++
  }
  if (digits === 0 || digits > DIGITS_MAX) return NaN
  decimals = places < 0 ? 0 : places
  return negative ? -value : value
}

/** The whole number of a field, at most nine digits; -1: none. A sign or a point makes it none. */
export function whole(bytes: Uint8Array, field: number): number {
  return digitsOf(bytes, FROM[field], TO[field])
}

/** The digits `bytes[from, to)` as a number, at most nine of them; -1: none. */
export function digitsOf(bytes: Uint8Array, from: number, to: number): number {
  if (to <= from || to - from > 9) return -1
  let value = 0
  for (let at = from; at < to; at++) {
    const digit = bytes[at] - ZERO
    if (digit < 0 || digit > 9) return -1
    value = value * 10 + digit
  }
  return value
}

/** Answer of `degreesE7`: the field is no number, or one beyond 999 degrees. */
export const NO_DEGREES = NaN

/** Decimal degrees of a field in 1e-7 degrees, rounded, with its own sign. */
export function degreesE7(bytes: Uint8Array, field: number): number {
  const to = TO[field]
  let at = FROM[field]
  const negative = at < to && bytes[at] === MINUS
  if (at < to && (negative || bytes[at] === PLUS)) at++
  let value = 0
  let digits = 0
  for (; at < to && bytes[at] !== POINT; at++, digits++) {
    const digit = bytes[at] - ZERO
    if (digit < 0 || digit > 9) return NO_DEGREES
    value = value * 10 + digit
  }
  if (digits > 5 || value > 999) return NO_DEGREES
  let places = 0
  let rounding = 0
  for (at++; at < to; at++) {
    const digit = bytes[at] - ZERO
    if (digit < 0 || digit > 9) return NO_DEGREES
    digits++
    if (places < DECIMALS_MAX) {
      value = value * 10 + digit
      places++
    } else if (places++ === DECIMALS_MAX) rounding = digit >= 5 ? 1 : 0
  }
  if (digits === 0) return NO_DEGREES
  for (; places < DECIMALS_MAX; places++) value *= 10
  value += rounding
  return negative ? -value : value
}

/** A LAC or cell: decimal, or hex when it holds a letter A to F; NaN: neither. */
export function cellNumber(bytes: Uint8Array, field: number): number {
  const from = FROM[field]
  const to = TO[field]
  if (to <= from || to - from > 12) return NaN
  let ten = 0
  let sixteen = 0
  let hex = false
  for (let at = from; at < to; at++) {
    const digit = hexDigit(bytes[at])
    if (digit < 0) return NaN
    if (digit > 9) hex = true
    ten = ten * 10 + digit
    sixteen = sixteen * 16 + digit
  }
  return hex ? sixteen : ten
}

/** Up to eight hexadecimal digits of a field; -1: none. */
export function hexNumber(bytes: Uint8Array, field: number): number {
  const from = FROM[field]
  const to = TO[field]
  if (to <= from || to - from > 8) return -1
  let value = 0
  for (let at = from; at < to; at++) {
    const digit = hexDigit(bytes[at])
    if (digit < 0) return -1
    value = value * 16 + digit
  }
  return value
}

/** Value of a hexadecimal digit in either case, or -1. */
export function hexDigit(byte: number): number {
  if (byte >= ZERO && byte <= NINE) return byte - ZERO
  const lower = byte | 0x20
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1
}

const MAC_CHARACTERS = 17
/** True if a field is `xx:xx:xx:xx:xx:xx`. */
export function isMac(bytes: Uint8Array, field: number): boolean {
  const from = FROM[field]
  if (TO[field] - from !== MAC_CHARACTERS) return false
  for (let index = 0; index < MAC_CHARACTERS; index++) {
    const byte = bytes[from + index]
    if (index % 3 === 2 ? byte !== COLON : hexDigit(byte) < 0) return false
  }
  return true
}

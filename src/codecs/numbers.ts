/**
 * Numbers in text. They stay integers, with a count of decimals, until a column or an attribute wants them. All of these read
 * `bytes[from, to)` and take the whole of it, or nothing.
 */
import { LOWER_HEX_DIGITS, MINUS, NINE, PLUS, POINT, SPACE, UPPER_HEX_DIGITS, ZERO } from './ascii.ts'

/** 10 to the power of the index. */
export const POWER = Float64Array.from({ length: 16 }, (_, power) => 10 ** power)

/** Digits that a double holds for certain, and those that 32 bits do. */
export const DIGITS_MAX = 15
const INT_DIGITS_MAX = 9
/** Decimals that are read; more are dropped. */
const DECIMALS_MAX = 7

/** Digits after the point in the number `decimal` read last. */
export let decimals = 0

/** The number `[+-]ddd[.ddd]` without its point, `decimals` telling where that was; NaN: none. */
export const decimal = (bytes: Uint8Array, from: number, to: number): number => {
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

/** The same, with spaces around it allowed. */
export const paddedDecimal = (bytes: Uint8Array, from: number, to: number): number => {
  let first = from
  let end = to
  while (first < end && bytes[first] === SPACE) first++
  while (first < end && bytes[end - 1] === SPACE) end--
  return decimal(bytes, first, end)
}

/** The same with its point; for columns. */
export const number = (bytes: Uint8Array, from: number, to: number): number => {
  const value = decimal(bytes, from, to)
  return decimals === 0 ? value : value / POWER[decimals]
}

/** A whole number of digits, at most `most` of them; -1: none. A sign or a point makes it none. */
export const whole = (bytes: Uint8Array, from: number, to: number, most: number = INT_DIGITS_MAX): number => {
  if (to <= from || to - from > most) return -1
  let value = 0
  for (let at = from; at < to; at++) {
    const digit = bytes[at] - ZERO
    if (digit < 0 || digit > 9) return -1
    value = value * 10 + digit
  }
  return value
}

/** Two digits at `at`; -1 if they are not. */
export const pair = (bytes: Uint8Array, at: number): number => {
  const tens = bytes[at] - ZERO
  const ones = bytes[at + 1] - ZERO
  return tens < 0 || tens > 9 || ones < 0 || ones > 9 ? -1 : tens * 10 + ones
}

export const isDigit = (byte: number): boolean => byte >= ZERO && byte <= NINE

/** True if all of it is digits, and there is at least one. */
export const isDigits = (bytes: Uint8Array, from: number, to: number): boolean => {
  for (let at = from; at < to; at++) if (!isDigit(bytes[at])) return false
  return from < to
}

/** Value of a hexadecimal digit by its character, either case; -1: it is none. */
const HEX_VALUE = new Int8Array(256).fill(-1)
for (let value = 0; value < 16; value++) HEX_VALUE[LOWER_HEX_DIGITS[value]] = HEX_VALUE[UPPER_HEX_DIGITS[value]] = value

export const hexDigit = (byte: number): number => HEX_VALUE[byte]

const HEX_NUMBER_DIGITS_MAX = 8
/** Up to eight hexadecimal digits; -1: something else. */
export const hexNumber = (bytes: Uint8Array, from: number, to: number): number => {
  if (to <= from || to - from > HEX_NUMBER_DIGITS_MAX) return -1
  let value = 0
  for (let at = from; at < to; at++) {
    const digit = HEX_VALUE[bytes[at]]
    if (digit < 0) return -1
    value = value * 16 + digit
  }
  return value
}

/** True if all of it is hexadecimal digits, also where there is none. */
export const isHex = (bytes: Uint8Array, from: number, to: number): boolean => {
  for (let at = from; at < to; at++) if (HEX_VALUE[bytes[at]] < 0) return false
  return true
}

/** True if it is bytes written as two hexadecimal digits each. */
export const isHexBytes = (bytes: Uint8Array, from: number, to: number): boolean =>
  ((to - from) & 1) === 0 && isHex(bytes, from, to)

/** The byte that two hexadecimal digits at `at` write. */
export const hexByte = (bytes: Uint8Array, at: number): number => (HEX_VALUE[bytes[at]] << 4) | HEX_VALUE[bytes[at + 1]]

/** Answer of `coordinateE7` and `withDecimalsE7`: the text is no such thing. */
export const NO_COORDINATE = -1
const COORDINATE_DIGITS_MAX = 5
/** More degrees than 1e-7 in 32 bits can hold. */
const DEGREES_MAX = 213

/** `[[dd]d]mm[.mmmmm]` in 1e-7 degrees, rounded; the last two digits before the point are minutes. Not signed. */
export const coordinateE7 = (bytes: Uint8Array, from: number, to: number): number => {
  let at = from
  let ddmm = 0
  for (; at < to; at++) {
    const digit = bytes[at] - ZERO
    if (digit < 0 || digit > 9) break
    ddmm = ddmm * 10 + digit
  }
  if (at === from || at - from > COORDINATE_DIGITS_MAX || (at < to && bytes[at++] !== POINT)) return NO_COORDINATE
  const degrees = (ddmm / 100) | 0
  const minutesE7 = withDecimalsE7(ddmm - degrees * 100, bytes, at, to)
  return minutesE7 < 0 || degrees > DEGREES_MAX ? NO_COORDINATE : minutesToDegreesE7(degrees, minutesE7)
}

/** A number in units of 1e-7: its digits before the point as `value`, those behind it as bytes[from, to). NO_COORDINATE. */
export const withDecimalsE7 = (value: number, bytes: Uint8Array, from: number, to: number): number => {
  let scaled = value
  let places = 0
  for (let at = from; at < to; at++) {
    const digit = bytes[at] - ZERO
    if (digit < 0 || digit > 9) return NO_COORDINATE
    if (places === DECIMALS_MAX) continue
    scaled = scaled * 10 + digit
    places++
  }
  for (; places < DECIMALS_MAX; places++) scaled *= 10
  return scaled
}

/** Degrees and minutes in 1e-7 degrees, rounded. 99.9999999 minutes are below 2^31, so this is integer arithmetic. */
export const minutesToDegreesE7 = (degrees: number, minutesE7: number): number =>
  degrees * 10_000_000 + (((minutesE7 + 30) / 60) | 0)

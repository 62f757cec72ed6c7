/** What a field of a content holds besides plain numbers. */
import { COLON, MINUS, PLUS, POINT, ZERO } from '../ascii.ts'
import { FROM, TO } from '../fields.ts'
import { hexDigit } from '../numbers.ts'

/** The letter of a field that is one letter long, in upper case; 0 for anything else. */
export const letter = (bytes: Uint8Array, field: number): number =>
  TO[field] - FROM[field] === 1 ? bytes[FROM[field]] & 0xdf : 0

/** Decimals that are read; more are dropped. */
const DECIMALS_MAX = 7

/** Answer of `degreesE7`: the field is no number, or one beyond 999 degrees. */
export const NO_DEGREES = NaN

/** Decimal degrees of a field in 1e-7 degrees, rounded, with its own sign. */
export const degreesE7 = (bytes: Uint8Array, field: number): number => {
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
export const cellNumber = (bytes: Uint8Array, field: number): number => {
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

const MAC_CHARACTERS = 17
/** True if a field is `xx:xx:xx:xx:xx:xx`. */
export const isMac = (bytes: Uint8Array, field: number): boolean => {
  const from = FROM[field]
  if (TO[field] - from !== MAC_CHARACTERS) return false
  for (let index = 0; index < MAC_CHARACTERS; index++) {
    const byte = bytes[from + index]
    if (index % 3 === 2 ? byte !== COLON : hexDigit(byte) < 0) return false
  }
  return true
}

/** What a field holds in this protocol, where blanks may stand around a number. Fields are scanned blanks and all. */
import { MINUS, NINE, POINT, SPACE, ZERO } from '../ascii.ts'
import { FROM, TO } from '../fields.ts'
import {
  decimals,
  hexNumber as hexNumberOf,
  isHex as isHexText,
  minutesToDegreesE7,
  NO_COORDINATE,
  paddedDecimal,
  withDecimalsE7,
} from '../numbers.ts'

/** How many digits a field has; -1 if it holds anything else. */
export const digitCount = (bytes: Uint8Array, field: number): number => {
  const from = FROM[field]
  const to = TO[field]
  for (let at = from; at < to; at++) if (bytes[at] < ZERO || bytes[at] > NINE) return -1
  return to - from
}

/** True if a field has exactly `length` hexadecimal digits. */
export const isHex = (bytes: Uint8Array, field: number, length: number): boolean =>
  TO[field] - FROM[field] === length && isHexText(bytes, FROM[field], TO[field])

/** The number of a field; `decimals` of numbers.ts tells where its point was; NaN: none. */
export const decimal = (bytes: Uint8Array, field: number): number => paddedDecimal(bytes, FROM[field], TO[field])

/** A whole number with an optional sign and blanks around it; NaN: none. */
export const integer = (bytes: Uint8Array, field: number): number => {
  const value = decimal(bytes, field)
  return decimals === 0 ? value : NaN
}

/** A whole number from 0 to `most`, or -1. */
export const whole = (bytes: Uint8Array, field: number, most: number): number => {
  const value = integer(bytes, field)
  return value >= 0 && value <= most ? value : -1
}

/** Where a field begins behind its blanks. */
const innerFrom = (bytes: Uint8Array, field: number): number => {
  let at = FROM[field]
  while (at < TO[field] && bytes[at] === SPACE) at++
  return at
}

/** Where it ends before them. */
const innerTo = (bytes: Uint8Array, field: number, from: number): number => {
  let to = TO[field]
  while (from < to && bytes[to - 1] === SPACE) to--
  return to
}

/** Hexadecimal digits, at most eight; -1: none. */
export const hexNumber = (bytes: Uint8Array, field: number): number => {
  const from = innerFrom(bytes, field)
  return hexNumberOf(bytes, from, innerTo(bytes, field, from))
}

/** Three digits of degrees and two of minutes; without a point four more. */
const WHOLE_DIGITS_MAX = 5,
  POINTLESS_DIGITS_MAX = 9
const DEGREES_MAX = 180

/** Degrees in 1e-7 from minutes in 1e-7; NO_COORDINATE if there are none such. */
export const degreesE7 = (degrees: number, minutesE7: number): number => {
  if (degrees > DEGREES_MAX || minutesE7 >= 600_000_000) return NO_COORDINATE
  return minutesToDegreesE7(degrees, minutesE7)
}

/**
 * A coordinate in 1e-7 degrees, rounded, not signed. `[ddd]mm.m…`; without a point, the last four digits are decimals
 * of minutes; `-DD-MM.mmmm`, whose first sign means nothing.
 */
export const coordinateE7 = (bytes: Uint8Array, field: number): number => {
  let at = innerFrom(bytes, field)
  const to = innerTo(bytes, field, at)
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
  let minutes = number - degrees * 100
  if (bytes[at] === MINUS) {
    if (length === 0 || length > 3) return NO_COORDINATE
    degrees = number
    minutes = 0
    const second = ++at
    for (; at < to && bytes[at] >= ZERO && bytes[at] <= NINE; at++) minutes = minutes * 10 + (bytes[at] - ZERO)
    if (at === second || at - second > 2) return NO_COORDINATE
  }
  if (at < to && (bytes[at++] !== POINT || (length === 0 && at === to))) return NO_COORDINATE
  const minutesE7 = withDecimalsE7(minutes, bytes, at, to)
  if (minutesE7 < 0) return NO_COORDINATE
  return degreesE7(degrees, minutesE7)
}

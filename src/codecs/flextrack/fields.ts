/**
 * The fields of one sentence and the numbers in them. One scan notes where each field begins and ends; the tables are
 * overwritten by the next sentence.
 */
import {
  COMMA,
  CR,
  LF,
  MINUS,
  NINE,
  NUL,
  POINT,
  SPACE,
  UPPER_A,
  UPPER_E,
  UPPER_N,
  UPPER_S,
  UPPER_W,
  ZERO,
} from '../ascii.ts'
import { FIELDS } from './messages.ts'

/** Field i of the sentence scanned last is bytes[FROM[i], TO[i]). */
export const FROM = new Int32Array(FIELDS + 1)
export const TO = new Int32Array(FIELDS + 1)

/** Digits that a double holds for certain. */
const DIGITS_MAX = 15
const HEX_DIGITS_MAX = 8
/** Decimals of minutes that are read; more are dropped. */
const DECIMALS_MAX = 7

export function isPadding(byte: number): boolean {
  return byte === CR || byte === LF || byte === SPACE || byte === NUL
}

/** Where the text of a sentence ends: before its terminator. */
export function textEnd(bytes: Uint8Array, start: number, end: number): number {
  let at = end
  while (at > start && isPadding(bytes[at - 1])) at--
  return at
}

/** Notes the fields of `bytes[start, to)`; how many there are, FIELDS + 1 for any number above FIELDS. */
export function scanFields(bytes: Uint8Array, start: number, to: number): number {
  let count = 0
  let from = start
  for (let at = start; at < to; at++) {
    if (bytes[at] !== COMMA) continue
    FROM[count] = from
    TO[count++] = at
    from = at + 1
    if (count > FIELDS) return count
  }
  FROM[count] = from
  TO[count++] = to
  return count
}

/** The digits of a field as a number; -1 if it holds anything else, or too many. */
export function whole(bytes: Uint8Array, field: number): number {
  return digits(bytes, FROM[field], TO[field])
}

/** The digits in `bytes[from, to)` as a number, or -1. */
export function digits(bytes: Uint8Array, from: number, to: number): number {
  if (to <= from || to - from > DIGITS_MAX) return -1
  let value = 0
  for (let at = from; at < to; at++) {
    const digit = bytes[at] - ZERO
    if (digit < 0 || digit > 9) return -1
    value = value * 10 + digit
  }
  return value
}

/** A field of digits with or without a minus; NaN if it holds anything else. */
export function signed(bytes: Uint8Array, field: number): number {
  const from = FROM[field]
  const negative = from < TO[field] && bytes[from] === MINUS
  const value = digits(bytes, negative ? from + 1 : from, TO[field])
  if (value < 0) return NaN
  return negative ? -value : value
}

/** A field of one to eight hexadecimal digits; -1 if it holds anything else. */
export function hex(bytes: Uint8Array, field: number): number {
  const from = FROM[field]
  const to = TO[field]
  if (to <= from || to - from > HEX_DIGITS_MAX) return -1
  let value = 0
  for (let at = from; at < to; at++) {
    const byte = bytes[at]
    const letter = (byte & 0xdf) - UPPER_A
    if (byte >= ZERO && byte <= NINE) value = value * 16 + (byte - ZERO)
    else if (letter >= 0 && letter < 6) value = value * 16 + 10 + letter
    else return -1
  }
  return value
}

/** True if a field begins with N or S, as a latitude does. */
export function isLatitude(bytes: Uint8Array, at: number, end: number): boolean {
  return at < end && (bytes[at] === UPPER_N || bytes[at] === UPPER_S)
}

/** `Nddd.mm.mmmm` in 1e-7 degrees, rounded, or NaN. Up to 999 degrees are read: the caller knows the globe. */
export function latitudeE7(bytes: Uint8Array, field: number): number {
  return coordinateE7(bytes, field, UPPER_N, UPPER_S)
}

/** `Eddd.mm.mmmm`, likewise. */
export function longitudeE7(bytes: Uint8Array, field: number): number {
  return coordinateE7(bytes, field, UPPER_E, UPPER_W)
}

/** The first point ends the degrees, the second the whole minutes: this is no decimal number. */
function coordinateE7(bytes: Uint8Array, field: number, positive: number, negative: number): number {
  const from = FROM[field]
  const to = TO[field]
  if (from >= to || (bytes[from] !== positive && bytes[from] !== negative)) return NaN
  const point = pointFrom(bytes, from + 1, to)
  if (point === to || point - from > 4) return NaN
  const degrees = digits(bytes, from + 1, point)
  const second = pointFrom(bytes, point + 1, to)
  let minutesE7 = second - point > 3 ? -1 : digits(bytes, point + 1, second)
  if (degrees < 0 || minutesE7 < 0 || minutesE7 > 59) return NaN
  let places = 0
  for (let at = second + 1; at < to; at++) {
    const digit = bytes[at] - ZERO
    if (digit < 0 || digit > 9) return NaN
    if (places === DECIMALS_MAX) continue
    minutesE7 = minutesE7 * 10 + digit
    places++
  }
  for (; places < DECIMALS_MAX; places++) minutesE7 *= 10
  // Less than 60 minutes are below 2^31, so the division is integer arithmetic.
  const valueE7 = degrees * 10_000_000 + (((minutesE7 + 30) / 60) | 0)
  return bytes[from] === positive ? valueE7 : -valueE7
}

function pointFrom(bytes: Uint8Array, from: number, to: number): number {
  let at = from
  while (at < to && bytes[at] !== POINT) at++
  return at
}

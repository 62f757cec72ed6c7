/** What a field of a sentence holds. Blanks are no part of any of them. */
import { CR, LF, MINUS, NUL, POINT, SPACE, UPPER_E, UPPER_N, UPPER_S, UPPER_W } from '../ascii.ts'
import { FROM, TO } from '../fields.ts'
import { DIGITS_MAX, minutesToDegreesE7, whole as wholeOf, withDecimalsE7 } from '../numbers.ts'

export const isPadding = (byte: number): boolean => byte === CR || byte === LF || byte === SPACE || byte === NUL

/** Where the text of a sentence ends: before its terminator. */
export const textEnd = (bytes: Uint8Array, start: number, end: number): number => {
  let at = end
  while (at > start && isPadding(bytes[at - 1])) at--
  return at
}

/** The digits of a field as a number; -1 if it holds anything else, or too many. */
export const whole = (bytes: Uint8Array, field: number): number => digits(bytes, FROM[field], TO[field])

/** The digits in `bytes[from, to)` as a number, or -1. */
export const digits = (bytes: Uint8Array, from: number, to: number): number => wholeOf(bytes, from, to, DIGITS_MAX)

/** A field of digits with or without a minus; NaN if it holds anything else. */
export const signed = (bytes: Uint8Array, field: number): number => {
  const from = FROM[field]
  const negative = from < TO[field] && bytes[from] === MINUS
  const value = digits(bytes, negative ? from + 1 : from, TO[field])
  if (value < 0) return NaN
  return negative ? -value : value
}

/** True if a field begins with N or S, as a latitude does. */
export const isLatitude = (bytes: Uint8Array, at: number, end: number): boolean =>
  at < end && (bytes[at] === UPPER_N || bytes[at] === UPPER_S)

/** `Nddd.mm.mmmm` in 1e-7 degrees, rounded, or NaN. Up to 999 degrees are read: the caller knows the globe. */
export const latitudeE7 = (bytes: Uint8Array, field: number): number => coordinateE7(bytes, field, UPPER_N, UPPER_S)

/** `Eddd.mm.mmmm`, likewise. */
export const longitudeE7 = (bytes: Uint8Array, field: number): number => coordinateE7(bytes, field, UPPER_E, UPPER_W)

/** The first point ends the degrees, the second the whole minutes: this is no decimal number. */
const coordinateE7 = (bytes: Uint8Array, field: number, positive: number, negative: number): number => {
  const from = FROM[field]
  const to = TO[field]
  if (from >= to || (bytes[from] !== positive && bytes[from] !== negative)) return NaN
  const point = pointFrom(bytes, from + 1, to)
  if (point === to || point - from > 4) return NaN
  const degrees = digits(bytes, from + 1, point)
  const second = pointFrom(bytes, point + 1, to)
  const minutes = second - point > 3 ? -1 : digits(bytes, point + 1, second)
  if (degrees < 0 || minutes < 0 || minutes > 59) return NaN
  const minutesE7 = withDecimalsE7(minutes, bytes, Math.min(second + 1, to), to)
  if (minutesE7 < 0) return NaN
  const valueE7 = minutesToDegreesE7(degrees, minutesE7)
  return bytes[from] === positive ? valueE7 : -valueE7
}

const pointFrom = (bytes: Uint8Array, from: number, to: number): number => {
  let at = from
  while (at < to && bytes[at] !== POINT) at++
  return at
}

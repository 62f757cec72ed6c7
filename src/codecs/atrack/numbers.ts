/** Decimal and hexadecimal numbers in text frames. */
import { MINUS, NINE, PLUS, POINT, ZERO } from '../ascii.ts'

/** 10 to the power of the index. */
export const POWER = Float64Array.from({ length: 16 }, (_, power) => 10 ** power)

/** Digits after the point in the number `decimal` read last. */
export let decimals = 0

/** Digits that a double holds for certain. */
const DIGITS_MAX = 15
const DECIMALS_MAX = 7

/** The number `[+-]ddd[.ddd]` in bytes[from, to) without its point, `decimals` telling where that was; NaN: none. */
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

/** The same with its point; for columns. */
export function number(bytes: Uint8Array, from: number, to: number): number {
  const value = decimal(bytes, from, to)
  return decimals === 0 ? value : value / POWER[decimals]
}

/** A whole number from 0 up, at most 15 digits; -1: none. */
export function whole(bytes: Uint8Array, from: number, to: number): number {
  if (to <= from || to - from > DIGITS_MAX) return -1
  let value = 0
  for (let at = from; at < to; at++) {
    const digit = bytes[at] - ZERO
    if (digit < 0 || digit > 9) return -1
    value = value * 10 + digit
  }
  return value
}

/** Value of a hexadecimal digit in either case, or -1. */
export function hexDigit(byte: number): number {
  if (byte >= ZERO && byte <= NINE) return byte - ZERO
  const letter = byte | 0x20
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1
}

/** Up to eight hexadecimal digits; -1: none. */
export function hexNumber(bytes: Uint8Array, from: number, to: number): number {
  if (to <= from || to - from > 8) return -1
  let value = 0
  for (let at = from; at < to; at++) {
    const digit = hexDigit(bytes[at])
    if (digit < 0) return -1
    value = value * 16 + digit
  }
  return value
}

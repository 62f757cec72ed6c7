/** Reading ASCII inside frames, with integers only. NOT_FOUND (-1) is behind no byte. */
import { DIGITS_MAX, hexDigit, isDigit } from '../numbers.ts'
export const NOT_FOUND = -1

/** Offset behind the first `what` in bytes[from, end), or NOT_FOUND. */
export const behind = (bytes: Uint8Array, from: number, end: number, what: Uint8Array): number => {
  for (let at = from; at + what.length <= end; at++) {
    let length = 0
    while (length < what.length && bytes[at + length] === what[length]) length++
    if (length === what.length) return at + length
  }
  return NOT_FOUND
}

/** First `byte` in bytes[from, end), or `end`. */
export const indexOf = (bytes: Uint8Array, from: number, end: number, byte: number): number => {
  let at = from
  while (at < end && bytes[at] !== byte) at++
  return at
}

/** Start of the field with this number when bytes[from, end) is split at commas, or NOT_FOUND. */
export const field = (bytes: Uint8Array, from: number, end: number, number: number): number => {
  let at = from
  for (let commas = 0; commas < number; commas++) {
    at = indexOf(bytes, at, end, 0x2c) + 1
    if (at > end) return NOT_FOUND
  }
  return at
}

/** True for text: printable ASCII, tab, CR, LF. */
export const isText = (bytes: Uint8Array, from: number, end: number): boolean => {
  for (let at = from; at < end; at++) {
    const byte = bytes[at]
    if ((byte < 0x20 || byte > 0x7e) && byte !== 0x09 && byte !== 0x0d && byte !== 0x0a) return false
  }
  return true
}

/** Start and end without spaces, line ends and NULs around. */
export const trimStart = (bytes: Uint8Array, from: number, end: number): number => {
  let at = from
  while (at < end && bytes[at] <= 0x20) at++
  return at
}

export const trimEnd = (bytes: Uint8Array, from: number, end: number): number => {
  let at = end
  while (at > from && bytes[at - 1] <= 0x20) at--
  return at
}

/** The decimal number at `from`, times 10^decimals, without what is beyond; NaN if there is none. */
export const decimal = (bytes: Uint8Array, from: number, end: number, decimals: number): number => {
  let at = from
  const negative = at < end && bytes[at] === 0x2d
  if (negative) at++
  let value = 0
  let digits = 0
  let places = -1
  for (; at < end && digits < DIGITS_MAX; at++) {
    const byte = bytes[at]
    if (byte === 0x2e && places < 0) places = 0
    else if (!isDigit(byte)) break
    else if (places < decimals) {
      value = value * 10 + byte - 0x30
      digits++
      if (places >= 0) places++
    }
  }
  if (digits === 0) return NaN
  for (let place = Math.max(places, 0); place < decimals; place++) value *= 10
  if (value > Number.MAX_SAFE_INTEGER) return NaN
  return negative ? -value : value
}

/** The hexadecimal number that fills bytes[from, end), or NaN. */
export const hexadecimal = (bytes: Uint8Array, from: number, end: number): number => {
  if (from >= end || end - from > 12) return NaN
  let value = 0
  for (let at = from; at < end; at++) {
    const digit = hexDigit(bytes[at])
    if (digit < 0) return NaN
    value = value * 16 + digit
  }
  return value
}

/**
 * Kinds of frames by their first bytes, and the header of a text frame:
 *
 *   prefix (2) , CRC (4 hex) , length , sequence , unit id , records
 *                            ^ the length and, one field earlier, the CRC count from their commas to the end
 */
import { AT, COMMA, DOLLAR, LOWER_A, NINE, UPPER_A, UPPER_F, UPPER_R, ZERO } from '../ascii.ts'
import { u16 } from '../bytes.ts'
import { MAYBE, NO, YES } from '../codec.ts'
import { hexNumber } from '../numbers.ts'
import { ID_DIGITS_MAX, parseId } from './identity.ts'
import { Header, KeepAlive } from './messages.ts'

const CRC_COMMA = 7
const LENGTH_DIGITS_MAX = 5,
  SEQUENCE_DIGITS_MAX = 10
const LETTERS = 26
const SIXTEEN_BITS = 65_536

/** Of the header read last: offsets of the comma behind the length, the unit id, the records; the numbers. */
export let lengthAt = 0
export let declared = 0
export let sequence = 0
export let idFrom = 0
export let idTo = 0
export let recordsAt = 0

/** True if the two bytes are no prefix: zeros, a line end, a keep-alive, or another protocol's `@@`. */
const isNoPrefix = (first: number, second: number): boolean => {
  if (first === 0 || second === 0) return true
  if (first === 0x0d && second === 0x0a) return true
  if (first === KeepAlive.first && second === KeepAlive.second) return true
  return first === AT && second === AT
}

/** YES, NO, or MAYBE if the bytes end within the header. YES sets the variables above. */
export const textHeader = (bytes: Uint8Array, start: number, end: number): number => {
  const n = end - start
  if (n > 0 && bytes[start] === 0) return NO
  if (n > 1 && isNoPrefix(bytes[start], bytes[start + 1])) return NO
  if (n < 3) return MAYBE
  if (bytes[start + 2] !== COMMA) return NO
  const digits = Math.min(end, start + CRC_COMMA)
  for (let at = start + 3; at < digits; at++) if (!isUpperHex(bytes[at])) return NO
  if (n <= CRC_COMMA) return MAYBE
  if (bytes[start + CRC_COMMA] !== COMMA) return NO
  let at = digitsEnd(bytes, start + CRC_COMMA + 1, end, LENGTH_DIGITS_MAX)
  if (at < 0) return at + MAYBE_OR_NO
  lengthAt = at
  declared = digitsValue | 0 // not a double that is whole (ids are read here too): offsets are made of it
  at = digitsEnd(bytes, at + 1, end, SEQUENCE_DIGITS_MAX)
  if (at < 0) return at + MAYBE_OR_NO
  sequence = digitsValue
  idFrom = at + 1
  at = digitsEnd(bytes, idFrom, end, ID_DIGITS_MAX)
  if (at < 0) return at + MAYBE_OR_NO
  idTo = at
  recordsAt = at + 1
  return YES
}

// digitsEnd answers -1 for "may still become one" and -2 for "is none".
const MAYBE_OR_NO = 2
let digitsValue = 0

/** Where the comma behind 1 to `most` digits is; -1: the bytes end before it, -2: there is none. */
const digitsEnd = (bytes: Uint8Array, from: number, end: number, most: number): number => {
  let value = 0
  let at = from
  for (; at < end && bytes[at] >= ZERO && bytes[at] <= NINE; at++) value = value * 10 + bytes[at] - ZERO
  digitsValue = value
  const digits = at - from
  if (digits > most) return -2
  if (at === end) return -1
  return bytes[at] === COMMA && digits > 0 ? at : -2
}

export const isUpperHex = (byte: number): boolean =>
  (byte >= ZERO && byte <= NINE) || (byte >= UPPER_A && byte <= UPPER_F)

/** True for `@` and a letter, the prefixes that need no checksum to be believed. */
export const isUsualPrefix = (bytes: Uint8Array, start: number): boolean => {
  const letter = (bytes[start + 1] | 0x20) - LOWER_A
  return bytes[start] === AT && letter >= 0 && letter < LETTERS
}

/** True for a custom prefix that could be one. */
export const isCustomPrefix = (bytes: Uint8Array, start: number): boolean => !isNoPrefix(bytes[start], bytes[start + 1])

export const Kind = { none: 0, keepAlive: 1, text: 2, reply: 3, photo: 4, binary: 5 } as const

/** What a complete frame is. For a text frame the header's variables are set. */
export const kindOf = (bytes: Uint8Array, start: number, end: number): number => {
  const n = end - start
  if (n < 2) return Kind.none
  if (bytes[start] === KeepAlive.first && bytes[start + 1] === KeepAlive.second)
    return n >= KeepAlive.size ? Kind.keepAlive : Kind.none
  if (textHeader(bytes, start, end) === YES) return Kind.text
  if (bytes[start] === DOLLAR) return Kind.reply
  if (n < Header.size || u16(bytes, start + Header.length) + Header.uncounted !== n) return Kind.none
  return isPhoto(bytes, start) ? Kind.photo : Kind.binary
}

const isPhoto = (bytes: Uint8Array, start: number): boolean => bytes[start] === AT && bytes[start + 1] === UPPER_R

/** Reads the unit id of the text header read last into identity's halves. */
export const parseTextId = (bytes: Uint8Array): boolean => parseId(bytes, idFrom, idTo)

/** Where the unit id of the text header read last begins, without leading zeros. */
export const idDigitsFrom = (bytes: Uint8Array): number => {
  let from = idFrom
  while (from < idTo && bytes[from] === ZERO) from++
  return from
}

/** CRC in the text header at `start`. */
export const textCrc = (bytes: Uint8Array, start: number): number => hexNumber(bytes, start + 3, start + CRC_COMMA)

/** The low sixteen bits of the sequence, which is what an acknowledgement carries. */
export const sequence16 = (): number => sequence % SIXTEEN_BITS

/** Where the checksum of a text frame begins to count. */
export const TEXT_CRC_FROM = CRC_COMMA

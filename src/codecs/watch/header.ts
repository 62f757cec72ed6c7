/** The header `[MM*ID*LLLL*` or `[MM*ID*NNNN*LLLL*`, and what can be told from it. */
import { STAR } from '../ascii.ts'
import { hexDigit, isDigit } from '../numbers.ts'
import { ID_DIGITS_MAX, OPEN } from './messages.ts'
import { typeEnd } from './types.ts'

/** Where the parts of the header parsed last lie; both index ends are equal when there is none. */
export const ID = 4
export let idEnd = 0
export let indexFrom = 0
export let indexEnd = 0
/** The number in LLLL. */
export let declared = 0
/** Where the content begins. */
export let contentFrom = 0
/** Where its type ends, and the content, in the frame `parseFrame` took. */
export let typeTo = 0
export let contentTo = 0

/** Answers of `parseHeader`. */
export const HEADER_BAD = -1,
  HEADER_MORE = 0,
  HEADER_OK = 1

/** Reads the header at `start`, which may be cut off at `end`. */
export const parseHeader = (bytes: Uint8Array, start: number, end: number): number => {
  const opening = opens(bytes, start, end)
  if (opening !== HEADER_OK) return opening
  let at = start + ID
  const last = at + ID_DIGITS_MAX
  while (at < end && at < last && isAlphanumeric(bytes[at])) at++
  if (at === end) return HEADER_MORE
  if (bytes[at] !== STAR || at === start + ID) return HEADER_BAD
  idEnd = at++
  const first = group(bytes, at, end)
  if (first < 0) return first === GROUP_CUT ? HEADER_MORE : HEADER_BAD
  const second = group(bytes, at + 5, end)
  if (second === GROUP_CUT) return HEADER_MORE
  indexFrom = indexEnd = at
  declared = first
  contentFrom = at + 5
  if (second >= 0) {
    indexEnd = at + 4
    declared = second
    contentFrom = at + 10
  }
  return HEADER_OK
}

const GROUP_NONE = -1,
  GROUP_CUT = -2
/** The number in four hex digits with a star behind them, or one of the above. */
const group = (bytes: Uint8Array, from: number, end: number): number => {
  let value = 0
  for (let at = from; at < from + 4; at++) {
    if (at >= end) return GROUP_CUT
    const digit = hexDigit(bytes[at])
    if (digit < 0) return GROUP_NONE
    value = (value << 4) | digit
  }
  if (from + 4 >= end) return GROUP_CUT
  return bytes[from + 4] === STAR ? value : GROUP_NONE
}

/** Whether `[`, two letters or digits, and `*` stand at `at`: HEADER_OK, _BAD, or _MORE if the bytes end within. */
export const opens = (bytes: Uint8Array, at: number, end: number): number => {
  if (at >= end) return HEADER_MORE
  if (bytes[at] !== OPEN) return HEADER_BAD
  if (at + 1 < end && !isAlphanumeric(bytes[at + 1])) return HEADER_BAD
  if (at + 2 < end && !isAlphanumeric(bytes[at + 2])) return HEADER_BAD
  if (at + 3 >= end) return HEADER_MORE
  return bytes[at + 3] === STAR ? HEADER_OK : HEADER_BAD
}

/** Takes a complete frame apart; false if it is none. */
export const parseFrame = (bytes: Uint8Array, start: number, end: number): boolean => {
  if (parseHeader(bytes, start, end) !== HEADER_OK || contentFrom >= end) return false
  contentTo = end - 1
  typeTo = typeEnd(bytes, contentFrom, contentTo)
  return true
}

const isAlphanumeric = (byte: number): boolean => {
  const lower = byte | 0x20
  return isDigit(byte) || (lower >= 0x61 && lower <= 0x7a)
}

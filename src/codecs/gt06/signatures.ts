/**
 * How a GT06 stream opens: 78 78, length, number; or 79 79, length of two bytes, number. "xx" and "yy" open texts as well,
 * so a number the table does not know has to bring a whole frame. A number of zero is Anytrek's, whose length has two
 * bytes, the low one first.
 */
import { u16 } from '../bytes.ts'
import { MAYBE, NO, YES } from '../codec.ts'
import { classOf } from '../pattern.ts'
import type { Signature } from '../signatures.ts'
import { KNOWN } from './messages.ts'

/** Numbers of known messages in frames of 78 78 and of 79 79. */
const SHORT_NUMBERS = classOf(KNOWN.subarray(0, 0x100))
const LONG_NUMBERS = classOf(KNOWN.subarray(0x100))
/** L from 5 (number, serial, CRC) to 8192. */
const LENGTH = String.raw`(?:\x00[\x05-\xff]|[\x01-\x1f][^]|\x20\x00)`
/** Of Topin units, who count access points there. */
const TOPIN_LISTS = String.raw`[\x17-\x1a\x69]`

export const SIGNATURES: readonly Signature[] = [
  { name: '78 78, a known number', pattern: String.raw`xx[\x05-\xff]${SHORT_NUMBERS}`, minBytes: 4, verdict: YES },
  { name: '79 79, a known number', pattern: `yy${LENGTH}${LONG_NUMBERS}`, minBytes: 5, verdict: YES },
  { name: '78 78, a Topin list', pattern: String.raw`xx[\x00-\x04]${TOPIN_LISTS}`, minBytes: 4, verdict: YES },
  {
    name: '78 78, a whole frame of an unknown number',
    pattern: String.raw`xx[\x05-\xff][^\x00]`,
    minBytes: 4,
    verdict: YES,
    confirm: (bytes, start, end) => hasTail(bytes, start + bytes[start + 2] + 5, end),
  },
  {
    name: '79 79, a whole frame of an unknown number',
    pattern: String.raw`yy${LENGTH}[^\x00]`,
    minBytes: 5,
    verdict: YES,
    confirm: (bytes, start, end) => hasTail(bytes, start + u16(bytes, start + 2) + 6, end),
  },
  { name: '78 78, less than a frame', pattern: String.raw`xx[\x00-\x04][^\x00]`, minBytes: 4, verdict: MAYBE },
]

/** The frame that ends at `tail` is there, and ends as frames do. */
const hasTail = (bytes: Uint8Array, tail: number, end: number): number => {
  if (tail > end) return MAYBE
  return bytes[tail - 2] === 0x0d && bytes[tail - 1] === 0x0a ? YES : NO
}

/**
 * How a JT/T 808 stream opens: delimiters (repeated ones are padding), id, properties, and enough of the header behind
 * them that no text looks alike: 11 bytes, in the 2019 form 15. Behind 7e and in front of the check byte 7e travels as
 * 7d 02 and 7d as 7d 01; locks between e7 write e7 as e6 02, e6 as e6 01, 3e as 3e 01, 3d as 3e 02; they know neither the 2019 form nor Jointech's.
 */
import { YES } from '../codec.ts'
import { classOf } from '../pattern.ts'
import type { Signature } from '../signatures.ts'
import { KNOWN } from './messages.ts'

/** High bytes of ids that open a frame, with any low one behind them; and the one message elsewhere. */
const HIGH = classOf(Array.from({ length: 256 }, (_, high) => KNOWN[high << 8]))
const PHOTO = String.raw`\x88\x88`
/** Jointech sets the reserved bit of the properties when it wants an answer. */
const JOINTECH = String.raw`U[\x01\x02]`

const ANY = String.raw`(?:[^\x7d\x7e]|\x7d[^])`
const ANY_E7 = String.raw`(?:[^\x3e\xe6\xe7]|[\x3e\xe6][^])`
const ID = `(?:${HIGH}${ANY}|${PHOTO})`
const ID_E7 = `(?:${HIGH}${ANY_E7}|${PHOTO})`

export const SIGNATURES: readonly Signature[] = [
  { name: '7e, message', pattern: String.raw`\x7e{1,64}${ID}[\x00-\x3f]${ANY}[^]{7}`, minBytes: 12, verdict: YES },
  {
    name: '7e, message of the 2019 form',
    pattern: String.raw`\x7e{1,64}${ID}(?:[\x40-\x7c\x7f]|\x7d[^])${ANY}[^]{11}`,
    minBytes: 16,
    verdict: YES,
  },
  { name: '7e, Jointech', pattern: String.raw`\x7e{1,64}${JOINTECH}${ANY}${ANY}[^]{7}`, minBytes: 12, verdict: YES },
  {
    name: 'e7, message',
    pattern: String.raw`\xe7{1,64}${ID_E7}(?:[\x00-\x3d\x3f]|\x3e[^])${ANY_E7}[^]{7}`,
    minBytes: 12,
    verdict: YES,
  },
]

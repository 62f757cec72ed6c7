/** From the type of a message to its row of `TYPES`, in any case, by a hash table made at load. */
import { ascii, COMMA, LOWER_A, LOWER_D, LOWER_L, LOWER_U, NINE, UNDERSCORE, ZERO } from '../ascii.ts'
import { Family, REPLY_TIME, TYPES } from './messages.ts'

export const KIND_OF = Uint8Array.from(TYPES, ([, kind]) => kind)
/** What follows the type in the reply; undefined: no reply. */
export const REPLY_OF: readonly (Uint8Array | undefined)[] = TYPES.map(([, , reply]) =>
  reply === null ? undefined : reply === REPLY_TIME ? ascii(',') : ascii(reply),
)
export const REPLIES_TIME = Uint8Array.from(TYPES, ([, , reply]) => (reply === REPLY_TIME ? 1 : 0))

const LOWER = 0x20
const TYPE_BYTES_MAX = Math.max(...TYPES.map(([type]) => type.length))

// Types back to back, in lower case; row i is WORDS[WORD_FROM[i], WORD_TO[i]). NEXT chains the rows of a bucket.
const WORDS = ascii(
  TYPES.map(([type]) => type)
    .join('')
    .toLowerCase(),
)
const WORD_FROM = new Uint16Array(TYPES.length)
const WORD_TO = new Uint16Array(TYPES.length)
const BUCKETS = 128
const HEAD = new Int16Array(BUCKETS).fill(-1)
const NEXT = new Int16Array(TYPES.length).fill(-1)
const bucketOf = (first: number, last: number, length: number) => (first * 5 + last * 17 + length * 37) & (BUCKETS - 1)
for (let row = 0, at = 0; row < TYPES.length; row++) {
  WORD_FROM[row] = at
  at += TYPES[row][0].length
  WORD_TO[row] = at
  if (row <= Family.alarm) continue
  const bucket = bucketOf(WORDS[WORD_FROM[row]], WORDS[at - 1], at - WORD_FROM[row])
  NEXT[row] = HEAD[bucket]
  HEAD[bucket] = row
}

/** Where the type that begins at `from` ends: at the first comma, or at `to`. */
export const typeEnd = (bytes: Uint8Array, from: number, to: number): number => {
  let at = from
  while (at < to && bytes[at] !== COMMA) at++
  return at
}

/** Row of the type `bytes[from, to)`; `Family.other` if the table does not have it. */
export const typeRow = (bytes: Uint8Array, from: number, to: number): number => {
  const length = to - from
  if (length < 2) return Family.other
  const first = bytes[from] | LOWER
  const second = bytes[from + 1] | LOWER
  if (first === LOWER_A && second === LOWER_L) return Family.alarm
  if (first === LOWER_U && second === LOWER_D) return positionRow(bytes, from, length)
  if (length > TYPE_BYTES_MAX) return Family.other
  let row = HEAD[bucketOf(first, lower(bytes[to - 1]), length)]
  for (; row >= 0; row = NEXT[row]) {
    const word = WORD_FROM[row]
    if (WORD_TO[row] - word !== length) continue
    let at = 0
    while (at < length && lower(bytes[from + at]) === WORDS[word + at]) at++
    if (at === length) return row
  }
  return Family.other
}

/** `UD`, `UD2`, `UD_LTE` …; `UDX` is something else. */
const positionRow = (bytes: Uint8Array, from: number, length: number): number => {
  if (length === 2) return Family.position
  const third = bytes[from + 2]
  if (third === UNDERSCORE) return Family.position
  if (third < ZERO || third > NINE) return Family.other
  return third === ZERO + 2 ? Family.stored : Family.position
}

const lower = (byte: number): number => (byte >= 0x41 && byte <= 0x5a ? byte | LOWER : byte)

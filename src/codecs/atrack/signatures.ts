/**
 * How an ATrack stream opens. `@` and a letter need a length that can be one; any other prefix needs the right checksum.
 * Of the replies only the one that names its unit opens a conversation: `$OK` and `$ERROR` say nothing of who sends them,
 * and other protocols open with a dollar sign too (`$OK:` is one of Wondex).
 */
import { u16 } from '../bytes.ts'
import { MAYBE, NO, YES } from '../codec.ts'
import type { Signature } from '../signatures.ts'
import { customFrame, isIntact } from './frame.ts'
import { isSaneId } from './identity.ts'
import { Header, KeepAlive } from './messages.ts'

/** Lengths: of a frame without a position, of one with, and of one with an unusual prefix. */
const SHORT = String.raw`\x00[\x12-\x32]`
const LENGTH = String.raw`(?:\x00[\x33-\xff]|[\x01-\x3f][^]|\x40\x00)`
const CUSTOM_LENGTH = String.raw`(?:\x00[\x33-\xff]|[\x01-\x0f][^]|\x10\x00)`
/** First byte of an id below 10^18. */
const ID_FIRST = String.raw`[\x00-\x0d]`
/** No prefix: a keep-alive, a line end, another protocol's `@@` and `@NTC`, a delimiter of JT/T 808. */
const NO_PREFIX = String.raw`\xfe\x02|\r\n|@@|@NTC|[\x7e\xe7]`
/** What began as a text header and went wrong is no binary frame of thousands of bytes. */
const NO_BINARY = String.raw`@NTC|@[A-Za-z],[^][0-\xff]`

/** A short text record is too short to be told by its looks. */
const confirmShort = (bytes: Uint8Array, start: number, end: number): number => {
  const length = u16(bytes, start + Header.length)
  if (end - start < length + Header.uncounted) return MAYBE
  return isIntact(bytes, start, length) ? YES : NO
}

export const SIGNATURES: readonly Signature[] = [
  {
    name: 'keep-alive',
    pattern: String.raw`\xfe\x02${ID_FIRST}[^]{9}`,
    minBytes: 12,
    verdict: YES,
    confirm: (bytes, start) => (isSaneId(bytes, start + KeepAlive.id) ? YES : NO),
  },
  {
    name: 'text header',
    pattern: String.raw`[^\x00]{2},[0-9A-F]{4},\d{1,5},\d{1,10},\d{1,20},`,
    minBytes: 14,
    verdict: YES,
    unless: NO_PREFIX,
  },
  {
    name: 'binary with a position',
    pattern: `@[A-Za-z][^]{2}${LENGTH}`,
    minBytes: 6,
    verdict: YES,
    unless: NO_BINARY,
  },
  { name: 'photo', pattern: `@R[^]{2}${SHORT}`, minBytes: 6, verdict: YES, unless: NO_BINARY },
  {
    name: 'short binary, whole',
    pattern: `@[A-Za-z][^]{2}${SHORT}`,
    minBytes: 6,
    verdict: YES,
    unless: NO_BINARY,
    confirm: confirmShort,
  },
  {
    name: 'binary with an unusual prefix, whole',
    pattern: String.raw`[^\x00\r\n\d$][^\x00][^]{2}${CUSTOM_LENGTH}[^]{2}${ID_FIRST}`,
    minBytes: 9,
    verdict: YES,
    unless: NO_PREFIX,
    confirm: (bytes, start, end) => customFrame(bytes, start, end, true),
  },
  { name: 'unit information', pattern: String.raw`\$INFO[=+]`, minBytes: 6, verdict: YES },
]

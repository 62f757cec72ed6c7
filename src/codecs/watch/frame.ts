/**
 * Where frames begin and end, whose they are, and what to answer. Source: see messages.ts.
 *
 * LLLL is wrong in about a quarter of the public samples. The end of a frame is, in this order,
 *   1. the `]` that stands where LLLL says;
 *   2. the `]` that closes the frame's own `[`, if nothing or another frame follows it;
 *   3. not there yet.
 * The name of an access point may hold a bracket; rule 1 does not look at names. For rule 2, a `]` at the end of what
 * has arrived of a position is believed at once if a number stands before it, as one does at a position's end, else
 * after a second of silence.
 */
import { COMMA, CR, LF, MINUS, NUL, POINT, SPACE, STAR, UPPER_HEX_DIGITS, ZERO } from '../ascii.ts'
import { BAD_IDENTITY, FINAL, NEED_MORE, YES } from '../codec.ts'
import { FROM, scanFields, TO } from '../fields.ts'
import { hashBytes, hashStart } from '../hash.ts'
import { isDigit } from '../numbers.ts'
import { recogniseAs } from '../recognise.ts'
import { compileSignatures } from '../signatures.ts'
import {
  contentFrom,
  contentTo,
  declared,
  HEADER_BAD,
  HEADER_MORE,
  HEADER_OK,
  ID,
  idEnd,
  indexEnd,
  indexFrom,
  opens,
  parseFrame,
  parseHeader,
  typeTo,
} from './header.ts'
import {
  BINARY_FRAME_BYTES_MAX,
  CLOSE,
  Field,
  GIVE_UP_MS,
  ID_DIGITS_MIN,
  Kind,
  OPEN,
  SETTLE_MS,
  TEXT_BYTES_MAX,
} from './messages.ts'
import { SIGNATURES } from './signatures.ts'
import { KIND_OF, REPLIES_TIME, REPLY_OF, typeEnd, typeRow } from './types.ts'

export const split = (bytes: Uint8Array, start: number, end: number, silentMs: number): number => {
  if (start >= end) return NEED_MORE
  if (isPadding(bytes[start])) return start - skipPadding(bytes, start, end)
  const header = parseHeader(bytes, start, end)
  if (header === HEADER_BAD) return skipGarbage(bytes, start, end, silentMs)
  if (header === HEADER_MORE) return silentMs >= GIVE_UP_MS ? skipGarbage(bytes, start, end, silentMs) : NEED_MORE
  const close = contentFrom + declared
  if (declared <= TEXT_BYTES_MAX && close < end && bytes[close] === CLOSE && !holdsHeader(bytes, close, end))
    return close + 1 - start
  const kind = KIND_OF[typeRow(bytes, contentFrom, contentType(bytes, end))]
  const limit = isBinary(kind) ? start + BINARY_FRAME_BYTES_MAX : contentFrom + TEXT_BYTES_MAX + 1
  if (isBinary(kind) && close < end && close < limit && bytes[close] === CLOSE) return close + 1 - start
  return splitByBrackets(bytes, start, end, limit, kind, silentMs)
}

/** True if a frame begins in the content up to `close`: this one was torn off, and its length ends in another by chance. */
const holdsHeader = (bytes: Uint8Array, close: number, end: number): boolean => {
  for (let at = contentFrom; at < close; at++) if (bytes[at] === OPEN && isHeader(bytes, at, end)) return true
  return false
}

/** Where the type ends in a content of which the end is not known. */
const contentType = (bytes: Uint8Array, end: number): number => {
  const to = typeEnd(bytes, contentFrom, Math.min(end, contentFrom + TYPE_SEARCH_BYTES))
  let at = contentFrom
  while (at < to && bytes[at] !== CLOSE) at++
  return at
}
const TYPE_SEARCH_BYTES = 16

/** Rules 2 and 3, and what to do when neither finds an end. */
const splitByBrackets = (
  bytes: Uint8Array,
  start: number,
  end: number,
  limit: number,
  kind: number,
  silentMs: number,
): number => {
  const from = contentFrom
  const stop = end < limit ? end : limit
  let depth = 1
  let lastClose = -1
  let lastEnd = -1 // the last `]` that closed the frame's own bracket
  let printed = -1 // the last byte that is no padding
  for (let at = from; at < stop; at++) {
    const byte = bytes[at]
    if (byte === OPEN) {
      // A frame begins where this one has not ended: its end was lost.
      if ((printed !== lastClose || printed < 0) && isHeader(bytes, at, end))
        return lastEnd < 0 ? start - at : lastEnd + 1 - start
      depth++
    } else if (byte === CLOSE) {
      lastClose = at
      if (depth > 0) depth--
      if (depth === 0) lastEnd = at
      const next = skipPadding(bytes, at + 1, end)
      if (next === end) {
        if (depth === 0 && (silentMs >= SETTLE_MS || settled(bytes, from, at, kind))) return at + 1 - start
      } else if (depth === 0) {
        const opening = opens(bytes, next, end)
        if (opening === HEADER_OK || (opening === HEADER_MORE && silentMs >= SETTLE_MS)) return at + 1 - start
      } else if (isHeader(bytes, next, end)) return at + 1 - start // a single bracket in a name
    }
    if (!isPadding(byte)) printed = at
  }
  if (end < limit && silentMs < GIVE_UP_MS) return NEED_MORE
  if (lastEnd < 0 && lastClose === printed) lastEnd = lastClose
  return lastEnd < 0 ? skipGarbage(bytes, start, end, silentMs) : lastEnd + 1 - start
}

/** True if the `]` at `close` is no bracket in the name of an access point: names are in positions, numbers end them. */
const settled = (bytes: Uint8Array, from: number, close: number, kind: number): boolean => {
  if (kind !== Kind.position && kind !== Kind.stored && kind !== Kind.alarm) return true
  let at = close
  while (at > from && (isDigit(bytes[at - 1]) || bytes[at - 1] === POINT || isPadding(bytes[at - 1]))) at--
  return at < close && (bytes[at - 1] === COMMA || bytes[at - 1] === MINUS)
}

const isBinary = (kind: number): boolean => kind === Kind.voice || kind === Kind.voicePart || kind === Kind.picture

const HEADER = compileSignatures([SIGNATURES])
/** True if a whole header with a plausible id stands at `at`. */
const isHeader = (bytes: Uint8Array, at: number, end: number): boolean => recogniseAs(HEADER, 0, bytes, at, end) === YES

const isPadding = (byte: number): boolean => byte === CR || byte === LF || byte === SPACE || byte === NUL

const skipPadding = (bytes: Uint8Array, from: number, end: number): number => {
  let at = from
  while (at < end && isPadding(bytes[at])) at++
  return at
}

/** -n: garbage up to the next `[`, two letters or digits, `*`. What may be the beginning of that is left. */
const skipGarbage = (bytes: Uint8Array, start: number, end: number, silentMs: number): number => {
  for (let at = start + 1; at < end; at++) {
    if (bytes[at] !== OPEN) continue
    const opening = opens(bytes, at, end)
    if (opening === HEADER_OK || (opening === HEADER_MORE && silentMs !== FINAL)) return start - at
  }
  return start - end
}

export const identify = (bytes: Uint8Array, start: number, end: number, id: Uint8Array): number => {
  if (!parseFrame(bytes, start, end)) return BAD_IDENTITY
  const from = start + ID
  const length = idEnd - from
  if (length < ID_DIGITS_MIN) return BAD_IDENTITY
  let zeros = 0
  for (let at = 0; at < length; at++) {
    const byte = bytes[from + at]
    if (!isDigit(byte)) return BAD_IDENTITY
    if (byte === ZERO) zeros++
    id[at] = byte
  }
  return zeros === length ? BAD_IDENTITY : length
}

const FAMILY_BYTES = 2
const RECEIPTS_FROM = ZERO,
  RECEIPTS_TO = ZERO + 1

/** Writes `[MM*ID*[NNNN*]LLLL*<type><rest>]`: the received header, a new length, and what the type's row says. */
export const ack = (
  bytes: Uint8Array,
  start: number,
  end: number,
  receivedMs: number,
  reply: Uint8Array,
  at: number,
): number => {
  if (!parseFrame(bytes, start, end)) return 0
  const row = typeRow(bytes, contentFrom, typeTo)
  const rest = REPLY_OF[row]
  if (rest === undefined) return 0
  const kind = KIND_OF[row]
  if (kind === Kind.voice && isReceipt(bytes)) return 0
  const family = kind === Kind.alarm || kind === Kind.voice
  const typeBytes = family ? FAMILY_BYTES : typeTo - contentFrom
  const seconds = REPLIES_TIME[row] ? Math.floor(receivedMs / 1000) : -1
  const length = typeBytes + rest.length + decimalDigits(seconds)

  let to = at
  const headerTo = indexEnd > indexFrom ? indexEnd : idEnd
  for (let from = start; from <= headerTo; from++) reply[to++] = bytes[from]
  for (let shift = 12; shift >= 0; shift -= 4) reply[to++] = UPPER_HEX_DIGITS[(length >> shift) & 15]
  reply[to++] = STAR
  for (let index = 0; index < typeBytes; index++) reply[to++] = bytes[contentFrom + index]
  for (let index = 0; index < rest.length; index++) reply[to++] = rest[index]
  to = writeDecimal(seconds, reply, to)
  reply[to++] = CLOSE
  return to - at
}

const decimalDigits = (value: number): number => {
  let digits = 0
  for (let left = value; left > 0; left = Math.floor(left / 10)) digits++
  return digits
}

/** Writes a number; nothing for one below zero. */
const writeDecimal = (value: number, reply: Uint8Array, at: number): number => {
  const end = at + decimalDigits(value)
  let left = value
  for (let to = end - 1; to >= at; to--) {
    reply[to] = ZERO + (left % 10)
    left = Math.floor(left / 10)
  }
  return end
}

/** True if the voice message in the frame parsed last is a receipt for one of ours: one character, or none. */
export const isReceipt = (bytes: Uint8Array): boolean => {
  const from = typeTo + 1
  if (from >= contentTo) return true
  return contentTo - from === 1 && bytes[from] >= RECEIPTS_FROM && bytes[from] <= RECEIPTS_TO
}

/** The content; of an alarm only its date, time and status, for a repetition counts as the same alarm. */
export const hash = (bytes: Uint8Array, start: number, end: number, into: Uint32Array): void => {
  hashStart(into)
  if (!parseFrame(bytes, start, end)) return hashBytes(bytes, start, end, into)
  const row = typeRow(bytes, contentFrom, typeTo)
  if (KIND_OF[row] === Kind.alarm && scanFields(bytes, contentFrom, contentTo, Field.status + 2, 0) > Field.status) {
    hashBytes(bytes, contentFrom, contentFrom + FAMILY_BYTES, into)
    hashBytes(bytes, FROM[Field.date], TO[Field.time], into)
    return hashBytes(bytes, FROM[Field.status], TO[Field.status], into)
  }
  hashBytes(bytes, contentFrom, contentTo, into)
}

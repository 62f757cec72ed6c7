/**
 * Where sentences begin and end, whose they are, and what to answer.
 *
 *   $ … *[*][,][checksum][,IP=…][CR] LF    the tail belongs to the sentence
 *   $ … [CR] LF                            no star
 *   $ …                                    cut where the next `$` begins, or after a second of silence
 *   LGN NRM … 15 digits …                  C-DAC: 96 bytes, a counted batch, or text that ends as above
 *
 * What a star may be followed by shows only when it comes. A sentence the tracker waits on an answer for (login, health,
 * all of C-DAC) therefore ends with its star; a tail behind it is a frame that says nothing.
 */
import { ascii, COMMA, CR, DOLLAR, LF, LOWER_D, LOWER_N, LOWER_X, NINE, NUL, SPACE, STAR, ZERO } from '../ascii.ts'
import { BAD_IDENTITY, FINAL, MAYBE, NEED_MORE, NO, YES } from '../codec.ts'
import { FROM, scanFields, TO } from '../fields.ts'
import { hashBytes, hashStart } from '../hash.ts'
import { hexDigit, whole } from '../numbers.ts'
import { append } from '../reply.ts'
import { imeiField, isZeros, zeroImei } from './fields.ts'
import { emergency, emergencyLayout, inputsAt, live, located, locationLayout, tamper } from './layout.ts'
import {
  ANSWER_WORDS,
  FIELDS_MAX,
  FIXED_BATCH,
  FIXED_COUNT_BYTES,
  FIXED_HEAD_BYTES,
  FIXED_LOGIN,
  FIXED_RECORDS_MAX,
  FIXED_TYPE_BYTES,
  FIXED_TYPES,
  HEAD_FIELDS_MAX,
  HEADER_BYTES_MAX,
  HEADERS,
  IMEI_DIGITS,
  Kind,
  RECORD_BYTES,
  RECORD_SHAPE,
  SENTENCE_BYTES_MAX,
  SENTENCE_BYTES_MIN,
} from './messages.ts'
import { nextState } from './state.ts'
import { writeStamp } from './time.ts'

/** A sentence without a terminator is whole after this silence. */
const SILENT_MS = 1000
/** A batch that says how long it is gets longer. */
const BATCH_SILENT_MS = 30_000
/** Digits of a checksum. */
const CHECKSUM_DIGITS_MAX = 8
const IP = ascii('IP=')

const HEADER_NAMES = HEADERS.map(([name]) => ascii(name))
const HEADER_KINDS = Uint8Array.from(HEADERS, ([, kind]) => kind)

const BRACKET = 0x5b
/** Bytes that may end a sentence. */
const STOPS = new Uint8Array(256)
for (const byte of [DOLLAR, STAR, LF, BRACKET]) STOPS[byte] = 1
/** First letters of openings without `$`. */
const LETTERS = new Uint8Array(256)
for (const word of [...FIXED_TYPES, ...ANSWER_WORDS]) LETTERS[word[0]] = 1

/** NO, YES, or MAYBE if the bytes end inside `word`. */
const opensWith = (bytes: Uint8Array, at: number, end: number, word: Uint8Array): number => {
  const length = Math.min(word.length, end - at)
  for (let index = 0; index < length; index++) if (bytes[at + index] !== word[index]) return NO
  return length === word.length ? YES : MAYBE
}

const opensWithOneOf = (bytes: Uint8Array, at: number, end: number, words: readonly Uint8Array[]): number => {
  let verdict = NO
  for (let index = 0; index < words.length; index++) {
    const one = opensWith(bytes, at, end, words[index])
    if (one === YES) return YES
    if (one === MAYBE) verdict = MAYBE
  }
  return verdict
}

/** A C-DAC type and fifteen digits. */
const opensFixed = (bytes: Uint8Array, at: number, end: number): number => {
  if (opensWithOneOf(bytes, at, end, FIXED_TYPES) === NO) return NO
  const held = Math.min(end, at + FIXED_HEAD_BYTES)
  for (let digit = at + FIXED_TYPE_BYTES; digit < held; digit++)
    if (bytes[digit] < ZERO || bytes[digit] > NINE) return NO
  return end - at < FIXED_HEAD_BYTES ? MAYBE : YES
}

const opensLetters = (bytes: Uint8Array, at: number, end: number): number => {
  if (LETTERS[bytes[at]] === 0) return NO
  const fixed = opensFixed(bytes, at, end)
  if (fixed === YES) return YES
  const answer = opensWithOneOf(bytes, at, end, ANSWER_WORDS)
  return answer === NO ? fixed : answer
}

/** Inside a session any word may follow the `$`: states add headers of their own. */
const opensSentence = (bytes: Uint8Array, at: number, end: number): number => {
  if (bytes[at] !== DOLLAR) return NO
  if (at + 1 >= end) return MAYBE
  const second = bytes[at + 1]
  const letter = second & 0xdf
  return second === COMMA || (second >= ZERO && second <= NINE) || (letter >= 0x41 && letter <= 0x5a) ? YES : NO
}

export const split = (bytes: Uint8Array, start: number, end: number, silentMs: number): number => {
  if (start >= end) return NEED_MORE
  const first = bytes[start]
  if (isPadding(first)) {
    let at = start + 1
    while (at < end && isPadding(bytes[at])) at++
    return start - at
  }
  const verdict = first === DOLLAR ? opensSentence(bytes, start, end) : opensLetters(bytes, start, end)
  if (verdict === YES) {
    if (first === DOLLAR || opensFixed(bytes, start, end) !== YES)
      return splitText(bytes, start, end, silentMs, isUrgent(bytes, start, end))
    return splitFixed(bytes, start, end, silentMs)
  }
  if (verdict === MAYBE && silentMs < SILENT_MS) return NEED_MORE
  return splitTail(bytes, start, end, silentMs)
}

const isPadding = (byte: number): boolean => byte === CR || byte === LF || byte === SPACE || byte === NUL

/** True if the tracker waits on an answer to this sentence. */
const isUrgent = (bytes: Uint8Array, start: number, end: number): boolean => {
  const kind = sentenceKind(bytes, start, end)
  return kind === Kind.login || kind === Kind.loginPlain || kind === Kind.health
}

/** A sentence that ends with a star, a line, the next `$` or a silence. */
const splitText = (bytes: Uint8Array, start: number, end: number, silentMs: number, urgent: boolean): number => {
  const limit = Math.min(end, start + SENTENCE_BYTES_MAX)
  const fixed = bytes[start] !== DOLLAR
  for (let at = start + 1; at < limit; at++) {
    if (STOPS[bytes[at]] === 0) {
      if (!fixed || LETTERS[bytes[at]] === 0) continue
      // The next C-DAC sentence ends this one.
      const opening = opensFixed(bytes, at, end)
      if (opening === YES && at - start > FIXED_HEAD_BYTES - 1) return at - start
      continue
    }
    const byte = bytes[at]
    if (byte === BRACKET || byte === DOLLAR) {
      // A bracket opens a frame of another protocol, whose position is not this tracker's. A lone `$` at the end of what is there may be one too: every sentence begins so.
      return at - start > SENTENCE_BYTES_MIN || (fixed && at - start >= FIXED_HEAD_BYTES) ? at - start : start - at
    }
    if (byte === LF) {
      const size = at - start - (bytes[at - 1] === CR ? 1 : 0)
      if (size > SENTENCE_BYTES_MIN || (fixed && size >= FIXED_HEAD_BYTES)) return at + 1 - start
      continue
    }
    if (urgent) return at + 1 - start
    const tail = tailEnd(bytes, at, limit, silentMs)
    if (tail > 0) return tail - start
    if (tail === NEED_MORE) return end - start < SENTENCE_BYTES_MAX ? NEED_MORE : limit - start
    // A sentence that opens with letters may look like the beginning of a checksum.
    if (opensLetters(bytes, at + 1, end) === YES) return at + 1 - start
  }
  if (end - start >= SENTENCE_BYTES_MAX) return -SENTENCE_BYTES_MAX
  if (silentMs < SILENT_MS) return NEED_MORE
  if (end - start > SENTENCE_BYTES_MIN || (fixed && end - start >= FIXED_HEAD_BYTES)) return end - start
  return silentMs === FINAL ? start - end : NEED_MORE
}

/**
 * Where the tail that begins with or behind a star ends; NEED_MORE if more may belong to it, NO_TAIL if this is none.
 * The line end belongs to the tail.
 */
const tailEnd = (bytes: Uint8Array, from: number, end: number, silentMs: number): number => {
  let at = from
  while (at < end && at < from + 2 && bytes[at] === STAR) at++
  if (at < end && bytes[at] === COMMA) at++
  const digits = at
  while (at < end && at < digits + CHECKSUM_DIGITS_MAX && hexDigit(bytes[at]) >= 0) at++
  let address = at
  if (address < end && bytes[address] === COMMA) address++
  const ip = opensWith(bytes, address, end, IP)
  if (ip === MAYBE && address < end && silentMs < SILENT_MS) return NEED_MORE
  if (ip === YES) {
    at = address
    while (at < end && bytes[at] !== CR && bytes[at] !== LF && bytes[at] !== DOLLAR) at++
  }
  if (at < end && bytes[at] === CR) at++
  if (at >= end) return silentMs < SILENT_MS ? NEED_MORE : end
  if (bytes[at] === LF) return at + 1
  return bytes[at] === DOLLAR || bytes[at - 1] === CR ? at : NO_TAIL
}
const NO_TAIL = -1

/** The tail of a sentence that was answered at its star, or garbage. */
const splitTail = (bytes: Uint8Array, start: number, end: number, silentMs: number): number => {
  const first = bytes[start]
  if (first === STAR || first === COMMA || hexDigit(first) >= 0) {
    const tail = tailEnd(bytes, start, end, silentMs)
    if (tail === NEED_MORE) return end - start < SENTENCE_BYTES_MAX ? NEED_MORE : -SENTENCE_BYTES_MAX
    if (tail > start) return tail - start
  }
  return skipGarbage(bytes, start, end, silentMs)
}

/**
 * -n: garbage up to the next opening, or through a line end. Until one of these comes it is kept, so that what is told
 * apart does not depend on where the reads were cut.
 */
const skipGarbage = (bytes: Uint8Array, start: number, end: number, silentMs: number): number => {
  const limit = Math.min(end, start + SENTENCE_BYTES_MAX)
  for (let at = start + 1; at < limit; at++) {
    const byte = bytes[at]
    if (byte === LF) return start - at - 1
    if (byte !== DOLLAR && LETTERS[byte] === 0) continue
    const opening = byte === DOLLAR ? opensSentence(bytes, at, end) : opensLetters(bytes, at, end)
    if (opening === YES) return start - at
    if (opening === MAYBE && silentMs < SILENT_MS) return NEED_MORE
  }
  if (limit - start >= SENTENCE_BYTES_MAX || silentMs >= SILENT_MS) return start - limit
  return NEED_MORE
}

/** A C-DAC sentence; its opening is whole. */
const splitFixed = (bytes: Uint8Array, start: number, end: number, silentMs: number): number => {
  const body = start + FIXED_HEAD_BYTES
  if (opensWith(bytes, start, end, FIXED_TYPES[FIXED_BATCH]) === YES) {
    const first = body + FIXED_COUNT_BYTES
    const count = whole(bytes, body, Math.min(first, end)) | 0 // sizes are made of it, and must not be doubles
    if (end >= first && count > 0 && count <= FIXED_RECORDS_MAX && shapedSoFar(bytes, first, end)) {
      const size = FIXED_HEAD_BYTES + FIXED_COUNT_BYTES + count * RECORD_BYTES
      // A batch that lost bytes must not make up for them with the sentence behind it.
      const next = nextFixed(bytes, first, Math.min(end, start + size), end)
      if (next > 0) return next - start
      if (end - start >= size) return size
      return silentMs >= BATCH_SILENT_MS ? end - start : NEED_MORE
    }
  } else if (end - body >= RECORD_BYTES && isRecord(bytes, body)) return FIXED_HEAD_BYTES + RECORD_BYTES
  return splitText(bytes, start, end, silentMs, true)
}

/** Where the first C-DAC sentence begins in bytes[from, to); -1: none does. */
const nextFixed = (bytes: Uint8Array, from: number, to: number, end: number): number => {
  for (let at = from; at < to; at++) if (LETTERS[bytes[at]] !== 0 && opensFixed(bytes, at, end) === YES) return at
  return -1
}

/** True if the 78 characters at `at` have the shape of a record. */
export const isRecord = (bytes: Uint8Array, at: number): boolean => {
  for (let index = 0; index < RECORD_BYTES; index++) if (!fits(bytes[at + index], RECORD_SHAPE[index])) return false
  return true
}

const shapedSoFar = (bytes: Uint8Array, at: number, end: number): boolean => {
  const held = Math.min(RECORD_BYTES, end - at)
  for (let index = 0; index < held; index++) if (!fits(bytes[at + index], RECORD_SHAPE[index])) return false
  return true
}

const fits = (byte: number, shape: number): boolean => {
  if (shape === LOWER_D) return byte >= ZERO && byte <= NINE
  if (shape === LOWER_N) return (byte >= ZERO && byte <= NINE) || byte === 0x2e || byte === 0x2b || byte === 0x2d || byte === SPACE // prettier-ignore
  if (shape === LOWER_X) return hexDigit(byte) >= 0 || (byte | 0x20) === LOWER_X
  if (shape === 0x48) return byte === 0x48 || byte === 0x4c // H L
  if (shape === 0x56) return byte === ZERO || byte === ZERO + 1 || byte === 0x41 || byte === 0x56 // 0 1 A V
  if (shape === 0x4e) return byte === 0x4e || byte === 0x53 // N S
  if (shape === 0x45) return byte === 0x45 || byte === 0x57 // E W
  return byte === 0x48 || byte === 0x4d || byte === 0x53 // H M S
}

/** The header of the sentence looked at last is bytes[headerFrom, headerTo). */
export let headerFrom = 0
export let headerTo = 0

/** Kind of a sentence, by its header. */
const sentenceKind = (bytes: Uint8Array, start: number, end: number): number => {
  let from = start
  if (bytes[from] === DOLLAR) from++
  if (from < end && bytes[from] === COMMA) from++
  while (from < end && bytes[from] === SPACE) from++
  let to = from
  while (to < end && bytes[to] !== COMMA && bytes[to] !== STAR && bytes[to] > SPACE) to++
  headerFrom = from
  headerTo = to
  const length = to - from
  if (length === 0 || length > HEADER_BYTES_MAX) return Kind.unknown
  for (let row = 0; row < HEADER_NAMES.length; row++)
    if (HEADER_NAMES[row].length === length && opensWith(bytes, from, to, HEADER_NAMES[row]) === YES)
      return HEADER_KINDS[row]
  return Kind.unknown
}

/** Kind of a frame. */
export const kindOf = (bytes: Uint8Array, start: number, end: number): number => {
  if (start >= end) return Kind.tail
  if (bytes[start] === DOLLAR) return sentenceKind(bytes, start, end)
  if (opensFixed(bytes, start, end) === YES) return Kind.fixed
  return opensWithOneOf(bytes, start, end, ANSWER_WORDS) === YES ? sentenceKind(bytes, start, end) : Kind.tail
}

/** Row of `FIXED_TYPES` of a C-DAC frame. */
export const fixedType = (bytes: Uint8Array, start: number): number => {
  for (let row = 0; row < FIXED_TYPES.length; row++)
    if (opensWith(bytes, start, start + FIXED_TYPE_BYTES, FIXED_TYPES[row]) === YES) return row
  return 0
}

/** Where the text of a sentence ends: before its star, tail and line end. */
export const textEnd = (bytes: Uint8Array, start: number, end: number): number => {
  let to = end
  while (to > start && isPadding(bytes[to - 1])) to--
  let star = to - 1
  while (star > start && bytes[star] !== STAR) star--
  if (star <= start || tailEnd(bytes, star, to, FINAL) !== to) return to
  while (star > start && bytes[star - 1] === STAR) star--
  return star
}

/** Field of the header: `$,NRM` has the `$` as a field of its own. */
export const headerField = (bytes: Uint8Array): number => (TO[0] - FROM[0] === 1 && bytes[FROM[0]] === DOLLAR ? 1 : 0)

export const identify = (bytes: Uint8Array, start: number, end: number, id: Uint8Array): number => {
  const kind = kindOf(bytes, start, end)
  if (kind === Kind.tail) return 0
  let from = start + FIXED_TYPE_BYTES
  if (kind === Kind.fixed) {
    if (isZeros(bytes, from, from + IMEI_DIGITS)) return BAD_IDENTITY
  } else {
    const count = scanFields(bytes, start, textEnd(bytes, start, end), HEAD_FIELDS_MAX, 0)
    const field = imeiField(bytes, headerField(bytes), count)
    if (field < 0) return zeroImei || kind === Kind.login || kind === Kind.loginPlain ? BAD_IDENTITY : 0
    from = FROM[field]
  }
  for (let at = 0; at < IMEI_DIGITS; at++) id[at] = bytes[from + at]
  return IMEI_DIGITS
}

const REPLY_LOGIN = ascii('$LGN'),
  REPLY_LOGIN_PLAIN = ascii('$,1,*'),
  REPLY_HEALTH = ascii('$HBT*'),
  REPLY_LOCATION = ascii('$,NRM,'),
  REPLY_LOCATION_END = ascii(',1*'),
  REPLY_OK = ascii(',OK*')

export const ack = (
  bytes: Uint8Array,
  start: number,
  end: number,
  receivedMs: number,
  reply: Uint8Array,
  at: number,
  locations: boolean,
): number => {
  const kind = kindOf(bytes, start, end)
  if (kind === Kind.login) return replyTime(receivedMs, reply, at)
  if (kind === Kind.health) return append(reply, at, REPLY_HEALTH) - at
  if (kind === Kind.loginPlain) return append(reply, at, REPLY_LOGIN_PLAIN) - at
  if (kind === Kind.fixed) {
    const type = fixedType(bytes, start)
    if (type === FIXED_LOGIN) return replyTime(receivedMs, reply, at)
    reply[at] = DOLLAR
    return append(reply, append(reply, at + 1, FIXED_TYPES[type]), REPLY_OK) - at
  }
  if (kind !== Kind.location || !locations) return 0
  const count = scanFields(bytes, start, textEnd(bytes, start, end), HEAD_FIELDS_MAX, 0)
  const field = imeiField(bytes, headerField(bytes), count)
  if (field < 0) return 0
  let to = append(reply, at, REPLY_LOCATION)
  for (let digit = FROM[field]; digit < TO[field]; digit++) reply[to++] = bytes[digit]
  return append(reply, to, REPLY_LOCATION_END) - at
}

const replyTime = (receivedMs: number, reply: Uint8Array, at: number): number => {
  const to = append(reply, at, REPLY_LOGIN)
  const end = to + writeStamp(receivedMs, reply, to)
  reply[end] = STAR
  return end + 1 - at
}

/** Notes the fields of a location or emergency sentence and finds its parts; how many fields there are. */
export const readLayout = (bytes: Uint8Array, start: number, end: number, kind: number): number => {
  const count = scanFields(bytes, start, textEnd(bytes, start, end), FIELDS_MAX, 0)
  if (kind === Kind.emergency) emergencyLayout(bytes, headerField(bytes), count)
  else locationLayout(bytes, headerField(bytes), count)
  return count
}

const maybeLocation = (kind: number) => kind === Kind.location || kind === Kind.unknown

/** Remembers the flags of emergency and cover: they stay set, and an alarm is raised once. */
export const advance = (bytes: Uint8Array, start: number, end: number, state: Int32Array): void => {
  const kind = kindOf(bytes, start, end)
  if (kind !== Kind.emergency && !maybeLocation(kind)) return
  readLayout(bytes, start, end, kind)
  if (located || kind === Kind.emergency) state[0] = nextState(state[0], live, emergency, tamper)
}

/** The content: of a location up to its outputs, for frame number, analogue values and checksum follow. */
export const hash = (bytes: Uint8Array, start: number, end: number, into: Uint32Array): void => {
  let to = textEnd(bytes, start, end)
  if (maybeLocation(kindOf(bytes, start, end))) {
    const count = readLayout(bytes, start, end, Kind.location)
    if (located && inputsAt >= 0 && inputsAt + 1 < count) to = TO[inputsAt + 1]
  }
  hashStart(into)
  hashBytes(bytes, start, to, into)
}

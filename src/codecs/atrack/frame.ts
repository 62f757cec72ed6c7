/**
 * Where frames begin and end, whose they are, and what to answer. Source: see messages.ts.
 *
 *   FE 02 | u64 id | u16 sequence                                             keep-alive, 12 bytes
 *   prefix | u16 CRC | u16 L | u16 sequence | u64 id | L - 10 bytes            position records, or with @R a photo
 *   prefix , CRC , length , sequence , id , record CR LF record CR LF …        the same as text
 *   $… CR LF                                                                  reply to a command
 *
 * A prefix is `@` and a letter unless the installer chose another: that one is believed only with the right checksum.
 */
import { AT, COMMA, CR, DOLLAR, EQUALS, LF, NINE, NUL, SPACE, UPPER_A, UPPER_R, UPPER_Z, ZERO } from '../ascii.ts'
import { find, hasText, s32, u16 } from '../bytes.ts'
import { BAD_IDENTITY, FINAL, MAYBE, NEED_MORE, NO, YES } from '../codec.ts'
import { hashBytes, hashStart } from '../hash.ts'
import { crc16 } from './crc.ts'
import {
  declared,
  idDigitsFrom,
  idFrom,
  idTo,
  isCustomPrefix,
  isUpperHex,
  isUsualPrefix,
  Kind,
  kindOf,
  lengthAt,
  parseTextId,
  recordsAt,
  sequence16,
  TEXT_CRC_FROM,
  textCrc,
  textHeader,
} from './header.ts'
import { ID_DIGITS_MAX, isSaneId, parseId, SANE_FIRST_MAX, writeDigits, writeIdBytes } from './identity.ts'
import { Field, Fixed, Header, INFO, KeepAlive, LATITUDE_MAX, LONGITUDE_MAX, Photo, SUB } from './messages.ts'
import { recordCount, recordSend, recordStart, recordStop, scan, timeBytes } from './scan.ts'
import type { Settings } from './settings.ts'
import { looksUnix, READABLE, threeReadable, threeUnix, UNIX } from './time.ts'

/**
 * Lengths that a frame may declare: shortest, of nearly all, of one with an unusual prefix or found in
 * garbage (where each place that looks like a frame may cost a checksum over all of it), longest.
 */
const LENGTH_MIN = 18,
  USUAL_LENGTH_MAX = 1536,
  CUSTOM_LENGTH_MAX = 4096,
  SEARCHED_LENGTH_MAX = 4096,
  LENGTH_MAX = 16_384
/** First byte of that length. */
const CUSTOM_LENGTH_FIRST_MAX = CUSTOM_LENGTH_MAX >> 8
const REPLY_BYTES_MAX = 2048
/** How far behind the declared end of a text frame with a wrong length the end of its line may be. */
const LINE_OVERRUN_MAX = 128
/** Silence after which a text frame is taken as far as its complete lines go, and after which an incomplete frame is none. */
const LINES_SILENT_MS = 10_000,
  INCOMPLETE_SILENT_MS = 60_000

/** FE 02 with an id that can be one. */
const saneKeepAlive = (bytes: Uint8Array, start: number, end: number): number => {
  const n = end - start
  if (n > KeepAlive.id && bytes[start + KeepAlive.id] > SANE_FIRST_MAX) return NO
  if (n < KeepAlive.size) return MAYBE
  return isSaneId(bytes, start + KeepAlive.id) ? YES : NO
}

/** Size of the frame that `frameAt` found complete. */
let frameSize = 0

export const split = (bytes: Uint8Array, start: number, end: number, silentMs: number, settings: Settings): number => {
  if (start >= end) return NEED_MORE
  if (isPadding(bytes[start])) return -paddingBytes(bytes, start, end)
  const verdict = frameAt(bytes, start, end, silentMs, settings, false)
  if (verdict === YES) return frameSize
  if (verdict === MAYBE && silentMs < INCOMPLETE_SILENT_MS) return NEED_MORE
  const garbage = garbageBytes(bytes, start, end, silentMs, settings)
  return garbage === 0 ? NEED_MORE : -garbage
}

const paddingBytes = (bytes: Uint8Array, start: number, end: number): number => {
  let at = start + 1
  while (at < end && isPadding(bytes[at])) at++
  return at - start
}

/**
 * Bytes up to the next place where a frame begins; 0 if one may begin once more bytes come. What is kept for that
 * opens with a byte that opens no frame, so that a later call still knows it for garbage, wherever the reads were cut.
 */
const garbageBytes = (bytes: Uint8Array, start: number, end: number, silentMs: number, settings: Settings): number => {
  for (let at = start + 1; at < end; at++) {
    const verdict = frameAt(bytes, at, end, silentMs, settings, true)
    if (verdict === YES) return at - start
    if (verdict === MAYBE && silentMs < INCOMPLETE_SILENT_MS) {
      let keep = at - 1
      while (keep > start && (isPadding(bytes[keep]) || frameAt(bytes, keep, end, silentMs, settings, false) !== NO))
        keep--
      return keep - start
    }
  }
  return end - start
}

const isPadding = (byte: number): boolean => byte === CR || byte === LF || byte === NUL || byte === SPACE

/**
 * YES: a complete frame of `frameSize` bytes begins at `start`. MAYBE: more bytes are needed to say. NO: none does.
 * `searching`: the place was found by search, so that what stands there must look right as far as it can be seen.
 */
const frameAt = (
  bytes: Uint8Array,
  start: number,
  end: number,
  silentMs: number,
  settings: Settings,
  searching: boolean,
): number => {
  const n = end - start
  const first = bytes[start]
  if (first === NUL || first === CR || first === LF) return NO
  if (first === KeepAlive.first && (n < 2 || bytes[start + 1] === KeepAlive.second)) {
    frameSize = KeepAlive.size
    if (searching) return saneKeepAlive(bytes, start, end)
    return n < KeepAlive.size ? MAYBE : isZero(bytes, start + KeepAlive.id) ? NO : YES
  }
  const text = textHeader(bytes, start, end)
  const most = searching ? SEARCHED_LENGTH_MAX : LENGTH_MAX
  if (text === YES) {
    if (declared > most) return NO
    // Numbers between commas look like headers everywhere: to sum up thousands of bytes for each would take far too long.
    if (searching && declared > USUAL_LENGTH_MAX && !isUsualPrefix(bytes, start) && bytes[start - 1] !== LF) return NO
    return textFrame(bytes, start, end, silentMs, settings)
  }
  if (text === MAYBE && n >= 3) return MAYBE // a comma and hex so far: nothing else looks like this
  if (first === DOLLAR) return replyLine(bytes, start, end, silentMs)
  if (n < 2) return MAYBE
  if (!isUsualPrefix(bytes, start)) return customFrame(bytes, start, end, searching)
  if (n <= Header.length) return MAYBE
  // What began as a text header and went wrong is no binary frame of thousands of bytes.
  if (bytes[start + 2] === COMMA && bytes[start + Header.length] >= ZERO) return NO
  if (bytes[start + Header.length] > most >> 8) return NO
  if (n < Header.sequence) return MAYBE
  const length = u16(bytes, start + Header.length)
  if (length < LENGTH_MIN || length > most) return NO
  frameSize = length + Header.uncounted
  // A long frame is worth waiting for only if it looks like one.
  if (n < frameSize) return length <= USUAL_LENGTH_MAX || looksRight(bytes, start, end) ? MAYBE : NO
  if (isIntact(bytes, start, length)) return YES
  return !settings.strict && makesSense(bytes, start, start + frameSize) ? YES : NO
}

/** A frame with an unusual prefix, which needs the right checksum. */
export const customFrame = (bytes: Uint8Array, start: number, end: number, searching: boolean): number => {
  const n = end - start
  if (n >= 2 && !isCustomPrefix(bytes, start)) return NO
  if (n <= Header.length) return MAYBE
  if (bytes[start + Header.length] > CUSTOM_LENGTH_FIRST_MAX) return NO
  if (n < Header.sequence) return MAYBE
  const length = u16(bytes, start + Header.length)
  if (length < LENGTH_MIN || length > CUSTOM_LENGTH_MAX) return NO
  if (!hasSaneId(bytes, start, end)) return NO
  if (searching && !looksTimed(bytes, start + Header.size, end)) return NO
  frameSize = length + Header.uncounted
  if (n < frameSize) return length <= USUAL_LENGTH_MAX || looksTimed(bytes, start + Header.size, end) ? MAYBE : NO
  return isIntact(bytes, start, length) ? YES : NO
}

const looksRight = (bytes: Uint8Array, start: number, end: number): boolean =>
  hasSaneId(bytes, start, end) && looksTimed(bytes, start + Header.size, end)

/** False if the id of the binary frame is there and cannot be one. */
const hasSaneId = (bytes: Uint8Array, start: number, end: number): boolean => {
  if (end - start > Header.id && bytes[start + Header.id] > SANE_FIRST_MAX) return false
  return end - start < Header.size || isSaneId(bytes, start + Header.id)
}

/** False if the three times of the first record are there and are none. */
const looksTimed = (bytes: Uint8Array, at: number, end: number): boolean => {
  if (end - at < 3 * READABLE) {
    // The first byte of the second time already tells, either way of writing it.
    if (end - at <= READABLE) return true
    return looksUnix(bytes, at + UNIX) || bytes[at + READABLE] === 0x07 || bytes[at + READABLE] === 0x08
  }
  return threeReadable(bytes, at) || threeUnix(bytes, at)
}

/** True if the checksum of the binary frame is right. */
export const isIntact = (bytes: Uint8Array, start: number, length: number): boolean => {
  const end = start + length + Header.uncounted
  return crc16(bytes, start + Header.length, end) === u16(bytes, start + Header.crc)
}

const isZero = (bytes: Uint8Array, at: number): boolean => {
  for (let byte = at; byte < at + 8; byte++) if (bytes[byte] !== 0) return false
  return true
}

/** True if what a binary frame with a wrong checksum says could be true. */
const makesSense = (bytes: Uint8Array, start: number, end: number): boolean => {
  const at = start + Header.size
  const n = end - at
  if (isZero(bytes, start + Header.id)) return false
  if (bytes[start + 1] === UPPER_R && n >= Photo.data && u16(bytes, at + Photo.size) === n - Photo.data)
    return bytes[at + Photo.count] > 0 && bytes[at + Photo.index] <= bytes[at + Photo.count]
  if (n < 3 * UNIX + Fixed.driver) return looksUnix(bytes, at) && bytes[end - 1] === NUL
  let places = at + 3 * UNIX
  if (n >= 3 * READABLE + Fixed.driver && threeReadable(bytes, at)) places = at + 3 * READABLE
  else if (!threeUnix(bytes, at)) return false
  return (
    Math.abs(s32(bytes, places + Fixed.longitude)) <= LONGITUDE_MAX &&
    Math.abs(s32(bytes, places + Fixed.latitude)) <= LATITUDE_MAX
  )
}

/** A text frame whose header is read. */
const textFrame = (bytes: Uint8Array, start: number, end: number, silentMs: number, settings: Settings): number => {
  const size = lengthAt + declared - start
  if (lengthAt + declared <= recordsAt || !parseTextId(bytes)) return NO
  if (recordsAt === end) return MAYBE
  if (bytes[recordsAt] < ZERO || bytes[recordsAt] > NINE) return NO
  const mayGuess = !settings.strict && isUsualPrefix(bytes, start)
  if (size <= end - start) {
    frameSize = size
    if (crc16(bytes, start + TEXT_CRC_FROM, start + size) === textCrc(bytes, start)) return YES
    if (!mayGuess) return NO
    return guessLines(bytes, start, start + size, end, silentMs)
  }
  if (silentMs < LINES_SILENT_MS) return MAYBE
  if (!mayGuess) return silentMs === FINAL ? NO : MAYBE
  // The length says more than there is: bytes were lost on the way. Whole lines are good, and at the end of a
  // datagram so is the last one, if it has all its fields.
  const next = nextHeader(bytes, recordsAt, end, end)
  if (next > 0) {
    frameSize = next - start
    return YES
  }
  let stop = end
  if (silentMs !== FINAL || !isRecord(bytes, lastLine(bytes, end), end)) stop = lastLine(bytes, end)
  if (stop <= recordsAt) return silentMs === FINAL ? NO : MAYBE
  frameSize = stop - start
  return YES
}

/** A complete text frame with a wrong checksum: its length may be wrong too. */
const guessLines = (bytes: Uint8Array, start: number, stop: number, end: number, silentMs: number): number => {
  const next = nextHeader(bytes, recordsAt, stop, end)
  if (next < 0 && silentMs < LINES_SILENT_MS) return MAYBE
  if (next > 0) {
    frameSize = next - start
    return YES
  }
  if (bytes[stop - 1] === LF) return YES
  const most = stop + LINE_OVERRUN_MAX
  let at = stop
  while (at < end && at < most && (bytes[at] >= SPACE || bytes[at] === SUB)) at++
  if (at === end && at < most) {
    if (silentMs < LINES_SILENT_MS) return MAYBE
    frameSize = end - start
    return isRecord(bytes, lastLine(bytes, end), end) ? YES : NO
  }
  if (at < end && bytes[at] === CR) {
    if (at + 1 === end) {
      if (silentMs < LINES_SILENT_MS) return MAYBE
    } else if (bytes[at + 1] === LF) at++
  }
  if (at < end && (bytes[at] === LF || bytes[at] === CR)) {
    frameSize = at + 1 - start
    return YES
  }
  const lines = lastLine(bytes, stop)
  if (lines <= recordsAt) return NO
  frameSize = lines - start
  return YES
}

/** Where the last line that has no end begins. */
const lastLine = (bytes: Uint8Array, end: number): number => {
  let at = end
  while (at > recordsAt && bytes[at - 1] !== LF) at--
  return at
}

/** True if bytes[from, to) has the fields of a record. */
const isRecord = (bytes: Uint8Array, from: number, to: number): boolean => {
  let commas = 0
  for (let at = from; at < to; at++) if (bytes[at] === COMMA) commas++
  return commas >= Field.count
}

/**
 * Where another frame begins in bytes[from, to), behind a line end or, where one was torn off, within its line; 0:
 * nowhere, -1: where the bytes end before they say. Leaves the header's variables alone.
 */
const nextHeader = (bytes: Uint8Array, from: number, to: number, end: number): number => {
  for (let at = from + 1; at < to; at++) {
    const first = bytes[at]
    if (bytes[at - 1] !== LF) {
      const verdict = first === AT ? opensTextHeader(bytes, at, end) : NO
      if (verdict === YES) return at
      if (verdict === MAYBE) return -1
      continue
    }
    if (first !== KeepAlive.first && first !== AT) continue
    if (at + 1 === end) return -1
    if (first === KeepAlive.first) {
      if (bytes[at + 1] === KeepAlive.second) return at
      continue
    }
    if (!isUsualPrefix(bytes, at)) continue
    if (at + 2 === end) return -1
    if (bytes[at + 2] === COMMA) return at
  }
  return 0
}

/** `@`, a letter, a comma, the CRC, a comma. */
const opensTextHeader = (bytes: Uint8Array, at: number, end: number): number => {
  if (at + 1 === end) return MAYBE
  if (!isUsualPrefix(bytes, at)) return NO
  for (let next = at + 2; next <= at + TEXT_CRC_FROM; next++) {
    if (next === end) return MAYBE
    const isComma = next === at + 2 || next === at + TEXT_CRC_FROM
    if (isComma ? bytes[next] !== COMMA : !isUpperHex(bytes[next])) return NO
  }
  return YES
}

/** `$` and a capital or a digit, printable text, CR LF. */
const replyLine = (bytes: Uint8Array, start: number, end: number, silentMs: number): number => {
  if (end - start < 2) return MAYBE
  const name = bytes[start + 1]
  if (!((name >= UPPER_A && name <= UPPER_Z) || (name >= ZERO && name <= NINE))) return NO
  const most = Math.min(end, start + REPLY_BYTES_MAX)
  for (let at = start + 2; at < most; at++) {
    const byte = bytes[at]
    if (byte === LF) {
      frameSize = at + 1 - start
      return YES
    }
    if (byte < SPACE && byte !== CR && byte !== TAB) return NO
  }
  if (end - start >= REPLY_BYTES_MAX) return NO
  if (silentMs !== FINAL) return MAYBE
  frameSize = end - start
  return YES
}
const TAB = 9

export const identify = (bytes: Uint8Array, start: number, end: number, id: Uint8Array): number => {
  const kind = kindOf(bytes, start, end)
  if (kind === Kind.text) {
    if (!parseTextId(bytes)) return BAD_IDENTITY
    const from = idDigitsFrom(bytes)
    for (let at = from; at < idTo; at++) id[at - from] = bytes[at]
    return idTo - from
  }
  if (kind === Kind.reply) return identifyInfo(bytes, start, end, id)
  const at = idOffset(kind)
  if (at === 0) return 0
  return isZero(bytes, start + at) ? BAD_IDENTITY : writeDigits(bytes, start + at, id)
}

/** `$INFO[+TAG]=` has the unit id as its first value; no other reply names its unit. */
const identifyInfo = (bytes: Uint8Array, start: number, end: number, id: Uint8Array): number => {
  if (!hasText(bytes, start, end, INFO)) return 0
  const equals = find(bytes, start, end, EQUALS)
  const comma = find(bytes, equals, end, COMMA)
  if (equals < 0 || comma < 0 || comma - equals > ID_DIGITS_MAX + 1 || !parseId(bytes, equals + 1, comma)) return 0
  let from = equals + 1
  while (bytes[from] === ZERO) from++
  for (let at = from; at < comma; at++) id[at - from] = bytes[at]
  return comma - from
}

/** Where the unit id of a frame of this kind lies; 0: it has none. */
const idOffset = (kind: number): number => {
  if (kind === Kind.keepAlive) return KeepAlive.id
  return kind === Kind.binary || kind === Kind.photo ? Header.id : 0
}

/** FE 02, the unit id, the sequence: the same for every frame but replies. */
export const ack = (bytes: Uint8Array, start: number, end: number, reply: Uint8Array, at: number): number => {
  const kind = kindOf(bytes, start, end)
  if (kind === Kind.none || kind === Kind.reply) return 0
  reply[at] = KeepAlive.first
  reply[at + 1] = KeepAlive.second
  if (kind === Kind.text) {
    if (!parseTextId(bytes)) return 0
    writeIdBytes(reply, at + KeepAlive.id)
    const sequence = sequence16()
    reply[at + KeepAlive.sequence] = sequence >> 8
    reply[at + KeepAlive.sequence + 1] = sequence & 0xff
    return KeepAlive.size
  }
  const id = start + idOffset(kind)
  for (let byte = 0; byte < 8; byte++) reply[at + KeepAlive.id + byte] = bytes[id + byte]
  const from = start + (kind === Kind.keepAlive ? KeepAlive.sequence : Header.sequence)
  reply[at + KeepAlive.sequence] = bytes[from]
  reply[at + KeepAlive.sequence + 1] = bytes[from + 1]
  return KeepAlive.size
}

/** Content: the id and the records without the time at which they were sent, which a repetition may change. */
export const hash = (bytes: Uint8Array, start: number, end: number, into: Uint32Array, settings: Settings): void => {
  hashStart(into)
  const kind = kindOf(bytes, start, end)
  if (kind === Kind.keepAlive) return hashBytes(bytes, start, start + KeepAlive.sequence, into)
  if (kind === Kind.photo) return hashBytes(bytes, start + Header.id, end, into)
  if (kind !== Kind.text && kind !== Kind.binary) return hashBytes(bytes, start, textEnd(bytes, start, end), into)
  scan(bytes, start, end, kind, 0, settings)
  const from = kind === Kind.text ? idFrom : start + Header.id
  if (recordCount === 0) return hashBytes(bytes, from, kind === Kind.text ? textEnd(bytes, start, end) : end, into)
  hashBytes(bytes, from, kind === Kind.text ? idTo : start + Header.size, into)
  for (let record = 0; record < recordCount; record++) {
    const send = recordSend[record]
    hashBytes(bytes, recordStart[record], send, into)
    hashBytes(bytes, send + sendBytes(bytes, send, kind), recordStop[record], into)
  }
}

const sendBytes = (bytes: Uint8Array, at: number, kind: number): number => {
  if (kind === Kind.binary) return timeBytes
  let comma = at
  while (bytes[comma] !== COMMA) comma++
  return comma - at
}

const textEnd = (bytes: Uint8Array, start: number, end: number): number => {
  let at = end
  while (at > start && (bytes[at - 1] === CR || bytes[at - 1] === LF)) at--
  return at
}

/**
 * Frames of the GT06 family: where they end, what they are, whose they are.
 *
 *   78 78 | u8  L | number | content | serial u16 | crc u16 | 0d 0a     L + 5 bytes; n = L − 5 bytes of content
 *   79 79 | u16 L | number | content | serial u16 | crc u16 | 0d 0a     L + 6 bytes
 *
 * L cannot be trusted in all firmware, so a frame is taken by its length when its tail is where L says, and else by
 * the first tail. Topin units open frames alike but have neither serial nor CRC; L counts other things there.
 */
import { CR, LF } from '../ascii.ts'
import { isBcd, u16 } from '../bytes.ts'
import { FINAL, NEED_MORE, BAD_IDENTITY } from '../codec.ts'
import { hashBytes, hashStart } from '../hash.ts'
import { crc16 } from './crc.ts'
import { KNOWN } from './messages.ts'
import type { Settings } from './settings.ts'

export const SHORT_MARK = 0x78,
  LONG_MARK = 0x79
/** Bytes after which length and number of any frame are known. */
const HEAD_BYTES = 5
/** Start, length and stop of a short frame; a long one has a byte more. */
const OVERHEAD = 5
/** The shortest of all frames: start, length, number and stop, as Topin units send them. */
export const FRAME_MIN = 6
/** Number, serial and CRC: the least L. */
export const LENGTH_MIN = 5
/** Longest L believed in a long frame; file chunks are up to 4 KiB. */
const LENGTH_MAX = 8192
/** Serial, CRC and stop behind the content. */
export const TRAILER = 6
/** How far behind a mark a better one is looked for: the longest short frame. */
const PREFERENCE_BYTES = 260
/** How far the tail of a frame with a wrong length is looked for. */
const TAIL_SEARCH_MAX = 1024
/** Silence after which a tail at the end of the window is believed against the length. */
const SETTLE_MS = 1000
/** Silence after which an incomplete frame is given up. */
const RESYNC_MS = 30_000

export const LOGIN = 0x01
export const IMEI_BYTES = 8,
  IMEI_DIGITS = 15
/** Content of a login by its parts: IMEI; + model; + time zone and language. */
export const LOGIN_IMEI_N = 8,
  LOGIN_MODEL_N = 10,
  LOGIN_ZONE_N = 12

export const split = (bytes: Uint8Array, start: number, end: number, silentMs: number): number => {
  const held = end - start
  const mark = bytes[start]
  if ((mark !== SHORT_MARK && mark !== LONG_MARK) || (held > 1 && bytes[start + 1] !== mark))
    return skip(bytes, start, end, silentMs)
  if (held < HEAD_BYTES) return silentMs < RESYNC_MS ? NEED_MORE : resync(bytes, start, end)
  const long = mark & 1
  const length = long ? u16(bytes, start + 2) : bytes[start + 2]
  const size = length + OVERHEAD + long
  if (length < LENGTH_MIN || length > LENGTH_MAX) return findEnd(bytes, start, end, silentMs)
  if (held < size) return wait(bytes, start, end, silentMs)
  return isTail(bytes, start + size - 2) ? size : findEnd(bytes, start, end, silentMs)
}

/** The frame is shorter than L says, so far. */
const wait = (bytes: Uint8Array, start: number, end: number, silentMs: number): number => {
  if (silentMs === FINAL) return findEnd(bytes, start, end, silentMs)
  const tail = firstTail(bytes, start, end)
  if (tail > 0 && isCertainEnd(bytes, start, tail, end)) return endedBy(bytes, start, tail)
  if (isTail(bytes, end - 2)) {
    if (isTopinLogin(bytes, start, end) && !isLoginSoFar(bytes, start)) return end - start
    if (silentMs >= SETTLE_MS) return findEnd(bytes, start, end, silentMs)
  }
  return silentMs < RESYNC_MS ? NEED_MORE : resync(bytes, start, end)
}

/** L is wrong: a Topin frame, or whatever ends with the first tail. */
const findEnd = (bytes: Uint8Array, start: number, end: number, silentMs: number): number => {
  const topin = topinBytes(bytes, start, end)
  if (topin > 0) return topin
  const tail = firstTail(bytes, start, end)
  if (topin === NEED_MORE && silentMs < RESYNC_MS) {
    const settled = silentMs >= SETTLE_MS && isTail(bytes, end - 2)
    if (!settled && (tail === 0 || !isCertainEnd(bytes, start, tail, end))) return NEED_MORE
  }
  if (tail > 0) return endedBy(bytes, start, tail)
  if (end - start > TAIL_SEARCH_MAX || silentMs >= RESYNC_MS) return resync(bytes, start, end)
  return NEED_MORE
}

/** End of the first tail behind `start`, or 0. */
const firstTail = (bytes: Uint8Array, start: number, end: number): number => {
  const searchEnd = Math.min(end, start + TAIL_SEARCH_MAX) - 1
  for (let at = start + 3; at < searchEnd; at++) if (isTail(bytes, at)) return at + 2
  return 0
}

/**
 * True if the frame at `start` ends at `tail`, whatever its length says: a mark follows, and its CRC is right, or it was
 * cut off and a sound frame ends there, or a whole frame stands behind. A payload may hold a tail and a mark, so less
 * would make the frames depend on how the stream was cut; what is not certain yet waits for more bytes.
 */
const isCertainEnd = (bytes: Uint8Array, start: number, tail: number, end: number): boolean => {
  if (tail + 2 > end || !isMark(bytes, tail)) return false
  return hasRightCrc(bytes, start, tail) || soundInside(bytes, start, tail) > 0 || isWholeFrame(bytes, tail, end)
}

/** A frame of a known number, whole and with the right CRC. */
const isWholeFrame = (bytes: Uint8Array, at: number, end: number): boolean => {
  if (end - at < HEAD_BYTES) return false
  const long = bytes[at] & 1
  const size = declaredBytes(bytes, at)
  if (size < OVERHEAD + LENGTH_MIN + long || size > end - at) return false
  if (KNOWN[bytes[at + 3 + long] | (long << 8)] !== 1) return false
  return isTail(bytes, at + size - 2) && hasRightCrc(bytes, at, at + size)
}

/** The frame at `start`, whose length is wrong, ends at `end`; unless a sound frame lies inside. */
const endedBy = (bytes: Uint8Array, start: number, end: number): number => {
  const size = end - start
  const numberAt = start + 3 + (bytes[start] & 1)
  if (numberAt + 2 >= end) return -size
  if (hasRightCrc(bytes, start, end)) return size
  const inside = soundInside(bytes, start, end)
  return inside > 0 ? start - inside : size
}

/** So many lengths that lead to the same end are no accident; checking each CRC would take the square of the bytes. */
const SOUND_TRIALS_MAX = 8

/** Start of a frame behind `start` that ends at `end` by its own length, with the right CRC; or 0. */
const soundInside = (bytes: Uint8Array, start: number, end: number): number => {
  let trials = 0
  for (let at = start + 1; end - at >= OVERHEAD + LENGTH_MIN && trials < SOUND_TRIALS_MAX; at++) {
    if (!isMark(bytes, at) || declaredBytes(bytes, at) !== end - at) continue
    if (hasRightCrc(bytes, at, end)) return at
    trials++
  }
  return 0
}

/** Bytes at `start` that begin no frame, as -n. Line ends and fill between frames are told apart from garbage. */
const skip = (bytes: Uint8Array, start: number, end: number, silentMs: number): number => {
  let at = start
  while (at < end && isPadding(bytes[at])) at++
  if (at > start) return start - at
  return start - nextStart(bytes, start + 1, end, silentMs >= RESYNC_MS)
}

/** Gives up the frame at `start`: the bytes up to the next start of a frame, as -n. */
const resync = (bytes: Uint8Array, start: number, end: number): number => start - nextStart(bytes, start + 2, end, true)

/**
 * Where a frame may start, from `from` on. The first mark behind a tail, or with a believable head, wins over a mark up to
 * PREFERENCE_BYTES before it; then any mark. A mark's first byte at the end is kept unless nothing follows (`final`).
 */
const nextStart = (bytes: Uint8Array, from: number, end: number, final: boolean): number => {
  let first = 0
  for (let at = from; at + 1 < end; at++) {
    if (first !== 0 && at - first > PREFERENCE_BYTES) break
    if (!isMark(bytes, at)) continue
    if ((at - from >= 2 && isTail(bytes, at - 2)) || isPlausible(bytes, at, end)) return at
    if (first === 0) first = at
  }
  if (first !== 0) return first
  return !final && from < end && (bytes[end - 1] === SHORT_MARK || bytes[end - 1] === LONG_MARK) ? end - 1 : end
}

const isPlausible = (bytes: Uint8Array, at: number, end: number): boolean => {
  if (end - at < HEAD_BYTES) return true
  const size = declaredBytes(bytes, at)
  if (end - at >= size) return size >= OVERHEAD + LENGTH_MIN && isTail(bytes, at + size - 2)
  const long = bytes[at] & 1
  return size <= LENGTH_MAX + OVERHEAD + 1 && KNOWN[bytes[at + 3 + long] | (long << 8)] === 1
}

const declaredBytes = (bytes: Uint8Array, start: number): number =>
  bytes[start] & 1 ? u16(bytes, start + 2) + OVERHEAD + 1 : bytes[start + 2] + OVERHEAD

const isMark = (bytes: Uint8Array, at: number): boolean =>
  (bytes[at] === SHORT_MARK || bytes[at] === LONG_MARK) && bytes[at + 1] === bytes[at]

const isTail = (bytes: Uint8Array, at: number): boolean => bytes[at] === CR && bytes[at + 1] === LF

const isPadding = (byte: number): boolean => byte === CR || byte === LF || byte === 0x20 || byte === 0

// Topin / ZhongXun. No serial, no CRC:
//   01        78 78 0d 01 | IMEI 8 | version u8 | 0d 0a
//   10 11     78 78 L  10 | content of L bytes | 0d 0a
//   17 69 …   78 78 w  17 | date 6 | w × { MAC 6, strength } | c | MCC u16, MNC u8 | c × { LAC u16, CID u16, strength }
//             [alarm u8] | 0d 0a
const TOPIN_LOGIN_BYTES = 15
const TOPIN_GPS_MIN = 18
/** More access points than this are no Topin frame. */
const TOPIN_WIFI_MAX = 60

/** Size of the Topin frame at `start`; NEED_MORE if it may become one; -1 if it is none. */
const topinBytes = (bytes: Uint8Array, start: number, end: number): number => {
  if (bytes[start] !== SHORT_MARK) return -1
  const number = bytes[start + 3]
  const held = end - start
  const length = bytes[start + 2]
  if (number === LOGIN) return held >= TOPIN_LOGIN_BYTES && isTopinLogin(bytes, start, start + 15) ? 15 : -1
  if (number === 0x10 || number === 0x11) {
    if (length < TOPIN_GPS_MIN) return -1
    const size = length + 6
    if (held >= size) return isTail(bytes, start + size - 2) ? size : -1
    return held === size - 1 && bytes[end - 1] === CR ? NEED_MORE : -1
  }
  if (!isTopinList(number) || length > TOPIN_WIFI_MAX) return -1
  const countAt = start + 10 + 7 * length
  if (countAt >= end) return NEED_MORE
  const size = 16 + 7 * length + 5 * bytes[countAt]
  if (held < size) return NEED_MORE
  if (isTail(bytes, start + size - 2)) return size
  if (held === size) return bytes[end - 1] === CR ? NEED_MORE : -1
  return isTail(bytes, start + size - 1) ? size + 1 : -1 // with an alarm
}

export const isTopinList = (number: number): boolean =>
  number === 0x17 || number === 0x69 || number === 0x18 || number === 0x19 || number === 0x1a

const isTopinLogin = (bytes: Uint8Array, start: number, end: number): boolean =>
  end - start === TOPIN_LOGIN_BYTES &&
  bytes[start] === SHORT_MARK &&
  bytes[start + 3] === LOGIN &&
  isTail(bytes, end - 2)

/** 15 bytes that look like a Topin login may be the beginning of an ordinary one, with 0d in its serial and 0a as first
 *  byte of its CRC: the CRC tells. */
const isLoginSoFar = (bytes: Uint8Array, start: number): boolean =>
  bytes[start + 2] === 0x0d && crc16(bytes, start + 2, start + 14) >> 8 === LF

/** What a whole frame is. */
export const Shape = {
  /** Length and tail agree. */
  regular: 0,
  /** The length is wrong; serial and CRC are where they should be. */
  wrongLength: 1,
  /** Topin: content up to the tail. */
  topin: 2,
  /** Too short for a serial and a CRC: number and a few bytes. */
  stump: 3,
} as const

export const shapeOf = (bytes: Uint8Array, start: number, end: number): number => {
  const size = end - start
  const stump = size < OVERHEAD + LENGTH_MIN + (bytes[start] & 1)
  if (!stump && declaredBytes(bytes, start) === size) return Shape.regular
  if (topinBytes(bytes, start, end) === size) return Shape.topin
  return stump ? Shape.stump : Shape.wrongLength
}

/** For frames with a CRC. */
export const hasRightCrc = (bytes: Uint8Array, start: number, end: number): boolean => {
  if (end - start < OVERHEAD + LENGTH_MIN + (bytes[start] & 1)) return false
  return crc16(bytes, start + 2, end - 4) === u16(bytes, end - 4)
}

/** True if a strict reader drops the frame. */
export const isRefused = (bytes: Uint8Array, start: number, end: number, settings: Settings): boolean => {
  if (!settings.strictCrc) return false
  return shapeOf(bytes, start, end) !== Shape.topin && !hasRightCrc(bytes, start, end)
}

export const identify = (bytes: Uint8Array, start: number, end: number, id: Uint8Array, settings: Settings): number => {
  if (end - start < FRAME_MIN || bytes[start] !== SHORT_MARK || bytes[start + 3] !== LOGIN) return 0
  if (isRefused(bytes, start, end, settings)) return 0
  const imei = start + 4
  const trailer = isTopinLogin(bytes, start, end) ? 3 : TRAILER
  if (end - trailer - imei < IMEI_BYTES || !isBcd(bytes, imei, imei + IMEI_BYTES)) return BAD_IDENTITY
  writeImei(bytes, imei, id)
  return IMEI_DIGITS
}

/** Writes the IMEI at `at` as text: 16 digits, of which the first is padding. */
export const writeImei = (bytes: Uint8Array, at: number, id: Uint8Array): void => {
  for (let digit = 1; digit <= IMEI_DIGITS; digit++) {
    const byte = bytes[at + (digit >> 1)]
    id[digit - 1] = 0x30 + (digit & 1 ? byte & 15 : byte >> 4)
  }
}

/** Leaves out serial, CRC and tail: a repetition may carry others. */
export const hash = (bytes: Uint8Array, start: number, end: number, into: Uint32Array): void => {
  hashStart(into)
  if (end - start < FRAME_MIN) return
  const numberAt = start + 3 + (bytes[start] & 1)
  const shape = shapeOf(bytes, start, end)
  hashBytes(bytes, numberAt, Math.max(numberAt, end - (shape >= Shape.topin ? 2 : TRAILER)), into)
}

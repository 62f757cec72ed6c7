/**
 * Where frames begin and end, and whose they are.
 *
 *   2a | 2 letters | 2c | 0-20 digits | 2c | letter … 23        text; no length, no checksum
 *   24 | 5 BCD id | 3 BCD hh mm ss | 3 BCD dd mm yy | …         binary; 32, 45 to 48 bytes, no length, no checksum
 *   24 | 8 BCD id | 3 BCD hh mm ss | 3 BCD dd mm yy | …         binary with a long id; 42 bytes
 *   58 | 5 BCD mileage | 3 BCD hh mm ss | 3 BCD dd mm yy | …    binary without an id; 32 bytes
 *
 * Nothing tells the length of a short-id binary record but what follows it: another opening, or silence. A record whose
 * cell and signal are believable has 45 bytes without that. The end of an IMEI may read as a time, and the time behind it
 * as a date: then the place tells which id it is, or else what follows.
 */
import { COMMA, CR, DOLLAR, HASH, LF, NUL, SPACE, STAR, UPPER_X, ZERO } from '../ascii.ts'
import { BAD_IDENTITY, FINAL, MAYBE, NEED_MORE, NO, YES } from '../codec.ts'
import { hashBytes, hashStart } from '../hash.ts'
import { isDigit } from '../numbers.ts'
import {
  Binary,
  CELL_BYTES,
  CSQ_MAX,
  ID_DIGITS_MAX,
  LONG_ID_BYTES,
  LONG_ID_SHIFT,
  MCC_MAX,
  MCC_MIN,
  MILEAGE_BYTES,
  OPAQUE_BYTES,
  PLAIN_BYTES,
  TEXT_BYTES_MAX,
} from './messages.ts'

/** After this silence a record ends where the bytes end, */
const SILENT_MS = 1000
/** and after this one what lies behind it need not be understood. */
const PATIENCE_MS = 2000

/** Two BCD digits as a number; 255: no such byte. */
export const BCD = new Uint8Array(256).fill(255)
for (let value = 0; value < 100; value++) BCD[(((value / 10) | 0) << 4) | (value % 10)] = value

/** Most that hh mm ss dd mm yy may be. */
const CLOCK_MAX = Uint8Array.of(23, 59, 59, 31, 12, 99)
const DAY = 3

const isLetter = (byte: number) => (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a
const isPadding = (byte: number) => byte === CR || byte === LF || byte === SPACE || byte === NUL

/** Opening of a text frame at `at`, where there is a star. */
const textOpening = (bytes: Uint8Array, at: number, end: number): number => {
  if (at + 1 >= end) return MAYBE
  if (!isLetter(bytes[at + 1])) return NO
  if (at + 2 >= end) return MAYBE
  if (!isLetter(bytes[at + 2])) return NO
  if (at + 3 >= end) return MAYBE
  if (bytes[at + 3] !== COMMA) return NO
  let to = at + 4
  while (to < end && isDigit(bytes[to])) to++
  if (to - at - 4 > ID_DIGITS_MAX) return NO
  if (to >= end) return MAYBE
  if (bytes[to] !== COMMA) return NO
  if (to + 1 >= end) return MAYBE
  return isLetter(bytes[to + 1]) ? YES : NO
}

/** Time and date at `at`. A date of zeros is a clock that was never set. */
const clockAt = (bytes: Uint8Array, at: number, end: number, zeroDate: boolean): number => {
  let unset = false
  for (let index = 0; index < CLOCK_MAX.length; index++) {
    if (at + index >= end) return MAYBE
    const value = BCD[bytes[at + index]]
    if (value > CLOCK_MAX[index]) return NO
    if (index === DAY) unset = value === 0
    if (index === DAY + 1 && (value === 0) !== unset) return NO
    if (unset && (!zeroDate || value !== 0)) return NO
  }
  return YES
}

/** Answer of `binaryOpening`: a record with the long id. */
const LONG = 3

/** Opening of a binary record at `at`: NO, MAYBE, YES or LONG. */
const binaryOpening = (bytes: Uint8Array, at: number, end: number, zeroDate: boolean): number => {
  for (let id = at + Binary.id; id < at + Binary.time; id++) {
    if (id >= end) return MAYBE
    if (BCD[bytes[id]] === 255) return NO
  }
  const short = clockAt(bytes, at + Binary.time, end, zeroDate)
  if (short === YES) return YES
  for (let id = at + Binary.time; id < at + Binary.time + LONG_ID_SHIFT; id++) {
    if (id >= end) return MAYBE
    if (BCD[bytes[id]] === 255) return short
  }
  const long = clockAt(bytes, at + Binary.time + LONG_ID_SHIFT, end, zeroDate)
  if (long === NO) return short
  return long === YES && short === NO ? LONG : MAYBE
}

/** True if a whole `$` record has the long id: no other has its length. */
export const hasLongId = (bytes: Uint8Array, start: number, end: number): boolean => {
  const clock = start + Binary.time + LONG_ID_SHIFT
  return (
    end - start === LONG_ID_BYTES && isBcd(bytes, start + Binary.id, clock) && clockAt(bytes, clock, end, true) === YES
  )
}

/**
 * True if the record, whose opening is that of a short id, may have the long one all the same: the last digits of an IMEI
 * can be a time, and a time a date. Its first 32 bytes are there.
 */
const mayBeLong = (bytes: Uint8Array, start: number, end: number): boolean => {
  if (clockAt(bytes, start + Binary.time + LONG_ID_SHIFT, end, true) !== YES) return false
  return isPlace(bytes, start + LONG_ID_SHIFT)
}

/** True if the record whose offsets count from `at` has a latitude, longitude, speed and course that can be. */
const isPlace = (bytes: Uint8Array, at: number): boolean => {
  const latitude = at + Binary.latitude
  const longitude = at + Binary.longitude
  const speed = at + Binary.speed
  if (BCD[bytes[latitude]] > 90 || BCD[bytes[latitude + 1]] > 59) return false
  if (BCD[bytes[longitude]] * 10 + (bytes[longitude + 1] >> 4) > 180 || (bytes[longitude + 1] & 15) > 5) return false
  if (bytes[at + Binary.flags] >> 4 > 9 || (bytes[speed + 1] & 15) * 100 + BCD[bytes[speed + 2]] > 360) return false
  return (
    isBcd(bytes, latitude + 2, latitude + 4) &&
    isBcd(bytes, longitude + 1, at + Binary.flags) &&
    isBcd(bytes, speed, speed + 3)
  )
}

const isBcd = (bytes: Uint8Array, from: number, to: number): boolean => {
  for (let at = from; at < to; at++) if (BCD[bytes[at]] === 255) return false
  return true
}

/** Opening of any frame at `at`: NO, MAYBE, or another number. */
const opening = (bytes: Uint8Array, at: number, end: number): number => {
  const first = bytes[at]
  if (first === STAR) return textOpening(bytes, at, end)
  if (first === DOLLAR) return binaryOpening(bytes, at, end, true)
  if (first !== UPPER_X) return NO
  for (let mileage = at + 1; mileage < at + Binary.time; mileage++) {
    if (mileage >= end) return MAYBE
    if (BCD[bytes[mileage]] === 255) return NO
  }
  return clockAt(bytes, at + Binary.time, end, true)
}

export const split = (bytes: Uint8Array, start: number, end: number, silentMs: number): number => {
  if (start >= end) return NEED_MORE
  const first = bytes[start]
  if (isPadding(first)) {
    let at = start + 1
    while (at < end && isPadding(bytes[at])) at++
    return start - at
  }
  const verdict = opening(bytes, start, end)
  if (verdict === NO || (verdict === MAYBE && silentMs === FINAL)) return skipGarbage(bytes, start, end, silentMs)
  if (first === STAR) return splitText(bytes, start, end, silentMs)
  const least = verdict === LONG ? LONG_ID_BYTES : MILEAGE_BYTES
  if (end - start < least) return silentMs === FINAL ? skipGarbage(bytes, start, end, silentMs) : NEED_MORE
  if (first === UPPER_X || verdict === LONG) return least
  return splitBinary(bytes, start, end, silentMs)
}

/** Through the hash. Where another frame opens first, or no hash comes in time, this one lost its end. */
const splitText = (bytes: Uint8Array, start: number, end: number, silentMs: number): number => {
  const stop = Math.min(end, start + TEXT_BYTES_MAX)
  for (let at = start + 1; at < stop; at++) {
    const byte = bytes[at]
    if (byte === HASH) return at + 1 - start
    if (byte === STAR && textOpening(bytes, at, end) === YES) return start - at
  }
  return end - start >= TEXT_BYTES_MAX || silentMs === FINAL ? skipGarbage(bytes, start, end, silentMs) : NEED_MORE
}

/** Length of a record with a short id, of which 32 bytes are there. */
const splitBinary = (bytes: Uint8Array, start: number, end: number, silentMs: number): number => {
  const size = end - start
  const silent = silentMs >= SILENT_MS
  const patient = silentMs < PATIENCE_MS
  if (size === PLAIN_BYTES) return silent ? PLAIN_BYTES : NEED_MORE
  const plain = boundary(bytes, start + PLAIN_BYTES, end)
  if (plain === YES) return PLAIN_BYTES
  if (size >= LONG_ID_BYTES && mayBeLong(bytes, start, end)) {
    if (!isPlace(bytes, start)) return LONG_ID_BYTES
    const long = boundary(bytes, start + LONG_ID_BYTES, end)
    if (long === YES || (silent && isLineEnd(bytes, start + LONG_ID_BYTES, end))) return LONG_ID_BYTES
  }
  if (size < CELL_BYTES) return patient ? NEED_MORE : PLAIN_BYTES
  if (plain === MAYBE && !silent) return NEED_MORE
  if (hasCell(bytes, start)) return CELL_BYTES
  // With a tail that nobody documents: 45, 47 and, in field logs, 46 bytes. Room for one more takes nothing from the rest.
  for (let length = CELL_BYTES; length <= OPAQUE_BYTES; length++) {
    if (isLineEnd(bytes, start + length, end)) return silent ? length : NEED_MORE
    const next = boundary(bytes, start + length, end)
    if (next === YES) return length
    if (next === MAYBE && patient) return NEED_MORE
  }
  return PLAIN_BYTES
}

/** True if nothing but a line end, or nothing, is left. */
const isLineEnd = (bytes: Uint8Array, at: number, end: number): boolean => {
  while (at < end && (bytes[at] === CR || bytes[at] === LF)) at++
  return at >= end
}

/** Whether a frame opens at `at`, behind a line end perhaps; MAYBE if the bytes do not tell. */
const boundary = (bytes: Uint8Array, at: number, end: number): number => {
  let next = at
  while (next < end && next - at < 2 && (bytes[next] === CR || bytes[next] === LF)) next++
  if (next >= end) return MAYBE
  const verdict = opening(bytes, next, end)
  return verdict === LONG ? YES : verdict
}

/** True if the 45 bytes at `start` end in signal, satellites and cell; other tails of this length exist. */
export const hasCell = (bytes: Uint8Array, start: number): boolean => {
  const mcc = (bytes[start + Binary.mcc] << 8) | bytes[start + Binary.mcc + 1]
  return mcc >= MCC_MIN && mcc <= MCC_MAX && bytes[start + Binary.csq] <= CSQ_MAX
}

/** -n: what lies before the next opening, or before what may become one. */
const skipGarbage = (bytes: Uint8Array, start: number, end: number, silentMs: number): number => {
  for (let at = start + 1; at < end; at++) {
    const byte = bytes[at]
    if (byte !== STAR && byte !== DOLLAR && byte !== UPPER_X) continue
    const verdict = opening(bytes, at, end)
    if (verdict !== NO && (verdict !== MAYBE || silentMs !== FINAL)) return start - at
  }
  return start - end
}

/** Where the digits of a text frame's id end; they begin behind the maker, at `start + 4`. */
export const idEnd = (bytes: Uint8Array, start: number, end: number): number => {
  let at = start + ID_START
  while (at < end && isDigit(bytes[at])) at++
  return at
}
export const ID_START = 4

/** Writes BCD digits as ASCII. */
export const writeDigits = (bytes: Uint8Array, from: number, count: number, into: Uint8Array, at: number): number => {
  for (let digit = 0; digit < count; digit++) {
    const byte = bytes[from + (digit >> 1)]
    into[at + digit] = ZERO + (digit & 1 ? byte & 15 : byte >> 4)
  }
  return at + count
}

const SHORT_DIGITS = 10,
  IMEI_DIGITS = 15

/** Digits of the id of a whole `$` record. */
export const binaryIdDigits = (bytes: Uint8Array, start: number, end: number): number =>
  hasLongId(bytes, start, end) ? IMEI_DIGITS : SHORT_DIGITS

export const identify = (bytes: Uint8Array, start: number, end: number, id: Uint8Array): number => {
  let length = 0
  if (bytes[start] === STAR) {
    const to = idEnd(bytes, start, end)
    length = to - start - ID_START
    if (length > ID_DIGITS_MAX) return BAD_IDENTITY
    for (let at = 0; at < length; at++) id[at] = bytes[start + ID_START + at]
  } else if (bytes[start] === DOLLAR && end - start >= PLAIN_BYTES) {
    length = writeDigits(bytes, start + Binary.id, binaryIdDigits(bytes, start, end), id, 0)
  }
  // Zeros alone are no identity.
  for (let at = 0; at < length; at++) if (id[at] !== ZERO) return length
  return length === 0 ? 0 : BAD_IDENTITY
}

/** Everything but the number of a binary record. */
export const hash = (bytes: Uint8Array, start: number, end: number, into: Uint32Array): void => {
  const size = end - start
  let to = end
  if (bytes[start] !== STAR && (size === PLAIN_BYTES || (size === CELL_BYTES && hasCell(bytes, start)))) to--
  hashStart(into)
  hashBytes(bytes, start, to, into)
}

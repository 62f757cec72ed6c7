/**
 * Times of the tracker, all UTC: u32 seconds since 1970, seven bytes (u16 year, month, day, hour, minute, second), ten
 * digits of seconds or fourteen of YYYYMMDDHHMMSS. In here a time is seconds since 1970, 0: none, NaN: impossible.
 */
import { COMMA, QUOTE, ZERO } from '../ascii.ts'
import { u16, u32 } from '../bytes.ts'
import { dayNumber, ISO_TEXT, NO_DAY, writeIsoText } from '../dates.ts'
import { DIGITS_MAX, whole } from '../numbers.ts'
import type { Records } from '../records.ts'

/** Bytes of a time: `AT$FORM` parameter 3. */
export const UNIX = 4,
  READABLE = 7
const DAY_S = 86_400
/** 2010-01-01: clocks that show less have not been set. */
const SET_S = 1_262_304_000
/** A time further ahead of the gateway's clock than this is not believed. */
const AHEAD_MAX_S = DAY_S
const YEAR_MIN = 1970,
  YEAR_MAX = 2199

/** A leap second is let pass. */
const civil = (year: number, month: number, day: number, hour: number, minute: number, second: number): number => {
  if (year < YEAR_MIN || year > YEAR_MAX || hour > 23 || minute > 59 || second > 60) return NaN
  const days = dayNumber(year, month, day)
  return days === NO_DAY ? NaN : days * DAY_S + hour * 3600 + minute * 60 + second
}

/** Time at `at` in a binary record whose times have `size` bytes. */
export const timeAt = (bytes: Uint8Array, at: number, size: number): number => {
  if (size === UNIX) return u32(bytes, at)
  const year = u16(bytes, at)
  if (year === 0 && bytes[at + 2] === 0 && bytes[at + 3] === 0) return 0
  return civil(year, bytes[at + 2], bytes[at + 3], bytes[at + 4], bytes[at + 5], bytes[at + 6])
}

/** Time in the text bytes[from, to). */
export const timeOf = (bytes: Uint8Array, from: number, to: number): number => {
  const value = whole(bytes, from, to, DIGITS_MAX)
  if (value < 0) return NaN
  if (to - from !== 14) return to - from <= 10 ? value : NaN
  if (value === 0) return 0
  const date = Math.floor(value / 1_000_000)
  const clock = value - date * 1_000_000
  return civil(
    Math.floor(date / 10_000),
    Math.floor(date / 100) % 100,
    date % 100,
    Math.floor(clock / 10_000),
    Math.floor(clock / 100) % 100,
    clock % 100,
  )
}

/** True if the clock had been set when it showed this; false for NaN. */
export const isSet = (seconds: number): boolean => seconds >= SET_S

/** True if the time can be one: set, and not more than a day ahead of the gateway. */
export const isBelievable = (seconds: number, receivedMs: number): boolean =>
  seconds >= SET_S && seconds <= receivedMs / 1000 + AHEAD_MAX_S

/** True if seven bytes at `at` are a readable time, as far as its looks go. */
const looksReadable = (bytes: Uint8Array, at: number): boolean => {
  if (bytes[at] !== 0x07 && bytes[at] !== 0x08) return false
  const month = bytes[at + 2]
  const day = bytes[at + 3]
  if (month < 1 || month > 12 || day < 1 || day > 31) return false
  return bytes[at + 4] < 24 && bytes[at + 5] < 60 && bytes[at + 6] < 61
}

/** True if four bytes at `at` are seconds of 2010 or later. */
export const looksUnix = (bytes: Uint8Array, at: number): boolean => bytes[at] >= 0x4b && bytes[at] <= 0x7f

/** True if the three times at `at` are readable ones; a GPS time of zeros says nothing. 21 bytes must be there. */
export const threeReadable = (bytes: Uint8Array, at: number): boolean => {
  if (!looksReadable(bytes, at + READABLE) || !looksReadable(bytes, at + 2 * READABLE)) return false
  if (looksReadable(bytes, at)) return true
  for (let byte = at; byte < at + READABLE; byte++) if (bytes[byte] !== 0) return false
  return true
}

/** True if the three times at `at` are seconds of set clocks; a GPS time of zero says nothing. 12 bytes must be there. */
export const threeUnix = (bytes: Uint8Array, at: number): boolean => {
  if (!looksUnix(bytes, at + UNIX) || !looksUnix(bytes, at + 2 * UNIX)) return false
  return looksUnix(bytes, at) || u32(bytes, at) === 0
}

// Text of the time written last, and its day: the times of records that come together are nearly always of one day.
// Writing the clock alone took decoding ten records from 7.0 to 5.6 µs (bench/codecs.atrack.bench.ts).
const text = new Uint8Array(ISO_TEXT.length)
let textDay = NaN

/** Seconds since 1970 as ISO 8601 text. An attribute must have been written to the row before. */
export const attributeTime = (records: Records, name: Uint8Array, seconds: number): void => {
  const day = Math.floor(seconds / DAY_S)
  if (day === textDay) {
    const second = (seconds - day * DAY_S) | 0
    const minute = (second / 60) | 0
    const hour = (minute / 60) | 0
    pair(HOUR_AT, hour)
    pair(HOUR_AT + 3, minute - hour * 60)
    pair(HOUR_AT + 6, second - minute * 60)
  } else {
    writeIsoText(seconds * 1000)
    text.set(ISO_TEXT)
    textDay = day
  }
  const column = records.attributes
  column.push(COMMA)
  column.append(name, 0, name.length)
  column.push(QUOTE)
  column.append(text, 0, text.length)
  column.push(QUOTE)
}
const HOUR_AT = 11

const pair = (at: number, value: number): void => {
  const tens = (value / 10) | 0
  text[at] = ZERO + tens
  text[at + 1] = ZERO + value - tens * 10
}

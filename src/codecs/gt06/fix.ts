/** One position with its time, whatever message it came in. */
import { attributeBool, attributeFixed, attributeHex, attributeInt } from '../attributes.ts'
import { u16, u32 } from '../bytes.ts'
import { hashBytes, hashStart } from '../hash.ts'
import { Source } from '../records.ts'
import { BUFFERED_MS, dateMs, isBelievable, utcMs } from './clock.ts'
import { Key } from './keys.ts'
import type { Message } from './message.ts'
import {
  ACC_ON,
  ACC_TOLD,
  COURSE_MASK,
  DIFFERENTIAL,
  FIXED,
  Gps,
  LATITUDE_RAW_MAX,
  LONGITUDE_RAW_MAX,
  NORTH,
  WEST,
} from './messages.ts'

/** The frame has no re-upload flag, or no upload mode. */
export const NOT_TOLD = -1

/** 1/1 800 000 degree to 1e-7 degree. */
const RAW_TO_E7 = 50 / 9
/** Rounds what is on earth, as integers can hold; a quotient of nine is never halfway. */
const HALF = 0.5

/** Degrees; the course's ten bits can hold more. */
const COURSE_MAX = 360

// Upload modes that are not about a fix made now.
const BEFORE_LINK_BROKE = 0x05,
  STATIC_AGAIN = 0x0a,
  OF_WIFI = 0x0b,
  STATIC_AGAIN_TOO = 0x0d

/** G18 at `at`. `reupload`: 1 stored, 0 live, NOT_TOLD. */
export const gpsBlock = (message: Message, at: number, reupload: number, mode: number): void => {
  gpsPart(message, at + Gps.satellites, at, reupload, mode)
}

/** The 12 bytes behind the date in G18, with the date anywhere. */
export const gpsPart = (message: Message, at: number, dateAt: number, reupload: number, mode: number): void => {
  const { bytes } = message
  const ms = utcMs(message, dateMs(bytes, dateAt), reupload === 1)
  const latitude = u32(bytes, at + Gps.latitude - Gps.satellites)
  const longitude = u32(bytes, at + Gps.longitude - Gps.satellites)
  const word = u16(bytes, at + Gps.course - Gps.satellites)
  const speed = bytes[at + Gps.speed - Gps.satellites]
  if (ms !== ms) attributeHex(message.records, Key.fixTimeHex, bytes, dateAt, dateAt + 6)
  position(message, ms, latitude, longitude, speed, word, bytes[at] & 15, reupload, mode)
}

/**
 * Writes the position, as a fix if time and place are sound, else as attributes of a telemetry record. `ms` may be NaN;
 * `speedKph` NaN and `satellites` NOT_TOLD if the message has none; latitude and longitude are raw magnitudes.
 */
export const position = (
  { records, row, context }: Message,
  ms: number,
  latitude: number,
  longitude: number,
  speedKph: number,
  word: number,
  satellites: number,
  reupload: number,
  mode: number,
): void => {
  records.fixMs[row] = ms
  if (word & ACC_TOLD) records.ignition[row] = word & ACC_ON ? 1 : 0
  if (reupload === NOT_TOLD) records.buffered[row] = context.receivedMs - ms > BUFFERED_MS ? 1 : 0
  else records.buffered[row] = reupload
  const course = word & COURSE_MASK
  const somewhere = (latitude | longitude) !== 0
  const onEarth = latitude <= LATITUDE_RAW_MAX && longitude <= LONGITUDE_RAW_MAX
  if (word & DIFFERENTIAL) attributeBool(records, Key.differential, true)
  if (course > COURSE_MAX) attributeInt(records, Key.courseRaw, course)
  if (somewhere && onEarth && ms === ms) {
    records.isFix[row] = 1
    const latE7 = (latitude * RAW_TO_E7 + HALF) | 0
    const lonE7 = (longitude * RAW_TO_E7 + HALF) | 0
    records.latE7[row] = word & NORTH ? latE7 : -latE7
    records.lonE7[row] = word & WEST ? -lonE7 : lonE7
    records.speedKph[row] = speedKph
    if (course <= COURSE_MAX) records.courseDeg[row] = course === COURSE_MAX ? 0 : course
    if (satellites !== NOT_TOLD) records.satellites[row] = satellites
    records.valid[row] = word & FIXED ? 1 : 0
    records.source[row] = sourceOf(word, mode)
    return
  }
  attributeBool(records, Key.valid, false)
  if (somewhere) {
    const latE7 = Math.round(latitude * RAW_TO_E7)
    const lonE7 = Math.round(longitude * RAW_TO_E7)
    attributeFixed(records, Key.latitude, word & NORTH ? latE7 : -latE7, 7)
    attributeFixed(records, Key.longitude, word & WEST ? -lonE7 : lonE7, 7)
  }
  if (speedKph === speedKph) attributeInt(records, Key.speedKph, speedKph)
  if (course <= COURSE_MAX) attributeInt(records, Key.course, course)
  if (satellites !== NOT_TOLD) attributeInt(records, Key.satellites, satellites)
}

const sourceOf = (word: number, mode: number): number => {
  if (mode === OF_WIFI) return Source.wifi
  if (!(word & FIXED)) return Source.lastKnown
  return mode === BEFORE_LINK_BROKE || mode === STATIC_AGAIN || mode === STATIC_AGAIN_TOO
    ? Source.lastKnown
    : Source.gnss
}

/** The date of a message without a position: `sent_at`. */
export const sentAt = (message: Message, at: number): void => {
  const ms = utcMs(message, dateMs(message.bytes, at), false)
  sent(message, ms)
  if (ms !== ms) attributeHex(message.records, Key.fixTimeHex, message.bytes, at, at + 6)
}

/** The unix time of a message without a position: `sent_at`. */
export const unixSentAt = (message: Message, at: number): void => {
  sent(message, unixMs(message, at))
}

/** ms of a unix time in seconds, NaN for none that can be believed. */
export const unixMs = ({ bytes, context }: Message, at: number): number => {
  const ms = u32(bytes, at) * 1000
  return ms > 0 && isBelievable(ms, context) ? ms : NaN
}

/** What is late was stored. */
export const sent = ({ records, row, context }: Message, ms: number): void => {
  records.fixMs[row] = ms
  records.buffered[row] = context.receivedMs - ms > BUFFERED_MS ? 1 : 0
}

/** u32 of whole metres. */
export const odometer = ({ bytes, records, row }: Message, at: number): void => {
  records.odometerKm[row] = u32(bytes, at) / 1000
}

const id = new Uint32Array(2)

/**
 * Names a record by its number and content without bytes[from, to): a location that comes again from the tracker's
 * memory says there that it does.
 */
export const identifyWithout = ({ bytes, at, end, records, row }: Message, from: number, to: number): void => {
  hashStart(id)
  hashBytes(bytes, at - 1, from, id)
  if (to < end) hashBytes(bytes, to, end, id)
  records.idLow[row] = id[0]
  records.idHigh[row] = id[1]
}

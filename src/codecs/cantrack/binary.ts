/** Binary records: the plain one, with a cell, with a long id, with a tail that nobody documents, and with a mileage. */
import { DOLLAR, UPPER_X } from '../ascii.ts'
import { attributeFixed, attributeHex, attributeInt } from '../attributes.ts'
import type { FrameContext } from '../codec.ts'
import { NO_COORDINATE } from '../numbers.ts'
import type { Records } from '../records.ts'
import { Reject } from '../rejects.ts'
import { writeBatteryCode, writeCell, writeCsq, writeSatellites } from './cells.ts'
import { degreesE7 } from './fields.ts'
import { BCD, hasCell, hasLongId } from './frame.ts'
import {
  Binary,
  CELL_BYTES,
  FLAG_EAST,
  FLAG_NORTH,
  FLAG_VALID,
  Key,
  LONG_ID_SHIFT,
  MESSAGE_BINARY,
  MESSAGE_MILEAGE,
  OPAQUE_BYTES,
  PLAIN_BYTES,
  TYPES,
} from './messages.ts'
import type { Settings } from './settings.ts'
import { activeBefore, packed, tagOf } from './state.ts'
import { writeStatus } from './status.ts'
import { placeRow } from './text.ts'
import { momentOf, momentOfBcd, timeOfBcd, writeMoment } from './time.ts'

/** Metres of one unit of the mileage record. */
const MILEAGE_METRES = 0.51444
const KPH_PER_KNOT = 1.852
const FULL_CIRCLE = 360

export const decodeBinary = (
  bytes: Uint8Array,
  start: number,
  end: number,
  context: FrameContext,
  records: Records,
  settings: Settings,
): number => {
  const size = end - start
  const mileage = bytes[start] === UPPER_X
  if (size < PLAIN_BYTES || size > OPAQUE_BYTES || (!mileage && bytes[start] !== DOLLAR)) return -Reject.bad_frame
  const long = !mileage && hasLongId(bytes, start, end)
  // Offsets of the table count from here.
  const at = long ? start + LONG_ID_SHIFT : start
  records.begin(mileage ? MESSAGE_MILEAGE : MESSAGE_BINARY)
  writeFix(bytes, at, context, records, settings)
  if (mileage) writeMileage(bytes, at, records)
  else writeBatteryCode(bytes[at + Binary.battery], records)
  const status = binaryStatus(bytes, at)
  const before = activeBefore(packed(~status), binaryTag(bytes, at), context.state)
  writeStatus(status, before, context, records, settings)
  if (long) attributeHex(records, Key.tail, bytes, at + Binary.alarm, end)
  else writeTail(bytes, start, end, records)
  records.end()
  return 1
}

/** The status of the record whose offsets count from `at`. */
export const binaryStatus = (bytes: Uint8Array, at: number): number => {
  const from = at + Binary.status
  return (bytes[from] << 24) | (bytes[from + 1] << 16) | (bytes[from + 2] << 8) | bytes[from + 3]
}

/** The tag of the record whose offsets count from `at`. */
export const binaryTag = (bytes: Uint8Array, at: number): number =>
  tagOf(TYPES.length, timeOfBcd(bytes, at + Binary.time))

const writeFix = (bytes: Uint8Array, at: number, context: FrameContext, records: Records, settings: Settings): void => {
  const moment = momentOf(momentOfBcd(bytes, at + Binary.time), context.receivedMs, settings)
  const timely = !Number.isNaN(moment)
  const flags = bytes[at + Binary.flags]
  const latE7 = latitudeE7(bytes, at + Binary.latitude)
  const lonE7 = longitudeE7(bytes, at + Binary.longitude)
  const north = (flags & FLAG_NORTH) !== 0
  const east = (flags & FLAG_EAST) !== 0
  const isPlace = timely && placeRow(latE7, lonE7, north, east, (flags & FLAG_VALID) !== 0, records)
  if (timely) writeMoment(moment, context, records)
  else attributeHex(records, Key.time, bytes, at + Binary.time, at + Binary.latitude)
  if (!isPlace && (latE7 !== 0 || lonE7 !== 0))
    attributeHex(records, Key.position, bytes, at + Binary.latitude, at + Binary.speed)
  writeMotion(bytes, at + Binary.speed, records)
}

/** `ddmmmmmm`: degrees and minutes with four decimals. */
const latitudeE7 = (bytes: Uint8Array, at: number): number => {
  const minutes = minutesE4(bytes, at + 1, 0)
  const degrees = BCD[bytes[at]]
  return degrees === 255 || minutes < 0 ? NO_COORDINATE : degreesE7(degrees, minutes * 1000)
}

/** `dddmmmmmm`, and flags in the last nibble. */
const longitudeE7 = (bytes: Uint8Array, at: number): number => {
  const hundreds = bytes[at] >> 4
  const tens = bytes[at] & 15
  const ones = bytes[at + 1] >> 4
  const minutes = minutesE4(bytes, at + 1, 4)
  if (hundreds > 9 || tens > 9 || ones > 9 || minutes < 0) return NO_COORDINATE
  return degreesE7(hundreds * 100 + tens * 10 + ones, minutes * 1000)
}

/** Six BCD digits from the first or, with `shift` 4, second nibble at `at`; -1: they are none. */
const minutesE4 = (bytes: Uint8Array, at: number, shift: number): number => {
  let value = 0
  for (let digit = 0; digit < 6; digit++) {
    const index = digit + (shift >> 2)
    const byte = bytes[at + (index >> 1)]
    const nibble = index & 1 ? byte & 15 : byte >> 4
    if (nibble > 9) return -1
    value = value * 10 + nibble
  }
  return value
}

/** Three BCD digits of knots and three of degrees. */
const writeMotion = (bytes: Uint8Array, at: number, records: Records): void => {
  const row = records.rows
  const knots = minutesE4(bytes, at, 0)
  if (knots < 0) return attributeHex(records, Key.speed, bytes, at, at + 3)
  const speed = (knots / 1000) | 0
  const course = knots % 1000
  if (records.isFix[row]) {
    records.speedKph[row] = speed * KPH_PER_KNOT
    if (course <= FULL_CIRCLE) records.courseDeg[row] = course % FULL_CIRCLE
    else attributeInt(records, Key.course, course)
  } else {
    attributeFixed(records, Key.speed, speed * 1852, 3)
    attributeInt(records, Key.course, course)
  }
}

/** Mileage and, where other records have a battery code, the temperature. */
const writeMileage = (bytes: Uint8Array, at: number, records: Records): void => {
  let units = 0
  for (let index = at + 1; index < at + Binary.time; index++) units = units * 100 + BCD[bytes[index]]
  records.odometerKm[records.rows] = (units * MILEAGE_METRES) / 1000
  attributeInt(records, Key.temperature, (bytes[at + Binary.battery] << 24) >> 24)
}

/** What stands behind the status. */
const writeTail = (bytes: Uint8Array, start: number, end: number, records: Records): void => {
  const size = end - start
  if (size === CELL_BYTES && !hasCell(bytes, start))
    return attributeHex(records, Key.tail, bytes, start + Binary.alarm, end)
  if (bytes[start + Binary.alarm] !== 0) attributeInt(records, Key.userAlarm, bytes[start + Binary.alarm])
  if (bytes[start + Binary.reserved] !== 0) attributeInt(records, Key.reserved, bytes[start + Binary.reserved])
  if (size === PLAIN_BYTES) attributeInt(records, Key.record, bytes[start + Binary.record])
  else if (size === CELL_BYTES) writeCellTail(bytes, start, records)
  else attributeHex(records, Key.tail, bytes, start + Binary.record, end)
}

const writeCellTail = (bytes: Uint8Array, start: number, records: Records): void => {
  writeCsq(bytes[start + Binary.csq], records)
  writeSatellites(bytes[start + Binary.satellites], records)
  const mileage = start + Binary.mileage
  const units =
    ((bytes[mileage] << 24) | (bytes[mileage + 1] << 16) | (bytes[mileage + 2] << 8) | bytes[mileage + 3]) >>> 0
  attributeInt(records, Key.mileage, units)
  writeCell(
    u16(bytes, start + Binary.mcc),
    bytes[start + Binary.mnc],
    u16(bytes, start + Binary.lac),
    u16(bytes, start + Binary.cell),
    records,
  )
  attributeInt(records, Key.record, bytes[start + Binary.recordLong])
}

const u16 = (bytes: Uint8Array, at: number): number => (bytes[at] << 8) | bytes[at + 1]

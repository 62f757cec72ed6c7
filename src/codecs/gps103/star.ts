/** The star variant of a rebrand: twenty fields, UTC, signed degrees, km/h. A run of dashes is an empty field. */
import { MINUS, ZERO } from '../ascii.ts'
import { attributeFixed, attributeInt, attributeText } from '../attributes.ts'
import type { FrameContext } from '../codec.ts'
import { DAY_MS, dayOfCentury, secondOfDay } from '../dates.ts'
import { decimalField, FROM, single, TO, wholeField } from '../fields.ts'
import { decimals, pair, POWER } from '../numbers.ts'
import { Source, type Records } from '../records.ts'
import { DATE_LINE_E7, Key, MESSAGE_STAR, POLE_E7, Star } from './messages.ts'
import { writeClaim, writeNoTime } from './time.ts'
import { flagOf, writeAltitude, writeCourse, writeNumber, writeRaw, writeSpeed } from './values.ts'

const E7_MAX = 0x7fffffff
const HDOP_MAX = 1000

/** True if the fields noted can only be the star variant's, whatever name it bears, and even if its star is missing. */
export const looksLikeStar = (bytes: Uint8Array, count: number): boolean =>
  count > Star.acc && isSixDigits(bytes, Star.time) && isSixDigits(bytes, Star.date)

const isSixDigits = (bytes: Uint8Array, field: number): boolean =>
  TO[field] - FROM[field] === 6 && wholeField(bytes, field) >= 0

export const decodeStar = (bytes: Uint8Array, count: number, context: FrameContext, records: Records): number => {
  for (let field = 1; field < count; field++) if (isDashes(bytes, field)) FROM[field] = TO[field]
  const row = records.begin(MESSAGE_STAR)
  writePlace(bytes, records)
  writeMoment(bytes, context, records)
  writeText(bytes, Star.name, Key.name, records)
  writeText(bytes, Star.event, Key.event, records)
  writeText(bytes, Star.sensorId, Key.sensorId, records)
  writeNumber(bytes, Star.sensorV, Key.sensorV, records)
  const rssi = wholeField(bytes, Star.rssi)
  if (rssi >= 0 && rssi < 0x7fff) records.rssi[row] = rssi
  else writeRaw(bytes, Star.rssi, records)
  if (FROM[Star.speed] < TO[Star.speed]) writeSpeed(bytes, Star.speed, false, records)
  if (FROM[Star.course] < TO[Star.course]) writeCourse(bytes, Star.course, records)
  if (FROM[Star.altitude] < TO[Star.altitude]) writeAltitude(bytes, Star.altitude, records)
  writeQuality(bytes, records)
  const acc = flagOf(bytes, Star.acc)
  if (acc >= 0) records.ignition[row] = acc
  else writeRaw(bytes, Star.acc, records)
  const charge = flagOf(bytes, Star.charge)
  if (charge >= 0) records.charging[row] = charge
  else writeRaw(bytes, Star.charge, records)
  writeText(bytes, Star.error, Key.error, records)
  for (let field = Star.error + 1; field < count; field++) writeRaw(bytes, field, records)
  records.end()
  return 1
}

/** Position and validity; both coordinates zero, unreadable or off the globe is no position. */
const writePlace = (bytes: Uint8Array, records: Records): void => {
  const row = records.rows
  const latE7 = degreesE7(bytes, Star.latitude)
  const lonE7 = degreesE7(bytes, Star.longitude)
  // NaN, or a place off the globe: the fields are kept as sent.
  if (!(Math.abs(latE7) <= POLE_E7 && Math.abs(lonE7) <= DATE_LINE_E7)) {
    writeRaw(bytes, Star.latitude, records)
    writeRaw(bytes, Star.longitude, records)
    return
  }
  if (latE7 === 0 && lonE7 === 0) return
  // Without a fix the position is the last one; a field that is empty claims none.
  const fix = FROM[Star.fix] < TO[Star.fix] && single(bytes, Star.fix) !== ZERO
  records.isFix[row] = 1
  records.latE7[row] = latE7
  records.lonE7[row] = lonE7
  records.valid[row] = fix ? 1 : 0
  records.source[row] = fix ? Source.gnss : Source.lastKnown
}

/** Signed decimal degrees in 1e-7; NaN: none that fits. */
const degreesE7 = (bytes: Uint8Array, field: number): number => {
  const value = decimalField(bytes, field) * POWER[7 - decimals]
  return Math.abs(value) <= E7_MAX ? value : NaN
}

/** Day in the fields noted, as `dayOfCentury` counts; -1: none. */
export const dayOfStar = (bytes: Uint8Array): number => {
  const date = FROM[Star.date]
  if (!isSixDigits(bytes, Star.date)) return -1
  return dayOfCentury(pair(bytes, date + 4), pair(bytes, date + 2), pair(bytes, date))
}

const writeMoment = (bytes: Uint8Array, context: FrameContext, records: Records): void => {
  const time = FROM[Star.time]
  const day = dayOfStar(bytes)
  if (isSixDigits(bytes, Star.time) && day >= 0) {
    const seconds = secondOfDay(pair(bytes, time), pair(bytes, time + 2), pair(bytes, time + 4))
    if (seconds >= 0) return writeClaim(day * DAY_MS + seconds * 1000, false, context.receivedMs, records)
  }
  writeRaw(bytes, Star.time, records)
  writeRaw(bytes, Star.date, records)
  writeNoTime(context.receivedMs, records)
}

/** Dilution of precision and satellites. */
const writeQuality = (bytes: Uint8Array, records: Records): void => {
  const row = records.rows
  const hdop = decimalField(bytes, Star.hdop)
  if (!(hdop >= 0 && hdop < HDOP_MAX * POWER[decimals])) writeRaw(bytes, Star.hdop, records)
  else if (records.isFix[row]) records.hdop[row] = hdop / POWER[decimals]
  else attributeFixed(records, Key.hdop, hdop, decimals)
  const satellites = wholeField(bytes, Star.satellites)
  if (satellites < 0 || satellites > 0xff) writeRaw(bytes, Star.satellites, records)
  else if (records.isFix[row]) records.satellites[row] = satellites
  else attributeInt(records, Key.satellites, satellites)
}

const writeText = (bytes: Uint8Array, field: number, name: Uint8Array, records: Records): void => {
  if (FROM[field] < TO[field]) attributeText(records, name, bytes, FROM[field], TO[field])
}

const isDashes = (bytes: Uint8Array, field: number): boolean => {
  for (let at = FROM[field]; at < TO[field]; at++) if (bytes[at] !== MINUS) return false
  return true
}

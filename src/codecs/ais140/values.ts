/** Numbers into columns and attributes. What is not what the protocol has in its place is kept as `field_<n>`. */
import { SPACE, ZERO } from '../ascii.ts'
import { attributeFixed, attributeText } from '../attributes.ts'
import type { FrameContext } from '../codec.ts'
import { decimalField, FROM, TO } from '../fields.ts'
import { hashBytes, hashStart } from '../hash.ts'
import { decimal, decimals, POWER, whole } from '../numbers.ts'
import type { Records } from '../records.ts'
import { latE7, lonE7, place, PLACE_GOOD, PLACE_ZERO } from './fields.ts'
import { ALERT_HISTORY, ALERT_LOCATION, Key, KEY_FIELD } from './messages.ts'
import { Source } from '../records.ts'
import { believable, BUFFERED_MS } from './time.ts'

const FULL_CIRCLE = 360
const UPPER = 0xdf

/** Keeps a field as sent, if it holds anything. */
export const writeRaw = (bytes: Uint8Array, field: number, records: Records): void => {
  if (FROM[field] < TO[field]) attributeText(records, KEY_FIELD[field], bytes, FROM[field], TO[field])
}

export const writeText = (bytes: Uint8Array, field: number, name: Uint8Array, records: Records): void => {
  if (field >= 0 && FROM[field] < TO[field]) attributeText(records, name, bytes, FROM[field], TO[field])
}

/** A decimal number as attribute. */
export const writeNumber = (bytes: Uint8Array, field: number, name: Uint8Array, records: Records): void => {
  const value = decimalField(bytes, field)
  if (Number.isNaN(value)) writeRaw(bytes, field, records)
  else attributeFixed(records, name, value, decimals)
}

/** A number in `bytes[from, to)` in the column of the open row if it is a fix, else as attribute; false if it is none. */
const writeMeasure = (
  bytes: Uint8Array,
  from: number,
  to: number,
  column: Float32Array | Int16Array,
  name: Uint8Array,
  records: Records,
): boolean => {
  const value = decimal(bytes, from, to)
  if (Number.isNaN(value)) return false
  if (records.isFix[records.rows]) column[records.rows] = value / POWER[decimals]
  else attributeFixed(records, name, value, decimals)
  return true
}

export const writeSpeed = (bytes: Uint8Array, from: number, to: number, records: Records): boolean => {
  if (!(decimal(bytes, from, to) >= 0)) return false
  return writeMeasure(bytes, from, to, records.speedKph, Key.speed, records)
}

/** Some units send more than a circle. */
export const writeCourse = (bytes: Uint8Array, from: number, to: number, records: Records): boolean => {
  const value = decimal(bytes, from, to)
  if (!(value >= 0)) return false
  const course = value % (FULL_CIRCLE * POWER[decimals])
  if (records.isFix[records.rows]) {
    const degrees = Math.fround(course / POWER[decimals])
    records.courseDeg[records.rows] = degrees >= FULL_CIRCLE ? 0 : degrees
  } else attributeFixed(records, Key.course, course, decimals)
  return true
}

export const writeAltitude = (bytes: Uint8Array, from: number, to: number, records: Records): boolean =>
  writeMeasure(bytes, from, to, records.altitudeM, Key.altitude, records)

export const writeHdop = (bytes: Uint8Array, from: number, to: number, records: Records): boolean => {
  if (!(decimal(bytes, from, to) >= 0)) return false
  return writeMeasure(bytes, from, to, records.hdop, Key.hdop, records)
}

const SATELLITES_MAX = 255
export const writeSatellites = (bytes: Uint8Array, from: number, to: number, records: Records): boolean => {
  const value = whole(bytes, from, to)
  if (value < 0 || value > SATELLITES_MAX) return false
  return writeMeasure(bytes, from, to, records.satellites, Key.satellites, records)
}

export const writeVolts = (bytes: Uint8Array, field: number, column: Float32Array, records: Records): void => {
  const value = decimalField(bytes, field)
  if (value >= 0) column[records.rows] = value / POWER[decimals]
  else writeRaw(bytes, field, records)
}

const RSSI_MAX = 255
export const writeRssi = (bytes: Uint8Array, from: number, to: number, records: Records): boolean => {
  const value = whole(bytes, from, to)
  if (value < 0 || value > RSSI_MAX) return false
  records.rssi[records.rows] = value
  return true
}

const CODE_MAX = 999
/** Country, network, area and cell; a country of 0 knows no cell. False if they cannot be read. */
export const writeCell = (mcc: number, mnc: number, lac: number, cell: number, records: Records): boolean => {
  if (mcc < 0 || mcc > CODE_MAX) return false
  if (mcc === 0) return true
  const row = records.rows
  records.mcc[row] = mcc
  if (mnc >= 0 && mnc <= CODE_MAX) records.mnc[row] = mnc
  if (lac >= 0) records.lac[row] = lac
  if (cell >= 0) records.cellId[row] = cell
  return true
}

/** Writes a time; false if the row can be no fix because of it. `flag`: 1 stored, 0 live, -1 not said. */
export const writeTime = (
  bytes: Uint8Array,
  from: number,
  to: number,
  claim: number,
  flag: number,
  context: FrameContext,
  records: Records,
): boolean => {
  const row = records.rows
  const good = believable(claim, context.receivedMs)
  if (flag === 1 || (flag < 0 && good && claim < context.receivedMs - BUFFERED_MS)) records.buffered[row] = 1
  if (good) records.fixMs[row] = claim
  else if (from < to) attributeText(records, Key.deviceTime, bytes, from, to)
  return good
}

/**
 * Makes the open row a fix, if it has a place and a time (`timed`). `validity` is the byte that says whether the
 * receiver has a fix, or -1; without one the coordinates are the last known.
 */
export const writePlace = (
  bytes: Uint8Array,
  latFrom: number,
  latTo: number,
  northSouth: number,
  lonFrom: number,
  lonTo: number,
  eastWest: number,
  fixedWidth: boolean,
  validity: number,
  timed: boolean,
  records: Records,
): void => {
  const found = place(bytes, latFrom, latTo, northSouth, lonFrom, lonTo, eastWest, fixedWidth)
  if (found === PLACE_ZERO) return
  if (found !== PLACE_GOOD) {
    if (latFrom < latTo) attributeText(records, Key.latitude, bytes, latFrom, latTo)
    if (lonFrom < lonTo) attributeText(records, Key.longitude, bytes, lonFrom, lonTo)
    return
  }
  if (!timed) {
    attributeFixed(records, Key.latitude, latE7, 7)
    attributeFixed(records, Key.longitude, lonE7, 7)
    return
  }
  const row = records.rows
  records.isFix[row] = 1
  records.latE7[row] = latE7
  records.lonE7[row] = lonE7
  const valid = validity === ZERO + 1 || (validity & UPPER) === 0x41
  records.valid[row] = valid ? 1 : 0
  if (!valid) records.source[row] = Source.lastKnown
}

const id = new Uint32Array(2)
const event = new Uint8Array(1)

/**
 * Names the open row by bytes[from, to) without the bytes [without, behind), and by its alert id. What differs when a record comes
 * again from the memory or in a batch is to be left out: that it was stored, frame number and checksum; alert id 2 is 1.
 */
export const writeId = (
  bytes: Uint8Array,
  from: number,
  without: number,
  behind: number,
  to: number,
  alert: number,
  records: Records,
): void => {
  event[0] = alert === ALERT_HISTORY ? ALERT_LOCATION : alert
  hashStart(id)
  hashBytes(bytes, from, without, id)
  hashBytes(bytes, behind, to, id)
  hashBytes(event, 0, event.length, id)
  records.idLow[records.rows] = id[0]
  records.idHigh[records.rows] = id[1]
}

/** First byte behind blanks. */
export const skipBlanks = (bytes: Uint8Array, from: number, to: number): number => {
  let at = from
  while (at < to && bytes[at] === SPACE) at++
  return at
}

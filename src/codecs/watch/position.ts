/** Positions, `UD…`, `AL…` and `WT`: field by field, then cells and access points. */
import { UPPER_A, UPPER_E, UPPER_N, UPPER_S, UPPER_V, UPPER_W } from '../ascii.ts'
import { attributeBool, attributeFixed, attributeInt, attributeText } from '../attributes.ts'
import type { FrameContext } from '../codec.ts'
import { decimalField, FROM, isEmpty, TO, wholeField } from '../fields.ts'
import { decimals, POWER } from '../numbers.ts'
import { Source, type Records } from '../records.ts'
import { writeCdma, writeCells, writeWifi } from './cells.ts'
import { degreesE7, letter } from './fields.ts'
import { Field, Key, KEY_FIELD, Kind, TIME_RECEIVED } from './messages.ts'
import { zoneMsOf, type Settings } from './settings.ts'
import { clockOffsetMinutes } from './state.ts'
import { writeStatus } from './status.ts'
import { Clock, clock, positionMs, writeDeviceTime } from './time.ts'

const POLE_E7 = 900_000_000,
  DATE_LINE_E7 = 1_800_000_000
const SATELLITES_MAX = 255

/** Writes the position whose fields are noted into the open row. */
export const writePosition = (
  bytes: Uint8Array,
  count: number,
  kind: number,
  cdma: boolean,
  context: FrameContext,
  settings: Settings,
  records: Records,
): void => {
  const row = records.rows
  const validity = letter(bytes, Field.validity)
  if (validity !== UPPER_A && validity !== UPPER_V) writeRaw(bytes, Field.validity, records)
  if (kind === Kind.stored) records.buffered[row] = 1
  const zoneMs = zoneMsOf(settings, context)
  const clockMs = positionMs(bytes, context.receivedMs, validity === UPPER_A, zoneMs)
  const fixMs = clock === Clock.good ? clockMs : NaN
  if (clock === Clock.good) {
    const offset = kind === Kind.stored ? 0 : clockOffsetMinutes(fixMs, context.receivedMs, context.state, zoneMs)
    if (offset !== 0) attributeInt(records, Key.clockOffset, offset)
  } else {
    if (clock === Clock.unset) attributeBool(records, Key.clockUnset, true)
    writeDeviceTime(bytes, records)
    if (clock === Clock.impossible) {
      if (TO[Field.date] - FROM[Field.date] !== 6 || TO[Field.time] - FROM[Field.time] !== 6) {
        writeRaw(bytes, Field.date, records)
        writeRaw(bytes, Field.time, records)
      }
    }
  }
  writePlace(bytes, kind, validity, fixMs, context, records)
  writeMovement(bytes, records)
  writeDevice(bytes, records)
  const alarms = records.alarmCount
  writeStatus(bytes, kind, context.state, settings.alarms, records)
  // What its clock says is the time of a report also where that clock was never set; an alarm is of the moment it arrives.
  if (clock === Clock.unset && records.alarmCount === alarms) records.fixMs[row] = clockMs
  const cells = cdma ? writeCdma(bytes, Field.cells, count, records) : writeCells(bytes, Field.cells, count, records)
  if (cells >= 0 && cells < count) writeWifi(bytes, cells, count, !cdma && cells === Field.cells + 1, records)
}

/** Coordinates and time. Without a place or a time that can be believed the row stays telemetry. */
const writePlace = (
  bytes: Uint8Array,
  kind: number,
  validity: number,
  fixMs: number,
  context: FrameContext,
  records: Records,
): void => {
  const row = records.rows
  const latE7 = signed(bytes, Field.latitude, Field.northSouth, UPPER_N, UPPER_S)
  const lonE7 = signed(bytes, Field.longitude, Field.eastWest, UPPER_E, UPPER_W)
  records.fixMs[row] = fixMs
  const nowhere = latE7 === 0 && lonE7 === 0
  const believable = Math.abs(latE7) <= POLE_E7 && Math.abs(lonE7) <= DATE_LINE_E7
  const known = validity === UPPER_A || validity === UPPER_V
  // A fix of this moment with a bad clock is of this moment all the same.
  const now = Number.isNaN(fixMs) && validity === UPPER_A && kind !== Kind.stored
  if (known && believable && !nowhere && (now || !Number.isNaN(fixMs))) {
    if (now) {
      records.fixMs[row] = context.receivedMs
      attributeText(records, Key.timeSource, TIME_RECEIVED, 0, TIME_RECEIVED.length)
    }
    records.isFix[row] = 1
    records.latE7[row] = latE7
    records.lonE7[row] = lonE7
    records.valid[row] = validity === UPPER_A ? 1 : 0
    records.source[row] = validity === UPPER_A ? Source.gnss : Source.lastKnown
    return
  }
  if (known) attributeBool(records, Key.valid, validity === UPPER_A)
  if (nowhere) return
  writeDegrees(bytes, Field.latitude, Key.rawLatitude, records)
  writeDegrees(bytes, Field.longitude, Key.rawLongitude, records)
}

/** Degrees with the sign of their letter; NaN if they are none, or if neither letter nor minus tells the side. */
const signed = (bytes: Uint8Array, field: number, side: number, positive: number, negative: number): number => {
  const value = degreesE7(bytes, field)
  const said = letter(bytes, side)
  if (value === 0) return 0
  if (said === negative) return -Math.abs(value)
  return said === positive || (value < 0 && isEmpty(side)) ? value : NaN
}

/** A coordinate that is no place, as sent. */
const writeDegrees = (bytes: Uint8Array, field: number, name: Uint8Array, records: Records): void => {
  const value = decimalField(bytes, field)
  if (!Number.isNaN(value)) attributeFixed(records, name, value, decimals)
  else if (!isEmpty(field)) attributeText(records, name, bytes, FROM[field], TO[field])
}

const writeMovement = (bytes: Uint8Array, records: Records): void => {
  const row = records.rows
  const isFix = records.isFix[row] === 1
  const speed = decimalField(bytes, Field.speed)
  if (!(speed >= 0)) writeRaw(bytes, Field.speed, records)
  else if (isFix) records.speedKph[row] = speed / POWER[decimals]
  else attributeFixed(records, Key.speed, speed, decimals)
  const course = decimalField(bytes, Field.course)
  const degrees = course / POWER[decimals]
  if (!(degrees >= 0 && degrees <= 360)) writeRaw(bytes, Field.course, records)
  else if (isFix) records.courseDeg[row] = Math.fround(degrees) >= 360 ? 0 : degrees
  else attributeFixed(records, Key.course, course, decimals)
  const altitude = decimalField(bytes, Field.altitude)
  if (Number.isNaN(altitude)) writeRaw(bytes, Field.altitude, records)
  else if (isFix) records.altitudeM[row] = altitude / POWER[decimals]
  else attributeFixed(records, Key.altitude, altitude, decimals)
  const satellites = wholeField(bytes, Field.satellites)
  if (!(satellites >= 0 && satellites <= SATELLITES_MAX)) writeRaw(bytes, Field.satellites, records)
  else if (isFix) records.satellites[row] = satellites
  else attributeInt(records, Key.satellites, satellites)
}

const writeDevice = (bytes: Uint8Array, records: Records): void => {
  writeInt(bytes, Field.gsm, Key.gsm, records)
  writeBattery(bytes, Field.battery, records)
  writeInt(bytes, Field.steps, Key.steps, records)
  writeInt(bytes, Field.tumbles, Key.tumbles, records)
}

/** A wholeField number as attribute, or the field as sent. */
export const writeInt = (bytes: Uint8Array, field: number, name: Uint8Array, records: Records): void => {
  const value = wholeField(bytes, field)
  if (value >= 0) attributeInt(records, name, value)
  else writeRaw(bytes, field, records)
}

/** Percent, or the field as sent. */
export const writeBattery = (bytes: Uint8Array, field: number, records: Records): void => {
  const percent = decimalField(bytes, field) / POWER[decimals]
  if (percent >= 0 && percent <= 100) records.batteryPct[records.rows] = Math.round(percent)
  else writeRaw(bytes, field, records)
}

/** `field_<n>`: what is not what the protocol has there. */
export const writeRaw = (bytes: Uint8Array, field: number, records: Records): void => {
  if (!isEmpty(field)) attributeText(records, KEY_FIELD[field], bytes, FROM[field], TO[field])
}

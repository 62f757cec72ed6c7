/** UNITSTAT: where the unit is and how it fares. Every field is required; one that is not what it should be refuses the sentence. */
import { attributeFixed, attributeInt, attributeText } from '../attributes.ts'
import type { FrameContext } from '../codec.ts'
import { FROM, hexField, scanRawFields, TO } from '../fields.ts'
import { Reject } from '../rejects.ts'
import { Source, type Records } from '../records.ts'
import { latitudeE7, longitudeE7, signed, whole } from './fields.ts'
import { findNode } from './frame.ts'
import { Field, FIELDS, HDOP_UNKNOWN, Key, KEY_FIELD, Kind, UNITSTAT } from './messages.ts'
import { reportMs, writeTime } from './time.ts'

const POLE_E7 = 900_000_000,
  DATE_LINE_E7 = 1_800_000_000
const FULL_CIRCLE = 360
const SATELLITES_MAX = 255
/** What the column of the signal strength holds. */
const RSSI_MAX = 32_767
const STATE_DIGITS_MAX = 4

/** Fields that hold digits, and those that hold hexadecimal ones. */
const WHOLE = Uint8Array.of(
  Field.speed,
  Field.course,
  Field.satellites,
  Field.battery,
  Field.hdop,
  Field.fixSeconds,
  Field.odometer,
)
const HEX = Uint8Array.of(Field.state, Field.cell, Field.lac)
/** Their values, by field number. */
const VALUES = new Float64Array(FIELDS)

/** Reads the numbers of the sentence into VALUES; false if one is none. */
const readNumbers = (bytes: Uint8Array): boolean => {
  for (let index = 0; index < WHOLE.length; index++)
    if ((VALUES[WHOLE[index]] = whole(bytes, WHOLE[index])) < 0) return false
  for (let index = 0; index < HEX.length; index++)
    if ((VALUES[HEX[index]] = hexField(bytes, HEX[index])) < 0) return false
  VALUES[Field.gsm] = signed(bytes, Field.gsm)
  VALUES[Field.altitude] = signed(bytes, Field.altitude)
  VALUES[Field.operator] = whole(bytes, Field.operator)
  VALUES[Field.latitude] = latitudeE7(bytes, Field.latitude)
  VALUES[Field.longitude] = longitudeE7(bytes, Field.longitude)
  const operatorDigits = TO[Field.operator] - FROM[Field.operator]
  return (
    VALUES[Field.operator] >= 0 &&
    (operatorDigits === 5 || operatorDigits === 6) &&
    TO[Field.state] - FROM[Field.state] <= STATE_DIGITS_MAX &&
    !Number.isNaN(VALUES[Field.gsm] + VALUES[Field.altitude] + VALUES[Field.latitude] + VALUES[Field.longitude])
  )
}

export const decodeUnitstat = (
  bytes: Uint8Array,
  start: number,
  to: number,
  context: FrameContext,
  records: Records,
  odometerUnitKm: number,
): number => {
  if (!findNode(bytes, to, Kind.unitstat) || scanRawFields(bytes, start, to, FIELDS + 1) !== FIELDS)
    return -Reject.bad_frame
  const claim = reportMs(bytes)
  if (Number.isNaN(claim) || !readNumbers(bytes)) return -Reject.bad_frame
  records.begin(UNITSTAT)
  attributeText(records, Key.index, bytes, FROM[0], TO[0])
  writePlace(bytes, records)
  writeTime(bytes, claim, context, records)
  writeMotion(bytes, records)
  writeUnit(bytes, records, odometerUnitKm)
  records.end()
  return 1
}

/** 0/0 is no place, and neither is one off the globe, whose fields are kept as sent. Without satellites it is an old one. */
const writePlace = (bytes: Uint8Array, records: Records): void => {
  const row = records.rows
  const latE7 = VALUES[Field.latitude]
  const lonE7 = VALUES[Field.longitude]
  if (Math.abs(latE7) > POLE_E7 || Math.abs(lonE7) > DATE_LINE_E7) {
    writeRaw(bytes, Field.latitude, records)
    writeRaw(bytes, Field.longitude, records)
    return
  }
  if (latE7 === 0 && lonE7 === 0) return
  records.isFix[row] = 1
  records.latE7[row] = latE7
  records.lonE7[row] = lonE7
  const satellites = VALUES[Field.satellites]
  records.valid[row] = satellites > 0 ? 1 : 0
  records.source[row] = satellites > 0 ? Source.gnss : Source.lastKnown
}

/** Speed, course, altitude, satellites and HDOP: columns of a fix, attributes of telemetry, which has none for them. */
const writeMotion = (bytes: Uint8Array, records: Records): void => {
  const row = records.rows
  const course = VALUES[Field.course] === FULL_CIRCLE ? 0 : VALUES[Field.course]
  const satellites = VALUES[Field.satellites]
  const hdop = VALUES[Field.hdop]
  if (course > FULL_CIRCLE) writeRaw(bytes, Field.course, records)
  if (satellites > SATELLITES_MAX) writeRaw(bytes, Field.satellites, records)
  if (records.isFix[row]) {
    records.speedKph[row] = VALUES[Field.speed]
    records.altitudeM[row] = VALUES[Field.altitude]
    if (course < FULL_CIRCLE) records.courseDeg[row] = course
    if (satellites <= SATELLITES_MAX) records.satellites[row] = satellites
    if (hdop < HDOP_UNKNOWN) records.hdop[row] = hdop / 10
    return
  }
  attributeInt(records, Key.speed, VALUES[Field.speed])
  attributeInt(records, Key.altitude, VALUES[Field.altitude])
  if (course < FULL_CIRCLE) attributeInt(records, Key.course, course)
  if (satellites <= SATELLITES_MAX) attributeInt(records, Key.satellites, satellites)
  if (hdop < HDOP_UNKNOWN) attributeFixed(records, Key.hdop, hdop, 1)
}

/** Battery, network, and what has no column. */
const writeUnit = (bytes: Uint8Array, records: Records, odometerUnitKm: number): void => {
  const row = records.rows
  records.batteryV[row] = VALUES[Field.battery] / 1000
  if (Math.abs(VALUES[Field.gsm]) <= RSSI_MAX) records.rssi[row] = VALUES[Field.gsm]
  else writeRaw(bytes, Field.gsm, records)
  // Three digits of country, then two or three of network.
  const networks = TO[Field.operator] - FROM[Field.operator] === 5 ? 100 : 1000
  const country = Math.floor(VALUES[Field.operator] / networks)
  records.mcc[row] = country
  records.mnc[row] = VALUES[Field.operator] - country * networks
  records.cellId[row] = VALUES[Field.cell]
  records.lac[row] = VALUES[Field.lac]
  attributeInt(records, Key.state, VALUES[Field.state])
  attributeInt(records, Key.fixSeconds, VALUES[Field.fixSeconds])
  attributeInt(records, Key.odometer, VALUES[Field.odometer])
  if (odometerUnitKm > 0) records.odometerKm[row] = VALUES[Field.odometer] * odometerUnitKm
}

/** Keeps a field as sent. */
const writeRaw = (bytes: Uint8Array, field: number, records: Records): void => {
  attributeText(records, KEY_FIELD[field], bytes, FROM[field], TO[field])
}

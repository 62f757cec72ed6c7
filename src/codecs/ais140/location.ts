/** The location sentence (`NRM` and its other names): packet type, fix, state of the vehicle, cell, inputs. */
import { Alarm } from '../alarms.ts'
import { ZERO } from '../ascii.ts'
import { attributeClose, attributeInt, attributeOpen, attributeText, elementText, LIST } from '../attributes.ts'
import type { FrameContext } from '../codec.ts'
import { FROM, hexField, isEmpty, single, TO, wholeField } from '../fields.ts'
import { isDigits } from '../numbers.ts'
import { UNKNOWN, type Records } from '../records.ts'
import { flagOf, isNumber } from './fields.ts'
import * as at from './layout.ts'
import { ALERT_ALARMS, ALERT_LOCATION, Key, Place, TYPE_ALARMS } from './messages.ts'
import { hadEmergency, hadTamper } from './state.ts'
import { readDate } from './time.ts'
import {
  writeAltitude,
  writeCell,
  writeCourse,
  writeHdop,
  writeId,
  writeNumber,
  writePlace,
  writeRaw,
  writeRssi,
  writeSatellites,
  writeSpeed,
  writeText,
  writeTime,
  writeVolts,
} from './values.ts'

/** Digits of a frame number. */
const FRAME_NUMBER_DIGITS = 6

/** Writes the open row from a sentence whose parts `locationLayout` has found; `count` fields. */
export const writeLocation = (
  bytes: Uint8Array,
  start: number,
  count: number,
  context: FrameContext,
  records: Records,
): void => {
  const p = at.placeAt
  const timed = writeWhen(bytes, context, records)
  const validity = at.validAt < 0 ? ZERO + 1 : single(bytes, at.validAt)
  writePlaceAt(bytes, p, validity, timed, records)
  writeMotion(bytes, p, records)
  writeText(bytes, p + Place.operator, Key.operator, records)
  writeState(bytes, p, records)
  writeNetwork(bytes, p - at.missing, records)
  writeInputs(bytes, p, count, records)
  writeHead(bytes, records)
  writeEvents(bytes, context.state[0], records)
  writeLocationId(bytes, start, count, records)
}

/** All of the sentence up to its outputs, but for alert id and L/H; what follows the outputs counts sentences. */
const writeLocationId = (bytes: Uint8Array, start: number, count: number, records: Records): void => {
  const behind = at.imeiAt < 0 ? start : FROM[at.imeiAt]
  let without = behind
  if (at.statusAt >= 0) without = FROM[at.statusAt]
  if (at.alertAt >= 0) without = FROM[at.alertAt]
  const last = at.inputsAt < 0 ? at.placeAt + Place.outputs - at.missing : at.inputsAt + 1
  const alert = at.alertAt < 0 ? ALERT_LOCATION : wholeField(bytes, at.alertAt)
  writeId(bytes, start, without, behind, TO[Math.min(last, count - 1)], alert, records)
}

/** The time of the open row; false if it cannot be believed. */
export const writeWhen = (bytes: Uint8Array, context: FrameContext, records: Records): boolean => {
  const claim = readDate(bytes, at.dateAt, at.shape)
  const last = Math.max(at.dateAt, (at.validAt > at.dateAt ? at.validAt : at.placeAt) - 1)
  return writeTime(bytes, FROM[at.dateAt], TO[last], claim, at.stored, context, records)
}

export const writePlaceAt = (
  bytes: Uint8Array,
  p: number,
  validity: number,
  timed: boolean,
  records: Records,
): void => {
  const north = single(bytes, p + Place.northSouth)
  const east = single(bytes, p + Place.eastWest)
  if (isEmpty(p) && isEmpty(p + Place.longitude)) return
  writePlace(
    bytes,
    FROM[p],
    TO[p],
    north,
    FROM[p + Place.longitude],
    TO[p + Place.longitude],
    east,
    false,
    validity,
    timed,
    records,
  )
}

const writeMotion = (bytes: Uint8Array, p: number, records: Records): void => {
  const speed = p + Place.speed
  const course = p + Place.course
  const satellites = p + Place.satellites
  const altitude = p + Place.altitude
  const hdop = p + Place.hdop
  if (!writeSpeed(bytes, FROM[speed], TO[speed], records)) writeRaw(bytes, speed, records)
  if (!writeCourse(bytes, FROM[course], TO[course], records)) writeRaw(bytes, course, records)
  if (!writeSatellites(bytes, FROM[satellites], TO[satellites], records)) writeRaw(bytes, satellites, records)
  if (!writeAltitude(bytes, FROM[altitude], TO[altitude], records)) writeRaw(bytes, altitude, records)
  writeNumber(bytes, p + Place.pdop, Key.pdop, records)
  if (!writeHdop(bytes, FROM[hdop], TO[hdop], records)) writeRaw(bytes, hdop, records)
}

const writeState = (bytes: Uint8Array, p: number, records: Records): void => {
  const row = records.rows
  const ignition = flagOf(bytes, p + Place.ignition)
  if (ignition >= 0) records.ignition[row] = ignition
  else writeRaw(bytes, p + Place.ignition, records)
  const power = flagOf(bytes, p + Place.power)
  if (power >= 0) records.charging[row] = power
  else writeRaw(bytes, p + Place.power, records)
  writeVolts(bytes, p + Place.powerV, records.powerV, records)
  writeVolts(bytes, p + Place.batteryV, records.batteryV, records)
  if (at.emergency >= 0) attributeInt(records, Key.emergency, at.emergency)
  else writeRaw(bytes, p + Place.emergency, records)
  if (at.missing) return
  if (at.tamper >= 0) attributeInt(records, Key.tamper, at.tamper)
  else writeRaw(bytes, p + Place.tamper, records)
}

/** Signal and cells; `p` is where they are counted from. */
const writeNetwork = (bytes: Uint8Array, p: number, records: Records): void => {
  const rssi = p + Place.rssi
  if (!writeRssi(bytes, FROM[rssi], TO[rssi], records)) writeRaw(bytes, rssi, records)
  const mcc = p + Place.mcc
  const mnc = p + Place.mnc
  const lac = p + Place.lac
  const cell = p + Place.cell
  const country = wholeField(bytes, mcc)
  const network = wholeField(bytes, mnc)
  if (!writeCell(country, network, hexField(bytes, lac), hexField(bytes, cell), records))
    for (let field = mcc; field <= cell; field++) writeRaw(bytes, field, records)
  const first = p + Place.neighbours
  const behind = at.inputsAt < 0 ? first + Place.inputs - Place.neighbours : at.inputsAt
  let said = first
  while (said < behind && isEmpty(said)) said++
  let last = behind - 1
  while (last > said && isEmpty(last)) last--
  // The order of level, area and cell varies: kept as sent.
  if (said < behind) attributeText(records, Key.neighbours, bytes, FROM[first], TO[last])
}

/** Inputs, outputs and what the dialect has behind them. */
const writeInputs = (bytes: Uint8Array, p: number, count: number, records: Records): void => {
  const row = records.rows
  let rest = p + Place.inputs - at.missing
  if (at.inputsAt >= 0) {
    records.inputs[row] = bits(bytes, at.inputsAt)
    records.outputs[row] = bits(bytes, at.inputsAt + 1)
    if (hasTwo(bytes, at.inputsAt)) writeText(bytes, at.inputsAt, Key.inputs, records)
    rest = at.inputsAt + 2
  }
  let frame = rest
  while (frame < count && !isNumber(bytes, frame, FRAME_NUMBER_DIGITS)) frame++
  if (frame < count) attributeInt(records, Key.frameNumber, wholeField(bytes, frame))
  let open = false
  for (let field = rest; field < count; field++) {
    if (field === frame || isEmpty(field)) continue
    if (!open) attributeOpen(records, Key.extra, LIST)
    open = true
    elementText(records, bytes, FROM[field], TO[field])
  }
  if (open) attributeClose(records, LIST)
}

/** Characters 0 and 1 as bits, the last one bit 0; 2, a state of its own in some dialects, is not set. */
export const bits = (bytes: Uint8Array, field: number): number => {
  let value = 0
  for (let index = FROM[field]; index < TO[field]; index++) value = (value << 1) | (bytes[index] === ZERO + 1 ? 1 : 0)
  return value
}

export const hasTwo = (bytes: Uint8Array, field: number): boolean => {
  for (let index = FROM[field]; index < TO[field]; index++) if (bytes[index] === ZERO + 2) return true
  return false
}

/** Vendor, firmware, vehicle, packet type and alert id. */
const writeHead = (bytes: Uint8Array, records: Records): void => {
  writeMaker(bytes, records)
  writeText(bytes, at.typeAt, Key.packetType, records)
  if (at.alertAt >= 0) attributeInt(records, Key.alarmCode, wholeField(bytes, at.alertAt))
  if (at.vehicleAt >= 0) writeText(bytes, at.vehicleAt, Key.vehicle, records)
}

/** Vendor and firmware; a lone one with a digit in it is the firmware. */
export const writeMaker = (bytes: Uint8Array, records: Records): void => {
  let field = at.vendorAt
  const fields = at.headTo - field
  if (fields <= 0) return
  if (fields > 1 || !hasDigit(bytes, field)) writeText(bytes, field++, Key.vendor, records)
  if (field < at.headTo) writeText(bytes, field++, Key.firmware, records)
  for (; field < at.headTo; field++) writeRaw(bytes, field, records)
}

const hasDigit = (bytes: Uint8Array, field: number): boolean => {
  for (let index = FROM[field]; index < TO[field]; index++) if (isDigits(bytes, index, index + 1)) return true
  return false
}

/** Alarms: of the alert id, else of the packet type; and flags that were not set before. */
const writeEvents = (bytes: Uint8Array, memory: number, records: Records): void => {
  let alarm = 0
  if (at.alertAt >= 0) alarm = alertAlarm(wholeField(bytes, at.alertAt))
  if (alarm === 0 && at.typeAt >= 0) {
    const from = FROM[at.typeAt]
    alarm = TYPE_ALARMS[26 * (bytes[from] - 0x41) + bytes[from + 1] - 0x41]
  }
  writeAlarm(alarm, records)
  if (at.emergency === 1 && !hadEmergency(memory, at.live)) records.alarm(Alarm.sos)
  if (at.tamper === 1 && !hadTamper(memory, at.live)) records.alarm(Alarm.tamper)
}

export const alertAlarm = (alert: number): number =>
  alert >= 0 && alert < ALERT_ALARMS.length ? ALERT_ALARMS[alert] : 0

/** An ignition alarm tells the ignition too, where no field does. */
export const writeAlarm = (alarm: number, records: Records): void => {
  records.alarm(alarm)
  const row = records.rows
  if (records.ignition[row] !== UNKNOWN) return
  if (alarm === Alarm.ignition_on) records.ignition[row] = 1
  else if (alarm === Alarm.ignition_off) records.ignition[row] = 0
}

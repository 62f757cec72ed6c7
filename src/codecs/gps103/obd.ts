/** Rows of sensors: the engine (OBD) and the tyres (TPMS). They have local time only, and no position. */
import { ZERO } from '../ascii.ts'
import {
  attributeBool,
  attributeClose,
  attributeOpen,
  attributeText,
  elementOpen,
  elementText,
  LIST,
  OBJECT,
} from '../attributes.ts'
import type { FrameContext } from '../codec.ts'
import { decimalField, FROM, TO, wholeField } from '../fields.ts'
import { decimals, POWER } from '../numbers.ts'
import type { Records } from '../records.ts'
import { nameTo } from './keywords.ts'
import { Field, Key, MESSAGE_NONE, Obd, Tpms, WHEEL_STATES, WHEELS } from './messages.ts'
import { writeTime } from './time.ts'
import { flagOf, writeMessage, writeNumber, writePercent, writeRaw } from './values.ts'
import type { Zones } from './zones.ts'

export const decodeObd = (
  bytes: Uint8Array,
  count: number,
  context: FrameContext,
  records: Records,
  zones: Zones,
): number => {
  const row = records.begin(MESSAGE_NONE)
  writeMessage(bytes, FROM[Field.keyword], nameTo, records)
  writeTime(bytes, Obd.localTime, -1, context, records, zones)
  const odometer = decimalField(bytes, Obd.odometer)
  if (!(odometer >= 0)) writeRaw(bytes, Obd.odometer, records)
  else records.odometerKm[row] = odometer / POWER[decimals]
  writeNumber(bytes, Obd.instantFuel, Key.instantFuel, records)
  writeNumber(bytes, Obd.averageFuel, Key.averageFuel, records)
  writeNumber(bytes, Obd.drivingTime, Key.drivingTime, records)
  writeNumber(bytes, Obd.speed, Key.obdSpeed, records)
  writePercent(bytes, Obd.load, Key.load, records)
  writeNumber(bytes, Obd.coolant, Key.coolant, records)
  writePercent(bytes, Obd.throttle, Key.throttle, records)
  // 16383 rpm and 0.00 V mean "no data" on some units; they are stored as sent, like everything else.
  writeNumber(bytes, Obd.rpm, Key.rpm, records)
  const battery = decimalField(bytes, Obd.battery)
  if (Number.isNaN(battery)) writeRaw(bytes, Obd.battery, records)
  else records.powerV[row] = battery / POWER[decimals]
  attributeOpen(records, Key.dtcs, LIST)
  for (let field = Obd.dtc; field < Obd.dtcEnd; field++)
    if (FROM[field] < TO[field]) elementText(records, bytes, FROM[field], TO[field])
  attributeClose(records, LIST)
  for (let field = Obd.dtcEnd as number; field < count; field++) writeRaw(bytes, field, records)
  records.end()
  return 1
}

export const decodeTpms = (
  bytes: Uint8Array,
  count: number,
  context: FrameContext,
  records: Records,
  zones: Zones,
): number => {
  records.begin(MESSAGE_NONE)
  writeMessage(bytes, FROM[Field.keyword], nameTo, records)
  writeTime(bytes, Tpms.localTime, -1, context, records, zones)
  const link = flagOf(bytes, Tpms.link) // 0: fine, 1: failed
  if (link >= 0) attributeBool(records, Key.linkOk, link === 0)
  else writeRaw(bytes, Tpms.link, records)
  const declared = wholeField(bytes, Tpms.wheels)
  if (declared < 0) writeRaw(bytes, Tpms.wheels, records)
  const fields = count - Tpms.wheel
  const present = fields < 0 ? 0 : Math.ceil(fields / Tpms.fieldsPerWheel)
  const wheels = Math.min(present, declared < 0 ? present : declared, Tpms.wheelsMax)
  attributeOpen(records, Key.tyres, LIST)
  for (let wheel = 0; wheel < wheels; wheel++) writeWheel(bytes, wheel, wheels === WHEELS.length, records)
  attributeClose(records, LIST)
  for (let field = Tpms.wheel + wheels * Tpms.fieldsPerWheel; field < count; field++) writeRaw(bytes, field, records)
  records.end()
  return 1
}

/** One wheel as an object of the open list; the order names it when there are four. */
const writeWheel = (bytes: Uint8Array, wheel: number, named: boolean, records: Records): void => {
  const pressure = Tpms.wheel + wheel * Tpms.fieldsPerWheel
  const state = pressure + 2
  elementOpen(records)
  if (named) attributeText(records, Key.position, WHEELS[wheel], 0, WHEELS[wheel].length)
  writeNumber(bytes, pressure, Key.pressure, records)
  writeNumber(bytes, pressure + 1, Key.temperature, records)
  if (FROM[state] < TO[state]) {
    attributeText(records, Key.state, bytes, FROM[state], TO[state])
    for (let bit = 0; bit < WHEEL_STATES.length && FROM[state] + bit < TO[state]; bit++) {
      const name = WHEEL_STATES[bit]
      if (name !== null && bytes[FROM[state] + bit] === ZERO + 1) attributeBool(records, name, true)
    }
  }
  attributeClose(records, OBJECT)
}

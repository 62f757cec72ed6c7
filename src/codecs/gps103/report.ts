/** The report: a keyword, with a fix (flag F) or with the serving cell (flag L), and the state of the vehicle. */
import {
  NINE,
  PERCENT,
  POINT,
  SPACE,
  UPPER_A,
  UPPER_E,
  UPPER_F,
  UPPER_L,
  UPPER_N,
  UPPER_S,
  UPPER_V,
  UPPER_W,
  ZERO,
} from '../ascii.ts'
import {
  attributeBool,
  attributeClose,
  attributeFixed,
  attributeInt,
  attributeOpen,
  attributeText,
  elementText,
  LIST,
} from '../attributes.ts'
import type { FrameContext } from '../codec.ts'
import { FROM, hexField, single, TO, wholeField } from '../fields.ts'
import { coordinateE7, decimal, decimals, isHex, NO_COORDINATE, POWER, whole } from '../numbers.ts'
import { Source, type Records } from '../records.ts'
import { percent } from './fields.ts'
import { ALARM_OF, argumentFrom, argumentTo, EFFECT_OF, nameTo } from './keywords.ts'
import { DATE_LINE_E7, Effect, Field, Key, MESSAGE_NONE, POLE_E7 } from './messages.ts'
import { hemisphere, NEGATIVE, rememberedEast, rememberedNorth, UNSAID } from './session.ts'
import { utcSeconds, writeTime } from './time.ts'
import {
  flagOf,
  writeAltitude,
  writeCourse,
  writeMessage,
  writeNumber,
  writePercent,
  writeRaw,
  writeSpeed,
} from './values.ts'
import type { Zones } from './zones.ts'

/** Values that the keyword itself carried; bits of what `writeArgument` returns. */
const SAID_FUEL1 = 1,
  SAID_FUEL2 = 2,
  SAID_TEMPERATURE = 4,
  SAID_LIMIT = 8

/** True if a field is the flag of a report. */
export const isFlag = (bytes: Uint8Array, field: number): boolean => {
  const flag = single(bytes, field)
  return flag === UPPER_F || flag === UPPER_L
}

/** Appends the record of a report whose fields are noted and whose keyword, ending at `keywordTo`, is row `keyword`. */
export const decodeReport = (
  bytes: Uint8Array,
  count: number,
  keyword: number,
  keywordTo: number,
  context: FrameContext,
  records: Records,
  zones: Zones,
): number => {
  const effect = EFFECT_OF[keyword]
  const shift = effect === Effect.dispatch && !isFlag(bytes, Field.flag) ? 1 : 0
  records.begin(MESSAGE_NONE)
  writeMessage(bytes, FROM[Field.keyword], nameTo, records)
  records.alarm(ALARM_OF[keyword])
  const flag = single(bytes, Field.flag + shift)
  let utc = -1
  if (flag === UPPER_F) {
    writeCoordinates(bytes, shift, context, records)
    utc = utcSeconds(bytes, Field.utc + shift)
    if (utc < 0) writeRaw(bytes, Field.utc + shift, records)
  } else if (flag === UPPER_L) writeCell(bytes, shift, records)
  writeTime(bytes, Field.localTime + shift, utc, context, records, zones)
  const said = writeKeyword(bytes, keywordTo, effect, records)
  writeAux(bytes, Field.aux + shift, effect, records)
  if (shift) writeOrder(bytes, records)
  let rest = Field.flag + shift
  if (flag === UPPER_F || flag === UPPER_L) {
    writeMotion(bytes, shift, records)
    rest = writeVehicle(bytes, shift, effect, said, records)
  }
  for (; rest < count; rest++) writeRaw(bytes, rest, records)
  records.end()
  return 1
}

/** Latitude, longitude and validity. The row is a fix unless both are zero or one cannot be read. */
const writeCoordinates = (bytes: Uint8Array, shift: number, context: FrameContext, records: Records): void => {
  // The letters may stand before their numbers: the four fields are the same, in another order.
  const before = hemisphere(bytes, Field.latitude + shift, UPPER_N, UPPER_S) === UNSAID ? 0 : 1
  const latitude = Field.latitude + shift + before
  const longitude = Field.longitude + shift + before
  const northSouth = Field.northSouth + shift - before
  const eastWest = Field.eastWest + shift - before
  const row = records.rows
  const validity = single(bytes, Field.validity + shift)
  if (validity === UPPER_V) records.source[row] = Source.lastKnown
  else if (validity !== UPPER_A) writeRaw(bytes, Field.validity + shift, records)

  let latE7 = coordinateE7(bytes, FROM[latitude], TO[latitude])
  let lonE7 = coordinateE7(bytes, FROM[longitude], TO[longitude])
  // A place off the globe is none either: the fields are kept as sent.
  if (!(latE7 <= POLE_E7 && lonE7 <= DATE_LINE_E7) || latE7 === NO_COORDINATE || lonE7 === NO_COORDINATE) {
    records.source[row] = Source.gnss
    for (let field = Field.latitude; field <= Field.eastWest; field++) writeRaw(bytes, field + shift, records)
    return
  }
  if (latE7 === 0 && lonE7 === 0) {
    records.source[row] = Source.gnss
    return
  }
  let north = hemisphere(bytes, northSouth, UPPER_N, UPPER_S)
  let east = hemisphere(bytes, eastWest, UPPER_E, UPPER_W)
  if (north === UNSAID || east === UNSAID) {
    attributeBool(records, Key.hemisphereMissing, true)
    if (north === UNSAID) {
      writeRaw(bytes, northSouth, records)
      north = rememberedNorth(bytes, FROM[Field.id], TO[Field.id], context.state)
    }
    if (east === UNSAID) {
      writeRaw(bytes, eastWest, records)
      east = rememberedEast(bytes, FROM[Field.id], TO[Field.id], context.state)
    }
  }
  if (north === NEGATIVE) latE7 = -latE7
  if (east === NEGATIVE) lonE7 = -lonE7
  records.isFix[row] = 1
  records.latE7[row] = latE7
  records.lonE7[row] = lonE7
  records.valid[row] = validity === UPPER_A ? 1 : 0
}

/** The serving cell of a report without a fix, in hex where the coordinates of another are. */
const writeCell = (bytes: Uint8Array, shift: number, records: Records): void => {
  const row = records.rows
  const lac = Field.latitude + shift
  const cell = Field.longitude + shift
  const area = hexField(bytes, lac)
  const number = hexField(bytes, cell)
  if (area >= 0) records.lac[row] = area
  if (number >= 0) records.cellId[row] = number
  for (let field = Field.utc + shift; field <= Field.eastWest + shift; field++) {
    if (field === lac && area >= 0) continue
    if (field === cell && number >= 0) continue
    writeRaw(bytes, field, records)
  }
}

/** What the keyword says besides its alarm; which values its argument held (SAID_…). */
const writeKeyword = (bytes: Uint8Array, to: number, effect: number, records: Records): number => {
  const from = FROM[Field.keyword]
  switch (effect) {
    case Effect.none:
      return 0
    case Effect.event:
    case Effect.ignitionOn:
    case Effect.ignitionOff:
      attributeText(records, Key.event, bytes, from, to)
      return 0
    case Effect.reply:
    case Effect.dispatch:
      attributeText(records, Key.reply, bytes, from, to)
      return 0
    case Effect.area:
      attributeText(records, Key.area, bytes, argumentFrom, argumentTo)
      return 0
    case Effect.photo:
      attributeInt(records, Key.photoPackets, whole(bytes, argumentFrom, argumentTo))
      return 0
    case Effect.cutPending:
      attributeBool(records, Key.cutPending, true)
      return 0
    case Effect.armed:
    case Effect.disarmed:
      attributeBool(records, Key.armed, effect === Effect.armed)
      return 0
    case Effect.armRefused:
      attributeBool(records, Key.armRefused, true)
      return 0
    default:
      return writeArgument(bytes, effect, records)
  }
}

/** Numbers in the keyword: `oil 37.20`, `T:+28.0`, `speed 080`, `001 0.1% +28.0`. */
const writeArgument = (bytes: Uint8Array, effect: number, records: Records): number => {
  if (effect === Effect.tank1) attributeInt(records, Key.tank, 1)
  if (effect === Effect.tank2) attributeInt(records, Key.tank, 2)
  if (argumentFrom === argumentTo) return 0
  let firstTo = argumentFrom
  while (firstTo < argumentTo && bytes[firstTo] !== SPACE) firstTo++
  let said = 0
  let complete = firstTo === argumentTo
  if (effect === Effect.temperature) said = argument(bytes, firstTo, Key.temperature, SAID_TEMPERATURE, records)
  else if (effect === Effect.speed) said = argument(bytes, firstTo, Key.speedLimit, SAID_LIMIT, records)
  else if (effect === Effect.oil || effect === Effect.tank1)
    said = argument(bytes, firstTo, Key.fuel1, SAID_FUEL1, records)
  else if (effect === Effect.tank2) said = argument(bytes, firstTo, Key.fuel2, SAID_FUEL2, records)
  else if (effect === Effect.position) {
    said = argument(bytes, firstTo, Key.fuel1, SAID_FUEL1, records)
    const temperature = percent(bytes, firstTo + 1, argumentTo)
    if (!Number.isNaN(temperature)) {
      attributeFixed(records, Key.temperature, temperature, decimals)
      said |= SAID_TEMPERATURE
      complete = true
    }
  } else return 0 // a trouble code: text, written with the others
  if (!complete || said === 0) attributeText(records, Key.event, bytes, FROM[Field.keyword], TO[Field.keyword])
  return said
}

/** The first number of the argument; `bit`, or 0 if it is none. */
const argument = (bytes: Uint8Array, to: number, name: Uint8Array, bit: number, records: Records): number => {
  const value = percent(bytes, argumentFrom, to)
  if (Number.isNaN(value)) return 0
  attributeFixed(records, name, value, decimals)
  return bit
}

/** Phone number, RFID tag, battery percent or junk. */
const writeAux = (bytes: Uint8Array, field: number, effect: number, records: Records): void => {
  const from = FROM[field]
  const to = TO[field]
  if (from === to) return
  if (effect === Effect.rfid) return attributeText(records, Key.driver, bytes, from, to)
  if (bytes[to - 1] === PERCENT) {
    const value = decimal(bytes, from, to - 1) / POWER[decimals]
    if (value >= 0 && value <= 100) {
      records.batteryPct[records.rows] = Math.round(value)
      return
    }
  }
  attributeText(records, Key.aux, bytes, from, to)
}

/** The order number of a taxi dispatch report, where others have their time. */
const writeOrder = (bytes: Uint8Array, records: Records): void => {
  if (FROM[Field.localTime] < TO[Field.localTime])
    attributeText(records, Key.order, bytes, FROM[Field.localTime], TO[Field.localTime])
}

/** Speed, course and altitude. */
const writeMotion = (bytes: Uint8Array, shift: number, records: Records): void => {
  const course = Field.course + shift
  if (FROM[Field.speed + shift] < TO[Field.speed + shift]) writeSpeed(bytes, Field.speed + shift, true, records)
  // A lone 1 asks for the street address of the place; there is no course then.
  if (single(bytes, course) === ZERO + 1) attributeBool(records, Key.addressRequested, true)
  else if (FROM[course] < TO[course]) writeCourse(bytes, course, records)
  if (FROM[Field.altitude + shift] < TO[Field.altitude + shift]) writeAltitude(bytes, Field.altitude + shift, records)
}

/** ACC, door, fuel and temperature; the field after the last one read. */
const writeVehicle = (bytes: Uint8Array, shift: number, effect: number, said: number, records: Records): number => {
  writeIgnition(bytes, Field.acc + shift, effect, records)
  // The maker's dual-tank samples have a comma too few: a decimal where the door should be is the first tank.
  let fuel = Field.fuel1 + shift
  if (isDecimal(bytes, Field.door + shift)) {
    fuel--
    if (effect === Effect.doorAlarm) attributeBool(records, Key.door, true)
  } else writeDoor(bytes, Field.door + shift, effect, records)
  const second = fuel + 1
  const temperature = fuel + 2
  const hasCode = effect === Effect.trouble || isCode(bytes, second)
  if (hasCode) writeCodes(bytes, fuel, effect, records)

  if (!(effect === Effect.trouble && isCode(bytes, fuel))) {
    if (said & SAID_FUEL1) writeRaw(bytes, fuel, records)
    else if (FROM[fuel] < TO[fuel]) writePercent(bytes, fuel, Key.fuel1, records)
  }
  if (effect === Effect.service) {
    writeNumber(bytes, second, Key.serviceDays, records)
    writeNumber(bytes, temperature, Key.serviceKm, records)
    return temperature + 1
  }
  if (FROM[second] < TO[second] && !(hasCode && isTrouble(bytes, second, effect)))
    writeSecond(bytes, second, said, records)
  if (FROM[temperature] < TO[temperature] && !(effect === Effect.trouble && isCode(bytes, temperature))) {
    if (said & SAID_TEMPERATURE) writeRaw(bytes, temperature, records)
    else writeNumber(bytes, temperature, Key.temperature, records)
  }
  return temperature + 1
}

const writeIgnition = (bytes: Uint8Array, field: number, effect: number, records: Records): void => {
  const row = records.rows
  const acc = flagOf(bytes, field)
  if (effect === Effect.ignitionOn || effect === Effect.ignitionOff) {
    // The keyword is the newer statement; the field is kept beside it.
    records.ignition[row] = effect === Effect.ignitionOn ? 1 : 0
    if (acc >= 0) attributeInt(records, Key.accField, acc)
    else writeRaw(bytes, field, records)
    return
  }
  if (acc >= 0) records.ignition[row] = acc
  else {
    if (effect === Effect.accAlarm) records.ignition[row] = 1
    writeRaw(bytes, field, records)
  }
}

const writeDoor = (bytes: Uint8Array, field: number, effect: number, records: Records): void => {
  const door = flagOf(bytes, field)
  if (door >= 0) return attributeBool(records, Key.door, door === 1)
  if (effect === Effect.doorAlarm) attributeBool(records, Key.door, true)
  writeRaw(bytes, field, records)
}

/** Field 17: the second tank, or the odometer if it is a plain integer. */
const writeSecond = (bytes: Uint8Array, field: number, said: number, records: Records): void => {
  const odometerKm = wholeField(bytes, field)
  if (odometerKm >= 0) records.odometerKm[records.rows] = odometerKm
  else if (said & SAID_FUEL2) writeRaw(bytes, field, records)
  else writePercent(bytes, field, Key.fuel2, records)
}

/** Trouble codes: in the keyword, in field 17, and where they slipped to its neighbours. */
const writeCodes = (bytes: Uint8Array, fuel: number, effect: number, records: Records): void => {
  attributeOpen(records, Key.dtcs, LIST)
  if (effect === Effect.trouble && argumentFrom < argumentTo) elementText(records, bytes, argumentFrom, argumentTo)
  for (let field = fuel; field <= fuel + 2; field++) {
    const code =
      field === fuel + 1 ? isTrouble(bytes, field, effect) : effect === Effect.trouble && isCode(bytes, field)
    if (code) elementText(records, bytes, FROM[field], TO[field])
  }
  attributeClose(records, LIST)
}

/** True if field 17 holds a trouble code: after the keyword DTC, anything that is no number. */
const isTrouble = (bytes: Uint8Array, field: number, effect: number): boolean => {
  if (isCode(bytes, field)) return true
  return effect === Effect.trouble && FROM[field] < TO[field] && Number.isNaN(percent(bytes, FROM[field], TO[field]))
}

/** `P0300`: one of P C B U and four hexadecimal digits. */
const isCode = (bytes: Uint8Array, field: number): boolean => {
  const from = FROM[field]
  if (TO[field] - from !== 5) return false
  const letter = bytes[from]
  if (letter !== 0x50 && letter !== 0x43 && letter !== 0x42 && letter !== 0x55) return false
  if (!isHex(bytes, from + 1, from + 5)) return false
  return true
}

/** A digit and a point somewhere, or a percent sign at the end. */
const isDecimal = (bytes: Uint8Array, field: number): boolean => {
  const from = FROM[field]
  const to = TO[field]
  if (to - from < 2 || bytes[from] < ZERO || bytes[from] > NINE) return false
  if (bytes[to - 1] === PERCENT) return true
  for (let at = from; at < to; at++) if (bytes[at] === POINT) return true
  return false
}

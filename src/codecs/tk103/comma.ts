/** The comma dialect: positions, cells with access points, battery, results of commands. */
import { Alarm } from '../alarms.ts'
import { DOLLAR } from '../ascii.ts'
import { attributeFixed, attributeInt, attributeText } from '../attributes.ts'
import type { FrameContext } from '../codec.ts'
import { FROM, scanFields, single, TO, wholeField } from '../fields.ts'
import { decimals, hexByte, isDigit, paddedDecimal, POWER, whole } from '../numbers.ts'
import type { Records } from '../records.ts'
import { writeIo, writeIoField, writeMileage } from './block.ts'
import { isAccessPoint, writeAccessPoints, writeDecimalCell } from './cells.ts'
import {
  A,
  Block,
  Comma,
  CommaCell,
  D,
  DW_EVENTS,
  E,
  EVENT_ALARM,
  FIELDS_MAX,
  INSTALLED_UNKNOWN,
  Key,
  L,
  LEVEL_PERCENT,
  N,
  NO_EVENT,
  S,
  Status,
  STATUS_UNKNOWN,
  V,
  W,
  Z,
  ZC_BATTERY,
  ZC_RESULT,
} from './messages.ts'
import { betterReading, dayFirst, GUESSED_MS, KNOWN_MS, writeTime, yearFirst } from './time.ts'
import { writeCourse, writePlace, writeSpeed } from './values.ts'

/** Writes the frame whose command stands at `command` into the open row. */
export const writeComma = (
  bytes: Uint8Array,
  command: number,
  to: number,
  context: FrameContext,
  records: Records,
): void => {
  const zc = bytes[command] === Z
  const code = hexByte(bytes, command + 2)
  // Fields are counted as the page counts them, with the id before the command.
  const count = scanFields(bytes, command, to, FIELDS_MAX, Comma.command)
  if (zc && code === ZC_RESULT && writeResult(bytes, to, context, records)) return
  if (zc && code === ZC_BATTERY && writeStatus(bytes, count, context, records)) return
  const event = zc || bytes[command] === D ? EVENT_ALARM[code + (zc ? 0 : DW_EVENTS)] : 0
  if (event === NO_EVENT) attributeText(records, Key.event, bytes, command, command + 4)
  else records.alarm(event)
  const written = writePosition(bytes, count, context, records) || writeCells(bytes, count, context, records)
  if (!written && command + 5 < to) attributeText(records, Key.body, bytes, command + 5, to)
  if (event === Alarm.ignition_on) records.ignition[records.rows] = 1
  if (event === Alarm.ignition_off) records.ignition[records.rows] = 0
}

const isSix = (bytes: Uint8Array, field: number): boolean => {
  if (TO[field] - FROM[field] !== 6) return false
  for (let at = FROM[field]; at < TO[field]; at++) if (!isDigit(bytes[at])) return false
  return true
}

const writePosition = (bytes: Uint8Array, count: number, context: FrameContext, records: Records): boolean => {
  const validity = single(bytes, Comma.validity)
  if (count <= Comma.time || (validity !== A && validity !== V)) return false
  if (!isSix(bytes, Comma.date) || !isSix(bytes, Comma.time)) return false
  const northSouth = TO[Comma.latitude] - 1
  const eastWest = TO[Comma.longitude] - 1
  if (northSouth < FROM[Comma.latitude] || eastWest < FROM[Comma.longitude]) return false
  if (bytes[northSouth] !== N && bytes[northSouth] !== S) return false
  if (bytes[eastWest] !== E && bytes[eastWest] !== W) return false
  writePlace(bytes, FROM[Comma.latitude], northSouth, FROM[Comma.longitude], eastWest, validity === A, records)

  // Where I/O and mileage follow, the firmware only put commas into a frame of the fixed dialect.
  const date = FROM[Comma.date]
  const time = FROM[Comma.time]
  const hasIo = isIo(bytes, count)
  const day = dayFirst(bytes, date, time)
  const year = yearFirst(bytes, date, time)
  const claim = hasIo
    ? betterReading(year, day, GUESSED_MS, context.receivedMs)
    : betterReading(day, year, KNOWN_MS, context.receivedMs)
  writeTime(bytes, claim, date, time, true, context, records)
  writeSpeed(bytes, FROM[Comma.speed], TO[Comma.speed], records)
  writeCourse(bytes, FROM[Comma.course], TO[Comma.course], records)
  if (hasIo) writeIoAndMileage(bytes, count, records)
  else {
    writeAltitude(bytes, records)
    writeSatellites(bytes, records)
    if (count > Comma.rest) attributeText(records, Key.tail, bytes, FROM[Comma.rest], TO[count - 1])
  }
  return true
}

/** True if I/O and mileage stand where altitude and satellites would, in two fields or one. */
const isIo = (bytes: Uint8Array, count: number): boolean => {
  const from = FROM[Comma.altitude]
  const size = TO[Comma.altitude] - from
  if (size === Block.ioBytes) return count > Comma.satellites && bytes[FROM[Comma.satellites]] === L
  return size > Block.ioBytes && bytes[from + Block.ioBytes] === L
}

const writeIoAndMileage = (bytes: Uint8Array, count: number, records: Records): void => {
  const io = FROM[Comma.altitude]
  writeIo(bytes, io, io + Block.ioBytes, records)
  const together = TO[Comma.altitude] - io > Block.ioBytes
  const mileage = together ? io + Block.ioBytes : FROM[Comma.satellites]
  writeMileage(bytes, mileage + 1, TO[count - 1], records)
}

const writeAltitude = (bytes: Uint8Array, records: Records): void => {
  const from = FROM[Comma.altitude]
  if (from >= TO[Comma.altitude]) return
  const value = paddedDecimal(bytes, from, TO[Comma.altitude])
  const row = records.rows
  if (Number.isNaN(value)) attributeText(records, Key.altitude, bytes, from, TO[Comma.altitude])
  else if (records.isFix[row]) records.altitudeM[row] = value / POWER[decimals]
  else attributeFixed(records, Key.altitude, value, decimals)
}

const SATELLITES_MAX = 99
const writeSatellites = (bytes: Uint8Array, records: Records): void => {
  const from = FROM[Comma.satellites]
  if (from >= TO[Comma.satellites]) return
  const value = whole(bytes, from, TO[Comma.satellites])
  const row = records.rows
  if (value < 0 || value > SATELLITES_MAX) attributeText(records, Key.satellites, bytes, from, TO[Comma.satellites])
  else if (records.isFix[row]) records.satellites[row] = value
  else attributeInt(records, Key.satellites, value)
}

const writeCells = (bytes: Uint8Array, count: number, context: FrameContext, records: Records): boolean => {
  if (count <= CommaCell.count || !writeDecimalCell(bytes, CommaCell.mcc, records)) return false
  // The number of access points says less than they do.
  let field: number = CommaCell.rest
  while (field < count && isAccessPoint(bytes, field)) field++
  writeAccessPoints(bytes, CommaCell.rest, field, records)
  if (field + 1 < count && isSix(bytes, field) && isSix(bytes, field + 1)) {
    writeMoment(bytes, field, field + 1, context, records)
    field += 2
  }
  if (field < count) attributeText(records, Key.tail, bytes, FROM[field], TO[count - 1])
  return true
}

const writeMoment = (
  bytes: Uint8Array,
  dateField: number,
  timeField: number,
  context: FrameContext,
  records: Records,
): void => {
  const date = FROM[dateField]
  const time = FROM[timeField]
  const claim = betterReading(dayFirst(bytes, date, time), yearFirst(bytes, date, time), KNOWN_MS, context.receivedMs)
  writeTime(bytes, claim, date, time, true, context, records)
}

const PERCENT_UNKNOWN = 255
/** Battery level, voltages and whether the unit is installed. */
const writeStatus = (bytes: Uint8Array, count: number, context: FrameContext, records: Records): boolean => {
  if (!isSix(bytes, Status.date) || !isSix(bytes, Status.time)) return false
  writeMoment(bytes, Status.date, Status.time, context, records)
  const row = records.rows
  const level = wholeField(bytes, Status.level)
  const percent = level >= 0 && level < LEVEL_PERCENT.length ? LEVEL_PERCENT[level] : PERCENT_UNKNOWN
  if (percent !== PERCENT_UNKNOWN) records.batteryPct[row] = percent
  else writeRaw(bytes, Status.level, Key.levelRaw, records)
  const battery = paddedDecimal(bytes, FROM[Status.battery], TO[Status.battery])
  if (Number.isNaN(battery)) writeRaw(bytes, Status.battery, Key.batteryRaw, records)
  else if (battery !== STATUS_UNKNOWN) records.batteryV[row] = battery / POWER[2 + decimals]
  const power = paddedDecimal(bytes, FROM[Status.power], TO[Status.power])
  if (Number.isNaN(power)) writeRaw(bytes, Status.power, Key.powerRaw, records)
  else if (power !== STATUS_UNKNOWN) records.powerV[row] = power / POWER[1 + decimals]
  const installed = wholeField(bytes, Status.installed)
  if (installed >= 0 && installed !== INSTALLED_UNKNOWN) attributeInt(records, Key.installed, installed)
  if (count > Status.rest) writeIoField(bytes, FROM[Status.rest], TO[count - 1], records)
  return true
}

const writeRaw = (bytes: Uint8Array, field: number, name: Uint8Array, records: Records): void => {
  if (FROM[field] < TO[field]) attributeText(records, name, bytes, FROM[field], TO[field])
}

/** The answer to a command: text between two `$`, the second of which may be missing. */
const writeResult = (bytes: Uint8Array, to: number, context: FrameContext, records: Records): boolean => {
  if (!isSix(bytes, Status.date) || !isSix(bytes, Status.time)) return false
  writeMoment(bytes, Status.date, Status.time, context, records)
  let from = TO[Status.time] + 1
  if (from > to) return true
  if (bytes[from] === DOLLAR && from < to) from++
  let end = to
  if (end > from && bytes[end - 1] === DOLLAR) end--
  attributeText(records, Key.result, bytes, from, end)
  return true
}

/**
 * The GPS block of the fixed dialect, and the I/O state and sensors behind it.
 *
 *   date validity latitude N/S longitude E/W speed time course [,] I/O L mileage [temperature] [sensors] [, clock]
 *
 * Widths are fixed up to the latitude; the longitude may lack its leading zero, the course moves its point. So the
 * letters are looked for, and the I/O state is what stands before the L.
 */
import { COMMA, MINUS, PLUS, POINT, ZERO } from '../ascii.ts'
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
import { hexDigit, hexNumber, isDigit } from '../numbers.ts'
import type { Records } from '../records.ts'
import { A, Block, E, Key, L, N, S, T, V, W } from './messages.ts'
import { writeTime, yearFirst } from './time.ts'
import { writeCourse, writePlace, writeSpeed } from './values.ts'

/** Six digits and A or V. */
export const isBlockStart = (bytes: Uint8Array, at: number, to: number): boolean => {
  if (to - at <= Block.validity) return false
  const validity = bytes[at + Block.validity]
  if (validity !== A && validity !== V) return false
  for (let digit = at; digit < at + Block.validity; digit++) if (!isDigit(bytes[digit])) return false
  return true
}

/** Offset of the first of two letters in `bytes[from, to)`, or -1. */
const letterAt = (bytes: Uint8Array, from: number, to: number, one: number, other: number): number => {
  for (let at = from; at < to; at++) if (bytes[at] === one || bytes[at] === other) return at
  return -1
}

// Of the block located last.
let northSouth = 0
let eastWest = 0

/** Where the time of the block at `at` stands; -1: this is no block. Notes where the letters are. */
export const timeOf = (bytes: Uint8Array, at: number, to: number): number => {
  if (!isBlockStart(bytes, at, to)) return -1
  const latitude = at + Block.latitude
  northSouth = letterAt(bytes, latitude, Math.min(to, latitude + Block.longitudeMax), N, S)
  if (northSouth < 0) return -1
  eastWest = letterAt(bytes, northSouth + 1, Math.min(to, northSouth + 1 + Block.longitudeMax), E, W)
  if (eastWest < 0) return -1
  const time = eastWest + 1 + Block.speedBytes
  return time + Block.timeBytes <= to ? time : -1
}

/** Writes the block `bytes[at, to)` and all that follows it into the open row; false: it is no block. */
export const writeBlock = (
  bytes: Uint8Array,
  at: number,
  to: number,
  context: FrameContext,
  records: Records,
): boolean => {
  const time = timeOf(bytes, at, to)
  if (time < 0) return false
  const fixed = bytes[at + Block.validity] === A
  writePlace(bytes, at + Block.latitude, northSouth, northSouth + 1, eastWest, fixed, records)
  writeTime(bytes, yearFirst(bytes, at + Block.date, time), at + Block.date, time, fixed, context, records)
  writeSpeed(bytes, time - Block.speedBytes, time, records)

  const course = time + Block.timeBytes
  let mileage = course
  while (mileage < to && bytes[mileage] !== L) mileage++
  if (mileage < to) {
    const io = Math.max(course, mileage - Block.ioBytes)
    let courseTo = io
    if (courseTo > course && bytes[courseTo - 1] === COMMA) courseTo--
    writeCourse(bytes, course, courseTo, records)
    writeIo(bytes, io, mileage, records)
    writeMileage(bytes, mileage + 1, to, records)
    return true
  }
  // Commas around a block: the course ends where its number does.
  let courseTo = course
  while (courseTo < to && bytes[courseTo] !== COMMA) courseTo++
  writeCourse(bytes, course, courseTo, records)
  if (courseTo < to) writeIoField(bytes, courseTo + 1, to, records)
  return true
}

/** Bits of the inputs and outputs columns. Input and output n have bit n − 1; the sensors come behind. */
export const INPUT_2 = 1 << 1,
  OUTPUT_2 = 1 << 1,
  HIGH_SENSOR_1 = 1 << 4,
  LOW_SENSOR_1 = 1 << 8

/** Inputs by the fourth and the fifth digit, whose bits run from sensor 3 up to sensor 1. */
const HIGH_SENSORS = new Uint16Array(16)
const LOW_SENSORS = new Uint16Array(16)
for (let digit = 0; digit < 16; digit++)
  for (let sensor = 0; sensor < 3; sensor++) {
    if (digit & (4 >> sensor)) HIGH_SENSORS[digit] |= HIGH_SENSOR_1 << sensor
    if (digit & (8 >> sensor)) LOW_SENSORS[digit] |= LOW_SENSOR_1 << sensor
  }
const THIRD_INPUT_2 = 1,
  THIRD_PANIC = 2,
  THIRD_OUTPUT_2 = 4,
  THIRD_BLOCKED = 8,
  FOURTH_DOOR = 8

/** Writes the I/O state `bytes[at, to)`, eight characters. */
export const writeIo = (bytes: Uint8Array, at: number, to: number, records: Records): void => {
  if (at >= to) return
  const row = records.rows
  if (to - at === Block.ioBytes) {
    const power = bytes[at] - ZERO
    const ignition = bytes[at + 1] - ZERO
    if (power === 0 || power === 1) {
      records.charging[row] = 1 - power
      attributeBool(records, Key.power, power === 0)
    }
    if (ignition === 0 || ignition === 1) records.ignition[row] = ignition
    writeFlags(bytes, at, records)
    const analog = hexNumber(bytes, at + 5, at + 8)
    if (analog >= 0) attributeInt(records, Key.analog, analog)
  }
  attributeText(records, Key.io, bytes, at, to)
}

/** Characters 3 to 5: only a bit that is set says something. */
const writeFlags = (bytes: Uint8Array, at: number, records: Records): void => {
  const row = records.rows
  const third = Math.max(0, hexDigit(bytes[at + 2]))
  const fourth = Math.max(0, hexDigit(bytes[at + 3]))
  const fifth = Math.max(0, hexDigit(bytes[at + 4]))
  if ((third | fourth | fifth) === 0) return
  if (third & THIRD_INPUT_2) records.inputs[row] |= INPUT_2
  if (third & THIRD_OUTPUT_2) records.outputs[row] |= OUTPUT_2
  records.inputs[row] |= HIGH_SENSORS[fourth] | LOW_SENSORS[fifth]
  if (third & THIRD_PANIC) attributeBool(records, Key.panic, true)
  if (third & THIRD_BLOCKED) attributeBool(records, Key.blocked, true)
  if (fourth & FOURTH_DOOR) attributeBool(records, Key.door, true)
}

/** The last field of a body with commas: the I/O state, or something else. */
export const writeIoField = (bytes: Uint8Array, from: number, to: number, records: Records): void => {
  if (from >= to) return
  if (to - from === Block.ioBytes && hexNumber(bytes, from, to) >= 0) writeIo(bytes, from, to, records)
  else attributeText(records, Key.tail, bytes, from, to)
}

/** The mileage behind its L, and the sensors. */
export const writeMileage = (bytes: Uint8Array, from: number, to: number, records: Records): void => {
  let digits = 0
  while (from + digits < to && digits < Block.mileageBytes && hexDigit(bytes[from + digits]) >= 0) digits++
  let end = from + digits
  // Seven digits, and a sensor whose letter is a digit: `L0000314F080`.
  if (digits === Block.mileageBytes && !isTail(bytes, end, to) && isTail(bytes, end - 1, to)) end--
  const metres = hexNumber(bytes, from, end)
  if (metres >= 0) records.odometerKm[records.rows] = metres / 1000
  else if (end === from && from < to && !isTail(bytes, from, to)) {
    attributeText(records, Key.odometerRaw, bytes, from, to)
    return
  }
  writeTail(bytes, end, to, records)
}

const TEMPERATURE_BYTES = 6
const SENSOR_BYTES = 4
/** `+017.7` */
const isTemperature = (bytes: Uint8Array, at: number, to: number): boolean => {
  if (to - at < TEMPERATURE_BYTES || (bytes[at] !== PLUS && bytes[at] !== MINUS) || bytes[at + 4] !== POINT)
    return false
  return isDigit(bytes[at + 1]) && isDigit(bytes[at + 2]) && isDigit(bytes[at + 3]) && isDigit(bytes[at + 5])
}

/** `T113` */
const isSensor = (bytes: Uint8Array, at: number, to: number): boolean =>
  to - at >= SENSOR_BYTES && bytes[at] >= A && bytes[at] <= 0x5a && hexNumber(bytes, at + 1, at + 4) >= 0

/** True if temperature and sensors, and nothing else, fill `bytes[at, to)` up to a comma. */
const isTail = (bytes: Uint8Array, from: number, to: number): boolean => {
  let at = from
  while (at < to && bytes[at] !== COMMA) {
    if (isTemperature(bytes, at, to)) at += TEMPERATURE_BYTES
    else if (isSensor(bytes, at, to)) at += SENSOR_BYTES
    else return false
  }
  return true
}

const writeTail = (bytes: Uint8Array, from: number, to: number, records: Records): void => {
  let at = from
  let temperature = false
  let raw = false
  let open = false
  while (at < to) {
    if (!temperature && !open && isTemperature(bytes, at, to)) {
      const digits = hundreds(bytes, at + 1) * 10 + bytes[at + 5] - ZERO
      attributeFixed(records, Key.temperature, bytes[at] === MINUS ? -digits : digits, 1)
      temperature = true
      at += TEMPERATURE_BYTES
    } else if (isSensor(bytes, at, to)) {
      if (bytes[at] === T && !raw && !open) {
        attributeInt(records, Key.temperatureRaw, hexNumber(bytes, at + 1, at + SENSOR_BYTES))
        raw = true
      } else {
        if (!open) attributeOpen(records, Key.sensors, LIST)
        open = true
        elementText(records, bytes, at, at + SENSOR_BYTES)
      }
      at += SENSOR_BYTES
    } else break
  }
  if (open) attributeClose(records, LIST)
  if (at >= to) return
  if (bytes[at] === COMMA && isClock(bytes, at + 1, to)) attributeText(records, Key.clock, bytes, at + 1, to)
  else attributeText(records, Key.tail, bytes, at, to)
}

/** `170228,194530` */
const isClock = (bytes: Uint8Array, at: number, to: number): boolean => {
  if (to - at !== 13 || bytes[at + 6] !== COMMA) return false
  for (let digit = 0; digit < 13; digit++) if (digit !== 6 && !isDigit(bytes[at + digit])) return false
  return true
}

const hundreds = (bytes: Uint8Array, at: number): number =>
  (bytes[at] - ZERO) * 100 + (bytes[at + 1] - ZERO) * 10 + bytes[at + 2] - ZERO

/** 0x0900: whatever an attached device or a vendor's extension sends, by its type byte. */
import { ascii, COMMA } from '../ascii.ts'
import { attributeClose, attributeHex, attributeInt, elementOpen, key, LIST, OBJECT } from '../attributes.ts'
import { s16, u16, u32 } from '../bytes.ts'
import type { Records } from '../records.ts'
import { OBD_ALARMS } from './alarms.ts'
import { believable, BUFFERED_MS, localMs } from './clock.ts'
import { place, STORED } from './location.ts'
import { Status } from './messages.ts'
import type { Reader } from './reader.ts'
import { rest, sentAt } from './record.ts'
import { name, sayClose, sayFixed, sayHex, sayInt, sayOpen, sayText, sayTextOrHex, type Name } from './say.ts'

const TYPE = name('transparent_type'),
  DATA = name('data')

const SERIAL_PORT_FIRST = 0x40,
  SERIAL_PORT_LAST = 0x42,
  SENSOR_TAGS = 0x53,
  SENSOR_TAGS_LAST = 0x54,
  OBD = 0xf0,
  LIST_OF_VALUES = 0xf3,
  PLAIN_FIX = 0xff

export const transparent: Reader = (records, row, b, at, end, context, settings) => {
  const type = b[at]
  const from = at + 1
  sayInt(records, TYPE, type)
  if (type >= SERIAL_PORT_FIRST && type <= SERIAL_PORT_LAST) serialPort(records, row, b, from, end)
  else if (type === OBD && end - from >= OBD_HEAD) obd(records, row, b, from, end, context, settings)
  else if (type === LIST_OF_VALUES) values(records, row, b, from, end, context, settings)
  else if ((type === SENSOR_TAGS || type === SENSOR_TAGS_LAST) && end - from >= TAGS_HEAD)
    tags(records, row, b, from, end, context, settings)
  else if (type === PLAIN_FIX && end - from >= PLAIN_BYTES) plainFix(records, row, b, from, end, context, settings)
  else rest(records, b, from, end)
}

const DRIVER_ID = name('driver_id'),
  RPM = name('rpm'),
  OBD_SPEED = name('obd_speed_kph'),
  THROTTLE = name('throttle'),
  ENGINE_LOAD = name('engine_load'),
  COOLANT = name('coolant_temperature'),
  CONSUMPTION = name('fuel_consumption'),
  CONSUMPTION_AVERAGE = name('fuel_consumption_average'),
  TRIP_KM = name('trip_km'),
  TRIP_FUEL = name('trip_fuel_l'),
  FUEL_USED = name('fuel_used_l')
/** `$OBD-RT`, fields from 1 on: volts and odometer are columns. */
const OBD_TEXT: readonly (Name | null)[] = [
  null,
  null,
  RPM,
  OBD_SPEED,
  THROTTLE,
  ENGINE_LOAD,
  COOLANT,
  CONSUMPTION,
  CONSUMPTION_AVERAGE,
  TRIP_KM,
  null,
  TRIP_FUEL,
  FUEL_USED,
]
const VOLTS = 1,
  ODOMETER = 10,
  DRIVER_FIELD = 4
const CARD = ascii('GTSL|'),
  OBD_LINE = ascii('$OBD-RT,')
const BAR = 0x7c

const serialPort = (records: Records, row: number, b: Uint8Array, from: number, end: number): void => {
  if (opensWith(b, from, end, CARD)) {
    const at = field(b, from, end, BAR, DRIVER_FIELD)
    if (at >= 0) sayText(records, DRIVER_ID, b, at, fieldEnd(b, at, end, BAR))
  } else if (opensWith(b, from, end, OBD_LINE)) {
    for (let index = 1; index < OBD_TEXT.length; index++) {
      const at = field(b, from, end, COMMA, index)
      if (at < 0) break
      const value = decimal100(b, at, fieldEnd(b, at, end, COMMA))
      if (value !== value) continue
      const into = OBD_TEXT[index]
      if (index === VOLTS) records.powerV[row] = value / 100
      else if (index === ODOMETER) records.odometerKm[row] = value / 100
      else if (into !== null) sayFixed(records, into, value, 2)
    }
  }
  if (isText(b, from, end)) sayText(records, DATA, b, from, end)
  else sayHex(records, DATA, b, from, end)
}

const opensWith = (b: Uint8Array, at: number, end: number, opening: Uint8Array): boolean => {
  if (end - at < opening.length) return false
  for (let index = 0; index < opening.length; index++) if (b[at + index] !== opening[index]) return false
  return true
}

/** Start of a field of a separated list, counted from 0; -1 if there are not so many. */
const field = (b: Uint8Array, from: number, end: number, separator: number, index: number): number => {
  let at = from
  for (let skipped = 0; skipped < index; skipped++) {
    at = fieldEnd(b, at, end, separator) + 1
    if (at > end) return -1
  }
  return at
}

const fieldEnd = (b: Uint8Array, from: number, end: number, separator: number): number => {
  let at = from
  while (at < end && b[at] !== separator) at++
  return at
}

/** A decimal number times 100, further places dropped; NaN if it is none. */
const decimal100 = (b: Uint8Array, from: number, end: number): number => {
  let at = from
  const negative = b[at] === 0x2d
  if (negative) at++
  let value = 0
  let digits = 0
  let places = -1
  for (; at < end && digits < 12; at++) {
    const byte = b[at]
    if (byte === 0x2e && places < 0) places = 0
    else if (byte < 0x30 || byte > 0x39) break
    else if (places < 2) {
      value = value * 10 + byte - 0x30
      digits++
      if (places >= 0) places++
    }
  }
  if (digits === 0) return NaN
  for (let place = Math.max(0, places); place < 2; place++) value *= 10
  return negative ? -value : value
}

const isText = (b: Uint8Array, from: number, end: number): boolean => {
  for (let at = from; at < end; at++) {
    const byte = b[at]
    if ((byte < 0x20 && byte !== 0x0d && byte !== 0x0a && byte !== 0x09) || byte === 0x7f) return false
  }
  return true
}

const VEHICLE_TYPE = name('vehicle_type'),
  SUBTYPE = name('subtype'),
  OBD_VALUES = name('obd'),
  OBD_ALARM_LIST = name('obd_alarms'),
  STATUS_BITS = name('status_bits'),
  OBD_SECOND_TIME = name('obd_time')
const OBD_HEAD = 9
const SUBTYPE_VALUES = 1,
  SUBTYPE_ALARMS = 3
/** Status u32, latitude, longitude. */
const OBD_PLACE = 12

/** F0: date, stored u8, vehicle type u8, subtype u8; values or alarms, then a place. */
const obd: Reader = (records, row, b, at, end, context, settings) => {
  const ms = localMs(b, at)
  const stored = b[at + 6] === 1
  const subtype = b[at + 8]
  sayInt(records, VEHICLE_TYPE, b[at + 7])
  sayInt(records, SUBTYPE, subtype)
  sentAt(records, row, ms, context)
  if (stored) records.buffered[row] = 1
  let from = at + OBD_HEAD
  if (subtype !== SUBTYPE_VALUES && subtype !== SUBTYPE_ALARMS) return rest(records, b, from, end)
  const behind = list(records, b, from, end, subtype)
  if (behind < 0 || behind + OBD_PLACE > end) return rest(records, b, from, end)
  from = behind
  const status = u32(b, from)
  sayInt(records, STATUS_BITS, status)
  const latitude = u32(b, from + 4)
  const longitude = u32(b, from + 8)
  const ageMs = stored ? STORED : BUFFERED_MS
  place(records, row, believable(ms, context), status, latitude, longitude, NaN, NaN, NaN, ageMs, context)
  if (!settings.personal) records.ignition[row] = status & Status.acc
  from += OBD_PLACE
  if (end - from === 6) sayHex(records, OBD_SECOND_TIME, b, from, end)
  else rest(records, b, from, end)
}

const ID = key('id'),
  VALUE = key('data')

/** Count u8, { id u16 or, of alarms, u8; length u8; value }. The offset behind it, or -1 if it does not fit. */
const list = (records: Records, b: Uint8Array, at: number, end: number, subtype: number): number => {
  if (at >= end) return -1
  const idBytes = subtype === SUBTYPE_ALARMS ? 1 : 2
  const count = b[at]
  let from = at + 1
  for (let index = 0; index < count; index++) {
    if (from + idBytes + 1 > end) return -1
    from += idBytes + 1 + b[from + idBytes]
    if (from > end) return -1
  }
  const behind = from
  if (count === 0 || !sayOpen(records, subtype === SUBTYPE_ALARMS ? OBD_ALARM_LIST : OBD_VALUES, LIST)) return behind
  for (from = at + 1; from < behind; from += idBytes + 1 + b[from + idBytes]) {
    const id = idBytes === 1 ? b[from] : u16(b, from)
    elementOpen(records)
    attributeInt(records, ID, id)
    const length = b[from + idBytes]
    if (length > 0) attributeHex(records, VALUE, b, from + idBytes + 1, from + idBytes + 1 + length)
    attributeClose(records, OBJECT)
    if (subtype === SUBTYPE_ALARMS) records.alarm(OBD_ALARMS[id])
  }
  sayClose(records, LIST)
  return behind
}

const VALUES = name('values')
const VALUE_TIME = 0x0006

/** F3: { id u16, length u16, value }; 0006 is the date. */
const values: Reader = (records, row, b, at, end, context) => {
  let from = at
  if (from + 4 > end || !sayOpen(records, VALUES, LIST)) return rest(records, b, from, end)
  for (; from + 4 <= end && from + 4 + u16(b, from + 2) <= end; from += 4 + u16(b, from + 2)) {
    const id = u16(b, from)
    const length = u16(b, from + 2)
    if (id === VALUE_TIME && length === 6) sentAt(records, row, localMs(b, from + 4), context)
    elementOpen(records)
    attributeInt(records, ID, id)
    attributeHex(records, VALUE, b, from + 4, from + 4 + length)
    attributeClose(records, OBJECT)
  }
  sayClose(records, LIST)
  rest(records, b, from, end)
}

/** Status u32, latitude, longitude, altitude, speed, course, date. */
const TAGS_HEAD = 24
const TAGS = name('tags')

const tags: Reader = (records, row, b, at, end, context, settings) => {
  const status = u32(b, at)
  sayInt(records, STATUS_BITS, status)
  const ms = believable(localMs(b, at + 18), context)
  place(
    records,
    row,
    ms,
    status,
    u32(b, at + 4),
    u32(b, at + 8),
    s16(b, at + 12),
    u16(b, at + 14),
    u16(b, at + 16),
    BUFFERED_MS,
    context,
  )
  if (!settings.personal) records.ignition[row] = status & Status.acc
  if (at + TAGS_HEAD < end) sayTextOrHex(records, TAGS, b, at + TAGS_HEAD, end)
}

/** Date, signed latitude and longitude, altitude, speed, course. */
const PLAIN_BYTES = 20

const plainFix: Reader = (records, row, b, at, end, context) => {
  const latitude = u32(b, at + 6) | 0
  const longitude = u32(b, at + 10) | 0
  const status = Status.positioned | (latitude < 0 ? Status.south : 0) | (longitude < 0 ? Status.west : 0)
  place(
    records,
    row,
    believable(localMs(b, at), context),
    status,
    Math.abs(latitude),
    Math.abs(longitude),
    s16(b, at + 14),
    u16(b, at + 16),
    u16(b, at + 18),
    BUFFERED_MS,
    context,
  )
  rest(records, b, at + PLAIN_BYTES, end)
}

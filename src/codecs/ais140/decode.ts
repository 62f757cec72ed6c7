/** From a frame to its records: which sentence it is, and who reads it. */
import { Alarm } from '../alarms.ts'
import { ascii, ZERO } from '../ascii.ts'
import { attributeFixed, attributeText } from '../attributes.ts'
import type { FrameContext } from '../codec.ts'
import { FROM, isEmpty, scanFields, single, TO } from '../fields.ts'
import { decimal, decimals, POWER } from '../numbers.ts'
import type { Records } from '../records.ts'
import { imeiField } from './fields.ts'
import { decodeFixed } from './fixed.ts'
import { headerField, headerFrom, headerTo, kindOf, readLayout, textEnd } from './frame.ts'
import * as at from './layout.ts'
import { Emergency, FIELDS_MAX, Health, Key, Kind } from './messages.ts'
import { bits, hasTwo, writeLocation, writeMaker, writePlaceAt, writeWhen } from './location.ts'
import { dateShape, DATE_NONE, readDate } from './time.ts'
import { writeAltitude, writeId, writeNumber, writeRaw, writeSpeed, writeText, writeTime } from './values.ts'

const SMS = ascii('sms'),
  SERVER = ascii('server')
const FULL = 100

export const decode = (
  bytes: Uint8Array,
  start: number,
  end: number,
  context: FrameContext,
  records: Records,
  distanceFirst: boolean,
): number => {
  const kind = kindOf(bytes, start, end)
  if (kind === Kind.tail) return 0
  if (kind === Kind.fixed) return decodeFixed(bytes, start, end, context, records)
  records.beginNamed(bytes, headerFrom, headerTo)
  if (kind === Kind.location || kind === Kind.unknown) {
    const count = readLayout(bytes, start, end, Kind.location)
    if (at.located) writeLocation(bytes, start, count, context, records)
    else writeFields(bytes, headerField(bytes) + 1, count, -1, records)
  } else if (kind === Kind.emergency) {
    const count = readLayout(bytes, start, end, kind)
    writeEmergency(bytes, start, count, context, records, distanceFirst)
  } else {
    const count = scanFields(bytes, start, textEnd(bytes, start, end), FIELDS_MAX, 0)
    const header = headerField(bytes)
    const imei = imeiField(bytes, header, count)
    if (kind === Kind.login && imei >= 0) writeLogin(bytes, header, imei, count, records)
    else if ((kind === Kind.health || kind === Kind.healthQuiet) && imei >= 0)
      writeHealth(bytes, header, imei, count, records)
    else if (kind === Kind.config && imei >= 0) writeConfig(bytes, header, imei, count, context, records)
    else writeFields(bytes, header + 1, count, imei, records)
  }
  records.end()
  return 1
}

/** Every field from `from` on as sent, without `except`. */
const writeFields = (bytes: Uint8Array, from: number, count: number, except: number, records: Records): void => {
  for (let field = from; field < count; field++) if (field !== except) writeRaw(bytes, field, records)
}

/** `LGN,<vendor>,<vehicle>,<IMEI>,<firmware>,<protocol>,<place>`: no time, so its place is no fix. */
const writeLogin = (bytes: Uint8Array, header: number, imei: number, count: number, records: Records): void => {
  if (imei - header > 1) writeText(bytes, imei - 1, Key.vehicle, records)
  if (imei - header > 2) writeText(bytes, header + 1, Key.vendor, records)
  for (let field = header + 2; field < imei - 1; field++) writeRaw(bytes, field, records)
  writeText(bytes, imei + 1, Key.firmware, records)
  writeText(bytes, imei + 2, Key.protocolVersion, records)
  const place = imei + 3
  if (place + 3 < count) {
    writePlaceAt(bytes, place, -1, false, records)
    writeFields(bytes, place + 4, count, -1, records)
  } else writeFields(bytes, place, count, -1, records)
}

/** `HBT,<vendor>,<firmware>,<IMEI>,…`: battery, memory, intervals, inputs. */
const writeHealth = (bytes: Uint8Array, header: number, imei: number, count: number, records: Records): void => {
  const first = header + 1
  if (imei - first > 1) writeText(bytes, first, Key.vendor, records)
  if (imei - first > 0) writeText(bytes, imei - 1, Key.firmware, records)
  for (let field = first + 1; field < imei - 1; field++) writeRaw(bytes, field, records)
  const battery = imei + Health.battery
  const level = decimal(bytes, FROM[battery], percentEnd(bytes, battery)) / POWER[decimals]
  if (level >= 0 && level <= FULL) records.batteryPct[records.rows] = Math.round(level)
  else writeRaw(bytes, battery, records)
  writePercent(bytes, imei + Health.threshold, Key.batteryThreshold, records)
  writePercent(bytes, imei + Health.memory, Key.memory, records)
  writeNumber(bytes, imei + Health.intervalOn, Key.intervalOn, records)
  writeNumber(bytes, imei + Health.intervalOff, Key.intervalOff, records)
  const inputs = imei + Health.inputs
  if (isBits(bytes, inputs)) {
    records.inputs[records.rows] = bits(bytes, inputs)
    if (hasTwo(bytes, inputs)) writeText(bytes, inputs, Key.inputs, records)
  } else writeRaw(bytes, inputs, records)
  const rest = imei + Health.rest
  if (rest < count && FROM[rest] < TO[count - 1]) attributeText(records, Key.analog, bytes, FROM[rest], TO[count - 1])
}

/** At most 32 characters 0, 1 or 2. */
const isBits = (bytes: Uint8Array, field: number): boolean => {
  if (isEmpty(field) || TO[field] - FROM[field] > 32) return false
  for (let index = FROM[field]; index < TO[field]; index++)
    if (bytes[index] < ZERO || bytes[index] > ZERO + 2) return false
  return true
}

const percentEnd = (bytes: Uint8Array, field: number): number =>
  TO[field] > FROM[field] && bytes[TO[field] - 1] === 0x25 ? TO[field] - 1 : TO[field]

const writePercent = (bytes: Uint8Array, field: number, name: Uint8Array, records: Records): void => {
  const value = decimal(bytes, FROM[field], percentEnd(bytes, field))
  if (Number.isNaN(value)) writeRaw(bytes, field, records)
  else attributeFixed(records, name, value, decimals)
}

/** `PC,12,<IMEI>,<0|1>,<phone or IP>,<date>,<time>,<text>`: the text may hold commas. */
const writeConfig = (
  bytes: Uint8Array,
  header: number,
  imei: number,
  count: number,
  context: FrameContext,
  records: Records,
): void => {
  for (let field = header + 2; field < imei; field++) writeRaw(bytes, field, records)
  if (imei > header + 1) writeNumber(bytes, header + 1, Key.alarmCode, records)
  records.alarm(Alarm.config_changed)
  const source = single(bytes, imei + 1) - ZERO
  if (source === 0) attributeText(records, Key.commandSource, SMS, 0, SMS.length)
  else if (source === 1) attributeText(records, Key.commandSource, SERVER, 0, SERVER.length)
  else writeRaw(bytes, imei + 1, records)
  writeText(bytes, imei + 2, Key.sender, records)
  const date = imei + 3
  const shape = dateShape(bytes, date)
  const text = shape === DATE_NONE ? date : date + (shape === 1 ? 1 : shape)
  if (shape !== DATE_NONE) writeTime(bytes, FROM[date], TO[text - 1], readDate(bytes, date, shape), 0, context, records)
  let last = count - 1
  while (last >= text && isEmpty(last)) last--
  if (last >= text) attributeText(records, Key.text, bytes, FROM[text], TO[last])
}

/** `EPB`: the button was pressed (EMR) or released (SEM). */
const writeEmergency = (
  bytes: Uint8Array,
  start: number,
  count: number,
  context: FrameContext,
  records: Records,
  distanceFirst: boolean,
): void => {
  records.alarm(at.emergency === 0 ? Alarm.sos_cleared : Alarm.sos)
  writeMaker(bytes, records)
  writeText(bytes, at.typeAt, Key.packetType, records)
  if (!at.located) {
    if (at.shape !== DATE_NONE) writeWhen(bytes, context, records)
    else if (at.stored === 1) records.buffered[records.rows] = 1
    writeFields(bytes, Math.max(at.imeiAt, at.typeAt) + 1, count, at.statusAt, records)
    return
  }
  const p = at.placeAt
  const timed = writeWhen(bytes, context, records)
  writePlaceAt(bytes, p, at.validAt < 0 ? 0x41 : single(bytes, at.validAt), timed, records)
  const altitude = p + Emergency.altitude
  const speed = p + (distanceFirst ? Emergency.distance : Emergency.speed)
  const distance = p + (distanceFirst ? Emergency.speed : Emergency.distance)
  if (!writeAltitude(bytes, FROM[altitude], TO[altitude], records)) writeRaw(bytes, altitude, records)
  if (!writeSpeed(bytes, FROM[speed], TO[speed], records)) writeRaw(bytes, speed, records)
  writeNumber(bytes, distance, Key.distance, records)
  writeText(bytes, p + Emergency.provider, Key.provider, records)
  writeText(bytes, p + Emergency.vehicle, Key.vehicle, records)
  writeText(bytes, p + Emergency.reply, Key.phone, records)
  writeFields(bytes, p + Emergency.rest, count, -1, records)
  // All but NM or SP, which stands before the date.
  const without = at.statusAt < 0 ? FROM[at.dateAt] : FROM[at.statusAt]
  writeId(bytes, start, without, FROM[at.dateAt], TO[Math.min(p + Emergency.vehicle, count - 1)], 0, records)
}

const latin1 = new TextDecoder('latin1')
/** What a login says beyond the identity. */
export const describeLogin = (bytes: Uint8Array, start: number, end: number): Record<string, unknown> => {
  const kind = kindOf(bytes, start, end)
  if (kind !== Kind.login) return {}
  const count = scanFields(bytes, start, textEnd(bytes, start, end), FIELDS_MAX, 0)
  const header = headerField(bytes)
  const imei = imeiField(bytes, header, count)
  if (imei < 0) return {}
  const said: Record<string, unknown> = {}
  const say = (name: string, field: number) => {
    if (field > header && !isEmpty(field)) said[name] = latin1.decode(bytes.subarray(FROM[field], TO[field]))
  }
  if (imei - header > 2) say('vendor', header + 1)
  say('vehicle_registration', imei - 1)
  say('firmware', imei + 1)
  say('protocol_version', imei + 2)
  return said
}

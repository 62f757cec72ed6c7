/** What the tracker says in words: replies to commands, status texts, data of its serial port. */
import { COMMA, EQUALS, EXCLAMATION, SEMICOLON } from '../ascii.ts'
import {
  attributeBool,
  attributeClose,
  attributeFixed,
  attributeHex,
  attributeInt,
  attributeOpen,
  attributeText,
  attributeUtf16,
  OBJECT,
} from '../attributes.ts'
import { s16, s32, u16, u32 } from '../bytes.ts'
import { isDigit } from '../numbers.ts'
import { Source, type Records } from '../records.ts'
import { civilMs, isBelievable } from './clock.ts'
import { sent, sentAt } from './fix.ts'
import { Key } from './keys.ts'
import type { Message } from './message.ts'
import { someVoltage } from './status.ts'
import { behind, decimal, field, hexadecimal, indexOf, isText, NOT_FOUND, trimEnd, trimStart } from './text.ts'
import { attributeMac, attributeNibbles, attributePair, attributeTrimmed, rest } from './write.ts'

const ascii = new TextEncoder()
const ICCID_IN_REPLY = ascii.encode('<ICCID:'),
  GREATER = 0x3e,
  LAT = ascii.encode('Lat:'),
  LON = ascii.encode('Lon:'),
  COURSE = ascii.encode('Course:'),
  SPEED = ascii.encode('Speed:'),
  DATE_TIME = ascii.encode('DateTime:')

/** 15: length u8, server flag u32, text, language u16. The length counts the flag; some firmware leaves it 0. */
export const reply = (message: Message): void => {
  const { bytes, at, end, records } = message
  const n = end - at
  if (n < 5) return rest(message, at)
  attributeInt(records, Key.serverFlag, u32(bytes, at + 1))
  const told = bytes[at] - 4
  const languageAt = told >= 0 && told <= n - 5 ? at + 5 + told : Math.max(at + 5, end - 2)
  replyText(message, at + 5, languageAt)
  if (languageAt + 2 <= end) attributeInt(records, Key.language, u16(bytes, languageAt))
}

const ASCII = 0x01,
  UTF16 = 0x02

/** 21: server flag u32, encoding u8, text. */
export const replyLong = (message: Message): void => {
  const { bytes, at, end, records } = message
  if (end - at < 5) return rest(message, at)
  attributeInt(records, Key.serverFlag, u32(bytes, at))
  const encoding = bytes[at + 4]
  if (encoding === UTF16 && isUtf16(bytes, at + 5, end)) attributeUtf16(records, Key.text, bytes, at + 5, end)
  else if (encoding === ASCII || isText(bytes, at + 5, end)) replyText(message, at + 5, end)
  else rest(message, at + 5)
}

/** Half a surrogate pair is no text: a JSON reader would refuse the whole record. */
const isUtf16 = (bytes: Uint8Array, from: number, end: number): boolean => {
  if ((end - from) & 1) return false
  for (let at = from; at < end; at += 2) {
    const kind = u16(bytes, at) & 0xfc00
    if (kind === 0xdc00) return false
    if (kind !== 0xd800) continue
    at += 2
    if (at >= end || (u16(bytes, at) & 0xfc00) !== 0xdc00) return false
  }
  return true
}

const replyText = (message: Message, at: number, limit: number): void => {
  const { bytes, records } = message
  const from = trimStart(bytes, at, limit)
  const end = trimEnd(bytes, from, limit)
  if (from === end) return
  attributeText(records, Key.text, bytes, from, end)
  const iccid = behind(bytes, from, end, ICCID_IN_REPLY)
  if (iccid !== NOT_FOUND) textIccid(bytes, iccid, indexOf(bytes, iccid, end, GREATER), records)
  textPosition(message, from, end)
}

/** An ICCID in text, without the F that fills it. */
const textIccid = (bytes: Uint8Array, from: number, end: number, records: Records): void => {
  let to = end
  while (to > from && (bytes[to - 1] | 0x20) === 0x66) to--
  if (to > from) attributeText(records, Key.iccid, bytes, from, to)
}

/**
 * `Lat:N23.1,Lon:E114.4,Course:0.00,Speed:0.00,DateTime:2017-05-26 10:27:47`, anywhere in the text; years may have two
 * digits. Taken as UTC and as a fix of the moment.
 */
const textPosition = (message: Message, from: number, end: number): void => {
  const { bytes, records, row, context } = message
  const lat = behind(bytes, from, end, LAT)
  const lon = behind(bytes, from, end, LON)
  const date = behind(bytes, from, end, DATE_TIME)
  if (lat === NOT_FOUND || lon === NOT_FOUND || date === NOT_FOUND) return
  const ms = textDateMs(bytes, date, end)
  const latE7 = decimal(bytes, lat + 1, end, 7)
  const lonE7 = decimal(bytes, lon + 1, end, 7)
  if (!(latE7 <= 90e7 && lonE7 <= 180e7) || !isBelievable(ms, context) || (latE7 === 0 && lonE7 === 0)) return
  records.isFix[row] = 1
  sent(message, ms)
  records.latE7[row] = bytes[lat] === 0x53 ? -latE7 : latE7
  records.lonE7[row] = bytes[lon] === 0x57 ? -lonE7 : lonE7
  records.valid[row] = 1
  records.source[row] = Source.gnss
  const speed = behind(bytes, from, end, SPEED)
  const speedKph = speed === NOT_FOUND ? NaN : decimal(bytes, speed, end, 2) / 100
  if (speedKph >= 0) records.speedKph[row] = speedKph
  const course = behind(bytes, from, end, COURSE)
  const courseDeg = course === NOT_FOUND ? NaN : decimal(bytes, course, end, 2) / 100
  if (courseDeg >= 0) records.courseDeg[row] = courseDeg % 360
}

/** Six numbers with anything between them; NaN if that is no date. */
const textDateMs = (bytes: Uint8Array, from: number, end: number): number => {
  let at = from
  for (let part = 0; part < 6; part++) {
    while (at < end && !isDigit(bytes[at])) at++
    let value = 0
    const first = at
    for (; at < end && at - first < 4 && isDigit(bytes[at]); at++) value = value * 10 + bytes[at] - 0x30
    if (at === first) return NaN
    dateParts[part] = value
  }
  const year = dateParts[0] >= 2000 ? dateParts[0] - 2000 : dateParts[0]
  return civilMs(year, dateParts[1], dateParts[2], dateParts[3], dateParts[4], dateParts[5])
}
const dateParts = new Int32Array(6)

// 94: information types.
const VOLTAGE = 0x00,
  STATUS_SYNC = 0x04,
  DOOR = 0x05,
  SELF_TEST = 0x08,
  SATELLITES = 0x09,
  IDENTITY = 0x0a,
  NETWORK = 0x0b,
  FUEL = 0x0d,
  CARD = 0x1b,
  CLIMATE = 0x1e,
  BLUETOOTH_ADDRESS = 0x21,
  BLUETOOTH_KEY = 0x23

/** 94: type u8, data. */
export const information = (message: Message): void => {
  const { bytes, at, end, records, row } = message
  const n = end - at
  if (message.long === 0 && n === 2) return someVoltage(message, s16(bytes, at)) // power banks
  if (n === 0) return
  const type = bytes[at]
  attributeInt(records, Key.informationType, type)
  const from = at + 1
  const size = n - 1
  switch (type) {
    case VOLTAGE:
      if (size < 2) break
      if (size >= 3 && bytes[from + 2] === 1) attributeFixed(records, Key.analog, u16(bytes, from), 2)
      else records.powerV[row] = u16(bytes, from) / 100
      return
    case STATUS_SYNC:
      return statusSync(message, from)
    case DOOR:
      return door(message, from)
    case SELF_TEST:
      if (!isText(bytes, from, end)) break
      return attributeTrimmed(records, Key.text, bytes, from, end)
    case SATELLITES:
      return skyView(message, from)
    case IDENTITY:
      if (size < 26) break
      attributeNibbles(records, Key.imei, bytes, from, from + 8, 1)
      attributeNibbles(records, Key.imsi, bytes, from + 8, from + 16, 1)
      attributeNibbles(records, Key.iccid, bytes, from + 16, from + 26, 0)
      return
    case NETWORK:
      if (size === 1) return attributeText(records, Key.network, bytes[from] === 0 ? TWO_G : FOUR_G, 0, 2)
      if (size !== 2) break
      return someVoltage(message, u16(bytes, from))
    case FUEL:
      return fuelSensor(message, from)
    case CARD:
      return driverCard(message, from)
    case CLIMATE:
      if (size < 8) break
      attributeFixed(records, Key.temperature, s32(bytes, from), 1)
      attributeFixed(records, Key.humidity, s32(bytes, from + 4), 1)
      return
    case BLUETOOTH_ADDRESS:
      if (size < 6) break
      return attributeMac(records, Key.bluetoothMac, bytes, from)
    case BLUETOOTH_KEY:
      return // a secret: not stored
  }
  rest(message, from)
}
const TWO_G = ascii.encode('2G'),
  FOUR_G = ascii.encode('4G')

const DYD = ascii.encode('DYD'),
  STA1 = ascii.encode('STA1'),
  ICCID = ascii.encode('ICCID')
/** More keys than any unit has; each is looked for among those before it. */
const PAIRS_MAX = 64
const FUEL_CUT_BIT = 2,
  ARMED_BIT = 0x80

/** 94/04: `KEY=VALUE;…`, as an object without the empty values; as text too if some of it is no pair. */
const statusSync = ({ bytes, end, records }: Message, from: number): void => {
  const limit = trimEnd(bytes, from, end)
  attributeOpen(records, Key.statusSync, OBJECT)
  let at = from
  let whole = true
  for (let pairs = 0; at < limit && pairs < PAIRS_MAX; pairs++) {
    const next = indexOf(bytes, at, limit, SEMICOLON)
    const equals = indexOf(bytes, at, next, EQUALS)
    const named = equals < next && isName(bytes, at, equals) && !isRepeated(bytes, from, at, equals)
    if (!named) whole &&= at === next
    else if (equals + 1 < next) attributePair(records, bytes, at, equals, equals + 1, next)
    at = next + 1
  }
  attributeClose(records, OBJECT)
  if (!whole || at < limit) attributeText(records, Key.text, bytes, from, limit)
  let value = valueOf(bytes, from, limit, DYD)
  if (value !== NOT_FOUND) {
    const flags = hexadecimal(bytes, value, indexOf(bytes, value, limit, SEMICOLON))
    if (flags === flags) attributeBool(records, Key.fuelCut, (flags & FUEL_CUT_BIT) !== 0)
  }
  value = valueOf(bytes, from, limit, STA1)
  if (value !== NOT_FOUND) {
    const flags = hexadecimal(bytes, value, indexOf(bytes, value, limit, SEMICOLON))
    if (flags === flags) attributeBool(records, Key.armed, (flags & ARMED_BIT) !== 0)
  }
  value = valueOf(bytes, from, limit, ICCID)
  if (value !== NOT_FOUND) textIccid(bytes, value, indexOf(bytes, value, limit, SEMICOLON), records)
}

/** Start of the value of this key, or NOT_FOUND. */
const valueOf = (bytes: Uint8Array, from: number, end: number, name: Uint8Array): number => {
  for (let at = from; at < end; at = indexOf(bytes, at, end, SEMICOLON) + 1) {
    const value = behind(bytes, at, Math.min(end, at + name.length), name)
    if (value !== NOT_FOUND && value < end && bytes[value] === EQUALS) return value + 1
  }
  return NOT_FOUND
}

/** Letters, digits and `_`, up to 32: what may become a key. */
const isName = (bytes: Uint8Array, from: number, end: number): boolean => {
  if (from === end || end - from > 32) return false
  for (let at = from; at < end; at++) {
    const letter = bytes[at] | 0x20
    if (!isDigit(bytes[at]) && !(letter >= 0x61 && letter <= 0x7a) && bytes[at] !== 0x5f) return false
  }
  return true
}

/** The key bytes[at, end) stood before in the same text, with a value: an object must not have it twice. */
const isRepeated = (bytes: Uint8Array, from: number, at: number, end: number): boolean => {
  for (let start = from; start < at; start = indexOf(bytes, start, at, SEMICOLON) + 1) {
    let length = 0
    while (at + length < end && bytes[start + length] === bytes[at + length]) length++
    if (at + length === end && bytes[start + length] === EQUALS && bytes[start + length + 1] !== SEMICOLON) return true
  }
  return false
}

/** 94/05: flags, or date and flags. */
const door = (message: Message, from: number): void => {
  const { bytes, end, records } = message
  const dated = end - from >= 7
  if (dated) sentAt(message, from)
  const at = dated ? from + 6 : from
  if (at >= end) return
  attributeBool(records, Key.door, (bytes[at] & 1) !== 0)
  attributeBool(records, Key.ioTrigger, (bytes[at] & 2) !== 0)
  attributeBool(records, Key.ioLevel, (bytes[at] & 4) !== 0)
}

/** 94/09: module status, then used and visible satellites with their levels, of GPS and again of BeiDou. */
const skyView = (message: Message, from: number): void => {
  const { bytes, end, records } = message
  if (from >= end) return
  attributeInt(records, Key.fixQuality, bytes[from])
  let used = 0
  let visible = 0
  let at = from + 1
  for (let list = 0; list < 4 && at < end; list++) {
    const count = bytes[at]
    if (list & 1) visible += count
    else used += count
    at += 1 + count
  }
  attributeInt(records, Key.satellites, used)
  attributeInt(records, Key.satellitesVisible, visible)
  rest(message, from)
}

// Fields of `!AIOIL,…`.
const FUEL_OUTPUT = 2,
  FUEL_TEMPERATURE = 3,
  FUEL_LEVEL = 6

/** 94/0D: [date] `!AIOIL,address,output,temperature,version,wave status,level,…`. */
const fuelSensor = (message: Message, from: number): void => {
  const { bytes, end, records } = message
  let at = from
  if (end - from >= 6 && bytes[from] !== EXCLAMATION) {
    sentAt(message, from)
    at += 6
  }
  const limit = trimEnd(bytes, at, end)
  if (!isText(bytes, at, limit)) return rest(message, at)
  fuelField(bytes, at, limit, FUEL_OUTPUT, Key.fuelOutput, records)
  fuelField(bytes, at, limit, FUEL_TEMPERATURE, Key.temperature, records)
  fuelField(bytes, at, limit, FUEL_LEVEL, Key.fuelMeasured, records)
  attributeText(records, Key.text, bytes, at, limit)
}

const fuelField = (
  bytes: Uint8Array,
  from: number,
  end: number,
  number: number,
  name: Uint8Array,
  records: Records,
): void => {
  const at = field(bytes, from, end, number)
  if (at === NOT_FOUND) return
  const thousandths = decimal(bytes, at, indexOf(bytes, at, end, COMMA), 3)
  if (thousandths === thousandths) attributeFixed(records, name, thousandths, 3)
}

const RFID = ascii.encode('RFID:')
const BINARY_CARD_BYTES = 8

/** 94/1B: `RFID:…`, or head, kind, card id of 4 bytes, checksum, foot. */
const driverCard = (message: Message, from: number): void => {
  const { bytes, end, records } = message
  if (isText(bytes, from, end)) {
    attributeTrimmed(records, Key.text, bytes, from, end)
    const id = behind(bytes, from, end, RFID)
    if (id !== NOT_FOUND) attributeText(records, Key.driverId, bytes, id, trimEnd(bytes, id, end))
    return
  }
  if (end - from < BINARY_CARD_BYTES) return rest(message, from)
  attributeInt(records, Key.cardKind, bytes[from + 1])
  attributeHex(records, Key.driverId, bytes, from + 2, from + 6)
}

const STX = 0x02,
  ETX = 0x03

/** 9B: module u8, then what came in at the serial port. Readers frame their cards as 02 … 03. */
export const serialData = (message: Message): void => {
  const { bytes, at, end, records } = message
  if (at >= end) return
  attributeInt(records, Key.moduleType, bytes[at])
  const from = at + 1
  if (isText(bytes, from, end)) return attributeTrimmed(records, Key.text, bytes, from, end)
  rest(message, from)
  if (end - from < 3 || bytes[from] !== STX || bytes[end - 1] !== ETX) return
  if (isText(bytes, from + 1, end - 1)) attributeText(records, Key.card, bytes, from + 1, end - 1)
  else attributeHex(records, Key.card, bytes, from + 1, end - 1)
}

/**
 * BLE beacons (`%BC`), text frames only; two shapes, told apart by their colon. Source: other implementers' decoders.
 *
 *   mode:mask:hex    the mask says which values each beacon has
 *   hex              entries: length, type, MAC, data
 */
import { COLON } from '../ascii.ts'
import {
  attributeClose,
  attributeFixed,
  attributeInt,
  attributeOpen,
  attributeText,
  elementOpen,
  LIST,
  OBJECT,
} from '../attributes.ts'
import { find } from '../bytes.ts'
import { DIGITS_MAX, hexDigit, isHexBytes, whole } from '../numbers.ts'
import type { Records } from '../records.ts'
import { Key } from './messages.ts'

const MAC = 7,
  FIRST = 6,
  SECOND = 5,
  POWER = 4,
  RSSI = 3,
  UNKNOWN = 2
const Mode = { ibeacon: 1, battery: 2, humidity: 3, sensor: 4 } as const
const MAC_BYTES = 6,
  NAME_BYTES = 9
/** Bytes of data by hardware type of the sensor family. */
const SENSOR_BYTES = [0, 11, 2, 6, 11, 10]
const SENSOR_TEMPERATURE = [0, 0, 1, 1, 0, 1]
const TYPE_TEMPERATURE = 0xe0

/** Writes the list, or the text as sent if it is not all understood. */
export const beacons = (bytes: Uint8Array, from: number, to: number, name: Uint8Array, records: Records): void => {
  const colon = find(bytes, from, to, COLON)
  if (colon < 0) {
    if (from < to && isHexBytes(bytes, from, to) && entries(bytes, from, to, null)) {
      attributeOpen(records, name, LIST)
      entries(bytes, from, to, records)
      attributeClose(records, LIST)
    } else attributeText(records, name, bytes, from, to)
    return
  }
  const second = find(bytes, colon + 1, to, COLON)
  const mode = whole(bytes, from, colon, DIGITS_MAX)
  const mask = second < 0 ? -1 : whole(bytes, colon + 1, second, DIGITS_MAX)
  if (
    mask >= 0 &&
    mask < 256 &&
    second + 1 < to &&
    isHexBytes(bytes, second + 1, to) &&
    masked(bytes, second + 1, to, mode, mask, null)
  ) {
    attributeOpen(records, name, LIST)
    masked(bytes, second + 1, to, mode, mask, records)
    attributeClose(records, LIST)
  } else attributeText(records, name, bytes, from, to)
}

/** Beacons of `mode:mask:hex`; true if the hex is used up exactly. Two hex digits are a byte here. */
const masked = (
  bytes: Uint8Array,
  from: number,
  to: number,
  mode: number,
  mask: number,
  records: Records | null,
): boolean => {
  let at = from
  while (at < to) {
    const begin = at
    if (records) elementOpen(records)
    if (mask & (1 << MAC)) {
      if (at + 2 * MAC_BYTES > to) return false
      if (records) attributeText(records, Key.mac, bytes, at, at + 2 * MAC_BYTES)
      at += 2 * MAC_BYTES
    }
    at = mode === Mode.sensor ? sensor(bytes, at, to, mask, records) : values(bytes, at, to, mode, mask, records)
    if (at < 0 || at === begin) return false
    if (records) attributeClose(records, OBJECT)
  }
  return at === to && from < to
}

/** Values of a beacon of mode 1 to 3; where they end, or -1. */
const values = (
  bytes: Uint8Array,
  at: number,
  to: number,
  mode: number,
  mask: number,
  records: Records | null,
): number => {
  if (mode < Mode.ibeacon || mode > Mode.humidity) return -1
  for (let bit = FIRST; bit >= UNKNOWN; bit--) {
    if (!(mask & (1 << bit))) continue
    if (bit === POWER && mode === Mode.humidity) continue
    if (bit === UNKNOWN && mode !== Mode.humidity) continue
    const size = bit === POWER || bit === RSSI ? 2 : 4
    if (at + size > to) return -1
    if (records) value(hex(bytes, at, size), mode, bit, records)
    at += size
  }
  return at
}

const value = (raw: number, mode: number, bit: number, records: Records): void => {
  if (bit === RSSI) attributeInt(records, Key.rssi, (raw << 24) >> 24)
  else if (bit === POWER) attributeInt(records, Key.txPower, (raw << 24) >> 24)
  else if (bit === UNKNOWN) attributeInt(records, Key.unknown, raw)
  else if (mode === Mode.ibeacon) attributeInt(records, bit === FIRST ? Key.major : Key.minor, raw)
  else if (bit === SECOND) attributeFixed(records, Key.temperature, (raw << 16) >> 16, 2)
  else attributeInt(records, mode === Mode.battery ? Key.battery : Key.humidity, raw)
}

/** Hardware type, data and name of a beacon of mode 4; where they end, or -1. */
const sensor = (bytes: Uint8Array, at: number, to: number, mask: number, records: Records | null): number => {
  if (mask & (1 << FIRST)) {
    if (at + 2 > to) return -1
    const type = hex(bytes, at, 2)
    if (records) attributeInt(records, Key.hardware, type)
    at += 2
    if (mask & (1 << SECOND)) {
      if (type === 0 || type >= SENSOR_BYTES.length) return -1
      const size = 2 * SENSOR_BYTES[type]
      if (at + size > to) return -1
      if (records) {
        if (SENSOR_TEMPERATURE[type]) attributeFixed(records, Key.temperature, (hex(bytes, at, 4) << 16) >> 16, 2)
        attributeText(records, Key.data, bytes, at, at + size)
      }
      at += size
    }
  }
  if (mask & (1 << POWER)) {
    if (at + 2 * NAME_BYTES > to) return -1
    if (records) writeName(bytes, at, records)
    at += 2 * NAME_BYTES
  }
  return at
}

const letters = new Uint8Array(NAME_BYTES)
const writeName = (bytes: Uint8Array, at: number, records: Records): void => {
  let length = 0
  for (let letter = 0; letter < NAME_BYTES; letter++) {
    letters[letter] = hex(bytes, at + 2 * letter, 2)
    if (letters[letter] !== 0) length = letter + 1
  }
  attributeText(records, Key.name, letters, 0, length)
}

/** Entries of the list of lengths; true if the hex is used up exactly. */
const entries = (bytes: Uint8Array, from: number, to: number, records: Records | null): boolean => {
  let at = from
  while (at < to) {
    const size = hex(bytes, at, 2)
    const next = at + 2 + 2 * size
    if (size < 1 + MAC_BYTES || next > to) return false
    if (records) {
      const type = hex(bytes, at + 2, 2)
      const data = at + 4 + 2 * MAC_BYTES
      elementOpen(records)
      attributeInt(records, Key.type, type)
      attributeText(records, Key.mac, bytes, at + 4, data)
      if (type === TYPE_TEMPERATURE && next - data >= 4) {
        attributeFixed(records, Key.temperature, (hex(bytes, data, 4) << 16) >> 16, 2)
        if (next - data > 4) attributeText(records, Key.data, bytes, data + 4, next)
      } else if (next > data) attributeText(records, Key.data, bytes, data, next)
      attributeClose(records, OBJECT)
    }
    at = next
  }
  return from < to
}

const hex = (bytes: Uint8Array, at: number, count: number): number => {
  let number = 0
  for (let digit = at; digit < at + count; digit++) number = number * 16 + hexDigit(bytes[digit])
  return number
}

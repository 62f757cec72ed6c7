/** Fields into columns and attributes. What is not what the protocol has in its place is kept as `field_<n>`. */
import { MINUS, PLUS, ZERO } from '../ascii.ts'
import { attributeFixed, attributeText } from '../attributes.ts'
import { decimalField, FROM, single, TO } from '../fields.ts'
import { decimals, POWER } from '../numbers.ts'
import { MESSAGE_BYTES_MAX, type Records } from '../records.ts'
import { percent } from './fields.ts'
import { Key, KEY_FIELD } from './messages.ts'

const KNOT_PER_THOUSAND = 1852
const FULL_CIRCLE = 360

/**
 * The keyword as name of the message, in UTF-8: bytes from 0x80 on are read as Latin-1, as in attributes, so that none is
 * lost.
 */
export const writeMessage = (bytes: Uint8Array, from: number, to: number, records: Records): void => {
  const message = records.message
  const end = Math.min(to, from + MESSAGE_BYTES_MAX)
  let ascii = from
  while (ascii < end && bytes[ascii] < 0x80) ascii++
  message.append(bytes, from, ascii)
  for (let at = ascii; at < end; at++) {
    const byte = bytes[at]
    if (byte >= 0x80) message.push(0xc0 | (byte >> 6))
    message.push(byte < 0x80 ? byte : 0x80 | (byte & 0x3f))
  }
}

/** Keeps a field as sent, if it holds anything. */
export const writeRaw = (bytes: Uint8Array, field: number, records: Records): void => {
  if (FROM[field] < TO[field]) attributeText(records, KEY_FIELD[field], bytes, FROM[field], TO[field])
}

/** A decimal number as attribute. A bare sign is how some units write "unknown". */
export const writeNumber = (bytes: Uint8Array, field: number, name: Uint8Array, records: Records): void => {
  const value = decimalField(bytes, field)
  if (!Number.isNaN(value)) return attributeFixed(records, name, value, decimals)
  const sign = single(bytes, field)
  if (sign !== PLUS && sign !== MINUS) writeRaw(bytes, field, records)
}

/** A percentage as attribute. */
export const writePercent = (bytes: Uint8Array, field: number, name: Uint8Array, records: Records): void => {
  const value = percent(bytes, FROM[field], TO[field])
  if (Number.isNaN(value)) writeRaw(bytes, field, records)
  else attributeFixed(records, name, value, decimals)
}

/** Speed in knots or km/h; telemetry has no column for it. */
export const writeSpeed = (bytes: Uint8Array, field: number, knots: boolean, records: Records): void => {
  let value = decimalField(bytes, field)
  if (!(value >= 0)) return writeRaw(bytes, field, records)
  let places = decimals
  if (knots) {
    value *= KNOT_PER_THOUSAND
    places += 3
  }
  const row = records.rows
  if (records.isFix[row]) records.speedKph[row] = value / POWER[places]
  else attributeFixed(records, Key.speed, value, places)
}

/** Course in degrees; 360 is 0. */
export const writeCourse = (bytes: Uint8Array, field: number, records: Records): void => {
  let value = decimalField(bytes, field)
  const full = FULL_CIRCLE * POWER[decimals]
  if (!(value >= 0 && value <= full)) return writeRaw(bytes, field, records)
  // A column of 32-bit floats takes 359.99999 for 360.
  if (Math.fround(value / POWER[decimals]) >= FULL_CIRCLE) value = 0
  const row = records.rows
  if (records.isFix[row]) records.courseDeg[row] = value / POWER[decimals]
  else attributeFixed(records, Key.course, value, decimals)
}

/** Altitude in metres. */
export const writeAltitude = (bytes: Uint8Array, field: number, records: Records): void => {
  const value = decimalField(bytes, field)
  if (Number.isNaN(value)) return writeRaw(bytes, field, records)
  const row = records.rows
  if (records.isFix[row]) records.altitudeM[row] = value / POWER[decimals]
  else attributeFixed(records, Key.altitude, value, decimals)
}

/** 1 or 0 as a field says it; -1: it says something else, or nothing. */
export const flagOf = (bytes: Uint8Array, field: number): number => {
  const value = single(bytes, field) - ZERO
  return value === 0 || value === 1 ? value : -1
}

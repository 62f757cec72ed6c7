/**
 * Where the parts of a location or emergency sentence are. Heads and dates differ between dialects, so the IMEI and the
 * date are looked for and everything else is counted from them. Results stand in module variables until the next call.
 */
import { UPPER_A, UPPER_C, UPPER_H, UPPER_L, UPPER_O, UPPER_V, UPPER_Z } from '../ascii.ts'
import { FROM, isEmpty, single, TO, wholeField } from '../fields.ts'
import { isDigits } from '../numbers.ts'
import { flagOf, imeiField, isNumber } from './fields.ts'
import { Place } from './messages.ts'
import { DATE_NONE, DATE_ONE, DATE_SIX, DATE_TWO, dateShape } from './time.ts'

/** The sentence has the fields of a place. */
export let located = false
/** Fields; -1: the sentence has none. */
export let imeiAt = -1
export let typeAt = -1
export let alertAt = -1
export let statusAt = -1
export let vehicleAt = -1
export let validAt = -1
export let dateAt = -1
export let placeAt = -1
export let inputsAt = -1
/** Vendor and firmware are the fields [vendorAt, headTo). */
export let vendorAt = 0
export let headTo = 0
/** How the date is written, a value of `dateShape`. */
export let shape: number = DATE_NONE
/** 1 if the tamper field is missing, so that all behind it moves up. */
export let missing = 0
/** 1: stored by the tracker, 0: live, -1: not said. */
export let stored = -1
/** What a session remembers. */
export let live = true
export let emergency = -1
export let tamper = -1

const UPPER = 0xdf
/** Fields behind the IMEI among which the date begins, most likely first. */
const DATE_PLACES = Uint8Array.of(3, 2, 4, 1, 5)
/** Where the place begins when no date can be found. */
const PLACE_DEFAULT = 5
const MCC_MIN = 200
const ALERT_DIGITS_MAX = 3

const clear = (): void => {
  located = false
  imeiAt = typeAt = alertAt = statusAt = vehicleAt = validAt = dateAt = placeAt = inputsAt = -1
  shape = DATE_NONE
  missing = 0
  stored = emergency = tamper = -1
  live = true
}

/** A location whose fields are noted, `count` of them; its header is field `header`. */
export const locationLayout = (bytes: Uint8Array, header: number, count: number): void => {
  clear()
  imeiAt = imeiField(bytes, header, count)
  // A session knows its tracker: the date alone shows where the IMEI would be.
  const head = imeiAt < 0 ? undatedHead(bytes, header, count) : imeiAt
  readHead(bytes, header, head)
  findDate(bytes, head)
  if (shape === DATE_NONE) {
    vehicleAt = head + 1
    validAt = head + 2
    dateAt = head + 3
    placeAt = head + PLACE_DEFAULT
  } else {
    placeAt = dateAt + fieldsOf(shape)
    validAt = dateAt - 1
    if (validAt - head > 1) vehicleAt = head + 1
    if (!isValidity(bytes, validAt)) {
      if (validAt > head && vehicleAt < 0) vehicleAt = validAt
      validAt = -1
    }
  }
  located = placeAt + Place.eastWest < count && (shape !== DATE_NONE || isPlace(bytes))
  if (!located) return
  const flag = flagOf(bytes, placeAt + Place.emergency)
  emergency = flag
  readTamper(bytes)
  findInputs(bytes, count)
}

/** The field before vehicle, validity and date of a sentence without an IMEI. */
const undatedHead = (bytes: Uint8Array, header: number, count: number): number => {
  for (let field = header + 1; field < count - 1 && field < header + 10; field++) {
    const found = dateShape(bytes, field)
    if (found === DATE_TWO || found === DATE_ONE) return Math.max(header, field - DATE_PLACES[0])
  }
  return header
}

/** Packet type, alert id and L/H stand before the IMEI, in this order; each may be missing. */
const readHead = (bytes: Uint8Array, header: number, head: number): void => {
  let field = imeiAt < 0 ? header : head - 1
  if (field > header) {
    const letter = single(bytes, field) & UPPER
    if (single(bytes, field) > 0 && (letter === UPPER_L || letter === UPPER_H)) {
      stored = letter === UPPER_H ? 1 : 0
      statusAt = field--
    } else if (isEmpty(field)) field--
  }
  if (field > header && TO[field] - FROM[field] <= ALERT_DIGITS_MAX) {
    if (isDigits(bytes, FROM[field], TO[field])) alertAt = field--
    else if (isEmpty(field)) field--
  }
  if (field > header && isType(bytes, field)) typeAt = field--
  vendorAt = header + 1
  headTo = field + 1
  // Id 2 is a location from the history.
  if (alertAt >= 0 && wholeField(bytes, alertAt) === 2) stored = 1
  live = stored !== 1
}

const isType = (bytes: Uint8Array, field: number): boolean => {
  const from = FROM[field]
  if (TO[field] - from !== 2) return false
  return bytes[from] >= UPPER_A && bytes[from] <= UPPER_Z && bytes[from + 1] >= UPPER_A && bytes[from + 1] <= UPPER_Z
}

const findDate = (bytes: Uint8Array, head: number): void => {
  for (let index = 0; index < DATE_PLACES.length; index++) {
    const field = head + DATE_PLACES[index]
    const found = dateShape(bytes, field)
    if (found === DATE_NONE) continue
    shape = found
    dateAt = field
    return
  }
}

const fieldsOf = (kind: number): number => (kind === DATE_SIX ? 6 : kind === DATE_TWO ? 2 : 1)

/** 1, 0, A, V or nothing. */
const isValidity = (bytes: Uint8Array, field: number): boolean => {
  const byte = single(bytes, field)
  return isEmpty(field) || flagOf(bytes, field) >= 0 || (byte & UPPER) === UPPER_A || (byte & UPPER) === UPPER_V
}

/** True if hemispheres stand where they should. */
const isPlace = (bytes: Uint8Array): boolean => {
  const north = single(bytes, placeAt + Place.northSouth) & UPPER
  const east = single(bytes, placeAt + Place.eastWest) & UPPER
  return (north === 0x4e || north === 0x53) && (east === 0x45 || east === 0x57)
}

/** The tamper field, or the signal level where some dialects leave tamper out: then the country code is one behind. */
const readTamper = (bytes: Uint8Array): void => {
  const field = placeAt + Place.tamper
  const byte = single(bytes, field)
  const letter = byte & UPPER
  if (byte > 0 && (letter === UPPER_O || letter === UPPER_C)) {
    tamper = letter === UPPER_O ? 1 : 0
    return
  }
  if (!isDigits(bytes, FROM[field], TO[field])) return
  const next = wholeField(bytes, field + 1)
  if (TO[field] - FROM[field] > 1 || (isNumber(bytes, field + 1, 3) && next >= MCC_MIN)) missing = 1
}

/** The field of four inputs: where it should be, or, with another number of neighbours, where outputs and frame number follow. */
const findInputs = (bytes: Uint8Array, count: number): void => {
  const expected = placeAt + Place.inputs - missing
  if (isBits(bytes, expected, 4) && (isBits(bytes, expected + 1, 2) || isEmpty(expected + 1))) {
    inputsAt = expected
    return
  }
  for (let field = placeAt + Place.neighbours - missing; field + 2 < count; field++) {
    if (!isBits(bytes, field, 4) || !isBits(bytes, field + 1, 2) || !isNumber(bytes, field + 2, 6)) continue
    inputsAt = field
    return
  }
}

/** `length` characters 0, 1 or 2. */
const isBits = (bytes: Uint8Array, field: number, length: number): boolean => {
  if (!isNumber(bytes, field, length)) return false
  for (let at = FROM[field]; at < TO[field]; at++) if (bytes[at] > 0x32) return false
  return true
}

/** `EPB`: EMR or SEM, then the IMEI, NM or SP, date, validity and place. */
export const emergencyLayout = (bytes: Uint8Array, header: number, count: number): void => {
  clear()
  imeiAt = imeiField(bytes, header, count)
  const head = imeiAt < 0 ? Math.min(header + 2, count) : imeiAt
  emergency = 1
  vendorAt = header + 1
  headTo = head
  for (let field = header + 1; field < head; field++) {
    if (isWord(bytes, field, 0x53, 0x45, 0x4d)) emergency = 0
    else if (!isWord(bytes, field, 0x45, 0x4d, 0x52)) continue
    typeAt = field
    headTo = field
    break
  }
  const status = head + 1
  if (TO[status] - FROM[status] === 2 && !isDigits(bytes, FROM[status], TO[status])) {
    statusAt = status
    stored = bytes[FROM[status]] === 0x53 && bytes[FROM[status] + 1] === 0x50 ? 1 : 0 // SP
    live = stored !== 1
  }
  for (let field = head + 1; field < head + 4 && shape === DATE_NONE; field++) {
    shape = dateShape(bytes, field)
    dateAt = field
  }
  if (shape === DATE_NONE) {
    // The standard form: one field that holds no date.
    dateAt = head + 2
    validAt = head + 3
  } else validAt = dateAt + fieldsOf(shape)
  placeAt = validAt + 1
  if (!isValidity(bytes, validAt)) {
    placeAt = validAt
    validAt = -1
  }
  located = placeAt + Place.eastWest < count
}

const isWord = (bytes: Uint8Array, field: number, first: number, second: number, third: number): boolean => {
  const from = FROM[field]
  return TO[field] - from === 3 && bytes[from] === first && bytes[from + 1] === second && bytes[from + 2] === third
}

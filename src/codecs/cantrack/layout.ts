/**
 * Where the parts of a text frame stand. Types say little about that: a position is found by its own shape, wherever
 * it begins, and V3 and V5 are what they look like, since makers use them for different things.
 */
import { UPPER_A, UPPER_B, UPPER_E, UPPER_N, UPPER_S, UPPER_V, UPPER_W, UPPER_X, ZERO } from '../ascii.ts'
import { FROM, isEmpty, scanRawFields, single, TO } from '../fields.ts'
import { digitCount, isHex, whole } from './fields.ts'
import { Alrm, FIELDS_MAX, Fix, Head, Kind, KIND_OF, Link, Nbr, ROW_V19, typeRow, V3 } from './messages.ts'

/** Of the frame located last: row of its type, who reads it, and how many fields it has. */
export let row = 0
export let kind: number = Kind.other
export let count = 0
/** Its fields; -1: it has none. `fix` is that of the validity. */
export let fix = -1
export let timeField = -1
export let dateField = -1
export let statusField = -1
/** First field behind the date, or, in cell and WiFi reports, the first cell or access point and the one behind the last. */
export let behindDate = 0
export let listStart = 0
export let listEnd = 0

const DATE_DIGITS = 6,
  STATUS_DIGITS = 8
const SIM_FIELDS = 3

/** Notes fields and parts of the text frame `bytes[start, end)`, star and hash included. */
export const locate = (bytes: Uint8Array, start: number, end: number): void => {
  count = scanRawFields(bytes, start + 1, end - 1, FIELDS_MAX)
  row = typeRow(bytes, FROM[Head.type], TO[Head.type])
  kind = KIND_OF[row]
  fix = timeField = dateField = statusField = -1
  behindDate = listStart = listEnd = count
  if (kind === Kind.neighbours) return locateNeighbours(bytes)
  if (kind === Kind.link) {
    timeField = Link.time
    dateField = Link.date
    if (isHex(bytes, Link.status, STATUS_DIGITS)) statusField = Link.status
    return
  }
  if (kind === Kind.v3 && digitCount(bytes, V3.network) >= 4 && digitCount(bytes, V3.network) <= 6)
    return locateCells(bytes)
  if (kind === Kind.login || kind === Kind.heartbeat || kind === Kind.iccid || kind === Kind.sms) return
  if (kind === Kind.stored) return
  locateFix(bytes)
  if (fix >= 0) return
  if (kind === Kind.v5) locateWifi(bytes)
  else if (kind === Kind.v3) kind = Kind.other
  else if (kind === Kind.alarm) timeField = Alrm.time
}

/** A position: validity, and hemispheres two and four fields on. */
const locateFix = (bytes: Uint8Array): void => {
  for (let at = Head.first; at + Fix.eastWest < count; at++) {
    const northSouth = single(bytes, at + Fix.northSouth)
    if (northSouth !== UPPER_N && northSouth !== UPPER_S) continue
    const eastWest = single(bytes, at + Fix.eastWest)
    if ((eastWest === UPPER_E || eastWest === UPPER_W) && isValidity(bytes, at)) return locateParts(bytes, at)
  }
  // Without a fix the hemispheres may be zeros, or nothing.
  for (let at = Head.first; at + Fix.eastWest < count; at++) {
    if (!isLetter(single(bytes, at)) || !isTime(bytes, at + Fix.time)) continue
    if (mayLackHemisphere(bytes, at + Fix.northSouth, UPPER_N, UPPER_S))
      if (mayLackHemisphere(bytes, at + Fix.eastWest, UPPER_E, UPPER_W)) return locateParts(bytes, at)
  }
}

const isLetter = (byte: number) => byte === UPPER_A || byte === UPPER_V || byte === UPPER_B

/** A, V, B, or one or two digits. */
const isValidity = (bytes: Uint8Array, field: number): boolean => {
  const length = TO[field] - FROM[field]
  return isLetter(single(bytes, field)) || (length >= 1 && length <= 2 && digitCount(bytes, field) > 0)
}

/** Six digits, or nothing. */
const isTime = (bytes: Uint8Array, field: number): boolean =>
  field >= Head.first && (isEmpty(field) || digitCount(bytes, field) === DATE_DIGITS)

const mayLackHemisphere = (bytes: Uint8Array, field: number, positive: number, negative: number): boolean => {
  const byte = single(bytes, field)
  return byte === positive || byte === negative || byte === ZERO || isEmpty(field)
}

/** Time, date and status of the position whose validity is field `at`. */
const locateParts = (bytes: Uint8Array, at: number): void => {
  fix = at
  if (isTime(bytes, at + Fix.time)) timeField = at + Fix.time
  behindDate = at + Fix.date
  if (digitCount(bytes, behindDate) === DATE_DIGITS) dateField = behindDate++
  else if (digitCount(bytes, behindDate + 1) === DATE_DIGITS) {
    dateField = behindDate + 1
    behindDate += 2
  } else if (isEmpty(behindDate)) behindDate++
  if (behindDate > count) behindDate = count
  if (row === ROW_V19 && isHex(bytes, behindDate + SIM_FIELDS, STATUS_DIGITS)) {
    statusField = behindDate + SIM_FIELDS // the phone number may have eight digits too
    return
  }
  for (let field = behindDate; field < count; field++) {
    if (!isHex(bytes, field, STATUS_DIGITS)) continue
    statusField = field
    return
  }
}

/** V3: cells, battery, reason of the last start, X, date, status. The X tells where that is. */
const locateCells = (bytes: Uint8Array): void => {
  timeField = V3.time
  listStart = V3.cells
  const cells = whole(bytes, V3.count, 99)
  listEnd = Math.min(count, V3.cells + V3.fieldsPerCell * Math.max(0, cells))
  let mark = listEnd + 2
  if (single(bytes, mark) !== UPPER_X) {
    mark = V3.cells + 2
    while (mark < count && single(bytes, mark) !== UPPER_X) mark++
    if (mark >= count) return
    listEnd = mark - 2
  }
  behindDate = mark + 1
  if (digitCount(bytes, mark + 1) === DATE_DIGITS) dateField = behindDate++
  if (isHex(bytes, behindDate, STATUS_DIGITS)) statusField = behindDate
}

/** NBR: cells up to the date, which a status follows; their number may lie. */
const locateNeighbours = (bytes: Uint8Array): void => {
  timeField = Nbr.time
  listStart = Nbr.cells
  listEnd = Math.min(count, Nbr.cells + Nbr.fieldsPerCell * Math.max(0, whole(bytes, Nbr.count, 200)))
  for (let field = Nbr.cells; field + 1 < count; field++) {
    if (digitCount(bytes, field) !== DATE_DIGITS || !isHex(bytes, field + 1, STATUS_DIGITS)) continue
    listEnd = dateField = field
    statusField = field + 1
    behindDate = field + 1
    return
  }
  behindDate = listEnd
  if (digitCount(bytes, listEnd) === DATE_DIGITS) dateField = behindDate++
}

/** V5: access points, battery, date, status. The maker's grammar has a time, his example has none. */
const locateWifi = (bytes: Uint8Array): void => {
  let points = Head.first
  if (digitCount(bytes, points) === DATE_DIGITS) timeField = points++
  const digits = digitCount(bytes, points)
  if (digits !== 1 && digits !== 2) {
    kind = Kind.other
    timeField = -1
    return
  }
  listStart = listEnd = points + 1
  while (listEnd < count && isAccessPoint(bytes, listEnd)) listEnd++
  behindDate = listEnd
  if (isHex(bytes, behindDate, 4)) behindDate++
  if (digitCount(bytes, behindDate) === DATE_DIGITS) dateField = behindDate++
  if (isHex(bytes, behindDate, STATUS_DIGITS)) statusField = behindDate
}

export const BSSID_DIGITS = 12

/** Twelve hexadecimal digits of an address and two of a strength. */
const isAccessPoint = (bytes: Uint8Array, field: number): boolean => isHex(bytes, field, BSSID_DIGITS + 2)

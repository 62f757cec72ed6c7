/** Cells, access points and what else stands behind the status; all told apart by their shape. */
import { COLON, COMMA, LOWER_HEX_DIGITS, MINUS, SPACE, UPPER_Y, ZERO } from '../ascii.ts'
import {
  attributeClose,
  attributeFixed,
  attributeInt,
  attributeOpen,
  attributeText,
  elementInt,
  elementOpen,
  LIST,
  OBJECT,
} from '../attributes.ts'
import { FROM, isEmpty, TO } from '../fields.ts'
import { decimals, hexDigit, POWER } from '../numbers.ts'
import type { Records } from '../records.ts'
import { decimal, digitCount, hexNumber, integer, isHex, whole } from './fields.ts'
import { BSSID_DIGITS, count, kind, listEnd, listStart, row } from './layout.ts'
import { CSQ_MAX, Key, Kind, MCC_MAX, MCC_MIN, Nbr, ROW_V6, ROW_V8, V3 } from './messages.ts'

const MNC_MAX = 999,
  NUMBER_MAX = 0xffffffff,
  SHORT_MAX = 0x7fff

/** Opens a list that is an element of the open list; `attributeClose` closes it. */
const elementList = (records: Records): void => {
  const text = records.attributes
  if (text.bytes[text.length - 1] !== LIST) text.push(COMMA)
  text.push(LIST)
}

/** Writes the serving cell; 0 means unknown. False: that is no network. */
export const writeCell = (mcc: number, mnc: number, lac: number, cell: number, records: Records): boolean => {
  if (!(mcc >= MCC_MIN && mcc <= MCC_MAX && mnc >= 0 && mnc <= MNC_MAX)) return false
  const at = records.rows
  records.mcc[at] = mcc
  records.mnc[at] = mnc
  if (lac > 0 && lac <= NUMBER_MAX) records.lac[at] = lac
  if (cell > 0) records.cellId[at] = cell
  return true
}

/** Percent of a battery code: 0 none, 1-3 steps of ten, 4-6 of twenty, then percent, F1-F6 percent from F0; -1: none. */
export const batteryPercent = (code: number): number => {
  if (code >= 1 && code <= 3) return (code - 1) * 10
  if (code >= 4 && code <= 6) return (code - 1) * 20
  if (code >= 7 && code <= 100) return code
  return code >= 0xf1 && code <= 0xf6 ? code - 0xf0 : -1
}

/** Writes what a battery code says; a code without a meaning is kept. */
export const writeBatteryCode = (code: number, records: Records): void => {
  const percent = batteryPercent(code)
  if (percent >= 0) records.batteryPct[records.rows] = percent
  else if (code !== 0) attributeInt(records, Key.batteryCode, code)
}

export const writeCsq = (csq: number, records: Records): void => {
  attributeInt(records, Key.csq, csq)
  if (csq >= 0 && csq <= CSQ_MAX) records.rssi[records.rows] = 2 * csq - 113
}

export const writeSatellites = (satellites: number, records: Records): void => {
  if (records.isFix[records.rows]) records.satellites[records.rows] = satellites
  else attributeInt(records, Key.satellites, satellites)
}

/** The fields from `first` to `end`. */
export const writeExtras = (bytes: Uint8Array, first: number, end: number, records: Records): void => {
  let fields = end - first
  if (fields > 0 && row === ROW_V8 && writeV8(bytes, first, fields, records)) return
  while (fields > 0 && isEmpty(first + fields - 1)) fields--
  if (fields <= 0) return
  let read = false
  if (fields === 1 && kind === Kind.vp1) read = writePercent(bytes, first, records)
  else if (fields === 4) read = writeNetwork(bytes, first, records)
  else if (fields === 5) read = writeNetworkAndMore(bytes, first, records)
  else if (fields === 6) read = writeVehicle(bytes, first, records)
  else if (fields === 9 || fields === 10) read = writeThreeCells(bytes, first, first + fields, records)
  if (!read) attributeText(records, Key.extra, bytes, FROM[first], TO[first + fields - 1])
}

const writePercent = (bytes: Uint8Array, field: number, records: Records): boolean => {
  const percent = whole(bytes, field, 100)
  if (percent < 0) return false
  records.batteryPct[records.rows] = percent
  return true
}

/** The six-digit spelling: hexadecimal numbers padded with zeros. */
const isSixDigits = (bytes: Uint8Array, field: number): boolean => isHex(bytes, field, 6) && bytes[FROM[field]] === ZERO

/** True if one of the fields has a letter A-F, blanks around it, or six digits. */
const isHexSpelling = (bytes: Uint8Array, first: number, fields: number): boolean => {
  for (let field = first; field < first + fields; field++) {
    if (isSixDigits(bytes, field)) return true
    for (let at = FROM[field]; at < TO[field]; at++) {
      const byte = bytes[at]
      if (byte === SPACE || (hexDigit(byte) >= 10 && hexDigit(byte) <= 15)) return true
    }
  }
  return false
}

const numberOf = (bytes: Uint8Array, field: number, hex: boolean): number =>
  hex ? hexNumber(bytes, field) : whole(bytes, field, NUMBER_MAX)

/** MCC, MNC, LAC, cell. */
const writeNetwork = (bytes: Uint8Array, first: number, records: Records): boolean => {
  const hex = isHexSpelling(bytes, first, 4)
  const lac = numberOf(bytes, first + 2, hex)
  const cell = numberOf(bytes, first + 3, hex)
  if (!(lac >= 0 && cell >= 0)) return false
  return writeCell(numberOf(bytes, first, hex), numberOf(bytes, first + 1, hex), lac, cell, records)
}

const ICCID_DIGITS_MIN = 18

/** MCC, MNC, LAC, cell; then the SIM's number, the signal (six-digit spelling) or a battery code. */
const writeNetworkAndMore = (bytes: Uint8Array, first: number, records: Records): boolean => {
  const last = first + 4
  const value = whole(bytes, last, SHORT_MAX)
  const isSim = row === ROW_V6 || TO[last] - FROM[last] >= ICCID_DIGITS_MIN
  if ((value < 0 && !isSim) || !writeNetwork(bytes, first, records)) return false
  if (isSim) attributeText(records, Key.iccid, bytes, FROM[last], TO[last])
  else if (isSixDigits(bytes, first)) records.rssi[records.rows] = value
  else writeBatteryCode(value, records)
  return true
}

/** Odometer in an unknown unit, temperature, fuel, altitude, LAC and cell. */
const writeVehicle = (bytes: Uint8Array, first: number, records: Records): boolean => {
  const odometer = integer(bytes, first)
  const temperature = integer(bytes, first + 1)
  const altitude = integer(bytes, first + 3)
  const lac = hexNumber(bytes, first + 4)
  const cell = hexNumber(bytes, first + 5)
  const fuel = decimal(bytes, first + 2)
  if (lac < 0 || cell < 0 || Number.isNaN(odometer + temperature + altitude + fuel)) return false
  attributeFixed(records, Key.fuel, fuel, decimals)
  attributeInt(records, Key.odometer, odometer)
  attributeInt(records, Key.temperature, temperature)
  const at = records.rows
  if (records.isFix[at]) records.altitudeM[at] = altitude
  else attributeInt(records, Key.altitude, altitude)
  if (lac > 0 && lac <= NUMBER_MAX) records.lac[at] = lac
  if (cell > 0) records.cellId[at] = cell
  return true
}

/** pw, 3, MCC, MNC and three pairs of LAC and cell, of whose last the cell may be missing. */
const writeThreeCells = (bytes: Uint8Array, first: number, end: number, records: Records): boolean => {
  const power = whole(bytes, first, 99)
  if (power < 0 || whole(bytes, first + 1, 9) !== 3) return false
  const hex = isHexSpelling(bytes, first + 2, end - first - 2)
  for (let field = first + 2; field < end; field++) if (!(numberOf(bytes, field, hex) >= 0)) return false
  const mcc = numberOf(bytes, first + 2, hex)
  const mnc = numberOf(bytes, first + 3, hex)
  if (!writeCell(mcc, mnc, numberOf(bytes, first + 4, hex), numberOf(bytes, first + 5, hex), records)) return false
  attributeInt(records, Key.power, power)
  attributeOpen(records, Key.cells, LIST)
  for (let field = first + 4; field < end; field += 2) {
    elementList(records)
    elementInt(records, numberOf(bytes, field, hex))
    if (field + 1 < end) elementInt(records, numberOf(bytes, field + 1, hex))
    attributeClose(records, LIST)
  }
  attributeClose(records, LIST)
  return true
}

const V8_TAIL = 4
/** What a V8 strength is above dBm. */
const V8_DBM = 110

/** MCC, MNC, LAC, cell, access points, satellites, signal, tenths of a volt, percent; the last four from the end. */
const writeV8 = (bytes: Uint8Array, first: number, fields: number, records: Records): boolean => {
  if (fields < 8 || fields % 2 !== 0) return false
  const tail = first + fields - V8_TAIL
  for (let field = first + 4; field < tail; field += 2)
    if (!isHex(bytes, field, BSSID_DIGITS) || hexNumber(bytes, field + 1) < 0) return false
  if (!writeNetwork(bytes, first, records)) attributeText(records, Key.extra, bytes, FROM[first], TO[first + 3])
  if (tail > first + 4) {
    attributeOpen(records, Key.wifi, LIST)
    for (let field = first + 4; field < tail; field += 2) {
      writeBssid(bytes, FROM[field], records)
      attributeInt(records, Key.dbm, hexNumber(bytes, field + 1) - V8_DBM)
      attributeClose(records, OBJECT)
    }
    attributeClose(records, LIST)
  }
  const satellites = whole(bytes, tail, 255)
  const csq = whole(bytes, tail + 1, 255)
  const decivolts = decimal(bytes, tail + 2) / POWER[decimals]
  if (satellites >= 0) writeSatellites(satellites, records)
  if (csq >= 0) writeCsq(csq, records)
  if (decivolts >= 0) records.powerV[records.rows] = decivolts / 10
  writePercent(bytes, tail + 3, records)
  return true
}

const bssid = new Uint8Array(17)

/** Opens an access point with its address, `aa:bb:cc:dd:ee:ff`. */
const writeBssid = (bytes: Uint8Array, from: number, records: Records): void => {
  for (let at = 0, digit = 0; at < bssid.length; at++)
    bssid[at] = at % 3 === 2 ? COLON : LOWER_HEX_DIGITS[hexDigit(bytes[from + digit++])]
  elementOpen(records)
  attributeText(records, Key.bssid, bssid, 0, bssid.length)
}

/** The cells of V3: LAC, cell, strength index and, of the serving one, dBm. */
export const writeV3Cells = (bytes: Uint8Array, records: Records): void => {
  const network = FROM[V3.network]
  let mcc = 0
  let mnc = 0
  for (let at = network; at < TO[V3.network]; at++) {
    if (at < network + 3) mcc = mcc * 10 + (bytes[at] - ZERO)
    else mnc = mnc * 10 + (bytes[at] - ZERO)
  }
  const first = listStart
  if (!writeCell(mcc, mnc, whole(bytes, first, NUMBER_MAX), whole(bytes, first + 1, NUMBER_MAX), records))
    attributeText(records, Key.network, bytes, network, TO[V3.network])
  writeCells(bytes, V3.fieldsPerCell, 2, records)
  attributeOpen(records, Key.cellLevels, LIST)
  for (let field = listStart; field + V3.fieldsPerCell <= listEnd; field += V3.fieldsPerCell)
    elementInt(records, Math.max(0, whole(bytes, field + 2, SHORT_MAX)))
  attributeClose(records, LIST)
  const dbm = isEmpty(first + 3) ? NaN : integer(bytes, first + 3)
  if (listEnd > first && dbm > -128 && dbm <= SHORT_MAX) records.rssi[records.rows] = dbm
}

/** The cells of NBR: LAC, cell, level. */
export const writeNeighbours = (bytes: Uint8Array, records: Records): void => {
  const first = listStart
  const lac = first < listEnd ? whole(bytes, first, NUMBER_MAX) : -1
  const cell = first < listEnd ? whole(bytes, first + 1, NUMBER_MAX) : -1
  if (!writeCell(whole(bytes, Nbr.mcc, MCC_MAX), whole(bytes, Nbr.mnc, MNC_MAX), lac, cell, records))
    attributeText(records, Key.network, bytes, FROM[Nbr.mcc], TO[Nbr.mnc])
  const delay = whole(bytes, Nbr.delay, SHORT_MAX)
  if (delay >= 0) attributeInt(records, Key.timingAdvance, delay)
  writeCells(bytes, Nbr.fieldsPerCell, 3, records)
}

/** `cells`: the first `shown` of every `stride` fields. */
const writeCells = (bytes: Uint8Array, stride: number, shown: number, records: Records): void => {
  attributeOpen(records, Key.cells, LIST)
  for (let field = listStart; field + stride <= listEnd; field += stride) {
    elementList(records)
    for (let part = field; part < field + shown; part++) {
      const value = integer(bytes, part)
      elementInt(records, Number.isNaN(value) ? 0 : value)
    }
    attributeClose(records, LIST)
  }
  attributeClose(records, LIST)
}

/** The access points of V5: address and two digits of strength, whose sign nobody states. */
export const writeAccessPoints = (bytes: Uint8Array, records: Records): void => {
  attributeOpen(records, Key.wifi, LIST)
  for (let field = listStart; field < listEnd; field++) {
    const strength = FROM[field] + BSSID_DIGITS
    writeBssid(bytes, FROM[field], records)
    const tens = bytes[strength] - ZERO
    const ones = bytes[strength + 1] - ZERO
    if (tens <= 9 && ones <= 9) attributeInt(records, Key.strength, tens * 10 + ones)
    else attributeText(records, Key.strength, bytes, strength, strength + 2)
    attributeClose(records, OBJECT)
  }
  attributeClose(records, LIST)
}

const VP1_MCC = 4,
  VP1_MNC = 5,
  VP1_CELLS = 6

/** The cells of VP1: MCC, MNC, then LAC, cell, signal with the letter Y between cells. False: they are not that. */
export const writeVp1Cells = (bytes: Uint8Array, records: Records): boolean => {
  const from = FROM[VP1_CELLS]
  const to = TO[count - 1]
  const mcc = whole(bytes, VP1_MCC, MCC_MAX)
  const mnc = whole(bytes, VP1_MNC, MNC_MAX)
  if (count <= VP1_CELLS + 1 || mcc < MCC_MIN || mnc < 0) return false
  for (let at = from; at < to; at++) {
    const byte = bytes[at]
    if (byte !== COMMA && byte !== UPPER_Y && byte !== MINUS && (byte < ZERO || byte > ZERO + 9)) return false
  }
  const cellAt = partEnd(bytes, from, to) + 1
  writeCell(mcc, mnc, partNumber(bytes, from, to), partNumber(bytes, cellAt, to), records)
  attributeOpen(records, Key.cells, LIST)
  elementList(records)
  for (let at = from; at <= to;) {
    const end = partEnd(bytes, at, to)
    if (end > at) elementInt(records, partNumber(bytes, at, to))
    if (end < to && end + 1 < to && bytes[end] === UPPER_Y) {
      attributeClose(records, LIST)
      elementList(records)
    }
    at = end + 1
  }
  attributeClose(records, LIST)
  attributeClose(records, LIST)
  return true
}

const partEnd = (bytes: Uint8Array, from: number, to: number): number => {
  let at = from
  while (at < to && bytes[at] !== COMMA && bytes[at] !== UPPER_Y) at++
  return at
}

const partNumber = (bytes: Uint8Array, from: number, to: number): number => {
  let value = 0
  let sign = 1
  for (let at = from; at < to && bytes[at] !== COMMA && bytes[at] !== UPPER_Y; at++) {
    if (bytes[at] === MINUS) sign = -1
    else if (value < NUMBER_MAX) value = value * 10 + (bytes[at] - ZERO)
  }
  return sign * value
}

/** Volts of a V3 or V5 battery value, of 1024 steps of 5.6 V. */
const BATTERY_VOLTS = 5.6 / 1024
/** What the maker calls a full battery. */
const FULL_VOLTS = 3.6

/** Four hexadecimal digits of voltage; the maker's percentage is a share of 3.6 V, no state of charge. */
export const writeBatteryVoltage = (bytes: Uint8Array, field: number, records: Records): void => {
  if (!isHex(bytes, field, 4)) {
    if (!isEmpty(field)) attributeText(records, Key.batteryRaw, bytes, FROM[field], TO[field])
    return
  }
  const raw = hexNumber(bytes, field)
  const volts = raw * BATTERY_VOLTS
  attributeInt(records, Key.batteryRaw, raw)
  records.batteryV[records.rows] = volts
  attributeFixed(records, Key.batteryMakerPct, Math.min(1000, Math.round((volts / FULL_VOLTS) * 1000)), 1)
}

/** One more value behind NBR: the battery code. */
export const writeBatteryField = (bytes: Uint8Array, field: number, records: Records): void => {
  const code = digitCount(bytes, field) > 0 ? whole(bytes, field, 255) : hexNumber(bytes, field)
  if (code >= 0) writeBatteryCode(code, records)
  else if (!isEmpty(field)) attributeText(records, Key.extra, bytes, FROM[field], TO[field])
}

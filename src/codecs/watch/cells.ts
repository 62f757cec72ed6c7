/** What follows the status of a position: cells, access points, accuracy. Read leniently: what does not fit ends it. */
import { ZERO } from '../ascii.ts'
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
import { decimalField, FROM, isEmpty, TO, wholeField } from '../fields.ts'
import { decimals } from '../numbers.ts'
import type { Records } from '../records.ts'
import { cellNumber, isMac } from './fields.ts'
import { Key } from './messages.ts'
import { writeText } from './text.ts'

/** Fields between the number of cells and the first cell: timing advance, MCC, MNC. */
const NETWORK_FIELDS = 3
const CELL_FIELDS = 3,
  CDMA_FIELDS = 4,
  WIFI_FIELDS = 3
const INT16_MAX = 0x7fff

/** Cells from the field with their number on; the field behind them, or -1 if something did not fit. */
export const writeCells = (bytes: Uint8Array, first: number, count: number, records: Records): number => {
  const cells = wholeField(bytes, first)
  if (cells < 0) return -1
  if (cells === 0) return first + 1
  let field = first + 1
  if (field + NETWORK_FIELDS > count) return -1
  const advance = wholeField(bytes, field)
  if (advance >= 0) attributeInt(records, Key.timingAdvance, advance)
  else if (!isEmpty(field)) return -1
  const mcc = networkCode(bytes, field + 1)
  const mnc = networkCode(bytes, field + 2)
  if (mcc === NO_CODE || mnc === NO_CODE) return -1
  const row = records.rows
  if (mcc >= 0) records.mcc[row] = mcc
  if (mnc >= 0) records.mnc[row] = mnc
  field += NETWORK_FIELDS
  const to = field + cells * CELL_FIELDS
  let open = false
  for (; field < to && field + 1 < count; field += CELL_FIELDS) {
    const lac = cellNumber(bytes, field)
    const cell = cellNumber(bytes, field + 1)
    const signal = decimalField(bytes, field + 2)
    if (Number.isNaN(lac) || Number.isNaN(cell) || (Number.isNaN(signal) && !isEmpty(field + 2))) break
    if (open) elementOpen(records)
    else {
      open = true
      if (lac <= 0xffff_ffff) records.lac[row] = lac
      records.cellId[row] = cell
      attributeOpen(records, Key.cells, LIST)
      elementOpen(records)
    }
    if (mcc >= 0) attributeInt(records, Key.mcc, mcc)
    if (mnc >= 0) attributeInt(records, Key.mnc, mnc)
    attributeInt(records, Key.lac, lac)
    attributeInt(records, Key.cellId, cell)
    if (!Number.isNaN(signal)) writeSignal(bytes, field + 2, records)
    attributeClose(records, OBJECT)
  }
  if (open) attributeClose(records, LIST)
  return field < to ? -1 : field
}

/** Answers of `networkCode`: an empty field, or one that is no code. */
const EMPTY_CODE = -1,
  NO_CODE = -2
const networkCode = (bytes: Uint8Array, field: number): number => {
  if (isEmpty(field)) return EMPTY_CODE
  const code = wholeField(bytes, field)
  return code < 0 || code > INT16_MAX ? NO_CODE : code
}

/** `UD_CDMA`: SID, NID, BID and signal in place of cells; the field behind them, or -1. */
export const writeCdma = (bytes: Uint8Array, first: number, count: number, records: Records): number => {
  if (first + CDMA_FIELDS > count) return -1
  for (let index = 0; index < CDMA_KEYS.length; index++) {
    const value = wholeField(bytes, first + index)
    if (value >= 0) attributeInt(records, CDMA_KEYS[index], value)
    else if (!isEmpty(first + index)) return -1
  }
  writeSignal(bytes, first + CDMA_KEYS.length, records)
  return first + CDMA_FIELDS
}
const CDMA_KEYS = [Key.sid, Key.nid, Key.bid]

const writeSignal = (bytes: Uint8Array, field: number, records: Records): void => {
  const signal = decimalField(bytes, field)
  if (!Number.isNaN(signal)) attributeFixed(records, Key.signal, signal, decimals)
}

/**
 * Access points and accuracy, from the field with their number on. `noCells`: some firmwares then still send timing
 * advance, MCC and MNC, so that the number may be one of those.
 */
export const writeWifi = (
  bytes: Uint8Array,
  first: number,
  count: number,
  noCells: boolean,
  records: Records,
): void => {
  const points = wholeField(bytes, first)
  let rest = -1
  if (points > 0 && followsRule(bytes, first, count, points, noCells))
    rest = writeCounted(bytes, first, points, records)
  else rest = writeFound(bytes, first, count, records)
  if (rest < 0) {
    // No access points: their number, which may be empty, and behind it the accuracy.
    const fields = count - first
    const hasAccuracy = noCells ? fields === 2 || fields === 2 + NETWORK_FIELDS : fields >= 2
    if (!hasAccuracy) return
    rest = count - 1
  }
  if (rest !== count - 1) return
  const accuracy = decimalField(bytes, rest)
  if (accuracy >= 0) attributeFixed(records, Key.accuracy, accuracy, decimals)
}

/** True if `points` access points of three fields each follow, with at most one field behind them. */
const followsRule = (bytes: Uint8Array, first: number, count: number, points: number, strict: boolean): boolean => {
  const to = first + 1 + points * WIFI_FIELDS
  if (to > count || to < count - 1) return false
  for (let field = first + 1; field < to; field += WIFI_FIELDS)
    if (!isMac(bytes, field + 1) && (strict || !isNoMac(bytes, field + 1))) return false
  return true
}

/** Empty, or `0`: no access point. */
const isNoMac = (bytes: Uint8Array, field: number): boolean =>
  isEmpty(field) || (TO[field] - FROM[field] === 1 && bytes[FROM[field]] === ZERO)

/** Writes access points that come as their number says; the field behind them. */
const writeCounted = (bytes: Uint8Array, first: number, points: number, records: Records): number => {
  const to = first + 1 + points * WIFI_FIELDS
  let open = false
  for (let field = first + 1; field < to; field += WIFI_FIELDS) {
    if (!isMac(bytes, field + 1)) continue
    if (!open) attributeOpen(records, Key.wifi, LIST)
    open = true
    writePoint(bytes, field, field + 1, records)
  }
  if (open) attributeClose(records, LIST)
  return to
}

/** A comma in a name breaks the count: writes what has a MAC; the field behind the last, -1 if there is none. */
const writeFound = (bytes: Uint8Array, first: number, count: number, records: Records): number => {
  let rest = -1
  let name = first + 1
  for (let field = first + 1; field < count; field++) {
    if (!isMac(bytes, field)) continue
    if (rest < 0) attributeOpen(records, Key.wifi, LIST)
    writePoint(bytes, name, field, records)
    rest = name = field + 2
  }
  if (rest >= 0) attributeClose(records, LIST)
  return rest
}

/** One access point; its name is in the fields [name, mac), its signal behind the MAC. */
const writePoint = (bytes: Uint8Array, name: number, mac: number, records: Records): void => {
  elementOpen(records)
  if (name < mac) writeText(records, Key.name, bytes, FROM[name], TO[mac - 1])
  attributeText(records, Key.mac, bytes, FROM[mac], TO[mac])
  writeSignal(bytes, mac + 1, records)
  attributeClose(records, OBJECT)
}

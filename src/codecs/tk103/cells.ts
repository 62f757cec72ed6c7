/** Position by cell: the serving cell into columns, its neighbours and the access points into attributes. */
import { COMMA, SPACE, STAR, ZERO } from '../ascii.ts'
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
import { FROM, hexField, scanFields, TO, wholeField } from '../fields.ts'
import { decimals, isDigit, paddedDecimal, whole } from '../numbers.ts'
import type { Records } from '../records.ts'
import { writeIoField } from './block.ts'
import { Block, BRACE_CLOSE, BRACE_OPEN, FIELDS_MAX, Key } from './messages.ts'

const MCC_MAX = 999,
  MNC_MAX = 999
const SIGNAL_MAX = 63

/** Writes the cell list `bytes[from, to)` into the open row; false: it is none. */
export const writeCellList = (bytes: Uint8Array, from: number, to: number, records: Records): boolean => {
  let at = from
  while (at < to && (bytes[at] === COMMA || bytes[at] <= SPACE)) at++
  return bytes[at] === BRACE_OPEN && at < to ? writeBraces(bytes, at, to, records) : writeItems(bytes, at, to, records)
}

const LAC_MAX = 0xffff_ffff
/** LAC 0 or cell 0 is no cell, and more than 32 bits no LAC. */
const writeServing = (mcc: number, mnc: number, lac: number, cell: number, records: Records): void => {
  const row = records.rows
  if (lac === 0 || cell === 0 || lac > LAC_MAX) return
  records.mcc[row] = mcc
  records.mnc[row] = mnc
  records.lac[row] = lac
  records.cellId[row] = cell
}

/** `310,260,1a2b,3c4d,…`: pairs of LAC and cell in hex, or triples with the signal; an I/O state may be the last item. */
const writeItems = (bytes: Uint8Array, from: number, to: number, records: Records): boolean => {
  let count = scanFields(bytes, from, to, FIELDS_MAX, 0)
  let io = -1
  if (count > 2 && TO[count - 1] - FROM[count - 1] === Block.ioBytes) io = --count
  const mcc = wholeField(bytes, 0)
  const mnc = wholeField(bytes, 1)
  if (count < 4 || mcc < 0 || mcc > MCC_MAX || mnc < 0 || mnc > MNC_MAX) return false
  const step = isTriples(bytes, count) ? 3 : 2
  for (let field = 2; field < count; field++) if (hexField(bytes, field) < 0) return false
  if ((count - 2) % step !== 0) return false
  writeServing(mcc, mnc, hexField(bytes, 2), hexField(bytes, 3), records)
  if (step === 3) records.rssi[records.rows] = wholeField(bytes, 4)
  if (count > 2 + step) {
    attributeOpen(records, Key.neighbours, LIST)
    for (let field = 2 + step; field < count; field += step) {
      elementOpen(records)
      attributeInt(records, Key.lac, hexField(bytes, field))
      attributeInt(records, Key.cell, hexField(bytes, field + 1))
      if (step === 3) attributeInt(records, Key.signal, wholeField(bytes, field + 2))
      attributeClose(records, OBJECT)
    }
    attributeClose(records, LIST)
  }
  if (io >= 0) writeIoField(bytes, FROM[io], TO[io], records)
  return true
}

/** True if the items behind MCC and MNC come in threes, the third a signal. */
const isTriples = (bytes: Uint8Array, count: number): boolean => {
  if ((count - 2) % 3 !== 0) return false
  for (let field = 4; field < count; field += 3) {
    const signal = wholeField(bytes, field)
    if (signal < 0 || signal > SIGNAL_MAX) return false
  }
  return true
}

/** Parts of a cell between braces. */
const part = new Float64Array(4)
/** `{310,260,6699,15437}` at `at` into `part`; the offset behind it, or -1. */
const readBrace = (bytes: Uint8Array, from: number, to: number): number => {
  let at = from + 1
  for (let index = 0; index < part.length; index++) {
    let value = 0
    let digits = 0
    for (; at < to && isDigit(bytes[at]) && digits < 10; at++, digits++) value = value * 10 + bytes[at] - ZERO
    if (digits === 0 || at >= to || bytes[at] !== (index < part.length - 1 ? COMMA : BRACE_CLOSE)) return -1
    part[index] = value
    at++
  }
  return part[0] <= MCC_MAX && part[1] <= MNC_MAX ? at : -1
}

const writeBraces = (bytes: Uint8Array, from: number, to: number, records: Records): boolean => {
  let at = readBrace(bytes, from, to)
  if (at < 0) return false
  const mcc = part[0]
  const mnc = part[1]
  writeServing(mcc, mnc, part[2], part[3], records)
  let open = false
  for (;;) {
    while (at < to && bytes[at] <= SPACE) at++
    if (at >= to || bytes[at] !== BRACE_OPEN) break
    const behind = readBrace(bytes, at, to)
    if (behind < 0) break
    at = behind
    if (!open) attributeOpen(records, Key.neighbours, LIST)
    open = true
    elementOpen(records)
    if (part[0] !== mcc || part[1] !== mnc) {
      attributeInt(records, Key.mcc, part[0])
      attributeInt(records, Key.mnc, part[1])
    }
    attributeInt(records, Key.lac, part[2])
    attributeInt(records, Key.cell, part[3])
    attributeClose(records, OBJECT)
  }
  if (open) attributeClose(records, LIST)
  if (at < to && bytes[at] === COMMA) at++
  writeIoField(bytes, at, to, records)
  return true
}

/** The serving cell of the comma dialect, four paddedDecimal fields from `first` on; false: they are none. */
export const writeDecimalCell = (bytes: Uint8Array, first: number, records: Records): boolean => {
  const mcc = wholeField(bytes, first)
  const mnc = wholeField(bytes, first + 1)
  const lac = wholeDecimal(bytes, first + 2)
  const cell = wholeDecimal(bytes, first + 3)
  if (mcc < 0 || mcc > MCC_MAX || mnc < 0 || mnc > MNC_MAX) return false
  if (!(lac >= 0 && lac <= 0xffffffff && cell >= 0 && cell <= 0xffffffff)) return false
  writeServing(mcc, mnc, lac, cell, records)
  return true
}

/** Up to ten digits; NaN: something else. */
const wholeDecimal = (bytes: Uint8Array, field: number): number => {
  const value = paddedDecimal(bytes, FROM[field], TO[field])
  return decimals === 0 ? value : NaN
}

/** True if a field is an access point: `<mac>*<rssi>*<x>`. */
export const isAccessPoint = (bytes: Uint8Array, field: number): boolean => starIn(bytes, FROM[field], TO[field]) >= 0

const starIn = (bytes: Uint8Array, from: number, to: number): number => {
  for (let at = from; at < to; at++) if (bytes[at] === STAR) return at
  return -1
}

const mac = new Uint8Array(32)
/** Writes the access points in the fields `first` to `last`. */
export const writeAccessPoints = (bytes: Uint8Array, first: number, last: number, records: Records): void => {
  if (first >= last) return
  attributeOpen(records, Key.wifi, LIST)
  for (let field = first; field < last; field++) {
    const from = FROM[field]
    const to = TO[field]
    const star = starIn(bytes, from, to)
    let second = starIn(bytes, star + 1, to)
    if (second < 0) second = to
    const length = Math.min(star - from, mac.length)
    for (let at = 0; at < length; at++) mac[at] = lower(bytes[from + at])
    elementOpen(records)
    attributeText(records, Key.mac, mac, 0, length)
    const rssi = paddedDecimal(bytes, star + 1, second)
    if (!Number.isNaN(rssi)) attributeFixed(records, Key.rssi, rssi, decimals)
    const channel = whole(bytes, second + 1, to)
    if (channel >= 0) attributeInt(records, Key.channel, channel)
    attributeClose(records, OBJECT)
  }
  attributeClose(records, LIST)
}

const lower = (byte: number): number => (byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte)

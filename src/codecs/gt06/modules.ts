/**
 * Modules: { id, length, value } to the end of the content. TLV8 has a u8 length, TLV16 a u16. Here: how they are read, and
 * the messages of Jimi units that end with them.
 */
import { attributeClose, attributeHex, attributeInt, attributeOpen, elementOpen, LIST, OBJECT } from '../attributes.ts'
import { s16, u16, u32 } from '../bytes.ts'
import type { Records } from '../records.ts'
import { isWide, servingCell } from './cell.ts'
import { gpsBlock, identifyWithout, NOT_TOLD, odometer } from './fix.ts'
import { Key } from './keys.ts'
import { tailOfModules, TYPE_4G, typedCellBytes } from './layout.ts'
import type { Message } from './message.ts'
import { Cell, Gps, Tail, TAIL_BYTES } from './messages.ts'
import {
  alarmState,
  batteryLevel,
  codeAt,
  languageAt,
  STATUS_BYTES,
  statusBlock,
  terminalInformation,
} from './status.ts'
import { locationTail } from './tails.ts'
import { rest } from './write.ts'

export const TLV8 = 1,
  TLV16 = 2

/** Offset of the value of the first module `id` with at least `size` bytes, or 0. `width`: bytes of the length. */
export const find = ({ bytes, end }: Message, from: number, width: number, id: number, size: number): number => {
  let at = from
  while (at + 2 + width <= end) {
    const length = width === TLV8 ? bytes[at + 2] : u16(bytes, at + 2)
    const value = at + 2 + width
    if (value + length > end) return 0
    if (u16(bytes, at) === id && length >= size) return value
    at = value + length
  }
  return 0
}

/** Ids below this may be known. */
const IDS_END = 0x80
const UNKNOWN_ID = 0xffff
/** By id: least bytes of the value of modules that are read. */
export const sizes = (rows: readonly (readonly [number, number])[]): Uint16Array => {
  const table = new Uint16Array(IDS_END).fill(UNKNOWN_ID)
  for (const [id, size] of rows) table[id] = size
  return table
}
const seen = new Uint8Array(IDS_END)

/** Module of a BLE tag. */
export const BLE_TAG = 0x007f

/** Modules that nobody reads, or that came before, as they are; and what is left when a length overruns. */
export const others = (message: Message, from: number, width: number, known: Uint16Array): void => {
  const { bytes, end, records } = message
  seen.fill(0)
  let open = false
  let at = from
  while (at + 2 + width <= end) {
    const id = u16(bytes, at)
    const length = width === TLV8 ? bytes[at + 2] : u16(bytes, at + 2)
    const value = at + 2 + width
    if (value + length > end) break
    at = value + length
    if (id < IDS_END && length >= known[id] && seen[id] === 0) {
      if (id !== BLE_TAG) seen[id] = 1 // of which there may be several
      continue
    }
    if (!open) attributeOpen(records, Key.modules, LIST)
    open = true
    otherModule(records, id, bytes, value, at)
  }
  if (open) attributeClose(records, LIST)
  rest(message, at)
}

export const otherModule = (records: Records, id: number, bytes: Uint8Array, from: number, end: number): void => {
  elementOpen(records)
  attributeInt(records, Key.id, id)
  attributeHex(records, Key.hex, bytes, from, end)
  attributeClose(records, OBJECT)
}

const JIMI_MODULES = sizes([
  [0x18, 2],
  [0x27, 2],
  [0x2e, 4],
  [0x32, 1],
  [0x3b, 2],
  [0x3c, 4],
  [0x6a, 1],
])

/** Modules of 36, 37, 38 and 39. */
const jimiModules = (message: Message, from: number): void => {
  const { bytes, records, row } = message
  let at = find(message, from, TLV8, 0x0018, 2)
  if (at) records.batteryV[row] = u16(bytes, at) / 100
  at = find(message, from, TLV8, 0x0027, 2)
  if (at) records.powerV[row] = u16(bytes, at) / 100
  at = find(message, from, TLV8, 0x002e, 4)
  if (at) odometer(message, at)
  at = find(message, from, TLV8, 0x0032, 1)
  if (at) attributeInt(records, Key.startupStatus, bytes[at])
  at = find(message, from, TLV8, 0x003b, 2)
  if (at) attributeInt(records, Key.accuracyRaw, u16(bytes, at))
  at = find(message, from, TLV8, 0x003c, 4)
  if (at) attributeInt(records, Key.statusWord, u32(bytes, at))
  at = find(message, from, TLV8, 0x006a, 1)
  if (at && bytes[at] <= 100) records.batteryPct[row] = bytes[at]
  others(message, from, TLV8, JIMI_MODULES)
}

/** 36 (Jimi 4G): S5, then modules. */
export const heartbeatModules = (message: Message): void => {
  const { bytes, at, end, records } = message
  if (end - at < STATUS_BYTES) return rest(message, at)
  terminalInformation(message, bytes[at])
  batteryLevel(message, bytes[at + 1])
  records.rssi[message.row] = bytes[at + 2]
  alarmState(message, bytes[at], codeAt(message, at + 3))
  attributeInt(records, Key.language, languageAt(message, at + 4))
  jimiModules(message, at + STATUS_BYTES)
}

/** Least n of 37. */
const POSITION_MODULES_N = 29

/** 37: what 22 says, then modules. */
export const positionModules = (message: Message): void => {
  const { bytes, at, end } = message
  if (end - at < POSITION_MODULES_N) return rest(message, at)
  const tail = at + tailOfModules(bytes, at)
  const behind = tail + TAIL_BYTES[Tail.t3]
  if (behind > end) return rest(message, at)
  gpsBlock(message, at, bytes[tail + 2] === 1 ? 1 : 0, bytes[tail + 1])
  identifyWithout(message, tail + 1, behind)
  servingCell(message, at + Gps.size, Cell.l8, tail - at - Gps.size - 7)
  locationTail(message, tail)
  jimiModules(message, behind)
}

/** Type and cell at `at`; gives the offset behind its level, or the content's end if it does not fit. */
const typedCell = (message: Message, at: number): number => {
  const { bytes, end, records } = message
  if (at + 3 > end) return end
  const behind = at + typedCellBytes(bytes, at)
  if (behind > end) return end
  const fourG = bytes[at] >= TYPE_4G
  servingCell(message, at + 1, fourG ? Cell.l15 : Cell.l8, isWide(bytes, at + 1) ? 2 : 1)
  records.rssi[message.row] = fourG ? s16(bytes, behind - 2) : bytes[behind - 1]
  return behind
}

/** 38: G18, upload mode, re-upload, typed cell, modules. */
export const typedPosition = (message: Message): void => {
  const { bytes, at, end, records } = message
  const flags = at + Gps.size
  if (flags + 3 > end) return rest(message, at)
  gpsBlock(message, at, bytes[flags + 1] === 1 ? 1 : 0, bytes[flags])
  identifyWithout(message, flags, flags + 2)
  attributeInt(records, Key.uploadMode, bytes[flags])
  jimiModules(message, typedCell(message, flags + 2))
}

/** 39: G18, typed cell, S5, modules. */
export const typedAlarm = (message: Message): void => {
  const { at, end } = message
  if (end - at < Gps.size) return rest(message, at)
  gpsBlock(message, at, NOT_TOLD, NOT_TOLD)
  const status = typedCell(message, at + Gps.size)
  if (status + STATUS_BYTES > end) return rest(message, status)
  jimiModules(message, statusBlock(message, status))
}

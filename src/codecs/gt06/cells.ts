/** Messages about cells and access points: lists, alarms without a position. */
import { attributeInt } from '../attributes.ts'
import { allZero, u16 } from '../bytes.ts'
import { cellBytes, cellList, isWide, servingCell, wifiList } from './cell.ts'
import { gpsBlock, NOT_TOLD, sentAt } from './fix.ts'
import { Key } from './keys.ts'
import { cellAlarmStatus } from './layout.ts'
import type { Message } from './message.ts'
import { Cell, CELL_BYTES, CLASS_CELL, Gps } from './messages.ts'
import { alarmEvent, codeAt, languageAt, STATUS_BYTES, statusBlock } from './status.ts'
import { rest } from './write.ts'

// Lists of cells: what differs by number.
const CELLS = 7,
  SL4X_CELLS = 6,
  OLD_CELLS_N = 32,
  SL4X_CELLS_N = 50

/** Bytes of an access point: MAC and level. */
const WIFI_BYTES = 7

/** Date, MCC, MNC, cells, timing advance, then language or access points. */
export const cells = (message: Message): void => {
  const { bytes, at, end, number } = message
  const n = end - at
  if (n < 12) return rest(message, at)
  sentAt(message, at)
  if (number === 0x34) {
    if (n !== SL4X_CELLS_N) return rest(message, at + 6)
    attributeInt(message.records, Key.timingAdvance, bytes[at + 6])
    return rest(message, cellList(message, at + 11, CELLS, 2, 4, at + 7, 2))
  }
  const sl4x = number === 0x33
  const mnc = sl4x ? sl4xMncBytes(bytes, at, n) : isWide(bytes, at + 6) ? 2 : 1
  const from = at + 8 + mnc
  let behind: number
  if (number === 0x18 && n - mnc + 1 === OLD_CELLS_N) behind = cellList(message, from, CELLS, 0, 2, at + 6, mnc)
  else if (number === 0xa1 || number === 0xa2) behind = cellList(message, from, CELLS, 4, 8, at + 6, mnc)
  else if (sl4x) behind = cellList(message, from, SL4X_CELLS, 2, 4, at + 6, mnc)
  else behind = cellList(message, from, CELLS, 2, 3, at + 6, mnc)
  behind = timingAdvance(message, behind)
  rest(message, number === 0x2c || number === 0xa2 || sl4x ? countedWifi(message, behind) : language(message, behind))
}

/** SL4X always sends two bytes, though the papers' n speaks of one: the count of access points must fit. */
const sl4xMncBytes = (bytes: Uint8Array, at: number, n: number): number => {
  if (n >= 53 && 53 + 7 * bytes[at + 52] === n && !(n >= 54 && 54 + 7 * bytes[at + 53] === n)) return 1
  return 2
}

// What may follow a list; each gives the offset behind it.

const timingAdvance = ({ bytes, end, records }: Message, at: number): number => {
  if (at >= end) return at
  attributeInt(records, Key.timingAdvance, bytes[at])
  return at + 1
}

const language = ({ bytes, end, records }: Message, at: number): number => {
  if (at + 2 > end) return at
  attributeInt(records, Key.language, u16(bytes, at))
  return at + 2
}

const countedWifi = (message: Message, at: number): number =>
  at < message.end ? wifiList(message, at + 1, message.bytes[at], WIFI_BYTES, 0, true) : at

/** 24 of WANWAY S20: date, timing advance, MCC, MNC, count, cells, zeros. */
export const countedCells = (message: Message): void => {
  const { bytes, at, end } = message
  sentAt(message, at)
  timingAdvance(message, at + 6)
  const mnc = isWide(bytes, at + 7) ? 2 : 1
  const from = at + 9 + mnc
  const behind = cellList(message, from + 1, bytes[from], 2, 3, at + 7, mnc)
  if (!allZero(bytes, behind, end)) rest(message, behind)
}

/** 1E: G18, MCC, MNC, seven cells, timing advance, language. */
export const positionCells = (message: Message): void => {
  const { bytes, at, end } = message
  if (at + Gps.size + 3 > end) return rest(message, at)
  gpsBlock(message, at, NOT_TOLD, NOT_TOLD)
  const mccAt = at + Gps.size
  const mnc = isWide(bytes, mccAt) ? 2 : 1
  const behind = cellList(message, mccAt + 2 + mnc, CELLS, 2, 3, mccAt, mnc)
  rest(message, language(message, timingAdvance(message, behind)))
}

/** A9: date, MCC, MNC, 4G flag, count, cells, timing advance, access points, alarm, language. */
export const cellsAlarm = (message: Message): void => {
  const { bytes, at, end } = message
  if (end - at < 12) return rest(message, at)
  sentAt(message, at)
  const mnc = isWide(bytes, at + 6) ? 2 : 1
  const from = at + 8 + mnc
  const fourG = bytes[from] !== 0
  const list = cellList(message, from + 2, bytes[from + 1], fourG ? 4 : 2, fourG ? 8 : 3, at + 6, mnc)
  const behind = countedWifi(message, timingAdvance(message, list))
  if (behind + 2 > end) return rest(message, behind)
  alarmEvent(message, 0, codeAt(message, behind))
  attributeInt(message.records, Key.language, languageAt(message, behind + 1))
  rest(message, behind + 2)
}

/** 19, A5: a cell and S5, no date. */
export const cellAlarm = (message: Message): void => {
  const { bytes, at, end, number } = message
  const n = end - at
  const status = n > 0 ? cellAlarmStatus(bytes, at, number) : n
  if (status + STATUS_BYTES > n) return rest(message, at)
  servingCell(message, at, CLASS_CELL[number], isWide(bytes, at) ? 2 : 1)
  rest(message, statusBlock(message, at + status))
}

/** 8B: a cell. */
export const bootCell = (message: Message): void => {
  const { bytes, at, end } = message
  if (end - at < CELL_BYTES[Cell.l8]) return rest(message, at)
  servingCell(message, at, Cell.l8, isWide(bytes, at) ? 2 : 1)
  rest(message, at + cellBytes(bytes, at, Cell.l8))
}

/** F3: date, count, access points of two bytes and a MAC. */
export const wifiOnly = (message: Message): void => {
  const { at, end } = message
  if (end - at < 7) return rest(message, at)
  sentAt(message, at)
  rest(message, wifiList(message, at + 7, message.bytes[at + 6], 8, 2, false))
}

/** 14: count, then a signal-to-noise ratio each. */
export const satellites = (message: Message): void => {
  const { bytes, at, end } = message
  if (at >= end) return
  attributeInt(message.records, Key.satellites, bytes[at])
  rest(message, at + 1)
}

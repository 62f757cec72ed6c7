/** Cells, access points and BLE tags, in the layouts of all makers. */
import { attributeClose, attributeFixed, attributeInt, elementOpen, key, LIST, OBJECT } from '../../attributes.ts'
import { s8, u16, u24, u32 } from '../../bytes.ts'
import { hexDigit } from '../../numbers.ts'
import type { Records } from '../../records.ts'
import { servingCell } from '../record.ts'
import { elementMac, name, sayClose, sayOpen, sayTextOrHex } from '../say.ts'
import type { Item } from './item.ts'

const CELLS = name('cells'),
  WIFI = name('wifi'),
  WIFI_TEXT = name('wifi_text'),
  BLE = name('ble_tags')
const MCC = key('mcc'),
  MNC = key('mnc'),
  LAC = key('lac'),
  CID = key('cid'),
  RSSI_RAW = key('rssi_raw'),
  RSSI = key('rssi'),
  MAC = key('mac'),
  INDEX = key('index'),
  TEMPERATURE = key('temperature'),
  HUMIDITY = key('humidity')
/** The cell's layout has no signal. */
const NO_SIGNAL = -1
/** Country codes there are: what else a list could be begins with other numbers. */
const MCC_MIN = 200,
  MCC_MAX = 799

/** One cell, as an element of the open list. */
const cell = (
  records: Records,
  row: number,
  mcc: number,
  mnc: number,
  lac: number,
  cid: number,
  signal: number,
): void => {
  servingCell(records, row, mcc, mnc, lac, cid)
  elementOpen(records)
  attributeInt(records, MCC, mcc)
  attributeInt(records, MNC, mnc)
  attributeInt(records, LAC, lac)
  attributeInt(records, CID, cid)
  if (signal !== NO_SIGNAL) attributeInt(records, RSSI_RAW, signal)
  attributeClose(records, OBJECT)
}

/** Items 53 and 5D: count u8, then cells of MCC u16, MNC u8, LAC u16, cell u16 or u32, signal u8; the length tells which. */
export const countedCells: Item = (records, row, b, at, length) => {
  if (length < 1) return false
  const count = b[at]
  const step = length - 1 === 8 * count ? 8 : length - 1 === 10 * count ? 10 : 0
  if (step === 0) return false
  if (count === 0) return true
  if (!sayOpen(records, CELLS, LIST)) return false
  for (let from = at + 1; from < at + length; from += step) {
    const cid = step === 8 ? u16(b, from + 5) : u32(b, from + 5)
    cell(records, row, u16(b, from), b[from + 2], u16(b, from + 3), cid, b[from + step - 1])
  }
  sayClose(records, LIST)
  return true
}

const NETWORK_BYTES = 4
/** Item E1: MCC u16, MNC u16, then cells of LAC u24 (GPS51: u16), cell u32, signal u8. */
export const networkCells: Item = (records, row, b, at, length) => {
  const list = length - NETWORK_BYTES
  const step = list % 8 === 0 ? 8 : list % 7 === 0 ? 7 : 0
  if (list < 7 || step === 0 || !sayOpen(records, CELLS, LIST)) return false
  for (let from = at + NETWORK_BYTES; from < at + length; from += step) {
    const lac = step === 8 ? u24(b, from) : u16(b, from)
    cell(records, row, u16(b, at), u16(b, at + 2), lac, u32(b, from + step - 5), b[from + step - 1])
  }
  sayClose(records, LIST)
  return true
}

/** Item EB, one of its shapes: MCC u16, MNC u8, then cells of LAC u16, cell u16, signal u8. */
export const shortCells: Item = (records, row, b, at, length) => {
  if (length < 8 || (length - 3) % 5 !== 0 || u16(b, at) <= MCC_MIN || !sayOpen(records, CELLS, LIST)) return false
  for (let from = at + 3; from < at + length; from += 5)
    cell(records, row, u16(b, at), b[at + 2], u16(b, from), u16(b, from + 2), b[from + 4])
  sayClose(records, LIST)
  return true
}

/** One cell: MCC u16, MNC u8, LAC u16, cell u32, and in item EE (ten bytes) the signal. */
export const oneCell: Item = (records, row, b, at, length) => {
  const mcc = u16(b, at)
  if (mcc < MCC_MIN || mcc > MCC_MAX || !sayOpen(records, CELLS, LIST)) return false
  cell(records, row, mcc, b[at + 2], u16(b, at + 3), u32(b, at + 5), length > 9 ? b[at + 9] : NO_SIGNAL)
  sayClose(records, LIST)
  return true
}

const AOVX_BYTES = 13
/** Item F0: cells of MCC u16, MNC u16, cell u32, LAC u32, signal u8. */
export const aovxCells: Item = (records, row, b, at, length) => {
  if (length === 0 || length % AOVX_BYTES !== 0 || !sayOpen(records, CELLS, LIST)) return false
  for (let from = at; from < at + length; from += AOVX_BYTES)
    cell(records, row, u16(b, from), u16(b, from + 2), u32(b, from + 8), u32(b, from + 4), b[from + 12])
  sayClose(records, LIST)
  return true
}

/** Items EC and F4: access points of MAC and signal s8. */
export const wifi: Item = (records, _row, b, at, length) => {
  if (length % 7 !== 0) return false
  if (length === 0) return true
  if (!sayOpen(records, WIFI, LIST)) return false
  for (let from = at; from < at + length; from += 7) {
    elementOpen(records)
    elementMac(records, MAC, b, from)
    attributeInt(records, RSSI, s8(b[from + 6]))
    attributeClose(records, OBJECT)
  }
  sayClose(records, LIST)
  return true
}

/** Item 54: the same behind a count. */
export const countedWifi: Item = (records, row, b, at, length) =>
  length > 0 && length - 1 === 7 * b[at] && wifi(records, row, b, at + 1, length - 1)

const WIFI_MAC_TEXT = 17
const AP = new Uint8Array(7)

/** Access points as `mac,rssi,mac,rssi,…`; kept as text where it is something else. */
export const wifiText = (records: Records, b: Uint8Array, from: number, end: number): void => {
  let at = from
  while (at < end) {
    at = accessPoint(b, at, end)
    if (at < 0) {
      sayTextOrHex(records, WIFI_TEXT, b, from, end)
      return
    }
  }
  if (from === end || !sayOpen(records, WIFI, LIST)) return
  for (at = from; at < end;) {
    at = accessPoint(b, at, end)
    elementOpen(records)
    elementMac(records, MAC, AP, 0)
    attributeInt(records, RSSI, s8(AP[6]))
    attributeClose(records, OBJECT)
  }
  sayClose(records, LIST)
}

/** Reads one into AP; the offset behind it and its comma, or -1. */
const accessPoint = (b: Uint8Array, from: number, end: number): number => {
  if (from + WIFI_MAC_TEXT + 2 > end) return -1
  for (let byte = 0; byte < 6; byte++) {
    const high = hexDigit(b[from + 3 * byte])
    const low = hexDigit(b[from + 3 * byte + 1])
    if (high < 0 || low < 0) return -1
    AP[byte] = (high << 4) | low
  }
  let at = from + WIFI_MAC_TEXT + 1
  const negative = b[at] === 0x2d
  if (negative) at++
  let value = 0
  let digits = 0
  for (; at < end && b[at] >= 0x30 && b[at] <= 0x39 && digits < 3; at++, digits++) value = value * 10 + b[at] - 0x30
  if (digits === 0 || value > 127 || (at < end && b[at] !== 0x2c)) return -1
  AP[6] = negative ? -value : value
  return at < end ? at + 1 : at
}

const BLE_BYTES = 11
/** Item E6: tags of index u8, MAC, temperature and humidity as whole number and 255ths. */
export const bleTags: Item = (records, _row, b, at, length) => {
  if (length === 0 || length % BLE_BYTES !== 0 || !sayOpen(records, BLE, LIST)) return false
  for (let from = at; from < at + length; from += BLE_BYTES) {
    elementOpen(records)
    attributeInt(records, INDEX, b[from])
    elementMac(records, MAC, b, from + 1)
    attributeFixed(records, TEMPERATURE, s8(b[from + 7]) * 1000 + (b[from + 8] * 1000) / 255, 3)
    attributeFixed(records, HUMIDITY, b[from + 9] * 1000 + (b[from + 10] * 1000) / 255, 3)
    attributeClose(records, OBJECT)
  }
  sayClose(records, LIST)
  return true
}

/** Cells and access points: the serving cell of a location, lists of cells, lists of WiFi. */
import { attributeClose, attributeInt, attributeOpen, elementOpen, LIST, OBJECT } from '../attributes.ts'
import { allZero, u16, u24, u32, uint } from '../bytes.ts'
import { appendCell } from './json.ts'
import { Key } from './keys.ts'
import type { Message } from './message.ts'
import { Cell, CELL_BYTES, LAC_BYTES, MNC_WIDE, MNC_WIDE_MASK } from './messages.ts'
import { attributeMac } from './write.ts'

const MCC_MASK = 0x7fff
const INT16_MAX = 0x7fff
/** Cell identities end at 36 bits; beyond 53 a number is not exact, and no cell. */
const CID_MAX = Number.MAX_SAFE_INTEGER

/** Bytes of the serving cell at `at`. */
export const cellBytes = (bytes: Uint8Array, at: number, kind: number): number =>
  CELL_BYTES[kind] + (isWide(bytes, at) ? 1 : 0)

/** The MNC behind this MCC has two bytes. */
export const isWide = (bytes: Uint8Array, mccAt: number): boolean => (bytes[mccAt] & MNC_WIDE_MASK) === MNC_WIDE

/** Serving cell of a kind (see Cell) at `at`: columns, and a list of one. All-zero MCC: no cell. */
export const servingCell = ({ bytes, records, row }: Message, at: number, kind: number, mncBytes: number): void => {
  const mcc = u16(bytes, at) & MCC_MASK
  if (mcc === 0) return
  const mnc = mncBytes === 1 ? bytes[at + 2] : u16(bytes, at + 2)
  const lacAt = at + 2 + mncBytes
  const cidAt = lacAt + LAC_BYTES[kind]
  const lac = kind === Cell.l15 ? u32(bytes, lacAt) : u16(bytes, lacAt)
  let cid: number
  if (kind === Cell.l8) cid = u24(bytes, cidAt)
  else if (kind === Cell.l15) cid = u32(bytes, cidAt) * 0x1_0000_0000 + u32(bytes, cidAt + 4)
  else cid = u32(bytes, cidAt)
  records.mcc[row] = mcc
  if (mnc <= INT16_MAX) records.mnc[row] = mnc
  records.lac[row] = lac
  if (cid > CID_MAX) return
  records.cellId[row] = cid
  appendCell(records, mcc, mnc, lac, cid)
}

/** Opens a cell in the open list; the caller closes it. The serving one goes to the columns too. */
const cell = (
  { records, row }: Message,
  mcc: number,
  mnc: number,
  lac: number,
  cid: number,
  serving: boolean,
): void => {
  if (serving) {
    records.mcc[row] = mcc
    if (mnc <= INT16_MAX) records.mnc[row] = mnc
    records.lac[row] = lac
    if (cid <= CID_MAX) records.cellId[row] = cid
  }
  elementOpen(records)
  attributeInt(records, Key.mcc, mcc)
  attributeInt(records, Key.mnc, mnc)
  attributeInt(records, Key.lac, lac)
  if (cid <= CID_MAX) attributeInt(records, Key.cid, cid)
}

/**
 * `count` cells of LAC, CID and level; the country is at `mccAt`. The first is the serving cell; LAC 0 is an empty
 * slot. `lacBytes` 0: all share the LAC, u16, that stands before the first, and CID 0 is an empty slot. Reads whole
 * cells of the content only; gives the offset behind them.
 */
export const cellList = (
  message: Message,
  at: number,
  count: number,
  lacBytes: number,
  cidBytes: number,
  mccAt: number,
  mncBytes: number,
): number => {
  const { bytes, end, records } = message
  const mcc = u16(bytes, mccAt) & MCC_MASK
  const mnc = mncBytes === 1 ? bytes[mccAt + 2] : u16(bytes, mccAt + 2)
  const step = lacBytes + cidBytes + 1
  const shared = lacBytes === 0
  let open = false
  let from = shared ? at + 2 : at
  for (let index = 0; index < count && from + step <= end; index++, from += step) {
    const lac = shared ? u16(bytes, at) : uint(bytes, from, lacBytes)
    const cid = uint(bytes, from + lacBytes, cidBytes)
    if (lac === 0 || mcc === 0 || (shared && cid === 0)) continue
    if (!open) attributeOpen(records, Key.cells, LIST)
    open = true
    cell(message, mcc, mnc, lac, cid, index === 0)
    attributeInt(records, Key.rssiRaw, bytes[from + step - 1])
    attributeClose(records, OBJECT)
  }
  if (open) attributeClose(records, LIST)
  return from
}

/**
 * `count` access points of `step` bytes, the MAC at `macAt` in each, the level behind it if `leveled`. All-zero MACs
 * and zero levels are placeholders. Gives the offset behind the whole ones.
 */
export const wifiList = (
  { bytes, end, records }: Message,
  at: number,
  count: number,
  step: number,
  macAt: number,
  leveled: boolean,
): number => {
  let from = at
  let open = false
  for (let index = 0; index < count && from + step <= end; index++, from += step) {
    const mac = from + macAt
    if (allZero(bytes, mac, mac + 6) || (leveled && bytes[mac + 6] === 0)) continue
    if (!open) attributeOpen(records, Key.wifi, LIST)
    open = true
    elementOpen(records)
    attributeMac(records, Key.mac, bytes, mac)
    if (leveled) attributeInt(records, Key.rssiRaw, bytes[mac + 6])
    attributeClose(records, OBJECT)
  }
  if (open) attributeClose(records, LIST)
  return from
}

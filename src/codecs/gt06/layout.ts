/**
 * What a content is, and which blocks follow G18 in it: by number and n, or, where no table knows n, by what the bytes say.
 * Decoder, session memory and acks all ask here.
 */
import { allZero, isBcd, u16 } from '../bytes.ts'
import { cellBytes, isWide } from './cell.ts'
import {
  Cell,
  CELL_BYTES,
  CELL_SHIFT,
  CLASS_CELL,
  CLASS_T3,
  BODY,
  Body,
  Gps,
  KNOWN_LAYOUT,
  layout,
  LAYOUT,
  LL,
  MNC_WIDE_MASK,
  Tail,
  TAIL_BYTES,
  TAIL_SHIFT,
  WIDE_MNC,
} from './messages.ts'

const CELL_MASK = 7

export const cellOf = (packed: number): number => (packed >> CELL_SHIFT) & CELL_MASK

/** Offset of the cell in the content. */
export const cellOffset = (packed: number): number => Gps.size + (packed & LL ? 1 : 0)

/** Offset of the tail in the content. */
export const tailOffset = (packed: number): number =>
  cellOffset(packed) + CELL_BYTES[cellOf(packed)] + (packed & WIDE_MNC ? 1 : 0)

/** n of contents that are not what most with their number are; the MCC's flag makes each a byte longer. */
export const SEEWORLD_STATUS_N = 7,
  SEEWORLD_STATUS_LONG_N = 19,
  X1_N = 51 // the least
const AREA_N = 14,
  AREA_MCC = 6,
  WANWAY_N = 44,
  WANWAY_MCC = 7,
  SPACE10X_N = 18, // the least
  PHOTO_DATA_N = 40 // the least; heartbeats are shorter

/** 22 and 25 of NT11 … NT46, VL100, XT40: offsets in the content. */
export const Nt = { imei: 1, time: 9, gps: 15, cell: 34, statusBytes: 13 } as const
/** Their least n: 22 with a one-byte MNC. */
export const NT_N = Nt.cell + CELL_BYTES[Cell.l8] + Nt.statusBytes

/** By frame and number (number | 0x100 for 79 79): 1 if `bodyOf` must look at the content. */
export const REUSED = new Uint8Array(512)
for (const index of [0x11, 0x17, 0x19, 0x22, 0x24, 0x25, 0x34, 0x36, 0x136, 0xa2, 0xa3]) REUSED[index] = 1

/** What a content of n bytes is: the body of its number, or that of a clone's message which shares the number. */
export const bodyOf = (bytes: Uint8Array, content: number, n: number, number: number, long: number): number => {
  const index = number | (long << 8)
  const body = BODY[index]
  if (REUSED[index] === 0) return body
  switch (number) {
    case 0x11:
      return isOfN(bytes, content, n, AREA_N, AREA_MCC) ? Body.area : body
    case 0x17:
    case 0xa2:
      return rowOf(bytes, content, n, number) !== 0 ? Body.position : body
    case 0x19:
      return n >= SPACE10X_N ? Body.raw : body
    case 0x22:
      return n >= NT_N && isNt(bytes, content, n, number) ? Body.nt : body
    case 0x25:
      return n >= NT_N && isNt(bytes, content, n, number) ? Body.nt : Body.raw
    case 0x24:
      if (rowOf(bytes, content, n, number) !== 0) return Body.position
      return isOfN(bytes, content, n, WANWAY_N, WANWAY_MCC) ? Body.countedCells : body
    case 0x34:
      return n >= X1_N ? Body.x1 : body
    case 0x36:
      if (rowOf(bytes, content, n, number) !== 0) return Body.position
      return isPhotoData(bytes, content, n) ? Body.photoData : body
    case 0xa3:
      return n === SEEWORLD_STATUS_N || n === SEEWORLD_STATUS_LONG_N ? Body.seeworldStatus : body
  }
  return body
}

const isOfN = (bytes: Uint8Array, content: number, n: number, narrowN: number, mccAt: number): boolean =>
  n === narrowN || (n === narrowN + 1 && isWide(bytes, content + mccAt))

/** 0x36 as answer to the X1's 0x35: picture u32, offset u32, length u16, that many bytes. */
const isPhotoData = (bytes: Uint8Array, content: number, n: number): boolean =>
  n >= PHOTO_DATA_N && u16(bytes, content + 8) === n - 10

const isNt = (bytes: Uint8Array, content: number, n: number, number: number): boolean =>
  ntStatus(bytes, content, n, number) + Nt.statusBytes <= n && isBcd(bytes, content + Nt.imei, content + Nt.time)

/** Offset of TI in the NT layout: behind L8 (22) or L9 (25). */
export const ntStatus = (bytes: Uint8Array, content: number, n: number, number: number): number => {
  const narrow = Nt.cell + CELL_BYTES[number === 0x25 ? Cell.l9 : Cell.l8]
  return isWide(bytes, content + Nt.cell) && n > narrow + Nt.statusBytes ? narrow + 1 : narrow
}

/** Offset of S5 in 19 (behind L8) and A5 (behind L15). */
export const cellAlarmStatus = (bytes: Uint8Array, content: number, number: number): number =>
  cellBytes(bytes, content, CLASS_CELL[number])

/** Offset of T3 in 37: behind G18 and L8. */
export const tailOfModules = (bytes: Uint8Array, content: number): number =>
  Gps.size + cellBytes(bytes, content + Gps.size, Cell.l8)

/** A cell type from here on is 4G: L15 and a level of two bytes; below, L8 and one. */
export const TYPE_4G = 3

/** Bytes of the type, cell and level at `at`, as 38 and 39 have them. */
export const typedCellBytes = (bytes: Uint8Array, at: number): number => {
  const fourG = bytes[at] >= TYPE_4G
  return 1 + cellBytes(bytes, at + 1, fourG ? Cell.l15 : Cell.l8) + (fourG ? 2 : 1)
}

/** Layout of a content of n ≥ 18 bytes that begins with G18; 0 if it is shorter. */
export const layoutOf = (bytes: Uint8Array, content: number, n: number, number: number): number => {
  if (n < Gps.size) return 0
  const packed = rowOf(bytes, content, n, number)
  if (packed === 0) return guess(bytes, content, n, number)
  // A flag that contradicts n: LL decides, if it speaks of a two-byte MNC too.
  if ((packed & (LL | WIDE_MNC)) === LL && bytes[content + Gps.size] === LL_L15_WIDE && n >= L15_WIDE_ALARM_N)
    return hasFlag(bytes, content, packed) ? guessAlarm(bytes, content, n, number) : packed
  return packed
}

/**
 * The row of the layouts that a content of n bytes fits, or 0. A two-byte MNC makes it one byte longer than its row says.
 */
const rowOf = (bytes: Uint8Array, content: number, n: number, number: number): number => {
  if (n < Gps.size || n > 255) return 0
  const row = (number << 8) | n
  const packed = LAYOUT[row]
  const narrow = LAYOUT[row - 1]
  if (narrow === 0 || !hasFlag(bytes, content, narrow)) return packed
  // What would be the flag is LL where row n has one and row n − 1 has none, if an MCC stands behind it.
  const isLength = (packed & LL) > (narrow & LL) && (bytes[content + Gps.size + 1] & MNC_WIDE_MASK) === 0
  return isLength ? packed : narrow | WIDE_MNC
}

const hasFlag = (bytes: Uint8Array, content: number, packed: number): boolean => {
  const cell = cellOf(packed)
  if (cell === Cell.none || cell === Cell.l10 || cell === Cell.padding) return false
  return isWide(bytes, content + cellOffset(packed))
}

const guess = (bytes: Uint8Array, content: number, n: number, number: number): number => {
  if (BODY[number] === Body.alarm) return guessAlarm(bytes, content, n, number)
  let cell: number = CLASS_CELL[number]
  if (n < Gps.size + CELL_BYTES[cell]) return layout(0, Cell.none, Tail.none)
  let packed = layout(0, cell, Tail.none)
  if (hasFlag(bytes, content, packed)) {
    packed |= WIDE_MNC
    if (n < tailOffset(packed)) return layout(0, Cell.none, Tail.none)
  }
  if (!CLASS_T3[number]) return packed
  const left = n - tailOffset(packed)
  const tail = left >= TAIL_BYTES[Tail.t7] ? Tail.t7 : left >= TAIL_BYTES[Tail.t3] ? Tail.t3 : Tail.none
  return packed | (tail << TAIL_SHIFT)
}

// Values of LL, with and without counting itself, and what a padded clone puts behind a zero.
const LL_L8 = 0x09,
  LL_L8_BARE = 0x08,
  LL_L9_OR_L10_BARE = 0x0a,
  LL_L15 = 0x10,
  LL_L15_WIDE = 0x11,
  PADDING_FROM = 9,
  PADDING_TO = 45
/** n of an alarm with L15, a two-byte MNC, and nothing behind S5. */
const L15_WIDE_ALARM_N = Gps.size + 1 + CELL_BYTES[Cell.l15] + 1 + TAIL_BYTES[Tail.s5]

const guessAlarm = (bytes: Uint8Array, content: number, n: number, number: number): number => {
  if (n <= Gps.size) return layout(0, Cell.none, Tail.none)
  const byClass = CLASS_CELL[number]
  const at = content + Gps.size
  let cell: number = byClass
  let wide = false
  switch (bytes[at]) {
    case 0:
      cell =
        n >= Gps.size + 1 + PADDING_TO && allZero(bytes, at + 1 + PADDING_FROM, at + 1 + PADDING_TO)
          ? Cell.padding
          : Cell.none
      break
    case LL_L8:
    case LL_L8_BARE:
      cell = Cell.l8
      break
    case LL_L9_OR_L10_BARE:
      cell = number === 0x32 ? Cell.l10 : Cell.l9
      break
    case LL_L15:
      cell = Cell.l15
      break
    case LL_L15_WIDE:
      cell = Cell.l15
      wide = true
      break
    default:
      wide = n > Gps.size + 1 && isWide(bytes, at + 1)
  }
  const status = TAIL_BYTES[Tail.s5]
  if (Gps.size + 1 + CELL_BYTES[cell] + (wide ? 1 : 0) + status > n) {
    cell = byClass
    wide = n > Gps.size + 1 && isWide(bytes, at + 1)
    if (Gps.size + 1 + CELL_BYTES[cell] + (wide ? 1 : 0) + status > n) return layout(0, Cell.none, Tail.none)
  }
  const left = n - (Gps.size + 1 + CELL_BYTES[cell] + (wide ? 1 : 0))
  const fences = number === 0x27 || number === 0xa4
  let tail: number = Tail.s5
  if (fences && left >= TAIL_BYTES[Tail.s5Fence])
    tail = left >= TAIL_BYTES[Tail.s5FenceMileage] ? Tail.s5FenceMileage : Tail.s5Fence
  else if (left === TAIL_BYTES[Tail.s5Mileage]) tail = Tail.s5Mileage
  return layout(1, cell, tail) | (wide ? WIDE_MNC : 0) | KNOWN_LAYOUT
}

/** Which blocks follow G18 in this frame: by number and n, or, where no table knows n, by what the bytes say. */
import { allZero } from './bytes.ts'
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
  MNC_WIDE,
  Tail,
  TAIL_BYTES,
  TAIL_SHIFT,
  WIDE_MNC,
} from './messages.ts'

const CELL_MASK = 7

export function cellOf(packed: number): number {
  return (packed >> CELL_SHIFT) & CELL_MASK
}

/** Offset of the cell in the content. */
export function cellOffset(packed: number): number {
  return Gps.size + (packed & LL ? 1 : 0)
}

/** Offset of the tail in the content. */
export function tailOffset(packed: number): number {
  return cellOffset(packed) + CELL_BYTES[cellOf(packed)] + (packed & WIDE_MNC ? 1 : 0)
}

/** Layout of a content of n ≥ 18 bytes that begins with G18; 0 if it is shorter. */
export function layoutOf(bytes: Uint8Array, content: number, n: number, number: number): number {
  if (n < Gps.size) return 0
  if (n > 255) return guess(bytes, content, n, number)
  const row = (number << 8) | n
  // A two-byte MNC makes the content one byte longer than the table says.
  const narrow = LAYOUT[row - 1]
  if (narrow !== 0 && isWide(bytes, content, narrow)) return narrow | WIDE_MNC
  const packed = LAYOUT[row]
  return packed !== 0 ? packed : guess(bytes, content, n, number)
}

function isWide(bytes: Uint8Array, content: number, packed: number): boolean {
  const cell = cellOf(packed)
  if (cell === Cell.none || cell === Cell.l10 || cell === Cell.padding) return false
  return (bytes[content + cellOffset(packed)] & MNC_WIDE) !== 0
}

function guess(bytes: Uint8Array, content: number, n: number, number: number): number {
  if (BODY[number] === Body.alarm) return guessAlarm(bytes, content, n, number)
  let cell: number = CLASS_CELL[number]
  if (n < Gps.size + CELL_BYTES[cell]) return layout(0, Cell.none, Tail.none)
  let packed = layout(0, cell, Tail.none)
  if (isWide(bytes, content, packed)) {
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

function guessAlarm(bytes: Uint8Array, content: number, n: number, number: number): number {
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
      wide = n > Gps.size + 1 && (bytes[at + 1] & MNC_WIDE) !== 0
  }
  const status = TAIL_BYTES[Tail.s5]
  if (Gps.size + 1 + CELL_BYTES[cell] + (wide ? 1 : 0) + status > n) {
    cell = byClass
    wide = n > Gps.size + 1 && (bytes[at + 1] & MNC_WIDE) !== 0
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

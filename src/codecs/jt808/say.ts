/**
 * Attributes of a record, each key at most once: makers give the same thing in several items, and JSON with a key twice
 * is refused. What is said first stays. Nothing else tells the names apart from those of attributes.ts.
 */
import { LOWER_HEX_DIGITS } from '../ascii.ts'
import {
  attributeBool,
  attributeClose,
  attributeFixed,
  attributeHex,
  attributeInt,
  attributeOpen,
  attributeText,
  attributeUtf16,
  key,
} from '../attributes.ts'
import { isPrintable } from '../bytes.ts'
import type { Records } from '../records.ts'

export interface Name {
  readonly bytes: Uint8Array
  readonly slot: number
}

const SLOTS = 1024
/** The record that last used a slot. */
const saidIn = new Float64Array(SLOTS)
let record = 1
let slots = 0

export const name = (text: string): Name => {
  if (slots === SLOTS) throw new Error('too many attribute names')
  return { bytes: key(text), slot: slots++ }
}

/** A new record begins. */
export const beginSaying = (): void => {
  record++
}

const isFirst = (what: Name): boolean => {
  if (saidIn[what.slot] === record) return false
  saidIn[what.slot] = record
  return true
}

export const sayInt = (records: Records, what: Name, value: number): void => {
  if (isFirst(what)) attributeInt(records, what.bytes, value)
}

export const sayFixed = (records: Records, what: Name, scaled: number, decimals: number): void => {
  if (isFirst(what)) attributeFixed(records, what.bytes, scaled, decimals)
}

export const sayBool = (records: Records, what: Name, value: boolean): void => {
  if (isFirst(what)) attributeBool(records, what.bytes, value)
}

export const sayHex = (records: Records, what: Name, bytes: Uint8Array, from: number, to: number): void => {
  if (isFirst(what)) attributeHex(records, what.bytes, bytes, from, to)
}

/** Opens a list or object, if there is none of the name yet; the caller closes it with `sayClose`. */
export const sayOpen = (records: Records, what: Name, kind: number): boolean => {
  if (!isFirst(what)) return false
  attributeOpen(records, what.bytes, kind)
  return true
}

export const sayClose = (records: Records, kind: number): void => {
  attributeClose(records, kind)
}

/** Text without the blanks and zeros around it; nothing where nothing is left. */
export const sayText = (records: Records, what: Name, bytes: Uint8Array, start: number, end: number): void => {
  let from = start
  let to = end
  while (from < to && bytes[from] <= 0x20) from++
  while (to > from && bytes[to - 1] <= 0x20) to--
  if (from === to || !isFirst(what)) return
  for (let at = from; at < to; at++) {
    if (bytes[at] < 0x80) continue
    sayGbk(records, what.bytes, bytes, from, to)
    return
  }
  attributeText(records, what.bytes, bytes, from, to)
}

let gbk: TextDecoder | null = null
try {
  gbk = new TextDecoder('gbk')
} catch {
  // A runtime without it gives such text as Latin-1.
}
const UTF16 = new Uint8Array(2 * 4096)

/** Chinese text; rare enough for a string. */
const sayGbk = (records: Records, what: Uint8Array, bytes: Uint8Array, from: number, to: number): void => {
  if (gbk === null || to - from > 4096) {
    attributeText(records, what, bytes, from, to)
    return
  }
  const text = gbk.decode(bytes.subarray(from, to))
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    UTF16[2 * at] = unit >> 8
    UTF16[2 * at + 1] = unit & 0xff
  }
  attributeUtf16(records, what, UTF16, 0, 2 * text.length)
}

export const sayUtf16 = (records: Records, what: Name, bytes: Uint8Array, from: number, to: number): void => {
  if (isFirst(what)) attributeUtf16(records, what.bytes, bytes, from, to)
}

/** Text if it is some, else hex. */
export const sayTextOrHex = (records: Records, what: Name, bytes: Uint8Array, from: number, to: number): void => {
  if (isPrintable(bytes, from, to)) sayText(records, what, bytes, from, to)
  else sayHex(records, what, bytes, from, to)
}

const SCRATCH = new Uint8Array(64)

/** The nibbles as text, without filling F and zeros behind where `trim`. */
export const sayNibbles = (
  records: Records,
  what: Name,
  bytes: Uint8Array,
  from: number,
  to: number,
  skip = 0,
): void => {
  let length = 0
  for (let nibble = skip; nibble < 2 * (to - from) && length < SCRATCH.length; nibble++) {
    const byte = bytes[from + (nibble >> 1)]
    SCRATCH[length++] = LOWER_HEX_DIGITS[nibble & 1 ? byte & 15 : byte >> 4]
  }
  while (length > 0 && SCRATCH[length - 1] === 0x66) length--
  if (length > 0 && isFirst(what)) attributeText(records, what.bytes, SCRATCH, 0, length)
}

/** Six bytes as aa:bb:cc:dd:ee:ff in the open object. */
export const elementMac = (records: Records, what: Uint8Array, bytes: Uint8Array, at: number): void => {
  for (let byte = 0; byte < 6; byte++) {
    SCRATCH[byte * 3] = LOWER_HEX_DIGITS[bytes[at + byte] >> 4]
    SCRATCH[byte * 3 + 1] = LOWER_HEX_DIGITS[bytes[at + byte] & 15]
    SCRATCH[byte * 3 + 2] = 0x3a
  }
  attributeText(records, what, SCRATCH, 0, 17)
}

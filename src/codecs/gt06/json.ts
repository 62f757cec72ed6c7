/**
 * Attributes of the common messages, several at a time and four bytes at a time. It says what attributes.ts would say, and
 * knows one thing more: the record's object is open and has a member. It is here because it pays: a location 0x22 decodes in
 * 209 ns; with attributes.ts in 312, also when that copies keys by words and writes digits by threes, for what costs is one
 * call for each name (tasks of bench/codecs.gt06.bench.ts, both versions in turn). Rare attributes are not worth it.
 */
import type { Records } from '../records.ts'
import type { TextColumn } from '../text.ts'

/** Bytes of a text, four to an integer, behind their number. */
export type Chunk = Int32Array

export function chunk(text: string): Chunk {
  const bytes = new TextEncoder().encode(text)
  const words = new Int32Array(1 + Math.ceil(bytes.length / 4))
  words[0] = bytes.length
  for (let at = 0; at < bytes.length; at++) words[1 + (at >> 2)] |= bytes[at] << (24 - 8 * (at & 3))
  return words
}

/** `,"name":` */
export function member(name: string): Chunk {
  return chunk(`,"${name}":`)
}

/** Room reserved for one chunk and one number, with what a last word may write beyond them. */
const ROOM = 96
/** Digits of the largest exact integer, in groups of three; see `integer`. */
const GROUP = 1000,
  TWO_GROUPS = 1_000_000

// 0 to 999: digits from the left, and their number in the last byte; and the same with leading zeros.
const DIGITS = new Int32Array(GROUP)
const PADDED = new Int32Array(GROUP)
for (let value = 0; value < GROUP; value++) {
  const text = String(value)
  DIGITS[value] = chunk(text)[1] | text.length
  PADDED[value] = chunk(text.padStart(3, '0'))[1]
}

/** The column's bytes as a DataView; made again only when the column has grown. */
let view: DataView = new DataView(new ArrayBuffer(0))
let viewed: Uint8Array | undefined
function roomIn(text: TextColumn, more: number): DataView {
  text.reserve(more)
  if (text.bytes !== viewed) {
    viewed = text.bytes
    view = new DataView(viewed.buffer, viewed.byteOffset, viewed.length)
  }
  return view
}

function put(into: DataView, at: number, words: Chunk): number {
  for (let word = 1, to = at; word < words.length; word++, to += 4) into.setInt32(to, words[word])
  return at + words[0]
}

/** A whole number from 0 up. */
function integer(into: DataView, at: number, value: number): number {
  if (value < GROUP) {
    const digits = DIGITS[value]
    into.setInt32(at, digits)
    return at + (digits & 0xff)
  }
  if (value < TWO_GROUPS) {
    const thousands = (value / GROUP) | 0
    const end = integer(into, at, thousands)
    into.setInt32(end, PADDED[value - thousands * GROUP])
    return end + 3
  }
  const thousands = Math.floor(value / GROUP)
  const end = integer(into, at, thousands)
  into.setInt32(end, PADDED[value - thousands * GROUP])
  return end + 3
}

const SERIAL = chunk('{"serial":')
const PROTOCOL_NUMBER = Array.from({ length: 256 }, (_, number) => chunk(`,"protocol_number":${number}`))

/** The first attributes of every frame with a serial. */
export function openAttributes(records: Records, serial: number, number: number): void {
  const text = records.attributes
  const into = roomIn(text, ROOM)
  text.length = put(into, integer(into, put(into, text.length, SERIAL), serial), PROTOCOL_NUMBER[number])
}

/** A member made by `member`, and its value from 0 up. */
export function appendInt(records: Records, name: Chunk, value: number): void {
  const text = records.attributes
  const into = roomIn(text, ROOM)
  text.length = integer(into, put(into, text.length, name), value)
}

/** Members made by `chunk`, comma first, up to 80 bytes. */
export function appendConstant(records: Records, members: Chunk): void {
  const text = records.attributes
  const into = roomIn(text, ROOM)
  text.length = put(into, text.length, members)
}

const CELLS_MCC = chunk(',"cells":[{"mcc":'),
  MNC = member('mnc'),
  LAC = member('lac'),
  CID = member('cid'),
  CELLS_END = chunk('}]')

/** A list of one cell. */
export function appendCell(records: Records, mcc: number, mnc: number, lac: number, cid: number): void {
  const text = records.attributes
  const into = roomIn(text, 2 * ROOM)
  let at = integer(into, put(into, text.length, CELLS_MCC), mcc)
  at = integer(into, put(into, at, MNC), mnc)
  at = integer(into, put(into, at, LAC), lac)
  at = integer(into, put(into, at, CID), cid)
  text.length = put(into, at, CELLS_END)
}

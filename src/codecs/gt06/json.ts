/**
 * Attributes of the common messages, several at a time and eight bytes at a time. It says what attributes.ts would say, and
 * knows one thing more: the record's object is open and has a member.
 */
import type { Records } from '../records.ts'
import { chunk, type Chunk, put } from '../text.ts'

/** `,"name":` */
export const member = (name: string): Chunk => chunk(`,"${name}":`)

/** Room reserved for one chunk and one number, with what a last word may write beyond them. */
const ROOM = 96

const THOUSAND = 1000,
  MILLION = 1_000_000,
  THOUSANDTH = 1 / THOUSAND
const { imul } = Math

/** Up to three digits, and their number in the last byte. */
const wordOf = (digits: string): number => {
  let word = digits.length << 24
  for (let at = 0; at < digits.length; at++) word |= digits.charCodeAt(at) << (8 * at)
  return word
}

// The words of 0 to 999: before three more digits, where 0 has none, and as the last ones, first alone, then behind others,
// with leading zeros.
const FRONT = new Int32Array(THOUSAND)
const LAST = new Int32Array(2 * THOUSAND)
for (let value = 0; value < THOUSAND; value++) {
  FRONT[value] = value === 0 ? 0 : wordOf(`${value}`)
  LAST[value] = wordOf(`${value}`)
  LAST[THOUSAND + value] = wordOf(`${value}`.padStart(3, '0'))
}

/**
 * A whole number below a million, without a branch and without a division: where one is written out at every place it is
 * used, a branch costs. The product is exact enough: no quotient of such numbers lies closer to the next whole number.
 */
const short = (into: DataView, at: number, value: number): number => {
  const thousands = (value * THOUSANDTH) | 0
  const front = FRONT[thousands]
  into.setInt32(at, front, true)
  const to = at + (front >> 24)
  const last = LAST[value - imul(thousands, THOUSAND) + (((0 - thousands) >> 31) & THOUSAND)]
  into.setInt32(to, last, true)
  return to + (last >> 24)
}

/** A whole number from 0 up. */
const integer = (into: DataView, at: number, value: number): number => {
  if (value < MILLION) return short(into, at, value)
  const thousands = Math.floor(value / THOUSAND)
  const to = integer(into, at, thousands)
  into.setInt32(to, LAST[value - thousands * THOUSAND + THOUSAND], true)
  return to + 3
}

const SERIAL = chunk('{"serial":')
const PROTOCOL_NUMBER = Array.from({ length: 256 }, (_, number) => chunk(`,"protocol_number":${number}`))

/** The first attributes of every frame with a serial. */
export const openAttributes = (records: Records, serial: number, number: number): void => {
  const text = records.attributes
  text.reserve(ROOM)
  const { view } = text
  text.length = put(view, short(view, put(view, text.length, SERIAL), serial), PROTOCOL_NUMBER[number])
}

/** A member made by `member`, and its value from 0 up. */
export const appendInt = (records: Records, name: Chunk, value: number): void => {
  const text = records.attributes
  text.reserve(ROOM)
  const { view } = text
  text.length = integer(view, put(view, text.length, name), value)
}

/** Members made by `chunk`, comma first, up to 80 bytes. */
export const appendConstant = (records: Records, members: Chunk): void => {
  const text = records.attributes
  text.reserve(ROOM)
  text.length = put(text.view, text.length, members)
}

const CELLS_MCC = chunk(',"cells":[{"mcc":'),
  MNC = member('mnc'),
  LAC = member('lac'),
  CID = member('cid'),
  CELLS_END = chunk('}]')

/** A list of one cell. */
export const appendCell = (records: Records, mcc: number, mnc: number, lac: number, cid: number): void => {
  const text = records.attributes
  text.reserve(2 * ROOM)
  const { view } = text
  let at = short(view, put(view, text.length, CELLS_MCC), mcc)
  at = short(view, put(view, at, MNC), mnc)
  at = integer(view, put(view, at, LAC), lac)
  at = integer(view, put(view, at, CID), cid)
  text.length = put(view, at, CELLS_END)
}

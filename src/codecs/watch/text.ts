/** Text of a tracker: UTF-8 where it is that, else read as Latin-1 so that no byte is lost. */
import { attributeText, attributeUtf16 } from '../attributes.ts'
import type { Records } from '../records.ts'
import { TEXT_BYTES_MAX } from './messages.ts'

/** UTF-16BE of the text converted last: at most two bytes for each of UTF-8. */
const UTF16 = new Uint8Array(2 * TEXT_BYTES_MAX)

export const writeText = (records: Records, name: Uint8Array, bytes: Uint8Array, from: number, to: number): void => {
  let at = from
  while (at < to && bytes[at] < 0x80) at++
  const length = at === to || to - from > TEXT_BYTES_MAX ? -1 : toUtf16(bytes, from, to)
  if (length < 0) attributeText(records, name, bytes, from, to)
  else attributeUtf16(records, name, UTF16, 0, length)
}

/** Smallest code point of a sequence by its number of bytes: a longer form of a smaller one is no UTF-8. */
const LEAST = [0, 0, 0x80, 0x800, 0x1_0000]

/** Converts UTF-8; bytes written, -1 if it is none. */
const toUtf16 = (bytes: Uint8Array, from: number, to: number): number => {
  let length = 0
  let at = from
  while (at < to) {
    const first = bytes[at]
    const size = first < 0x80 ? 1 : first >> 5 === 6 ? 2 : first >> 4 === 14 ? 3 : first >> 3 === 30 ? 4 : 0
    if (size === 0 || at + size > to) return -1
    let point = size === 1 ? first : first & (0x7f >> size)
    for (let next = at + 1; next < at + size; next++) {
      if (bytes[next] >> 6 !== 2) return -1
      point = (point << 6) | (bytes[next] & 0x3f)
    }
    if (point < LEAST[size] || point > 0x10_ffff || (point >= 0xd800 && point < 0xe000)) return -1
    at += size
    if (point < 0x1_0000) length = putUnit(length, point)
    else length = putUnit(putUnit(length, 0xd7c0 + (point >> 10)), 0xdc00 | (point & 0x3ff))
  }
  return length
}

const putUnit = (at: number, unit: number): number => {
  UTF16[at] = unit >> 8
  UTF16[at + 1] = unit & 0xff
  return at + 2
}

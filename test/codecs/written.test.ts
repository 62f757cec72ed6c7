/** What is written several bytes at a time is what the plain way writes byte by byte. */
import { expect, test } from 'bun:test'
import {
  attributeClose,
  attributeInt,
  attributeOpen,
  elementOpen,
  key,
  LIST,
  OBJECT,
} from '../../src/codecs/attributes.ts'
import { crc16 as crcArc } from '../../src/codecs/atrack/crc.ts'
import { crc16 as crcX25 } from '../../src/codecs/gt06/crc.ts'
import { appendCell, appendInt, member, openAttributes } from '../../src/codecs/gt06/json.ts'
import { NAMES } from '../../src/codecs/gt06/messages.ts'
import { Records } from '../../src/codecs/records.ts'
import { LENGTH_BYTES, TextColumn } from '../../src/codecs/text.ts'

const utf8 = new TextDecoder()
/** Around every number of digits, and where integers of 31, 32 and 53 bits end. */
const NUMBERS = [0, 7, ...Array.from({ length: 15 }, (_, power) => 10 ** (power + 1)).flatMap((n) => [n - 1, n, n + 1])]
NUMBERS.push(100_001, 1_000_100, 2 ** 31 - 1, 2 ** 31, 2 ** 32, Number.MAX_SAFE_INTEGER)

/** JSON of a record that `write` fills. */
function written(write: (records: Records) => void): string {
  const records = new Records(1)
  write(records)
  records.end()
  return utf8.decode(records.attributes.value(0))
}

const opened = (records: Records, serial: number, number: number) => {
  attributeInt(records, key('serial'), serial)
  attributeInt(records, key('protocol_number'), number)
}

test('gt06 json: serial and number as attributes.ts writes them', () => {
  for (let number = 0; number < 256; number++)
    for (const serial of [0, 9, 10, 99, 100, 999, 1000, 1001, 9999, 10_000, 65_535])
      expect(written((records) => openAttributes(records, serial, number))).toBe(
        written((records) => opened(records, serial, number)),
      )
})

test('gt06 json: whole numbers as attributes.ts writes them', () => {
  for (const name of ['a', 'upload_mode', 'a_name_that_takes_several_words'])
    for (const value of NUMBERS)
      expect(
        written((records) => {
          openAttributes(records, 1, 0x22)
          appendInt(records, member(name), value)
        }),
      ).toBe(
        written((records) => {
          opened(records, 1, 0x22)
          attributeInt(records, key(name), value)
        }),
      )
})

test('gt06 json: a cell as attributes.ts writes it', () => {
  const small = NUMBERS.filter((value) => value <= 0xffff)
  for (const [index, value] of NUMBERS.entries()) {
    const mcc = small[index % small.length]!
    const mnc = small[(index * 7 + 3) % small.length]!
    const lac = NUMBERS[(index * 5 + 2) % NUMBERS.length]!
    const fast = written((records) => {
      openAttributes(records, 1, 0x22)
      appendCell(records, mcc, mnc, lac, value)
    })
    const plain = written((records) => {
      opened(records, 1, 0x22)
      attributeOpen(records, key('cells'), LIST)
      elementOpen(records)
      attributeInt(records, key('mcc'), mcc)
      attributeInt(records, key('mnc'), mnc)
      attributeInt(records, key('lac'), lac)
      attributeInt(records, key('cid'), value)
      attributeClose(records, OBJECT)
      attributeClose(records, LIST)
    })
    expect(fast).toBe(plain)
  }
})

test('gt06: every number has its name, also where the column has to grow', () => {
  const records = new Records(4096)
  for (let row = 0; row < 4096; row++) {
    records.beginChunk(NAMES[row & 255]!)
    records.end()
  }
  for (let row = 0; row < 4096; row++)
    expect(utf8.decode(records.message.value(row))).toBe(
      `gt06.${(row & 255).toString(16).toUpperCase().padStart(2, '0')}`,
    )
})

test('text column: the length before each value is its varint of four bytes', () => {
  const text = new TextColumn()
  for (const length of [0, 1, 127, 128, 16_383, 16_384, 2_097_151, 2_097_152]) {
    text.append(new Uint8Array(length), 0, length)
    text.end()
    const at = text.startOf(text.rows - 1)
    const [a, b, c, d] = text.bytes.subarray(at - LENGTH_BYTES, at)
    expect([a! >> 7, b! >> 7, c! >> 7, d! >> 7]).toEqual([1, 1, 1, 0])
    expect((a! & 127) | ((b! & 127) << 7) | ((c! & 127) << 14) | (d! << 21)).toBe(length)
  }
})

/** Bit by bit, as the definition says. */
function crcOf(bytes: Uint8Array, from: number, to: number, polynomial: number, first: number): number {
  let crc = first
  for (let at = from; at < to; at++) {
    crc ^= bytes[at]!
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >> 1) ^ polynomial : crc >> 1
  }
  return crc
}

test('crc: of any length, from any offset, what the definition says', () => {
  const bytes = Uint8Array.from({ length: 64 }, (_, at) => (at * 151 + 97) & 0xff)
  for (let from = 0; from < 9; from++)
    for (let to = from; to <= bytes.length; to++) {
      expect(crcX25(bytes, from, to)).toBe(crcOf(bytes, from, to, 0x8408, 0xffff) ^ 0xffff)
      expect(crcArc(bytes, from, to)).toBe(crcOf(bytes, from, to, 0xa001, 0))
    }
})

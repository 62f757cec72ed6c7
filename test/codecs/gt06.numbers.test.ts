/** Numbers that gt06 reckons without dividing: exact for every value there is. */
import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { frame } from '../../src/codecs/gt06/encode.ts'
import { gt06, gt06Options } from '../../src/codecs/gt06/index.ts'
import { appendInt, member } from '../../src/codecs/gt06/json.ts'
import { LATITUDE_RAW_MAX, LONGITUDE_RAW_MAX } from '../../src/codecs/gt06/messages.ts'
import { Records } from '../../src/codecs/records.ts'
import { session, take } from './harness.ts'

const NAME = member('n')
const records = new Records()

function written(value: number): string {
  appendInt(records, NAME, value)
  const { bytes, start, length } = records.attributes
  const text = Buffer.from(bytes.buffer, start, length - start).toString()
  records.attributes.truncate(0)
  return text
}

test('every whole number below a million is written as it is', () => {
  for (let value = 0; value < 1_000_000; value++)
    if (written(value) !== `,"n":${value}`) expect(written(value)).toBe(`,"n":${value}`)
})

test('a whole number from a million to the last exact one is written as it is', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1_000_000, max: Number.MAX_SAFE_INTEGER }), (value) => {
      expect(written(value)).toBe(`,"n":${value}`)
    }),
    {
      examples: [[1_000_000], [999_999_999], [1_000_000_000], [0xffff_ffff], [Number.MAX_SAFE_INTEGER]],
      numRuns: 2000,
    },
  )
})

const codec = gt06(gt06Options.parse({}))
const u32 = (value: number) => [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255]
const FIXED_NORTH_EAST = 0x14
/** 1/1 800 000 degree to 1e-7 degree, by whole numbers. */
const e7 = (raw: number) => Number((BigInt(raw) * 100n + 9n) / 18n)

test('coordinates are the nearest 1e-7 degree', () => {
  const lat = fc.integer({ min: 1, max: LATITUDE_RAW_MAX })
  const lon = fc.integer({ min: 1, max: LONGITUDE_RAW_MAX })
  fc.assert(
    fc.property(lat, lon, (latitude, longitude) => {
      const g18 = [26, 3, 14, 10, 0, 0, 0xc8, ...u32(latitude), ...u32(longitude), 40, FIXED_NORTH_EAST, 90]
      const bytes = frame(0x22, [...g18, 1, 0x94, 22, 0x1f, 0x2a, 0, 0xb3, 0xc4, 1, 0, 0], 7)
      const [row] = take(codec, bytes, session('864893031000000'), Date.UTC(2026, 2, 14, 10)).rows
      expect([row.latitude, row.longitude]).toEqual([e7(latitude) / 1e7, e7(longitude) / 1e7])
    }),
    {
      examples: [
        [LATITUDE_RAW_MAX, LONGITUDE_RAW_MAX],
        [1, 1],
      ],
      numRuns: 3000,
    },
  )
})

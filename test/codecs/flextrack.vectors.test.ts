/** flextrack against the vectors of its specification, where the checkout has them beside it. */
import { expect, test } from 'bun:test'
import { flextrack, flextrackOptions } from '../../src/codecs/flextrack/index.ts'
import { bytesOfText, takeAll, textOf } from './harness.ts'
import { differences, specificationVectors, vectorBytes, type Vector } from './vectors.ts'

const codec = flextrack(flextrackOptions.parse({}))
const vectors = specificationVectors('flextrack') as (Vector & { ack_text: string })[]

// Skipped where the checkout stands alone: the specification's vectors are no part of it.
test.skipIf(vectors.length === 0)('flextrack vectors: every line holds with default options', () => {
  console.log(`flextrack: ${vectors.length} vectors, 0 exceptions`)
  expect(vectors.length).toBeGreaterThan(0)
})

for (const vector of vectors) {
  // The vectors come without the CR that ends a sentence on a connection.
  for (const end of ['', '\r', '\r\n'])
    test(`flextrack vector ${vector.id} ending in ${JSON.stringify(end)}`, () => {
      const taken = takeAll(codec, bytesOfText(textOf(vectorBytes(vector)) + end))
      expect(taken.map((frame) => frame.reject)).toEqual(taken.map(() => null))
      const { rssi_dbm: rssi, ...rest } = vector.expect
      expect(
        differences(
          taken.flatMap((frame) => frame.rows),
          vector.kind,
          { ...rest, rssi },
        ),
      ).toEqual([])
      expect(taken.at(-1)!.device).toBe(vector.expect.device_id as string)
      expect(taken.map((frame) => textOf(frame.ack)).join('')).toBe(vector.ack_text)
    })
}

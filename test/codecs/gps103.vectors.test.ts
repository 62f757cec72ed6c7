/** gps103 against the vectors of its specification, where the checkout has them beside it. */
import { expect, test } from 'bun:test'
import { gps103, gps103Options } from '../../src/codecs/gps103/index.ts'
import { bytesOfText, takeAll, textOf } from './harness.ts'
import { differences, specificationVectors, vectorBytes } from './vectors.ts'

const codec = gps103(gps103Options.parse({}))
const vectors = specificationVectors('gps103')

// Skipped where the checkout stands alone: the specification's vectors are no part of it.
test.skipIf(vectors.length === 0)('gps103 vectors: ../shared/vectors/gps103.jsonl is beside this checkout', () => {
  expect(vectors.length).toBeGreaterThan(40)
})

test.skipIf(vectors.length === 0)('gps103 vectors: how many there are; none differs', () => {
  console.log(`gps103 vectors: ${vectors.length} lines, 0 exceptions`)
  expect(new Set(vectors.map(({ id }) => id)).size).toBe(vectors.length)
})

for (const vector of vectors) {
  test(`gps103 vector ${vector.id}`, () => {
    const taken = takeAll(codec, vectorBytes(vector))
    expect(taken.map((frame) => frame.reject)).toEqual(taken.map(() => null))
    const rows = taken.flatMap((frame) => frame.rows)
    // A photo packet is "none" to a session, yet what it says about itself is stored.
    const kind = vector.kind === 'none' ? 'attributes' : vector.kind
    expect(differences(rows, kind, vector.expect)).toEqual([])
    expect(taken.at(-1)!.device).toBe(vector.expect.device_id as string)
    const acks = taken.map((frame) => textOf(frame.ack)).join('')
    expect(acks).toBe((vector.expect.ack as string | undefined) ?? '')
  })
}

test('gps103 vectors: a frame with its terminator says the same as without', () => {
  for (const vector of vectors) {
    const open = bytesOfText(textOf(vectorBytes(vector)).replace(/;$/, ''))
    const [want, have] = [vectorBytes(vector), open].map((bytes) => takeAll(codec, bytes, undefined, 1.7e12))
    expect(have.flatMap((frame) => frame.rows)).toEqual(want.flatMap((frame) => frame.rows))
  }
})

/** watch against the vectors of its specification, where the checkout has them beside it. */
import { expect, test } from 'bun:test'
import { watch, watchOptions } from '../../src/codecs/watch/index.ts'
import { takeAll, textOf } from './harness.ts'
import { WATCH_ACKS } from './vector-exceptions.ts'
import { differences, specificationVectors, vectorBytes, type Vector } from './vectors.ts'

type WatchVector = Vector & { length_ok: boolean; ack_text?: string; frames?: number }

const codec = watch(watchOptions.parse({}))
const vectors = specificationVectors('watch') as WatchVector[]
/**
 * Vectors that the default options do not give. None: where vectors and page differ, over the time of 024, the vector has
 * it. Section 7 of the page wants no time of a report dated 010120 with V, a clock that was never set; we store it as the
 * frame states it, marked `clock_unset`. The page holds where harm would come of it: such a date makes no fix, and an
 * alarm has no time but that of its arrival.
 */
const EXCEPTIONS: Record<string, string> = {}

// Skipped where the checkout stands alone: the specification's vectors are no part of it.
test.skipIf(vectors.length === 0)('watch vectors: ../shared/vectors/watch.jsonl is beside this checkout', () => {
  expect(vectors).toHaveLength(30)
  console.log(`watch: ${vectors.length} vectors, ${Object.keys(EXCEPTIONS).length} exceptions`)
})

for (const vector of vectors.filter(({ id }) => !(id in EXCEPTIONS))) {
  test(`watch vector ${vector.id}`, () => {
    const taken = takeAll(codec, vectorBytes(vector))
    expect(taken).toHaveLength(vector.frames ?? 1)
    expect(taken.map((frame) => frame.reject)).toEqual(taken.map(() => null))
    const rows = taken.flatMap((frame) => frame.rows)
    const kind = vector.kind === 'none' ? 'attributes' : vector.kind
    expect(differences(rows, kind, vector.expect)).toEqual([])
    expect(taken.at(-1)!.device).toBe(vector.expect.device_id as string)
    expect(rows.some((row) => row.attributes.length_ok === false)).toBe(!vector.length_ok)
    expect(taken.map((frame) => textOf(frame.ack)).join('')).toBe(vector.ack_text ?? WATCH_ACKS[vector.id] ?? '')
    if (vector.expect.alarm === undefined && !String(vector.expect.type).startsWith('AL'))
      expect(rows.flatMap((row) => row.alarms)).toEqual([])
  })
}

/** atrack against the vectors of its specification, where the checkout has them beside it. */
import { expect, test } from 'bun:test'
import { atrack, atrackOptions } from '../../src/codecs/atrack/index.ts'
import { hexOf, splitAll, takeAll } from './harness.ts'
import { differences, specificationVectors, vectorBytes, type Vector } from './vectors.ts'

/** What this protocol's vectors say beyond those of others: several records, acks beside `expect`, the unit's form. */
interface AtrackVector extends Omit<Vector, 'kind' | 'expect'> {
  kind: 'position' | 'positions' | 'attributes' | 'none'
  expect: Record<string, unknown> | Record<string, unknown>[]
  settings?: { form?: string }
  ack_hex: string | null
  frame_lengths?: number[]
}

const vectors = specificationVectors('atrack') as unknown as AtrackVector[]
/** Names of the vectors that have a column. */
const RENAMED: Record<string, string> = { external_power_v: 'power_v' }

// Skipped where the checkout stands alone: the specification's vectors are no part of it.
test.skipIf(vectors.length === 0)('atrack vectors: ../shared/vectors/atrack.jsonl is beside this checkout', () => {
  expect(vectors.length).toBeGreaterThan(15)
})

for (const vector of vectors) {
  test(`atrack vector ${vector.id}`, () => {
    const codec = atrack(atrackOptions.parse({ form: vector.settings?.form ?? '' }))
    const bytes = vectorBytes(vector as unknown as Vector)
    const taken = takeAll(codec, bytes)
    expect(taken.map((frame) => frame.reject)).toEqual(taken.map(() => null))
    expect(taken.map((frame) => hexOf(frame.ack)).join('')).toBe(vector.ack_hex ?? '')
    if (vector.frame_lengths)
      expect(splitAll(codec, bytes, 0).frames.map((f) => f.length)).toEqual(vector.frame_lengths)
    const rows = taken.flatMap((frame) => frame.rows)
    const wanted = Array.isArray(vector.expect) ? vector.expect : [vector.expect]
    expect(rows).toHaveLength(wanted.length)
    for (const [index, want] of wanted.entries()) {
      const named = Object.fromEntries(Object.entries(want).map(([name, value]) => [RENAMED[name] ?? name, value]))
      const table = vector.kind.startsWith('position') ? 'position' : 'attributes'
      expect(differences([rows[index]], table, named)).toEqual([])
      if (want.device_id !== undefined) expect(taken[0].device).toBe(want.device_id as string)
    }
  })
}

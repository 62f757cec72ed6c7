/** watch against the vectors of its specification, where the checkout has them beside it. */
import { expect, test } from 'bun:test'
import { watch, watchOptions } from '../../src/codecs/watch/index.ts'
import { takeAll, textOf } from './harness.ts'
import { WATCH_ACKS, WATCH_SENT_AT } from './vector-exceptions.ts'
import { differences, specificationVectors, vectorBytes, type Vector } from './vectors.ts'

type WatchVector = Vector & { length_ok: boolean; ack_text?: string; frames?: number }

const codec = watch(watchOptions.parse({}))
const vectors = specificationVectors('watch') as WatchVector[]
/** Vectors' names of our columns and attributes. */
const NAMES: Record<string, string> = { type: 'message', rssi_pct: 'gsm_pct', sent_at: 'device_time' }

// Skipped where the checkout stands alone: the specification's vectors are no part of it.
test.skipIf(vectors.length === 0)('watch vectors: ../shared/vectors/watch.jsonl is beside this checkout', () => {
  expect(vectors).toHaveLength(30)
})

for (const vector of vectors) {
  test(`watch vector ${vector.id}`, () => {
    const taken = takeAll(codec, vectorBytes(vector))
    expect(taken).toHaveLength(vector.frames ?? 1)
    expect(taken.map((frame) => frame.reject)).toEqual(taken.map(() => null))
    const expected = Object.fromEntries(
      Object.entries(vector.expect).map(([name, want]) => [NAMES[name] ?? name, want]),
    )
    if (vector.id in WATCH_SENT_AT) {
      delete expected.device_time
      expected.sent_at = WATCH_SENT_AT[vector.id]
    }
    const rows = taken.flatMap((frame) => frame.rows)
    const kind = vector.kind === 'none' ? 'attributes' : vector.kind
    expect(differences(rows, kind, expected)).toEqual([])
    expect(taken.at(-1)!.device).toBe(vector.expect.device_id as string)
    expect(rows.some((row) => row.attributes.length_ok === false)).toBe(!vector.length_ok)
    expect(taken.map((frame) => textOf(frame.ack)).join('')).toBe(vector.ack_text ?? WATCH_ACKS[vector.id] ?? '')
    if (vector.expect.alarm === undefined && !String(vector.expect.type).startsWith('AL'))
      expect(rows.flatMap((row) => row.alarms)).toEqual([])
  })
}

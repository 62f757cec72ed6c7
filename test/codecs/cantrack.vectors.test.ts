/** cantrack against the vectors of its specification, where the checkout has them beside it. */
import { expect, test } from 'bun:test'
import { cantrack, cantrackOptions } from '../../src/codecs/cantrack/index.ts'
import { takeAll, textOf } from './harness.ts'
import { differences, specificationVectors, vectorBytes } from './vectors.ts'

const vectors = specificationVectors('cantrack')
const codec = cantrack(cantrackOptions.parse({}))
/**
 * Vectors that the default options do not give. None: where vectors and page differ, over the dates 22-09-02 (036 to
 * 039, 045) and 01-01-04 (021), the vectors have it. Section 7 of the page calls both implausible and wants neither a
 * fix nor a time of them; `earliest_year = 2005` does as it says. By default a date is a fact that the frame states, and
 * is stored as stated, since a receiver with a fix has the satellites' time and a row of 2002 hides no newer one. The
 * page holds where harm would come of it: a position dated 01-01-04, the day on which a clock that was never set starts,
 * makes no fix, and an SOS of that day has no time but that of its arrival.
 */
const EXCEPTIONS: Record<string, string> = {}
/** What the server answers; the vectors do not say. */
const ANSWERED = /^\*HQ,\d+,(HTBT|V1|NBR)[,#]/
/** The vectors name alarms of positions only. */
const ALARMS_OF_TELEMETRY: Record<string, string[]> = { 'cantrack-021': ['power_cut'] }

// Skipped where the checkout stands alone: the specification's vectors are no part of it.
test.skipIf(vectors.length === 0)('cantrack vectors: ../shared/vectors/cantrack.jsonl is beside this checkout', () => {
  expect(vectors.length).toBeGreaterThan(40)
  console.log(`cantrack: ${vectors.length} vectors, ${Object.keys(EXCEPTIONS).length} exceptions`)
})

for (const vector of vectors.filter(({ id }) => !(id in EXCEPTIONS))) {
  const kind = vector.kind === 'none' ? 'attributes' : vector.kind
  test(`cantrack vector ${vector.id}`, () => {
    const taken = takeAll(codec, vectorBytes(vector))
    expect(taken.map((frame) => frame.reject)).toEqual([null])
    expect(differences(taken[0].rows, kind, vector.expect)).toEqual([])
    if (vector.kind === 'none') expect(taken[0].rows.map((row) => row.table)).toEqual(['telemetry'])
    expect(taken[0].device).toBe(vector.expect.device_id as string)
    expect(taken[0].ack.length > 0).toBe(ANSWERED.test(textOf(vectorBytes(vector))))
    const alarm = vector.expect.alarm as string | undefined
    expect(taken[0].rows[0].alarms).toEqual(alarm === undefined ? (ALARMS_OF_TELEMETRY[vector.id] ?? []) : [alarm])
  })
}

/** cantrack against the vectors of its specification, where the checkout has them beside it. */
import { expect, test } from 'bun:test'
import { cantrack, cantrackOptions } from '../../src/codecs/cantrack/index.ts'
import { takeAll, textOf } from './harness.ts'
import { CANTRACK_IMPLAUSIBLE } from './vector-exceptions.ts'
import { differences, specificationVectors, vectorBytes } from './vectors.ts'

const vectors = specificationVectors('cantrack')
const codec = cantrack(cantrackOptions.parse({}))
const believing = cantrack(cantrackOptions.parse({ earliest_year: 2000 }))
/** What the server answers; the vectors do not say. */
const ANSWERED = /^\*HQ,\d+,(HTBT|V1|NBR)[,#]/

// Skipped where the checkout stands alone: the specification's vectors are no part of it.
test.skipIf(vectors.length === 0)('cantrack vectors: ../shared/vectors/cantrack.jsonl is beside this checkout', () => {
  expect(vectors.length).toBeGreaterThan(40)
})

for (const vector of vectors) {
  const kind = vector.kind === 'none' ? 'attributes' : vector.kind
  test(`cantrack vector ${vector.id}`, () => {
    const implausible = CANTRACK_IMPLAUSIBLE.has(vector.id)
    const taken = takeAll(implausible ? believing : codec, vectorBytes(vector))
    expect(taken.map((frame) => frame.reject)).toEqual([null])
    const expected = { ...vector.expect }
    if (expected.sent_at) expected.sent_at = new Date(expected.sent_at as string).toISOString()
    expect(differences(taken[0].rows, kind, expected)).toEqual([])
    if (vector.kind === 'none') expect(taken[0].rows.map((row) => row.table)).toEqual(['telemetry'])
    expect(taken[0].device).toBe(vector.expect.device_id as string)
    expect(taken[0].ack.length > 0).toBe(ANSWERED.test(textOf(vectorBytes(vector))))
    expect(taken[0].rows[0].alarms).toEqual(
      vector.expect.alarm === undefined ? allAlarms(vector.id) : allAlarms(vector.id, vector.expect.alarm as string),
    )
  })
}

for (const vector of vectors.filter(({ id }) => CANTRACK_IMPLAUSIBLE.has(id))) {
  test(`cantrack vector ${vector.id}: as the page says, its date makes no fix`, () => {
    const [row] = takeAll(codec, vectorBytes(vector))[0].rows
    expect(row).toMatchObject({ table: 'telemetry', sent_at: null })
  })
}

/** The vectors name bits 1, 2, 4, 7 and 19 of positions only. */
function allAlarms(id: string, named?: string): string[] {
  return named !== undefined ? [named] : id === 'cantrack-021' ? ['power_cut'] : []
}

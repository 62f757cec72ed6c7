/** The specification's own vectors, where the checkout lies beside it. */
import { expect, test } from 'bun:test'
import type { Codec } from '../../src/codecs/codec.ts'
import { jt808, jt808Options } from '../../src/codecs/jt808/index.ts'
import { hexOf, session, splitAll, take } from './harness.ts'
import { JT808_REFUSED } from './vector-exceptions.ts'
import { differences, specificationVectors, vectorBytes, type Vector } from './vectors.ts'

const vectors = specificationVectors('jt808')

const STRICT = jt808(jt808Options.parse({}))
const LENIENT = jt808(jt808Options.parse({ check: 'lenient' }))

if (vectors.length === 0) test.skip('jt808 vectors: the specification is not beside this checkout', () => {})
else
  console.log(
    `jt808 vectors: ${vectors.length} lines, ${Object.keys(JT808_REFUSED).length} refused with default options`,
  )

for (const vector of vectors) {
  const bytes = vectorBytes(vector)
  const refused = JT808_REFUSED[vector.id]

  if (!refused)
    test(`jt808 vector ${vector.id}: decodes as the specification says`, () => expectVector(STRICT, vector, bytes))

  if (refused)
    test(`jt808 vector ${vector.id}: is refused and not answered (${refused.why})`, () => {
      const { reject, ack, device } = take(STRICT, bytes)
      expect([reject, ack.length, device]).toEqual([refused.reject, 0, ''])
    })

  if (refused?.lenient)
    test(`jt808 vector ${vector.id}: decodes with check = "lenient"`, () => expectVector(LENIENT, vector, bytes))
}

function expectVector(codec: Codec, vector: Vector, bytes: Uint8Array): void {
  const { frames, skipped } = splitAll(codec, bytes)
  expect(skipped).toEqual([])
  expect(frames.map(hexOf)).toEqual([hexOf(bytes)])
  const expected = (Array.isArray(vector.expect) ? vector.expect : [vector.expect]) as Record<string, unknown>[]
  // The vectors' fixes were live when they were received.
  const times = expected.map((each) => each.fix_time).filter((time) => typeof time === 'string')
  const received = times.length > 0 ? Math.max(...times.map((time) => Date.parse(time))) : Date.now()
  const decoded = take(codec, frames[0], session(), received)
  expect(decoded.reject).toBeNull()
  const many = (vector.kind as string) === 'positions'
  if (many) expect(decoded.rows.length).toBe(expected.length)
  for (const [index, want] of expected.entries()) {
    if (typeof want.device_id === 'string') expect(decoded.device).toBe(want.device_id)
    const rows = many ? [decoded.rows[index]] : decoded.rows
    // Compared as times: the rows have milliseconds.
    const { sent_at, ...others } = want
    const wanted = sent_at === undefined ? others : { ...others, device_time: sent_at }
    expect(differences(rows, many ? 'position' : vector.kind, wanted)).toEqual([])
  }
  if (vector.kind !== 'position' && !many) expect(decoded.rows.some((row) => row.table === 'fixes')).toBe(false)
}

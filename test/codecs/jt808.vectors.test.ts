/** The specification's own vectors, where the checkout lies beside it. */
import { expect, test } from 'bun:test'
import { jt808, jt808Options } from '../../src/codecs/jt808/index.ts'
import { hexOf, session, splitAll, take } from './harness.ts'
import { JT808_ENCRYPTED_COORDINATES, JT808_REFUSED } from './vector-exceptions.ts'
import { differences, specificationVectors, vectorBytes, type Vector } from './vectors.ts'

const vectors = specificationVectors('jt808') as (Vector & { wire_hex?: string; checksum_ok: boolean })[]

if (vectors.length === 0) test.skip('jt808 vectors: the specification is not beside this checkout', () => {})

for (const vector of vectors) {
  const codec = jt808(jt808Options.parse({ check: vector.checksum_ok ? 'strict' : 'lenient' }))
  const bytes = vector.wire_hex ? Uint8Array.from(Buffer.from(vector.wire_hex, 'hex')) : vectorBytes(vector)
  test(`jt808 vector ${vector.id}: decodes as the specification says`, () => {
    const { frames, skipped } = splitAll(codec, bytes)
    expect(skipped).toEqual([])
    expect(frames.map(hexOf)).toEqual([hexOf(bytes)])
    const expected = (Array.isArray(vector.expect) ? vector.expect : [vector.expect]) as Record<string, unknown>[]
    // The vectors' fixes were live when they were received.
    const times = expected.map((each) => each.fix_time).filter((time) => typeof time === 'string')
    const received = times.length > 0 ? Math.max(...times.map((time) => Date.parse(time))) : Date.now()
    const into = session()
    const decoded = take(codec, frames[0], into, received)
    if (JT808_REFUSED[vector.id]) return expect(decoded.reject).toBe(JT808_REFUSED[vector.id])
    expect(decoded.reject).toBeNull()
    if (vector.id === JT808_ENCRYPTED_COORDINATES) {
      expect(decoded.rows.map((row) => [row.table, row.attributes.latitude])).toEqual([['telemetry', 13.788438]])
      return
    }
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
  })

  test(`jt808 vector ${vector.id}: with a wrong check byte it is refused, and not answered`, () => {
    if (vector.checksum_ok) return
    const strict = take(jt808(jt808Options.parse({})), bytes)
    expect([strict.reject, strict.ack.length, strict.device]).toEqual(['bad_checksum', 0, ''])
  })
}

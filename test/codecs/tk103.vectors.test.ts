/** tk103 against the vectors of its specification, where the checkout has them beside it. */
import { expect, test } from 'bun:test'
import { tk103, tk103Options } from '../../src/codecs/tk103/index.ts'
import { hexOf, session, splitAll, takeAll, textOf } from './harness.ts'
import { tk103Expected } from './vector-exceptions.ts'
import { differences, specificationVectors, vectorBytes } from './vectors.ts'

const codec = tk103(tk103Options.parse({}))
const vectors = specificationVectors('tk103')

// Skipped where the checkout stands alone: the specification's vectors are no part of it.
test.skipIf(vectors.length === 0)('tk103 vectors: ../shared/vectors/tk103.jsonl is beside this checkout', () => {
  expect(vectors.length).toBeGreaterThan(40)
})

/** Differences by vector, and what the specification says for ours. */
const EXCEPTIONS: Record<string, { differs: string; reason: string }> = {
  'tk103-025': {
    differs: 'sent_at',
    reason:
      '3.1: a record without a fix (V) more than a day away from its receipt has no time; what it says is kept as device_time',
  },
}

test.skipIf(vectors.length === 0)('tk103 vectors: how many there are, and how many differ for a reason', () => {
  const ids = vectors.map(({ id }) => id)
  for (const id of Object.keys(EXCEPTIONS)) expect(ids).toContain(id)
  console.log(`tk103 vectors: ${ids.length} lines, ${Object.keys(EXCEPTIONS).length} exceptions`)
})

/** Ids are compared without padding; an IMEI, where the frame has one, is the id. */
const unpadded = (id: string) => id.replace(/^0+/, '')

for (const vector of vectors) {
  test(`tk103 vector ${vector.id}`, () => {
    const bytes = vectorBytes(vector)
    const want = tk103Expected(vector)
    if (vector.expect.frames_hex !== undefined)
      expect(splitAll(codec, bytes).frames.map(hexOf)).toEqual(vector.expect.frames_hex as string[])
    if (vector.kind === 'none') return
    const taken = takeAll(codec, bytes)
    expect(taken.map((frame) => frame.reject)).toEqual([null])
    const { rows, ack, device } = taken[0]
    expect(textOf(ack)).toBe((vector.expect.ack as string | undefined) ?? '')
    const id = (vector.expect.imei ?? vector.expect.device_id) as string
    expect(unpadded(device)).toBe(unpadded(id))
    // A position without coordinates is telemetry: its time is when it was sent.
    const kind = rows[0].table === 'fixes' ? 'position' : 'attributes'
    if (want.latitude !== undefined) expect(kind).toBe('position')
    const { fix_time, ...rest } = want
    const wanted = kind === 'position' || fix_time === undefined ? want : { ...rest, sent_at: fix_time }
    const exception = EXCEPTIONS[vector.id]
    expect(differences(rows, kind, wanted).map((text) => text.split(':')[0])).toEqual(
      exception === undefined ? [] : [exception.differs],
    )
    // Received when it was sent, it is believed.
    const sentMs = Date.parse(String(fix_time ?? want.device_time))
    if (exception !== undefined)
      expect(differences(takeAll(codec, bytes, session(), sentMs)[0].rows, kind, wanted)).toEqual([])
  })
}

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

/** Ids are compared without padding; an IMEI, where the frame has one, is the id. */
const unpadded = (id: string) => id.replace(/^0+/, '')

for (const vector of vectors) {
  test(`tk103 vector ${vector.id}`, () => {
    const bytes = vectorBytes(vector)
    const want = tk103Expected(vector)
    if (vector.expect.frames_hex !== undefined)
      expect(splitAll(codec, bytes).frames.map(hexOf)).toEqual(vector.expect.frames_hex as string[])
    if (vector.kind === 'none') return
    // A record without a fix is believed near its time alone: these are received when they were sent.
    const sent = vector.expect.fix_time ?? vector.expect.device_time
    const received = sent === undefined ? Date.now() : Date.parse(sent as string) + 3000
    const taken = takeAll(codec, bytes, session(), received)
    expect(taken.map((frame) => frame.reject)).toEqual([null])
    const { rows, ack, device } = taken[0]
    expect(textOf(ack)).toBe((vector.expect.ack as string | undefined) ?? '')
    const id = (vector.expect.imei ?? vector.expect.device_id) as string
    expect(unpadded(device)).toBe(unpadded(id))
    // A position without coordinates is telemetry: its time is when it was sent.
    if (vector.kind === 'position' && want.latitude === undefined && rows[0].table === 'telemetry') {
      const { fix_time, ...rest } = want
      expect(differences(rows, 'attributes', { ...rest, device_time: fix_time })).toEqual([])
    } else expect(differences(rows, vector.kind === 'login' ? 'attributes' : vector.kind, want)).toEqual([])
  })
}

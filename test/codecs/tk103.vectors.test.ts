/** tk103 against the vectors of its specification, where the checkout has them beside it. */
import { expect, test } from 'bun:test'
import { tk103, tk103Options } from '../../src/codecs/tk103/index.ts'
import { hexOf, session, splitAll, takeAll, textOf } from './harness.ts'
import { differences, specificationVectors, vectorBytes, type Vector } from './vectors.ts'

const codec = tk103(tk103Options.parse({}))
const vectors = specificationVectors('tk103')

// Skipped where the checkout stands alone: the specification's vectors are no part of it.
test.skipIf(vectors.length === 0)('tk103 vectors: ../shared/vectors/tk103.jsonl is beside this checkout', () => {
  expect(vectors.length).toBeGreaterThan(40)
})

/** Ids are compared without padding; an IMEI, where the frame has one, is the id. */
const PADDED_IMEI = /^000/
const unpadded = (id: string) => id.replace(/^0+/, '')

/** The vectors' names for what the columns say under other names. */
function expected({ expect: all }: Vector): Record<string, unknown> {
  const { message_type, cell, odometer_m, frames_hex: _, imei, ...rest } = all
  return {
    ...rest,
    ...(message_type === undefined ? {} : { message: message_type }),
    ...(cell as object | undefined),
    ...(odometer_m === undefined ? {} : { odometer_km: (odometer_m as number) / 1000 }),
    // `000` and the header means that no IMEI is known.
    ...(imei === undefined || PADDED_IMEI.test(imei as string) ? {} : { imei }),
  }
}

for (const vector of vectors) {
  test(`tk103 vector ${vector.id}`, () => {
    const bytes = vectorBytes(vector)
    const want = expected(vector)
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

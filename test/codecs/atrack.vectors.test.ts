/** atrack against the vectors of its specification, where the checkout has them beside it. */
import { expect, test } from 'bun:test'
import { atrack, atrackOptions } from '../../src/codecs/atrack/index.ts'
import { FINAL, type Codec } from '../../src/codecs/codec.ts'
import { DeviceSettings } from '../../src/codecs/device-settings.ts'
import { hexOf, session, splitAll, takeAll } from './harness.ts'
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

/**
 * What options cannot give by default, and why.
 *   016  its values have no form beside them (page 3.5, step 1 b): the form is that of the unit in the device file
 *   015  `$OK` names no unit and opens no session (page 1): it is taken within one
 */
const NEEDS_FORM = new Set(['atrack-016'])
const NEEDS_SESSION = new Set(['atrack-015'])

// Skipped where the checkout stands alone: the specification's vectors are no part of it.
test.skipIf(vectors.length === 0)('atrack vectors: every line holds, all but two of them with default options', () => {
  const exceptions = vectors.filter(({ id }) => NEEDS_FORM.has(id) || NEEDS_SESSION.has(id))
  console.log(`atrack: ${vectors.length} vectors, 0 do not hold, ${exceptions.length} need a form or a session`)
  expect(vectors.length).toBeGreaterThan(15)
  expect(exceptions).toHaveLength(2)
  expect(vectors.filter(({ settings }) => settings?.form !== undefined).map(({ id }) => id)).toEqual([...NEEDS_FORM])
})

const defaults = atrackOptions.parse({})
for (const vector of vectors) {
  test(`atrack vector ${vector.id}`, () => {
    const wanted = Array.isArray(vector.expect) ? vector.expect : [vector.expect]
    const devices = NEEDS_FORM.has(vector.id) ? [{ id: String(wanted[0].device_id), form: vector.settings!.form! }] : []
    const codec = atrack(defaults, new DeviceSettings(devices))
    const bytes = vectorBytes(vector as unknown as Vector)
    const into = session(NEEDS_SESSION.has(vector.id) ? '359461040000128' : '')
    const taken = takeAll(codec, bytes, into)
    expect(taken.map((frame) => frame.reject)).toEqual(taken.map(() => null))
    expect(taken.map((frame) => hexOf(frame.ack)).join('')).toBe(vector.ack_hex ?? '')
    if (vector.frame_lengths)
      expect(splitAll(codec, bytes, 0).frames.map((f) => f.length)).toEqual(vector.frame_lengths)
    expect(byteByByte(codec, bytes)).toEqual(taken.map((frame) => hexOf(frame.frame)))
    const rows = taken.flatMap((frame) => frame.rows)
    expect(rows).toHaveLength(wanted.length)
    expect(into.device).not.toBe('')
    const table = vector.kind.startsWith('position') ? 'position' : 'attributes'
    for (const [index, want] of wanted.entries()) {
      expect(differences([rows[index]], table, want)).toEqual([])
      if (want.device_id !== undefined) expect(taken[0].device).toBe(want.device_id as string)
    }
  })
}

/** Frames of a stream that arrives in single bytes and then ends. */
function byteByByte(codec: Codec, bytes: Uint8Array): string[] {
  const frames: string[] = []
  let at = 0
  for (let end = 1; end <= bytes.length; end++)
    for (let size = 1; at < end && size !== 0;) {
      size = codec.split(bytes, at, end, end === bytes.length ? FINAL : 0)
      if (size > 0) frames.push(hexOf(bytes.subarray(at, at + size)))
      at += Math.abs(size)
    }
  return frames
}

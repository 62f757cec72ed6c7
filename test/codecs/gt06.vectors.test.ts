/** The specification's own vectors, where the checkout lies beside it. */
import { expect, test } from 'bun:test'
import { gt06, gt06Options } from '../../src/codecs/gt06/index.ts'
import type { Model } from '../../src/codecs/gt06/options.ts'
import { hexOf, splitAll, take, type Decoded } from './harness.ts'
import { differences, specificationVectors, vectorBytes, type Vector } from './vectors.ts'

/**
 * Frames of clones whose bytes are the maker's and mean something else: "never for Concox" (page, 3.3), "alarm names …
 * need a per-device model option; default = Concox meaning" (3.11). Every other line holds with default options.
 */
const MODEL_OF: Record<string, Model> = {
  'gt06-088': 'lw4g', // heartbeat with a voltage behind GSM
  'gt06-089': 'lw4g', // alarm 19 is harsh acceleration
  'gt06-090': 'seeworld', // heartbeat with volts behind GSM
  'gt06-091': 'r11', // heartbeat with a voltage for VL
}
const vectors = specificationVectors('gt06')

if (vectors.length === 0) test.skip('gt06 vectors: the specification is not beside this checkout', () => {})

const decodedWith = (vector: Vector, model: Model): Decoded => {
  const codec = gt06(gt06Options.parse({ model }))
  const bytes = vectorBytes(vector)
  const { frames, skipped } = splitAll(codec, bytes)
  expect([frames.map(hexOf), skipped]).toEqual([[hexOf(bytes)], []])
  return take(codec, frames[0], undefined, vector.received_at ? Date.parse(vector.received_at) : Date.now())
}

test(`gt06 vectors: ${vectors.length} lines, ${Object.keys(MODEL_OF).length} of which need the option model`, () => {
  const wrong = vectors.filter(
    (vector) =>
      vector.kind !== 'login' && differences(decodedWith(vector, 'concox').rows, vector.kind, vector.expect).length > 0,
  )
  expect(wrong.map(({ id }) => id)).toEqual(vectors.length === 0 ? [] : Object.keys(MODEL_OF))
})

for (const vector of vectors) {
  test(`gt06 vector ${vector.id}: decodes as the specification says`, () => {
    const decoded = decodedWith(vector, MODEL_OF[vector.id] ?? 'concox')
    expect(decoded.reject).toBeNull()
    if (vector.kind !== 'login') return expect(differences(decoded.rows, vector.kind, vector.expect)).toEqual([])
    // A login yields no row; what it says goes to the session.
    expect(decoded.rows).toEqual([])
    const bytes = vectorBytes(vector)
    const said: Record<string, unknown> = {
      ...gt06(gt06Options.parse({})).describeLogin!(bytes, 0, bytes.length),
      device_id: decoded.device,
      protocol_number: bytes[3],
      serial: (bytes[bytes.length - 6] << 8) | bytes[bytes.length - 5],
    }
    for (const [name, want] of Object.entries(vector.expect)) expect([name, said[name]]).toEqual([name, want])
  })
}

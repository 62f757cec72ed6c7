/** The specification's own vectors, where the checkout lies beside it. */
import { expect, test } from 'bun:test'
import { gt06, gt06Options } from '../../src/codecs/gt06/index.ts'
import { hexOf, splitAll, take } from './harness.ts'
import { GT06_MODELS } from './vector-exceptions.ts'
import { differences, specificationVectors, vectorBytes } from './vectors.ts'

const vectors = specificationVectors('gt06')

if (vectors.length === 0) test.skip('gt06 vectors: the specification is not beside this checkout', () => {})

for (const vector of vectors) {
  test(`gt06 vector ${vector.id}: decodes as the specification says`, () => {
    const codec = gt06(gt06Options.parse({ model: GT06_MODELS[vector.model ?? ''] ?? 'concox' }))
    const bytes = vectorBytes(vector)
    const { frames, skipped } = splitAll(codec, bytes)
    expect(skipped).toEqual([])
    expect(frames.map(hexOf)).toEqual([hexOf(bytes)])
    const received = vector.received_at ? Date.parse(vector.received_at) : Date.now()
    const decoded = take(codec, frames[0], undefined, received)
    expect(decoded.reject).toBeNull()
    if (vector.kind !== 'login') return expect(differences(decoded.rows, vector.kind, vector.expect)).toEqual([])
    // A login yields no row; what it says goes to the session.
    expect(decoded.rows).toEqual([])
    const said: Record<string, unknown> = {
      ...codec.describeLogin!(bytes, 0, bytes.length),
      device_id: decoded.device,
      protocol_number: bytes[3],
      serial: (bytes[bytes.length - 6] << 8) | bytes[bytes.length - 5],
    }
    for (const [name, want] of Object.entries(vector.expect)) expect([name, said[name]]).toEqual([name, want])
  })
}

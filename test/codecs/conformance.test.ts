/** What every codec must do with every frame of every protocol's fixtures. A new codec gets these tests for free. */
import { describe, expect, test } from 'bun:test'
import { readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import fc from 'fast-check'
import { recognise, recogniserOf, UNDECIDED } from '../../src/codecs/recognise.ts'
import { codecOptions, createCodecs } from '../../src/codecs/registry.ts'
import { feed, hexOf, piecesOf, splitAll } from './harness.ts'
import { expectKeysOnce, expectReadsInside, expectSound } from './properties.ts'
import { holdsFrame, readVectors, specificationVectors, vectorBytes, type Vector } from './vectors.ts'

const FIXTURES = join(import.meta.dir, '../../fixtures')
const RECEIVED = Date.parse('2026-03-14T10:00:00Z')
const DEVICE = '123456789012345'
const codecs = createCodecs(codecOptions.parse({}))
const recogniser = recogniserOf(codecs)
const codecNamed = (name: string) => codecs.find((codec) => codec.name === name)!
const fixtures: { protocol: string; vectors: Vector[] }[] = readdirSync(FIXTURES).map((file) => {
  const protocol = basename(file, '.jsonl')
  return { protocol, vectors: readVectors(join(FIXTURES, file)) }
})

test('every codec has fixtures, and ids and names are unique', () => {
  expect(fixtures.map(({ protocol }) => protocol).toSorted()).toEqual(codecs.map((codec) => codec.name).toSorted())
  expect(new Set(codecs.map((codec) => codec.id)).size).toBe(codecs.length)
})

for (const { protocol, vectors } of fixtures) {
  describe(protocol, () => {
    const codec = codecNamed(protocol)
    const frames = vectors.map(vectorBytes)

    test('is recognised by its own codec and, over every prefix, by no other', () => {
      for (const bytes of [...frames, ...specificationVectors(protocol).filter(holdsFrame).map(vectorBytes)]) {
        for (let length = 1; length <= bytes.length; length++) {
          const verdict = recognise(recogniser, bytes, 0, length, false)
          if (verdict !== UNDECIDED && codecs[verdict] !== codec)
            throw new Error(`${hexOf(bytes.subarray(0, length))}: taken for ${codecs[verdict]?.name ?? 'nothing'}`)
        }
        expect(codecs[recognise(recogniser, bytes, 0, bytes.length, true)]).toBe(codec)
      }
    })

    test('any two cuts of a stream give the same frames', () => {
      const stream = Buffer.concat(frames.slice(0, 12))
      const whole = splitAll(codec, stream).frames.map(hexOf)
      fc.assert(
        fc.property(fc.nat(stream.length), fc.nat(stream.length), (a, b) => {
          expect(feed(codec, piecesOf(stream, [a, b]), true).frames.map(hexOf)).toEqual(whole)
        }),
        { numRuns: 300 },
      )
    })

    test('says the same of a frame wherever it lies and whatever surrounds it', () => {
      for (const bytes of frames)
        for (const fill of [0, 0x0d, 0x2c, 0x30, 0x78, 0xff]) expectReadsInside(codec, bytes, fill, RECEIVED, DEVICE)
    })

    test('attributes are JSON in which no key comes twice', () => {
      for (const bytes of frames)
        for (const frame of splitAll(codec, bytes).frames) expectKeysOnce(codec, frame, RECEIVED)
    })

    test('any bytes: nothing throws, splitting ends, nothing reads outside, and what comes out can be', () => {
      const mutated = fc
        .tuple(
          fc.constantFrom(...frames),
          fc.array(fc.tuple(fc.nat(4096), fc.nat(255)), { maxLength: 6 }),
          fc.nat(4096),
          fc.uint8Array({ maxLength: 40 }),
        )
        .map(([frame, flips, cut, tail]) => {
          const bytes = Uint8Array.from(frame)
          for (const [at, value] of flips) bytes[at % bytes.length] = value
          return Uint8Array.from([...bytes.subarray(0, (cut % bytes.length) + 1), ...tail])
        })
      fc.assert(
        fc.property(fc.oneof(mutated, fc.uint8Array({ maxLength: 300 })), fc.nat(255), (bytes, fill) =>
          expectSound(codec, bytes, fill, RECEIVED, DEVICE),
        ),
        { numRuns: 4000 },
      )
    })
  })
}

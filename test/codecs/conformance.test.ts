/** What every codec must do with every frame of every protocol's fixtures. A new codec gets these tests for free. */
import { describe, expect, test } from 'bun:test'
import { readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import fc from 'fast-check'
import { FINAL, RECORDS_PER_FRAME_MAX, type Codec } from '../../src/codecs/codec.ts'
import { recognise, recogniserOf, UNDECIDED } from '../../src/codecs/recognise.ts'
import { codecOptions, createCodecs } from '../../src/codecs/registry.ts'
import { hexOf, session, splitAll, take, takeAll } from './harness.ts'
import { holdsFrame, readVectors, specificationVectors, vectorBytes, type Vector } from './vectors.ts'

const FIXTURES = join(import.meta.dir, '../../fixtures')
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
          expect(splitInPieces(codec, stream, [Math.min(a, b), Math.max(a, b)])).toEqual(whole)
        }),
        { numRuns: 300 },
      )
    })

    test('decodes alike with the same state, wherever the frame lies and whatever surrounds it', () => {
      for (const bytes of frames) {
        const at = Date.parse('2026-03-14T10:00:00Z')
        expect(takeAll(codec, bytes, session('123456789012345'), at)).toEqual(
          takeAll(codec, bytes, session('123456789012345'), at),
        )
      }
    })

    test('any bytes: nothing throws, splitting ends, and no coordinate is out of range', () => {
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
        fc.property(fc.oneof(mutated, fc.uint8Array({ maxLength: 300 })), (bytes) => {
          const { frames: found, skipped } = splitAll(codec, bytes)
          const covered = [...found, ...skipped].reduce((sum, part) => sum + part.length, 0)
          expect(covered).toBe(bytes.length)
          const into = session('123456789012345')
          for (const frame of found) {
            const { rows } = take(codec, frame, into)
            expect(rows.length).toBeLessThanOrEqual(RECORDS_PER_FRAME_MAX)
            for (const row of rows) {
              if (row.table !== 'fixes') continue
              expect(Math.abs(row.latitude as number)).toBeLessThanOrEqual(90)
              expect(Math.abs(row.longitude as number)).toBeLessThanOrEqual(180)
              expect(row.fix_time).not.toBeNull()
              if (row.course_deg !== null) expect(row.course_deg as number).toBeLessThan(360)
            }
          }
        }),
        { numRuns: 4000 },
      )
    })
  })
}

/** Splits a stream that arrives in pieces, the way net does. */
function splitInPieces(codec: Codec, stream: Uint8Array, cuts: number[]): string[] {
  const found: string[] = []
  let window = new Uint8Array(0)
  let from = 0
  for (const to of [...cuts, stream.length]) {
    window = Uint8Array.from([...window, ...stream.subarray(from, to)])
    from = to
    let at = 0
    while (at < window.length) {
      const size = codec.split(window, at, window.length, to === stream.length ? FINAL : 0)
      if (size === 0) break
      if (size > 0) found.push(hexOf(window.subarray(at, at + size)))
      at += Math.abs(size)
    }
    window = window.slice(at)
  }
  return found
}

/** Streams of frames whose rows are known, for the property tests of gps103 and tk103. */
import { expect } from 'bun:test'
import fc from 'fast-check'
import type { Codec } from '../../src/codecs/codec.ts'
import { feed, piecesOf, session, take, textOf, type Decoded } from './harness.ts'

/** A frame as a tracker sends it, and what must come of it. */
export interface Sent {
  frame: Uint8Array
  device: string
  ack?: string
  /** Columns of its row. */
  row: Record<string, unknown>
  /** Numbers of its row, and how far each may be off. */
  close?: readonly (readonly [column: string, value: number, tolerance: number])[]
}

/** Frames back to back, and the places where the reads end. */
export const streams = (sent: fc.Arbitrary<Sent>) =>
  fc.tuple(fc.array(sent, { minLength: 1, maxLength: 6 }), fc.array(fc.nat(2000), { maxLength: 6 }))

/** Takes a stream through one session as net does, its reads ending at `cuts`. */
export function takeStream(codec: Codec, stream: Uint8Array, cuts: readonly number[], receivedMs: number): Decoded[] {
  const into = session()
  const { frames, left } = feed(codec, piecesOf(stream, cuts), true)
  expect(left).toHaveLength(0)
  return frames.map((frame) => take(codec, frame, into, receivedMs))
}

/** Every frame must come out as itself, answered, with its row. */
export function expectStream(codec: Codec, sent: readonly Sent[], cuts: readonly number[], receivedMs: number): void {
  const taken = takeStream(codec, Buffer.concat(sent.map(({ frame }) => frame)), cuts, receivedMs)
  expect(taken.map(({ frame }) => textOf(frame).trim())).toEqual(sent.map(({ frame }) => textOf(frame).trim()))
  for (const [index, { frame, device, ack, row, close }] of sent.entries()) {
    const { rows, reject, ...session } = taken[index]
    expect([reject, session.device, textOf(session.ack)]).toEqual([null, device, ack ?? ''])
    expect(rows).toHaveLength(1)
    expect(rows[0]).toMatchObject(row)
    for (const [column, value, tolerance] of close ?? []) {
      const have = (rows[0][column] ?? rows[0].attributes[column]) as number
      if (!(Math.abs(have - value) <= tolerance))
        throw new Error(`${textOf(frame)}: ${column} is ${have}, not ${value}`)
    }
  }
}

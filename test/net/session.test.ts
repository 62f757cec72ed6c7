/** Acks of a session: whatever waits and is sent in between, the bytes come out as they went in. */
import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { TCP } from '../../src/codecs/frame-record.ts'
import { Session } from '../../src/net/session.ts'

const KEPT = 1024
const LONGEST = 20_000

/** Sessions that bytes go through; each gets bytes of its own. */
class Pipe {
  readonly session = new Session(TCP, '127.0.0.1', 1, 0, null)
  readonly expected: number[] = []
  readonly sent: number[] = []

  constructor(private readonly seed: number) {}

  add(length: number): void {
    const bytes = Uint8Array.from({ length }, (_, at) => (this.seed + this.expected.length + at) & 255)
    this.session.addAcks(bytes, length, 1)
    this.expected.push(...bytes)
  }

  send(most: number): void {
    const { acks, ackSent, acksWaiting } = this.session
    const length = Math.min(most, acksWaiting)
    this.sent.push(...acks.subarray(ackSent, ackSent + length))
    this.session.acksSent(length)
  }
}

const step = fc.record({
  pipe: fc.integer({ min: 0, max: 2 }),
  add: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: LONGEST })),
  send: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: LONGEST }), fc.constant(Infinity)),
})

test('acks leave a session as they came, and no other session has a part of them', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const pipes = [0, 85, 170].map((seed) => new Pipe(seed))
      for (const { pipe, add, send } of steps) {
        pipes[pipe].add(add)
        pipes[pipe].send(send)
      }
      for (const pipe of pipes) {
        pipe.send(Infinity)
        expect(Buffer.compare(Buffer.from(pipe.sent), Buffer.from(pipe.expected))).toBe(0)
        expect(pipe.session.acks.length).toBeLessThanOrEqual(KEPT)
      }
    }),
  )
})

test('what a burst of acks needs serves the next session, and a session keeps what it had', () => {
  const [one, other] = [new Pipe(1), new Pipe(2)]
  one.add(40)
  const own = one.session.acks
  one.add(2000)
  const burst = one.session.acks
  one.send(Infinity)
  expect(one.session.acks).toBe(own)
  other.add(2000)
  expect(other.session.acks).toBe(burst)
})

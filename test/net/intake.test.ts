/** What sessions share in Intake: memory for windows, and the room in which the acks of a read are gathered. */
import { expect, test } from 'bun:test'
import { codecs, FRAMES_PER_TRACKER, fleetRing } from '../../bench/fleet.ts'
import type { Codec } from '../../src/codecs/codec.ts'
import { TCP } from '../../src/codecs/frame-record.ts'
import { NetCounters } from '../../src/net/counters.ts'
import { Intake, type FrameSink } from '../../src/net/intake.ts'
import { Session } from '../../src/net/session.ts'
import { Random } from '../../src/simulator/random.ts'
import { textOf } from '../codecs/harness.ts'
import { lineCodec } from './line-codec.ts'

const NOW_MS = Date.UTC(2026, 2, 14, 12, 30)

/** Keeps the frames of each session. */
function intakeOf(spoken: readonly Codec[]) {
  const frames = new Map<Session, string[]>()
  const rejects: string[] = []
  const sink: FrameSink = {
    frame: (session, bytes, start, end) => {
      if (!frames.has(session)) frames.set(session, [])
      frames.get(session)!.push(`${session.deviceId} ${textOf(bytes.subarray(start, end))}`)
    },
    reject: (_session, _reason, bytes, start, end) => void rejects.push(textOf(bytes.subarray(start, end))),
    ackWaits: () => {},
  }
  const counters = new NetCounters(spoken.map(({ name }) => name))
  const intake = new Intake(
    spoken,
    sink,
    counters,
    65_536,
    (id) => ({ id, verdict: 'accept' }),
    () => {},
  )
  const open = () => new Session(TCP, '192.0.2.1', 4000, NOW_MS, null)
  return { intake, counters, frames, rejects, open }
}

const acksOf = ({ acks, ackSent, ackEnd }: Session) => textOf(acks.subarray(ackSent, ackEnd))

test('intake: streams of all protocols at once, cut anywhere, give what each gives alone', () => {
  const { intake, counters, frames, rejects, open } = intakeOf(codecs)
  const streams = codecs.map(({ name }) => {
    const { bytes, ends } = fleetRing(name)
    return bytes.subarray(0, ends[FRAMES_PER_TRACKER - 1])
  })
  const alone = streams.map((bytes) => {
    const session = open()
    intake.read(session, bytes, NOW_MS)
    intake.end(session, NOW_MS, true)
    return { frames: frames.get(session), acks: acksOf(session) }
  })
  for (const { frames: found } of alone) expect(found).toHaveLength(FRAMES_PER_TRACKER)
  const random = new Random(1)
  for (let round = 0; round < 50; round++) {
    const under = streams.map((bytes) => ({ bytes, at: 0, session: open() }))
    for (let left = under; left.length > 0; left = left.filter(({ at, bytes }) => at < bytes.length)) {
      const stream = left[Math.floor(random.next() * left.length)]
      const to = Math.min(stream.bytes.length, stream.at + 1 + Math.floor(random.next() * 300))
      intake.read(stream.session, stream.bytes.slice(stream.at, to), NOW_MS)
      stream.at = to
    }
    for (const { session } of under) intake.end(session, NOW_MS, true)
    expect(under.map(({ session }) => ({ frames: frames.get(session), acks: acksOf(session) }))).toEqual(alone)
    expect(under.map(({ session }) => session.window.length)).toEqual(under.map(() => 0))
  }
  expect(rejects).toEqual([])
  expect(counters.windowBytes[TCP]).toBe(0)
})

test('intake: more acks than a read has room for are given in order, once, and all counted', () => {
  const { intake, counters, open } = intakeOf([lineCodec])
  const session = open()
  const lines = Array.from({ length: 5000 }, (_, index) => `!${index}\n`).join('')
  intake.read(session, Buffer.from(`#1\n${lines}`), NOW_MS)
  expect(acksOf(session)).toBe(`ok\n${lines}`)
  expect(session.ackCount).toBe(5001)
  expect(counters.acks[0]).toBe(5001)
  expect(counters.frames[0]).toBe(5001)
  expect(counters.frameBytes[0]).toBe(3 + lines.length)
})

test('intake: acks of the frames before one at which a codec throws are their own session’s', () => {
  const codec: Codec = {
    ...lineCodec,
    advance: (bytes, start) => {
      if (bytes[start + 1] === 0x78) throw new Error('x')
    },
  }
  const { intake, counters, open } = intakeOf([codec])
  const [first, second] = [open(), open()]
  intake.read(first, Buffer.from('#1\n!a\n!x\n!b\n'), NOW_MS)
  intake.read(second, Buffer.from('#2\n!c\n'), NOW_MS)
  expect(first.closing).toBe('decoder_error')
  expect(acksOf(first)).toBe('ok\n!a\n!x\n')
  expect(acksOf(second)).toBe('ok\n!c\n')
  expect(counters.frames[0]).toBe(5)
})

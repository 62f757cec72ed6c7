/** The whole way of received bytes in net: recognised, split, bound, given to a sink, answered; beside a copy of the same bytes. */
import { TCP } from '../src/codecs/frame-record.ts'
import { Batch } from '../src/net/batch.ts'
import { NetCounters } from '../src/net/counters.ts'
import { Intake, type FrameSink } from '../src/net/intake.ts'
import { Session } from '../src/net/session.ts'
import { FRAME } from '../src/codecs/frame-record.ts'
import { codecs, FRAMES_PER_TRACKER, fleetRing } from './fleet.ts'
import { RECEIVED_MS, type Ring, RING_FRAMES, type Task } from './suite.ts'

const FRAME_BYTES_MAX = 65_536

/** Takes frames and forgets them. */
class NullSink implements FrameSink {
  frames = 0
  rejects = 0

  frame(_session: Session, _bytes: Uint8Array, start: number, end: number): void {
    if (end > start) this.frames++
  }

  reject(): void {
    this.rejects++
  }

  ackWaits(session: Session): void {
    session.ackQueued = true
  }
}

/** Appends frames to a batch, which begins anew when it is full. */
class BatchSink extends NullSink {
  private readonly batch = new Batch(new ArrayBuffer(1_048_576))

  override frame(session: Session, bytes: Uint8Array, start: number, end: number, receivedMs = 0): void {
    if (this.batch.used + FRAME_BYTES_MAX > this.batch.bytes.length) this.batch.used = 0
    this.batch.append(session.header, FRAME, 0, receivedMs, session.state, bytes, start, end)
    this.frames++
  }
}

/** One read of a connection: bytes, and the frames in them. */
interface Read {
  bytes: Uint8Array
  frames: number
}

/** Reads of `most` frames each, of one tracker each. */
export function readsOf({ bytes, ends }: Ring, most: number): Read[] {
  const reads: Read[] = []
  for (let frame = 0; frame < ends.length; frame += most)
    reads.push({
      bytes: bytes.slice(frame ? ends[frame - 1] : 0, ends[Math.min(frame + most, ends.length) - 1]),
      frames: Math.min(most, ends.length - frame),
    })
  return reads
}

/**
 * A task that brings the reads of one tracker after another to a session of its own; `login` opens it where the ring has
 * none. Acks are taken as if they had been sent after each read.
 */
export function intakeTask(
  name: string,
  limit: string,
  login: Uint8Array,
  reads: readonly Read[],
  sink = new NullSink(),
): Task {
  const intake = new Intake(
    codecs,
    sink,
    new NetCounters(codecs.map((codec) => codec.name)),
    FRAME_BYTES_MAX,
    (id) => ({ id, verdict: 'accept' }),
    () => {},
  )
  const session = new Session(TCP, '10.0.0.1', 40_000, RECEIVED_MS, null)
  for (const bytes of [login, ...reads.map((read) => read.bytes)]) intake.read(session, bytes, RECEIVED_MS)
  session.acksSent(session.acksWaiting)
  const frames = reads.reduce((sum, read) => sum + read.frames, 0)
  return {
    name,
    frames,
    limit,
    run: () => {
      const before = sink.frames
      for (const { bytes } of reads) {
        intake.read(session, bytes, RECEIVED_MS)
        session.ackQueued = false
        session.acksSent(session.acksWaiting)
      }
      return sink.frames - before
    },
  }
}

const NO_LOGIN = new Uint8Array(0)
const to = new Uint8Array(1_048_576)

export default codecs.flatMap(({ name }): Task[] => {
  const ring = fleetRing(name)
  const limit = `net copy · ${name} mixed`
  return [
    {
      name: limit,
      frames: RING_FRAMES,
      run: () => {
        to.set(ring.bytes)
        return RING_FRAMES
      },
    },
    intakeTask(`net one frame a read · ${name} mixed`, limit, NO_LOGIN, readsOf(ring, 1)),
    intakeTask(
      `net ${FRAMES_PER_TRACKER} frames a read · ${name} mixed`,
      limit,
      NO_LOGIN,
      readsOf(ring, FRAMES_PER_TRACKER),
    ),
    intakeTask(
      `net ${FRAMES_PER_TRACKER} frames a read, into a batch · ${name} mixed`,
      limit,
      NO_LOGIN,
      readsOf(ring, FRAMES_PER_TRACKER),
      new BatchSink(),
    ),
  ]
})

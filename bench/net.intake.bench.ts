/** The whole way of received bytes in net: recognised, split, bound, given to a sink, answered; beside a copy of the same bytes. */
import { FRAME, TCP } from '../src/codecs/frame-record.ts'
import { Batch } from '../src/net/batch.ts'
import { NetCounters } from '../src/net/counters.ts'
import { Intake, type FrameSink } from '../src/net/intake.ts'
import { Session } from '../src/net/session.ts'
import { codecs, FRAMES_PER_TRACKER, fleetRing, RING_TRACKERS } from './fleet.ts'
import { copyTask, RECEIVED_MS, type Ring, RING_FRAMES, type Task } from './suite.ts'

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

/** Where a task's frames go, and the intake before it: its table of openings takes long to make, so tasks share it. */
interface Way {
  sink: NullSink
  intake: Intake
}

function wayTo(sink: NullSink): Way {
  const counters = new NetCounters(codecs.map((codec) => codec.name))
  const admit = (id: string) => ({ id, verdict: 'accept' as const })
  return { sink, intake: new Intake(codecs, sink, counters, FRAME_BYTES_MAX, admit, () => {}) }
}

const TO_NOBODY = wayTo(new NullSink())
const INTO_BATCHES = wayTo(new BatchSink())

/** One read of a connection: bytes, and the frames in them. */
interface Read {
  tracker: number
  bytes: Uint8Array
  frames: number
}

/** Reads of `most` frames of one tracker each. */
export function readsOf({ bytes, ends }: Ring, most: number): Read[] {
  const reads: Read[] = []
  for (let frame = 0; frame < ends.length; frame += most)
    reads.push({
      tracker: Math.floor(frame / FRAMES_PER_TRACKER),
      bytes: bytes.slice(frame ? ends[frame - 1] : 0, ends[frame + most - 1]),
      frames: most,
    })
  return reads
}

/**
 * A task that brings each read to its tracker's session, which `login` has opened where the ring has no logins. Acks are
 * taken as if they had been sent after each read.
 */
export function intakeTask(
  name: string,
  limit: string,
  login: Uint8Array,
  reads: readonly Read[],
  { sink, intake }: Way = TO_NOBODY,
): Task {
  const sessions = Array.from(
    { length: RING_TRACKERS },
    (_, tracker) => new Session(TCP, '10.0.0.1', 40_000 + tracker, RECEIVED_MS, null),
  )
  if (login.length > 0) for (const session of sessions) intake.read(session, login, RECEIVED_MS)
  function readAll(): void {
    for (const { tracker, bytes } of reads) {
      const session = sessions[tracker]
      intake.read(session, bytes, RECEIVED_MS)
      session.ackQueued = false
      session.acksSent(session.acksWaiting)
    }
  }
  readAll() // binds them
  return {
    name,
    frames: reads.reduce((sum, read) => sum + read.frames, 0),
    limit,
    run: () => {
      const before = sink.frames
      readAll()
      return sink.frames - before
    },
  }
}

export const NO_LOGIN = new Uint8Array(0)

export default codecs.flatMap(({ name }): Task[] => {
  const ring = fleetRing(name)
  const limit = `net copy · ${name} mixed`
  return [
    copyTask(limit, RING_FRAMES, () => ring.bytes),
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
      INTO_BATCHES,
    ),
  ]
})

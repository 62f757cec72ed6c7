/**
 * Brings batches to disk and lets acks go. Frames are appended to the current batch; a commit writes what is new in
 * all open batches as journal entries with one sync, and only then the sessions whose frames it covers may send their
 * acks. While a commit runs the next one gathers: under load the disk sets the pace, at rest a frame waits for
 * nothing but its own sync.
 */
import { FRAME, REJECT, SESSION } from '../codecs/frame-record.ts'
import { Batch, recordBytesMax } from './batch.ts'
import type { Session } from './session.ts'

/** What the committer needs of the journal. Positions are numbers of journal entries. */
export interface CommitLog {
  /**
   * Appends each part as one entry and syncs; resolves with the number of the first, or with 0 if there was no room
   * on the disk and the same may be tried again. Rejects if nothing is safe, for good.
   */
  append(parts: readonly JournalPart[]): Promise<number>
  /** True while the journal may not grow. */
  readonly full: boolean
  /** True if that is because the disk has no room. */
  readonly lowOnDisk: boolean
  /** Every entry up to this one is in ClickHouse. */
  readonly doneEntry: number
}
export interface JournalPart {
  bytes: Uint8Array
  from: number
  to: number
}

/** Why nothing is read: the journal is full, its disk is full or slow, or '' (all is well). */
export type PauseReason = 'full' | 'disk' | 'slow' | ''

export interface CommitterOptions {
  batchBytes: number
  batchMs: number
  commitMs: number
  frameBytes: number
  /** Acks wait for the commit (the default), or go out at once. */
  durable: boolean
}

const FREE_ARENAS_MAX = 4
const FULL_POLL_MS = 100
/** Batches behind a commit that takes its time: from so many on none is closed for its age, and at most so many wait. */
const STUCK_BATCHES = 4
const SLOW_BATCHES = 16

export class Committer {
  private current: Batch
  /** Batches that take no more frames, oldest first, not yet wholly on disk. */
  private closed: Batch[] = []
  private arenas: ArrayBuffer[] = []
  /** Sessions with acks for frames that no commit covers yet. */
  private waiting: Session[] = []
  private covered: Session[] = []
  /** Called when what was appended before them is on disk. */
  private waiters: (() => void)[] = []
  private running = false
  private scheduled = false
  private failed = false
  private ending = false
  private paused: PauseReason = ''
  private lastStartMs = 0
  private readonly recordBytesMax: number
  /** Commits done, and how long they took, for the metrics. */
  commits = 0
  onCommit: (ms: number, bytes: number) => void = () => {}

  constructor(
    private readonly log: CommitLog,
    private readonly options: CommitterOptions,
    /** Takes a batch that is complete and on disk. */
    private readonly onBatch: (batch: Batch) => void,
    /** Sends the acks of a session that the journal now covers. */
    private readonly onAcks: (session: Session) => void,
    /** Nothing may be read for a while; '' when it may again. */
    private readonly onPause: (why: PauseReason) => void,
    /** The journal failed: nothing since the last commit is safe. */
    private readonly onFailure: (error: Error) => void,
  ) {
    this.recordBytesMax = recordBytesMax(options.frameBytes)
    this.current = this.open()
  }

  frame(session: Session, bytes: Uint8Array, start: number, end: number, receivedMs: number): void {
    this.append(session.header, FRAME, 0, receivedMs, session.state, bytes, start, end)
  }

  /** A frame or reject that came another way than through a session. */
  record(header: Uint8Array, receivedMs: number, state: Int32Array, bytes: Uint8Array, kind = FRAME, reason = 0): void {
    this.append(header, kind, reason, receivedMs, state, bytes, 0, bytes.length)
  }

  /** Resolves when all that was appended so far is on disk; never, if the journal fails. */
  durable(): Promise<void> {
    if (!this.pending) return Promise.resolve()
    return new Promise((resolve) => this.waiters.push(resolve))
  }

  reject(session: Session, reason: number, bytes: Uint8Array, start: number, end: number, receivedMs: number): void {
    // A reject may be longer than any frame; it is kept in pieces.
    for (let from = start; from < end; from += this.options.frameBytes)
      this.append(
        session.header,
        REJECT,
        reason,
        receivedMs,
        session.state,
        bytes,
        from,
        Math.min(end, from + this.options.frameBytes),
      )
  }

  sessionEnd(session: Session, payload: Uint8Array, nowMs: number): void {
    this.append(session.header, SESSION, 0, nowMs, session.state, payload, 0, payload.length)
  }

  /** The session has acks for frames appended just now. */
  ackWaits(session: Session): void {
    if (session.ackQueued) return
    session.ackQueued = true
    this.waiting.push(session)
    // journal.ack = "received": acks do not wait for the disk.
    if (!this.options.durable && this.waiting.length === 1) setImmediate(() => this.sendAcks(this.cover()))
  }

  private sendAcks(covered: Session[]): void {
    for (const session of covered) {
      session.ackReady = session.ackMark
      this.onAcks(session)
    }
    covered.length = 0
  }

  /** The sessions that wait; the acks they have now go out when this commit is done. */
  private cover(): Session[] {
    const covered = this.waiting
    this.waiting = this.covered
    this.covered = covered
    for (const session of covered) {
      session.ackQueued = false
      session.ackMark = session.ackEnd
    }
    return covered
  }

  /** True while something is not on disk. */
  private get pending(): boolean {
    return this.running || this.closed.length > 0 || this.current.used > this.current.committed
  }

  /** Gives an arena back for reuse. */
  recycle(arena: ArrayBuffer): void {
    if (arena.byteLength === this.options.batchBytes && this.arenas.length < FREE_ARENAS_MAX) this.arenas.push(arena)
  }

  /** Closes the current batch if it is old enough; called from a timer. */
  tick(now: number): void {
    // While a commit is stuck the batch may as well grow.
    if (
      this.current.used > 0 &&
      now - this.current.opened >= this.options.batchMs &&
      this.closed.length < STUCK_BATCHES
    )
      this.rotate()
  }

  /** The end: commits and hands over everything, beyond the journal's limit if need be; resolves when it is on disk. */
  async flush(): Promise<void> {
    this.ending = true
    if (this.current.used > 0) this.rotate()
    while (!this.failed && (this.running || this.closed.length > 0)) {
      if (!this.running) await this.commit()
      else await Bun.sleep(1)
    }
  }

  private append(
    header: Uint8Array,
    kind: number,
    reason: number,
    receivedMs: number,
    state: Int32Array,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): void {
    if (this.current.used + this.recordBytesMax > this.current.bytes.length) this.rotate()
    if (this.current.used === 0) this.current.opened = performance.now()
    this.current.append(header, kind, reason, receivedMs, state, bytes, start, end)
    if (!this.scheduled && !this.running) this.schedule()
  }

  private open(): Batch {
    return new Batch(this.arenas.pop() ?? new ArrayBuffer(this.options.batchBytes))
  }

  private rotate(): void {
    const batch = this.current
    this.current = this.open()
    if (batch.committed === batch.used && !this.running) this.onBatch(batch)
    else {
      this.closed.push(batch)
      if (this.closed.length >= SLOW_BATCHES && this.paused === '') this.pause('slow')
      if (!this.scheduled && !this.running) this.schedule()
    }
  }

  private schedule(): void {
    this.scheduled = true
    const wait = this.lastStartMs + this.options.commitMs - performance.now()
    if (wait > 0.5) setTimeout(() => void this.commit(), wait)
    else setImmediate(() => void this.commit()) // after the reads of this turn of the loop, so that they share it
  }

  private async commit(): Promise<void> {
    this.scheduled = false
    if (this.running) return
    this.running = true
    const covered = this.options.durable ? this.cover() : []
    const waiters = this.waiters.splice(0)
    const batches = [...this.closed, this.current]
    const closedCount = this.closed.length
    const marks = batches.map((batch) => batch.used)
    try {
      await this.write(batches, marks)
    } catch (error) {
      this.failed = true
      this.onFailure(error as Error)
      return // acks withheld for good, no further commit: the process is about to stop
    }
    for (let index = 0; index < closedCount; index++) this.onBatch(this.closed[index])
    this.closed.splice(0, closedCount)
    this.sendAcks(covered)
    this.running = false
    for (const resolve of this.pending ? waiters : [...waiters, ...this.waiters.splice(0)]) resolve()
    if (this.paused === 'slow' && this.closed.length === 0) this.pause('')
    // `closed` may have grown, also by a batch whose last part this very commit wrote.
    if (this.closed.length > 0 || this.current.used > this.current.committed) this.schedule()
  }

  private async write(batches: Batch[], marks: number[]): Promise<void> {
    const parts: JournalPart[] = []
    const owners: Batch[] = []
    batches.forEach((batch, index) => {
      if (marks[index] === batch.committed) return
      parts.push({ bytes: batch.bytes, from: batch.committed, to: marks[index] })
      owners.push(batch)
    })
    if (parts.length === 0) return
    let entry = await this.appendWhenThereIsRoom(parts)
    let bytes = 0
    owners.forEach((batch, index) => {
      if (batch.firstEntry === 0) batch.firstEntry = entry
      batch.lastEntry = entry++
      batch.committed = parts[index].to
      bytes += parts[index].to - parts[index].from
    })
    this.commits++
    this.onCommit(performance.now() - this.lastStartMs, bytes)
  }

  private pause(why: PauseReason): void {
    if (this.paused === why) return
    this.paused = why
    this.onPause(why)
  }

  /** The journal holds nothing but the beginning of our oldest batch: only its rest lets it go. */
  private get isAlone(): boolean {
    const { firstEntry } = this.closed[0] ?? this.current
    return !this.log.lowOnDisk && firstEntry > 0 && this.log.doneEntry >= firstEntry - 1
  }

  private async appendWhenThereIsRoom(parts: readonly JournalPart[]): Promise<number> {
    for (;;) {
      while (this.log.full && !this.ending && !this.isAlone) {
        this.pause(this.log.lowOnDisk ? 'disk' : 'full')
        await Bun.sleep(FULL_POLL_MS)
      }
      this.lastStartMs = performance.now()
      const entry = await this.log.append(parts)
      if (entry > 0) {
        if (this.paused === 'full' || this.paused === 'disk') this.pause('')
        return entry
      }
      if (this.ending) throw new Error('there is no room on the disk')
    }
  }
}

/**
 * Counters of the hot path: plain numbers that net adds to and the metrics read at a scrape. Every received byte ends
 * in exactly one of frameBytes, rejectBytes and paddingBytes, or still lies in a window.
 */
import { REJECT_NAMES } from '../codecs/rejects.ts'
import { TRANSPORTS } from '../codecs/frame-record.ts'

export class NetCounters {
  /** Indexed by codec index × transports + transport; see `slot`. */
  readonly frames: Float64Array
  readonly frameBytes: Float64Array
  readonly acks: Float64Array
  readonly resyncs: Float64Array
  /** Datagrams that no codec recognised and one adopted for their sender's sake. */
  readonly adopted: Float64Array
  /** Frames taken again that had lain in quarantine. */
  released = 0
  /** Indexed by transport. */
  readonly receivedBytes = new Float64Array(TRANSPORTS.length)
  readonly windowBytes = new Float64Array(TRANSPORTS.length)
  readonly paddingBytes = new Float64Array(TRANSPORTS.length)
  readonly rejectBytes = new Float64Array(TRANSPORTS.length)
  readonly ackBytes = new Float64Array(TRANSPORTS.length)
  readonly sessions = new Float64Array(TRANSPORTS.length)
  readonly sessionsOpened = new Float64Array(TRANSPORTS.length)
  /** Indexed by reject code: what net itself refused. */
  readonly rejects = new Float64Array(REJECT_NAMES.length)
  /** Why connections were closed or refused. */
  readonly closed = new Map<string, number>()
  /** Datagrams that could not be kept: the journal was full. Their trackers got no ack and will send again. */
  droppedDatagrams = 0
  droppedBytes = 0
  /** Replies to peers not known before that were longer than what they answer. */
  withheldReplies = 0
  /** Replies the kernel did not take. */
  failedReplies = 0

  constructor(readonly protocols: readonly string[]) {
    const slots = protocols.length * TRANSPORTS.length
    this.frames = new Float64Array(slots)
    this.frameBytes = new Float64Array(slots)
    this.acks = new Float64Array(slots)
    this.resyncs = new Float64Array(slots)
    this.adopted = new Float64Array(slots)
  }

  slot(codecIndex: number, transport: number): number {
    return codecIndex * TRANSPORTS.length + transport
  }

  close(reason: string): void {
    this.closed.set(reason, (this.closed.get(reason) ?? 0) + 1)
  }
}

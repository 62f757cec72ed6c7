/**
 * Frames on their way to disk and to a worker: records back to back in one preallocated arena, the only copy of what
 * was received. A batch grows until it is full or `batch_ms` old; meanwhile its new part is committed to the journal
 * again and again, and after each commit the acks that waited for it go out.
 *
 *   used ≥ committed ≥ 0: records in [0, committed) are on disk.
 */
import { copyBytes } from '../codecs/copy.ts'
import { At, HEADER_BYTES } from '../codecs/frame-record.ts'

export class Batch {
  readonly bytes: Uint8Array
  readonly view: DataView
  used = 0
  committed = 0
  /** Journal entries that hold this batch; 0 before the first commit. */
  firstEntry = 0
  lastEntry = 0
  /** When its first record came, on the clock of performance.now(). */
  opened = 0

  constructor(arena: ArrayBuffer) {
    this.bytes = new Uint8Array(arena)
    this.view = new DataView(arena)
  }

  /** Appends one record. The caller has checked that it fits. */
  append(
    header: Uint8Array,
    kind: number,
    reason: number,
    receivedMs: number,
    state: Int32Array,
    payload: Uint8Array,
    start: number,
    end: number,
  ): void {
    const at = this.used
    const size = header.length + (end - start)
    this.bytes.set(header, at)
    const view = this.view
    view.setUint32(at + At.size, size, true)
    this.bytes[at + At.kind] = kind
    this.bytes[at + At.reason] = reason
    view.setFloat64(at + At.receivedMs, receivedMs, true)
    view.setInt32(at + At.state0, state[0], true)
    view.setInt32(at + At.state1, state[1], true)
    copyBytes(payload, start, end, this.bytes, at + header.length)
    this.used = at + size
  }
}

/** Largest record: header with the longest device id and address, then a frame of `frameBytes`. */
export const recordBytesMax = (frameBytes: number): number => HEADER_BYTES + 255 + 255 + frameBytes

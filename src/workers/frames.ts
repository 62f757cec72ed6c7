/** The frames and rejects of the batch at hand, as columns of offsets into its arena. */
import { At, HEADER_BYTES } from '../codecs/frame-record.ts'

export class FrameTable {
  rows = 0
  /** The arena they lie in. */
  bytes: Uint8Array = new Uint8Array(0)
  /** Where the record begins; then its device id, its remote address, its payload; and where it ends. */
  record = new Int32Array(0)
  device = new Int32Array(0)
  remote = new Int32Array(0)
  payload = new Int32Array(0)
  end = new Int32Array(0)
  receivedMs = new Float64Array(0)
  codec = new Uint8Array(0)
  transport = new Uint8Array(0)
  reason = new Uint8Array(0)
  flags = new Uint8Array(0)
  /** The session's memory before the frame, as two halves. */
  stateLow = new Uint32Array(0)
  stateHigh = new Uint32Array(0)
  idLow = new Uint32Array(0)
  idHigh = new Uint32Array(0)
  /** `decoder_version`; set by the worker. */
  version = new Uint16Array(0)

  reset(bytes: Uint8Array): void {
    this.bytes = bytes
    this.rows = 0
  }

  /** Adds the record at `record`; the caller sets reason and id. */
  add(record: number, end: number, receivedMs: number): number {
    if (this.rows === this.record.length) this.grow()
    const row = this.rows++
    const bytes = this.bytes
    const device = record + HEADER_BYTES
    const remote = device + bytes[record + At.deviceLength]
    this.record[row] = record
    this.device[row] = device
    this.remote[row] = remote
    this.payload[row] = remote + bytes[record + At.remoteLength]
    this.end[row] = end
    this.receivedMs[row] = receivedMs
    this.codec[row] = bytes[record + At.codec]
    this.transport[row] = bytes[record + At.transport]
    this.reason[row] = bytes[record + At.reason]
    this.flags[row] = bytes[record + At.flags]
    this.stateLow[row] = wordAt(bytes, record + At.state0)
    this.stateHigh[row] = wordAt(bytes, record + At.state1)
    this.version[row] = 0
    return row
  }

  private grow(): void {
    const capacity = Math.max(4096, this.record.length * 2)
    for (const name of COLUMNS) {
      const old = this[name]
      const grown = new (old.constructor as new (length: number) => typeof old)(capacity)
      grown.set(old as never)
      ;(this as Record<string, unknown>)[name] = grown
    }
  }
}

const wordAt = (bytes: Uint8Array, at: number): number =>
  bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24)

const COLUMNS = [
  'record',
  'device',
  'remote',
  'payload',
  'end',
  'receivedMs',
  'codec',
  'transport',
  'reason',
  'flags',
  'stateLow',
  'stateHigh',
  'idLow',
  'idHigh',
  'version',
] as const

/** Takes bytes through a codec the way the gateway does, without sockets, journal or threads. For tools and tests, not for speed. */
import { ACK_BYTES_MAX, BAD_IDENTITY, DEVICE_ID_MAX, FINAL, STATE_WORDS, type Codec } from './codec.ts'
import { TCP } from './frame-record.ts'
import { Records } from './records.ts'
import { REJECT_NAMES } from './rejects.ts'
import { rowOf, type Row } from './row.ts'

const bytesOfText = (text: string) => Uint8Array.from(Buffer.from(text, 'latin1'))
const textOf = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1')

export interface Decoded {
  /** The frame's bytes. */
  frame: Uint8Array
  /** Device of the session after this frame. */
  device: string
  ack: Uint8Array
  rows: Row[]
  /** Ids of the rows' records, `high low`; '' where the frame's hash and the record's number serve. */
  recordIds: string[]
  /** Reason, when the frame was refused. */
  reject: string | null
}

export interface Session {
  device: string
  readonly state: Int32Array
}

export const session = (device = ''): Session => ({ device, state: new Int32Array(STATE_WORDS) })

/** Splits `bytes` as one datagram (nothing more will come): frames, and runs that are no frame. */
export const splitAll = (
  codec: Codec,
  bytes: Uint8Array,
  silentMs = FINAL,
): { frames: Uint8Array[]; skipped: Uint8Array[] } => {
  const frames: Uint8Array[] = []
  const skipped: Uint8Array[] = []
  for (let at = 0; at < bytes.length;) {
    const size = codec.split(bytes, at, bytes.length, silentMs)
    if (size === 0) break
    ;(size > 0 ? frames : skipped).push(bytes.slice(at, at + Math.abs(size)))
    at += Math.abs(size)
  }
  return { frames, skipped }
}

/** Takes one frame through identify, ack, advance and decode. The frame lies in the middle of other bytes, so that a
 *  codec that reads outside its frame shows. */
export const take = (codec: Codec, frame: Uint8Array, into: Session = session(), receivedMs = Date.now()): Decoded => {
  const bytes = new Uint8Array(frame.length + 64).fill(0xa5)
  const start = 31,
    end = start + frame.length
  bytes.set(frame, start)
  const id = new Uint8Array(DEVICE_ID_MAX)
  const idLength = codec.identify(bytes, start, end, id, into.state)
  if (idLength === BAD_IDENTITY)
    return { frame, device: into.device, ack: new Uint8Array(0), rows: [], recordIds: [], reject: 'bad_identity' }
  if (idLength > 0) into.device = textOf(id.subarray(0, idLength))
  const reply = new Uint8Array(ACK_BYTES_MAX + 16)
  const ackBytes = codec.ack(bytes, start, end, receivedMs, reply, 16, into.state)
  const device = bytesOfText(into.device)
  const records = new Records()
  const context = {
    receivedMs,
    transport: TCP,
    state: into.state.slice(),
    device,
    deviceStart: 0,
    deviceEnd: device.length,
  }
  const count = codec.decode(bytes, start, end, context, records)
  codec.advance(bytes, start, end, receivedMs, into.state)
  const rows: Row[] = []
  const recordIds: string[] = []
  for (let row = 0; row < records.rows; row++) {
    rows.push(rowOf(records, row))
    const own = (records.idLow[row] | records.idHigh[row]) !== 0
    recordIds.push(own ? `${records.idHigh[row]} ${records.idLow[row]}` : '')
  }
  return {
    frame,
    device: into.device,
    ack: reply.slice(16, 16 + ackBytes),
    rows,
    recordIds,
    reject: count < 0 ? REJECT_NAMES[-count] : null,
  }
}

/** Takes every frame of a datagram or stream through one session. */
export const takeAll = (
  codec: Codec,
  bytes: Uint8Array,
  into: Session = session(),
  receivedMs = Date.now(),
): Decoded[] => splitAll(codec, bytes).frames.map((frame) => take(codec, frame, into, receivedMs))

/** Frames as ClickHouse keeps them, read back to be decoded again. Rows come as RowBinary, since a frame is any bytes. */

/** A row of `frames`. */
export interface KeptFrame {
  /** As decimal text: it has 64 bits. */
  frameId: string
  device: string
  receivedMs: number
  protocol: string
  transport: string
  remote: string
  /** What the codec remembered of the session before the frame. */
  state: Int32Array
  bytes: Uint8Array
}

export interface QuarantinedDevice {
  /** The identity its frames are kept under. */
  claimed: string
  newestMs: number
}

/** Columns in the order `readKeptFrames` wants them. */
export const KEPT_COLUMNS = `frame_id, device_id, toUnixTimestamp64Milli(received_at), toString(protocol), toString(transport), remote, session_state, frame`

/** Reads the answer to `SELECT ${KEPT_COLUMNS} … FORMAT RowBinary`. */
export function readKeptFrames(answer: Uint8Array): KeptFrame[] {
  const view = new DataView(answer.buffer, answer.byteOffset, answer.byteLength)
  const frames: KeptFrame[] = []
  let at = 0
  const varint = () => {
    for (let value = 0, shift = 0; ; shift += 7) {
      const byte = answer[at++]
      value += (byte & 127) * 2 ** shift
      if (byte < 128) return value
    }
  }
  const bytes = () => {
    const length = varint()
    at += length
    return answer.slice(at - length, at)
  }
  const text = () => Buffer.from(bytes()).toString('latin1')
  while (at < answer.length) {
    const frameId = String(view.getBigUint64(at, true))
    at += 8
    const device = text()
    const receivedMs = Number(view.getBigInt64(at, true))
    at += 8
    const [protocol, transport, remote] = [text(), text(), text()]
    const state = Int32Array.of(view.getInt32(at, true), view.getInt32(at + 4, true))
    at += 8
    frames.push({ frameId, device, receivedMs, protocol, transport, remote, state, bytes: bytes() })
  }
  return frames
}

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

/** Columns in the order `readKeptFrames` wants them. */
const KEPT_COLUMNS = `frame_id, device_id, toUnixTimestamp64Milli(received_at), toString(protocol), toString(transport), remote, session_state, frame`

/** Most bytes of frames in one answer; a single frame may be longer. */
const ANSWER_BYTES_MAX = 33_554_432

/** A query for the first rows of `frames` that `from` selects, in that order: at most `limit`, and so many bytes. */
export function keptFramesQuery(from: string, order: string, limit: number): string {
  return `SELECT ${KEPT_COLUMNS} FROM (
  SELECT *, row_number() OVER number AS row, sum(length(frame)) OVER number AS bytes FROM (SELECT * FROM ${from} ORDER BY ${order} LIMIT ${limit})
  WINDOW number AS (ORDER BY ${order} ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
) WHERE row = 1 OR bytes <= ${ANSWER_BYTES_MAX} ORDER BY ${order} FORMAT RowBinary`
}

/** Reads the answer to `keptFramesQuery`. */
export function readKeptFrames(answer: Uint8Array): KeptFrame[] {
  const view = new DataView(answer.buffer, answer.byteOffset, answer.byteLength)
  const frames: KeptFrame[] = []
  let at = 0
  const varint = () => {
    for (let value = 0, shift = 0; ; shift += 7) {
      const byte = answer[at++]
      if (byte === undefined) throw new Error('the answer of ClickHouse was cut short')
      value += (byte & 127) * 2 ** shift
      if (byte < 128) return value
    }
  }
  const bytes = () => {
    const length = varint()
    at += length
    if (at > answer.length) throw new Error('the answer of ClickHouse was cut short')
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

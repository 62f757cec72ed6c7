/**
 * `replay` into ClickHouse: recorded frames become the rows they would have become. A frame that is there already takes
 * over the time it was received at, so that its rows are the same rows, and nothing doubles; nor does running twice.
 */
import { createHash, randomBytes } from 'node:crypto'
import { frameId } from '../../codecs/frame-id.ts'
import type { Codec } from '../../codecs/codec.ts'
import type { ClickHouse } from '../../storage/clickhouse.ts'
import { FrameDecoder } from '../decode-frames.ts'
import type { RecordedFrame } from './decode-recording.ts'

export interface Replayed {
  frames: number
  /** Frames that ClickHouse had already. */
  known: number
  /** Rows sent, by table; those of known frames replace themselves. */
  rows: Map<string, number>
}

const FRAMES_AT_ONCE = 20_000
/** A capture and the gateway look at the clock at different moments. */
const SAME_MS_MAX = 5000
const TWO_32 = 2n ** 32n

export async function replay(
  clickhouse: ClickHouse,
  database: string,
  codecs: readonly Codec[],
  frames: readonly RecordedFrame[],
  onProgress: (frames: number) => void = () => {},
): Promise<Replayed> {
  const decoder = new FrameDecoder(codecs)
  const result: Replayed = { frames: 0, known: 0, rows: new Map() }
  for (let from = 0; from < frames.length; from += FRAMES_AT_ONCE) {
    const piece = frames.slice(from, from + FRAMES_AT_ONCE)
    result.known += await adoptTimes(clickhouse, database, piece)
    for (const { table, columns, rows, bytes } of decoder.decode(piece).blocks) {
      if (table === 'ledger_rows') continue // the ledger says what the gateway received
      // Equal content has an equal token: what an interrupted run has inserted is dropped by it.
      await clickhouse.insert(table, columns, bytes, `replay-${createHash('sha256').update(bytes).digest('hex')}`)
      result.rows.set(table, (result.rows.get(table) ?? 0) + rows)
    }
    result.frames += piece.length
    onProgress(result.frames)
  }
  return result
}

/** Gives frames that are stored already the time they were stored with; how many those are. */
async function adoptTimes(clickhouse: ClickHouse, database: string, frames: readonly RecordedFrame[]): Promise<number> {
  const ids = frames.map(idOf)
  const asked = `${database}.replay_${randomBytes(6).toString('hex')}`
  let answer: string
  try {
    await clickhouse.run(`CREATE TABLE ${asked} (device_id String, frame_id UInt64) ENGINE = Memory`)
    await clickhouse.insertRows(
      asked,
      frames.map(({ device }, index) => ({ device_id: device, frame_id: ids[index] })),
    )
    answer = await clickhouse.text(
      `SELECT device_id, toString(frame_id), groupArray(toUnixTimestamp64Milli(received_at)) FROM ${database}.frames
WHERE device_id IN (SELECT device_id FROM ${asked}) AND (device_id, frame_id) IN (SELECT device_id, frame_id FROM ${asked})
GROUP BY device_id, frame_id FORMAT JSONCompactEachRow SETTINGS output_format_json_quote_64bit_integers = 0`,
    )
  } finally {
    await clickhouse.run(`DROP TABLE IF EXISTS ${asked}`)
  }
  const stored = new Map<string, number[]>()
  for (const line of answer.split('\n').filter(Boolean)) {
    const [device, frame, times] = JSON.parse(line) as [string, string, number[]]
    stored.set(`${device} ${frame}`, times)
  }
  let known = 0
  frames.forEach((frame, index) => {
    const times = stored.get(`${frame.device} ${ids[index]}`)
    if (!times || times.length === 0) return
    const distance = (ms: number) => Math.abs(ms - frame.receivedMs)
    const nearest = times.reduce((best, ms) => (distance(ms) < distance(best) ? ms : best))
    if (frame.timed && distance(nearest) > SAME_MS_MAX) return
    times.splice(times.indexOf(nearest), 1) // each stored frame is one of the recording's
    frame.receivedMs = nearest
    known++
  })
  return known
}

const id = new Uint32Array(2)

/** As decimal text: it has 64 bits. */
function idOf({ codec, bytes, device }: RecordedFrame): string {
  const name = Buffer.from(device, 'latin1')
  frameId(codec, bytes, 0, bytes.length, name, 0, name.length, id)
  return String(BigInt(id[1]) * TWO_32 + BigInt(id[0]))
}

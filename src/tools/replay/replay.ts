/**
 * `replay` into ClickHouse: recorded frames become the rows they would have become. A frame that is there already takes
 * over the time it was received at, so that its rows are the same rows, and nothing doubles; nor does running twice.
 */
import { randomBytes } from 'node:crypto'
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

/** Replays the frames of one recording. */
export async function replay(
  clickhouse: ClickHouse,
  database: string,
  codecs: readonly Codec[],
  frames: readonly RecordedFrame[],
  onProgress: (frames: number) => void = () => {},
): Promise<Replayed> {
  const decoder = new FrameDecoder(codecs)
  const run = randomBytes(8).toString('hex')
  const result: Replayed = { frames: 0, known: 0, rows: new Map() }
  // Before anything of it is inserted, else its own frames would be found.
  const known = await findStored(clickhouse, database, frames)
  result.known = known.size
  const insert = async (piece: readonly RecordedFrame[], isKnown: boolean, name: string) => {
    if (piece.length === 0) return
    const { blocks } = decoder.decode(piece)
    // Last come the frames: what is known has all its rows.
    for (const { table, columns, rows, bytes } of blocks.toSorted((a, b) => rank(a.table) - rank(b.table))) {
      if (table === 'ledger_rows') continue // the ledger says what the gateway received
      if (table === 'rejects' && isKnown) continue // they have no key that a repetition would replace
      await clickhouse.insert(table, columns, [bytes], `replay-${run}-${name}`)
      result.rows.set(table, (result.rows.get(table) ?? 0) + rows)
    }
  }
  for (let from = 0; from < frames.length; from += FRAMES_AT_ONCE) {
    const piece = frames.slice(from, from + FRAMES_AT_ONCE)
    const isKnown = (frame: RecordedFrame) => known.has(frame)
    await insert(piece.filter(isKnown), true, `${from}-known`)
    await insert(
      piece.filter((frame) => !isKnown(frame)),
      false,
      `${from}-new`,
    )
    result.frames += piece.length
    onProgress(result.frames)
  }
  return result
}

const rank = (table: string) => (table === 'frames' ? 1 : 0)

/** A frame in ClickHouse. */
interface Stored {
  receivedMs: number
  quarantined: boolean
}

/** Frames that are stored already; they get the time they were stored with, and stay in quarantine or out of it. */
async function findStored(
  clickhouse: ClickHouse,
  database: string,
  frames: readonly RecordedFrame[],
): Promise<Set<RecordedFrame>> {
  const known = new Set<RecordedFrame>()
  const stored = new Map<string, Stored[]>()
  for (let from = 0; from < frames.length; from += FRAMES_AT_ONCE) {
    const piece = frames.slice(from, from + FRAMES_AT_ONCE)
    const keys = piece.map(keyOf)
    const fresh = new Set(keys.filter((key) => !stored.has(key)))
    for (const [key, found] of await askStored(clickhouse, database, fresh)) stored.set(key, found)
    piece.forEach((frame, index) => {
      const all = stored.get(keys[index])
      if (!all || all.length === 0) return
      const distance = ({ receivedMs }: Stored) => Math.abs(receivedMs - frame.receivedMs)
      const nearest = all.reduce((best, each) => (distance(each) < distance(best) ? each : best))
      if (frame.timed && distance(nearest) > SAME_MS_MAX) return
      all.splice(all.indexOf(nearest), 1) // each stored frame is one of the recording's
      frame.receivedMs = nearest.receivedMs
      frame.quarantined = nearest.quarantined
      known.add(frame)
    })
  }
  return known
}

async function askStored(
  clickhouse: ClickHouse,
  database: string,
  keys: ReadonlySet<string>,
): Promise<Map<string, Stored[]>> {
  const asked = `${database}.replay_${randomBytes(6).toString('hex')}`
  let answer: string
  try {
    await clickhouse.run(`CREATE TABLE ${asked} (device_id String, frame_id UInt64) ENGINE = Memory`)
    const rows = Array.from(keys, (key) => {
      const [frame_id, device_id] = key.split(' ')
      return { device_id, frame_id }
    })
    await clickhouse.insertRows(asked, rows)
    answer = await clickhouse.text(
      `SELECT concat(toString(frame_id), ' ', device_id), toUnixTimestamp64Milli(received_at), min(quarantined) FROM ${database}.frames
WHERE device_id IN (SELECT device_id FROM ${asked}) AND (device_id, frame_id) IN (SELECT device_id, frame_id FROM ${asked})
GROUP BY device_id, frame_id, received_at FORMAT JSONCompactEachRow SETTINGS output_format_json_quote_64bit_integers = 0`,
    )
  } finally {
    await clickhouse.run(`DROP TABLE IF EXISTS ${asked}`)
  }
  const found = new Map<string, Stored[]>(Array.from(keys, (key) => [key, []]))
  for (const line of answer.split('\n').filter(Boolean)) {
    const [key, receivedMs, quarantined] = JSON.parse(line) as [string, number, boolean]
    found.get(key)!.push({ receivedMs, quarantined })
  }
  return found
}

const id = new Uint32Array(2)

/** Id of the frame as decimal text, since it has 64 bits, and its device. */
function keyOf({ codec, bytes, device }: RecordedFrame): string {
  const name = Buffer.from(device, 'latin1')
  frameId(codec, bytes, 0, bytes.length, name, 0, name.length, id)
  return `${BigInt(id[1]) * TWO_32 + BigInt(id[0])} ${device}`
}

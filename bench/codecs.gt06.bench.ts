/**
 * The gt06 codec per frame, beside a pass that does nothing but the CRC of the same bytes.
 * Run: bun bench/codecs.gt06.bench.ts
 */
import { Bench } from 'tinybench'
import { ACK_BYTES_MAX, STATE_WORDS } from '../src/codecs/codec.ts'
import { crc16 } from '../src/codecs/gt06/crc.ts'
import * as encode from '../src/codecs/gt06/encode.ts'
import { gt06, gt06Options } from '../src/codecs/gt06/index.ts'
import { Records } from '../src/codecs/records.ts'

/** Frames of one kind, back to back; as many as one call of a task takes, so that its overhead does not count. */
const FRAMES = 512
const RECEIVED = Date.parse('2026-03-14T10:00:00Z')

interface Ring {
  name: string
  bytes: Uint8Array
  /** Frame i is bytes[ends[i - 1], ends[i]). */
  ends: Uint32Array
}

function ring(name: string, frameOf: (index: number) => Uint8Array): Ring {
  const frames = Array.from({ length: FRAMES }, (_, index) => frameOf(index))
  const ends = new Uint32Array(FRAMES)
  let end = 0
  for (let index = 0; index < FRAMES; index++) ends[index] = end += frames[index].length
  return { name, bytes: Uint8Array.from(Buffer.concat(frames)), ends }
}

const fixOf = (index: number): encode.Fix => ({
  timeMs: RECEIVED - index * 1000,
  latitude: 18.52 + index * 0.001,
  longitude: 73.85 - index * 0.002,
  speedKph: index % 120,
  courseDeg: (index * 7) % 360,
  satellites: 5 + (index % 10),
})
const cellOf = (index: number): encode.Cell => ({ mcc: 404, mnc: 22, lac: 7978, cid: 46_020 + index })

const rings = [
  ring('location 0x22', (i) => encode.location22(fixOf(i), cellOf(i), { acc: i % 2 === 0 }, i)),
  ring('location 0x12', (i) => encode.location12(fixOf(i), cellOf(i), i)),
  ring('location 0xA0', (i) => encode.locationA0(fixOf(i), { ...cellOf(i), cid: 188_501_281 + i }, { acc: true }, i)),
  ring('heartbeat 0x13', (i) => encode.heartbeat({ acc: i % 2 === 0, voltageLevel: i % 7, gsm: i % 5 }, i)),
]

const codec = gt06(gt06Options.parse({}))
const reply = new Uint8Array(ACK_BYTES_MAX)
const records = new Records(FRAMES)
const state = new Int32Array(STATE_WORDS)
const context = { receivedMs: RECEIVED, state, device: new Uint8Array(0), deviceStart: 0, deviceEnd: 0 }

function crcPass({ bytes, ends }: Ring): number {
  let right = 0
  for (let index = 0, start = 0; index < FRAMES; start = ends[index++]) {
    const end = ends[index]
    if (crc16(bytes, start + 2, end - 4) === ((bytes[end - 4] << 8) | bytes[end - 3])) right++
  }
  return right
}

function splitPass({ bytes }: Ring): number {
  let frames = 0
  for (let at = 0; at < bytes.length; frames++) at += codec.split(bytes, at, bytes.length, 0)
  return frames
}

function splitAckPass({ bytes }: Ring): number {
  let acked = 0
  for (let at = 0; at < bytes.length;) {
    const size = codec.split(bytes, at, bytes.length, 0)
    if (codec.ack(bytes, at, at + size, RECEIVED, reply, 0) > 0) acked++
    at += size
  }
  return acked
}

/** All that net does with a frame. */
function netPass({ bytes }: Ring): number {
  let acked = 0
  for (let at = 0; at < bytes.length;) {
    const size = codec.split(bytes, at, bytes.length, 0)
    if (codec.identify(bytes, at, at + size, reply) !== 0) return 0
    if (codec.ack(bytes, at, at + size, RECEIVED, reply, 0) > 0) acked++
    codec.advance(bytes, at, at + size, RECEIVED, state)
    at += size
  }
  return acked
}

function decodePass({ bytes, ends }: Ring): number {
  records.reset()
  for (let index = 0, start = 0; index < FRAMES; start = ends[index++])
    codec.decode(bytes, start, ends[index], context, records)
  return records.rows
}

const PASSES = [
  ['crc only', crcPass],
  ['split', splitPass],
  ['split + ack', splitAckPass],
  ['split + identify + ack + advance', netPass],
  ['decode', decodePass],
] as const

export interface Task {
  name: string
  /** Work of one call of `run`, in frames. */
  frames: number
  /** Name of the task this one is measured against. */
  limit: string | undefined
  run: () => number
}

/** One task per kind of frame and pass; each stands against the CRC of its own bytes. */
export const suite: Task[] = rings.flatMap((each) =>
  PASSES.map(([pass, run]) => ({
    name: `gt06 ${pass} · ${each.name}`,
    frames: FRAMES,
    limit: pass === 'crc only' ? undefined : `gt06 crc only · ${each.name}`,
    run: () => run(each),
  })),
)
export default suite

for (const task of suite) if (task.run() !== FRAMES) throw new Error(`${task.name}: not every frame came through`)

if (import.meta.main) {
  const bench = new Bench({ time: 300, warmupTime: 150 })
  for (const task of suite) bench.add(task.name, () => void task.run())
  await bench.run()
  const nsOf = new Map<string, number>()
  for (const { name, result } of bench.tasks)
    if (result.state === 'completed') nsOf.set(name, (result.latency.p50 * 1e6) / FRAMES)
  console.log(`bun bench/codecs.gt06.bench.ts   (Bun ${Bun.version}, ${FRAMES} distinct frames a call, median)`)
  console.table(
    suite.map(({ name, limit }) => {
      const ns = nsOf.get(name)!
      return {
        task: name,
        'ns/frame': ns.toFixed(1),
        'M frames/s': (1000 / ns).toFixed(2),
        'of the limit': limit ? `${(ns / nsOf.get(limit)!).toFixed(2)} ×` : '',
      }
    }),
  )
}

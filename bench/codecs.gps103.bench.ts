/**
 * gps103: what splitting and decoding a frame costs, beside a plain scan of the same bytes for their commas, which is
 * the least that any reader of the text does. Run: node_modules/.bin/bun bench/codecs.gps103.bench.ts
 */
import { Bench } from 'tinybench'
import { FINAL, STATE_WORDS, type FrameContext } from '../src/codecs/codec.ts'
import { encodeCellReport, encodeObd, encodeReport } from '../src/codecs/gps103/encode.ts'
import { gps103, gps103Options } from '../src/codecs/gps103/index.ts'
import { Records } from '../src/codecs/records.ts'

/** Frames of a ring: more than a branch predictor learns by heart. */
const RING = 256
const COMMA = 0x2c
const RECEIVED_MS = Date.UTC(2026, 2, 14, 12, 30)

const codec = gps103(gps103Options.parse({}))
const records = new Records(RING)
const context: FrameContext = {
  receivedMs: RECEIVED_MS,
  state: new Int32Array(STATE_WORDS),
  device: new Uint8Array(0),
  deviceStart: 0,
  deviceEnd: 0,
}

interface Ring {
  name: string
  bytes: Uint8Array
  ends: Uint32Array
}

/** Numbers that look random and are the same in every run. */
let seed = 42
function random(below: number): number {
  seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff
  return seed % below
}

function ring(name: string, frame: (index: number) => Uint8Array): Ring {
  const frames = Array.from({ length: RING }, (_, index) => frame(index))
  let at = 0
  const ends = Uint32Array.from(frames, (bytes) => (at += bytes.length))
  return { name, bytes: new Uint8Array(Buffer.concat(frames)), ends }
}

const id = () => `86489303${String(1_000_000 + random(8_999_999))}`
const timeMs = () => RECEIVED_MS - random(86_400_000)
const rings = [
  ring('F report', () =>
    encodeReport({
      id: id(),
      timeMs: timeMs(),
      zoneMinutes: 60 * (random(20) - 8),
      latE7: random(1_200_000_000) - 600_000_000,
      lonE7: random(2_000_000_000) - 1_000_000_000,
      minuteDecimals: 4 + random(2),
      speedKph: random(130),
      course: random(36_000) / 100,
      altitudeM: random(9000) / 10,
      ignition: random(2) === 1,
      doorOpen: random(2) === 1,
      fuel1Percent: random(10_000) / 100,
      temperatureC: random(60) - 20,
    }),
  ),
  ring('L report', () =>
    encodeCellReport({ id: id(), timeMs: timeMs(), lac: random(65_536), cellId: random(1 << 20), ignition: true }),
  ),
  ring('OBD', () =>
    encodeObd({
      id: id(),
      timeMs: timeMs(),
      odometerKm: random(300_000),
      averageFuel: random(200) / 10,
      drivingTime: random(900),
      speedKph: random(130),
      loadPercent: random(1000) / 10,
      coolantC: 60 + random(40),
      throttlePercent: random(1000) / 10,
      rpm: 700 + random(4000),
      batteryV: 12 + random(20) / 10,
      troubleCodes: random(4) ? [] : ['P0137'],
    }),
  ),
]

const commas = new Int32Array(64)
/** The limit: where the commas of each frame are, and no more. */
function scanRing({ bytes, ends }: Ring): number {
  let sum = 0
  for (let frame = 0, start = 0; frame < RING; frame++) {
    const end = ends[frame]
    let count = 0
    for (let at = start; at < end; at++) if (bytes[at] === COMMA) commas[count++] = at
    sum += commas[count - 1] + count
    start = end
  }
  return sum
}

function splitRing({ bytes }: Ring): number {
  let frames = 0
  for (let at = 0; at < bytes.length; frames++) at += codec.split(bytes, at, bytes.length, FINAL)
  return frames
}

const device = new Uint8Array(24),
  reply = new Uint8Array(64),
  content = new Uint32Array(2),
  state = new Int32Array(STATE_WORDS)
/** What net does with a frame besides splitting. */
function netRing({ bytes, ends }: Ring): number {
  let sum = 0
  for (let frame = 0, start = 0; frame < RING; frame++) {
    const end = ends[frame]
    sum += codec.identify(bytes, start, end, device)
    sum += codec.ack(bytes, start, end, RECEIVED_MS, reply, 0)
    codec.advance(bytes, start, end, RECEIVED_MS, state)
    start = end
  }
  return sum
}

function hashRing({ bytes, ends }: Ring): number {
  for (let frame = 0, start = 0; frame < RING; frame++) {
    codec.hash(bytes, start, ends[frame], content)
    start = ends[frame]
  }
  return content[0]
}

function decodeRing({ bytes, ends }: Ring): number {
  records.reset()
  for (let frame = 0, start = 0; frame < RING; frame++) {
    codec.decode(bytes, start, ends[frame], context, records)
    start = ends[frame]
  }
  return records.rows
}

for (const frames of rings) {
  // Right before fast.
  if (splitRing(frames) !== RING || decodeRing(frames) !== RING)
    throw new Error(`${frames.name}: wrong count of frames`)
  const isFix = frames.name === 'F report' ? 1 : 0
  for (let row = 0; row < RING; row++)
    if (records.isFix[row] !== isFix || Number.isNaN(records.fixMs[row])) throw new Error(`${frames.name}: row ${row}`)
}

const bench = new Bench({ time: 500, warmupTime: 250 })
for (const frames of rings) {
  bench.add(`gps103 comma scan · ${frames.name}`, () => void scanRing(frames))
  bench.add(`gps103 split · ${frames.name}`, () => void splitRing(frames))
  bench.add(`gps103 identify, ack, advance · ${frames.name}`, () => void netRing(frames))
  bench.add(`gps103 hash · ${frames.name}`, () => void hashRing(frames))
  bench.add(`gps103 decode · ${frames.name}`, () => void decodeRing(frames))
}
await bench.run()

console.log(`Bun ${Bun.version}, ring of ${RING} frames`)
const nanoseconds = (task: (typeof bench.tasks)[number]) =>
  task.result.state === 'completed' ? (task.result.latency.p50 * 1e6) / RING : NaN
let limit = NaN
console.table(
  bench.tasks.map((task) => {
    const ns = nanoseconds(task)
    if (task.name.includes('comma scan')) limit = ns
    return {
      task: task.name,
      'ns per frame': ns.toFixed(1),
      'frames/s': Math.round(1e9 / ns).toLocaleString('en'),
      'times the scan': (ns / limit).toFixed(2),
    }
  }),
)

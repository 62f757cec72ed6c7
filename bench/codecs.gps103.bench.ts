/** gps103 per frame, beside a scan of the same bytes for their commas: the least that any reader of the text does. */
import { FINAL, STATE_WORDS, type FrameContext } from '../src/codecs/codec.ts'
import { encodeCellReport, encodeObd, encodeReport } from '../src/codecs/gps103/encode.ts'
import { gps103, gps103Options } from '../src/codecs/gps103/index.ts'
import { Records } from '../src/codecs/records.ts'
import { ring, RING_FRAMES as RING, type Ring, type Task } from './suite.ts'

const COMMA = 0x2c
const RECEIVED_MS = Date.UTC(2026, 2, 14, 12, 30)

const codec = gps103(gps103Options.parse({}))
const records = new Records(RING)
const context: FrameContext = {
  receivedMs: RECEIVED_MS,
  state: new Int32Array(STATE_WORDS),
  device: new Uint8Array(0),
  transport: 0,
  deviceStart: 0,
  deviceEnd: 0,
}

/** Numbers that look random and are the same in every run. */
let seed = 42
function random(below: number): number {
  seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff
  return seed % below
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
  let found = 0
  for (let frame = 0, start = 0; frame < RING; frame++) {
    const end = ends[frame]
    let count = 0
    for (let at = start; at < end; at++) if (bytes[at] === COMMA) commas[count++] = at
    if (commas[0] > start && count > 1) found++
    start = end
  }
  return found
}

function splitRing({ bytes }: Ring): number {
  let frames = 0
  for (let at = 0; at < bytes.length; frames++) at += codec.split(bytes, at, bytes.length, FINAL)
  return frames
}

const device = new Uint8Array(24)
const reply = new Uint8Array(64)
const content = new Uint32Array(2)
const state = new Int32Array(STATE_WORDS)
/** What net does with a frame besides splitting. */
function netRing({ bytes, ends }: Ring): number {
  let identified = 0
  for (let frame = 0, start = 0; frame < RING; frame++) {
    const end = ends[frame]
    if (codec.identify(bytes, start, end, device, state) > 0) identified++
    codec.ack(bytes, start, end, RECEIVED_MS, reply, 0, state)
    codec.advance(bytes, start, end, RECEIVED_MS, state)
    start = end
  }
  return identified
}

function hashRing({ bytes, ends }: Ring): number {
  let different = 0
  for (let frame = 0, start = 0; frame < RING; frame++) {
    const before = content[0]
    codec.hash(bytes, start, ends[frame], content)
    if (content[0] !== before) different++
    start = ends[frame]
  }
  return different
}

function decodeRing({ bytes, ends }: Ring): number {
  records.reset()
  for (let frame = 0, start = 0; frame < RING; frame++) {
    codec.decode(bytes, start, ends[frame], context, records)
    start = ends[frame]
  }
  return records.rows
}

const PASSES = [
  ['comma scan', scanRing],
  ['split', splitRing],
  ['identify, ack, advance', netRing],
  ['hash', hashRing],
  ['decode', decodeRing],
] as const

/** One task per kind of frame and pass; each stands against the comma scan of its own bytes. */
const suite: Task[] = rings.flatMap((each) =>
  PASSES.map(([pass, run]) => ({
    name: `gps103 ${pass} · ${each.name}`,
    frames: RING,
    limit: pass === 'comma scan' ? undefined : `gps103 comma scan · ${each.name}`,
    run: () => run(each),
  })),
)
export default suite

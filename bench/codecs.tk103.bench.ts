/** tk103 per frame, beside a scan of the same bytes for their parentheses: the least that any reader of the text does. */
import { FINAL, STATE_WORDS, type FrameContext } from '../src/codecs/codec.ts'
import { Records } from '../src/codecs/records.ts'
import { encodeCommaPosition, encodeHandshake, encodeReport } from '../src/codecs/tk103/encode.ts'
import { tk103, tk103Options } from '../src/codecs/tk103/index.ts'
import { ring, RING_FRAMES as RING, type Ring, type Task } from './suite.ts'

const CLOSE = 0x29
const RECEIVED_MS = Date.UTC(2026, 2, 14, 12, 30)

const codec = tk103(tk103Options.parse({}))
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

const header = () => `031${String(100_000_000 + random(899_999_999))}`
const imei = () => `86489303${String(1_000_000 + random(8_999_999))}`
const place = () => ({
  timeMs: RECEIVED_MS - random(86_400_000),
  latE7: random(1_200_000_000) - 600_000_000,
  lonE7: random(2_000_000_000) - 1_000_000_000,
  speedKph: random(1300) / 10,
  course: random(36_000) / 100,
})
const rings = [
  ring('BR00', () =>
    encodeReport(header(), {
      ...place(),
      io: { ignition: random(2) === 1, analog: random(4096) },
      odometerM: random(1 << 28),
    }),
  ),
  ring('DW30', () => encodeCommaPosition(imei(), 'DW30', { ...place(), altitudeM: random(9000) / 10, satellites: 9 })),
  ring('BP00', () => encodeHandshake(header(), imei(), { volts: 3.5 + random(70) / 100 })),
]

/** The limit: where the frames end, and no more. */
function scanRing({ bytes }: Ring): number {
  let found = 0
  for (let at = 0; at < bytes.length; at++) if (bytes[at] === CLOSE) found++
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
  let frames = 0
  for (let frame = 0, start = 0; frame < RING; frame++) {
    codec.hash(bytes, start, ends[frame], content)
    frames += content[0] === content[1] ? 0 : 1
    start = ends[frame]
  }
  return frames
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
  ['parenthesis scan', scanRing],
  ['split', splitRing],
  ['identify, ack, advance', netRing],
  ['hash', hashRing],
  ['decode', decodeRing],
] as const

/** One task per kind of frame and pass; each stands against the scan of its own bytes. */
const suite: Task[] = rings.flatMap((each) =>
  PASSES.map(([pass, run]) => ({
    name: `tk103 ${pass} · ${each.name}`,
    frames: RING,
    limit: pass === 'parenthesis scan' ? undefined : `tk103 parenthesis scan · ${each.name}`,
    run: () => run(each),
  })),
)
export default suite

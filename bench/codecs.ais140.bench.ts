/** ais140 per frame, beside a scan of the same bytes for their commas: the least that any reader of the text does. */
import { encodeFixed, encodeLocation } from '../src/codecs/ais140/encode.ts'
import { ais140, ais140Options } from '../src/codecs/ais140/index.ts'
import { FINAL, STATE_WORDS, type FrameContext } from '../src/codecs/codec.ts'
import { Records } from '../src/codecs/records.ts'
import { ring, RING_FRAMES as RING, type Ring, type Task } from './suite.ts'

const COMMA = 0x2c
const RECEIVED_MS = Date.UTC(2026, 2, 14, 12, 30)

const codec = ais140(ais140Options.parse({}))
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

const id = () => `86917003${String(1_000_000 + random(8_999_999))}`
const place = () => ({
  timeMs: RECEIVED_MS - random(86_400_000),
  latE7: random(1_200_000_000) - 600_000_000,
  lonE7: random(2_000_000_000) - 1_000_000_000,
  speedKph: random(130),
  courseDeg: random(35_999) / 100,
  satellites: random(20),
  ignition: random(2) === 1,
})
const rings = [
  ring('NRM', () => encodeLocation({ imei: id(), ...place(), frameNumber: random(999_999), terminator: ',*\r\n' })),
  ring('C-DAC NRM', () => encodeFixed('NRM', id(), place())),
]

/** The limit: how many commas each frame has, and no more. */
function scanRing({ bytes, ends }: Ring): number {
  let found = 0
  for (let frame = 0, start = 0; frame < RING; frame++) {
    const end = ends[frame]
    let count = 0
    for (let at = start; at < end; at++) if (bytes[at] === COMMA) count++
    if (count >= 0) found++
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
  ['decode', decodeRing],
] as const

/** One task per kind of frame and pass; each stands against the comma scan of its own bytes. */
const suite: Task[] = rings.flatMap((each) =>
  PASSES.map(([pass, run]) => ({
    name: `ais140 ${pass} · ${each.name}`,
    frames: RING,
    limit: pass === 'comma scan' ? undefined : `ais140 comma scan · ${each.name}`,
    run: () => run(each),
  })),
)
export default suite

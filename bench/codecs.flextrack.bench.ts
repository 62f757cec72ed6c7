/** flextrack per frame, beside a scan of the same bytes for their commas: the least that any reader of the text does. */
import { FINAL, STATE_WORDS, type FrameContext } from '../src/codecs/codec.ts'
import { encodeLogon, encodeSentence, encodeUnitstat } from '../src/codecs/flextrack/encode.ts'
import { flextrack, flextrackOptions } from '../src/codecs/flextrack/index.ts'
import { Records } from '../src/codecs/records.ts'
import { ring, RING_FRAMES as RING, type Ring, type Task } from './suite.ts'

const COMMA = 0x2c
const RECEIVED_MS = Date.UTC(2026, 2, 14, 12, 30)

const codec = flextrack(flextrackOptions.parse({}))
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

const nodeId = () => `7000${String(100_000 + random(899_999))}`
const rings = [
  ring('UNITSTAT', (index) =>
    encodeUnitstat({
      nodeId: nodeId(),
      index: -2 - index,
      timeMs: RECEIVED_MS - random(86_400_000),
      latE7: random(1_200_000_000) - 600_000_000,
      lonE7: random(2_000_000_000) - 1_000_000_000,
      speedKph: random(130),
      courseDeg: random(360),
      satellites: random(14),
      batteryMv: 3400 + random(800),
      gsmDbm: -50 - random(60),
      state: random(0x10000),
      mcc: 238,
      mnc: random(100),
      altitudeM: random(900),
      hdopTenths: random(100),
      cellId: random(0x10000),
      fixSeconds: random(600),
      lac: random(0x10000),
      odometer: random(1_000_000),
    }),
  ),
  ring('LOGON', () => encodeLogon(nodeId(), `894502011012${String(1_000_000 + random(8_999_999))}`)),
  ring('other', (index) => encodeSentence(-2 - index, 'EVENT', String(random(1000)), 'x', String(random(9)))),
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
  let answered = 0
  for (let frame = 0, start = 0; frame < RING; frame++) {
    const end = ends[frame]
    codec.identify(bytes, start, end, device, state)
    if (codec.ack(bytes, start, end, RECEIVED_MS, reply, 0, state) > 0) answered++
    codec.advance(bytes, start, end, RECEIVED_MS, state)
    start = end
  }
  return answered
}

function hashRing({ bytes, ends }: Ring): number {
  let hashed = 0
  for (let frame = 0, start = 0; frame < RING; frame++) {
    codec.hash(bytes, start, ends[frame], content)
    if ((content[0] | content[1]) !== 0) hashed++
    start = ends[frame]
  }
  return hashed
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
    name: `flextrack ${pass} · ${each.name}`,
    frames: RING,
    limit: pass === 'comma scan' ? undefined : `flextrack comma scan · ${each.name}`,
    run: () => run(each),
  })),
)
export default suite

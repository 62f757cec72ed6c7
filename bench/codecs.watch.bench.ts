/** watch per frame, beside a scan of the same bytes for their commas: the least that any reader of the text does. */
import { FINAL, STATE_WORDS, type FrameContext } from '../src/codecs/codec.ts'
import { Records } from '../src/codecs/records.ts'
import { encodeLink, encodePosition } from '../src/codecs/watch/encode.ts'
import { watch, watchOptions } from '../src/codecs/watch/index.ts'
import { ring, RING_FRAMES as RING, type Ring, type Task } from './suite.ts'

const COMMA = 0x2c
const RECEIVED_MS = Date.UTC(2026, 2, 14, 12, 30)
const codec = watch(watchOptions.parse({}))
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

const head = () => ({ id: String(8_000_000_000 + random(99_999_999)) })
const position = (type: string, status: number) => ({
  type,
  timeMs: RECEIVED_MS - random(86_400_000),
  valid: true,
  latE7: random(1_200_000_000) - 600_000_000,
  lonE7: random(2_000_000_000) - 1_000_000_000,
  speedKph: random(900) / 10,
  courseDeg: random(3600) / 10,
  altitudeM: random(9000) / 10,
  satellites: random(20),
  gsmPct: random(100),
  batteryPct: random(100),
  steps: random(20_000),
  tumbles: random(100),
  status,
  mcc: 460,
  mnc: 0,
  cells: [{ lac: random(65_536), cellId: random(1 << 27), signal: random(200) }],
  accuracyM: random(500) / 10,
})
const wifi = () =>
  [1, 2, 3].map((index) => ({ name: `Net-${random(9999)}`, mac: `aa:bb:cc:dd:ee:0${index}`, signal: -40 - random(50) }))
const rings = [
  ring('UD_LTE', () => encodePosition(head(), { ...position('UD_LTE', 0), wifi: [] })),
  ring('AL_LTE, 3 WiFi', () => encodePosition(head(), { ...position('AL_LTE', 1 << 16), wifi: wifi() })),
  ring('LK', () => encodeLink(head(), { steps: random(20_000), tumbles: random(100), batteryPct: random(100) })),
]

const commas = new Int32Array(256)
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
    name: `watch ${pass} · ${each.name}`,
    frames: RING,
    limit: pass === 'comma scan' ? undefined : `watch comma scan · ${each.name}`,
    run: () => run(each),
  })),
)
export default suite

/** cantrack per frame, beside a walk over the same bytes that notes their commas: the least that a reader of them does. */
import { encodeBinary, encodeBinaryCell, encodePosition, encodeV3, cellFields } from '../src/codecs/cantrack/encode.ts'
import { cantrack, cantrackOptions } from '../src/codecs/cantrack/index.ts'
import { FINAL, STATE_WORDS, type FrameContext } from '../src/codecs/codec.ts'
import { Records } from '../src/codecs/records.ts'
import { ring, RING_FRAMES as RING, type Ring, type Task } from './suite.ts'

const COMMA = 0x2c
const RECEIVED_MS = Date.UTC(2026, 2, 14, 12, 30)

const codec = cantrack(cantrackOptions.parse({}))
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

const imei = () => `86489303${String(1_000_000 + random(8_999_999))}`
const cell = () => ({ mcc: 404, mnc: random(99), lac: 1 + random(65_000), cellId: 1 + random(65_000) })
const position = () => ({
  id: `91${String(10_000_000 + random(89_999_999))}`,
  timeMs: RECEIVED_MS - random(86_400_000),
  latE7: random(1_200_000_000) - 600_000_000,
  lonE7: random(2_000_000_000) - 1_000_000_000,
  speedKph: random(130),
  courseDeg: random(360),
  status: random(2) ? 0xfffffbff : 0xffffffff,
})
const rings = [
  ring('V1', () => encodePosition({ ...position(), id: imei() })),
  ring('V1 with cell', () => encodePosition({ ...position(), extras: cellFields(cell(), 'hex') })),
  ring('V3, six cells', () =>
    encodeV3({
      ...position(),
      mcc: 404,
      mnc: 22,
      cells: Array.from({ length: 6 }, () => [1 + random(65_000), 1 + random(65_000), random(160)] as const),
      batteryRaw: 500 + random(200),
    }),
  ),
  ring('32 bytes', () => encodeBinary({ ...position(), batteryCode: 7 + random(90), record: random(256) })),
  ring('45 bytes', () =>
    encodeBinaryCell({
      ...position(),
      cell: cell(),
      csq: random(32),
      satellites: random(14),
      mileage: random(1 << 30),
    }),
  ),
]

const commas = new Int32Array(512)
/** The limit: where the commas of each frame are, and no more. */
function scanRing({ bytes, ends }: Ring): number {
  let frames = 0
  for (let frame = 0, start = 0; frame < RING; frame++) {
    const end = ends[frame]
    let count = 0
    for (let at = start; at < end; at++) if (bytes[at] === COMMA) commas[count++] = at
    if (count >= 0) frames++
    start = end
  }
  return frames
}

function splitRing({ bytes }: Ring): number {
  let frames = 0
  for (let at = 0; at < bytes.length; frames++) at += codec.split(bytes, at, bytes.length, FINAL)
  return frames
}

const device = new Uint8Array(24)
const reply = new Uint8Array(1024)
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
const suite: Task[] = []
for (const each of rings)
  for (const [pass, run] of PASSES) {
    const task: Task = { name: `cantrack ${pass} · ${each.name}`, frames: RING, run: () => run(each) }
    if (pass !== 'comma scan') task.limit = `cantrack comma scan · ${each.name}`
    suite.push(task)
  }
export default suite

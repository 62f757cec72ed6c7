/** atrack per frame, beside the checksum over the same bytes: the least that anybody who believes a frame must do. */
import { FINAL, STATE_WORDS, type FrameContext } from '../src/codecs/codec.ts'
import { crc16 } from '../src/codecs/atrack/crc.ts'
import { encodeBinary, encodeText, type PositionFrame } from '../src/codecs/atrack/encode.ts'
import { atrack, atrackOptions } from '../src/codecs/atrack/index.ts'
import { Records } from '../src/codecs/records.ts'
import { ring, RING_FRAMES as RING, type Ring, type Task } from './suite.ts'

const RECEIVED_MS = Date.UTC(2026, 2, 14, 12, 30)
const FORM = '%CI%SA%MV%BV%GQ%CE%LC%CN%AT%DT'
const RECORDS_OF_BACKLOG = 10

const codec = atrack(atrackOptions.parse({}))
const records = new Records(RING * RECORDS_OF_BACKLOG)
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

function frame(count: number, form: string): PositionFrame {
  const sentMs = RECEIVED_MS - random(86_400) * 1000
  return {
    unitId: `35946104${String(1_000_000 + random(8_999_999))}`,
    sequence: random(65_536),
    sentMs,
    form,
    records: Array.from({ length: count }, (_, index) => ({
      gpsMs: sentMs - (count - index) * 10_000,
      rtcMs: sentMs - (count - index) * 10_000,
      latE6: random(120_000_000) - 60_000_000,
      lonE6: random(200_000_000) - 100_000_000,
      heading: random(360),
      odometerKm: random(3_000_000) / 10,
      inputs: random(2),
      speedKph: random(130),
      custom: {
        SA: random(20),
        MV: 120 + random(30),
        BV: 41,
        GQ: random(32),
        CE: random(1 << 24),
        LC: 20_481,
        CN: 732_101,
      },
    })),
  }
}

const rings = [
  ['binary', 1, ring('binary', () => encodeBinary(frame(1, '')))],
  ['binary, form', 1, ring('binary, form', () => encodeBinary(frame(1, FORM)))],
  [
    `binary, ${RECORDS_OF_BACKLOG} records`,
    RECORDS_OF_BACKLOG,
    ring('backlog', () => encodeBinary(frame(RECORDS_OF_BACKLOG, ''))),
  ],
  ['text, form', 1, ring('text, form', () => encodeText(frame(1, FORM)))],
] as const

/** The limit: the checksum. */
function crcRing({ bytes, ends }: Ring): number {
  let different = 0
  let before = -1
  for (let at = 0, start = 0; at < RING; at++) {
    const crc = crc16(bytes, start + 4, ends[at])
    if (crc !== before) different++
    before = crc
    start = ends[at]
  }
  return different > RING / 2 ? RING : 0
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
  for (let at = 0, start = 0; at < RING; at++) {
    const end = ends[at]
    codec.identify(bytes, start, end, device, state)
    if (codec.ack(bytes, start, end, RECEIVED_MS, reply, 0, state) > 0) answered++
    codec.advance(bytes, start, end, RECEIVED_MS, state)
    start = end
  }
  return answered
}

function hashRing({ bytes, ends }: Ring): number {
  let different = 0
  for (let at = 0, start = 0; at < RING; at++) {
    const before = content[0]
    codec.hash(bytes, start, ends[at], content)
    if (content[0] !== before) different++
    start = ends[at]
  }
  return different
}

function decodeRing({ bytes, ends }: Ring, count: number): number {
  records.reset()
  for (let at = 0, start = 0; at < RING; at++) {
    codec.decode(bytes, start, ends[at], context, records)
    start = ends[at]
  }
  return records.rows / count
}

const PASSES = [
  ['checksum', crcRing],
  ['split', splitRing],
  ['identify, ack, advance', netRing],
  ['hash', hashRing],
  ['decode', decodeRing],
] as const

/** One task per kind of frame and pass; each stands against the checksum of its own bytes. */
const suite: Task[] = rings.flatMap(([name, count, each]) =>
  PASSES.map(([pass, run]): Task => {
    const task = { name: `atrack ${pass} · ${name}`, frames: RING, run: () => run(each, count) }
    return pass === 'checksum' ? task : Object.assign(task, { limit: `atrack checksum · ${name}` })
  }),
)
export default suite

/** The gt06 codec per frame, beside a pass that does nothing but the CRC of the same bytes. */
import { ACK_BYTES_MAX, STATE_WORDS } from '../src/codecs/codec.ts'
import { crc16 } from '../src/codecs/gt06/crc.ts'
import * as encode from '../src/codecs/gt06/encode.ts'
import { gt06, gt06Options } from '../src/codecs/gt06/index.ts'
import { Records } from '../src/codecs/records.ts'
import { ring, RING_FRAMES as FRAMES, type Ring, type Task } from './suite.ts'

const RECEIVED = Date.parse('2026-03-14T10:00:00Z')

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
const context = { receivedMs: RECEIVED, state, device: new Uint8Array(0), deviceStart: 0, deviceEnd: 0, transport: 0 }

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
    if (codec.ack(bytes, at, at + size, RECEIVED, reply, 0, state) > 0) acked++
    at += size
  }
  return acked
}

/** All that net does with a frame. */
function netPass({ bytes }: Ring): number {
  let acked = 0
  for (let at = 0; at < bytes.length;) {
    const size = codec.split(bytes, at, bytes.length, 0)
    if (codec.identify(bytes, at, at + size, reply, state) !== 0) return 0
    if (codec.ack(bytes, at, at + size, RECEIVED, reply, 0, state) > 0) acked++
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

/** One task per kind of frame and pass; each stands against the CRC of its own bytes. */
const suite: Task[] = rings.flatMap((each) =>
  PASSES.map(([pass, run]) => ({
    name: `gt06 ${pass} · ${each.name}`,
    frames: FRAMES,
    limit: pass === 'crc only' ? undefined : `gt06 crc only · ${each.name}`,
    run: () => run(each),
  })),
)
export default suite

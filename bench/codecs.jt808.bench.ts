/** The jt808 codec per frame, beside a pass that does nothing but the check byte of the same bytes. */
import { ACK_BYTES_MAX, STATE_WORDS } from '../src/codecs/codec.ts'
import * as encode from '../src/codecs/jt808/encode.ts'
import { jt808, jt808Options } from '../src/codecs/jt808/index.ts'
import { Records } from '../src/codecs/records.ts'
import { ring, RING_FRAMES as FRAMES, type Ring, type Task } from './suite.ts'

const RECEIVED = Date.parse('2026-03-14T10:00:00Z')

const fixOf = (index: number): encode.Fix => ({
  timeMs: RECEIVED - index * 1000,
  latitude: 18.52 + index * 0.001,
  longitude: 73.85 - index * 0.002,
  altitudeM: 500 + (index % 50),
  speedKph: index % 120,
  courseDeg: (index * 7) % 360,
  ignition: index % 2 === 0,
})
const itemsOf = (index: number) => [
  ...encode.Item.odometer(1000 + index),
  ...encode.Item.csq(index % 32),
  ...encode.Item.satellites(5 + (index % 10)),
  ...encode.Item.battery(1 + (index % 100)),
]
const old = (index: number): encode.Head => ({ phone: '13800138000', serial: index })
const newer = (index: number): encode.Head => ({ phone: '865432109876543', serial: index, version: 1 })

const rings = [
  ring('location 2013', (i) => encode.location(fixOf(i), old(i), itemsOf(i))),
  ring('location 2019', (i) => encode.location(fixOf(i), newer(i), itemsOf(i))),
  ring('location with escapes', (i) => encode.location({ ...fixOf(i), alarm: 0x7e007d00 }, old(i), itemsOf(i))),
  ring('heartbeat', (i) => encode.heartbeat(old(i))),
]

const codec = jt808(jt808Options.parse({}))
const reply = new Uint8Array(ACK_BYTES_MAX)
const records = new Records(FRAMES)
const state = new Int32Array(STATE_WORDS)
const context = {
  receivedMs: RECEIVED,
  state: new Int32Array(STATE_WORDS),
  device: new Uint8Array(0),
  transport: 0,
  deviceStart: 0,
  deviceEnd: 0,
}

/** The check byte of the bytes as they lie: escapes make it another one, but the work is the same. */
function checkPass({ bytes, ends }: Ring): number {
  let seen = 0
  for (let index = 0, start = 0; index < FRAMES; start = ends[index++]) {
    let xor = 0
    for (let at = start + 1; at < ends[index] - 1; at++) xor ^= bytes[at]
    if (xor < 256) seen++
  }
  return seen
}

function splitPass({ bytes }: Ring): number {
  let frames = 0
  for (let at = 0; at < bytes.length; frames++) at += codec.split(bytes, at, bytes.length, 0)
  return frames
}

/** All that net does with a frame. */
function netPass({ bytes }: Ring): number {
  let acked = 0
  for (let at = 0; at < bytes.length;) {
    const size = codec.split(bytes, at, bytes.length, 0)
    if (codec.identify(bytes, at, at + size, reply, state) === 0) return 0
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
  ['split', splitPass],
  ['split + identify + ack + advance', netPass],
  ['decode', decodePass],
] as const

/** One task per kind of frame and pass; each stands against the check byte of its own bytes. */
const suite: Task[] = []
for (const each of rings) {
  const limit = `jt808 check byte only · ${each.name}`
  suite.push({ name: limit, frames: FRAMES, run: () => checkPass(each) })
  for (const [pass, run] of PASSES)
    suite.push({ name: `jt808 ${pass} · ${each.name}`, frames: FRAMES, limit, run: () => run(each) })
}
export default suite

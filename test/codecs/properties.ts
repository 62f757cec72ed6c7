/** What must hold of every codec, whatever the bytes. The codecs' property tests and the conformance test bring the bytes. */
import { expect } from 'bun:test'
import {
  ACK_BYTES_MAX,
  BAD_IDENTITY,
  DEVICE_ID_MAX,
  FINAL,
  NEED_MORE,
  RECORDS_PER_FRAME_MAX,
  STATE_WORDS,
  type Codec,
} from '../../src/codecs/codec.ts'
import { SMS, TCP } from '../../src/codecs/frame-record.ts'
import { Records } from '../../src/codecs/records.ts'
import { rowOf, type Row } from '../../src/codecs/row.ts'
import { bytesOfText, recogniseAs, session, splitAll, take } from './harness.ts'

const DAY_MS = 86_400_000

/** Splits bytes behind which nothing can follow: all of them are frames or no frame, in order. The frames. */
export function expectCovered(codec: Codec, bytes: Uint8Array): Uint8Array[] {
  const { frames, skipped } = splitAll(codec, bytes)
  expect([...frames, ...skipped].reduce((sum, part) => sum + part.length, 0)).toBe(bytes.length)
  return frames
}

/** A row that can be: a fix is somewhere on the globe, at some time, and not in the future. */
export function expectCredible(row: Row, receivedMs: number): void {
  if (row.battery_pct !== null) expect(row.battery_pct as number).toBeWithin(0, 101)
  if (row.table !== 'fixes') return
  expect(Math.abs(row.latitude as number)).toBeLessThanOrEqual(90)
  expect(Math.abs(row.longitude as number)).toBeLessThanOrEqual(180)
  expect([row.latitude, row.longitude]).not.toEqual([0, 0])
  expect(row.fix_time).not.toBeNull()
  expect(Date.parse(row.fix_time as string)).toBeLessThanOrEqual(receivedMs + DAY_MS)
  if (row.course_deg !== null) expect(row.course_deg as number).toBeWithin(0, 360)
}

/** Room on either side of the bytes: more than any codec looks ahead. */
const ROOM = 600
const records = new Records()

/** All that a codec says of bytes that lie among others, be they a frame or not. */
export function everythingSaid(codec: Codec, bytes: Uint8Array, fill: number, receivedMs: number, device: string) {
  const around = new Uint8Array(bytes.length + 2 * ROOM).fill(fill)
  around.set(bytes, ROOM)
  const start = ROOM
  const end = ROOM + bytes.length
  const id = new Uint8Array(DEVICE_ID_MAX)
  const reply = new Uint8Array(ACK_BYTES_MAX)
  const state = new Int32Array(STATE_WORDS)
  const hash = new Uint32Array(2)
  const own = bytesOfText(device)
  const idBytes = codec.identify(around, start, end, id, state)
  expect(idBytes).toBeWithin(BAD_IDENTITY, DEVICE_ID_MAX + 1)
  const ackBytes = codec.ack(around, start, end, receivedMs, reply, 0, state)
  expect(ackBytes).toBeWithin(0, ACK_BYTES_MAX + 1)
  codec.hash(around, start, end, hash)
  const decoded = (codec.recogniseSms === undefined ? [TCP] : [TCP, SMS]).map((transport) => {
    records.reset()
    const context = { receivedMs, transport, state, device: own, deviceStart: 0, deviceEnd: own.length }
    const count = codec.decode(around, start, end, context, records)
    expect(records.rows).toBe(Math.max(0, count))
    expect(count).toBeLessThanOrEqual(RECORDS_PER_FRAME_MAX)
    const rows = Array.from({ length: records.rows }, (_, row) => rowOf(records, row))
    for (const row of rows) expectCredible(row, receivedMs)
    const ids = [records.idLow, records.idHigh].map((half) => half.slice(0, records.rows))
    return { count, rows, ids }
  })
  codec.advance(around, start, end, receivedMs, state)
  return {
    recognised: recogniseAs(codec, around, start, end),
    recognisedSms: codec.recogniseSms?.(around, start, end),
    split: [0, FINAL].map((silentMs) => codec.split(around, start, end, silentMs)),
    id: id.slice(0, Math.max(0, idBytes)),
    reply: reply.slice(0, ackBytes),
    login: codec.describeLogin?.(around, start, end),
    hash,
    state,
    decoded,
  }
}

/** A byte outside the range changes nothing that a codec says of the bytes in it. */
export function expectReadsInside(
  codec: Codec,
  bytes: Uint8Array,
  fill: number,
  receivedMs: number,
  device = '',
): void {
  const said = everythingSaid(codec, bytes, 0xa5, receivedMs, device)
  expect(everythingSaid(codec, bytes, fill, receivedMs, device)).toEqual(said)
  if (bytes.length > 0) expect(said.split[1]).not.toBe(NEED_MORE)
}

/**
 * Whatever the bytes: nothing throws, splitting ends, no function reads outside, and what comes out can be. `fill` is
 * what surrounds them the second time.
 */
export function expectSound(codec: Codec, bytes: Uint8Array, fill: number, receivedMs: number, device = ''): void {
  const into = session(device)
  for (const frame of expectCovered(codec, bytes))
    for (const row of take(codec, frame, into, receivedMs).rows) expectCredible(row, receivedMs)
  expectReadsInside(codec, bytes, fill, receivedMs, device)
}

/** Attributes are JSON in which no object has a key twice. */
export function expectKeysOnce(codec: Codec, frame: Uint8Array, receivedMs: number): void {
  records.reset()
  const context = { receivedMs, transport: TCP, state: new Int32Array(2), device: frame, deviceStart: 0, deviceEnd: 0 }
  codec.decode(frame, 0, frame.length, context, records)
  for (let row = 0; row < records.rows; row++) {
    const text = Buffer.from(records.attributes.value(row)).toString('utf8')
    // Strings with a colon behind them; JSON.parse keeps the last of two equal keys, and so would find fewer.
    const written = [...text.matchAll(/"(?:[^"\\]|\\.)*"(:?)/g)].filter(([, colon]) => colon === ':').length
    expect([text, keysOf(JSON.parse(text))]).toEqual([text, written])
  }
}

/** Keys of an object and of all that it holds. */
function keysOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  const own = Array.isArray(value) ? 0 : Object.keys(value).length
  return Object.values(value).reduce<number>((sum, inner) => sum + keysOf(inner), own)
}

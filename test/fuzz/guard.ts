/**
 * A codec under guard: every call is made twice, on two copies of its bytes that lie between different other bytes, and
 * what it must never do ends the mutant: answer otherwise because of what lies outside, write more than it may, or take long.
 */
import type { Signature } from '../../src/codecs/signatures.ts'
import {
  ACK_BYTES_MAX,
  BAD_IDENTITY,
  DEVICE_ID_MAX,
  FINAL,
  RECORDS_PER_FRAME_MAX,
  YES,
  type Codec,
  type FrameContext,
} from '../../src/codecs/codec.ts'
import { Records } from '../../src/codecs/records.ts'

/** A rule that a codec or the gateway broke. */
export class Violation extends Error {
  constructor(
    readonly rule: string,
    readonly detail: string,
  ) {
    super(`${rule}: ${detail}`)
  }
}

/** Longest that one call may take; what is slower is called again before it is believed. */
const CALL_MS_MAX = 5
/** To split may take as much more for each byte at hand: a search may sum up a frame's length at each of them. */
const SPLIT_MS_PER_BYTE = 0.005
const RETRIES = 4
const ROOM = 131_072
const BEFORE = 24,
  BEHIND = 48
/** What lies around a frame: bytes that mean something to one protocol or another. */
const SURROUNDINGS = Array.from(Buffer.from('0,9#*;:.FA\r\n[]()$@+-N'), (byte) => byte).concat([
  0, 0x78, 0x7e, 0x7d, 0xff,
])

class Lane {
  readonly bytes = new Uint8Array(ROOM)
  readonly records = new Records()
  readonly state = new Int32Array(2)
  readonly id = new Uint8Array(DEVICE_ID_MAX)
  readonly reply = new Uint8Array(ACK_BYTES_MAX + 64)
  readonly hash = new Uint32Array(2)
  start = 0
  end = 0
  constructor(private readonly shift: number) {}

  place(bytes: Uint8Array, start: number, end: number, around: number): void {
    this.start = BEFORE + this.shift
    this.end = this.start + end - start
    this.bytes.fill(around, this.start - BEFORE, this.start)
    if (end - start > 256) this.bytes.set(bytes.subarray(start, end), this.start)
    else for (let from = start, to = this.start; from < end; from++) this.bytes[to++] = bytes[from]
    this.bytes.fill(around, this.end, this.end + BEHIND)
  }
}

export interface Timing {
  /** Slowest call of `decode`, and of anything else, in ms. */
  decodeMs: number
  callMs: number
  /** Time in `split` since it was last set to 0. */
  splitMs: number
}

/** The codec's net side under guard, and its decoding. */
export class Guard {
  private readonly one = new Lane(0)
  private readonly two = new Lane(7)
  private around = 0
  readonly timing: Timing = { decodeMs: 0, callMs: 0, splitMs: 0 }

  /** Of a row of data only its confirmation can go wrong. */
  private signature(inner: Codec, row: Signature): Signature {
    const { confirm } = row
    if (confirm === undefined) return row
    return Object.assign({}, row, {
      confirm: (bytes: Uint8Array, start: number, end: number) => {
        const verdict = this.twice(inner, 'recognise', bytes, start, end, (lane) =>
          confirm(lane.bytes, lane.start, lane.end),
        )
        if (!(verdict >= 0 && verdict <= YES)) throw new Violation('recognise', `${row.name}: ${verdict}`)
        return verdict
      },
    })
  }

  codec(inner: Codec): Codec {
    const { one, two } = this
    return {
      ...inner,
      signatures: inner.signatures.map((row) => this.signature(inner, row)),
      split: (bytes, start, end, silentMs) => {
        const size = this.twice(inner, 'split', bytes, start, end, (lane) =>
          inner.split(lane.bytes, lane.start, lane.end, silentMs),
        )
        if (!Number.isInteger(size) || Math.abs(size) > end - start)
          throw new Violation('split', `${inner.name}: ${size} of ${end - start}`)
        if (size === 0 && silentMs === FINAL)
          throw new Violation('split', `${inner.name}: waits though nothing will come`)
        return size
      },
      identify: (bytes, start, end, id, state) => {
        const length = this.twice(inner, 'identify', bytes, start, end, (lane) => {
          lane.state.set(state)
          return inner.identify(lane.bytes, lane.start, lane.end, lane.id, lane.state)
        })
        if (!(length >= BAD_IDENTITY && length <= DEVICE_ID_MAX))
          throw new Violation('identify', `${inner.name}: length ${length}`)
        for (let at = 0; at < length; at++) {
          if (one.id[at] !== two.id[at]) throw new Violation('reads outside', `${inner.name}.identify`)
          if (one.id[at] < 0x21 || one.id[at] > 0x7e)
            throw new Violation('identify', `${inner.name}: byte ${one.id[at]}`)
          id[at] = one.id[at]
        }
        return length
      },
      ack: (bytes, start, end, receivedMs, reply, at, state) => {
        const length = this.twice(inner, 'ack', bytes, start, end, (lane) => {
          lane.state.set(state)
          lane.reply.fill(lane === one ? 0x11 : 0xee, 0, 256)
          return inner.ack(lane.bytes, lane.start, lane.end, receivedMs, lane.reply, 16, lane.state)
        })
        if (!(length >= 0 && length <= ACK_BYTES_MAX)) throw new Violation('ack', `${inner.name}: length ${length}`)
        for (let byte = 0; byte < 16; byte++)
          if (one.reply[byte] !== 0x11) throw new Violation('ack', `${inner.name}: writes before its place`)
        for (let byte = 0; byte < length; byte++) {
          if (one.reply[16 + byte] !== two.reply[16 + byte]) throw new Violation('reads outside', `${inner.name}.ack`)
          reply[at + byte] = one.reply[16 + byte]
        }
        return length
      },
      advance: (bytes, start, end, receivedMs, state) => {
        this.twice(inner, 'advance', bytes, start, end, (lane) => {
          lane.state.set(state)
          inner.advance(lane.bytes, lane.start, lane.end, receivedMs, lane.state)
          return 0
        })
        for (let word = 0; word < state.length; word++) {
          if (one.state[word] !== two.state[word]) throw new Violation('reads outside', `${inner.name}.advance`)
          state[word] = one.state[word]
        }
      },
    }
  }

  /** Hashes and decodes the frame; the records, which hold its rows alone until the next call. Negative: the reject. */
  decode(codec: Codec, bytes: Uint8Array, context: FrameContext): { count: number; records: Records } {
    const { one, two } = this
    this.twice(codec, 'hash', bytes, 0, bytes.length, (lane) => {
      codec.hash(lane.bytes, lane.start, lane.end, lane.hash)
      return 0
    })
    if (one.hash[0] !== two.hash[0] || one.hash[1] !== two.hash[1])
      throw new Violation('reads outside', `${codec.name}.hash`)
    const state = [context.state[0], context.state[1]]
    const count = this.twice(codec, 'decode', bytes, 0, bytes.length, (lane) => {
      context.state.set(state)
      lane.records.reset()
      return codec.decode(lane.bytes, lane.start, lane.end, context, lane.records)
    })
    if (context.state[0] !== state[0] || context.state[1] !== state[1])
      throw new Violation('decode', `${codec.name}: changes the session's memory`)
    const difference = differingColumn(one.records, two.records)
    if (difference !== '') throw new Violation('reads outside', `${codec.name}.decode: ${difference}`)
    if (count >= 0 && count !== one.records.rows)
      throw new Violation('decode', `${codec.name}: says ${count} rows, wrote ${one.records.rows}`)
    if (count > RECORDS_PER_FRAME_MAX) throw new Violation('decode', `${codec.name}: ${count} rows`)
    return { count, records: one.records }
  }

  private twice(
    codec: Codec,
    name: 'recognise' | 'split' | 'identify' | 'ack' | 'advance' | 'hash' | 'decode',
    bytes: Uint8Array,
    start: number,
    end: number,
    call: (lane: Lane) => number,
  ): number {
    const { one, two, timing } = this
    this.around = (this.around + 1) % SURROUNDINGS.length
    one.place(bytes, start, end, SURROUNDINGS[this.around])
    two.place(bytes, start, end, SURROUNDINGS[(this.around + 5) % SURROUNDINGS.length])
    try {
      const before = performance.now()
      const answer = call(one)
      let ms = performance.now() - before
      const most = CALL_MS_MAX + (name === 'split' ? (end - start) * SPLIT_MS_PER_BYTE : 0)
      const slowest = name === 'decode' ? timing.decodeMs : timing.callMs
      for (let tries = 0; (ms > slowest || ms > most) && tries < RETRIES; tries++) {
        const again = performance.now()
        call(one)
        ms = Math.min(ms, performance.now() - again)
      }
      if (ms > slowest) timing[name === 'decode' ? 'decodeMs' : 'callMs'] = ms
      if (ms > most) throw new Violation('slow', `${codec.name}.${name}: ${ms.toFixed(1)} ms for ${end - start} bytes`)
      if (name === 'split') timing.splitMs += ms
      const other = call(two)
      if (answer !== other) throw new Violation('reads outside', `${codec.name}.${name}: ${answer} or ${other}`)
      return answer
    } catch (error) {
      if (error instanceof Violation) throw error
      throw new Violation(
        'exception',
        `${codec.name}.${name}: ${(error as Error).stack?.split('\n').slice(0, 3).join(' ')}`,
      )
    }
  }
}

const COLUMNS = [
  ...([
    'isFix',
    'fixMs',
    'latE7',
    'lonE7',
    'altitudeM',
    'speedKph',
    'courseDeg',
    'hdop',
    'satellites',
    'valid',
  ] as const),
  ...([
    'source',
    'buffered',
    'ignition',
    'motion',
    'charging',
    'batteryPct',
    'batteryV',
    'powerV',
    'odometerKm',
  ] as const),
  ...(['rssi', 'mcc', 'mnc', 'lac', 'cellId', 'inputs', 'outputs', 'idLow', 'idHigh', 'alarmEnds'] as const),
]

/** Name of the first column that differs, or ''. */
function differingColumn(one: Records, two: Records): string {
  if (one.rows !== two.rows) return `${one.rows} or ${two.rows} rows`
  for (const name of COLUMNS)
    for (let row = 0; row < one.rows; row++) if (!Object.is(one[name][row], two[name][row])) return name
  for (let at = 0; at < one.alarmCount; at++) if (one.alarmCodes[at] !== two.alarmCodes[at]) return 'alarms'
  for (const name of ['message', 'attributes'] as const) {
    const [a, b] = [one[name], two[name]]
    if (a.length !== b.length) return name
    for (let at = 0; at < a.length; at++) if (a.bytes[at] !== b.bytes[at]) return name
  }
  return ''
}

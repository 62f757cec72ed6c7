/**
 * Every fixture and, where they are at hand, every vector of the specification, made ready to be sent to a port: its
 * options, the login it needs, what it must give when it is received now.
 */
import { join } from 'node:path'
import type { Codec } from '../../src/codecs/codec.ts'
import { DeviceSettings, type DeviceOptions } from '../../src/codecs/device-settings.ts'
import { login } from '../../src/codecs/gt06/encode.ts'
import { codecOptions, createCodecs } from '../../src/codecs/registry.ts'
import type { Row } from '../../src/codecs/row.ts'
import { session, splitAll, take, type Decoded } from '../../src/codecs/walk.ts'
import { TRACKER_PROTOCOLS } from '../../src/simulator/protocols.ts'
import { hexOf } from '../codecs/harness.ts'
import { GT06_MODELS, JT808_REFUSED, tk103Expected, WATCH_ACKS } from '../codecs/vector-exceptions.ts'
import { differences, readVectors, specificationVectors, vectorBytes, type Vector } from '../codecs/vectors.ts'
import { ROOT } from './gateway-process.ts'

/** What one protocol's vectors say beyond those of others. */
type AnyVector = Omit<Vector, 'kind' | 'expect'> & {
  kind: Vector['kind'] | 'positions'
  expect: Record<string, unknown> | Record<string, unknown>[]
  /** atrack fixtures: expectations by record. */
  rows?: Record<string, unknown>[]
  options?: Record<string, unknown>
  settings?: { form?: string }
  /** What a device file says. */
  devices?: DeviceOptions[]
  ack_hex?: string | null
  ack_text?: string
  checksum_ok?: boolean
}

/** Names and values that one row, or any of the rows, must have. */
export interface Expectation {
  /** Number of the row; null: any. */
  row: number | null
  kind: string
  expect: Record<string, unknown>
}

export interface PortCase {
  id: string
  protocol: string
  specification: boolean
  bytes: Uint8Array
  /** Of `[codecs.<protocol>]`, where not the defaults. */
  options: Record<string, unknown>
  /** What a device file says, where one is needed. */
  devices: DeviceOptions[]
  /** What the connection says first, so that it has a device; empty where the frames say it themselves. */
  login: Uint8Array
  loginAck: string
  /**
   * Frames in hex with their device, as a session has it; device and content as one word; keys of the rows; the reason of
   * those refused.
   */
  frames: { hex: string; device: string; content: string; records: string[]; reject: string | null }[]
  /** What holds of the rows, whenever they are received. */
  expectations: Expectation[]
  /** Expected names that depend on the time of receipt, and do not hold now. */
  dependent: string[]
  /** Reply in hex, login included; null where it holds the time. */
  ack: string | null
  ackBytes: number
}

/** Names by what they say, where columns have another one; and names for lists whose order says nothing. */
function normalised(protocol: string, vector: AnyVector): Expectation[] {
  const all = vector.rows ?? (Array.isArray(vector.expect) ? vector.expect : [vector.expect])
  const many = vector.rows !== undefined || Array.isArray(vector.expect)
  return all.map((expect, index) => {
    let said = { ...expect }
    if (protocol === 'tk103') said = tk103Expected({ ...vector, expect } as Vector)
    if (protocol === 'jt808' && typeof said.sent_at === 'string') {
      said.device_time = said.sent_at
      delete said.sent_at
    }
    const kind = vector.kind === 'positions' ? 'position' : vector.kind === 'none' ? 'attributes' : vector.kind
    return { row: many ? index : null, kind, expect: said }
  })
}

const optionsOf = (protocol: string, vector: AnyVector): Record<string, unknown> => {
  if (vector.options) return vector.options
  if (protocol === 'gt06' && vector.model !== undefined) {
    const model = GT06_MODELS[vector.model] ?? (/^[a-z]/.test(vector.model) ? vector.model : 'concox')
    return model === 'concox' ? {} : { model }
  }
  if (protocol === 'atrack' && vector.settings?.form) return { form: vector.settings.form }
  if (protocol === 'jt808' && vector.checksum_ok === false) return { check: 'lenient' }
  return {}
}

/** Lines that are not compared line by line, with the reason. */
export const EXCEPTIONS: Record<string, string> = Object.fromEntries(
  Object.entries(JT808_REFUSED)
    .filter(([, { lenient }]) => !lenient)
    .map(([id, { reject, why }]) => [id, `the page has it refused (${why}); compared as that: ${reject}`]),
)

const SOME_DAYS_MS = 1_234_567_000
const hash = new Uint32Array(2)
const FIRST_DEVICE = 861_000_000_000_000
let devices = 0

/** Times at which a line may have been meant to be received: said, shortly after it was sent, or now. */
function meantAt(vector: AnyVector, expectations: Expectation[]): number[] {
  const sent = expectations
    .flatMap(({ expect }) => [expect.fix_time, expect.device_time, expect.sent_at])
    .filter((time) => typeof time === 'string')
    .map((time) => Date.parse(time))
  const said = vector.received_at === undefined ? [] : [Date.parse(vector.received_at)]
  return [...said, ...(sent.length > 0 ? [Math.max(...sent) + 3000, Math.max(...sent)] : []), Date.now()]
}

/** Names of the expectation that no row fulfils. */
export function failing(rows: Row[], { row, kind, expect }: Expectation): string[] {
  const candidates = row === null ? rows : rows.slice(row, row + 1)
  return Object.keys(expect).filter((name) =>
    name === 'alarms'
      ? !candidates.some(({ alarms }) => sameWords(alarms, expect.alarms))
      : differences(candidates, kind, { [name]: expect[name] }).length > 0,
  )
}

/** Lists whose order says nothing. */
const sameWords = (one: unknown, two: unknown) =>
  JSON.stringify((one as string[]).toSorted()) === JSON.stringify((two as string[]).toSorted())

/** A position that is none yet, or not any more: its row is one of telemetry. */
const asTelemetry = ({ row, expect }: Expectation): Expectation => {
  const { fix_time, ...rest } = expect
  return { row, kind: 'attributes', expect: fix_time === undefined ? rest : { ...rest, device_time: fix_time } }
}

interface Walk {
  frames: Decoded[]
  rows: Row[]
  loginAck: string
  ack: string
}

function walk(codec: Codec, login: Uint8Array, bytes: Uint8Array, receivedMs: number): Walk {
  const into = session()
  const first = splitAll(codec, login).frames.map((frame) => take(codec, frame, into, receivedMs))
  const frames = splitAll(codec, bytes).frames.map((frame) => take(codec, frame, into, receivedMs))
  const ackOf = (all: Decoded[]) => all.map(({ ack }) => hexOf(ack)).join('')
  return {
    frames,
    rows: frames.filter(({ reject }) => reject === null).flatMap(({ rows }) => rows),
    loginAck: ackOf(first),
    ack: ackOf(frames),
  }
}

/** Of a unit that says no zone: the times of the lines are UTC. */
function loginOf(protocol: string, imei: string): Uint8Array {
  return protocol === 'gt06' ? login({ imei }, 1) : TRACKER_PROTOCOLS[protocol].login(imei, 1)
}

function caseOf(protocol: string, vector: AnyVector, specification: boolean): PortCase {
  const options = optionsOf(protocol, vector)
  const codec = createCodecs(
    codecOptions.parse({ [protocol]: options }),
    new DeviceSettings(vector.devices ?? []),
  ).find(({ name }) => name === protocol)!
  const bytes = vectorBytes(vector as Vector)
  const alone = walk(codec, new Uint8Array(0), bytes, Date.now())
  const nameless = alone.frames.some(({ device, reject }) => device === '' && reject === null)
  const first = nameless ? loginOf(protocol, String(FIRST_DEVICE + devices++)) : new Uint8Array(0)

  const wanted = vector.kind === 'login' && alone.rows.length === 0 ? [] : normalised(protocol, vector)
  const now = walk(codec, first, bytes, Date.now())
  let best: { expectations: Expectation[]; missing: string[] } | null = null
  for (const time of meantAt(vector, wanted))
    for (const form of [(each: Expectation) => each, asTelemetry]) {
      const then = walk(codec, first, bytes, time)
      const expectations = wanted.map(form)
      const missing = expectations.flatMap((each) => failing(then.rows, each))
      if (best === null || missing.length < best.missing.length) best = { expectations, missing }
    }
  const { expectations, missing } = best!
  const later = walk(codec, first, bytes, Date.now() + SOME_DAYS_MS)
  const excepted = vector.id in EXCEPTIONS || vector.kind === 'none'
  if (missing.length > 0 && !excepted) throw new Error(`${vector.id}: ${missing.join(', ')} hold at no time`)

  const dependent: string[] = []
  const held = expectations.map((each) => {
    const lostFix = each.kind === 'position' && failing(now.rows, { ...each, expect: { valid: null } }).length > 0
    const isFix = now.rows.some(({ table }) => table === 'fixes')
    const form = lostFix && !isFix ? asTelemetry(each) : each
    const gone = new Set(failing(now.rows, form))
    dependent.push(...gone)
    const expect = Object.fromEntries(Object.entries(form.expect).filter(([name]) => !gone.has(name)))
    return { row: form.row, kind: form.kind, expect }
  })
  return {
    id: vector.id,
    protocol,
    specification,
    bytes,
    options,
    devices: vector.devices ?? [],
    login: first,
    loginAck: now.loginAck,
    frames: now.frames.map(({ frame, device, reject, rows, recordIds }) => {
      codec.hash(frame, 0, frame.length, hash)
      const content = `${device} ${hash.join(' ')}`
      const records = rows.map((row, index) =>
        [device, row.fix_time ?? row.sent_at, recordIds[index] || `${content} ${index}`].join(' '),
      )
      return { hex: hexOf(frame), device, content, records, reject }
    }),
    expectations: excepted && missing.length > 0 ? [] : held,
    dependent: excepted ? [] : dependent,
    // One that holds the time is the codec tests' business.
    ack: later.ack === now.ack ? (givenAck(vector) ?? now.ack) : null,
    ackBytes: now.ack.length / 2,
  }
}

/** The reply as the vector gives it, in hex. */
function givenAck(vector: AnyVector): string | null {
  const text = (Array.isArray(vector.expect) ? undefined : (vector.expect.ack as string | undefined)) ?? vector.ack_text
  if (vector.id in WATCH_ACKS) return Buffer.from(WATCH_ACKS[vector.id], 'latin1').toString('hex')
  if (typeof text === 'string') return Buffer.from(text, 'latin1').toString('hex')
  return vector.ack_hex ?? null
}

export function portCases(protocol: string): PortCase[] {
  const fixtures = readVectors(join(ROOT, 'fixtures', `${protocol}.jsonl`)) as unknown as AnyVector[]
  const specification = specificationVectors(protocol) as unknown as AnyVector[]
  return [
    ...fixtures.map((vector) => caseOf(protocol, vector, false)),
    ...specification.map((vector) => caseOf(protocol, vector, true)),
  ]
}

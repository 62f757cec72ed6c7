/**
 * Compares decoded rows with an expectation in the vectors' vocabulary: a flat object whose names are column names or
 * attribute names. Used for `fixtures/*.jsonl` and, where it is at hand, the specification's own vectors.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Row } from '../../src/codecs/row.ts'

export interface Vector {
  id: string
  /** Where the frame comes from: a maker's paper, a tracker, our encoder. */
  source?: string
  input_hex?: string
  /** The frame as it is on the wire, where `input_hex` is not. */
  wire_hex?: string
  input_text?: string
  kind: 'login' | 'position' | 'positions' | 'attributes' | 'none'
  /** Device model the decode needs to know, for clones that reuse the maker's message numbers. */
  model?: string
  /** Receive time, where the decode depends on it; ISO 8601. */
  received_at?: string
  /** What the frame's record says; where `kind` is `positions`, a list with one of these a record. */
  expect: Expectation
}

export type Expectation = Record<string, unknown>

/** The columns that carry a vector's name under another name. */
const COLUMN_OF: Record<string, string> = {
  course: 'course_deg',
  altitude: 'altitude_m',
  battery_level: 'battery_pct',
  battery_voltage: 'battery_v',
  external_voltage: 'power_v',
  external_power_v: 'power_v',
  power_voltage: 'power_v',
  gsm_signal: 'rssi',
  lat: 'latitude',
  lon: 'longitude',
  archive: 'buffered',
  device_time: 'sent_at',
  rssi_dbm: 'rssi',
  message_type: 'message',
  rssi_pct: 'gsm_pct',
  type: 'message',
}
/** Names that say something about the frame or the session, not about its rows. */
const NOT_IN_ROWS = new Set(['device_id', 'frames_hex', 'ack', 'ack_hex', 'type_code', 'timezone_minutes', 'language'])
const TOLERANCE: Record<string, number> = { latitude: 1e-6, longitude: 1e-6, speed_kph: 0.001 }

export function readVectors(path: string): Vector[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.startsWith('//'))
    .map((line) => JSON.parse(line) as Vector)
}

/** Vectors of the specification, or none where the checkout stands alone. */
export function specificationVectors(protocol: string): Vector[] {
  const path = join(import.meta.dir, '../../../shared/vectors', `${protocol}.jsonl`)
  return existsSync(path) ? readVectors(path) : []
}

/** False for vectors that open no connection: garbage on purpose, and atrack's `$OK`, which belongs into a session. */
export const holdsFrame = (vector: Vector) =>
  (vector.expect.frames_hex as unknown[] | undefined)?.length !== 0 && vector.expect.result !== '$OK'

export function vectorBytes(vector: Vector): Uint8Array {
  if (vector.wire_hex !== undefined) return Uint8Array.from(Buffer.from(vector.wire_hex, 'hex'))
  return vector.input_hex !== undefined
    ? Uint8Array.from(Buffer.from(vector.input_hex, 'hex'))
    : Uint8Array.from(Buffer.from(vector.input_text!, 'latin1'))
}

/** What differs, in words; empty when every expectation holds in one of the rows. Each of a list has a row of its own. */
export function differences(rows: Row[], kind: string, expect: Expectation | Expectation[]): string[] {
  const isFix = kind.startsWith('position')
  const table = isFix ? 'fixes' : 'telemetry'
  if ((isFix || kind === 'attributes') && !rows.some((row) => row.table === table))
    return [`no row of ${table}; rows: ${JSON.stringify(rows)}`]
  if (Array.isArray(expect)) return differencesOfEach(rows, kind, expect)
  const found: string[] = []
  for (const [name, want] of Object.entries(expect)) {
    if (NOT_IN_ROWS.has(name)) continue
    if (!rows.some((row) => row.table === table && same(name, valueOf(row, name), want)))
      found.push(`${name}: want ${JSON.stringify(want)}, have ${JSON.stringify(rows.map((row) => valueOf(row, name)))}`)
  }
  return found
}

/** Rows come in any order, and may be more. */
function differencesOfEach(rows: Row[], kind: string, expect: Expectation[]): string[] {
  const left = [...rows]
  return expect.flatMap((each, index) => {
    const at = left.findIndex((row) => differences([row], kind, each).length === 0)
    if (at >= 0) left.splice(at, 1)
    return at >= 0 ? [] : [`record ${index}: no row for ${JSON.stringify(each)}; rows left: ${JSON.stringify(left)}`]
  })
}

function valueOf(row: Row, name: string): unknown {
  if (name === 'alarm') return row.alarms
  const column = COLUMN_OF[name] ?? name
  if (column in row && row[column] !== null) return row[column]
  if (name === 'odometer') return row.odometer_km === null ? null : (row.odometer_km as number) * 1000
  if (name === 'obd_odometer_km') return row.odometer_km ?? row.attributes[name]
  return row.attributes[name] ?? row.attributes[column] ?? row[column] ?? null
}

function same(name: string, have: unknown, want: unknown): boolean {
  if (name === 'alarm') return (have as string[]).includes(want as string)
  if (name === 'fix_time' || name === 'device_time' || (name === 'sent_at' && have !== null && want !== null))
    return Date.parse(String(have)) === Date.parse(String(want))
  if (typeof want === 'number' && typeof have === 'number')
    return Math.abs(have - want) <= (TOLERANCE[name] ?? Math.max(1e-6, Math.abs(want) * 1e-6))
  if (Array.isArray(want))
    return Array.isArray(have) && have.length === want.length && want.every((w, i) => same('', have[i], w))
  if (typeof want === 'object' && want !== null)
    return (
      typeof have === 'object' &&
      have !== null &&
      Object.entries(want).every(([k, w]) => same('', (have as Record<string, unknown>)[k], w))
    )
  return have === want
}

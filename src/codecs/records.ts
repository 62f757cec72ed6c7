/**
 * Columns that decoders write into: one row per record a frame yields. A record with coordinates becomes a row of
 * `fixes`, one without becomes a row of `telemetry`; `isFix` says which. Numbers a tracker did not send stay at the
 * column's "unknown" value, which becomes NULL. Everything a column does not hold goes to the record's attributes.
 *
 * Writing one record:
 *   const row = records.begin(MESSAGE_NAME)      // Uint8Array with the protocol's own message name
 *   records.fixMs[row] = …; records.latE7[row] = …
 *   records.alarm(Alarm.sos)
 *   attributeInt(records, KEY_SERIAL, serial)    // see attributes.ts
 *   records.end()
 */
import { RECORDS_PER_FRAME_MAX } from './codec.ts'
import { type Chunk, put, TextColumn } from './text.ts'

/** "Not said" in the Int8, Int16 and Int32 columns. */
export const UNKNOWN = -128
const OPENING_BRACE = 0x7b
const CLOSING_BRACE = 0x7d
const QUESTION_MARK = 0x3f
/** Longest message name that a tracker may make up. */
export const MESSAGE_BYTES_MAX = 32
const NO_NAME = new Uint8Array(0)
/** Values of `source`. */
export const SOURCES = ['gnss', 'lbs', 'wifi', 'last_known'] as const
export const Source = { gnss: 0, lbs: 1, wifi: 2, lastKnown: 3 } as const

export class Records {
  rows = 0
  capacity = 0

  /** 1: the record has coordinates. */
  isFix!: Uint8Array
  /** The tracker's clock, ms since 1970, UTC; NaN: not said. A fix needs it. */
  fixMs!: Float64Array
  /** 1e-7 degree, WGS 84, north and east positive. */
  latE7!: Int32Array
  lonE7!: Int32Array
  /** NaN: not said. 0 ≤ course < 360, clockwise from true north. */
  altitudeM!: Float32Array
  speedKph!: Float32Array
  courseDeg!: Float32Array
  hdop!: Float32Array
  /** UNKNOWN: not said. */
  satellites!: Int16Array
  /** 1: the receiver claimed a fix. */
  valid!: Uint8Array
  /** A value of `Source`. */
  source!: Uint8Array
  /** 1: stored by the tracker and sent later. */
  buffered!: Uint8Array
  /** 0, 1 or UNKNOWN. */
  ignition!: Int8Array
  motion!: Int8Array
  charging!: Int8Array
  /** 0 to 100, or UNKNOWN. */
  batteryPct!: Int16Array
  /** NaN: not said. */
  batteryV!: Float32Array
  powerV!: Float32Array
  odometerKm!: Float64Array
  /** Signal strength as the tracker gives it, or UNKNOWN (a tracker that says -128 has no signal to speak of). */
  rssi!: Int16Array
  /** Serving cell; UNKNOWN or, for the cell id, NaN: not said. */
  mcc!: Int16Array
  mnc!: Int16Array
  /** LAC or TAC, up to 32 bits; NaN: not said. */
  lac!: Float64Array
  cellId!: Float64Array
  /** Bit masks. */
  inputs!: Uint32Array
  outputs!: Uint32Array
  /**
   * Content hash of this record alone, for protocols whose frames carry several that may come again in other company:
   * the same record then is one row, whatever frame brought it. Both 0: the frame's hash and the record's number serve.
   */
  idLow!: Uint32Array
  idHigh!: Uint32Array
  /** Frame of the batch that the row came from; set by the worker, not by codecs. */
  frame!: Int32Array

  /** Alarm codes of all rows, back to back; row i has alarmCodes[i ? alarmEnds[i - 1] : 0, alarmEnds[i]). */
  alarmCodes = new Uint8Array(1024)
  alarmEnds!: Int32Array
  alarmCount = 0

  /** Name of the message, in the protocol's own words. */
  readonly message = new TextColumn()
  /** Attributes as JSON text. */
  readonly attributes = new TextColumn()

  constructor(capacity = 4 * RECORDS_PER_FRAME_MAX) {
    this.reserve(capacity)
  }

  /** Makes room for `more` rows, keeping those there are. */
  reserve(more: number): void {
    if (this.rows + more <= this.capacity) return
    let capacity = Math.max(this.capacity, 512)
    while (capacity < this.rows + more) capacity *= 2
    for (const [name, Type, unknown] of COLUMNS) {
      const grown = new Type(capacity)
      if (unknown !== 0) grown.fill(unknown)
      const old = this[name] as Float64Array | undefined
      if (old) grown.set(old.subarray(0, this.rows))
      ;(this as Record<string, unknown>)[name] = grown
    }
    this.capacity = capacity
  }

  /** Opens the next row; its columns hold "unknown" until written. The caller has reserved it. */
  begin(message: Uint8Array): number {
    this.message.append(message, 0, message.length)
    return this.rows
  }

  /** The same with a name made ready by `chunk`. */
  beginChunk(message: Chunk): number {
    const text = this.message
    text.reserve(message.length + 8)
    text.length = put(text.view, text.length, message)
    return this.rows
  }

  /**
   * Opens the next row of a message that the tracker named itself, in `bytes[from, to)`: what it says need not be a name, so
   * it is kept short, with `?` for what is no printable ASCII.
   */
  beginNamed(bytes: Uint8Array, from: number, to: number): number {
    const end = Math.min(to, from + MESSAGE_BYTES_MAX)
    for (let at = from; at < end; at++)
      this.message.push(bytes[at] >= 0x20 && bytes[at] < 0x7f ? bytes[at] : QUESTION_MARK)
    return this.begin(NO_NAME)
  }

  /** Adds a normalised alarm to the open row; twice the same is once. 0 is ignored. */
  alarm(code: number): void {
    if (code === 0) return
    const first = this.rows ? this.alarmEnds[this.rows - 1] : 0
    for (let at = first; at < this.alarmCount; at++) if (this.alarmCodes[at] === code) return
    if (this.alarmCount === this.alarmCodes.length) {
      const grown = new Uint8Array(this.alarmCodes.length * 2)
      grown.set(this.alarmCodes)
      this.alarmCodes = grown
    }
    this.alarmCodes[this.alarmCount++] = code
  }

  /** Closes the open row. */
  end(): void {
    this.message.end()
    const text = this.attributes
    if (text.length === text.start) text.push(OPENING_BRACE)
    text.push(CLOSING_BRACE)
    text.end()
    this.alarmEnds[this.rows++] = this.alarmCount
  }

  /** Forgets the open row and every row from `row` on: a frame that turned out to be bad leaves no half record. */
  rollback(row: number): void {
    const from = this.rows
    this.rows = row
    this.alarmCount = row ? this.alarmEnds[row - 1] : 0
    this.message.truncate(row)
    this.attributes.truncate(row)
    this.clean(row, from + 1)
  }

  /** Empties the columns for the next batch. */
  reset(): void {
    this.clean(0, this.rows + 1)
    this.rows = 0
    this.alarmCount = 0
    this.message.reset()
    this.attributes.reset()
  }

  private clean(from: number, to: number): void {
    for (const [name, , unknown] of COLUMNS) (this[name] as Float64Array).fill(unknown, from, to)
  }
}

const COLUMNS = [
  ['isFix', Uint8Array, 0],
  ['fixMs', Float64Array, NaN],
  ['latE7', Int32Array, 0],
  ['lonE7', Int32Array, 0],
  ['altitudeM', Float32Array, NaN],
  ['speedKph', Float32Array, NaN],
  ['courseDeg', Float32Array, NaN],
  ['hdop', Float32Array, NaN],
  ['satellites', Int16Array, UNKNOWN],
  ['valid', Uint8Array, 0],
  ['source', Uint8Array, 0],
  ['buffered', Uint8Array, 0],
  ['ignition', Int8Array, UNKNOWN],
  ['motion', Int8Array, UNKNOWN],
  ['charging', Int8Array, UNKNOWN],
  ['batteryPct', Int16Array, UNKNOWN],
  ['batteryV', Float32Array, NaN],
  ['powerV', Float32Array, NaN],
  ['odometerKm', Float64Array, NaN],
  ['rssi', Int16Array, UNKNOWN],
  ['mcc', Int16Array, UNKNOWN],
  ['mnc', Int16Array, UNKNOWN],
  ['lac', Float64Array, NaN],
  ['cellId', Float64Array, NaN],
  ['inputs', Uint32Array, 0],
  ['outputs', Uint32Array, 0],
  ['idLow', Uint32Array, 0],
  ['idHigh', Uint32Array, 0],
  ['frame', Int32Array, 0],
  ['alarmEnds', Int32Array, 0],
] as const

/** The tables as blocks: which column of ClickHouse is written from which column of the worker. */
import { ALARM_NAMES } from '../codecs/alarms.ts'
import { QUARANTINED, TRANSPORTS } from '../codecs/frame-record.ts'
import { SOURCES, type Records } from '../codecs/records.ts'
import { REJECT_NAMES } from '../codecs/rejects.ts'
import type { FrameTable } from './frames.ts'
import { BlockWriter, wordOf } from './native.ts'
import { SESSION_TYPES } from './session-rows.ts'

/** All a block can be written from. `order` holds rows of `records`, or of `frames` in the tables of frames. */
export interface Source {
  records: Records
  frames: FrameTable
  /** Codec names by codec id, as words. */
  protocols: readonly Uint8Array[]
  /** Number of a record within its frame, and the record's own id, by row of `records`. */
  recordNumber: Uint16Array
  recordIdLow: Uint32Array
  recordIdHigh: Uint32Array
  /** For the block of alarms: row of `records` and alarm code of each. */
  alarmRow: Int32Array
  alarmCode: Uint8Array
  /** Scratch: frame of each row of the block. */
  frameOf: Int32Array
}

type Write = (out: BlockWriter, source: Source, order: Int32Array, rows: number) => void
/** name, type as it is sent (the server casts), writer */
export type Column = readonly [name: string, type: string, write: Write]

const TRANSPORT_WORDS = TRANSPORTS.map(wordOf)
const SOURCE_WORDS = SOURCES.map(wordOf)
const REASON_WORDS = Array.from(REJECT_NAMES, (name) => wordOf(name ?? ''))
const ALARM_WORDS = ALARM_NAMES.map(wordOf)

/** Methods of the writer, by the type of array that each takes. */
type Kind =
  | 'uint8'
  | 'int32'
  | 'uint32'
  | 'int64'
  | 'nullableBool'
  | 'nullableUint8'
  | 'nullableInt16'
  | 'nullableFloat32'
  | 'nullableFloat64'
  | 'nullableUint32'
  | 'nullableInt64'
type ColumnOf<Values> = { [Name in keyof Records]: Records[Name] extends Values ? Name : never }[keyof Records]

/** A column written from a numeric column of `Records`. */
const number = <K extends Kind>(
  name: string,
  type: string,
  kind: K,
  from: ColumnOf<Parameters<BlockWriter[K]>[0]>,
): Column => [name, type, (out, { records }, order, rows) => out[kind](records[from] as never, order, rows)]

/** Columns that a frame has, written for each row from the frame it came from. */
const DEVICE: Column = [
  'device_id',
  'String',
  (out, { frames, frameOf }, _, rows) => out.parts(frames.bytes, frames.device, frames.remote, frameOf, rows),
]
const RECEIVED: Column = [
  'received_at',
  "DateTime64(3, 'UTC')",
  (out, { frames, frameOf }, _, rows) => out.int64(frames.receivedMs, frameOf, rows),
]
const PROTOCOL: Column = [
  'protocol',
  'String',
  (out, { frames, frameOf, protocols }, _, rows) => out.words(protocols, frames.codec, frameOf, rows),
]
const TRANSPORT: Column = [
  'transport',
  'String',
  (out, { frames, frameOf }, _, rows) => out.words(TRANSPORT_WORDS, frames.transport, frameOf, rows),
]
const FRAME_ID: Column = [
  'frame_id',
  'UInt64',
  (out, { frames, frameOf }, _, rows) => out.uint64(frames.idLow, frames.idHigh, frameOf, rows),
]
const REMOTE: Column = [
  'remote',
  'String',
  (out, { frames, frameOf }, _, rows) => out.parts(frames.bytes, frames.remote, frames.payload, frameOf, rows),
]
const VERSION: Column = [
  'decoder_version',
  'UInt16',
  (out, { frames, frameOf }, _, rows) => out.uint16(frames.version, frameOf, rows),
]
const RECORD: Column = [
  'record',
  'UInt16',
  (out, { recordNumber }, order, rows) => out.uint16(recordNumber, order, rows),
]
const RECORD_ID: Column = [
  'record_id',
  'UInt64',
  (out, { recordIdLow, recordIdHigh }, order, rows) => out.uint64(recordIdLow, recordIdHigh, order, rows),
]
/** In these `order` holds rows of the frame table. */
const SESSION_STATE: Column = [
  'session_state',
  'UInt64',
  (out, { frames }, order, rows) => out.uint64(frames.stateLow, frames.stateHigh, order, rows),
]
const QUARANTINE: Column = [
  'quarantined',
  'Bool',
  (out, { frames }, order, rows) => {
    out.reserve(rows)
    for (let row = 0; row < rows; row++) out.bytes[out.length++] = frames.flags[order[row]] & QUARANTINED
  },
]
/** The bytes of the frame, under the name the table gives them. */
const payload = (name: string): Column => [
  name,
  'String',
  (out, { frames, frameOf }, _, rows) => out.parts(frames.bytes, frames.payload, frames.end, frameOf, rows),
]

const text = (name: string, from: 'message' | 'attributes'): Column => [
  name,
  'String',
  (out, { records }, order, rows) => out.texts(records[from], order, rows),
]

const ALARMS: Column = [
  'alarms',
  'Array(String)',
  (out, { records }, order, rows) => {
    const { alarmCodes, alarmEnds } = records
    out.arrayEnds(alarmEnds, order, rows)
    for (let at = 0; at < rows; at++) {
      const row = order[at]
      for (let alarm = row ? alarmEnds[row - 1] : 0; alarm < alarmEnds[row]; alarm++)
        out.word(ALARM_WORDS[alarmCodes[alarm]])
    }
  },
]

const STATUS: readonly Column[] = [
  number('buffered', 'Bool', 'uint8', 'buffered'),
  number('ignition', 'Nullable(Bool)', 'nullableBool', 'ignition'),
  number('motion', 'Nullable(Bool)', 'nullableBool', 'motion'),
  number('charging', 'Nullable(Bool)', 'nullableBool', 'charging'),
  number('battery_pct', 'Nullable(UInt8)', 'nullableUint8', 'batteryPct'),
  number('battery_v', 'Nullable(Float32)', 'nullableFloat32', 'batteryV'),
  number('power_v', 'Nullable(Float32)', 'nullableFloat32', 'powerV'),
  number('odometer_km', 'Nullable(Float64)', 'nullableFloat64', 'odometerKm'),
  number('rssi', 'Nullable(Int16)', 'nullableInt16', 'rssi'),
  number('mcc', 'Nullable(UInt16)', 'nullableInt16', 'mcc'),
  number('mnc', 'Nullable(UInt16)', 'nullableInt16', 'mnc'),
  number('lac', 'Nullable(UInt32)', 'nullableUint32', 'lac'),
  number('cell_id', 'Nullable(UInt64)', 'nullableInt64', 'cellId'),
  number('inputs', 'UInt32', 'uint32', 'inputs'),
  number('outputs', 'UInt32', 'uint32', 'outputs'),
  ALARMS,
  text('attributes', 'attributes'),
]
const PROVENANCE: readonly Column[] = [FRAME_ID, RECORD, RECORD_ID, VERSION]

export const FIXES: readonly Column[] = [
  DEVICE,
  number('fix_time', "DateTime64(3, 'UTC')", 'int64', 'fixMs'),
  RECEIVED,
  PROTOCOL,
  TRANSPORT,
  text('message', 'message'),
  number('lat_e7', 'Int32', 'int32', 'latE7'),
  number('lon_e7', 'Int32', 'int32', 'lonE7'),
  number('altitude_m', 'Nullable(Float32)', 'nullableFloat32', 'altitudeM'),
  number('speed_kph', 'Nullable(Float32)', 'nullableFloat32', 'speedKph'),
  number('course_deg', 'Nullable(Float32)', 'nullableFloat32', 'courseDeg'),
  number('satellites', 'Nullable(UInt8)', 'nullableUint8', 'satellites'),
  number('hdop', 'Nullable(Float32)', 'nullableFloat32', 'hdop'),
  number('valid', 'Bool', 'uint8', 'valid'),
  ['source', 'String', (out, { records }, order, rows) => out.words(SOURCE_WORDS, records.source, order, rows)],
  ...STATUS,
  ...PROVENANCE,
]

export const TELEMETRY: readonly Column[] = [
  DEVICE,
  number('sent_at', "Nullable(DateTime64(3, 'UTC'))", 'nullableInt64', 'fixMs'),
  RECEIVED,
  PROTOCOL,
  TRANSPORT,
  text('message', 'message'),
  ...STATUS,
  ...PROVENANCE,
]

/** A coordinate of the alarm's record; NULL where the record is no fix. */
const coordinate = (name: string, from: 'latE7' | 'lonE7'): Column => [
  name,
  'Nullable(Int32)',
  (out, { records }, order, rows) => out.nullableInt32(records[from], records.isFix, order, rows),
]

/** `order` holds the record's row for each alarm; `alarmCode` goes along with it. */
export const ALARM_ROWS: readonly Column[] = [
  DEVICE,
  [
    'alarm_time',
    "DateTime64(3, 'UTC')",
    (out, { records, frames, frameOf }, order, rows) => {
      const time = new Float64Array(rows)
      for (let at = 0; at < rows; at++) {
        const fixMs = records.fixMs[order[at]]
        time[at] = fixMs === fixMs ? fixMs : frames.receivedMs[frameOf[at]]
      }
      out.int64(time, IDENTITY.upTo(rows), rows)
    },
  ],
  RECEIVED,
  [
    'alarm',
    'String',
    (out, { alarmCode }, _, rows) => {
      for (let at = 0; at < rows; at++) out.word(ALARM_WORDS[alarmCode[at]])
    },
  ],
  PROTOCOL,
  coordinate('lat_e7', 'latE7'),
  coordinate('lon_e7', 'lonE7'),
  text('attributes', 'attributes'),
  ...PROVENANCE,
]

export const FRAMES: readonly Column[] = [
  FRAME_ID,
  DEVICE,
  RECEIVED,
  PROTOCOL,
  TRANSPORT,
  REMOTE,
  payload('frame'),
  SESSION_STATE,
  QUARANTINE,
]
export const REJECTS: readonly Column[] = [
  RECEIVED,
  DEVICE,
  REMOTE,
  TRANSPORT,
  PROTOCOL,
  ['reason', 'String', (out, { frames }, order, rows) => out.words(REASON_WORDS, frames.reason, order, rows)],
  payload('bytes'),
]

/** A block without rows for each table that frames and sessions fill: does the table take such columns? */
export const emptyBlocks = (): Map<string, Uint8Array> => {
  const out = new BlockWriter()
  return new Map(
    Object.entries({ fixes: FIXES, telemetry: TELEMETRY, alarms: ALARM_ROWS, sessions: SESSION_TYPES }).map(
      ([table, columns]) => {
        out.begin(columns.length, 0)
        for (const [name, type] of columns) out.column(name, type)
        return [table, out.take().bytes]
      },
    ),
  )
}

/** 0, 1, 2 …: the order of rows that are in order already. */
export const IDENTITY = {
  indices: new Int32Array(0),
  upTo(rows: number): Int32Array {
    if (this.indices.length < rows)
      this.indices = Int32Array.from({ length: Math.max(1024, 2 * rows) }, (_, index) => index)
    return this.indices
  },
}

/** Writes one block; `frameOf` of the source must be filled for its rows. */
export const writeBlock = (
  out: BlockWriter,
  columns: readonly Column[],
  source: Source,
  order: Int32Array,
  rows: number,
): void => {
  out.begin(columns.length, rows)
  for (const [name, type, write] of columns) {
    out.column(name, type)
    write(out, source, order, rows)
  }
}

/**
 * What a worker does: decodes the records of a batch into columns and gives back Native blocks, one per table.
 * Runs in a Piscina thread; between tasks nothing lives here but empty columns and scratch buffers.
 */
import { pack, unpack } from 'msgpackr'
import { codecsById, RECORDS_PER_FRAME_MAX, type Codec, type FrameContext } from '../codecs/codec.ts'
import {
  At,
  FRAME,
  QUARANTINED,
  REJECT,
  RELEASED,
  SESSION,
  TRANSPORTS,
  type SessionEnd,
} from '../codecs/frame-record.ts'
import { frameId } from '../codecs/frame-id.ts'
import { Records } from '../codecs/records.ts'
import { Reject, REJECT_NAMES } from '../codecs/rejects.ts'
import { noCounts, type ProtocolCounts } from './counts.ts'
import { FrameTable } from './frames.ts'
import { Ledger, LEDGER_COLUMNS } from './ledger-rows.ts'
import { BlockWriter, wordOf, type NativeBlock } from './native.ts'
import { batchOf, recordHash, recordsOf } from './records.ts'
import { sessionsBlock, SESSION_COLUMNS, type SessionRow } from './session-rows.ts'
import {
  ALARM_ROWS,
  FIXES,
  FRAMES,
  IDENTITY,
  REJECTS,
  TELEMETRY,
  writeBlock,
  type Column,
  type Source,
} from './tables.ts'

export interface DecodeTask {
  arena: ArrayBuffer
  used: number
  /** Records that are not decoded: hash (records.ts) and reject code. */
  refused?: readonly (readonly [hash: string, reason: number])[]
}

export interface TableBlock extends NativeBlock {
  table: string
  columns: readonly string[]
  rows: number
}

/** What became of the frames, for the metrics; travels as msgpack. */
export interface DecodeSummary {
  /** By protocol. */
  protocols: Record<string, ProtocolCounts>
  /** By reason: frames that the decoder refused. */
  rejects: Record<string, number>
  /** What decoders threw, the first few: bugs, to be logged. */
  errors: string[]
}

export interface DecodeResult {
  arena: ArrayBuffer
  frames: number
  blocks: TableBlock[]
  summary: Uint8Array
  /** Equal where equal records give equal rows: made of columns, codecs, their versions and options. */
  decoder: string
}

const names = (columns: readonly Column[]) => columns.map(([name]) => name)
const TABLES = { fixes: FIXES, telemetry: TELEMETRY, alarms: ALARM_ROWS, frames: FRAMES, rejects: REJECTS }
const COLUMN_NAMES = {
  fixes: names(FIXES),
  telemetry: names(TELEMETRY),
  alarms: names(ALARM_ROWS),
  frames: names(FRAMES),
  rejects: names(REJECTS),
}
const NOTHING: NativeBlock = { bytes: new Uint8Array(0), columnEnds: new Uint32Array(0) }
const ERRORS_MAX = 3
const latin1 = new TextDecoder('latin1')

/** A name for a decoder by all that its rows depend on. */
export const decoderName = (codecs: readonly Codec[], ...options: readonly unknown[]): string => {
  const versions = codecs.map((codec) => [codec.id, codec.version])
  return Bun.hash.xxHash64(JSON.stringify([COLUMN_NAMES, versions, options])).toString(36)
}

export class Decoder {
  private readonly codecs: (Codec | undefined)[]
  private readonly records = new Records()
  private readonly frames = new FrameTable()
  private readonly rejects = new FrameTable()
  private readonly out = new BlockWriter()
  private readonly id = new Uint32Array(2)
  private readonly context: FrameContext = {
    receivedMs: 0,
    transport: 0,
    state: new Int32Array(2),
    device: new Uint8Array(0),
    deviceStart: 0,
    deviceEnd: 0,
  }
  private readonly source: Source
  private readonly ledger: Ledger
  private refused: ReadonlyMap<string, number> = new Map()
  private sessions: SessionRow[] = []
  /** Rows of the block at hand, and the frame of each. */
  private order: Int32Array = new Int32Array(0)
  private frameOf: Int32Array = new Int32Array(0)
  private summary: DecodeSummary = { protocols: {}, rejects: {}, errors: [] }
  /** Of the summary, by codec id. */
  private counts: (ProtocolCounts | undefined)[] = []
  /** Position of the record at hand. */
  private at = 0
  /** Rows of `records` before the frame at hand: a refused frame leaves none behind. */
  private rowsBefore = 0

  /** `name` tells this decoder from others that would make other rows. */
  constructor(
    codecs: readonly Codec[],
    private readonly name = '',
  ) {
    this.codecs = codecsById(codecs)
    this.ledger = new Ledger(this.codecs.map((codec) => codec?.name ?? ''))
    const protocols: Uint8Array[] = []
    for (let id = 0; id < 256; id++) protocols[id] = wordOf('')
    for (const codec of codecs) {
      protocols[codec.id] = wordOf(codec.name)
    }
    this.source = {
      records: this.records,
      frames: this.frames,
      protocols,
      recordNumber: new Uint16Array(0),
      recordIdLow: new Uint32Array(0),
      recordIdHigh: new Uint32Array(0),
      alarmRow: new Int32Array(0),
      alarmCode: new Uint8Array(0),
      frameOf: new Int32Array(0),
    }
  }

  decode({ arena, used, refused = [] }: DecodeTask): DecodeResult {
    this.refused = new Map(refused)
    this.decodeRecords(arena, used)
    const blocks = this.blocksSurely(arena, used)
    return { arena, frames: this.frames.rows, blocks, summary: pack(this.summary), decoder: this.name }
  }

  private decodeRecords(arena: ArrayBuffer, used: number): void {
    const bytes = new Uint8Array(arena)
    const view = new DataView(arena)
    this.records.reset()
    this.frames.reset(bytes)
    this.rejects.reset(bytes)
    this.ledger.reset()
    this.sessions = []
    this.summary = { protocols: {}, rejects: {}, errors: [] }
    this.counts = []
    this.at = 0
    while (this.at < used) {
      try {
        this.decodeFrom(bytes, view, used)
      } catch (error) {
        // A codec must not throw; if one does, its frame is kept and the batch goes on behind it.
        this.failed(error as Error)
        if (bytes[this.at + At.kind] === FRAME) this.reject(this.frames.rows - 1, Reject.decoder_error)
        this.at += view.getInt32(this.at + At.size, true)
      }
    }
  }

  /** Decodes records from `this.at` on; stands on the culprit if a codec throws. */
  private decodeFrom(bytes: Uint8Array, view: DataView, used: number): void {
    while (this.at < used) {
      const { at } = this
      const size = view.getInt32(at + At.size, true)
      const kind = bytes[at + At.kind]
      const receivedMs = view.getFloat64(at + At.receivedMs, true)
      const refused = this.refused.size === 0 ? 0 : (this.refused.get(recordHash(bytes.subarray(at, at + size))) ?? 0)
      if (kind === FRAME) this.frame(bytes, view, at, at + size, receivedMs, refused)
      else if (kind === REJECT || refused > 0) {
        const row = this.rejects.add(at, at + size, receivedMs)
        if (refused > 0) this.rejects.reason[row] = refused
      } else if (kind === SESSION) this.session(bytes, at, at + size)
      this.at = at + size
    }
  }

  private failed(error: Error): void {
    if (this.summary.errors.length < ERRORS_MAX) this.summary.errors.push(error.stack ?? String(error))
  }

  /**
   * If the columns cannot be written, a codec left something in them that it must not. Each record is tried alone then,
   * so that the same ones become rejects whatever batch they are in, and the others are unharmed.
   */
  private blocksSurely(arena: ArrayBuffer, used: number): TableBlock[] {
    try {
      return this.blocks()
    } catch (error) {
      const refused = new Map(this.refused)
      for (const record of recordsOf(arena, used)) {
        const alone = batchOf([record])
        this.decodeRecords(alone.arena, alone.used)
        try {
          this.blocks()
        } catch {
          refused.set(recordHash(record), Reject.decoder_error)
        }
      }
      this.refused = refused
      this.decodeRecords(arena, used)
      this.failed(error as Error)
      return this.blocks()
    }
  }

  private frame(bytes: Uint8Array, view: DataView, at: number, end: number, receivedMs: number, refused: number): void {
    const { records, frames, context, id } = this
    const frame = frames.add(at, end, receivedMs)
    this.rowsBefore = records.rows
    const codec = this.codecs[frames.codec[frame]]
    if (!codec) {
      this.reject(frame, Reject.unknown_protocol)
      return
    }
    frames.version[frame] = codec.version
    const start = frames.payload[frame]
    const deviceStart = frames.device[frame]
    const deviceEnd = frames.remote[frame]
    frameId(codec, bytes, start, end, bytes, deviceStart, deviceEnd, id)
    frames.idLow[frame] = id[0]
    frames.idHigh[frame] = id[1]

    if (refused > 0) {
      this.reject(frame, refused)
      return
    }
    if (frames.flags[frame] & QUARANTINED) return
    context.receivedMs = receivedMs
    context.transport = frames.transport[frame]
    context.state[0] = view.getInt32(at + At.state0, true)
    context.state[1] = view.getInt32(at + At.state1, true)
    context.device = bytes
    context.deviceStart = deviceStart
    context.deviceEnd = deviceEnd
    records.reserve(RECORDS_PER_FRAME_MAX)
    const count = codec.decode(bytes, start, end, context, records)
    if (count < 0) {
      this.reject(frame, -count)
      return
    }
    for (let row = this.rowsBefore; row < records.rows; row++) records.frame[row] = frame
  }

  private reject(frame: number, reason: number): void {
    this.records.rollback(this.rowsBefore)
    this.frames.reason[frame] = reason
    const { record, end, receivedMs } = this.frames
    const row = this.rejects.add(record[frame], end[frame], receivedMs[frame])
    this.rejects.reason[row] = reason
    const name = REJECT_NAMES[reason]
    this.summary.rejects[name] = (this.summary.rejects[name] ?? 0) + 1
  }

  private session(bytes: Uint8Array, at: number, end: number): void {
    const row = this.rejects.add(at, end, 0) // borrowed for its offsets
    this.rejects.rows--
    const { device, remote, payload } = this.rejects
    const codec = this.codecs[bytes[at + At.codec]]
    const session = unpack(bytes.subarray(payload[row], end)) as SessionEnd
    this.sessions.push({
      ...session,
      deviceId: latin1.decode(bytes.subarray(device[row], remote[row])),
      remote: latin1.decode(bytes.subarray(remote[row], payload[row])),
      protocol: codec?.name ?? '',
      transport: TRANSPORTS[bytes[at + At.transport]],
      attributes:
        session.login && codec?.describeLogin ? codec.describeLogin(session.login, 0, session.login.length) : {},
    })
  }

  private blocks(): TableBlock[] {
    this.prepare()
    const blocks: TableBlock[] = []
    for (const table of ['fixes', 'telemetry', 'alarms', 'frames', 'rejects'] as const) {
      const block = this.block(table)
      if (block.rows > 0) blocks.push(block)
    }
    if (this.sessions.length > 0)
      blocks.push({
        table: 'sessions',
        columns: SESSION_COLUMNS,
        rows: this.sessions.length,
        ...sessionsBlock(this.out, this.sessions),
      })
    if (this.ledger.rows > 0)
      blocks.push({
        table: 'ledger_rows',
        columns: LEDGER_COLUMNS,
        rows: this.ledger.rows,
        ...this.ledger.block(this.out),
      })
    return blocks
  }

  /** The rows of one table of the batch at hand. */
  block(table: keyof typeof TABLES): TableBlock {
    const rows = this.write(table)
    return { table, columns: COLUMN_NAMES[table], rows, ...(rows > 0 ? this.out.take() : NOTHING) }
  }

  /** Writes them into `out`; how many they are. */
  write(table: keyof typeof TABLES): number {
    const { source } = this
    source.frames = this.frames
    source.frameOf = this.frameOf
    let order: Int32Array = this.order
    let rows = 0
    if (table === 'fixes') rows = this.select(1)
    else if (table === 'telemetry') rows = this.select(0)
    else if (table === 'alarms') {
      rows = this.alarmRows()
      order = source.alarmRow
    } else {
      if (table === 'rejects') source.frames = this.rejects
      rows = source.frames.rows
      order = source.frameOf = IDENTITY.upTo(rows)
    }
    if (rows > 0) writeBlock(this.out, TABLES[table], source, order, rows)
    return rows
  }

  /** Makes room for the orders, numbers the records of each frame, and counts. */
  private prepare(): void {
    const { records, source } = this
    const size = Math.max(records.rows, records.alarmCount)
    if (this.order.length < size) {
      this.order = new Int32Array(2 * size)
      this.frameOf = new Int32Array(2 * size)
    }
    if (source.recordNumber.length < records.rows) {
      source.recordNumber = new Uint16Array(2 * records.rows)
      source.recordIdLow = new Uint32Array(2 * records.rows)
      source.recordIdHigh = new Uint32Array(2 * records.rows)
    }
    const perFrame = this.numberRecords()
    this.countFrames(perFrame)
    this.countRecords()
  }

  /** Numbers and names the records; how many each frame has. */
  private numberRecords(): Int32Array {
    const { records, frames, source } = this
    const perFrame = new Int32Array(frames.rows)
    for (let row = 0; row < records.rows; row++) {
      // Without a time a fix has no place in its table.
      if (records.isFix[row] && Number.isNaN(records.fixMs[row])) records.isFix[row] = 0
      const frame = records.frame[row]
      const number = perFrame[frame]++
      source.recordNumber[row] = number
      const own = (records.idLow[row] | records.idHigh[row]) !== 0
      source.recordIdLow[row] = own ? records.idLow[row] : frames.idLow[frame] ^ Math.imul(number, 0x9e3779b1)
      source.recordIdHigh[row] = own ? records.idHigh[row] : frames.idHigh[frame] ^ Math.imul(number, 0x85ebca77)
    }
    return perFrame
  }

  private countFrames(perFrame: Int32Array): void {
    const { frames } = this
    for (let frame = 0; frame < frames.rows; frame++) {
      const flags = frames.flags[frame]
      const counts = this.countsOf(frames.codec[frame])
      const ledger = this.ledger.of(frames.receivedMs[frame], frames.codec[frame])
      counts.frames++
      if (flags & RELEASED) ledger.released++
      else ledger.received++
      if (frames.reason[frame] !== 0) {
        counts.rejected++
        ledger.rejected++
      } else if (flags & QUARANTINED) {
        counts.quarantined++
        ledger.quarantined++
      } else if (perFrame[frame] > 0) {
        counts.decoded++
        ledger.decoded++
      } else {
        counts.ignored++
        ledger.ignored++
      }
    }
    // Rejects of frames are among the frames.
    for (let row = 0; row < this.rejects.rows; row++) {
      const at = this.rejects.record[row]
      if (this.rejects.bytes[at + At.kind] !== REJECT) continue
      this.ledger.of(this.rejects.receivedMs[row], this.rejects.codec[row]).noFrames++
    }
  }

  private countRecords(): void {
    const { records, frames } = this
    for (let row = 0, alarm = 0; row < records.rows; row++) {
      const frame = records.frame[row]
      const ledger = this.ledger.of(frames.receivedMs[frame], frames.codec[frame])
      ledger.alarms += records.alarmEnds[row] - alarm
      alarm = records.alarmEnds[row]
      if (records.isFix[row]) {
        this.countsOf(frames.codec[frame]).fixes++
        ledger.fixes++
      } else ledger.telemetry++
    }
  }

  /** What the summary says of a codec's protocol. */
  private countsOf(codec: number): ProtocolCounts {
    return (this.counts[codec] ??= this.summary.protocols[this.codecs[codec]?.name ?? ''] ??= noCounts())
  }

  /**
   * Puts the rows of one table into `order`, and their frames into `frameOf`; how many they are. Rows stay as they arrived:
   * ClickHouse sorts what it is given, and insert several batches at once takes it as long if each of them is sorted.
   */
  private select(isFix: number): number {
    const { records, order, frameOf } = this
    let rows = 0
    for (let row = 0; row < records.rows; row++) {
      if (records.isFix[row] !== isFix) continue
      order[rows] = row
      frameOf[rows++] = records.frame[row]
    }
    return rows
  }

  /** One row per alarm of a record; their count. */
  private alarmRows(): number {
    const { records, source } = this
    if (source.alarmRow.length < records.alarmCount) {
      source.alarmRow = new Int32Array(2 * records.alarmCount)
      source.alarmCode = new Uint8Array(2 * records.alarmCount)
    }
    for (let row = 0, alarm = 0; row < records.rows; row++)
      for (; alarm < records.alarmEnds[row]; alarm++) {
        source.alarmRow[alarm] = row
        source.alarmCode[alarm] = records.alarmCodes[alarm]
        source.frameOf[alarm] = records.frame[row]
      }
    return records.alarmCount
  }
}

/**
 * Takes mutants through what the gateway does with bytes: net's own intake with its binding of devices, then the
 * worker's decoder, batch by batch. Only sockets, journal and threads are missing.
 */
import { codecsById, type Codec, type FrameContext } from '../../src/codecs/codec.ts'
import { FRAME, TCP, UDP } from '../../src/codecs/frame-record.ts'
import { codecOptions, createCodecs } from '../../src/codecs/registry.ts'
import { Batch, recordBytesMax } from '../../src/net/batch.ts'
import { NetCounters } from '../../src/net/counters.ts'
import { Intake, type FrameSink } from '../../src/net/intake.ts'
import { Session } from '../../src/net/session.ts'
import { Decoder } from '../../src/workers/decode.ts'
import { unpack } from 'msgpackr'
import type { DecodeSummary } from '../../src/workers/decode.ts'
import type { Records } from '../../src/codecs/records.ts'
import { fixKey, RECEIVED_MS, type Corpus, type Piece } from './corpus.ts'
import { ENVELOPES } from './envelopes.ts'
import { Guard, Violation } from './guard.ts'
import type { Mutant } from './mutants.ts'
import { checkRows } from './rows.ts'

const FRAME_BYTES = 65_536
const BATCH_BYTES = 1_048_576
const SILENT_MS = 1500
/** Longest that splitting all of a mutant may take. */
const SPLIT_MS_MAX = 200
const REMOTE_IP = '192.0.2.1'

/** Options under which nothing with a wrong checksum is believed, and others are not the defaults either. */
const STRICT = {
  gt06: { strict_crc: true, ack_locations: false, address_reply: true, rfid_confirm: true },
  atrack: { crc: 'strict', form: '%SA%MV%BV' },
  tk103: { documented_replies: true, comma_reply: 'ok' },
  cantrack: { acknowledge_all: true, alarm_on: 'frame', earliest_year: 2000 },
  ais140: { ack_locations: true },
  flextrack: { odometer_unit: 'km' },
  jt808: { jimi_alarms: true },
  watch: { bit22: 'fall' },
}

const STRICT_BY_DEFAULT = new Set(['jt808'])

/** Protocols whose logins say whose the number in later frames is: behind a damaged login nobody can know. */
const DEVICE_OF_LOGIN = new Set(['tk103'])

interface Taken {
  codec: Codec
  device: Uint8Array
  state: Int32Array
  bytes: Uint8Array
}

export class Gauntlet {
  readonly guard = new Guard()
  private readonly lenient: Side
  private readonly strict: Side
  /** Frames and rows so far, and rejects. */
  readonly totals = { frames: 0, rows: 0, rejects: 0 }

  constructor(
    private readonly corpus: Corpus,
    /** What is done to each codec first. */
    change: (codec: Codec) => Codec = (codec) => codec,
  ) {
    this.lenient = new Side(createCodecs(codecOptions.parse({})).map(change), this.guard, false)
    this.strict = new Side(createCodecs(codecOptions.parse(STRICT)).map(change), this.guard, true)
  }

  /** Throws a Violation if the mutant breaks a rule. */
  run(mutant: Mutant): void {
    const side = mutant.strict ? this.strict : this.lenient
    this.guard.timing.splitMs = 0
    side.receive(mutant)
    if (this.guard.timing.splitMs > SPLIT_MS_MAX)
      throw new Violation('slow', `splitting took ${this.guard.timing.splitMs.toFixed(0)} ms`)
    for (const taken of side.taken) {
      const { count, records } = this.decode(taken)
      this.totals.frames++
      if (count < 0) {
        this.totals.rejects++
        continue
      }
      this.totals.rows += records.rows
      const { name } = taken.codec
      checkRows(name, records)
      if (
        (mutant.strict || STRICT_BY_DEFAULT.has(name)) &&
        records.rows > 0 &&
        ENVELOPES[name]?.checksumHolds(taken.bytes) === false
      )
        throw new Violation('wrong checksum', `${name}: ${records.rows} rows of a frame that a strict codec refuses`)
      this.checkOwners(taken, records, mutant.pieces)
    }
    side.decodeBatch(false)
  }

  /** Decodes what still waits in batches. */
  finish(): void {
    this.lenient.decodeBatch(true)
    this.strict.decodeBatch(true)
  }

  private decode({ codec, bytes, device, state }: Taken) {
    const context: FrameContext = {
      receivedMs: RECEIVED_MS,
      transport: TCP,
      state,
      device,
      deviceStart: 0,
      deviceEnd: device.length,
    }
    return this.guard.decode(codec, bytes, context)
  }

  /**
   * The fixes of a frame that is in the mutant whole may only be stored for the device whose frame it is, whatever was
   * torn before it. A damaged copy may hold the same fixes: only what was read from the whole frame counts.
   */
  private checkOwners({ device, bytes }: Taken, records: Records, pieces: readonly Piece[]): void {
    const id = Buffer.from(device).toString('latin1')
    if (!this.corpus.devices.has(id)) return
    const frame = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    /** Devices whose the next frame of a protocol can be. */
    const bindings = new Map<string, string[]>()
    let damaged = false
    const foreign: Piece[] = []
    for (const piece of pieces) {
      if (!piece.intact) {
        bindings.clear()
        damaged = true
      } else if (piece.own !== '') bindings.set(piece.protocol, bindingOf(piece, bindings.get(piece.protocol)))
      if (piece.fixes.length === 0 || !(frame.includes(piece.bytes) || isPartOf(frame, piece, pieces))) continue
      // Torn bytes may have swallowed the login behind them.
      if (damaged && (piece.own === '' || DEVICE_OF_LOGIN.has(piece.protocol))) return
      const bound = bindings.get(piece.protocol)
      if (bound === undefined || [...bound, piece.own, piece.device].includes(id)) return
      foreign.push(piece)
    }
    for (const { fixes, own, device } of foreign)
      for (let row = 0; row < records.rows; row++) {
        const key = fixKey(records.latE7[row], records.lonE7[row], records.fixMs[row])
        if (records.isFix[row] && fixes.includes(key))
          throw new Violation('wrong device', `${id} got a fix of ${own || device}: ${key}`)
      }
  }
}

function bindingOf({ protocol, own, device }: Piece, before: string[] = []): string[] {
  return DEVICE_OF_LOGIN.has(protocol) ? [...before, own, device] : [own, device]
}

/** What was taken for a frame is part of the piece, and of no damaged one. */
function isPartOf(frame: Buffer, piece: Piece, pieces: readonly Piece[]): boolean {
  return (
    Buffer.from(piece.bytes).includes(frame) &&
    pieces.every((other) => other.intact || !Buffer.from(other.bytes).includes(frame))
  )
}

function datagramsOf(pieces: readonly Piece[]): Uint8Array[] {
  const datagrams: Uint8Array[] = []
  for (const { bytes, joined } of pieces)
    if (joined && datagrams.length > 0) datagrams.push(Buffer.concat([datagrams.pop()!, bytes]))
    else datagrams.push(bytes)
  return datagrams
}

/** A gateway's net and worker with one set of options. */
class Side implements FrameSink {
  taken: Taken[] = []
  private readonly intake: Intake
  private readonly counters: NetCounters
  private readonly byId: (Codec | undefined)[]
  private readonly batch = new Batch(new ArrayBuffer(BATCH_BYTES))
  private readonly decoder: Decoder

  constructor(
    codecs: readonly Codec[],
    guard: Guard,
    readonly strict: boolean,
  ) {
    this.byId = codecsById(codecs)
    this.counters = new NetCounters(codecs.map((codec) => codec.name))
    this.intake = new Intake(
      codecs.map((codec) => guard.codec(codec)),
      this,
      this.counters,
      FRAME_BYTES,
      (id) => ({ id, verdict: 'accept' }),
      () => {},
    )
    this.intake.onBug = (error) => {
      throw error
    }
    this.decoder = new Decoder(codecs)
  }

  receive(mutant: Mutant): void {
    this.taken = []
    this.clear()
    if (mutant.transport === 'tcp') this.stream(mutant)
    else this.datagrams(mutant.pieces)
    this.checkLedger(mutant.pieces.reduce((sum, { bytes }) => sum + bytes.length, 0))
  }

  private stream({ pieces, cuts }: Mutant): void {
    const session = new Session(TCP, REMOTE_IP, 1, RECEIVED_MS, null)
    const bytes = Buffer.concat(pieces.map((piece) => piece.bytes))
    let from = 0
    for (const to of [...cuts, bytes.length]) {
      this.intake.read(session, bytes.subarray(from, to), RECEIVED_MS)
      if (to % 3 === 0 && session.windowBytes > 0) this.intake.silence(session, SILENT_MS, RECEIVED_MS)
      from = to
    }
    this.intake.end(session, RECEIVED_MS, true)
  }

  /** As the listener does it: a peer is known once it has said who it is, and has a session for each protocol. */
  private datagrams(pieces: readonly Piece[]): void {
    const known = new Map<number, Session>()
    for (const bytes of datagramsOf(pieces)) {
      const first = known.get(-1)
      const other = first ? this.intake.otherProtocol(first, bytes) : -1
      const session = known.get(other) ?? new Session(UDP, REMOTE_IP, 1, RECEIVED_MS, null)
      this.intake.datagram(session, bytes, RECEIVED_MS)
      if (session.closing !== '') known.delete(other)
      else if (session.device.length > 0) known.set(other, session)
    }
  }

  frame(session: Session, bytes: Uint8Array, start: number, end: number, receivedMs: number): void {
    const { codec, device, state, header } = session
    this.taken.push({
      codec: this.byId[codec!.id]!,
      device,
      state: state.slice(),
      bytes: bytes.slice(start, end),
    })
    if (this.batch.used + recordBytesMax(end - start) > BATCH_BYTES) this.decodeBatch(true)
    this.batch.append(header, FRAME, 0, receivedMs, state, bytes, start, end)
  }

  reject(): void {}
  ackWaits(): void {}

  /** The worker's turn: decodes the batch once it is nearly full, or `now`. */
  decodeBatch(now: boolean): void {
    if (this.batch.used === 0 || (!now && this.batch.used < BATCH_BYTES - 4 * FRAME_BYTES)) return
    const { summary, frames } = this.decoder.decode({
      arena: this.batch.bytes.buffer as ArrayBuffer,
      used: this.batch.used,
    })
    this.batch.used = 0
    const { errors } = unpack(summary) as DecodeSummary
    if (errors.length > 0) throw new Violation('worker', `of ${frames} frames: ${errors[0]}`)
  }

  private clear(): void {
    for (const { values } of this.ledger()) values.fill(0)
  }

  private ledger() {
    const { receivedBytes, frameBytes, rejectBytes, paddingBytes, windowBytes } = this.counters
    return [
      { name: 'received', sign: 1, values: receivedBytes },
      { name: 'frames', sign: -1, values: frameBytes },
      { name: 'rejects', sign: -1, values: rejectBytes },
      { name: 'padding', sign: -1, values: paddingBytes },
      { name: 'window', sign: -1, values: windowBytes },
    ]
  }

  /** Every byte received is in a frame, a reject or padding. */
  private checkLedger(received: number): void {
    const sums = this.ledger().map(({ name, sign, values }) => ({ name, sign, sum: values.reduce((a, b) => a + b, 0) }))
    if (sums[0].sum !== received || sums.reduce((sum, each) => sum + each.sign * each.sum, 0) !== 0)
      throw new Violation('ledger', sums.map(({ name, sum }) => `${name} ${sum}`).join(', '))
  }
}

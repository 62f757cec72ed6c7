/**
 * From received bytes to batched frames, the same for TCP and UDP: recognise, split in place, bind, batch, ack.
 * What is no frame goes to the rejects, with its reason, and the stream goes on behind it.
 */
import { ACK_BYTES_MAX, BAD_IDENTITY, DEVICE_ID_MAX, FINAL, NO, YES, type Codec } from '../codecs/codec.ts'
import { copyBytes } from '../codecs/copy.ts'
import { QUARANTINED, TCP, UDP } from '../codecs/frame-record.ts'
import {
  behindLineEnds,
  recognise,
  recogniseAs,
  recogniseOther,
  recogniserOf,
  rejectOf,
  UNDECIDED,
  UNKNOWN_PROTOCOL,
  type Recogniser,
} from '../codecs/recognise.ts'
import { Reject, REJECT_NAMES } from '../codecs/rejects.ts'
import type { Admission } from '../devices/device-list.ts'
import type { NetCounters } from './counters.ts'
import type { Session } from './session.ts'
import { SpareBuffers } from './spare-buffers.ts'

const CR = 13,
  LF = 10,
  SPACE = 32,
  NUL = 0
const EMPTY = new Uint8Array(0)
/**
 * Runs of garbage in one read or datagram, more than a line that lost bytes leaves. To find the next start after each may
 * take as long as the rest is, so without a limit one datagram could hold up all trackers.
 */
const RESYNCS_MAX = 256
/** All openings are shorter, but for padding. */
const OPENING_BYTES_MAX = 64
/** After this silence a codec has settled for what it takes for whole without an end. */
const LONG_SILENCE_MS = 3_600_000
/** Room for the acks of a read; those of a longer one go to the session in parts. */
const REPLIES_BYTES = 8 * ACK_BYTES_MAX
/** A window has room for most frames; only what needs more takes memory of its own. */
const WINDOW_BYTES = 512
/** Emptied windows that wait for the next frame which is cut. An idle connection has none. */
const FREE_WINDOWS_MAX = 64

/** Where frames go. */
export interface FrameSink {
  frame(session: Session, bytes: Uint8Array, start: number, end: number, receivedMs: number): void
  reject(session: Session, reason: number, bytes: Uint8Array, start: number, end: number, receivedMs: number): void
  /** The session has acks for frames that were given just now. */
  ackWaits(session: Session): void
}

export class Intake {
  /** A codec threw. */
  onBug: (error: Error) => void = () => {}
  /** Where the frame at hand begins. */
  private taken = 0
  private readonly id = new Uint8Array(DEVICE_ID_MAX)
  /** Frames of this read, their bytes, and their acks, replies[0, replyBytes): counted and given to the session at its end. */
  private frames = 0
  private takenBytes = 0
  private acks = 0
  private replyBytes = 0
  private readonly replies = new Uint8Array(REPLIES_BYTES)
  private readonly windows = new SpareBuffers(WINDOW_BYTES, FREE_WINDOWS_MAX)
  private readonly recogniser: Recogniser

  constructor(
    private codecs: readonly Codec[],
    private readonly committer: FrameSink,
    private readonly counters: NetCounters,
    private readonly frameBytes: number,
    /** Who a tracker is that calls itself so, and whether it may come in. */
    private readonly admit: (claimed: string) => Admission,
    /** A session was bound to a device, or to another one than before. */
    private readonly onBind: (session: Session, before: string) => void,
  ) {
    this.recogniser = recogniserOf(codecs)
  }

  /** The same codecs in the same order, made with other options. */
  useCodecs(codecs: readonly Codec[]): void {
    this.codecs = codecs
  }

  /** Binds a session to who its tracker says it is; false if it may not come in. */
  bind(session: Session): boolean {
    const before = session.deviceId
    const { id, verdict } = this.admit(session.claimedId)
    session.is(verdict === 'reject' ? '' : id, verdict === 'quarantine' ? QUARANTINED : 0)
    if (session.deviceId !== before) this.onBind(session, before)
    return verdict !== 'reject'
  }

  /** Takes one read of a stream. `chunk` is only looked at during the call. */
  read(session: Session, chunk: Uint8Array, nowMs: number): void {
    if (session.closing !== '') {
      this.counters.receivedBytes[session.transport] += chunk.length
      this.counters.rejectBytes[session.transport] += chunk.length // the connection is refused already
      return
    }
    this.received(session, chunk.length)
    let from = 0
    while (session.windowBytes > 0 && from < chunk.length) {
      // A frame begins in the window: join what it may need, and go back to splitting in place behind it. Most frames need
      // few bytes more, so the window is filled, and only then doubled.
      const held = session.windowBytes
      const room = session.window.length - held
      const joined = Math.min(chunk.length - from, this.frameBytes - held, room > 0 ? room : held)
      this.append(session, chunk, from, from + joined)
      const stopped = this.take(session, session.window, 0, session.windowBytes, held, 0, nowMs)
      if (stopped >= held) {
        from += stopped - held
        this.dropWindow(session)
        break
      }
      from += joined
      this.forget(session, stopped)
      if (session.windowBytes >= this.frameBytes) {
        this.tooLong(session, chunk, from, nowMs)
        from = chunk.length
      }
      if (session.closing !== '') break
    }
    if (session.closing !== '') {
      this.counters.rejectBytes[session.transport] += session.windowBytes + chunk.length - from
      this.dropWindow(session)
      this.countWindow(session)
      return
    }
    if (from < chunk.length) {
      const stopped = this.take(session, chunk, from, chunk.length, chunk.length, 0, nowMs)
      if (chunk.length - stopped >= this.frameBytes) this.tooLong(session, chunk, stopped, nowMs)
      else if (stopped < chunk.length) this.append(session, chunk, stopped, chunk.length)
    }
    this.countWindow(session)
  }

  /** Takes one datagram: nothing will be added to it. */
  datagram(session: Session, bytes: Uint8Array, nowMs: number): void {
    this.received(session, bytes.length)
    this.take(session, bytes, 0, bytes.length, bytes.length, FINAL, nowMs)
  }

  /**
   * Index of the protocol of a known peer's datagram, if that is certainly another than its session's; else -1. Anything
   * less is the session's business.
   */
  otherProtocol(session: Session, bytes: Uint8Array): number {
    if (recogniseAs(this.recogniser, session.codecIndex, bytes, 0, bytes.length) !== NO) return -1
    const verdict = recognise(this.recogniser, bytes, behindLineEnds(bytes, 0, bytes.length), bytes.length, true)
    return verdict >= 0 && verdict !== session.codecIndex ? verdict : -1
  }

  /** Nothing has arrived for `silentMs`: lets the codec settle for what is in the window. */
  silence(session: Session, silentMs: number, nowMs: number): void {
    this.forget(
      session,
      this.take(session, session.window, 0, session.windowBytes, session.windowBytes, silentMs, nowMs),
    )
    this.countWindow(session)
  }

  /**
   * The connection ended. If its tracker closed it (`whole`), what is left in the window may be a last frame without its
   * end; if it broke off, a frame without its end is torn: half a number is a position somewhere else.
   */
  end(session: Session, nowMs: number, whole: boolean): void {
    const { window, windowBytes } = session
    if (windowBytes > 0) {
      const stopped = this.take(session, window, 0, windowBytes, windowBytes, whole ? FINAL : LONG_SILENCE_MS, nowMs)
      if (stopped < windowBytes) this.reject(session, Reject.incomplete, window, stopped, windowBytes, nowMs)
    }
    this.dropWindow(session)
    this.countWindow(session)
  }

  private received(session: Session, bytes: number): void {
    session.seen = performance.now()
    session.bytes += bytes
    this.counters.receivedBytes[session.transport] += bytes
  }

  /** `takeFrames`, or what is left if a codec throws, which none must: its bytes are kept to repair it. */
  private take(
    session: Session,
    bytes: Uint8Array,
    start: number,
    end: number,
    before: number,
    silentMs: number,
    nowMs: number,
  ): number {
    this.taken = start
    let stopped = end
    try {
      stopped = this.takeFrames(session, bytes, start, end, before, silentMs, nowMs)
    } catch (error) {
      this.onBug(error as Error)
      session.closing = REJECT_NAMES[Reject.decoder_error]
      this.reject(session, Reject.decoder_error, bytes, this.taken, end, nowMs)
    }
    if (this.frames > 0) this.settle(session)
    return stopped
  }

  /** Counts the frames just taken, and gives their acks to the session. */
  private settle(session: Session): void {
    const { frames, takenBytes, acks, replyBytes } = this
    this.frames = this.takenBytes = this.acks = this.replyBytes = 0
    const slot = this.counters.slot(session.codecIndex, session.transport)
    session.frames += frames
    this.counters.frames[slot] += frames
    this.counters.frameBytes[slot] += takenBytes
    if (acks === 0) return
    this.counters.acks[slot] += acks
    session.addAcks(this.replies, replyBytes, acks)
    this.committer.ackWaits(session)
  }

  /** Takes the frames that begin in [start, before); gives the position of the first byte that belongs to none yet. */
  private takeFrames(
    session: Session,
    bytes: Uint8Array,
    start: number,
    end: number,
    before: number,
    silentMs: number,
    nowMs: number,
  ): number {
    let at = start
    let resyncs = 0
    while (at < before) {
      this.taken = at
      const codec = session.codec
      if (codec === null) {
        at = this.open(session, bytes, at, end, silentMs, nowMs)
        if (session.codec === null) return at
        continue
      }
      // A stream that changes its protocol, or into which somebody else's bytes are mixed, must not write to the session's
      // device. Another protocol's frame is measured by its own codec, or ours would look for frames inside it.
      const other = recogniseOther(this.recogniser, session.codecIndex, bytes, at, end)
      const measured =
        other >= 0
          ? -Math.abs(this.codecs[other].split(bytes, at, end, silentMs))
          : codec.split(bytes, at, end, silentMs)
      // An integer, and not a double that happens to be whole: all offsets behind it would be such doubles, which costs
      // twice the time of everything that net does (`bench -- "net "`).
      const size = measured | 0
      if (size < 0 && other === UNDECIDED && silentMs === 0 && mayOpen(bytes, at, end)) return at
      if (size > 0) {
        this.frame(session, codec, bytes, at, at + size, nowMs)
        at += size
        if (session.closing !== '') {
          this.counters.rejectBytes[session.transport] += end - at // of a device that may not come in
          return end
        }
      } else if (size < 0) {
        if (this.skip(session, bytes, at, at - size, nowMs) && ++resyncs > RESYNCS_MAX) {
          if (at - size < end) this.reject(session, Reject.garbage, bytes, at - size, end, nowMs)
          if (session.transport === TCP) session.closing = 'garbage'
          return end
        }
        at -= size
      } else if (silentMs === FINAL) {
        this.reject(session, Reject.incomplete, bytes, at, end, nowMs)
        return end
      } else return at
    }
    return at
  }

  /** The first bytes of a connection: finds its codec, asks for more, or gives the connection up. */
  private open(
    session: Session,
    bytes: Uint8Array,
    start: number,
    end: number,
    silentMs: number,
    nowMs: number,
  ): number {
    const at = behindLineEnds(bytes, start, end)
    const verdict = at === end ? UNDECIDED : recognise(this.recogniser, bytes, at, end, silentMs === FINAL)
    const isUnsure =
      verdict === UNKNOWN_PROTOCOL || (verdict >= 0 && recogniseAs(this.recogniser, verdict, bytes, at, end) !== YES)
    // Whole: what would be line ends of a text may mean something here.
    if (isUnsure && session.transport === UDP && this.adopt(session, bytes, start, end, nowMs)) return end
    this.counters.paddingBytes[session.transport] += at - start
    if (at === end) return at
    if (verdict >= 0) session.speaks(this.codecs[verdict], verdict)
    else if (verdict !== UNDECIDED) {
      const reason = rejectOf(verdict)
      session.closing = REJECT_NAMES[reason]
      this.reject(session, reason, bytes, at, end, nowMs)
      return end
    }
    return at
  }

  /** Keeps a datagram that no codec recognises for the one that knows its sender: a frame of no device, unanswered. */
  private adopt(session: Session, bytes: Uint8Array, start: number, end: number, nowMs: number): boolean {
    const index = this.codecs.findIndex((codec) => codec.adopts?.(session.ip))
    if (index < 0) return false
    session.speaks(this.codecs[index], index)
    this.committer.frame(session, bytes, start, end, nowMs)
    const slot = this.counters.slot(index, session.transport)
    this.counters.frames[slot]++
    this.counters.frameBytes[slot] += end - start
    this.counters.adopted[slot]++
    return true
  }

  private frame(session: Session, codec: Codec, bytes: Uint8Array, start: number, end: number, nowMs: number): void {
    const idLength = codec.identify(bytes, start, end, this.id, session.state)
    if (idLength === BAD_IDENTITY) {
      this.reject(session, Reject.bad_identity, bytes, start, end, nowMs)
      return
    }
    if (idLength > 0 && !session.claims(this.id, idLength)) {
      session.claim(this.id, idLength, bytes, start, end)
      if (!this.bind(session)) {
        this.refuse(session, bytes, start, end, nowMs)
        return
      }
    }
    if (session.device.length === 0) {
      const reason = session.claimed.length === 0 ? Reject.no_login : Reject.unknown_device
      this.reject(session, reason, bytes, start, end, nowMs)
      return
    }
    this.committer.frame(session, bytes, start, end, nowMs)
    this.frames++
    this.takenBytes += end - start
    if (this.replyBytes > REPLIES_BYTES - ACK_BYTES_MAX) this.settle(session)
    const ackLength = codec.ack(bytes, start, end, nowMs, this.replies, this.replyBytes, session.state)
    if (ackLength > 0) {
      this.replyBytes += ackLength
      this.acks++
    }
    codec.advance(bytes, start, end, nowMs, session.state)
  }

  /** The device is not listed. Its connection ends; one that forwards several trackers goes on for the others. */
  private refuse(session: Session, bytes: Uint8Array, start: number, end: number, nowMs: number): void {
    session.is(session.claimedId, 0) // so that the reject says who it was
    this.reject(session, Reject.unknown_device, bytes, start, end, nowMs)
    session.is('', 0)
    if (session.codec!.oneDevicePerConnection) session.closing = REJECT_NAMES[Reject.unknown_device]
  }

  /** Bytes between frames: line ends and padding are only counted, anything else is a reject; true if there was any. */
  private skip(session: Session, bytes: Uint8Array, start: number, end: number, nowMs: number): boolean {
    let at = start
    while (at < end && (bytes[at] === CR || bytes[at] === LF || bytes[at] === SPACE || bytes[at] === NUL)) at++
    this.counters.paddingBytes[session.transport] += at - start
    if (at === end) return false
    this.counters.resyncs[this.counters.slot(session.codecIndex, session.transport)]++
    this.reject(session, Reject.garbage, bytes, at, end, nowMs)
    return true
  }

  private reject(session: Session, reason: number, bytes: Uint8Array, start: number, end: number, nowMs: number): void {
    this.counters.rejects[reason]++
    this.counters.rejectBytes[session.transport] += end - start
    this.committer.reject(session, reason, bytes, start, end, nowMs)
  }

  /** More than a frame may take, and no end of it: the window and the rest of the chunk are rejects, the connection ends. */
  private tooLong(session: Session, chunk: Uint8Array, from: number, nowMs: number): void {
    if (session.windowBytes > 0) this.reject(session, Reject.too_long, session.window, 0, session.windowBytes, nowMs)
    if (from < chunk.length) this.reject(session, Reject.too_long, chunk, from, chunk.length, nowMs)
    this.dropWindow(session)
    session.closing = 'too_long'
  }

  /** Adds chunk[from, to) to the window. */
  private append(session: Session, chunk: Uint8Array, from: number, to: number): void {
    const size = session.windowBytes + to - from
    if (size > session.window.length) {
      const { window, windowBytes } = session
      const grown = this.windowFor(size)
      copyBytes(window, 0, windowBytes, grown, 0)
      this.dropWindow(session)
      session.window = grown
    }
    copyBytes(chunk, from, to, session.window, size - (to - from))
    session.windowBytes = size
  }

  private windowFor(size: number): Uint8Array<ArrayBuffer> {
    if (size <= WINDOW_BYTES) return this.windows.take()
    return new Uint8Array(Math.min(this.frameBytes, 2 * size))
  }

  /** Nothing of the window is needed any more: from here on its memory may be another session's. */
  private dropWindow(session: Session): void {
    this.windows.give(session.window)
    session.window = EMPTY
    session.windowBytes = 0
  }

  /** Drops the first `count` bytes of the window. */
  private forget(session: Session, count: number): void {
    if (count === 0) return
    session.window.copyWithin(0, count, session.windowBytes)
    session.windowBytes -= count
    if (session.windowBytes === 0) this.dropWindow(session)
  }

  private countWindow(session: Session): void {
    this.counters.windowBytes[session.transport] += session.windowBytes - session.windowCounted
    session.windowCounted = session.windowBytes
  }
}

/** Garbage this short may be the beginning of another protocol's opening; padding is not. */
const mayOpen = (bytes: Uint8Array, at: number, end: number): boolean => {
  const first = bytes[at]
  return end - at < OPENING_BYTES_MAX && first !== CR && first !== LF && first !== SPACE && first !== NUL
}

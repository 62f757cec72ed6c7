/** What net knows about one TCP connection or one UDP peer. Every field is set here, so that all sessions have one shape. */
import { ACK_BYTES_MAX, DEVICE_ID_MAX, STATE_WORDS, type Codec } from '../codecs/codec.ts'
import { copyBytes } from '../codecs/copy.ts'
import { headerOf } from '../codecs/frame-record.ts'
import type { Socket } from 'bun'
import { SpareBuffers } from './spare-buffers.ts'

const EMPTY = new Uint8Array(0)
const ascii = new TextEncoder()
const text = new TextDecoder('latin1')
const LOGIN_BYTES_MAX = 256
/** A session keeps a buffer of its own that has grown up to this: enough for the acks of some 50 frames of one read. */
const ACK_BYTES_KEPT = 1024
const ACK_BYTES_MIN = 32
/** For more it has one of these until they are sent; only what needs still more takes memory of its own. */
const BURST_BYTES = 8 * ACK_BYTES_MAX
const SPARE_BURSTS_MAX = 64
const bursts = new SpareBuffers(BURST_BYTES, SPARE_BURSTS_MAX)

/** A client that does not read its acks may leave this many waiting. */
export const ACK_BACKLOG_MAX = 65_536

export class Session {
  codec: Codec | null = null
  codecIndex = -1
  /** What the tracker calls itself, and the device id it is stored under, in ASCII; empty before login. */
  claimed: Uint8Array = EMPTY
  device: Uint8Array = EMPTY
  readonly state = new Int32Array(STATE_WORDS)
  /** Start of every record of this session (see frame-record.ts). */
  header: Uint8Array
  /** The frame that bound the session. */
  login: Uint8Array | null = null

  /** Received bytes that are no whole frame yet: window[0, windowBytes). */
  window = EMPTY
  windowBytes = 0
  /** What of it the counters hold already. */
  windowCounted = 0

  /** Acks: [ackSent, ackReady) may be sent; up to ackMark the running commit covers their frames; the rest waits. */
  acks = EMPTY
  private ownAcks = EMPTY
  ackSent = 0
  ackReady = 0
  ackMark = 0
  ackEnd = 0
  ackQueued = false
  /** Acks ever added. */
  ackCount = 0
  /** UDP: ends of the replies in `acks`, one reply a datagram. */
  readonly replyEnds: number[] = []

  /** UDP: where `Sessions` finds it among those of its address. */
  peerKey = 0
  frames = 0
  bytes = 0
  /** When it opened and when something last came, on the clock of performance.now(), which never jumps. */
  opened = performance.now()
  seen = this.opened
  /** Why the session is about to end; '' while it lives. */
  closing = ''
  /** A newer connection belongs to the same device: this one ends as soon as it falls silent. */
  superseded = false
  private readonly remoteBytes: Uint8Array

  constructor(
    readonly transport: number,
    readonly ip: string,
    readonly port: number,
    readonly openedMs: number,
    /** null for a UDP peer. */
    readonly socket: Socket<Session> | null,
  ) {
    this.remoteBytes = ascii.encode(ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`)
    this.header = headerOf(0, transport, 0, EMPTY, this.remoteBytes)
  }

  get remote(): string {
    return text.decode(this.remoteBytes)
  }

  get claimedId(): string {
    return text.decode(this.claimed)
  }

  get deviceId(): string {
    return text.decode(this.device)
  }

  speaks(codec: Codec, codecIndex: number): void {
    this.codec = codec
    this.codecIndex = codecIndex
    this.state.fill(0)
    this.claimed = EMPTY
    this.is('', 0)
    this.login = null
  }

  /** True if this is what the tracker called itself before. */
  claims(id: Uint8Array, length: number): boolean {
    const { claimed } = this
    if (claimed.length !== length) return false
    for (let at = 0; at < length; at++) if (claimed[at] !== id[at]) return false
    return true
  }

  /** The tracker says who it is; what the codec remembered of another one is forgotten. */
  claim(id: Uint8Array, length: number, bytes: Uint8Array, start: number, end: number): void {
    this.claimed = id.slice(0, Math.min(length, DEVICE_ID_MAX))
    this.login = bytes.slice(start, Math.min(end, start + LOGIN_BYTES_MAX))
    this.state.fill(0)
  }

  /** Frames from here on are this device's; `flags` go into their records. */
  is(device: string, flags: number): void {
    this.device = ascii.encode(device)
    this.header = headerOf(this.codec?.id ?? 0, this.transport, flags, this.device, this.remoteBytes)
  }

  /** Puts `count` acks, the first `length` bytes of `replies`, behind those that wait. */
  addAcks(replies: Uint8Array, length: number, count: number): void {
    if (this.ackEnd + length > this.acks.length) this.makeRoom(length)
    copyBytes(replies, 0, length, this.acks, this.ackEnd)
    this.ackEnd += length
    this.ackCount += count
  }

  /** Moves the acks that wait to where `more` bytes fit behind them. */
  private makeRoom(more: number): void {
    const { acks, ackSent } = this
    const waiting = this.ackEnd - ackSent
    const room = this.roomFor(waiting + more)
    if (room === acks) room.copyWithin(0, ackSent, this.ackEnd)
    else {
      copyBytes(acks, ackSent, this.ackEnd, room, 0)
      bursts.give(acks)
      this.acks = room
    }
    for (let at = 0; at < this.replyEnds.length; at++) this.replyEnds[at] -= ackSent
    this.ackReady -= ackSent
    this.ackMark -= ackSent
    this.ackEnd = waiting
    this.ackSent = 0
  }

  private roomFor(bytes: number): Uint8Array<ArrayBuffer> {
    if (bytes <= this.acks.length) return this.acks
    if (bytes > ACK_BYTES_KEPT && bytes <= BURST_BYTES) return bursts.take()
    let capacity = ACK_BYTES_MIN
    while (capacity < bytes) capacity *= 2
    const room = new Uint8Array(capacity)
    if (bytes <= ACK_BYTES_KEPT) this.ownAcks = room
    return room
  }

  /** `length` bytes of the acks were sent. */
  acksSent(length: number): void {
    this.ackSent += length
    if (this.ackSent < this.ackEnd) return
    this.ackSent = this.ackReady = this.ackMark = this.ackEnd = 0
    if (this.acks === this.ownAcks) return
    bursts.give(this.acks)
    this.acks = this.ownAcks
  }

  /** None of the acks is to be sent. */
  withdrawAcks(): void {
    this.acksSent(this.acksWaiting)
  }

  get acksWaiting(): number {
    return this.ackEnd - this.ackSent
  }
}

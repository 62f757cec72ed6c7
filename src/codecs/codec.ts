/**
 * The contract between a protocol and the rest of the gateway. A codec is pure: bytes in, numbers out. It sees no
 * socket, clock, logger or configuration; its options are given to the function that makes it.
 *
 * The life of a frame: its stream is recognised by the `signatures` (once per connection); `split` → `identify` → `ack` →
 * `advance` run in net, in that order; `hash` and `decode` run in a worker, perhaps after a restart, from the journaled
 * record alone.
 */
import type { Records } from './records.ts'
import type { Signature } from './signatures.ts'

/** How sure a recogniser is. */
export const NO = 0
export const MAYBE = 1
export const YES = 2

/** Answer of `split`: the frame at `start` is not complete. */
export const NEED_MORE = 0

/** `silentMs` of a window to which nothing can be added: a datagram, or a closed connection. */
export const FINAL = Infinity

/** Longest device id, in ASCII bytes. */
export const DEVICE_ID_MAX = 24

/** Largest reply of one frame; `ack` may count on this much room. */
export const ACK_BYTES_MAX = 1024

/** Most records one frame may yield; the caller of `decode` leaves that many rows free. */
export const RECORDS_PER_FRAME_MAX = 512

/** Answer of `identify`: the frame claims an identity that cannot be one, for example an IMEI with a letter in it. */
export const BAD_IDENTITY = -1

/** 32-bit words of memory a codec keeps per session (see `Codec.advance`). */
export const STATE_WORDS = 2

/** What a journaled frame carries besides its bytes. One object is reused for all frames of a batch. */
export interface FrameContext {
  /** When the gateway received the frame, in ms since 1970, UTC. */
  receivedMs: number
  /** Index into TRANSPORTS: the text of an SMS is not the text of a connection. */
  transport: number
  /** The session's memory as it was before this frame (see `Codec.advance`). */
  readonly state: Int32Array
  /** The device id in ASCII is `device[deviceStart, deviceEnd)`; empty when the session has none. */
  device: Uint8Array
  deviceStart: number
  deviceEnd: number
}

/** One protocol. Every function reads only `bytes[start, end)` and never throws, whatever the bytes. */
export interface Codec {
  /** Folder name; also the metric label and the `protocol` column. */
  readonly name: string
  /** Number of the protocol in journal records. Never reused, never changed. */
  readonly id: number
  /** Goes to `decoder_version`. Raised whenever the same frame decodes to other rows than before. */
  readonly version: number
  /** True if a connection belongs to one device, so that a login elsewhere means this connection is dead. */
  readonly oneDevicePerConnection: boolean

  /** The ways in which a stream or datagram of this protocol opens. All codecs' rows become one table (recognise.ts). */
  readonly signatures: readonly Signature[]

  /**
   * Size of the frame at `start`; NEED_MORE; or -n: these n bytes are no frame, keep them as a reject and go on
   * behind them. A run of CR, LF, space or NUL between frames is also given as -n; net counts it as padding.
   * `silentMs` is how long nothing has arrived, FINAL if nothing will: a protocol whose length field cannot be
   * trusted may then settle for what is there. Must return something other than NEED_MORE when FINAL.
   */
  split(bytes: Uint8Array, start: number, end: number, silentMs: number): number

  /**
   * Writes the device id the frame carries into `id` as ASCII; its length, 0 for none, or BAD_IDENTITY. `state` is the
   * session's memory: some protocols say at login who the number in later frames is.
   */
  identify(bytes: Uint8Array, start: number, end: number, id: Uint8Array, state: Int32Array): number

  /**
   * Writes the reply to the frame into `reply` from `at` on; bytes written, 0 for none. The caller sends it when the
   * journal holds the frame. `receivedMs` is for protocols that answer with the time, `state` (the session's memory as it
   * was before this frame) for those whose replies are numbered.
   */
  ack(
    bytes: Uint8Array,
    start: number,
    end: number,
    receivedMs: number,
    reply: Uint8Array,
    at: number,
    state: Int32Array,
  ): number

  /**
   * Updates the session's memory with this frame. What a later frame of the session needs to be understood (a time
   * zone told at login, the last alarm state) lives in these words and nowhere else: net copies them into the record
   * of every frame before it calls this, so a record decodes alike with or without its session. Starts as zeros.
   */
  advance(bytes: Uint8Array, start: number, end: number, receivedMs: number, state: Int32Array): void

  /**
   * Writes 64 bits of content hash into `hash[0..1]`. Leaves out what differs when a tracker sends the same record
   * again: serial number, checksum, terminator. Never changed once released: stored rows are found by it.
   */
  hash(bytes: Uint8Array, start: number, end: number, hash: Uint32Array): void

  /** Appends what the frame says; records appended (0: understood, nothing to store), or a negative `Reject`. */
  decode(bytes: Uint8Array, start: number, end: number, context: FrameContext, records: Records): number

  /**
   * True if datagrams from this address that no codec recognises are frames of this protocol all the same. net keeps
   * such a datagram whole, as a frame of no device, and does not answer it. Off the hot path.
   */
  adopts?(ip: string): boolean

  /**
   * How sure we are that `bytes[start, end)` is the text of an SMS of one of our trackers: NO, MAYBE (it can be), YES. A
   * frame whose transport is SMS is such a text as received; its device is that of the sender's number. Off the hot path.
   */
  recogniseSms?(bytes: Uint8Array, start: number, end: number): number

  /** What a login frame says beyond the identity; goes to `sessions.attributes`. Off the hot path. */
  describeLogin?(bytes: Uint8Array, start: number, end: number): Record<string, unknown>
}

/** Codecs by their number in journal records. */
export const codecsById = (codecs: readonly Codec[]): (Codec | undefined)[] => {
  const byId: (Codec | undefined)[] = []
  for (const codec of codecs) {
    if (byId[codec.id]) throw new Error(`codecs ${byId[codec.id]!.name} and ${codec.name} share the id ${codec.id}`)
    byId[codec.id] = codec
  }
  return byId
}

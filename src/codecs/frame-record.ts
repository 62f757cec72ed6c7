/**
 * The record in which a frame travels through batch and journal to a worker: a header, then the bytes. It holds all
 * that decoding needs, so that a journaled frame can be decoded without the session that received it.
 *
 *   offset size
 *   0      u32   size of the whole record
 *   4      u8    kind: FRAME, REJECT or SESSION
 *   5      u8    codec id, 0 for none
 *   6      u8    transport: index into TRANSPORTS
 *   7      u8    reject code, for rejects
 *   8      f64   received, ms since 1970, UTC
 *   16     i32   codec's session state, first word, as it was before the frame
 *   20     i32   second word
 *   24     u8    length of the device id
 *   25     u8    length of the remote address
 *   26     u8    flags: QUARANTINED, RELEASED
 *   27     u8    0
 *   28     …     device id (ASCII), remote address (`ip:port`, ASCII), then the payload up to the record's size
 *
 * Little-endian. The payload of a FRAME or REJECT is the bytes received; that of a SESSION is a msgpack map
 * (`SessionEnd`).
 */
export const HEADER_BYTES = 28
export const At = {
  size: 0,
  kind: 4,
  codec: 5,
  transport: 6,
  reason: 7,
  receivedMs: 8,
  state0: 16,
  state1: 20,
  deviceLength: 24,
  remoteLength: 25,
  flags: 26,
} as const

export const FRAME = 1
export const REJECT = 2
export const SESSION = 3

/** Flag: the device is not listed. The frame is kept as received, and decoded once it is. */
export const QUARANTINED = 1
/** Flag: the frame lay in quarantine and was received long before. */
export const RELEASED = 2

/** Values of the `transport` columns. The remote address of an SMS is the sender's number. */
export const TRANSPORTS = ['tcp', 'udp', 'sms'] as const
export const TCP = 0
export const UDP = 1
export const SMS = 2

/** Payload of a SESSION record: one row of `sessions`. */
export interface SessionEnd {
  openedMs: number
  closedMs: number
  reason: string
  frames: number
  bytes: number
  /** The frame that bound the session, if any: the codec tells what it says (`describeLogin`). */
  login: Uint8Array | null
}

/**
 * The part of a header that is the same for all records of a session: kind FRAME, codec, transport, device, remote.
 * A record starts as a copy of it.
 */
export const headerOf = (
  codec: number,
  transport: number,
  flags: number,
  device: Uint8Array,
  remote: Uint8Array,
): Uint8Array => {
  const header = new Uint8Array(HEADER_BYTES + device.length + remote.length)
  header[At.kind] = FRAME
  header[At.codec] = codec
  header[At.transport] = transport
  header[At.flags] = flags
  header[At.deviceLength] = device.length
  header[At.remoteLength] = remote.length
  header.set(device, HEADER_BYTES)
  header.set(remote, HEADER_BYTES + device.length)
  return header
}

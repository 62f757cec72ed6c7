/**
 * Why bytes were refused: the one closed list. A name is a value of `rejects.reason` and a metric label; a number
 * goes into journal records, so numbers are never reused. Codecs return them negated from `decode`.
 */
export const REJECTS = [
  [1, 'garbage', 'bytes between frames that are no frame of the protocol'],
  [2, 'incomplete', 'the connection ended, or the datagram was too short, in the middle of a frame'],
  [3, 'too_long', 'more than limits.frame_bytes without the end of a frame'],
  [4, 'unknown_protocol', 'no codec recognises the first bytes'],
  [5, 'not_a_tracker', 'a TLS, HTTP or SSH client'],
  [6, 'no_login', 'a frame of a device that has not said who it is'],
  [7, 'bad_identity', 'an identity that cannot be one'],
  [8, 'bad_checksum', 'the checksum is wrong and the codec is strict'],
  [9, 'bad_frame', 'the frame contradicts its own layout'],
  [10, 'decoder_error', 'the decoder failed: a bug; the frame is kept to repair it'],
  [11, 'unknown_device', 'the device is not listed, and devices.unknown = "reject"'],
  [12, 'refused', 'ClickHouse does not take the rows of this frame'],
] as const

export type RejectName = (typeof REJECTS)[number][1]

/** `Reject.garbage` … as numbers. */
export const Reject = Object.fromEntries(REJECTS.map(([code, name]) => [name, code])) as Record<RejectName, number>

/** Name by number. */
export const REJECT_NAMES: readonly string[] = (() => {
  const names: string[] = []
  for (const [code, name] of REJECTS) names[code] = name
  return names
})()

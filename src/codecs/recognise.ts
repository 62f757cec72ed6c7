/** Which protocol a stream or datagram speaks, from its first bytes alone; never from the port. */
import { MAYBE, NO, YES, type Codec } from './codec.ts'
import { Reject } from './rejects.ts'

/** More bytes are needed. */
export const UNDECIDED = -1
/** No codec knows these bytes. */
export const UNKNOWN_PROTOCOL = -2
/** A client of another kind: TLS, HTTP, SSH. */
export const NOT_A_TRACKER = -3

/** Openings of clients that are not trackers, as text. Scanners and health checks of balancers send these. */
const OTHER_CLIENTS = ['\x16\x03', 'GET ', 'POST ', 'PUT ', 'HEAD ', 'OPTIONS ', 'CONNECT ', 'SSH-'].map((text) =>
  Uint8Array.from(text, (character) => character.charCodeAt(0)),
)

/**
 * Index of the codec that speaks these bytes, or one of the values above. `final`: nothing will follow, so a lone
 * "maybe" is as good as it gets.
 */
export function recognise(
  codecs: readonly Codec[],
  bytes: Uint8Array,
  start: number,
  end: number,
  final: boolean,
): number {
  let possible = 0
  let candidate = UNKNOWN_PROTOCOL
  for (let index = 0; index < codecs.length; index++) {
    const verdict = codecs[index].recognise(bytes, start, end)
    if (verdict === YES) return index
    if (verdict === NO) continue
    if (verdict === MAYBE) {
      possible++
      candidate = index
    }
  }
  for (const opening of OTHER_CLIENTS) {
    const verdict = startsWith(bytes, start, end, opening)
    if (verdict === YES) return NOT_A_TRACKER
    if (verdict === MAYBE && !final) return UNDECIDED
  }
  if (possible === 0) return UNKNOWN_PROTOCOL
  if (!final) return UNDECIDED
  return possible === 1 ? candidate : UNKNOWN_PROTOCOL
}

/** Reject reason of a negative answer of `recognise`. */
export function rejectOf(verdict: number): number {
  return verdict === NOT_A_TRACKER ? Reject.not_a_tracker : Reject.unknown_protocol
}

function startsWith(bytes: Uint8Array, start: number, end: number, opening: Uint8Array): number {
  const length = Math.min(opening.length, end - start)
  for (let at = 0; at < length; at++) if (bytes[start + at] !== opening[at]) return NO
  return length === opening.length ? YES : MAYBE
}

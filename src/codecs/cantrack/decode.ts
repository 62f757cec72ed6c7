/** From a frame to its records, and to what later frames of the session need of it. */
import { HASH, STAR } from '../ascii.ts'
import type { FrameContext } from '../codec.ts'
import type { Records } from '../records.ts'
import { Reject } from '../rejects.ts'
import { binaryStatus, binaryTag, decodeBinary } from './binary.ts'
import { hasLongId } from './frame.ts'
import { dateField, kind, locate, statusField, timeField } from './layout.ts'
import { Binary, Kind, LONG_ID_SHIFT, PLAIN_BYTES } from './messages.ts'
import { zoneMsOf, type Settings } from './settings.ts'
import { clockOffsetQuarters, packed, rememberConnected, rememberQuarters, rememberStatus } from './state.ts'
import { statusAt } from './status.ts'
import { decodeText, textTag } from './text.ts'
import { momentOfBcd, momentOfFields, useZone } from './time.ts'

const isText = (bytes: Uint8Array, start: number, end: number) =>
  end - start > 2 && bytes[start] === STAR && bytes[end - 1] === HASH

export const decode = (
  bytes: Uint8Array,
  start: number,
  end: number,
  context: FrameContext,
  records: Records,
  settings: Settings,
): number => {
  useZone(zoneMsOf(settings, context))
  if (isText(bytes, start, end)) return decodeText(bytes, start, end, context, records, settings)
  if (bytes[start] === STAR) return -Reject.bad_frame
  return decodeBinary(bytes, start, end, context, records, settings)
}

/** Remembers the status, when the session began, and how far its clock is off. */
export const advance = (bytes: Uint8Array, start: number, end: number, receivedMs: number, state: Int32Array): void => {
  rememberConnected(receivedMs, state)
  let moment = NaN
  if (isText(bytes, start, end)) {
    locate(bytes, start, end)
    if (kind === Kind.stored) return // says what was, not what is
    if (statusField >= 0) rememberStatus(packed(~statusAt(bytes, statusField)), textTag(bytes), state)
    moment = momentOfFields(bytes, timeField, dateField)
  } else if (end - start >= PLAIN_BYTES && bytes[start] !== STAR) {
    const at = hasLongId(bytes, start, end) ? start + LONG_ID_SHIFT : start
    rememberStatus(packed(~binaryStatus(bytes, at)), binaryTag(bytes, at), state)
    moment = momentOfBcd(bytes, at + Binary.time)
  }
  if (!Number.isNaN(moment)) rememberQuarters(clockOffsetQuarters(moment, receivedMs), state)
}

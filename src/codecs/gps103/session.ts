/**
 * What a session remembers, in its two words of state: the zone of the tracker's clock, for records with local time
 * only, and the hemispheres, for reports that leave the letters out.
 *
 *   word 0   bits 0-11 zone in minutes + 1024 · bit 12 zone known · bits 13-14 0, north 1, south 2 · bits 15-16 0, east 1, west 2
 *   word 1   hash of the device id these were learnt from: behind a forwarder, several trackers share a session
 */
import { single } from '../fields.ts'

export const ZONE_UNKNOWN = -100_000
const ZONE_BIAS = 1024,
  ZONE_MASK = 0xfff,
  ZONE_KNOWN = 1 << 12
const NORTH_SHIFT = 13,
  EAST_SHIFT = 15

/** Hemispheres: the positive side, the negative side, or not said. */
export const UNSAID = 0,
  POSITIVE = 1,
  NEGATIVE = 2

/** Minutes that the clock of the tracker with the id `bytes[from, to)` is ahead of UTC, or ZONE_UNKNOWN. */
export const rememberedZone = (bytes: Uint8Array, from: number, to: number, state: Int32Array): number => {
  if (!(state[0] & ZONE_KNOWN) || state[1] !== idHash(bytes, from, to)) return ZONE_UNKNOWN
  return (state[0] & ZONE_MASK) - ZONE_BIAS
}

/** Like `rememberedZone`, for zones beyond +12 alone: reports rarely need to know, and the hash is saved. */
export const zoneBeyondTwelve = (bytes: Uint8Array, from: number, to: number, state: Int32Array): number =>
  (state[0] & ZONE_MASK) - ZONE_BIAS > 12 * 60 ? rememberedZone(bytes, from, to, state) : ZONE_UNKNOWN

/** POSITIVE for north, NEGATIVE for south, UNSAID if not known. */
export const rememberedNorth = (bytes: Uint8Array, from: number, to: number, state: Int32Array): number =>
  state[0] && state[1] === idHash(bytes, from, to) ? (state[0] >> NORTH_SHIFT) & 3 : UNSAID

/** POSITIVE for east, NEGATIVE for west, UNSAID if not known. */
export const rememberedEast = (bytes: Uint8Array, from: number, to: number, state: Int32Array): number =>
  state[0] && state[1] === idHash(bytes, from, to) ? (state[0] >> EAST_SHIFT) & 3 : UNSAID

/** Takes what a report showed into the state; `zone` may be ZONE_UNKNOWN, the hemispheres UNSAID. */
export const remember = (
  bytes: Uint8Array,
  from: number,
  to: number,
  zone: number,
  north: number,
  east: number,
  state: Int32Array,
): void => {
  const device = idHash(bytes, from, to)
  let word = state[1] === device ? state[0] : 0
  if (zone !== ZONE_UNKNOWN) word = (word & ~ZONE_MASK) | (zone + ZONE_BIAS) | ZONE_KNOWN
  if (north !== UNSAID) word = (word & ~(3 << NORTH_SHIFT)) | (north << NORTH_SHIFT)
  if (east !== UNSAID) word = (word & ~(3 << EAST_SHIFT)) | (east << EAST_SHIFT)
  if (word === 0) return
  state[0] = word
  state[1] = device
}

/** The hemisphere that the letter in `field` names. */
export const hemisphere = (bytes: Uint8Array, field: number, positive: number, negative: number): number => {
  const letter = single(bytes, field) & 0xdf
  return letter === positive ? POSITIVE : letter === negative ? NEGATIVE : UNSAID
}

/** A hash of field 0, `imei:` and the id, four bytes a step. */
const idHash = (bytes: Uint8Array, from: number, to: number): number => {
  let hash = to - from
  let at = from
  for (; at + 4 <= to; at += 4) {
    const word = bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24)
    hash = Math.imul(hash ^ word, 0x9e3779b1)
    hash ^= hash >>> 15
  }
  for (; at < to; at++) hash = Math.imul(hash ^ bytes[at], 0x01000193)
  return hash ^ (hash >>> 13)
}

/**
 * What a session remembers, in its two words of state. Status bits are packed (see `packed`).
 *
 *   word 0   bits 0-16 active in the last frame · 17-24 tag of that frame · 25-31 quarters of an hour that the clock was
 *            off by + 57, 0 if none
 *   word 1   bits 0-16 active in the frame before it · 17-30 minute of the first frame + 1, modulo 11 days · 31 a status
 *            is known
 */
export const QUARTER_MS = 900_000
const MINUTE_MS = 60_000
const STATUS_MASK = 0x1ffff
const TAG_SHIFT = 17,
  TAG_MASK = 0xff
const QUARTERS_SHIFT = 25,
  QUARTERS_BIAS = 57
const MINUTE_SHIFT = 17,
  MINUTE_MASK = 0x3fff,
  MINUTES = 0x3fff
const KNOWN = 1 << 31
/** Zones reach 14 hours from UTC. */
const QUARTERS_MAX = 56
/** What a live report may be late, or early, against the zone it is taken for. */
const LIVE_MS = 15_000

/** Status bits that mean an alarm in some profile, 0-7, 11, 12, 16-19, 25 and 26, and 27, side by side. */
export const packed = (active: number): number =>
  (active & 0xff) | ((active >>> 3) & 0x300) | ((active >>> 6) & 0x3c00) | ((active >>> 11) & 0x1c000)
/** The engine is cut. */
export const PACKED_BLOCKED = packed(1 << 27)

/** Of a frame without a time of day: nothing tells its repetition. */
const NO_TAG = TAG_MASK
/** More than the other tags, and a prime: reports that follow in regular intervals have different tags. */
const TAGS = 251
/** Keeps the types of one second apart: times the number of types it is less than TAGS. */
const TYPE_STEP = 5

/** Tells a frame from the one before it, by its type and, in ms, its time of day. */
export const tagOf = (type: number, timeOfDayMs: number): number =>
  timeOfDayMs >= 0 ? (timeOfDayMs / 1000 + type * TYPE_STEP) % TAGS : NO_TAG

/** When the session had its first frame, in whole minutes; the receive time of that frame itself. */
export const connectedMs = (state: Int32Array, receivedMs: number): number => {
  const minute = (state[1] >>> MINUTE_SHIFT) & MINUTE_MASK
  if (minute === 0) return receivedMs
  const now = Math.floor(receivedMs / MINUTE_MS)
  return (now - ((now - (minute - 1) + MINUTES) % MINUTES)) * MINUTE_MS
}

/** Quarters of an hour by which a clock is off that is otherwise right; 0: none. */
export const clockOffsetQuarters = (claim: number, receivedMs: number): number => {
  const offMs = claim - receivedMs
  const quarters = Math.round(offMs / QUARTER_MS)
  if (quarters < -QUARTERS_MAX || quarters > QUARTERS_MAX) return 0
  return Math.abs(offMs - quarters * QUARTER_MS) <= LIVE_MS ? quarters : 0
}

export const rememberedQuarters = (state: Int32Array): number => {
  const biased = state[0] >>> QUARTERS_SHIFT
  return biased === 0 ? 0 : biased - QUARTERS_BIAS
}

/**
 * The bits that were active before the frame with this status and tag. A frame that is sent again finds what it found the
 * first time, so that it says the same: its rows replace those of the first.
 */
export const activeBefore = (active: number, tag: number, state: Int32Array): number => {
  if ((state[1] & KNOWN) === 0) return active & PACKED_BLOCKED // news is what is active, and that the engine is not cut
  const last = state[0] & STATUS_MASK
  const again = tag !== NO_TAG && active === last && tag === ((state[0] >>> TAG_SHIFT) & TAG_MASK)
  return again ? state[1] & STATUS_MASK : last
}

export const rememberConnected = (receivedMs: number, state: Int32Array): void => {
  if (((state[1] >>> MINUTE_SHIFT) & MINUTE_MASK) !== 0) return
  const minute = (Math.floor(receivedMs / MINUTE_MS) % MINUTES) + 1
  state[1] |= Math.max(1, minute) << MINUTE_SHIFT
}

export const rememberQuarters = (quarters: number, state: Int32Array): void => {
  const biased = quarters === 0 ? 0 : quarters + QUARTERS_BIAS
  state[0] = (state[0] & ~(-1 << QUARTERS_SHIFT)) | (biased << QUARTERS_SHIFT)
}

export const rememberStatus = (active: number, tag: number, state: Int32Array): void => {
  const before = activeBefore(active, tag, state)
  state[1] = (state[1] & ~STATUS_MASK) | before | KNOWN
  state[0] = (state[0] & ~(STATUS_MASK | (TAG_MASK << TAG_SHIFT))) | active | (tag << TAG_SHIFT)
}

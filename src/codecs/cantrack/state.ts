/**
 * What a session remembers, in its two words of state.
 *
 *   word 0   status bits that were active last (1 is active here)
 *   word 1   bits 0-23 minutes from 2020 to the first frame · bits 24-30 quarters of an hour that the clock was off by
 *            + 57, 0 if none · bit 31 a status is known
 */
export const QUARTER_MS = 900_000
const MINUTE_MS = 60_000
const EPOCH_MS = Date.UTC(2020, 0, 1)
const MINUTES_MASK = 0xffffff
const QUARTERS_SHIFT = 24,
  QUARTERS_MASK = 0x7f,
  QUARTERS_BIAS = 57
const KNOWN = 1 << 31
/** Zones reach 14 hours from UTC. */
const QUARTERS_MAX = 56
/** What a live report may be late, or early, against the zone it is taken for. */
const LIVE_MS = 15_000

/** When the session had its first frame, in whole minutes; the receive time of that frame itself. */
export function connectedMs(state: Int32Array, receivedMs: number): number {
  const minutes = state[1] & MINUTES_MASK
  return minutes === 0 ? receivedMs : EPOCH_MS + minutes * MINUTE_MS
}

/** Quarters of an hour by which a clock is off that is otherwise right; 0: none. */
export function clockOffsetQuarters(claim: number, receivedMs: number): number {
  const offMs = claim - receivedMs
  const quarters = Math.round(offMs / QUARTER_MS)
  if (quarters < -QUARTERS_MAX || quarters > QUARTERS_MAX) return 0
  return Math.abs(offMs - quarters * QUARTER_MS) <= LIVE_MS ? quarters : 0
}

export function rememberedQuarters(state: Int32Array): number {
  const biased = (state[1] >>> QUARTERS_SHIFT) & QUARTERS_MASK
  return biased === 0 ? 0 : biased - QUARTERS_BIAS
}

/** True if the session has seen a status. */
export function knowsStatus(state: Int32Array): boolean {
  return (state[1] & KNOWN) !== 0
}

/** Status bits that were active last. */
export function lastActive(state: Int32Array): number {
  return state[0]
}

export function rememberConnected(receivedMs: number, state: Int32Array): void {
  if ((state[1] & MINUTES_MASK) !== 0) return
  const minutes = Math.floor((receivedMs - EPOCH_MS) / MINUTE_MS)
  state[1] |= Math.min(MINUTES_MASK, Math.max(1, minutes))
}

export function rememberQuarters(quarters: number, state: Int32Array): void {
  const biased = quarters === 0 ? 0 : quarters + QUARTERS_BIAS
  state[1] = (state[1] & ~(QUARTERS_MASK << QUARTERS_SHIFT)) | (biased << QUARTERS_SHIFT)
}

export function rememberStatus(status: number, state: Int32Array): void {
  state[0] = ~status
  state[1] |= KNOWN
}

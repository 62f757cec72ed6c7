/**
 * What a session remembers, in its two words of state.
 *
 *   word 0   bits 14-31 alarm bits of the last position · bits 0-7 clock offset in quarters of an hour + 64, 0 none ·
 *            bits 8-9 how many positions have shown it, at most 3
 *   word 1   bits 14-31 alarm bits of the last stored position: the blind spot is a story of its own
 */
import { hexField, scanFields } from '../fields.ts'
import { contentFrom, contentTo, parseFrame, typeTo } from './header.ts'
import { ALARM_BIT_MIN, Field, Kind } from './messages.ts'
import { positionMs } from './time.ts'
import { KIND_OF, typeRow } from './types.ts'

const ALARM_MASK = ~((1 << ALARM_BIT_MIN) - 1)
const MINUTE_MS = 60_000
const QUARTER_MS = 15 * MINUTE_MS
/** A position is sent within a minute of its time. */
const DELAY_MS_MAX = 60_000
/** UTC-12 to UTC+14. */
const QUARTERS_MAX = 14 * 4
const QUARTERS_BIAS = 64,
  QUARTERS_MASK = 0xff
const SEEN_SHIFT = 8,
  SEEN_MAX = 3

/** Alarm bits of the position before: those of the same story, live or stored. */
export const alarmBitsBefore = (kind: number, state: Int32Array): number =>
  state[kind === Kind.stored ? 1 : 0] & ALARM_MASK

/** Quarters of an hour that the clock seems to be ahead of UTC, biased; 0: none. */
const quartersAhead = (fixMs: number, receivedMs: number): number => {
  const ahead = Math.round((fixMs - receivedMs) / QUARTER_MS)
  if (!(ahead !== 0 && ahead <= QUARTERS_MAX && ahead >= -QUARTERS_MAX)) return 0
  return Math.abs(fixMs - receivedMs - ahead * QUARTER_MS) <= DELAY_MS_MAX ? ahead + QUARTERS_BIAS : 0
}

/** Minutes that the clock is ahead of its zone if this position and at least two before say the same; 0: none. */
export const clockOffsetMinutes = (fixMs: number, receivedMs: number, state: Int32Array, zoneMs: number): number => {
  const quarters = quartersAhead(fixMs + zoneMs, receivedMs)
  if (quarters === 0 || (state[0] & QUARTERS_MASK) !== quarters) return 0
  const seen = (state[0] >> SEEN_SHIFT) & SEEN_MAX
  return seen >= 2 ? ((quarters - QUARTERS_BIAS) * QUARTER_MS - zoneMs) / MINUTE_MS : 0
}

/** Remembers the alarm bits of a position and what its clock shows. */
export const advance = (bytes: Uint8Array, start: number, end: number, receivedMs: number, state: Int32Array): void => {
  if (!parseFrame(bytes, start, end)) return
  const kind = KIND_OF[typeRow(bytes, contentFrom, typeTo)]
  if (kind !== Kind.position && kind !== Kind.stored && kind !== Kind.alarm) return
  if (scanFields(bytes, contentFrom, contentTo, Field.status + 2, 0) <= Field.status) return
  const status = hexField(bytes, Field.status)
  const bits = status < 0 ? 0 : status & ALARM_MASK
  if (kind === Kind.stored) {
    state[1] = bits
    return
  }
  const quarters = quartersAhead(positionMs(bytes, receivedMs, false, 0), receivedMs)
  const before = state[0]
  let seen = 0
  if (quarters !== 0)
    seen = (before & QUARTERS_MASK) === quarters ? Math.min(SEEN_MAX, ((before >> SEEN_SHIFT) & SEEN_MAX) + 1) : 1
  state[0] = bits | (seen << SEEN_SHIFT) | quarters
}

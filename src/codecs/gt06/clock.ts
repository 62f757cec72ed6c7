/**
 * Dates of the tracker. Six bytes YY MM DD hh mm ss, plain binary, years from 2000. A date that is none is NaN; nothing
 * rolls over silently.
 */
import { bcd } from '../bytes.ts'
import type { FrameContext } from '../codec.ts'
import { centuryMs, DAY_MS } from '../dates.ts'
import type { Message } from './message.ts'
import { LOCAL } from './messages.ts'
import { ZONE_OF_LOGIN, type Settings } from './settings.ts'

export const MINUTE_MS = 60_000
/** A fix older than this came late: the tracker had stored it. */
export const BUFFERED_MS = 5 * MINUTE_MS
/** A date further in the future than this is not believed. */
const AHEAD_MAX_MS = DAY_MS
/** How far a live frame's clock may be off before we suspect that it speaks local time. */
const SKEW_MS = 10 * MINUTE_MS
const ROLLOVER_DAYS = 7168, // 1024 weeks: what the GPS week number's ten bits can count
  ROLLOVER_TOLERANCE_DAYS = 2

/** Years whose 1 January is the clock's default in units without time. */
const DEFAULT_YEARS = new Uint8Array(256)
DEFAULT_YEARS[4] = 1
DEFAULT_YEARS[10] = 1

/** ms since 1970 as if the date were UTC, or NaN. */
export const dateMs = (bytes: Uint8Array, at: number): number =>
  civilMs(bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3], bytes[at + 4], bytes[at + 5])

/** The same of numbers; `year` counts from 2000. */
export const civilMs = (
  year: number,
  month: number,
  day: number,
  hour: number,
  minute: number,
  second: number,
): number => {
  // Year 0 is a unit without time.
  if (year === 0 || (month === 1 && day === 1 && DEFAULT_YEARS[year] === 1)) return NaN
  return centuryMs(year, month, day, hour, minute, second)
}

/** Six bytes of BCD, as Topin units send them. */
export const bcdDateMs = (bytes: Uint8Array, at: number): number =>
  civilMs(
    bcd(bytes[at]),
    bcd(bytes[at + 1]),
    bcd(bytes[at + 2]),
    bcd(bytes[at + 3]),
    bcd(bytes[at + 4]),
    bcd(bytes[at + 5]),
  )

// What the session remembers of the clock: word 0 of the state.
const ZONE_KNOWN = 1,
  ZONE_SHIFT = 1,
  ZONE_MASK = 0x7ff,
  ZONE_BIAS = 1024,
  SHIFTED = 1 << 12, // this unit's "UTC" messages are in local time
  OF_DEVICE = 1 << 13 // the zone is the one the device file gives this unit

/** Word 0 after a login of the same unit: minutes east of UTC as the device file says, or as the login says; NaN: neither. */
export const stateAfterLogin = (state: number, ownMinutes: number, toldMinutes: number): number => {
  const own = ownMinutes === ownMinutes
  const minutes = own ? ownMinutes : toldMinutes
  const known = minutes === minutes ? ZONE_KNOWN | ((minutes + ZONE_BIAS) << ZONE_SHIFT) : 0
  return (state & SHIFTED) | known | (own ? OF_DEVICE : 0)
}

/** Minutes east of UTC of local-time messages. */
const zoneMinutes = (state: number, settings: Settings): number => {
  if (settings.zoneMinutes !== ZONE_OF_LOGIN && (state & OF_DEVICE) === 0) return settings.zoneMinutes
  return state & ZONE_KNOWN ? ((state >> ZONE_SHIFT) & ZONE_MASK) - ZONE_BIAS : 0
}

/** The zone that the device file gives the unit whose id is bytes[start, end), in minutes east of UTC; NaN for none. */
export const ownZoneMinutes = (bytes: Uint8Array, start: number, end: number, { devices }: Settings): number => {
  const index = devices.find(bytes, start, end)
  return index < 0 ? NaN : devices.timezoneMinutes[index]
}

/** A tracker's date as UTC, or NaN if it is none that can be believed. `stored`: the frame says it was sent later. */
export const utcMs = (message: Message, ms: number, stored: boolean): number => {
  const zoneMs = zoneMsOf(message)
  if (zoneMs === 0 && !message.settings.weekRollover) return isBelievable(ms, message.context) ? ms : NaN
  return correctedMs(message, ms, zoneMs, stored)
}

/** Offset of the tracker's zone, looked up again: a frame that is decoded anew gets the zone the device file gives now. */
const zoneMsOf = ({ context, settings }: Message): number => {
  const own = ownZoneMinutes(context.device, context.deviceStart, context.deviceEnd, settings)
  return (own === own ? own : zoneMinutes(context.state[0], settings)) * MINUTE_MS
}

const correctedMs = ({ clock, context, settings }: Message, ms: number, zoneMs: number, stored: boolean): number => {
  let utc = ms
  if (zoneMs !== 0) {
    if (clock === LOCAL || context.state[0] & SHIFTED || (!stored && isShifted(ms, zoneMs, context.receivedMs)))
      utc = ms - zoneMs
  }
  if (settings.weekRollover && !stored) {
    const missing = (context.receivedMs - utc) / DAY_MS - ROLLOVER_DAYS
    if (missing > -ROLLOVER_TOLERANCE_DAYS && missing < ROLLOVER_TOLERANCE_DAYS) utc += ROLLOVER_DAYS * DAY_MS
  }
  return isBelievable(utc, context) ? utc : NaN
}

/** False for NaN too. */
export const isBelievable = (ms: number, context: FrameContext): boolean => ms <= context.receivedMs + AHEAD_MAX_MS

/** A live frame whose date makes sense only in the zone of the login: the unit does not speak UTC where it should. */
const isShifted = (ms: number, zoneMs: number, receivedMs: number): boolean => {
  const ahead = ms - receivedMs
  return ahead > SKEW_MS && Math.abs(ahead - zoneMs) <= SKEW_MS
}

/** State word 0 after a live frame with this date. */
export const stateAfterDate = (state: number, ms: number, receivedMs: number, settings: Settings): number =>
  isShifted(ms, zoneMinutes(state, settings) * MINUTE_MS, receivedMs) ? state | SHIFTED : state

/** True while a date can still change the state: there is a zone, and we do not know yet that it is to be applied. */
export const mayShift = (state: number, settings: Settings): boolean =>
  (state & SHIFTED) === 0 && zoneMinutes(state, settings) > 0

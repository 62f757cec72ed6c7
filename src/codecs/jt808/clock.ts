/** Dates: six bytes of BCD, yy mm dd hh mm ss, in the zone of the tracker's clock. A date that is none is NaN. */
import { bcd } from '../bytes.ts'
import type { FrameContext } from '../codec.ts'
import { centuryMs, DAY_MS } from '../dates.ts'
import type { Settings } from './settings.ts'

/** The standard's zone, and so what a clock in UTC (or a setting that is not) is off by; give or take the way of a live fix. */
const ZONE_MS = 8 * 3_600_000,
  LIVE_MS = 2 * 60_000
/** A date further in the future than this is not believed. */
const AHEAD_MAX_MS = DAY_MS
/** A fix older than this came late, where the frame has no flag that says so. */
export const BUFFERED_MS = 5 * 60_000
/** The same for batches that claim not to be stored ones. */
export const BATCH_BUFFERED_MS = 10 * 60_000

/** How far the clock of the tracker whose frame is read is ahead of UTC. */
let zoneMs = 0

/** Takes the zone of the frame's device: its own, or that of all. */
export const startZone = (context: FrameContext, settings: Settings): void => {
  zoneMs = settings.zoneMs
  const device = settings.devices.find(context.device, context.deviceStart, context.deviceEnd)
  if (device < 0) return
  const minutes = settings.devices.timezoneMinutes[device]
  if (minutes === minutes) zoneMs = minutes * 60_000
}

/** yy mm dd hh mm ss of the tracker's clock as ms since 1970, UTC, or NaN. */
export const localMs = (bytes: Uint8Array, at: number): number => bcdMs(bytes, at) - zoneMs

/** yy mm dd hh mm ss as ms since 1970, as if it were UTC, or NaN. */
export const bcdMs = (bytes: Uint8Array, at: number): number =>
  centuryMs(
    bcd(bytes[at]),
    bcd(bytes[at + 1]),
    bcd(bytes[at + 2]),
    bcd(bytes[at + 3]),
    bcd(bytes[at + 4]),
    bcd(bytes[at + 5]),
  )

/** dd mm yy hh mm ss of Jointech locks. */
export const bcdMsDayFirst = (bytes: Uint8Array, at: number): number =>
  centuryMs(
    bcd(bytes[at + 2]),
    bcd(bytes[at + 1]),
    bcd(bytes[at]),
    bcd(bytes[at + 3]),
    bcd(bytes[at + 4]),
    bcd(bytes[at + 5]),
  )

/** The date, or NaN if it lies further in the future than can be believed. */
export const believable = (ms: number, context: FrameContext): number =>
  ms <= context.receivedMs + AHEAD_MAX_MS ? ms : NaN

/** True if the date of what should be live is eight hours off: the clock is in UTC, or the zone set for it is wrong. */
export const isZoneSuspect = (ms: number, context: FrameContext): boolean =>
  Math.abs(Math.abs(context.receivedMs - ms) - ZONE_MS) < LIVE_MS

/** 0 to 99 as BCD. */
export const toBcd = (value: number): number => (((value / 10) | 0) << 4) | (value % 10)

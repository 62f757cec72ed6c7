/** Dates: six bytes of BCD, yy mm dd hh mm ss, in the zone of the tracker's clock. A date that is none is NaN. */
import { bcd } from '../bytes.ts'
import type { FrameContext } from '../codec.ts'
import type { Settings } from './settings.ts'

const DAY_MS = 86_400_000
/** The standard's zone, and so what a clock in UTC (or a setting that is not) is off by; give or take the way of a live fix. */
const ZONE_MS = 8 * 3_600_000,
  LIVE_MS = 2 * 60_000
/** A date further in the future than this is not believed. */
const AHEAD_MAX_MS = DAY_MS
/** A fix older than this came late, where the frame has no flag that says so. */
export const BUFFERED_MS = 5 * 60_000
/** The same for batches that claim not to be stored ones. */
export const BATCH_BUFFERED_MS = 10 * 60_000

// By year << 4 | month: days from 1970 to the month's first, and its length (0: no such month).
const MONTH_START = new Int32Array(100 * 16)
const MONTH_DAYS = new Uint8Array(100 * 16)
for (let year = 0; year < 100; year++)
  for (let month = 1; month <= 12; month++) {
    MONTH_START[(year << 4) | month] = Date.UTC(2000 + year, month - 1, 1) / DAY_MS
    MONTH_DAYS[(year << 4) | month] = new Date(Date.UTC(2000 + year, month, 0)).getUTCDate()
  }

function civilMs(year: number, month: number, day: number, hour: number, minute: number, second: number): number {
  if (year > 99 || month > 12 || hour > 23 || minute > 59 || second > 59) return NaN
  const index = (year << 4) | month
  if (day === 0 || day > MONTH_DAYS[index]) return NaN
  return (MONTH_START[index] + day - 1) * DAY_MS + (hour * 3600 + minute * 60 + second) * 1000
}

/** How far the clock of the tracker whose frame is read is ahead of UTC. */
let zoneMs = 0

/** Takes the zone of the frame's device: its own, or that of all. */
export function startZone(context: FrameContext, settings: Settings): void {
  zoneMs = settings.zoneMs
  const device = settings.devices.find(context.device, context.deviceStart, context.deviceEnd)
  if (device < 0) return
  const minutes = settings.devices.timezoneMinutes[device]
  if (minutes === minutes) zoneMs = minutes * 60_000
}

/** yy mm dd hh mm ss of the tracker's clock as ms since 1970, UTC, or NaN. */
export function localMs(bytes: Uint8Array, at: number): number {
  return bcdMs(bytes, at) - zoneMs
}

/** yy mm dd hh mm ss as ms since 1970, as if it were UTC, or NaN. */
export function bcdMs(bytes: Uint8Array, at: number): number {
  return civilMs(
    bcd(bytes[at]),
    bcd(bytes[at + 1]),
    bcd(bytes[at + 2]),
    bcd(bytes[at + 3]),
    bcd(bytes[at + 4]),
    bcd(bytes[at + 5]),
  )
}

/** dd mm yy hh mm ss of Jointech locks. */
export function bcdMsDayFirst(bytes: Uint8Array, at: number): number {
  return civilMs(
    bcd(bytes[at + 2]),
    bcd(bytes[at + 1]),
    bcd(bytes[at]),
    bcd(bytes[at + 3]),
    bcd(bytes[at + 4]),
    bcd(bytes[at + 5]),
  )
}

/** The date, or NaN if it lies further in the future than can be believed. */
export function believable(ms: number, context: FrameContext): number {
  return ms <= context.receivedMs + AHEAD_MAX_MS ? ms : NaN
}

/** True if the date of what should be live is eight hours off: the clock is in UTC, or the zone set for it is wrong. */
export function isZoneSuspect(ms: number, context: FrameContext): boolean {
  return Math.abs(Math.abs(context.receivedMs - ms) - ZONE_MS) < LIVE_MS
}

/** Year, month, day, hour, minute, second of the last `civil`. */
export const Civil = new Int32Array(6)

export function civil(ms: number): void {
  const seconds = Math.floor(ms / 1000)
  const days = Math.floor(seconds / 86_400)
  const second = seconds - days * 86_400
  const sinceMarch = days + 719_468 // days since 1 March of year 0; the leap day comes last
  const era = Math.floor(sinceMarch / 146_097)
  const dayOfEra = sinceMarch - era * 146_097
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  )
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const marchMonth = Math.floor((5 * dayOfYear + 2) / 153)
  const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
  Civil[0] = era * 400 + yearOfEra + (month <= 2 ? 1 : 0)
  Civil[1] = month
  Civil[2] = dayOfYear - Math.floor((153 * marchMonth + 2) / 5) + 1
  Civil[3] = Math.floor(second / 3600)
  Civil[4] = Math.floor(second / 60) % 60
  Civil[5] = second % 60
}

/** 0 to 99 as BCD. */
export function toBcd(value: number): number {
  return (((value / 10) | 0) << 4) | (value % 10)
}

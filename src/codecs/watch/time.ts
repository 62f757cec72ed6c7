/** The time of a position: `ddmmyy`, `hhmmss`, UTC. */
import { ascii } from '../ascii.ts'
import { attributeText } from '../attributes.ts'
import { FROM, TO, wholeField } from '../fields.ts'
import type { Records } from '../records.ts'
import { Field, Key } from './messages.ts'

const DAY_MS = 86_400_000
const MONTH_DAYS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
/** Days before a month in a year that is no leap year, and those from 1970 to 2000. */
const MONTH_START = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334]
const DAYS_TO_2000 = 10_957
/** Two-digit years from here on are of the last century: a clock that was never set. */
const YEAR_1970 = 70
/** Where some firmwares' clocks start. */
const CLOCK_START_MS = Date.UTC(2020, 0, 1)

/** Whether the tracker's clock was set, as its position shows. */
export const Clock = { good: 0, unset: 1, impossible: 2 } as const
/** Verdict on the time `positionMs` read last. */
export let clock: number = Clock.good

/**
 * Time of the position whose fields are noted, or NaN; sets `clock`, which tells whether to believe it. `fixed`: it has a
 * fix, so satellites set the clock. `zoneMs`: what the clock is ahead of UTC, as far as known.
 */
export function positionMs(bytes: Uint8Array, receivedMs: number, fixed: boolean, zoneMs: number): number {
  const date = sixDigits(bytes, Field.date)
  const time = sixDigits(bytes, Field.time)
  clock = Clock.impossible
  if (date < 0 || time < 0) return NaN
  const day = Math.floor(date / 10_000)
  const month = Math.floor(date / 100) % 100
  const year = date % 100
  const hour = Math.floor(time / 10_000)
  const minute = Math.floor(time / 100) % 100
  const second = time % 100
  if (month < 1 || month > 12 || day < 1 || day > MONTH_DAYS[month - 1]) return NaN
  if (month === 2 && day === 29 && year % 4 !== 0) return NaN
  if (hour > 23 || minute > 59 || second > 59) return NaN
  if (year >= YEAR_1970) {
    clock = Clock.unset
    return NaN
  }
  const leapDays = ((year + 3) >> 2) + (month > 2 && year % 4 === 0 ? 1 : 0)
  const days = DAYS_TO_2000 + year * 365 + leapDays + MONTH_START[month - 1] + day - 1
  const claim = days * DAY_MS + ((hour * 60 + minute) * 60 + second) * 1000
  const ms = claim - zoneMs
  if (ms > receivedMs + DAY_MS) return NaN
  clock = !fixed && claim >= CLOCK_START_MS && claim < CLOCK_START_MS + DAY_MS ? Clock.unset : Clock.good
  return ms
}

function sixDigits(bytes: Uint8Array, field: number): number {
  return TO[field] - FROM[field] === 6 ? wholeField(bytes, field) : -1
}

const iso = ascii('2000-00-00T00:00:00Z')
/** Where the digits of date and time stand in it. */
const DATE_AT = [8, 9, 5, 6, 2, 3],
  TIME_AT = [11, 12, 14, 15, 17, 18]

/** Keeps a time that is not believed, as the tracker wrote it. */
export function writeDeviceTime(bytes: Uint8Array, records: Records): void {
  const date = sixDigits(bytes, Field.date)
  if (date < 0 || sixDigits(bytes, Field.time) < 0) return
  for (let digit = 0; digit < 6; digit++) {
    iso[DATE_AT[digit]] = bytes[FROM[Field.date] + digit]
    iso[TIME_AT[digit]] = bytes[FROM[Field.time] + digit]
  }
  const century = date % 100 >= YEAR_1970 ? 0x31 : 0x32
  iso[0] = century
  iso[1] = century === 0x31 ? 0x39 : 0x30
  attributeText(records, Key.deviceTime, iso, 0, iso.length)
}

/** The time of a position: `ddmmyy`, `hhmmss`, UTC. */
import { ascii } from '../ascii.ts'
import { attributeText } from '../attributes.ts'
import { DAY_MS, dayOfCentury, secondOfDay } from '../dates.ts'
import { FROM, TO, wholeField } from '../fields.ts'
import type { Records } from '../records.ts'
import { Field, Key } from './messages.ts'

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
export const positionMs = (bytes: Uint8Array, receivedMs: number, fixed: boolean, zoneMs: number): number => {
  const date = sixDigits(bytes, Field.date)
  const time = sixDigits(bytes, Field.time)
  clock = Clock.impossible
  if (date < 0 || time < 0) return NaN
  const year = date % 100
  const day = dayOfCentury(year, Math.floor(date / 100) % 100, Math.floor(date / 10_000))
  const second = secondOfDay(Math.floor(time / 10_000), Math.floor(time / 100) % 100, time % 100)
  if (day < 0 || second < 0) return NaN
  if (year >= YEAR_1970) {
    clock = Clock.unset
    return NaN
  }
  const claim = day * DAY_MS + second * 1000
  const ms = claim - zoneMs
  if (ms > receivedMs + DAY_MS) return NaN
  clock = !fixed && claim >= CLOCK_START_MS && claim < CLOCK_START_MS + DAY_MS ? Clock.unset : Clock.good
  return ms
}

const sixDigits = (bytes: Uint8Array, field: number): number =>
  TO[field] - FROM[field] === 6 ? wholeField(bytes, field) : -1

const iso = ascii('2000-00-00T00:00:00Z')
/** Where the digits of date and time stand in it. */
const DATE_AT = [8, 9, 5, 6, 2, 3],
  TIME_AT = [11, 12, 14, 15, 17, 18]

/** Keeps a time that is not believed, as the tracker wrote it. */
export const writeDeviceTime = (bytes: Uint8Array, records: Records): void => {
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

/** Civil dates in integers, UTC. A date that there is not is none; nothing rolls over. */
import { COLON, MINUS, UPPER_T, UPPER_Z, ZERO } from './ascii.ts'

export const DAY_MS = 86_400_000
const DAY_SECONDS = 86_400
/** From the day before 0001-01-01 to 1970-01-01. */
const DAYS_TO_1970 = 719_163
/** Days of a common year before each month, and the most that each month has; month 1 is January. */
const DAYS_BEFORE = Uint16Array.of(0, 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334)
const DAYS_IN = Uint8Array.of(0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)

/** There is no such day. Below 0, as no day of this century is. */
export const NO_DAY = -1_000_000

/** A day of the years 0 to 9999 in days since 1970; NO_DAY. */
export const dayNumber = (year: number, month: number, day: number): number => {
  if (!(month >= 1 && month <= 12 && day >= 1 && day <= DAYS_IN[month])) return NO_DAY
  const leap = (year & 3) === 0 && (year % 100 !== 0 || year % 400 === 0)
  if (month === 2 && day === 29 && !leap) return NO_DAY
  const past = year - 1
  const leapDays = (past >> 2) - ((past / 100) | 0) + ((past / 400) | 0)
  return 365 * past + leapDays + DAYS_BEFORE[month] + (leap && month > 2 ? 1 : 0) + day - DAYS_TO_1970
}

// By year << 4 | month of this century: the day before the month's first, and its length (0: no such month).
const CENTURY_YEARS = 100
const MONTH_START = new Int32Array(CENTURY_YEARS << 4)
const MONTH_DAYS = new Uint8Array(CENTURY_YEARS << 4)
for (let year = 0; year < CENTURY_YEARS; year++)
  for (let month = 1; month <= 12; month++) {
    MONTH_START[(year << 4) | month] = dayNumber(2000 + year, month, 1) - 1
    MONTH_DAYS[(year << 4) | month] = dayNumber(2000 + year, month, 29) === NO_DAY ? 28 : DAYS_IN[month]
  }

/** The same of two digits of a year of this century, in half the time. */
export const dayOfCentury = (year: number, month: number, day: number): number => {
  if (year < 0 || year >= CENTURY_YEARS || month < 1 || month > 12) return NO_DAY
  const index = (year << 4) | month
  return day < 1 || day > MONTH_DAYS[index] ? NO_DAY : MONTH_START[index] + day
}

/** Time of day in seconds; -1: none. */
export const secondOfDay = (hour: number, minute: number, second: number): number =>
  hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59
    ? -1
    : hour * 3600 + minute * 60 + second

/** ms since 1970 of a moment of this century; NaN if there is no such moment. */
export const centuryMs = (
  year: number,
  month: number,
  day: number,
  hour: number,
  minute: number,
  second: number,
): number => {
  const days = dayOfCentury(year, month, day)
  const seconds = secondOfDay(hour, minute, second)
  return days < 0 || seconds < 0 ? NaN : days * DAY_MS + seconds * 1000
}

/** Year, month, day, hour, minute and second of the moment that `readCivil` read last. */
export const CIVIL = new Int32Array(6)

/** Day of the first three of them. */
let civilDay = NaN

/** Reads ms since 1970 into `CIVIL`, to the second. */
export const readCivil = (ms: number): void => {
  const seconds = Math.floor(ms / 1000)
  const days = Math.floor(seconds / DAY_SECONDS)
  const second = seconds - days * DAY_SECONDS
  // Moments that come one after the other are nearly always of one day.
  if (days !== civilDay) readDay(days)
  CIVIL[3] = Math.floor(second / 3600)
  CIVIL[4] = Math.floor(second / 60) % 60
  CIVIL[5] = second % 60
}

/** Years begin in March, so that the leap day comes last, in eras of 400 years. */
const readDay = (days: number): void => {
  civilDay = days
  const sinceMarch = days + 719_468 // since 1 March of year 0
  const era = Math.floor(sinceMarch / 146_097)
  const dayOfEra = sinceMarch - era * 146_097
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  )
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const month = Math.floor((5 * dayOfYear + 2) / 153) // 0 is March
  CIVIL[0] = era * 400 + yearOfEra + (month < 10 ? 0 : 1)
  CIVIL[1] = month < 10 ? month + 3 : month - 9
  CIVIL[2] = dayOfYear - Math.floor((153 * month + 2) / 5) + 1
}

/** Text of the time written last: `YYYY-MM-DDThh:mm:ssZ`. */
export const ISO_TEXT = new Uint8Array(20)

/** Writes ms since 1970 into `ISO_TEXT`, to the second; years 0 to 9999. */
export const writeIsoText = (ms: number): void => {
  readCivil(ms)
  pair(0, Math.floor(CIVIL[0] / 100))
  pair(2, CIVIL[0] % 100)
  ISO_TEXT[4] = ISO_TEXT[7] = MINUS
  pair(5, CIVIL[1])
  pair(8, CIVIL[2])
  ISO_TEXT[10] = UPPER_T
  pair(11, CIVIL[3])
  ISO_TEXT[13] = ISO_TEXT[16] = COLON
  pair(14, CIVIL[4])
  pair(17, CIVIL[5])
  ISO_TEXT[19] = UPPER_Z
}

const pair = (at: number, value: number): void => {
  ISO_TEXT[at] = ZERO + (Math.floor(value / 10) % 10)
  ISO_TEXT[at + 1] = ZERO + (value % 10)
}

/** Civil dates in integers: years that begin in March, so that the leap day comes last, in eras of 400 years. */
import { COLON, MINUS, UPPER_T, UPPER_Z, ZERO } from './ascii.ts'
const DAY_SECONDS = 86_400

/** Text of the time written last: `YYYY-MM-DDThh:mm:ssZ`. */
export const ISO_TEXT = new Uint8Array(20)

/** Writes ms since 1970 into `ISO_TEXT`, to the second; years 0 to 9999. */
export function writeIsoText(ms: number): void {
  const seconds = Math.floor(ms / 1000)
  const days = Math.floor(seconds / DAY_SECONDS)
  const second = seconds - days * DAY_SECONDS
  const sinceMarch = days + 719_468 // since 1 March of year 0
  const era = Math.floor(sinceMarch / 146_097)
  const dayOfEra = sinceMarch - era * 146_097
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  )
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const month = Math.floor((5 * dayOfYear + 2) / 153) // 0 is March
  const year = era * 400 + yearOfEra + (month < 10 ? 0 : 1)
  pair(0, Math.floor(year / 100))
  pair(2, year % 100)
  ISO_TEXT[4] = ISO_TEXT[7] = MINUS
  pair(5, month < 10 ? month + 3 : month - 9)
  pair(8, dayOfYear - Math.floor((153 * month + 2) / 5) + 1)
  ISO_TEXT[10] = UPPER_T
  pair(11, Math.floor(second / 3600))
  ISO_TEXT[13] = ISO_TEXT[16] = COLON
  pair(14, Math.floor(second / 60) % 60)
  pair(17, second % 60)
  ISO_TEXT[19] = UPPER_Z
}

function pair(at: number, value: number): void {
  ISO_TEXT[at] = ZERO + (Math.floor(value / 10) % 10)
  ISO_TEXT[at + 1] = ZERO + (value % 10)
}

/** Dates of sentences, all UTC: eight digits and six, fourteen in one field, or six fields. */
import { ZERO } from '../ascii.ts'
import { centuryMs, DAY_MS, ISO_TEXT, writeIsoText } from '../dates.ts'
import { FROM, TO } from '../fields.ts'
import { pair } from '../numbers.ts'
import { isNumber } from './fields.ts'

/** Earlier times come from a clock that was never set. */
const EARLIEST_MS = Date.UTC(2005, 0, 1)
/** A time later than this after receipt is not believable. */
const AHEAD_MAX_MS = DAY_MS
/** A fix older than this at arrival was stored by the tracker, where the sentence has no flag. */
export const BUFFERED_MS = 5 * 60_000
/** How the date and time that begin in a field are written; the number of fields they take. */
export const DATE_NONE = 0,
  DATE_ONE = 1,
  DATE_TWO = 2,
  DATE_SIX = 6

/** What kind of date begins in `field`; DATE_NONE if none does. */
export const dateShape = (bytes: Uint8Array, field: number): number => {
  const length = TO[field] - FROM[field]
  if (length === 14) return isNumber(bytes, field, 14) ? DATE_ONE : DATE_NONE
  if (length === 8) return isNumber(bytes, field, 8) && isTime(bytes, field + 1) ? DATE_TWO : DATE_NONE
  if (length === 6) return isNumber(bytes, field, 6) && isNumber(bytes, field + 1, 6) ? DATE_TWO : DATE_NONE
  if (length > 2) return DATE_NONE
  for (let part = field; part < field + 6; part++) {
    if (part === field + 2 && isNumber(bytes, part, 4)) continue
    if (!isNumber(bytes, part, 2) && !isNumber(bytes, part, 1)) return DATE_NONE
  }
  return DATE_SIX
}

/** `hhmmss`, perhaps with a fraction, or nothing. */
const isTime = (bytes: Uint8Array, field: number): boolean => {
  const from = FROM[field]
  const length = TO[field] - from
  if (length === 0) return true
  if (length < 6) return false
  for (let at = from; at < from + 6; at += 2) if (pair(bytes, at) < 0) return false
  return length === 6 || bytes[from + 6] === 0x2e
}

/** The time of the date of `shape` that begins in `field`, ms since 1970; NaN if it is impossible. */
export const readDate = (bytes: Uint8Array, field: number, shape: number): number => {
  if (shape === DATE_NONE) return NaN
  const from = FROM[field]
  if (shape === DATE_SIX) {
    const year = TO[field + 2] - FROM[field + 2]
    return centuryMs(
      year === 4 ? century(bytes, FROM[field + 2]) : small(bytes, field + 2),
      small(bytes, field + 1),
      small(bytes, field),
      small(bytes, field + 3),
      small(bytes, field + 4),
      small(bytes, field + 5),
    )
  }
  const short = TO[field] - from === 6
  const clock = shape === DATE_ONE ? from + 8 : FROM[field + 1]
  if (shape === DATE_TWO && FROM[field + 1] === TO[field + 1]) return NaN
  return centuryMs(
    short ? pair(bytes, from + 4) : century(bytes, from + 4),
    pair(bytes, from + 2),
    pair(bytes, from),
    pair(bytes, clock),
    pair(bytes, clock + 2),
    pair(bytes, clock + 4),
  )
}

/** `20yy` as yy; -1 for another century. */
const century = (bytes: Uint8Array, at: number): number => (pair(bytes, at) === 20 ? pair(bytes, at + 2) : -1)

/** A field of one or two digits; `dateShape` has seen them. */
const small = (bytes: Uint8Array, field: number): number => {
  const from = FROM[field]
  return TO[field] - from === 1 ? bytes[from] - ZERO : pair(bytes, from)
}

export const believable = (claim: number, receivedMs: number): boolean =>
  claim >= EARLIEST_MS && claim <= receivedMs + AHEAD_MAX_MS

/** Offsets in `YYYY-MM-DDThh:mm:ssZ` of the digits of `ddmmyyyyhhmmss`. */
const STAMP = Uint8Array.of(8, 9, 5, 6, 0, 1, 2, 3, 11, 12, 14, 15, 17, 18)

/** Writes `ddmmyyyyhhmmss` at `at`; how many bytes. */
export const writeStamp = (ms: number, into: Uint8Array, at: number): number => {
  writeIsoText(ms)
  for (let digit = 0; digit < STAMP.length; digit++) into[at + digit] = ISO_TEXT[STAMP[digit]]
  return STAMP.length
}

/**
 * How an H02 stream opens: a star, two letters of the maker, an id, a letter; or a dollar sign, the id in BCD, and a time
 * and date that can be one. The mileage record (`X`) carries no id and never comes first.
 */
import { YES } from '../codec.ts'
import type { Signature } from '../signatures.ts'

/** Two BCD digits. */
const BCD = String.raw`[\x00-\x09\x10-\x19\x20-\x29\x30-\x39\x40-\x49\x50-\x59\x60-\x69\x70-\x79\x80-\x89\x90-\x99]`
const SIXTY = String.raw`[\x00-\x09\x10-\x19\x20-\x29\x30-\x39\x40-\x49\x50-\x59]`
const HOUR = String.raw`[\x00-\x09\x10-\x19\x20-\x23]`
const DAY = String.raw`[\x01-\x09\x10-\x19\x20-\x29\x30\x31]`
const MONTH = String.raw`[\x01-\x09\x10-\x12]`
/** hh mm ss dd mm yy. A date of zeros, of a clock that was never set, is believed only inside a session. */
const CLOCK = `${HOUR}${SIXTY}{2}${DAY}${MONTH}${BCD}`

export const SIGNATURES: readonly Signature[] = [
  { name: 'text', pattern: String.raw`\*[A-Za-z]{2},\d{0,20},[A-Za-z]`, minBytes: 6, verdict: YES },
  { name: 'binary', pattern: String.raw`\$${BCD}{5}${CLOCK}`, minBytes: 12, verdict: YES },
  { name: 'binary with a long id', pattern: String.raw`\$${BCD}{8}${CLOCK}`, minBytes: 15, verdict: YES },
]

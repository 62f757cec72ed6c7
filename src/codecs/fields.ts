/**
 * The comma-separated fields of one text and the numbers in them. One scan notes where each field begins and ends; the
 * tables are overwritten by the next scan, of whichever protocol.
 */
import { COMMA, SPACE } from './ascii.ts'
import { decimal, hexNumber, whole } from './numbers.ts'

/** Most fields that a scan may be asked for. */
const FIELDS_MAX = 1024
/** Fields that may be asked for behind the last one; they are empty. */
const BEHIND = 64
/** Field i of what was scanned last is bytes[FROM[i], TO[i]); fields it does not have are empty. */
export const FROM = new Int32Array(FIELDS_MAX + BEHIND)
export const TO = new Int32Array(FIELDS_MAX + BEHIND)
let filled = 0

/**
 * Notes the fields of `bytes[start, end)` without the blanks around them, from field `first` on; behind the last of them.
 * Field `most` - 1 holds what is left.
 */
export const scanFields = (bytes: Uint8Array, start: number, end: number, most: number, first: number): number => {
  const last = most - 1
  let count = first
  let from = start
  for (let at = start; at < end; at++) {
    if (bytes[at] !== COMMA) continue
    if (count === last) break
    FROM[count] = from
    TO[count] = at
    if (from < at && (bytes[from] <= SPACE || bytes[at - 1] <= SPACE)) trim(bytes, count)
    count++
    from = at + 1
  }
  FROM[count] = from
  TO[count] = end
  trim(bytes, count++)
  clearBehind(count)
  return count
}

const trim = (bytes: Uint8Array, field: number): void => {
  let from = FROM[field]
  let to = TO[field]
  while (from < to && bytes[from] <= SPACE) from++
  while (from < to && bytes[to - 1] <= SPACE) to--
  FROM[field] = from
  TO[field] = to
}

/** The same, blanks and all. */
export const scanRawFields = (bytes: Uint8Array, start: number, end: number, most: number): number => {
  const last = most - 1
  let count = 0
  let from = start
  for (let at = start; at < end; at++) {
    if (bytes[at] !== COMMA) continue
    if (count === last) break
    FROM[count] = from
    TO[count++] = at
    from = at + 1
  }
  FROM[count] = from
  TO[count++] = end
  clearBehind(count)
  return count
}

const clearBehind = (count: number): void => {
  for (let stale = count; stale < filled; stale++) FROM[stale] = TO[stale] = 0
  filled = count
}

export const isEmpty = (field: number): boolean => FROM[field] >= TO[field]

/** The byte of a field that has exactly one, else -1. */
export const single = (bytes: Uint8Array, field: number): number =>
  TO[field] - FROM[field] === 1 ? bytes[FROM[field]] : -1

/** The number of a field (see numbers.ts). */
export const decimalField = (bytes: Uint8Array, field: number): number => decimal(bytes, FROM[field], TO[field])

export const wholeField = (bytes: Uint8Array, field: number): number => whole(bytes, FROM[field], TO[field])

export const hexField = (bytes: Uint8Array, field: number): number => hexNumber(bytes, FROM[field], TO[field])

/** Attribute values of more than one digit group: times, addresses, BCD numbers, keys the tracker chose. */
import { attributeText } from '../attributes.ts'
import type { Records } from '../records.ts'

const ZERO = 0x30
const HEX = new TextEncoder().encode('0123456789abcdef')
const scratch = new Uint8Array(64)

/** ms since 1970 as ISO 8601 text, to the second. */
export function attributeTime(records: Records, name: Uint8Array, ms: number): void {
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
  const year = era * 400 + yearOfEra + (month <= 2 ? 1 : 0)
  twoDigits(0, Math.floor(year / 100), 0x2d)
  twoDigits(2, year % 100, 0x2d)
  twoDigits(5, month, 0x2d)
  twoDigits(8, dayOfYear - Math.floor((153 * marchMonth + 2) / 5) + 1, 0x54)
  twoDigits(11, Math.floor(second / 3600), 0x3a)
  twoDigits(14, Math.floor(second / 60) % 60, 0x3a)
  twoDigits(17, second % 60, 0x5a)
  attributeText(records, name, scratch, 0, 20)
}

function twoDigits(at: number, value: number, behind: number): void {
  scratch[at] = ZERO + Math.floor(value / 10)
  scratch[at + 1] = ZERO + (value % 10)
  scratch[at + 2] = behind
}

/** Six bytes as aa:bb:cc:dd:ee:ff. */
export function attributeMac(records: Records, name: Uint8Array, bytes: Uint8Array, at: number): void {
  for (let byte = 0; byte < 6; byte++) {
    scratch[byte * 3] = HEX[bytes[at + byte] >> 4]
    scratch[byte * 3 + 1] = HEX[bytes[at + byte] & 15]
    scratch[byte * 3 + 2] = 0x3a
  }
  attributeText(records, name, scratch, 0, 17)
}

/** The nibbles of bytes[from, to) as text, without the first `skip` and without filling F at the end. */
export function attributeNibbles(
  records: Records,
  name: Uint8Array,
  bytes: Uint8Array,
  from: number,
  to: number,
  skip: number,
): void {
  let length = 0
  for (let nibble = skip; nibble < (to - from) * 2 && length < scratch.length; nibble++) {
    const byte = bytes[from + (nibble >> 1)]
    scratch[length++] = HEX[nibble & 1 ? byte & 15 : byte >> 4]
  }
  while (length > 0 && scratch[length - 1] === 0x66) length--
  attributeText(records, name, scratch, 0, length)
}

/** A whole number as text: identities that are shown as decimal numbers. */
export function attributeDecimalText(records: Records, name: Uint8Array, value: number): void {
  let at = scratch.length
  let rest = value
  do {
    const next = Math.floor(rest / 10)
    scratch[--at] = ZERO + (rest - next * 10)
    rest = next
  } while (rest > 0)
  attributeText(records, name, scratch, at, scratch.length)
}

/** `"key":"value"` in the open object, where the key is bytes[from, to) and holds letters, digits and `_` only. */
export function attributePair(
  records: Records,
  bytes: Uint8Array,
  from: number,
  to: number,
  valueFrom: number,
  valueTo: number,
): void {
  const length = Math.min(to - from, scratch.length)
  // attributeText takes a key in an array of its own, so write the key's bytes around it.
  const name = pairKeys[length] ?? (pairKeys[length] = new Uint8Array(length + 3))
  name[0] = 0x22
  for (let at = 0; at < length; at++) name[at + 1] = bytes[from + at]
  name[length + 1] = 0x22
  name[length + 2] = 0x3a
  attributeText(records, name, bytes, valueFrom, valueTo)
}
/** Room for a key of each length. */
const pairKeys: Uint8Array[] = []

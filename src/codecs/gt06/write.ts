/** Attribute values of more than one digit group: times, addresses, BCD numbers, keys the tracker chose. */
import { LOWER_HEX_DIGITS, ZERO } from '../ascii.ts'
import { attributeHex, attributeText } from '../attributes.ts'
import { ISO_TEXT, writeIsoText } from '../dates.ts'
import type { Records } from '../records.ts'
import { Key } from './keys.ts'
import type { Message } from './message.ts'
import { trimEnd, trimStart } from './text.ts'

const scratch = new Uint8Array(64)

/** The content from `at` on, which nobody has described, as it is. */
export const rest = ({ bytes, end, records }: Message, at: number): void => {
  if (at < end) attributeHex(records, Key.dataHex, bytes, at, end)
}

/** Text without spaces, line ends and NULs around it; nothing if nothing is left. */
export const attributeTrimmed = (
  records: Records,
  name: Uint8Array,
  bytes: Uint8Array,
  from: number,
  end: number,
): void => {
  const start = trimStart(bytes, from, end)
  const limit = trimEnd(bytes, start, end)
  if (start < limit) attributeText(records, name, bytes, start, limit)
}

/** ms since 1970 as ISO 8601 text, to the second. */
export const attributeTime = (records: Records, name: Uint8Array, ms: number): void => {
  writeIsoText(ms)
  attributeText(records, name, ISO_TEXT, 0, ISO_TEXT.length)
}

/** Six bytes as aa:bb:cc:dd:ee:ff. */
export const attributeMac = (records: Records, name: Uint8Array, bytes: Uint8Array, at: number): void => {
  for (let byte = 0; byte < 6; byte++) {
    scratch[byte * 3] = LOWER_HEX_DIGITS[bytes[at + byte] >> 4]
    scratch[byte * 3 + 1] = LOWER_HEX_DIGITS[bytes[at + byte] & 15]
    scratch[byte * 3 + 2] = 0x3a
  }
  attributeText(records, name, scratch, 0, 17)
}

/** The nibbles of bytes[from, to) as text, without the first `skip` and without filling F at the end. */
export const attributeNibbles = (
  records: Records,
  name: Uint8Array,
  bytes: Uint8Array,
  from: number,
  to: number,
  skip: number,
): void => {
  let length = 0
  for (let nibble = skip; nibble < (to - from) * 2 && length < scratch.length; nibble++) {
    const byte = bytes[from + (nibble >> 1)]
    scratch[length++] = LOWER_HEX_DIGITS[nibble & 1 ? byte & 15 : byte >> 4]
  }
  while (length > 0 && scratch[length - 1] === 0x66) length--
  attributeText(records, name, scratch, 0, length)
}

/** A whole number as text: identities that are shown as decimal numbers. */
export const attributeDecimalText = (records: Records, name: Uint8Array, value: number): void => {
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
export const attributePair = (
  records: Records,
  bytes: Uint8Array,
  from: number,
  to: number,
  valueFrom: number,
  valueTo: number,
): void => {
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

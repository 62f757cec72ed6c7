/** One packet of a photo: `imei:<id>,vr,<hex>`. The picture itself stays in the raw frame. */
import { attributeInt } from '../attributes.ts'
import { FROM, TO } from '../fields.ts'
import { hexByte } from '../numbers.ts'
import { Reject } from '../rejects.ts'
import type { Records } from '../records.ts'
import { Field, Key, MESSAGE_NONE } from './messages.ts'
import { writeMessage } from './values.ts'

/** Hex field, and bytes in it: u16 index | u16 length | JPEG … | u8 sum of all before, u8 0     little-endian */
const HEX = 2
const HEAD_BYTES = 4,
  SUM_BYTES = 2

export const decodePhoto = (bytes: Uint8Array, records: Records): number => {
  const from = FROM[HEX]
  const size = (TO[HEX] - from) >> 1
  if (size < HEAD_BYTES + SUM_BYTES || (TO[HEX] - from) & 1) return -Reject.bad_frame
  let sum = 0
  let invalid = 0
  for (let at = from; at < TO[HEX] - 2 * SUM_BYTES; at += 2) {
    const byte = hexByte(bytes, at)
    invalid |= byte
    sum += byte
  }
  const check = hexByte(bytes, TO[HEX] - 4)
  const high = hexByte(bytes, TO[HEX] - 2)
  // A digit that is none made its byte negative.
  if ((invalid | check | high) < 0) return -Reject.bad_frame
  const length = hexByte(bytes, from + 4) | (hexByte(bytes, from + 6) << 8)
  if (size !== HEAD_BYTES + length + SUM_BYTES) return -Reject.bad_frame
  if (check !== (sum & 0xff) || high !== 0) return -Reject.bad_checksum
  records.begin(MESSAGE_NONE)
  writeMessage(bytes, FROM[Field.keyword], TO[Field.keyword], records)
  attributeInt(records, Key.photoIndex, hexByte(bytes, from) | (hexByte(bytes, from + 2) << 8))
  attributeInt(records, Key.photoSize, length)
  records.end()
  return 1
}

/** CRC-16/ARC: reflected polynomial 0xA001, initial value 0. Check value of "123456789": 0xbb3d. */
import { crcTable, STRIDE } from '../crc16.ts'

const TABLE = crcTable(0xa001)

/** CRC of bytes[from, to). */
export const crc16 = (bytes: Uint8Array, from: number, to: number): number => {
  let crc = 0
  let at = from
  for (; at + STRIDE <= to; at += STRIDE)
    crc =
      TABLE[bytes[at + 7]] ^
      TABLE[0x100 | bytes[at + 6]] ^
      TABLE[0x200 | bytes[at + 5]] ^
      TABLE[0x300 | bytes[at + 4]] ^
      TABLE[0x400 | bytes[at + 3]] ^
      TABLE[0x500 | bytes[at + 2]] ^
      TABLE[0x600 | (bytes[at + 1] ^ (crc >> 8))] ^
      TABLE[0x700 | (bytes[at] ^ (crc & 0xff))]
  for (; at < to; at++) crc = (crc >> 8) ^ TABLE[(crc ^ bytes[at]) & 0xff]
  return crc
}

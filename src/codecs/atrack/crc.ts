/** CRC-16/ARC: reflected polynomial 0xA001, initial value 0. Check value of "123456789": 0xbb3d. */
const TABLE = new Uint16Array(256)
for (let byte = 0; byte < 256; byte++) {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >> 1) ^ 0xa001 : crc >> 1
  TABLE[byte] = crc
}

/** CRC of bytes[from, to). */
export function crc16(bytes: Uint8Array, from: number, to: number): number {
  let crc = 0
  for (let at = from; at < to; at++) crc = (crc >> 8) ^ TABLE[(crc ^ bytes[at]) & 0xff]
  return crc
}

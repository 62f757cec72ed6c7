/** "CRC-ITU" of the papers: CRC-16/X-25, reflected polynomial 0x8408. Check value of "123456789": 0x906e. */
const TABLE = new Uint16Array(256)
for (let byte = 0; byte < 256; byte++) {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >> 1) ^ 0x8408 : crc >> 1
  TABLE[byte] = crc
}

/** CRC of bytes[from, to); a frame's covers the length field to the serial number. */
export function crc16(bytes: Uint8Array, from: number, to: number): number {
  let crc = 0xffff
  for (let at = from; at < to; at++) crc = (crc >> 8) ^ TABLE[(crc ^ bytes[at]) & 0xff]
  return crc ^ 0xffff
}

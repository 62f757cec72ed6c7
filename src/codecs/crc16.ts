/**
 * Tables of reflected 16-bit CRCs, for eight bytes at a time: row n is a byte's effect n bytes later, so that one step waits
 * for the last and not eight. The loop over the bytes is written out beside each table: with the table as an argument,
 * and not a constant, it takes twice as long (`bench -- "gt06 crc"`).
 */
export const STRIDE = 8

/** The table of a polynomial, written with its lowest power first. */
export const crcTable = (polynomial: number): Uint16Array => {
  const table = new Uint16Array(STRIDE * 256)
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >> 1) ^ polynomial : crc >> 1
    table[byte] = crc
  }
  for (let at = 256; at < table.length; at++) table[at] = (table[at - 256] >> 8) ^ table[table[at - 256] & 0xff]
  return table
}

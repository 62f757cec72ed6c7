/**
 * How the journal's files hold entries: a header, then the payload.
 *
 *   offset size
 *   0      u32   magic
 *   4      u32   payload bytes
 *   8      f64   entry number: 1, 2, 3 …
 *   16     u32   journal id, so that a block of another journal on a reused disk is no entry of this one
 *   20     u32   CRC-32 of the 20 bytes above and the payload
 *
 * Little-endian. An entry counts only if magic, id, number, length and checksum all fit: a torn or stale one never does.
 */
export const ENTRY_HEADER_BYTES = 24
const MAGIC = 0x314a4757 // "WGJ1"
const CHECKED_BYTES = 20

export function entryHeader(journalId: number, number: number, payload: Uint8Array): Buffer {
  const header = Buffer.alloc(ENTRY_HEADER_BYTES)
  header.writeUInt32LE(MAGIC, 0)
  header.writeUInt32LE(payload.length, 4)
  header.writeDoubleLE(number, 8)
  header.writeUInt32LE(journalId, 16)
  header.writeUInt32LE(checksum(header, payload), CHECKED_BYTES)
  return header
}

/** Payload bytes of the entry at `at`, or -1 if there is no whole, sound entry with a number from `least` on. */
export function entryAt(file: Buffer, at: number, journalId: number, least: number): number {
  if (at + ENTRY_HEADER_BYTES > file.length || file.readUInt32LE(at) !== MAGIC) return -1
  const bytes = file.readUInt32LE(at + 4)
  const start = at + ENTRY_HEADER_BYTES
  if (start + bytes > file.length || file.readUInt32LE(at + 16) !== journalId || !(entryNumber(file, at) >= least))
    return -1
  const header = file.subarray(at, at + CHECKED_BYTES)
  return checksum(header, file.subarray(start, start + bytes)) === file.readUInt32LE(at + CHECKED_BYTES) ? bytes : -1
}

export function entryNumber(file: Buffer, at: number): number {
  return file.readDoubleLE(at + 8)
}

/** Position of the next sound entry behind a damage, or -1. */
export function nextEntry(file: Buffer, from: number, journalId: number, least: number): number {
  const magic = Buffer.alloc(4)
  magic.writeUInt32LE(MAGIC)
  for (let at = file.indexOf(magic, from); at >= 0; at = file.indexOf(magic, at + 1))
    if (entryAt(file, at, journalId, least) >= 0) return at
  return -1
}

function checksum(header: Uint8Array, payload: Uint8Array): number {
  return Bun.hash.crc32(payload, Bun.hash.crc32(header.subarray(0, CHECKED_BYTES)))
}

/**
 * How the journal's files hold entries: a header, then the payload.
 *
 *   offset size
 *   0      u32   magic
 *   4      u32   payload bytes
 *   8      f64   number: 1, 2, 3 …
 *   16     u32   journal id, so that a block of another journal on a reused disk is no entry of this one
 *   20     u32   file: the number in the name of its file, modulo 2^32
 *   24     u32   place: where in that file the entry was written
 *   28     u32   CRC-32 of the 28 bytes above and the payload
 *
 * Little-endian. An entry counts only if all of these fit: then it is whole, it is of this journal, and it lies where
 * it was written. A torn, stale or misplaced one never does.
 */
export const ENTRY_HEADER_BYTES = 32
const CHECKED_BYTES = 28
const MAGIC = 0x324a4757 // "WGJ2"
/** What every entry begins with. */
export const MAGIC_BYTES = Buffer.from('WGJ2', 'latin1')

export function entryHeader(
  journalId: number,
  number: number,
  file: number,
  place: number,
  payload: Uint8Array,
): Buffer {
  const header = Buffer.alloc(ENTRY_HEADER_BYTES)
  header.writeUInt32LE(MAGIC, 0)
  header.writeUInt32LE(payload.length, 4)
  header.writeDoubleLE(number, 8)
  header.writeUInt32LE(journalId, 16)
  header.writeUInt32LE(file >>> 0, 20)
  header.writeUInt32LE(place, 24)
  header.writeUInt32LE(checksum(header, payload), CHECKED_BYTES)
  return header
}

/** Bytes of the entry whose header is at `at`, header included, or -1 if there is none that belongs here. */
export function entryBytes(bytes: Buffer, at: number, file: number, place: number): number {
  if (bytes.readUInt32LE(at) !== MAGIC) return -1
  if (bytes.readUInt32LE(at + 20) !== file >>> 0 || bytes.readUInt32LE(at + 24) !== place) return -1
  return ENTRY_HEADER_BYTES + bytes.readUInt32LE(at + 4)
}

/** Whether the entry at `at`, `size` bytes long, is as it was written. */
export function isSound(bytes: Buffer, at: number, size: number): boolean {
  const payload = bytes.subarray(at + ENTRY_HEADER_BYTES, at + size)
  return checksum(bytes.subarray(at, at + CHECKED_BYTES), payload) === bytes.readUInt32LE(at + CHECKED_BYTES)
}

export function entryNumber(bytes: Buffer, at: number): number {
  return bytes.readDoubleLE(at + 8)
}

export function entryJournal(bytes: Buffer, at: number): number {
  return bytes.readUInt32LE(at + 16)
}

function checksum(header: Uint8Array, payload: Uint8Array): number {
  return Bun.hash.crc32(payload, Bun.hash.crc32(header.subarray(0, CHECKED_BYTES)))
}

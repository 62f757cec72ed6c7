/** Records of a batch one by one: for the rare case that single ones have to be found, left out, or decoded alone. */
import { At } from '../codecs/frame-record.ts'

/** Hash of a record as 16 hex digits. Equal records have equal rows, so they need not be told apart. */
export const recordHash = (record: Uint8Array): string => Bun.hash.xxHash64(record).toString(16).padStart(16, '0')

/** The records of a batch, as views into its arena. */
export const recordsOf = (arena: ArrayBuffer, used: number): Uint8Array[] => {
  const view = new DataView(arena)
  const records: Uint8Array[] = []
  for (let at = 0; at < used; at += records.at(-1)!.length)
    records.push(new Uint8Array(arena, at, view.getUint32(at + At.size, true)))
  return records
}

/** A batch of these records. */
export const batchOf = (records: readonly Uint8Array[]): { arena: ArrayBuffer; used: number } => {
  let used = 0
  for (const record of records) used += record.length
  const arena = new ArrayBuffer(used)
  const bytes = new Uint8Array(arena)
  let at = 0
  for (const record of records) {
    bytes.set(record, at)
    at += record.length
  }
  return { arena, used }
}

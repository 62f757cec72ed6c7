/**
 * Finds the frames whose rows ClickHouse refuses, and those that no worker survives, by halving. Nothing is inserted
 * meanwhile: rows are shown to an empty copy of the table (`Sink.probe`), so the outcome of the search leaves no trace
 * but its verdict.
 */
import type { Block, Probe } from './sink.ts'

/** Of a group of records those that are at fault: each alone is, and the others together are not. Null if that is not so. */
export async function culprits(
  records: readonly Uint8Array[],
  isBad: (records: readonly Uint8Array[]) => Promise<boolean>,
): Promise<Uint8Array[] | null> {
  const found = await search(records, isBad)
  const rest = records.filter((record) => !found.includes(record))
  return rest.length > 0 && (await isBad(rest)) ? null : found
}

async function search(
  records: readonly Uint8Array[],
  isBad: (records: readonly Uint8Array[]) => Promise<boolean>,
): Promise<Uint8Array[]> {
  if (records.length === 0 || !(await isBad(records))) return []
  // What is refused once may be chance.
  if (records.length === 1) return (await isBad(records)) ? [...records] : []
  const half = records.length >> 1
  return [...(await search(records.slice(0, half), isBad)), ...(await search(records.slice(half), isBad))]
}

/**
 * The records whose rows the table of `probe` does not take. Null if it is not the rows: the table does not take
 * Waygate's columns at all, or takes them all now.
 */
export async function refusedRecords(
  records: readonly Uint8Array[],
  columns: readonly string[],
  empty: Uint8Array | undefined,
  decode: (records: readonly Uint8Array[]) => Promise<Block | undefined>,
  probe: Probe,
): Promise<Uint8Array[] | null> {
  if (empty !== undefined && !(await probe.accepts(columns, empty))) return null
  const found = await culprits(records, async (some) => {
    const block = await decode(some)
    return block !== undefined && !(await probe.accepts(columns, block.bytes))
  })
  return found?.length === 0 ? null : found
}

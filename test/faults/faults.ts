/** What the fault tests share: how they are run and replayed, a journal with a history, a ClickHouse that counts. */
import { expect } from 'bun:test'
import { pino } from 'pino'
import { Random } from '../../src/simulator/random.ts'
import { Journal, type Group } from '../../src/storage/journal.ts'
import type { SimulatedDisk } from './simulated-disk.ts'

/** One of the fault tests. `run` takes about as long as it is given, at least one round, and says what it has done. */
export interface FaultTest {
  id: string
  name: string
  run(options: FaultOptions): Promise<string>
}

export interface FaultOptions {
  /** Everything random comes from it: the same seed does the same. */
  seed: number
  seconds: number
}

/** Runs rounds with one seed after another until the time is up. A round that fails names its seed. */
export async function rounds(
  id: string,
  { seed, seconds }: FaultOptions,
  round: (random: Random, seed: number) => Promise<unknown>,
): Promise<number> {
  const end = performance.now() + seconds * 1000
  let next = seed
  do {
    try {
      await round(new Random(next), next)
    } catch (error) {
      throw new Error(`${id} fails; once more: bun run faults -- --only ${id} --seed ${next}`, { cause: error })
    }
    next++
  } while (performance.now() < end)
  return next - seed
}

export const DIRECTORY = '/journal'
/** Small, so that a few entries make several segments: they are an eighth of it. */
const SMALL_JOURNAL_BYTES = 16_384
export const silent = pino({ level: 'silent' })

export function openJournal(disk: SimulatedDisk, maxBytes = SMALL_JOURNAL_BYTES): Promise<Journal> {
  return Journal.open(DIRECTORY, maxBytes, '', silent, disk)
}

/** Bytes that no other entry has. */
export function entryOf(random: Random, number: number, bytesMax = 400): Buffer {
  const bytes = Buffer.alloc(random.whole(8, bytesMax))
  for (let at = 0; at < bytes.length; at++) bytes[at] = random.whole(0, 255)
  return Buffer.concat([Buffer.from(`<${number}>`), bytes])
}

export const partOf = (bytes: Buffer) => ({ bytes, from: 0, to: bytes.length })

/** Everything the journal gives from `first` on, entry by entry. */
export async function readEntries(journal: Journal, first: number): Promise<Map<number, Buffer>> {
  const entries = new Map<number, Buffer>()
  for (let entry = first; entry <= journal.lastEntry;) {
    const read = await journal.read(entry, journal.lastEntry, 1)
    if (read === null) break
    expect(read.first).toBe(read.last)
    expect(read.first).toBeGreaterThanOrEqual(entry)
    entries.set(read.first, Buffer.from(read.arena, 0, read.used))
    entry = read.last + 1
  }
  return entries
}

/** Keeps what each token brought, as ClickHouse does: the second insert of a token is dropped. */
export class CountingClickHouse {
  private readonly byToken = new Map<string, readonly string[]>()

  insert(token: string, rows: readonly string[]): void {
    if (!this.byToken.has(token)) this.byToken.set(token, rows)
  }

  /** How often each row was stored. */
  counts(): Map<string, number> {
    const counts = new Map<string, number>()
    for (const rows of this.byToken.values()) for (const row of rows) counts.set(row, (counts.get(row) ?? 0) + 1)
    return counts
  }
}

/** Inserts a group as drain does: its entries as the journal gives them, then it is done. */
export async function insertGroup(journal: Journal, group: Group, clickhouse: CountingClickHouse): Promise<void> {
  const rows: string[] = []
  for (let entry = group.first; entry <= group.last;) {
    const read = await journal.read(entry, group.last, 1)
    if (read === null) break
    rows.push(Buffer.from(read.arena, 0, read.used).toString('latin1'))
    entry = read.last + 1
  }
  clickhouse.insert(group.token, rows)
  await journal.done(group)
}

/** Inserts all that waits: sealed groups as they were, then the rest in groups of up to `size` entries. */
export async function drainAll(journal: Journal, clickhouse: CountingClickHouse, size: number): Promise<void> {
  for (const group of journal.sealed) await insertGroup(journal, group, clickhouse)
  while (journal.doneEntry < journal.lastEntry) {
    const first = journal.doneEntry + 1
    await insertGroup(journal, await journal.seal(first, Math.min(first + size - 1, journal.lastEntry)), clickhouse)
  }
}

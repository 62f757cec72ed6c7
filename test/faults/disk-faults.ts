/** R5: calls of the file layer that fail, one after the other, and a disk that is full. */
import { expect } from 'bun:test'
import { Random } from '../../src/simulator/random.ts'
import type { Journal } from '../../src/storage/journal.ts'
import {
  CountingClickHouse,
  drainAll,
  entryOf,
  insertGroup,
  openJournal,
  partOf,
  rounds,
  type FaultTest,
} from './faults.ts'
import { SimulatedDisk, type Call, type Fault } from './simulated-disk.ts'

/** What fails, for how many calls of its kind from the k-th on, and whether the journal must take no more then. */
interface Failing {
  call: Call
  fault: Fault
  times: number
  final: boolean
}
const FAILING: readonly Failing[] = [
  { call: 'sync', fault: 'EIO', times: 1, final: true },
  { call: 'syncDirectory', fault: 'EIO', times: 1, final: true },
  { call: 'writev', fault: 'EIO', times: 1, final: true },
  { call: 'writev', fault: 'ENOSPC', times: 2, final: false },
  { call: 'writev', fault: 'short', times: 3, final: false },
  { call: 'open', fault: 'ENOSPC', times: 1, final: false },
  { call: 'open', fault: 'EIO', times: 1, final: false },
  { call: 'read', fault: 'EIO', times: 1, final: false },
  { call: 'read', fault: 'short', times: 3, final: false },
  { call: 'unlink', fault: 'EIO', times: 1, final: true },
]
const STEPS = 24

/** What the world outside the gateway knows: rows that were acknowledged, and what ClickHouse holds. */
interface Outside {
  acked: Set<string>
  rows: number
  clickhouse: CountingClickHouse
}

/** How a life of the gateway ended: with the error it ends with, or null; and whether the journal took rows after it. */
interface Ending {
  error: Error | null
  tookMore: boolean
}

/** A life of the gateway: takes rows, inserts groups, until all steps are done or something fails. */
async function live(random: Random, disk: SimulatedDisk, outside: Outside): Promise<Ending> {
  let journal: Journal
  try {
    journal = await openJournal(disk)
  } catch (error) {
    return { error: error as Error, tookMore: false }
  }
  try {
    for (const group of journal.sealed) await insertGroup(journal, group, outside.clickhouse)
    for (let step = 0; step < STEPS; step++) {
      if (random.chance(0.7)) await takeRows(random, journal, outside)
      else if (journal.doneEntry < journal.lastEntry) {
        const first = journal.doneEntry + 1
        const group = await journal.seal(first, random.whole(first, journal.lastEntry))
        await insertGroup(journal, group, outside.clickhouse)
      }
    }
    return { error: null, tookMore: false }
  } catch (error) {
    const tookMore = await takeRows(random, journal, outside).then(
      () => true,
      () => false,
    )
    return { error: error as Error, tookMore }
  } finally {
    await journal.close()
  }
}

/** Appends some rows, again while the disk is full; they are acknowledged once the journal has them. */
async function takeRows(random: Random, journal: Journal, outside: Outside): Promise<void> {
  const rows = Array.from({ length: random.whole(1, 3) }, () => entryOf(random, ++outside.rows))
  while ((await journal.append(rows.map(partOf))) === 0) expect(journal.full).toBe(true)
  for (const row of rows) outside.acked.add(row.toString('latin1'))
}

/**
 * Lets the k-th call of a kind fail from now on. False once `live` makes fewer calls than that. Calls that make room for the
 * next segment fail at random, as nothing depends on it.
 */
function failAt(random: Random, disk: SimulatedDisk, { call, fault, times }: Failing, k: number): () => boolean {
  let calls = 0
  disk.fault = (made, _, path) => {
    if (path.endsWith('spare.new')) return random.chance(0.05) ? 'EIO' : ''
    return made === call && ++calls >= k && calls < k + times ? fault : ''
  }
  return () => calls >= k
}

/** Everything acknowledged is stored once, and nothing twice. */
function expectExactlyOnce({ acked, clickhouse }: Outside): void {
  const counts = clickhouse.counts()
  expect([...acked].filter((row) => counts.get(row) !== 1)).toEqual([])
  expect([...counts].filter(([, count]) => count > 1)).toEqual([])
}

/** What is found after a life: as it was, when only the process ended, or after a power cut. */
function leftOf(random: Random, disk: SimulatedDisk): SimulatedDisk {
  return random.chance(0.5) ? disk.copy() : disk.powerCut(random)
}

async function everyCallFails(random: Random, seed: number): Promise<number> {
  let lives = 0
  for (const failing of FAILING)
    for (let k = 1, reached = true; reached; k++, lives++) {
      const outside: Outside = { acked: new Set(), rows: 0, clickhouse: new CountingClickHouse() }
      let disk = new SimulatedDisk(random.chance(0.5))
      const wasReached = failAt(random, disk, failing, k)
      const { error, tookMore } = await live(new Random(seed), disk, outside)
      reached = wasReached()
      if (failing.final && reached) expect(error).not.toBeNull()
      if (failing.final) expect(tookMore).toBe(false)
      // The next start may meet a fault too.
      disk = leftOf(random, disk)
      failAt(random, disk, random.pick(FAILING), random.whole(1, 40))
      await live(random, disk, outside)
      disk = leftOf(random, disk)
      const journal = await openJournal(disk)
      await drainAll(journal, outside.clickhouse, random.whole(1, 9))
      expect(journal.lostEntries).toBe(0)
      await journal.close()
      expectExactlyOnce(outside)
      const again = await openJournal(disk)
      expect(again.quarantinedBytes).toBe(0)
      await again.close()
    }
  return lives
}

/** Room runs out and comes back, again and again, while rows come in and groups are inserted. */
async function roomRunsOut(random: Random): Promise<void> {
  const disk = new SimulatedDisk(random.chance(0.5))
  const outside: Outside = { acked: new Set(), rows: 0, clickhouse: new CountingClickHouse() }
  const journal = await openJournal(disk)
  for (let turn = 0; turn < 10; turn++) {
    disk.room = usedOf(disk) + random.whole(0, 3000)
    let refused = false
    while (!refused) {
      const rows = [entryOf(random, ++outside.rows)]
      const before = journal.lastEntry
      refused = (await journal.append(rows.map(partOf))) === 0
      if (refused) expect(journal.lastEntry).toBe(before)
      else outside.acked.add(rows[0].toString('latin1'))
    }
    // A full disk does not keep the journal from being emptied, which makes room.
    if (random.chance(0.5)) await drainAll(journal, outside.clickhouse, 5)
  }
  disk.room = Infinity
  await takeRows(random, journal, outside)
  await journal.close()
  const again = await openJournal(leftOf(random, disk))
  await drainAll(again, outside.clickhouse, 5)
  await again.close()
  expectExactlyOnce(outside)
}

function usedOf(disk: SimulatedDisk): number {
  return disk.paths().reduce((sum, path) => sum + disk.content(path).length, 0)
}

export const failingCalls: FaultTest = {
  id: 'R5',
  name: 'each call of the file layer fails once; the disk runs full',
  async run(options) {
    let lives = 0
    await rounds('R5', options, async (random, seed) => {
      lives += await everyCallFails(random, seed)
      await roomRunsOut(random)
    })
    return `${lives} lives with a fault`
  },
}

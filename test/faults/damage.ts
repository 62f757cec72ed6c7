/** R2 and R3: a journal that was cut or damaged on the disk. */
import { expect } from 'bun:test'
import { join } from 'node:path'
import type { Random } from '../../src/simulator/random.ts'
import { GROUP_FILES } from '../../src/storage/group-log.ts'
import { ENTRY_HEADER_BYTES } from '../../src/storage/log-entry.ts'
import type { Group } from '../../src/storage/journal.ts'
import { inspect, repair } from '../../src/tools/journal.ts'
import { DIRECTORY, entryOf, openJournal, partOf, readEntries, rounds, silent, type FaultTest } from './faults.ts'
import { SECTOR_BYTES, SimulatedDisk } from './simulated-disk.ts'

const JOURNALS_A_HISTORY = 20

interface Written {
  number: number
  bytes: Buffer
  path: string
  at: number
  end: number
}

/** A journal that was used for a while and closed: what it holds, and what it knows about groups. */
interface History {
  disk: SimulatedDisk
  entries: Written[]
  done: number
  sealed: readonly Group[]
  tokens: Set<string>
}

async function history(random: Random, segments: number, entryBytesMax: number, maxBytes?: number): Promise<History> {
  const disk = new SimulatedDisk(random.chance(0.5))
  const journal = await openJournal(disk, maxBytes)
  const found: History = { disk, entries: [], done: 0, sealed: [], tokens: new Set() }
  while (segmentsOf(disk).length < segments || random.chance(0.7)) {
    const bytes = entryOf(random, journal.lastEntry + 1, entryBytesMax)
    const number = await journal.append([partOf(bytes)])
    const path = segmentsOf(disk).at(-1)!
    const end = disk.content(path).lastIndexOf(bytes) + bytes.length // zeros may follow
    found.entries.push({ number, bytes, path, at: end - bytes.length - ENTRY_HEADER_BYTES, end })
    // In the first segment some is done, behind it there may be a group under way.
    if (number % 3 === 0 && segmentsOf(disk).length === 1 && random.chance(0.5)) {
      const group = await journal.seal(journal.doneEntry + 1, number)
      found.tokens.add(group.token)
      await journal.done(group)
    }
  }
  if (journal.doneEntry < journal.lastEntry && random.chance(0.5)) {
    const first = journal.doneEntry + 1
    found.tokens.add((await journal.seal(first, random.whole(first, journal.lastEntry))).token)
  }
  found.done = journal.doneEntry
  found.sealed = journal.sealed
  await journal.close()
  return found
}

function segmentsOf(disk: SimulatedDisk): string[] {
  return disk.paths().filter((path) => /^\/journal\/\d+\.log$/.test(path))
}

function groupFiles(): string[] {
  return GROUP_FILES.map((name) => join(DIRECTORY, name))
}

/** What must come out of a damaged journal, whatever the damage: one of the files about groups is always whole. */
async function expectRecovery(disk: SimulatedDisk, written: History): Promise<void> {
  const { entries, done, sealed, tokens } = written
  const waiting = entries.filter(({ number }) => number > done)
  const whole = waiting.filter((entry) => bytesOf(disk, entry).equals(bytesOf(written.disk, entry)))
  const broken = waiting.filter((entry) => !whole.includes(entry))
  // Zeros behind the last whole entry are room that was never used, as far as anybody can tell.
  const lastWhole = whole.at(-1)?.number ?? 0
  const remains = broken.some((entry) => {
    const left = bytesOf(disk, entry)
    return entry.number < lastWhole ? left.length > 0 : left.some((byte) => byte !== 0)
  })
  const journal = await openJournal(disk)
  expect(journal.doneEntry).toBe(done)
  expect(journal.sealed).toEqual(sealed)
  const read = await readEntries(journal, done + 1)
  expect([...read.keys()]).toEqual(whole.map(({ number }) => number))
  for (const { number, bytes } of whole) expect(read.get(number)!.equals(bytes)).toBe(true)
  // Of those behind the last whole one nobody can tell whether they were ever written; all others are missed.
  expect(journal.lostEntries).toBe(broken.filter(({ number }) => number <= journal.lastEntry).length)
  if (remains) {
    expect(journal.quarantinedBytes).toBeGreaterThan(0)
    expect(disk.paths().some((path) => path.startsWith('/journal/quarantine/'))).toBe(true)
  }
  // It goes on: new entries and groups get numbers and tokens that nothing had before.
  const next = await journal.append([partOf(Buffer.from('next'))])
  expect(next).toBeGreaterThan(Math.max(done, sealed.at(-1)?.last ?? 0, lastWhole))
  expect(tokens.has((await journal.seal(next, next)).token)).toBe(false)
  await journal.close()
  // What was repaired stays repaired.
  const again = await openJournal(disk)
  expect(again.lastEntry).toBe(next)
  expect((await readEntries(again, next)).get(next)?.toString()).toBe('next')
  expect(again.quarantinedBytes).toBe(0)
  await again.close()
}

function bytesOf(disk: SimulatedDisk, { path, at, end }: Written): Buffer {
  return disk.content(path).subarray(at, end)
}

/** The journal cut at every byte of each of its segments, and its files about groups here and there. */
async function cutEverywhere(random: Random): Promise<number> {
  const written = await history(random, 2, 60, 4096)
  let cuts = 0
  for (const path of segmentsOf(written.disk))
    for (let cut = 0; cut < written.disk.content(path).length; cut++, cuts++) {
      const disk = written.disk.copy()
      disk.cut(path, cut)
      await expectRecovery(disk, written)
    }
  for (const path of groupFiles())
    for (let cut = 0; cut < written.disk.content(path).length; cut += 3800, cuts++) {
      const disk = written.disk.copy()
      if (cut === 0) disk.remove(path)
      else disk.cut(path, cut)
      await expectRecovery(disk, written)
    }
  return cuts
}

/** Ways in which sectors go wrong. */
const DAMAGES: ((random: Random, disk: SimulatedDisk, paths: string[], foreign: SimulatedDisk) => void)[] = [
  function bitFlipped(random, disk, paths) {
    const path = random.pick(paths)
    const content = disk.content(path)
    const at = random.whole(0, content.length - 1)
    disk.damage(path, Buffer.from([content[at] ^ (1 << random.whole(0, 7))]), at)
  },
  function sectorZeroed(random, disk, paths) {
    const { path, at, bytes } = sectorOf(random, disk, paths)
    disk.damage(path, Buffer.alloc(bytes.length), at)
  },
  function sectorUnreadable(random, disk, paths) {
    const { path, at, bytes } = sectorOf(random, disk, paths, 4096)
    disk.damage(path, Buffer.alloc(bytes.length), at) // so that it compares as gone
    for (let sector = at; sector < at + bytes.length; sector += SECTOR_BYTES) disk.spoil(path, sector / SECTOR_BYTES)
  },
  function sectorsSwapped(random, disk, paths) {
    const size = random.pick(SECTOR_SIZES)
    const [one, two] = [sectorOf(random, disk, paths, size), sectorOf(random, disk, paths, size)]
    overwrite(disk, one, two.bytes)
    overwrite(disk, two, one.bytes)
  },
  function sectorStale(random, disk, paths) {
    const size = random.pick(SECTOR_SIZES)
    const stale = sectorOf(random, disk, paths, size)
    overwrite(disk, sectorOf(random, disk, paths, size), stale.bytes)
  },
  function sectorOfSamePlaceInAnotherSegment(random, disk, paths) {
    const sector = sectorOf(random, disk, paths)
    const { at, bytes } = sector
    overwrite(disk, sector, disk.content(random.pick(paths)).subarray(at, at + bytes.length))
  },
  function sectorOfAnotherJournal(random, disk, paths, foreign) {
    const sector = sectorOf(random, disk, paths)
    const { path, at, bytes } = sector
    const other = foreign.paths().includes(path) ? path : segmentsOf(foreign)[0]
    overwrite(disk, sector, foreign.content(other).subarray(at, at + bytes.length))
  },
]
const SECTOR_SIZES = [512, 4096]

interface Sector {
  path: string
  at: number
  bytes: Buffer
}

function sectorOf(random: Random, disk: SimulatedDisk, paths: string[], size = random.pick(SECTOR_SIZES)): Sector {
  const path = random.pick(paths)
  const content = disk.content(path)
  const at = size * random.whole(0, Math.max(0, Math.ceil(content.length / size) - 1))
  return { path, at, bytes: Buffer.from(content.subarray(at, at + size)) }
}

/** Writes over a sector; the file does not get longer. */
function overwrite(disk: SimulatedDisk, { path, at, bytes }: Sector, others: Buffer): void {
  disk.damage(path, Buffer.from(others.subarray(0, bytes.length)), at)
}

async function damageSomewhere(random: Random): Promise<void> {
  const written = await history(random, random.whole(1, 4), random.pick([60, 400, 1500]))
  const foreign = await history(random, 2, 400)
  const segments = segmentsOf(written.disk)
  for (let journals = 0; journals < JOURNALS_A_HISTORY; journals++) {
    const disk = written.disk.copy()
    const paths = random.chance(0.7) ? segments : [random.pick(groupFiles())]
    if (random.chance(0.1)) {
      // A whole file of another journal, as when directories were mixed up.
      const path = random.pick(paths.filter((mixed) => foreign.disk.paths().includes(mixed)).concat(groupFiles()[0]))
      disk.cut(path, 0)
      disk.damage(path, foreign.disk.content(path))
    } else
      for (let damages = random.whole(1, 3); damages > 0; damages--)
        random.pick(DAMAGES)(random, disk, paths, foreign.disk)
    if (random.chance(0.3)) {
      // What the gateway recovers from, "journal repair" repairs, and nothing sound gets lost.
      const before = await inspect(disk, DIRECTORY)
      await repair(disk, DIRECTORY, silent)
      const after = await inspect(disk, DIRECTORY)
      expect(after).toMatchObject({ clean: true, waiting: before.waiting, state: before.state })
    } else await expectRecovery(disk, written)
  }
}

export const cutJournal: FaultTest = {
  id: 'R2',
  name: 'the journal cut at every byte',
  async run(options) {
    let cuts = 0
    await rounds('R2', options, async (random) => (cuts += await cutEverywhere(random)))
    return `${cuts} cuts`
  },
}

export const damagedJournal: FaultTest = {
  id: 'R3',
  name: 'bits flipped, sectors zeroed, swapped or stale',
  async run(options) {
    const histories = await rounds('R3', options, damageSomewhere)
    return `${histories * JOURNALS_A_HISTORY} damaged journals`
  },
}

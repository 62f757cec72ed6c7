import { afterEach, expect, test } from 'bun:test'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { DISK, type Files } from '../../src/storage/files.ts'
import { GROUP_FILES } from '../../src/storage/group-log.ts'
import { FREE_BYTES_MIN, Journal } from '../../src/storage/journal.ts'
import { DirectoryInUse, lockDirectory } from '../../src/storage/lock.ts'

const silent = pino({ level: 'silent' })
const directories: string[] = []
const MAX_BYTES = 64 * 1024 * 1024

function directory(): string {
  const path = mkdtempSync(join(tmpdir(), 'waygate-journal-'))
  directories.push(path)
  return path
}
afterEach(() => {
  for (const path of directories.splice(0)) rmSync(path, { recursive: true, force: true })
})

const payload = (text: string) => {
  const bytes = new TextEncoder().encode(`....${text}....`)
  return { bytes, from: 4, to: bytes.length - 4 }
}
const reopen = (path: string, maxBytes = MAX_BYTES) => Journal.open(path, maxBytes, '', silent)
const textOf = (read: { arena: ArrayBuffer; used: number } | null) =>
  read ? new TextDecoder().decode(new Uint8Array(read.arena, 0, read.used)) : null
const segmentsOf = (path: string) =>
  readdirSync(path)
    .filter((name) => /^\d+\.log$/.test(name))
    .toSorted()

test('journal: entries come back after a restart, in order', async () => {
  const path = directory()
  const journal = await reopen(path)
  expect(await journal.append([payload('one'), payload('two')])).toBe(1)
  expect(await journal.append([payload('three')])).toBe(3)
  await journal.close()
  const again = await reopen(path)
  expect(again.lastEntry).toBe(3)
  expect(textOf(await again.read(1, 3, 1024))).toBe('onetwothree')
  expect(textOf(await again.read(2, 2, 1024))).toBe('two')
  expect(await again.append([payload('four')])).toBe(4)
  expect(textOf(await again.read(3, 4, 1024))).toBe('threefour')
  await again.close()
})

test('journal: segments are written into room made before, and what was never used of it is no damage', async () => {
  const path = directory()
  const segmentBytes = MAX_BYTES / 8
  const journal = await reopen(path)
  const spare = async () => {
    while (!readdirSync(path).includes('spare')) await Bun.sleep(5)
  }
  await spare()
  expect(await journal.append([payload('one')])).toBe(1)
  const [first] = segmentsOf(path)
  expect(statSync(join(path, first)).size).toBe(segmentBytes)
  const onDisk = journal.bytes
  expect(onDisk).toBeLessThan(1000)
  await spare() // room for the next one is made meanwhile
  // As after kill -9: nobody has closed it.
  const warnings: unknown[] = []
  const log = pino({ level: 'warn' }, { write: (line: string) => void warnings.push(line) })
  const again = await Journal.open(path, MAX_BYTES, '', log)
  expect(again.lastEntry).toBe(1)
  expect(again.bytes).toBe(onDisk)
  expect(statSync(join(path, first)).size).toBe(onDisk)
  expect(textOf(await again.read(1, 1, 1024))).toBe('one')
  // The rest of that segment would have to grow: it goes on in the room of the next.
  expect(await again.append([payload('two')])).toBe(2)
  expect(segmentsOf(path).length).toBe(2)
  expect(textOf(await again.read(1, 2, 1024))).toBe('onetwo')
  expect(warnings).toEqual([])
  expect(again.quarantinedBytes).toBe(0)
  await again.close()
  await journal.close()
})

test('journal: an entry torn in the middle of its room is cut off and kept', async () => {
  const path = directory()
  const journal = await reopen(path)
  while (!readdirSync(path).includes('spare')) await Bun.sleep(5)
  await journal.append([payload('whole'), payload('torn')])
  const { bytes } = journal
  await journal.close()
  const segment = join(path, segmentsOf(path)[0])
  const content = readFileSync(segment)
  content[bytes - 1] ^= 1
  writeFileSync(segment, content)
  const again = await reopen(path)
  expect(again.lastEntry).toBe(1)
  expect(again.quarantinedBytes).toBeGreaterThan(4)
  expect(again.quarantinedBytes).toBeLessThan(200)
  expect(textOf(await again.read(1, 2, 1024))).toBe('whole')
  await again.close()
})

test('journal: a read takes whole entries up to its size, and at least one', async () => {
  const journal = await reopen(directory())
  await journal.append([payload('aaaa'), payload('bbbb'), payload('cccc')])
  expect(await journal.read(1, 3, 8)).toMatchObject({ used: 8, first: 1, last: 2 })
  expect(await journal.read(3, 3, 1)).toMatchObject({ used: 4, first: 3, last: 3 })
  expect(await journal.read(4, 9, 100)).toBeNull()
  await journal.close()
})

test('journal: the reader follows while the writer appends', async () => {
  const journal = await reopen(directory())
  for (let entry = 1; entry <= 50; entry++) {
    await journal.append([payload(`e${entry};`)])
    expect(textOf(await journal.read(entry, entry, 1024))).toBe(`e${entry};`)
  }
  await journal.close()
})

test('journal: cut at every byte of its last segment, it opens with exactly the whole entries before the cut', async () => {
  const path = directory()
  const journal = await reopen(path)
  const ends: number[] = []
  const segment = () => join(path, segmentsOf(path)[0])
  for (const text of ['first', 'second entry', '3']) {
    await journal.append([payload(text)])
    ends.push(readFileSync(segment()).length)
  }
  await journal.close()
  const whole = readFileSync(segment())
  for (let cut = 0; cut <= whole.length; cut++) {
    writeFileSync(segment(), whole.subarray(0, cut))
    const cutJournal = await reopen(path)
    expect(cutJournal.lastEntry).toBe(ends.filter((end) => end <= cut).length)
    await cutJournal.close()
  }
})

test('journal: a flipped byte never gives a wrong entry; the damage is set aside and the rest is read', async () => {
  const path = directory()
  const journal = await reopen(path)
  await journal.append([payload('aaaaaa'), payload('bbbbbb'), payload('cccccc')])
  await journal.close()
  const segment = join(path, segmentsOf(path)[0])
  const whole = readFileSync(segment)
  for (let at = 0; at < whole.length; at++) {
    const damaged = Buffer.from(whole)
    damaged[at] ^= 0x10
    writeFileSync(segment, damaged)
    const again = await reopen(path)
    const texts: string[] = []
    for (let entry = 1; entry <= again.lastEntry;) {
      const read = await again.read(entry, again.lastEntry, 1)
      if (!read) break
      texts.push(textOf(read)!)
      entry = read.last + 1
    }
    const entrySize = whole.length / 3
    const hit = Math.floor(at / entrySize)
    const expected = ['aaaaaa', 'bbbbbb', 'cccccc'].filter((_, index) => index !== hit)
    expect(texts).toEqual(expected)
    if (hit < 2) expect(again.quarantinedBytes).toBe(entrySize)
    await again.close()
  }
})

test('journal: a sealed group is there after a restart; a done one is not', async () => {
  const path = directory()
  const journal = await reopen(path)
  await journal.append([payload('a'), payload('b'), payload('c')])
  const first = await journal.seal(1, 1)
  const second = await journal.seal(2, 3)
  await journal.done(first)
  await journal.close()
  const again = await reopen(path)
  expect(again.sealed).toEqual([second])
  expect(again.doneEntry).toBe(1)
  await again.done(second)
  await again.append([payload('d')])
  const third = await again.seal(4, 4)
  await again.close()
  const last = await reopen(path)
  expect(last.doneEntry).toBe(3)
  expect(last.sealed).toEqual([third])
  await last.close()
})

test('journal: numbers go on after everything was done and the directory reopened', async () => {
  const path = directory()
  const journal = await reopen(path)
  await journal.append([payload('a')])
  await journal.done(await journal.seal(1, 1))
  await journal.close()
  truncateSync(join(path, segmentsOf(path)[0]), 0)
  const again = await reopen(path)
  expect(await again.append([payload('b')])).toBe(2)
  expect(textOf(await again.read(2, 2, 10))).toBe('b')
  await again.close()
})

test('journal: is full at its limit, and segments whose entries are done are deleted', async () => {
  const path = directory()
  const journal = await reopen(path, 80_000)
  const big = { bytes: new Uint8Array(10_000), from: 0, to: 10_000 }
  const full = () => journal.full
  while (!full()) await journal.append([big])
  expect(journal.lastEntry).toBe(8)
  expect(segmentsOf(path).length).toBeGreaterThan(3)
  await journal.done(await journal.seal(1, journal.lastEntry))
  expect(full()).toBe(false)
  expect(segmentsOf(path).length).toBe(1)
  await journal.close()
})

test('journal: what is cut off its end is kept for a look', async () => {
  const path = directory()
  const journal = await reopen(path)
  await journal.append([payload('whole')])
  await journal.close()
  const segment = join(path, segmentsOf(path)[0])
  writeFileSync(segment, Buffer.concat([readFileSync(segment), Buffer.from('torn')]))
  ;(await reopen(path)).close()
  const [aside] = readdirSync(join(path, 'quarantine'))
  expect(readFileSync(join(path, 'quarantine', aside), 'latin1')).toBe('torn')
})

test('journal: old damage is passed over without another report', async () => {
  const path = directory()
  const journal = await reopen(path)
  await journal.append([payload('aaaa'), payload('bbbb'), payload('cccc')])
  await journal.done(await journal.seal(1, 2))
  await journal.close()
  const segment = join(path, segmentsOf(path)[0])
  const file = readFileSync(segment)
  file[30] ^= 1 // in the first entry, which ClickHouse holds
  writeFileSync(segment, file)
  const again = await reopen(path)
  expect(textOf(await again.read(3, 3, 100))).toBe('cccc')
  expect(again.quarantinedBytes).toBe(0)
  await again.close()
})

test('journal: is not full when everything is done, however large the last segment', async () => {
  const path = directory()
  const journal = await reopen(path, 80_000)
  await journal.append([{ bytes: new Uint8Array(100_000), from: 0, to: 100_000 }])
  const full = () => journal.full
  expect(full()).toBe(true)
  await journal.done(await journal.seal(1, 1))
  expect(full()).toBe(false)
  await journal.close()
})

test('journal: a sealed group keeps its token over a restart, whatever the gateway is called then', async () => {
  const path = directory()
  const first = await Journal.open(path, MAX_BYTES, 'pune', silent)
  await first.append([payload('a'), payload('b')])
  const group = await first.seal(1, 1)
  expect(group.token).toMatch(/^pune-\w+-1$/)
  await first.close()
  const second = await Journal.open(path, MAX_BYTES, 'delhi', silent)
  expect(second.sealed).toEqual([group])
  await second.done(group)
  expect((await second.seal(2, 2)).token).toMatch(/^delhi-\w+-1$/)
  await second.close()
})

test('journal: no two groups have one token, neither of two journals nor of two runs of one', async () => {
  const path = directory()
  const tokens: string[] = []
  for (const where of [path, path, directory()]) {
    const journal = await Journal.open(where, MAX_BYTES, 'pune', silent)
    await journal.append([payload('a')])
    tokens.push((await journal.seal(1, 1)).token)
    await journal.close()
  }
  expect(new Set(tokens).size).toBe(3)
})

test('journal: reads that overlap get what each of them asked for', async () => {
  const slow: Files['read'] = (file, into, position) =>
    Bun.sleep(position % 7).then(() => DISK.read(file, into, position))
  const journal = await Journal.open(directory(), 80_000, '', silent, { ...DISK, read: slow })
  const texts = Array.from({ length: 60 }, (_, index) => `<${index + 1}>`.padEnd(3000, '.'))
  for (const text of texts) await journal.append([payload(text)])
  const from = [1, 41, 11, 51, 21, 31] // across several segments each
  const reads = await Promise.all(from.map((first) => journal.read(first, first + 9, 30_000)))
  expect(reads.map(textOf)).toEqual(from.map((first) => texts.slice(first - 1, first + 9).join('')))
  await journal.close()
})

test('journal: groups are done in the order in which they were sealed', async () => {
  const journal = await reopen(directory())
  await journal.append([payload('a'), payload('b')])
  await journal.seal(1, 1)
  await expect(journal.done(await journal.seal(2, 2))).rejects.toThrow(/before its turn/)
  await journal.close()
})

test('journal: counts as full while its disk has too little left, and recovers by itself', async () => {
  let free = 1 << 30
  const files: Files = { ...DISK, freeBytes: async () => free }
  const journal = await Journal.open(directory(), MAX_BYTES, '', silent, files)
  const becomes = async (full: boolean) => {
    for (let wait = 0; journal.full !== full && wait < 50; wait++) await Bun.sleep(50)
    expect([journal.full, journal.lowOnDisk]).toEqual([full, full])
  }
  await becomes(false)
  free = FREE_BYTES_MIN - 1
  await becomes(true)
  free = FREE_BYTES_MIN + 1 // not enough more to change its mind
  await Bun.sleep(1100)
  expect(journal.full).toBe(true)
  free = 1 << 30
  await becomes(false)
  await journal.close()
})

test('journal: a damaged file about groups is set aside and made anew from the other', async () => {
  const path = directory()
  const journal = await reopen(path)
  await journal.append([payload('a'), payload('b')])
  const group = await journal.seal(1, 1)
  await journal.close()
  const [damaged] = GROUP_FILES
  writeFileSync(join(path, damaged), 'not what it was')
  const again = await reopen(`${path}/.//`)
  expect(again.sealed).toEqual([group])
  expect(again.quarantinedBytes).toBe(15)
  const [aside] = readdirSync(join(path, 'quarantine'))
  expect(aside).toStartWith(`${damaged}-`)
  expect(readFileSync(join(path, 'quarantine', aside), 'latin1')).toBe('not what it was')
  await again.close()
  rmSync(join(path, GROUP_FILES[1]))
  const last = await reopen(path)
  expect(last.sealed).toEqual([group])
  await last.close()
})

test('journal: without its files about groups all it holds waits again, and the gateway is told', async () => {
  const path = directory()
  const journal = await reopen(path)
  await journal.append([payload('a'), payload('b')])
  await journal.done(await journal.seal(1, 1))
  await journal.close()
  for (const name of GROUP_FILES) rmSync(join(path, name))
  const lines: string[] = []
  const again = await Journal.open(path, MAX_BYTES, '', pino({}, { write: (line) => lines.push(line) }))
  expect([again.doneEntry, again.lastEntry]).toEqual([0, 2])
  expect(lines.join('')).toContain('is not known any more')
  expect(textOf(await again.read(1, 2, 100))).toBe('ab')
  await again.close()
})

test('lock: a directory has one owner at a time', () => {
  const path = directory()
  const unlock = lockDirectory(path)
  expect(() => lockDirectory(path)).toThrow(DirectoryInUse)
  unlock()
  lockDirectory(path)()
})

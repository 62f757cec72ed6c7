import { afterEach, expect, test } from 'bun:test'
import { existsSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { FRAME, headerOf, REJECT, UDP } from '../../src/codecs/frame-record.ts'
import { codecOptions, createCodecs } from '../../src/codecs/registry.ts'
import { Reject } from '../../src/codecs/rejects.ts'
import { Batch } from '../../src/net/batch.ts'
import { DISK } from '../../src/storage/files.ts'
import { Journal } from '../../src/storage/journal.ts'
import { lockDirectory } from '../../src/storage/lock.ts'
import { describeJournal, dump, inspect, repair } from '../../src/tools/journal.ts'

const ROOT = join(import.meta.dir, '../..')
const silent = pino({ level: 'silent' })
const directories: string[] = []
afterEach(() => {
  for (const path of directories.splice(0)) rmSync(path, { recursive: true, force: true })
})

const RECEIVED_MS = Date.UTC(2026, 0, 2, 3, 4, 5, 678)
const text = (words: string) => new TextEncoder().encode(words)

/** A journal of eight entries with one frame and one reject each, in segments of two or three; the first is done. */
async function makeJournal(): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'waygate-journal-tool-'))
  directories.push(directory)
  const journal = await Journal.open(directory, 2048, 'pune', silent, { ...DISK, prefills: false })
  const header = headerOf(2, UDP, 0, text('864893031234567'), text('192.0.2.1:4000'))
  for (let entry = 1; entry <= 8; entry++) {
    const batch = new Batch(new ArrayBuffer(1024))
    const frame = text(`imei:${entry};`)
    batch.append(header, FRAME, 0, RECEIVED_MS + entry, new Int32Array(2), frame, 0, frame.length)
    batch.append(header, REJECT, Reject.garbage, RECEIVED_MS, new Int32Array(2), text('?'), 0, 1)
    await journal.append([{ bytes: batch.bytes, from: 0, to: batch.used }])
  }
  await journal.done(await journal.seal(1, 1))
  await journal.seal(2, 3)
  await journal.close()
  return directory
}

function segmentsOf(directory: string): string[] {
  return readdirSync(directory)
    .filter((name) => name.endsWith('.log'))
    .toSorted()
    .map((name) => join(directory, name))
}

function flip(path: string, at: number): void {
  const bytes = readFileSync(path)
  bytes[at] ^= 1
  writeFileSync(path, bytes)
}

async function linesOf(lines: AsyncGenerator<string>): Promise<string[]> {
  const found: string[] = []
  for await (const line of lines) found.push(line)
  return found
}

async function command(...parameters: string[]) {
  const child = Bun.spawn([process.execPath, join(ROOT, 'src/tools/journal.main.ts'), ...parameters], {
    cwd: '/tmp',
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const [out, err] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()])
  return { code: await child.exited, out, err }
}

test('journal check: says what each segment holds, what is done, sealed and waits', async () => {
  const directory = await makeJournal()
  const report = await inspect(DISK, directory)
  expect(report.segments.length).toBeGreaterThan(2)
  expect(report.segments.reduce((sum, { entries }) => sum + entries, 0)).toBe(8)
  expect(report.segments.at(-1)!.last).toBe(8)
  expect(report.state).toMatchObject({ done: 1, sealed: [{ first: 2, last: 3 }] })
  expect(report.waiting.entries).toBe(7)
  expect(report).toMatchObject({ clean: true, missing: [] })
  const said = describeJournal(report, '')
  expect(said).toContain('sealed: 2 to 3 as pune-')
  expect(said).toContain('waiting: 7 entries')
  expect(said).toContain('The journal is clean.')
})

test('journal check: an empty directory is a clean journal', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'waygate-journal-tool-'))
  directories.push(directory)
  expect(await inspect(DISK, directory)).toMatchObject({ clean: true, id: null, segments: [] })
})

test('journal dump: a line for each record of the range, with time, protocol, device and bytes', async () => {
  const directory = await makeJournal()
  const codecs = createCodecs(codecOptions.parse({}))
  expect(await linesOf(dump(DISK, directory, codecs, 4, 5))).toEqual([
    '4  2026-01-02T03:04:05.682Z  frame  gps103  udp  864893031234567  192.0.2.1:4000  696d65693a343b',
    '4  2026-01-02T03:04:05.678Z  reject:garbage  gps103  udp  864893031234567  192.0.2.1:4000  3f',
    '5  2026-01-02T03:04:05.683Z  frame  gps103  udp  864893031234567  192.0.2.1:4000  696d65693a353b',
    '5  2026-01-02T03:04:05.678Z  reject:garbage  gps103  udp  864893031234567  192.0.2.1:4000  3f',
  ])
  expect((await linesOf(dump(DISK, directory, codecs, 1, Infinity))).length).toBe(16)
})

test('journal check: room that a gateway which was killed has left unused is no damage, anything else behind the end is', async () => {
  const directory = await makeJournal()
  const newest = segmentsOf(directory).at(-1)!
  const bytes = readFileSync(newest)
  writeFileSync(newest, Buffer.concat([bytes, Buffer.alloc(5000)]))
  const unused = await inspect(DISK, directory)
  expect(unused.clean).toBe(true)
  expect(unused.segments.reduce((sum, { entries }) => sum + entries, 0)).toBe(8)
  writeFileSync(newest, Buffer.concat([bytes, Buffer.alloc(100), Buffer.from('?'), Buffer.alloc(5000)]))
  const torn = await inspect(DISK, directory)
  expect(torn.segments.at(-1)!.damage).toEqual([{ at: bytes.length, end: bytes.length + 101, number: 0 }])
})

test('journal repair: after damage of any kind a check is clean, and all that is sound is still there', async () => {
  const directory = await makeJournal()
  const [first, second, ...others] = segmentsOf(directory)
  flip(second, 40) // an entry in the middle
  writeFileSync(first, readFileSync(first).subarray(0, -3)) // a segment without its end
  writeFileSync(others.at(-1)!, Buffer.concat([readFileSync(others.at(-1)!), Buffer.from('torn')]))
  flip(join(directory, 'groups.a'), 50)
  rmSync(join(directory, 'groups.b'))
  const before = await inspect(DISK, directory)
  expect(before.clean).toBe(false)
  const sound = before.segments.reduce((sum, { entries }) => sum + entries, 0)
  expect(sound).toBe(6)
  await repair(DISK, directory, silent)
  const after = await inspect(DISK, directory)
  expect(after).toMatchObject({ clean: true, missing: before.missing, state: before.state, waiting: before.waiting })
  expect(after.missing.reduce((sum, { first: from, last }) => sum + last - from + 1, 0)).toBe(2)
  expect(after.segments.reduce((sum, { entries }) => sum + entries, 0)).toBe(sound)
  expect(readdirSync(join(directory, 'quarantine')).length).toBe(4)
})

test('journal repair: a segment without a sound entry goes to the quarantine', async () => {
  const directory = await makeJournal()
  const [, second] = segmentsOf(directory)
  writeFileSync(second, Buffer.alloc(100))
  await repair(DISK, directory, silent)
  expect(existsSync(second)).toBe(false)
  expect((await inspect(DISK, directory)).clean).toBe(true)
})

test('journal: the command checks, repairs and dumps, and does not repair what a gateway has', async () => {
  const directory = await makeJournal()
  flip(segmentsOf(directory)[0], 40)
  const damaged = await command('check', '--path', directory)
  expect([damaged.code, damaged.out.includes('DAMAGED')]).toEqual([1, true])
  const unlock = lockDirectory(directory)
  const refused = await command('repair', '--path', directory)
  expect([refused.code, refused.err.includes(`in use by another gateway (process ${process.pid})`)]).toEqual([1, true])
  expect((await command('check', '--path', directory)).out).toContain(`in use by process ${process.pid}`)
  unlock()
  const repaired = await command('repair', '--path', directory)
  expect([repaired.code, repaired.out.includes('The journal is clean.')]).toEqual([0, true])
  expect((await command('dump', '--path', directory, '--from', '8')).out.split('\n').length).toBe(3)
  expect((await command('check', '--path', '/nowhere')).code).toBe(2)
  expect((await command('burn')).code).toBe(2)
})

test('journal: the command looks at the journals of all listeners, or at the one that is named', async () => {
  const directory = await makeJournal()
  const beside = join(directory, 'listener-2')
  renameSync(await makeJournal(), beside)
  flip(segmentsOf(beside)[0], 40)
  const config = join(directory, 'config.toml')
  writeFileSync(config, `[journal]\npath = "${directory}"\n`)
  const all = await command('check', '--config', config)
  expect([all.code, all.out.match(/The journal is (clean|damaged)/g)]).toEqual([
    1,
    ['The journal is clean', 'The journal is damaged'],
  ])
  expect((await command('dump', '--config', config, '--from', '8')).out.split('\n').length).toBe(2 * 2 + 1)
  expect((await command('check', '--path', directory)).code).toBe(0)
  expect((await command('repair', '--config', config)).code).toBe(0)
  expect((await command('check', '--path', beside)).code).toBe(0)
})

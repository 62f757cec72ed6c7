/** R5 on a real file system of limited size: a gateway whose disk runs low, runs full, and gets room again. */
import { expect } from 'bun:test'
import { mkdtempSync, rmSync, statfsSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { Random } from '../../src/simulator/random.ts'
import { FREE_BYTES_MIN, Journal } from '../../src/storage/journal.ts'
import { eventually, freePort, ROOT, tcpClient } from '../integration/gateway-process.ts'
import { partOf, readEntries, type FaultTest } from './faults.ts'

const MIB = 1_048_576
/** Above what the journal wants to see free, with some room to take away. */
const DISK_BYTES = FREE_BYTES_MIN + 64 * MIB
const IMEI = '864893031234567'
const HEARTBEAT = `${IMEI};`

export const fullDisk: FaultTest = {
  id: 'R5-disk',
  name: 'a real disk that is full',
  async run({ seed }) {
    const directory = mkdtempSync(join(tmpdir(), 'waygate-full-'))
    const mounted = Bun.spawnSync(['mount', '-t', 'tmpfs', '-o', `size=${DISK_BYTES}`, 'waygate-test', directory])
    if (mounted.exitCode !== 0) {
      rmSync(directory, { recursive: true })
      return `not run: mounting a file system of limited size is not allowed here (${mounted.stderr.toString().trim()})`
    }
    try {
      await journalOnFullDisk(directory, new Random(seed))
      await gatewayOnFullDisk(directory)
      return 'ran low, ran full, and went on'
    } finally {
      Bun.spawnSync(['umount', directory])
      rmSync(directory, { recursive: true, force: true })
    }
  },
}

/** Fills the disk but for `freeBytes`. */
function fill(directory: string, freeBytes: number): void {
  const filler = join(directory, 'filler')
  const { bavail, bsize } = statfsSync(directory)
  const chunk = Buffer.alloc(MIB)
  let left = bavail * bsize - freeBytes
  try {
    for (; left > 0; left -= chunk.length)
      writeFileSync(filler, left >= chunk.length ? chunk : chunk.subarray(0, left), { flag: 'a' })
  } catch (error) {
    if ((error as { code?: string }).code !== 'ENOSPC') throw error
  }
}

function free(directory: string): void {
  truncateSync(join(directory, 'filler'), 0)
}

async function journalOnFullDisk(directory: string, random: Random): Promise<void> {
  const path = join(directory, 'journal-alone')
  const silent = pino({ level: 'silent' })
  const journal = await Journal.open(path, 1 << 30, '', silent)
  const acked: Buffer[] = []
  for (let turn = 0; turn < 3; turn++) {
    fill(directory, random.whole(20_000, 200_000))
    for (;;) {
      const row = Buffer.alloc(random.whole(1, 30_000), acked.length)
      if ((await journal.append([partOf(row)])) === 0) break
      acked.push(row)
    }
    expect(journal.full).toBe(true)
    // Groups need no room.
    await journal.done(await journal.seal(journal.doneEntry + 1, journal.doneEntry + 1))
    free(directory)
  }
  const row = Buffer.from('after')
  expect(await journal.append([partOf(row)])).toBe(acked.push(row))
  await journal.close()
  const again = await Journal.open(path, 1 << 30, '', silent)
  const entries = await readEntries(again, again.doneEntry + 1)
  acked.forEach((bytes, index) => {
    if (index >= again.doneEntry) expect(entries.get(index + 1)!.equals(bytes)).toBe(true)
  })
  await again.close()
  rmSync(path, { recursive: true })
}

async function gatewayOnFullDisk(directory: string): Promise<void> {
  const [port, httpPort] = [await freePort(), await freePort()]
  const path = join(directory, 'journal')
  const start = () =>
    Bun.spawn([process.execPath, join(ROOT, 'src/main.ts')], {
      cwd: directory,
      env: {
        ...process.env,
        WAYGATE_CLICKHOUSE_URL: 'http://127.0.0.1:1',
        WAYGATE_GATEWAY_PORT: String(port),
        WAYGATE_GATEWAY_HOST: '127.0.0.1',
        WAYGATE_HTTP_PORT: String(httpPort),
        WAYGATE_JOURNAL_PATH: path,
      },
      stdout: 'ignore',
    })
  const child = start()
  try {
    const client = (await eventually(() => tcpClient(port).catch(() => null), Boolean, 5000))!
    client.write(`##,imei:${IMEI},A;`)
    const acks = () => (Buffer.from(client.received, 'hex').toString().match(/ON/g) ?? []).length
    const journalState = async () => {
      const answer = (await (await fetch(`http://127.0.0.1:${httpPort}/readyz`)).json()) as { journal: string }
      return answer.journal
    }
    const beats = async (count: number) => {
      for (let beat = 0; beat < count; beat++) {
        client.write(HEARTBEAT)
        await Bun.sleep(5)
      }
    }
    await beats(3)
    expect(
      await eventually(
        async () => acks(),
        (count) => count === 3,
      ),
    ).toBe(3)
    // Low: noticed by looking. Full: noticed by a write that fails, mostly before the next look.
    for (const freeBytes of [FREE_BYTES_MIN / 2, 0]) {
      const before = acks()
      fill(directory, freeBytes)
      if (freeBytes > 0)
        expect(await eventually(journalState, (state) => state.startsWith('full'))).toBe(
          'full: its disk has no room left',
        )
      await beats(5)
      expect(await eventually(journalState, (state) => state.startsWith('full'))).toBe(
        'full: its disk has no room left',
      )
      const metrics = await (await fetch(`http://127.0.0.1:${httpPort}/metrics`)).text()
      expect(metrics).toContain('\nwaygate_journal_full 1\n')
      const withheld = acks()
      if (freeBytes > 0) expect(withheld).toBe(before)
      await Bun.sleep(300)
      expect(acks()).toBe(withheld)
      free(directory)
      expect(
        await eventually(
          async () => acks(),
          (count) => count === before + 5,
          5000,
        ),
      ).toBe(before + 5)
      expect(await eventually(journalState, (state) => state === 'ok')).toBe('ok')
    }
    const acknowledged = acks()
    child.kill('SIGKILL')
    await child.exited
    const journal = await Journal.open(path, 1 << 30, '', pino({ level: 'silent' }))
    const kept = Buffer.concat([...(await readEntries(journal, 1)).values()]).toString('latin1')
    expect(kept.split(HEARTBEAT).length - 1).toBeGreaterThanOrEqual(acknowledged)
    expect(journal.lostEntries).toBe(0)
    await journal.close()
  } finally {
    child.kill('SIGKILL')
    await child.exited
  }
}

/** R10: worker threads that die in the middle of their work. */
import { expect } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { codecOptions } from '../../../src/codecs/registry.ts'
import { FRAME, headerOf, TCP } from '../../../src/codecs/frame-record.ts'
import { location22 } from '../../../src/codecs/gt06/encode.ts'
import { Batch } from '../../../src/net/batch.ts'
import { Drain } from '../../../src/storage/drain.ts'
import { Journal } from '../../../src/storage/journal.ts'
import { Refusals } from '../../../src/storage/refusals.ts'
import type { Sink } from '../../../src/storage/sink.ts'
import { decodingBy } from '../../../src/workers/decoding.ts'
import { WorkerPool } from '../../../src/workers/pool.ts'
import { seeded, type FaultTest } from './rounds.ts'

const KILL_EVERY_MS = 100
const CELL = { mcc: 404, mnc: 22, lac: 7978, cid: 46020 }
const SHORT_SECONDS = 2
const KILLS_MIN = 5
const silent = pino({ level: 'silent' })

/** Counts rows by table: frame ids tell whether one came twice. */
class CountingSink implements Sink {
  readonly rows = new Map<string, number>()
  async insert(table: string, _: readonly string[], [block]: readonly Uint8Array[]): Promise<void> {
    // Behind the number of columns (one byte here) stands that of rows, as a varint.
    let rows = 0
    for (let at = 1, shift = 0; ; at++, shift += 7) {
      rows |= (block[at] & 127) << shift
      if (block[at] < 128) break
    }
    this.rows.set(table, (this.rows.get(table) ?? 0) + rows)
  }
  async probe(): Promise<never> {
    throw new Error('nothing is refused here')
  }
}

export const dyingWorkers: FaultTest = {
  id: 'R10',
  name: 'a worker killed in mid-task every 100 ms',
  run: (options) =>
    seeded('R10', options, async (random) => {
      const directory = mkdtempSync(join(tmpdir(), 'waygate-workers-'))
      const journal = await Journal.open(directory, 1 << 30, 'r10', silent)
      const pool = new WorkerPool(2, codecOptions.parse({}))
      const sink = new CountingSink()
      const drain = new Drain(
        journal,
        decodingBy(pool),
        sink,
        Refusals.open(directory, 0),
        { insertRows: 20_000, insertMs: 50, batchBytes: 1 << 20, threads: 2 },
        () => {},
        silent,
      )
      let kills = 0
      const enough = () => kills >= KILLS_MIN
      // In mid-task: workers that only ever start would decode nothing.
      let worked = false
      pool.onBatch = () => (worked = true)
      const killer = setInterval(() => {
        if (!worked || !pool.busy || !pool.killWorker(random.whole(0, 1))) return
        kills++
        worked = false
      }, KILL_EVERY_MS)
      try {
        drain.start()
        const end = performance.now() + Math.max(SHORT_SECONDS, options.seconds) * 1000
        let frames = 0
        while (performance.now() < end || !enough()) {
          const count = random.whole(500, 3000)
          const batch = batchOfFixes(count, frames)
          frames += count
          const first = await journal.append([{ bytes: batch.bytes, from: 0, to: batch.used }])
          drain.offer({ arena: batch.bytes.buffer as ArrayBuffer, used: batch.used, first, last: first })
          while (drain.waitingEntries > 8) await Bun.sleep(5)
        }
        expect(await drain.stop(120_000)).toBe(true)
        expect(sink.rows.get('frames')).toBe(frames)
        expect(sink.rows.get('fixes')).toBe(frames)
        expect(sink.rows.has('rejects')).toBe(false)
        expect(pool.totals.protocols.gt06.decoded).toBe(frames)
        return `${kills} workers killed, ${frames} frames decoded once each`
      } finally {
        clearInterval(killer)
        await pool.stop()
        journal.close()
        rmSync(directory, { recursive: true, force: true })
      }
    }),
}

function batchOfFixes(frames: number, from: number): Batch {
  const batch = new Batch(new ArrayBuffer(1 << 20))
  const ascii = new TextEncoder()
  const header = headerOf(1, TCP, 0, ascii.encode('869170031234567'), ascii.encode('127.0.0.1:1'))
  for (let index = from; index < from + frames; index++) {
    const frame = location22({ timeMs: 1_700_000_000_000 + 1000 * index, latitude: 18, longitude: 73 }, CELL, {}, index)
    batch.append(header, FRAME, 0, 1_800_000_000_000 + index, new Int32Array(2), frame, 0, frame.length)
  }
  return batch
}

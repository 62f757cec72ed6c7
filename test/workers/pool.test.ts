import { afterAll, expect, test } from 'bun:test'
import { location22, login } from '../../src/codecs/gt06/encode.ts'
import { FRAME, headerOf, TCP } from '../../src/codecs/frame-record.ts'
import { codecOptions } from '../../src/codecs/registry.ts'
import { Batch } from '../../src/net/batch.ts'
import { WorkerPool } from '../../src/workers/pool.ts'

const pool = new WorkerPool(2, codecOptions.parse({}))
afterAll(() => pool.stop())

const ascii = new TextEncoder()
const CELL = { mcc: 404, mnc: 22, lac: 7978, cid: 46020 }

function batchOf(frames: number, seed: number): { arena: ArrayBuffer; used: number } {
  const arena = new ArrayBuffer(1 << 20)
  const batch = new Batch(arena)
  const header = headerOf(1, TCP, 0, ascii.encode('869170031234567'), ascii.encode('127.0.0.1:1'))
  const add = (frame: Uint8Array) =>
    batch.append(header, FRAME, 0, Date.now(), new Int32Array(2), frame, 0, frame.length)
  add(login({ imei: '869170031234567' }, 1))
  for (let index = 0; index < frames; index++)
    add(location22({ timeMs: Date.now() - 1000 * (seed + index), latitude: 18, longitude: 73 }, CELL, {}, index))
  return { arena, used: batch.used }
}

test('pool: the arena is moved to the worker and comes back, and the blocks with it', async () => {
  const task = batchOf(100, 0)
  const running = pool.decode(task)
  expect(task.arena.byteLength).toBe(0) // moved, not copied
  const result = await running
  expect(result.arena.byteLength).toBe(1 << 20)
  expect(result.blocks.map((block) => [block.table, block.rows])).toEqual([
    ['fixes', 100],
    ['frames', 101],
    ['ledger_rows', 1],
  ])
})

test('pool: batches on several threads give their own rows, and the counts add up', async () => {
  const before = pool.totals.protocols.gt06?.frames ?? 0
  const results = await Promise.all(
    Array.from({ length: 8 }, (_, index) => pool.decode(batchOf(50 + index, index * 1000))),
  )
  expect(results.map((result) => result.frames)).toEqual(Array.from({ length: 8 }, (_, index) => 51 + index))
  const { frames, decoded, ignored } = pool.totals.protocols.gt06!
  expect(frames - before).toBe(8 * 51 + 28)
  expect(frames).toBe(decoded + ignored)
})

test('pool: other options of single devices spare the batches under way', async () => {
  const failures: string[] = []
  for (let round = 0; round < 5; round++) {
    const running = Array.from({ length: 6 }, (_, index) =>
      pool.decode(batchOf(200, index)).catch((error: Error) => failures.push(error.message)),
    )
    pool.useDevices([{ id: '1', timezoneMinutes: round }])
    await Promise.all(running)
  }
  expect(failures).toEqual([])
})

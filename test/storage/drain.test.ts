import { afterEach, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { Drain, type DecodedBatch, type JournaledBatch, type Sink } from '../../src/storage/drain.ts'
import { Journal } from '../../src/storage/journal.ts'

const silent = pino({ level: 'silent' })
const directories: string[] = []
afterEach(() => {
  for (const path of directories.splice(0)) rmSync(path, { recursive: true, force: true })
})

/** A ClickHouse that the test can make refuse; keeps what each token brought, as the real one drops repetitions. */
class FakeSink implements Sink {
  readonly byToken = new Map<string, string>()
  readonly attempts: string[] = []
  refuse = 0
  hold: Promise<void> = Promise.resolve()
  async insert(
    _table: string,
    _columns: readonly string[],
    blocks: readonly Uint8Array[],
    token: string,
  ): Promise<void> {
    this.attempts.push(token)
    await this.hold
    const text = blocks.map((block) => new TextDecoder().decode(block)).join('')
    if (this.byToken.has(token)) expect(text).toBe(this.byToken.get(token)!)
    this.byToken.set(token, text)
    // As after a time-out: it may have landed although it is reported as failed.
    if (this.refuse-- > 0) throw new Error('connection cut')
  }
  get text(): string {
    return [...this.byToken.values()].join('')
  }
}

/** Decoding that copies: one row a batch, whose bytes are what the batch held. */
async function copyDecode(batch: JournaledBatch): Promise<DecodedBatch> {
  const bytes = new Uint8Array(batch.arena, 0, batch.used).slice()
  return { blocks: [{ table: 'fixes', columns: ['c'], rows: 1, bytes }], frames: 1, arena: batch.arena }
}

const OPTIONS = { insertRows: 5, insertMs: 30, batchBytes: 1 << 16, threads: 1 }

async function start(path = '', decode = copyDecode, sink = new FakeSink(), options = OPTIONS) {
  const directory = path || mkdtempSync(join(tmpdir(), 'waygate-drain-'))
  directories.push(directory)
  const journal = await Journal.open(directory, 1 << 30, 'g', silent)
  const drain = new Drain(journal, decode, sink, options, () => {}, silent)
  /** Journals a text and offers it as a batch in an arena of `arenaBytes`. */
  const put = async (text: string, arenaBytes = 1 << 10) => {
    const arena = new ArrayBuffer(arenaBytes)
    const { written } = new TextEncoder().encodeInto(text, new Uint8Array(arena))
    const first = await journal.append([{ bytes: new Uint8Array(arena), from: 0, to: written }])
    drain.offer({ arena, used: written, first, last: first })
  }
  return { directory, journal, drain, sink, put }
}

const texts = (count: number) => Array.from({ length: count }, (_, index) => `<${index}>`)

test('drain: every batch is inserted once and in order', async () => {
  const { drain, sink, put, journal } = await start()
  drain.start()
  for (const text of texts(40)) await put(text)
  expect(await drain.stop(5000)).toBe(true)
  expect(sink.text).toBe(texts(40).join(''))
  expect(journal.doneEntry).toBe(40)
  expect(drain.rowsStored.get('fixes')).toBe(40)
})

test('drain: what memory cannot hold is read back from the journal, in order and once', async () => {
  const { drain, sink, put } = await start()
  for (const text of texts(30)) await put(text, 8_388_608) // four of these fill the memory
  drain.start()
  for (const text of texts(10)) await put(text, 8_388_608)
  expect(await drain.stop(10_000)).toBe(true)
  expect(sink.text).toBe(texts(30).join('') + texts(10).join(''))
})

test('drain: an insert of unknown outcome is repeated with the same token and the same rows', async () => {
  const { drain, sink, put } = await start()
  sink.refuse = 3
  drain.start()
  for (const text of texts(12)) await put(text)
  expect(await drain.stop(10_000)).toBe(true)
  expect(new Set(sink.attempts.slice(0, 4)).size).toBe(1)
  expect(sink.attempts[0]).toMatch(/^g-\w+-1$/)
  expect(sink.text).toBe(texts(12).join(''))
  expect(drain.retries).toBe(3)
})

test('drain: a group that was sealed when the gateway died is repeated as it was, then the rest follows', async () => {
  const first = await start()
  first.sink.hold = new Promise(() => {}) // ClickHouse never answers
  first.drain.start()
  for (const text of texts(12)) await first.put(text)
  while (first.sink.attempts.length === 0) await Bun.sleep(5)
  const sealed = first.journal.sealed[0]
  // The process dies here: its journal is opened again by another.
  const second = await start(first.directory)
  expect(second.journal.sealed).toEqual([sealed])
  second.drain.start()
  expect(await second.drain.stop(5000)).toBe(true)
  expect(second.sink.attempts[0]).toBe(sealed.token)
  expect(second.sink.byToken.get(sealed.token)).toBe(
    texts(12)
      .slice(sealed.first - 1, sealed.last)
      .join(''),
  )
  expect(second.sink.text).toBe(texts(12).join(''))
  expect(second.drain.framesReplayed).toBeGreaterThan(0)
})

test('drain: a worker that dies takes no batch with it', async () => {
  let deaths = 2
  const { drain, sink, put } = await start('', async (batch) => {
    if (deaths-- > 0) throw new Error('worker exited')
    return copyDecode(batch)
  })
  drain.start()
  for (const text of texts(6)) await put(text)
  expect(await drain.stop(5000)).toBe(true)
  expect(sink.text).toBe(texts(6).join(''))
})

test('drain: a stop that ClickHouse does not let finish says so, and loses nothing', async () => {
  const first = await start()
  first.sink.hold = new Promise(() => {})
  first.drain.start()
  for (const text of texts(3)) await first.put(text)
  expect(await first.drain.stop(100)).toBe(false)
  const second = await start(first.directory)
  second.drain.start()
  expect(await second.drain.stop(5000)).toBe(true)
  expect(second.sink.text).toBe(texts(3).join(''))
})

import { afterEach, expect, test } from 'bun:test'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { Drain, type DecodedBatch, type Decoding, type JournaledBatch } from '../../src/storage/drain.ts'
import { Journal } from '../../src/storage/journal.ts'
import { Refusals } from '../../src/storage/refusals.ts'
import type { Probe, Sink } from '../../src/storage/sink.ts'

const silent = pino({ level: 'silent' })
const directories: string[] = []
afterEach(() => {
  for (const path of directories.splice(0)) rmSync(path, { recursive: true, force: true })
})

/** A ClickHouse that the test can make refuse; keeps what each token brought, as the real one drops repetitions. */
class FakeSink implements Sink {
  /** By table and token. */
  readonly byToken = new Map<string, string>()
  readonly attempts: string[] = []
  refuse = 0
  hold: Promise<void> = Promise.resolve()
  /** What an insert into fixes is answered with, by what it says; null: it is taken. */
  errorOf: (text: string) => { code: string } | null = () => null
  /** False if the table does not take the columns at all. */
  takesColumns = true
  probes = 0

  async insert(
    table: string,
    _columns: readonly string[],
    pieces: readonly Uint8Array[],
    token: string,
  ): Promise<void> {
    this.attempts.push(`${table} ${token}`)
    await this.hold
    const text = textOf(pieces)
    const error = table === 'fixes' ? this.errorOf(text) : null
    if (error) throw Object.assign(new Error(`refused: ${text}`), error)
    const key = `${table} ${token}`
    if (!this.byToken.has(key)) this.byToken.set(key, text)
    // As after a time-out: it may have landed although it is reported as failed.
    if (this.refuse-- > 0) throw new Error('connection cut')
  }

  async probe(): Promise<Probe> {
    return {
      accepts: async (_, block) => {
        this.probes++
        return this.takesColumns && this.errorOf(textOf([block])) === null
      },
      close: async () => {},
    }
  }

  get text(): string {
    return this.of('fixes')
  }
  of(table: string): string {
    return [...this.byToken].map(([key, text]) => (key.startsWith(`${table} `) ? text : '')).join('')
  }
}
const textOf = (blocks: readonly Uint8Array[]) => blocks.map((block) => new TextDecoder().decode(block)).join('')

/** Decoding that copies: records are texts in angle brackets, and what is refused goes to rejects. */
const COPY: Decoding = {
  decode: async ({ arena, used }, refused) => {
    const codes = new Map(refused)
    const block = (table: string, records: Uint8Array[]) =>
      records.length === 0
        ? []
        : [
            {
              table,
              columns: ['c'],
              rows: records.length,
              bytes: Buffer.concat(records),
              columnEnds: new Uint32Array(0),
            },
          ]
    const records = COPY.recordsOf(arena, used).map((record) => record.slice())
    const blocks = [
      ...block(
        'fixes',
        records.filter((record) => !codes.has(COPY.recordHash(record))),
      ),
      ...block(
        'rejects',
        records.filter((record) => codes.has(COPY.recordHash(record))),
      ),
    ]
    return { blocks, frames: records.length, arena, decoder: 'd' }
  },
  recordsOf: (arena, used) =>
    (new TextDecoder().decode(new Uint8Array(arena, 0, used)).match(/<[^>]*>/g) ?? []).map((text) =>
      new TextEncoder().encode(text),
    ),
  batchOf: (records) => {
    const bytes = Uint8Array.from(Buffer.concat(records))
    return { arena: bytes.buffer, used: bytes.length }
  },
  recordHash: (record) => new TextDecoder().decode(record),
  joinBlocks: (blocks) => blocks.map(({ bytes }) => bytes),
  emptyBlocks: new Map([['fixes', new Uint8Array(0)]]),
  reasons: { refused: 1, deadly: 2 },
}
/** COPY with another way to decode. */
const decodingBy = (
  decode: (batch: JournaledBatch, again: (batch: JournaledBatch) => Promise<DecodedBatch>) => Promise<DecodedBatch>,
): Decoding => ({
  ...COPY,
  decode: (batch, refused, counted) => decode(batch as JournaledBatch, (each) => COPY.decode(each, refused, counted)),
})

const OPTIONS = { insertRows: 5, insertMs: 30, batchBytes: 1 << 16, threads: 1 }

async function start(path = '', decoding = COPY, sink = new FakeSink(), options = OPTIONS, log = silent) {
  const directory = path || mkdtempSync(join(tmpdir(), 'waygate-drain-'))
  directories.push(directory)
  const journal = await Journal.open(directory, 1 << 30, 'g', silent)
  const refusals = Refusals.open(directory, journal.doneEntry)
  const drain = new Drain(journal, decoding, sink, refusals, options, () => {}, log)
  /** Journals a text and offers it as a batch in an arena of `arenaBytes`. */
  const put = async (text: string, arenaBytes = 1 << 10) => {
    const arena = new ArrayBuffer(arenaBytes)
    const { written } = new TextEncoder().encodeInto(text, new Uint8Array(arena))
    const first = await journal.append([{ bytes: new Uint8Array(arena), from: 0, to: written }])
    drain.offer({ arena, used: written, first, last: first })
  }
  return { directory, journal, drain, sink, put, refusals }
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

test('drain: a batch that comes alone is inserted at once, the next not before its time', async () => {
  const { drain, sink, put } = await start('', COPY, new FakeSink(), { ...OPTIONS, insertMs: 60_000 })
  drain.start()
  await put('<0>')
  while (drain.rowsStored.get('fixes') !== 1) await Bun.sleep(5)
  for (const text of texts(3).slice(1)) await put(text)
  await Bun.sleep(100)
  expect(sink.text).toBe('<0>')
  expect(await drain.stop(5000)).toBe(true)
  expect([...sink.byToken.values()]).toEqual(['<0>', '<1><2>'])
})

test('drain: what came during a slow insert is one group, however late', async () => {
  const release = Promise.withResolvers<void>()
  // Decoding takes longer than is waited for what is not there yet.
  const slow = decodingBy(async (batch, again) => {
    await Bun.sleep(10)
    return again(batch)
  })
  const { drain, sink, put } = await start('', slow, new FakeSink(), { ...OPTIONS, insertRows: 1000, insertMs: 50 })
  sink.hold = release.promise
  drain.start()
  await put('<first>')
  while (sink.attempts.length === 0) await Bun.sleep(5)
  for (const text of texts(20)) await put(text)
  await Bun.sleep(100)
  release.resolve()
  expect(await drain.stop(5000)).toBe(true)
  expect([...sink.byToken.values()]).toEqual(['<first>', texts(20).join('')])
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
  expect(sink.attempts[0]).toMatch(/^fixes g-\w+-1-d$/)
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
  const token = `fixes ${sealed.token}-d`
  expect(second.sink.attempts[0]).toBe(token)
  expect(second.sink.byToken.get(token)).toBe(
    texts(12)
      .slice(sealed.first - 1, sealed.last)
      .join(''),
  )
  expect(second.sink.text).toBe(texts(12).join(''))
  expect(second.drain.framesReplayed).toBeGreaterThan(0)
})

test('drain: a worker that dies takes no batch with it', async () => {
  let deaths = 2
  const { drain, sink, put } = await start(
    '',
    decodingBy(async (batch, again) => {
      if (deaths-- > 0) throw new Error('worker exited')
      return again(batch)
    }),
  )
  drain.start()
  for (const text of texts(6)) await put(text)
  expect(await drain.stop(5000)).toBe(true)
  expect(sink.text).toBe(texts(6).join(''))
})

test('drain: a record that every worker dies of becomes a reject, and the others are unharmed', async () => {
  const deadly = decodingBy(async (batch, again) => {
    const decoded = await again(batch)
    if (decoded.blocks.some((block) => block.table === 'fixes' && textOf([block.bytes]).includes('<3>')))
      throw new Error('worker exited')
    return decoded
  })
  const { drain, sink, put, refusals } = await start('', deadly)
  drain.start()
  await put(texts(6).join(''))
  expect(await drain.stop(30_000)).toBe(true)
  expect([sink.text, sink.of('rejects')]).toEqual(['<0><1><2><4><5>', '<3>'])
  expect(refusals.all).toEqual([]) // its group is done
}, 40_000)

test('drain: a worker that is ended because the stop took too long is no failure, one that ends before is', async () => {
  const logged: string[] = []
  const log = pino({ level: 'error' }, { write: (line: string) => logged.push(line) })
  const ends: (() => void)[] = []
  const ended = decodingBy(() => new Promise((_, reject) => ends.push(() => reject(new Error('worker ended')))))
  const { drain, put } = await start('', ended, new FakeSink(), OPTIONS, log)
  drain.start()
  await put('<0>')
  const decodes = async (count: number) => {
    while (ends.length < count) await Bun.sleep(5)
  }
  await decodes(1)
  ends[0]()
  await decodes(2)
  expect(logged.length).toBe(1)
  expect(await drain.stop(10)).toBe(false)
  ends[1]()
  await Bun.sleep(50)
  expect(logged.length).toBe(1)
})

const CONTENT = { code: '117' }
const refusesBad = (text: string) => (/bad/.test(text) ? CONTENT : null)

test('drain: of a group that ClickHouse refuses the rows at fault become rejects, and the rest goes in once', async () => {
  const { drain, sink, put, journal } = await start()
  sink.errorOf = refusesBad
  await put('<0><1><bad 1><3>')
  await put('<4><bad 2>')
  drain.start()
  expect(await drain.stop(10_000)).toBe(true)
  expect([sink.text, sink.of('rejects')]).toEqual(['<0><1><3><4>', '<bad 1><bad 2>'])
  expect(journal.doneEntry).toBe(2)
  expect(drain.framesRefused).toBe(2)
  const counts = (map: Map<string, number>) => Object.fromEntries(map)
  expect(counts(drain.rowsDecoded)).toEqual({ fixes: 6, rejects: 2 })
  expect(counts(drain.rowsStored)).toEqual({ fixes: 4, rejects: 2 })
  expect(counts(drain.rowsRefused)).toEqual({ fixes: 2 })
})

test('drain: what was refused stays refused when the group is repeated after a crash', async () => {
  const first = await start()
  first.sink.errorOf = (text) => {
    if (/bad/.test(text)) return CONTENT
    first.sink.hold = new Promise(() => {}) // the process dies between the verdict and what follows from it
    return null
  }
  await first.put('<0><bad><2>')
  first.drain.start()
  while (first.refusals.all.length === 0) await Bun.sleep(5)
  await Bun.sleep(50)
  // ClickHouse has been repaired meanwhile and would take it.
  const second = await start(first.directory)
  second.drain.start()
  expect(await second.drain.stop(5000)).toBe(true)
  expect([second.sink.text, second.sink.of('rejects')]).toEqual(['<0><2>', '<bad>'])
  expect(Refusals.open(first.directory, second.journal.doneEntry).all).toEqual([])
})

test('drain: an error of availability blames nobody, however often it comes', async () => {
  for (const code of ['252', 'ECONNREFUSED']) {
    const { drain, sink, put } = await start()
    let left = 4
    sink.errorOf = () => (left-- > 0 ? { code } : null)
    await put('<0>')
    drain.start()
    expect(await drain.stop(10_000)).toBe(true)
    expect([sink.text, sink.probes, drain.retries]).toEqual(['<0>', 0, 4])
  }
})

test('drain: a code that nobody knows is repeated first, then the rows are examined', async () => {
  const { drain, sink, put } = await start()
  sink.errorOf = (text) => (/bad/.test(text) ? { code: '987654' } : null)
  await put('<0><bad>')
  drain.start()
  expect(await drain.stop(20_000)).toBe(true)
  expect([sink.text, sink.of('rejects'), drain.retries]).toEqual(['<0>', '<bad>', 5])
}, 30_000)

test('drain: a table that does not take the columns is waited for; no row is blamed', async () => {
  const { drain, sink, put } = await start()
  sink.takesColumns = false
  let left = 3
  sink.errorOf = () => (left > 0 ? CONTENT : null)
  await put('<0><1>')
  drain.start()
  while (sink.probes < 3) await Bun.sleep(5)
  sink.takesColumns = true
  left = 0
  expect(await drain.stop(10_000)).toBe(true)
  expect([sink.text, sink.of('rejects')]).toEqual(['<0><1>', ''])
})

test('drain: repeated by another decoder, keyed tables get its rows and rejects are not doubled', async () => {
  const rejecting = (decoder: string): Decoding =>
    decodingBy(async (batch, again) => {
      const decoded = await again(batch)
      const [fixes] = decoded.blocks
      return { ...decoded, decoder, blocks: [fixes, { ...fixes, table: 'rejects' }] }
    })
  const sink = new FakeSink()
  const first = await start('', rejecting('one'), sink)
  await first.put('<0>')
  const group = await first.journal.seal(1, 1)
  const token = group.token
  sink.byToken.set(`fixes ${token}-one`, 'old rows')
  sink.byToken.set(`rejects ${token}`, 'old rejects')
  const second = await start(first.directory, rejecting('two'), sink)
  second.drain.start()
  expect(await second.drain.stop(5000)).toBe(true)
  expect(Object.fromEntries(sink.byToken)).toEqual({
    [`fixes ${token}-one`]: 'old rows',
    [`fixes ${token}-two`]: '<0>',
    [`rejects ${token}`]: 'old rejects',
  })
})

test('drain: entries at the end that are lost do not wait for what comes after them', async () => {
  const { drain, sink, put, journal, directory } = await start()
  for (const text of ['<a>', '<b>', '<c>', '<d>']) await put(text, 20_000_000) // the memory holds one
  const path = join(
    directory,
    readdirSync(directory).find((name) => name.endsWith('.log'))!,
  )
  const content = readFileSync(path)
  content.fill(0xff, content.indexOf('<c>'), content.indexOf('<d>') + 3)
  writeFileSync(path, content)
  drain.start()
  while (drain.waitingEntries > 0) await Bun.sleep(5)
  expect(sink.text).toBe('<a><b>')
  expect(journal.lostEntries).toBe(2)
  await put('<e>')
  expect(await drain.stop(5000)).toBe(true)
  expect(sink.text).toBe('<a><b><e>')
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

/**
 * How long an append to the journal takes, beside the least a disk can do: one write and one fdatasync into a file that
 * grows. In turns, so that both see the same disk. `bun bench/journal-latency.ts [--path DIR] [--seconds N]`
 */
import { closeSync, fdatasync, openSync, write } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs, promisify } from 'node:util'
import { pino } from 'pino'
import { Journal } from '../src/storage/journal.ts'

const { values } = parseArgs({
  options: { path: { type: 'string', default: tmpdir() }, seconds: { type: 'string', default: '4' } },
})
const SECONDS = Number(values.seconds)
/** Bytes of an entry: a frame or two, a commit under load, a whole batch. */
const SIZES = [200, 4096, 65_536, 1_048_576]
/** Appends a second; 0: one after another, as fast as they go. */
const RATES = [0, 100, 400]

const sync = promisify(fdatasync)
const writeAt = (file: number, bytes: Uint8Array, at: number) =>
  new Promise<void>((done, fail) => write(file, bytes, 0, bytes.length, at, (error) => (error ? fail(error) : done())))

const directory = await mkdtemp(join(values.path, 'waygate-latency-'))
const journal = await Journal.open(join(directory, 'journal'), 2 ** 40, '', pino({ level: 'silent' }))
const raw = openSync(join(directory, 'raw'), 'w')
let rawBytes = 0

const contenders = {
  'write + fdatasync': async (bytes: Uint8Array) => {
    await writeAt(raw, bytes, rawBytes)
    await sync(raw)
    rawBytes += bytes.length
  },
  'journal append': async (bytes: Uint8Array) => {
    if ((await journal.append([{ bytes, from: 0, to: bytes.length }])) === 0) throw new Error('the disk is full')
  },
}

process.stdout.write(`Bun ${Bun.version}; journal-latency ${process.argv.slice(2).join(' ')}\n`)
process.stdout.write('bytes     rate        who                  appends/s  p50 ms  p99 ms  max ms\n')
for (const size of SIZES)
  for (const rate of RATES) {
    const times = await measure(new Uint8Array(size).fill(7), rate)
    for (const [name, { latencies, seconds }] of times) print(size, rate, name, latencies, seconds)
    await journal.done(await journal.seal(journal.doneEntry + 1, journal.lastEntry))
  }
await journal.close()
closeSync(raw)
await rm(directory, { recursive: true })

interface Times {
  latencies: number[]
  seconds: number
}

/** Both contenders in slices of a quarter of a second. At a rate, time counts from when the append was due. */
async function measure(bytes: Uint8Array, rate: number): Promise<Map<string, Times>> {
  const times = new Map<string, Times>()
  for (const name of Object.keys(contenders)) times.set(name, { latencies: [], seconds: 0 })
  const end = performance.now() + SECONDS * 1000
  while (performance.now() < end)
    for (const [name, append] of Object.entries(contenders)) {
      const { latencies } = times.get(name)!
      const started = performance.now()
      for (let due = started; due < started + 250; due = rate > 0 ? due + 1000 / rate : performance.now()) {
        if (due > performance.now()) await Bun.sleep(due - performance.now())
        const from = rate > 0 ? Math.max(due, performance.now() - 250) : performance.now()
        await append(bytes)
        latencies.push(performance.now() - from)
      }
      times.get(name)!.seconds += (performance.now() - started) / 1000
    }
  return times
}

function print(size: number, rate: number, name: string, latencies: number[], seconds: number): void {
  const sorted = latencies.toSorted((a, b) => a - b)
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))].toFixed(2)
  const columns = [
    String(size).padEnd(8),
    (rate > 0 ? `${rate}/s` : 'all out').padEnd(10),
    name.padEnd(19),
    (latencies.length / seconds).toFixed(0).padStart(9),
    at(0.5).padStart(6),
    at(0.99).padStart(6),
    at(1).padStart(6),
  ]
  process.stdout.write(`${columns.join('  ')}\n`)
}

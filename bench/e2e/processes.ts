/** The processes of an end-to-end run, and what they use: a gateway with its ClickHouse, an echo server, the generator. */
import { closeSync, fdatasyncSync, fsyncSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { startGatewayProcess, sum, type GatewayProcess } from '../../test/integration/gateway-process.ts'
import type { LoadOptions, LoadResult } from './generator.ts'

/** Of Linux: clock ticks a second in /proc. */
const TICKS_PER_SECOND = 100
/** The default of `clickhouse.insert_ms`; tests are more impatient. */
export const INSERT_MS = 500
/** A load of buffered frames is received several times as fast as it is inserted. */
const SETTLE_MS = 600_000

/** User and system time so far, in seconds, of a process with all its threads. */
export function cpuSeconds(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND
}

/** Resident memory of a process in bytes. */
export function residentBytes(pid: number): number {
  const line = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))
  return Number(line?.[1] ?? NaN) * 1024
}

/** The children of a process that run this script. */
function childrenOf(pid: number, script: string): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim().split(' ').map(Number)
  return children.filter((child) => readFileSync(`/proc/${child}/cmdline`, 'latin1').includes(script))
}

export interface BenchGateway extends GatewayProcess {
  /** All of its listeners. */
  listenerPids: number[]
  clickhousePid: number
}

/** The command as operators run it, with data in a directory that is thrown away. `preload`: a file beside this one. */
export async function startGateway(environment: Record<string, string>, preload?: string): Promise<BenchGateway> {
  const runtime = preload === undefined ? [] : ['--preload', join(import.meta.dir, preload)]
  const gateway = await startGatewayProcess(
    { WAYGATE_CLICKHOUSE_INSERT_MS: String(INSERT_MS), ...environment },
    { runtime },
  )
  return Object.assign(gateway, {
    listenerPids: [gateway.pid, ...childrenOf(gateway.pid, 'listener.main.ts')],
    clickhousePid: childrenOf(gateway.pid, 'embedded/child.ts')[0],
  })
}

/** Resolves with the seconds until ClickHouse held all that was acknowledged. */
export async function settled(gateway: GatewayProcess, onWait: (second: number) => void): Promise<number> {
  return await waited(onWait, async () => sum(await gateway.metrics(), 'waygate_journal_waiting_entries') === 0)
}

/** Resolves with the seconds until ClickHouse had nothing to merge, for a second. */
export async function merged(gateway: GatewayProcess, onWait: (second: number) => void): Promise<number> {
  let idleSince = Infinity
  return await waited(onWait, async () => {
    const [{ n }] = await gateway.query<{ n: number }>('SELECT count() AS n FROM system.merges')
    idleSince = n > 0 ? Infinity : Math.min(idleSince, performance.now())
    return performance.now() - idleSince > 1000
  })
}

/** Asks again and again whether it is done; how many seconds that took. */
async function waited(onWait: (second: number) => void, isDone: () => Promise<boolean>): Promise<number> {
  const started = performance.now()
  const seconds = () => (performance.now() - started) / 1000
  while (!(await isDone())) {
    if (performance.now() - started > SETTLE_MS) throw new Error('ClickHouse does not catch up')
    onWait(Math.floor(seconds()))
    await Bun.sleep(50)
  }
  return seconds()
}

const SYNCS = 500
const SYNC_BYTES = 4096
/** The least that a durable ack waits for: a write and a sync, in a file with room for it; median and 99 of 100 in ms. */
export function syncsMs(directory: string): [median: number, tail: number] {
  const path = join(directory, 'syncs')
  const file = openSync(path, 'wx')
  try {
    writeSync(file, new Uint8Array(SYNCS * SYNC_BYTES))
    fsyncSync(file)
    const bytes = new Uint8Array(SYNC_BYTES).fill(7)
    const timesMs = Array.from({ length: SYNCS }, (_, index) => {
      const started = performance.now()
      writeSync(file, bytes, 0, SYNC_BYTES, index * SYNC_BYTES)
      fdatasyncSync(file)
      return performance.now() - started
    }).toSorted((a, b) => a - b)
    return [timesMs[SYNCS / 2], timesMs[Math.floor(0.99 * SYNCS)]]
  } finally {
    closeSync(file)
    rmSync(path)
  }
}

/** A server that only sends back what it gets. */
export async function startEcho(transport: 'tcp' | 'udp'): Promise<{ port: number; stop(): Promise<void> }> {
  const child = Bun.spawn([process.execPath, join(import.meta.dir, 'echo.ts'), transport], {
    stdout: 'pipe',
    stderr: 'inherit',
  })
  const { value } = await child.stdout.getReader().read()
  return {
    port: Number(new TextDecoder().decode(value)),
    stop: async () => {
      child.kill()
      await child.exited
    },
  }
}

/** Runs the generator; `onBegin` is called when everybody is connected, and `onSecond` every second from then on. */
export async function runLoad(
  options: LoadOptions,
  onBegin: () => void,
  onSecond: (second: number) => void = () => {},
): Promise<LoadResult> {
  const child = Bun.spawn([process.execPath, join(import.meta.dir, 'generator.ts'), JSON.stringify(options)], {
    stdout: 'pipe',
    stderr: 'inherit',
  })
  let text = ''
  let seconds = 0
  let ticking: Timer | undefined
  for await (const chunk of child.stdout) {
    text += new TextDecoder().decode(chunk)
    if (ticking === undefined && text.includes('begin\n')) {
      onBegin()
      ticking = setInterval(() => onSecond(++seconds), 1000)
    }
  }
  clearInterval(ticking)
  if ((await child.exited) !== 0) throw new Error('the load generator failed')
  return JSON.parse(text.slice(text.indexOf('{'))) as LoadResult
}

/** Connects and logs in, and stays idle until `end`. */
export async function idleFleet(options: LoadOptions): Promise<{ end(): Promise<void> }> {
  const child = Bun.spawn(
    [process.execPath, join(import.meta.dir, 'generator.ts'), JSON.stringify({ ...options, seconds: 0 })],
    { stdin: 'pipe', stdout: 'pipe', stderr: 'inherit' },
  )
  const { value } = await child.stdout.getReader().read()
  if (value === undefined) throw new Error('the load generator failed')
  return {
    end: async () => {
      await child.stdin.end()
      await child.exited
    },
  }
}

/** The processes of an end-to-end run, and what they use: a gateway with its ClickHouse, an echo server, the generator. */
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../../test/integration/gateway-process.ts'
import type { LoadOptions, LoadResult } from './generator.ts'

const ROOT = join(import.meta.dir, '../..')
/** Of Linux: clock ticks a second in /proc. */
const TICKS_PER_SECOND = 100
const READY_MS = 60_000
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

function childOf(pid: number): number {
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    try {
      const text = readFileSync(`/proc/${name}/stat`, 'latin1')
      if (Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[1]) === pid) return Number(name)
    } catch {
      // it has ended meanwhile
    }
  }
  throw new Error(`process ${pid} has no child: is its ClickHouse not the embedded one?`)
}

export interface Server {
  port: number
  stop(): Promise<void>
}

export interface GatewayServer extends Server {
  pid: number
  clickhousePid: number
  query<Row = Record<string, unknown>>(sql: string): Promise<Row[]>
  /** Sum of a metric over its labels. */
  metric(name: string): Promise<number>
  /** Resolves with the seconds until ClickHouse held all that was acknowledged. */
  settled(): Promise<number>
}

/** The command as operators run it, with data in a directory that is thrown away. */
export async function startGateway(
  environment: Record<string, string> = {},
  preload: readonly string[] = [],
): Promise<GatewayServer> {
  const directory = mkdtempSync(join(tmpdir(), 'waygate-bench-'))
  const [port, clickhousePort, httpPort] = [await freePort(), await freePort(), await freePort()]
  const child = Bun.spawn(
    [
      process.execPath,
      ...preload.flatMap((file) => ['--preload', file]),
      join(ROOT, 'src/main.ts'),
      '--config',
      join(ROOT, 'config.toml'),
    ],
    {
      cwd: directory,
      env: {
        ...process.env,
        WAYGATE_GATEWAY_HOST: '127.0.0.1',
        WAYGATE_GATEWAY_PORT: String(port),
        WAYGATE_EMBEDDED_PORT: String(clickhousePort),
        WAYGATE_HTTP_PORT: String(httpPort),
        ...environment,
      },
      stdout: Bun.file(join(directory, 'log')),
      stderr: Bun.file(join(directory, 'log')),
    },
  )
  const log = () => readFileSync(join(directory, 'log'), 'utf8')
  const ask = async (path: string) => (await fetch(`http://127.0.0.1:${httpPort}${path}`)).text()
  const deadline = performance.now() + READY_MS
  for (;;) {
    if (child.exitCode !== null || performance.now() > deadline) {
      child.kill()
      throw new Error(`the gateway did not become ready; it said:\n${log()}`)
    }
    const ready = await fetch(`http://127.0.0.1:${httpPort}/readyz`).catch(() => null)
    if (ready?.ok) break
    await Bun.sleep(50)
  }
  const metric = async (name: string) => {
    let sum = 0
    for (const line of (await ask('/metrics')).split('\n'))
      if (line.startsWith(`${name} `) || line.startsWith(`${name}{`)) sum += Number(line.slice(line.lastIndexOf(' ')))
    return sum
  }
  return {
    port,
    pid: child.pid,
    clickhousePid: childOf(child.pid),
    metric,
    query: async <Row>(sql: string) => {
      const response = await fetch(`http://127.0.0.1:${clickhousePort}/`, {
        method: 'POST',
        body: `${sql} FORMAT JSONEachRow SETTINGS output_format_json_quote_64bit_integers = 0`,
      })
      const text = await response.text()
      if (!response.ok) throw new Error(text)
      return text
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as Row)
    },
    settled: async () => {
      const started = performance.now()
      while ((await metric('waygate_journal_waiting_entries')) > 0) {
        if (performance.now() - started > SETTLE_MS) throw new Error('ClickHouse does not catch up')
        await Bun.sleep(50)
      }
      return (performance.now() - started) / 1000
    },
    stop: async () => {
      child.kill('SIGTERM')
      await child.exited
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

/** A server that only sends back what it gets. */
export async function startEcho(transport: 'tcp' | 'udp'): Promise<Server & { pid: number }> {
  const child = Bun.spawn([process.execPath, join(import.meta.dir, 'echo.ts'), transport], {
    stdout: 'pipe',
    stderr: 'inherit',
  })
  const { value } = await child.stdout.getReader().read()
  return {
    port: Number(new TextDecoder().decode(value)),
    pid: child.pid,
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

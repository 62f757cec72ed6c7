/** A gateway as an operator runs it: the command in a process of its own, with data in a directory that is thrown away. */
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export const ROOT = join(import.meta.dir, '../..')
const READY_MS = 30_000
const READY = 'ready: fixes go to ClickHouse'

export interface GatewayProcess {
  readonly directory: string
  readonly port: number
  readonly clickhousePort: number
  readonly httpPort: number
  /** Until it took connections, from when it was started. */
  readonly listeningMs: number
  /** What it has logged. */
  log(): string
  readonly pid: number
  readonly exited: Promise<number>
  kill(signal: NodeJS.Signals): void
  /** Starts again on the same data and ports, and waits until it says `until`. */
  restart(change?: Record<string, string>, until?: string): Promise<GatewayProcess>
  /** Rows of a query through the port analysts use. */
  query<Row = Record<string, unknown>>(sql: string): Promise<Row[]>
  metrics(): Promise<Map<string, number>>
  /** Waits until ClickHouse holds all that was acknowledged: the tables of a group are inserted into side by side. */
  settled(): Promise<void>
  /** Ends it, however it stands. */
  end(): Promise<void>
  /** Ends it, and removes its data. */
  remove(): Promise<void>
}

/** Below the range that systems give to outgoing connections, so that none of these takes it before its user listens. */
const PORT_MIN = 10_000
const PORT_MAX = 32_767

export async function freePort(): Promise<number> {
  for (;;) {
    const port = PORT_MIN + Math.floor(Math.random() * (PORT_MAX - PORT_MIN + 1))
    const server = createServer()
    const free = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false))
      server.listen(port, '127.0.0.1', () => resolve(true))
    })
    if (!free) continue
    await new Promise((resolve) => server.close(resolve))
    return port
  }
}

export interface ProcessOptions {
  /** Where its data are; a new one by default. */
  directory?: string
  /** Parameters of the runtime. */
  runtime?: string[]
}

/** Starts a gateway and waits until it is ready. `environment` adds WAYGATE_… settings. */
export async function startGatewayProcess(
  environment: Record<string, string> = {},
  { directory = mkdtempSync(join(tmpdir(), 'waygate-')), runtime = [] }: ProcessOptions = {},
): Promise<GatewayProcess> {
  const [port, clickhousePort, httpPort] = [await freePort(), await freePort(), await freePort()]
  const settings = {
    WAYGATE_GATEWAY_HOST: '127.0.0.1',
    WAYGATE_GATEWAY_PORT: String(port),
    WAYGATE_JOURNAL_PATH: join(directory, 'journal'),
    WAYGATE_EMBEDDED_PATH: join(directory, 'clickhouse'),
    WAYGATE_EMBEDDED_PORT: String(clickhousePort),
    WAYGATE_HTTP_PORT: String(httpPort),
    WAYGATE_CLICKHOUSE_INSERT_MS: '200',
    ...environment,
  }
  return run(directory, { port, clickhousePort, httpPort }, settings, runtime)
}

async function run(
  directory: string,
  ports: { port: number; clickhousePort: number; httpPort: number },
  settings: Record<string, string>,
  runtime: string[],
  until = READY,
): Promise<GatewayProcess> {
  const startedMs = performance.now()
  const child = Bun.spawn(
    [process.execPath, ...runtime, join(ROOT, 'src/main.ts'), '--config', join(ROOT, 'config.toml')],
    {
      cwd: directory,
      env: { ...process.env, ...settings },
      stdout: 'pipe',
      stderr: 'pipe',
    },
  )
  let log = ''
  let listeningMs = 0
  const collect = async (stream: ReadableStream<Uint8Array>) => {
    const decoder = new TextDecoder()
    for await (const chunk of stream) {
      log += decoder.decode(chunk, { stream: true })
      if (listeningMs === 0 && log.includes('listening for trackers')) listeningMs = performance.now() - startedMs
    }
  }
  void collect(child.stdout)
  void collect(child.stderr)

  const gateway: GatewayProcess = {
    directory,
    ...ports,
    get listeningMs() {
      return listeningMs
    },
    log: () => log,
    pid: child.pid,
    exited: child.exited,
    kill: (signal) => child.kill(signal),
    restart: (change = {}, until = READY) => run(directory, ports, { ...settings, ...change }, runtime, until),
    query: async <Row>(sql: string) => {
      const response = await fetch(`http://127.0.0.1:${ports.clickhousePort}/`, {
        method: 'POST',
        body: `${sql} FORMAT JSONEachRow SETTINGS output_format_json_quote_64bit_integers = 0`,
      })
      const text = await response.text()
      if (!response.ok) throw new Error(`${response.status}: ${text}`)
      return text
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as Row)
    },
    metrics: async () => parseMetrics(await (await fetch(`http://127.0.0.1:${ports.httpPort}/metrics`)).text()),
    settled: async () => {
      const waiting = async () => sum(await gateway.metrics(), 'waygate_journal_waiting_entries')
      const left = await eventually(waiting, (entries) => entries === 0)
      if (left !== 0) throw new Error(`${left} entries of the journal are not in ClickHouse`)
    },
    end: async () => {
      child.kill('SIGKILL')
      await child.exited
    },
    remove: async () => {
      await gateway.end()
      rmSync(directory, { recursive: true, force: true })
    },
  }
  const deadline = Date.now() + READY_MS
  while (!log.includes(until)) {
    if (child.exitCode !== null || Date.now() > deadline) {
      await gateway.remove()
      throw new Error(`the gateway did not become ready; it said:\n${log}`)
    }
    await Bun.sleep(20)
  }
  return gateway
}

function parseMetrics(text: string): Map<string, number> {
  const values = new Map<string, number>()
  for (const line of text.split('\n')) {
    const at = line.lastIndexOf(' ')
    if (at > 0 && !line.startsWith('#')) values.set(line.slice(0, at), Number(line.slice(at + 1)))
  }
  return values
}

/** Sum of a metric over all its labels, or those that contain `label`. */
export function sum(metrics: Map<string, number>, name: string, label = ''): number {
  let total = 0
  for (const [key, value] of metrics)
    if ((key === name || key.startsWith(`${name}{`)) && key.includes(label)) total += value
  return total
}

/** Asks until the answer is right, for at most `ms`; gives the last answer. */
export async function eventually<T>(ask: () => Promise<T>, right: (answer: T) => boolean, ms = 3000): Promise<T> {
  const deadline = Date.now() + ms
  for (;;) {
    const answer = await ask()
    if (right(answer) || Date.now() > deadline) return answer
    await Bun.sleep(10)
  }
}

/** A TCP client that collects what it gets. */
export async function tcpClient(port: number) {
  const client = { received: '', ended: false }
  const socket = await Bun.connect<undefined>({
    hostname: '127.0.0.1',
    port,
    socket: {
      data: (_, chunk) => void (client.received += chunk.toString('hex')),
      end: () => void (client.ended = true),
      close: () => void (client.ended = true),
      error: () => {},
    },
  })
  return Object.assign(client, {
    write: (bytes: Uint8Array | string) => void socket.write(bytes),
    end: () => void socket.end(),
  })
}

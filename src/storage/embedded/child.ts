/**
 * The child process that holds the engine, so that its crash is not the gateway's. Its parent sends the options, hears
 * how far it is, and takes it along when it ends: the channel between them closes with the parent, however it dies.
 */
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { isIP } from 'node:net'
import { join } from 'node:path'
import { DirectoryInUse, lockDirectory } from '../lock.ts'
import { Engine } from './engine.ts'
import { HttpInterface } from './http.ts'
import { Statements } from './statements.ts'

export interface ChildOptions {
  /** Absolute. */
  path: string
  host: string
  /** 0 for any free one. */
  port: number
  writerPassword: string
  /** '' lets every reader in; only on a loopback address. */
  readerPassword: string
}

/** What the gateway tells its child. */
export type ParentMessage = 'stop'

export type ChildMessage =
  | { event: 'progress'; text: string }
  | { event: 'ready'; port: number; version: string }
  | { event: 'failed'; text: string }

/** A child of a gateway that was killed may need this long to let go of the directory. */
const LOCK_WAIT_MS = 10_000
/** What a stop waits for running statements. */
const STOP_WAIT_MS = 1000

function tell(message: ChildMessage): void {
  process.send?.(message)
}

async function serve(options: ChildOptions): Promise<void> {
  const run = join(options.path, 'run')
  const unlock = await lock(run)
  // Pipes and bodies of the last process; the lock says that nobody uses them.
  for (const name of readdirSync(run)) if (name !== 'lock') rmSync(join(run, name), { recursive: true })
  const fresh = !existsSync(join(options.path, 'clickhouse'))
  process.chdir(run)

  tell({ event: 'progress', text: fresh ? 'making the data directory' : 'opening the data directory' })
  const engine = await Engine.open(options.path, run)
  const statements = new Statements(engine)
  const http = new HttpInterface(engine, statements, {
    writer: options.writerPassword,
    reader: options.readerPassword,
  })
  const server = Bun.serve({
    hostname: options.host,
    port: options.port,
    idleTimeout: 0,
    maxRequestBodySize: Number.MAX_SAFE_INTEGER,
    fetch: (request) => http.fetch(request),
    // A result that broke off: its connection is cut, and the client was told why.
    error: () => undefined,
  })
  tell({ event: 'ready', port: server.port ?? options.port, version: engine.version })

  let stopping = false
  const stop = async () => {
    if (stopping) return
    stopping = true
    void server.stop()
    await Promise.race([Promise.allSettled(statements.running), Bun.sleep(STOP_WAIT_MS)])
    await Promise.race([engine.close(), Bun.sleep(1000)])
    unlock()
    process.exit(0)
  }
  // Ctrl-C and service managers signal the whole group; the gateway needs its child until it has inserted everything.
  process.on('SIGTERM', () => {})
  process.on('SIGINT', () => {})
  onStop = stop
}

/** What a stop does: until the engine is open there is nothing to wait for. */
let onStop: () => unknown = () => process.exit(0)

async function lock(directory: string): Promise<() => void> {
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const giveUpAt = Date.now() + LOCK_WAIT_MS
  for (;;) {
    try {
      return lockDirectory(directory)
    } catch (error) {
      if (!(error instanceof DirectoryInUse) || Date.now() > giveUpAt) throw error
      tell({ event: 'progress', text: 'waiting for the previous engine to end' })
      await Bun.sleep(200)
    }
  }
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
}

function advice(error: unknown, { host, port }: ChildOptions): string {
  const { code, message } = error as NodeJS.ErrnoException
  if (code === 'EADDRINUSE')
    return `port ${port} on ${host} is in use: stop what listens there, or set embedded.port to a free one`
  if (code === 'EADDRNOTAVAIL') return `this machine has no address ${host}: correct embedded.host`
  return message
}

process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'))
process.on('message', (message: ChildOptions | ParentMessage) => {
  if (message === 'stop') return void onStop()
  const options = message
  if (!isLoopback(options.host) && options.readerPassword === '') {
    tell({ event: 'failed', text: `embedded.host ${options.host} is not a loopback address: readers need a password` })
    process.exit(1)
  }
  serve(options).catch((error) => {
    tell({ event: 'failed', text: advice(error, options) })
    setTimeout(() => process.exit(1), 50)
  })
})

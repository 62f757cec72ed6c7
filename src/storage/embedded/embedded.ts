/**
 * The embedded ClickHouse as the gateway sees it: started, kept alive, stopped. The engine itself runs in child.ts.
 *
 *   path/            writer.secret, and the lock of the gateway
 *   path/clickhouse  ClickHouse's data
 *   path/run         the lock, pipes and request bodies of the child
 */
import type { Subprocess } from 'bun'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { getPriority, setPriority } from 'node:os'
import { join, resolve } from 'node:path'
import { lockDirectory } from '../lock.ts'
import { WRITER } from './access.ts'
import type { ChildMessage, ChildOptions, ParentMessage } from './child.ts'
import { POOL_THREADS } from './limits.ts'

export interface EmbeddedOptions {
  path: string
  host: string
  /** 0 for any free one, which is then kept for restarts. */
  port: number
  /** '' where readers need none; only on a loopback address. */
  readerPassword: string
  log: EmbeddedLog
  /** Again after each restart. */
  onReady?: () => void
  /** The child died and is about to be restarted. */
  onExit?: () => void
}

export interface EmbeddedLog {
  info(fields: object, text: string): void
  warn(fields: object, text: string): void
  error(fields: object, text: string): void
}

export interface Embedded {
  readonly url: string
  /** Of the writer. */
  readonly username: string
  readonly password: string
  /** The child's. */
  readonly pid: number
  /** It answers; false while it is being restarted. */
  readonly alive: boolean
  stop(): Promise<void>
}

const READY_WAIT_MS = 60_000
/** Longer than the child waits for what runs. A gateway's stop has ten seconds, and most are for inserting. */
const STOP_WAIT_MS = 2500
/** Intake goes first: where processors are short, acks must not wait for merges and queries. */
const NICER_BY = 10
const NICENESS_MAX = 19
const BACKOFF_MIN_MS = 250
const BACKOFF_MAX_MS = 30_000
/** Characters. */
const LAST_WORDS_MAX = 2000
/** What was written longer before the end is not about the end. */
const LAST_WORDS_MS = 5000
/** A child that lived this long did not die of what killed the one before. */
const SETTLED_MS = 60_000

/** Starts it and waits until it answers; throws an Error that says what to do. */
export async function startEmbedded(options: EmbeddedOptions): Promise<Embedded> {
  const path = resolve(options.path)
  // The engine would take the files of inserts for patterns, and insert nothing.
  if (/[*?{}]/.test(path))
    throw new Error(`embedded.path ${path} must not contain any of * ? { }: choose another directory`)
  mkdirSync(path, { recursive: true, mode: 0o700 })
  const unlock = lockDirectory(path)
  const supervisor = new Supervisor({ ...options, path }, writerSecret(path), unlock)
  try {
    await supervisor.start()
  } catch (error) {
    unlock()
    throw error
  }
  return {
    get url() {
      return supervisor.url
    },
    username: WRITER,
    password: supervisor.secret,
    get pid() {
      return supervisor.pid
    },
    get alive() {
      return supervisor.alive
    },
    stop: () => supervisor.stop(),
  }
}

/** The writer's password, made once for a data directory. */
function writerSecret(path: string): string {
  const file = join(path, 'writer.secret')
  if (!existsSync(file)) {
    writeFileSync(`${file}.new`, `${randomBytes(24).toString('base64url')}\n`, { mode: 0o600 })
    renameSync(`${file}.new`, file)
  }
  return readFileSync(file, 'utf8').trim()
}

class Supervisor {
  alive = false
  private child: Subprocess | undefined
  private port: number
  private stopping = false
  private backoffMs = BACKOFF_MIN_MS
  private restart: Timer | undefined

  constructor(
    private readonly options: EmbeddedOptions,
    readonly secret: string,
    /** Kept here because the lock goes with it. */
    private readonly unlock: () => void,
  ) {
    this.port = options.port
  }

  get url(): string {
    const { host } = this.options
    const reachable = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host
    return `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${this.port}`
  }

  get pid(): number {
    return this.child?.pid ?? 0
  }

  /** Resolves when the child answers, rejects when it ends before. */
  async start(): Promise<void> {
    const { log, path } = this.options
    const startedAt = performance.now()
    let failure = ''
    let lastWords = { text: '', at: 0 }
    const ready = Promise.withResolvers<void>()
    log.info({ path }, 'the embedded ClickHouse is starting')

    const child = Bun.spawn([process.execPath, join(import.meta.dir, 'child.ts')], {
      env: { ...process.env, UV_THREADPOOL_SIZE: String(POOL_THREADS), TZ: 'UTC' },
      stdin: 'ignore',
      stdout: 'ignore',
      stderr: 'pipe',
      ipc: (message: ChildMessage) => {
        if (message.event === 'progress') log.info({ path }, `the embedded ClickHouse is ${message.text}`)
        else if (message.event === 'failed') failure = message.text
        else {
          this.port = message.port
          this.alive = true
          const ms = Math.round(performance.now() - startedAt)
          log.info({ url: this.url, version: message.version, ms }, 'the embedded ClickHouse is ready')
          ready.resolve()
          this.options.onReady?.()
        }
      },
    })
    this.child = child
    setPriority(child.pid, Math.min(NICENESS_MAX, getPriority() + NICER_BY))
    const settings: ChildOptions = {
      path,
      host: this.options.host,
      port: this.port,
      writerPassword: this.secret,
      readerPassword: this.options.readerPassword,
    }
    child.send(settings)
    const heard = listen(child.stderr, (text) => (lastWords = { text, at: Date.now() }))

    const patience = setTimeout(() => {
      failure = `it was not ready after ${READY_WAIT_MS / 1000} s`
      child.kill('SIGKILL')
    }, READY_WAIT_MS)
    const ended = Promise.all([child.exited, heard]).then(() => {
      clearTimeout(patience)
      const words = Date.now() - lastWords.at < LAST_WORDS_MS ? lastWords.text : ''
      const reason = failure || words || `it ended with ${child.signalCode ?? `code ${child.exitCode}`}`
      ready.reject(new Error(`the embedded ClickHouse in ${path} did not start: ${reason}`))
      if (this.alive) this.died(reason, performance.now() - startedAt)
    })
    void ended
    await ready.promise
    clearTimeout(patience)
  }

  private died(reason: string, livedMs: number): void {
    this.alive = false
    if (this.stopping) return
    if (livedMs > SETTLED_MS) this.backoffMs = BACKOFF_MIN_MS
    this.options.log.warn(
      { reason, restartMs: this.backoffMs },
      'the embedded ClickHouse ended unexpectedly and is restarted; frames wait in the journal meanwhile',
    )
    this.options.onExit?.()
    this.again()
  }

  private again(): void {
    this.restart = setTimeout(() => {
      this.start().catch((error: Error) => {
        if (this.stopping) return
        this.options.log.error({ restartMs: this.backoffMs }, `${error.message}; trying again`)
        this.again()
      })
    }, this.backoffMs)
    this.backoffMs = Math.min(this.backoffMs * 2, BACKOFF_MAX_MS)
  }

  async stop(): Promise<void> {
    this.stopping = true
    clearTimeout(this.restart)
    const child = this.child
    if (child?.exitCode === null && child.signalCode === null) child.send('stop' satisfies ParentMessage)
    const patience = setTimeout(() => child?.kill('SIGKILL'), STOP_WAIT_MS)
    await child?.exited
    clearTimeout(patience)
    this.alive = false
    this.unlock()
  }
}

/** Keeps the end of what the child writes to its standard error, which is what a crash leaves behind. */
async function listen(stderr: ReadableStream<Uint8Array>, lastWords: (words: string) => void): Promise<void> {
  const decoder = new TextDecoder()
  let end = ''
  for await (const chunk of stderr) {
    end = (end + decoder.decode(chunk, { stream: true })).slice(-LAST_WORDS_MAX)
    lastWords(end.trim())
  }
}

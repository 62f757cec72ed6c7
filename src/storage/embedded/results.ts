/**
 * Results as streams. A SELECT is run as `SELECT … INTO OUTFILE '<fifo>'`: the engine formats (and compresses) on its
 * own threads, the pipe holds it back when the client reads slowly, and every format comes out as a whole document. The
 * package's `queryStream` would write a document per block, and plans the query on the event loop.
 */
import { dlopen, FFIType, ptr } from 'bun:ffi'
import { closeSync, constants, openSync } from 'node:fs'
import { Code, fromEngine, QueryError } from './errors.ts'
import type { Connection, Result } from './native.ts'

const { mkfifo } = dlopen(process.platform === 'darwin' ? 'libSystem.B.dylib' : 'libc.so.6', {
  mkfifo: { args: [FFIType.ptr, FFIType.u32], returns: FFIType.i32 },
}).symbols

/** Named pipes in the working directory, used again and again. */
export class Pipes {
  private readonly free: string[] = []
  private made = 0

  take(): string {
    const name = this.free.pop()
    if (name) return name
    const fresh = `result-${++this.made}.pipe`
    if (mkfifo(ptr(Buffer.from(`${fresh}\0`)), 0o600) !== 0) throw new Error(`cannot make the named pipe ${fresh}`)
    return fresh
  }

  give(name: string): void {
    this.free.push(name)
  }
}

/** Lets `limit` work at a time and `queue` wait. */
export class Gate {
  private running = 0
  private readonly waiting: (() => void)[] = []

  constructor(
    private readonly limit: number,
    private readonly queue: number,
  ) {}

  async enter(): Promise<void> {
    if (this.running < this.limit) {
      this.running++
      return
    }
    if (this.waiting.length >= this.queue)
      throw new QueryError(
        Code.tooManyQueries,
        `Too many simultaneous queries: ${this.limit} run and ${this.queue} wait. (TOO_MANY_SIMULTANEOUS_QUERIES)`,
      )
    await new Promise<void>((resolve) => this.waiting.push(resolve))
  }

  leave(): void {
    const next = this.waiting.shift()
    if (next) next()
    else this.running--
  }
}

export class ResultStream {
  /** Undefined until the end was read. */
  result: Result | undefined
  private readonly readEnd: number
  private readonly reader: { read(): Promise<{ done: boolean; value?: Uint8Array | undefined }> }
  private readonly query: Promise<Result>
  private open = true
  private finished = false

  /** `sql` writes INTO OUTFILE `pipe`. `ours` is what this server added to the statement. */
  constructor(
    connection: Connection,
    sql: string,
    pipe: string,
    private readonly ours: string,
  ) {
    this.readEnd = openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK)
    // Without a writer of ours the pipe would look ended before the engine opens it.
    const keeper = openSync(pipe, constants.O_WRONLY | constants.O_NONBLOCK)
    this.query = connection.query(sql).finally(() => {
      this.finished = true
      closeSync(keeper)
    })
    this.query.catch(() => {})
    this.reader = Bun.file(this.readEnd).stream().getReader()
  }

  /** The next bytes, undefined at the end; throws the engine's error once its bytes are read. */
  async next(): Promise<Uint8Array | undefined> {
    const { done, value } = await this.reader.read()
    if (!done) return value
    // Abandoned while somebody reads, it comes to its end twice.
    if (this.open) closeSync(this.readEnd)
    this.open = false
    try {
      this.result = await this.query
    } catch (error) {
      throw fromEngine(error, this.ours)
    }
    return undefined
  }

  /**
   * Ends a query nobody waits for. Its output is read on and thrown away: a pipe without a reader would hold an
   * engine thread for ever if the query has not opened it yet.
   */
  async abandon(kill: () => Promise<void>): Promise<void> {
    const killing = (async () => {
      while (!this.finished) {
        await kill().catch(() => {})
        await Bun.sleep(KILL_AGAIN_MS)
      }
    })()
    try {
      while (await this.next());
    } catch {
      // It was killed, which is an error of the query.
    }
    await killing
  }
}

/** A query that waits for a thread is not there to be killed yet. */
const KILL_AGAIN_MS = 100

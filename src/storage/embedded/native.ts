/**
 * chdb's native addon, three of its functions. The package's own `Session` is not used, because its `close()` waits for
 * every query running in the process: one analyst's long query would keep the connections of all others open. The
 * addon's rule is narrower, and kept here: a connection is not closed while a query runs on it.
 */
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

/** What the engine says about a finished query. Of an INSERT … FROM INFILE, `rowsRead` are the rows inserted. */
export interface Result {
  bytes: Uint8Array
  /** Seconds. */
  elapsed: number
  rowsRead: number
  bytesRead: number
}

interface Addon {
  CreateConnection(path: string, engineArguments?: readonly string[]): unknown
  QueryAsyncConnection(connection: unknown, sql: string, format: string): Promise<Result>
  CloseConnection(connection: unknown): void
}

const require = createRequire(import.meta.url)
// The loader picks the platform's build; the package does not list it in its exports.
const { loadNative } = require(join(dirname(require.resolve('chdb')), 'dist', 'loader.js')) as {
  loadNative(): Addon
}
const addon = loadNative()

/** A connection with settings of its own to the one data directory of this process. Opening one takes 0.2 to 0.5 ms. */
export class Connection {
  private readonly handle: unknown
  private running: Promise<unknown> = Promise.resolve()

  /** `engineArguments` are read by the first connection of the process only. */
  constructor(path: string, engineArguments?: readonly string[]) {
    this.handle = engineArguments ? addon.CreateConnection(path, engineArguments) : addon.CreateConnection(path)
  }

  /** Runs on a thread of the pool; one query at a time. Rejects with an Error whose message is the engine's. */
  query(sql: string, format = 'TabSeparated'): Promise<Result> {
    const result = addon.QueryAsyncConnection(this.handle, sql, format)
    this.running = result.catch(() => {})
    return result
  }

  /** Closes once the running query is done. */
  async close(): Promise<void> {
    await this.running
    addon.CloseConnection(this.handle)
  }
}

/**
 * ClickHouse over HTTP, the embedded one and any other alike: version check, schema, inserts.
 */
import { Readable } from 'node:stream'
import { ClickHouseLogLevel, createClient, type ClickHouseClient } from '@clickhouse/client'
import type { Logger } from 'pino'
import type { Sink } from './drain.ts'
import { MIGRATIONS } from './schema/migrations.ts'

/** The JSON type of the columns `attributes` is production ready from here on. */
const VERSION_MIN = [25, 3]
const REQUEST_TIMEOUT_MS = 60_000

export interface ClickHouseOptions {
  url: string
  username: string
  password: string
  database: string
}

/** The server cannot be used, and trying again will not help. */
export class UnsupportedServer extends Error {}

export class ClickHouse implements Sink {
  private readonly client: ClickHouseClient
  /** '' while the last request succeeded. */
  trouble = 'not asked yet'

  constructor(private readonly options: ClickHouseOptions) {
    this.client = createClient({
      url: options.url,
      username: options.username,
      password: options.password,
      application: 'waygate',
      request_timeout: REQUEST_TIMEOUT_MS,
      keep_alive: { enabled: true },
      max_open_connections: 16,
      log: { level: ClickHouseLogLevel.OFF }, // its errors come back to us, and are said once
    })
  }

  /** Version check and schema; throws UnsupportedServer, or what the client says when the server cannot be reached. */
  async prepare(log: Logger): Promise<void> {
    const version = (await this.text('SELECT version()')).trim()
    const [major, minor] = version.split('.').map(Number)
    if (!(major > VERSION_MIN[0] || (major === VERSION_MIN[0] && minor >= VERSION_MIN[1])))
      throw new UnsupportedServer(
        `the ClickHouse server at ${this.options.url} is version ${version}; Waygate needs ${VERSION_MIN.join('.')} or newer, because of the JSON type: upgrade it, or leave clickhouse.url empty to use the embedded one`,
      )
    const applied = await this.migrate()
    if (applied.length > 0) log.info({ version, applied }, 'the schema is up to date')
    this.trouble = ''
  }

  /** Inserts blocks of one table as one insert. Repeating it with the same token does nothing. */
  async insert(table: string, columns: readonly string[], blocks: readonly Uint8Array[], token: string): Promise<void> {
    const { stream } = await this.client.exec({
      query: `INSERT INTO ${this.options.database}.${table} (${columns.join(', ')}) FORMAT Native`,
      values: Readable.from(
        blocks.map((block) => Buffer.from(block.buffer, block.byteOffset, block.byteLength)),
        { objectMode: false },
      ),
      clickhouse_settings: {
        insert_deduplication_token: token,
        // Trackers with a wrong clock may spread one insert over years; that must not stop all others.
        max_partitions_per_insert_block: '0',
        async_insert: 0,
        // If the insert landed but a view's part did not, the repetition must reach the view.
        deduplicate_blocks_in_dependent_materialized_views: 1,
        // One insert stays one block, so that the token covers it whole.
        max_insert_block_size: '1048576',
        min_insert_block_size_rows: '1048576',
        min_insert_block_size_bytes: '1073741824',
      },
    })
    for await (const _ of stream); // an error may come behind the status line
  }

  async ping(): Promise<boolean> {
    const answer = await this.client.ping()
    this.trouble = answer.success ? '' : answer.error.message
    return answer.success
  }

  async close(): Promise<void> {
    await this.client.close()
  }

  /** Runs a query and gives its answer as text. */
  async text(query: string): Promise<string> {
    const { stream } = await this.client.exec({ query })
    let text = ''
    for await (const chunk of stream) text += String(chunk)
    return text
  }

  private async hasColumn(table: string, column: string): Promise<boolean> {
    const count = `SELECT count() FROM system.columns WHERE database = '${this.options.database}' AND table = '${table}' AND name = '${column}'`
    return Number(await this.text(count)) > 0
  }

  private async migrate(): Promise<string[]> {
    const { database } = this.options
    const run = (statement: string) => this.client.command({ query: statement.replaceAll('{db}', database) })
    await run('CREATE DATABASE IF NOT EXISTS {db}')
    await run(`CREATE TABLE IF NOT EXISTS {db}.migrations (number UInt32, name String, applied_at DateTime64(3, 'UTC') DEFAULT now64(3))
ENGINE = ReplacingMergeTree ORDER BY number COMMENT 'schema migrations applied'`)
    const done = new Set(
      (await this.text(`SELECT DISTINCT number FROM ${database}.migrations FORMAT TSV`))
        .split('\n')
        .filter(Boolean)
        .map(Number),
    )
    if (done.has(1) && !(await this.hasColumn('fixes', 'record_id')))
      throw new UnsupportedServer(
        `the tables of the database ${database} at ${this.options.url} were made before Waygate 0.1 was finished, and differ: rename that database, or set clickhouse.database to another name, and start again`,
      )
    const applied: string[] = []
    for (const { number, name, statements } of MIGRATIONS) {
      if (done.has(number)) continue
      for (const statement of statements) await run(statement)
      await run(`INSERT INTO {db}.migrations (number, name) VALUES (${number}, '${name}')`)
      applied.push(name)
    }
    return applied
  }
}

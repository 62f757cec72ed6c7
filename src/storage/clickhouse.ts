/**
 * ClickHouse over HTTP, the embedded one and any other alike: version check, schema, inserts.
 */
import { Readable } from 'node:stream'
import { ClickHouseLogLevel, createClient, type ClickHouseClient, type ClickHouseSettings } from '@clickhouse/client'
import type { Logger } from 'pino'
import { blameOf } from './insert-errors.ts'
import type { Probe, Sink } from './sink.ts'
import { keptFramesQuery, readKeptFrames, type KeptFrame } from './kept-frames.ts'
import { createTable, onCluster, type Layout } from './schema/layout.ts'
import { devicesDictionary, framesTable, MIGRATIONS, MIGRATIONS_TABLE } from './schema/migrations.ts'

/** The JSON type of the columns `attributes` is production ready from here on. */
const VERSION_MIN = [25, 3]
const REQUEST_TIMEOUT_MS = 60_000
/** More rows and bytes than any insert has. */
const BLOCK_MAX = '1000000000000'
const CHUNK_BYTES = 262_144
/** Pieces of a body from this size on are worth a write of their own. */
const LARGE_BYTES = 16_384
/** Characters. */
const ANSWER_SHOWN = 500

export interface ClickHouseOptions {
  url: string
  username: string
  password: string
  database: string
  /** Name of the cluster in the server's configuration; '' for a single server. */
  cluster: string
  /** Replicas that must hold an insert before it counts; 0 leaves it to the server. */
  insertQuorum: number
  /** True for the embedded one: its engine has one account, without a password. */
  embedded: boolean
  /** How long a request may be silent. */
  timeoutMs?: number
}

/** What the dictionary `devices` says of one. */
export interface DeviceRow {
  device_id: string
  name: string
  account: string
  model: string
  sms_number: string
}

/** The server cannot be used, and trying again will not help. */
export class UnsupportedServer extends Error {}

/**
 * The pieces in chunks that are worth a write each: large ones as they are, small ones joined. A chunk is made when it is asked
 * for, so that a body of many megabytes never holds up what else is to be done.
 */
function* chunksOf(pieces: readonly Uint8Array[]): Generator<Uint8Array> {
  let small: Uint8Array[] = []
  let bytes = 0
  for (const piece of pieces) {
    const isLarge = piece.length >= LARGE_BYTES
    if (bytes > 0 && (isLarge || bytes + piece.length > CHUNK_BYTES)) {
      yield Buffer.concat(small, bytes)
      small = []
      bytes = 0
    }
    if (isLarge) {
      for (let from = 0; from < piece.length; from += CHUNK_BYTES) yield piece.subarray(from, from + CHUNK_BYTES)
    } else {
      small.push(piece)
      bytes += piece.length
    }
  }
  if (bytes > 0) yield Buffer.concat(small, bytes)
}

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
      request_timeout: options.timeoutMs ?? REQUEST_TIMEOUT_MS,
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
    try {
      await this.run(devicesDictionary(this.layout, this.options.embedded ? null : this.options))
    } catch (error) {
      log.warn(
        { reason: (error as Error).message },
        'the dictionary devices could not be made, so queries that use it fail; all else works. See the grants in docs/operators.md',
      )
    }
    if (applied.length > 0) log.info({ version, applied }, 'the schema is up to date')
    this.trouble = ''
  }

  /** Inserts one Native block, given in pieces. Repeating it with the same token does nothing, whatever its rows are then. */
  async insert(table: string, columns: readonly string[], pieces: readonly Uint8Array[], token: string): Promise<void> {
    await this.send(table, columns, pieces, {
      insert_deduplication_token: token,
      // If the insert landed but a view's part did not, the repetition must reach the view.
      deduplicate_blocks_in_dependent_materialized_views: 1,
      ...(this.options.cluster !== '' && { distributed_foreground_insert: 1 }),
      ...(this.options.insertQuorum > 0 && { insert_quorum: String(this.options.insertQuorum) }),
    })
  }

  /**
   * Whether a table would take such blocks: they are given to an empty copy of it that keeps nothing. Throws what the
   * client throws if that cannot be told now.
   */
  async probe(table: string): Promise<Probe> {
    const { layout } = this
    const copy = `${table}_probe`
    const { database } = layout
    await this.run(
      `CREATE OR REPLACE TABLE ${database}.${copy}${onCluster(layout)} AS ${database}.${table} ENGINE = Null`,
    )
    return {
      accepts: async (columns, block) => {
        try {
          await this.send(copy, columns, [block], {})
          return true
        } catch (error) {
          if (blameOf(error) === 'availability') throw error
          return false
        }
      },
      close: () => this.run(`DROP TABLE IF EXISTS ${database}.${copy}${onCluster(layout)}`),
    }
  }

  private async send(
    table: string,
    columns: readonly string[],
    pieces: readonly Uint8Array[],
    settings: ClickHouseSettings,
  ): Promise<void> {
    const bytes = pieces.reduce((sum, piece) => sum + piece.length, 0)
    const { stream, response_headers } = await this.client.exec({
      query: `INSERT INTO ${this.options.database}.${table} (${columns.join(', ')}) FORMAT Native`,
      values: Readable.from(chunksOf(pieces), { objectMode: false }),
      // Of unknown length a body is sent in chunks, and the runtime copies each to put its length before it.
      http_headers: { 'Content-Length': String(bytes) },
      clickhouse_settings: {
        ...settings,
        // The answer comes when all is done, not before.
        wait_end_of_query: 1,
        async_insert: 0,
        // Equal rows collapse in merges and in queries; looking for them here too is a third of an insert.
        optimize_on_insert: 0,
        // Intake, and what else runs on the machine, needs processors too, and one thread keeps up with it.
        max_threads: 1,
        max_insert_threads: '1',
        // Trackers with a wrong clock may spread one insert over years; that must not stop all others.
        max_partitions_per_insert_block: '0',
        // The block is not taken apart however many rows it has, so that the token covers it whole.
        max_insert_block_size: BLOCK_MAX,
        min_insert_block_size_rows: BLOCK_MAX,
        min_insert_block_size_bytes: BLOCK_MAX,
      },
    })
    let answer = ''
    for await (const chunk of stream) answer += chunk // an error may come behind the status line
    if (answer !== '') throw new Error(`ClickHouse answered an insert with: ${answer.slice(0, ANSWER_SHOWN)}`)
    // What lies between may answer in its place.
    if (response_headers['x-clickhouse-summary'] === undefined)
      throw new Error("the answer to an insert is not ClickHouse's: it has no X-ClickHouse-Summary")
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
  async text(query: string, parameters: Record<string, unknown> = {}): Promise<string> {
    return (await this.bytes(query, parameters)).toString()
  }

  /** Runs a query and gives its answer, in the format the query names. */
  async bytes(query: string, parameters: Record<string, unknown> = {}): Promise<Buffer> {
    const { stream } = await this.client.exec({ query, query_params: parameters })
    const chunks: Buffer[] = []
    for await (const chunk of stream) chunks.push(chunk as Buffer)
    return Buffer.concat(chunks)
  }

  /** Runs a statement that has no answer. */
  async run(statement: string, parameters: Record<string, unknown> = {}): Promise<void> {
    await this.client.command({ query: statement, query_params: parameters })
  }

  /** Inserts a few rows given as objects. */
  async insertRows(table: string, values: readonly Record<string, unknown>[]): Promise<void> {
    await this.client.insert({ table, values, format: 'JSONEachRow' })
  }

  /** Makes `device_list` say this and nothing else. */
  async replaceDevices(devices: readonly DeviceRow[], nowMs: number): Promise<void> {
    const { database } = this.options
    const list = `${database}.device_list`
    const before = (await this.text(`SELECT device_id FROM ${list} FINAL WHERE listed FORMAT TSV`))
      .split('\n')
      .filter(Boolean)
    const listed = new Set(devices.map((device) => device.device_id))
    const gone = before.filter((id) => !listed.has(id))
    const changed_at = new Date(nowMs).toISOString().slice(0, -1)
    const values = [
      ...devices.map((device) => Object.assign({ listed: true, changed_at }, device)),
      ...gone.map((device_id) => ({ device_id, listed: false, changed_at })),
    ]
    if (values.length > 0) await this.insertRows(list, values)
  }

  /** Has the dictionary look at `device_list` now; it does so by itself within a minute. */
  async reloadDevices(): Promise<void> {
    const { database } = this.options
    await this.run(`SYSTEM RELOAD DICTIONARY${onCluster(this.layout)} ${database}.devices`)
  }

  async quarantined(): Promise<string[]> {
    const answer = await this.text(
      `SELECT DISTINCT device_id FROM ${this.options.database}.frames WHERE quarantined FORMAT TSV`,
    )
    return answer.split('\n').filter(Boolean)
  }

  async quarantinedFrames(claimed: string, limit: number): Promise<KeptFrame[]> {
    const from = `${this.options.database}.frames WHERE quarantined AND device_id = {claimed:String} ORDER BY received_at LIMIT 1 BY received_at, frame_id`
    return readKeptFrames(
      await this.bytes(keptFramesQuery(`(SELECT * FROM ${from})`, 'received_at, frame_id', limit), { claimed }),
    )
  }

  async released(claimed: string, frames: readonly KeptFrame[]): Promise<void> {
    const keys = frames.map(({ receivedMs, frameId }) => `(${receivedMs}, ${frameId})`).join(', ')
    const { layout } = this
    await this.run(
      `DELETE FROM ${layout.database}.${framesTable(layout)}${onCluster(layout)} WHERE quarantined AND device_id = {claimed:String}
AND (toUnixTimestamp64Milli(received_at), frame_id) IN (${keys})`,
      { claimed },
    )
  }

  private get layout(): Layout {
    return { database: this.options.database, cluster: this.options.cluster }
  }

  private async hasColumn(table: string, column: string): Promise<boolean> {
    const count = `SELECT count() FROM system.columns WHERE database = '${this.options.database}' AND table = '${table}' AND name = '${column}'`
    return Number(await this.text(count)) > 0
  }

  private async migrate(): Promise<string[]> {
    const { layout } = this
    const { database } = layout
    await this.run(`CREATE DATABASE IF NOT EXISTS ${database}${onCluster(layout)}`)
    for (const statement of createTable(layout, MIGRATIONS_TABLE)) await this.run(statement)
    const done = new Set(
      (await this.text(`SELECT DISTINCT number FROM ${database}.migrations FORMAT TSV`))
        .split('\n')
        .filter(Boolean)
        .map(Number),
    )
    if (done.has(1) && !(await this.hasColumn('fixes', 'precedence')))
      throw new UnsupportedServer(
        `the tables of the database ${database} at ${this.options.url} were made before Waygate 0.1 was finished, and differ: rename that database, or set clickhouse.database to another name, and start again`,
      )
    const applied: string[] = []
    for (const { number, name, statements } of MIGRATIONS) {
      if (done.has(number)) continue
      for (const statement of statements(layout)) await this.run(statement)
      await this.run(`INSERT INTO ${database}.migrations (number, name) VALUES (${number}, '${name}')`)
      applied.push(name)
    }
    return applied
  }
}

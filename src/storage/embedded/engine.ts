/**
 * The engine of the child process: its configuration, and connections set up for one request each.
 *
 * Two roles. The writer may do everything. Readers have SELECT and SHOW only (no files, no URLs), and on top of
 * that `readonly = 1`, set after the settings of their request and impossible to take back. Both are needed: under
 * `readonly` alone `DESCRIBE file(…)` and `DESCRIBE url(…)` work. What both leave open is closed in readers.ts.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fromEngine, QueryError } from './errors.ts'
import { Connection, type Result } from './native.ts'
import { quote, quoteName } from './sql.ts'

const USERS = `<clickhouse>
  <profiles><default></default></profiles>
  <quotas><default></default></quotas>
  <roles>
    <reader><grants><query>GRANT SELECT, SHOW DATABASES, SHOW TABLES, SHOW COLUMNS, SHOW DICTIONARIES, dictGet ON *.*</query></grants></reader>
    <writer><grants><query>GRANT ALL ON *.*</query></grants></writer>
  </roles>
  <users>
    <default>
      <password></password>
      <networks><ip>::/0</ip></networks>
      <profile>default</profile>
      <quota>default</quota>
      <grants><query>GRANT reader</query><query>GRANT writer</query></grants>
    </default>
  </users>
</clickhouse>
`

/**
 * Half of the machine's memory is left to the gateway and the page cache. An insert that succeeded is on the disk (the
 * journal lets go of it then), and repeated under the same token it is dropped. More parts than usual are merged at a time,
 * so that a row is written again fewer times: merging was half of what the engine did under load.
 */
const SERVER = `<clickhouse>
  <max_server_memory_usage_to_ram_ratio>0.5</max_server_memory_usage_to_ram_ratio>
  <mark_cache_size>268435456</mark_cache_size>
  <index_mark_cache_size>67108864</index_mark_cache_size>
  <primary_index_cache_size>268435456</primary_index_cache_size>
  <merge_tree>
    <fsync_after_insert>1</fsync_after_insert>
    <fsync_part_directory>1</fsync_part_directory>
    <non_replicated_deduplication_window>1000</non_replicated_deduplication_window>
    <merge_selector_base>16</merge_selector_base>
  </merge_tree>
</clickhouse>
`

export interface Context {
  role: 'writer' | 'reader'
  database: string
  settings: ReadonlyMap<string, string>
  params: ReadonlyMap<string, string>
  /** A GET must not change anything, whoever asks. */
  get: boolean
}

export class Engine {
  readonly version: string
  readonly timezone: string
  private readonly data: string
  /** Keeps the engine up, and asks what has to be asked outside of a request's settings. */
  private readonly own: Connection
  private turn: Promise<unknown> = Promise.resolve()

  private constructor(data: string, own: Connection, version: string, timezone: string) {
    this.data = data
    this.own = own
    this.version = version
    this.timezone = timezone
  }

  /** Opens `directory`/clickhouse, making it where there is none. */
  static async open(directory: string, run: string): Promise<Engine> {
    const data = join(directory, 'clickhouse')
    mkdirSync(data, { recursive: true, mode: 0o700 })
    const config = join(run, 'config.xml')
    const users = join(run, 'users.xml')
    writeFileSync(config, SERVER)
    writeFileSync(users, USERS)
    // `users_config` is read only when there is a `config-file`.
    const own = new Connection(data, [`--config-file=${config}`, `--users_config=${users}`])
    const { bytes } = await own.query('SELECT version(), timezone()')
    const [version, timezone] = text(bytes).trim().split('\t')
    const engine = new Engine(data, own, version, timezone)
    // The readers' jail stands on these roles: no service without them.
    const roles = text((await own.query('SELECT arraySort(enabledRoles())', 'TabSeparated')).bytes).trim()
    if (roles !== "['reader','writer']") throw new Error(`the engine did not take its roles: it has ${roles}`)
    return engine
  }

  /** A connection with the settings of one request. Its owner closes it. */
  async connect(context: Context): Promise<Connection> {
    const setup: string[] = []
    const reader = context.role === 'reader'
    if (context.database) setup.push(`USE ${quoteName(context.database)}`)
    const settings = new Map(context.settings)
    // Tables of the gateway collapse retransmissions while merging: readers see the collapsed rows unless they say no.
    if (reader && !settings.has('final')) settings.set('final', '1')
    if (settings.size > 0)
      setup.push(`SET ${Array.from(settings, ([name, value]) => `${name} = ${quote(value)}`).join(', ')}`)
    for (const [name, value] of context.params) setup.push(`SET param_${name} = ${quote(value)}`)
    if (reader) setup.push('SET ROLE reader', 'SET readonly = 1')
    else if (context.get) setup.push('SET readonly = 2')

    const connection = new Connection(this.data)
    try {
      if (setup.length > 0) await connection.query(setup.join(';\n'))
    } catch (error) {
      void connection.close()
      throw fromEngine(error)
    }
    return connection
  }

  /** Runs on the engine's own connection, one after the other. */
  async ask(sql: string): Promise<string> {
    const result: Promise<Result> = this.turn.then(() => this.own.query(sql, 'RawBLOB'))
    this.turn = result.catch(() => {})
    return text((await result).bytes)
  }

  /** The statement as the engine prints it: comments gone, names without needless quotes and escapes. */
  async canonical(sql: string): Promise<string> {
    try {
      return await this.ask(`SELECT formatQuerySingleLine(${quote(sql)})`)
    } catch (error) {
      const { code, text } = fromEngine(error, ': In scope SELECT formatQuerySingleLine')
      throw new QueryError(code, text)
    }
  }

  /** Ends the queries in whose text `mark` stands. */
  async kill(mark: string): Promise<void> {
    const middle = mark.length >> 1
    const pattern = `concat(${quote(mark.slice(0, middle))}, ${quote(mark.slice(middle))})`
    // The mark is written in halves, so that this statement does not match itself.
    await this.ask(`KILL QUERY WHERE position(query, ${pattern}) > 0 ASYNC`)
  }

  async close(): Promise<void> {
    await this.turn
    await this.own.close()
  }
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString()
}

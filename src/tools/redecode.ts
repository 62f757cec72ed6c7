/**
 * `redecode`: decodes stored frames again with today's codecs, compares with the rows there are, and makes the rows what
 * they should be. Works through the frames in pieces. New rows of a piece go to staging tables, ClickHouse compares
 * them with the old ones by key, then rows that are no longer said are deleted and the others inserted. A run that was
 * interrupted is simply run again: what is right already shows no difference.
 */
import { randomBytes } from 'node:crypto'
import type { Codec } from '../codecs/codec.ts'
import type { ClickHouse } from '../storage/clickhouse.ts'
import { keptFramesQuery, readKeptFrames, type KeptFrame } from '../storage/kept-frames.ts'
import { FrameDecoder } from './decode-frames.ts'

/** Which frames; what is left out does not restrict. */
export interface Selection {
  devices?: readonly string[]
  protocols?: readonly string[]
  /** Received from then on, and before then: ms since 1970. */
  fromMs?: number
  toMs?: number
}

/** How the rows of a table differ. */
export interface Difference {
  /** Rows as they were. */
  same: number
  /** Rows that say the same under another decoder_version. */
  versionOnly: number
  added: number
  changed: number
  gone: number
  /** Of the changed rows, by column: how many, and one of them. */
  columns: Map<string, { rows: number; device: string; time: string; before: string; after: string }>
}

export interface Redecoded {
  frames: number
  tables: Map<string, Difference>
}

export interface RedecodeOptions {
  selection: Selection
  /** Only compare. */
  dryRun: boolean
  /** Told after each piece. */
  onProgress?: (frames: number, of: number) => void
  framesAtOnce?: number
}

const FRAMES_AT_ONCE = 50_000
/** Trackers with a wrong clock may spread a piece over years. */
const ANY_PARTITIONS = 'SETTINGS max_partitions_per_insert_block = 0'
/** A run that was killed leaves its tables behind; none takes this long. */
const LEFT_BEHIND_DAYS = 2
/** The tables that decoding fills, and the time in their keys. */
const TABLES = [
  ['fixes', 'fix_time', ''],
  ['telemetry', 'at', ''],
  ['alarms', 'alarm_time', ', alarm'],
] as const
/**
 * A record that came in several frames is one row, of one of them: that row is compared with its own frame's, not with
 * what the others say of serial numbers.
 */
const SAME_COPY = `(old.decoder_version != new.decoder_version OR (old.received_at, old.frame_id) = (new.received_at, new.frame_id))`
const differs = (name: string) => `(${SAME_COPY} AND ${asText(`old.${name}`)} != ${asText(`new.${name}`)})`

/** What may differ between copies of one record without its meaning being another. */
const NOT_COMPARED = new Set(['frame_id', 'record', 'received_at', 'transport', 'decoder_version'])

export async function redecode(
  clickhouse: ClickHouse,
  database: string,
  codecs: readonly Codec[],
  options: RedecodeOptions,
): Promise<Redecoded> {
  const staging = new Staging(clickhouse, database)
  const result: Redecoded = { frames: 0, tables: new Map() }
  try {
    await staging.create()
    const total = Number(
      await clickhouse.text(
        `SELECT count() FROM ${database}.frames FINAL WHERE ${where(options.selection)}`,
        parametersOf(options.selection),
      ),
    )
    const decoder = new FrameDecoder(codecs)
    const known = new Set(codecs.map((codec) => codec.name))
    for (let last: KeptFrame | null = null; ;) {
      const frames = await readFrames(clickhouse, database, options, last)
      if (frames.length === 0) break
      await staging.decode(
        decoder,
        frames.filter((frame) => known.has(frame.protocol)),
      )
      for (const [table] of TABLES) add(result.tables, table, await staging.compare(table))
      if (!options.dryRun) await staging.apply()
      result.frames += frames.length
      last = frames.at(-1)!
      options.onProgress?.(result.frames, total)
    }
  } catch (error) {
    await staging.drop().catch(() => {}) // what failed first is what to tell; a later run drops what is left
    throw error
  }
  await staging.drop()
  return result
}

function where({ devices, protocols, fromMs, toMs }: Selection): string {
  return [
    'NOT quarantined',
    devices && 'device_id IN {devices:Array(String)}',
    protocols && 'protocol IN {protocols:Array(String)}',
    fromMs !== undefined && 'received_at >= fromUnixTimestamp64Milli({fromMs:Int64})',
    toMs !== undefined && 'received_at < fromUnixTimestamp64Milli({toMs:Int64})',
  ]
    .filter(Boolean)
    .join(' AND ')
}

function parametersOf({ devices, protocols, fromMs, toMs }: Selection): Record<string, unknown> {
  return {
    ...(devices && { devices }),
    ...(protocols && { protocols }),
    ...(fromMs !== undefined && { fromMs }),
    ...(toMs !== undefined && { toMs }),
  }
}

/** The next frames in the order of their table's key, behind `last`. */
async function readFrames(
  clickhouse: ClickHouse,
  database: string,
  { selection, framesAtOnce = FRAMES_AT_ONCE }: RedecodeOptions,
  last: KeptFrame | null,
): Promise<KeptFrame[]> {
  const behind = last
    ? 'AND (device_id, received_at, frame_id) > ({lastDevice:String}, fromUnixTimestamp64Milli({lastMs:Int64}), {lastId:UInt64})'
    : ''
  const parameters = {
    ...parametersOf(selection),
    ...(last && { lastDevice: last.device, lastMs: last.receivedMs, lastId: last.frameId }),
  }
  const from = `(SELECT * FROM ${database}.frames FINAL WHERE ${where(selection)} ${behind})`
  return readKeptFrames(
    await clickhouse.bytes(keptFramesQuery(from, 'device_id, received_at, frame_id', framesAtOnce), parameters),
  )
}

/** Tables beside the real ones that hold what one piece decodes to. */
class Staging {
  private readonly suffix = `redecode_${randomBytes(6).toString('hex')}`
  private columns = new Map<string, string[]>()
  private pieces = 0

  constructor(
    private readonly clickhouse: ClickHouse,
    private readonly database: string,
  ) {}

  async create(): Promise<void> {
    const left = await this.clickhouse.text(
      `SELECT name FROM system.tables WHERE database = '${this.database}' AND name LIKE 'redecode\\_%' AND metadata_modification_time < now() - INTERVAL ${LEFT_BEHIND_DAYS} DAY FORMAT TSV`,
    )
    for (const name of left.split('\n').filter(Boolean)) await this.run(`DROP TABLE IF EXISTS ${this.database}.${name}`)
    for (const [table] of TABLES) {
      await this.run(`CREATE TABLE ${this.fresh(table)} AS ${this.database}.${table}`)
      const names = await this.clickhouse.text(
        `SELECT name FROM system.columns WHERE database = '${this.database}' AND table = '${table}' AND default_kind = '' ORDER BY position FORMAT TSV`,
      )
      this.columns.set(table, names.trim().split('\n'))
      // Keys of old rows that have to go.
      await this.run(`CREATE TABLE ${this.gone(table)} AS ${this.database}.${table}`)
    }
    await this.run(
      `CREATE TABLE ${this.frames} ENGINE = MergeTree ORDER BY (device_id, received_at, frame_id) EMPTY AS SELECT * FROM ${this.database}.frames`,
    )
  }

  async drop(): Promise<void> {
    for (const [table] of TABLES) {
      await this.run(`DROP TABLE IF EXISTS ${this.fresh(table)}`)
      await this.run(`DROP TABLE IF EXISTS ${this.gone(table)}`)
    }
    await this.run(`DROP TABLE IF EXISTS ${this.frames}`)
  }

  /** Decodes the next piece into the staging tables. */
  async decode(decoder: FrameDecoder, frames: readonly KeptFrame[]): Promise<void> {
    for (const [table] of TABLES) {
      await this.run(`TRUNCATE TABLE ${this.fresh(table)}`)
      await this.run(`TRUNCATE TABLE ${this.gone(table)}`)
    }
    await this.run(`TRUNCATE TABLE ${this.frames}`)
    this.pieces++
    for (const { table, columns, bytes } of decoder.decode(frames).blocks) {
      if (!this.columns.has(table) && table !== 'frames') continue
      const [into, names] = table === 'frames' ? [nameOf(this.frames), columns] : [nameOf(this.fresh(table)), columns]
      await this.clickhouse.insert(into, names, [bytes], `${this.suffix}-${this.pieces}`)
    }
  }

  /** Differences of the piece at hand; keys of rows that have to go are noted. */
  async compare(table: string): Promise<Difference> {
    const { key, compared, present, fresh } = this.plan(table)
    await this.run(`INSERT INTO ${this.gone(table)} (${this.list(table)})
SELECT ${this.list(table, 'old.')} FROM (${present}) AS old LEFT ANTI JOIN (${fresh}) AS new USING (${key})
WHERE (old.device_id, old.received_at, old.frame_id) IN (SELECT device_id, received_at, frame_id FROM ${this.frames})
${ANY_PARTITIONS}`)
    const anyDiffers = compared.map(differs).join(' OR ')
    const counts = compared.map(
      (name) =>
        `countIf(${differs(name)}), argMin((old.device_id, toString(old.${this.timeOf(table)}), ${asText(`old.${name}`)}, ${asText(`new.${name}`)}), NOT ${differs(name)})`,
    )
    const answer = await this.clickhouse.text(`
SELECT count(), countIf(${anyDiffers}), countIf(NOT (${anyDiffers}) AND old.decoder_version != new.decoder_version), ${counts.join(', ')}
FROM (${present}) AS old INNER JOIN (${fresh}) AS new USING (${key}) FORMAT JSONCompact`)
    const [both, changed, versionOnly, ...columns] = (JSON.parse(answer) as { data: unknown[][] }).data[0]
    const rows = Number(await this.clickhouse.text(`SELECT count() FROM ${this.fresh(table)} FINAL`))
    const gone = Number(await this.clickhouse.text(`SELECT count() FROM ${this.gone(table)} FINAL`))
    const difference: Difference = {
      same: Number(both) - Number(changed) - Number(versionOnly),
      versionOnly: Number(versionOnly),
      added: rows - Number(both),
      changed: Number(changed),
      gone,
      columns: new Map(),
    }
    compared.forEach((name, index) => {
      const count = Number(columns[2 * index])
      const [device, time, before, after] = columns[2 * index + 1] as string[]
      if (count > 0) difference.columns.set(name, { rows: count, device, time, before, after })
    })
    return difference
  }

  /** Makes the real tables agree with the piece at hand. */
  async apply(): Promise<void> {
    for (const [table] of TABLES) {
      const { key, compared, present, fresh } = this.plan(table)
      const real = `${this.database}.${table}`
      // A row of a newer decoder would win over the one to insert.
      await this.run(`INSERT INTO ${this.gone(table)} (${this.list(table)})
SELECT ${this.list(table, 'old.')} FROM ${real} AS old FINAL INNER JOIN (${fresh}) AS new USING (${key})
WHERE old.decoder_version > new.decoder_version ${ANY_PARTITIONS}`)
      if (Number(await this.clickhouse.text(`SELECT count() FROM ${this.gone(table)}`)) > 0)
        await this.run(`DELETE FROM ${real} WHERE (${key}) IN (SELECT ${key} FROM ${this.gone(table)})`)
      await this
        .run(`INSERT INTO ${real} (${this.list(table)}) SELECT ${this.list(table)} FROM (${fresh}) WHERE (${key}) NOT IN (
  SELECT ${key} FROM (${present}) AS old INNER JOIN (${fresh}) AS new USING (${key})
  WHERE old.decoder_version = new.decoder_version AND NOT (${compared.map(differs).join(' OR ')}))
${ANY_PARTITIONS}`)
    }
    await this.renewLatest()
  }

  /** latest_fixes only ever hears of new rows: what it says of these devices is asked anew. */
  private async renewLatest(): Promise<void> {
    const latest = `${this.database}.latest_fixes_rows`
    const devices = `SELECT device_id FROM ${this.frames}`
    await this.run(`DELETE FROM ${latest} WHERE device_id IN (${devices})`)
    await this
      .run(`INSERT INTO ${latest} (${this.list('fixes')}) SELECT ${this.list('fixes')} FROM ${this.database}.fixes FINAL
WHERE valid AND device_id IN (${devices}) ORDER BY least(fix_time, received_at) DESC, fix_time DESC LIMIT 1 BY device_id`)
  }

  private plan(table: string): { key: string; compared: string[]; present: string; fresh: string } {
    const [, time, more] = TABLES.find(([name]) => name === table)!
    const key = `device_id, ${time}${more}, record_id`
    const columns = this.columns.get(table)!
    const keyed = key.split(', ')
    const compared = columns.filter((name) => !keyed.includes(name) && !NOT_COMPARED.has(name))
    // Rows of these frames, and rows that these frames say too: a record may have come in several. Equal frames of different
    // times share an id, so the time belongs to it.
    // A materialised column is not part of `*`.
    const selected = columns.includes(time) ? columns.join(', ') : [...columns, time].join(', ')
    const present = `SELECT ${selected} FROM ${this.database}.${table} FINAL
WHERE (device_id, received_at, frame_id) IN (SELECT device_id, received_at, frame_id FROM ${this.frames})
   OR (${key}) IN (SELECT ${key} FROM ${this.fresh(table)})`
    return { key, compared, present, fresh: `SELECT ${selected} FROM ${this.fresh(table)} FINAL` }
  }

  private timeOf(table: string): string {
    return TABLES.find(([name]) => name === table)![1]
  }

  private list(table: string, prefix = ''): string {
    return this.columns
      .get(table)!
      .map((name) => prefix + name)
      .join(', ')
  }

  private fresh = (table: string): string => `${this.database}.${this.suffix}_${table}`
  private gone = (table: string): string => `${this.database}.${this.suffix}_gone_${table}`
  private get frames(): string {
    return `${this.database}.${this.suffix}_frames`
  }
  private run(statement: string): Promise<void> {
    return this.clickhouse.run(statement)
  }
}

const nameOf = (qualified: string): string => qualified.slice(qualified.indexOf('.') + 1)

function asText(column: string): string {
  return column.endsWith('.attributes') ? `toJSONString(${column})` : `ifNull(toString(${column}), '\\\\N')`
}

function add(tables: Map<string, Difference>, table: string, more: Difference): void {
  const sum = tables.get(table)
  if (!sum) {
    tables.set(table, more)
    return
  }
  for (const count of ['same', 'versionOnly', 'added', 'changed', 'gone'] as const) sum[count] += more[count]
  for (const [name, column] of more.columns) {
    const before = sum.columns.get(name)
    if (before) before.rows += column.rows
    else sum.columns.set(name, column)
  }
}

/** The result in words. */
export function report({ frames, tables }: Redecoded, dryRun: boolean): string {
  const lines = [`${frames} frames decoded again.`, '']
  lines.push(['table', 'same', 'version only', 'changed', 'added', 'gone'].map((cell) => cell.padEnd(14)).join(''))
  for (const [table, { same, versionOnly, changed, added, gone }] of tables)
    lines.push([table, same, versionOnly, changed, added, gone].map((cell) => String(cell).padEnd(14)).join(''))
  for (const [table, { columns }] of tables)
    for (const [name, { rows, device, time, before, after }] of columns)
      lines.push(
        '',
        `${table}.${name}: ${rows} rows, for example device ${device} at ${time}:`,
        `  ${before}`,
        `  ${after}`,
      )
  lines.push('', dryRun ? 'Nothing was changed (--dry-run).' : 'The tables are up to date.')
  return lines.join('\n')
}

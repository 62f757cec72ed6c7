/**
 * How tables lie on servers. On one server a table is one table. On a cluster `fixes` is a Distributed table over
 * `fixes_local`, whose rows lie on the shards by device and on each replica of a shard; who queries sees no difference.
 * Every table is defined once, and both forms are made from that.
 */
export interface Layout {
  database: string
  /** Name of the cluster in the servers' configuration; '' for one server. */
  cluster: string
}

export interface Table {
  name: string
  /** Columns and indices, without the parentheses. */
  columns: string
  engine: 'MergeTree' | 'ReplacingMergeTree' | 'SummingMergeTree'
  /** Column that decides which of equal rows stays. */
  version?: string
  partitionBy?: string
  primaryKey?: string
  orderBy: string
  ttl?: string
  settings?: string
  comment: string
  /** Rows of one value lie on one shard, or the whole table lies on every server. */
  shardBy: string | 'everywhere'
}

/** Where a table's rows are: what views read and what is deleted from. */
export function localName({ cluster }: Layout, table: Pick<Table, 'name' | 'shardBy'>): string {
  return cluster === '' || table.shardBy === 'everywhere' ? table.name : `${table.name}_local`
}

/** ` ON CLUSTER …` behind the name of what is made, changed or dropped. */
export function onCluster({ cluster }: Layout): string {
  return cluster === '' ? '' : ` ON CLUSTER ${quoted(cluster)}`
}

export function createTable(layout: Layout, table: Table): string[] {
  const { database, cluster } = layout
  const local = localName(layout, table)
  const clauses = [
    `ENGINE = ${engineOf(layout, table)}`,
    table.partitionBy && `PARTITION BY ${table.partitionBy}`,
    table.primaryKey && `PRIMARY KEY ${table.primaryKey}`,
    `ORDER BY ${table.orderBy}`,
    table.ttl && `TTL ${table.ttl}`,
    table.settings && `SETTINGS ${table.settings}`,
    `COMMENT '${table.comment}'`,
  ]
  const statements = [
    `CREATE TABLE IF NOT EXISTS ${database}.${local}${onCluster(layout)} (${table.columns}\n) ${clauses.filter(Boolean).join('\n')}`,
  ]
  if (local !== table.name)
    statements.push(
      `CREATE TABLE IF NOT EXISTS ${database}.${table.name}${onCluster(layout)} AS ${database}.${local}
ENGINE = Distributed(${quoted(cluster)}, ${database}, ${local}, ${table.shardBy})
COMMENT '${table.comment}'`,
    )
  return statements
}

function engineOf({ database, cluster }: Layout, { name, engine, version, shardBy }: Table): string {
  if (cluster === '') return `${engine}(${version ?? ''})`
  // {shard} and {replica} are macros of the servers.
  const [path, replica] =
    shardBy === 'everywhere'
      ? [`/clickhouse/tables/${database}/${name}`, '{shard}-{replica}']
      : [`/clickhouse/tables/{shard}/${database}/${name}`, '{replica}']
  return `Replicated${engine}(${["'" + path + "'", `'${replica}'`, version].filter(Boolean).join(', ')})`
}

function quoted(name: string): string {
  return `\`${name}\``
}

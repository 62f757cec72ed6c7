/**
 * The schema as numbered migrations. Each statement is idempotent (IF NOT EXISTS), so that running all of them twice,
 * or from two gateways at once, does no harm; the table `migrations` records what has been applied.
 * A migration that has shipped is never edited: a change is a new one at the end.
 *
 * Codecs were chosen by measurement, see docs/decisions/0004-columns-and-codecs.md.
 */
import { createTable, localName, onCluster, type Layout, type Table } from './layout.ts'

export interface Migration {
  number: number
  name: string
  statements(layout: Layout): string[]
}

/**
 * Tokens of so many inserts are remembered, one of each partition, and 30 days on a cluster, whose default is an hour:
 * an insert whose outcome is not known may be repeated long after.
 */
const DEDUPLICATION = `non_replicated_deduplication_window = 10000, replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 2592000`
/** ClickHouse does not sync inserts by default; the journal lets go of rows when they are durable there. */
const DURABLE = `fsync_after_insert = 1, fsync_part_directory = 1`
const SETTINGS = `${DEDUPLICATION}, ${DURABLE}`
/**
 * A JSON column is seven files for each attribute in a wide part, about a thousand in all: the part of one insert is
 * compact, one file, and goes in 1.5 times as fast (docs/decisions/0008-exactly-once.md).
 */
const WITH_ATTRIBUTES = `${SETTINGS}, min_bytes_for_wide_part = 134217728`
const BY_DEVICE = 'cityHash64(device_id)'
const TIME = `CODEC(DoubleDelta, ZSTD(1))`
const ARRIVAL = `CODEC(Delta, ZSTD(1))`

/** What fixes and telemetry share: what the frame said besides a position. */
const STATUS = `
  buffered Bool COMMENT 'stored by the tracker and sent later' CODEC(ZSTD(1)),
  ignition Nullable(Bool) COMMENT 'ignition or ACC line' CODEC(ZSTD(1)),
  motion Nullable(Bool) COMMENT 'the tracker says it moves' CODEC(ZSTD(1)),
  charging Nullable(Bool) COMMENT 'external power is connected' CODEC(ZSTD(1)),
  battery_pct Nullable(UInt8) COMMENT 'own battery, percent' CODEC(ZSTD(1)),
  battery_v Nullable(Float32) COMMENT 'own battery, volt' CODEC(ZSTD(1)),
  power_v Nullable(Float32) COMMENT 'external power, volt' CODEC(ZSTD(1)),
  odometer_km Nullable(Float64) COMMENT 'distance counter of the tracker, kilometres' CODEC(Delta, ZSTD(1)),
  rssi Nullable(Int16) COMMENT 'signal strength, in the scale of the tracker' CODEC(T64, ZSTD(1)),
  mcc Nullable(UInt16) COMMENT 'serving cell: mobile country code' CODEC(ZSTD(1)),
  mnc Nullable(UInt16) COMMENT 'serving cell: mobile network code' CODEC(ZSTD(1)),
  lac Nullable(UInt32) COMMENT 'serving cell: location or tracking area code' CODEC(ZSTD(1)),
  cell_id Nullable(UInt64) COMMENT 'serving cell: cell id' CODEC(DoubleDelta, ZSTD(1)),
  inputs UInt32 COMMENT 'digital inputs, a bit each' CODEC(ZSTD(1)),
  outputs UInt32 COMMENT 'digital outputs, a bit each' CODEC(ZSTD(1)),
  alarms Array(LowCardinality(String)) COMMENT 'normalised alarm names' CODEC(ZSTD(1)),
  attributes JSON(max_dynamic_paths = 0) COMMENT 'everything else the frame said' CODEC(ZSTD(1))`

const ORIGIN = `
  protocol LowCardinality(String) COMMENT 'codec that decoded the frame' CODEC(ZSTD(1)),
  transport LowCardinality(String) COMMENT 'tcp or udp' CODEC(ZSTD(1)),
  message LowCardinality(String) COMMENT 'message name in the words of the protocol' CODEC(ZSTD(1))`

const PROVENANCE = `
  frame_id UInt64 COMMENT 'hash of device and content of the frame: the row of frames it came from' CODEC(ZSTD(1)),
  record UInt16 COMMENT 'number of the record within the frame, from 0' CODEC(ZSTD(1)),
  record_id UInt64 COMMENT 'hash of the content of this record: sent again, in whatever frame, it is the same row' CODEC(ZSTD(1)),
  decoder_version UInt16 COMMENT 'version of the codec that decoded the frame' CODEC(ZSTD(1))`

const DEVICE = `device_id String COMMENT 'identity of the tracker: IMEI or the id of its maker, digits' CODEC(ZSTD(1))`
const RECEIVED = `received_at DateTime64(3, 'UTC') COMMENT 'when the gateway received the frame' CODEC(Delta, ZSTD(1))`

/**
 * Of equal records the one of the newest decoder stays, of these the one that came first, and within a millisecond the
 * one with alarms: what came again may know less, as an alarm begins but once. Bits: version 16, time 47, alarms 1.
 */
const precedence = (hasAlarms: string) => `
  precedence UInt64 MATERIALIZED bitShiftLeft(toUInt64(decoder_version), 48) + bitShiftLeft(toUInt64(140737488355327 - toUnixTimestamp64Milli(received_at)), 1) + ${hasAlarms} COMMENT 'of equal records the row with the highest stays: newest decoder, then first received, then with alarms' CODEC(Delta, ZSTD(1))`

const FIX_COLUMNS = `
  ${DEVICE},
  fix_time DateTime64(3, 'UTC') COMMENT 'clock of the tracker' ${TIME},
  ${RECEIVED},${ORIGIN},
  lat_e7 Int32 COMMENT 'latitude in 1e-7 degree; read latitude' CODEC(DoubleDelta, ZSTD(1)),
  lon_e7 Int32 COMMENT 'longitude in 1e-7 degree; read longitude' CODEC(DoubleDelta, ZSTD(1)),
  latitude Float64 ALIAS lat_e7 / 10000000 COMMENT 'degrees, WGS 84, north positive',
  longitude Float64 ALIAS lon_e7 / 10000000 COMMENT 'degrees, WGS 84, east positive',
  altitude_m Nullable(Float32) COMMENT 'metres above sea level' CODEC(Delta, ZSTD(1)),
  speed_kph Nullable(Float32) COMMENT 'kilometres per hour' CODEC(ZSTD(1)),
  course_deg Nullable(Float32) COMMENT 'degrees clockwise from true north, below 360' CODEC(ZSTD(1)),
  satellites Nullable(UInt8) COMMENT 'satellites in use' CODEC(ZSTD(1)),
  hdop Nullable(Float32) COMMENT 'horizontal dilution of precision' CODEC(ZSTD(1)),
  valid Bool COMMENT 'the receiver had a fix when it wrote the record' CODEC(ZSTD(1)),
  source LowCardinality(String) COMMENT 'gnss, lbs, wifi or last_known' CODEC(ZSTD(1)),${STATUS},${PROVENANCE}`

const LEDGER_COUNTERS = [
  'received',
  'released',
  'decoded',
  'ignored',
  'rejected',
  'quarantined',
  'fixes',
  'telemetry',
  'alarms',
  'no_frames',
]

/** Columns of latest_fixes: those of fixes that are stored, in their order. */
const LATEST = `device_id, fix_time, received_at, protocol, transport, message, lat_e7, lon_e7, altitude_m, speed_kph,
  course_deg, satellites, hdop, valid, source, buffered, ignition, motion, charging, battery_pct, battery_v, power_v,
  odometer_km, rssi, mcc, mnc, lac, cell_id, inputs, outputs, alarms, attributes, frame_id, record,
  record_id, decoder_version`

const FIXES: Table = {
  name: 'fixes',
  columns: `${FIX_COLUMNS},${precedence('notEmpty(alarms)')}`,
  engine: 'ReplacingMergeTree',
  version: 'precedence',
  partitionBy: 'toYYYYMM(fix_time)',
  primaryKey: '(device_id, fix_time)',
  orderBy: '(device_id, fix_time, record_id)',
  settings: WITH_ATTRIBUTES,
  comment: 'one row per position report',
  shardBy: BY_DEVICE,
}

const TELEMETRY: Table = {
  name: 'telemetry',
  columns: `
  ${DEVICE},
  sent_at Nullable(DateTime64(3, 'UTC')) COMMENT 'clock of the tracker, where the frame has one' ${ARRIVAL},
  ${RECEIVED},
  at DateTime64(3, 'UTC') MATERIALIZED ifNull(sent_at, received_at) COMMENT 'sent_at, or received_at where the frame has no time' ${TIME},${ORIGIN},${STATUS},${PROVENANCE},${precedence('notEmpty(alarms)')}`,
  engine: 'ReplacingMergeTree',
  version: 'precedence',
  partitionBy: 'toYYYYMM(received_at)',
  primaryKey: '(device_id, at)',
  orderBy: '(device_id, at, record_id)',
  settings: WITH_ATTRIBUTES,
  comment: 'what frames without coordinates say: heartbeats, status, command replies',
  shardBy: BY_DEVICE,
}

const ALARMS: Table = {
  name: 'alarms',
  columns: `
  ${DEVICE},
  alarm_time DateTime64(3, 'UTC') COMMENT 'clock of the tracker, or of the gateway where the frame has no time' ${TIME},
  ${RECEIVED},
  alarm LowCardinality(String) COMMENT 'normalised alarm name' CODEC(ZSTD(1)),
  protocol LowCardinality(String) COMMENT 'codec that decoded the frame' CODEC(ZSTD(1)),
  lat_e7 Nullable(Int32) COMMENT 'latitude in 1e-7 degree; read latitude' CODEC(ZSTD(1)),
  lon_e7 Nullable(Int32) COMMENT 'longitude in 1e-7 degree; read longitude' CODEC(ZSTD(1)),
  latitude Nullable(Float64) ALIAS lat_e7 / 10000000 COMMENT 'degrees, WGS 84, north positive',
  longitude Nullable(Float64) ALIAS lon_e7 / 10000000 COMMENT 'degrees, WGS 84, east positive',
  attributes JSON(max_dynamic_paths = 0) COMMENT 'everything else the frame said' CODEC(ZSTD(1)),
  ${PROVENANCE},${precedence('0')}`,
  engine: 'ReplacingMergeTree',
  version: 'precedence',
  partitionBy: 'toYYYYMM(alarm_time)',
  primaryKey: '(device_id, alarm_time)',
  orderBy: '(device_id, alarm_time, alarm, record_id)',
  settings: WITH_ATTRIBUTES,
  comment: 'one row per alarm',
  shardBy: BY_DEVICE,
}

const FRAMES: Table = {
  name: 'frames',
  columns: `
  frame_id UInt64 COMMENT 'hash of device and content' CODEC(ZSTD(1)),
  ${DEVICE},
  ${RECEIVED},
  protocol LowCardinality(String) COMMENT 'codec that recognised the frame' CODEC(ZSTD(1)),
  transport LowCardinality(String) COMMENT 'tcp or udp' CODEC(ZSTD(1)),
  remote String COMMENT 'address and port it came from' CODEC(ZSTD(1)),
  frame String COMMENT 'the bytes as received' CODEC(ZSTD(3)),
  session_state UInt64 COMMENT 'what the codec remembered of the session before this frame: decoding it again needs it' CODEC(ZSTD(1)),
  quarantined Bool COMMENT 'kept undecoded, because its device is not listed' CODEC(ZSTD(1)),
  INDEX quarantined_index quarantined TYPE minmax GRANULARITY 16`,
  engine: 'ReplacingMergeTree',
  partitionBy: 'toYYYYMMDD(received_at)',
  primaryKey: '(device_id, received_at)',
  orderBy: '(device_id, received_at, frame_id)',
  ttl: 'toDateTime(received_at) + INTERVAL 30 DAY',
  settings: `${SETTINGS}, ttl_only_drop_parts = 1`,
  comment: 'every frame as received, for 30 days',
  shardBy: BY_DEVICE,
}

const REJECTS: Table = {
  name: 'rejects',
  columns: `
  ${RECEIVED},
  device_id String COMMENT 'the session it came from, where it was bound' CODEC(ZSTD(1)),
  remote String COMMENT 'address and port it came from' CODEC(ZSTD(1)),
  transport LowCardinality(String) COMMENT 'tcp or udp' CODEC(ZSTD(1)),
  protocol LowCardinality(String) COMMENT 'codec of the session, empty if none' CODEC(ZSTD(1)),
  reason LowCardinality(String) COMMENT 'why nobody could decode it' CODEC(ZSTD(1)),
  bytes String COMMENT 'the bytes as received' CODEC(ZSTD(3))`,
  engine: 'ReplacingMergeTree',
  partitionBy: 'toYYYYMMDD(received_at)',
  primaryKey: 'received_at',
  orderBy: '(received_at, remote, reason, cityHash64(bytes))',
  ttl: 'toDateTime(received_at) + INTERVAL 30 DAY',
  settings: `${SETTINGS}, ttl_only_drop_parts = 1`,
  comment: 'bytes nobody could decode, for 30 days',
  shardBy: 'cityHash64(remote)',
}

const SESSIONS: Table = {
  name: 'sessions',
  columns: `
  ${DEVICE},
  protocol LowCardinality(String) COMMENT 'codec of the session, empty if none' CODEC(ZSTD(1)),
  transport LowCardinality(String) COMMENT 'tcp or udp' CODEC(ZSTD(1)),
  remote String COMMENT 'address and port it came from' CODEC(ZSTD(1)),
  opened_at DateTime64(3, 'UTC') COMMENT 'first byte or connect' ${ARRIVAL},
  closed_at DateTime64(3, 'UTC') COMMENT 'end of the session' ${ARRIVAL},
  reason LowCardinality(String) COMMENT 'why it ended' CODEC(ZSTD(1)),
  frames UInt64 COMMENT 'frames received' CODEC(ZSTD(1)),
  bytes UInt64 COMMENT 'bytes received' CODEC(ZSTD(1)),
  attributes JSON(max_dynamic_paths = 0) COMMENT 'what the login said besides the identity' CODEC(ZSTD(1))`,
  engine: 'ReplacingMergeTree',
  partitionBy: 'toYYYYMM(closed_at)',
  primaryKey: '(device_id, closed_at)',
  orderBy: '(device_id, closed_at, remote, opened_at, reason)',
  settings: WITH_ATTRIBUTES,
  comment: 'one row per ended connection',
  shardBy: BY_DEVICE,
}

/**
 * A fix of the future counts from when it was received: a tracker whose clock once ran ahead is not stuck there. Of
 * records that were buffered the newest is the newest still.
 */
const LATEST_ROWS: Table = {
  name: 'latest_fixes_rows',
  columns: `${FIX_COLUMNS},
  newness DateTime64(3, 'UTC') MATERIALIZED least(fix_time, received_at) COMMENT 'the row with the highest stays'`,
  engine: 'ReplacingMergeTree',
  version: 'newness',
  orderBy: 'device_id',
  settings: WITH_ATTRIBUTES,
  comment: 'newest valid fix of each device; read latest_fixes',
  shardBy: BY_DEVICE,
}

const DEVICE_LIST: Table = {
  name: 'device_list',
  columns: `
  device_id String COMMENT 'as in fixes' CODEC(ZSTD(1)),
  name String COMMENT 'of the device file' CODEC(ZSTD(1)),
  account String COMMENT 'whose device it is' CODEC(ZSTD(1)),
  model String COMMENT 'of the device file' CODEC(ZSTD(1)),
  sms_number String COMMENT 'number of its SIM card, digits' CODEC(ZSTD(1)),
  listed Bool COMMENT 'false once it has gone from the device file',
  changed_at DateTime64(3, 'UTC') COMMENT 'when the gateway read it'`,
  engine: 'ReplacingMergeTree',
  version: 'changed_at',
  orderBy: 'device_id',
  comment: 'what the device file says; read the dictionary devices',
  shardBy: 'everywhere',
}

/**
 * Counters, not a view over frames: they count every reception, also of what collapses into one row, and stay when the
 * frames' 30 days are over. They go in with each group, under its token, so they are as exact as its rows.
 */
const LEDGER_ROWS: Table = {
  name: 'ledger_rows',
  columns: `
  day Date COMMENT 'of received_at, UTC',
  protocol LowCardinality(String) COMMENT 'codec; empty where none recognised the bytes',
  received UInt64 COMMENT 'frames received',
  released UInt64 COMMENT 'frames that came out of quarantine, because their device was listed',
  decoded UInt64 COMMENT 'frames with rows in fixes, telemetry or alarms',
  ignored UInt64 COMMENT 'frames that are understood and have nothing to store',
  rejected UInt64 COMMENT 'frames in rejects',
  quarantined UInt64 COMMENT 'frames put into quarantine',
  fixes UInt64 COMMENT 'rows made of them: before what was sent twice collapses',
  telemetry UInt64 COMMENT 'the same for telemetry',
  alarms UInt64 COMMENT 'the same for alarms',
  no_frames UInt64 COMMENT 'pieces of bytes in rejects that were no frame'`,
  engine: 'SummingMergeTree',
  orderBy: '(day, protocol)',
  settings: SETTINGS,
  comment: 'what became of everything received; read ledger',
  shardBy: 'cityHash64(protocol)',
}

export const MIGRATIONS: readonly Migration[] = [
  {
    number: 1,
    name: 'tables',
    statements: (layout) =>
      [FIXES, TELEMETRY, ALARMS, FRAMES, REJECTS, SESSIONS].flatMap((table) => createTable(layout, table)),
  },
  {
    number: 2,
    name: 'latest_fixes',
    statements: (layout) => {
      const { database } = layout
      const [rows, fixes] = [LATEST_ROWS, FIXES].map((table) => localName(layout, table))
      return [
        ...createTable(layout, LATEST_ROWS),
        `CREATE MATERIALIZED VIEW IF NOT EXISTS ${database}.latest_fixes_feed${onCluster(layout)} TO ${database}.${rows} AS
SELECT ${LATEST} FROM ${database}.${fixes} WHERE valid
ORDER BY least(fix_time, received_at) DESC, fix_time DESC LIMIT 1 BY device_id`,
        `CREATE VIEW IF NOT EXISTS ${database}.latest_fixes${onCluster(layout)} AS
SELECT ${LATEST.replace('lon_e7,', 'lon_e7, latitude, longitude,')} FROM ${database}.latest_fixes_rows FINAL`,
      ]
    },
  },
  {
    number: 3,
    name: 'devices',
    statements: (layout) => createTable(layout, DEVICE_LIST),
  },
  {
    number: 4,
    name: 'ledger',
    statements: (layout) => [
      ...createTable(layout, LEDGER_ROWS),
      `CREATE VIEW IF NOT EXISTS ${layout.database}.ledger${onCluster(layout)} AS
SELECT day, protocol, ${LEDGER_COUNTERS.map((name) => `sum(l.${name}) AS ${name}`).join(', ')},
  toInt64(received + released) - toInt64(decoded + ignored + rejected + quarantined) AS missing
FROM ${layout.database}.ledger_rows AS l GROUP BY day, protocol ORDER BY day, protocol`,
    ],
  },
]

/** The table that says which migrations were applied. */
export const MIGRATIONS_TABLE: Table = {
  name: 'migrations',
  columns: `number UInt32, name String, applied_at DateTime64(3, 'UTC') DEFAULT now64(3)`,
  engine: 'ReplacingMergeTree',
  orderBy: 'number',
  comment: 'schema migrations applied',
  shardBy: 'everywhere',
}

/** Where quarantined frames are deleted from. */
export const framesTable = (layout: Layout): string => localName(layout, FRAMES)

/**
 * The dictionary `devices`, made anew at every start: the server signs on to itself with the account it is given here.
 * It looks for changes by itself; the gateway also tells it.
 */
export function devicesDictionary(layout: Layout, account: { username: string; password: string } | null): string {
  const { database } = layout
  const text = (value: string) => `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
  const credentials = account ? `USER ${text(account.username)} PASSWORD ${text(account.password)} ` : ''
  const query = `SELECT device_id, name, account, model, sms_number FROM ${database}.device_list FINAL WHERE listed`
  return `CREATE OR REPLACE DICTIONARY ${database}.devices${onCluster(layout)} (
  device_id String, name String, account String, model String, sms_number String
) PRIMARY KEY device_id
SOURCE(CLICKHOUSE(${credentials}QUERY ${text(query)}))
LAYOUT(COMPLEX_KEY_HASHED())
LIFETIME(MIN 30 MAX 60)
COMMENT 'the devices of the device file'`
}

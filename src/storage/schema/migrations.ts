/**
 * The schema as numbered migrations. Each statement is idempotent (IF NOT EXISTS), so that running all of them twice,
 * or from two gateways at once, does no harm; the table `migrations` records what has been applied.
 * A migration that has shipped is never edited: a change is a new one at the end.
 *
 * Codecs were chosen by measurement, see docs/decisions/0004-columns-and-codecs.md.
 */

export interface Migration {
  number: number
  name: string
  /** Statements, with {db} for the database. */
  statements: readonly string[]
}

const DEDUPLICATION = `non_replicated_deduplication_window = 10000, replicated_deduplication_window = 10000`
/** ClickHouse does not sync inserts by default; the journal lets go of rows when they are durable there. */
const DURABLE = `fsync_after_insert = 1, fsync_part_directory = 1`
const SETTINGS = `SETTINGS ${DEDUPLICATION}, ${DURABLE}`
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
  attributes JSON COMMENT 'everything else the frame said' CODEC(ZSTD(1))`

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

/** Columns of latest_fixes: those of fixes that are stored, in their order. */
const LATEST = `device_id, fix_time, received_at, protocol, transport, message, lat_e7, lon_e7, altitude_m, speed_kph,
  course_deg, satellites, hdop, valid, source, buffered, ignition, motion, charging, battery_pct, battery_v, power_v,
  odometer_km, rssi, mcc, mnc, lac, cell_id, inputs, outputs, alarms, attributes, frame_id, record,
  record_id, decoder_version`

export const MIGRATIONS: readonly Migration[] = [
  {
    number: 1,
    name: 'tables',
    statements: [
      `CREATE TABLE IF NOT EXISTS {db}.fixes (${FIX_COLUMNS}
) ENGINE = ReplacingMergeTree(decoder_version)
PARTITION BY toYYYYMM(fix_time)
PRIMARY KEY (device_id, fix_time)
ORDER BY (device_id, fix_time, record_id)
${SETTINGS}
COMMENT 'one row per position report'`,

      `CREATE TABLE IF NOT EXISTS {db}.telemetry (
  ${DEVICE},
  sent_at Nullable(DateTime64(3, 'UTC')) COMMENT 'clock of the tracker, where the frame has one' ${ARRIVAL},
  ${RECEIVED},
  at DateTime64(3, 'UTC') MATERIALIZED ifNull(sent_at, received_at) COMMENT 'sent_at, or received_at where the frame has no time' ${TIME},${ORIGIN},${STATUS},${PROVENANCE}
) ENGINE = ReplacingMergeTree(decoder_version)
PARTITION BY toYYYYMM(received_at)
PRIMARY KEY (device_id, at)
ORDER BY (device_id, at, record_id)
${SETTINGS}
COMMENT 'what frames without coordinates say: heartbeats, status, command replies'`,

      `CREATE TABLE IF NOT EXISTS {db}.alarms (
  ${DEVICE},
  alarm_time DateTime64(3, 'UTC') COMMENT 'clock of the tracker, or of the gateway where the frame has no time' ${TIME},
  ${RECEIVED},
  alarm LowCardinality(String) COMMENT 'normalised alarm name' CODEC(ZSTD(1)),
  protocol LowCardinality(String) COMMENT 'codec that decoded the frame' CODEC(ZSTD(1)),
  lat_e7 Nullable(Int32) COMMENT 'latitude in 1e-7 degree; read latitude' CODEC(ZSTD(1)),
  lon_e7 Nullable(Int32) COMMENT 'longitude in 1e-7 degree; read longitude' CODEC(ZSTD(1)),
  latitude Nullable(Float64) ALIAS lat_e7 / 10000000 COMMENT 'degrees, WGS 84, north positive',
  longitude Nullable(Float64) ALIAS lon_e7 / 10000000 COMMENT 'degrees, WGS 84, east positive',
  attributes JSON COMMENT 'everything else the frame said' CODEC(ZSTD(1)),
  ${PROVENANCE}
) ENGINE = ReplacingMergeTree(decoder_version)
PARTITION BY toYYYYMM(alarm_time)
PRIMARY KEY (device_id, alarm_time)
ORDER BY (device_id, alarm_time, alarm, record_id)
${SETTINGS}
COMMENT 'one row per alarm'`,

      `CREATE TABLE IF NOT EXISTS {db}.frames (
  frame_id UInt64 COMMENT 'hash of device and content' CODEC(ZSTD(1)),
  ${DEVICE},
  ${RECEIVED},
  protocol LowCardinality(String) COMMENT 'codec that recognised the frame' CODEC(ZSTD(1)),
  transport LowCardinality(String) COMMENT 'tcp or udp' CODEC(ZSTD(1)),
  remote String COMMENT 'address and port it came from' CODEC(ZSTD(1)),
  frame String COMMENT 'the bytes as received' CODEC(ZSTD(3)),
  session_state UInt64 COMMENT 'what the codec remembered of the session before this frame: decoding it again needs it' CODEC(ZSTD(1)),
  quarantined Bool COMMENT 'kept undecoded, because its device is not listed' CODEC(ZSTD(1)),
  INDEX quarantined_index quarantined TYPE minmax GRANULARITY 16
) ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMMDD(received_at)
PRIMARY KEY (device_id, received_at)
ORDER BY (device_id, received_at, frame_id)
TTL toDateTime(received_at) + INTERVAL 30 DAY
${SETTINGS}, ttl_only_drop_parts = 1
COMMENT 'every frame as received, for 30 days'`,

      `CREATE TABLE IF NOT EXISTS {db}.rejects (
  ${RECEIVED},
  device_id String COMMENT 'the session it came from, where it was bound' CODEC(ZSTD(1)),
  remote String COMMENT 'address and port it came from' CODEC(ZSTD(1)),
  transport LowCardinality(String) COMMENT 'tcp or udp' CODEC(ZSTD(1)),
  protocol LowCardinality(String) COMMENT 'codec of the session, empty if none' CODEC(ZSTD(1)),
  reason LowCardinality(String) COMMENT 'why nobody could decode it' CODEC(ZSTD(1)),
  bytes String COMMENT 'the bytes as received' CODEC(ZSTD(3))
) ENGINE = MergeTree
PARTITION BY toYYYYMMDD(received_at)
ORDER BY received_at
TTL toDateTime(received_at) + INTERVAL 30 DAY
${SETTINGS}, ttl_only_drop_parts = 1
COMMENT 'bytes nobody could decode, for 30 days'`,

      `CREATE TABLE IF NOT EXISTS {db}.sessions (
  ${DEVICE},
  protocol LowCardinality(String) COMMENT 'codec of the session, empty if none' CODEC(ZSTD(1)),
  transport LowCardinality(String) COMMENT 'tcp or udp' CODEC(ZSTD(1)),
  remote String COMMENT 'address and port it came from' CODEC(ZSTD(1)),
  opened_at DateTime64(3, 'UTC') COMMENT 'first byte or connect' ${ARRIVAL},
  closed_at DateTime64(3, 'UTC') COMMENT 'end of the session' ${ARRIVAL},
  reason LowCardinality(String) COMMENT 'why it ended' CODEC(ZSTD(1)),
  frames UInt64 COMMENT 'frames received' CODEC(ZSTD(1)),
  bytes UInt64 COMMENT 'bytes received' CODEC(ZSTD(1)),
  attributes JSON COMMENT 'what the login said besides the identity' CODEC(ZSTD(1))
) ENGINE = MergeTree
PARTITION BY toYYYYMM(closed_at)
ORDER BY (device_id, closed_at)
${SETTINGS}
COMMENT 'one row per ended connection'`,
    ],
  },
  {
    number: 2,
    name: 'latest_fixes',
    statements: [
      `CREATE TABLE IF NOT EXISTS {db}.latest_fixes_rows (${FIX_COLUMNS}
) ENGINE = ReplacingMergeTree(fix_time)
ORDER BY device_id
${SETTINGS}
COMMENT 'newest valid fix of each device; read latest_fixes'`,

      `CREATE MATERIALIZED VIEW IF NOT EXISTS {db}.latest_fixes_feed TO {db}.latest_fixes_rows AS
SELECT ${LATEST} FROM {db}.fixes WHERE valid ORDER BY fix_time DESC LIMIT 1 BY device_id`,

      `CREATE VIEW IF NOT EXISTS {db}.latest_fixes AS
SELECT ${LATEST.replace('lon_e7,', 'lon_e7, latitude, longitude,')} FROM {db}.latest_fixes_rows FINAL`,
    ],
  },
  {
    number: 3,
    name: 'devices',
    statements: [
      `CREATE TABLE IF NOT EXISTS {db}.device_list (
  device_id String COMMENT 'as in fixes' CODEC(ZSTD(1)),
  name String COMMENT 'of the device file' CODEC(ZSTD(1)),
  account String COMMENT 'whose device it is' CODEC(ZSTD(1)),
  model String COMMENT 'of the device file' CODEC(ZSTD(1)),
  sms_number String COMMENT 'number of its SIM card, digits' CODEC(ZSTD(1)),
  listed Bool COMMENT 'false once it has gone from the device file',
  changed_at DateTime64(3, 'UTC') COMMENT 'when the gateway read it'
) ENGINE = ReplacingMergeTree(changed_at)
ORDER BY device_id
COMMENT 'what the device file says; read the dictionary devices'`,
    ],
  },
]

/**
 * The dictionary `devices`, made anew at every start: the server signs on to itself with the account it is given here.
 * It looks for changes by itself; the gateway also tells it.
 */
export function devicesDictionary(database: string, account: { username: string; password: string } | null): string {
  const text = (value: string) => `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
  const credentials = account ? `USER ${text(account.username)} PASSWORD ${text(account.password)} ` : ''
  const query = `SELECT device_id, name, account, model, sms_number FROM ${database}.device_list FINAL WHERE listed`
  return `CREATE OR REPLACE DICTIONARY ${database}.devices (
  device_id String, name String, account String, model String, sms_number String
) PRIMARY KEY device_id
SOURCE(CLICKHOUSE(${credentials}QUERY ${text(query)}))
LAYOUT(COMPLEX_KEY_HASHED())
LIFETIME(MIN 30 MAX 60)
COMMENT 'the devices of the device file'`
}

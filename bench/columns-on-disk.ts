/**
 * What each column of `fixes` costs on disk under the codecs that fit its type, and what whole tables cost to insert.
 * The fixes are the simulator's. Run: bun bench/columns-on-disk.ts [devices] [fixes per device]
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Session } from 'chdb'
import { Random } from '../src/simulator/random.ts'
import { Vehicle } from '../src/simulator/vehicle.ts'
import { MIGRATIONS } from '../src/storage/schema/migrations.ts'

const [devices, fixesPerDevice] = [Number(process.argv[2] ?? 200), Number(process.argv[3] ?? 1000)]
const ROWS = devices * fixesPerDevice
const PERIOD_S = 10
/** Rows of one insert: `clickhouse.insert_rows`. */
const INSERT_ROWS = 150_000
const DURABLE = 'fsync_after_insert = 1, fsync_part_directory = 1'
const START_MS = Date.UTC(2026, 2, 2)
const KNOTS = 1.852

interface Column {
  name: string
  type: string
  /** The one in the schema. */
  codec: string
  /** ClickHouse makes it of the others, by this expression. */
  made: string
}
interface Result {
  name: string
  /** Compressed bytes a fix, by column. */
  bytes: Map<string, number>
  total: number
  cpuUs: number
  wallUs: number
}

/** The stored columns of `fixes`, as the schema declares them. */
function schemaColumns(): Column[] {
  const columns: Column[] = []
  const lines = MIGRATIONS[0].statements({ database: '{db}', cluster: '' })[0].split('\n')
  for (const line of lines) {
    const [, name, type, made = '', codec] =
      /^\s+(\w+) (.+?)(?: MATERIALIZED (.+))? COMMENT '.*?' CODEC\((.*)\),?$/.exec(line) ?? []
    if (name) columns.push({ name, type, codec, made })
  }
  const stored = lines.filter((line) => line.includes(' CODEC(')).length
  if (columns.length !== stored) throw new Error(`read ${columns.length} of the schema's ${stored} columns`)
  return columns
}

const plainType = (type: string) => type.replace(/^Nullable\((.*)\)$/, '$1')
const isFloat = (type: string) => plainType(type).startsWith('Float')
const isInteger = (type: string) => /^(U?Int\d+|DateTime64)/.test(plainType(type))

/** Codecs that are tried on every column they can be used for. */
const CANDIDATES: [codec: string, fits: (type: string) => boolean][] = [
  ['LZ4', () => true],
  ['ZSTD(1)', () => true],
  ['ZSTD(3)', () => true],
  ['Delta, ZSTD(1)', (type) => isInteger(type) || isFloat(type)],
  ['DoubleDelta, ZSTD(1)', isInteger],
  ['T64, ZSTD(1)', isInteger],
  ['Gorilla, ZSTD(1)', isFloat],
  ['FPC, ZSTD(1)', isFloat],
]

/** Types that are tried on `attributes` beside JSON. */
const ATTRIBUTES = ['String']

const directory = mkdtempSync(join(tmpdir(), 'waygate-columns-'))
const session = new Session(join(directory, 'data'))
const run = (sql: string, format = 'TabSeparated') => session.query(sql, format)
const columns = schemaColumns()
const given = columns.filter(({ made }) => made === '')
const names = given.map(({ name }) => name)

try {
  await bench()
} finally {
  session.cleanup()
  rmSync(directory, { recursive: true, force: true })
}

async function bench(): Promise<void> {
  await makeSource()
  const results = CANDIDATES.map(([codec, fits]) =>
    measure(
      codec,
      columns.map((column) => ({ ...column, codec: fits(column.type) ? codec : 'ZSTD(1)' })),
    ),
  )
  const schema = measure('schema', columns)
  const best = columns.map((column) => ({ ...column, codec: bestCodec(column, results) }))
  const smallest = measure('smallest each', best)
  const attributes = ATTRIBUTES.map((type) =>
    measure(
      `schema, attributes ${type}`,
      columns.map((column) => (column.name === 'attributes' ? { ...column, type } : column)),
    ),
  )
  const nothing = measureNull()

  const out = (line: string) => process.stdout.write(`${line}\n`)
  out(`${ROWS} fixes of ${devices} devices, one every ${PERIOD_S} s, ${INSERT_ROWS} rows an insert, ${DURABLE}`)
  out(`Bun ${Bun.version}, ClickHouse ${run('SELECT version()').trim()}\n`)
  out('Bytes a fix, by column (after OPTIMIZE FINAL); · is the codec in the schema, - does not fit the type')
  const width = 21
  out(['column'.padEnd(16), ...CANDIDATES.map(([codec]) => codec.padStart(width)), 'schema'.padStart(10)].join(''))
  for (const column of columns) {
    const cells = CANDIDATES.map(([codec, fits], index) => {
      if (!fits(column.type)) return '-'.padStart(width)
      const mark = codec === column.codec ? ' ·' : '  '
      return (results[index].bytes.get(column.name)!.toFixed(3) + mark).padStart(width)
    })
    out([column.name.padEnd(16), ...cells, schema.bytes.get(column.name)!.toFixed(3).padStart(10)].join(''))
  }
  out('\nWhole tables')
  out(`${'variant'.padEnd(46)}${'bytes/fix'.padStart(11)}${'CPU µs/fix'.padStart(13)}${'time µs/fix'.padStart(13)}`)
  for (const result of [...results, schema, smallest, ...attributes, nothing])
    out(
      result.name.padEnd(46) +
        result.total.toFixed(2).padStart(11) +
        result.cpuUs.toFixed(2).padStart(13) +
        result.wallUs.toFixed(2).padStart(13),
    )
  out('(the last one writes nothing: it reads the source and makes JSON of the attributes)')
  out('\nColumns for which a codec other than the schema’s is smaller by more than 0.05 bytes a fix')
  for (const [index, column] of columns.entries()) {
    const now = schema.bytes.get(column.name)!
    const then = smallest.bytes.get(column.name)!
    if (now - then > 0.05)
      out(`  ${column.name}: ${column.codec} ${now.toFixed(3)} → ${best[index].codec} ${then.toFixed(3)}`)
  }
}

/** The candidate with the fewest bytes; a dearer one must be worth more than a hundredth of a byte. */
function bestCodec(column: Column, results: readonly Result[]): string {
  let best = 'ZSTD(1)'
  let bytes = Infinity
  for (const [index, [codec, fits]] of CANDIDATES.entries()) {
    const size = results[index].bytes.get(column.name)!
    if (codec === 'LZ4' || codec === 'ZSTD(3)' || !fits(column.type) || size >= bytes - 0.01) continue
    best = codec
    bytes = size
  }
  return best
}

/** Fixes as two kinds of trackers send them, in a table in memory, in the order they arrive. */
async function makeSource(): Promise<void> {
  const file = join(directory, 'fixes.tsv')
  const sink = Bun.file(file).writer()
  const random = new Random(7)
  const vehicles = Array.from({ length: devices }, (_, index) => new Vehicle(new Random(1_000_003 + index)))
  for (let at = 0, row = 0; at < fixesPerDevice; at++)
    for (let device = 0; device < devices; device++, row++) {
      const fix = vehicles[device].drive(START_MS + at * PERIOD_S * 1000, PERIOD_S, ['overspeed', 'sos'])
      sink.write(`${Math.floor(row / INSERT_ROWS)}\t${rowOf(device, fix, random).join('\t')}\n`)
    }
  await sink.end()
  const types = given.map(({ name, type }) => `${name} ${name === 'attributes' ? 'String' : type}`)
  run(`CREATE TABLE source (batch UInt16, ${types.join(', ')}) ENGINE = Memory`)
  run(`INSERT INTO source FROM INFILE '${file}' FORMAT TabSeparated`)
  const rows = Number(run('SELECT count() FROM source'))
  if (rows !== ROWS || statSync(file).size === 0) throw new Error(`the source has ${rows} rows, expected ${ROWS}`)
}

/** In the order of the schema. Even devices send binary frames in the manner of gt06, odd ones text as gps103 does. */
function rowOf(device: number, fix: ReturnType<Vehicle['drive']>, random: Random): (string | number)[] {
  const binary = device % 2 === 0
  const null_ = '\\N'
  const unit = binary ? 1 / 1_800_000 : 1 / 6_000_000 // how finely the wire gives a degree
  const e7 = (degrees: number) => Math.round(Math.round(degrees / unit) * unit * 1e7)
  const late = random.chance(0.02) ? random.whole(60_000, 3_600_000) : random.whole(150, 2500)
  const serial = random.whole(1, 65_535)
  const hash = () =>
    String(BigInt(random.whole(0, 0xffff_ffff)) * 0x1_0000_0000n + BigInt(random.whole(0, 0xffff_ffff)))
  const cell = { mcc: 404, mnc: 22, lac: 7000 + (device % 50), cid: 46_000 + Math.floor((fix.latitude * 50) % 100) }
  const speed = binary ? fix.speedKph : Math.fround(Math.round((fix.speedKph / KNOTS) * 100) * 0.01 * KNOTS)
  const values: Record<string, string | number | boolean> = {
    device_id: String(860_000_000_000_000 + device * 7919),
    fix_time: (fix.timeMs / 1000).toFixed(3),
    received_at: ((fix.timeMs + late) / 1000).toFixed(3),
    protocol: binary ? 'gt06' : 'gps103',
    transport: device % 3 ? 'tcp' : 'udp',
    message: binary ? 'gt06.22' : 'tracker',
    lat_e7: e7(fix.latitude),
    lon_e7: e7(fix.longitude),
    altitude_m: binary ? null_ : fix.altitudeM,
    speed_kph: speed,
    course_deg: fix.courseDeg,
    satellites: binary ? fix.satellites : null_,
    hdop: binary ? null_ : (0.6 + random.whole(0, 30) / 10).toFixed(1),
    valid: fix.valid,
    source: fix.valid ? 'gnss' : 'last_known',
    buffered: late > 60_000,
    ignition: fix.ignition,
    motion: null_,
    charging: null_,
    battery_pct: Math.round(fix.batteryPct),
    battery_v: binary ? (3.6 + fix.batteryPct / 200).toFixed(2) : null_,
    power_v: (12 + random.whole(0, 200) / 100).toFixed(2),
    odometer_km: fix.odometerKm.toFixed(3),
    rssi: random.whole(10, 31),
    mcc: binary ? cell.mcc : null_,
    mnc: binary ? cell.mnc : null_,
    lac: binary ? cell.lac : null_,
    cell_id: binary ? cell.cid : null_,
    inputs: fix.ignition ? 1 : 0,
    outputs: 0,
    alarms: fix.alarm === null ? '[]' : `['${fix.alarm}']`,
    attributes: binary
      ? JSON.stringify({ protocol_number: 34, serial, upload_mode: serial % 4, cells: [cell] })
      : JSON.stringify({ door: false, fuel1_percent: Math.round(fix.batteryPct) }),
    frame_id: hash(),
    record: 0,
    record_id: hash(),
    decoder_version: 1,
  }
  return names.map((name) => {
    if (values[name] === undefined) throw new Error(`the schema has a column that no fix here has: ${name}`)
    return String(values[name])
  })
}

/** Fills a table with these columns insert by insert, then merges it. */
function measure(name: string, variant: readonly Column[]): Result {
  run('DROP TABLE IF EXISTS variant SYNC')
  const declared = variant.map(
    ({ name, type, codec, made }) => `${name} ${type} ${made && `MATERIALIZED ${made}`} CODEC(${codec})`,
  )
  run(`CREATE TABLE variant (${declared.join(', ')}) ENGINE = ReplacingMergeTree(precedence)
PARTITION BY toYYYYMM(fix_time) PRIMARY KEY (device_id, fix_time) ORDER BY (device_id, fix_time, record_id)
SETTINGS ${DURABLE}, non_replicated_deduplication_window = 10000`)
  run('SYSTEM STOP MERGES variant')
  const cost = insertAll('variant')
  // Small parts keep all columns in one file, which tells nothing of each.
  run('ALTER TABLE variant MODIFY SETTING min_bytes_for_wide_part = 0')
  run('SYSTEM START MERGES variant')
  run('OPTIMIZE TABLE variant FINAL')
  const rows = Number(run('SELECT count() FROM variant'))
  if (rows !== ROWS) throw new Error(`${name}: ${rows} rows, expected ${ROWS}`)
  const bytes = new Map<string, number>()
  for (const line of run(`SELECT name, data_compressed_bytes FROM system.columns WHERE table = 'variant'`)
    .trim()
    .split('\n')) {
    const [column, size] = line.split('\t')
    bytes.set(column, Number(size) / ROWS)
  }
  const total = Number(run(`SELECT sum(bytes_on_disk) FROM system.parts WHERE table = 'variant' AND active`)) / ROWS
  return { name, bytes, total, ...cost }
}

/** What is no matter of codecs: reading the source and casting. */
function measureNull(): Result {
  run(`CREATE TABLE nothing (${given.map(({ name, type }) => `${name} ${type}`).join(', ')}) ENGINE = Null`)
  return { name: 'nowhere (ENGINE = Null)', bytes: new Map(), total: 0, ...insertAll('nothing') }
}

/** Inserts everything; the cost is that of the cheapest full insert, which the machine disturbed least. */
function insertAll(table: string): { cpuUs: number; wallUs: number } {
  const list = names.join(', ')
  let cpuUs = Infinity
  let wallUs = Infinity
  for (let batch = 0; batch * INSERT_ROWS < ROWS; batch++) {
    const rows = Math.min(INSERT_ROWS, ROWS - batch * INSERT_ROWS)
    const cpu = process.cpuUsage()
    const started = performance.now()
    run(`INSERT INTO ${table} (${list}) SELECT ${list} FROM source WHERE batch = ${batch}`)
    const { user, system } = process.cpuUsage(cpu)
    cpuUs = Math.min(cpuUs, (user + system) / rows)
    wallUs = Math.min(wallUs, ((performance.now() - started) * 1000) / rows)
  }
  return { cpuUs, wallUs }
}

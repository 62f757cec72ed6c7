import { afterAll, beforeAll, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { headerOf, FRAME, TCP } from '../../src/codecs/frame-record.ts'
import { codecOptions, createCodecs } from '../../src/codecs/registry.ts'
import { Batch } from '../../src/net/batch.ts'
import { ClickHouse, UnsupportedServer } from '../../src/storage/clickhouse.ts'
import { startEmbedded, type Embedded } from '../../src/storage/embedded/embedded.ts'
import { AVAILABILITY, CONTENT } from '../../src/storage/insert-errors.ts'
import { devicesDictionary, MIGRATIONS } from '../../src/storage/schema/migrations.ts'
import { Decoder } from '../../src/workers/decode.ts'
import { joinBlocks } from '../../src/workers/join-blocks.ts'
import { emptyBlocks } from '../../src/workers/tables.ts'

const silent = pino({ level: 'silent' })
const directory = mkdtempSync(join(tmpdir(), 'waygate-clickhouse-'))
let embedded: Embedded
beforeAll(async () => {
  embedded = await startEmbedded({ path: directory, host: '127.0.0.1', port: 0, readerPassword: '', log: silent })
})
afterAll(async () => {
  await embedded.stop()
  rmSync(directory, { recursive: true, force: true })
})

const clientOf = (database: string) =>
  new ClickHouse({
    url: embedded.url,
    username: embedded.username,
    password: embedded.password,
    database,
    cluster: '',
    insertQuorum: 0,
    embedded: true,
  })

test('schema: two gateways may make it at once, and making it again changes nothing', async () => {
  const [one, two] = [clientOf('twice'), clientOf('twice')]
  await Promise.all([one.prepare(silent), two.prepare(silent)])
  await one.prepare(silent)
  const numbers = (await one.text('SELECT DISTINCT number FROM twice.migrations ORDER BY number FORMAT TSV'))
    .trim()
    .split('\n')
    .map(Number)
  expect(numbers).toEqual(MIGRATIONS.map((migration) => migration.number))
  const tables = (await one.text(`SELECT name FROM system.tables WHERE database = 'twice' ORDER BY name FORMAT TSV`))
    .trim()
    .split('\n')
  expect(tables).toEqual([
    'alarms',
    'device_list',
    'devices',
    'fixes',
    'frames',
    'latest_fixes',
    'latest_fixes_feed',
    'latest_fixes_rows',
    'ledger',
    'ledger_rows',
    'migrations',
    'rejects',
    'sessions',
    'telemetry',
  ])
  await one.close()
  await two.close()
})

test('insert: the same token again does nothing, another token does', async () => {
  const client = clientOf('tokens')
  await client.prepare(silent)
  const { blocks } = decoded(
    '869170031234567',
    '787822221a030e072d09cb01fcadc607ec893b3614890194161f2a00b3c40100000003d3af0d0a',
  )
  const fixes = blocks.find((block) => block.table === 'fixes')!
  const insert = (token: string, pieces = [fixes, fixes]) =>
    client.insert('fixes', fixes.columns, joinBlocks(pieces), token)
  const parts = async () =>
    Number(
      await client.text(`SELECT sum(rows) FROM system.parts WHERE database = 'tokens' AND table = 'fixes' AND active`),
    )
  await insert('a-1')
  const after = await parts()
  expect(after).toBeGreaterThan(0)
  await insert('a-1')
  expect(await parts()).toBe(after)
  // After a restart the journal is read in other pieces.
  await insert('a-1', [fixes, fixes, fixes])
  await insert('a-1', [fixes])
  expect(await parts()).toBe(after)
  await insert('a-2')
  expect(await parts()).toBeGreaterThan(after)
  // However often it was inserted, it is one fix to whoever reads.
  expect((await client.text('SELECT count() FROM tokens.fixes FINAL')).trim()).toBe('1')
  await client.close()
})

test('equal records: the newest decoder, then the first received, then alarms decide, in whatever order they are inserted', async () => {
  const client = clientOf('equal')
  await client.prepare(silent)
  // record_id, decoder_version, received_at, alarms; of each record the last row is the one to stay.
  const rows = [
    [1, 1, '00:00:01.000', '[]'],
    [1, 1, '00:00:01.000', "['overspeed']"],
    [2, 1, '00:00:02.001', "['overspeed']"],
    [2, 1, '00:00:02.000', '[]'],
    [3, 1, '00:00:03.000', "['overspeed']"],
    [3, 2, '00:00:03.005', '[]'],
  ]
  for (const table of ['fixes', 'telemetry'])
    for (const order of [rows, rows.toReversed()]) {
      await client.text(`TRUNCATE TABLE equal.${table}`)
      for (const [record, version, time, alarms] of order) {
        const key = table === 'fixes' ? 'fix_time' : 'sent_at'
        await client.text(
          `INSERT INTO equal.${table} (device_id, ${key}, received_at, record_id, decoder_version, alarms)
           VALUES ('1', '2026-01-01 00:00:00', '2026-01-01 ${time}', ${record}, ${version}, ${alarms})`,
        )
      }
      const stay = await client.text(
        `SELECT record_id, decoder_version, substring(toString(received_at), 12), toString(alarms)
         FROM equal.${table} FINAL ORDER BY record_id FORMAT TSVRaw`,
      )
      expect(stay.trim().split('\n')).toEqual(rows.filter((_, at) => at % 2 === 1).map((row) => row.join('\t')))
    }
  await client.close()
})

test('insert: every column of every block exists in its table', async () => {
  const client = clientOf('columns')
  await client.prepare(silent)
  const { blocks } = decoded(
    '869170031234567',
    '787825261a030e080000cc01fcadc607ec893b00142d090194161f2a00b3c46606040102000826d30d0a',
  )
  expect(blocks.map((block) => block.table).toSorted()).toEqual(['alarms', 'fixes', 'frames', 'ledger_rows'])
  for (const block of blocks) await client.insert(block.table, block.columns, [block.bytes], 'c-1')
  expect((await client.text(`SELECT alarm, attributes.alarm_code FROM columns.alarms FORMAT TSV`)).trim()).toBe(
    'sos\t1',
  )
  expect((await client.text(`SELECT latitude, longitude FROM columns.latest_fixes FORMAT TSV`)).trim()).toBe(
    '18.52043\t73.8567439',
  )
  await client.close()
})

test('latest_fixes: a late buffered fix does not win over a newer one', async () => {
  const client = clientOf('latest')
  await client.prepare(silent)
  const live = '787822221a030e072d09cb01fcadc607ec893b3614890194161f2a00b3c40100000003d3af0d0a'
  const stored = '787822221a030e060102c90286d5980500d27221190f02d405c30e00a98a010001000567f80d0a'
  for (const [index, frame] of [live, stored].entries()) {
    const fixes = decoded('869170031234567', frame).blocks.find((block) => block.table === 'fixes')!
    await client.insert('fixes', fixes.columns, [fixes.bytes], `l-${index}`)
  }
  expect((await client.text('SELECT toString(fix_time) FROM latest.latest_fixes FORMAT TSV')).trim()).toBe(
    '2026-03-14 07:45:09.000',
  )
  await client.close()
})

test('latest_fixes: a fix of the future does not win over what is received later', async () => {
  const client = clientOf('future')
  await client.prepare(silent)
  const insert = async (token: string, device: string, fixTime: string, receivedAt: string) => {
    await client.run(
      `INSERT INTO future.fixes (device_id, fix_time, received_at, valid, record_id) SETTINGS insert_deduplication_token = '${token}' VALUES ('${device}', '${fixTime}', '${receivedAt}', true, 1)`,
    )
  }
  await insert('1', 'jumped', '2026-06-01 12:00:00', '2026-06-01 12:00:01')
  await insert('2', 'jumped', '2031-01-01 00:00:00', '2026-06-01 12:00:10') // a clock that jumped
  await insert('3', 'jumped', '2026-06-01 12:00:20', '2026-06-01 12:00:21')
  await insert('4', 'jumped', '2026-05-02 12:00:00', '2026-06-01 12:00:30') // 30 days old, buffered
  await insert('5', 'ahead', '2026-06-02 12:00:00', '2026-06-01 12:00:00') // a clock that is always a day ahead
  await insert('6', 'ahead', '2026-06-02 12:00:10', '2026-06-01 12:00:10')
  const latest = await client.text(`SELECT device_id, fix_time FROM future.latest_fixes ORDER BY device_id FORMAT TSV`)
  expect(latest).toBe('ahead\t2026-06-02 12:00:10.000\njumped\t2026-06-01 12:00:20.000\n')
  const partitions = await client.text(
    `SELECT DISTINCT partition FROM system.parts WHERE database = 'future' AND table = 'fixes' AND active ORDER BY partition FORMAT TSV`,
  )
  expect(partitions).toBe('202605\n202606\n203101\n')
  await client.close()
})

test('latest_fixes: what a view lost is there again when its insert is repeated', async () => {
  const client = clientOf('view')
  await client.prepare(silent)
  const { blocks } = decoded(
    '869170031234567',
    '787822221a030e072d09cb01fcadc607ec893b3614890194161f2a00b3c40100000003d3af0d0a',
  )
  const fixes = blocks.find((block) => block.table === 'fixes')!
  const counts = async () =>
    (
      await client.text('SELECT (SELECT count() FROM view.fixes), (SELECT count() FROM view.latest_fixes) FORMAT TSV')
    ).trim()
  await client.insert('fixes', fixes.columns, [fixes.bytes], 'v-1')
  await client.run('TRUNCATE TABLE view.latest_fixes_rows') // as if the crash had come between the two
  expect(await counts()).toBe('1\t0')
  await client.insert('fixes', fixes.columns, [fixes.bytes], 'v-1')
  await client.insert('fixes', fixes.columns, [fixes.bytes], 'v-1')
  expect(await counts()).toBe('1\t1')
  await client.close()
})

test('probe: tells rows that a table refuses from those it takes, and leaves nothing behind', async () => {
  const client = clientOf('probes')
  await client.prepare(silent)
  await client.run('ALTER TABLE probes.fixes ADD CONSTRAINT slow CHECK ifNull(speed_kph, 0) < 1')
  const blockOf = (hex: string) => decoded('869170031234567', hex).blocks.find((block) => block.table === 'fixes')!
  const fast = blockOf('787822221a030e072d09cb01fcadc607ec893b3614890194161f2a00b3c40100000003d3af0d0a')
  const probe = await client.probe('fixes')
  const { accepts } = probe
  expect(await accepts(fast.columns, emptyBlocks().get('fixes')!)).toBe(true)
  expect(await accepts(fast.columns, fast.bytes)).toBe(false)
  await client.run('ALTER TABLE probes.fixes DROP CONSTRAINT slow')
  await probe.close()
  const without = await client.probe('fixes')
  expect(await without.accepts(fast.columns, fast.bytes)).toBe(true)
  await without.close()
  // A table that lost a column takes nothing, which is no row's fault.
  await client.run('ALTER TABLE probes.telemetry DROP COLUMN rssi')
  const lost = await client.probe('telemetry')
  expect(lost.accepts(['rssi'], emptyBlocks().get('telemetry')!)).rejects.toThrow('rssi')
  await lost.close()
  expect(await client.text(`SELECT count() FROM system.tables WHERE name LIKE '%probe' FORMAT TSV`)).toBe('0\n')
  expect(await client.text('SELECT count() FROM probes.fixes FORMAT TSV')).toBe('0\n')
  await client.close()
})

test('errors: every code bears the name ClickHouse has for it', async () => {
  const client = clientOf('default')
  for (const [name, code] of [...Object.entries(AVAILABILITY), ...Object.entries(CONTENT)])
    expect((await client.text(`SELECT errorCodeToName(${code}) FORMAT TSV`)).trim()).toBe(name)
  await client.close()
})

test('cluster: every statement is one that ClickHouse parses, and each table is there twice', async () => {
  const client = clientOf('default')
  const layout = { database: 'fleet', cluster: 'main' }
  const statements = [
    ...MIGRATIONS.flatMap((migration) => migration.statements(layout)),
    devicesDictionary(layout, null),
  ]
  for (const statement of statements) {
    expect(statement).toContain('ON CLUSTER `main`')
    await client.text(`SELECT formatQuery({statement:String}) FORMAT TSV`, { statement })
  }
  const all = statements.join('\n')
  expect(all).toContain(
    "ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/fleet/fixes', '{replica}', precedence)",
  )
  expect(all).toContain('ENGINE = Distributed(`main`, fleet, fixes_local, cityHash64(device_id))')
  expect(all).toContain(
    "ReplicatedReplacingMergeTree('/clickhouse/tables/fleet/device_list', '{shard}-{replica}', changed_at)",
  )
  // A view sees the rows of its own server, and fills the table of its own server.
  expect(all).toMatch(
    /latest_fixes_feed ON CLUSTER `main` TO fleet\.latest_fixes_rows_local AS\nSELECT .*FROM fleet\.fixes_local/s,
  )
  // On one server nothing of a cluster is left.
  const single = MIGRATIONS.flatMap((migration) => migration.statements({ database: 'fleet', cluster: '' })).join('\n')
  expect(single).not.toMatch(/CLUSTER|Replicated|Distributed|_local/)
  await client.close()
})

test('a server that is too old is refused with both versions', async () => {
  const old = Bun.serve({ port: 0, fetch: () => new Response('18.16.1\n') })
  const client = new ClickHouse({
    url: `http://127.0.0.1:${old.port}`,
    username: 'default',
    password: '',
    database: 'waygate',
    cluster: '',
    insertQuorum: 0,
    embedded: true,
  })
  const refused = client.prepare(silent)
  expect(refused).rejects.toBeInstanceOf(UnsupportedServer)
  expect(refused).rejects.toThrow(/18\.16\.1.*25\.3/)
  await refused.catch(() => {})
  await client.close()
  await old.stop(true)
})

function decoded(device: string, hex: string) {
  const arena = new ArrayBuffer(1 << 16)
  const batch = new Batch(arena)
  const frame = Uint8Array.from(Buffer.from(hex, 'hex'))
  const ascii = new TextEncoder()
  batch.append(
    headerOf(1, TCP, 0, ascii.encode(device), ascii.encode('127.0.0.1:1')),
    FRAME,
    0,
    Date.now(),
    new Int32Array(2),
    frame,
    0,
    frame.length,
  )
  return new Decoder(createCodecs(codecOptions.parse({}))).decode({ arena, used: batch.used })
}

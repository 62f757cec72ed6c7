/** The embedded ClickHouse: its HTTP interface, what readers may not do, inserts. */
import { ClickHouseLogLevel, createClient } from '@clickhouse/client'
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { brotliDecompressSync, gunzipSync, inflateSync, zstdDecompressSync } from 'node:zlib'
import { decodeBlocks, encodeBlocks } from '../../src/storage/embedded/blocks.ts'
import { cityHash128 } from '../../src/storage/embedded/cityhash.ts'
import { startEmbedded, type Embedded } from '../../src/storage/embedded/embedded.ts'

const log = { info() {}, warn() {}, error() {} }
const path = mkdtempSync(join(tmpdir(), 'waygate-embedded-'))
let embedded: Embedded
let writer: Record<string, string>

interface Options {
  url?: Record<string, string>
  headers?: Record<string, string>
  method?: string
  body?: string | Uint8Array<ArrayBuffer>
  signal?: AbortSignal
}

/** What stands in compressed blocks. */
async function raw(blocks: ReadableStream<Uint8Array>): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(decodeBlocks(blocks as unknown as AsyncIterable<Uint8Array>)))
}

/** A request as a reader, unless its headers say otherwise. */
function ask(sql: string, { url = {}, headers = {}, method = 'POST', body, signal }: Options = {}): Promise<Response> {
  const inUrl = method === 'GET' || body !== undefined
  const search = new URLSearchParams(inUrl ? { query: sql, ...url } : url)
  const sent = inUrl ? body : sql
  return fetch(`${embedded.url}/?${search}`, {
    method,
    headers,
    ...(sent === undefined ? {} : { body: sent }),
    ...(signal ? { signal } : {}),
  })
}

async function read(sql: string, options?: Options): Promise<string> {
  return (await ask(sql, options)).text()
}

async function write(sql: string, options: Options = {}): Promise<Response> {
  const response = await ask(sql, { ...options, headers: { ...writer, ...options.headers } })
  if (!response.ok) throw new Error(await response.text())
  return response
}

async function bytes(sql: string, options?: Options): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await (await ask(sql, options)).arrayBuffer())
}

function residentBytes(): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${embedded.pid}/status`, 'utf8'))![1]) * 1024
}

async function settled(): Promise<void> {
  const giveUpAt = Date.now() + 5000
  while ((await read('SELECT count() FROM system.processes')) !== '1\n' && Date.now() < giveUpAt) await Bun.sleep(50)
}

beforeAll(async () => {
  embedded = await startEmbedded({ path, host: '127.0.0.1', port: 0, readerPassword: '', log })
  writer = { Authorization: `Basic ${btoa(`${embedded.username}:${embedded.password}`)}` }
})

afterAll(async () => {
  await embedded.stop()
  rmSync(path, { recursive: true, force: true })
})

describe('requests', () => {
  test('/ping and / answer Ok., other paths do not exist', async () => {
    for (const way of ['/ping', '/', '/replicas_status'])
      expect(await (await fetch(embedded.url + way)).text()).toBe('Ok.\n')
    expect((await fetch(`${embedded.url}/nothing`)).status).toBe(404)
    expect((await fetch(`${embedded.url}/`, { method: 'HEAD' })).status).toBe(200)
    expect((await fetch(`${embedded.url}/`, { method: 'PUT', body: 'x' })).status).toBe(405)
  })

  test('a query comes in the URL, in the body, or in both', async () => {
    expect(await read('SELECT 1', { method: 'GET' })).toBe('1\n')
    expect(await read('SELECT 2')).toBe('2\n')
    expect(await read('SELECT 3 +', { body: '4' })).toBe('7\n')
    expect(await read('SELECT 5; -- the end')).toBe('5\n')
  })

  test('parameters keep their types and whatever is in them', async () => {
    const url = { param_n: '42', param_s: "it's a \\t tab", param_a: "['x','y']", param_z: '\\N' }
    const sql = 'SELECT {n:UInt32} + 1, {s:String}, {a:Array(String)}, {z:Nullable(String)} FORMAT JSONCompactEachRow'
    expect(JSON.parse(await read(sql, { url }))).toEqual([43, "it's a \t tab", ['x', 'y'], null])
  })

  test('parameters sent as a form', async () => {
    const form = new FormData()
    form.set('query', 'SELECT {n:UInt8}')
    form.set('param_n', '9')
    expect(await (await fetch(`${embedded.url}/`, { method: 'POST', body: form })).text()).toBe('9\n')
  })

  test('settings in the URL hold for this request only', async () => {
    expect(await read("SELECT getSetting('max_threads')", { url: { max_threads: '3' } })).toBe('3\n')
    expect(await read("SELECT getSetting('max_threads') = 3")).toBe('0\n')
    expect((await ask('SELECT 1', { url: { no_such_setting: '1' } })).status).toBe(404)
    expect((await ask('SELECT 1', { url: { 'max_threads=1;': '1' } })).status).toBe(400)
  })

  test('the format is that of the query, else that of the request, else TabSeparated', async () => {
    const format = async (sql: string, options?: Options) =>
      (await ask(sql, options)).headers.get('x-clickhouse-format')
    expect(await format('SELECT 1')).toBe('TabSeparated')
    expect(await format('SELECT 1', { url: { default_format: 'CSV' } })).toBe('CSV')
    expect(await format('SELECT 1', { headers: { 'X-ClickHouse-Format': 'JSON' } })).toBe('JSON')
    expect(await format('SELECT 1 FORMAT Native', { url: { default_format: 'CSV' } })).toBe('Native')
    expect(await format('SELECT 1 AS format')).toBe('TabSeparated')
    expect((await ask('SELECT 1', { url: { default_format: 'CSV; DROP TABLE t' } })).status).toBe(400)
  })

  test('JSON is one document with its totals', async () => {
    const response = await ask('SELECT number AS n FROM numbers(200000) FORMAT JSON')
    expect(response.headers.get('content-type')).toBe('application/json; charset=UTF-8')
    const result = (await response.json()) as { rows: number; data: unknown[] }
    expect([result.rows, result.data.length]).toEqual([200_000, 200_000])
  })

  test('SHOW, DESCRIBE, EXPLAIN, EXISTS and WITH answer in the format asked for', async () => {
    expect(await read('SHOW DATABASES')).toContain('system\n')
    expect(await read('DESCRIBE system.one FORMAT JSONEachRow')).toContain('"name":"dummy"')
    expect(await read('EXPLAIN SELECT 1')).toContain('ReadFrom')
    expect(await read('EXISTS TABLE system.one')).toBe('1\n')
    expect(await read('WITH 7 AS x SELECT x UNION ALL SELECT x')).toBe('7\n7\n')
    expect(await read('(SELECT 1)')).toBe('1\n')
  })

  test('a query id is echoed, and made where there is none', async () => {
    const given = await ask('SELECT 1', { url: { query_id: 'abc' } })
    expect(given.headers.get('x-clickhouse-query-id')).toBe('abc')
    const made = await ask('SELECT 1')
    expect(made.headers.get('x-clickhouse-query-id')).toMatch(/^[0-9a-f-]{36}$/)
    expect(made.headers.get('x-clickhouse-timezone')).toBe('UTC')
    expect(JSON.parse(made.headers.get('x-clickhouse-summary')!).read_rows).toBe('1')
  })

  test.each([
    ['gzip', gunzipSync],
    ['zstd', zstdDecompressSync],
    ['deflate', inflateSync],
    ['br', brotliDecompressSync],
  ])('results in %s', async (encoding, decompress) => {
    for (const sql of ["SELECT repeat('x', 5000)", 'DESCRIBE system.tables']) {
      const response = await fetch(`${embedded.url}/?enable_http_compression=1`, {
        method: 'POST',
        headers: { 'Accept-Encoding': encoding },
        body: sql,
        decompress: false,
      })
      expect(response.headers.get('content-encoding')).toBe(encoding)
      expect(decompress(await response.bytes()).toString()).toBe(await read(sql))
    }
  })

  test.each([
    ['gzip', Bun.gzipSync],
    ['zstd', Bun.zstdCompressSync],
  ])('statements in %s', async (encoding, compress) => {
    const body = compress(Buffer.from('SELECT 11'))
    const response = await fetch(`${embedded.url}/`, {
      method: 'POST',
      headers: { 'Content-Encoding': encoding },
      body,
    })
    expect(await response.text()).toBe('11\n')
  })

  test("ClickHouse's own compressed blocks, both ways", async () => {
    const sql = 'SELECT number, toString(number) FROM numbers(300000)'
    const answer = await fetch(`${embedded.url}/?compress=1`, { method: 'POST', body: sql })
    expect(await raw(answer.body!)).toEqual(Buffer.from(await read(sql)))
    const statement = Buffer.concat([...encodeBlocks(Buffer.from('SELECT 12'))])
    expect(await (await fetch(`${embedded.url}/?decompress=1`, { method: 'POST', body: statement })).text()).toBe(
      '12\n',
    )
    const damaged = await fetch(`${embedded.url}/?decompress=1`, { method: 'POST', body: 'x'.repeat(100) })
    expect(damaged.status).toBe(400)
  })

  test("the engine's own files are such blocks: hash, LZ4 and ZSTD agree with them", async () => {
    for (const codec of ['LZ4', 'ZSTD(1)', 'NONE'])
      for (const rows of [1, 3, 9, 100_000]) {
        const name = `blocks_${codec.slice(0, 3)}_${rows}`
        await write(
          `CREATE TABLE ${name} (s String CODEC(${codec})) ENGINE = MergeTree ORDER BY tuple() SETTINGS min_bytes_for_wide_part = 0`,
        )
        await write(`INSERT INTO ${name} SELECT repeat(toString(number + 4000), 1 + number % 9) FROM numbers(${rows})`)
        const part = (await read(`SELECT path FROM system.parts WHERE table = '${name}' AND active`)).trim()
        const file = readFileSync(join(part, 's.bin'))
        const first = file.subarray(16, 16 + file.readUInt32LE(17))
        expect(cityHash128(first)).toEqual([file.readBigUInt64LE(0), file.readBigUInt64LE(8)])
        expect((await raw(new Blob([file]).stream())).toString()).toContain('4000')
      }
  })
})

describe('errors', () => {
  test.each([
    ['SELEC 1', 400, 62],
    ['SELECT 1; SELECT 2', 400, 62],
    ['SELECT * FROM nothing', 404, 60],
    ['SELECT * FROM nothing.nowhere', 404, 81],
    ['SELECT nothing', 404, 47],
    ['SELECT no_such_function(1)', 404, 46],
    ['SELECT 1 FORMAT Nothing', 404, 73],
    ["SELECT toUInt8('x')", 400, 6],
    ["SELECT throwIf(1, 'on purpose')", 500, 395],
    ['SELECT sleep(2) SETTINGS max_execution_time = 1', 500, 164],
  ])('%s', async (sql, status, code) => {
    const response = await ask(sql)
    const text = await response.text()
    expect([response.status, response.headers.get('x-clickhouse-exception-code')]).toEqual([status, String(code)])
    expect(text).toStartWith(`Code: ${code}. DB::Exception: `)
    expect(text).toMatch(/\([A-Z_0-9]+\) \(version [\d.]+\)\n$/)
    expect(text).not.toContain('.pipe')
  })

  test('a query that takes too long ends with 408', async () => {
    const sql = 'SELECT count() FROM numbers(1000000000000) WHERE sipHash64(number) = 1'
    expect((await ask(sql, { url: { max_execution_time: '0.3' } })).status).toBe(408)
  })

  test('an error after the first bytes stands in the result, which is cut off', async () => {
    const response = await ask('SELECT throwIf(number = 3000000) FROM numbers(10000000)')
    expect(response.status).toBe(200)
    const tag = response.headers.get('x-clickhouse-exception-tag')!
    let end = ''
    const readAll = async () => {
      for await (const chunk of response.body!) end = (end + Buffer.from(chunk).toString()).slice(-2000)
    }
    expect(readAll()).rejects.toThrow()
    await readAll().catch(() => {})
    await Bun.sleep(100)
    expect(end).toContain(`__exception__\r\n${tag}\r\nCode: 395.`)
  })
})

describe('access', () => {
  const basic = (user: string, password: string) => ({ Authorization: `Basic ${btoa(`${user}:${password}`)}` })

  test('the writer has a secret nobody else can read', () => {
    expect(statSync(join(path, 'writer.secret')).mode & 0o777).toBe(0o600)
    expect(readFileSync(join(path, 'writer.secret'), 'utf8').trim()).toBe(embedded.password)
    expect(embedded.password.length).toBeGreaterThanOrEqual(32)
  })

  test('a wrong secret is refused, by header, basic authentication and URL', async () => {
    const ways: Options[] = [
      { headers: basic('gateway', 'guess') },
      { headers: { 'X-ClickHouse-User': 'gateway', 'X-ClickHouse-Key': 'guess' } },
      { url: { user: 'gateway', password: 'guess' } },
      { headers: basic('gateway', '') },
    ]
    for (const way of ways) {
      const response = await ask('SELECT 1', way)
      expect([response.status, response.headers.get('x-clickhouse-exception-code')]).toEqual([403, '516'])
    }
  })

  test('the secret is taken in each of these ways', async () => {
    const ways: Options[] = [
      { headers: { 'X-ClickHouse-User': 'gateway', 'X-ClickHouse-Key': embedded.password } },
      { url: { user: 'gateway', password: embedded.password } },
      { headers: writer },
    ]
    for (const way of ways) expect(await read("SELECT getSetting('readonly')", way)).toBe('0\n')
    expect(await read("SELECT getSetting('readonly')", { headers: basic('analyst', 'any') })).toBe('1\n')
  })

  test('a GET changes nothing, even from the writer', async () => {
    const response = await ask('CREATE TABLE made_by_get (a Int8) ENGINE = Memory', { method: 'GET', headers: writer })
    expect(await response.text()).toStartWith('Code: 164.')
  })

  const secretFile = join(path, 'writer.secret')
  const outside = join(path, 'outside.txt')
  test.each([
    'SET readonly = 0',
    'SELECT 1 SETTINGS readonly = 0',
    'CREATE TABLE jail (a Int8) ENGINE = Memory',
    'CREATE TEMPORARY TABLE jail (a Int8)',
    'DROP TABLE system.one',
    'ALTER TABLE jailed DELETE WHERE 1',
    'TRUNCATE TABLE jailed',
    'OPTIMIZE TABLE jailed',
    'INSERT INTO jailed VALUES (1)',
    'INSERT INTO jailed FORMAT CSV 1',
    'INSERT INTO jailed SELECT 1',
    'WITH 1 AS x INSERT INTO jailed SELECT x',
    `INSERT INTO FUNCTION file('${outside}') SELECT 1`,
    `SELECT 1 INTO OUTFILE '${outside}'`,
    `SELECT 1 INTO /* */ OUTFILE '${outside}' FORMAT CSV`,
    `SELECT * FROM file('${secretFile}', 'LineAsString')`,
    `DESCRIBE file('${secretFile}')`,
    `SELECT file('${secretFile}')`,
    `SELECT file /**/ ('${secretFile}')`,
    `SELECT \`file\`('${secretFile}')`,
    `SELECT \`f\\x69le\`('${secretFile}')`,
    `SELECT "file"('${secretFile}')`,
    `SELECT \u201cfile\u201d('${secretFile}')`,
    `SELECT * APPLY file FROM (SELECT '${secretFile}')`,
    `SELECT * APPLY (x -> file(x)) FROM (SELECT '${secretFile}')`,
    `SELECT arrayMap(file, ['${secretFile}'])`,
    `EXPLAIN SELECT file('${secretFile}')`,
    `SELECT $$ ' $$, file('${secretFile}')`,
    `SELECT 1 FORMAT Template SETTINGS format_template_resultset = '${secretFile}'`,
    `SELECT * FROM \`${secretFile}\``,
    `DESCRIBE default.\`${secretFile}\``,
    "SELECT * FROM url('http://127.0.0.1:1/')",
    "DESCRIBE url('http://127.0.0.1:1/x.csv')",
    "DESCRIBE s3('http://127.0.0.1:1/bucket/x.csv')",
    "SELECT * FROM executable('id', 'TSV', 'a String')",
    "SELECT * FROM remote('127.0.0.1', system.one)",
    "SELECT * FROM mysql('127.0.0.1:1', 'a', 'b', 'c', 'd')",
    "SELECT * FROM filesystem('/')",
    'SELECT * FROM system.users',
    'SYSTEM SHUTDOWN',
    'SYSTEM FLUSH LOGS',
    'KILL QUERY WHERE 1',
    'SET ROLE writer',
    'SET ROLE ALL',
    'EXECUTE AS default SELECT 1',
    'GRANT ALL ON *.* TO default',
    'CREATE USER x',
    'CREATE FUNCTION x AS y -> y',
    "BACKUP DATABASE default TO File('x')",
    'USE system',
    'DETACH TABLE jailed',
    'SELECT 1; DROP TABLE jailed',
    "SELECT '\\'; DROP TABLE jailed; --'; DROP TABLE jailed",
  ])('a reader may not: %s', async (sql) => {
    await write('CREATE TABLE IF NOT EXISTS jailed (a Int8) ENGINE = MergeTree ORDER BY a')
    const response = await ask(sql)
    const text = await response.text()
    expect(response.status).toBeGreaterThanOrEqual(400)
    expect(text).toStartWith('Code: ')
    expect(text).not.toContain(embedded.password)
    expect(await Bun.file(outside).exists()).toBe(false)
  })

  test.each([
    ['SELECT 1', { readonly: '0' }],
    ['SELECT 1', { allow_ddl: '1' }],
    ['SELECT 1 FORMAT Template', { format_template_resultset: secretFile }],
    ['SELECT 1', { additional_result_filter: `file('${secretFile}') != ''` }],
    ['SELECT 1', { dialect: 'prql' }],
    [`SELECT arrayMap({f:Identifier}, ['${secretFile}'])`, { param_f: 'file' }],
  ])('a reader may not: %s with %p', async (sql, url) => {
    const response = await ask(sql, { url: url as unknown as Record<string, string> })
    expect(response.status).toBeGreaterThanOrEqual(400)
    expect(await response.text()).not.toContain(embedded.password)
  })

  test('readers may say file where it is no function', async () => {
    expect(
      await read("SELECT 'file', '\\\\d', t.file AS filename FROM (SELECT 1 AS x) AS t ARRAY JOIN [1] AS y"),
    ).toStartWith('Code: 47.')
    expect(await read("SELECT 'a file' AS filename, 'a\\\\b'")).toBe('a file\ta\\\\b\n')
  })

  test('readers see collapsed rows, unless they ask for all', async () => {
    await write('CREATE TABLE collapsed (a Int8, b Int8) ENGINE = ReplacingMergeTree ORDER BY a')
    await write('INSERT INTO collapsed VALUES (1, 1)')
    await write('INSERT INTO collapsed VALUES (1, 2)')
    expect(await read('SELECT b FROM collapsed')).toBe('2\n')
    expect(await read('SELECT count() FROM collapsed', { url: { final: '0' } })).toBe('2\n')
  })
})

describe('inserts', () => {
  const columns = `(device LowCardinality(String), at DateTime64(3, 'UTC'), valid Bool, altitude Nullable(Int16),
    alarms Array(LowCardinality(String)), attributes JSON, source Enum8('gnss' = 1, 'lbs' = 2), lat_e7 Int32,
    latitude Float64 ALIAS lat_e7 / 1e7, day Date MATERIALIZED toDate(at), twice Int64 DEFAULT lat_e7 * 2)`
  const names = '(device, at, valid, altitude, alarms, attributes, source, lat_e7)'
  // As a worker of the gateway writes them: text for what the table keeps as something else.
  const rows = (count: number) => `SELECT toString(number) AS device, toDateTime64(1700000000 + number, 3, 'UTC') AS at,
    toUInt8(number % 2) AS valid, number % 3 = 0 ? NULL : toInt16(number % 100) AS altitude,
    number % 2 ? ['sos', 'tow'] : []::Array(String) AS alarms, '{"n":' || toString(number) || ',"s":"x"}' AS attributes,
    'lbs' AS source, toInt32(number) AS lat_e7 FROM numbers(${count})`

  let tables = 0
  async function table(window = 1000): Promise<string> {
    const name = `insert_${++tables}`
    await write(
      `CREATE TABLE ${name} ${columns} ENGINE = MergeTree ORDER BY (device, at) SETTINGS non_replicated_deduplication_window = ${window}`,
    )
    return name
  }

  test('Native: text becomes LowCardinality, JSON and Enum; defaults are filled in', async () => {
    const name = await table()
    const body = await bytes(`${rows(3)} FORMAT Native`)
    const response = await write(`INSERT INTO ${name} ${names} FORMAT Native`, { body })
    expect(JSON.parse(response.headers.get('x-clickhouse-summary')!).written_rows).toBe('3')
    const got = await read(
      `SELECT device, at, valid, altitude, alarms, attributes.n, source, latitude, day, twice FROM ${name} ORDER BY at LIMIT 1, 1 FORMAT JSONCompactEachRow`,
    )
    expect(JSON.parse(got)).toEqual([
      '1',
      '2023-11-14 22:13:21.000',
      true,
      1,
      ['sos', 'tow'],
      1,
      'lbs',
      1e-7,
      '2023-11-14',
      2,
    ])
  })

  test('several Native blocks in one body are one insert, one part', async () => {
    const name = await table()
    const block = await bytes(`${rows(500)} FORMAT Native`)
    await write(`INSERT INTO ${name} ${names} FORMAT Native`, { body: Buffer.concat([block, block, block]) })
    expect(await read(`SELECT rows FROM system.parts WHERE table = '${name}' AND active`)).toBe('1500\n')
  })

  test('an insert repeated with its token is dropped, with another token it is not', async () => {
    const name = await table()
    const block = await bytes(`${rows(10)} FORMAT Native`)
    const insert = (token: string, body: Uint8Array<ArrayBuffer>) =>
      write(`INSERT INTO ${name} ${names} FORMAT Native`, { body, url: { insert_deduplication_token: token } })
    await insert('one', block)
    await insert('one', block)
    expect(await read(`SELECT count() FROM ${name}`)).toBe('10\n')
    await insert('two', block)
    expect(await read(`SELECT count() FROM ${name}`)).toBe('20\n')
    const three = Buffer.concat([block, block, block])
    await insert('three', three)
    await insert('three', three)
    expect(await read(`SELECT count() FROM ${name}`)).toBe('50\n')
  })

  test.each([
    ['JSONEachRow', '{"device":"7","at":"2024-01-01 00:00:00","lat_e7":5,"attributes":{"z":1}}\n'],
    ['TabSeparated', '7\t2024-01-01 00:00:00\ttrue\t\\N\t[\'sos\']\t{"z":1}\tlbs\t5\n'],
    ['CSV', '"7","2024-01-01 00:00:00",true,\\N,"[\'sos\']","{""z"":1}",lbs,5\n'],
    ['Values', "('7', '2024-01-01 00:00:00', true, NULL, ['sos'], '{\"z\":1}', 'lbs', 5)"],
  ])('%s, data in the body, behind the statement, and in the URL', async (format, data) => {
    const name = await table(0)
    await write(`INSERT INTO ${name} ${names} FORMAT ${format}`, { body: data })
    await write(`INSERT INTO ${name} ${names} FORMAT ${format}\n${data}`)
    await write(`INSERT INTO ${name} ${names} FORMAT ${format} ${data}`, { body: '' })
    const got = await read(
      `SELECT device, toString(at), lat_e7, attributes.z::Int64, twice, count() FROM ${name} GROUP BY ALL`,
    )
    expect(got).toBe('7\t2024-01-01 00:00:00.000\t5\t1\t10\t3\n')
  })

  test('RowBinary behind its statement, in one body', async () => {
    await write('CREATE TABLE binary (a Int32, s String) ENGINE = MergeTree ORDER BY a')
    const data = await bytes("SELECT toInt32(number), unhex('ff00c3') FROM numbers(3) FORMAT RowBinary")
    const body = Buffer.concat([Buffer.from('INSERT INTO binary FORMAT RowBinary\n'), data])
    const response = await fetch(`${embedded.url}/`, { method: 'POST', headers: writer, body })
    expect(await response.text()).toBe('')
    expect(await read('SELECT sum(a), any(hex(s)) FROM binary')).toBe('3\tFF00C3\n')
  })

  test.each([
    ['gzip', Bun.gzipSync],
    ['zstd', Bun.zstdCompressSync],
  ])('data in %s', async (encoding, compress) => {
    const name = await table()
    const body = compress(await bytes(`${rows(1000)} FORMAT Native`)) as Uint8Array<ArrayBuffer>
    await write(`INSERT INTO ${name} ${names} FORMAT Native`, { body, headers: { 'Content-Encoding': encoding } })
    expect(await read(`SELECT count(), sum(lat_e7) FROM ${name}`)).toBe('1000\t499500\n')
  })

  test('data in compressed blocks, and in lz4 frames behind the statement', async () => {
    const name = await table()
    const data = await bytes(`${rows(20_000)} FORMAT Native`)
    await write(`INSERT INTO ${name} ${names} FORMAT Native`, {
      body: Buffer.concat([...encodeBlocks(data)]),
      url: { decompress: '1' },
    })
    expect(await read(`SELECT count(), sum(lat_e7) FROM ${name}`)).toBe('20000\t199990000\n')
    // The engine makes the frame.
    await write('CREATE TABLE framed (a Int64, b String) ENGINE = MergeTree ORDER BY a')
    const frame = await fetch(`${embedded.url}/?enable_http_compression=1`, {
      method: 'POST',
      headers: { 'Accept-Encoding': 'lz4' },
      body: `SELECT arrayJoin(arrayConcat(['INSERT INTO framed FORMAT CSV'], arrayMap(n -> toString(n) || ',' || repeat(toString(n), 9), range(20000)))) FORMAT TSVRaw`,
    })
    expect(frame.headers.get('content-encoding')).toBe('lz4')
    const body = await frame.bytes()
    const headers = { ...writer, 'Content-Encoding': 'lz4' }
    expect(await (await fetch(`${embedded.url}/`, { method: 'POST', headers, body })).text()).toBe('')
    expect(await read('SELECT count(), sum(a), max(length(b)) FROM framed')).toBe('20000\t199990000\t45\n')
  })

  test('settings before FORMAT, VALUES, and INSERT … SELECT', async () => {
    const name = await table()
    await write(
      `INSERT INTO ${name} (device, at) SETTINGS async_insert = 1, wait_for_async_insert = 1 FORMAT CSV\n"1","2024-01-01 00:00:00"`,
    )
    await write(`INSERT INTO ${name} (device, at) VALUES ('2', '2024-01-01 00:00:00'), ('3', '2024-01-01 00:00:00')`)
    await write(`INSERT INTO ${name} (device, at) SELECT '4', now64(3, 'UTC')`)
    expect(await read(`SELECT groupArraySorted(9)(device) FROM ${name}`)).toBe("['1','2','3','4']\n")
  })

  test('data that are no good are refused whole', async () => {
    const name = await table()
    const block = await bytes(`${rows(1000)} FORMAT Native`)
    const response = await ask(`INSERT INTO ${name} ${names} FORMAT Native`, {
      headers: writer,
      body: block.subarray(0, 20_000),
    })
    expect(response.status).toBeGreaterThanOrEqual(400)
    expect(await read(`SELECT count() FROM ${name}`)).toBe('0\n')
  })

  test('a client that goes away in the middle leaves nothing', async () => {
    const name = await table()
    const query = encodeURIComponent(`INSERT INTO ${name} ${names} FORMAT JSONEachRow`)
    const { hostname, port } = new URL(embedded.url)
    const socket = await Bun.connect({ hostname, port: Number(port), socket: { data() {} } })
    const row = '{"device":"7","at":"2024-01-01 00:00:00"}\n'
    socket.write(
      `POST /?query=${query} HTTP/1.1\r\nHost: x\r\nAuthorization: ${writer.Authorization}\r\nContent-Length: 100000\r\n\r\n${row}`,
    )
    await Bun.sleep(100)
    socket.terminate()
    await Bun.sleep(200)
    expect(await read(`SELECT count() FROM ${name}`)).toBe('0\n')
  })
})

describe('load', () => {
  test('a large result streams: neither it nor a slow client makes the process grow', async () => {
    await read('SELECT number FROM numbers(1000000)')
    const before = residentBytes()
    const response = await ask("SELECT number, repeat('x', 100) FROM numbers(3000000)")
    let size = 0
    let most = 0
    for await (const chunk of response.body!) {
      if (size === 0) await Bun.sleep(500)
      size += chunk.length
      most = Math.max(most, residentBytes())
    }
    expect(size).toBeGreaterThan(300_000_000)
    expect(most - before).toBeLessThan(120_000_000)
  })

  test('a query ends when its client goes away', async () => {
    await settled()
    const slow = 'SELECT count() FROM numbers(1000000000000) WHERE sipHash64(number) = 1'
    expect(ask(slow, { signal: AbortSignal.timeout(200) })).rejects.toThrow()
    const endless = await ask('SELECT number FROM numbers(1000000000000)')
    await endless.body!.getReader().cancel()
    await Bun.sleep(300)
    await settled()
    expect(await read('SELECT count() FROM system.processes')).toBe('1\n')
  })

  test('slow readers, as many as may run and more, do not hold up an insert', async () => {
    await write('CREATE TABLE meanwhile (a Int32) ENGINE = MergeTree ORDER BY a')
    const stop = new AbortController()
    // A scalar subquery is evaluated while the query is planned.
    const slow = 'SELECT (SELECT count() FROM numbers(100000000000) WHERE sipHash64(number) = 1)'
    const readers = Array.from({ length: 20 }, () => ask(slow, { signal: stop.signal }).catch(() => {}))
    await Bun.sleep(300)
    const startedAt = performance.now()
    for (let i = 0; i < 5; i++) await write('INSERT INTO meanwhile FORMAT CSV', { body: `${i}\n` })
    const ms = performance.now() - startedAt
    stop.abort()
    await Promise.all(readers)
    expect(ms).toBeLessThan(2000)
    await settled()
    expect(await read('SELECT count() FROM meanwhile')).toBe('5\n')
  })

  test('100 clients at once get each its own answer', async () => {
    const answers = Array.from({ length: 100 }, (_, i) =>
      read('SELECT {n:UInt32} * 2', { url: { param_n: String(i) } }),
    )
    expect(await Promise.all(answers)).toEqual(Array.from({ length: 100 }, (_, i) => `${i * 2}\n`))
  })
})

describe('@clickhouse/client', () => {
  test('reads as anybody', async () => {
    const client = createClient({
      url: embedded.url,
      log: { level: ClickHouseLogLevel.OFF },
      compression: { response: true },
    })
    expect((await client.ping()).success).toBe(true)
    const result = await client.query({
      query: 'SELECT number AS n, {s:String} AS s FROM numbers(3)',
      query_params: { s: 'a\tb' },
      format: 'JSONEachRow',
      clickhouse_settings: { max_threads: 1, output_format_json_quote_64bit_integers: 0 },
    })
    expect(await result.json<unknown>()).toEqual([0, 1, 2].map((n) => ({ n, s: 'a\tb' })))
    expect(client.query({ query: 'SELECT nothing' })).rejects.toMatchObject({ type: 'UNKNOWN_IDENTIFIER' })
    expect(client.command({ query: 'CREATE TABLE no (a Int8) ENGINE = Memory' })).rejects.toMatchObject({
      type: 'READONLY',
    })
    await client.close()
  })

  test('writes as the gateway', async () => {
    const { url, username, password } = embedded
    const client = createClient({ url, username, password, compression: { request: true } })
    await client.command({ query: 'CREATE TABLE clients (a Int32, s String) ENGINE = MergeTree ORDER BY a' })
    await client.insert({ table: 'clients', values: [{ a: 1, s: 'x' }], format: 'JSONEachRow' })
    const block = await bytes("SELECT toInt32(number) AS a, 'y' AS s FROM numbers(1000) FORMAT Native")
    const { stream } = await client.exec({
      query: 'INSERT INTO clients (a, s) FORMAT Native',
      values: Readable.from([Buffer.from(block), Buffer.from(block)], { objectMode: false }),
      clickhouse_settings: { insert_deduplication_token: 't' },
    })
    stream.resume()
    const count = await client.query({ query: 'SELECT count() AS n FROM clients', format: 'JSONEachRow' })
    expect(await count.json<unknown>()).toEqual([{ n: 2001 }])
    await client.close()
  })
})

test('a data directory may have an odd name, but for patterns', async () => {
  const odd = join(path, `it's "an" [odd] %20 näme`)
  const other = await startEmbedded({ path: odd, host: '127.0.0.1', port: 0, readerPassword: '', log })
  const headers = { 'X-ClickHouse-User': other.username, 'X-ClickHouse-Key': other.password }
  const send = (body: string) => fetch(other.url, { method: 'POST', headers, body }).then((response) => response.text())
  expect(await send('CREATE DATABASE d')).toBe('')
  expect(await send('CREATE TABLE d.t (a Int8) ENGINE = MergeTree ORDER BY a')).toBe('')
  expect(await send('INSERT INTO d.t FORMAT CSV 5')).toBe('')
  expect(await send('SELECT * FROM d.t')).toBe('5\n')
  await other.stop()
  expect(
    startEmbedded({ path: join(path, '{a}'), host: '127.0.0.1', port: 0, readerPassword: '', log }),
  ).rejects.toThrow('must not contain')
})

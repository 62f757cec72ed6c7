/** The documentation says what is so: its queries run, its tables name the columns, keys, metrics and reasons there are. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { REJECTS } from '../src/codecs/rejects.ts'
import { Fleet } from '../src/simulator/fleet.ts'
import { gps103Tracker } from '../src/simulator/gps103.ts'
import { TRACKER_PROTOCOLS } from '../src/simulator/protocols.ts'
import type { SimulatedFix } from '../src/simulator/vehicle.ts'
import {
  eventually,
  ROOT,
  startGatewayProcess,
  sum,
  tcpClient,
  type GatewayProcess,
} from './integration/gateway-process.ts'

const DEVICES = 12
const RATE = 120
const SECONDS = 3
const HOUR_MS = 3_600_000
const TABLES = ['fixes', 'telemetry', 'alarms', 'frames', 'rejects', 'sessions', 'devices']

const read = (path: string) => readFileSync(join(ROOT, path), 'utf8')
const analysts = read('docs/analysts.md')
const operators = read('docs/operators.md')

/** The text from a heading to the next one of its level or above. */
function section(page: string, heading: string): string {
  const lines = page.split('\n')
  const start = lines.indexOf(heading)
  if (start < 0) throw new Error(`there is no heading "${heading}"`)
  const level = heading.indexOf(' ')
  const end = lines.findIndex((line, at) => at > start && /^#+ /.test(line) && line.indexOf(' ') <= level)
  return lines.slice(start, end < 0 ? lines.length : end).join('\n')
}

/** What stands in backticks in the first two cells of each row of the section's tables. */
function rowsOf(text: string): [first: string, second: string][] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => {
      const [, first, second] = line.split('|').map((cell) => cell.trim().replaceAll('`', ''))
      return [first, second]
    })
}

const queries = [...analysts.matchAll(/^### (\d+\. .*)\n(?:(?!^### )[\s\S])*?```sql\n([\s\S]*?)```/gm)].map(
  ([, heading, sql]) => ({ heading, sql }),
)

describe('against a gateway that has seen a fleet', () => {
  let gateway: GatewayProcess
  const scrapes: Map<string, number>[] = []

  beforeAll(async () => {
    gateway = await startGatewayProcess()
    await oddities(gateway.port)
    const fleet = new Fleet({
      host: '127.0.0.1',
      port: gateway.port,
      transport: 'mixed',
      devices: DEVICES,
      rate: RATE,
      seconds: SECONDS,
      protocols: Object.values(TRACKER_PROTOCOLS),
      seed: 11,
      truth: null,
      firstDevice: 0,
    })
    const running = fleet.run()
    for (let scrape = 0; scrape < 10; scrape++) {
      await Bun.sleep(200)
      scrapes.push(await gateway.metrics())
    }
    expect(await running).toBe(true)
    const fixes = RATE * SECONDS + 2
    const count = await eventually(
      async () => Number((await gateway.query(`SELECT count() AS n FROM waygate.fixes`))[0]!.n),
      (rows) => rows >= fixes,
      5000,
    )
    expect(count).toBe(fixes)
    await eventually(
      async () => sum(await gateway.metrics(), 'waygate_rows_waiting'),
      (rows) => rows === 0,
    )
  }, 25_000)
  afterAll(() => gateway.remove())

  const ask = async (sql: string): Promise<string> => {
    const response = await fetch(
      `http://127.0.0.1:${gateway.clickhousePort}/?database=waygate&default_format=JSONEachRow`,
      {
        method: 'POST',
        body: sql,
      },
    )
    const text = await response.text()
    if (!response.ok) throw new Error(text)
    return text
  }

  test('analysts.md has a query for each sql block', () => {
    expect(queries.length).toBe(analysts.split('```sql').length - 1)
    expect(queries.length).toBeGreaterThanOrEqual(10)
  })

  for (const { heading, sql } of queries)
    test(`analysts.md, query ${heading}: runs and finds rows`, async () => {
      expect(await ask(sql)).not.toBe('')
    })

  for (const table of TABLES)
    test(`analysts.md, ${table}: every column, with its type`, async () => {
      const columns = await gateway.query<{ name: string; type: string }>(
        `SELECT name, type FROM system.columns WHERE database = 'waygate' AND table = '${table}' ORDER BY position`,
      )
      expect(rowsOf(section(analysts, `### ${table}`))).toEqual(columns.map(({ name, type }) => [name, type]))
    })

  test('analysts.md, latest_fixes: the columns of fixes', async () => {
    const columnsOf = async (table: string) =>
      gateway.query(
        `SELECT name, type FROM system.columns WHERE database = 'waygate' AND table = '${table}' AND name != 'precedence' ORDER BY name`,
      )
    expect(await columnsOf('latest_fixes')).toEqual(await columnsOf('fixes'))
  })

  test('analysts.md names every table and view', async () => {
    const tables = await gateway.query<{ name: string }>(`SELECT name FROM system.tables WHERE database = 'waygate'`)
    const missing = tables
      .map(({ name }) => name)
      .filter((name) => !new RegExp(`\`${name}\`|^### ${name}$`, 'm').test(analysts))
    expect(missing).toEqual([])
  })

  test('operators.md, metrics: every one, and none that does not exist', async () => {
    const response = await fetch(`http://127.0.0.1:${gateway.httpPort}/metrics`)
    const exposed = new Set((await response.text()).match(/(?<=^# TYPE )waygate_\w+/gm))
    expect(
      rowsOf(section(operators, '## Metrics'))
        .map(([name]) => name)
        .toSorted(),
    ).toEqual([...exposed].toSorted())
    const named = new Set(operators.match(/\bwaygate_\w+/g))
    expect([...named].filter((name) => !exposed.has(name.replace(/_(sum|count|bucket)$/, '')))).toEqual([])
  })

  test('operators.md, the ledger: holds at each scrape', () => {
    for (const metrics of scrapes) {
      const total = (name: string, label = '') => sum(metrics, `waygate_${name}`, label)
      const bytes = [
        'frame_bytes_total',
        'reject_bytes_total',
        'padding_bytes_total',
        'dropped_bytes_total',
        'window_bytes',
      ]
      expect(total('received_bytes_total')).toBe(bytes.reduce((sum, name) => sum + total(name), 0))
      expect(total('frames_total') + total('frames_replayed_total')).toBe(
        total('frames_decoded_total') + total('frames_waiting'),
      )
      for (const table of TABLES)
        expect(total('rows_decoded_total', `"${table}"`)).toBe(
          total('rows_stored_total', `"${table}"`) +
            total('rows_refused_total', `"${table}"`) +
            total('rows_waiting', `"${table}"`),
        )
    }
    expect(sum(scrapes.at(-1)!, 'waygate_frames_total')).toBeGreaterThan(0)
  })
})

test('operators.md names every key of config.toml', () => {
  const config = Bun.TOML.parse(read('config.toml')) as Record<string, Record<string, unknown>>
  const missing: string[] = []
  for (const [table, keys] of Object.entries(config))
    for (const [key, value] of Object.entries(keys)) {
      // Options of a codec stand on its own page.
      if (table === 'codecs')
        for (const option of Object.keys(value as object)) {
          if (!read(`docs/protocols/${key}.md`).includes(`\`${option}\``)) missing.push(`codecs.${key}.${option}`)
        }
      else if (!operators.includes(`\`${table}.${key}\``)) missing.push(`${table}.${key}`)
    }
  expect(missing).toEqual([])
})

test('operators.md, reject reasons: every one, and none that does not exist', () => {
  const named = rowsOf(section(operators, '## Reject reasons')).map(([name]) => name)
  expect(named.toSorted()).toEqual(REJECTS.map(([, name]) => name as string).toSorted())
})

test('every relative link of README.md and docs leads somewhere', () => {
  const pages = readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name))
  const broken: string[] = []
  for (const page of ['README.md', ...pages])
    for (const [, link] of read(page).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(link)) continue
      const [path, anchor] = link.split('#')
      const target = path === '' ? page : join(dirname(page), path)
      if (!existsSync(join(ROOT, target))) broken.push(`${page}: ${link}`)
      else if (anchor && !anchorsOf(read(target)).includes(anchor)) broken.push(`${page}: ${link}`)
    }
  expect(broken).toEqual([])
})

/** The anchors that headings get. */
function anchorsOf(page: string): string[] {
  return [...page.matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w -]/g, '')
      .replaceAll(' ', '-'),
  )
}

/** What a well-behaved fleet does not do: a gap of two hours, a record sent twice, a scanner at the door. */
async function oddities(port: number): Promise<void> {
  const imei = '869999999999999'
  const fix = (agoMs: number): SimulatedFix => ({
    timeMs: Math.floor((Date.now() - agoMs) / 1000) * 1000,
    latitude: 52.5,
    longitude: 13.4,
    altitudeM: 34,
    speedKph: 130,
    courseDeg: 90,
    satellites: 9,
    valid: true,
    ignition: true,
    batteryPct: 80,
    odometerKm: 1000,
    alarm: null,
    buffered: false,
  })
  const [before, after] = [fix(3 * HOUR_MS), fix(HOUR_MS)]
  const tracker = await tcpClient(port)
  tracker.write(gps103Tracker.login(imei, 1))
  const acks = () => tracker.received.match(/4f4e/g)?.length ?? 0
  tracker.write(gps103Tracker.report(imei, [before, after], 2))
  await eventually(
    async () => acks(),
    (count) => count === 1,
  )
  tracker.write(gps103Tracker.report(imei, [after], 3))
  const scanner = await tcpClient(port)
  scanner.write('GET / HTTP/1.1\r\nHost: gateway\r\n\r\n')
  await eventually(
    async () => scanner.ended && acks() === 2,
    (done) => done,
  )
  tracker.end()
}

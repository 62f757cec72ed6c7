/**
 * `bench:e2e`: what a gateway takes from its sockets to rows in the embedded ClickHouse, beside a server that only sends
 * back what it gets, with the same generator. Fills in the table of docs/performance.md.
 */
import { writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { openFilesMax } from '../../src/open-files.ts'
import { exitWith, fail, showProgress, tenths } from '../command-line.ts'
import { appendRecord, circumstances, HISTORY_END_TO_END, type EndToEndRecord } from '../history.ts'
import { isCommitted, thisRevision } from '../revision.ts'
import { imeiOf, PROTOCOLS, type LoadProtocol } from './frames.ts'
import type { LoadOptions, LoadResult } from './generator.ts'
import { GOALS, rowOf, type Compared, type Goal, type Row } from './goals.ts'
import {
  cpuSeconds,
  idleFleet,
  INSERT_MS,
  merged,
  residentBytes,
  runLoad,
  settled,
  startEcho,
  startGateway,
  syncsMs,
  type BenchGateway,
} from './processes.ts'
import { visibleAfterMs } from './visible.ts'

const ABLATIONS: Record<string, { environment?: Record<string, string>; preload?: string; what: string }> = {
  none: { what: 'as operators run it' },
  received: { environment: { WAYGATE_JOURNAL_ACK: 'received' }, what: 'acks do not wait for the disk' },
  'no-sync': { preload: 'no-sync.preload.ts', what: 'the journal is written, and never synced' },
  'no-journal': { preload: 'no-journal.preload.ts', what: 'the journal is neither written nor synced' },
  inline: { preload: 'inline-decode.preload.ts', what: 'batches are decoded in the main thread' },
  'no-clickhouse': { preload: 'no-clickhouse.preload.ts', what: 'batches are decoded and go nowhere' },
}

const USAGE = `Loads a gateway from end to end, and measures.

  bench:e2e [--only S6,S7,…] [--seconds N] [--connections N] [--protocol P] [--listeners N] [--ablation NAME] [--json FILE] [--record]

  --only         of S6, S7, S8, S9, S10, S11, S12, S13, S14, knee (default: all)
  --seconds      of each load (default 60; the knee's steps take a fourth, S7 a sixth)
  --connections  of S6 to S9, S11 to S13 and the knee (default 500)
  --protocol     ${PROTOCOLS.join(' or ')} (default ${PROTOCOLS[0]})
  --listeners    gateway.listeners (default 1)
  --ablation     ${Object.entries(ABLATIONS)
    .map(([name, { what }]) => `${name}: ${what}`)
    .join('\n                 ')}
  --json         writes what was measured
  --record       appends it to bench/history-e2e.jsonl, which bench:report draws; not with --listeners or
                 --ablation, and everything must be committed

It takes all processors there are; let nothing else run beside it. Ends with 0 if every must is reached, 1 if one is not, 2 if it
could not be measured.
`
const IDS = ['S6', 'S7', 'S8', 'S9', 'S10', 'S11', 'S12', 'S13', 'S14', 'knee'] as const
const FRAMES_BUFFERED = 20
const KNEE_P99_MS = 50
const KNEE_STEP = 1.1
const IDLE_CONNECTIONS = 20_000
/** Files that a process needs besides its connections. */
const FILES_KEPT = 600
const FLEETS = [100, 1000, 10_000, 20_000]
const FLEET_RATE = 10_000

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: IDS.join(',') },
    seconds: { type: 'string', default: '60' },
    connections: { type: 'string', default: '500' },
    protocol: { type: 'string', default: PROTOCOLS[0] },
    listeners: { type: 'string', default: '1' },
    ablation: { type: 'string', default: 'none' },
    json: { type: 'string' },
    record: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
const wanted = new Set(values.only.split(','))
const seconds = Number(values.seconds)
const connections = Number(values.connections)
const ablation = ABLATIONS[values.ablation]
if (
  values.help ||
  !ablation ||
  !(seconds >= 2) ||
  !(connections >= 1) ||
  !PROTOCOLS.includes(values.protocol as LoadProtocol) ||
  [...wanted].some((id) => !IDS.includes(id as (typeof IDS)[number]))
) {
  process.stdout.write(USAGE)
  process.exit(values.help ? 0 : 2)
}
const revision = thisRevision()
if (values.listeners !== '1' && ablation.preload)
  fail('this ablation would reach the first listener only; leave --listeners out')
if (values.record) {
  if (values.ablation !== 'none' || values.listeners !== '1')
    fail('--record is for what operators run: no --ablation, no --listeners')
  if (!isCommitted(revision)) fail('--record names the revision that it measured, so commit your changes first')
}

/** One load on a gateway. */
interface Measured {
  load: LoadResult
  acksPerS: number
  gatewayUs: number
  clickhouseUs: number
}

const rows: Row[] = []
const steps: { rate_per_s: number; p50_ms: number; p99_ms: number; lost: number }[] = []
const cpuPerMillion: Record<string, Record<string, number>> = {}
let firstDevice = 0
/** Of S6: what half of it is, and the knee's first step. */
let sustained = 0

const loadOf = (more: Partial<LoadOptions>): Omit<LoadOptions, 'port'> => ({
  transport: 'tcp',
  protocol: values.protocol as LoadProtocol,
  connections,
  firstDevice,
  framesPerPacket: 1,
  rate: 0,
  seconds,
  echo: false,
  ...more,
})

const start = (environment: Record<string, string> = {}): Promise<BenchGateway> =>
  startGateway(
    { WAYGATE_GATEWAY_LISTENERS: values.listeners, ...ablation.environment, ...environment },
    ablation.preload,
  )

say(
  `Bun ${Bun.version}, ${cpus().length} × ${cpus()[0].model}; ${ablation.what}; ${values.protocol}, ${connections} connections${values.listeners === '1' ? '' : `, ${values.listeners} listeners`}`,
)
await exitWith(async () => {
  await measureWanted()
  print()
  if (values.json) writeFileSync(values.json, `${JSON.stringify(report(), null, 2)}\n`)
  if (values.record) appendRecord(HISTORY_END_TO_END, report())
  return rows.every(({ holds }) => holds) ? 0 : 1
})

async function measureWanted(): Promise<void> {
  if (anyOf('S6', 'S7', 'S9', 'S11', 'S13', 'S12', 'knee')) await tcp()
  if (anyOf('S11')) await latencyOnReceipt()
  if (anyOf('S8')) await udp()
  if (anyOf('S10')) await idle()
  if (anyOf('S14')) await growth()
}

async function tcp(): Promise<void> {
  const echo = await echoRate('tcp')
  const gateway = await start()
  try {
    const single = await measure('S6', gateway, loadOf({}))
    sustained = single.acksPerS
    row(GOALS.single, sustained, { limit: 'raw echo', ratio: sustained / echo })
    if (anyOf('S9')) await cpu(gateway, single)
    if (anyOf('S13')) await bytesOnDisk(gateway)
    if (anyOf('S11')) await latency(gateway)
    if (anyOf('S12')) await visibility(gateway)
    if (anyOf('knee')) await knee(gateway)
    if (anyOf('S7')) await burst(gateway)
  } finally {
    await gateway.remove()
  }
}

/** With the merges that are left when the last row is in. */
async function cpu(gateway: BenchGateway, { load, gatewayUs, clickhouseUs }: Measured): Promise<void> {
  const before = cpuSeconds(gateway.clickhousePid)
  const seconds = await merged(gateway, (second) => showProgress(`S9: ClickHouse merges, ${second} s`))
  const mergesUs = ((cpuSeconds(gateway.clickhousePid) - before) * 1e6) / load.acked
  say(`S9: ${mergesUs.toFixed(1)} µs a fix for merges in the ${seconds.toFixed(0)} s behind the load`)
  row(GOALS.cpu, gatewayUs + clickhouseUs + mergesUs)
}

async function udp(): Promise<void> {
  const echo = await echoRate('udp')
  const gateway = await start()
  try {
    const { acksPerS } = await measure('S8', gateway, loadOf({ transport: 'udp' }))
    row(GOALS.udp, acksPerS, { limit: 'raw echo', ratio: acksPerS / echo })
  } finally {
    await gateway.remove()
  }
}

async function echoRate(transport: 'tcp' | 'udp'): Promise<number> {
  const server = await startEcho(transport)
  const options = { ...loadOf({ transport, seconds: Math.min(seconds, 15), echo: true }), port: server.port }
  const load = await runLoad(
    options,
    () => {},
    (second) => showProgress(`raw echo, ${transport}: ${second} s`),
  ).finally(server.stop)
  const rate = load.ackedInTime / load.seconds
  say(`raw echo, ${transport}: ${whole(rate)} frames/s; p50 ${load.p50.toFixed(1)} ms, p99 ${load.p99.toFixed(1)} ms`)
  return rate
}

/** Runs a load to its end and until ClickHouse holds it all, and checks that it holds as many rows as were acknowledged. */
async function measure(id: string, gateway: BenchGateway, load: Omit<LoadOptions, 'port'>): Promise<Measured> {
  const cpu = () => [
    gateway.listenerPids.reduce((sum, pid) => sum + cpuSeconds(pid), 0),
    cpuSeconds(gateway.clickhousePid),
  ]
  let before = cpu()
  const result = await runLoad(
    { ...load, port: gateway.port },
    () => (before = cpu()),
    (second) => showProgress(`${id}: ${second} of ${load.seconds} s`),
  )
  const settledS = await settled(gateway, (second) => showProgress(`${id}: rows are inserted, ${second} s`))
  const [gatewayUs, clickhouseUs] = cpu().map((now, index) => ((now - before[index]) * 1e6) / result.acked)
  firstDevice += load.connections
  const stored = values.ablation === 'no-clickhouse' ? result.acked : await rowsOf(gateway, load)
  if (stored < result.acked || stored > result.sent)
    throw new Error(`${id}: ${result.acked} frames of ${result.sent} were acknowledged, and ${stored} are rows`)
  const acksPerS = result.ackedInTime / result.seconds
  const generatorUs = (result.cpuSeconds * 1e6) / result.sent
  cpuPerMillion[id] = {
    gateway: tenths(gatewayUs),
    clickhouse: tenths(clickhouseUs),
    generator: tenths(generatorUs),
  }
  const { p50, p99, max } = result
  say(
    `${id}: ${whole(acksPerS)} frames/s, acks p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)}, max ${max.toFixed(0)}; CPU by frame: gateway ${gatewayUs.toFixed(1)} µs, ClickHouse ${clickhouseUs.toFixed(1)}, generator ${generatorUs.toFixed(1)}; ${result.acked} acknowledged, ${stored} rows ${settledS.toFixed(1)} s after the last`,
  )
  return { load: result, acksPerS, gatewayUs, clickhouseUs }
}

async function rowsOf(gateway: BenchGateway, load: Omit<LoadOptions, 'port'>): Promise<number> {
  const [from, to] = [imeiOf(load.firstDevice), imeiOf(load.firstDevice + load.connections - 1)]
  const [{ n }] = await gateway.query<{ n: number }>(
    `SELECT count() AS n FROM waygate.fixes WHERE device_id BETWEEN '${from}' AND '${to}'`,
  )
  return n
}

async function bytesOnDisk(gateway: BenchGateway): Promise<void> {
  const [{ bytes }] = await gateway.query<{ bytes: number }>(
    `SELECT sum(bytes_on_disk) / sum(rows) AS bytes FROM system.parts WHERE database = 'waygate' AND table = 'fixes' AND active`,
  )
  row(GOALS.bytes, bytes)
}

/** Buffered frames. It is last: ClickHouse merges what came so fast for a while. */
async function burst(gateway: BenchGateway): Promise<void> {
  const load = { framesPerPacket: FRAMES_BUFFERED, seconds: Math.ceil(seconds / 6) }
  const { acksPerS } = await measure('S7', gateway, loadOf(load))
  row(GOALS.buffered, acksPerS, { limit: 'S6', ratio: acksPerS / sustained }, `, ${FRAMES_BUFFERED} a packet`)
}

/** An open loop at half of what was sustained. */
async function latency(gateway: BenchGateway): Promise<void> {
  const { load } = await measure('S11', gateway, loadOf({ rate: sustained / 2 }))
  row(GOALS.median, load.p50)
  row(GOALS.tail, load.p99)
  const [median, tail] = await syncsMs(gateway.directory)
  row(GOALS.medianOfDisk, median)
  row(GOALS.tailOfDisk, tail)
  say(`the generator was late by ${load.lateP99.toFixed(1)} ms or more in 1 of 100 packets; that counts as latency`)
}

/** What of that is for the disk: the same rate, with acks on receipt. */
async function latencyOnReceipt(): Promise<void> {
  const gateway = await start({ WAYGATE_JOURNAL_ACK: 'received' })
  try {
    const { load } = await measure('S11, on receipt', gateway, loadOf({ rate: sustained / 2 }))
    row(GOALS.medianOnReceipt, load.p50)
    row(GOALS.tailOnReceipt, load.p99)
  } finally {
    await gateway.remove()
  }
}

/** The same load, and a few trackers that look for their own fixes. */
async function visibility(gateway: BenchGateway): Promise<void> {
  const trackers = visibleAfterMs(gateway, firstDevice + connections)
  await measure('S12', gateway, loadOf({ rate: sustained / 2 }))
  const timesMs = await trackers.end()
  firstDevice += trackers.count
  if (timesMs.length === 0) throw new Error('S12: no fix was seen')
  const p99 = timesMs[Math.floor(0.99 * timesMs.length)]
  say(`S12: ${timesMs.length} fixes looked for`)
  row(GOALS.visible, p99, { limit: 'insert_ms', ratio: p99 / INSERT_MS })
}

async function knee(gateway: BenchGateway): Promise<void> {
  let last = 0
  for (let rate = sustained / 2; ; rate *= KNEE_STEP) {
    const { load } = await measure(`knee, ${whole(rate)}/s`, gateway, loadOf({ rate, seconds: Math.ceil(seconds / 4) }))
    const lost = load.sent - load.acked
    steps.push({ rate_per_s: Math.round(rate), p50_ms: tenths(load.p50), p99_ms: tenths(load.p99), lost })
    if (load.p99 > KNEE_P99_MS || lost > 0) break
    last = rate
  }
  row(GOALS.knee, last, { limit: 'S6', ratio: last / sustained }, `, ${KNEE_P99_MS} ms`)
}

/** Memory of connections that have logged in and are silent. */
async function idle(): Promise<void> {
  const count = Math.min(IDLE_CONNECTIONS, openFilesMax() - FILES_KEPT)
  const gateway = await start()
  try {
    // What the first few thousand make it reserve is not of single connections.
    const warm = await idleFleet({ ...loadOf({ connections: 1000 }), port: gateway.port })
    await warm.end()
    await Bun.sleep(3000)
    const resident = () => gateway.listenerPids.reduce((sum, pid) => sum + residentBytes(pid), 0)
    const before = resident()
    showProgress(`S10: ${count} connections`)
    const fleet = await idleFleet({
      ...loadOf({ connections: count, firstDevice: firstDevice + 1000 }),
      port: gateway.port,
    })
    await Bun.sleep(5000)
    const bytes = (resident() - before) / count
    await fleet.end()
    say(`S10: ${count} connections, ${whole(bytes)} bytes each`)
    row(GOALS.idle, bytes / 1024, undefined, `, ${count} of them`)
  } finally {
    await gateway.remove()
  }
}

/** CPU by fix at one rate, from more and more connections. */
async function growth(): Promise<void> {
  let first = 0
  for (const wantedConnections of FLEETS) {
    const count = Math.min(wantedConnections, openFilesMax() - FILES_KEPT)
    const gateway = await start()
    try {
      const load = loadOf({ connections: count, rate: FLEET_RATE, seconds: Math.max(10, Math.ceil(seconds / 3)) })
      const { gatewayUs, clickhouseUs } = await measure(`S14 ${count}`, gateway, load)
      const us = gatewayUs + clickhouseUs
      first ||= us
      const compared = { limit: `${FLEETS[0]} connections`, ratio: us / first }
      row(GOALS.growth, us, compared, ` at ${FLEET_RATE}/s from ${count} connections`)
    } finally {
      await gateway.remove()
    }
  }
}

/** Adds a line to the table, if its goal is wanted. */
function row(goal: Goal, value: number, compared?: Compared, detail?: string): void {
  if (wanted.has(goal.id)) rows.push(rowOf(goal, value, compared, detail))
}

function anyOf(...ids: string[]): boolean {
  return ids.some((id) => wanted.has(id))
}

function print(): void {
  showProgress('')
  const table = rows.map(({ id, what, value, unit, limit, ratio, must, goal, holds }) => ({
    '': id,
    what,
    measured: `${value >= 100 ? whole(value) : value.toFixed(1)} ${unit}`,
    limit: ratio === null ? limit : `${ratio.toFixed(2)} × ${limit}`,
    must,
    goal,
    holds: holds ? 'yes' : 'NO',
  }))
  console.table(table)
  process.stdout.write('CPU seconds by million fixes\n')
  console.table(cpuPerMillion)
}

function report(): EndToEndRecord {
  return {
    ...circumstances(revision),
    protocol: values.protocol,
    connections,
    seconds,
    ablation: values.ablation,
    rows: rows.map(({ id, what, value, unit, limit, ratio, must, goal }) => ({
      id,
      what,
      value: rounded(value),
      unit,
      limit,
      ratio: ratio === null ? null : rounded(ratio),
      must,
      goal,
    })),
    steps,
    cpu_seconds_per_million: cpuPerMillion,
  }
}

/** Three digits: the fourth is noise. */
function rounded(value: number): number {
  return Number(value.toPrecision(3))
}

function whole(value: number): string {
  return Math.round(value).toLocaleString('en')
}

function say(line: string): void {
  showProgress('')
  process.stdout.write(`${line}\n`)
}

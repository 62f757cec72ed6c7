/**
 * Every fixture and, where it is at hand, every vector of the specification, sent to the port in three ways (TCP at once,
 * TCP byte by byte, UDP), with the exact replies, and read back with SQL. Lines that need an option go to a gateway started
 * with it; what a line says of the time of its receipt is compared in the codec tests, where that can be set.
 */
import { afterAll, expect, test } from 'bun:test'
import { readFileSync, writeFileSync } from 'node:fs'
import { createConnection, type Socket } from 'node:net'
import { join } from 'node:path'
import { codecOptions, createCodecs } from '../../src/codecs/registry.ts'
import type { Row } from '../../src/codecs/row.ts'
import { startGatewayProcess, sum, type GatewayProcess } from './gateway-process.ts'
import { EXCEPTIONS, failing, portCases, type PortCase } from './vector-cases.ts'

const protocols = createCodecs(codecOptions.parse({})).map((codec) => codec.name)
const cases = protocols.flatMap(portCases)
type Way = 'tcp' | 'tcp byte by byte' | 'udp'

/** Connections at a time. */
const TOGETHER = 150
const ANSWER_MS = 5000
const STARTED_TOGETHER = 3

interface Target {
  gateway: GatewayProcess
  database: string
}
const running: GatewayProcess[] = []
afterAll(async () => {
  // The first one has the ClickHouse of all.
  for (const gateway of running.toReversed()) await gateway.remove()
})

/** Lines of one set can share a gateway. */
const setOf = ({ options, devices }: Pick<PortCase, 'options' | 'devices'>) => JSON.stringify([options, devices])

const tomlOf = ({ id, form, timezoneMinutes }: PortCase['devices'][number]) =>
  `[[device]]\nid = "${id}"\n${form === undefined ? '' : `form = "${form}"\n`}${timezoneMinutes === undefined ? '' : `timezone_minutes = ${timezoneMinutes}\n`}`

/** One gateway with the defaults, and one for each further set of options; all write to the first one's ClickHouse. */
async function startTargets(): Promise<(Target & { own: PortCase[] })[]> {
  const first = await startGatewayProcess()
  running.push(first)
  /** Sets of options of each protocol, defaults first; set i of every protocol goes to gateway i. */
  const sets = new Map(protocols.map((protocol) => [protocol, [setOf({ options: {}, devices: [] })]]))
  const own: PortCase[][] = []
  for (const each of cases) {
    const known = sets.get(each.protocol)!
    const set = setOf(each)
    if (!known.includes(set)) known.push(set)
    ;(own[known.indexOf(set)] ??= []).push(each)
  }
  const targets = [{ gateway: first, database: 'waygate', own: own[0] }]
  const password = writerSecret()
  for (let index = 1; index < own.length; index += STARTED_TOGETHER)
    targets.push(
      ...(await Promise.all(
        own.slice(index, index + STARTED_TOGETHER).map(async (group, at) => {
          const database = `options_${index + at}`
          const environment: Record<string, string> = {
            WAYGATE_CLICKHOUSE_URL: `http://127.0.0.1:${first.clickhousePort}`,
            WAYGATE_CLICKHOUSE_USERNAME: 'gateway',
            WAYGATE_CLICKHOUSE_PASSWORD: password,
            WAYGATE_CLICKHOUSE_DATABASE: database,
          }
          const devices = new Set(group.flatMap((each) => each.devices.map(tomlOf)))
          if (devices.size > 0) {
            environment.WAYGATE_DEVICES_FILE = join(first.directory, `devices-${index + at}.toml`)
            writeFileSync(environment.WAYGATE_DEVICES_FILE, [...devices].join(''))
          }
          for (const { protocol, options } of group)
            for (const [name, value] of Object.entries(options))
              environment[`WAYGATE_CODECS_${protocol}_${name}`.toUpperCase()] = String(value)
          const gateway = await startGatewayProcess(environment)
          running.push(gateway)
          return { gateway, database, own: group }
        }),
      )),
    )
  return targets
}

/** A client of one case: what it got back, and whether that is all it will get. */
interface Client {
  readonly wanted: PortCase
  received(): string
  done(): boolean
  send(): void
  /** Sends the next byte; false when there is none. */
  sendByte(): boolean
  close(): void
}

function tcpClient({ gateway }: Target, wanted: PortCase): Promise<Client> {
  const bytes = Buffer.concat([wanted.login, wanted.bytes])
  let at = 0
  let received = ''
  let ended = false
  return new Promise((resolve, reject) => {
    const socket: Socket = createConnection(
      { port: gateway.port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true },
      () =>
        resolve({
          wanted,
          received: () => received,
          done: () => ended,
          // The FIN ends what lacks its terminator.
          send: () => void socket.end(bytes),
          sendByte: () => {
            if (at === bytes.length) return false
            socket.write(bytes.subarray(at, ++at))
            if (at === bytes.length) socket.end()
            return true
          },
          close: () => void socket.destroy(),
        }),
    )
    socket.on('data', (chunk: Buffer) => (received += chunk.toString('hex')))
    socket.on('end', () => (ended = true))
    socket.on('error', reject)
  })
}

async function udpClient({ gateway }: Target, wanted: PortCase): Promise<Client> {
  const received: string[] = []
  const socket = await Bun.udpSocket({
    connect: { hostname: '127.0.0.1', port: gateway.port },
    socket: { data: (_, bytes) => void received.push(bytes.toString('hex')) },
  })
  const want = wantedAck(wanted, 'udp')
  return {
    wanted,
    received: () => received.join(''),
    done: () => received.join('').length >= (want?.length ?? 1),
    send: () => {
      if (wanted.login.length > 0) socket.send(wanted.login)
      socket.send(wanted.bytes)
    },
    sendByte: () => false,
    close: () => socket.close(),
  }
}

/** The exact reply, or null where it holds the time. A new peer of UDP gets none that is longer than what it sent. */
function wantedAck({ login, loginAck, ack, ackBytes, bytes }: PortCase, way: Way): string | null {
  if (way === 'udp' && login.length === 0 && ackBytes > bytes.length) return ''
  return ack === null ? null : loginAck + ack
}

/** Groups to be sent together. Equal content of one device and millisecond is one row of frames: it goes into several. */
function groupsOf(all: readonly PortCase[]): PortCase[][] {
  const groups: { contents: Set<string>; own: PortCase[] }[] = []
  for (const each of all) {
    const contents = each.frames.map(({ content }) => content)
    let group = groups.find((some) => some.own.length < TOGETHER && !contents.some((word) => some.contents.has(word)))
    if (!group) groups.push((group = { contents: new Set(), own: [] }))
    group.own.push(each)
    for (const word of contents) group.contents.add(word)
  }
  return groups.map(({ own }) => own)
}

async function sendAll(target: Target, all: readonly PortCase[], way: Way): Promise<string[]> {
  const failures: string[] = []
  // Sockets of UDP stay open to the end: a peer with a port seen before would be a known one.
  const sockets: Client[] = []
  for (const group of groupsOf(all)) {
    const clients = await Promise.all(
      group.map((each) => (way === 'udp' ? udpClient(target, each) : tcpClient(target, each))),
    )
    if (way === 'tcp byte by byte') {
      let open = clients
      while (open.length > 0) {
        open = open.filter((client) => client.sendByte())
        await Bun.sleep(0)
      }
    } else for (const client of clients) client.send()
    const deadline = Date.now() + ANSWER_MS
    while (!clients.every((client) => client.done()) && Date.now() < deadline) await Bun.sleep(5)
    for (const client of clients) {
      const want = wantedAck(client.wanted, way)
      if (want !== null && client.received() !== want)
        failures.push(`${client.wanted.id}: reply ${client.received() || 'none'} instead of ${want || 'none'}`)
      if (way === 'udp') sockets.push(client)
      else client.close()
    }
  }
  for (const client of sockets) client.close()
  return failures
}

/** Waits until nothing arrives any more and every row of what arrived is stored. */
async function settled({ gateway }: Target): Promise<void> {
  for (let before = -1; ;) {
    const metrics = await gateway.metrics()
    const received = sum(metrics, 'waygate_received_bytes_total')
    const waiting = sum(metrics, 'waygate_frames_waiting') + sum(metrics, 'waygate_rows_waiting')
    const open = sum(metrics, 'waygate_sessions', '"tcp"')
    if (received === before && waiting === 0 && open === 0) return
    before = received
    await Bun.sleep(150)
  }
}

/** Empties the tables of what one way has brought: a record that comes again by another is one row, the first. */
async function forget({ database }: Target): Promise<void> {
  for (const table of ['fixes', 'telemetry', 'alarms']) {
    const response = await fetch(`http://127.0.0.1:${running[0].clickhousePort}/`, {
      method: 'POST',
      headers: { 'X-ClickHouse-User': 'gateway', 'X-ClickHouse-Key': writerSecret() },
      body: `TRUNCATE TABLE ${database}.${table}`,
    })
    if (!response.ok) throw new Error(await response.text())
  }
}

const writerSecret = () => readFileSync(join(running[0].directory, 'clickhouse/writer.secret'), 'utf8').trim()

interface Stored {
  /** Ids of frames, by device and bytes in hex. */
  ids: Map<string, Set<string>>
  /** Bytes of frames by their device and id: more than one, where only serial or checksum differ. */
  bytesOf: Map<string, Set<string>>
  rows: Map<string, Row[]>
  ofDevice: Map<string, Row[]>
  /** Rejects in hex with their reason. */
  rejects: Map<string, Set<string>>
}

async function readStored({ database }: Target, transport: string, sinceMs: number): Promise<Stored> {
  const query = <T>(sql: string) => running[0].query<T>(sql)
  const received = `received_at >= fromUnixTimestamp64Milli(${sinceMs}) AND transport = '${transport}'`
  const [frames, fixes, telemetry, rejects] = await Promise.all([
    query<{ device: string; id: string; hex: string }>(
      `SELECT device_id AS device, toString(frame_id) AS id, lower(hex(frame)) AS hex FROM ${database}.frames WHERE ${received}`,
    ),
    query<Row>(
      `SELECT 'fixes' AS table, *, latitude, longitude, toString(frame_id) AS frame FROM ${database}.fixes WHERE ${received} ORDER BY record`,
    ),
    query<Row>(
      `SELECT 'telemetry' AS table, *, toString(frame_id) AS frame FROM ${database}.telemetry WHERE ${received} ORDER BY record`,
    ),
    query<{ reason: string; hex: string }>(
      `SELECT reason, lower(hex(bytes)) AS hex FROM ${database}.rejects WHERE ${received}`,
    ),
  ])
  const utc = (time: unknown) => (time === null ? null : `${String(time).replace(' ', 'T')}Z`)
  for (const row of fixes) row.fix_time = utc(row.fix_time)
  for (const row of telemetry) row.sent_at = utc(row.sent_at)
  const sets = <T>(all: T[], keyOf: (each: T) => string, valueOf: (each: T) => string) =>
    new Map(Array.from(Map.groupBy(all, keyOf), ([key, some]) => [key, new Set(some.map(valueOf))]))
  return {
    ids: sets(
      frames,
      ({ device, hex }) => `${device} ${hex}`,
      ({ id }) => id,
    ),
    bytesOf: sets(
      frames,
      ({ device, id }) => `${device} ${id}`,
      ({ hex }) => hex,
    ),
    rows: Map.groupBy(
      [...fixes, ...telemetry].toSorted((a, b) => Number(a.record) - Number(b.record)),
      (row) => `${row.device_id as string} ${row.frame as string}`,
    ),
    ofDevice: Map.groupBy([...fixes, ...telemetry], (row) => row.device_id as string),
    rejects: sets(
      rejects,
      ({ hex }) => hex,
      ({ reason }) => reason,
    ),
  }
}

/** Records that several lines bring, in frames of different bytes: one row, of whichever came first. */
const shared = (() => {
  const contents = new Map<string, Set<string>>()
  for (const { options, frames } of cases)
    for (const { hex, records } of frames)
      for (const record of records) {
        const key = `${JSON.stringify(options)} ${record}`
        contents.set(key, (contents.get(key) ?? new Set()).add(hex))
      }
  return new Set([...contents].filter(([, some]) => some.size > 1).map(([key]) => key))
})()
const isShared = ({ options, frames }: PortCase) =>
  frames.some(({ records }) => records.some((record) => shared.has(`${JSON.stringify(options)} ${record}`)))
/** Equal frames of one device, which decode to other rows because of what came before: the row is that of the first. */
const DECIDED_BEFORE: Record<string, string> = {
  'gps103-letters-missing-remembered': 'one row with gps103-letters-missing',
}
/** What all copies of a record agree on. */
const OF_THE_RECORD = new Set(['fix_time', 'latitude', 'longitude', 'speed_kph', 'course', 'altitude', 'device_id'])

function compare(each: PortCase, stored: Stored): string[] {
  const wrong: string[] = []
  const rows: Row[] = []
  let ambiguous = false
  for (const { hex, device, reject } of each.frames) {
    if (device === '' || reject === 'bad_identity') {
      if (!stored.rejects.has(hex)) wrong.push(`no reject ${hex}`)
      continue
    }
    const ids = stored.ids.get(`${device} ${hex}`)
    if (!ids) wrong.push(`no frame of ${device}: ${hex}`)
    if (reject !== null && !stored.rejects.get(hex)?.has(reject)) wrong.push(`no reject ${reject}: ${hex}`)
    if (isShared(each)) rows.push(...(stored.ofDevice.get(device) ?? []))
    for (const id of ids ?? []) {
      if (!isShared(each)) rows.push(...(stored.rows.get(`${device} ${id}`) ?? []))
      if (stored.bytesOf.get(`${device} ${id}`)!.size > 1) ambiguous = true
    }
  }
  for (const { row, kind, expect } of each.expectations)
    for (const name of failing(rows, { row: isShared(each) ? null : row, kind, expect })) {
      if (isShared(each) && !OF_THE_RECORD.has(name)) continue
      // Repetitions that differ in their serials are one record: which of the serials its row has is open.
      if (ambiguous && (name === 'serial' || name === 'sequence')) continue
      wrong.push(`${name}: want ${JSON.stringify(expect[name])}; rows ${JSON.stringify(rows)}`)
    }
  return wrong
}

test('every line of fixtures and vectors, over TCP, over TCP byte by byte and over UDP, gives its replies and rows', async () => {
  const targets = await startTargets()
  const failures: string[] = []
  for (const way of ['tcp', 'tcp byte by byte', 'udp'] as const) {
    const sinceMs = Date.now()
    const said = await Promise.all(targets.map((target) => sendAll(target, target.own, way)))
    failures.push(...said.flat().map((failure) => `${way}: ${failure}`))
    await Promise.all(targets.map(settled))
    const transport = way === 'udp' ? 'udp' : 'tcp'
    const read = await Promise.all(targets.map((target) => readStored(target, transport, sinceMs)))
    for (const [index, stored] of read.entries())
      for (const each of targets[index].own) {
        if (each.id in DECIDED_BEFORE) continue
        const wrong = compare(each, stored)
        if (wrong.length > 0) failures.push(`${way}: ${each.id}: ${wrong.join('; ')}`)
      }
    await Promise.all(targets.map(forget))
  }
  console.table(
    Object.fromEntries(
      protocols.map((protocol) => {
        const own = cases.filter((each) => each.protocol === protocol)
        return [
          protocol,
          {
            fixtures: own.filter((each) => !each.specification).length,
            vectors: own.filter((each) => each.specification).length,
            'with an option': own.filter((each) => Object.keys(each.options).length > 0).length,
            'with a login first': own.filter((each) => each.login.length > 0).length,
            'exact replies': own.filter((each) => each.ack !== null).length,
            'part depends on the time': own.filter((each) => each.dependent.length > 0).length,
          },
        ]
      }),
    ),
  )
  const notes = cases
    .filter((each) => each.dependent.length > 0)
    .map((each) => `${each.id}: not compared, as they depend on the time of receipt: ${each.dependent.join(', ')}`)
  console.log(notes.join('\n'))
  const excepted = { ...EXCEPTIONS, ...DECIDED_BEFORE }
  for (const { id } of cases) if (id in excepted) console.log(`${id}: ${excepted[id]}`)
  console.log(
    `one row with other lines: ${cases
      .filter(isShared)
      .map(({ id }) => id)
      .join(', ')}`,
  )
  expect(failures).toEqual([])
  expect(cases.length).toBeGreaterThan(1200)
}, 180_000)

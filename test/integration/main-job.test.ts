/** Trackers on the port become rows in ClickHouse: the whole path, from socket to query. */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { readdirSync } from 'node:fs'
import { createClient } from '@clickhouse/client'
import { eventually, startGatewayProcess, sum, tcpClient, type GatewayProcess } from './gateway-process.ts'

let gateway: GatewayProcess
beforeAll(async () => {
  gateway = await startGatewayProcess()
})
afterAll(() => gateway.remove())

const hex = (text: string) => Uint8Array.from(Buffer.from(text, 'hex'))
// Frames of a GT06 tracker with IMEI 869170031234567, driving in Pune, 2026-03-14. Made for the protocol page.
const LOGIN = '78781101086917003123456720032122000100b10d0a'
const LOCATIONS = [
  '787822221a030e072d09cb01fcadc607ec893b3614890194161f2a00b3c40100000003d3af0d0a',
  '787826221a030e072d27cb01fcb27c07ec8e8c3314620194161f2a00b3c40102000012d6870004e5570d0a',
  '787822221a030e060102c90286d5980500d27221190f02d405c30e00a98a010001000567f80d0a',
]
const HEARTBEAT = '78780a134706040002000227210d0a'
const SOS = '787825261a030e080000cc01fcadc607ec893b00142d090194161f2a00b3c46606040102000826d30d0a'
const ACKS = '787805010001d9dc0d0a787805220003' // login, then the first location's begins

test('a GT06 login, locations, a heartbeat and an SOS over TCP are acknowledged byte by byte and readable with SQL', async () => {
  const client = await tcpClient(gateway.port)
  client.write(hex(LOGIN))
  await eventually(
    async () => client.received,
    (got) => got.length === 20,
  )
  expect(client.received).toBe('787805010001d9dc0d0a')
  client.write(hex(LOCATIONS.join('') + HEARTBEAT + SOS))
  await eventually(
    async () => client.received,
    (got) => got.length === 120,
  )
  expect(client.received.startsWith(ACKS)).toBe(true)
  expect(client.received.slice(20, 40)).toBe('78780522000316910d0a')
  expect(client.received.slice(40, 60)).toBe('787805220004622e0d0a')
  expect(client.received.slice(80, 100)).toBe('787805130002db6a0d0a')
  expect(client.received.slice(100, 120)).toBe('787805260008cb230d0a')

  const fixes = await eventually(
    () =>
      gateway.query(
        `SELECT *, latitude, longitude FROM waygate.fixes WHERE device_id = '869170031234567' ORDER BY fix_time`,
      ),
    (rows) => rows.length === 4,
  )
  expect(fixes.map((row) => row.fix_time)).toEqual([
    '2026-03-14 06:01:02.000',
    '2026-03-14 07:45:09.000',
    '2026-03-14 07:45:39.000',
    '2026-03-14 08:00:00.000',
  ])
  expect(fixes[1]).toMatchObject({
    protocol: 'gt06',
    transport: 'tcp',
    speed_kph: 54,
    course_deg: 137,
    satellites: 11,
    valid: true,
    ignition: true,
    mcc: 404,
    mnc: 22,
    lac: 7978,
    cell_id: 46020,
  })
  expect(fixes[1]!.latitude).toBeCloseTo(18.52043, 6)
  expect(fixes[1]!.longitude).toBeCloseTo(73.856744, 6)
  expect(fixes[0]!.latitude).toBeCloseTo(-23.55052, 6)
  expect(fixes[0]!.longitude).toBeCloseTo(-46.633308, 6)
  expect(fixes[0]!.buffered).toBe(true)
  expect(fixes[2]!.odometer_km).toBeCloseTo(1234.567, 3)
  expect(fixes[3]!.alarms).toEqual(['sos'])

  // The tables of a group are inserted side by side.
  const rows = (sql: string, count = 1) =>
    eventually(
      () => gateway.query(sql),
      (found) => found.length === count,
    )
  const alarms = await rows(
    `SELECT alarm, alarm_time, latitude FROM waygate.alarms WHERE device_id = '869170031234567'`,
  )
  expect(alarms).toMatchObject([{ alarm: 'sos', alarm_time: '2026-03-14 08:00:00.000' }])
  const telemetry = await rows(
    `SELECT message, ignition, charging, battery_pct, rssi FROM waygate.telemetry WHERE device_id = '869170031234567'`,
  )
  expect(telemetry).toEqual([{ message: 'gt06.13', ignition: true, charging: true, battery_pct: 100, rssi: 4 }])
  const frames = await rows(
    `SELECT lower(hex(frame)) AS bytes FROM waygate.frames WHERE device_id = '869170031234567'`,
    6,
  )
  expect(frames.map((row) => row.bytes as string).toSorted()).toEqual([LOGIN, ...LOCATIONS, HEARTBEAT, SOS].toSorted())
  client.end()
})

test('the same locations over UDP are acknowledged datagram by datagram, and are no second fixes', async () => {
  const replies: string[] = []
  const socket = await Bun.udpSocket({
    connect: { hostname: '127.0.0.1', port: gateway.port },
    socket: { data: (_, datagram) => void replies.push(datagram.toString('hex')) },
  })
  for (const frame of [LOGIN, ...LOCATIONS]) socket.send(hex(frame))
  await eventually(
    async () => replies.length,
    (count) => count === 4,
  )
  expect(replies).toEqual([
    '787805010001d9dc0d0a',
    '78780522000316910d0a',
    '787805220004622e0d0a',
    expect.stringMatching(/^787805220005/) as unknown as string,
  ])
  socket.close()
  await eventually(
    () =>
      gateway.query(
        `SELECT count() AS n FROM waygate.frames WHERE device_id = '869170031234567' AND transport = 'udp'`,
      ),
    (rows) => rows[0]!.n === 4,
  )
  await gateway.settled()
  const [row] = await gateway.query(`SELECT count() AS n FROM waygate.fixes WHERE device_id = '869170031234567'`)
  expect(row!.n).toBe(4)
})

test('a TK103B logon, heartbeat, reports and help me are answered and stored', async () => {
  const client = await tcpClient(gateway.port)
  const text = () => Buffer.from(client.received, 'hex').toString('latin1')
  client.write('##,imei:864893031234567,A;')
  await eventually(
    async () => text(),
    (got) => got === 'LOAD',
  )
  client.write('864893031234567;')
  await eventually(
    async () => text(),
    (got) => got === 'LOADON',
  )
  client.write(
    'imei:864893031234567,tracker,260314235902,,F,205902.000,A,5130.4521,N,00007.6512,W,12.40,278.15,,1,0,42.50%,,+19;',
  )
  client.write('imei:864893031234567,help me,260314120500,,F,090500.000,A,4021.7730,N,02955.0017,E,0.00,0;')
  await eventually(
    async () => text(),
    (got) => got.endsWith('E;'),
  )
  expect(text()).toBe('LOADON**,imei:864893031234567,E;')
  const fixes = await eventually(
    () =>
      gateway.query(
        `SELECT fix_time, latitude, longitude, speed_kph, ignition, alarms FROM waygate.fixes WHERE device_id = '864893031234567' ORDER BY fix_time`,
      ),
    (rows) => rows.length === 2,
  )
  expect(fixes[1]).toMatchObject({ fix_time: '2026-03-14 20:59:02.000', ignition: true, alarms: [] })
  expect(fixes[1]!.latitude).toBeCloseTo(51.507535, 6)
  expect(fixes[1]!.longitude).toBeCloseTo(-0.12752, 6)
  expect(fixes[1]!.speed_kph).toBeCloseTo(22.965, 3)
  expect(fixes[0]!.alarms).toEqual(['sos'])
  client.end()
})

test('a stream cut at any byte gives the same acks', async () => {
  const stream = hex(LOGIN + LOCATIONS[0] + SOS)
  const expected = ['787805010001d9dc0d0a', '78780522000316910d0a', '787805260008cb230d0a'].join('')
  for (let cut = 1; cut < stream.length; cut++) {
    const client = await tcpClient(gateway.port)
    client.write(stream.subarray(0, cut))
    await Bun.sleep(2)
    client.write(stream.subarray(cut))
    await eventually(
      async () => client.received,
      (got) => got.length >= expected.length,
    )
    expect([cut, client.received]).toEqual([cut, expected])
    client.end()
  }
}, 30_000)

test('a stream that arrives byte by byte gives the same acks', async () => {
  const client = await tcpClient(gateway.port)
  for (const byte of hex(LOGIN + LOCATIONS[0] + HEARTBEAT)) {
    client.write(Uint8Array.of(byte))
    await Bun.sleep(1)
  }
  await eventually(
    async () => client.received,
    (got) => got.length >= 60,
  )
  expect(client.received).toBe(['787805010001d9dc0d0a', '78780522000316910d0a', '787805130002db6a0d0a'].join(''))
  client.end()
})

test('a stock ClickHouse client reads latest_fixes: one row a device, the newest valid fix', async () => {
  const client = createClient({ url: `http://127.0.0.1:${gateway.clickhousePort}` })
  const answer = await client.query({
    query: 'SELECT fix_time, latitude FROM waygate.latest_fixes WHERE device_id = {id:String}',
    query_params: { id: '869170031234567' },
    format: 'JSONEachRow',
  })
  expect(await answer.json()).toEqual([{ fix_time: '2026-03-14 08:00:00.000', latitude: expect.closeTo(18.52043, 6) }])
  await client.close()
})

test('two trackers whose frames are glued into one stream never write to each other', async () => {
  const client = await tcpClient(gateway.port)
  client.write(
    Buffer.concat([
      hex(LOGIN),
      Buffer.from('imei:864893039999999,tracker,260314235902,,F,205902.000,A,5130.4521,N,00007.6512,W,1,2;'),
    ]),
  )
  await eventually(
    async () => client.received,
    (got) => got.length >= 20,
  )
  client.end()
  const rejects = await eventually(
    () => gateway.query(`SELECT reason FROM waygate.rejects WHERE position(bytes, '864893039999999') > 0`),
    (rows) => rows.length > 0,
  )
  expect(rejects.length).toBe(1)
  await gateway.settled()
  expect(await gateway.query(`SELECT * FROM waygate.fixes WHERE device_id = '864893039999999'`)).toEqual([])
})

test('noise, scanners and endless lines are counted and kept, and healthy sessions do not notice', async () => {
  const healthy = await tcpClient(gateway.port)
  healthy.write('##,imei:864893031111111,A;')
  await eventually(
    async () => healthy.received,
    (got) => got !== '',
  )

  const noise = await tcpClient(gateway.port)
  const random = crypto.getRandomValues(new Uint8Array(65_536))
  random[0] = 0 // opens like no protocol
  for (let sent = 0; sent < 16; sent++) noise.write(random)
  const scanner = await tcpClient(gateway.port)
  scanner.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
  const endless = await tcpClient(gateway.port)
  endless.write('imei:864893032222222,tracker,')
  for (let sent = 0; sent < 160 && !endless.ended; sent++) {
    endless.write('x'.repeat(65_536))
    await Bun.sleep(1)
  }
  await eventually(async () => noise.ended && scanner.ended, Boolean)
  expect(noise.ended && scanner.ended).toBe(true)

  healthy.received = ''
  healthy.write('864893031111111;')
  await eventually(
    async () => healthy.received,
    (got) => got !== '',
  )
  expect(Buffer.from(healthy.received, 'hex').toString()).toBe('ON')
  for (const client of [healthy, endless]) client.end()
  const metrics = await gateway.metrics()
  expect(sum(metrics, 'waygate_rejects_total', 'not_a_tracker')).toBe(1)
  expect(sum(metrics, 'waygate_rejects_total', 'unknown_protocol')).toBeGreaterThanOrEqual(1)
  expect(sum(metrics, 'waygate_rejects_total', 'garbage')).toBeGreaterThanOrEqual(1)
})

test('the ledger holds: every byte in one counter, every frame decoded or waiting, every row stored or waiting', async () => {
  const metrics = await eventually(
    () => gateway.metrics(),
    (now) => sum(now, 'waygate_frames_waiting') === 0 && sum(now, 'waygate_rows_waiting') === 0,
  )
  const total = (name: string, label = '') => sum(metrics, `waygate_${name}`, label)
  expect(total('received_bytes_total')).toBe(
    total('frame_bytes_total') +
      total('reject_bytes_total') +
      total('padding_bytes_total') +
      total('dropped_bytes_total') +
      total('window_bytes'),
  )
  expect(total('frames_total')).toBe(total('frames_decoded_total'))
  expect(total('rows_decoded_total')).toBe(total('rows_stored_total'))
  const [stored] = await gateway.query('SELECT count() AS n FROM waygate.frames')
  expect(stored!.n).toBe(total('rows_stored_total', 'frames'))
})

test('readiness and health answer', async () => {
  const ready = await fetch(`http://127.0.0.1:${gateway.httpPort}/readyz`)
  expect([ready.status, await ready.json()]).toEqual([
    200,
    { ready: true, listening: 'ok', devices: 'ok', journal: 'ok', clickhouse: 'ok' },
  ])
  expect(await (await fetch(`http://127.0.0.1:${gateway.httpPort}/healthz`)).text()).toBe('ok\n')
})

test('a scrape knows the open files, and does not walk the heap', async () => {
  const metrics = await gateway.metrics()
  const open = readdirSync(`/proc/${gateway.pid}/fd`).length
  expect(Math.abs(metrics.get('process_open_fds')! - open)).toBeLessThan(10)
  expect(metrics.get('process_resident_memory_bytes')).toBeGreaterThan(0)
  expect([...metrics.keys()].filter((key) => key.startsWith('nodejs_heap_space'))).toEqual([])
})

test('SIGTERM ends the gateway with 0, with everything inserted and a row per session', async () => {
  const client = await tcpClient(gateway.port)
  client.write(hex(LOGIN + SOS))
  await eventually(
    async () => client.received,
    (got) => got.length === 40,
  )
  const started = Date.now()
  gateway.kill('SIGTERM')
  expect(await gateway.exited).toBe(0)
  expect(Date.now() - started).toBeLessThan(10_000)
  gateway = await gateway.restart()
  const rows = await gateway.query(
    `SELECT reason, attributes FROM waygate.sessions WHERE device_id = '869170031234567' AND reason = 'gateway_stopped'`,
  )
  expect(rows.length).toBe(2) // this connection, and the UDP peer of the test above
  expect(rows[0]!.attributes).toMatchObject({ timezone_minutes: 330, language: 2 })
  const waiting = await gateway.metrics()
  expect(sum(waiting, 'waygate_frames_replayed_total')).toBe(0)
})

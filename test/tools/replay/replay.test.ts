/** `replay` beside a running gateway: into its ClickHouse and to its port. */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { heartbeat, location22, login } from '../../../src/codecs/gt06/encode.ts'
import {
  eventually,
  ROOT,
  startGatewayProcess,
  tcpClient,
  type GatewayProcess,
} from '../../integration/gateway-process.ts'
import { ethernet, Flag, ipv4, pcap, tcp } from './captures.ts'

const IMEI = '861230043210077'
const T0 = Math.floor(Date.now() / 1000) * 1000 - 3_600_000
const CELL = { mcc: 262, mnc: 1, lac: 1, cid: 2 }
let gateway: GatewayProcess

beforeAll(async () => {
  gateway = await startGatewayProcess()
})
afterAll(() => gateway.remove())

const fixOf = (second: number) =>
  location22(
    { timeMs: T0 + 1000 * second, latitude: 52.1, longitude: 13.2, speedKph: 40, courseDeg: 90 },
    CELL,
    {},
    second,
  )

async function run(...options: string[]): Promise<string> {
  const child = Bun.spawn([process.execPath, join(ROOT, 'src/tools/replay.main.ts'), ...options], {
    cwd: gateway.directory,
    env: {
      ...process.env,
      WAYGATE_GATEWAY_PORT: String(gateway.port),
      WAYGATE_EMBEDDED_PATH: join(gateway.directory, 'clickhouse'),
      WAYGATE_EMBEDDED_PORT: String(gateway.clickhousePort),
    },
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const [out, errors] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()])
  if ((await child.exited) !== 0) throw new Error(errors)
  return out
}
const file = (name: string, content: string | Uint8Array) => {
  const path = join(gateway.directory, name)
  writeFileSync(path, content)
  return path
}
const counts = async () => {
  const count = (table: string) => `(SELECT count() FROM waygate.${table}) AS ${table}`
  const [row] = await gateway.query<Record<string, number>>(
    `SELECT ${['fixes', 'telemetry', 'frames'].map(count).join(', ')}`,
  )
  return row!
}
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

test('replay: frames that the gateway took live are recognised, and nothing doubles', async () => {
  const frames = [login({ imei: IMEI }, 1), fixOf(1), fixOf(2), heartbeat({ acc: true }, 4)]
  const client = await tcpClient(gateway.port)
  client.write(Buffer.concat(frames))
  await eventually(counts, ({ fixes, telemetry }) => fixes === 2 && telemetry === 1)
  await gateway.settled()
  const live = await counts()
  expect(live).toEqual({ fixes: 2, telemetry: 1, frames: 4 })

  const [received] = await gateway.query<{ at: number }>(
    `SELECT toUnixTimestamp64Milli(max(received_at)) AS at FROM waygate.frames`,
  )
  const address = { from: ['192.0.2.7', 40_000], to: ['10.0.0.1', gateway.port] } as const
  let sequence = 1
  const packets = frames.map((payload) => {
    const segment = tcp({ from: [...address.from], to: [...address.to], sequence, flags: Flag.ack, payload })
    sequence += payload.length
    return { ms: received!.at + 20, bytes: ethernet(0x0800, ipv4('192.0.2.7', '10.0.0.1', 6, segment)) }
  })
  expect(await run(file('live.pcap', pcap(packets)))).toContain('4 frames of 1 devices, 4 of them stored before')
  expect(await counts()).toEqual(live)
})

test('replay: a hex dump of a session becomes its rows, once however often it runs', async () => {
  const lines = [login({ imei: IMEI.replace('77', '78') }, 1), fixOf(3), fixOf(4), heartbeat({ acc: true }, 4)].map(hex)
  const path = file('session.txt', `# a session\n${lines.join('\n')}\nno hex\n`)
  const before = await counts()
  const first = await run(path)
  expect(first).toContain('4 frames of 1 devices, 0 of them stored before')
  expect(first).toContain('not used: line 6: neither hex nor a time and hex')
  const after = { fixes: before.fixes! + 2, telemetry: before.telemetry! + 1, frames: before.frames! + 4 }
  expect(await counts()).toEqual(after)
  expect(await run(path)).toContain('4 frames of 1 devices, 4 of them stored before')
  expect(await counts()).toEqual(after)
})

test('replay: what was deleted comes back, what no codec takes is kept once', async () => {
  const imei = IMEI.replace('77', '80')
  const fix = fixOf(9)
  const lines = [login({ imei }, 1), fix].map(hex)
  const path = file('again.txt', lines.join('\n'))
  await run(path)
  const fixes = () => gateway.query(`SELECT fix_time FROM waygate.fixes WHERE device_id = '${imei}'`)
  expect(await fixes()).toHaveLength(1)
  const secret = readFileSync(join(gateway.directory, 'clickhouse/writer.secret'), 'utf8').trim()
  await fetch(`http://127.0.0.1:${gateway.clickhousePort}/`, {
    method: 'POST',
    headers: { 'X-ClickHouse-User': 'gateway', 'X-ClickHouse-Key': secret },
    body: `DELETE FROM waygate.fixes WHERE device_id = '${imei}'`,
  })
  expect(await fixes()).toHaveLength(0)
  await run(path)
  expect(await fixes()).toHaveLength(1)
})

test('replay: equal frames of two recordings, and of one, are as many as there were', async () => {
  const imei = IMEI.replace('77', '81')
  const beat = hex(heartbeat({ acc: true }, 4))
  const at = (ms: number, bytes: string) => `${new Date(T0 + ms).toISOString()} ${bytes}`
  const session = [at(0, hex(login({ imei }, 1))), at(1000, beat), at(61_000, beat), at(121_000, beat)].join('\n')
  const later = session.replaceAll('.000Z', '.020Z')
  await run(file('one.txt', session), file('two.txt', later))
  const beats = () => gateway.query(`SELECT received_at FROM waygate.telemetry WHERE device_id = '${imei}'`)
  expect(await beats()).toHaveLength(3)
})

test('replay: an SD card log, and the same sentence live, are one fix', async () => {
  const day = new Date(T0).toISOString().slice(2, 10).replaceAll('-', '')
  const sentence = (time: string) =>
    `imei:359586018966098,tracker,${day}${time.slice(0, 4)},,F,${time}.000,A,2234.0297,N,11405.9101,E,12.5,90;`
  const client = await tcpClient(gateway.port)
  client.write(sentence('010203'))
  const stored = () =>
    gateway.query(
      `SELECT formatDateTime(fix_time, '%H%i%S') AS time FROM waygate.fixes WHERE device_id = '359586018966098' ORDER BY fix_time`,
    )
  expect(await eventually(stored, (rows) => rows.length === 1)).toEqual([{ time: '010203' }])
  const path = file('card.log', `${sentence('010203')}\n${sentence('010303')}\n`)
  expect(await run(path)).toContain('SD card log, 2 pieces')
  expect(await stored()).toEqual([{ time: '010203' }, { time: '010303' }])
})

test('replay --port: sends what was recorded to a gateway, which acknowledges it', async () => {
  const lines = [login({ imei: IMEI.replace('77', '79') }, 1), fixOf(5)].map(hex)
  const before = await counts()
  const said = await run('--host', '127.0.0.1', '--port', String(gateway.port), file('send.txt', lines.join('\n')))
  expect(said).toMatch(/sent \d+ bytes over 1 flows to .*; [1-9]\d* bytes came back/)
  const after = { ...before, fixes: before.fixes! + 1, frames: before.frames! + 2 }
  await eventually(counts, ({ frames }) => frames === after.frames)
  await gateway.settled()
  expect(await counts()).toEqual(after)
})

test('replay: what cannot be read says why', async () => {
  const none = run(file('other.pcap', pcap([])))
  expect(none).rejects.toThrow('the capture has no packet to port')
  await none.catch(() => {})
  const missing = run(join(gateway.directory, 'nowhere.txt'))
  expect(missing).rejects.toThrow('ENOENT')
  await missing.catch(() => {})
})

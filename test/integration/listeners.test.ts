/** Several listener processes on one port: what one of them is told or suffers, and that nothing is lost when their number changes. */
import { afterEach, expect, test } from 'bun:test'
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { location22, login } from '../../src/codecs/gt06/encode.ts'
import { Fleet } from '../../src/simulator/fleet.ts'
import { TRACKER_PROTOCOLS } from '../../src/simulator/protocols.ts'
import { eventually, freePort, startGatewayProcess, sum, tcpClient, type GatewayProcess } from './gateway-process.ts'

const LISTENERS = 3
/** A release from quarantine is a statement for each device, which takes its time on a loaded machine. */
const STORED_MS_MAX = 40_000
const running: GatewayProcess[] = []
afterEach(async () => {
  for (const gateway of running.splice(0)) await gateway.remove()
})
async function start(environment: Record<string, string> = {}): Promise<GatewayProcess> {
  const gateway = await startGatewayProcess({ WAYGATE_GATEWAY_LISTENERS: String(LISTENERS), ...environment })
  running.push(gateway)
  expect(
    await eventually(
      () => readiness(gateway),
      ({ ready }) => ready,
      10_000,
    ),
  ).toMatchObject({ ready: true })
  return gateway
}

function fleetOf(gateway: GatewayProcess, { devices = 60, seconds = 4 }): Fleet {
  return new Fleet({
    host: '127.0.0.1',
    port: gateway.port,
    transport: 'mixed',
    devices,
    rate: 10 * devices,
    seconds,
    protocols: Object.values(TRACKER_PROTOCOLS),
    seed: 5,
    truth: null,
    firstDevice: 0,
  })
}

async function readiness({ httpPort }: GatewayProcess): Promise<Record<string, unknown> & { ready: boolean }> {
  return (await (await fetch(`http://127.0.0.1:${httpPort}/readyz`)).json()) as { ready: boolean }
}

/** Rows and distinct fixes. */
async function stored(gateway: GatewayProcess): Promise<{ rows: number; fixes: number }> {
  const [counts] = await gateway.query<{ rows: number; fixes: number }>(
    'SELECT count() AS rows, uniqExact(device_id, fix_time) AS fixes FROM waygate.fixes',
  )
  return counts
}

/** Every fix is there, and once. */
async function expectStored(gateway: GatewayProcess, made: number): Promise<void> {
  const counts = await eventually(
    () => stored(gateway),
    ({ fixes }) => fixes >= made,
    STORED_MS_MAX,
  )
  expect(counts).toEqual({ rows: made, fixes: made })
}

const processesOf = (pid: number, script: string) =>
  readdirSync('/proc').filter((name) => {
    try {
      const parent = readFileSync(`/proc/${name}/stat`, 'latin1').split(') ').at(-1)!.split(' ')[1]
      return Number(parent) === pid && readFileSync(`/proc/${name}/cmdline`, 'latin1').includes(script)
    } catch {
      return false // no process, or it has ended
    }
  })
const listenersOf = (pid: number) => processesOf(pid, 'listener.main.ts').map(Number)

test('a fleet is spread over all listeners; one of them is killed on the way, and every fix is stored once', async () => {
  const gateway = await start()
  const fleet = fleetOf(gateway, { seconds: 5 })
  const done = fleet.run()
  await Bun.sleep(2000)
  const before = await gateway.metrics()
  for (let listener = 0; listener < LISTENERS; listener++)
    expect(sum(before, 'waygate_frames_total', `listener="${listener}"`)).toBeGreaterThan(0)
  const ofUdp = new Map([...before].filter(([key]) => key.includes('transport="udp"')))
  expect(sum(ofUdp, 'waygate_frames_total')).toBe(sum(ofUdp, 'waygate_frames_total', 'listener="0"'))
  const [victim] = listenersOf(gateway.pid)
  process.kill(victim, 'SIGKILL')
  expect(await done).toBe(true)
  const made = fleet.counts.made
  await expectStored(gateway, made)
  expect(gateway.log()).toContain('ended with SIGKILL and is started again')
  expect(listenersOf(gateway.pid)).toHaveLength(LISTENERS - 1)
  expect(listenersOf(gateway.pid)).not.toContain(victim)

  gateway.kill('SIGTERM')
  expect(await gateway.exited).toBe(0)
  expect(listenersOf(gateway.pid)).toEqual([])
  const restarted = await gateway.restart({ WAYGATE_GATEWAY_LISTENERS: '1' })
  running.push(restarted)
  await expectStored(restarted, made)
}, 60_000)

test('what the journals of listeners hold that are no longer configured is inserted, and the journals go', async () => {
  // No ClickHouse is there, so that the journals keep everything.
  const away = `http://127.0.0.1:${await freePort()}`
  const embedded = await startGatewayProcess()
  running.push(embedded)
  embedded.kill('SIGTERM')
  await embedded.exited
  const directory = embedded.directory
  const gateway = await embedded.restart(
    {
      WAYGATE_GATEWAY_LISTENERS: String(LISTENERS),
      WAYGATE_CLICKHOUSE_URL: away,
    },
    'listening for trackers',
  )
  running.push(gateway)
  await eventually(
    () => readiness(gateway),
    ({ listening }) => listening === 'ok',
    10_000,
  )
  const fleet = fleetOf(gateway, { seconds: 2 })
  expect(await fleet.run()).toBe(true)
  const { made } = fleet.counts
  gateway.kill('SIGTERM')
  await gateway.exited
  const left = async () => readdirSync(join(directory, 'journal')).filter((name) => name.startsWith('listener-'))
  expect(await left()).toHaveLength(LISTENERS - 1)

  // Ended before their journals are empty, by whomever: the journals stay, and the listeners are started again.
  const waiting = await gateway.restart(
    { WAYGATE_GATEWAY_LISTENERS: '1', WAYGATE_CLICKHOUSE_URL: away },
    'listening for trackers',
  )
  running.push(waiting)
  const open = (metrics: Map<string, number>) => sum(metrics, 'waygate_journal_waiting_entries', 'listener=')
  expect(
    await eventually(
      () => waiting.metrics(),
      (metrics) => open(metrics) > 0,
      10_000,
    ).then(open),
  ).toBeGreaterThan(0)
  expect(await readiness(waiting)).toMatchObject({ ready: false, listening: 'ok' })
  const leftOver = listenersOf(waiting.pid)
  expect(leftOver).toHaveLength(LISTENERS - 1)
  for (const pid of leftOver) process.kill(pid, 'SIGTERM')
  await eventually(
    async () => listenersOf(waiting.pid).filter((pid) => !leftOver.includes(pid)),
    (pids) => pids.length === LISTENERS - 1,
    10_000,
  )
  expect(await left()).toHaveLength(LISTENERS - 1)
  waiting.kill('SIGTERM')
  await waiting.exited

  const single = await gateway.restart({ WAYGATE_GATEWAY_LISTENERS: '1', WAYGATE_CLICKHOUSE_URL: '' })
  running.push(single)
  await expectStored(single, made)
  expect(await eventually(left, (names) => names.length === 0, 5000)).toEqual([])
  expect(listenersOf(single.pid)).toEqual([])
}, 60_000)

test('killed with SIGKILL, the gateway leaves no listener behind', async () => {
  const gateway = await start()
  const listeners = listenersOf(gateway.pid)
  expect(listeners).toHaveLength(LISTENERS - 1)
  gateway.kill('SIGKILL')
  await gateway.exited
  const alive = async () => listeners.filter((pid) => existsSync(`/proc/${pid}`))
  expect(await eventually(alive, (pids) => pids.length === 0, 5000)).toEqual([])
}, 30_000)

test('a device that is listed later gets what any listener has kept of it', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'waygate-devices-'))
  const file = join(directory, 'fleet.csv')
  const imei = (index: number) => String(861_230_043_210_000 + index)
  const DEVICES = 8
  writeFileSync(file, 'id,name\n')
  const gateway = await start({ WAYGATE_DEVICES_FILE: file, WAYGATE_DEVICES_UNKNOWN: 'quarantine' })
  for (let index = 0; index < DEVICES; index++) {
    const client = await tcpClient(gateway.port)
    const timeMs = Date.UTC(2026, 5, 1, 10, 0, index)
    const fix = location22(
      { timeMs, latitude: 52.1, longitude: 13.2, speedKph: 40, courseDeg: 90 },
      { mcc: 262, mnc: 1, lac: 1, cid: 2 },
      {},
      1,
    )
    client.write(Buffer.concat([login({ imei: imei(index) }, 1), fix]))
    await eventually(
      async () => client.received,
      (received) => received !== '',
    )
  }
  writeFileSync(file, `id,name\n${Array.from({ length: DEVICES }, (_, index) => `${imei(index)},Truck`).join('\n')}\n`)
  await expectStored(gateway, DEVICES)
}, 60_000)

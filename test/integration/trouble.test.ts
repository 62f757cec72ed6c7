/** What the gateway does when something around it fails, and what it says on its way out. */
import { afterEach, expect, test } from 'bun:test'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Fleet } from '../../src/simulator/fleet.ts'
import { TRACKER_PROTOCOLS } from '../../src/simulator/protocols.ts'
import {
  eventually,
  freePort,
  ROOT,
  startGatewayProcess,
  sum,
  tcpClient,
  type GatewayProcess,
} from './gateway-process.ts'

const running: GatewayProcess[] = []
afterEach(async () => {
  for (const gateway of running.splice(0)) await gateway.remove()
})
async function start(environment: Record<string, string> = {}): Promise<GatewayProcess> {
  const gateway = await startGatewayProcess(environment)
  running.push(gateway)
  return gateway
}

/** Runs the command to its end. */
async function command(parameters: string[], environment: Record<string, string> = {}, cwd = '/tmp') {
  const child = Bun.spawn([process.execPath, join(ROOT, 'src/main.ts'), ...parameters], {
    cwd,
    env: { ...process.env, ...environment },
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const [out, err, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ])
  return { out, err, code }
}

test('the embedded ClickHouse is killed under load: acks go on, and every fix is there in the end', async () => {
  const gateway = await start()
  const fleet = new Fleet({
    host: '127.0.0.1',
    port: gateway.port,
    transport: 'tcp',
    devices: 20,
    rate: 200,
    seconds: 5,
    protocols: Object.values(TRACKER_PROTOCOLS),
    seed: 3,
    truth: null,
    firstDevice: 0,
  })
  const done = fleet.run()
  await Bun.sleep(1500)
  const child = childOf(gateway.pid)
  process.kill(child, 'SIGKILL')
  const before = fleet.counts.confirmed
  await Bun.sleep(500)
  expect(fleet.counts.confirmed).toBeGreaterThan(before + 50)
  expect(await done).toBe(true)
  expect(fleet.counts.resent).toBe(0)
  const stored = await eventually(
    async () => {
      try {
        return Number((await gateway.query('SELECT count() AS n FROM waygate.fixes'))[0]!.n)
      } catch {
        return 0 // not up again yet
      }
    },
    (rows) => rows >= 1000,
    15_000,
  )
  expect(stored).toBe(1000)
}, 60_000)

test('killed with SIGKILL, the gateway leaves no ClickHouse behind', async () => {
  const gateway = await start()
  const child = childOf(gateway.pid)
  gateway.kill('SIGKILL')
  await gateway.exited
  expect(
    await eventually(
      async () => isAlive(child),
      (alive) => !alive,
      3000,
    ),
  ).toBe(false)
}, 30_000)

test('a signal to the whole process group still ends with everything inserted', async () => {
  const gateway = await start()
  const client = await tcpClient(gateway.port)
  client.write('##,imei:864893031234567,A;864893031234567;')
  await eventually(
    async () => client.received,
    (got) => got.length === 12,
  )
  // Ctrl-C in a terminal and a service manager both signal the gateway and its ClickHouse at the same moment.
  process.kill(childOf(gateway.pid), 'SIGTERM')
  gateway.kill('SIGTERM')
  expect(await gateway.exited).toBe(0)
  const again = await gateway.restart()
  running.push(again)
  expect(sum(await again.metrics(), 'waygate_frames_replayed_total')).toBe(0)
  expect((await again.query('SELECT count() AS n FROM waygate.frames'))[0]!.n).toBe(2)
}, 30_000)

test('a second gateway on the same data is refused with a clear error', async () => {
  const gateway = await start()
  const { code, out } = await command([], {
    WAYGATE_GATEWAY_PORT: '0',
    WAYGATE_HTTP_PORT: '0',
    WAYGATE_EMBEDDED_PORT: '0',
    WAYGATE_JOURNAL_PATH: join(gateway.directory, 'journal'),
    WAYGATE_EMBEDDED_PATH: join(gateway.directory, 'clickhouse'),
  })
  expect(code).toBe(1)
  expect(out).toContain(`in use by another gateway (process ${gateway.pid})`)
}, 30_000)

test('a port in use is a clear error, for trackers, for health and for ClickHouse', async () => {
  const gateway = await start()
  const free = {
    WAYGATE_GATEWAY_PORT: '0',
    WAYGATE_HTTP_PORT: '0',
    WAYGATE_EMBEDDED_PORT: '0',
    WAYGATE_GATEWAY_HOST: '127.0.0.1',
  }
  const paths = (name: string) => ({
    WAYGATE_JOURNAL_PATH: join(gateway.directory, name, 'j'),
    WAYGATE_EMBEDDED_PATH: join(gateway.directory, name, 'c'),
  })
  for (const [key, port, hint] of [
    ['WAYGATE_GATEWAY_PORT', gateway.port, 'gateway.port'],
    ['WAYGATE_HTTP_PORT', gateway.httpPort, 'http.port'],
    ['WAYGATE_EMBEDDED_PORT', gateway.clickhousePort, 'embedded.port'],
  ] as const) {
    const { code, out } = await command([], { ...free, ...paths(key), [key]: String(port) })
    expect(code).toBe(1)
    expect(out).toContain('in use')
    expect(out).toContain(hint)
  }
}, 30_000)

test('a wrong configuration prints every error with its key and ends with 2; a right one is confirmed with 0', async () => {
  const gateway = await start()
  const file = join(gateway.directory, 'wrong.toml')
  writeFileSync(file, '[gateway]\nport = -1\nhots = "x"\n[journal]\nack = "never"\n')
  for (const parameters of [
    ['--config', file],
    ['--config', file, '--check-config'],
  ]) {
    const wrong = await command(parameters, { WAYGATE_LIMITS_CONNECTIONS: 'few' })
    expect(wrong.code).toBe(2)
    for (const key of ['gateway.port', 'gateway.hots', 'journal.ack', 'limits.connections'])
      expect(wrong.err).toContain(key)
  }
  const right = await command(['--config', join(ROOT, 'config.toml'), '--check-config'])
  expect([right.code, right.out]).toEqual([0, 'The configuration is valid.\n'])
  expect((await command(['--config', '/nowhere.toml'])).code).toBe(2)
}, 30_000)

test('an external ClickHouse that is away is waited for; frames are kept meanwhile', async () => {
  const gateway = await startWithoutClickHouse()
  try {
    const client = await eventually(() => tcpClient(gateway.port).catch(() => null), Boolean, 5000)
    client!.write('##,imei:864893031234567,A;')
    await eventually(
      async () => client!.received,
      (got) => got !== '',
    )
    expect(Buffer.from(client!.received, 'hex').toString()).toBe('LOAD')
    gateway.child.kill('SIGTERM')
    expect(await gateway.child.exited).toBe(0)
  } finally {
    await gateway.remove()
  }
}, 30_000)

test('a flood of connections leaves the journal its files: the rest is refused, acks go on', async () => {
  const gateway = await startWithoutClickHouse('ulimit -n 320 && ')
  try {
    const tracker = await eventually(() => tcpClient(gateway.port).catch(() => null), Boolean, 5000)
    const flood = await Promise.all(Array.from({ length: 600 }, () => tcpClient(gateway.port).catch(() => null)))
    const refused = async () => {
      const text = await (await fetch(`http://127.0.0.1:${gateway.httpPort}/metrics`)).text()
      return Number(/reason="limit_connections"\} (\d+)/.exec(text)?.[1] ?? 0)
    }
    // 320 files, less those kept for other things, less the tracker.
    await eventually(refused, (count) => count >= 600 - (320 - 256 - 1))
    tracker!.write('##,imei:864893031234567,A;')
    await eventually(
      async () => tracker!.received,
      (got) => got !== '',
    )
    expect(Buffer.from(tracker!.received, 'hex').toString()).toBe('LOAD')
    for (const client of flood) client?.end()
    gateway.child.kill('SIGTERM')
    expect(await gateway.child.exited).toBe(0)
  } finally {
    await gateway.remove()
  }
}, 30_000)

/** A gateway whose ClickHouse never answers, started by a shell after `before`. */
async function startWithoutClickHouse(before = '') {
  const port = await freePort()
  const httpPort = await freePort()
  const directory = `/tmp/waygate-away-${port}`
  const child = Bun.spawn(['sh', '-c', `${before}exec "$0" "$@"`, process.execPath, join(ROOT, 'src/main.ts')], {
    cwd: '/tmp',
    env: {
      ...process.env,
      WAYGATE_CLICKHOUSE_URL: 'http://127.0.0.1:1',
      WAYGATE_GATEWAY_PORT: String(port),
      WAYGATE_GATEWAY_HOST: '127.0.0.1',
      WAYGATE_HTTP_PORT: String(httpPort),
      WAYGATE_JOURNAL_PATH: directory,
    },
    stdout: 'ignore',
  })
  const remove = async () => {
    child.kill('SIGKILL')
    await Bun.$`rm -rf ${directory}`.quiet()
  }
  return { child, port, httpPort, remove }
}

function childOf(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')[0])
}
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ')
  } catch {
    return false
  }
}

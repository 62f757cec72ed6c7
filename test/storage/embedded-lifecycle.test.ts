/** The embedded ClickHouse as a process: started, locked, restarted, taken along. */
import { afterEach, expect, test } from 'bun:test'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startEmbedded, type Embedded, type EmbeddedOptions } from '../../src/storage/embedded/embedded.ts'

const lines: string[] = []
const note = (_: object, text: string) => void lines.push(text)
const log = { info: note, warn: note, error: note }
const undo: (() => unknown)[] = []

afterEach(async () => {
  for (const step of undo.splice(0).toReversed()) await step()
  lines.length = 0
})

function directory(): string {
  const path = mkdtempSync(join(tmpdir(), 'waygate-embedded-'))
  undo.push(() => rmSync(path, { recursive: true, force: true }))
  return path
}

async function start(options: Partial<EmbeddedOptions> = {}): Promise<Embedded> {
  const path = options.path ?? directory()
  const embedded = await startEmbedded({ path, host: '127.0.0.1', port: 0, readerPassword: '', log, ...options })
  undo.push(() => embedded.stop())
  return embedded
}

async function send(to: Embedded, sql: string): Promise<string> {
  const headers = { 'X-ClickHouse-User': to.username, 'X-ClickHouse-Key': to.password }
  return (await fetch(to.url, { method: 'POST', headers, body: sql })).text()
}

async function until(what: () => boolean | Promise<boolean>, ms = 5000): Promise<void> {
  const giveUpAt = Date.now() + ms
  while (!(await what())) {
    if (Date.now() > giveUpAt) throw new Error(`not within ${ms} ms`)
    await Bun.sleep(20)
  }
}

/** Not so for a process that has ended and waits for somebody to ask how. */
function runs(pid: number): boolean {
  const state = Bun.spawnSync(['ps', '-o', 'state=', '-p', String(pid)])
    .stdout.toString()
    .trim()
  return state !== '' && !state.startsWith('Z')
}

const answers = (url: string) =>
  fetch(`${url}/ping`).then(
    () => true,
    () => false,
  )

test('an empty directory is ready within seconds and says so; data and secret are there after a restart', async () => {
  const path = directory()
  const startedAt = performance.now()
  const first = await start({ path })
  expect(performance.now() - startedAt).toBeLessThan(5000)
  expect(lines).toEqual([
    'the embedded ClickHouse is starting',
    'the embedded ClickHouse is making the data directory',
    'the embedded ClickHouse is ready',
  ])
  expect(first.alive).toBe(true)
  await send(first, 'CREATE TABLE t (a Int8) ENGINE = MergeTree ORDER BY a')
  await send(first, 'INSERT INTO t VALUES (7)')
  await first.stop()
  expect(first.alive).toBe(false)
  expect(await answers(first.url)).toBe(false)

  const second = await start({ path })
  expect(await send(second, 'SELECT a FROM t')).toBe('7\n')
  expect(second.password).toBe(first.password)
})

test('a stop waits for a running insert', async () => {
  const path = directory()
  const first = await start({ path })
  await send(first, 'CREATE TABLE t (a UInt64) ENGINE = MergeTree ORDER BY a')
  const insert = send(first, 'INSERT INTO t SELECT number + sleepEachRow(0.05) FROM numbers(20)')
  await Bun.sleep(200)
  await first.stop()
  expect(await insert).toBe('')
  expect(await send(await start({ path }), 'SELECT count() FROM t')).toBe('20\n')
})

test('a stop does not wait for a reader', async () => {
  const embedded = await start()
  const slow = fetch(embedded.url, {
    method: 'POST',
    body: 'SELECT count() FROM numbers(1000000000000) WHERE sipHash64(number) = 1',
  }).catch(() => {})
  await Bun.sleep(200)
  const startedAt = performance.now()
  await embedded.stop()
  await slow
  expect(performance.now() - startedAt).toBeLessThan(5000)
})

test('a second gateway on the same directory is told who holds it', async () => {
  const path = directory()
  await start({ path })
  const second = startEmbedded({ path, host: '127.0.0.1', port: 0, readerPassword: '', log })
  expect(second).rejects.toThrow(path)
  expect(second).rejects.toThrow(`process ${process.pid}`)
  await second.catch(() => {})
})

test('a port in use is named, with what to do', async () => {
  const taken = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: () => new Response('mine') })
  undo.push(() => taken.stop(true))
  const path = directory()
  const starting = start({ path, port: taken.port! })
  expect(starting).rejects.toThrow(`port ${taken.port} on 127.0.0.1 is in use`)
  await starting.catch(() => {})
  await start({ path }) // The directory was let go of.
})

test('an address others reach needs a password for readers', async () => {
  const open = start({ host: '0.0.0.0' })
  expect(open).rejects.toThrow('readers need a password')
  await open.catch(() => {})

  const closed = await start({ host: '0.0.0.0', readerPassword: 'look' })
  const read = async (headers: Record<string, string>) =>
    (await fetch(`${closed.url}/?query=SELECT+1`, { headers })).status
  expect(await read({})).toBe(401)
  expect(await read({ 'X-ClickHouse-User': 'default', 'X-ClickHouse-Key': 'guess' })).toBe(403)
  expect(await read({ 'X-ClickHouse-User': 'default', 'X-ClickHouse-Key': 'look' })).toBe(200)
  expect(await send(closed, 'SELECT 1')).toBe('1\n')
  expect((await fetch(`${closed.url}/ping`)).status).toBe(200)
})

test('a child that is killed comes back on its port with its data, again and again', async () => {
  let exits = 0
  const embedded = await start({ onExit: () => exits++ })
  const { url } = embedded
  await send(embedded, 'CREATE TABLE t (a Int32) ENGINE = MergeTree ORDER BY a')
  for (let round = 1; round <= 2; round++) {
    await send(embedded, `INSERT INTO t VALUES (${round})`)
    const { pid } = embedded
    process.kill(pid, 'SIGKILL')
    await until(() => !embedded.alive)
    await until(() => embedded.alive)
    expect(embedded.pid).not.toBe(pid)
    expect(embedded.url).toBe(url)
    expect(await send(embedded, 'SELECT count() FROM t')).toBe(`${round}\n`)
  }
  expect(exits).toBe(2)
  expect(lines.some((line) => line.includes('ended unexpectedly'))).toBe(true)
})

test('a gateway killed with -9 leaves no orphan, and the next one starts at once', async () => {
  const path = directory()
  const gateway = Bun.spawn(
    [
      process.execPath,
      '-e',
      `import { startEmbedded } from ${JSON.stringify(join(import.meta.dir, '../../src/storage/embedded/embedded.ts'))}
       const log = { info() {}, warn() {}, error() {} }
       const embedded = await startEmbedded({ path: process.argv[1], host: '127.0.0.1', port: 0, readerPassword: '', log })
       console.log(embedded.pid, embedded.url)
       setInterval(() => embedded, 1000)`,
      path,
    ],
    { stdout: 'pipe', stderr: 'inherit' },
  )
  undo.push(() => gateway.kill('SIGKILL'))
  const { value } = await gateway.stdout.getReader().read()
  const [pid, url] = Buffer.from(value!).toString().trim().split(' ')
  expect(await answers(url)).toBe(true)
  // Busy, so that nothing is left to good will.
  fetch(url, { method: 'POST', body: 'SELECT count() FROM numbers(1000000000000) WHERE sipHash64(number) = 1' }).catch(
    () => {},
  )
  await Bun.sleep(200)

  gateway.kill('SIGKILL')
  await until(() => !runs(Number(pid)), 2000)
  expect(await answers(url)).toBe(false)
  const next = await start({ path, port: Number(new URL(url).port) })
  expect(await send(next, 'SELECT 1')).toBe('1\n')
})

test('nothing is left of bodies and pipes of a process that was killed', async () => {
  const path = directory()
  const first = await start({ path })
  await send(first, 'SELECT 1')
  await Bun.write(join(path, 'run', 'body-9'), 'left behind')
  await first.stop()
  await start({ path })
  expect(existsSync(join(path, 'run', 'body-9'))).toBe(false)
  expect(readdirSync(join(path, 'run')).filter((name) => name.endsWith('.pipe'))).toEqual([])
})

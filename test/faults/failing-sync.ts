/** R5 on a whole gateway: a sync fails, at the start or later; it says so and ends, and what it acknowledged is there. */
import { expect } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import type { Random } from '../../src/simulator/random.ts'
import { Journal } from '../../src/storage/journal.ts'
import { eventually, freePort, ROOT, tcpClient } from '../integration/gateway-process.ts'
import { readEntries, rounds, type FaultTest } from './faults.ts'

const IMEI = '864893031234567'
const FATAL = 60

export const failingSync: FaultTest = {
  id: 'R5-exit',
  name: 'a gateway whose sync fails ends and says so',
  async run(options) {
    const gateways = await rounds('R5-exit', options, (random) => gatewayWithFailingSync(random))
    return `${gateways} gateways`
  },
}

async function gatewayWithFailingSync(random: Random): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'waygate-sync-'))
  const port = await freePort()
  const path = join(directory, 'journal')
  const child = Bun.spawn([process.execPath, join(ROOT, 'test/faults/failing-gateway.ts')], {
    cwd: directory,
    env: {
      ...process.env,
      // The first two are those of the files about groups.
      FAILING_SYNC: String(random.whole(2, 12)),
      WAYGATE_CLICKHOUSE_URL: 'http://127.0.0.1:1',
      WAYGATE_GATEWAY_PORT: String(port),
      WAYGATE_GATEWAY_HOST: '127.0.0.1',
      WAYGATE_HTTP_PORT: '0',
      WAYGATE_JOURNAL_PATH: path,
    },
    stdout: 'pipe',
  })
  try {
    const output = new Response(child.stdout).text()
    const client = await eventually(
      () => tcpClient(port).catch(() => null),
      (connected) => connected !== null || child.exitCode !== null,
      10_000,
    )
    client?.write(`##,imei:${IMEI},A;`)
    const acks = () =>
      (
        Buffer.from(client?.received ?? '', 'hex')
          .toString()
          .match(/ON/g) ?? []
      ).length
    for (let beat = 0; child.exitCode === null && beat < 1000; beat++) {
      client?.write(`${IMEI};`)
      await Bun.sleep(5)
    }
    expect(await child.exited).toBe(1)
    const last = JSON.parse((await output).trim().split('\n').at(-1)!) as { level: number; msg: string }
    expect(last.level).toBe(FATAL)
    expect(last.msg).toStartWith(`the journal at ${path} `)
    expect(last.msg).toContain('EIO')
    const journal = await Journal.open(path, 1 << 30, '', pino({ level: 'silent' }))
    const kept = Buffer.concat([...(await readEntries(journal, 1)).values()]).toString('latin1')
    expect(kept.split(`${IMEI};`).length - 1).toBeGreaterThanOrEqual(acks())
    await journal.close()
  } finally {
    child.kill('SIGKILL')
    await child.exited
    rmSync(directory, { recursive: true, force: true })
  }
}

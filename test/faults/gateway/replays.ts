/** R8: one journal, inserted again and again, by other numbers of workers and in other pieces. */
import { expect } from 'bun:test'
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startGatewayProcess } from '../../integration/gateway-process.ts'
import { startOutsideClickHouse } from './outside-clickhouse.ts'
import { seeded, type FaultTest } from './rounds.ts'
import { fleetAt } from './storms.ts'
import { checkLedger, settled, Truth, type Ask } from './truth.ts'

const TABLES = ['fixes', 'telemetry', 'alarms', 'frames', 'rejects', 'sessions', 'ledger']

/** How gateways that take the same journal over differ. */
const VARIANTS: readonly Record<string, string>[] = [
  { WAYGATE_WORKERS_THREADS: '1', WAYGATE_WORKERS_BATCH_BYTES: '262144', WAYGATE_CLICKHOUSE_INSERT_ROWS: '700' },
  { WAYGATE_WORKERS_THREADS: '3', WAYGATE_WORKERS_BATCH_BYTES: '4194304', WAYGATE_CLICKHOUSE_INSERT_ROWS: '100000' },
  { WAYGATE_WORKERS_THREADS: '2', WAYGATE_WORKERS_BATCH_BYTES: '524288', WAYGATE_CLICKHOUSE_INSERT_ROWS: '5000' },
]

export const sameRows: FaultTest = {
  id: 'R8',
  name: 'the same journal again, with other worker counts and batch sizes',
  run: (options) =>
    seeded('R8', options, async (random) => {
      const clickhouse = await startOutsideClickHouse()
      const gateway = await startGatewayProcess(clickhouse.environment('first'))
      const copies = mkdtempSync(join(tmpdir(), 'waygate-copies-'))
      const truth = new Truth()
      try {
        const seconds = Math.max(2.5, options.seconds / 4)
        const fleet = fleetAt(gateway.port, { seed: options.seed, seconds, witness: truth })
        const running = fleet.run()
        // It dies in the middle of an insert: part of a group may be in ClickHouse, and nobody knows which.
        await Bun.sleep(random.whole(500, 1500))
        clickhouse.proxy.become('cut')
        await running
        gateway.kill('SIGKILL')
        await gateway.exited
        clickhouse.proxy.become('good')
        cpSync(join(gateway.directory, 'journal'), join(copies, 'journal'), { recursive: true })
        const firsts = await fill(clickhouse.environment('first'), join(copies, 'journal'), clickhouse.ask, 'first')
        await truth.check(clickhouse.ask, 'first')
        await checkLedger(clickhouse.ask, 'first')

        // Into databases of their own the sealed group and all that follows give the same rows …
        const fresh: string[] = []
        const variants = VARIANTS.slice(options.seconds === 0 ? 1 : 0)
        for (const [index, variant] of variants.entries()) {
          const database = `variant_${index}`
          fresh.push(
            (
              await fill(
                { ...clickhouse.environment(database), ...variant },
                join(copies, 'journal'),
                clickhouse.ask,
                database,
              )
            ).sinceSeal,
          )
        }
        expect(new Set(fresh).size).toBe(1)
        // … and once more into the first, where they are already, they change nothing.
        const again = await fill(
          { ...clickhouse.environment('first'), ...VARIANTS[0] },
          join(copies, 'journal'),
          clickhouse.ask,
          'first',
        )
        expect(again.keyed).toBe(firsts.keyed)
        return `${truth.acked} fixes acknowledged; ${variants.length} other ways of inserting the journal gave the same rows, twice the same nothing new`
      } finally {
        await gateway.remove()
        await clickhouse.stop()
        rmSync(copies, { recursive: true, force: true })
      }
    }),
}

/** A gateway takes over a copy of the journal and inserts all of it; what the tables hold then. */
async function fill(
  environment: Record<string, string>,
  journal: string,
  ask: Ask,
  database: string,
): Promise<{ sinceSeal: string; keyed: string }> {
  const directory = mkdtempSync(join(tmpdir(), 'waygate-fill-'))
  cpSync(journal, join(directory, 'journal'), { recursive: true })
  expect(existsSync(join(directory, 'journal'))).toBe(true)
  const gateway = await startGatewayProcess(environment, { directory })
  try {
    await settled(() => gateway.metrics())
    const sums = new Map<string, string>()
    for (const table of TABLES) sums.set(table, await checksum(ask, database, table))
    const text = (tables: string[]) => tables.map((table) => `${table} ${sums.get(table)}`).join('\n')
    return { sinceSeal: text(TABLES), keyed: text(TABLES.filter((table) => table !== 'ledger')) }
  } finally {
    await gateway.remove()
  }
}

/** Of all rows, in any order. */
async function checksum(ask: Ask, database: string, table: string): Promise<string> {
  const final = table === 'ledger' ? '' : 'FINAL'
  const columns = await ask<{ name: string; type: string }>(
    `SELECT name, type FROM system.columns WHERE database = '${database}' AND table = '${table}' AND default_kind = ''`,
  )
  const values = columns.map(({ name, type }) => (type === 'JSON' ? `toJSONString(${name})` : `toString(${name})`))
  const [row] = await ask<{ n: number; hash: string }>(
    `SELECT count() AS n, toString(groupBitXor(cityHash64(tuple(${values.join(', ')})))) AS hash FROM ${database}.${table} ${final}`,
  )
  return `${row.n} ${row.hash}`
}

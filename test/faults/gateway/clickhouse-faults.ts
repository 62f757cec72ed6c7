/** R6 and R7: ClickHouse away for a while, and a network to it that fails in every way. */
import { expect } from 'bun:test'
import { startGatewayProcess } from '../../integration/gateway-process.ts'
import { startOutsideClickHouse } from './outside-clickhouse.ts'
import { MODES } from './proxy.ts'
import { seeded, type FaultTest } from './rounds.ts'
import { fleetAt } from './storms.ts'
import { checkLedger, LedgerWatch, settled, sum, Truth } from './truth.ts'

const MIB = 1_048_576
/** What a gateway may need more while ClickHouse is away than before: its batches in memory and a group (bounded). */
const GROWTH_MIB_MAX = 200
/** How much faster than it came in the backlog has to be inserted, at least. One of seconds is too little to measure. */
const DRAIN_FACTOR_MIN = 3
const SHORT_SECONDS = 20
const MODE_MS_MAX = 1500
/** Longer than the gateway waits for an answer. */
const HALF_OPEN_LONG_MS = 70_000
const LATENCY_LONG_MS = 30_000

export const clickhouseAway: FaultTest = {
  id: 'R6',
  name: 'ClickHouse away',
  run: (options) =>
    seeded('R6', options, async () => {
      const long = options.seconds > SHORT_SECONDS
      const [awaySeconds, rate, devices] = long ? [options.seconds, 10_000, 2000] : [4, 600, 60]
      // Metrics are made anew for each look, which takes milliseconds.
      const pollMs = long ? 1000 : 5
      const clickhouse = await startOutsideClickHouse()
      // As operators run it: tests are more impatient than they are.
      const patience = long ? { WAYGATE_CLICKHOUSE_INSERT_MS: '500' } : {}
      const gateway = await startGatewayProcess({ ...clickhouse.environment('waygate', clickhouse.url), ...patience })
      const truth = new Truth()
      const fleet = fleetAt(gateway.port, { rate, devices, seed: options.seed, witness: truth })
      const watch = new LedgerWatch(() => gateway.metrics())
      try {
        const running = fleet.run()
        await Bun.sleep(long ? 20_000 : 1500)
        const before = watch.rssMax
        await clickhouse.away()
        const ackedBefore = truth.acked
        await Bun.sleep(awaySeconds * 1000)
        const ackedAway = truth.acked - ackedBefore
        const growth = (watch.rssMax - before) / MIB
        const inserted = async () => sum(await gateway.metrics(), 'waygate_rows_stored_total', 'table="frames"')
        const storedBefore = await inserted()
        const received = sum(await gateway.metrics(), 'waygate_frames_total')
        const liveRate = received / (awaySeconds + (long ? 20 : 1.5))
        await clickhouse.back()
        const back = performance.now()
        while ((await inserted()) === storedBefore) await Bun.sleep(pollMs)
        const resumedMs = performance.now() - back
        // What came before its return is inserted, oldest first, while more comes.
        let stored = storedBefore
        for (; stored < received; stored = await inserted()) await Bun.sleep(pollMs)
        const drainRate = (stored - storedBefore) / ((performance.now() - back - resumedMs) / 1000)
        fleet.stop()
        expect(await running).toBe(true)
        await settled(() => gateway.metrics())
        await watch.stop()
        expect(ackedAway).toBeGreaterThan(0.5 * rate * awaySeconds)
        expect(growth).toBeLessThan(GROWTH_MIB_MAX)
        if (long) expect(drainRate).toBeGreaterThan(DRAIN_FACTOR_MIN * liveRate)
        const rows = await truth.check(clickhouse.ask)
        await checkLedger(clickhouse.ask)
        return `away ${awaySeconds} s at ${rate} fixes/s: ${ackedAway} acknowledged meanwhile, memory + ${Math.round(growth)} MiB (highest ${Math.round(watch.rssMax / MIB)}); inserts resumed after ${(resumedMs / 1000).toFixed(1)} s, ${stored - storedBefore} frames at ${Math.round(drainRate)} frames/s, ${(drainRate / liveRate).toFixed(1)} times the live rate; ${truth.acked} acknowledged, ${rows} stored once; ${watch.scrapes} scrapes`
      } finally {
        fleet.stop()
        await gateway.remove()
        await clickhouse.stop()
      }
    }),
}

export const faultyNetwork: FaultTest = {
  id: 'R7',
  name: 'a network to ClickHouse that delays, hangs, cuts and lies',
  run: (options) =>
    seeded('R7', options, async (random) => {
      const long = options.seconds > SHORT_SECONDS
      const clickhouse = await startOutsideClickHouse()
      const { proxy } = clickhouse
      const gateway = await startGatewayProcess(clickhouse.environment())
      const truth = new Truth()
      const fleet = fleetAt(gateway.port, { seed: options.seed, witness: truth })
      const watch = new LedgerWatch(() => gateway.metrics())
      const seen = new Set<string>()
      try {
        const running = fleet.run()
        const end = performance.now() + options.seconds * 1000
        let left = MODES.filter((mode) => mode !== 'good').toSorted(() => random.between(-1, 1))
        while (left.length > 0 || performance.now() < end) {
          const mode = left.pop() ?? random.pick(MODES)
          seen.add(mode)
          proxy.latencyMs = long && random.chance(0.2) ? LATENCY_LONG_MS : random.whole(100, 1000)
          proxy.become(mode)
          const spoiled = proxy.spoiled
          const until = performance.now() + random.whole(300, MODE_MS_MAX)
          // These are of no use unless an insert has met them.
          const met = () => !['cut', 'error', 'truncated'].includes(mode) || proxy.spoiled > spoiled
          while (performance.now() < until || !met()) await Bun.sleep(20)
          if (mode === 'half_open' && long && random.chance(0.3)) await Bun.sleep(HALF_OPEN_LONG_MS)
          if (mode === 'slow') await Bun.sleep(proxy.latencyMs)
          if (random.chance(0.5)) {
            proxy.become('good')
            await Bun.sleep(random.whole(0, 700))
          }
        }
        proxy.become('good')
        fleet.stop()
        expect(await running).toBe(true)
        await settled(() => gateway.metrics())
        await watch.stop()
        expect(seen.size).toBeGreaterThanOrEqual(MODES.length - 1)
        const rows = await truth.check(clickhouse.ask)
        await checkLedger(clickhouse.ask)
        const retries = sum(await gateway.metrics(), 'waygate_insert_retries_total')
        expect(retries).toBeGreaterThan(0)
        return `${proxy.spoiled} answers spoiled, ${retries} inserts repeated; ${truth.acked} fixes acknowledged, ${rows} stored once; memory at most ${Math.round(watch.rssMax / MIB)} MiB; ${watch.scrapes} scrapes`
      } finally {
        fleet.stop()
        await gateway.remove()
        await clickhouse.stop()
      }
    }),
}

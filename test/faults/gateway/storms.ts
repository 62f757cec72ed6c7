/** R1 and R15: a gateway that is killed, and one that is stopped, under load. */
import { expect } from 'bun:test'
import { readFileSync } from 'node:fs'
import { Fleet, percentile, type FleetOptions } from '../../../src/simulator/fleet.ts'
import { TRACKER_PROTOCOLS } from '../../../src/simulator/protocols.ts'
import { startGatewayProcess } from '../../integration/gateway-process.ts'
import { seeded, type FaultTest } from './rounds.ts'
import { checkLedger, LedgerWatch, settled, Truth } from './truth.ts'

/** From a kill until connections are taken again. */
const LISTENING_MS_MAX = 2000
const EXIT_MS_MAX = 10_000
/** That a kill is not of the gateway but of one of its children. */
const CHILD_CHANCE = 0.3

export function fleetAt(port: number, change: Partial<FleetOptions>): Fleet {
  return new Fleet({
    host: '127.0.0.1',
    port,
    transport: 'mixed',
    devices: 45,
    rate: 450,
    seconds: Infinity,
    protocols: Object.values(TRACKER_PROTOCOLS),
    seed: 1,
    truth: null,
    firstDevice: 0,
    ...change,
  })
}

/** The embedded ClickHouse, where it runs just now, and the listeners beside the first. */
function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number)
  } catch {
    return []
  }
}

const stormOf = (id: string, listeners: number, victims: string): FaultTest => ({
  id,
  name: `${victims} killed at random under load`,
  run: (options) =>
    seeded(id, options, async (random) => {
      let gateway = await startGatewayProcess({ WAYGATE_GATEWAY_LISTENERS: String(listeners) })
      const truth = new Truth()
      const seconds = Math.max(5, options.seconds)
      const fleet = fleetAt(gateway.port, { seconds, seed: options.seed, witness: truth })
      const watch = new LedgerWatch(() => gateway.metrics())
      let [kills, childKills] = [0, 0]
      const listeningMs: number[] = []
      try {
        const running = fleet.run()
        const end = performance.now() + seconds * 1000
        while (performance.now() < end) {
          await Bun.sleep(random.whole(50, 1500))
          const children = childrenOf(gateway.pid)
          if (children.length > 0 && random.chance(CHILD_CHANCE)) {
            process.kill(children[random.whole(0, children.length - 1)], 'SIGKILL')
            childKills++
          } else {
            gateway.kill('SIGKILL')
            await gateway.exited
            gateway = await gateway.restart()
            listeningMs.push(gateway.listeningMs)
            kills++
          }
        }
        const complete = await running
        await settled(() => gateway.metrics())
        await watch.stop()
        expect(complete).toBe(true)
        expect(kills).toBeGreaterThan(0)
        const rows = await truth.check(gateway.query)
        await checkLedger(gateway.query)
        // The slowest one says more of the machine's other work.
        expect(percentile(listeningMs, 0.5)).toBeLessThan(LISTENING_MS_MAX)
        return `${kills} kills of the gateway, ${childKills} of ${listeners > 1 ? 'listeners and ' : ''}ClickHouse; ${truth.acked} fixes acknowledged, ${fleet.counts.resent} sent again, ${rows} stored once; listening after ${Math.round(percentile(listeningMs, 0.5))} ms (median), at most ${Math.round(Math.max(...listeningMs))} ms; ${watch.scrapes} scrapes`
      } finally {
        fleet.stop()
        await gateway.remove()
      }
    }),
})

export const killStorm = stormOf('R1', 1, 'gateway and embedded ClickHouse')
export const listenerStorm = stormOf('R1-listeners', 3, 'gateway, two more listeners and embedded ClickHouse')

export const stopUnderLoad: FaultTest = {
  id: 'R15',
  name: 'SIGTERM under load',
  run: (options) =>
    seeded('R15', options, async (random) => {
      let gateway = await startGatewayProcess()
      const truth = new Truth()
      const seconds = Math.max(2, options.seconds)
      const fleet = fleetAt(gateway.port, { seconds, seed: options.seed, witness: truth })
      const watch = new LedgerWatch(() => gateway.metrics())
      let [stops, exitMsMax] = [0, 0]
      try {
        const running = fleet.run()
        const end = performance.now() + seconds * 1000
        do {
          await Bun.sleep(random.whole(1000, 2500))
          const stopping = performance.now()
          gateway.kill('SIGTERM')
          expect(await gateway.exited).toBe(0)
          exitMsMax = Math.max(exitMsMax, performance.now() - stopping)
          gateway = await gateway.restart()
          stops++
        } while (performance.now() < end)
        const complete = await running
        await settled(() => gateway.metrics())
        await watch.stop()
        expect(complete).toBe(true)
        expect(exitMsMax).toBeLessThan(EXIT_MS_MAX)
        const rows = await truth.check(gateway.query)
        await checkLedger(gateway.query)
        return `${stops} stops, the longest took ${Math.round(exitMsMax)} ms; ${truth.acked} fixes acknowledged, ${rows} stored once; ${watch.scrapes} scrapes`
      } finally {
        fleet.stop()
        await gateway.remove()
      }
    }),
}

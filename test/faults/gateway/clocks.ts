/** R9: the gateway's clock jumps by a day, trackers send fixes of the future, and what they kept for a month. */
import { expect } from 'bun:test'
import { mkdtempSync, renameSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gt06Tracker } from '../../../src/simulator/gt06.ts'
import type { SimulatedFix } from '../../../src/simulator/vehicle.ts'
import { Vehicle } from '../../../src/simulator/vehicle.ts'
import { startGatewayProcess, tcpClient } from '../../integration/gateway-process.ts'
import { seeded, type FaultTest } from './rounds.ts'
import { fleetAt } from './storms.ts'
import { checkLedger, LedgerWatch, settled, Truth } from './truth.ts'

const DAY_MS = 86_400_000
const IMEI = '863000000000001'
const PHASE_MS_MIN = 1000
/** Below one a second and device, so that the trackers' clocks are right. */
const RATE = 40

/** Nearly a day: beyond it codecs do not believe the clock of a tracker that has no fix, and then the time is that of receipt. */
const JUMP_MS = DAY_MS - 60_000

export const jumpingClocks: FaultTest = {
  id: 'R9',
  name: 'clock jumps of a day, fixes of the future and of a month ago',
  run: (options) =>
    seeded('R9', options, async (random) => {
      const directory = mkdtempSync(join(tmpdir(), 'waygate-clocks-'))
      const clock = join(directory, 'clock')
      const jump = (ms: number) => {
        writeFileSync(`${clock}.new`, String(ms))
        renameSync(`${clock}.new`, clock)
      }
      jump(0)
      const preload = join(import.meta.dir, 'clock.preload.ts')
      const gateway = await startGatewayProcess({ FAULTS_CLOCK: clock }, { directory, runtime: ['--preload', preload] })
      const truth = new Truth()
      const fleet = fleetAt(gateway.port, { seed: options.seed, witness: truth, rate: RATE })
      const watch = new LedgerWatch(() => gateway.metrics())
      try {
        const phaseMs = Math.max(PHASE_MS_MIN, (options.seconds * 1000) / 5)
        const acksUnder = async (offset: number, known: Truth) => {
          jump(offset)
          const before = known.acked
          await Bun.sleep(phaseMs)
          expect(known.acked).toBeGreaterThan(before) // acks go on whatever the clock says
        }
        const running = fleet.run()
        for (const offset of [0, JUMP_MS, 0]) await acksUnder(offset, truth)
        fleet.stop()
        expect(await running).toBe(true)
        // With the gateway a day behind, codecs do not believe the trackers' clocks, so their fixes have no place under
        // the times that were sent; but none is missing in the books.
        const doubted = new Truth()
        const behind = fleetAt(gateway.port, { seed: options.seed, witness: doubted, rate: RATE, firstDevice: 1000 })
        const running2 = behind.run()
        await acksUnder(-DAY_MS, doubted)
        await acksUnder(0, doubted)
        behind.stop()
        expect(await running2).toBe(true)
        // One tracker with a clock of its own: now, half a day ahead, a month ago, now.
        const vehicle = new Vehicle(random)
        const offsets = [-4000, DAY_MS / 2, -30 * DAY_MS, 0]
        let lastMs = 0
        const tracker = await tcpClient(gateway.port)
        tracker.write(gt06Tracker.login(IMEI, 1))
        for (const [index, offset] of offsets.entries()) {
          const timeMs = Math.floor(Date.now() / 1000) * 1000 + offset
          lastMs = timeMs
          const fix: SimulatedFix = { ...vehicle.drive(timeMs, 1, []), valid: true, buffered: index === 2, alarm: null }
          truth.made(IMEI, timeMs)
          tracker.write(gt06Tracker.report(IMEI, [fix], index + 2))
          truth.acknowledged(IMEI, timeMs)
          await Bun.sleep(1100) // an insert each, and another second
        }
        await settled(() => gateway.metrics())
        await watch.stop()
        const rows = await truth.check(gateway.query)
        const latest = await gateway.query<{ ms: number }>(
          `SELECT toUnixTimestamp64Milli(fix_time) AS ms FROM waygate.latest_fixes WHERE device_id = '${IMEI}'`,
        )
        expect(latest.map(({ ms }) => Number(ms))).toEqual([lastMs])
        const late = await gateway.query<{ device_id: string }>(
          `SELECT l.device_id FROM waygate.latest_fixes AS l INNER JOIN (SELECT device_id, max(fix_time) AS newest FROM waygate.fixes WHERE valid GROUP BY device_id) AS f USING device_id WHERE l.fix_time != f.newest AND l.device_id IN (${[...truth.madeTimes.keys()].filter((device) => device !== IMEI).map((device) => `'${device}'`)})`,
        )
        expect(late).toEqual([])
        await checkLedger(gateway.query)
        const wrong = await gateway.query(
          `SELECT _partition_id AS partition, count() AS n FROM waygate.fixes WHERE _partition_id != toString(toYYYYMM(fix_time)) GROUP BY partition`,
        )
        expect(wrong).toEqual([])
        return `${truth.acked} + ${doubted.acked} fixes acknowledged, ${rows} stored once, latest_fixes right for all devices; ${watch.scrapes} scrapes`
      } finally {
        fleet.stop()
        await gateway.remove()
      }
    }),
}

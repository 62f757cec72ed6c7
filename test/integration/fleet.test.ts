/** A simulated fleet against the real command: what ClickHouse holds is exactly what was driven. */
import { afterEach, expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Fleet, type FleetOptions } from '../../src/simulator/fleet.ts'
import { TRACKER_PROTOCOLS } from '../../src/simulator/protocols.ts'
import { eventually, startGatewayProcess, type GatewayProcess } from './gateway-process.ts'

let gateway: GatewayProcess
afterEach(() => gateway.remove())

interface TruthLine {
  device: string
  fix_time: string
  lat: number
  lon: number
  speed_kph: number
  valid: boolean
  alarms: string[]
  confirmed: boolean
}

function fleetOf(change: Partial<FleetOptions>): { fleet: Fleet; truthPath: string } {
  const truthPath = join(gateway.directory, 'truth.jsonl')
  const fleet = new Fleet({
    host: '127.0.0.1',
    port: gateway.port,
    transport: 'mixed',
    devices: 40,
    rate: 400,
    seconds: 4,
    protocols: Object.values(TRACKER_PROTOCOLS),
    seed: 7,
    truth: truthPath,
    firstDevice: 0,
    ...change,
  })
  return { fleet, truthPath }
}

const readTruth = (path: string) =>
  readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as TruthLine)

/** Compares every fix of the truth with the row of its device and time, and the counts both ways. */
async function expectTruth(truthPath: string): Promise<void> {
  const truth = readTruth(truthPath)
  const count = await eventually(
    async () => Number((await gateway.query(`SELECT count() AS n FROM waygate.fixes`))[0]!.n),
    (rows) => rows >= truth.length,
    10_000,
  )
  // Two rows of one device and time are a fix stored twice: say which.
  const doubled = await gateway.query(
    `SELECT device_id, fix_time, any(protocol) AS protocol, any(transport) AS transport, groupArray(message) AS messages, groupArray(lower(hex(f.frame))) AS frames
     FROM waygate.fixes LEFT JOIN waygate.frames AS f USING (device_id, frame_id) GROUP BY device_id, fix_time HAVING uniqExact(frame_id) > 1`,
  )
  expect(doubled).toEqual([])
  expect(count).toBe(truth.length)
  const rows = await gateway.query<{
    device_id: string
    ms: number
    latitude: number
    longitude: number
    speed_kph: number
    valid: boolean
    alarms: string[]
  }>(
    `SELECT device_id, toUnixTimestamp64Milli(fix_time) AS ms, latitude, longitude, speed_kph, valid, alarms FROM waygate.fixes`,
  )
  const byKey = new Map(rows.map((row) => [`${row.device_id} ${row.ms}`, row]))
  expect(byKey.size).toBe(rows.length)
  for (const fix of truth) {
    const row = byKey.get(`${fix.device} ${Date.parse(fix.fix_time)}`)
    if (!row) throw new Error(`missing: ${JSON.stringify(fix)}`)
    const wrong =
      Math.abs(row.latitude - fix.lat) > 1e-6 ||
      Math.abs(row.longitude - fix.lon) > 1e-6 ||
      Math.abs(row.speed_kph - fix.speed_kph) > 0.05 ||
      row.valid !== fix.valid ||
      row.alarms.join() !== fix.alarms.join()
    if (wrong) throw new Error(`want ${JSON.stringify(fix)}, have ${JSON.stringify(row)}`)
  }
}

test('a mixed fleet is stored exactly: none missing, none double, none changed', async () => {
  gateway = await startGatewayProcess()
  const { fleet, truthPath } = fleetOf({})
  expect(await fleet.run()).toBe(true)
  expect(fleet.counts.made).toBe(1600)
  await expectTruth(truthPath)
}, 60_000)

test('killed in the middle and started again, the gateway still holds exactly the truth', async () => {
  gateway = await startGatewayProcess()
  const { fleet, truthPath } = fleetOf({ seconds: 6 })
  const running = fleet.run()
  for (const pause of [1500, 1500]) {
    await Bun.sleep(pause)
    gateway.kill('SIGKILL')
    await gateway.exited
    gateway = await gateway.restart()
  }
  expect(await running).toBe(true)
  await expectTruth(truthPath)
}, 60_000)

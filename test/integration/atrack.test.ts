/** ATrack records that come again in other company, through the port. */
import { afterAll, expect, test } from 'bun:test'
import { encodeBinary, type PositionRecord } from '../../src/codecs/atrack/encode.ts'
import { eventually, startGatewayProcess, tcpClient, type GatewayProcess } from './gateway-process.ts'

let gateway: GatewayProcess | null = null
afterAll(() => gateway?.remove())

test('atrack: a record sent live, again in a packet of several, and again from the log is one row and one alarm', async () => {
  gateway = await startGatewayProcess()
  const unitId = '359461040000128'
  const form = '%CI%SA%DT'
  const start = Math.floor(Date.now() / 1000) * 1000 - 60_000
  const records = [0, 1, 2].map((second): PositionRecord => ({
    gpsMs: start + second * 1000,
    rtcMs: start + second * 1000,
    latE6: 4_609_710 + second,
    lonE6: -74_081_750,
    report: second === 1 ? 101 : 2,
    inputs: 1,
    custom: { SA: 9, DT: 0 },
  }))
  const logged = records.map((record) => ({ ...record, custom: { SA: 9, DT: 1 } }))
  const packets = [
    ...records.map((record, index) => ({ sequence: index + 1, sentMs: record.rtcMs + 1000, records: [record] })),
    { sequence: 70, sentMs: start + 9000, records },
    { sequence: 71, sentMs: start + 30_000, records: logged.slice(1) },
    { sequence: 72, sentMs: start + 31_000, records: logged.slice(0, 2) },
  ]
  const client = await tcpClient(gateway.port)
  for (const packet of packets) client.write(encodeBinary({ unitId, form, ...packet }))
  client.end()
  const frames = () => gateway!.query<{ n: number }>('SELECT count() AS n FROM waygate.frames')
  await eventually(frames, ([{ n }]) => Number(n) === packets.length)
  await gateway.settled()
  const alarms = await gateway.query('SELECT alarm FROM waygate.alarms FINAL')
  expect(alarms).toEqual([{ alarm: 'ignition_on' }])
  const rows = await gateway.query<{ fix_time: string; alarms: string[] }>(
    `SELECT fix_time, alarms FROM waygate.fixes FINAL WHERE device_id = '${unitId}' ORDER BY fix_time`,
  )
  expect(rows.map(({ alarms }) => alarms)).toEqual([[], ['ignition_on'], []])
}, 60_000)

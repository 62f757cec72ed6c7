/** The device file at work: quarantine, listing, aliases, the dictionary, and a file that is wrong. */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { location22, login } from '../../src/codecs/gt06/encode.ts'
import { eventually, ROOT, startGatewayProcess, sum, tcpClient, type GatewayProcess } from './gateway-process.ts'

const LISTED = '861230043210001'
const LATER = '861230043210002'
const NEVER = '861230043210003'
const directory = mkdtempSync(join(tmpdir(), 'waygate-devices-'))
const file = join(directory, 'fleet.csv')
const HEADER = 'id,name,account,sms_number,alias\n'
let gateway: GatewayProcess

beforeAll(async () => {
  writeFileSync(file, `${HEADER}${LISTED},Truck 12,acme,,\n`)
  gateway = await startGatewayProcess({
    WAYGATE_DEVICES_FILE: file,
    WAYGATE_DEVICES_UNKNOWN: 'quarantine',
    WAYGATE_SMS_PROVIDER: 'vonage',
    WAYGATE_SMS_SECRET: 'abc',
  })
})
afterAll(async () => {
  await gateway.remove()
  rmSync(directory, { recursive: true })
})

const fixOf = (second: number) =>
  location22(
    { timeMs: Date.UTC(2026, 5, 1, 10, 0, second), latitude: 52.1, longitude: 13.2, speedKph: 40, courseDeg: 90 },
    { mcc: 262, mnc: 1, lac: 1, cid: 2 },
    {},
    second,
  )

/** Logs in and sends a fix; resolves when the login is acknowledged. */
async function drive(imei: string, second: number) {
  const client = await tcpClient(gateway.port)
  client.write(Buffer.concat([login({ imei }, 1), fixOf(second)]))
  await eventually(
    async () => client.received,
    (received) => received !== '',
  )
  expect(client.received).toStartWith('78780501')
  return client
}
const fixes = () =>
  gateway.query<{ device_id: string; at: string }>(
    `SELECT device_id, formatDateTime(fix_time, '%S') AS at FROM waygate.fixes ORDER BY device_id, fix_time`,
  )

test('quarantine: an unlisted device is acknowledged and kept, and decoded once it is listed', async () => {
  await drive(LISTED, 1)
  const later = await drive(LATER, 2)
  await drive(NEVER, 3)
  expect(await eventually(fixes, (rows) => rows.length === 1)).toEqual([{ device_id: LISTED, at: '01' }])
  const kept = () =>
    gateway.query(
      `SELECT device_id, count() AS frames FROM waygate.frames WHERE quarantined GROUP BY device_id ORDER BY device_id`,
    )
  expect(await eventually(kept, (rows) => rows.length === 2)).toEqual([
    { device_id: LATER, frames: 2 },
    { device_id: NEVER, frames: 2 },
  ])

  writeFileSync(file, `${HEADER}${LISTED},Truck 12,acme,,\n${LATER},Van 3,umbrella,,\n`)
  const listed = [
    { device_id: LISTED, at: '01' },
    { device_id: LATER, at: '02' },
  ]
  expect(await eventually(fixes, (rows) => rows.length === 2, 8000)).toEqual(listed)
  // The connection lives on, and its next fix is stored at once.
  later.write(fixOf(4))
  expect(await eventually(fixes, (rows) => rows.length === 3)).toEqual([...listed, { device_id: LATER, at: '04' }])
  expect(await eventually(kept, (rows) => rows.length === 1)).toEqual([{ device_id: NEVER, frames: 2 }])
  await gateway.settled()
  const received = await gateway.query(
    `SELECT count() AS frames, uniqExact(received_at, frame_id) AS different FROM waygate.frames WHERE device_id = '${LATER}'`,
  )
  expect(received).toEqual([{ frames: 3, different: 3 }])
})

test('quarantine: frames are counted as such, and the ledger holds', async () => {
  const settled = async () => gateway.metrics()
  const metrics = await eventually(settled, (now) => sum(now, 'waygate_frames_waiting') === 0)
  const decoded = (outcome: string) => sum(metrics, 'waygate_frames_decoded_total', `outcome="${outcome}"`)
  expect(decoded('quarantined')).toBe(4)
  expect(sum(metrics, 'waygate_frames_released_total')).toBe(2)
  expect(sum(metrics, 'waygate_frames_total') + 2).toBe(sum(metrics, 'waygate_frames_decoded_total'))
})

test('devices: ClickHouse knows name and account by device id, for readers too', async () => {
  const named = () =>
    gateway.query(
      `SELECT device_id, dictGet('waygate.devices', ('name', 'account'), device_id) AS said FROM waygate.latest_fixes ORDER BY device_id`,
    )
  expect(await named()).toEqual([
    { device_id: LISTED, said: { name: 'Truck 12', account: 'acme' } },
    { device_id: LATER, said: { name: 'Van 3', account: 'umbrella' } },
  ])
})

const sms = (fields: Record<string, string>, secret = 'abc') =>
  fetch(`http://127.0.0.1:${gateway.httpPort}/sms?secret=${secret}`, {
    method: 'POST',
    body: new URLSearchParams(fields),
  })
const HELP = 'help me! lat:22.566901 long:114.051258 speed:14.90 T:26/06/01 11:30 http://maps.google.com/maps?f=q'

test('sms: a text of a listed number is a fix of its device, with its alarm and its text kept', async () => {
  writeFileSync(file, `${HEADER}${LISTED},Truck 12,acme,+49 151 23,\n${LATER},Van 3,umbrella,,\n`)
  await eventually(
    async () => gateway.log().split('the device file was read again').length,
    (count) => count >= 3,
  )
  expect((await sms({ msisdn: '4915123', text: HELP })).status).toBe(200)
  expect((await sms({ msisdn: '4915123', text: 'x' }, 'abd')).status).toBe(403)
  const stored = () =>
    gateway.query(`SELECT device_id, latitude, longitude, alarms FROM waygate.fixes WHERE transport = 'sms'`)
  expect(await eventually(stored, (rows) => rows.length === 1)).toEqual([
    { device_id: LISTED, latitude: 22.566901, longitude: 114.051258, alarms: ['sos'] },
  ])
  await gateway.settled()
  const kept = await gateway.query(`SELECT remote, frame FROM waygate.frames WHERE transport = 'sms'`)
  expect(kept).toEqual([{ remote: '4915123', frame: HELP }])
})

test('sms: of a number that is not listed, a text that some tracker could have sent waits, another is a reject', async () => {
  await sms({ msisdn: '4915199', text: HELP })
  await sms({ msisdn: '4915199', text: 'You have won' })
  const kept = () => gateway.query(`SELECT device_id FROM waygate.frames WHERE transport = 'sms' AND quarantined`)
  expect(await eventually(kept, (rows) => rows.length === 1)).toEqual([{ device_id: '+4915199' }])
  const rejects = () => gateway.query(`SELECT remote, reason, bytes FROM waygate.rejects WHERE transport = 'sms'`)
  expect(await eventually(rejects, (rows) => rows.length === 1)).toEqual([
    { remote: '4915199', reason: 'unknown_protocol', bytes: 'You have won' },
  ])
  // Listing the number lets its text out, as the device's.
  writeFileSync(file, `${HEADER}${LISTED},Truck 12,acme,+49 151 23,\n${LATER},Van 3,umbrella,+4915199,\n`)
  const fixes = () =>
    gateway.query(`SELECT device_id FROM waygate.fixes WHERE transport = 'sms' AND device_id = '${LATER}'`)
  expect(await eventually(fixes, (rows) => rows.length === 1, 8000)).toHaveLength(1)
})

test('devices: an alias listed later takes its frames out of quarantine under the device it is', async () => {
  writeFileSync(file, `${HEADER}${LISTED},Truck 12,acme,,${NEVER}\n${LATER},Van 3,umbrella,,\n`)
  const rows = await eventually(fixes, (found) => found.length === 6, 8000)
  expect(rows.filter(({ device_id }) => device_id === LISTED).map(({ at }) => at)).toContain('03')
  const kept = () => gateway.query(`SELECT 1 FROM waygate.frames WHERE quarantined`)
  expect(await eventually(kept, (found) => found.length === 0)).toEqual([])
})

test('devices: a wrong file is told with its line, and the list of before stays in force', async () => {
  writeFileSync(file, `${HEADER}!,x,y,,\n`)
  const ready = async () =>
    (await fetch(`http://127.0.0.1:${gateway.httpPort}/readyz`)).json() as Promise<{ devices: string }>
  expect((await eventually(ready, ({ devices }) => devices !== 'ok')).devices).toContain('is wrong')
  expect(gateway.log()).toContain('line 2: id: found')
  await drive(LATER, 5)
  expect(await eventually(fixes, (rows) => rows.length === 7)).toHaveLength(7)
})

test('devices: a gateway does not start with a wrong file', async () => {
  const child = Bun.spawn([process.execPath, join(ROOT, 'src/main.ts'), '--check-config'], {
    cwd: directory,
    env: { ...process.env, WAYGATE_DEVICES_FILE: file },
    stderr: 'pipe',
  })
  expect(await child.exited).toBe(2)
  expect(await new Response(child.stderr).text()).toContain('line 2: id: found "!"')
})

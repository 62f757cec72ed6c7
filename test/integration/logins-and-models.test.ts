/** What vectors.test.ts leaves out: logins, with their acks and session rows, and clones that need the model option. */
import { afterEach, expect, test } from 'bun:test'
import { createConnection } from 'node:net'
import { join } from 'node:path'
import { login } from '../../src/codecs/gt06/encode.ts'
import { codecOptions, createCodecs } from '../../src/codecs/registry.ts'
import type { Row } from '../../src/codecs/row.ts'
import { hexOf, session, takeAll } from '../codecs/harness.ts'
import { differences, readVectors, specificationVectors, vectorBytes } from '../codecs/vectors.ts'
import { eventually, ROOT, startGatewayProcess, tcpClient, type GatewayProcess } from './gateway-process.ts'

let gateway: GatewayProcess
afterEach(() => gateway.remove())

const codecs = createCodecs(codecOptions.parse({}))
const vectorsOf = (protocol: string) => [
  ...readVectors(join(ROOT, 'fixtures', `${protocol}.jsonl`)),
  ...specificationVectors(protocol),
]
const SESSION_NAMES = new Set(['type_code', 'timezone_minutes', 'language'])

test('gt06 and gps103 logins: the ack is exact, the device is known, and what the login said is in its session', async () => {
  gateway = await startGatewayProcess()
  const failures: string[] = []
  for (const protocol of ['gt06', 'gps103'])
    for (const vector of vectorsOf(protocol).filter(({ kind }) => kind === 'login')) {
      const codec = codecs.find(({ name }) => name === protocol)!
      const bytes = vectorBytes(vector)
      const ack = takeAll(codec, bytes, session())
        .map((frame) => hexOf(frame.ack))
        .join('')
      const received = await answerTo(bytes)
      if (received !== ack || ack === '') failures.push(`${vector.id}: ack ${received} instead of ${ack}`)
      const said = Object.entries(vector.expect).filter(([name]) => SESSION_NAMES.has(name))
      const rows = await eventually(
        () =>
          gateway.query<{ attributes: Record<string, unknown> }>(
            `SELECT attributes FROM waygate.sessions WHERE device_id = '${String(vector.expect.device_id)}' AND protocol = '${protocol}'`,
          ),
        (found) => found.some(({ attributes }) => said.every(([name, value]) => attributes[name] === value)),
      )
      if (!rows.some(({ attributes }) => said.every(([name, value]) => attributes[name] === value)))
        failures.push(`${vector.id}: sessions ${JSON.stringify(rows)}`)
    }
  expect(failures).toEqual([])
}, 120_000)

/** Sends bytes and a FIN, since a vector may lack its terminator; all that comes back until the gateway closes, in hex. */
function answerTo(bytes: Uint8Array): Promise<string> {
  return new Promise((resolve, reject) => {
    let received = ''
    const client = createConnection({ port: gateway.port, host: '127.0.0.1', allowHalfOpen: true })
    client.on('data', (chunk: Buffer) => {
      received += chunk.toString('hex')
    })
    client.on('end', () => resolve(received))
    client.on('error', reject)
    client.end(bytes)
  })
}

/** Names of the vectors that are not names of the option: these clones are told by the length of their frames. */
const TOLD_BY_LENGTH = new Set(['NT20', 'XT40'])
const optionOf = (model: string) => (TOLD_BY_LENGTH.has(model) ? 'concox' : model.toLowerCase().replace(/-.*/, ''))

const clones = Map.groupBy(
  vectorsOf('gt06').filter(({ model, kind }) => model !== undefined && kind !== 'none'),
  ({ model }) => optionOf(model!),
)
for (const [model, vectors] of clones)
  test(`gt06 over tcp with model = "${model}": ${vectors.length} frames give what they expect`, async () => {
    gateway = await startGatewayProcess({ WAYGATE_CODECS_GT06_MODEL: model })
    const imeiOf = (index: number) => String(862_000_000_000_000 + index)
    for (const [index, vector] of vectors.entries()) {
      const client = await tcpClient(gateway.port)
      client.write(Buffer.concat([login({ imei: imeiOf(index) }, 1), vectorBytes(vector)]))
      client.end()
    }
    const failures: string[] = []
    for (const [index, { id, kind, expect: expected }] of vectors.entries()) {
      const rows = () => rowsOf(imeiOf(index))
      const found = await eventually(rows, (got) => differences(got, kind, expected).length === 0)
      const wrong = differences(found, kind, expected)
      if (wrong.length > 0) failures.push(`${id}: ${wrong.join('; ')}`)
    }
    expect(failures).toEqual([])
  }, 60_000)

async function rowsOf(device: string): Promise<Row[]> {
  const where = `device_id = '${device}'`
  const fixes = await gateway.query<Row>(
    `SELECT 'fixes' AS table, *, latitude, longitude FROM waygate.fixes WHERE ${where}`,
  )
  const telemetry = await gateway.query<Row>(`SELECT 'telemetry' AS table, * FROM waygate.telemetry WHERE ${where}`)
  const utc = (time: unknown) => (time === null ? null : `${String(time).replace(' ', 'T')}Z`)
  for (const row of fixes) row.fix_time = utc(row.fix_time)
  for (const row of telemetry) row.sent_at = utc(row.sent_at)
  return [...fixes, ...telemetry]
}

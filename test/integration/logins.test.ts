/** What vectors.test.ts leaves out: what a login says is in the row of its session. */
import { afterEach, expect, test } from 'bun:test'
import { createConnection } from 'node:net'
import { join } from 'node:path'
import { codecOptions, createCodecs } from '../../src/codecs/registry.ts'
import { hexOf, session, takeAll } from '../codecs/harness.ts'
import { readVectors, specificationVectors, vectorBytes } from '../codecs/vectors.ts'
import { eventually, ROOT, startGatewayProcess, type GatewayProcess } from './gateway-process.ts'

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

/** Every fixture, and where it is at hand every vector of the specification, sent to the port and read back with SQL. */
import { afterAll, expect, test } from 'bun:test'
import { readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { login } from '../../src/codecs/gt06/encode.ts'
import { codecOptions, createCodecs } from '../../src/codecs/registry.ts'
import type { Row } from '../../src/codecs/row.ts'
import { session, takeAll } from '../codecs/harness.ts'
import { differences, readVectors, specificationVectors, vectorBytes, type Vector } from '../codecs/vectors.ts'
import { ROOT, startGatewayProcess, sum, tcpClient, type GatewayProcess } from './gateway-process.ts'

let gateway: GatewayProcess | null = null
afterAll(() => gateway?.remove())

/** gt06 frames carry no identity, so each gets a tracker of its own that logs in first. */
const imeiOf = (index: number) => String(861_000_000_000_000 + index)

for (const protocol of readdirSync(join(ROOT, 'fixtures')).map((file) => basename(file, '.jsonl')))
  for (const transport of ['tcp', 'udp'] as const)
    test(`${protocol} over ${transport}: every frame gives through the port what it gives in the codec`, async () => {
      gateway ??= await startGatewayProcess()
      const known = [...readVectors(join(ROOT, 'fixtures', `${protocol}.jsonl`)), ...specificationVectors(protocol)]
      // What depends on a model option, or on being received at another time than now, is the codec tests' business.
      const codec = codecs.find((candidate) => candidate.name === protocol)!
      const holdsNow = (vector: Vector) => {
        const frames = takeAll(codec, vectorBytes(vector), session(''))
        const rows = frames.flatMap((frame) => frame.rows)
        // Replies without an identity need a session that has one.
        const known = protocol === 'gt06' || frames.every((frame) => frame.device !== '')
        return known && differences(rows, vector.kind, vector.expect).length === 0
      }
      const vectors = known.filter(
        (vector) => vector.model === undefined && !SAME_CONTENT.has(vector.id) && holdsNow(vector),
      )
      expect(vectors.length).toBeGreaterThan(20)
      const offset = (protocol === 'gt06' ? 0 : 1000) + (transport === 'tcp' ? 0 : 500)
      for (const [index, vector] of vectors.entries()) await send(protocol, transport, vector, imeiOf(offset + index))
      const failures: string[] = []
      const frames = await storedFrames(transport)
      const stored = await storedRows()
      for (const [index, vector] of vectors.entries()) {
        if (vector.kind === 'login') continue
        const ids =
          protocol === 'gt06'
            ? frames.filter((frame) => frame.device_id === imeiOf(offset + index))
            : frames.filter((frame) => hexOf(vector).includes(frame.hex))
        const rows = ids.flatMap((frame) => stored.get(`${frame.device_id} ${frame.frame_id}`) ?? [])
        const wrong = differences(rows, vector.kind, withoutSerials(vector.expect))
        if (wrong.length > 0) failures.push(`${vector.id}: ${wrong.join('; ')}`)
      }
      expect(failures).toEqual([])
    }, 120_000)

/** Same device and content as another fixture, with another session, serial or company: one row in the table, as it should be. */
const SAME_CONTENT = new Set([
  'gps103-letters-missing-remembered',
  'ais140-no-terminator',
  'atrack-s09-text',
  'atrack-text-report-2',
  'atrack-text-sequence-beyond-16-bits',
  'watch-018', // live; 019 is the same from the blind spot
])
const codecs = createCodecs(codecOptions.parse({}))
const hexOf = (vector: Vector) => Buffer.from(vectorBytes(vector)).toString('hex')

/** A repetition with another serial is the same record: which of the serials its row has is open. */
const withoutSerials = (expect: Vector['expect']): Vector['expect'] =>
  // Of a frame of several records a list.
  Array.isArray(expect)
    ? (expect.map(withoutSerials) as unknown as Vector['expect'])
    : Object.fromEntries(Object.entries(expect).filter(([name]) => name !== 'sequence' && name !== 'serial'))

async function send(protocol: string, transport: 'tcp' | 'udp', vector: Vector, imei: string): Promise<void> {
  const first = protocol === 'gt06' ? login({ imei }, 1) : new Uint8Array(0)
  if (transport === 'tcp') {
    const client = await tcpClient(gateway!.port)
    client.write(Buffer.concat([first, vectorBytes(vector)]))
    client.end()
    await Bun.sleep(2) // equal frames of one device and millisecond are one row of frames
    return
  }
  const socket = await Bun.udpSocket({
    connect: { hostname: '127.0.0.1', port: gateway!.port },
    socket: { data: () => {} },
  })
  if (first.length > 0) socket.send(first)
  socket.send(vectorBytes(vector))
  await Bun.sleep(2) // a tracker waits for its ack; without that the kernel's buffer would overflow
  socket.close()
}

/** Waits until nothing arrives any more and every row of what arrived is stored. */
async function settled(): Promise<void> {
  for (let before = -1; ;) {
    const metrics = await gateway!.metrics()
    const received = sum(metrics, 'waygate_received_bytes_total')
    const waiting = sum(metrics, 'waygate_frames_waiting') + sum(metrics, 'waygate_rows_waiting')
    if (received === before && waiting === 0) return
    before = received
    await Bun.sleep(300)
  }
}

async function storedFrames(transport: string): Promise<{ frame_id: string; device_id: string; hex: string }[]> {
  await settled()
  return gateway!.query(
    `SELECT toString(frame_id) AS frame_id, device_id, lower(hex(frame)) AS hex FROM waygate.frames WHERE transport = '${transport}'`,
  )
}

/** All rows of fixes and telemetry, by device and frame. */
async function storedRows(): Promise<Map<string, Row[]>> {
  const fixes = await gateway!.query<Row>(
    `SELECT 'fixes' AS table, *, latitude, longitude, toString(frame_id) AS frame FROM waygate.fixes`,
  )
  const telemetry = await gateway!.query<Row>(
    `SELECT 'telemetry' AS table, *, toString(frame_id) AS frame FROM waygate.telemetry`,
  )
  const utc = (time: unknown) => (time === null ? null : `${String(time).replace(' ', 'T')}Z`)
  for (const row of fixes) row.fix_time = utc(row.fix_time)
  for (const row of telemetry) row.sent_at = utc(row.sent_at)
  return Map.groupBy([...fixes, ...telemetry], (row) => `${row.device_id as string} ${row.frame as string}`)
}

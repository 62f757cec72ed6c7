/** Datagrams of Lommy units that speak SUT, whose layout nobody knows yet: kept whole, unanswered, ready to be decoded later. */
import { afterAll, expect, test } from 'bun:test'
import { codecOptions, createCodecs } from '../../src/codecs/registry.ts'
import { bytesOfHex, session, take } from '../codecs/harness.ts'
import { eventually, startGatewayProcess, sum, type GatewayProcess } from './gateway-process.ts'

let gateway: GatewayProcess | null = null
afterAll(() => gateway?.remove())

/** Binary as it may come: padding at both ends, line ends, no text anywhere. */
const DATAGRAMS = ['ff010203fffe060708', '0d0a00ff8080ff0d0a0020', 'c3'.repeat(1400)]

test('SUT: unrecognised datagrams of a listed network are frames of flextrack, whole, without a device and unanswered', async () => {
  gateway = await startGatewayProcess({ WAYGATE_CODECS_FLEXTRACK_SUT_NETWORKS: '127.0.0.0/8' })
  const answers: string[] = []
  const socket = await Bun.udpSocket({
    connect: { hostname: '127.0.0.1', port: gateway.port },
    socket: { data: (_, bytes) => void answers.push(bytes.toString('hex')) },
  })
  for (const hex of DATAGRAMS) {
    socket.send(bytesOfHex(hex))
    await Bun.sleep(5)
  }
  const frames = await eventually(
    () =>
      gateway!.query<{ device_id: string; protocol: string; transport: string; remote: string; hex: string }>(
        'SELECT device_id, protocol, transport, remote, lower(hex(frame)) AS hex FROM waygate.frames ORDER BY received_at',
      ),
    (rows) => rows.length >= DATAGRAMS.length,
  )
  expect(frames.map(({ hex }) => hex)).toEqual(DATAGRAMS)
  for (const { device_id, protocol, transport, remote } of frames)
    expect([device_id, protocol, transport, remote]).toEqual(['', 'flextrack', 'udp', `127.0.0.1:${socket.port}`])
  const telemetry = await eventually(
    () =>
      gateway!.query<{ message: string; n: number }>(
        'SELECT message, count() AS n FROM waygate.telemetry GROUP BY message',
      ),
    (rows) => rows.length > 0,
  )
  expect(telemetry.map(({ message, n }) => [message, Number(n)])).toEqual([['SUT', DATAGRAMS.length]])
  expect(sum(await gateway.metrics(), 'waygate_adopted_datagrams_total')).toBe(DATAGRAMS.length)
  expect(await gateway.query('SELECT reason FROM waygate.rejects')).toEqual([])
  expect(answers).toEqual([])
  socket.close()

  // A codec that knows the layout finds all it needs in the row: the bytes, and that no session stood behind them.
  const flextrack = createCodecs(codecOptions.parse({})).find(({ name }) => name === 'flextrack')!
  for (const { hex } of frames)
    expect(take(flextrack, bytesOfHex(hex), session()).rows).toMatchObject([{ table: 'telemetry', message: 'SUT' }])
}, 60_000)

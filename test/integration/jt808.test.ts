/** A JT/T 808 unit through the port, over TCP whole and byte by byte and over UDP: every ack byte for byte, every location one row. */
import { afterAll, expect, test } from 'bun:test'
import * as jt808 from '../../src/codecs/jt808/encode.ts'
import { eventually, startGatewayProcess, tcpClient, type GatewayProcess } from './gateway-process.ts'

let gateway: GatewayProcess | null = null
afterAll(() => gateway?.remove())

const start = Math.floor(Date.now() / 1000) * 1000 - 60_000
const fixes = Array.from({ length: 9 }, (_, at): jt808.Fix => ({
  timeMs: start + at * 1000,
  latitude: -33.45619 + at / 1e6,
  longitude: -70.679934,
  speedKph: at,
  // Overspeed begins with the third and lasts.
  alarm: at >= 2 ? 2 : 0,
}))
const bodies = fixes.map((fix, at) => jt808.locationBody(fix, jt808.Item.satellites(at)))

/** What the unit sends, and what it must hear. */
function dialogue(phone: string): { frames: Uint8Array[]; acks: string } {
  const head = (serial: number): jt808.Head => ({ phone, serial })
  const batch = jt808.batchBody(bodies, true)
  const packets = jt808.packets(0x0704, batch, 100, head(10))
  const code = [...Buffer.from(phone.padStart(12, '0'))]
  const frames = [
    jt808.register({ model: 'P02L' }, head(1)),
    jt808.authenticate(phone.padStart(12, '0'), head(2)),
    ...bodies.slice(0, 4).map((body, at) => jt808.frame(0x0200, body, head(3 + at))),
    jt808.frame(0x0200, bodies[2], head(5)), // its answer was lost
    ...packets, // all of them stored too, cut anywhere
    jt808.heartbeat(head(30)),
  ]
  const answered: [number, number][] = [
    [2, 0x0102],
    ...[3, 4, 5, 6, 5].map((serial): [number, number] => [serial, 0x0200]),
    ...packets.map((_, at): [number, number] => [10 + at, 0x0704]),
    [30, 0x0002],
  ]
  const acks = [
    jt808.frame(0x8100, [0, 1, 0, ...code], head(0)),
    ...answered.map(([serial, id], at) =>
      jt808.frame(0x8001, [...jt808.u16(serial), ...jt808.u16(id), 0], head(1 + at)),
    ),
  ]
  return { frames, acks: Buffer.concat(acks).toString('hex') }
}

const WAYS: Record<
  string,
  { phone: string; send: (port: number, frames: Uint8Array[], acks: number) => Promise<string> }
> = {
  'tcp, whole': {
    phone: '13800138001',
    send: async (port, frames, acks) => {
      const client = await tcpClient(port)
      client.write(Buffer.concat(frames))
      return eventually(
        async () => client.received,
        (received) => received.length >= acks,
      )
    },
  },
  'tcp, byte by byte': {
    phone: '13800138002',
    send: async (port, frames, acks) => {
      const client = await tcpClient(port)
      for (const byte of Buffer.concat(frames)) {
        client.write(Uint8Array.of(byte))
        await Bun.sleep(0)
      }
      return eventually(
        async () => client.received,
        (received) => received.length >= acks,
      )
    },
  },
  udp: {
    phone: '13800138003',
    send: async (port, frames, acks) => {
      let received = ''
      const socket = await Bun.udpSocket({
        connect: { hostname: '127.0.0.1', port },
        socket: { data: (_, datagram) => void (received += datagram.toString('hex')) },
      })
      // The packets of a message in one datagram, the others each in its own.
      const isPacket = (frame: Uint8Array) => (frame[3] & 0x20) !== 0
      const datagrams = [
        ...frames.filter((frame) => !isPacket(frame)).slice(0, -1),
        Buffer.concat(frames.filter(isPacket)),
        frames.at(-1)!,
      ]
      for (const datagram of datagrams) {
        const before = received.length
        socket.send(datagram)
        await eventually(
          async () => received.length,
          (length) => length > before,
        )
      }
      const all = await eventually(
        async () => received,
        (hex) => hex.length >= acks,
      )
      socket.close()
      return all
    },
  },
}

for (const [name, { phone, send }] of Object.entries(WAYS))
  test(`jt808 over ${name}: acks come byte for byte, and a location sent live, again and stored in packets is one row`, async () => {
    gateway ??= await startGatewayProcess()
    const { frames, acks } = dialogue(phone)
    expect(await send(gateway.port, frames, acks.length)).toBe(acks)
    await gateway.settled()
    const alarms = await gateway.query(`SELECT alarm FROM waygate.alarms FINAL WHERE device_id = '${phone}'`)
    expect(alarms).toEqual([{ alarm: 'overspeed' }])
    const rows = await gateway.query<{ ms: number; latitude: number; satellites: number; alarms: string[] }>(
      `SELECT toUnixTimestamp64Milli(fix_time) AS ms, latitude, satellites, alarms FROM waygate.fixes FINAL
       WHERE device_id = '${phone}' ORDER BY fix_time`,
    )
    expect(rows).toEqual(
      fixes.map(({ timeMs, latitude }, at) => ({
        ms: timeMs,
        latitude: expect.closeTo(latitude, 7),
        satellites: at,
        alarms: at === 2 ? ['overspeed'] : [],
      })),
    )
  }, 60_000)

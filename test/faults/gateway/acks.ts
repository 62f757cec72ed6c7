/** R11: acks to a client with the smallest socket buffers, which writes and reads a byte at a time. */
import { expect } from 'bun:test'
import { dlopen, FFIType } from 'bun:ffi'
import { gt06Tracker } from '../../../src/simulator/gt06.ts'
import type { Random } from '../../../src/simulator/random.ts'
import { Vehicle } from '../../../src/simulator/vehicle.ts'
import { startGatewayProcess } from '../../integration/gateway-process.ts'
import { seeded, type FaultTest } from './rounds.ts'
import { LedgerWatch, settled } from './truth.ts'

const { i32, i64, ptr } = FFIType
const mac = process.platform === 'darwin'
const libc = dlopen(mac ? 'libSystem.B.dylib' : 'libc.so.6', {
  socket: { args: [i32, i32, i32], returns: i32 },
  setsockopt: { args: [i32, i32, i32, ptr, i32], returns: i32 },
  connect: { args: [i32, ptr, i32], returns: i32 },
  send: { args: [i32, ptr, i64, i32], returns: i64 },
  recv: { args: [i32, ptr, i64, i32], returns: i64 },
  close: { args: [i32], returns: i32 },
}).symbols
const AF_INET = 2
const SOCK_STREAM = 1
const SOL_SOCKET = mac ? 0xffff : 1
const [SO_SNDBUF, SO_RCVBUF] = mac ? [0x1001, 0x1002] : [7, 8]
const MSG_DONTWAIT = mac ? 0x80 : 0x40
/** The kernel makes as much of it as it must have, a few KiB. */
const BUFFER_BYTES = 1
const MESSAGES_SHORT = 1500
/** On a machine that has other work too. */
const MESSAGES_PER_SECOND = 150
const ACK_BYTES = 10
const SILENCE_MS = 300
/** Without a byte more in either direction. */
const STALLED_MS = 30_000

export const tinyBuffers: FaultTest = {
  id: 'R11',
  name: 'acks under 1-byte reads and writes and tiny socket buffers',
  run: (options) =>
    seeded('R11', options, async (random) => {
      const gateway = await startGatewayProcess()
      const watch = new LedgerWatch(() => gateway.metrics())
      const imei = '862000000000001'
      const messages = Math.max(MESSAGES_SHORT, Math.round(options.seconds * MESSAGES_PER_SECOND))
      try {
        const { sent, serials } = conversation(random, imei, messages)
        const received = await converse(gateway.port, sent, random, serials.length)
        // Every message is answered once, and in order.
        expect(serialsIn(received)).toEqual(serials)
        await settled(() => gateway.metrics())
        await watch.stop()
        const [{ rows }] = await gateway.query<{ rows: number }>('SELECT count() AS rows FROM waygate.fixes FINAL')
        expect(Number(rows)).toBe(messages)
        return `${sent.length} bytes written, ${received.length} bytes of acks read one by one: ${serials.length} acks, in order; ${watch.scrapes} scrapes`
      } finally {
        await gateway.remove()
      }
    }),
}

/** A login and fixes, and the serials in the order in which they have to be acknowledged. */
function conversation(random: Random, imei: string, messages: number): { sent: Uint8Array; serials: number[] } {
  const vehicle = new Vehicle(random)
  const parts = [gt06Tracker.login(imei, 1)]
  const serials = [1]
  const start = Math.floor(Date.now() / 1000) * 1000 - messages * 1000
  for (let index = 0; index < messages; index++) {
    const serial = ((index + 1) % 0xffff) + 1
    parts.push(gt06Tracker.report(imei, [vehicle.drive(start + index * 1000, 1, gt06Tracker.alarms)], serial))
    serials.push(serial)
  }
  return { sent: Buffer.concat(parts), serials }
}

/** Writes all of it and reads until `acks` acks are there, or nothing moves any more; mostly a byte at a time, and now and then not at all. */
async function converse(port: number, sent: Uint8Array, random: Random, acks: number): Promise<Uint8Array> {
  const socket = libc.socket(AF_INET, SOCK_STREAM, 0)
  const size = new Int32Array([BUFFER_BYTES])
  libc.setsockopt(socket, SOL_SOCKET, SO_RCVBUF, size, 4)
  libc.setsockopt(socket, SOL_SOCKET, SO_SNDBUF, size, 4)
  const address = Uint8Array.from([
    mac ? 16 : AF_INET,
    mac ? AF_INET : 0,
    port >> 8,
    port & 255,
    127,
    0,
    0,
    1,
    ...Buffer.alloc(8),
  ])
  expect(libc.connect(socket, address, address.length)).toBe(0)
  const received: number[] = []
  const byte = new Uint8Array(1)
  try {
    let until = performance.now() + STALLED_MS
    let isWhole = false
    for (let at = 0, turns = 0; performance.now() < until;) {
      const before = at + received.length
      const reads = random.chance(0.3) ? 0 : random.whole(1, 400)
      for (let index = 0; index < 400 && at < sent.length; index++) {
        byte[0] = sent[at]
        if (Number(libc.send(socket, byte, 1, MSG_DONTWAIT)) !== 1) break
        at++
      }
      for (let index = 0; index < reads && Number(libc.recv(socket, byte, 1, MSG_DONTWAIT)) === 1; index++)
        received.push(byte[0])
      // Nothing may come behind the last one.
      if (!isWhole && at + received.length > before) {
        isWhole = received.length >= acks * ACK_BYTES
        until = performance.now() + (isWhole ? SILENCE_MS : STALLED_MS)
      }
      if (++turns % 4 === 0) await Bun.sleep(1)
    }
  } finally {
    libc.close(socket)
  }
  return Uint8Array.from(received)
}

/** Serials of the acks; an error if anything stands between them. */
function serialsIn(bytes: Uint8Array): number[] {
  const serials: number[] = []
  for (let at = 0; at < bytes.length;) {
    const reply = gt06Tracker.readReply(bytes, at, bytes.length)
    if (reply.size === 0) break
    if (reply.serial < 0)
      throw new Error(`no ack at byte ${at}: ${Buffer.from(bytes.subarray(at, at + 20)).toString('hex')}`)
    serials.push(reply.serial)
    at += reply.size
  }
  return serials
}

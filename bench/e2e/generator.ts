/**
 * A process that loads a gateway, or an echo server, and measures: `bun bench/e2e/generator.ts '<LoadOptions as JSON>'`.
 * It prints "begin" when everybody is connected, and LoadResult as JSON at its end.
 *
 * With a rate the loop is open: packets have times at which they are due, and latency counts from there, so that an ack
 * that is late makes those behind it late too, as it would for trackers. Without a rate the loop is closed: each
 * connection sends its next packet when the one before is acknowledged, and the result is how fast that goes.
 */
import { createHistogram } from 'node:perf_hooks'
import { FRAME_BYTES_MAX, frameWriter, imeiOf, type FrameWriter, type LoadProtocol } from './frames.ts'

export interface LoadOptions {
  port: number
  transport: 'tcp' | 'udp'
  protocol: LoadProtocol
  /** Connections, each of a device of its own. */
  connections: number
  /** Number of the first device. */
  firstDevice: number
  framesPerPacket: number
  /** Packets a second of all connections; 0: as fast as acks come. */
  rate: number
  /** 0: connects and logs in only, and stays until it is told to end. */
  seconds: number
  /** What comes back are the frames themselves. */
  echo: boolean
}

export interface LoadResult {
  /** Frames. */
  sent: number
  acked: number
  /** From the first frame to the last that was sent. */
  seconds: number
  /** Acks of the seconds in which frames were sent; what came later does not count as throughput. */
  ackedInTime: number
  /** Of packets, by their last ack; without the first second. In ms. */
  p50: number
  p99: number
  max: number
  /** How late packets left by the generator's own fault, 99 of 100, in ms. */
  lateP99: number
  /** User and system time. */
  cpuSeconds: number
}

const SOURCES = 250
const CONNECT_AT_ONCE = 100
const WARM_UP_MS = 1000
/** Acks that have not come so long after the last packet are lost. */
const DRAIN_MS = 10_000
/** A datagram without an ack for so long is given up, where the loop is closed. */
const LOST_MS = 1000
/** Packets of a connection that may be under way. */
const PENDING_MAX = 4096
const DAY_MS = 86_400_000
const NOTHING = new Uint8Array(0)

class Connection {
  readonly frames: FrameWriter
  /** When its packets under way were due: a ring, the oldest at `first`. */
  pending = new Float64Array(64)
  first = 0
  packets = 0
  /** Acks of the oldest packet under way that have come. */
  acks = 0
  unsent = NOTHING
  tcp: Bun.Socket<Connection> | null = null
  udp: Bun.udp.ConnectedSocket<'buffer'> | null = null
  loggedIn = false

  constructor(readonly device: number) {
    this.frames = frameWriter(options.protocol, imeiOf(device), device, Date.now() - DAY_MS, options.echo)
  }
}

const options = JSON.parse(process.argv[2]) as LoadOptions
const latency = createHistogram({ highest: 600_000_000, figures: 3 })
const lateness = createHistogram({ highest: 600_000_000, figures: 3 })
const packet = new Uint8Array(options.framesPerPacket * FRAME_BYTES_MAX)
/** Views of `packet` by length, so that sending needs none of its own. */
const packets: Uint8Array[] = []
/** Frames. */
const total = { sent: 0, acked: 0 }
let began = 0
let measuring = false
let sending = false
let ending = false

const connections = Array.from(
  { length: options.connections },
  (_, index) => new Connection(options.firstDevice + index),
)
for (let from = 0; from < connections.length; from += CONNECT_AT_ONCE)
  await Promise.all(connections.slice(from, from + CONNECT_AT_ONCE).map(connect))
if (!options.echo && options.transport === 'tcp') await logIn()
process.stdout.write('begin\n')
if (options.seconds === 0) {
  // Idle until the parent closes our input.
  for await (const _ of Bun.stdin.stream());
  process.exit(0)
}
process.stdout.write(`${JSON.stringify(await load())}\n`)
process.exit(0)

async function connect(connection: Connection): Promise<void> {
  const { port, transport } = options
  if (transport === 'udp') {
    connection.udp = await Bun.udpSocket({
      connect: { hostname: '127.0.0.1', port },
      socket: { data: (_, bytes) => replies(connection, bytes), error: () => {} },
    })
    return
  }
  // More than one source address: one has too few ports for many connections.
  const localAddress = `127.0.0.${2 + (connection.device % SOURCES)}`
  const listener = {
    hostname: '127.0.0.1',
    port,
    localAddress,
    data: connection,
    socket: {
      data: (socket: Bun.Socket<Connection>, bytes: Uint8Array) => replies(socket.data, bytes),
      drain: (socket: Bun.Socket<Connection>) => write(socket.data, NOTHING),
      close: () => {
        if (!ending) throw new Error('the other side closed a connection')
      },
      error: () => {},
    },
  }
  connection.tcp = await Bun.connect<Connection>(listener)
}

/** What each tracker says first; its replies are none of frames. */
async function logIn(): Promise<void> {
  for (const connection of connections) {
    connection.tcp!.write(connection.frames.tracker.login(imeiOf(connection.device), 1))
    if (connection.device % CONNECT_AT_ONCE === 0) await Bun.sleep(0)
  }
  while (connections.some(({ loggedIn }) => !loggedIn)) await Bun.sleep(10)
  await Bun.sleep(200) // the second reply of those that have two
}

async function load(): Promise<LoadResult> {
  const cpu = process.cpuUsage()
  const { rate, seconds } = options
  sending = true
  began = performance.now()
  const end = began + seconds * 1000
  setTimeout(() => (measuring = true), WARM_UP_MS)
  if (rate > 0) await open(end)
  else await closed(end)
  sending = false
  const took = (performance.now() - began) / 1000
  const ackedInTime = total.acked
  const drained = performance.now() + DRAIN_MS
  while (total.acked < total.sent && performance.now() < drained) await Bun.sleep(5)
  const { user, system } = process.cpuUsage(cpu)
  ending = true
  return {
    ...total,
    seconds: took,
    ackedInTime,
    p50: latency.percentile(50) / 1000,
    p99: latency.percentile(99) / 1000,
    max: latency.max / 1000,
    lateP99: lateness.percentile(99) / 1000,
    cpuSeconds: (user + system) / 1e6,
  }
}

async function open(end: number): Promise<void> {
  let planned = 0
  for (;;) {
    const now = performance.now()
    if (now >= end) return
    const due = Math.floor(((now - began) / 1000) * options.rate)
    for (; planned < due; planned++) {
      const dueMs = began + (planned / options.rate) * 1000
      send(connections[planned % connections.length], dueMs)
      if (measuring) lateness.record(Math.max(1, Math.round((performance.now() - dueMs) * 1000)))
    }
    await Bun.sleep(1)
  }
}

async function closed(end: number): Promise<void> {
  for (const connection of connections) send(connection, performance.now())
  while (performance.now() < end) {
    await Bun.sleep(100)
    if (options.transport === 'tcp') continue
    const late = performance.now() - LOST_MS
    for (const connection of connections) {
      if (connection.packets === 0 || connection.pending[connection.first] > late) continue
      connection.packets = connection.acks = 0
      send(connection, performance.now())
    }
  }
}

function send(connection: Connection, dueMs: number): void {
  if (connection.packets === connection.pending.length) grow(connection)
  const { pending } = connection
  pending[(connection.first + connection.packets++) % pending.length] = dueMs
  let length = 0
  for (let frame = 0; frame < options.framesPerPacket; frame++) length = connection.frames.write(packet, length)
  total.sent += options.framesPerPacket
  write(connection, (packets[length] ??= packet.subarray(0, length)))
}

function grow(connection: Connection): void {
  const { pending, first, packets: count } = connection
  if (pending.length >= PENDING_MAX) throw new Error(`${PENDING_MAX} packets of a connection are not acknowledged`)
  const grown = new Float64Array(2 * pending.length)
  for (let at = 0; at < count; at++) grown[at] = pending[(first + at) % pending.length]
  connection.pending = grown
  connection.first = 0
}

function write(connection: Connection, bytes: Uint8Array): void {
  if (connection.udp) {
    connection.udp.send(bytes) // what finds no room is lost, as on any network
    return
  }
  const all = connection.unsent.length > 0 ? Buffer.concat([connection.unsent, bytes]) : bytes
  if (all.length === 0) return
  const taken = Math.max(0, connection.tcp!.write(all))
  connection.unsent = taken < all.length ? all.slice(taken) : NOTHING
}

function replies(connection: Connection, bytes: Uint8Array): void {
  if (!sending && total.sent === 0) {
    connection.loggedIn = true
    return
  }
  let count = connection.frames.replies(bytes)
  total.acked += count
  const now = performance.now()
  while (connection.packets > 0 && count > 0) {
    const wanted = options.framesPerPacket - connection.acks
    if (count < wanted) {
      connection.acks += count
      return
    }
    count -= wanted
    const dueMs = connection.pending[connection.first]
    connection.first = (connection.first + 1) % connection.pending.length
    connection.packets--
    connection.acks = 0
    if (measuring) latency.record(Math.max(1, Math.round((now - dueMs) * 1000)))
    if (options.rate === 0 && sending) send(connection, now)
  }
}

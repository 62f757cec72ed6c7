/**
 * One simulated tracker: connects, logs in, reports, waits for acks as the real device does, and sends again what was
 * not acknowledged, after a time-out or on a new connection.
 */
import type { TrackerProtocol } from './protocol.ts'
import type { SimulatedFix } from './vehicle.ts'

/** Messages that may be unconfirmed at a time. */
const WINDOW_TCP = 16
const ACK_TIMEOUT_MS = 3000
const RECONNECT_MS = 250
/** Fixes of one message, where the protocol confirms messages. */
const FIXES_PER_MESSAGE = 10
const NOTHING = new Uint8Array(0)

interface Message {
  serial: number
  fixes: SimulatedFix[]
  sentMs: number
}

export interface DeviceEvents {
  confirmed(device: SimulatedDevice, fix: SimulatedFix, latencyMs: number): void
  resent(fixes: number): void
}

export class SimulatedDevice {
  /** Fixes that no ack has confirmed: not sent yet. */
  private queue: SimulatedFix[] = []
  private flight: Message[] = []
  /** What was in flight when a connection ended, message by message: a tracker sends the same packets again. */
  private again: SimulatedFix[][] = []
  private serial = 1
  private state: 'offline' | 'connecting' | 'login' | 'online' | 'stopped' = 'offline'
  private since = 0
  private tcp: Bun.Socket<undefined> | null = null
  private udp: Bun.udp.ConnectedSocket<'buffer'> | null = null
  private received = NOTHING
  private unsent = NOTHING
  /** Until when there is no coverage. */
  private uncoveredUntilMs = 0
  private lastFix: SimulatedFix | null = null

  constructor(
    readonly imei: string,
    readonly protocol: TrackerProtocol,
    readonly transport: 'tcp' | 'udp',
    private readonly host: string,
    private readonly port: number,
    private readonly events: DeviceEvents,
  ) {}

  /** Fixes that are not confirmed. */
  get unconfirmed(): number {
    return this.unconfirmedFixes().length
  }

  unconfirmedFixes(): SimulatedFix[] {
    return [...this.flight.flatMap((message) => message.fixes), ...this.again.flat(), ...this.queue]
  }

  report(fix: SimulatedFix, nowMs: number, dueMs = NaN): void {
    fix.dueMs = dueMs
    fix.buffered = nowMs < this.uncoveredUntilMs
    this.lastFix = fix
    this.queue.push(this.protocol.rounded(fix))
  }

  /** Coverage is lost for a while: fixes pile up and go out as a burst afterwards. */
  loseCoverage(untilMs: number): void {
    this.uncoveredUntilMs = untilMs
    this.disconnect()
  }

  heartbeat(): void {
    if (this.state !== 'online' || !this.lastFix) return
    const bytes = this.protocol.heartbeat(this.imei, this.lastFix, this.nextSerial())
    if (bytes) this.write(bytes)
  }

  /** Called often: connects, times out, sends. */
  tick(nowMs: number): void {
    if (this.state === 'stopped' || nowMs < this.uncoveredUntilMs) return
    if (this.state === 'offline') {
      if (nowMs - this.since >= RECONNECT_MS) void this.connect(nowMs)
      return
    }
    const oldest = this.state === 'online' ? (this.flight[0]?.sentMs ?? nowMs) : this.since
    if (nowMs - oldest > ACK_TIMEOUT_MS) {
      this.disconnect()
      return
    }
    if (this.state === 'online') this.send(nowMs)
  }

  stop(): void {
    this.disconnect()
    this.state = 'stopped'
  }

  private async connect(nowMs: number): Promise<void> {
    this.state = 'connecting'
    this.since = nowMs
    try {
      if (this.transport === 'tcp') await this.connectTcp()
      else await this.connectUdp()
    } catch {
      if (this.state === 'connecting') this.state = 'offline'
      return
    }
    if (this.state !== 'connecting') {
      this.disconnect()
      return
    }
    this.state = 'login'
    this.write(this.protocol.login(this.imei, this.nextSerial()))
  }

  private async connectTcp(): Promise<void> {
    this.tcp = await Bun.connect<undefined>({
      hostname: this.host,
      port: this.port,
      socket: {
        data: (socket, chunk) => {
          if (socket === this.tcp) this.replies(chunk)
        },
        drain: (socket) => {
          if (socket === this.tcp) this.write(NOTHING)
        },
        end: (socket) => this.lost(socket),
        close: (socket) => this.lost(socket),
        error: (socket) => this.lost(socket),
      },
    })
  }

  private async connectUdp(): Promise<void> {
    this.udp = await Bun.udpSocket({
      connect: { hostname: this.host, port: this.port },
      socket: {
        data: (socket, datagram) => {
          if (socket === this.udp) this.replies(datagram)
        },
        error: () => {}, // a gateway that restarts: the time-out deals with it
      },
    })
  }

  private lost(socket: Bun.Socket<undefined>): void {
    if (socket === this.tcp) this.disconnect()
  }

  /** Ends the connection; what was in flight goes first on the next one. */
  private disconnect(): void {
    const { tcp, udp } = this
    this.tcp = null
    this.udp = null
    this.received = NOTHING
    this.unsent = NOTHING
    tcp?.end()
    udp?.close()
    if (this.flight.length > 0) {
      const again = this.flight.map((message) => message.fixes)
      this.events.resent(again.flat().length)
      this.again.unshift(...again)
      this.flight = []
    }
    if (this.state !== 'stopped') this.state = 'offline'
    this.since = Date.now()
  }

  private send(nowMs: number): void {
    // A datagram's ack cannot be told from that of the datagram before, where acks carry no serial: one at a time then.
    const window = this.transport === 'udp' && !this.protocol.acksEachFix ? 1 : WINDOW_TCP
    while (this.again.length + this.queue.length > 0 && this.flight.length < window) {
      const fixes = this.again.shift() ?? this.queue.splice(0, this.protocol.acksEachFix ? 1 : FIXES_PER_MESSAGE)
      const serial = this.nextSerial()
      this.flight.push({ serial, fixes, sentMs: nowMs })
      this.write(this.protocol.report(this.imei, fixes, serial))
    }
  }

  private replies(chunk: Uint8Array): void {
    const bytes = this.received.length > 0 ? Buffer.concat([this.received, chunk]) : chunk
    let at = 0
    while (at < bytes.length) {
      const reply = this.protocol.readReply(bytes, at, bytes.length)
      if (reply.size === 0) break
      at += reply.size
      if (reply.kind === 'login' && this.state === 'login') {
        this.state = 'online'
        this.send(Date.now())
      } else if (reply.kind === 'reports') this.confirm(reply.serial)
    }
    this.received = bytes.slice(at)
  }

  private confirm(serial: number): void {
    const index = serial < 0 ? 0 : this.flight.findIndex((message) => message.serial === serial)
    const [message] = index < 0 ? [] : this.flight.splice(index, 1)
    if (!message) return
    const now = performance.now()
    for (const fix of message.fixes) this.events.confirmed(this, fix, now - (fix.dueMs ?? NaN))
    if (this.again.length + this.queue.length > 0) this.send(Date.now())
  }

  private write(bytes: Uint8Array): void {
    if (this.udp) {
      try {
        this.udp.send(bytes)
      } catch {
        // Nobody listens at the moment: no ack will come, and the time-out sends it again.
      }
      return
    }
    if (!this.tcp) return
    const all = this.unsent.length > 0 ? Buffer.concat([this.unsent, bytes]) : bytes
    const taken = all.length > 0 ? Math.max(0, this.tcp.write(all)) : 0
    this.unsent = all.slice(taken)
  }

  private nextSerial(): number {
    const serial = this.serial
    this.serial = this.serial === 0xffff ? 1 : this.serial + 1
    return serial
  }
}

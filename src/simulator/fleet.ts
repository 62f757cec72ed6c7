/** A seeded fleet of simulated trackers, with its truth: what a query must find. */
import { createWriteStream, type WriteStream } from 'node:fs'
import { SimulatedDevice } from './device.ts'
import type { TrackerProtocol } from './protocol.ts'
import { Random } from './random.ts'
import { Vehicle, type SimulatedFix } from './vehicle.ts'

export interface FleetOptions {
  host: string
  port: number
  transport: 'tcp' | 'udp' | 'mixed'
  devices: number
  /** Fixes a second, of the whole fleet. */
  rate: number
  /** How long fixes are made; Infinity: until stopped. */
  seconds: number
  protocols: readonly TrackerProtocol[]
  seed: number
  /** File for the truth, one JSON object a fix; null: none. */
  truth: string | null
  /** First of the fleet's device numbers, so that two fleets differ. */
  firstDevice: number
  /** Told of every fix when it is made, and when it is acknowledged. */
  witness?: FleetWitness
}

export interface FleetWitness {
  made(imei: string, timeMs: number): void
  acknowledged(imei: string, timeMs: number): void
}

export interface FleetCounts {
  made: number
  confirmed: number
  resent: number
  byProtocol: Record<string, number>
  /** Ack latencies of the newest confirmed messages, ms. */
  latencies: number[]
}

const TICK_MS = 10
const LATENCIES_MAX = 100_000
/** How long the fleet waits at the end for its last acks. */
const SETTLE_MS = 60_000
const HEARTBEAT_MS = 5000
/** A fleet without an end may run so long before its clocks, if they run faster, are ahead of time. */
const RUN_SECONDS_MAX = 1800

export class Fleet {
  readonly devices: SimulatedDevice[] = []
  readonly counts: FleetCounts = { made: 0, confirmed: 0, resent: 0, byProtocol: {}, latencies: [] }
  private readonly vehicles: Vehicle[] = []
  private readonly clocks: number[] = []
  private readonly random: Random
  private readonly truth: WriteStream | null
  private stopped = false

  constructor(private readonly options: FleetOptions) {
    this.random = new Random(options.seed)
    this.truth = options.truth === null ? null : createWriteStream(options.truth)
    // A tracker's clock counts seconds. Where more than one fix a second is wanted of a device, its clock starts in
    // the past and runs faster, so that every fix has a time of its own and none lies in the future.
    const seconds = Math.min(options.seconds, RUN_SECONDS_MAX)
    const headStartS = Math.max(0, seconds * (options.rate / options.devices - 1))
    const start = Math.floor(Date.now() / 1000 - headStartS) * 1000
    for (let index = 0; index < options.devices; index++) {
      const protocol = options.protocols[index % options.protocols.length]
      const transport = options.transport === 'mixed' ? (this.random.chance(0.5) ? 'tcp' : 'udp') : options.transport
      const imei = String(860_000_000_000_000 + options.firstDevice + index)
      this.devices.push(new SimulatedDevice(imei, protocol, transport, options.host, options.port, this.events()))
      this.vehicles.push(new Vehicle(new Random(options.seed * 1_000_003 + index)))
      this.clocks.push(start)
    }
  }

  /** Runs until `seconds` are over or `stop()`, then waits for the last acks. True if every fix was confirmed. */
  async run(): Promise<boolean> {
    const { rate, seconds } = this.options
    const started = performance.now()
    let nextHeartbeat = HEARTBEAT_MS
    let device = 0
    while (!this.stopped) {
      const elapsedMs = performance.now() - started
      const now = Date.now()
      const due = Math.floor(Math.min(elapsedMs / 1000, seconds) * rate)
      while (this.counts.made < due) {
        this.make(device, now, started + (this.counts.made / rate) * 1000)
        device = (device + 1) % this.devices.length
      }
      if (elapsedMs > nextHeartbeat) {
        nextHeartbeat += HEARTBEAT_MS
        for (const each of this.devices) each.heartbeat()
      }
      for (const each of this.devices) each.tick(now)
      if (elapsedMs >= seconds * 1000) break
      await Bun.sleep(TICK_MS)
    }
    return this.settle()
  }

  stop(): void {
    this.stopped = true
  }

  get unconfirmed(): number {
    return this.devices.reduce((sum, device) => sum + device.unconfirmed, 0)
  }

  private make(index: number, nowMs: number, dueMs: number): void {
    const { rate, devices } = this.options
    const stepS = Math.max(1, Math.round(devices / rate))
    const device = this.devices[index]
    // The clock never runs ahead of time.
    this.clocks[index] = Math.max(
      this.clocks[index] + 1000,
      Math.min(this.clocks[index] + stepS * 1000, Math.floor(nowMs / 1000) * 1000),
    )
    if (this.random.chance(0.0005)) device.loseCoverage(nowMs + this.random.whole(500, 3000))
    device.report(this.vehicles[index].drive(this.clocks[index], stepS, device.protocol.alarms), nowMs, dueMs)
    this.options.witness?.made(device.imei, this.clocks[index])
    this.counts.made++
  }

  private async settle(): Promise<boolean> {
    const end = Date.now() + SETTLE_MS
    while (this.unconfirmed > 0 && Date.now() < end) {
      for (const device of this.devices) device.tick(Date.now())
      await Bun.sleep(TICK_MS)
    }
    for (const device of this.devices) {
      for (const fix of device.unconfirmedFixes()) this.writeTruth(device, fix, false)
      device.stop()
    }
    const complete = this.counts.confirmed === this.counts.made
    if (this.truth) await new Promise<void>((resolve) => this.truth!.end(() => resolve()))
    return complete
  }

  private events() {
    return {
      confirmed: (device: SimulatedDevice, fix: SimulatedFix, latencyMs: number) => {
        this.counts.confirmed++
        const { name } = device.protocol
        this.counts.byProtocol[name] = (this.counts.byProtocol[name] ?? 0) + 1
        // A fix without coverage waits for it, and not for us.
        if (fix.buffered || Number.isNaN(latencyMs)) return this.known(device, fix)
        if (this.counts.latencies.length < LATENCIES_MAX) this.counts.latencies.push(latencyMs)
        else this.counts.latencies[this.counts.confirmed % LATENCIES_MAX] = latencyMs
        this.known(device, fix)
      },
      resent: (fixes: number) => {
        this.counts.resent += fixes
      },
    }
  }

  private known(device: SimulatedDevice, fix: SimulatedFix): void {
    this.options.witness?.acknowledged(device.imei, fix.timeMs)
    this.writeTruth(device, fix, true)
  }

  private writeTruth(device: SimulatedDevice, fix: SimulatedFix, confirmed: boolean): void {
    this.truth?.write(
      `${JSON.stringify({
        device: device.imei,
        protocol: device.protocol.name,
        transport: device.transport,
        fix_time: new Date(fix.timeMs).toISOString(),
        lat: fix.latitude,
        lon: fix.longitude,
        speed_kph: fix.speedKph,
        course_deg: fix.courseDeg,
        valid: fix.valid,
        alarms: fix.alarm === null ? [] : [fix.alarm],
        confirmed,
      })}\n`,
    )
  }
}

/** The value below which a share of the values lies. */
export function percentile(values: readonly number[], share: number): number {
  if (values.length === 0) return 0
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]
}

/** Median and tail of ack latencies in ms, for people. */
export function latencyText(latenciesMs: readonly number[]): string {
  return `p50 ${percentile(latenciesMs, 0.5).toFixed(1)} ms, p99 ${percentile(latenciesMs, 0.99).toFixed(1)} ms`
}

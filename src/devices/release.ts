/**
 * Tells ClickHouse which devices are listed, and lets their frames out of quarantine: what is kept of them goes the way of
 * every frame once more, through journal and workers, under the time it was received at. A crash on the way repeats it; the
 * rows are the same, so nothing doubles.
 */
import type { Logger } from 'pino'
import type { DeviceRow } from '../storage/clickhouse.ts'
import type { KeptFrame } from '../storage/kept-frames.ts'
import type { DeviceList } from './device-list.ts'

/** What is needed of ClickHouse. */
export interface Quarantine {
  replaceDevices(devices: readonly DeviceRow[], nowMs: number): Promise<void>
  reloadDevices(): Promise<void>
  /** Identities with frames in quarantine. */
  quarantined(): Promise<string[]>
  /** The oldest of their frames, at most `limit`. */
  quarantinedFrames(claimed: string, limit: number): Promise<KeptFrame[]>
  /** Forgets that these frames were in quarantine. */
  released(claimed: string, frames: readonly KeptFrame[]): Promise<void>
}

/** What is needed of net and journal. */
export interface ReleaseTo {
  take(frame: KeptFrame, device: string): void
  /** Resolves when what was taken is on disk. */
  durable(): Promise<void>
  /** Resolves when what was received so far is in ClickHouse. */
  settled(): Promise<void>
}

/** Their keys stand in one statement. */
const FRAMES_AT_ONCE = 2000
const RETRY_MS_MIN = 5000
const RETRY_MS_MAX = 300_000

export class Publisher {
  private wanted: DeviceList | null = null
  private running = false
  private stopped = false

  constructor(
    private readonly from: Quarantine,
    private readonly to: ReleaseTo,
    private readonly log: Logger,
  ) {}

  /** Makes ClickHouse agree with the list, in the background and until it has worked. */
  publish(list: DeviceList): void {
    this.wanted = list
    if (!this.running) void this.run()
  }

  stop(): void {
    this.stopped = true
  }

  private async run(): Promise<void> {
    this.running = true
    for (let wait = RETRY_MS_MIN; this.wanted !== null && !this.stopped; wait = Math.min(2 * wait, RETRY_MS_MAX)) {
      const list = this.wanted
      const worked = [
        await this.step('ClickHouse was not told which devices are listed', () => this.tell(list)),
        await this.step('frames in quarantine could not be looked for', () => this.release(list)),
      ]
      if (this.wanted !== list) wait = 0
      else if (worked.every(Boolean)) this.wanted = null
      else await Bun.sleep(wait)
    }
    this.running = false
  }

  /** One failing must not stop the others. */
  private async step(failure: string, run: () => Promise<void>): Promise<boolean> {
    try {
      await run()
      return true
    } catch (error) {
      if (!this.stopped) this.log.warn({ reason: (error as Error).message }, `${failure}; it is tried again`)
      return false
    }
  }

  private async tell(list: DeviceList): Promise<void> {
    await this.from.replaceDevices(list.devices.map(rowOf), Date.now())
    await this.from.reloadDevices()
  }

  private async release(list: DeviceList): Promise<void> {
    // Frames of before the list changed are on their way into quarantine.
    await this.to.settled()
    const failed: string[] = []
    for (const claimed of await this.from.quarantined()) {
      const owner = list.owner(claimed)
      if (owner === undefined || this.stopped) continue
      const failure = `what is kept of device ${owner.id} could not be decoded`
      if (!(await this.step(failure, () => this.releaseDevice(claimed, owner.id)))) failed.push(owner.id)
    }
    if (failed.length > 0) throw new Error(`devices ${failed.join(', ')}: see above`)
  }

  private async releaseDevice(claimed: string, device: string): Promise<void> {
    let frames = 0
    for (;;) {
      const kept = await this.from.quarantinedFrames(claimed, FRAMES_AT_ONCE)
      if (kept.length === 0 || this.stopped) break
      for (const frame of kept) this.to.take(frame, device)
      await this.to.durable()
      await this.from.released(claimed, kept)
      frames += kept.length
    }
    this.log.info({ device, frames }, 'the device is listed now: what was kept of it is decoded')
  }
}

function rowOf(device: DeviceList['devices'][number]): DeviceRow {
  const { id, name, account, model, smsNumber } = device
  return { device_id: id, name, account, model, sms_number: smsNumber }
}

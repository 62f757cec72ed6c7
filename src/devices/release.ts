/**
 * Tells ClickHouse which devices are listed, and lets their frames out of quarantine: what is kept of them goes the way of
 * every frame once more, through journal and workers, under the time it was received at. A crash on the way repeats it; the
 * rows are the same, so nothing doubles.
 */
import type { Logger } from 'pino'
import type { DeviceRow } from '../storage/clickhouse.ts'
import type { KeptFrame, QuarantinedDevice } from '../storage/kept-frames.ts'
import type { DeviceList } from './device-list.ts'

/** What is needed of ClickHouse. */
export interface Quarantine {
  replaceDevices(devices: readonly DeviceRow[], nowMs: number): Promise<void>
  /** Devices with frames in quarantine, and the time of the newest. */
  quarantined(): Promise<QuarantinedDevice[]>
  /** Their frames in the order they came, behind `after` and received by `until`, at most `limit`. */
  keptFrames(claimed: string, after: KeptFrame | null, until: number, limit: number): Promise<KeptFrame[]>
  /** Forgets that frames received until then were in quarantine. */
  released(claimed: string, until: number): Promise<void>
}

/** What is needed of net and journal. */
export interface ReleaseTo {
  take(frame: KeptFrame, device: string): void
  /** Resolves when what was taken is on disk. */
  durable(): Promise<void>
  /** Resolves when what was received so far is in ClickHouse. */
  settled(): Promise<void>
}

const FRAMES_AT_ONCE = 5000
const RETRY_MS = 5000

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
    while (this.wanted !== null && !this.stopped) {
      const list = this.wanted
      try {
        await this.from.replaceDevices(list.devices.map(rowOf), Date.now())
        // Frames of before the list changed are on their way into quarantine.
        await this.to.settled()
        await this.release(list)
        if (this.wanted === list) this.wanted = null
      } catch (error) {
        if (this.stopped) break
        this.log.warn(
          { reason: (error as Error).message },
          'ClickHouse does not know the devices yet; it is told again',
        )
        await Bun.sleep(RETRY_MS)
      }
    }
    this.running = false
  }

  private async release(list: DeviceList): Promise<void> {
    for (const { claimed, newestMs } of await this.from.quarantined()) {
      const owner = list.owner(claimed)
      if (owner === undefined || this.stopped) continue
      let frames = 0
      for (let last: KeptFrame | null = null; ;) {
        const kept = await this.from.keptFrames(claimed, last, newestMs, FRAMES_AT_ONCE)
        if (kept.length === 0) break
        for (const frame of kept) this.to.take(frame, owner.id)
        await this.to.durable()
        frames += kept.length
        last = kept.at(-1)!
      }
      await this.from.released(claimed, newestMs)
      this.log.info({ device: owner.id, frames }, 'the device is listed now: what was kept of it is decoded')
    }
  }
}

function rowOf(device: DeviceList['devices'][number]): DeviceRow {
  const { id, name, account, model, smsNumber } = device
  return { device_id: id, name, account, model, sms_number: smsNumber }
}

/** The worker pool: batches in, blocks out. */
import { unpack } from 'msgpackr'
import { Piscina } from 'piscina'
import type { DeviceOptions } from '../codecs/device-settings.ts'
import type { CodecOptions } from '../codecs/registry.ts'
import type { DecodeResult, DecodeSummary, DecodeTask } from './decode.ts'
import type { WorkerData } from './worker.ts'

/** A batch takes milliseconds; a worker that needs so long will not end. */
const DECODE_MS_MAX = 60_000

export class WorkerPool {
  private pool: Piscina<DecodeTask, DecodeResult>
  /** What became of all frames so far, summed over batches. */
  readonly totals: Pick<DecodeSummary, 'protocols' | 'rejects'> = { protocols: {}, rejects: {} }
  onDecoderError: (error: string) => void = () => {}
  onBatch: (frames: number, ms: number) => void = () => {}

  constructor(
    private readonly threads: number,
    private readonly options: CodecOptions,
    devices: readonly DeviceOptions[] = [],
  ) {
    this.pool = this.start(devices)
  }

  /** From here on batches are decoded with these options of single devices; those under way are finished as they are. */
  useDevices(devices: readonly DeviceOptions[]): void {
    const before = this.pool
    this.pool = this.start(devices)
    void before.close()
  }

  private start(devices: readonly DeviceOptions[]): Piscina<DecodeTask, DecodeResult> {
    return new Piscina({
      filename: new URL('./worker.ts', import.meta.url).href,
      minThreads: this.threads,
      maxThreads: this.threads,
      workerData: { options: this.options, devices } satisfies WorkerData,
    })
  }

  /**
   * Decodes one batch; its arena is moved to the worker and comes back with the result. Rejects if the worker dies, or
   * is ended because it takes too long. `counted`: the totals are to know of it.
   */
  async decode(task: DecodeTask, counted = true): Promise<DecodeResult> {
    const started = performance.now()
    const patience = new AbortController()
    const timer = setTimeout(() => patience.abort(), DECODE_MS_MAX)
    try {
      const result = await this.pool.run(
        { arena: task.arena, used: task.used, refused: task.refused ?? [] },
        { transferList: [task.arena] as never, signal: patience.signal },
      )
      if (counted) {
        this.count(unpack(result.summary) as DecodeSummary)
        this.onBatch(result.frames, performance.now() - started)
      }
      return result
    } finally {
      clearTimeout(timer)
    }
  }

  /** Batches that wait for a thread. */
  get queued(): number {
    return this.pool.queueSize
  }

  async stop(): Promise<void> {
    await this.pool.destroy()
  }

  private count(summary: DecodeSummary): void {
    for (const error of summary.errors) this.onDecoderError(error)
    for (const [protocol, counts] of Object.entries(summary.protocols)) {
      const total = (this.totals.protocols[protocol] ??= {
        frames: 0,
        decoded: 0,
        ignored: 0,
        rejected: 0,
        quarantined: 0,
        fixes: 0,
      })
      for (const key of Object.keys(counts) as (keyof typeof counts)[]) total[key] += counts[key]
    }
    for (const [reason, count] of Object.entries(summary.rejects))
      this.totals.rejects[reason] = (this.totals.rejects[reason] ?? 0) + count
  }
}

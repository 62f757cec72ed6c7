/** The worker pool: batches in, blocks out. */
import { isDeepStrictEqual } from 'node:util'
import { unpack } from 'msgpackr'
import { Piscina } from 'piscina'
import type { DeviceOptions } from '../codecs/device-settings.ts'
import type { CodecOptions } from '../codecs/registry.ts'
import { noCounts } from './counts.ts'
import type { DecodeResult, DecodeSummary, DecodeTask } from './decode.ts'
import type { WorkerData } from './worker.ts'

/** A batch takes milliseconds; a worker that needs so long will not end. */
const DECODE_MS_MAX = 60_000
const WATCH_MS = 250

/** Threads that decode with the same options. */
interface Threads {
  readonly pool: Piscina<DecodeTask, DecodeResult>
  readonly devices: readonly DeviceOptions[]
  /** Under way. */
  tasks: number
  /** Others have taken their place: they end when nothing is under way. */
  retired: boolean
}

export class WorkerPool {
  private threads: Threads
  private readonly watch: Timer
  private stopped = false
  /** What became of all frames so far, summed over batches. */
  readonly totals: Pick<DecodeSummary, 'protocols' | 'rejects'> = { protocols: {}, rejects: {} }
  onDecoderError: (error: string) => void = () => {}
  onBatch: (frames: number, ms: number) => void = () => {}

  constructor(
    private readonly threadCount: number,
    private readonly options: CodecOptions,
    devices: readonly DeviceOptions[] = [],
  ) {
    this.threads = this.start(devices)
    this.watch = setInterval(() => this.heal(), WATCH_MS)
    this.watch.unref()
  }

  /** From here on batches are decoded with these options of single devices; those under way are finished as they are. */
  useDevices(devices: readonly DeviceOptions[]): void {
    const before = this.threads
    if (isDeepStrictEqual(before.devices, devices)) return
    this.threads = this.start(devices)
    before.retired = true
    this.endIfIdle(before)
  }

  /**
   * Piscina replaces a worker that dies, but never again once one has died while it was starting. Then the pool is made
   * anew; what waited in the old one is rejected, and comes again.
   */
  private heal(): void {
    if (this.stopped || this.threads.pool.threads.length >= this.threadCount) return
    const before = this.threads
    this.threads = this.start(before.devices)
    void before.pool.close({ force: true }).catch(() => {})
  }

  private start(devices: readonly DeviceOptions[]): Threads {
    const pool = new Piscina<DecodeTask, DecodeResult>({
      filename: new URL('./worker.ts', import.meta.url).href,
      minThreads: this.threadCount,
      maxThreads: this.threadCount,
      workerData: { options: this.options, devices } satisfies WorkerData,
    })
    return { pool, devices, tasks: 0, retired: false }
  }

  /** Piscina's own close ends workers that are busy. */
  private endIfIdle(threads: Threads): void {
    if (threads.retired && threads.tasks === 0) void threads.pool.destroy()
  }

  /**
   * Decodes one batch; its arena is moved to the worker and comes back with the result. Rejects if the worker dies, or
   * is ended because it takes too long. `counted`: the totals are to know of it.
   */
  async decode(task: DecodeTask, counted = true): Promise<DecodeResult> {
    const { threads } = this
    const started = performance.now()
    const patience = new AbortController()
    const timer = setTimeout(() => patience.abort(), DECODE_MS_MAX)
    threads.tasks++
    try {
      const result = await threads.pool.run(
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
      threads.tasks--
      this.endIfIdle(threads)
    }
  }

  /** Batches that wait for a thread. */
  get queued(): number {
    return this.threads.pool.queueSize
  }

  /** True while batches are decoded or wait. */
  get busy(): boolean {
    return this.threads.tasks > 0
  }

  /** Ends one of the threads whatever it does, as a crash would; false if there is none. For tests. */
  killWorker(index: number): boolean {
    const { threads } = this.threads.pool
    if (threads.length === 0) return false
    void threads[index % threads.length].terminate()
    return true
  }

  async stop(): Promise<void> {
    this.stopped = true
    clearInterval(this.watch)
    await this.threads.pool.destroy()
  }

  private count(summary: DecodeSummary): void {
    for (const error of summary.errors) this.onDecoderError(error)
    for (const [protocol, counts] of Object.entries(summary.protocols)) {
      const total = (this.totals.protocols[protocol] ??= noCounts())
      for (const key of Object.keys(counts) as (keyof typeof counts)[]) total[key] += counts[key]
    }
    for (const [reason, count] of Object.entries(summary.rejects))
      this.totals.rejects[reason] = (this.totals.rejects[reason] ?? 0) + count
  }
}

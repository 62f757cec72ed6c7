/**
 * From the journal into ClickHouse: takes the journal's entries in order, has them decoded, gathers the blocks of
 * several batches into a group, seals it, inserts it and lets the journal go of it. Batches that net has just filled
 * are taken from memory; when ClickHouse is slow or away they are dropped from memory and read from the journal later.
 */
import type { Logger } from 'pino'
import type { Group, Journal } from './journal.ts'

/** Columns of one table, ready for ClickHouse. */
export interface Block {
  table: string
  columns: readonly string[]
  rows: number
  /** A block in ClickHouse's Native format. */
  bytes: Uint8Array
}

export interface DecodedBatch {
  blocks: Block[]
  frames: number
  /** The arena, given back for reuse. */
  arena: ArrayBuffer
}

/** Part of the journal, on its way. */
export interface JournaledBatch {
  arena: ArrayBuffer
  used: number
  first: number
  last: number
}

export interface DrainOptions {
  insertRows: number
  insertMs: number
  batchBytes: number
  /** Batches that are decoded at the same time. */
  threads: number
}

export interface Sink {
  insert(table: string, columns: readonly string[], blocks: readonly Uint8Array[], token: string): Promise<void>
}

const MEMORY_BYTES_MAX = 33_554_432
const RETRY_MS_MIN = 100
const RETRY_MS_MAX = 10_000
const WARN_AGAIN_MS = 60_000

export class Drain {
  /** Batches in memory, in order; those before them lie in the journal only. */
  private memory: JournaledBatch[] = []
  private memoryBytes = 0
  /** Next entry to decode, and the last one that may be. */
  private nextEntry: number
  private offered: number
  private readonly lastOfEarlierRun: number
  private wake: (() => void) | null = null
  private stopping = false
  private warnedMs = 0
  private finished: Promise<void> | null = null
  /** For the metrics. */
  readonly rowsDecoded = new Map<string, number>()
  readonly rowsStored = new Map<string, number>()
  framesTaken = 0
  /** Of those, frames that an earlier run of the gateway had received. */
  framesReplayed = 0
  retries = 0
  /** What ClickHouse said last, or '' while it answers. */
  trouble = ''
  onInsert: (rows: number, ms: number) => void = () => {}
  /** The journal cannot be read or written: nothing more reaches ClickHouse. */
  onFailure: (error: Error) => void = () => {}

  constructor(
    private readonly journal: Journal,
    private readonly decode: (batch: JournaledBatch) => Promise<DecodedBatch>,
    private readonly sink: Sink,
    private readonly options: DrainOptions,
    private readonly recycle: (arena: ArrayBuffer) => void,
    private readonly log: Logger,
  ) {
    this.offered = this.lastOfEarlierRun = journal.lastEntry
    this.nextEntry = (journal.sealed.at(-1)?.last ?? journal.doneEntry) + 1
  }

  /** Starts; what the journal holds from before is inserted first. */
  start(): void {
    this.finished = this.run()
    this.finished.catch((error: Error) => this.onFailure(error))
  }

  /** A batch is on disk and complete. */
  offer(batch: JournaledBatch): void {
    this.offered = batch.last
    if (this.memoryBytes + batch.arena.byteLength <= MEMORY_BYTES_MAX) {
      this.memory.push(batch)
      this.memoryBytes += batch.arena.byteLength
    } else this.recycle(batch.arena)
    this.wakeUp()
  }

  /** Inserts what is left without waiting for more; resolves when nothing is, or after `deadlineMs` (false). */
  async stop(deadlineMs: number): Promise<boolean> {
    this.stopping = true
    this.wakeUp()
    const late = Bun.sleep(deadlineMs).then(() => false)
    return Promise.race([this.finished!.then(() => true), late])
  }

  /** Entries on disk that ClickHouse does not hold. */
  get waitingEntries(): number {
    return this.journal.lastEntry - this.journal.doneEntry
  }

  private wakeUp(): void {
    this.wake?.()
    this.wake = null
  }

  private async run(): Promise<void> {
    await this.repeatSealed()
    const backlog = this.offered - this.nextEntry + 1
    if (backlog > 0) this.log.info({ entries: backlog }, 'replaying the journal')
    const queue = new DecodeQueue(
      this.options.threads + 1,
      () => this.nextBatch(),
      (batch) => this.decodeBatch(batch),
    )
    for (;;) {
      const gathered = await this.gather(queue)
      if (gathered === null) break
      const group = await this.journal.seal(gathered.first, gathered.last)
      await this.insertGroup(group, gathered.blocks)
    }
  }

  /** Groups that were sealed when the gateway died: inserted again, the same rows under the same token. */
  private async repeatSealed(): Promise<void> {
    for (const group of this.journal.sealed) {
      this.log.info(group, 'repeating the group that was being inserted when the gateway stopped')
      const blocks: Block[] = []
      for (let entry = group.first; entry <= group.last;) {
        const read = await this.journal.read(entry, group.last, this.options.batchBytes)
        if (read === null) break
        blocks.push(...(await this.decodeBatch(read)).blocks)
        entry = read.last + 1
      }
      await this.insertGroup(group, blocks)
    }
  }

  /** The next batch, from memory or from the journal; null when stopping and nothing is left. */
  private async nextBatch(): Promise<JournaledBatch | null> {
    for (;;) {
      const inMemory = this.memory[0] as JournaledBatch | undefined
      if (inMemory?.first === this.nextEntry) {
        this.memory.shift()
        this.memoryBytes -= inMemory.arena.byteLength
        this.nextEntry = inMemory.last + 1
        return inMemory
      }
      let last = inMemory ? inMemory.first - 1 : this.offered
      if (this.nextEntry <= this.lastOfEarlierRun) last = Math.min(last, this.lastOfEarlierRun)
      if (this.nextEntry <= last) {
        const read = await this.journal.read(this.nextEntry, last, this.options.batchBytes)
        this.nextEntry = (read?.last ?? last) + 1
        if (read === null) continue
        return read
      }
      if (this.stopping) return null
      await new Promise<void>((resolve) => (this.wake = resolve))
    }
  }

  private async decodeBatch(batch: JournaledBatch): Promise<Gathered> {
    const decoded = await this.decodeSurely(batch)
    this.recycle(decoded.arena)
    this.framesTaken += decoded.frames
    if (batch.last <= this.lastOfEarlierRun) this.framesReplayed += decoded.frames
    for (const block of decoded.blocks) add(this.rowsDecoded, block.table, block.rows)
    return { blocks: decoded.blocks, first: batch.first, last: batch.last }
  }

  /** A worker that dies takes the arena with it: the batch is read from the journal and decoded again. */
  private async decodeSurely(batch: JournaledBatch): Promise<DecodedBatch> {
    const { first, last, used } = batch
    for (let wait = RETRY_MS_MIN; ; wait = Math.min(2 * wait, RETRY_MS_MAX)) {
      try {
        return await this.decode(batch)
      } catch (error) {
        this.log.error(
          { first, last, reason: (error as Error).message },
          'a worker failed on a batch; it is decoded again from the journal',
        )
        await Bun.sleep(wait)
        const read = await this.journal.read(first, last, used)
        if (read === null) return { blocks: [], frames: 0, arena: new ArrayBuffer(0) }
        batch = read
      }
    }
  }

  /** Decoded batches that make up the next group: until `insertRows` are there or `insertMs` have passed. */
  private async gather(queue: DecodeQueue): Promise<Gathered | null> {
    const gathered = await queue.take()
    if (gathered === null) return null
    const deadline = performance.now() + this.options.insertMs
    let rows = rowsOf(gathered.blocks)
    while (rows < this.options.insertRows) {
      const next = await queue.takeBefore(this.stopping ? 0 : deadline - performance.now())
      if (next === null) break
      gathered.blocks.push(...next.blocks)
      gathered.last = next.last
      rows += rowsOf(next.blocks)
    }
    return gathered
  }

  private async insertGroup(group: Group, blocks: readonly Block[]): Promise<void> {
    const tables = Map.groupBy(blocks, (block) => block.table)
    const started = performance.now()
    await Promise.all([...tables].map(([table, parts]) => this.insertTable(table, parts, group.token)))
    await this.journal.done(group)
    this.onInsert(rowsOf(blocks), performance.now() - started)
  }

  /** Repeats an insert until ClickHouse confirms it: an insert of unknown outcome may have landed, the token tells. */
  private async insertTable(table: string, blocks: readonly Block[], token: string): Promise<void> {
    const bytes = blocks.map((block) => block.bytes)
    for (let wait = RETRY_MS_MIN; ; wait = Math.min(2 * wait, RETRY_MS_MAX)) {
      try {
        await this.sink.insert(table, blocks[0].columns, bytes, token)
        if (this.trouble !== '') this.log.info('ClickHouse answers again')
        this.trouble = ''
        break
      } catch (error) {
        const reason = (error as Error).message
        this.retries++
        if (this.trouble === '' || Date.now() - this.warnedMs > WARN_AGAIN_MS) {
          this.warnedMs = Date.now()
          this.log.warn(
            { table, token, reason },
            'ClickHouse did not take an insert; the journal keeps the rows and the insert is repeated',
          )
        }
        this.trouble = reason
        await Bun.sleep(wait)
      }
    }
    add(this.rowsStored, table, rowsOf(blocks))
  }
}

interface Gathered {
  blocks: Block[]
  first: number
  last: number
}

/** Decodes ahead, a bounded number of batches, and gives them in order. */
class DecodeQueue {
  private running: Promise<Gathered | null>[] = []
  private ended = false
  private chain: Promise<unknown> = Promise.resolve()

  constructor(
    private readonly depth: number,
    private readonly next: () => Promise<JournaledBatch | null>,
    private readonly decode: (batch: JournaledBatch) => Promise<Gathered>,
  ) {}

  /** The next decoded batch; null at the end. */
  async take(): Promise<Gathered | null> {
    this.fill()
    const first = await this.running[0]
    this.running.shift()
    this.fill()
    return first
  }

  /** The next decoded batch if it is there within `ms`. */
  async takeBefore(ms: number): Promise<Gathered | null> {
    this.fill()
    const ready = await Promise.race([
      this.running[0].then((batch) => batch !== null),
      Bun.sleep(Math.max(0, ms)).then(() => false),
    ])
    return ready ? this.take() : null
  }

  private fill(): void {
    while (this.running.length < this.depth) {
      // Batches are fetched one after another, and decoded side by side.
      const fetched = this.chain.then(() => (this.ended ? null : this.next()))
      this.chain = fetched
      this.running.push(
        fetched.then((batch) => {
          if (batch === null) this.ended = true
          return batch === null ? null : this.decode(batch)
        }),
      )
    }
  }
}

function rowsOf(blocks: readonly Block[]): number {
  let rows = 0
  for (const block of blocks) rows += block.rows
  return rows
}

function add(counts: Map<string, number>, key: string, more: number): void {
  counts.set(key, (counts.get(key) ?? 0) + more)
}

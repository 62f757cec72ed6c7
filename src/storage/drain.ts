/**
 * From the journal into ClickHouse: takes the journal's entries in order, has them decoded, gathers the blocks of
 * several batches into a group, seals it, inserts it and lets the journal go of it. Batches that net has just filled
 * are taken from memory; when ClickHouse is slow or away they are dropped from memory and read from the journal later.
 */
import type { Logger } from 'pino'
import { blameOf } from './insert-errors.ts'
import type { Group, Journal } from './journal.ts'
import { culprits, refusedRecords } from './refusing.ts'
import type { Refusals } from './refusals.ts'
import type { Block, Sink } from './sink.ts'

export interface DecodedBatch {
  blocks: Block[]
  frames: number
  /** The arena, given back for reuse. */
  arena: ArrayBuffer
  /** Equal where equal records give equal rows. */
  decoder: string
}

/** Part of the journal, on its way. */
export interface JournaledBatch {
  arena: ArrayBuffer
  used: number
  first: number
  last: number
}

/** What workers do. Storage sees records as bytes only. */
export interface Decoding {
  /** Records with a hash in `refused` become rejects. `counted`: false for what is decoded once more. */
  decode(
    batch: Pick<JournaledBatch, 'arena' | 'used'>,
    refused: Refusals['all'],
    counted: boolean,
  ): Promise<DecodedBatch>
  recordsOf(arena: ArrayBuffer, used: number): Uint8Array[]
  batchOf(records: readonly Uint8Array[]): { arena: ArrayBuffer; used: number }
  recordHash(record: Uint8Array): string
  /** One block of the rows of several, in pieces. */
  joinBlocks(blocks: readonly Block[]): readonly Uint8Array[]
  /** Blocks without rows, for tables whose rows can be refused. */
  readonly emptyBlocks: ReadonlyMap<string, Uint8Array>
  /** Reject codes: ClickHouse refuses the rows; every worker dies of it. */
  readonly reasons: { refused: number; deadly: number }
}

export interface DrainOptions {
  insertRows: number
  insertMs: number
  batchBytes: number
  /** Batches that are decoded at the same time. */
  threads: number
}

const MEMORY_BYTES_MAX = 33_554_432
const RETRY_MS_MIN = 100
const RETRY_MS_MAX = 10_000
const WARN_AGAIN_MS = 60_000
/** Inserts that fail with a code nobody knows, before the rows are examined. */
const UNKNOWN_TRIES = 5
/** Workers that one batch may cost before its records are tried one by one, and a record before it is blamed. */
const DEATHS_MAX = 5
/** These are told what became of the frames, so they come last, and their rows go in once whoever decoded them. */
const LAST_TABLES = new Set(['rejects', 'ledger_rows'])
const UNKEYED_TABLES = new Set([...LAST_TABLES, 'sessions'])

const NOTHING: DecodedBatch = { blocks: [], frames: 0, arena: new ArrayBuffer(0), decoder: '' }

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
  /** What was left at the stop took too long: the workers are being ended. */
  private abandoned = false
  /** When the newest group was complete. */
  private gatheredMs = -Infinity
  private warnedMs = 0
  private finished: Promise<void> | null = null
  /** For the metrics. */
  readonly rowsDecoded = new Map<string, number>()
  readonly rowsStored = new Map<string, number>()
  /** Rows that were decoded and left out, because ClickHouse refuses rows of their frame. */
  readonly rowsRefused = new Map<string, number>()
  /** Frames counted as decoded whose rows were refused afterwards. */
  framesRefused = 0
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
    private readonly decoding: Decoding,
    private readonly sink: Sink,
    private readonly refusals: Refusals,
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
    const finished = await Promise.race([this.finished!.then(() => true), late])
    this.abandoned = !finished
    return finished
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
      await this.insertGroup(await this.journal.seal(gathered.first, gathered.last), gathered)
    }
  }

  /** Groups that were sealed when the gateway died: inserted again, the same rows under the same token. */
  private async repeatSealed(): Promise<void> {
    for (const group of this.journal.sealed) {
      this.log.info(group, 'repeating the group that was being inserted when the gateway stopped')
      await this.insertGroup(group, await this.decodeGroup(group, true))
    }
  }

  /** Reads a group from the journal and decodes it, by one decoder. */
  private async decodeGroup(group: Group, counted: boolean): Promise<Gathered> {
    const all: Gathered = { blocks: [], first: group.first, last: group.last, decoder: '' }
    for await (const read of this.readGroup(group)) {
      const { blocks, decoder } = await this.decodeBatch(read, counted)
      // The device file was changed in between.
      if (all.decoder !== '' && decoder !== '' && decoder !== all.decoder) return this.decodeGroup(group, false)
      all.blocks.push(...blocks)
      all.decoder ||= decoder
    }
    return all
  }

  private async *readGroup({ first, last }: Group): AsyncGenerator<JournaledBatch> {
    for (let entry = first; entry <= last;) {
      const read = await this.journal.read(entry, last, this.options.batchBytes)
      if (read === null) return
      entry = read.last + 1
      yield read
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
        // Entries that are lost are a batch of nothing, so that their group is done like any other.
        const lost = { arena: new ArrayBuffer(0), used: 0, first: this.nextEntry, last }
        const read = (await this.journal.read(this.nextEntry, last, this.options.batchBytes)) ?? lost
        this.nextEntry = read.last + 1
        return read
      }
      if (this.stopping) return null
      await new Promise<void>((resolve) => (this.wake = resolve))
    }
  }

  private async decodeBatch(batch: JournaledBatch, counted = true): Promise<Gathered> {
    const { first, last } = batch
    const { blocks, frames, arena, decoder } = await this.decodeSurely(batch, counted)
    this.recycle(arena)
    if (counted) {
      this.framesTaken += frames
      if (last <= this.lastOfEarlierRun) this.framesReplayed += frames
      for (const block of blocks) add(this.rowsDecoded, block.table, block.rows)
    }
    return { blocks, first, last, decoder }
  }

  /** A worker that dies takes the arena with it: the batch is read from the journal and decoded again. */
  private async decodeSurely(batch: JournaledBatch, counted: boolean): Promise<DecodedBatch> {
    const { first, last, used } = batch
    if (used === 0) return NOTHING
    for (let deaths = 1; ; deaths++) {
      try {
        return await this.decoding.decode(batch, this.refusals.all, counted)
      } catch (error) {
        if (!this.abandoned)
          this.log.error(
            { first, last, reason: (error as Error).message },
            'a worker failed on a batch; it is decoded again from the journal',
          )
        await Bun.sleep(waitMs(deaths))
      }
      const read = await this.journal.read(first, last, used)
      if (read === null) return NOTHING // damaged since: set aside and counted
      if (deaths % DEATHS_MAX === 0) await this.blameDeadly(read)
      batch = read
    }
  }

  /** One record may be what kills the workers: it becomes a reject, or nothing behind it would ever be decoded. */
  private async blameDeadly({ arena, used, last }: JournaledBatch): Promise<void> {
    const { recordsOf, recordHash, reasons } = this.decoding
    const records = recordsOf(arena.slice(0), used)
    // If not even nothing can be decoded, workers cannot run at the moment, and no record is to blame.
    if (await this.kills([])) return
    const deadly = await culprits(records, (some) => this.kills(some))
    if (deadly === null || deadly.length === 0 || (await this.kills([]))) return
    try {
      this.refusals.add(deadly.map((record) => ({ hash: recordHash(record), reason: reasons.deadly, entry: last })))
    } catch (error) {
      this.log.warn(
        { reason: (error as Error).message },
        'the verdict on a frame could not be written; it is found again',
      )
      return
    }
    this.log.error(
      { frames: deadly.length },
      'a frame ends every worker that decodes it: it is in rejects with the reason decoder_error; please report it with these bytes',
    )
  }

  /** True if several workers in a row die of these records. */
  private async kills(records: readonly Uint8Array[]): Promise<boolean> {
    for (let death = 1; death <= DEATHS_MAX; death++) {
      try {
        await this.decoding.decode(this.decoding.batchOf(records), this.refusals.all, false)
        return false
      } catch {
        await Bun.sleep(RETRY_MS_MIN) // the next worker is starting
      }
    }
    return true
  }

  /**
   * Decoded batches that make up the next group: all there are, up to `insertRows`, and what comes until the group before is
   * `insertMs` old. The time an insert took is not waited for again, so that a slow ClickHouse gets larger groups, not later ones.
   */
  private async gather(queue: DecodeQueue): Promise<Gathered | null> {
    const gathered = await queue.take()
    if (gathered === null) return null
    let rows = rowsOf(gathered.blocks)
    while (rows < this.options.insertRows) {
      const next = await queue.takeBefore(this.patienceMs(queue))
      if (next === null) break
      if (next.decoder !== gathered.decoder) {
        queue.putBack(next) // the device file was changed: what follows is another group
        break
      }
      gathered.blocks.push(...next.blocks)
      gathered.last = next.last
      rows += rowsOf(next.blocks)
    }
    this.gatheredMs = performance.now()
    return gathered
  }

  /** How long the next batch is waited for. One that is there will be decoded in no time, unless workers die of it. */
  private patienceMs(queue: DecodeQueue): number {
    const { insertMs } = this.options
    if (queue.decoding > 0 || this.nextEntry <= this.offered) return insertMs
    return this.stopping ? 0 : this.gatheredMs + insertMs - performance.now()
  }

  private async insertGroup(group: Group, gathered: Gathered): Promise<void> {
    const started = performance.now()
    const stored = new Set<string>()
    for (;;) {
      const known = this.refusals.all.length
      const tables = Map.groupBy(gathered.blocks, (block) => block.table)
      const insert = async (table: string): Promise<boolean> => {
        if (stored.has(table)) return true
        const done = await this.insertTable(
          group,
          table,
          tables.get(table)!,
          this.tokenOf(group, gathered, table),
          known,
        )
        if (done) stored.add(table)
        return done
      }
      const names = [...tables.keys()]
      const first = await Promise.all(names.filter((table) => !LAST_TABLES.has(table)).map(insert))
      if (first.every(Boolean)) {
        await Promise.all(names.filter((table) => LAST_TABLES.has(table)).map(insert))
        break
      }
      // Some of its frames are refused from here on.
      const without = await this.decodeGroup(group, false)
      // Another decoder makes other rows: all keyed tables get its, what is the same collapses.
      if (without.decoder !== gathered.decoder)
        for (const table of stored) if (!UNKEYED_TABLES.has(table)) stored.delete(table)
      this.countRefused(gathered, without, stored)
      gathered = without
    }
    await this.journal.done(group)
    this.refusals.forget(this.journal.doneEntry)
    this.onInsert(rowsOf(gathered.blocks), performance.now() - started)
  }

  /**
   * Another decoder makes other rows of the same records (the gateway was updated, or the device file changed, before
   * the group was repeated), and then some tables may have the old ones and some none yet. The decoder is part of the
   * token, so all tables get the new ones; what is the same collapses by its key. Tables without such a key get a
   * group's rows once, whoever decoded them.
   */
  private tokenOf(group: Group, { decoder }: Gathered, table: string): string {
    return UNKEYED_TABLES.has(table) || decoder === '' ? group.token : `${group.token}-${decoder}`
  }

  /** Rows of tables that have taken them already stay as they are. */
  private countRefused(before: Gathered, after: Gathered, stored: ReadonlySet<string>): void {
    for (const table of new Set([...before.blocks, ...after.blocks].map((block) => block.table))) {
      if (stored.has(table)) continue
      const more = rowsOf(blocksOf(after, table)) - rowsOf(blocksOf(before, table))
      if (more > 0) add(this.rowsDecoded, table, more)
      else add(this.rowsRefused, table, -more)
    }
  }

  /**
   * Repeats an insert until ClickHouse confirms it: an insert of unknown outcome may have landed, the token tells. False
   * if it refuses rows: the frames they are of are noted in `refusals` then.
   */
  private async insertTable(
    group: Group,
    table: string,
    blocks: readonly Block[],
    token: string,
    known: number,
  ): Promise<boolean> {
    const pieces = this.decoding.joinBlocks(blocks)
    for (let attempt = 1, unknown = 0; ; attempt++) {
      try {
        await this.sink.insert(table, blocks[0].columns, pieces, token)
        if (this.trouble !== '') this.log.info('ClickHouse answers again')
        this.trouble = ''
        break
      } catch (error) {
        this.retries++
        this.failed(table, token, error as Error)
        const blame = blameOf(error)
        if (blame === 'unknown') unknown++
        const suspect = blame === 'content' || unknown >= UNKNOWN_TRIES
        if (suspect && (await this.refuse(group, table, blocks[0].columns, error as Error, known))) return false
        await Bun.sleep(waitMs(attempt))
      }
    }
    add(this.rowsStored, table, rowsOf(blocks))
    return true
  }

  private failed(table: string, token: string, { message }: Error): void {
    if (this.trouble === '' || Date.now() - this.warnedMs > WARN_AGAIN_MS) {
      this.warnedMs = Date.now()
      this.log.warn(
        { table, token, reason: message },
        'ClickHouse did not take an insert; the journal keeps the rows and the insert is repeated',
      )
    }
    this.trouble = message
  }

  /**
   * Looks for the frames that ClickHouse refuses; false if it is not them, or that cannot be told now. `known`: how many
   * refusals there were when the group was decoded; if another table has found some since, its rows are old.
   */
  private async refuse(
    group: Group,
    table: string,
    columns: readonly string[],
    error: Error,
    known: number,
  ): Promise<boolean> {
    const { decoding } = this
    const empty = decoding.emptyBlocks.get(table)
    if (!empty) return false // it keeps bytes as they are
    try {
      const records: Uint8Array[] = []
      for await (const { arena, used } of this.readGroup(group)) records.push(...decoding.recordsOf(arena, used))
      const decode = async (some: readonly Uint8Array[]) => {
        const { blocks } = await decoding.decode(decoding.batchOf(some), this.refusals.all, false)
        return blocks.find((block) => block.table === table)
      }
      const probe = await this.sink.probe(table)
      const found = await refusedRecords(records, columns, empty, decode, probe)
      await probe.close().catch(() => {}) // it is replaced the next time
      if (this.refusals.all.length > known) return true
      if (found !== null) {
        const reason = decoding.reasons.refused
        this.refusals.add(found.map((record) => ({ hash: decoding.recordHash(record), reason, entry: group.last })))
        this.framesRefused += found.length
        this.log.error(
          { table, frames: found.length, reason: error.message },
          'ClickHouse refuses rows of some frames: they are in rejects with the reason refused, and the rest goes in; please report them with their bytes',
        )
      }
      return found !== null
    } catch (trouble) {
      this.failed(table, group.token, trouble as Error)
      return false
    }
  }
}

interface Gathered {
  blocks: Block[]
  first: number
  last: number
  decoder: string
}

/** Decodes ahead, a bounded number of batches, and gives them in order. */
class DecodeQueue {
  /** Batches fetched and not yet taken. */
  decoding = 0
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
    if (first !== null) this.decoding--
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

  /** Gives it again. */
  putBack(batch: Gathered): void {
    this.running.unshift(Promise.resolve(batch))
    this.decoding++
  }

  private fill(): void {
    while (this.running.length < this.depth) {
      // Batches are fetched one after another, and decoded side by side.
      const fetched = this.chain.then(() => (this.ended ? null : this.next()))
      this.chain = fetched
      this.running.push(
        fetched.then((batch) => {
          if (batch === null) this.ended = true
          else this.decoding++
          return batch === null ? null : this.decode(batch)
        }),
      )
    }
  }
}

/** Doubles from attempt to attempt, up to a limit; gateways that failed together do not come back together. */
function waitMs(attempt: number): number {
  const longest = Math.min(RETRY_MS_MIN * 2 ** (attempt - 1), RETRY_MS_MAX)
  return longest * (0.5 + Math.random() / 2)
}

function blocksOf({ blocks }: Gathered, table: string): Block[] {
  return blocks.filter((block) => block.table === table)
}

function rowsOf(blocks: readonly Block[]): number {
  let rows = 0
  for (const block of blocks) rows += block.rows
  return rows
}

function add(counts: Map<string, number>, key: string, more: number): void {
  counts.set(key, (counts.get(key) ?? 0) + more)
}

/**
 * The journal: frames on disk that ClickHouse does not hold yet. An ack promises that the journal has the frame.
 *
 * On disk (one directory, one gateway):
 *   <first entry>.log    segments; entries back to back (log-entry.ts), numbered in order
 *   spare                room for the next segment: a file of zeros
 *   groups.a, groups.b   what became of the entries (group-log.ts), twice
 *   quarantine/          damaged parts, set aside for a look
 *
 * Writing: `append` writes entries behind each other into the newest segment and syncs it; only then it resolves. A
 * failed write or sync is final for what it covered and for the journal: the kernel may have dropped the pages, so
 * a second sync proves nothing. Only what found the disk full before it was synced may be written again, once the file
 * is cut back to where it began.
 * Reading: entries are read in order, from the first that is in no finished group.
 * Groups: `seal` durably names a range of entries and its token before ClickHouse sees any of it. After a restart the
 * sealed groups are inserted again with the same range and the same token, and ClickHouse drops what it has. `done`
 * is durable before the segments behind it are deleted. Tokens hold a random number of this run, so that a new group
 * never has the token of another one, whatever was lost on the disk.
 * Recovery: a damaged end of the newest segment is cut off (it was never acked, or nobody can tell). Damage elsewhere
 * is met when it is read: skipped, counted and copied to quarantine/. The journal's id is what most of its files say.
 * No damage keeps the gateway from starting.
 * Sizes: segments are `max_bytes` / 8, at most 32 MiB. `full` is true from `max_bytes` on, or while the file system
 * has less than FREE_BYTES_MIN left. The room of the next segment is made while one is written, and not counted.
 */
import { basename, join } from 'node:path'
import hyperid from 'hyperid'
import type { Logger } from 'pino'
import { DISK, NoSpace, spaceErrors, writeAll, type Files } from './files.ts'
import { GroupLog, journalOf, mostFrequent, newestRecord, readCopies, type Group, type GroupCopy } from './group-log.ts'
import { ENTRY_HEADER_BYTES, entryHeader } from './log-entry.ts'
import { listSegments, removeIfThere, SegmentReader, segmentPath, setAside, type Segment } from './segment.ts'

export type { Group } from './group-log.ts'

const SEGMENT_BYTES_MAX = 33_554_432
/**
 * Two of the largest segments: when the file system has less left the journal counts as full. What was received until
 * then is still written (net holds at most 16 batches of usually 1 MiB), and the embedded ClickHouse, mostly on the
 * same disk, needs room to take over what the journal holds.
 */
export const FREE_BYTES_MIN = 2 * SEGMENT_BYTES_MAX
/** So much must be free again before it counts as not full, lest it changes its mind with every segment. */
const FREE_AGAIN_BYTES = FREE_BYTES_MIN + SEGMENT_BYTES_MAX
const FREE_POLL_MS = 1000
const NO_SPACE_RETRY_MS = 20
/** Room is made in pieces, each followed by a pause of so many times what it took: acks wait for the same disk. */
const PREFILL_BYTES = 262_144
const PREFILL_PAUSES = 2
const ZEROS = new Uint8Array(PREFILL_BYTES)
/** Entries of a segment that are asked whose journal it is. */
const WITNESS_ENTRIES = 15

/** Entries read back: their payloads, back to back. */
export interface JournalRead {
  arena: ArrayBuffer
  used: number
  first: number
  last: number
}

/** Where the reader stands: before byte `at` of its segment, waiting for entry `entry`. */
interface Cursor {
  reader: SegmentReader
  at: number
  entry: number
}

/** It was closed meanwhile. */
export class JournalClosed extends Error {}

export class Journal {
  /** The newest entry on disk; 0 for none. */
  lastEntry = 0
  /** Every entry up to this one is safe in ClickHouse. */
  doneEntry = 0
  /** Groups sealed and not done, oldest first. */
  sealed: readonly Group[] = []
  /** Bytes on disk, of entries done and not done: space comes back a segment at a time. */
  bytes = 0
  /** Bytes set aside in quarantine/ since the start, and entries that are gone with them or with a whole segment. */
  quarantinedBytes = 0
  lostEntries = 0
  /** What the file system has left, as last asked, less what was written since. */
  freeBytes = Infinity
  private segments: Segment[] = []
  private writer = -1
  /** Whether the newest segment was made of the spare, and whether there is one for the next. */
  private prefilled = false
  private spareIsReady = false
  private sparing: Promise<void> | null = null
  private cursor: Cursor | null = null
  private groups!: GroupLog
  private groupsMade = 0
  /** The last write found no room. */
  private refused = false
  private freeIsLow = false
  /** Why nothing can be written any more. */
  private failure: Error | null = null
  /** Newest entry at a time, one a second: how old the oldest waiting entry is. */
  private marks: { entry: number; ms: number }[] = []
  /** Up to here entries were found or reported lost, and the damage that was reported. */
  private lostBefore = 0
  private readonly kept = new Set<string>()
  private readonly reads = new OneAtATime()
  private readonly changes = new OneAtATime()
  private readonly segmentBytes: number
  private readonly quarantine: string
  private readonly run = crypto.getRandomValues(new BigUint64Array(1))[0].toString(36)
  private freePoll: Timer | null = null

  private constructor(
    private readonly directory: string,
    private readonly id: number,
    private instance: string,
    private readonly maxBytes: number,
    private readonly log: Logger,
    private readonly files: Files,
  ) {
    this.segmentBytes = Math.min(SEGMENT_BYTES_MAX, Math.floor(maxBytes / 8))
    this.quarantine = join(directory, 'quarantine')
  }

  /** Opens the journal in `directory`, making it where there is none. `instance` overrides the name made at first start. */
  static async open(
    directory: string,
    maxBytes: number,
    instance: string,
    log: Logger,
    files: Files = DISK,
  ): Promise<Journal> {
    await files.makeDirectory(join(directory, 'quarantine'))
    const copies = await readCopies(files, directory)
    const segments = await listSegments(files, directory)
    const id = (await electId(files, segments, copies)) ?? crypto.getRandomValues(new Uint32Array(1))[0]
    const journal = new Journal(directory, id, instance, maxBytes, log, files)
    await journal.recoverGroups(copies, segments)
    await journal.recoverSegments(segments)
    await journal.measureFreeBytes()
    journal.freePoll = setInterval(() => void journal.measureFreeBytes(), FREE_POLL_MS)
    journal.freePoll.unref()
    await journal.findSpare()
    return journal
  }

  /** True while the journal may not grow. */
  get full(): boolean {
    // The newest segment stays when all is done; it must not keep the journal full.
    return this.lowOnDisk || (this.doneEntry < this.lastEntry && this.bytes >= this.maxBytes)
  }

  /** True if it may not grow because the file system is nearly full. */
  get lowOnDisk(): boolean {
    return this.refused || this.freeIsLow
  }

  /** Age of the oldest entry that is not done, in ms, to the second. */
  oldestMs(nowMs: number): number {
    return this.doneEntry >= this.lastEntry || this.marks.length === 0 ? 0 : nowMs - this.marks[0].ms
  }

  /**
   * Appends each part as an entry and syncs once; resolves with the number of the first, or with 0 if the disk is
   * full: nothing is written then, and the same may be appended again. After an error the journal takes no more.
   */
  async append(parts: readonly { bytes: Uint8Array; from: number; to: number }[]): Promise<number> {
    return this.guard(async () => {
      const first = this.lastEntry + 1
      try {
        if (this.writer < 0 || this.isFull(this.current)) await this.startSegment(first)
        const bytes = await this.write(parts)
        await this.files.sync(this.writer)
        this.countBytes(bytes)
        this.current.bytes += bytes
        this.lastEntry += parts.length
        this.mark(this.lastEntry)
        return first
      } catch (error) {
        if (!(error instanceof NoSpace)) throw error
        this.refused = true
        return 0
      }
    })
  }

  /**
   * Reads entries from `first` to at most `last`, as many as fit into `maxBytes`, at least one. Null when none of them
   * is left (all damaged, or done).
   */
  async read(first: number, last: number, maxBytes: number): Promise<JournalRead | null> {
    return this.reads.run(() => this.readNow(first, last, maxBytes))
  }

  /** Names the entries `first` to `last` as the next group, durably. */
  async seal(first: number, last: number): Promise<Group> {
    return this.changes.run(() =>
      this.guard(async () => {
        // Without the number of this run a group could get the token of another whose record was lost.
        const group = { first, last, token: `${this.instance}-${this.run}-${++this.groupsMade}` }
        const sealed = [...this.sealed, group]
        await this.record(this.doneEntry, sealed)
        this.sealed = sealed
        return group
      }),
    )
  }

  /** ClickHouse holds the group durably: its entries may go. Groups are done in the order in which they were sealed. */
  async done(group: Group): Promise<void> {
    return this.changes.run(() =>
      this.guard(async () => {
        const [oldest, ...sealed] = this.sealed
        if (oldest?.token !== group.token) throw new Error(`the group ${group.token} is done before its turn`)
        const done = Math.max(this.doneEntry, group.last)
        await this.record(done, sealed)
        this.sealed = sealed
        this.doneEntry = done
        while (this.marks.length > 0 && this.marks[0].entry <= done) this.marks.shift()
        await this.deleteSegments()
      }),
    )
  }

  /** Lets go of the files when what is under way has ended; what is asked for afterwards fails with JournalClosed. */
  async close(): Promise<void> {
    if (this.freePoll) clearInterval(this.freePoll)
    this.failure ??= new JournalClosed('the journal is closed')
    await this.sparing
    await this.leave()
    await this.changes.run(async () => this.groups.close())
    if (this.writer >= 0) this.files.close(this.writer)
  }

  private get current(): Segment {
    return this.segments[this.segments.length - 1]
  }

  /** Every change of the disk goes through here: after an error there are no more. */
  private async guard<T>(change: () => Promise<T>): Promise<T> {
    if (this.failure) throw this.failure
    try {
      return await change()
    } catch (error) {
      this.failure = error as Error
      throw error
    }
  }

  /** Records what became of the entries. The files have their room already; where they are copied on writing, it waits. */
  private async record(done: number, sealed: Group[]): Promise<void> {
    for (;;) {
      try {
        await this.groups.record({ instance: this.instance, done, sealed })
        return
      } catch (error) {
        if (!(error instanceof NoSpace)) throw error
        await Bun.sleep(NO_SPACE_RETRY_MS)
      }
    }
  }

  private mark(entry: number): void {
    const now = Date.now()
    const last = this.marks[this.marks.length - 1]
    if (!last || now - last.ms >= 1000) this.marks.push({ entry, ms: now })
    else last.entry = entry
  }

  private countBytes(bytes: number): void {
    this.bytes += bytes
    this.freeBytes -= bytes
    if (this.freeBytes < FREE_BYTES_MIN) this.freeIsLow = true
    else if (this.freeBytes >= FREE_AGAIN_BYTES) this.freeIsLow = false
  }

  private async measureFreeBytes(): Promise<void> {
    // Where nobody can say, only a write that fails tells.
    this.freeBytes = await this.files.freeBytes(this.directory).catch(() => Infinity)
    this.refused = false // so that the next append tries
    this.countBytes(0)
  }

  /** Writes the parts behind what is there; bytes written. If the disk is full, the file is as it was. */
  private async write(parts: readonly { bytes: Uint8Array; from: number; to: number }[]): Promise<number> {
    const start = this.current.bytes
    const buffers: Uint8Array[] = []
    let number = this.lastEntry
    let end = start
    for (const part of parts) {
      const payload = part.bytes.subarray(part.from, part.to)
      buffers.push(entryHeader(this.id, ++number, this.current.first, end, payload), payload)
      end += ENTRY_HEADER_BYTES + payload.length
    }
    try {
      await writeAll(this.files, this.writer, buffers, start)
    } catch (error) {
      if (error instanceof NoSpace) await this.files.truncate(this.writer, start)
      throw error
    }
    return end - start
  }

  private async startSegment(first: number): Promise<void> {
    const path = segmentPath(this.directory, first)
    const prefilled = this.spareIsReady
    const next = await spaceErrors(prefilled ? this.files.open(this.spare, 'r+') : this.files.open(path, 'wx+'))
    if (prefilled) await this.files.rename(this.spare, path)
    await this.files.syncDirectory(this.directory)
    this.prefilled = prefilled
    this.spareIsReady = false
    if (this.writer >= 0) this.files.close(this.writer)
    this.writer = next
    this.segments.push({ first, path, bytes: 0 })
    this.makeSpare()
  }

  /** Also if it grows as it is written, and there is room elsewhere by now. */
  private isFull({ bytes }: Segment): boolean {
    return bytes >= this.segmentBytes || (bytes > 0 && !this.prefilled && this.spareIsReady)
  }

  private get spare(): string {
    return join(this.directory, 'spare')
  }

  /** Takes over the spare of an earlier run if it is whole, or begins to make one. */
  private async findSpare(): Promise<void> {
    if (!this.files.prefills) return
    this.spareIsReady = (await this.files.list(this.directory)).includes(basename(this.spare))
    if (this.spareIsReady && (await this.files.bytes(this.spare)) !== this.segmentBytes) {
      await removeIfThere(this.files, this.spare)
      this.spareIsReady = false
    }
    this.makeSpare()
  }

  /** Makes room for the next segment meanwhile. Without it, if that fails, a segment grows as it is written. */
  private makeSpare(): void {
    const { files, spare, segmentBytes } = this
    if (!files.prefills || this.spareIsReady || this.sparing) return
    if (this.freeBytes < FREE_AGAIN_BYTES + segmentBytes) return
    this.sparing = this.fillSpare(`${spare}.new`)
      .catch((error: Error) =>
        this.log.warn(
          { path: spare, reason: error.message },
          'no room could be made for the next segment of the journal; it grows as it is written',
        ),
      )
      .finally(() => (this.sparing = null))
  }

  private async fillSpare(path: string): Promise<void> {
    const { files, segmentBytes } = this
    await removeIfThere(files, path)
    const file = await files.open(path, 'wx+')
    try {
      for (let at = 0; at < segmentBytes; at += PREFILL_BYTES) {
        if (this.failure) return
        const started = performance.now()
        await writeAll(files, file, [ZEROS.subarray(0, Math.min(PREFILL_BYTES, segmentBytes - at))], at)
        await files.sync(file)
        const pauseMs = PREFILL_PAUSES * (performance.now() - started)
        if (pauseMs >= 1) await Bun.sleep(pauseMs)
      }
      await files.rename(path, this.spare)
      this.spareIsReady = true
    } finally {
      files.close(file)
      if (!this.spareIsReady) await removeIfThere(files, path)
    }
  }

  /** The position that lets them go is on disk. */
  private async deleteSegments(): Promise<void> {
    let deleted = false
    while (this.segments.length > 1 && this.segments[1].first <= this.doneEntry + 1) {
      const [old] = this.segments.splice(0, 1)
      if (this.cursor?.reader.segment === old) await this.leave()
      await removeIfThere(this.files, old.path)
      this.countBytes(-old.bytes)
      deleted = true
    }
    if (deleted) await this.files.syncDirectory(this.directory)
  }

  private async recoverGroups(copies: readonly GroupCopy[], segments: readonly Segment[]): Promise<void> {
    const known = newestRecord(copies, this.id)?.state
    if (this.instance === '') this.instance = known?.instance ?? hyperid({ fixedLength: true, urlSafe: true }).uuid
    if (known) {
      this.doneEntry = known.done
      this.sealed = known.sealed
    } else if (segments.length > 0) {
      this.doneEntry = segments[0].first - 1
      this.log.error(
        { directory: this.directory },
        'what the journal has handed over to ClickHouse is not known any more; all it holds is inserted again, and rows that are there already collapse, except in the ledger',
      )
    }
    const state = { instance: this.instance, done: this.doneEntry, sealed: [...this.sealed] }
    this.groups = await GroupLog.open(this.files, this.directory, this.id, state, copies, async (path, damaged) => {
      const aside = join(this.quarantine, `${basename(path)}-${this.run}`)
      const bytes = await this.files.bytes(path)
      await this.moveAway(path, aside)
      this.quarantinedBytes += bytes
      this.log.error({ path, damaged, aside }, 'one of the two files about groups is damaged; it is made anew')
    })
  }

  private async recoverSegments(segments: Segment[]): Promise<void> {
    this.segments = segments
    this.lastEntry = Math.max(this.doneEntry, this.sealed.at(-1)?.last ?? 0)
    for (const segment of segments) this.bytes += segment.bytes
    if (segments.length === 0) return // the first append begins one
    const newest = this.current
    const reader = await SegmentReader.open(this.files, newest, this.id)
    try {
      // The last sound entry ends the journal: what lies behind it was not synced, hence not acked.
      let end = 0
      let last = newest.first - 1
      for await (const piece of reader.pieces()) {
        if (piece.number === 0) continue
        last = piece.number
        end = piece.end
      }
      // Numbers that a group has had are not given again, even if their entries are gone.
      this.lastEntry = Math.max(this.lastEntry, last)
      if (reader.unreadable > 0) await this.leaveUnreadable(newest, end)
      else await this.cutOff(reader, end)
    } finally {
      reader.close()
    }
    this.marks = this.doneEntry < this.lastEntry ? [{ entry: this.lastEntry, ms: Date.now() }] : []
  }

  /** Makes the newest segment end behind its last sound entry, and opens it for writing. */
  private async cutOff(reader: SegmentReader, end: number): Promise<void> {
    const { segment } = reader
    this.writer = await this.files.open(segment.path, 'r+')
    if (end === segment.bytes) return
    const what = 'the journal ended in the middle of an entry that was never acknowledged; it is cut off'
    const torn = await reader.usedEnd(end)
    if (torn > end) await this.keep(reader, end, torn, 'warn', what)
    await this.files.truncate(this.writer, end)
    await this.files.sync(this.writer)
    this.bytes -= segment.bytes - end
    segment.bytes = end
  }

  /** The disk cannot read parts of the newest segment: nothing more is written to it, the next append begins another. */
  private async leaveUnreadable(segment: Segment, end: number): Promise<void> {
    this.log.error({ segment: segment.path }, 'the disk cannot read parts of the newest segment; it takes no more')
    if (end === 0) {
      // Its name is that of the next one.
      await this.moveAway(segment.path, join(this.quarantine, `${segment.first}-${this.run}.log`))
      this.quarantinedBytes += segment.bytes
      this.bytes -= segment.bytes
      this.segments.pop()
    }
  }

  private async moveAway(from: string, to: string): Promise<void> {
    await this.files.rename(from, to)
    await this.files.syncDirectory(this.quarantine)
    await this.files.syncDirectory(this.directory)
  }

  private async readNow(first: number, last: number, maxBytes: number): Promise<JournalRead | null> {
    if (this.failure instanceof JournalClosed) throw this.failure
    let arena: Buffer | null = null
    let used = 0
    let from = 0
    let to = 0
    last = Math.min(last, this.lastEntry)
    if (this.segments.length === 0) this.lose(first, last)
    if (this.segments.length === 0 || first > last) return null
    let cursor = await this.seek(first)
    while (cursor.entry <= last) {
      const { reader } = cursor
      const limit = reader.segment.bytes
      if (await reader.entryAt(cursor.at, limit)) {
        if (reader.number < cursor.entry) {
          cursor.at = reader.end // of a group that is done
          continue
        }
        this.lose(cursor.entry, Math.min(reader.number - 1, last))
        cursor.entry = Math.min(reader.number, last + 1)
        if (reader.number > last) break
        const bytes = reader.payloadEnd - reader.payloadStart
        if (arena !== null && used + bytes > arena.length) break
        arena ??= Buffer.from(new ArrayBuffer(Math.max(maxBytes, bytes)))
        reader.window.copy(arena, used, reader.payloadStart, reader.payloadEnd)
        used += bytes
        if (from === 0) from = reader.number
        to = reader.number
        cursor.at = reader.end
        cursor.entry = to + 1
      } else if (cursor.at < limit) {
        const end = await reader.find(cursor.at + 1, limit)
        const what = 'part of the journal is damaged; the journal goes on behind it'
        await this.keep(reader, cursor.at, end, 'error', what)
        cursor.at = end
      } else {
        const next = await this.following(cursor)
        if (next === null) {
          this.lose(cursor.entry, last)
          cursor.entry = last + 1
        } else cursor = next
      }
    }
    return arena === null ? null : { arena: arena.buffer as ArrayBuffer, used, first: from, last: to }
  }

  /** Puts the reader before entry `first`. */
  private async seek(first: number): Promise<Cursor> {
    if (this.cursor?.entry === first) return this.cursor
    const index = this.segments.findLastIndex((segment) => segment.first <= first)
    const cursor = await this.enter(this.segments[Math.max(0, index)], first)
    const { reader } = cursor
    const limit = reader.segment.bytes
    // Damage among entries that are done concerns nobody; what may have been `first` is read's business.
    let damage = -1
    while (cursor.at < limit) {
      if (await reader.entryAt(cursor.at, limit)) {
        if (reader.number >= first) {
          if (reader.number > first && damage >= 0) cursor.at = damage
          return cursor
        }
        damage = -1
        cursor.at = reader.end
      } else {
        damage = cursor.at
        cursor.at = await reader.find(cursor.at + 1, limit)
      }
    }
    if (damage >= 0) cursor.at = damage
    return cursor
  }

  /** The reader at the begin of the segment behind its own, or null if there is none. */
  private async following(cursor: Cursor): Promise<Cursor | null> {
    const { first } = cursor.reader.segment
    const next = this.segments.find((segment) => segment.first > first)
    return next ? this.enter(next, cursor.entry) : null
  }

  /** Closes the segment that was read last: its space is free only when nobody has it open. */
  private async leave(): Promise<void> {
    await this.reads.run(async () => {
      this.cursor?.reader.close()
      this.cursor = null
    })
  }

  private async enter(segment: Segment, entry: number): Promise<Cursor> {
    this.cursor?.reader.close()
    this.cursor = null
    const reader = await SegmentReader.open(this.files, segment, this.id)
    return (this.cursor = { reader, at: 0, entry })
  }

  /** Entries that ought to be there and are not. */
  private lose(first: number, last: number): void {
    const unknown = Math.max(first, this.lostBefore + 1)
    if (unknown > last) return
    this.lostBefore = last
    this.lostEntries += last - unknown + 1
    this.log.error({ first, last }, 'entries of the journal are lost; it goes on behind them')
  }

  /** Copies damaged bytes to the quarantine. If even that fails they are only counted. */
  private async keep(
    reader: SegmentReader,
    at: number,
    end: number,
    level: 'warn' | 'error',
    what: string,
  ): Promise<void> {
    const { path } = reader.segment
    if (this.kept.has(`${path} ${at}`)) return
    this.kept.add(`${path} ${at}`)
    this.quarantinedBytes += end - at
    let aside: string
    try {
      aside = await setAside(this.files, this.quarantine, reader, at, end)
    } catch (error) {
      aside = `not kept: ${(error as Error).message}`
    }
    this.log[level]({ segment: path, at, bytes: end - at, aside }, what)
  }
}

/**
 * The journal id that most of the files say which know it, so that no single damage, nor a file of another journal
 * among ours, makes foreigners of our entries. Null for a journal that is new.
 */
export async function electId(
  files: Files,
  segments: readonly Segment[],
  copies: readonly GroupCopy[],
): Promise<number | null> {
  const witnesses = copies.map(journalOf)
  for (const segment of new Set([segments.at(-1), segments[0]]))
    if (segment) witnesses.push(await journalOfSegment(files, segment))
  return mostFrequent(witnesses)
}

/** The journal that most of a segment's first entries belong to, or null. */
async function journalOfSegment(files: Files, segment: Segment): Promise<number | null> {
  const reader = await SegmentReader.open(files, segment, null)
  const owners: number[] = []
  for await (const { number } of reader.pieces()) {
    if (number > 0) owners.push(reader.journalId)
    if (owners.length === WITNESS_ENTRIES) break
  }
  reader.close()
  return mostFrequent(owners)
}

/** Runs what it is given one after another. */
class OneAtATime {
  private last: Promise<unknown> = Promise.resolve()

  async run<T>(work: () => Promise<T>): Promise<T> {
    const next = this.last.then(work)
    this.last = next.catch(() => {})
    return next
  }
}

/**
 * The journal: frames on disk that ClickHouse does not hold yet. An ack promises that the journal has the frame.
 *
 * On disk (one directory, one gateway):
 *   identity             msgpack: the journal's id, and the instance name that goes into deduplication tokens
 *   <first entry>.log    segments; entries back to back (see log-entry.ts), numbered without gaps
 *   groups.log           what became of the entries: `seal` before the first insert of a group, `done` after the last
 *   quarantine/          damaged parts of segments, set aside for a look
 *
 * Writing: `append` writes entries behind each other into the newest segment and syncs it; only then it resolves. An
 * error is final for what it covered: the kernel may have dropped the pages, so a second sync proves nothing.
 * Reading: entries are read in order, from the first that is in no finished group.
 * Groups: `seal` durably names a range of entries and a number before ClickHouse sees any of it. After a restart the
 * sealed groups are inserted again with the same range and the same token, and ClickHouse drops what it has. `done`
 * is durable before the segments behind it are deleted.
 * Recovery: a damaged end of the newest segment is cut off (it was never acked). Damage elsewhere is skipped, counted
 * and copied to quarantine/; the gateway starts and goes on.
 * Sizes: segments are `max_bytes` / 8, at most 32 MiB; `full` is true from `max_bytes` on.
 */
import {
  closeSync,
  fdatasync,
  fsyncSync,
  ftruncateSync,
  openSync,
  writev,
  writeFileSync,
  type WriteVResult,
} from 'node:fs'
import { mkdir, readdir, readFile, rename, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import hyperid from 'hyperid'
import { pack, unpack } from 'msgpackr'
import type { Logger } from 'pino'
import { ENTRY_HEADER_BYTES, entryAt, entryHeader, entryNumber, nextEntry } from './log-entry.ts'

const SEGMENT_BYTES_MAX = 33_554_432
const GROUPS_BYTES_MAX = 1_048_576
const SEGMENT_NAME = /^\d{16}\.log$/
const syncData = promisify(fdatasync)
const writeVector = (file: number, buffers: Uint8Array[], position: number): Promise<number> =>
  new Promise((resolve, reject) =>
    writev(file, buffers, position, (error: Error | null, written: WriteVResult['bytesWritten']) =>
      error ? reject(error) : resolve(written),
    ),
  )

/** A range of entries under one number; its deduplication token is made from `number`. */
export interface Group {
  number: number
  first: number
  last: number
}

/** Entries read back: their payloads, back to back. */
export interface JournalRead {
  arena: ArrayBuffer
  used: number
  first: number
  last: number
}

interface Segment {
  first: number
  path: string
  bytes: number
}
/** Where the reader stands: `file` is the segment from byte `from` on, `at` the place in it, `entry` the number awaited. */
interface Reading {
  segment: Segment
  from: number
  file: Buffer
  at: number
  entry: number
}
interface Identity {
  id: number
  instance: string
}
type GroupEntry = { seal: Group } | { done: number; entry: number }

export class Journal {
  /** The newest entry on disk; 0 for none. */
  lastEntry = 0
  /** Every entry up to this one is safe in ClickHouse. */
  doneEntry = 0
  /** Groups sealed and not done, oldest first. */
  sealed: Group[] = []
  /** Damaged bytes set aside since the start. */
  quarantinedBytes = 0
  private nextGroup = 1
  private segments: Segment[] = []
  // Files are numbers, not handles: the runtime closes handles that it thinks forgotten.
  private writer = -1
  private groups = -1
  private groupsBytes = 0
  private reading: Reading | null = null
  /** Newest entry at a time, one a second: how old the oldest waiting entry is. */
  private marks: { entry: number; ms: number }[] = []
  private readonly segmentBytes: number

  private constructor(
    private readonly directory: string,
    private readonly identity: Identity,
    private readonly maxBytes: number,
    private readonly log: Logger,
  ) {
    this.segmentBytes = Math.min(SEGMENT_BYTES_MAX, Math.floor(maxBytes / 8))
  }

  /** Opens the journal in `directory`, making it where there is none. `instance` overrides the name made at first start. */
  static async open(directory: string, maxBytes: number, instance: string, log: Logger): Promise<Journal> {
    await mkdir(join(directory, 'quarantine'), { recursive: true })
    const identity = await readIdentity(directory)
    const journal = new Journal(directory, instance === '' ? identity : { ...identity, instance }, maxBytes, log)
    await journal.recoverGroups()
    await journal.recoverSegments()
    return journal
  }

  /**
   * The group's deduplication token. The journal's own id is part of it: a new journal counts from 1 again, and two
   * gateways may have been given one name.
   */
  tokenOf(group: Group): string {
    return `${this.identity.instance}-${this.identity.id.toString(36)}-${group.number}`
  }

  /** Bytes on disk, of entries done and not done: space comes back a segment at a time. */
  get bytes(): number {
    let bytes = 0
    for (const segment of this.segments) bytes += segment.bytes
    return bytes
  }

  get full(): boolean {
    // The newest segment stays when all is done; it must not keep the journal full.
    return this.doneEntry < this.lastEntry && this.bytes >= this.maxBytes
  }

  /** Age of the oldest entry that is not done, in ms, to the second. */
  oldestMs(nowMs: number): number {
    return this.doneEntry >= this.lastEntry || this.marks.length === 0 ? 0 : nowMs - this.marks[0].ms
  }

  /** Appends each part as an entry and syncs once; resolves with the number of the first. */
  async append(parts: readonly { bytes: Uint8Array; from: number; to: number }[]): Promise<number> {
    if (this.current.bytes >= this.segmentBytes) await this.startSegment(this.lastEntry + 1)
    const segment = this.current
    const buffers: Uint8Array[] = []
    let number = this.lastEntry
    let bytes = 0
    for (const part of parts) {
      const payload = part.bytes.subarray(part.from, part.to)
      buffers.push(entryHeader(this.identity.id, ++number, payload), payload)
      bytes += ENTRY_HEADER_BYTES + payload.length
    }
    await writeAll(this.writer, buffers, segment.bytes)
    await syncData(this.writer)
    const first = this.lastEntry + 1
    segment.bytes += bytes
    this.lastEntry = number
    this.mark(number)
    return first
  }

  /**
   * Reads entries from `first` to at most `last`, as many as fit into `maxBytes`, at least one. Null when none of them
   * is left (all damaged, or done).
   */
  async read(first: number, last: number, maxBytes: number): Promise<JournalRead | null> {
    await this.seek(first)
    let arena: Buffer | null = null
    let used = 0
    let from = 0
    let to = 0
    for (let at = this.reading; at !== null; at = this.reading) {
      const bytes = entryAt(at.file, at.at, this.identity.id, at.entry)
      if (bytes < 0) {
        if (!(await this.skipDamage())) break
        continue
      }
      const number = entryNumber(at.file, at.at)
      if (number > last || (arena !== null && used + bytes > arena.length)) break
      arena ??= Buffer.from(new ArrayBuffer(Math.max(maxBytes, bytes)))
      const start = at.at + ENTRY_HEADER_BYTES
      at.file.copy(arena, used, start, start + bytes)
      used += bytes
      if (from === 0) from = number
      to = number
      at.at = start + bytes
      at.entry = number + 1
    }
    return arena === null ? null : { arena: arena.buffer as ArrayBuffer, used, first: from, last: to }
  }

  /** Names the entries `first` to `last` as the next group, durably. */
  async seal(first: number, last: number): Promise<Group> {
    const group = { number: this.nextGroup++, first, last }
    await this.writeGroups([{ seal: group }])
    this.sealed.push(group)
    return group
  }

  /** ClickHouse holds the group durably: its entries may go. */
  async done(group: Group): Promise<void> {
    this.sealed = this.sealed.filter((other) => other.number !== group.number)
    this.doneEntry = Math.max(this.doneEntry, group.last)
    if (this.groupsBytes > GROUPS_BYTES_MAX) await this.rewriteGroups()
    else await this.writeGroups([{ done: group.number, entry: this.doneEntry }])
    while (this.marks.length > 0 && this.marks[0].entry <= this.doneEntry) this.marks.shift()
    while (this.segments.length > 1 && this.segments[1].first <= this.doneEntry + 1) {
      const [old] = this.segments.splice(0, 1)
      if (this.reading?.segment === old) this.reading = null
      await unlink(old.path)
    }
  }

  close(): void {
    closeSync(this.writer)
    closeSync(this.groups)
  }

  private get current(): Segment {
    return this.segments[this.segments.length - 1]
  }

  private mark(entry: number): void {
    const now = Date.now()
    const last = this.marks[this.marks.length - 1]
    if (!last || now - last.ms >= 1000) this.marks.push({ entry, ms: now })
    else last.entry = entry
  }

  private async startSegment(first: number): Promise<void> {
    const path = join(this.directory, `${String(first).padStart(16, '0')}.log`)
    const next = openSync(path, 'w')
    syncDirectory(this.directory)
    if (this.writer >= 0) closeSync(this.writer)
    this.writer = next
    this.segments.push({ first, path, bytes: 0 })
  }

  private async recoverSegments(): Promise<void> {
    const names = (await readdir(this.directory)).filter((name) => SEGMENT_NAME.test(name)).toSorted()
    for (const name of names) {
      const path = join(this.directory, name)
      this.segments.push({ first: Number(name.slice(0, 16)), path, bytes: Bun.file(path).size })
    }
    const newest = this.current as Segment | undefined
    if (!newest) return this.startSegment(this.doneEntry + 1)
    this.writer = openSync(newest.path, 'r+')
    const file = await readFile(newest.path)
    // The last sound entry ends the journal: what lies behind it was never synced, hence never acked.
    let end = 0
    this.lastEntry = newest.first - 1
    for (let at = 0; at >= 0;) {
      const bytes = entryAt(file, at, this.identity.id, this.lastEntry + 1)
      if (bytes < 0) at = nextEntry(file, at + 1, this.identity.id, this.lastEntry + 1)
      else {
        this.lastEntry = entryNumber(file, at)
        at = end = at + ENTRY_HEADER_BYTES + bytes
      }
    }
    this.lastEntry = Math.max(this.lastEntry, this.doneEntry)
    if (end < file.length) {
      this.log.warn(
        { bytes: file.length - end, segment: newest.path },
        'the journal ended in the middle of an entry that was never acknowledged; it is cut off',
      )
      await this.setAside(this.lastEntry + 1, end, file.subarray(end))
      ftruncateSync(this.writer, end)
      await syncData(this.writer)
    }
    newest.bytes = end
    this.marks = this.doneEntry < this.lastEntry ? [{ entry: this.lastEntry, ms: Date.now() }] : []
  }

  /** Puts the reader on entry `first`. */
  private async seek(first: number): Promise<void> {
    const reading = this.reading
    if (reading?.entry === first) {
      if (reading.at < reading.file.length) return
      // At the end of what was read: the segment may have grown.
      const at = reading.from + reading.at
      if (at < reading.segment.bytes) this.reading = await this.load(reading.segment, at, first)
      return
    }
    const index = this.segments.findLastIndex((segment) => segment.first <= first)
    const next = await this.load(this.segments[Math.max(0, index)], 0, first)
    for (let damage = -1; next.at < next.file.length;) {
      const bytes = entryAt(next.file, next.at, this.identity.id, 0)
      if (bytes >= 0) {
        const number = entryNumber(next.file, next.at)
        // Damage among entries that are done concerns nobody; damage that took `first` is read()'s business.
        if (number > first && damage >= 0) next.at = damage
        if (number >= first) break
        damage = -1
        next.at += ENTRY_HEADER_BYTES + bytes
      } else {
        damage = next.at
        const sound = nextEntry(next.file, next.at + 1, this.identity.id, 0)
        if (sound < 0) break
        next.at = sound
      }
    }
    this.reading = next
  }

  /** Reads what is synced of a segment, from byte `from` on. */
  private async load(segment: Segment, from: number, entry: number): Promise<Reading> {
    const file = Buffer.from(await Bun.file(segment.path).slice(from, segment.bytes).arrayBuffer())
    return { segment, from, file, at: 0, entry }
  }

  /** The reader stands where no sound entry is: the end of a segment, or damage. False at the end of the journal. */
  private async skipDamage(): Promise<boolean> {
    const { segment, from, file, at, entry } = this.reading!
    const next = nextEntry(file, at, this.identity.id, entry)
    const damagedEnd = next < 0 ? file.length : next
    if (damagedEnd > at) {
      this.quarantinedBytes += damagedEnd - at
      const aside = await this.setAside(entry, from + at, file.subarray(at, damagedEnd))
      this.log.error(
        { entry, bytes: damagedEnd - at, aside },
        'part of the journal is damaged; it is set aside and the journal goes on behind it',
      )
    }
    this.reading!.at = damagedEnd
    if (next >= 0) return true
    if (from + file.length < segment.bytes) {
      this.reading = await this.load(segment, from + file.length, entry) // it has grown meanwhile
      return true
    }
    const following = this.segments[this.segments.indexOf(segment) + 1] as Segment | undefined
    if (!following) return false
    this.reading = await this.load(following, 0, Math.max(entry, following.first))
    return true
  }

  private async setAside(entry: number, at: number, bytes: Uint8Array): Promise<string> {
    const path = join(this.directory, 'quarantine', `${String(entry).padStart(16, '0')}-${at}.bin`)
    await writeFile(path, bytes)
    return path
  }

  private async recoverGroups(): Promise<void> {
    const path = join(this.directory, 'groups.log')
    const file = (await readIfThere(path)) ?? Buffer.alloc(0)
    for (let at = 0; ;) {
      const bytes = entryAt(file, at, this.identity.id, 0)
      if (bytes < 0) break
      const start = at + ENTRY_HEADER_BYTES
      const entry = unpack(file.subarray(start, start + bytes)) as GroupEntry
      if ('seal' in entry) {
        this.sealed.push(entry.seal)
        this.nextGroup = Math.max(this.nextGroup, entry.seal.number + 1)
      } else {
        this.sealed = this.sealed.filter((group) => group.number !== entry.done)
        this.doneEntry = Math.max(this.doneEntry, entry.entry)
        this.nextGroup = Math.max(this.nextGroup, entry.done + 1)
      }
      at = start + bytes
    }
    await this.rewriteGroups()
  }

  private async writeGroups(entries: GroupEntry[]): Promise<void> {
    const buffers = this.groupEntries(entries)
    await writeAll(this.groups, buffers, this.groupsBytes)
    await syncData(this.groups)
    for (const buffer of buffers) this.groupsBytes += buffer.length
  }

  /** Replaces groups.log by one that says the same in fewer entries. */
  private async rewriteGroups(): Promise<void> {
    const path = join(this.directory, 'groups.log')
    const next = openSync(`${path}.new`, 'w')
    const entries: GroupEntry[] = [{ done: this.nextGroup - 1 - this.sealed.length, entry: this.doneEntry }]
    const buffers = this.groupEntries([...entries, ...this.sealed.map((seal) => ({ seal }))])
    await writeAll(next, buffers, 0)
    await syncData(next)
    await rename(`${path}.new`, path)
    syncDirectory(this.directory)
    if (this.groups >= 0) closeSync(this.groups)
    this.groups = next
    this.groupsBytes = buffers.reduce((sum, buffer) => sum + buffer.length, 0)
  }

  private groupEntries(entries: GroupEntry[]): Uint8Array[] {
    return entries.flatMap((entry) => {
      const payload = pack(entry)
      return [entryHeader(this.identity.id, 0, payload), payload]
    })
  }
}

async function readIdentity(directory: string): Promise<Identity> {
  const path = join(directory, 'identity')
  const known = await readIfThere(path)
  if (known) return unpack(known) as Identity
  if ((await readdir(directory)).some((name) => SEGMENT_NAME.test(name)))
    throw new Error(
      `${path} is missing, but ${directory} holds segments that only it can identify: bring it back, or move the segments away`,
    )
  const identity: Identity = {
    id: crypto.getRandomValues(new Uint32Array(1))[0],
    instance: hyperid({ fixedLength: true, urlSafe: true }).uuid,
  }
  const file = openSync(`${path}.new`, 'w')
  writeFileSync(file, pack(identity))
  fsyncSync(file)
  closeSync(file)
  await rename(`${path}.new`, path)
  syncDirectory(directory)
  return identity
}

/** A file's bytes, or null where there is none. Any other trouble is an error: a file that cannot be read is not absent. */
async function readIfThere(path: string): Promise<Buffer | null> {
  try {
    return await readFile(path)
  } catch (error) {
    if ((error as { code?: string }).code === 'ENOENT') return null
    throw error
  }
}

/** Writes all buffers from `position` on; the kernel may take less than given. */
async function writeAll(file: number, buffers: Uint8Array[], position: number): Promise<void> {
  let rest = buffers
  while (rest.length > 0) {
    let written = await writeVector(file, rest, position)
    if (written === 0) throw new Error('the disk takes no more')
    position += written
    while (rest.length > 0 && written >= rest[0].length) {
      written -= rest[0].length
      rest = rest.slice(1)
    }
    if (written > 0) rest = [rest[0].subarray(written), ...rest.slice(1)]
  }
}

/** Makes created, renamed and deleted names durable. */
function syncDirectory(directory: string): void {
  const file = openSync(directory, 'r')
  fsyncSync(file)
  closeSync(file)
}

/** Reading a segment of the journal a window at a time: entries where they are sound, damage where they are not. */
import { join } from 'node:path'
import { codeOf, readAll, writeAll, type Files } from './files.ts'
import { ENTRY_HEADER_BYTES, entryBytes, entryJournal, entryNumber, isSound, MAGIC_BYTES } from './log-entry.ts'

export interface Segment {
  /** Number of its first entry, which is its name too. */
  first: number
  path: string
  bytes: number
}

const NAME = /^(\d{16})\.log$/
/** What is read at a time. An entry that is longer makes the window grow. */
const WINDOW_BYTES = 1_048_576
const ZEROS = new Uint8Array(WINDOW_BYTES)

export function segmentPath(directory: string, first: number): string {
  return join(directory, `${String(first).padStart(16, '0')}.log`)
}

/** The segments in a directory, oldest first. */
export async function listSegments(files: Files, directory: string): Promise<Segment[]> {
  const segments: Segment[] = []
  for (const name of (await files.list(directory)).toSorted()) {
    const first = Number(NAME.exec(name)?.[1] ?? 0)
    const path = join(directory, name)
    if (first > 0) segments.push({ first, path, bytes: await files.bytes(path) })
  }
  return segments
}

/** A piece of a segment, from byte `at` to `end`: the entry with this number, or damage (0). */
export interface Piece {
  at: number
  end: number
  number: number
}

export class SegmentReader {
  /** Of the entry found last: number, journal, end in the file, and its payload in `window`. */
  number = 0
  journalId = 0
  end = 0
  payloadStart = 0
  payloadEnd = 0
  window = Buffer.alloc(0)
  /** Bytes that the disk could not read; they count as zeros. */
  unreadable = 0
  private windowAt = 0
  private windowBytes = 0

  private constructor(
    private readonly files: Files,
    readonly segment: Segment,
    private readonly file: number,
    /** Whose entries count; null: anybody's. */
    private readonly journal: number | null,
  ) {}

  static async open(files: Files, segment: Segment, journal: number | null): Promise<SegmentReader> {
    return new SegmentReader(files, segment, await files.open(segment.path, 'r'), journal)
  }

  close(): void {
    this.files.close(this.file)
  }

  /** Whether a sound entry begins at `at` and ends by `limit`; its numbers are then in the fields. */
  async entryAt(at: number, limit: number): Promise<boolean> {
    if (at + ENTRY_HEADER_BYTES > limit) return false
    if (!this.holds(at, ENTRY_HEADER_BYTES)) await this.fill(at, ENTRY_HEADER_BYTES, limit)
    const size = entryBytes(this.window, at - this.windowAt, this.segment.first, at)
    if (size < 0 || at + size > limit) return false
    const journalId = entryJournal(this.window, at - this.windowAt)
    if (this.journal !== null && journalId !== this.journal) return false
    if (!this.holds(at, size)) await this.fill(at, size, limit)
    const start = at - this.windowAt
    if (!isSound(this.window, start, size)) return false
    this.number = entryNumber(this.window, start)
    this.journalId = journalId
    this.end = at + size
    this.payloadStart = start + ENTRY_HEADER_BYTES
    this.payloadEnd = start + size
    return true
  }

  /** Where the next sound entry from `from` on begins, or `limit`. */
  async find(from: number, limit: number): Promise<number> {
    let at = from
    while (at + ENTRY_HEADER_BYTES <= limit) {
      if (!this.holds(at, ENTRY_HEADER_BYTES)) await this.fill(at, ENTRY_HEADER_BYTES, limit)
      const index = this.window.subarray(0, this.windowBytes).indexOf(MAGIC_BYTES, at - this.windowAt)
      if (index < 0) {
        at = this.windowAt + this.windowBytes - MAGIC_BYTES.length + 1
        continue
      }
      at = this.windowAt + index
      if (await this.entryAt(at, limit)) return at
      at++
    }
    return limit
  }

  /** The segment from end to end, in pieces. */
  async *pieces(): AsyncGenerator<Piece> {
    const limit = this.segment.bytes
    for (let at = 0; at < limit;) {
      if (await this.entryAt(at, limit)) {
        const { end, number } = this
        yield { at, end, number }
        at = end
      } else {
        const end = await this.find(at + 1, limit)
        yield { at, end, number: 0 }
        at = end
      }
    }
  }

  /** Behind the last byte from `from` on that is not zero, or `from`: what lies behind is room that was never used. */
  async usedEnd(from: number): Promise<number> {
    const buffer = Buffer.allocUnsafe(WINDOW_BYTES)
    let end = from
    for (let at = from; at < this.segment.bytes; at += buffer.length) {
      const chunk = buffer.subarray(0, this.segment.bytes - at)
      const bytes = chunk.subarray(0, await this.copy(at, chunk))
      if (bytes.equals(ZEROS.subarray(0, bytes.length))) continue
      end = at + bytes.findLastIndex((byte) => byte !== 0) + 1
    }
    return end
  }

  /** Copies bytes of the segment, sound or not, as far as they can be read. */
  async copy(at: number, into: Uint8Array): Promise<number> {
    return (await readAll(this.files, this.file, into, at)).bytes
  }

  private holds(at: number, bytes: number): boolean {
    return at >= this.windowAt && at + bytes <= this.windowAt + this.windowBytes
  }

  private async fill(at: number, bytes: number, limit: number): Promise<void> {
    const size = Math.max(bytes, Math.min(WINDOW_BYTES, limit - at))
    if (size > this.window.length) this.window = Buffer.allocUnsafeSlow(size)
    const wanted = this.window.subarray(0, size)
    const read = await readAll(this.files, this.file, wanted, at)
    this.unreadable += read.unreadable
    // A file that is shorter than it should be has lost its end.
    wanted.fill(0, read.bytes)
    this.windowAt = at
    this.windowBytes = wanted.length
  }
}

/** Copies a piece of a segment to the quarantine. Resolves with the path. */
export async function setAside(
  files: Files,
  quarantine: string,
  reader: SegmentReader,
  at: number,
  end: number,
): Promise<string> {
  const path = join(quarantine, `${String(reader.segment.first).padStart(16, '0')}-${at}.bin`)
  await removeIfThere(files, path)
  const file = await files.open(path, 'wx+')
  try {
    const buffer = Buffer.allocUnsafe(Math.min(WINDOW_BYTES, end - at))
    for (let from = at; from < end; from += buffer.length) {
      const bytes = await reader.copy(from, buffer.subarray(0, Math.min(buffer.length, end - from)))
      await writeAll(files, file, [buffer.subarray(0, bytes)], from - at)
    }
    await files.sync(file)
  } finally {
    files.close(file)
  }
  await files.syncDirectory(quarantine)
  return path
}

export async function removeIfThere(files: Files, path: string): Promise<void> {
  try {
    await files.unlink(path)
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error
  }
}

/** Looks into the directory of a journal, and repairs what is damaged there. */
import { join } from 'node:path'
import type { Logger } from 'pino'
import { At, HEADER_BYTES, REJECT, SESSION, TRANSPORTS } from '../codecs/frame-record.ts'
import type { Codec } from '../codecs/codec.ts'
import { REJECT_NAMES } from '../codecs/rejects.ts'
import { writeAll, type Files } from '../storage/files.ts'
import { damagedSlots, newestRecord, readCopies, type Group } from '../storage/group-log.ts'
import { electId, Journal } from '../storage/journal.ts'
import { ENTRY_HEADER_BYTES, entryHeader } from '../storage/log-entry.ts'
import { listSegments, removeIfThere, SegmentReader, setAside, type Piece, type Segment } from '../storage/segment.ts'

export interface SegmentReport {
  segment: Segment
  /** Sound entries: how many, and the numbers of the first and the last; 0 for none. */
  entries: number
  first: number
  last: number
  damage: Piece[]
}

export interface JournalReport {
  /** Null: nothing tells it, so the journal is new or nothing of it is sound. */
  id: number | null
  segments: SegmentReport[]
  /** Ranges of numbers that no entry has, behind what is done. */
  missing: { first: number; last: number }[]
  /** The files about groups, and in how many of their slots something is wrong. */
  groups: { path: string; missing: boolean; damaged: number }[]
  /** Null if neither file tells. */
  state: { done: number; sealed: Group[] } | null
  waiting: { entries: number; bytes: number }
  clean: boolean
}

/** Reads the whole journal; changes nothing. */
export async function inspect(files: Files, directory: string): Promise<JournalReport> {
  const copies = await readCopies(files, directory)
  const segments = await listSegments(files, directory)
  const id = await electId(files, segments, copies)
  const newest = id === null ? null : newestRecord(copies, id)
  const done = newest?.state.done ?? 0
  const report: JournalReport = {
    id,
    segments: [],
    missing: [],
    groups: copies.map((copy) => ({
      path: copy.path,
      missing: copy.missing,
      damaged: id === null ? 0 : damagedSlots(copy, id, newest?.sequence ?? 0),
    })),
    state: newest?.state ?? null,
    waiting: { entries: 0, bytes: 0 },
    clean: true,
  }
  let expected = done + 1
  for (const segment of segments) {
    const found: SegmentReport = { segment, entries: 0, first: 0, last: 0, damage: [] }
    report.segments.push(found)
    const reader = await SegmentReader.open(files, segment, id)
    for await (const piece of reader.pieces()) {
      const { number } = piece
      if (number === 0) {
        // Behind the last entry of all there may be room that was never used.
        const isTail = segment === segments.at(-1) && piece.end === segment.bytes
        const end = isTail ? await reader.usedEnd(piece.at) : piece.end
        if (end > piece.at) found.damage.push({ ...piece, end })
        continue
      }
      found.entries++
      if (found.first === 0) found.first = number
      found.last = number
      if (number <= done) continue
      if (number > expected) report.missing.push({ first: expected, last: number - 1 })
      expected = number + 1
      report.waiting.entries++
      report.waiting.bytes += piece.end - piece.at
    }
    reader.close()
  }
  const empty = copies.every((copy) => copy.missing) && segments.length === 0
  report.clean = empty || (report.groups.every(({ damaged }) => damaged === 0) && segmentsClean(report))
  return report
}

function segmentsClean({ segments }: JournalReport): boolean {
  return segments.every(({ damage }) => damage.length === 0)
}

/** The report for people. `holder` is the gateway that works on the journal, or ''. */
export function describeJournal(report: JournalReport, holder: string): string {
  const lines: string[] = []
  for (const { segment, entries, first, last, damage } of report.segments) {
    const numbers = entries === 0 ? 'no entries' : `${entries} entries, ${first} to ${last}`
    lines.push(`${segment.path}  ${segment.bytes} bytes  ${numbers}  ${damage.length === 0 ? 'sound' : 'DAMAGED'}`)
    for (const { at, end } of damage) lines.push(`  bytes ${at} to ${end - 1} are not as they were written`)
  }
  for (const { path, missing, damaged } of report.groups)
    lines.push(`${path}  ${missing ? 'MISSING' : damaged > 0 ? `DAMAGED in ${damaged} places` : 'sound'}`)
  if (report.state) {
    lines.push(`done: every entry up to ${report.state.done}`)
    for (const { first, last, token } of report.state.sealed) lines.push(`sealed: ${first} to ${last} as ${token}`)
  } else lines.push('done: not known')
  for (const { first, last } of report.missing) lines.push(`missing: ${first} to ${last}`)
  lines.push(`waiting: ${report.waiting.entries} entries, ${report.waiting.bytes} bytes`)
  if (holder !== '') lines.push(`in use by process ${holder}: what it is writing just now may look like damage`)
  lines.push(
    report.clean ? 'The journal is clean.' : 'The journal is damaged: stop the gateway and run "journal repair".',
  )
  return lines.join('\n')
}

/**
 * Sets damage aside so that none is left. The gateway would do as much by itself, where it comes across it; nobody
 * else may have the directory meanwhile.
 */
export async function repair(files: Files, directory: string, log: Logger): Promise<void> {
  await files.makeDirectory(join(directory, 'quarantine'))
  const report = await inspect(files, directory)
  for (const { segment, entries, damage } of report.segments) {
    if (damage.length === 0) continue
    const reader = await SegmentReader.open(files, segment, report.id)
    try {
      for (const { at, end } of damage) {
        const aside = await setAside(files, join(directory, 'quarantine'), reader, at, end)
        log.warn({ segment: segment.path, at, bytes: end - at, aside }, 'damage is set aside')
      }
      if (entries > 0) await rewrite(files, directory, reader, report.id!)
    } finally {
      reader.close()
    }
    if (entries > 0) continue
    await files.unlink(segment.path)
    await files.syncDirectory(directory)
  }
  // Opening it makes the files about groups anew where they are damaged.
  const journal = await Journal.open(directory, Number.MAX_SAFE_INTEGER, '', log, files)
  await journal.close()
}

/** Replaces a segment by one with its sound entries only. */
async function rewrite(files: Files, directory: string, reader: SegmentReader, id: number): Promise<void> {
  const { segment } = reader
  const path = `${segment.path}.new`
  await removeIfThere(files, path)
  const file = await files.open(path, 'wx+')
  try {
    let end = 0
    for await (const { number } of reader.pieces()) {
      if (number === 0) continue
      const payload = reader.window.subarray(reader.payloadStart, reader.payloadEnd)
      await writeAll(files, file, [entryHeader(id, number, segment.first, end, payload), payload], end)
      end += ENTRY_HEADER_BYTES + payload.length
    }
    await files.sync(file)
  } finally {
    files.close(file)
  }
  await files.rename(path, segment.path)
  await files.syncDirectory(directory)
}

/** One line for each record in the entries `first` to `last`: entry, time, kind, protocol, transport, device, remote, hex. */
export async function* dump(
  files: Files,
  directory: string,
  codecs: readonly Codec[],
  first: number,
  last: number,
): AsyncGenerator<string> {
  const segments = await listSegments(files, directory)
  const id = await electId(files, segments, await readCopies(files, directory))
  for (const [index, segment] of segments.entries()) {
    if (segment.first > last || segments[index + 1]?.first <= first) continue
    const reader = await SegmentReader.open(files, segment, id)
    try {
      for await (const { number, at, end } of reader.pieces()) {
        if (number === 0) yield `damaged: bytes ${at} to ${end - 1} of ${segment.path}`
        else if (number >= first && number <= last) {
          const records = reader.window.subarray(reader.payloadStart, reader.payloadEnd)
          for (let record = 0; record < records.length; record += records.readUInt32LE(record + At.size))
            yield `${number}  ${describeRecord(records, record, codecs)}`
        }
      }
    } finally {
      reader.close()
    }
  }
}

function describeRecord(records: Buffer, at: number, codecs: readonly Codec[]): string {
  const device = at + HEADER_BYTES
  const remote = device + records[at + At.deviceLength]
  const payload = remote + records[at + At.remoteLength]
  const kind = records[at + At.kind]
  return [
    new Date(records.readDoubleLE(at + At.receivedMs)).toISOString(),
    kind === SESSION ? 'session' : kind === REJECT ? `reject:${REJECT_NAMES[records[at + At.reason]]}` : 'frame',
    codecs.find((codec) => codec.id === records[at + At.codec])?.name ?? '-',
    TRANSPORTS[records[at + At.transport]],
    records.toString('latin1', device, remote) || '-',
    records.toString('latin1', remote, payload),
    records.toString('hex', payload, at + records.readUInt32LE(at + At.size)),
  ].join('  ')
}

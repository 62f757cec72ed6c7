/**
 * What became of the journal's entries: which groups are sealed, and up to where everything is done. The state is
 * small, so each record holds all of it; the newest sound record is the state.
 *
 * On disk: two files that say the same, `groups.a` and `groups.b`, each a ring of 64 slots of 4096 bytes. A record is
 * an entry (log-entry.ts) whose number is the sequence of the record and whose slot is that number modulo 64.
 *   - Damage to one file, or one file missing, costs nothing: the other serves.
 *   - A write touches one sector and never the one that holds the state before: a torn record leaves that one.
 *   - The files never grow, so sealing and finishing groups, which is what makes room, needs no room on the disk.
 * If both copies of the newest record are damaged, the state before it holds: a group that was done is inserted again
 * under its own token, and ClickHouse drops it; the entries of a group that was only sealed may be inserted again
 * under another token, and collapse by their content where a table's key has it.
 */
import { join } from 'node:path'
import { pack, unpack } from 'msgpackr'
import { codeOf, readAll, writeAll, type Files } from './files.ts'
import { ENTRY_HEADER_BYTES, entryBytes, entryHeader, entryJournal, entryNumber, isSound } from './log-entry.ts'

/** A range of entries that goes into ClickHouse under one deduplication token. */
export interface Group {
  first: number
  last: number
  token: string
}

export interface GroupState {
  /** The gateway's name in tokens, made at the first start. */
  instance: string
  /** Every entry up to this one is safe in ClickHouse. */
  done: number
  /** Groups sealed and not done, oldest first. */
  sealed: Group[]
}

export const GROUP_FILES = ['groups.a', 'groups.b'] as const
const SLOT_BYTES = 4096
const SLOTS = 64
const FILE_BYTES = SLOTS * SLOT_BYTES

interface GroupRecord {
  journalId: number
  sequence: number
  state: GroupState
}

/** One of the two files as it was found: the record of each slot, null where there is none that is sound. */
export interface GroupCopy {
  path: string
  missing: boolean
  slots: (GroupRecord | null)[]
}

export async function readCopies(files: Files, directory: string): Promise<GroupCopy[]> {
  return Promise.all(GROUP_FILES.map((name) => readCopy(files, join(directory, name))))
}

async function readCopy(files: Files, path: string): Promise<GroupCopy> {
  const bytes = Buffer.alloc(FILE_BYTES)
  const slots: GroupCopy['slots'] = Array.from({ length: SLOTS }, () => null)
  let file: number
  try {
    file = await files.open(path, 'r')
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error
    return { path, missing: true, slots }
  }
  try {
    await readAll(files, file, bytes, 0)
  } finally {
    files.close(file)
  }
  return { path, missing: false, slots: slots.map((_, slot) => recordIn(bytes, slot)) }
}

function recordIn(bytes: Buffer, slot: number): GroupRecord | null {
  const at = slot * SLOT_BYTES
  const size = entryBytes(bytes, at, 0, at)
  if (size < 0 || size > SLOT_BYTES || !isSound(bytes, at, size)) return null
  const sequence = entryNumber(bytes, at)
  if (sequence % SLOTS !== slot) return null
  const state = unpack(bytes.subarray(at + ENTRY_HEADER_BYTES, at + size)) as GroupState
  return { journalId: entryJournal(bytes, at), sequence, state }
}

/** The newest record of this journal, or null. */
export function newestRecord(copies: readonly GroupCopy[], journalId: number): GroupRecord | null {
  let newest: GroupRecord | null = null
  for (const { slots } of copies)
    for (const record of slots)
      if (record !== null && record.journalId === journalId && record.sequence > (newest?.sequence ?? 0))
        newest = record
  return newest
}

/** Slots of a copy that do not hold what was written there. */
export function damagedSlots(copy: GroupCopy, journalId: number, newest: number): number {
  let damaged = 0
  for (let slot = 0; slot < SLOTS; slot++) {
    const record = copy.slots[slot]
    const sound = record?.journalId === journalId && record.sequence === expectedIn(slot, newest)
    if (!sound && !(slot === newest % SLOTS && isLate(copy, newest))) damaged++
  }
  return damaged
}

/** The process may have ended when the newest record was in one file only. */
function isLate(copy: GroupCopy, newest: number): boolean {
  return copy.slots[newest % SLOTS]?.sequence === newest - SLOTS
}

/** Sequence of the record that belongs into a slot. */
function expectedIn(slot: number, newest: number): number {
  return newest - ((newest - slot) % SLOTS)
}

/** The journal that most records of a copy belong to, or null. */
export function journalOf(copy: GroupCopy): number | null {
  return mostFrequent(copy.slots.map((record) => record?.journalId ?? null))
}

/** What occurs most often, the first of equals; null for nothing. */
export function mostFrequent(values: readonly (number | null)[]): number | null {
  const votes = new Map<number, number>()
  for (const value of values) if (value !== null) votes.set(value, (votes.get(value) ?? 0) + 1)
  let winner: number | null = null
  for (const [value, count] of votes) if (winner === null || count > votes.get(winner)!) winner = value
  return winner
}

export class GroupLog {
  private constructor(
    private readonly files: Files,
    private readonly journalId: number,
    private readonly open: number[],
    private sequence: number,
  ) {}

  /**
   * Opens both files; those of `copies` that are damaged or missing are made anew first, one after the other, so that
   * one good copy is there at any moment. `moveAway` takes a damaged file out of the way.
   */
  static async open(
    files: Files,
    directory: string,
    journalId: number,
    state: GroupState,
    copies: readonly GroupCopy[],
    moveAway: (path: string, damaged: number) => Promise<void>,
  ): Promise<GroupLog> {
    const newest = newestRecord(copies, journalId)?.sequence ?? 0
    const log = new GroupLog(files, journalId, [], Math.max(newest, SLOTS))
    for (const copy of copies) {
      const damaged = damagedSlots(copy, journalId, newest)
      if (damaged === 0) {
        const file = await files.open(copy.path, 'r+')
        if (isLate(copy, newest)) await log.write(file, newest, state)
        log.open.push(file)
      } else {
        if (!copy.missing) await moveAway(copy.path, damaged)
        log.open.push(await log.make(directory, copy.path, state))
      }
    }
    return log
  }

  /** Writes the state durably. Calls must not overlap. */
  async record(state: GroupState): Promise<void> {
    const sequence = this.sequence + 1
    await Promise.all(this.open.map((file) => this.write(file, sequence, state)))
    this.sequence = sequence
  }

  close(): void {
    for (const file of this.open) this.files.close(file)
  }

  private async write(file: number, sequence: number, state: GroupState): Promise<void> {
    await writeAll(this.files, file, [this.slotOf(sequence, state)], (sequence % SLOTS) * SLOT_BYTES)
    await this.files.sync(file)
  }

  /** A file that holds the state in every slot, so that any of them tells it. */
  private async make(directory: string, path: string, state: GroupState): Promise<number> {
    const file = await this.files.open(path, 'wx+')
    const slots = Array.from({ length: SLOTS }, (_, slot) => this.slotOf(expectedIn(slot, this.sequence), state))
    await writeAll(this.files, file, slots, 0)
    await this.files.sync(file)
    await this.files.syncDirectory(directory)
    return file
  }

  private slotOf(sequence: number, state: GroupState): Buffer {
    const slot = Buffer.alloc(SLOT_BYTES)
    const payload = pack(state)
    if (ENTRY_HEADER_BYTES + payload.length > SLOT_BYTES) throw new Error('too many groups are sealed and not done')
    entryHeader(this.journalId, sequence, 0, (sequence % SLOTS) * SLOT_BYTES, payload).copy(slot)
    slot.set(payload, ENTRY_HEADER_BYTES)
    return slot
  }
}

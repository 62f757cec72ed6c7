/** Several locations in a frame: 0x0704 and 0x0210. A batch in packets is read packet by packet. */
import { u16 } from '../bytes.ts'
import { RECORDS_PER_FRAME_MAX, type FrameContext } from '../codec.ts'
import type { Records } from '../records.ts'
import { BATCH_BUFFERED_MS, BUFFERED_MS } from './clock.ts'
import { F } from './frame.ts'
import { itemsFill, sayTruncated } from './items/index.ts'
import { isPlausible, location, STORED } from './location.ts'
import { Batch, Location } from './messages.ts'
import { beginRecord, rest } from './record.ts'
import type { Settings } from './settings.ts'

/** Rows are left for what could not be read. */
const ENTRIES_MAX = RECORDS_PER_FRAME_MAX - 2
const ENTRY_MAX = 1023

/** 0x0704: count u16, type u8, then { length u16, location }. Lengths are believed, the count is not. */
export const batch = (records: Records, context: FrameContext, settings: Settings): void => {
  const { bytes, bodyEnd } = F
  let at = F.body
  let ageMs = BATCH_BUFFERED_MS
  if (F.packet > 1) {
    at = firstEntry(bytes, F.body, bodyEnd)
    entryEnd(records, bytes, F.body, at, context, settings)
  } else {
    if (bodyEnd - at < Batch.size) return
    if (bytes[at + Batch.type] === Batch.stored) ageMs = STORED
    at += Batch.size
  }
  for (let entries = 0; at + 2 <= bodyEnd && entries < ENTRIES_MAX; entries++) {
    const length = u16(bytes, at)
    const from = at + 2
    const to = from + length
    if (to > bodyEnd) break
    if (length >= Location.size) entry(records, bytes, from, to, ageMs, context, settings)
    at = to
  }
  if (at >= bodyEnd) return
  // An entry that the frame does not hold to its end: its position may be there.
  if (bodyEnd - at >= 2 + Location.size && u16(bytes, at) >= Location.size && isPlausible(bytes, at + 2))
    entry(records, bytes, at + 2, bodyEnd, ageMs, context, settings, true)
  else if (F.packets !== 0) leftover(records, bytes, at, bodyEnd)
}

const entry = (
  records: Records,
  bytes: Uint8Array,
  from: number,
  to: number,
  ageMs: number,
  context: FrameContext,
  settings: Settings,
  truncated = false,
): void => {
  const row = beginRecord(records)
  location(records, row, bytes, from, to, ageMs, context, settings)
  if (truncated) sayTruncated(records)
  records.end()
}

/** Bytes of an entry that another packet completes. */
const leftover = (records: Records, bytes: Uint8Array, from: number, to: number): void => {
  if (from >= to) return
  beginRecord(records)
  rest(records, bytes, from, to)
  records.end()
}

/** Where the first whole entry of a later packet begins: its date and place are sound, and lengths lead to the end. */
const firstEntry = (bytes: Uint8Array, from: number, end: number): number => {
  for (let at = from; at + 2 + Location.size <= end; at++) {
    const length = u16(bytes, at)
    if (length >= Location.size && length <= ENTRY_MAX && isPlausible(bytes, at + 2) && chains(bytes, at, end))
      return at
  }
  return end
}

const chains = (bytes: Uint8Array, from: number, end: number): boolean => {
  let at = from
  while (at + 2 <= end) {
    const length = u16(bytes, at)
    if (length < Location.size || length > ENTRY_MAX) return false
    if (at + 2 + Location.size <= end && !isPlausible(bytes, at + 2)) return false
    at += 2 + length
  }
  return true
}

const ENTRY = new Uint8Array(ENTRY_MAX)
/** Bytes of the entry's head that may lie in the packet before: the alarm bits, which are then not known. */
const MISSING_MAX = 4

/** The end of an entry, bytes[from, to), whose beginning is in the packet before. Read if only alarm bits are missing. */
const entryEnd = (
  records: Records,
  bytes: Uint8Array,
  from: number,
  to: number,
  context: FrameContext,
  settings: Settings,
): void => {
  const length = to - from
  for (let missing = 0; missing <= MISSING_MAX; missing++) {
    const size = length + missing
    if (size < Location.size || size > ENTRY_MAX) continue
    ENTRY.fill(0, 0, missing)
    for (let at = 0; at < length; at++) ENTRY[missing + at] = bytes[from + at]
    if (!isPlausible(ENTRY, 0) || !itemsFill(ENTRY, Location.size, size)) continue
    entry(records, ENTRY, 0, size, BATCH_BUFFERED_MS, context, settings)
    return
  }
  leftover(records, bytes, from, to)
}

/** 0x0210: { length u8, location } to the end of the body. */
export const shortBatch = (records: Records, context: FrameContext, settings: Settings): void => {
  const { bytes, bodyEnd } = F
  for (let at = F.body, entries = 0; at < bodyEnd && entries < ENTRIES_MAX; entries++) {
    const from = at + 1
    const to = from + bytes[at]
    if (to > bodyEnd) return
    if (to - from >= Location.size) entry(records, bytes, from, to, BUFFERED_MS, context, settings)
    at = to
  }
}

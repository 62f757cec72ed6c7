/** Additional items behind a location: id, length, value. Every reader stays within its length. */
import { attributeClose, attributeHex, attributeInt, elementOpen, key, LIST, OBJECT } from '../../attributes.ts'
import { u16, u32 } from '../../bytes.ts'
import type { FrameContext } from '../../codec.ts'
import type { Records } from '../../records.ts'
import { name, sayBool, sayClose, sayHex, sayInt, sayOpen } from '../say.ts'
import type { Settings } from '../settings.ts'
import { JIMI } from '../state.ts'
import { raw, Reading, SIGNAL, type Item } from './item.ts'
import { obdList } from './obd.ts'
import { STANDARD } from './standard.ts'
import { TRACKERS } from './trackers.ts'
import { VENDORS } from './vendors.ts'

export { Reading } from './item.ts'

const READERS: readonly (Item | undefined)[] = Array.from(
  { length: 256 },
  (_, id) => STANDARD[id] ?? TRACKERS[id] ?? VENDORS[id],
)
const OBD_LIST = 0x80

const TRUNCATED = name('items_truncated'),
  REST = name('items_rest'),
  AGAIN = name('items_again')
const ID = key('id'),
  DATA = key('data')

/** The list that last had an item of the id. */
const listOf = new Float64Array(256)
let list = 0

/** Reads the items in bytes[from, end) into the open record. */
export const items = (
  records: Records,
  row: number,
  bytes: Uint8Array,
  from: number,
  end: number,
  context: FrameContext,
  settings: Settings,
): void => {
  Reading.personal = settings.personal
  Reading.jimi = settings.jimiAlarms || (context.state[0] & JIMI) !== 0
  list++
  let again = 0
  let at = from
  while (at + 2 <= end && at + 2 + bytes[at + 1] <= end) {
    const id = bytes[at]
    const length = bytes[at + 1]
    const value = at + 2
    at = value + length
    if (listOf[id] === list) {
      again++
      continue
    }
    listOf[id] = list
    if (id === OBD_LIST && value < end) {
      at = obdList(records, row, bytes, value, end, length)
      break
    }
    const read = READERS[id]
    if (read === undefined || !read(records, row, bytes, value, length)) raw(records, id, bytes, value, length)
  }
  if (again > 0) repeated(records, bytes, from, at)
  // One byte is padding.
  if (end - at < 2) return
  sayTruncated(records)
  sayHex(records, REST, bytes, at, end)
}

/** Items whose id the list had before: attributes have each name once, so that these are kept as they are. */
const repeated = (records: Records, bytes: Uint8Array, from: number, end: number): void => {
  if (!sayOpen(records, AGAIN, LIST)) return
  list++
  for (let at = from; at + 2 <= end && at + 2 + bytes[at + 1] <= end; at += 2 + bytes[at + 1]) {
    const id = bytes[at]
    if (listOf[id] === list) {
      elementOpen(records)
      attributeInt(records, ID, id)
      attributeHex(records, DATA, bytes, at + 2, at + 2 + bytes[at + 1])
      attributeClose(records, OBJECT)
    }
    listOf[id] = list
    if (id === OBD_LIST) break
  }
  sayClose(records, LIST)
}

/** Marks that the items do not end with the bytes there are. */
export const sayTruncated = (records: Records): void => {
  sayBool(records, TRUNCATED, true)
}

/** True if items fill bytes[from, end) exactly. */
export const itemsFill = (bytes: Uint8Array, from: number, end: number): boolean => {
  let at = from
  while (at + 2 <= end) at += 2 + bytes[at + 1]
  return at === end
}

const TAIL_BYTES = 18
const AREA = name('area')

/** The tail of one maker without items: 4 skipped, km u32, 0.1 V u16, area u32, signal u8, 3 reserved. */
export const fixedTail = (records: Records, row: number, bytes: Uint8Array, from: number, end: number): boolean => {
  if (end - from !== TAIL_BYTES || itemsFill(bytes, from, end)) return false
  records.odometerKm[row] = u32(bytes, from + 4)
  records.batteryV[row] = u16(bytes, from + 8) / 10
  sayInt(records, AREA, u32(bytes, from + 10))
  sayInt(records, SIGNAL, bytes[from + 14])
  return true
}

/**
 * Makes one Native block of several of one table. ClickHouse takes the number of blocks in an insert's body into the
 * deduplication of its token, so a group that is read in other pieces after a restart must still be one block.
 */
import type { NativeBlock } from './native.ts'

const OFFSET_BYTES = 8
const decoder = new TextDecoder()

/** A block and where in it we are. */
interface Cursor {
  bytes: Uint8Array
  at: number
  rows: number
}

/** The pieces of the block, in order: views of the blocks given, copied nowhere. */
export const joinBlocks = (blocks: readonly NativeBlock[]): Uint8Array[] => {
  if (blocks.length === 1) return [blocks[0].bytes]
  const cursors = blocks.map(({ bytes }): Cursor => ({ bytes, at: 0, rows: 0 }))
  const pieces: Uint8Array[] = []
  let columns = 0
  let rows = 0
  for (const cursor of cursors) {
    columns = varint(cursor)
    cursor.rows = varint(cursor)
    rows += cursor.rows
  }
  pieces.push(Uint8Array.from([...encoded(columns), ...encoded(rows)]))
  for (let column = 0; column < columns; column++) {
    let type = ''
    for (const [index, cursor] of cursors.entries()) {
      const start = cursor.at
      text(cursor)
      type = text(cursor)
      if (index === 0) pieces.push(cursor.bytes.subarray(start, cursor.at))
    }
    const ends = blocks.map(({ columnEnds }) => columnEnds[column])
    if (type.startsWith('Nullable('))
      for (const cursor of cursors) pieces.push(bytesOf(cursor, cursor.at + cursor.rows))
    else if (type.startsWith('Array(')) offsets(cursors, pieces)
    for (const [index, cursor] of cursors.entries()) pieces.push(bytesOf(cursor, ends[index]))
  }
  return pieces
}

/** Ends of arrays count from the begin of the block. */
const offsets = (cursors: readonly Cursor[], pieces: Uint8Array[]): void => {
  let before = 0
  for (const cursor of cursors) {
    const ends = bytesOf(cursor, cursor.at + OFFSET_BYTES * cursor.rows).slice()
    const view = new DataView(ends.buffer)
    const count = cursor.rows === 0 ? 0 : view.getUint32(ends.length - OFFSET_BYTES, true)
    for (let at = 0; at < ends.length; at += OFFSET_BYTES) view.setUint32(at, view.getUint32(at, true) + before, true)
    before += count
    pieces.push(ends)
  }
}

const bytesOf = (cursor: Cursor, end: number): Uint8Array => {
  const { bytes, at } = cursor
  if (!(end >= at && end <= bytes.length)) throw new Error('a block ends within a column')
  cursor.at = end
  return bytes.subarray(at, end)
}

const text = (cursor: Cursor): string => {
  const length = varint(cursor)
  return decoder.decode(bytesOf(cursor, cursor.at + length))
}

const varint = (cursor: Cursor): number => {
  for (let value = 0, shift = 0; ; shift += 7) {
    if (cursor.at >= cursor.bytes.length) throw new Error('a block ends within a number')
    const byte = cursor.bytes[cursor.at++]
    value += (byte & 127) * 2 ** shift
    if (byte < 128) return value
  }
}

const encoded = (value: number): number[] => {
  const bytes: number[] = []
  for (; value > 127; value = Math.floor(value / 128)) bytes.push((value & 127) | 128)
  bytes.push(value)
  return bytes
}

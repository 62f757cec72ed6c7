/**
 * Makes one Native block of several of one table. ClickHouse takes the number of blocks in an insert's body into the
 * deduplication of its token, so a group that is read in other pieces after a restart must still be one block.
 */
const WIDTHS: Record<string, number> = {
  Bool: 1,
  UInt8: 1,
  Int16: 2,
  UInt16: 2,
  Date: 2,
  Int32: 4,
  UInt32: 4,
  Float32: 4,
  Int64: 8,
  UInt64: 8,
  Float64: 8,
  "DateTime64(3, 'UTC')": 8,
}
const OFFSET_BYTES = 8
const decoder = new TextDecoder()

/** A block and where in it we are. */
interface Cursor {
  bytes: Uint8Array
  at: number
  rows: number
}

export function joinBlocks(blocks: readonly Uint8Array[]): Uint8Array {
  if (blocks.length === 1) return blocks[0]
  const cursors = blocks.map((bytes): Cursor => ({ bytes, at: 0, rows: 0 }))
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
    take(cursors, type, pieces)
  }
  return Buffer.concat(pieces)
}

/** Takes the values of a column from each block. */
function take(cursors: readonly Cursor[], type: string, pieces: Uint8Array[]): void {
  const inner = /^(Nullable|Array)\((.*)\)$/.exec(type)
  if (inner?.[1] === 'Nullable') {
    for (const cursor of cursors) pieces.push(bytesOf(cursor, cursor.rows))
    take(cursors, inner[2], pieces)
  } else if (inner) {
    const elements = offsets(cursors, pieces)
    for (const [index, cursor] of cursors.entries()) pieces.push(strings(cursor, elements[index]))
  } else if (type === 'String') for (const cursor of cursors) pieces.push(strings(cursor, cursor.rows))
  else {
    const width = WIDTHS[type] as number | undefined
    if (width === undefined) throw new Error(`columns of type ${type} cannot be joined`)
    for (const cursor of cursors) pieces.push(bytesOf(cursor, width * cursor.rows))
  }
}

/** Ends of arrays count from the begin of the block; gives the number of elements of each block. */
function offsets(cursors: readonly Cursor[], pieces: Uint8Array[]): number[] {
  let before = 0
  return cursors.map((cursor) => {
    const ends = bytesOf(cursor, OFFSET_BYTES * cursor.rows).slice()
    const view = new DataView(ends.buffer)
    const count = cursor.rows === 0 ? 0 : view.getUint32(ends.length - OFFSET_BYTES, true)
    for (let at = 0; at < ends.length; at += OFFSET_BYTES) view.setUint32(at, view.getUint32(at, true) + before, true)
    before += count
    pieces.push(ends)
    return count
  })
}

function strings(cursor: Cursor, count: number): Uint8Array {
  const start = cursor.at
  for (let index = 0; index < count; index++) {
    const length = varint(cursor)
    cursor.at += length
  }
  return cursor.bytes.subarray(start, cursor.at)
}

function bytesOf(cursor: Cursor, length: number): Uint8Array {
  cursor.at += length
  return cursor.bytes.subarray(cursor.at - length, cursor.at)
}

function text(cursor: Cursor): string {
  const length = varint(cursor)
  return decoder.decode(bytesOf(cursor, length))
}

function varint(cursor: Cursor): number {
  for (let value = 0, shift = 0; ; shift += 7) {
    if (cursor.at >= cursor.bytes.length) throw new Error('a block ends within a number')
    const byte = cursor.bytes[cursor.at++]
    value += (byte & 127) * 2 ** shift
    if (byte < 128) return value
  }
}

function encoded(value: number): number[] {
  const bytes: number[] = []
  for (; value > 127; value = Math.floor(value / 128)) bytes.push((value & 127) | 128)
  bytes.push(value)
  return bytes
}

/**
 * Writes blocks in ClickHouse's Native format. A block is: varint column count, varint row count, then per column:
 * name and type as varint length + text, then the data: fixed-width little-endian values; String = varint length +
 * bytes; Nullable(T) = one byte per row (1: NULL), then the values; Array(T) = cumulative UInt64 ends, then the
 * elements. Source: the server's own output of FORMAT Native, which the tests compare with.
 *
 * Rows are written in the order of `order[0, rows)`: indices into the source columns.
 *
 * Two things make it fast. Each method is given one type of array only: where a loop sees several, the JIT looks each
 * element up anew, which takes ten times as long (`bench -- "S4 "`). And values are gathered in an array of their type, whose
 * bytes are then copied to their place as a whole, since columns begin at odd places.
 */
import { copyBytes } from '../codecs/copy.ts'
import { UNKNOWN } from '../codecs/records.ts'
import { LENGTH_BYTES, type TextColumn } from '../codecs/text.ts'

const TWO_32 = 4_294_967_296
const ascii = new TextEncoder()

/** A block, and where the data of each of its columns end: what is joined need not be read for that. */
export interface NativeBlock {
  bytes: Uint8Array
  columnEnds: Uint32Array
}

export class BlockWriter {
  bytes = new Uint8Array(262_144)
  length = 0
  private columnEnds: number[] = []
  private isFirst = true
  /** Room to gather the values of a column, under the types that they have. */
  private capacity = 0
  private values!: Uint8Array
  private int16s!: Int16Array
  private int32s!: Int32Array
  private uint32s!: Uint32Array
  private float32s!: Float32Array
  private float64s!: Float64Array

  begin(columns: number, rows: number): void {
    if (rows > this.capacity) this.gatherUpTo(2 * rows)
    this.length = 0
    this.columnEnds = []
    this.isFirst = true
    this.varint(columns)
    this.varint(rows)
  }

  private gatherUpTo(rows: number): void {
    const values = new ArrayBuffer(8 * rows)
    this.values = new Uint8Array(values)
    this.int16s = new Int16Array(values)
    this.int32s = new Int32Array(values)
    this.uint32s = new Uint32Array(values)
    this.float32s = new Float32Array(values)
    this.float64s = new Float64Array(values)
    this.capacity = rows
  }

  column(name: string, type: string): void {
    if (!this.isFirst) this.columnEnds.push(this.length)
    this.isFirst = false
    this.text(ascii.encode(name))
    this.text(ascii.encode(type))
  }

  /** The block in a buffer of its own, which may be transferred. */
  take(): NativeBlock {
    this.columnEnds.push(this.length)
    return { bytes: this.bytes.slice(0, this.length), columnEnds: Uint32Array.from(this.columnEnds) }
  }

  reserve(more: number): void {
    if (this.length + more > this.bytes.length) this.grow(more)
  }

  private grow(more: number): void {
    let capacity = this.bytes.length * 2
    while (capacity < this.length + more) capacity *= 2
    const grown = new Uint8Array(capacity)
    grown.set(this.bytes.subarray(0, this.length))
    this.bytes = grown
  }

  varint(value: number): void {
    this.reserve(5)
    const { bytes } = this
    let at = this.length
    let rest = value
    for (; rest > 127; rest >>>= 7) bytes[at++] = (rest & 127) | 128
    bytes[at++] = rest
    this.length = at
  }

  text(bytes: Uint8Array): void {
    this.textOf(bytes, 0, bytes.length)
  }

  textOf(source: Uint8Array, start: number, end: number): void {
    const size = end - start
    if (size > 127) this.varint(size)
    else {
      this.reserve(1)
      this.bytes[this.length++] = size
    }
    this.put(source, start, end)
  }

  /** Values of a text column; neighbours in one piece. */
  texts(source: TextColumn, order: Int32Array, rows: number): void {
    for (let row = 0; row < rows;) {
      const first = order[row++]
      let last = first
      while (row < rows && order[row] === last + 1) last = order[row++]
      this.put(source.bytes, source.startOf(first) - LENGTH_BYTES, source.ends[last])
    }
  }

  uint8(source: Uint8Array, order: Int32Array, rows: number): void {
    const { values } = this
    for (let row = 0; row < rows; row++) values[row] = source[order[row]]
    this.put(values, 0, rows)
  }

  uint16(source: Uint16Array, order: Int32Array, rows: number): void {
    const { int16s } = this
    for (let row = 0; row < rows; row++) int16s[row] = source[order[row]]
    this.put(this.values, 0, 2 * rows)
  }

  int32(source: Int32Array, order: Int32Array, rows: number): void {
    const { int32s } = this
    for (let row = 0; row < rows; row++) int32s[row] = source[order[row]]
    this.put(this.values, 0, 4 * rows)
  }

  uint32(source: Uint32Array, order: Int32Array, rows: number): void {
    this.int32(sameBits(source), order, rows)
  }

  /** Whole numbers below 2^53 as Int64 or UInt64; DateTime64(3) takes its milliseconds so. */
  int64(source: Float64Array, order: Int32Array, rows: number): void {
    const { uint32s } = this
    for (let row = 0; row < rows; row++) {
      const value = source[order[row]]
      const high = Math.floor(value / TWO_32)
      uint32s[2 * row] = value - high * TWO_32
      uint32s[2 * row + 1] = high
    }
    this.put(this.values, 0, 8 * rows)
  }

  /** UInt64 from two 32-bit halves. */
  uint64(low: Uint32Array, high: Uint32Array, order: Int32Array, rows: number): void {
    const { int32s } = this
    const lows = sameBits(low)
    const highs = sameBits(high)
    for (let row = 0; row < rows; row++) {
      const from = order[row]
      int32s[2 * row] = lows[from]
      int32s[2 * row + 1] = highs[from]
    }
    this.put(this.values, 0, 8 * rows)
  }

  /** Nullable(Bool) where UNKNOWN is NULL. */
  nullableBool(source: Int8Array, order: Int32Array, rows: number): void {
    const nulls = this.nulls(rows)
    const { bytes, values } = this
    for (let row = 0; row < rows; row++) {
      const value = source[order[row]]
      const isNull = value === UNKNOWN
      bytes[nulls + row] = isNull ? 1 : 0
      values[row] = isNull ? 0 : value
    }
    this.put(values, 0, rows)
  }

  /** Nullable(UInt8) where UNKNOWN is NULL. */
  nullableUint8(source: Int16Array, order: Int32Array, rows: number): void {
    const nulls = this.nulls(rows)
    const { bytes, values } = this
    for (let row = 0; row < rows; row++) {
      const value = source[order[row]]
      const isNull = value === UNKNOWN
      bytes[nulls + row] = isNull ? 1 : 0
      values[row] = isNull ? 0 : value
    }
    this.put(values, 0, rows)
  }

  /** Nullable(Int16) or Nullable(UInt16) where UNKNOWN is NULL. */
  nullableInt16(source: Int16Array, order: Int32Array, rows: number): void {
    const nulls = this.nulls(rows)
    const { bytes, int16s } = this
    for (let row = 0; row < rows; row++) {
      const value = source[order[row]]
      const isNull = value === UNKNOWN
      bytes[nulls + row] = isNull ? 1 : 0
      int16s[row] = isNull ? 0 : value
    }
    this.put(this.values, 0, 2 * rows)
  }

  /** Nullable(Int32), NULL where `isThere` is 0. */
  nullableInt32(source: Int32Array, isThere: Uint8Array, order: Int32Array, rows: number): void {
    const nulls = this.nulls(rows)
    const { bytes, int32s } = this
    for (let row = 0; row < rows; row++) {
      bytes[nulls + row] = isThere[order[row]] ? 0 : 1
      int32s[row] = source[order[row]]
    }
    this.put(this.values, 0, 4 * rows)
  }

  /** Here and below NaN is NULL. */
  nullableFloat32(source: Float32Array, order: Int32Array, rows: number): void {
    const nulls = this.nulls(rows)
    const { bytes, float32s } = this
    for (let row = 0; row < rows; row++) {
      const value = source[order[row]]
      const isNull = value !== value
      bytes[nulls + row] = isNull ? 1 : 0
      float32s[row] = isNull ? 0 : value
    }
    this.put(this.values, 0, 4 * rows)
  }

  nullableFloat64(source: Float64Array, order: Int32Array, rows: number): void {
    const nulls = this.nulls(rows)
    const { bytes, float64s } = this
    for (let row = 0; row < rows; row++) {
      const value = source[order[row]]
      const isNull = value !== value
      bytes[nulls + row] = isNull ? 1 : 0
      float64s[row] = isNull ? 0 : value
    }
    this.put(this.values, 0, 8 * rows)
  }

  nullableUint32(source: Float64Array, order: Int32Array, rows: number): void {
    const nulls = this.nulls(rows)
    const { bytes, uint32s } = this
    for (let row = 0; row < rows; row++) {
      const value = source[order[row]]
      const isNull = value !== value
      bytes[nulls + row] = isNull ? 1 : 0
      uint32s[row] = isNull ? 0 : value
    }
    this.put(this.values, 0, 4 * rows)
  }

  /** Nullable(Int64), Nullable(UInt64) or Nullable(DateTime64(3)). */
  nullableInt64(source: Float64Array, order: Int32Array, rows: number): void {
    const nulls = this.nulls(rows)
    const { bytes, uint32s } = this
    for (let row = 0; row < rows; row++) {
      const value = source[order[row]]
      const isNull = value !== value
      const high = isNull ? 0 : Math.floor(value / TWO_32)
      bytes[nulls + row] = isNull ? 1 : 0
      uint32s[2 * row] = isNull ? 0 : value - high * TWO_32
      uint32s[2 * row + 1] = high
    }
    this.put(this.values, 0, 8 * rows)
  }

  /** Ends of arrays; in the source, those of row i lie between the ends i - 1 and i. The caller writes the elements. */
  arrayEnds(source: Int32Array, order: Int32Array, rows: number): void {
    const { int32s } = this
    let end = 0
    for (let row = 0; row < rows; row++) {
      const from = order[row]
      end += source[from] - (from > 0 ? source[from - 1] : 0)
      int32s[2 * row] = end
      int32s[2 * row + 1] = 0
    }
    this.put(this.values, 0, 8 * rows)
  }

  /** Strings from a small table of words, chosen by `source`. */
  words(words: readonly Uint8Array[], source: Uint8Array, order: Int32Array, rows: number): void {
    const first = source[order[0]]
    let same = 1
    while (same < rows && source[order[same]] === first) same++
    // Mostly all rows have the same: one protocol, one transport.
    this.repeat(words[first], same)
    for (let row = same; row < rows; row++) this.word(words[source[order[row]]])
  }

  /** The same word `times` times: what is there is copied behind itself, twice as much each time. */
  private repeat(word: Uint8Array, times: number): void {
    const size = word.length * times
    this.reserve(size)
    const { bytes, length } = this
    bytes.set(word, length)
    for (let done = word.length; done < size; done *= 2)
      bytes.copyWithin(length + done, length, length + Math.min(done, size - done))
    this.length = length + size
  }

  word(word: Uint8Array): void {
    this.reserve(word.length)
    const { bytes, length } = this
    for (let at = 0; at < word.length; at++) bytes[length + at] = word[at]
    this.length = length + word.length
  }

  /** Strings that lie in `source`: row i's is source[starts[i], ends[i]). */
  parts(source: Uint8Array, starts: Int32Array, ends: Int32Array, order: Int32Array, rows: number): void {
    for (let row = 0; row < rows; row++) {
      const from = order[row]
      this.textOf(source, starts[from], ends[from])
    }
  }

  /** Adds `source[start, end)`. */
  private put(source: Uint8Array, start: number, end: number): void {
    this.reserve(end - start)
    copyBytes(source, start, end, this.bytes, this.length)
    this.length += end - start
  }

  /** Where the NULL map of `rows` rows begins; the values come behind it. */
  private nulls(rows: number): number {
    this.reserve(rows)
    this.length += rows
    return this.length - rows
  }
}

/** A word as `words` takes them: behind its length, as strings in a block are. */
export const wordOf = (word: string): Uint8Array => {
  const bytes = ascii.encode(word)
  return Uint8Array.of(bytes.length, ...bytes)
}

/** The same array as signed integers: arrays of unsigned ones are read as doubles. */
export const sameBits = (source: Uint32Array): Int32Array =>
  new Int32Array(source.buffer, source.byteOffset, source.length)

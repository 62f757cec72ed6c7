/**
 * Writes blocks in ClickHouse's Native format. A block is: varint column count, varint row count, then per column:
 * name and type as varint length + text, then the data: fixed-width little-endian values; String = varint length +
 * bytes; Nullable(T) = one byte per row (1: NULL), then the values; Array(T) = cumulative UInt64 ends, then the
 * elements. Source: the server's own output of FORMAT Native, which the tests compare with.
 *
 * Rows are written in the order of `order[0, rows)`: indices into the source columns.
 */
import { UNKNOWN } from '../codecs/records.ts'

const TWO_32 = 4_294_967_296
const ascii = new TextEncoder()

export class BlockWriter {
  bytes = new Uint8Array(262_144)
  view = new DataView(this.bytes.buffer)
  length = 0

  begin(columns: number, rows: number): void {
    this.length = 0
    this.varint(columns)
    this.varint(rows)
  }

  column(name: string, type: string): void {
    this.text(ascii.encode(name))
    this.text(ascii.encode(type))
  }

  /** The block as a buffer of its own, which may be transferred. */
  take(): Uint8Array {
    return this.bytes.slice(0, this.length)
  }

  reserve(more: number): void {
    if (this.length + more <= this.bytes.length) return
    let capacity = this.bytes.length * 2
    while (capacity < this.length + more) capacity *= 2
    const grown = new Uint8Array(capacity)
    grown.set(this.bytes.subarray(0, this.length))
    this.bytes = grown
    this.view = new DataView(grown.buffer)
  }

  varint(value: number): void {
    this.reserve(5)
    while (value > 127) {
      this.bytes[this.length++] = (value & 127) | 128
      value >>>= 7
    }
    this.bytes[this.length++] = value
  }

  text(bytes: Uint8Array): void {
    this.textOf(bytes, 0, bytes.length)
  }

  textOf(source: Uint8Array, start: number, end: number): void {
    this.varint(end - start)
    this.reserve(end - start)
    const bytes = this.bytes
    let at = this.length
    for (let from = start; from < end; from++) bytes[at++] = source[from]
    this.length = at
  }

  uint8(source: ArrayLike<number>, order: Uint32Array, rows: number): void {
    this.reserve(rows)
    for (let row = 0; row < rows; row++) this.bytes[this.length++] = source[order[row]]
  }

  uint16(source: ArrayLike<number>, order: Uint32Array, rows: number): void {
    this.reserve(2 * rows)
    for (let row = 0; row < rows; row++, this.length += 2) this.view.setUint16(this.length, source[order[row]], true)
  }

  /** Int32 and UInt32 alike: the low 32 bits. */
  int32(source: ArrayLike<number>, order: Uint32Array, rows: number): void {
    this.reserve(4 * rows)
    for (let row = 0; row < rows; row++, this.length += 4) this.view.setInt32(this.length, source[order[row]], true)
  }

  /** Whole numbers below 2^53 as Int64 or UInt64; DateTime64(3) takes its milliseconds so. */
  int64(source: ArrayLike<number>, order: Uint32Array, rows: number): void {
    this.reserve(8 * rows)
    for (let row = 0; row < rows; row++) this.putInt64(source[order[row]])
  }

  /** UInt64 from two 32-bit halves. */
  uint64(low: Uint32Array, high: Uint32Array, order: Uint32Array, rows: number): void {
    this.reserve(8 * rows)
    for (let row = 0; row < rows; row++, this.length += 8) {
      this.view.setUint32(this.length, low[order[row]], true)
      this.view.setUint32(this.length + 4, high[order[row]], true)
    }
  }

  /** Nullable(Bool) or Nullable(UInt8) where UNKNOWN is NULL. */
  nullableUint8(source: ArrayLike<number>, order: Uint32Array, rows: number): void {
    this.unknownMap(source, order, rows)
    for (let row = 0; row < rows; row++) {
      const value = source[order[row]]
      this.bytes[this.length++] = value === UNKNOWN ? 0 : value
    }
  }

  /** Nullable(Int16) or Nullable(UInt16) where UNKNOWN is NULL. */
  nullableInt16(source: ArrayLike<number>, order: Uint32Array, rows: number): void {
    this.unknownMap(source, order, rows)
    for (let row = 0; row < rows; row++, this.length += 2) {
      const value = source[order[row]]
      this.view.setInt16(this.length, value === UNKNOWN ? 0 : value, true)
    }
  }

  nullableFloat32(source: ArrayLike<number>, order: Uint32Array, rows: number): void {
    this.nanMap(source, order, rows)
    for (let row = 0; row < rows; row++, this.length += 4) {
      const value = source[order[row]]
      this.view.setFloat32(this.length, value === value ? value : 0, true)
    }
  }

  nullableFloat64(source: ArrayLike<number>, order: Uint32Array, rows: number): void {
    this.nanMap(source, order, rows)
    for (let row = 0; row < rows; row++, this.length += 8) {
      const value = source[order[row]]
      this.view.setFloat64(this.length, value === value ? value : 0, true)
    }
  }

  /** Nullable(UInt32) where NaN is NULL. */
  nullableUint32(source: ArrayLike<number>, order: Uint32Array, rows: number): void {
    this.nanMap(source, order, rows)
    for (let row = 0; row < rows; row++, this.length += 4) this.view.setUint32(this.length, source[order[row]], true)
  }

  /** Nullable(Int64), Nullable(UInt64) or Nullable(DateTime64(3)) where NaN is NULL. */
  nullableInt64(source: ArrayLike<number>, order: Uint32Array, rows: number): void {
    this.nanMap(source, order, rows)
    for (let row = 0; row < rows; row++) {
      const value = source[order[row]]
      this.putInt64(value === value ? value : 0)
    }
  }

  /** Strings from a small table of encoded words, chosen by `source`. */
  words(words: readonly Uint8Array[], source: ArrayLike<number>, order: Uint32Array, rows: number): void {
    for (let row = 0; row < rows; row++) this.text(words[source[order[row]]])
  }

  private putInt64(value: number): void {
    const high = Math.floor(value / TWO_32)
    this.view.setUint32(this.length, value - high * TWO_32, true)
    this.view.setInt32(this.length + 4, high, true)
    this.length += 8
  }

  /** The NULL map, and room for values of any width behind it. */
  private unknownMap(source: ArrayLike<number>, order: Uint32Array, rows: number): void {
    this.reserve(9 * rows)
    for (let row = 0; row < rows; row++) this.bytes[this.length++] = source[order[row]] === UNKNOWN ? 1 : 0
  }

  private nanMap(source: ArrayLike<number>, order: Uint32Array, rows: number): void {
    this.reserve(9 * rows)
    for (let row = 0; row < rows; row++) {
      const value = source[order[row]]
      this.bytes[this.length++] = value === value ? 0 : 1
    }
  }
}

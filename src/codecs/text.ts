/**
 * A growable column of byte strings, laid out as a block has them: each value behind its length, so that neighbours are
 * copied to a block in one piece. Value i is bytes[startOf(i), ends[i]), LENGTH_BYTES behind where its length begins.
 */
import { copyBytes } from './copy.ts'

/** The length is a varint of always so many bytes: its place is taken before the value is known. Readers take any. */
export const LENGTH_BYTES = 4

/** A text made ready to be written in words of eight bytes, each as one number. */
export interface Chunk {
  readonly words: Float64Array
  readonly length: number
}

export const chunk = (text: string): Chunk => {
  const ascii = new TextEncoder().encode(text)
  const bytes = new Uint8Array(8 * Math.ceil(ascii.length / 8))
  bytes.set(ascii)
  return { words: new Float64Array(bytes.buffer), length: ascii.length }
}

/** Writes a text at `at`, and up to seven bytes behind it, which the next text overwrites; gives its end. */
export const put = (into: DataView, at: number, { words, length }: Chunk): number => {
  for (let word = 0, to = at; word < words.length; word++, to += 8) into.setFloat64(to, words[word], true)
  return at + length
}

export class TextColumn {
  bytes = new Uint8Array(16 * 1024)
  /** The same bytes, to be written several at a time. */
  view = new DataView(this.bytes.buffer)
  /** End of the open value, which begins at `start`. */
  length = LENGTH_BYTES
  start = LENGTH_BYTES
  ends = new Int32Array(1024)
  rows = 0

  startOf(row: number): number {
    return (row > 0 ? this.ends[row - 1] : 0) + LENGTH_BYTES
  }

  /** A view of a value; off the hot path. */
  value(row: number): Uint8Array {
    return this.bytes.subarray(this.startOf(row), this.ends[row])
  }

  /** Makes room for `more` bytes. */
  reserve(more: number): void {
    if (this.length + more > this.bytes.length) this.grow(more)
  }

  private grow(more: number): void {
    let capacity = this.bytes.length * 2
    while (capacity < this.length + more) capacity *= 2
    const grown = new Uint8Array(capacity)
    grown.set(this.bytes.subarray(0, this.length))
    this.bytes = grown
    this.view = new DataView(grown.buffer)
  }

  /** Adds `source[start, end)` to the open value. */
  append(source: Uint8Array, start: number, end: number): void {
    this.reserve(end - start)
    copyBytes(source, start, end, this.bytes, this.length)
    this.length += end - start
  }

  /** Adds one byte to the open value. */
  push(byte: number): void {
    this.reserve(1)
    this.bytes[this.length++] = byte
  }

  /** Closes the open value. */
  end(): void {
    this.reserve(LENGTH_BYTES) // of the next value
    const { start, length } = this
    const value = length - start
    const low = (value & 127) | ((value & 0x3f80) << 1) | 0x8080
    this.view.setInt32(start - LENGTH_BYTES, low | ((value & 0x1fc000) << 2) | 0x800000 | ((value >> 21) << 24), true)
    if (this.rows === this.ends.length) {
      const grown = new Int32Array(this.ends.length * 2)
      grown.set(this.ends)
      this.ends = grown
    }
    this.ends[this.rows++] = length
    this.length = this.start = length + LENGTH_BYTES
  }

  /** Keeps the first `rows` values; the open value is dropped. */
  truncate(rows: number): void {
    this.rows = rows
    this.length = this.start = this.startOf(rows)
  }

  reset(): void {
    this.truncate(0)
  }
}

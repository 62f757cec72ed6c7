/** A growable column of byte strings: value i is bytes[i ? ends[i - 1] : 0, ends[i]). */
export class TextColumn {
  bytes = new Uint8Array(16 * 1024)
  length = 0
  ends = new Uint32Array(1024)
  rows = 0

  /** Makes room for `more` bytes. */
  reserve(more: number): void {
    if (this.length + more <= this.bytes.length) return
    let capacity = this.bytes.length * 2
    while (capacity < this.length + more) capacity *= 2
    const grown = new Uint8Array(capacity)
    grown.set(this.bytes.subarray(0, this.length))
    this.bytes = grown
  }

  /** Adds `source[start, end)` to the open value. */
  append(source: Uint8Array, start: number, end: number): void {
    this.reserve(end - start)
    // Byte by byte: values are short, and a subarray would be an object per call.
    const bytes = this.bytes
    let at = this.length
    for (let from = start; from < end; from++) bytes[at++] = source[from]
    this.length = at
  }

  /** Adds one byte to the open value. */
  push(byte: number): void {
    this.reserve(1)
    this.bytes[this.length++] = byte
  }

  /** Closes the open value. */
  end(): void {
    if (this.rows === this.ends.length) {
      const grown = new Uint32Array(this.ends.length * 2)
      grown.set(this.ends)
      this.ends = grown
    }
    this.ends[this.rows++] = this.length
  }

  /** Keeps the first `rows` values; the open value is dropped. */
  truncate(rows: number): void {
    this.rows = rows
    this.length = rows ? this.ends[rows - 1] : 0
  }

  reset(): void {
    this.rows = 0
    this.length = 0
  }
}

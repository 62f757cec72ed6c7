/**
 * LZ4, as far as clients of ClickHouse need it. Format: lz4_Block_format.md and lz4_Frame_format.md of the LZ4 project.
 */

/** Decodes one block into `output` from `at` on, which may refer back to what stands before; the end of what it wrote. */
export function decodeBlock(input: Uint8Array, output: Uint8Array, at: number): number {
  let from = 0
  while (from < input.length) {
    const token = input[from++]
    let length = token >> 4
    if (length === 15) [length, from] = longer(input, from, length)
    if (from + length > input.length || at + length > output.length) throw new Error('the LZ4 block is damaged')
    output.set(input.subarray(from, from + length), at)
    from += length
    at += length
    if (from === input.length) return at // The last sequence has no match.

    const back = input[from] | (input[from + 1] << 8)
    from += 2
    length = token & 15
    if (length === 15) [length, from] = longer(input, from, length)
    length += 4
    if (back === 0 || back > at || at + length > output.length) throw new Error('the LZ4 block is damaged')
    // Byte by byte where the match overlaps what it writes: that is how runs are written.
    if (back >= length) output.copyWithin(at, at - back, at - back + length)
    else for (let i = 0; i < length; i++) output[at + i] = output[at + i - back]
    at += length
  }
  return at
}

function longer(input: Uint8Array, from: number, length: number): [number, number] {
  let byte = 255
  while (byte === 255) {
    if (from >= input.length) throw new Error('the LZ4 block is damaged')
    byte = input[from++]
    length += byte
  }
  return [length, from]
}

/** A block that says the bytes as they are: no smaller, but every decoder takes it. */
export function literalBlock(bytes: Uint8Array): Uint8Array {
  const { length } = bytes
  const extra = length < 15 ? 0 : Math.floor((length - 15) / 255) + 1
  const block = new Uint8Array(1 + extra + length)
  block[0] = Math.min(length, 15) << 4
  if (extra > 0) {
    block.fill(255, 1, extra)
    block[extra] = (length - 15) % 255
  }
  block.set(bytes, 1 + extra)
  return block
}

const FRAME_MAGIC = 0x184d2204
const FLAG = { blockChecksum: 0x10, contentSize: 0x08, contentChecksum: 0x04, dictionary: 0x01 } as const
const STORED = 0x80000000

/** Decodes frames one after the other. `limit` bounds the result. */
export function decodeFrames(bytes: Uint8Array, limit: number): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let output = new Uint8Array(Math.max(64 * 1024, bytes.length * 4))
  let size = 0
  const reserve = (more: number) => {
    if (size + more > limit) throw new Error(`more than ${limit} bytes`)
    if (size + more <= output.length) return
    const grown = new Uint8Array(Math.max(output.length * 2, size + more))
    grown.set(output.subarray(0, size))
    output = grown
  }

  for (let at = 0; at < bytes.length;) {
    if (view.getUint32(at, true) !== FRAME_MAGIC) throw new Error('not an LZ4 frame')
    const flags = bytes[at + 4]
    const blockMax = 1 << (8 + 2 * ((bytes[at + 5] >> 4) & 7))
    if (flags & FLAG.dictionary) throw new Error('LZ4 dictionaries are not supported')
    at += 7 + (flags & FLAG.contentSize ? 8 : 0)
    for (;;) {
      const header = view.getUint32(at, true)
      at += 4
      if (header === 0) break
      const length = header & ~STORED
      if (at + length > bytes.length) throw new Error('the LZ4 frame is cut off')
      const block = bytes.subarray(at, at + length)
      reserve(blockMax)
      if (header & STORED) output.set(block, size)
      size = header & STORED ? size + length : decodeBlock(block, output, size)
      at += length + (flags & FLAG.blockChecksum ? 4 : 0)
    }
    at += flags & FLAG.contentChecksum ? 4 : 0
  }
  return output.subarray(0, size)
}

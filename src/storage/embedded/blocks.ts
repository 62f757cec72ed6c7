/**
 * ClickHouse's own block compression, `compress=1` and `decompress=1` of the HTTP interface. JDBC clients (DBeaver) use
 * it unless told otherwise. A block:
 *
 *   hash 16 bytes (CityHash128 of the rest) | method u8 | size u32 (from method on) | raw size u32 | data
 */
import { cityHash128 } from './cityhash.ts'
import { decodeBlock, literalBlock } from './lz4.ts'

const METHOD = { none: 0x02, lz4: 0x82, zstd: 0x90 } as const
const HASH = 16
const HEADER = 9
/** ClickHouse's own bound of a block is 1 GiB; clients write 1 MiB. */
const RAW_MAX = 128 * 1024 * 1024
/** Of what we write. */
const RAW_BYTES = 64 * 1024

/** The bytes as blocks. They are not made smaller: the client is most often on this machine. */
export function* encodeBlocks(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += RAW_BYTES) {
    const raw = bytes.subarray(at, at + RAW_BYTES)
    const data = literalBlock(raw)
    const block = new Uint8Array(HASH + HEADER + data.length)
    const view = new DataView(block.buffer)
    block[HASH] = METHOD.lz4
    view.setUint32(HASH + 1, HEADER + data.length, true)
    view.setUint32(HASH + 5, raw.length, true)
    block.set(data, HASH + HEADER)
    const [low, high] = cityHash128(block.subarray(HASH))
    view.setBigUint64(0, low, true)
    view.setBigUint64(8, high, true)
    yield block
  }
}

/** What the blocks hold; throws where they end in the middle. The hash is not looked at: TCP has its own. */
export async function* decodeBlocks(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let window: Uint8Array = new Uint8Array(0)
  for await (const chunk of chunks) {
    window = window.length === 0 ? chunk : Buffer.concat([window, chunk])
    for (;;) {
      if (window.length < HASH + HEADER) break
      const view = new DataView(window.buffer, window.byteOffset, window.byteLength)
      const size = view.getUint32(HASH + 1, true)
      const rawSize = view.getUint32(HASH + 5, true)
      if (size < HEADER || size > RAW_MAX || rawSize > RAW_MAX) throw new Error('not a compressed block of ClickHouse')
      if (window.length < HASH + size) break
      yield decode(window[HASH], window.subarray(HASH + HEADER, HASH + size), rawSize)
      window = window.subarray(HASH + size)
    }
  }
  if (window.length > 0) throw new Error('the last compressed block is cut off')
}

function decode(method: number, data: Uint8Array, rawSize: number): Uint8Array {
  if (method === METHOD.none) return data
  if (method === METHOD.zstd) return Bun.zstdDecompressSync(data as Uint8Array<ArrayBuffer>)
  if (method !== METHOD.lz4) throw new Error(`compression method ${method} is not supported, use LZ4 or ZSTD`)
  const raw = new Uint8Array(rawSize)
  if (decodeBlock(data, raw, 0) !== rawSize) throw new Error('the LZ4 block is damaged')
  return raw
}

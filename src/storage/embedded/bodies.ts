/** Request bodies: a statement is read into memory, data of an INSERT go to a file. */
import { closeSync, openSync, writeSync } from 'node:fs'
import { brotliDecompressSync, inflateSync } from 'node:zlib'
import { decodeBlocks } from './blocks.ts'
import { Code, QueryError } from './errors.ts'
import { bodyCompression } from './formats.ts'
import { decodeFrames } from './lz4.ts'

/** A statement with its data in one body; longer ones go as `?query=INSERT …` with the data as the body. */
const STATEMENT_BYTES_MAX = 256 * 1024 * 1024

export interface Body {
  request: Request
  /** Content-Encoding. */
  encoding: string
  /** In ClickHouse's compressed blocks. */
  blocks: boolean
}

/** The bytes as they came, but for compressed blocks. */
async function* chunksOf({ request, blocks }: Body): AsyncGenerator<Uint8Array> {
  if (!request.body) return
  const bytes = request.body as AsyncIterable<Uint8Array>
  try {
    yield* blocks ? decodeBlocks(bytes) : bytes
  } catch (error) {
    throw new QueryError(Code.badArguments, `The body cannot be read: ${(error as Error).message}. (BAD_ARGUMENTS)`)
  }
}

/** The body in memory, decompressed. */
export async function readBody(body: Body): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of chunksOf(body)) {
    chunks.push(chunk)
    size += chunk.length
    if (size > STATEMENT_BYTES_MAX)
      throw new QueryError(
        Code.queryTooLarge,
        `The statement is larger than ${STATEMENT_BYTES_MAX} bytes: put the INSERT into the URL (query=…) and its data into the body, which has no limit. (QUERY_IS_TOO_LARGE)`,
      )
  }
  return decompress(Buffer.concat(chunks), body.encoding)
}

function decompress(bytes: Buffer<ArrayBuffer>, encoding: string): Uint8Array {
  const method = compressionOf(encoding)
  const limit = { maxOutputLength: STATEMENT_BYTES_MAX }
  try {
    if (method === '' || bytes.length === 0) return bytes
    if (method === 'gzip') return Bun.gunzipSync(bytes)
    if (method === 'zstd') return Bun.zstdDecompressSync(bytes)
    if (method === 'deflate') return inflateSync(bytes, limit)
    if (method === 'lz4') return decodeFrames(bytes, STATEMENT_BYTES_MAX)
    if (method === 'br') return brotliDecompressSync(bytes, limit)
  } catch (error) {
    throw new QueryError(Code.badArguments, `The body is not ${encoding}: ${(error as Error).message}. (BAD_ARGUMENTS)`)
  }
  throw new QueryError(Code.notImplemented, `A statement in ${encoding} is not supported. (NOT_IMPLEMENTED)`)
}

/** The engine's name for a Content-Encoding. */
export function compressionOf(encoding: string): string {
  const method = bodyCompression(encoding)
  if (method === undefined)
    throw new QueryError(Code.notImplemented, `Unknown Content-Encoding ${encoding}. (NOT_IMPLEMENTED)`)
  return method
}

/** Writes `head` and then the body to the file `name`; throws if the client went away before the end. */
export async function saveBody(name: string, head: Uint8Array, body: Body | undefined): Promise<number> {
  const file = openSync(name, 'wx', 0o600)
  let size = 0
  try {
    size += writeAll(file, head)
    if (body) for await (const chunk of chunksOf(body)) size += writeAll(file, chunk)
  } finally {
    closeSync(file)
  }
  return size
}

function writeAll(file: number, bytes: Uint8Array): number {
  let written = 0
  while (written < bytes.length) written += writeSync(file, bytes, written)
  return written
}

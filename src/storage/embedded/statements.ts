/**
 * Runs one statement on a connection of its own and makes the response: results that stream, results that do not, and
 * inserts of data.
 */
import { unlinkSync } from 'node:fs'
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { encodeBlocks } from './blocks.ts'
import { compressionOf, saveBody, type Body } from './bodies.ts'
import type { Context, Engine } from './engine.ts'
import { Code, fromEngine, QueryError } from './errors.ts'
import { READERS, WAITING_MAX, WRITERS } from './limits.ts'
import type { Connection } from './native.ts'
import { exceptionBlock, exceptionTag, resultHeaders, summary } from './responses.ts'
import { Gate, Pipes, ResultStream } from './results.ts'
import { quote, type Insert, type Query } from './sql.ts'

/** An error found before this much of a result was made still gets a proper status, as in ClickHouse. */
const BUFFER_BYTES = 1024 * 1024
/** The same for a client that asks to wait for the end of the query. */
const BUFFER_BYTES_WAITING = 64 * 1024 * 1024

const FLUSH_MS = 20

/** How a result goes out. */
export interface Output {
  format: string
  /** Content-Encoding, '' for none. */
  encoding: string
  /** In ClickHouse's compressed blocks. */
  blocks: boolean
  waitForEnd: boolean
  headers: Headers
  /** Aborted when the client goes away. */
  signal: AbortSignal
}

export class Statements {
  /** Running statements; stopping waits for them. */
  readonly running = new Set<Promise<unknown>>()
  private readonly pipes = new Pipes()
  private readonly gates = { reader: new Gate(READERS, WAITING_MAX), writer: new Gate(WRITERS, WAITING_MAX) }
  private bodies = 0

  constructor(private readonly engine: Engine) {}

  /**
   * Inserts `head` and then the request's body. Both go to a file first: a client that goes away in the middle must not
   * leave half an insert. INFILE then reads it as an INSERT's own data, against the table's columns and types.
   */
  async insert(
    context: Context,
    insert: Insert,
    head: Uint8Array,
    body: Body | undefined,
    output: Output,
  ): Promise<Response> {
    const compression = compressionOf(body?.encoding ?? '')
    const file = `body-${++this.bodies}`
    try {
      const size = await saveBody(file, head, body)
      const source = `FROM INFILE ${quote(file)}${compression ? ` COMPRESSION ${quote(compression)}` : ''}`
      // The FORMAT comes last: an INSERT takes its settings before.
      const sql = `${insert.target}\n${source}\n${insert.settings}\nFORMAT ${insert.format}`
      return await this.onConnection(context, async (connection) => {
        const { rowsRead, elapsed } = await connection.query(sql)
        const of = { writtenRows: rowsRead, writtenBytes: size, seconds: elapsed }
        output.headers.set('X-ClickHouse-Summary', summary(of))
        output.headers.set('Content-Type', 'text/plain; charset=UTF-8')
        return new Response(null, { headers: output.headers })
      })
    } finally {
      try {
        unlinkSync(file)
      } catch {
        // It was not made.
      }
    }
  }

  /** A statement whose result is small, or none. */
  async whole(context: Context, sql: string, output: Output): Promise<Response> {
    return this.onConnection(context, async (connection) => {
      const { bytes, rowsRead, bytesRead, elapsed } = await connection.query(sql, output.format)
      const of = { readRows: rowsRead, readBytes: bytesRead, resultBytes: bytes.length, seconds: elapsed }
      const compressed = COMPRESS[output.encoding]?.(bytes)
      const headers = resultHeaders(output.headers, output.format, compressed ? output.encoding : '', of)
      return new Response(framed(compressed ?? bytes, output), { headers })
    })
  }

  /** A SELECT: its result goes out while it is made. */
  async select(context: Context, query: Query, output: Output): Promise<Response> {
    const gate = this.gates[context.role]
    await gate.enter()
    const pipe = this.pipes.take()
    let connection: Connection | undefined
    let stream: ResultStream | undefined
    let released = false
    const release = async () => {
      if (released) return
      released = true
      // The pipe and the thread are free only once the engine has let go of them.
      await stream?.abandon(() => this.engine.kill(quote(pipe)))
      await connection?.close()
      this.pipes.give(pipe)
      gate.leave()
    }

    try {
      // Its client may have gone while it waited for its turn.
      if (output.signal.aborted) throw new QueryError(Code.cancelled, 'Query was cancelled. (QUERY_WAS_CANCELLED)')
      connection = await this.engine.connect(context)
      const compression = output.encoding ? ` COMPRESSION ${quote(output.encoding)} LEVEL 3` : ''
      const ours = `\nINTO OUTFILE ${quote(pipe)} TRUNCATE${compression}\n`
      const clause = query.sql.slice(query.formatAt) || `FORMAT ${output.format}`
      const started = new ResultStream(connection, `${query.sql.slice(0, query.formatAt)}${ours}${clause}`, pipe, ours)
      stream = started
      output.signal.addEventListener('abort', () => void started.abandon(() => this.engine.kill(quote(pipe))))

      const head: Uint8Array[] = []
      const limit = output.waitForEnd ? BUFFER_BYTES_WAITING : BUFFER_BYTES
      let size = 0
      while (size < limit) {
        const chunk = await started.next()
        if (!chunk) break
        head.push(chunk)
        size += chunk.length
      }
      const of = {
        readRows: started.result?.rowsRead ?? 0,
        readBytes: started.result?.bytesRead ?? 0,
        resultBytes: size,
      }
      const headers = resultHeaders(output.headers, output.format, output.encoding, of)
      if (started.result) {
        await release()
        return new Response(framed(Buffer.concat(head), output), { headers })
      }
      const tag = exceptionTag()
      headers.set('X-ClickHouse-Exception-Tag', tag)
      return new Response(this.rest(head, started, tag, output, release), { headers })
    } catch (error) {
      await release()
      throw error
    }
  }

  /** What was buffered, then the rest as the client takes it. */
  private rest(
    head: Uint8Array[],
    stream: ResultStream,
    tag: string,
    output: Output,
    release: () => Promise<void>,
  ): ReadableStream {
    const { version } = this.engine
    let at = 0
    let failed = false
    return new ReadableStream({
      async pull(controller) {
        if (failed) {
          // An error overtakes what was enqueued just before it. Given a reason, the runtime would print it.
          await Bun.sleep(FLUSH_MS)
          return controller.error()
        }
        try {
          const chunk = at < head.length ? head[at++] : await stream.next()
          if (chunk) return controller.enqueue(framed(chunk, output))
          await release()
          controller.close()
        } catch (error) {
          // The status is gone: the error goes into the body, and then the connection is cut so that nobody misses it.
          failed = true
          await release()
          if (output.encoding) controller.error()
          else controller.enqueue(framed(exceptionBlock(error, tag, version), output))
        }
      },
      cancel: release,
    })
  }

  private async onConnection(context: Context, work: (connection: Connection) => Promise<Response>): Promise<Response> {
    const gate = this.gates[context.role]
    await gate.enter()
    const done = (async () => {
      const connection = await this.engine.connect(context)
      try {
        return await work(connection)
      } catch (error) {
        throw fromEngine(error)
      } finally {
        await connection.close()
      }
    })().finally(() => gate.leave())
    this.running.add(done)
    try {
      return await done
    } finally {
      this.running.delete(done)
    }
  }
}

function framed(bytes: Uint8Array, output: Output): Uint8Array<ArrayBuffer> {
  return (output.blocks ? Buffer.concat([...encodeBlocks(bytes)]) : bytes) as Uint8Array<ArrayBuffer>
}

const COMPRESS: Record<string, (bytes: Uint8Array) => Uint8Array> = {
  zstd: (bytes) => Bun.zstdCompressSync(bytes as Uint8Array<ArrayBuffer>),
  br: brotliCompressSync,
  gzip: gzipSync,
  deflate: deflateSync,
}

/** Responses as ClickHouse's HTTP interface writes them. */
import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import { fromEngine, QueryError } from './errors.ts'
import { mediaType } from './formats.ts'

export interface Summary {
  readRows?: number
  readBytes?: number
  writtenRows?: number
  writtenBytes?: number
  resultBytes?: number
  seconds?: number
}

export interface Server {
  version: string
  timezone: string
}

export function baseHeaders(server: Server, queryId: string): Headers {
  return new Headers({
    'X-ClickHouse-Server-Display-Name': hostname(),
    'X-ClickHouse-Query-Id': queryId,
    'X-ClickHouse-Timezone': server.timezone,
    'Cache-Control': 'no-store',
  })
}

/** Numbers are strings, as ClickHouse writes them. */
export function summary(of: Summary): string {
  const text = (value = 0) => String(Math.round(value))
  return JSON.stringify({
    read_rows: text(of.readRows),
    read_bytes: text(of.readBytes),
    written_rows: text(of.writtenRows),
    written_bytes: text(of.writtenBytes),
    total_rows_to_read: '0',
    result_rows: text(of.writtenRows),
    result_bytes: text(of.resultBytes),
    elapsed_ns: text((of.seconds ?? 0) * 1e9),
  })
}

export function resultHeaders(headers: Headers, format: string, encoding: string, of: Summary): Headers {
  headers.set('Content-Type', mediaType(format))
  headers.set('X-ClickHouse-Format', format)
  headers.set('X-ClickHouse-Summary', summary(of))
  if (encoding) headers.set('Content-Encoding', encoding)
  return headers
}

export function errorResponse(error: unknown, headers: Headers, version: string): Response {
  const known = error instanceof QueryError ? error : fromEngine(error)
  headers.set('Content-Type', 'text/plain; charset=UTF-8')
  headers.set('X-ClickHouse-Exception-Code', String(known.code))
  headers.set('X-ClickHouse-Summary', summary({}))
  if (known.status === 401) headers.set('WWW-Authenticate', 'Basic realm="Waygate embedded ClickHouse"')
  return new Response(known.body(version), { status: known.status, headers })
}

/** Named in X-ClickHouse-Exception-Tag, so that a client finds an error written after the first bytes of a result. */
export function exceptionTag(): string {
  return randomBytes(8).toString('hex')
}

/** The error as it stands at the end of a result that had begun. */
export function exceptionBlock(error: unknown, tag: string, version: string): Uint8Array {
  const known = error instanceof QueryError ? error : fromEngine(error)
  const message = known.body(version)
  return Buffer.from(
    `\r\n__exception__\r\n${tag}\r\n${message}${Buffer.byteLength(message)} ${tag}\r\n__exception__\r\n`,
  )
}

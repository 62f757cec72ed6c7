/**
 * ClickHouse's HTTP interface: requests in, responses out. What it does not know is in
 * docs/decisions/0005-embedded-clickhouse.md.
 */
import { authenticate } from './access.ts'
import { readBody, type Body } from './bodies.ts'
import type { Context, Engine } from './engine.ts'
import { Code, QueryError } from './errors.ts'
import { responseEncoding } from './formats.ts'
import { guardSettings, guardStatement } from './readers.ts'
import { parseForm, parseRequest, type Asked } from './request.ts'
import { baseHeaders, errorResponse } from './responses.ts'
import { findFormat, firstKeyword, isWord, parseInsert, secondStatement, tokenize } from './sql.ts'
import type { Output, Statements } from './statements.ts'

const METHODS = ['GET', 'HEAD', 'POST', 'OPTIONS']
/** Statements that may write their result into a pipe. */
const STREAMED = new Set(['SELECT', 'WITH', 'FROM'])
/** An INSERT's statement ends within this much of a body: ClickHouse's max_query_size. */
const STATEMENT_BYTES = 256 * 1024
const NOTHING = new Uint8Array(0)

export interface Passwords {
  writer: string
  /** '' lets every reader in. */
  reader: string
}

export class HttpInterface {
  constructor(
    private readonly engine: Engine,
    private readonly statements: Statements,
    private readonly passwords: Passwords,
  ) {}

  async fetch(request: Request): Promise<Response> {
    const url = new URL(request.url)
    if (url.pathname === '/ping' || url.pathname === '/replicas_status') return ok()
    if (request.method === 'OPTIONS') return new Response(null, { status: 204, headers: { Allow: METHODS.join(', ') } })
    if (!METHODS.includes(request.method)) return new Response('Method not allowed\n', { status: 405 })
    if (url.pathname !== '/' && url.pathname !== '/query')
      return new Response(`There is no handle ${url.pathname}\n`, { status: 404 })

    let headers = baseHeaders(this.engine, '')
    try {
      const asked = parseRequest(request, url)
      headers = baseHeaders(this.engine, asked.queryId)
      return await this.answer(request, asked, headers)
    } catch (error) {
      return errorResponse(error, headers, this.engine.version)
    }
  }

  private async answer(request: Request, asked: Asked, headers: Headers): Promise<Response> {
    const role = authenticate(asked.credentials, this.passwords.writer, this.passwords.reader)
    const form = request.headers.get('content-type')?.startsWith('multipart/form-data') ?? false
    if (form) await parseForm(asked, request)
    if (role === 'reader') guardSettings(asked.settings)
    const context: Context = {
      role,
      database: asked.database,
      settings: asked.settings,
      params: asked.params,
      get: request.method !== 'POST',
    }
    const output: Output = {
      format: asked.format || 'TabSeparated',
      encoding: asked.accepted && !asked.blocks ? responseEncoding(asked.accepted) : '',
      blocks: asked.blocks,
      waitForEnd: asked.waitForEnd,
      headers,
      signal: request.signal,
    }

    const sent: Body = { request, encoding: asked.encoding, blocks: asked.bodyBlocks }
    if (role === 'writer' && asked.query && !form) {
      const insert = parseInsert(asked.query)
      const inline = insert ? Buffer.from(asked.query.slice(insert.dataAt)) : NOTHING
      if (insert && inline.length === 0) return this.statements.insert(context, insert, NOTHING, sent, output)
      if (insert) {
        const data = Buffer.concat([inline, await readBody(sent)])
        return this.statements.insert(context, insert, data, undefined, output)
      }
    }

    const body = form ? NOTHING : await readBody(sent)
    if (!asked.query && body.length === 0) return ok(headers)
    if (role === 'writer' && !asked.query) {
      const insert = insertInBody(body)
      if (insert) return this.statements.insert(context, insert, body.subarray(insert.dataAt), undefined, output)
    }
    const text = [asked.query, Buffer.from(body).toString()].filter(Boolean).join('\n')
    return this.statement(context, text, asked.format, output)
  }

  /** Everything but an INSERT with data. */
  private async statement(context: Context, text: string, format: string, output: Output): Promise<Response> {
    const tokens = tokenize(text)
    if (secondStatement(tokens) >= 0)
      throw new QueryError(Code.syntax, 'Syntax error (Multi-statements are not allowed). (SYNTAX_ERROR)')
    if (context.role === 'reader')
      await guardStatement(text, tokens, context.params, (sql) => this.engine.canonical(sql))

    const query = findFormat(text, tokens)
    output.format = query.format || format || 'TabSeparated'
    const inserts = tokens.some((token) => token.depth === 0 && isWord(token, 'INSERT'))
    if (STREAMED.has(firstKeyword(tokens)) && !inserts) return this.statements.select(context, query, output)
    return this.statements.whole(context, query.sql, output)
  }
}

/** A statement with its data behind it, which need not be text: it is searched as Latin-1, a character a byte. */
function insertInBody(body: Uint8Array): ReturnType<typeof parseInsert> {
  const head = Buffer.from(body.subarray(0, STATEMENT_BYTES)).toString('latin1')
  const dataAt = parseInsert(head)?.dataAt
  if (dataAt === undefined) return undefined
  const insert = parseInsert(Buffer.from(head.slice(0, dataAt), 'latin1').toString())
  return insert && { ...insert, dataAt }
}

function ok(headers = new Headers()): Response {
  headers.set('Content-Type', 'text/html; charset=UTF-8')
  return new Response('Ok.\n', { headers })
}

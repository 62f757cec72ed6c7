/** One HTTP request of ClickHouse's interface, taken apart. The body is not touched here, but for multipart forms. */
import { randomUUID } from 'node:crypto'
import { credentials, type Credentials } from './access.ts'
import { Code, QueryError } from './errors.ts'

/** URL parameters of the interface itself; every other one is a setting. */
const INTERFACE = new Set([
  'query',
  'database',
  'default_format',
  'query_id',
  'user',
  'password',
  'quota_key',
  'role',
  'session_id',
  'session_timeout',
  'session_check',
  'session_timezone_check',
  'close_session',
  'client_protocol_version',
  'compress',
  'decompress',
  'buffer_size',
  'wait_end_of_query',
  'stacktrace',
  'http_max_multipart_form_data_size',
])

export interface Asked {
  credentials: Credentials
  queryId: string
  /** `query=` of the URL. */
  query: string
  database: string
  /** '' where the client has none. */
  format: string
  settings: Map<string, string>
  params: Map<string, string>
  /** Content-Encoding of the body. */
  encoding: string
  /** Accept-Encoding, '' unless the client enabled compressed responses. */
  accepted: string
  /** The response is to be in ClickHouse's compressed blocks. */
  blocks: boolean
  /** The body is. */
  bodyBlocks: boolean
  /** Nothing is sent before the query has ended. */
  waitForEnd: boolean
}

export function parseRequest(request: Request, url: URL): Asked {
  const { headers } = request
  const asked: Asked = {
    credentials: credentials(request, url),
    queryId: headers.get('x-clickhouse-query-id') || randomUUID(),
    query: '',
    database: headers.get('x-clickhouse-database') ?? '',
    format: headers.get('x-clickhouse-format') ?? '',
    settings: new Map(),
    params: new Map(),
    encoding: headers.get('content-encoding') ?? '',
    accepted: '',
    blocks: false,
    bodyBlocks: false,
    waitForEnd: false,
  }
  for (const [name, value] of url.searchParams) take(asked, name, value)
  if (asked.format) checked(asked.format)
  if (asked.settings.get('enable_http_compression') === '1') asked.accepted = headers.get('accept-encoding') ?? ''
  return asked
}

/** A form: fields are what URL parameters are; files would be external tables. */
export async function parseForm(asked: Asked, request: Request): Promise<void> {
  const form = await request.formData()
  for (const [name, value] of form as unknown as Iterable<[string, string | Blob]>) {
    if (typeof value !== 'string')
      throw new QueryError(Code.notImplemented, `External tables (${name}) are not supported here. (NOT_IMPLEMENTED)`)
    take(asked, name, value)
  }
  if (asked.format) checked(asked.format)
}

function take(asked: Asked, name: string, value: string): void {
  if (name === 'query') asked.query += value
  else if (name === 'database') asked.database = value
  else if (name === 'default_format') asked.format ||= value
  else if (name === 'query_id') asked.queryId = value || asked.queryId
  else if (name === 'wait_end_of_query') asked.waitForEnd = isOn(value)
  else if (name === 'compress') asked.blocks = isOn(value)
  else if (name === 'decompress') asked.bodyBlocks = isOn(value)
  else if (name.startsWith('param_')) asked.params.set(checked(name.slice('param_'.length)), value)
  else if (!INTERFACE.has(name)) asked.settings.set(checked(name), value)
}

function isOn(value: string): boolean {
  return value !== '' && value !== '0' && value !== 'false'
}

/** Names of settings, parameters and formats become part of a statement. */
function checked(name: string): string {
  if (!/^[A-Za-z_]\w*$/.test(name)) throw new QueryError(Code.badArguments, `Not a name: ${name}. (BAD_ARGUMENTS)`)
  return name
}

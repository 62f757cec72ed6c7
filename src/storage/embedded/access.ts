/** Who asks: the gateway's writer, by its secret; anybody else is a reader. */
import { timingSafeEqual } from 'node:crypto'
import { Code, QueryError } from './errors.ts'

export const WRITER = 'gateway'

export interface Credentials {
  user: string
  password: string
}

export function credentials(request: Request, url: URL): Credentials {
  const { headers } = request
  const named = headers.get('x-clickhouse-user')
  if (named !== null) return { user: named, password: headers.get('x-clickhouse-key') ?? '' }
  const basic = /^Basic\s+(\S.*)$/i.exec(headers.get('authorization') ?? '')
  if (basic) {
    const text = Buffer.from(basic[1], 'base64').toString()
    const colon = text.indexOf(':')
    return { user: colon < 0 ? text : text.slice(0, colon), password: colon < 0 ? '' : text.slice(colon + 1) }
  }
  return { user: url.searchParams.get('user') ?? '', password: url.searchParams.get('password') ?? '' }
}

/** Throws what ClickHouse answers to wrong credentials. `readerPassword` '' lets every reader in. */
export function authenticate(given: Credentials, secret: string, readerPassword: string): 'writer' | 'reader' {
  if (given.user === WRITER) {
    if (same(given.password, secret)) return 'writer'
  } else if (readerPassword === '' || same(given.password, readerPassword)) {
    return 'reader'
  }
  const name = given.user || 'default'
  throw new QueryError(
    Code.authenticationFailed,
    `${name}: Authentication failed: password is incorrect, or there is no user with such name. (AUTHENTICATION_FAILED)`,
    given.user === '' && given.password === '' ? 401 : 403,
  )
}

function same(given: string, expected: string): boolean {
  const a = Buffer.from(given)
  const b = Buffer.from(expected)
  return a.length === b.length && timingSafeEqual(a, b)
}

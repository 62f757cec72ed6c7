/**
 * As much of ClickHouse's grammar as the HTTP interface needs: where tokens begin, what kind of statement it is, where
 * its FORMAT stands, where an INSERT's data begins. The engine parses the statement again and has the last word.
 */

export type TokenKind = 'word' | 'quoted' | 'string' | 'symbol'

export interface Token {
  kind: TokenKind
  text: string
  start: number
  end: number
  /** Depth in (), [] and {}; 0 outside. */
  depth: number
}

const WORD_START = /[\p{L}_\d]/u
const WORD_REST = /[\p{L}_\d$]/u
const SPACE = /\s/
const CLOSING: Record<string, string> = { "'": "'", '"': '"', '`': '`', '\u2018': '\u2019', '\u201c': '\u201d' }

/** Splits into tokens, without spaces and comments; `stop` ends the walk after the token it is true for. */
export function tokenize(sql: string, stop?: (token: Token, tokens: Token[]) => boolean): Token[] {
  const tokens: Token[] = []
  let at = 0
  let depth = 0
  while (at < sql.length) {
    const start = at
    const char = sql[at]
    let kind: TokenKind = 'symbol'
    if (SPACE.test(char)) {
      at++
      continue
    } else if (isLineComment(sql, at)) {
      at = indexAfter(sql, '\n', at)
      continue
    } else if (sql.startsWith('/*', at)) {
      at = indexAfter(sql, '*/', at + 2)
      continue
    } else if (CLOSING[char]) {
      kind = char === "'" || char === '\u2018' ? 'string' : 'quoted'
      at = endOfQuoted(sql, at + 1, CLOSING[char])
    } else if (char === '$' && heredoc(sql, at)) {
      kind = 'string'
      const tag = heredoc(sql, at)
      at = indexAfter(sql, tag, at + tag.length)
    } else if (WORD_START.test(char)) {
      kind = 'word'
      while (at < sql.length && WORD_REST.test(sql[at])) at++
    } else {
      at++
      if (char === ')' || char === ']' || char === '}') depth = Math.max(0, depth - 1)
    }
    const token = { kind, text: sql.slice(start, at), start, end: at, depth }
    if (char === '(' || char === '[' || char === '{') depth++
    tokens.push(token)
    if (stop?.(token, tokens)) break
  }
  return tokens
}

function isLineComment(sql: string, at: number): boolean {
  return sql.startsWith('--', at) || sql.startsWith('# ', at) || sql.startsWith('#!', at)
}

function indexAfter(sql: string, what: string, from: number): number {
  const at = sql.indexOf(what, from)
  return at < 0 ? sql.length : at + what.length
}

function endOfQuoted(sql: string, from: number, closing: string): number {
  for (let at = from; at < sql.length; at++) {
    if (sql[at] === '\\') at++
    else if (sql[at] === closing && sql[at + 1] === closing) at++
    else if (sql[at] === closing) return at + 1
  }
  return sql.length
}

function heredoc(sql: string, at: number): string {
  return /^\$\w*\$/.exec(sql.slice(at, at + 128))?.[0] ?? ''
}

export function isWord(token: Token | undefined, word: string): boolean {
  return token?.kind === 'word' && token.text.toUpperCase() === word
}

/** The first keyword in capitals, `(` counting as SELECT. */
export function firstKeyword(tokens: readonly Token[]): string {
  const first = tokens.find((token) => token.text !== '(')
  return first?.kind === 'word' ? first.text.toUpperCase() : ''
}

/** Index of the token after which a second statement begins, or -1. */
export function secondStatement(tokens: readonly Token[]): number {
  return tokens.findIndex((token, i) => token.text === ';' && tokens.slice(i).some((after) => after.text !== ';'))
}

export interface Query {
  /** Without the closing semicolon. */
  sql: string
  /** Where `FORMAT x …` begins in `sql`; its length where there is none. */
  formatAt: number
  /** '' where the statement names none. */
  format: string
}

/** A statement with a result: where its FORMAT clause stands. */
export function findFormat(sql: string, tokens: readonly Token[]): Query {
  const end = tokens.findLastIndex((token) => token.text !== ';')
  const text = sql.slice(0, end < 0 ? 0 : tokens[end].end)
  for (let i = end - 1; i > 0; i--) {
    if (tokens[i].depth > 0 || !isWord(tokens[i], 'FORMAT')) continue
    // `SELECT format FROM t` is a column; a clause is followed by its name and then by nothing or by SETTINGS.
    const clause = i + 1 === end || isWord(tokens[i + 2], 'SETTINGS')
    if (clause && tokens[i + 1].kind === 'word')
      return { sql: text, formatAt: tokens[i].start, format: tokens[i + 1].text }
  }
  return { sql: text, formatAt: text.length, format: '' }
}

export interface Insert {
  /** `INSERT INTO t (columns)`. */
  target: string
  /** `SETTINGS …` or ''. */
  settings: string
  format: string
  /** Where the data begin in the text given. */
  dataAt: number
}

/**
 * An INSERT whose data follow, or undefined: a SELECT as the source is an ordinary statement. Looks no further than
 * the first byte of data, so the text may be cut off there and need not be text.
 */
export function parseInsert(sql: string): Insert | undefined {
  let settingsAt = -1
  let select = false
  const tokens = tokenize(sql, (token, before) => {
    const previous = before[before.length - 2]
    if (before.length === 1) return !isWord(token, 'INSERT')
    if (token.depth > 0) return false
    if (isWord(token, 'SELECT') || isWord(token, 'WITH') || isWord(token, 'INFILE') || token.text === ';') select = true
    if (isWord(token, 'SETTINGS') && settingsAt < 0) settingsAt = token.start
    if (isWord(previous, 'FORMAT') && token.kind === 'word') return true
    return select || isWord(token, 'VALUES')
  })
  const last = tokens[tokens.length - 1]
  if (!isWord(tokens[0], 'INSERT') || select || !last) return undefined
  const named = isWord(tokens[tokens.length - 2], 'FORMAT')
  const values = !named && isWord(last, 'VALUES')
  const clause = values ? last : tokens[tokens.length - 2]
  if (!values && !named) return undefined
  const targetEnd = settingsAt < 0 ? clause.start : settingsAt
  return {
    target: sql.slice(0, targetEnd).trimEnd(),
    settings: settingsAt < 0 ? '' : sql.slice(settingsAt, clause.start).trimEnd(),
    format: values ? 'Values' : last.text,
    dataAt: last.end + dataGap(sql.slice(last.end, last.end + 64)),
  }
}

/** Spaces up to and including one line feed, or a semicolon, stand between FORMAT and the data. */
function dataGap(text: string): number {
  return /^[ \t]*(?:;[ \t]*)?(?:\r?\n)?/.exec(text)?.[0].length ?? 0
}

/** A string literal. */
export function quote(value: string): string {
  return `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}

/** An identifier in backticks. */
export function quoteName(name: string): string {
  return `\`${name.replaceAll('\\', '\\\\').replaceAll('`', '\\`')}\``
}

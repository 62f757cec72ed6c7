/**
 * What readers may not say. Roles and `readonly` keep them from everything that writes or reaches out; what is
 * left, found by trying, is closed here: statements like KILL and SET ROLE, the function `file('/etc/passwd')`,
 * `INTO OUTFILE`, and settings that name files of the server or hold SQL.
 */
import { Code, QueryError } from './errors.ts'
import { firstKeyword, isWord, tokenize, type Token } from './sql.ts'

const STATEMENTS = new Set(['SELECT', 'WITH', 'FROM', 'SHOW', 'DESC', 'DESCRIBE', 'EXPLAIN', 'EXISTS'])

/** Settings that name a file, change the language or hold an expression. */
const SETTINGS_REFUSED =
  /^(dialect|polyglot_|promql_|ai_|additional_|parallel_replicas_custom_key|format_schema|format_template|output_format_schema|input_format_record_errors|format_avro_schema_registry|rename_files|into_outfile|allow_ddl|allow_introspection|allow_fuzz|implicit_|chdb_)/

/** Whatever could name the function `file` or the clause INTO OUTFILE, an escape within a quoted name included. */
const SUSPICIOUS = /file|\\/i

export function guardSettings(settings: ReadonlyMap<string, string>): void {
  for (const [name, value] of settings) {
    const loosens = name === 'readonly' && value !== '1' && value !== '2'
    if (loosens || SETTINGS_REFUSED.test(name))
      throw new QueryError(Code.readonly, `Cannot modify '${name}' setting in readonly mode. (READONLY)`)
  }
}

/** Throws if a reader may not run the statement; `canonical` has the engine print it. */
export async function guardStatement(
  sql: string,
  tokens: readonly Token[],
  params: ReadonlyMap<string, string>,
  canonical: (sql: string) => Promise<string>,
): Promise<void> {
  if (!STATEMENTS.has(firstKeyword(tokens))) {
    await canonical(sql) // Throws where it is no statement at all.
    throw new QueryError(
      Code.readonly,
      `reader: Cannot execute query in readonly mode: readers may use ${[...STATEMENTS].join(', ')}. (READONLY)`,
    )
  }
  if (/Identifier/i.test(sql) && [...params.values()].some((value) => SUSPICIOUS.test(value))) refuse('file')
  if (!SUSPICIOUS.test(sql)) return

  // The engine's own print leaves no comments, escapes or odd quotes to be mistaken about.
  const printed = tokenize(await canonical(sql))
  for (let i = 0; i < printed.length; i++) {
    const name = printed[i].kind === 'string' || printed[i].kind === 'symbol' ? '' : printed[i].text
    if (/^[`"]?file[`"]?$/.test(name) && printed[i - 1]?.text !== '.') refuse('file')
    if (isWord(printed[i], 'OUTFILE') && isWord(printed[i - 1], 'INTO')) refuse('INTO OUTFILE')
  }
}

function refuse(what: string): never {
  const advice = what === 'file' ? '; a column of that name is written with its table: t.file' : ''
  throw new QueryError(
    Code.accessDenied,
    `reader: Not enough privileges: ${what} reaches the server's disk${advice}. (ACCESS_DENIED)`,
  )
}

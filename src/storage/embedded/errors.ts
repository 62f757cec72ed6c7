/**
 * The engine's errors as ClickHouse's HTTP interface reports them. Codes are ClickHouse's (src/Common/ErrorCodes.cpp),
 * the statuses are those of its exceptionCodeToHTTPStatus.
 */

export const Code = {
  badArguments: 36,
  notImplemented: 48,
  syntax: 62,
  readonly: 164,
  timeout: 159,
  queryTooLarge: 229,
  tooManyQueries: 202,
  accessDenied: 497,
  authenticationFailed: 516,
  cancelled: 394,
  unknown: 1002,
} as const

const STATUS = new Map<number, number>([
  ...each(400, 6, 25, 26, 27, 36, 38, 41, 43, 53, 62, 69, 72, 117, 130, 167, 168),
  ...each(401, 194),
  ...each(403, 192, 193, 516),
  ...each(404, 46, 47, 50, 56, 60, 63, 73, 78, 81, 115, 336),
  ...each(408, 159),
  ...each(413, 229),
  ...each(501, 48),
  ...each(503, 74, 202, 209),
])

function each(status: number, ...codes: number[]): [number, number][] {
  return codes.map((code) => [code, status])
}

/** An error a client is told about. */
export class QueryError extends Error {
  constructor(
    readonly code: number,
    /** Without the `Code: N. DB::Exception:` in front. */
    readonly text: string,
    readonly status = STATUS.get(code) ?? 500,
  ) {
    super(text)
  }

  /** The body of the response. */
  body(version: string): string {
    return `Code: ${this.code}. DB::Exception: ${this.text} (version ${version})\n`
  }
}

/** What the engine rejected with. `ours` is text this server added to the statement, taken out of the message again. */
export function fromEngine(error: unknown, ours = ''): QueryError {
  const message = error instanceof Error ? error.message : String(error)
  const code = Number(/Code: (\d+)\./.exec(message)?.[1] ?? Code.unknown)
  // A query that fails within the embedded client is wrapped again: keep the innermost text, name the version once.
  const text = message
    .replace(/^(?:Code: \d+\. DB::Exception: )+/, '')
    .replace(/ \(version [^()]*\)\. \([A-Z_]+\)/g, '')
    .replace(/ \(version [^()]*\)/g, '')
    .replaceAll(ours || '\0', '')
    .trim()
  return new QueryError(code, text)
}

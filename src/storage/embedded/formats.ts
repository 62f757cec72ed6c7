/** Output formats: their media types, and what compresses them. */

const MEDIA_TYPES: [RegExp, string][] = [
  [/^JSON\w*EachRow|^JSONLines$|^NDJSON$/i, 'application/x-ndjson; charset=UTF-8'],
  [/^JSON/i, 'application/json; charset=UTF-8'],
  [/^(TSV|TabSeparated)/i, 'text/tab-separated-values; charset=UTF-8'],
  [/^CSV/i, 'text/csv; charset=UTF-8'],
  [/^XML$/i, 'application/xml; charset=UTF-8'],
  [/^(Native|RowBinary|Parquet|Arrow|ORC|Avro|MsgPack|BSON|Protobuf|CapnProto|Npy)/i, 'application/octet-stream'],
]

export function mediaType(format: string): string {
  return MEDIA_TYPES.find(([pattern]) => pattern.test(format))?.[1] ?? 'text/plain; charset=UTF-8'
}

/** Content-Encoding to the engine's name of it, best first. */
const ENCODINGS: Record<string, string> = {
  zstd: 'zstd',
  br: 'br',
  gzip: 'gzip',
  'x-gzip': 'gzip',
  deflate: 'deflate',
  lz4: 'lz4',
  xz: 'xz',
  snappy: 'snappy',
  bz2: 'bz2',
}

/** The engine's name of a request's Content-Encoding, '' for none; undefined if there is no such method. */
export function bodyCompression(encoding: string): string | undefined {
  return encoding === '' || encoding === 'identity' ? '' : ENCODINGS[encoding.toLowerCase()]
}

const RESPONSE_ENCODINGS = ['zstd', 'br', 'gzip', 'deflate', 'lz4']

/** What a response is compressed with, '' for nothing. */
export function responseEncoding(accepted: string): string {
  const names = new Set(
    accepted
      .toLowerCase()
      .split(',')
      .filter((entry) => !/;\s*q=0(\.0*)?\s*$/.test(entry))
      .map((entry) => entry.split(';')[0].trim()),
  )
  return RESPONSE_ENCODINGS.find((name) => names.has(name)) ?? ''
}

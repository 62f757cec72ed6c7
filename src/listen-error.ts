/** A port could not be had. */
export class ListenError extends Error {
  /** `table` is the one of config.toml that names host and port. */
  constructor(table: string, host: string, port: number, cause: Error & { code?: string }) {
    super(
      cause.code === 'EADDRINUSE'
        ? `port ${port} on ${host} is in use by another program: stop that one, or set ${table}.port`
        : `cannot listen on ${host}:${port}: ${cause.message}; see ${table}.host and ${table}.port`,
    )
  }
}

/** ClickHouse for commands that write to it: the configured server, or the embedded one, whether a gateway runs it or not. */
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Logger } from 'pino'
import type { Config } from '../config.ts'
import { ClickHouse } from '../storage/clickhouse.ts'
import { WRITER } from '../storage/embedded/access.ts'
import { startEmbedded } from '../storage/embedded/embedded.ts'
import { DirectoryInUse } from '../storage/lock.ts'

export interface Access {
  clickhouse: ClickHouse
  close(): Promise<void>
}

/** Connects, and makes the schema if it is not there. Throws an Error that says what to do. */
export async function openClickHouse(config: Config, log: Logger): Promise<Access> {
  const { url, username, password, database, cluster, insert_quorum: insertQuorum } = config.clickhouse
  const target = { database, cluster, insertQuorum }
  if (url !== '') return connect({ ...target, url, username, password, embedded: false }, log)
  const { path, host, port, password: readerPassword } = config.embedded
  try {
    const own = await startEmbedded({ path, host, port: 0, readerPassword, log })
    const access = await connect({ ...target, ...own, url: own.url, embedded: true }, log)
    return {
      clickhouse: access.clickhouse,
      close: async () => {
        await access.close()
        await own.stop()
      },
    }
  } catch (error) {
    if (!(error instanceof DirectoryInUse)) throw error
  }
  // A gateway runs it, and answers the writer on its port.
  const reachable = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '[::1]' : host
  const secret = readFileSync(join(resolve(path), 'writer.secret'), 'utf8').trim()
  return connect(
    { ...target, url: `http://${reachable}:${port}`, username: WRITER, password: secret, embedded: true },
    log,
  )
}

async function connect(options: ConstructorParameters<typeof ClickHouse>[0], log: Logger): Promise<Access> {
  const clickhouse = new ClickHouse(options)
  await clickhouse.prepare(log)
  return { clickhouse, close: () => clickhouse.close() }
}

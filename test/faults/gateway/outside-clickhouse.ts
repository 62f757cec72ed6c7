/** A ClickHouse that is not the gateway's child, so that it stays when the gateway is killed, behind a proxy. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { startEmbedded } from '../../../src/storage/embedded/embedded.ts'
import { FaultProxy } from './proxy.ts'
import type { Ask } from './truth.ts'

export interface OutsideClickHouse {
  proxy: FaultProxy
  /** Settings of a gateway that uses it, by way of the proxy or without. */
  environment(database?: string, url?: string): Record<string, string>
  /** Its own, without the proxy. */
  url: string
  /** Ends it until `back`, which starts it on the same data and port. */
  away(): Promise<void>
  back(): Promise<void>
  ask: Ask
  stop(): Promise<void>
}

export async function startOutsideClickHouse(): Promise<OutsideClickHouse> {
  const directory = mkdtempSync(join(tmpdir(), 'waygate-outside-'))
  const silent = pino({ level: 'silent' })
  const start = (port: number) =>
    startEmbedded({ path: directory, host: '127.0.0.1', port, readerPassword: '', log: silent })
  let engine = await start(0)
  const { url } = engine
  const port = Number(new URL(url).port)
  const proxy = new FaultProxy(port)
  return {
    proxy,
    url,
    away: () => engine.stop(),
    back: async () => {
      engine = await start(port)
    },
    environment: (database = 'waygate', through = proxy.url) => ({
      WAYGATE_CLICKHOUSE_URL: through,
      WAYGATE_CLICKHOUSE_USERNAME: engine.username,
      WAYGATE_CLICKHOUSE_PASSWORD: engine.password,
      WAYGATE_CLICKHOUSE_DATABASE: database,
    }),
    ask: async <Row>(sql: string) => {
      const settings = 'output_format_json_quote_64bit_integers = 0'
      const body = `${sql} FORMAT JSONEachRow SETTINGS ${settings}`
      const response = await fetch(url, { method: 'POST', body })
      const text = await response.text()
      if (!response.ok) throw new Error(`${response.status}: ${text}`)
      return text
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as Row)
    },
    stop: async () => {
      proxy.stop()
      await engine.stop()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

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
  /** Settings of a gateway that uses it. */
  environment(database?: string): Record<string, string>
  ask: Ask
  stop(): Promise<void>
}

export async function startOutsideClickHouse(): Promise<OutsideClickHouse> {
  const directory = mkdtempSync(join(tmpdir(), 'waygate-outside-'))
  const silent = pino({ level: 'silent' })
  const engine = await startEmbedded({ path: directory, host: '127.0.0.1', port: 0, readerPassword: '', log: silent })
  const proxy = new FaultProxy(Number(new URL(engine.url).port))
  return {
    proxy,
    environment: (database = 'waygate') => ({
      WAYGATE_CLICKHOUSE_URL: proxy.url,
      WAYGATE_CLICKHOUSE_USERNAME: engine.username,
      WAYGATE_CLICKHOUSE_PASSWORD: engine.password,
      WAYGATE_CLICKHOUSE_DATABASE: database,
    }),
    ask: async <Row>(sql: string) => {
      const settings = 'output_format_json_quote_64bit_integers = 0'
      const body = `${sql} FORMAT JSONEachRow SETTINGS ${settings}`
      const response = await fetch(engine.url, { method: 'POST', body })
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

/**
 * One listener: net → journal → workers → storage, put together. A gateway is one of these, or several on one port, each in
 * a process of its own with a journal of its own (processes.ts).
 */
import type { Logger } from 'pino'
import type { Registry } from 'prom-client'
import { DeviceSettings } from '../codecs/device-settings.ts'
import { createCodecs } from '../codecs/registry.ts'
import type { Config } from '../config.ts'
import type { DeviceList } from '../devices/device-list.ts'
import { DeviceWatch } from '../devices/device-watch.ts'
import { createMetrics } from '../metrics.ts'
import { Net } from '../net/net.ts'
import { ClickHouse, UnsupportedServer } from '../storage/clickhouse.ts'
import { Drain } from '../storage/drain.ts'
import { DISK, type Files } from '../storage/files.ts'
import { Journal, JournalClosed } from '../storage/journal.ts'
import { lockDirectory } from '../storage/lock.ts'
import { Refusals } from '../storage/refusals.ts'
import { decodingBy } from '../workers/decoding.ts'
import { WorkerPool } from '../workers/pool.ts'

/** A ClickHouse to insert into. */
export interface Target {
  url: string
  username: string
  password: string
  embedded: boolean
}

/** What a gateway's readiness depends on; each is '' when good, else what is wrong. */
export type Troubles = Record<'listening' | 'devices' | 'journal' | 'clickhouse', string>

export interface Listener {
  readonly net: Net
  readonly devices: DeviceWatch
  readonly metrics: Registry
  /** False for one that is left over from a run with more listeners: it only inserts what its journal has. */
  readonly hasPort: boolean
  /** Opens the port on what of TCP and UDP is this listener's; gives it. */
  listen(): Promise<number>
  /** Inserts there from now on. Resolves when the schema is there, however long that takes. */
  insertInto(target: Target): Promise<ClickHouse>
  troubles(): Troubles
  /** Resolves when ClickHouse holds what was received so far, under the device file as it is now. */
  settled(): Promise<void>
  /** Stops reading, inserts what is left for at most `drainMs`, and lets go of everything. */
  stop(drainMs: number): Promise<void>
}

/** A stop that takes longer has gone wrong. */
export const STOP_MS = 9500
/** What inserting may use of it. */
export const DRAIN_MS = 6500
const PING_MS = 5000
const PREPARE_RETRY_MS = 2000
const SETTLE_POLL_MS = 100

/**
 * Opens the journal; what it holds is inserted as soon as there is a ClickHouse. `onDevices` is told whenever the device file
 * has changed, `onFatal` when the listener can no longer keep its promises and its process must end.
 */
export async function openListener(
  config: Config,
  log: Logger,
  onDevices: (list: DeviceList) => void,
  onFatal: (error: Error) => void,
  files: Files = DISK,
): Promise<Listener> {
  const devices = new DeviceWatch(config.devices.file, config.devices.unknown, log)
  const codecsFor = (list: DeviceList) => createCodecs(config.codecs, new DeviceSettings(list.options))
  const codecs = codecsFor(devices.list)
  const unlock = lockDirectory(config.journal.path)
  const { path, max_bytes: maxBytes } = config.journal
  const journal = await Journal.open(path, maxBytes, config.gateway.id, log, files).catch((error: Error) => {
    throw new Error(`the journal at ${path} cannot be opened: ${error.message}`)
  })
  const pool = new WorkerPool(config.workers.threads, config.codecs, devices.list.options)
  pool.onDecoderError = (error) =>
    log.error(
      { error },
      'a decoder failed: its frame is in rejects with the reason decoder_error; please report it with these bytes',
    )
  const net = new Net(
    codecs,
    journal,
    {
      ...config.gateway,
      limits: {
        connections: config.limits.connections,
        connectionsPerIp: config.limits.connections_per_ip,
        idleTimeoutMs: config.limits.idle_timeout_s * 1000,
        loginTimeoutMs: config.limits.login_timeout_s * 1000,
      },
      commit: {
        batchBytes: config.workers.batch_bytes,
        batchMs: config.workers.batch_ms,
        commitMs: config.journal.commit_ms,
        frameBytes: config.limits.frame_bytes,
        durable: config.journal.ack === 'durable',
      },
    },
    log,
    (claimed) => devices.list.admit(claimed),
    (batch) =>
      drain.offer({
        arena: batch.bytes.buffer as ArrayBuffer,
        used: batch.used,
        first: batch.firstEntry,
        last: batch.lastEntry,
      }),
    (error) =>
      onFatal(
        new Error(`the journal at ${path} could not be written: ${error.message}; nothing is acknowledged any more`),
      ),
  )
  devices.start((list) => {
    net.devicesChanged(codecsFor(list))
    pool.useDevices(list.options)
    onDevices(list)
  })
  let clickhouse: ClickHouse | null = null
  /** Why ClickHouse is not there yet. */
  let starting = 'starting'
  let stopping = false
  const drain = new Drain(
    journal,
    decodingBy(pool),
    {
      insert: (table, columns, block, token) => clickhouse!.insert(table, columns, block, token),
      probe: (table) => clickhouse!.probe(table),
    },
    Refusals.open(path, journal.doneEntry),
    {
      insertRows: config.clickhouse.insert_rows,
      insertMs: config.clickhouse.insert_ms,
      batchBytes: config.workers.batch_bytes,
      threads: config.workers.threads,
    },
    (arena) => net.committer.recycle(arena),
    log,
  )
  drain.onFailure = (error) => {
    // A stop that ran out of time has closed the journal under it.
    if (!(error instanceof JournalClosed))
      onFatal(new Error(`the journal at ${path} cannot be read or written: ${error.message}`))
  }
  const hasPort = config.gateway.tcp || config.gateway.udp
  const pings = setInterval(() => void clickhouse?.ping(), PING_MS)

  return {
    net,
    devices,
    metrics: createMetrics(net, journal, pool, drain),
    hasPort,
    listen: () => net.listen(),

    insertInto: async (target) => {
      const { database, cluster, insert_quorum: insertQuorum } = config.clickhouse
      const client = new ClickHouse({ ...target, database, cluster, insertQuorum })
      for (;;) {
        try {
          await client.prepare(log)
          break
        } catch (error) {
          if (error instanceof UnsupportedServer || stopping) throw error
          starting = (error as Error).message
          log.warn(
            { url: target.url, reason: starting },
            'ClickHouse cannot be used yet; frames are kept in the journal meanwhile',
          )
          await Bun.sleep(PREPARE_RETRY_MS)
        }
      }
      clickhouse = client
      drain.start()
      return client
    },

    troubles: () => ({
      listening: net.listening || !hasPort ? '' : 'not listening yet',
      devices: devices.trouble === '' ? '' : 'the device file is wrong: that of before is in force; see the log',
      journal: journal.lowOnDisk
        ? 'full: its disk has no room left'
        : journal.full
          ? 'full: journal.max_bytes is reached'
          : '',
      clickhouse: clickhouse === null ? starting : drain.trouble || clickhouse.trouble,
    }),

    settled: async () => {
      await devices.current()
      await net.durable()
      const last = journal.lastEntry
      while (journal.doneEntry < last) await Bun.sleep(SETTLE_POLL_MS)
    },

    stop: async (drainMs) => {
      stopping = true
      clearInterval(pings)
      devices.stop()
      log.info('stopping: no new frames; inserting what is left')
      await net.stop()
      if (clickhouse && !(await drain.stop(drainMs)))
        log.warn('ClickHouse did not take everything in time; the journal keeps the rest for the next start')
      await pool.stop()
      await clickhouse?.close()
      await journal.close()
      unlock()
    },
  }
}

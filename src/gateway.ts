/**
 * A running gateway: net → journal → workers → storage, put together. main.ts makes one from the configuration; tests
 * and the demo make theirs.
 */
import type { Logger } from 'pino'
import { DeviceSettings } from './codecs/device-settings.ts'
import { TRANSPORTS } from './codecs/frame-record.ts'
import { createCodecs } from './codecs/registry.ts'
import { Reject } from './codecs/rejects.ts'
import { isLoopback, type Config } from './config.ts'
import type { DeviceList } from './devices/device-list.ts'
import { DeviceWatch } from './devices/device-watch.ts'
import { Publisher } from './devices/release.ts'
import { serveHttp } from './http.ts'
import { createMetrics } from './metrics.ts'
import { Net } from './net/net.ts'
import { receiveSms } from './sms/receive.ts'
import { smsWebhook } from './sms/webhook.ts'
import { ClickHouse, UnsupportedServer } from './storage/clickhouse.ts'
import { Drain } from './storage/drain.ts'
import { startEmbedded, type Embedded } from './storage/embedded/embedded.ts'
import { DISK, type Files } from './storage/files.ts'
import { Journal, JournalClosed } from './storage/journal.ts'
import type { KeptFrame } from './storage/kept-frames.ts'
import { lockDirectory } from './storage/lock.ts'
import { Refusals } from './storage/refusals.ts'
import { joinBlocks } from './workers/join-blocks.ts'
import { WorkerPool } from './workers/pool.ts'
import { batchOf, recordHash, recordsOf } from './workers/records.ts'
import { emptyBlocks } from './workers/tables.ts'

export interface Gateway {
  /** The ports in use; they differ from the configured ones where those are 0. */
  port: number
  httpPort: number
  /** URL of ClickHouse, embedded or not. */
  clickhouseUrl: string
  /** Resolves when ClickHouse is there and the schema with it. */
  ready: Promise<void>
  /** Stops reading, inserts what is left as far as the time allows, and lets go of everything. */
  stop(): Promise<void>
}

const PING_MS = 5000
/** Of the ten seconds a stop may take, what inserting may use. */
const DRAIN_MS = 6500
const PREPARE_RETRY_MS = 2000
const SETTLE_POLL_MS = 100

/**
 * Starts a gateway. Intake is open as soon as the journal is, also while ClickHouse is still starting: what comes in
 * waits in the journal. `onFatal` is called when the gateway can no longer keep its promises and must end.
 */
export async function startGateway(
  config: Config,
  log: Logger,
  onFatal: (error: Error) => void,
  files: Files = DISK,
): Promise<Gateway> {
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
        new Error(
          `the journal at ${config.journal.path} could not be written: ${error.message}; nothing is acknowledged any more`,
        ),
      ),
  )
  devices.start((list) => {
    net.devicesChanged(codecsFor(list))
    pool.useDevices(list.options)
    publisher?.publish(list)
  })
  let clickhouse: ClickHouse | null = null
  /** Why ClickHouse is not there yet. */
  let starting = 'starting'
  const drain = new Drain(
    journal,
    {
      decode: (batch, refused, counted) => pool.decode({ ...batch, refused }, counted),
      recordsOf,
      batchOf,
      recordHash,
      joinBlocks,
      emptyBlocks: emptyBlocks(),
      reasons: { refused: Reject.refused, deadly: Reject.decoder_error },
    },
    {
      insert: (table, columns, block, token) => clickhouse!.insert(table, columns, block, token),
      probe: (table) => clickhouse!.probe(table),
    },
    Refusals.open(config.journal.path, journal.doneEntry),
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
      onFatal(new Error(`the journal at ${config.journal.path} cannot be read or written: ${error.message}`))
  }
  const metrics = createMetrics(net, journal, pool, drain)
  const readiness = () => ({
    listening: net.listening ? '' : 'not listening yet',
    devices: devices.trouble === '' ? '' : 'the device file is wrong: that of before is in force; see the log',
    journal: journal.lowOnDisk
      ? 'full: its disk has no room left'
      : journal.full
        ? 'full: journal.max_bytes is reached'
        : '',
    clickhouse: clickhouse === null ? starting : drain.trouble || clickhouse.trouble,
  })
  const http = serveHttp(config.http.host, config.http.port, metrics, readiness, (request) =>
    smsWebhook(request, config.sms, !net.paused, (message) => receiveSms(message, codecs, devices.list, net)),
  )
  const port = await net.listen()
  const transports = [config.gateway.tcp && 'TCP', config.gateway.udp && 'UDP'].filter(Boolean).join(' and ')
  log.info({ host: config.gateway.host, port }, `listening for trackers on port ${port}, ${transports}`)

  let embedded: Embedded | null = null
  const pings = setInterval(() => void clickhouse?.ping(), PING_MS)
  let stopping = false
  let publisher: Publisher | null = null
  const takeReleased = (frame: KeptFrame, device: string) => {
    const codec = codecs.find(({ name }) => name === frame.protocol)
    if (!codec)
      throw new Error(`a frame of ${device} is of the protocol "${frame.protocol}", which this version does not know`)
    const transport = TRANSPORTS.indexOf(frame.transport as (typeof TRANSPORTS)[number])
    net.takeReleased({ ...frame, codec: codec.id, transport, quarantined: false, device })
  }
  /** Resolves when ClickHouse holds what was received so far. */
  const settled = async () => {
    await net.durable()
    const last = journal.lastEntry
    while (journal.doneEntry < last) await Bun.sleep(SETTLE_POLL_MS)
  }

  const prepare = async (): Promise<void> => {
    const { url, username, password, database, cluster, insert_quorum: insertQuorum } = config.clickhouse
    if (url === '') {
      log.info({ path: config.embedded.path }, 'starting the embedded ClickHouse')
      const { path, host, port: embeddedPort, password: readerPassword } = config.embedded
      embedded = await startEmbedded({ path, host, port: embeddedPort, readerPassword, log })
    }
    const target = embedded ?? { url, username, password }
    gateway.clickhouseUrl = target.url
    const client = new ClickHouse({
      url: target.url,
      username: target.username,
      password: target.password,
      database,
      cluster,
      insertQuorum,
      embedded: embedded !== null,
    })
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
    if (config.devices.file !== '') {
      publisher = new Publisher(client, { take: takeReleased, durable: () => net.durable(), settled }, log)
      publisher.publish(devices.list)
    }
    const reader = embedded && isLoopback(config.embedded.host) ? '; query it with any ClickHouse HTTP client' : ''
    log.info({ url: target.url }, `ready: fixes go to ClickHouse at ${target.url}${reader}`)
  }

  const gateway: Gateway = {
    port,
    httpPort: http.port!,
    clickhouseUrl: config.clickhouse.url,
    ready: Promise.resolve(),
    stop: async () => {
      stopping = true
      clearInterval(pings)
      devices.stop()
      publisher?.stop()
      log.info('stopping: no new frames; inserting what is left')
      await net.stop()
      if (clickhouse && !(await drain.stop(DRAIN_MS)))
        log.warn('ClickHouse did not take everything in time; the journal keeps the rest for the next start')
      await http.stop(true)
      await pool.stop()
      await clickhouse?.close()
      await embedded?.stop()
      await journal.close()
      unlock()
    },
  }
  gateway.ready = prepare()
  gateway.ready.catch((error: Error) => {
    if (!stopping) onFatal(error)
  })
  return gateway
}

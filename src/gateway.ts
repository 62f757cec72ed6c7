/**
 * A running gateway: one listener or several, the ClickHouse they insert into, and what there is once: HTTP, text messages,
 * and the release of quarantined frames. main.ts makes one from the configuration; tests and the demo make theirs.
 */
import type { Logger } from 'pino'
import { AggregatorRegistry, type Registry } from 'prom-client'
import { TRANSPORTS } from './codecs/frame-record.ts'
import { isLoopback, type Config } from './config.ts'
import { Publisher } from './devices/release.ts'
import { serveHttp } from './http.ts'
import { DRAIN_MS, openListener, type Target } from './listeners/listener.ts'
import { ofListener } from './listeners/listener-config.ts'
import type { Metrics } from './listeners/messages.ts'
import { ListenerProcesses } from './listeners/processes.ts'
import { receiveSms } from './sms/receive.ts'
import { smsWebhook } from './sms/webhook.ts'
import { startEmbedded, type Embedded } from './storage/embedded/embedded.ts'
import { DISK, type Files } from './storage/files.ts'
import type { KeptFrame } from './storage/kept-frames.ts'

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
  let publisher: Publisher | null = null
  const first = await openListener(ofListener(config, 0), log, (list) => publisher?.publish(list), onFatal, files)
  const { net, devices } = first
  if (config.gateway.listeners > 1) first.metrics.setDefaultLabels({ listener: '0' })
  let others: ListenerProcesses | null = null
  const http = serveHttp(
    config.http.host,
    config.http.port,
    async () => merged(first.metrics, (await others?.metrics()) ?? []),
    async () => (await others?.troubles(first.troubles())) ?? first.troubles(),
    (request) =>
      smsWebhook(request, config.sms, !net.paused, (message) => receiveSms(message, net.codecs, devices.list, net)),
  )
  const port = await first.listen()
  const transports = [config.gateway.tcp && 'TCP', config.gateway.udp && 'UDP'].filter(Boolean).join(' and ')
  log.info({ host: config.gateway.host, port }, `listening for trackers on port ${port}, ${transports}`)
  others = new ListenerProcesses(config, port, log)

  let embedded: Embedded | null = null
  let stopping = false
  const takeReleased = (frame: KeptFrame, device: string) => {
    const codec = net.codecs.find(({ name }) => name === frame.protocol)
    if (!codec)
      throw new Error(`a frame of ${device} is of the protocol "${frame.protocol}", which this version does not know`)
    const transport = TRANSPORTS.indexOf(frame.transport as (typeof TRANSPORTS)[number])
    net.takeReleased({ ...frame, codec: codec.id, transport, quarantined: false, device })
  }

  const prepare = async (): Promise<void> => {
    const { url, username, password } = config.clickhouse
    if (url === '') {
      log.info({ path: config.embedded.path }, 'starting the embedded ClickHouse')
      const { path, host, port: embeddedPort, password: readerPassword } = config.embedded
      embedded = await startEmbedded({ path, host, port: embeddedPort, readerPassword, log })
    }
    const target: Target = embedded
      ? { url: embedded.url, username: embedded.username, password: embedded.password, embedded: true }
      : { url, username, password, embedded: false }
    gateway.clickhouseUrl = target.url
    const client = await first.insertInto(target)
    others.insertInto(target)
    if (config.devices.file !== '') {
      const settled = async () => void (await Promise.all([first.settled(), others.settled()]))
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
      publisher?.stop()
      await Promise.all([first.stop(DRAIN_MS), others.stop()])
      await http.stop(true)
      await embedded?.stop()
    },
  }
  gateway.ready = prepare()
  gateway.ready.catch((error: Error) => {
    if (!stopping) onFatal(error)
  })
  return gateway
}

/** The metrics of all listeners. The others have their numbers as a label; so has the first where it is not the only one. */
async function merged(first: Registry, others: readonly Metrics[]): Promise<Registry> {
  if (others.length === 0) return first
  const all = [await first.getMetricsAsJSON(), ...others]
  // Their labels differ, so nothing is summed; but metrics that make no sense as a sum would be left out.
  return AggregatorRegistry.aggregate(all.map((metrics) => metrics.map((metric) => ({ ...metric, aggregator: 'sum' }))))
}

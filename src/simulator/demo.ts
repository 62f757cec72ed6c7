/** `demo`: a gateway and a fleet in one terminal, and what ClickHouse holds of it, every second until stopped. */
import { pino } from 'pino'
import { loadConfig } from '../config-file.ts'
import { startGateway } from '../gateway.ts'
import { Fleet, latencyText } from './fleet.ts'
import { TRACKER_PROTOCOLS } from './protocols.ts'

const DEVICES = 60
const config = loadConfig(undefined)
const log = pino({ level: 'warn', base: null })
const NEWEST = `SELECT device_id, protocol, transport, fix_time, round(latitude, 5) AS latitude, round(longitude, 5) AS longitude,
  speed_kph, alarms FROM ${config.clickhouse.database}.fixes ORDER BY received_at DESC LIMIT 5 FORMAT PrettyCompactMonoBlock`
const out = (text: string) => process.stdout.write(text)

out('Starting the gateway and its ClickHouse …\n')
const gateway = await startGateway(config, log, (error) => {
  process.stderr.write(`${error.message}\n`)
  process.exit(1)
})
await gateway.ready
out(
  `Listening on port ${gateway.port}; ClickHouse answers at ${gateway.clickhouseUrl}. ${DEVICES} simulated trackers start to drive. Ctrl-C ends it.\n`,
)

const fleet = new Fleet({
  host: '127.0.0.1',
  port: gateway.port,
  transport: config.gateway.tcp && config.gateway.udp ? 'mixed' : config.gateway.tcp ? 'tcp' : 'udp',
  devices: DEVICES,
  rate: DEVICES,
  seconds: Infinity,
  protocols: Object.values(TRACKER_PROTOCOLS),
  seed: Date.now() % 1_000_000,
  truth: null,
  firstDevice: 900_000,
})
const running = fleet.run()
let before = 0
const timer = setInterval(() => void show(), 1000)
const stop = () => {
  clearInterval(timer)
  fleet.stop()
  void running.then(() => gateway.stop()).then(() => process.exit(0))
}
process.once('SIGINT', stop)
process.once('SIGTERM', stop)

async function show(): Promise<void> {
  const { confirmed, byProtocol, latencies } = fleet.counts
  const protocols = Object.entries(byProtocol).map(([name, fixes]) => `${name} ${fixes}`)
  out(
    `\nacknowledged fixes: ${protocols.join(', ')} (${confirmed - before}/s); ack latency ${latencyText(latencies)}\n`,
  )
  before = confirmed
  const answer = await fetch(
    `${gateway.clickhouseUrl}/?output_format_pretty_color=0&output_format_pretty_row_numbers=0`,
    { method: 'POST', body: NEWEST, ...readerAuth() },
  )
  out(await answer.text())
}

function readerAuth(): { headers?: Record<string, string> } {
  const { url, username, password } = config.clickhouse
  if (url !== '') return { headers: { 'X-ClickHouse-User': username, 'X-ClickHouse-Key': password } }
  return config.embedded.password === ''
    ? {}
    : { headers: { 'X-ClickHouse-User': 'default', 'X-ClickHouse-Key': config.embedded.password } }
}

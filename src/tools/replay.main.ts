/** `bun run replay -- <file…>`; see replay/. */
import { parseArgs } from 'node:util'
import { DeviceSettings } from '../codecs/device-settings.ts'
import { createCodecs } from '../codecs/registry.ts'
import { loadConfig } from '../config-file.ts'
import { loadDevices } from '../devices/device-watch.ts'
import { createLogger } from '../log.ts'
import { openClickHouse } from './clickhouse-access.ts'
import { decodeRecording } from './replay/decode-recording.ts'
import { readRecording, type FileRecording } from './replay/read-recording.ts'
import { replay } from './replay/replay.ts'
import { send } from './replay/send.ts'

const USAGE = `Feeds recorded traffic through the codecs into ClickHouse, or sends it to a port.

  replay [--config FILE] [--capture-port N] [--host HOST] [--port N] <file…>

A file is one of
  packet capture   pcap or pcapng, as tcpdump and Wireshark write them
  hex dump         a frame a line, with or without a time before it
  server log       lines with "HEX: …", or "[id: protocol < address] …"
  SD card log      of a TK103B: the sentences it stored

  --capture-port   the trackers' port in a capture; default: gateway.port
  --host, --port   send to this port instead, for example to a running gateway

Frames that ClickHouse has already are recognised, so nothing doubles. It may run beside the gateway.
`
const SKIPPED_SHOWN = 10

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    config: { type: 'string' },
    'capture-port': { type: 'string' },
    host: { type: 'string' },
    port: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})
if (values.help || positionals.length === 0) {
  process.stdout.write(USAGE)
  process.exit(values.help ? 0 : 2)
}
const say = (text: string) => process.stdout.write(`${text}\n`)
const fail = (text: string): never => {
  process.stderr.write(`${text}\n`)
  process.exit(2)
}
const portOf = (option: 'port' | 'capture-port'): number | undefined => {
  const text = values[option]
  if (text === undefined) return undefined
  const port = Number(text)
  return Number.isInteger(port) && port > 0 && port < 65_536 ? port : fail(`--${option}: "${text}" is no port`)
}

const config = loadConfig(values.config)
const devices = loadDevices(config.devices.file, config.devices.unknown)
const codecs = createCodecs(config.codecs, new DeviceSettings(devices.options))
const capturePort = portOf('capture-port') ?? config.gateway.port

const recordings = positionals.map((path): FileRecording => {
  try {
    const recording = readRecording(path, capturePort)
    say(`${path}: ${recording.kind}, ${recording.chunks.length} pieces`)
    for (const text of recording.skipped.slice(0, SKIPPED_SHOWN)) say(`  not used: ${text}`)
    const more = recording.skipped.length - SKIPPED_SHOWN
    if (more > 0) say(`  … and ${more} more`)
    return recording
  } catch (error) {
    return fail(`${path}: ${(error as Error).message}`)
  }
})
if (values.host !== undefined || values.port !== undefined) await sendAll()
else await storeAll()

async function sendAll(): Promise<void> {
  const [host, port] = [values.host ?? '127.0.0.1', portOf('port') ?? config.gateway.port]
  for (const { chunks } of recordings) {
    const { flows, bytes, replyBytes } = await send(chunks, host, port, (done) => progress(done, chunks.length))
    process.stderr.write('\n')
    say(`sent ${bytes} bytes over ${flows} flows to ${host}:${port}; ${replyBytes} bytes came back`)
  }
}

async function storeAll(): Promise<void> {
  const access = await openClickHouse(config, createLogger({ level: 'warn' }))
  const devicesSeen = new Set<string>()
  const totals = { frames: 0, known: 0, rows: new Map<string, number>() }
  try {
    for (const { chunks, writtenMs } of recordings) {
      const { frames, rejects } = decodeRecording(chunks, codecs, devices, config.limits.frame_bytes, writtenMs)
      for (const [reason, bytes] of rejects) say(`  ${bytes} bytes are of no use: ${reason}`)
      const { known, rows } = await replay(access.clickhouse, config.clickhouse.database, codecs, frames, (done) =>
        progress(done, frames.length),
      )
      if (frames.length > 0) process.stderr.write('\n')
      totals.frames += frames.length
      totals.known += known
      for (const frame of frames) devicesSeen.add(frame.device)
      for (const [table, amount] of rows) totals.rows.set(table, (totals.rows.get(table) ?? 0) + amount)
    }
  } finally {
    await access.close()
  }
  say(`${totals.frames} frames of ${devicesSeen.size} devices, ${totals.known} of them stored before`)
  for (const [table, amount] of totals.rows) say(`  ${table}: ${amount} rows`)
}

function progress(done: number, of: number): void {
  if (done % 100 === 0 || done === of) process.stderr.write(`\r${done} of ${of} `)
}

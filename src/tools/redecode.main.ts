/** `bun run redecode -- [options]`; see redecode.ts. */
import { parseArgs } from 'node:util'
import { DeviceSettings } from '../codecs/device-settings.ts'
import { createCodecs } from '../codecs/registry.ts'
import { loadConfig } from '../config-file.ts'
import { loadDevices } from '../devices/device-watch.ts'
import { createLogger } from '../log.ts'
import { openClickHouse } from './clickhouse-access.ts'
import { redecode, report, type Selection } from './redecode.ts'

const USAGE = `Decodes stored frames again with today's codecs, shows what changes and changes it.

  redecode [--device ID[,ID…]] [--protocol NAME[,NAME…]] [--from TIME] [--to TIME] [--dry-run] [--config FILE]

  --from, --to   times of receipt in UTC, like 2026-06-01 or 2026-06-01T12:00:00; from there on, and before
  --dry-run      shows the difference and changes nothing

It may run beside the gateway. Frames are kept for 30 days unless you changed that.
`

const { values } = parseArgs({
  options: {
    device: { type: 'string' },
    protocol: { type: 'string' },
    from: { type: 'string' },
    to: { type: 'string' },
    'dry-run': { type: 'boolean', default: false },
    config: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})
if (values.help) {
  process.stdout.write(USAGE)
  process.exit(0)
}
const fail = (text: string): never => {
  process.stderr.write(`${text}\n`)
  process.exit(2)
}
const timeOf = (option: 'from' | 'to'): number | undefined => {
  const text = values[option]
  if (text === undefined) return undefined
  const ms = Date.parse(/[Zz]$|[+-]\d\d:?\d\d$/.test(text) || text.length <= 10 ? text : `${text.replace(' ', 'T')}Z`)
  return Number.isNaN(ms) ? fail(`--${option}: "${text}" is no time; write it like 2026-06-01T12:00:00`) : ms
}
const listOf = (text: string | undefined) => text?.split(',').map((item) => item.trim())

const config = loadConfig(values.config)
if (config.clickhouse.cluster !== '') fail('clickhouse.cluster: redecode works on single servers only')
const codecs = createCodecs(
  config.codecs,
  new DeviceSettings(loadDevices(config.devices.file, config.devices.unknown).options),
)
const [devices, protocols, fromMs, toMs] = [
  listOf(values.device),
  listOf(values.protocol),
  timeOf('from'),
  timeOf('to'),
]
const known = new Set(codecs.map((codec) => codec.name))
const strange = protocols?.filter((name) => !known.has(name)) ?? []
if (strange.length > 0) fail(`--protocol: no "${strange.join(', ')}"; there are ${[...known].join(', ')}`)
const selection: Selection = {
  ...(devices && { devices }),
  ...(protocols && { protocols }),
  ...(fromMs !== undefined && { fromMs }),
  ...(toMs !== undefined && { toMs }),
}

const access = await openClickHouse(config, createLogger({ level: 'warn' }))
try {
  const result = await redecode(access.clickhouse, config.clickhouse.database, codecs, {
    selection,
    dryRun: values['dry-run'],
    onProgress: (frames, of) => process.stderr.write(`\r${frames} of ${of} frames `),
  })
  process.stderr.write('\n')
  process.stdout.write(`${report(result, values['dry-run'])}\n`)
} finally {
  await access.close()
}

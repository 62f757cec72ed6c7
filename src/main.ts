/** The command: reads the configuration, starts a gateway, stops it on SIGTERM or SIGINT. */
import { parseArgs } from 'node:util'
import { loadConfig } from './config-file.ts'
import type { Config } from './config.ts'
import { loadDevices } from './devices/device-watch.ts'
import { startGateway } from './gateway.ts'
import { STOP_MS } from './listeners/listener.ts'
import { createLogger } from './log.ts'

const USAGE = `Waygate: any GPS tracker, one port, into ClickHouse.

  bun src/main.ts [--config FILE] [--check-config]

  --config FILE     settings; default: config.toml, or the built-in defaults where there is none
  --check-config    checks the settings and exits: 0 if they are right, 2 if not
  --help            this text
`

const args = parseArgs({
  options: {
    config: { type: 'string' },
    'check-config': { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
}).values

if (args.help) {
  process.stdout.write(USAGE)
  process.exit(0)
}
const config = loadConfig(args.config)
try {
  loadDevices(config.devices.file, config.devices.unknown)
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`)
  process.exit(2)
}
if (args['check-config']) {
  process.stdout.write('The configuration is valid.\n')
  process.exit(0)
}
await run(config)

async function run(config: Config): Promise<void> {
  const log = createLogger()
  const onFatal = (error: Error) => {
    log.fatal(error.message)
    process.exit(1)
  }
  try {
    const gateway = await startGateway(config, log, onFatal)
    let stopping = false
    const stop = () => {
      if (stopping) return
      stopping = true
      setTimeout(() => onFatal(new Error('the gateway did not stop in time')), STOP_MS).unref()
      void gateway.stop().then(
        () => {
          log.info('stopped')
          process.exit(0)
        },
        (error: unknown) => onFatal(error as Error),
      )
    }
    process.on('SIGTERM', stop)
    process.on('SIGINT', stop)
  } catch (error) {
    onFatal(error as Error)
  }
}

/** `bun run identify -- <hex | text | file | ->`; see identify.ts. */
import { parseArgs } from 'node:util'
import { loadConfig } from '../config-file.ts'
import { createCodecs } from '../codecs/registry.ts'
import { identify, readArgument, report } from './identify.ts'

const USAGE = `Says which protocol bytes belong to, and what the gateway makes of them.

  identify [--config FILE] [--device ID] <hex | text | file | ->

  --device   identity to assume for frames that carry none
  -          reads standard input; a file or standard input may hold the bytes themselves or hex

Ends with 0 if a protocol recognises them, else with 1.
`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    config: { type: 'string' },
    device: { type: 'string', default: '' },
    help: { type: 'boolean', default: false },
  },
})
if (values.help || positionals.length === 0) {
  process.stdout.write(USAGE)
  process.exit(values.help ? 0 : 2)
}
const bytes = readArgument(positionals.join(' '))
const found = identify(createCodecs(loadConfig(values.config).codecs), bytes, values.device)
process.stdout.write(`${report(found, bytes)}\n`)
process.exit(found.protocol === null ? 1 : 0)

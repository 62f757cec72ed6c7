/** `bun run journal -- check | dump | repair`; see journal.ts. */
import { existsSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { createCodecs } from '../codecs/registry.ts'
import { loadConfig } from '../config-file.ts'
import { journalOf, listenersWithJournal } from '../listeners/journals.ts'
import { createLogger } from '../log.ts'
import { DISK } from '../storage/files.ts'
import { DirectoryInUse, lockDirectory, lockHolder } from '../storage/lock.ts'
import { describeJournal, dump, inspect, repair } from './journal.ts'

const USAGE = `Looks into a journal, and repairs it.

  journal check  [--config FILE] [--path DIR]    what each file holds, what waits, what is damaged; changes nothing
  journal dump   [--config FILE] [--path DIR] [--from N] [--to N]
                                                 the frames of entries N to N: entry, time received, kind, protocol,
                                                 transport, device, remote address, bytes in hex
  journal repair [--config FILE] [--path DIR]    sets damage aside in quarantine/; the gateway must be stopped

  --path   the journal's directory; default: journal.path of the configuration, with the journals of all listeners

Ends with 0 if all is well, 1 if check finds damage or a gateway has the journal to be repaired, 2 if it cannot start.
`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    config: { type: 'string' },
    path: { type: 'string' },
    from: { type: 'string', default: '1' },
    to: { type: 'string', default: 'Infinity' },
    help: { type: 'boolean', default: false },
  },
})
const [from, to] = [Number(values.from), Number(values.to)]
if (values.help || positionals.length !== 1 || Number.isNaN(from) || Number.isNaN(to))
  stopWith(values.help ? 0 : 2, USAGE)
const config = loadConfig(values.config)
const first = values.path ?? config.journal.path
if (!existsSync(first)) stopWith(2, `There is no directory ${first}.\n`)
const others = values.path === undefined ? listenersWithJournal(first) : []
const paths = [first, ...others.map((listener) => journalOf(first, listener))]

switch (positionals[0]) {
  case 'check':
    for (const path of paths) await check(path)
    break
  case 'dump':
    // Whoever reads it may have seen enough.
    process.stdout.on('error', () => process.exit(0))
    for (const path of paths)
      for await (const line of dump(DISK, path, createCodecs(config.codecs), from, to))
        if (!process.stdout.write(`${line}\n`)) await new Promise((resolve) => process.stdout.once('drain', resolve))
    break
  case 'repair':
    for (const path of paths) await repairAndCheck(path)
    break
  default:
    stopWith(2, USAGE)
}

async function check(path: string): Promise<void> {
  const report = await inspect(DISK, path)
  process.stdout.write(`${describeJournal(report, lockHolder(path))}\n`)
  if (!report.clean) process.exitCode = 1
}

async function repairAndCheck(path: string): Promise<void> {
  try {
    const unlock = lockDirectory(path)
    await repair(DISK, path, createLogger())
    unlock()
  } catch (error) {
    if (!(error instanceof DirectoryInUse)) throw error
    stopWith(1, `${error.message}\n`)
  }
  await check(path)
}

function stopWith(code: number, message: string): never {
  process[code === 0 ? 'stdout' : 'stderr'].write(message)
  process.exit(code)
}

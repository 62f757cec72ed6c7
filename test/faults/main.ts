/** `bun run faults`: the fault tests in their long form. */
import { parseArgs } from 'node:util'
import { FAULT_TESTS } from './list.ts'

const USAGE = `Tries to break what an acknowledgement promises.

  faults [--minutes N] [--seed S] [--only ID[,ID…]]

  --minutes   time for all tests together (default 5)
  --seed      where random things start (default: a new one); the same seed does the same
  --only      ${FAULT_TESTS.map(({ id }) => id).join(', ')} (default: all of them)

Ends with 0 if all hold, else with 1. With --only and --seed alone it runs one round: a failure once more.
`

const { values } = parseArgs({
  options: {
    minutes: { type: 'string' },
    seed: { type: 'string' },
    only: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})
const replay = values.only !== undefined && values.seed !== undefined && values.minutes === undefined
const minutes = replay ? 0 : Number(values.minutes ?? 5)
const seed = Number(values.seed ?? Date.now() % 1_000_000_000)
const ids = values.only?.split(',')
const tests = FAULT_TESTS.filter(({ id }) => ids?.includes(id) ?? true)
if (values.help || !(minutes >= 0) || !Number.isInteger(seed) || tests.length < (ids?.length ?? 1)) {
  process.stdout.write(USAGE)
  process.exit(values.help ? 0 : 2)
}

let failed = 0
for (const { id, name, run } of tests) {
  const started = performance.now()
  const took = () => `${((performance.now() - started) / 1000).toFixed(1)} s`
  try {
    const done = await run({ seed, seconds: (minutes * 60) / tests.length })
    process.stdout.write(`holds  ${id}  ${name}: ${done}, ${took()}, seed ${seed}\n`)
  } catch (error) {
    failed++
    const { message, cause } = error as Error
    process.stdout.write(`FAILS  ${id}  ${name}: ${message}\n${cause instanceof Error ? cause.stack : ''}\n`)
  }
}
process.exit(failed === 0 ? 0 : 1)

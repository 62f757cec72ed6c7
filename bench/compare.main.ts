/** `bench:compare`: this tree against another revision; see USAGE. */
import { parseArgs } from 'node:util'
import { exitWith, fail } from './command-line.ts'
import { compareWith, FULL, LAST_COMPARISON, report, save, SHORT, type Settings } from './compare.ts'
import { bunVersionOf, hashOf } from './revision.ts'
import { ROUNDS_MIN } from './verdict.ts'

const USAGE = `Did the hot path become slower? Runs the suites of both trees in turns, in fresh processes.

  bench:compare REVISION [--filter WORD] [--threshold PCT] [--rounds N] [--short] [--json FILE]

  REVISION     anything git knows; this tree is taken as it stands, with what is not committed
  --filter     only cases with this word in their names (default all; with --short "${SHORT.filter}")
  --threshold  a case may become so many percent slower (default ${FULL.thresholdPct}; with --short ${SHORT.thresholdPct})
  --rounds     first look at all cases, ${ROUNDS_MIN} or more (default ${FULL.screening.rounds}), however long it takes
  --short      about a minute, for gross regressions
  --json       writes the result to FILE too; it is always in bench/last-comparison.json

Ends with 0 if nothing regressed, 1 if something surely did, 2 if it cannot tell.
`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    filter: { type: 'string' },
    threshold: { type: 'string' },
    rounds: { type: 'string' },
    short: { type: 'boolean', default: false },
    json: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})
if (values.help) {
  process.stdout.write(USAGE)
  process.exit(0)
}
const base = values.short ? SHORT : FULL
const thresholdPct = Number(values.threshold ?? base.thresholdPct)
const rounds = Number(values.rounds ?? base.screening.rounds)
if (positionals.length !== 1 || !(thresholdPct > 0) || !(Number.isInteger(rounds) && rounds >= ROUNDS_MIN)) fail(USAGE)
const [ref] = positionals
const hash = hashOf(ref) ?? fail(`git knows no revision "${ref}" here.`)
const theirs = bunVersionOf(hash)
if (theirs !== Bun.version)
  process.stderr.write(
    `${ref} asks for Bun ${theirs}: both are measured on Bun ${Bun.version}, the difference is the code's.\n`,
  )

const settings: Settings = {
  ...base,
  thresholdPct,
  filter: values.filter ?? base.filter,
  ...(values.rounds !== undefined && {
    screening: { ...base.screening, rounds, seconds: Infinity },
    confirmation: { ...base.confirmation, seconds: Infinity },
  }),
}
await exitWith(async () => {
  const comparison = await compareWith(hash, settings)
  save(comparison, LAST_COMPARISON)
  if (values.json !== undefined) save(comparison, values.json)
  return report(comparison, false)
})

/** `bench:check`: this tree against what landed last; see USAGE. */
import { parseArgs } from 'node:util'
import { exitWith } from './command-line.ts'
import { compareWith, FULL, LAST_COMPARISON, report, save, SHORT } from './compare.ts'
import { HISTORY, readRecords, type BenchRecord } from './history.ts'
import { CannotCompare, git, hashOf } from './revision.ts'

const USAGE = `Did the hot path become slower since the newest record in bench/history.jsonl that HEAD descends from?

  bench:check [--short]

  --short  about a minute, for mixed frames only and regressions of ${SHORT.thresholdPct} % and more; without it within five, for ${FULL.thresholdPct} %

Ends with 0 if nothing regressed or there is nothing to compare with, 1 if something surely did, 2 if it cannot tell.
`

const { values } = parseArgs({
  options: { short: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } },
})
if (values.help) {
  process.stdout.write(USAGE)
  process.exit(0)
}
await exitWith(async () => {
  try {
    const comparison = await compareWith(baselineOf(readRecords<BenchRecord>(HISTORY)), values.short ? SHORT : FULL)
    save(comparison, LAST_COMPARISON)
    return report(comparison, values.short)
  } catch (error) {
    if (!(error instanceof CannotCompare)) throw error
    process.stdout.write(`bench:check: nothing to compare with. ${error.message}\n`)
    return 0
  }
})

function baselineOf(records: readonly BenchRecord[]): string {
  const head = hashOf('HEAD')
  const before = (revision: string) =>
    revision !== head && git('merge-base', '--is-ancestor', revision, 'HEAD') !== undefined
  const baseline = records.map(({ revision }) => revision).findLast(before)
  if (baseline !== undefined) return baseline
  throw new CannotCompare('There is no git, no record of a revision before this one, or a clone without its history.')
}

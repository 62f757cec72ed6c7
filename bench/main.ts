/** `bench`: the suites of the hot path; see USAGE. */
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { bytesPerFrame } from './allocation.ts'
import { fail, showProgress, tenths } from './command-line.ts'
import { appendRecord, circumstances, HISTORY, type BenchRecord, type CaseRecord } from './history.ts'
import { isCommitted, thisRevision } from './revision.ts'
import { time, warmUp, type Timing } from './run.ts'
import { median } from './statistics.ts'
import { TASKS } from './suites.ts'

const USAGE = `What the hot path costs for each frame, beside the least anybody must do with the same bytes.

  bench [FILTER] [--json FILE] [--record]

  FILTER    only cases with this word in their names, and their limits
  --json    writes the results to FILE
  --record  appends the results of all cases to bench/history.jsonl; everything must be committed

A case takes a second and a half, all of them nine minutes.
`
/** Half a second for each case; what it leaves on the heap takes a second more. */
const PLAN = { warmupMs: 150, blocks: 5, blockMs: 60 }

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'string' },
    record: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
if (values.help) {
  process.stdout.write(USAGE)
  process.exit(0)
}
const [filter = ''] = positionals
if (positionals.length > 1) fail(USAGE)
const wanted = TASKS.filter((task) => task.name.includes(filter))
if (wanted.length === 0) fail(`No task has "${filter}" in its name.`)
const revision = thisRevision()
if (values.record && filter !== '') fail('--record: a record has all cases, so no filter.')
if (values.record && !isCommitted(revision))
  fail('--record: a record names the revision that it measured, so commit your changes first.')

// A task is nothing without its limit beside it.
const limits = TASKS.filter((task) => !wanted.includes(task) && wanted.some(({ limit }) => limit === task.name))
process.stdout.write(
  `Bun ${Bun.version}, ${process.platform} ${process.arch}; medians; the limit is the least anybody must do with the same bytes\n`,
)
const tasks = [...limits, ...wanted]
for (const task of tasks) {
  showProgress(`warming up: ${task.name}`)
  warmUp(task, PLAN.warmupMs)
}
showProgress(`timing ${tasks.length} cases`)
const cases = caseRecords(time(tasks, PLAN))
showProgress('')
print(cases)
const record: BenchRecord = { ...circumstances(revision), cases }
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(record, null, 2)}\n`)
if (values.record) appendRecord(HISTORY, record)

function caseRecords(timings: readonly Timing[]): CaseRecord[] {
  const nsOf = new Map(timings.map(({ task, blocksNs }) => [task.name, median(blocksNs)]))
  return timings.map(({ task, spreadPct }) => {
    const { name, limit } = task
    showProgress(`what it leaves on the heap: ${name}`)
    return {
      name,
      limit: limit ?? null,
      ns_per_frame: rounded(nsOf.get(name)!),
      limit_ratio: limit === undefined ? null : rounded(nsOf.get(name)! / nsOf.get(limit)!),
      spread_pct: rounded(spreadPct),
      heap_bytes_per_frame: limit === undefined ? null : tenths(bytesPerFrame(task)),
    }
  })
}

/** Four digits: the fifth is noise. */
function rounded(value: number): number {
  return Number(value.toPrecision(4))
}

function print(cases: readonly CaseRecord[]): void {
  console.table(
    cases.map(({ name, ns_per_frame, limit_ratio, spread_pct, heap_bytes_per_frame }) => ({
      task: name,
      'ns/frame': ns_per_frame.toFixed(1),
      'M frames/s': (1000 / ns_per_frame).toFixed(2),
      '± %': spread_pct.toFixed(1),
      'of its limit': limit_ratio === null ? '' : `${limit_ratio.toFixed(2)} ×`,
      'heap B/frame': heap_bytes_per_frame === null ? '' : heap_bytes_per_frame.toFixed(1),
    })),
  )
}

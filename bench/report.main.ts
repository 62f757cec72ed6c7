/** `bench:report`; see USAGE. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { LAST_COMPARISON, type Comparison } from './compare.ts'
import { HISTORY, HISTORY_END_TO_END, readRecords, type BenchRecord, type EndToEndRecord } from './history.ts'
import { reportPage } from './report.ts'
import { ROOT } from './revision.ts'

const USAGE = `Writes one HTML page: the newest comparison, the end-to-end curve, and each case's trend over the recorded revisions.

  bench:report [--out FILE] [--comparison FILE] [--history FILE] [--end-to-end FILE]

  --out         default bench-report.html
  --comparison  what bench:compare wrote (default bench/last-comparison.json)
  --history     records of bench -- --record (default bench/history.jsonl)
  --end-to-end  records of bench:e2e (default bench/history-e2e.jsonl)
`

const { values } = parseArgs({
  options: {
    out: { type: 'string', default: join(ROOT, 'bench-report.html') },
    comparison: { type: 'string', default: LAST_COMPARISON },
    history: { type: 'string', default: HISTORY },
    'end-to-end': { type: 'string', default: HISTORY_END_TO_END },
    help: { type: 'boolean', default: false },
  },
})
if (values.help) {
  process.stdout.write(USAGE)
  process.exit(0)
}
const page = await reportPage({
  history: readRecords<BenchRecord>(values.history),
  endToEnd: readRecords<EndToEndRecord>(values['end-to-end']),
  comparison: existsSync(values.comparison)
    ? (JSON.parse(readFileSync(values.comparison, 'utf8')) as Comparison)
    : null,
})
writeFileSync(values.out, page)
process.stdout.write(`${values.out}\n`)

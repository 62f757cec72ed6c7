/** The page that `bench:report` writes: tables made here, charts drawn by report.client.js from the data in the page. */
import { join } from 'node:path'
import type { Comparison } from './compare.ts'
import type { BenchRecord, Circumstances, EndToEndRecord } from './history.ts'
import type { Judgement, Verdict } from './verdict.ts'

export interface ReportData {
  /** Oldest first, each. */
  history: BenchRecord[]
  endToEnd: EndToEndRecord[]
  comparison: Comparison | null
}

const STYLE = `
body { font: 15px/1.45 system-ui, sans-serif; color: #1d2430; background: #fff; max-width: 1260px; margin: 0 auto; padding: 24px }
h1 { font-size: 26px; margin: 0 0 4px } h2 { font-size: 20px; margin: 36px 0 4px; border-top: 1px solid #d6dbe3; padding-top: 18px }
h3 { font-size: 16px; margin: 20px 0 6px } p { margin: 4px 0 10px; max-width: 900px } .faint { color: #5c6675 }
table { border-collapse: collapse; font-size: 13px } td, th { padding: 3px 10px; text-align: left; border-bottom: 1px solid #e8ebf0 }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }
.regressed, .missed { color: #b3261e; font-weight: 600 } .improved, .reached { color: #1b7a3d; font-weight: 600 }
.unclear { color: #8a6100 } .scale { width: 260px; display: flex; justify-content: space-between; font-weight: 400 }
summary { cursor: pointer; margin: 10px 0 }
.charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(290px, 1fr)); gap: 12px }
.chart { border: 1px solid #e1e5ec; border-radius: 6px; padding: 8px 8px 4px }
.chart h4 { font-size: 13px; font-weight: 600; margin: 0 0 2px 4px; display: flex; justify-content: space-between; gap: 8px }
.chart h4 b { white-space: nowrap } .machines span { display: inline-block; margin-right: 18px }
.machines i { display: inline-block; width: 12px; height: 12px; border-radius: 6px; margin-right: 6px; vertical-align: -1px }
svg { display: block }
`

/** One file that needs nothing else: no network, no other files. */
export async function reportPage(data: ReportData): Promise<string> {
  const uplot = join(import.meta.dir, '../node_modules/uplot/dist')
  const [library, libraryStyle, client] = await Promise.all([
    Bun.file(join(uplot, 'uPlot.iife.min.js')).text(),
    Bun.file(join(uplot, 'uPlot.min.css')).text(),
    Bun.file(join(import.meta.dir, 'report.client.js')).text(),
  ])
  const newest = data.history.at(-1)
  // A "<" in a string would otherwise be able to end the script.
  const endToEnd = newestOfEach(data.endToEnd)
  const json = JSON.stringify({ history: data.history, endToEnd }).replaceAll('<', '\\u003c')
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Waygate: the hot path over revisions</title>
<style>${libraryStyle}${STYLE}</style>
</head>
<body>
<h1>Waygate: the hot path over revisions</h1>
<p class="faint">${newest ? `Newest record: ${where(newest)}` : 'There is no record yet: <code>npm run bench -- --record</code> makes one.'}</p>
<h2>Newest comparison</h2>
${data.comparison ? comparisonPart(data.comparison) : '<p>There is none yet: <code>npm run bench:compare -- REVISION</code> makes one.</p>'}
<h2>End to end</h2>
${endToEnd ? endToEndPart(endToEnd) : '<p>There is no record yet: <code>bench/history-e2e.jsonl</code> is missing.</p>'}
<h2>Trend of each case</h2>
<p>What a frame costs as a multiple of its limit, the least that anybody must do with the same bytes, measured in the same run;
lower is better. A point is a record of <code>npm run bench -- --record</code>, from left to right as they were made; below it stands
its revision. The machine's speed cancels out of the ratio, so machines may be mixed; each has its colour.</p>
<p class="machines" id="machines"></p>
<div id="trends"></div>
<script>${library}</script>
<script>const DATA = ${json}</script>
<script>${client}</script>
</body>
</html>
`
}

function comparisonPart(comparison: Comparison): string {
  const { cases, old_revision, threshold_pct, only_old, only_new, disturbed_rounds } = comparison
  const count = (verdict: string) => cases.filter((each) => each.verdict === verdict).length
  const reach = Math.max(2 * threshold_pct, ...cases.map(({ change_pct }) => 1.2 * Math.abs(change_pct)))
  const sorted = cases.toSorted((a, b) => b.change_pct - a.change_pct)
  const tableOf = (...verdicts: Verdict[]) =>
    comparisonTable(
      sorted.filter(({ verdict }) => verdicts.includes(verdict)),
      reach,
      threshold_pct,
    )
  return `<p>${where(comparison)}, against ${escape(old_revision.slice(0, 12))}: <b class="${count('regressed') ? 'regressed' : ''}">
${count('regressed')} regressed</b> by more than ${threshold_pct} %, ${count('improved')} improved, ${count('same')} the same,
${count('unclear')} unclear; ${disturbed_rounds} disturbed rounds were repeated.${only('Gone', only_old)}${only('New', only_new)}</p>
<p class="faint">The change of the time a frame takes, in percent; to the right is slower. The dot is the estimate, the bar its 95 %
interval, the grey band the threshold.</p>
${count('regressed') + count('improved') > 0 ? tableOf('regressed', 'improved') : ''}
<details><summary>Unclear (${count('unclear')})</summary>${tableOf('unclear')}</details>
<details><summary>The same (${count('same')})</summary>${tableOf('same')}</details>`
}

function comparisonTable(cases: readonly Judgement[], reachPct: number, thresholdPct: number): string {
  const reach = reachPct.toFixed(0)
  return `<table>
<tr><th>case</th><th class="number">old, ns</th><th class="number">new, ns</th><th class="number">change, %</th>
<th><div class="scale"><span>−${reach} %</span><span>0</span><span>+${reach} %</span></div></th><th class="number">rounds</th><th>verdict</th></tr>
${cases.map((each) => comparisonRow(each, reachPct, thresholdPct)).join('\n')}
</table>`
}

function comparisonRow(each: Judgement, reachPct: number, thresholdPct: number): string {
  const { name, old_ns, new_ns, change_pct, low_pct, high_pct, rounds, verdict } = each
  return `<tr><td>${escape(name)}</td><td class="number">${old_ns.toFixed(1)}</td><td class="number">${new_ns.toFixed(1)}</td>
<td class="number">${change_pct.toFixed(1)}</td><td>${intervalDrawing(change_pct, low_pct, high_pct, reachPct, thresholdPct)}</td>
<td class="number">${rounds}</td><td class="${verdict}">${verdict}</td></tr>`
}

function intervalDrawing(
  changePct: number,
  lowPct: number | null,
  highPct: number | null,
  reachPct: number,
  thresholdPct: number,
): string {
  const [width, height] = [260, 14]
  const x = (pct: number) =>
    (((Math.max(-reachPct, Math.min(reachPct, pct)) + reachPct) * width) / (2 * reachPct)).toFixed(1)
  const band = `<rect x="${x(-thresholdPct)}" width="${((thresholdPct * width) / reachPct).toFixed(1)}" height="${height}" fill="#edf0f4"/>`
  const zero = `<line x1="${x(0)}" x2="${x(0)}" y1="0" y2="${height}" stroke="#9aa4b2"/>`
  const bar = `<line x1="${x(lowPct ?? -reachPct)}" x2="${x(highPct ?? reachPct)}" y1="7" y2="7" stroke="#3b6fb6" stroke-width="2"/>`
  const dot = `<circle cx="${x(changePct)}" cy="7" r="3.5" fill="#1f4f93"/>`
  return `<svg width="${width}" height="${height}">${band}${zero}${bar}${dot}</svg>`
}

function only(word: string, names: readonly string[]): string {
  return names.length > 0 ? ` ${word}: ${names.map(escape).join(', ')}.` : ''
}

type EndToEndRow = EndToEndRecord['rows'][number]

/** Each goal with the record that has the newest figure of it, and the newest curve: a record may have a part of the goals. */
interface EndToEnd {
  newest: EndToEndRecord
  rows: { row: EndToEndRow; record: EndToEndRecord }[]
  steps: EndToEndRecord['steps']
}

/** Of one machine, protocol and number of connections, those of the newest record: nothing else can be put side by side. */
function newestOfEach(records: readonly EndToEndRecord[]): EndToEnd | undefined {
  const newest = records.at(-1)
  if (!newest) return undefined
  const kind = ({ machine, protocol, connections }: EndToEndRecord) =>
    JSON.stringify([machine.cpu, machine.cores, protocol, connections])
  const alike = records.filter((record) => kind(record) === kind(newest))
  const rows = new Map(
    alike.flatMap((record) => record.rows.map((row) => [`${row.id} ${row.what}`, { row, record }] as const)),
  )
  return {
    newest,
    steps: alike.findLast((record) => record.steps.length > 0)?.steps ?? [],
    rows: [...rows.values()].toSorted((a, b) => orderOf(a.row.id) - orderOf(b.row.id)),
  }
}

/** `≥ 0.4 ×` speaks of the ratio, `≤ 15 µs` of the value. */
function isReached(bound: string, { value, ratio }: EndToEndRow): boolean {
  const [sign, number, unit] = bound.split(' ')
  const judged = unit === '×' ? ratio! : value
  return sign === '≥' ? judged >= Number(number) : judged <= Number(number)
}

/** S6 before S10, and the knee behind all of them. */
function orderOf(goal: string): number {
  return goal.startsWith('S') ? Number(goal.slice(1)) : Number.MAX_SAFE_INTEGER
}

function endToEndPart({ newest, rows, steps }: EndToEnd): string {
  const cell = (value: unknown) => (value === null || value === undefined ? '' : escape(String(value)))
  const bound = (text: string, row: EndToEndRow, missed: string) =>
    `<td class="${text === '' ? '' : isReached(text, row) ? 'reached' : missed}">${cell(text)}</td>`
  const lines = rows.map(({ row, record }) => {
    const { id, what, value, unit, limit, ratio, must, goal } = row
    return `<tr><td>${cell(id)}</td><td>${cell(what)}</td><td class="number">${cell(value)} ${cell(unit)}</td>
<td class="number">${cell(limit)}</td><td class="number">${cell(ratio)}</td>${bound(must, row, 'missed')}${bound(goal, row, 'unclear')}
<td class="faint">${escape(record.revision.slice(0, 12))}, ${record.date.slice(0, 10)}${record.seconds === undefined ? '' : `, ${record.seconds} s`}</td></tr>`
  })
  const curve = `<p>How long a tracker waits for its ack while the rate of frames is raised: half of the acks come within p50,
all but one in a hundred within p99. Where p99 turns upwards is the knee. The upright axis is logarithmic.</p>
<div class="chart" style="max-width: 900px"><div id="end-to-end"></div></div>`
  return `<p>${where(newest)}; ${escape(newest.protocol)}, ${newest.connections} connections: the newest figure of each goal.</p>
${steps.length > 0 ? curve : ''}
<h3>Goals</h3>
<table>
<tr><th></th><th>what</th><th class="number">value</th><th class="number">limit</th><th class="number">ratio</th><th>must</th><th>goal</th><th>measured at</th></tr>
${lines.join('\n')}
</table>`
}

function where({ machine, bun, revision, date }: Circumstances): string {
  const { cpu, cores, os } = machine
  return escape(
    `${revision.replace(/^(.{12})[0-9a-f]*/, '$1')}, ${date.slice(0, 16).replace('T', ' ')} UTC, Bun ${bun}, ${cores} × ${cpu}, ${os}`,
  )
}

function escape(text: string): string {
  return Bun.escapeHTML(text)
}

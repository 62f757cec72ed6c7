/** The page of `bench:report` and the files it is made of. */
import { afterAll, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Comparison } from '../../bench/compare.ts'
import { appendRecord, circumstances, readRecords, type BenchRecord, type EndToEndRecord } from '../../bench/history.ts'
import { reportPage } from '../../bench/report.ts'

const directory = mkdtempSync(join(tmpdir(), 'waygate-report-'))
afterAll(() => rmSync(directory, { recursive: true }))

const NASTY = 'gt06 decode </script><b>'
const record: BenchRecord = {
  ...circumstances('0123456789abcdef'),
  cases: [
    { name: 'gt06 crc', limit: null, ns_per_frame: 10, limit_ratio: null, spread_pct: 1, heap_bytes_per_frame: null },
    { name: NASTY, limit: 'gt06 crc', ns_per_frame: 25, limit_ratio: 2.5, spread_pct: 1, heap_bytes_per_frame: 0 },
  ],
}
const comparison: Comparison = {
  ...circumstances('0123456789abcdef'),
  old_revision: 'fedcba9876543210',
  threshold_pct: 5,
  seconds: 100,
  disturbed_rounds: 0,
  cases: [
    {
      name: NASTY,
      old_ns: 20,
      new_ns: 25,
      change_pct: 25,
      low_pct: 23,
      high_pct: 27,
      rounds: 12,
      verdict: 'regressed',
    },
    {
      name: 'gt06 crc',
      old_ns: 10,
      new_ns: 10,
      change_pct: 0,
      low_pct: null,
      high_pct: null,
      rounds: 4,
      verdict: 'unclear',
    },
  ],
  only_old: [],
  only_new: [],
}
const endToEnd: EndToEndRecord = {
  ...circumstances('0123456789abcdef'),
  steps: [{ rate_per_s: 10_000, p50_ms: 1, p99_ms: 4, lost: 0 }],
  protocol: 'jt808',
  connections: 500,
  ablation: 'none',
  cpu_seconds_per_million: {},
  rows: [
    {
      id: 'S6',
      what: 'end to end',
      value: 1,
      unit: '/s',
      limit: 'raw echo',
      ratio: 0.5,
      must: '≥ 0.4 ×',
      goal: '≥ 0.7 ×',
    },
  ],
}

test('a record is read as it was appended, and no file is no records', () => {
  const path = join(directory, 'history.jsonl')
  expect(readRecords(path)).toEqual([])
  appendRecord(path, record)
  appendRecord(path, record)
  expect(readRecords<BenchRecord>(path)).toEqual([record, record])
})

test('the page needs nothing else', async () => {
  const page = await reportPage({ history: [record], endToEnd: [endToEnd], comparison })
  expect(page).not.toMatch(/ (src|href)=|@import|url\(/)
  expect(page).toContain('uPlot')
  expect(page).toContain('1 regressed')
})

test('end to end: the newest figure of each goal, of machines that can be compared, and whether it is reached', async () => {
  const [row] = endToEnd.rows
  const older = {
    ...endToEnd,
    revision: 'older',
    rows: [
      { ...row, ratio: 0.3 },
      { ...row, id: 'S9', unit: 'µs', value: 9, must: '≤ 15 µs', goal: '≤ 8 µs' },
    ],
  }
  const elsewhere = {
    ...endToEnd,
    revision: 'elsewhere',
    machine: { ...endToEnd.machine, cores: 99 },
    rows: [{ ...row, id: 'S7' }],
  }
  const page = await reportPage({ history: [], endToEnd: [older, elsewhere, endToEnd], comparison: null })
  const lines = [...page.matchAll(/<tr><td>(S\d)<\/td>.*?<\/tr>/gs)].map(([line, id]) => {
    const verdicts = [...line.matchAll(/<td class="(reached|missed|unclear)">/g)].map(([, verdict]) => verdict)
    return [id, verdicts.join(), line.includes('older')]
  })
  expect(lines).toEqual([
    ['S6', 'reached,unclear', false],
    ['S9', 'reached,unclear', true],
  ])
})

test('a name cannot break out of the page', async () => {
  const page = await reportPage({ history: [record], endToEnd: [], comparison })
  expect(page).not.toContain(NASTY)
  expect(page.match(/<\/script>/g)!.length).toBe(3)
})

test('without records and comparison the page says how to make them', async () => {
  const page = await reportPage({ history: [], endToEnd: [], comparison: null })
  expect(page).toContain('bench -- --record')
  expect(page).toContain('bench:compare')
})

/** The guard, whole: two trees with a suite each, child processes, rounds, verdicts. */
import { afterAll, expect, test } from 'bun:test'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { compareTrees, type Settings } from '../../bench/compare.ts'

const directory = mkdtempSync(join(tmpdir(), 'waygate-guard-'))
afterAll(() => rmSync(directory, { recursive: true }))

/** Short rounds. Twice the work is far beyond what a loaded machine makes of two equal processes in most of so many rounds. */
const TINY: Settings = {
  thresholdPct: 30,
  filter: '',
  screening: { plan: { warmupMs: 5, blocks: 5, blockMs: 2 }, mixMs: 5, rounds: 8, seconds: 60, roundsMin: 8 },
  confirmation: { plan: { warmupMs: 5, blocks: 5, blockMs: 2 }, mixMs: 5, rounds: 12, seconds: 60 },
}

/** A tree with two cases; `steady` is the same in all of them. */
function tree(name: string, steps: number, more = ''): string {
  const root = join(directory, name)
  mkdirSync(join(root, 'bench'), { recursive: true })
  writeFileSync(
    join(root, 'bench/suites.ts'),
    `function work(steps) {
      let word = 1
      for (let step = 0; step < steps; step++) word = Math.imul(word ^ (word >>> 15), word | 1) + step
      return word === 0.5 ? 0 : 64
    }
    export const TASKS = [
      { name: 'steady', frames: 64, run: () => work(20_000) },
      { name: 'changing', frames: 64, run: () => work(${steps}) },
      ${more}
    ]`,
  )
  return root
}

test('a tree that is twice as slow in one case is caught, and that case alone', async () => {
  const trees = { old: tree('base', 20_000), new: tree('slow', 40_000) }
  const comparison = await compareTrees(trees, TINY, 1)
  expect(comparison.cases.map(({ name, verdict }) => [name, verdict === 'regressed']).toSorted()).toEqual([
    ['changing', true],
    ['steady', false],
  ])
  expect(comparison.cases.find(({ name }) => name === 'changing')!.change_pct).toBeGreaterThan(50)
}, 60_000)

test('an identical tree is not flagged', async () => {
  const { cases } = await compareTrees({ old: tree('one', 20_000), new: tree('other', 20_000) }, TINY, 2)
  expect(cases.filter(({ verdict }) => verdict === 'regressed')).toEqual([])
}, 60_000)

test('cases of one tree only are named, not judged', async () => {
  const more = `{ name: 'young', frames: 1, run: () => 1 }`
  const trees = { old: tree('without', 20_000), new: tree('with', 20_000, more) }
  const once = { ...TINY, filter: 'y', screening: { ...TINY.screening, rounds: 1, roundsMin: 1 } }
  const { cases, only_old, only_new } = await compareTrees(trees, once, 3)
  expect([cases.map(({ name }) => name), only_old, only_new]).toEqual([['steady'], [], ['young']])
}, 60_000)

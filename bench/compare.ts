/** Compares this tree with another revision. How cases are judged: verdict.ts. */
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Random } from '../src/simulator/random.ts'
import { showProgress } from './command-line.ts'
import { circumstances, type Circumstances } from './history.ts'
import { CannotCompare, ROOT, thisRevision, withTreeOf } from './revision.ts'
import { measureRounds, type Effort, type Trees } from './rounds.ts'
import { judge, type Judgement, roundsToBeSure } from './verdict.ts'

export interface Settings {
  thresholdPct: number
  /** Only cases with this in their names. */
  filter: string
  screening: Effort
  /** Many suspects take more rounds: as many as it takes to be sure of one of them. */
  confirmation: Omit<Effort, 'roundsMin'>
}

/** As the JSON has it. The revision of the circumstances is the new one. */
export interface Comparison extends Circumstances {
  old_revision: string
  threshold_pct: number
  seconds: number
  /** Rounds that were repeated since the machine did something else. */
  disturbed_rounds: number
  cases: Judgement[]
  only_old: string[]
  only_new: string[]
}

/** Where bench:report looks for the newest comparison. */
export const LAST_COMPARISON = join(import.meta.dir, 'last-comparison.json')

/** The one sample of a block is its median: how the compiler left the code differs more than samples do. */
const ONE_SAMPLE_MS = 0.7

/** Three minutes if nobody else needs the processors; five otherwise. */
export const FULL: Settings = {
  thresholdPct: 5,
  filter: '',
  screening: {
    plan: { warmupMs: 2, blocks: 8, blockMs: ONE_SAMPLE_MS },
    mixMs: 2,
    rounds: 10,
    seconds: 155,
    roundsMin: 4,
  },
  confirmation: {
    plan: { warmupMs: 40, blocks: 12, blockMs: ONE_SAMPLE_MS },
    mixMs: 2,
    rounds: 12,
    seconds: 100,
  },
}
/**
 * A minute, for gross regressions, over the frames that trackers send mixed. Suspects are alone in their processes, where most
 * of the time is the compiler's otherwise; some of them it compiles for the last time after a fifth of a second.
 */
export const SHORT: Settings = {
  thresholdPct: 30,
  filter: 'mixed',
  screening: {
    plan: { warmupMs: 10, blocks: 8, blockMs: ONE_SAMPLE_MS },
    mixMs: 10,
    rounds: 3,
    seconds: 40,
    roundsMin: 3,
  },
  confirmation: {
    plan: { warmupMs: 200, blocks: 12, blockMs: ONE_SAMPLE_MS },
    mixMs: 0,
    rounds: 10,
    seconds: 25,
  },
}

export async function compareWith(hash: string, settings: Settings): Promise<Comparison> {
  return await withTreeOf(hash, async (tree) => {
    if (!existsSync(join(tree, 'bench/suites.ts')))
      throw new CannotCompare(`${hash} has no bench/suites.ts: it is older than the comparison of revisions.`)
    return {
      ...circumstances(thisRevision()),
      old_revision: hash,
      ...(await compareTrees({ old: tree, new: ROOT }, settings, Date.now() % 1_000_000_000, showProgress)),
    }
  })
}

export async function compareTrees(
  trees: Trees,
  { thresholdPct, filter, screening, confirmation }: Settings,
  seed: number,
  onRound: (text: string) => void = () => {},
): Promise<Omit<Comparison, keyof Circumstances | 'old_revision'>> {
  const started = performance.now()
  const seconds = () => Math.round((performance.now() - started) / 1000)
  const random = new Random(seed)
  let disturbed = 0
  const only = { only_old: [] as string[], only_new: [] as string[] }
  const cases = await judge(async (names) => {
    const effort = names ? confirming(confirmation, names.length) : screening
    const what = names ? `${names.length} suspects again` : 'all cases'
    const measured = await measureRounds(trees, effort, { filter, names }, random, (round) =>
      onRound(`${what}, round ${round} of ${effort.rounds}, ${seconds()} s`),
    )
    disturbed += measured.disturbed
    if (!names) Object.assign(only, { only_old: measured.onlyOld, only_new: measured.onlyNew })
    return measured.pairs
  }, thresholdPct)
  return { threshold_pct: thresholdPct, seconds: seconds(), disturbed_rounds: disturbed, cases, ...only }
}

function confirming(confirmation: Settings['confirmation'], suspects: number): Effort {
  const roundsMin = roundsToBeSure(suspects)
  return { ...confirmation, roundsMin, rounds: Math.max(confirmation.rounds, roundsMin) }
}

/** Prints a comparison, the worst case first, and gives the exit status: 1 if something regressed. */
export function report(comparison: Comparison, onlyChanges: boolean): number {
  const { cases, threshold_pct, disturbed_rounds, seconds, only_old, only_new, old_revision } = comparison
  const rows = cases
    .filter(({ verdict }) => !onlyChanges || verdict === 'regressed' || verdict === 'improved')
    .toSorted((a, b) => b.change_pct - a.change_pct)
  showProgress('')
  if (rows.length > 0)
    console.table(
      rows.map(({ name, old_ns, new_ns, change_pct, low_pct, high_pct, rounds, verdict }) => ({
        task: name,
        'old ns': old_ns.toFixed(1),
        'new ns': new_ns.toFixed(1),
        'change %': change_pct.toFixed(1),
        '95 %': low_pct === null || high_pct === null ? '' : `${low_pct.toFixed(1)} … ${high_pct.toFixed(1)}`,
        rounds,
        verdict,
      })),
    )
  for (const name of only_old) process.stdout.write(`gone: ${name}\n`)
  for (const name of only_new) process.stdout.write(`new: ${name}\n`)
  const count = (verdict: string) => cases.filter((each) => each.verdict === verdict).length
  const regressed = count('regressed')
  const others = onlyChanges ? '' : `, ${count('same')} the same, ${count('unclear')} unclear`
  process.stdout.write(
    `${cases.length} cases against ${old_revision.slice(0, 12)}: ${regressed} regressed by more than ${threshold_pct} %, ` +
      `${count('improved')} improved${others}; ${seconds} s, ${disturbed_rounds} disturbed rounds repeated\n`,
  )
  return regressed > 0 ? 1 : 0
}

export function save(comparison: Comparison, path: string): void {
  writeFileSync(path, `${JSON.stringify(comparison, null, 2)}\n`)
}

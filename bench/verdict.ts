/**
 * Which cases became slower or faster. What is judged is the logarithm of the ratio of the two times of a round: a process is
 * one observation, whatever the number of samples in it, because what the JIT made of the code in one process is the same for
 * all of them.
 *
 * 1. All cases are measured in some rounds. Those that seem to differ by more than half the threshold are suspects, unless
 *    rounds contradict each other; of many, those that seem slower before those that seem faster.
 * 2. Suspects are measured again in fresh processes, and only these rounds count, since the first ones chose them.
 * 3. A suspect has regressed if the Hodges–Lehmann estimate of its ratio lies beyond the threshold and Wilcoxon's signed-rank
 *    test is sure (q = 1 % over all suspects, after Benjamini and Hochberg) that it lies beyond half of it; and so for improved.
 * 4. Another case is the same if its 95 % interval lies within the threshold, otherwise unclear.
 */
import { believable, chanceOfAtMost, median, middleOf } from './statistics.ts'

/** Times of one case in ns per frame; those of a round have the same index. */
export interface Pairs {
  oldNs: number[]
  newNs: number[]
}

/** Measures these cases of both revisions, or all of them. */
export type Measure = (names?: readonly string[]) => Promise<Map<string, Pairs>>

export type Verdict = 'improved' | 'same' | 'regressed' | 'unclear'

/** A row of the comparison, as the JSON has it. Changes are in percent; more is slower. */
export interface Judgement {
  name: string
  old_ns: number
  new_ns: number
  change_pct: number
  /** 95 % interval; null where there were too few rounds for one. */
  low_pct: number | null
  high_pct: number | null
  rounds: number
  verdict: Verdict
}

/** Share of wrong ones that we accept among those called improved or regressed. */
const Q = 0.01
/** The chance of no difference at all that a suspect may have: three rounds that agree are enough. */
const CONTRADICTION_MAX = 0.15
/** Fewer rounds than these cannot make a case a suspect, however clear they are. */
export const ROUNDS_MIN = Math.ceil(Math.log2(1 / CONTRADICTION_MAX))
/** A slow-down of everything needs no more witnesses than these, the worst. */
const SUSPECTS_MAX = 40

/** Of fewer rounds Wilcoxon's test cannot be sure of one among so many suspects, however far all of its rounds are apart. */
export function roundsToBeSure(suspects: number): number {
  return Math.ceil(Math.log2(suspects / Q))
}

export async function judge(measure: Measure, thresholdPct: number): Promise<Judgement[]> {
  const threshold = Math.log1p(thresholdPct / 100)
  const screened = await measure()
  const suspects = suspectsOf(screened, threshold / 2)
  const measuredAgain = suspects.length > 0 ? await measure(suspects) : new Map<string, Pairs>()
  const tested = [...measuredAgain].map(([name, pairs]) => findingOf(name, pairs, threshold / 2))
  const chances = tested.map(({ chance }) => chance)
  const sure = believable(chances, Q)
  const changed = new Map(
    tested
      .filter(({ estimate }, index) => sure[index] && Math.abs(estimate) > threshold)
      .map(({ name, estimate }) => [name, estimate > 0 ? 'regressed' : 'improved'] as const),
  )
  return [...screened].map(([name, first]) => {
    const pairs = measuredAgain.get(name) ?? first
    const interval = middleOf(logRatios(pairs))
    const within = interval.low >= -threshold && interval.high <= threshold
    return judgement(name, pairs, interval, changed.get(name) ?? (within ? 'same' : 'unclear'))
  })
}

function suspectsOf(screened: Map<string, Pairs>, least: number): string[] {
  return [...screened]
    .map(([name, pairs]) => findingOf(name, pairs, 0))
    .filter(({ estimate, chance }) => Math.abs(estimate) > least && chance <= CONTRADICTION_MAX)
    .toSorted((a, b) => Number(b.estimate > 0) - Number(a.estimate > 0) || Math.abs(b.estimate) - Math.abs(a.estimate))
    .slice(0, SUSPECTS_MAX)
    .map(({ name }) => name)
}

/** The estimated logarithm of the ratio, and the chance of seeing it, in its direction, if it were `least` or lower. */
function findingOf(name: string, pairs: Pairs, least: number): { name: string; estimate: number; chance: number } {
  const differences = logRatios(pairs)
  const { estimate } = middleOf(differences)
  const upwards = estimate > 0 ? differences : differences.map((difference) => -difference)
  return { name, estimate, chance: chanceOfAtMost(upwards, least) }
}

function logRatios({ oldNs, newNs }: Pairs): number[] {
  return oldNs.map((ns, round) => Math.log(newNs[round] / ns))
}

function judgement(
  name: string,
  { oldNs, newNs }: Pairs,
  { estimate, low, high }: ReturnType<typeof middleOf>,
  verdict: Verdict,
): Judgement {
  const percent = (logRatio: number) => Number((100 * Math.expm1(logRatio)).toFixed(2))
  return {
    name,
    old_ns: median(oldNs),
    new_ns: median(newNs),
    change_pct: percent(estimate),
    low_pct: Number.isFinite(low) ? percent(low) : null,
    high_pct: Number.isFinite(high) ? percent(high) : null,
    rounds: oldNs.length,
    verdict,
  }
}

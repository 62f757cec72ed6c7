/** Times the suites of two trees side by side, each time in fresh processes. */
import { join } from 'node:path'
import type { Random } from '../src/simulator/random.ts'
import { CANARIES } from './canary.ts'
import type { CaseTime, Order } from './child.ts'
import { CannotCompare } from './revision.ts'
import { STEADY, type Plan } from './run.ts'
import { median } from './statistics.ts'
import type { Pairs } from './verdict.ts'

export interface Trees {
  old: string
  new: string
}

export interface Effort {
  plan: Plan
  /** See Order. */
  mixMs: number
  rounds: number
  /** Once this time is up no more rounds begin, unless there are fewer than `roundsMin`. */
  seconds: number
  roundsMin: number
}

export interface Measured {
  pairs: Map<string, Pairs>
  /** Rounds that were thrown away and repeated. */
  disturbed: number
  /** Cases of one tree only. */
  onlyOld: string[]
  onlyNew: string[]
}

/** A round whose canaries differ by more than this between its two processes says little about the code. */
const CANARY_TOLERANCE = 0.05
/**
 * So many disturbed rounds are repeated, as a share of those wanted, and only while all rounds still fit into the time; else
 * they count, since few rounds say less than disturbed ones.
 */
const REPEATED_MAX = 0.3
const CHILD = join(import.meta.dir, 'child.ts')

/** Times in ns per frame by case; canaries have several, all over the process's life. */
type Times = Map<string, number[]>

interface Round {
  old: Times
  new: Times
}

export async function measureRounds(
  trees: Trees,
  { plan, mixMs, rounds, seconds, roundsMin }: Effort,
  cases: Pick<Order, 'filter' | 'names'>,
  random: Random,
  onRound: (round: number) => void,
): Promise<Measured> {
  const start = performance.now()
  const end = start + seconds * 1000
  const kept: Round[] = []
  let disturbed = 0
  while (kept.length < rounds && (kept.length < roundsMin || performance.now() < end)) {
    onRound(kept.length + 1)
    const order: Order = { ...cases, plan, mixMs, seed: random.whole(0, 2 ** 31) }
    const round = await timesOfBoth(trees, random.chance(0.5) ? ['new', 'old'] : ['old', 'new'], order)
    if (namesInBoth(round.old, round.new).length === 0)
      throw new CannotCompare('The trees have no such case in common.')
    const begun = kept.length + disturbed + 1
    const endOfAll = start + ((performance.now() - start) / begun) * (rounds + disturbed + 1)
    const mayRepeat = disturbed < Math.floor(rounds * REPEATED_MAX) && endOfAll < end
    if (mayRepeat && areDisturbed(round.old, round.new)) disturbed++
    else kept.push(round)
  }
  const [{ old, new: new_ }] = kept
  const pairs = namesInBoth(old, new_).map((name): [string, Pairs] => [
    name,
    { oldNs: kept.map((round) => round.old.get(name)![0]), newNs: kept.map((round) => round.new.get(name)![0]) },
  ])
  return {
    pairs: new Map(pairs),
    disturbed,
    onlyOld: [...old.keys()].filter((name) => !new_.has(name)),
    onlyNew: [...new_.keys()].filter((name) => !old.has(name)),
  }
}

function namesInBoth(old: Times, new_: Times): string[] {
  return [...old.keys()].filter((name) => new_.has(name) && !CANARIES.some((canary) => canary.name === name))
}

/**
 * Both at once, in the order given: half the time where there are two processors, and what else the machine does then meets
 * both of them alike. Where there is one they take turns on it, and the clock counts only their own.
 */
async function timesOfBoth(trees: Trees, sides: readonly (keyof Trees)[], order: Order): Promise<Round> {
  const round: Round = { old: new Map(), new: new Map() }
  const ends = await Promise.allSettled(sides.map(async (side) => (round[side] = await timesOf(trees, side, order))))
  for (const end of ends) if (end.status === 'rejected') throw end.reason
  return round
}

async function timesOf(trees: Trees, side: keyof Trees, order: Order): Promise<Times> {
  const tree = trees[side]
  // The same Bun for both, whatever the tree asks for: a comparison is about code.
  const child = Bun.spawn([process.execPath, CHILD, tree, JSON.stringify(order)], {
    cwd: tree,
    env: { ...process.env, ...STEADY },
    stderr: 'pipe',
  })
  const [out, complaint, status] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited])
  if (status !== 0) {
    const text = `The suites of the ${side} tree do not run:\n${complaint.trim()}`
    throw side === 'old' ? new CannotCompare(text) : new Error(text)
  }
  const times: Times = new Map()
  for (const line of out.split('\n')) {
    if (line === '') continue
    const { name, ns } = JSON.parse(line) as CaseTime
    const known = times.get(name)
    if (known) known.push(ns)
    else times.set(name, [ns])
  }
  return times
}

function areDisturbed(one: Times, other: Times): boolean {
  return CANARIES.some(({ name }) => {
    const ratio = median(one.get(name)!) / median(other.get(name)!)
    return Math.abs(Math.log(ratio)) > CANARY_TOLERANCE
  })
}

/** The proof that the guard works: HEAD against itself, and against itself with a slower decode; see USAGE. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { exitWith, fail, showProgress } from './command-line.ts'
import { compareTrees, FULL, type Settings } from './compare.ts'
import { circumstances, type Circumstances } from './history.ts'
import { CannotCompare, hashOf, withTreeOf } from './revision.ts'
import type { Trees } from './rounds.ts'
import { slowDown } from './slow-down.ts'
import type { Verdict } from './verdict.ts'

const USAGE = `How often does the guard raise a false alarm, and how often does it see a slow-down of 10 %?

  bun bench/prove-guard.ts [--times N] [--slowed N] [--filter WORD] [--json FILE]

  --times   HEAD against itself, so often (default 20)
  --slowed  HEAD against itself with gt06's decode about 10 % slower, so often (default 20)
  --filter  only cases with this word in their names
  --json    writes each comparison to FILE as it ends; those of the same revision and filter that are there already count,
            so an interrupted proof goes on where it was

Ends with 0 if there was no false alarm and every slow-down was seen, else with 1.
`

type Kind = 'itself' | 'slower'

/** One comparison, as the JSON has it. */
interface Outcome {
  kind: Kind
  seconds: number
  disturbed_rounds: number
  verdicts: Record<Verdict, number>
  /** `alarm`: the case is none of those that were slowed down. */
  regressed: { name: string; change_pct: number; alarm: boolean }[]
}

interface Proof extends Circumstances {
  filter: string
  comparisons: Outcome[]
}

const SLOWED = 'gt06 decode'
/** What runs gt06's decode besides: batches with its frames in them. */
const SLOWED_TOO = ['workers decode to blocks · gt06', 'workers decode to blocks · all']

const { values } = parseArgs({
  options: {
    times: { type: 'string', default: '20' },
    slowed: { type: 'string', default: '20' },
    filter: { type: 'string', default: '' },
    json: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})
if (values.help) {
  process.stdout.write(USAGE)
  process.exit(0)
}
const wanted: Record<Kind, number> = { itself: Number(values.times), slower: Number(values.slowed) }
if (!Object.values(wanted).every((times) => Number.isInteger(times) && times >= 0)) fail(USAGE)
const settings: Settings = { ...FULL, filter: values.filter }

await exitWith(async () => {
  const head = hashOf('HEAD')
  if (head === undefined) throw new CannotCompare('There is no git here.')
  const proof = proofOf(head)
  return await withTreeOf(head, (old) =>
    withTreeOf(head, async (other) => {
      const trees = { old, new: other }
      await compareUntil(proof, 'itself', trees)
      slowDown(other)
      await compareUntil(proof, 'slower', trees)
      return conclude(proof.comparisons)
    }),
  )
})

/** What FILE has of this revision, to go on with, or nothing yet. */
function proofOf(head: string): Proof {
  if (values.json !== undefined && existsSync(values.json)) {
    const known = JSON.parse(readFileSync(values.json, 'utf8')) as Proof
    if (known.revision === head && known.filter === values.filter) return known
  }
  return { ...circumstances(head), filter: values.filter, comparisons: [] }
}

async function compareUntil(proof: Proof, kind: Kind, trees: Trees): Promise<void> {
  const done = () => proof.comparisons.filter((each) => each.kind === kind).length
  while (done() < wanted[kind]) {
    const number = done() + 1
    const what = `${kind} ${number} of ${wanted[kind]}`
    const outcome = await compare(kind, number, trees, (text) => showProgress(`${what}: ${text}`))
    proof.comparisons.push(outcome)
    if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(proof, null, 2)}\n`)
    const { verdicts, regressed, seconds, disturbed_rounds } = outcome
    const names = regressed.map(({ name, change_pct, alarm }) => `${alarm ? 'FALSELY ' : ''}${name} ${change_pct} %`)
    showProgress('')
    process.stdout.write(
      `${what}: ${verdicts.same} same, ${verdicts.unclear} unclear, ${verdicts.improved} improved, ` +
        `regressed: ${names.join(', ') || 'none'}; ${seconds} s, ${disturbed_rounds} disturbed rounds\n`,
    )
  }
}

async function compare(kind: Kind, number: number, trees: Trees, onRound: (text: string) => void): Promise<Outcome> {
  const seed = number + (kind === 'slower' ? 1_000_000 : 0)
  const { cases, seconds, disturbed_rounds } = await compareTrees(trees, settings, seed, onRound)
  const count = (verdict: Verdict) => cases.filter((each) => each.verdict === verdict).length
  return {
    kind,
    seconds,
    disturbed_rounds,
    verdicts: {
      regressed: count('regressed'),
      improved: count('improved'),
      same: count('same'),
      unclear: count('unclear'),
    },
    regressed: cases
      .filter(({ verdict }) => verdict === 'regressed')
      .map(({ name, change_pct }) => ({ name, change_pct, alarm: kind === 'itself' || !isSlowed(name) })),
  }
}

function isSlowed(name: string): boolean {
  return [SLOWED, ...SLOWED_TOO].some((start) => name.startsWith(start))
}

function conclude(comparisons: readonly Outcome[]): number {
  const of = (kind: Kind) => comparisons.filter((each) => each.kind === kind)
  const alarmed = (outcomes: readonly Outcome[]) =>
    outcomes.filter(({ regressed }) => regressed.some(({ alarm }) => alarm)).length
  const [itself, slower] = [of('itself'), of('slower')]
  const caught = slower.filter(({ regressed }) => regressed.some(({ name }) => name.startsWith(SLOWED))).length
  const times = comparisons.map(({ seconds }) => seconds)
  process.stdout.write(
    `HEAD against itself: a false alarm in ${alarmed(itself)} of ${itself.length} comparisons\n` +
      `decode of gt06 slower: seen in ${caught} of ${slower.length} comparisons, with a false alarm in ${alarmed(slower)}\n` +
      `a comparison took ${Math.min(...times)} to ${Math.max(...times)} s, all of them ${times.reduce((sum, one) => sum + one, 0)} s\n`,
  )
  return alarmed(comparisons) === 0 && caught === slower.length ? 0 : 1
}

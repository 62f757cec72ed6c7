/**
 * Times the suites of a tree in a process of its own, for rounds.ts: `bun bench/child.ts TREE ORDER`, where ORDER is JSON. Prints
 * a line of JSON for each case, and nothing else. The tree may be another revision: only its TASKS are asked for.
 */
import { join } from 'node:path'
import { Random } from '../src/simulator/random.ts'
import { withCanaries } from './canary.ts'
import { compared } from './compared.ts'
import { time, warmUp, type Plan } from './run.ts'
import type { Task } from './suite.ts'

export interface Order {
  plan: Plan
  /** Only cases with this in their names. */
  filter: string
  /** Of those, only these are timed. */
  names?: readonly string[] | undefined
  /** The others only warm up, for so long, so that the JIT sees the same mixture of calls; 0: they do not run. */
  mixMs: number
  /** Cases are timed in an order that depends on it. */
  seed: number
}

export interface CaseTime {
  name: string
  /** Of a frame: the lowest of the blocks' medians, since what disturbs only ever adds to it. */
  ns: number
}

const [tree, json] = process.argv.slice(2)
const { plan, filter, names, mixMs, seed } = JSON.parse(json) as Order
const { TASKS } = (await import(join(tree, 'bench/suites.ts'))) as { TASKS: readonly Task[] }
const random = new Random(seed)
const tasks = compared(TASKS)
  .filter((task) => task.name.includes(filter))
  .map((task) => ({ task, at: random.next() }))
const shuffled = tasks.toSorted((a, b) => a.at - b.at).map(({ task }) => task)
const timed = names ? shuffled.filter(({ name }) => names.includes(name)) : shuffled
for (const task of shuffled) {
  if (timed.includes(task)) warmUp(task, plan.warmupMs)
  else if (mixMs > 0) warmUp(task, mixMs)
}
for (const { task, blocksNs } of time(withCanaries(timed), plan)) {
  const line: CaseTime = { name: task.name, ns: Math.min(...blocksNs) }
  process.stdout.write(`${JSON.stringify(line)}\n`)
}

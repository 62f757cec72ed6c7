/**
 * Times tasks, with tinybench. Time is CPU time: on a busy machine the clock on the wall also counts what others do, and a task
 * that waits is not timed at all.
 */
import { Bench } from 'tinybench'
import { cpuMs } from './cpu-clock.ts'
import { median, spreadPct } from './statistics.ts'
import type { Task } from './suite.ts'

/** Times in ms for each task. */
export interface Plan {
  warmupMs: number
  /** A task is timed in so many blocks, with all others in between: a disturbance does not meet all of them. */
  blocks: number
  blockMs: number
}

export interface Timing {
  task: Task
  /** Median of each block, per frame. */
  blocksNs: number[]
  /** Between samples: median absolute deviation in percent of the median. */
  spreadPct: number
}

/**
 * The environment of processes that time: code is compiled where it runs. Beside a loaded machine the compiler's own thread
 * comes too late, and a case is then timed in code that is several times slower.
 */
export const STEADY = { BUN_JSC_useConcurrentJIT: '0' }

/** Long enough that reading the clock does not count, short enough that few samples see an interrupt. */
const SAMPLE_MS = 0.7

/** Runs a task until the JIT has seen enough of it. Tasks share code: warm all of them up before the first is timed. */
export function warmUp(task: Task, ms: number): void {
  const end = cpuMs() + ms
  do call(task)
  while (cpuMs() < end)
}

export function time(tasks: readonly Task[], { blocks, blockMs }: Plan): Timing[] {
  const timed = tasks.map((task) => ({
    task,
    calls: callsOf(task),
    blocksNs: [] as number[],
    samplesNs: [] as number[],
  }))
  for (let block = 0; block < blocks; block++) {
    Bun.gc(true)
    const bench = new Bench({ time: blockMs, iterations: 1, warmup: false, retainSamples: true, throws: true })
    for (const [index, { task, calls }] of timed.entries())
      bench.add(`${index}`, () => sample(task, calls), { async: false })
    for (const [index, { result }] of bench.runSync().entries()) {
      const { task, blocksNs, samplesNs } = timed[index]
      if (result.state !== 'completed') throw new Error(`${task.name}: ${result.state}`)
      blocksNs.push((1e6 * result.latency.p50) / task.frames)
      for (const ms of result.latency.samples!) samplesNs.push((1e6 * ms) / task.frames)
    }
  }
  return timed.map(({ task, blocksNs, samplesNs }) => ({ task, blocksNs, spreadPct: spreadPct(samplesNs) }))
}

/** How many calls of a warm task make a sample. */
function callsOf(task: Task): number {
  const times: number[] = []
  do {
    const start = cpuMs()
    call(task)
    times.push(cpuMs() - start)
  } while (times.length < 3 && times[0] < SAMPLE_MS)
  return Math.ceil(SAMPLE_MS / Math.max(median(times), 0.001))
}

function call(task: Task): void {
  const frames = task.run()
  if (frames !== task.frames) throw new Error(`${task.name}: worked on ${frames} frames instead of ${task.frames}`)
}

/** What tinybench is to take as the time of one call, and as time spent. */
function sample(task: Task, calls: number): { overriddenDuration: number; overriddenIterationCost: number } {
  const start = cpuMs()
  for (let left = calls; left > 0; left--) call(task)
  const ms = cpuMs() - start
  return { overriddenDuration: ms / calls, overriddenIterationCost: ms }
}

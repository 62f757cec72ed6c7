/** Times tasks and prints them. */
import { Bench } from 'tinybench'
import type { Task } from './suite.ts'

/** Checks every task, times them, and prints ns per frame, frames a second, spread and the ratio to the limit. */
export async function runSuite(tasks: readonly Task[]): Promise<void> {
  for (const task of tasks) {
    const frames = task.run()
    if (frames !== task.frames) throw new Error(`${task.name}: worked on ${frames} frames instead of ${task.frames}`)
  }
  const bench = new Bench({ time: 300, warmupTime: 150 })
  for (const task of tasks) bench.add(task.name, () => void task.run())
  await bench.run()
  const measured = new Map<string, { ns: number; spread: number }>()
  for (const { name, result } of bench.tasks) {
    const { frames } = tasks.find((task) => task.name === name)!
    if (result.state === 'completed')
      measured.set(name, { ns: (result.latency.p50 * 1e6) / frames, spread: result.latency.rme })
  }
  console.table(
    tasks.map(({ name, limit }) => {
      const { ns, spread } = measured.get(name)!
      return {
        task: name,
        'ns/frame': ns.toFixed(1),
        'M frames/s': (1000 / ns).toFixed(2),
        '± %': spread.toFixed(1),
        'of its limit': limit ? `${(ns / measured.get(limit)!.ns).toFixed(2)} ×` : '',
      }
    }),
  )
}

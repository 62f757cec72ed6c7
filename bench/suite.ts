/** What a bench file exports, and how a suite is run and printed. */
import { Bench } from 'tinybench'

export interface Task {
  name: string
  /** Frames (or rows) one call of `run` works on; enough that the call itself does not count. */
  frames: number
  /** Name of the task that does the least anybody must do with the same bytes: it stands beside this one as a ratio. */
  limit?: string | undefined
  /** Gives the frames it worked on, so that nothing is optimised away and a wrong result shows. */
  run: () => number
}

/** Frames of one kind, back to back: frame i is bytes[i ? ends[i - 1] : 0, ends[i]). */
export interface Ring {
  name: string
  bytes: Uint8Array
  ends: Uint32Array
}

/** More distinct frames than a branch predictor learns by heart. */
export const RING_FRAMES = 512

export function ring(name: string, frameOf: (index: number) => Uint8Array): Ring {
  const frames = Array.from({ length: RING_FRAMES }, (_, index) => frameOf(index))
  let end = 0
  const ends = Uint32Array.from(frames, (frame) => (end += frame.length))
  return { name, bytes: Uint8Array.from(Buffer.concat(frames)), ends }
}

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

/** Two tasks that no revision changes: if they take longer in one process than in the other, it was disturbed. */
import type { Task } from './suite.ts'

const FRAMES = 512
const STEPS = 20 * FRAMES

let kept: { frame: number; words: number[] }[] = []

export const CANARIES: readonly Task[] = [
  {
    name: 'canary integers',
    frames: FRAMES,
    run() {
      let word = 1
      for (let step = 0; step < STEPS; step++) {
        word ^= word << 13
        word ^= word >>> 17
        word ^= word << 5
      }
      return word === 0 ? 0 : FRAMES
    },
  },
  {
    name: 'canary allocation',
    frames: FRAMES,
    run() {
      kept = []
      for (let frame = 0; frame < FRAMES; frame++) kept.push({ frame, words: [frame, frame + 1] })
      return kept.length
    },
  },
]

/** So many tasks lie between two canaries. */
const EVERY = 24

/** The tasks with canaries all over between them, and after the last. */
export function withCanaries(tasks: readonly Task[]): Task[] {
  return [...tasks.flatMap((task, index) => (index % EVERY ? [task] : [...CANARIES, task])), ...CANARIES]
}

/** Two tasks that no revision changes: if they take longer in one process than in the other, it was disturbed. */
import type { Task } from './suite.ts'

const FRAMES = 512
const INTEGER_STEPS = 20 * FRAMES
const MEMORY_STEPS = 4 * FRAMES

/** More than a core has to itself: how fast it is read depends on what others do with the cache that all share. */
const words = new Int32Array(1 << 21).fill(1)
let place = 0

/** No canary allocates: what that costs differs by a third between processes that nobody disturbs. */
export const CANARIES: readonly Task[] = [
  {
    name: 'canary integers',
    frames: FRAMES,
    run() {
      let word = 1
      for (let step = 0; step < INTEGER_STEPS; step++) {
        word ^= word << 13
        word ^= word >>> 17
        word ^= word << 5
      }
      return word === 0 ? 0 : FRAMES
    },
  },
  {
    name: 'canary memory',
    frames: FRAMES,
    run() {
      let sum = 0
      for (let step = 0; step < MEMORY_STEPS; step++) {
        place = (Math.imul(place, 1_664_525) + 1_013_904_223) | 0
        sum += words[(place >>> 8) & (words.length - 1)]
      }
      return sum === MEMORY_STEPS ? FRAMES : 0
    },
  },
]

/** So many tasks lie between two canaries. */
const EVERY = 24

/** The tasks with canaries all over between them, and after the last. */
export function withCanaries(tasks: readonly Task[]): Task[] {
  return [...tasks.flatMap((task, index) => (index % EVERY ? [task] : [...CANARIES, task])), ...CANARIES]
}

/** How the fault tests of a whole gateway are run and replayed. */
import type { FaultOptions } from '../faults.ts'
import { Random } from '../../../src/simulator/random.ts'

export type { FaultOptions, FaultTest } from '../faults.ts'

/** Names the seed of what fails. */
export async function seeded<T>(
  id: string,
  { seed, seconds }: FaultOptions,
  round: (random: Random) => Promise<T>,
): Promise<T> {
  try {
    return await round(new Random(seed))
  } catch (error) {
    const again = `bun run faults -- --only ${id} --seed ${seed} --minutes ${(seconds / 60).toFixed(2)}`
    throw new Error(`${id} fails: ${(error as Error).message}; once more: ${again}`, { cause: error })
  }
}

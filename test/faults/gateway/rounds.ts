/** How the fault tests of a whole gateway are run and replayed. */
import { Random } from '../../../src/simulator/random.ts'

/** One of the fault tests. `run` takes about as long as it is given, at least one round, and says what it has done. */
export interface FaultTest {
  id: string
  name: string
  run(options: FaultOptions): Promise<string>
}

export interface FaultOptions {
  /** Everything random comes from it: the same seed does the same, as far as two processes can. */
  seed: number
  seconds: number
}

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

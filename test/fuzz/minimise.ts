/** Makes a failing mutant small: drops pieces, then bytes, as long as it breaks the same rule. */
import { Violation } from './guard.ts'
import type { Mutant } from './mutants.ts'

/** The rule a mutant breaks, and how; null if it breaks none. */
export function violationOf(run: (mutant: Mutant) => void, mutant: Mutant): Violation | null {
  try {
    run(mutant)
    return null
  } catch (error) {
    if (error instanceof Violation) return error
    return new Violation('exception', (error as Error).stack ?? String(error))
  }
}

const TRIES_MAX = 3000,
  MS_MAX = 8000

export function minimise(run: (mutant: Mutant) => void, mutant: Mutant, rule: string): Mutant {
  let tries = 0
  const end = performance.now() + MS_MAX
  let best = mutant
  const attempt = (candidate: Mutant): boolean => {
    if (tries++ > TRIES_MAX || performance.now() > end || violationOf(run, candidate)?.rule !== rule) return false
    best = candidate
    return true
  }
  attempt({ ...best, cuts: [] })
  for (let at = best.pieces.length - 1; at >= 0; at--) attempt({ ...best, pieces: best.pieces.toSpliced(at, 1) })
  for (let index = 0; index < best.pieces.length; index++)
    for (let size = best.pieces[index].bytes.length >> 1; size >= 1; size >>= 1)
      for (let at = 0; at < best.pieces[index].bytes.length;) {
        const piece = best.pieces[index]
        const bytes = Uint8Array.from([...piece.bytes.subarray(0, at), ...piece.bytes.subarray(at + size)])
        const pieces = best.pieces.with(index, { ...piece, bytes, intact: false, fixes: [] })
        if (!attempt({ ...best, pieces })) at += size
      }
  return best
}

/** The mutant as hex, one line a piece, to be pasted into a test. */
export function print(mutant: Mutant): string {
  const lines = mutant.pieces.map(
    ({ bytes, protocol, intact }) =>
      `    ${Buffer.from(bytes).toString('hex')}  ${protocol}${intact ? '' : ', damaged'}`,
  )
  const options = mutant.strict ? 'strict options' : 'default options'
  return [
    `  ${mutant.transport}, ${options}${mutant.cuts.length > 0 ? `, cut at ${mutant.cuts.join(', ')}` : ''}`,
    ...lines,
  ].join('\n')
}

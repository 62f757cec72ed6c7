/** How one row of the signatures reads some bytes, in all detail. For tools that explain; the table is what decides. */
import { NO } from './codec.ts'
import { parsePattern, THROUGH } from './pattern.ts'
import type { Signature } from './signatures.ts'

export interface Reading {
  readonly signature: Signature
  /**
   * satisfied: the pattern is through. refuted: it is, but so is what it must not be. broken: a byte does not fit.
   * unfinished: the bytes end first.
   */
  readonly outcome: 'satisfied' | 'refuted' | 'broken' | 'unfinished'
  /** How many bytes it took to know; of these the last one is what satisfied, refuted or broke it. */
  readonly bytes: number
  /** What would have fitted where the pattern broke, or would come next where the bytes end: 1 for each such byte. */
  readonly wanted: Uint8Array
  /** Answer of the row's confirmation, if it has one and was satisfied. */
  readonly confirmed: number | null
}

export const readBy = (signature: Signature, bytes: Uint8Array): Reading => {
  const own = follow(signature.pattern, bytes)
  const unless = signature.unless === undefined ? null : follow(signature.unless, bytes)
  const refuted = unless !== null && unless.through && own.outcome !== 'broken'
  const confirmed = own.through && !refuted ? (signature.confirm?.(bytes, 0, bytes.length) ?? null) : null
  return {
    signature,
    outcome: refuted ? 'refuted' : own.outcome,
    bytes: refuted ? unless.bytes : own.bytes,
    wanted: own.wanted,
    confirmed,
  }
}

/** True if the reading leaves the protocol possible. */
export const isPossible = ({ outcome, confirmed }: Reading): boolean =>
  (outcome === 'satisfied' || outcome === 'unfinished') && confirmed !== NO

const follow = (source: string, bytes: Uint8Array) => {
  const { places, first } = parsePattern(source)
  let at = first
  for (let index = 0; ; index++) {
    const wanted = new Uint8Array(256)
    for (const place of at) places[place].takes.forEach((takes, byte) => (wanted[byte] |= takes))
    if (index === bytes.length) return { outcome: 'unfinished' as const, through: false, bytes: index, wanted }
    const next = new Set(
      at.filter((place) => places[place].takes[bytes[index]] === 1).flatMap((place) => places[place].next),
    )
    if (next.size === 0) return { outcome: 'broken' as const, through: false, bytes: index + 1, wanted }
    if (next.has(THROUGH)) return { outcome: 'satisfied' as const, through: true, bytes: index + 1, wanted }
    at = [...next]
  }
}

/**
 * How protocols open, as data, and the one table that all their rows become: a deterministic automaton over bytes, made
 * once by subset construction. recognise.ts walks it. docs/decisions/0007-recognition.md says why.
 */
import { YES, type MAYBE } from './codec.ts'
import { parsePattern, THROUGH, type Pattern, type Place } from './pattern.ts'

/** A row: one way in which a stream or datagram of a protocol opens. */
export interface Signature {
  /** What opens so, in the manual's words. */
  readonly name: string
  /** The bytes (see pattern.ts). */
  readonly pattern: string
  /** Fewest bytes that satisfy the pattern. For the reader; the compiler checks it. */
  readonly minBytes: number
  /** What it means when the pattern is satisfied. MAYBE: good enough only if nothing follows and nobody else comes near. */
  readonly verdict: typeof YES | typeof MAYBE
  /** Another protocol's way to open that satisfies the pattern too: the row waits until this is out of the question. */
  readonly unless?: string
  /**
   * Says NO, MAYBE (more bytes, please) or YES where no pattern can: a length that must fit, a checksum. Asked with all
   * bytes there are, and only once the pattern is satisfied. YES and NO are final: more bytes must not change them.
   */
  readonly confirm?: (bytes: Uint8Array, start: number, end: number) => number
}

/** Owners are bits of a 32-bit word. */
const OWNERS_MAX = 31

/** The table, by state. State 0 is before the first byte. */
export interface SignatureTable {
  /** Class of each byte: bytes that no pattern tells apart share one. */
  readonly classes: Uint8Array
  /** state << classBits | class → state */
  readonly next: Uint16Array
  readonly classBits: number
  readonly states: number
  /** Owners, as bits: whose opening is certain, */
  readonly certain: Uint32Array
  /** whose patterns more bytes may still satisfy, */
  readonly open: Uint32Array
  /** of whom a MAYBE row is satisfied. */
  readonly possible: Uint32Array
  /** Satisfied rows that need a confirmation. */
  readonly confirms: readonly (readonly Confirm[])[]
}
export interface Confirm {
  readonly owner: number
  readonly confirm: NonNullable<Signature['confirm']>
}

interface Row {
  readonly owner: number
  readonly signature: Signature
}

/** A place of the union of all patterns. */
interface UnionPlace extends Place {
  readonly row: number
  /** It belongs to the row's `unless`. */
  readonly unless: boolean
}

/**
 * What is known after some bytes, row by row and owner by owner; a state of the table. Sorted, so that equal sets have
 * equal keys.
 */
interface Known {
  readonly places: readonly number[]
  /** Satisfied rows of owners that are not certain. */
  readonly satisfied: readonly number[]
  readonly certain: number
}

/**
 * Makes the table of all rows; `owners[i]` are the rows of owner i. Throws where two owners would be certain at the same
 * byte: such a tie has to be settled in the rows, where a reader sees it.
 */
export const compileSignatures = (owners: readonly (readonly Signature[])[]): SignatureTable => {
  if (owners.length > OWNERS_MAX) throw new Error(`more than ${OWNERS_MAX} owners of signatures`)
  const rows: Row[] = owners.flatMap((signatures, owner) => signatures.map((signature) => ({ owner, signature })))
  const places: UnionPlace[] = []
  const add = (row: number, pattern: Pattern, unless: boolean): number[] => {
    const base = places.length
    const shift = (next: readonly number[]) => next.map((place) => (place === THROUGH ? THROUGH : base + place))
    for (const place of pattern.places) places.push({ takes: place.takes, next: shift(place.next), row, unless })
    return shift(pattern.first)
  }
  const first = rows.flatMap(({ signature }, row) => {
    const pattern = parsePattern(signature.pattern)
    if (pattern.minBytes !== signature.minBytes)
      throw new Error(`signature ${signature.name}: its pattern takes ${pattern.minBytes} bytes at least`)
    const own = add(row, pattern, false)
    return signature.unless === undefined ? own : [...own, ...add(row, parsePattern(signature.unless), true)]
  })
  const { classes, samples } = byteClasses(places)

  const known: Known[] = []
  const numbers = new Map<string, number>()
  const stateOf = (after: Known): number => {
    const key = `${after.places.join()};${after.satisfied.join()};${after.certain}`
    let state = numbers.get(key)
    if (state === undefined) {
      numbers.set(key, (state = known.length))
      known.push(after)
    }
    return state
  }
  stateOf({ places: first.toSorted(ascending), satisfied: [], certain: 0 })
  const classBits = Math.ceil(Math.log2(samples.length))
  const transitions: number[] = []
  for (let state = 0; state < known.length; state++) {
    // Most classes are one to a state, because few places are left in it.
    const behind = new Map<string, number>()
    const left = known[state].places
    for (let index = 0; index < 1 << classBits; index++) {
      const byte = samples[index] ?? samples[0]
      let key = ''
      for (const place of left) if (places[place].takes[byte] !== 0) key += `${place} `
      let to = behind.get(key)
      if (to === undefined) {
        const after = step(known[state], byte, rows, places)
        const ties = known[state].certain === 0 ? after.certain & (after.certain - 1) : 0
        if (ties !== 0) throw new Error(tieAt(after.certain, rows, samples, transitions, classBits, state, index))
        behind.set(key, (to = stateOf(after)))
      }
      transitions.push(to)
    }
  }
  if (known.length > 0xffff) throw new Error(`signatures need ${known.length} states: make their patterns simpler`)
  return {
    classes,
    next: Uint16Array.from(transitions),
    classBits,
    states: known.length,
    certain: Uint32Array.from(known, (each) => each.certain),
    open: Uint32Array.from(known, (each) => bits(each.places.map((place) => rows[places[place].row].owner))),
    possible: Uint32Array.from(known, (each) =>
      bits(each.satisfied.filter((row) => rows[row].signature.verdict !== YES).map((row) => rows[row].owner)),
    ),
    confirms: known.map((each) =>
      each.satisfied.flatMap((row) => {
        const { owner, signature } = rows[row]
        const doubted = each.places.some((place) => places[place].unless && places[place].row === row)
        return signature.confirm === undefined || doubted ? [] : [{ owner, confirm: signature.confirm }]
      }),
    ),
  }
}

const ascending = (a: number, b: number) => a - b
const bits = (owners: readonly number[]) => owners.reduce((mask, owner) => mask | (1 << owner), 0)

/** What is known after one byte more. */
const step = (before: Known, byte: number, rows: readonly Row[], places: readonly UnionPlace[]): Known => {
  const satisfied = new Set(before.satisfied)
  const refuted = new Set<number>()
  const reached = new Set<number>()
  for (const at of before.places) {
    const { takes, next, row, unless } = places[at]
    if (takes[byte] === 0) continue
    for (const place of next)
      if (place !== THROUGH) reached.add(place)
      else (unless ? refuted : satisfied).add(row)
  }
  for (const row of refuted) satisfied.delete(row)
  // Rows that may yet be satisfied, and rows whose `unless` is still in question.
  const open = new Set<number>()
  const doubted = new Set<number>()
  for (const place of reached) (places[place].unless ? doubted : open).add(places[place].row)
  let certain = before.certain
  for (const row of satisfied) {
    const { verdict, confirm } = rows[row].signature
    if (verdict === YES && !confirm && !doubted.has(row)) certain |= 1 << rows[row].owner
  }
  const matters = (row: number) => !refuted.has(row) && (certain & (1 << rows[row].owner)) === 0
  return {
    places: [...reached]
      .filter((place) => {
        const { row, unless } = places[place]
        return matters(row) && (unless ? satisfied.has(row) || open.has(row) : !satisfied.has(row))
      })
      .toSorted(ascending),
    satisfied: [...satisfied].filter(matters).toSorted(ascending),
    certain,
  }
}

/** Bytes that no place tells apart, and one byte of each such class. */
const byteClasses = (places: readonly UnionPlace[]): { classes: Uint8Array; samples: number[] } => {
  const classes = new Uint8Array(256)
  const samples: number[] = []
  const seen = new Map<string, number>()
  for (let byte = 0; byte < 256; byte++) {
    const key = places.map(({ takes }) => takes[byte]).join('')
    let index = seen.get(key)
    if (index === undefined) {
      seen.set(key, (index = samples.length))
      samples.push(byte)
    }
    classes[byte] = index
  }
  return { classes, samples }
}

/** Words for a tie: the rows, and bytes that satisfy them all. */
const tieAt = (
  owners: number,
  rows: readonly Row[],
  samples: readonly number[],
  transitions: readonly number[],
  classBits: number,
  state: number,
  last: number,
): string => {
  const opening = [samples[last]]
  for (let at = state; at !== 0;) {
    const from = transitions.indexOf(at)
    opening.unshift(samples[from & ((1 << classBits) - 1)])
    at = from >> classBits
  }
  const names = rows.filter(({ owner }) => owners & (1 << owner)).map(({ signature }) => signature.name)
  return `signatures are certain at the same byte of ${Buffer.from(opening).toString('hex')}: one of ${names.join(', ')}`
}

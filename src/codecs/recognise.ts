/**
 * Which protocol a stream or datagram speaks, from its first bytes alone; never from the port. One walk, byte by byte,
 * over the table of all signatures, up to the first byte at which exactly one owner of rows is certain:
 *
 *   1. A pattern decides at the byte that makes it certain. Two at one byte are refused when the table is made.
 *   2. Where no pattern can decide any more, rows that need a confirmation are asked. One YES decides, as soon as all
 *      others have said NO; two can never be told apart, so nobody is recognised.
 *   3. At the end of a datagram or connection one codec that is merely possible, and alone, is good enough.
 *
 * The answer depends on the bytes only: not on how they were cut into reads, and not on the order of the codecs.
 */
import { MAYBE, NO, YES, type Codec } from './codec.ts'
import { Reject } from './rejects.ts'
import { compileSignatures, type Signature, type SignatureTable } from './signatures.ts'

/** More bytes are needed. */
export const UNDECIDED = -1
/** No codec knows these bytes. */
export const UNKNOWN_PROTOCOL = -2
/** A client of another kind: TLS, HTTP, SSH. */
export const NOT_A_TRACKER = -3
/** Of a state: no pattern can decide any more; what is left are confirmations and possibilities. */
const ASK = -4

/** Openings of clients that are not trackers. Scanners and health checks of balancers send these. */
export const OTHER_CLIENTS: readonly Signature[] = [
  { name: 'TLS handshake', pattern: String.raw`\x16\x03`, minBytes: 2, verdict: YES },
  { name: 'HTTP request', pattern: '(?:GET|PUT|POST|HEAD|OPTIONS|CONNECT) ', minBytes: 4, verdict: YES },
  { name: 'SSH banner', pattern: 'SSH-', minBytes: 4, verdict: YES },
]

export interface Recogniser extends SignatureTable {
  /** By state: index of the codec that is certain, or one of the values above. */
  readonly decision: Int8Array
  /** By codec and state: 1 if another owner is certain or may become it. */
  readonly others: readonly Uint8Array[]
  /** By codec: state << 8 | byte → state, among states in which it may still be this codec or another; OURS or ASK_ALL. */
  readonly ours: readonly Uint8Array[]
}

/** Of `ours`: nobody but this codec; or only the whole table can tell. */
const OURS = 255
const ASK_ALL = 254

/** The table of all codecs' signatures and of those of other clients. */
export const recogniserOf = (codecs: readonly Pick<Codec, 'signatures'>[]): Recogniser => {
  const table = compileSignatures([...codecs.map(({ signatures }) => signatures), OTHER_CLIENTS])
  const decision = Int8Array.from({ length: table.states }, (_, state) => {
    if (table.certain[state] !== 0) return answerOf(table.certain[state], codecs.length)
    if (table.open[state] !== 0) return UNDECIDED
    return table.possible[state] !== 0 || table.confirms[state].length > 0 ? ASK : UNKNOWN_PROTOCOL
  })
  const others = codecs.map((_, own) =>
    Uint8Array.from({ length: table.states }, (__, state) => {
      const alive = table.confirms[state].reduce(
        (owners, { owner }) => owners | (1 << owner),
        table.certain[state] | table.open[state] | table.possible[state],
      )
      return (alive & ~(1 << own)) === 0 ? 0 : 1
    }),
  )
  const ours = others.map((other, own) => oursOf({ ...table, decision }, other, own))
  return { ...table, decision, others, ours }
}

/** The part of the table that a frame of codec `own` mostly needs. One look-up a byte, where the whole table takes four. */
const oursOf = (
  table: Pick<Recogniser, 'next' | 'classes' | 'classBits' | 'decision' | 'open'>,
  others: Uint8Array,
  own: number,
): Uint8Array => {
  const states = [0]
  const numberOf = (state: number): number => {
    if (others[state] === 0 || table.decision[state] === own) return OURS
    if (table.decision[state] !== UNDECIDED || (table.open[state] & (1 << own)) === 0) return ASK_ALL
    const number = states.indexOf(state)
    if (number >= 0) return number
    return states.length < ASK_ALL ? states.push(state) - 1 : ASK_ALL
  }
  const steps: number[] = []
  for (let number = 0; number < states.length; number++)
    for (let byte = 0; byte < 256; byte++)
      steps.push(numberOf(table.next[(states[number] << table.classBits) | table.classes[byte]]))
  return Uint8Array.from(steps)
}

/** The answer for the one owner in a set; the last owner are the other clients. */
const answerOf = (owners: number, codecs: number): number => {
  const owner = 31 - Math.clz32(owners & -owners)
  return owner === codecs ? NOT_A_TRACKER : owner
}

/** Index of the codec that speaks these bytes, or a negative value from above. `final`: nothing will follow. */
export const recognise = (
  recogniser: Recogniser,
  bytes: Uint8Array,
  start: number,
  end: number,
  final: boolean,
): number => {
  const { classes, next, classBits, decision } = recogniser
  let state = 0
  for (let at = start; at < end && decision[state] === UNDECIDED; at++)
    state = next[(state << classBits) | classes[bytes[at]]]
  const decided = decision[state]
  if (decided === ASK || (decided === UNDECIDED && final)) return ask(recogniser, state, bytes, start, end, final)
  return decided
}

const ask = (
  recogniser: Recogniser,
  state: number,
  bytes: Uint8Array,
  start: number,
  end: number,
  final: boolean,
): number => {
  const confirms = recogniser.confirms[state]
  let certain = 0,
    pending = 0
  for (let index = 0; index < confirms.length; index++) {
    const { owner, confirm } = confirms[index]
    const verdict = confirm(bytes, start, end)
    if (verdict === YES) certain |= 1 << owner
    else if (verdict === MAYBE) pending |= 1 << owner
  }
  pending &= ~certain
  // A mere possibility neither decides nor stands in the way of one who is certain; what a confirmation still waits for
  // does not come any more at the end.
  const candidates = certain !== 0 ? certain : recogniser.possible[state] | (final ? 0 : pending)
  if (candidates === 0) return UNKNOWN_PROTOCOL
  if (!final && (certain === 0 || pending !== 0)) return UNDECIDED
  // Only codecs have rows of these kinds, so that the answer is a codec.
  return (candidates & (candidates - 1)) === 0 ? 31 - Math.clz32(candidates) : UNKNOWN_PROTOCOL
}

/**
 * Index of the codec, other than `own`, that speaks these bytes while codec `own` is out of the question; UNDECIDED if more
 * bytes may show one; else another negative. Asked of every frame, so it mostly looks no further than `ours`.
 */
export const recogniseOther = (
  recogniser: Recogniser,
  own: number,
  bytes: Uint8Array,
  start: number,
  end: number,
): number => {
  const ours = recogniser.ours[own]
  let state = 0
  for (let at = start; at < end && state < ASK_ALL; at++) state = ours[(state << 8) | bytes[at]]
  return state === OURS ? UNKNOWN_PROTOCOL : askOthers(recogniser, own, bytes, start, end)
}

const askOthers = (recogniser: Recogniser, own: number, bytes: Uint8Array, start: number, end: number): number => {
  const { classes, next, classBits, decision } = recogniser
  const others = recogniser.others[own]
  let state = 0
  for (let at = start; at < end && decision[state] === UNDECIDED && others[state] !== 0; at++)
    state = next[(state << classBits) | classes[bytes[at]]]
  if (others[state] === 0) return UNKNOWN_PROTOCOL
  const decided = decision[state] === ASK ? ask(recogniser, state, bytes, start, end, false) : decision[state]
  if (decided < 0) return decided
  return decided !== own && recogniseAs(recogniser, own, bytes, start, end) === NO ? decided : UNKNOWN_PROTOCOL
}

/** How sure codec `index` is of these bytes, whatever the others say: NO, MAYBE (needs more bytes), YES. */
export const recogniseAs = (
  recogniser: SignatureTable,
  index: number,
  bytes: Uint8Array,
  start: number,
  end: number,
): number => {
  const { classes, next, classBits, open } = recogniser
  const owner = 1 << index
  let state = 0
  for (let at = start; at < end && (open[state] & owner) !== 0; at++)
    state = next[(state << classBits) | classes[bytes[at]]]
  if ((recogniser.certain[state] & owner) !== 0) return YES
  let verdict = ((open[state] | recogniser.possible[state]) & owner) !== 0 ? MAYBE : NO
  const confirms = recogniser.confirms[state]
  for (let at = 0; at < confirms.length && verdict !== YES; at++)
    if (confirms[at].owner === index) verdict = Math.max(verdict, confirms[at].confirm(bytes, start, end))
  return verdict
}

/** Reject reason of a negative answer of `recognise`. */
export const rejectOf = (verdict: number): number =>
  verdict === NOT_A_TRACKER ? Reject.not_a_tracker : Reject.unknown_protocol

const CR = 13,
  LF = 10,
  SPACE = 32
/** Position of the first byte that is no line end or space: these may stand before a stream's or datagram's first frame. */
export const behindLineEnds = (bytes: Uint8Array, start: number, end: number): number => {
  let at = start
  while (at < end && (bytes[at] === CR || bytes[at] === LF || bytes[at] === SPACE)) at++
  return at
}

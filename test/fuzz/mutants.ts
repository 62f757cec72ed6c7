/**
 * Mutants: frames of the corpus, torn and put together again. A mutant is a function of seed and number alone, so that
 * any one can be made again.
 */
import { Random } from '../../src/simulator/random.ts'
import type { Corpus, Piece } from './corpus.ts'
import { ENVELOPES } from './envelopes.ts'

export interface Mutant {
  pieces: Piece[]
  transport: 'tcp' | 'udp'
  /** TCP: where the stream is cut into reads. UDP: a piece is a datagram, unless it is joined to the one before. */
  cuts: number[]
  /** Options of the codecs: the defaults, or those that refuse wrong checksums. */
  strict: boolean
}

/** Longest piece that mutations grow; a flood may be longer. */
const PIECE_BYTES_MAX = 4096
const FLOOD_BYTES_MAX = 24_576
const MIX = 0x9e3779b1

export function makeMutant(corpus: Corpus, seed: number, number: number): Mutant {
  const random = new Random(Math.imul(seed + 1, MIX) ^ Math.imul(number, 0x85ebca6b) ^ (number / 0x1_0000_0000))
  const protocol = random.pick(corpus.protocols)
  let pieces = stretch(corpus, protocol, random)
  if (random.chance(0.25)) {
    const other = random.chance(0.5) ? protocol : random.pick(corpus.protocols)
    pieces = join(pieces, stretch(corpus, other, random), random)
  }
  const operations = random.whole(0, 4)
  for (let done = 0; done < operations; done++) {
    const at = random.whole(0, pieces.length - 1)
    pieces = pieces.toSpliced(at, 1, ...(random.chance(0.15) ? tear : damage)(corpus, pieces[at], random))
  }
  const transport = random.chance(0.5) ? 'tcp' : 'udp'
  const total = pieces.reduce((sum, piece) => sum + piece.bytes.length, 0)
  const cuts = Array.from({ length: transport === 'tcp' ? random.whole(0, 3) : 0 }, () => random.whole(0, total))
  return { pieces, transport, cuts: cuts.toSorted((a, b) => a - b), strict: random.chance(0.5) }
}

/** What one tracker sends, or some frames that papers and fixtures know, perhaps behind the login of a tracker. */
function stretch(corpus: Corpus, protocol: string, random: Random): Piece[] {
  const stream = random.pick(corpus.streams.get(protocol)!)
  const from = random.whole(1, stream.length - 1)
  const pieces = random.chance(0.4)
    ? stream.slice(from, from + random.whole(1, 2))
    : Array.from({ length: random.whole(1, 2) }, () => random.pick(corpus.frames.get(protocol)!))
  return random.chance(0.7) ? [stream[0], ...pieces] : pieces
}

/** Two stretches on one connection: behind one another, or their frames mixed. */
function join(first: Piece[], second: Piece[], random: Random): Piece[] {
  if (random.chance(0.6)) return [...first, ...second]
  const mixed: Piece[] = []
  const [left, right] = [[...first], [...second]]
  while (left.length + right.length > 0)
    mixed.push((right.length === 0 || (left.length > 0 && random.chance(0.5)) ? left : right).shift()!)
  return mixed
}

/** A frame stops short, and another one begins, of whatever protocol. */
function tear(corpus: Corpus, piece: Piece, random: Random): Piece[] {
  const bytes = piece.bytes.slice(0, random.whole(0, piece.bytes.length - 1))
  const other = anyPiece(corpus, random.chance(0.5) ? piece.protocol : random.pick(corpus.protocols), random)
  return [
    { ...piece, bytes, intact: false, fixes: [] },
    { ...other, joined: true },
  ]
}

/** The piece with one mutation: of its bytes, or of the content inside length and checksum, which are then right. */
function damage(corpus: Corpus, piece: Piece, random: Random): Piece[] {
  const envelope = ENVELOPES[piece.protocol]
  const content = envelope && random.chance(0.6) ? envelope.unwrap(piece.bytes) : null
  const changed = mutate(corpus, content ?? piece.bytes, piece.protocol, random)
  const bytes = content === null ? changed : envelope.wrap(piece.bytes, changed)
  const intact = piece.intact && Buffer.compare(bytes, piece.bytes) === 0
  return [{ ...piece, bytes, intact, fixes: intact ? piece.fixes : [] }]
}

type Mutation = (bytes: Uint8Array, random: Random, corpus: Corpus, protocol: string) => Uint8Array

function mutate(corpus: Corpus, bytes: Uint8Array, protocol: string, random: Random): Uint8Array {
  if (bytes.length === 0) return randomBytes(random, 8)
  const mutated = random.chance(0.002) ? flood(bytes, random) : random.pick(MUTATIONS)(bytes, random, corpus, protocol)
  return mutated.length > FLOOD_BYTES_MAX ? mutated.slice(0, FLOOD_BYTES_MAX) : mutated
}

/** Values at the edges of fields of 1, 2, 4 and 8 bytes. */
const BYTES = [0, 1, 0x7f, 0x80, 0xff, 0x0d, 0x0a, 0x7e, 0x7d, 0x78, 0x2c, 0x2a, 0x23, 0x28, 0x29, 0x5b, 0x5d, 0x24]
const WIDTHS = [1, 2, 4, 8]
/** What a number in a text may be. */
const NUMBERS = `none
  0 00 -0 -1 1 9 99 255 256 65535 65536 2147483647 2147483648 4294967295 4294967296 9007199254740993
  99999999999999999999 0.0 . - + 1. .5 89.9999999 90 90.0000001 9000.0000 9000.0001 8960.0000 180
  180.0000001 18000.0001 359.99 360 361 000000 240000 235960 290226 310200 991231 700101 NaN 1e9 A F`
  .split(/\s+/)
  .map((word) => (word === 'none' ? '' : word))

const MUTATIONS: readonly Mutation[] = [
  /** Bits flip. */
  (bytes, random) => {
    const out = bytes.slice()
    for (let flips = random.whole(1, 3); flips > 0; flips--)
      out[random.whole(0, out.length - 1)] ^= 1 << random.whole(0, 7)
    return out
  },
  /** A byte becomes another. */
  (bytes, random) => {
    const out = bytes.slice()
    out[random.whole(0, out.length - 1)] = random.chance(0.5) ? random.pick(BYTES) : random.whole(0, 255)
    return out
  },
  /** A field of 1 to 8 bytes is all zeros, all ones, or the edge of a signed one; lengths are near the front. */
  (bytes, random) => {
    const out = bytes.slice()
    const width = random.pick(WIDTHS)
    const at = random.whole(0, random.chance(0.4) ? Math.min(16, out.length - 1) : out.length - 1)
    const fill = random.pick([0, 0xff])
    out.fill(fill, at, at + width)
    if (random.chance(0.5)) out[at] = random.pick([0, 1, 0x7f, 0x80])
    return out
  },
  /** Cut off at the end, or at the front. */
  (bytes, random) => {
    const at = random.whole(0, bytes.length - 1)
    return random.chance(0.75) ? bytes.slice(0, at) : bytes.slice(at)
  },
  /** A stretch is missing. */
  (bytes, random) => {
    const at = random.whole(0, bytes.length - 1)
    return concat(bytes.subarray(0, at), bytes.subarray(at + random.whole(1, 12)))
  },
  /** A stretch comes twice, or many times. */
  (bytes, random) => {
    const at = random.whole(0, bytes.length - 1)
    const part = bytes.subarray(at, at + random.whole(1, 24))
    const times = random.chance(0.8) ? 1 : random.whole(2, Math.max(2, Math.floor(PIECE_BYTES_MAX / part.length)))
    return concat(bytes.subarray(0, at), ...Array<Uint8Array>(times).fill(part), bytes.subarray(at))
  },
  /** Bytes get in between. */
  (bytes, random) => {
    const at = random.whole(0, bytes.length)
    return concat(bytes.subarray(0, at), randomBytes(random, 8), bytes.subarray(at))
  },
  /** The head of one frame and the tail of another of the protocol. */
  (bytes, random, corpus, protocol) => {
    const other = anyPiece(corpus, protocol, random).bytes
    const from = random.whole(0, other.length)
    return concat(bytes.subarray(0, random.whole(0, bytes.length)), other.subarray(from))
  },
  number,
  number,
  field,
  field,
]

/** A number in the text becomes one at an edge; where there is no text, four bytes do. */
function number(bytes: Uint8Array, random: Random): Uint8Array {
  const runs = runsOf(bytes, isDigit)
  if (runs.length === 0) return MUTATIONS[2](bytes, random, NO_CORPUS, '')
  const [from, to] = random.pick(runs)
  const replacement = random.chance(0.15) ? '9'.repeat(random.whole(1, 400)) : random.pick(NUMBERS)
  return concat(bytes.subarray(0, from), Buffer.from(replacement), bytes.subarray(to))
}
const NO_CORPUS = { protocols: [], streams: new Map(), frames: new Map(), devices: new Set<string>() }

/** A field of the text is missing, empty, doubled, repeated many times, or changes places with another. */
function field(bytes: Uint8Array, random: Random): Uint8Array {
  const runs = runsOf(bytes, isInField)
  if (runs.length < 2) return MUTATIONS[1](bytes, random, NO_CORPUS, '')
  const index = random.whole(0, runs.length - 2)
  const [from, to] = runs[index]
  const next = runs[index + 1][0]
  const whole = bytes.subarray(from, next)
  const [head, tail] = [bytes.subarray(0, from), bytes.subarray(next)]
  switch (random.whole(0, 4)) {
    case 0:
      return concat(head, tail)
    case 1:
      return concat(head, bytes.subarray(to))
    case 2:
      return concat(head, whole, whole, tail)
    case 3: {
      const times = random.whole(2, Math.max(2, Math.min(600, Math.floor(PIECE_BYTES_MAX / whole.length))))
      return concat(head, ...Array<Uint8Array>(times).fill(whole), tail)
    }
    default: {
      const [otherFrom, otherTo] = random.pick(runs)
      return concat(head, bytes.subarray(otherFrom, otherTo), bytes.subarray(to))
    }
  }
}

/** Nothing but beginnings: each byte or stretch asks for the end that never comes. */
function flood(bytes: Uint8Array, random: Random): Uint8Array {
  const part = bytes.subarray(0, random.whole(1, Math.min(40, bytes.length)))
  return concat(...Array<Uint8Array>(Math.floor(FLOOD_BYTES_MAX / part.length)).fill(part), bytes)
}

function anyPiece(corpus: Corpus, protocol: string, random: Random): Piece {
  const pieces = random.chance(0.5) ? corpus.frames.get(protocol)! : random.pick(corpus.streams.get(protocol)!)
  return random.pick(pieces)
}

const isDigit = (byte: number) => byte >= 0x30 && byte <= 0x39
const SEPARATORS = new Set(Buffer.from(',;:*#&|=()[]\r\n'))
const isInField = (byte: number) => !SEPARATORS.has(byte)

/** Runs of bytes for which `isIn` holds, as [from, to). */
function runsOf(bytes: Uint8Array, isIn: (byte: number) => boolean): [number, number][] {
  const runs: [number, number][] = []
  for (let at = 0; at < bytes.length; at++) {
    if (!isIn(bytes[at])) continue
    const from = at
    while (at < bytes.length && isIn(bytes[at])) at++
    runs.push([from, at])
  }
  return runs
}

function randomBytes(random: Random, most: number): Uint8Array {
  return Uint8Array.from({ length: random.whole(1, most) }, () => random.whole(0, 255))
}

function concat(...parts: Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}

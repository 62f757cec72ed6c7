/** What the codec tests share. */
import { FINAL, NEED_MORE, type Codec } from '../../src/codecs/codec.ts'
import { recogniseAs as recogniseByTable } from '../../src/codecs/recognise.ts'
import { compileSignatures, type SignatureTable } from '../../src/codecs/signatures.ts'

export { session, splitAll, take, takeAll, type Decoded, type Session } from '../../src/codecs/walk.ts'

export const bytesOfHex = (hex: string) => Uint8Array.from(Buffer.from(hex.replaceAll(/\s/g, ''), 'hex'))
export const bytesOfText = (text: string) => Uint8Array.from(Buffer.from(text, 'latin1'))
export const hexOf = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
export const textOf = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1')

const tables = new WeakMap<object, SignatureTable>()
/** How sure the codec's own signatures are of bytes[start, end): NO, MAYBE, YES. */
export function recogniseAs(codec: Codec, bytes: Uint8Array, start: number, end: number): number {
  let table = tables.get(codec.signatures)
  if (!table) tables.set(codec.signatures, (table = compileSignatures([codec.signatures])))
  return recogniseByTable(table, 0, bytes, start, end)
}

/** What came of a stream: its frames, what is none, and what waits for more. */
export interface Fed {
  frames: Uint8Array[]
  skipped: Uint8Array
  left: Uint8Array
}

/** Feeds pieces of a stream as reads into a window, the way net does. `closed`: then the stream ends. */
export function feed(codec: Codec, pieces: readonly Uint8Array[], closed = false): Fed {
  const frames: Uint8Array[] = []
  const skipped: Uint8Array[] = []
  let left = new Uint8Array(0)
  const take = (silentMs: number) => {
    let at = 0
    while (at < left.length) {
      const size = codec.split(left, at, left.length, silentMs)
      if (size === NEED_MORE) break
      ;(size > 0 ? frames : skipped).push(left.slice(at, at + Math.abs(size)))
      at += Math.abs(size)
    }
    left = left.slice(at)
  }
  for (const piece of pieces) {
    left = joined(left, piece)
    take(0)
  }
  if (closed) take(FINAL)
  return { frames, skipped: joined(...skipped), left }
}

export const joined = (...parts: readonly Uint8Array[]) => Uint8Array.from(Buffer.concat(parts))

/** The pieces of a stream that is cut at some places. */
export function piecesOf(stream: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const at = [0, ...cuts.map((cut) => cut % (stream.length + 1)).toSorted((a, b) => a - b), stream.length]
  return at.slice(1).map((to, index) => stream.subarray(at[index], to))
}

/** The same of text, as text. */
export function feedText(codec: Codec, pieces: readonly Uint8Array[]) {
  const { frames, skipped, left } = feed(codec, pieces)
  return { frames: frames.map(textOf), skipped: textOf(skipped), left: textOf(left) }
}

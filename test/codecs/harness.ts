/** What the codec tests share. */
import type { Codec } from '../../src/codecs/codec.ts'
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

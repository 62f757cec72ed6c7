/** What the codec tests share. */
export { session, splitAll, take, takeAll, type Decoded, type Session } from '../../src/codecs/walk.ts'

export const bytesOfHex = (hex: string) => Uint8Array.from(Buffer.from(hex.replaceAll(/\s/g, ''), 'hex'))
export const bytesOfText = (text: string) => Uint8Array.from(Buffer.from(text, 'latin1'))
export const hexOf = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
export const textOf = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1')

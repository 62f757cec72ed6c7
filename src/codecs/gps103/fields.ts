/** Where the text of a frame ends, and numbers that only this protocol writes. */
import { COMMA, CR, LF, NUL, PERCENT, SEMICOLON, SPACE, STAR } from '../ascii.ts'
import { decimal } from '../numbers.ts'

/** Where the text of a frame ends: before its terminator and whitespace. */
export const textEnd = (bytes: Uint8Array, start: number, end: number): number => {
  let at = end
  while (at > start) {
    const byte = bytes[at - 1]
    if (byte !== SEMICOLON && byte !== CR && byte !== LF && byte !== SPACE && byte !== NUL) break
    at--
  }
  return at
}

/** True if the text ends as the star variant does. */
export const endsWithStar = (bytes: Uint8Array, start: number, end: number): boolean =>
  end - start >= 2 && bytes[end - 1] === STAR && bytes[end - 2] === COMMA

/** Like `decimal`, with a percent sign allowed at the end. */
export const percent = (bytes: Uint8Array, from: number, to: number): number =>
  decimal(bytes, from, to > from && bytes[to - 1] === PERCENT ? to - 1 : to)

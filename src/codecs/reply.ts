/** Writing text into a reply. Each gives the offset behind what it wrote. */
import { ZERO } from './ascii.ts'

export const append = (reply: Uint8Array, at: number, text: Uint8Array): number =>
  appendBytes(reply, at, text, 0, text.length)

/** Appends `bytes[from, to)`. */
export const appendBytes = (reply: Uint8Array, at: number, bytes: Uint8Array, from: number, to: number): number => {
  let behind = at
  for (let index = from; index < to; index++) reply[behind++] = bytes[index]
  return behind
}

/** Appends a whole number from 0 up in so many digits, with zeros before it. */
export const appendDigits = (reply: Uint8Array, at: number, value: number, digits: number): number => {
  let rest = value
  for (let digit = digits - 1; digit >= 0; digit--) {
    reply[at + digit] = ZERO + (rest % 10)
    rest = (rest / 10) | 0
  }
  return at + digits
}

/** The unit id, an unsigned 64-bit number: its two halves, its digits, its eight bytes; without BigInt. */
import { ZERO } from '../ascii.ts'
import { u16, u32 } from '../bytes.ts'

const TWO_32 = 4_294_967_296
/** Below this the upper half and the lower together are an exact double. */
const EXACT_HIGH = 1 << 21
const BILLION = 1_000_000_000
/** Digits of the largest id. */
export const ID_DIGITS_MAX = 20
/** Digits a double holds for certain. */
const EXACT_DIGITS = 15
/** 10^18 >> 32: the upper half of an id that still counts as sane. */
const SANE_HIGH_MAX = 0x0de0b6b3

/** Halves of the id that `parseId` read last. */
export let high = 0
export let low = 0

/** True if the u64 at `at` is neither 0 nor 10^18 or more. */
export const isSaneId = (bytes: Uint8Array, at: number): boolean => {
  const upper = u32(bytes, at)
  return upper < SANE_HIGH_MAX && (upper !== 0 || u32(bytes, at + 4) !== 0)
}

/** Highest first byte of a sane id. */
export const SANE_FIRST_MAX = SANE_HIGH_MAX >> 24

// Four 16-bit limbs, the highest first: products and remainders of them stay within 32 bits.
const limbs = new Int32Array(4)
const LIMBS = 4

/** Reads the digits in bytes[from, to) into `high` and `low`; false if they are none, 0, or beyond 64 bits. */
export const parseId = (bytes: Uint8Array, from: number, to: number): boolean => {
  let at = from
  while (at < to && bytes[at] === ZERO) at++
  if (at === to) return false
  if (to - at <= EXACT_DIGITS) {
    let value = 0
    for (; at < to; at++) {
      const digit = bytes[at] - ZERO
      if (digit < 0 || digit > 9) return false
      value = value * 10 + digit
    }
    high = Math.floor(value / TWO_32)
    low = value - high * TWO_32
    return true
  }
  limbs.fill(0)
  for (; at < to; at++) {
    let carry = bytes[at] - ZERO
    if (carry < 0 || carry > 9) return false
    for (let limb = LIMBS - 1; limb >= 0; limb--) {
      const product = limbs[limb] * 10 + carry
      limbs[limb] = product & 0xffff
      carry = product >> 16
    }
    if (carry > 0) return false
  }
  high = limbs[0] * 65_536 + limbs[1]
  low = limbs[2] * 65_536 + limbs[3]
  return true
}

/** Writes `high` and `low` as eight bytes. */
export const writeIdBytes = (into: Uint8Array, at: number): void => {
  for (let byte = 0; byte < 4; byte++) {
    into[at + byte] = (high >>> (24 - 8 * byte)) & 0xff
    into[at + 4 + byte] = (low >>> (24 - 8 * byte)) & 0xff
  }
}

const scratch = new Uint8Array(ID_DIGITS_MAX)

/** Writes the u64 at `at` as decimal digits to `into`; how many. */
export const writeDigits = (bytes: Uint8Array, at: number, into: Uint8Array): number => {
  const upper = u32(bytes, at)
  let count = 0
  if (upper < EXACT_HIGH) {
    const value = upper * TWO_32 + u32(bytes, at + 4)
    let billions = Math.floor(value / BILLION)
    let rest = (value - billions * BILLION) | 0
    for (let digit = 0; digit < 9; digit++) {
      const tenth = (rest / 10) | 0
      scratch[count++] = ZERO + rest - tenth * 10
      rest = tenth
    }
    for (; billions > 0; billions = Math.floor(billions / 10)) scratch[count++] = ZERO + (billions % 10)
    while (count > 1 && scratch[count - 1] === ZERO) count--
  } else {
    for (let limb = 0; limb < LIMBS; limb++) limbs[limb] = u16(bytes, at + 2 * limb)
    let more = true
    while (more && count < scratch.length) {
      let remainder = 0
      more = false
      for (let limb = 0; limb < LIMBS; limb++) {
        const value = remainder * 65_536 + limbs[limb]
        limbs[limb] = (value / 10) | 0
        remainder = value - limbs[limb] * 10
        if (limbs[limb] > 0) more = true
      }
      scratch[count++] = ZERO + remainder
    }
  }
  for (let digit = 0; digit < count; digit++) into[digit] = scratch[count - 1 - digit]
  return count
}

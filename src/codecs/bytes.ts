/** Integers, BCD and short texts out of a frame, big-endian. The caller has checked that the bytes are there. */
export const u16 = (bytes: Uint8Array, at: number): number => (bytes[at] << 8) | bytes[at + 1]

export const u24 = (bytes: Uint8Array, at: number): number => (bytes[at] << 16) | (bytes[at + 1] << 8) | bytes[at + 2]

export const u32 = (bytes: Uint8Array, at: number): number =>
  ((bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3]) >>> 0

export const s8 = (byte: number): number => (byte << 24) >> 24

export const s16 = (bytes: Uint8Array, at: number): number => ((bytes[at] << 24) >> 16) | bytes[at + 1]

export const s32 = (bytes: Uint8Array, at: number): number => u32(bytes, at) | 0

/** A magnitude below the sign in bit 15. */
export const signMagnitude16 = (bytes: Uint8Array, at: number): number => {
  const value = u16(bytes, at)
  return value & 0x8000 ? -(value & 0x7fff) : value
}

/** Integer of `width` bytes, up to 8; above 2^53 it is not exact. */
export const uint = (bytes: Uint8Array, at: number, width: number): number => {
  let value = 0
  for (let end = at + width; at < end; at++) value = value * 256 + bytes[at]
  return value
}

export const allZero = (bytes: Uint8Array, from: number, to: number): boolean => {
  for (let at = from; at < to; at++) if (bytes[at] !== 0) return false
  return true
}

/** True if every nibble is a decimal digit. */
export const isBcd = (bytes: Uint8Array, from: number, to: number): boolean => {
  for (let at = from; at < to; at++) if (bytes[at] >> 4 > 9 || (bytes[at] & 15) > 9) return false
  return true
}

/** Two BCD digits as a number; 255 when they are none. */
export const bcd = (byte: number): number => (byte >> 4 > 9 || (byte & 15) > 9 ? 255 : (byte >> 4) * 10 + (byte & 15))

/** True for printable ASCII, and not empty. */
export const isPrintable = (bytes: Uint8Array, from: number, to: number): boolean => {
  for (let at = from; at < to; at++) if (bytes[at] < 0x20 || bytes[at] > 0x7e) return false
  return to > from
}

/** True if `text` stands at `at`, before `end`. */
export const hasText = (bytes: Uint8Array, at: number, end: number, text: Uint8Array): boolean => {
  if (at + text.length > end) return false
  for (let index = 0; index < text.length; index++) if (bytes[at + index] !== text[index]) return false
  return true
}

/** First `byte` in bytes[from, to), or -1. */
export const find = (bytes: Uint8Array, from: number, to: number, byte: number): number => {
  for (let at = from; at < to; at++) if (bytes[at] === byte) return at
  return -1
}

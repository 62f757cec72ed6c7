/** Big-endian integers out of a frame. The caller has checked that the bytes are there. */
export function u16(bytes: Uint8Array, at: number): number {
  return (bytes[at] << 8) | bytes[at + 1]
}

export function u24(bytes: Uint8Array, at: number): number {
  return (bytes[at] << 16) | (bytes[at + 1] << 8) | bytes[at + 2]
}

export function u32(bytes: Uint8Array, at: number): number {
  return ((bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3]) >>> 0
}

export function s16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] << 24) >> 16) | bytes[at + 1]
}

export function s32(bytes: Uint8Array, at: number): number {
  return u32(bytes, at) | 0
}

/** Big-endian integer of `width` bytes, up to 8; above 2^53 it is not exact. */
export function uint(bytes: Uint8Array, at: number, width: number): number {
  let value = 0
  for (let end = at + width; at < end; at++) value = value * 256 + bytes[at]
  return value
}

export function allZero(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (bytes[at] !== 0) return false
  return true
}

/** True if every nibble is a decimal digit. */
export function isBcd(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (bytes[at] >> 4 > 9 || (bytes[at] & 15) > 9) return false
  return true
}

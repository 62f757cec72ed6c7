/**
 * A 64-bit content hash of part of a frame, as two 32-bit lanes, without a slice, an object or a BigInt. Each lane is
 * 32-bit MurmurHash3 (public domain algorithm by Austin Appleby) with a seed of its own. Not cryptographic: it tells
 * a tracker's repetition from a new record, within one device and second.
 */
const C1 = 0xcc9e2d51,
  C2 = 0x1b873593

// Where all codecs are warm, compiled code was seen to look `Math.imul` up at each use; this is not looked up.
const { imul } = Math

/** Hashes `bytes[from, to)`, continuing from `hash[0..1]`; call `hashStart` first. */
export const hashBytes = (bytes: Uint8Array, from: number, to: number, hash: Uint32Array): void => {
  // Signed: elements of a Uint32Array may be doubles, and the lanes would stay such.
  let a = hash[0] | 0,
    b = hash[1] | 0
  let at = from
  for (; at + 4 <= to; at += 4) {
    const word = bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24)
    a = step(a, imul(word, C1))
    b = step(b, imul(word ^ 0x5bd1e995, C2))
  }
  let tail = 0
  for (let shift = 0; at < to; at++, shift += 8) tail |= bytes[at] << shift
  hash[0] = finish(step(a, imul(tail, C1)) ^ (to - from))
  hash[1] = finish(step(b, imul(tail ^ 0x5bd1e995, C2)) ^ (to - from))
}

export const hashStart = (hash: Uint32Array): void => {
  hash[0] = 0x9747b28c
  hash[1] = 0x2f0b4c47
}

const step = (lane: number, word: number): number => {
  const mixed = lane ^ imul((word << 15) | (word >>> 17), C2)
  const turned = (mixed << 13) | (mixed >>> 19)
  // Times five: shift and add take less than a product, and each step waits for the last.
  return ((((turned << 2) + turned) | 0) + 0xe6546b64) | 0
}

const finish = (lane: number): number => {
  let mixed = imul(lane ^ (lane >>> 16), 0x85ebca6b)
  mixed = imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return mixed ^ (mixed >>> 16)
}

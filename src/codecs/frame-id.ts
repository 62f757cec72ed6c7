/** The id of a frame: 64 bits of its content and its device, so that equal content of two devices differs. */
import type { Codec } from './codec.ts'
import { hashBytes, hashStart } from './hash.ts'

/** Writes the id of the frame `bytes[start, end)` of the device whose id is `device[deviceStart, deviceEnd)` into `id[0..1]`. */
export const frameId = (
  codec: Codec,
  bytes: Uint8Array,
  start: number,
  end: number,
  device: Uint8Array,
  deviceStart: number,
  deviceEnd: number,
  id: Uint32Array,
): void => {
  hashStart(id)
  hashBytes(device, deviceStart, deviceEnd, id)
  const low = id[0]
  const high = id[1]
  codec.hash(bytes, start, end, id)
  id[0] ^= Math.imul(low, 0x9e3779b1)
  id[1] ^= Math.imul(high, 0x85ebca77)
}

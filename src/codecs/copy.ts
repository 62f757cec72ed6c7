/** Copies of a few bytes: hot, so without an object for each. */

/** From here on the built-in copy is faster than a loop (`bench -- "copy of"`); below, its call costs more than it saves. */
const BUILT_IN_BYTES = 48
const builtIn = Buffer.prototype.copy

/** Copies `from[start, end)` to `to` at `at`. Unlike `to.set(from.subarray(start, end), at)` it makes no view. */
export const copyBytes = (from: Uint8Array, start: number, end: number, to: Uint8Array, at: number): void => {
  if (end - start >= BUILT_IN_BYTES) {
    builtIn.call(from, to, at, start, end)
    return
  }
  let read = start
  let write = at
  for (; read + 4 <= end; read += 4, write += 4) {
    to[write] = from[read]
    to[write + 1] = from[read + 1]
    to[write + 2] = from[read + 2]
    to[write + 3] = from[read + 3]
  }
  for (; read < end; read++) to[write++] = from[read]
}

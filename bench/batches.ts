/** Batches as net makes them: frames of many devices, mixed as they arrive. */
import { STATE_WORDS } from '../src/codecs/codec.ts'
import { FRAME, headerOf, TCP } from '../src/codecs/frame-record.ts'
import { Batch } from '../src/net/batch.ts'
import { codecNamed, FRAMES_PER_TRACKER, RING_TRACKERS } from './fleet.ts'
import { RECEIVED_MS, type Ring } from './suite.ts'

/** Devices of a batch, each of which sends one frame after the other in its turn. */
const DEVICES = 256
export const BATCH_FRAMES = DEVICES * FRAMES_PER_TRACKER
/** Frames that arrive in one millisecond. */
const FRAMES_PER_MS = 50
const ascii = new TextEncoder()

/** A protocol and what its trackers send. */
export type Traffic = readonly (readonly [protocol: string, ring: Ring])[]

/** Appends BATCH_FRAMES frames; device d speaks the protocol of ring d modulo their number. */
export function fillBatch(arena: ArrayBuffer, headers: readonly Uint8Array[], traffic: Traffic): Batch {
  const batch = new Batch(arena)
  const state = new Int32Array(STATE_WORDS)
  for (let turn = 0, frames = 0; turn < FRAMES_PER_TRACKER; turn++)
    for (let device = 0; device < DEVICES; device++, frames++) {
      const { bytes, ends, states } = traffic[device % traffic.length][1]
      const at = (device % RING_TRACKERS) * FRAMES_PER_TRACKER + turn
      if (states) {
        state[0] = states[STATE_WORDS * at]
        state[1] = states[STATE_WORDS * at + 1]
      }
      const receivedMs = RECEIVED_MS + ((frames / FRAMES_PER_MS) | 0)
      batch.append(headers[device], FRAME, 0, receivedMs, state, bytes, at ? ends[at - 1] : 0, ends[at])
    }
  return batch
}

/** Headers of the records of each device. */
export function headersOf(traffic: Traffic): Uint8Array[] {
  return Array.from({ length: DEVICES }, (_, device) =>
    headerOf(
      codecNamed(traffic[device % traffic.length][0]).id,
      TCP,
      0,
      ascii.encode(String(869_170_031_000_000 + 7919 * device)),
      ascii.encode(`10.0.0.${device}:${40_000 + device}`),
    ),
  )
}

/** Room for a batch of such frames. */
export function arenaFor(traffic: Traffic): ArrayBuffer {
  const longest = Math.max(
    ...traffic.flatMap(([, { ends }]) => Array.from(ends, (end, at) => end - (ends[at - 1] ?? 0))),
  )
  return new ArrayBuffer(BATCH_FRAMES * (longest + 128))
}

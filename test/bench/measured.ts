/** Measures what hot-path.test.ts expects, in a process of its own, whose heap holds nothing else; prints JSON. */
import { jscDescribe } from 'bun:jsc'
import { bytesPerFrame } from '../../bench/allocation.ts'
import { arenaFor, BATCH_FRAMES, fillBatch, headersOf } from '../../bench/batches.ts'
import { codecs, fleetRing } from '../../bench/fleet.ts'
import { intakeTask, NO_LOGIN, readsOf } from '../../bench/net.intake.bench.ts'
import { passesOf, RECEIVED_MS, type Ring, RING_FRAMES } from '../../bench/suite.ts'
import { ACK_BYTES_MAX, DEVICE_ID_MAX, STATE_WORDS, type Codec } from '../../src/codecs/codec.ts'
import { codecOptions, createCodecs } from '../../src/codecs/registry.ts'
import { Decoder } from '../../src/workers/decode.ts'

/** Bytes per frame. */
export interface Measured {
  /** Of what is known to allocate something, or nothing. */
  nothing: number
  object: number
  bytes: number
  seldom: number
  /** Of a codec's passes, of net, and of a batch; and how many of the codec's answers were no Int32. */
  protocols: Record<string, { codec: number; net: number[]; batch: number; doubles: number }>
}

const FRAMES = 512
/** Few, and as many as have more acks together than a session keeps room for. */
const FRAMES_A_READ = [16, 32]
const kept: unknown[] = Array.from({ length: FRAMES }, () => null)

function known(make: (frame: number) => unknown): number {
  return bytesPerFrame({
    name: 'known',
    frames: FRAMES,
    run: () => {
      for (let frame = 0; frame < FRAMES; frame++) kept[frame] = make(frame)
      return FRAMES
    },
  })
}

/** Split, identify, ack, advance, hash and decode. */
function codecBytes(codec: Codec, ring: Ring): number {
  const passes = Object.values(passesOf(codec))
  const run = () => passes.reduce((frames, pass) => frames + pass(ring) / passes.length, 0)
  return bytesPerFrame({ name: 'codec', frames: RING_FRAMES, run })
}

/**
 * Answers about frames that are doubles, whole as they may be. Every offset made of one is a double too, and so is what the
 * functions that all codecs share are compiled for: one codec makes all of them, and net, twice as slow.
 */
function doublesOf(codec: Codec, { bytes, ends }: Ring): number {
  const id = new Uint8Array(DEVICE_ID_MAX)
  const reply = new Uint8Array(ACK_BYTES_MAX)
  const state = new Int32Array(STATE_WORDS)
  let doubles = 0
  for (let frame = 0, start = 0; frame < ends.length; start = ends[frame++])
    for (const answer of [
      codec.split(bytes, start, bytes.length, 0),
      codec.identify(bytes, start, ends[frame], id, state),
      codec.ack(bytes, start, ends[frame], RECEIVED_MS, reply, 0, state),
    ])
      if (!jscDescribe(answer).startsWith('Int32')) doubles++
  return doubles
}

/** Appended, decoded, written as blocks; without the blocks. */
function batchBytes(protocol: string, ring: Ring): number {
  const traffic = [[protocol, ring]] as const
  const headers = headersOf(traffic)
  const decoder = new Decoder(createCodecs(codecOptions.parse({})))
  const arena = arenaFor(traffic)
  let blockBytes = 0
  const bytes = bytesPerFrame({
    name: 'batch',
    frames: BATCH_FRAMES,
    run: () => {
      const { blocks } = decoder.decode({ arena, used: fillBatch(arena, headers, traffic).used })
      blockBytes = blocks.reduce((sum, block) => sum + block.bytes.length, 0)
      return BATCH_FRAMES
    },
  })
  return bytes - blockBytes / BATCH_FRAMES
}

const measured: Measured = {
  nothing: known((frame) => frame & 1),
  object: known((frame) => ({ a: frame, b: frame })),
  bytes: known(() => new Uint8Array(4000)),
  seldom: known((frame) => (frame % 8 === 0 ? { a: frame, b: frame } : 0)),
  protocols: {},
}
for (const codec of codecs) {
  const ring = fleetRing(codec.name)
  measured.protocols[codec.name] = {
    codec: codecBytes(codec, ring),
    net: FRAMES_A_READ.map((frames) => bytesPerFrame(intakeTask('net', '', NO_LOGIN, readsOf(ring, frames)))),
    batch: batchBytes(codec.name, ring),
    doubles: 0,
  }
}
// Once all that codecs share has seen all of them.
for (const codec of codecs) measured.protocols[codec.name].doubles = doublesOf(codec, fleetRing(codec.name))
process.stdout.write(JSON.stringify(measured))

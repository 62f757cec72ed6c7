/** What a bench file exports, and the tasks that every codec has. */
import { COMMA } from '../src/codecs/ascii.ts'
import { ACK_BYTES_MAX, DEVICE_ID_MAX, FINAL, STATE_WORDS, type Codec, type FrameContext } from '../src/codecs/codec.ts'
import { Records } from '../src/codecs/records.ts'

export interface Task {
  name: string
  /** Frames (or rows) one call of `run` works on; enough that the call itself does not count. */
  frames: number
  /** Name of the task that does the least anybody must do with the same bytes: it stands beside this one as a ratio. */
  limit?: string | undefined
  /** Name of the task that runs the same code over the same bytes, beside another limit: the guard times that one only. */
  sameRunAs?: string | undefined
  /** Gives the frames it worked on, so that nothing is optimised away and a wrong result shows. */
  run: () => number
}

/** Frames, back to back: frame i is bytes[i ? ends[i - 1] : 0, ends[i]). */
export interface Ring {
  name: string
  bytes: Uint8Array
  ends: Int32Array
  /** The session's memory before each frame, STATE_WORDS a frame; zeros if absent. */
  states?: Int32Array
  /** null: each frame is another. */
  facts: FrameFacts | null
}

/** What the codec does with each frame of a ring; a task that finds otherwise is wrong. */
export interface FrameFacts {
  /** The frame has a device id of its own; yes if not said. */
  identifies?: boolean
  /** The frame is answered; no if not said. */
  answers?: boolean
  /** Records in each frame; one if not said. */
  records?: number
}

/** More distinct frames than a branch predictor learns by heart. */
export const RING_FRAMES = 512

export function ring(name: string, frameOf: (index: number) => Uint8Array, facts: FrameFacts = {}): Ring {
  return ringOf(
    name,
    Array.from({ length: RING_FRAMES }, (_, index) => frameOf(index)),
    facts,
  )
}

export function ringOf(name: string, frames: readonly Uint8Array[], facts: FrameFacts | null): Ring {
  let end = 0
  const ends = Int32Array.from(frames, (frame) => (end += frame.length))
  return { name, bytes: Uint8Array.from(Buffer.concat(frames)), ends, facts }
}

/** Numbers below a bound that look random and are the same in every run. */
export function randomNumbers(): (below: number) => number {
  let seed = 42
  return (below) => {
    seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff
    return seed % below
  }
}

/** When the frames of the codecs' suites are received. */
export const RECEIVED_MS = Date.UTC(2026, 2, 14, 12, 30)

/** The least that anybody must do with the bytes of a codec's frames. Gives the frames it worked on. */
export interface Limit {
  name: string
  run: (frames: Ring) => number
}

const commas = new Int32Array(1024)
/** Where the commas of each frame are, and no more: the least that a reader of comma-separated text does. */
export const COMMA_SCAN: Limit = {
  name: 'comma scan',
  run({ bytes, ends }) {
    let scanned = 0
    for (let frame = 0, start = 0; frame < ends.length; start = ends[frame++]) {
      let count = 0
      for (let at = start; at < ends[frame]; at++) if (bytes[at] === COMMA) commas[count++] = at
      if (count === 0 || commas[0] >= start) scanned++
    }
    return scanned
  },
}

/** The same found by the built-in search, comma after comma: how fast that is depends on how far they are apart. */
export function indexOfScan(separator: number): Limit {
  return {
    name: 'indexOf scan',
    run({ bytes, ends }) {
      let found = 0
      for (let at = bytes.indexOf(separator); at >= 0; at = bytes.indexOf(separator, at + 1)) found++
      return found > 0 ? ends.length : 0
    },
  }
}

/** The limit of what brings bytes elsewhere: a copy of them. They are made when it first runs, which in the guard it never does. */
export function copyTask(name: string, frames: number, bytes: () => Uint8Array): Task {
  let from: Uint8Array | undefined
  let to = new Uint8Array(0)
  return {
    name,
    frames,
    run: () => {
      if (from === undefined) {
        from = bytes()
        to = new Uint8Array(from.length)
      }
      to.set(from)
      return frames
    },
  }
}

/** One pass of a codec over frames. */
export type Pass = (frames: Ring) => number
export interface Passes {
  split: Pass
  net: Pass
  hash: Pass
  decode: Pass
}

/** Most records a frame of any ring holds, on average. */
const RECORDS_PER_FRAME = 16

/** What the gateway does with each frame; all of them give the frames that came out right. */
export function passesOf(codec: Codec): Passes {
  const records = new Records(RING_FRAMES * RECORDS_PER_FRAME)
  const state = new Int32Array(STATE_WORDS)
  const device = new Uint8Array(DEVICE_ID_MAX)
  const reply = new Uint8Array(ACK_BYTES_MAX)
  const content = new Uint32Array(2)
  const context: FrameContext = {
    receivedMs: RECEIVED_MS,
    state: new Int32Array(STATE_WORDS),
    device: new Uint8Array(0),
    transport: 0,
    deviceStart: 0,
    deviceEnd: 0,
  }

  function split({ bytes }: Ring): number {
    let frames = 0
    for (let at = 0; at < bytes.length; frames++) at += codec.split(bytes, at, bytes.length, FINAL)
    return frames
  }

  /** What net does with a frame besides splitting. */
  function net({ bytes, ends, facts }: Ring): number {
    const { identifies = true, answers = false } = facts ?? {}
    let right = 0
    for (let frame = 0, start = 0; frame < ends.length; start = ends[frame++]) {
      const end = ends[frame]
      const identified = codec.identify(bytes, start, end, device, state) > 0
      const answered = codec.ack(bytes, start, end, RECEIVED_MS, reply, 0, state) > 0
      codec.advance(bytes, start, end, RECEIVED_MS, state)
      if (facts === null || (identified === identifies && answered === answers)) right++
    }
    return right
  }

  function hash({ bytes, ends }: Ring): number {
    let hashed = 0
    for (let frame = 0, start = 0; frame < ends.length; start = ends[frame++]) {
      codec.hash(bytes, start, ends[frame], content)
      if ((content[0] | content[1]) !== 0) hashed++
    }
    return hashed
  }

  function decode({ bytes, ends, states, facts }: Ring): number {
    records.reset()
    let understood = 0
    for (let frame = 0, start = 0; frame < ends.length; start = ends[frame++]) {
      if (states) {
        context.state[0] = states[STATE_WORDS * frame]
        context.state[1] = states[STATE_WORDS * frame + 1]
      }
      if (codec.decode(bytes, start, ends[frame], context, records) >= 0) understood++
    }
    return facts === null ? understood : records.rows / (facts.records ?? 1)
  }

  return { split, net, hash, decode }
}

/** The tasks of a codec: each pass over each kind of frame, beside the limit over the same bytes. */
export function codecTasks(codec: Codec, limit: Limit, rings: readonly Ring[]): Task[] {
  const { split, net, hash, decode } = passesOf(codec)
  const passes = [
    ['split', split],
    ['identify, ack, advance', net],
    ['hash', hash],
    ['decode', decode],
  ] as const
  return rings.flatMap((each): Task[] => {
    const name = (pass: string) => `${codec.name} ${pass} · ${each.name}`
    const limitName = name(limit.name)
    return [
      { name: limitName, frames: RING_FRAMES, run: () => limit.run(each) },
      ...passes.map(([pass, run]) => ({
        name: name(pass),
        frames: RING_FRAMES,
        limit: limitName,
        run: () => run(each),
      })),
    ]
  })
}

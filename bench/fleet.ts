/** What simulated fleets send, as rings of frames: message kinds alternate as a real tracker's do, no two frames are alike. */
import { DEVICE_ID_MAX, FINAL, STATE_WORDS, type Codec } from '../src/codecs/codec.ts'
import { codecOptions, createCodecs } from '../src/codecs/registry.ts'
import { TRACKER_PROTOCOLS } from '../src/simulator/protocols.ts'
import { Random } from '../src/simulator/random.ts'
import { Vehicle } from '../src/simulator/vehicle.ts'
import { RECEIVED_MS, RING_FRAMES, ringOf, type Ring } from './suite.ts'

/** Trackers of a ring; a protocol's kinds of trackers differ by their numbers. */
export const RING_TRACKERS = 16
/** Each tracker logs in and goes on until it has sent so many frames. */
export const FRAMES_PER_TRACKER = RING_FRAMES / RING_TRACKERS
const PERIOD_S = 10
/** One of so many messages is a heartbeat, one brings what was stored, all others one fix. */
const HEARTBEAT_EVERY = 6,
  BACKLOG_EVERY = 24
const BACKLOG_FIXES = 5

export const codecs = createCodecs(codecOptions.parse({}))

export function codecNamed(name: string): Codec {
  return codecs.find((codec) => codec.name === name)!
}

/** Most suites run over the same rings. */
const rings = new Map<string, Ring>()

/** The frames of one tracker after the other: frame i is of tracker i / FRAMES_PER_TRACKER. Only to be read. */
export function fleetRing(protocol: string): Ring {
  const made = rings.get(protocol) ?? makeRing(protocol)
  rings.set(protocol, made)
  return made
}

function makeRing(protocol: string): Ring {
  const frames = Array.from({ length: RING_TRACKERS }, (_, index) => framesOf(protocol, index)).flat()
  const made = ringOf('mixed', frames, null)
  return { ...made, states: statesOf(codecNamed(protocol), made.bytes, made.ends) }
}

function framesOf(protocol: string, index: number): Uint8Array[] {
  const tracker = TRACKER_PROTOCOLS[protocol]
  const codec = codecNamed(protocol)
  const imei = String(864_893_031_000_000 + 7919 * index)
  const vehicle = new Vehicle(new Random(index))
  let timeMs = RECEIVED_MS - FRAMES_PER_TRACKER * PERIOD_S * 1000
  const drive = () => vehicle.drive((timeMs += PERIOD_S * 1000), PERIOD_S, tracker.alarms)
  const frames = split(codec, tracker.login(imei, 1))
  for (let serial = 2; frames.length < FRAMES_PER_TRACKER; serial++) {
    const fixes =
      serial % BACKLOG_EVERY === 0 && !tracker.acksEachFix
        ? Array.from({ length: BACKLOG_FIXES }, () => ({ ...drive(), buffered: true }))
        : [drive()]
    const heartbeat = serial % HEARTBEAT_EVERY === 0 ? tracker.heartbeat(imei, fixes[0], serial) : null
    frames.push(...split(codec, heartbeat ?? tracker.report(imei, fixes, serial)))
  }
  return frames.slice(0, FRAMES_PER_TRACKER)
}

/** A message may be several frames. */
function split(codec: Codec, bytes: Uint8Array): Uint8Array[] {
  const frames: Uint8Array[] = []
  for (let at = 0; at < bytes.length;) {
    const size = codec.split(bytes, at, bytes.length, FINAL)
    if (size > 0) frames.push(bytes.slice(at, at + size))
    at += Math.abs(size)
  }
  return frames
}

/** The session's memory before each frame, as its record would hold it. */
function statesOf(codec: Codec, bytes: Uint8Array, ends: Int32Array): Int32Array {
  const states = new Int32Array(STATE_WORDS * ends.length)
  const state = new Int32Array(STATE_WORDS)
  const id = new Uint8Array(DEVICE_ID_MAX)
  for (let frame = 0, start = 0; frame < ends.length; start = ends[frame++]) {
    if (frame % FRAMES_PER_TRACKER === 0) state.fill(0)
    codec.identify(bytes, start, ends[frame], id, state)
    states.set(state, STATE_WORDS * frame)
    codec.advance(bytes, start, ends[frame], RECEIVED_MS, state)
  }
  return states
}

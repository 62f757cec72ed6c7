/** Recognition per opening of a connection, beside one pass over the bytes it takes: the least that any recogniser does. */
import { recognise, recogniseOther, recogniserOf, UNDECIDED } from '../src/codecs/recognise.ts'
import { codecOptions, createCodecs } from '../src/codecs/registry.ts'
import { TRACKER_PROTOCOLS } from '../src/simulator/protocols.ts'
import { ring, RING_FRAMES as RING, type Ring, type Task } from './suite.ts'

const codecs = createCodecs(codecOptions.parse({}))
const recogniser = recogniserOf(codecs)
const loginOf = (protocol: string, index: number) =>
  TRACKER_PROTOCOLS[protocol].login(String(864_893_031_000_000 + 7919 * index), index)
const rings = [
  ...codecs.map(({ name }) => ring(name, (index) => loginOf(name, index))),
  ring('all, mixed', (index) => loginOf(codecs[index % codecs.length].name, index)),
]

/** Bytes until each opening is certain. */
function decidedAfter({ bytes, ends }: Ring): Int32Array {
  return ends.map((end, frame) => {
    const start = frame === 0 ? 0 : ends[frame - 1]
    for (let at = start; at < end; at++) if (recognise(recogniser, bytes, start, at, false) !== UNDECIDED) return at
    return end
  })
}

/** The limit: looks at the bytes that recognition needs. */
function scanRing({ bytes, ends }: Ring, decided: Int32Array): number {
  let some = 0
  for (let frame = 0, start = 0; frame < RING; frame++) {
    let seen = 0
    for (let at = start; at < decided[frame]; at++) seen += bytes[at] & 1 ? 1 : 2
    if (seen > 0) some++
    start = ends[frame]
  }
  return some
}

function recogniseRing({ bytes, ends }: Ring): number {
  let recognised = 0
  for (let frame = 0, start = 0; frame < RING; frame++) {
    if (recognise(recogniser, bytes, start, ends[frame], false) >= 0) recognised++
    start = ends[frame]
  }
  return recognised
}

/** What net asks of every frame of a session: whether it is another protocol's. */
function recogniseOtherRing({ bytes, ends }: Ring, own: number): number {
  let kept = 0
  for (let frame = 0, start = 0; frame < RING; frame++) {
    if (recogniseOther(recogniser, own, bytes, start, ends[frame]) < 0) kept++
    start = ends[frame]
  }
  return kept
}

const limitOf = (each: Ring) => `recognise byte scan · ${each.name}`
const decided = rings.map(decidedAfter)

const suite: Task[] = [
  ...rings.map((each, index) => ({ name: limitOf(each), frames: RING, run: () => scanRing(each, decided[index]) })),
  ...rings.map((each) => ({
    name: `recognise · ${each.name}`,
    frames: RING,
    limit: limitOf(each),
    run: () => recogniseRing(each),
  })),
  ...rings.slice(0, codecs.length).map((each, own) => ({
    name: `recognise another · ${each.name}`,
    frames: RING,
    limit: limitOf(each),
    run: () => recogniseOtherRing(each, own),
  })),
]
export default suite

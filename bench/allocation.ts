/**
 * What a task leaves on the heap for the collector, in bytes per frame.
 *
 * JSC does not say how much was allocated, but it collects after a certain amount of it, and what that amount is it decides
 * at the collection before. So: collect, run the task, and see how many objects of a known size still fit in before the next
 * collection. Those that do not were the task's. Array buffers count with their bytes.
 */
import { fullGC, heapSize } from 'bun:jsc'
import { median } from './statistics.ts'
import type { Task } from './suite.ts'

/** Frames over which allocation is measured, and as many again before, so that everything is compiled. */
const FRAMES = 100_000

/** Of a frame: about nothing is what is expected. */
const DOUBTFUL_BYTES = 12

/** Header and four fields: 48 bytes. */
class Filler {
  constructor(
    public a: number,
    public b: number,
    public c: number,
    public d: number,
  ) {}
}
const FILLER_BYTES = 48
/** Objects that are made before we look again, which takes long: half a byte for each of FRAMES. */
const FILLERS = 1024
/** Collections before the first measurement, so that all of this is compiled too. */
const WARM_COLLECTIONS = 10
/** Kept alive, so that no compiler leaves them out. */
const fillers: (Filler | null)[] = Array.from({ length: FILLERS }, () => null)

function fill(): void {
  for (let at = 0; at < FILLERS; at++) fillers[at] = new Filler(at, at, at, at)
}

const WITNESSES = 256
/** Few objects and then many, so that the heap has another size after each collection. */
let witness: object[] = []
let sizeBefore = 0
let isWarm = false

/** Objects on the heap as the last collection found them. What buffers they own is counted at once, and not here. */
function objectBytes(): number {
  return heapSize() - process.memoryUsage().external
}

function collect(): void {
  fullGC()
  sizeBefore = objectBytes()
  witness = witness.length === 0 ? Array.from({ length: WITNESSES }, (_, index) => ({ index })) : []
}

function isCollected(): boolean {
  return objectBytes() !== sizeBefore
}

/** Fills between two looks, until it is known about when the collection comes: a look takes several times as long as a fill. */
const COARSE_FILLS = 64

/**
 * Bytes of objects that fit in behind what `run` allocates, before the next collection; null if that came during `run`.
 * First about, then once more, looking closely only where the collection came.
 */
function roomBehind(run: () => void): number | null {
  const about = fillsBehind(run, 0, COARSE_FILLS)
  if (about === RAN_OUT) return null
  for (let unseen = Math.max(0, about - 2 * COARSE_FILLS); ; unseen = Math.floor(unseen / 2)) {
    const fills = fillsBehind(run, unseen, 1)
    if (fills !== RAN_OUT) return fills * FILLERS * FILLER_BYTES
    if (unseen === 0) return null
  }
}

/** The collection came before we looked. */
const RAN_OUT = -1

/** Collects and runs, fills so often without looking, and then until a look, every `step` fills, finds that it was collected. */
function fillsBehind(run: () => void, unseen: number, step: number): number {
  collect()
  run()
  for (let filled = 0; filled < unseen; filled++) fill()
  if (isCollected()) return RAN_OUT
  let filled = unseen
  while (!isCollected()) {
    for (let more = 0; more < step; more++) fill()
    filled += step
  }
  return filled
}

/** Bytes that a call of `run` allocates, over as many of `calls` as there is room for. */
function bytesPerCall(run: () => unknown, calls: number): number {
  const whole = roomBehind(() => {})!
  for (let most = calls; most > 0; most = Math.floor(most / 2)) {
    const left = roomBehind(() => {
      for (let call = 0; call < most; call++) run()
    })
    if (left !== null) return Math.max(0, whole - left) / most
  }
  return whole
}

/** Heap that a task allocates per frame in steady state. More than fits in before a collection shows as what fits in. */
export function bytesPerFrame({ run, frames }: Task): number {
  const calls = Math.ceil(FRAMES / frames)
  for (let call = 0; call < calls; call++) run()
  for (let warm = isWarm ? WARM_COLLECTIONS : 0; warm < WARM_COLLECTIONS; warm++) {
    roomBehind(() => {})
  }
  isWarm = true
  const bytes = bytesPerCall(run, calls)
  if (bytes < DOUBTFUL_BYTES * frames) return bytes / frames
  // What a run has left may look alive to a collection, which scans the stack for anything like a pointer: look twice more.
  return median([bytes, bytesPerCall(run, calls), bytesPerCall(run, calls)]) / frames
}

/**
 * The goals of the hot path that are ratios of one pass over bytes to another: S1 to S4 of docs/performance.md, each beside
 * its limit. `bench -- "S1 "` … Of S5, bytes allocated per frame, see allocation.ts.
 */
import { COMMA } from '../src/codecs/ascii.ts'
import * as gt06 from '../src/codecs/gt06/encode.ts'
import { codecOptions, createCodecs } from '../src/codecs/registry.ts'
import { Decoder } from '../src/workers/decode.ts'
import { arenaFor, BATCH_FRAMES, fillBatch, headersOf } from './batches.ts'
import { rings as ais140 } from './codecs.ais140.bench.ts'
import { rings as atrack } from './codecs.atrack.bench.ts'
import { rings as cantrack } from './codecs.cantrack.bench.ts'
import { rings as flextrack } from './codecs.flextrack.bench.ts'
import { rings as gps103 } from './codecs.gps103.bench.ts'
import { CRC, rings as gt06Rings } from './codecs.gt06.bench.ts'
import { rings as tk103 } from './codecs.tk103.bench.ts'
import { rings as watch } from './codecs.watch.bench.ts'
import { codecNamed, FRAMES_PER_TRACKER } from './fleet.ts'
import { intakeTask, readsOf } from './net.intake.bench.ts'
import { COMMA_SCAN, copyTask, indexOfScan, passesOf, type Ring, RING_FRAMES, type Task } from './suite.ts'

const locations = gt06Rings[0]

const TABLE = new Uint16Array(256)
for (let byte = 0; byte < 256; byte++) {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >> 1) ^ 0x8408 : crc >> 1
  TABLE[byte] = crc
}
/** The CRC byte by byte, as it is mostly written. */
function tablePass({ bytes, ends }: Ring): number {
  let right = 0
  for (let frame = 0, start = 0; frame < ends.length; start = ends[frame++]) {
    const end = ends[frame]
    let crc = 0xffff
    for (let at = start + 2; at < end - 4; at++) crc = (crc >> 8) ^ TABLE[(crc ^ bytes[at]) & 0xff]
    if ((crc ^ 0xffff) === ((bytes[end - 4] << 8) | bytes[end - 3])) right++
  }
  return right
}

const CRC_LIMIT = 'S1 S2 limit: CRC pass · gt06 0x22'
const TABLE_LIMIT = 'S1 S2 limit: CRC pass byte by byte · gt06 0x22'
const login = gt06.login({ imei: '869170031234567' }, 1)
const decodeLocation = passesOf(codecNamed('gt06')).decode
const intake = intakeTask(
  'S1 split + recognise + ack · gt06 0x22',
  CRC_LIMIT,
  login,
  readsOf(locations, FRAMES_PER_TRACKER),
)
const decode: Task = {
  name: 'S2 decode · gt06 0x22',
  frames: RING_FRAMES,
  limit: CRC_LIMIT,
  sameRunAs: `gt06 decode · ${locations.name}`,
  run: () => decodeLocation(locations),
}
const crcTasks: Task[] = [
  { name: CRC_LIMIT, frames: RING_FRAMES, run: () => CRC.run(locations) },
  { name: TABLE_LIMIT, frames: RING_FRAMES, run: () => tablePass(locations) },
  intake,
  decode,
  besideTable(intake),
  besideTable(decode),
]

function besideTable(task: Task): Task {
  return { ...task, name: `${task.name}, beside CRC byte by byte`, limit: TABLE_LIMIT, sameRunAs: task.name }
}

/** The position sentence of each text protocol; of tk103 DW30, since BR00 has no commas. */
const SENTENCES: Record<string, Ring> = {
  gps103: gps103[0],
  tk103: tk103[1],
  flextrack: flextrack[0],
  cantrack: cantrack[0],
  watch: watch[0],
  ais140: ais140[0],
  atrack: atrack[3],
}
const indexOf = indexOfScan(COMMA)
const textTasks = Object.entries(SENTENCES).flatMap(([protocol, ring]): Task[] => {
  const name = `${protocol} ${ring.name}`
  const indexOfLimit = `S3 limit: indexOf scan · ${name}`
  const loopLimit = `S3 limit: comma loop · ${name}`
  const { decode } = passesOf(codecNamed(protocol))
  return [
    { name: indexOfLimit, frames: RING_FRAMES, run: () => indexOf.run(ring) },
    { name: loopLimit, frames: RING_FRAMES, run: () => COMMA_SCAN.run(ring) },
    {
      name: `S3 decode · ${name}`,
      frames: RING_FRAMES,
      limit: indexOfLimit,
      sameRunAs: `${protocol} decode · ${ring.name}`,
      run: () => decode(ring),
    },
    {
      name: `S3 decode, beside a comma loop · ${name}`,
      frames: RING_FRAMES,
      limit: loopLimit,
      sameRunAs: `S3 decode · ${name}`,
      run: () => decode(ring),
    },
  ]
})

const traffic = [['gt06', locations]] as const
const decoder = new Decoder(createCodecs(codecOptions.parse({})))
const arena = arenaFor(traffic)
decoder.decode({ arena, used: fillBatch(arena, headersOf(traffic), traffic).used })
const blockTasks: Task[] = [
  copyTask('S4 limit: copy of the block · fixes', BATCH_FRAMES, () => decoder.block('fixes').bytes),
  {
    name: 'S4 columns to block · fixes',
    frames: BATCH_FRAMES,
    limit: 'S4 limit: copy of the block · fixes',
    run: () => decoder.write('fixes'),
  },
  {
    // New memory costs as much again, or four times that where each of its pages is met for the first time.
    name: 'S4 columns to block, handed over in memory of its own · fixes',
    frames: BATCH_FRAMES,
    limit: 'S4 limit: copy of the block · fixes',
    run: () => decoder.block('fixes').rows,
  },
]

export default [...crcTasks, ...textTasks, ...blockTasks]

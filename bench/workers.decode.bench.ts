/** A batch of gt06 locations on its way: appended to its arena, decoded, written as Native blocks; beside copies of the same bytes. */
import { FRAME, headerOf, TCP } from '../src/codecs/frame-record.ts'
import * as encode from '../src/codecs/gt06/encode.ts'
import { codecOptions, createCodecs } from '../src/codecs/registry.ts'
import { Batch } from '../src/net/batch.ts'
import { Decoder } from '../src/workers/decode.ts'
import { ring, type Task } from './suite.ts'

const RECEIVED = Date.parse('2026-03-14T10:00:00Z')
const FRAMES = 8192
const ascii = new TextEncoder()
const fixOf = (index: number): encode.Fix => ({
  timeMs: RECEIVED - index * 1000,
  latitude: 18.52 + index * 0.0001,
  longitude: 73.85 - index * 0.0002,
  speedKph: index % 120,
  courseDeg: (index * 7) % 360,
})
const locations = ring('location 0x22', (index) =>
  encode.location22(fixOf(index), { mcc: 404, mnc: 22, lac: 7978, cid: 46_020 + index }, { acc: true }, index),
)
const headers = Array.from({ length: 64 }, (_, index) =>
  headerOf(1, TCP, 0, ascii.encode(String(869170031234567 + index)), ascii.encode(`10.0.0.${index}:40${index}`)),
)
const state = new Int32Array(2)

let arena = new ArrayBuffer(2 * 1024 * 1024)
const filled = fill()

function fill(): number {
  const batch = new Batch(arena)
  const { bytes, ends } = locations
  for (let frame = 0; frame < FRAMES; frame++) {
    const at = frame % ends.length
    batch.append(headers[frame % headers.length], FRAME, 0, RECEIVED, state, bytes, at ? ends[at - 1] : 0, ends[at])
  }
  return batch.used
}

const copy = new Uint8Array(arena.byteLength)
const decoder = new Decoder(createCodecs(codecOptions.parse({})))
const blocks = decoder.decode({ arena, used: filled }).blocks
const blockBytes = blocks.reduce((sum, block) => sum + block.bytes.length, 0)
const from = new Uint8Array(blockBytes)
const to = new Uint8Array(blockBytes)

const suite: Task[] = [
  {
    name: 'workers copy of the batch',
    frames: FRAMES,
    run: () => {
      copy.set(new Uint8Array(arena, 0, filled))
      return FRAMES
    },
  },
  {
    name: 'workers copy of the blocks',
    frames: FRAMES,
    run: () => {
      to.set(from)
      return FRAMES
    },
  },
  {
    name: 'workers batch append · location 0x22',
    frames: FRAMES,
    limit: 'workers copy of the batch',
    run: () => (fill() === filled ? FRAMES : 0),
  },
  {
    name: 'workers decode to blocks of fixes and frames · location 0x22',
    frames: FRAMES,
    limit: 'workers copy of the blocks',
    run: () => {
      const result = decoder.decode({ arena, used: filled })
      arena = result.arena
      return result.blocks.find((block) => block.table === 'fixes')!.rows
    },
  },
]
export default suite

/** Batches on their way: appended to an arena, decoded, written as Native blocks; beside copies of the same bytes. */
import { createCodecs, codecOptions } from '../src/codecs/registry.ts'
import { Decoder } from '../src/workers/decode.ts'
import { arenaFor, BATCH_FRAMES, fillBatch, headersOf, type Traffic } from './batches.ts'
import { rings as gt06 } from './codecs.gt06.bench.ts'
import { codecs, fleetRing } from './fleet.ts'
import { copyTask, type Task } from './suite.ts'

const mixed = (protocol: string) => [protocol, fleetRing(protocol)] as const
const TRAFFIC: Record<string, Traffic> = {
  'gt06 location 0x22': [['gt06', gt06[0]]],
  ...Object.fromEntries(codecs.map(({ name }) => [`${name} mixed`, [mixed(name)]])),
  'all protocols': codecs.map(({ name }) => mixed(name)),
}

function tasksOf(name: string, traffic: Traffic): Task[] {
  const headers = headersOf(traffic)
  const decoder = new Decoder(createCodecs(codecOptions.parse({})))
  let arena = arenaFor(traffic)
  const { used } = fillBatch(arena, headers, traffic)
  const scratch = new ArrayBuffer(arena.byteLength)
  const copies = [`workers copy of the batch · ${name}`, `workers copy of the blocks · ${name}`]
  return [
    copyTask(copies[0], BATCH_FRAMES, () => new Uint8Array(arena, 0, used)),
    copyTask(copies[1], BATCH_FRAMES, () => {
      const { blocks } = decoder.decode({ arena, used })
      return new Uint8Array(blocks.reduce((sum, { bytes }) => sum + bytes.length, 0))
    }),
    {
      name: `workers batch append · ${name}`,
      frames: BATCH_FRAMES,
      limit: copies[0],
      run: () => (fillBatch(scratch, headers, traffic).used === used ? BATCH_FRAMES : 0),
    },
    {
      name: `workers decode to blocks · ${name}`,
      frames: BATCH_FRAMES,
      limit: copies[1],
      run: () => {
        const result = decoder.decode({ arena, used })
        arena = result.arena
        return result.frames
      },
    },
  ]
}

export default Object.entries(TRAFFIC).flatMap(([name, traffic]) => tasksOf(name, traffic))

/** Nothing is allocated per frame: see docs/performance.md, S5. */
import { describe, expect, test } from 'bun:test'
import { bytesPerFrame } from '../../bench/allocation.ts'
import { arenaFor, BATCH_FRAMES, fillBatch, headersOf } from '../../bench/batches.ts'
import { codecs, fleetRing } from '../../bench/fleet.ts'
import { intakeTask, NO_LOGIN, readsOf } from '../../bench/net.intake.bench.ts'
import { passesOf, RING_FRAMES } from '../../bench/suite.ts'
import { codecOptions, createCodecs } from '../../src/codecs/registry.ts'
import { Decoder } from '../../src/workers/decode.ts'

const MOST = 16
const FRAMES = 512
const FRAMES_A_READ = 16

describe('allocation: what is measured is what was allocated', () => {
  const kept: unknown[] = Array.from({ length: FRAMES }, () => null)
  const measured = (make: (frame: number) => unknown) =>
    bytesPerFrame({
      name: 'known',
      frames: FRAMES,
      run: () => {
        for (let frame = 0; frame < FRAMES; frame++) kept[frame] = make(frame)
        return FRAMES
      },
    })
  const expectNear = (bytes: number, known: number) => {
    expect(Math.abs(bytes - known)).toBeLessThan(Math.max(1, 0.05 * known))
  }

  test('nothing', () => expect(measured((frame) => frame & 1)).toBeLessThan(1))
  test('an object of two fields: its header and they take 32 bytes', () =>
    expectNear(
      measured((frame) => ({ a: frame, b: frame })),
      32,
    ))
  test('an array of bytes, with its bytes', () => {
    expectNear(
      measured(() => new Uint8Array(4000)),
      4048,
    )
  })
  test('one object for eight frames', () =>
    expectNear(
      measured((frame) => (frame % 8 === 0 ? { a: frame, b: frame } : 0)),
      4,
    ))
})

const rings = codecs.map((codec) => [codec.name, codec, fleetRing(codec.name)] as const)

describe.each(rings)('allocation: %s allocates nothing per frame', (name, codec, ring) => {
  test('split, identify, ack, advance, hash, decode', () => {
    const passes = Object.values(passesOf(codec))
    const run = () => passes.reduce((frames, pass) => frames + pass(ring) / passes.length, 0)
    expect(bytesPerFrame({ name: 'codec', frames: RING_FRAMES, run })).toBeLessThan(MOST)
  })

  // The last sentence of a read has no end and waits in a window, which is made when it is needed.
  test.skipIf(name === 'ais140')('net, several frames a read', () => {
    expect(bytesPerFrame(intakeTask('net', '', NO_LOGIN, readsOf(ring, FRAMES_A_READ)))).toBeLessThan(MOST)
  })

  test('a batch: appended, decoded, written as blocks, but for the blocks', () => {
    const traffic = [[name, ring]] as const
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
    expect(bytes - blockBytes / BATCH_FRAMES).toBeLessThan(MOST)
  })
})

/**
 * What the hot path must not do unseen: allocate per frame (S5 of docs/performance.md), or reckon offsets as doubles.
 * Measured in a process of its own (measured.ts).
 */
import { beforeAll, describe, expect, test } from 'bun:test'
import { codecs } from '../../bench/fleet.ts'
import type { Measured } from './measured.ts'

/** Bytes per frame. */
const MOST = 16

let measured: Measured
beforeAll(async () => {
  const child = Bun.spawn([process.execPath, new URL('measured.ts', import.meta.url).pathname], { stdout: 'pipe' })
  measured = (await new Response(child.stdout).json()) as Measured
}, 300_000)

describe('allocation: what is measured is what was allocated', () => {
  const expectNear = (bytes: number, allocated: number) =>
    expect(Math.abs(bytes - allocated)).toBeLessThan(Math.max(2, 0.05 * allocated))

  test('nothing', () => expectNear(measured.nothing, 0))
  test('an object of two fields: its header and they take 32 bytes', () => expectNear(measured.object, 32))
  test('an array of 4000 bytes, with its bytes', () => expectNear(measured.bytes, 4048))
  test('one object for eight frames', () => expectNear(measured.seldom, 4))
})

describe.each(codecs.map(({ name }) => name))('allocation: %s allocates nothing per frame', (name) => {
  test('split, identify, ack, advance, hash, decode', () => expect(measured.protocols[name].codec).toBeLessThan(MOST))

  test('net, several frames a read', () => {
    for (const bytes of measured.protocols[name].net) expect(bytes).toBeLessThan(MOST)
  })

  test('a batch: appended, decoded, written as blocks, but for the blocks', () =>
    expect(measured.protocols[name].batch).toBeLessThan(MOST))

  test('sizes and lengths are integers to the JIT', () => expect(measured.protocols[name].doubles).toBe(0))
})

/**
 * Ids of frames and records must never change: stored rows are found by them, and a record that comes again after an update
 * has to be the same row. `FRAME_IDS=write bun test test/codecs/frame-ids.test.ts` adds those of new fixtures; it changes none.
 */
import { expect, test } from 'bun:test'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { frameId } from '../../src/codecs/frame-id.ts'
import { Records } from '../../src/codecs/records.ts'
import { codecOptions, createCodecs } from '../../src/codecs/registry.ts'
import { session, splitAll } from './harness.ts'
import { readVectors, vectorBytes } from './vectors.ts'

const PAGE = join(import.meta.dir, 'frame-ids.json')
const RECEIVED_MS = Date.UTC(2026, 2, 14, 10)
const DEVICE = new TextEncoder().encode('123456789012345')

const hex = (low: number, high: number) =>
  (high >>> 0).toString(16).padStart(8, '0') + (low >>> 0).toString(16).padStart(8, '0')

/** Ids of the frames of a fixture, each with those of its records where they have their own. */
function idsOf(codec: ReturnType<typeof createCodecs>[number], bytes: Uint8Array): string[] {
  const { state } = session()
  const id = new Uint32Array(2)
  return splitAll(codec, bytes).frames.map((frame) => {
    frameId(codec, frame, 0, frame.length, DEVICE, 0, DEVICE.length, id)
    const records = new Records()
    const context = {
      receivedMs: RECEIVED_MS,
      transport: 0,
      state: state.slice(),
      device: DEVICE,
      deviceStart: 0,
      deviceEnd: DEVICE.length,
    }
    codec.decode(frame, 0, frame.length, context, records)
    codec.advance(frame, 0, frame.length, RECEIVED_MS, state)
    const own = Array.from({ length: records.rows }, (_, row) => hex(records.idLow[row]!, records.idHigh[row]!))
    return [hex(id[0]!, id[1]!), ...own.filter((each) => !/^0+$/.test(each))].join(' ')
  })
}

test('ids of frames and records are what they were', () => {
  const known = (existsSync(PAGE) ? JSON.parse(readFileSync(PAGE, 'utf8')) : {}) as Record<string, string[]>
  const now = { ...known }
  const changed: string[] = []
  for (const codec of createCodecs(codecOptions.parse({})))
    for (const vector of readVectors(join(import.meta.dir, '../../fixtures', `${codec.name}.jsonl`))) {
      const ids = idsOf(codec, vectorBytes(vector))
      if (known[vector.id] === undefined) now[vector.id] = ids
      else if (known[vector.id]!.join() !== ids.join()) changed.push(vector.id)
    }
  if (process.env.FRAME_IDS === 'write') writeFileSync(PAGE, `${JSON.stringify(now, null, 1)}\n`)
  expect(changed).toEqual([])
  expect(Object.keys(now).filter((id) => known[id] === undefined && process.env.FRAME_IDS !== 'write')).toEqual([])
  expect(Object.keys(now).length).toBeGreaterThan(1000)
})

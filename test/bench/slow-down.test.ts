/** The slow-down that the guard's proof looks for: it finds its place in the sources of today, and changes no row. */
import { afterAll, expect, test } from 'bun:test'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { slowDown } from '../../bench/slow-down.ts'
import { gt06, gt06Options } from '../../src/codecs/gt06/index.ts'
import { bytesOfHex, session, take } from '../codecs/harness.ts'

const ROOT = join(import.meta.dir, '../..')
const RECEIVED_MS = Date.UTC(2026, 2, 14, 10)
const tree = mkdtempSync(join(tmpdir(), 'waygate-slow-'))
afterAll(() => rmSync(tree, { recursive: true }))

test('the decode that is slowed down for the proof reads the same', async () => {
  cpSync(join(ROOT, 'src/codecs'), join(tree, 'src/codecs'), { recursive: true })
  symlinkSync(join(ROOT, 'node_modules'), join(tree, 'node_modules'))
  slowDown(tree)
  const slowed = (await import(join(tree, 'src/codecs/gt06/index.ts'))) as { gt06: typeof gt06 }
  const frames = readFileSync(join(ROOT, 'fixtures/gt06.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => bytesOfHex((JSON.parse(line) as { input_hex: string }).input_hex))
  const rowsOf = (make: typeof gt06) => {
    const codec = make(gt06Options.parse({}))
    return frames.map((frame) => take(codec, frame, session('864893031000000'), RECEIVED_MS))
  }
  expect(frames.length).toBeGreaterThan(20)
  expect(rowsOf(slowed.gt06)).toEqual(rowsOf(gt06))
  expect(readFileSync(join(tree, 'src/codecs/gt06/index.ts'), 'utf8')).toContain('slowed(decoderOf(settings))')
})

/** Frames decoded again after a codec has changed, against a real ClickHouse. */
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import type { Codec } from '../../src/codecs/codec.ts'
import { heartbeat, location22 } from '../../src/codecs/gt06/encode.ts'
import { codecOptions, createCodecs } from '../../src/codecs/registry.ts'
import { ClickHouse } from '../../src/storage/clickhouse.ts'
import { startEmbedded, type Embedded } from '../../src/storage/embedded/embedded.ts'
import { FrameDecoder, type FrameToDecode } from '../../src/tools/decode-frames.ts'
import { redecode, report, type Difference, type Selection } from '../../src/tools/redecode.ts'

const silent = pino({ level: 'silent' })
const directory = mkdtempSync(join(tmpdir(), 'waygate-redecode-'))
const DATABASE = 'again'
/** Yesterday: frames are kept for 30 days. */
const START = Math.floor(Date.now() / 1000) * 1000 - 86_400_000
const CELL = { mcc: 262, mnc: 1, lac: 1, cid: 2 }
const [gt06] = createCodecs(codecOptions.parse({}))
let embedded: Embedded
let clickhouse: ClickHouse

const idOf = (index: number) => String(861_230_043_210_000 + index)
const frameOf = (index: number, second: number, bytes: Uint8Array): FrameToDecode => ({
  device: idOf(index),
  receivedMs: START + 1000 * second,
  protocol: 'gt06',
  transport: 'tcp',
  remote: '127.0.0.1:1',
  state: new Int32Array(2),
  bytes,
})

/** 20 devices with 10 fixes and a heartbeat each; one fix of each comes twice. A 21st sends ten equal heartbeats. */
function fleet(): FrameToDecode[] {
  const frames: FrameToDecode[] = []
  for (let device = 0; device < 20; device++) {
    for (let second = 0; second < 10; second++) {
      const fix = {
        timeMs: START + 1000 * second,
        latitude: 52 + device / 100,
        longitude: 13 + second / 1000,
        speedKph: 40 + second,
        courseDeg: 90,
      }
      frames.push(frameOf(device, second, location22(fix, CELL, {}, second)))
      if (second === 5) frames.push(frameOf(device, 60, location22(fix, CELL, {}, 99)))
    }
    frames.push(frameOf(device, 30, heartbeat({ acc: true }, 11)))
  }
  for (let beat = 0; beat < 10; beat++) frames.push(frameOf(20, 3600 + 60 * beat, heartbeat({ acc: true }, beat)))
  return frames
}

beforeAll(async () => {
  embedded = await startEmbedded({ path: directory, host: '127.0.0.1', port: 0, readerPassword: '', log: silent })
  clickhouse = new ClickHouse({
    ...embedded,
    url: embedded.url,
    database: DATABASE,
    cluster: '',
    insertQuorum: 0,
    embedded: true,
  })
  await clickhouse.prepare(silent)
  for (const { table, columns, bytes } of new FrameDecoder([gt06!]).decode(fleet()).blocks)
    await clickhouse.insert(table, columns, [bytes], 'fleet')
})
afterAll(async () => {
  await clickhouse.close()
  await embedded.stop()
  rmSync(directory, { recursive: true, force: true })
})

/** The gt06 codec of tomorrow: half the speed, no fix at second 3, and a heartbeat that reports twice. */
const tomorrow: Codec = {
  ...gt06!,
  version: 2,
  decode: (bytes, start, end, context, records) => {
    const before = records.rows
    const count = gt06!.decode(bytes, start, end, context, records)
    if (count < 1) return count
    if (records.isFix[before] && records.fixMs[before] === START + 3000) {
      records.rollback(before)
      return 0
    }
    if (records.isFix[before]) records.speedKph[before]! /= 2
    else return count + gt06!.decode(bytes, start, end, context, records)
    return count
  },
}

/** 12 frames a device: pieces of 120 leave no device's frames apart. */
const run = (codec: Codec, dryRun: boolean, selection: Selection = {}, framesAtOnce = 120) =>
  redecode(clickhouse, DATABASE, [codec], { selection, dryRun, framesAtOnce })
const counts = ({ same, versionOnly, added, changed, gone }: Difference) => ({
  same,
  versionOnly,
  added,
  changed,
  gone,
})
const NOTHING = { same: 0, versionOnly: 0, added: 0, changed: 0, gone: 0 }
const content = () =>
  clickhouse.text(
    `SELECT count(), sum(speed_kph), max(decoder_version), (SELECT count() FROM ${DATABASE}.telemetry FINAL), (SELECT sum(speed_kph) FROM ${DATABASE}.latest_fixes) FROM ${DATABASE}.fixes FINAL FORMAT TSV`,
  )
const SPEEDS = 20 * (10 * 40 + 45)
const BEFORE = `200\t${SPEEDS}\t1\t30\t${20 * 49}\n`

/** The repetition, 60 seconds later, has the serial 99. */
const repetitions = () =>
  clickhouse.text(`SELECT count() FROM ${DATABASE}.fixes FINAL WHERE attributes.serial.:Int64 = 99 FORMAT TSV`)

test('tables: of a record that came twice the one received first stays', async () => {
  expect(await repetitions()).toBe('0\n')
})

test('redecode: the same codec finds nothing to change', async () => {
  const { frames, tables } = await run(gt06!, false)
  expect(frames).toBe(20 * 12 + 10)
  expect(counts(tables.get('fixes')!)).toEqual({ ...NOTHING, same: 200 })
  expect(counts(tables.get('telemetry')!)).toEqual({ ...NOTHING, same: 30 })
  expect(await content()).toBe(BEFORE)
})

test('redecode: copies of a record in different pieces are no difference', async () => {
  const selection = { devices: [idOf(1), idOf(2)] }
  const { frames, tables } = await run(gt06!, true, selection, 7)
  expect(frames).toBe(24)
  const { same, ...others } = counts(tables.get('fixes')!)
  expect(same).toBeGreaterThan(20)
  expect(others).toEqual({ versionOnly: 0, added: 0, changed: 0, gone: 0 })
})

test('redecode --dry-run: shows rows added, changed and gone, by column, and changes nothing', async () => {
  const result = await run(tomorrow, true)
  const fixes = result.tables.get('fixes')!
  expect(counts(fixes)).toEqual({ ...NOTHING, changed: 180, gone: 20 })
  expect([...fixes.columns.keys()]).toEqual(['speed_kph'])
  const { rows, before, after } = fixes.columns.get('speed_kph')!
  expect([rows, Number(before) / Number(after)]).toEqual([180, 2])
  expect(counts(result.tables.get('telemetry')!)).toEqual({ ...NOTHING, versionOnly: 30, added: 30 })
  expect(report(result, true)).toContain('fixes.speed_kph: 180 rows, for example device 8612300432100')
  expect(await content()).toBe(BEFORE)
})

test('redecode: equal heartbeats of other times are left alone, by a window as by a piece', async () => {
  const selection = { devices: [idOf(20)], fromMs: START + 3_600_000, toMs: START + 3_720_000 }
  expect(counts((await run(gt06!, false, selection)).tables.get('telemetry')!)).toEqual({ ...NOTHING, same: 2 })
  const pieces = await run(gt06!, false, { devices: [idOf(20)] }, 4)
  expect(counts(pieces.tables.get('telemetry')!)).toEqual({ ...NOTHING, same: 10 })
  expect(await content()).toBe(BEFORE)
})

test('redecode: restricted to a device and a time it touches no other', async () => {
  const selection = { devices: [idOf(3)], fromMs: START, toMs: START + 2000 }
  const { frames, tables } = await run(tomorrow, true, selection)
  expect(frames).toBe(2)
  expect(counts(tables.get('fixes')!)).toEqual({ ...NOTHING, changed: 2 })
  expect((await run(tomorrow, true, { protocols: ['gps103'] })).frames).toBe(0)
})

test('redecode: applies the difference, and a second run finds none', async () => {
  await run(tomorrow, false)
  const after = `180\t${(SPEEDS - 20 * 43) / 2}\t2\t60\t${(20 * 49) / 2}\n`
  expect(await content()).toBe(after)
  const { tables } = await run(tomorrow, false)
  expect(counts(tables.get('fixes')!)).toEqual({ ...NOTHING, same: 180 })
  expect(counts(tables.get('telemetry')!)).toEqual({ ...NOTHING, same: 60 })
  expect(await content()).toBe(after)
  expect(await repetitions()).toBe('0\n')
})

test('redecode: an older codec takes it all back, and leaves no table of its own behind', async () => {
  await run(gt06!, false)
  expect(await content()).toBe(BEFORE)
  const tables = await clickhouse.text(
    `SELECT count() FROM system.tables WHERE database = '${DATABASE}' AND name LIKE 'redecode%'`,
  )
  expect(Number(tables)).toBe(0)
})

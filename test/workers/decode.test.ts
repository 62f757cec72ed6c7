import { afterAll, expect, test } from 'bun:test'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Session } from 'chdb'
import { pack, unpack } from 'msgpackr'
import { Alarm } from '../../src/codecs/alarms.ts'
import {
  attributeClose,
  attributeFixed,
  attributeInt,
  attributeOpen,
  attributeText,
  elementInt,
  key,
  LIST,
} from '../../src/codecs/attributes.ts'
import type { Codec } from '../../src/codecs/codec.ts'
import { FRAME, headerOf, REJECT, SESSION, TCP, UDP, type SessionEnd } from '../../src/codecs/frame-record.ts'
import { Source } from '../../src/codecs/records.ts'
import { Reject } from '../../src/codecs/rejects.ts'
import { Batch } from '../../src/net/batch.ts'
import { Decoder, type DecodeResult, type DecodeSummary } from '../../src/workers/decode.ts'
import { lineCodec } from '../net/line-codec.ts'

const directory = mkdtempSync(join(tmpdir(), 'waygate-decode-'))
const engine = new Session(join(directory, 'data'))
afterAll(() => {
  engine.close()
  rmSync(directory, { recursive: true, force: true })
})

const utf8 = new TextEncoder()
const MESSAGE = utf8.encode('all')
const KEY_N = key('n'),
  KEY_V = key('v'),
  KEY_T = key('t'),
  KEY_L = key('l')

/** Yields a fix with every column set, a telemetry record, refuses, or throws, as the frame's first letter says. */
const everyColumn: Codec = {
  ...lineCodec,
  name: 'every',
  id: 7,
  version: 3,
  decode: (bytes, start, _end, context, records) => {
    const letter = String.fromCharCode(bytes[start]!)
    if (letter === 'r') return -Reject.bad_frame!
    if (letter === 'i') return 0
    const row = records.begin(MESSAGE)
    if (letter === 'x') throw new Error('a bug')
    if (letter === 't') {
      records.batteryPct[row] = 50
      records.alarm(Alarm.low_battery!)
      records.end()
      return 1
    }
    records.isFix[row] = 1
    records.fixMs[row] = Date.UTC(2026, 2, 14, 7, 45, 9, 120) - (letter === 'p' ? 1000 : 0)
    records.latE7[row] = -235505200
    records.lonE7[row] = -466333080
    records.altitudeM[row] = -12.5
    records.speedKph[row] = 22.965
    records.courseDeg[row] = 278.15
    records.hdop[row] = 0.7
    records.satellites[row] = 11
    records.valid[row] = 1
    records.source[row] = Source.lastKnown
    records.buffered[row] = 1
    records.ignition[row] = 1
    records.motion[row] = 0
    records.batteryPct[row] = 83
    records.batteryV[row] = 4.1
    records.powerV[row] = 12.74
    records.odometerKm[row] = 1234.567
    records.rssi[row] = -71
    records.mcc[row] = 404
    records.mnc[row] = 22
    records.lac[row] = 4_000_000_000
    records.cellId[row] = 188_501_281
    records.inputs[row] = 0xffff_ffff
    records.outputs[row] = context.state[1]!
    records.alarm(Alarm.sos!)
    records.alarm(Alarm.overspeed!)
    attributeInt(records, KEY_N, -42)
    attributeFixed(records, KEY_V, 1274, 2)
    attributeText(records, KEY_T, utf8.encode('say "hi"\\\n'), 0, 10)
    attributeOpen(records, KEY_L, LIST)
    elementInt(records, 1)
    elementInt(records, 2)
    attributeClose(records, LIST)
    records.end()
    return 1
  },
}

const RECEIVED = Date.UTC(2026, 2, 14, 7, 45, 10, 500)
function batchOf(add: (batch: Batch) => void): { arena: ArrayBuffer; used: number } {
  const arena = new ArrayBuffer(1 << 20)
  const batch = new Batch(arena)
  add(batch)
  return { arena, used: batch.used }
}
function frame(batch: Batch, device: string, text: string, transport = TCP, kind = FRAME, reason = 0, codec = 7): void {
  const payload = typeof text === 'string' ? utf8.encode(text) : text
  batch.append(
    headerOf(codec, transport, 0, utf8.encode(device), utf8.encode('1.2.3.4:5')),
    kind,
    reason,
    RECEIVED,
    new Int32Array([0, 9]),
    payload,
    0,
    payload.length,
  )
}
function rowsOf(result: DecodeResult, table: string): Record<string, unknown>[] {
  const block = result.blocks.find((candidate) => candidate.table === table)
  if (!block) return []
  const path = join(directory, `${table}.native`)
  writeFileSync(path, block.bytes)
  const text = engine.query(
    `SELECT * FROM file('${path}', 'Native') FORMAT JSONEachRow SETTINGS output_format_json_quote_64bit_integers = 0`,
  ) as unknown as string
  const rows = String(text)
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
  expect(rows.length).toBe(block.rows)
  expect(Object.keys(rows[0]!)).toEqual([...block.columns])
  return rows
}
const summaryOf = (result: DecodeResult) => unpack(result.summary) as DecodeSummary

test('decode: a fix reaches ClickHouse with every column as the codec wrote it', () => {
  const result = new Decoder([everyColumn]).decode(batchOf((batch) => frame(batch, '869170031234567', 'f', UDP)))
  const [row] = rowsOf(result, 'fixes')
  expect(row).toMatchObject({
    device_id: '869170031234567',
    fix_time: '2026-03-14 07:45:09.120',
    received_at: '2026-03-14 07:45:10.500',
    protocol: 'every',
    transport: 'udp',
    message: 'all',
    lat_e7: -235505200,
    lon_e7: -466333080,
    altitude_m: -12.5,
    speed_kph: 22.965,
    course_deg: 278.15,
    satellites: 11,
    hdop: 0.7,
    valid: true,
    source: 'last_known',
    buffered: true,
    ignition: true,
    motion: false,
    charging: null,
    battery_pct: 83,
    battery_v: 4.1,
    power_v: 12.74,
    odometer_km: 1234.567,
    rssi: -71,
    mcc: 404,
    mnc: 22,
    lac: 4_000_000_000,
    cell_id: 188_501_281,
    inputs: 4_294_967_295,
    outputs: 9,
    alarms: ['sos', 'overspeed'],
    record: 0,
    decoder_version: 3,
  })
  expect(JSON.parse(row!.attributes as string)).toEqual({ n: -42, v: 12.74, t: 'say "hi"\\\n', l: [1, 2] })
})

test('decode: what a frame did not say is NULL, not zero', () => {
  const [row] = rowsOf(new Decoder([everyColumn]).decode(batchOf((batch) => frame(batch, '1', 't'))), 'telemetry')
  expect(row).toMatchObject({
    battery_pct: 50,
    sent_at: null,
    ignition: null,
    battery_v: null,
    odometer_km: null,
    rssi: null,
    mcc: null,
    lac: null,
    cell_id: null,
    attributes: '{}',
  })
})

test('decode: each alarm is a row, with the position of its fix or none', () => {
  const result = new Decoder([everyColumn]).decode(
    batchOf((batch) => {
      frame(batch, '1', 'f')
      frame(batch, '2', 't')
    }),
  )
  expect(rowsOf(result, 'alarms').map((row) => [row.device_id, row.alarm, row.alarm_time, row.lat_e7])).toEqual([
    ['1', 'sos', '2026-03-14 07:45:09.120', -235505200],
    ['1', 'overspeed', '2026-03-14 07:45:09.120', -235505200],
    ['2', 'low_battery', '2026-03-14 07:45:10.500', null],
  ])
})

test('decode: rows stay in the order of their frames, whichever table they go to', () => {
  const result = new Decoder([everyColumn]).decode(
    batchOf((batch) => {
      for (const [device, letter] of [
        ['9', 'f'],
        ['10', 't'],
        ['10', 'f'],
        ['9', 't'],
        ['9', 'p'],
        ['10', 'p'],
      ] as const)
        frame(batch, device, letter)
    }),
  )
  expect(rowsOf(result, 'fixes').map((row) => [row.device_id, String(row.fix_time).slice(-6)])).toEqual([
    ['9', '09.120'],
    ['10', '09.120'],
    ['9', '08.120'],
    ['10', '08.120'],
  ])
  expect(rowsOf(result, 'telemetry').map((row) => row.device_id)).toEqual(['10', '9'])
})

test('decode: frames are kept as received; the same content of one device has one id, of two devices two', () => {
  const result = new Decoder([everyColumn]).decode(
    batchOf((batch) => {
      frame(batch, '1', 'f')
      frame(batch, '1', 'f')
      frame(batch, '2', 'f')
      frame(batch, '1', 'i')
    }),
  )
  const rows = rowsOf(result, 'frames')
  expect(rows.map((row) => row.frame)).toEqual(['f', 'f', 'f', 'i'])
  expect(rows[0]!.frame_id).toBe(rows[1]!.frame_id)
  expect(new Set(rows.map((row) => row.frame_id)).size).toBe(3)
  expect(rowsOf(result, 'fixes')[0]!.frame_id).toBe(rows[0]!.frame_id)
  expect(rows[0]!.remote).toBe('1.2.3.4:5')
})

test('decode: a refused frame and a decoder that throws become rejects, and the batch goes on', () => {
  const result = new Decoder([everyColumn]).decode(
    batchOf((batch) => {
      frame(batch, '1', 'f')
      frame(batch, '1', 'r')
      frame(batch, '1', 'x')
      frame(batch, '1', 'p')
      frame(batch, '', 'noise', TCP, REJECT, Reject.garbage!)
      frame(batch, '1', 'f', TCP, FRAME, 0, 99)
    }),
  )
  expect(rowsOf(result, 'fixes').length).toBe(2)
  expect(rowsOf(result, 'frames').length).toBe(5)
  expect(rowsOf(result, 'rejects').map((row) => [row.reason, row.bytes, row.device_id])).toEqual([
    ['bad_frame', 'r', '1'],
    ['decoder_error', 'x', '1'],
    ['garbage', 'noise', ''],
    ['unknown_protocol', 'f', '1'],
  ])
  expect(summaryOf(result).rejects).toEqual({ bad_frame: 1, decoder_error: 1, unknown_protocol: 1 })
  expect(summaryOf(result).errors[0]).toContain('a bug')
})

test('decode: every frame has one outcome in the summary', () => {
  const result = new Decoder([everyColumn]).decode(
    batchOf((batch) => {
      for (const letter of 'ffitrx') frame(batch, '1', letter)
    }),
  )
  expect(summaryOf(result).protocols.every).toEqual({
    frames: 6,
    decoded: 3,
    ignored: 1,
    rejected: 2,
    quarantined: 0,
    fixes: 2,
  })
})

test('decode: a session end becomes its row', () => {
  const end: SessionEnd = {
    openedMs: RECEIVED - 5000,
    closedMs: RECEIVED,
    reason: 'idle_timeout',
    frames: 3,
    bytes: 99,
    login: null,
  }
  const result = new Decoder([everyColumn]).decode(
    batchOf((batch) => {
      const payload = pack(end)
      batch.append(
        headerOf(7, TCP, 0, utf8.encode('5'), utf8.encode('[::1]:9')),
        SESSION,
        0,
        RECEIVED,
        new Int32Array(2),
        payload,
        0,
        payload.length,
      )
    }),
  )
  expect(rowsOf(result, 'sessions')).toMatchObject([
    {
      device_id: '5',
      protocol: 'every',
      transport: 'tcp',
      remote: '[::1]:9',
      reason: 'idle_timeout',
      frames: 3,
      bytes: 99,
      closed_at: '2026-03-14 07:45:10.500',
    },
  ])
})

test('decode: a session record that cannot be read takes no frame with it', () => {
  const result = new Decoder([everyColumn]).decode(
    batchOf((batch) => {
      frame(batch, '1', '\xc1\xc1', TCP, SESSION)
      frame(batch, '1', 'f')
      frame(batch, '1', '\xc1\xc1', TCP, SESSION)
      frame(batch, '1', 'p')
    }),
  )
  expect(rowsOf(result, 'fixes').length).toBe(2)
  expect(summaryOf(result).errors.length).toBe(2)
})

test('decode: a second batch carries nothing over from the first', () => {
  const decoder = new Decoder([everyColumn])
  decoder.decode(batchOf((batch) => frame(batch, '1', 'f')))
  const [row] = rowsOf(decoder.decode(batchOf((batch) => frame(batch, '1', 't'))), 'telemetry')
  expect(row).toMatchObject({ ignition: null, power_v: null, inputs: 0, alarms: ['low_battery'], attributes: '{}' })
})

test('decode: thousands of records outgrow no column', () => {
  const result = new Decoder([everyColumn]).decode(
    batchOf((batch) => {
      for (let index = 0; index < 6000; index++) frame(batch, String(index), 'f')
    }),
  )
  const rows = rowsOf(result, 'fixes')
  expect(rows.length).toBe(6000)
  expect(rows.every((row) => (row.alarms as string[]).length === 2 && row.lat_e7 === -235505200)).toBe(true)
})

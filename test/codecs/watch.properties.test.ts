/**
 * watch: whatever the trackers write, in a stream cut anywhere, comes back as it was written; and no bytes upset it.
 * One generator a message: its frame, and what the row and the reply must say.
 */
import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import * as tracker from '../../src/codecs/watch/encode.ts'
import { watch, watchOptions } from '../../src/codecs/watch/index.ts'
import { Family, STATUS_ALARMS, TYPES } from '../../src/codecs/watch/messages.ts'
import type { Row } from '../../src/codecs/row.ts'
import { bytesOfText, type Decoded, feed, piecesOf, session, take, textOf } from './harness.ts'
import { expectSound } from './properties.ts'

const codec = watch(watchOptions.parse({}))
const RECEIVED = Date.parse('2025-11-21T01:35:00Z')

interface Sample {
  head: tracker.Head
  message: string
  frame: Uint8Array
  /** Content of the reply; empty: none. */
  reply: string
  check(row: Row): void
}

const iso = (ms: number) => new Date(ms).toISOString()
const near = (have: unknown, want: number, tolerance: number) => {
  if (!(Math.abs((have as number) - want) <= tolerance)) throw new Error(`have ${String(have)}, want ${want}`)
}

const head: fc.Arbitrary<tracker.Head> = fc.record({
  id: fc.stringMatching(/^[0-9]{9}[1-9]([0-9]{5})?$/),
  maker: fc.constantFrom('3G', 'SG', 'CS', 'ZJ', 'a1'),
  index: fc.option(fc.stringMatching(/^[0-9a-fA-F]{4}$/), { nil: undefined }),
})
const percent = fc.nat(100)
const mac = fc.stringMatching(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/)
const name = fc.string({ maxLength: 10, unit: 'grapheme' }).map((text) => text.replaceAll(/[,\0]/g, '').trim())
const word = fc.stringMatching(/^[A-Za-z0-9:. -]{1,20}$/).map((text) => text.trim())
const cells = fc.array(
  fc.record({ lac: fc.nat(0xffff), cellId: fc.nat(0xfff_ffff), signal: fc.integer({ min: -120, max: 255 }) }),
  { minLength: 1, maxLength: 7 },
)
const binary = fc.uint8Array({ minLength: 2, maxLength: 300 })

const sample = (
  its: tracker.Head,
  content: Uint8Array,
  message: string,
  reply: string,
  check: Sample['check'],
): Sample => ({
  head: its,
  message,
  frame: content,
  reply,
  check,
})

/** What a position of a status raises in the first frame of a session, as the page tells it. */
function alarmsOf(status: number, isAlarm: boolean): string[] {
  const first = isAlarm && status >>> 16 === 0 ? 0 : 14
  const raised = STATUS_ALARMS.filter(([bit]) => bit >= first && ((status >>> bit) & 1) === 1).map(([, alarm]) => alarm)
  return isAlarm && raised.length === 0 ? ['general'] : [...new Set(raised)]
}

const place = {
  timeMs: fc.integer({ min: 0, max: 15 * 365 * 86_400 }).map((seconds) => RECEIVED - seconds * 1000),
  valid: fc.boolean(),
  latE7: fc.integer({ min: -900_000_000, max: 900_000_000 }).filter((value) => value !== 0),
  lonE7: fc.integer({ min: -1_800_000_000, max: 1_800_000_000 }).filter((value) => value !== 0),
  speedKph: fc.nat(2000).map((value) => value / 10),
  courseDeg: fc.nat(3599).map((value) => value / 10),
  altitudeM: fc.integer({ min: -4000, max: 80_000 }).map((value) => value / 10),
  satellites: fc.nat(40),
  gsmPct: percent,
  batteryPct: percent,
  steps: fc.nat(100_000),
  tumbles: fc.nat(5000),
}
const CLOCK_START = Date.UTC(2020, 0, 1)
const startsClock = (ms: number) => ms >= CLOCK_START && ms < CLOCK_START + 86_400_000

const position = fc
  .record({
    head,
    type: fc.constantFrom('UD', 'UD2', 'UD_LTE', 'UD_WCDMA', 'AL', 'AL_LTE', 'ALCUSTOMER1', 'WT'),
    nowhere: fc.boolean(),
    ...place,
    side: fc.constantFrom('letter' as const, 'both' as const, 'minus' as const),
    status: fc
      .array(fc.nat(31), { maxLength: 4 })
      .map((bits) => bits.reduce((sum, bit) => (sum | (1 << bit)) >>> 0, 0)),
    timingAdvance: fc.nat(255),
    mcc: fc.nat(999),
    mnc: fc.nat(999),
    cells,
    wifi: fc.array(fc.record({ name, mac, signal: fc.integer({ min: -100, max: -20 }) }), { maxLength: 5 }),
    accuracyM: fc.nat(1000).map((value) => value / 2),
  })
  .filter((its) => its.valid || !startsClock(its.timeMs))
  .map((its) => {
    const where = its.nowhere ? { ...its, latE7: 0, lonE7: 0, side: 'letter' as const } : its
    const isAlarm = its.type.startsWith('AL')
    return sample(its.head, tracker.encodePosition(its.head, where), its.type, isAlarm ? 'AL' : '', (row) => {
      expect(row).toMatchObject({
        table: its.nowhere ? 'telemetry' : 'fixes',
        battery_pct: its.batteryPct,
        buffered: its.type === 'UD2',
        motion: its.status & 16 ? false : null,
        mcc: its.mcc,
        mnc: its.mnc,
        lac: its.cells[0].lac,
        cell_id: its.cells[0].cellId,
        alarms: alarmsOf(its.status, isAlarm),
      })
      expect(row.attributes).toMatchObject({
        gsm_pct: its.gsmPct,
        steps: its.steps,
        tumbles: its.tumbles,
        worn_bit: (its.status & 8) !== 0,
        timing_advance: its.timingAdvance,
        accuracy_m: its.accuracyM,
      })
      expect(row.attributes.status).toBe(its.status.toString(16).toUpperCase().padStart(8, '0'))
      expect(row.attributes.cells).toEqual(
        its.cells.map(({ lac, cellId, signal }) => ({ mcc: its.mcc, mnc: its.mnc, lac, cell_id: cellId, signal })),
      )
      expect(row.attributes.wifi ?? []).toEqual(its.wifi)
      if (its.nowhere) {
        expect([row.sent_at, row.attributes.valid]).toEqual([iso(its.timeMs), its.valid])
        return
      }
      expect(row).toMatchObject({
        fix_time: iso(its.timeMs),
        latitude: its.latE7 / 1e7,
        longitude: its.lonE7 / 1e7,
        satellites: its.satellites,
        valid: its.valid,
        source: its.valid ? 'gnss' : 'last_known',
      })
      near(row.speed_kph, its.speedKph, 1e-3)
      near(row.course_deg, its.courseDeg, 1e-3)
      near(row.altitude_m, its.altitudeM, 1e-2)
    })
  })

const cdma = fc
  .record({
    head,
    ...place,
    cdma: fc.record({ sid: fc.nat(99_999), nid: fc.nat(99), bid: fc.nat(99_999), signal: fc.nat(99) }),
  })
  .map((its) =>
    sample(
      its.head,
      tracker.encodePosition(its.head, { ...its, type: 'UD_CDMA', valid: true, status: 0, wifi: [], accuracyM: 5 }),
      'UD_CDMA',
      '',
      (row) => {
        expect(row).toMatchObject({ table: 'fixes', latitude: its.latE7 / 1e7, mcc: null })
        expect(row.attributes).toMatchObject({ ...its.cdma, accuracy_m: 5 })
      },
    ),
  )

const oldStatus = fc
  .record({ head, ...place, status: fc.nat(0xffff), type: fc.constantFrom('UD', 'AL') })
  .map((its) => {
    const isAlarm = its.type === 'AL'
    const frame = tracker.encodePosition(its.head, { ...its, valid: true, statusDigits: 4 })
    return sample(its.head, frame, its.type, isAlarm ? 'AL' : '', (row) =>
      expect(row).toMatchObject({ table: 'fixes', alarms: alarmsOf(its.status, isAlarm) }),
    )
  })

const linkKeepAlive = fc
  .record({
    head,
    status: fc.option(
      fc.record({ steps: fc.nat(99_999), tumbles: fc.nat(999), batteryPct: fc.option(percent, { nil: undefined }) }),
      { nil: undefined },
    ),
  })
  .map((its) =>
    sample(its.head, tracker.encodeLink(its.head, its.status), 'LK', 'LK', (row) => {
      expect(row).toMatchObject({ table: 'telemetry', sent_at: null, battery_pct: its.status?.batteryPct ?? null })
      expect([row.attributes.steps, row.attributes.tumbles]).toEqual([its.status?.steps, its.status?.tumbles])
    }),
  )

const short = fc
  .record({ head, text: word, iccid: fc.stringMatching(/^89[0-9]{17,18}$/), taken: fc.boolean(), battery: percent })
  .chain((its) =>
    fc.constantFrom(
      ...(['TKQ', 'TKQ2'] as const).map((type) =>
        sample(its.head, tracker.encodeQuery(its.head, type), type, type, (row) => expect(row.table).toBe('telemetry')),
      ),
      sample(its.head, tracker.encodeQuery(its.head, 'TIME'), 'TIME', `TIME,${RECEIVED / 1000}`, (row) =>
        expect(row.table).toBe('telemetry'),
      ),
      sample(its.head, tracker.encodeInit(its.head, its.text), 'INIT', 'INIT,1', (row) =>
        expect(row.attributes.raw).toBe(its.text),
      ),
      sample(its.head, tracker.encodeConfig(its.head, { TY: its.text, UL: its.battery }), 'CONFIG', 'CONFIG,1', (row) =>
        expect(row.attributes.config).toBe(`TY:${its.text},UL:${its.battery}`),
      ),
      ...(['CCID', 'ICCID'] as const).map((type) =>
        sample(its.head, tracker.encodeIccid(its.head, its.iccid, type), type, '', (row) =>
          expect(row.attributes.iccid).toBe(its.iccid),
        ),
      ),
      sample(its.head, tracker.encodeVoiceReceipt(its.head, its.taken), 'TK', '', (row) =>
        expect(row.attributes).toMatchObject({ voice_receipt: its.taken ? 1 : 0 }),
      ),
    ),
  )

const vital = fc.integer({ min: 30, max: 220 })
const health = fc
  .record({
    head,
    systolic: vital,
    diastolic: vital,
    bpm: vital,
    celsius: fc.integer({ min: 300, max: 429 }).map((tenths) => tenths / 10),
    kind: fc.nat(1),
    spo2: percent,
  })
  .chain((its) =>
    fc.constantFrom(
      ...(['heart', 'PULSE'] as const).map((type) =>
        sample(its.head, tracker.encodeHeartRate(its.head, its.bpm, type), type, '', (row) =>
          expect(row.attributes.heart_rate).toBe(its.bpm),
        ),
      ),
      ...(['BLOOD', 'bphrt'] as const).map((type) =>
        sample(its.head, tracker.encodePressure(its.head, its, type), type, type === 'bphrt' ? 'bphrt' : '', (row) =>
          expect(row.attributes).toMatchObject({
            pressure_high: its.systolic,
            pressure_low: its.diastolic,
            heart_rate: its.bpm,
          }),
        ),
      ),
      sample(its.head, tracker.encodeTemperature(its.head, its.celsius), 'TEMP', '', (row) =>
        expect(row.attributes.temperature).toBe(its.celsius),
      ),
      sample(its.head, tracker.encodeTemperature(its.head, its.celsius, its.kind), 'btemp2', 'btemp2', (row) =>
        expect(row.attributes[its.kind === 0 ? 'temperature_invalid' : 'temperature']).toBe(its.celsius),
      ),
      sample(its.head, tracker.encodeOxygen(its.head, its.kind, its.spo2), 'oxygen', 'oxygen,1', (row) =>
        expect(row.attributes).toMatchObject({ spo2: its.spo2, measurement_kind: its.kind }),
      ),
    ),
  )

const cellReport = fc.record({ head, mcc: fc.nat(999), mnc: fc.nat(99), cells }).map((its) =>
  sample(its.head, tracker.encodeCells(its.head, its), 'GS1', '', (row) => {
    expect(row).toMatchObject({ table: 'telemetry', mcc: its.mcc, lac: its.cells[0].lac, cell_id: its.cells[0].cellId })
    expect(row.attributes.cells as unknown[]).toHaveLength(its.cells.length)
  }),
)

const recording = fc
  .record({
    head,
    data: binary,
    type: fc.constantFrom('TK' as const, 'TK2' as const),
    part: fc.integer({ min: 1, max: 9 }),
  })
  .chain((its) =>
    fc.constantFrom(
      sample(its.head, tracker.encodeVoice(its.head, its.data, its.type), its.type, 'TK,1', (row) =>
        expect(row.attributes.voice_bytes).toBe(its.data.length),
      ),
      sample(its.head, tracker.encodeVoicePart(its.head, 'v.amr', its.part, 9, its.data), 'JXTK', 'JXTKR,1', (row) =>
        expect(row.attributes).toMatchObject({
          voice_name: 'v.amr',
          part: its.part,
          parts: 9,
          voice_bytes: its.data.length,
        }),
      ),
      sample(its.head, tracker.encodePicture(its.head, 5, '251121013015', its.data), 'img', '', (row) =>
        expect(row.attributes).toMatchObject({
          photo_source: 5,
          photo_time: '251121013015',
          photo_bytes: its.data.length,
        }),
      ),
    ),
  )

const OWN_NAMES = TYPES.filter(([, kind]) => kind >= 17).map(([type]) => type)
const answer = fc
  .record({ head, type: fc.constantFrom(...OWN_NAMES, 'PP', 'rcapture'), text: word })
  .map((its) =>
    sample(its.head, tracker.encodeAnswer(its.head, its.type, its.text), its.type, '', (row) =>
      expect(row.attributes.command_reply ?? row.attributes.raw ?? '').toBe(its.text),
    ),
  )

const any = fc.oneof(
  { arbitrary: position, weight: 4 },
  cdma,
  oldStatus,
  linkKeepAlive,
  { arbitrary: short, weight: 2 },
  { arbitrary: health, weight: 2 },
  cellReport,
  recording,
  { arbitrary: answer, weight: 2 },
)

/** What a stream gives that arrives in these pieces: each frame decoded in a session of its own, as its first. */
function decodeStream(pieces: readonly Uint8Array[]): Decoded[] {
  return feed(codec, pieces, true).frames.map((frame) => take(codec, frame, session(), RECEIVED))
}

const replyOf = ({ head: its, reply }: Sample) => (reply === '' ? '' : textOf(tracker.encodeFrame(its, reply)))

describe('watch properties', () => {
  test('every message of the table comes back from a stream cut anywhere, with its reply', () => {
    const seen = new Set<string>()
    const separator = fc.constantFrom('', '', '\r\n', ' \0').map(bytesOfText)
    fc.assert(
      fc.property(
        fc.array(fc.tuple(any, separator), { minLength: 1, maxLength: 8 }),
        fc.array(fc.nat(), { maxLength: 6 }),
        (samples, cuts) => {
          const stream = Buffer.concat(samples.flatMap(([{ frame }, behind]) => [frame, behind]))
          const decoded = decodeStream(piecesOf(stream, cuts))
          expect(decoded.map(({ frame }) => textOf(frame))).toEqual(samples.map(([{ frame }]) => textOf(frame)))
          decoded.forEach(({ device, reject, rows, ack }, index) => {
            const [want] = samples[index]
            expect([reject, device, textOf(ack)]).toEqual([null, want.head.id, replyOf(want)])
            const [row] = rows
            expect(rows).toHaveLength(1)
            expect(row.message).toBe(want.message)
            expect(row.attributes).toMatchObject({ manufacturer: want.head.maker })
            expect([row.attributes.index, row.attributes.length_ok]).toEqual([want.head.index, undefined])
            want.check(row)
            seen.add(want.message)
          })
        },
      ),
      { numRuns: 300 },
    )
    const types = TYPES.map(([type]) => type).slice(Family.alarm + 1)
    const missing = [...types, 'UD', 'UD2', 'UD_LTE', 'UD_CDMA', 'AL', 'AL_LTE'].filter((type) => !seen.has(type))
    // Names of commands are many and alike: each is drawn somewhere, not in every run.
    expect(missing.filter((type) => !OWN_NAMES.includes(type))).toEqual([])
    expect(OWN_NAMES.filter((type) => seen.has(type)).length).toBeGreaterThan(OWN_NAMES.length / 2)
  })

  test('frames whose length is wrong come back all the same, unless it points at a bracket', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(any, fc.nat(0x400)), { minLength: 1, maxLength: 5 }),
        fc.array(fc.nat(), { maxLength: 3 }),
        (samples, cuts) => {
          const frames = samples.map(([{ frame }, declared]) => misdeclared(frame, declared))
          const stream = textOf(Buffer.concat(frames.map(bytesOfText)))
          let start = 0
          for (const [index, frame] of frames.entries()) {
            // Brackets in names of access points are told from the end by a right length alone.
            fc.pre(!/[[\]]/.test(frame.slice(1, -1)))
            fc.pre(stream[start + HEADER.exec(frame)![0].length + samples[index][1]] !== ']')
            start += frame.length
          }
          const decoded = decodeStream(piecesOf(bytesOfText(stream), cuts))
          expect(decoded.map(({ frame }) => textOf(frame))).toEqual(frames)
          for (const { rows } of decoded) expect(rows[0].attributes.length_ok).toBe(false)
        },
      ),
      { numRuns: 100 },
    )
  })

  test('any bytes and any damage: no function throws, splitting ends, what comes out is in range', () => {
    const damaged = fc
      .tuple(any, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 5 }), fc.uint8Array({ maxLength: 20 }))
      .map(([{ frame }, changes, tail]) => {
        const bytes = Uint8Array.from([...frame, ...tail])
        for (const [at, value] of changes) bytes[at % bytes.length] = value
        return bytes
      })
    fc.assert(
      fc.property(fc.oneof(damaged, fc.uint8Array({ maxLength: 120 })), fc.nat(255), (bytes, fill) => {
        expectSound(codec, bytes, fill, RECEIVED)
        for (const { rows } of decodeStream([bytes]))
          for (const { fix_time, sent_at } of rows) {
            const time = (fix_time ?? sent_at) as string | null
            if (time !== null) expect(Date.parse(time)).toBeLessThanOrEqual(RECEIVED + 86_400_000)
          }
      }),
      { numRuns: 2000 },
    )
  })
})

const HEADER = /^(\[..\*\d+\*(?:[0-9A-Fa-f]{4}\*)?)[0-9A-F]{4}\*/
/** The frame with another length in its header. */
function misdeclared(frame: Uint8Array, declared: number): string {
  const digits = declared.toString(16).toUpperCase().padStart(4, '0')
  return textOf(frame).replace(HEADER, `$1${digits}*`)
}

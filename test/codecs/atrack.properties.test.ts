/** atrack: whatever the encoders can write comes back from a stream cut anywhere, and no bytes do harm. */
import { describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import fc from 'fast-check'
import * as encode from '../../src/codecs/atrack/encode.ts'
import { atrack, atrackOptions } from '../../src/codecs/atrack/index.ts'
import { crc16 } from '../../src/codecs/atrack/crc.ts'
import { type Row } from '../../src/codecs/row.ts'
import { bytesOfText, type Decoded, feed, hexOf, joined, piecesOf, session, take, textOf } from './harness.ts'
import { expectCovered, expectReadsInside } from './properties.ts'
import { readVectors, vectorBytes } from './vectors.ts'

const codec = atrack(atrackOptions.parse({}))
const strict = atrack(atrackOptions.parse({ crc: 'strict' }))
const ID = '359461040000128'
const T = Date.UTC(2026, 2, 15, 14, 5, 30)
const RECEIVED = T + 60_000

/** A frame, and what its decoding must say. */
interface Sent {
  bytes: Uint8Array
  sequence: number | null
  check(decoded: Decoded): void
}

const isoOf = (ms: number) => `${new Date(ms).toISOString().slice(0, 19)}Z`
const sequence = fc.nat(65_535)
const seconds = fc.integer({ min: 1_262_304_000, max: T / 1000 }).map((second) => second * 1000)
const prefix = fc.constantFrom('@P', '@p', '@J', '\x03\x01', 'XY')

const record = fc.record({
  gpsMs: fc.integer({ min: 1_262_304_000, max: T / 1000 }).map((seconds) => seconds * 1000),
  rtcMs: fc.integer({ min: 1_262_304_000, max: T / 1000 }).map((seconds) => seconds * 1000),
  latE6: fc.integer({ min: -90_000_000, max: 90_000_000 }),
  lonE6: fc.integer({ min: -180_000_000, max: 180_000_000 }),
  heading: fc.nat(359),
  report: fc.constantFrom(0, 2, 4, 17, 106, 230),
  odometerKm: fc.nat(4_294_967_295).map((value) => value / 10),
  hdop: fc.integer({ min: 1, max: 1200 }).map((value) => value / 10),
  inputs: fc.nat(255),
  speedKph: fc.nat(400),
  outputs: fc.nat(255),
  analogV: fc.nat(65_535).map((value) => value / 1000),
  driver: fc.stringMatching(/^[0-9A-F]{0,16}$/).filter((driver) => driver !== '0'),
  temperature1: fc.option(
    fc.integer({ min: -400, max: 1250 }).map((value) => value / 10),
    { nil: undefined },
  ),
  temperature2: fc.option(
    fc.integer({ min: -400, max: 1250 }).map((value) => value / 10),
    { nil: undefined },
  ),
  text: fc.stringMatching(/^[A-Za-z0-9 .:=-]{0,60}$/),
  custom: fc.record({
    SA: fc.nat(64),
    MV: fc.nat(400),
    BV: fc.nat(60),
    GQ: fc.nat(31),
    CE: fc.integer({ min: 1, max: 268_435_455 }),
    LC: fc.integer({ min: 1, max: 65_535 }),
    CN: fc.oneof(fc.integer({ min: 20_000, max: 99_999 }), fc.integer({ min: 200_000, max: 999_999 })),
    // rowOf takes -128 for "unknown" in every column.
    AT: fc.integer({ min: -127, max: 9000 }),
    ET: fc.integer({ min: -39, max: 215 }),
    FC: fc.nat(4_294_967_295),
    VN: fc.stringMatching(/^[A-Z0-9]{0,19}$/),
    CM: fc.bigInt({ min: 1n, max: 999_999_999_999_999n }),
  }),
})
const FORM = '%CI%SA%MV%BV%GQ%CE%LC%CN%AT%ET%FC%VN%CM'

/** The values of FORM as columns and attributes. */
function checkCustoms(row: Row, custom: Record<string, number | bigint | string>, form: string): void {
  expect(row).toMatchObject({
    satellites: custom.SA,
    rssi: custom.GQ,
    cell_id: custom.CE,
    lac: custom.LC,
    altitude_m: custom.AT,
  })
  const digits = (custom.CN as number) < 100_000 ? 100 : 1000
  expect((row.mcc as number) * digits + (row.mnc as number)).toBe(custom.CN as number)
  expect(row.power_v as number).toBeCloseTo((custom.MV as number) / 10, 4)
  expect(row.battery_v as number).toBeCloseTo((custom.BV as number) / 10, 4)
  expect(row.attributes).toMatchObject({
    coolant_temp_c: custom.ET,
    fuel_used_l: (custom.FC as number) / 10,
    imsi: String(custom.CM),
    form,
  })
  expect(row.attributes.vin).toBe(custom.VN === '' ? undefined : custom.VN)
}

function checkRecord(row: Row, given: encode.PositionRecord, number: number, form: string): void {
  expect(row).toMatchObject({
    table: 'fixes',
    message: 'position',
    fix_time: new Date(given.gpsMs).toISOString(),
    latitude: given.latE6 / 1e6,
    longitude: given.lonE6 / 1e6,
    course_deg: given.heading,
    speed_kph: given.speedKph,
    inputs: given.inputs,
    outputs: given.outputs,
    ignition: (given.inputs! & 1) === 1,
    valid: given.hdop! < 99,
    buffered: T - given.rtcMs > 120_000,
  })
  expect(row.odometer_km as number).toBeCloseTo(given.odometerKm!, 5)
  expect(row.hdop as number).toBeCloseTo(given.hdop!, 3)
  expect(row.attributes).toMatchObject({
    sequence: number,
    report_id: given.report,
    rtc_time: isoOf(given.rtcMs),
    send_time: isoOf(T),
    adc1_v: given.analogV,
    crc_ok: true,
  })
  expect(row.attributes.text).toBe(given.text === '' ? undefined : given.text)
  expect(row.attributes.driver_id).toBe(given.driver === '' ? undefined : given.driver)
  expect(row.attributes.temperature1).toBe(given.temperature1)
  expect(row.attributes.temperature2).toBe(given.temperature2)
  if (form !== '') checkCustoms(row, given.custom as Record<string, number | bigint | string>, form)
}

const positions = fc
  .record({
    write: fc.constantFrom(encode.encodeBinary, encode.encodeText),
    records: fc.array(record, { minLength: 1, maxLength: 5 }),
    readable: fc.boolean(),
    prefix,
    sequence,
    form: fc.constantFrom('', FORM, `%SA%MV%BV%GQ%CE%LC%CN%AT%ET%FC%VN%CM%CI`),
    bareText: fc.boolean(),
  })
  .map(({ write, ...frame }): Sent => ({
    bytes: write({ unitId: ID, sentMs: T, ...frame }),
    sequence: frame.sequence,
    check: ({ rows }) => {
      expect(rows).toHaveLength(frame.records.length)
      rows.forEach((row, index) => checkRecord(row, frame.records[index], frame.sequence, frame.form))
    },
  }))

const keepAlive = sequence.map((number): Sent => ({
  bytes: encode.encodeKeepAlive(ID, number),
  sequence: number,
  check: ({ rows }) =>
    expect(rows).toMatchObject([{ table: 'telemetry', message: 'keep_alive', attributes: { sequence: number } }]),
}))

const fragment = fc
  .record({ sequence, timeMs: seconds, jpeg: fc.uint8Array({ minLength: 1, maxLength: 900 }), index: fc.nat(5) })
  .map(({ sequence: first, timeMs, jpeg, index }): Sent => {
    const fragments = encode.encodePhoto(ID, first, timeMs, jpeg, 200)
    const at = index % fragments.length
    const number = (first + at) & 0xffff
    return {
      bytes: fragments[at],
      sequence: number,
      check: ({ rows }) => {
        expect(rows).toMatchObject([
          { table: 'telemetry', message: 'photo_fragment', sent_at: isoOf(timeMs).replace('Z', '.000Z') },
        ])
        expect(rows[0].attributes).toEqual({
          sequence: number,
          crc_ok: true,
          photo_time: isoOf(timeMs),
          photo_index: at,
          photo_count: fragments.length,
          photo_size: Math.min(200, jpeg.length - 200 * at),
        })
      },
    }
  })

// A frame has at least 18 bytes behind its length, a time and a text of three.
const message = fc.stringMatching(/^[A-Za-z0-9 .:=-]{3,26}$/)
const shortText = fc
  .record({ sequence, timeMs: seconds, text: message, readable: fc.boolean() })
  .map(({ timeMs, text, ...frame }): Sent => ({
    bytes: encode.encodeShortText({ unitId: ID, ...frame }, timeMs, text),
    sequence: frame.sequence,
    check: ({ rows }) => {
      expect(rows).toMatchObject([
        { table: 'telemetry', message: 'text_message', sent_at: new Date(timeMs).toISOString() },
      ])
      expect(rows[0].attributes).toMatchObject({ text, sequence: frame.sequence, events: ['text_message'] })
    },
  }))

const dump = fc
  .record({
    record,
    sequence,
    readable: fc.boolean(),
    packet: fc.nat(255),
    samples: fc.int16Array({ minLength: 150, maxLength: 150 }),
  })
  .map(({ record: given, packet, samples, ...frame }): Sent => ({
    bytes: encode.encodeDump({ unitId: ID, sentMs: T, records: [given], ...frame }, packet, samples),
    sequence: frame.sequence,
    check: ({ rows }) => {
      expect(rows).toHaveLength(1)
      checkRecord(rows[0], { ...given, report: 14 }, frame.sequence, '')
      const bytes = Buffer.alloc(300)
      samples.forEach((sample, index) => bytes.writeInt16BE(sample, 2 * index))
      expect(rows[0].attributes).toMatchObject({ g_packet: packet, g_hex: bytes.toString('hex') })
      expect(rows[0].alarms).toContain('collision')
    },
  }))

const tag = fc.stringMatching(/^[A-Z0-9]{0,5}$/)
const plain = fc.stringMatching(/^[A-Za-z0-9._ -]{1,20}$/).filter((text) => text.trim() === text)
const info = fc
  .record({
    tag,
    model: plain,
    firmware: plain,
    imsi: fc.stringMatching(/^[0-9]{15}$/),
    iccid: fc.stringMatching(/^[0-9]{19}$/),
    power: fc.nat(320),
    battery: fc.nat(50),
    satellites: fc.nat(30),
    registration: fc.nat(5),
    signal: fc.nat(31),
    connected: fc.nat(1),
    antenna: fc.nat(7),
  })
  .map(({ tag: own, power, battery, ...values }): Sent => ({
    bytes: encode.encodeInfo({ unitId: ID, imei: ID, powerV: power / 10, batteryV: battery / 10, ...values }, own),
    sequence: null,
    check: ({ rows }) => {
      expect(rows).toMatchObject([{ table: 'telemetry', message: 'device_info', rssi: values.signal }])
      expect(rows[0].power_v as number).toBeCloseTo(power / 10, 4)
      expect(rows[0].battery_v as number).toBeCloseTo(battery / 10, 4)
      const { registration, signal: _, connected, antenna, ...attributes } = values
      expect(rows[0].attributes).toEqual({
        result: '$INFO',
        ...(own === '' ? {} : { tag: own }),
        unit_id: ID,
        imei: ID,
        ...attributes,
        network_registration: registration,
        ...(registration === 5 ? { roaming: true } : {}),
        server_connected: connected,
        gps_antenna: antenna,
      })
    },
  }))

const reply = fc
  .record({ name: fc.constantFrom('OK', 'ERROR', 'FORM', 'REPT', 'UNID'), tag, code: fc.integer({ min: 1, max: 400 }) })
  .map(({ name, tag: own, code }): Sent => ({
    bytes: encode.encodeReply(name, own, name === 'OK' ? '' : String(code)),
    sequence: null,
    check: ({ rows }) => {
      expect(rows).toMatchObject([{ table: 'telemetry', message: 'command_reply' }])
      expect(rows[0].attributes).toEqual({
        result: `$${name}`,
        ...(own === '' ? {} : { tag: own }),
        ...(name === 'OK' ? {} : name === 'ERROR' ? { error_code: code } : { values: String(code) }),
      })
    },
  }))

describe('atrack encode → split → decode', () => {
  for (const [name, kind, numRuns] of [
    ['positions', positions, 200],
    ['keep-alives', keepAlive, 50],
    ['photo fragments', fragment, 50],
    ['short texts', shortText, 100],
    ['G-sensor dumps', dump, 30],
    ['$INFO', info, 50],
    ['replies', reply, 50],
    ['all kinds', fc.oneof(positions, keepAlive, fragment, shortText, dump, info, reply), 150],
  ] as const)
    test(`${name}: a stream cut anywhere gives back what was encoded, and each frame its ack`, () => {
      fc.assert(
        fc.property(
          fc.array(kind, { minLength: 1, maxLength: 6 }),
          fc.array(fc.nat(), { maxLength: 8 }),
          (sent, places) => {
            const stream = joined(...sent.map(({ bytes }) => bytes))
            for (const each of [codec, strict]) {
              const { frames, skipped, left } = feed(each, piecesOf(stream, places))
              expect(frames.map(hexOf)).toEqual(sent.map(({ bytes }) => hexOf(bytes)))
              expect([skipped.length, left.length]).toEqual([0, 0])
            }
            const into = session(ID)
            for (const { bytes, sequence: number, check } of sent) {
              const decoded = take(codec, bytes, into, RECEIVED)
              expect([decoded.reject, decoded.device]).toEqual([null, ID])
              expect(hexOf(decoded.ack)).toBe(number === null ? '' : hexOf(encode.encodeKeepAlive(ID, number)))
              check(decoded)
            }
          },
        ),
        { numRuns },
      )
    })
})

/** A record without custom values. */
const STANDARD = encode.encodeBinary({
  unitId: ID,
  sequence: 9,
  sentMs: T,
  records: [{ gpsMs: T, rtcMs: T, latE6: 4_609_710, lonE6: -74_081_750, inputs: 1 }],
})

describe('atrack whatever the bytes', () => {
  const frames = readVectors(join(import.meta.dir, '../../fixtures/atrack.jsonl')).map(vectorBytes)
  const mutated = fc
    .tuple(fc.constantFrom(...frames), fc.array(fc.tuple(fc.nat(1200), fc.nat(255)), { maxLength: 8 }), fc.boolean())
    .map(([frame, changes, repair]) => {
      const bytes = Uint8Array.from(frame)
      for (const [at, value] of changes) bytes[at % bytes.length] = value
      if (repair && bytes.length > 16) {
        // With the right checksum the bytes get as far as the decoder.
        const length = (bytes[4] << 8) | bytes[5]
        if (length + 6 === bytes.length) new DataView(bytes.buffer).setUint16(2, crc16(bytes, 4, bytes.length))
      }
      return bytes
    })
  const pieces = fc
    .array(
      fc.constantFrom(
        '@P,',
        '@P',
        '\xfe\x02',
        '$',
        ',',
        '\r\n',
        '%CI',
        '%SA',
        '%',
        '\x1a',
        '0',
        '1773583530',
        '12',
        'A',
        'AD5E',
        '\0',
        '-',
        '.',
        '2000',
      ),
      { maxLength: 60 },
    )
    .map((parts) => bytesOfText(parts.join('')))
  const lines = pieces.map((piece) =>
    encode.textFrame('@P', ID, 1, `1773583530,1773583530,1773583530,1,2,3,101,5,6,7,8,9,1,,1,2,${textOf(piece)}\r\n`),
  )
  const bodies = fc.uint8Array({ maxLength: 200 }).map((body) => encode.binaryFrame('@P', ID, 1, body))
  const tails = fc
    .tuple(fc.constantFrom('', '%CI%SA%CE%VN', '%GN%CI', '%CI%QQ%SA'), fc.uint8Array({ maxLength: 90 }))
    .map(([form, tail]) => {
      const standard = STANDARD.subarray(16)
      const text = form === '' ? new Uint8Array(0) : bytesOfText(`${form}\0`)
      return encode.binaryFrame('@P', ID, 1, joined(standard, text, tail))
    })
  const hostile = fc.oneof(mutated, pieces, lines, bodies, tails, fc.uint8Array({ maxLength: 300 }))
  const codecs = ['', '%SA%MV%CE%CN%VN%GF1', '%BC%GL%GN%GV%QQ'].map((form) =>
    atrack(atrackOptions.parse({ form, form_extra: form === '' ? '' : '%JO1%ZS1' })),
  )

  test('split comes to an end, and takes all there is when nothing can follow', () => {
    fc.assert(
      fc.property(hostile, (bytes) => {
        for (const each of [codec, strict]) expectCovered(each, bytes)
      }),
      { numRuns: 3000 },
    )
  })
  test('no function throws, and what it says depends on no byte outside its range', () => {
    fc.assert(
      fc.property(hostile, fc.nat(255), fc.constantFrom(...codecs), (bytes, outside, each) =>
        expectReadsInside(each, bytes, outside, RECEIVED),
      ),
      { numRuns: 1000 },
    )
  })
})

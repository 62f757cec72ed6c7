/**
 * Every sentence the encoders can write comes back as it was, alone and in a stream that is cut anywhere. The expectations
 * are written from what was encoded, never from the decoder.
 */
import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import * as encode from '../../src/codecs/ais140/encode.ts'
import { ais140, ais140Options } from '../../src/codecs/ais140/index.ts'
import { FINAL, NEED_MORE, STATE_WORDS } from '../../src/codecs/codec.ts'
import { Records } from '../../src/codecs/records.ts'
import type { Row } from '../../src/codecs/row.ts'
import { bytesOfText, session, take, textOf } from './harness.ts'
import { expectSound } from './properties.ts'

const codec = ais140(ais140Options.parse({}))
const RECEIVED = Date.parse('2026-03-14T07:45:09Z')
const IMEI = '869170031234567'

const imei = fc.stringMatching(/^[1-9][0-9]{14}$/)
const timeMs = fc.integer({ min: 0, max: 365 * 86_400 }).map((seconds) => RECEIVED - seconds * 1000)
/** 1e-7 degree with six decimals. */
const latE7 = fc
  .integer({ min: -90_000_000, max: 90_000_000 })
  .filter((value) => value !== 0)
  .map((value) => value * 10)
const lonE7 = fc.integer({ min: -180_000_000, max: 180_000_000 }).map((value) => value * 10)
const place = { latE7, lonE7 }
const tenths = (max: number) => fc.integer({ min: 0, max: max * 10 }).map((value) => value / 10)
const hundredths = (max: number) => fc.integer({ min: 0, max: max * 100 }).map((value) => value / 100)
const word = fc.stringMatching(/^[A-Z][A-Z0-9]{1,10}$/)
const dates = fc.constantFrom('two', 'six', 'one') as fc.Arbitrary<'two' | 'six' | 'one'>
const float = Math.fround

interface Sample {
  frame: Uint8Array
  /** Who the session is after it. */
  imei: string
  /** What its rows say, in order; names are columns or attributes. */
  rows: Record<string, unknown>[]
  /** What the tracker hears. */
  ack: string
}

const STAMP = '14032026074509'
const placeOf = (said: encode.PlaceOf) => ({ latitude: said.latE7 / 1e7, longitude: said.lonE7 / 1e7 })
const timeOf = (ms: number) => new Date(ms).toISOString()
const ALERTS = [
  ['NR', 1, null],
  ['BD', 3, 'power_cut'],
  ['BL', 4, 'low_battery'],
  ['BR', 6, 'power_restored'],
  ['TA', 9, 'tamper'],
  ['EA', 10, 'sos'],
  ['HB', 13, 'harsh_braking'],
  ['HA', 14, 'harsh_acceleration'],
  ['RT', 15, 'harsh_cornering'],
  ['OS', 17, 'overspeed'],
  ['TL', 19, 'tilt'],
] as const

const COMMA: Record<string, fc.Arbitrary<Sample>> = {
  LGN: fc.record({ imei, vehicle: word, firmware: word, ...place }).map((said) => ({
    frame: encode.encodeLogin(said),
    imei: said.imei,
    rows: [{ table: 'telemetry', message: 'LGN', vehicle_registration: said.vehicle, ...placeOf(said) }],
    ack: `$LGN${STAMP}*`,
  })),
  '01': fc.tuple(imei, fc.array(word, { maxLength: 3 })).map(([id, fields]) => ({
    frame: encode.encodePlainLogin(id, fields),
    imei: id,
    rows: [{ table: 'telemetry', message: '01' }],
    ack: '$,1,*',
  })),
  HBT: fc.record({ imei, batteryPct: fc.nat(100), thresholdPct: fc.nat(100), memoryPct: fc.nat(100) }).map((said) => ({
    frame: encode.encodeHealth(said),
    imei: said.imei,
    rows: [{ battery_pct: said.batteryPct, battery_threshold_pct: said.thresholdPct, memory_pct: said.memoryPct }],
    ack: '$HBT*',
  })),
  HLM: fc.record({ imei, header: fc.constantFrom('HLM', '02', '101'), batteryPct: fc.nat(100) }).map((said) => ({
    frame: encode.encodeHealth(said),
    imei: said.imei,
    rows: [{ message: said.header, battery_pct: said.batteryPct }],
    ack: '',
  })),
  NRM: fc
    .record({
      imei,
      timeMs,
      ...place,
      header: fc.constantFrom('NRM', 'PVT', 'Header', 'NMP', 'DP', '03', '200', 'A'),
      firstComma: fc.boolean(),
      alert: fc.constantFrom(...ALERTS),
      stored: fc.boolean(),
      valid: fc.boolean(),
      date: dates,
      vendor: fc.constantFrom('MARK', null),
      speedKph: tenths(250),
      courseDeg: hundredths(359),
      satellites: fc.nat(40),
      altitudeM: tenths(5000),
      hdop: hundredths(50),
      ignition: fc.boolean(),
      mainPower: fc.boolean(),
      powerV: tenths(36),
      batteryV: tenths(5),
      tamper: fc.constantFrom(false, null),
      rssi: fc.nat(31),
      mcc: fc.integer({ min: 200, max: 799 }),
      mnc: fc.nat(99),
      lac: fc.integer({ min: 1, max: 0xffff }),
      cellId: fc.integer({ min: 1, max: 0xfffffff }),
      inputs: fc.stringMatching(/^[01]{4}$/),
      outputs: fc.stringMatching(/^[01]{2}$/),
      frameNumber: fc.nat(999_999),
      terminator: fc.constantFrom(',*', '*', '*1A2B\r\n', '\r\n', ''),
    })
    .map(({ alert: [packetType, alert, alarm], ...fix }) => {
      // Numbers may follow the `$` behind a comma only.
      const firstComma = fix.firstComma || /^[0-9AC]/.test(fix.header)
      return {
        frame: encode.encodeLocation({ ...fix, firstComma, packetType, alert }),
        imei: fix.imei,
        rows: [
          {
            table: 'fixes',
            message: fix.header,
            fix_time: timeOf(fix.timeMs),
            ...placeOf(fix),
            speed_kph: float(fix.speedKph),
            course_deg: float(fix.courseDeg),
            altitude_m: float(fix.altitudeM),
            hdop: float(fix.hdop),
            satellites: fix.satellites,
            valid: fix.valid,
            source: fix.valid ? 'gnss' : 'last_known',
            buffered: fix.stored,
            ignition: fix.ignition,
            charging: fix.mainPower,
            power_v: float(fix.powerV),
            battery_v: float(fix.batteryV),
            rssi: fix.rssi,
            mcc: fix.mcc,
            mnc: fix.mnc,
            lac: fix.lac,
            cell_id: fix.cellId,
            inputs: Number.parseInt(fix.inputs, 2),
            outputs: Number.parseInt(fix.outputs, 2),
            alarms: alarm ? [alarm] : [],
            alarm_code: alert,
            frame_number: fix.frameNumber,
          },
        ],
        ack: '',
      }
    }),
  EPB: fc
    .record({
      imei,
      timeMs,
      ...place,
      cleared: fc.boolean(),
      stored: fc.boolean(),
      valid: fc.boolean(),
      date: dates,
      speedKph: tenths(200),
      distance: hundredths(900),
    })
    .map((said) => ({
      frame: encode.encodeEmergency({ ...said, terminator: ',*,00A5\r\n' }),
      imei: said.imei,
      rows: [
        {
          table: 'fixes',
          fix_time: timeOf(said.timeMs),
          ...placeOf(said),
          speed_kph: float(said.speedKph),
          valid: said.valid,
          buffered: said.stored,
          distance: said.distance,
          alarms: [said.cleared ? 'sos_cleared' : 'sos'],
        },
      ],
      ack: '',
    })),
  PC: fc.tuple(imei, fc.boolean(), timeMs, word).map(([id, bySms, ms, text]) => ({
    frame: encode.encodeConfigReply(id, bySms, '9876543210', ms, text),
    imei: id,
    rows: [{ table: 'telemetry', sent_at: timeOf(ms), text, sender: '9876543210', alarms: ['config_changed'] }],
    ack: '',
  })),
  answers: fc
    .tuple(fc.constantFrom('ACTVR', 'HCHKR') as fc.Arbitrary<'ACTVR' | 'HCHKR'>, imei, word)
    .map(([kind, id, text]) => ({
      frame: encode.encodeAnswer(kind, id, [text]),
      imei: id,
      rows: [{ table: 'telemetry', message: kind }],
      ack: '',
    })),
}

const record = fc.record({
  timeMs,
  ...place,
  alert: fc.constantFrom(1, 3, 13),
  stored: fc.boolean(),
  valid: fc.boolean(),
  speedKph: hundredths(250),
  courseDeg: hundredths(359),
  satellites: fc.nat(40),
  hdop: fc.nat(99),
  rssi: fc.nat(31),
  cellId: fc.integer({ min: 1, max: 268_435_455 }),
  ignition: fc.boolean(),
  mainPower: fc.boolean(),
  mode: fc.constantFrom('H', 'M', 'S') as fc.Arbitrary<'H' | 'M' | 'S'>,
})
type RecordOf = typeof record extends fc.Arbitrary<infer T> ? T : never
const recordRow = (fix: RecordOf) => ({
  table: 'fixes',
  fix_time: timeOf(fix.timeMs),
  ...placeOf(fix),
  speed_kph: float(fix.speedKph),
  course_deg: float(fix.courseDeg),
  satellites: fix.satellites,
  hdop: fix.hdop,
  rssi: fix.rssi,
  cell_id: fix.cellId,
  valid: fix.valid,
  buffered: fix.stored,
  ignition: fix.ignition,
  charging: fix.mainPower,
  motion: fix.mode === 'M',
  alarms: fix.alert === 1 ? [] : [fix.alert === 3 ? 'power_cut' : 'harsh_braking'],
})

const CDAC: Record<string, fc.Arbitrary<Sample>> = {
  NRM: fc.tuple(fc.constantFrom('NRM', 'ALT', 'CRT', 'FUL'), imei, record).map(([type, id, fix]) => ({
    frame: encode.encodeFixed(type, id, fix),
    imei: id,
    rows: [{ message: type, ...recordRow(fix) }],
    ack: `$${type},OK*`,
  })),
  EPB: fc.tuple(imei, record).map(([id, fix]) => ({
    frame: encode.encodeFixed('EPB', id, fix),
    imei: id,
    rows: [{ ...recordRow(fix), alarms: fix.alert === 1 ? ['sos'] : recordRow(fix).alarms }],
    ack: '$EPB,OK*',
  })),
  BTH: fc.tuple(imei, fc.array(record, { minLength: 1, maxLength: 12 })).map(([id, fixes]) => ({
    frame: encode.encodeFixedBatch(id, fixes),
    imei: id,
    rows: fixes.map(recordRow),
    ack: '$BTH,OK*',
  })),
  texts: fc
    .tuple(fc.constantFrom('HBT', 'HLM', 'ACK', 'LGN'), imei, fc.stringMatching(/^[a-z ]{6,30}$/))
    .map(([type, id, text]) => ({
      frame: encode.encodeFixedText(type, id, text),
      imei: id,
      rows: [{ table: 'telemetry', message: type }],
      ack: type === 'LGN' ? `$LGN${STAMP}*` : `$${type},OK*`,
    })),
}

function check(row: Row, expected: Record<string, unknown>): void {
  for (const [name, want] of Object.entries(expected))
    expect([name, name in row ? row[name] : row.attributes[name]]).toEqual([name, want])
}

function decodesAs(sample: Sample): void {
  const decoded = take(codec, sample.frame, session(), RECEIVED)
  expect([decoded.reject, decoded.device, textOf(decoded.ack)]).toEqual([null, sample.imei, sample.ack])
  expect(decoded.rows).toHaveLength(sample.rows.length)
  for (const [index, row] of decoded.rows.entries()) check(row, sample.rows[index])
}

/** Splits a stream that arrives in pieces, as the gateway does. */
function pieces(stream: Uint8Array, cuts: number[]): Uint8Array[] {
  const frames: Uint8Array[] = []
  let start = 0
  for (const end of [...cuts.toSorted((a, b) => a - b), stream.length])
    while (start < end) {
      const size = codec.split(stream, start, end, end === stream.length ? FINAL : 0)
      if (size === NEED_MORE) break
      if (size > 0) frames.push(stream.slice(start, start + size))
      start += Math.abs(size)
    }
  expect(start).toBe(stream.length)
  return frames
}

describe('ais140 properties', () => {
  for (const [dialect, kinds] of Object.entries({ comma: COMMA, 'C-DAC': CDAC })) {
    for (const [name, samples] of Object.entries(kinds))
      test(`ais140 properties: ${dialect} ${name} comes back as it was encoded`, () => {
        fc.assert(fc.property(samples, decodesAs), { numRuns: 150 })
      })

    test(`ais140 properties: ${dialect} sentences of any kinds in a stream, cut anywhere, come back in order`, () => {
      fc.assert(
        fc.property(
          fc.array(fc.oneof(...Object.values(kinds)), { minLength: 1, maxLength: 5 }),
          fc.array(fc.nat(), { maxLength: 5 }),
          (samples, cuts) => {
            // A sentence without `$` behind one without an end would be its last field.
            const stream = bytesOfText(samples.map(({ frame }) => ended(textOf(frame))).join(''))
            const frames = pieces(
              stream,
              cuts.map((cut) => cut % stream.length),
            )
            const taken = frames.map((frame) => take(codec, frame, session(), RECEIVED))
            expect(taken.map(({ ack }) => textOf(ack)).join('')).toBe(samples.map(({ ack }) => ack).join(''))
            const rows = taken.flatMap((each) => each.rows)
            expect(rows).toHaveLength(samples.flatMap((sample) => sample.rows).length)
            for (const [index, row] of rows.entries()) check(row, samples.flatMap((sample) => sample.rows)[index])
          },
        ),
        { numRuns: 150 },
      )
    })
  }
  const ended = (text: string) => (text.startsWith('$') && !/[\n*]$/.test(text) ? `${text}\r\n` : text)

  test('ais140 properties: degrees and minutes are the same place to a ten-thousandth of a minute', () => {
    fc.assert(
      fc.property(imei, latE7, lonE7, (id, lat, lon) => {
        const frame = encode.encodeLocation({ imei: id, timeMs: RECEIVED, latE7: lat, lonE7: lon, form: 'minutes' })
        const [row] = take(codec, frame, session(), RECEIVED).rows
        expect(Math.abs((row.latitude as number) * 1e7 - lat)).toBeLessThanOrEqual(10)
        expect(Math.abs((row.longitude as number) * 1e7 - lon)).toBeLessThanOrEqual(10)
      }),
    )
  })

  test('ais140 properties: any bytes: splitting ends, nothing throws, no place off the globe, no time that cannot be', () => {
    const any = fc.oneof(...Object.values(COMMA), ...Object.values(CDAC))
    const noise = fc.array(
      fc.oneof(
        fc
          .constantFrom('$', '*', '\r\n', ',', '$,NRM,', '869170031234567', 'LGN')
          .map((text) => Array.from(bytesOfText(text))),
        fc.array(fc.nat(255), { maxLength: 30 }),
        any.chain(({ frame }) =>
          fc.tuple(fc.nat(frame.length * 8 - 1), fc.nat(frame.length)).map(([bit, cut]) => {
            const bytes = frame.slice(0, cut)
            if (bit >> 3 < cut) bytes[bit >> 3] ^= 1 << (bit & 7)
            return Array.from(bytes)
          }),
        ),
      ),
      { maxLength: 6 },
    )
    fc.assert(
      fc.property(noise, (parts) => expectSound(codec, Uint8Array.from(parts.flat()), 0x2c, RECEIVED, IMEI)),
      { numRuns: 600 },
    )
  })
})

describe('ais140 record id', () => {
  const idsOf = (frame: Uint8Array): string[] => {
    const records = new Records()
    const state = new Int32Array(STATE_WORDS)
    const context = { receivedMs: RECEIVED, transport: 0, state, device: frame, deviceStart: 0, deviceEnd: 0 }
    codec.decode(frame, 0, frame.length, context, records)
    return Array.from({ length: records.rows }, (_, row) => `${records.idHigh[row]} ${records.idLow[row]}`)
  }
  const fix = { imei: IMEI, timeMs: RECEIVED, latE7: 185_204_300, lonE7: 738_567_440 }

  test('ais140 record id: a location from the history is the one sent live, whatever its number, checksum and end', () => {
    const live = encode.encodeLocation({ ...fix, frameNumber: 7, extra: ['4E9C'], terminator: ',*' })
    const again = { ...fix, alert: 2, stored: true, frameNumber: 8, extra: ['0001', '12'], terminator: '*9A\r\n' }
    expect(idsOf(encode.encodeLocation(again))).toEqual(idsOf(live))
    expect(idsOf(encode.encodeEmergency({ ...fix, stored: true, terminator: '*' }))).toEqual(
      idsOf(encode.encodeEmergency(fix)),
    )
  })

  test('ais140 record id: a C-DAC record is the same alone and in any batch', () => {
    const earlier = (seconds: number) => ({ ...fix, timeMs: fix.timeMs - seconds * 1000 })
    const others = [earlier(1), earlier(2), earlier(3)]
    const [alone] = idsOf(encode.encodeFixed('NRM', IMEI, fix))
    const stored = { ...fix, stored: true, alert: 2 }
    expect(idsOf(encode.encodeFixedBatch(IMEI, [others[0], stored]))[1]).toBe(alone)
    expect(idsOf(encode.encodeFixedBatch(IMEI, [stored, ...others]))[0]).toBe(alone)
  })

  test('ais140 record id: records of one second that differ are two, and so are an event and the fix beside it', () => {
    const ids = [
      fix,
      { ...fix, latE7: fix.latE7 + 10 },
      { ...fix, ignition: false },
      { ...fix, alert: 3, packetType: 'BD' },
      { ...fix, valid: false },
    ].flatMap((each) => idsOf(encode.encodeLocation(each)).concat(idsOf(encode.encodeFixed('NRM', IMEI, each))))
    expect(new Set(ids).size).toBe(10)
    const pressed = idsOf(encode.encodeEmergency(fix))
    expect(idsOf(encode.encodeEmergency({ ...fix, cleared: true }))).not.toEqual(pressed)
  })
})

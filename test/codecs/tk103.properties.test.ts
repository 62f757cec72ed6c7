/** tk103: every kind of message of both dialects, in streams cut anywhere, decodes to what was encoded. */
import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { ALARM_NAMES } from '../../src/codecs/alarms.ts'
import {
  cellList,
  encodeAlarm,
  encodeCommaCells,
  encodeCommaPosition,
  encodeDaly,
  encodeFix,
  encodeFrame,
  encodeHandshake,
  encodeLogin,
  encodeObd,
  encodeObdAlarm,
  encodePack,
  encodeReport,
  encodeResult,
  encodeStatus,
  gpsBlock,
  headerOf,
  type GpsBlock,
} from '../../src/codecs/tk103/encode.ts'
import { tk103, tk103Options } from '../../src/codecs/tk103/index.ts'
import { ALARMS, Body, COMMANDS, LEVEL_PERCENT, OBD_ALARMS } from '../../src/codecs/tk103/messages.ts'
import { expectStream, streams, takeStream, type Sent } from './coban-streams.ts'
import { bytesOfText, session, take, textOf } from './harness.ts'
import { expectCredible, expectSound } from './properties.ts'

const codec = tk103(tk103Options.parse({}))
const RECEIVED = Date.parse('2026-03-14T09:05:40Z')
const IMEI = '864893031234567'
const HEADER = headerOf(IMEI)
const DAY_S = 86_400

const iso = (ms: number) => new Date(ms).toISOString()
const secondsAgo = (most: number) => fc.nat(most).map((seconds) => RECEIVED - seconds * 1000)
const timeMs = secondsAgo(365 * DAY_S)
const tenths = (min: number, max: number) => fc.integer({ min: min * 10, max: max * 10 }).map((value) => value / 10)
const latE7 = fc.integer({ min: -899_999_000, max: 899_999_000 })
const lonE7 = fc.integer({ min: -1_799_999_000, max: 1_799_999_000 })
const named = (alarm: number) => (alarm === 0 ? [] : [ALARM_NAMES[alarm]])
/** What follows a frame. */
const gap = fc.constantFrom('', '', '\r\n', ' ')
const withGap = (sent: fc.Arbitrary<Sent>) =>
  fc
    .tuple(sent, gap)
    .map(([each, space]) => Object.assign(each, { frame: Buffer.concat([each.frame, bytesOfText(space)]) }))

const block: fc.Arbitrary<GpsBlock & { timeMs: number; valid: boolean; odometerM: number }> = fc
  .record({
    latE7,
    lonE7,
    // Without a fix, a time is believed near its receipt alone.
    when: fc.oneof(
      fc.record({ valid: fc.constant(true), timeMs }),
      fc.record({ valid: fc.constant(false), timeMs: secondsAgo(DAY_S) }),
    ),
    speedKph: tenths(0, 400),
    course: tenths(0, 359),
    io: fc.record({ onBattery: fc.boolean(), ignition: fc.boolean(), door: fc.boolean(), analog: fc.nat(0xfff) }),
    odometerM: fc.nat(0xfffffff),
    temperatureC: tenths(-99, 150),
    padding: fc.constantFrom('0' as const, ' ' as const, 'none' as const),
    ioComma: fc.boolean(),
  })
  .filter(({ latE7: lat, lonE7: lon }) => Math.abs(lat) > 1000 || Math.abs(lon) > 1000)
  .map(({ when, ...given }) => Object.assign(given, when))

/** A frame of the fixed dialect with a position; `whole`: I/O state and mileage come with it. */
function sentBlock(
  frame: Uint8Array,
  given: GpsBlock,
  columns: Record<string, unknown>,
  whole: boolean,
  ack = '',
): Sent {
  const degree = 0.5e-4 / 60 + 0.51e-7
  const row = {
    table: 'fixes',
    fix_time: iso(given.timeMs!),
    valid: given.valid,
    source: given.valid ? 'gnss' : 'last_known',
    buffered: given.timeMs! < RECEIVED - 300_000,
    odometer_km: whole ? given.odometerM! / 1000 : null,
    speed_kph: Math.fround(given.speedKph),
  }
  const state = { ignition: given.io!.ignition, charging: !given.io!.onBattery }
  return {
    frame,
    device: IMEI,
    ack,
    row: Object.assign(row, whole ? state : {}, columns),
    close: [
      ['latitude', given.latE7 / 1e7, degree],
      ['longitude', given.lonE7 / 1e7, degree],
      ['course_deg', given.course, 1e-4],
    ],
  }
}

const positions = fc.tuple(block, fc.constantFrom('BR00', 'BR01', 'BR02', 'BR03', 'BP04')).map(([given, command]) =>
  sentBlock(
    encodeReport(HEADER, given, command),
    given,
    {
      message: command,
      attributes: {
        external_power: !given.io!.onBattery,
        analog_raw: given.io!.analog,
        temperature_c: given.temperatureC,
      },
    },
    true,
  ),
)
const logins = block.map((given) =>
  sentBlock(encodeLogin(HEADER, IMEI, gpsBlock(given)), given, { message: 'BP05' }, true, `(${HEADER}AP05)`),
)
const alarms = fc
  .tuple(block, fc.constantFrom('BO01' as const, 'BO02' as const), fc.nat(7))
  .map(([given, command, number]) => {
    const code = number % ALARMS[command].length
    return sentBlock(
      encodeAlarm(HEADER, code, given, command),
      given,
      { message: command, alarms: named(ALARMS[command][code]) },
      true,
      command === 'BO01' ? `(${HEADER}AS01${code})` : '',
    )
  })
/** Commas around the block: no mileage. */
const commaBlocks = fc
  .tuple(block, fc.nat(OBD_ALARMS.length - 1), fc.nat(300), fc.boolean())
  .map(([given, code, value, isAlarm]) =>
    isAlarm
      ? sentBlock(
          encodeObdAlarm(HEADER, code, value, given),
          given,
          { message: 'BQ81', alarms: named(OBD_ALARMS[code]), attributes: { alarm_value: value } },
          false,
        )
      : sentBlock(encodeFix(HEADER, value, given), given, { message: 'BP02', attributes: { number: value } }, false),
  )
const handshakes = fc
  .tuple(fc.integer({ min: 300, max: 440 }), fc.nat(100), fc.nat(2))
  .map(([centivolts, percent, kind]): Sent => {
    const battery = [{}, { volts: centivolts / 100 }, { percent }][kind]
    return {
      frame: encodeHandshake(HEADER, IMEI, battery),
      device: IMEI,
      ack: `(${HEADER}AP01HSO)`,
      row: {
        message: 'BP00',
        battery_pct: kind === 2 ? percent : null,
        battery_v: kind === 1 ? Math.fround(centivolts / 100) : null,
      },
    }
  })
const cell = fc.record({
  lac: fc.integer({ min: 1, max: 0xffff }),
  cellId: fc.integer({ min: 1, max: 0xffff }),
  signal: fc.nat(63),
})
const cells = fc
  .tuple(
    fc.array(cell, { minLength: 1, maxLength: 8 }),
    fc.constantFrom('pairs' as const, 'triples' as const, 'braces' as const),
    fc.boolean(),
  )
  // Three pairs whose numbers look like signals cannot be told from two triples.
  .filter(([list, shape]) => shape !== 'pairs' || list.length % 3 !== 0)
  .map(([list, shape, isLogin]): Sent => {
    const body = cellList(shape, 310, 260, list, { ignition: true })
    return {
      frame: isLogin ? encodeLogin(HEADER, IMEI, body) : encodeFrame(HEADER, 'BZ00', body),
      device: IMEI,
      ack: isLogin ? `(${HEADER}AP05)` : '',
      row: {
        table: 'telemetry',
        message: isLogin ? 'BP05' : 'BZ00',
        mcc: 310,
        mnc: 260,
        lac: list[0].lac,
        cell_id: list[0].cellId,
        rssi: shape === 'triples' ? list[0].signal : null,
        ignition: shape === 'triples' ? null : true,
      },
    }
  })
const engine = fc
  .record({
    timeMs,
    coolantC: fc.integer({ min: -40, max: 215 }),
    rpm: fc.nat(16_000),
    speedKph: fc.nat(255),
    intakeC: fc.integer({ min: -40, max: 215 }),
    odometerM: fc.nat(0x7fffffff),
  })
  .map((given): Sent => ({
    frame: encodeObd(HEADER, {
      ...given,
      number: 3,
      airFlow: 2.5,
      throttlePercent: 0,
      timingDeg: -1.5,
      fuelTrimPercent: 0,
      io: { ignition: true },
    }),
    device: IMEI,
    row: {
      message: 'BQ86',
      sent_at: iso(given.timeMs),
      odometer_km: given.odometerM / 1000,
      ignition: true,
      attributes: {
        number: 3,
        coolant_temp_c: given.coolantC,
        rpm: given.rpm,
        obd_speed_kph: given.speedKph,
        intake_temp_c: given.intakeC,
        air_flow_g_s: 2.5,
        timing_advance_deg: -1.5,
      },
    },
  }))
const packs = fc
  .tuple(fc.array(fc.nat(5000), { minLength: 1, maxLength: 24 }), fc.nat(100), fc.nat(0xffff), fc.boolean())
  .map(([millivolts, percent, current, isDaly]): Sent => ({
    frame: isDaly
      ? encodeDaly(HEADER, {
          90: [0x02, 0x15, 0, 0, ...word(30_000 + (current % 1000)), ...word(percent * 10)],
        })
      : encodePack(HEADER, {
          cellsV: millivolts.map((value) => value / 1000),
          charging: true,
          current: current / 10,
          voltage: 53.3,
          percent,
          cycles: 300,
          fault: 0,
          powerStageC: 30,
          balancerC: 20,
          temperaturesC: [-5, 7],
          capacityAh: 40,
          dischargedAh: 160,
        }),
    device: IMEI,
    row: {
      message: isDaly ? 'BS51' : 'BS50',
      attributes: isDaly
        ? { pack_voltage: 53.3, current: (current % 1000) / 10, soc_percent: percent }
        : {
            pack_voltage: 53.3,
            current: current / 10,
            soc_percent: percent,
            cell_voltages: millivolts.map((value) => value / 1000),
            battery_temps_c: [-5, 7],
          },
    },
  }))
const word = (value: number) => [value >> 8, value & 0xff]

const answers = fc
  .oneof(
    fc
      .tuple(
        fc.constantFrom(...COMMANDS.filter(([, body]) => body === Body.text).map(([command]) => command)),
        fc.stringMatching(/^[a-z][a-z0-9 .:,]{0,30}[a-z]$/),
      )
      .map(([command, text]) => [command, text, { attributes: { result: text } }] as const),
    fc.stringMatching(/^[A-HJ-NPR-Z0-9]{17}$/).map((vin) => ['BV00', vin, { attributes: { vin } }] as const),
    fc.constantFrom(
      ['BV00', '1', { attributes: { relay: true } }] as const,
      ['BV00', '0', { attributes: { relay: false } }] as const,
      ['BV01', '0', { alarms: ['engine_cut'] }] as const,
      ['BV01', '1', { alarms: ['engine_restored'] }] as const,
    ),
  )
  .map(([command, body, columns]): Sent => ({
    frame: encodeFrame(HEADER, command, body),
    device: IMEI,
    row: { table: 'telemetry', message: command, ...columns },
  }))

const fixed = withGap(fc.oneof(positions, logins, alarms, commaBlocks, handshakes, cells, engine, packs, answers))

/** Comma dialect: command, the columns it fills. */
const EVENTS: readonly (readonly [string, Record<string, unknown>])[] = [
  ['ZC07', { alarms: [] }],
  ['DW3B', { alarms: [] }],
  ['ZC11', { alarms: ['movement'] }],
  ['ZC12', { alarms: ['low_battery'] }],
  ['ZC13', { alarms: ['power_cut'] }],
  ['ZC15', { alarms: ['ignition_on'], ignition: true }],
  ['ZC16', { alarms: ['ignition_off'], ignition: false }],
  ['ZC17', { alarms: ['tamper'] }],
  ['ZC25', { alarms: ['sos'] }],
  ['ZC26', { alarms: ['tamper'] }],
  ['ZC27', { alarms: ['low_power'] }],
  ['ZC29', { alarms: ['ignition_on'], ignition: true }],
  ['DW31', { alarms: ['movement'] }],
  ['DW3E', { alarms: ['sos'] }],
  ['DW40', { alarms: ['low_power'] }],
  ['ZC99', { alarms: [], attributes: { event: 'ZC99' } }],
]
const id = fc.integer({ min: 8, max: 15 }).chain((size) => fc.stringMatching(new RegExp(`^[1-9][0-9]{${size - 1}}$`)))
const commaPositions = fc
  .record({
    id,
    event: fc.constantFrom(...EVENTS),
    timeMs,
    latE7,
    lonE7,
    valid: fc.boolean(),
    speedKph: tenths(0, 400),
    course: tenths(0, 359),
    altitudeM: tenths(-400, 8000),
    satellites: fc.nat(40),
    minuteDecimals: fc.constantFrom(4, 5),
  })
  .filter(({ latE7: lat, lonE7: lon }) => Math.abs(lat) > 1000 || Math.abs(lon) > 1000)
  .map(({ id: device, event: [command, columns], ...given }): Sent => {
    const degree = 0.5 / 10 ** given.minuteDecimals / 60 + 0.51e-7
    return {
      frame: encodeCommaPosition(device, command, given),
      device,
      row: {
        table: 'fixes',
        message: command,
        fix_time: iso(given.timeMs),
        valid: given.valid,
        satellites: given.satellites,
        ...columns,
      },
      close: [
        ['latitude', given.latE7 / 1e7, degree],
        ['longitude', given.lonE7 / 1e7, degree],
        ['speed_kph', given.speedKph, 1e-4],
        ['course_deg', given.course, 1e-4],
        ['altitude_m', given.altitudeM, 1e-3],
      ],
    }
  })
const commaRest = fc
  .record({
    id,
    timeMs,
    cell,
    level: fc.nat(6),
    words: fc.string(),
    kind: fc.nat(2),
    rssi: fc.integer({ min: -120, max: 0 }),
  })
  .map((given): Sent => {
    const sent_at = iso(given.timeMs)
    const text = given.words.replaceAll('$', '')
    const percent = LEVEL_PERCENT[given.level]
    const wifi = [{ mac: '0a:1b:2c:3d:4e:5f', rssi: given.rssi, channel: 6 }]
    return [
      {
        frame: encodeCommaCells(given.id, 'DW5E', given.timeMs, { mcc: 286, mnc: 1, ...given.cell }, wifi),
        device: given.id,
        row: { sent_at, alarms: ['sos'], lac: given.cell.lac, cell_id: given.cell.cellId, attributes: { wifi } },
      },
      {
        frame: encodeStatus(given.id, given.timeMs, { level: given.level, batteryV: 3.78, powerV: 12.1, installed: 1 }),
        device: given.id,
        row: {
          sent_at,
          message: 'ZC20',
          battery_pct: percent === 255 ? null : percent,
          battery_v: Math.fround(3.78),
          power_v: Math.fround(12.1),
          attributes: { installed: 1 },
        },
      },
      {
        frame: encodeResult(given.id, given.timeMs, text),
        device: given.id,
        row: { sent_at, message: 'ZC03', attributes: { result: text } },
      },
    ][given.kind]
  })
const comma = withGap(fc.oneof(commaPositions, commaRest))

describe('tk103 properties', () => {
  const login: Sent = {
    frame: encodeHandshake(HEADER, IMEI),
    device: IMEI,
    ack: `(${HEADER}AP01HSO)`,
    row: { message: 'BP00' },
  }

  test('fixed dialect: several messages of any kind in a stream cut anywhere decode to what was encoded', () => {
    fc.assert(
      fc.property(streams(fixed), ([sent, cuts]) => expectStream(codec, [login, ...sent], cuts, RECEIVED)),
      { numRuns: 400 },
    )
  })

  test('comma dialect: the same', () => {
    fc.assert(
      fc.property(streams(comma), ([sent, cuts]) => expectStream(codec, sent, cuts, RECEIVED)),
      { numRuns: 300 },
    )
  })

  test('a record sent again, with another header or later, has the same hash; another record has another', () => {
    const hashOf = (frame: Uint8Array) => {
      const hash = new Uint32Array(2)
      codec.hash(frame, 0, frame.length, hash)
      return hash.join()
    }
    const trimmed = ({ frame }: Sent) => textOf(frame).trim()
    /** Without what the hash leaves out. */
    const content = (text: string) => text.slice(1 + HEADER.length).replace(/^BR01/, 'BR00')
    fc.assert(
      fc.property(fixed, fixed, (one, other) => {
        const frame = bytesOfText(trimmed(one))
        const again = bytesOfText(`(260314090540${trimmed(one).slice(1 + HEADER.length)}`)
        expect(hashOf(again)).toBe(hashOf(frame))
        const [live, later] = [RECEIVED, RECEIVED + 600_000].map((at) => take(codec, frame, session(), at).rows[0])
        if (one.row.valid !== false) expect([later.fix_time, later.sent_at]).toEqual([live.fix_time, live.sent_at])
        if (content(trimmed(one)) !== content(trimmed(other)))
          expect(hashOf(bytesOfText(trimmed(other)))).not.toBe(hashOf(frame))
      }),
      { numRuns: 300 },
    )
    fc.assert(
      fc.property(block, (given) => {
        expect(hashOf(encodeReport(HEADER, given, 'BR01'))).toBe(hashOf(encodeReport(HEADER, given)))
      }),
      { numRuns: 100 },
    )
  })

  test('frames with any byte changed never throw, and give no place off the globe', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fixed, comma), { minLength: 1, maxLength: 3 }),
        fc.array(fc.tuple(fc.nat(3000), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 8 }),
        (sent, changes) => {
          const stream = new Uint8Array(Buffer.concat(sent.map(({ frame }) => frame)))
          for (const [at, byte] of changes) stream[at % stream.length] = byte
          for (const { rows } of takeStream(codec, stream, [stream.length >> 1], RECEIVED))
            for (const row of rows) {
              expectCredible(row, RECEIVED)
              if (row.table === 'fixes')
                expect(Date.parse(row.fix_time as string)).toBeGreaterThanOrEqual(Date.UTC(2005, 0, 1))
            }
          expectSound(codec, stream, 0x2c, RECEIVED)
        },
      ),
      { numRuns: 500 },
    )
  })
})

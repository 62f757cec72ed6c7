/** tk103: what the encoders write is what the decoder reads, and commands are the bytes the maker's papers have. */
import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import {
  COMMA_COMMANDS,
  encodeAlarm,
  encodeCommaCells,
  encodeCommaCommand,
  encodeCommaPosition,
  encodeCommand,
  encodeFrame,
  encodeHandshake,
  encodeLogin,
  encodeObd,
  encodePack,
  encodeReport,
  encodeResult,
  encodeStatus,
  cellList,
  geofence,
  gpsBlock,
  headerOf,
  interval,
  ioState,
  readReply,
  speedLimits,
  type CommaCommand,
} from '../../src/codecs/tk103/encode.ts'
import { tk103, tk103Options } from '../../src/codecs/tk103/index.ts'
import { bytesOfText, session, splitAll, take, textOf } from './harness.ts'

const codec = tk103(tk103Options.parse({}))
const RECEIVED = Date.parse('2026-03-14T09:05:40Z')
const IMEI = '864893031234567'
const HEADER = headerOf(IMEI)
const YEAR_MS = 365 * 86_400_000
/** A time in whole seconds within the year before the receive time. */
const timeMs = fc.integer({ min: 0, max: YEAR_MS / 1000 }).map((seconds) => RECEIVED - seconds * 1000)
const tenths = (min: number, max: number) => fc.integer({ min: min * 10, max: max * 10 }).map((value) => value / 10)
const optional = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: undefined })
const only = (frame: Uint8Array) => {
  const { frames, skipped } = splitAll(codec, frame)
  expect([frames.length, skipped.length]).toEqual([1, 0])
  const taken = take(codec, frame, session(), RECEIVED)
  expect(taken.reject).toBeNull()
  expect(taken.rows).toHaveLength(1)
  return taken
}
/** Without what is not given. */
const defined = <T extends object>(value: T) =>
  Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>
  }
const close = (have: unknown, want: number, tolerance: number) =>
  expect(Math.abs((have as number) - want)).toBeLessThanOrEqual(tolerance)

describe('tk103 encode → decode', () => {
  const io = fc.record({
    onBattery: fc.boolean(),
    ignition: fc.boolean(),
    input2: fc.boolean(),
    panic: fc.boolean(),
    output2: fc.boolean(),
    blocked: fc.boolean(),
    door: fc.boolean(),
    highSensors: fc.uniqueArray(fc.constantFrom(1, 2, 3)),
    lowSensors: fc.uniqueArray(fc.constantFrom(1, 2, 3)),
    analog: fc.nat(0xfff),
  })
  const latE7 = fc.integer({ min: -899_999_000, max: 899_999_000 })
  const lonE7 = fc.integer({ min: -1_799_999_000, max: 1_799_999_000 })

  test('a GPS block gives back its values', () => {
    const block = fc.record({
      timeMs,
      latE7,
      lonE7,
      speedKph: tenths(0, 400),
      course: tenths(0, 359),
      io,
      odometerM: fc.nat(0xfffffff),
      mileageDigits: fc.constantFrom(7 as const, 8 as const),
      temperatureC: optional(tenths(-99, 150)),
      sensors: optional(fc.array(fc.stringMatching(/^[A-SU-Z][0-9A-F]{3}$/), { minLength: 1, maxLength: 3 })),
      padding: fc.constantFrom('0' as const, ' ' as const, 'none' as const),
      ioComma: fc.boolean(),
    })
    fc.assert(
      fc.property(block, fc.constantFrom('BR00', 'BR01', 'BP04'), (given, command) => {
        fc.pre(Math.abs(given.latE7) > 1000 || Math.abs(given.lonE7) > 1000)
        // Seven digits and a sensor whose letter is a hex digit can be read as eight.
        fc.pre(given.mileageDigits === 8 || given.sensors === undefined || given.temperatureC !== undefined)
        const { device, rows } = only(encodeReport(HEADER, defined(given), command))
        const row = rows[0]
        expect(device).toBe(IMEI.slice(-11))
        close(row.latitude, given.latE7 / 1e7, 0.5e-4 / 60 + 0.51e-7)
        close(row.longitude, given.lonE7 / 1e7, 0.5e-4 / 60 + 0.51e-7)
        expect([row.message, row.valid, row.source]).toEqual([command, true, 'gnss'])
        expect(row.fix_time).toBe(new Date(given.timeMs).toISOString())
        expect(row.buffered).toBe(given.timeMs < RECEIVED - 300_000)
        close(row.speed_kph, given.speedKph, 1e-4)
        close(row.course_deg, given.course, 1e-4)
        expect(row.odometer_km).toBe(given.odometerM / 1000)
        const { attributes } = row
        expect(row.ignition).toBe(given.io.ignition)
        expect([attributes.external_power, row.charging]).toEqual([!given.io.onBattery, !given.io.onBattery])
        expect([attributes.io_state, attributes.analog_raw]).toEqual([ioState(given.io), given.io.analog])
        const inputs =
          (given.io.input2 ? 2 : 0) +
          given.io.highSensors.reduce((sum, sensor) => sum + (8 << sensor), 0) +
          given.io.lowSensors.reduce((sum, sensor) => sum + (128 << sensor), 0)
        expect([row.inputs, row.outputs]).toEqual([inputs, given.io.output2 ? 2 : 0])
        expect([attributes.panic, attributes.engine_blocked, attributes.door]).toEqual([
          given.io.panic || undefined,
          given.io.blocked || undefined,
          given.io.door || undefined,
        ])
        expect([attributes.temperature_c, attributes.sensors]).toEqual([given.temperatureC, given.sensors])
      }),
      { numRuns: 2000 },
    )
  })

  test('a position of the comma dialect gives back its values', () => {
    const position = fc.record({
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
    fc.assert(
      fc.property(position, (given) => {
        fc.pre(Math.abs(given.latE7) > 1000 || Math.abs(given.lonE7) > 1000)
        const { device, rows } = only(encodeCommaPosition(IMEI, 'DW30', given))
        const row = rows[0]
        expect(device).toBe(IMEI)
        const tolerance = 0.5 / 10 ** given.minuteDecimals / 60 + 0.51e-7
        close(row.latitude, given.latE7 / 1e7, tolerance)
        close(row.longitude, given.lonE7 / 1e7, tolerance)
        expect([row.valid, row.source]).toEqual(given.valid ? [true, 'gnss'] : [false, 'last_known'])
        expect(row.fix_time).toBe(new Date(given.timeMs).toISOString())
        close(row.speed_kph, given.speedKph, 1e-4)
        close(row.course_deg, given.course, 1e-4)
        close(row.altitude_m, given.altitudeM, 1e-3)
        expect(row.satellites).toBe(given.satellites)
      }),
      { numRuns: 1000 },
    )
  })

  test('cells of both dialects give back what they hold', () => {
    const cell = fc.record({
      lac: fc.integer({ min: 1, max: 0xffff }),
      cellId: fc.integer({ min: 1, max: 0xfffffff }),
      signal: fc.nat(63),
    })
    const shape = fc.constantFrom('pairs' as const, 'triples' as const, 'braces' as const)
    fc.assert(
      fc.property(
        fc.array(cell, { minLength: 1, maxLength: 9 }),
        shape,
        fc.nat(999),
        fc.nat(999),
        (cells, list, mcc, mnc) => {
          // Three pairs whose numbers look like signals cannot be told from two triples; the page says triples.
          fc.pre(list !== 'pairs' || cells.length % 3 !== 0)
          // An item of eight characters is the I/O state.
          fc.pre(cells.every(({ cellId }) => cellId < 0xfffffff))
          const state = { ignition: true }
          const { rows } = only(encodeFrame(HEADER, 'BZ00', cellList(list, mcc, mnc, cells, state)))
          const row = rows[0]
          expect([row.mcc, row.mnc, row.lac, row.cell_id]).toEqual([mcc, mnc, cells[0].lac, cells[0].cellId])
          const neighbours = (row.attributes.neighbours ?? []) as { lac: number; cell_id: number; signal?: number }[]
          expect(neighbours.map((each) => [each.lac, each.cell_id, each.signal])).toEqual(
            cells.slice(1).map((each) => [each.lac, each.cellId, list === 'triples' ? each.signal : undefined]),
          )
          expect(row.ignition).toBe(list === 'triples' ? null : true)
        },
      ),
    )
    fc.assert(
      fc.property(timeMs, cell, fc.array(fc.integer({ min: -120, max: 0 }), { maxLength: 6 }), (time, one, signals) => {
        const wifi = signals.map((rssi, channel) => ({ mac: '0A:1B:2C:3D:4E:5F', rssi, channel }))
        const { rows } = only(encodeCommaCells(IMEI, 'DW50', time, { mcc: 286, mnc: 1, ...one }, wifi))
        expect(rows[0]).toMatchObject({ lac: one.lac, cell_id: one.cellId, sent_at: new Date(time).toISOString() })
        const lower = wifi.map((point) => ({ ...point, mac: '0a:1b:2c:3d:4e:5f' }))
        expect(rows[0].attributes.wifi).toEqual(wifi.length === 0 ? undefined : lower)
      }),
    )
  })

  test('handshakes give back the battery', () => {
    fc.assert(
      fc.property(fc.integer({ min: 300, max: 440 }), fc.nat(100), (centivolts, percent) => {
        const volts = only(encodeHandshake(HEADER, IMEI, { volts: centivolts / 100 }))
        close(volts.rows[0].battery_v, centivolts / 100, 1e-6)
        expect(only(encodeHandshake(HEADER, undefined, { percent })).rows[0].battery_pct).toBe(percent)
      }),
    )
  })

  test('status, text, battery and OBD give back their values', () => {
    fc.assert(
      fc.property(
        timeMs,
        fc.integer({ min: 300, max: 440 }),
        fc.integer({ min: 1, max: 300 }),
        fc.string(),
        (time, battery, power, words) => {
          const status = only(encodeStatus(IMEI, time, { level: 5, batteryV: battery / 100, powerV: power / 10 }))
          expect(status.rows[0]).toMatchObject({ battery_pct: 80, sent_at: new Date(time).toISOString() })
          close(status.rows[0].battery_v, battery / 100, 1e-6)
          close(status.rows[0].power_v, power / 10, 1e-5)
          const text = words.replaceAll('$', '')
          expect(only(encodeResult(IMEI, time, text)).rows[0].attributes.result).toBe(text)
        },
      ),
    )
    fc.assert(
      fc.property(
        fc.array(fc.nat(5000), { maxLength: 24 }),
        fc.array(fc.integer({ min: -40, max: 215 }), { maxLength: 7 }),
        fc.nat(0xffff),
        (millivolts, temperatures, current) => {
          const row = only(
            encodePack(HEADER, {
              cellsV: millivolts.map((value) => value / 1000),
              charging: false,
              current: current / 10,
              voltage: 53.3,
              percent: 47,
              cycles: 300,
              fault: 7,
              powerStageC: 30,
              balancerC: -5,
              temperaturesC: temperatures,
              capacityAh: 40.25,
              dischargedAh: 70_000,
            }),
          ).rows[0]
          expect(row.attributes).toMatchObject({
            cell_voltages: millivolts.map((value) => value / 1000),
            battery_temps_c: temperatures,
            current: current / 10,
            pack_voltage: 53.3,
            cycles: 300,
            fault_code: 7,
            calibration_capacity: 40.25,
            discharge_capacity: 70_000,
            pack_charging: false,
          })
        },
      ),
    )
    fc.assert(
      fc.property(fc.integer({ min: -40, max: 215 }), fc.nat(16_000), fc.nat(255), (coolantC, rpm, speedKph) => {
        const rest = { intakeC: 20, airFlow: 1, throttlePercent: 0, timingDeg: 0, fuelTrimPercent: 0, odometerM: 9 }
        const row = only(encodeObd(HEADER, { number: 1, timeMs: RECEIVED, coolantC, rpm, speedKph, ...rest })).rows[0]
        expect(row.attributes).toMatchObject({ coolant_temp_c: coolantC, rpm, obd_speed_kph: speedKph })
        expect(row.odometer_km).toBe(0.009)
      }),
    )
  })

  test('login and alarm carry a block like any other', () => {
    const block = { timeMs: RECEIVED, latE7: 10_000_000, lonE7: 20_000_000, speedKph: 1, course: 2 }
    expect(only(encodeLogin(HEADER, IMEI, gpsBlock(block)))).toMatchObject({ device: IMEI })
    expect(only(encodeAlarm(HEADER, 2, block)).rows[0]).toMatchObject({ alarms: ['sos'], latitude: 1, longitude: 2 })
  })
})

describe('tk103 commands', () => {
  test('are the bytes of the papers', () => {
    const text = (...of: Parameters<typeof encodeCommand>) => textOf(encodeCommand(...of))
    expect(text(HEADER, 'position')).toBe(`(${HEADER}AP00)`)
    expect(text(HEADER, 'interval', interval(60))).toBe(`(${HEADER}AR00003C0000)`)
    expect(text(HEADER, 'interval', interval(20, 36))).toBe(`(${HEADER}AR0000140024)`)
    expect(text(HEADER, 'interval', interval(20, 90))).toBe(`(${HEADER}AR000014011E)`)
    expect(text(HEADER, 'interval', interval(0))).toBe(`(${HEADER}AR0000000000)`)
    expect(text(HEADER, 'engineCut')).toBe(`(${HEADER}AV010)`)
    expect(text(HEADER, 'engineRestore')).toBe(`(${HEADER}AV011)`)
    expect(text(HEADER, 'relayOff')).toBe(`(${HEADER}AV000)`)
    expect(text(HEADER, 'relayOn')).toBe(`(${HEADER}AV001)`)
    expect(text(HEADER, 'speedLimits', speedLimits(120, 5))).toBe(`(${HEADER}AP12H120L005)`)
    expect(
      text(
        HEADER,
        'geofence',
        geofence(2, { latMin: 225_000_000, latMax: 226_000_000, lonMin: 1_138_000_000, lonMax: 1_140_000_000 }),
      ),
    ).toBe(`(${HEADER}AX052,N,2230.000,2236.000,E,11348.000,11400.000)`)
    expect(text(HEADER, 'restart')).toBe(`(${HEADER}AT00)`)
    for (const [command, argument, want] of [
      ['intervalIgnitionOn', '003C', 'AR05003C'],
      ['intervalIgnitionOff', '0E10', 'AR060E10'],
      ['version', '', 'AP07'],
      ['mileageReset', '', 'AX01'],
      ['parameters', '', 'AP03'],
      ['state', '', 'AP04'],
      ['phoneNumbers', '', 'AP17'],
      ['phoneNumber', '5551234', 'AP115551234'],
      ['monitorCall', '5551234', 'AP155551234'],
    ] as const)
      expect(text(HEADER, command, argument)).toBe(`(${HEADER}${want})`)
    expect(text(HEADER, 'geofence', '0')).toBe(`(${HEADER}AX050)`)
  })
  test('those of the comma dialect are text messages in brackets', () => {
    const expected: [CommaCommand, (string | number)[], string][] = [
      ['about', [], '*about*'],
      ['status', [], '*status*'],
      ['position', [], '*getposl*'],
      ['interval', [99], '*routetrack*99*'],
      ['intervalStop', [], '*routetrackoff*'],
      ['turnOff', [], '*turnoff*'],
      ['sleep', [2], '*sleep*2*'],
      ['sleepByMotion', [], '*sleepv*'],
      ['sleepOff', [], '*sleepoff*'],
      ['sosOn', [], '*soson*'],
      ['sosOff', [], '*sosoff*'],
      ['server', [1, 2, 3, 4, 5555], '*setip*1*2*3*4*5555*'],
      ['master', ['123456', '5551234'], '*master*123456*5551234*'],
      ['restart', [], '88888888'],
      ['identify', [], '999999'],
    ]
    expect(expected.map(([command]) => command)).toEqual(Object.keys(COMMA_COMMANDS) as CommaCommand[])
    for (const [command, args, want] of expected)
      expect(textOf(encodeCommaCommand(command, ...args))).toBe(`[begin]sms2,${want},[end]`)
  })
  test('a tracker reads replies and commands from a stream', () => {
    const bytes = bytesOfText(`x(${HEADER}AP05)(${HEADER}AP01HSO)(${HEADER}AV0`)
    const first = readReply(bytes)
    expect(first).toEqual({ size: 19, header: HEADER, text: 'AP05' })
    const second = readReply(bytes, first.size)
    expect(second).toEqual({ size: 21, header: HEADER, text: 'AP01HSO' })
    expect(readReply(bytes, first.size + second.size).size).toBe(0)
    expect(readReply(bytesOfText('(x)')).text).toBe('')
  })
})

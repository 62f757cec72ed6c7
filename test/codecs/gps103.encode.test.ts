/** gps103: what the encoders write is what the decoder reads, and commands are the bytes the maker's paper has. */
import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import {
  COMMANDS,
  encodeAddress,
  encodeCellReport,
  encodeCommand,
  encodeHeartbeat,
  encodeLogon,
  encodeObd,
  encodePhoto,
  encodeReport,
  encodeStar,
  encodeTpms,
  frequency,
  readReply,
  timeZone,
  type Command,
} from '../../src/codecs/gps103/encode.ts'
import { gps103, gps103Options } from '../../src/codecs/gps103/index.ts'
import { bytesOfText, session, take, takeAll, textOf } from './harness.ts'

const codec = gps103(gps103Options.parse({}))
const RECEIVED = Date.parse('2026-03-14T09:05:40Z')
const YEAR_MS = 365 * 86_400_000
const id = fc.integer({ min: 1, max: 16 }).chain((length) => fc.stringMatching(new RegExp(`^[0-9]{${length}}$`)))
/** A time in whole seconds within the year before the receive time. */
const timeMs = fc.integer({ min: 0, max: YEAR_MS / 1000 }).map((seconds) => RECEIVED - seconds * 1000)
/** Zones that the two times of a report tell without doubt. */
const zoneMinutes = fc.integer({ min: -47, max: 48 }).map((quarters) => quarters * 15)
const hundredths = (max: number) => fc.integer({ min: 0, max: max * 100 }).map((value) => value / 100)
const optional = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: undefined })
const only = (frame: Uint8Array, receivedMs = RECEIVED) => {
  const taken = take(codec, frame, session(), receivedMs)
  expect(taken.reject).toBeNull()
  expect(taken.rows).toHaveLength(1)
  return taken
}

describe('gps103 encode → decode', () => {
  const tail = {
    speedKph: optional(hundredths(300)),
    course: optional(hundredths(359)),
    altitudeM: optional(fc.integer({ min: -5000, max: 90_000 }).map((value) => value / 10)),
    ignition: optional(fc.boolean()),
    doorOpen: optional(fc.boolean()),
    fuel1Percent: optional(hundredths(100)),
    fuel2Percent: optional(hundredths(100)),
    temperatureC: optional(fc.integer({ min: -60, max: 120 })),
  }
  const defined = <T extends object>(value: T) =>
    Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== undefined)) as {
      [K in keyof T]: Exclude<T[K], undefined>
    }

  test('a report with a fix gives back its values', () => {
    fc.assert(
      fc.property(
        fc.record({
          id,
          timeMs,
          zoneMinutes,
          latE7: fc.integer({ min: -899_999_000, max: 899_999_000 }),
          lonE7: fc.integer({ min: -1_799_999_000, max: 1_799_999_000 }),
          valid: fc.boolean(),
          minuteDecimals: fc.constantFrom(4, 5, 6),
          letters: fc.constantFrom('behind' as const, 'before' as const),
          utc: fc.constantFrom('milliseconds' as const, 'hundredths' as const, 'seconds' as const),
          localTime: fc.constantFrom('seconds' as const, 'minutes' as const, 'slashes' as const),
          terminator: fc.constantFrom(';', '\n', '\r\n', ''),
          ...tail,
        }),
        (given) => {
          fc.pre(Math.abs(given.latE7) > 1000 || Math.abs(given.lonE7) > 1000)
          const { device, rows } = only(encodeReport(defined(given)))
          const row = rows[0]
          expect(device).toBe(given.id)
          // Half a unit of the last decimal of a minute, and half of 1e-7 degree.
          const tolerance = 0.5 / 10 ** given.minuteDecimals / 60 + 0.51e-7
          expect(Math.abs((row.latitude as number) - given.latE7 / 1e7)).toBeLessThanOrEqual(tolerance)
          expect(Math.abs((row.longitude as number) - given.lonE7 / 1e7)).toBeLessThanOrEqual(tolerance)
          expect(row.fix_time).toBe(new Date(given.timeMs).toISOString())
          expect([row.valid, row.source]).toEqual(given.valid ? [true, 'gnss'] : [false, 'last_known'])
          expect(row.buffered).toBe(given.timeMs < RECEIVED - 300_000)
          close(row.speed_kph, given.speedKph, 0.001)
          close(row.course_deg, given.course, 1e-4)
          close(row.altitude_m, given.altitudeM, 0.001)
          expect(row.ignition).toBe(given.ignition ?? null)
          const attributes: Record<string, unknown> = {
            door: given.doorOpen,
            fuel1_percent: given.fuel1Percent,
            fuel2_percent: given.fuel2Percent,
            temperature_c: given.temperatureC,
          }
          expect(row.attributes).toEqual(defined(attributes))
        },
      ),
      { numRuns: 2000 },
    )
  })

  test('with five decimals of a minute a position comes back within 1e-7 degree', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1000, max: 900_000_000 }),
        fc.integer({ min: 1000, max: 1_800_000_000 }),
        (lat, lon) => {
          const row = only(encodeReport({ id: '1', timeMs: RECEIVED, latE7: -lat, lonE7: lon, minuteDecimals: 5 }))
            .rows[0]
          expect(Math.abs(Math.round((row.latitude as number) * 1e7) + lat)).toBeLessThanOrEqual(1)
          expect(Math.abs(Math.round((row.longitude as number) * 1e7) - lon)).toBeLessThanOrEqual(1)
        },
      ),
      { numRuns: 2000 },
    )
  })

  test('a report without a fix gives back its cell', () => {
    fc.assert(
      fc.property(
        fc.record({ id, timeMs, lac: fc.nat(0xffff), cellId: fc.nat(0xfffffff), keyword: fc.constant('move') }),
        fc.record({ ignition: tail.ignition, doorOpen: tail.doorOpen, fuel1Percent: tail.fuel1Percent }),
        (given, vehicle) => {
          const row = only(encodeCellReport(defined({ ...given, ...vehicle }))).rows[0]
          expect(row).toMatchObject({ table: 'telemetry', message: 'move', alarms: ['movement'] })
          expect([row.lac, row.cell_id, row.ignition]).toEqual([given.lac, given.cellId, vehicle.ignition ?? null])
          expect(row.sent_at).toBe(new Date(given.timeMs).toISOString())
        },
      ),
    )
  })

  test('an OBD row gives back its values', () => {
    fc.assert(
      fc.property(
        fc.record({
          id,
          timeMs,
          odometerKm: fc.nat(999_999),
          instantFuel: hundredths(60),
          averageFuel: hundredths(60),
          drivingTime: fc.nat(9999),
          speedKph: fc.nat(250),
          loadPercent: hundredths(100),
          coolantC: fc.integer({ min: -40, max: 130 }),
          throttlePercent: hundredths(100),
          rpm: fc.nat(9000),
          batteryV: hundredths(30),
          troubleCodes: fc.array(fc.stringMatching(/^[PCBU][0-9A-F]{4}$/), { maxLength: 4 }),
        }),
        (given) => {
          const row = only(encodeObd(given)).rows[0]
          expect(row.sent_at).toBe(new Date(given.timeMs).toISOString())
          expect(row.odometer_km).toBe(given.odometerKm)
          close(row.power_v, given.batteryV, 1e-4)
          expect(row.attributes).toEqual({
            timezone_assumed: true,
            time_source: 'local',
            instant_fuel: given.instantFuel,
            average_fuel: given.averageFuel,
            driving_time: given.drivingTime,
            obd_speed_kph: given.speedKph,
            engine_load_percent: given.loadPercent,
            coolant_temp_c: given.coolantC,
            throttle_percent: given.throttlePercent,
            rpm: given.rpm,
            dtcs: given.troubleCodes,
          })
        },
      ),
    )
  })

  test('a TPMS row gives back its wheels', () => {
    const wheel = fc.record({
      pressureKpa: hundredths(900),
      temperatureC: fc.integer({ min: -40, max: 120 }),
      state: fc.stringMatching(/^[01]{8}$/),
    })
    fc.assert(
      fc.property(id, timeMs, fc.array(wheel, { minLength: 1, maxLength: 26 }), (device, time, wheels) => {
        const row = only(encodeTpms({ id: device, timeMs: time, wheels })).rows[0]
        expect(row.message).toBe('TPMS')
        const tyres = row.attributes.tyres as Record<string, unknown>[]
        expect(tyres.map((tyre) => [tyre.pressure_kpa, tyre.temperature_c, tyre.state])).toEqual(
          wheels.map((given) => [given.pressureKpa, given.temperatureC, given.state]),
        )
        for (const [index, tyre] of tyres.entries()) {
          const bit = (number: number) => (wheels[index].state[8 - number] === '1' ? true : undefined)
          expect([tyre.high_temperature, tyre.high_pressure, tyre.low_pressure]).toEqual([bit(6), bit(5), bit(4)])
          expect([tyre.sensor_failure, tyre.sensor_battery_low, tyre.leak]).toEqual([bit(3), bit(2), bit(1)])
        }
      }),
    )
  })

  test('the star variant gives back its values', () => {
    fc.assert(
      fc.property(
        fc.record({
          id,
          // Some are what other messages have in this place.
          name: fc.oneof(
            fc.stringMatching(/^[A-Za-z][A-Za-z0-9 *]{0,10}[a-z]$/),
            fc.constantFrom('vr', 'OBD', 'TPMS', 'help me', 'tracker'),
          ),
          timeMs,
          latE7: fc.integer({ min: -900_000_000, max: 900_000_000 }),
          lonE7: fc.integer({ min: -1_800_000_000, max: 1_800_000_000 }),
          valid: fc.boolean(),
          rssi: fc.nat(31),
          speedKph: fc.nat(250),
          courseDeg: fc.nat(359),
          altitudeM: fc.nat(5000),
          hdop: fc.nat(990).map((value) => value / 10),
          satellites: fc.nat(30),
          ignition: fc.boolean(),
          charging: fc.boolean(),
        }),
        (given) => {
          fc.pre(given.latE7 !== 0 || given.lonE7 !== 0)
          const row = only(encodeStar(given)).rows[0]
          expect(row).toMatchObject({
            message: 'star',
            fix_time: new Date(given.timeMs).toISOString(),
            latitude: given.latE7 / 1e7,
            longitude: given.lonE7 / 1e7,
            valid: given.valid,
            rssi: given.rssi,
            speed_kph: given.speedKph,
            course_deg: given.courseDeg,
            altitude_m: given.altitudeM,
            satellites: given.satellites,
            ignition: given.ignition,
            charging: given.charging,
            attributes: { device_name: given.name },
          })
          close(row.hdop, given.hdop, 1e-4)
        },
      ),
    )
  })

  test('a photo is announced with its number of packets, and each packet says which it is', () => {
    const jpeg = Uint8Array.from({ length: 1700 }, (_, index) => index * 7)
    const frames = encodePhoto({ id: '1', timeMs: RECEIVED, latE7: 6e6, lonE7: 6e6, requested: true }, jpeg)
    const rows = takeAll(codec, new Uint8Array(Buffer.concat(frames)), session(), RECEIVED).flatMap(({ rows }) => rows)
    expect(rows[0]).toMatchObject({ message: 'wt04', attributes: { photo_packets: 4 } })
    expect(rows.slice(1).map((row) => [row.attributes.photo_packet_index, row.attributes.photo_packet_size])).toEqual([
      [0, 506],
      [1, 506],
      [2, 506],
      [3, 182],
    ])
  })

  test('logons and heartbeats carry the id', () => {
    for (const [frame, ack] of [
      [encodeLogon('0123'), 'LOAD'],
      [encodeLogon('0123', 'L'), 'LOAD'],
      [encodeHeartbeat('0123'), 'ON'],
    ] as const) {
      const taken = only(frame)
      expect([taken.device, textOf(taken.ack)]).toEqual(['0123', ack])
    }
  })

  test('a dispatch report keeps its order number', () => {
    const row = only(
      encodeReport({
        id: '1',
        keyword: '175',
        order: '1234567890123',
        timeMs: RECEIVED,
        latE7: 6e6,
        lonE7: -6e6,
        course: 'address',
      }),
    ).rows[0]
    expect(row).toMatchObject({ fix_time: new Date(RECEIVED).toISOString(), latitude: 0.6, longitude: -0.6 })
    expect(row.attributes).toEqual({ command_reply: '175', order_number: '1234567890123', address_requested: true })
  })
})

describe('gps103 commands', () => {
  const text = (...given: Parameters<typeof encodeCommand>) => textOf(encodeCommand(...given))
  test('both sets, without a terminator', () => {
    const expected: [Command, string, string, string][] = [
      ['position', '', 'B', '100'],
      ['interval', '10s', 'C,10s', '101,10s'],
      ['intervalStop', '', 'D', '102'],
      ['distance', '0200m', 'F,0200m', '103,0200m'],
      ['alarmsCancel', '', 'E', '104'],
      ['movementAlarm', '', 'G', '105,65535'],
      ['overspeedAlarm', '080', 'H,080', '107,080'],
      ['timeZone', '-5', 'I,-5', '108,-5'],
      ['engineCut', '', 'J', '109'],
      ['engineRestore', '', 'K', '110'],
      ['arm', '', 'L', '111'],
      ['disarm', '', 'M', '112'],
      ['smsMode', '', 'N', '113'],
      ['geofence', '41.0,28.5;40.5,29.5', 'O,41.0,28.5;40.5,29.5', '114,41.0,28.5;40.5,29.5'],
      ['geofenceCancel', '', 'P', '115'],
      ['trackUpload', '20260314', 'Q,20260314', '116,20260314'],
      ['trackUploadStop', '', 'S', '117'],
      ['photo', '', '160', '160'],
      ['photoRepeat', '', '161', '161'],
    ]
    for (const [command, argument, letter, numeric] of expected) {
      expect(text('864893031234567', command, 'letter', argument)).toBe(`**,imei:864893031234567,${letter}`)
      expect(text('864893031234567', command, 'numeric', argument)).toBe(`**,imei:864893031234567,${numeric}`)
    }
  })
  test('what the numeric set alone has', () => {
    const expected: [Command, string, string][] = [
      ['movementAlarmOff', '', '106'],
      ['saveGprsOn', '', '118'],
      ['saveGprsOff', '', '119'],
      ['turns', '030', '120,030'],
      ['area', '41.0,28.5 home,800m', '121,41.0,28.5 home,800m'],
      ['addressServer', '192.0.2.7,8888', '122,192.0.2.7,8888'],
      ['shockAlarmOn', '', '123'],
      ['shockAlarmOff', '', '124'],
      ['remoteStart', '', '125'],
      ['obdMode', '', '126'],
      ['speedLimiterOn', '', '150'],
      ['speedLimiterOff', '', '151'],
      ['speedLimiter', '080', '152,080'],
      ['text', 'Call the depot', '170,Call the depot'],
      ['dispatch', '1234567890123,Main St 1', '171,1234567890123,Main St 1'],
      ['dispatchText', '1234567890123,Main St 2', '172,1234567890123,Main St 2'],
      ['dispatchEnd', '1234567890123', '173,1234567890123'],
      ['dispatchCancel', '1234567890123', '174,1234567890123'],
      ['advertAdd', '03,Welcome', '180,03,Welcome'],
      ['advertDelete', '03', '181,03'],
    ]
    for (const [command, argument, numeric] of expected) {
      expect(text('7', command, 'numeric', argument)).toBe(`**,imei:7,${numeric}`)
      expect(() => encodeCommand('7', command, 'letter', argument)).toThrow(command)
    }
    expect(text('7', 'timeZone', 'numeric', timeZone(8, 'numeric'))).toBe('**,imei:7,108,8')
    expect(text('7', 'interval', 'letter', frequency(300))).toBe('**,imei:7,C,05m')
  })
  test('the street address that a report asks for', () => {
    const fix = {
      latE7: 221_111_110,
      lonE7: 1_132_345_640,
      timeMs: Date.parse('2011-08-09T14:22:40Z'),
      zoneMinutes: 180,
    }
    expect(textOf(encodeAddress('Main St 1', { ...fix, speedKph: 1.2 }))).toBe(
      'address2,Main St 1 ,lat:22.111111 long:113.234564,T:11/08/09 17:22,Speed:01',
    )
  })
  test('every command has a numeric form; those without a letter say so', () => {
    for (const command of Object.keys(COMMANDS) as Command[]) {
      expect(text('1', command, 'numeric')).toMatch(/^\*\*,imei:1,1\d\d/)
      if (COMMANDS[command][0] === '') expect(() => encodeCommand('1', command)).toThrow(command)
    }
  })
  test('the option command_terminator ends them', () => {
    expect(text('1', 'engineCut', 'letter', '', gps103Options.parse({ command_terminator: ';' }))).toBe('**,imei:1,J;')
  })
  test('frequencies and zones are written as the maker lists them', () => {
    expect([10, 59, 60, 330, 3599, 3600, 86_400].map(frequency)).toEqual([
      '10s',
      '59s',
      '01m',
      '05m',
      '59m',
      '01h',
      '24h',
    ])
    expect([timeZone(1), timeZone(-5), timeZone(8, 'numeric'), timeZone(-5, 'numeric')]).toEqual([
      '+1',
      '-5',
      '8',
      '-5',
    ])
  })
})

describe('gps103 readReply', () => {
  const all = (text: string) => {
    const bytes = bytesOfText(`##${text}`)
    const replies: string[] = []
    for (let at = 2; at < bytes.length;) {
      const reply = readReply(bytes, at, bytes.length)
      if (!reply) break
      replies.push(reply.id ? `${reply.kind} ${reply.id} ${reply.command}` : reply.kind)
      at += reply.size
    }
    return replies
  }
  test('tells replies apart that have no terminator between them', () => {
    expect(all('LOADONON**,imei:007,E;LOAD\r\nON')).toEqual(['LOAD', 'ON', 'ON', 'E 007 E', 'LOAD', 'ON'])
    expect(all('**,imei:7,C,10s**,imei:7,J')).toEqual(['command 7 C,10s', 'command 7 J'])
  })
  test('finds nothing in what is none, or not all there', () => {
    for (const text of ['', 'LOA', 'O', '**,imei:7', '**,imei:7,', 'xyz']) expect(all(text)).toEqual([])
  })
  test('reads every reply the codec gives', () => {
    const frames = `##,imei:7,A;7;imei:7,help me,0,,L,;`
    const acks = takeAll(codec, bytesOfText(frames)).map((frame) => textOf(frame.ack))
    expect(all(acks.join(''))).toEqual(['LOAD', 'ON', 'E 7 E'])
  })
})

function close(have: unknown, want: number | undefined, tolerance: number): void {
  if (want === undefined) expect(have).toBeNull()
  else expect(Math.abs((have as number) - want)).toBeLessThanOrEqual(tolerance)
}

/** gps103: every kind of message, in streams cut anywhere, decodes to what was encoded. */
import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { ALARM_NAMES } from '../../src/codecs/alarms.ts'
import {
  encodeCellReport,
  encodeHeartbeat,
  encodeLogon,
  encodeObd,
  encodePhotoPacket,
  encodeReport,
  encodeStar,
  encodeTpms,
} from '../../src/codecs/gps103/encode.ts'
import { gps103, gps103Options } from '../../src/codecs/gps103/index.ts'
import { Effect, KEYWORDS } from '../../src/codecs/gps103/messages.ts'
import { expectStream, streams, takeStream, type Sent } from './coban-streams.ts'
import { bytesOfText, session, take, textOf } from './harness.ts'
import { expectCredible, expectSound } from './properties.ts'

const RECEIVED = Date.parse('2026-03-14T09:05:40Z')
/** Records with local time only have this zone by option; the others show it. */
const ZONE = 330
const codec = gps103(gps103Options.parse({ timezone_minutes: ZONE }))

const YEAR_S = 365 * 86_400
const timeMs = fc.nat(YEAR_S).map((seconds) => RECEIVED - seconds * 1000)
const iso = (ms: number) => new Date(ms).toISOString()
const device = fc.integer({ min: 1, max: 16 }).chain((length) => fc.stringMatching(new RegExp(`^[0-9]{${length}}$`)))
const terminator = fc.constantFrom(';', '\n', '\r\n', ';\r\n')
const hundredths = (max: number) => fc.nat(max * 100).map((value) => value / 100)
const latE7 = fc.integer({ min: -899_999_000, max: 899_999_000 })
const lonE7 = fc.integer({ min: -1_799_999_000, max: 1_799_999_000 })
const head = { id: device, timeMs, terminator }
const place = { latE7, lonE7, minuteDecimals: fc.constantFrom(4, 5), valid: fc.boolean() }
const motion = { speedKph: hundredths(300), course: hundredths(359), altitudeM: fc.integer({ min: -400, max: 8000 }) }

/** A report with a fix, and what it must give back. */
function sentFix(
  frame: Uint8Array,
  report: {
    id: string
    timeMs: number
    valid: boolean
    latE7: number
    lonE7: number
    speedKph: number
    minuteDecimals: number
  },
  columns: Record<string, unknown>,
  ack = '',
): Sent {
  const degree = 0.5 / 10 ** report.minuteDecimals / 60 + 0.51e-7
  const row = {
    table: 'fixes',
    fix_time: iso(report.timeMs),
    valid: report.valid,
    source: report.valid ? 'gnss' : 'last_known',
    buffered: report.timeMs < RECEIVED - 300_000,
  }
  return {
    frame,
    device: report.id,
    ack,
    row: Object.assign(row, columns),
    close: [
      ['latitude', report.latE7 / 1e7, degree],
      ['longitude', report.lonE7 / 1e7, degree],
      ['speed_kph', report.speedKph, 0.001],
    ],
  }
}

/** Keywords of reports as a tracker writes them, by their row of the table. */
const KEYWORD_TEXTS = KEYWORDS.flatMap(([word, alarm, effect]) => {
  if ([Effect.obd, Effect.tpms, Effect.dispatch, Effect.service, Effect.photo].includes(effect as never)) return []
  const alarms = alarm === 0 ? [] : [ALARM_NAMES[alarm]]
  const texts: Record<string, string> = {
    '<event>': 'hood 7',
    '<area> in': 'depot 1 in',
    '<area> out': 'depot 1 out',
    '<T:>': 'T:-4.5',
    oil: 'oil 37.20',
    speed: 'speed 080',
    DTC: 'DTC P0001',
  }
  return [{ keyword: texts[word] ?? word, alarms }]
})

const report = fc
  .record({
    ...head,
    ...place,
    ...motion,
    keyword: fc.constantFrom(...KEYWORD_TEXTS),
    letters: fc.constantFrom('behind' as const, 'before' as const),
    utc: fc.constantFrom('milliseconds' as const, 'hundredths' as const, 'seconds' as const),
    localTime: fc.constantFrom('seconds' as const, 'minutes' as const, 'slashes' as const),
    doorOpen: fc.boolean(),
    fuel1Percent: hundredths(100),
  })
  .filter(({ latE7: lat, lonE7: lon }) => Math.abs(lat) > 1000 || Math.abs(lon) > 1000)
  .map(({ keyword: { keyword, alarms }, ...given }) =>
    sentFix(
      encodeReport({ ...given, keyword, zoneMinutes: ZONE }),
      given,
      { message: keyword, alarms, attributes: { door: given.doorOpen } },
      keyword === 'help me' ? `**,imei:${given.id},E;` : '',
    ),
  )

const special = fc
  .record({ ...head, ...place, ...motion, kind: fc.nat(4), number: fc.nat(99), terminator })
  .filter(({ latE7: lat, lonE7: lon }) => Math.abs(lat) > 1000 || Math.abs(lon) > 1000)
  .map(({ kind, number, ...given }): Sent => {
    const said = [
      {
        report: { keyword: 'rfid', aux: '0083E869' },
        row: { message: 'rfid', attributes: { driver_id: '0083E869' } },
      },
      {
        report: { keyword: 'service', service: { days: number - 50, km: 10 * number } },
        row: {
          alarms: ['maintenance_due'],
          attributes: { service_days_left: number - 50, service_km_left: 10 * number },
        },
      },
      {
        report: { keyword: '175', order: String(1_000_000_000_000 + number) },
        row: { message: '175', attributes: { order_number: String(1_000_000_000_000 + number) } },
      },
      {
        report: { keyword: `wt${String(number).padStart(2, '0')}` },
        row: { attributes: { photo_packets: number } },
      },
      { report: { odometerKm: number, aux: `${number}%` }, row: { odometer_km: number, battery_pct: number } },
    ][kind]
    return sentFix(encodeReport({ ...given, ...said.report, zoneMinutes: ZONE }), given, said.row)
  })

const cells = fc
  .record({ ...head, lac: fc.nat(0xfffff), cellId: fc.nat(0xfffff), ignition: fc.boolean(), hasCell: fc.boolean() })
  .map(({ hasCell, lac, cellId, ...given }): Sent => ({
    frame: encodeCellReport({
      ...given,
      ...(hasCell ? { lac, cellId } : {}),
      keyword: 'ac alarm',
      zoneMinutes: ZONE,
    }),
    device: given.id,
    row: {
      table: 'telemetry',
      alarms: ['power_cut'],
      sent_at: iso(given.timeMs),
      lac: hasCell ? lac : null,
      cell_id: hasCell ? cellId : null,
      ignition: hasCell ? given.ignition : null,
    },
  }))

const engine = fc
  .record({
    ...head,
    odometerKm: fc.nat(999_999),
    speedKph: fc.nat(250),
    coolantC: fc.integer({ min: -40, max: 130 }),
    rpm: fc.nat(16_383),
    batteryV: hundredths(30),
    troubleCodes: fc.array(fc.stringMatching(/^[PCBU][0-9A-F]{4}$/), { maxLength: 4 }),
  })
  .map((given): Sent => ({
    frame: encodeObd({ ...given, zoneMinutes: ZONE }),
    device: given.id,
    row: {
      message: 'OBD',
      sent_at: iso(given.timeMs),
      odometer_km: given.odometerKm,
      power_v: Math.fround(given.batteryV),
      attributes: {
        obd_speed_kph: given.speedKph,
        coolant_temp_c: given.coolantC,
        rpm: given.rpm,
        dtcs: given.troubleCodes,
      },
    },
  }))

const tyres = fc
  .record({
    ...head,
    wheels: fc.array(
      fc.record({
        pressureKpa: hundredths(900),
        temperatureC: fc.integer({ min: -40, max: 120 }),
        state: fc.stringMatching(/^[01]{8}$/),
      }),
      { minLength: 1, maxLength: 6 },
    ),
  })
  .map((given): Sent => ({
    frame: encodeTpms({ ...given, zoneMinutes: ZONE }),
    device: given.id,
    row: {
      message: 'TPMS',
      sent_at: iso(given.timeMs),
      attributes: {
        tyres: given.wheels.map((wheel) =>
          expect.objectContaining({
            pressure_kpa: wheel.pressureKpa,
            temperature_c: wheel.temperatureC,
            state: wheel.state,
          }),
        ),
      },
    },
  }))

const star = fc
  .record({
    id: device,
    timeMs,
    latE7,
    lonE7,
    valid: fc.boolean(),
    rssi: fc.nat(31),
    speedKph: fc.nat(250),
    courseDeg: fc.nat(359),
    altitudeM: fc.nat(5000),
    satellites: fc.nat(30),
    ignition: fc.boolean(),
    charging: fc.boolean(),
  })
  .filter(({ latE7: lat, lonE7: lon }) => lat !== 0 || lon !== 0)
  .map((given): Sent => ({
    frame: encodeStar({ ...given, name: 'van 1', hdop: 1.5 }),
    device: given.id,
    row: {
      message: 'star',
      fix_time: iso(given.timeMs),
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
      hdop: 1.5,
    },
  }))

const photo = fc
  .record({ id: device, index: fc.nat(99), jpeg: fc.uint8Array({ maxLength: 1500 }) })
  .map(({ id, index, jpeg }): Sent => ({
    frame: encodePhotoPacket(id, index, jpeg),
    device: id,
    row: { message: 'vr', attributes: { photo_packet_index: index, photo_packet_size: jpeg.length } },
  }))

const logins = fc
  .tuple(device, fc.constantFrom('A', 'L', ';', '\r\n', '\n'))
  .map(([id, form]): Sent =>
    form === 'A' || form === 'L'
      ? { frame: encodeLogon(id, form), device: id, ack: 'LOAD', row: { message: 'logon', sent_at: null } }
      : { frame: encodeHeartbeat(id, form), device: id, ack: 'ON', row: { message: 'heartbeat', sent_at: null } },
  )

const anything = fc.oneof(report, special, cells, engine, tyres, star, photo, logins)

describe('gps103 properties', () => {
  test('several messages of any kind in a stream cut anywhere decode to what was encoded', () => {
    fc.assert(
      fc.property(streams(anything), ([sent, cuts]) => expectStream(codec, sent, cuts, RECEIVED)),
      { numRuns: 400 },
    )
  })

  test('a record sent again, behind other terminators or later, has the same hash; another record has another', () => {
    const hashOf = (frame: Uint8Array) => {
      const hash = new Uint32Array(2)
      codec.hash(frame, 0, frame.length, hash)
      return hash.join()
    }
    const bare = (frame: Uint8Array) => textOf(frame).replace(/[;\r\n]+$/, '')
    fc.assert(
      fc.property(anything, anything, terminator, ({ frame }, other, end) => {
        const again = bytesOfText(bare(frame) + end)
        expect(hashOf(again)).toBe(hashOf(frame))
        const [live, later] = [RECEIVED, RECEIVED + 3_600_000].map((at) => take(codec, again, session(), at).rows[0])
        expect([later.fix_time, later.sent_at]).toEqual([live.fix_time, live.sent_at])
        if (bare(other.frame) !== bare(frame)) expect(hashOf(other.frame)).not.toBe(hashOf(frame))
      }),
      { numRuns: 300 },
    )
  })

  test('frames with any byte changed never throw, and give no place off the globe', () => {
    fc.assert(
      fc.property(
        fc.array(anything, { minLength: 1, maxLength: 3 }),
        fc.array(fc.tuple(fc.nat(3000), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 8 }),
        ([...sent], changes) => {
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

  test('no date that cannot be makes a fix of its own time, and zeros are no place', () => {
    const digits = fc.stringMatching(/^[0-9]{12}$/)
    fc.assert(
      fc.property(digits, fc.boolean(), (local, zeros) => {
        const where = zeros ? '0000.0000,N,00000.0000,E' : '4021.7730,N,02955.0017,E'
        const frame = bytesOfText(`imei:1,tracker,${local},,F,,A,${where},0.00,0;`)
        const [row] = take(codec, frame, session(), RECEIVED).rows
        expect(row.table).toBe(zeros ? 'telemetry' : 'fixes')
        const [year, month, day] = [0, 2, 4].map((at) => Number(local.slice(at, at + 2)))
        const real = new Date(Date.UTC(2000 + year, month - 1, day))
        if (real.getUTCMonth() !== month - 1 || real.getUTCDate() !== day)
          expect([row.fix_time ?? row.sent_at, row.attributes.time_source]).toEqual(
            zeros ? [null, undefined] : [iso(RECEIVED), 'received'],
          )
      }),
      { numRuns: 1000 },
    )
  })
})

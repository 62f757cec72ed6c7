/** ais140: what the encoders write is what the decoder reads. */
import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { encodeEmergency, encodeFixed, encodeFixedBatch, encodeHealth, encodeLocation, encodeLogin, readReply } from '../../src/codecs/ais140/encode.ts' // prettier-ignore
import { ais140, ais140Options } from '../../src/codecs/ais140/index.ts'
import { session, take } from './harness.ts'

const codec = ais140(ais140Options.parse({}))
const RECEIVED = Date.parse('2026-03-14T07:45:09Z')
const only = (frame: Uint8Array) => {
  const taken = take(codec, frame, session(), RECEIVED)
  expect(taken.reject).toBeNull()
  expect(taken.rows).toHaveLength(1)
  return taken
}
const imei = fc.stringMatching(/^[1-9][0-9]{14}$/)
const timeMs = fc.integer({ min: 0, max: 365 * 86_400 }).map((seconds) => RECEIVED - seconds * 1000)
/** 1e-7 degree with six decimals. */
const latE7 = fc.integer({ min: -89_999_999, max: 89_999_999 }).filter((value) => value !== 0).map((value) => value * 10) // prettier-ignore
const lonE7 = fc.integer({ min: -179_999_999, max: 179_999_999 }).map((value) => value * 10)
const tenths = (max: number) => fc.integer({ min: 0, max: max * 10 }).map((value) => value / 10)
const hundredths = (max: number) => fc.integer({ min: 0, max: max * 100 }).map((value) => value / 100)

describe('ais140 encode → decode', () => {
  const location = fc.record({
    imei,
    timeMs,
    latE7,
    lonE7,
    firstComma: fc.boolean(),
    stored: fc.boolean(),
    valid: fc.boolean(),
    date: fc.constantFrom('two', 'six', 'one'),
    vendor: fc.constantFrom('MARK', null),
    speedKph: tenths(250),
    courseDeg: hundredths(359),
    satellites: fc.nat(40),
    altitudeM: tenths(5000),
    ignition: fc.boolean(),
    mainPower: fc.boolean(),
    powerV: tenths(36),
    batteryV: tenths(5),
    tamper: fc.constantFrom(true, false, null),
    rssi: fc.integer({ min: 0, max: 31 }),
    lac: fc.integer({ min: 1, max: 0xffff }),
    cellId: fc.integer({ min: 1, max: 0xfffffff }),
    frameNumber: fc.nat(999_999),
    terminator: fc.constantFrom(',*', '*', '*1A2B\r\n', ''),
  })
  test('a location gives back its values in every dialect', () => {
    fc.assert(
      fc.property(location, (fix) => {
        const { rows, device } = only(encodeLocation(fix))
        const [row] = rows
        expect(device).toBe(fix.imei)
        expect(row).toMatchObject({
          table: 'fixes',
          fix_time: new Date(fix.timeMs).toISOString(),
          latitude: fix.latE7 / 1e7,
          longitude: fix.lonE7 / 1e7,
          speed_kph: Math.fround(fix.speedKph),
          course_deg: Math.fround(fix.courseDeg),
          altitude_m: Math.fround(fix.altitudeM),
          satellites: fix.satellites,
          valid: fix.valid,
          buffered: fix.stored,
          ignition: fix.ignition,
          charging: fix.mainPower,
          power_v: Math.fround(fix.powerV),
          battery_v: Math.fround(fix.batteryV),
          rssi: fix.rssi,
          lac: fix.lac,
          cell_id: fix.cellId,
          alarms: fix.tamper ? ['tamper'] : [],
        })
        expect(row.attributes.frame_number).toBe(fix.frameNumber)
      }),
      { numRuns: 500 },
    )
  })
  test('degrees and minutes are the same place to a ten-thousandth of a minute', () => {
    fc.assert(
      fc.property(imei, latE7, lonE7, (id, lat, lon) => {
        // Below a degree the two forms cannot be told apart but by their digits, which the encoder writes.
        const [row] = only(encodeLocation({ imei: id, timeMs: RECEIVED, latE7: lat, lonE7: lon, form: 'minutes' })).rows
        expect(Math.abs((row.latitude as number) * 1e7 - lat)).toBeLessThanOrEqual(10)
        expect(Math.abs((row.longitude as number) * 1e7 - lon)).toBeLessThanOrEqual(10)
      }),
    )
  })
  test('an emergency gives back its values', () => {
    const report = { imei, timeMs, latE7, lonE7, cleared: fc.boolean(), stored: fc.boolean(), speedKph: tenths(200) }
    fc.assert(
      fc.property(fc.record({ ...report, date: fc.constantFrom('two', 'six', 'one') }), (each) => {
        expect(only(encodeEmergency(each)).rows[0]).toMatchObject({
          fix_time: new Date(each.timeMs).toISOString(),
          latitude: each.latE7 / 1e7,
          longitude: each.lonE7 / 1e7,
          speed_kph: Math.fround(each.speedKph),
          buffered: each.stored,
          alarms: [each.cleared ? 'sos_cleared' : 'sos'],
        })
      }),
    )
  })
  test('a C-DAC record gives back its values, alone and in a batch', () => {
    const record = fc.record({
      timeMs,
      latE7,
      lonE7,
      stored: fc.boolean(),
      speedKph: hundredths(250),
      courseDeg: hundredths(359),
      satellites: fc.nat(40),
      cellId: fc.integer({ min: 1, max: 268_435_455 }),
      ignition: fc.boolean(),
    })
    fc.assert(
      fc.property(imei, fc.array(record, { minLength: 1, maxLength: 12 }), (id, fixes) => {
        const wanted = fixes.map((fix) => ({
          fix_time: new Date(fix.timeMs).toISOString(),
          latitude: fix.latE7 / 1e7,
          longitude: fix.lonE7 / 1e7,
          speed_kph: Math.fround(fix.speedKph),
          course_deg: Math.fround(fix.courseDeg),
          satellites: fix.satellites,
          cell_id: fix.cellId,
          buffered: fix.stored,
          ignition: fix.ignition,
        }))
        expect(only(encodeFixed('NRM', id, fixes[0])).rows).toMatchObject(wanted.slice(0, 1))
        expect(take(codec, encodeFixedBatch(id, fixes), session(), RECEIVED).rows).toMatchObject(wanted)
      }),
    )
  })
  test('replies are read back', () => {
    const read = (frame: Uint8Array) => readReply(only(frame).ack)
    expect(read(encodeLogin({ imei: '869170031234567', latE7: 0, lonE7: 0 }))).toEqual({ kind: 'LGN', size: 19 })
    expect(read(encodeHealth({ imei: '869170031234567', batteryPct: 50 }))).toEqual({ kind: 'HBT', size: 5 })
    expect(read(encodeFixed('NRM', '869170031234567', { timeMs: RECEIVED, latE7: 10, lonE7: 10 }))?.kind).toBe('OK')
  })
})

/** cantrack: what the encoder writes, the decoder reads; commands equal the page's. */
import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import * as tracker from '../../src/codecs/cantrack/encode.ts'
import { cantrack, cantrackOptions } from '../../src/codecs/cantrack/index.ts'
import { cantrackTracker } from '../../src/simulator/cantrack.ts'
import { session, splitAll, take, textOf } from './harness.ts'
import { expectDriven } from './simulated-tracker.ts'

const codec = cantrack(cantrackOptions.parse({}))
const ID = '9170001234'
const AT = Date.UTC(2025, 10, 21, 1, 30)
const RUNS = { numRuns: 300 }

const rowOf = (frame: Uint8Array, receivedMs: number, into = session(ID)) => {
  expect(splitAll(codec, frame).frames).toEqual([Uint8Array.from(frame)])
  const taken = take(codec, frame, into, receivedMs)
  expect(taken.reject).toBeNull()
  return taken.rows[0]
}
/** Whole seconds of this century that are believable. */
const timeMs = fc.integer({ min: Date.UTC(2005, 0, 1) / 1000, max: Date.UTC(2099, 11, 31) / 1000 }).map((s) => s * 1000)
const place = fc.record({
  id: fc.constantFrom(ID, '865432109876543', '0000000001'),
  timeMs,
  latE7: fc.integer({ min: -900_000_000, max: 900_000_000 }).filter((value) => Math.abs(value) > 100),
  lonE7: fc.integer({ min: -1_800_000_000, max: 1_800_000_000 }).filter((value) => Math.abs(value) > 100),
  speedKph: fc.integer({ min: 0, max: 400 }),
  courseDeg: fc.integer({ min: 0, max: 359 }),
  status: fc.integer({ min: 0, max: 0xffffffff }),
})
const cell = fc.record({
  mcc: fc.integer({ min: 200, max: 799 }),
  mnc: fc.integer({ min: 0, max: 255 }),
  lac: fc.integer({ min: 1, max: 0xffff }),
  cellId: fc.integer({ min: 1, max: 0xffff }),
})
const near = (have: unknown, wantE7: number, tolerance: number) =>
  expect(Math.abs((have as number) - wantE7 / 1e7)).toBeLessThanOrEqual(tolerance)
const iso = (ms: number) => new Date(ms).toISOString()
const statusText = (status: number) => status.toString(16).toUpperCase().padStart(8, '0')
const acc = (status: number) => ((status >>> 10) & 1) === 1

describe('cantrack encode and decode', () => {
  test('positions of every type and spelling', () => {
    const form = fc.record({
      type: fc.constantFrom('V1', 'V2', 'V3', 'V5', 'V19', 'VI1', 'V99'),
      spelling: fc.constantFrom('point' as const, 'no-point' as const, 'dashes' as const),
      minuteDecimals: fc.integer({ min: 3, max: 6 }),
      validity: fc.constantFrom('A', 'V', 'B', '0', '16'),
    })
    fc.assert(
      fc.property(place, form, cell, fc.constantFrom('decimal' as const, 'hex' as const), (at, how, tower, hex) => {
        // A country code and two numbers without a letter, blank or six digits cannot be told from decimal.
        const extras = tracker.cellFields(tower, hex)
        const row = rowOf(tracker.encodePosition({ ...at, ...how, extras }), at.timeMs)
        expect(row).toMatchObject({
          table: 'fixes',
          message: how.type,
          fix_time: iso(at.timeMs),
          course_deg: at.courseDeg,
        })
        near(row.latitude, at.latE7, how.spelling === 'no-point' ? 1e-6 : 1e-5)
        near(row.longitude, at.lonE7, how.spelling === 'no-point' ? 1e-6 : 1e-5)
        expect(row.speed_kph as number).toBeCloseTo(at.speedKph, 3)
        expect([row.valid, row.source]).toEqual(how.validity === 'V' ? [false, 'last_known'] : [true, 'gnss'])
        expect([row.ignition, row.attributes.status]).toEqual([acc(at.status), statusText(at.status)])
        if (hex === 'decimal')
          expect([row.mcc, row.mnc, row.lac, row.cell_id]).toEqual([tower.mcc, tower.mnc, tower.lac, tower.cellId])
      }),
      RUNS,
    )
  })

  test('five decimals of a minute are exact to 1e-7 degree or two', () => {
    fc.assert(
      fc.property(place, (at) => {
        const row = rowOf(tracker.encodePosition(at), at.timeMs)
        near(row.latitude, at.latE7, 2e-7)
        near(row.longitude, at.lonE7, 2e-7)
      }),
      RUNS,
    )
  })

  test('binary records of every length', () => {
    const code = fc.integer({ min: 7, max: 100 })
    const more = fc.record({
      csq: fc.integer({ min: 0, max: 31 }),
      satellites: fc.integer({ min: 0, max: 41 }),
      batteryCode: code,
    })
    fc.assert(
      fc.property(
        place,
        cell,
        more,
        fc.boolean(),
        fc.uint8Array({ minLength: 10, maxLength: 10 }),
        (at, tower, rest, valid, tail) => {
          const speedKph = Math.round(at.speedKph / 1.852) * 1.852
          const record = { ...at, id: ID, valid, batteryCode: rest.batteryCode, record: 5 }
          const long = { ...record, id: '865432109876543' }
          for (const frame of [
            tracker.encodeBinary(record),
            tracker.encodeBinaryCell({ ...record, ...rest, cell: tower, mileage: 0xfffffffe }),
            tracker.encodeBinaryTail(long, tail),
            tracker.encodeBinaryTail(record, new Uint8Array(16).fill(0xff)),
          ]) {
            const row = rowOf(frame, at.timeMs)
            expect(row).toMatchObject({ table: 'fixes', fix_time: iso(at.timeMs), course_deg: at.courseDeg, valid })
            expect(row).toMatchObject({ ignition: acc(at.status), battery_pct: rest.batteryCode })
            near(row.latitude, at.latE7, 9e-7)
            near(row.longitude, at.lonE7, 9e-7)
            expect(row.speed_kph as number).toBeCloseTo(speedKph, 3)
            if (frame.length !== 45) continue
            expect([row.mcc, row.mnc, row.lac, row.cell_id]).toEqual([tower.mcc, tower.mnc, tower.lac, tower.cellId])
            expect([row.rssi, row.satellites]).toEqual([2 * rest.csq - 113, rest.satellites])
            expect(row.attributes.mileage_raw).toBe(0xfffffffe)
          }
        },
      ),
      RUNS,
    )
  })

  test('the mileage record', () => {
    const more = fc.record({ odometerKm: fc.nat(5_000_000), temperatureC: fc.integer({ min: -40, max: 85 }) })
    fc.assert(
      fc.property(place, more, (at, rest) => {
        const row = rowOf(tracker.encodeMileage({ ...at, ...rest }), at.timeMs)
        expect(row.odometer_km as number).toBeCloseTo(rest.odometerKm, 2)
        expect(row.attributes.temperature_c).toBe(rest.temperatureC)
      }),
      RUNS,
    )
  })

  test('cell and WiFi reports', () => {
    const cells = fc.array(
      fc.record({
        lac: fc.integer({ min: 1, max: 65_535 }),
        cellId: fc.integer({ min: 1, max: 268_435_455 }),
        level: fc.integer({ min: 1, max: 160 }),
      }),
      { minLength: 1, maxLength: 8 },
    )
    fc.assert(
      fc.property(place, cells, fc.integer({ min: 1, max: 0x2ff }), (at, towers, batteryRaw) => {
        const pairs = towers.map(({ lac, cellId }) => [lac, cellId])
        const triples = towers.map(({ lac, cellId, level }) => [lac, cellId, level] as const)
        const v3 = rowOf(tracker.encodeV3({ ...at, mcc: 262, mnc: 3, cells: triples, batteryRaw }), at.timeMs)
        expect(v3).toMatchObject({ table: 'telemetry', sent_at: iso(at.timeMs), mcc: 262, mnc: 3 })
        expect(v3.attributes.cells).toEqual(pairs)
        expect([v3.lac, v3.cell_id]).toEqual(pairs[0])
        expect(v3.battery_v as number).toBeCloseTo((batteryRaw * 5.6) / 1024, 4)
        const promised = towers.length + 3
        const nbr = rowOf(
          tracker.encodeNbr({ ...at, mcc: 262, mnc: 3, cells: triples, promised, batteryCode: 55 }),
          at.timeMs,
        )
        expect(nbr).toMatchObject({ table: 'telemetry', sent_at: iso(at.timeMs), battery_pct: 55 })
        expect(nbr.attributes.cells).toEqual(triples)
        const vp1 = rowOf(tracker.encodeVp1Cells({ ...at, mcc: 262, mnc: 3, cells: triples }), at.timeMs)
        expect(vp1.attributes.cells).toEqual(triples)
        const points = towers.map(({ cellId, level }) => ({
          bssid: cellId.toString(16).padStart(12, '0'),
          strength: level % 100,
        }))
        const v5 = rowOf(tracker.encodeV5({ ...at, points, batteryRaw }), at.timeMs)
        expect(v5).toMatchObject({ table: 'telemetry', sent_at: iso(at.timeMs) })
        expect((v5.attributes.wifi as { bssid: string }[]).map(({ bssid }) => bssid.replaceAll(':', ''))).toEqual(
          points.map(({ bssid }) => bssid),
        )
        const link = rowOf(
          tracker.encodeLink({ ...at, signal: 20, satellites: 4, batteryPct: 5, steps: batteryRaw }),
          at.timeMs,
        )
        expect(link).toMatchObject({
          sent_at: iso(at.timeMs),
          battery_pct: 5,
          rssi: 20,
          attributes: { steps: batteryRaw },
        })
      }),
      RUNS,
    )
  })

  test('stored positions', () => {
    fc.assert(
      fc.property(fc.array(place, { minLength: 1, maxLength: 8 }), timeMs, (places, received) => {
        // Within the month before receipt, so that the day alone tells.
        const records = places.map((at, index) => ({ ...at, timeMs: received - (index + 1) * 3 * 86_400_000 }))
        const { rows } = take(codec, tracker.encodeStored({ id: ID, timeMs: received, records }), session(ID), received)
        expect(rows.filter((row) => row.table === 'fixes').map((row) => row.fix_time)).toEqual(
          records.map((at) => iso(at.timeMs)),
        )
      }),
      RUNS,
    )
  })
})

describe('cantrack simulator', () => {
  test('what a tracker reports, live or late, is what it drove; its states make no fixes', () => {
    for (const imei of ['860000000000000', '860000000000001', '860000000000002'])
      expect([...expectDriven(codec, cantrackTracker, imei, AT)]).toEqual(
        expect.arrayContaining(['BC', 'HTBT', 'LINK', 'NBR', 'V3', 'V5', 'XT', 'ALRM']),
      )
  })
})

describe('cantrack commands', () => {
  const command = (name: tracker.Command, parameters = '') =>
    textOf(tracker.encodeCommand({ id: ID }, name, AT, parameters))
  test('equal the examples of the page', () => {
    expect(command('interval', '30')).toBe(`*HQ,${ID},S71,013000,22,30#`)
    expect(command('intervalS17', '30')).toBe(`*HQ,${ID},S17,013000,30#`)
    expect(command('intervalD1', '30,1')).toBe(`*HQ,${ID},D1,013000,30,1#`)
    expect(command('position')).toBe(`*HQ,${ID},D1,013000,10,1#`)
    expect(command('positionHuasuntek')).toBe(`*HQ,${ID},CR,013000#`)
    expect(command('engineCut')).toBe(`*HQ,${ID},S20,013000,1,1#`)
    expect(command('engineRestore')).toBe(`*HQ,${ID},S20,013000,1,0#`)
    expect(command('engineRestoreOther')).toBe(`*HQ,${ID},S20,013000,0,0#`)
    expect(command('arm')).toBe(`*HQ,${ID},SCF,013000,0,0#`)
    expect(command('disarm')).toBe(`*HQ,${ID},SCF,013000,1,1#`)
    expect(command('reboot')).toBe(`*HQ,${ID},R1,013000#`)
    expect(command('clearAlarms')).toBe(`*HQ,${ID},R7,013000#`)
    expect(command('factoryReset')).toBe(`*HQ,${ID},S25,013000#`)
    expect(command('server', '203.0.113.10,8888')).toBe(`*HQ,${ID},S23,013000,203.0.113.10,8888#`)
    expect(command('serverHuasuntek', '1,00000000,22B8,example.org')).toBe(
      `*HQ,${ID},IP,013000,1,00000000,22B8,example.org#`,
    )
    expect(command('apn', 'internet')).toBe(`*HQ,${ID},S24,013000,internet#`)
    expect(command('state')).toBe(`*HQ,${ID},S26,013000,0#`)
    expect(command('version')).toBe(`*HQ,${ID},S26,013000,1#`)
    expect(command('overspeed', '90')).toBe(`*HQ,${ID},S33,013000,90#`)
    expect(command('geofence', '500,3')).toBe(`*HQ,${ID},S21,013000,500,3#`)
    expect(command('sosNumbers', '+123,+456')).toBe(`*HQ,${ID},S71,013000,02,+123,+456#`)
    expect(command('centreNumber', '+123')).toBe(`*HQ,${ID},S71,013000,01,+123#`)
    expect(command('alarmKind', '4,1')).toBe(`*HQ,${ID},S19,013000,4,1#`)
    expect(command('alarmWay', '2')).toBe(`*HQ,${ID},S18,013000,2#`)
    expect(command('mileage', '1000')).toBe(`*HQ,${ID},S32,013000,1000#`)
    expect(command('workMode', '2')).toBe(`*HQ,${ID},WKMD,013000,2#`)
    expect(command('voiceMonitor', '+123')).toBe(`*HQ,${ID},CALB,013000,+123#`)
    expect(command('password', '123456,654321')).toBe(`*HQ,${ID},S1,013000,123456,654321#`)
    expect(command('rebootHuasuntek')).toBe(`*HQ,${ID},CQ,013000#`)
    expect(command('factoryResetHuasuntek')).toBe(`*HQ,${ID},RESET,013000#`)
    expect(command('overspeedOld', '90')).toBe(`*HQ,${ID},S14,013000,90#`)
    expect(command('server', '203,0,113,10,8888')).toBe(`*HQ,${ID},S23,013000,203,0,113,10,8888#`)
  })
  test('every command of the table is one of these', () => {
    for (const name of Object.keys(tracker.COMMANDS) as tracker.Command[])
      expect(command(name, '1')).toMatch(/^\*HQ,9170001234,[A-Z0-9]+,013000(,[^#]+)?#$/)
  })
  test('texts of SMS go over the data connection bare, or wrapped where a unit wants that', () => {
    const { SMS_TEXTS: texts } = tracker
    expect([texts.check(), texts.reset(), texts.defaultMode()]).toEqual([
      'check123456',
      'reset123456',
      'MD123456 1 3 8 1',
    ])
    expect(texts.timingMode('1:00', '2:00')).toBe('MD123456 2 3 1:00 2:00')
    expect(texts.intervalMode(120)).toBe('MD123456 3 3 120')
    expect(texts.check('654321')).toBe('check654321')
    expect(textOf(tracker.encodeRaw(texts.check()))).toBe('check123456')
    expect(textOf(tracker.encodeWrapped({ id: ID }, texts.check(), AT))).toBe(`*HQ,${ID},CMD,013000,check123456#`)
  })
  test("the maker is the tracker's", () =>
    expect(textOf(tracker.encodeCommand({ id: ID, maker: 'TH' }, 'reboot', AT))).toBe(`*TH,${ID},R1,013000#`))
  test('a tracker reads what the server writes', () => {
    const bytes = tracker.encodeCommand({ id: ID }, 'server', AT, '203.0.113.10,8888')
    const frame = { size: bytes.length, id: ID, type: 'S23', fields: ['013000', '203.0.113.10', '8888'] }
    expect(tracker.readServerFrame(bytes, 0, bytes.length)).toEqual(frame)
    for (let length = 0; length < bytes.length; length++) expect(tracker.readServerFrame(bytes, 0, length)).toBeNull()
  })
})

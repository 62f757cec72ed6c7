/** Encoders against the decoder, and against the bytes of the papers. */
import { expect, test } from 'bun:test'
import fc from 'fast-check'
import * as encode from '../../src/codecs/gt06/encode.ts'
import { gt06, gt06Options } from '../../src/codecs/gt06/index.ts'
import type { Row } from '../../src/codecs/row.ts'
import { hexOf, session, splitAll, take } from './harness.ts'

const codec = gt06(gt06Options.parse({}))
const RECEIVED = Date.parse('2026-03-14T10:00:00Z')

const degrees = (limit: number) =>
  fc.integer({ min: -limit * 1_800_000, max: limit * 1_800_000 }).map((raw) => raw / 1_800_000)
const fixes = fc.record({
  timeMs: fc.integer({ min: Date.parse('2011-01-01') / 1000, max: RECEIVED / 1000 }).map((seconds) => seconds * 1000),
  latitude: degrees(90),
  longitude: degrees(180),
  speedKph: fc.integer({ min: 0, max: 255 }),
  courseDeg: fc.integer({ min: 0, max: 359 }),
  satellites: fc.integer({ min: 0, max: 15 }),
  valid: fc.boolean(),
})
const cellsOf = (lac: number, cid: number) =>
  fc.record({
    mcc: fc.integer({ min: 1, max: 999 }),
    mnc: fc.integer({ min: 0, max: 999 }),
    lac: fc.integer({ min: 1, max: lac }),
    cid: fc.integer({ min: 0, max: cid }),
  })
const cells = cellsOf(0xffff, 0xffffff)
const cells4g = cellsOf(0xffffffff, 2 ** 36)
const tails = fc.record({
  acc: fc.boolean(),
  mode: fc.integer({ min: 0, max: 15 }),
  reupload: fc.boolean(),
  mileage: fc.option(fc.integer({ min: 0, max: 0xffffffff }), { nil: undefined }),
})
const serials = fc.integer({ min: 0, max: 0xffff })
const statuses = fc.record({
  fuelCut: fc.boolean(),
  tracking: fc.boolean(),
  charging: fc.boolean(),
  acc: fc.boolean(),
  armed: fc.boolean(),
  voltageLevel: fc.integer({ min: 0, max: 100 }),
  gsm: fc.integer({ min: 0, max: 100 }),
})

/** The one record of a frame that split takes whole and whose CRC is right. */
function only(frame: Uint8Array): Row {
  expect(splitAll(codec, frame, 0).frames.map(hexOf)).toEqual([hexOf(frame)])
  const decoded = take(codec, frame, session(), RECEIVED)
  expect([decoded.reject, decoded.rows.length]).toEqual([null, 1])
  expect(decoded.rows[0].attributes.crc_mismatch).toBeUndefined()
  return decoded.rows[0]
}

function expectFix(row: Row, fix: encode.Fix): void {
  if (fix.latitude === 0 && fix.longitude === 0) return expect(row.table).toBe('telemetry')
  expect(row.table).toBe('fixes')
  expect(Date.parse(row.fix_time as string)).toBe(fix.timeMs)
  expect(Math.abs((row.latitude as number) - fix.latitude)).toBeLessThanOrEqual(6e-8)
  expect(Math.abs((row.longitude as number) - fix.longitude)).toBeLessThanOrEqual(6e-8)
  expect([row.speed_kph, row.course_deg, row.satellites, row.valid]).toEqual([
    fix.speedKph,
    fix.courseDeg,
    fix.satellites,
    fix.valid,
  ])
}

function expectCell(row: Row, cell: encode.Cell): void {
  expect([row.mcc, row.mnc, row.lac, row.cell_id]).toEqual([cell.mcc, cell.mnc, cell.lac, cell.cid])
  expect(row.attributes.cells).toEqual([cell])
}

function expectTail(row: Row, tail: encode.Tail, serial: number): void {
  expect([row.ignition, row.buffered]).toEqual([tail.acc, tail.reupload])
  expect(row.attributes).toMatchObject({ upload_mode: tail.mode, serial })
  if (tail.mileage === undefined) expect(row.odometer_km).toBeNull()
  else expect(row.odometer_km as number).toBeCloseTo(tail.mileage / 1000, 6)
}

test('gt06 encode: a location 22 comes back', () => {
  fc.assert(
    fc.property(fixes, cells, tails, serials, (fix, cell, tail, serial) => {
      const row = only(encode.location22(fix, cell, tail as encode.Tail, serial))
      expectFix(row, fix)
      expectCell(row, cell)
      expectTail(row, tail as encode.Tail, serial)
    }),
  )
})

test('gt06 encode: a 4G location comes back', () => {
  fc.assert(
    fc.property(fixes, cells4g, tails, serials, (fix, cell, tail, serial) => {
      const row = only(encode.locationA0(fix, cell, tail as encode.Tail, serial))
      expectFix(row, fix)
      expectCell(row, cell)
      expectTail(row, tail as encode.Tail, serial)
    }),
  )
})

test('gt06 encode: a location 12 comes back, with ACC in the course word', () => {
  fc.assert(
    fc.property(fixes, cells, fc.boolean(), serials, (fix, cell, acc, serial) => {
      const row = only(encode.location12({ ...fix, acc }, cell, serial))
      expectFix(row, fix)
      expectCell(row, cell)
      expect(row.ignition).toBe(acc)
    }),
  )
})

test('gt06 encode: a heartbeat comes back', () => {
  fc.assert(
    fc.property(statuses, serials, (status, serial) => {
      const row = only(encode.heartbeat(status, serial))
      expectStatus(row, status)
      expect(row.attributes.serial).toBe(serial)
    }),
  )
})

function expectStatus(row: Row, status: encode.Status): void {
  const level = status.voltageLevel!
  expect([row.ignition, row.charging, row.rssi]).toEqual([status.acc, status.charging, status.gsm])
  expect(row.battery_pct).toBe(level <= 6 ? Math.floor((level * 100) / 6) : level)
  expect(row.attributes).toMatchObject({ fuel_cut: status.fuelCut, gps_tracking: status.tracking, armed: status.armed })
}

test('gt06 encode: alarms 16, 26, 27, A3 and A4 come back', () => {
  const more = fc.record({
    fence: fc.integer({ min: 0, max: 255 }),
    mileage: fc.option(fc.integer({ min: 0, max: 0xffffffff }), { nil: undefined }),
  })
  const numbers = fc.constantFrom(0x16, 0x26, 0x27, 0xa3, 0xa4)
  fc.assert(
    fc.property(numbers, fixes, cells, statuses, more, serials, (number, fix, cell, status, rest, serial) => {
      const fourG = number >= 0xa3
      // A3 has no form with mileage.
      const tail = (number === 0xa3 ? { fence: rest.fence } : rest) as { fence: number; mileage?: number }
      const sos = { ...status, alarm: 1 }
      const row = only(
        fourG
          ? encode.alarm4g(number as 0xa3, fix, cell, sos, serial, tail)
          : encode.alarm(number as 0x26, fix, cell, sos, serial, tail),
      )
      expectFix(row, fix)
      expectCell(row, cell)
      expectStatus(row, status)
      expect(row.alarms).toEqual(['sos'])
      expect(row.attributes.geofence_id).toBe(number === 0x27 || number === 0xa4 ? tail.fence : undefined)
      if (tail.mileage !== undefined) expect(row.odometer_km as number).toBeCloseTo(tail.mileage / 1000, 6)
    }),
  )
})

test('gt06 encode: lists of cells and access points come back', () => {
  const lists = fc.array(
    fc.record({ lac: fc.integer({ min: 1, max: 0xffff }), cid: fc.nat(0xffffff), rssi: fc.nat(255) }),
    {
      minLength: 1,
      maxLength: 7,
    },
  )
  const points = fc.array(
    fc.record({ last: fc.integer({ min: 1, max: 255 }), rssi: fc.integer({ min: 1, max: 255 }) }),
    {
      maxLength: 7,
    },
  )
  const numbers = fc.constantFrom(0x18, 0x24, 0x28, 0x2e, 0x2c, 0xa1, 0xa2)
  fc.assert(
    fc.property(numbers, fc.integer({ min: 0, max: 999 }), lists, points, (number, mnc, seen, near) => {
      const wifi = near.map(({ last, rssi }) => ({ mac: `a4:b1:c2:d3:e4:${last.toString(16).padStart(2, '0')}`, rssi }))
      const frame = encode.cells(
        number as 0x28,
        RECEIVED,
        seen.map((cell) => ({ mcc: 404, mnc, ...cell })),
        7,
        wifi,
      )
      const row = only(frame)
      expect(row.sent_at).toBe(new Date(RECEIVED).toISOString())
      expect(row.attributes.cells).toEqual(
        seen.map(({ rssi, ...cell }) => ({ mcc: 404, mnc, ...cell, rssi_raw: rssi })),
      )
      if ((number === 0x2c || number === 0xa2) && wifi.length > 0)
        expect(row.attributes.wifi).toEqual(wifi.map(({ mac, rssi }) => ({ mac, rssi_raw: rssi })))
    }),
  )
})

test('gt06 encode: a reply repeats flag and text, whatever they are', () => {
  const texts = fc.string({ unit: fc.constantFrom(...'ABCxyz09:,=!"\\ é'), minLength: 1, maxLength: 100 })
  fc.assert(
    fc.property(texts, fc.nat(0xffffffff), serials, (text, flag, serial) => {
      for (const frame of [encode.reply15(text, flag, serial), encode.reply21(text, flag, serial)]) {
        const { attributes } = only(frame)
        expect([attributes.server_flag, attributes.text]).toEqual([flag, text.trim() === '' ? undefined : text.trim()])
      }
    }),
  )
})

test('gt06 encode: a login comes back with zone and language', () => {
  const digits = fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: 15, maxLength: 15 })
  const zones = fc.integer({ min: -900, max: 900 })
  fc.assert(
    fc.property(
      digits,
      fc.nat(0xffff),
      zones,
      fc.nat(3),
      serials,
      (imei, typeCode, timezoneMinutes, language, serial) => {
        const frame = encode.login({ imei, typeCode, timezoneMinutes, language }, serial)
        const decoded = take(codec, frame)
        expect([decoded.device, decoded.rows]).toEqual([imei, []])
        expect(encode.ackSerial(decoded.ack, 0, 10)).toBe(serial)
        expect(codec.describeLogin!(frame, 0, frame.length)).toEqual({
          type_code: typeCode,
          timezone_minutes: timezoneMinutes,
          language,
        })
      },
    ),
  )
})

test('gt06 encode: zone words of the papers', () => {
  expect([encode.zoneWord(480), encode.zoneWord(-765), encode.zoneWord(330, 2)]).toEqual([0x3200, 0x4dd8, 0x2122])
})

test('gt06 encode: commands have the bytes of the papers', () => {
  for (const [frame, hex] of [
    [encode.command('sos#'), '78780e800800000000736f732300016d6a0d0a'],
    [encode.command('sos#', { language: 2 }), '787810800800000000736f7323000200019a170d0a'],
    [
      encode.command(encode.CommandText.cutFuel, { flag: 0x2a, language: 2 }),
      '787814800c0000002a52454c41592c31230002000178720d0a',
    ],
    [encode.command(encode.CommandText.cutFuel, { flag: 0x2a }), '787812800c0000002a52454c41592c31230001de4f0d0a'],
    [
      encode.command(encode.CommandText.restoreFuel, { flag: 0x2b, serial: 2, language: 2 }),
      '787814800c0000002b52454c41592c3023000200024b6f0d0a',
    ],
    [
      encode.command('DYD,000000#', { flag: 0x1a958, serial: 0xa0 }),
      '787815800f0001a9584459442c3030303030302300a0dcf10d0a',
    ],
  ] as const)
    expect(hexOf(frame)).toBe(hex)
})

test('gt06 encode: command texts', () => {
  const { timer, server } = encode.CommandText
  expect([timer(60), timer(10, 300)]).toEqual(['TIMER,60#', 'TIMER,10,300#'])
  expect([server('gps.example.org', 8888), server('192.0.2.7', 8888, true)]).toEqual([
    'SERVER,1,gps.example.org,8888,0#',
    'SERVER,0,192.0.2.7,8888,1#',
  ])
})

test('gt06 encode: a text that does not fit is refused', () => {
  expect(() => encode.command('A'.repeat(240))).not.toThrow()
  expect(() => encode.command('A'.repeat(240), { language: 2 })).not.toThrow()
  expect(() => encode.command('A'.repeat(241))).toThrow(RangeError)
})

test('gt06 encode: a command is never acknowledged', () => {
  expect(hexOf(take(codec, encode.command('RESET#')).ack)).toBe('')
})

test('gt06 encode: a simulated tracker finds its acks in a stream', () => {
  const ack = take(codec, encode.heartbeat({}, 7)).ack
  for (let length = 0; length < ack.length; length++) expect(encode.ackSize(ack, 0, length)).toBe(0)
  expect(encode.ackSize(ack, 0, ack.length)).toBe(10)
  expect(encode.ackSize(Uint8Array.of(1, 2, 3, 4), 0, 4)).toBe(-1)
  const long = encode.frame(0x33, [], 9, true)
  expect([encode.ackSize(long, 0, 11), encode.ackNumber(long, 0), encode.ackSerial(long, 0, 11)]).toEqual([11, 0x33, 9])
})

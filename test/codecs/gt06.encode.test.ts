/** Encoders against the bytes of the papers, and the simulated tracker against the decoder. */
import { describe, expect, test } from 'bun:test'
import * as commands from '../../src/codecs/gt06/commands.ts'
import * as encode from '../../src/codecs/gt06/encode.ts'
import { gt06, gt06Options } from '../../src/codecs/gt06/index.ts'
import { gt06Tracker } from '../../src/simulator/gt06.ts'
import type { SimulatedFix } from '../../src/simulator/vehicle.ts'
import { hexOf, session, take } from './harness.ts'

const codec = gt06(gt06Options.parse({}))

test('gt06 encode: zone words of the papers', () => {
  expect([encode.zoneWord(480), encode.zoneWord(-765), encode.zoneWord(330, 2)]).toEqual([0x3200, 0x4dd8, 0x2122])
})

test('gt06 encode: commands have the bytes of the papers', () => {
  for (const [frame, hex] of [
    [commands.command('sos#'), '78780e800800000000736f732300016d6a0d0a'],
    [commands.command('sos#', { language: 2 }), '787810800800000000736f7323000200019a170d0a'],
    [
      commands.command(commands.CommandText.cutFuel, { flag: 0x2a, language: 2 }),
      '787814800c0000002a52454c41592c31230002000178720d0a',
    ],
    [commands.command(commands.CommandText.cutFuel, { flag: 0x2a }), '787812800c0000002a52454c41592c31230001de4f0d0a'],
    [
      commands.command(commands.CommandText.restoreFuel, { flag: 0x2b, serial: 2, language: 2 }),
      '787814800c0000002b52454c41592c3023000200024b6f0d0a',
    ],
    [
      commands.command('DYD,000000#', { flag: 0x1a958, serial: 0xa0 }),
      '787815800f0001a9584459442c3030303030302300a0dcf10d0a',
    ],
  ] as const)
    expect(hexOf(frame)).toBe(hex)
})

test('gt06 encode: command texts', () => {
  const { timer, server, apn, data, heartbeat, voltageReports, cutFuelOld, restoreFuelOld } = commands.CommandText
  expect([timer(60), timer(10, 300)]).toEqual(['TIMER,60#', 'TIMER,10,300#'])
  expect([server('gps.example.org', 8888), server('192.0.2.7', 8888, true)]).toEqual([
    'SERVER,1,gps.example.org,8888,0#',
    'SERVER,0,192.0.2.7,8888,1#',
  ])
  expect([apn('internet'), apn('internet', 'me', 'secret')]).toEqual(['APN,internet#', 'APN,internet,me,secret#'])
  expect([data(true), data(false)]).toEqual(['GPRSON,1#', 'GPRSON,0#'])
  expect([heartbeat(3, 5), voltageReports(30)]).toEqual(['HBT,3,5#', 'ADT,ON,30#'])
  expect([cutFuelOld(), restoreFuelOld('123456')]).toEqual(['DYD,000000#', 'HFYD,123456#'])
})

test('gt06 encode: an address has the bytes of the papers', () => {
  const said = { text: 'NA', phone: '9876543210', serial: 0x17 }
  expect(hexOf(commands.address(said))).toBe(
    '7979002f970028000000004144445245535326264e4126263938373635343332313000000000000000000000002323001711ea0d0a',
  )
  const utf16 = commands.address({ ...said, text: 'Ü', utf16: true })
  expect(hexOf(utf16)).toContain(hexOf(Uint8Array.from(Buffer.from('ADDRESS&&\0\xdc&&9876543210', 'latin1'))))
  const chinese = commands.addressChinese({ ...said, text: '浦', flag: 7 })
  expect(hexOf(chinese).slice(0, 46)).toBe('78782e1728000000074144445245535326266d66262639')
  const alarm = hexOf(commands.address({ text: 'NA' }))
  expect(alarm).toContain(hexOf(Uint8Array.from(Buffer.from(`ALARMSMS&&NA&&${'0'.repeat(21)}##`))))
})

test('gt06 encode: a card is confirmed, and a photo asked for, in the bytes of the papers', () => {
  expect(hexOf(commands.cardAnswer(true, 0x1e))).toBe('797900079b0201001e730d0d0a')
  expect(hexOf(commands.cardAnswer(false, 1)).slice(0, 14)).toBe('797900079b0200')
  expect(hexOf(commands.photoRequest(0x01020304, 2048, 1024, 5)).slice(0, 32)).toBe('78780f36010203040000080004000005')
  expect(() => commands.photoRequest(1, 0, 1025, 1)).toThrow(RangeError)
})

test('gt06 encode: a text that does not fit is refused', () => {
  expect(() => commands.command('A'.repeat(240))).not.toThrow()
  expect(() => commands.command('A'.repeat(240), { language: 2 })).not.toThrow()
  expect(() => commands.command('A'.repeat(241))).toThrow(RangeError)
  for (const text of ['', 'RESET#\r\n', 'ü#']) expect(() => commands.command(text)).toThrow(RangeError)
})

test('gt06 encode: a command is never acknowledged', () => {
  expect(hexOf(take(codec, commands.command('RESET#')).ack)).toBe('')
})

test('gt06 encode: a simulated tracker finds its acks in a stream', () => {
  const ack = take(codec, encode.heartbeat({}, 7)).ack
  for (let length = 0; length < ack.length; length++) expect(encode.ackSize(ack, 0, length)).toBe(0)
  expect(encode.ackSize(ack, 0, ack.length)).toBe(10)
  expect(encode.ackSize(Uint8Array.of(1, 2, 3, 4), 0, 4)).toBe(-1)
  const long = encode.frame(0x33, [], 9, true)
  expect([encode.ackSize(long, 0, 11), encode.ackNumber(long, 0), encode.ackSerial(long, 0, 11)]).toEqual([11, 0x33, 9])
})

describe('gt06 simulator', () => {
  const RECEIVED = Date.parse('2026-03-14T10:00:00Z')
  const fix: SimulatedFix = {
    timeMs: RECEIVED - 60_000,
    latitude: 18.52043,
    longitude: -73.856744,
    altitudeM: 500,
    speedKph: 54,
    courseDeg: 137,
    satellites: 11,
    valid: true,
    ignition: true,
    batteryPct: 80,
    odometerKm: 1234.5,
    alarm: null,
    buffered: false,
  }
  const trackers = [0, 1, 2, 3].map((digit) => `86917003123456${digit}`)
  const loggedIn = (imei: string) => {
    const into = session()
    expect(take(codec, gt06Tracker.login(imei, 1), into, RECEIVED).device).toBe(imei)
    return into
  }
  const kindOf = (ack: Uint8Array) => gt06Tracker.readReply(ack, 0, ack.length)

  test('gt06 simulator: what every kind of tracker reports is what its truth says', () => {
    for (const imei of trackers)
      for (const alarm of [null, ...gt06Tracker.alarms])
        for (const buffered of [false, true]) {
          const own = { ...fix, alarm, buffered, timeMs: fix.timeMs - (buffered ? 3_600_000 : 0) }
          const decoded = take(codec, gt06Tracker.report(imei, [own], 77), loggedIn(imei), RECEIVED)
          const { latitude, longitude } = gt06Tracker.rounded(own)
          const [row] = decoded.rows
          expect(row).toMatchObject({
            table: 'fixes',
            fix_time: new Date(own.timeMs).toISOString(),
            speed_kph: 54,
            course_deg: 137,
            satellites: 11,
            valid: true,
            ignition: true,
            alarms: alarm === null ? [] : [alarm],
          })
          expect(row.latitude as number).toBeCloseTo(latitude, 6)
          expect(row.longitude as number).toBeCloseTo(longitude, 6)
          if (alarm === null) expect([row.buffered, row.odometer_km]).toEqual([buffered, 1234.5])
          expect(kindOf(decoded.ack)).toEqual({ size: decoded.ack.length, kind: 'reports', serial: 77 })
        }
  })

  test('gt06 simulator: heartbeats and what else trackers say make neither fixes nor alarms', () => {
    const messages = new Set<unknown>()
    for (const imei of trackers) {
      const into = loggedIn(imei)
      for (let serial = 2; serial < 60; serial++) {
        const decoded = take(codec, gt06Tracker.heartbeat(imei, fix, serial)!, into, RECEIVED)
        expect(decoded.reject).toBeNull()
        expect(decoded.rows.map(({ table, alarms }) => [table, alarms])).toEqual([['telemetry', []]])
        if (decoded.ack.length > 0) expect(kindOf(decoded.ack).kind).toBe('other')
        messages.add(decoded.rows[0].message)
      }
    }
    const wanted = ['13', '14', '18', '28', '2C', '36', '8A', '8B', '94', 'A1', 'A2'].map((number) => `gt06.${number}`)
    expect([...messages].toSorted()).toEqual(wanted)
  })
})

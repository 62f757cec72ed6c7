/** What our encoder says, the decoder reads; and commands are the bytes of the specification. */
import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import * as encode from '../../src/codecs/jt808/encode.ts'
import { jt808, jt808Options } from '../../src/codecs/jt808/index.ts'
import { hexOf, session, splitAll, take } from './harness.ts'

const codec = jt808(jt808Options.parse({}))
const NOW = Date.parse('2026-03-14T10:00:00Z')
const PHONE = '13800138000'
const at = (serial: number): encode.Head => ({ phone: PHONE, serial })

const heads = fc.oneof(
  fc.record({ phone: fc.integer({ min: 1, max: 999_999_999_999 }).map(String), serial: fc.nat(0xffff) }),
  fc.record({
    phone: fc.integer({ min: 1, max: 999_999_999_999_999 }).map(String),
    serial: fc.nat(0xffff),
    version: fc.constant(1),
  }),
  fc.record({
    phone: fc.integer({ min: 1, max: 99_999_999_999_999 }).map(String),
    serial: fc.nat(0xffff),
    delimiter: fc.constant(0xe7 as const),
  }),
)
const fixes = fc.record({
  timeMs: fc.integer({ min: Date.parse('2015-01-01'), max: NOW }).map((ms) => Math.floor(ms / 1000) * 1000),
  latitude: fc.integer({ min: -90_000_000, max: 90_000_000 }).map((e6) => e6 / 1e6),
  longitude: fc.integer({ min: -180_000_000, max: 180_000_000 }).map((e6) => e6 / 1e6),
  altitudeM: fc.integer({ min: -500, max: 9000 }),
  speedKph: fc.nat(2500).map((tenths) => tenths / 10),
  courseDeg: fc.nat(359),
  valid: fc.boolean(),
  ignition: fc.boolean(),
})

function expectFix(
  row: Record<string, unknown>,
  fix: Required<Pick<encode.Fix, 'speedKph' | 'courseDeg'>> & encode.Fix,
) {
  if (fix.latitude === 0 && fix.longitude === 0) return expect(row.table).toBe('telemetry')
  expect(row).toMatchObject({
    table: 'fixes',
    fix_time: new Date(fix.timeMs).toISOString(),
    altitude_m: fix.altitudeM,
    speed_kph: Math.fround(fix.speedKph),
    course_deg: fix.courseDeg,
    valid: fix.valid,
    ignition: fix.ignition,
  })
  expect(row.latitude).toBeCloseTo(fix.latitude, 7)
  expect(row.longitude).toBeCloseTo(fix.longitude, 7)
}

describe('jt808 encode', () => {
  test('jt808 encode: a location comes back as it was, in every form of the header', () => {
    fc.assert(
      fc.property(
        heads,
        fixes,
        fc.nat(31),
        fc.nat(255),
        fc.integer({ min: 1, max: 100 }),
        fc.nat(1e8),
        (head, fix, csq, satellites, battery, tenths) => {
          const bytes = encode.location(fix, head, [
            ...encode.Item.odometer(tenths / 10),
            ...encode.Item.csq(csq),
            ...encode.Item.satellites(satellites),
            ...encode.Item.battery(battery),
          ])
          expect(splitAll(codec, bytes).frames.map(hexOf)).toEqual([hexOf(bytes)])
          const { rows, device } = take(codec, bytes, session(), NOW)
          expect(device).toBe(head.phone)
          expectFix(rows[0], fix)
          expect(rows[0]).toMatchObject({ odometer_km: tenths / 10, rssi: 2 * csq - 113, battery_pct: battery })
          if (rows[0].table === 'fixes') expect(rows[0].satellites).toBe(satellites)
        },
      ),
      { numRuns: 500 },
    )
  })

  test('jt808 encode: batches keep order and values', () => {
    fc.assert(
      fc.property(fc.array(fixes, { minLength: 1, maxLength: 20 }), fc.boolean(), heads, (all, short, head) => {
        const bodies = all.map((fix) => encode.locationBody(fix, encode.Item.satellites(9)))
        const bytes = short ? encode.shortBatch(bodies, head) : encode.batch(bodies, true, head)
        const { rows } = take(codec, bytes, session(), NOW)
        expect(rows.length).toBe(all.length)
        for (const [index, fix] of all.entries()) expectFix(rows[index], fix)
        if (!short) expect(rows.every((row) => row.buffered)).toBe(true)
      }),
      { numRuns: 200 },
    )
  })

  test('jt808 encode: Jointech positions come back', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -53_999_999, max: 53_999_999 }),
        fc.integer({ min: -107_999_999, max: 107_999_999 }),
        fc.nat(99),
        fc.boolean(),
        (lat, lon, speed, valid) => {
          fc.pre(lat !== 0 || lon !== 0)
          const said = {
            timeMs: NOW,
            latitude: lat / 600_000,
            longitude: lon / 600_000,
            valid,
            speed,
            courseDeg: 90,
            signal: 9,
            satellites: 8,
            odometerKm: 70,
            battery: 60,
            cell: 5,
            lac: 4,
            product: 3,
            status: 0,
            alarm: 0,
          }
          const [row] = take(codec, encode.jointech(said, { phone: '856009001234', serial: 5 }), session(), NOW).rows
          expect(row).toMatchObject({
            fix_time: '2026-03-14T10:00:00.000Z',
            valid,
            course_deg: 90,
            satellites: 8,
            odometer_km: 70,
            battery_pct: 60,
          })
          expect(row.latitude).toBeCloseTo(said.latitude, 6)
          expect(row.longitude).toBeCloseTo(said.longitude, 6)
        },
      ),
    )
  })

  test('jt808 encode: any body survives escaping', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(0x7e, 0x7d, 0xe7, 0xe6, 0x3e, 0x3d, 1, 2), { minLength: 1, maxLength: 60 }),
        heads,
        (body, head) => {
          const bytes = encode.frame(0x0abc, body, head)
          expect(splitAll(codec, bytes).frames.map(hexOf)).toEqual([hexOf(bytes)])
          expect(take(codec, bytes, session(), NOW).rows[0].attributes.body).toBe(Buffer.from(body).toString('hex'))
        },
      ),
    )
  })
})

describe('jt808 commands are the specification’s bytes', () => {
  const { Control } = encode
  const COMMANDS: [string, Uint8Array, string][] = [
    ['position now', encode.askPosition(at(6)), '7e8201000001380013800000062f7e'],
    ['tracking', encode.track(10, 600, at(7)), '7e820200060138001380000007000a000002587b7e'],
    ['interval', encode.setInterval(30, at(8)), '7e8103000a01380013800000080100000029040000001e187e'],
    [
      'server',
      encode.setServer('gw.example.net', 8888, at(9)),
      '7e8103001d013800138000000902000000130e67772e6578616d706c652e6e65740000001804000022b8a27e',
    ],
    ['parameters', encode.readParameters(at(0x16)), '7e810400000138001380000016397e'],
    ['attributes', encode.readAttributes(at(0x15)), '7e810700000138001380000015397e'],
    ['confirm SOS', encode.confirmAlarms(0, 1, at(0x10)), '7e8203000601380013800000100000000000013c7e'],
    ['text', encode.sendText('STATUS#', 1, at(0x0e)), '7e83000008013800138000000e0153544154555323197e'],
    [
      'G10LS text',
      encode.sendText('check123456', 2, at(0x19)),
      '7e8300000c013800138000001902636865636b3132333435365f7e',
    ],
    [
      'listen in',
      encode.callBack('13900001111', true, at(0x0d)),
      '7e8400000c013800138000000d013133393030303031313131157e',
    ],
    [
      'firmware',
      encode.upgradeFrom({ url: 'ftp://fw.example.net/p02l.bin' }, at(0x18)),
      '7e810500280138001380000018016674703a2f2f66772e6578616d706c652e6e65742f7030326c2e62696e3b3b3b3b3b3b3b3b3b3b3b7e',
    ],
    ['power off', encode.control(Control.powerOff, '', at(0x0c)), '7e81050001013800138000000c03207e'],
    ['reset', encode.control(Control.reset, '', at(0x0a)), '7e81050001013800138000000a04217e'],
    ['factory reset', encode.control(Control.factoryReset, '', at(0x0b)), '7e81050001013800138000000b05217e'],
    ['record', encode.control(Control.record, [0, 5], at(0x17)), '7e810500030138001380000017170005287e'],
    ['cut oil', encode.control(Control.cutOil, '', at(0x0f)), '7e81050001013800138000000f64447e'],
    ['tracking stops', encode.track(0, 0, at(0x1a)), '7e82020006013800138000001a000000000000367e'],
    [
      'some parameters',
      encode.readSomeParameters([0x29, 0x13], at(0x1b)),
      '7e81060009013800138000001b020000002900000013077e',
    ],
    [
      'parameters of other sizes',
      encode.setParameters(
        [
          [encode.ParameterId.movementRadiusM, 300, 2],
          [encode.ParameterId.gnss, 3, 1],
        ],
        at(0x1c),
      ),
      '7e8103000e013800138000001c020000003102012c000000900103b47e',
    ],
    [
      'another server',
      encode.connectTo({ flag: 0, address: 'gw.example.net', tcpPort: 8888, timeLimit: 60 }, at(0x1d)),
      '7e8105001e013800138000001d02303b3b3b3b3b67772e6578616d706c652e6e65743b383838383b3b36301e7e',
    ],
    ['reboot', encode.reboot(at(0x0a)), '7e81050001013800138000000a04217e'],
    ['cut the engine', encode.cutEngine(true, 'g10ls', at(0x0f)), '7e81050001013800138000000f64447e'],
    ['restore the engine', encode.cutEngine(false, 'g10ls', at(0x1e)), '7e81050001013800138000001e65547e'],
    [
      'cut the engine of a Huabao vehicle',
      encode.cutEngine(true, 'huabao', at(0x1f)),
      '7e81050001013800138000001ff0c07e',
    ],
    [
      'restore the engine of a Huabao vehicle',
      encode.cutEngine(false, 'huabao', at(0x20)),
      '7e810500010138001380000020f1fe7e',
    ],
    ['arm', encode.control(Control.arm, '', at(0x21)), '7e81050001013800138000002166687e'],
    ['disarm', encode.control(Control.disarm, '', at(0x22)), '7e810500010138001380000022676a7e'],
    ['voice control', encode.control(Control.voiceControl, [1], at(0x23)), '7e8105000201380013800000231801167e'],
    ['link check', encode.checkLink({ ...at(0x24), version: 1 }), '7e8204400001000000000138001380000024497e'],
    [
      'text of 2019',
      encode.sendText('HI', 1, { ...at(0x25), version: 1 }, 2),
      '7e8300400401000000000138001380000025010248494b7e',
    ],
    [
      'call back',
      encode.callBack('13900001111', false, at(0x26)),
      '7e8400000c01380013800000260031333930303030313131313f7e',
    ],
    ['lock the doors', encode.lockDoors(true, at(0x27)), '7e85000001013800138000002701087e'],
    ['unlock the doors', encode.lockDoors(false, at(0x28)), '7e85000001013800138000002800067e'],
    ['record sound', encode.recordSound(true, 60, true, 1, at(0x29)), '7e88040005013800138000002901003c0101377e'],
    ['stop recording', encode.recordSound(false, 0, false, 0, at(0x2a)), '7e88040005013800138000002a0000000000097e'],
    [
      'Jimi command',
      encode.transparentDown(0xf0, [...Buffer.from('STATUS#')], at(0x2b)),
      '7e89000008013800138000002bf053544154555323c77e',
    ],
    [
      'start video',
      encode.startVideo('192.0.2.9', 1078, 1079, 1, 0, 1, at(0x2c)),
      '7e91010011013800138000002c093139322e302e322e3904360437010001207e',
    ],
    ['stop video', encode.controlVideo(1, 0, 0, 0, at(0x2d)), '7e91020004013800138000002d01000000117e'],
    [
      'vendor interval',
      encode.vendorParameters([[0x06, [0, 0, 0, 30]]], at(0x2e)),
      '7e03100007013800138000002e0106040000001e8d7e',
    ],
    ['vendor restart', encode.vendorParameters([[0x23, [3]]], at(0x2f)), '7e03100004013800138000002f01230103b27e'],
    [
      'vendor oil cut',
      encode.cutOilVendor(true, Date.parse('2025-11-21T01:30:15Z'), at(0x30)),
      '7ea0060007013800138000003001251121093015037e',
    ],
    [
      'vendor oil restore',
      encode.cutOilVendor(false, Date.parse('2025-11-21T01:30:15Z'), at(0x31)),
      '7ea0060007013800138000003100251121093015037e',
    ],
    [
      'confirm several alarms',
      encode.confirmAlarms(4, 0x18000009, at(0x32)),
      '7e8203000601380013800000320004180000090a7e',
    ],
    [
      'ask for packets in the 2019 form',
      encode.askPackets(0x14, [2, 3], { ...at(0x33), version: 1 }),
      '7e80034008010000000001380013800000330014000200020003447e',
    ],
    ['ask for packets', encode.askPackets(0x14, [2], at(5)), '7e80030005013800138000000500140100023e7e'],
  ]
  for (const [name, bytes, hex] of COMMANDS)
    test(`jt808 command: ${name}`, () => {
      expect(hexOf(bytes)).toBe(hex)
    })

  test('jt808 command: firmware itself goes in packets', () => {
    const firmware = { kind: 0, maker: '70111', version: 'V2.', data: [1, 2, 3, 4, 5, 6] }
    expect(encode.pushFirmware(firmware, at(0x40), 15).map(hexOf)).toEqual([
      '7e8108200f0138001380000040000200010037303131310356322e0000000601377e',
      '7e810820050138001380000041000200020203040506417e',
    ])
  })

  test('jt808 encode: a body too long for a frame is refused', () => {
    expect(() =>
      encode.frame(
        0x0900,
        Array.from({ length: 1024 }, () => 0),
        at(1),
      ),
    ).toThrow('1023')
  })
})

/** atrack: what the encoders write is what the decoder reads, and commands are the bytes of the protocol's examples. */
import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import * as encode from '../../src/codecs/atrack/encode.ts'
import { atrack, atrackOptions } from '../../src/codecs/atrack/index.ts'
import { bytesOfHex, hexOf, session, splitAll, take, takeAll, textOf } from './harness.ts'

const codec = atrack(atrackOptions.parse({}))
const ID = '359461040000128'
const T = Date.UTC(2026, 2, 15, 14, 5, 30)
const RECEIVED = T + 60_000

const record = fc.record({
  gpsMs: fc.integer({ min: 1_262_304_000, max: T / 1000 }).map((seconds) => seconds * 1000),
  rtcMs: fc.integer({ min: 1_262_304_000, max: T / 1000 }).map((seconds) => seconds * 1000),
  latE6: fc.integer({ min: -90_000_000, max: 90_000_000 }),
  lonE6: fc.integer({ min: -180_000_000, max: 180_000_000 }),
  heading: fc.nat(359),
  report: fc.constantFrom(0, 2, 4, 17, 106, 230),
  odometerKm: fc.nat(4_294_967_295).map((value) => value / 10),
  hdop: fc.integer({ min: 1, max: 1200 }).map((value) => value / 10),
  inputs: fc.nat(255),
  speedKph: fc.nat(400),
  outputs: fc.nat(255),
  analogV: fc.nat(65_535).map((value) => value / 1000),
  driver: fc.stringMatching(/^[0-9A-F]{0,16}$/).filter((driver) => driver !== '0'),
  temperature1: fc.option(
    fc.integer({ min: -400, max: 1250 }).map((value) => value / 10),
    { nil: undefined },
  ),
  temperature2: fc.option(
    fc.integer({ min: -400, max: 1250 }).map((value) => value / 10),
    { nil: undefined },
  ),
  text: fc.stringMatching(/^[A-Za-z0-9 .:=-]{0,60}$/),
  custom: fc.record({
    SA: fc.nat(64),
    MV: fc.nat(400),
    BV: fc.nat(60),
    GQ: fc.nat(31),
    CE: fc.integer({ min: 1, max: 268_435_455 }),
    LC: fc.integer({ min: 1, max: 65_535 }),
    CN: fc.oneof(fc.integer({ min: 20_000, max: 99_999 }), fc.integer({ min: 200_000, max: 999_999 })),
    // rowOf takes -128 for "unknown" in every column.
    AT: fc.integer({ min: -127, max: 9000 }),
    ET: fc.integer({ min: -39, max: 215 }),
    FC: fc.nat(4_294_967_295),
    VN: fc.stringMatching(/^[A-Z0-9]{0,19}$/),
    CM: fc.bigInt({ min: 1n, max: 999_999_999_999_999n }),
  }),
})
const FORM = '%CI%SA%MV%BV%GQ%CE%LC%CN%AT%ET%FC%VN%CM'

describe('atrack encode → decode', () => {
  for (const [name, write] of [
    ['binary', encode.encodeBinary],
    ['text', encode.encodeText],
  ] as const)
    test(`${name} records give back their values`, () => {
      fc.assert(
        fc.property(
          fc.array(record, { minLength: 1, maxLength: 5 }),
          fc.boolean(),
          fc.constantFrom('@P', '@p', '@J', '\x03\x01', 'XY'),
          fc.nat(65_535),
          fc.constantFrom('', FORM, `%SA%MV%BV%GQ%CE%LC%CN%AT%ET%FC%VN%CM%CI`),
          fc.boolean(),
          (records, readable, prefix, sequence, form, bareText) => {
            fc.pre(records.every((each) => each.latE6 !== 0 || each.lonE6 !== 0))
            const bytes = write({ unitId: ID, sequence, sentMs: T, records, prefix, readable, form, bareText })
            const taken = takeAll(codec, bytes, session(), RECEIVED)
            expect(taken).toHaveLength(1)
            expect([taken[0].reject, taken[0].device, hexOf(taken[0].ack)]).toEqual([
              null,
              ID,
              hexOf(encode.encodeKeepAlive(ID, sequence)),
            ])
            expect(taken[0].rows).toHaveLength(records.length)
            for (const [index, given] of records.entries()) {
              const row = taken[0].rows[index]
              expect(row).toMatchObject({
                table: 'fixes',
                fix_time: new Date(given.gpsMs).toISOString(),
                latitude: given.latE6 / 1e6,
                longitude: given.lonE6 / 1e6,
                course_deg: given.heading,
                speed_kph: given.speedKph,
                inputs: given.inputs,
                outputs: given.outputs,
                ignition: (given.inputs & 1) === 1,
                valid: given.hdop < 99,
              })
              expect(row.odometer_km as number).toBeCloseTo(given.odometerKm, 5)
              expect(row.hdop as number).toBeCloseTo(given.hdop, 3)
              const { custom, text, driver } = given
              expect(row.attributes).toMatchObject({
                sequence,
                report_id: given.report,
                rtc_time: `${new Date(given.rtcMs).toISOString().slice(0, 19)}Z`,
                send_time: `${new Date(T).toISOString().slice(0, 19)}Z`,
                adc1_v: given.analogV,
                crc_ok: true,
              })
              expect(row.attributes.text).toBe(text === '' ? undefined : text)
              expect(row.attributes.driver_id).toBe(driver === '' ? undefined : driver)
              expect(row.attributes.temperature1).toBe(given.temperature1)
              if (form === '') continue
              expect(row).toMatchObject({
                satellites: custom.SA,
                rssi: custom.GQ,
                cell_id: custom.CE,
                lac: custom.LC,
                altitude_m: custom.AT,
              })
              expect((row.mcc as number) * (custom.CN < 100_000 ? 100 : 1000) + (row.mnc as number)).toBe(custom.CN)
              expect(row.power_v as number).toBeCloseTo(custom.MV / 10, 4)
              expect(row.attributes).toMatchObject({
                coolant_temp_c: custom.ET,
                fuel_used_l: custom.FC / 10,
                imsi: String(custom.CM),
                form,
              })
              expect(row.attributes.vin).toBe(custom.VN === '' ? undefined : custom.VN)
            }
          },
        ),
        { numRuns: 400 },
      )
    })

  test('a photo is cut into fragments that say where they belong', () => {
    const jpeg = Uint8Array.from({ length: 2000 }, (_, index) => index & 0xff)
    const frames = encode.encodePhoto(ID, 7, T, jpeg)
    expect(frames.map((frame) => frame.length)).toEqual([816, 816, 440])
    const rows = frames.map((frame) => take(codec, frame, session(), RECEIVED).rows[0])
    expect(rows.map((row) => row.attributes.photo_index)).toEqual([0, 1, 2])
    expect(rows.map((row) => row.attributes.photo_count)).toEqual([3, 3, 3])
    expect(splitAll(codec, Uint8Array.from(Buffer.concat(frames))).frames).toHaveLength(3)
  })

  test('device information gives back its values', () => {
    const info = encode.encodeInfo(
      {
        unitId: ID,
        model: 'AL7',
        firmware: 'Rev.1.05 Build.0012',
        imei: ID,
        imsi: '732101123456789',
        iccid: '8957010000000000017',
        powerV: 12.6,
        batteryV: 4.1,
        satellites: 9,
        registration: 5,
        signal: 21,
        connected: 1,
        antenna: 0,
      },
      'I1',
    )
    const [row] = take(codec, info, session(ID)).rows
    expect(row.message).toBe('device_info')
    expect(row.rssi).toBe(21)
    expect(row.power_v as number).toBeCloseTo(12.6, 5)
    expect(row.attributes).toMatchObject({ model: 'AL7', tag: 'I1', roaming: true, satellites: 9 })
  })
})

describe('atrack frames of the page', () => {
  const base = {
    gpsMs: T,
    rtcMs: T,
    latE6: 4_609_710,
    lonE6: -74_081_750,
    heading: 87,
    odometerKm: 1234.5,
    inputs: 1,
    speedKph: 54,
  }
  test('S1, S2 and S9 come out byte for byte', () => {
    expect(hexOf(encode.encodeKeepAlive(ID, 1))).toBe('fe02000146ed8b998c800001')
    expect(hexOf(encode.encodeBinary({ unitId: ID, sequence: 2, sentMs: T + 1000, records: [base] }))).toBe(
      '40500ff500330002000146ed8b998c8069b6bcaa69b6bcaa69b6bcabfb959a2a004656ae0057020000303900080100360000000007d007d000',
    )
    expect(textOf(encode.encodeText({ unitId: ID, sequence: 41, sentMs: T + 1000, records: [base] }))).toBe(
      '@P,AD5E,107,41,359461040000128,1773583530,1773583530,1773583531,-74081750,4609710,87,2,12345,8,1,54,0,0,,2000,2000,\x1a\r\n',
    )
  })
  test('S7, dates and a driver, comes out byte for byte', () => {
    const bytes = encode.encodeBinary({
      unitId: ID,
      sequence: 7,
      sentMs: T + 1000,
      readable: true,
      records: [
        {
          gpsMs: T,
          rtcMs: T,
          latE6: -33_865_143,
          lonE6: 151_209_900,
          heading: 359,
          report: 10,
          hdop: 1.1,
          inputs: 3,
          outputs: 2,
          analogV: 2.35,
          driver: 'B11DFC000000',
          temperature1: -18.5,
          temperature2: 4.3,
        },
      ],
    })
    expect(hexOf(bytes)).toBe(
      '40505b9800480007000146ed8b998c8007ea030f0e051e07ea030f0e051e07ea030f0e051f090347acfdfb424901670a00000000000b03000002092e42313144464330303030303000ff47002b00',
    )
  })
  test('S12, a photo, comes out byte for byte', () => {
    const jpeg = bytesOfHex('ffd8ffe000104a464946000101000001000100000001020304050607ffd9')
    const frames = encode.encodePhoto(ID, 50, T, jpeg, 16)
    expect(frames.map(hexOf)).toEqual([
      '405230be00220032000146ed8b998c8069b6bcaa00020010ffd8ffe000104a464946000101000001',
      '4052660900200033000146ed8b998c8069b6bcaa0102000e000100000001020304050607ffd9',
    ])
  })
})

describe('atrack commands', () => {
  const { Command } = encode
  const none = { tag: '' }
  test('are the bytes of the page', () => {
    for (const [bytes, text] of [
      [Command.engineCut(), 'AT$OUTC+C1=1,1,0,0,0'],
      [Command.engineRestore(), 'AT$OUTC+C2=1,0,0,0,0'],
      [Command.pulse(1, 30, 20, 4), 'AT$OUTC=1,1,30,20,4'],
      [Command.locate(), 'AT$GPOS=0,0'],
      [Command.locate('2'), 'AT$GPOS=2'],
      [Command.status(), 'AT$INFO=?'],
      [Command.trackEvery(60), 'AT$TRAC=1,60,,,,,2'],
      [Command.readForm(), 'AT$FORM=?'],
      [Command.readForm({ tag: 'F' }), 'AT$FORM+F=?'],
      [Command.setForm('%CI%SA%MV%BV'), 'AT$FORM=1,@P,0,"%CI%SA%MV%BV"'],
      [Command.setForm(''), 'AT$FORM=1,@P,0,""'],
      [Command.readJ1939(), 'AT$FMSC=?'],
      [Command.readJ1708(), 'AT$1708=?'],
      [Command.readReport(101), 'AT$REPT=101,?'],
      [Command.setReport(104, '%SD', '1'), 'AT$REPT=104,1,"%SD","1",0,1'],
      [Command.setReport(101, '%IN0', '1'), 'AT$REPT=101,1,"%IN0","1",0,1'],
      [
        Command.server({ apn: 'apn', user: 'u', password: 'p', host: 'host', port: 8888 }),
        'AT$GPRS=1,"apn","u","p","host",8888,0,3,30,5,1',
      ],
      [
        Command.server(
          { apn: 'apn', user: 'user', password: 'pass', host: 'h', port: 8888 },
          { udp: true, keepAlive: 0, ack: false },
        ),
        'AT$GPRS=1,"apn","user","pass","h",8888,1,3,30,0,0',
      ],
      [Command.readUnitId(), 'AT$UNID=?'],
      [Command.setUnitId('0'), 'AT$UNID=0'],
      [Command.odometer(1234.5), 'AT$ODOM=0,12345,1,0'],
      [Command.geofenceCircle(1, 200, 4_609_710, -74_081_750), 'AT$GFEN=1,1,200,-74081750,4609710'],
      [Command.overspeed(100, 10, 90, 10), 'AT$SPED=100,10,90,10'],
      [Command.logDownload('260315000000', '260316000000'), 'AT$DLOG="260315000000","260316000000"'],
      [Command.gSensorDump(), 'AT$GDAT'],
      [Command.troubleCodes(), 'AT$GDTC=0'],
      [Command.reboot(), 'AT$REST=1,0'],
      [Command.inputs('0,7'), 'AT$INPT=0,7'],
    ] as const)
      expect(textOf(bytes)).toBe(`${text}\r\n`)
  })
  test('a password is the first parameter', () => {
    expect(textOf(Command.engineCut(1, { ...none, password: '1234' }))).toBe('AT$OUTC=1234,1,1,0,0,0\r\n')
    expect(textOf(Command.status({ password: '1234', tag: 'I1' }))).toBe('AT$INFO+I1=1234,?\r\n')
  })
  test('what cannot be a command is refused', () => {
    expect(() => encode.encodeCommand('outc', '1')).toThrow()
    expect(() => encode.encodeCommand('OUTC', '1', { tag: 'TOOLONG' })).toThrow()
    expect(() => encode.encodeCommand('OUTC', '1\r\nAT$REST=4,0')).toThrow()
  })
  test('acks are read as they arrive', () => {
    const ack = encode.encodeKeepAlive(ID, 513)
    for (let length = 0; length < 12; length++) expect(encode.ackSize(ack, 0, length)).toBe(0)
    expect([encode.ackSize(ack, 0, 12), encode.ackSequence(ack, 0)]).toEqual([12, 513])
    expect(encode.ackSize(bytesOfHex('4154'), 0, 2)).toBe(-1)
  })
})

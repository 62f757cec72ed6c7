/** atrack: what the encoders write is what the decoder reads, and commands are the bytes of the protocol's examples. */
import { describe, expect, test } from 'bun:test'
import * as encode from '../../src/codecs/atrack/encode.ts'
import { atrack, atrackOptions } from '../../src/codecs/atrack/index.ts'
import { atrackTracker } from '../../src/simulator/atrack.ts'
import type { SimulatedFix } from '../../src/simulator/vehicle.ts'
import { bytesOfHex, hexOf, session, splitAll, take, takeAll, textOf } from './harness.ts'

const codec = atrack(atrackOptions.parse({}))
const ID = '359461040000128'
const T = Date.UTC(2026, 2, 15, 14, 5, 30)
const RECEIVED = T + 60_000

describe('atrack encode → decode', () => {
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

describe('atrack simulator', () => {
  const fix: SimulatedFix = {
    timeMs: T,
    latitude: -33.1234567,
    longitude: 151.7654321,
    altitudeM: 12,
    speedKph: 44,
    courseDeg: 359,
    satellites: 7,
    valid: true,
    ignition: true,
    batteryPct: 80,
    odometerKm: 12.54,
    alarm: null,
    buffered: false,
  }
  test('a report in each encoding carries its fixes, their alarms, and its serial comes back in the answer', () => {
    for (const imei of ['359461040000124', '359461040000125', '359461040000126', '359461040000127'])
      for (const alarm of [null, ...atrackTracker.alarms]) {
        const fixes = [
          { ...fix, timeMs: T - 1000 },
          { ...fix, alarm },
        ].map(atrackTracker.rounded)
        const { rows, ack, device } = take(codec, atrackTracker.report(imei, fixes, 41), session(), RECEIVED)
        expect(device).toBe(imei)
        expect(rows.map((row) => row.alarms)).toEqual([[], alarm === null ? [] : [alarm]])
        for (const [index, row] of rows.entries())
          expect(row).toMatchObject({
            table: 'fixes',
            fix_time: new Date(fixes[index].timeMs).toISOString(),
            latitude: fixes[index].latitude,
            longitude: fixes[index].longitude,
            speed_kph: 44,
            course_deg: 359,
            satellites: 7,
            valid: true,
            ignition: true,
            odometer_km: fixes[index].odometerKm,
          })
        expect(atrackTracker.readReply(ack, 0, ack.length)).toEqual({ size: 12, kind: 'reports', serial: 41 })
      }
  })
  test('heartbeats bring pictures, texts and device information too, and confirm no report', () => {
    const messages = [0, 1, 2, 3].flatMap((serial) => {
      const taken = takeAll(codec, atrackTracker.heartbeat(ID, fix, serial)!, session(), RECEIVED)
      for (const { ack } of taken.filter((each) => each.ack.length > 0))
        expect(atrackTracker.readReply(ack, 0, ack.length).kind).toBe('login')
      return taken.flatMap(({ rows }) => rows.map((row) => row.message))
    })
    expect(new Set(messages)).toEqual(new Set(['keep_alive', 'photo_fragment', 'text_message', 'device_info']))
  })
})

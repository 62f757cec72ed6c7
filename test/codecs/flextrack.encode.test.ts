/** flextrack: what the encoders write is what the decoder reads, and commands are the operator's words. */
import { describe, expect, test } from 'bun:test'
import { encodeLogon, encodeRaw, encodeUnitstat, readReply } from '../../src/codecs/flextrack/encode.ts'
import { flextrack, flextrackOptions } from '../../src/codecs/flextrack/index.ts'
import { flextrackTracker } from '../../src/simulator/flextrack.ts'
import { bytesOfText, session, takeAll, textOf } from './harness.ts'

const codec = flextrack(flextrackOptions.parse({}))
const RECEIVED = Date.parse('2026-03-14T10:00:05Z')
const only = (bytes: Uint8Array) => {
  const taken = takeAll(codec, bytes, session(), RECEIVED)
  expect(taken.length).toBe(1)
  expect(taken[0].reject).toBeNull()
  expect(taken[0].rows.length).toBe(1)
  return taken[0]
}

describe('flextrack encode → decode', () => {
  test("the page's frames come out byte for byte", () => {
    expect(textOf(encodeLogon('7000004711', '8945020110126630001'))).toBe('-1,LOGON,7000004711,8945020110126630001\r')
    const real = {
      nodeId: '7000004634',
      index: -2,
      timeMs: Date.parse('2005-02-05T18:19:23Z'),
      latE7: 557680200,
      lonE7: 93527750,
      speedKph: 122,
      courseDeg: 198,
      satellites: 6,
      batteryMv: 3934,
      gsmDbm: -81,
      state: 0x1a8,
      mcc: 238,
      mnc: 2,
      altitudeM: 213,
      hdopTenths: 55,
      cellId: 0x37fd,
      fixSeconds: 45,
      lac: 0x55,
      odometer: 12878,
    }
    expect(textOf(encodeUnitstat(real))).toBe(
      '-2,UNITSTAT,20050205,181923,7000004634,N55.46.0812,E009.21.1665,122,198,6,3934,-81,01A8,23802,213,55,37FD,45,0055,12878\r',
    )
  })
})

describe('flextrack commands', () => {
  test("the operator's text gets a CR, and ?, the connection's number", () => {
    expect(textOf(encodeRaw('5,STAT', 9))).toBe('5,STAT\r')
    expect(textOf(encodeRaw('?,STAT,1', 9))).toBe('9,STAT,1\r')
    expect(textOf(encodeRaw('STAT?,', 9))).toBe('STAT?,\r')
    expect(textOf(encodeRaw('?,STAT\r', 1))).toBe('1,STAT\r')
  })
  test('what is not one line is refused', () => {
    for (const text of ['', '\r', 'a\rb', '?,A\r\r', '?,A\n', 'é']) expect(() => encodeRaw(text, 1)).toThrow()
  })
})

describe('flextrack replies', () => {
  const of = (text: string) => flextrackTracker.readReply(bytesOfText(`xx${text}`), 2, text.length + 2)
  test('are read one by one, whole', () => {
    expect(readReply(bytesOfText('-2,ACK\r-3,ACK\r'))).toEqual({ size: 7, index: '-2', keyword: 'ACK' })
    expect(readReply(bytesOfText('-2,ACK'))).toBeNull()
  })
  test('tell the simulated unit what was confirmed', () => {
    expect(of('-1,ACK\r')).toEqual({ size: 7, kind: 'login', serial: -1 })
    expect(of('-18,ACK\r')).toEqual({ size: 8, kind: 'reports', serial: 17 })
    expect(of('3,STAT\r')).toEqual({ size: 7, kind: 'other', serial: -1 })
    expect(of('-1,AC').size).toBe(0)
  })
  test('a simulated status has no place, and its answer confirms no report', () => {
    const fix = { ...SIMULATED, valid: true, satellites: 7 }
    const { rows, ack } = only(flextrackTracker.heartbeat('860000000000017', fix, 42)!)
    expect(rows[0]).toMatchObject({ table: 'telemetry', message: 'UNITSTAT' })
    expect(rows[0].attributes).toMatchObject({ satellites: 0 })
    expect(textOf(ack)).toBe('-43,ACK\r')
  })
  test('a simulated report carries its fix, and its serial comes back in the answer', () => {
    const fix = flextrackTracker.rounded(SIMULATED)
    const { rows, ack, device } = only(flextrackTracker.report('860000000000017', [fix], 41))
    expect(device).toBe('860000000000017')
    expect(rows[0]).toMatchObject({ valid: false, source: 'last_known', speed_kph: 44, satellites: 0 })
    expect(Math.abs((rows[0].latitude as number) - fix.latitude)).toBeLessThan(1e-6)
    expect(flextrackTracker.readReply(ack, 0, ack.length)).toEqual({ size: ack.length, kind: 'reports', serial: 41 })
  })
})

const SIMULATED = {
  timeMs: RECEIVED - 5000,
  latitude: -33.1234567,
  longitude: 151.7654321,
  altitudeM: 12,
  speedKph: 44,
  courseDeg: 359,
  satellites: 7,
  valid: false,
  ignition: true,
  batteryPct: 80,
  odometerKm: 12.5,
  alarm: null,
  buffered: false,
}

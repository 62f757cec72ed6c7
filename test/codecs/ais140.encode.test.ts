/** ais140: the encoders against the samples of the specification, and the replies a tracker reads. */
import { describe, expect, test } from 'bun:test'
import { encodeConfigReply, encodeEmergency, encodeFixed, encodeHealth, encodeLocation, encodeLogin, encodePlainLogin, readReply } from '../../src/codecs/ais140/encode.ts' // prettier-ignore
import { ais140, ais140Options } from '../../src/codecs/ais140/index.ts'
import { ais140Tracker } from '../../src/simulator/ais140.ts'
import type { SimulatedFix } from '../../src/simulator/vehicle.ts'
import { session, take, takeAll, textOf } from './harness.ts'

const codec = ais140(ais140Options.parse({}))
const RECEIVED = Date.parse('2026-03-14T07:45:09Z')
const IMEI = '869170031234567'
const PUNE = { imei: IMEI, latE7: 185_204_300, lonE7: 738_567_440 }
const only = (frame: Uint8Array) => {
  const taken = take(codec, frame, session(), RECEIVED)
  expect(taken.reject).toBeNull()
  expect(taken.rows).toHaveLength(1)
  return taken
}

describe('ais140 encode', () => {
  test('the samples of the specification, character by character', () => {
    expect(textOf(encodeLogin({ ...PUNE, vehicle: 'MH12AB1234' }))).toBe(
      `$,LGN,MARK,MH12AB1234,${IMEI},V0.0.1,AIS140,18.520430,N,73.856744,E,*`,
    )
    const neighbours = 'B3C5,1F2A,19,B3C6,1F2A,17,B3C7,1F2A,15,B3D0,1F2B,12'.split(',')
    const moving = { speedKph: 54, courseDeg: 137.2, satellites: 11, altitudeM: 560.4, powerV: 12.7, rssi: 22 }
    expect(textOf(encodeLocation({ ...PUNE, timeMs: RECEIVED, ...moving, neighbours, frameNumber: 123 }))).toBe(
      `$,NRM,MARK,V0.0.1,NR,01,L,${IMEI},MH12AB1234,1,14032026,074509,18.520430,N,73.856744,E,54.0,137.20,11,560.4,1.20,0.70,AIRTEL,1,1,12.7,4.1,0,C,22,404,22,1F2A,B3C4,B3C5,1F2A,19,B3C6,1F2A,17,B3C7,1F2A,15,B3D0,1F2B,12,0000,00,000123,4E9C,*`,
    )
    const pressed = { ...PUNE, timeMs: Date.parse('2026-03-14T08:15:30Z'), altitudeM: 560.4, distance: 0.12 }
    expect(textOf(encodeEmergency(pressed))).toBe(
      `$,EPB,EMR,${IMEI},NM,14032026081530,A,18.520430,N,73.856744,E,560.4,0.0,0.12,G,MH12AB1234,0,*,00A5`,
    )
    expect(textOf(encodeHealth({ imei: IMEI, batteryPct: 95 }))).toBe(
      `$,HBT,MARK,V0.0.1,${IMEI},95,20,3,10,60,0000,00*`,
    )
    expect(textOf(encodeConfigReply(IMEI, false, '10.1.2.3', RECEIVED, 'SET OK'))).toBe(
      `$,PC,12,${IMEI},1,10.1.2.3,14032026,074509,SET OK,*`,
    )
  })
  test('replies are read back', () => {
    const read = (frame: Uint8Array) => readReply(only(frame).ack)
    expect(read(encodeLogin({ imei: IMEI, latE7: 0, lonE7: 0 }))).toEqual({ kind: 'LGN', size: 19 })
    expect(read(encodeHealth({ imei: IMEI, batteryPct: 50 }))).toEqual({ kind: 'HBT', size: 5 })
    expect(read(encodePlainLogin(IMEI))).toEqual({ kind: '1', size: 5 })
    expect(read(encodeFixed('NRM', IMEI, { timeMs: RECEIVED, latE7: 10, lonE7: 10 }))?.kind).toBe('OK')
  })
})

test('ais140 simulator: what both dialects report is what the truth says, one by one and in bursts', () => {
  for (const digit of [0, 1, 2, 3]) {
    const imei = `86917003123456${digit}`
    for (const alarm of [null, ...ais140Tracker.alarms])
      for (const buffered of [false, true]) {
        const fixes: SimulatedFix[] = [0, 1, 2].map((second) => ({
          timeMs: RECEIVED - 60_000 - second * 1000,
          latitude: -18.52043,
          longitude: 73.856744,
          altitudeM: 500,
          speedKph: 54,
          courseDeg: 137,
          satellites: 11,
          valid: second !== 1,
          ignition: true,
          batteryPct: 80,
          odometerKm: 1234.5,
          alarm: second === 1 ? alarm : null,
          buffered,
        }))
        const taken = takeAll(codec, ais140Tracker.report(imei, fixes, 1), session(), RECEIVED)
        expect(taken.map(({ reject, device }) => [reject, device])).toEqual(taken.map(() => [null, imei]))
        const rows = taken.flatMap((frame) => frame.rows).filter((row) => row.table === 'fixes')
        expect(rows).toMatchObject(
          fixes.map((fix) => ({
            fix_time: new Date(fix.timeMs).toISOString(),
            latitude: -18.52043,
            longitude: 73.856744,
            speed_kph: 54,
            valid: fix.valid,
            buffered,
            alarms: fix.alarm === null ? [] : [fix.alarm],
          })),
        )
        const acks = taken.map(({ ack }) => ack).filter((ack) => ack.length > 0)
        expect(acks.map((ack) => ais140Tracker.readReply(ack, 0, ack.length).kind)).toEqual(['reports'])
      }
    const login = take(codec, ais140Tracker.login(imei, 1), session(), RECEIVED)
    expect([login.device, ais140Tracker.readReply(login.ack, 0, login.ack.length).kind]).toEqual([imei, 'login'])
  }
})

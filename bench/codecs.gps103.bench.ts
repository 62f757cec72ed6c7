/** gps103 per frame, beside a scan of the same bytes for their commas: the least that any reader of the text does. */
import { encodeCellReport, encodeObd, encodeReport } from '../src/codecs/gps103/encode.ts'
import { codecNamed, fleetRing } from './fleet.ts'
import { codecTasks, COMMA_SCAN, randomNumbers, RECEIVED_MS, ring } from './suite.ts'

const random = randomNumbers()

const id = () => `86489303${String(1_000_000 + random(8_999_999))}`
const timeMs = () => RECEIVED_MS - random(86_400_000)

export const rings = [
  ring('F report', () =>
    encodeReport({
      id: id(),
      timeMs: timeMs(),
      zoneMinutes: 60 * (random(20) - 8),
      latE7: random(1_200_000_000) - 600_000_000,
      lonE7: random(2_000_000_000) - 1_000_000_000,
      minuteDecimals: 4 + random(2),
      speedKph: random(130),
      course: random(36_000) / 100,
      altitudeM: random(9000) / 10,
      ignition: random(2) === 1,
      doorOpen: random(2) === 1,
      fuel1Percent: random(10_000) / 100,
      temperatureC: random(60) - 20,
    }),
  ),
  ring('L report', () =>
    encodeCellReport({ id: id(), timeMs: timeMs(), lac: random(65_536), cellId: random(1 << 20), ignition: true }),
  ),
  ring('OBD', () =>
    encodeObd({
      id: id(),
      timeMs: timeMs(),
      odometerKm: random(300_000),
      averageFuel: random(200) / 10,
      drivingTime: random(900),
      speedKph: random(130),
      loadPercent: random(1000) / 10,
      coolantC: 60 + random(40),
      throttlePercent: random(1000) / 10,
      rpm: 700 + random(4000),
      batteryV: 12 + random(20) / 10,
      troubleCodes: random(4) ? [] : ['P0137'],
    }),
  ),
]

export default codecTasks(codecNamed('gps103'), COMMA_SCAN, [...rings, fleetRing('gps103')])

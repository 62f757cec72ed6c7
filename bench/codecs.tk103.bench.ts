/** tk103 per frame, beside a scan of the same bytes for their parentheses: the least that any reader of the text does. */
import { encodeCommaPosition, encodeHandshake, encodeReport } from '../src/codecs/tk103/encode.ts'
import { codecNamed, fleetRing } from './fleet.ts'
import { codecTasks, type Limit, randomNumbers, RECEIVED_MS, ring } from './suite.ts'

const CLOSE = 0x29

const random = randomNumbers()

const header = () => `031${String(100_000_000 + random(899_999_999))}`
const imei = () => `86489303${String(1_000_000 + random(8_999_999))}`
const place = () => ({
  timeMs: RECEIVED_MS - random(86_400_000),
  latE7: random(1_200_000_000) - 600_000_000,
  lonE7: random(2_000_000_000) - 1_000_000_000,
  speedKph: random(1300) / 10,
  course: random(36_000) / 100,
})

/** Where the frames end, and no more. */
const PARENTHESES: Limit = {
  name: 'parenthesis scan',
  run({ bytes }) {
    let found = 0
    for (let at = 0; at < bytes.length; at++) if (bytes[at] === CLOSE) found++
    return found
  },
}

export const rings = [
  ring('BR00', () =>
    encodeReport(header(), {
      ...place(),
      io: { ignition: random(2) === 1, analog: random(4096) },
      odometerM: random(1 << 28),
    }),
  ),
  ring('DW30', () => encodeCommaPosition(imei(), 'DW30', { ...place(), altitudeM: random(9000) / 10, satellites: 9 })),
  ring('BP00', () => encodeHandshake(header(), imei(), { volts: 3.5 + random(70) / 100 }), { answers: true }),
]

export default codecTasks(codecNamed('tk103'), PARENTHESES, [...rings, fleetRing('tk103')])

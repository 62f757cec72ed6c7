/** ais140 per frame, beside a scan of the same bytes for their commas: the least that any reader of the text does. */
import { encodeFixed, encodeLocation } from '../src/codecs/ais140/encode.ts'
import { codecNamed, fleetRing } from './fleet.ts'
import { codecTasks, COMMA_SCAN, randomNumbers, RECEIVED_MS, ring } from './suite.ts'

const random = randomNumbers()

const id = () => `86917003${String(1_000_000 + random(8_999_999))}`
const place = () => ({
  timeMs: RECEIVED_MS - random(86_400_000),
  latE7: random(1_200_000_000) - 600_000_000,
  lonE7: random(2_000_000_000) - 1_000_000_000,
  speedKph: random(130),
  courseDeg: random(35_999) / 100,
  satellites: random(20),
  ignition: random(2) === 1,
})

export const rings = [
  ring('NRM', () => encodeLocation({ imei: id(), ...place(), frameNumber: random(999_999), terminator: ',*\r\n' })),
  ring('C-DAC NRM', () => encodeFixed('NRM', id(), place()), { answers: true }),
]

export default codecTasks(codecNamed('ais140'), COMMA_SCAN, [...rings, fleetRing('ais140')])

/** cantrack per frame, beside a walk over the same bytes that notes their commas: the least that a reader of them does. */
import { encodeBinary, encodeBinaryCell, encodePosition, encodeV3, cellFields } from '../src/codecs/cantrack/encode.ts'
import { codecNamed, fleetRing } from './fleet.ts'
import { codecTasks, COMMA_SCAN, randomNumbers, RECEIVED_MS, ring } from './suite.ts'

const random = randomNumbers()

const imei = () => `86489303${String(1_000_000 + random(8_999_999))}`
const cell = () => ({ mcc: 404, mnc: random(99), lac: 1 + random(65_000), cellId: 1 + random(65_000) })
const position = () => ({
  id: `91${String(10_000_000 + random(89_999_999))}`,
  timeMs: RECEIVED_MS - random(86_400_000),
  latE7: random(1_200_000_000) - 600_000_000,
  lonE7: random(2_000_000_000) - 1_000_000_000,
  speedKph: random(130),
  courseDeg: random(360),
  status: random(2) ? 0xfffffbff : 0xffffffff,
})

export const rings = [
  ring('V1', () => encodePosition({ ...position(), id: imei() }), { answers: true }),
  ring('V1 with cell', () => encodePosition({ ...position(), extras: cellFields(cell(), 'hex') }), { answers: true }),
  ring('V3, six cells', () =>
    encodeV3({
      ...position(),
      mcc: 404,
      mnc: 22,
      cells: Array.from({ length: 6 }, () => [1 + random(65_000), 1 + random(65_000), random(160)] as const),
      batteryRaw: 500 + random(200),
    }),
  ),
  ring('32 bytes', () => encodeBinary({ ...position(), batteryCode: 7 + random(90), record: random(256) })),
  ring('45 bytes', () =>
    encodeBinaryCell({
      ...position(),
      cell: cell(),
      csq: random(32),
      satellites: random(14),
      mileage: random(1 << 30),
    }),
  ),
]

export default codecTasks(codecNamed('cantrack'), COMMA_SCAN, [...rings, fleetRing('cantrack')])

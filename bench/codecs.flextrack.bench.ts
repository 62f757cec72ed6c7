/** flextrack per frame, beside a scan of the same bytes for their commas: the least that any reader of the text does. */
import { encodeLogon, encodeSentence, encodeUnitstat } from '../src/codecs/flextrack/encode.ts'
import { codecNamed, fleetRing } from './fleet.ts'
import { codecTasks, COMMA_SCAN, randomNumbers, RECEIVED_MS, ring } from './suite.ts'

const random = randomNumbers()

const nodeId = () => `7000${String(100_000 + random(899_999))}`

export const rings = [
  ring(
    'UNITSTAT',
    (index) =>
      encodeUnitstat({
        nodeId: nodeId(),
        index: -2 - index,
        timeMs: RECEIVED_MS - random(86_400_000),
        latE7: random(1_200_000_000) - 600_000_000,
        lonE7: random(2_000_000_000) - 1_000_000_000,
        speedKph: random(130),
        courseDeg: random(360),
        satellites: random(14),
        batteryMv: 3400 + random(800),
        gsmDbm: -50 - random(60),
        state: random(0x10000),
        mcc: 238,
        mnc: random(100),
        altitudeM: random(900),
        hdopTenths: random(100),
        cellId: random(0x10000),
        fixSeconds: random(600),
        lac: random(0x10000),
        odometer: random(1_000_000),
      }),
    { answers: true },
  ),
  ring('LOGON', () => encodeLogon(nodeId(), `894502011012${String(1_000_000 + random(8_999_999))}`), { answers: true }),
  ring('other', (index) => encodeSentence(-2 - index, 'EVENT', String(random(1000)), 'x', String(random(9))), {
    identifies: false,
    answers: true,
  }),
]

export default codecTasks(codecNamed('flextrack'), COMMA_SCAN, [...rings, fleetRing('flextrack')])

/** watch per frame, beside a scan of the same bytes for their commas: the least that any reader of the text does. */
import { encodeLink, encodePosition } from '../src/codecs/watch/encode.ts'
import { codecNamed, fleetRing } from './fleet.ts'
import { codecTasks, COMMA_SCAN, randomNumbers, RECEIVED_MS, ring } from './suite.ts'

const random = randomNumbers()

const head = () => ({ id: String(8_000_000_000 + random(99_999_999)) })
const position = (type: string, status: number) => ({
  type,
  timeMs: RECEIVED_MS - random(86_400_000),
  valid: true,
  latE7: random(1_200_000_000) - 600_000_000,
  lonE7: random(2_000_000_000) - 1_000_000_000,
  speedKph: random(900) / 10,
  courseDeg: random(3600) / 10,
  altitudeM: random(9000) / 10,
  satellites: random(20),
  gsmPct: random(100),
  batteryPct: random(100),
  steps: random(20_000),
  tumbles: random(100),
  status,
  mcc: 460,
  mnc: 0,
  cells: [{ lac: random(65_536), cellId: random(1 << 27), signal: random(200) }],
  accuracyM: random(500) / 10,
})
const wifi = () =>
  [1, 2, 3].map((index) => ({ name: `Net-${random(9999)}`, mac: `aa:bb:cc:dd:ee:0${index}`, signal: -40 - random(50) }))

export const rings = [
  ring('UD_LTE', () => encodePosition(head(), { ...position('UD_LTE', 0), wifi: [] })),
  ring('AL_LTE, 3 WiFi', () => encodePosition(head(), { ...position('AL_LTE', 1 << 16), wifi: wifi() }), {
    answers: true,
  }),
  ring('LK', () => encodeLink(head(), { steps: random(20_000), tumbles: random(100), batteryPct: random(100) }), {
    answers: true,
  }),
]

export default codecTasks(codecNamed('watch'), COMMA_SCAN, [...rings, fleetRing('watch')])

/** atrack per frame, beside the checksum over the same bytes: the least that anybody who believes a frame must do. */
import { crc16 } from '../src/codecs/atrack/crc.ts'
import { encodeBinary, encodeText, type PositionFrame } from '../src/codecs/atrack/encode.ts'
import { codecNamed, fleetRing } from './fleet.ts'
import { codecTasks, type Limit, randomNumbers, RECEIVED_MS, ring } from './suite.ts'

const FORM = '%CI%SA%MV%BV%GQ%CE%LC%CN%AT%DT'
const RECORDS_OF_BACKLOG = 10

const random = randomNumbers()

function frame(count: number, form: string): PositionFrame {
  const sentMs = RECEIVED_MS - random(86_400) * 1000
  return {
    unitId: `35946104${String(1_000_000 + random(8_999_999))}`,
    sequence: random(65_536),
    sentMs,
    form,
    records: Array.from({ length: count }, (_, index) => ({
      gpsMs: sentMs - (count - index) * 10_000,
      rtcMs: sentMs - (count - index) * 10_000,
      latE6: random(120_000_000) - 60_000_000,
      lonE6: random(200_000_000) - 100_000_000,
      heading: random(360),
      odometerKm: random(3_000_000) / 10,
      inputs: random(2),
      speedKph: random(130),
      custom: {
        SA: random(20),
        MV: 120 + random(30),
        BV: 41,
        GQ: random(32),
        CE: random(1 << 24),
        LC: 20_481,
        CN: 732_101,
      },
    })),
  }
}

const CHECKSUM: Limit = {
  name: 'checksum',
  run({ bytes, ends }) {
    let different = 0
    let before = -1
    for (let frame = 0, start = 0; frame < ends.length; start = ends[frame++]) {
      const crc = crc16(bytes, start + 4, ends[frame])
      if (crc !== before) different++
      before = crc
    }
    return different > ends.length / 2 ? ends.length : 0
  },
}

export const rings = [
  ring('binary', () => encodeBinary(frame(1, '')), { answers: true }),
  ring('binary, form', () => encodeBinary(frame(1, FORM)), { answers: true }),
  ring(`binary, ${RECORDS_OF_BACKLOG} records`, () => encodeBinary(frame(RECORDS_OF_BACKLOG, '')), {
    answers: true,
    records: RECORDS_OF_BACKLOG,
  }),
  ring('text, form', () => encodeText(frame(1, FORM)), { answers: true }),
]

export default codecTasks(codecNamed('atrack'), CHECKSUM, [...rings, fleetRing('atrack')])

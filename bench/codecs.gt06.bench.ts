/** The gt06 codec per frame, beside a pass that does nothing but the CRC of the same bytes. */
import { crc16 } from '../src/codecs/gt06/crc.ts'
import * as encode from '../src/codecs/gt06/encode.ts'
import { codecNamed, fleetRing } from './fleet.ts'
import { codecTasks, type Limit, RECEIVED_MS, ring } from './suite.ts'

const fixOf = (index: number): encode.Fix => ({
  timeMs: RECEIVED_MS - index * 1000,
  latitude: 18.52 + index * 0.001,
  longitude: 73.85 - index * 0.002,
  speedKph: index % 120,
  courseDeg: (index * 7) % 360,
  satellites: 5 + (index % 10),
})
const cellOf = (index: number): encode.Cell => ({ mcc: 404, mnc: 22, lac: 7978, cid: 46_020 + index })

/** Only the CRC, eight bytes at a time, as our decoder does. */
export const CRC: Limit = {
  name: 'crc only',
  run({ bytes, ends }) {
    let right = 0
    for (let frame = 0, start = 0; frame < ends.length; start = ends[frame++]) {
      const end = ends[frame]
      if (crc16(bytes, start + 2, end - 4) === ((bytes[end - 4] << 8) | bytes[end - 3])) right++
    }
    return right
  },
}

const ANSWERED = { identifies: false, answers: true }

export const rings = [
  ring('location 0x22', (i) => encode.location22(fixOf(i), cellOf(i), { acc: i % 2 === 0 }, i), ANSWERED),
  ring('location 0x12', (i) => encode.location12(fixOf(i), cellOf(i), i), ANSWERED),
  ring(
    'location 0xA0',
    (i) => encode.locationA0(fixOf(i), { ...cellOf(i), cid: 188_501_281 + i }, { acc: true }, i),
    ANSWERED,
  ),
  ring('heartbeat 0x13', (i) => encode.heartbeat({ acc: i % 2 === 0, voltageLevel: i % 7, gsm: i % 5 }, i), ANSWERED),
]

export default codecTasks(codecNamed('gt06'), CRC, [...rings, fleetRing('gt06')])

/** The jt808 codec per frame, beside a pass that does nothing but the check byte of the same bytes. */
import * as encode from '../src/codecs/jt808/encode.ts'
import { codecNamed, fleetRing } from './fleet.ts'
import { codecTasks, type Limit, RECEIVED_MS, ring } from './suite.ts'

const fixOf = (index: number): encode.Fix => ({
  timeMs: RECEIVED_MS - index * 1000,
  latitude: 18.52 + index * 0.001,
  longitude: 73.85 - index * 0.002,
  altitudeM: 500 + (index % 50),
  speedKph: index % 120,
  courseDeg: (index * 7) % 360,
  ignition: index % 2 === 0,
})
const itemsOf = (index: number) => [
  ...encode.Item.odometer(1000 + index),
  ...encode.Item.csq(index % 32),
  ...encode.Item.satellites(5 + (index % 10)),
  ...encode.Item.battery(1 + (index % 100)),
]
const old = (index: number): encode.Head => ({ phone: '13800138000', serial: index })
const newer = (index: number): encode.Head => ({ phone: '865432109876543', serial: index, version: 1 })

/** The check byte of the bytes as they lie: escapes make it another one, but the work is the same. */
const CHECK_BYTE: Limit = {
  name: 'check byte only',
  run({ bytes, ends }) {
    let seen = 0
    for (let frame = 0, start = 0; frame < ends.length; start = ends[frame++]) {
      let xor = 0
      for (let at = start + 1; at < ends[frame] - 1; at++) xor ^= bytes[at]
      if (xor < 256) seen++
    }
    return seen
  },
}

const ANSWERED = { answers: true }

export const rings = [
  ring('location 2013', (i) => encode.location(fixOf(i), old(i), itemsOf(i)), ANSWERED),
  ring('location 2019', (i) => encode.location(fixOf(i), newer(i), itemsOf(i)), ANSWERED),
  ring(
    'location with escapes',
    (i) => encode.location({ ...fixOf(i), alarm: 0x7e007d00 }, old(i), itemsOf(i)),
    ANSWERED,
  ),
  ring('heartbeat', (i) => encode.heartbeat(old(i)), ANSWERED),
]

export default codecTasks(codecNamed('jt808'), CHECK_BYTE, [...rings, fleetRing('jt808')])

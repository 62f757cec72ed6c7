/** ais140: text sentences of the Indian standard for vehicle trackers, as Concox WeTrack140 sends them. */
import type { Codec } from '../codec.ts'
import { decode, describeLogin } from './decode.ts'
import { ack, advance, hash, identify, split } from './frame.ts'
import type { Ais140Options } from './options.ts'
import { SIGNATURES } from './signatures.ts'

export { ais140Options, type Ais140Options } from './options.ts'

export const ais140 = (options: Ais140Options): Codec => {
  const locations = options.ack_locations
  const distanceFirst = options.epb_distance_first
  return {
    name: 'ais140',
    id: 9,
    version: 1,
    oneDevicePerConnection: true,
    signatures: SIGNATURES,
    split,
    identify,
    ack: (bytes, start, end, receivedMs, reply, at) => ack(bytes, start, end, receivedMs, reply, at, locations),
    advance: (bytes, start, end, _receivedMs, state) => advance(bytes, start, end, state),
    hash,
    decode: (bytes, start, end, context, records) => decode(bytes, start, end, context, records, distanceFirst),
    describeLogin,
  }
}

/** gps103: the Coban text protocol (TK103B, GPS103, GPS303 and many rebrands). */
import { ascii } from '../ascii.ts'
import type { Codec } from '../codec.ts'
import { NO_DEVICES, type DeviceSettings } from '../device-settings.ts'
import { decode } from './decode.ts'
import { ack, advance, hash, identify, split } from './frame.ts'
import type { Gps103Options } from './options.ts'
import { SIGNATURES } from './signatures.ts'
import { recogniseSms } from './sms.ts'
import { zonesOf } from './zones.ts'

export { gps103Options, type Gps103Options } from './options.ts'

export const gps103 = (options: Gps103Options, devices: DeviceSettings = NO_DEVICES): Codec => {
  const zones = zonesOf(options.timezone_minutes, devices)
  const terminator = ascii(options.reply_terminator)
  return {
    name: 'gps103',
    id: 2,
    version: 1,
    // A forwarder may carry several trackers: every report names its own.
    oneDevicePerConnection: false,
    signatures: SIGNATURES,
    recogniseSms,
    split,
    identify,
    ack: (bytes, start, end, _receivedMs, reply, at) => ack(bytes, start, end, reply, at, terminator),
    advance: (bytes, start, end, receivedMs, state) => advance(bytes, start, end, receivedMs, state, zones),
    hash,
    decode: (bytes, start, end, context, records) => decode(bytes, start, end, context, records, zones),
  }
}

/** atrack: the wire protocol of all ATrack units, AL7 among them. Source: messages.ts. */
import type { Codec } from '../codec.ts'
import { NO_DEVICES, type DeviceSettings } from '../device-settings.ts'
import { decode } from './decode.ts'
import { ack, hash, identify, split } from './frame.ts'
import type { AtrackOptions } from './options.ts'
import { advance } from './session.ts'
import { settingsOf } from './settings.ts'
import { SIGNATURES } from './signatures.ts'

export { atrackOptions, type AtrackOptions } from './options.ts'

export const atrack = (options: AtrackOptions, devices: DeviceSettings = NO_DEVICES): Codec => {
  const settings = settingsOf(options, devices)
  return {
    name: 'atrack',
    id: 3,
    version: 1,
    oneDevicePerConnection: true,
    signatures: SIGNATURES,
    split: (bytes, start, end, silentMs) => split(bytes, start, end, silentMs, settings),
    identify,
    ack: (bytes, start, end, _receivedMs, reply, at) => ack(bytes, start, end, reply, at),
    advance: (bytes, start, end, _receivedMs, state) => advance(bytes, start, end, state, settings),
    hash: (bytes, start, end, into) => hash(bytes, start, end, into, settings),
    decode: (bytes, start, end, context, records) => decode(bytes, start, end, context, records, settings),
  }
}

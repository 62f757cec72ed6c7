/** cantrack: the ASCII and H02 family of CanTrack, SinoTrack, HuaSunTek and TH, in text and in binary. */
import type { Codec } from '../codec.ts'
import { NO_DEVICES, type DeviceSettings } from '../device-settings.ts'
import { advance, decode } from './decode.ts'
import { hash, identify, split } from './frame.ts'
import type { CantrackOptions } from './options.ts'
import { ack } from './replies.ts'
import { settingsOf } from './settings.ts'
import { SIGNATURES } from './signatures.ts'

export { cantrackOptions, type CantrackOptions } from './options.ts'

export const cantrack = (options: CantrackOptions, devices: DeviceSettings = NO_DEVICES): Codec => {
  const settings = settingsOf(options, devices)
  return {
    name: 'cantrack',
    id: 6,
    version: 1,
    oneDevicePerConnection: true,
    signatures: SIGNATURES,
    split,
    identify,
    ack: (bytes, start, end, receivedMs, reply, at) => ack(bytes, start, end, receivedMs, reply, at, settings),
    advance,
    hash,
    decode: (bytes, start, end, context, records) => decode(bytes, start, end, context, records, settings),
  }
}

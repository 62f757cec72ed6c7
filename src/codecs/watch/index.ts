/** watch: SOS watches and pendants of the SeTracker platforms, `[3G*…]`, `[SG*…]`, `[CS*…]`, `[ZJ*…]`. */
import type { Codec } from '../codec.ts'
import { NO_DEVICES, type DeviceSettings } from '../device-settings.ts'
import { decode } from './decode.ts'
import { ack, hash, identify, split } from './frame.ts'
import type { WatchOptions } from './options.ts'
import { settingsOf } from './settings.ts'
import { SIGNATURES } from './signatures.ts'
import { advance } from './state.ts'

export { watchOptions, type WatchOptions } from './options.ts'

export const watch = (options: WatchOptions, devices: DeviceSettings = NO_DEVICES): Codec => {
  const settings = settingsOf(options, devices)
  return {
    name: 'watch',
    id: 8,
    version: 1,
    oneDevicePerConnection: true,
    signatures: SIGNATURES,
    split,
    identify,
    ack,
    advance,
    hash,
    decode: (bytes, start, end, context, records) => decode(bytes, start, end, context, records, settings),
  }
}

/** watch: SOS watches and pendants of the SeTracker platforms, `[3G*…]`, `[SG*…]`, `[CS*…]`, `[ZJ*…]`. */
import type { Codec } from '../codec.ts'
import { decode } from './decode.ts'
import { ack, hash, identify, split } from './frame.ts'
import type { WatchOptions } from './options.ts'
import { SIGNATURES } from './signatures.ts'
import { advance } from './state.ts'
import { statusAlarms } from './status.ts'

export { watchOptions, type WatchOptions } from './options.ts'

export function watch(options: WatchOptions): Codec {
  const alarms = statusAlarms(options)
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
    decode: (bytes, start, end, context, records) => decode(bytes, start, end, context, records, alarms),
  }
}

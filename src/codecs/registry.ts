/** The one list of protocols. Adding one is a folder and its lines here; docs/add-a-protocol.md shows how. */
import { z } from 'zod'
import { ais140, ais140Options } from './ais140/index.ts'
import { atrack, atrackOptions } from './atrack/index.ts'
import { cantrack, cantrackOptions } from './cantrack/index.ts'
import type { Codec } from './codec.ts'
import { NO_DEVICES, type DeviceSettings } from './device-settings.ts'
import { flextrack, flextrackOptions } from './flextrack/index.ts'
import { gps103, gps103Options } from './gps103/index.ts'
import { gt06, gt06Options } from './gt06/index.ts'
import { jt808, jt808Options } from './jt808/index.ts'
import { tk103, tk103Options } from './tk103/index.ts'
import { watch, watchOptions } from './watch/index.ts'

/** Schema of `[codecs.<protocol>]`: what each protocol lets an operator choose. */
export const codecOptions = z.strictObject({
  gt06: gt06Options.prefault({}),
  ais140: ais140Options.prefault({}),
  atrack: atrackOptions.prefault({}),
  gps103: gps103Options.prefault({}),
  tk103: tk103Options.prefault({}),
  flextrack: flextrackOptions.prefault({}),
  cantrack: cantrackOptions.prefault({}),
  jt808: jt808Options.prefault({}),
  watch: watchOptions.prefault({}),
})
export type CodecOptions = z.infer<typeof codecOptions>

/** Every codec, made with its options and those of single devices. */
export const createCodecs = (options: CodecOptions, devices: DeviceSettings = NO_DEVICES): Codec[] => [
  gt06(options.gt06, devices),
  ais140(options.ais140),
  atrack(options.atrack, devices),
  gps103(options.gps103, devices),
  tk103(options.tk103),
  flextrack(options.flextrack),
  cantrack(options.cantrack, devices),
  jt808(options.jt808, devices),
  watch(options.watch, devices),
]

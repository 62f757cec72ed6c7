/** The one list of protocols. Adding one is a folder and a line here; docs/add-a-protocol.md shows how. */
import { z } from 'zod'
import type { Codec } from './codec.ts'
import { gps103, gps103Options } from './gps103/index.ts'
import { gt06, gt06Options } from './gt06/index.ts'

/** Schema of `[codecs.<protocol>]`: what each protocol lets an operator choose. */
export const codecOptions = z.strictObject({
  gt06: gt06Options.prefault({}),
  gps103: gps103Options.prefault({}),
})
export type CodecOptions = z.infer<typeof codecOptions>

/** Every codec, made with its options. */
export function createCodecs(options: CodecOptions): Codec[] {
  return [gt06(options.gt06), gps103(options.gps103)]
}

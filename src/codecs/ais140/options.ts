/** `[codecs.ais140]` of the configuration. */
import { z } from 'zod'

export const ais140Options = z.strictObject({
  ack_locations: z
    .boolean()
    .default(false)
    .describe('Answer locations of the comma dialect with `$,NRM,<IMEI>,1*`. No unit is known to wait for it.'),
  epb_distance_first: z
    .boolean()
    .default(false)
    .describe('Emergency sentences (EPB) have the distance before the speed, as some state dialects do.'),
})
export type Ais140Options = z.infer<typeof ais140Options>

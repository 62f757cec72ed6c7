/** `[codecs.gt06]` of the configuration. */
import { z } from 'zod'

/** Models whose frames cannot be told from the maker's by their length; everything else the decoder sees by itself. */
export const MODELS = ['concox', 'lw4g', 'seeworld', 'r11', 'vl103', 'trx16i', 'qh302r'] as const
export type Model = (typeof MODELS)[number]

const MINUTES = z.int().min(-900).max(900)

export const gt06Options = z.strictObject({
  strict_crc: z
    .boolean()
    .default(false)
    .describe('Refuse frames with a wrong CRC: no ack, a row in rejects. Off: keep them, with crc_mismatch set.'),
  ack_locations: z
    .boolean()
    .default(true)
    .describe('Acknowledge locations and cells too. The papers want no answer; some clones repeat without one.'),
  address_reply: z
    .boolean()
    .default(false)
    .describe('Answer address requests with "NA"; without it the tracker sends its user no text message.'),
  rfid_confirm: z
    .boolean()
    .default(false)
    .describe('Answer cards read over a serial port (message 9B, framed 02 … 03) as accepted.'),
  timezone_minutes: z
    .union(
      // An environment variable gives a number as text.
      [
        z.literal('login'),
        z
          .string()
          .regex(/^-?\d+$/)
          .transform(Number)
          .pipe(MINUTES),
        MINUTES,
      ],
      '"login", or minutes east of UTC from -900 to 900',
    )
    .default('login')
    .describe('Zone of the local-time messages (10, 11, 12, 16, 18, 1A): what the login says, or minutes east of UTC.'),
  week_rollover: z
    .boolean()
    .default(false)
    .describe('Add 1024 weeks to live fixes that are 1024 weeks (± 2 days) old: receivers from before April 2019.'),
  model: z
    .enum(MODELS)
    .default('concox')
    .describe('Whose meaning heartbeat fields and alarm codes have where clones use the same bytes differently.'),
})
export type Gt06Options = z.infer<typeof gt06Options>

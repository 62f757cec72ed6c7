/** What an operator can choose: the table `[codecs.gps103]` of the configuration. */
import { z } from 'zod'

const MINUTES = z
  .int()
  .min(-12 * 60)
  .max(14 * 60)

export const gps103Options = z.strictObject({
  timezone_minutes: z
    .union(
      // An environment variable gives a number as text.
      [
        z.literal('unknown'),
        z
          .string()
          .regex(/^-?\d+$/)
          .transform(Number)
          .pipe(MINUTES),
        MINUTES,
      ],
      '"unknown", or minutes east of UTC from -720 to 840',
    )
    .default('unknown')
    .describe(
      'Zone set on the trackers, in minutes east of UTC; the device file may say another for single ones. Used for records that carry local time only (OBD, TPMS, reports without a fix, SMS) while the session has not shown its zone by a report with both times. Unknown: UTC is assumed, and the zone of an SMS is told from its receipt.',
    ),
  reply_terminator: z
    .enum(['', '\r\n'])
    .default('')
    .describe('What follows the replies LOAD and ON. The maker sends the bare word; some servers add CR LF.'),
  command_terminator: z
    .enum(['', ';', '\r\n'])
    .default('')
    .describe(
      'What follows a command (`**,imei:<id>,<command>`). The maker sends nothing; some firmware wants a semicolon.',
    ),
})
export type Gps103Options = z.infer<typeof gps103Options>

/** What an operator can choose: the table `[codecs.gps103]` of the configuration. */
import { z } from 'zod'

export const gps103Options = z.strictObject({
  timezone_minutes: z
    .int()
    .min(-12 * 60)
    .max(14 * 60)
    .default(0)
    .describe(
      'Zone set on the trackers, in minutes east of UTC. Used for records that carry local time only (OBD, TPMS, reports without a fix) while the session has not shown its zone by a report with both times.',
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

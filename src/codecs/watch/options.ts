/** What an operator can choose: the table `[codecs.watch]` of the configuration. */
import { z } from 'zod'

export const watchOptions = z.strictObject({
  bit22: z
    .enum(['heart_rate', 'fall'])
    .default('heart_rate')
    .describe(
      'What bit 22 of the status means: the makers say an abnormal heart rate, some platforms read it as a fall.',
    ),
  command_maker: z
    .string()
    .regex(/^([0-9A-Za-z]{2})?$/)
    .default('')
    .describe('Maker letters of commands, for example SG. Empty: the letters the tracker itself uses.'),
})
export type WatchOptions = z.infer<typeof watchOptions>

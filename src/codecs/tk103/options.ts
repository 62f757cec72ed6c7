/** What an operator can choose: the table `[codecs.tk103]` of the configuration. */
import { z } from 'zod'

export const tk103Options = z.strictObject({
  documented_replies: z
    .boolean()
    .default(false)
    .describe(
      'Answer BP18, BR04 and BR03 with AP19, AS07 and AR03, as the documents of some models say. No tracker is known to wait for them.',
    ),
  comma_reply: z
    .enum(['', 'ok'])
    .default('')
    .describe(
      'Reply to every frame of the comma dialect (`(<id>,ZC07,…`): nothing, or "ok" as one maker\'s server sends.',
    ),
})
export type Tk103Options = z.infer<typeof tk103Options>

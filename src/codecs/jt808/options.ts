/** `[codecs.jt808]` of the configuration. */
import { z } from 'zod'

/** Whose meaning the alarm and status bits have that the standard leaves open. */
export const PROFILES = ['asset', 'standard2019', 'personal'] as const
export type Profile = (typeof PROFILES)[number]

/** `8654=personal`, one of a list. */
const isGroupProfile = (text: string): boolean => {
  const [digits, profile, more] = text.split('=').map((part) => part.trim())
  return more === undefined && /^[0-9]{1,20}$/.test(digits) && (PROFILES as readonly string[]).includes(profile)
}

export const jt808Options = z.strictObject({
  check: z
    .enum(['strict', 'lenient'])
    .default('strict')
    .describe(
      'Frames with a wrong check byte: "strict" refuses them; "lenient" keeps those whose length and message fit.',
    ),
  auth: z
    .enum(['accept', 'strict'])
    .default('accept')
    .describe(
      'Authentication codes: accept any, or answer 1 (failed) to a code other than the one given at registration.',
    ),
  alarm_profile: z
    .enum(PROFILES)
    .default('asset')
    .describe('Alarm bits 15 to 17: low battery, vibration, removal (asset, personal) or those of the 2019 standard.'),
  alarm_profiles: z
    .string()
    .refine(
      (list) => list.trim() === '' || list.split(',').every(isGroupProfile),
      'beginnings of device ids with a profile each, "8654=personal, 1380=standard2019"',
    )
    .default('')
    .describe('Device groups with another profile, by the beginning of their ids; the longest that fits counts.'),
  time_zone: z
    .string()
    .regex(/^[+-](0\d|1[0-4]):[0-5]\d$/, 'an offset from UTC such as "+08:00"')
    .default('+08:00')
    .describe('Zone of the trackers’ dates; the standard says +08:00 everywhere.'),
  jimi_alarms: z
    .boolean()
    .default(false)
    .describe(
      'Read item E8 as alarms of Jimi JC units from the first frame; off: once a unit has sent their 0x0900 F0.',
    ),
})
export type Jt808Options = z.infer<typeof jt808Options>

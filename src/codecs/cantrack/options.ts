/** `[codecs.cantrack]` of the configuration. */
import { z } from 'zod'

/** Who says what the bits of the status mean. */
export const PROFILES = ['h02', 'cantrack2023', 'sinotrack', 'huasuntek'] as const
export type Profile = (typeof PROFILES)[number]

const GROUP = /^[0-9]{1,20}$/
const isGroup = (item: string) => GROUP.test(item.trim())
const isGroupProfile = (item: string) => {
  const [group, profile = '', ...more] = item.split('=')
  return isGroup(group) && (PROFILES as readonly string[]).includes(profile.trim()) && more.length === 0
}
const listOf = (isItem: (item: string) => boolean, message: string) =>
  z.string().refine((list) => list.trim() === '' || list.split(',').every(isItem), message)

export const cantrackOptions = z.strictObject({
  status_profile: z
    .enum(PROFILES)
    .default('h02')
    .describe('Whose meaning the status bits have: h02, cantrack2023, sinotrack or huasuntek.'),
  status_profiles: listOf(
    isGroupProfile,
    'beginnings of device ids with a profile each, "9170=sinotrack, 8654=cantrack2023"',
  )
    .default('')
    .describe('Device groups with another profile, by the beginning of their ids; the longest that fits counts.'),
  alarm_on: z
    .enum(['change', 'frame'])
    .default('change')
    .describe('Status bits stay while their cause lasts: raise an alarm when a bit changes, or with every frame.'),
  acknowledge_all: z
    .boolean()
    .default(false)
    .describe('Answer every text and binary frame with R12, which SinoTrack firmware wants.'),
  acknowledge_ids: listOf(isGroup, 'beginnings of device ids, "9170, 42"')
    .default('')
    .describe('Device groups to answer so although acknowledge_all is off, by the beginning of their ids.'),
  earliest_year: z
    .int()
    .min(2000)
    .max(2099)
    .default(2000)
    .describe('Dates of earlier years are not believed: no fix is made of them, and no time.'),
})
export type CantrackOptions = z.infer<typeof cantrackOptions>

/** The options, made ready for the hot path: numbers and tables. */
import type { DeviceSettings } from '../device-settings.ts'
import { alarmTables, type AlarmTables } from './alarms.ts'
import type { Jt808Options, Profile } from './options.ts'

export interface Settings extends AlarmTables {
  readonly lenient: boolean
  readonly authStrict: boolean
  /** How far the trackers' dates are ahead of UTC, where `devices` does not say. */
  readonly zoneMs: number
  readonly devices: DeviceSettings
  readonly jimiAlarms: boolean
  /** Profile `personal`: bit 0 of the status says nothing, item F8 counts steps. */
  readonly personal: boolean
  /** Status bit 6 means armed, bit 26 charging. */
  readonly asset: boolean
  /** Device groups with another profile, the longest beginning of an id first. */
  readonly groups: readonly { readonly beginning: Uint8Array; readonly settings: Settings }[]
}

const ascii = new TextEncoder()

export const settingsOf = (options: Jt808Options, devices: DeviceSettings): Settings => {
  const [hours, minutes] = options.time_zone.slice(1).split(':').map(Number)
  const zoneMs = (hours * 60 + minutes) * 60_000
  const ofProfile = (profile: Profile) => ({
    lenient: options.check === 'lenient',
    authStrict: options.auth === 'strict',
    zoneMs: options.time_zone.startsWith('-') ? -zoneMs : zoneMs,
    devices,
    jimiAlarms: options.jimi_alarms,
    personal: profile === 'personal',
    asset: profile !== 'standard2019',
    groups: [],
    ...alarmTables(profile),
  })
  const groups = options.alarm_profiles.split(',').flatMap((part) => {
    const [beginning, profile] = part.split('=').map((word) => word.trim())
    return profile ? [{ beginning: ascii.encode(beginning), settings: ofProfile(profile as Profile) }] : []
  })
  return {
    ...ofProfile(options.alarm_profile),
    groups: groups.toSorted((a, b) => b.beginning.length - a.beginning.length),
  }
}

/** The settings for the device whose id is bytes[from, to). */
export const settingsFor = (settings: Settings, bytes: Uint8Array, from: number, to: number): Settings => {
  const { groups } = settings
  for (let index = 0; index < groups.length; index++)
    if (beginsWith(bytes, from, to, groups[index].beginning)) return groups[index].settings
  return settings
}

const beginsWith = (bytes: Uint8Array, from: number, to: number, beginning: Uint8Array): boolean => {
  if (to - from < beginning.length) return false
  for (let at = 0; at < beginning.length; at++) if (bytes[from + at] !== beginning[at]) return false
  return true
}

/** The options, made ready for the hot path: numbers and tables. */
import { Alarm } from '../alarms.ts'
import { ascii } from '../ascii.ts'
import type { FrameContext } from '../codec.ts'
import type { DeviceSettings } from '../device-settings.ts'
import { COMMON_BITS, PROFILE_BITS } from './messages.ts'
import type { CantrackOptions, Profile } from './options.ts'
import { packed } from './state.ts'

/** What the bits of the status raise, packed. */
export interface StatusTable {
  /** Alarm by packed bit; 0: none. */
  readonly alarms: Uint8Array
  /** Bits that raise anything. */
  readonly mask: number
}

/** Devices whose ids begin alike. */
interface Group {
  readonly beginning: Uint8Array
  readonly status: StatusTable
}

export interface Settings {
  readonly status: StatusTable
  /** Longest beginning first. */
  readonly groups: readonly Group[]
  readonly everyFrame: boolean
  readonly acknowledgeAll: boolean
  readonly acknowledged: readonly Uint8Array[]
  /** Earlier times are not believed. */
  readonly earliestMs: number
  readonly devices: DeviceSettings
}

export const settingsOf = (options: CantrackOptions, devices: DeviceSettings): Settings => {
  const groups = parts(options.status_profiles).map((part) => {
    const [beginning, profile] = part.split('=')
    return { beginning: ascii(beginning.trim()), status: statusTable(profile.trim() as Profile) }
  })
  return {
    status: statusTable(options.status_profile),
    groups: groups.toSorted((a, b) => b.beginning.length - a.beginning.length),
    everyFrame: options.alarm_on === 'frame',
    acknowledgeAll: options.acknowledge_all,
    acknowledged: parts(options.acknowledge_ids).map(ascii),
    earliestMs: Date.UTC(options.earliest_year, 0, 1),
    devices,
  }
}

const MINUTE_MS = 60_000
/** Zone that the device file gives the tracker's clock, ms east of UTC; 0: the family's own, UTC. */
export const zoneMsOf = ({ devices }: Settings, { device, deviceStart, deviceEnd }: FrameContext): number => {
  const index = devices.find(device, deviceStart, deviceEnd)
  const minutes = index < 0 ? NaN : devices.timezoneMinutes[index]
  return Number.isNaN(minutes) ? 0 : minutes * MINUTE_MS
}

const parts = (list: string): string[] =>
  list
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')

const statusTable = (profile: Profile): StatusTable => {
  const alarms = new Uint8Array(32)
  let mask = 0
  const bits = profile === 'cantrack2023' ? PROFILE_BITS.cantrack2023 : [...COMMON_BITS, ...PROFILE_BITS[profile]]
  for (const [bit, name] of bits) {
    const at = packed(1 << bit)
    alarms[31 - Math.clz32(at)] = Alarm[name]
    mask |= at
  }
  return { alarms, mask }
}

/** The table for the device whose id is `bytes[from, to)`. */
export const statusOf = (settings: Settings, bytes: Uint8Array, from: number, to: number): StatusTable => {
  const { groups } = settings
  for (let index = 0; index < groups.length; index++)
    if (beginsWith(bytes, from, to, groups[index].beginning)) return groups[index].status
  return settings.status
}

/** True if `bytes[from, to)` begins with `beginning`. */
export const beginsWith = (bytes: Uint8Array, from: number, to: number, beginning: Uint8Array): boolean => {
  if (to - from < beginning.length) return false
  for (let at = 0; at < beginning.length; at++) if (bytes[from + at] !== beginning[at]) return false
  return true
}

/** The options, made ready for the hot path: numbers and tables. */
import { alarmTables, type AlarmTables } from './alarms.ts'
import type { DeviceSettings } from '../device-settings.ts'
import type { Jt808Options } from './options.ts'

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
}

export function settingsOf(options: Jt808Options, devices: DeviceSettings): Settings {
  const [hours, minutes] = options.time_zone.slice(1).split(':').map(Number)
  const zoneMs = (hours * 60 + minutes) * 60_000
  return {
    lenient: options.check === 'lenient',
    authStrict: options.auth === 'strict',
    zoneMs: options.time_zone.startsWith('-') ? -zoneMs : zoneMs,
    devices,
    jimiAlarms: options.jimi_alarms,
    personal: options.alarm_profile === 'personal',
    asset: options.alarm_profile !== 'standard2019',
    ...alarmTables(options.alarm_profile),
  }
}

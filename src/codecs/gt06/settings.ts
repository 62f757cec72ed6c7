/** The options, made ready for the hot path: numbers and tables. */
import type { DeviceSettings } from '../device-settings.ts'
import { alarmTable, type AlarmTable } from './alarms.ts'
import type { Gt06Options, Model } from './options.ts'

/** `zoneMinutes`: use what the login said. */
export const ZONE_OF_LOGIN = -32768

export interface Settings extends AlarmTable {
  readonly strictCrc: boolean
  readonly ackLocations: boolean
  readonly addressReply: boolean
  readonly rfidConfirm: boolean
  readonly weekRollover: boolean
  /** Minutes east of UTC, or ZONE_OF_LOGIN; `devices` may say otherwise of single ones. */
  readonly zoneMinutes: number
  readonly model: Model
  readonly devices: DeviceSettings
}

export const settingsOf = (options: Gt06Options, devices: DeviceSettings): Settings => ({
  strictCrc: options.strict_crc,
  ackLocations: options.ack_locations,
  addressReply: options.address_reply,
  rfidConfirm: options.rfid_confirm,
  weekRollover: options.week_rollover,
  zoneMinutes: options.timezone_minutes === 'login' ? ZONE_OF_LOGIN : options.timezone_minutes,
  model: options.model,
  devices,
  ...alarmTable(options.model),
})

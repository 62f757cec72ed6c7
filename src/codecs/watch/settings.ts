/** The options, made ready for the hot path, and those of single devices. */
import type { FrameContext } from '../codec.ts'
import type { DeviceSettings } from '../device-settings.ts'
import type { WatchOptions } from './options.ts'
import { statusAlarms, type StatusAlarms } from './status.ts'

export interface Settings {
  readonly alarms: StatusAlarms
  readonly devices: DeviceSettings
}

export const settingsOf = (options: WatchOptions, devices: DeviceSettings): Settings => ({
  alarms: statusAlarms(options),
  devices,
})

const MINUTE_MS = 60_000
/** Zone that the device file gives the tracker's clock, ms east of UTC; 0: the family's own, UTC. */
export const zoneMsOf = ({ devices }: Settings, { device, deviceStart, deviceEnd }: FrameContext): number => {
  const index = devices.find(device, deviceStart, deviceEnd)
  const minutes = index < 0 ? NaN : devices.timezoneMinutes[index]
  return Number.isNaN(minutes) ? 0 : minutes * MINUTE_MS
}

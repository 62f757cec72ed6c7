/** The zones of the trackers' clocks as the operator says them, for what a frame and its session do not show. */
import { NO_DEVICES, type DeviceSettings } from '../device-settings.ts'
import { ZONE_UNKNOWN } from './session.ts'

export interface Zones {
  readonly devices: DeviceSettings
  /** Of all trackers whose own zone the device file does not say; ZONE_UNKNOWN if nobody said. */
  readonly others: number
  /** True if any of these is beyond +12: only then do reports with both times need to be asked about their tracker. */
  readonly beyondTwelve: boolean
}

export const zonesOf = (others: number | 'unknown', devices: DeviceSettings = NO_DEVICES): Zones => {
  const beyond = (minutes: number) => minutes > 12 * 60
  return {
    devices,
    others: others === 'unknown' ? ZONE_UNKNOWN : others,
    beyondTwelve: (others !== 'unknown' && beyond(others)) || devices.timezoneMinutes.some(beyond),
  }
}

/** Zone that the device file says of the tracker with the id `bytes[from, to)`, in minutes; ZONE_UNKNOWN. */
export const zoneOfDevice = (bytes: Uint8Array, from: number, to: number, zones: Zones): number => {
  const index = zones.devices.find(bytes, from, to)
  // NaN: the file says other things of it.
  if (index < 0 || Number.isNaN(zones.devices.timezoneMinutes[index])) return ZONE_UNKNOWN
  return zones.devices.timezoneMinutes[index]
}

/** Zone that the operator says of a tracker, in the device file or for all; ZONE_UNKNOWN. */
export const zoneSaid = (bytes: Uint8Array, from: number, to: number, zones: Zones): number => {
  const own = zoneOfDevice(bytes, from, to, zones)
  return own === ZONE_UNKNOWN ? zones.others : own
}

/** The options in the shape the hot path wants. */
import { ascii } from '../ascii.ts'
import type { DeviceSettings } from '../device-settings.ts'
import { Alarm, type AlarmName } from '../alarms.ts'
import { REPORTS } from './messages.ts'
import { itemsOf, type AtrackOptions } from './options.ts'

export interface Settings {
  strict: boolean
  form: Uint8Array
  formExtra: Uint8Array
  /** Forms of single units, which go before `form`. */
  devices: DeviceSettings
  /** By report id: alarm, or 0; word for `events`, or empty; the state of input 0 that must agree, or 2. */
  reportAlarm: Uint8Array
  reportEvent: Uint8Array[]
  reportIgnition: Uint8Array
  /** Alarm by input. */
  inputAlarm: Uint8Array
  /** Bit of the output, or 0. */
  immobiliser: number
  fuelDecimal: boolean
}

const NOTHING = new Uint8Array(0)
const ANY = 2

export const settingsOf = (options: AtrackOptions, devices: DeviceSettings): Settings => {
  const settings: Settings = {
    strict: options.crc === 'strict',
    form: ascii(options.form),
    formExtra: ascii(options.form_extra),
    devices,
    reportAlarm: new Uint8Array(256),
    reportEvent: Array.from({ length: 256 }, (_, id) => (id > 100 ? ascii(`report_${id}`) : NOTHING)),
    reportIgnition: new Uint8Array(256).fill(ANY),
    inputAlarm: new Uint8Array(8),
    immobiliser: options.immobiliser_output > 0 ? 1 << (options.immobiliser_output - 1) : 0,
    fuelDecimal: options.fuel_sensor === 'decimal',
  }
  for (const [id, meaning] of [...REPORTS, ...itemsOf(options.reports)]) {
    const report = Number(id)
    const alarm = typeof meaning === 'number' ? meaning : ((Alarm[meaning as AlarmName] as number | undefined) ?? 0)
    settings.reportAlarm[report] = alarm
    if (alarm === 0) settings.reportEvent[report] = ascii(String(meaning))
    if (alarm === Alarm.ignition_on) settings.reportIgnition[report] = 1
    if (alarm === Alarm.ignition_off) settings.reportIgnition[report] = 0
  }
  for (const [input, alarm] of itemsOf(options.inputs)) settings.inputAlarm[Number(input)] = Alarm[alarm as AlarmName]
  return settings
}

/** Form of the unit whose id in decimal digits is bytes[from, to). */
export const formOf = (bytes: Uint8Array, from: number, to: number, settings: Settings): Uint8Array => {
  const { devices, form } = settings
  const device = devices.find(bytes, from, to)
  return device >= 0 && devices.form[device].length > 0 ? devices.form[device] : form
}

/** The options in the shape the hot path wants. */
import type { DeviceSettings } from '../device-settings.ts'
import { Alarm, type AlarmName } from '../alarms.ts'
import { high, low, parseId } from './identity.ts'
import { ascii, REPORTS } from './messages.ts'
import { itemsOf, type AtrackOptions } from './options.ts'

export interface Settings {
  strict: boolean
  form: Uint8Array
  formExtra: Uint8Array
  /** Forms by unit id: open addressing, FORM_SLOTS a power of two; the mask is -1 when there are none. */
  formMask: number
  formHigh: Uint32Array
  formLow: Uint32Array
  forms: (Uint8Array | null)[]
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

export function settingsOf(options: AtrackOptions, devices: DeviceSettings): Settings {
  const entries = itemsOf(options.forms).map(([id, form]) => [ascii(id), ascii(form)])
  devices.ids.forEach((id, index) => {
    if (devices.form[index].length > 0) entries.push([id, devices.form[index]])
  })
  let size = 1
  while (size < 2 * entries.length) size *= 2
  const settings: Settings = {
    strict: options.crc === 'strict',
    form: ascii(options.form),
    formExtra: ascii(options.form_extra),
    formMask: entries.length > 0 ? size - 1 : -1,
    formHigh: new Uint32Array(size),
    formLow: new Uint32Array(size),
    forms: Array.from({ length: size }, () => null),
    reportAlarm: new Uint8Array(256),
    reportEvent: Array.from({ length: 256 }, (_, id) => (id > 100 ? ascii(`report_${id}`) : NOTHING)),
    reportIgnition: new Uint8Array(256).fill(ANY),
    inputAlarm: new Uint8Array(8),
    immobiliser: options.immobiliser_output > 0 ? 1 << (options.immobiliser_output - 1) : 0,
    fuelDecimal: options.fuel_sensor === 'decimal',
  }
  for (const [id, form] of entries) {
    if (!parseId(id, 0, id.length)) continue
    let at = (high ^ low) & settings.formMask
    while (settings.forms[at] !== null) at = (at + 1) & settings.formMask
    settings.formHigh[at] = high
    settings.formLow[at] = low
    settings.forms[at] = form
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

/** Form of the unit whose id has these halves. */
export function formOf(upper: number, lower: number, settings: Settings): Uint8Array {
  const mask = settings.formMask
  if (mask < 0) return settings.form
  for (let at = (upper ^ lower) & mask; settings.forms[at] !== null; at = (at + 1) & mask)
    if (settings.formHigh[at] === upper && settings.formLow[at] === lower) return settings.forms[at]!
  return settings.form
}

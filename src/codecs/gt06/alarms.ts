/**
 * Alarm codes of the papers' table "alarm and language", and what clones add to it. The maker's meaning is the
 * default; a model overrides single rows. A code that is not here stays a number in the attributes.
 */
import { Alarm, type AlarmName } from '../alarms.ts'
import type { Model } from './options.ts'

/** code, meaning, detail */
const CODES: readonly (readonly [number, AlarmName, string?])[] = [
  [0x01, 'sos'],
  [0x02, 'power_cut'],
  [0x03, 'vibration'],
  [0x04, 'geofence_enter'],
  [0x05, 'geofence_exit'],
  [0x06, 'overspeed'],
  [0x09, 'movement'],
  [0x0a, 'gps_blind_zone'],
  [0x0b, 'gps_blind_zone_exit'],
  [0x0c, 'power_on'],
  [0x0d, 'gps_first_fix'],
  [0x0e, 'low_power'],
  [0x0f, 'low_power_protection'],
  [0x10, 'sim_changed'],
  [0x11, 'power_off'],
  [0x12, 'airplane_mode'],
  [0x13, 'tamper'],
  [0x14, 'door'],
  [0x15, 'low_battery_shutdown'],
  [0x16, 'sound'],
  [0x17, 'fake_base_station'],
  [0x18, 'tamper', 'cover_open'],
  [0x19, 'low_battery'],
  [0x1a, 'harsh_braking'],
  [0x1b, 'harsh_cornering'],
  [0x20, 'sleep'],
  [0x23, 'fall_detected'],
  [0x24, 'charger_connected'],
  [0x25, 'tamper'],
  [0x26, 'harsh_acceleration'],
  [0x27, 'harsh_braking'],
  [0x28, 'harsh_braking'],
  [0x29, 'harsh_acceleration'],
  [0x2a, 'harsh_cornering', 'left'],
  [0x2b, 'harsh_cornering', 'right'],
  [0x2c, 'collision'],
  [0x2d, 'rollover'],
  [0x2e, 'harsh_cornering'],
  [0x30, 'harsh_braking'],
  [0x32, 'tamper', 'unplugged'],
  [0x33, 'lock'],
  [0x34, 'unlock'],
  [0x3c, 'theft'],
  [0x3d, 'illegal_start'],
  [0x3e, 'button'],
  [0x4b, 'tilt'],
  [0x4c, 'harsh_cornering'],
  [0x4d, 'lane_change'],
  [0x4e, 'vehicle_unstable'],
  [0x4f, 'vehicle_unstable'],
  [0x53, 'fuel_leak'],
  [0x5b, 'temperature'],
  [0x5c, 'temperature'],
  [0x5e, 'wire_cut'],
  [0xc9, 'idle'],
  [0xf0, 'harsh_acceleration'],
  [0xf1, 'harsh_braking'],
  [0xf2, 'collision'],
  [0xfe, 'ignition_on'],
  [0xff, 'ignition_off'],
  [0x107, 'jamming'],
  [0x10b, 'jamming'],
]

/** Where a model means something else. TRX16i's 09 is a geofence event without a direction: no alarm of ours. */
const MODEL_CODES: Partial<Record<Model, readonly (readonly [number, AlarmName | null, string?])[]>> = {
  lw4g: [
    [0x18, 'collision'],
    [0x19, 'harsh_acceleration'],
  ],
  seeworld: [
    [0x28, 'harsh_cornering'],
    [0x29, 'collision'],
  ],
  vl103: [
    [0x09, 'movement', 'tow'],
    [0x28, 'power_off'],
  ],
  trx16i: [[0x09, null, 'geofence']],
}

/** Codes have up to 12 bits (see EXTENDED_ALARM). */
const CODES_END = 0x1000

export interface AlarmTable {
  /** Normalised alarm by code, 0 for none. */
  readonly alarms: Uint8Array
  /** A word more about the code, for the attribute `alarm_detail`. */
  readonly details: readonly (Uint8Array | undefined)[]
}

export const alarmTable = (model: Model): AlarmTable => {
  const alarms = new Uint8Array(CODES_END)
  const details: (Uint8Array | undefined)[] = Array.from({ length: CODES_END })
  for (const [code, name, detail] of [...CODES, ...(MODEL_CODES[model] ?? [])]) {
    alarms[code] = name ? Alarm[name] : 0
    details[code] = detail ? new TextEncoder().encode(detail) : undefined
  }
  return { alarms, details }
}

/** TI bits 5–3; 101 to 111 are clones' own. */
export const TI_ALARMS = Uint8Array.of(0, Alarm.vibration, Alarm.power_cut, Alarm.low_battery, Alarm.sos, 0, 0, 0)

/** Events of dash cameras (0x95). */
export const CAMERA_ALARMS = new Uint8Array(256)
/** Events of module 0034 in modular packets (0x70). */
export const MODULAR_ALARMS = new Uint8Array(256)
/** Status of AZ735 alarms (0x33 in a long frame); A0 and A1 are arming. */
export const AZ735_ALARMS = new Uint8Array(256)
for (const [table, rows] of [
  [
    CAMERA_ALARMS,
    [
      [0x01, 'sos'],
      [0x0e, 'low_power'],
      [0x76, 'temperature'],
      [0x80, 'vibration'],
      [0x87, 'overspeed'],
      [0x88, 'power_cut'],
      [0x90, 'harsh_acceleration'],
      [0x91, 'harsh_braking'],
      [0x92, 'harsh_cornering'],
      [0x93, 'collision'],
    ],
  ],
  [
    MODULAR_ALARMS,
    [
      [0x10, 'door'],
      [0x12, 'tamper'],
      [0x14, 'geofence_enter'],
      [0x15, 'geofence_exit'],
      [0x16, 'temperature'],
      [0x1a, 'low_battery'],
      [0x1b, 'overspeed'],
      [0x1c, 'power_on'],
      [0x1d, 'power_off'],
      [0x20, 'vibration'],
      [0x21, 'power_cut'],
      [0x23, 'tamper'],
    ],
  ],
  [
    AZ735_ALARMS,
    [
      [0xa2, 'low_battery'],
      [0xa3, 'low_battery'],
      [0xa4, 'general'],
      [0xa5, 'door'],
    ],
  ],
] as [Uint8Array, [number, AlarmName][]][])
  for (const [code, name] of rows) table[code] = Alarm[name]

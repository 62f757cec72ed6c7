/** Alarm bits and codes by their normalised names. */
import { Alarm, type AlarmName } from '../alarms.ts'
import type { Records } from '../records.ts'
import type { Profile } from './options.ts'

/**
 * Alarm bits of a location: bit, alarm, and whether it is an event. An event is one each time it is sent (the tracker
 * clears its bit once it is answered); the others stay while the condition lasts and are raised when it begins.
 */
const EVENT = true
const BITS: readonly (readonly [number, AlarmName, boolean?])[] = [
  [0, 'sos', EVENT],
  [1, 'overspeed'],
  [2, 'fatigue'],
  [3, 'danger_warning', EVENT],
  [4, 'gps_fault'],
  [5, 'gps_antenna_cut'],
  [6, 'gps_antenna_short'],
  [7, 'low_power'],
  [8, 'power_cut'],
  [9, 'fault'],
  [10, 'fault'],
  [11, 'fault'],
  [12, 'fault'],
  [13, 'overspeed_warning'],
  [14, 'fatigue_warning'],
  [18, 'fatigue'],
  [19, 'parking_timeout'],
  [20, 'geofence', EVENT],
  [21, 'route_deviation', EVENT],
  [22, 'route_time', EVENT],
  [23, 'route_deviation'],
  [24, 'fault'],
  [25, 'fuel_abnormal'],
  [26, 'theft'],
  [27, 'ignition_illegal', EVENT],
  [28, 'movement', EVENT],
  [29, 'collision'],
  [30, 'rollover'],
  [31, 'door', EVENT],
]
const ASSET: typeof BITS = [
  [15, 'low_battery', EVENT],
  [16, 'vibration'],
  [17, 'removing'],
]
const PROFILE_BITS: Record<Profile, typeof BITS> = {
  asset: ASSET,
  standard2019: [
    [15, 'driving_violation'],
    [16, 'tyre_pressure'],
    [17, 'blind_spot'],
  ],
  personal: [...ASSET, [29, 'fall_detected'], [30, 'fall_detected']],
}

export interface AlarmTables {
  /** Alarm by bit of the alarm word. */
  readonly bitAlarms: Uint8Array
  /** By alarm bit: the bit of the session's conditions that remembers it, 0 for events. */
  readonly bitConditions: Int32Array
}

/** Bits of a session's memory that hold conditions. */
export const CONDITION_BITS = 19

export const alarmTables = (profile: Profile): AlarmTables => {
  const bitAlarms = new Uint8Array(32)
  const bitConditions = new Int32Array(32)
  const rows = new Map<number, (typeof BITS)[number]>()
  for (const row of [...BITS, ...PROFILE_BITS[profile]]) rows.set(row[0], row)
  const conditions: AlarmName[] = [...new Set([...rows.values()].filter((row) => !row[2]).map((row) => row[1]))]
  if (conditions.length > CONDITION_BITS)
    throw new Error(`${conditions.length} conditions do not fit ${CONDITION_BITS}`)
  for (const [bit, name, event] of rows.values()) {
    bitAlarms[bit] = Alarm[name]
    bitConditions[bit] = event ? 0 : 1 << conditions.indexOf(name)
  }
  return { bitAlarms, bitConditions }
}

/** Conditions that hold with these alarm bits. */
export const conditionsOf = (bits: number, tables: AlarmTables): number => {
  let conditions = 0
  for (let rest = bits; rest !== 0;) {
    const bit = 31 - Math.clz32(rest)
    rest &= ~(1 << bit)
    conditions |= tables.bitConditions[bit]
  }
  return conditions
}

const bitTable = (size: number, rows: readonly (readonly [number, AlarmName])[]): Uint8Array => {
  const table = new Uint8Array(size)
  for (const [code, name] of rows) table[code] = Alarm[name]
  return table
}

/** Item 57, alarm WORD by bit. */
export const ITEM_57 = bitTable(16, [
  [8, 'harsh_acceleration'],
  [9, 'harsh_braking'],
  [10, 'harsh_cornering'],
])
/** Item F4 (two bytes) by bit; inputs are bits 6 and 7. */
export const ITEM_F4 = bitTable(16, [
  [0, 'harsh_acceleration'],
  [1, 'harsh_braking'],
  [2, 'harsh_braking'],
  [3, 'harsh_cornering'],
  [4, 'collision'],
  [5, 'rollover'],
])
/** Item FA by bit. Bit 11, armed, is no alarm. */
export const ITEM_FA = bitTable(32, [
  [0, 'vibration'],
  [1, 'removing'],
  [2, 'sleep'],
  [3, 'harsh_acceleration'],
  [4, 'harsh_braking'],
  [5, 'harsh_cornering'],
  [6, 'ignition_on'],
  [7, 'ignition_off'],
  [8, 'low_battery'],
  [9, 'power_off'],
  [10, 'low_battery_shutdown'],
])
/** Item FE that begins with 7C, entry 01, by bit. */
export const ITEM_FE = bitTable(32, [
  [0, 'harsh_acceleration'],
  [1, 'harsh_braking'],
  [2, 'harsh_cornering'],
  [3, 'collision'],
  [4, 'tamper'],
])
/** Item E7, first WORD, by bit. */
export const ITEM_E7 = bitTable(16, [
  [0, 'vibration'],
  [1, 'sos'],
  [2, 'sos'],
  [3, 'sos'],
])
/** Item 70 by type. */
export const ITEM_70 = bitTable(256, [
  [0x01, 'harsh_acceleration'],
  [0x02, 'harsh_braking'],
  [0x03, 'harsh_cornering'],
  [0x16, 'collision'],
])
/** Item E8 of Jimi JC units by type. */
export const ITEM_E8 = bitTable(0x1000, [
  [0x400, 'harsh_acceleration'],
  [0x412, 'harsh_acceleration'],
  [0x401, 'harsh_braking'],
  [0x413, 'harsh_braking'],
  [0x402, 'harsh_cornering'],
  [0x414, 'harsh_cornering'],
  [0x403, 'overspeed'],
  [0x405, 'collision'],
  [0x416, 'collision'],
  [0x417, 'collision'],
  [0x406, 'vibration'],
  [0x407, 'tow'],
  [0x408, 'geofence_enter'],
  [0x409, 'geofence_exit'],
  [0x40c, 'door'],
  [0xc01, 'sos'],
  [0xc02, 'low_power'],
  [0xc03, 'ignition_on'],
  [0xc04, 'ignition_off'],
  [0xc0e, 'power_cut'],
  [0xc0f, 'low_battery'],
  [0xc10, 'power_off'],
  [0xc12, 'tamper'],
])
/** Alarm codes of 0x0900 F0, subtype 03. */
export const OBD_ALARMS = bitTable(256, [
  [0x01, 'power_restored'],
  [0x02, 'power_cut'],
  [0x0e, 'idle'],
  [0x1a, 'harsh_acceleration'],
  [0x1b, 'harsh_braking'],
  [0x1c, 'harsh_cornering'],
  [0x23, 'fatigue'],
  [0x25, 'overspeed'],
  [0x26, 'collision'],
  [0x27, 'collision'],
  [0x28, 'collision'],
  [0x31, 'door'],
  [0x32, 'door'],
])
/** Alarm bits of Jointech locks of product 3; other products have bit 0, low power, alone. */
export const JOINTECH = bitTable(16, [
  [0, 'overspeed'],
  [1, 'low_power'],
  [2, 'vibration'],
  [3, 'low_battery'],
  [5, 'geofence_enter'],
  [6, 'geofence_exit'],
])

/** Raises the alarms whose bits are set. */
export const raiseBits = (records: Records, bits: number, table: Uint8Array): void => {
  for (let rest = bits; rest !== 0;) {
    const bit = 31 - Math.clz32(rest)
    rest &= ~(1 << bit)
    if (bit < table.length) records.alarm(table[bit])
  }
}

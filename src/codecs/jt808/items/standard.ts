/** Additional items of the standard. */
import { elementInt, LIST } from '../../attributes.ts'
import { signMagnitude16, u16, u32 } from '../../bytes.ts'
import { Battery, battery } from '../record.ts'
import { name, sayBool, sayClose, sayFixed, sayInt, sayOpen } from '../say.ts'
import { number, Reading, type Items } from './item.ts'

const FUEL_L = name('fuel_l'),
  FUEL_PCT = name('fuel_pct'),
  TYRES = name('tyre_pressures'),
  TEMPERATURE = name('temperature'),
  OVERSPEED_PLACE = name('overspeed_place'),
  OVERSPEED_AREA = name('overspeed_area'),
  FENCE_PLACE = name('geofence_place'),
  FENCE_ID = name('geofence_id'),
  SEGMENT_ID = name('segment_id'),
  SEGMENT_TIME = name('segment_time'),
  SEGMENT_LONG = name('segment_too_long'),
  AD0 = name('adc0'),
  AD1 = name('adc1')
const CSQ_MAX = 31

export const STANDARD: Items = {
  0x01: (records, row, b, at, length) => {
    if (length !== 4) return false
    records.odometerKm[row] = u32(b, at) / 10
    return true
  },
  0x02: (records, _row, b, at, length) => {
    if (length !== 2) return false
    const value = u16(b, at)
    if (value & 0x8000) sayInt(records, FUEL_PCT, value & 0x7fff)
    else sayFixed(records, FUEL_L, value, 1)
    return true
  },
  0x03: number(2, 'recorder_speed_kph', 1),
  0x04: number(2, 'confirm_alarm_id'),
  0x05: (records, _row, b, at, length) => {
    if (length === 0 || !sayOpen(records, TYRES, LIST)) return false
    for (let tyre = at; tyre < at + length; tyre++) elementInt(records, b[tyre])
    sayClose(records, LIST)
    return true
  },
  // The standard's cabin temperature; of one byte, the battery of personal trackers.
  0x06: (records, row, b, at, length) => {
    if (length === 1) return battery(records, row, b[at], Battery.item06)
    if (length !== 2) return false
    sayInt(records, TEMPERATURE, signMagnitude16(b, at))
    return true
  },
  0x11: (records, _row, b, at, length) => {
    if (length !== 1 && length !== 5) return false
    sayInt(records, OVERSPEED_PLACE, b[at])
    if (length === 5) sayInt(records, OVERSPEED_AREA, u32(b, at + 1))
    return true
  },
  0x12: (records, _row, b, at, length) => {
    if (length !== 6) return false
    sayInt(records, FENCE_PLACE, b[at])
    sayInt(records, FENCE_ID, u32(b, at + 1))
    Reading.inside = b[at + 5] === 0 ? 1 : -1
    return true
  },
  0x13: (records, _row, b, at, length) => {
    if (length !== 7) return false
    sayInt(records, SEGMENT_ID, u32(b, at))
    sayInt(records, SEGMENT_TIME, u16(b, at + 4))
    sayBool(records, SEGMENT_LONG, b[at + 6] === 1)
    return true
  },
  0x25: (records, row, b, at, length) => {
    if (length !== 4) return false
    records.inputs[row] = u32(b, at)
    return true
  },
  0x2a: number(2, 'io_status'),
  0x2b: (records, _row, b, at, length) => {
    if (length !== 4) return false
    sayInt(records, AD0, u16(b, at + 2))
    sayInt(records, AD1, u16(b, at))
    return true
  },
  0x30: (records, row, b, at, length) => {
    if (length !== 1 || b[at] > CSQ_MAX) return false
    records.rssi[row] = 2 * b[at] - 113
    return true
  },
  0x31: (records, row, b, at, length) => {
    if (length !== 1) return false
    records.satellites[row] = b[at]
    return true
  },
  // Tells how many bytes of custom items follow; they are read like any.
  0xe0: (_records, _row, _b, _at, length) => length === 1,
}

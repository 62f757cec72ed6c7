/** Item EB, of which there are three shapes: a time zone in words, cells, or a list of its own. */
import { Alarm } from '../../alarms.ts'
import { attributeClose, attributeHex, attributeInt, elementOpen, key, LIST, OBJECT } from '../../attributes.ts'
import { isPrintable, u16, u32 } from '../../bytes.ts'
import type { Records } from '../../records.ts'
import { Battery, battery } from '../record.ts'
import { name, sayClose, sayHex, sayInt, sayNibbles, sayOpen, sayText } from '../say.ts'
import { ICCID, type Item } from './item.ts'
import { oneCell, shortCells, wifiText } from './radio.ts'

const TIME_ZONE = name('time_zone'),
  IMEI = name('imei'),
  ALARM_BITS = name('eb_alarm_bits'),
  STATUS_BITS = name('eb_status_bits'),
  BATTERY_ALARM = name('eb_battery_alarm'),
  UNKNOWN = name('eb_unknown'),
  REST = name('eb_rest')
const TYPE = key('type'),
  DATA = key('data')
const POWER_ON = 1,
  ATTACHED = 1 << 12,
  NO_VIBRATION = 1 << 6,
  MOTION_SHIFT = 23
const LOW = 3,
  VERY_LOW = 4

export const ebItem: Item = (records, row, b, at, length) => {
  if (isPrintable(b, at, at + length)) {
    sayText(records, TIME_ZONE, b, at, at + length)
    return true
  }
  return shortCells(records, row, b, at, length) || nested(records, row, b, at, at + length)
}

/** Entries of an item are at most this many. */
const ENTRIES_MAX = 64
/** Offsets of those nobody understands. */
const unknowns = new Int32Array(ENTRIES_MAX)

/** length u16 of type and value, type u16, value. */
const nested = (records: Records, row: number, b: Uint8Array, from: number, end: number): boolean => {
  let at = from
  let unknown = 0
  for (; at + 4 <= end && u16(b, at) >= 2 && at + 2 + u16(b, at) <= end; at += 2 + u16(b, at))
    if (!entry(records, row, b, u16(b, at + 2), at + 4, u16(b, at) - 2)) unknowns[unknown++] = at
  if (at === from) return false
  if (at < end) sayHex(records, REST, b, at, end)
  if (unknown === 0 || !sayOpen(records, UNKNOWN, LIST)) return true
  for (let index = 0; index < unknown; index++) {
    const of = unknowns[index]
    elementOpen(records)
    attributeInt(records, TYPE, u16(b, of + 2))
    attributeHex(records, DATA, b, of + 4, of + 2 + u16(b, of))
    attributeClose(records, OBJECT)
  }
  sayClose(records, LIST)
  return true
}

/** False if the type, or its length, is not one we know. */
const entry = (records: Records, row: number, b: Uint8Array, type: number, at: number, length: number): boolean => {
  switch (type) {
    case 0x002d: // battery in mV; of four bytes the supply, of six both
      if (length === 2) records.batteryV[row] = u16(b, at) / 1000
      else if (length !== 4 && length !== 6) return false
      else records.powerV[row] = u32(b, at) / 1000
      if (length === 6) records.batteryV[row] = u16(b, at + 4) / 1000
      return true
    case 0x0089: // negative logic
      if (length !== 4) return false
      sayInt(records, ALARM_BITS, u32(b, at))
      if (!(u32(b, at) & POWER_ON)) records.alarm(Alarm.power_cut)
      if (!(u32(b, at) & ATTACHED)) records.alarm(Alarm.removing)
      return true
    case 0x00a8:
    case 0x00e1:
      return length === 1 && battery(records, row, b[at], Battery.others)
    case 0x00b2:
      sayNibbles(records, ICCID, b, at, at + length)
      return true
    case 0x00b9: // count u8, text
      if (length < 1) return false
      wifiText(records, b, at + 1, at + length)
      return true
    case 0x00c5: {
      if (length !== 4) return false
      const bits = u32(b, at)
      sayInt(records, STATUS_BITS, bits)
      if (!(bits & NO_VIBRATION)) records.alarm(Alarm.vibration)
      const motion = (bits >> MOTION_SHIFT) & 3
      if (motion < 2) records.motion[row] = motion === 0 ? 1 : 0
      return true
    }
    case 0x00c6: {
      if (length < 1) return false
      const level = b[at + length - 1]
      sayInt(records, BATTERY_ALARM, level)
      if (level === LOW || level === VERY_LOW) records.alarm(Alarm.low_battery)
      return true
    }
    case 0x00ce:
      if (length !== 2) return false
      records.powerV[row] = u16(b, at) / 100
      return true
    case 0x00d5:
      if (!isPrintable(b, at, at + length)) return false
      sayText(records, IMEI, b, at, at + length)
      return true
    case 0x00d8:
      return length === 9 && oneCell(records, row, b, at, length)
  }
  return false
}

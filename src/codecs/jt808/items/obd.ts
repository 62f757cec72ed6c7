/** What an OBD reader says: the list that item 80 opens, which goes on to the end of the body. */
import { isPrintable, u16, u32 } from '../../bytes.ts'
import type { Records } from '../../records.ts'
import { name, sayFixed, sayHex, sayInt, sayText, sayTextOrHex, type Name } from '../say.ts'
import { number, type Item, type Items } from './item.ts'
import { STANDARD } from './standard.ts'
import { TRACKERS } from './trackers.ts'
import { VENDORS } from './vendors.ts'

const SPEED = name('obd_speed_kph'),
  ODOMETER = name('obd_odometer_km'),
  COOLANT = name('coolant_temperature'),
  VIN = name('vin'),
  DTCS = name('dtcs')
const COOLANT_OFFSET = 40

const speed: Item = (records, _row, b, at, length) => {
  if (length !== 1) return false
  sayInt(records, SPEED, b[at])
  return true
}

const OBD: Items = {
  0x01: STANDARD[0x01],
  0x02: STANDARD[0x02],
  0x03: (records, _row, b, at, length) => {
    if (length !== 2) return false
    sayFixed(records, SPEED, u16(b, at), 1)
    return true
  },
  0x30: STANDARD[0x30],
  0x31: STANDARD[0x31],
  0x56: TRACKERS[0x56],
  0x61: TRACKERS[0x61],
  0x69: TRACKERS[0x69],
  0x80: speed,
  0x81: number(2, 'rpm'),
  0x82: VENDORS[0x82],
  0x83: number(1, 'engine_load'),
  0x84: (records, _row, b, at, length) => {
    if (length !== 1) return false
    sayInt(records, COOLANT, b[at] - COOLANT_OFFSET)
    return true
  },
  0x89: number(1, 'throttle'),
  0x8b: (records, _row, b, at, length) => {
    if (!isPrintable(b, at, at + length)) return false
    sayText(records, VIN, b, at, at + length)
    return true
  },
  0x8c: (records, _row, b, at, length) => {
    if (length !== 4) return false
    sayFixed(records, ODOMETER, u32(b, at), 1)
    return true
  },
  0xa0: (records, _row, b, at, length) => {
    if (length > 0) sayTextOrHex(records, DTCS, b, at, at + length)
    return true
  },
  0xcc: VENDORS[0xcc],
}
const READERS: readonly (Item | undefined)[] = Array.from({ length: 256 }, (_, id) => OBD[id])
const RAW: readonly Name[] = Array.from({ length: 256 }, (_, id) => name(`obd_${id.toString(16).padStart(2, '0')}`))

/** Reads the list behind the item's length, b[from, end), whose first byte is the item's own: the speed. The offset behind it. */
export const obdList = (
  records: Records,
  row: number,
  b: Uint8Array,
  from: number,
  end: number,
  length: number,
): number => {
  if (!speed(records, row, b, from, length) && length > 0) sayHex(records, RAW[0x80], b, from, from + 1)
  let at = from + 1
  for (; at + 2 <= end && at + 2 + b[at + 1] <= end; at += 2 + b[at + 1]) {
    const read = READERS[b[at]]
    if (read === undefined || !read(records, row, b, at + 2, b[at + 1]))
      sayHex(records, RAW[b[at]], b, at + 2, at + 2 + b[at + 1])
  }
  return at
}

/** Additional items of other makers. */
import {
  attributeClose,
  attributeFixed,
  attributeHex,
  attributeInt,
  elementOpen,
  key,
  LIST,
  OBJECT,
} from '../../attributes.ts'
import { isPrintable, u16, u24, u32 } from '../../bytes.ts'
import type { Records } from '../../records.ts'
import { ITEM_70, ITEM_E7, ITEM_E8, ITEM_FA, ITEM_FE, raiseBits } from '../alarms.ts'
import { Battery, battery } from '../record.ts'
import { name, sayBool, sayClose, sayFixed, sayHex, sayInt, sayOpen, sayText } from '../say.ts'
import { ebItem } from './eb.ts'
import { ARMED, HUMIDITY, ICCID, raw, Reading, SIGNAL, text, type Item, type Items } from './item.ts'
import { aovxCells, bleTags, networkCells, oneCell, wifi } from './radio.ts'

const SAFETY_SERIAL = key('serial'),
  SAFETY_FLAG = key('flag'),
  SAFETY_TYPE = key('type'),
  SAFETY_REST = key('rest')
const SAFETY_HEAD = 6
/** Up to eight bytes with the ids 64 to 67 are other makers'. */
const SAFETY_LONG = 9

/** Active-safety alarms: serial u32, flag u8, type u8, rest. */
const safety = (what: string, least: number, alarms: Uint8Array | null = null): Item => {
  const into = name(what)
  return (records, _row, b, at, length) => {
    if (length < least || !sayOpen(records, into, OBJECT)) return false
    attributeInt(records, SAFETY_SERIAL, u32(b, at))
    attributeInt(records, SAFETY_FLAG, b[at + 4])
    attributeInt(records, SAFETY_TYPE, b[at + 5])
    if (length > SAFETY_HEAD) attributeHex(records, SAFETY_REST, b, at + SAFETY_HEAD, at + length)
    sayClose(records, OBJECT)
    if (alarms !== null) records.alarm(alarms[b[at + 5]])
    return true
  }
}

const TYRE_LIST = name('tyres'),
  INDEX = key('index'),
  TYRE_ID = key('id'),
  PRESSURE = key('pressure_bar'),
  TYRE_TEMPERATURE = key('temperature'),
  TYRE_STATUS = key('status')
const TYRE_BYTES = 8

/** Tyres of index u8, id u24, pressure u16, temperature u8 (50 up), status u8. */
const tyres: Item = (records, _row, b, at, length) => {
  if (length === 0 || length % TYRE_BYTES !== 0 || !sayOpen(records, TYRE_LIST, LIST)) return false
  for (let from = at; from < at + length; from += TYRE_BYTES) {
    elementOpen(records)
    attributeInt(records, INDEX, b[from])
    attributeInt(records, TYRE_ID, u24(b, from + 1))
    attributeFixed(records, PRESSURE, (u16(b, from + 4) & 0x3ff) * 25, 3) // 1/40 bar
    attributeInt(records, TYRE_TEMPERATURE, b[from + 6] - 50)
    attributeInt(records, TYRE_STATUS, b[from + 7])
    attributeClose(records, OBJECT)
  }
  sayClose(records, LIST)
  return true
}

const supplyTenths: Item = (records, row, b, at, length) => {
  if (length !== 2) return false
  records.powerV[row] = u16(b, at) / 10
  return true
}

/** The standard's odometer is believed before a vendor's. */
const odometerM: Item = (records, row, b, at, length) => {
  if (length !== 4) return false
  if (Number.isNaN(records.odometerKm[row])) records.odometerKm[row] = u32(b, at) / 1000
  return true
}

const CHARGING_MARK = 0xff

/** A percentage, or FF: charging. */
const percentOrCharging: Item = (records, row, b, at, length) => {
  if (length !== 1) return false
  if (b[at] !== CHARGING_MARK) return battery(records, row, b[at], Battery.itemD4E1)
  records.charging[row] = 1
  return true
}

const EVENT = name('event'),
  CUT_COUNT = name('cut_count'),
  ROPE_STATE = name('rope_state'),
  JIMI_EVENT = name('jimi_event'),
  BATTERY_STATE = name('battery_state'),
  STEPS = name('steps'),
  FA_BITS = name('fa_bits')
const FA_ACC_ON = 1 << 6,
  FA_ACC_OFF = 1 << 7,
  FA_ARMED = 1 << 11

export const VENDORS: Items = {
  0x60: (records, _row, b, at, length) => {
    if (length < 2) return false
    sayInt(records, EVENT, u16(b, at))
    if (length > 2) raw(records, 0x60, b, at + 2, length - 2)
    return true
  },
  0x64: safety('adas', SAFETY_LONG),
  0x65: safety('dms', SAFETY_LONG),
  0x66: safety('tyre_alarm', SAFETY_LONG),
  0x67: safety('blind_spot_alarm', SAFETY_LONG),
  0x70: safety('driving_alarm', SAFETY_HEAD, ITEM_70),
  0x77: tyres,
  0x82: supplyTenths,
  0xac: odometerM,
  0xbc: text('driver_name'),
  0xbd: text('driver_id'),
  0xcc: (records, _row, b, at, length) => {
    if (length !== 20 || !isPrintable(b, at, at + length)) return false
    sayText(records, ICCID, b, at, at + length)
    return true
  },
  0xd3: supplyTenths,
  0xd4: percentOrCharging,
  0xd5: (records, row, b, at, length) => {
    if (length !== 2) return false
    records.batteryV[row] = u16(b, at) / 100
    return true
  },
  0xda: (records, _row, b, at, length) => {
    if (length !== 3) return false
    sayInt(records, CUT_COUNT, u16(b, at))
    sayInt(records, ROPE_STATE, b[at + 2])
    return true
  },
  0xe1: (records, row, b, at, length) => {
    if (length === 1) return percentOrCharging(records, row, b, at, length)
    if (length === 2) return supplyTenths(records, row, b, at, length)
    return networkCells(records, row, b, at, length)
  },
  // Six bytes are the four of the layout and two more.
  0xe3: (records, row, b, at, length) => {
    if (length < 4) return false
    const known = battery(records, row, b[at + 1], Battery.itemE3)
    records.batteryV[row] = u16(b, at + 2) / 100
    if (known && length > 4) raw(records, 0xe3, b, at + 4, length - 4)
    return known
  },
  0xe4: (records, row, b, at, length) => {
    if (length !== 2) return false
    records.charging[row] = b[at] === 0 ? 1 : 0
    return battery(records, row, b[at + 1], Battery.itemE4)
  },
  0xe5: (records, row, b, at, length) => {
    if (length !== 1) return false
    records.motion[row] = b[at] === 1 ? 1 : 0
    return true
  },
  0xe6: bleTags,
  0xe7: (records, _row, b, at, length) => {
    if (length !== 8) return false
    raiseBits(records, u16(b, at), ITEM_E7)
    raw(records, 0xe7, b, at + 2, 6)
    return true
  },
  0xe8: (records, _row, b, at, length) => {
    if (!Reading.jimi || length < 2) return false
    const type = u16(b, at)
    sayInt(records, JIMI_EVENT, type)
    if (type < ITEM_E8.length) records.alarm(ITEM_E8[type])
    if (length > 2) raw(records, 0xe8, b, at + 2, length - 2)
    return true
  },
  0xeb: ebItem,
  0xec: wifi,
  0xee: (records, row, b, at, length) => {
    if (length === 10) return oneCell(records, row, b, at, length)
    if (length !== 6) return false
    sayInt(records, SIGNAL, b[at])
    records.powerV[row] = u16(b, at + 1) / 1000
    records.batteryV[row] = u16(b, at + 3) / 1000
    records.satellites[row] = b[at + 5]
    return true
  },
  0xf0: aovxCells,
  0xf7: (records, row, b, at, length) => {
    if (length === 2) {
      sayFixed(records, HUMIDITY, u16(b, at), 1)
      return true
    }
    if (length < 4 || length > 6) return false
    records.batteryV[row] = u32(b, at) / 1000
    if (length > 4) {
      sayInt(records, BATTERY_STATE, b[at + 4])
      records.charging[row] = b[at + 4] === 2 || b[at + 4] === 3 ? 1 : 0
    }
    return length < 6 || battery(records, row, b[at + 5], Battery.others)
  },
  0xf8: (records, _row, b, at, length) => {
    if (!Reading.personal || length !== 2) return false
    sayInt(records, STEPS, u16(b, at))
    return true
  },
  0xfa: (records, row, b, at, length) => {
    if (length !== 4) return false
    const bits = u32(b, at)
    sayInt(records, FA_BITS, bits)
    raiseBits(records, bits | 0, ITEM_FA)
    if (bits & FA_ACC_ON) records.ignition[row] = 1
    else if (bits & FA_ACC_OFF) records.ignition[row] = 0
    if (bits & FA_ARMED) sayBool(records, ARMED, true)
    return true
  },
  0xfb: (records, row, b, at, length) => {
    if (length !== 4 || b[at] > 100 || b[at + 3] > 1) return false
    battery(records, row, b[at], Battery.others)
    records.batteryV[row] = u16(b, at + 1) / 100
    records.charging[row] = b[at + 3]
    return true
  },
  0xfe: (records, row, b, at, length) => {
    if (length > 4 && b[at] === FE_LIST) return feList(records, b, at + 1, at + length)
    if (length === 1) return battery(records, row, b[at], Battery.itemFE)
    if (length === 2) return supplyTenths(records, row, b, at, length)
    return odometerM(records, row, b, at, length)
  },
}

const FE_LIST = 0x7c
const FE_ALARMS = 0x01
const FE_REST = name('fe_unknown')

/** The inner list of item FE: id u8, length u8, value. What is not the alarms is kept as one run of bytes, from the first on. */
const feList = (records: Records, b: Uint8Array, from: number, end: number): boolean => {
  let unknown = end
  let at = from
  for (; at + 2 <= end && at + 2 + b[at + 1] <= end; at += 2 + b[at + 1])
    if (b[at] === FE_ALARMS && b[at + 1] === 4) raiseBits(records, u32(b, at + 2) | 0, ITEM_FE)
    else if (unknown === end) unknown = at
  if (at < end && unknown === end) unknown = at
  if (unknown < end) sayHex(records, FE_REST, b, unknown, end)
  return true
}

/** Additional items of personal and asset trackers: the G10LS family, and most likely the P02L. */
import {
  attributeClose,
  attributeFixed,
  attributeInt,
  elementInt,
  elementOpen,
  key,
  LIST,
  OBJECT,
} from '../../attributes.ts'
import { isBcd, isPrintable, s16, signMagnitude16, u16, u32 } from '../../bytes.ts'
import { ITEM_57, ITEM_F4, raiseBits } from '../alarms.ts'
import { Battery, battery } from '../record.ts'
import { name, sayBool, sayClose, sayFixed, sayInt, sayNibbles, sayOpen, sayText } from '../say.ts'
import { ARMED, HUMIDITY, ICCID, number, type Items } from './item.ts'
import { countedCells, countedWifi, wifi } from './radio.ts'

const SATELLITES_BDS = name('satellites_bds'),
  LOCK_TEXT = name('lock_text'),
  TEMPERATURES = name('temperatures'),
  SWITCHES = name('switches'),
  ITEM_57_RAW = name('item_57_raw'),
  FIRMWARE = name('firmware'),
  ACCELERATION = name('acceleration'),
  ILLUMINANCE = name('illuminance'),
  MODE = name('mode'),
  POSITIONING = name('positioning'),
  RECORDING = name('recording'),
  CHARGE_COMPLETE = name('charge_complete'),
  IMEI = name('imei')
const SENSOR = key('sensor'),
  DEGREES = key('temperature')
const NO_TEMPERATURE = 0xffff
const F4_INPUTS_SHIFT = 6
/** Shorter, firmware text could be a number. */
const FIRMWARE_MIN = 4

export const TRACKERS: Items = {
  0x32: number(1, 'satellites_gps'),
  0x33: (records, _row, b, at, length) => {
    if (length === 1) sayInt(records, SATELLITES_BDS, b[at])
    else if (isPrintable(b, at, at + length)) sayText(records, LOCK_TEXT, b, at, at + length)
    else return false
    return true
  },
  0x51: (records, _row, b, at, length) => {
    if (length === 0 || length & 1 || !sayOpen(records, TEMPERATURES, LIST)) return false
    for (let from = at; from < at + length; from += 2) {
      elementOpen(records)
      attributeInt(records, SENSOR, (from - at) >> 1)
      if (u16(b, from) !== NO_TEMPERATURE) attributeFixed(records, DEGREES, signMagnitude16(b, from), 1)
      attributeClose(records, OBJECT)
    }
    sayClose(records, LIST)
    return true
  },
  0x52: number(1, 'drum_rotation'),
  0x53: countedCells,
  0x54: countedWifi,
  0x56: (records, row, b, at, length) => {
    if (length !== 2) return false
    const level = b[at]
    const percent = b[at + 1]
    if (percent >= 1 && percent <= 100) return battery(records, row, percent, Battery.item56)
    // Some makers' level is the percentage itself.
    return battery(records, row, level > 10 ? level : level * 10, Battery.level)
  },
  0x57: (records, _row, b, at, length) => {
    if (length !== 8) return false
    raiseBits(records, u16(b, at), ITEM_57)
    const switches = u16(b, at + 2)
    if (switches !== 0) sayInt(records, SWITCHES, switches)
    const rest = u32(b, at + 4)
    if (rest !== 0) sayInt(records, ITEM_57_RAW, rest)
    return true
  },
  0x58: (records, _row, b, at, length) => {
    if (length !== 2) return false
    sayFixed(records, HUMIDITY, u16(b, at), 1)
    return true
  },
  0x5d: countedCells,
  0x61: (records, row, b, at, length) => {
    if (length !== 2) return false
    records.powerV[row] = u16(b, at) / 100
    return true
  },
  0x68: (records, row, b, at, length) => length === 2 && battery(records, row, u16(b, at) / 100, Battery.item68),
  0x69: (records, row, b, at, length) => {
    if (length !== 2) return false
    records.batteryV[row] = u16(b, at) / 100
    return true
  },
  0xf1: (records, row, b, at, length) => {
    if (length === 4) records.powerV[row] = u32(b, at) / 1000
    else if (length === 20 && isPrintable(b, at, at + length)) sayText(records, ICCID, b, at, at + length)
    else if (length === 10) sayNibbles(records, ICCID, b, at, at + length)
    else return false
    return true
  },
  0xf2: (records, _row, b, at, length) => {
    if (length < FIRMWARE_MIN || !isPrintable(b, at, at + length)) return false
    sayText(records, FIRMWARE, b, at, at + length)
    return true
  },
  0xf3: (records, _row, b, at, length) => {
    if (length !== 1 || b[at] > 1) return false
    sayBool(records, ARMED, b[at] === 1)
    return true
  },
  0xf4: (records, row, b, at, length) => {
    if (length !== 2) return length > 0 && wifi(records, row, b, at, length)
    const bits = u16(b, at)
    raiseBits(records, bits, ITEM_F4)
    records.inputs[row] |= (bits >> F4_INPUTS_SHIFT) & 3
    return true
  },
  0xf5: (records, _row, b, at, length) => {
    if (length === 2) sayInt(records, ILLUMINANCE, u16(b, at))
    else if (length === 6 && sayOpen(records, ACCELERATION, LIST)) {
      for (let axis = 0; axis < 6; axis += 2) elementInt(records, s16(b, at + axis))
      sayClose(records, LIST)
    } else return false
    return true
  },
  0xf6: (records, row, b, at, length) => {
    if (length === 8 && isBcd(b, at, at + 8)) {
      sayNibbles(records, IMEI, b, at, at + 8, 1)
      return true
    }
    if (length !== 4) return false
    sayInt(records, MODE, b[at])
    sayInt(records, POSITIONING, b[at + 1])
    sayInt(records, RECORDING, b[at + 2])
    records.charging[row] = b[at + 3] & 1
    sayBool(records, CHARGE_COMPLETE, (b[at + 3] & 2) !== 0)
    return true
  },
}

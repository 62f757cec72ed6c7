/**
 * Additional items behind a location: id, length, value. Every reader stays within its length and says whether it has
 * understood; what nobody understands is kept as `item_<id>`, because makers reuse the ids with layouts of their own.
 */
import {
  attributeClose,
  attributeFixed,
  attributeHex,
  attributeInt,
  elementInt,
  elementOpen,
  key,
  LIST,
  OBJECT,
} from '../attributes.ts'
import { Alarm } from '../alarms.ts'
import type { FrameContext } from '../codec.ts'
import type { Records } from '../records.ts'
import { ITEM_57, ITEM_70, ITEM_E7, ITEM_E8, ITEM_F4, ITEM_FA, ITEM_FE, raiseBits } from './alarms.ts'
import { isBcd, isPrintable, s16, s8, signMagnitude16, u16, u24, u32 } from './bytes.ts'
import { Battery, battery, servingCell } from './record.ts'
import {
  elementMac,
  name,
  sayBool,
  sayClose,
  sayFixed,
  sayHex,
  sayInt,
  sayNibbles,
  sayOpen,
  sayText,
  sayTextOrHex,
  type Name,
} from './say.ts'
import type { Settings } from './settings.ts'
import { JIMI } from './state.ts'

type Item = (records: Records, row: number, b: Uint8Array, at: number, length: number) => boolean

const ITEMS: (Item | undefined)[] = Array.from({ length: 256 })
const RAW: Name[] = Array.from({ length: 256 }, (_, id) => name(`item_${id.toString(16).padStart(2, '0')}`))
const TRUNCATED = name('items_truncated')

/** What item 12 has said: 1 into an area, -1 out of it, 0 nothing. */
export const direction = { inside: 0 }

// Of the record whose items are read.
let personal = false
let jimi = false

/** Reads the items in bytes[from, end) into the open record. */
export function items(
  records: Records,
  row: number,
  bytes: Uint8Array,
  from: number,
  end: number,
  context: FrameContext,
  settings: Settings,
): void {
  personal = settings.personal
  jimi = settings.jimiAlarms || (context.state[0] & JIMI) !== 0
  let at = from
  while (at + 2 <= end) {
    const id = bytes[at]
    const length = bytes[at + 1]
    const value = at + 2
    if (value + length > end) {
      sayBool(records, TRUNCATED, true)
      sayHex(records, REST, bytes, at, end)
      return
    }
    if (id === OBD_LIST) {
      // Siblings from here on: its own value is the speed.
      if (length === 1) sayInt(records, OBD_SPEED, bytes[value])
      obdList(records, row, bytes, Math.min(value + 1, end), end)
      return
    }
    const read = ITEMS[id]
    if (read === undefined || !read(records, row, bytes, value, length)) raw(records, id, bytes, value, length)
    at = value + length
  }
}

/** Marks that the items do not end with the bytes there are. */
export function sayTruncated(records: Records): void {
  sayBool(records, TRUNCATED, true)
}

const REST = name('items_rest')

function raw(records: Records, id: number, bytes: Uint8Array, at: number, length: number): void {
  sayHex(records, RAW[id], bytes, at, at + length)
}

/** True if items fill bytes[from, end) exactly. */
export function itemsFill(bytes: Uint8Array, from: number, end: number): boolean {
  let at = from
  while (at + 2 <= end) at += 2 + bytes[at + 1]
  return at === end
}

const TAIL_BYTES = 18
const AREA = name('area'),
  SIGNAL = name('signal')

/** The tail of one maker without items: 4 skipped, km u32, 0.1 V u16, area u32, signal u8, 3 reserved. */
export function fixedTail(records: Records, row: number, bytes: Uint8Array, from: number, end: number): boolean {
  if (end - from !== TAIL_BYTES || itemsFill(bytes, from, end)) return false
  records.odometerKm[row] = u32(bytes, from + 4)
  records.batteryV[row] = u16(bytes, from + 8) / 10
  sayInt(records, AREA, u32(bytes, from + 10))
  sayInt(records, SIGNAL, bytes[from + 14])
  return true
}

/** An item that is one whole number: `bytes` long, an attribute of `decimals` places. */
function number(id: number, bytes: number, what: string, decimals = 0): void {
  const into = name(what)
  ITEMS[id] = (records, _row, b, at, length) => {
    if (length !== bytes) return false
    sayFixed(records, into, bytes === 1 ? b[at] : bytes === 2 ? u16(b, at) : u32(b, at), decimals)
    return true
  }
}

// Standard.

ITEMS[0x01] = (records, row, b, at, length) => {
  if (length !== 4) return false
  records.odometerKm[row] = u32(b, at) / 10
  return true
}

const FUEL_L = name('fuel_l'),
  FUEL_PCT = name('fuel_pct')
ITEMS[0x02] = (records, _row, b, at, length) => {
  if (length !== 2) return false
  const value = u16(b, at)
  if (value & 0x8000) sayInt(records, FUEL_PCT, value & 0x7fff)
  else sayFixed(records, FUEL_L, value, 1)
  return true
}

number(0x03, 2, 'recorder_speed_kph', 1)
number(0x04, 2, 'confirm_alarm_id')

const TYRES = name('tyre_pressures')
ITEMS[0x05] = (records, _row, b, at, length) => {
  if (length === 0 || !sayOpen(records, TYRES, LIST)) return false
  for (let tyre = at; tyre < at + length; tyre++) elementInt(records, b[tyre])
  sayClose(records, LIST)
  return true
}

const TEMPERATURE = name('temperature')
ITEMS[0x06] = (records, row, b, at, length) => {
  if (length === 1) {
    battery(records, row, b[at], Battery.item06)
    return true
  }
  if (length !== 2) return false
  sayInt(records, TEMPERATURE, signMagnitude16(b, at))
  return true
}

const OVERSPEED_PLACE = name('overspeed_place'),
  OVERSPEED_AREA = name('overspeed_area')
ITEMS[0x11] = (records, _row, b, at, length) => {
  if (length !== 1 && length !== 5) return false
  sayInt(records, OVERSPEED_PLACE, b[at])
  if (length === 5) sayInt(records, OVERSPEED_AREA, u32(b, at + 1))
  return true
}

const FENCE_PLACE = name('geofence_place'),
  FENCE_ID = name('geofence_id')
ITEMS[0x12] = (records, _row, b, at, length) => {
  if (length !== 6) return false
  sayInt(records, FENCE_PLACE, b[at])
  sayInt(records, FENCE_ID, u32(b, at + 1))
  direction.inside = b[at + 5] === 0 ? 1 : -1
  return true
}

const SEGMENT_ID = name('segment_id'),
  SEGMENT_TIME = name('segment_time'),
  SEGMENT_LONG = name('segment_too_long')
ITEMS[0x13] = (records, _row, b, at, length) => {
  if (length !== 7) return false
  sayInt(records, SEGMENT_ID, u32(b, at))
  sayInt(records, SEGMENT_TIME, u16(b, at + 4))
  sayBool(records, SEGMENT_LONG, b[at + 6] === 1)
  return true
}

ITEMS[0x25] = (records, row, b, at, length) => {
  if (length !== 4) return false
  records.inputs[row] = u32(b, at)
  return true
}

number(0x2a, 2, 'io_status')
const AD0 = name('adc0'),
  AD1 = name('adc1')
ITEMS[0x2b] = (records, _row, b, at, length) => {
  if (length !== 4) return false
  sayInt(records, AD0, u16(b, at + 2))
  sayInt(records, AD1, u16(b, at))
  return true
}

const CSQ_MAX = 31
ITEMS[0x30] = (records, row, b, at, length) => {
  if (length !== 1 || b[at] > CSQ_MAX) return false
  records.rssi[row] = 2 * b[at] - 113
  return true
}
ITEMS[0x31] = (records, row, b, at, length) => {
  if (length !== 1) return false
  records.satellites[row] = b[at]
  return true
}
/** Tells how many bytes of custom items follow; they are read like any. */
ITEMS[0xe0] = (_records, _row, _b, _at, length) => length === 1

// Personal and asset trackers.

number(0x32, 1, 'satellites_gps')
const SATELLITES_BDS = name('satellites_bds'),
  LOCK_TEXT = name('lock_text')
ITEMS[0x33] = (records, _row, b, at, length) => {
  if (length === 1) sayInt(records, SATELLITES_BDS, b[at])
  else if (isPrintable(b, at, at + length)) sayText(records, LOCK_TEXT, b, at, at + length)
  else return false
  return true
}

const TEMPERATURES = name('temperatures')
const NO_TEMPERATURE = 0xffff
const DEGREES = key('temperature')
ITEMS[0x51] = (records, _row, b, at, length) => {
  if (length === 0 || length & 1 || !sayOpen(records, TEMPERATURES, LIST)) return false
  for (let from = at; from < at + length; from += 2) {
    elementOpen(records)
    attributeInt(records, SENSOR, (from - at) >> 1)
    if (u16(b, from) !== NO_TEMPERATURE) attributeFixed(records, DEGREES, signMagnitude16(b, from), 1)
    attributeClose(records, OBJECT)
  }
  sayClose(records, LIST)
  return true
}
const SENSOR = key('sensor')
number(0x52, 1, 'drum_rotation')

const CELLS = name('cells'),
  WIFI = name('wifi')
const MCC = key('mcc'),
  MNC = key('mnc'),
  LAC = key('lac'),
  CID = key('cid'),
  RSSI_RAW = key('rssi_raw'),
  RSSI = key('rssi'),
  MAC = key('mac')

/** One cell, as an element of the open list. */
function cell(records: Records, row: number, mcc: number, mnc: number, lac: number, cid: number, signal: number): void {
  servingCell(records, row, mcc, mnc, lac, cid)
  elementOpen(records)
  attributeInt(records, MCC, mcc)
  attributeInt(records, MNC, mnc)
  attributeInt(records, LAC, lac)
  attributeInt(records, CID, cid)
  if (signal >= 0) attributeInt(records, RSSI_RAW, signal)
  attributeClose(records, OBJECT)
}

/** Count, then cells of MCC u16, MNC u8, LAC u16, cell u16 or u32, signal; the length tells which. */
const countedCells: Item = (records, row, b, at, length) => {
  if (length < 1) return false
  const count = b[at]
  const step = length - 1 === 8 * count ? 8 : length - 1 === 10 * count ? 10 : 0
  if (step === 0) return false
  if (count === 0) return true
  if (!sayOpen(records, CELLS, LIST)) return false
  for (let from = at + 1; from < at + length; from += step)
    cell(
      records,
      row,
      u16(b, from),
      b[from + 2],
      u16(b, from + 3),
      step === 8 ? u16(b, from + 5) : u32(b, from + 5),
      b[from + step - 1],
    )
  sayClose(records, LIST)
  return true
}
ITEMS[0x53] = countedCells
ITEMS[0x5d] = countedCells

/** Access points of MAC and signal. */
function wifi(records: Records, b: Uint8Array, at: number, end: number): boolean {
  if (at === end) return true
  if (!sayOpen(records, WIFI, LIST)) return false
  for (let from = at; from + 7 <= end; from += 7) {
    elementOpen(records)
    elementMac(records, MAC, b, from)
    attributeInt(records, RSSI, s8(b[from + 6]))
    attributeClose(records, OBJECT)
  }
  sayClose(records, LIST)
  return true
}
ITEMS[0x54] = (records, _row, b, at, length) => {
  if (length < 1 || length - 1 !== 7 * b[at]) return false
  return wifi(records, b, at + 1, at + length)
}

ITEMS[0x56] = (records, row, b, at, length) => {
  if (length !== 2) return false
  const level = b[at]
  const percent = b[at + 1]
  if (percent >= 1 && percent <= 100) battery(records, row, percent, Battery.item56)
  // Some makers' level is the percentage itself.
  else battery(records, row, level > 10 ? level : level * 10, Battery.level)
  return true
}

const SWITCHES = name('switches'),
  ITEM_57_RAW = name('item_57_raw')
ITEMS[0x57] = (records, _row, b, at, length) => {
  if (length !== 8) return false
  raiseBits(records, u16(b, at), ITEM_57)
  const switches = u16(b, at + 2)
  if (switches !== 0) sayInt(records, SWITCHES, switches)
  const rest = u32(b, at + 4)
  if (rest !== 0) sayInt(records, ITEM_57_RAW, rest)
  return true
}

const HUMIDITY = name('humidity')
ITEMS[0x58] = (records, _row, b, at, length) => {
  if (length !== 2) return false
  sayFixed(records, HUMIDITY, u16(b, at), 1)
  return true
}
ITEMS[0x61] = (records, row, b, at, length) => {
  if (length !== 2) return false
  records.powerV[row] = u16(b, at) / 100
  return true
}
ITEMS[0x68] = (records, row, b, at, length) => {
  if (length !== 2) return false
  battery(records, row, u16(b, at) / 100, Battery.item68)
  return true
}
ITEMS[0x69] = (records, row, b, at, length) => {
  if (length !== 2) return false
  records.batteryV[row] = u16(b, at) / 100
  return true
}

const ICCID = name('iccid'),
  FIRMWARE = name('firmware'),
  ARMED = name('armed')
ITEMS[0xf1] = (records, row, b, at, length) => {
  if (length === 4) records.powerV[row] = u32(b, at) / 1000
  else if (length === 20 && isPrintable(b, at, at + length)) sayText(records, ICCID, b, at, at + length)
  else if (length === 10) sayNibbles(records, ICCID, b, at, at + length)
  else return false
  return true
}
ITEMS[0xf2] = (records, _row, b, at, length) => {
  if (length < 4 || !isPrintable(b, at, at + length)) return false
  sayText(records, FIRMWARE, b, at, at + length)
  return true
}
ITEMS[0xf3] = (records, _row, b, at, length) => {
  if (length !== 1 || b[at] > 1) return false
  sayBool(records, ARMED, b[at] === 1)
  return true
}
const F4_INPUTS_SHIFT = 6
ITEMS[0xf4] = (records, row, b, at, length) => {
  if (length === 2) {
    const bits = u16(b, at)
    raiseBits(records, bits, ITEM_F4)
    records.inputs[row] |= (bits >> F4_INPUTS_SHIFT) & 3
    return true
  }
  return length > 0 && length % 7 === 0 && wifi(records, b, at, at + length)
}
const ACCELERATION = name('acceleration'),
  ILLUMINANCE = name('illuminance')
ITEMS[0xf5] = (records, _row, b, at, length) => {
  if (length === 2) sayInt(records, ILLUMINANCE, u16(b, at))
  else if (length === 6 && sayOpen(records, ACCELERATION, LIST)) {
    for (let axis = 0; axis < 6; axis += 2) elementInt(records, s16(b, at + axis))
    sayClose(records, LIST)
  } else return false
  return true
}
const MODE = name('mode'),
  POSITIONING = name('positioning'),
  RECORDING = name('recording'),
  CHARGE_COMPLETE = name('charge_complete'),
  IMEI = name('imei')
ITEMS[0xf6] = (records, row, b, at, length) => {
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
}

// Other vendors.

const EVENT = name('event')
ITEMS[0x60] = (records, _row, b, at, length) => {
  if (length < 2) return false
  sayInt(records, EVENT, u16(b, at))
  if (length > 2) raw(records, 0x60, b, at + 2, length - 2)
  return true
}

const SAFETY_SERIAL = key('serial'),
  SAFETY_FLAG = key('flag'),
  SAFETY_TYPE = key('type'),
  SAFETY_REST = key('rest')
const SAFETY_MIN = 6
/** Active-safety alarms: serial u32, flag u8, type u8, rest. */
function safety(id: number, what: string, least: number): void {
  const into = name(what)
  ITEMS[id] = (records, _row, b, at, length) => {
    if (length < least || !sayOpen(records, into, OBJECT)) return false
    attributeInt(records, SAFETY_SERIAL, u32(b, at))
    attributeInt(records, SAFETY_FLAG, b[at + 4])
    attributeInt(records, SAFETY_TYPE, b[at + 5])
    if (length > SAFETY_MIN) attributeHex(records, SAFETY_REST, b, at + SAFETY_MIN, at + length)
    sayClose(records, OBJECT)
    if (id === 0x70) records.alarm(ITEM_70[b[at + 5]])
    return true
  }
}
/** Up to eight bytes with these ids are other makers'. */
const SAFETY_LONG = 9
safety(0x64, 'adas', SAFETY_LONG)
safety(0x65, 'dms', SAFETY_LONG)
safety(0x66, 'tyre_alarm', SAFETY_LONG)
safety(0x67, 'blind_spot_alarm', SAFETY_LONG)
safety(0x70, 'driving_alarm', SAFETY_MIN)

const TYRE_LIST = name('tyres'),
  INDEX = key('index'),
  TYRE_ID = key('id'),
  PRESSURE = key('pressure_bar'),
  TYRE_TEMPERATURE = key('temperature'),
  TYRE_STATUS = key('status')
ITEMS[0x77] = (records, _row, b, at, length) => {
  if (length === 0 || length % 8 !== 0 || !sayOpen(records, TYRE_LIST, LIST)) return false
  for (let from = at; from < at + length; from += 8) {
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
ITEMS[0x82] = supplyTenths
ITEMS[0xd3] = supplyTenths

const metres: Item = (records, row, b, at, length) => {
  if (length !== 4) return false
  // The standard's item is believed before a vendor's.
  if (Number.isNaN(records.odometerKm[row])) records.odometerKm[row] = u32(b, at) / 1000
  return true
}
ITEMS[0xac] = metres

function text(id: number, what: string): void {
  const into = name(what)
  ITEMS[id] = (records, _row, b, at, length) => {
    sayText(records, into, b, at, at + length)
    return true
  }
}
text(0xbc, 'driver_name')
text(0xbd, 'driver_id')
ITEMS[0xcc] = (records, _row, b, at, length) => {
  if (length !== 20 || !isPrintable(b, at, at + length)) return false
  sayText(records, ICCID, b, at, at + length)
  return true
}

const CHARGING_MARK = 0xff
/** A percentage, or FF: charging. */
function percentOrCharging(records: Records, row: number, byte: number): boolean {
  if (byte === CHARGING_MARK) records.charging[row] = 1
  else battery(records, row, byte, Battery.itemD4E1)
  return true
}
ITEMS[0xd4] = (records, row, b, at, length) => length === 1 && percentOrCharging(records, row, b[at])
ITEMS[0xd5] = (records, row, b, at, length) => {
  if (length !== 2) return false
  records.batteryV[row] = u16(b, at) / 100
  return true
}
const CUT_COUNT = name('cut_count'),
  ROPE_STATE = name('rope_state')
ITEMS[0xda] = (records, _row, b, at, length) => {
  if (length !== 3) return false
  sayInt(records, CUT_COUNT, u16(b, at))
  sayInt(records, ROPE_STATE, b[at + 2])
  return true
}

const E1_HEAD = 4
ITEMS[0xe1] = (records, row, b, at, length) => {
  if (length === 1) return percentOrCharging(records, row, b[at])
  if (length === 2) {
    records.powerV[row] = u16(b, at) / 10
    return true
  }
  const step = (length - E1_HEAD) % 8 === 0 ? 8 : (length - E1_HEAD) % 7 === 0 ? 7 : 0
  if (step === 0 || length < E1_HEAD + 7 || !sayOpen(records, CELLS, LIST)) return false
  for (let from = at + E1_HEAD; from < at + length; from += step) {
    const lac = step === 8 ? u24(b, from) : u16(b, from)
    cell(records, row, u16(b, at), u16(b, at + 2), lac, u32(b, from + step - 5), b[from + step - 1])
  }
  sayClose(records, LIST)
  return true
}

ITEMS[0xe3] = (records, row, b, at, length) => {
  if (length < 4) return false
  battery(records, row, b[at + 1], Battery.itemE3)
  records.batteryV[row] = u16(b, at + 2) / 100
  if (length > 4) raw(records, 0xe3, b, at + 4, length - 4)
  return true
}
ITEMS[0xe4] = (records, row, b, at, length) => {
  if (length !== 2) return false
  records.charging[row] = b[at] === 0 ? 1 : 0
  battery(records, row, b[at + 1], Battery.itemE4)
  return true
}
ITEMS[0xe5] = (records, row, b, at, length) => {
  if (length !== 1) return false
  records.motion[row] = b[at] === 1 ? 1 : 0
  return true
}

const BLE = name('ble_tags'),
  BLE_TEMPERATURE = key('temperature'),
  BLE_HUMIDITY = key('humidity')
const BLE_BYTES = 11
ITEMS[0xe6] = (records, _row, b, at, length) => {
  if (length === 0 || length % BLE_BYTES !== 0 || !sayOpen(records, BLE, LIST)) return false
  for (let from = at; from < at + length; from += BLE_BYTES) {
    elementOpen(records)
    attributeInt(records, INDEX, b[from])
    elementMac(records, MAC, b, from + 1)
    attributeFixed(records, BLE_TEMPERATURE, s8(b[from + 7]) * 1000 + (b[from + 8] * 1000) / 255, 3)
    attributeFixed(records, BLE_HUMIDITY, b[from + 9] * 1000 + (b[from + 10] * 1000) / 255, 3)
    attributeClose(records, OBJECT)
  }
  sayClose(records, LIST)
  return true
}

ITEMS[0xe7] = (records, _row, b, at, length) => {
  if (length !== 8) return false
  raiseBits(records, u16(b, at), ITEM_E7)
  raw(records, 0xe7, b, at + 2, 6)
  return true
}

const JIMI_EVENT = name('jimi_event')
ITEMS[0xe8] = (records, _row, b, at, length) => {
  if (!jimi || length < 2) return false
  const type = u16(b, at)
  sayInt(records, JIMI_EVENT, type)
  if (type < ITEM_E8.length) records.alarm(ITEM_E8[type])
  if (length > 2) raw(records, 0xe8, b, at + 2, length - 2)
  return true
}

const CELLS_MCC_MIN = 200,
  CELLS_MCC_MAX = 799
const TIME_ZONE = name('time_zone')
ITEMS[0xeb] = (records, row, b, at, length) => {
  if (isPrintable(b, at, at + length)) {
    sayText(records, TIME_ZONE, b, at, at + length)
    return true
  }
  if (length >= 8 && u16(b, at) > CELLS_MCC_MIN && (length - 3) % 5 === 0) {
    if (!sayOpen(records, CELLS, LIST)) return false
    for (let from = at + 3; from < at + length; from += 5)
      cell(records, row, u16(b, at), b[at + 2], u16(b, from), u16(b, from + 2), b[from + 4])
    sayClose(records, LIST)
    return true
  }
  return nested(records, row, b, at, at + length)
}

const DEVICE_IMEI = IMEI,
  EB_ALARM = name('eb_alarm_bits'),
  EB_STATUS = name('eb_status_bits'),
  EB_BATTERY = name('eb_battery_alarm'),
  WIFI_TEXT = name('wifi_text'),
  EB_OTHER = name('eb_unknown')
const EB_POWER_OFF = 1,
  EB_REMOVED = 1 << 12,
  EB_NO_VIBRATION = 1 << 6,
  EB_MOTION_SHIFT = 23

/** Item EB's inner list: length u16 of type and value, type u16, value. */
function nested(records: Records, row: number, b: Uint8Array, from: number, end: number): boolean {
  let at = from
  while (at + 4 <= end && u16(b, at) >= 2 && at + 2 + u16(b, at) <= end) at += 2 + u16(b, at)
  if (at === from) return false
  const listEnd = at
  for (at = from; at < listEnd; at += 2 + u16(b, at)) entry(records, row, b, u16(b, at + 2), at + 4, u16(b, at) - 2)
  if (listEnd < end) sayHex(records, EB_OTHER, b, listEnd, end)
  return true
}

function entry(records: Records, row: number, b: Uint8Array, type: number, at: number, length: number): void {
  switch (type) {
    case 0x002d:
      if (length === 2) records.batteryV[row] = u16(b, at) / 1000
      else if (length >= 6) {
        // A supply in front of it.
        records.powerV[row] = u32(b, at) / 1000
        records.batteryV[row] = u16(b, at + 4) / 1000
      } else if (length === 4) records.powerV[row] = u32(b, at) / 1000
      return
    case 0x0089:
      if (length !== 4) break
      sayInt(records, EB_ALARM, u32(b, at))
      if (!(u32(b, at) & EB_POWER_OFF)) records.alarm(Alarm.power_cut)
      if (!(u32(b, at) & EB_REMOVED)) records.alarm(Alarm.removing)
      return
    case 0x00a8:
    case 0x00e1:
      if (length !== 1) break
      battery(records, row, b[at], Battery.nested)
      return
    case 0x00b2:
      sayNibbles(records, ICCID, b, at, at + length)
      return
    case 0x00b9:
      if (length < 1) break
      wifiText(records, b, at + 1, at + length)
      return
    case 0x00c5: {
      if (length !== 4) break
      const bits = u32(b, at)
      sayInt(records, EB_STATUS, bits)
      if (!(bits & EB_NO_VIBRATION)) records.alarm(Alarm.vibration)
      const motion = (bits >> EB_MOTION_SHIFT) & 3
      if (motion < 2) records.motion[row] = motion === 0 ? 1 : 0
      return
    }
    case 0x00c6:
      if (length < 1) break
      sayInt(records, EB_BATTERY, b[at + length - 1])
      if (b[at + length - 1] === 3 || b[at + length - 1] === 4) records.alarm(Alarm.low_battery)
      return
    case 0x00ce:
      if (length !== 2) break
      records.powerV[row] = u16(b, at) / 100
      return
    case 0x00d5:
      if (!isPrintable(b, at, at + length)) break
      sayText(records, DEVICE_IMEI, b, at, at + length)
      return
    case 0x00d8:
      if (length !== 9 || !sayOpen(records, CELLS, LIST)) break
      cell(records, row, u16(b, at), b[at + 2], u16(b, at + 3), u32(b, at + 5), -1)
      sayClose(records, LIST)
      return
  }
  sayHex(records, EB_OTHER, b, at - 2, at + length)
}

const WIFI_MAC_TEXT = 17
const AP = new Uint8Array(7)

/** `mac,rssi,mac,rssi,…`; kept as text where it is something else. */
function wifiText(records: Records, b: Uint8Array, from: number, end: number): void {
  let at = from
  while (at < end) {
    at = accessPoint(b, at, end)
    if (at < 0) {
      sayTextOrHex(records, WIFI_TEXT, b, from, end)
      return
    }
  }
  if (from === end || !sayOpen(records, WIFI, LIST)) return
  for (at = from; at < end;) {
    at = accessPoint(b, at, end)
    elementOpen(records)
    elementMac(records, MAC, AP, 0)
    attributeInt(records, RSSI, s8(AP[6]))
    attributeClose(records, OBJECT)
  }
  sayClose(records, LIST)
}

/** Reads one into AP; the offset behind it and its comma, or -1. */
function accessPoint(b: Uint8Array, from: number, end: number): number {
  if (from + WIFI_MAC_TEXT + 2 > end) return -1
  for (let byte = 0; byte < 6; byte++) {
    const high = hexDigit(b[from + 3 * byte])
    const low = hexDigit(b[from + 3 * byte + 1])
    if (high < 0 || low < 0) return -1
    AP[byte] = (high << 4) | low
  }
  let at = from + WIFI_MAC_TEXT + 1
  const negative = b[at] === 0x2d
  if (negative) at++
  let value = 0
  let digits = 0
  for (; at < end && b[at] >= 0x30 && b[at] <= 0x39 && digits < 3; at++, digits++) value = value * 10 + b[at] - 0x30
  if (digits === 0 || value > 127 || (at < end && b[at] !== 0x2c)) return -1
  AP[6] = negative ? -value : value
  return at < end ? at + 1 : at
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30
  const letter = byte | 0x20
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1
}

ITEMS[0xec] = (records, _row, b, at, length) => length % 7 === 0 && wifi(records, b, at, at + length)

ITEMS[0xee] = (records, row, b, at, length) => {
  if (length === 6) {
    sayInt(records, SIGNAL, b[at])
    records.powerV[row] = u16(b, at + 1) / 1000
    records.batteryV[row] = u16(b, at + 3) / 1000
    records.satellites[row] = b[at + 5]
    return true
  }
  if (length !== 10) return false
  const mcc = u16(b, at)
  if (mcc < CELLS_MCC_MIN || mcc > CELLS_MCC_MAX || !sayOpen(records, CELLS, LIST)) return false
  cell(records, row, mcc, b[at + 2], u16(b, at + 3), u32(b, at + 5), b[at + 9])
  sayClose(records, LIST)
  return true
}

const AOVX_BYTES = 13
ITEMS[0xf0] = (records, row, b, at, length) => {
  if (length === 0 || length % AOVX_BYTES !== 0 || !sayOpen(records, CELLS, LIST)) return false
  for (let from = at; from < at + length; from += AOVX_BYTES)
    cell(records, row, u16(b, from), u16(b, from + 2), u32(b, from + 8), u32(b, from + 4), b[from + 12])
  sayClose(records, LIST)
  return true
}

const BATTERY_STATE = name('battery_state')
ITEMS[0xf7] = (records, row, b, at, length) => {
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
  if (length > 5) battery(records, row, b[at + 5], Battery.nested)
  return true
}

const STEPS = name('steps')
ITEMS[0xf8] = (records, _row, b, at, length) => {
  if (!personal || length !== 2) return false
  sayInt(records, STEPS, u16(b, at))
  return true
}

const FA_BITS = name('fa_bits')
const FA_ACC_ON = 1 << 6,
  FA_ACC_OFF = 1 << 7,
  FA_ARMED = 1 << 11
ITEMS[0xfa] = (records, row, b, at, length) => {
  if (length !== 4) return false
  const bits = u32(b, at)
  sayInt(records, FA_BITS, bits)
  raiseBits(records, bits | 0, ITEM_FA)
  if (bits & FA_ACC_ON) records.ignition[row] = 1
  else if (bits & FA_ACC_OFF) records.ignition[row] = 0
  if (bits & FA_ARMED) sayBool(records, ARMED, true)
  return true
}
ITEMS[0xfb] = (records, row, b, at, length) => {
  if (length !== 4 || b[at] > 100 || b[at + 3] > 1) return false
  battery(records, row, b[at], Battery.nested)
  records.batteryV[row] = u16(b, at + 1) / 100
  records.charging[row] = b[at + 3]
  return true
}

const FE_LIST = 0x7c
ITEMS[0xfe] = (records, row, b, at, length) => {
  if (length > 4 && b[at] === FE_LIST) return feList(records, b, at + 1, at + length)
  if (length === 1) battery(records, row, b[at], Battery.itemFE)
  else if (length === 2) records.powerV[row] = u16(b, at) / 10
  else return metres(records, row, b, at, length)
  return true
}

const FE_REST = name('fe_unknown')
function feList(records: Records, b: Uint8Array, from: number, end: number): boolean {
  let at = from
  for (; at + 2 <= end && at + 2 + b[at + 1] <= end; at += 2 + b[at + 1])
    if (b[at] === 0x01 && b[at + 1] === 4) raiseBits(records, u32(b, at + 2) | 0, ITEM_FE)
    else sayHex(records, FE_REST, b, at, at + 2 + b[at + 1])
  return true
}

// Item 80: the rest of the body is a list of what an OBD reader says.

const OBD_LIST = 0x80
const OBD_SPEED = name('obd_speed_kph'),
  OBD_ODOMETER = name('obd_odometer_km'),
  RPM = name('rpm'),
  ENGINE_LOAD = name('engine_load'),
  COOLANT = name('coolant_temperature'),
  THROTTLE = name('throttle'),
  VIN = name('vin'),
  DTCS = name('dtcs')
const OBD_RAW: Name[] = Array.from({ length: 256 }, (_, id) => name(`obd_${id.toString(16).padStart(2, '0')}`))

function obdList(records: Records, row: number, b: Uint8Array, from: number, end: number): void {
  for (let at = from; at + 2 <= end;) {
    const length = b[at + 1]
    const value = at + 2
    if (value + length > end) {
      sayBool(records, TRUNCATED, true)
      sayHex(records, REST, b, at, end)
      return
    }
    if (!obdEntry(records, row, b, b[at], value, length)) sayHex(records, OBD_RAW[b[at]], b, value, value + length)
    at = value + length
  }
}

function obdEntry(records: Records, row: number, b: Uint8Array, id: number, at: number, length: number): boolean {
  switch (id) {
    case 0x01:
    case 0x02:
    case 0x30:
    case 0x31:
    case 0x56:
    case 0x61:
    case 0x69:
    case 0x82:
    case 0xcc:
      return ITEMS[id]!(records, row, b, at, length)
    case 0x03:
      if (length !== 2) return false
      sayFixed(records, OBD_SPEED, u16(b, at), 1)
      return true
    case 0x80:
    case 0x83:
    case 0x89:
      if (length !== 1) return false
      sayInt(records, id === 0x80 ? OBD_SPEED : id === 0x83 ? ENGINE_LOAD : THROTTLE, b[at])
      return true
    case 0x81:
      if (length !== 2) return false
      sayInt(records, RPM, u16(b, at))
      return true
    case 0x84:
      if (length !== 1) return false
      sayInt(records, COOLANT, b[at] - 40)
      return true
    case 0x8b:
      if (!isPrintable(b, at, at + length)) return false
      sayText(records, VIN, b, at, at + length)
      return true
    case 0x8c:
      if (length !== 4) return false
      sayFixed(records, OBD_ODOMETER, u32(b, at), 1)
      return true
    case 0xa0:
      if (length > 0) sayTextOrHex(records, DTCS, b, at, at + length)
      return true
  }
  return false
}

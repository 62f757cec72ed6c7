/** Asset units: 70, F1 and F2, made of modules altogether. */
import {
  attributeBool,
  attributeClose,
  attributeFixed,
  attributeHex,
  attributeInt,
  attributeOpen,
  elementOpen,
  LIST,
  OBJECT,
} from '../attributes.ts'
import { s16, u16, u32 } from '../bytes.ts'
import type { Records } from '../records.ts'
import { MODULAR_ALARMS } from './alarms.ts'
import { servingCell } from './cell.ts'
import { NOT_TOLD, odometer, position, sent, unixMs, unixSentAt } from './fix.ts'
import { Key } from './keys.ts'
import type { Message } from './message.ts'
import { Cell } from './messages.ts'
import { BLE_TAG, find, otherModule, others, sizes, TLV16, TLV8 } from './modules.ts'
import { attributeMac, attributeNibbles, attributeTime, rest } from './write.ts'

const BLE_TAG_BYTES = 14
const MODULES = sizes([
  [0x01, 8],
  [0x02, 8],
  [0x03, 10],
  [0x0a, 1],
  [0x09, 1],
  [0x11, 10],
  [0x18, 2],
  [0x28, 1],
  [0x29, 4],
  [0x2a, 1],
  [0x2b, 1],
  [0x2c, 4],
  [0x2e, 4],
  [0x33, 18],
  [0x34, 6],
  [BLE_TAG, BLE_TAG_BYTES],
])

/** 70: everything in modules; 0033 makes it a location. */
export const modular = (message: Message): void => {
  const { bytes, at: from, records, row } = message
  const gps = find(message, from, TLV16, 0x0033, 18)
  const packet = find(message, from, TLV16, 0x002c, 4)
  const packetMs = packet ? unixMs(message, packet) : NaN
  if (gps) modularPosition(message, gps, packetMs)
  else sent(message, packetMs)
  let at = find(message, from, TLV16, 0x0001, 8)
  if (at) attributeNibbles(records, Key.imei, bytes, at, at + 8, 1)
  at = find(message, from, TLV16, 0x0002, 8)
  if (at) attributeNibbles(records, Key.imsi, bytes, at, at + 8, 1)
  at = find(message, from, TLV16, 0x0003, 10)
  if (at) attributeNibbles(records, Key.iccid, bytes, at, at + 10, 0)
  at = find(message, from, TLV16, 0x0009, 1)
  if (at && !gps) attributeInt(records, Key.satellites, bytes[at])
  at = find(message, from, TLV16, 0x000a, 1)
  if (at) attributeInt(records, Key.satellitesVisible, bytes[at])
  at = find(message, from, TLV16, 0x0011, 10)
  if (at) {
    servingCell(message, at, Cell.l8, 2)
    records.rssi[row] = bytes[at + 9]
  }
  at = find(message, from, TLV16, 0x0018, 2)
  if (at) records.batteryV[row] = u16(bytes, at) / 100
  at = find(message, from, TLV16, 0x0028, 1)
  if (at) hdop(records, row, bytes[at])
  at = find(message, from, TLV16, 0x0029, 4)
  if (at) attributeInt(records, Key.index, u32(bytes, at))
  at = find(message, from, TLV16, 0x002a, 1)
  if (at) {
    attributeBool(records, Key.door, (bytes[at] & 15) !== 0)
    attributeBool(records, Key.tamper, bytes[at] >> 4 !== 0)
    records.inputs[row] = bytes[at]
  }
  at = find(message, from, TLV16, 0x002b, 1)
  if (at) attributeInt(records, Key.bootReason, bytes[at])
  at = find(message, from, TLV16, 0x002e, 4)
  if (at) odometer(message, at)
  at = find(message, from, TLV16, 0x0034, 6)
  if (at) event(message, at)
  tags(message, from)
  others(message, from, TLV16, MODULES)
}

/** Module 0033: unix time, satellites, altitude, latitude, longitude, speed, course and status. */
const modularPosition = (message: Message, at: number, packetMs: number): void => {
  const { bytes, records } = message
  const latitude = u32(bytes, at + 7)
  const longitude = u32(bytes, at + 11)
  const word = u16(bytes, at + 16)
  position(message, unixMs(message, at), latitude, longitude, bytes[at + 15], word, bytes[at + 4], NOT_TOLD, NOT_TOLD)
  records.altitudeM[message.row] = s16(bytes, at + 5)
  if (packetMs === packetMs) attributeTime(records, Key.deviceTime, packetMs)
}

/** The accuracy is a column of fixes and says nothing elsewhere. */
const hdop = (records: Records, row: number, tenths: number): void => {
  if (records.isFix[row]) records.hdop[row] = tenths / 10
  else attributeFixed(records, Key.hdop, tenths, 1)
}

/** Module 0034: event, unix time, then as many bytes as the next says. */
const event = (message: Message, at: number): void => {
  const { bytes, records } = message
  attributeInt(records, Key.eventCode, bytes[at])
  const ms = unixMs(message, at + 1)
  if (ms === ms) attributeTime(records, Key.eventTime, ms)
  const data = at + 6
  const dataEnd = Math.min(data + bytes[at + 5], at + u16(bytes, at - 2))
  if (data < dataEnd) attributeHex(records, Key.eventHex, bytes, data, dataEnd)
  // One packet may tell of several events; the others' times are among the other modules.
  for (let each = at; each !== 0; each = find(message, each + u16(bytes, each - 2), TLV16, 0x0034, 6))
    records.alarm(MODULAR_ALARMS[bytes[each]])
}

/** BLE tags: MAC, battery mV, battery %, temperature × 10, humidity, status. */
const tags = (message: Message, from: number): void => {
  const { bytes, records } = message
  let at = find(message, from, TLV16, BLE_TAG, BLE_TAG_BYTES)
  if (!at) return
  attributeOpen(records, Key.bleTags, LIST)
  while (at) {
    elementOpen(records)
    attributeMac(records, Key.mac, bytes, at)
    attributeFixed(records, Key.batteryV, u16(bytes, at + 6), 3)
    attributeInt(records, Key.batteryPct, bytes[at + 8])
    attributeFixed(records, Key.temperature, s16(bytes, at + 9), 1)
    attributeInt(records, Key.humidity, u16(bytes, at + 11))
    attributeInt(records, Key.statusCode, bytes[at + 13])
    attributeClose(records, OBJECT)
    at = find(message, at + u16(bytes, at - 2), TLV16, BLE_TAG, BLE_TAG_BYTES)
  }
  attributeClose(records, LIST)
}

/** Bytes of the unix time before the modules of F1 and F2. */
const TIME_BYTES = 4
/** Motion states of module 0001 that mean moving. */
const MOVING = 0x02,
  MOVING_TOO = 0x04
const STATUS_MODULES = sizes([
  [0x01, 1],
  [0x02, 1],
  [0x04, 1],
  [0x05, 2],
  [0x07, 1],
  [0x0a, 2],
  [0x0b, 2],
])

/** F1: state of the device. */
export const deviceStatus = (message: Message): void => {
  const { bytes, end, records, row } = message
  if (end - message.at < TIME_BYTES) return rest(message, message.at)
  unixSentAt(message, message.at)
  const from = message.at + TIME_BYTES
  let at = find(message, from, TLV8, 0x0001, 1)
  if (at) {
    records.motion[row] = bytes[at] === MOVING || bytes[at] === MOVING_TOO ? 1 : 0
    attributeInt(records, Key.motionState, bytes[at])
  }
  at = find(message, from, TLV8, 0x0002, 1)
  if (at) attributeBool(records, Key.armed, bytes[at] === 1)
  at = find(message, from, TLV8, 0x0004, 1)
  if (at) records.ignition[row] = bytes[at] === 1 ? 1 : 0
  at = find(message, from, TLV8, 0x0005, 2)
  if (at) records.powerV[row] = u16(bytes, at) / 100
  at = find(message, from, TLV8, 0x0007, 1)
  if (at) records.charging[row] = bytes[at] === 1 ? 1 : 0
  at = find(message, from, TLV8, 0x000a, 2)
  if (at) attributeInt(records, Key.chargeVoltage, u16(bytes, at))
  at = find(message, from, TLV8, 0x000b, 2)
  if (at) attributeFixed(records, Key.batteryTemperature, s16(bytes, at), 1)
  others(message, from, TLV8, STATUS_MODULES)
}

const BLE = 0x000a,
  BLE_BYTES = 10,
  EXTERNAL_BATTERY = 0x000c,
  EXTERNAL_BATTERY_BYTES = 4

/** F2: what hangs on the device. The length of a BLE module has two bytes, that of the others one. */
export const peripherals = (message: Message): void => {
  const { bytes, end, records } = message
  if (end - message.at < TIME_BYTES) return rest(message, message.at)
  unixSentAt(message, message.at)
  // Attributes have one place for each kind: the second of a kind, and what nobody has described, goes to the list.
  let ble = 0
  let battery = 0
  let open = false
  let at = message.at + TIME_BYTES
  while (at + 3 <= end) {
    const id = u16(bytes, at)
    const width = id === BLE ? TLV16 : TLV8
    const value = at + 2 + width
    if (value > end) break
    const length = width === TLV16 ? u16(bytes, at + 2) : bytes[at + 2]
    if (value + length > end) break
    at = value + length
    if (id === BLE && length >= BLE_BYTES && ble === 0) ble = value
    else if (id === EXTERNAL_BATTERY && length >= EXTERNAL_BATTERY_BYTES && battery === 0) battery = value
    else {
      if (!open) attributeOpen(records, Key.modules, LIST)
      open = true
      otherModule(records, id, bytes, value, at)
    }
  }
  if (open) attributeClose(records, LIST)
  if (ble) beacon(message, ble)
  if (battery) externalBattery(message, battery)
  rest(message, at)
}

/** Address kind, MAC, event, event data, data type, details. */
const beacon = ({ bytes, records }: Message, at: number): void => {
  const end = at + u16(bytes, at - 2)
  attributeInt(records, Key.addressKind, bytes[at])
  attributeMac(records, Key.peripheralMac, bytes, at + 1)
  attributeInt(records, Key.eventCode, bytes[at + 7])
  attributeInt(records, Key.eventData, bytes[at + 8])
  if (end - at > BLE_BYTES) attributeHex(records, Key.detailsHex, bytes, at + 9, end)
}

/** Level %, charging, cycles. */
const externalBattery = ({ bytes, records, row }: Message, at: number): void => {
  attributeInt(records, Key.externalBatteryLevel, bytes[at])
  records.charging[row] = bytes[at + 1] === 1 ? 1 : 0
  attributeInt(records, Key.cycles, u16(bytes, at + 2))
}

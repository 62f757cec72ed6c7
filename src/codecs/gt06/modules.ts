/** Messages made of modules: { id, length, value } to the end. TLV8 has a u8 length, TLV16 a u16. */
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
import type { FrameContext } from '../codec.ts'
import type { Records } from '../records.ts'
import { MODULAR_ALARMS } from './alarms.ts'
import { s16, u16, u32 } from './bytes.ts'
import { isWide, servingCell } from './cells.ts'
import { BUFFERED_MS } from './clock.ts'
import { gpsBlock, NOT_TOLD, odometer, position, unixMs, unixSentAt } from './fix.ts'
import { Key } from './keys.ts'
import { tailOfModules, TYPE_4G, typedCellBytes } from './layout.ts'
import { Cell, Gps, UTC } from './messages.ts'
import type { Settings } from './settings.ts'
import { alarmState, batteryLevel, codeAt, languageAt, statusBlock, terminalInformation } from './status.ts'
import { attributeMac, attributeNibbles, attributeTime, rest } from './write.ts'

/** Offset of the value of the first module `id` with at least `size` bytes, or 0. `width`: bytes of the length. */
function find(bytes: Uint8Array, from: number, end: number, width: number, id: number, size: number): number {
  let at = from
  while (at + 2 + width <= end) {
    const length = width === 1 ? bytes[at + 2] : u16(bytes, at + 2)
    const value = at + 2 + width
    if (value + length > end) return 0
    if (u16(bytes, at) === id && length >= size) return value
    at = value + length
  }
  return 0
}

const TLV8 = 1,
  TLV16 = 2

/** Modules of 36, 37, 38 and 39. */
function jimiModules(bytes: Uint8Array, from: number, end: number, row: number, records: Records): void {
  let at = find(bytes, from, end, TLV8, 0x0018, 2)
  if (at) records.batteryV[row] = u16(bytes, at) / 100
  at = find(bytes, from, end, TLV8, 0x0027, 2)
  if (at) records.powerV[row] = u16(bytes, at) / 100
  at = find(bytes, from, end, TLV8, 0x002e, 4)
  if (at) odometer(bytes, at, row, records)
  at = find(bytes, from, end, TLV8, 0x0032, 1)
  if (at) attributeInt(records, Key.startupStatus, bytes[at])
  at = find(bytes, from, end, TLV8, 0x003b, 2)
  if (at) attributeInt(records, Key.accuracyRaw, u16(bytes, at))
  at = find(bytes, from, end, TLV8, 0x003c, 4)
  if (at) attributeInt(records, Key.statusWord, u32(bytes, at))
  at = find(bytes, from, end, TLV8, 0x006a, 1)
  if (at && bytes[at] <= 100) records.batteryPct[row] = bytes[at]
}

/** 36 (Jimi 4G): S5, then modules. */
export function heartbeatModules(
  bytes: Uint8Array,
  at: number,
  end: number,
  number: number,
  row: number,
  records: Records,
  context: FrameContext,
  settings: Settings,
): void {
  if (end - at < 5) return rest(bytes, at, end, records)
  terminalInformation(records, row, bytes[at], context)
  batteryLevel(records, row, bytes[at + 1])
  records.rssi[row] = bytes[at + 2]
  alarmState(records, row, bytes[at], codeAt(bytes, at + 3, number), context, settings)
  attributeInt(records, Key.language, languageAt(bytes, at + 4, number))
  jimiModules(bytes, at + 5, end, row, records)
}

/** Least n of 37. */
const POSITION_MODULES_N = 29

/** 37: what 22 says, then modules. */
export function positionModules(
  bytes: Uint8Array,
  at: number,
  end: number,
  clock: number,
  row: number,
  records: Records,
  context: FrameContext,
  settings: Settings,
): void {
  if (end - at < POSITION_MODULES_N) return rest(bytes, at, end, records)
  const tail = at + tailOfModules(bytes, at)
  if (tail + 3 > end) return rest(bytes, at, end, records)
  gpsBlock(bytes, at, clock, bytes[tail + 2] === 1 ? 1 : 0, bytes[tail + 1], row, records, context, settings)
  servingCell(bytes, at + Gps.size, Cell.l8, tail - at - Gps.size - 7, row, records)
  records.ignition[row] = bytes[tail] === 1 ? 1 : 0
  attributeInt(records, Key.uploadMode, bytes[tail + 1])
  jimiModules(bytes, tail + 3, end, row, records)
}

/** Type and cell at `at`; gives the offset behind its level, or `end` if it does not fit. */
function typedCell(bytes: Uint8Array, at: number, end: number, row: number, records: Records): number {
  if (at + 3 > end) return end
  const behind = at + typedCellBytes(bytes, at)
  if (behind > end) return end
  const fourG = bytes[at] >= TYPE_4G
  servingCell(bytes, at + 1, fourG ? Cell.l15 : Cell.l8, isWide(bytes, at + 1) ? 2 : 1, row, records)
  records.rssi[row] = fourG ? s16(bytes, behind - 2) : bytes[behind - 1]
  return behind
}

/** 38: G18, upload mode, re-upload, typed cell, modules. */
export function typedPosition(
  bytes: Uint8Array,
  at: number,
  end: number,
  row: number,
  records: Records,
  context: FrameContext,
  settings: Settings,
): void {
  if (end - at < Gps.size + 3) return rest(bytes, at, end, records)
  const mode = bytes[at + Gps.size]
  gpsBlock(bytes, at, UTC, bytes[at + Gps.size + 1] === 1 ? 1 : 0, mode, row, records, context, settings)
  attributeInt(records, Key.uploadMode, mode)
  jimiModules(bytes, typedCell(bytes, at + Gps.size + 2, end, row, records), end, row, records)
}

/** 39: G18, typed cell, S5, modules. */
export function typedAlarm(
  bytes: Uint8Array,
  at: number,
  end: number,
  number: number,
  row: number,
  records: Records,
  context: FrameContext,
  settings: Settings,
): void {
  if (end - at < Gps.size) return rest(bytes, at, end, records)
  gpsBlock(bytes, at, UTC, NOT_TOLD, NOT_TOLD, row, records, context, settings)
  const status = typedCell(bytes, at + Gps.size, end, row, records)
  if (status + 5 > end) return
  jimiModules(bytes, statusBlock(bytes, status, number, row, records, context, settings), end, row, records)
}

const BLE_TAG = 0x007f,
  BLE_TAG_BYTES = 14

/** 70: everything in modules; 0033 makes it a location. */
export function modular(
  bytes: Uint8Array,
  from: number,
  end: number,
  row: number,
  records: Records,
  context: FrameContext,
): void {
  const gps = find(bytes, from, end, TLV16, 0x0033, 18)
  const packet = find(bytes, from, end, TLV16, 0x002c, 4)
  const sent = packet ? unixMs(bytes, packet, context) : NaN
  if (gps) {
    const ms = unixMs(bytes, gps, context)
    const speed = bytes[gps + 15]
    position(
      ms,
      u32(bytes, gps + 7),
      u32(bytes, gps + 11),
      speed,
      u16(bytes, gps + 16),
      bytes[gps + 4],
      NOT_TOLD,
      NOT_TOLD,
      row,
      records,
      context,
    )
    records.altitudeM[row] = s16(bytes, gps + 5)
    if (sent === sent) attributeTime(records, Key.deviceTime, sent)
  } else {
    records.fixMs[row] = sent
    records.buffered[row] = context.receivedMs - sent > BUFFERED_MS ? 1 : 0
  }
  let at = find(bytes, from, end, TLV16, 0x0001, 8)
  if (at) attributeNibbles(records, Key.imei, bytes, at, at + 8, 1)
  at = find(bytes, from, end, TLV16, 0x0002, 8)
  if (at) attributeNibbles(records, Key.imsi, bytes, at, at + 8, 1)
  at = find(bytes, from, end, TLV16, 0x0003, 10)
  if (at) attributeNibbles(records, Key.iccid, bytes, at, at + 10, 0)
  at = find(bytes, from, end, TLV16, 0x0009, 1)
  if (at && !gps) attributeInt(records, Key.satellites, bytes[at])
  at = find(bytes, from, end, TLV16, 0x000a, 1)
  if (at) attributeInt(records, Key.satellitesVisible, bytes[at])
  at = find(bytes, from, end, TLV16, 0x0011, 10)
  if (at) {
    servingCell(bytes, at, Cell.l8, 2, row, records)
    records.rssi[row] = bytes[at + 9]
  }
  at = find(bytes, from, end, TLV16, 0x0018, 2)
  if (at) records.batteryV[row] = u16(bytes, at) / 100
  at = find(bytes, from, end, TLV16, 0x0028, 1)
  if (at) hdop(records, row, bytes[at])
  at = find(bytes, from, end, TLV16, 0x0029, 4)
  if (at) attributeInt(records, Key.index, u32(bytes, at))
  at = find(bytes, from, end, TLV16, 0x002a, 1)
  if (at) {
    attributeBool(records, Key.door, (bytes[at] & 15) !== 0)
    attributeBool(records, Key.tamper, bytes[at] >> 4 !== 0)
    records.inputs[row] = bytes[at]
  }
  at = find(bytes, from, end, TLV16, 0x002b, 1)
  if (at) attributeInt(records, Key.bootReason, bytes[at])
  at = find(bytes, from, end, TLV16, 0x002e, 4)
  if (at) odometer(bytes, at, row, records)
  at = find(bytes, from, end, TLV16, 0x0034, 6)
  if (at) {
    attributeInt(records, Key.eventCode, bytes[at])
    const ms = unixMs(bytes, at + 1, context)
    if (ms === ms) attributeTime(records, Key.eventTime, ms)
    records.alarm(MODULAR_ALARMS[bytes[at]])
  }
  tags(bytes, from, end, records)
}

/** The accuracy is a column of fixes and says nothing elsewhere. */
function hdop(records: Records, row: number, tenths: number): void {
  if (records.isFix[row]) records.hdop[row] = tenths / 10
  else attributeFixed(records, Key.hdop, tenths, 1)
}

/** BLE tags: MAC, battery mV, battery %, temperature × 10, humidity, status. */
function tags(bytes: Uint8Array, from: number, end: number, records: Records): void {
  let at = find(bytes, from, end, TLV16, BLE_TAG, BLE_TAG_BYTES)
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
    at = find(bytes, at + u16(bytes, at - 2), end, TLV16, BLE_TAG, BLE_TAG_BYTES)
  }
  attributeClose(records, LIST)
}

/** Motion states of module 0001 that mean moving. */
const MOVING = 0x02,
  MOVING_TOO = 0x04

/** F1: state of the device. */
export function deviceStatus(
  bytes: Uint8Array,
  from: number,
  end: number,
  row: number,
  records: Records,
  context: FrameContext,
): void {
  if (end - from < 4) return rest(bytes, from, end, records)
  unixSentAt(bytes, from, row, records, context)
  let at = find(bytes, from + 4, end, TLV8, 0x0001, 1)
  if (at) records.motion[row] = bytes[at] === MOVING || bytes[at] === MOVING_TOO ? 1 : 0
  at = find(bytes, from + 4, end, TLV8, 0x0002, 1)
  if (at) attributeBool(records, Key.armed, bytes[at] === 1)
  at = find(bytes, from + 4, end, TLV8, 0x0004, 1)
  if (at) records.ignition[row] = bytes[at] === 1 ? 1 : 0
  at = find(bytes, from + 4, end, TLV8, 0x0005, 2)
  if (at) records.powerV[row] = u16(bytes, at) / 100
  at = find(bytes, from + 4, end, TLV8, 0x0007, 1)
  if (at) records.charging[row] = bytes[at] === 1 ? 1 : 0
  at = find(bytes, from + 4, end, TLV8, 0x000a, 2)
  if (at) attributeInt(records, Key.chargeVoltage, u16(bytes, at))
  at = find(bytes, from + 4, end, TLV8, 0x000b, 2)
  if (at) attributeFixed(records, Key.batteryTemperature, s16(bytes, at), 1)
}

const BLE = 0x000a,
  EXTERNAL_BATTERY = 0x000c

/** F2: what hangs on the device. The length of a BLE module has two bytes, that of the others one. */
export function peripherals(
  bytes: Uint8Array,
  from: number,
  end: number,
  row: number,
  records: Records,
  context: FrameContext,
): void {
  if (end - from < 4) return rest(bytes, from, end, records)
  unixSentAt(bytes, from, row, records, context)
  let ble = false
  let battery = false
  let at = from + 4
  while (at + 3 <= end) {
    const id = u16(bytes, at)
    const width = id === BLE ? 2 : 1
    if (at + 2 + width > end) return
    const length = width === 2 ? u16(bytes, at + 2) : bytes[at + 2]
    const value = at + 2 + width
    if (value + length > end) return
    if (id === BLE && length >= 10 && !ble) {
      ble = true
      attributeInt(records, Key.addressKind, bytes[value])
      attributeMac(records, Key.peripheralMac, bytes, value + 1)
      attributeInt(records, Key.eventCode, bytes[value + 7])
      attributeInt(records, Key.eventData, bytes[value + 8])
      if (length > 10) attributeHex(records, Key.detailsHex, bytes, value + 9, value + length)
    }
    if (id === EXTERNAL_BATTERY && length >= 4 && !battery) {
      battery = true
      attributeInt(records, Key.externalBatteryLevel, bytes[value])
      records.charging[row] = bytes[value + 1] === 1 ? 1 : 0
      attributeInt(records, Key.cycles, u16(bytes, value + 2))
    }
    at = value + length
  }
}

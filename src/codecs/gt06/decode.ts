/** What a frame says: one record per frame. The common messages are here; rarer ones have files of their own. */
import { attributeBool, attributeFixed, attributeHex, attributeInt } from '../attributes.ts'
import type { FrameContext } from '../codec.ts'
import type { Records } from '../records.ts'
import { Reject } from '../rejects.ts'
import { allZero, isBcd, s16, u16, u24, u32 } from './bytes.ts'
import { cellBytes, cellList, isWide, servingCell, wifiList } from './cells.ts'
import {
  az735,
  batteryManagement,
  camera,
  clockIn,
  fileUpload,
  ibutton,
  multimedia,
  ntLocation,
  photoData,
  photoInfo,
  seeworldStatus,
  wifiOnly,
  x1Location,
} from './clones.ts'
import { crc16 } from './crc.ts'
import { gpsBlock, NOT_TOLD, odometer, sentAt } from './fix.ts'
import { FRAME_MIN, Shape, shapeOf, TRAILER } from './frame.ts'
import { appendInt, member, openAttributes } from './json.ts'
import { Key } from './keys.ts'
import { bodyOf, cellAlarmStatus, cellOf, cellOffset, layoutOf, tailOffset } from './layout.ts'
import {
  Body,
  Cell,
  CELL_BYTES,
  CLASS_CELL,
  CLOCK,
  Gps,
  NAMES,
  PHONE_BYTES,
  Tail,
  TAIL_BYTES,
  TAIL_SHIFT,
  TAIL_T3,
  UTC,
} from './messages.ts'
import {
  deviceStatus,
  heartbeatModules,
  modular,
  peripherals,
  positionModules,
  typedAlarm,
  typedPosition,
} from './modules.ts'
import { obd } from './obd.ts'
import { information, reply, replyLong, serialData } from './replies.ts'
import type { Settings } from './settings.ts'
import { hasAlarmCode, HEARTBEAT_CODE_MAX } from './state.ts'
import {
  alarmEvent,
  alarmState,
  attributeSignMagnitude,
  batteryLevel,
  codeAt,
  LANGUAGE,
  languageAt,
  someVoltage,
  statusBlock,
  terminalInformation,
} from './status.ts'
import { topin } from './topin.ts'
import { attributeNibbles, attributeTrimmed, rest } from './write.ts'

export function decode(
  bytes: Uint8Array,
  start: number,
  end: number,
  context: FrameContext,
  records: Records,
  settings: Settings,
): number {
  if (end - start < FRAME_MIN) return -Reject.bad_frame
  const long = bytes[start] & 1
  const number = bytes[start + 3 + long]
  const content = start + 4 + long
  const shape = shapeOf(bytes, start, end)
  if (shape === Shape.topin) return topin(bytes, content, end - 2, number, context, records, settings)
  if (shape === Shape.stump) {
    if (settings.strictCrc) return -Reject.bad_checksum
    return stump(bytes, content, end - 2, number, records)
  }
  const mismatch = crc16(bytes, start + 2, end - 4) !== u16(bytes, end - 4)
  if (mismatch && settings.strictCrc) return -Reject.bad_checksum
  const body = bodyOf(bytes, content, end - TRAILER - content, number, long)
  if (body === Body.login) return 0
  const row = records.begin(NAMES[number])
  openAttributes(records, u16(bytes, end - TRAILER), number)
  if (mismatch) attributeBool(records, Key.crcMismatch, true)
  const clock = CLOCK[number | (long << 8)]
  message(bytes, content, end - TRAILER, number, long, body, clock, row, records, context, settings)
  records.end()
  return 1
}

function stump(bytes: Uint8Array, content: number, end: number, number: number, records: Records): number {
  records.begin(NAMES[number])
  attributeInt(records, Key.protocolNumber, number)
  rest(bytes, content, end, records)
  records.end()
  return 1
}

/** bytes[at, end) is the content of a message of this body. */
function message(
  bytes: Uint8Array,
  at: number,
  end: number,
  number: number,
  long: number,
  body: number,
  clock: number,
  row: number,
  records: Records,
  context: FrameContext,
  settings: Settings,
): void {
  const n = end - at
  switch (body) {
    case Body.position:
      if (number === 0x12 && n === QH302R_N && isQh302r(bytes, at, context, settings)) {
        attributeNibbles(records, Key.imei, bytes, at, at + 8, 1)
        return positional(bytes, at + 8, end, number, clock, row, records, context, settings)
      }
      return positional(bytes, at, end, number, clock, row, records, context, settings)
    case Body.area:
      return areaOnly(bytes, at, n, clock, row, records, context, settings)
    case Body.heartbeat:
      return heartbeat(bytes, at, n, row, records, context, settings)
    case Body.alarm:
      return positional(bytes, at, end, number, clock, row, records, context, settings)
    case Body.seeworldStatus:
      return seeworldStatus(bytes, at, n, row, records, context, settings)
    case Body.heartbeatVoltage:
      return heartbeatVoltage(bytes, at, n, row, records, context, settings)
    case Body.heartbeatModules:
      return heartbeatModules(bytes, at, end, number, row, records, context, settings)
    case Body.photoData:
      return photoData(bytes, at, records)
    case Body.positionModules:
      return positionModules(bytes, at, end, clock, row, records, context, settings)
    case Body.typedPosition:
      return typedPosition(bytes, at, end, row, records, context, settings)
    case Body.typedAlarm:
      return typedAlarm(bytes, at, end, number, row, records, context, settings)
    case Body.cellAlarm:
      return cellAlarm(bytes, at, end, number, row, records, context, settings)
    case Body.cells:
      return cells(bytes, at, end, number, clock, row, records, context, settings)
    case Body.countedCells:
      return countedCells(bytes, at, end, clock, row, records, context, settings)
    case Body.x1:
      return x1Location(bytes, at, end, row, records, context, settings)
    case Body.cellsAlarm:
      return cellsAlarm(bytes, at, end, number, row, records, context, settings)
    case Body.addressOfCell:
      return addressOfCell(bytes, at, end, number, row, records)
    case Body.addressOfFix:
      return addressOfFix(bytes, at, end, clock, row, records, context, settings)
    case Body.reply:
      return reply(bytes, at, end, row, records, context)
    case Body.replyLong:
      return replyLong(bytes, at, end, row, records, context)
    case Body.empty:
      return rest(bytes, at, end, records)
    case Body.information:
      return information(bytes, at, end, long, row, records, context, settings)
    case Body.serialData:
      return serialData(bytes, at, end, records)
    case Body.satellites:
      return satellites(bytes, at, end, records)
    case Body.bootCell:
      if (n < 8) break
      servingCell(bytes, at, Cell.l8, isWide(bytes, at) ? 2 : 1, row, records)
      return rest(bytes, at + cellBytes(bytes, at, Cell.l8), end, records)
    case Body.positionCells:
      return positionCells(bytes, at, end, row, records, context, settings)
    case Body.nt:
      return ntLocation(bytes, at, end, number, row, records, context, settings)
    case Body.az735:
      return az735(bytes, at, end, number, row, records, context, settings)
    case Body.photo:
      return photoInfo(bytes, at, end, row, records, context, settings)
    case Body.battery:
      return batteryManagement(bytes, at, end, row, records, context)
    case Body.multimedia:
      return multimedia(bytes, at, end, row, records, context)
    case Body.ibutton:
      return ibutton(bytes, at, end, row, records, context, settings)
    case Body.obd:
      return obd(bytes, at, end, number, row, records, context, settings)
    case Body.modular:
      return modular(bytes, at, end, row, records, context)
    case Body.clockIn:
      return clockIn(bytes, at, end, row, records, context, settings)
    case Body.deviceStatus:
      return deviceStatus(bytes, at, end, row, records, context)
    case Body.peripherals:
      return peripherals(bytes, at, end, row, records, context)
    case Body.wifi:
      return wifiOnly(bytes, at, end, row, records, context, settings)
    case Body.camera:
      return camera(bytes, at, end, row, records, context, settings)
    case Body.file:
      return fileUpload(bytes, at, end, records)
  }
  rest(bytes, at, end, records)
}

/** n of 12 with an IMEI in front. */
const QH302R_N = 34

/** 11, old: date, L8 and no position. */
function areaOnly(
  bytes: Uint8Array,
  at: number,
  n: number,
  clock: number,
  row: number,
  records: Records,
  context: FrameContext,
  settings: Settings,
): void {
  sentAt(bytes, at, clock, row, records, context, settings)
  // What n leaves between the date, LAC and CID is MCC and MNC.
  servingCell(bytes, at + 6, Cell.l8, n - 6 - CELL_BYTES[Cell.l8] + 1, row, records)
}

/** The IMEI stands before G18: it is the session's, or its bytes make no date. */
function isQh302r(bytes: Uint8Array, at: number, context: FrameContext, settings: Settings): boolean {
  if (!isBcd(bytes, at, at + 8)) return false
  if (settings.model === 'qh302r') return true
  const month = bytes[at + 1]
  return isDevice(bytes, at, context) || month === 0 || month > 12 || bytes[at + 2] === 0 || bytes[at + 2] > 31
}

/** The IMEI at `at` is the session's. */
function isDevice(bytes: Uint8Array, at: number, context: FrameContext): boolean {
  if (context.deviceEnd - context.deviceStart !== 15) return false
  for (let digit = 1; digit < 16; digit++) {
    const byte = bytes[at + (digit >> 1)]
    const value = digit & 1 ? byte & 15 : byte >> 4
    if (context.device[context.deviceStart + digit - 1] !== 0x30 + value) return false
  }
  return true
}

const UPLOAD_MODE = member('upload_mode'),
  GEOFENCE_ID = member('geofence_id')

/** G18, cell and tail: locations and alarms. */
function positional(
  bytes: Uint8Array,
  at: number,
  end: number,
  number: number,
  clock: number,
  row: number,
  records: Records,
  context: FrameContext,
  settings: Settings,
): void {
  const n = end - at
  const packed = layoutOf(bytes, at, n, number)
  if (packed === 0) return rest(bytes, at, end, records)
  const tail = packed >> TAIL_SHIFT
  const tailAt = at + tailOffset(packed)
  let mode = NOT_TOLD
  let reupload = NOT_TOLD
  if (TAIL_T3[tail] === 1) {
    mode = bytes[tailAt + 1]
    reupload = bytes[tailAt + 2] === 1 ? 1 : 0
  }
  gpsBlock(bytes, at, clock, reupload, mode, row, records, context, settings)
  const cell = cellOf(packed)
  if (cell !== Cell.none && cell !== Cell.padding) {
    const cellAt = at + cellOffset(packed)
    // A layout knows its length: what lies between MCC and tail beyond LAC and CID is the MNC.
    servingCell(bytes, cellAt, cell, mncBytes(packed), row, records)
  }
  if (tail === Tail.t3) {
    records.ignition[row] = bytes[tailAt] === 1 ? 1 : 0
    appendInt(records, UPLOAD_MODE, mode)
    if (tailAt + TAIL_BYTES[Tail.t3] < end) rest(bytes, tailAt + TAIL_BYTES[Tail.t3], end, records)
    return
  }
  const behind = tail === Tail.none ? tailAt : tailOf(bytes, tailAt, end, tail, number, row, records, context, settings)
  rest(bytes, behind, end, records)
}

function mncBytes(packed: number): number {
  return cellOf(packed) === Cell.l10 || packed & 2 ? 2 : 1
}

/** The blocks behind the cell; gives the offset behind them. */
function tailOf(
  bytes: Uint8Array,
  at: number,
  end: number,
  tail: number,
  number: number,
  row: number,
  records: Records,
  context: FrameContext,
  settings: Settings,
): number {
  if (TAIL_T3[tail] === 1) {
    records.ignition[row] = bytes[at] === 1 ? 1 : 0
    appendInt(records, UPLOAD_MODE, bytes[at + 1])
    odometer(bytes, at + 3, row, records)
  }
  switch (tail) {
    case Tail.s5:
      return statusBlock(bytes, at, number, row, records, context, settings)
    case Tail.s5Mileage:
      odometer(bytes, at + 5, row, records)
      return statusBlock(bytes, at, number, row, records, context, settings) + 4
    case Tail.s5Fence:
      appendInt(records, GEOFENCE_ID, bytes[at + 5])
      return statusBlock(bytes, at, number, row, records, context, settings) + 1
    case Tail.s5FenceMileage:
      appendInt(records, GEOFENCE_ID, bytes[at + 5])
      odometer(bytes, at + 6, row, records)
      return statusBlock(bytes, at, number, row, records, context, settings) + 5
    case Tail.s5Altitude:
      records.altitudeM[row] = s16(bytes, at + 5)
      return statusBlock(bytes, at, number, row, records, context, settings) + 2
    case Tail.s5Card:
      if (!allZero(bytes, at + 5, at + 13)) attributeHex(records, Key.driverId, bytes, at + 5, at + 13)
      return statusBlock(bytes, at, number, row, records, context, settings) + 8
    case Tail.mileage:
      odometer(bytes, at, row, records)
      break
    case Tail.benway:
      benway(bytes, at, row, records)
      break
    case Tail.vxt:
    case Tail.fuel:
      terminalInformation(records, row, bytes[at], context)
      records.powerV[row] = u16(bytes, at + 1) / 100
      records.rssi[row] = bytes[at + 3]
      if (number === 0x16) alarmEvent(records, row, bytes[at], bytes[at + 4], settings)
      else alarmState(records, row, bytes[at], bytes[at + 4], context, settings)
      if (tail === Tail.fuel) {
        attributeInt(records, Key.fuelRaw, u16(bytes, at + 5))
        const degrees = bytes[at + 7]
        attributeInt(records, Key.temperature, degrees & 0x80 ? -(degrees & 0x7f) : degrees)
        records.odometerKm[row] = u32(bytes, at + 8) / 100 // units of 10 m
      }
      break
    case Tail.wetrust:
    case Tail.card:
      return cardTail(bytes, at, end, tail, row, records)
    case Tail.altitude:
      records.altitudeM[row] = s16(bytes, at + 7)
      break
    case Tail.seeworld:
      attributeInt(records, Key.tripTime, u32(bytes, at + 7))
      attributeSignMagnitude(records, Key.temperature, bytes, at + 11, 2)
      attributeFixed(records, Key.humidity, u16(bytes, at + 13), 2)
      break
    case Tail.rfid:
      attributeHex(records, Key.driverId, bytes, at, at + 8)
      attributeInt(records, Key.cardStatus, bytes[at + 8])
      break
    case Tail.sr411:
      records.ignition[row] = bytes[at] === 1 ? 1 : 0
      records.powerV[row] = u16(bytes, at + 1) / 100
      records.batteryV[row] = u16(bytes, at + 3) / 100
      break
    case Tail.lw4g:
      attributeInt(records, Key.networkIndicator, bytes[at])
      terminalInformation(records, row, bytes[at + 1], context)
      records.powerV[row] = u16(bytes, at + 2) / 100
      batteryLevel(records, row, bytes[at + 4])
      records.rssi[row] = bytes[at + 5]
      alarmState(records, row, bytes[at + 1], bytes[at + 6], context, settings)
      attributeInt(records, Key.language, bytes[at + 7])
      odometer(bytes, at + 8, row, records)
      attributeInt(records, Key.engineSeconds, u32(bytes, at + 12))
      attributeNibbles(records, Key.imei, bytes, at + 16, at + 24, 1)
      records.inputs[row] = u16(bytes, at + 24)
      break
    case Tail.trx16i:
      records.powerV[row] = u16(bytes, at + 7) / 100
      records.batteryV[row] = bytes[at + 9] / 10
      attributeInt(records, Key.engineMinutes, u24(bytes, at + 10))
      if (!allZero(bytes, at + 13, at + 21)) attributeHex(records, Key.driverId, bytes, at + 13, at + 21)
      break
  }
  return at + TAIL_BYTES[tail]
}

/** I/O word: bit 15 ACC, bit 14 input 2; bit 12: a temperature, else an analogue value, in tenths unless bit 13. */
function benway(bytes: Uint8Array, at: number, row: number, records: Records): void {
  const word = u16(bytes, at)
  records.ignition[row] = word >> 15
  records.inputs[row] = ((word >> 15) & 1) | ((word >> 13) & 2)
  if (word & 0x1000) attributeInt(records, Key.temperature, word & 0x200 ? -(word & 0x1ff) : word & 0x1ff)
  else attributeFixed(records, Key.analog, word & 0x3ff, word & 0x2000 ? 0 : 1)
}

/** Mileage, length and text of a card, then alarm and status; WETRUST adds the driving time. */
function cardTail(bytes: Uint8Array, at: number, end: number, tail: number, row: number, records: Records): number {
  odometer(bytes, at, row, records)
  const fixed = tail === Tail.wetrust ? 4 : 2
  let behind = at + 5 + bytes[at + 4]
  if (behind + fixed > end) return at + 4
  attributeTrimmed(records, Key.card, bytes, at + 5, behind)
  attributeInt(records, Key.alarmCode, bytes[behind])
  attributeInt(records, Key.cardStatus, bytes[behind + 1])
  behind += 2
  if (tail !== Tail.wetrust) return behind
  attributeInt(records, Key.drivingTime, u16(bytes, behind))
  return behind + 2
}

/** Least n of the heartbeats of clones that say more. */
const LONG_HEARTBEAT_N = 14

/** 13. Five bytes or fewer: TI, VL, GSM, alarm, language; clones say more, or other things in the same bytes. */
function heartbeat(
  bytes: Uint8Array,
  at: number,
  n: number,
  row: number,
  records: Records,
  context: FrameContext,
  settings: Settings,
): void {
  if (n === 0) return
  const ti = bytes[at]
  terminalInformation(records, row, ti, context)
  if (n >= LONG_HEARTBEAT_N) return longHeartbeat(bytes, at, n, row, records, context, settings)
  if (settings.model === 'r11' && n >= 4) {
    records.powerV[row] = u16(bytes, at + 1) / 100
    records.rssi[row] = bytes[at + 3]
    return heartbeatAlarm(bytes, at, ti, 3, row, records, context, settings)
  }
  if (n >= 2) batteryLevel(records, row, bytes[at + 1])
  if (n >= 3) records.rssi[row] = bytes[at + 2]
  if (settings.model === 'lw4g' && n >= 5) records.powerV[row] = (u16(bytes, at + 3) & 0xfff) / 10
  else if (settings.model === 'seeworld' && n >= 4) records.powerV[row] = bytes[at + 3]
  heartbeatAlarm(bytes, at, ti, n, row, records, context, settings)
  if (n >= 5 && settings.model !== 'lw4g') appendInt(records, LANGUAGE, bytes[at + 4])
  if (n > 5) rest(bytes, at + 5, at + n, records)
}

function heartbeatAlarm(
  bytes: Uint8Array,
  at: number,
  ti: number,
  n: number,
  row: number,
  records: Records,
  context: FrameContext,
  settings: Settings,
): void {
  let code = 0
  const told = n >= 4 && hasAlarmCode(settings)
  if (told && bytes[at + 3] <= HEARTBEAT_CODE_MAX) code = bytes[at + 3]
  else if (told) attributeInt(records, Key.extendedPort, bytes[at + 3])
  alarmState(records, row, ti, code, context, settings)
}

/** n = 14 and 16 (OBD6, ZX): signal and satellites in one word, battery %, mode, voltage, time, temperature. */
function longHeartbeat(
  bytes: Uint8Array,
  at: number,
  n: number,
  row: number,
  records: Records,
  context: FrameContext,
  settings: Settings,
): void {
  const signal = u16(bytes, at + 1)
  records.rssi[row] = signal & 31
  attributeInt(records, Key.satellites, ((signal >> 5) & 31) + ((signal >> 10) & 31))
  alarmState(records, row, bytes[at], bytes[at + 3], context, settings)
  attributeInt(records, Key.language, bytes[at + 4])
  if (bytes[at + 5] <= 100) records.batteryPct[row] = bytes[at + 5]
  const mode = bytes[at + 6]
  attributeInt(records, Key.workingMode, mode)
  someVoltage(records, row, u16(bytes, at + 7))
  if (n < 16) {
    attributeInt(records, Key.workingTime, u16(bytes, at + 10))
    if (mode === 0x04) attributeFixed(records, Key.temperature, s16(bytes, at + 12), 1)
    return rest(bytes, at + 14, at + n, records)
  }
  attributeInt(records, Key.workingCount, u16(bytes, at + 10))
  attributeInt(records, Key.workingTime, u16(bytes, at + 12))
  const temperature = u16(bytes, at + 14)
  attributeFixed(records, Key.temperature, temperature & 0x8000 ? temperature & 0x7fff : -temperature, 1)
  rest(bytes, at + 16, at + n, records)
}

/** 23: TI, voltage × 100, GSM, language; the form of 4 bytes has no voltage. */
function heartbeatVoltage(
  bytes: Uint8Array,
  at: number,
  n: number,
  row: number,
  records: Records,
  context: FrameContext,
  settings: Settings,
): void {
  if (n === 0) return
  terminalInformation(records, row, bytes[at], context)
  alarmState(records, row, bytes[at], 0, context, settings)
  const voltage = n >= 6 ? 2 : 0
  if (voltage) someVoltage(records, row, u16(bytes, at + 1))
  if (n >= 2 + voltage) records.rssi[row] = bytes[at + 1 + voltage]
  if (n >= 4 + voltage) attributeInt(records, Key.language, u16(bytes, at + 2 + voltage))
  rest(bytes, at + 4 + voltage, at + n, records)
}

/** 19, A5: a cell and S5, no date. */
function cellAlarm(
  bytes: Uint8Array,
  at: number,
  end: number,
  number: number,
  row: number,
  records: Records,
  context: FrameContext,
  settings: Settings,
): void {
  const n = end - at
  const status = n > 0 ? cellAlarmStatus(bytes, at, number) : n
  if (status + 5 > n) return rest(bytes, at, end, records)
  servingCell(bytes, at, CLASS_CELL[number], isWide(bytes, at) ? 2 : 1, row, records)
  rest(bytes, statusBlock(bytes, at + status, number, row, records, context, settings), end, records)
}

// Lists of cells: what differs by number.
const CELLS = 7,
  SL4X_CELLS = 6,
  OLD_CELLS_N = 32,
  SL4X_CELLS_N = 50

/** Date, MCC, MNC, cells, timing advance, then language or access points. */
function cells(
  bytes: Uint8Array,
  at: number,
  end: number,
  number: number,
  clock: number,
  row: number,
  records: Records,
  context: FrameContext,
  settings: Settings,
): void {
  const n = end - at
  if (n < 12) return rest(bytes, at, end, records)
  sentAt(bytes, at, clock, row, records, context, settings)
  if (number === 0x34) {
    if (n !== SL4X_CELLS_N) return rest(bytes, at + 6, end, records)
    attributeInt(records, Key.timingAdvance, bytes[at + 6])
    return rest(bytes, cellList(bytes, at + 11, end, CELLS, 2, 4, at + 7, 2, row, records), end, records)
  }
  const fourG = number === 0xa1 || number === 0xa2
  const sl4x = number === 0x33
  const wifi = number === 0x2c || number === 0xa2 || sl4x
  const mnc = sl4x ? sl4xMncBytes(bytes, at, n) : isWide(bytes, at + 6) ? 2 : 1
  const from = at + 8 + mnc
  let behind: number
  if (number === 0x18 && n - mnc + 1 === OLD_CELLS_N)
    behind = cellList(bytes, from, end, CELLS, 0, 2, at + 6, mnc, row, records)
  else if (fourG) behind = cellList(bytes, from, end, CELLS, 4, 8, at + 6, mnc, row, records)
  else if (sl4x) behind = cellList(bytes, from, end, SL4X_CELLS, 2, 4, at + 6, mnc, row, records)
  else behind = cellList(bytes, from, end, CELLS, 2, 3, at + 6, mnc, row, records)
  if (behind < end) attributeInt(records, Key.timingAdvance, bytes[behind++])
  if (!wifi) {
    if (behind + 2 <= end) {
      attributeInt(records, Key.language, u16(bytes, behind))
      behind += 2
    }
  } else if (behind < end) {
    behind = wifiList(bytes, behind + 1, end, bytes[behind], 7, 0, true, records)
  }
  rest(bytes, behind, end, records)
}

/** 24 of WANWAY S20: date, timing advance, MCC, MNC, count, cells, zeros. */
function countedCells(
  bytes: Uint8Array,
  at: number,
  end: number,
  clock: number,
  row: number,
  records: Records,
  context: FrameContext,
  settings: Settings,
): void {
  sentAt(bytes, at, clock, row, records, context, settings)
  attributeInt(records, Key.timingAdvance, bytes[at + 6])
  const mnc = isWide(bytes, at + 7) ? 2 : 1
  const from = at + 9 + mnc
  const behind = cellList(bytes, from + 1, end, bytes[from], 2, 3, at + 7, mnc, row, records)
  if (!allZero(bytes, behind, end)) rest(bytes, behind, end, records)
}

/** SL4X always sends two bytes, though the papers' n speaks of one: the count of access points must fit. */
function sl4xMncBytes(bytes: Uint8Array, at: number, n: number): number {
  if (n >= 53 && 53 + 7 * bytes[at + 52] === n && !(n >= 54 && 54 + 7 * bytes[at + 53] === n)) return 1
  return 2
}

/** A9: date, MCC, MNC, 4G flag, count, cells, timing advance, access points, alarm, language. */
function cellsAlarm(
  bytes: Uint8Array,
  at: number,
  end: number,
  number: number,
  row: number,
  records: Records,
  context: FrameContext,
  settings: Settings,
): void {
  if (end - at < 12) return rest(bytes, at, end, records)
  sentAt(bytes, at, UTC, row, records, context, settings)
  const mnc = isWide(bytes, at + 6) ? 2 : 1
  const from = at + 8 + mnc
  const fourG = bytes[from] !== 0
  let behind = cellList(bytes, from + 2, end, bytes[from + 1], fourG ? 4 : 2, fourG ? 8 : 3, at + 6, mnc, row, records)
  if (behind < end) attributeInt(records, Key.timingAdvance, bytes[behind++])
  if (behind < end) behind = wifiList(bytes, behind + 1, end, bytes[behind], 7, 0, true, records)
  if (behind + 2 <= end) {
    alarmEvent(records, row, 0, codeAt(bytes, behind, number), settings)
    attributeInt(records, Key.language, languageAt(bytes, behind + 1, number))
    behind += 2
  }
  rest(bytes, behind, end, records)
}

/** 17, A7: cell, phone number, language. */
function addressOfCell(
  bytes: Uint8Array,
  at: number,
  end: number,
  number: number,
  row: number,
  records: Records,
): void {
  const kind = CLASS_CELL[number]
  const size = end > at ? cellBytes(bytes, at, kind) : 0
  if (size === 0 || at + size + PHONE_BYTES + 2 > end) return rest(bytes, at, end, records)
  servingCell(bytes, at, kind, isWide(bytes, at) ? 2 : 1, row, records)
  phone(bytes, at + size, records)
  rest(bytes, at + size + PHONE_BYTES + 2, end, records)
}

/** 2A, 1A: G18, phone number, language. */
function addressOfFix(
  bytes: Uint8Array,
  at: number,
  end: number,
  clock: number,
  row: number,
  records: Records,
  context: FrameContext,
  settings: Settings,
): void {
  if (at + Gps.size > end) return rest(bytes, at, end, records)
  gpsBlock(bytes, at, clock, NOT_TOLD, NOT_TOLD, row, records, context, settings)
  const from = at + Gps.size
  if (from + PHONE_BYTES + 2 > end) return rest(bytes, from, end, records)
  phone(bytes, from, records)
  rest(bytes, from + PHONE_BYTES + 2, end, records)
}

/** 21 bytes of ASCII, filled with NUL, and the language behind them. */
function phone(bytes: Uint8Array, at: number, records: Records): void {
  attributeTrimmed(records, Key.phone, bytes, at, at + PHONE_BYTES)
  attributeInt(records, Key.language, u16(bytes, at + PHONE_BYTES))
}

/** 14: count, then a signal-to-noise ratio each. */
function satellites(bytes: Uint8Array, at: number, end: number, records: Records): void {
  if (at >= end) return
  attributeInt(records, Key.satellites, bytes[at])
  rest(bytes, at + 1, end, records)
}

/** 1E: G18, MCC, MNC, seven cells, timing advance, language. */
function positionCells(
  bytes: Uint8Array,
  at: number,
  end: number,
  row: number,
  records: Records,
  context: FrameContext,
  settings: Settings,
): void {
  if (at + Gps.size + 3 > end) return rest(bytes, at, end, records)
  gpsBlock(bytes, at, UTC, NOT_TOLD, NOT_TOLD, row, records, context, settings)
  const mccAt = at + Gps.size
  const mnc = isWide(bytes, mccAt) ? 2 : 1
  let behind = cellList(bytes, mccAt + 2 + mnc, end, CELLS, 2, 3, mccAt, mnc, row, records)
  if (behind < end) attributeInt(records, Key.timingAdvance, bytes[behind++])
  if (behind + 2 <= end) {
    attributeInt(records, Key.language, u16(bytes, behind))
    behind += 2
  }
  rest(bytes, behind, end, records)
}

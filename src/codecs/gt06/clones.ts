/** Messages of clones and special models, one function each. */
import {
  attributeBool,
  attributeClose,
  attributeFixed,
  attributeHex,
  attributeInt,
  attributeOpen,
  elementInt,
  elementText,
  LIST,
} from '../attributes.ts'
import type { FrameContext } from '../codec.ts'
import { UNKNOWN, type Records } from '../records.ts'
import { AZ735_ALARMS, CAMERA_ALARMS } from './alarms.ts'
import { u16, u24, u32, uint } from './bytes.ts'
import { isWide, servingCell, wifiList } from './cells.ts'
import { dateMs, utcMs } from './clock.ts'
import { gpsBlock, gpsPart, NOT_TOLD, odometer, position, sentAt, unixSentAt } from './fix.ts'
import { Key } from './keys.ts'
import { Nt, ntStatus, SEEWORLD_STATUS_LONG_N, X1_N } from './layout.ts'
import { Cell, CELL_BYTES, Gps, UTC } from './messages.ts'
import type { Settings } from './settings.ts'
import {
  alarmState,
  BATTERY_CENTIVOLTS_END,
  BATTERY_PCT,
  batteryLevel,
  codeAt,
  languageAt,
  terminalInformation,
} from './status.ts'
import { indexOf, isText, trimEnd } from './text.ts'
import { attributeDecimalText, attributeMac, attributeNibbles, attributeTime, attributeTrimmed, rest } from './write.ts'

/**
 * 22 and 25 of NT11 … NT46, VL100, XT40: source u8, IMEI 8, device date 6, G18, LL, cell, TI, voltage × 100, battery
 * voltage × 10, GSM, alarm, language, mileage u24, engine minutes u24; 25: driver.
 */
export function ntLocation(
  bytes: Uint8Array,
  at: number,
  end: number,
  number: number,
  row: number,
  records: Records,
  context: FrameContext,
  settings: Settings,
): void {
  const cell = number === 0x25 ? Cell.l9 : Cell.l8
  const status = at + ntStatus(bytes, at, end - at, number)
  attributeInt(records, Key.locationSource, bytes[at])
  attributeNibbles(records, Key.imei, bytes, at + Nt.imei, at + Nt.time, 1)
  gpsBlock(bytes, at + Nt.gps, UTC, NOT_TOLD, NOT_TOLD, row, records, context, settings)
  const sent = utcMs(dateMs(bytes, at + Nt.time), UTC, false, context, settings)
  if (sent === sent) {
    if (records.isFix[row]) attributeTime(records, Key.deviceTime, sent)
    else records.fixMs[row] = sent
  }
  servingCell(bytes, at + Nt.cell, cell, status - at - Nt.cell - CELL_BYTES[cell] + 1, row, records)
  terminalInformation(records, row, bytes[status], context)
  records.powerV[row] = u16(bytes, status + 1) / 100
  records.batteryV[row] = bytes[status + 3] / 10
  records.rssi[row] = bytes[status + 4]
  alarmState(records, row, bytes[status], codeAt(bytes, status + 5, number), context, settings)
  attributeInt(records, Key.language, languageAt(bytes, status + 6, number))
  records.odometerKm[row] = u24(bytes, status + 7) / 1000
  attributeInt(records, Key.engineMinutes, u24(bytes, status + 10))
  let behind = status + 13
  if (number === 0x25 && behind < end) {
    const length = bytes[behind++]
    if (length > 1 && behind + length <= end) {
      attributeInt(records, Key.cardKind, bytes[behind])
      attributeHex(records, Key.driverId, bytes, behind + 1, behind + length)
    }
    behind += length
  }
  rest(bytes, behind, end, records)
}

/** A3 of SEEWORLD, n = 7 or 19. */
export function seeworldStatus(
  bytes: Uint8Array,
  at: number,
  n: number,
  row: number,
  records: Records,
  context: FrameContext,
  settings: Settings,
): void {
  terminalInformation(records, row, bytes[at], context)
  alarmState(records, row, bytes[at], 0, context, settings)
  attributeInt(records, Key.extensionBits, u16(bytes, at + 1))
  batteryLevel(records, row, bytes[at + 3])
  records.rssi[row] = bytes[at + 4]
  records.powerV[row] = bytes[at + 5]
  attributeInt(records, Key.language, bytes[at + 6])
  if (n < SEEWORLD_STATUS_LONG_N) return
  attributeInt(records, Key.soundSwitch, bytes[at + 7])
  attributeInt(records, Key.lightSwitch, bytes[at + 8])
  attributeInt(records, Key.steps, u32(bytes, at + 9))
  if (BATTERY_PCT[bytes[at + 13]] !== UNKNOWN) records.batteryPct[row] = bytes[at + 13]
  records.charging[row] = bytes[at + 14] === 1 ? 1 : 0
  records.motion[row] = bytes[at + 15] === 1 ? 1 : 0
  rest(bytes, at + 16, at + n, records)
}

const GPS_BYTES = Gps.size - Gps.satellites
const ARM = 0xa0,
  DISARM = 0xa1

/**
 * 32 and 33 of AZ735 in long frames: date, GPS length, [GPS], LL, [L8, GSM], cell list, WiFi list, status, extension; each
 * list behind its length in bytes.
 */
export function az735(
  bytes: Uint8Array,
  at: number,
  end: number,
  number: number,
  row: number,
  records: Records,
  context: FrameContext,
  settings: Settings,
): void {
  if (end - at < 7) return rest(bytes, at, end, records)
  const gps = bytes[at + 6]
  let behind = at + 7 + gps
  if (behind > end) return rest(bytes, at + 6, end, records)
  if (gps >= GPS_BYTES) gpsPart(bytes, at + 7, at, UTC, NOT_TOLD, NOT_TOLD, row, records, context, settings)
  else sentAt(bytes, at, UTC, row, records, context, settings)
  if (behind >= end) return
  const lbs = bytes[behind++]
  if (behind + lbs > end) return rest(bytes, behind, end, records)
  if (lbs >= 9) {
    const mnc = isWide(bytes, behind) && lbs > 9 ? 2 : 1
    servingCell(bytes, behind, Cell.l8, mnc, row, records)
    records.rssi[row] = bytes[behind + 7 + mnc]
  }
  behind += lbs
  if (behind >= end) return
  const neighbours = bytes[behind++]
  if (behind + neighbours > end) return rest(bytes, behind, end, records)
  if (neighbours) attributeHex(records, Key.neighboursHex, bytes, behind, behind + neighbours)
  behind += neighbours
  if (behind >= end) return
  const wifi = bytes[behind++]
  if (behind + wifi > end) return rest(bytes, behind, end, records)
  wifiList(bytes, behind, behind + wifi, Math.floor(wifi / 7), 7, 0, true, records)
  behind += wifi
  if (behind >= end) return
  const status = bytes[behind++]
  attributeInt(records, Key.statusCode, status)
  if (number === 0x33) {
    attributeInt(records, Key.alarmCode, status)
    records.alarm(AZ735_ALARMS[status])
    if (status === ARM || status === DISARM) attributeBool(records, Key.armed, status === ARM)
  }
  if (behind < end) behind++ // length of the extension
  rest(bytes, behind, end, records)
}

const X1_ANALOG_SHIFT = 20
/** Offset of the cell, and of what follows one with a one-byte MNC. */
const X1_CELL = 28,
  X1_DRIVER = 37

/**
 * 34 of X1: alarm u32, G18, terminal u16, mileage, L9, driver u32, two voltages × 100, port information u32 (bits 23–20:
 * how many analogue values), inputs u8, outputs u8, the values × 100.
 */
export function x1Location(
  bytes: Uint8Array,
  at: number,
  end: number,
  row: number,
  records: Records,
  context: FrameContext,
  settings: Settings,
): void {
  attributeInt(records, Key.alarmBits, u32(bytes, at))
  gpsBlock(bytes, at + 4, UTC, NOT_TOLD, NOT_TOLD, row, records, context, settings)
  attributeInt(records, Key.terminalInfo, u16(bytes, at + 22))
  odometer(bytes, at + 24, row, records)
  const wide = isWide(bytes, at + X1_CELL) && end - at > X1_N
  servingCell(bytes, at + X1_CELL, Cell.l9, wide ? 2 : 1, row, records)
  const driverAt = at + X1_DRIVER + (wide ? 1 : 0)
  const driver = u32(bytes, driverAt)
  if (driver) attributeDecimalText(records, Key.driverId, driver)
  // The first is the vehicle's, the second the battery's; some units swap them, but the battery's is below 6 V.
  const first = u16(bytes, driverAt + 4)
  const second = u16(bytes, driverAt + 6)
  const swapped = first < BATTERY_CENTIVOLTS_END && second >= BATTERY_CENTIVOLTS_END
  records.powerV[row] = (swapped ? second : first) / 100
  records.batteryV[row] = (swapped ? first : second) / 100
  const ports = u32(bytes, driverAt + 8)
  attributeInt(records, Key.portInfo, ports)
  records.inputs[row] = bytes[driverAt + 12]
  records.outputs[row] = bytes[driverAt + 13]
  let behind = driverAt + 14
  const count = (ports >>> X1_ANALOG_SHIFT) & 15
  if (count > 0 && behind + 2 * count <= end) {
    attributeOpen(records, Key.analogCentivolts, LIST)
    for (let value = 0; value < count; value++, behind += 2) elementInt(records, u16(bytes, behind))
    attributeClose(records, LIST)
  }
  rest(bytes, behind, end, records)
}

/** 35 of X1: a photo is ready. Its place has no hemisphere, so it is no fix. */
export function photoInfo(
  bytes: Uint8Array,
  at: number,
  end: number,
  row: number,
  records: Records,
  context: FrameContext,
  settings: Settings,
): void {
  if (end - at < 26) return rest(bytes, at, end, records)
  sentAt(bytes, at, UTC, row, records, context, settings)
  attributeInt(records, Key.fixQuality, bytes[at + 6])
  attributeFixed(records, Key.latitudeMagnitude, Math.round((u32(bytes, at + 7) * 50) / 9), 7)
  attributeFixed(records, Key.longitudeMagnitude, Math.round((u32(bytes, at + 11) * 50) / 9), 7)
  attributeInt(records, Key.camera, bytes[at + 15])
  attributeInt(records, Key.fileSource, bytes[at + 16])
  attributeInt(records, Key.format, bytes[at + 17])
  attributeInt(records, Key.fileLength, u32(bytes, at + 18))
  attributeInt(records, Key.mediaId, u32(bytes, at + 22))
  rest(bytes, at + 26, end, records)
}

/** 36 of X1: part of a photo. The bytes themselves stay in the raw frame. */
export function photoData(bytes: Uint8Array, at: number, records: Records): void {
  attributeInt(records, Key.mediaId, u32(bytes, at))
  attributeInt(records, Key.fileOffset, u32(bytes, at + 4))
  attributeInt(records, Key.chunkLength, u16(bytes, at + 8))
}

/** Bytes behind the file kind's length field of 8D, by the kind of check: CRC or MD5. */
const CRC_BYTES = 2,
  MD5_BYTES = 16

/** 8D: part of a voice file. The bytes themselves stay in the raw frame. */
export function fileUpload(bytes: Uint8Array, at: number, end: number, records: Records): void {
  const check = end - at > 5 && bytes[at + 5] === 1 ? MD5_BYTES : CRC_BYTES
  if (end - at < 12 + check) return rest(bytes, at, end, records)
  attributeInt(records, Key.fileType, bytes[at])
  attributeInt(records, Key.fileLength, u32(bytes, at + 1))
  attributeHex(records, Key.fileCheck, bytes, at + 6, at + 6 + check)
  attributeInt(records, Key.fileOffset, u32(bytes, at + 6 + check))
  attributeInt(records, Key.chunkLength, u16(bytes, at + 10 + check))
  const flag = at + 12 + check + u16(bytes, at + 10 + check)
  rest(bytes, flag, end, records)
}

const BATTERY_N = 105
const BATTERY_CELLS = 14

/** 40 of WD-209: a vehicle battery's own account. */
export function batteryManagement(
  bytes: Uint8Array,
  at: number,
  end: number,
  row: number,
  records: Records,
  context: FrameContext,
): void {
  if (end - at < BATTERY_N) return rest(bytes, at, end, records)
  attributeHex(records, Key.serialNumber, bytes, at, at + 8)
  unixSentAt(bytes, at + 8, row, records, context)
  if (bytes[at + 12] <= 100) records.batteryPct[row] = bytes[at + 12]
  attributeInt(records, Key.remainingMah, u16(bytes, at + 13))
  attributeInt(records, Key.absolutePct, bytes[at + 15])
  attributeInt(records, Key.fullMah, u16(bytes, at + 16))
  attributeInt(records, Key.health, bytes[at + 18])
  attributeFixed(records, Key.temperature, u16(bytes, at + 19) - 2731, 1)
  attributeInt(records, Key.currentRaw, u16(bytes, at + 21))
  records.batteryV[row] = u16(bytes, at + 23) / 1000
  attributeInt(records, Key.batteryCycles, u16(bytes, at + 25))
  attributeOpen(records, Key.cellVoltages, LIST)
  for (let cell = 0; cell < BATTERY_CELLS; cell++) elementInt(records, u16(bytes, at + 27 + 2 * cell))
  attributeClose(records, LIST)
  attributeInt(records, Key.chargeInterval, u16(bytes, at + 55))
  attributeInt(records, Key.chargeIntervalLongest, u16(bytes, at + 57))
  attributeTrimmed(records, Key.barcode, bytes, at + 59, at + 75)
  attributeInt(records, Key.version, u16(bytes, at + 75))
  attributeTrimmed(records, Key.maker, bytes, at + 77, at + 93)
  attributeInt(records, Key.statusWord, u32(bytes, at + 93))
  attributeInt(records, Key.controllerStatus, u32(bytes, at + 97))
  attributeInt(records, Key.controllerFault, u32(bytes, at + 101))
  rest(bytes, at + 105, end, records)
}

const MULTIMEDIA_N = 44

/** 41 of WD-209: media and where they were made; the layout of the place is not known. */
export function multimedia(
  bytes: Uint8Array,
  at: number,
  end: number,
  row: number,
  records: Records,
  context: FrameContext,
): void {
  if (end - at < MULTIMEDIA_N) return rest(bytes, at, end, records)
  attributeHex(records, Key.serialNumber, bytes, at, at + 8)
  unixSentAt(bytes, at + 8, row, records, context)
  attributeHex(records, Key.gpsHex, bytes, at + 12, at + 26)
  servingCell(bytes, at + 26, Cell.l8, 1, row, records)
  attributeInt(records, Key.mediaId, u32(bytes, at + 34))
  attributeInt(records, Key.fileLength, u32(bytes, at + 38))
  attributeInt(records, Key.fileType, bytes[at + 42])
  attributeInt(records, Key.format, bytes[at + 43])
  if (end - at < MULTIMEDIA_N + 3) return
  attributeInt(records, Key.eventCode, bytes[at + 44])
  attributeInt(records, Key.part, u16(bytes, at + 45))
  attributeInt(records, Key.chunkLength, end - at - 47)
}

const IBUTTON_N = 41

/** 61: IMEI, G18, L9, key of 6 bytes. */
export function ibutton(
  bytes: Uint8Array,
  at: number,
  end: number,
  row: number,
  records: Records,
  context: FrameContext,
  settings: Settings,
): void {
  if (end - at < IBUTTON_N) return rest(bytes, at, end, records)
  attributeNibbles(records, Key.imei, bytes, at, at + 8, 1)
  gpsBlock(bytes, at + 8, UTC, NOT_TOLD, NOT_TOLD, row, records, context, settings)
  const mnc = isWide(bytes, at + 26) && end - at > IBUTTON_N ? 2 : 1
  servingCell(bytes, at + 26, Cell.l9, mnc, row, records)
  const keyAt = at + 34 + mnc
  attributeDecimalText(records, Key.driverId, uint(bytes, keyAt, 6))
  rest(bytes, keyAt + 6, end, records)
}

/** B2: date, RSSI s8, tag's MAC, UUID 16, major u16, minor u16, battery × 100, kind in bits 5–2. */
export function clockIn(
  bytes: Uint8Array,
  at: number,
  end: number,
  row: number,
  records: Records,
  context: FrameContext,
  settings: Settings,
): void {
  if (end - at < 36) return rest(bytes, at, end, records)
  sentAt(bytes, at, UTC, row, records, context, settings)
  attributeInt(records, Key.rssiRaw, (bytes[at + 6] << 24) >> 24)
  attributeMac(records, Key.peripheralMac, bytes, at + 7)
  attributeHex(records, Key.uuid, bytes, at + 13, at + 29)
  attributeInt(records, Key.major, u16(bytes, at + 29))
  attributeInt(records, Key.minor, u16(bytes, at + 31))
  attributeFixed(records, Key.tagBatteryV, u16(bytes, at + 33), 2)
  attributeInt(records, Key.clockKind, (bytes[at + 35] >> 2) & 15)
  rest(bytes, at + 36, end, records)
}

/** F3: date, count, access points of two bytes and a MAC. */
export function wifiOnly(
  bytes: Uint8Array,
  at: number,
  end: number,
  row: number,
  records: Records,
  context: FrameContext,
  settings: Settings,
): void {
  if (end - at < 7) return rest(bytes, at, end, records)
  sentAt(bytes, at, UTC, row, records, context, settings)
  rest(bytes, wifiList(bytes, at + 7, end, bytes[at + 6], 8, 2, false, records), end, records)
}

/** n of the form without a position, whose event 01 is unspecific. */
const CAMERA_BARE_N = 7
const CAMERA_MARK = 0xffff
const SOS_EVENT = 0x01

/** 95 of dash cameras, in three forms: marked ff ff, with a position, and with the event alone. */
export function camera(
  bytes: Uint8Array,
  at: number,
  end: number,
  row: number,
  records: Records,
  context: FrameContext,
  settings: Settings,
): void {
  const n = end - at
  if (n < CAMERA_BARE_N) return rest(bytes, at, end, records)
  const marked = u16(bytes, at) === CAMERA_MARK
  if (n < (marked ? 27 : 19)) {
    if (marked) return rest(bytes, at, end, records)
    sentAt(bytes, at, UTC, row, records, context, settings)
    attributeInt(records, Key.eventCode, bytes[at + 6])
    if (bytes[at + 6] !== SOS_EVENT) records.alarm(CAMERA_ALARMS[bytes[at + 6]])
    return rest(bytes, at + CAMERA_BARE_N, end, records)
  }
  const date = marked ? at + 3 : at
  const latitude = marked ? at + 10 : at + 6
  const ms = utcMs(dateMs(bytes, date), UTC, false, context, settings)
  if (ms !== ms) attributeHex(records, Key.fixTimeHex, bytes, date, date + 6)
  position(
    ms,
    u32(bytes, latitude),
    u32(bytes, latitude + 4),
    marked ? u16(bytes, at + 20) : NaN,
    u16(bytes, latitude + 8),
    marked ? bytes[at + 9] & 15 : NOT_TOLD,
    NOT_TOLD,
    NOT_TOLD,
    row,
    records,
    context,
  )
  if (marked) {
    attributeInt(records, Key.version, bytes[at + 2])
    records.powerV[row] = u16(bytes, at + 22) / 10
  }
  const event = marked ? at + 24 : at + 16
  attributeInt(records, Key.eventCode, bytes[event])
  attributeInt(records, Key.eventData, u16(bytes, event + 1))
  records.alarm(CAMERA_ALARMS[bytes[event]])
  files(bytes, event + 3, end, records)
}

/** Names, separated by commas. */
function files(bytes: Uint8Array, from: number, end: number, records: Records): void {
  const limit = trimEnd(bytes, from, end)
  if (from >= limit) return
  if (!isText(bytes, from, limit)) return rest(bytes, from, end, records)
  attributeOpen(records, Key.files, LIST)
  for (let at = from; at < limit;) {
    const next = indexOf(bytes, at, limit, 0x2c)
    elementText(records, bytes, at, next)
    at = next + 1
  }
  attributeClose(records, LIST)
}

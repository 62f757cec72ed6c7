/** Locations and status messages of clones and special models, one function each. */
import {
  attributeBool,
  attributeClose,
  attributeFixed,
  attributeHex,
  attributeInt,
  attributeOpen,
  elementInt,
  LIST,
} from '../attributes.ts'
import { u16, u24, u32, uint } from '../bytes.ts'
import { AZ735_ALARMS } from './alarms.ts'
import { isWide, servingCell, wifiList } from './cell.ts'
import { dateMs, utcMs } from './clock.ts'
import { gpsBlock, gpsPart, NOT_TOLD, odometer, sentAt, unixSentAt } from './fix.ts'
import { Key } from './keys.ts'
import { Nt, ntStatus, X1_N } from './layout.ts'
import type { Message } from './message.ts'
import { Cell, CELL_BYTES, Gps } from './messages.ts'
import { alarmState, BATTERY_CENTIVOLTS_END, codeAt, languageAt, terminalInformation } from './status.ts'
import { attributeDecimalText, attributeMac, attributeNibbles, attributeTime, attributeTrimmed, rest } from './write.ts'

/**
 * 22 and 25 of NT11 … NT46, VL100, XT40: source u8, IMEI 8, device date 6, G18, LL, cell, TI, voltage × 100, battery
 * voltage × 10, GSM, alarm, language, mileage u24, engine minutes u24; 25: driver.
 */
export const ntLocation = (message: Message): void => {
  const { bytes, at, end, number, records, row } = message
  const cell = number === 0x25 ? Cell.l9 : Cell.l8
  const status = at + ntStatus(bytes, at, end - at, number)
  attributeInt(records, Key.locationSource, bytes[at])
  attributeNibbles(records, Key.imei, bytes, at + Nt.imei, at + Nt.time, 1)
  gpsBlock(message, at + Nt.gps, NOT_TOLD, NOT_TOLD)
  const ms = utcMs(message, dateMs(bytes, at + Nt.time), false)
  if (ms === ms) {
    if (records.isFix[row]) attributeTime(records, Key.deviceTime, ms)
    else records.fixMs[row] = ms
  }
  servingCell(message, at + Nt.cell, cell, status - at - Nt.cell - CELL_BYTES[cell] + 1)
  terminalInformation(message, bytes[status])
  records.powerV[row] = u16(bytes, status + 1) / 100
  records.batteryV[row] = bytes[status + 3] / 10
  records.rssi[row] = bytes[status + 4]
  alarmState(message, bytes[status], codeAt(message, status + 5))
  attributeInt(records, Key.language, languageAt(message, status + 6))
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
  rest(message, behind)
}

const GPS_BYTES = Gps.size - Gps.satellites
const ARM = 0xa0,
  DISARM = 0xa1

/**
 * 32 and 33 of AZ735 in long frames: date, GPS length, [GPS], LL, [L8, GSM], cell list, WiFi list, status, extension; each
 * list behind its length in bytes.
 */
export const az735 = (message: Message): void => {
  const { bytes, at, end, number, records, row } = message
  if (end - at < 7) return rest(message, at)
  const gps = bytes[at + 6]
  let behind = at + 7 + gps
  if (behind > end) return rest(message, at + 6)
  if (gps >= GPS_BYTES) gpsPart(message, at + 7, at, NOT_TOLD, NOT_TOLD)
  else sentAt(message, at)
  if (behind >= end) return
  const lbs = bytes[behind++]
  if (behind + lbs > end) return rest(message, behind)
  if (lbs >= 9) {
    const mnc = isWide(bytes, behind) && lbs > 9 ? 2 : 1
    servingCell(message, behind, Cell.l8, mnc)
    records.rssi[row] = bytes[behind + 7 + mnc]
  }
  behind += lbs
  if (behind >= end) return
  const neighbours = bytes[behind++]
  if (behind + neighbours > end) return rest(message, behind)
  if (neighbours) attributeHex(records, Key.neighboursHex, bytes, behind, behind + neighbours)
  behind += neighbours
  if (behind >= end) return
  const wifi = bytes[behind++]
  if (behind + wifi > end) return rest(message, behind)
  wifiList(message, behind, Math.floor(wifi / 7), 7, 0, true)
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
  rest(message, behind)
}

const X1_ANALOG_SHIFT = 20
/** Offset of the cell, and of what follows one with a one-byte MNC. */
const X1_CELL = 28,
  X1_DRIVER = 37

/**
 * 34 of X1: alarm u32, G18, terminal u16, mileage, L9, driver u32, two voltages × 100, port information u32 (bits 23–20:
 * how many analogue values), inputs u8, outputs u8, the values × 100.
 */
export const x1Location = (message: Message): void => {
  const { bytes, at, end, records, row } = message
  attributeInt(records, Key.alarmBits, u32(bytes, at))
  gpsBlock(message, at + 4, NOT_TOLD, NOT_TOLD)
  attributeInt(records, Key.terminalInfo, u16(bytes, at + 22))
  odometer(message, at + 24)
  const wide = isWide(bytes, at + X1_CELL) && end - at > X1_N
  servingCell(message, at + X1_CELL, Cell.l9, wide ? 2 : 1)
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
  rest(message, behind)
}

const BATTERY_N = 105
const BATTERY_CELLS = 14

/** 40 of WD-209: a vehicle battery's own account. */
export const batteryManagement = (message: Message): void => {
  const { bytes, at, end, records, row } = message
  if (end - at < BATTERY_N) return rest(message, at)
  attributeHex(records, Key.serialNumber, bytes, at, at + 8)
  unixSentAt(message, at + 8)
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
  rest(message, at + 105)
}

const IBUTTON_N = 41

/** 61: IMEI, G18, L9, key of 6 bytes. */
export const ibutton = (message: Message): void => {
  const { bytes, at, end, records } = message
  if (end - at < IBUTTON_N) return rest(message, at)
  attributeNibbles(records, Key.imei, bytes, at, at + 8, 1)
  gpsBlock(message, at + 8, NOT_TOLD, NOT_TOLD)
  const mnc = isWide(bytes, at + 26) && end - at > IBUTTON_N ? 2 : 1
  servingCell(message, at + 26, Cell.l9, mnc)
  const keyAt = at + 34 + mnc
  attributeDecimalText(records, Key.driverId, uint(bytes, keyAt, 6))
  rest(message, keyAt + 6)
}

/** B2: date, RSSI s8, tag's MAC, UUID 16, major u16, minor u16, battery × 100, kind in bits 5–2. */
export const clockIn = (message: Message): void => {
  const { bytes, at, end, records } = message
  if (end - at < 36) return rest(message, at)
  sentAt(message, at)
  attributeInt(records, Key.rssiRaw, (bytes[at + 6] << 24) >> 24)
  attributeMac(records, Key.peripheralMac, bytes, at + 7)
  attributeHex(records, Key.uuid, bytes, at + 13, at + 29)
  attributeInt(records, Key.major, u16(bytes, at + 29))
  attributeInt(records, Key.minor, u16(bytes, at + 31))
  attributeFixed(records, Key.tagBatteryV, u16(bytes, at + 33), 2)
  attributeInt(records, Key.clockKind, (bytes[at + 35] >> 2) & 15)
  rest(message, at + 36)
}

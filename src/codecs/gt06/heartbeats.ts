/** The tracker's account of itself: heartbeats 13 and 23, and status messages of clones. */
import { attributeFixed, attributeInt } from '../attributes.ts'
import { s16, u16, u32 } from '../bytes.ts'
import { UNKNOWN } from '../records.ts'
import { appendInt } from './json.ts'
import { Key } from './keys.ts'
import { SEEWORLD_STATUS_LONG_N } from './layout.ts'
import type { Message } from './message.ts'
import { hasAlarmCode, HEARTBEAT_CODE_MAX } from './state.ts'
import { alarmState, BATTERY_PCT, batteryLevel, LANGUAGE, someVoltage, terminalInformation } from './status.ts'
import { rest } from './write.ts'

/** Least n of the heartbeats of clones that say more. */
const LONG_HEARTBEAT_N = 14

/** 13. Five bytes or fewer: TI, VL, GSM, alarm, language; clones say more, or other things in the same bytes. */
export const heartbeat = (message: Message): void => {
  const { bytes, at, end, records, row } = message
  const { model } = message.settings
  const n = end - at
  if (n === 0) return
  terminalInformation(message, bytes[at])
  if (n >= LONG_HEARTBEAT_N) return longHeartbeat(message)
  if (model === 'r11' && n >= 4) {
    records.powerV[row] = u16(bytes, at + 1) / 100
    records.rssi[row] = bytes[at + 3]
  } else {
    if (n >= 2) batteryLevel(message, bytes[at + 1])
    if (n >= 3) records.rssi[row] = bytes[at + 2]
  }
  if (model === 'lw4g' && n >= 5) records.powerV[row] = (u16(bytes, at + 3) & 0xfff) / 10
  else if (model === 'seeworld' && n >= 4) records.powerV[row] = bytes[at + 3]
  heartbeatAlarm(message, n)
  if (n >= 5 && model !== 'lw4g') appendInt(records, LANGUAGE, bytes[at + 4])
  rest(message, at + 5)
}

const heartbeatAlarm = (message: Message, n: number): void => {
  const { bytes, at } = message
  let code = 0
  const told = n >= 4 && hasAlarmCode(message.settings)
  if (told && bytes[at + 3] <= HEARTBEAT_CODE_MAX) code = bytes[at + 3]
  else if (told) attributeInt(message.records, Key.extendedPort, bytes[at + 3])
  alarmState(message, bytes[at], code)
}

/** Mode of the long heartbeat in which its last word is a temperature. */
const TEMPERATURE_MODE = 0x04

/** n = 14 and 16 (OBD6, ZX): signal and satellites in one word, battery %, mode, voltage, time, temperature. */
const longHeartbeat = (message: Message): void => {
  const { bytes, at, end, records, row } = message
  const signal = u16(bytes, at + 1)
  records.rssi[row] = signal & 31
  attributeInt(records, Key.satellites, ((signal >> 5) & 31) + ((signal >> 10) & 31))
  alarmState(message, bytes[at], bytes[at + 3])
  attributeInt(records, Key.language, bytes[at + 4])
  if (bytes[at + 5] <= 100) records.batteryPct[row] = bytes[at + 5]
  const mode = bytes[at + 6]
  attributeInt(records, Key.workingMode, mode)
  someVoltage(message, u16(bytes, at + 7))
  if (end - at < 16) {
    attributeInt(records, Key.workingTime, u16(bytes, at + 10))
    if (mode === TEMPERATURE_MODE) attributeFixed(records, Key.temperature, s16(bytes, at + 12), 1)
    return rest(message, at + 14)
  }
  attributeInt(records, Key.workingCount, u16(bytes, at + 10))
  attributeInt(records, Key.workingTime, u16(bytes, at + 12))
  const temperature = u16(bytes, at + 14)
  attributeFixed(records, Key.temperature, temperature & 0x8000 ? temperature & 0x7fff : -temperature, 1)
  rest(message, at + 16)
}

/** 23: TI, voltage × 100, GSM, language; the form of 4 bytes has no voltage. */
export const heartbeatVoltage = (message: Message): void => {
  const { bytes, at, end, records } = message
  const n = end - at
  if (n === 0) return
  terminalInformation(message, bytes[at])
  alarmState(message, bytes[at], 0)
  const voltage = n >= 6 ? 2 : 0
  if (voltage) someVoltage(message, u16(bytes, at + 1))
  if (n >= 2 + voltage) records.rssi[message.row] = bytes[at + 1 + voltage]
  if (n >= 4 + voltage) attributeInt(records, Key.language, u16(bytes, at + 2 + voltage))
  rest(message, at + 4 + voltage)
}

/** A3 of SEEWORLD, n = 7 or 19. */
export const seeworldStatus = (message: Message): void => {
  const { bytes, at, end, records, row } = message
  terminalInformation(message, bytes[at])
  alarmState(message, bytes[at], 0)
  attributeInt(records, Key.extensionBits, u16(bytes, at + 1))
  batteryLevel(message, bytes[at + 3])
  records.rssi[row] = bytes[at + 4]
  records.powerV[row] = bytes[at + 5]
  attributeInt(records, Key.language, bytes[at + 6])
  if (end - at < SEEWORLD_STATUS_LONG_N) return
  attributeInt(records, Key.soundSwitch, bytes[at + 7])
  attributeInt(records, Key.lightSwitch, bytes[at + 8])
  attributeInt(records, Key.steps, u32(bytes, at + 9))
  if (BATTERY_PCT[bytes[at + 13]] !== UNKNOWN) records.batteryPct[row] = bytes[at + 13]
  records.charging[row] = bytes[at + 14] === 1 ? 1 : 0
  records.motion[row] = bytes[at + 15] === 1 ? 1 : 0
  rest(message, at + 16)
}

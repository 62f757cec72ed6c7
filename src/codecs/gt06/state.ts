/**
 * What a session remembers. Word 0: the clock (clock.ts). Word 1: the terminal's last words about itself, so that an
 * alarm is raised when something begins and not while it lasts.
 */
import { Alarm } from '../alarms.ts'
import { isBcd, u16 } from '../bytes.ts'
import { TI_ALARMS, type AlarmTable } from './alarms.ts'
import { dateMs, mayShift, ownZoneMinutes, stateAfterDate, stateAfterLogin } from './clock.ts'
import {
  FRAME_MIN,
  IMEI_DIGITS,
  isRefused,
  LOGIN_IMEI_N,
  LOGIN_ZONE_N,
  Shape,
  shapeOf,
  TRAILER,
  writeImei,
} from './frame.ts'
import {
  bodyOf,
  cellAlarmStatus,
  layoutOf,
  NT_N,
  ntStatus,
  REUSED,
  tailOffset,
  tailOfModules,
  typedCellBytes,
} from './layout.ts'
import {
  Body,
  BODY,
  CLOCK,
  EXTENDED_ALARM,
  Gps,
  LAYOUT,
  TAIL_ALARM,
  TAIL_SHIFT,
  TAIL_T3,
  TAIL_TI,
  Ti,
  UTC,
} from './messages.ts'
import type { Settings } from './settings.ts'

// Word 1.
const TI_KNOWN = 1,
  RELAY = 2,
  CHARGING = 4,
  POWER_CUT_TOLD = 8, // and the power has not come back since
  TI_ALARM_SHIFT = 8, // u8: alarm in the last TI or heartbeat
  EVENT_ALARM_SHIFT = 16, // u8: alarm of the last alarm frame, while it lasts
  DEVICE_SHIFT = 24 // u8: tells whether another device logs in

/** The alarm a status byte and an alarm code mean: the code's, or if there is none the bits'. Never both. */
export const statusAlarm = (ti: number, code: number, table: AlarmTable): number =>
  code !== 0 ? table.alarms[code] : TI_ALARMS[(ti >> Ti.alarmShift) & Ti.alarmMask]

/** True if the alarm of a heartbeat began with it. */
export const isNewAlarm = (state: number, alarm: number): boolean =>
  alarm !== ((state >> TI_ALARM_SHIFT) & 0xff) && alarm !== ((state >> EVENT_ALARM_SHIFT) & 0xff)

/** engine_cut or engine_restored when the relay changed, else 0. */
export const relayAlarm = (state: number, ti: number): number => {
  if (!(state & TI_KNOWN) || Boolean(state & RELAY) === (ti & Ti.relay) > 0) return 0
  return ti & Ti.relay ? Alarm.engine_cut : Alarm.engine_restored
}

/** power_cut when the external power went away and the unit has not said so itself, else 0. */
export const powerAlarm = (state: number, ti: number): number => {
  const lost = state & TI_KNOWN && state & CHARGING && !(ti & Ti.charging)
  return lost && !(state & POWER_CUT_TOLD) ? Alarm.power_cut : 0
}

/** Word 1 after a status byte. `event`: in an alarm frame, which says what it is about; else a state that lasts. */
const stateAfterStatus = (state: number, ti: number, alarm: number, event: boolean): number => {
  let next = state & ~(TI_KNOWN | RELAY | CHARGING)
  next |= TI_KNOWN | (ti & Ti.relay ? RELAY : 0) | (ti & Ti.charging ? CHARGING : 0)
  const lost = powerAlarm(state, ti) !== 0 || alarm === Alarm.power_cut
  if (lost) next |= POWER_CUT_TOLD
  else if (ti & Ti.charging) next &= ~POWER_CUT_TOLD
  const bits = event ? TI_ALARMS[(ti >> Ti.alarmShift) & Ti.alarmMask] : alarm
  next = (next & ~(0xff << TI_ALARM_SHIFT)) | (bits << TI_ALARM_SHIFT)
  if (event) next = (next & ~(0xff << EVENT_ALARM_SHIFT)) | (alarm << EVENT_ALARM_SHIFT)
  else if (alarm === 0) next &= ~(0xff << EVENT_ALARM_SHIFT)
  return next
}

/** Codes of the byte behind GSM in heartbeats that are alarms; above, it is a port of newer models. */
export const HEARTBEAT_CODE_MAX = 6

export const advance = (
  bytes: Uint8Array,
  start: number,
  end: number,
  receivedMs: number,
  state: Int32Array,
  settings: Settings,
): void => {
  if (end - start < FRAME_MIN) return
  const long = bytes[start] & 1
  const number = bytes[start + 3 + long]
  const index = number | (long << 8)
  if (!MATTERS[BODY[index]]) return
  if (WITHOUT_STATUS[index] && end - start < NT_FRAME_MIN && !mayShift(state[0], settings)) return
  const shape = shapeOf(bytes, start, end)
  if (shape === Shape.stump || isRefused(bytes, start, end, settings)) return
  const content = start + 4 + long
  const n = end - content - (shape === Shape.topin ? 2 : TRAILER)
  const body = bodyOf(bytes, content, n, number, long)
  if (body === Body.login) {
    afterLogin(bytes, content, n, state, settings)
    return
  }
  if (shape === Shape.topin) return
  if (CLOCK[index] === UTC && DATED[body] && n >= 6 && mayShift(state[0], settings)) {
    const ms = dateMs(bytes, content)
    // Stored records may well be from the future of the receive time only if their clock is wrong: leave them out.
    if (ms > receivedMs && !isStored(bytes, content, n, number, body))
      state[0] = stateAfterDate(state[0], ms, receivedMs, settings)
  }
  afterStatus(bytes, content, n, number, body, state, settings)
}

const imei = new Uint8Array(IMEI_DIGITS)

const afterLogin = (bytes: Uint8Array, content: number, n: number, state: Int32Array, settings: Settings): void => {
  if (n < LOGIN_IMEI_N || !isBcd(bytes, content, content + LOGIN_IMEI_N)) return
  // Eight bits of the IMEI tell a repeated login from that of another device.
  let device = 0
  for (let at = content; at < content + LOGIN_IMEI_N; at++) device = (device * 31 + bytes[at]) & 0xff
  if (state[1] >>> DEVICE_SHIFT !== device) {
    state[0] = 0
    state[1] = device << DEVICE_SHIFT
  }
  writeImei(bytes, content, imei)
  const own = ownZoneMinutes(imei, 0, IMEI_DIGITS, settings)
  state[0] = stateAfterLogin(state[0], own, n >= LOGIN_ZONE_N ? loginZoneMinutes(u16(bytes, content + 10)) : NaN)
}

/** Farthest zone from UTC. */
const ZONE_MAX_MINUTES = 15 * 60

/** Minutes east of UTC of a login's zone word: hours × 100 + minutes in bits 15–4, bit 3 west. NaN: no zone there is. */
export const loginZoneMinutes = (word: number): number => {
  const digits = word >> 4
  const minutes = Math.floor(digits / 100) * 60 + (digits % 100)
  if (digits % 100 > 59 || minutes > ZONE_MAX_MINUTES) return NaN
  return word & 8 ? -minutes : minutes
}

// Bodies by what they do to the memory: all that matter; those that begin with a date.
const DATED = new Uint8Array(64)
for (const body of [
  Body.position,
  Body.positionModules,
  Body.typedPosition,
  Body.typedAlarm,
  Body.alarm,
  Body.cells,
  Body.cellsAlarm,
  Body.addressOfFix,
])
  DATED[body] = 1
const MATTERS = DATED.slice()
for (const body of [Body.login, Body.heartbeat, Body.heartbeatVoltage, Body.heartbeatModules, Body.cellAlarm, Body.nt])
  MATTERS[body] = 1

// Most frames are locations whose layouts know no status: they matter only where the clock is watched. Of the numbers that
// clones reuse, 22 is a location unless it is as long as an NT one.
const WITHOUT_STATUS = new Uint8Array(512)
const NT_FRAME_MIN = NT_N + 10
for (let number = 0; number < 256; number++) {
  if (BODY[number] !== Body.position || (REUSED[number] && number !== 0x22)) continue
  WITHOUT_STATUS[number] = 1
  for (let n = 0; n < 256; n++) if (TAIL_TI[LAYOUT[(number << 8) | n] >> TAIL_SHIFT] !== 255) WITHOUT_STATUS[number] = 0
}

/** True if the frame says that it was stored. */
const isStored = (bytes: Uint8Array, content: number, n: number, number: number, body: number): boolean => {
  if (body === Body.typedPosition) return n > 19 && bytes[content + 19] === 1
  if (body === Body.positionModules) return n > 28 && bytes[content + tailOfModules(bytes, content) + 2] === 1
  if (body !== Body.position && body !== Body.alarm) return false
  const packed = layoutOf(bytes, content, n, number)
  return TAIL_T3[packed >> TAIL_SHIFT] === 1 && bytes[content + tailOffset(packed) + 2] === 1
}

const afterStatus = (
  bytes: Uint8Array,
  content: number,
  n: number,
  number: number,
  body: number,
  state: Int32Array,
  settings: Settings,
): void => {
  let ti = -1 // offset of TI
  let alarmAt = -1 // and of the alarm code
  let event = false
  switch (body) {
    case Body.heartbeat:
      ti = 0
      alarmAt = n >= 4 && hasAlarmCode(settings) && bytes[content + 3] <= HEARTBEAT_CODE_MAX ? 3 : -1
      break
    case Body.heartbeatVoltage:
      ti = 0
      break
    case Body.heartbeatModules:
      ti = 0
      alarmAt = n >= 4 ? 3 : -1
      break
    case Body.seeworldStatus:
      ti = 0
      break
    case Body.cellAlarm:
      ti = n > 0 ? cellAlarmStatus(bytes, content, number) : -1
      alarmAt = ti + 3
      event = true
      break
    case Body.typedAlarm:
      ti = n > Gps.size + 1 ? Gps.size + typedCellBytes(bytes, content + Gps.size) : -1
      alarmAt = ti + 3
      event = true
      break
    case Body.nt:
      ti = ntStatus(bytes, content, n, number)
      alarmAt = ti + 5
      break
    case Body.alarm:
    case Body.position: {
      const packed = layoutOf(bytes, content, n, number)
      const tail = packed >> TAIL_SHIFT
      if (TAIL_TI[tail] === 255) return
      ti = tailOffset(packed) + TAIL_TI[tail]
      alarmAt = tailOffset(packed) + TAIL_ALARM[tail]
      event = body === Body.alarm
      break
    }
  }
  if (ti < 0 || ti >= n) return
  let code = 0
  if (alarmAt >= 0 && alarmAt < n) {
    code = bytes[content + alarmAt]
    if (EXTENDED_ALARM[number] && alarmAt + 1 < n) code |= (bytes[content + alarmAt + 1] >> 4) << 8
  }
  const status = bytes[content + ti]
  state[1] = stateAfterStatus(state[1], status, statusAlarm(status, code, settings), event)
}

/** Models whose heartbeat has a voltage where the maker's has an alarm code. */
export const hasAlarmCode = (settings: Settings): boolean =>
  settings.model !== 'lw4g' && settings.model !== 'seeworld' && settings.model !== 'r11'

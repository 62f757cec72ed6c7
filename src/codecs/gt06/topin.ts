/** The Topin / ZhongXun dialect: frames without serial and CRC. Login, positions, lists of access points and cells. */
import { attributeHex, attributeInt } from '../attributes.ts'
import { Alarm } from '../alarms.ts'
import { s16 } from '../bytes.ts'
import { cellList, wifiList } from './cell.ts'
import { bcdDateMs, utcMs } from './clock.ts'
import { gpsBlock, identifyWithout, NOT_TOLD, sent } from './fix.ts'
import { Key } from './keys.ts'
import type { Message } from './message.ts'
import { Gps, NAMES } from './messages.ts'
import { rest } from './write.ts'

const LOGIN = 0x01,
  LIVE = 0x10,
  STORED = 0x11
/** Bits of the alarm byte behind the altitude. */
const VIBRATION = 1,
  OVERSPEED = 2,
  LOW_BATTERY = 16

/** The content goes up to the tail. */
export const topin = (message: Message): number => {
  const { number, records } = message
  if (number === LOGIN) return 0
  records.beginChunk(NAMES[number])
  attributeInt(records, Key.protocolNumber, number)
  if (number === LIVE || number === STORED) located(message)
  else accessPoints(message)
  records.end()
  return 1
}

/** G18, altitude, alarm bits. */
const located = (message: Message): void => {
  const { bytes, at, end, records } = message
  gpsBlock(message, at, message.number === STORED ? 1 : 0, NOT_TOLD)
  // A record that comes again from the memory has the other number.
  identifyWithout(message, at - 1, at)
  if (end - at >= Gps.size + 3) {
    records.altitudeM[message.row] = s16(bytes, at + Gps.size)
    const alarms = bytes[at + Gps.size + 2]
    if (alarms & VIBRATION) records.alarm(Alarm.vibration)
    if (alarms & OVERSPEED) records.alarm(Alarm.overspeed)
    if (alarms & LOW_BATTERY) records.alarm(Alarm.low_battery)
    attributeInt(records, Key.alarmCode, alarms)
  }
  rest(message, at + Gps.size + 3)
}

/** Date in BCD, as many access points as the length byte says, then count, country and cells [, alarm]. */
const accessPoints = (message: Message): void => {
  const { bytes, at, end, records } = message
  const ms = utcMs(message, bcdDateMs(bytes, at), false)
  sent(message, ms)
  if (ms !== ms) attributeHex(records, Key.fixTimeHex, bytes, at, at + 6)
  const count = wifiList(message, at + 6, bytes[at - 2], 7, 0, true)
  const behind = cellList(message, count + 4, bytes[count], 2, 2, count + 1, 1)
  if (behind < end) attributeInt(records, Key.alarmCode, bytes[behind])
}

/** The Topin / ZhongXun dialect: frames without serial and CRC. Login, positions, lists of access points and cells. */
import { attributeHex, attributeInt } from '../attributes.ts'
import type { FrameContext } from '../codec.ts'
import type { Records } from '../records.ts'
import { Alarm } from '../alarms.ts'
import { s16 } from './bytes.ts'
import { cellList, wifiList } from './cells.ts'
import { bcdDateMs, BUFFERED_MS, utcMs } from './clock.ts'
import { gpsBlock, NOT_TOLD } from './fix.ts'
import { Key } from './keys.ts'
import { Gps, NAMES, UTC } from './messages.ts'
import type { Settings } from './settings.ts'
import { rest } from './write.ts'

const LOGIN = 0x01,
  LIVE = 0x10,
  STORED = 0x11
/** Bits of the alarm byte behind the altitude. */
const VIBRATION = 1,
  OVERSPEED = 2,
  LOW_BATTERY = 16

/** bytes[at, end) is the content, up to the tail. */
export function topin(
  bytes: Uint8Array,
  at: number,
  end: number,
  number: number,
  context: FrameContext,
  records: Records,
  settings: Settings,
): number {
  if (number === LOGIN) return 0
  const row = records.begin(NAMES[number])
  attributeInt(records, Key.protocolNumber, number)
  if (number === LIVE || number === STORED) {
    const stored = number === STORED ? 1 : 0
    gpsBlock(bytes, at, UTC, stored, NOT_TOLD, row, records, context, settings)
    if (end - at >= Gps.size + 3) {
      records.altitudeM[row] = s16(bytes, at + Gps.size)
      const alarms = bytes[at + Gps.size + 2]
      if (alarms & VIBRATION) records.alarm(Alarm.vibration)
      if (alarms & OVERSPEED) records.alarm(Alarm.overspeed)
      if (alarms & LOW_BATTERY) records.alarm(Alarm.low_battery)
      attributeInt(records, Key.alarmCode, alarms)
    }
    rest(bytes, at + Gps.size + 3, end, records)
  } else {
    accessPoints(bytes, at, end, row, records, context, settings)
  }
  records.end()
  return 1
}

/** Date in BCD, as many access points as the length byte says, then count, country and cells [, alarm]. */
function accessPoints(
  bytes: Uint8Array,
  at: number,
  end: number,
  row: number,
  records: Records,
  context: FrameContext,
  settings: Settings,
): void {
  const ms = utcMs(bcdDateMs(bytes, at), UTC, false, context, settings)
  records.fixMs[row] = ms
  records.buffered[row] = context.receivedMs - ms > BUFFERED_MS ? 1 : 0
  if (ms !== ms) attributeHex(records, Key.fixTimeHex, bytes, at, at + 6)
  const count = wifiList(bytes, at + 6, end, bytes[at - 2], 7, 0, true, records)
  const behind = cellList(bytes, count + 4, end, bytes[count], 2, 2, count + 1, 1, row, records)
  if (behind < end) attributeInt(records, Key.alarmCode, bytes[behind])
}

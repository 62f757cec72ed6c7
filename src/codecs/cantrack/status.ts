/** The status: 32 bits, 0 is active. Bits stay while their cause lasts, so that alarms are raised on the change. */
import { Alarm } from '../alarms.ts'
import { UPPER_HEX_DIGITS } from '../ascii.ts'
import { attributeBool, attributeText } from '../attributes.ts'
import type { FrameContext } from '../codec.ts'
import { FROM } from '../fields.ts'
import { hexDigit } from '../numbers.ts'
import type { Records } from '../records.ts'
import { BIT_ACC_OFF, BIT_ARMED, BIT_BATTERY_REMOVED, BIT_DOOR, Key } from './messages.ts'
import { statusOf, type Settings } from './settings.ts'
import { packed, PACKED_BLOCKED } from './state.ts'

const text = new Uint8Array(8)

/** The status in a field that has eight hexadecimal digits. */
export const statusAt = (bytes: Uint8Array, field: number): number => {
  const from = FROM[field]
  let status = 0
  for (let at = from; at < from + 8; at++) status = (status << 4) | hexDigit(bytes[at])
  return status
}

/** True if the open row has the alarm. */
export const raises = (code: number, records: Records): boolean => {
  let at = records.rows ? records.alarmEnds[records.rows - 1] : 0
  while (at < records.alarmCount && records.alarmCodes[at] !== code) at++
  return at < records.alarmCount
}

/** Writes states and alarms. `before` are the bits that were active before, packed. */
export const writeStatus = (
  status: number,
  before: number,
  context: FrameContext,
  records: Records,
  settings: Settings,
): void => {
  const row = records.rows
  for (let digit = 0; digit < 8; digit++) text[digit] = UPPER_HEX_DIGITS[(status >>> (28 - 4 * digit)) & 15]
  attributeText(records, Key.status, text, 0, text.length)
  const active = ~status
  records.ignition[row] = (active >>> BIT_ACC_OFF) & 1 ? 0 : 1
  if ((active >>> BIT_DOOR) & 1) attributeBool(records, Key.door, true)
  if ((active >>> BIT_ARMED) & 1) attributeBool(records, Key.armed, true)
  if ((active >>> BIT_BATTERY_REMOVED) & 1) attributeBool(records, Key.batteryRemoved, true)
  const now = packed(active)
  const blocked = now & PACKED_BLOCKED
  if (blocked) attributeBool(records, Key.blocked, true)
  if (blocked !== (before & PACKED_BLOCKED)) records.alarm(blocked ? Alarm.engine_cut : Alarm.engine_restored)

  const table =
    settings.groups.length === 0
      ? settings.status
      : statusOf(settings, context.device, context.deviceStart, context.deviceEnd)
  let raised = (settings.everyFrame ? now : now & ~before) & table.mask
  while (raised !== 0) {
    records.alarm(table.alarms[31 - Math.clz32(raised & -raised)])
    raised &= raised - 1
  }
}

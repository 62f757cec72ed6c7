/** Requests for a street address: where the tracker is, and whom to tell. */
import { attributeInt } from '../attributes.ts'
import { u16 } from '../bytes.ts'
import { cellBytes, isWide, servingCell } from './cell.ts'
import { gpsBlock, NOT_TOLD } from './fix.ts'
import { Key } from './keys.ts'
import type { Message } from './message.ts'
import { CLASS_CELL, Gps, PHONE_BYTES } from './messages.ts'
import { attributeTrimmed, rest } from './write.ts'

/** 17, A7: cell, phone number, language. */
export const addressOfCell = (message: Message): void => {
  const { bytes, at, end } = message
  const kind = CLASS_CELL[message.number]
  const size = end > at ? cellBytes(bytes, at, kind) : 0
  if (size === 0 || at + size + PHONE_BYTES + 2 > end) return rest(message, at)
  servingCell(message, at, kind, isWide(bytes, at) ? 2 : 1)
  phone(message, at + size)
}

/** 2A, 1A: G18, phone number, language. */
export const addressOfFix = (message: Message): void => {
  const { at, end } = message
  if (at + Gps.size > end) return rest(message, at)
  gpsBlock(message, at, NOT_TOLD, NOT_TOLD)
  if (at + Gps.size + PHONE_BYTES + 2 > end) return rest(message, at + Gps.size)
  phone(message, at + Gps.size)
}

/** 21 bytes of ASCII, filled with NUL, and the language behind them. */
const phone = (message: Message, at: number): void => {
  const { bytes, records } = message
  const behind = at + PHONE_BYTES
  attributeTrimmed(records, Key.phone, bytes, at, behind)
  attributeInt(records, Key.language, u16(bytes, behind))
  rest(message, behind + 2)
}

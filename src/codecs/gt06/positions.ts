/** Messages that begin with G18: locations and alarms. */
import { isBcd } from '../bytes.ts'
import { servingCell } from './cell.ts'
import { gpsBlock, identifyWithout, NOT_TOLD, sentAt } from './fix.ts'
import { IMEI_BYTES, IMEI_DIGITS, writeImei } from './frame.ts'
import { Key } from './keys.ts'
import { cellOf, cellOffset, layoutOf, tailOffset } from './layout.ts'
import type { Message } from './message.ts'
import { Cell, CELL_BYTES, Tail, TAIL_BYTES, TAIL_SHIFT, TAIL_T3, WIDE_MNC } from './messages.ts'
import { locationTail, tailOf } from './tails.ts'
import { attributeNibbles, rest } from './write.ts'

/** n of 12 with an IMEI in front. */
const QH302R_N = 34
const imei = new Uint8Array(IMEI_DIGITS)

/** 11, old: date, L8 and no position. */
export const areaOnly = (message: Message): void => {
  const { at, end } = message
  sentAt(message, at)
  // What n leaves between the date, LAC and CID is MCC and MNC.
  servingCell(message, at + 6, Cell.l8, end - at - 6 - CELL_BYTES[Cell.l8] + 1)
}

/** G18, cell and tail. */
export const positional = (message: Message): void => {
  const { bytes, end, number } = message
  let { at } = message
  if (number === 0x12 && end - at === QH302R_N && isQh302r(message)) {
    attributeNibbles(message.records, Key.imei, bytes, at, at + IMEI_BYTES, 1)
    at += IMEI_BYTES
  }
  const packed = layoutOf(bytes, at, end - at, number)
  if (packed === 0) return rest(message, at)
  const tail = packed >> TAIL_SHIFT
  const tailAt = at + tailOffset(packed)
  if (TAIL_T3[tail] === 1) {
    gpsBlock(message, at, bytes[tailAt + 2] === 1 ? 1 : 0, bytes[tailAt + 1])
    identifyWithout(message, tailAt + 1, tailAt + 3)
  } else gpsBlock(message, at, NOT_TOLD, NOT_TOLD)
  const cell = cellOf(packed)
  if (cell !== Cell.none && cell !== Cell.padding) {
    // A layout knows its length: what lies between MCC and tail beyond LAC and CID is the MNC.
    servingCell(message, at + cellOffset(packed), cell, cell === Cell.l10 || packed & WIDE_MNC ? 2 : 1)
  }
  if (tail === Tail.t3) {
    locationTail(message, tailAt)
    rest(message, tailAt + TAIL_BYTES[Tail.t3])
  } else rest(message, tail === Tail.none ? tailAt : tailOf(message, tailAt, tail))
}

/** The IMEI stands before G18: it is the session's, or its bytes make no date. */
const isQh302r = ({ bytes, at, context, settings }: Message): boolean => {
  if (!isBcd(bytes, at, at + IMEI_BYTES)) return false
  if (settings.model === 'qh302r') return true
  const month = bytes[at + 1]
  const day = bytes[at + 2]
  if (month === 0 || month > 12 || day === 0 || day > 31) return true
  if (context.deviceEnd - context.deviceStart !== IMEI_DIGITS) return false
  writeImei(bytes, at, imei)
  for (let digit = 0; digit < IMEI_DIGITS; digit++)
    if (context.device[context.deviceStart + digit] !== imei[digit]) return false
  return true
}

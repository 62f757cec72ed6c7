/** One record of the frame that is open (frame.ts): what all of them say, and what is known while one is written. */
import { UPPER_HEX_DIGITS } from '../ascii.ts'
import type { FrameContext } from '../codec.ts'
import { hashBytes, hashStart } from '../hash.ts'
import { UNKNOWN, type Records } from '../records.ts'
import { believable, BUFFERED_MS } from './clock.ts'
import { F } from './frame.ts'
import { Props } from './messages.ts'
import { beginSaying, name, sayBool, sayHex, sayInt } from './say.ts'

const SERIAL = name('serial'),
  PACKET = name('packet'),
  PACKETS = name('packets'),
  ENCRYPTION = name('encryption'),
  CHECKSUM_OK = name('checksum_ok'),
  LENGTH_OK = name('length_ok')

/** The message's id, four hexadecimal digits. */
const MESSAGE = new Uint8Array(4)

/** Opens a record; its message is the open frame's id. */
export const beginRecord = (records: Records): number => {
  for (let digit = 0; digit < 4; digit++) MESSAGE[digit] = UPPER_HEX_DIGITS[(F.id >> (12 - 4 * digit)) & 15]
  beginSaying()
  batteryRank = NO_BATTERY
  const row = records.begin(MESSAGE)
  sayInt(records, SERIAL, F.serial)
  if (F.joined > 1) sayInt(records, PACKETS, F.joined)
  if (F.packets !== 0) {
    sayInt(records, PACKET, F.packet)
    sayInt(records, PACKETS, F.packets)
  }
  if (!F.xorOk) sayBool(records, CHECKSUM_OK, false)
  if (!F.lengthOk) sayBool(records, LENGTH_OK, false)
  const encryption = (F.props & Props.encryption) >> 10
  if (encryption !== 0 && F.id >> 8 !== 0x55) sayInt(records, ENCRYPTION, encryption)
  return row
}

const HASH = new Uint32Array(2)

/** Gives the open record the id of bytes[from, to): what a unit sends again in another message or batch is the same row. */
export const identifyRecord = (records: Records, row: number, bytes: Uint8Array, from: number, to: number): void => {
  hashStart(HASH)
  hashBytes(bytes, from, to, HASH)
  records.idLow[row] = HASH[0]
  records.idHigh[row] = HASH[1]
}

const NO_BATTERY = 99
let batteryRank = NO_BATTERY

/** Where a percentage comes from, the most trusted first. */
export const Battery = {
  item56: 0,
  item06: 1,
  itemE4: 2,
  itemE3: 3,
  itemD4E1: 4,
  itemFE: 5,
  item68: 6,
  others: 7,
  level: 8,
} as const

/** A battery percentage; of several, the most trusted stays. False if it is none. */
export const battery = (records: Records, row: number, percent: number, rank: number): boolean => {
  if (percent > 100) return false
  if (rank < batteryRank) {
    batteryRank = rank
    records.batteryPct[row] = Math.round(percent)
  }
  return true
}

const BATTERY_RAW = name('battery_raw')

/** The one battery byte of a message; what is no percentage is kept as it is. */
export const percentage = (records: Records, row: number, byte: number): void => {
  if (!battery(records, row, byte, Battery.item56)) sayInt(records, BATTERY_RAW, byte)
}

/** The serving cell: the first one told. */
export const servingCell = (
  records: Records,
  row: number,
  mcc: number,
  mnc: number,
  lac: number,
  cell: number,
): void => {
  if (records.mcc[row] !== UNKNOWN) return
  if (mcc > 0 && mcc < 1000) records.mcc[row] = mcc
  if (mnc < 1000) records.mnc[row] = mnc
  records.lac[row] = lac
  records.cellId[row] = cell
}

/** The date of a message without a position, and whether it comes late. `ms` may be NaN. */
export const sentAt = (records: Records, row: number, ms: number, context: FrameContext): void => {
  const sent = believable(ms, context)
  records.fixMs[row] = sent
  records.buffered[row] = context.receivedMs - sent > BUFFERED_MS ? 1 : 0
}

const BODY_HEX = name('body')

/** Bytes nobody has described, as they are. */
export const rest = (records: Records, bytes: Uint8Array, from: number, to: number): void => {
  if (from < to) sayHex(records, BODY_HEX, bytes, from, to)
}

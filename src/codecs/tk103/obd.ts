/** BQ86: OBD values as a PID byte and its value each, in the order and scale of the OBD-II mode 1 tables. */
import { attributeFixed, attributeInt, attributeText } from '../attributes.ts'
import type { FrameContext } from '../codec.ts'
import { FROM, scanFields, TO, wholeField } from '../fields.ts'
import { hexByte, hexNumber, isHexBytes } from '../numbers.ts'
import type { Records } from '../records.ts'
import { writeIoField } from './block.ts'
import { FIELDS_MAX, HEADER_USUAL, Key } from './messages.ts'
import { writeTime, yearFirst } from './time.ts'

/** Fields of the body: `,<n>,<hex>,<YYMMDDhhmmss>,<I/O>`. */
const Field = { number: 1, values: 2, time: 3, io: 4 } as const

/** PID, attribute, bytes, then value × numerator / denominator + offset, in 10^-decimals. */
const PIDS: readonly (readonly [number, Uint8Array, number, number, number, number, number])[] = [
  [0x05, Key.coolant, 1, 1, 1, -40, 0],
  [0x0c, Key.rpm, 2, 25, 1, 0, 2],
  [0x0d, Key.obdSpeed, 1, 1, 1, 0, 0],
  [0x0f, Key.intake, 1, 1, 1, -40, 0],
  [0x10, Key.airFlow, 2, 1, 1, 0, 2],
  [0x11, Key.throttle, 1, 10_000, 255, 0, 2],
  [0x0e, Key.timing, 1, 5, 1, -640, 1],
  [0x07, Key.fuelTrim, 1, 10_000, 128, -10_000, 2],
]
/** Row of PIDS by PID; -1: unknown. */
const ROW = new Int8Array(256).fill(-1)
for (const [row, [pid]] of PIDS.entries()) ROW[pid] = row

/** Behind the PIDs: five bytes nobody knows, and the odometer in metres. */
const TRAILER_BYTES = 9,
  ODOMETER_AT = 5

/** Writes BQ86 into the open row; false: it has no values. */
export const writeObd = (
  bytes: Uint8Array,
  from: number,
  to: number,
  context: FrameContext,
  records: Records,
): boolean => {
  const count = scanFields(bytes, from, to, FIELDS_MAX, 0)
  if (count <= Field.values || FROM[Field.values] === TO[Field.values]) return false
  if (!isHexBytes(bytes, FROM[Field.values], TO[Field.values])) return false
  const time = FROM[Field.time]
  if (TO[Field.time] - time === HEADER_USUAL)
    writeTime(bytes, yearFirst(bytes, time, time + 6), time, time + 6, true, context, records)
  else if (time < TO[Field.time]) attributeText(records, Key.timeRaw, bytes, time, TO[Field.time])
  const number = wholeField(bytes, Field.number)
  if (number >= 0) attributeInt(records, Key.number, number)
  writeValues(bytes, FROM[Field.values], TO[Field.values], records)
  if (count > Field.io) writeIoField(bytes, FROM[Field.io], TO[count - 1], records)
  return true
}

const writeValues = (bytes: Uint8Array, from: number, to: number, records: Records): void => {
  let at = from
  let seen = 0
  while (at < to) {
    const row = ROW[hexByte(bytes, at)]
    if (row < 0 || seen & (1 << row)) break
    const pid = PIDS[row]
    const size = pid[2]
    if (to - at < 2 + 2 * size) break
    const value = hexNumber(bytes, at + 2, at + 2 + 2 * size)
    attributeFixed(records, pid[1], Math.round((value * pid[3]) / pid[4]) + pid[5], pid[6])
    seen |= 1 << row
    at += 2 + 2 * size
  }
  if (at >= to) return
  attributeText(records, Key.obdRaw, bytes, at, to)
  if (to - at === 2 * TRAILER_BYTES)
    records.odometerKm[records.rows] = hexNumber(bytes, at + 2 * ODOMETER_AT, to) / 1000
}

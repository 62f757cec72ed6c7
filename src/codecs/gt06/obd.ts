/**
 * 65, 66, 8C (FM08ABC): date, ACC, `key=value,…` in ASCII, and the last 12 bytes are G18 without its date. Keys of 8C are
 * hexadecimal: all digits but the last give the parameter; values are hexadecimal, of hundredths.
 */
import { COMMA, EQUALS } from '../ascii.ts'
import { attributeFixed, attributeText } from '../attributes.ts'
import type { Records } from '../records.ts'
import { gpsPart, NOT_TOLD, sentAt } from './fix.ts'
import { Key } from './keys.ts'
import type { Message } from './message.ts'
import { Gps } from './messages.ts'
import { hexadecimal, indexOf, trimEnd, trimStart } from './text.ts'
import { rest } from './write.ts'

const GPS_BYTES = Gps.size - Gps.satellites

const ODOMETER = 0x28,
  VIN = 0x4a
/** Where the other parameters of 8C go. */
const PARAMETERS: (Uint8Array | undefined)[] = []
PARAMETERS[0x2b] = Key.fuelLevel
PARAMETERS[0x2d] = Key.coolantTemperature
PARAMETERS[0x35] = Key.obdSpeedKph
PARAMETERS[0x36] = Key.rpm
PARAMETERS[0x47] = Key.fuelUsed
PARAMETERS[0x49] = Key.engineHours

export const obd = (message: Message): void => {
  const { bytes, at, end, number, records, row } = message
  if (end - at < 7) return rest(message, at)
  const gps = end - GPS_BYTES
  const placed = gps >= at + 7
  if (placed) gpsPart(message, gps, at, NOT_TOLD, NOT_TOLD)
  else sentAt(message, at)
  records.ignition[row] = bytes[at + 6] === 1 ? 1 : 0
  const from = trimStart(bytes, at + 7, placed ? gps : end)
  const limit = trimEnd(bytes, from, placed ? gps : end)
  if (from < limit) attributeText(records, Key.text, bytes, from, limit)
  if (number === 0x8c) parameters(bytes, from, limit, row, records)
}

/** A parameter of 8C that came twice is kept the first time. */
const parameters = (bytes: Uint8Array, from: number, end: number, row: number, records: Records): void => {
  let seenLow = 0 // bit n: parameter 0x20 + n
  let seenHigh = 0 // bit n: parameter 0x40 + n
  for (let at = from; at < end;) {
    const next = indexOf(bytes, at, end, COMMA)
    const equals = indexOf(bytes, at, next, EQUALS)
    const parameter = hexadecimal(bytes, at, equals - 1)
    if (parameter >= 0x20 && parameter < 0x60 && equals + 1 < next) {
      const bit = 1 << (parameter & 31)
      const seen = parameter < 0x40 ? seenLow & bit : seenHigh & bit
      if (parameter < 0x40) seenLow |= bit
      else seenHigh |= bit
      if (!seen) parameterValue(bytes, equals + 1, next, parameter, row, records)
    }
    at = next + 1
  }
}

const parameterValue = (
  bytes: Uint8Array,
  from: number,
  end: number,
  parameter: number,
  row: number,
  records: Records,
): void => {
  if (parameter === VIN) return attributeText(records, Key.vin, bytes, from, end)
  const hundredths = hexadecimal(bytes, from, end)
  if (hundredths !== hundredths) return
  if (parameter === ODOMETER) records.odometerKm[row] = hundredths / 100
  const name = PARAMETERS[parameter]
  if (name) attributeFixed(records, name, hundredths, 2)
}

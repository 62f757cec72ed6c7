/** What both dialects write alike: the place, speed, course, altitude. */
import { SPACE } from '../ascii.ts'
import { attributeBool, attributeFixed, attributeText } from '../attributes.ts'
import { coordinateE7, decimals, NO_COORDINATE, paddedDecimal, POWER } from '../numbers.ts'
import { Source, type Records } from '../records.ts'
import { Key, S, W } from './messages.ts'

const POLE_E7 = 900_000_000,
  DATE_LINE_E7 = 1_800_000_000
const FULL_CIRCLE = 360

/**
 * Latitude `bytes[latitude, northSouth)`, longitude `bytes[longitude, eastWest)`, with their letters behind them. The row is a fix
 * unless both are zero or one is no place on the globe. `fixed`: the receiver claims a fix.
 */
export const writePlace = (
  bytes: Uint8Array,
  latitude: number,
  northSouth: number,
  longitude: number,
  eastWest: number,
  fixed: boolean,
  records: Records,
): void => {
  const row = records.rows
  const latE7 = coordinateE7(bytes, skipSpaces(bytes, latitude, northSouth), northSouth)
  const lonE7 = coordinateE7(bytes, skipSpaces(bytes, longitude, eastWest), eastWest)
  const inRange = latE7 !== NO_COORDINATE && lonE7 !== NO_COORDINATE && latE7 <= POLE_E7 && lonE7 <= DATE_LINE_E7
  if (!inRange || (latE7 === 0 && lonE7 === 0)) {
    attributeBool(records, Key.valid, false)
    if (inRange) return
    attributeText(records, Key.latitudeRaw, bytes, latitude, northSouth + 1)
    attributeText(records, Key.longitudeRaw, bytes, longitude, eastWest + 1)
    return
  }
  records.isFix[row] = 1
  records.latE7[row] = bytes[northSouth] === S ? -latE7 : latE7
  records.lonE7[row] = bytes[eastWest] === W ? -lonE7 : lonE7
  records.valid[row] = fixed ? 1 : 0
  records.source[row] = fixed ? Source.gnss : Source.lastKnown
}

const skipSpaces = (bytes: Uint8Array, from: number, to: number): number => {
  let at = from
  while (at < to && bytes[at] === SPACE) at++
  return at
}

/** Speed in km/h. */
export const writeSpeed = (bytes: Uint8Array, from: number, to: number, records: Records): void => {
  if (from >= to) return
  const value = paddedDecimal(bytes, from, to)
  const row = records.rows
  if (!(value >= 0)) attributeText(records, Key.speedRaw, bytes, from, to)
  else if (records.isFix[row]) records.speedKph[row] = value / POWER[decimals]
  else attributeFixed(records, Key.speed, value, decimals)
}

/** Course in degrees; 360 is 0. */
export const writeCourse = (bytes: Uint8Array, from: number, to: number, records: Records): void => {
  if (from >= to) return
  let value = paddedDecimal(bytes, from, to)
  const full = FULL_CIRCLE * POWER[decimals]
  const row = records.rows
  if (!(value >= 0 && value <= full)) {
    attributeText(records, Key.courseRaw, bytes, from, to)
    return
  }
  // A column of 32-bit floats takes 359.99999 for 360.
  if (Math.fround(value / POWER[decimals]) >= FULL_CIRCLE) value = 0
  if (records.isFix[row]) records.courseDeg[row] = value / POWER[decimals]
  else attributeFixed(records, Key.course, value, decimals)
}

/** A paddedDecimal number as attribute, or the text if it is none; nothing if there is none. */
export const writeNumber = (
  bytes: Uint8Array,
  from: number,
  to: number,
  name: Uint8Array,
  raw: Uint8Array,
  records: Records,
): void => {
  if (from >= to) return
  const value = paddedDecimal(bytes, from, to)
  if (Number.isNaN(value)) attributeText(records, raw, bytes, from, to)
  else attributeFixed(records, name, value, decimals)
}

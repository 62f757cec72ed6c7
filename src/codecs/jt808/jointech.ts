/** 0x5501 and 0x5502 of Jointech locks: BCD throughout, dates in UTC, day first. */
import { attributeInt, attributeHex, elementOpen, attributeClose, key, LIST, OBJECT } from '../attributes.ts'
import { Alarm } from '../alarms.ts'
import { bcd, isBcd, s16, u16, u32 } from '../bytes.ts'
import { Source, type Records } from '../records.ts'
import { JOINTECH, raiseBits } from './alarms.ts'
import { bcdMsDayFirst, believable, BUFFERED_MS } from './clock.ts'
import { F } from './frame.ts'
import { Jointech } from './messages.ts'
import type { Reader } from './reader.ts'
import { identifyRecord, percentage, rest, servingCell } from './record.ts'
import { name, sayBool, sayClose, sayFixed, sayHex, sayInt, sayOpen } from './say.ts'

const STORED_ID = 0x5502
const KNOT_KPH = 1.852
const FLAG_VALID = 1,
  FLAG_NORTH = 2,
  FLAG_EAST = 4
const PRODUCT_LOCK = 3
const STATUS_BLOCKED = 1 << 5
const LOW_POWER = 1
const CHARGING_A = 0xaa,
  CHARGING_B = 0xab

const VALID = name('valid'),
  LATITUDE = name('latitude'),
  LONGITUDE = name('longitude'),
  SPEED_RAW = name('speed_raw'),
  COURSE = name('course'),
  SATELLITES = name('satellites'),
  SIGNAL = name('signal'),
  PRODUCT = name('product'),
  STATUS = name('status_bits'),
  ALARM = name('alarm_bits'),
  BLOCKED = name('blocked'),
  ALTITUDE = name('altitude'),
  WAKE = name('wake_source'),
  FENCE = name('geofence_id'),
  ITEMS = name('items'),
  COORDINATES = name('coordinates_hex')
const ID = key('id'),
  DATA = key('data')

const ITEM_ALTITUDE = 0x02,
  ITEM_NETWORK = 0x0a,
  ITEM_WAKE = 0x10,
  ITEM_FENCE = 0xfc

export const jointech: Reader = (records, row, b, at, end, context) => {
  if (end - at < Jointech.size) return rest(records, b, at, end)
  // Live and stored are the same record.
  identifyRecord(records, row, b, at, end)
  const ms = believable(bcdMsDayFirst(b, at + Jointech.time), context)
  records.fixMs[row] = ms
  records.buffered[row] = F.id === STORED_ID || context.receivedMs - ms > BUFFERED_MS ? 1 : 0
  place(records, row, b, at, ms)
  const signal = b[at + Jointech.signal]
  sayInt(records, SIGNAL, signal)
  records.odometerKm[row] = u32(b, at + Jointech.odometer)
  const percent = b[at + Jointech.battery]
  if (percent === CHARGING_A || percent === CHARGING_B) records.charging[row] = 1
  else percentage(records, row, percent)
  const status = u16(b, at + Jointech.status)
  const alarm = u16(b, at + Jointech.alarm)
  const product = b[at + Jointech.product]
  sayInt(records, PRODUCT, product)
  sayInt(records, STATUS, status)
  sayInt(records, ALARM, alarm)
  if (product === PRODUCT_LOCK) {
    if (status & STATUS_BLOCKED) sayBool(records, BLOCKED, true)
    raiseBits(records, alarm, JOINTECH)
  } else if (alarm & LOW_POWER) records.alarm(Alarm.low_power)
  cellAndItems(records, row, b, at, end)
}

const place = (records: Records, row: number, b: Uint8Array, at: number, ms: number): void => {
  const from = at + Jointech.latitude
  const flags = b[from + 8] & 15
  const valid = (flags & FLAG_VALID) !== 0
  const digits = isBcd(b, from, from + 8) && b[from + 8] >> 4 <= 9
  // ddmmmmmm and dddmmmmmm: minutes with four decimals; 1e-7 degree is 6e-6 minutes.
  const latitude = digits ? bcd(b[from]) * 1e7 + Math.round((minutes(b, from + 1, 0) * 50) / 3) : 0
  const degrees = bcd(b[from + 4]) * 10 + (b[from + 5] >> 4)
  const longitude = digits ? degrees * 1e7 + Math.round((minutes(b, from + 5, 1) * 50) / 3) : 0
  const latE7 = flags & FLAG_NORTH ? latitude : -latitude
  const lonE7 = flags & FLAG_EAST ? longitude : -longitude
  const speed = bcd(b[at + Jointech.speed])
  const course = b[at + Jointech.course] * 2
  const somewhere = latitude !== 0 || longitude !== 0
  if (ms === ms && somewhere && latitude <= 90e7 && longitude <= 180e7) {
    records.isFix[row] = 1
    records.latE7[row] = latE7
    records.lonE7[row] = lonE7
    if (speed < 100) records.speedKph[row] = speed * KNOT_KPH
    if (course <= 360) records.courseDeg[row] = course === 360 ? 0 : course
    else sayInt(records, COURSE, course)
    records.valid[row] = valid ? 1 : 0
    records.source[row] = valid ? Source.gnss : Source.lastKnown
    records.satellites[row] = b[at + Jointech.satellites]
  } else {
    sayBool(records, VALID, valid)
    if (somewhere) {
      sayFixed(records, LATITUDE, latE7, 7)
      sayFixed(records, LONGITUDE, lonE7, 7)
    } else if (!digits) sayHex(records, COORDINATES, b, from, from + 9)
    sayInt(records, COURSE, course)
    sayInt(records, SATELLITES, b[at + Jointech.satellites])
  }
  if (speed < 100) sayInt(records, SPEED_RAW, speed)
}

/** mmmmmm in 1e-4 minutes, from the digit `skip` of the byte at `at` on. */
const minutes = (b: Uint8Array, at: number, skip: number): number => {
  let value = 0
  for (let digit = skip; digit < skip + 6; digit++) {
    const byte = b[at + (digit >> 1)]
    value = value * 10 + (digit & 1 ? byte & 15 : byte >> 4)
  }
  return value
}

/** More do not fit a body: two bytes each. */
const ITEMS_MAX = 512
/** Offsets of the items nobody understands. */
const unknowns = new Int32Array(ITEMS_MAX)

const cellAndItems = (records: Records, row: number, b: Uint8Array, at: number, end: number): void => {
  const cell = u32(b, at + Jointech.cell)
  const lac = u16(b, at + Jointech.lac)
  let mcc = 0
  let mnc = 0
  let unknown = 0
  let from = at + Jointech.size
  for (; from + 2 <= end && from + 2 + b[from + 1] <= end; from += 2 + b[from + 1]) {
    const id = b[from]
    const length = b[from + 1]
    const value = from + 2
    if (id === ITEM_ALTITUDE && length === 2) {
      if (records.isFix[row]) records.altitudeM[row] = s16(b, value)
      else sayInt(records, ALTITUDE, s16(b, value))
    } else if (id === ITEM_NETWORK && (length === 3 || length === 4)) {
      mcc = u16(b, value)
      mnc = length === 3 ? b[value + 2] : u16(b, value + 2)
    } else if (id === ITEM_WAKE && length === 1) sayInt(records, WAKE, b[value])
    else if (id === ITEM_FENCE && length === 1) sayInt(records, FENCE, b[value])
    else if (unknown < ITEMS_MAX) unknowns[unknown++] = from
  }
  if (cell !== 0 || lac !== 0 || mcc !== 0) servingCell(records, row, mcc, mnc, lac, cell)
  rest(records, b, from, end)
  if (unknown === 0 || !sayOpen(records, ITEMS, LIST)) return
  for (let index = 0; index < unknown; index++) {
    const of = unknowns[index]
    elementOpen(records)
    attributeInt(records, ID, b[of])
    attributeHex(records, DATA, b, of + 2, of + 2 + b[of + 1])
    attributeClose(records, OBJECT)
  }
  sayClose(records, LIST)
}

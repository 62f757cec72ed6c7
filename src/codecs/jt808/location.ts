/** The location body of 0x0200, alone or in a batch: 28 bytes, then items. */
import { Alarm } from '../alarms.ts'
import { isBcd, s16, u16, u32 } from '../bytes.ts'
import type { FrameContext } from '../codec.ts'
import { Source, UNKNOWN, type Records } from '../records.ts'
import { conditionsOf } from './alarms.ts'
import { bcdMs, believable, BUFFERED_MS, isZoneSuspect, localMs } from './clock.ts'
import { conditionsAtStart } from './conditions.ts'
import { F } from './frame.ts'
import { fixedTail, items, Reading } from './items/index.ts'
import { LATITUDE_MAX_E6, Location, LONGITUDE_MAX_E6, Status } from './messages.ts'
import { identifyRecord } from './record.ts'
import { name, sayBool, sayFixed, sayHex, sayInt } from './say.ts'
import type { Settings } from './settings.ts'

const ALARM_BITS = name('alarm_bits'),
  STATUS_BITS = name('status_bits'),
  VALID = name('valid'),
  LATITUDE = name('latitude'),
  LONGITUDE = name('longitude'),
  ALTITUDE = name('altitude'),
  SPEED = name('speed_kph'),
  COURSE = name('course'),
  DEVICE_TIME = name('device_time_hex'),
  OUT_OF_SERVICE = name('out_of_service'),
  COORDINATES_ENCRYPTED = name('coordinates_encrypted'),
  ARMED = name('armed'),
  COLLISION_WARNING = name('forward_collision_warning'),
  LANE_DEPARTURE = name('lane_departure'),
  LOAD = name('load'),
  BLOCKED = name('blocked'),
  POWER_LOST = name('power_lost'),
  DOORS_LOCKED = name('doors_locked'),
  DOORS = name('doors'),
  GNSS = name('gnss'),
  ZONE_SUSPECT = name('zone_suspect'),
  HIGH_PRECISION = name('high_precision'),
  SATELLITES = name('satellites')

/** Conditions that held before the location that is read next. */
let conditions = 0

export const startConditions = (context: FrameContext): void => {
  conditions = conditionsAtStart(context.state)
}

/** Stored, and sent later: the batch says so, or the age of the fix does (more than `ageMs`). */
export const STORED = -1

/** Location at bytes[at, end), at least 28 bytes, into the open record. `ageMs`: STORED, or the age of stored fixes. */
export const location = (
  records: Records,
  row: number,
  bytes: Uint8Array,
  at: number,
  end: number,
  ageMs: number,
  context: FrameContext,
  settings: Settings,
): void => {
  const status = u32(bytes, at + Location.status)
  identifyRecord(records, row, bytes, at, end)
  position(records, row, bytes, at, ageMs, context, settings)
  const from = at + Location.size
  Reading.inside = 0
  if (!fixedTail(records, row, bytes, from, end)) items(records, row, bytes, from, end, context, settings)
  const alarm = u32(bytes, at + Location.alarm) | 0
  if (alarm !== 0 || conditions !== 0) alarms(records, alarm, settings)
  if (Reading.inside !== 0 && ((alarm >> 20) & 3) !== 2)
    records.alarm(Reading.inside > 0 ? Alarm.geofence_enter : Alarm.geofence_exit)
  if (settings.asset && status & Status.charging) records.charging[row] = 1
  // Telemetry has no column for them.
  if (records.isFix[row] === 0 && records.satellites[row] !== UNKNOWN)
    sayInt(records, SATELLITES, records.satellites[row])
}

const alarms = (records: Records, bits: number, settings: Settings): void => {
  for (let rest = bits; rest !== 0;) {
    const bit = 31 - Math.clz32(rest)
    rest &= ~(1 << bit)
    const condition = settings.bitConditions[bit]
    if (condition !== 0 && conditions & condition) continue
    // The way in or out of an area is in item 12.
    if (bit !== 20 || Reading.inside === 0) records.alarm(settings.bitAlarms[bit])
  }
  conditions = conditionsOf(bits, settings)
}

/** The 28 bytes: time, place, status; a fix if all is sound, else attributes. */
export const position = (
  records: Records,
  row: number,
  bytes: Uint8Array,
  at: number,
  ageMs: number,
  context: FrameContext,
  settings: Settings,
): void => {
  const ms = believable(localMs(bytes, at + Location.time), context)
  const status = u32(bytes, at + Location.status)
  sayInt(records, ALARM_BITS, u32(bytes, at + Location.alarm))
  sayInt(records, STATUS_BITS, status)
  place(
    records,
    row,
    ms,
    status,
    u32(bytes, at + Location.latitude),
    u32(bytes, at + Location.longitude),
    s16(bytes, at + Location.altitude),
    u16(bytes, at + Location.speed),
    u16(bytes, at + Location.course),
    ageMs,
    context,
  )
  if (ms !== ms && !isBlank(bytes, at + Location.time)) sayHex(records, DEVICE_TIME, bytes, at + Location.time, at + 28)
  // Batches may well be that old.
  if (ageMs === BUFFERED_MS && isZoneSuspect(ms, context)) sayBool(records, ZONE_SUSPECT, true)
  statusBits(records, row, status, settings)
}

/** 000000000000 is sent before the first fix. */
const isBlank = (bytes: Uint8Array, at: number): boolean =>
  (bytes[at] | bytes[at + 1] | bytes[at + 2] | bytes[at + 3] | bytes[at + 4] | bytes[at + 5]) === 0

/** Coordinates in 1e-6 degree, unsigned with the sign in the status; speed in 0.1 km/h; NaN where the message has none. */
export const place = (
  records: Records,
  row: number,
  ms: number,
  status: number,
  latitude: number,
  longitude: number,
  altitudeM: number,
  speed: number,
  course: number,
  ageMs: number,
  context: FrameContext,
): void => {
  records.fixMs[row] = ms
  records.buffered[row] = ageMs === STORED || context.receivedMs - ms > ageMs ? 1 : 0
  // Some units send two's complement instead of the sign bits.
  const lat = signed(latitude, LATITUDE_MAX_E6, status & Status.south)
  const lon = signed(longitude, LONGITUDE_MAX_E6, status & Status.west)
  const positioned = (status & Status.positioned) !== 0
  const somewhere = (latitude | longitude) !== 0
  const claimed = (status & Status.encrypted) !== 0
  if (claimed) sayBool(records, COORDINATES_ENCRYPTED, true)
  const encrypted = claimed && isInChina(lat, lon)
  const onEarth = Math.abs(lat) <= LATITUDE_MAX_E6 && Math.abs(lon) <= LONGITUDE_MAX_E6
  if (ms === ms && somewhere && onEarth && !encrypted) {
    records.isFix[row] = 1
    records.latE7[row] = lat * 10
    records.lonE7[row] = lon * 10
    records.altitudeM[row] = altitudeM
    records.speedKph[row] = speed / 10
    if (course <= 360) records.courseDeg[row] = course === 360 ? 0 : course
    else if (course === course) sayInt(records, COURSE, course)
    records.valid[row] = positioned ? 1 : 0
    records.source[row] = positioned ? Source.gnss : Source.lastKnown
    return
  }
  sayBool(records, VALID, positioned)
  if (somewhere) {
    sayFixed(records, LATITUDE, lat, 6)
    sayFixed(records, LONGITUDE, lon, 6)
  }
  if (altitudeM === altitudeM) sayInt(records, ALTITUDE, altitudeM)
  if (speed === speed) sayFixed(records, SPEED, speed, 1)
  if (course === course) sayInt(records, COURSE, course)
}

/**
 * The encryption that status bit 5 tells of is that of China's maps, which leaves the rest of the world as it is: elsewhere
 * the bit is a maker's own, beside plain coordinates. Mainland and Hainan, in 1e-6 degree.
 */
const isInChina = (lat: number, lon: number): boolean =>
  lat >= 18_000_000 && lat <= 54_000_000 && lon >= 73_000_000 && lon <= 136_000_000

const signed = (value: number, max: number, negative: number): number => {
  if (value > max && value >= 0x1_0000_0000 - max) return value - 0x1_0000_0000
  return negative ? -value : value
}

const statusBits = (records: Records, row: number, status: number, settings: Settings): void => {
  if (!settings.personal) records.ignition[row] = status & Status.acc
  if (F.is2019) records.motion[row] = status & Status.moving ? 1 : 0
  // Most units set no more than ACC, positioned, the signs and the systems of the fix.
  if (status >>> 4 === 0) return
  if (status & Status.outOfService) sayBool(records, OUT_OF_SERVICE, true)
  if (status & Status.armed) sayBool(records, settings.asset ? ARMED : COLLISION_WARNING, true)
  if (status & Status.laneDeparture) sayBool(records, LANE_DEPARTURE, true)
  const load = (status >> Status.loadShift) & 3
  if (load !== 0) sayInt(records, LOAD, load)
  if (status & Status.oilCut) sayBool(records, BLOCKED, true)
  if (status & Status.powerLost) sayBool(records, POWER_LOST, true)
  if (status & Status.doorsLocked) sayBool(records, DOORS_LOCKED, true)
  const doors = (status >> Status.doorsShift) & 31
  if (doors !== 0) sayInt(records, DOORS, doors)
  const gnss = (status >> Status.gnssShift) & 15
  if (gnss !== 0) sayInt(records, GNSS, gnss)
  if (status & Status.highPrecision) sayBool(records, HIGH_PRECISION, true)
}

/** The 28 bytes at `at` look like a location: a date that is one, coordinates of the earth. */
export const isPlausible = (bytes: Uint8Array, at: number): boolean => {
  if (!isBcd(bytes, at + Location.time, at + Location.size)) return false
  if (Number.isNaN(bcdMs(bytes, at + Location.time))) return false
  return (
    Math.abs(signed(u32(bytes, at + Location.latitude), LATITUDE_MAX_E6, 0)) <= LATITUDE_MAX_E6 &&
    Math.abs(signed(u32(bytes, at + Location.longitude), LONGITUDE_MAX_E6, 0)) <= LONGITUDE_MAX_E6
  )
}

/** Text frames: one record, or one for each stored position. */
import { Alarm } from '../alarms.ts'
import { POINT, SEMICOLON, UPPER_C, UPPER_D, UPPER_E, UPPER_M, UPPER_N, UPPER_S, UPPER_V, UPPER_W } from '../ascii.ts'
import { attributeBool, attributeFixed, attributeInt, attributeText } from '../attributes.ts'
import type { FrameContext } from '../codec.ts'
import { FROM, isEmpty, scanRawFields, single, TO } from '../fields.ts'
import { hashBytes, hashStart } from '../hash.ts'
import { decimals, NO_COORDINATE, POWER } from '../numbers.ts'
import { Source, type Records } from '../records.ts'
import { Reject } from '../rejects.ts'
import {
  writeAccessPoints,
  writeBatteryField,
  writeBatteryVoltage,
  writeExtras,
  writeNeighbours,
  writeSatellites,
  writeV3Cells,
  writeVp1Cells,
} from './cells.ts'
import { coordinateE7, decimal, digitCount, isHex, whole } from './fields.ts'
import {
  behindDate,
  count,
  dateField,
  fix,
  kind,
  listEnd,
  listStart,
  locate,
  row as typeOfFrame,
  statusField,
  timeField,
} from './layout.ts'
import { Alrm, FIELDS_MAX, Fix, Head, Key, Kind, Link, ROW_V1, Stored } from './messages.ts'
import type { Settings } from './settings.ts'
import { activeBefore, packed, PACKED_BLOCKED, tagOf } from './state.ts'
import { statusAt, writeStatus } from './status.ts'
import {
  dateReport,
  fixMoment,
  momentOf,
  storedMoment,
  timeMissing,
  timeOfField,
  writeFieldsMoment,
  writeMoment,
  writeReportMoment,
  writeTimeMissing,
} from './time.ts'

const POLE_E7 = 900_000_000,
  DATE_LINE_E7 = 1_800_000_000
const FULL_CIRCLE = 360
const KPH_PER_KNOT = 1.852
const SHORT_MAX = 0x7fff

export const decodeText = (
  bytes: Uint8Array,
  start: number,
  end: number,
  context: FrameContext,
  records: Records,
  settings: Settings,
): number => {
  locate(bytes, start, end)
  if (count <= Head.type) return -Reject.bad_frame
  if (kind === Kind.stored && count > Stored.firstRecord) return decodeStored(bytes, context, records, settings)
  begin(bytes, records)
  if (kind === Kind.alarm) writeAlarm(bytes, records)
  if (fix >= 0) {
    writeFix(bytes, context, records, settings)
    if (typeOfFrame === ROW_V1 && records.isFix[records.rows]) writePositionId(fix, behindDate, count, bytes, records)
    if (kind === Kind.v4) writeReply(bytes, records)
    writeTail(bytes, context, records, settings)
  } else writeMessage(bytes, context, records, settings)
  records.end()
  return 1
}

/** Opens a record that bears the type and the maker's letters. */
const begin = (bytes: Uint8Array, records: Records): void => {
  records.beginNamed(bytes, FROM[Head.type], TO[Head.type])
  attributeText(records, Key.maker, bytes, FROM[Head.maker], TO[Head.maker])
}

/** Fields `first` to `last` as sent, if they hold anything. */
const writeRun = (bytes: Uint8Array, first: number, last: number, name: Uint8Array, records: Records): void => {
  if (last >= first && FROM[first] < TO[last]) attributeText(records, name, bytes, FROM[first], TO[last])
}

/** A message without a position. */
const writeMessage = (bytes: Uint8Array, context: FrameContext, records: Records, settings: Settings): void => {
  const row = records.rows
  switch (kind) {
    case Kind.heartbeat: {
      const percent = whole(bytes, Head.first, 100)
      if (percent >= 0) records.batteryPct[row] = percent
      return writeRun(bytes, percent >= 0 ? Head.first + 1 : Head.first, count - 1, Key.data, records)
    }
    case Kind.v3:
      writeReportMoment(bytes, timeField, dateField, context, records, settings)
      writeV3Cells(bytes, records)
      writeBatteryVoltage(bytes, listEnd, records)
      if (!isEmpty(listEnd + 1)) attributeText(records, Key.reboot, bytes, FROM[listEnd + 1], TO[listEnd + 1])
      return writeStatusAndRest(bytes, behindDate, context, records, settings)
    case Kind.v5: {
      writeReportMoment(bytes, timeField, dateField, context, records, settings)
      writeAccessPoints(bytes, records)
      const promised = whole(bytes, listStart - 1, 99)
      if (promised !== listEnd - listStart) attributeInt(records, Key.count, promised)
      if (isHex(bytes, listEnd, 4)) writeBatteryVoltage(bytes, listEnd, records)
      return writeStatusAndRest(bytes, behindDate, context, records, settings)
    }
    case Kind.neighbours:
      writeReportMoment(bytes, timeField, dateField, context, records, settings)
      writeNeighbours(bytes, records)
      if (statusField < 0) return writeRun(bytes, behindDate, count - 1, Key.extra, records)
      writeReportStatus(bytes, context, records, settings)
      writeBatteryField(bytes, statusField + 1, records)
      return writeRun(bytes, statusField + 2, count - 1, Key.data, records)
    case Kind.link:
      return writeLink(bytes, context, records, settings)
    case Kind.v4:
      return writeReply(bytes, records)
    case Kind.iccid:
      return writeRun(bytes, Head.first, count - 1, Key.iccid, records)
    case Kind.sms:
      return writeRun(bytes, Head.first, count - 1, Key.result, records)
    case Kind.vp1:
      if (single(bytes, Head.first) === UPPER_V && writeVp1Cells(bytes, records)) return
      break
    case Kind.alarm:
      if (!isEmpty(Alrm.time)) attributeText(records, Key.time, bytes, FROM[Alrm.time], TO[Alrm.time])
      return writeRun(bytes, Alrm.time + 1, count - 1, Key.data, records)
  }
  writeRun(bytes, Head.first, count - 1, Key.data, records)
}

/** The status, and what stands behind it, or, without one, from `first` on. */
const writeStatusAndRest = (
  bytes: Uint8Array,
  first: number,
  context: FrameContext,
  records: Records,
  settings: Settings,
): void => {
  if (statusField >= 0) writeReportStatus(bytes, context, records, settings)
  writeRun(bytes, statusField >= 0 ? statusField + 1 : first, count - 1, Key.data, records)
}

const writeFrameStatus = (bytes: Uint8Array, context: FrameContext, records: Records, settings: Settings): void => {
  const status = statusAt(bytes, statusField)
  const before = activeBefore(packed(~status), textTag(bytes), context.state)
  writeStatus(status, before, context, records, settings)
}

/** The tag of the frame located last. */
export const textTag = (bytes: Uint8Array): number => tagOf(typeOfFrame, timeOfField(bytes, timeField))

const writeReportStatus = (bytes: Uint8Array, context: FrameContext, records: Records, settings: Settings): void => {
  writeFrameStatus(bytes, context, records, settings)
  dateReport(bytes, timeField, dateField, records)
}

const writeLink = (bytes: Uint8Array, context: FrameContext, records: Records, settings: Settings): void => {
  const row = records.rows
  writeReportMoment(bytes, timeField, dateField, context, records, settings)
  const signal = whole(bytes, Link.signal, SHORT_MAX)
  if (signal >= 0) records.rssi[row] = signal
  const satellites = whole(bytes, Link.satellites, SHORT_MAX)
  if (satellites >= 0) writeSatellites(satellites, records)
  const percent = whole(bytes, Link.battery, 100)
  if (percent >= 0) records.batteryPct[row] = percent
  else if (!isEmpty(Link.battery)) attributeText(records, Key.batteryRaw, bytes, FROM[Link.battery], TO[Link.battery])
  const steps = whole(bytes, Link.steps, 0xffffffff)
  if (steps >= 0) attributeInt(records, Key.steps, steps)
  const turnovers = whole(bytes, Link.turnovers, 0xffffffff)
  if (turnovers >= 0) attributeInt(records, Key.turnovers, turnovers)
  if (statusField >= 0) writeReportStatus(bytes, context, records, settings)
  writeRun(bytes, statusField >= 0 ? Link.status + 1 : Link.status, count - 1, Key.data, records)
}

const ALARM_SOS = 1,
  ALARM_LOW_BATTERY = 2,
  ALARM_GEOFENCE = 3

/** ALRM: an event of its own, whatever the status says. */
const writeAlarm = (bytes: Uint8Array, records: Records): void => {
  const type = whole(bytes, Alrm.type, 99)
  if (type === ALARM_SOS) records.alarm(Alarm.sos)
  else if (type === ALARM_LOW_BATTERY) records.alarm(Alarm.low_battery)
  else if (type === ALARM_GEOFENCE) {
    records.alarm(Alarm.geofence_exit)
    attributeBool(records, Key.geofence, true) // nobody says whether it was entered or left
  }
  if (!isEmpty(Alrm.type)) attributeText(records, Key.alarmType, bytes, FROM[Alrm.type], TO[Alrm.type])
}

const TIME_DIGITS = 6

/** `CMD`: the text of an SMS command and its answer. */
const isTextCommand = (bytes: Uint8Array): boolean => {
  const from = FROM[Head.first]
  return (
    TO[Head.first] - from === 3 && bytes[from] === UPPER_C && bytes[from + 1] === UPPER_M && bytes[from + 2] === UPPER_D
  )
}

/** V4: the command, its result, and the time that the command was given. */
const writeReply = (bytes: Uint8Array, records: Records): void => {
  const command = Head.first
  if (!isEmpty(command)) attributeText(records, Key.command, bytes, FROM[command], TO[command])
  let first = command + 1
  if (fix < 0 && isTextCommand(bytes)) {
    if (isEmpty(first)) first++
    writeRun(bytes, first, first, Key.commandText, records)
    return writeRun(bytes, first + 1, count - 1, Key.result, records)
  }
  // The time of the command stands before that of the position, or last.
  let last = fix < 0 ? count - 1 : timeField >= 0 ? timeField - 1 : fix - 1
  if (last > command && digitCount(bytes, last) === TIME_DIGITS) {
    attributeText(records, Key.commandTime, bytes, FROM[last], TO[last])
    last--
  }
  writeRun(bytes, first, last, Key.result, records)
}

/** Position, time, speed and course. */
const writeFix = (bytes: Uint8Array, context: FrameContext, records: Records, settings: Settings): void => {
  const moment = fixMoment(bytes, timeField, dateField, context.receivedMs, settings)
  if (!Number.isNaN(moment) && writePlace(bytes, fix, records)) {
    writeMoment(moment, context, records)
    if (timeMissing) writeTimeMissing(records)
  } else {
    writeFieldsMoment(bytes, timeField, dateField, context, records, settings)
    writeRawPlace(bytes, fix, records)
  }
  const coding = whole(bytes, fix, 99)
  if (coding >= 0) attributeInt(records, Key.coding, coding)
  writeSpeed(bytes, fix + Fix.speed, records)
  writeCourse(bytes, fix + Fix.course, records)
  if (dateField === fix + Fix.date + 1 && !isEmpty(dateField - 1))
    attributeText(records, Key.batteryRaw, bytes, FROM[dateField - 1], TO[dateField - 1])
}

/** Makes the open row a fix at the place that stands behind the validity field `at`; false: there is none. */
const writePlace = (bytes: Uint8Array, at: number, records: Records): boolean => {
  const northSouth = single(bytes, at + Fix.northSouth)
  const eastWest = single(bytes, at + Fix.eastWest)
  if (northSouth !== UPPER_N && northSouth !== UPPER_S) return false
  if (eastWest !== UPPER_E && eastWest !== UPPER_W) return false
  const latE7 = coordinateE7(bytes, at + Fix.latitude)
  const lonE7 = coordinateE7(bytes, at + Fix.longitude)
  return placeRow(latE7, lonE7, northSouth === UPPER_N, eastWest === UPPER_E, single(bytes, at) !== UPPER_V, records)
}

/** Makes the open row a fix, unless that is no place on the globe, or the one that stands for none. */
export const placeRow = (
  latE7: number,
  lonE7: number,
  north: boolean,
  east: boolean,
  valid: boolean,
  records: Records,
): boolean => {
  if (latE7 === NO_COORDINATE || lonE7 === NO_COORDINATE || latE7 > POLE_E7 || lonE7 > DATE_LINE_E7) return false
  if (latE7 === 0 && lonE7 === 0) return false
  const row = records.rows
  records.isFix[row] = 1
  records.latE7[row] = north ? latE7 : -latE7
  records.lonE7[row] = east ? lonE7 : -lonE7
  records.valid[row] = valid ? 1 : 0
  records.source[row] = valid ? Source.gnss : Source.lastKnown
  return true
}

/** Validity through E/W as sent, where they name a place that is no fix. */
const writeRawPlace = (bytes: Uint8Array, at: number, records: Records): void => {
  const latitude = at + Fix.latitude
  const longitude = at + Fix.longitude
  if (isEmpty(latitude) && isEmpty(longitude)) return
  if (coordinateE7(bytes, latitude) === 0 && coordinateE7(bytes, longitude) === 0) return
  writeRun(bytes, at, at + Fix.eastWest, Key.position, records)
}

/** Knots; nothing is standstill. */
const writeSpeed = (bytes: Uint8Array, field: number, records: Records): void => {
  const isFix = records.isFix[records.rows] === 1
  if (isEmpty(field)) {
    if (isFix) records.speedKph[records.rows] = 0
    return
  }
  const value = decimal(bytes, field)
  if (!(value >= 0)) return attributeText(records, Key.speed, bytes, FROM[field], TO[field])
  if (isFix) records.speedKph[records.rows] = (value / POWER[decimals]) * KPH_PER_KNOT
  else attributeFixed(records, Key.speed, value * 1852, decimals + 3)
}

/** Degrees; 360 is 0. */
const writeCourse = (bytes: Uint8Array, field: number, records: Records): void => {
  if (isEmpty(field)) return
  const value = decimal(bytes, field)
  const degrees = value / POWER[decimals]
  if (!(degrees >= 0 && degrees <= FULL_CIRCLE)) attributeText(records, Key.course, bytes, FROM[field], TO[field])
  else if (records.isFix[records.rows])
    records.courseDeg[records.rows] = Math.fround(degrees) >= FULL_CIRCLE ? 0 : degrees
  else attributeFixed(records, Key.course, value, decimals)
}

const SIM_FIELDS = 3
const NETWORK_FIELDS = 4

/** What stands behind the date: data of the SIM, status, extras. */
const writeTail = (bytes: Uint8Array, context: FrameContext, records: Records, settings: Settings): void => {
  if (statusField < 0) return writeExtras(bytes, behindDate, count, records)
  if (statusField - behindDate === SIM_FIELDS) writeSim(bytes, behindDate, records)
  else writeRun(bytes, behindDate, statusField - 1, Key.data, records)
  writeFrameStatus(bytes, context, records, settings)
  writeExtras(bytes, statusField + 1, count, records)
}

/** Phone number, phone number or address, number of the SIM. */
const writeSim = (bytes: Uint8Array, first: number, records: Records): void => {
  writeRun(bytes, first, first, Key.phone, records)
  const second = first + 1
  let address = !isEmpty(first)
  for (let at = FROM[second]; at < TO[second]; at++) if (bytes[at] === POINT) address = true
  writeRun(bytes, second, second, address ? Key.simIp : Key.phone, records)
  // Network and more behind the status may end with the SIM's number too, and no name may come twice.
  const more = count - 1 - statusField > NETWORK_FIELDS
  writeRun(bytes, first + 2, first + 2, more ? Key.data : Key.iccid, records)
}

const id = new Uint32Array(2)
const seconds = new Int32Array(1)
const secondsBytes = new Uint8Array(seconds.buffer)

/**
 * One id for a position sent live in V1 and again in BC: of its moment, which the two write in different ways, of the
 * fields from its validity `at` through its course, and of those from the status `rest` on, less empty ones at the end.
 */
const writePositionId = (at: number, rest: number, fields: number, bytes: Uint8Array, records: Records): void => {
  const row = records.rows
  seconds[0] = records.fixMs[row] / 1000
  hashStart(id)
  hashBytes(secondsBytes, 0, secondsBytes.length, id)
  hashBytes(bytes, FROM[at], TO[Math.min(at + Fix.course, fields - 1)], id)
  let last = fields - 1
  while (last >= rest && isEmpty(last)) last--
  if (last >= rest) hashBytes(bytes, FROM[rest], TO[last], id)
  records.idLow[row] = id[0]
  records.idHigh[row] = id[1]
}

/** A stored record without a place has its text as id. */
const writeTextId = (bytes: Uint8Array, from: number, to: number, records: Records): void => {
  hashStart(id)
  hashBytes(bytes, from, to, id)
  records.idLow[records.rows] = id[0]
  records.idHigh[records.rows] = id[1]
}

/** BC: records between semicolons, each with its day and time; month and year are those of the receive time. */
const decodeStored = (bytes: Uint8Array, context: FrameContext, records: Records, settings: Settings): number => {
  const makerFrom = FROM[Head.maker],
    typeFrom = FROM[Head.type],
    typeTo = TO[Head.type]
  const to = TO[count - 1]
  let from = FROM[Stored.firstRecord]
  let before = -1
  let written = 0
  while (from < to) {
    let next = from
    while (next < to && bytes[next] !== SEMICOLON) next++
    if (next > from) {
      const fields = scanRawFields(bytes, from, next, FIELDS_MAX)
      records.beginNamed(bytes, typeFrom, typeTo)
      attributeText(records, Key.maker, bytes, makerFrom, makerFrom + 2)
      records.buffered[records.rows] = 1
      writeStoredPlace(bytes, from, next, context, records, settings)
      if (records.isFix[records.rows]) writePositionId(0, Stored.status, fields, bytes, records)
      else writeTextId(bytes, from, next, records)
      if (isHex(bytes, Stored.status, 8)) {
        const status = statusAt(bytes, Stored.status)
        const active = packed(~status)
        writeStatus(status, before < 0 ? active & PACKED_BLOCKED : before, context, records, settings)
        before = active
      }
      writeExtras(bytes, Stored.cell, fields, records)
      records.end()
      written++
    }
    from = next + 1
  }
  return written
}

const writeStoredPlace = (
  bytes: Uint8Array,
  from: number,
  to: number,
  context: FrameContext,
  records: Records,
  settings: Settings,
): void => {
  const moment = momentOf(storedMoment(bytes, Stored.time, context.receivedMs), context.receivedMs, settings)
  const timely = !Number.isNaN(moment)
  if (timely) records.fixMs[records.rows] = moment
  if (!timely || !writePlace(bytes, 0, records)) attributeText(records, Key.position, bytes, from, to)
  writeSpeed(bytes, Fix.speed, records)
  writeCourse(bytes, Fix.course, records)
}

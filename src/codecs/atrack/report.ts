/** One position record, binary or text: into a row. Both are read into the same values first. */
import { ascii, COLON, COMMA, EQUALS, LOWER_T, MINUS, NUL, POINT, SPACE, UPPER_F, UPPER_N, ZERO } from '../ascii.ts'
import {
  attributeBool,
  attributeClose,
  attributeFixed,
  attributeHex,
  attributeInt,
  attributeOpen,
  attributeText,
  elementOpen,
  elementText,
  LIST,
  OBJECT,
} from '../attributes.ts'
import { Alarm } from '../alarms.ts'
import { find, hasText, s16, s32, u16, u32 } from '../bytes.ts'
import type { FrameContext } from '../codec.ts'
import { hashBytes, hashStart } from '../hash.ts'
import { decimal, decimals, DIGITS_MAX, hexNumber, number, POWER, whole } from '../numbers.ts'
import { Source, type Records } from '../records.ts'
import { beginRecord, keepText, walkBinary, walkText } from './customs.ts'
import {
  DRIVER_MAX,
  DUMP_BYTES,
  Field,
  Fixed,
  FLAG_ALARMS,
  HEADING_FULL,
  Key,
  LATITUDE_MAX,
  LONGITUDE_MAX,
  Message,
  NO_FIX_HDOP,
  NO_SENSOR,
  Report,
  STORED_S,
  TEXT_MAX,
  USER_REPORT_MIN,
} from './messages.ts'
import {
  cellBytes,
  customFrom,
  customTo,
  FormFrom,
  formFrom,
  formTo,
  FROM,
  LOG_MARK,
  readFields,
  recordCustom,
  recordDump,
  recordExtra,
  recordForm,
  recordInputs,
  recordRaw,
  recordReport,
  recordSatellites,
  recordSend,
  recordStart,
  recordStop,
  recordStored,
  recordStoredFrom,
  recordStoredTo,
  recordTexts,
  textFrom,
  textTo,
  timeBytes,
  TO,
  unitForm,
} from './scan.ts'
import { alarmFlags, Change, changes } from './session.ts'
import type { Settings } from './settings.ts'
import { attributeTime, isBelievable, isSet, timeAt, timeOf } from './time.ts'

// The standard part of the record read last; NaN: not said, or not a number.
let gps = 0
let rtc = 0
let send = 0
/** 1e-6 degree. */
let longitude = 0
let latitude = 0
let heading = 0
let report = 0
let inputs = 0
let outputs = 0
/** 0.1 km, times `odometerPlaces`. */
let odometer = 0
let odometerPlaces = 0
let hdop = 0
let speed = 0
let analog = 0
let temperature1 = 0
let temperature2 = 0
let driverFrom = 0
let driverTo = 0
let messageFrom = 0
let messageTo = 0

const readBinary = (bytes: Uint8Array, record: number): void => {
  const at = recordStart[record]
  gps = timeAt(bytes, at, timeBytes)
  rtc = timeAt(bytes, at + timeBytes, timeBytes)
  send = timeAt(bytes, at + 2 * timeBytes, timeBytes)
  const rest = at + 3 * timeBytes
  longitude = s32(bytes, rest + Fixed.longitude)
  latitude = s32(bytes, rest + Fixed.latitude)
  heading = u16(bytes, rest + Fixed.heading)
  report = bytes[rest + Fixed.report]
  inputs = bytes[rest + Fixed.inputs]
  outputs = bytes[rest + Fixed.outputs]
  odometer = u32(bytes, rest + Fixed.odometer)
  odometerPlaces = 0
  hdop = u16(bytes, rest + Fixed.hdop)
  speed = u16(bytes, rest + Fixed.speed)
  analog = u16(bytes, rest + Fixed.analog)
  driverFrom = driverTo = messageFrom = messageTo = rest + Fixed.driver
  temperature1 = temperature2 = NO_SENSOR
  if (!recordTexts[record]) return
  const end = recordCustom[record]
  driverTo = find(bytes, driverFrom, Math.min(end, driverFrom + DRIVER_MAX + 1), NUL)
  temperature1 = s16(bytes, driverTo + 1)
  temperature2 = s16(bytes, driverTo + 3)
  messageFrom = driverTo + 5
  messageTo = find(bytes, messageFrom, Math.min(end, messageFrom + TEXT_MAX + 1), NUL)
}

const readText = (bytes: Uint8Array, record: number): void => {
  readFields(bytes, recordStart[record], recordStop[record])
  gps = timeOf(bytes, FROM[Field.gpsTime], TO[Field.gpsTime])
  rtc = timeOf(bytes, FROM[Field.rtcTime], TO[Field.rtcTime])
  send = timeOf(bytes, FROM[Field.sendTime], TO[Field.sendTime])
  longitude = field(bytes, Field.longitude)
  latitude = field(bytes, Field.latitude)
  heading = field(bytes, Field.heading)
  report = field(bytes, Field.report)
  inputs = field(bytes, Field.inputs)
  outputs = field(bytes, Field.outputs)
  odometer = decimal(bytes, FROM[Field.odometer], TO[Field.odometer])
  odometerPlaces = decimals
  hdop = field(bytes, Field.hdop)
  speed = field(bytes, Field.speed)
  analog = field(bytes, Field.analog)
  temperature1 = field(bytes, Field.temperature1)
  temperature2 = field(bytes, Field.temperature2)
  driverFrom = FROM[Field.driver]
  driverTo = TO[Field.driver]
  messageFrom = textFrom
  messageTo = textTo
}

const field = (bytes: Uint8Array, index: number): number => number(bytes, FROM[index], TO[index])

/** Appends the row of a scanned record. */
export const writeRecord = (
  bytes: Uint8Array,
  record: number,
  isText: boolean,
  sequence: number,
  crcOk: boolean,
  lengthOk: boolean,
  context: FrameContext,
  records: Records,
  settings: Settings,
): void => {
  if (isText) readText(bytes, record)
  else readBinary(bytes, record)
  const row = records.begin(Message.position)
  writeId(bytes, record, isText ? TO[Field.sendTime] : recordSend[record] + timeBytes, row, records)
  attributeInt(records, Key.sequence, sequence)
  if (!Number.isNaN(report)) attributeInt(records, Key.reportId, report)
  attributeBool(records, Key.crcOk, crcOk)
  if (!lengthOk) attributeBool(records, Key.lengthOk, false)
  writeTimes(row, context, records)
  writePlace(record, row, context, records)
  if (isText) writeOdometer(bytes, row, records)
  else records.odometerKm[row] = odometer / 10
  // Text has room for more inputs than the eight that alarms know.
  records.inputs[row] = inputs
  records.outputs[row] = outputs
  if (!Number.isNaN(inputs)) records.ignition[row] = recordInputs[record] & 1
  records.buffered[row] = recordStored[record]
  if (analog >= 0) attributeFixed(records, Key.adc1, analog, 3)
  writeTemperature(Key.temperature1, temperature1, records)
  writeTemperature(Key.temperature2, temperature2, records)
  const noDriver = driverTo - driverFrom === 1 && bytes[driverFrom] === ZERO
  if (driverTo > driverFrom && !noDriver) attributeText(records, Key.driver, bytes, driverFrom, driverTo)
  if (messageTo > messageFrom) writeMessage(bytes, row, records, settings)
  if (isText) writeTextCustoms(bytes, record, records, settings)
  else writeBinaryCustoms(bytes, record, records, settings)
  writeAlarms(record, records, settings)
  records.end()
}

/**
 * What makes the record this one, wherever and whenever it is sent: all of it but the time of sending and the marks of
 * a record that was stored, DT and B1.
 */
const writeId = (bytes: Uint8Array, record: number, sendTo: number, row: number, records: Records): void => {
  hashStart(idHash)
  hashBytes(bytes, recordStart[record], recordSend[record], idHash)
  hashBytes(bytes, sendTo, messageFrom, idHash)
  if (report >= USER_REPORT_MIN && find(bytes, messageFrom, messageTo, LOG_MARK) >= 0)
    hashBytes(plain, 0, withoutMarks(bytes), idHash)
  else hashBytes(bytes, messageFrom, messageTo, idHash)
  hashBytes(bytes, messageTo, recordStoredFrom[record], idHash)
  hashBytes(bytes, recordStoredTo[record], recordStop[record], idHash)
  records.idLow[row] = idHash[0]
  records.idHigh[row] = idHash[1]
}
const idHash = new Uint32Array(2)

const writeTimes = (row: number, context: FrameContext, records: Records): void => {
  if (rtc >= 0) attributeTime(records, Key.rtcTime, rtc)
  if (send >= 0) attributeTime(records, Key.sendTime, send)
  // When the record was made: by the RTC; by the time it was sent if the RTC had not been set.
  records.fixMs[row] = isBelievable(rtc, context.receivedMs)
    ? rtc * 1000
    : isBelievable(send, context.receivedMs)
      ? send * 1000
      : context.receivedMs
}

/** Position, its time and whether it holds; a place that is none makes the row one of telemetry. */
const writePlace = (record: number, row: number, context: FrameContext, records: Records): void => {
  const onEarth = Math.abs(longitude) <= LONGITUDE_MAX && Math.abs(latitude) <= LATITUDE_MAX
  const somewhere = longitude !== 0 || latitude !== 0
  const timed = isBelievable(gps, context.receivedMs)
  const blind = hdop >= NO_FIX_HDOP || (hdop === 0 && recordSatellites[record] === 0)
  const valid = timed && !blind && onEarth && somewhere
  const stale = timed && isSet(rtc) && rtc - gps > STORED_S
  if (!timed) {
    // The row's time is that of the record then.
    const source = isBelievable(rtc, context.receivedMs)
      ? RTC
      : isBelievable(send, context.receivedMs)
        ? SEND
        : RECEIVED
    attributeText(records, Key.timeSource, source, 0, source.length)
    if (gps > 0) attributeTime(records, Key.deviceTime, gps)
  }
  if (stale) attributeBool(records, Key.stale, true)
  if (onEarth && somewhere) {
    records.isFix[row] = 1
    records.latE7[row] = Math.round(latitude * 10)
    records.lonE7[row] = Math.round(longitude * 10)
    records.valid[row] = valid ? 1 : 0
    records.source[row] = valid && !stale ? Source.gnss : Source.lastKnown
    if (timed) records.fixMs[row] = gps * 1000
    if (speed >= 0) records.speedKph[row] = speed
    else if (speed < 0) attributeFixed(records, Key.speed, speed, 0)
    if (heading >= 0 && heading <= HEADING_FULL) records.courseDeg[row] = heading === HEADING_FULL ? 0 : heading
    else if (heading > 0) attributeInt(records, Key.headingRaw, heading)
    if (hdop >= 0) records.hdop[row] = hdop / 10
    else if (hdop < 0) attributeFixed(records, Key.hdop, hdop, 1)
    return
  }
  attributeBool(records, Key.valid, false)
  if (timed) attributeTime(records, Key.deviceTime, gps)
  if (somewhere) {
    if (!Number.isNaN(latitude)) attributeFixed(records, Key.latitude, latitude, 6)
    if (!Number.isNaN(longitude)) attributeFixed(records, Key.longitude, longitude, 6)
  }
  if (speed >= 0) attributeFixed(records, Key.speed, speed, 0)
  if (heading >= 0) attributeInt(records, Key.course, heading)
  if (hdop >= 0) attributeFixed(records, Key.hdop, hdop, 1)
}
const RTC = ascii('rtc'),
  SEND = ascii('send'),
  RECEIVED = ascii('received')

/** The odometer of a text record. Some firmware prints a decimal point, and nobody knows in what unit: kept as sent too. */
const writeOdometer = (bytes: Uint8Array, row: number, records: Records): void => {
  if (odometer >= 0) records.odometerKm[row] = odometer / POWER[odometerPlaces] / 10
  const from = FROM[Field.odometer]
  const to = TO[Field.odometer]
  if (odometer < 0 || find(bytes, from, to, POINT) >= 0) attributeText(records, Key.odometerRaw, bytes, from, to)
}

const writeTemperature = (name: Uint8Array, value: number, records: Records): void => {
  if (value !== NO_SENSOR && !Number.isNaN(value)) attributeFixed(records, name, value, 1)
}

// --- text message ---

const FUEL = ascii('FULS:')

/** The message without its log marks, in `plain`; its length. */
const withoutMarks = (bytes: Uint8Array): number => {
  let length = 0
  for (let at = messageFrom; at < messageTo && length < plain.length; at++)
    if (bytes[at] !== LOG_MARK) plain[length++] = bytes[at]
  return length
}
const plain = new Uint8Array(TEXT_MAX)

const writeMessage = (bytes: Uint8Array, row: number, records: Records, settings: Settings): void => {
  if (report >= USER_REPORT_MIN && find(bytes, messageFrom, messageTo, LOG_MARK) >= 0) {
    const length = withoutMarks(bytes)
    if (length > 0) attributeText(records, Key.text, plain, 0, length)
    return
  }
  attributeText(records, Key.text, bytes, messageFrom, messageTo)
  if (hasText(bytes, messageFrom, messageTo, FUEL)) writeFuel(bytes, records, settings)
  else if (report === Report.cells) writeCells(bytes, row, records)
  else if (report === Report.troubleCodes || report === Report.pendingCodes) writeTroubleCodes(bytes, records)
}

/** `FULS:F=2091 t=17 N=0901`: frequency, temperature, level. */
const writeFuel = (bytes: Uint8Array, records: Records, settings: Settings): void => {
  for (let at = messageFrom + FUEL.length; at < messageTo;) {
    let to = at
    while (to < messageTo && bytes[to] !== SPACE) to++
    if (to - at > 2 && bytes[at + 1] === EQUALS) {
      const name =
        bytes[at] === UPPER_N
          ? Key.fuelRaw
          : bytes[at] === UPPER_F
            ? Key.fuelFrequency
            : bytes[at] === LOWER_T
              ? Key.fuelTemperature
              : null
      const value = settings.fuelDecimal ? whole(bytes, at + 2, to, DIGITS_MAX) : hexNumber(bytes, at + 2, to)
      if (name !== null && value >= 0 && !isLater(bytes, at)) attributeInt(records, name, value)
    }
    at = to + 1
  }
}

/** True if an item with the same letter stands before the one at `at`. */
const isLater = (bytes: Uint8Array, at: number): boolean => {
  for (let before = messageFrom + FUEL.length; before < at; before++)
    if (bytes[before] === bytes[at] && bytes[before + 1] === bytes[at + 1]) return true
  return false
}

const LAC_MAX = 0xffff_ffff
/** `LAC:CID:RXLEV-LAC:CID:RXLEV-…`, the serving cell first. */
const writeCells = (bytes: Uint8Array, row: number, records: Records): void => {
  let opened = false
  for (let at = messageFrom; at < messageTo;) {
    let to = at
    while (to < messageTo && bytes[to] !== MINUS) to++
    const first = find(bytes, at, to, COLON)
    const second = first < 0 ? -1 : find(bytes, first + 1, to, COLON)
    if (second > 0) {
      const lac = whole(bytes, at, first, DIGITS_MAX)
      const cid = whole(bytes, first + 1, second, DIGITS_MAX)
      const rxlev = whole(bytes, second + 1, to, DIGITS_MAX)
      if (lac >= 0 && lac <= LAC_MAX && cid >= 0) {
        if (!opened) {
          attributeOpen(records, Key.cells, LIST)
          records.lac[row] = lac
          records.cellId[row] = cid
          opened = true
        }
        elementOpen(records)
        attributeInt(records, Key.lac, lac)
        attributeInt(records, Key.cid, cid)
        if (rxlev >= 0) attributeInt(records, Key.rxlev, rxlev)
        attributeClose(records, OBJECT)
      }
    }
    at = to + 1
  }
  if (opened) attributeClose(records, LIST)
}

/** `P0101 P0100 ` */
const writeTroubleCodes = (bytes: Uint8Array, records: Records): void => {
  attributeOpen(records, Key.dtcs, LIST)
  for (let at = messageFrom; at < messageTo;) {
    let to = at
    while (to < messageTo && bytes[to] !== SPACE && bytes[to] !== COMMA) to++
    if (to > at) elementText(records, bytes, at, to)
    at = to + 1
  }
  attributeClose(records, LIST)
}

// --- custom values ---

const writeBinaryCustoms = (bytes: Uint8Array, record: number, records: Records, settings: Settings): void => {
  const stop = recordStop[record]
  let at = recordCustom[record]
  if (at === stop) return
  if (recordDump[record]) {
    attributeInt(records, Key.dumpPacket, bytes[at])
    attributeHex(records, Key.dump, bytes, at + 1, at + DUMP_BYTES)
    return
  }
  const form = recordForm[record]
  if (form !== FormFrom.none) {
    const width = cellBytes === 2 ? 2 : 4
    beginRecord()
    at =
      form === FormFrom.record
        ? walkBinary(bytes, at, stop, bytes, formFrom[record], formTo[record], width, records)
        : walkBinary(bytes, at, stop, unitForm, 0, unitForm.length, width, records)
    if (recordExtra[record] && at >= 0)
      walkBinary(bytes, at, stop, settings.formExtra, 0, settings.formExtra.length, width, records)
    writeForm(bytes, record, records)
  }
  if (recordRaw[record] < stop) attributeHex(records, Key.customHex, bytes, recordRaw[record], stop)
}

const writeTextCustoms = (bytes: Uint8Array, record: number, records: Records, settings: Settings): void => {
  if (customFrom > customTo) return
  const form = recordForm[record]
  if (form !== FormFrom.none) {
    beginRecord()
    const at =
      form === FormFrom.record
        ? walkText(bytes, customFrom, customTo, bytes, formFrom[record], formTo[record], records)
        : walkText(bytes, customFrom, customTo, unitForm, 0, unitForm.length, records)
    if (recordExtra[record] && at >= 0)
      walkText(bytes, at, customTo, settings.formExtra, 0, settings.formExtra.length, records)
    writeForm(bytes, record, records)
  }
  if ((form === FormFrom.none || keepText) && customTo > customFrom)
    attributeText(records, Key.custom, bytes, customFrom, customTo)
}

/** The form a record brings along. */
const writeForm = (bytes: Uint8Array, record: number, records: Records): void => {
  if (recordForm[record] === FormFrom.record) attributeText(records, Key.form, bytes, formFrom[record], formTo[record])
}

// --- alarms and events ---

const FLAG_ALARM = new Uint8Array(32)
for (const [flag, alarm] of FLAG_ALARMS) FLAG_ALARM[flag] = alarm

const writeAlarms = (record: number, records: Records, settings: Settings): void => {
  const id = recordReport[record]
  const alarm = settings.reportAlarm[id]
  const agrees = settings.reportIgnition[id] === 2 || settings.reportIgnition[id] === (recordInputs[record] & 1)
  if (alarm !== 0 && agrees) records.alarm(alarm)
  for (let bits = alarmFlags[record], flag = 0; bits !== 0; bits >>>= 1, flag++)
    if (bits & 1) records.alarm(FLAG_ALARM[flag])
  const change = changes[record]
  if (change !== 0) writeChanges(change, records, settings)
  const event = settings.reportEvent[id]
  if (event.length === 0 || (alarm !== 0 && agrees)) return
  attributeOpen(records, Key.events, LIST)
  elementText(records, event, 0, event.length)
  attributeClose(records, LIST)
}

const writeChanges = (change: number, records: Records, settings: Settings): void => {
  if (change & Change.powerRestored) records.alarm(Alarm.power_restored)
  if (change & Change.engineCut) records.alarm(Alarm.engine_cut)
  if (change & Change.engineRestored) records.alarm(Alarm.engine_restored)
  const entered = (change >>> Change.enteredShift) & 0xff
  const left = (change >>> Change.leftShift) & 0xff
  if (entered !== 0) records.alarm(Alarm.geofence_enter)
  if (left !== 0) records.alarm(Alarm.geofence_exit)
  if (entered | left) {
    let index = 0
    while (!(((entered | left) >> index) & 1)) index++
    attributeInt(records, Key.geofenceIndex, index)
  }
  for (let bits = change >>> Change.inputsShift, input = 0; bits !== 0; bits >>>= 1, input++)
    if (bits & 1) records.alarm(settings.inputAlarm[input])
}

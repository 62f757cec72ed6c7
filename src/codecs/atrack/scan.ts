/**
 * The records of a position frame: where each begins and ends, along which form its custom values lie, and what of it
 * matters to the session. Fills the tables below, which the next scan overwrites; writes nothing.
 */
import { ascii, COMMA, CR, LF, NINE, NUL, PERCENT, UPPER_A, UPPER_Z, ZERO } from '../ascii.ts'
import { find, hasText, s32 } from '../bytes.ts'
import { RECORDS_PER_FRAME_MAX } from '../codec.ts'
import { number } from '../numbers.ts'
import {
  beginRecord,
  flags,
  formOffset,
  satellites,
  saidCell,
  saidFlags,
  stopped,
  stored,
  storedFrom,
  storedTo,
  walkBinary,
  walkText,
} from './customs.ts'
import { idDigitsFrom, idTo, recordsAt, Kind } from './header.ts'
import { ID_DIGITS_MAX, writeDigits } from './identity.ts'
import {
  DRIVER_MAX,
  DUMP_BYTES,
  Field,
  Fixed,
  Flag,
  Header,
  LATITUDE_MAX,
  LONGITUDE_MAX,
  RECORD_REST_MIN,
  Report,
  STORED_S,
  SUB,
  TEXT_MAX,
  USER_REPORT_MIN,
} from './messages.ts'
import { formOf, type Settings } from './settings.ts'
import { isSet, looksUnix, READABLE, threeReadable, timeAt, timeOf, UNIX } from './time.ts'

const MOST = RECORDS_PER_FRAME_MAX
/** Records found. */
export let recordCount = 0
/** Bytes of a binary time in this frame. */
export let timeBytes = UNIX
/** The body matches its checksum and is no record all the same: AT$ENCP. */
export let encrypted = false
/** Width of cell ids that fitted, 2 or 4; 0: there was none. */
export let cellBytes = 0

/** Record i is bytes[recordStart[i], recordStop[i]); its send time begins at recordSend[i]. */
export const recordStart = new Int32Array(MOST)
export const recordStop = new Int32Array(MOST)
export const recordSend = new Int32Array(MOST)
/** Custom values begin here, and are not understood from `recordRaw` on. */
export const recordCustom = new Int32Array(MOST)
export const recordRaw = new Int32Array(MOST)
/** A value of `FormFrom`; the form in the record is bytes[formFrom, formTo). */
export const recordForm = new Uint8Array(MOST)
export const formFrom = new Int32Array(MOST)
export const formTo = new Int32Array(MOST)
/** 1: the codes of the option form_extra follow. */
export const recordExtra = new Uint8Array(MOST)
/** 1: driver and text of the binary record can be read. */
export const recordTexts = new Uint8Array(MOST)
/** 1: a G-sensor dump stands in place of custom values. */
export const recordDump = new Uint8Array(MOST)
/** RTC in seconds since 1970, or 0. */
export const recordRtc = new Float64Array(MOST)
export const recordReport = new Uint8Array(MOST)
export const recordInputs = new Uint8Array(MOST)
export const recordOutputs = new Uint8Array(MOST)
/** State flags, and 1 if the record has any. */
export const recordFlags = new Int32Array(MOST)
export const recordSaidFlags = new Uint8Array(MOST)
/** 1: the tracker had stored it. */
export const recordStored = new Uint8Array(MOST)
/** Where its value DT lies; recordStop twice if it has none. */
export const recordStoredFrom = new Int32Array(MOST)
export const recordStoredTo = new Int32Array(MOST)
/** Satellites, or -1. */
export const recordSatellites = new Int16Array(MOST)

export const FormFrom = { none: 0, record: 1, settings: 2 } as const

/** Form of this unit by the settings. */
export let unitForm: Uint8Array = new Uint8Array(0)
/** Its id. */
const digits = new Uint8Array(ID_DIGITS_MAX)

/** Finds the records of a frame of kind text or binary. `state` is word 0 of the session's memory. */
export const scan = (
  bytes: Uint8Array,
  start: number,
  end: number,
  kind: number,
  state: number,
  settings: Settings,
): void => {
  recordCount = 0
  encrypted = false
  cellBytes = 0
  unitForm = settings.form
  const anyForms = settings.devices.ids.length > 0
  if (kind === Kind.text) {
    if (anyForms) unitForm = formOf(bytes, idDigitsFrom(bytes), idTo, settings)
    scanText(bytes, end, settings)
    return
  }
  if (anyForms) unitForm = formOf(digits, 0, writeDigits(bytes, start + Header.id, digits), settings)
  scanBinary(bytes, start + Header.size, end, state, settings)
}

// --- binary ---

const scanBinary = (bytes: Uint8Array, at: number, end: number, state: number, settings: Settings): void => {
  timeBytes = end - at >= 3 * READABLE && threeReadable(bytes, at) ? READABLE : UNIX
  if (end - at < 3 * timeBytes + RECORD_REST_MIN) return
  if (isEncrypted(bytes, at, end)) {
    encrypted = true
    return
  }
  const known = state >>> Flag.cellWidth
  const width = known === 1 ? 2 : 4
  const extra = settings.formExtra.length > 0 ? 1 : 0
  for (let more = extra; more >= 0; more--) {
    if (walkRecords(bytes, at, end, more, width, settings, false)) return
    if (sawCell && walkRecords(bytes, at, end, more, 6 - width, settings, false)) return
  }
  walkRecords(bytes, at, end, extra, width, settings, true)
}

/** True if times, and places or texts, are impossible. */
const isEncrypted = (bytes: Uint8Array, at: number, end: number): boolean => {
  if (timeBytes === READABLE) return false
  if (mayBeTime(bytes, at) && mayBeTime(bytes, at + UNIX) && mayBeTime(bytes, at + 2 * UNIX)) return false
  return !isOnEarth(bytes, at) || textsEnd(bytes, at, end) < 0
}

/** A set clock, or one that started at 1970 less than ten years ago. */
const mayBeTime = (bytes: Uint8Array, at: number): boolean => looksUnix(bytes, at) || bytes[at] <= 0x12

const isOnEarth = (bytes: Uint8Array, at: number): boolean => {
  const places = at + 3 * timeBytes
  return (
    Math.abs(s32(bytes, places + Fixed.longitude)) <= LONGITUDE_MAX &&
    Math.abs(s32(bytes, places + Fixed.latitude)) <= LATITUDE_MAX
  )
}

/** Where the standard part of the record at `at` ends; -1: its texts have no end. */
const textsEnd = (bytes: Uint8Array, at: number, end: number): number => {
  const driver = at + 3 * timeBytes + Fixed.driver
  const driverEnd = find(bytes, driver, Math.min(end, driver + DRIVER_MAX + 1), NUL)
  if (driverEnd < 0) return -1
  const text = driverEnd + 5
  const textEnd = find(bytes, text, Math.min(end, text + TEXT_MAX + 1), NUL)
  return textEnd < 0 ? -1 : textEnd + 1
}

/** True if a cell id was met in the walk. */
let sawCell = false

/**
 * Walks all records; true if they fit. `lenient`: records that do not fit their form keep their custom values raw, up
 * to the next record, which is found by its send time.
 */
const walkRecords = (
  bytes: Uint8Array,
  first: number,
  end: number,
  extra: number,
  width: number,
  settings: Settings,
  lenient: boolean,
): boolean => {
  recordCount = 0
  sawCell = false
  cellBytes = 0
  const least = 3 * timeBytes + RECORD_REST_MIN
  for (let at = first; end - at >= least && recordCount < MOST;) {
    const record = recordCount
    beginRecord()
    const standardEnd = textsEnd(bytes, at, end)
    recordStart[record] = at
    recordTexts[record] = standardEnd < 0 ? 0 : 1
    recordForm[record] = FormFrom.none
    recordExtra[record] = 0
    recordDump[record] = 0
    if (standardEnd < 0 && !lenient) return false
    const custom = standardEnd < 0 ? at + 3 * timeBytes + Fixed.driver : standardEnd
    recordCustom[record] = recordRaw[record] = custom
    let next = -1
    if (standardEnd < 0) next = nextRecord(bytes, first, custom, end)
    else if (end - custom === DUMP_BYTES && bytes[at + 3 * timeBytes + Fixed.report] === Report.impact) {
      recordDump[record] = 1
      next = end
    } else if (custom < end) {
      const values = walkForm(bytes, custom, end, record, extra, width, settings)
      if (values >= 0 && stopped) {
        recordRaw[record] = values
        next = nextRecord(bytes, first, values, end)
      } else if (values >= 0 && (values === end || isRecordAt(bytes, first, values, end))) {
        recordRaw[record] = next = values
      } else if (recordForm[record] !== FormFrom.none && !lenient) return false
      else {
        // No form, or one that does not fit.
        beginRecord()
        recordForm[record] = FormFrom.none
        next = nextRecord(bytes, first, custom, end)
      }
    } else next = end
    if (end - next < least) next = end
    recordStop[record] = next
    noteBinary(bytes, at, record)
    if (saidCell) cellBytes = width
    recordCount++
    at = next
  }
  return true
}

/** Where the custom values end along the record's own form or the unit's; -1: they do not fit, or there is no form. */
const walkForm = (
  bytes: Uint8Array,
  custom: number,
  end: number,
  record: number,
  extra: number,
  width: number,
  settings: Settings,
): number => {
  let form = unitForm
  let from = 0
  let to = form.length
  if (findForm(bytes, custom, end, width)) {
    recordForm[record] = FormFrom.record
    form = bytes
    from = formFrom[record] = foundFrom
    to = formTo[record] = foundTo
  } else if (to > 0 || extra) recordForm[record] = FormFrom.settings
  else return -1
  let at = walkBinary(bytes, custom, end, form, from, to, width, null)
  if (at >= 0 && extra && !stopped) {
    recordExtra[record] = 1
    at = walkBinary(bytes, at, end, settings.formExtra, 0, settings.formExtra.length, width, null)
  }
  if (saidCell) sawCell = true
  return at
}

const CI = ascii('%CI')
const FORM_MAX = 180
/** How far into the custom values a form may begin. */
const FORM_AT_MAX = 512
let foundFrom = 0
let foundTo = 0

/** Finds a form with %CI among the custom values, at the place where the codes before %CI put it. */
const findForm = (bytes: Uint8Array, custom: number, end: number, width: number): boolean => {
  const most = Math.min(end, custom + FORM_AT_MAX)
  for (let at = find(bytes, custom, most, PERCENT); at >= 0; at = find(bytes, at + 1, most, PERCENT)) {
    let to = at
    let said = false
    while (to < end && to - at <= FORM_MAX && isFormByte(bytes[to])) {
      if (hasText(bytes, to, end, CI)) said = true
      to++
    }
    if (!said || to >= end || bytes[to] !== NUL) continue
    if (formOffset(bytes, custom, end, bytes, at, to, width) !== at) continue
    foundFrom = at
    foundTo = to
    return true
  }
  return false
}

const isFormByte = (byte: number): boolean =>
  byte === PERCENT || (byte >= UPPER_A && byte <= UPPER_Z) || (byte >= ZERO && byte <= NINE)

/** First place from `at` on where a record sent together with the one at `first` begins, or `end`. */
const nextRecord = (bytes: Uint8Array, first: number, at: number, end: number): number => {
  const last = end - 3 * timeBytes - RECORD_REST_MIN
  for (; at <= last; at++) if (isRecordAt(bytes, first, at, end)) return at
  return end
}

/** True if the bytes at `at` look like a record of the same frame: same send time, a time of its own, on earth. */
const isRecordAt = (bytes: Uint8Array, first: number, at: number, end: number): boolean => {
  if (end - at < 3 * timeBytes + RECORD_REST_MIN) return false
  const send = first + 2 * timeBytes
  for (let byte = 0; byte < timeBytes; byte++) if (bytes[at + 2 * timeBytes + byte] !== bytes[send + byte]) return false
  if (!isOnEarth(bytes, at)) return false
  if (timeBytes === READABLE) return bytes[at + READABLE] === 0x07 || bytes[at + READABLE] === 0x08
  return looksUnix(bytes, at + UNIX) || !looksUnix(bytes, send)
}

/** What of a binary record matters to the session. */
const noteBinary = (bytes: Uint8Array, at: number, record: number): void => {
  const rest = at + 3 * timeBytes
  recordSend[record] = at + 2 * timeBytes
  recordReport[record] = bytes[rest + Fixed.report]
  recordInputs[record] = bytes[rest + Fixed.inputs]
  recordOutputs[record] = bytes[rest + Fixed.outputs]
  let marked = false
  if (recordTexts[record] && recordReport[record] >= USER_REPORT_MIN) {
    const driverEnd = find(bytes, rest + Fixed.driver, recordCustom[record], NUL)
    marked = find(bytes, driverEnd + 5, recordCustom[record], LOG_MARK) >= 0
  }
  note(record, timeAt(bytes, at + timeBytes, timeBytes), timeAt(bytes, recordSend[record], timeBytes), marked)
}

/** In the text of a user report: it comes from a log download. */
export const LOG_MARK = 0xb1

const note = (record: number, rtc: number, send: number, marked: boolean): void => {
  recordRtc[record] = rtc >= 0 ? rtc : 0
  recordFlags[record] = flags
  recordSaidFlags[record] = saidFlags ? 1 : 0
  recordSatellites[record] = satellites
  recordStoredFrom[record] = stored < 0 ? recordStop[record] : storedFrom
  recordStoredTo[record] = stored < 0 ? recordStop[record] : storedTo
  const late = isSet(rtc) && send - rtc > STORED_S
  recordStored[record] = late || marked || stored === 1 || recordReport[record] === Report.fromLog ? 1 : 0
}

// --- text ---

/** Fields of the record read last: field i is bytes[FROM[i], TO[i]). */
export const FROM = new Int32Array(Field.count)
export const TO = new Int32Array(Field.count)
/** Its text message, and its custom values; customFrom > customTo: it has none. */
export let textFrom = 0
export let textTo = 0
export let customFrom = 0
export let customTo = 0

/** Notes the fields of the line bytes[from, to); false if it has too few. */
export const readFields = (bytes: Uint8Array, from: number, to: number): boolean => {
  let at = from
  for (let field = 0; field < Field.count; field++) {
    const comma = find(bytes, at, to, COMMA)
    if (comma < 0) return false
    FROM[field] = at
    TO[field] = comma
    at = comma + 1
  }
  textFrom = textTo = at
  customTo = to
  customFrom = to + 1
  if (at < to && bytes[at] === COMMA) {
    customFrom = at + 1
    return true
  }
  const sub = find(bytes, at, to, SUB)
  if (sub >= 0) {
    textTo = sub
    customFrom = sub + 1 < to && bytes[sub + 1] === COMMA ? sub + 2 : sub + 1 < to ? sub + 1 : to + 1
    return true
  }
  const comma = find(bytes, at, to, COMMA)
  textTo = comma < 0 ? to : comma
  if (comma >= 0) customFrom = comma + 1
  return true
}

/** Where the line at `at` ends, before CR and LF; `lineNext` is where the next one begins. */
export const lineEnd = (bytes: Uint8Array, at: number, end: number): number => {
  const feed = find(bytes, at, end, LF)
  let to = feed < 0 ? end : feed
  lineNext = feed < 0 ? end : feed + 1
  while (to > at && bytes[to - 1] === CR) to--
  return to
}
export let lineNext = 0

const scanText = (bytes: Uint8Array, end: number, settings: Settings): void => {
  const extra = settings.formExtra.length > 0 ? 1 : 0
  for (let at = recordsAt; at < end && recordCount < MOST;) {
    const to = lineEnd(bytes, at, end)
    const next = lineNext
    if (readFields(bytes, at, to)) {
      const record = recordCount++
      recordStart[record] = at
      recordStop[record] = to
      recordSend[record] = FROM[Field.sendTime]
      recordTexts[record] = 1
      recordDump[record] = 0
      recordForm[record] = FormFrom.none
      recordExtra[record] = 0
      recordCustom[record] = recordRaw[record] = customFrom
      beginRecord()
      if (customFrom <= to) walkTextForms(bytes, record, extra, settings)
      noteText(bytes, record)
    }
    at = next
  }
}

/** Tries the form with and without the codes that may follow it; if neither fits, the values are kept as sent. */
const walkTextForms = (bytes: Uint8Array, record: number, extra: number, settings: Settings): void => {
  if (walkTextForm(bytes, record, extra, settings)) return
  if (extra && walkTextForm(bytes, record, 0, settings)) return
  beginRecord()
  recordForm[record] = FormFrom.none
  recordRaw[record] = recordCustom[record]
}

/** Measures the custom values along the record's own form or the unit's; true if there is a value for each code. */
const walkTextForm = (bytes: Uint8Array, record: number, extra: number, settings: Settings): boolean => {
  beginRecord()
  let form = unitForm
  let from = 0
  let to = form.length
  if (findTextForm(bytes)) {
    recordForm[record] = FormFrom.record
    form = bytes
    from = formFrom[record] = foundFrom
    to = formTo[record] = foundTo
  } else if (to > 0 || extra) recordForm[record] = FormFrom.settings
  else return false
  recordExtra[record] = extra
  let at = walkText(bytes, customFrom, customTo, form, from, to, null)
  if (at >= 0 && extra) at = walkText(bytes, at, customTo, settings.formExtra, 0, settings.formExtra.length, null)
  if (at < customTo) return false // too few values, or too many
  recordRaw[record] = recordStop[record]
  return true
}

/** The custom value that begins with % and contains %CI. */
const findTextForm = (bytes: Uint8Array): boolean => {
  for (let at = customFrom; at < customTo;) {
    const comma = find(bytes, at, customTo, COMMA)
    let to = comma < 0 ? customTo : comma
    const next = to + 1
    if (bytes[at] === PERCENT) {
      if (bytes[to - 1] === SUB) to--
      for (let code = at; code < to; code++) {
        if (!hasText(bytes, code, to, CI)) continue
        foundFrom = at
        foundTo = to
        return true
      }
    }
    at = next
  }
  return false
}

const noteText = (bytes: Uint8Array, record: number): void => {
  recordReport[record] = byteField(bytes, Field.report)
  recordInputs[record] = maskField(bytes, Field.inputs)
  recordOutputs[record] = maskField(bytes, Field.outputs)
  const marked = recordReport[record] >= USER_REPORT_MIN && find(bytes, textFrom, textTo, LOG_MARK) >= 0
  note(
    record,
    timeOf(bytes, FROM[Field.rtcTime], TO[Field.rtcTime]),
    timeOf(bytes, FROM[Field.sendTime], TO[Field.sendTime]),
    marked,
  )
}

/** The low eight bits of a mask; 0 if the field holds anything else. */
const maskField = (bytes: Uint8Array, field: number): number => number(bytes, FROM[field], TO[field]) & 0xff

/** A field that holds 0 to 255; 0 if it holds anything else. */
const byteField = (bytes: Uint8Array, field: number): number => {
  const value = number(bytes, FROM[field], TO[field])
  return value >= 0 && value <= 255 ? value : 0
}

/** One complete frame to one record. */
import { COMMA, UNDERSCORE, ZERO } from '../ascii.ts'
import { attributeBool, attributeFixed, attributeInt, attributeText } from '../attributes.ts'
import type { FrameContext } from '../codec.ts'
import { decimalField, FROM, isEmpty, scanFields, TO, wholeField } from '../fields.ts'
import { hashBytes, hashStart } from '../hash.ts'
import { decimals } from '../numbers.ts'
import type { Records } from '../records.ts'
import { Reject } from '../rejects.ts'
import { writeCells } from './cells.ts'
import { isReceipt } from './frame.ts'
import { contentFrom, contentTo, declared, indexEnd, indexFrom, parseFrame, typeTo } from './header.ts'
import { AMR, BRACE, Family, Field, FIELDS_MAX, FORMAT_AMR, Key, Kind } from './messages.ts'
import { writeBattery, writeInt, writePosition, writeRaw } from './position.ts'
import type { Settings } from './settings.ts'
import { raiseGeneral } from './status.ts'
import { writeText } from './text.ts'
import { KIND_OF, typeRow } from './types.ts'

const MAKER_AT = 1,
  MAKER_BYTES = 2

export const decode = (
  bytes: Uint8Array,
  start: number,
  end: number,
  context: FrameContext,
  records: Records,
  settings: Settings,
): number => {
  if (!parseFrame(bytes, start, end)) return -Reject.bad_frame
  const type = typeRow(bytes, contentFrom, typeTo)
  const kind = KIND_OF[type]
  records.beginNamed(bytes, contentFrom, typeTo)
  attributeText(records, Key.maker, bytes, start + MAKER_AT, start + MAKER_AT + MAKER_BYTES)
  if (indexEnd > indexFrom) attributeText(records, Key.index, bytes, indexFrom, indexEnd)
  if (contentTo - contentFrom !== declared) attributeBool(records, Key.lengthOk, false)
  if (kind === Kind.position || kind === Kind.stored || kind === Kind.alarm)
    writeMaybePosition(bytes, type, context, settings, records)
  else if (typeTo < contentTo) writeBody(bytes, kind, records)
  else if (kind === Kind.confirmed) attributeBool(records, Key.confirmed, true)
  records.end()
  return 1
}

/** A position; too few fields make it the echo of a command, or an alarm without a place. */
const writeMaybePosition = (
  bytes: Uint8Array,
  type: number,
  context: FrameContext,
  settings: Settings,
  records: Records,
): void => {
  const count = scanFields(bytes, contentFrom, contentTo, FIELDS_MAX, 0)
  if (count > Field.status) {
    if (type === Family.position || type === Family.stored) writeRecordId(bytes, records)
    return writePosition(bytes, count, KIND_OF[type], isCdma(bytes), context, settings, records)
  }
  if (type === Family.alarm) raiseGeneral(records)
  if (count > 1) writeText(records, Key.raw, bytes, typeTo + 1, contentTo)
}

const id = new Uint32Array(2)
/** A position is one record whether it comes live, as `UD…`, or again from the blind spot, as `UD2`. */
const writeRecordId = (bytes: Uint8Array, records: Records): void => {
  hashStart(id)
  hashBytes(bytes, typeTo, contentTo, id)
  records.idLow[records.rows] = id[0]
  records.idHigh[records.rows] = id[1]
}

/** `UD_CDMA`, not `UD_WCDMA`. */
const isCdma = (bytes: Uint8Array): boolean => {
  if (typeTo - contentFrom < CDMA.length || bytes[typeTo - CDMA.length] !== UNDERSCORE) return false
  for (let at = 1; at < CDMA.length; at++) if ((bytes[typeTo - CDMA.length + at] & UPPER) !== CDMA[at]) return false
  return true
}
const CDMA = Uint8Array.from([UNDERSCORE, 0x43, 0x44, 0x4d, 0x41])
const UPPER = 0xdf

/** Everything behind the type of a message that is no position. */
const writeBody = (bytes: Uint8Array, kind: number, records: Records): void => {
  const from = typeTo + 1
  if (kind === Kind.voice) return writeVoice(bytes, from, records)
  if (kind === Kind.voicePart) return writeVoicePart(bytes, records)
  if (kind === Kind.picture) return writePicture(bytes, records)
  if (kind === Kind.config) return writeText(records, Key.config, bytes, from, contentTo)
  if (kind === Kind.answer || kind === Kind.confirmed) {
    if (kind === Kind.confirmed) attributeBool(records, Key.confirmed, true)
    return writeText(records, Key.reply, bytes, from, contentTo)
  }
  const count = scanFields(bytes, contentFrom, contentTo, FIELDS_MAX, 0)
  if (kind === Kind.link) return writeLink(bytes, count, records)
  if (kind === Kind.iccid) {
    attributeText(records, Key.iccid, bytes, FROM[1], TO[1])
    return
  }
  if (kind === Kind.cells) {
    writeCells(bytes, 1, count, records)
    return
  }
  if (kind >= Kind.heart && kind <= Kind.oxygen) return writeHealth(bytes, count, kind, records)
  writeText(records, Key.raw, bytes, from, contentTo)
}

/** `LK,steps,tumbles,battery`; with two fields there is no battery. */
const writeLink = (bytes: Uint8Array, count: number, records: Records): void => {
  writeInt(bytes, 1, Key.steps, records)
  if (count > 2) writeInt(bytes, 2, Key.tumbles, records)
  if (count > 3) writeBattery(bytes, 3, records)
  for (let field = 4; field < count && field < Field.cells; field++) writeRaw(bytes, field, records)
}

const PRESSURE_KEYS = [Key.pressureHigh, Key.pressureLow, Key.heart, Key.height, Key.sex, Key.age, Key.weight]
const writeHealth = (bytes: Uint8Array, count: number, kind: number, records: Records): void => {
  let read = 2
  if (kind === Kind.heart) writeNumber(bytes, 1, Key.heart, records)
  else if (kind === Kind.temperature) writeNumber(bytes, 1, Key.temperature, records)
  else if (kind === Kind.pressure) {
    read = 1 + PRESSURE_KEYS.length
    for (let field = 1; field < read && field < count; field++)
      writeNumber(bytes, field, PRESSURE_KEYS[field - 1], records)
  } else {
    read = 3
    writeNumber(bytes, 1, Key.measurement, records)
    const invalid = kind === Kind.bodyTemperature && wholeField(bytes, 1) === 0
    const name = kind === Kind.oxygen ? Key.spo2 : invalid ? Key.temperatureInvalid : Key.temperature
    writeNumber(bytes, 2, name, records)
  }
  for (let field = read; field < count && field < Field.cells; field++) writeRaw(bytes, field, records)
}

/** A decimalField number as attribute, or the field as sent. */
const writeNumber = (bytes: Uint8Array, field: number, name: Uint8Array, records: Records): void => {
  const value = decimalField(bytes, field)
  if (!Number.isNaN(value)) attributeFixed(records, name, value, decimals)
  else writeRaw(bytes, field, records)
}

/** Voice is no text. The recording stays in `frames`; the record tells its size. */
const writeVoice = (bytes: Uint8Array, from: number, records: Records): void => {
  if (isReceipt(bytes)) {
    if (from < contentTo) attributeInt(records, Key.receipt, bytes[from] - ZERO)
    return
  }
  writeRecording(bytes, from, records)
}

const writeRecording = (bytes: Uint8Array, from: number, records: Records): void => {
  attributeInt(records, Key.voiceBytes, unescapedBytes(bytes, from))
  let at = 0
  while (at < AMR.length && from + at < contentTo && bytes[from + at] === AMR[at]) at++
  if (at === AMR.length) attributeText(records, Key.voiceFormat, FORMAT_AMR, 0, FORMAT_AMR.length)
}

/** `JXTK,flag,name,current,total,<recording>` */
const PART_FIELDS = 6
const writeVoicePart = (bytes: Uint8Array, records: Records): void => {
  const count = scanFields(bytes, contentFrom, contentTo, PART_FIELDS, 0)
  writeNumber(bytes, 1, Key.voiceFlag, records)
  if (!isEmpty(2)) writeText(records, Key.voiceName, bytes, FROM[2], TO[2])
  writeNumber(bytes, 3, Key.part, records)
  writeNumber(bytes, 4, Key.parts, records)
  if (count === PART_FIELDS) writeRecording(bytes, behindCommas(bytes, PART_FIELDS - 1), records)
}

/** `img,source,yymmddhhmmss,<JPEG>` */
const PICTURE_FIELDS = 4
const writePicture = (bytes: Uint8Array, records: Records): void => {
  const count = scanFields(bytes, contentFrom, contentTo, PICTURE_FIELDS, 0)
  writeNumber(bytes, 1, Key.photoSource, records)
  if (!isEmpty(2)) writeText(records, Key.photoTime, bytes, FROM[2], TO[2])
  if (count === PICTURE_FIELDS)
    attributeInt(records, Key.photoBytes, unescapedBytes(bytes, behindCommas(bytes, PICTURE_FIELDS - 1)))
}

/** Where the content goes on behind its first `commas` commas: binary fields are not trimmed. */
const behindCommas = (bytes: Uint8Array, commas: number): number => {
  let at = contentFrom
  for (let left = commas; left > 0 && at < contentTo; at++) if (bytes[at] === COMMA) left--
  return at
}

const ESCAPES_FROM = 1,
  ESCAPES_TO = 5
/** Bytes of escaped data from `from` to the content's end: `7d 01` to `7d 05` are one each. */
const unescapedBytes = (bytes: Uint8Array, from: number): number => {
  let size = contentTo - from
  for (let at = from; at + 1 < contentTo; at++) {
    if (bytes[at] !== BRACE || bytes[at + 1] < ESCAPES_FROM || bytes[at + 1] > ESCAPES_TO) continue
    size--
    at++
  }
  return size
}

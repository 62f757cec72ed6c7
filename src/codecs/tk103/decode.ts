/** From a frame to its record: which command it is, and who reads its body. */
import { Alarm } from '../alarms.ts'
import { COMMA, ZERO } from '../ascii.ts'
import { attributeBool, attributeInt, attributeText } from '../attributes.ts'
import type { FrameContext } from '../codec.ts'
import { FROM, scanFields, single, TO, wholeField } from '../fields.ts'
import { hexNumber } from '../numbers.ts'
import { Reject } from '../rejects.ts'
import type { Records } from '../records.ts'
import { writeDaly, writePack } from './battery.ts'
import { isBlockStart, writeBlock } from './block.ts'
import { writeCellList } from './cells.ts'
import { writeComma } from './comma.ts'
import {
  bodyEnd,
  commandAt,
  handshakeAt,
  headerAt,
  identityAt,
  isComma,
  isImei,
  isTopfly,
  loginPlace,
  packedAt,
} from './frame.ts'
import {
  ALARMS,
  BO01,
  BODY,
  COMMAND_BYTES,
  FIELDS_MAX,
  G,
  IDENTITY_BYTES,
  Key,
  LOW_SPEED,
  LOW_SPEED_CODE,
  LOW_SPEED_WORD,
  OBD_ALARMS,
  P,
} from './messages.ts'
import { writeObd } from './obd.ts'
import { writeNumber } from './values.ts'

export const decode = (
  bytes: Uint8Array,
  start: number,
  end: number,
  context: FrameContext,
  records: Records,
): number => {
  const command = commandAt(bytes, start, end)
  if (command < 0 || isTopfly(bytes, command, end)) return -Reject.bad_frame
  const to = bodyEnd(bytes, start, end)
  records.beginNamed(bytes, command, command + COMMAND_BYTES)
  if (isComma(bytes, command)) writeComma(bytes, command, to, context, records)
  else {
    const body = command + COMMAND_BYTES
    const written = READERS[BODY[packedAt(bytes, command)]](bytes, command, body, to, context, records)
    if (!written && body < to) writeText(bytes, body, to, context, records)
  }
  records.end()
  return 1
}

/** Reads the body `bytes[body, to)` into the open row; false, before anything is written: it is no such body. */
type Reader = (
  bytes: Uint8Array,
  command: number,
  body: number,
  to: number,
  context: FrameContext,
  records: Records,
) => boolean

/** What nobody documented: a position if it reads as one, else the text as it is. */
const writeText = (bytes: Uint8Array, body: number, to: number, context: FrameContext, records: Records): void => {
  if (isBlockStart(bytes, body, to) && writeBlock(bytes, body, to, context, records)) return
  attributeText(records, Key.result, bytes, body, to)
}

/** The header is what commands must carry; the IMEI is what the session goes by. */
const writeIdentity = (bytes: Uint8Array, command: number, identity: number, records: Records): void => {
  if (identity < 0 || !isImei(bytes, identity)) return
  attributeText(records, Key.imei, bytes, identity, identity + IDENTITY_BYTES)
  attributeText(records, Key.header, bytes, headerAt(bytes, command), command)
}

const HSO_BYTES = 3
const VOLTS_MIN = 300,
  VOLTS_MAX = 440 // 10 mV: a cell of lithium

const readHandshake = (
  bytes: Uint8Array,
  command: number,
  body: number,
  to: number,
  _context: FrameContext,
  records: Records,
): boolean => {
  const at = handshakeAt(bytes, body, to)
  if (at < 0) return false
  writeIdentity(bytes, command, identityAt(bytes, command, to), records)
  const suffix = at + HSO_BYTES
  if (suffix >= to) return true
  const row = records.rows
  if (bytes[suffix] === P) {
    const percent = hexNumber(bytes, suffix + 1, to)
    if (percent >= 0 && percent <= 100) records.batteryPct[row] = percent
    else attributeText(records, Key.suffix, bytes, suffix, to)
    return true
  }
  const volts = hexNumber(bytes, suffix, to)
  if (volts >= VOLTS_MIN && volts <= VOLTS_MAX) records.batteryV[row] = volts / 100
  else attributeText(records, Key.suffix, bytes, suffix, to)
  return true
}

const readLogin = (
  bytes: Uint8Array,
  command: number,
  _body: number,
  to: number,
  context: FrameContext,
  records: Records,
): boolean => {
  writeIdentity(bytes, command, identityAt(bytes, command, to), records)
  const at = loginPlace(bytes, command, to)
  if (writeBlock(bytes, at, to, context, records) || writeCellList(bytes, at, to, records)) return true
  if (at < to) attributeText(records, Key.body, bytes, at, to)
  return true
}

const readAlarm = (
  bytes: Uint8Array,
  command: number,
  body: number,
  to: number,
  context: FrameContext,
  records: Records,
): boolean => {
  if (body >= to) return false
  const code = bytes[body] - ZERO
  const alarms = packedAt(bytes, command) === BO01 ? ALARMS.BO01 : ALARMS.BO02
  if (code >= 0 && code < alarms.length) {
    records.alarm(alarms[code])
    if (code === LOW_SPEED_CODE && LOW_SPEED === 0)
      attributeText(records, Key.event, LOW_SPEED_WORD, 0, LOW_SPEED_WORD.length)
  } else attributeText(records, Key.alarmCode, bytes, body, body + 1)
  if (!writeBlock(bytes, body + 1, to, context, records) && body + 1 < to)
    attributeText(records, Key.body, bytes, body + 1, to)
  return true
}

/** `,G,<n>,<block>` */
const readFix = (
  bytes: Uint8Array,
  _command: number,
  body: number,
  to: number,
  context: FrameContext,
  records: Records,
): boolean => {
  if (bytes[body] !== COMMA || scanFields(bytes, body, to, FIELDS_MAX, 0) <= 3 || single(bytes, 1) !== G) return false
  const number = wholeField(bytes, 2)
  if (!writeBlock(bytes, FROM[3], to, context, records)) return false
  if (number >= 0) attributeInt(records, Key.number, number)
  return true
}

/** `,ALARM,<code>,<value>,<block>,<I/O>` */
const readObdAlarm = (
  bytes: Uint8Array,
  _command: number,
  body: number,
  to: number,
  context: FrameContext,
  records: Records,
): boolean => {
  if (body >= to || bytes[body] !== COMMA || scanFields(bytes, body, to, FIELDS_MAX, 0) <= 4) return false
  const code = wholeField(bytes, 2)
  const codeFrom = FROM[2],
    codeTo = TO[2]
  const valueFrom = FROM[3],
    valueTo = TO[3]
  if (!writeBlock(bytes, FROM[4], to, context, records)) return false
  if (code >= 0 && code < OBD_ALARMS.length) records.alarm(OBD_ALARMS[code])
  else if (codeFrom < codeTo) attributeText(records, Key.alarmCode, bytes, codeFrom, codeTo)
  writeNumber(bytes, valueFrom, valueTo, Key.alarmValue, Key.alarmValue, records)
  return true
}

const VIN_BYTES = 17
/** A VIN, or the answer to a command for the relay. */
const readVin = (
  bytes: Uint8Array,
  _command: number,
  body: number,
  to: number,
  _context: FrameContext,
  records: Records,
): boolean => {
  if (to - body === VIN_BYTES) attributeText(records, Key.vin, bytes, body, to)
  else {
    const on = flagAt(bytes, body, to)
    if (on < 0) return false
    attributeBool(records, Key.relay, on === 1)
  }
  return true
}

/** The answer to a command for the engine: 0 it is cut, 1 it is restored. */
const readEngine = (
  bytes: Uint8Array,
  _command: number,
  body: number,
  to: number,
  _context: FrameContext,
  records: Records,
): boolean => {
  const on = flagAt(bytes, body, to)
  if (on < 0) return false
  records.alarm(on === 1 ? Alarm.engine_restored : Alarm.engine_cut)
  return true
}

/** The one character of a body, 0 or 1; -1: something else. */
const flagAt = (bytes: Uint8Array, body: number, to: number): number => {
  const flag = to - body === 1 ? bytes[body] - ZERO : -1
  return flag === 0 || flag === 1 ? flag : -1
}

/** By the values of `Body`. */
const READERS: readonly Reader[] = [
  () => false,
  (bytes, _command, body, to, context, records) => writeBlock(bytes, body, to, context, records),
  readHandshake,
  readLogin,
  readAlarm,
  readFix,
  readObdAlarm,
  (bytes, _command, body, to, context, records) => writeObd(bytes, body, to, context, records),
  (bytes, _command, body, to, _context, records) => writeCellList(bytes, body, to, records),
  readVin,
  readEngine,
  (bytes, _command, body, to, _context, records) => writePack(bytes, body, to, records),
  (bytes, _command, body, to, _context, records) => writeDaly(bytes, body, to, records),
]

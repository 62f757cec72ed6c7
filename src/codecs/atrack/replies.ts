/** Answers to commands: `$OK+TAG`, `$ERROR+TAG=102`, `$INFO+TAG=…`, `$FORM=…`. */
import { Alarm } from '../alarms.ts'
import { ascii, COMMA, CR, EQUALS, LF, PLUS, QUOTE, SPACE } from '../ascii.ts'
import { attributeBool, attributeInt, attributeText } from '../attributes.ts'
import { find, hasText } from '../bytes.ts'
import { DIGITS_MAX, whole } from '../numbers.ts'
import type { Records } from '../records.ts'
import { INFO, Info, Key, Message, ROAMING } from './messages.ts'

const OK = ascii('$OK'),
  ERROR = ascii('$ERROR'),
  FORM = ascii('$FORM')
/** Tags that encode.ts gives to the commands that cut and restore the engine. */
export const CUT_TAG = ascii('C1'),
  RESTORE_TAG = ascii('C2')

const FROM = new Int32Array(Info.count)
const TO = new Int32Array(Info.count)

export const decodeReply = (bytes: Uint8Array, start: number, end: number, records: Records): number => {
  let to = end
  while (to > start && (bytes[to - 1] === CR || bytes[to - 1] === LF || bytes[to - 1] === SPACE)) to--
  const equals = find(bytes, start, to, EQUALS)
  let nameTo = equals < 0 ? to : equals
  while (nameTo > start && bytes[nameTo - 1] === SPACE) nameTo--
  const plus = find(bytes, start, nameTo, PLUS)
  const tagFrom = plus < 0 ? nameTo : plus + 1
  const tagTo = nameTo
  if (plus >= 0) nameTo = plus
  const valuesFrom = equals < 0 ? to : equals + 1

  const isInfo = equals >= 0 && is(bytes, start, nameTo, INFO) && readInfo(bytes, valuesFrom, to)
  records.begin(isInfo ? Message.deviceInfo : Message.reply)
  attributeText(records, Key.result, bytes, start, nameTo)
  if (tagTo > tagFrom) attributeText(records, Key.tag, bytes, tagFrom, tagTo)
  if (isInfo) writeInfo(bytes, records)
  else if (is(bytes, start, nameTo, ERROR) && whole(bytes, valuesFrom, to, DIGITS_MAX) >= 0)
    attributeInt(records, Key.errorCode, whole(bytes, valuesFrom, to, DIGITS_MAX))
  else if (to > valuesFrom) {
    attributeText(records, Key.values, bytes, valuesFrom, to)
    if (is(bytes, start, nameTo, FORM)) writeForm(bytes, valuesFrom, to, records)
  }
  if (is(bytes, start, nameTo, OK)) {
    if (is(bytes, tagFrom, tagTo, CUT_TAG)) records.alarm(Alarm.engine_cut)
    else if (is(bytes, tagFrom, tagTo, RESTORE_TAG)) records.alarm(Alarm.engine_restored)
  }
  records.end()
  return 1
}

const is = (bytes: Uint8Array, from: number, to: number, text: Uint8Array): boolean =>
  to - from === text.length && hasText(bytes, from, to, text)

/** Notes the thirteen values; false if there are fewer. */
const readInfo = (bytes: Uint8Array, from: number, to: number): boolean => {
  let at = from
  for (let value = 0; value < Info.count; value++) {
    if (at > to) return false
    const comma = find(bytes, at, to, COMMA)
    FROM[value] = at
    TO[value] = comma < 0 ? to : comma
    at = TO[value] + 1
  }
  return true
}

const writeInfo = (bytes: Uint8Array, records: Records): void => {
  const row = records.rows
  text(bytes, Info.unitId, Key.unitId, records)
  text(bytes, Info.model, Key.model, records)
  text(bytes, Info.firmware, Key.firmware, records)
  text(bytes, Info.imei, Key.imei, records)
  text(bytes, Info.imsi, Key.imsi, records)
  text(bytes, Info.iccid, Key.iccid, records)
  const power = value(bytes, Info.power)
  const battery = value(bytes, Info.battery)
  const signal = value(bytes, Info.signal)
  if (power >= 0) records.powerV[row] = power / 10
  if (battery >= 0) records.batteryV[row] = battery / 10
  if (signal >= 0) records.rssi[row] = signal
  int(bytes, Info.satellites, Key.satellites, records)
  int(bytes, Info.registration, Key.registration, records)
  if (value(bytes, Info.registration) === ROAMING) attributeBool(records, Key.roaming, true)
  int(bytes, Info.connected, Key.connected, records)
  int(bytes, Info.antenna, Key.antenna, records)
}

const value = (bytes: Uint8Array, index: number): number => whole(bytes, FROM[index], TO[index], DIGITS_MAX)

const int = (bytes: Uint8Array, index: number, name: Uint8Array, records: Records): void => {
  const number = value(bytes, index)
  if (number >= 0) attributeInt(records, name, number)
}

const text = (bytes: Uint8Array, index: number, name: Uint8Array, records: Records): void => {
  if (TO[index] > FROM[index]) attributeText(records, name, bytes, FROM[index], TO[index])
}

/** `1,@P,0,"%CI%SA"`: the form between the quotation marks. */
const writeForm = (bytes: Uint8Array, from: number, to: number, records: Records): void => {
  const open = find(bytes, from, to, QUOTE)
  const close = open < 0 ? -1 : find(bytes, open + 1, to, QUOTE)
  if (close > open + 1) attributeText(records, Key.form, bytes, open + 1, close)
}

/** From a frame to its records. */
import { ascii, COMMA, NUL } from '../ascii.ts'
import {
  attributeBool,
  attributeHex,
  attributeInt,
  attributeOpen,
  attributeClose,
  attributeText,
  elementText,
  LIST,
} from '../attributes.ts'
import { u16 } from '../bytes.ts'
import type { FrameContext } from '../codec.ts'
import type { Records } from '../records.ts'
import { Reject } from '../rejects.ts'
import { crc16 } from './crc.ts'
import { declared, Kind, kindOf, lengthAt, recordsAt, sequence, TEXT_CRC_FROM, textCrc } from './header.ts'
import { Header, KeepAlive, Key, Message, Photo, SUB } from './messages.ts'
import { decodeReply } from './replies.ts'
import { writeRecord } from './report.ts'
import { encrypted, lineEnd, recordCount, scan } from './scan.ts'
import { follow } from './session.ts'
import type { Settings } from './settings.ts'
import { attributeTime, isBelievable, READABLE, timeAt, timeOf, UNIX } from './time.ts'

export const decode = (
  bytes: Uint8Array,
  start: number,
  end: number,
  context: FrameContext,
  records: Records,
  settings: Settings,
): number => {
  const kind = kindOf(bytes, start, end)
  if (kind === Kind.none) return -Reject.bad_frame
  if (kind === Kind.keepAlive) return decodeKeepAlive(bytes, start, records)
  if (kind === Kind.reply) return decodeReply(bytes, start, end, records)
  if (kind === Kind.text) return decodeText(bytes, start, end, context, records, settings)
  const crcOk = crc16(bytes, start + Header.length, end) === u16(bytes, start + Header.crc)
  if (!crcOk && settings.strict) return -Reject.bad_checksum
  if (kind === Kind.photo && isFragment(bytes, start, end))
    return decodePhoto(bytes, start, end, crcOk, context, records)
  scan(bytes, start, end, Kind.binary, context.state[0], settings)
  if (encrypted) return decodeEncrypted(bytes, start, end, crcOk, records)
  if (recordCount === 0) return decodeShort(bytes, start, end, crcOk, context, records)
  follow(context.state[0], context.state[1], settings)
  const number = u16(bytes, start + Header.sequence)
  for (let record = 0; record < recordCount; record++)
    writeRecord(bytes, record, false, number, crcOk, true, context, records, settings)
  return recordCount
}

const decodeText = (
  bytes: Uint8Array,
  start: number,
  end: number,
  context: FrameContext,
  records: Records,
  settings: Settings,
): number => {
  const lengthOk = lengthAt + declared === end
  const crcOk = crc16(bytes, start + TEXT_CRC_FROM, end) === textCrc(bytes, start)
  if (!crcOk && settings.strict) return -Reject.bad_checksum
  scan(bytes, start, end, Kind.text, context.state[0], settings)
  if (recordCount === 0) return decodeShortText(bytes, end, crcOk, context, records)
  follow(context.state[0], context.state[1], settings)
  for (let record = 0; record < recordCount; record++)
    writeRecord(bytes, record, true, sequence, crcOk, lengthOk, context, records, settings)
  return recordCount
}

const decodeKeepAlive = (bytes: Uint8Array, start: number, records: Records): number => {
  records.begin(Message.keepAlive)
  attributeInt(records, Key.sequence, u16(bytes, start + KeepAlive.sequence))
  records.end()
  return 1
}

const isFragment = (bytes: Uint8Array, start: number, end: number): boolean => {
  const at = start + Header.size
  return end - at >= Photo.data && u16(bytes, at + Photo.size) === end - at - Photo.data
}

/** A fragment of a photo: what it says of itself. The picture stays in `frames`. */
const decodePhoto = (
  bytes: Uint8Array,
  start: number,
  end: number,
  crcOk: boolean,
  context: FrameContext,
  records: Records,
): number => {
  const at = start + Header.size
  const row = records.begin(Message.photo)
  const time = timeAt(bytes, at + Photo.time, UNIX)
  if (isBelievable(time, context.receivedMs)) records.fixMs[row] = time * 1000
  attributeInt(records, Key.sequence, u16(bytes, start + Header.sequence))
  attributeBool(records, Key.crcOk, crcOk)
  attributeTime(records, Key.photoTime, time)
  attributeInt(records, Key.photoIndex, bytes[at + Photo.index])
  attributeInt(records, Key.photoCount, bytes[at + Photo.count])
  attributeInt(records, Key.photoSize, end - at - Photo.data)
  records.end()
  return 1
}

/** AT$ENCP: nothing but the header can be read. */
const decodeEncrypted = (bytes: Uint8Array, start: number, end: number, crcOk: boolean, records: Records): number => {
  records.begin(Message.position)
  attributeInt(records, Key.sequence, u16(bytes, start + Header.sequence))
  attributeBool(records, Key.crcOk, crcOk)
  attributeBool(records, Key.encrypted, true)
  attributeHex(records, Key.data, bytes, start + Header.size, end)
  records.end()
  return 1
}

/** `AT$POST` with the option "simple": the RTC time and a text, and nothing else. */
const decodeShort = (
  bytes: Uint8Array,
  start: number,
  end: number,
  crcOk: boolean,
  context: FrameContext,
  records: Records,
): number => {
  const at = start + Header.size
  const n = end - at
  let size: number = UNIX
  let time = n > UNIX ? timeAt(bytes, at, UNIX) : NaN
  if (!isBelievable(time, context.receivedMs) && n > READABLE) {
    const readable = timeAt(bytes, at, READABLE)
    if (isBelievable(readable, context.receivedMs)) {
      size = READABLE
      time = readable
    }
  }
  if (Number.isNaN(time) || bytes[end - 1] !== NUL) return -Reject.bad_frame
  for (let byte = at + size; byte < end - 1; byte++) if (bytes[byte] === NUL) return -Reject.bad_frame
  shortRecord(bytes, at + size, end - 1, time, u16(bytes, start + Header.sequence), crcOk, context, records)
  return 1
}

/** The same in a text frame: `time,text`. */
const decodeShortText = (
  bytes: Uint8Array,
  end: number,
  crcOk: boolean,
  context: FrameContext,
  records: Records,
): number => {
  let to = lineEnd(bytes, recordsAt, end)
  let comma = recordsAt
  while (comma < to && bytes[comma] !== COMMA) comma++
  const time = timeOf(bytes, recordsAt, comma)
  if (comma === to || !isBelievable(time, context.receivedMs)) return -Reject.bad_frame
  if (bytes[to - 1] === SUB) to--
  shortRecord(bytes, comma + 1, to, time, sequence, crcOk, context, records)
  return 1
}

const TEXT_EVENT = ascii('text_message')

const shortRecord = (
  bytes: Uint8Array,
  from: number,
  to: number,
  time: number,
  number: number,
  crcOk: boolean,
  context: FrameContext,
  records: Records,
): void => {
  const row = records.begin(Message.text)
  if (isBelievable(time, context.receivedMs)) records.fixMs[row] = time * 1000
  attributeInt(records, Key.sequence, number)
  attributeBool(records, Key.crcOk, crcOk)
  attributeTime(records, Key.rtcTime, time)
  attributeText(records, Key.text, bytes, from, Math.max(from, to))
  attributeOpen(records, Key.events, LIST)
  elementText(records, TEXT_EVENT, 0, TEXT_EVENT.length)
  attributeClose(records, LIST)
  records.end()
}

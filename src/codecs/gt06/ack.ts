/** What a tracker waits to hear: an empty frame of the same number and serial, the time, or an answer of its own. */
import { ascii, CR, LF, ZERO } from '../ascii.ts'
import { ISO_TEXT, writeIsoText } from '../dates.ts'
import { crc16, crcOfFour } from './crc.ts'
import {
  FRAME_MIN,
  isRefused,
  isTopinList,
  LENGTH_MIN,
  LOGIN,
  LONG_MARK,
  Shape,
  shapeOf,
  SHORT_MARK,
  TRAILER,
} from './frame.ts'
import { bodyOf } from './layout.ts'
import { ACK, Ack, Body, PHONE_BYTES } from './messages.ts'
import type { Settings } from './settings.ts'

export const ack = (
  bytes: Uint8Array,
  start: number,
  end: number,
  receivedMs: number,
  reply: Uint8Array,
  at: number,
  settings: Settings,
): number => {
  if (end - start < FRAME_MIN) return 0
  if (settings.strictCrc && isRefused(bytes, start, end, settings)) return 0
  const long = bytes[start] & 1
  const number = bytes[start + 3 + long]
  const shape = shapeOf(bytes, start, end)
  if (shape >= Shape.topin) return topinAck(bytes, start, number, shape, receivedMs, reply, at)
  const content = start + 4 + long
  const n = end - TRAILER - content
  switch (ackKind(bytes, content, n, number, long)) {
    case Ack.always:
      return emptyAck(bytes, end, number, reply, at)
    case Ack.location:
      return settings.ackLocations ? emptyAck(bytes, end, number, reply, at) : 0
    case Ack.long:
      return longAck(bytes, end, number, reply, at)
    case Ack.longLocation:
      return settings.ackLocations ? longAck(bytes, end, number, reply, at) : 0
    case Ack.time:
      return timeAck(bytes, end, number, receivedMs, reply, at)
    case Ack.address:
      return settings.addressReply ? addressAck(bytes, content, end, n, reply, at) : 0
    case Ack.serialData:
      return settings.rfidConfirm ? cardAck(bytes, content, end, n, reply, at) : 0
    default:
      return 0
  }
}

/** By number; three of them clones use for messages that are answered in another way. */
const ackKind = (bytes: Uint8Array, content: number, n: number, number: number, long: number): number => {
  const kind = ACK[number | (long << 8)]
  if (number !== 0x17 && number !== 0x34 && number !== 0x36) return kind
  const body = bodyOf(bytes, content, n, number, long)
  if (body === Body.x1 || body === Body.photoData) return Ack.none
  return body === Body.position && number === 0x17 ? Ack.location : kind
}

const EMPTY_BYTES = 10

/** 78 78 05 number serial crc 0d 0a */
const emptyAck = (bytes: Uint8Array, end: number, number: number, reply: Uint8Array, at: number): number => {
  const high = bytes[end - 6]
  const low = bytes[end - 5]
  const crc = crcOfFour(LENGTH_MIN, number, high, low)
  reply[at] = SHORT_MARK
  reply[at + 1] = SHORT_MARK
  reply[at + 2] = LENGTH_MIN
  reply[at + 3] = number
  reply[at + 4] = high
  reply[at + 5] = low
  reply[at + 6] = crc >> 8
  reply[at + 7] = crc & 0xff
  reply[at + 8] = CR
  reply[at + 9] = LF
  return EMPTY_BYTES
}

/** 79 79 00 05 number serial crc 0d 0a */
const longAck = (bytes: Uint8Array, end: number, number: number, reply: Uint8Array, at: number): number => {
  reply[at] = LONG_MARK
  reply[at + 1] = LONG_MARK
  reply[at + 2] = 0
  reply[at + 3] = LENGTH_MIN
  reply[at + 4] = number
  return close(bytes, end, reply, at, at + 5)
}

/** Serial of the frame answered, CRC and stop behind reply[at, to); size of the reply. */
const close = (bytes: Uint8Array, end: number, reply: Uint8Array, at: number, to: number): number => {
  reply[to] = bytes[end - 6]
  reply[to + 1] = bytes[end - 5]
  const crc = crc16(reply, at + 2, to + 2)
  reply[to + 2] = crc >> 8
  reply[to + 3] = crc & 0xff
  reply[to + 4] = CR
  reply[to + 5] = LF
  return to + TRAILER - at
}

/** 78 78 0b 8a YY MM DD hh mm ss serial crc 0d 0a */
const timeAck = (
  bytes: Uint8Array,
  end: number,
  number: number,
  receivedMs: number,
  reply: Uint8Array,
  at: number,
): number => {
  reply[at] = SHORT_MARK
  reply[at + 1] = SHORT_MARK
  reply[at + 2] = LENGTH_MIN + 6
  reply[at + 3] = number
  reply[at + 4] = writeDate(receivedMs, reply, at + 5) - 2000
  return close(bytes, end, reply, at, at + 10)
}

/** Writes month, day, hour, minute and second at `at`; gives the year. */
const writeDate = (ms: number, reply: Uint8Array, at: number): number => {
  writeIsoText(ms)
  reply[at] = twoDigits(5)
  reply[at + 1] = twoDigits(8)
  reply[at + 2] = twoDigits(11)
  reply[at + 3] = twoDigits(14)
  reply[at + 4] = twoDigits(17)
  return 100 * twoDigits(0) + twoDigits(2)
}

const twoDigits = (at: number): number => (ISO_TEXT[at] - ZERO) * 10 + ISO_TEXT[at + 1] - ZERO

const ADDRESS_HEAD = ascii('ADDRESS&&NA&&')
const ADDRESS_REPLY = 0x97
const HASH_SIGN = 0x23

/** 79 79 L 97 | length u16 | flag u32 | ADDRESS && NA && phone ## | serial crc 0d 0a. The phone and a language of two
 *  bytes end the request. */
const addressAck = (
  bytes: Uint8Array,
  content: number,
  end: number,
  n: number,
  reply: Uint8Array,
  at: number,
): number => {
  if (n < PHONE_BYTES + 2) return 0
  const phone = content + n - 2 - PHONE_BYTES
  const length = 4 + ADDRESS_HEAD.length + PHONE_BYTES + 2
  reply[at] = LONG_MARK
  reply[at + 1] = LONG_MARK
  reply[at + 2] = 0
  reply[at + 3] = LENGTH_MIN + 2 + length
  reply[at + 4] = ADDRESS_REPLY
  reply[at + 5] = 0
  reply[at + 6] = length
  let to = at + 7
  for (let flag = 0; flag < 4; flag++) reply[to++] = 0
  for (let from = 0; from < ADDRESS_HEAD.length; from++) reply[to++] = ADDRESS_HEAD[from]
  for (let from = phone; from < phone + PHONE_BYTES; from++) reply[to++] = bytes[from]
  reply[to++] = HASH_SIGN
  reply[to++] = HASH_SIGN
  return close(bytes, end, reply, at, to)
}

const CARD_OPEN = 0x02,
  CARD_CLOSE = 0x03,
  CARD_ACCEPTED = 0x01

/** 79 79 00 07 9b 02 01 serial crc 0d 0a, to a card framed by 02 … 03. */
const cardAck = (bytes: Uint8Array, content: number, end: number, n: number, reply: Uint8Array, at: number): number => {
  if (n < 3 || bytes[content + 1] !== CARD_OPEN || bytes[content + n - 1] !== CARD_CLOSE) return 0
  reply[at] = LONG_MARK
  reply[at + 1] = LONG_MARK
  reply[at + 2] = 0
  reply[at + 3] = LENGTH_MIN + 2
  reply[at + 4] = 0x9b
  reply[at + 5] = CARD_OPEN
  reply[at + 6] = CARD_ACCEPTED
  return close(bytes, end, reply, at, at + 7)
}

const TOPIN_TIME = 0x30

/**
 * Answers without serial and CRC: `78 78 01 01` to a login, `78 78 00 number date` to lists of access points,
 * `78 78 07 30 year u16 …` to a question for the time. The time push that may follow a login is left to that question.
 */
const topinAck = (
  bytes: Uint8Array,
  start: number,
  number: number,
  shape: number,
  receivedMs: number,
  reply: Uint8Array,
  at: number,
): number => {
  const list = shape === Shape.topin && isTopinList(number)
  const login = shape === Shape.topin && number === LOGIN
  const time = shape === Shape.stump && number === TOPIN_TIME
  if (!list && !login && !time) return 0
  reply[at] = SHORT_MARK
  reply[at + 1] = SHORT_MARK
  reply[at + 2] = list ? 0 : login ? 1 : 7
  reply[at + 3] = number
  let to = at + 4
  if (list) {
    for (let from = start + 4; from < start + 10; from++) reply[to++] = bytes[from]
  } else if (time) {
    const year = writeDate(receivedMs, reply, to + 2)
    reply[to] = year >> 8
    reply[to + 1] = year & 0xff
    to += 7
  }
  reply[to] = CR
  reply[to + 1] = LF
  return to + 2 - at
}

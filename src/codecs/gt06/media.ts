/** Pictures, sound and video: what a camera saw, and what is known of a part that was sent. */
import {
  attributeClose,
  attributeFixed,
  attributeHex,
  attributeInt,
  attributeOpen,
  elementText,
  LIST,
} from '../attributes.ts'
import { Alarm } from '../alarms.ts'
import { u16, u32 } from '../bytes.ts'
import { CAMERA_ALARMS } from './alarms.ts'
import { servingCell } from './cell.ts'
import { dateMs, utcMs } from './clock.ts'
import { NOT_TOLD, position, sentAt, unixSentAt } from './fix.ts'
import { Key } from './keys.ts'
import type { Message } from './message.ts'
import { Cell } from './messages.ts'
import { indexOf, isText, trimEnd } from './text.ts'
import { rest } from './write.ts'

/** 35 of X1: a photo is ready. Its place has no hemisphere, so it is no fix. */
export const photoInfo = (message: Message): void => {
  const { bytes, at, end, records } = message
  if (end - at < 26) return rest(message, at)
  sentAt(message, at)
  attributeInt(records, Key.fixQuality, bytes[at + 6])
  attributeFixed(records, Key.latitudeMagnitude, Math.round((u32(bytes, at + 7) * 50) / 9), 7)
  attributeFixed(records, Key.longitudeMagnitude, Math.round((u32(bytes, at + 11) * 50) / 9), 7)
  attributeInt(records, Key.camera, bytes[at + 15])
  attributeInt(records, Key.fileSource, bytes[at + 16])
  attributeInt(records, Key.format, bytes[at + 17])
  attributeInt(records, Key.fileLength, u32(bytes, at + 18))
  attributeInt(records, Key.mediaId, u32(bytes, at + 22))
  rest(message, at + 26)
}

/** 36 of X1: part of a photo. The bytes themselves stay in the raw frame. */
export const photoData = ({ bytes, at, records }: Message): void => {
  attributeInt(records, Key.mediaId, u32(bytes, at))
  attributeInt(records, Key.fileOffset, u32(bytes, at + 4))
  attributeInt(records, Key.chunkLength, u16(bytes, at + 8))
}

/** Bytes behind the file kind's length field of 8D, by the kind of check: CRC or MD5. */
const CRC_BYTES = 2,
  MD5_BYTES = 16

/** 8D: part of a voice file. The bytes themselves stay in the raw frame. */
export const fileUpload = (message: Message): void => {
  const { bytes, at, end, records } = message
  const check = end - at > 5 && bytes[at + 5] === 1 ? MD5_BYTES : CRC_BYTES
  if (end - at < 12 + check) return rest(message, at)
  attributeInt(records, Key.fileType, bytes[at])
  attributeInt(records, Key.fileLength, u32(bytes, at + 1))
  attributeHex(records, Key.fileCheck, bytes, at + 6, at + 6 + check)
  attributeInt(records, Key.fileOffset, u32(bytes, at + 6 + check))
  attributeInt(records, Key.chunkLength, u16(bytes, at + 10 + check))
  const flag = at + 12 + check + u16(bytes, at + 10 + check)
  rest(message, flag)
}

const MULTIMEDIA_N = 44

/** 41 of WD-209: media and where they were made; the layout of the place is not known. */
export const multimedia = (message: Message): void => {
  const { bytes, at, end, records } = message
  if (end - at < MULTIMEDIA_N) return rest(message, at)
  attributeHex(records, Key.serialNumber, bytes, at, at + 8)
  unixSentAt(message, at + 8)
  attributeHex(records, Key.gpsHex, bytes, at + 12, at + 26)
  servingCell(message, at + 26, Cell.l8, 1)
  attributeInt(records, Key.mediaId, u32(bytes, at + 34))
  attributeInt(records, Key.fileLength, u32(bytes, at + 38))
  attributeInt(records, Key.fileType, bytes[at + 42])
  attributeInt(records, Key.format, bytes[at + 43])
  if (end - at < MULTIMEDIA_N + 3) return
  attributeInt(records, Key.eventCode, bytes[at + 44])
  attributeInt(records, Key.part, u16(bytes, at + 45))
  attributeInt(records, Key.chunkLength, end - at - 47)
}

/** Least n of the three forms. */
const CAMERA_BARE_N = 7,
  CAMERA_PLACED_N = 19,
  CAMERA_MARKED_N = 27
const CAMERA_MARK = 0xffff
const SOS_EVENT = 0x01

/** 95 of dash cameras, in three forms: marked ff ff, with a position, and with the event alone. */
export const camera = (message: Message): void => {
  const { bytes, at, end, records, row } = message
  const n = end - at
  if (n < CAMERA_BARE_N) return rest(message, at)
  const marked = u16(bytes, at) === CAMERA_MARK
  if (n < (marked ? CAMERA_MARKED_N : CAMERA_PLACED_N)) return marked ? rest(message, at) : cameraEvent(message)
  const date = marked ? at + 3 : at
  const latitude = marked ? at + 10 : at + 6
  const ms = utcMs(message, dateMs(bytes, date), false)
  if (ms !== ms) attributeHex(records, Key.fixTimeHex, bytes, date, date + 6)
  const speedKph = marked ? u16(bytes, at + 20) : NaN
  const satellites = marked ? bytes[at + 9] & 15 : NOT_TOLD
  const word = u16(bytes, latitude + 8)
  position(message, ms, u32(bytes, latitude), u32(bytes, latitude + 4), speedKph, word, satellites, NOT_TOLD, NOT_TOLD)
  if (marked) {
    attributeInt(records, Key.version, bytes[at + 2])
    records.powerV[row] = u16(bytes, at + 22) / 10
  }
  const event = marked ? at + 24 : at + 16
  attributeInt(records, Key.eventCode, bytes[event])
  attributeInt(records, Key.eventData, u16(bytes, event + 1))
  records.alarm(CAMERA_ALARMS[bytes[event]])
  files(message, event + 3)
}

/** Date and event; 01 is unspecific here. */
const cameraEvent = (message: Message): void => {
  const { bytes, at, records } = message
  const event = bytes[at + 6]
  sentAt(message, at)
  attributeInt(records, Key.eventCode, event)
  records.alarm(event === SOS_EVENT ? Alarm.general : CAMERA_ALARMS[event])
  rest(message, at + CAMERA_BARE_N)
}

/** Names, separated by commas. */
const files = (message: Message, from: number): void => {
  const { bytes, end, records } = message
  const limit = trimEnd(bytes, from, end)
  if (from >= limit) return
  if (!isText(bytes, from, limit)) return rest(message, from)
  attributeOpen(records, Key.files, LIST)
  for (let at = from; at < limit;) {
    const next = indexOf(bytes, at, limit, 0x2c)
    elementText(records, bytes, at, next)
    at = next + 1
  }
  attributeClose(records, LIST)
}

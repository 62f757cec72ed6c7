/** Replies to commands, texts, and the vendors' smaller messages. */
import { gunzipSync } from 'node:zlib'
import {
  attributeClose,
  attributeInt,
  attributeText,
  elementInt,
  elementOpen,
  key,
  LIST,
  OBJECT,
} from '../attributes.ts'
import { isPrintable, signMagnitude16, u16, u32 } from '../bytes.ts'
import type { Records } from '../records.ts'
import { localMs } from './clock.ts'
import type { Reader } from './reader.ts'
import { rest, sentAt } from './record.ts'
import { name, sayBool, sayClose, sayHex, sayInt, sayOpen, sayText, sayUtf16 } from './say.ts'

export const REPLY_SERIAL = name('reply_serial')
const REPLY_ID = name('reply_id'),
  RESULT = name('result'),
  TEXT = name('text'),
  ENCODING = name('encoding'),
  UPGRADE_TYPE = name('upgrade_type')

/** 0x0001: serial u16, id u16, result u8. */
export const reply = (records: Records, b: Uint8Array, at: number, end: number): void => {
  sayInt(records, REPLY_SERIAL, u16(b, at))
  sayInt(records, REPLY_ID, u16(b, at + 2))
  sayInt(records, RESULT, b[at + 4])
  rest(records, b, at + 5, end)
}

const PACKETS_WANTED = name('packets_wanted')

/** 0x0005: serial of packet 1, count, numbers u16. The count has one byte, or two in 2019. */
export const resend = (records: Records, b: Uint8Array, at: number, end: number): void => {
  sayInt(records, REPLY_SERIAL, u16(b, at))
  const from = (end - at) & 1 ? at + 3 : at + 4
  if (!sayOpen(records, PACKETS_WANTED, LIST)) return
  for (let packet = from; packet + 2 <= end; packet += 2) elementInt(records, u16(b, packet))
  sayClose(records, LIST)
}

/** 0x0108: type u8, result u8. */
export const upgrade = (records: Records, b: Uint8Array, at: number, end: number): void => {
  sayInt(records, UPGRADE_TYPE, b[at])
  sayInt(records, RESULT, b[at + 1])
  rest(records, b, at + 2, end)
}

/** 0x0700 and 0x0701: a vendor's answer to a command when the first u32 counts the bytes behind it. */
export const vendorReply = (records: Records, b: Uint8Array, at: number, end: number): void => {
  if (end - at < 5 || u32(b, at) !== end - at - 4) return rest(records, b, at, end)
  sayText(records, TEXT, b, at + 4, end)
}

/** 0x1300: serial u16, UTF-16BE text. */
export const replyUtf16 = (records: Records, b: Uint8Array, at: number, end: number): void => {
  sayInt(records, REPLY_SERIAL, u16(b, at))
  sayUtf16(records, TEXT, b, at + 2, end)
}

/** 0x6006: encoding u8, text. */
export const textReport = (records: Records, b: Uint8Array, at: number, end: number): void => {
  sayInt(records, ENCODING, b[at])
  sayText(records, TEXT, b, at + 1, end)
}

const SAMPLES = name('samples')
const AT = key('at'),
  X = key('x'),
  Y = key('y'),
  Z = key('z')
const SAMPLE_BYTES = 12
const DATE = new Uint8Array(12)

/** 0x2070: { date, x, y, z }, sign and magnitude. */
export const acceleration: Reader = (records, row, b, at, end, context) => {
  if (end - at < SAMPLE_BYTES || !sayOpen(records, SAMPLES, LIST)) return rest(records, b, at, end)
  sentAt(records, row, localMs(b, at), context)
  let from = at
  for (; from + SAMPLE_BYTES <= end; from += SAMPLE_BYTES) {
    elementOpen(records)
    for (let digit = 0; digit < 12; digit++) {
      const byte = b[from + (digit >> 1)]
      DATE[digit] = 0x30 + (digit & 1 ? byte & 15 : byte >> 4)
    }
    attributeText(records, AT, DATE, 0, 12)
    attributeInt(records, X, signMagnitude16(b, from + 6))
    attributeInt(records, Y, signMagnitude16(b, from + 8))
    attributeInt(records, Z, signMagnitude16(b, from + 10))
    attributeClose(records, OBJECT)
  }
  sayClose(records, LIST)
  rest(records, b, from, end)
}

const ORIGINAL_BYTES = name('original_bytes'),
  INFLATED = name('inflated'),
  INFLATED_BYTES = name('inflated_bytes'),
  DATA = name('data')
/** Most a body may inflate to, and how much of it goes to the attributes: the frame keeps it all. */
const INFLATED_MAX = 1_048_576,
  SHOWN_MAX = 16_384

/** 0x0901: original length u32, gzip. Rare, so that it may allocate. */
export const gzip = (records: Records, b: Uint8Array, at: number, end: number): void => {
  if (end - at < 4) return rest(records, b, at, end)
  sayInt(records, ORIGINAL_BYTES, u32(b, at))
  const inflated = inflate(b.slice(at + 4, end))
  sayBool(records, INFLATED, inflated !== null)
  if (inflated === null) return rest(records, b, at + 4, end)
  sayInt(records, INFLATED_BYTES, inflated.length)
  const shown = Math.min(inflated.length, SHOWN_MAX)
  if (isPrintable(inflated, 0, shown)) sayText(records, DATA, inflated, 0, shown)
  else sayHex(records, DATA, inflated, 0, shown)
}

const inflate = (bytes: Uint8Array): Uint8Array | null => {
  try {
    return gunzipSync(bytes, { maxOutputLength: INFLATED_MAX })
  } catch {
    return null
  }
}

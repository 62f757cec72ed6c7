/** Driver cards, media events and media files. The files' bytes are in the frames; records say what they belong to. */
import { bcd, isBcd, u32 } from '../bytes.ts'
import type { Records } from '../records.ts'
import { BUFFERED_MS, localMs } from './clock.ts'
import { F } from './frame.ts'
import { isPlausible, position } from './location.ts'
import { Location } from './messages.ts'
import type { Reader } from './reader.ts'
import { rest, sentAt } from './record.ts'
import { name, sayInt, sayNibbles, sayText } from './say.ts'

const CARD_STATE = name('card_state'),
  CARD_RESULT = name('card_result'),
  DRIVER_NAME = name('driver_name'),
  DRIVER_ID = name('driver_id'),
  AGENCY = name('agency'),
  VALID_UNTIL = name('valid_until')
const INSERTED = 1
const CODE_BYTES = 20,
  VALIDITY_BYTES = 4

/** 0x0702: state u8, date, and for a card put in: result u8, name, code, agency, validity. */
export const driver: Reader = (records, row, b, at, end, context) => {
  sayInt(records, CARD_STATE, b[at])
  sentAt(records, row, localMs(b, at + 1), context)
  let from = at + 7
  if (b[at] !== INSERTED || from >= end) return rest(records, b, from, end)
  sayInt(records, CARD_RESULT, b[from++])
  if (from >= end || from + 1 + b[from] + CODE_BYTES > end) return rest(records, b, from, end)
  sayText(records, DRIVER_NAME, b, from + 1, from + 1 + b[from])
  from += 1 + b[from]
  sayText(records, DRIVER_ID, b, from, from + CODE_BYTES)
  from += CODE_BYTES
  if (from >= end || from + 1 + b[from] > end) return rest(records, b, from, end)
  sayText(records, AGENCY, b, from + 1, from + 1 + b[from])
  from += 1 + b[from]
  if (from + VALIDITY_BYTES > end) return rest(records, b, from, end)
  sayNibbles(records, VALID_UNTIL, b, from, from + VALIDITY_BYTES)
  rest(records, b, from + VALIDITY_BYTES, end)
}

const MEDIA_ID = name('media_id'),
  MEDIA_KIND = name('media_kind'),
  MEDIA_FORMAT = name('media_format'),
  MEDIA_EVENT = name('media_event'),
  CHANNEL = name('channel'),
  DATA_BYTES = name('data_bytes')
const MEDIA_HEAD = 8

/** 0x0800: id u32, kind, format, event, channel. */
export const mediaEvent = (records: Records, b: Uint8Array, at: number, end: number): void => {
  mediaHead(records, b, at)
  rest(records, b, at + MEDIA_HEAD, end)
}

const mediaHead = (records: Records, b: Uint8Array, at: number): void => {
  sayInt(records, MEDIA_ID, u32(b, at))
  sayInt(records, MEDIA_KIND, b[at + 4])
  sayInt(records, MEDIA_FORMAT, b[at + 5])
  sayInt(records, MEDIA_EVENT, b[at + 6])
  sayInt(records, CHANNEL, b[at + 7])
}

/** 0x0801: the same, mostly the head of a location, then the file; later packets are file alone. */
export const media: Reader = (records, row, b, at, end, context, settings) => {
  if (F.packet > 1) {
    sayInt(records, DATA_BYTES, end - at)
    return
  }
  if (end - at < MEDIA_HEAD) return rest(records, b, at, end)
  mediaHead(records, b, at)
  let from = at + MEDIA_HEAD
  if (from + Location.size <= end && hasDate(b, from + Location.time) && isPlausible(b, from)) {
    position(records, row, b, from, BUFFERED_MS, context, settings)
    from += Location.size
  }
  sayInt(records, DATA_BYTES, end - from)
}

const hasDate = (b: Uint8Array, at: number): boolean => isBcd(b, at, at + 6) && bcd(b[at + 1]) !== 0

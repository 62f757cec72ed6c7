/** What a frame says: which message it is, and who reads its body. */
import { ascii } from '../ascii.ts'
import { u16 } from '../bytes.ts'
import type { FrameContext } from '../codec.ts'
import { RECORDS_PER_FRAME_MAX } from '../codec.ts'
import { Reject } from '../rejects.ts'
import type { Records } from '../records.ts'
import { batch, shortBatch } from './batch.ts'
import { BUFFERED_MS, localMs, startZone } from './clock.ts'
import { ACCEPTED, BAD_CHECK, BROKEN, F, open, refusal, TEXT } from './frame.ts'
import { items, itemsFill } from './items/index.ts'
import { jointech } from './jointech.ts'
import { isPlausible, location, startConditions } from './location.ts'
import { authenticate, deviceAttributes, parameters, register } from './login.ts'
import { driver, media, mediaEvent } from './media.ts'
import { BATTERY_REPORT, Body, BODY, Location, Props } from './messages.ts'
import type { Reader } from './reader.ts'
import { beginRecord, percentage, rest, sentAt } from './record.ts'
import {
  acceleration,
  gzip,
  reply,
  replyUtf16,
  resend,
  textReport,
  upgrade,
  vendorReply,
  REPLY_SERIAL,
} from './replies.ts'
import { beginSaying, name, sayInt, sayText } from './say.ts'
import { settingsFor, type Settings } from './settings.ts'
import { transparent } from './transparent.ts'

const MESSAGE_TEXT = ascii('TEXT')
const TEXT_NAME = name('text'),
  SIGNAL = name('signal'),
  STATUS = name('status')

export const decode = (
  bytes: Uint8Array,
  start: number,
  end: number,
  context: FrameContext,
  records: Records,
  general: Settings,
): number => {
  const settings = settingsFor(general, context.device, context.deviceStart, context.deviceEnd)
  const opened = open(bytes, start, end)
  if (opened === TEXT) return sideChannel(bytes, start, end, records)
  if (opened === BROKEN) return -Reject.bad_frame
  const refused = refusal(settings)
  if (refused !== ACCEPTED) return refused === BAD_CHECK ? -Reject.bad_checksum : -Reject.bad_frame
  const before = records.rows
  startConditions(context)
  startZone(context, settings)
  const body = isReadable() ? BODY[F.id] : Body.raw
  if (body === Body.batch) batch(records, context, settings)
  else if (body === Body.shortBatch && F.bodyEnd - F.body !== BATTERY_REPORT) shortBatch(records, context, settings)
  if (records.rows === before) {
    const row = beginRecord(records)
    message(records, row, body, context, settings)
    records.end()
  }
  return Math.min(records.rows - before, RECORDS_PER_FRAME_MAX)
}

/** False for packets that continue a message, and for encrypted bodies; the bits are set by mistake on some locations. */
const isReadable = (): boolean => {
  const body = BODY[F.id]
  if (F.packet > 1 && body !== Body.batch && body !== Body.media) return false
  if (!(F.props & Props.encryption) || body === Body.jointech) return true
  if (body !== Body.location || F.bodyEnd - F.body < Location.size) return false
  return isPlausible(F.bytes, F.body) && itemsFill(F.bytes, F.body + Location.size, F.bodyEnd)
}

/** `( … )` of lock units. */
const sideChannel = (bytes: Uint8Array, start: number, end: number, records: Records): number => {
  beginSaying()
  records.begin(MESSAGE_TEXT)
  sayText(records, TEXT_NAME, bytes, start + 1, end - 1)
  records.end()
  return 1
}

/** The message in the open record; its body is F.bytes[F.body, F.bodyEnd). */
const message = (records: Records, row: number, body: number, context: FrameContext, settings: Settings): void => {
  const b = F.bytes
  const at = F.body
  const end = F.bodyEnd
  switch (body) {
    case Body.empty:
      break
    case Body.reply:
      if (end - at < 5) break
      return reply(records, b, at, end)
    case Body.heartbeat:
      return heartbeat(records, row, b, at, end, context, settings)
    case Body.resend:
      if (end - at < 3) break
      return resend(records, b, at, end)
    case Body.register:
      return register(records, b, at, end)
    case Body.authenticate:
      return authenticate(records, b, at, end)
    case Body.parameters:
      if (end - at < 3) break
      return parameters(records, b, at, end)
    case Body.attributes:
      return deviceAttributes(records, b, at, end)
    case Body.upgrade:
      if (end - at < 2) break
      return upgrade(records, b, at, end)
    case Body.location:
      if (end - at < Location.size) break
      return location(records, row, b, at, end, BUFFERED_MS, context, settings)
    case Body.locationReply:
      if (end - at < 2 + Location.size) break
      sayInt(records, REPLY_SERIAL, u16(b, at))
      return location(records, row, b, at + 2, end, BUFFERED_MS, context, settings)
    case Body.shortBatch:
      if (end - at !== BATTERY_REPORT) break
      return batteryReport(records, row, b, at, context)
    case Body.vendorReply:
      return vendorReply(records, b, at, end)
    case Body.driver:
      if (end - at < 7) break
      return driver(records, row, b, at, end, context, settings)
    case Body.mediaEvent:
      if (end - at < 8) break
      return mediaEvent(records, b, at, end)
    case Body.media:
      return media(records, row, b, at, end, context, settings)
    case Body.transparent:
      if (end - at < 1) break
      return transparent(records, row, b, at, end, context, settings)
    case Body.gzip:
      return gzip(records, b, at, end)
    case Body.textUtf16:
      if (end - at < 2) break
      return replyUtf16(records, b, at, end)
    case Body.acceleration:
      return acceleration(records, row, b, at, end, context, settings)
    case Body.jointech:
      return jointech(records, row, b, at, end, context, settings)
    case Body.text:
      if (end - at < 1) break
      return textReport(records, b, at, end)
  }
  rest(records, b, at, end)
}

const HEARTBEAT_PERSONAL = 3

const heartbeat: Reader = (records, row, b, at, end, context, settings) => {
  if (end - at === HEARTBEAT_PERSONAL) {
    percentage(records, row, b[at])
    sayInt(records, SIGNAL, b[at + 1])
    sayInt(records, STATUS, b[at + 2])
  } else if (itemsFill(b, at, end)) items(records, row, b, at, end, context, settings)
  else rest(records, b, at, end)
}

const batteryReport = (records: Records, row: number, b: Uint8Array, at: number, context: FrameContext): void => {
  percentage(records, row, b[at])
  sentAt(records, row, localMs(b, at + 1), context)
}

/** What the gateway answers. Text without a line end; maker and id are those of the frame, times the server's in UTC. */
import { ascii, COMMA, DOLLAR, HASH, STAR } from '../ascii.ts'
import { append, appendBytes, appendDigits } from '../reply.ts'
import { binaryIdDigits, idEnd, ID_START, writeDigits } from './frame.ts'
import { Answer, ANSWER_OF, Binary, PLAIN_BYTES, typeRow, TYPES } from './messages.ts'
import { beginsWith, type Settings } from './settings.ts'
import { dateOf } from './time.ts'

const OPENING_HQ = ascii('*HQ,'),
  CONFIRMED = ascii(',V4,'),
  R12 = ascii(',R12,')
const TYPE_TEXT = TYPES.map(([type]) => ascii(type))

export const ack = (
  bytes: Uint8Array,
  start: number,
  end: number,
  receivedMs: number,
  reply: Uint8Array,
  at: number,
  settings: Settings,
): number => {
  if (bytes[start] !== STAR) return ackBinary(bytes, start, end, receivedMs, reply, at, settings)
  const id = idEnd(bytes, start, end)
  let typeEnd = id + 1
  while (typeEnd < end && bytes[typeEnd] !== COMMA && bytes[typeEnd] !== HASH) typeEnd++
  const row = typeRow(bytes, id + 1, typeEnd)
  const answer = ANSWER_OF[row]
  if (answer === Answer.none) return 0
  if (answer === Answer.echo) return appendBytes(reply, at, bytes, start, end) - at
  let to = appendBytes(reply, at, bytes, start, id)
  if (answer === Answer.bare) {
    reply[to++] = COMMA
    to = append(reply, to, TYPE_TEXT[row])
  } else if (confirmsAll(bytes, start + ID_START, id, settings)) {
    to = writeTime(receivedMs, reply, append(reply, to, R12))
  } else if (answer === Answer.time) {
    to = append(reply, append(reply, to, CONFIRMED), TYPE_TEXT[row])
    reply[to++] = COMMA
    to = writeTime(receivedMs, reply, writeDate(receivedMs, reply, to))
  } else return 0
  reply[to++] = HASH
  return to - at
}

const ackBinary = (
  bytes: Uint8Array,
  start: number,
  end: number,
  receivedMs: number,
  reply: Uint8Array,
  at: number,
  settings: Settings,
): number => {
  if (bytes[start] !== DOLLAR || end - start < PLAIN_BYTES) return 0
  const id = append(reply, at, OPENING_HQ)
  const idTo = writeDigits(bytes, start + Binary.id, binaryIdDigits(bytes, start, end), reply, id)
  if (!confirmsAll(reply, id, idTo, settings)) return 0
  const to = writeTime(receivedMs, reply, append(reply, idTo, R12))
  reply[to] = HASH
  return to + 1 - at
}

/** True if the device with the id `bytes[from, to)` wants everything answered. */
const confirmsAll = (bytes: Uint8Array, from: number, to: number, settings: Settings): boolean => {
  if (settings.acknowledgeAll) return true
  const { acknowledged } = settings
  for (let index = 0; index < acknowledged.length; index++)
    if (beginsWith(bytes, from, to, acknowledged[index])) return true
  return false
}

/** `yyyymmdd` */
const writeDate = (ms: number, reply: Uint8Array, at: number): number => appendDigits(reply, at, dateOf(ms), 8)

/** `hhmmss` */
const writeTime = (ms: number, reply: Uint8Array, at: number): number => {
  const seconds = Math.floor(ms / 1000) % 86_400
  const hours = (seconds / 3600) | 0
  const minutes = ((seconds / 60) | 0) % 60
  return appendDigits(reply, at, (hours * 100 + minutes) * 100 + (seconds % 60), 6)
}

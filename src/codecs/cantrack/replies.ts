/** What the gateway answers. Text without a line end; maker and id are those of the frame, times the server's in UTC. */
import { ascii, COMMA, DOLLAR, HASH, STAR, ZERO } from '../ascii.ts'
import { binaryIdDigits, idEnd, ID_START, writeDigits } from './frame.ts'
import { Answer, ANSWER_OF, Binary, PLAIN_BYTES, typeRow, TYPES } from './messages.ts'
import { beginsWith, type Settings } from './settings.ts'
import { dateOf } from './time.ts'

const OPENING_HQ = ascii('*HQ,'),
  CONFIRMED = ascii(',V4,'),
  R12 = ascii(',R12,')
const TYPE_TEXT = TYPES.map(([type]) => ascii(type))

export function ack(
  bytes: Uint8Array,
  start: number,
  end: number,
  receivedMs: number,
  reply: Uint8Array,
  at: number,
  settings: Settings,
): number {
  if (bytes[start] !== STAR) return ackBinary(bytes, start, end, receivedMs, reply, at, settings)
  const id = idEnd(bytes, start, end)
  let typeEnd = id + 1
  while (typeEnd < end && bytes[typeEnd] !== COMMA && bytes[typeEnd] !== HASH) typeEnd++
  const row = typeRow(bytes, id + 1, typeEnd)
  const answer = ANSWER_OF[row]
  if (answer === Answer.none) return 0
  if (answer === Answer.echo) return copy(bytes, start, end, reply, at) - at
  let to = copy(bytes, start, id, reply, at)
  if (answer === Answer.bare) {
    reply[to++] = COMMA
    to = append(TYPE_TEXT[row], reply, to)
  } else if (confirmsAll(bytes, start + ID_START, id, settings)) {
    to = writeTime(receivedMs, reply, append(R12, reply, to))
  } else if (answer === Answer.time) {
    to = append(TYPE_TEXT[row], reply, append(CONFIRMED, reply, to))
    reply[to++] = COMMA
    to = writeTime(receivedMs, reply, writeDate(receivedMs, reply, to))
  } else return 0
  reply[to++] = HASH
  return to - at
}

function ackBinary(
  bytes: Uint8Array,
  start: number,
  end: number,
  receivedMs: number,
  reply: Uint8Array,
  at: number,
  settings: Settings,
): number {
  if (bytes[start] !== DOLLAR || end - start < PLAIN_BYTES) return 0
  const id = append(OPENING_HQ, reply, at)
  const idTo = writeDigits(bytes, start + Binary.id, binaryIdDigits(bytes, start, end), reply, id)
  if (!confirmsAll(reply, id, idTo, settings)) return 0
  const to = writeTime(receivedMs, reply, append(R12, reply, idTo))
  reply[to] = HASH
  return to + 1 - at
}

/** True if the device with the id `bytes[from, to)` wants everything answered. */
function confirmsAll(bytes: Uint8Array, from: number, to: number, settings: Settings): boolean {
  if (settings.acknowledgeAll) return true
  const { acknowledged } = settings
  for (let index = 0; index < acknowledged.length; index++)
    if (beginsWith(bytes, from, to, acknowledged[index])) return true
  return false
}

function copy(bytes: Uint8Array, from: number, to: number, reply: Uint8Array, at: number): number {
  for (let index = from; index < to; index++) reply[at++] = bytes[index]
  return at
}

function append(text: Uint8Array, reply: Uint8Array, at: number): number {
  return copy(text, 0, text.length, reply, at)
}

/** `yyyymmdd` */
function writeDate(ms: number, reply: Uint8Array, at: number): number {
  const date = dateOf(ms)
  writePair((date / 1_000_000) | 0, reply, at)
  writePair(((date / 10_000) | 0) % 100, reply, at + 2)
  writePair(((date / 100) | 0) % 100, reply, at + 4)
  writePair(date % 100, reply, at + 6)
  return at + 8
}

/** `hhmmss` */
function writeTime(ms: number, reply: Uint8Array, at: number): number {
  const seconds = Math.floor(ms / 1000) % 86_400
  writePair((seconds / 3600) | 0, reply, at)
  writePair(((seconds / 60) | 0) % 60, reply, at + 2)
  writePair(seconds % 60, reply, at + 4)
  return at + 6
}

function writePair(value: number, reply: Uint8Array, at: number): void {
  reply[at] = ZERO + ((value / 10) | 0)
  reply[at + 1] = ZERO + (value % 10)
}

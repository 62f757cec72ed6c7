/** What the tracker waits to hear. Replies go out in the form of the frame: delimiter, version and phone bytes as received. */
import { ascii, UPPER_HEX_DIGITS } from '../ascii.ts'
import { u32 } from '../bytes.ts'
import { CIVIL, readCivil } from '../dates.ts'
import { appendDigits } from '../reply.ts'
import { toBcd } from './clock.ts'
import { ACCEPTED, F, FRAME, open, TEXT, refusal } from './frame.ts'
import { Answer, ANSWER, Props } from './messages.ts'
import type { Settings } from './settings.ts'
import { mediaId, nextPacket, replySerial } from './state.ts'

const GENERAL = 0x8001,
  REGISTERED = 0x8100,
  TIME_2019 = 0x8004,
  TIME_OLD = 0x8109,
  MEDIA_COMPLETE = 0x8800,
  JOINTECH = 0x4401
/** Serial of every 0x4401. */
const JOINTECH_SERIAL = 1
const DONE = 0,
  FAILED = 1

/** Replies with a serial of ours that the open frame gets. */
export const answers = (state: Int32Array): number => {
  const answer = kindOfAnswer()
  if (answer === Answer.none || answer === Answer.jointech) return 0
  if (answer === Answer.general) return F.joined
  return answer === Answer.media && completesMedia(state) ? 2 : 1
}

const kindOfAnswer = (): number => {
  const answer = ANSWER[F.id]
  if (answer === Answer.jointech) return F.props & Props.reserved ? answer : Answer.none
  // Every packet of a message is confirmed by itself.
  return (F.packets !== 0 || F.joined > 1) && answer !== Answer.media ? Answer.general : answer
}

/** The open frame is a whole media file, or the last packet of one whose packets all came in order. */
const completesMedia = (state: Int32Array): boolean => {
  if (F.packets === 0) return F.body + 4 <= F.bodyEnd
  if (F.packet !== F.packets) return false
  const next = nextPacket(state)
  return F.packet === next || F.packet + 1 === next
}

// The reply under construction.
let out: Uint8Array = new Uint8Array(0)
let outAt = 0
let outXor = 0

const put = (byte: number): void => {
  outXor ^= byte
  if (F.mark === 0x7e) {
    if (byte === 0x7e || byte === 0x7d) {
      out[outAt++] = 0x7d
      out[outAt++] = byte === 0x7e ? 0x02 : 0x01
      return
    }
  } else if (byte === 0xe6 || byte === 0xe7) {
    out[outAt++] = 0xe6
    out[outAt++] = byte === 0xe7 ? 0x02 : 0x01
    return
  } else if (byte === 0x3e || byte === 0x3d) {
    out[outAt++] = 0x3e
    out[outAt++] = byte === 0x3d ? 0x02 : 0x01
    return
  }
  out[outAt++] = byte
}

const put16 = (value: number): void => {
  put(value >> 8)
  put(value & 0xff)
}

/** Delimiter and header; the body's bytes follow with `put`, then `close`. */
const head = (id: number, bodyBytes: number, serial: number): void => {
  out[outAt++] = F.mark
  outXor = 0
  put16(id)
  put16(bodyBytes | (F.is2019 ? Props.version2019 : 0))
  if (F.is2019) put(F.bytes[F.head + 4])
  for (let at = 0; at < F.phoneBytes; at++) put(F.bytes[F.phone + at])
  if (id === JOINTECH) put(serial)
  else put16(serial)
}

const close = (): void => {
  put(outXor)
  out[outAt++] = F.mark
}

export const ack = (
  bytes: Uint8Array,
  start: number,
  end: number,
  receivedMs: number,
  reply: Uint8Array,
  at: number,
  settings: Settings,
  state: Int32Array,
): number => {
  const opened = open(bytes, start, end)
  if (opened === TEXT) return clockText(bytes, start, end, receivedMs, reply, at)
  if (opened !== FRAME || refusal(settings) !== ACCEPTED) return 0
  out = reply
  outAt = at
  // Our own counter. A caller that keeps none gets what it would be for a unit that counts from 1 and is always answered.
  const serial = replySerial(state)
  switch (kindOfAnswer()) {
    case Answer.none:
      return 0
    case Answer.general:
      for (let packet = 0; packet < F.joined; packet++) general(serial + packet, F.serial + packet, DONE)
      break
    case Answer.authenticate:
      general(serial, F.serial, settings.authStrict && !isRightCode() ? FAILED : DONE)
      break
    case Answer.register:
      register(serial)
      break
    case Answer.time2019:
      readCivil(receivedMs)
      head(TIME_2019, 6, serial)
      put(toBcd(CIVIL[0] % 100))
      for (let part = 1; part < 6; part++) put(toBcd(CIVIL[part]))
      close()
      break
    case Answer.timeOld:
      readCivil(receivedMs)
      head(TIME_OLD, 8, serial)
      put16(CIVIL[0])
      for (let part = 1; part < 6; part++) put(CIVIL[part])
      put(DONE)
      close()
      break
    case Answer.media:
      general(serial, F.serial, DONE)
      if (completesMedia(state)) mediaComplete((serial + 1) & 0xffff, state)
      break
    case Answer.jointech:
      head(JOINTECH, 3, JOINTECH_SERIAL)
      put16(F.id)
      put(DONE)
      close()
      break
  }
  return outAt - at
}

const general = (serial: number, answered: number, result: number): void => {
  head(GENERAL, 5, serial & 0xffff)
  put16(answered & 0xffff)
  put16(F.id)
  put(result)
  close()
}

/** The authentication code is the phone as it came, zeros included: nothing need be stored to know it again. */
const register = (serial: number): void => {
  const digits = 2 * F.phoneBytes
  head(REGISTERED, 3 + digits, serial)
  put16(F.serial)
  put(DONE)
  for (let digit = 0; digit < digits; digit++) put(codeDigit(digit))
  close()
}

const codeDigit = (digit: number): number => {
  const byte = F.bytes[F.phone + (digit >> 1)]
  return UPPER_HEX_DIGITS[digit & 1 ? byte & 15 : byte >> 4]
}

/** The code of the open 0x0102 is the one `register` gave. */
const isRightCode = (): boolean => {
  const digits = 2 * F.phoneBytes
  const from = F.is2019 ? F.body + 1 : F.body
  const length = F.is2019 ? F.bytes[F.body] : F.bodyEnd - F.body
  if (length !== digits || from + digits > F.bodyEnd) return false
  for (let digit = 0; digit < digits; digit++) if (F.bytes[from + digit] !== codeDigit(digit)) return false
  return true
}

const mediaComplete = (serial: number, state: Int32Array): void => {
  const id = F.packets === 0 ? u32(F.bytes, F.body) : mediaId(state)
  head(MEDIA_COMPLETE, 4, serial)
  put16(id >>> 16)
  put16(id & 0xffff)
  close()
}

const QUESTION = ascii('BASE,2,TIME')
const TIME_BYTES = 4

/** `(…BASE,2,TIME…)` gets the same text back with yyyymmddhhmmss for TIME; other texts get nothing. */
const clockText = (
  bytes: Uint8Array,
  start: number,
  end: number,
  receivedMs: number,
  reply: Uint8Array,
  at: number,
): number => {
  for (let from = start; from + QUESTION.length <= end; from++) {
    let length = 0
    while (length < QUESTION.length && bytes[from + length] === QUESTION[length]) length++
    if (length < QUESTION.length) continue
    const time = from + QUESTION.length - TIME_BYTES
    let to = at
    for (let byte = start; byte < time; byte++) reply[to++] = bytes[byte]
    readCivil(receivedMs)
    to = appendDigits(reply, to, CIVIL[0], 4)
    for (let part = 1; part < 6; part++) to = appendDigits(reply, to, CIVIL[part], 2)
    for (let byte = time + TIME_BYTES; byte < end; byte++) reply[to++] = bytes[byte]
    return to - at
  }
  return 0
}

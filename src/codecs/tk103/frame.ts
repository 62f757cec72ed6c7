/**
 * Where frames begin and end, whose they are, and what to answer. Source: KX402 "GPRS protocol" 1.5, "TK103 protocol",
 * field logs.
 *
 *   ( header    command  body )      header of 12 characters as a rule (8 to 15 are read), B, letter, two digits
 *   ( id , command , body )          id of 8 to 15 digits, two letters, two hexadecimal digits
 *
 * Text between two `$` may hold parentheses. Nothing escapes, nothing counts, nothing checks.
 */
import { ascii, COMMA, CR, DOLLAR, LF, NUL, SPACE, ZERO } from '../ascii.ts'
import { BAD_IDENTITY, FINAL, MAYBE, NEED_MORE, NO, YES } from '../codec.ts'
import { FROM, scanFields, TO } from '../fields.ts'
import { hashBytes, hashStart } from '../hash.ts'
import { isDigit, pair } from '../numbers.ts'
import { append } from '../reply.ts'
import { isBlockStart, timeOf } from './block.ts'
import {
  B,
  BO01,
  Body,
  BODY,
  BP00,
  BP05,
  BP18,
  BR00,
  BR01,
  BR03,
  BR04,
  CLOSE,
  COMMAND_BYTES,
  FIELDS_MAX,
  FRAME_BYTES_MAX,
  G,
  H,
  HEADER_MAX,
  HEADER_MIN,
  HEADER_USUAL,
  IDENTITY_BYTES,
  O,
  OPEN,
  packed,
  S,
  X,
} from './messages.ts'
import { yearFirst } from './time.ts'

/** Classes of bytes. */
const DIGIT = 1,
  LETTER = 2,
  UPPER = 4,
  UPPER_HEX = 8
const CLASS = new Uint8Array(256)
for (const byte of ascii('0123456789')) CLASS[byte] = DIGIT | UPPER_HEX
for (const byte of ascii('abcdefghijklmnopqrstuvwxyz')) CLASS[byte] = LETTER
for (const byte of ascii('ABCDEFGHIJKLMNOPQRSTUVWXYZ')) CLASS[byte] = LETTER | UPPER
for (const byte of ascii('ABCDEF')) CLASS[byte] |= UPPER_HEX
/** A frame whose closing `$` is missing ends when nothing came for this long. */
const DOLLAR_SILENT_MS = 5000

/** NO, YES, or MAYBE if the bytes end inside: `B`, a capital, two digits at `at`. */
const fixedAt = (bytes: Uint8Array, at: number, end: number): number => {
  if (at < end && bytes[at] !== B) return NO
  if (at + 1 < end && !(CLASS[bytes[at + 1]] & UPPER)) return NO
  if (at + 2 < end && !(CLASS[bytes[at + 2]] & DIGIT)) return NO
  if (at + 3 < end && !(CLASS[bytes[at + 3]] & DIGIT)) return NO
  return at + 3 < end ? YES : MAYBE
}

/** The same for a comma, two capitals, two hexadecimal digits, a comma at `at`. */
const commaAt = (bytes: Uint8Array, at: number, end: number): number => {
  if (at < end && bytes[at] !== COMMA) return NO
  if (at + 1 < end && !(CLASS[bytes[at + 1]] & UPPER)) return NO
  if (at + 2 < end && !(CLASS[bytes[at + 2]] & UPPER)) return NO
  if (at + 3 < end && !(CLASS[bytes[at + 3]] & UPPER_HEX)) return NO
  if (at + 4 < end && !(CLASS[bytes[at + 4]] & UPPER_HEX)) return NO
  if (at + 5 < end && bytes[at + 5] !== COMMA) return NO
  return at + 5 < end ? YES : MAYBE
}

/** The command at `at` as `BODY` is indexed. */
export const packedAt = (bytes: Uint8Array, at: number): number => packed(bytes[at + 1], bytes[at + 2], bytes[at + 3])

/** Where the command of the frame at `start` begins; -1: it has none. Behind a comma it is the comma dialect's. */
export const commandAt = (bytes: Uint8Array, start: number, end: number): number => {
  if (start >= end || bytes[start] !== OPEN) return -1
  const from = start + 1
  const usual = from + HEADER_USUAL
  if (fixedAt(bytes, usual, end) === YES && CLASS[bytes[usual - 1]] !== 0) return usual
  let digits = 0
  while (from + digits < end && digits <= HEADER_MAX && CLASS[bytes[from + digits]] & DIGIT) digits++
  if (digits >= HEADER_MIN && digits <= HEADER_MAX && commaAt(bytes, from + digits, end) === YES)
    return from + digits + 1
  for (let at = from + HEADER_MIN; at <= from + HEADER_MAX; at++) {
    if (at > end - COMMAND_BYTES) return -1
    if (fixedAt(bytes, at, end) === YES && CLASS[bytes[at - 1]] !== 0) return at
  }
  return -1
}

/** True if the frame is in the comma dialect. */
export const isComma = (bytes: Uint8Array, command: number): boolean => bytes[command - 1] === COMMA

/** Where the body ends: at the closing parenthesis. */
export const bodyEnd = (bytes: Uint8Array, start: number, end: number): number =>
  end > start && bytes[end - 1] === CLOSE ? end - 1 : end

export const split = (bytes: Uint8Array, start: number, end: number, silentMs: number): number => {
  if (start >= end) return NEED_MORE
  if (bytes[start] !== OPEN) {
    if (!isPadding(bytes[start])) return start - nextOpen(bytes, start + 1, end)
    let at = start + 1
    while (at < end && isPadding(bytes[at])) at++
    return start - at
  }
  const stop = Math.min(end, start + FRAME_BYTES_MAX)
  let inText = false
  let lastClose = -1
  for (let at = start + 1; at < stop; at++) {
    const byte = bytes[at]
    if (byte === DOLLAR) inText = !inText
    else if (byte === CLOSE) {
      if (!inText) return sized(bytes, start, at + 1)
      lastClose = at
    } else if (byte === OPEN) {
      // The frame before was cut off; and one whose `$` is missing ends where another plainly begins.
      if (!inText) return start - at
      if (lastClose >= 0 && onlyPadding(bytes, lastClose + 1, at) && opensFrame(bytes, at, stop))
        return sized(bytes, start, lastClose + 1)
    }
  }
  if (end - start > FRAME_BYTES_MAX) return start - nextOpen(bytes, start + 1, end)
  if (lastClose >= 0 && silentMs >= DOLLAR_SILENT_MS && onlyPadding(bytes, lastClose + 1, end))
    return sized(bytes, start, lastClose + 1)
  return silentMs === FINAL ? start - nextOpen(bytes, start + 1, end) : NEED_MORE
}

/** Size of the unit `bytes[start, end)`; negative if it has no command of a tracker: an echo of a server's, or junk. */
const sized = (bytes: Uint8Array, start: number, end: number): number => {
  const command = commandAt(bytes, start, end)
  if (command < 0) return start - end
  return isTopfly(bytes, command, end) ? start - end : end - start
}

/** True if the command is Topflytech's `BP00XG`, which must not be answered here. */
export const isTopfly = (bytes: Uint8Array, command: number, end: number): boolean => {
  const body = command + COMMAND_BYTES
  if (body + 1 >= end || bytes[body] !== X || bytes[body + 1] !== G) return false
  return !isComma(bytes, command) && packedAt(bytes, command) === BP00
}

/** True if a header and a command stand behind the parenthesis at `at`. */
const opensFrame = (bytes: Uint8Array, at: number, end: number): boolean => commandAt(bytes, at, end) >= 0

const isPadding = (byte: number): boolean => byte === CR || byte === LF || byte === SPACE || byte === NUL

const onlyPadding = (bytes: Uint8Array, from: number, to: number): boolean => {
  for (let at = from; at < to; at++) if (!isPadding(bytes[at])) return false
  return true
}

/** The first opening parenthesis in `bytes[from, end)`, or `end`. */
const nextOpen = (bytes: Uint8Array, from: number, end: number): number => {
  let at = from
  while (at < end && bytes[at] !== OPEN) at++
  return at
}

/** Where `HSO` stands in a handshake: first, or behind up to 15 characters that name the tracker; -1: nowhere. */
export const handshakeAt = (bytes: Uint8Array, body: number, to: number): number => {
  for (let at = body; at <= body + IDENTITY_BYTES && at + 2 < to; at++)
    if (bytes[at] === H && bytes[at + 1] === S && bytes[at + 2] === O) return at
  return -1
}

/** Start of the 15 characters in a handshake or login that name the tracker; -1: the frame has none. */
export const identityAt = (bytes: Uint8Array, command: number, to: number): number => {
  const code = packedAt(bytes, command)
  if (code !== BP00 && code !== BP05) return -1
  const body = command + COMMAND_BYTES
  if (to - body < IDENTITY_BYTES) return -1
  for (let at = body; at < body + IDENTITY_BYTES; at++) if (CLASS[bytes[at]] === 0) return -1
  // Some handshakes repeat the header in its place.
  if (code === BP00) return handshakeAt(bytes, body, to) === body + IDENTITY_BYTES ? body : -1
  return isBlockStart(bytes, body, to) || repeatsHeader(bytes, command, to) ? -1 : body
}

/** Where the header of the frame begins whose command stands at `command`. */
export const headerAt = (bytes: Uint8Array, command: number): number => {
  let at = command
  while (bytes[at - 1] !== OPEN) at--
  return at
}

/** True if a login repeats its header where the 15 characters should be. */
const repeatsHeader = (bytes: Uint8Array, command: number, to: number): boolean => {
  const header = headerAt(bytes, command)
  const size = command - header
  const body = command + COMMAND_BYTES
  const behind = body + size
  if (size >= IDENTITY_BYTES || behind >= to) return false
  for (let at = 0; at < size; at++) if (bytes[body + at] !== bytes[header + at]) return false
  return bytes[behind] === COMMA || isBlockStart(bytes, behind, to)
}

/** Where the position of a login begins. */
export const loginPlace = (bytes: Uint8Array, command: number, to: number): number => {
  const body = command + COMMAND_BYTES
  if (identityAt(bytes, command, to) >= 0) return body + IDENTITY_BYTES
  return repeatsHeader(bytes, command, to) ? body + command - headerAt(bytes, command) : body
}

const NOT_DIGITS = -1
/** How many zeros a run of digits opens with; NOT_DIGITS. */
const leadingZeros = (bytes: Uint8Array, from: number, to: number): number => {
  let zeros = 0
  for (let at = from; at < to; at++) {
    if (!isDigit(bytes[at])) return NOT_DIGITS
    if (bytes[at] === ZERO && zeros === at - from) zeros++
  }
  return zeros
}

/** Zeros before an IMEI are its own unless there are more than any has. */
const IMEI_ZEROS_MAX = 2
/** Writes what `bytes[from, to)` identifies: an IMEI as it is, other digits without padding, letters as they are. */
const writeId = (bytes: Uint8Array, from: number, to: number, id: Uint8Array): number => {
  const zeros = leadingZeros(bytes, from, to)
  let at = from
  if (zeros > (to - from === IDENTITY_BYTES ? IMEI_ZEROS_MAX : 0)) at += zeros
  let length = 0
  for (; at < to; at++) {
    if (CLASS[bytes[at]] === 0) return BAD_IDENTITY
    id[length++] = bytes[at]
  }
  return length
}

/** True if the identity at `at` is an IMEI, and not a header with zeros before it. */
export const isImei = (bytes: Uint8Array, at: number): boolean => {
  const zeros = leadingZeros(bytes, at, at + IDENTITY_BYTES)
  return zeros >= 0 && zeros <= IMEI_ZEROS_MAX
}

/** True if the identity at `at` says less than the header: zeros, or the header behind zeros. */
const isPaddedHeader = (bytes: Uint8Array, at: number, header: number, command: number): boolean => {
  const padding = IDENTITY_BYTES - (command - header)
  if (leadingZeros(bytes, at, at + IDENTITY_BYTES) === IDENTITY_BYTES) return true
  for (let offset = 0; offset < IDENTITY_BYTES; offset++) {
    const want = offset < padding ? ZERO : bytes[header + offset - padding]
    if (bytes[at + offset] !== want) return false
  }
  return padding > 0
}

/** What a session remembers. Word 0: BOUND, a login told the identity. Word 1: hash of that login's header. */
const BOUND = 1

export const identify = (bytes: Uint8Array, start: number, end: number, id: Uint8Array, state: Int32Array): number => {
  const command = commandAt(bytes, start, end)
  if (command < 0) return 0
  const header = start + 1
  if (isComma(bytes, command)) return writeId(bytes, header, command - 1, id)
  const to = bodyEnd(bytes, start, end)
  const identity = identityAt(bytes, command, to)
  if (identity >= 0 && !isPaddedHeader(bytes, identity, header, command)) {
    if (leadingZeros(bytes, identity, identity + IDENTITY_BYTES) < 0) return BAD_IDENTITY
    return writeId(bytes, identity, identity + IDENTITY_BYTES, id)
  }
  // The session knows better than a header that it knows, or that is a running number.
  if (isOfSession(bytes, header, command, state)) return 0
  if (isOwnTime(bytes, header, command, to)) return 0
  return writeId(bytes, header, command, id)
}

/** True if a frame with this header, and no identity of its own, belongs to the tracker that has logged in. */
const isOfSession = (bytes: Uint8Array, header: number, command: number, state: Int32Array): boolean => {
  if (!(state[0] & BOUND)) return false
  if (state[1] === headerHash(bytes, header, command)) return true
  return leadingZeros(bytes, header, command) === command - header || isMoment(bytes, header, command)
}

/** True if the header is a date and time of day, `YYMMDDhhmmss`: some firmware numbers its frames so. */
const isMoment = (bytes: Uint8Array, header: number, command: number): boolean =>
  command - header === HEADER_USUAL && !Number.isNaN(yearFirst(bytes, header, header + 6))

/** True if the header is the date and time that the frame itself has. */
const isOwnTime = (bytes: Uint8Array, header: number, command: number, to: number): boolean => {
  if (command - header !== HEADER_USUAL || pair(bytes, header + 2) > 12 || pair(bytes, header + 4) > 31) return false
  const date = dateAt(bytes, command, to)
  if (date < 0 || !sameSix(bytes, header, date)) return false
  const time = BODY[packedAt(bytes, command)] === Body.obd ? date + 6 : timeOf(bytes, date, to)
  return time >= 0 && sameSix(bytes, header + 6, time)
}

const sameSix = (bytes: Uint8Array, left: number, right: number): boolean => {
  for (let at = 0; at < 6; at++) if (bytes[left + at] !== bytes[right + at]) return false
  return true
}

/** Where the date of a frame's GPS block stands, or of its OBD values; -1: it has none. */
const dateAt = (bytes: Uint8Array, command: number, to: number): number => {
  let at = command + COMMAND_BYTES
  const body = BODY[packedAt(bytes, command)]
  if (body === Body.alarm) at++
  else if (body === Body.login) at = loginPlace(bytes, command, to)
  else if (body === Body.fix || body === Body.obdAlarm || body === Body.obd) {
    const field = body === Body.obdAlarm ? 4 : 3
    if (scanFields(bytes, at, to, FIELDS_MAX, 0) <= field) return -1
    at = FROM[field]
    if (body === Body.obd) return TO[field] - at === HEADER_USUAL ? at : -1
  }
  return isBlockStart(bytes, at, to) ? at : -1
}

/** Keeps what later frames without an identity need to be told from those of another tracker. */
export const advance = (bytes: Uint8Array, start: number, end: number, state: Int32Array): void => {
  const command = commandAt(bytes, start, end)
  if (command < 0) return
  const header = start + 1
  if (!isComma(bytes, command)) {
    if (identityAt(bytes, command, bodyEnd(bytes, start, end)) >= 0) {
      state[0] = BOUND
      state[1] = headerHash(bytes, header, command)
      return
    }
    if (isOfSession(bytes, header, command, state)) return
  }
  state[0] = state[1] = 0
}

const headerHash = (bytes: Uint8Array, header: number, command: number): number => {
  let hash = command - header
  for (let at = header; at < command; at++) hash = Math.imul(hash ^ bytes[at], 0x01000193)
  return hash ^ (hash >>> 15)
}

const HANDSHAKE = ascii('AP01HSO'),
  LOGIN = ascii('AP05'),
  ALARM = ascii('AS01'),
  GROUPS = ascii('AP19'),
  SCREEN = ascii('AS07'),
  ON_REQUEST = ascii('AR03'),
  OK = ascii('ok')

/** Writes the reply: `(<header>AP05)` and its like, with the header as received; `ok` in the comma dialect if wanted. */
export const ack = (
  bytes: Uint8Array,
  start: number,
  end: number,
  reply: Uint8Array,
  at: number,
  documented: boolean,
  ok: boolean,
): number => {
  const command = commandAt(bytes, start, end)
  if (command < 0) return 0
  if (isComma(bytes, command)) return ok ? append(reply, at, OK) - at : 0
  const body = command + COMMAND_BYTES
  const to = bodyEnd(bytes, start, end)
  const code = packedAt(bytes, command)
  let text: Uint8Array
  if (code === BP05) text = LOGIN
  else if (code === BP00) {
    if (isTopfly(bytes, command, end)) return 0
    text = HANDSHAKE
  } else if (code === BO01) {
    if (body >= to) return 0
    text = ALARM
  } else if (!documented) return 0
  else if (code === BP18) text = GROUPS
  else if (code === BR04) text = SCREEN
  else if (code === BR03) text = ON_REQUEST
  else return 0
  let written = at
  for (let byte = start; byte < command; byte++) reply[written++] = bytes[byte]
  written = append(reply, written, text)
  if (code === BO01) reply[written++] = bytes[body]
  reply[written++] = CLOSE
  return written - at
}

/**
 * Command and body: the header may be a running number. Of BR00 and BR01 the body alone: some firmware sends as BR01 what
 * it has stored, and may have sent, as BR00.
 */
export const hash = (bytes: Uint8Array, start: number, end: number, into: Uint32Array): void => {
  const command = commandAt(bytes, start, end)
  let from = command < 0 ? start : command
  if (command >= 0 && !isComma(bytes, command)) {
    const code = packedAt(bytes, command)
    if (code === BR00 || code === BR01) from += COMMAND_BYTES
  }
  hashStart(into)
  hashBytes(bytes, from, bodyEnd(bytes, start, end), into)
}

/** What a login tells besides the identity: the header, which commands must carry. */
export const describeLogin = (bytes: Uint8Array, start: number, end: number): Record<string, unknown> => {
  const command = commandAt(bytes, start, end)
  if (command < 0 || isComma(bytes, command)) return {}
  let header = ''
  for (let at = start + 1; at < command; at++) header += String.fromCharCode(bytes[at])
  return { header }
}

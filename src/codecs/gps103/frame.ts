/**
 * Where frames begin and end, whose they are, and what to answer. Source: Coban GPRS protocol (2014-12), field logs.
 *
 *   <text> ; | LF | CR LF          logon, report, heartbeat (digits only)
 *   imei:<text>,*                  star variant: no other terminator
 *   <text>                         cut where the next `imei:`, `##,` or `**,imei:` begins: its terminator is missing
 *   **,imei:<text> ;               a server's command that came back: dropped
 *
 * A lone CR ends a frame too, once the byte behind it (or a silence) shows that no LF belongs to it: the page lists CR
 * behind heartbeats and CR LF behind frames, and a field never holds one.
 */
import {
  ascii,
  COLON,
  COMMA,
  CR,
  HASH,
  LF,
  LOWER_E,
  LOWER_I,
  LOWER_M,
  NINE,
  NUL,
  SEMICOLON,
  SPACE,
  STAR,
  UPPER_A,
  UPPER_E,
  UPPER_F,
  UPPER_N,
  UPPER_S,
  UPPER_W,
  ZERO,
} from '../ascii.ts'
import { BAD_IDENTITY, DEVICE_ID_MAX, FINAL, MAYBE, NEED_MORE, NO, YES } from '../codec.ts'
import { FROM, scanFields, single, TO } from '../fields.ts'
import { hashBytes, hashStart } from '../hash.ts'
import { append } from '../reply.ts'
import { endsWithStar, textEnd } from './fields.ts'
import { keywordEnd } from './keywords.ts'
import {
  COMMAND,
  Field,
  FRAME_BYTES_MAX,
  HEARTBEAT_DIGITS_MAX,
  IMEI,
  LOGON,
  LOGON_FIELDS_MAX,
  PHOTO_FRAME_BYTES_MAX,
  TAIL_BYTES_MAX,
} from './messages.ts'
import { hemisphere, remember } from './session.ts'
import { zoneShown } from './time.ts'
import type { Zones } from './zones.ts'

/** A CR after which nothing came for this long has no LF. */
const CR_SILENT_MS = 1000
/** Spaces between a heartbeat and what ends it. */
const HEARTBEAT_BYTES_MAX = 48

/** Bytes that may end a frame, and the last bytes of openings inside one: the scan stops at nothing else. */
const STOPS = new Uint8Array(256)
for (const byte of [SEMICOLON, LF, CR, STAR, COLON, HASH]) STOPS[byte] = 1
/** Bytes of openings, heartbeats and padding: at the end of garbage they may belong to a frame to come. */
const OPENING_BYTES = new Uint8Array(256)
for (const byte of [...IMEI, ...COMMAND, ...LOGON, ...ascii('0123456789\r\n \0')]) OPENING_BYTES[byte] = 1

/** NO, YES, or MAYBE if the bytes end inside `opening`. */
const opensWith = (bytes: Uint8Array, at: number, end: number, opening: Uint8Array): number => {
  const length = Math.min(opening.length, end - at)
  for (let index = 0; index < length; index++) if (bytes[at + index] !== opening[index]) return NO
  return length === opening.length ? YES : MAYBE
}

export const split = (bytes: Uint8Array, start: number, end: number, silentMs: number): number => {
  if (start >= end) return NEED_MORE
  const first = bytes[start]
  if (first >= ZERO && first <= NINE) return splitHeartbeat(bytes, start, end, silentMs)
  let opening = IMEI
  if (first === HASH) opening = LOGON
  else if (first === STAR) opening = COMMAND
  else if (isPadding(first)) return -paddingBytes(bytes, start, end)
  else if (first !== LOWER_I) return skipGarbage(bytes, start, end, silentMs)
  const verdict = opensWith(bytes, start, end, opening)
  if (verdict === YES) return splitText(bytes, start, end, silentMs)
  return verdict === MAYBE && silentMs !== FINAL ? NEED_MORE : skipGarbage(bytes, start, end, silentMs)
}

/** A frame that opens with `imei:`, `##,` or `**,imei:`. */
const splitText = (bytes: Uint8Array, start: number, end: number, silentMs: number): number => {
  const first = bytes[start]
  // The first `imei:` of a logon or command is its own.
  let own = start
  if (first === STAR) own = start + 3
  else if (first === HASH) for (own = start + 3; own < end && bytes[own] === SPACE;) own++
  const sign = first === STAR ? -1 : 1
  let limit = start + FRAME_BYTES_MAX
  for (let at = start + LOGON.length; ; at++) {
    const stop = Math.min(end, limit)
    while (at < stop && STOPS[bytes[at]] === 0) at++
    if (at >= stop) {
      if (limit === start + FRAME_BYTES_MAX && at === limit && isPhoto(bytes, start, end)) {
        limit = start + PHOTO_FRAME_BYTES_MAX
        at--
        continue
      }
      if (end > limit || (end === limit && silentMs !== FINAL)) return skipGarbage(bytes, start, end, silentMs)
      return silentMs === FINAL ? sign * (end - start) : NEED_MORE
    }
    const byte = bytes[at]
    if (byte === SEMICOLON || byte === LF) return sign * (at + 1 - start)
    if (byte === CR) {
      const size = crSize(bytes, at, end, silentMs)
      return size === 0 ? NEED_MORE : sign * (at + size - start)
    }
    if (byte === STAR) {
      if (first === LOWER_I && bytes[at - 1] === COMMA) return at + 1 - start
    } else {
      const next = openingAt(bytes, start, at, end)
      if (next >= 0 && next > start && (byte === HASH || at - 4 > own)) return sign * (next - start)
    }
  }
}

/** Size of the line end that begins with the CR at `at`; 0 if a LF may follow. */
const crSize = (bytes: Uint8Array, at: number, end: number, silentMs: number): number => {
  if (at + 1 < end) return bytes[at + 1] === LF ? 2 : 1
  return silentMs >= CR_SILENT_MS ? 1 : 0
}

/** Where the opening begins whose colon (of `imei:`) or first hash lies at `at`; -1 if there is none. */
const openingAt = (bytes: Uint8Array, start: number, at: number, end: number): number => {
  if (bytes[at] === HASH) return at + 2 < end && bytes[at + 1] === HASH && bytes[at + 2] === COMMA ? at : -1
  const imei = at - 4
  if (imei < start || bytes[imei] !== LOWER_I || bytes[imei + 1] !== LOWER_M) return -1
  if (bytes[imei + 2] !== LOWER_E || bytes[imei + 3] !== LOWER_I) return -1
  // A command that came back is cut off with its asterisks, or it would pass for a logon.
  const command = imei - 3
  return command > start && bytes[command] === STAR && bytes[command + 1] === STAR && bytes[command + 2] === COMMA
    ? command
    : imei
}

/** `imei:<digits>,vr,` */
const isPhoto = (bytes: Uint8Array, start: number, end: number): boolean => {
  if (bytes[start] !== LOWER_I) return false
  let at = start + IMEI.length
  while (at < end && bytes[at] >= ZERO && bytes[at] <= NINE) at++
  return opensWith(bytes, at, end, PHOTO) === YES
}
const PHOTO = ascii(',vr,')

/** Digits, and their terminator unless a report is glued to them. */
const splitHeartbeat = (bytes: Uint8Array, start: number, end: number, silentMs: number): number => {
  let at = start
  while (at < end && bytes[at] >= ZERO && bytes[at] <= NINE) at++
  if (at - start > HEARTBEAT_DIGITS_MAX) return skipGarbage(bytes, start, end, silentMs)
  const digitsEnd = at
  while (at < end && (bytes[at] === SPACE || bytes[at] === NUL)) at++
  if (at - start > HEARTBEAT_BYTES_MAX) return skipGarbage(bytes, start, end, silentMs)
  if (at === end) return silentMs === FINAL ? end - start : NEED_MORE
  const byte = bytes[at]
  if (byte === SEMICOLON || byte === LF) return at + 1 - start
  if (byte === CR) {
    const size = crSize(bytes, at, end, silentMs)
    return size === 0 ? NEED_MORE : at + size - start
  }
  const imei = opensWith(bytes, at, end, IMEI)
  const verdict = imei === NO ? opensWith(bytes, at, end, LOGON) : imei
  if (verdict === YES) return digitsEnd - start
  return verdict === MAYBE && silentMs !== FINAL ? NEED_MORE : skipGarbage(bytes, start, end, silentMs)
}

const isPadding = (byte: number): boolean => byte === CR || byte === LF || byte === SPACE || byte === NUL

const paddingBytes = (bytes: Uint8Array, start: number, end: number): number => {
  let at = start
  while (at < end && isPadding(bytes[at])) at++
  return at - start
}

/**
 * -n: garbage up to the next `imei:` or `##,`, or through the next `;`. Without one of these, all there is but a tail
 * that may be the beginning of a frame. The tail begins with a byte that cannot open a frame, so that a later call
 * still knows it for garbage: digits in its middle never pass for a heartbeat, wherever the reads were cut.
 */
const skipGarbage = (bytes: Uint8Array, start: number, end: number, silentMs: number): number => {
  for (let at = start; at < end; at++) {
    const byte = bytes[at]
    if (byte === SEMICOLON) return start - at - 1
    if (byte !== COLON && byte !== HASH) continue
    const next = openingAt(bytes, start, at, end)
    if (next > start) return start - next
  }
  if (silentMs === FINAL) return start - end
  let keep = end - 1
  const least = Math.max(start, end - TAIL_BYTES_MAX)
  while (keep > least && OPENING_BYTES[bytes[keep]] !== 0) keep--
  return start - keep
}

/** What a frame is, from its first fields. */
export const Kind = { none: 0, heartbeat: 1, logon: 2, photo: 3, report: 4 } as const

/** Kind of a frame whose first fields `scanFields` has noted, `count` of them at the least. */
export const kindOf = (bytes: Uint8Array, count: number): number => {
  const keyword = FROM[Field.keyword]
  if (count >= 2 && TO[Field.keyword] - keyword === 2 && bytes[keyword] === 0x76 && bytes[keyword + 1] === 0x72)
    return Kind.photo
  return count <= LOGON_FIELDS_MAX ? Kind.logon : Kind.report
}

/** Kind of a frame by its opening; `report` for everything that opens with `imei:`. */
export const openingKind = (bytes: Uint8Array, start: number, end: number): number => {
  if (start >= end) return Kind.none
  const first = bytes[start]
  if (first >= ZERO && first <= NINE) return Kind.heartbeat
  if (opensWith(bytes, start, end, IMEI) === YES) return Kind.report
  return opensWith(bytes, start, end, LOGON) === YES ? Kind.logon : Kind.none
}

/** Start of the id in a frame; sets `idEnd`. -1: it has none. */
const idStart = (bytes: Uint8Array, start: number, end: number): number => {
  const kind = openingKind(bytes, start, end)
  if (kind === Kind.none) return -1
  let at = start
  if (kind === Kind.logon) for (at += LOGON.length; at < end && bytes[at] === SPACE;) at++
  if (kind !== Kind.heartbeat) {
    if (opensWith(bytes, at, end, IMEI) !== YES) return -1
    at += IMEI.length
  }
  while (at < end && bytes[at] === SPACE) at++
  let to = at
  while (to < end && bytes[to] !== COMMA && bytes[to] !== SEMICOLON && bytes[to] !== CR && bytes[to] !== LF) to++
  while (to > at && (bytes[to - 1] === SPACE || bytes[to - 1] === NUL)) to--
  idEnd = to
  return at
}
let idEnd = 0

export const identify = (bytes: Uint8Array, start: number, end: number, id: Uint8Array): number => {
  const from = idStart(bytes, start, end)
  if (from < 0) return 0
  const length = idEnd - from
  if (length > DEVICE_ID_MAX) return BAD_IDENTITY
  for (let at = 0; at < length; at++) {
    const byte = bytes[from + at]
    if (byte < ZERO || byte > NINE) return BAD_IDENTITY
    id[at] = byte
  }
  return length
}

const REPLY_LOGON = ascii('LOAD'),
  REPLY_HEARTBEAT = ascii('ON'),
  SOS_END = ascii(',E;'),
  HELP = ascii('help me')

/** Writes `LOAD`, `ON` or `**,imei:<id>,E;`; `terminator` follows the first two. */
export const ack = (
  bytes: Uint8Array,
  start: number,
  end: number,
  reply: Uint8Array,
  at: number,
  terminator: Uint8Array,
): number => {
  let kind = openingKind(bytes, start, end)
  if (kind === Kind.report) {
    // The keyword and whether there is data behind it: the first three commas tell.
    kind = kindOf(bytes, scanFields(bytes, start, textEnd(bytes, start, end), LOGON_FIELDS_MAX + 1, 0))
    if (kind === Kind.report) return ackHelp(bytes, start, end, reply, at)
  }
  if (kind !== Kind.logon && kind !== Kind.heartbeat) return 0
  const written = append(reply, at, kind === Kind.logon ? REPLY_LOGON : REPLY_HEARTBEAT)
  return append(reply, written, terminator) - at
}

/** The cancellation that stops the repetition of `help me`; nothing for other reports. */
const ackHelp = (bytes: Uint8Array, start: number, end: number, reply: Uint8Array, at: number): number => {
  const keyword = FROM[Field.keyword]
  if (bytes[keyword] !== HELP[0]) return 0
  const length = keywordEnd(bytes, keyword, TO[Field.keyword]) - keyword
  if (length !== HELP.length || opensWith(bytes, keyword, keyword + length, HELP) !== YES) return 0
  const from = idStart(bytes, start, end)
  if (from < 0 || idEnd - from > DEVICE_ID_MAX) return 0
  let to = append(reply, at, COMMAND)
  for (let digit = from; digit < idEnd; digit++) reply[to++] = bytes[digit]
  return append(reply, to, SOS_END) - at
}

/** Remembers the zone and the hemispheres that a valid report shows. */
export const advance = (
  bytes: Uint8Array,
  start: number,
  end: number,
  receivedMs: number,
  state: Int32Array,
  zones: Zones,
): void => {
  if (openingKind(bytes, start, end) !== Kind.report) return
  const count = scanFields(bytes, start, textEnd(bytes, start, end), Field.speed + 2, 0)
  if (count <= Field.utc) return
  // A taxi dispatch report has one field more in front.
  const shift = single(bytes, Field.flag) === UPPER_F ? 0 : 1
  if (single(bytes, Field.flag + shift) !== UPPER_F) return
  // A report without a fix repeats old times and places.
  if (single(bytes, Field.validity + shift) !== UPPER_A) return
  const zone = zoneShown(bytes, Field.localTime + shift, Field.utc + shift, receivedMs, state, zones)
  // Letters before the numbers move the latitude's one field to the left, and so the longitude's.
  const before = hemisphere(bytes, Field.latitude + shift, UPPER_N, UPPER_S) ? 1 : 0
  const north = hemisphere(bytes, Field.northSouth + shift - before, UPPER_N, UPPER_S)
  const east = hemisphere(bytes, Field.eastWest + shift - before, UPPER_E, UPPER_W)
  remember(bytes, FROM[0], TO[0], zone, north, east, state)
}

export const hash = (bytes: Uint8Array, start: number, end: number, into: Uint32Array): void => {
  let to = textEnd(bytes, start, end)
  if (endsWithStar(bytes, start, to)) to--
  hashStart(into)
  hashBytes(bytes, start, to, into)
}

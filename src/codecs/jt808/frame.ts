/**
 * Frames of JT/T 808: where they end, and what their header says.
 *
 *   7e | id u16, properties u16, [version u8,] phone BCD[6 or 10], serial u16, [packets u16, packet u16,] body | xor u8 | 7e
 *   e7 | the same with a phone of 7 bytes | e7           some locks, with escapes of their own
 *   ( text )                                             the side channel of lock units, between frames
 *
 * Packets of one message that follow one another are one frame: its body is read whole.
 *
 * Inside, 7e travels as 7d 02 and 7d as 7d 01; between e7: e6 as e6 01, e7 as e6 02, 3e as 3e 01, 3d as 3e 02. A
 * delimiter may be shared: the frame behind it then has none of its own in front. Repeated ones are padding.
 */
import { isBcd, u16 } from '../bytes.ts'
import { BAD_IDENTITY, MAYBE, NEED_MORE, NO, YES } from '../codec.ts'
import { hashBytes, hashStart } from '../hash.ts'
import { Body, BODY, KNOWN, Props } from './messages.ts'
import type { Settings } from './settings.ts'

const MARK = 0x7e,
  ESCAPE = 0x7d,
  MARK_E7 = 0xe7,
  ESCAPE_E6 = 0xe6,
  ESCAPE_3E = 0x3e,
  OPEN_TEXT = 0x28,
  CLOSE_TEXT = 0x29,
  CR = 13,
  LF = 10,
  SPACE = 32
/** Longest frame on the wire; the standard's is 2092. */
export const FRAME_MAX = 4096
/** Longest parenthesised text. */
const TEXT_MAX = 512
/** Delimiters in a row that are kept as padding of the frame behind them. */
const PADDING_MAX = 64
/** Packets that are joined, at most: their answers fit ACK_BYTES_MAX, their locations RECORDS_PER_FRAME_MAX. */
const JOINED_MAX = 14
/** Bit 13 of the properties, in their first byte. */
const FRAGMENTED_HIGH = 0x20
/** The shortest content: the 11 bytes of a Jointech header and the check byte. */
const CONTENT_MIN = 12
/** Silence after which bytes that open no frame are given back, and an unfinished frame. */
const LOOSE_MS = 1000,
  GIVE_UP_MS = 30_000
const HEAD_BYTES = 4

/** First bytes of a header, unescaped. */
const HEAD = new Uint8Array(HEAD_BYTES)

/** Reads the unescaped head at `at`; the number of its bytes in bytes[at, end). Stops at a delimiter. */
const readHead = (bytes: Uint8Array, at: number, end: number, mark: number): number => {
  let count = 0
  for (let from = at; count < HEAD_BYTES && from < end; from++) {
    let byte = bytes[from]
    if (byte === mark) break
    if (mark === MARK) {
      if (byte === ESCAPE && from + 1 < end) byte = bytes[++from] === 0x02 ? MARK : ESCAPE
    } else if (byte === ESCAPE_E6 && from + 1 < end) byte = bytes[++from] === 0x02 ? MARK_E7 : ESCAPE_E6
    else if (byte === ESCAPE_3E && from + 1 < end) byte = bytes[++from] === 0x02 ? 0x3d : ESCAPE_3E
    HEAD[count++] = byte
  }
  return count
}

/** NO, YES, or MAYBE if the head is not complete and so far that of a message. */
const headVerdict = (bytes: Uint8Array, at: number, end: number, mark: number): number => {
  const count = readHead(bytes, at, end, mark)
  if (count === 0) return MAYBE
  if (count < 2) return KNOWN[HEAD[0] << 8] !== 0 || HEAD[0] === 0x88 ? MAYBE : NO
  const id = u16(HEAD, 0)
  if (KNOWN[id] === 0) return NO
  if (count < HEAD_BYTES) return MAYBE
  return HEAD[2] & 0x80 && !isJointech(id) ? NO : YES
}

const isJointech = (id: number): boolean => id === 0x5501 || id === 0x5502

export const split = (bytes: Uint8Array, start: number, end: number, silentMs: number): number => {
  if (start >= end) return NEED_MORE
  const first = bytes[start]
  if (first === MARK) return splitFrame(bytes, start, end, silentMs, MARK)
  if (first === CR || first === LF || first === SPACE) {
    let at = start + 1
    while (at < end && (bytes[at] === CR || bytes[at] === LF || bytes[at] === SPACE)) at++
    return start - at
  }
  if (first === OPEN_TEXT) return splitText(bytes, start, end, silentMs)
  if (first === MARK_E7) {
    let at = start
    while (at < end && bytes[at] === MARK_E7) at++
    const verdict = headVerdict(bytes, at, end, MARK_E7)
    if (verdict === YES) return splitFrame(bytes, start, end, silentMs, MARK_E7)
    if (verdict === MAYBE && silentMs < LOOSE_MS && at - start <= PADDING_MAX) return NEED_MORE
  }
  return splitLoose(bytes, start, end, silentMs)
}

/** A frame with its own opening delimiter. */
const splitFrame = (bytes: Uint8Array, start: number, end: number, silentMs: number, mark: number): number => {
  let at = start
  while (at < end && bytes[at] === mark) at++
  // More padding than a frame may have in front; the last one stays, it may be the frame's own.
  if (at - start > PADDING_MAX) return start - at + 1
  const limit = Math.min(end, start + FRAME_MAX)
  const to = markAt(bytes, at, limit, mark)
  if (to === limit) {
    if (end - start < FRAME_MAX && silentMs < GIVE_UP_MS) return NEED_MORE
    return start - markAt(bytes, limit, end, mark)
  }
  // Too short, or nothing like a message: its end may be the next one's opening.
  if (to - at < CONTENT_MIN) return start - to
  if (headVerdict(bytes, at, to, mark) !== YES && !isSound(bytes, at, to, mark)) return start - to
  if (mark === MARK && bytes[at + 2] & FRAGMENTED_HIGH) return splitPackets(bytes, start, at, to, end, silentMs)
  return to + 1 - start
}

/** Where the next delimiter is, or `end`. Four bytes a step: `bench -- "jt808 split"` has 44 ns byte by byte, 34 so. */
const markAt = (bytes: Uint8Array, from: number, end: number, mark: number): number => {
  let at = from
  while (at + 4 <= end) {
    if (bytes[at] === mark || bytes[at + 1] === mark || bytes[at + 2] === mark || bytes[at + 3] === mark) break
    at += 4
  }
  while (at < end && bytes[at] !== mark) at++
  return at
}

const FIRST_PHONE = new Uint8Array(10)

/**
 * A packet, content bytes[at, to), and those behind it that make up its message. With anything else behind it, or after a
 * pause, a packet is a frame of its own, as are those of files: there a unit waits for the answer to each.
 */
const splitPackets = (
  bytes: Uint8Array,
  start: number,
  at: number,
  to: number,
  end: number,
  silentMs: number,
): number => {
  const alone = to + 1 - start
  if (!isSound(bytes, at, to, MARK)) return alone
  if (F.packet !== 1 || F.packets > JOINED_MAX || BODY[F.id] === Body.media) return alone
  const { id, serial, packets, phoneBytes } = F
  for (let byte = 0; byte < phoneBytes; byte++) FIRST_PHONE[byte] = F.bytes[F.phone + byte]
  let from = to + 1
  for (let packet = 2; packet <= packets; packet++) {
    const opening = from
    while (from < end && bytes[from] === MARK) from++
    if (from - opening > PADDING_MAX) return alone
    const limit = Math.min(end, from + FRAME_MAX)
    let closing = from
    while (closing < limit && bytes[closing] !== MARK) closing++
    if (closing === limit) return limit < end || silentMs >= LOOSE_MS ? alone : NEED_MORE
    if (!isSound(bytes, from, closing, MARK) || F.id !== id || F.packets !== packets || F.packet !== packet)
      return alone
    if (F.serial !== ((serial + packet - 1) & 0xffff) || !isFirstPhone(phoneBytes)) return alone
    from = closing + 1
  }
  return from - start
}

const isFirstPhone = (phoneBytes: number): boolean => {
  if (F.phoneBytes !== phoneBytes) return false
  for (let byte = 0; byte < phoneBytes; byte++) if (F.bytes[F.phone + byte] !== FIRST_PHONE[byte]) return false
  return true
}

/** Bytes without an opening delimiter: a frame that shares it with the one before, or garbage up to the next one. */
const splitLoose = (bytes: Uint8Array, start: number, end: number, silentMs: number): number => {
  let to = start + 1
  while (to < end && !opensAt(bytes, to, end)) to++
  if (to === end) return end - start < FRAME_MAX && silentMs < LOOSE_MS ? NEED_MORE : start - end
  if (bytes[to] === MARK && to - start >= CONTENT_MIN && isSound(bytes, start, to, MARK)) return to + 1 - start
  return start - to
}

/** True where a frame may open. e7 is one in a thousand other bytes too: there a message must follow. */
const opensAt = (bytes: Uint8Array, at: number, end: number): boolean => {
  if (bytes[at] === MARK) return true
  return bytes[at] === MARK_E7 && end - at > 2 * HEAD_BYTES && headVerdict(bytes, at + 1, end, MARK_E7) === YES
}

/** The check byte of the content bytes[at, to) is right, and so is the length. */
const isSound = (bytes: Uint8Array, at: number, to: number, mark: number): boolean =>
  content(bytes, at, to, mark) && F.xorOk && F.lengthOk

/** `( … )`, or garbage up to the next frame. */
const splitText = (bytes: Uint8Array, start: number, end: number, silentMs: number): number => {
  const limit = Math.min(end, start + TEXT_MAX)
  for (let at = start + 1; at < limit; at++) {
    if (bytes[at] === CLOSE_TEXT) return at + 1 - start
    if (bytes[at] === MARK) return start - at
  }
  if (end - start >= TEXT_MAX) return splitLoose(bytes, start, end, silentMs)
  return silentMs < GIVE_UP_MS ? NEED_MORE : start - end
}

/** The frame that `open` has opened; one for all, so that opening makes no object. Offsets are into `bytes`. */
export const F = {
  /** The frame's own bytes, or a scratch with the unescaped ones. */
  bytes: new Uint8Array(0) as Uint8Array,
  /** Delimiter: 7e or e7. */
  mark: MARK,
  /** First byte of the header, and offset of the check byte, which is the end of the body. */
  head: 0,
  bodyEnd: 0,
  body: 0,
  id: 0,
  props: 0,
  /** The header has the 2019 form. */
  is2019: false,
  phone: 0,
  phoneBytes: 6,
  serial: 0,
  /** Packets of the message and number of this one; 0 if it is not fragmented. */
  packets: 0,
  packet: 0,
  /** Packets whose bodies are joined here; their serials follow `serial`. */
  joined: 1,
  xorOk: false,
  lengthOk: false,
}

const SCRATCH = new Uint8Array(FRAME_MAX)

/** What `open` found. */
export const BROKEN = 0,
  FRAME = 1,
  TEXT = 2

/** Unescapes the frame that `split` has found, and reads its header into `F`. */
export const open = (bytes: Uint8Array, start: number, end: number): number => {
  if (start >= end) return BROKEN
  if (bytes[start] === OPEN_TEXT) return bytes[end - 1] === CLOSE_TEXT ? TEXT : BROKEN
  const mark = bytes[start] === MARK_E7 ? MARK_E7 : MARK
  let at = start
  while (at < end && bytes[at] === mark) at++
  if (at >= end || bytes[end - 1] !== mark) return BROKEN
  if (mark === MARK && bytes[at + 2] & FRAGMENTED_HIGH) return openPackets(bytes, at, end) ? FRAME : BROKEN
  return content(bytes, at, end - 1, mark) ? FRAME : BROKEN
}

const JOINED = new Uint8Array(JOINED_MAX * FRAME_MAX)

/** One packet, or several: then header and serial are those of the first, and the bodies are one. */
const openPackets = (bytes: Uint8Array, at: number, end: number): boolean => {
  let to = at
  while (bytes[to] !== MARK) to++
  if (!content(bytes, at, to, MARK)) return false
  if (to === end - 1) return true
  const { id, props, is2019, serial } = F
  const body = F.body - F.head
  let length = F.bodyEnd - F.head
  for (let byte = 0; byte < length; byte++) JOINED[byte] = F.bytes[F.head + byte]
  let joined = 1
  for (let from = to + 1; from < end; from = to + 1) {
    while (from < end && bytes[from] === MARK) from++
    for (to = from; to < end && bytes[to] !== MARK; to++);
    if (to === end || joined === JOINED_MAX) return false
    if (!content(bytes, from, to, MARK) || F.id !== id || F.is2019 !== is2019 || !F.xorOk) return false
    for (let byte = F.body; byte < F.bodyEnd; byte++) JOINED[length++] = F.bytes[byte]
    joined++
  }
  F.phone -= F.head
  F.bytes = JOINED
  F.head = 0
  F.body = body
  F.bodyEnd = length
  F.props = props
  F.serial = serial
  F.packets = 0
  F.packet = 0
  F.joined = joined
  return true
}

/** Unescapes bytes[at, to), header to check byte, into `F`; false if these cannot be a frame. */
const content = (bytes: Uint8Array, at: number, to: number, mark: number): boolean => {
  F.mark = mark
  if (to - at < CONTENT_MIN || to - at > FRAME_MAX) return false
  let xor = 0
  let from = at
  if (mark === MARK) {
    for (; from + 4 <= to; from += 4) {
      const one = bytes[from],
        two = bytes[from + 1],
        three = bytes[from + 2],
        four = bytes[from + 3]
      if (one === ESCAPE || two === ESCAPE || three === ESCAPE || four === ESCAPE) break
      xor ^= one ^ two ^ three ^ four
    }
    for (; from < to && bytes[from] !== ESCAPE; from++) xor ^= bytes[from]
  }
  if (from === to) {
    F.bytes = bytes
    F.head = at
    F.bodyEnd = to - 1
  } else {
    const length = unescape(bytes, at, to, mark)
    if (length < CONTENT_MIN) return false
    xor = 0
    for (let byte = 0; byte < length; byte++) xor ^= SCRATCH[byte]
    F.bytes = SCRATCH
    F.head = 0
    F.bodyEnd = length - 1
  }
  F.xorOk = xor === 0
  return header()
}

/** Unescapes into the scratch; bytes written, -1 where an escape is none. */
const unescape = (bytes: Uint8Array, at: number, to: number, mark: number): number => {
  let length = 0
  for (let from = at; from < to; from++) {
    let byte = bytes[from]
    if (mark === MARK ? byte === ESCAPE : byte === ESCAPE_E6 || byte === ESCAPE_3E) {
      const next = ++from < to ? bytes[from] : 0
      if (next !== 0x01 && next !== 0x02) return -1
      if (next === 0x02) byte = mark === MARK ? MARK : byte === ESCAPE_E6 ? MARK_E7 : 0x3d
    }
    SCRATCH[length++] = byte
  }
  return length
}

const HEADER = 12,
  HEADER_2019 = 17,
  HEADER_E7 = 13,
  HEADER_JOINTECH = 11,
  PACKET_FIELDS = 4

const header = (): boolean => {
  const { bytes, head, bodyEnd } = F
  const id = u16(bytes, head)
  const props = u16(bytes, head + 2)
  F.id = id
  F.props = props
  F.packets = 0
  F.packet = 0
  F.joined = 1
  F.is2019 = false
  F.phone = head + 4
  F.phoneBytes = 6
  const length = props & Props.length
  const inside = bodyEnd - head
  if (isJointech(id)) {
    F.serial = bytes[head + 10]
    F.body = head + HEADER_JOINTECH
    F.lengthOk = length + HEADER_JOINTECH === inside
    return true
  }
  const declared = F.mark === MARK_E7 ? HEADER_E7 : props & Props.version2019 ? HEADER_2019 : HEADER
  // The declared form if its length fits, else the other: the flag is set by mistake, or forgotten.
  let size = declared
  let fields = props & Props.fragmented ? PACKET_FIELDS : 0
  if (size + fields + length !== inside) {
    const other = declared === HEADER ? HEADER_2019 : HEADER
    if (size + length === inside) fields = 0
    else if (F.mark === MARK && other + fields + length === inside) size = other
    else if (F.mark === MARK && other + length === inside) {
      size = other
      fields = 0
    }
  }
  if (inside < size + fields) return false
  F.lengthOk = size + fields + length === inside
  if (size === HEADER_2019) {
    F.is2019 = true
    F.phone = head + 5
    F.phoneBytes = 10
  } else if (size === HEADER_E7) F.phoneBytes = 7
  F.serial = u16(bytes, head + size - 2)
  F.body = head + size + fields
  if (fields !== 0) {
    const packets = u16(bytes, head + size)
    const packet = u16(bytes, head + size + 2)
    if (packets > 1 && packet >= 1 && packet <= packets) {
      F.packets = packets
      F.packet = packet
    }
  }
  return true
}

export const ACCEPTED = 0,
  BAD_CHECK = 1,
  BAD_LENGTH = 2

/** What is to become of the frame that is open. */
export const refusal = (settings: Settings): number => {
  if (!F.xorOk) return settings.lenient && F.lengthOk && KNOWN[F.id] === 1 ? ACCEPTED : BAD_CHECK
  // Locations with a wrong length are a known defect; what is there is read.
  return F.lengthOk || F.id === 0x0200 || F.id === 0x0704 ? ACCEPTED : BAD_LENGTH
}

/** Largest hexadecimal identity: 14 digits and a check digit make an IMEI. */
const HEX_ID_MAX = 99_999_999_999_999

export const identify = (bytes: Uint8Array, start: number, end: number, id: Uint8Array, settings: Settings): number => {
  if (open(bytes, start, end) !== FRAME || refusal(settings) !== ACCEPTED) return 0
  const from = F.phone
  const to = from + F.phoneBytes
  if (!isBcd(F.bytes, from, to)) return F.phoneBytes === 6 ? hexIdentity(from, id) : BAD_IDENTITY
  let length = 0
  for (let digit = 0; digit < 2 * F.phoneBytes; digit++) {
    const byte = F.bytes[from + (digit >> 1)]
    const value = digit & 1 ? byte & 15 : byte >> 4
    if (length > 0 || value > 0) id[length++] = 0x30 + value
  }
  if (length === 0) id[length++] = 0x30 // a unit nobody has given a number yet
  return length
}

/** A phone with a nibble above 9: a 48-bit number, which its Luhn digit makes an IMEI. */
const hexIdentity = (from: number, id: Uint8Array): number => {
  const number = u16(F.bytes, from) * 0x1_0000_0000 + u16(F.bytes, from + 2) * 0x1_0000 + u16(F.bytes, from + 4)
  if (number > HEX_ID_MAX) return BAD_IDENTITY
  let length = 0
  for (let rest = number; rest > 0; rest = Math.floor(rest / 10)) length++
  let sum = 0
  let rest = number
  for (let at = length - 1, doubled = true; at >= 0; at--, doubled = !doubled) {
    const digit = rest % 10
    rest = Math.floor(rest / 10)
    id[at] = 0x30 + digit
    const weight = doubled ? 2 * digit : digit
    sum += weight > 9 ? weight - 9 : weight
  }
  id[length] = 0x30 + ((10 - (sum % 10)) % 10)
  return length + 1
}

/** Message, packet number and body: not the serial, which some units count up when they repeat, nor the check byte. */
export const hash = (bytes: Uint8Array, start: number, end: number, into: Uint32Array): void => {
  hashStart(into)
  if (open(bytes, start, end) !== FRAME) {
    hashBytes(bytes, start, end, into)
    return
  }
  hashBytes(F.bytes, F.head, F.head + 2, into)
  if (F.packets !== 0) hashBytes(F.bytes, F.body - PACKET_FIELDS, F.body, into)
  hashBytes(F.bytes, F.body, F.bodyEnd, into)
}

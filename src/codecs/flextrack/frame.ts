/**
 * Where sentences begin and end, whose they are, and what to answer. Source: the project's FlexCl page.
 *
 *   [LF | NUL | space]* <index> , <KEYWORD> [ , <field> ]* CR        index: an optional minus and 1 to 10 digits
 *   <index> , A C K CR                                               the answer to every sentence
 *
 * CR alone ends a sentence; there is no length and no checksum. A line that is no sentence is dropped through its CR.
 */
import { COMMA, CR, MINUS, NINE, UNDERSCORE, UPPER_A, UPPER_Z, ZERO } from '../ascii.ts'
import { BAD_IDENTITY, DEVICE_ID_MAX, FINAL, MAYBE, NEED_MORE, NO, YES } from '../codec.ts'
import { hashBytes, hashStart } from '../hash.ts'
import { isLatitude, isPadding, textEnd } from './fields.ts'
import {
  ACK,
  Field,
  FIELDS,
  FRAME_BYTES_MAX,
  INDEX_DIGITS_MAX,
  KEYWORD_BYTES_MAX,
  Kind,
  Logon,
  LOGON,
  TAIL_BYTES_MAX,
  UNITSTAT,
} from './messages.ts'
import { logonMs, rememberLogon } from './state.ts'

/** The keyword that `openingOf` or `kindOf` found is bytes[keywordFrom, keywordTo); empty if there is none yet. */
export let keywordFrom = 0
export let keywordTo = 0
/** The node id that `findNode` found is bytes[nodeFrom, nodeTo). */
export let nodeFrom = 0
export let nodeTo = 0

/** Reads `<index>,<KEYWORD>,`: NO, YES, or MAYBE if the bytes end inside it. */
const openingOf = (bytes: Uint8Array, start: number, end: number): number => {
  keywordFrom = keywordTo = end
  let at = start
  if (at < end && bytes[at] === MINUS) at++
  const first = at
  while (at < end && bytes[at] >= ZERO && bytes[at] <= NINE) at++
  if (at - first > INDEX_DIGITS_MAX) return NO
  if (at === end) return MAYBE
  if (at === first || bytes[at] !== COMMA) return NO
  const from = ++at
  while (at < end && isKeywordByte(bytes[at], at - from)) at++
  if (at - from > KEYWORD_BYTES_MAX) return NO
  if (at < end && (at === from || bytes[at] !== COMMA)) return NO
  keywordFrom = from
  keywordTo = at
  return at === end ? MAYBE : YES
}

/** Upper-case letters; behind the first, digits and underscores too. */
const isKeywordByte = (byte: number, index: number): boolean => {
  if (byte >= UPPER_A && byte <= UPPER_Z) return true
  return index > 0 && ((byte >= ZERO && byte <= NINE) || byte === UNDERSCORE)
}

/** Compares the keyword with `word`: NO, YES, or MAYBE if it is the beginning of it. */
const keywordIs = (bytes: Uint8Array, word: Uint8Array): number => {
  const length = keywordTo - keywordFrom
  if (length > word.length) return NO
  for (let at = 0; at < length; at++) if (bytes[keywordFrom + at] !== word[at]) return NO
  return length === word.length ? YES : MAYBE
}

/** What the sentence in `bytes[start, to)`, without its terminator, is; sets the keyword. */
export const kindOf = (bytes: Uint8Array, start: number, to: number): number => {
  if (openingOf(bytes, start, to) === NO || keywordFrom === keywordTo) return Kind.none
  if (keywordIs(bytes, UNITSTAT) === YES) return Kind.unitstat
  if (keywordIs(bytes, LOGON) === YES) return Kind.logon
  return keywordIs(bytes, ACK) === YES ? Kind.ack : Kind.other
}

export const split = (bytes: Uint8Array, start: number, end: number, silentMs: number): number => {
  if (start >= end) return NEED_MORE
  let at = start
  while (at < end && isPadding(bytes[at])) at++
  if (at > start) return start - at
  while (at < end && bytes[at] !== CR) at++
  const length = at - start
  if (at < end) {
    const sentence = length <= FRAME_BYTES_MAX && kindOf(bytes, start, textEnd(bytes, start, at)) !== Kind.none
    return sentence ? length + 1 : -length - 1
  }
  if (silentMs === FINAL) return length <= FRAME_BYTES_MAX && isWhole(bytes, start, end) ? length : -length
  return length > FRAME_BYTES_MAX ? -droppable(bytes, start, end) : NEED_MORE
}

/**
 * True if a sentence that ends without its CR is not cut short: in a datagram the CR may be missing, on a connection
 * that ended it shows that something is.
 */
const isWhole = (bytes: Uint8Array, start: number, end: number): boolean => {
  const to = textEnd(bytes, start, end)
  const kind = kindOf(bytes, start, to)
  if (kind === Kind.none) return false
  let commas = 0
  for (let at = start; at < to; at++) if (bytes[at] === COMMA) commas++
  if (kind === Kind.unitstat) return commas >= FIELDS - 1
  if (kind === Kind.logon) return commas >= Logon.iccid
  return commas > 1 || (keywordIs(bytes, LOGON) === NO && keywordIs(bytes, UNITSTAT) === NO)
}

/**
 * How much of an over-long line without a CR may go. The shortest tail stays that can be no sentence, whatever
 * follows, so that the rest of the line is still known for garbage, wherever the reads were cut.
 */
const droppable = (bytes: Uint8Array, start: number, end: number): number => {
  const least = Math.max(start + 1, end - TAIL_BYTES_MAX)
  for (let keep = end - 1; keep >= least; keep--)
    if (!isPadding(bytes[keep]) && openingOf(bytes, keep, end) === NO) return keep - start
  return end - start
}

/** Finds the node id of a LOGON or UNITSTAT; false if it names none that could be one. `kindOf` was called last. */
export const findNode = (bytes: Uint8Array, to: number, kind: number): boolean => {
  let commas = kind === Kind.logon ? Logon.nodeId : Field.nodeId
  let at = keywordTo
  // The comma before the keyword is behind us.
  for (commas--; at < to; at++) if (bytes[at] === COMMA && --commas === 0) break
  if (at >= to) return false
  nodeFrom = ++at
  let zeros = true
  for (; at < to && bytes[at] !== COMMA; at++) {
    if (bytes[at] < ZERO || bytes[at] > NINE) return false
    if (bytes[at] !== ZERO) zeros = false
  }
  nodeTo = at
  if (zeros || nodeTo - nodeFrom > DEVICE_ID_MAX) return false
  // A sentence with a field too many or too few must not pass its date for an id.
  return kind === Kind.logon || isLatitude(bytes, at + 1, to)
}

/**
 * The node id. A sentence whose id cannot be read belongs to whoever logged on: it is answered, or the unit would
 * repeat it for ever, and refused by `decode`.
 */
export const identify = (bytes: Uint8Array, start: number, end: number, id: Uint8Array, state: Int32Array): number => {
  const to = textEnd(bytes, start, end)
  const kind = kindOf(bytes, start, to)
  if (kind !== Kind.logon && kind !== Kind.unitstat) return 0
  if (!findNode(bytes, to, kind)) return kind === Kind.logon && logonMs(state) === 0 ? BAD_IDENTITY : 0
  for (let at = nodeFrom; at < nodeTo; at++) id[at - nodeFrom] = bytes[at]
  return nodeTo - nodeFrom
}

/** `<index>,ACK` CR with the index as it came. A unit's own ACK, which answers a command, is not answered. */
export const ack = (bytes: Uint8Array, start: number, end: number, reply: Uint8Array, at: number): number => {
  const kind = kindOf(bytes, start, textEnd(bytes, start, end))
  if (kind === Kind.none || (kind === Kind.ack && bytes[start] !== MINUS)) return 0
  let to = at
  for (let from = start; from < keywordFrom; from++) reply[to++] = bytes[from]
  for (let index = 0; index < ACK.length; index++) reply[to++] = ACK[index]
  reply[to++] = CR
  return to - at
}

/** Remembers when the unit logged on: older reports were stored by it. */
export const advance = (bytes: Uint8Array, start: number, end: number, receivedMs: number, state: Int32Array): void => {
  if (kindOf(bytes, start, textEnd(bytes, start, end)) === Kind.logon) rememberLogon(receivedMs, state)
}

/** All but the index, which begins anew with each connection, and the terminator. What is no sentence counts whole. */
export const hash = (bytes: Uint8Array, start: number, end: number, into: Uint32Array): void => {
  const to = textEnd(bytes, start, end)
  const sentence = kindOf(bytes, start, to) !== Kind.none
  hashStart(into)
  hashBytes(bytes, sentence ? keywordFrom : start, sentence ? to : end, into)
}

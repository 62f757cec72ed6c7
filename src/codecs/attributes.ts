/**
 * Writes a record's attributes as JSON text, byte by byte, into `records.attributes`. Keys are made once with `key()`.
 * Lists and objects nest: attributeOpen(records, KEY_CELLS, LIST) … elementOpen … attributeInt … close … close.
 */
import { COLON, COMMA, LOWER_HEX_DIGITS, MINUS, POINT, QUOTE, ZERO } from './ascii.ts'
import type { Records } from './records.ts'
import type { TextColumn } from './text.ts'

const ascii = new TextEncoder()
const BACKSLASH = 0x5c
export const OBJECT = 0x7b // {
export const LIST = 0x5b // [
const TRUE = ascii.encode('true'),
  FALSE = ascii.encode('false')

/** A JSON key, encoded once: `"name":`. */
export const key = (name: string): Uint8Array => ascii.encode(`"${name}":`)

/** A whole number. */
export const attributeInt = (records: Records, name: Uint8Array, value: number): void => {
  const text = open(records, name)
  integer(text, value)
}

/** A decimal given as a whole number of `decimals` places: (1274, 2) is 12.74. */
export const attributeFixed = (records: Records, name: Uint8Array, scaled: number, decimals: number): void => {
  fixed(open(records, name), scaled, decimals)
}

export const attributeBool = (records: Records, name: Uint8Array, value: boolean): void => {
  const text = open(records, name)
  const word = value ? TRUE : FALSE
  text.append(word, 0, word.length)
}

/** Text as the tracker sent it. Bytes from 0x80 on are read as Latin-1, so that no byte is lost. */
export const attributeText = (
  records: Records,
  name: Uint8Array,
  bytes: Uint8Array,
  start: number,
  end: number,
): void => {
  quoted(open(records, name), bytes, start, end)
}

/** Big-endian UTF-16 text. Half a surrogate pair, which JSON may not hold, becomes U+FFFD. */
export const attributeUtf16 = (
  records: Records,
  name: Uint8Array,
  bytes: Uint8Array,
  start: number,
  end: number,
): void => {
  const text = open(records, name)
  text.push(QUOTE)
  for (let at = start; at + 1 < end; at += 2) {
    const unit = (bytes[at] << 8) | bytes[at + 1]
    const next = at + 3 < end ? (bytes[at + 2] << 8) | bytes[at + 3] : 0
    const paired = isHigh(unit)
      ? isLow(next)
      : !isLow(unit) || (at > start && isHigh((bytes[at - 2] << 8) | bytes[at - 1]))
    character(text, paired ? unit : REPLACEMENT)
  }
  text.push(QUOTE)
}

/** Bytes as lower-case hex. */
export const attributeHex = (
  records: Records,
  name: Uint8Array,
  bytes: Uint8Array,
  start: number,
  end: number,
): void => {
  const text = open(records, name)
  text.reserve(2 + 2 * (end - start))
  const into = text.bytes
  let to = text.length
  into[to++] = QUOTE
  for (let at = start; at < end; at++) {
    into[to++] = LOWER_HEX_DIGITS[bytes[at] >> 4]
    into[to++] = LOWER_HEX_DIGITS[bytes[at] & 15]
  }
  into[to++] = QUOTE
  text.length = to
}

/** Opens a nested object or list under a key; close it with `attributeClose`. */
export const attributeOpen = (records: Records, name: Uint8Array, kind: number): void => {
  open(records, name).push(kind)
}

/** Opens an object that is an element of the open list. */
export const elementOpen = (records: Records): void => {
  const text = records.attributes
  separate(text)
  text.push(OBJECT)
}

/** A text element of the open list. */
export const elementText = (records: Records, bytes: Uint8Array, start: number, end: number): void => {
  const text = records.attributes
  separate(text)
  quoted(text, bytes, start, end)
}

/** A whole number as element of the open list. */
export const elementInt = (records: Records, value: number): void => {
  separate(records.attributes)
  integer(records.attributes, value)
}

/** Closes an object or list; `kind` is what it was opened with. */
export const attributeClose = (records: Records, kind: number): void => {
  records.attributes.push(kind + 2) // } and ] follow { and [ by two
}

/** Starts `"name":` in the open value, with `{` or `,` before it. */
const open = (records: Records, name: Uint8Array): TextColumn => {
  const text = records.attributes
  text.reserve(1 + name.length)
  const into = text.bytes
  let to = text.length
  if (to === text.start) into[to++] = OBJECT
  else {
    const last = into[to - 1]
    if (last !== OBJECT && last !== LIST && last !== COLON) into[to++] = COMMA
  }
  for (let at = 0; at < name.length; at++) into[to++] = name[at]
  text.length = to
  return text
}

const separate = (text: TextColumn): void => {
  const last = text.bytes[text.length - 1]
  if (last !== OBJECT && last !== LIST && last !== COLON) text.push(COMMA)
}

/** Bytes of text between quotation marks. */
const quoted = (text: TextColumn, bytes: Uint8Array, start: number, end: number): void => {
  text.reserve(2 + end - start)
  const into = text.bytes
  let to = text.length
  into[to++] = QUOTE
  let at = start
  while (at < end && isPlain(bytes[at])) into[to++] = bytes[at++]
  text.length = to
  for (; at < end; at++) character(text, bytes[at])
  text.push(QUOTE)
}

/** Stands for itself in JSON text. */
const isPlain = (byte: number): boolean => byte >= 0x20 && byte < 0x7f && byte !== QUOTE && byte !== BACKSLASH

const integer = (text: TextColumn, value: number): void => {
  fixed(text, value, 0)
}

const DIGITS_MAX = 32
const digits = new Uint8Array(DIGITS_MAX)
const INT32_MAX = 0x7fffffff

const fixed = (text: TextColumn, scaled: number, decimals: number): void => {
  let rest = Math.abs(Math.round(scaled))
  text.reserve(DIGITS_MAX + 2)
  const into = text.bytes
  let to = text.length
  if (scaled < 0 && rest > 0) into[to++] = MINUS
  let count = 0
  if (rest <= INT32_MAX)
    for (let whole = rest | 0; (whole > 0 || count <= decimals) && count < DIGITS_MAX;) {
      const tenth = (whole / 10) | 0
      digits[count++] = whole - tenth * 10
      whole = tenth
    }
  else
    do {
      const digit = rest % 10 // exact, also beyond 2^53, where a product of the quotient is not
      digits[count++] = digit
      rest = Math.floor((rest - digit) / 10)
    } while ((rest > 0 || count <= decimals) && count < DIGITS_MAX)
  for (let at = count - 1; at >= 0; at--) {
    into[to++] = ZERO + digits[at]
    if (at === decimals && at > 0) into[to++] = POINT
  }
  text.length = to
}

const REPLACEMENT = 0xfffd
const isHigh = (unit: number) => unit >= 0xd800 && unit <= 0xdbff
const isLow = (unit: number) => unit >= 0xdc00 && unit <= 0xdfff

const ESCAPE_U = ascii.encode('\\u')
/** One UTF-16 unit as JSON text. */
const character = (text: TextColumn, unit: number): void => {
  if (unit === QUOTE || unit === BACKSLASH) {
    text.push(BACKSLASH)
    text.push(unit)
  } else if (unit >= 0x20 && unit < 0x7f) {
    text.push(unit)
  } else {
    text.append(ESCAPE_U, 0, 2)
    for (let shift = 12; shift >= 0; shift -= 4) text.push(LOWER_HEX_DIGITS[(unit >> shift) & 15])
  }
}

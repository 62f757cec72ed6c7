/**
 * From the keyword of a report to its row of `KEYWORDS`. Words are found by a hash table made at load; a keyword that
 * is no word may be a word with an argument (`oil 37.20`, `001 0.1% +28.0`), a value (`T:+28.0`), the start of a photo
 * (`vt12`) or an area (`area01 in`).
 */
import { ascii, COLON, EXCLAMATION, LOWER_T, LOWER_V, LOWER_W, NINE, SPACE, UPPER_T, ZERO } from '../ascii.ts'
import { whole } from '../numbers.ts'
import { Effect, KEYWORDS, Pattern } from './messages.ts'

/** Alarm and effect of each row. */
export const ALARM_OF = Uint8Array.from(KEYWORDS, ([, alarm]) => alarm)
export const EFFECT_OF = Uint8Array.from(KEYWORDS, ([, , effect]) => effect)

/** The name of the message in the keyword classified last is bytes[nameFrom, nameTo), its argument [argumentFrom, argumentTo). */
export let nameTo = 0
export let argumentFrom = 0
export let argumentTo = 0

const BUCKETS = 256
const bucketOf = (first: number, middle: number, last: number, length: number) =>
  (first * 7 + middle * 31 + last * 57 + length * 11) & (BUCKETS - 1)

// Words back to back; row i is WORDS[WORD_FROM[i], WORD_TO[i]). NEXT chains the rows of a bucket.
const WORDS = ascii(KEYWORDS.map(([word]) => word).join(''))
const WORD_FROM = new Uint16Array(KEYWORDS.length)
const WORD_TO = new Uint16Array(KEYWORDS.length)
const HEAD = new Int16Array(BUCKETS).fill(-1)
const NEXT = new Int16Array(KEYWORDS.length).fill(-1)
for (let row = 0, at = 0; row < KEYWORDS.length; row++) {
  const length = KEYWORDS[row][0].length
  WORD_FROM[row] = at
  at += length
  WORD_TO[row] = at
  if (row <= Pattern.empty) continue
  const bucket = bucketOf(WORDS[at - length], WORDS[at - length + (length >> 1)], WORDS[at - 1], length)
  NEXT[row] = HEAD[bucket]
  HEAD[bucket] = row
}

/** Row of the word `bytes[from, to)`, or -1. */
const wordRow = (bytes: Uint8Array, from: number, to: number): number => {
  const length = to - from
  if (length === 0) return Pattern.empty
  let row = HEAD[bucketOf(bytes[from], bytes[from + (length >> 1)], bytes[to - 1], length)]
  for (; row >= 0; row = NEXT[row]) {
    if (WORD_TO[row] - WORD_FROM[row] !== length) continue
    let at = 0
    const word = WORD_FROM[row]
    while (at < length && bytes[from + at] === WORDS[word + at]) at++
    if (at === length) return row
  }
  return -1
}

/** Where a keyword ends without the one exclamation mark it may carry. */
export const keywordEnd = (bytes: Uint8Array, from: number, to: number): number => {
  if (to === from || bytes[to - 1] !== EXCLAMATION) return to
  let end = to - 1
  while (end > from && bytes[end - 1] <= SPACE) end--
  return end
}

/** Row of the keyword `bytes[from, to)`; sets the ends of its name and argument. */
export const classify = (bytes: Uint8Array, from: number, to: number): number => {
  nameTo = to
  argumentFrom = argumentTo = to
  const row = wordRow(bytes, from, to)
  return row >= 0 ? row : classifyPattern(bytes, from, to)
}

const classifyPattern = (bytes: Uint8Array, from: number, to: number): number => {
  if (bytes[from] === UPPER_T && bytes[from + 1] === COLON && to - from > 2) {
    argumentFrom = from + 2
    return Pattern.temperature
  }
  const second = bytes[from + 1]
  if ((bytes[from] === LOWER_V || bytes[from] === LOWER_W) && second === LOWER_T && whole(bytes, from + 2, to) >= 0) {
    argumentFrom = from + 2
    return Pattern.photo
  }
  let space = from
  while (space < to && bytes[space] !== SPACE) space++
  if (space === to) return Pattern.event
  return withArgument(bytes, from, space, to)
}

/** A keyword of several words, the first of which is `bytes[from, space)`. */
const withArgument = (bytes: Uint8Array, from: number, space: number, to: number): number => {
  const row = wordRow(bytes, from, space)
  const effect = row < 0 ? Effect.event : EFFECT_OF[row]
  const number = startsNumber(bytes[space + 1])
  if (effect === Effect.trouble || (number && takesNumber(effect))) {
    argumentFrom = space + 1
    // `001 10.00`: an old way to append values to a position. The first part is the real keyword.
    if (effect === Effect.position) nameTo = space
    return row
  }
  return areaRow(bytes, from, to)
}

const takesNumber = (effect: number): boolean =>
  effect === Effect.oil ||
  effect === Effect.tank1 ||
  effect === Effect.tank2 ||
  effect === Effect.speed ||
  effect === Effect.position

const startsNumber = (byte: number): boolean => (byte >= ZERO && byte <= NINE) || byte === 0x2b || byte === 0x2d

/** `<name> in`, `<name> out`: the argument is the name. */
const areaRow = (bytes: Uint8Array, from: number, to: number): number => {
  let row: number = Pattern.event
  let end = to
  if (endsWith(bytes, from, to, IN)) {
    row = Pattern.areaIn
    end = to - IN.length
  } else if (endsWith(bytes, from, to, OUT)) {
    row = Pattern.areaOut
    end = to - OUT.length
  } else return Pattern.event
  while (end > from && bytes[end - 1] === SPACE) end--
  argumentFrom = from
  argumentTo = end
  return row
}

const IN = ascii(' in'),
  OUT = ascii(' out')
const endsWith = (bytes: Uint8Array, from: number, to: number, ending: Uint8Array): boolean => {
  const start = to - ending.length
  if (start <= from) return false
  for (let at = 0; at < ending.length; at++) if (bytes[start + at] !== ending[at]) return false
  return true
}

/**
 * The form: the string of codes like `%SA%MV%GF3` that says which custom values a record ends with. It is read code by
 * code, wherever it lies; every code and number has a slot in the tables here.
 */
import { NINE, PERCENT, UPPER_A, UPPER_Z, ZERO } from '../ascii.ts'
import { key } from '../attributes.ts'
import { copyBytes } from '../copy.ts'
import { Act, CODES, FAMILY_SCALES, FAMILY_TYPES, NUMBERED, Type } from './messages.ts'

const LETTERS = 26
/** Numbers behind a code: 0 to 99. */
const NUMBERS = 100
const ROWS = CODES.length + NUMBERED.length
const FAMILIES = 2 * FAMILY_TYPES.length
export const SLOTS = (ROWS + FAMILIES) * NUMBERS

/** By slot. A type of 0: there is no such code. */
export const SLOT_TYPE = new Uint8Array(SLOTS)
export const SLOT_ACT = new Uint8Array(SLOTS)
export const SLOT_FACTOR = new Int32Array(SLOTS).fill(1)
export const SLOT_DECIMALS = new Uint8Array(SLOTS)
export const SLOT_OFFSET = new Int16Array(SLOTS)
/** Bit of a state flag, or -1. */
export const SLOT_FLAG = new Int8Array(SLOTS).fill(-1)
const EMPTY = new Uint8Array(0)
export const SLOT_KEY: Uint8Array[] = Array.from({ length: SLOTS }, () => EMPTY)
/** First slot of the two letters, or -1; whether a number may follow them. */
const FIRST_SLOT = new Int16Array(LETTERS * LETTERS).fill(-1)
const TAKES_NUMBER = new Uint8Array(LETTERS * LETTERS)

const lettersOf = (code: string) => (code.charCodeAt(0) - UPPER_A) * LETTERS + code.charCodeAt(1) - UPPER_A

const define = (
  slot: number,
  type: number,
  act: number,
  name: string,
  factor = 1,
  decimals = 0,
  offset = 0,
  flag = -1,
): void => {
  SLOT_TYPE[slot] = type
  SLOT_ACT[slot] = act
  SLOT_KEY[slot] = key(name)
  SLOT_FACTOR[slot] = factor
  SLOT_DECIMALS[slot] = decimals
  SLOT_OFFSET[slot] = offset
  SLOT_FLAG[slot] = flag
}

for (let row = 0; row < CODES.length; row++) {
  const [code, type, act, name, factor, decimals, flag] = CODES[row]
  const slot = row * NUMBERS
  FIRST_SLOT[lettersOf(code)] = slot
  define(slot, type, act, name ?? '', factor, decimals, 0, flag)
}
for (let index = 0; index < NUMBERED.length; index++) {
  const [[code, type, act, name, factor, decimals, flag], from, to] = NUMBERED[index]
  const first = (CODES.length + index) * NUMBERS
  FIRST_SLOT[lettersOf(code)] = first
  TAKES_NUMBER[lettersOf(code)] = 1
  for (let number = from; number <= to; number++) {
    // Geofences 0 to 7 have a flag each, sensors from 2 on share one.
    const bit = code === 'GF' ? (number < 8 ? flag! + number : -1) : code === 'TP' && number > 1 ? flag! + 1 : flag
    const text = name!.replace('#', code === 'SD' && number === 0 ? '' : String(number))
    define(first + number, type, act, text, factor, decimals, 0, bit)
  }
}
for (let family = 0; family < FAMILIES; family++) {
  const [letter, type] = FAMILY_TYPES[family >> 1]
  const code = (family & 1 ? 'Z' : 'J') + letter
  const first = (ROWS + family) * NUMBERS
  FIRST_SLOT[lettersOf(code)] = first
  TAKES_NUMBER[lettersOf(code)] = 1
  for (let number = 0; number < NUMBERS; number++) {
    const member = code + number
    const [name, factor, decimals, offset] = FAMILY_SCALES[member] ?? [member.toLowerCase(), 1, 0, 0]
    define(first + number, type, type === Type.text ? Act.text : Act.number, name, factor, decimals, offset)
  }
}

const slotOf = (code: string) => FIRST_SLOT[lettersOf(code)]
export const Slot = {
  ci: slotOf('CI'),
  sa: slotOf('SA'),
  cn: slotOf('CN'),
  dt: slotOf('DT'),
  gl: slotOf('GL'),
  gn: slotOf('GN'),
  gv: slotOf('GV'),
  ss: slotOf('SS'),
  cr: slotOf('CR'),
  ro: slotOf('RO'),
  geofence: slotOf('GF'),
} as const

/** Slots of the codes of the form read last, in their order; -1: nobody knows the code. */
export let codes = new Int16Array(256)
export let codeCount = 0
/** The bytes of that form: nearly all records of a fleet end along the same one. */
let read = new Uint8Array(1024)
let readBytes = 0

/** Reads form[from, to) into `codes`. */
export const readForm = (form: Uint8Array, from: number, to: number): void => {
  if (isRead(form, from, to)) return
  readBytes = to - from
  if (readBytes > read.length) read = new Uint8Array(2 * readBytes)
  if (readBytes > codes.length) codes = new Int16Array(2 * readBytes)
  copyBytes(form, from, to, read, 0)
  codeCount = 0
  for (let at = from; at < to;) {
    at = nextCode(form, at, to)
    codes[codeCount++] = slot
  }
}

const isRead = (form: Uint8Array, from: number, to: number): boolean => {
  if (to - from !== readBytes) return false
  for (let at = 0; at < readBytes; at++) if (form[from + at] !== read[at]) return false
  return true
}

/** Slot of the code that `nextCode` read last. */
export let slot = -1

/** Reads the code at `at` of form[.., to); where the next one begins. */
export const nextCode = (form: Uint8Array, at: number, to: number): number => {
  let from = at < to && form[at] === PERCENT ? at + 1 : at
  let next = from
  while (next < to && form[next] !== PERCENT) next++
  slot = -1
  if (next - from < 2 || !isLetter(form[from]) || !isLetter(form[from + 1])) return next
  const letters = (form[from] - UPPER_A) * LETTERS + form[from + 1] - UPPER_A
  const first = FIRST_SLOT[letters]
  if (first < 0) return next
  let number = 0
  const digits = next - (from += 2)
  if (digits > 2 || (digits > 0 && TAKES_NUMBER[letters] === 0)) return next
  for (; from < next; from++) {
    if (form[from] < ZERO || form[from] > NINE) return next
    number = number * 10 + form[from] - ZERO
  }
  if (SLOT_TYPE[first + number] === 0 || (digits === 0 && needsNumber(letters))) return next
  slot = first + number
  return next
}

// IN, OP, GF and the families count from 0 and are never written without their number; a lone SD is one.
const SD = lettersOf('SD')
const needsNumber = (letters: number): boolean => TAKES_NUMBER[letters] === 1 && letters !== SD

const isLetter = (byte: number): boolean => byte >= UPPER_A && byte <= UPPER_Z

/**
 * Custom values behind a record, walked along the form. One walk measures (where they end, what matters to the record
 * as a whole), another writes; in binary nothing but the widths says where a value lies.
 */
import { COMMA, NUL } from '../ascii.ts'
import {
  attributeBool,
  attributeClose,
  attributeFixed,
  attributeHex,
  attributeInt,
  attributeOpen,
  attributeText,
  elementInt,
  LIST,
} from '../attributes.ts'
import { find, s16, u16, u32 } from '../bytes.ts'
import { decimal, decimals, hexByte, isHex, POWER } from '../numbers.ts'
import type { Records } from '../records.ts'
import { beacons } from './beacons.ts'
import {
  codeCount,
  codes,
  readForm,
  Slot,
  SLOT_ACT,
  SLOT_DECIMALS,
  SLOT_FACTOR,
  SLOT_FLAG,
  SLOT_KEY,
  SLOT_OFFSET,
  SLOT_TYPE,
  SLOTS,
} from './form.ts'
import { writeDigits } from './identity.ts'
import { Act, Flag, Key, NO_COOLANT, ROAMING, SUB, TEXT_MAX, Type, TYPE_BYTES } from './messages.ts'

const SAMPLES_BYTES = 60,
  SAMPLE_BYTES = 6
const SATELLITES_MAX = 64
/** MCC and MNC as one number: five digits, or six. */
const NETWORK_MIN = 20_000,
  NETWORK_SIX = 100_000,
  NETWORK_MAX = 999_999
/** More than any of these sensors shows, in mg. */
const G_MAX = 16_000
/** Most that a column holds, by act: more, and less than 0, stays an attribute. */
const COLUMN_MAX = new Float64Array(32).fill(Infinity)
COLUMN_MAX[Act.satellites] = 255
COLUMN_MAX[Act.rssi] = 32_767
COLUMN_MAX[Act.cell] = Number.MAX_SAFE_INTEGER
COLUMN_MAX[Act.lac] = 0xffff_ffff
const GEOFENCE_BITS = 0xff

/** What the values walked since `beginRecord` said about their record. */
export let flags = 0
/** True if a state flag was among them. */
export let saidFlags = false
/** Value of DT, or -1; it is bytes[storedFrom, storedTo). */
export let stored = -1
export let storedFrom = 0
export let storedTo = 0
/** Value of SA, or -1. */
export let satellites = -1
/** True if the form has a cell id, whose width differs by firmware. */
export let saidCell = false
/** False if a value cannot be one. */
let sane = true
/** True if a value in text could not be written and all of them are to be kept as sent. */
export let keepText = false
/** True if a binary walk ended at a code whose width nobody knows. */
export let stopped = false

// A form that names a code twice must not give two attributes of one name: slots written for the open record.
const WRITTEN = new Int32Array(SLOTS)
let mark = 0

/** 1: the value says something about its record as a whole. */
const MATTERS = new Uint8Array(SLOTS)
for (let code = 0; code < SLOTS; code++) {
  const act = SLOT_ACT[code]
  if (act === Act.satellites || act === Act.stored || act === Act.cell || act === Act.network || act === Act.antenna)
    MATTERS[code] = 1
  if (SLOT_FLAG[code] >= 0) MATTERS[code] = 1
}

/** Forgets what was said before. */
export const beginRecord = (): void => {
  flags = 0
  saidFlags = false
  stored = -1
  satellites = -1
  saidCell = false
  sane = true
  keepText = false
  stopped = false
  mark = (mark + 1) | 0
  if (mark === 0) {
    WRITTEN.fill(0)
    mark = 1
  }
}

/**
 * Walks the values at `at` along form[from, to); where they end, or -1 if they are not what the form says. With
 * `records` they are written to the open row.
 */
export const walkBinary = (
  bytes: Uint8Array,
  at: number,
  end: number,
  form: Uint8Array,
  from: number,
  to: number,
  cellBytes: number,
  records: Records | null,
): number => {
  readForm(form, from, to)
  for (let index = 0; index < codeCount; index++) {
    const code = codes[index]
    if (code < 0 || SLOT_TYPE[code] === Type.textOnly) {
      stopped = true
      return at
    }
    const next = valueEnd(bytes, at, end, SLOT_TYPE[code], cellBytes)
    if (next < 0) return -1
    if (code !== Slot.ci) {
      if (records === null) measureBinary(bytes, at, next, code)
      else if (WRITTEN[code] !== mark) {
        WRITTEN[code] = mark
        writeBinary(bytes, at, next, code, records)
      }
    }
    at = next
  }
  return sane ? at : -1
}

/** Where the value at `at` ends, or -1 if the bytes end before. */
const valueEnd = (bytes: Uint8Array, at: number, end: number, type: number, cellBytes: number): number => {
  let size = TYPE_BYTES[type]
  if (type === Type.text) {
    const nul = find(bytes, at, Math.min(end, at + TEXT_MAX + 1), NUL)
    return nul < 0 ? -1 : nul + 1
  }
  if (type === Type.cell) size = cellBytes
  return at + size <= end ? at + size : -1
}

/** Where the form itself lies among the values at `at`, going by the widths of those before it; -1: it has no %CI. */
export const formOffset = (
  bytes: Uint8Array,
  at: number,
  end: number,
  form: Uint8Array,
  from: number,
  to: number,
  cellBytes: number,
): number => {
  readForm(form, from, to)
  for (let index = 0; index < codeCount; index++) {
    const code = codes[index]
    if (code < 0) return -1
    if (code === Slot.ci) return at
    at = valueEnd(bytes, at, end, SLOT_TYPE[code], cellBytes)
    if (at < 0) return -1
  }
  return -1
}

const numberAt = (bytes: Uint8Array, at: number, next: number, type: number): number => {
  if (type === Type.s16) return s16(bytes, at)
  if (type === Type.s32) return u32(bytes, at) | 0
  const size = next - at
  return size === 1 ? bytes[at] : size === 2 ? u16(bytes, at) : u32(bytes, at)
}

const measureBinary = (bytes: Uint8Array, at: number, next: number, code: number): void => {
  if (MATTERS[code] === 0) return
  const act = SLOT_ACT[code]
  const value = numberAt(bytes, at, next, SLOT_TYPE[code])
  measure(code, act, value, at, next)
  if (act === Act.satellites && value > SATELLITES_MAX) sane = false
  else if (act === Act.stored && value > 1) sane = false
  else if (act === Act.network && value !== 0 && (value < NETWORK_MIN || value > NETWORK_MAX)) sane = false
}

const measure = (code: number, act: number, value: number, at: number, end: number): void => {
  if (act === Act.satellites) satellites = value
  else if (act === Act.stored) {
    stored = value
    storedFrom = at
    storedTo = end
  } else if (act === Act.cell) saidCell = true
  else if (act === Act.antenna) {
    saidFlags = true
    flags |= (value & 7) << Flag.antennaOpen
  }
  const bit = SLOT_FLAG[code]
  if (bit < 0) return
  saidFlags = true
  if (value !== 0) flags |= 1 << bit
}

const writeBinary = (bytes: Uint8Array, at: number, next: number, code: number, records: Records): void => {
  const type = SLOT_TYPE[code]
  const name = SLOT_KEY[code]
  if (type === Type.text) {
    if (next - 1 > at) attributeText(records, name, bytes, at, next - 1)
  } else if (type === Type.u64) {
    const count = writeDigits(bytes, at, digits)
    attributeText(records, name, digits, 0, count)
  } else if (type === Type.samples) {
    attributeHex(records, name, bytes, at, next)
    vector(bytes, next - SAMPLE_BYTES, Key.gLast, records)
  } else if (type === Type.vector) vector(bytes, at, name, records)
  else write(code, numberAt(bytes, at, next, type), 0, records)
}
const digits = new Uint8Array(20)

/** X, Y, Z in mg. Some units write the low byte first: then only that way the numbers are possible. */
const vector = (bytes: Uint8Array, at: number, name: Uint8Array, records: Records): void => {
  let x = s16(bytes, at)
  let y = s16(bytes, at + 2)
  let z = s16(bytes, at + 4)
  if (tooLarge(x, y, z)) {
    const lowX = swapped(bytes, at)
    const lowY = swapped(bytes, at + 2)
    const lowZ = swapped(bytes, at + 4)
    if (!tooLarge(lowX, lowY, lowZ)) {
      x = lowX
      y = lowY
      z = lowZ
    }
  }
  attributeOpen(records, name, LIST)
  elementInt(records, x)
  elementInt(records, y)
  elementInt(records, z)
  attributeClose(records, LIST)
}

const tooLarge = (x: number, y: number, z: number): boolean =>
  Math.abs(x) > G_MAX || Math.abs(y) > G_MAX || Math.abs(z) > G_MAX

const swapped = (bytes: Uint8Array, at: number): number => ((bytes[at + 1] << 24) >> 16) | bytes[at]

/** Writes `raw` × 10^-places to its column, or as attribute. */
const write = (code: number, raw: number, places: number, records: Records): void => {
  const row = records.rows
  const name = SLOT_KEY[code]
  const value = places === 0 ? raw : raw / POWER[places]
  const most = COLUMN_MAX[SLOT_ACT[code]]
  if (most !== Infinity && !(value >= 0 && value <= most)) {
    attributeFixed(records, name, raw, places)
    return
  }
  switch (SLOT_ACT[code]) {
    case Act.number:
      attributeFixed(
        records,
        name,
        (raw + SLOT_OFFSET[code] * POWER[places]) * SLOT_FACTOR[code],
        places + SLOT_DECIMALS[code],
      )
      return
    case Act.flag:
      attributeBool(records, name, raw !== 0)
      return
    case Act.satellites:
      if (records.isFix[row]) records.satellites[row] = value
      else attributeInt(records, name, value)
      return
    case Act.power:
      records.powerV[row] = value / 10
      return
    case Act.battery:
      records.batteryV[row] = value / 10
      return
    case Act.rssi:
      records.rssi[row] = value
      return
    case Act.cell:
      if (value > 0) records.cellId[row] = value
      return
    case Act.lac:
      if (value > 0) records.lac[row] = value
      return
    case Act.network:
      if (value < NETWORK_MIN || value > NETWORK_MAX) return
      records.mcc[row] = Math.floor(value / (value < NETWORK_SIX ? 100 : 1000))
      records.mnc[row] = value % (value < NETWORK_SIX ? 100 : 1000)
      return
    case Act.altitude:
      if (records.isFix[row]) records.altitudeM[row] = value
      else attributeFixed(records, name, raw, places)
      return
    case Act.motion:
      records.motion[row] = raw === 0 ? 0 : 1
      return
    case Act.coolant:
      if (value !== NO_COOLANT) attributeFixed(records, name, raw, places)
      return
    case Act.registration:
      attributeInt(records, name, value)
      if (value === ROAMING && WRITTEN[Slot.ro] !== mark) {
        WRITTEN[Slot.ro] = mark
        attributeBool(records, Key.roaming, true)
      }
      return
    case Act.antenna:
      attributeInt(records, name, value)
  }
}

/**
 * The same for values in text: walks those in bytes[at, to) along the form, one a code. Where the next value begins;
 * `to + 1` when they are used up; -1 if there are fewer than codes.
 */
export const walkText = (
  bytes: Uint8Array,
  at: number,
  to: number,
  form: Uint8Array,
  from: number,
  formTo: number,
  records: Records | null,
): number => {
  readForm(form, from, formTo)
  for (let index = 0; index < codeCount; index++) {
    const code = codes[index]
    if (at > to) return -1
    let next = find(bytes, at, to, COMMA)
    if (code === Slot.gl) {
      const sub = find(bytes, at, to, SUB)
      if (sub >= 0) next = find(bytes, sub, to, COMMA)
      else if (next >= 0) next = find(bytes, next + 1, to, COMMA) // a link has one comma of its own
    }
    if (next < 0) next = to
    const end = next > at && bytes[next - 1] === SUB ? next - 1 : next
    if (code < 0) keepText = true
    else if (records === null) measureText(bytes, at, end, code)
    else if (end > at && code !== Slot.ci && WRITTEN[code] !== mark) {
      WRITTEN[code] = mark
      writeText(bytes, at, end, code, records)
    }
    at = next + 1
  }
  return at
}

const measureText = (bytes: Uint8Array, at: number, end: number, code: number): void => {
  if (MATTERS[code] === 0 || at === end) return
  const value = decimal(bytes, at, end)
  if (!Number.isNaN(value)) measure(code, SLOT_ACT[code], decimals === 0 ? value : value / POWER[decimals], at, end)
}

const writeText = (bytes: Uint8Array, at: number, end: number, code: number, records: Records): void => {
  const name = SLOT_KEY[code]
  if (code === Slot.gn) {
    attributeText(records, name, bytes, at, end)
    if (end - at === 2 * SAMPLES_BYTES && isHex(bytes, at, end)) {
      unhex(bytes, end - 2 * SAMPLE_BYTES)
      vector(sample, 0, Key.gLast, records)
    }
  } else if (code === Slot.gv) {
    if (end - at === 2 * SAMPLE_BYTES && isHex(bytes, at, end)) {
      unhex(bytes, at)
      vector(sample, 0, name, records)
    } else attributeText(records, name, bytes, at, end)
  } else if (SLOT_ACT[code] === Act.text) attributeText(records, name, bytes, at, end)
  else if (SLOT_ACT[code] === Act.beacons) beacons(bytes, at, end, name, records)
  else {
    const value = decimal(bytes, at, end)
    if (Number.isNaN(value)) keepText = true
    else write(code, value, decimals, records)
  }
}

const sample = new Uint8Array(SAMPLE_BYTES)
const unhex = (bytes: Uint8Array, at: number): void => {
  for (let byte = 0; byte < SAMPLE_BYTES; byte++) sample[byte] = hexByte(bytes, at + 2 * byte)
}

/** The geofence flags among `of`, as eight bits. */
export const geofences = (of: number): number => (of >> Flag.geofence) & GEOFENCE_BITS

/** Battery management of scooters: BS50, one block of hex, and BS51, frames of the Daly BMS. */
import { COLON, COMMA } from '../ascii.ts'
import {
  attributeBool,
  attributeClose,
  attributeFixed,
  attributeInt,
  attributeOpen,
  attributeText,
  elementInt,
  LIST,
} from '../attributes.ts'
import { hexByte, isHexBytes } from '../numbers.ts'
import type { Records } from '../records.ts'
import { Daly, DALY_STATES, DALY_ZERO_CURRENT, Key, NO_KEY, Pack, TEMPERATURE_BIAS } from './messages.ts'

/** Where the hex of the bytes begins that the readers below index. */
let base = 0
const u8 = (bytes: Uint8Array, offset: number) => hexByte(bytes, base + 2 * offset)
const u16le = (bytes: Uint8Array, offset: number) => u8(bytes, offset) | (u8(bytes, offset + 1) << 8)
const u16be = (bytes: Uint8Array, offset: number) => (u8(bytes, offset) << 8) | u8(bytes, offset + 1)
const u32le = (bytes: Uint8Array, offset: number) => u16le(bytes, offset) + u16le(bytes, offset + 2) * 0x10000
const u32be = (bytes: Uint8Array, offset: number) => u16be(bytes, offset) * 0x10000 + u16be(bytes, offset + 2)

/** Writes BS50 into the open row; false: it is no such block. */
export const writePack = (bytes: Uint8Array, from: number, to: number, records: Records): boolean => {
  if (to - from < 2 * Pack.size || !isHexBytes(bytes, from, to)) return false
  base = from
  if (u8(bytes, 0) !== 0x00 || u8(bytes, 1) !== 0x64 || u8(bytes, 2) !== 0xff) return false
  const cells = u8(bytes, Pack.cells)
  attributeInt(records, Key.cellCount, cells)
  attributeOpen(records, Key.cellVoltages, LIST)
  for (let cell = 0; cell < cells && cell < Pack.cellsMax; cell++)
    attributeFixed(records, NO_KEY, u16le(bytes, Pack.voltages + 2 * cell), 3)
  attributeClose(records, LIST)
  attributeBool(records, Key.packCharging, u8(bytes, Pack.charging) === 0)
  attributeFixed(records, Key.current, u16le(bytes, Pack.current), 1)
  attributeFixed(records, Key.packVoltage, u16le(bytes, Pack.voltage), 2)
  attributeInt(records, Key.charge, u8(bytes, Pack.charge))
  attributeInt(records, Key.overheat, u8(bytes, Pack.overheat))
  attributeInt(records, Key.chargeProtection, u8(bytes, Pack.chargeProtection))
  attributeInt(records, Key.dischargeProtection, u8(bytes, Pack.dischargeProtection))
  attributeInt(records, Key.wireBreak, u8(bytes, Pack.wireBreak))
  attributeInt(records, Key.balancing, u8(bytes, Pack.balancing))
  attributeInt(records, Key.cycles, u16le(bytes, Pack.cycles))
  attributeInt(records, Key.fault, u8(bytes, Pack.fault))
  attributeText(records, Key.unknown1, bytes, from + 2 * Pack.unknown1, from + 2 * Pack.sensors)
  const sensors = u8(bytes, Pack.sensors)
  attributeInt(records, Key.sensorCount, sensors)
  attributeInt(records, Key.powerStage, u8(bytes, Pack.powerStage) - TEMPERATURE_BIAS)
  attributeInt(records, Key.balancer, u8(bytes, Pack.balancer) - TEMPERATURE_BIAS)
  writeTemperatures(bytes, Pack.temperatures, Math.min(sensors, Pack.sensorsMax), records)
  attributeFixed(records, Key.capacity, u16le(bytes, Pack.capacity), 2)
  attributeInt(records, Key.discharged, u32le(bytes, Pack.discharged))
  attributeText(records, Key.unknown2, bytes, from + 2 * Pack.unknown2, to)
  return true
}

const writeTemperatures = (bytes: Uint8Array, offset: number, count: number, records: Records): void => {
  attributeOpen(records, Key.temperatures, LIST)
  for (let sensor = 0; sensor < count; sensor++) elementInt(records, u8(bytes, offset + sensor) - TEMPERATURE_BIAS)
  attributeClose(records, LIST)
}

/** `90:` and the digits of at least eight bytes. */
const KEY_BYTES = 3
const DALY_BYTES_MIN = 8
const DALY_CELLS = 3

/** Writes BS51 into the open row; false: one of its parts is none. */
export const writeDaly = (bytes: Uint8Array, from: number, to: number, records: Records): boolean => {
  // All parts are looked at before the first is written.
  let seen = 0
  let cells = 0
  for (let at = from; at < to;) {
    const end = partEnd(bytes, at, to)
    const number = keyAt(bytes, at, end)
    if (number < 0 || seen & (1 << number)) return false
    seen |= 1 << number
    base = at + KEY_BYTES
    if (number === Daly.counts - Daly.pack) cells = u8(bytes, 0)
    at = end + 1
  }
  for (let at = from; at < to;) {
    const end = partEnd(bytes, at, to)
    const number = keyAt(bytes, at, end)
    base = at + KEY_BYTES
    WRITERS[number](bytes, (end - base) >> 1, cells, records)
    at = end + 1
  }
  return seen !== 0
}

const partEnd = (bytes: Uint8Array, from: number, to: number): number => {
  let at = from
  while (at < to && bytes[at] !== COMMA) at++
  return at
}

/** Number of the part's key, 0 for 90; -1: it is no part. */
const keyAt = (bytes: Uint8Array, at: number, end: number): number => {
  if (end - at < KEY_BYTES + 2 * DALY_BYTES_MIN || bytes[at + 2] !== COLON) return -1
  if (!isHexBytes(bytes, at, at + 2) || !isHexBytes(bytes, at + KEY_BYTES, end)) return -1
  const number = hexByte(bytes, at) - Daly.pack
  return number >= 0 && number < WRITERS.length ? number : -1
}

type Writer = (bytes: Uint8Array, size: number, cells: number, records: Records) => void
/** Groups of three cells; the first ones may be missing, the last may hold more than there are (`cells`, 0: not said). */
const writeCellVoltages = (bytes: Uint8Array, size: number, cells: number, records: Records): void => {
  const first = u8(bytes, 0)
  const from = (first - 1) * DALY_CELLS + 1
  if (first !== 1) attributeInt(records, Key.cellsFrom, from)
  attributeOpen(records, Key.cellVoltages, LIST)
  for (let offset = 0, group = first; offset + DALY_BYTES_MIN <= size; offset += DALY_BYTES_MIN, group++) {
    if (u8(bytes, offset) !== group) break
    for (let cell = 0; cell < DALY_CELLS; cell++)
      if (cells === 0 || (group - 1) * DALY_CELLS + cell < cells)
        attributeFixed(records, NO_KEY, u16be(bytes, offset + 1 + 2 * cell), 3)
  }
  attributeClose(records, LIST)
}

/** By key, 90 first. */
const WRITERS: readonly Writer[] = [
  (bytes, _size, _cells, records) => {
    attributeFixed(records, Key.packVoltage, u16be(bytes, 0), 1)
    attributeFixed(records, Key.gatherVoltage, u16be(bytes, 2), 1)
    attributeFixed(records, Key.current, u16be(bytes, 4) - DALY_ZERO_CURRENT, 1)
    attributeFixed(records, Key.charge, u16be(bytes, 6), 1)
  },
  (bytes, _size, _cells, records) => {
    attributeFixed(records, Key.maxCell, u16be(bytes, 0), 3)
    attributeInt(records, Key.maxCellIndex, u8(bytes, 2))
    attributeFixed(records, Key.minCell, u16be(bytes, 3), 3)
    attributeInt(records, Key.minCellIndex, u8(bytes, 5))
  },
  (bytes, _size, _cells, records) => {
    attributeInt(records, Key.maxTemperature, u8(bytes, 0) - TEMPERATURE_BIAS)
    attributeInt(records, Key.maxTemperatureIndex, u8(bytes, 1))
    attributeInt(records, Key.minTemperature, u8(bytes, 2) - TEMPERATURE_BIAS)
    attributeInt(records, Key.minTemperatureIndex, u8(bytes, 3))
  },
  (bytes, _size, _cells, records) => {
    const state = u8(bytes, 0)
    if (state < DALY_STATES.length)
      attributeText(records, Key.packState, DALY_STATES[state], 0, DALY_STATES[state].length)
    else attributeInt(records, Key.packState, state)
    attributeInt(records, Key.chargeMos, u8(bytes, 1))
    attributeInt(records, Key.dischargeMos, u8(bytes, 2))
    attributeInt(records, Key.life, u8(bytes, 3))
    attributeInt(records, Key.remaining, u32be(bytes, 4))
  },
  (bytes, _size, _cells, records) => {
    attributeInt(records, Key.cellCount, u8(bytes, 0))
    attributeInt(records, Key.sensorCount, u8(bytes, 1))
    attributeBool(records, Key.charger, u8(bytes, 2) !== 0)
    attributeBool(records, Key.load, u8(bytes, 3) !== 0)
    attributeInt(records, Key.digitalIo, u8(bytes, 4))
    attributeInt(records, Key.cycles, u16be(bytes, 5))
  },
  writeCellVoltages,
  (bytes, size, _cells, records) => {
    if (u8(bytes, 0) !== 1) attributeInt(records, Key.temperatureGroup, u8(bytes, 0))
    // Sensors that are not there are 0.
    let count = Math.min(size, DALY_BYTES_MIN) - 1
    while (count > 0 && u8(bytes, count) === 0) count--
    writeTemperatures(bytes, 1, count, records)
  },
  (bytes, size, _cells, records) => attributeText(records, Key.balancingBits, bytes, base, base + 2 * size),
  (bytes, size, _cells, records) => attributeText(records, Key.faultBits, bytes, base, base + 2 * size),
]

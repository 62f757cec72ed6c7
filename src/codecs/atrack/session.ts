/**
 * What a session remembers, so that an alarm is raised when something begins and not while it lasts.
 *
 *   word 0   state flags of the newest live record (see Flag) · bit 29 known · bits 30-31 width of cell ids
 *   word 1   bits 0-7 inputs · 8-15 outputs · 16 known · 17-31 its RTC, seconds modulo 2^15
 *
 * Stored records never change the live state, nor are compared with it: those of a frame are compared with each other.
 */
import { geofences } from './customs.ts'
import { kindOf, Kind } from './header.ts'
import { Flag, MOMENTS, Report, USER_REPORT_MIN } from './messages.ts'
import {
  cellBytes,
  recordCount,
  recordFlags,
  recordInputs,
  recordOutputs,
  recordReport,
  recordRtc,
  recordSaidFlags,
  recordStored,
  scan,
} from './scan.ts'
import type { Settings } from './settings.ts'
import { RECORDS_PER_FRAME_MAX } from '../codec.ts'

const KNOWN = 1 << Flag.known
const CELL_WIDTH_MASK = 3 << Flag.cellWidth
/** All flags, without the two items above. */
const FLAGS = (1 << Flag.known) - 1
const GEOFENCES = 0xff << Flag.geofence
const MOTION = 1 << Flag.motion
const POWER_LOST = 1 << Flag.powerLost
/** Flags that an event record may raise without anything known before. */
const LASTING = FLAGS & ~(MOMENTS | GEOFENCES | MOTION)

const IO_KNOWN = 1 << 16
const OUTPUTS_SHIFT = 8,
  RTC_SHIFT = 17,
  RTC_MODULUS = 1 << 15
/** A live record this much older than the newest one has been overtaken by it. */
const OVERTAKEN_S = 300

/** Flags that are alarms of record i. */
export const alarmFlags = new Int32Array(RECORDS_PER_FRAME_MAX)
/** Other changes: bits of `Change`, geofences entered and left, inputs that went on; eight bits each. */
export const changes = new Int32Array(RECORDS_PER_FRAME_MAX)
export const Change = {
  powerRestored: 1,
  engineCut: 2,
  engineRestored: 4,
  enteredShift: 8,
  leftShift: 16,
  inputsShift: 24,
} as const

/** The memory after the frame scanned last. */
export let nextFlags = 0
export let nextIo = 0

const order = new Int32Array(RECORDS_PER_FRAME_MAX)

/** Follows the scanned records in the order of their RTC: fills `alarmFlags` and `changes`, and the next memory. */
export const follow = (flags: number, io: number, settings: Settings): void => {
  sort()
  nextFlags = flags
  nextIo = io
  if (cellBytes !== 0) nextFlags = (nextFlags & ~CELL_WIDTH_MASK) | ((cellBytes === 2 ? 1 : 2) << Flag.cellWidth)
  let storedFlags = 0
  let storedIo = 0
  for (let place = 0; place < recordCount; place++) {
    const record = order[place]
    if (recordStored[record]) {
      compare(record, storedFlags, storedIo, settings)
      storedFlags = flagsAfter(record, storedFlags)
      storedIo = ioAfter(record)
      continue
    }
    if (isOvertaken(record, nextIo)) {
      compare(record, 0, 0, settings)
      continue
    }
    compare(record, nextFlags, nextIo, settings)
    nextFlags = flagsAfter(record, nextFlags)
    nextIo = ioAfter(record)
  }
}

/** Record numbers by RTC, in `order`; records of a frame are nearly always in order already. */
const sort = (): void => {
  for (let record = 0; record < recordCount; record++) {
    let place = record
    for (; place > 0 && recordRtc[order[place - 1]] > recordRtc[record]; place--) order[place] = order[place - 1]
    order[place] = record
  }
}

const compare = (record: number, flags: number, io: number, settings: Settings): void => {
  let alarms = 0
  let change = 0
  if (recordSaidFlags[record]) {
    const now = recordFlags[record] & FLAGS
    const report = recordReport[record]
    const isEvent = report >= USER_REPORT_MIN || report === Report.jamming || report === Report.impact
    alarms = now & MOMENTS
    if (isEvent) alarms |= now & LASTING
    if (flags & KNOWN) {
      const began = now & ~flags
      alarms |= began & LASTING
      if (began & MOTION && !(recordInputs[record] & 1)) alarms |= MOTION
      if (flags & ~now & POWER_LOST) change |= Change.powerRestored
      change |= geofences(began) << Change.enteredShift
      change |= geofences(flags & ~now) << Change.leftShift
    }
  }
  if (io & IO_KNOWN) {
    change |= (recordInputs[record] & ~io & 0xff) << Change.inputsShift
    const outputs = (io >> OUTPUTS_SHIFT) & 0xff
    if ((outputs ^ recordOutputs[record]) & settings.immobiliser)
      change |= recordOutputs[record] & settings.immobiliser ? Change.engineCut : Change.engineRestored
  }
  alarmFlags[record] = alarms
  changes[record] = change
}

const flagsAfter = (record: number, flags: number): number => {
  if (!recordSaidFlags[record]) return flags
  return (flags & CELL_WIDTH_MASK) | (recordFlags[record] & FLAGS) | KNOWN
}

const ioAfter = (record: number): number => {
  const rtc = recordRtc[record] % RTC_MODULUS
  return recordInputs[record] | (recordOutputs[record] << OUTPUTS_SHIFT) | IO_KNOWN | (rtc << RTC_SHIFT)
}

const isOvertaken = (record: number, io: number): boolean => {
  if (!(io & IO_KNOWN)) return false
  const behind = ((io >>> RTC_SHIFT) - (recordRtc[record] % RTC_MODULUS) + RTC_MODULUS) % RTC_MODULUS
  return behind > 0 && behind < OVERTAKEN_S
}

export const advance = (bytes: Uint8Array, start: number, end: number, state: Int32Array, settings: Settings): void => {
  const kind = kindOf(bytes, start, end)
  if (kind !== Kind.text && kind !== Kind.binary) return
  scan(bytes, start, end, kind, state[0], settings)
  follow(state[0], state[1], settings)
  state[0] = nextFlags
  state[1] = nextIo
}

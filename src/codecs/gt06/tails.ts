/** What follows the cell in locations and alarms: one tail or another, by number and length (see LAYOUTS). */
import { attributeFixed, attributeHex, attributeInt } from '../attributes.ts'
import { allZero, s16, u16, u24, u32 } from '../bytes.ts'
import { odometer } from './fix.ts'
import { appendInt, member } from './json.ts'
import { Key } from './keys.ts'
import type { Message } from './message.ts'
import { Tail, TAIL_BYTES, TAIL_T3 } from './messages.ts'
import {
  alarmEvent,
  alarmState,
  attributeSignMagnitude,
  batteryLevel,
  STATUS_BYTES,
  statusBlock,
  terminalInformation,
} from './status.ts'
import { attributeNibbles, attributeTrimmed } from './write.ts'

const UPLOAD_MODE = member('upload_mode'),
  GEOFENCE_ID = member('geofence_id')

/** ACC, upload mode, re-upload. */
export const locationTail = ({ bytes, records, row }: Message, at: number): void => {
  records.ignition[row] = bytes[at] === 1 ? 1 : 0
  appendInt(records, UPLOAD_MODE, bytes[at + 1])
}

/** The tail at `at`; gives the offset behind it. */
export const tailOf = (message: Message, at: number, tail: number): number => {
  const { bytes, number, records, row } = message
  const behind = at + TAIL_BYTES[tail]
  if (TAIL_T3[tail] === 1) {
    locationTail(message, at)
    odometer(message, at + 3)
  }
  switch (tail) {
    case Tail.s5:
      statusBlock(message, at)
      break
    case Tail.s5Mileage:
      odometer(message, statusBlock(message, at))
      break
    case Tail.s5Fence:
    case Tail.s5FenceMileage:
      appendInt(records, GEOFENCE_ID, bytes[at + STATUS_BYTES])
      if (tail === Tail.s5FenceMileage) odometer(message, at + STATUS_BYTES + 1)
      statusBlock(message, at)
      break
    case Tail.s5Altitude:
      records.altitudeM[row] = s16(bytes, statusBlock(message, at))
      break
    case Tail.s5Card:
      driver(message, statusBlock(message, at))
      break
    case Tail.mileage:
      odometer(message, at)
      break
    case Tail.benway:
      benway(message, at)
      break
    case Tail.vxt:
    case Tail.fuel:
      terminalInformation(message, bytes[at])
      records.powerV[row] = u16(bytes, at + 1) / 100
      records.rssi[row] = bytes[at + 3]
      if (number === 0x16) alarmEvent(message, bytes[at], bytes[at + 4])
      else alarmState(message, bytes[at], bytes[at + 4])
      if (tail === Tail.fuel) {
        attributeInt(records, Key.fuelRaw, u16(bytes, at + 5))
        const degrees = bytes[at + 7]
        attributeInt(records, Key.temperature, degrees & 0x80 ? -(degrees & 0x7f) : degrees)
        records.odometerKm[row] = u32(bytes, at + 8) / 100 // units of 10 m
      }
      break
    case Tail.wetrust:
    case Tail.card:
      return cardTail(message, at, tail)
    case Tail.altitude:
      records.altitudeM[row] = s16(bytes, at + 7)
      break
    case Tail.seeworld:
      attributeInt(records, Key.tripTime, u32(bytes, at + 7))
      attributeSignMagnitude(records, Key.temperature, bytes, at + 11, 2)
      attributeFixed(records, Key.humidity, u16(bytes, at + 13), 2)
      break
    case Tail.rfid:
      attributeHex(records, Key.driverId, bytes, at, at + 8)
      attributeInt(records, Key.cardStatus, bytes[at + 8])
      break
    case Tail.sr411:
      records.ignition[row] = bytes[at] === 1 ? 1 : 0
      records.powerV[row] = u16(bytes, at + 1) / 100
      records.batteryV[row] = u16(bytes, at + 3) / 100
      break
    case Tail.lw4g:
      attributeInt(records, Key.networkIndicator, bytes[at])
      terminalInformation(message, bytes[at + 1])
      records.powerV[row] = u16(bytes, at + 2) / 100
      batteryLevel(message, bytes[at + 4])
      records.rssi[row] = bytes[at + 5]
      alarmState(message, bytes[at + 1], bytes[at + 6])
      attributeInt(records, Key.language, bytes[at + 7])
      odometer(message, at + 8)
      attributeInt(records, Key.engineSeconds, u32(bytes, at + 12))
      attributeNibbles(records, Key.imei, bytes, at + 16, at + 24, 1)
      records.inputs[row] = u16(bytes, at + 24)
      break
    case Tail.trx16i:
      records.powerV[row] = u16(bytes, at + 7) / 100
      records.batteryV[row] = bytes[at + 9] / 10
      attributeInt(records, Key.engineMinutes, u24(bytes, at + 10))
      driver(message, at + 13)
      break
  }
  return behind
}

/** Eight bytes; all zero: no card. */
const driver = ({ bytes, records }: Message, at: number): void => {
  if (!allZero(bytes, at, at + 8)) attributeHex(records, Key.driverId, bytes, at, at + 8)
}

/** I/O word: bit 15 ACC, bit 14 input 2; bit 12: a temperature, else an analogue value, in tenths unless bit 13. */
const benway = ({ bytes, records, row }: Message, at: number): void => {
  const word = u16(bytes, at)
  records.ignition[row] = word >> 15
  records.inputs[row] = ((word >> 15) & 1) | ((word >> 13) & 2)
  if (word & 0x1000) attributeInt(records, Key.temperature, word & 0x200 ? -(word & 0x1ff) : word & 0x1ff)
  else attributeFixed(records, Key.analog, word & 0x3ff, word & 0x2000 ? 0 : 1)
}

/** Mileage, length and text of a card, then alarm and status; WETRUST adds the driving time. */
const cardTail = (message: Message, at: number, tail: number): number => {
  const { bytes, end, records } = message
  odometer(message, at)
  const fixed = tail === Tail.wetrust ? 4 : 2
  let behind = at + 5 + bytes[at + 4]
  if (behind + fixed > end) return at + 4
  attributeTrimmed(records, Key.card, bytes, at + 5, behind)
  attributeInt(records, Key.alarmCode, bytes[behind])
  attributeInt(records, Key.cardStatus, bytes[behind + 1])
  behind += 2
  if (tail !== Tail.wetrust) return behind
  attributeInt(records, Key.drivingTime, u16(bytes, behind))
  return behind + 2
}

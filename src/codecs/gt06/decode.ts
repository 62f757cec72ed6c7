/** What a frame says: one record per frame. Who reads which content is the table at the end. */
import { attributeBool, attributeInt } from '../attributes.ts'
import { u16 } from '../bytes.ts'
import type { Codec, FrameContext } from '../codec.ts'
import type { Records } from '../records.ts'
import { Reject } from '../rejects.ts'
import { addressOfCell, addressOfFix } from './address.ts'
import { deviceStatus, modular, peripherals } from './assets.ts'
import { bootCell, cellAlarm, cells, cellsAlarm, countedCells, positionCells, satellites, wifiOnly } from './cells.ts'
import { az735, batteryManagement, clockIn, ibutton, ntLocation, x1Location } from './clones.ts'
import { crc16 } from './crc.ts'
import { FRAME_MIN, Shape, shapeOf, TRAILER } from './frame.ts'
import { heartbeat, heartbeatVoltage, seeworldStatus } from './heartbeats.ts'
import { openAttributes } from './json.ts'
import { Key } from './keys.ts'
import { bodyOf } from './layout.ts'
import { camera, fileUpload, multimedia, photoData, photoInfo } from './media.ts'
import { createMessage, type Message, type Reader } from './message.ts'
import { Body, CLOCK, NAMES, UTC } from './messages.ts'
import { heartbeatModules, positionModules, typedAlarm, typedPosition } from './modules.ts'
import { obd } from './obd.ts'
import { areaOnly, positional } from './positions.ts'
import { information, reply, replyLong, serialData } from './replies.ts'
import type { Settings } from './settings.ts'
import { topin } from './topin.ts'
import { rest } from './write.ts'

/** The decode of a codec with these settings. */
export const decoderOf = (settings: Settings): Codec['decode'] => {
  const { strictCrc } = settings
  const message = createMessage(settings)
  return (bytes: Uint8Array, start: number, end: number, context: FrameContext, records: Records): number => {
    if (end - start < FRAME_MIN) return -Reject.bad_frame
    const long = bytes[start] & 1
    const number = bytes[start + 3 + long]
    const shape = shapeOf(bytes, start, end)
    message.bytes = bytes
    message.at = start + 4 + long
    message.number = number
    message.long = long
    message.records = records
    message.row = records.rows
    message.context = context
    if (shape === Shape.topin || shape === Shape.stump) {
      if (shape === Shape.stump && strictCrc) return -Reject.bad_checksum
      message.end = end - 2
      message.clock = UTC
      return shape === Shape.stump ? stump(message) : topin(message)
    }
    const mismatch = crc16(bytes, start + 2, end - 4) !== u16(bytes, end - 4)
    if (mismatch && strictCrc) return -Reject.bad_checksum
    message.end = end - TRAILER
    message.clock = CLOCK[number | (long << 8)]
    const body = bodyOf(bytes, message.at, message.end - message.at, number, long)
    if (body === Body.login) return 0
    records.beginChunk(NAMES[number])
    openAttributes(records, u16(bytes, end - TRAILER), number)
    if (mismatch) attributeBool(records, Key.crcMismatch, true)
    READERS[body](message)
    records.end()
    return 1
  }
}

/** Too short for a serial and a CRC. */
const stump = (message: Message): number => {
  const { records, number } = message
  records.beginChunk(NAMES[number])
  attributeInt(records, Key.protocolNumber, number)
  all(message)
  records.end()
  return 1
}

/** A content nobody has described. */
const all = (message: Message): void => {
  rest(message, message.at)
}

/** Who reads a body. */
const READERS: Reader[] = []
READERS[Body.raw] = all
READERS[Body.heartbeat] = heartbeat
READERS[Body.heartbeatVoltage] = heartbeatVoltage
READERS[Body.heartbeatModules] = heartbeatModules
READERS[Body.position] = positional
READERS[Body.positionModules] = positionModules
READERS[Body.typedPosition] = typedPosition
READERS[Body.typedAlarm] = typedAlarm
READERS[Body.alarm] = positional
READERS[Body.cellAlarm] = cellAlarm
READERS[Body.cells] = cells
READERS[Body.cellsAlarm] = cellsAlarm
READERS[Body.addressOfCell] = addressOfCell
READERS[Body.addressOfFix] = addressOfFix
READERS[Body.reply] = reply
READERS[Body.replyLong] = replyLong
READERS[Body.empty] = all
READERS[Body.information] = information
READERS[Body.serialData] = serialData
READERS[Body.satellites] = satellites
READERS[Body.bootCell] = bootCell
READERS[Body.file] = fileUpload
READERS[Body.positionCells] = positionCells
READERS[Body.nt] = ntLocation
READERS[Body.az735] = az735
READERS[Body.photo] = photoInfo
READERS[Body.battery] = batteryManagement
READERS[Body.multimedia] = multimedia
READERS[Body.ibutton] = ibutton
READERS[Body.obd] = obd
READERS[Body.modular] = modular
READERS[Body.clockIn] = clockIn
READERS[Body.deviceStatus] = deviceStatus
READERS[Body.peripherals] = peripherals
READERS[Body.wifi] = wifiOnly
READERS[Body.camera] = camera
READERS[Body.area] = areaOnly
READERS[Body.countedCells] = countedCells
READERS[Body.x1] = x1Location
READERS[Body.photoData] = photoData
READERS[Body.seeworldStatus] = seeworldStatus

/**
 * The tables of the GT06 dialects. Sources: GT06 protocol paper v1.8.1; V3.1 paper (WeTrack lite, X3, GT800, HVT001);
 * JM-VL03 1.1.2 (4G); for clones, field logs. "content" is what lies between message number and serial number; n is
 * its length. All integers are big-endian.
 */

import { chunk, type Chunk } from '../text.ts'

/** Which frames carry a number: `78 78`, `79 79`, or both. */
const SHORT = 1,
  LONG = 2,
  BOTH = SHORT | LONG

/** Clock of a message's date: UTC whatever the unit's setting, or the zone the unit told at login. */
export const UTC = 0,
  LOCAL = 1

/** How a frame is answered. */
export const Ack = {
  none: 0,
  always: 1, // an empty 78 78 frame of the same number and serial
  location: 2, // the same, if ack_locations
  long: 3, // an empty 79 79 frame
  longLocation: 4, // the same, if ack_locations
  time: 5, // the gateway's time
  address: 6, // a street address, if address_reply
  serialData: 7, // confirmation of a card, if rfid_confirm
} as const

/** Which function reads the content. */
export const Body = {
  raw: 0,
  login: 1,
  heartbeat: 2,
  heartbeatVoltage: 3,
  heartbeatModules: 4,
  position: 5,
  positionModules: 6,
  typedPosition: 7,
  typedAlarm: 8,
  alarm: 9,
  cellAlarm: 10,
  cells: 11,
  cellsAlarm: 12,
  addressOfCell: 13,
  addressOfFix: 14,
  reply: 15,
  replyLong: 16,
  empty: 17,
  information: 18,
  serialData: 19,
  satellites: 20,
  bootCell: 21,
  file: 22,
  positionCells: 23,
  nt: 24,
  az735: 25,
  photo: 26,
  battery: 27,
  multimedia: 28,
  ibutton: 29,
  obd: 30,
  modular: 31,
  clockIn: 32,
  deviceStatus: 33,
  peripherals: 34,
  wifi: 35,
  camera: 36,
  // Not of a number but of some contents of it; see layout.ts.
  area: 37,
  countedCells: 38,
  x1: 39,
  photoData: 40,
  seeworldStatus: 41,
} as const

/** frame, number, name, body, ack, clock */
export const MESSAGES = [
  [SHORT, 0x01, 'login', Body.login, Ack.always, UTC],
  [SHORT, 0x10, 'gps', Body.position, Ack.location, LOCAL],
  [SHORT, 0x11, 'lbs or gps + lbs', Body.position, Ack.location, LOCAL],
  [SHORT, 0x12, 'location', Body.position, Ack.location, LOCAL],
  [SHORT, 0x13, 'heartbeat', Body.heartbeat, Ack.always, UTC],
  [SHORT, 0x14, 'satellites', Body.satellites, Ack.always, UTC],
  [SHORT, 0x15, 'command reply', Body.reply, Ack.none, UTC],
  [SHORT, 0x16, 'alarm', Body.alarm, Ack.always, LOCAL],
  [SHORT, 0x17, 'cell address request', Body.addressOfCell, Ack.address, UTC],
  [SHORT, 0x18, 'cells', Body.cells, Ack.location, LOCAL],
  [SHORT, 0x19, 'cell alarm', Body.cellAlarm, Ack.always, UTC],
  [SHORT, 0x1a, 'fix address request', Body.addressOfFix, Ack.address, LOCAL],
  [SHORT, 0x1e, 'location and cells', Body.positionCells, Ack.location, UTC],
  [BOTH, 0x21, 'command reply', Body.replyLong, Ack.none, UTC],
  [SHORT, 0x22, 'location', Body.position, Ack.location, UTC],
  [SHORT, 0x23, 'heartbeat with voltage', Body.heartbeatVoltage, Ack.always, UTC],
  [SHORT, 0x24, 'cells', Body.cells, Ack.location, UTC],
  [SHORT, 0x25, 'location and driver', Body.nt, Ack.location, UTC],
  [SHORT, 0x26, 'alarm', Body.alarm, Ack.always, UTC],
  [SHORT, 0x27, 'alarm, several fences', Body.alarm, Ack.always, UTC],
  [SHORT, 0x28, 'cells', Body.cells, Ack.location, UTC],
  [SHORT, 0x2a, 'fix address request', Body.addressOfFix, Ack.address, UTC],
  [SHORT, 0x2c, 'cells and wifi', Body.cells, Ack.location, UTC],
  [SHORT, 0x2d, 'location', Body.position, Ack.location, UTC],
  [SHORT, 0x2e, 'cells', Body.cells, Ack.location, UTC],
  [SHORT, 0x31, 'location', Body.position, Ack.location, UTC],
  [SHORT, 0x32, 'alarm', Body.alarm, Ack.always, UTC],
  [LONG, 0x32, 'AZ735 location', Body.az735, Ack.longLocation, UTC],
  [SHORT, 0x33, 'cells and wifi', Body.cells, Ack.location, UTC],
  [LONG, 0x33, 'AZ735 alarm', Body.az735, Ack.long, UTC],
  [SHORT, 0x34, 'cells', Body.cells, Ack.location, UTC],
  [SHORT, 0x35, 'X1 photo', Body.photo, Ack.none, UTC],
  [BOTH, 0x36, 'heartbeat with modules', Body.heartbeatModules, Ack.always, UTC],
  [BOTH, 0x37, 'location with modules', Body.positionModules, Ack.location, UTC],
  [LONG, 0x38, 'location with typed cell', Body.typedPosition, Ack.none, UTC],
  [BOTH, 0x39, 'alarm with modules', Body.typedAlarm, Ack.always, UTC],
  [BOTH, 0x40, 'WD-209 battery', Body.battery, Ack.always, UTC],
  [BOTH, 0x41, 'WD-209 multimedia', Body.multimedia, Ack.long, UTC],
  [SHORT, 0x61, 'iButton', Body.ibutton, Ack.always, UTC],
  [LONG, 0x65, 'OBD trouble codes', Body.obd, Ack.none, UTC],
  [LONG, 0x66, 'OBD values', Body.obd, Ack.none, UTC],
  [SHORT, 0x69, 'wifi', Body.raw, Ack.always, UTC],
  [LONG, 0x70, 'modular', Body.modular, Ack.always, UTC],
  [SHORT, 0x80, 'command echo', Body.raw, Ack.none, UTC],
  [SHORT, 0x81, 'command echo', Body.raw, Ack.none, UTC],
  [SHORT, 0x82, 'command echo', Body.raw, Ack.none, UTC],
  [SHORT, 0x8a, 'time request', Body.empty, Ack.time, UTC],
  [SHORT, 0x8b, 'cell at boot', Body.bootCell, Ack.always, UTC],
  [LONG, 0x8c, 'OBD', Body.obd, Ack.none, UTC],
  [LONG, 0x8d, 'file', Body.file, Ack.none, UTC],
  [BOTH, 0x94, 'information', Body.information, Ack.none, UTC],
  [SHORT, 0x95, 'camera alarm', Body.camera, Ack.always, UTC],
  [LONG, 0x9b, 'serial data', Body.serialData, Ack.serialData, UTC],
  [LONG, 0x9c, 'module data', Body.raw, Ack.none, UTC],
  [SHORT, 0xa0, '4G location', Body.position, Ack.location, UTC],
  [SHORT, 0xa1, '4G cells', Body.cells, Ack.location, UTC],
  [SHORT, 0xa2, '4G cells and wifi', Body.cells, Ack.location, UTC],
  [SHORT, 0xa3, '4G alarm', Body.alarm, Ack.always, UTC],
  [SHORT, 0xa4, '4G alarm, several fences', Body.alarm, Ack.always, UTC],
  [SHORT, 0xa5, '4G cell alarm', Body.cellAlarm, Ack.always, UTC],
  [SHORT, 0xa7, '4G cell address request', Body.addressOfCell, Ack.address, UTC],
  [SHORT, 0xa9, 'wifi alarm', Body.cellsAlarm, Ack.always, UTC],
  [SHORT, 0xb0, 'attendance', Body.raw, Ack.always, UTC],
  [SHORT, 0xb2, 'bluetooth clock-in', Body.clockIn, Ack.always, UTC],
  [LONG, 0xf1, 'device status', Body.deviceStatus, Ack.always, UTC],
  [LONG, 0xf2, 'peripherals', Body.peripherals, Ack.always, UTC],
  [SHORT, 0xf3, 'wifi list', Body.wifi, Ack.none, UTC],
  [LONG, 0xfd, 'version', Body.raw, Ack.none, UTC],
] as const

/** G18: date, time and fix; offsets from its first byte. */
export const Gps = {
  time: 0, // 6 × u8  YY MM DD hh mm ss
  satellites: 6, // u8      low nibble: satellites in use
  latitude: 7, // u32     degrees × 1 800 000; north if bit 10 of course
  longitude: 11, // u32     same scale; west if bit 11 of course
  speed: 15, // u8      km/h
  course: 16, // u16     COURSE_MASK and the bits below
  size: 18,
} as const

/** Bits of the course word. */
export const COURSE_MASK = 0x3ff,
  NORTH = 1 << 10,
  WEST = 1 << 11,
  FIXED = 1 << 12,
  DIFFERENTIAL = 1 << 13,
  ACC_TOLD = 1 << 14,
  ACC_ON = 1 << 15

export const LATITUDE_RAW_MAX = 90 * 1_800_000,
  LONGITUDE_RAW_MAX = 180 * 1_800_000

/** Bits of the terminal information byte (TI). */
export const Ti = { armed: 1, acc: 2, charging: 4, alarmShift: 3, alarmMask: 7, tracking: 0x40, relay: 0x80 } as const

/** Serving cell: MCC u16 (bit 15: MNC is two bytes), MNC u8, LAC, CID. */
export const Cell = { none: 0, l8: 1, l9: 2, l10: 3, l15: 4, padding: 5 } as const
/** Bytes by kind, with a one-byte MNC; l10 always has two. */
export const CELL_BYTES = [0, 8, 9, 10, 15, 45] as const
export const LAC_BYTES = [0, 2, 2, 2, 4, 0] as const
/** First byte of an MCC whose MNC has two bytes: the flag, and no country has a code above 0x3ff. */
export const MNC_WIDE = 0x80,
  MNC_WIDE_MASK = 0xfc
/** Bytes of the phone number in an address request. */
export const PHONE_BYTES = 21

/** What follows the cell in a message with a fix. Letters as in the papers' tables; see decode.ts for the fields. */
export const Tail = {
  none: 0,
  t3: 1, // ACC, upload mode, re-upload
  t7: 2, // t3, mileage
  benway: 3, // I/O word
  mileage: 4,
  vxt: 5, // TI, voltage, GSM, alarm
  wetrust: 6, // mileage, card, alarm, card status, driving time
  fuel: 7, // vxt, fuel, temperature, mileage
  card: 8, // mileage, card, alarm, swiped
  seeworld: 9, // t7, trip time, temperature, humidity
  altitude: 10, // t7, altitude
  rfid: 11, // card, validity
  sr411: 12, // ACC, voltages
  lw4g: 13,
  trx16i: 14, // t7, voltages, engine time, card
  s5: 15, // TI, VL, GSM, alarm, language
  s5Mileage: 16,
  s5Card: 17,
  s5Fence: 18,
  s5FenceMileage: 19,
  s5Altitude: 20,
} as const

/** Bytes of a tail; where it varies, of its fixed part. */
export const TAIL_BYTES = [0, 3, 7, 2, 4, 5, 9, 12, 7, 15, 9, 9, 5, 26, 21, 5, 9, 13, 6, 10, 7] as const
/** The tail begins with t3 … */
export const TAIL_T3 = Uint8Array.from(TAIL_BYTES, () => 0)
for (const tail of [Tail.t3, Tail.t7, Tail.seeworld, Tail.altitude, Tail.trx16i]) TAIL_T3[tail] = 1
/** … or has TI at this offset (none: 255) and an alarm code at that. */
export const TAIL_TI = Uint8Array.from(TAIL_BYTES, () => 255)
export const TAIL_ALARM = Uint8Array.from(TAIL_BYTES, () => 255)
for (const [tail, ti, alarm] of [
  [Tail.vxt, 0, 4],
  [Tail.fuel, 0, 4],
  [Tail.lw4g, 1, 6],
  [Tail.s5, 0, 3],
  [Tail.s5Mileage, 0, 3],
  [Tail.s5Card, 0, 3],
  [Tail.s5Fence, 0, 3],
  [Tail.s5FenceMileage, 0, 3],
  [Tail.s5Altitude, 0, 3],
]) {
  TAIL_TI[tail] = ti
  TAIL_ALARM[tail] = alarm
}

/**
 * Messages that begin with G18: number, n (one-byte MNC), whether a length byte (LL) precedes the cell, cell, tail.
 * Where clones reuse a number with another tail, n tells them apart.
 */
const LAYOUTS = [
  [0x10, 18, 0, Cell.none, Tail.none],
  [0x11, 28, 0, Cell.l10, Tail.none],
  [0x12, 26, 0, Cell.l8, Tail.none], // the standard GT06 form
  [0x12, 28, 0, Cell.l8, Tail.benway],
  [0x12, 29, 0, Cell.l8, Tail.t3],
  [0x12, 30, 0, Cell.l8, Tail.mileage],
  [0x12, 31, 0, Cell.l8, Tail.vxt],
  [0x12, 33, 0, Cell.l8, Tail.t7],
  [0x12, 36, 0, Cell.l8, Tail.wetrust],
  [0x12, 38, 0, Cell.l8, Tail.fuel],
  [0x17, 35, 0, Cell.l8, Tail.rfid],
  [0x22, 26, 0, Cell.l8, Tail.none],
  [0x22, 29, 0, Cell.l8, Tail.t3], // the standard WeTrack form
  [0x22, 33, 0, Cell.l8, Tail.t7],
  [0x22, 42, 0, Cell.l9, Tail.seeworld],
  [0x24, 41, 0, Cell.l8, Tail.sr411],
  [0x2d, 26, 0, Cell.l8, Tail.none],
  [0x2d, 29, 0, Cell.l8, Tail.t3],
  [0x2d, 33, 0, Cell.l8, Tail.t7],
  [0x31, 29, 0, Cell.l8, Tail.t3],
  [0x31, 37, 0, Cell.l10, Tail.altitude],
  [0x36, 48, 0, Cell.l9, Tail.trx16i],
  [0xa0, 33, 0, Cell.l15, Tail.none],
  [0xa0, 36, 0, Cell.l15, Tail.t3], // the 4G WeTrack form
  [0xa0, 40, 0, Cell.l15, Tail.t7],
  [0xa2, 59, 0, Cell.l15, Tail.lw4g],
  [0x16, 24, 1, Cell.none, Tail.s5],
  [0x16, 31, 0, Cell.l8, Tail.vxt],
  [0x16, 32, 1, Cell.l8, Tail.s5],
  [0x16, 33, 1, Cell.l9, Tail.s5],
  [0x16, 36, 1, Cell.l8, Tail.s5Mileage],
  [0x16, 40, 1, Cell.l8, Tail.s5Card],
  [0x16, 69, 1, Cell.padding, Tail.s5],
  [0x26, 24, 1, Cell.none, Tail.s5],
  [0x26, 32, 1, Cell.l8, Tail.s5], // the standard WeTrack alarm
  [0x26, 33, 1, Cell.l9, Tail.s5],
  [0x26, 36, 1, Cell.l8, Tail.s5Mileage],
  [0x27, 33, 1, Cell.l8, Tail.s5Fence],
  [0x27, 37, 1, Cell.l8, Tail.s5FenceMileage],
  [0x32, 32, 1, Cell.l8, Tail.s5],
  [0x32, 34, 1, Cell.l10, Tail.s5],
  [0x32, 36, 1, Cell.l10, Tail.s5Altitude],
  [0xa3, 39, 1, Cell.l15, Tail.s5],
  [0xa4, 40, 1, Cell.l15, Tail.s5Fence], // the 4G WeTrack alarm
  [0xa4, 44, 1, Cell.l15, Tail.s5FenceMileage],
] as const
/** 0x12 with a card field of any length (GT06E) starts at this n. */
const CARD_N = 108

/** A layout in one integer; 0 is none. */
export const KNOWN_LAYOUT = 1,
  WIDE_MNC = 2,
  LL = 4,
  CELL_SHIFT = 3,
  TAIL_SHIFT = 6
export const layout = (ll: number, cell: number, tail: number): number =>
  KNOWN_LAYOUT | (ll ? LL : 0) | (cell << CELL_SHIFT) | (tail << TAIL_SHIFT)

// The tables again, indexed and built once: the hot path reads an array, it never searches.
// By frame and number (number | 0x100 for 79 79):
export const BODY = new Uint8Array(512),
  ACK = new Uint8Array(512).fill(Ack.always, 0, 256), // unknown short frames are acknowledged, long ones are not
  CLOCK = new Uint8Array(512),
  KNOWN = new Uint8Array(512)
for (const [frames, number, , body, ack, clock] of MESSAGES) {
  for (const index of [number, number | 0x100]) {
    if (!(frames & (index < 256 ? SHORT : LONG))) continue
    BODY[index] = body
    ACK[index] = ack
    CLOCK[index] = clock
    KNOWN[index] = 1
  }
}
/** By number << 8 | n. */
export const LAYOUT = new Uint16Array(256 * 256)
for (const [number, n, ll, cell, tail] of LAYOUTS) LAYOUT[(number << 8) | n] = layout(ll, cell, tail)
for (let n = CARD_N; n < 256; n++) LAYOUT[(0x12 << 8) | n] = layout(0, Cell.l8, Tail.card)
/** Cell of a number whose n is in no row. */
export const CLASS_CELL = new Uint8Array(256).fill(Cell.l8)
CLASS_CELL[0x10] = Cell.none
for (let number = 0xa0; number <= 0xa7; number++) CLASS_CELL[number] = Cell.l15
/** Tail of a number whose n is in no row: t3 or t7, as many bytes as there are. */
export const CLASS_T3 = new Uint8Array(256)
for (const number of [0x22, 0x2d, 0x31, 0xa0]) CLASS_T3[number] = 1
/** Names of the messages in the column `message`. */
export const NAMES: readonly Chunk[] = Array.from({ length: 256 }, (_, number) =>
  chunk(`gt06.${number.toString(16).toUpperCase().padStart(2, '0')}`),
)
/** The alarm byte's language byte extends the code in these. */
export const EXTENDED_ALARM = new Uint8Array(256)
for (const number of [0x27, 0xa4, 0x39, 0xa9]) EXTENDED_ALARM[number] = 1

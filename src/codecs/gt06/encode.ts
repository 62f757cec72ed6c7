/**
 * Frames as trackers send them, for the simulator and tests: here the maker's messages, in encode-clones.ts those of others.
 * Written from the papers' layouts, not from the decoder. Not for the hot path.
 */
import { crc16 } from './crc.ts'

const START_SHORT = 0x78,
  START_LONG = 0x79,
  CR = 0x0d,
  LF = 0x0a
const LENGTH_MAX_SHORT = 255

/** A frame of either kind: start, length, number, content, serial, CRC, stop. */
export const frame = (number: number, content: Iterable<number>, serial: number, long = false): Uint8Array => {
  const body = [number, ...content, ...u16(serial)]
  const length = body.length + 2
  if (!long && length > LENGTH_MAX_SHORT) throw new RangeError(`${length} bytes do not fit a short frame`)
  const counted = [...(long ? u16(length) : [length]), ...body]
  const crc = crc16(Uint8Array.from(counted), 0, counted.length)
  const mark = long ? START_LONG : START_SHORT
  return Uint8Array.from([mark, mark, ...counted, ...u16(crc), CR, LF])
}

export const be = (value: number, bytes: number): number[] =>
  Array.from({ length: bytes }, (_, at) => Math.floor(value / 256 ** (bytes - 1 - at)) % 256)
export const u16 = (value: number) => be(value & 0xffff, 2)
export const u24 = (value: number) => be(value, 3)
export const u32 = (value: number) => be(value >>> 0, 4)
export const ascii = (text: string) => [...text].map((character) => character.charCodeAt(0) & 0xff)
export const padded = (text: string, bytes: number) => [...ascii(text), ...Array<number>(bytes).fill(0)].slice(0, bytes)

/** Decimal digits two to a byte, with a leading 0 if their number is odd. */
export const bcd = (digits: string): number[] => {
  const even = digits.length % 2 ? `0${digits}` : digits
  return Array.from({ length: even.length / 2 }, (_, at) => Number.parseInt(even.slice(2 * at, 2 * at + 2), 16))
}

/** Six bytes YY MM DD hh mm ss of a UTC time. */
export const date = (ms: number): number[] => {
  const utc = new Date(ms)
  return [
    utc.getUTCFullYear() - 2000,
    utc.getUTCMonth() + 1,
    utc.getUTCDate(),
    utc.getUTCHours(),
    utc.getUTCMinutes(),
    utc.getUTCSeconds(),
  ]
}

export interface Login {
  /** 15 digits. */
  imei: string
  typeCode?: number
  /** Minutes east of UTC; needs a type code before it, 0 if none is given. */
  timezoneMinutes?: number
  language?: number
}

export const login = (said: Login, serial: number): Uint8Array => {
  const content = bcd(said.imei.padStart(15, '0'))
  const zoned = said.timezoneMinutes !== undefined
  if (said.typeCode !== undefined || zoned) content.push(...u16(said.typeCode ?? 0))
  if (zoned) content.push(...u16(zoneWord(said.timezoneMinutes!, said.language ?? 0)))
  return frame(0x01, content, serial)
}

/** Bits 15–4: hours × 100 + minutes; bit 3: west; bits 1–0: language. */
export const zoneWord = (minutes: number, language = 0): number => {
  const size = Math.abs(minutes)
  return ((Math.floor(size / 60) * 100 + (size % 60)) << 4) | (minutes < 0 ? 8 : 0) | (language & 3)
}

/** Topin login: no serial, no CRC. */
export const topinLogin = (imei: string, version = 1): Uint8Array => topinFrame(0x0d, 0x01, [...bcd(imei), version])

/** A Topin frame: what the length byte means differs by number. */
export const topinFrame = (length: number, number: number, content: number[]): Uint8Array =>
  Uint8Array.from([START_SHORT, START_SHORT, length, number, ...content, CR, LF])

export interface Fix {
  /** ms since 1970; written as it is, so shift it for messages in local time. */
  timeMs: number
  /** Degrees, north and east positive. */
  latitude: number
  longitude: number
  /** 0 to 255. */
  speedKph?: number
  /** 0 to 360. */
  courseDeg?: number
  /** 0 to 15. */
  satellites?: number
  /** Default true. */
  valid?: boolean
  /** ACC in the course word, a clones' extension; absent: bits 15 and 14 stay 0. */
  acc?: boolean
}

const RAW_PER_DEGREE = 1_800_000

/** Course and hemispheres. */
export const courseWord = (fix: Fix): number =>
  ((fix.courseDeg ?? 0) & 0x3ff) |
  (fix.latitude >= 0 ? 1 << 10 : 0) |
  (fix.longitude < 0 ? 1 << 11 : 0) |
  ((fix.valid ?? true) ? 1 << 12 : 0) |
  (fix.acc === undefined ? 0 : (1 << 14) | (fix.acc ? 1 << 15 : 0))

/** G18 without the date: quantity, latitude, longitude, speed, course. */
export const gps = (fix: Fix): number[] => [
  0xc0 | Math.min(fix.satellites ?? 9, 15),
  ...u32(Math.round(Math.abs(fix.latitude) * RAW_PER_DEGREE)),
  ...u32(Math.round(Math.abs(fix.longitude) * RAW_PER_DEGREE)),
  Math.min(fix.speedKph ?? 0, 255),
  ...u16(courseWord(fix)),
]

export const g18 = (fix: Fix): number[] => [...date(fix.timeMs), ...gps(fix)]

export interface Cell {
  mcc: number
  mnc: number
  lac: number
  cid: number
  /** Level, in lists. */
  rssi?: number
}

/** Country and network; with the MCC's flag when the MNC takes two bytes. */
export const network = (cell: Cell, flagged = cell.mnc > 255) =>
  flagged ? [...u16(cell.mcc | 0x8000), ...u16(cell.mnc)] : [...u16(cell.mcc), cell.mnc]

export const l8 = (cell: Cell): number[] => [...network(cell), ...u16(cell.lac), ...u24(cell.cid)]
export const l9 = (cell: Cell): number[] => [...network(cell), ...u16(cell.lac), ...u32(cell.cid)]
export const l10 = (cell: Cell): number[] => [...u16(cell.mcc), ...u16(cell.mnc), ...u16(cell.lac), ...u32(cell.cid)]
export const l15 = (cell: Cell): number[] => [...network(cell), ...u32(cell.lac), ...be(cell.cid, 8)]

export interface Tail {
  acc?: boolean
  /** Table "upload mode"; 0: time interval. */
  mode?: number
  /** Sent later. */
  reupload?: boolean
  /** Metres; absent: the frame has no mileage. */
  mileage?: number
}

/** T3 or T7. */
export const tail = (said: Tail): number[] => [
  said.acc ? 1 : 0,
  ...flags(said),
  ...(said.mileage === undefined ? [] : u32(said.mileage)),
]
const flags = (said: Tail): number[] => [said.mode ?? 0, said.reupload ? 1 : 0]

/** 22 (or 2D): the location of WeTrack units, in UTC. */
export const location22 = (fix: Fix, cell: Cell, said: Tail, serial: number, number = 0x22): Uint8Array =>
  frame(number, [...g18(fix), ...l8(cell), ...tail(said)], serial)

/** 12: the location of the first GT06, in the unit's time. With a mileage: n = 30. */
export const location12 = (fix: Fix, cell: Cell, serial: number, mileage?: number): Uint8Array =>
  frame(0x12, [...g18(fix), ...l8(cell), ...(mileage === undefined ? [] : u32(mileage))], serial)

/** A0: the location of 4G units. */
export const locationA0 = (fix: Fix, cell: Cell, said: Tail, serial: number): Uint8Array =>
  frame(0xa0, [...g18(fix), ...l15(cell), ...tail(said)], serial)

/** 11, old: a cell without a position, in the unit's time. */
export const area11 = (timeMs: number, cell: Cell, serial: number): Uint8Array =>
  frame(0x11, [...date(timeMs), ...l8(cell)], serial)

/** 11: position and cell, in the unit's time. */
export const location11 = (fix: Fix, cell: Cell, serial: number): Uint8Array =>
  frame(0x11, [...g18(fix), ...l10(cell)], serial)

/** 37: what 22 says, and modules as made by `tlv`. */
export const location37 = (fix: Fix, cell: Cell, said: Tail, modules: number[], serial: number): Uint8Array =>
  frame(0x37, [...g18(fix), ...l8(cell), ...tail(said), ...modules], serial)

/** Radio type, cell and level: from type 3 on 4G. */
const typedCell = (cell: Cell, type: number) =>
  type >= 3 ? [type, ...l15(cell), ...u16(cell.rssi ?? 0)] : [type, ...l8(cell), cell.rssi ?? 0]

/** 38: with the kind of cell, and modules. */
export const location38 = (
  fix: Fix,
  cell: Cell,
  type: number,
  said: Tail,
  modules: number[],
  serial: number,
): Uint8Array => frame(0x38, [...g18(fix), ...flags(said), ...typedCell(cell, type), ...modules], serial, true)

/** 39: an alarm with the kind of cell, and modules. */
export const alarm39 = (
  fix: Fix,
  cell: Cell,
  type: number,
  status: Status,
  modules: number[],
  serial: number,
): Uint8Array => frame(0x39, [...g18(fix), ...typedCell(cell, type), ...s5(status), ...modules], serial, true)

/** 10: position only. */
export const location10 = (fix: Fix, serial: number): Uint8Array => frame(0x10, [...g18(fix), 0, 0], serial)

export interface Status {
  fuelCut?: boolean
  tracking?: boolean
  /** Bits 5–3 of TI: 1 vibration, 2 power cut, 3 low battery, 4 SOS. */
  tiAlarm?: number
  charging?: boolean
  acc?: boolean
  armed?: boolean
  /** 0 to 6, or a percentage from 7 on. */
  voltageLevel?: number
  gsm?: number
  /** Alarm code; above 255 only where the language byte extends it. */
  alarm?: number
  language?: number
}

export const ti = (status: Status): number =>
  (status.fuelCut ? 0x80 : 0) |
  ((status.tracking ?? true) ? 0x40 : 0) |
  (((status.tiAlarm ?? 0) & 7) << 3) |
  (status.charging ? 4 : 0) |
  (status.acc ? 2 : 0) |
  (status.armed ? 1 : 0)

/** S5. */
export const s5 = (status: Status): number[] => {
  const alarm = status.alarm ?? 0
  const language = (status.language ?? 2) | (alarm > 0xff ? (alarm >> 8) << 4 : 0)
  return [ti(status), status.voltageLevel ?? 6, status.gsm ?? 4, alarm & 0xff, language]
}

/** 13. */
export const heartbeat = (status: Status, serial: number): Uint8Array => frame(0x13, s5(status), serial)

/** 23, with a voltage. */
export const heartbeat23 = (status: Status, centivolts: number, serial: number): Uint8Array => {
  const content = [ti(status), ...u16(centivolts), status.gsm ?? 4, ...u16(status.language ?? 2)]
  return frame(0x23, content, serial)
}

/** { id, value } with a length of one or two bytes. */
export const tlv = (id: number, value: number[], lengthBytes = 1): number[] => [
  ...u16(id),
  ...be(value.length, lengthBytes),
  ...value,
]

/** 36, with modules as made by `tlv`. */
export const heartbeat36 = (status: Status, modules: number[], serial: number, long = false): Uint8Array =>
  frame(0x36, [...s5(status), ...modules], serial, long)

/** 16 and 26 (one fence), 27 (fence number), with a 2G cell. */
export const alarm = (
  number: 0x16 | 0x26 | 0x27 | 0x32,
  fix: Fix,
  cell: Cell,
  status: Status,
  serial: number,
  more: { fence?: number; mileage?: number } = {},
): Uint8Array =>
  frame(number, [...alarmHead(fix, l8(cell)), ...s5(status), ...alarmTail(more, number === 0x27)], serial)

/** A3 (one fence) and A4 (fence number), with a 4G cell. */
export const alarm4g = (
  number: 0xa3 | 0xa4,
  fix: Fix,
  cell: Cell,
  status: Status,
  serial: number,
  more: { fence?: number; mileage?: number } = {},
): Uint8Array =>
  frame(number, [...alarmHead(fix, l15(cell)), ...s5(status), ...alarmTail(more, number === 0xa4)], serial)

/** G18, LL (which counts itself), cell. */
const alarmHead = (fix: Fix, cell: number[]) => [...g18(fix), cell.length + 1, ...cell]
const alarmTail = (more: { fence?: number; mileage?: number }, fenced: boolean) => [
  ...(fenced ? [more.fence ?? 0xff] : []),
  ...(more.mileage === undefined ? [] : u32(more.mileage)),
]

/** 19 (2G) and A5 (4G): an alarm with a cell only. */
export const cellAlarm = (number: 0x19 | 0xa5, cell: Cell, status: Status, serial: number): Uint8Array =>
  frame(number, [...(number === 0xa5 ? l15(cell) : l8(cell)), ...s5(status)], serial)

export interface AccessPoint {
  /** aa:bb:cc:dd:ee:ff */
  mac: string
  rssi: number
}

export const mac = (text: string): number[] => text.split(':').map((byte) => Number.parseInt(byte, 16))

const CELLS = 7
const EMPTY_SLOT: Cell = { mcc: 0, mnc: 0, lac: 0, cid: 0 }

/** LAC, CID and level of each. */
export const listed = (seen: Cell[], lacBytes: number, cidBytes: number): number[] =>
  seen.flatMap((cell) => be(cell.lac, lacBytes).concat(be(cell.cid, cidBytes), cell.rssi ?? 0))

/** The same of `count` slots, of which the last are empty. */
export const slots = (seen: Cell[], count: number, lacBytes: number, cidBytes: number): number[] =>
  listed(
    Array.from({ length: count }, (_, at) => seen[at] ?? EMPTY_SLOT),
    lacBytes,
    cidBytes,
  )

/** MAC and level of each. */
export const points = (wifi: AccessPoint[]): number[] => wifi.flatMap((point) => mac(point.mac).concat(point.rssi))

/** 18, 24, 28, 2E (2G) and A1 (4G): up to seven cells of one network; 2C and A2 add access points. */
export const cells = (
  number: 0x18 | 0x24 | 0x28 | 0x2e | 0x2c | 0xa1 | 0xa2,
  timeMs: number,
  seen: Cell[],
  serial: number,
  wifi: AccessPoint[] = [],
  language = 2,
): Uint8Array => {
  const fourG = number >= 0xa1
  const list = fourG ? slots(seen, CELLS, 4, 8) : slots(seen, CELLS, 2, 3)
  const content = [...date(timeMs), ...network(seen[0]), ...list, 0xff]
  if (number === 0x2c || number === 0xa2) content.push(wifi.length, ...points(wifi))
  else content.push(...u16(language))
  return frame(number, content, serial)
}

/** A9: cells and access points with an alarm. */
export const wifiAlarm = (
  timeMs: number,
  seen: Cell[],
  fourG: boolean,
  wifi: AccessPoint[],
  status: Status,
  serial: number,
): Uint8Array => {
  const list = [fourG ? 1 : 0, seen.length, ...(fourG ? listed(seen, 4, 8) : listed(seen, 2, 3)), 0xff]
  return frame(
    0xa9,
    [...date(timeMs), ...network(seen[0]), ...list, wifi.length, ...points(wifi), ...s5(status).slice(3)],
    serial,
  )
}

/** 14: signal-to-noise ratios of the satellites in use. */
export const satellites = (ratios: number[], serial: number) => frame(0x14, [ratios.length, ...ratios], serial)

/** 8B: the cell, right after the start. */
export const bootCell = (cell: Cell, serial: number) => frame(0x8b, l8(cell), serial)

/** 94: information type and data. */
export const information = (type: number, data: number[], serial: number): Uint8Array =>
  frame(0x94, [type, ...data], serial, true)

/** 94/00. */
export const externalVoltage = (centivolts: number, serial: number) => information(0x00, u16(centivolts), serial)

/** 94/05; `timeMs` as newer units send it. */
export const door = (open: boolean, level: boolean, serial: number, timeMs?: number) =>
  information(0x05, [...(timeMs === undefined ? [] : date(timeMs)), (open ? 1 : 0) | (level ? 4 : 0)], serial)

/** 94/0B. */
export const radio = (fourG: boolean, serial: number) => information(0x0b, [fourG ? 1 : 0], serial)

/** 94/0D: an ultrasonic fuel sensor. */
export const fuelSensor = (outputCm: number, celsius: number, measured: number, serial: number, timeMs?: number) =>
  information(
    0x0d,
    [
      ...(timeMs === undefined ? [] : date(timeMs)),
      ...ascii(`!AIOIL,02,${outputCm},${celsius},V1.0,10,${measured},0,1,9`),
    ],
    serial,
  )

/** 94/1B: a card, in text. */
export const driverCard = (id: string, serial: number) => information(0x1b, ascii(`RFID:${id}\r\n`), serial)

/** 94/1E: tenths of a degree and of a percent. */
export const climate = (temperature: number, humidity: number, serial: number) =>
  information(0x1e, [...u32(temperature), ...u32(humidity)], serial)

/** 94/21: the unit's own Bluetooth address. */
export const bluetoothAddress = (address: string, serial: number) => information(0x21, mac(address), serial)

/** 94/0A. */
export const simIdentity = (imei: string, imsi: string, iccid: string, serial: number) =>
  information(
    0x0a,
    [...bcd(imei.padStart(16, '0')), ...bcd(imsi.padStart(16, '0')), ...bcd(iccid.padEnd(20, 'f'))],
    serial,
  )

/** 94/04: `KEY=VALUE;…` */
export const statusSync = (text: string, serial: number) => information(0x04, ascii(text), serial)

/** 15: a command's reply, old form. `flag` is the command's. */
export const reply15 = (text: string, flag: number, serial: number, language = 2): Uint8Array =>
  frame(0x15, [4 + text.length, ...u32(flag), ...ascii(text), ...u16(language)], serial)

/** 21: a command's reply, general form. */
export const reply21 = (text: string, flag: number, serial: number): Uint8Array =>
  frame(0x21, [...u32(flag), 0x01, ...ascii(text)], serial, true)

/** 8A: asks for the time. */
export const timeRequest = (serial: number) => frame(0x8a, [], serial)

/** 2A (UTC) and 1A (local time): asks for the address of a fix. */
export const addressRequest = (
  number: 0x2a | 0x1a,
  fix: Fix,
  phone: string,
  serial: number,
  language = 2,
): Uint8Array => frame(number, [...g18(fix), ...padded(phone, 21), ...u16(language)], serial)

/** 17 (2G) and A7 (4G): asks for the address of a cell. */
export const cellAddressRequest = (
  number: 0x17 | 0xa7,
  cell: Cell,
  phone: string,
  serial: number,
  language = 2,
): Uint8Array =>
  frame(number, [...(number === 0xa7 ? l15(cell) : l8(cell)), ...padded(phone, 21), ...u16(language)], serial)

/** 70: everything in modules, made by `tlv` with a length of two bytes. */
export const modular = (modules: number[], serial: number) => frame(0x70, modules, serial, true)

/** Module 0033 of 70: a position. */
export const modularFix = (fix: Fix, altitudeM: number): number[] => {
  const [, ...place] = gps(fix)
  return tlv(0x0033, [...u32(fix.timeMs / 1000), fix.satellites ?? 9, ...u16(altitudeM), ...place], 2)
}

/** Module 0034 of 70: an event. */
export const modularEvent = (event: number, timeMs: number, data: number[] = []) =>
  tlv(0x0034, [event, ...u32(timeMs / 1000), data.length, ...data], 2)

/** F1: the state of the device; modules as made by `tlv`. */
export const deviceStatus = (timeMs: number, modules: number[], serial: number) =>
  frame(0xf1, [...u32(timeMs / 1000), ...modules], serial, true)

/** F2: what hangs on it. */
export const peripherals = (timeMs: number, modules: number[], serial: number) =>
  frame(0xf2, [...u32(timeMs / 1000), ...modules], serial, true)

/** B2: somebody clocks in with a Bluetooth tag. */
export const clockIn = (
  timeMs: number,
  tag: string,
  uuid: number[],
  centivolts: number,
  kind: number,
  serial: number,
): Uint8Array => {
  const beacon = [...mac(tag), ...uuid, ...u16(1), ...u16(2)]
  return frame(0xb2, [...date(timeMs), 0xd3, ...beacon, ...u16(centivolts), kind << 2], serial)
}

/** 8D: part of a voice recording, checked by CRC. */
export const voicePart = (
  fileType: number,
  fileLength: number,
  offset: number,
  part: number[],
  serial: number,
): Uint8Array => {
  const content = [fileType, ...u32(fileLength), 0, 0xab, 0xcd, ...u32(offset), ...u16(part.length), ...part]
  return frame(0x8d, content, serial, true)
}

/** 9B: what came in at the serial port. */
export const serialData = (data: number[], serial: number, module = 0x03) =>
  frame(0x9b, [module, ...data], serial, true)

// What a simulated tracker reads.

/** Size of the ack at `start`: 10 or 11 bytes and more; 0 if it is not complete; -1 if these bytes are none. */
export const ackSize = (bytes: Uint8Array, start: number, end: number): number => {
  if (end - start < 4) return 0
  const mark = bytes[start]
  if ((mark !== START_SHORT && mark !== START_LONG) || bytes[start + 1] !== mark) return -1
  const size = mark === START_LONG ? ((bytes[start + 2] << 8) | bytes[start + 3]) + 6 : bytes[start + 2] + 5
  if (size < 10) return -1
  if (end - start < size) return 0
  return bytes[start + size - 2] === CR && bytes[start + size - 1] === LF ? size : -1
}

/** Number of the message that the ack of `size` bytes answers, and its serial. */
export const ackNumber = (bytes: Uint8Array, start: number) => bytes[start + (bytes[start] === START_LONG ? 4 : 3)]
export const ackSerial = (bytes: Uint8Array, start: number, size: number) =>
  (bytes[start + size - 6] << 8) | bytes[start + size - 5]

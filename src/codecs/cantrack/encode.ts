/**
 * Frames as trackers write them, and commands as servers do; for the simulator, tests and whoever sends commands. Off
 * the hot path: text is text here. Sources: CanTrack ASCII papers of 2021 and 2023, H02 paper.
 */
import { ascii } from '../ascii.ts'
import { CELL_BYTES, LONG_ID_BYTES, PLAIN_BYTES } from './messages.ts'

const KPH_PER_KNOT = 1.852
const DEFAULT_PASSWORD = '123456'

/** Whose frame it is. */
export interface Sender {
  id: string
  /** Two letters; `HQ` unless given. */
  maker?: string
}

export interface Cell {
  mcc: number
  mnc: number
  lac: number
  cellId: number
}

/** The status with these bits active, which is 0: `statusWith(10)` is the everyday FFFFFBFF of a parked car. */
export const statusWith = (...active: number[]): number =>
  active.reduce((status, bit) => status & ~(1 << bit), -1) >>> 0

/** `*HQ,<id>,<type>[,<fields>]#` */
export const encodeText = (sender: Sender, type: string, ...fields: (string | number)[]): Uint8Array =>
  ascii(`*${[sender.maker ?? 'HQ', sender.id, type, ...fields].join(',')}#`)

/** Log-in, sent back as it is. */
export const encodeLogin = (sender: Sender): Uint8Array => encodeText(sender, 'V0')

/** Heartbeat, sent back as it is. */
export const encodeHeartbeat = (sender: Sender, batteryPct?: number): Uint8Array =>
  encodeText(sender, 'HTBT', ...(batteryPct === undefined ? [] : [batteryPct]))

export interface Place {
  /** ms since 1970, UTC. */
  timeMs: number
  /** 1e-7 degree, north and east positive. */
  latE7: number
  lonE7: number
  /** `A` unless given; a digit is an address coding scheme. */
  validity?: string
  speedKph?: number
  courseDeg?: number
  /** How coordinates are written: `2232.58576`, `22325858`, `-22-32.5858`. */
  spelling?: 'point' | 'no-point' | 'dashes'
  /** Decimals of the minutes. */
  minuteDecimals?: number
}

export interface Position extends Sender, Place {
  /** `V1` unless given. */
  type?: string
  /** An integer that some firmware puts before the date. */
  batteryField?: number
  /** Three fields before the status: phone number, address, number of the SIM. */
  sim?: readonly [string, string, string]
  status?: number
  /** Fields behind the status. */
  extras?: readonly (string | number)[]
}

/** A position sentence of any type. */
export const encodePosition = (position: Position): Uint8Array =>
  encodeText(position, position.type ?? 'V1', ...positionFields(position))

/** An alarm of its own: 1 SOS, 2 low battery, 3 geofence. */
export const encodeAlarm = (position: Position, alarm: number): Uint8Array =>
  encodeText(position, 'ALRM', alarm, ...positionFields(position))

/** A reply to a command: result fields, the time of the command, a position. */
export const encodeReply = (
  position: Position,
  command: string,
  results: readonly string[],
  commandMs: number,
): Uint8Array => encodeText(position, 'V4', command, ...results, hhmmss(commandMs), ...positionFields(position))

/** A reply in short: the command and its time. */
export const encodeShortReply = (sender: Sender, command: string, commandMs: number): Uint8Array =>
  encodeText(sender, 'V4', command, hhmmss(commandMs))

/** The reply of CanTrack 2023 units to the text of an SMS; with `gap` an empty field stands before the text. */
export const encodeTextReply = (sender: Sender, text: string, reply: string, gap = false): Uint8Array =>
  encodeText(sender, 'V4', 'CMD', ...(gap ? [''] : []), text, reply)

/** The answer of H02 units to the text of an SMS; it may hold commas and line feeds, but no `#`. */
export const encodeSms = (sender: Sender, answer: string): Uint8Array => encodeText(sender, 'SMS', answer)

/** Keep-alive, `XT` or `XT,1,100`. */
export const encodeKeepAlive = (sender: Sender, ...fields: number[]): Uint8Array => encodeText(sender, 'XT', ...fields)

/** Number of the SIM. */
export const encodeIccid = (sender: Sender, iccid: string): Uint8Array => encodeText(sender, 'ICCID', iccid)

/** A sentence without a fix: time and date unless they are unknown too, status, extras. */
export const encodeNoFix = (
  sender: Sender & { type?: string; timeMs?: number; status?: number; extras?: readonly (string | number)[] },
): Uint8Array => {
  const time = sender.timeMs === undefined ? '' : hhmmss(sender.timeMs)
  const date = sender.timeMs === undefined ? '' : ddmmyy(sender.timeMs)
  const tail = [statusText(sender.status ?? -1), ...(sender.extras ?? [])]
  return encodeText(sender, sender.type ?? 'V1', time, 'V', '', 'N', '', 'E', '0.00', 0, date, ...tail)
}

/** Serving cell, as it stands behind a status. */
export const cellFields = (cell: Cell, spelling: 'decimal' | 'hex' | 'six-digits' = 'decimal'): string[] => {
  const numbers = [cell.mcc, cell.mnc, cell.lac, cell.cellId]
  if (spelling === 'six-digits') return numbers.map((number) => number.toString(16).padStart(6, '0'))
  if (spelling === 'hex') return numbers.map((number, index) => number.toString(16).padStart(index === 2 ? 5 : 1))
  return numbers.map((number, index) => String(number).padStart(index === 1 ? 2 : 1, '0'))
}

export interface AccessPoint {
  /** Twelve hexadecimal digits. */
  bssid: string
  /** V8: dBm; V5: two digits. */
  strength: number
}

/** V8's extras: cell, access points, satellites, signal, voltage and percent. */
export const v8Extras = (
  cell: Cell,
  points: readonly AccessPoint[],
  end: { satellites: number; csq: number; powerV: number; batteryPct: number },
): (string | number)[] => {
  const wifi = points.flatMap(({ bssid, strength }) => [bssid, (strength + 110).toString(16)])
  return [...cellFields(cell), ...wifi, end.satellites, end.csq, Math.round(end.powerV * 10), end.batteryPct]
}

interface Report extends Sender {
  timeMs: number
  status?: number
}

/** CanTrack's cell report; LAC, cell, strength index and, of the serving cell, dBm. */
export const encodeV3 = (
  report: Report & {
    mcc: number
    mnc: number
    cells: readonly (readonly [lac: number, cellId: number, strength: number, dbm?: number])[]
    batteryRaw: number
    reboot?: number
  },
): Uint8Array =>
  encodeText(
    report,
    'V3',
    hhmmss(report.timeMs),
    String(report.mcc) + String(report.mnc).padStart(2, '0'),
    String(report.cells.length).padStart(2, '0'),
    ...report.cells.flatMap(([lac, cellId, strength, dbm]) => [six(lac), six(cellId), strength, dbm ?? '']),
    hex4(report.batteryRaw),
    report.reboot ?? 0,
    'X',
    ddmmyy(report.timeMs),
    statusText(report.status ?? -1),
  )

/** CanTrack's WiFi report; the maker's example leaves the time out. */
export const encodeV5 = (
  report: Report & { points: readonly AccessPoint[]; batteryRaw: number; withTime?: boolean },
): Uint8Array =>
  encodeText(
    report,
    'V5',
    ...(report.withTime === false ? [] : [hhmmss(report.timeMs)]),
    report.points.length,
    ...report.points.map(({ bssid, strength }) => bssid.toUpperCase() + two(strength)),
    hex4(report.batteryRaw),
    ddmmyy(report.timeMs),
    statusText(report.status ?? -1),
  )

/** H02's cell report; `promised` is the number of cells it claims. */
export const encodeNbr = (
  report: Report & {
    mcc: number
    mnc: number
    timingAdvance?: number
    cells: readonly (readonly [lac: number, cellId: number, level: number])[]
    promised?: number
    batteryCode?: number
  },
): Uint8Array =>
  encodeText(
    report,
    'NBR',
    hhmmss(report.timeMs),
    report.mcc,
    two(report.mnc),
    report.timingAdvance ?? 0,
    report.promised ?? report.cells.length,
    ...report.cells.flat(),
    ddmmyy(report.timeMs),
    statusText(report.status ?? -1),
    ...(report.batteryCode === undefined ? [] : [report.batteryCode]),
  )

/** H02's status heartbeat. */
export const encodeLink = (
  report: Report & { signal: number; satellites: number; batteryPct: number; steps?: number; turnovers?: number },
): Uint8Array =>
  encodeText(
    report,
    'LINK',
    hhmmss(report.timeMs),
    report.signal,
    report.satellites,
    report.batteryPct,
    report.steps ?? 0,
    report.turnovers ?? 0,
    ddmmyy(report.timeMs),
    statusText(report.status ?? -1),
  )

/** A position without a time of day. */
export const encodeVp1 = (position: Position & { batteryPct?: number }): Uint8Array => {
  const [, validity, ...rest] = placeFields(position)
  const tail = position.status === undefined ? [] : [statusText(position.status), position.batteryPct ?? '']
  const date = ddmmyy(position.timeMs)
  return encodeText({ id: position.id, maker: position.maker ?? 'hq' }, 'VP1', validity, ...rest, date, ...tail)
}

/** Cells instead of a position. */
export const encodeVp1Cells = (
  sender: Sender & {
    mcc: number
    mnc: number
    cells: readonly (readonly [lac: number, cellId: number, signal: number])[]
  },
): Uint8Array => {
  const cells = sender.cells.map((cell) => cell.join(',')).join('Y')
  return encodeText({ id: sender.id, maker: sender.maker ?? 'hq' }, 'VP1', 'V', sender.mcc, sender.mnc, cells)
}

/** Stored positions, whose times have neither month nor year. */
export const encodeStored = (
  sender: Sender & { timeMs: number; records: readonly (Place & { status?: number; cell?: Cell })[] },
): Uint8Array => {
  const records = sender.records.map((record) => {
    const [, validity, ...place] = placeFields(record)
    const iso = new Date(record.timeMs).toISOString()
    const cell = record.cell === undefined ? ['', '', '', ''] : cellFields(record.cell)
    const when = iso.slice(8, 10) + hhmmss(record.timeMs)
    return [validity, ...place, when, statusText(record.status ?? -1), ...cell].join(',')
  })
  const text = records.join(';')
  return encodeText(sender, 'BC', hhmmss(sender.timeMs), text.length, text)
}

export interface BinaryRecord {
  id: string
  timeMs: number
  latE7: number
  lonE7: number
  valid?: boolean
  /** Whole knots go over the wire. */
  speedKph?: number
  courseDeg?: number
  /** A code, or percent from 7 on. */
  batteryCode?: number
  status?: number
  userAlarm?: number
  record?: number
}

/** 32 bytes. */
export const encodeBinary = (record: BinaryRecord): Uint8Array => {
  const bytes = binaryHead(record, PLAIN_BYTES, 0)
  bytes[31] = record.record ?? 0
  return bytes
}

/** 45 bytes: signal, satellites, mileage and cell in the tail. */
export const encodeBinaryCell = (
  record: BinaryRecord & { cell: Cell; csq: number; satellites: number; mileage?: number },
): Uint8Array => {
  const bytes = binaryHead(record, CELL_BYTES, 0)
  bytes[31] = record.csq
  bytes[32] = record.satellites
  bytes.writeUInt32BE(record.mileage ?? 0, 33)
  bytes.writeUInt16BE(record.cell.mcc, 37)
  bytes[39] = record.cell.mnc
  bytes.writeUInt16BE(record.cell.lac, 40)
  bytes.writeUInt16BE(record.cell.cellId, 42)
  bytes[44] = record.record ?? 0
  return bytes
}

/** A tail that nobody documents: 10 bytes behind an IMEI, 14 to 17 behind a serial. */
export const encodeBinaryTail = (record: BinaryRecord, tail: Uint8Array): Uint8Array => {
  const long = record.id.length > 10
  const size = long ? LONG_ID_BYTES : PLAIN_BYTES - 1 + tail.length
  const bytes = binaryHead(record, size, long ? 3 : 0)
  bytes.set(tail, size - tail.length)
  return bytes
}

/** 32 bytes without an id. */
export const encodeMileage = (
  record: Omit<BinaryRecord, 'id'> & { odometerKm: number; temperatureC?: number },
): Uint8Array => {
  const units = Math.round((record.odometerKm * 1000) / 0.51444)
  const bytes = binaryHead({ ...record, id: String(units).padStart(10, '0') }, PLAIN_BYTES, 0)
  bytes[0] = 0x58
  bytes[16] = (record.temperatureC ?? 0) & 0xff
  bytes[31] = record.record ?? 0
  return bytes
}

const binaryHead = (record: BinaryRecord, size: number, shift: number): Buffer => {
  const bytes = Buffer.alloc(size)
  const id = shift ? record.id.padEnd(16, '0') : record.id.padStart(10, '0')
  const flags = (record.lonE7 >= 0 ? 8 : 0) | (record.latE7 >= 0 ? 4 : 0) | (record.valid === false ? 0 : 2)
  const minutes = (valueE7: number, digits: number) => degreesAndMinutes(valueE7, digits, 4).replace('.', '')
  const knots = Math.round((record.speedKph ?? 0) / KPH_PER_KNOT)
  const motion = String(knots).padStart(3, '0') + String(Math.round(record.courseDeg ?? 0)).padStart(3, '0')
  bytes[0] = 0x24
  bytes.write(id + hhmmss(record.timeMs) + ddmmyy(record.timeMs) + minutes(record.latE7, 2), 1, 'hex')
  bytes[16 + shift] = record.batteryCode ?? 0
  bytes.write(minutes(record.lonE7, 3) + flags.toString(16) + motion, 17 + shift, 'hex')
  bytes.writeInt32BE((record.status ?? -1) | 0, 25 + shift)
  bytes[29 + shift] = record.userAlarm ?? 0
  return bytes
}

/** Purpose of a command: its word, and its parameters where these are fixed. */
export const COMMANDS = {
  /** Seconds. */
  interval: ['S71', '22,'],
  intervalS17: ['S17', ''],
  /** <seconds>,<times> */
  intervalD1: ['D1', ''],
  /** Every ten seconds, once. */
  position: ['D1', '10,1'],
  positionHuasuntek: ['CR', ''],
  engineCut: ['S20', '1,1'],
  engineRestore: ['S20', '1,0'],
  engineRestoreOther: ['S20', '0,0'],
  arm: ['SCF', '0,0'],
  disarm: ['SCF', '1,1'],
  reboot: ['R1', ''],
  rebootHuasuntek: ['CQ', ''],
  clearAlarms: ['R7', ''],
  factoryReset: ['S25', ''],
  factoryResetHuasuntek: ['RESET', ''],
  /** <ip>,<port>; SinoTrack: four octets and the port. */
  server: ['S23', ''],
  /** <domain>: `1,00000000,<port in hex>,<domain>` */
  serverHuasuntek: ['IP', ''],
  apn: ['S24', ''],
  state: ['S26', '0'],
  version: ['S26', '1'],
  /** km/h */
  overspeed: ['S33', ''],
  overspeedOld: ['S14', ''],
  /** <radius in metres>,<1 leave, 2 enter, 3 both> */
  geofence: ['S21', ''],
  /** <number 1>,<number 2> */
  sosNumbers: ['S71', '02,'],
  centreNumber: ['S71', '01,'],
  /** <0 power cut, 1 ACC, 2 low battery, 3 vibration, 4 removal>,<1 on, 0 off> */
  alarmKind: ['S19', ''],
  /** 0 none, 1 SMS, 2 call */
  alarmWay: ['S18', ''],
  mileage: ['S32', ''],
  /** 0 real time, 1 LBS saving, 2 GPS smart */
  workMode: ['WKMD', ''],
  /** <number> */
  voiceMonitor: ['CALB', ''],
  /** <old>,<new> */
  password: ['S1', ''],
} as const
export type Command = keyof typeof COMMANDS

/** `*HQ,<id>,<word>,<HHMMSS>[,<parameters>]#`; the reply repeats the time. */
export const encodeCommand = (sender: Sender, command: Command, timeMs: number, parameters = ''): Uint8Array => {
  const [word, fixed] = COMMANDS[command]
  const all = fixed + parameters
  return encodeText(sender, word, hhmmss(timeMs), ...(all === '' ? [] : [all]))
}

/** SMS texts of CanTrack 2023 units, which they take over the data connection too. */
export const SMS_TEXTS = {
  check: (password = DEFAULT_PASSWORD) => `check${password}`,
  reset: (password = DEFAULT_PASSWORD) => `reset${password}`,
  defaultMode: (password = DEFAULT_PASSWORD) => `MD${password} 1 3 8 1`,
  /** Reports at two times of day, `h:mm`. */
  timingMode: (first: string, second: string, password = DEFAULT_PASSWORD) => `MD${password} 2 3 ${first} ${second}`,
  intervalMode: (interval: number, password = DEFAULT_PASSWORD) => `MD${password} 3 3 ${interval}`,
} as const

/** The text of an SMS over the data connection, bare. Unconfirmed: nobody documents how the units want it wrapped. */
export const encodeRaw = (text: string): Uint8Array => ascii(text)

/** The other way in which it may be wanted: `*HQ,<id>,CMD,<HHMMSS>,<text>#`. */
export const encodeWrapped = (sender: Sender, text: string, timeMs: number): Uint8Array =>
  encodeText(sender, 'CMD', hhmmss(timeMs), text)

export interface ServerFrame {
  size: number
  id: string
  /** Second field: a command's word, or V0, HTBT, V4, R12, ICCID. */
  type: string
  fields: string[]
}

/** The server's frame at `start` as a tracker reads it; null: it is not complete. */
export const readServerFrame = (bytes: Uint8Array, start: number, end: number): ServerFrame | null => {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1')
  const found = /^\*[A-Za-z]{2},(\d*),([A-Z0-9]+)(?:,([^#]*))?#/.exec(text)
  if (!found) return null
  const fields = found[3] === undefined ? [] : found[3].split(',')
  return { size: found[0].length, id: found[1], type: found[2], fields }
}

const positionFields = (position: Position): (string | number)[] => [
  ...placeFields(position),
  ...(position.batteryField === undefined ? [] : [position.batteryField]),
  ddmmyy(position.timeMs),
  ...(position.sim ?? []),
  ...(position.status === undefined ? [] : [statusText(position.status)]),
  ...(position.extras ?? []),
]

/** Time, validity, coordinates, speed and course. */
const placeFields = (place: Place): string[] => {
  const write = (valueE7: number, digits: number) => {
    const text = degreesAndMinutes(valueE7, digits, place.spelling === 'no-point' ? 4 : (place.minuteDecimals ?? 5))
    if (place.spelling === 'no-point') return text.replace('.', '')
    return place.spelling === 'dashes' ? `-${text.slice(0, digits)}-${text.slice(digits)}` : text
  }
  return [
    hhmmss(place.timeMs),
    place.validity ?? 'A',
    write(place.latE7, 2),
    place.latE7 < 0 ? 'S' : 'N',
    write(place.lonE7, 3),
    place.lonE7 < 0 ? 'W' : 'E',
    ((place.speedKph ?? 0) / KPH_PER_KNOT).toFixed(4),
    (place.courseDeg ?? 0).toFixed(2),
  ]
}

/** `ddmm.mmmm`, rounded to the decimals given. */
const degreesAndMinutes = (valueE7: number, degreeDigits: number, decimals: number): string => {
  const scale = 10 ** decimals
  // 1e-7 degree in units of the last decimal of a minute.
  const units = Math.round((Math.abs(valueE7) * 60 * scale) / 1e7)
  const degrees = Math.floor(units / (60 * scale))
  const minutes = ((units - degrees * 60 * scale) / scale).toFixed(decimals)
  return String(degrees).padStart(degreeDigits, '0') + minutes.padStart(decimals + 3, '0')
}

const hhmmss = (ms: number) => new Date(ms).toISOString().slice(11, 19).replaceAll(':', '')
const ddmmyy = (ms: number) => {
  const iso = new Date(ms).toISOString()
  return iso.slice(8, 10) + iso.slice(5, 7) + iso.slice(2, 4)
}
const statusText = (status: number) => (status >>> 0).toString(16).toUpperCase().padStart(8, '0')
const two = (value: number) => String(value).padStart(2, '0')
const six = (value: number) => String(value).padStart(6, '0')
const hex4 = (value: number) => value.toString(16).toUpperCase().padStart(4, '0')

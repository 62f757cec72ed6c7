/**
 * Frames as trackers write them, and commands as servers do; for the simulator, tests and whoever sends commands. Off
 * the hot path: text is text here. Source: KX402 "GPRS protocol" 1.5, "TK103 protocol".
 */
import { ascii } from '../ascii.ts'

const two = (value: number) => String(value).padStart(2, '0')
const hex = (value: number, digits: number) => value.toString(16).toUpperCase().padStart(digits, '0')

/** Header of a tracker with this IMEI: 0 and its last eleven digits. */
export const headerOf = (imei: string) => `0${imei.slice(-11)}`

/** `(<header><command><body>)` */
export const encodeFrame = (header: string, command: string, body = ''): Uint8Array =>
  ascii(`(${header}${command}${body})`)

/** Eight characters of inputs and outputs. */
export interface IoState {
  onBattery?: boolean
  ignition?: boolean
  input2?: boolean
  panic?: boolean
  output2?: boolean
  blocked?: boolean
  door?: boolean
  /** Numbers of the sensors that are on, 1 to 3. */
  highSensors?: readonly number[]
  lowSensors?: readonly number[]
  /** 0 to 4095, unit 10 mV. */
  analog?: number
}

export const ioState = (io: IoState): string => {
  const bits = (sensors: readonly number[] = [], first: number) =>
    sensors.reduce((sum, sensor) => sum | (first >> (sensor - 1)), 0)
  const third = (io.input2 ? 1 : 0) | (io.panic ? 2 : 0) | (io.output2 ? 4 : 0) | (io.blocked ? 8 : 0)
  const fourth = bits(io.highSensors, 4) | (io.door ? 8 : 0)
  const digits = hex(third, 1) + hex(fourth, 1) + hex(bits(io.lowSensors, 8), 1)
  return (io.onBattery ? '1' : '0') + (io.ignition ? '1' : '0') + digits + hex(io.analog ?? 0, 3)
}

export interface GpsBlock {
  /** ms since 1970, UTC; none: zeros. */
  timeMs?: number
  /** 1e-7 degree, north and east positive. */
  latE7: number
  lonE7: number
  valid?: boolean
  speedKph: number
  course: number
  io?: IoState
  odometerM?: number
  /** Digits of the mileage. */
  mileageDigits?: 7 | 8
  temperatureC?: number
  /** Letter and three hex digits each. */
  sensors?: readonly string[]
  /** `YYMMDD,hhmmss` */
  clock?: string
  /** What stands for leading zeros of the coordinates and numbers, and whether the longitude has one. */
  padding?: '0' | ' ' | 'none'
  /** A comma before the I/O state. */
  ioComma?: boolean
}

/** Date to course: the part that frames with and without mileage share. */
const place = (block: GpsBlock): string => {
  const time = block.timeMs === undefined ? '000000000000' : stamp(block.timeMs)
  const padding = block.padding ?? '0'
  const latitude = degreesAndMinutes(block.latE7, 2, 4)
  const longitude = degreesAndMinutes(block.lonE7, 3, 4)
  return [
    time.slice(0, 6),
    block.valid === false ? 'V' : 'A',
    padded(latitude, padding === 'none' ? '0' : padding),
    block.latE7 < 0 ? 'S' : 'N',
    padding === 'none' ? longitude.replace(/^0/, '') : padded(longitude, padding),
    block.lonE7 < 0 ? 'W' : 'E',
    padded(block.speedKph.toFixed(1).padStart(5, '0'), padding === 'none' ? '0' : padding),
    time.slice(6),
    padding === ' ' ? block.course.toFixed(2).padStart(6, ' ') : String(block.course.toFixed(4)).slice(0, 6),
  ].join('')
}

/** Blanks for the zeros before the number, its last digit before the point kept. */
const padded = (text: string, padding: '0' | ' ') =>
  padding === '0' ? text : text.replace(/^0+(?=\d)/, (zeros) => ' '.repeat(zeros.length))

export const gpsBlock = (block: GpsBlock): string => {
  const tail = [
    block.ioComma ? ',' : '',
    ioState(block.io ?? {}),
    `L${hex(Math.round(block.odometerM ?? 0), block.mileageDigits ?? 8)}`,
    block.temperatureC === undefined ? '' : temperature(block.temperatureC),
    ...(block.sensors ?? []),
    block.clock === undefined ? '' : `,${block.clock}`,
  ]
  return place(block) + tail.join('')
}

/** Identity in the bodies of BP00 and BP05. */
const identity = (header: string, imei: string | undefined) => imei ?? header.padStart(15, '0')

/** BP05, answered AP05. `body`: a GPS block, or cells behind a comma. */
export const encodeLogin = (header: string, imei: string | undefined, body: string): Uint8Array =>
  encodeFrame(header, 'BP05', identity(header, imei) + body)

/** BP00, answered AP01HSO. `suffix`: voltage in 10 mV, percent, or nothing. */
export const encodeHandshake = (
  header: string,
  imei?: string | null,
  battery: { volts?: number; percent?: number } = {},
): Uint8Array => {
  const suffix =
    battery.percent !== undefined
      ? `P${hex(battery.percent, 2)}`
      : battery.volts !== undefined
        ? hex(Math.round(battery.volts * 100), 4)
        : ''
  return encodeFrame(header, 'BP00', `${imei === null ? '' : identity(header, imei)}HSO${suffix}`)
}

/** A message whose body is a GPS block: BR00 to BR03, BP04. */
export const encodeReport = (header: string, block: GpsBlock, command = 'BR00'): Uint8Array =>
  encodeFrame(header, command, gpsBlock(block))

/** BO01, answered AS01 with the code; BO02, not answered. */
export const encodeAlarm = (header: string, code: number, block: GpsBlock, command: 'BO01' | 'BO02' = 'BO01') =>
  encodeFrame(header, command, `${code}${gpsBlock(block)}`)

/** `BP02,G,<n>,<block>` */
export const encodeFix = (header: string, number: number, block: GpsBlock): Uint8Array =>
  encodeFrame(header, 'BP02', `,G,${number},${place(block)}`)

/** BQ81 */
export const encodeObdAlarm = (header: string, code: number, value: number, block: GpsBlock): Uint8Array =>
  encodeFrame(header, 'BQ81', `,ALARM,${code},${value},${place(block)},${ioState(block.io ?? {})}`)

export interface ObdValues {
  number: number
  timeMs: number
  coolantC: number
  rpm: number
  speedKph: number
  intakeC: number
  /** g/s */
  airFlow: number
  throttlePercent: number
  timingDeg: number
  fuelTrimPercent: number
  odometerM: number
  io?: IoState
}

/** BQ86 */
export const encodeObd = (header: string, values: ObdValues): Uint8Array => {
  const bytes = [
    `05${hex(values.coolantC + 40, 2)}`,
    `0C${hex(Math.round(values.rpm * 4), 4)}`,
    `0D${hex(values.speedKph, 2)}`,
    `0F${hex(values.intakeC + 40, 2)}`,
    `10${hex(Math.round(values.airFlow * 100), 4)}`,
    `11${hex(Math.round((values.throttlePercent * 255) / 100), 2)}`,
    `0E${hex(Math.round((values.timingDeg + 64) * 2), 2)}`,
    `07${hex(Math.round((values.fuelTrimPercent * 128) / 100 + 128), 2)}`,
    '0000000000',
    hex(values.odometerM, 8),
  ].join('')
  return encodeFrame(header, 'BQ86', `,${values.number},${bytes},${stamp(values.timeMs)},${ioState(values.io ?? {})}`)
}

export interface Cell {
  lac: number
  cellId: number
  signal?: number
}

/** Cells of BZ00 and BP05, the serving one first. `io` only with pairs and braces. */
export const cellList = (
  shape: 'pairs' | 'triples' | 'braces',
  mcc: number,
  mnc: number,
  cells: readonly Cell[],
  io?: IoState,
): string => {
  const last = io === undefined || shape === 'triples' ? '' : `,${ioState(io)}`
  if (shape === 'braces')
    return `,${cells.map((cell) => `{${mcc},${mnc},${cell.lac},${cell.cellId}}\n`).join('')}${last}`
  const lower = (value: number) => value.toString(16).padStart(4, '0')
  const items = cells.map((cell) =>
    [lower(cell.lac), lower(cell.cellId), ...(shape === 'triples' ? [cell.signal ?? 0] : [])].join(','),
  )
  return `,${mcc},${String(mnc).padStart(3, '0')},${items.join(',')}${last}`
}

export interface PackValues {
  cellsV: readonly number[]
  charging: boolean
  current: number
  voltage: number
  percent: number
  cycles: number
  fault: number
  powerStageC: number
  balancerC: number
  temperaturesC: readonly number[]
  capacityAh: number
  dischargedAh: number
}

/** BS50 */
export const encodePack = (header: string, values: PackValues): Uint8Array => {
  const bytes = Buffer.alloc(102)
  bytes.set([0x00, 0x64, 0xff, values.cellsV.length])
  for (const [cell, volts] of values.cellsV.entries()) bytes.writeUInt16LE(Math.round(volts * 1000), 4 + 2 * cell)
  bytes[52] = values.charging ? 0 : 1
  bytes.writeUInt16LE(Math.round(values.current * 10), 53)
  bytes.writeUInt16LE(Math.round(values.voltage * 100), 55)
  bytes[57] = values.percent
  bytes.writeUInt16LE(values.cycles, 63)
  bytes[65] = values.fault
  bytes[72] = values.temperaturesC.length
  bytes[73] = values.powerStageC + 40
  bytes[74] = values.balancerC + 40
  for (const [sensor, value] of values.temperaturesC.entries()) bytes[75 + sensor] = value + 40
  bytes.writeUInt16LE(Math.round(values.capacityAh * 100), 82)
  bytes.writeUInt32LE(values.dischargedAh, 84)
  return encodeFrame(header, 'BS50', bytes.toString('hex').toUpperCase())
}

/** BS51 from keys and their bytes. */
export const encodeDaly = (header: string, parts: Readonly<Record<string, readonly number[]>>): Uint8Array => {
  const text = Object.entries(parts).map(([key, bytes]) => `${key}:${bytes.map((byte) => hex(byte, 2)).join('')}`)
  return encodeFrame(header, 'BS51', text.join(','))
}

/** `(<id>,<command>,<fields>)` */
export const encodeCommaFrame = (id: string, command: string, ...fields: (string | number)[]): Uint8Array =>
  ascii(`(${[id, command, ...fields].join(',')})`)

export interface CommaPosition {
  timeMs: number
  latE7: number
  lonE7: number
  valid?: boolean
  speedKph: number
  course: number
  altitudeM?: number
  satellites?: number
  /** In place of altitude and satellites; the date is then year first. */
  io?: IoState
  odometerM?: number
  minuteDecimals?: number
}

/** A position of the comma dialect. */
export const encodeCommaPosition = (id: string, command: string, position: CommaPosition): Uint8Array => {
  const decimals = position.minuteDecimals ?? 5
  const time = stamp(position.timeMs)
  const rest =
    position.io !== undefined
      ? [ioState(position.io), `L${hex(position.odometerM ?? 0, 8)}`]
      : position.altitudeM === undefined
        ? []
        : [position.altitudeM.toFixed(2), position.satellites ?? 0]
  return encodeCommaFrame(
    id,
    command,
    position.io === undefined ? dayFirst(time) : time.slice(0, 6),
    position.valid === false ? 'V' : 'A',
    degreesAndMinutes(position.latE7, 2, decimals) + (position.latE7 < 0 ? 'S' : 'N'),
    degreesAndMinutes(position.lonE7, 3, decimals) + (position.lonE7 < 0 ? 'W' : 'E'),
    position.speedKph.toFixed(3),
    time.slice(6),
    position.course.toFixed(2),
    ...rest,
  )
}

/** Cells and access points of the comma dialect. */
export const encodeCommaCells = (
  id: string,
  command: string,
  timeMs: number,
  cell: { mcc: number; mnc: number; lac: number; cellId: number },
  wifi: readonly { mac: string; rssi: number; channel: number }[] = [],
): Uint8Array => {
  const time = stamp(timeMs)
  const points = wifi.map((point) => `${point.mac}*${point.rssi}*${point.channel}`)
  const { mcc, mnc, lac, cellId } = cell
  return encodeCommaFrame(id, command, mcc, mnc, lac, cellId, wifi.length, ...points, dayFirst(time), time.slice(6))
}

/** ZC20 */
export const encodeStatus = (
  id: string,
  timeMs: number,
  status: { level: number; batteryV?: number; powerV?: number; installed?: number },
): Uint8Array => {
  const time = stamp(timeMs)
  const scaled = (value: number | undefined, scale: number) => (value === undefined ? 65535 : Math.round(value * scale))
  return encodeCommaFrame(
    id,
    'ZC20',
    dayFirst(time),
    time.slice(6),
    status.level,
    scaled(status.batteryV, 100),
    scaled(status.powerV, 10),
    status.installed ?? 255,
  )
}

/** ZC03 */
export const encodeResult = (id: string, timeMs: number, text: string): Uint8Array => {
  const time = stamp(timeMs)
  return encodeCommaFrame(id, 'ZC03', dayFirst(time), time.slice(6), `$${text}$`)
}

/** Commands of the fixed dialect; what stands in angle brackets in the page is the argument. */
export const COMMANDS = {
  position: 'AP00',
  /** See `interval`. */
  interval: 'AR00',
  /** Seconds, four hex digits. */
  intervalIgnitionOn: 'AR05',
  intervalIgnitionOff: 'AR06',
  engineCut: 'AV010',
  engineRestore: 'AV011',
  relayOff: 'AV000',
  relayOn: 'AV001',
  /** See `speedLimits`. */
  speedLimits: 'AP12',
  /** See `geofence`. */
  geofence: 'AX05',
  restart: 'AT00',
  version: 'AP07',
  mileageReset: 'AX01',
  parameters: 'AP03',
  state: 'AP04',
  phoneNumbers: 'AP17',
  phoneNumber: 'AP11',
  monitorCall: 'AP15',
} as const
export type Command = keyof typeof COMMANDS

/** `(<header><command><argument>)`, no line end. The header is the session's as received. */
export const encodeCommand = (header: string, command: Command, argument = ''): Uint8Array =>
  ascii(`(${header}${COMMANDS[command]}${argument})`)

/** Argument of `interval`: seconds between positions (0: stop), and for how long; 0: without end. */
export const interval = (seconds: number, minutes = 0): string =>
  hex(seconds, 4) + hex(Math.floor(minutes / 60), 2) + hex(minutes % 60, 2)

/** Argument of `speedLimits`, km/h. */
export const speedLimits = (max: number, min: number): string =>
  `H${String(max).padStart(3, '0')}L${String(min).padStart(3, '0')}`

/** Argument of `geofence`: 0 cancels, 1 raises outside, 2 inside. Corners in 1e-7 degree. */
export const geofence = (
  mode: 0 | 1 | 2,
  corners: { latMin: number; latMax: number; lonMin: number; lonMax: number },
): string => {
  const { latMin, latMax, lonMin, lonMax } = corners
  const lat = [latMin, latMax].map((value) => degreesAndMinutes(value, 2, 3))
  const lon = [lonMin, lonMax].map((value) => degreesAndMinutes(value, 3, 3))
  return [mode, latMax < 0 ? 'S' : 'N', ...lat, lonMax < 0 ? 'W' : 'E', ...lon].join(',')
}

/** Commands of the comma dialect; arguments follow, each with a star behind it. */
export const COMMA_COMMANDS = {
  about: '*about*',
  status: '*status*',
  position: '*getposl*',
  /** 99 */
  interval: '*routetrack*',
  intervalStop: '*routetrackoff*',
  turnOff: '*turnoff*',
  /** Level. */
  sleep: '*sleep*',
  sleepByMotion: '*sleepv*',
  sleepOff: '*sleepoff*',
  sosOn: '*soson*',
  sosOff: '*sosoff*',
  /** The four numbers of the address, port. */
  server: '*setip*',
  /** Password, phone number. */
  master: '*master*',
  restart: '88888888',
  identify: '999999',
} as const
export type CommaCommand = keyof typeof COMMA_COMMANDS

/** `[begin]sms2,*status*,[end]`: a command of the comma dialect is a text message in brackets. */
export const encodeCommaCommand = (command: CommaCommand, ...args: (string | number)[]): Uint8Array =>
  ascii(`[begin]sms2,${COMMA_COMMANDS[command]}${args.map((arg) => `${arg}*`).join('')},[end]`)

/** What a server sent, or 0 bytes if it is not complete. */
export interface Reply {
  /** Bytes up to and with the reply. */
  size: number
  header: string
  /** Command and arguments; '' for what is none. */
  text: string
}

/** The first reply or command in what a tracker has received. */
export const readReply = (bytes: Uint8Array, start = 0, end = bytes.length): Reply => {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1')
  const close = text.indexOf(')')
  if (close < 0) return { size: 0, header: '', text: '' }
  const content = text.slice(text.lastIndexOf('(', close) + 1, close)
  const command = content.search(/A[A-Z]\d\d/)
  return command < 0
    ? { size: close + 1, header: '', text: '' }
    : { size: close + 1, header: content.slice(0, command), text: content.slice(command) }
}

/** `YYMMDDhhmmss` */
const stamp = (timeMs: number) => new Date(timeMs).toISOString().slice(2, 19).replaceAll(/[-T:]/g, '')
/** `DDMMYY` of a stamp. */
const dayFirst = (time: string) => time.slice(4, 6) + time.slice(2, 4) + time.slice(0, 2)

const temperature = (celsius: number): string =>
  (celsius < 0 ? '-' : '+') + Math.abs(celsius).toFixed(1).padStart(5, '0')

/** `[d]ddmm.mmmm`, rounded to the decimals given. */
const degreesAndMinutes = (valueE7: number, degreeDigits: number, decimals: number): string => {
  const scale = 10 ** decimals
  // 1e-7 degree in units of the last decimal of a minute.
  const units = Math.round((Math.abs(valueE7) * 60 * scale) / 1e7)
  const degrees = Math.floor(units / (60 * scale))
  const minutes = ((units - degrees * 60 * scale) / scale).toFixed(decimals)
  return two(degrees).padStart(degreeDigits, '0') + minutes.padStart(decimals + 3, '0')
}

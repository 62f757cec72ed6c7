/**
 * Frames as watches write them, and commands as servers do; for the simulator, tests and whoever sends commands. Off
 * the hot path: text is text here. Source: see messages.ts.
 */
import type { WatchOptions } from './options.ts'

/** What all frames begin with. */
export interface Head {
  id: string
  /** Two letters or digits; `3G` unless given. */
  maker?: string
  /** Four hex digits, by firmwares that number their messages. */
  index?: string | undefined
  /** A LLLL other than the true one. */
  declared?: number
}

const hex4 = (value: number) => value.toString(16).toUpperCase().padStart(4, '0')

/** `[MM*ID*[NNNN*]LLLL*<content>]`; text becomes UTF-8. */
export const encodeFrame = (head: Head, content: string | Uint8Array): Uint8Array => {
  const body = typeof content === 'string' ? Buffer.from(content, 'utf8') : content
  const index = head.index === undefined ? '' : `${head.index}*`
  const opening = `[${head.maker ?? '3G'}*${head.id}*${index}${hex4(head.declared ?? body.length)}*`
  return new Uint8Array(Buffer.concat([Buffer.from(opening, 'latin1'), body, Buffer.from(']')]))
}

export interface LinkKeepAlive {
  steps: number
  tumbles: number
  batteryPct?: number | undefined
}

/** `LK`, answered `LK`; everything else waits for the answer to the first. */
export const encodeLink = (head: Head, status?: LinkKeepAlive): Uint8Array => {
  if (status === undefined) return encodeFrame(head, 'LK')
  const battery = status.batteryPct === undefined ? '' : `,${status.batteryPct}`
  return encodeFrame(head, `LK,${status.steps},${status.tumbles}${battery}`)
}

export interface Cell {
  lac: number
  cellId: number
  /** Absent: an empty field. */
  signal?: number
}

export interface Network {
  timingAdvance?: number
  mcc?: number
  mnc?: number
  cells: readonly Cell[]
}

export interface AccessPoint {
  name: string
  mac: string
  signal: number
}

export interface Position {
  /** `UD_LTE` unless given. */
  type?: string
  /** ms since 1970, UTC. */
  timeMs: number
  valid: boolean
  /** 1e-7 degree, north and east positive. */
  latE7: number
  lonE7: number
  /** How the side is told: by letter, by a minus, or by both. */
  side?: 'letter' | 'minus' | 'both'
  speedKph: number
  courseDeg: number
  altitudeM: number
  satellites: number
  gsmPct: number
  batteryPct: number
  steps: number
  tumbles: number
  /** Status bits. */
  status: number
  statusDigits?: 4 | 8
  timingAdvance?: number
  mcc?: number
  mnc?: number
  cells?: readonly Cell[]
  /** `UD_CDMA`: the station, in place of cells. */
  cdma?: { sid: number; nid: number; bid: number; signal: number }
  /** Absent: the fields behind the cells are left out. */
  wifi?: readonly AccessPoint[]
  accuracyM?: number
}

/** Number of cells; with cells, timing advance, network and, of each, LAC, cell and signal. */
const cellFields = (network: Network): (string | number)[] => {
  const { cells } = network
  if (cells.length === 0) return [0]
  const each = cells.flatMap((cell) => [cell.lac, cell.cellId, cell.signal ?? ''])
  return [cells.length, network.timingAdvance ?? 0, network.mcc ?? '', network.mnc ?? '', ...each]
}

/** A position: `UD…`, `AL…` or `WT`. */
export const encodePosition = (head: Head, position: Position): Uint8Array => {
  const iso = new Date(position.timeMs).toISOString()
  const side = position.side ?? 'letter'
  const degrees = (valueE7: number) => {
    const text = (Math.abs(valueE7) / 1e7).toFixed(7)
    return valueE7 < 0 && side !== 'letter' ? `-${text}` : text
  }
  const letter = (valueE7: number, positive: string, negative: string) =>
    side === 'minus' && valueE7 < 0 ? '' : valueE7 < 0 ? negative : positive
  const cells = position.cells ?? []
  const fields: (string | number)[] = [
    position.type ?? 'UD_LTE',
    iso.slice(8, 10) + iso.slice(5, 7) + iso.slice(2, 4),
    iso.slice(11, 19).replaceAll(':', ''),
    position.valid ? 'A' : 'V',
    degrees(position.latE7),
    letter(position.latE7, 'N', 'S'),
    degrees(position.lonE7),
    letter(position.lonE7, 'E', 'W'),
    position.speedKph.toFixed(2),
    position.courseDeg.toFixed(1),
    position.altitudeM.toFixed(1),
    position.satellites,
    position.gsmPct,
    position.batteryPct,
    position.steps,
    position.tumbles,
    (position.status >>> 0)
      .toString(16)
      .toUpperCase()
      .padStart(position.statusDigits ?? 8, '0'),
  ]
  if (position.cdma === undefined) fields.push(...cellFields({ ...position, cells }))
  else fields.push(position.cdma.sid, position.cdma.nid, position.cdma.bid, position.cdma.signal)
  if (position.wifi !== undefined) {
    fields.push(position.wifi.length)
    for (const point of position.wifi) fields.push(point.name, point.mac, point.signal)
    if (position.accuracyM !== undefined) fields.push(position.accuracyM.toFixed(1))
  }
  return encodeFrame(head, fields.join(','))
}

/** Cells alone. */
export const encodeCells = (head: Head, network: Network): Uint8Array =>
  encodeFrame(head, ['GS1', ...cellFields(network)].join(','))

/** A message without fields: `TKQ` and `TKQ2` ask for voice, `TIME` for the time. */
export const encodeQuery = (head: Head, type: 'TKQ' | 'TKQ2' | 'TIME'): Uint8Array => encodeFrame(head, type)

/** First contact of some firmware. */
export const encodeInit = (head: Head, ...fields: string[]): Uint8Array =>
  encodeFrame(head, ['INIT', ...fields].join(','))

/** Settings, repeated until they are answered. */
export const encodeConfig = (head: Head, settings: Record<string, string | number>): Uint8Array => {
  const pairs = Object.entries(settings).map(([name, value]) => `${name}:${value}`)
  return encodeFrame(head, ['CONFIG', ...pairs].join(','))
}

/** Number of the SIM. */
export const encodeIccid = (head: Head, iccid: string, type: 'CCID' | 'ICCID' = 'CCID'): Uint8Array =>
  encodeFrame(head, `${type},${iccid}`)

/** Beats a minute. */
export const encodeHeartRate = (head: Head, bpm: number, type: 'heart' | 'PULSE' = 'heart'): Uint8Array =>
  encodeFrame(head, `${type},${bpm}`)

export interface Pressure {
  systolic: number
  diastolic: number
  bpm?: number
}

/** Blood pressure: `BLOOD`, or `bphrt`, whose last four fields (height, sex, age, weight) firmware leaves empty. */
export const encodePressure = (head: Head, pressure: Pressure, type: 'BLOOD' | 'bphrt' = 'bphrt'): Uint8Array => {
  const { systolic, diastolic, bpm } = pressure
  if (type === 'bphrt') return encodeFrame(head, `bphrt,${systolic},${diastolic},${bpm ?? ''},,,,`)
  return encodeFrame(head, ['BLOOD', systolic, diastolic, ...(bpm === undefined ? [] : [bpm])].join(','))
}

/** Body temperature in degrees Celsius: `TEMP`, or `btemp2` with its kind, 0 for a measurement that failed. */
export const encodeTemperature = (head: Head, celsius: number, kind?: number): Uint8Array =>
  encodeFrame(head, kind === undefined ? `TEMP,${celsius.toFixed(1)}` : `btemp2,${kind},${celsius.toFixed(2)}`)

/** Oxygen in the blood, percent. */
export const encodeOxygen = (head: Head, kind: number, spo2: number): Uint8Array =>
  encodeFrame(head, `oxygen,${kind},${spo2}`)

/** The reply to a query of the server, or, with a command's own name, its confirmation. */
export const encodeAnswer = (head: Head, type: string, ...fields: (string | number)[]): Uint8Array =>
  encodeFrame(head, [type, ...fields].join(','))

/** What became of a voice message of the server: 1 taken, 0 not. */
export const encodeVoiceReceipt = (head: Head, taken: boolean): Uint8Array => encodeFrame(head, `TK,${taken ? 1 : 0}`)

const BRACE = 0x7d
/** Bytes that binary content may not hold, in the order of their escapes 01 to 05. */
const ESCAPED = [BRACE, 0x5b, 0x5d, 0x2c, 0x2a]

/** Escapes voice and pictures: `7d 01` = `}`, `02` = `[`, `03` = `]`, `04` = `,`, `05` = `*`. */
export const escape = (bytes: Uint8Array): Uint8Array => {
  const escaped: number[] = []
  for (const byte of bytes) {
    const code = ESCAPED.indexOf(byte)
    if (code < 0) escaped.push(byte)
    else escaped.push(BRACE, code + 1)
  }
  return Uint8Array.from(escaped)
}

/** Undoes `escape`; a `7d` before another byte stands for itself. */
export const unescape = (bytes: Uint8Array): Uint8Array => {
  const plain: number[] = []
  for (let at = 0; at < bytes.length; at++) {
    const code = bytes[at] === BRACE && at + 1 < bytes.length ? bytes[at + 1] : 0
    if (code >= 1 && code <= ESCAPED.length) {
      plain.push(ESCAPED[code - 1])
      at++
    } else plain.push(bytes[at])
  }
  return Uint8Array.from(plain)
}

const withBinary = (text: string, binary: Uint8Array) => Buffer.concat([Buffer.from(text, 'latin1'), escape(binary)])

/** A voice message in one frame: `TK` or `TK2`. */
export const encodeVoice = (head: Head, amr: Uint8Array, type: 'TK' | 'TK2' = 'TK'): Uint8Array =>
  encodeFrame(head, withBinary(`${type},`, amr))

/** One part of a voice message. */
export const encodeVoicePart = (head: Head, name: string, part: number, parts: number, amr: Uint8Array): Uint8Array =>
  encodeFrame(head, withBinary(`JXTK,0,${name},${part},${parts},`, amr))

/** A picture; source 5 is a remote shot. `time` is `yymmddhhmmss`. */
export const encodePicture = (head: Head, source: number, time: string, jpeg: Uint8Array): Uint8Array =>
  encodeFrame(head, withBinary(`img,${source},${time},`, jpeg))

/** Purpose of a command and its type. */
export const COMMANDS = {
  /** Locates for three minutes, every 20 s. */
  position: 'CR',
  /** Seconds, 60 to 65535. */
  interval: 'UPLOAD',
  reboot: 'RESET',
  powerOff: 'POWEROFF',
  factoryReset: 'FACTORY',
  find: 'FIND',
  /** The tracker calls the number silently. */
  monitor: 'MONITOR',
  call: 'CALL',
  centre: 'CENTER',
  sos: 'SOS',
  sos1: 'SOS1',
  sos2: 'SOS2',
  sos3: 'SOS3',
  /** <host>, <port>; not confirmed, the connection drops. */
  server: 'IP',
  /** <name>, <user>, <password>, <MCCMNC> */
  apn: 'APN',
  /** <language code>, <hours> */
  language: 'LZ',
  /** <on>, <call> */
  fallDetection: 'FALLDOWN',
  fallSensitivity: 'LSSET',
  sosSms: 'SOSSMS',
  lowBatterySms: 'LOWBAT',
  removalAlarm: 'REMOVE',
  removalSms: 'REMOVESMS',
  settings: 'TS',
  version: 'VERNO',
  /** `DW-1`: GPS of 4G units on. */
  appLock: 'APPLOCK',
  heartRate: 'hrtstart',
  healthAuto: 'HEALTHAUTOSET',
  photo: 'rcapture',
  /** UTF-16BE as hex; see `messageText`. */
  message: 'MESSAGE',
  password: 'PW',
  silence: 'SILENCETIME',
  reminders: 'REMIND',
  phoneBook: 'PHB',
  phoneBook2: 'PHB2',
  whiteList: 'WHITELIST1',
  flowers: 'FLOWER',
  profile: 'profile',
  walkTime: 'WALKTIME',
  sleepTime: 'SLEEPTIME',
  bodyTemperature: 'bodytemp2',
  pills: 'TAKEPILLS',
  wifiSearch: 'WIFISEARCH',
  wifiSet: 'WIFISET',
} as const
export type Command = keyof typeof COMMANDS

/** Maker letters and index of a command: the tracker's own letters unless the option names others. */
const commandHead = (head: Head, options: Pick<WatchOptions, 'command_maker'>): Head =>
  options.command_maker === '' ? head : { ...head, maker: options.command_maker }

/** A command to the tracker of `head`, whose `index` is our own counter (`commandIndex`) where the tracker uses one. */
export const encodeCommand = (
  head: Head,
  command: Command,
  values: readonly (string | number)[] = [],
  options: Pick<WatchOptions, 'command_maker'> = { command_maker: '' },
): Uint8Array => encodeFrame(commandHead(head, options), [COMMANDS[command], ...values].join(','))

/** A voice message to the tracker, at most 15 s. */
export const encodeVoiceCommand = (
  head: Head,
  amr: Uint8Array,
  options: Pick<WatchOptions, 'command_maker'> = { command_maker: '' },
): Uint8Array => encodeVoice(commandHead(head, options), amr)

/** Index of the nth command of a session, from 1. */
export const commandIndex = (count: number) => hex4(count & 0xffff)

/** Value of the command `message`. */
export const messageText = (text: string): string => Buffer.from(text, 'utf16le').swap16().toString('hex').toUpperCase()

/** A frame of the server. */
export interface Reply {
  /** Bytes up to and with the frame, including what had to be skipped before it. */
  size: number
  type: string
  content: string
}

const REPLY = /\[[0-9A-Za-z]{2}\*\d+\*(?:[0-9A-Fa-f]{4}\*)?[0-9A-Fa-f]{4}\*([^[\]]*)\]/

/** The first frame in what a tracker has received, or null if there is none yet. */
export const readReply = (bytes: Uint8Array, start = 0, end = bytes.length): Reply | null => {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1')
  const found = REPLY.exec(text)
  if (!found) return null
  return { size: found.index + found[0].length, type: found[1].split(',')[0], content: found[1] }
}

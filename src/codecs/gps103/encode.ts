/**
 * Frames as trackers write them, and commands as servers do; for the simulator, tests and whoever sends commands. Off
 * the hot path: text is text here. Source: Coban GPRS protocol (2014-12).
 */
import { ascii } from '../ascii.ts'
import type { Gps103Options } from './options.ts'

const MINUTE_MS = 60_000
const KPH_PER_KNOT = 1.852
const two = (value: number) => String(value).padStart(2, '0')

/** `##,imei:<id>,A;`, answered `LOAD`; the star variant's form is `imei:<id>,L,*`. */
export const encodeLogon = (id: string, form: 'A' | 'L' = 'A'): Uint8Array =>
  ascii(form === 'A' ? `##,imei:${id},A;` : `imei:${id},L,*`)

/** `<id>;`, answered `ON`. Without a terminator it can be glued to a report. */
export const encodeHeartbeat = (id: string, terminator = ';'): Uint8Array => ascii(id + terminator)

/** What all reports begin with. */
interface ReportHead {
  id: string
  /** `tracker` unless given. */
  keyword?: string
  /** When, in ms since 1970, UTC. */
  timeMs?: number
  /** Zone of the tracker's clock, in minutes east of UTC. */
  zoneMinutes?: number
  /** How local time is written; `zeros` and `none` say nothing. */
  localTime?: 'seconds' | 'minutes' | 'slashes' | 'zeros' | 'none'
  aux?: string
  /** Order number of a taxi dispatch report, 13 digits. */
  order?: string
  terminator?: string
}

/** The tail of a report: absent values are empty fields. */
interface ReportTail {
  speedKph?: number
  /** Degrees; `address`: the request for a street address that takes its place. */
  course?: number | 'address'
  altitudeM?: number
  ignition?: boolean
  doorOpen?: boolean
  fuel1Percent?: number
  fuel2Percent?: number
  /** Takes the place of the second tank. */
  odometerKm?: number
  /** Takes the place of the second tank. */
  troubleCode?: string
  temperatureC?: number
  /** What is left until a service is due, of the keyword `service`; takes the place of second tank and temperature. */
  service?: { days: number; km: number }
}

export interface FixReport extends ReportHead, ReportTail {
  /** 1e-7 degree, north and east positive. */
  latE7: number
  lonE7: number
  valid?: boolean
  /** Decimals of the minutes. */
  minuteDecimals?: number
  /** Where the hemisphere letters stand. */
  letters?: 'behind' | 'before' | 'missing'
  /** `none` leaves UTC empty. */
  utc?: 'milliseconds' | 'hundredths' | 'seconds' | 'none'
}

export interface CellReport extends ReportHead, ReportTail {
  /** Left out by old firmware. */
  lac?: number
  cellId?: number
}

/** A report with a fix. */
export const encodeReport = (report: FixReport): Uint8Array => {
  const decimals = report.minuteDecimals ?? 4
  const letters = report.letters ?? 'behind'
  const latitude = degreesAndMinutes(report.latE7, 2, decimals)
  const longitude = degreesAndMinutes(report.lonE7, 3, decimals)
  const northSouth = letters === 'missing' ? '' : report.latE7 < 0 ? 'S' : 'N'
  const eastWest = letters === 'missing' ? '' : report.lonE7 < 0 ? 'W' : 'E'
  const place =
    letters === 'before' ? [northSouth, latitude, eastWest, longitude] : [latitude, northSouth, longitude, eastWest]
  return finish(report, ['F', utcTime(report), report.valid === false ? 'V' : 'A', ...place, ...tail(report)])
}

/** A report without a fix, with the serving cell if there is one. */
export const encodeCellReport = (report: CellReport): Uint8Array => {
  if (report.lac === undefined && report.cellId === undefined) return finish(report, ['L', ''])
  const hex = (value: number | undefined) => (value === undefined ? '' : value.toString(16))
  return finish(report, ['L', '', '', hex(report.lac), '', hex(report.cellId), '', ...tail(report)])
}

export interface ObdReport extends Omit<ReportHead, 'keyword' | 'aux' | 'order'> {
  odometerKm?: number
  instantFuel?: number
  averageFuel?: number
  drivingTime?: number
  speedKph?: number
  loadPercent?: number
  coolantC?: number
  throttlePercent?: number
  rpm?: number
  batteryV?: number
  /** At most four. */
  troubleCodes?: readonly string[]
}

export const encodeObd = (report: ObdReport): Uint8Array => {
  const codes = report.troubleCodes ?? []
  return ascii(
    [
      `imei:${report.id}`,
      'OBD',
      localTime(report),
      plain(report.odometerKm),
      plain(report.instantFuel),
      plain(report.averageFuel),
      plain(report.drivingTime),
      report.speedKph === undefined ? '' : String(report.speedKph).padStart(3, '0'),
      percent(report.loadPercent),
      signed(report.coolantC),
      percent(report.throttlePercent),
      report.rpm === undefined ? '' : String(report.rpm).padStart(5, '0'),
      plain(report.batteryV),
      ...[0, 1, 2, 3].map((index) => codes[index] ?? ''),
    ].join(',') + (report.terminator ?? ';'),
  )
}

export interface Wheel {
  pressureKpa: number
  temperatureC: number
  /** Eight characters 0 or 1, bit 8 first. */
  state?: string
}

export const encodeTpms = (
  report: Omit<ReportHead, 'keyword' | 'aux' | 'order'> & { linkFailed?: boolean; wheels: readonly Wheel[] },
): Uint8Array => {
  const wheels = report.wheels.map(
    (wheel) => `${wheel.pressureKpa.toFixed(2)},${wheel.temperatureC},${wheel.state ?? '00000000'}`,
  )
  const head = [`imei:${report.id}`, 'TPMS', localTime(report), report.linkFailed ? '1' : '0', wheels.length]
  return ascii([...head, ...wheels].join(',') + (report.terminator ?? ';'))
}

export interface StarReport {
  id: string
  name: string
  event?: string
  timeMs: number
  /** 1e-7 degree. */
  latE7: number
  lonE7: number
  valid: boolean
  rssi: number
  speedKph: number
  courseDeg: number
  altitudeM: number
  hdop: number
  satellites: number
  ignition: boolean
  charging: boolean
}

/** The star variant: times in UTC, signed degrees, km/h. */
export const encodeStar = (report: StarReport): Uint8Array => {
  const time = new Date(report.timeMs).toISOString()
  return ascii(
    [
      `imei:${report.id}`,
      report.name,
      report.event ?? '---',
      '------',
      '----',
      time.slice(11, 19).replaceAll(':', ''),
      time.slice(8, 10) + time.slice(5, 7) + time.slice(2, 4),
      report.rssi,
      report.valid ? 1 : 0,
      (report.latE7 / 1e7).toFixed(7),
      (report.lonE7 / 1e7).toFixed(7),
      String(report.speedKph).padStart(3, '0'),
      String(report.courseDeg).padStart(3, '0'),
      String(report.altitudeM).padStart(4, '0'),
      report.hdop.toFixed(1),
      two(report.satellites),
      report.ignition ? 1 : 0,
      report.charging ? 1 : 0,
      '---',
      '*',
    ].join(','),
  )
}

/** A photo: the report that announces it (keyword `vtNN` or `wtNN`), then its packets. */
export const encodePhoto = (
  start: Omit<FixReport, 'keyword'> & { requested?: boolean },
  jpeg: Uint8Array,
  packetBytes = 506,
): Uint8Array[] => {
  const count = Math.ceil(jpeg.length / packetBytes)
  const frames = [encodeReport({ ...start, keyword: (start.requested ? 'wt' : 'vt') + two(count) })]
  for (let index = 0; index < count; index++)
    frames.push(encodePhotoPacket(start.id, index, jpeg.subarray(index * packetBytes, (index + 1) * packetBytes)))
  return frames
}

/** `imei:<id>,vr,<hex>;`: index, length, picture, sum of all these. */
export const encodePhotoPacket = (id: string, index: number, jpeg: Uint8Array): Uint8Array => {
  const packet = Buffer.alloc(jpeg.length + 6)
  packet.writeUInt16LE(index, 0)
  packet.writeUInt16LE(jpeg.length, 2)
  packet.set(jpeg, 4)
  let sum = 0
  for (let at = 0; at < jpeg.length + 4; at++) sum += packet[at]
  packet[jpeg.length + 4] = sum & 0xff
  return ascii(`imei:${id},vr,${packet.toString('hex')};`)
}

/** Purpose of a command, its letter form and its numeric form; '' where a set does not have it. */
export const COMMANDS = {
  position: ['B', '100'],
  /** 10s, 01m, 05h … (`frequency` makes these). */
  interval: ['C', '101'],
  intervalStop: ['D', '102'],
  /** 0200m; set the interval first. */
  distance: ['F', '103'],
  alarmsCancel: ['E', '104'],
  /** 65535 in the numeric form. */
  movementAlarm: ['G', '105'],
  movementAlarmOff: ['', '106'],
  /** Limit in km/h, three digits. */
  overspeedAlarm: ['H', '107'],
  /** Whole hours; the letter form wants a sign. */
  timeZone: ['I', '108'],
  engineCut: ['J', '109'],
  engineRestore: ['K', '110'],
  arm: ['L', '111'],
  disarm: ['M', '112'],
  /** Ends GPRS; only an SMS brings it back. */
  smsMode: ['N', '113'],
  /** <lat1>,<lon1>;<lat2>,<lon2> in signed degrees, top left and bottom right. */
  geofence: ['O', '114'],
  geofenceCancel: ['P', '115'],
  /** YYYYMMDD */
  trackUpload: ['Q', '116'],
  trackUploadStop: ['S', '117'],
  saveGprsOn: ['', '118'],
  saveGprsOff: ['', '119'],
  /** Degrees, three digits. */
  turns: ['', '120'],
  /** <lat>,<lon> <name>,800m */
  area: ['', '121'],
  /** <ip>,<port> */
  addressServer: ['', '122'],
  shockAlarmOn: ['', '123'],
  shockAlarmOff: ['', '124'],
  remoteStart: ['', '125'],
  obdMode: ['', '126'],
  speedLimiterOn: ['', '150'],
  speedLimiterOff: ['', '151'],
  /** km/h, three digits. */
  speedLimiter: ['', '152'],
  photo: ['160', '160'],
  photoRepeat: ['161', '161'],
  text: ['', '170'],
  /** <13-digit order>,<text> */
  dispatch: ['', '171'],
  dispatchText: ['', '172'],
  /** <13-digit order> */
  dispatchEnd: ['', '173'],
  dispatchCancel: ['', '174'],
  /** <03–99>,<text> */
  advertAdd: ['', '180'],
  advertDelete: ['', '181'],
} as const
export type Command = keyof typeof COMMANDS

/** `**,imei:<id>,<command>[,<arguments>]` in the letter or the numeric set. Throws if the set does not have it. */
export const encodeCommand = (
  id: string,
  command: Command,
  form: 'letter' | 'numeric' = 'letter',
  argument = '',
  options: Pick<Gps103Options, 'command_terminator'> = { command_terminator: '' },
): Uint8Array => {
  const word = COMMANDS[command][form === 'letter' ? 0 : 1]
  if (word === '') throw new Error(`gps103 has no ${form} form of the command ${command}`)
  const implied = command === 'movementAlarm' && form === 'numeric' && argument === '' ? '65535' : argument
  return ascii(`**,imei:${id},${word}${implied === '' ? '' : `,${implied}`}${options.command_terminator}`)
}

/** Argument of `interval`: two digits and a unit; whole minutes and hours beyond the unit below are dropped. */
export const frequency = (seconds: number): string => {
  if (seconds < 60) return `${two(seconds)}s`
  return seconds < 3600 ? `${two(Math.floor(seconds / 60))}m` : `${two(Math.floor(seconds / 3600))}h`
}

/** Argument of `timeZone`. */
export const timeZone = (hours: number, form: 'letter' | 'numeric' = 'letter'): string =>
  form === 'letter' && hours >= 0 ? `+${hours}` : String(hours)

/**
 * The street address that a report with the course `1` asks for; the tracker passes it on by SMS. `timeMs` is the fix's,
 * in the tracker's zone.
 */
export const encodeAddress = (
  address: string,
  fix: Pick<FixReport, 'latE7' | 'lonE7' | 'zoneMinutes'> & { timeMs: number; speedKph: number },
) => {
  const place = `lat:${(fix.latE7 / 1e7).toFixed(6)} long:${(fix.lonE7 / 1e7).toFixed(6)}`
  const time = localTime({ ...fix, localTime: 'slashes' })
  return ascii(`address2,${address} ,${place},T:${time},Speed:${two(Math.round(fix.speedKph))}`)
}

/** What a server sent: `LOAD`, `ON`, the answer to `help me`, or another command. */
export interface Reply {
  kind: 'LOAD' | 'ON' | 'E' | 'command'
  /** Bytes up to and with the reply, including what had to be skipped before it. */
  size: number
  /** Id in an `E` or a command, else ''. */
  id: string
  /** The command's word and arguments, else ''. */
  command: string
}

const REPLY = /LOAD|ON|\*\*,imei:(\d*),([^;\r\n*]*?)(?=[;\r\n*]|LOAD|ON|$)[;\r\n]?/

/**
 * The first reply in what a tracker has received, or null if there is none yet. Commands may come without a
 * terminator: then the next reply, or the end of what is there, ends them.
 */
export const readReply = (bytes: Uint8Array, start = 0, end = bytes.length): Reply | null => {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1')
  const found = REPLY.exec(text)
  if (!found) return null
  const size = found.index + found[0].length
  if (found[0] === 'LOAD' || found[0] === 'ON') return { kind: found[0], size, id: '', command: '' }
  if (found[2] === '') return null
  return { kind: found[2] === 'E' ? 'E' : 'command', size, id: found[1], command: found[2] }
}

const finish = (report: ReportHead, rest: string[]): Uint8Array => {
  const order = report.order === undefined ? [] : [report.order]
  const head = [`imei:${report.id}`, report.keyword ?? 'tracker', ...order, localTime(report), report.aux ?? '']
  return ascii([...head, ...rest].join(',') + (report.terminator ?? ';'))
}

const tail = (report: ReportTail): string[] => {
  const { service } = report
  const second =
    (service && signed(service.days)) ??
    report.troubleCode ??
    (report.odometerKm === undefined ? percent(report.fuel2Percent) : String(Math.floor(report.odometerKm)))
  return [
    report.speedKph === undefined ? '' : (report.speedKph / KPH_PER_KNOT).toFixed(3),
    report.course === 'address' ? '1' : report.course === undefined ? '' : report.course.toFixed(2),
    report.altitudeM === undefined ? '' : report.altitudeM.toFixed(1),
    flag(report.ignition),
    flag(report.doorOpen),
    percent(report.fuel1Percent),
    second,
    signed(service === undefined ? report.temperatureC : service.km),
  ]
}

const localTime = (report: Pick<ReportHead, 'timeMs' | 'zoneMinutes' | 'localTime'>): string => {
  const form = report.localTime ?? 'seconds'
  if (form === 'zeros') return '000000000'
  if (form === 'none' || report.timeMs === undefined) return ''
  const iso = new Date(report.timeMs + (report.zoneMinutes ?? 0) * MINUTE_MS).toISOString()
  if (form === 'slashes') return `${iso.slice(2, 10).replaceAll('-', '/')} ${iso.slice(11, 16)}`
  return iso.slice(2, form === 'minutes' ? 16 : 19).replaceAll(/[-T:]/g, '')
}

const utcTime = (report: FixReport): string => {
  if (report.utc === 'none' || report.timeMs === undefined) return ''
  const iso = new Date(report.timeMs).toISOString()
  const seconds = iso.slice(11, 19).replaceAll(':', '')
  if (report.utc === 'seconds') return seconds
  return seconds + iso.slice(19, report.utc === 'hundredths' ? 22 : 23)
}

/** `[d]ddmm.mmmm`, rounded to the decimals given. */
const degreesAndMinutes = (valueE7: number, degreeDigits: number, decimals: number): string => {
  const scale = 10 ** decimals
  // 1e-7 degree in units of the last decimal of a minute.
  const units = Math.round((Math.abs(valueE7) * 60 * scale) / 1e7)
  const degrees = Math.floor(units / (60 * scale))
  const minutes = ((units - degrees * 60 * scale) / scale).toFixed(decimals)
  return String(degrees).padStart(degreeDigits, '0') + minutes.padStart(decimals + 3, '0')
}

const plain = (value: number | undefined) => (value === undefined ? '' : String(value))
const percent = (value: number | undefined) => (value === undefined ? '' : `${value.toFixed(2)}%`)
const signed = (value: number | undefined) => (value === undefined ? '' : value > 0 ? `+${value}` : String(value))
const flag = (value: boolean | undefined) => (value === undefined ? '' : value ? '1' : '0')

/**
 * SMS as trackers write them, and the commands that their owners send; for tests, tools and whoever sends commands. Texts
 * of a code page that both sides share: ASCII. Source: user manuals of the family.
 */
const MINUTE_MS = 60_000
const two = (value: number) => String(value).padStart(2, '0')

/** How a firmware orders its dates. */
export type DateOrder = 'YMD' | 'DMY' | 'MDY'

interface Moment {
  /** ms since 1970, UTC; the seconds are not written. */
  timeMs: number
  /** Zone of the tracker's clock, in minutes east of UTC. */
  zoneMinutes?: number
  dateOrder?: DateOrder
}

/** What a report ends with; the text leaves out what is not given. */
interface Vehicle {
  power?: boolean
  doorOpen?: boolean
  ignition?: boolean
}

export interface SmsPosition extends Moment, Vehicle {
  /** First line, with its exclamation mark. */
  alarm?: string
  /** 1e-7 degree, north and east positive. */
  latE7: number
  lonE7: number
  speedKph: number
  courseDeg?: number
  link?: boolean
  /** What stands at the end of a line. */
  lineEnd?: string
}

/** The multi-line form. */
export const encodeSmsPosition = (report: SmsPosition): string => {
  const lines = [
    ...(report.alarm === undefined ? [] : [report.alarm]),
    `lat:${degrees(report.latE7)}`,
    `long:${degrees(report.lonE7)}`,
    `speed:${report.speedKph.toFixed(2)}`,
    ...(report.courseDeg === undefined ? [] : [`dir:${report.courseDeg}`]),
    `T:${moment(report)}`,
    ...(report.link === false ? [] : [mapsLink(report.latE7, report.lonE7)]),
    ...vehicle(report),
  ]
  return lines.join(report.lineEnd ?? '\n')
}

export interface SmsNoFix extends Partial<Moment>, Vehicle {
  alarm?: string
  lac: number
  cellId: number
  /** The position before the signal was lost; its time, if the firmware writes one. */
  last?: { latE7: number; lonE7: number; timeMs?: number }
  lineEnd?: string
}

/** A report without a fix: the serving cell, and the last position. */
export const encodeSmsNoFix = (report: SmsNoFix): string => {
  const { last, timeMs } = report
  const lines = [
    ...(report.alarm === undefined ? [] : [report.alarm]),
    `Lac:${report.lac.toString(16)} ${report.cellId.toString(16)}`,
    `T:${timeMs === undefined ? '' : moment({ ...report, timeMs })}`,
    ...(last === undefined
      ? []
      : [
          'Last:',
          `T:${last.timeMs === undefined ? '00:00' : moment({ ...report, timeMs: last.timeMs })}`,
          mapsLink(last.latE7, last.lonE7),
        ]),
    ...vehicle(report),
  ]
  return lines.join(report.lineEnd ?? '\n')
}

export interface SmsLine extends Moment {
  id: string
  latE7: number
  lonE7: number
  /** False: the position is the last one. */
  fix?: boolean
  speedKph: number
  batteryV: number
  batteryLow?: boolean
  charging: boolean
  alarm?: string
  satellites: number
  altitudeM: number
  cell?: { mcc: number; mnc: number; lac: number; cellId: number }
}

/** The one-line form of older units. */
export const encodeSmsLine = (line: SmsLine): string => {
  const { cell } = line
  const words = [
    `lat: ${degrees(line.latE7)}`,
    `long: ${degrees(line.lonE7)}`,
    `speed:${line.speedKph.toFixed(2)}`,
    moment({ dateOrder: 'DMY', ...line }),
    `${line.batteryLow ? 'L' : 'F'}:${line.batteryV.toFixed(2)}V,${line.charging ? 1 : 0},`,
    `Signal:${line.fix === false ? 'L' : 'F'}`,
    ...(line.alarm === undefined ? [] : [line.alarm]),
    `imei:${line.id}`,
    two(line.satellites),
    line.altitudeM.toFixed(1),
    ...(cell === undefined ? [] : [cell.mcc, two(cell.mnc), cell.lac.toString(16), cell.cellId.toString(16)]),
  ]
  return words.join(' ')
}

export interface SmsStatus {
  power: boolean
  batteryPct: number
  gprs: boolean
  /** `OK` with a fix */
  gps: string
  ignition: boolean
  doorOpen: boolean
  gsmSignal: number
  fuelPercent: number
  apn?: string
  serverIp?: string
  serverPort?: number
}

/** The answer to `check`. */
export const encodeSmsStatus = (status: SmsStatus, lineEnd = '\n'): string =>
  [
    `Power: ${onOff(status.power)}`,
    `Battery: ${status.batteryPct}%`,
    `GPRS: ${onOff(status.gprs)}`,
    `GPS: ${status.gps}`,
    `ACC: ${onOff(status.ignition)}`,
    `Door: ${onOff(status.doorOpen)}`,
    `GSM Signal: ${status.gsmSignal}`,
    `Oil: ${status.fuelPercent.toFixed(2)}%`,
    ...(status.apn === undefined ? [] : [`APN: ${status.apn}`]),
    ...(status.serverIp === undefined ? [] : [`IP: ${status.serverIp}`]),
    ...(status.serverPort === undefined ? [] : [`PORT: ${status.serverPort}`]),
  ].join(lineEnd)

/** Commands that an owner sends, and their arguments: the word, the password right behind it, then spaces. */
export const SMS_COMMANDS = {
  factorySettings: 'begin',
  /** new password */
  password: 'password',
  /** phone number */
  authorise: 'admin',
  forbid: 'noadmin',
  stopInterval: 'nofix',
  /** metres, four digits */
  distance: 'distance',
  /** degrees, three digits */
  angle: 'angle',
  /** ip, port */
  server: 'adminip',
  /** name */
  apn: 'apn',
  /** user, password */
  apnUser: 'up',
  smsMode: 'sms',
  /** `out`: the numeric set of commands */
  protocol: 'protocol',
  /** hours east of UTC; 0 makes local time UTC */
  timeZone: 'time zone',
  engineCut: 'stop',
  engineRestore: 'resume',
  /** the cut does not wait for 20 km/h */
  quickStop: 'quickstop',
  noQuickStop: 'noquickstop',
  /** of clones that speak tk103 */
  cloneEngineCut: 'stopelec',
  cloneEngineRestore: 'supplyelec',
  arm: 'arm',
  disarm: 'disarm',
  /** km/h, three digits */
  speedAlarm: 'speed',
  noSpeedAlarm: 'nospeed',
  /** metres, four digits */
  moveAlarm: 'move',
  noMoveAlarm: 'nomove',
  /** lat,lon;lat,lon */
  geofence: 'stockade',
  noGeofence: 'nostockade',
  accAlarm: 'acc',
  noAccAlarm: 'noacc',
  shockAlarm: 'shock',
  /** on or off */
  lowBatteryAlarm: 'lowbattery',
  powerAlarm: 'extpower',
  gpsSignalAlarm: 'gpssignal',
  /** 1 to 3 */
  sensitivity: 'sensitivity',
  /** lat,lon, name,800M */
  area: 'area',
  noStorage: 'nosave',
  clearStorage: 'clear',
  /** YYYYMMDD, or nothing for all */
  sendStorage: 'load',
  status: 'check',
  imei: 'imei',
  restart: 'reset',
  address: 'address',
  /** silences an alarm */
  silence: 'help me',
} as const
export type SmsCommand = keyof typeof SMS_COMMANDS

export const encodeSmsCommand = (command: SmsCommand, password: string, ...args: (string | number)[]): string =>
  [SMS_COMMANDS[command] + password, ...args].join(' ')

/** Positions by time, kept on the device (`save`) or sent (`fix`): every `seconds`, `times` or without end. */
export const encodeSmsInterval = (password: string, seconds: number, times?: number, kind: 'fix' | 'save' = 'fix') => {
  const count = times === undefined ? '***' : three(times)
  return `${kind}${interval(seconds)}${count}n${password}`
}

/** GPRS over TCP or UDP, with or without replies of the server. */
export const encodeSmsTransport = (password: string, transport: 'tcp' | 'udp' = 'tcp', replies = true): string =>
  `gprs${password},${replies ? 0 : 1},${transport === 'tcp' ? 0 : 1}`

const three = (value: number) => String(value).padStart(3, '0')
/** Three digits, at most 255, and their unit. */
const interval = (seconds: number): string => {
  if (seconds <= 255) return `${three(seconds)}s`
  const minutes = Math.round(seconds / 60)
  return minutes <= 255 ? `${three(minutes)}m` : `${three(Math.round(minutes / 60))}h`
}

const moment = ({ timeMs, zoneMinutes = 0, dateOrder = 'YMD' }: Moment): string => {
  const iso = new Date(timeMs + zoneMinutes * MINUTE_MS).toISOString()
  const parts = { Y: iso.slice(2, 4), M: iso.slice(5, 7), D: iso.slice(8, 10) }
  return `${[...dateOrder].map((part) => parts[part as keyof typeof parts]).join('/')} ${iso.slice(11, 16)}`
}

const degrees = (valueE7: number) => (valueE7 / 1e7).toFixed(6)

const mapsLink = (latE7: number, lonE7: number): string => {
  return `http://maps.google.com/maps?f=q&q=${degrees(latE7)},${degrees(lonE7)}&z=16`
}

const onOff = (on: boolean) => (on ? 'ON' : 'OFF')

const vehicle = ({ power, doorOpen, ignition }: Vehicle): string[] => {
  const words = [
    ...(power === undefined ? [] : [`Pwr: ${onOff(power)}`]),
    ...(doorOpen === undefined ? [] : [`Door: ${onOff(doorOpen)}`]),
    ...(ignition === undefined ? [] : [`ACC: ${onOff(ignition)}`]),
  ]
  return words.length === 0 ? [] : [words.join(' ')]
}

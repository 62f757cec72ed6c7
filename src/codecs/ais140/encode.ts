/**
 * Sentences as trackers write them, and the replies they read; for the simulator and tests. Off the hot path: text is
 * text here. The page names no command of a server in these dialects.
 */
import { ascii } from '../ascii.ts'

const pad = (value: number | string, length: number) => String(value).padStart(length, '0')
const hex = (value: number) => value.toString(16).toUpperCase()
const flag = (value: boolean) => (value ? '1' : '0')

/** `ddmmyyyy` and `hhmmss`, UTC. */
export const dateAndTime = (ms: number): [string, string] => {
  const iso = new Date(ms).toISOString()
  return [iso.slice(8, 10) + iso.slice(5, 7) + iso.slice(0, 4), iso.slice(11, 19).replaceAll(':', '')]
}

export interface PlaceOf {
  /** 1e-7 degree, north and east positive. */
  latE7: number
  lonE7: number
}

type Form = 'degrees' | 'minutes'

/** Latitude, N/S, longitude, E/W. */
const placeFields = (place: PlaceOf, form: Form = 'degrees', decimals = 6): string[] => {
  const write = (e7: number, digits: number) => {
    const size = Math.abs(e7)
    if (form === 'degrees') return (size / 1e7).toFixed(decimals)
    const units = Math.round((size * 60) / 1000) // 1e-4 minute
    const degrees = Math.floor(units / 600_000)
    return pad(degrees, digits) + ((units - degrees * 600_000) / 10_000).toFixed(4).padStart(7, '0')
  }
  return [write(place.latE7, 2), place.latE7 < 0 ? 'S' : 'N', write(place.lonE7, 3), place.lonE7 < 0 ? 'W' : 'E']
}

export interface Login extends PlaceOf {
  imei: string
  vendor?: string
  vehicle?: string
  firmware?: string
}

/** Answered `$LGN<ddmmyyyyhhmmss>*`. */
export const encodeLogin = (login: Login): Uint8Array => {
  const { imei, vendor = 'MARK', vehicle = '', firmware = 'V0.0.1' } = login
  return ascii(`$,LGN,${[vendor, vehicle, imei, firmware, 'AIS140', ...placeFields(login)].join(',')},*`)
}

/** `01`, the login of another dialect; answered `$,1,*`. */
export const encodePlainLogin = (imei: string, fields: string[] = []): Uint8Array =>
  ascii(`$,01,${[imei, ...fields].join(',')},*`)

/** `ACTVR` or `HCHKR`: the answer to an activation or a health check. */
export const encodeAnswer = (kind: 'ACTVR' | 'HCHKR', imei: string, fields: string[]): Uint8Array =>
  ascii(`${kind},${[imei, ...fields].join(',')}\r\n`)

export interface Location extends PlaceOf {
  imei: string
  timeMs: number
  /** `NRM` unless given. */
  header?: string
  /** Behind the `$`. */
  firstComma?: boolean
  vendor?: string | null
  firmware?: string | null
  packetType?: string
  alert?: number | null
  stored?: boolean
  vehicle?: string
  valid?: boolean
  date?: 'two' | 'six' | 'one'
  form?: Form
  speedKph?: number
  courseDeg?: number
  satellites?: number
  altitudeM?: number
  pdop?: number
  hdop?: number
  operator?: string
  ignition?: boolean
  mainPower?: boolean
  powerV?: number
  batteryV?: number
  emergency?: boolean
  /** null: the dialect has no such field. */
  tamper?: boolean | null
  rssi?: number
  mcc?: number
  mnc?: number
  lac?: number
  cellId?: number
  neighbours?: string[]
  inputs?: string
  outputs?: string
  frameNumber?: number
  extra?: string[]
  /** Fields behind the IMEI that are sent; all unless given. */
  fields?: number
  terminator?: string
}

export const encodeLocation = (fix: Location): Uint8Array => {
  const head = [fix.header ?? 'NRM', fix.vendor === undefined ? 'MARK' : fix.vendor]
  head.push(fix.firmware === undefined ? 'V0.0.1' : fix.firmware, fix.packetType ?? 'NR')
  head.push(fix.alert === null ? null : pad(fix.alert ?? 1, 2), fix.stored ? 'H' : 'L', fix.imei)
  const neighbours = Array.from({ length: 4 }, () => ['0000', '0000', '00']).flat()
  const body = [
    fix.vehicle ?? 'MH12AB1234',
    flag(fix.valid ?? true),
    ...dateFields(fix.timeMs, fix.date ?? 'two'),
    ...placeFields(fix, fix.form),
    (fix.speedKph ?? 0).toFixed(1),
    (fix.courseDeg ?? 0).toFixed(2),
    String(fix.satellites ?? 9),
    (fix.altitudeM ?? 0).toFixed(1),
    (fix.pdop ?? 1.2).toFixed(2),
    (fix.hdop ?? 0.7).toFixed(2),
    fix.operator ?? 'AIRTEL',
    flag(fix.ignition ?? true),
    flag(fix.mainPower ?? true),
    (fix.powerV ?? 12.6).toFixed(1),
    (fix.batteryV ?? 4.1).toFixed(1),
    flag(fix.emergency ?? false),
    ...(fix.tamper === null ? [] : [fix.tamper ? 'O' : 'C']),
    String(fix.rssi ?? 20),
    String(fix.mcc ?? 404),
    String(fix.mnc ?? 22),
    hex(fix.lac ?? 0x1f2a),
    hex(fix.cellId ?? 0xb3c4),
    ...(fix.neighbours ?? neighbours),
    fix.inputs ?? '0000',
    fix.outputs ?? '00',
    pad(fix.frameNumber ?? 1, 6),
    ...(fix.extra ?? ['4E9C']),
  ]
  const text = [...head.filter((field) => field !== null), ...body.slice(0, fix.fields)].join(',')
  return ascii(`$${fix.firstComma === false ? '' : ','}${text}${fix.terminator ?? ',*'}`)
}

const dateFields = (ms: number, form: 'one' | 'two' | 'six'): string[] => {
  const [date, time] = dateAndTime(ms)
  if (form === 'one') return [date + time]
  if (form === 'two') return [date, time]
  return [date.slice(0, 2), date.slice(2, 4), date.slice(4), time.slice(0, 2), time.slice(2, 4), time.slice(4)]
}

export interface HealthReport {
  imei: string
  header?: string
  batteryPct: number
  thresholdPct?: number
  memoryPct?: number
  intervalOn?: number
  intervalOff?: number
  inputs?: string
}

/** Answered `$HBT*` when its header is HBT. */
export const encodeHealth = (report: HealthReport): Uint8Array => {
  const { thresholdPct = 20, memoryPct = 3, intervalOn = 10, intervalOff = 60, inputs = '0000' } = report
  const values = [report.batteryPct, thresholdPct, memoryPct, intervalOn, intervalOff, inputs, '00']
  return ascii(`$,${report.header ?? 'HBT'},MARK,V0.0.1,${report.imei},${values.join(',')}*`)
}

export interface EmergencyReport extends PlaceOf {
  imei: string
  timeMs: number
  cleared?: boolean
  stored?: boolean
  valid?: boolean
  vendor?: string
  firstComma?: boolean
  date?: 'two' | 'six' | 'one'
  altitudeM?: number
  speedKph?: number
  distance?: number
  distanceFirst?: boolean
  coarse?: boolean
  vehicle?: string
  phone?: string
  terminator?: string
}

export const encodeEmergency = (report: EmergencyReport): Uint8Array => {
  const speeds = [(report.speedKph ?? 0).toFixed(1), (report.distance ?? 0).toFixed(2)]
  const fields = [
    'EPB',
    ...(report.vendor === undefined ? [] : [report.vendor]),
    report.cleared ? 'SEM' : 'EMR',
    report.imei,
    report.stored ? 'SP' : 'NM',
    ...dateFields(report.timeMs, report.date ?? 'one'),
    report.valid === false ? 'V' : 'A',
    ...placeFields(report),
    (report.altitudeM ?? 0).toFixed(1),
    ...(report.distanceFirst ? speeds.toReversed() : speeds),
    report.coarse ? 'N' : 'G',
    report.vehicle ?? 'MH12AB1234',
    report.phone ?? '0',
  ]
  return ascii(`$${report.firstComma === false ? '' : ','}${fields.join(',')}${report.terminator ?? ',*,00A5'}`)
}

export const encodeConfigReply = (
  imei: string,
  bySms: boolean,
  sender: string,
  timeMs: number,
  text: string,
): Uint8Array => ascii(`$,PC,12,${imei},${bySms ? 0 : 1},${sender},${dateAndTime(timeMs).join(',')},${text},*`)

export interface FixedRecord extends PlaceOf {
  timeMs: number
  alert?: number
  stored?: boolean
  valid?: boolean
  mcc?: number
  mnc?: number
  lac?: number
  cellId?: number
  speedKph?: number
  courseDeg?: number
  satellites?: number
  hdop?: number
  rssi?: number
  ignition?: boolean
  mainPower?: boolean
  mode?: 'H' | 'M' | 'S'
}

/** The 78 characters of a C-DAC record. */
export const fixedRecord = (fix: FixedRecord): string => {
  const [date, time] = dateAndTime(fix.timeMs)
  const degrees = (e7: number) => (Math.abs(e7) / 1e7).toFixed(6).padStart(10, '0')
  return [
    pad(fix.alert ?? 1, 2),
    fix.stored ? 'H' : 'L',
    flag(fix.valid ?? true),
    date.slice(0, 4) + date.slice(6),
    time,
    degrees(fix.latE7),
    fix.latE7 < 0 ? 'S' : 'N',
    degrees(fix.lonE7),
    fix.lonE7 < 0 ? 'W' : 'E',
    pad(fix.mcc ?? 404, 3),
    String(fix.mnc ?? 22).padEnd(3, 'x'),
    hex(fix.lac ?? 0x1f2a).padStart(4, '0'),
    pad(fix.cellId ?? 46_020, 9),
    (fix.speedKph ?? 0).toFixed(2).padStart(6, '0'),
    (fix.courseDeg ?? 0).toFixed(2).padStart(6, '0'),
    pad(fix.satellites ?? 9, 2),
    pad(fix.hdop ?? 1, 2),
    pad(fix.rssi ?? 20, 2),
    flag(fix.ignition ?? true),
    flag(fix.mainPower ?? true),
    fix.mode ?? 'M',
  ].join('')
}

/** C-DAC: one record, answered `$<type>,OK*`. */
export const encodeFixed = (type: string, imei: string, fix: FixedRecord): Uint8Array =>
  ascii(type + imei + fixedRecord(fix))

/** C-DAC: a type whose body is no record; `LGN` is answered with the time, others `$<type>,OK*`. */
export const encodeFixedText = (type: string, imei: string, text: string): Uint8Array => ascii(`${type}${imei}${text}*`)

/** C-DAC `BTH`, answered `$BTH,OK*`. */
export const encodeFixedBatch = (imei: string, fixes: readonly FixedRecord[]): Uint8Array =>
  ascii(`BTH${imei}${pad(fixes.length, 3)}${fixes.map(fixedRecord).join('')}`)

export interface Reply {
  kind: 'LGN' | 'HBT' | 'NRM' | '1' | 'OK'
  size: number
}

const REPLY = /^\$(?:(LGN)\d{14}|(HBT)|,(NRM),\d{15},1|,(1),|[A-Z]{3},(OK))\*/
/** The reply at `start`, or null if it is not complete. Throws on anything else. */
export const readReply = (bytes: Uint8Array, start = 0, end = bytes.length): Reply | null => {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1')
  const found = REPLY.exec(text)
  if (found) return { kind: found.slice(1).find((kind) => kind !== undefined) as Reply['kind'], size: found[0].length }
  if (text.includes('*')) throw new Error(`ais140: no reply of a server: ${JSON.stringify(text)}`)
  return null
}

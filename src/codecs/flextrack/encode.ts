/**
 * Sentences as units write them, and commands as servers do; for the simulator, tests and whoever sends commands. Off
 * the hot path: text is text here.
 */
import { ascii } from '../ascii.ts'

/** `<index>,LOGON,<node id>,<ICCID>` CR. */
export const encodeLogon = (nodeId: string, iccid: string, index: number | string = -1): Uint8Array =>
  ascii(`${index},LOGON,${nodeId},${iccid}\r`)

export interface Unitstat {
  nodeId: string
  /** A unit's own sentences have negative indexes. */
  index: number | string
  timeMs: number
  /** 1e-7 degree, north and east positive. */
  latE7: number
  lonE7: number
  /** Decimals of the minutes. */
  minuteDecimals?: number
  speedKph: number
  courseDeg: number
  satellites: number
  batteryMv: number
  gsmDbm: number
  state: number
  mcc: number
  mnc: number
  /** Digits of the MNC. */
  mncDigits?: 2 | 3
  altitudeM: number
  hdopTenths: number
  cellId: number
  fixSeconds: number
  lac: number
  odometer: number
}

const hex4 = (value: number) => value.toString(16).toUpperCase().padStart(4, '0')

export const encodeUnitstat = (report: Unitstat): Uint8Array => {
  const time = new Date(report.timeMs).toISOString()
  const decimals = report.minuteDecimals ?? 4
  return ascii(
    `${[
      report.index,
      'UNITSTAT',
      time.slice(0, 10).replaceAll('-', ''),
      time.slice(11, 19).replaceAll(':', ''),
      report.nodeId,
      (report.latE7 < 0 ? 'S' : 'N') + degreesAndMinutes(report.latE7, 2, decimals),
      (report.lonE7 < 0 ? 'W' : 'E') + degreesAndMinutes(report.lonE7, 3, decimals),
      report.speedKph,
      report.courseDeg,
      report.satellites,
      report.batteryMv,
      report.gsmDbm,
      hex4(report.state),
      String(report.mcc).padStart(3, '0') + String(report.mnc).padStart(report.mncDigits ?? 2, '0'),
      report.altitudeM,
      report.hdopTenths,
      hex4(report.cellId),
      report.fixSeconds,
      hex4(report.lac),
      report.odometer,
    ].join(',')}\r`,
  )
}

/** `<index>,<KEYWORD>[,…]` CR: any other sentence, such as a unit's answer to a command (`12,ACK`). */
export const encodeSentence = (index: number | string, keyword: string, ...fields: string[]): Uint8Array =>
  ascii(`${[index, keyword, ...fields].join(',')}\r`)

/**
 * The one command there is: the operator's text and a CR. Text that begins with `?,` gets `number`, the connection's
 * own count of commands from 1 on, in place of the question mark. Throws if the text cannot be one sentence.
 */
export const encodeRaw = (text: string, number: number): Uint8Array => {
  const line = text.endsWith('\r') ? text.slice(0, -1) : text
  if (!/^[ -~]+$/.test(line)) throw new Error('flextrack: a command is one line of printable ASCII')
  return ascii(`${line.startsWith('?,') ? number + line.slice(1) : line}\r`)
}

/** What a server sent. */
export interface Reply {
  /** Bytes up to and with its CR. */
  size: number
  index: string
  /** `ACK`, or the word of a command. */
  keyword: string
}

/** The first sentence in what a unit has received, or null if it is not complete. */
export const readReply = (bytes: Uint8Array, start = 0, end = bytes.length): Reply | null => {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1')
  const cr = text.indexOf('\r')
  if (cr < 0) return null
  const [index, keyword = ''] = text.slice(0, cr).trim().split(',')
  return { size: cr + 1, index, keyword }
}

/** `d.mm.mmmm`, rounded to the decimals given. */
const degreesAndMinutes = (valueE7: number, degreeDigits: number, decimals: number): string => {
  const scale = 10 ** decimals
  // 1e-7 degree in units of the last decimal of a minute.
  const units = Math.round((Math.abs(valueE7) * 60 * scale) / 1e7)
  const degrees = Math.floor(units / (60 * scale))
  const minutes = ((units - degrees * 60 * scale) / scale).toFixed(decimals)
  return `${String(degrees).padStart(degreeDigits, '0')}.${minutes.padStart(decimals + 3, '0')}`
}

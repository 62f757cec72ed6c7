/**
 * Frames as trackers write them, and commands as servers do; for the simulator, tests and whoever sends commands. Off
 * the hot path: text is text here. Source: see messages.ts.
 */
import { ascii } from '../ascii.ts'
import { crc16 } from './crc.ts'
import { nextCode, slot, SLOT_TYPE } from './form.ts'
import { DUMP_BYTES, Header, KeepAlive, NO_SENSOR, Report, Type, TYPE_BYTES } from './messages.ts'
import { CUT_TAG, RESTORE_TAG } from './replies.ts'

const SUB = '\x1a'
const NUL = Uint8Array.of(0)

/** Values on the wire by code: numbers in the units of the protocol, texts, or bytes (GN and GV). */
export type CustomValues = Record<string, number | bigint | string | Uint8Array>

export interface PositionRecord {
  /** Time of the fix and of the record, ms since 1970, UTC; 0: the clock was not set. */
  gpsMs: number
  rtcMs: number
  /** 1e-6 degree, north and east positive. */
  latE6: number
  lonE6: number
  heading?: number
  report?: number
  odometerKm?: number
  hdop?: number
  inputs?: number
  speedKph?: number
  outputs?: number
  analogV?: number
  driver?: string
  /** Not given: no sensor. */
  temperature1?: number | undefined
  temperature2?: number | undefined
  text?: string
  /** Values of the frame's form. */
  custom?: CustomValues
}

export interface PositionFrame {
  unitId: string
  sequence: number
  /** When the frame was built, ms since 1970. */
  sentMs: number
  records: readonly PositionRecord[]
  /** Two characters, `@P` unless given. */
  prefix?: string
  /** Times as dates instead of seconds. */
  readable?: boolean
  /** `AT$FORM`, fourth parameter: codes of the values behind each record. */
  form?: string
  /** Width of cell ids; firmware until 2013 wrote 2 bytes. */
  cellBytes?: 2 | 4
  /** Leaves the 1A behind empty texts out, as some firmware does (text frames). */
  bareText?: boolean
}

/** FE 02: keep-alive of the tracker, and the reply to everything else. */
export const encodeKeepAlive = (unitId: string, sequence: number): Uint8Array => {
  const frame = Buffer.alloc(KeepAlive.size)
  frame[0] = KeepAlive.first
  frame[1] = KeepAlive.second
  frame.writeBigUInt64BE(BigInt(unitId), KeepAlive.id)
  frame.writeUInt16BE(sequence & 0xffff, KeepAlive.sequence)
  return frame
}

export const encodeBinary = (frame: PositionFrame): Uint8Array =>
  binaryFrame(
    frame.prefix ?? '@P',
    frame.unitId,
    frame.sequence,
    Buffer.concat(frame.records.map((record) => binaryRecord(record, frame))),
  )

/** Header, checksum and length around a body: the records, or a fragment of a photo. */
export const binaryFrame = (prefix: string, unitId: string, sequence: number, body: Uint8Array): Uint8Array => {
  const bytes = Buffer.alloc(Header.size + body.length)
  bytes.set(ascii(prefix))
  bytes.writeUInt16BE(bytes.length - Header.uncounted, Header.length)
  bytes.writeUInt16BE(sequence & 0xffff, Header.sequence)
  bytes.writeBigUInt64BE(BigInt(unitId), Header.id)
  bytes.set(body, Header.size)
  bytes.writeUInt16BE(crc16(bytes, Header.length, bytes.length), Header.crc)
  return bytes
}

const binaryRecord = (record: PositionRecord, frame: PositionFrame): Uint8Array => {
  const times = [record.gpsMs, record.rtcMs, frame.sentMs].map((ms) => binaryTime(ms, frame.readable ?? false))
  const fixed = Buffer.alloc(23)
  fixed.writeInt32BE(record.lonE6, 0)
  fixed.writeInt32BE(record.latE6, 4)
  fixed.writeUInt16BE(record.heading ?? 0, 8)
  fixed.writeUInt8(record.report ?? 2, 10)
  fixed.writeUInt32BE(Math.round((record.odometerKm ?? 0) * 10), 11)
  fixed.writeUInt16BE(Math.round((record.hdop ?? 0.8) * 10), 15)
  fixed.writeUInt8(record.inputs ?? 0, 17)
  fixed.writeUInt16BE(record.speedKph ?? 0, 18)
  fixed.writeUInt8(record.outputs ?? 0, 20)
  fixed.writeUInt16BE(Math.round((record.analogV ?? 0) * 1000), 21)
  const temperatures = Buffer.alloc(4)
  temperatures.writeInt16BE(tenths(record.temperature1), 0)
  temperatures.writeInt16BE(tenths(record.temperature2), 2)
  return Buffer.concat([
    ...times,
    fixed,
    ascii(record.driver ?? ''),
    NUL,
    temperatures,
    ascii(record.text ?? ''),
    NUL,
    encodeCustoms(frame.form ?? '', record.custom ?? {}, frame.cellBytes),
  ])
}

/** A packet of `AT$GDAT`: one position record of report 14, the packet's number, and 50 × X, Y, Z in place of custom values. */
export const encodeDump = (frame: PositionFrame, packet: number, samples: Int16Array): Uint8Array => {
  if (samples.length !== DUMP_SAMPLES) throw new Error(`a packet has ${DUMP_SAMPLES} numbers, not ${samples.length}`)
  const dump = Buffer.alloc(DUMP_BYTES)
  dump[0] = packet
  samples.forEach((sample, index) => dump.writeInt16BE(sample, 1 + 2 * index))
  const record = binaryRecord({ ...frame.records[0], report: Report.impact }, { ...frame, form: '' })
  return binaryFrame(frame.prefix ?? '@P', frame.unitId, frame.sequence, Buffer.concat([record, dump]))
}
const DUMP_SAMPLES = (DUMP_BYTES - 1) / 2

const tenths = (value: number | undefined) => (value === undefined ? NO_SENSOR : Math.round(value * 10))

const binaryTime = (ms: number, readable: boolean): Uint8Array => {
  const time = Buffer.alloc(readable ? 7 : 4)
  if (!readable) time.writeUInt32BE(Math.floor(ms / 1000))
  else if (ms !== 0) {
    const date = new Date(ms)
    time.writeUInt16BE(date.getUTCFullYear())
    time[2] = date.getUTCMonth() + 1
    time[3] = date.getUTCDate()
    time[4] = date.getUTCHours()
    time[5] = date.getUTCMinutes()
    time[6] = date.getUTCSeconds()
  }
  return time
}

/** Codes of a form, with the types of their values. */
const codesOf = (form: string): { code: string; type: number }[] => {
  const bytes = ascii(form)
  const codes: { code: string; type: number }[] = []
  for (let at = 0; at < bytes.length;) {
    const next = nextCode(bytes, at, bytes.length)
    codes.push({ code: form.slice(at + 1, next), type: slot < 0 ? 0 : SLOT_TYPE[slot] })
    at = next
  }
  return codes
}

/** The values of a form in binary. Values not given are zeros or empty. */
export const encodeCustoms = (form: string, values: CustomValues, cellBytes: 2 | 4 = 4): Uint8Array =>
  Buffer.concat(
    codesOf(form).map(({ code, type }) => {
      const value = code === 'CI' ? form : (values[code] ?? 0)
      if (value instanceof Uint8Array) return value
      if (type === Type.text) return Buffer.concat([ascii(value === 0 ? '' : String(value)), NUL])
      const size = type === Type.cell ? cellBytes : TYPE_BYTES[type]
      if (size === 0) throw new Error(`%${code} has no binary form`)
      const bytes = Buffer.alloc(size)
      const whole = BigInt(value)
      for (let at = 0; at < size; at++) bytes[at] = Number((whole >> BigInt(8 * (size - 1 - at))) & 0xffn)
      return bytes
    }),
  )

export const encodeText = (frame: PositionFrame): Uint8Array => {
  const lines = frame.records.map((record) => `${textRecord(record, frame)}\r\n`).join('')
  return textFrame(frame.prefix ?? '@P', frame.unitId, frame.sequence, lines)
}

/** Header, checksum and length around the lines of a text frame. */
export const textFrame = (prefix: string, unitId: string, sequence: number, lines: string): Uint8Array => {
  const counted = `,${sequence},${unitId},${lines}`
  const checked = ascii(`,${counted.length}${counted}`)
  const crc = crc16(checked, 0, checked.length).toString(16).toUpperCase().padStart(4, '0')
  return Buffer.concat([ascii(`${prefix},${crc}`), checked])
}

const textRecord = (record: PositionRecord, frame: PositionFrame): string => {
  const times = [record.gpsMs, record.rtcMs, frame.sentMs].map((ms) => textTime(ms, frame.readable ?? false))
  const text = record.text ?? ''
  const fields = [
    ...times,
    record.lonE6,
    record.latE6,
    record.heading ?? 0,
    record.report ?? 2,
    Math.round((record.odometerKm ?? 0) * 10),
    Math.round((record.hdop ?? 0.8) * 10),
    record.inputs ?? 0,
    record.speedKph ?? 0,
    record.outputs ?? 0,
    Math.round((record.analogV ?? 0) * 1000),
    record.driver ?? '',
    tenths(record.temperature1),
    tenths(record.temperature2),
    text === '' && frame.bareText ? '' : text + SUB,
  ]
  return [...fields, ...customTexts(frame.form ?? '', record.custom ?? {})].join(',')
}

const textTime = (ms: number, readable: boolean): string => {
  if (!readable) return String(Math.floor(ms / 1000)).padStart(10, '0')
  return ms === 0 ? '0'.repeat(14) : new Date(ms).toISOString().slice(0, 19).replaceAll(/[-T:]/g, '')
}

/** The values of a form as text fields; GL, GN and GV end with 1A. */
export const customTexts = (form: string, values: CustomValues): string[] =>
  codesOf(form).map(({ code, type }) => {
    if (code === 'CI') return form
    const value = values[code] ?? (type === Type.text ? '' : 0)
    const text = value instanceof Uint8Array ? Buffer.from(value).toString('hex').toUpperCase() : String(value)
    return code === 'GL' || code === 'GN' || code === 'GV' ? text + SUB : text
  })

/** The fragments of a photo, with sequences from `sequence` on. */
export const encodePhoto = (
  unitId: string,
  sequence: number,
  timeMs: number,
  jpeg: Uint8Array,
  fragmentBytes = 792,
): Uint8Array[] => {
  const count = Math.ceil(jpeg.length / fragmentBytes)
  return Array.from({ length: count }, (_, index) => {
    const data = jpeg.subarray(index * fragmentBytes, (index + 1) * fragmentBytes)
    const head = Buffer.alloc(8)
    head.writeUInt32BE(Math.floor(timeMs / 1000))
    head[4] = index
    head[5] = count
    head.writeUInt16BE(data.length, 6)
    return binaryFrame('@R', unitId, sequence + index, Buffer.concat([head, data]))
  })
}

/** `AT$POST` with the option "simple": a time and a text. */
export const encodeShortText = (
  frame: Pick<PositionFrame, 'unitId' | 'sequence' | 'readable'>,
  timeMs: number,
  text: string,
): Uint8Array => {
  const body = Buffer.concat([binaryTime(timeMs, frame.readable ?? false), ascii(text), NUL])
  return binaryFrame('@P', frame.unitId, frame.sequence, body)
}

export interface DeviceInfo {
  unitId: string
  model: string
  firmware: string
  imei: string
  imsi: string
  iccid: string
  powerV: number
  batteryV: number
  satellites: number
  registration: number
  signal: number
  connected: number
  antenna: number
}

/** `$INFO+TAG=…` */
export const encodeInfo = (info: DeviceInfo, tag = ''): Uint8Array => {
  const { powerV, batteryV, ...rest } = info
  const values = { ...rest, power: Math.round(powerV * 10), battery: Math.round(batteryV * 10) }
  const order = [
    values.unitId,
    values.model,
    values.firmware,
    values.imei,
    values.imsi,
    values.iccid,
    values.power,
    values.battery,
    values.satellites,
    values.registration,
    values.signal,
    values.connected,
    values.antenna,
  ]
  return encodeReply('INFO', tag, order.join(','))
}

/** `$OK`, `$OK+TAG`, `$ERROR+TAG=102`, `$FORM=…` */
export const encodeReply = (name: string, tag = '', values = ''): Uint8Array =>
  ascii(`$${name}${tag === '' ? '' : `+${tag}`}${values === '' ? '' : `=${values}`}\r\n`)

// --- server to tracker ---

export interface CommandOptions {
  /** Up to five characters; the tracker's answer carries it. */
  tag?: string
  /** Of `AT$PASS`; the first parameter of every command then. */
  password?: string
}

/** `AT$<CMD>[+<TAG>]=[<password>,]<parameters>` CR LF; without parameters the bare command. Texts go in quotation marks. */
export const encodeCommand = (command: string, parameters = '', options: CommandOptions = {}): Uint8Array => {
  const { tag = '', password = '' } = options
  if (!/^[A-Z0-9]{1,8}$/.test(command)) throw new Error(`atrack has no command ${JSON.stringify(command)}`)
  if (tag.length > 5) throw new Error(`the tag ${tag} is longer than five characters`)
  if (/[\r\n]/.test(parameters + password + tag)) throw new Error('a command is one line')
  const values = [password, parameters].filter((value) => value !== '').join(',')
  return ascii(`AT$${command}${tag === '' ? '' : `+${tag}`}${values === '' ? '' : `=${values}`}\r\n`)
}

const cut = String.fromCharCode(...CUT_TAG),
  restore = String.fromCharCode(...RESTORE_TAG)
const text = (value: string) => `"${value}"`

/** The commands of the paper, by purpose. The tags of the first two make their `$OK` an alarm row. */
export const Command = {
  engineCut: (output = 1, options: CommandOptions = {}) =>
    encodeCommand('OUTC', `${output},1,0,0,0`, { tag: cut, ...options }),
  engineRestore: (output = 1, options: CommandOptions = {}) =>
    encodeCommand('OUTC', `${output},0,0,0,0`, { tag: restore, ...options }),
  /** On and off for tenths of a second each, `repeats` times more; 255: for ever. */
  pulse: (output: number, onDs: number, offDs: number, repeats: number, options?: CommandOptions) =>
    encodeCommand('OUTC', `${output},1,${onDs},${offDs},${repeats}`, options),
  /** 0: by the channel of the command; 2: by GPRS. */
  locate: (channel: '0,0' | '2' = '0,0', options?: CommandOptions) => encodeCommand('GPOS', channel, options),
  status: (options?: CommandOptions) => encodeCommand('INFO', '?', options),
  trackEvery: (seconds: number, options?: CommandOptions) => encodeCommand('TRAC', `1,${seconds},,,,,2`, options),
  readForm: (options?: CommandOptions) => encodeCommand('FORM', '?', options),
  /** Erases what the tracker has stored. */
  setForm: (form: string, { ascii: asText = false, prefix = '@P', readable = false } = {}, options?: CommandOptions) =>
    encodeCommand('FORM', `${asText ? 0 : 1},${prefix},${readable ? 1 : 0},${text(form)}`, options),
  readJ1939: (options?: CommandOptions) => encodeCommand('FMSC', '?', options),
  readJ1708: (options?: CommandOptions) => encodeCommand('1708', '?', options),
  readReport: (id: number, options?: CommandOptions) => encodeCommand('REPT', `${id},?`, options),
  setReport: (id: number, codes: string, trigger: string, options?: CommandOptions) =>
    encodeCommand('REPT', `${id},1,${text(codes)},${text(trigger)},0,1`, options),
  server: (
    { apn, user, password, host, port }: { apn: string; user: string; password: string; host: string; port: number },
    { udp = false, retries = 3, timeoutS = 30, keepAlive = 5, ack = true } = {},
    options?: CommandOptions,
  ) =>
    encodeCommand(
      'GPRS',
      `1,${text(apn)},${text(user)},${text(password)},${text(host)},${port},${udp ? 1 : 0},${retries},${timeoutS},${keepAlive},${ack ? 1 : 0}`,
      options,
    ),
  readUnitId: (options?: CommandOptions) => encodeCommand('UNID', '?', options),
  /** 0: the IMEI. */
  setUnitId: (id: string, options?: CommandOptions) => encodeCommand('UNID', id, options),
  odometer: (km: number, options?: CommandOptions) => encodeCommand('ODOM', `0,${Math.round(km * 10)},1,0`, options),
  geofenceCircle: (index: number, radiusM: number, latE6: number, lonE6: number, options?: CommandOptions) =>
    encodeCommand('GFEN', `${index},1,${radiusM},${lonE6},${latE6}`, options),
  overspeed: (kph: number, seconds: number, belowKph: number, belowSeconds: number, options?: CommandOptions) =>
    encodeCommand('SPED', `${kph},${seconds},${belowKph},${belowSeconds}`, options),
  /** From and to, YYMMDDhhmmss. */
  logDownload: (from: string, to: string, options?: CommandOptions) =>
    encodeCommand('DLOG', `${text(from)},${text(to)}`, options),
  gSensorDump: (options?: CommandOptions) => encodeCommand('GDAT', '', options),
  troubleCodes: (options?: CommandOptions) => encodeCommand('GDTC', '0', options),
  /** Bits: 0 reboot, 1 clear the queue, 2 factory settings, 3 clear the log. */
  reboot: (bits = '1,0', options?: CommandOptions) => encodeCommand('REST', bits, options),
  inputs: (parameters: string, options?: CommandOptions) => encodeCommand('INPT', parameters, options),
} as const

/** Size of the acknowledgement at `start`; 0: it is not complete yet, -1: what stands there is none. */
export const ackSize = (bytes: Uint8Array, start: number, end: number): number => {
  if (end - start >= 1 && bytes[start] !== KeepAlive.first) return -1
  if (end - start >= 2 && bytes[start + 1] !== KeepAlive.second) return -1
  return end - start < KeepAlive.size ? 0 : KeepAlive.size
}

export const ackSequence = (bytes: Uint8Array, start: number): number =>
  (bytes[start + KeepAlive.sequence] << 8) | bytes[start + KeepAlive.sequence + 1]

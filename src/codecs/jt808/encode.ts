/** What a tracker sends, in bytes, for tests, the simulator and benches; commands.ts has the other side. */
import { gzipSync } from 'node:zlib'
import { missingPackets, parameterList, type Parameter } from './commands.ts'
import { ascii, bcd, date, frame, item, padded, u16, u32, type Head } from './write.ts'

export * from './commands.ts'
export { Item, type AccessPoint, type Cell } from './write-items.ts'
export { date, frame, item, packets, u16, u32, type Head } from './write.ts'

export interface Fix {
  timeMs: number
  latitude: number
  longitude: number
  altitudeM?: number
  speedKph?: number
  courseDeg?: number
  valid?: boolean
  ignition?: boolean
  /** Alarm bits. */
  alarm?: number
  /** Further status bits. */
  status?: number
}

/** The body of a location. */
export const locationBody = (fix: Fix, items: number[] = [], zoneMinutes = 480): number[] => {
  const status =
    (fix.status ?? 0) |
    (fix.ignition ? 1 : 0) |
    ((fix.valid ?? true) ? 2 : 0) |
    (fix.latitude < 0 ? 4 : 0) |
    (fix.longitude < 0 ? 8 : 0)
  return [
    ...u32(fix.alarm ?? 0),
    ...u32(status >>> 0),
    ...u32(Math.round(Math.abs(fix.latitude) * 1e6)),
    ...u32(Math.round(Math.abs(fix.longitude) * 1e6)),
    ...u16(fix.altitudeM ?? 0),
    ...u16(Math.round((fix.speedKph ?? 0) * 10)),
    ...u16(fix.courseDeg ?? 0),
    ...date(fix.timeMs, zoneMinutes),
    ...items,
  ]
}

export const location = (fix: Fix, head: Head, items: number[] = []) => frame(0x0200, locationBody(fix, items), head)

/** 0x0704; `bodies` as made by `locationBody`. */
export const batchBody = (bodies: readonly number[][], stored: boolean): number[] => [
  ...u16(bodies.length),
  stored ? 1 : 0,
  ...bodies.flatMap((body) => [...u16(body.length), ...body]),
]
export const batch = (bodies: readonly number[][], stored: boolean, head: Head) =>
  frame(0x0704, batchBody(bodies, stored), head)
/** 0x0210. */
export const shortBatch = (bodies: readonly number[][], head: Head) =>
  frame(
    0x0210,
    bodies.flatMap((body) => [body.length, ...body]),
    head,
  )
export interface Registration {
  province?: number
  city?: number
  maker?: string
  model?: string
  terminalId?: string
  plateColour?: number
  plate?: string
}

/** Bytes of maker, model and terminal id by edition. */
const REGISTRATION = { 2011: [5, 8, 7], 2013: [5, 20, 7], 2019: [11, 30, 30] } as const

/** 0x0100: of 2019 when the head has a version, else of 2013, or of 2011. */
export const register = (said: Registration, head: Head, old: 2011 | 2013 = 2013): Uint8Array => {
  const [maker, model, terminal] = REGISTRATION[head.version === undefined ? old : 2019]
  return frame(
    0x0100,
    [
      ...u16(said.province ?? 0),
      ...u16(said.city ?? 0),
      ...padded(said.maker ?? '', maker),
      ...padded(said.model ?? '', model),
      ...padded(said.terminalId ?? '', terminal),
      said.plateColour ?? 0,
      ...ascii(said.plate ?? ''),
    ],
    head,
  )
}

/** 0x0102 of 2013, or of 2019 when the head has a version. */
export const authenticate = (code: string, head: Head, imei = '', software = ''): Uint8Array => {
  if (head.version === undefined) return frame(0x0102, ascii(code), head)
  return frame(0x0102, [code.length, ...ascii(code), ...padded(imei, 15), ...padded(software, 20)], head)
}

export const heartbeat = (head: Head) => frame(0x0002, [], head)
/** 0x0002 of personal trackers. */
export const personalHeartbeat = (percent: number, signal: number, status: number, head: Head) =>
  frame(0x0002, [percent, signal, status], head)
export const logOut = (head: Head) => frame(0x0003, [], head)
/** 0x0004 when the head has a version, else 0x0109. */
export const askTime = (head: Head) => frame(head.version === undefined ? 0x0109 : 0x0004, [], head)
/** 0x0005: asks for packets of the platform's message whose first packet had this serial. */
export const askResend = (serial: number, missing: readonly number[], head: Head) =>
  frame(0x0005, missingPackets(serial, missing, head), head)
/** 0x0104: answers a question for parameters. */
export const parametersReply = (serial: number, parameters: readonly Parameter[], head: Head) =>
  frame(0x0104, [...u16(serial), ...parameterList(parameters)], head)
/** 0x0108: how an upgrade went. */
export const upgradeResult = (kind: number, result: number, head: Head) => frame(0x0108, [kind, result], head)

export interface Attributes {
  type: number
  maker: string
  model: string
  terminalId: string
  /** 20 digits. */
  iccid: string
  hardware: string
  firmware: string
  gnss: number
  radio: number
}
/** 0x0107 of 2013, or of 2019 when the head has a version. */
export const attributesReply = (said: Attributes, head: Head): Uint8Array => {
  const [model, terminal] = head.version === undefined ? [20, 7] : [30, 30]
  return frame(
    0x0107,
    [
      ...u16(said.type),
      ...padded(said.maker, 5),
      ...padded(said.model, model),
      ...padded(said.terminalId, terminal),
      ...bcd(said.iccid),
      said.hardware.length,
      ...ascii(said.hardware),
      said.firmware.length,
      ...ascii(said.firmware),
      said.gnss,
      said.radio,
    ],
    head,
  )
}

export const batteryReport = (percent: number, timeMs: number, head: Head) =>
  frame(0x0210, [percent, ...date(timeMs)], head)
export const textReport = (text: string, head: Head) => frame(0x6006, [0, ...ascii(text)], head)
/** 0x0001: answers the platform's message `id` with this serial. */
export const generalReply = (serial: number, id: number, result: number, head: Head) =>
  frame(0x0001, [...u16(serial), ...u16(id), result], head)
/** 0x0201: the position asked for by 0x8201 of this serial. `body` as made by `locationBody`. */
export const positionReply = (serial: number, body: readonly number[], head: Head) =>
  frame(0x0201, [...u16(serial), ...body], head)
/** 0x0500: answers a vehicle control. */
export const controlReply = (serial: number, body: readonly number[], head: Head) =>
  frame(0x0500, [...u16(serial), ...body], head)
/** 0x0701: a vendor's answer to a command. */
export const vendorReply = (text: string, head: Head) => frame(0x0701, [...u32(text.length), ...ascii(text)], head)
/** 0x1300: a vendor's answer to the command of this serial. */
export const textReply = (serial: number, text: string, head: Head) =>
  frame(0x1300, [...u16(serial), ...Array.from(text).flatMap(utf16)], head)
const utf16 = (character: string) => character.split('').flatMap((unit) => u16(unit.charCodeAt(0)))

export interface DriverCard {
  timeMs: number
  /** Left out when the card was taken out. */
  inserted?: { result: number; name: string; id: string; agency: string; validUntil: string } | undefined
}
/** 0x0702. */
export const driverCard = ({ timeMs, inserted }: DriverCard, head: Head): Uint8Array => {
  if (!inserted) return frame(0x0702, [2, ...date(timeMs)], head)
  const { result, name, id, agency, validUntil } = inserted
  return frame(
    0x0702,
    [
      1,
      ...date(timeMs),
      result,
      name.length,
      ...ascii(name),
      ...padded(id, 20),
      agency.length,
      ...ascii(agency),
      ...bcd(validUntil),
    ],
    head,
  )
}

/** 0x0800. */
export const mediaEvent = (id: number, kind: number, format: number, event: number, channel: number, head: Head) =>
  frame(0x0800, [...u32(id), kind, format, event, channel], head)
/** 0x0900. */
export const transparent = (type: number, content: readonly number[], head: Head) =>
  frame(0x0900, [type, ...content], head)
/** 0x0900 FF: a plain fix. */
export const plainFix = (fix: Fix, head: Head) =>
  transparent(
    0xff,
    [
      ...date(fix.timeMs),
      ...u32(Math.round(fix.latitude * 1e6)),
      ...u32(Math.round(fix.longitude * 1e6)),
      ...u16(fix.altitudeM ?? 0),
      ...u16(Math.round((fix.speedKph ?? 0) * 10)),
      ...u16(fix.courseDeg ?? 0),
    ],
    head,
  )
/** 0x0900 F0, subtype 03: alarms of an OBD unit, { id, value }, and where. */
export const obdAlarms = (
  fix: Fix,
  alarms: readonly (readonly [number, readonly number[]])[],
  stored: boolean,
  head: Head,
) =>
  transparent(
    0xf0,
    [
      ...date(fix.timeMs),
      stored ? 1 : 0,
      2,
      3,
      alarms.length,
      ...alarms.flatMap(([id, value]) => item(id, value)),
      ...locationBody(fix).slice(4, 16),
    ],
    head,
  )
/** 0x0901: any bytes, compressed. */
export const gzipped = (bytes: Uint8Array, head: Head) =>
  frame(0x0901, [...u32(bytes.length), ...gzipSync(bytes)], head)
/** 0x2070: samples of acceleration. */
export const accelerations = (samples: readonly { timeMs: number; axes: readonly number[] }[], head: Head) =>
  frame(
    0x2070,
    samples.flatMap(({ timeMs, axes }) => [
      ...date(timeMs),
      ...axes.flatMap((axis) => u16(axis < 0 ? 0x8000 | -axis : axis)),
    ]),
    head,
  )
/** A text of lock units, between frames; `BASE,2,TIME` in it asks for the clock. */
export const sideText = (text: string) => Uint8Array.from(ascii(`(${text})`))
/** 0x0801, the whole file in one frame. */
export const media = (id: number, fix: Fix | null, bytes: number[], head: Head) =>
  frame(0x0801, [...u32(id), 1, 2, 0, 0, ...(fix ? locationBody(fix) : []), ...bytes], head)

export interface Lock {
  timeMs: number
  latitude: number
  longitude: number
  valid: boolean
  speed: number
  courseDeg: number
  signal: number
  satellites: number
  odometerKm: number
  battery: number
  cell: number
  lac: number
  product: number
  status: number
  alarm: number
}

/** 0x5501, or 0x5502 if `stored`. */
export const jointech = (said: Lock, head: Head, { stored = false, answer = true, items = [] as number[] } = {}) => {
  const degrees = (value: number, digits: number) => {
    const units = Math.round(Math.abs(value) * 600_000)
    const whole = Math.floor(units / 600_000)
    return String(whole).padStart(digits, '0') + String(units - whole * 600_000).padStart(6, '0')
  }
  const flags = (said.valid ? 1 : 0) | (said.latitude >= 0 ? 2 : 0) | (said.longitude >= 0 ? 4 : 0)
  const at = new Date(said.timeMs).toISOString()
  const body = [
    ...bcd(at.slice(8, 10) + at.slice(5, 7) + at.slice(2, 4) + at.slice(11, 19).replaceAll(':', '')),
    ...bcd(degrees(said.latitude, 2)),
    ...bcd(degrees(said.longitude, 3) + flags.toString(16)),
    ...bcd(String(said.speed).padStart(2, '0')),
    said.courseDeg / 2,
    said.signal,
    said.satellites,
    ...u32(said.odometerKm),
    said.battery,
    ...u32(said.cell),
    ...u16(said.lac),
    said.product,
    ...u16(said.status),
    ...u16(said.alarm),
    ...items,
  ]
  return frame(stored ? 0x5502 : 0x5501, body, { ...head, props: (head.props ?? 0) | (answer ? 0x8000 : 0) })
}

/** A reply of the gateway, as a tracker reads it. */
export interface Reply {
  size: number
  id: number
  /** Serial and id of the message that it answers; id 0 where the reply does not say. */
  serial: number
  answered: number
}

/** The reply at `start`; null if it is not complete. Size 1 and id 0: bytes that are none. */
export const readReply = (bytes: Uint8Array, start: number, end: number): Reply | null => {
  if (bytes[start] !== 0x7e) return { size: 1, id: 0, serial: -1, answered: 0 }
  let at = start + 1
  const content: number[] = []
  for (; at < end && bytes[at] !== 0x7e; at++) {
    if (bytes[at] === 0x7d && at + 1 < end) content.push(bytes[++at] === 2 ? 0x7e : 0x7d)
    else content.push(bytes[at])
  }
  if (at >= end) return null
  const word = (offset: number) => (content[offset] << 8) | content[offset + 1]
  const id = word(0)
  const body = word(2) & 0x4000 ? 17 : 12
  return { size: at + 1 - start, id, serial: word(body), answered: id === 0x8001 ? word(body + 2) : 0 }
}

/** Both sides of JT/T 808 in bytes, for tests, the simulator and commands. Not on the hot path. */
const ascii = (text: string) => [...Buffer.from(text, 'latin1')]
const be = (value: number, bytes: number): number[] =>
  Array.from({ length: bytes }, (_, at) => Math.floor(value / 256 ** (bytes - 1 - at)) & 0xff)
export const u16 = (value: number) => be(value < 0 ? value + 0x10000 : value, 2)
export const u32 = (value: number) => be(value < 0 ? value + 0x1_0000_0000 : value, 4)
const bcd = (digits: string) => [...Buffer.from(digits, 'hex')]
const padded = (text: string, bytes: number) => ascii(text.padEnd(bytes, '\0').slice(0, bytes))

export interface Head {
  /** Digits (or hexadecimal ones) of the phone, without padding; up to 12, in 2019 up to 20, between e7 14. */
  phone: string
  serial: number
  /** 2019: with this version byte and ten bytes of phone. */
  version?: number
  /** Packets of the message, and number of this one. */
  packets?: readonly [number, number]
  delimiter?: 0x7e | 0xe7
  /** Properties on top of the length. */
  props?: number
}

const ESCAPES: Record<number, Record<number, number[]>> = {
  0x7e: { 0x7e: [0x7d, 2], 0x7d: [0x7d, 1] },
  0xe7: { 0xe6: [0xe6, 1], 0xe7: [0xe6, 2], 0x3e: [0x3e, 1], 0x3d: [0x3e, 2] },
}

/** A whole frame: header, body, check byte, escaped, between delimiters. */
export function frame(id: number, body: number[], head: Head): Uint8Array {
  const mark = head.delimiter ?? 0x7e
  const v2019 = head.version !== undefined
  const phoneBytes = v2019 ? 10 : mark === 0xe7 ? 7 : 6
  const jointech = id === 0x5501 || id === 0x5502 || id === 0x4401
  const props = body.length | (head.props ?? 0) | (v2019 ? 0x4000 : 0) | (head.packets ? 0x2000 : 0)
  const content = [
    ...u16(id),
    ...u16(props),
    ...(v2019 ? [head.version!] : []),
    ...bcd(head.phone.padStart(2 * phoneBytes, '0')),
    ...(jointech ? [head.serial & 0xff] : u16(head.serial)),
    ...(head.packets ? [...u16(head.packets[0]), ...u16(head.packets[1])] : []),
    ...body,
  ]
  content.push(content.reduce((xor, byte) => xor ^ byte, 0))
  return Uint8Array.from([mark, ...content.flatMap((byte) => ESCAPES[mark][byte] ?? [byte]), mark])
}

/** yymmddhhmmss in BCD, in a zone `zoneMinutes` east of UTC; the standard's is +08:00. */
export function date(timeMs: number, zoneMinutes = 480): number[] {
  return bcd(new Date(timeMs + zoneMinutes * 60_000).toISOString().replaceAll(/\D/g, '').slice(2, 14))
}

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

/** { id, length, value } */
export const item = (id: number, value: number[]) => [id, value.length, ...value]
export const Item = {
  odometer: (km: number) => item(0x01, u32(Math.round(km * 10))),
  csq: (csq: number) => item(0x30, [csq]),
  satellites: (count: number) => item(0x31, [count]),
  battery: (percent: number) => item(0x56, [Math.floor(percent / 10), percent]),
  /** 0x12: an area was entered, or left. */
  area: (inside: boolean, id = 1, kind = 1) => item(0x12, [kind, ...u32(id), inside ? 0 : 1]),
  /** 0x57: bits 8 harsh acceleration, 9 braking, 10 cornering. */
  driving: (bits: number) => item(0x57, [...u16(bits), 0, 0, 0, 0, 0, 0]),
} as const

/** The body of a location. */
export function locationBody(fix: Fix, items: number[] = [], zoneMinutes = 480): number[] {
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
export function batchBody(bodies: readonly number[][], stored: boolean): number[] {
  return [...u16(bodies.length), stored ? 1 : 0, ...bodies.flatMap((body) => [...u16(body.length), ...body])]
}
export const batch = (bodies: readonly number[][], stored: boolean, head: Head) =>
  frame(0x0704, batchBody(bodies, stored), head)
/** 0x0210. */
export const shortBatch = (bodies: readonly number[][], head: Head) =>
  frame(
    0x0210,
    bodies.flatMap((body) => [body.length, ...body]),
    head,
  )
/** The packets of a message whose body is too long for one frame. */
export function packets(id: number, body: number[], size: number, head: Head): Uint8Array[] {
  const count = Math.ceil(body.length / size)
  return Array.from({ length: count }, (_, at) =>
    frame(id, body.slice(at * size, (at + 1) * size), {
      ...head,
      serial: (head.serial + at) & 0xffff,
      packets: [count, at + 1],
    }),
  )
}

export interface Registration {
  province?: number
  city?: number
  maker?: string
  model?: string
  terminalId?: string
  plateColour?: number
  plate?: string
}

/** 0x0100 of 2013, or of 2019 when the head has a version. */
export function register(said: Registration, head: Head): Uint8Array {
  const [maker, model, terminal] = head.version === undefined ? [5, 20, 7] : [11, 30, 30]
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
export function authenticate(code: string, head: Head, imei = '', software = ''): Uint8Array {
  if (head.version === undefined) return frame(0x0102, ascii(code), head)
  return frame(0x0102, [code.length, ...ascii(code), ...padded(imei, 15), ...padded(software, 20)], head)
}

export const heartbeat = (head: Head) => frame(0x0002, [], head)
export const batteryReport = (percent: number, timeMs: number, head: Head) =>
  frame(0x0210, [percent, ...date(timeMs)], head)
export const textReport = (text: string, head: Head) => frame(0x6006, [0, ...ascii(text)], head)
/** 0x0001: answers the platform's message `id` with this serial. */
export const generalReply = (serial: number, id: number, result: number, head: Head) =>
  frame(0x0001, [...u16(serial), ...u16(id), result], head)
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
export function jointech(said: Lock, head: Head, { stored = false, answer = true, items = [] as number[] } = {}) {
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

// Platform to tracker.

/** 0x8201: asks for a position; 0x0201 answers. */
export const askPosition = (head: Head) => frame(0x8201, [], head)
/** 0x8202: reports every `intervalS` seconds for `validityS`; interval 0 stops it. */
export const track = (intervalS: number, validityS: number, head: Head) =>
  frame(0x8202, [...u16(intervalS), ...u32(validityS)], head)

export type Parameter = readonly [id: number, value: number | string, bytes?: 1 | 2 | 4]
/** 0x8103. Numbers are DWORD unless `bytes` says otherwise. */
export const setParameters = (parameters: readonly Parameter[], head: Head) =>
  frame(
    0x8103,
    [
      parameters.length,
      ...parameters.flatMap(([id, value, bytes = 4]) => {
        const encoded = typeof value === 'string' ? ascii(value) : be(value, bytes)
        return [...u32(id), encoded.length, ...encoded]
      }),
    ],
    head,
  )
/** Where the tracker reports to. */
export const setServer = (host: string, port: number, head: Head) =>
  setParameters(
    [
      [0x0013, host],
      [0x0018, port],
    ],
    head,
  )
export const setInterval = (seconds: number, head: Head) => setParameters([[0x0029, seconds]], head)
/** 0x8104: asks for all parameters. */
export const readParameters = (head: Head) => frame(0x8104, [], head)
/** 0x8106: asks for some. */
export const readSomeParameters = (ids: readonly number[], head: Head) =>
  frame(0x8106, [ids.length, ...ids.flatMap(u32)], head)
/** Command words of 0x8105. Which of them cut an engine depends on the maker. */
export const Control = {
  upgrade: 0x01,
  connect: 0x02,
  powerOff: 0x03,
  reset: 0x04,
  factoryReset: 0x05,
  dataOff: 0x06,
  radioOff: 0x07,
  record: 0x17,
  voiceControl: 0x18,
  cutOil: 0x64,
  restoreOil: 0x65,
  arm: 0x66,
  disarm: 0x67,
  cutHuabao: 0xf0,
  restoreHuabao: 0xf1,
} as const
/** 0x8105. */
export const control = (word: number, parameters: string | number[], head: Head) =>
  frame(0x8105, [word, ...(typeof parameters === 'string' ? ascii(parameters) : parameters)], head)
/** 0x8105, word 01: new firmware from a URL. */
export const upgradeFrom = (url: string, head: Head) => control(Control.upgrade, url + ';'.repeat(10), head)
/** 0x8107: asks for the attributes. */
export const readAttributes = (head: Head) => frame(0x8107, [], head)
/** 0x8203: confirms alarms; serial 0 means all. */
export const confirmAlarms = (serial: number, bits: number, head: Head) =>
  frame(0x8203, [...u16(serial), ...u32(bits)], head)
/** 0x8204: asks whether the link holds (2019). */
export const checkLink = (head: Head) => frame(0x8204, [], head)
/** 0x8300: text, with flags (1 urgent, 2 display, 4 speech, 8 advert); in 2019 also a kind. */
export const sendText = (text: string, flag: number, head: Head, kind = 1) =>
  frame(0x8300, [flag, ...(head.version === undefined ? [] : [kind]), ...ascii(text)], head)
/** 0x8400: calls a phone back; `monitor`: to listen in. */
export const callBack = (phone: string, monitor: boolean, head: Head) =>
  frame(0x8400, [monitor ? 1 : 0, ...ascii(phone.slice(0, 20))], head)
/** 0x8500: locks or unlocks the doors (2013). */
export const lockDoors = (lock: boolean, head: Head) => frame(0x8500, [lock ? 1 : 0], head)
/** 0x8804: records sound; 0 seconds: until stopped. */
export const recordSound = (start: boolean, seconds: number, store: boolean, rate: number, head: Head) =>
  frame(0x8804, [start ? 1 : 0, ...u16(seconds), store ? 1 : 0, rate], head)
/** 0x8900: bytes for whatever is attached; Jimi: F0 and a command. */
export const transparentDown = (type: number, content: number[], head: Head) => frame(0x8900, [type, ...content], head)
/** 0x8003: asks for packets of the message whose first packet had this serial. */
export const askPackets = (serial: number, missing: readonly number[], head: Head) =>
  frame(
    0x8003,
    [...u16(serial), ...(head.version === undefined ? [missing.length] : u16(missing.length)), ...missing.flatMap(u16)],
    head,
  )
/** 0xA006: a vendor's oil control, with the local time. */
export const cutOilVendor = (cut: boolean, timeMs: number, head: Head) =>
  frame(0xa006, [cut ? 1 : 0, ...date(timeMs)], head)
/** 0x0310: a vendor's parameters; 06 interval, 23 = 03 restart, 24 arm. */
export const vendorParameters = (parameters: readonly (readonly [number, number[]])[], head: Head) =>
  frame(0x0310, [parameters.length, ...parameters.flatMap(([id, value]) => item(id, value))], head)
/** 0x9101: starts a video stream; 0x9102 controls it. */
export const startVideo = (
  host: string,
  tcp: number,
  udp: number,
  channel: number,
  kind: number,
  stream: number,
  head: Head,
) => frame(0x9101, [host.length, ...ascii(host), ...u16(tcp), ...u16(udp), channel, kind, stream], head)
export const controlVideo = (channel: number, command: number, kind: number, stream: number, head: Head) =>
  frame(0x9102, [channel, command, kind, stream], head)

/** A reply of the gateway, as a tracker reads it. */
export interface Reply {
  size: number
  id: number
  /** Serial and id of the message that it answers; id 0 where the reply does not say. */
  serial: number
  answered: number
}

/** The reply at `start`; null if it is not complete. Size 1 and id 0: bytes that are none. */
export function readReply(bytes: Uint8Array, start: number, end: number): Reply | null {
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

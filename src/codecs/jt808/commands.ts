/** What a platform tells a tracker, in bytes. 0x0001 answers, unless said otherwise. */
import { ascii, be, date, frame, item, packets, padded, u16, u32, type Head } from './write.ts'

/** 0x8201: asks for a position; 0x0201 answers. */
export const askPosition = (head: Head) => frame(0x8201, [], head)
/** 0x8202: reports every `intervalS` seconds for `validityS`; interval 0 stops it. */
export const track = (intervalS: number, validityS: number, head: Head) =>
  frame(0x8202, [...u16(intervalS), ...u32(validityS)], head)

export type Parameter = readonly [id: number, value: number | string, bytes?: 1 | 2 | 4]
/** 0x8103. Numbers are DWORD unless `bytes` says otherwise. */
export const setParameters = (parameters: readonly Parameter[], head: Head) =>
  frame(0x8103, parameterList(parameters), head)
export const parameterList = (parameters: readonly Parameter[]) => [
  parameters.length,
  ...parameters.flatMap(([id, value, bytes = 4]) => {
    const encoded = typeof value === 'string' ? ascii(value) : be(value, bytes)
    return [...u32(id), encoded.length, ...encoded]
  }),
]
/** Parameters worth a name: DWORD, text, or the size said. */
export const ParameterId = {
  heartbeatS: 0x0001,
  tcpAckWaitS: 0x0002,
  tcpRepeats: 0x0003,
  udpAckWaitS: 0x0004,
  udpRepeats: 0x0005,
  apn: 0x0010,
  user: 0x0011,
  password: 0x0012,
  server: 0x0013, // 2019: host:port;host:port
  backupServer: 0x0017,
  tcpPort: 0x0018,
  udpPort: 0x0019,
  strategy: 0x0020, // 0 time, 1 distance, 2 both
  sleepIntervalS: 0x0027,
  emergencyIntervalS: 0x0028,
  intervalS: 0x0029,
  distanceM: 0x002c,
  cornerDeg: 0x0030,
  movementRadiusM: 0x0031, // WORD
  platformPhone: 0x0040,
  callAnswerPolicy: 0x0045,
  monitorPhone: 0x0048,
  alarmMask: 0x0050, // 1: suppressed
  speedLimitKph: 0x0055,
  speedLimitS: 0x0056,
  drivingLimitS: 0x0057,
  parkingLimitS: 0x005a,
  collision: 0x005d, // WORD: low byte 4 ms, high byte 0.1 g
  rolloverDeg: 0x005e, // WORD
  odometer: 0x0080, // 0.1 km
  plate: 0x0083,
  gnss: 0x0090, // BYTE, bits
} as const
/** Where the tracker reports to. */
export const setServer = (host: string, port: number, head: Head) =>
  setParameters(
    [
      [ParameterId.server, host],
      [ParameterId.tcpPort, port],
    ],
    head,
  )
export const setInterval = (seconds: number, head: Head) => setParameters([[ParameterId.intervalS, seconds]], head)
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
/** Where firmware comes from; the fields of 0x8105, word 01, in their order. */
export interface Firmware {
  url: string
  dialPoint?: string
  user?: string
  password?: string
  address?: string
  tcpPort?: number
  udpPort?: number
  maker?: string
  hardware?: string
  firmware?: string
  timeLimit?: number
}
/** 0x8105, word 01: new firmware from a URL. */
export const upgradeFrom = (from: Firmware, head: Head) =>
  control(
    Control.upgrade,
    [
      from.url,
      from.dialPoint,
      from.user,
      from.password,
      from.address,
      from.tcpPort,
      from.udpPort,
      from.maker,
      from.hardware,
      from.firmware,
      from.timeLimit,
    ].join(';'),
    head,
  )
/** A server for a while; the fields of 0x8105, word 02, in their order. */
export interface Server {
  /** 0: connect, 1: back to the own server. */
  flag: number
  supervisionCode?: string
  dialPoint?: string
  user?: string
  password?: string
  address: string
  tcpPort: number
  udpPort?: number
  timeLimit?: number
}
/** 0x8105, word 02: connects to another server. */
export const connectTo = (server: Server, head: Head) =>
  control(
    Control.connect,
    [
      server.flag,
      server.supervisionCode,
      server.dialPoint,
      server.user,
      server.password,
      server.address,
      server.tcpPort,
      server.udpPort,
      server.timeLimit,
    ].join(';'),
    head,
  )
/** 0x8105: reboots. */
export const reboot = (head: Head) => control(Control.reset, '', head)
/** How a maker's unit cuts an engine: the words of G10LS and W15L, or those of Huabao's vehicles. */
const CUT = {
  g10ls: [Control.cutOil, Control.restoreOil],
  huabao: [Control.cutHuabao, Control.restoreHuabao],
} as const
/** 0x8105: cuts oil and circuit, or restores them. For units with a relay only. */
export const cutEngine = (cut: boolean, maker: keyof typeof CUT, head: Head) =>
  control(CUT[maker][cut ? 0 : 1], '', head)
/** 0x8108: new firmware itself, in packets; 0x0108 tells how it went. */
export const pushFirmware = (
  { kind, maker, version, data }: { kind: number; maker: string; version: string; data: readonly number[] },
  head: Head,
  packetBytes = 1000,
) =>
  packets(
    0x8108,
    [kind, ...padded(maker, 5), version.length, ...ascii(version), ...u32(data.length), ...data],
    packetBytes,
    head,
  )
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
  frame(0x8003, missingPackets(serial, missing, head), head)
export const missingPackets = (serial: number, missing: readonly number[], head: Head) => [
  ...u16(serial),
  ...(head.version === undefined ? [missing.length] : u16(missing.length)),
  ...missing.flatMap(u16),
]
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

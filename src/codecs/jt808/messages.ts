/**
 * The messages of JT/T 808. Sources: JT/T 808-2013 chapter 8 and appendix A, JT/T 808-2019, papers of CanTrack G10LS and
 * of a magnetic tracker, Jointech's 0x5501, open decoders' field logs.
 */

/** How a message is answered. */
export const Answer = {
  none: 0,
  general: 1, // 0x8001: serial, id, result
  register: 2, // 0x8100: serial, result, authentication code
  authenticate: 3, // 0x8001, result 1 for a wrong code if codes are compared
  time2019: 4, // 0x8004: BCD yymmddhhmmss, UTC
  timeOld: 5, // 0x8109: year WORD, month, day, h, m, s, result; UTC
  media: 6, // 0x8001, and 0x8800 when the file is complete
  jointech: 7, // 0x4401, if properties bit 15 wants it
} as const

/** Which function reads the body. */
export const Body = {
  raw: 0,
  empty: 1,
  reply: 2,
  heartbeat: 3,
  resend: 4,
  register: 5,
  authenticate: 6,
  parameters: 7,
  attributes: 8,
  upgrade: 9,
  location: 10,
  locationReply: 11,
  shortBatch: 12,
  vendorReply: 13,
  driver: 14,
  batch: 15,
  mediaEvent: 16,
  media: 17,
  transparent: 18,
  gzip: 19,
  textUtf16: 20,
  acceleration: 21,
  jointech: 22,
  text: 23,
} as const

/** id, name in the standard or the vendor's words, body, answer */
export const MESSAGES = [
  [0x0001, 'terminal general reply', Body.reply, Answer.none],
  [0x0002, 'heartbeat', Body.heartbeat, Answer.general],
  [0x0003, 'log-out', Body.empty, Answer.general],
  [0x0004, 'time request (2019)', Body.empty, Answer.time2019],
  [0x0005, 'resend request', Body.resend, Answer.none],
  [0x0100, 'register', Body.register, Answer.register],
  [0x0102, 'authenticate', Body.authenticate, Answer.authenticate],
  [0x0104, 'parameters reply', Body.parameters, Answer.none],
  [0x0107, 'attributes reply', Body.attributes, Answer.general],
  [0x0108, 'upgrade result', Body.upgrade, Answer.general],
  [0x0109, 'time request (vendors)', Body.empty, Answer.timeOld],
  [0x0200, 'location', Body.location, Answer.general],
  [0x0201, 'location query reply', Body.locationReply, Answer.none],
  [0x0210, 'battery report or batch', Body.shortBatch, Answer.general],
  [0x0301, 'event', Body.raw, Answer.general],
  [0x0302, 'question answer', Body.raw, Answer.general],
  [0x0303, 'info menu', Body.raw, Answer.general],
  [0x0500, 'vehicle control reply', Body.locationReply, Answer.none],
  [0x0506, 'vendor heartbeat', Body.raw, Answer.general],
  [0x0700, 'recorder data', Body.vendorReply, Answer.general],
  [0x0701, 'waybill', Body.vendorReply, Answer.general],
  [0x0702, 'driver card', Body.driver, Answer.general],
  [0x0704, 'location batch', Body.batch, Answer.general],
  [0x0705, 'CAN data', Body.raw, Answer.general],
  [0x0800, 'media event', Body.mediaEvent, Answer.general],
  [0x0801, 'media data', Body.media, Answer.media],
  [0x0900, 'transparent up', Body.transparent, Answer.general],
  [0x0901, 'gzip', Body.gzip, Answer.general],
  [0x0a00, 'RSA key', Body.raw, Answer.general],
  [0x1007, 'time-zone sync', Body.raw, Answer.general],
  [0x1300, 'text reply', Body.textUtf16, Answer.none],
  [0x2070, 'acceleration', Body.acceleration, Answer.general],
  [0x5501, 'Jointech location', Body.jointech, Answer.jointech],
  [0x5502, 'Jointech stored location', Body.jointech, Answer.jointech],
  [0x6006, 'text report', Body.text, Answer.general],
  [0x8888, 'photo', Body.raw, Answer.general],
] as const

/** First id of the platform's own messages: what comes back of them is answered by nobody. */
const DOWN = 0x8000
/** High bytes that open a frame, even of a message we do not know. */
const HIGH_BYTES = [0x00, 0x01, 0x02, 0x03, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a, 0x10, 0x13, 0x20, 0x55, 0x60]

export const BODY = new Uint8Array(0x10000)
export const ANSWER = new Uint8Array(0x10000).fill(Answer.general, 0, DOWN)
/** 1: the message is in the table. 2: its high byte is one of ours. */
export const KNOWN = new Uint8Array(0x10000)
for (const high of HIGH_BYTES) KNOWN.fill(2, high << 8, (high + 1) << 8)
for (const [id, , body, answer] of MESSAGES) {
  BODY[id] = body
  ANSWER[id] = answer
  KNOWN[id] = 1
}

/** Properties of the header. */
export const Props = {
  length: 0x03ff,
  encryption: 0x1c00,
  fragmented: 0x2000,
  version2019: 0x4000,
  reserved: 0x8000, // Jointech: an answer is wanted
} as const

/** Location: offsets from the alarm bits. */
export const Location = {
  alarm: 0, // u32
  status: 4, // u32
  latitude: 8, // u32, 1e-6 degree
  longitude: 12, // u32
  altitude: 16, // i16, m
  speed: 18, // u16, 0.1 km/h
  course: 20, // u16, degrees
  time: 22, // BCD[6]
  size: 28,
} as const

/** What opens the body of a 0x0704: offsets, and the type of stored locations. */
export const Batch = {
  count: 0, // u16
  type: 2, // u8
  size: 3,
  stored: 1,
} as const

/** A 0x0210 of this size is no batch but a percentage and a date. */
export const BATTERY_REPORT = 7

/** Status bits of a location. */
export const Status = {
  acc: 1,
  positioned: 1 << 1,
  south: 1 << 2,
  west: 1 << 3,
  outOfService: 1 << 4,
  encrypted: 1 << 5,
  armed: 1 << 6, // 2019: forward-collision warning
  laneDeparture: 1 << 7,
  loadShift: 8, // two bits
  oilCut: 1 << 10,
  powerLost: 1 << 11, // G10LS; standard: vehicle circuit cut
  doorsLocked: 1 << 12,
  doorsShift: 13, // five bits
  gnssShift: 18, // four bits: GPS, BDS, GLONASS, Galileo
  moving: 1 << 22,
  highPrecision: 1 << 25,
  charging: 1 << 26,
} as const

export const LATITUDE_MAX_E6 = 90_000_000,
  LONGITUDE_MAX_E6 = 180_000_000

/** The 0x5501 body: offsets from its first byte. */
export const Jointech = {
  time: 0, // BCD dd mm yy hh mm ss, UTC
  latitude: 6, // BCD ddmmmmmm
  longitude: 10, // BCD dddmmmmmm and a nibble: bit 0 valid, 1 north, 2 east
  speed: 15, // BCD, knots
  course: 16, // u8, 2 degrees
  signal: 17, // u8
  satellites: 18, // u8
  odometer: 19, // u32, km
  battery: 23, // u8, %; AA and AB: charging
  cell: 24, // u32
  lac: 28, // u16
  product: 30, // u8
  status: 31, // u16
  alarm: 33, // u16
  size: 35,
} as const

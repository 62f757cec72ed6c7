/**
 * The tables of the CanTrack and H02 grammar: message types, fields, the binary records and the status bits. Sources:
 * CanTrack ASCII papers of 2021 and 2023, H02 paper (SinoTrack, HuaSunTek, TH), field logs.
 *
 *   *XX,<id>,<type>,…#      text; XX are two letters of the maker
 *   24 …                    binary record of 32, 42 or 45 to 48 bytes
 *   58 …                    binary mileage record of 32 bytes, without an id
 */
import { ascii, ZERO } from '../ascii.ts'
import { key } from '../attributes.ts'

/** Longest text frame, from its star through its hash. */
export const TEXT_BYTES_MAX = 1024
/** Digits that an id in text may have. */
export const ID_DIGITS_MAX = 20
/** Fields that are told apart; what follows stays in the last one. Most: 99 cells of four fields, and a dozen more. */
export const FIELDS_MAX = 512

/** Who reads a message. */
export const Kind = {
  other: 0,
  login: 1,
  heartbeat: 2,
  position: 3,
  v3: 4,
  v4: 5,
  v5: 6,
  vp1: 7,
  neighbours: 8,
  link: 9,
  iccid: 10,
  sms: 11,
  alarm: 12,
  stored: 13,
} as const

/** How a message is answered. */
export const Answer = {
  none: 0, // not even when everything is acknowledged
  optional: 1, // R12 when everything is acknowledged
  echo: 2, // the frame as it came
  time: 3, // V4, the type and the server's time; R12 when everything is acknowledged
  bare: 4, // the frame without its fields
} as const

/** type, who reads it, how it is answered. Row 0 stands for every type that is not listed. */
export const TYPES = [
  ['', Kind.other, Answer.optional],
  ['V0', Kind.login, Answer.echo],
  ['HTBT', Kind.heartbeat, Answer.echo],
  ['V1', Kind.position, Answer.time],
  ['V2', Kind.position, Answer.optional],
  ['V3', Kind.v3, Answer.optional],
  ['V4', Kind.v4, Answer.none],
  ['V5', Kind.v5, Answer.optional],
  ['V6', Kind.position, Answer.optional],
  ['V8', Kind.position, Answer.optional],
  ['V19', Kind.position, Answer.optional],
  ['VI1', Kind.position, Answer.optional],
  ['VP1', Kind.vp1, Answer.none],
  ['NBR', Kind.neighbours, Answer.time],
  ['LINK', Kind.link, Answer.none],
  ['XT', Kind.other, Answer.none],
  ['ICCID', Kind.iccid, Answer.bare],
  ['SMS', Kind.sms, Answer.none],
  ['ALRM', Kind.alarm, Answer.optional],
  ['BC', Kind.stored, Answer.optional],
] as const
const rowOf = (name: string) => TYPES.findIndex(([type]) => type === name)
export const ROW_V1 = rowOf('V1'),
  ROW_V6 = rowOf('V6'),
  ROW_V8 = rowOf('V8'),
  ROW_V19 = rowOf('V19')
export const KIND_OF = Uint8Array.from(TYPES, ([, kind]) => kind)
export const ANSWER_OF = Uint8Array.from(TYPES, ([, , answer]) => answer)

// Types by a number made of their characters, in a table with open addressing.
const BASE = 37,
  SLOTS = 64,
  TYPE_CHARACTERS_MAX = 5
const CODE = new Uint8Array(256)
for (let letter = 0; letter < 26; letter++) CODE[0x41 + letter] = 1 + letter
for (let digit = 0; digit < 10; digit++) CODE[ZERO + digit] = 27 + digit
const SLOT_KEY = new Int32Array(SLOTS)
const SLOT_ROW = new Uint8Array(SLOTS)
const slotOf = (number: number) => Math.imul(number, 0x9e3779b1) >>> 26
for (let row = 1; row < TYPES.length; row++) {
  const number = [...ascii(TYPES[row][0])].reduce((sum, byte) => sum * BASE + CODE[byte], 0)
  let slot = slotOf(number)
  while (SLOT_KEY[slot] !== 0) slot = (slot + 1) & (SLOTS - 1)
  SLOT_KEY[slot] = number
  SLOT_ROW[slot] = row
}

/** Row of the type `bytes[from, to)`; 0 if it is not listed. */
export const typeRow = (bytes: Uint8Array, from: number, to: number): number => {
  if (to - from > TYPE_CHARACTERS_MAX) return 0
  let number = 0
  for (let at = from; at < to; at++) {
    const code = CODE[bytes[at]]
    if (code === 0) return 0
    number = number * BASE + code
  }
  if (number === 0) return 0
  let slot = slotOf(number)
  while (SLOT_KEY[slot] !== 0 && SLOT_KEY[slot] !== number) slot = (slot + 1) & (SLOTS - 1)
  return SLOT_KEY[slot] === number ? SLOT_ROW[slot] : 0
}

/** Fields of the messages that have their own, counted from 0 between star and hash. */
export const Head = { maker: 0, id: 1, type: 2, first: 3 } as const

/** Where the parts of a position stand, counted from its validity. */
export const Fix = {
  time: -1, // HHMMSS, UTC
  validity: 0, // A valid, V not, B by BeiDou; one or two digits: an address coding scheme, valid
  latitude: 1,
  northSouth: 2,
  longitude: 3,
  eastWest: 4,
  speed: 5, // knots
  course: 6, // degrees
  date: 7, // DDMMYY, UTC; one field later when a battery value stands here
} as const

/** V3, CanTrack's cell report. */
export const V3 = { time: 3, network: 4, count: 5, cells: 6, fieldsPerCell: 4 } as const
/** NBR, the H02 cell report. */
export const Nbr = { time: 3, mcc: 4, mnc: 5, delay: 6, count: 7, cells: 8, fieldsPerCell: 3 } as const
/** LINK, the status heartbeat. */
export const Link = {
  time: 3,
  signal: 4, // 0 to 31 or percent
  satellites: 5,
  battery: 6, // percent
  steps: 7,
  turnovers: 8,
  date: 9,
  status: 10,
} as const
/** A stored record of BC, counted from its validity; what else it has is as in `Fix`. */
export const Stored = { time: 7, status: 8, cell: 9, firstRecord: 5 } as const
/** ALRM, whose position follows. */
export const Alrm = { type: 3, time: 4 } as const

/** The plain binary record; offsets from its marker, all numbers BCD unless said otherwise. */
export const Binary = {
  id: 1, // 5 bytes; in the long form 8, and all that follows lies 3 bytes later
  time: 6, // hh mm ss, UTC
  date: 9, // dd mm yy
  latitude: 12, // 4 bytes, dd mm.mmmm
  battery: 16, // binary, a code; in the mileage record the temperature
  longitude: 17, // 4½ bytes, ddd mm.mmmm; the last nibble holds flags
  flags: 21,
  speed: 22, // 1½ bytes, knots; then 1½ bytes, degrees
  status: 25, // 4 bytes, binary, big-endian
  alarm: 29, // user alarm flags
  reserved: 30,
  record: 31, // number of the record, in the 32-byte form
  csq: 31, // the rest is the 45-byte form's, and binary
  satellites: 32,
  mileage: 33, // u32, unit not stated
  mcc: 37, // u16
  mnc: 39,
  lac: 40, // u16
  cell: 42, // u16
  recordLong: 44,
} as const
/** Lengths of binary records. */
export const PLAIN_BYTES = 32,
  CELL_BYTES = 45,
  LONG_ID_BYTES = 42,
  OPAQUE_BYTES = 48,
  MILEAGE_BYTES = 32
/** Bytes by which the long id moves what follows. */
export const LONG_ID_SHIFT = 3

export const FLAG_EAST = 8,
  FLAG_NORTH = 4,
  FLAG_VALID = 2

/** Networks have a country code from 200 to 799. */
export const MCC_MIN = 200,
  MCC_MAX = 799
export const CSQ_MAX = 31

/** Status bits, 0 is active. Alarms of the H02 profiles. */
export const COMMON_BITS = [
  [0, 'vibration'],
  [1, 'sos'],
  [2, 'overspeed'],
  [3, 'ignition_illegal'],
  [4, 'geofence_enter'],
  [5, 'gps_antenna_cut'],
  [6, 'gps_antenna_short'],
  [7, 'geofence_exit'],
  [16, 'gps_fault'],
  [19, 'power_cut'],
] as const
/** What a profile adds; `cantrack2023` stands alone. */
export const PROFILE_BITS = {
  h02: [],
  sinotrack: [
    [17, 'vibration'],
    [25, 'movement'],
  ],
  huasuntek: [[18, 'sos']],
  cantrack2023: [
    [4, 'geofence_enter'],
    [7, 'geofence_exit'],
    [11, 'vibration'],
    [12, 'low_battery'],
    [18, 'removing'],
    [26, 'overspeed'],
  ],
} as const
/** States, not alarms. */
export const BIT_DOOR = 8,
  BIT_ARMED = 9,
  BIT_ACC_OFF = 10,
  BIT_BATTERY_REMOVED = 20

export const MESSAGE_BINARY = ascii('$')
export const MESSAGE_MILEAGE = ascii('X')

/** Attribute keys. */
export const Key = {
  alarmType: key('alarm_type'),
  altitude: key('altitude_m'),
  armed: key('armed'),
  batteryCode: key('battery_code'),
  batteryMakerPct: key('battery_maker_pct'),
  batteryRaw: key('battery_raw'),
  batteryRemoved: key('battery_removed'),
  blocked: key('blocked'),
  bssid: key('bssid'),
  cellLevels: key('cell_levels'),
  cells: key('cells'),
  clockOffset: key('clock_offset_minutes'),
  clockUnset: key('clock_unset'),
  coding: key('address_coding'),
  command: key('command'),
  commandText: key('command_text'),
  commandTime: key('command_time'),
  count: key('count'),
  course: key('course_deg'),
  csq: key('csq'),
  data: key('data'),
  date: key('date_raw'),
  dbm: key('dbm'),
  door: key('door'),
  extra: key('extra'),
  fuel: key('fuel'),
  geofence: key('geofence'),
  iccid: key('iccid'),
  maker: key('maker'),
  mileage: key('mileage_raw'),
  network: key('network_raw'),
  odometer: key('odometer_raw'),
  phone: key('phone'),
  position: key('position_raw'),
  power: key('pw'),
  reboot: key('reboot_reason'),
  record: key('record_number'),
  reserved: key('reserved'),
  result: key('result'),
  satellites: key('satellites'),
  simIp: key('sim_ip'),
  speed: key('speed_kph'),
  status: key('status'),
  steps: key('steps'),
  strength: key('strength'),
  tail: key('tail'),
  temperature: key('temperature_c'),
  time: key('time_raw'),
  timeMissing: key('time_missing'),
  timingAdvance: key('timing_advance'),
  turnovers: key('turnovers'),
  userAlarm: key('user_alarm'),
  wifi: key('wifi'),
} as const

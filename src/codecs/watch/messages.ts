/**
 * The tables of the watch family: types of messages, their replies, fields and status bits. Source: the protocol papers
 * of 3G Electronics and Wonlex for SeTracker platforms, with what field logs add.
 *
 *   [MM*ID*LLLL*CONTENT]         plain
 *   [MM*ID*NNNN*LLLL*CONTENT]    with index
 *   CONTENT = TYPE[,field…]
 */
import { ascii } from '../ascii.ts'
import { key } from '../attributes.ts'

export const OPEN = 0x5b,
  CLOSE = 0x5d,
  BRACE = 0x7d

/** Digits of an id. 10 and 15 are known; shorter and longer ones are believed as long as they are digits. */
export const ID_DIGITS_MIN = 5
export const ID_DIGITS_MAX = 20
/** Longest content of a text message; a position with many access points has about 400 bytes. */
export const TEXT_BYTES_MAX = 4 * 1024
/** Longest frame with voice or a picture; below the smallest default of net's window. */
export const BINARY_FRAME_BYTES_MAX = 64 * 1024
/** An unfinished frame is given up after this silence. */
export const GIVE_UP_MS = 10_000
/** An end that may be a bracket in the name of an access point is believed after this silence. */
export const SETTLE_MS = 1000

/** What a message says; chooses its decoder. */
export const Kind = {
  other: 0,
  position: 1,
  stored: 2,
  alarm: 3,
  link: 4,
  query: 5, // no content
  voice: 6,
  voicePart: 7,
  picture: 8,
  config: 9,
  iccid: 10,
  heart: 11,
  pressure: 12,
  temperature: 13,
  bodyTemperature: 14,
  oxygen: 15,
  cells: 16,
  answer: 17, // the reply to a query of ours
  confirmed: 18, // a command's own name
} as const

/** How a reply ends behind the received type; `null`: no reply. `<time>` is the time in unix seconds. */
export const REPLY_TIME = ',<time>'
const NONE = null,
  SAME = '',
  ONE = ',1'

/** type, kind, reply. `AL…` and `UD…` are families: any suffix belongs to them. */
export const TYPES: readonly (readonly [string, number, string | null])[] = [
  ['<other>', Kind.other, NONE],
  ['<UD>', Kind.position, NONE],
  ['<UD2>', Kind.stored, NONE],
  ['<AL>', Kind.alarm, SAME], // the first two letters, whatever the suffix
  ['WT', Kind.position, NONE],
  ['LK', Kind.link, SAME],
  ['INIT', Kind.other, ONE],
  ['TKQ', Kind.query, SAME],
  ['TKQ2', Kind.query, SAME],
  ['TK', Kind.voice, ONE], // `TK,1` to both
  ['TK2', Kind.voice, ONE],
  ['JXTK', Kind.voicePart, 'R,1'],
  ['img', Kind.picture, NONE],
  ['CONFIG', Kind.config, ONE],
  ['CCID', Kind.iccid, NONE],
  ['ICCID', Kind.iccid, NONE],
  ['heart', Kind.heart, NONE],
  ['PULSE', Kind.heart, NONE],
  ['BLOOD', Kind.pressure, NONE],
  ['bphrt', Kind.pressure, SAME],
  ['TEMP', Kind.temperature, NONE],
  ['btemp2', Kind.bodyTemperature, SAME],
  ['oxygen', Kind.oxygen, ONE],
  ['GS1', Kind.cells, NONE],
  ['TIME', Kind.query, REPLY_TIME],
  ...'TS VERNO RYIMEI PARAM'.split(' ').map((type) => [type, Kind.answer, NONE] as const),
  ...(
    'CR UPLOAD RESET POWEROFF FACTORY FIND MONITOR CALL CENTER SOS SOS1 SOS2 SOS3 IP APN LZ FALLDOWN LSSET SOSSMS ' +
    'LOWBAT REMOVE REMOVESMS APPLOCK hrtstart HEALTHAUTOSET MESSAGE PW SILENCETIME REMIND PHB PHB2 WHITELIST1 FLOWER ' +
    'profile WALKTIME SLEEPTIME bodytemp2 TAKEPILLS WIFISEARCH WIFISET'
  )
    .split(' ')
    .map((type) => [type, Kind.confirmed, NONE] as const),
]
/** Rows of TYPES that a prefix leads to. */
export const Family = { other: 0, position: 1, stored: 2, alarm: 3 } as const

/** Fields of a position (3.1). */
export const Field = {
  type: 0,
  date: 1, // ddmmyy
  time: 2, // hhmmss, UTC
  validity: 3, // A, V
  latitude: 4, // decimal degrees
  northSouth: 5,
  longitude: 6,
  eastWest: 7,
  speed: 8, // km/h
  course: 9, // degrees
  altitude: 10, // m
  satellites: 11,
  gsm: 12, // percent
  battery: 13, // percent
  steps: 14,
  tumbles: 15,
  status: 16, // 4 or 8 hex digits
  cells: 17, // count; then timing advance, MCC, MNC, count × (LAC, cell, signal)
} as const

/** Bits of the status (3.2). */
export const Status = { lowBattery: 1 << 0, outOfFence: 1 << 1, inFence: 1 << 2, worn: 1 << 3, still: 1 << 4 } as const
/** The first bit that means an alarm in any position; the first of the half that is alarms only. */
export const ALARM_BIT_MIN = 14
export const ALARM_HALF_BIT = 16
/** bit, alarm. Those below ALARM_BIT_MIN are alarms only in an `AL…` without the upper half. */
export const STATUS_ALARMS: readonly (readonly [number, string])[] = [
  [0, 'low_battery'],
  [1, 'geofence_exit'],
  [2, 'geofence_enter'],
  [14, 'power_cut'],
  [16, 'sos'],
  [17, 'low_battery'],
  [18, 'geofence_exit'],
  [19, 'geofence_enter'],
  [20, 'removing'],
  [21, 'fall_detected'],
  [22, 'heart_rate_abnormal'], // or `fall_detected`, by option
]
export const HEART_BIT = 22
/** The alarm of an `AL…` that names none. */
export const ALARM_GENERAL = 'general'

export const Key = {
  maker: key('manufacturer'),
  index: key('index'),
  lengthOk: key('length_ok'),
  raw: key('raw'),
  rawLatitude: key('raw_latitude'),
  rawLongitude: key('raw_longitude'),
  valid: key('valid'),
  deviceTime: key('device_time'),
  timeSource: key('time_source'),
  clockOffset: key('clock_offset_minutes'),
  clockUnset: key('clock_unset'),
  gsm: key('gsm_pct'),
  steps: key('steps'),
  tumbles: key('tumbles'),
  status: key('status'),
  lowBattery: key('low_battery'),
  outOfFence: key('out_of_fence'),
  inFence: key('in_fence'),
  worn: key('worn_bit'),
  /** An alarm that has no name in alarms.ts. */
  alarm: key('alarm'),
  timingAdvance: key('timing_advance'),
  cells: key('cells'),
  mcc: key('mcc'),
  mnc: key('mnc'),
  lac: key('lac'),
  cellId: key('cell_id'),
  signal: key('signal'),
  sid: key('sid'),
  nid: key('nid'),
  bid: key('bid'),
  wifi: key('wifi'),
  name: key('name'),
  mac: key('mac'),
  accuracy: key('accuracy_m'),
  // What `fixes` has columns for and `telemetry` has not.
  speed: key('speed_kph'),
  course: key('course_deg'),
  altitude: key('altitude_m'),
  satellites: key('satellites'),
  // Health
  heart: key('heart_rate'),
  pressureHigh: key('pressure_high'),
  pressureLow: key('pressure_low'),
  height: key('height'),
  sex: key('sex'),
  age: key('age'),
  weight: key('weight'),
  spo2: key('spo2'),
  temperature: key('temperature'),
  temperatureInvalid: key('temperature_invalid'),
  measurement: key('measurement_kind'),
  // Voice and pictures
  voiceBytes: key('voice_bytes'),
  voiceFormat: key('voice_format'),
  receipt: key('voice_receipt'),
  voiceFlag: key('voice_flag'),
  voiceName: key('voice_name'),
  part: key('part'),
  parts: key('parts'),
  photoSource: key('photo_source'),
  photoTime: key('photo_time'),
  photoBytes: key('photo_bytes'),
  // Others
  config: key('config'),
  iccid: key('iccid'),
  reply: key('command_reply'),
  confirmed: key('command_confirmed'),
} as const

export const AMR = ascii('#!AMR')
export const FORMAT_AMR = ascii('amr')
export const TIME_RECEIVED = ascii('received')

/** Most fields a content is cut into; what follows stays in the last one. */
export const FIELDS_MAX = 1024
/** `field_<n>`: content that is not what the protocol has there, kept as sent. */
export const KEY_FIELD = Array.from({ length: Field.cells + 1 }, (_, field) => key(`field_${field}`))

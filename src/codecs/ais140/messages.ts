/**
 * The tables of the AIS-140 sentences: headers, packet types, alert ids, and where the fields are. Source: section 9 of
 * the WeTrack140 protocol page (BSNL / "ARAI" comma dialect, C-DAC fixed width).
 *
 *   $,<header>,<field>, … ,*            comma dialect; `$<header>,` without the first comma
 *   ACTVR,… HCHKR,…                     answers that normally come by SMS
 *   <type><IMEI><78 characters>         C-DAC: one record; BTH has a count of three digits and that many records
 */
import { Alarm } from '../alarms.ts'
import { ascii } from '../ascii.ts'
import { key } from '../attributes.ts'

/** Longest sentence, terminator included. */
export const SENTENCE_BYTES_MAX = 1024
/** A line end behind fewer characters ends no sentence. */
export const SENTENCE_BYTES_MIN = 20
/** Most fields a sentence is cut into; what follows stays in the last one. */
export const FIELDS_MAX = 128
/** Fields among which the header and the IMEI are. */
export const HEAD_FIELDS_MAX = 16
export const IMEI_DIGITS = 15

/** What a sentence is, by its header. */
export const Kind = {
  unknown: 0,
  login: 1, // answered with the time
  loginPlain: 2, // `01`, login of another dialect, answered `$,1,*`
  health: 3, // answered `$HBT*`
  healthQuiet: 4,
  emergency: 5,
  config: 6, // reply to a configuration command
  location: 7,
  answer: 8,
  fixed: 9, // C-DAC
  tail: 10, // a checksum behind the `*` of a sentence that was answered at once
} as const

/** Header, kind. */
export const HEADERS: readonly (readonly [string, number])[] = [
  ['NRM', Kind.location],
  ['Header', Kind.location],
  ['HEADER', Kind.location],
  ['HBT', Kind.health],
  ['LGN', Kind.login],
  ['EPB', Kind.emergency],
  ['PVT', Kind.location],
  ['NMP', Kind.location],
  ['DP', Kind.location],
  ['ALT', Kind.location],
  ['HLM', Kind.healthQuiet],
  ['PC', Kind.config],
  ['01', Kind.loginPlain],
  ['02', Kind.healthQuiet],
  ['101', Kind.healthQuiet],
  ['03', Kind.location],
  ['04', Kind.location],
  ['10', Kind.location],
  ['200', Kind.location],
  ['A', Kind.location],
  ['C', Kind.location],
  ['1', Kind.location],
  ['ACTVR', Kind.answer],
  ['HCHKR', Kind.answer],
]
export const HEADER_BYTES_MAX = 6

export const ANSWER_WORDS = ['ACTVR,', 'HCHKR,'].map(ascii)

/** C-DAC types. */
export const FIXED_TYPES = ['LGN', 'NRM', 'HBT', 'BTH', 'EPB', 'HLM', 'ALT', 'CRT', 'ACK', 'FUL'].map(ascii)
export const FIXED_LOGIN = 0,
  FIXED_BATCH = 3,
  FIXED_EMERGENCY = 4
/** C-DAC head: type and IMEI. */
export const FIXED_TYPE_BYTES = 3,
  FIXED_HEAD_BYTES = FIXED_TYPE_BYTES + IMEI_DIGITS,
  FIXED_COUNT_BYTES = 3,
  RECORD_BYTES = 78
/** Most records of a batch that one frame may yield; 999 could be written. */
export const FIXED_RECORDS_MAX = 512

/** C-DAC record; offsets from its first character, and the shape of each. */
export const Record = {
  alert: 0,
  stored: 2, // H, L
  validity: 3,
  date: 4, // ddmmyy
  time: 10, // hhmmss
  latitude: 16, // ddd.dddddd
  northSouth: 26,
  longitude: 27,
  eastWest: 37,
  mcc: 38,
  mnc: 41, // padded with x
  lac: 44, // hex
  cell: 48, // decimal
  speed: 57, // ddd.dd km/h
  course: 63,
  satellites: 69,
  hdop: 71,
  rssi: 73,
  ignition: 75,
  power: 76,
  mode: 77, // H halt, M moving, S sleep
} as const
/** One letter per character of a record: d digit, n digit, point, sign or blank, x hex or x, H/V/N/E/M a letter of its field. */
export const RECORD_SHAPE = ascii('ddHVddddddddddddnnnnnnnnnnNnnnnnnnnnnExxxxxxxxxxxxxxxxxxxnnnnnnnnnnnnnnnnnnddM')

/** Fields of a location, counted from the latitude, which follows the date and time. */
export const Place = {
  latitude: 0, // decimal degrees, or [d]ddmm.mmmm
  northSouth: 1,
  longitude: 2,
  eastWest: 3,
  speed: 4, // km/h
  course: 5, // degrees, may exceed 360
  satellites: 6,
  altitude: 7, // m
  pdop: 8,
  hdop: 9,
  operator: 10,
  ignition: 11, // 0, 1
  power: 12, // 0, 1
  powerV: 13,
  batteryV: 14,
  emergency: 15, // 0, 1
  tamper: 16, // C closed, O open; may be missing, then all that follows moves up
  rssi: 17,
  mcc: 18,
  mnc: 19,
  lac: 20, // hex
  cell: 21, // hex
  neighbours: 22, // four times three fields, order varies
  inputs: 34, // four characters
  outputs: 35, // two
  rest: 36, // frame number, analogue values, odometer, checksum
} as const

/** Fields of a health sentence, counted from the IMEI. */
export const Health = {
  battery: 1,
  threshold: 2,
  memory: 3,
  intervalOn: 4,
  intervalOff: 5,
  inputs: 6,
  rest: 7,
} as const

/** Fields of an emergency sentence, counted from the latitude. */
export const Emergency = {
  altitude: 4,
  speed: 5, // some dialects: distance, speed
  distance: 6,
  provider: 7, // G fine, N coarse
  vehicle: 8,
  reply: 9,
  rest: 10,
} as const

/** Alarm of an alert id; 0 for ids that name no event, or another one in each state. */
export const ALERT_ALARMS = Uint8Array.of(
  0,
  0, // 1 location
  0, // 2 location, history
  Alarm.power_cut,
  Alarm.low_battery,
  Alarm.low_battery_cleared,
  Alarm.power_restored,
  Alarm.ignition_on,
  Alarm.ignition_off,
  Alarm.tamper, // 9 box opened
  Alarm.sos,
  Alarm.sos_cleared,
  Alarm.config_changed,
  Alarm.harsh_braking,
  Alarm.harsh_acceleration,
  Alarm.harsh_cornering,
  Alarm.tamper, // 16 wire
  Alarm.overspeed, // 17 state extension
)
/** Ids of a location without an event, live and from the history. */
export const ALERT_LOCATION = 1,
  ALERT_HISTORY = 2

/** Packet type and its alarm. */
const PACKET_TYPES: readonly (readonly [string, number])[] = [
  ['NR', 0],
  ['HP', 0],
  ['EA', Alarm.sos],
  ['TA', Alarm.tamper],
  ['IN', Alarm.ignition_on],
  ['IF', Alarm.ignition_off],
  ['BD', Alarm.power_cut],
  ['BR', Alarm.power_restored],
  ['BC', Alarm.low_battery_cleared],
  ['BL', Alarm.low_battery],
  ['HB', Alarm.harsh_braking],
  ['HA', Alarm.harsh_acceleration],
  ['RT', Alarm.harsh_cornering],
  ['PC', Alarm.config_changed],
  ['OS', Alarm.overspeed],
  ['TL', Alarm.tilt],
  ['WD', Alarm.tamper],
]
/** Alarm by the two letters of the packet type: 26 × first + second. */
export const TYPE_ALARMS = new Uint8Array(26 * 26)
for (const [type, alarm] of PACKET_TYPES) TYPE_ALARMS[26 * (type.charCodeAt(0) - 65) + type.charCodeAt(1) - 65] = alarm

export const Key = {
  alarmCode: key('alarm_code'),
  analog: key('analog'),
  altitude: key('altitude'),
  batteryThreshold: key('battery_threshold_pct'),
  commandSource: key('command_source'),
  course: key('course'),
  deviceTime: key('device_time'),
  distance: key('distance'),
  emergency: key('emergency'),
  extra: key('extra'),
  firmware: key('firmware'),
  frameNumber: key('frame_number'),
  hdop: key('hdop'),
  inputs: key('digital_inputs'),
  intervalOff: key('interval_off'),
  intervalOn: key('interval_on'),
  latitude: key('latitude'),
  longitude: key('longitude'),
  memory: key('memory_pct'),
  neighbours: key('neighbours'),
  operator: key('operator'),
  packetType: key('packet_type'),
  pdop: key('pdop'),
  phone: key('phone'),
  protocolVersion: key('protocol_version'),
  provider: key('provider'),
  satellites: key('satellites'),
  sender: key('sender'),
  speed: key('speed_kph'),
  tamper: key('tamper'),
  text: key('text'),
  valid: key('valid'),
  vehicle: key('vehicle_registration'),
  vehicleMode: key('vehicle_mode'),
  vendor: key('vendor'),
} as const
/** `field_<n>`: content that is not what the protocol has there, kept as sent. */
export const KEY_FIELD = Array.from({ length: FIELDS_MAX }, (_, field) => key(`field_${field}`))

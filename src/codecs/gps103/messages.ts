/**
 * The tables of the Coban text protocol: what a frame can begin and end with, where its fields are, and which keyword
 * means what. Source: Coban GPRS protocol (2014-12) and its older letter-command sheet, with what field logs add.
 *
 *   ##,imei:<id>,A;                                            logon
 *   <id>;                                                      heartbeat
 *   imei:<id>,<keyword>,<local time>,<aux>,F,<utc>,<A|V>, …;   report with a fix
 *   imei:<id>,<keyword>,<local time>,<aux>,L, …;               report without one
 *   imei:<id>,OBD, …;  imei:<id>,TPMS, …;  imei:<id>,vr,<hex>; engine, tyres, part of a photo
 *   imei:<id>,<name>, …,*                                      star variant of a rebrand
 */
import { Alarm } from '../alarms.ts'
import { ascii } from '../ascii.ts'
import { key } from '../attributes.ts'

/** Openings. */
export const IMEI = ascii('imei:')
export const LOGON = ascii('##,')
export const COMMAND = ascii('**,imei:')

/** Longest run of digits that can be a heartbeat. */
export const HEARTBEAT_DIGITS_MAX = 16
/** Longest frame, terminator included; a report has about 150 bytes. */
export const FRAME_BYTES_MAX = 2 * 1024
/** Longest photo packet: firmware decides; about 1,050 bytes are usual. */
export const PHOTO_FRAME_BYTES_MAX = 32 * 1024
/** Garbage at the end of a window that may yet turn out to be the beginning of a frame. */
export const TAIL_BYTES_MAX = 32
/** An `imei:` frame with at most this many fields is a logon: there is no room for data. */
export const LOGON_FIELDS_MAX = 3

/** Farthest coordinates, in 1e-7 degrees. */
export const POLE_E7 = 900_000_000,
  DATE_LINE_E7 = 1_800_000_000

/** Fields of a report (3.3, 3.4); a taxi dispatch report has its order number before `localTime`. */
export const Field = {
  id: 0,
  keyword: 1,
  localTime: 2, // YYMMDDhhmm, YYMMDDhhmmss or YY/MM/DD hh:mm, zone of the tracker
  aux: 3, // phone number, RFID tag, battery percent, junk
  flag: 4, // F: with a fix, L: without
  utc: 5, // hhmmss[.sss], no date
  validity: 6, // A, V
  latitude: 7, // [d]dmm.mmmm; LAC in hex when the flag is L
  northSouth: 8,
  longitude: 9, // [dd]dmm.mmmm; cell id in hex when the flag is L
  eastWest: 10,
  speed: 11, // knots
  course: 12, // degrees; exactly `1`: "send me the street address"
  altitude: 13, // metres
  acc: 14, // 1 on, 0 off
  door: 15, // 1 open, 0 closed
  fuel1: 16, // percent
  fuel2: 17, // percent; plain integer: odometer in km; DTC: code; service: days left
  temperature: 18, // °C; service: km left
} as const

/** Fields of an OBD report (3.5). */
export const Obd = {
  localTime: 2,
  odometer: 3, // km
  instantFuel: 4, // L/100 km or L/h, nobody says which
  averageFuel: 5, // L/100 km
  drivingTime: 6, // unit unknown
  speed: 7, // km/h
  load: 8, // percent
  coolant: 9, // °C
  throttle: 10, // percent
  rpm: 11,
  battery: 12, // V
  dtc: 13, // up to four trouble codes
  dtcEnd: 17,
} as const

/** Fields of a tyre report (3.6); then pressure (kPa), temperature (°C) and eight state bits per wheel. */
export const Tpms = { localTime: 2, link: 3, wheels: 4, wheel: 5, fieldsPerWheel: 3, wheelsMax: 26 } as const

/** Fields of the star variant (3.8). Time and date are UTC, coordinates signed degrees, speed km/h. */
export const Star = {
  name: 1,
  event: 2,
  sensorId: 3,
  sensorV: 4,
  time: 5, // hhmmss
  date: 6, // ddmmyy
  rssi: 7,
  fix: 8, // 0: no fix, position is the last one
  latitude: 9,
  longitude: 10,
  speed: 11,
  course: 12,
  altitude: 13,
  hdop: 14,
  satellites: 15,
  acc: 16,
  charge: 17,
  error: 18,
} as const

/** What a keyword does besides its alarm. */
export const Effect = {
  none: 0,
  event: 1, // an unknown keyword: attribute `event`
  ignitionOn: 2, // the keyword wins over the ACC field
  ignitionOff: 3,
  accAlarm: 4, // ignition is on unless the ACC field says otherwise
  doorAlarm: 5, // the door is open unless the door field says otherwise
  oil: 6, // argument: fuel percent
  tank1: 7,
  tank2: 8,
  temperature: 9, // argument: °C
  speed: 10, // argument: limit in km/h
  trouble: 11, // argument: trouble code
  service: 12,
  rfid: 13,
  cutPending: 14,
  armed: 15,
  disarmed: 16,
  armRefused: 17,
  reply: 18, // attribute `command_reply`
  dispatch: 19, // a reply with an order number as field 2
  position: 20, // arguments: fuel percent, temperature
  obd: 21,
  tpms: 22,
  area: 23, // argument: name of the area
  photo: 24, // argument: number of packets
} as const

/** keyword, alarm, effect. Names in angle brackets are patterns that `keywords.ts` recognises. */
export const KEYWORDS: readonly (readonly [string, number, number])[] = [
  ['<event>', 0, Effect.event],
  ['<area> in', Alarm.geofence_enter, Effect.area],
  ['<area> out', Alarm.geofence_exit, Effect.area],
  ['<photo>', 0, Effect.photo], // vtNN, wtNN
  ['<T:>', Alarm.temperature, Effect.temperature],
  ['', 0, Effect.position],
  ['tracker', 0, Effect.position],
  ['001', 0, Effect.position],
  ['help me', Alarm.sos, Effect.none],
  ['low battery', Alarm.low_battery, Effect.none],
  ['stockade', Alarm.geofence_exit, Effect.none],
  ['move', Alarm.movement, Effect.none],
  ['speed', Alarm.overspeed, Effect.speed],
  ['ac alarm', Alarm.power_cut, Effect.none],
  ['power alarm', Alarm.power_cut, Effect.none],
  ['door alarm', Alarm.door, Effect.doorAlarm],
  ['sensor alarm', Alarm.vibration, Effect.none],
  ['acc alarm', Alarm.illegal_ignition, Effect.accAlarm],
  ['acc on', Alarm.ignition_on, Effect.ignitionOn],
  ['acc off', Alarm.ignition_off, Effect.ignitionOff],
  ['accident alarm', Alarm.collision, Effect.none],
  ['bonnet alarm', Alarm.bonnet, Effect.none],
  ['footbrake alarm', Alarm.footbrake, Effect.none],
  ['oil', Alarm.fuel_theft, Effect.oil],
  ['oil1', Alarm.fuel_theft, Effect.tank1],
  ['oil2', Alarm.fuel_theft, Effect.tank2],
  ['DTC', Alarm.fault, Effect.trouble],
  ['service', Alarm.maintenance_due, Effect.service],
  ['no gps', Alarm.gps_signal_lost, Effect.none],
  ['rfid', 0, Effect.rfid],
  ['jt', Alarm.engine_cut, Effect.none],
  ['109', Alarm.engine_cut, Effect.none],
  ['kt', Alarm.engine_restored, Effect.none],
  ['110', Alarm.engine_restored, Effect.none],
  ['509', 0, Effect.cutPending],
  ['lt', 0, Effect.armed],
  ['111', 0, Effect.armed],
  ['mt', 0, Effect.disarmed],
  ['112', 0, Effect.disarmed],
  ['lf', 0, Effect.armRefused],
  ['511', 0, Effect.armRefused],
  ['OBD', 0, Effect.obd],
  ['TPMS', 0, Effect.tpms],
  ...['171', '175', '176', '177'].map((word) => [word, 0, Effect.dispatch] as const),
  ...(
    'dt et gt ht it nt ot pt 100 101 102 103 104 105 106 107 108 113 114 115 116 117 118 119 120 121 122 123 124 125 ' +
    '525 526 126 150 151 152 160 161 170 172 173 174 180 181'
  )
    .split(' ')
    .map((word) => [word, 0, Effect.reply] as const),
]
/** Rows of KEYWORDS that a pattern, not a word, leads to. */
export const Pattern = { event: 0, areaIn: 1, areaOut: 2, photo: 3, temperature: 4, empty: 5 } as const

/** Names of messages that have no keyword. */
export const MESSAGE_LOGON = ascii('logon')
export const MESSAGE_HEARTBEAT = ascii('heartbeat')
export const MESSAGE_STAR = ascii('star')
export const MESSAGE_NONE = new Uint8Array(0)

export const Key = {
  event: key('event'),
  area: key('area'),
  aux: key('aux'),
  driver: key('driver_id'),
  accField: key('acc_field'),
  door: key('door'),
  fuel1: key('fuel1_percent'),
  fuel2: key('fuel2_percent'),
  tank: key('tank'),
  temperature: key('temperature_c'),
  speedLimit: key('speed_limit_kph'),
  dtcs: key('dtcs'),
  serviceDays: key('service_days_left'),
  serviceKm: key('service_km_left'),
  cutPending: key('engine_cut_pending'),
  armed: key('armed'),
  armRefused: key('arm_refused'),
  reply: key('command_reply'),
  order: key('order_number'),
  addressRequested: key('address_requested'),
  hemisphereMissing: key('hemisphere_missing'),
  timeSource: key('time_source'),
  timezoneAssumed: key('timezone_assumed'),
  deviceTime: key('device_time'),
  // What `fixes` has columns for and `telemetry` has not.
  speed: key('speed_kph'),
  course: key('course_deg'),
  altitude: key('altitude_m'),
  hdop: key('hdop'),
  satellites: key('satellites'),
  // OBD
  instantFuel: key('instant_fuel'),
  averageFuel: key('average_fuel'),
  drivingTime: key('driving_time'),
  obdSpeed: key('obd_speed_kph'),
  load: key('engine_load_percent'),
  coolant: key('coolant_temp_c'),
  throttle: key('throttle_percent'),
  rpm: key('rpm'),
  // TPMS
  linkOk: key('tpms_link_ok'),
  tyres: key('tyres'),
  position: key('position'),
  pressure: key('pressure_kpa'),
  state: key('state'),
  // Photos
  photoPackets: key('photo_packets'),
  photoIndex: key('photo_packet_index'),
  photoSize: key('photo_packet_size'),
  // Star variant
  name: key('device_name'),
  sensorId: key('sensor_id'),
  sensorV: key('sensor_v'),
  error: key('error'),
} as const

/** Most fields a frame is cut into; what follows stays in the last one. */
export const FIELDS_MAX = 96
/** `field_<n>`: content that is not what the protocol has there, kept as sent. */
export const KEY_FIELD = Array.from({ length: FIELDS_MAX }, (_, field) => key(`field_${field}`))

/** Wheels of a tyre report in their order, when there are four. */
export const WHEELS = ['left_front', 'right_front', 'left_rear', 'right_rear'].map(ascii)
/** State bits of a wheel; leftmost character first. Bits 8 and 7 are reserved. */
export const WHEEL_STATES = [
  null,
  null,
  key('high_temperature'), // above 75 °C
  key('high_pressure'), // above 3.4 bar
  key('low_pressure'), // below 1.8 bar
  key('sensor_failure'),
  key('sensor_battery_low'),
  key('leak'),
] as const

/** Values of `time_source`: how the time of a record was found when not from the report's own UTC. */
export const TIME_LOCAL = ascii('local')
export const TIME_RECEIVED = ascii('received')

/**
 * The ATrack protocol as tables: frame and record layouts, report ids, custom codes. Source: ATrack protocol document
 * for AT/AX/AU/AY units (mid-2012), captures whose checksum matches, and published set-ups of the AL7.
 */
import { ascii } from '../ascii.ts'
import { key } from '../attributes.ts'
import { Alarm } from '../alarms.ts'

export const SUB = 0x1a // ends texts in ASCII frames

/** FE 02 | u64 unit id | u16 sequence: keep-alive of the tracker, and every acknowledgement. */
export const KeepAlive = { first: 0xfe, second: 0x02, id: 2, sequence: 10, size: 12 } as const

/** prefix | u16 CRC | u16 length | u16 sequence | u64 unit id | records; the length counts from the sequence on. */
export const Header = { crc: 2, length: 4, sequence: 6, id: 8, size: 16, uncounted: 6 } as const

/** Position record; offsets behind its three times, which have 4 or 7 bytes each. */
export const Fixed = {
  longitude: 0, // s32 1e-6 degree, east positive
  latitude: 4, // s32 1e-6 degree, north positive
  heading: 8, // u16 degrees
  report: 10, // u8
  odometer: 11, // u32 0.1 km
  hdop: 15, // u16 0.1
  inputs: 17, // u8 bit 0: ignition
  speed: 18, // u16 km/h
  outputs: 20, // u8
  analog: 21, // u16 0.001 V
  driver: 23, // text + NUL, then s16 temperature 1, s16 temperature 2 (0.1 °C), text + NUL
} as const
/** A record with empty texts has this many bytes behind its times. */
export const RECORD_REST_MIN = Fixed.driver + 6

/** The same as fields of a text record. */
export const Field = {
  gpsTime: 0,
  rtcTime: 1,
  sendTime: 2,
  longitude: 3,
  latitude: 4,
  heading: 5,
  report: 6,
  odometer: 7,
  hdop: 8,
  inputs: 9,
  speed: 10,
  outputs: 11,
  analog: 12,
  driver: 13,
  temperature1: 14,
  temperature2: 15,
  count: 16, // the text message follows, by rules of its own
} as const

/** Photo fragment, behind the header. */
export const Photo = { time: 0, index: 4, count: 5, size: 6, data: 8 } as const

// Values that mean "none".
export const NO_SENSOR = 2000,
  NO_FIX_HDOP = 990,
  NO_COOLANT = -40
export const LATITUDE_MAX = 90_000_000,
  LONGITUDE_MAX = 180_000_000,
  HEADING_FULL = 360
/** A record sent later than this after it was made was stored. */
export const STORED_S = 120
/** Longest texts, and where we give up looking for their NUL. */
export const DRIVER_MAX = 20,
  TEXT_MAX = 500
/** A G-sensor dump: packet number and 50 samples of three s16, behind the record of report 14. */
export const DUMP_BYTES = 301
/** Report ids from here on are the installer's own events. */
export const USER_REPORT_MIN = 100

export const Message = {
  keepAlive: ascii('keep_alive'),
  position: ascii('position'),
  text: ascii('text_message'),
  photo: ascii('photo_fragment'),
  reply: ascii('command_reply'),
  deviceInfo: ascii('device_info'),
} as const

/** Report ids with a meaning of their own: alarm, or a word for the attribute `events`. */
export const REPORTS = [
  [3, 'text_message'],
  [10, Alarm.driver_id],
  [11, 'voice_call'],
  [12, 'fota_done'],
  [13, Alarm.jamming],
  [14, Alarm.collision], // with G-sensor data
  [16, 'fota_failed'],
  [21, 'log_done'],
  [22, 'dtc'],
  [23, 'dtc'],
] as const
export const Report = { fromLog: 1, jamming: 13, impact: 14, cells: 18, troubleCodes: 22, pendingCodes: 23 } as const

/**
 * State flags of a record and its session: bit numbers in word 0 of the state. The four moments come first; geofences
 * 0 to 7 have a bit each.
 */
export const Flag = {
  harshAcceleration: 0,
  harshBraking: 1,
  harshCornering: 2,
  impact: 3,
  overspeed: 4,
  idle: 5,
  tow: 6,
  motion: 7,
  powerLost: 8,
  powerLow: 9,
  batteryLow: 10,
  antennaOpen: 11,
  antennaShort: 12,
  gpsTimeout: 13,
  fuel: 14,
  temperature1: 15,
  temperature2: 16,
  jamming: 17,
  parked: 18,
  mil: 19,
  analog: 20,
  geofence: 21, // to 28
  known: 29,
  cellWidth: 30, // and 31: 0 not known, 1 u16, 2 u32
} as const
/** Alarm of each flag. */
export const FLAG_ALARMS = [
  [Flag.harshAcceleration, Alarm.harsh_acceleration],
  [Flag.harshBraking, Alarm.harsh_braking],
  [Flag.harshCornering, Alarm.harsh_cornering],
  [Flag.impact, Alarm.collision],
  [Flag.overspeed, Alarm.overspeed],
  [Flag.idle, Alarm.idle],
  [Flag.tow, Alarm.tow],
  [Flag.motion, Alarm.movement],
  [Flag.powerLost, Alarm.power_cut],
  [Flag.powerLow, Alarm.low_power],
  [Flag.batteryLow, Alarm.low_battery],
  [Flag.antennaOpen, Alarm.gps_antenna_cut],
  [Flag.antennaShort, Alarm.gps_antenna_short],
  [Flag.gpsTimeout, Alarm.gps_signal_lost],
  [Flag.fuel, Alarm.fuel_change],
  [Flag.temperature1, Alarm.temperature],
  [Flag.temperature2, Alarm.temperature],
  [Flag.jamming, Alarm.jamming],
  [Flag.parked, Alarm.long_stop],
  [Flag.mil, Alarm.mil_on],
  [Flag.analog, Alarm.adc_alarm],
] as const
/** Raised whenever they are 1. */
export const MOMENTS =
  (1 << Flag.harshAcceleration) | (1 << Flag.harshBraking) | (1 << Flag.harshCornering) | (1 << Flag.impact)

/** How a custom value is written in binary. In ASCII it is a decimal number, or text. */
export const Type = {
  u8: 1,
  u16: 2,
  u32: 3,
  s16: 4,
  s32: 5,
  u64: 6,
  text: 7, // up to NUL
  samples: 8, // 60 bytes: 10 × X, Y, Z
  vector: 9, // 6 bytes: X, Y, Z
  cell: 10, // u16 until 2013, u32 since
  textOnly: 11, // nobody has seen it in binary
} as const
/** Bytes of each type; 0: it says so itself. */
export const TYPE_BYTES = [0, 1, 2, 4, 2, 4, 8, 0, 60, 6, 0, 0]

/** What becomes of a custom value. */
export const Act = {
  skip: 0,
  number: 1, // attribute: (value + offset) × factor, with decimals
  text: 2, // attribute
  flag: 3, // attribute true or false, and a state flag
  satellites: 4,
  power: 5,
  battery: 6,
  rssi: 7,
  cell: 8,
  lac: 9,
  network: 10,
  altitude: 11,
  stored: 12,
  motion: 13,
  coolant: 14,
  registration: 15,
  antenna: 16,
  beacons: 17,
} as const

type Code = readonly [
  code: string,
  type: number,
  act: number,
  name?: string,
  factor?: number,
  decimals?: number,
  flag?: number,
]
const { u8, u16, u32, s16, s32, u64, text } = Type

/** Codes of the form. The flags below are one byte, 0 or 1, each. */
export const CODES: readonly Code[] = [
  ['CI', text, Act.skip], // the form itself
  ['SA', u8, Act.satellites, 'satellites'],
  ['MV', u16, Act.power, 'power_dv'], // 0.1 V; the name is for what the column cannot hold
  ['BV', u16, Act.battery, 'battery_dv'], // 0.1 V
  ['GQ', u8, Act.rssi, 'gsm_quality'], // 0 to 31, 99 unknown
  ['CE', Type.cell, Act.cell, 'cell'],
  ['LC', u16, Act.lac, 'lac'],
  ['CN', u32, Act.network, 'network'], // MCC and MNC as one decimal number
  ['RL', u8, Act.number, 'rxlev'],
  ['PC', u32, Act.number, 'pulse_count'],
  ['AT', s32, Act.altitude, 'altitude'], // metres
  ['RP', u16, Act.number, 'rpm'],
  ['GS', u8, Act.number, 'gsm_state'],
  ['DT', u8, Act.stored, 'archive'], // 1: from the log
  ['VN', text, Act.text, 'vin'],
  ['MF', u16, Act.number, 'maf_gps', 1, 2],
  ['EL', u8, Act.number, 'engine_load_pct'],
  ['TR', u8, Act.number, 'throttle_pct'],
  ['ET', s16, Act.coolant, 'coolant_temp_c'],
  ['FL', u8, Act.number, 'fuel_level_pct'],
  ['ML', u8, Act.flag, 'mil', 1, 0, Flag.mil],
  ['FC', u32, Act.number, 'fuel_used_l', 1, 1],
  ['NC', text, Act.text, 'neighbour_cells'],
  ['SM', u16, Act.number, 'max_speed_kph'],
  ['CM', u64, Act.text, 'imsi'],
  ['ME', u64, Act.text, 'imei'],
  ['CD', text, Act.text, 'iccid'],
  ['GL', text, Act.text, 'map_link'],
  ['MA', text, Act.text, 'mac'],
  ['GN', Type.samples, Act.skip, 'g_samples'],
  ['GV', Type.vector, Act.skip, 'g_max'],
  ['PD', u8, Act.flag, 'dtc_pending'],
  ['IA', u8, Act.number, 'intake_temp_c'],
  ['MP', u8, Act.number, 'map_kpa'],
  ['EH', u32, Act.number, 'engine_hours_h', 1, 1],
  ['EO', u32, Act.number, 'ecu_odometer'],
  ['OD', u32, Act.number, 'od_odometer_km', 1, 1],
  ['VS', u16, Act.number, 'obd_speed_kph'],
  ['PK', u8, Act.number, 'pk'],
  ['CS', u8, Act.number, 'server_connected'],
  ['CR', u8, Act.registration, 'network_registration'],
  ['SF', u8, Act.number, 'gps_fix'],
  ['BT', u8, Act.number, 'bluetooth'],
  ['HT', text, Act.text, 'accessory_state'],
  ['XS', Type.textOnly, Act.text, 'xs'],
  ['BC', Type.textOnly, Act.beacons, 'beacons'],
  ['EG', u8, Act.flag, 'engine_running'],
  ['DL', u8, Act.flag, 'idling', 1, 0, Flag.idle],
  ['MT', u8, Act.motion, 'motion', 1, 0, Flag.motion],
  ['PL', u8, Act.flag, 'power_low', 1, 0, Flag.powerLow],
  ['SS', u8, Act.antenna, 'gps_antenna'],
  ['FU', u8, Act.flag, 'fuel_jump', 1, 0, Flag.fuel],
  ['HA', u8, Act.flag, 'harsh_acceleration', 1, 0, Flag.harshAcceleration],
  ['HB', u8, Act.flag, 'harsh_braking', 1, 0, Flag.harshBraking],
  ['HC', u8, Act.flag, 'harsh_cornering', 1, 0, Flag.harshCornering],
  ['BL', u8, Act.flag, 'battery_low', 1, 0, Flag.batteryLow],
  ['RO', u8, Act.flag, 'roaming'],
  ['VR', u8, Act.flag, 'voice_ringing'],
  ['VA', u8, Act.flag, 'voice_authorised'],
  ['TW', u8, Act.flag, 'towed', 1, 0, Flag.tow],
  ['IP', u8, Act.flag, 'impact', 1, 0, Flag.impact],
  ['PS', u8, Act.flag, 'power_lost', 1, 0, Flag.powerLost],
  ['SP', u8, Act.flag, 'parked_too_long', 1, 0, Flag.parked],
  ['JD', u8, Act.flag, 'jammed', 1, 0, Flag.jamming],
  ['PF', u8, Act.flag, 'preferred_network'],
  ['OC', u8, Act.flag, 'obd_connected'],
]

/** Codes with a number behind their letters; `#` stands for it in the name. The numbers there are. */
export const NUMBERED: readonly (readonly [code: Code, from: number, to: number])[] = [
  [['AV', u16, Act.number, 'av#_v', 1, 3], 1, 1],
  [['IN', u8, Act.flag, 'in#'], 0, 31],
  [['OP', u8, Act.flag, 'op#'], 0, 31],
  [['SD', u8, Act.flag, 'overspeed#', 1, 0, Flag.overspeed], 0, 10], // 0: written without a number
  [['AN', u8, Act.flag, 'adc#_out_of_range', 1, 0, Flag.analog], 1, 8],
  [['GF', u8, Act.flag, 'geofence#', 1, 0, Flag.geofence], 0, 99],
  [['TP', u8, Act.flag, 'temperature#_out_of_range', 1, 0, Flag.temperature1], 1, 8],
]

/** Second letters of the J1939 (J…) and J1708 (Z…) families, and their types. */
export const FAMILY_TYPES = [
  ['O', u8],
  ['H', u16],
  ['L', u32],
  ['N', u32],
  ['S', text],
] as const
/** Members with a known scale: name, factor, decimals, offset. The others are kept as sent under their own code. */
export const FAMILY_SCALES: Record<string, readonly [string, number, number, number]> = {
  JO3: ['can_pedal_pct', 4, 1, 0],
  JO4: ['can_engine_load_pct', 1, 0, 0],
  JO5: ['can_fuel_level_pct', 4, 1, 0],
  JO11: ['can_coolant_temp_c', 1, 0, -40],
  JH1: ['can_speed_kph', 390_625, 8, 0],
  JH2: ['can_rpm', 125, 3, 0],
  JH3: ['can_axle_weight1_kg', 5, 1, 0],
  JH4: ['can_axle_weight2_kg', 5, 1, 0],
  JH5: ['can_axle_weight3_kg', 5, 1, 0],
  JH6: ['can_axle_weight4_kg', 5, 1, 0],
  JH7: ['can_axle_weight5_kg', 5, 1, 0],
  JH8: ['can_service_distance_km', 5, 0, 0],
  JH11: ['can_fuel_rate_lph', 5, 2, 0],
  JL1: ['can_fuel_used_l', 5, 1, 0],
  JL2: ['can_engine_hours_h', 5, 2, 0],
  JL3: ['can_distance_km', 1, 0, 0],
  JL4: ['can_fuel_used_fine_l', 1, 3, 0],
  JN2: ['can_idle_hours_h', 5, 2, 0],
  JN3: ['can_idle_fuel_l', 5, 1, 0],
  JS1: ['can_vin', 1, 0, 0],
  JS3: ['can_driver1', 1, 0, 0],
  JS4: ['can_driver2', 1, 0, 0],
  ZO4: ['j1708_throttle_pct', 4, 1, 0],
  ZO6: ['j1708_speed_kph', 805, 3, 0],
  ZO9: ['j1708_engine_load_pct', 5, 1, 0],
  ZO10: ['j1708_fuel_level_pct', 5, 1, 0],
  ZH3: ['j1708_rpm', 25, 2, 0],
  ZL2: ['j1708_distance_km', 161, 3, 0],
  ZL4: ['j1708_engine_hours_h', 5, 2, 0],
  ZS1: ['j1708_vin', 1, 0, 0],
}

/** The one reply that names its unit. */
export const INFO = ascii('$INFO')
/** `$INFO=`: values in wire order. */
export const Info = {
  unitId: 0,
  model: 1,
  firmware: 2,
  imei: 3,
  imsi: 4,
  iccid: 5,
  power: 6, // 0.1 V
  battery: 7, // 0.1 V
  satellites: 8,
  registration: 9,
  signal: 10,
  connected: 11,
  antenna: 12,
  count: 13,
} as const
/** Network registration while roaming. */
export const ROAMING = 5

/** Attributes that no code of the form writes. */
export const Key = {
  adc1: key('adc1_v'),
  antenna: key('gps_antenna'),
  battery: key('battery_raw'),
  cid: key('cid'),
  connected: key('server_connected'),
  crcOk: key('crc_ok'),
  course: key('course'),
  custom: key('custom'),
  customHex: key('custom_hex'),
  data: key('data'),
  deviceTime: key('device_time'),
  driver: key('driver_id'),
  dtcs: key('dtcs'),
  dump: key('g_hex'),
  dumpPacket: key('g_packet'),
  encrypted: key('encrypted'),
  errorCode: key('error_code'),
  events: key('events'),
  firmware: key('firmware'),
  form: key('form'),
  fuelFrequency: key('fuel_frequency'),
  fuelRaw: key('fuel_raw'),
  fuelTemperature: key('fuel_temperature_c'),
  geofenceIndex: key('geofence_index'),
  gLast: key('g_last'),
  hardware: key('hardware_type'),
  hdop: key('hdop'),
  headingRaw: key('heading_raw'),
  humidity: key('humidity_pct'),
  iccid: key('iccid'),
  imei: key('imei'),
  imsi: key('imsi'),
  cells: key('cells'),
  lac: key('lac'),
  latitude: key('latitude'),
  lengthOk: key('length_ok'),
  longitude: key('longitude'),
  mac: key('mac'),
  major: key('major'),
  minor: key('minor'),
  model: key('model'),
  name: key('name'),
  odometerRaw: key('odometer_raw'),
  photoCount: key('photo_count'),
  photoIndex: key('photo_index'),
  photoSize: key('photo_size'),
  photoTime: key('photo_time'),
  prefix: key('prefix'),
  registration: key('network_registration'),
  reportId: key('report_id'),
  result: key('result'),
  roaming: key('roaming'),
  rssi: key('rssi'),
  rtcTime: key('rtc_time'),
  rxlev: key('rxlev'),
  satellites: key('satellites'),
  sendTime: key('send_time'),
  sequence: key('sequence'),
  simple: key('simple'),
  speed: key('speed_kph'),
  stale: key('fix_stale'),
  tag: key('tag'),
  tail: key('tail_hex'),
  temperature: key('temperature_c'),
  temperature1: key('temperature1'),
  temperature2: key('temperature2'),
  text: key('text'),
  timeSource: key('time_source'),
  txPower: key('tx_power'),
  type: key('type'),
  unitId: key('unit_id'),
  unknown: key('unknown'),
  valid: key('valid'),
  values: key('values'),
} as const

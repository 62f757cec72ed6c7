/**
 * The tables of the parenthesised protocol: which command has which body, what its codes mean, where the parts of a body
 * are. Source: KX402 "GPRS protocol" 1.5 and "TK103 protocol", with what field logs add.
 *
 *   (<header><command><body>)              fixed dialect: a header of 12 characters as a rule, a body of fixed widths
 *   (<id>,<command>,<field>,<field>,…)     comma dialect: LBS, GPS and status reports of Vjoy, LK and magnet trackers
 */
import { Alarm } from '../alarms.ts'
import { ascii, ZERO } from '../ascii.ts'
import { key } from '../attributes.ts'

export const OPEN = 0x28,
  CLOSE = 0x29,
  BRACE_OPEN = 0x7b,
  BRACE_CLOSE = 0x7d

const upper = (letter: string) => letter.charCodeAt(0)
export const A = upper('A'),
  B = upper('B'),
  D = upper('D'),
  E = upper('E'),
  G = upper('G'),
  H = upper('H'),
  L = upper('L'),
  N = upper('N'),
  P = upper('P'),
  S = upper('S'),
  T = upper('T'),
  V = upper('V'),
  W = upper('W'),
  X = upper('X'),
  Z = upper('Z'),
  C = upper('C'),
  O = upper('O'),
  R = upper('R')

/** Characters between the parenthesis and the command, in the fixed dialect nearly always, and in any. */
export const HEADER_USUAL = 12,
  HEADER_MIN = 8,
  HEADER_MAX = 15
export const COMMAND_BYTES = 4
/** Id in the bodies of BP00 and BP05: `000` and the header, or the IMEI. */
export const IDENTITY_BYTES = 15
/** Longest frame; the battery report, the longest regular one, has about 400 bytes. */
export const FRAME_BYTES_MAX = 1024

/** Most fields a body is cut into; what follows stays in the last one. */
export const FIELDS_MAX = 320

/** What follows a command of the fixed dialect. */
export const Body = {
  text: 0, // answers to commands, and what nobody documented
  block: 1, // GPS block
  handshake: 2, // [identity]HSO[battery]
  login: 3, // identity, then a GPS block or cells
  alarm: 4, // code, GPS block
  fix: 5, // ,G,<n>,GPS block; or text
  obdAlarm: 6, // ,ALARM,<code>,<value>,GPS block,I/O
  obd: 7, // ,<n>,<hex>,<YYMMDDhhmmss>,I/O
  cells: 8,
  vin: 9, // 17 characters; or the state of the relay
  engine: 10, // 0 cut, 1 restored
  pack: 11, // battery management, one block of hex
  daly: 12, // battery management, frames of the Daly BMS
} as const

/** command, body */
export const COMMANDS: readonly (readonly [string, number])[] = [
  ['BP00', Body.handshake],
  ['BP05', Body.login],
  ['BR00', Body.block], // by time
  ['BR01', Body.block], // by distance, or stored
  ['BR02', Body.block], // end of a tracking order
  ['BR03', Body.block], // on request
  ['BP04', Body.block], // answer to AP00
  ['BO01', Body.alarm],
  ['BO02', Body.alarm], // reported later
  ['BP02', Body.fix],
  ['BQ81', Body.obdAlarm],
  ['BQ86', Body.obd],
  ['BZ00', Body.cells],
  ['BV00', Body.vin],
  ['BV01', Body.engine],
  ['BS50', Body.pack],
  ['BS51', Body.daly],
  ...'BP01 BP03 BP12 BP16 BP17 BP18 BR04 BR05 BR06 BS04 BS05 BS06 BS08 BS09 BS20 BS21 BS23 BT00 BU00 BY01 BY02'
    .split(' ')
    .map((command) => [command, Body.text] as const),
]

/** A second letter and two digits, packed: row of the tables below. */
export const packed = (letter: number, tens: number, ones: number) =>
  (letter - A) * 100 + (tens - ZERO) * 10 + (ones - ZERO)
/** Bodies by packed command; what the table does not have is text. */
export const BODY = new Uint8Array(26 * 100)
for (const [command, body] of COMMANDS) {
  const [, letter, tens, ones] = ascii(command)
  BODY[packed(letter, tens, ones)] = body
}
const packedOf = (command: string) => {
  const [, letter, tens, ones] = ascii(command)
  return packed(letter, tens, ones)
}
export const BP00 = packedOf('BP00'),
  BP05 = packedOf('BP05'),
  BP18 = packedOf('BP18'),
  BR00 = packedOf('BR00'),
  BR01 = packedOf('BR01'),
  BR03 = packedOf('BR03'),
  BR04 = packedOf('BR04'),
  BO01 = packedOf('BO01')

/** An alarm that the common list may not have yet; it is then an attribute, `event`. */
export const LOW_SPEED = (Alarm as Record<string, number | undefined>)['low_speed'] ?? 0
export const LOW_SPEED_WORD = ascii('low_speed')
/** Codes 0 to 7 of the three commands with alarms. */
const BO01_ALARMS = [
  Alarm.power_cut,
  Alarm.collision,
  Alarm.sos,
  Alarm.vibration,
  LOW_SPEED,
  Alarm.overspeed,
  Alarm.geofence_exit,
  Alarm.movement,
]
const BO02_ALARMS = [
  Alarm.engine_cut,
  Alarm.vibration,
  Alarm.sos,
  Alarm.collision,
  LOW_SPEED,
  Alarm.overspeed,
  Alarm.geofence_exit,
]
const BQ81_ALARMS = [
  Alarm.low_battery,
  Alarm.overspeed,
  Alarm.idle,
  Alarm.harsh_acceleration,
  Alarm.harsh_braking,
  Alarm.temperature,
]
export const ALARMS = { BO01: Uint8Array.from(BO01_ALARMS), BO02: Uint8Array.from(BO02_ALARMS) } as const
export const OBD_ALARMS = Uint8Array.from(BQ81_ALARMS)
/** The code of BO01 and BO02 for "slower than allowed". */
export const LOW_SPEED_CODE = 4

/** Comma dialect: code of a ZC command, of the same with GPS (DW) and of the same with cells (DW); its alarm. */
const EVENTS: readonly (readonly [number, number, number, number])[] = [
  [0x07, 0x30, 0x50, 0], // position on request
  [0x08, 0x30, 0x50, 0], // end of tracking
  [0x09, 0x3b, 0x5b, 0], // position by time
  [0x11, 0x31, 0x51, Alarm.movement],
  [0x12, 0x32, 0x52, Alarm.low_battery],
  [0x13, 0x33, 0x53, Alarm.power_cut],
  [0x15, 0x35, 0x55, Alarm.ignition_on],
  [0x16, 0x36, 0x56, Alarm.ignition_off],
  [0x17, 0x37, 0x57, Alarm.tamper], // taken from its place
  [0x25, 0x3e, 0x5e, Alarm.sos],
  [0x26, 0x3f, 0x5f, Alarm.tamper],
  [0x27, 0x40, 0x60, Alarm.low_power],
  [0x29, 0x42, 0x62, Alarm.ignition_on],
]
/** Alarms by code, ZC at 0 and DW at 256; NO_EVENT: not in the table. */
export const NO_EVENT = 255
export const EVENT_ALARM = new Uint8Array(512).fill(NO_EVENT)
export const DW_EVENTS = 256
for (const [zc, gps, cells, alarm] of EVENTS) {
  EVENT_ALARM[zc] = alarm
  EVENT_ALARM[DW_EVENTS + gps] = EVENT_ALARM[DW_EVENTS + cells] = alarm
}
export const ZC_RESULT = 0x03,
  ZC_BATTERY = 0x20

/** GPS block: offsets from its first byte; what follows the latitude floats. */
export const Block = {
  date: 0, // 6 YYMMDD, UTC
  validity: 6, // A, V
  latitude: 7, // 9 ddmm.mmmm, blanks for leading zeros; then N or S
  longitudeMax: 12, // dddmm.mmmm, its leading zero blank or missing; then E or W
  speedBytes: 5, // km/h
  timeBytes: 6, // hhmmss, UTC
  ioBytes: 8, // before the L of the mileage; between time and I/O: course, degrees
  mileageBytes: 8, // hex metres since reset; 7 seen
} as const

/** Fields of a position of the comma dialect. */
export const Comma = {
  id: 0,
  command: 1,
  date: 2, // DDMMYY; YYMMDD where I/O and mileage follow
  validity: 3, // A, V
  latitude: 4, // ddmm.mmmm[m]N
  longitude: 5, // [ddd]mm.mmmm[m]E
  speed: 6, // km/h
  time: 7, // hhmmss, UTC
  course: 8, // degrees
  altitude: 9, // metres; or I/O
  satellites: 10, // or L and mileage
  rest: 11,
} as const
/** Fields of a cell report of the comma dialect; the access points follow, then date and time. */
export const CommaCell = { mcc: 2, mnc: 3, lac: 4, cell: 5, count: 6, rest: 7 } as const
/** Fields of ZC20 and ZC03. */
export const Status = { date: 2, time: 3, level: 4, battery: 5, power: 6, installed: 7, rest: 8 } as const
/** Battery level of ZC20 in percent by its code; 255: unknown. */
export const LEVEL_PERCENT = Uint8Array.of(255, 255, 10, 20, 50, 80, 100)
export const STATUS_UNKNOWN = 0xffff,
  INSTALLED_UNKNOWN = 255

/** BS50: offsets in bytes, numbers little-endian. */
export const Pack = {
  cells: 3, // u8
  voltages: 4, // 24 × u16 mV
  cellsMax: 24,
  charging: 52, // u8, 0: charging
  current: 53, // u16 0.1 A
  voltage: 55, // u16 0.01 V
  charge: 57, // u8 %
  overheat: 58, // u8
  chargeProtection: 59, // u8
  dischargeProtection: 60, // u8
  wireBreak: 61, // u8
  balancing: 62, // u8
  cycles: 63, // u16
  fault: 65, // u8
  unknown1: 66, // 6
  sensors: 72, // u8
  powerStage: 73, // u8 − 40 °C
  balancer: 74, // u8 − 40 °C
  temperatures: 75, // 7 × u8 − 40 °C
  sensorsMax: 7,
  capacity: 82, // u16 0.01 Ah
  discharged: 84, // u32 Ah
  unknown2: 88, // 14
  size: 102,
} as const

/** Key of each BMS frame of BS51, as its hex digits' value. */
export const Daly = {
  pack: 0x90,
  voltages: 0x91,
  temperatures: 0x92,
  state: 0x93,
  counts: 0x94,
  cells: 0x95,
  sensors: 0x96,
  balancing: 0x97,
  faults: 0x98,
} as const
export const DALY_ZERO_CURRENT = 30_000
export const TEMPERATURE_BIAS = 40
export const DALY_STATES = ['idle', 'charge', 'discharge'].map(ascii)

/** Attribute names. */
export const Key = {
  header: key('header'),
  imei: key('imei'),
  event: key('event'),
  alarmCode: key('alarm_code'),
  alarmValue: key('alarm_value'),
  result: key('result'),
  body: key('body'),
  number: key('number'),
  suffix: key('suffix'),
  vin: key('vin'),
  relay: key('relay'),
  // State of inputs and outputs
  io: key('io_state'),
  power: key('external_power'),
  analog: key('analog_raw'),
  panic: key('panic'),
  blocked: key('engine_blocked'),
  door: key('door'),
  temperature: key('temperature_c'),
  temperatureRaw: key('temperature_raw'),
  sensors: key('sensors'),
  clock: key('clock_raw'),
  tail: key('tail'),
  // Time
  timeSource: key('time_source'),
  deviceTime: key('device_time'),
  dateRaw: key('date_raw'),
  timeRaw: key('time_raw'),
  // What `fixes` has columns for and `telemetry` has not, and what they could not hold
  valid: key('valid'),
  speed: key('speed_kph'),
  course: key('course_deg'),
  altitude: key('altitude_m'),
  satellites: key('satellites'),
  latitudeRaw: key('latitude_raw'),
  longitudeRaw: key('longitude_raw'),
  speedRaw: key('speed_raw'),
  courseRaw: key('course_raw'),
  odometerRaw: key('odometer_raw'),
  // Cells and access points
  neighbours: key('neighbours'),
  mcc: key('mcc'),
  mnc: key('mnc'),
  lac: key('lac'),
  cell: key('cell_id'),
  signal: key('signal'),
  wifi: key('wifi'),
  mac: key('mac'),
  rssi: key('rssi'),
  channel: key('channel'),
  // ZC20
  levelRaw: key('battery_level_raw'),
  batteryRaw: key('battery_raw'),
  powerRaw: key('power_raw'),
  installed: key('installed'),
  // OBD
  coolant: key('coolant_temp_c'),
  rpm: key('rpm'),
  obdSpeed: key('obd_speed_kph'),
  intake: key('intake_temp_c'),
  airFlow: key('air_flow_g_s'),
  throttle: key('throttle_percent'),
  timing: key('timing_advance_deg'),
  fuelTrim: key('fuel_trim_percent'),
  obdRaw: key('obd_raw'),
  // Battery management
  cellCount: key('cell_count'),
  cellVoltages: key('cell_voltages'),
  cellsFrom: key('cell_voltages_from'),
  packCharging: key('pack_charging'),
  current: key('current'),
  packVoltage: key('pack_voltage'),
  gatherVoltage: key('gather_voltage'),
  charge: key('soc_percent'),
  overheat: key('overheat'),
  chargeProtection: key('charge_protection'),
  dischargeProtection: key('discharge_protection'),
  wireBreak: key('wire_break'),
  balancing: key('balancing'),
  cycles: key('cycles'),
  fault: key('fault_code'),
  sensorCount: key('temp_sensor_count'),
  powerStage: key('power_stage_temp_c'),
  balancer: key('balancer_temp_c'),
  temperatures: key('battery_temps_c'),
  temperatureGroup: key('battery_temps_group'),
  capacity: key('calibration_capacity'),
  discharged: key('discharge_capacity'),
  unknown1: key('unknown_66'),
  unknown2: key('unknown_88'),
  maxCell: key('max_cell_voltage'),
  maxCellIndex: key('max_cell_index'),
  minCell: key('min_cell_voltage'),
  minCellIndex: key('min_cell_index'),
  maxTemperature: key('max_temp_c'),
  maxTemperatureIndex: key('max_temp_index'),
  minTemperature: key('min_temp_c'),
  minTemperatureIndex: key('min_temp_index'),
  packState: key('pack_state'),
  chargeMos: key('charge_mos'),
  dischargeMos: key('discharge_mos'),
  life: key('life_counter'),
  remaining: key('remaining_capacity_mah'),
  charger: key('charger_connected'),
  load: key('load_connected'),
  digitalIo: key('digital_io'),
  balancingBits: key('balancing_bits'),
  faultBits: key('fault_bits'),
} as const
/** An element of a list has no name. */
export const NO_KEY = new Uint8Array(0)

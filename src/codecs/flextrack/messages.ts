/**
 * The tables of FlexCl, the text protocol of Flextrack's Lommy units over TCP. Source: the project's FlexCl page.
 *
 *   <index>,LOGON,<node id>,<ICCID> CR
 *   <index>,UNITSTAT,<date>,<time>,<node id>, … ,<odometer> CR     exactly twenty fields
 *   <index>,<KEYWORD>[,…] CR                                       anything else a unit may say
 *
 * SUT, the binary UDP protocol of other Lommy units (Capture, Eye, Rock, Power), has no public layout: its datagrams
 * are kept whole and nothing is read out of them.
 */
import { ascii } from '../ascii.ts'
import { key } from '../attributes.ts'

/** Longest frame without its terminator; the largest known one has about 130 bytes. */
export const FRAME_BYTES_MAX = 512
/** Digits of an index, sign not counted. */
export const INDEX_DIGITS_MAX = 10
/** Longest keyword; `UNITSTAT` is the longest known. */
export const KEYWORD_BYTES_MAX = 32
/** End of an over-long frame that is kept so that what follows is still known for its rest. */
export const TAIL_BYTES_MAX = 32

export const LOGON = ascii('LOGON')
export const UNITSTAT = ascii('UNITSTAT')
export const ACK = ascii('ACK')
export const SUT = ascii('SUT')

/** What a sentence is, by its keyword. */
export const Kind = { none: 0, logon: 1, unitstat: 2, ack: 3, other: 4 } as const

/** Fields of `LOGON`. */
export const Logon = {
  nodeId: 2, // decimal
  iccid: 3, // of the SIM, 10 to 20 digits
} as const

/** Fields of `UNITSTAT`. */
export const Field = {
  date: 2, // yyyymmdd, UTC
  time: 3, // hhmmss, UTC
  nodeId: 4, // decimal
  latitude: 5, // N|S, degrees . minutes . decimals of the minutes
  longitude: 6, // E|W, the same
  speed: 7, // km/h
  course: 8, // degrees
  satellites: 9, // used; 0: no fix
  battery: 10, // mV
  gsm: 11, // dBm
  state: 12, // hex, 1 to 4 digits; meanings unpublished
  operator: 13, // MCC in three digits, MNC in the two or three behind
  altitude: 14, // m
  hdop: 15, // tenths
  cell: 16, // hex
  fixSeconds: 17, // s: age of the fix, or time it took
  lac: 18, // hex
  odometer: 19, // unit unpublished
} as const
export const FIELDS = 20

/** An HDOP of so many tenths or more is how a unit says "unknown". */
export const HDOP_UNKNOWN = 990

/** Names of attributes; where they say what a column says, the column's name. */
export const Key = {
  index: key('index'),
  iccid: key('iccid'),
  fields: key('fields'),
  state: key('state'),
  fixSeconds: key('gps_fix_seconds'),
  odometer: key('odometer_raw'),
  timeSource: key('time_source'),
  timeRaw: key('time_raw'),
  speed: key('speed_kph'),
  course: key('course_deg'),
  satellites: key('satellites'),
  altitude: key('altitude_m'),
  hdop: key('hdop'),
} as const
/** `field_<n>`: a field whose value is none, as sent. */
export const KEY_FIELD = Array.from({ length: FIELDS }, (_, field) => key(`field_${field}`))
export const TIME_RECEIVED = ascii('received')

/** What an SMS of a tracker says: a table of its keys, one of its alarms, one of the results of commands. */
import { Alarm } from '../alarms.ts'
import { DATE_LINE_E7, POLE_E7 } from './messages.ts'
import { asciiLower, readSms, type SmsKey } from './sms-text.ts'

export interface Place {
  /** 1e-7 degree. */
  latE7: number
  lonE7: number
}

/** Numbers that a text does not say are NaN, everything else null. */
export interface SmsReport {
  message: string
  /** True if people do not write such a text, nor other trackers. */
  certain: boolean
  alarms: number[]
  place: Place | null
  /** True if there was no fix when the text was written: `place` is an old one. */
  noFix: boolean
  /** Local date and time of the text, as it writes them. */
  moment: string
  /** The same of the position before the signal was lost. */
  lastPlace: Place | null
  lastMoment: string
  speedKph: number
  courseDeg: number
  altitudeM: number
  satellites: number
  ignition: boolean | null
  charging: boolean | null
  batteryPct: number
  batteryV: number
  rssi: number
  mcc: number
  mnc: number
  lac: number
  cellId: number
  attributes: Record<string, unknown>
}

export const interpretSms = (text: string): SmsReport => {
  const { headline, values, repeats } = readSms(text)
  const report = blankReport()
  let spare = repeats
  for (const [key, value] of values) if (READERS[key](value, report) !== '') spare = true
  spare = !readPlaces(values, report) || spare
  readHeadline(headline, values, report)
  if (spare || report.message === UNKNOWN_SMS) report.attributes.text = text
  return report
}

/** Message of a text that is none of a tracker's. */
export const UNKNOWN_SMS = 'sms'

const blankReport = (): SmsReport => ({
  message: UNKNOWN_SMS,
  certain: false,
  alarms: [],
  place: null,
  noFix: false,
  moment: '',
  lastPlace: null,
  lastMoment: '',
  speedKph: NaN,
  courseDeg: NaN,
  altitudeM: NaN,
  satellites: NaN,
  ignition: null,
  charging: null,
  batteryPct: NaN,
  batteryV: NaN,
  rssi: NaN,
  mcc: NaN,
  mnc: NaN,
  lac: NaN,
  cellId: NaN,
  attributes: {},
})

/** Takes a value into the report; the part of it that is not understood. */
type Reader = (value: string, report: SmsReport) => string

const FULL_CIRCLE = 360
const SATELLITES_MAX = 99
/** Largest MCC and MNC. */
const NETWORK_MAX = 999
const PLACE_READ_ELSEWHERE: Reader = () => ''

/** `[<date> ]<time>` and what is behind it. */
const momentOf = (value: string): [moment: string, rest: string] => {
  const words = value.split(' ')
  const count = words[0].includes('/') ? 2 : words[0].includes(':') ? 1 : 0
  return [words.slice(0, count).join(' '), words.slice(count).join(' ')]
}

/** Reads ON or OFF. */
const flag =
  (set: (report: SmsReport, on: boolean) => void): Reader =>
  (value, report) => {
    const [state, rest] = firstWord(asciiLower(value))
    if (state !== 'on' && state !== 'off') return value
    set(report, state === 'on')
    return rest
  }

/** Reads a number; `set` is false if it cannot be what it says. */
const number =
  (set: (report: SmsReport, value: number) => boolean, unit = ''): Reader =>
  (value, report) => {
    const [first, rest] = firstWord(withoutMark(value))
    const [found, behind] = leadingNumber(first)
    if (Number.isNaN(found) || !set(report, found)) return value
    return behind === unit ? rest : behind + rest
  }

/** Keeps the value as an attribute. */
const kept =
  (name: string): Reader =>
  (value, report) => {
    if (value !== '') report.attributes[name] = value
    return ''
  }

/** `3.61V,0,`: volts, and whether it is being charged. */
const readBattery = (value: string, report: SmsReport): string => {
  const [volts, charging = '', ...rest] = value.split(',')
  const [found, unit] = leadingNumber(volts)
  if (Number.isNaN(found) || asciiLower(unit) !== 'v') return value
  report.batteryV = found
  if (charging !== '0' && charging !== '1') return charging + rest.join('')
  report.charging = charging === '1'
  return rest.join('')
}

/** The position, and the one before the signal was lost; false: one of them cannot be read. */
const readPlaces = (values: ReadonlyMap<SmsKey, string>, report: SmsReport): boolean => {
  const lat = values.get('lat') ?? ''
  const long = values.get('long') ?? ''
  const [link, behind] = firstWord(values.get('link') ?? '')
  const [lastLink, behindLast] = firstWord(values.get('last link') ?? '')
  const linked = linkPlace(link)
  report.lastPlace = linkPlace(lastLink)
  const understood = behind === '' && behindLast === '' && (report.lastPlace !== null || lastLink === '')
  if (lat === '' && long === '') {
    report.place = linked
    return understood && (linked !== null || link === '')
  }
  report.place = placeOf(lat, long)
  // The link repeats the position. One that says something else is an old position.
  if (linked !== null && !isSame(report.place, linked)) {
    report.attributes.link_latitude = linked.latE7 / 1e7
    report.attributes.link_longitude = linked.lonE7 / 1e7
  }
  const isZero = leadingNumber(lat)[0] === 0 && leadingNumber(long)[0] === 0
  return understood && (report.place !== null || isZero)
}

/** Text and link round to other decimals. */
const SAME_E7 = 1000
const isSame = (one: Place | null, other: Place): boolean =>
  one !== null && Math.abs(one.latE7 - other.latE7) <= SAME_E7 && Math.abs(one.lonE7 - other.lonE7) <= SAME_E7

/** `http://maps.google.com/maps?f=q&q=40.3,29.9&z=16`, `…?q=N22.5,E113.8`, `…?q=40.3%2c29.9` */
const linkPlace = (link: string): Place | null => {
  const lower = asciiLower(link)
  const at = Math.max(lower.indexOf('?q='), lower.indexOf('&q='))
  if (at < 0) return null
  const [query] = lower.slice(at + '?q='.length).split('&', 1)
  const [lat, long = ''] = query.replaceAll('%2c', ',').split(',')
  return placeOf(lat, long)
}

/** Signed degrees, or degrees behind the letter of a hemisphere; null: no position, as which zeros count. */
const placeOf = (lat: string, long: string): Place | null => {
  const latE7 = degreesE7(lat, 'n', 's')
  const lonE7 = degreesE7(long, 'e', 'w')
  if (!(Math.abs(latE7) <= POLE_E7 && Math.abs(lonE7) <= DATE_LINE_E7)) return null
  return latE7 === 0 && lonE7 === 0 ? null : { latE7, lonE7 }
}

const degreesE7 = (text: string, positive: string, negative: string): number => {
  const letter = asciiLower(text.slice(0, 1))
  const [degrees, rest] = leadingNumber(letter === positive || letter === negative ? text.slice(1) : text)
  if (rest !== '') return NaN
  return Math.round((letter === negative ? -degrees : degrees) * 1e7)
}

/** Alarms by the first line, in lower case without exclamation mark. */
const ALARMS: Record<string, number> = {
  'help me': Alarm.sos,
  'low battery': Alarm.low_battery,
  'power alarm': Alarm.power_cut,
  'ac alarm': Alarm.power_cut,
  'door alarm': Alarm.door,
  'acc alarm': Alarm.illegal_ignition,
  'acc on': Alarm.ignition_on,
  'acc off': Alarm.ignition_off,
  'sensor alarm': Alarm.vibration,
  speed: Alarm.overspeed,
  move: Alarm.movement,
  stockade: Alarm.geofence_exit,
  accident: Alarm.collision,
  'accident alarm': Alarm.collision,
  'bonnet alarm': Alarm.bonnet,
  'footbrake alarm': Alarm.footbrake,
  'no gps': Alarm.gps_signal_lost,
}
/** How makers print the first of them. */
const HELP_SPELLINGS = ['help me', 'heip me', 'hlp me', 'hip me']

/** Results of commands, as `ALARMS`; what they say of the vehicle. */
const RESULTS: Record<string, { alarm?: number; attributes?: Record<string, unknown> }> = {
  'stop engine succeed': { alarm: Alarm.engine_cut },
  'resume engine succeed': { alarm: Alarm.engine_restored },
  'it will be executed after speed less than 20km/h': { attributes: { engine_cut_pending: true } },
  'tracker is activated': { attributes: { armed: true } },
  'tracker is deactivated': { attributes: { armed: false } },
  'begin ok': {},
  'admin ok': {},
  'password ok': {},
  'apn ok': {},
  'adminip ok': {},
  'gprs ok': {},
  'sms ok': {},
  'time ok': {},
  'speed ok': {},
  'move ok': {},
  'stockade ok': {},
  'save ok': {},
  'clear ok': {},
  'load ok': {},
  'reset ok': {},
  'distance ok': {},
  'angle ok': {},
  'sleep off ok': {},
  'help me ok': {},
  'load fail! please check gprs': {},
  'pwd fail': {},
}
/** Last words of results that the manuals do not list. */
const RESULT_ENDINGS = [' ok', ' fail', ' succeed']

const IMEI_DIGITS = 15
/** Keys of the answer to `check`. */
const CHECK_KEYS: readonly SmsKey[] = [
  'power',
  'battery',
  'gprs',
  'gps',
  'acc',
  'door',
  'gsm',
  'oil',
  'apn',
  'ip',
  'port',
]
/** An answer has at least as many of them as no report has. */
const CHECK_KEYS_MIN = 4

const readHeadline = (headline: string, values: ReadonlyMap<SmsKey, string>, report: SmsReport): void => {
  const words = asciiLower(withoutMark(headline))
  const hasCoordinates = values.has('lat') && values.has('long')
  const hasPlace = hasCoordinates || values.has('link') || values.has('lac')
  if (values.size === 0 && readAnswer(headline, words, report)) return
  if (readAlarm(headline, words, hasPlace, report)) {
    report.certain = hasPlace || headline.endsWith('!')
    return
  }
  if (headline !== '') report.attributes.event = headline
  const [firstKey] = values.keys()
  const checkKeys = CHECK_KEYS.filter((key) => values.has(key)).length
  if (headline === '' && firstKey === 'oil') {
    // `oil: 24%` opens with what elsewhere is a key.
    report.message = 'oil'
    report.alarms.push(Alarm.fuel_theft)
    report.certain = hasPlace
  } else if (hasPlace || values.has('t') || values.has('speed')) {
    if (report.message === UNKNOWN_SMS) report.message = 'position'
    // A link alone is what people send, too.
    report.certain = hasCoordinates || values.has('lac')
  } else if (checkKeys > 0) {
    report.message = 'check'
    report.certain = checkKeys >= CHECK_KEYS_MIN
  } else if (report.attributes.imei !== undefined) report.message = 'imei'
  else delete report.attributes.event // the whole text is kept
}

/** The result of a command, or the answer to `imei`; false: it is none. */
const readAnswer = (headline: string, words: string, report: SmsReport): boolean => {
  if (headline.length === IMEI_DIGITS && [...headline].every(isDigit)) {
    report.message = 'imei'
    report.attributes.imei = headline
    return true
  }
  const result = Object.hasOwn(RESULTS, words) ? RESULTS[words] : null
  if (result === null && !RESULT_ENDINGS.some((ending) => words.endsWith(ending))) return false
  report.message = 'reply'
  report.certain = result !== null
  report.attributes.command_reply = headline
  if (result?.alarm !== undefined) report.alarms.push(result.alarm)
  Object.assign(report.attributes, result?.attributes)
  return true
}

/** Takes a first line that is an alarm into the report; false: it is none. `hasPlace`: a position follows. */
const readAlarm = (headline: string, words: string, hasPlace: boolean, report: SmsReport): boolean => {
  const raise = (message: string, alarm: number, attributes: Record<string, unknown> = {}): true => {
    report.message = message
    report.alarms.push(alarm)
    Object.assign(report.attributes, attributes)
    return true
  }
  const known = HELP_SPELLINGS.includes(words) ? HELP_SPELLINGS[0] : words
  if (Object.hasOwn(ALARMS, known)) {
    readEffect(ALARMS[known], report)
    return raise(known, ALARMS[known])
  }
  const value = argumentOf(words, 'speed')
  if (value !== null && value >= 0) return raise('speed', Alarm.overspeed, { speed_limit_kph: value })
  const percent = argumentOf(words, 'oil', '%')
  if (percent !== null && percent >= 0) return raise('oil', Alarm.fuel_theft, { fuel1_percent: percent })
  const celsius = argumentOf(words, 't:')
  if (celsius !== null) return raise('T', Alarm.temperature, { temperature_c: celsius })
  if (words.startsWith('dtc:') || words.startsWith('dtc ')) {
    const codes = withoutMark(headline).slice('dtc:'.length).replaceAll(',', ' ').split(' ')
    return raise('DTC', Alarm.fault, { dtcs: codes.filter(Boolean) })
  }
  if (!hasPlace && !headline.endsWith('!')) return false
  const area = withoutMark(headline)
  if (words.endsWith(' in')) return raise('area in', Alarm.geofence_enter, { area: area.slice(0, -' in'.length) })
  if (words.endsWith(' out')) return raise('area out', Alarm.geofence_exit, { area: area.slice(0, -' out'.length) })
  return false
}

/** What an alarm says besides of ignition, door and fix. */
const readEffect = (alarm: number, report: SmsReport): void => {
  const { attributes } = report
  if (alarm === Alarm.door) attributes.door ??= true
  if (alarm === Alarm.illegal_ignition) report.ignition ??= true
  if (alarm === Alarm.gps_signal_lost) report.noFix = true
  if (alarm === Alarm.ignition_on || alarm === Alarm.ignition_off) {
    // The alarm is the newer statement; the other is kept beside it.
    if (report.ignition !== null) attributes.acc_field = report.ignition ? 1 : 0
    report.ignition = alarm === Alarm.ignition_on
  }
}

/** The number behind a word: `speed 080`, `speed+080`, `oil: 24.32%`; null: there is none. */
const argumentOf = (words: string, before: string, unit = ''): number | null => {
  if (!words.startsWith(before)) return null
  const argument = words.slice(before.length).replace(':', '').trim()
  const [value, rest] = leadingNumber(argument)
  return Number.isNaN(value) || (rest !== '' && rest !== unit) ? null : value
}

/** Without the exclamation mark at the end. */
const withoutMark = (text: string): string => (text.endsWith('!') ? text.slice(0, -1).trimEnd() : text)

const firstWord = (text: string): [word: string, rest: string] => {
  const space = text.indexOf(' ')
  return space < 0 ? [text, ''] : [text.slice(0, space), text.slice(space + 1)]
}

/** Digits that a double holds for certain. */
const DIGITS_MAX = 15

/** The number that opens a text, and what is behind it; NaN and the text: none. */
const leadingNumber = (text: string): [value: number, rest: string] => {
  let at = text[0] === '-' || text[0] === '+' ? 1 : 0
  let digits = 0
  let point = false
  for (; at < text.length; at++) {
    if (text[at] === '.' && !point) point = true
    else if (isDigit(text[at])) digits++
    else break
  }
  return digits === 0 || digits > DIGITS_MAX ? [NaN, text] : [Number(text.slice(0, at)), text.slice(at)]
}

/** A text of digits alone, at most `max`; NaN. */
const wholeOf = (text: string, max: number): number => {
  const value = text !== '' && text.length <= DIGITS_MAX && [...text].every(isDigit) ? Number(text) : NaN
  return value <= max ? value : NaN
}

const HEX_DIGITS = '0123456789abcdef'
const HEX_DIGITS_MAX = 8
const hexOf = (text: string): number => {
  const lower = asciiLower(text)
  const isHex =
    lower !== '' && lower.length <= HEX_DIGITS_MAX && [...lower].every((digit) => HEX_DIGITS.includes(digit))
  return isHex ? parseInt(lower, 16) : NaN
}

const isDigit = (character: string): boolean => character >= '0' && character <= '9'

/** By key of `readSms`. */
const READERS: Record<SmsKey, Reader> = {
  lat: PLACE_READ_ELSEWHERE,
  long: PLACE_READ_ELSEWHERE,
  link: PLACE_READ_ELSEWHERE,
  'last link': PLACE_READ_ELSEWHERE,
  last: (value) => value,
  // The one-line form has date and time behind the speed, and no key before them.
  speed: (value, report) => {
    if (value === '') return ''
    const [word, rest] = firstWord(value)
    const [kph, unit] = leadingNumber(word)
    if (!(kph >= 0)) return value
    const [moment, behind] = momentOf(rest)
    report.speedKph = kph
    report.moment = moment
    return unit + behind
  },
  dir: number((report, degrees) => {
    if (!(degrees >= 0 && degrees <= FULL_CIRCLE)) return false
    report.courseDeg = degrees % FULL_CIRCLE
    return true
  }),
  t: (value, report) => {
    const [moment, rest] = momentOf(value)
    if (moment !== '') report.moment = moment
    return rest
  },
  'last t': (value, report) => {
    const [moment, rest] = momentOf(value)
    report.lastMoment = moment
    return rest
  },
  lac: (value, report) => {
    const [lac, cell, ...rest] = value.replaceAll(',', ' ').split(' ')
    report.lac = hexOf(lac)
    report.cellId = hexOf(cell ?? '')
    report.noFix = true
    return value === '' || (report.lac >= 0 && report.cellId >= 0) ? rest.join(' ') : value
  },
  power: flag((report, on) => {
    report.attributes.external_power = on
  }),
  door: flag((report, on) => {
    report.attributes.door = on
  }),
  acc: flag((report, on) => {
    report.ignition = on
  }),
  battery: number((report, percent) => {
    if (!(percent >= 0 && percent <= 100)) return false
    report.batteryPct = Math.round(percent)
    return true
  }, '%'),
  oil: number((report, percent) => {
    report.attributes.fuel1_percent = percent
    return true
  }, '%'),
  gsm: number((report, strength) => {
    if (!(strength >= 0 && strength <= 0xff)) return false
    report.rssi = strength
    return true
  }),
  gprs: kept('gprs'),
  gps: kept('gps'),
  apn: kept('apn'),
  ip: kept('server_ip'),
  port: kept('server_port'),
  full: readBattery,
  low: (value, report) => {
    report.alarms.push(Alarm.low_battery)
    return readBattery(value, report)
  },
  // `F` a fix, `L` none; then the alarm.
  signal: (value, report) => {
    const [letter, words] = firstWord(value)
    if (letter !== 'F' && letter !== 'L') return value
    if (letter === 'L') report.noFix = true
    return words === '' || readAlarm(words, asciiLower(words), true, report) ? '' : words
  },
  imei: (value, report) => {
    const [imei, satellites = '', altitude = '', mcc = '', mnc = '', lac = '', cellId = '', ...rest] = value.split(' ')
    report.attributes.imei = imei
    report.satellites = wholeOf(satellites, SATELLITES_MAX)
    report.altitudeM = leadingNumber(altitude)[0]
    report.mcc = wholeOf(mcc, NETWORK_MAX)
    report.mnc = wholeOf(mnc, NETWORK_MAX)
    report.lac = hexOf(lac)
    report.cellId = hexOf(cellId)
    const said: [text: string, value: number][] = [
      [satellites, report.satellites],
      [altitude, report.altitudeM],
      [mcc, report.mcc],
      [mnc, report.mnc],
      [lac, report.lac],
      [cellId, report.cellId],
    ]
    const spare = said.filter(([text, number]) => text !== '' && Number.isNaN(number)).map(([text]) => text)
    return [...spare, ...rest].join(' ')
  },
}

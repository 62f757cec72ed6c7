/** What holds for every row of every codec, whatever the frame said. */
import { ALARM_NAMES } from '../../src/codecs/alarms.ts'
import { SOURCES, UNKNOWN, type Records } from '../../src/codecs/records.ts'
import { Violation } from './guard.ts'

const text = new TextDecoder('utf-8', { fatal: true })
/** Times that trackers can mean: their clocks begin in 1980 or later, and end with 32 bits of seconds or two digits of a year. */
const EARLIEST_MS = Date.UTC(1970, 0, 1),
  LATEST_MS = Date.UTC(2108, 0, 1)

const FINITE = 3.4e38
/** Allowed values of a column: from, to (both in), and whether "not said" is one. */
const RANGES = [
  ['isFix', 0, 1],
  ['valid', 0, 1],
  ['buffered', 0, 1],
  ['source', 0, SOURCES.length - 1],
  ['ignition', 0, 1, UNKNOWN],
  ['motion', 0, 1, UNKNOWN],
  ['charging', 0, 1, UNKNOWN],
  ['satellites', 0, 255, UNKNOWN],
  ['batteryPct', 0, 100, UNKNOWN],
  // As large as the tracker says: a column holds it, and a query sees it.
  ['speedKph', 0, FINITE, NaN],
  ['hdop', 0, FINITE, NaN],
  ['altitudeM', -FINITE, FINITE, NaN],
  ['batteryV', -FINITE, FINITE, NaN],
  ['powerV', -FINITE, FINITE, NaN],
  ['odometerKm', 0, FINITE, NaN],
  ['lac', 0, 0xffff_ffff, NaN],
  ['cellId', 0, Number.MAX_SAFE_INTEGER, NaN],
] as const

export function checkRows(codec: string, records: Records): void {
  const broken = (rule: string, value: unknown): never => {
    throw new Violation('row', `${codec}: ${rule} ${String(value)}`)
  }
  for (let row = 0; row < records.rows; row++) {
    for (const [name, from, to, unknown] of RANGES) {
      const value = records[name][row]
      if (!(value >= from && value <= to) && !Object.is(value, unknown)) broken(name, value)
    }
    const course = records.courseDeg[row]
    if (!Number.isNaN(course) && !(course >= 0 && course < 360)) broken('courseDeg', course)
    const time = records.fixMs[row]
    if (!Number.isNaN(time) && !(time > EARLIEST_MS && time < LATEST_MS)) broken('fixMs', time)
    if (records.isFix[row]) {
      if (Number.isNaN(time)) broken('a fix without a time', '')
      if (Math.abs(records.latE7[row]) > 90e7) broken('latE7', records.latE7[row])
      if (Math.abs(records.lonE7[row]) > 180e7) broken('lonE7', records.lonE7[row])
    }
    checkJson(records.attributes.value(row), broken)
  }
  for (let at = 0; at < records.alarmCount; at++)
    if (!(records.alarmCodes[at] > 0 && records.alarmCodes[at] < ALARM_NAMES.length))
      broken('alarm', records.alarmCodes[at])
}

/** One JSON object, in which no name comes twice: ClickHouse takes no other. */
function checkJson(json: Uint8Array, broken: (rule: string, value: unknown) => never): void {
  let value: unknown
  try {
    value = JSON.parse(text.decode(json))
  } catch {
    broken('attributes are no JSON', Buffer.from(json).toString('latin1'))
  }
  if (json[0] !== 0x7b) broken('attributes are no object', Buffer.from(json).toString('latin1'))
  if (namesWritten(json) !== namesIn(value)) broken('a name twice in', Buffer.from(json).toString('latin1'))
}

const QUOTE = 0x22,
  BACKSLASH = 0x5c,
  COLON = 0x3a

function namesWritten(json: Uint8Array): number {
  let names = 0
  let inString = false
  for (let at = 0; at < json.length; at++) {
    const byte = json[at]
    if (byte === BACKSLASH) at++
    else if (byte === QUOTE) inString = !inString
    else if (byte === COLON && !inString) names++
  }
  return names
}

function namesIn(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  let names = Array.isArray(value) ? 0 : Object.keys(value).length
  for (const inner of Object.values(value)) names += namesIn(inner)
  return names
}

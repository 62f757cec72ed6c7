/**
 * The SMS of these trackers: reports with and without a fix, alarms, the answer to `check`, results of commands. Source:
 * user manuals of the family, field logs. Line ends may be spaces by the time a text is here.
 *
 *   [<alarm>] lat:<d.d> long:<d.d> speed:<km/h> [dir:<degrees>] T:<date> <time> [<link>] [Pwr: ON Door: OFF ACC: OFF]
 *   [<alarm>] Lac:<hex> <hex> T:[<date> <time>] [Last: T:[<date> ]<time> <link>] [PWR:… Door:… ACC:…]
 *   lat: <d.d> long: <d.d> speed:<km/h> <date> <time> <F|L>:<V>V,<charging>, Signal:<F|L> [<alarm>] imei:<id> <satellites> <altitude> [<cell>]
 *   Power: ON Battery: 100% GPRS: ON GPS: OK ACC: OFF Door: OFF GSM Signal: 21 Oil: 0.00% APN: … IP: … PORT: …
 *
 * Off the hot path: a tracker sends few of these, and each costs its owner money.
 */
import { attributeText } from '../attributes.ts'
import { MAYBE, NO, YES, type FrameContext } from '../codec.ts'
import { Source, type Records } from '../records.ts'
import { Key, TIME_LOCAL } from './messages.ts'
import { ZONE_UNKNOWN } from './session.ts'
import { interpretSms, UNKNOWN_SMS, type Place, type SmsReport } from './sms-report.ts'
import { localMs, zoneKnown, zoneOfReceipt } from './sms-time.ts'
import { believable, writeClaim, writeNoTime } from './time.ts'
import type { Zones } from './zones.ts'

const fromUtf8 = new TextDecoder()
const toUtf8 = new TextEncoder()
const MINUTE_MS = 60_000

/** How sure we are that a text is an SMS of one of these trackers. */
export const recogniseSms = (bytes: Uint8Array, start: number, end: number): number => {
  const { message, certain } = interpretSms(fromUtf8.decode(bytes.subarray(start, end)))
  if (message === UNKNOWN_SMS) return NO
  return certain ? YES : MAYBE
}

/** Appends what a text says: a record, and one more for a position that is older than the text. */
export const decodeSms = (
  bytes: Uint8Array,
  start: number,
  end: number,
  context: FrameContext,
  records: Records,
  zones: Zones,
): number => {
  const report = interpretSms(fromUtf8.decode(bytes.subarray(start, end)))
  const clock = clockOf(report, context, zones)
  const { place, lastPlace } = report
  // With a date of its own, the position before the signal was lost is as old as that; the alarm is new.
  const lastIsApart = place === null && lastPlace !== null && !Number.isNaN(clock.lastMs)
  writeReport(report, place ?? (lastIsApart ? null : lastPlace), clock, context, records)
  if (!lastIsApart) return 1
  records.begin(LAST)
  writePlace(lastPlace, false, records)
  writeMoment(clock.lastMs, clock, context, records)
  records.end()
  return 2
}
const LAST = toUtf8.encode('last position')

/** The times of a text as ms since 1970 by the tracker's clock, NaN if it does not say, and the zone of that clock. */
interface Clock {
  ms: number
  lastMs: number
  zoneMinutes: number
  /** Attributes that say how the zone was found. */
  found: Record<string, unknown>
}

const clockOf = (report: SmsReport, context: FrameContext, zones: Zones): Clock => {
  const { receivedMs } = context
  const known = zoneKnown(context, zones)
  const nearMs = known === ZONE_UNKNOWN ? receivedMs : receivedMs + known * MINUTE_MS
  const ms = localMs(report.moment, nearMs)
  const lastMs = localMs(report.lastMoment, nearMs)
  if (known !== ZONE_UNKNOWN) return { ms, lastMs, zoneMinutes: known, found: {} }
  const inferred = zoneOfReceipt(ms, receivedMs)
  if (inferred !== ZONE_UNKNOWN)
    return { ms, lastMs, zoneMinutes: inferred, found: { timezone_inferred_minutes: inferred } }
  const said = !Number.isNaN(ms) || !Number.isNaN(lastMs)
  return { ms, lastMs, zoneMinutes: 0, found: said ? { timezone_assumed: true } : {} }
}

const writeReport = (
  report: SmsReport,
  place: Place | null,
  clock: Clock,
  context: FrameContext,
  records: Records,
): void => {
  const row = records.begin(toUtf8.encode(report.message))
  for (const alarm of report.alarms) records.alarm(alarm)
  const attributes = { ...report.attributes, ...clock.found }
  if (place !== null) writePlace(place, place === report.place && !report.noFix, records)
  writeMotion(report, attributes, records)
  // Columns whose unknown is NaN take the report's as it is.
  records.batteryV[row] = report.batteryV
  records.lac[row] = report.lac
  records.cellId[row] = report.cellId
  if (report.batteryPct >= 0) records.batteryPct[row] = report.batteryPct
  if (report.rssi >= 0) records.rssi[row] = report.rssi
  if (report.mcc >= 0) records.mcc[row] = report.mcc
  if (report.mnc >= 0) records.mnc[row] = report.mnc
  if (report.ignition !== null) records.ignition[row] = report.ignition ? 1 : 0
  if (report.charging !== null) records.charging[row] = report.charging ? 1 : 0
  if (Number.isNaN(clock.ms) && report.moment !== '') attributes.device_time_text = report.moment
  if (Number.isNaN(clock.lastMs) && report.lastMoment !== '') attributes.last_time_text = report.lastMoment
  writeAttributes(attributes, records)
  writeMoment(clock.ms, clock, context, records)
  records.end()
}

const writePlace = ({ latE7, lonE7 }: Place, valid: boolean, records: Records): void => {
  const row = records.rows
  records.isFix[row] = 1
  records.latE7[row] = latE7
  records.lonE7[row] = lonE7
  records.valid[row] = valid ? 1 : 0
  records.source[row] = valid ? Source.gnss : Source.lastKnown
}

/** Speed, course, altitude and satellites: columns of a fix, attributes of telemetry. */
const writeMotion = (report: SmsReport, attributes: Record<string, unknown>, records: Records): void => {
  const row = records.rows
  const { speedKph, courseDeg, altitudeM, satellites } = report
  if (records.isFix[row]) {
    records.speedKph[row] = speedKph
    records.courseDeg[row] = courseDeg
    records.altitudeM[row] = altitudeM
    if (satellites >= 0) records.satellites[row] = satellites
    return
  }
  for (const [name, value] of Object.entries({
    speed_kph: speedKph,
    course_deg: courseDeg,
    altitude_m: altitudeM,
    satellites,
  }))
    if (!Number.isNaN(value)) attributes[name] = value
}

/** The open row has no attributes yet; `records.end` closes the object. */
const writeAttributes = (attributes: Record<string, unknown>, records: Records): void => {
  const json = toUtf8.encode(JSON.stringify(attributes))
  if (json.length > '{}'.length) records.attributes.append(json, 0, json.length - 1)
}

/** Writes a time by the tracker's clock as the time of the open row. */
const writeMoment = (ms: number, clock: Clock, context: FrameContext, records: Records): void => {
  const { receivedMs } = context
  if (Number.isNaN(ms)) return writeNoTime(receivedMs, records)
  const claim = ms - clock.zoneMinutes * MINUTE_MS
  if (believable(claim, receivedMs)) attributeText(records, Key.timeSource, TIME_LOCAL, 0, TIME_LOCAL.length)
  writeClaim(claim, clock.found.timezone_assumed === true, receivedMs, records)
}

/**
 * Simulated ATrack AL7: a keep-alive opens the session, one reply covers a frame of several records. A quarter of the
 * fleet each writes binary or text, with times as seconds or as dates.
 */
import type { AlarmName } from '../codecs/alarms.ts'
import * as atrack from '../codecs/atrack/encode.ts'
import type { Reply, TrackerProtocol } from './protocol.ts'
import type { SimulatedFix } from './vehicle.ts'

const FORM = '%CI%SA%MV%BV%GQ%CE%LC%CN%AT%DT%SD%DL%HA%HB%HC%IP%BL%JD%PL%TW%SP%SS%TP1'
/** Codes of the form that raise an alarm. */
const CODES: Partial<Record<AlarmName, string>> = {
  overspeed: 'SD',
  idle: 'DL',
  harsh_acceleration: 'HA',
  harsh_braking: 'HB',
  harsh_cornering: 'HC',
  collision: 'IP',
  low_battery: 'BL',
  jamming: 'JD',
  low_power: 'PL',
  tow: 'TW',
  long_stop: 'SP',
  gps_antenna_cut: 'SS',
  temperature: 'TP1',
}
const TRACKING = 2,
  USER_EVENT = 110
/** What is no report is told from reports by its sequence, in the reply too: they count from 1. */
const KEEP_ALIVE_SEQUENCE = 0
const INCOMPLETE: Reply = { size: 0, kind: 'other', serial: -1 }
/** The protocol's units of coordinates and distance. */
const PER_DEGREE = 1_000_000,
  PER_KM = 10

export const atrackTracker: TrackerProtocol = {
  name: 'atrack',
  alarms: Object.keys(CODES) as AlarmName[],
  acksEachFix: false,
  login: (imei) => atrack.encodeKeepAlive(imei, KEEP_ALIVE_SEQUENCE),
  report: (imei, fixes, serial) => {
    const variant = Number(imei.at(-1)) % 4
    const frame: atrack.PositionFrame = {
      unitId: imei,
      sequence: serial,
      sentMs: Math.max(...fixes.map((fix) => fix.timeMs)),
      form: FORM,
      readable: variant >= 2,
      records: fixes.map(recordOf),
    }
    return variant % 2 === 0 ? atrack.encodeBinary(frame) : atrack.encodeText(frame)
  },
  heartbeat: (imei, fix, serial) =>
    Buffer.concat([atrack.encodeKeepAlive(imei, KEEP_ALIVE_SEQUENCE), EXTRAS[serial % EXTRAS.length](imei, fix)]),
  readReply: (bytes, start, end) => {
    const size = atrack.ackSize(bytes, start, end)
    if (size === 0) return INCOMPLETE
    if (size < 0) return { size: 1, kind: 'other', serial: -1 }
    const serial = atrack.ackSequence(bytes, start)
    return { size, kind: serial === KEEP_ALIVE_SEQUENCE ? 'login' : 'reports', serial }
  },
  rounded: (fix) => ({
    ...fix,
    latitude: Math.round(fix.latitude * PER_DEGREE) / PER_DEGREE,
    longitude: Math.round(fix.longitude * PER_DEGREE) / PER_DEGREE,
    odometerKm: Math.round(fix.odometerKm * PER_KM) / PER_KM,
  }),
}

/** What a unit sends besides: a picture, a text of its serial port, the answer to AT$INFO. */
const EXTRAS: readonly ((imei: string, fix: SimulatedFix) => Uint8Array)[] = [
  () => new Uint8Array(0),
  (imei, fix) => Buffer.concat(atrack.encodePhoto(imei, KEEP_ALIVE_SEQUENCE, fix.timeMs, PICTURE)),
  (imei, fix) => atrack.encodeShortText({ unitId: imei, sequence: KEEP_ALIVE_SEQUENCE }, fix.timeMs, 'METER 0042'),
  (imei, fix) =>
    atrack.encodeInfo({
      unitId: imei,
      model: 'AL7',
      firmware: 'Rev.1.05 Build.0012',
      imei,
      imsi: `732101${imei.slice(-9)}`,
      iccid: `8957010${imei.slice(-12)}`,
      powerV: fix.ignition ? 13.9 : 12.6,
      batteryV: 4.1,
      satellites: fix.satellites,
      registration: 1,
      signal: 21,
      connected: 1,
      antenna: 0,
    }),
]
/** Opens and ends as a JPEG does. */
const PICTURE = Uint8Array.of(0xff, 0xd8, 0xff, 0xe0, ...new Uint8Array(600).fill(0x55), 0xff, 0xd9)

function recordOf(fix: SimulatedFix): atrack.PositionRecord {
  const code = fix.alarm === null ? undefined : CODES[fix.alarm]
  return {
    gpsMs: fix.timeMs,
    rtcMs: fix.timeMs,
    latE6: Math.round(fix.latitude * PER_DEGREE),
    lonE6: Math.round(fix.longitude * PER_DEGREE),
    heading: fix.courseDeg,
    report: code === undefined ? TRACKING : USER_EVENT,
    odometerKm: fix.odometerKm,
    hdop: fix.valid ? 0.8 : 99,
    inputs: fix.ignition ? 1 : 0,
    speedKph: fix.speedKph,
    custom: {
      SA: fix.satellites,
      MV: fix.ignition ? 139 : 126,
      BV: 36 + Math.round(fix.batteryPct / 20),
      GQ: 22,
      CE: 7_888_981,
      LC: 20_481,
      CN: 732_101,
      AT: fix.altitudeM,
      DT: fix.buffered ? 1 : 0,
      ...(code === undefined ? {} : { [code]: 1 }),
    },
  }
}

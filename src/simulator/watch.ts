/**
 * Simulated SOS watches and pendants. Positions are not answered: a `TKQ` behind them shows, once answered, that they
 * arrived. The answer to the first `LK` opens the session. Every third tracker numbers its messages; keep-alives, health,
 * cells, settings and voice come between the reports.
 */
import type { AlarmName } from '../codecs/alarms.ts'
import {
  encodeCells,
  encodeConfig,
  encodeHeartRate,
  encodeIccid,
  encodeInit,
  encodeLink,
  encodeOxygen,
  encodePosition,
  encodePressure,
  encodeQuery,
  encodeTemperature,
  encodeVoice,
  readReply,
  type Head,
} from '../codecs/watch/encode.ts'
import type { Reply, TrackerProtocol } from './protocol.ts'
import type { SimulatedFix } from './vehicle.ts'

/** Status bits. */
const ALARMS: Partial<Record<AlarmName, number>> = {
  power_cut: 1 << 14,
  sos: 1 << 16,
  low_battery: 1 << 17,
  geofence_exit: 1 << 18,
  geofence_enter: 1 << 19,
  removing: 1 << 20,
  fall_detected: 1 << 21,
  heart_rate_abnormal: 1 << 22,
}
const STILL = 1 << 4
const GSM_PCT = 72
const CELL = { mcc: 460, mnc: 0, cells: [{ lac: 9768, cellId: 41517, signal: 132 }] }
const WIFI = [{ name: 'Home', mac: 'aa:bb:cc:dd:ee:01', signal: -66 }]
const ICCID = '89860012345678901234'
/** Opening of an AMR file, and bytes that must be escaped. */
const VOICE = Uint8Array.from([...new TextEncoder().encode('#!AMR\n'), 0x7d, 0x5b, 0x5d, 0x2c, 0x2a, 0])
/** One position in so many is sent to ask for the weather. */
const WEATHER_EVERY = 16
const INCOMPLETE: Reply = { size: 0, kind: 'other', serial: -1 }

export const watchTracker: TrackerProtocol = {
  name: 'watch',
  alarms: Object.keys(ALARMS) as AlarmName[],
  acksEachFix: false,
  login: (imei, serial) => {
    const head = headOf(imei, serial)
    return Buffer.concat([encodeInit(head), encodeLink(head), encodeIccid(head, ICCID)])
  },
  report: (imei, fixes, serial) => {
    const head = headOf(imei, serial)
    return Buffer.concat([...fixes.map((fix) => positionOf(head, fix)), encodeQuery(head, 'TKQ')])
  },
  heartbeat: (imei, fix, serial) => STATES[serial % STATES.length](headOf(imei, serial), fix),
  readReply: (bytes, start, end) => {
    const reply = readReply(bytes, start, end)
    if (reply === null) return INCOMPLETE
    const kind = reply.type === 'LK' ? 'login' : reply.type === 'TKQ' ? 'reports' : 'other'
    return { size: reply.size, kind, serial: -1 }
  },
  rounded: (fix) => fix,
}

function headOf(imei: string, serial: number): Head {
  if (Number(imei.at(-1)) % 3 !== 0) return { id: imei }
  return { id: imei, maker: 'ZJ', index: serial.toString(16).padStart(4, '0') }
}

/** An alarm is repeated until it is answered, and so is one even when it comes late. */
function typeOf(fix: SimulatedFix): string {
  if (fix.alarm !== null) return 'AL_LTE'
  if (fix.buffered) return 'UD2'
  return (fix.timeMs / 1000) % WEATHER_EVERY === 0 ? 'WT' : 'UD_LTE'
}

function positionOf(head: Head, fix: SimulatedFix): Uint8Array {
  const alarm = fix.alarm === null ? 0 : (ALARMS[fix.alarm] ?? 0)
  return encodePosition(head, {
    type: typeOf(fix),
    timeMs: fix.timeMs,
    valid: fix.valid,
    latE7: Math.round(fix.latitude * 1e7),
    lonE7: Math.round(fix.longitude * 1e7),
    speedKph: fix.speedKph,
    courseDeg: fix.courseDeg,
    altitudeM: fix.altitudeM,
    satellites: fix.satellites,
    gsmPct: GSM_PCT,
    batteryPct: fix.batteryPct,
    steps: stepsOf(fix),
    tumbles: 0,
    status: alarm | (fix.speedKph < 1 ? STILL : 0),
    ...CELL,
    wifi: WIFI,
    accuracyM: 12.5,
  })
}

const stepsOf = (fix: SimulatedFix) => Math.round(fix.odometerKm * 1000)

/** What a watch says between its reports. */
const STATES: readonly ((head: Head, fix: SimulatedFix) => Uint8Array)[] = [
  (head, fix) => encodeLink(head, { steps: stepsOf(fix), tumbles: 0, batteryPct: fix.batteryPct }),
  (head) => encodeHeartRate(head, 72),
  (head) => encodePressure(head, { systolic: 118, diastolic: 76, bpm: 71 }),
  (head) => encodeTemperature(head, 36.6, 1),
  (head) => encodeOxygen(head, 0, 97),
  (head) => encodeCells(head, CELL),
  (head) => encodeConfig(head, { TY: 'G75', UL: 600, SY: 1, CM: 1 }),
  (head) => encodeQuery(head, 'TIME'),
  (head) => encodeVoice(head, VOICE),
]

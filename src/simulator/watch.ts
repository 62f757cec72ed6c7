/**
 * A simulated 4G SOS watch. Positions are not answered: a `TKQ` behind them shows, once answered, that they arrived.
 * The answer to the first `LK` opens the session.
 */
import type { AlarmName } from '../codecs/alarms.ts'
import { encodeFrame, encodeLink, encodePosition, readReply } from '../codecs/watch/encode.ts'
import type { Reply, TrackerProtocol } from './protocol.ts'
import type { SimulatedFix } from './vehicle.ts'

/** Status bits. */
const ALARMS: Partial<Record<AlarmName, number>> = {
  power_cut: 1 << 14,
  sos: 1 << 16,
  low_battery: 1 << 17,
  geofence_exit: 1 << 18,
  geofence_enter: 1 << 19,
  fall_detected: 1 << 21,
}
const STILL = 1 << 4
const GSM_PCT = 72
const CELL = { mcc: 460, mnc: 0, cells: [{ lac: 9768, cellId: 41517, signal: 132 }] }
const WIFI = [{ name: 'Home', mac: 'aa:bb:cc:dd:ee:01', signal: -66 }]
const INCOMPLETE: Reply = { size: 0, kind: 'other', serial: -1 }

export const watchTracker: TrackerProtocol = {
  name: 'watch',
  alarms: Object.keys(ALARMS) as AlarmName[],
  acksEachFix: false,
  login: (imei) => encodeLink({ id: imei }),
  report: (imei, fixes) =>
    Buffer.concat([...fixes.map((fix) => positionOf(imei, fix)), encodeFrame({ id: imei }, 'TKQ')]),
  heartbeat: () => null,
  readReply: (bytes, start, end) => {
    const reply = readReply(bytes, start, end)
    if (reply === null) return INCOMPLETE
    const kind = reply.type === 'LK' ? 'login' : reply.type === 'TKQ' ? 'reports' : 'other'
    return { size: reply.size, kind, serial: -1 }
  },
  rounded: (fix) => fix,
}

function positionOf(imei: string, fix: SimulatedFix): Uint8Array {
  const alarm = fix.alarm === null ? 0 : (ALARMS[fix.alarm] ?? 0)
  return encodePosition(
    { id: imei },
    {
      // An alarm from the blind spot is a stored position with its bit set.
      type: fix.buffered ? 'UD2' : alarm ? 'AL_LTE' : 'UD_LTE',
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
      steps: Math.round(fix.odometerKm * 1000),
      tumbles: 0,
      status: alarm | (fix.speedKph < 1 ? STILL : 0),
      ...CELL,
      wifi: WIFI,
      accuracyM: 12.5,
    },
  )
}

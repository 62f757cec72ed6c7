/** A simulated TK103B clone. Positions are not confirmed: a handshake behind them shows, once answered, that they arrived. */
import type { AlarmName } from '../codecs/alarms.ts'
import {
  encodeAlarm,
  encodeHandshake,
  encodeLogin,
  encodeReport,
  gpsBlock,
  headerOf,
  readReply,
} from '../codecs/tk103/encode.ts'
import type { Reply, TrackerProtocol } from './protocol.ts'
import type { SimulatedFix } from './vehicle.ts'

/** Codes of BO01. */
const CODES: Partial<Record<AlarmName, number>> = {
  power_cut: 0,
  collision: 1,
  sos: 2,
  vibration: 3,
  overspeed: 5,
  geofence_exit: 6,
  movement: 7,
}
/** The protocol's unit of coordinates, parts of a degree: 1e-4 minutes. */
const PER_DEGREE = 600_000
const METRES_PER_KM = 1000
const INCOMPLETE: Reply = { size: 0, kind: 'other', serial: -1 }

export const tk103Tracker: TrackerProtocol = {
  name: 'tk103',
  alarms: Object.keys(CODES) as AlarmName[],
  acksEachFix: false,
  // Just switched on: no fix yet, and no clock.
  login: (imei) =>
    encodeLogin(headerOf(imei), imei, gpsBlock({ latE7: 0, lonE7: 0, valid: false, speedKph: 0, course: 0 })),
  report: (imei, fixes) =>
    Buffer.concat([...fixes.map((fix) => reportOf(headerOf(imei), fix)), encodeHandshake(headerOf(imei), imei)]),
  heartbeat: () => null,
  readReply: (bytes, start, end) => {
    const reply = readReply(bytes, start, end)
    if (reply.size === 0) return INCOMPLETE
    const kind = reply.text === 'AP05' ? 'login' : reply.text === 'AP01HSO' ? 'reports' : 'other'
    return { size: reply.size, kind, serial: -1 }
  },
  rounded: (fix) => ({
    ...fix,
    latitude: Math.round(fix.latitude * PER_DEGREE) / PER_DEGREE,
    longitude: Math.round(fix.longitude * PER_DEGREE) / PER_DEGREE,
  }),
}

function reportOf(header: string, fix: SimulatedFix): Uint8Array {
  const block = {
    timeMs: fix.timeMs,
    latE7: Math.round(fix.latitude * 1e7),
    lonE7: Math.round(fix.longitude * 1e7),
    valid: fix.valid,
    speedKph: fix.speedKph,
    course: fix.courseDeg,
    io: { ignition: fix.ignition, onBattery: fix.alarm === 'power_cut' },
    odometerM: Math.round(fix.odometerKm * METRES_PER_KM),
  }
  if (fix.alarm !== null && CODES[fix.alarm] !== undefined) return encodeAlarm(header, CODES[fix.alarm]!, block)
  return encodeReport(header, block, fix.buffered ? 'BR01' : 'BR00')
}

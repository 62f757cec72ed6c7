/**
 * A simulated TK103B clone. Positions are not confirmed: a handshake behind them shows, once answered, that they arrived.
 * Between these it sends what nobody answers: engine values and the serving cell.
 */
import type { AlarmName } from '../codecs/alarms.ts'
import {
  cellList,
  encodeAlarm,
  encodeFrame,
  encodeHandshake,
  encodeLogin,
  encodeObd,
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
  low_speed: 4,
  overspeed: 5,
  geofence_exit: 6,
  movement: 7,
}
/** The protocol's unit of coordinates, parts of a degree: 1e-4 minutes. */
const PER_DEGREE = 600_000
const METRES_PER_KM = 1000
const CELLS = cellList('pairs', 310, 260, [
  { lac: 0x1a2b, cellId: 0x3c4d },
  { lac: 0x1a2b, cellId: 0x3c51 },
])
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
  heartbeat: (imei, fix, serial) =>
    serial % 2 === 0 ? engineOf(headerOf(imei), fix) : encodeFrame(headerOf(imei), 'BZ00', CELLS),
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

function engineOf(header: string, fix: SimulatedFix): Uint8Array {
  return encodeObd(header, {
    number: 1,
    timeMs: fix.timeMs,
    coolantC: 87,
    rpm: fix.ignition ? 800 + fix.speedKph * 25 : 0,
    speedKph: fix.speedKph,
    intakeC: 30,
    airFlow: 5.5,
    throttlePercent: 20,
    timingDeg: 10,
    fuelTrimPercent: 0,
    odometerM: Math.round(fix.odometerKm * METRES_PER_KM),
    io: { ignition: fix.ignition },
  })
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

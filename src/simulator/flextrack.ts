/** A simulated Lommy Pro. Its node id is the fleet's number; a logon has the index -1, a report one below its serial. */
import { encodeLogon, encodeUnitstat, readReply, type Unitstat } from '../codecs/flextrack/encode.ts'
import type { Reply, TrackerProtocol } from './protocol.ts'
import type { SimulatedFix } from './vehicle.ts'

const LOGON_INDEX = -1
const BATTERY_EMPTY_MV = 3400,
  BATTERY_FULL_MV = 4200
const INCOMPLETE: Reply = { size: 0, kind: 'other', serial: -1 }

export const flextrackTracker: TrackerProtocol = {
  name: 'flextrack',
  alarms: [],
  acksEachFix: true,
  login: (imei) => encodeLogon(imei, `8945020${imei.slice(-12)}`, LOGON_INDEX),
  report: (imei, fixes, serial) => Buffer.concat(fixes.map((fix) => reportOf(imei, fix, -1 - serial))),
  heartbeat: (imei, fix, serial) => statusOf(imei, fix, -1 - serial),
  readReply: (bytes, start, end) => {
    const reply = readReply(bytes, start, end)
    if (reply === null) return INCOMPLETE
    const { size } = reply
    const index = Number(reply.index)
    if (reply.keyword !== 'ACK' || !(index < 0)) return { size, kind: 'other', serial: -1 }
    return index === LOGON_INDEX ? { size, kind: 'login', serial: -1 } : { size, kind: 'reports', serial: -1 - index }
  },
  // No satellites is how the protocol says that a place is the last known one; it has no alarms.
  rounded: (fix) => ({ ...fix, satellites: fix.valid ? fix.satellites : 0, alarm: null }),
}

function reportOf(imei: string, fix: SimulatedFix, index: number): Uint8Array {
  return encodeUnitstat(unitstatOf(imei, fix, index))
}

/** How the unit fares where no satellite is seen: a UNITSTAT without a place. */
function statusOf(imei: string, fix: SimulatedFix, index: number): Uint8Array {
  return encodeUnitstat({
    ...unitstatOf(imei, { ...fix, valid: false, speedKph: 0 }, index),
    latE7: 0,
    lonE7: 0,
    satellites: 0,
  })
}

function unitstatOf(imei: string, fix: SimulatedFix, index: number): Unitstat {
  return {
    nodeId: imei,
    index,
    timeMs: fix.timeMs,
    latE7: Math.round(fix.latitude * 1e7),
    lonE7: Math.round(fix.longitude * 1e7),
    minuteDecimals: 5,
    speedKph: fix.speedKph,
    courseDeg: fix.courseDeg,
    satellites: fix.satellites,
    batteryMv: BATTERY_EMPTY_MV + Math.round(((BATTERY_FULL_MV - BATTERY_EMPTY_MV) * fix.batteryPct) / 100),
    gsmDbm: -51 - ((fix.timeMs / 1000) % 50), // of the fix, not of the sending: a repetition says the same
    state: fix.ignition ? 0x01a8 : 0x0008,
    mcc: 238,
    mnc: 1,
    altitudeM: fix.altitudeM,
    hdopTenths: fix.valid ? 9 : 990,
    cellId: 0x1a2b,
    fixSeconds: fix.valid ? 3 : 300,
    lac: 0xc8,
    odometer: Math.round(fix.odometerKm * 1000),
  }
}

/**
 * Simulated WeTrack140 that send AIS-140 text: most the comma dialect, some C-DAC's fixed width. Locations of the comma dialect
 * are not answered: a health sentence behind them shows, once answered, that they arrived. C-DAC answers every sentence, and
 * several fixes are a batch.
 */
import type { AlarmName } from '../codecs/alarms.ts'
import { encodeEmergency, encodeFixed, encodeFixedBatch, encodeFixedText, encodeHealth, encodeLocation, encodeLogin, readReply } from '../codecs/ais140/encode.ts' // prettier-ignore
import { digitSum, type Reply, type TrackerProtocol } from './protocol.ts'
import type { SimulatedFix } from './vehicle.ts'

/** Packet type and alert id. */
const ALARMS: Partial<Record<AlarmName, readonly [string, number]>> = {
  sos: ['EA', 10],
  power_cut: ['BD', 3],
  low_battery: ['BL', 4],
  tamper: ['TA', 9],
  harsh_braking: ['HB', 13],
  harsh_acceleration: ['HA', 14],
  harsh_cornering: ['RT', 15],
  overspeed: ['OS', 17],
}
const INCOMPLETE: Reply = { size: 0, kind: 'other', serial: -1 }
const E7 = 1e7
/** Decimals of the protocol's degrees. */
const round = (degrees: number) => Math.round(degrees * 1e6) / 1e6

export const ais140Tracker: TrackerProtocol = {
  name: 'ais140',
  alarms: Object.keys(ALARMS) as AlarmName[],
  acksEachFix: false,
  login: (imei) =>
    isFixedWidth(imei) ? encodeFixedText('LGN', imei, 'V0.0.1') : encodeLogin({ imei, latE7: 0, lonE7: 0 }),
  report: (imei, fixes) => {
    if (isFixedWidth(imei)) return fixedReport(imei, fixes)
    const health = encodeHealth({ imei, batteryPct: Math.round(fixes.at(-1)!.batteryPct) })
    return Buffer.concat([...fixes.map((fix) => reportOf(imei, fix)), health])
  },
  heartbeat: (imei, fix) =>
    isFixedWidth(imei) ? null : encodeHealth({ imei, header: 'HLM', batteryPct: Math.round(fix.batteryPct) }),
  readReply: (bytes, start, end) => {
    const reply = readReply(bytes, start, end)
    if (reply === null) return INCOMPLETE
    const kind = reply.kind === 'LGN' ? 'login' : reply.kind === 'HBT' || reply.kind === 'OK' ? 'reports' : 'other'
    return { size: reply.size, kind, serial: -1 }
  },
  rounded: (fix) => ({ ...fix, latitude: round(fix.latitude), longitude: round(fix.longitude) }),
}

const isFixedWidth = (imei: string) => digitSum(imei) % 4 === 3

function fixedReport(imei: string, fixes: readonly SimulatedFix[]): Uint8Array {
  const records = fixes.map((fix) => ({
    ...placeOf(fix),
    ...fixOf(fix),
    alert: fix.alarm === null ? (fix.buffered ? 2 : 1) : Number(ALARMS[fix.alarm]![1]),
    stored: fix.buffered,
    courseDeg: fix.courseDeg,
    satellites: fix.satellites,
    ignition: fix.ignition,
    mainPower: fix.alarm !== 'power_cut',
    mode: fix.speedKph > 0 ? ('M' as const) : ('H' as const),
  }))
  return records.length === 1 ? encodeFixed('NRM', imei, records[0]) : encodeFixedBatch(imei, records)
}

const placeOf = (fix: SimulatedFix) => ({
  timeMs: fix.timeMs,
  latE7: Math.round(fix.latitude * E7),
  lonE7: Math.round(fix.longitude * E7),
})

function reportOf(imei: string, fix: SimulatedFix): Uint8Array {
  const number = Math.floor(fix.timeMs / 1000) // of the fix, not of the sending: a repetition says the same
  const place = { imei, ...placeOf(fix) }
  // The button sends a sentence of its own on every second tracker.
  if (fix.alarm === 'sos' && Number(imei.at(-1)) % 2 === 0)
    return encodeEmergency({ ...place, ...fixOf(fix), stored: fix.buffered })
  const [packetType, alert] = fix.alarm === null ? ['NR', fix.buffered ? 2 : 1] : ALARMS[fix.alarm]!
  return encodeLocation({
    ...place,
    ...fixOf(fix),
    packetType: String(packetType),
    alert: Number(alert),
    stored: fix.buffered,
    courseDeg: fix.courseDeg,
    satellites: fix.satellites,
    ignition: fix.ignition,
    mainPower: fix.alarm !== 'power_cut',
    frameNumber: number % 1_000_000,
    terminator: number % 2 === 0 ? ',*\r\n' : ',*',
  })
}

const fixOf = (fix: SimulatedFix) => ({ valid: fix.valid, speedKph: fix.speedKph, altitudeM: fix.altitudeM })

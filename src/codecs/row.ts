/** One record of `Records` as a plain object with the column names of the tables. For tools and tests, not for speed. */
import { ALARM_NAMES } from './alarms.ts'
import { SOURCES, UNKNOWN, type Records } from './records.ts'

export type Row = Record<string, unknown> & { table: 'fixes' | 'telemetry'; attributes: Record<string, unknown> }

const utf8 = new TextDecoder()

export const rowOf = (records: Records, row: number): Row => {
  const number = (value: number) => (value === UNKNOWN ? null : value)
  const decimal = (value: number) => (Number.isNaN(value) ? null : value)
  const bool = (value: number) => (value === UNKNOWN ? null : value === 1)
  const time = (ms: number) => (Number.isNaN(ms) ? null : new Date(ms).toISOString())
  const alarms = [...records.alarmCodes.subarray(row ? records.alarmEnds[row - 1] : 0, records.alarmEnds[row])]
  const status = {
    message: utf8.decode(records.message.value(row)),
    buffered: records.buffered[row] === 1,
    ignition: bool(records.ignition[row]),
    motion: bool(records.motion[row]),
    charging: bool(records.charging[row]),
    battery_pct: number(records.batteryPct[row]),
    battery_v: decimal(records.batteryV[row]),
    power_v: decimal(records.powerV[row]),
    odometer_km: decimal(records.odometerKm[row]),
    rssi: number(records.rssi[row]),
    mcc: number(records.mcc[row]),
    mnc: number(records.mnc[row]),
    lac: decimal(records.lac[row]),
    cell_id: decimal(records.cellId[row]),
    inputs: records.inputs[row],
    outputs: records.outputs[row],
    alarms: alarms.map((code) => ALARM_NAMES[code]),
    attributes: JSON.parse(utf8.decode(records.attributes.value(row))) as Record<string, unknown>,
  }
  if (!records.isFix[row]) return { table: 'telemetry', sent_at: time(records.fixMs[row]), ...status }
  return {
    table: 'fixes',
    fix_time: time(records.fixMs[row]),
    latitude: records.latE7[row] / 1e7,
    longitude: records.lonE7[row] / 1e7,
    altitude_m: decimal(records.altitudeM[row]),
    speed_kph: decimal(records.speedKph[row]),
    course_deg: decimal(records.courseDeg[row]),
    satellites: number(records.satellites[row]),
    hdop: decimal(records.hdop[row]),
    valid: records.valid[row] === 1,
    source: SOURCES[records.source[row]],
    ...status,
  }
}

/** A vehicle that drives plausible routes: accelerates, turns, stops, parks, drains and charges its tracker. */
import type { AlarmName } from '../codecs/alarms.ts'
import { Random } from './random.ts'

/** What a tracker reports at one moment. */
export interface SimulatedFix {
  timeMs: number
  latitude: number
  longitude: number
  altitudeM: number
  speedKph: number
  courseDeg: number
  satellites: number
  valid: boolean
  ignition: boolean
  batteryPct: number
  odometerKm: number
  alarm: AlarmName | null
  /** Written while there was no coverage, sent later. */
  buffered: boolean
  /**
   * When it had to leave by the plan of the fleet, on the clock of performance.now(): latencies count from here, so that a
   * tracker that waits for an ack does not make the acks behind it look fast. Absent: it was not planned.
   */
  dueMs?: number
}

/** Where fleets start: every quadrant of the globe, so that signs and hemispheres are met. */
const CITIES = [
  [18.52, 73.86],
  [51.5, -0.13],
  [-23.55, -46.63],
  [-33.87, 151.21],
  [40.71, -74.0],
  [-1.29, 36.82],
  [55.68, 12.57],
  [64.15, -21.94],
] as const
const KM_PER_DEGREE = 111.32
const TOP_SPEED_KPH = 95

export class Vehicle {
  private latitude: number
  private longitude: number
  private courseDeg: number
  private speedKph = 0
  private targetKph = 0
  private parkedS = 0
  private odometerKm: number
  private batteryPct: number
  private ignition = false

  constructor(private readonly random: Random) {
    const [latitude, longitude] = random.pick(CITIES)
    this.latitude = latitude + random.between(-0.2, 0.2)
    this.longitude = longitude + random.between(-0.2, 0.2)
    this.courseDeg = random.between(0, 360)
    this.odometerKm = random.whole(1000, 200_000)
    this.batteryPct = random.whole(60, 100)
  }

  /** Drives on for `seconds` and reports. Alarms are of the kinds `alarms` lists. */
  drive(timeMs: number, seconds: number, alarms: readonly AlarmName[]): SimulatedFix {
    const { random } = this
    let alarm: AlarmName | null = random.chance(0.01) ? random.pick(alarms) : null
    if (this.parkedS > 0) this.park(seconds)
    else {
      this.move(seconds)
      if (this.speedKph > TOP_SPEED_KPH - 5 && alarms.includes('overspeed') && random.chance(0.2)) alarm = 'overspeed'
    }
    return {
      timeMs,
      latitude: this.latitude,
      longitude: this.longitude,
      altitudeM: Math.round(100 + 50 * Math.sin(this.latitude * 40)),
      speedKph: Math.round(this.speedKph),
      courseDeg: Math.round(this.courseDeg) % 360,
      satellites: random.whole(5, 14),
      valid: !random.chance(0.02),
      ignition: this.ignition,
      batteryPct: Math.round(this.batteryPct),
      odometerKm: this.odometerKm,
      alarm,
      buffered: false,
    }
  }

  private park(seconds: number): void {
    this.ignition = false
    this.speedKph = 0
    this.parkedS -= seconds
    this.batteryPct = Math.max(5, this.batteryPct - seconds / 3600)
  }

  private move(seconds: number): void {
    const { random } = this
    this.ignition = true
    this.batteryPct = Math.min(100, this.batteryPct + seconds / 60)
    if (random.chance(0.15)) this.targetKph = random.chance(0.3) ? 0 : random.between(20, TOP_SPEED_KPH)
    if (random.chance(0.005)) this.parkedS = random.between(60, 900)
    this.speedKph += Math.max(-8 * seconds, Math.min(6 * seconds, this.targetKph - this.speedKph))
    this.speedKph = Math.max(0, Math.min(TOP_SPEED_KPH, this.speedKph))
    this.courseDeg = (this.courseDeg + random.between(-15, 15) + (random.chance(0.05) ? 90 : 0) + 360) % 360
    const km = (this.speedKph * seconds) / 3600
    const radians = (this.courseDeg * Math.PI) / 180
    this.latitude += (km * Math.cos(radians)) / KM_PER_DEGREE
    this.longitude += (km * Math.sin(radians)) / (KM_PER_DEGREE * Math.cos((this.latitude * Math.PI) / 180))
    if (Math.abs(this.latitude) > 80) this.courseDeg = (this.courseDeg + 180) % 360
    this.longitude = ((this.longitude + 540) % 360) - 180
    this.odometerKm += km
  }
}

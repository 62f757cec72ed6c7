/**
 * Frames of the load: those of the simulator's trackers, whose encoders make one for each device; its serial, time and
 * position are then written over for every frame that is sent, so that making a frame costs little beside sending it.
 * A device's clock advances by a second from fix to fix, along a route that the simulator's vehicle drove.
 */
import { crc16 } from '../../src/codecs/atrack/crc.ts'
import { atrackTracker } from '../../src/simulator/atrack.ts'
import { jt808Tracker } from '../../src/simulator/jt808.ts'
import type { TrackerProtocol } from '../../src/simulator/protocol.ts'
import { Random } from '../../src/simulator/random.ts'
import { Vehicle, type SimulatedFix } from '../../src/simulator/vehicle.ts'

export interface FrameWriter {
  readonly tracker: TrackerProtocol
  /** Writes the device's next frame into `out` from `at` on; where it ends. */
  write(out: Uint8Array, at: number): number
  /** Replies whose last byte lies in bytes[start, end): acks of a gateway, or the frames themselves from an echo. */
  replies(bytes: Uint8Array): number
}

/** A frame is shorter than that. */
export const FRAME_BYTES_MAX = 256
/** Every protocol here acknowledges each of its messages, so that one frame is one fix and one ack. */
export const PROTOCOLS = ['jt808', 'atrack'] as const
export type LoadProtocol = (typeof PROTOCOLS)[number]

const ROUTES = 16
const ROUTE_FIXES = 4096
const DAY_MS = 86_400_000
const MINUTE_MS = 60_000
const PER_DEGREE = 1e6
const JT808_ZONE_MS = 480 * MINUTE_MS

interface Route {
  latE6: Int32Array
  lonE6: Int32Array
  speedKph: Uint8Array
  courseDeg: Uint16Array
}

const routes = Array.from({ length: ROUTES }, (_, seed): Route => {
  const vehicle = new Vehicle(new Random(seed + 1))
  const fixes = Array.from({ length: ROUTE_FIXES }, () => vehicle.drive(0, 1, []))
  return {
    latE6: Int32Array.from(fixes, ({ latitude }) => Math.round(latitude * PER_DEGREE)),
    lonE6: Int32Array.from(fixes, ({ longitude }) => Math.round(longitude * PER_DEGREE)),
    speedKph: Uint8Array.from(fixes, ({ speedKph }) => speedKph),
    courseDeg: Uint16Array.from(fixes, ({ courseDeg }) => courseDeg),
  }
})

/** Where a device is, second by second. */
class Drive {
  private readonly route: Route
  private step: number
  timeMs: number
  serial = 0
  latE6 = 0
  lonE6 = 0
  speedKph = 0
  courseDeg = 0

  constructor(device: number, startMs: number) {
    this.route = routes[device % ROUTES]
    this.step = (device * 97) % ROUTE_FIXES
    this.timeMs = Math.floor(startMs / 1000) * 1000
  }

  advance(): void {
    const { route, step } = this
    this.latE6 = route.latE6[step]
    this.lonE6 = route.lonE6[step]
    this.speedKph = route.speedKph[step]
    this.courseDeg = route.courseDeg[step]
    this.step = (step + 1) % ROUTE_FIXES
    this.timeMs += 1000
    this.serial = (this.serial + 1) & 0xffff
  }
}

/** What stands in the frames where nothing is written over: north and east, since the signs are bits elsewhere. */
const firstFix = (timeMs: number): SimulatedFix => ({
  timeMs,
  latitude: 48.1,
  longitude: 11.5,
  altitudeM: 512,
  speedKph: 40,
  courseDeg: 90,
  satellites: 9,
  valid: true,
  ignition: true,
  batteryPct: 88,
  odometerKm: 12_345.6,
  alarm: null,
  buffered: false,
})

const MARK = 0x7e,
  ESCAPE = 0x7d

/** JT/T 808, message 0200: checked by XOR, escaped, between marks. */
class Jt808Frames implements FrameWriter {
  readonly tracker = jt808Tracker
  /** Between the marks, not escaped. */
  private readonly content: Uint8Array
  private readonly body: number
  private readonly drive: Drive
  private day = -1
  private marks = 0

  constructor(imei: string, device: number, startMs: number) {
    this.drive = new Drive(device, startMs)
    const frame = jt808Tracker.report(imei, [firstFix(startMs)], 1)
    const content: number[] = []
    for (let at = 1; at < frame.length - 1; at++)
      content.push(frame[at] === ESCAPE ? (frame[++at] === 2 ? MARK : ESCAPE) : frame[at])
    this.content = Uint8Array.from(content)
    this.body = content[2] & 0x40 ? 17 : 12
  }

  write(out: Uint8Array, at: number): number {
    const { content, body, drive } = this
    drive.advance()
    content[body - 2] = drive.serial >> 8
    content[body - 1] = drive.serial
    // Status bits 2 and 3: south, west.
    content[body + 7] = (content[body + 7] & ~12) | (drive.latE6 < 0 ? 4 : 0) | (drive.lonE6 < 0 ? 8 : 0)
    word32(content, body + 8, Math.abs(drive.latE6))
    word32(content, body + 12, Math.abs(drive.lonE6))
    word16(content, body + 18, drive.speedKph * 10)
    word16(content, body + 20, drive.courseDeg)
    this.writeTime(body + 22)
    const last = content.length - 1
    let check = 0
    for (let from = 0; from < last; from++) check ^= content[from]
    content[last] = check
    out[at++] = MARK
    for (let from = 0; from <= last; from++) {
      const byte = content[from]
      if (byte === MARK || byte === ESCAPE) {
        out[at++] = ESCAPE
        out[at++] = byte === MARK ? 2 : 1
      } else out[at++] = byte
    }
    out[at++] = MARK
    return at
  }

  replies(bytes: Uint8Array): number {
    const before = this.marks >> 1
    for (let at = 0; at < bytes.length; at++) if (bytes[at] === MARK) this.marks++
    return (this.marks >> 1) - before
  }

  /** yymmddhhmmss in BCD. */
  private writeTime(at: number): void {
    const localMs = this.drive.timeMs + JT808_ZONE_MS
    const day = Math.floor(localMs / DAY_MS)
    if (day !== this.day) {
      this.day = day
      const date = new Date(localMs)
      this.content[at] = bcd(date.getUTCFullYear() % 100)
      this.content[at + 1] = bcd(date.getUTCMonth() + 1)
      this.content[at + 2] = bcd(date.getUTCDate())
    }
    const second = (localMs - day * DAY_MS) / 1000
    this.content[at + 3] = bcd(Math.floor(second / 3600))
    this.content[at + 4] = bcd(Math.floor(second / 60) % 60)
    this.content[at + 5] = bcd(second % 60)
  }
}

/** ATrack's binary form: CRC-16, then length, sequence, unit id, three times, longitude, latitude, heading … */
class AtrackFrames implements FrameWriter {
  readonly tracker = atrackTracker
  private readonly frame: Uint8Array
  private readonly drive: Drive
  private replyBytes = 0
  private held = 0

  constructor(
    imei: string,
    device: number,
    startMs: number,
    private readonly echoed: boolean,
  ) {
    this.drive = new Drive(device, startMs)
    this.frame = atrackTracker.report(imei, [firstFix(startMs)], 1)
    this.replyBytes = this.echoed ? this.frame.length : ATRACK_ACK_BYTES
  }

  write(out: Uint8Array, at: number): number {
    const { frame, drive } = this
    drive.advance()
    // Sequence 0 is the keep-alive's.
    word16(frame, 6, Math.max(1, drive.serial))
    const seconds = drive.timeMs / 1000
    for (const time of ATRACK_TIMES) word32(frame, time, seconds)
    word32(frame, 28, drive.lonE6)
    word32(frame, 32, drive.latE6)
    word16(frame, 36, drive.courseDeg)
    word16(frame, 46, drive.speedKph)
    word16(frame, 2, crc16(frame, 4, frame.length))
    out.set(frame, at)
    return at + frame.length
  }

  replies(bytes: Uint8Array): number {
    this.held += bytes.length
    const whole = Math.floor(this.held / this.replyBytes)
    this.held -= whole * this.replyBytes
    return whole
  }
}
const ATRACK_ACK_BYTES = 12
const ATRACK_TIMES = [16, 20, 24]

/** The frames of one device. `echoed`: they come back instead of acks. */
export function frameWriter(
  protocol: LoadProtocol,
  imei: string,
  device: number,
  startMs: number,
  echoed: boolean,
): FrameWriter {
  return protocol === 'jt808' ? new Jt808Frames(imei, device, startMs) : new AtrackFrames(imei, device, startMs, echoed)
}

/** An IMEI of the load; the last digit of ATrack's chooses the binary form with times in seconds. */
export const imeiOf = (device: number) => String(861_000_000_000_000 + device * 10)

const bcd = (value: number) => (Math.floor(value / 10) << 4) | (value % 10)

function word16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >> 8
  bytes[at + 1] = value
}

function word32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >> 24
  bytes[at + 1] = value >> 16
  bytes[at + 2] = value >> 8
  bytes[at + 3] = value
}

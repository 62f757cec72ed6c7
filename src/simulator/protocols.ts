/** Every protocol the simulator speaks, by name. */
import { gps103Tracker } from './gps103.ts'
import { gt06Tracker } from './gt06.ts'
import type { TrackerProtocol } from './protocol.ts'

export const TRACKER_PROTOCOLS: Record<string, TrackerProtocol> = {
  gt06: gt06Tracker,
  gps103: gps103Tracker,
}

/** Every protocol the simulator speaks, by name. */
import { gps103Tracker } from './gps103.ts'
import type { TrackerProtocol } from './protocol.ts'

export const TRACKER_PROTOCOLS: Record<string, TrackerProtocol> = {
  gps103: gps103Tracker,
}

/** Every protocol the simulator speaks, by name. */
import { ais140Tracker } from './ais140.ts'
import { atrackTracker } from './atrack.ts'
import { cantrackTracker } from './cantrack.ts'
import { flextrackTracker } from './flextrack.ts'
import { gps103Tracker } from './gps103.ts'
import { gt06Tracker } from './gt06.ts'
import { jt808Tracker } from './jt808.ts'
import { tk103Tracker } from './tk103.ts'
import type { TrackerProtocol } from './protocol.ts'
import { watchTracker } from './watch.ts'

export const TRACKER_PROTOCOLS: Record<string, TrackerProtocol> = {
  gt06: gt06Tracker,
  ais140: ais140Tracker,
  atrack: atrackTracker,
  gps103: gps103Tracker,
  tk103: tk103Tracker,
  flextrack: flextrackTracker,
  cantrack: cantrackTracker,
  jt808: jt808Tracker,
  watch: watchTracker,
}

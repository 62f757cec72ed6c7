/** The fault tests of a whole gateway. */
import { tinyBuffers } from './acks.ts'
import { clickhouseAway, faultyNetwork } from './clickhouse-faults.ts'
import { jumpingClocks } from './clocks.ts'
import { sameRows } from './replays.ts'
import { sentAgain } from './retransmissions.ts'
import type { FaultTest } from './rounds.ts'
import { killStorm, listenerStorm, stopUnderLoad } from './storms.ts'
import { dyingWorkers } from './workers.ts'

export const GATEWAY_FAULT_TESTS: readonly FaultTest[] = [
  killStorm,
  listenerStorm,
  clickhouseAway,
  faultyNetwork,
  sameRows,
  jumpingClocks,
  dyingWorkers,
  tinyBuffers,
  sentAgain,
  stopUnderLoad,
]

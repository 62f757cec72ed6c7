/** The goals of docs/performance.md that are measured from end to end, and how a figure stands to its goal. */
import type { EndToEndRecord } from '../history.ts'

/** What must hold and what should, of a figure itself or of its ratio to a limit. */
interface Bounds {
  of: 'value' | 'ratio'
  sign: '≥' | '≤'
  must: number
  goal: number
}

export interface Goal {
  id: string
  what: string
  unit: string
  /** Absent: nothing must hold. */
  bounds?: Bounds
}

const atLeast = (must: number, goal: number): Bounds => ({ of: 'ratio', sign: '≥', must, goal })
const atMost = (must: number, goal: number, of: 'value' | 'ratio' = 'value'): Bounds => ({
  of,
  sign: '≤',
  must,
  goal,
})

export const GOALS = {
  single: { id: 'S6', what: 'frames acknowledged durably, one a packet', unit: '/s', bounds: atLeast(0.4, 0.7) },
  buffered: { id: 'S7', what: 'frames acknowledged durably, buffered', unit: '/s', bounds: atLeast(4, 8) },
  udp: { id: 'S8', what: 'datagrams acknowledged durably', unit: '/s', bounds: atLeast(0.4, 0.7) },
  cpu: { id: 'S9', what: 'CPU of gateway and ClickHouse by fix at S6', unit: 'µs', bounds: atMost(15, 8) },
  idle: { id: 'S10', what: 'resident memory by idle connection', unit: 'KB', bounds: atMost(8, 4) },
  median: { id: 'S11', what: 'ack latency at half of S6, median', unit: 'ms', bounds: atMost(10, 3) },
  tail: { id: 'S11', what: 'ack latency at half of S6, 99 of 100', unit: 'ms', bounds: atMost(50, 10) },
  medianOfDisk: { id: 'S11', what: 'sync of the disk, nothing else running, median', unit: 'ms' },
  tailOfDisk: { id: 'S11', what: 'sync of the disk, nothing else running, 99 of 100', unit: 'ms' },
  medianOnReceipt: { id: 'S11', what: 'the same with acks on receipt, median', unit: 'ms' },
  tailOnReceipt: { id: 'S11', what: 'the same with acks on receipt, 99 of 100', unit: 'ms' },
  visible: {
    id: 'S12',
    what: 'fix visible to a query after its ack, 99 of 100',
    unit: 'ms',
    bounds: atMost(3000, 1000),
  },
  bytes: { id: 'S13', what: 'bytes on disk by fix in `fixes`', unit: 'B', bounds: atMost(40, 15) },
  growth: { id: 'S14', what: 'CPU by fix', unit: 'µs', bounds: atMost(1.5, 1.1, 'ratio') },
  knee: { id: 'knee', what: 'highest rate with 99 of 100 acks in time', unit: '/s' },
} as const satisfies Record<string, Goal>

/** What a figure is compared with. */
export interface Compared {
  limit: string
  ratio: number
}

export type Row = EndToEndRecord['rows'][number] & { holds: boolean }

/** A line of the table; `detail` tells lines of one goal apart. */
export function rowOf({ id, what, unit, bounds }: Goal, value: number, compared?: Compared, detail = ''): Row {
  const row = { id, what: what + detail, value, unit, limit: compared?.limit ?? '', ratio: compared?.ratio ?? null }
  if (!bounds) return { ...row, must: '', goal: '', holds: true }
  const { of, sign, must, goal } = bounds
  const judged = of === 'ratio' ? compared!.ratio : value
  const text = (bound: number) => `${sign} ${bound} ${of === 'ratio' ? '×' : unit}`
  return { ...row, must: text(must), goal: text(goal), holds: sign === '≥' ? judged >= must : judged <= must }
}

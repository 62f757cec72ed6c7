/** Rows of the table `ledger_rows`: what became of the frames of a batch, by day of receipt and protocol. */
import type { BlockWriter, NativeBlock } from './native.ts'

export interface LedgerRow {
  /** Days since 1970. */
  day: number
  protocol: string
  received: number
  released: number
  decoded: number
  ignored: number
  rejected: number
  quarantined: number
  fixes: number
  telemetry: number
  alarms: number
  noFrames: number
}

const MS_PER_DAY = 86_400_000
/** Codec ids are bytes. */
const CODECS_MAX = 256
const COUNTERS: readonly (readonly [name: string, from: Exclude<keyof LedgerRow, 'day' | 'protocol'>])[] = [
  ['received', 'received'],
  ['released', 'released'],
  ['decoded', 'decoded'],
  ['ignored', 'ignored'],
  ['rejected', 'rejected'],
  ['quarantined', 'quarantined'],
  ['fixes', 'fixes'],
  ['telemetry', 'telemetry'],
  ['alarms', 'alarms'],
  ['no_frames', 'noFrames'],
]
export const LEDGER_COLUMNS = ['day', 'protocol', ...COUNTERS.map(([name]) => name)]
const utf8 = new TextEncoder()

export class Ledger {
  private readonly byKey = new Map<number, LedgerRow>()
  /** The rows of the day asked for last, by codec: frames of a batch are nearly always of one day. */
  private ofDay: (LedgerRow | undefined)[] = []
  private dayStartMs = 0

  /** `protocols`: names by codec id. */
  constructor(private readonly protocols: readonly string[]) {}

  get rows(): number {
    return this.byKey.size
  }

  reset(): void {
    this.byKey.clear()
    this.ofDay = []
  }

  /** The row to count in. */
  of(receivedMs: number, codec: number): LedgerRow {
    const sinceMs = receivedMs - this.dayStartMs
    if (sinceMs < 0 || sinceMs >= MS_PER_DAY) {
      this.dayStartMs = MS_PER_DAY * Math.floor(receivedMs / MS_PER_DAY)
      this.ofDay = []
    }
    return (this.ofDay[codec] ??= this.find(codec))
  }

  private find(codec: number): LedgerRow {
    const day = this.dayStartMs / MS_PER_DAY
    const key = day * CODECS_MAX + codec
    return this.byKey.get(key) ?? this.add(key, day, codec)
  }

  private add(key: number, day: number, codec: number): LedgerRow {
    const row: LedgerRow = {
      day,
      protocol: this.protocols[codec] ?? '',
      received: 0,
      released: 0,
      decoded: 0,
      ignored: 0,
      rejected: 0,
      quarantined: 0,
      fixes: 0,
      telemetry: 0,
      alarms: 0,
      noFrames: 0,
    }
    this.byKey.set(key, row)
    return row
  }

  block(out: BlockWriter): NativeBlock {
    const rows = [...this.byKey.values()]
    const order = Int32Array.from(rows.keys())
    out.begin(LEDGER_COLUMNS.length, rows.length)
    out.column('day', 'Date')
    out.uint16(
      Uint16Array.from(rows, (row) => row.day),
      order,
      rows.length,
    )
    out.column('protocol', 'String')
    for (const row of rows) out.text(utf8.encode(row.protocol))
    for (const [name, from] of COUNTERS) {
      out.column(name, 'UInt64')
      out.int64(
        Float64Array.from(rows, (row) => row[from]),
        order,
        rows.length,
      )
    }
    return out.take()
  }
}

/**
 * What the clients know, and the comparison with ClickHouse: every fix that was acknowledged is there once, and none that
 * was never made; and the gateway's own books agree.
 */
import { expect } from 'bun:test'
import type { FleetWitness } from '../../../src/simulator/fleet.ts'

export type Ask = <Row = Record<string, unknown>>(sql: string) => Promise<Row[]>

/** Fixes by device, as times in ms. */
export class Truth implements FleetWitness {
  readonly madeTimes = new Map<string, number[]>()
  readonly ackedTimes = new Map<string, number[]>()
  acked = 0

  made(imei: string, timeMs: number): void {
    push(this.madeTimes, imei, timeMs)
  }

  acknowledged(imei: string, timeMs: number): void {
    push(this.ackedTimes, imei, timeMs)
    this.acked++
  }

  /** Every acknowledged fix is stored once, and nothing that was never made. Rows found. */
  async check(ask: Ask, database = 'waygate'): Promise<number> {
    const problems: string[] = []
    let rows = 0
    for (const [device, made] of this.madeTimes) {
      const stored = await ask<{ ms: number; n: number }>(
        `SELECT toUnixTimestamp64Milli(fix_time) AS ms, count() AS n FROM ${database}.fixes FINAL WHERE device_id IN ('${device}', '${shortId(device)}') GROUP BY device_id, fix_time`,
      )
      // Under either id once: what was sent again behind a restart may be there under both (docs/reliability.md).
      const counts = new Map<number, number>()
      for (const { ms, n } of stored) counts.set(Number(ms), Math.max(Number(n), counts.get(Number(ms)) ?? 0))
      rows += counts.size
      for (const ms of this.ackedTimes.get(device) ?? []) if (!counts.has(ms)) problems.push(`lost: ${device} ${ms}`)
      for (const [ms, n] of counts) if (n > 1) problems.push(`double: ${device} ${ms}, ${n} times`)
      const known = new Set(made)
      for (const ms of counts.keys()) if (!known.has(ms)) problems.push(`never made: ${device} ${ms}`)
    }
    expect(problems.slice(0, 10)).toEqual([])
    return rows
  }
}

/**
 * Whom a tk103 frame is of by its header alone: a datagram that comes after a restart, before the tracker has said its IMEI
 * again.
 */
function shortId(imei: string): string {
  return imei.slice(-12).replace(/^0+/, '')
}

function push(times: Map<string, number[]>, device: string, ms: number): void {
  const list = times.get(device)
  if (list) list.push(ms)
  else times.set(device, [ms])
}

/** Protocols whose frames have serial numbers or one time each: no two are equal. */
const NUMBERED = new Set(['gt06', 'jt808', 'atrack', 'flextrack'])

/** The gateway's books when nothing waits: nothing is missing, and each reception is counted once, whatever was killed. */
export async function checkLedger(ask: Ask, database = 'waygate'): Promise<void> {
  const ledger = await ask<{ protocol: string; received: number; missing: number; stored: number }>(
    `SELECT protocol, sum(l.received) AS received, sum(abs(l.missing)) AS missing, any(f.stored) AS stored FROM ${database}.ledger AS l
LEFT JOIN (SELECT protocol, count() AS stored FROM ${database}.frames FINAL GROUP BY protocol) AS f USING protocol GROUP BY protocol`,
  )
  expect(ledger.length).toBeGreaterThan(0)
  for (const { protocol, received, missing, stored } of ledger) {
    expect(Number(missing)).toBe(0)
    // Of other protocols equal frames of one millisecond (heartbeats behind each other) are one row.
    if (NUMBERED.has(protocol)) expect(`${protocol} ${received}`).toBe(`${protocol} ${stored}`)
    else expect(Number(received)).toBeGreaterThanOrEqual(Number(stored))
  }
  const [sessions] = await ask<{ all: number; different: number }>(
    `SELECT count() AS all, uniqExact(device_id, remote, opened_at, closed_at, frames, bytes) AS different FROM ${database}.sessions FINAL`,
  )
  expect(Number(sessions.all)).toBe(Number(sessions.different))
  const wrong = await ask(
    `SELECT device_id, l.fix_time AS latest, f.newest AS newest FROM ${database}.latest_fixes AS l FULL JOIN (
  SELECT device_id, argMax(fix_time, (least(fix_time, received_at), fix_time)) AS newest FROM ${database}.fixes FINAL WHERE valid GROUP BY device_id
) AS f USING device_id WHERE l.fix_time != f.newest LIMIT 3`,
  )
  expect(wrong).toEqual([])
}

/** Looks at the metrics all the time; what they must always say is R16 of the fault tests. */
export class LedgerWatch {
  scrapes = 0
  rssMax = 0
  private stopped = false
  private failure: Error | null = null
  private readonly finished: Promise<void>

  constructor(
    private readonly metrics: () => Promise<Map<string, number>>,
    private readonly everyMs = 250,
  ) {
    this.finished = this.run()
  }

  /** Throws what did not hold. */
  async stop(): Promise<void> {
    this.stopped = true
    await this.finished
    if (this.failure) throw this.failure
    expect(this.scrapes).toBeGreaterThan(0)
  }

  private async run(): Promise<void> {
    while (!this.stopped && !this.failure) {
      const metrics = await this.metrics().catch(() => null) // being killed
      try {
        if (metrics) this.check(metrics)
      } catch (error) {
        this.failure = error as Error
      }
      await Bun.sleep(this.everyMs)
    }
  }

  private check(metrics: Map<string, number>): void {
    this.scrapes++
    const total = (name: string, label = '') => sum(metrics, `waygate_${name}`, label)
    this.rssMax = Math.max(this.rssMax, metrics.get('process_resident_memory_bytes') ?? 0)
    const parts = [
      'frame_bytes_total',
      'reject_bytes_total',
      'padding_bytes_total',
      'dropped_bytes_total',
      'window_bytes',
    ]
    expect(total('received_bytes_total')).toBe(parts.reduce((bytes, name) => bytes + total(name), 0))
    const waiting = total('frames_waiting')
    expect(waiting).toBeGreaterThanOrEqual(0)
    expect(total('frames_total') + total('frames_released_total') + total('frames_replayed_total')).toBe(
      total('frames_decoded_total') + waiting,
    )
    for (const table of ['fixes', 'telemetry', 'alarms', 'frames', 'rejects', 'sessions']) {
      const label = `table="${table}"`
      const rowsWaiting = total('rows_waiting', label)
      expect(rowsWaiting).toBeGreaterThanOrEqual(0)
      expect(total('rows_decoded_total', label)).toBe(
        total('rows_stored_total', label) + total('rows_refused_total', label) + rowsWaiting,
      )
    }
    // A frame has its row in `frames` whatever becomes of it.
    expect(total('rows_decoded_total', 'table="frames"')).toBe(total('frames_decoded_total'))
  }
}

/** Sum of a metric over its labels, or those that contain `label`. */
export function sum(metrics: Map<string, number>, name: string, label = ''): number {
  let total = 0
  for (const [key, value] of metrics)
    if ((key === name || key.startsWith(`${name}{`)) && key.includes(label)) total += value
  return total
}

/** Waits until nothing waits any more. */
export async function settled(metrics: () => Promise<Map<string, number>>, ms = 60_000): Promise<void> {
  const end = performance.now() + ms
  for (;;) {
    const now = await metrics().catch(() => null)
    if (now && sum(now, 'waygate_journal_waiting_entries') === 0 && sum(now, 'waygate_frames_waiting') === 0) return
    if (performance.now() > end) throw new Error(`after ${ms} ms entries of the journal still wait`)
    await Bun.sleep(100)
  }
}

/** What a simulated tracker sends, through its codec. */
import { expect } from 'bun:test'
import type { Codec } from '../../src/codecs/codec.ts'
import type { TrackerProtocol } from '../../src/simulator/protocol.ts'
import { Random } from '../../src/simulator/random.ts'
import { Vehicle } from '../../src/simulator/vehicle.ts'
import { session, takeAll } from './harness.ts'

/**
 * Drives a tracker for a hundred rounds of ten fixes, a third of them late, all its alarms among them, and expects its rows to
 * be what it drove and each report to be answered once. The names of the messages it sent.
 */
export function expectDriven(codec: Codec, tracker: TrackerProtocol, imei: string, startMs: number): Set<string> {
  const vehicle = new Vehicle(new Random(Number(imei)))
  const into = session()
  const loggedIn = takeAll(codec, tracker.login(imei, 1), into, startMs)
  expect(loggedIn.map(({ reject }) => reject)).toEqual(loggedIn.map(() => null))
  const messages = new Set<string>()
  const raised = new Set<string>()
  for (let round = 0; round < 100; round++) {
    const start = startMs + round * 60_000
    const fixes = Array.from({ length: 10 }, (_, index) => {
      const fix = vehicle.drive(start + index * 1000, 1, tracker.alarms)
      const alarm = (round + index) % 3 === 0 ? tracker.alarms[(round + index) % tracker.alarms.length] : null
      return tracker.rounded({ ...fix, alarm, buffered: round % 3 === 0 && index < 6 })
    })
    const bytes = Buffer.concat([
      tracker.report(imei, fixes, 2 * round + 2),
      tracker.heartbeat(imei, fixes[9], 2 * round + 3)!,
    ])
    const taken = takeAll(codec, bytes, into, start + 10_000)
    expect(taken.map(({ reject, device }) => [reject, device])).toEqual(taken.map(() => [null, imei]))
    const rows = taken.flatMap((frame) => frame.rows)
    for (const row of rows) messages.add(row.message as string)
    const byTime = new Map(rows.filter(({ table }) => table === 'fixes').map((row) => [row.fix_time, row]))
    expect(byTime.size).toBe(fixes.length)
    for (const fix of fixes) {
      const row = byTime.get(new Date(fix.timeMs).toISOString())!
      expect([row.valid, row.alarms]).toEqual([fix.valid, fix.alarm === null ? [] : [fix.alarm]])
      expect(Math.abs((row.latitude as number) - fix.latitude)).toBeLessThan(1e-6)
      expect(Math.abs((row.longitude as number) - fix.longitude)).toBeLessThan(1e-6)
      expect(Math.abs((row.speed_kph as number) - fix.speedKph)).toBeLessThan(0.05)
      if (fix.alarm !== null) raised.add(fix.alarm)
    }
    const acks = Buffer.concat(taken.map(({ ack }) => ack))
    const kinds: string[] = []
    for (let at = 0; at < acks.length;) {
      const reply = tracker.readReply(acks, at, acks.length)
      kinds.push(reply.kind)
      at += reply.size
    }
    expect(kinds.filter((kind) => kind === 'reports')).toHaveLength(1)
  }
  expect([...raised].toSorted()).toEqual([...tracker.alarms].toSorted())
  return messages
}

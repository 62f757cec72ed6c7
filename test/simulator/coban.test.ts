/** The simulated gps103 and tk103 trackers: the codec reads from their bytes what the truth file says. */
import { describe, expect, test } from 'bun:test'
import { gps103, gps103Options } from '../../src/codecs/gps103/index.ts'
import { tk103, tk103Options } from '../../src/codecs/tk103/index.ts'
import { session, takeAll, textOf } from '../codecs/harness.ts'
import { gps103Tracker } from '../../src/simulator/gps103.ts'
import { Random } from '../../src/simulator/random.ts'
import { tk103Tracker } from '../../src/simulator/tk103.ts'
import { Vehicle, type SimulatedFix } from '../../src/simulator/vehicle.ts'

const IMEI = '864893031234567'
const NOW = Date.parse('2026-03-14T09:05:40Z')

for (const [tracker, codec, steady] of [
  [gps103Tracker, gps103(gps103Options.parse({})), ['OBD', 'tracker']],
  [tk103Tracker, tk103(tk103Options.parse({})), ['BQ86', 'BZ00']],
] as const) {
  describe(`simulated ${tracker.name}`, () => {
    /** Every alarm once, in moving and parked vehicles all over the globe, some of it stored and some without a fix. */
    const fixes: SimulatedFix[] = [null, ...tracker.alarms].flatMap((alarm, index) => {
      const vehicle = new Vehicle(new Random(index))
      return Array.from({ length: 8 }, (_, step) => {
        const stored = step < 2
        const timeMs = NOW - (stored ? 7_200_000 : 0) + (index * 8 + step) * 1000 - 200_000
        const fix = { ...vehicle.drive(timeMs, 10, []), alarm, buffered: stored, valid: step !== 5 }
        return tracker.rounded(fix)
      })
    })

    test('what it reports is the truth, to the last digit of the columns', () => {
      const into = session()
      expect(takeAll(codec, tracker.login(IMEI, 1), into, NOW)[0].device).toBe(IMEI)
      for (const fix of fixes) {
        const taken = takeAll(codec, tracker.report(IMEI, [fix], 2), into, NOW)
        expect(taken.map(({ device, reject }) => [device, reject])).toEqual(taken.map(() => [IMEI, null]))
        const [row] = taken[0].rows
        expect(row).toMatchObject({
          table: 'fixes',
          fix_time: new Date(fix.timeMs).toISOString(),
          speed_kph: Math.fround(fix.speedKph),
          valid: fix.valid,
          alarms: fix.alarm === null ? [] : [fix.alarm],
          buffered: fix.buffered,
        })
        expect(Math.abs((row.latitude as number) - fix.latitude)).toBeLessThan(0.6e-7)
        expect(Math.abs((row.longitude as number) - fix.longitude)).toBeLessThan(0.6e-7)
      }
    })

    test('a burst is one message, and its last reply confirms it', () => {
      const into = session()
      takeAll(codec, tracker.login(IMEI, 1), into, NOW)
      const taken = takeAll(codec, tracker.report(IMEI, fixes.slice(0, 10), 2), into, NOW)
      expect(taken.flatMap(({ rows }) => rows).filter(({ table }) => table === 'fixes')).toHaveLength(10)
      const replies = Buffer.concat(taken.map(({ ack }) => ack))
      let confirmed = 0
      for (let at = 0; at < replies.length;) {
        const reply = tracker.readReply(replies, at, replies.length)
        if (reply.kind === 'reports') confirmed++
        at += reply.size
      }
      expect(confirmed).toBe(1)
    })

    test('between reports it sends what is not answered', () => {
      const into = session()
      takeAll(codec, tracker.login(IMEI, 1), into, NOW)
      takeAll(codec, tracker.report(IMEI, fixes.slice(3, 4), 2), into, NOW)
      for (const serial of [2, 3]) {
        const [taken, ...more] = takeAll(codec, tracker.heartbeat(IMEI, fixes[3], serial)!, into, NOW)
        expect(more).toEqual([])
        expect([taken.device, textOf(taken.ack), taken.reject]).toEqual([IMEI, '', null])
        expect(taken.rows[0]).toMatchObject({ table: 'telemetry', message: steady[serial % 2] })
        if (taken.rows[0].sent_at !== null) expect(taken.rows[0].sent_at).toBe(new Date(fixes[3].timeMs).toISOString())
      }
    })
  })
}

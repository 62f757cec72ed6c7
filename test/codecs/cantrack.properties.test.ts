/**
 * cantrack: whatever the trackers write, in a stream cut anywhere, comes back as it was written; and no bytes upset it.
 * One generator a message: its frame, and what the row must say.
 */
import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import * as tracker from '../../src/codecs/cantrack/encode.ts'
import { cantrack, cantrackOptions } from '../../src/codecs/cantrack/index.ts'
import { COMMON_BITS, TYPES } from '../../src/codecs/cantrack/messages.ts'
import type { Row } from '../../src/codecs/row.ts'
import { bytesOfText, type Decoded, feed, piecesOf, session, take, textOf } from './harness.ts'
import { expectSound } from './properties.ts'

const codec = cantrack(cantrackOptions.parse({}))
const RECEIVED = Date.parse('2025-11-21T01:30:16Z')
const KNOT_KPH = 1.852
const IMEI = '865432109876543'
const ID = '9170001234'

interface Sample {
  message: string
  id: string
  frame: Uint8Array
  ack: string
  check(rows: Row[]): void
}

const iso = (ms: number) => new Date(ms).toISOString()
const near = (have: unknown, want: number, tolerance: number) => {
  if (!(Math.abs((have as number) - want) <= tolerance)) throw new Error(`have ${String(have)}, want ${want}`)
}

const id = fc.constantFrom(ID, IMEI, '0070001234')
const maker = fc.constantFrom('HQ', 'hq', 'TH')
const moment = fc.integer({ min: 1, max: 20 * 365 * 86_400 }).map((seconds) => RECEIVED - 1000 * Math.floor(seconds))
const signed = (most: number) => fc.integer({ min: -most, max: most }).filter((value) => Math.abs(value) > 100)
const place = fc.record({
  timeMs: moment,
  latE7: signed(899_999_000),
  lonE7: signed(1_799_999_000),
  speedKph: fc.nat(400),
  courseDeg: fc.nat(359),
})
const status = fc.array(fc.nat(31), { maxLength: 6 }).map((bits) => tracker.statusWith(...bits))
const cell = fc.record({
  mcc: fc.integer({ min: 200, max: 799 }),
  mnc: fc.nat(99),
  lac: fc.integer({ min: 1, max: 0xffff }),
  cellId: fc.integer({ min: 1, max: 0xffff }),
})
const towers = fc.array(fc.tuple(fc.nat(0xffff), fc.nat(0xfff_ffff), fc.integer({ min: 1, max: 99 })), {
  minLength: 1,
  maxLength: 9,
})
const text = fc.stringMatching(/^[A-Za-z0-9:. \n]{1,40}$/)
const hex = (length: number) => fc.stringMatching(new RegExp(`^[0-9a-f]{${length}}$`))
const percent = fc.nat(100)

/** Alarms of the first frame of a session under the default profile, in the order of their bits. */
const alarmsOf = (word: number) => COMMON_BITS.filter(([bit]) => ((word >>> bit) & 1) === 0).map(([, alarm]) => alarm)
const statusText = (word: number) => word.toString(16).toUpperCase().padStart(8, '0')

type Place = typeof place extends fc.Arbitrary<infer T> ? T : never

function checkFix(row: Row, at: Place, valid: boolean, degrees: number): void {
  expect(row).toMatchObject({ table: 'fixes', valid, source: valid ? 'gnss' : 'last_known', course_deg: at.courseDeg })
  near(row.latitude, at.latE7 / 1e7, degrees)
  near(row.longitude, at.lonE7 / 1e7, degrees)
}

function checkStatus(row: Row, word: number): void {
  expect(row.attributes.status).toBe(statusText(word))
  expect(row.ignition).toBe(((word >>> 10) & 1) === 1)
  expect(row.attributes.blocked ?? false).toBe(((word >>> 27) & 1) === 0)
  expect(row.alarms).toEqual(alarmsOf(word))
}

const TIMED = new Set(TYPES.filter(([, , answer]) => answer === 3).map(([type]) => type))
const confirmed = (from: string, by: string, type: string) =>
  TIMED.has(type as never) ? `*${by},${from},V4,${type},20251121013016#` : ''

const position = fc
  .record({
    id,
    maker,
    place,
    status,
    cell,
    type: fc.constantFrom('V1', 'V2', 'V3', 'V5', 'V6', 'V19', 'VI1', 'V77'),
    validity: fc.constantFrom('A', 'V', 'B', '0', '16'),
    spelling: fc.constantFrom('point' as const, 'no-point' as const, 'dashes' as const),
    minuteDecimals: fc.integer({ min: 4, max: 6 }),
    extras: fc.constantFrom('none', 'decimal', 'six-digits'),
  })
  .map((its): Sample => {
    const { type, place: at, validity, cell: tower } = its
    const extras = its.extras === 'none' ? [] : tracker.cellFields(tower, its.extras as 'decimal')
    return {
      message: type,
      id: its.id,
      frame: tracker.encodePosition({ ...its, ...at, extras }),
      ack: confirmed(its.id, its.maker, type),
      check: ([row]) => {
        checkFix(row, at, validity !== 'V', 1e-6)
        checkStatus(row, its.status)
        expect(row.fix_time).toBe(iso(at.timeMs))
        near(row.speed_kph, at.speedKph, 1e-3)
        expect(row.attributes.address_coding).toBe(/\d/.test(validity) ? Number(validity) : undefined)
        if (its.extras !== 'none')
          expect([row.mcc, row.mnc, row.lac, row.cell_id]).toEqual([tower.mcc, tower.mnc, tower.lac, tower.cellId])
      },
    }
  })

const v8 = fc
  .record({
    id,
    place,
    status,
    cell,
    points: fc.array(fc.record({ bssid: hex(12), strength: fc.integer({ min: -110, max: -20 }) }), { maxLength: 6 }),
    end: fc.record({
      satellites: fc.nat(30),
      csq: fc.nat(31),
      powerV: fc.nat(300).map((v) => v / 10),
      batteryPct: percent,
    }),
  })
  .map((its): Sample => {
    const { place: at, end } = its
    return {
      message: 'V8',
      id: its.id,
      frame: tracker.encodePosition({ ...its, ...at, type: 'V8', extras: tracker.v8Extras(its.cell, its.points, end) }),
      ack: '',
      check: ([row]) => {
        checkFix(row, at, true, 1e-6)
        expect(row).toMatchObject({ satellites: end.satellites, rssi: 2 * end.csq - 113, battery_pct: end.batteryPct })
        near(row.power_v, end.powerV, 1e-4)
        const wifi = (row.attributes.wifi ?? []) as { bssid: string; dbm: number }[]
        expect(wifi.map(({ bssid, dbm }) => [bssid.replaceAll(':', ''), dbm])).toEqual(
          its.points.map(({ bssid, strength }) => [bssid, strength]),
        )
      },
    }
  })

const reply = fc
  .record({
    id,
    maker,
    place,
    status,
    command: fc.constantFrom('S20', 'S71', 'D1', 'R1'),
    result: fc.constantFrom('DONE', 'OK', '80'),
  })
  .map((its): Sample => ({
    message: 'V4',
    id: its.id,
    frame: tracker.encodeReply({ ...its, ...its.place }, its.command, [its.result], its.place.timeMs),
    ack: '',
    check: ([row]) => {
      checkFix(row, its.place, true, 1e-6)
      expect(row.attributes).toMatchObject({ command: its.command, result: its.result })
      expect(row.attributes.command_time).toBe(iso(its.place.timeMs).slice(11, 19).replaceAll(':', ''))
    },
  }))

const textReply = fc
  .record({ id, text: fc.stringMatching(/^[a-z0-9 :]{1,20}$/), answer: text, gap: fc.boolean() })
  .map((its): Sample => ({
    message: 'V4',
    id: its.id,
    frame: tracker.encodeTextReply(its, its.text, its.answer, its.gap),
    ack: '',
    check: ([row]) => {
      expect(row).toMatchObject({ table: 'telemetry', sent_at: null })
      expect(row.attributes).toMatchObject({ command: 'CMD', command_text: its.text, result: its.answer })
    },
  }))

const shortReply = fc.record({ id, command: fc.constantFrom('S26', 'R7'), timeMs: moment }).map((its): Sample => ({
  message: 'V4',
  id: its.id,
  frame: tracker.encodeShortReply(its, its.command, its.timeMs),
  ack: '',
  check: ([row]) =>
    expect(row.attributes).toMatchObject({
      command: its.command,
      command_time: iso(its.timeMs).slice(11, 19).replaceAll(':', ''),
    }),
}))

const sms = fc.record({ id, answer: text }).map((its): Sample => ({
  message: 'SMS',
  id: its.id,
  frame: tracker.encodeSms(its, its.answer),
  ack: '',
  check: ([row]) => expect(row.attributes.result).toBe(its.answer),
}))

const simple = fc
  .record({ id, maker, battery: fc.option(percent), iccid: fc.stringMatching(/^89[0-9]{17,18}$/) })
  .chain((its) =>
    fc.constantFrom<Sample>(
      {
        message: 'V0',
        id: its.id,
        frame: tracker.encodeLogin(its),
        ack: textOf(tracker.encodeLogin(its)),
        check: ([row]) => expect(row.table).toBe('telemetry'),
      },
      {
        message: 'HTBT',
        id: its.id,
        frame: tracker.encodeHeartbeat(its, its.battery ?? undefined),
        ack: textOf(tracker.encodeHeartbeat(its, its.battery ?? undefined)),
        check: ([row]) => expect(row.battery_pct).toBe(its.battery),
      },
      {
        message: 'XT',
        id: its.id,
        frame: tracker.encodeKeepAlive(its, 1, 100),
        ack: '',
        check: ([row]) => expect(row.attributes.data).toBe('1,100'),
      },
      {
        message: 'ICCID',
        id: its.id,
        frame: tracker.encodeIccid(its, its.iccid),
        ack: `*${its.maker},${its.id},ICCID#`,
        check: ([row]) => expect(row.attributes.iccid).toBe(its.iccid),
      },
    ),
  )

const report = { id, timeMs: moment, status }
const checkReport = (row: Row, its: { timeMs: number; status: number }) => {
  expect(row).toMatchObject({ table: 'telemetry', sent_at: iso(its.timeMs) })
  checkStatus(row, its.status)
}

const v3 = fc
  .record({
    ...report,
    mcc: fc.integer({ min: 200, max: 799 }),
    mnc: fc.nat(99),
    towers,
    dbm: fc.integer({ min: -120, max: -40 }),
    batteryRaw: fc.nat(0xfff),
    reboot: fc.nat(9),
  })
  .map((its): Sample => {
    const cells = its.towers.map(([lac, cellId, level], index) =>
      index === 0 ? ([lac, cellId % 1_000_000, level, its.dbm] as const) : ([lac, cellId % 1_000_000, level] as const),
    )
    return {
      message: 'V3',
      id: its.id,
      frame: tracker.encodeV3({ ...its, cells }),
      ack: '',
      check: ([row]) => {
        checkReport(row, its)
        expect(row).toMatchObject({ mcc: its.mcc, mnc: its.mnc, rssi: its.dbm })
        expect(row.attributes.cells).toEqual(cells.map(([lac, cellId]) => [lac, cellId]))
        expect(row.attributes.cell_levels).toEqual(cells.map(([, , level]) => level))
        near(row.battery_v, (its.batteryRaw * 5.6) / 1024, 1e-3)
      },
    }
  })

const v5 = fc
  .record({
    ...report,
    points: fc.array(fc.record({ bssid: hex(12), strength: fc.nat(99) }), { maxLength: 8 }),
    batteryRaw: fc.nat(0x2ff),
    withTime: fc.boolean(),
  })
  .map((its): Sample => ({
    message: 'V5',
    id: its.id,
    frame: tracker.encodeV5(its),
    ack: '',
    check: ([row]) => {
      if (its.withTime) checkReport(row, its)
      else expect(row).toMatchObject({ table: 'telemetry', sent_at: null })
      const wifi = row.attributes.wifi as { bssid: string; strength: number }[]
      expect(wifi.map(({ bssid, strength }) => [bssid.replaceAll(':', ''), strength])).toEqual(
        its.points.map(({ bssid, strength }) => [bssid, strength]),
      )
      expect(row.attributes.battery_raw).toBe(its.batteryRaw)
    },
  }))

const nbr = fc
  .record({
    ...report,
    mcc: fc.integer({ min: 200, max: 799 }),
    mnc: fc.nat(99),
    cells: towers,
    promised: fc.nat(20),
    batteryCode: fc.integer({ min: 7, max: 100 }),
  })
  .map((its): Sample => ({
    message: 'NBR',
    id: its.id,
    frame: tracker.encodeNbr(its),
    ack: confirmed(its.id, 'HQ', 'NBR'),
    check: ([row]) => {
      checkReport(row, its)
      expect(row).toMatchObject({ mcc: its.mcc, mnc: its.mnc, battery_pct: its.batteryCode })
      expect(row.attributes.cells).toEqual(its.cells.map((each) => [...each]))
    },
  }))

const link = fc
  .record({
    ...report,
    signal: fc.nat(100),
    satellites: fc.nat(30),
    batteryPct: percent,
    steps: fc.nat(99_999),
    turnovers: fc.nat(999),
  })
  .map((its): Sample => ({
    message: 'LINK',
    id: its.id,
    frame: tracker.encodeLink(its),
    ack: '',
    check: ([row]) => {
      checkReport(row, its)
      expect(row).toMatchObject({ rssi: its.signal, battery_pct: its.batteryPct })
      expect(row.attributes).toMatchObject({ satellites: its.satellites, steps: its.steps, turnovers: its.turnovers })
    },
  }))

const noFix = fc.record({ ...report, cell }).map((its): Sample => ({
  message: 'V1',
  id: its.id,
  frame: tracker.encodeNoFix({ ...its, extras: tracker.cellFields(its.cell) }),
  ack: confirmed(its.id, 'HQ', 'V1'),
  check: ([row]) => {
    checkReport(row, its)
    expect([row.mcc, row.cell_id]).toEqual([its.cell.mcc, its.cell.cellId])
  },
}))

const alarm = fc.record({ id, place, kind: fc.integer({ min: 1, max: 3 }) }).map((its): Sample => ({
  message: 'ALRM',
  id: its.id,
  frame: tracker.encodeAlarm({ ...its, ...its.place, status: tracker.statusWith() }, its.kind),
  ack: '',
  check: ([row]) => {
    checkFix(row, its.place, true, 1e-6)
    expect(row.alarms).toEqual([['sos', 'low_battery', 'geofence_exit'][its.kind - 1]])
  },
}))

const vp1 = fc
  .record({ id, place, status, batteryPct: percent, validity: fc.constantFrom('A', 'B') })
  .map((its): Sample => ({
    message: 'VP1',
    id: its.id,
    frame: tracker.encodeVp1({ ...its, ...its.place }),
    ack: '',
    check: ([row]) => {
      checkFix(row, its.place, true, 1e-6)
      checkStatus(row, its.status)
      expect(row.battery_pct).toBe(its.batteryPct)
      const day = iso(its.place.timeMs).slice(0, 10)
      const today = day === iso(RECEIVED).slice(0, 10)
      expect(row.fix_time).toBe(today ? iso(RECEIVED) : `${day}T00:00:00.000Z`)
      expect(row.attributes.time_missing).toBe(today ? undefined : true)
    },
  }))

const vp1Cells = fc
  .record({ id, mcc: fc.integer({ min: 200, max: 799 }), mnc: fc.nat(99), cells: towers })
  .map((its): Sample => ({
    message: 'VP1',
    id: its.id,
    frame: tracker.encodeVp1Cells(its),
    ack: '',
    check: ([row]) => {
      expect(row).toMatchObject({ table: 'telemetry', mcc: its.mcc, mnc: its.mnc })
      expect(row.attributes.cells).toEqual(its.cells.map((each) => [...each]))
    },
  }))

const stored = fc
  .record({
    id,
    cell,
    places: fc.array(fc.record({ place, status, ageS: fc.integer({ min: 1, max: 20 * 86_400 }) }), {
      minLength: 1,
      maxLength: 6,
    }),
  })
  .map((its): Sample => {
    const records = its.places.map(({ place: at, status: word, ageS }) => ({
      ...at,
      status: word,
      timeMs: RECEIVED - ageS * 1000,
      cell: its.cell,
    }))
    return {
      message: 'BC',
      id: its.id,
      frame: tracker.encodeStored({ id: its.id, timeMs: RECEIVED, records }),
      ack: '',
      check: (rows) => {
        expect(rows).toHaveLength(records.length)
        rows.forEach((row, index) => {
          checkFix(row, records[index], true, 1e-6)
          expect(row).toMatchObject({ fix_time: iso(records[index].timeMs), buffered: true, cell_id: its.cell.cellId })
          expect(row.attributes.status).toBe(statusText(records[index].status))
        })
      },
    }
  })

const binary = fc
  .record({
    id,
    place,
    status,
    cell,
    valid: fc.boolean(),
    batteryCode: fc.integer({ min: 7, max: 100 }),
    csq: fc.nat(31),
    satellites: fc.nat(60),
    mileage: fc.nat(0xffff_ffff),
    record: fc.nat(255),
    // No byte of an opening, so that the tail is none.
    tail: fc.uint8Array({ min: 0x80, minLength: 14, maxLength: 17 }),
    form: fc.constantFrom('plain', 'cell', 'opaque'),
  })
  .map((its): Sample => {
    const { place: at } = its
    const record = { ...its, ...at }
    const long = its.id === IMEI
    const frame = long
      ? tracker.encodeBinaryTail(record, its.tail.subarray(0, 10))
      : its.form === 'plain'
        ? tracker.encodeBinary(record)
        : its.form === 'cell'
          ? tracker.encodeBinaryCell(record)
          : tracker.encodeBinaryTail(record, its.tail)
    return {
      message: '$',
      id: its.id,
      frame,
      ack: '',
      check: ([row]) => {
        checkFix(row, at, its.valid, 1e-6)
        checkStatus(row, its.status)
        expect(row).toMatchObject({ fix_time: iso(at.timeMs), battery_pct: its.batteryCode })
        near(row.speed_kph, Math.round(at.speedKph / KNOT_KPH) * KNOT_KPH, 1e-3)
        if (long || its.form !== 'cell') return
        expect([row.mcc, row.mnc, row.lac, row.cell_id]).toEqual([
          its.cell.mcc,
          its.cell.mnc,
          its.cell.lac,
          its.cell.cellId,
        ])
        expect(row).toMatchObject({ rssi: 2 * its.csq - 113, satellites: its.satellites })
        expect(row.attributes).toMatchObject({ mileage_raw: its.mileage, record_number: its.record })
      },
    }
  })

/** Without an id: belongs to the device of the sentence before it. */
const mileage = fc
  .record({ place, status, odometerKm: fc.nat(5_000_000), temperatureC: fc.integer({ min: -40, max: 85 }) })
  .map((its): Sample => ({
    message: 'X',
    id: '',
    frame: tracker.encodeMileage({ ...its, ...its.place }),
    ack: '',
    check: ([row]) => {
      checkFix(row, its.place, true, 1e-6)
      near(row.odometer_km, its.odometerKm, 1e-2)
      expect(row.attributes.temperature_c).toBe(its.temperatureC)
    },
  }))

const sample = fc.oneof(
  position,
  v8,
  reply,
  textReply,
  shortReply,
  sms,
  simple,
  v3,
  v5,
  nbr,
  link,
  noFix,
  alarm,
  vp1,
  vp1Cells,
  stored,
  binary,
  mileage,
)

/** What a stream gives that arrives in these pieces: each frame decoded in a session of its own, as its first. */
function decodeStream(pieces: readonly Uint8Array[]): Decoded[] {
  return feed(codec, pieces, true).frames.map((frame) => take(codec, frame, session(ID), RECEIVED))
}

describe('cantrack properties', () => {
  test('every message of the table, and every binary form, comes back from a stream cut anywhere', () => {
    const seen = new Set<string>()
    const separator = fc.constantFrom('', '', '\r\n', '\n').map(bytesOfText)
    fc.assert(
      fc.property(
        fc.array(fc.tuple(sample, separator), { minLength: 1, maxLength: 8 }),
        fc.array(fc.nat(), { maxLength: 6 }),
        (samples, cuts) => {
          const stream = Buffer.concat(samples.flatMap(([{ frame }, behind]) => [frame, behind]))
          const decoded = decodeStream(piecesOf(stream, cuts))
          expect(decoded.map(({ frame }) => textOf(frame))).toEqual(samples.map(([{ frame }]) => textOf(frame)))
          decoded.forEach(({ device, reject, rows, ack }, index) => {
            const [want] = samples[index]
            expect([reject, device, textOf(ack)]).toEqual([null, want.id || ID, want.ack])
            for (const row of rows) expect(row.message).toBe(want.message)
            want.check(rows)
            seen.add(want.message)
          })
        },
      ),
      { numRuns: 250 },
    )
    const missing = TYPES.map(([type]) => type).filter((type) => type !== '' && !seen.has(type))
    expect([...missing, ...['$', 'X', 'V77'].filter((type) => !seen.has(type))]).toEqual([])
  })

  test('a stream byte by byte gives the same as the whole', () => {
    fc.assert(
      fc.property(fc.array(sample, { minLength: 1, maxLength: 4 }), (samples) => {
        const stream = Buffer.concat(samples.map(({ frame }) => frame))
        expect(decodeStream([...stream].map((byte) => Uint8Array.of(byte)))).toEqual(decodeStream([stream]))
      }),
      { numRuns: 60 },
    )
  })

  test('any bytes and any damage: no function throws, splitting ends, what comes out is in range', () => {
    const damaged = fc
      .tuple(sample, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 5 }), fc.uint8Array({ maxLength: 20 }))
      .map(([{ frame }, changes, tail]) => {
        const bytes = Uint8Array.from([...frame, ...tail])
        for (const [at, value] of changes) bytes[at % bytes.length] = value
        return bytes
      })
    fc.assert(
      fc.property(fc.oneof(damaged, fc.uint8Array({ maxLength: 120 })), fc.nat(255), (bytes, fill) => {
        expectSound(codec, bytes, fill, RECEIVED, ID)
        for (const { rows } of decodeStream([bytes]))
          for (const { fix_time, sent_at } of rows) {
            const time = (fix_time ?? sent_at) as string | null
            if (time !== null) expect(Date.parse(time)).toBeLessThanOrEqual(RECEIVED + 86_400_000)
          }
      }),
      { numRuns: 2000 },
    )
  })

  test('no coordinates, or a day that there is not, make no fix in any form', () => {
    const nowhere = { latE7: 0, lonE7: 0 }
    const impossible = fc.constantFrom('000000', '310225', '290225', '011325', '320125', '311125')
    fc.assert(
      fc.property(place, fc.constantFrom('V1', 'V2', 'V6', 'VI1', 'V77'), impossible, (at, type, date) => {
        const good = { id: ID, ...at, timeMs: RECEIVED - 1000 }
        const dated = (frame: Uint8Array) => {
          if (frame[0] === 0x2a) return bytesOfText(textOf(frame).replace(',211125', `,${date}`))
          const bytes = Buffer.from(frame)
          bytes.write(date, 9, 'hex')
          return bytes
        }
        for (const change of [nowhere, null])
          for (const frame of [
            tracker.encodePosition({ ...good, ...change, type }),
            tracker.encodeVp1({ ...good, ...change }),
            tracker.encodeBinary({ ...good, ...change }),
            tracker.encodeMileage({ ...good, ...change, odometerKm: 1 }),
          ]) {
            const [row] = take(codec, change === null ? dated(frame) : frame, session(ID), RECEIVED).rows
            expect(row.table).toBe('telemetry')
            if (change === null) expect(row.sent_at).toBeNull()
          }
      }),
      { numRuns: 200 },
    )
  })
})

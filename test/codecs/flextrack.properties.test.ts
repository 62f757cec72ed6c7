/** flextrack: whatever the encoders can write comes back from a stream cut anywhere, and no bytes do harm. */
import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { encodeLogon, encodeSentence, encodeUnitstat } from '../../src/codecs/flextrack/encode.ts'
import { flextrack, flextrackOptions } from '../../src/codecs/flextrack/index.ts'
import { bytesOfText, type Decoded, feed, hexOf, piecesOf, session, take, textOf } from './harness.ts'
import { expectCovered, expectReadsInside } from './properties.ts'

const codec = flextrack(flextrackOptions.parse({}))
const RECEIVED = Date.parse('2026-03-14T10:00:05Z')
const YEAR_S = 365 * 86_400
const L = '-1,LOGON,7000004711,8945020110126630001\r'
const FIELDS = '20260314,100000,7000004711,N55.40.5610,E012.34.0980,64,271,9,4102,-73,0008,23801,12,9,1A2B,3,00C8,45210'
const U = `-2,UNITSTAT,${FIELDS}\r`
/** U with one field changed; fields count from 0. */
const withField = (field: number, value: string) => {
  const fields = U.slice(0, -1).split(',')
  fields[field] = value
  return `${fields.join(',')}\r`
}

/** A sentence, and what its decoding must say. */
interface Sent {
  bytes: Uint8Array
  index: string
  /** Device it names, if any. */
  device: string | null
  check(decoded: Decoded, logonMs: number | null): void
}

const index = fc.integer({ min: -999_999_999, max: -1 }).map(String)
const nodeId = fc.stringMatching(/^[1-9][0-9]{0,19}$/)

const unitstat = fc
  .record({
    nodeId,
    index,
    timeMs: fc.integer({ min: 0, max: YEAR_S }).map((age) => Math.floor(RECEIVED / 1000 - age) * 1000),
    place: fc.option(
      fc.record({
        latE7: fc.integer({ min: -899_999_000, max: 899_999_000 }),
        lonE7: fc.integer({ min: -1_799_999_000, max: 1_799_999_000 }),
      }),
      { freq: 5, nil: { latE7: 0, lonE7: 0 } },
    ),
    minuteDecimals: fc.constantFrom(1, 4, 5, 7),
    speedKph: fc.nat(400),
    courseDeg: fc.nat(359),
    satellites: fc.oneof(fc.constant(0), fc.nat(40)),
    batteryMv: fc.nat(20_000),
    gsmDbm: fc.integer({ min: -127, max: 0 }),
    state: fc.nat(0xffff),
    mcc: fc.integer({ min: 1, max: 999 }),
    mnc: fc.nat(99),
    mncDigits: fc.constantFrom(2 as const, 3 as const),
    altitudeM: fc.integer({ min: -500, max: 9000 }),
    hdopTenths: fc.nat(1200),
    cellId: fc.nat(0xfffffff),
    fixSeconds: fc.nat(1_000_000),
    lac: fc.nat(0xffff),
    odometer: fc.nat(999_999_999),
  })
  // What rounds to nothing is no place.
  .filter(({ place: { latE7, lonE7 } }) => Math.abs(latE7) > 20_000 || (latE7 === 0 && lonE7 === 0))
  .map(({ place, ...given }): Sent => ({
    bytes: encodeUnitstat({ ...given, ...place }),
    index: given.index,
    device: given.nodeId,
    check: ({ rows: [row] }, logonMs) => {
      const isFix = place.latE7 !== 0
      const hdop = given.hdopTenths >= 990 ? null : given.hdopTenths / 10
      expect(row).toMatchObject({
        table: isFix ? 'fixes' : 'telemetry',
        message: 'UNITSTAT',
        buffered: given.timeMs < (logonMs ?? RECEIVED) - 600_000,
        battery_v: Math.fround(given.batteryMv / 1000),
        rssi: given.gsmDbm,
        mcc: given.mcc,
        mnc: given.mnc,
        cell_id: given.cellId,
        lac: given.lac,
        odometer_km: null,
        battery_pct: null,
        alarms: [],
      })
      const kept = {
        index: given.index,
        state: given.state,
        gps_fix_seconds: given.fixSeconds,
        odometer_raw: given.odometer,
      }
      if (!isFix) {
        expect(row.sent_at).toBe(new Date(given.timeMs).toISOString())
        expect(row.attributes).toEqual({
          ...kept,
          speed_kph: given.speedKph,
          altitude_m: given.altitudeM,
          course_deg: given.courseDeg,
          satellites: given.satellites,
          ...(hdop === null ? {} : { hdop }),
        })
        return
      }
      // Half a unit of the last decimal of a minute, and half of 1e-7 degree.
      const tolerance = 0.5 / 10 ** given.minuteDecimals / 60 + 0.51e-7
      expect(Math.abs((row.latitude as number) - place.latE7 / 1e7)).toBeLessThanOrEqual(tolerance)
      expect(Math.abs((row.longitude as number) - place.lonE7 / 1e7)).toBeLessThanOrEqual(tolerance)
      expect(row.attributes).toEqual(kept)
      expect(row).toMatchObject({
        fix_time: new Date(given.timeMs).toISOString(),
        speed_kph: given.speedKph,
        course_deg: given.courseDeg,
        satellites: given.satellites,
        altitude_m: given.altitudeM,
        hdop: hdop === null ? null : Math.fround(hdop),
        valid: given.satellites > 0,
        source: given.satellites > 0 ? 'gnss' : 'last_known',
      })
    },
  }))

const logon = fc
  .record({ index, nodeId, iccid: fc.stringMatching(/^[0-9]{10,20}$/) })
  .map(({ index: own, nodeId: id, iccid }): Sent => ({
    bytes: encodeLogon(id, iccid, own),
    index: own,
    device: id,
    check: ({ rows }) =>
      expect(rows).toMatchObject([{ table: 'telemetry', message: 'LOGON', attributes: { index: own, iccid } }]),
  }))

const sentence = fc
  .record({
    index,
    keyword: fc.stringMatching(/^[A-Z][A-Z0-9_]{0,20}$/).filter((word) => word !== 'LOGON' && word !== 'UNITSTAT'),
    fields: fc.array(fc.stringMatching(/^[!-+\--~]{0,12}$/), { maxLength: 30 }),
  })
  .map(({ index: own, keyword, fields }): Sent => ({
    bytes: encodeSentence(own, keyword, ...fields),
    index: own,
    device: null,
    check: ({ rows }) => {
      expect(rows).toMatchObject([{ table: 'telemetry', message: keyword }])
      expect(rows[0].attributes).toEqual({ index: own, ...(fields.length > 0 ? { fields } : {}) })
    },
  }))

describe('flextrack encode → split → decode', () => {
  for (const [name, kind, numRuns] of [
    ['UNITSTAT', unitstat, 300],
    ['LOGON', logon, 100],
    ['other sentences', sentence, 150],
    ['all sentences', fc.oneof(unitstat, logon, sentence), 200],
  ] as const)
    test(`${name}: a stream cut anywhere gives back what was encoded, and each sentence its ack`, () => {
      fc.assert(
        fc.property(
          fc.array(kind, { minLength: 1, maxLength: 6 }),
          fc.array(fc.nat(), { maxLength: 8 }),
          fc.constantFrom('', '\n', '\0 '),
          (sent, places, between) => {
            const bytes = Uint8Array.from(Buffer.concat(sent.flatMap((each) => [each.bytes, bytesOfText(between)])))
            const { frames, skipped, left } = feed(codec, piecesOf(bytes, places))
            expect(frames.map(hexOf)).toEqual(sent.map((each) => hexOf(each.bytes)))
            expect(textOf(skipped) + textOf(left)).toBe(between.repeat(sent.length))
            const into = session('7')
            let logonMs: number | null = null
            for (const { bytes: one, index: own, device, check } of sent) {
              const before = into.device
              const decoded = take(codec, one, into, RECEIVED)
              expect([decoded.reject, decoded.device]).toEqual([null, device ?? before])
              expect(textOf(decoded.ack)).toBe(`${own},ACK\r`)
              check(decoded, logonMs)
              if (decoded.rows[0].message === 'LOGON') logonMs = RECEIVED
            }
          },
        ),
        { numRuns },
      )
    })

  test('a sentence sent again under another index is the same', () => {
    const hashOf = (bytes: Uint8Array) => {
      const hash = new Uint32Array(2)
      codec.hash(bytes, 0, bytes.length, hash)
      return hash.join()
    }
    fc.assert(
      fc.property(fc.oneof(unitstat, logon, sentence), index, fc.constantFrom('\r', ''), (sent, other, end) => {
        const text = textOf(sent.bytes).slice(0, -1)
        const again = bytesOfText(other + text.slice(text.indexOf(',')) + end)
        expect(hashOf(again)).toBe(hashOf(sent.bytes))
        expect(hashOf(bytesOfText(`${text}1\r`))).not.toBe(hashOf(sent.bytes))
      }),
      { numRuns: 300 },
    )
  })
})

describe('flextrack whatever the bytes', () => {
  const hostile = fc.oneof(
    fc.uint8Array({ maxLength: 700 }),
    fc
      .array(fc.constantFrom(...' ,.-\r\n\x000159NSEWAF', 'LOGON', 'UNITSTAT', ',', L, U, '-1,', 'ACK'), {
        maxLength: 60,
      })
      .map((parts) => bytesOfText(parts.join(''))),
    fc
      .tuple(fc.nat(19), fc.stringMatching(/^[ -~]{0,24}$/))
      .map(([field, value]) => bytesOfText(withField(field, value))),
  )
  test('split comes to an end, and takes all there is when nothing can follow', () => {
    fc.assert(
      fc.property(hostile, (bytes) => void expectCovered(codec, bytes)),
      { numRuns: 2000 },
    )
  })
  test('any cuts of any mixture give the same frames', () => {
    fc.assert(
      fc.property(hostile, fc.array(fc.nat(300), { maxLength: 4 }), (bytes, cuts) => {
        const [have, want] = [piecesOf(bytes, cuts), [bytes]].map((pieces) => feed(codec, pieces).frames.map(textOf))
        expect(have).toEqual(want)
      }),
      { numRuns: 2000 },
    )
  })
  test('no function throws, and what it says depends on no byte outside its range', () => {
    fc.assert(
      fc.property(hostile, fc.constantFrom(0x0d, 0x2c, 0x30, 0x41), (text, fill) => {
        expectReadsInside(codec, text, fill, RECEIVED)
      }),
      { numRuns: 3000 },
    )
  })
  test('a sentence cut anywhere never reads on', () => {
    for (const text of [L, U, '-6,PING,1\r'])
      for (let length = 0; length <= text.length; length++) {
        const cut = bytesOfText(text.slice(0, length))
        for (const fill of [0x0d, 0x2c, 0x30, 0x41]) expectReadsInside(codec, cut, fill, RECEIVED)
      }
  })
})

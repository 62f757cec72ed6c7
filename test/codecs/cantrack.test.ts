/** cantrack: recognition, framing, identity, replies, memory and decoding. */
import { describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import fc from 'fast-check'
import { BAD_IDENTITY, DEVICE_ID_MAX, FINAL, MAYBE, NEED_MORE, NO, YES } from '../../src/codecs/codec.ts'
import * as tracker from '../../src/codecs/cantrack/encode.ts'
import { DeviceSettings } from '../../src/codecs/device-settings.ts'
import { cantrack, cantrackOptions } from '../../src/codecs/cantrack/index.ts'
import { TYPES } from '../../src/codecs/cantrack/messages.ts'
import { Records } from '../../src/codecs/records.ts'
import {
  bytesOfHex,
  bytesOfText,
  feed,
  hexOf,
  recogniseAs,
  session,
  type Session,
  splitAll,
  take,
  takeAll,
  textOf,
} from './harness.ts'
import { differences, readVectors, vectorBytes } from './vectors.ts'

const optionsOf = (options: Record<string, unknown>) => cantrackOptions.parse(options)
const codec = cantrack(optionsOf({}))
const IMEI = '865432109876543'
const ID = '9170001234'
const RECEIVED = Date.parse('2025-11-21T01:30:16Z')
const fixtures = readVectors(join(import.meta.dir, '../../fixtures/cantrack.jsonl'))
const PLACE = { id: ID, timeMs: RECEIVED - 1000, latE7: 225_430_967, lonE7: 1_140_578_650 }
const V1 = (status: string, id = ID, second = 15) =>
  `*HQ,${id},V1,0130${second},A,2232.5858,N,11403.4719,E,000.00,000,211125,${status}#`
const PLAIN = tracker.encodeBinary({ ...PLACE, record: 7 })
const CELL = { mcc: 404, mnc: 22, lac: 7978, cellId: 46020 }
const WITH_CELL = tracker.encodeBinaryCell({ ...PLACE, cell: CELL, csq: 20, satellites: 10 })
const OPAQUE_45 = tracker.encodeBinaryTail(PLACE, new Uint8Array(14).fill(0xee))
const OPAQUE_46 = tracker.encodeBinaryTail(PLACE, new Uint8Array(15).fill(0xee))
const OPAQUE_47 = tracker.encodeBinaryTail(PLACE, new Uint8Array(16).fill(0xee))
const OPAQUE_48 = tracker.encodeBinaryTail(PLACE, new Uint8Array(17).fill(0xee))
const LONG = tracker.encodeBinaryTail({ ...PLACE, id: IMEI }, new Uint8Array(10).fill(0xee))
const MILEAGE = tracker.encodeMileage({ ...PLACE, odometerKm: 1000 })
const LOGIN = tracker.encodeLogin({ id: IMEI })

const takeText = (text: string, into?: Session, receivedMs = RECEIVED, by = codec) =>
  takeAll(by, bytesOfText(text), into, receivedMs)
const rowOf = (text: string, into?: Session, receivedMs = RECEIVED, by = codec) =>
  takeText(text, into, receivedMs, by).at(-1)!.rows[0]
const splitOf = (bytes: Uint8Array, silentMs = 0) => {
  const within = Uint8Array.from([0xa5, 0xa5, ...bytes, 0x2a])
  return codec.split(within, 2, within.length - 1, silentMs)
}
const join2 = (...parts: Uint8Array[]) => new Uint8Array(Buffer.concat(parts))

/** Frames of a stream that arrives in these parts and ends. */
const stream = (parts: readonly Uint8Array[]) => feed(codec, parts, true).frames.map(hexOf)

describe('cantrack fixtures', () => {
  for (const fixture of fixtures) {
    test(fixture.id, () => {
      const received = fixture.received_at === undefined ? RECEIVED : Date.parse(fixture.received_at)
      const taken = takeAll(codec, vectorBytes(fixture), session(), received)
      expect(taken.map((frame) => frame.reject)).toEqual(taken.map(() => null))
      const rows = taken.flatMap((frame) => frame.rows)
      expect(differences(rows, fixture.kind === 'position' ? 'position' : 'attributes', fixture.expect)).toEqual([])
      if (fixture.kind !== 'position') expect(rows.filter((row) => row.table === 'fixes')).toEqual([])
      expect(taken.map((frame) => textOf(frame.ack)).join('')).toBe((fixture.expect.ack as string) ?? '')
      expect(taken.at(-1)!.device).toBe(fixture.expect.device_id as string)
    })
  }

  test('every type of the table is in a fixture', () => {
    const text = fixtures.map((fixture) => textOf(vectorBytes(fixture))).join('')
    expect(TYPES.map(([type]) => type).filter((type) => type !== '' && !text.includes(`,${type}`))).toEqual([])
  })
})

describe('cantrack recognise', () => {
  const verdict = (bytes: Uint8Array) => {
    const within = Uint8Array.from([0xa5, ...bytes, 0xa5])
    return recogniseAs(codec, within, 1, within.length - 1)
  }
  test('says yes to a star, two letters, digits and a letter', () => {
    for (const text of ['*HQ,9170001234,V', '*hq,865432109876543,VP1', '*TH,,X', '*XX,12345678901234567890,A'])
      expect([text, verdict(bytesOfText(text))]).toEqual([text, YES])
  })
  test('says yes to binary after 12 bytes, with the long id after 15', () => {
    for (let length = 0; length < PLAIN.length; length++)
      expect([length, verdict(PLAIN.subarray(0, length))]).toEqual([length, length < 12 ? MAYBE : YES])
    for (let length = 0; length < LONG.length; length++)
      expect([length, verdict(LONG.subarray(0, length))]).toEqual([length, length < 15 ? MAYBE : YES])
  })
  test('waits for the byte that decides', () => {
    for (const text of ['', '*', '*H', '*HQ', '*HQ,', '*HQ,9170001234', '*HQ,9170001234,'])
      expect([text, verdict(bytesOfText(text))]).toEqual([text, MAYBE])
  })
  test('says no to what looks alike', () => {
    for (const text of [
      '*1,',
      '*H1,',
      '*HQx',
      '*ET,SN:1',
      '*HQ,91a',
      '*HQ,123456789012345678901',
      '*HQ,9170001234,1',
      '**,imei:1,B',
      '$POS,1',
      '$GPRMC,013015,A',
      '$AAAAAAAAAAAAAA',
      'X',
      '~',
      '[3G*1*2*LK]',
      '(0',
      '##,',
      'imei:',
      '\r',
    ])
      expect([text, verdict(bytesOfText(text))]).toEqual([text, NO])
  })
  test('the mileage record is never the first frame', () => expect(verdict(MILEAGE)).toBe(NO))
  test('a date or time out of range is not binary', () => {
    for (const [at, value] of [
      [6, 0x24],
      [7, 0x60],
      [8, 0x60],
      [9, 0x32],
      [10, 0x13],
      [10, 0x00],
      [11, 0xaa],
    ]) {
      const bytes = Uint8Array.from(PLAIN)
      bytes[at] = value
      expect(verdict(bytes)).toBe(NO)
    }
  })
})

describe('cantrack split', () => {
  const TEXT = bytesOfText(V1('FFFFFBFF'))
  test('every proper prefix asks for more', () => {
    for (const fixture of fixtures) {
      const [frame] = splitAll(codec, vectorBytes(fixture)).frames
      for (let length = 1; length < frame.length; length++)
        expect([fixture.id, length, splitOf(frame.subarray(0, length))]).toEqual([fixture.id, length, NEED_MORE])
    }
  })
  test('line ends and blanks between frames are skipped', () => {
    expect(splitOf(bytesOfText(' \r\n\0*'))).toBe(-4)
    expect(stream([bytesOfText(`\r\n${V1('FFFFFFFF')}\r\n\r\n`), LOGIN, bytesOfText('\n')])).toHaveLength(2)
  })
  test('a record ends where another frame opens', () => {
    for (const next of [TEXT, PLAIN, LONG, MILEAGE, LOGIN])
      for (const record of [PLAIN, WITH_CELL, OPAQUE_45, OPAQUE_46, OPAQUE_47, OPAQUE_48, LONG, MILEAGE])
        for (const between of ['', '\r\n', '\n']) {
          const bytes = join2(record, bytesOfText(between), next)
          expect(splitOf(bytes)).toBe(record.length)
        }
  })
  test('a record at the end of the bytes waits for a second of silence, unless its shape tells', () => {
    for (const record of [PLAIN, OPAQUE_45, OPAQUE_46, OPAQUE_47, OPAQUE_48]) {
      expect(splitOf(record, 999)).toBe(NEED_MORE)
      expect(splitOf(record, 1000)).toBe(record.length)
      expect(splitOf(record, FINAL)).toBe(record.length)
    }
    for (const record of [WITH_CELL, LONG, MILEAGE]) expect(splitOf(record)).toBe(record.length)
  })
  test('a record with its line end, and nothing after it, is the record', () => {
    for (const record of [PLAIN, WITH_CELL, OPAQUE_45, OPAQUE_46, OPAQUE_47, OPAQUE_48, LONG, MILEAGE])
      for (const lineEnd of ['\r', '\n', '\r\n'])
        expect(splitOf(join2(record, bytesOfText(lineEnd)), FINAL)).toBe(record.length)
  })
  test('where nothing fits, two seconds of silence make it 32 bytes and garbage', () => {
    const odd = join2(PLAIN, bytesOfText('12345'))
    expect(splitOf(odd, 1999)).toBe(NEED_MORE)
    expect(splitOf(odd, 2000)).toBe(32)
    expect(splitOf(join2(PLAIN, new Uint8Array(40)))).toBe(32)
  })
  test('ten or thirteen satellites are no line end, and a hash in a record is data', () => {
    const hash = tracker.encodeBinaryCell({ ...PLACE, cell: CELL, csq: 0x1f, satellites: 13, mileage: 0x23232a24 })
    expect(splitAll(codec, join2(hash, WITH_CELL, hash)).frames.map((frame) => frame.length)).toEqual([45, 45, 45])
  })
  test('frames 19, 2 and 1 of the page in one read are three frames', () => {
    const bytes = join2(PLAIN, bytesOfText(`*HQ,${IMEI},HTBT,83#`), LOGIN)
    expect(splitAll(codec, bytes, 0).frames.map((frame) => frame.length)).toEqual([32, 28, 23])
  })
  test('any cuts of a mixed stream give the same frames', () => {
    const parts = [PLAIN, TEXT, WITH_CELL, PLAIN, LONG, OPAQUE_47, LOGIN, OPAQUE_45, MILEAGE, PLAIN, PLAIN]
    const whole = join2(...parts.slice(0, 5), bytesOfText('\r\n'), ...parts.slice(5))
    expect(stream([whole])).toEqual(parts.map(hexOf))
    expect(stream([...whole].map((byte) => Uint8Array.of(byte)))).toEqual(parts.map(hexOf))
    fc.assert(
      fc.property(fc.array(fc.nat(whole.length), { maxLength: 6 }), (cuts) => {
        const at = [0, ...cuts.toSorted((a, b) => a - b), whole.length]
        expect(stream(at.slice(1).map((to, index) => whole.subarray(at[index], to)))).toEqual(parts.map(hexOf))
      }),
      { numRuns: 300 },
    )
  })
  test('any cuts of a damaged stream give the same frames', () => {
    const part = fc.oneof(
      fc.constantFrom(PLAIN, TEXT, WITH_CELL, LONG, OPAQUE_47, LOGIN, MILEAGE),
      fc.constantFrom('*', '$', 'X', '*HQ,', '*HQ,1,V', '#', '\r\n', ',').map(bytesOfText),
      fc.uint8Array({ maxLength: 12 }),
      fc.nat(31).map((length) => PLAIN.subarray(0, length)),
    )
    fc.assert(
      fc.property(fc.array(part, { maxLength: 8 }), fc.array(fc.nat(400), { maxLength: 4 }), (parts, cuts) => {
        const whole = join2(...parts)
        const at = [0, ...cuts.map((cut) => Math.min(cut, whole.length)).toSorted((a, b) => a - b), whole.length]
        expect(stream(at.slice(1).map((to, index) => whole.subarray(at[index], to)))).toEqual(stream([whole]))
      }),
      { numRuns: 2000 },
    )
  })
  test('garbage is one run up to the next opening', () => {
    for (const next of [TEXT, PLAIN, LONG, MILEAGE])
      for (const garbage of ['x', '*', '$', '*HQ,1', '#,*H1,$abcdefghijkl', 'X0123456789'])
        expect(splitOf(join2(bytesOfText(garbage), next), 5000)).toBe(-garbage.length)
  })
  test('a sentence that lost its end is cut off where the next one opens', () => {
    const { frames, skipped } = splitAll(codec, bytesOfText(`*HQ,${ID},V1,013015,A,2232.${V1('FFFFFFFF')}`))
    expect(frames.map(textOf)).toEqual([V1('FFFFFFFF')])
    expect(skipped.map(textOf)).toEqual([`*HQ,${ID},V1,013015,A,2232.`])
  })
  test('a star or a dollar sign in a text reply is text', () => {
    const text = `*HQ,${ID},SMS,a*b $c *1#`
    expect(splitAll(codec, bytesOfText(text)).frames.map(textOf)).toEqual([text])
  })
  test('a sentence has 1024 bytes at the most', () => {
    const sized = (size: number) => `*HQ,${ID},SMS,`.padEnd(size - 1, 'x') + '#'
    expect(splitOf(bytesOfText(sized(1024)))).toBe(1024)
    expect(splitOf(bytesOfText(sized(1025).slice(0, 1023)))).toBe(NEED_MORE)
    expect(splitOf(bytesOfText(sized(1025).slice(0, 1024)))).toBe(-1024)
    expect(splitAll(codec, bytesOfText(sized(1200) + V1('FFFFFFFF'))).frames.map(textOf)).toEqual([V1('FFFFFFFF')])
  })
  test('when nothing will follow, what is incomplete is garbage', () => {
    for (const bytes of [TEXT, PLAIN, LONG, MILEAGE])
      for (let length = 1; length < Math.min(bytes.length, 32); length++)
        expect(splitOf(bytes.subarray(0, length), FINAL)).toBe(-length)
  })
  test('a record whose clock was never set is a frame, but opens no connection', () => {
    const unset = Uint8Array.from(PLAIN)
    unset.fill(0, 9, 12)
    expect(splitOf(unset, FINAL)).toBe(32)
    expect(recogniseAs(codec, unset, 0, 32)).toBe(NO)
    expect(take(codec, unset, session(), RECEIVED).rows[0]).toMatchObject({ table: 'telemetry', sent_at: null })
  })
  test('any bytes: nothing throws, every step makes progress', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.constantFrom(0, 1000, 2000, FINAL), (bytes, silentMs) => {
        for (let at = 0; at < bytes.length;) {
          const size = codec.split(bytes, at, bytes.length, silentMs)
          if (size === NEED_MORE) {
            expect(silentMs).not.toBe(FINAL)
            break
          }
          at += Math.abs(size)
          expect(at).toBeLessThanOrEqual(bytes.length)
        }
      }),
      { numRuns: 3000 },
    )
  })
  test('what lies around the bytes does not count', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...fixtures),
        fc.nat(80),
        fc.uint8Array({ minLength: 64, maxLength: 64 }),
        (fixture, cut, tail) => {
          const bytes = vectorBytes(fixture).subarray(0, cut)
          const read = (around: Uint8Array) => {
            const all = join2(around, bytes, around)
            const id = new Uint8Array(DEVICE_ID_MAX)
            const to = 64 + bytes.length
            return [
              recogniseAs(codec, all, 64, to),
              codec.split(all, 64, to, 0),
              codec.split(all, 64, to, FINAL),
              codec.identify(all, 64, to, id, new Int32Array(2)),
              [...id],
            ]
          }
          expect(read(tail)).toEqual(read(new Uint8Array(64)))
        },
      ),
      { numRuns: 500 },
    )
  })
})

describe('cantrack identify', () => {
  const idOf = (bytes: Uint8Array) => {
    const id = new Uint8Array(DEVICE_ID_MAX)
    const length = codec.identify(bytes, 0, bytes.length, id, new Int32Array(2))
    return length === BAD_IDENTITY ? BAD_IDENTITY : textOf(id.subarray(0, length))
  }
  test('text and binary of one unit have the same id', () => {
    expect(idOf(bytesOfText(V1('FFFFFFFF')))).toBe(ID)
    for (const record of [PLAIN, WITH_CELL, OPAQUE_45, OPAQUE_47]) expect(idOf(record)).toBe(ID)
    expect([idOf(LOGIN), idOf(LONG)]).toEqual([IMEI, IMEI])
  })
  test('an IMEI whose end is a time, in a record whose time is a date, is told by the place or the length', () => {
    const imei = '865432109012345' // 01:23:45, and 0 behind
    for (const latE7 of [225_430_967, 180_853_000])
      for (let minute = 0; minute < 1440; minute += 7) {
        const at = { ...PLACE, latE7, timeMs: Date.UTC(2025, 10, 20, 0, minute, 15) }
        const record = tracker.encodeBinaryTail({ ...at, id: imei }, new Uint8Array(10).fill(0xee))
        const plain = tracker.encodeBinary(at)
        const cell = tracker.encodeBinaryCell({ ...at, cell: CELL, csq: 20, satellites: 10 })
        const parts = [record, plain, record, cell, record, record, LOGIN, record]
        expect(stream([...join2(...parts)].map((byte) => Uint8Array.of(byte)))).toEqual(parts.map(hexOf))
        expect([record, plain, cell].map(idOf)).toEqual([imei, ID, ID])
        expect(splitOf(record, 1000)).toBe(42)
        const { device, rows } = take(codec, record, session(), RECEIVED)
        expect([device, rows[0].fix_time]).toEqual([imei, new Date(at.timeMs).toISOString()])
      }
  })
  test('leading zeros of a serial belong to it', () => {
    expect(idOf(tracker.encodeBinary({ ...PLACE, id: '0070001234' }))).toBe('0070001234')
    expect(idOf(bytesOfText('*HQ,0070001234,V0#'))).toBe('0070001234')
  })
  test('an empty id and the mileage record leave the device to the connection', () => {
    expect([idOf(bytesOfText('*HQ,,XT#')), idOf(MILEAGE)]).toEqual(['', ''])
    expect(take(codec, bytesOfText('*HQ,,HTBT,5#'), session(ID)).rows[0].battery_pct).toBe(5)
  })
  test('zeros alone are no identity', () => {
    expect(idOf(bytesOfText('*HQ,0000000000,V0#'))).toBe(BAD_IDENTITY)
    expect(idOf(tracker.encodeBinary({ ...PLACE, id: '0' }))).toBe(BAD_IDENTITY)
  })
})

describe('cantrack ack', () => {
  const ackOf = (text: string | Uint8Array, options: Record<string, unknown> = {}) =>
    textOf(
      take(cantrack(optionsOf(options)), typeof text === 'string' ? bytesOfText(text) : text, session(), RECEIVED).ack,
    )
  test('the examples of the page, byte for byte', () => {
    expect(ackOf(`*HQ,${IMEI},V0#`)).toBe(`*HQ,${IMEI},V0#`)
    expect(ackOf(`*HQ,${IMEI},HTBT,83#`)).toBe(`*HQ,${IMEI},HTBT,83#`)
    expect(ackOf(`*HQ,${IMEI},HTBT#`)).toBe(`*HQ,${IMEI},HTBT#`)
    expect(ackOf(V1('FFFFFFFF', IMEI))).toBe(`*HQ,${IMEI},V4,V1,20251121013016#`)
    expect(ackOf(`*HQ,${ID},NBR,013115,460,00,255,0,211125,FFFFFBFF#`)).toBe(`*HQ,${ID},V4,NBR,20251121013016#`)
    expect(ackOf(`*HQ,${IMEI},ICCID,8986#`)).toBe(`*HQ,${IMEI},ICCID#`)
  })
  test('the maker is the one of the frame', () =>
    expect(ackOf(V1('FFFFFFFF').replace('HQ', 'th'))).toBe(`*th,${ID},V4,V1,20251121013016#`))
  test('types without an answer get none', () => {
    for (const type of [
      'V2',
      'V3',
      'V4',
      'V5',
      'V6',
      'V8',
      'V19',
      'VI1',
      'VP1',
      'LINK',
      'XT',
      'SMS',
      'ALRM',
      'BC',
      'V99',
      'V11',
    ])
      expect([type, ackOf(`*HQ,${ID},${type},1,2#`)]).toEqual([type, ''])
    for (const record of [PLAIN, WITH_CELL, LONG, MILEAGE]) expect(ackOf(record)).toBe('')
  })
  test('acknowledge_all answers R12 instead of V4, but not what must stay unanswered', () => {
    const all = { acknowledge_all: true }
    for (const type of ['V1', 'V2', 'V3', 'V5', 'V6', 'V8', 'V19', 'VI1', 'NBR', 'ALRM', 'BC', 'V99'])
      expect([type, ackOf(`*HQ,${ID},${type},1,2#`, all)]).toEqual([type, `*HQ,${ID},R12,013016#`])
    for (const type of ['V4', 'XT', 'SMS', 'LINK', 'VP1'])
      expect([type, ackOf(`*HQ,${ID},${type},1#`, all)]).toEqual([type, ''])
    expect(ackOf(`*HQ,${IMEI},V0#`, all)).toBe(`*HQ,${IMEI},V0#`)
    for (const record of [PLAIN, WITH_CELL, OPAQUE_47]) expect(ackOf(record, all)).toBe(`*HQ,${ID},R12,013016#`)
    expect(ackOf(LONG, all)).toBe(`*HQ,${IMEI},R12,013016#`)
    expect(ackOf(MILEAGE, all)).toBe('')
  })
  test('acknowledge_ids does so for a device group', () => {
    const group = { acknowledge_ids: '42, 9170' }
    expect(ackOf(V1('FFFFFFFF'), group)).toBe(`*HQ,${ID},R12,013016#`)
    expect(ackOf(PLAIN, group)).toBe(`*HQ,${ID},R12,013016#`)
    expect(ackOf(V1('FFFFFFFF', IMEI), group)).toBe(`*HQ,${IMEI},V4,V1,20251121013016#`)
    expect(ackOf(LONG, group)).toBe('')
  })
  test('the server time is right on every day of a leap year', () => {
    for (let day = 0; day < 366; day++) {
      const at = Date.UTC(2028, 0, 1 + day, 23, 59, 58)
      const time = new Date(at).toISOString().slice(0, 19).replaceAll(/[-T:]/g, '')
      expect(textOf(take(codec, bytesOfText(V1('FFFFFFFF')), session(), at).ack)).toBe(`*HQ,${ID},V4,V1,${time}#`)
    }
  })
})

describe('cantrack hash', () => {
  const hashOf = (bytes: Uint8Array) => {
    const into = new Uint32Array(2)
    codec.hash(bytes, 0, bytes.length, into)
    return [...into]
  }
  test('the record number is no content', () => {
    expect(hashOf(tracker.encodeBinary({ ...PLACE, record: 8 }))).toEqual(hashOf(PLAIN))
    expect(hashOf(tracker.encodeBinaryCell({ ...PLACE, cell: CELL, csq: 20, satellites: 10, record: 9 }))).toEqual(
      hashOf(WITH_CELL),
    )
  })
  test('any other byte is', () => {
    for (const record of [PLAIN, WITH_CELL, OPAQUE_45, LONG, bytesOfText(V1('FFFFFFFF'))])
      for (let at = 0; at < record.length - 1; at++) {
        const other = Uint8Array.from(record)
        other[at] ^= 1
        expect(hashOf(other)).not.toEqual(hashOf(record))
      }
  })
})

describe('cantrack record ids', () => {
  const idsOf = (bytes: Uint8Array, receivedMs = RECEIVED, state = new Int32Array(2)) => {
    const records = new Records()
    const device = bytesOfText(ID)
    const context = { receivedMs, transport: 0, state, device, deviceStart: 0, deviceEnd: device.length }
    codec.decode(bytes, 0, bytes.length, context, records)
    return Array.from({ length: records.rows }, (_, row) => `${records.idLow[row]} ${records.idHigh[row]}`)
  }
  const OWN = '0 0'
  const live = { ...PLACE, speedKph: 40, courseDeg: 90, status: tracker.statusWith(10), type: 'V1' }
  const { type: _, id: __, ...record } = live
  const other = { ...record, timeMs: record.timeMs - 60_000 }
  const stored = (records: (typeof record & { cell?: tracker.Cell })[], timeMs = RECEIVED) =>
    tracker.encodeStored({ id: ID, timeMs, records })
  test('a position is the same record live and among stored ones, in whatever company', () => {
    const [id] = idsOf(tracker.encodePosition(live))
    expect(id).not.toBe(OWN)
    expect(idsOf(stored([record]))).toEqual([id])
    expect(idsOf(stored([other, record], RECEIVED + 5000), RECEIVED + 6000)[1]).toBe(id)
    const withCell = idsOf(tracker.encodePosition({ ...live, extras: tracker.cellFields(CELL) }))
    expect(withCell).not.toEqual([id])
    expect(idsOf(stored([{ ...record, cell: CELL }]))).toEqual(withCell)
    const frame = tracker.encodePosition(live)
    const within = join2(LOGIN, frame, LOGIN)
    const records = new Records()
    const state = new Int32Array(2)
    const context = { receivedMs: RECEIVED, transport: 0, state, device: within, deviceStart: 0, deviceEnd: 0 }
    codec.decode(within, LOGIN.length, LOGIN.length + frame.length, context, records)
    expect(`${records.idLow[0]} ${records.idHigh[0]}`).toBe(id)
  })
  test('records of one second that differ are different records', () => {
    const changes: (Partial<tracker.Place> & { status?: number; cell?: tracker.Cell })[] = [
      {},
      { cell: CELL },
      { latE7: 0 },
      { lonE7: 1 },
      { speedKph: 41 },
      { courseDeg: 91 },
      { status: -1 },
      { validity: 'V' },
    ]
    const ids = idsOf(stored(changes.map((change) => ({ ...record, ...change }))))
    expect(new Set(ids).size).toBe(changes.length)
    const lives = changes.map((change) => {
      const extras = change.cell === undefined ? [] : tracker.cellFields(change.cell)
      return tracker.encodePosition({ ...live, ...change, extras })
    })
    expect(lives.map((frame) => idsOf(frame)[0])).toEqual(ids)
  })
  test('a stored record without a place keeps its id in other company', () => {
    const nowhere = { ...record, latE7: 0, lonE7: 0 }
    const [, id] = idsOf(stored([record, nowhere]))
    expect(id).not.toBe(OWN)
    expect(idsOf(stored([nowhere]))).toEqual([id])
  })
  test('other messages go by the hash of their frame: a reply may tell the same position', () => {
    const reply = tracker.encodeReply(live, 'S20', ['DONE'], RECEIVED)
    for (const bytes of [reply, tracker.encodePosition({ ...live, type: 'V6' }), PLAIN, LOGIN])
      expect(idsOf(bytes)).toEqual([OWN])
  })
})

describe('cantrack status', () => {
  const alarmsOf = (statuses: string[], options: Record<string, unknown> = {}, id = ID) => {
    const by = cantrack(optionsOf(options))
    const into = session()
    return statuses.map((status, index) => rowOf(V1(status, id, 10 + index), into, RECEIVED, by).alarms)
  }
  test('an alarm is raised when its bit changes, and again after it was gone', () => {
    expect(alarmsOf(['FFFFFFFD', 'FFFFFFFD', 'FFFFFFFF', 'FFFFFFFD', 'FFFFFFF9'])).toEqual([
      ['sos'],
      [],
      [],
      ['sos'],
      ['overspeed'],
    ])
  })
  test('alarm_on = "frame" raises it with every frame', () =>
    expect(alarmsOf(['FFFFFFFD', 'FFFFFFFD'], { alarm_on: 'frame' })).toEqual([['sos'], ['sos']]))
  test('a frame that is sent again raises what it raised, since its rows replace those of the first', () => {
    const into = session()
    const cell = tracker.encodeBinary({ ...PLACE, status: tracker.statusWith(1, 27) })
    const alarms = (frame: Uint8Array) => take(codec, frame, into, RECEIVED).rows[0].alarms
    const [calm, sos, later] = [V1('FFFFFFFF', ID, 14), V1('F7FFFFFD'), V1('F7FFFFFD', ID, 16)].map(bytesOfText)
    expect([calm, sos, sos, later, later, sos].map(alarms)).toEqual([
      [],
      ['engine_cut', 'sos'],
      ['engine_cut', 'sos'],
      [],
      [],
      [],
    ])
    expect([calm, cell, cell].map(alarms)).toEqual([['engine_restored'], ['engine_cut', 'sos'], ['engine_cut', 'sos']])
    const first = session()
    const twice = [cell, cell].map((frame) => take(codec, frame, first, RECEIVED).rows[0].alarms)
    expect(twice).toEqual([['sos'], ['sos']])
  })
  test('another message of the same second, or messages without a time, are no repetition', () => {
    const into = session()
    const link = tracker.encodeLink({
      id: ID,
      timeMs: PLACE.timeMs,
      signal: 1,
      satellites: 1,
      batteryPct: 1,
      status: ~2,
    })
    expect(rowOf(V1('FFFFFFFD'), into).alarms).toEqual(['sos'])
    expect(take(codec, link, into, RECEIVED).rows[0].alarms).toEqual([])
    const timeless = tracker.encodeNoFix({ id: ID, status: ~4 })
    expect([timeless, timeless].map((frame) => take(codec, frame, into, RECEIVED).rows[0].alarms)).toEqual([
      ['overspeed'],
      [],
    ])
  })
  test('text and binary share the memory', () => {
    const into = session()
    const sos = tracker.encodeBinary({ ...PLACE, status: tracker.statusWith(1) })
    expect(rowOf(V1('FFFFFFFD'), into).alarms).toEqual(['sos'])
    expect(take(codec, sos, into, RECEIVED).rows[0].alarms).toEqual([])
  })
  test('the engine is cut and restored on the change alone', () => {
    expect(alarmsOf(['F7FFFFFF', 'F7FFFFFF', 'FFFFFFFF', 'FFFFFFFF', 'F7FFFFFF'])).toEqual([
      [],
      [],
      ['engine_restored'],
      [],
      ['engine_cut'],
    ])
    expect(alarmsOf(['F7FFFFFF', 'F7FFFFFF', 'FFFFFFFF'], { alarm_on: 'frame' })).toEqual([[], [], ['engine_restored']])
  })
  test('profiles differ in their bits', () => {
    const bit = (number: number) => tracker.statusWith(number).toString(16)
    const raised = (profile: string) =>
      Object.fromEntries(
        [1, 4, 7, 11, 12, 17, 18, 19, 25, 26].map((number) => [
          number,
          alarmsOf([bit(number)], { status_profile: profile })[0],
        ]),
      )
    const h02 = {
      1: ['sos'],
      4: ['geofence_enter'],
      7: ['geofence_exit'],
      11: [],
      12: [],
      17: [],
      18: [],
      19: ['power_cut'],
      25: [],
      26: [],
    }
    expect(raised('h02')).toEqual(h02)
    expect(raised('sinotrack')).toEqual({ ...h02, 17: ['vibration'], 25: ['movement'] })
    expect(raised('huasuntek')).toEqual({ ...h02, 18: ['sos'] })
    expect(raised('cantrack2023')).toEqual({
      ...h02,
      1: [],
      11: ['vibration'],
      12: ['low_battery'],
      18: ['removing'],
      19: [],
      26: ['overspeed'],
    })
  })
  test('a device group has its own profile; the longest beginning counts', () => {
    const options = { status_profiles: '9=sinotrack, 9170=huasuntek,8654 = cantrack2023' }
    expect(alarmsOf(['FFFBFFFF'], options)).toEqual([['sos']])
    expect(alarmsOf(['FFFBFFFF'], options, IMEI)).toEqual([['removing']])
    expect(alarmsOf(['FFFDFFFF'], options, '9999999999')).toEqual([['vibration']])
    expect(alarmsOf(['FFFBFFFF'], options, '1234567890')).toEqual([[]])
  })
  test('group lists are checked', () => {
    for (const status_profiles of ['9170', '9170=gt06', 'x=h02', '9170=h02,,'])
      expect(cantrackOptions.safeParse({ status_profiles }).success).toBe(false)
    expect(cantrackOptions.safeParse({ acknowledge_ids: '91 70' }).success).toBe(false)
  })
})

describe('cantrack time', () => {
  const at = (receivedMs: number, timeMs: number, into = session()) =>
    take(codec, tracker.encodePosition({ ...PLACE, timeMs }), into, receivedMs).rows[0]
  const MINUTE = 60_000
  test('a fix is buffered when it is ten minutes old and older than the connection', () => {
    expect(at(RECEIVED, RECEIVED - 9 * MINUTE).buffered).toBe(false)
    expect(at(RECEIVED, RECEIVED - 11 * MINUTE).buffered).toBe(true)
    const into = session()
    at(RECEIVED, RECEIVED, into)
    expect(at(RECEIVED + 60 * MINUTE, RECEIVED + 30 * MINUTE, into).buffered).toBe(false)
    expect(at(RECEIVED + 60 * MINUTE, RECEIVED - 2 * MINUTE, into).buffered).toBe(true)
    const tenDays = 14_400 * MINUTE
    expect(at(RECEIVED + tenDays, RECEIVED + tenDays - 30 * MINUTE, into).buffered).toBe(false)
    expect(at(RECEIVED + tenDays, RECEIVED - 2 * MINUTE, into).buffered).toBe(true)
  })
  test('a day ahead is believed, more is not', () => {
    expect(at(RECEIVED, RECEIVED + 1439 * MINUTE).table).toBe('fixes')
    expect(at(RECEIVED, RECEIVED + 1441 * MINUTE)).toMatchObject({ table: 'telemetry', sent_at: null })
  })
  test('a clock that runs on local time is flagged, not shifted', () => {
    const into = session()
    expect(at(RECEIVED, RECEIVED + 480 * MINUTE, into).attributes.clock_offset_minutes).toBeUndefined()
    const second = at(RECEIVED + 5 * MINUTE, RECEIVED + 485 * MINUTE, into)
    expect(second.attributes.clock_offset_minutes).toBe(480)
    expect(Date.parse(second.fix_time as string)).toBe(Math.floor((RECEIVED + 485 * MINUTE) / 1000) * 1000)
    expect(at(RECEIVED + 6 * MINUTE, RECEIVED + 6 * MINUTE, into).attributes.clock_offset_minutes).toBeUndefined()
  })
  test('earliest_year says which dates are not believed', () => {
    const old = `*HQ,${ID},V1,050316,A,2212.8745,N,11346.6574,E,14.28,028,220902,FFFFFBFF#`
    expect(rowOf(old)).toMatchObject({ table: 'fixes', fix_time: '2002-09-22T05:03:16.000Z' })
    const doubting = cantrack(optionsOf({ earliest_year: 2005 }))
    expect(rowOf(old, session(), RECEIVED, doubting)).toMatchObject({ table: 'telemetry', sent_at: null })
    const report = `*HQ,${ID},LINK,180902,15,0,84,0,0,010104,FFFFFBFF#`
    expect(rowOf(report, session(), RECEIVED, doubting).sent_at).toBeNull()
  })
  test('a clock that was never set makes no fix, but is the time of a report without a place, unless that is an SOS', () => {
    const unset = Date.UTC(2004, 0, 1, 0, 23, 39)
    const binary = take(codec, tracker.encodeBinary({ ...PLACE, timeMs: unset }), session(), RECEIVED).rows[0]
    expect([at(RECEIVED, unset), binary].map((row) => [row.table, row.sent_at])).toEqual([
      ['telemetry', null],
      ['telemetry', null],
    ])
    expect(at(RECEIVED, unset + 86_400_000).table).toBe('fixes')
    const link = (status: number) =>
      tracker.encodeLink({ id: ID, timeMs: unset, signal: 9, satellites: 0, batteryPct: 50, status })
    const [calm, sos] = [tracker.statusWith(19), tracker.statusWith(1, 19)].map(
      (status) => take(codec, link(status), session(), RECEIVED).rows[0],
    )
    expect(calm).toMatchObject({ sent_at: new Date(unset).toISOString(), attributes: { clock_unset: true } })
    expect(sos).toMatchObject({ sent_at: null, attributes: { clock_unset: true, date_raw: '010104' } })
    expect([calm.buffered, calm.alarms, sos.alarms]).toEqual([false, ['power_cut'], ['sos', 'power_cut']])
  })
  test('a clock whose zone the device file tells is shifted, in every form; other devices are not', () => {
    const devices = new DeviceSettings([
      { id: ID, timezoneMinutes: 330 },
      { id: IMEI, timezoneMinutes: -180 },
    ])
    const zoned = cantrack(optionsOf({}), devices)
    const local = RECEIVED - 1000 + 330 * MINUTE
    const first = (bytes: Uint8Array, into = session()) => take(zoned, bytes, into, RECEIVED).rows[0]
    const when = new Date(RECEIVED - 1000).toISOString()
    expect(first(tracker.encodePosition({ ...PLACE, timeMs: local })).fix_time).toBe(when)
    expect(first(tracker.encodeBinary({ ...PLACE, timeMs: local })).fix_time).toBe(when)
    expect(
      first(tracker.encodeStored({ id: ID, timeMs: local, records: [{ ...PLACE, timeMs: local }] })).fix_time,
    ).toBe(when)
    const link = { id: ID, timeMs: local, signal: 1, satellites: 2, batteryPct: 3 }
    expect(first(tracker.encodeLink(link)).sent_at).toBe(when)
    const west = { ...PLACE, id: IMEI, timeMs: RECEIVED - 1000 - 180 * MINUTE }
    expect(first(tracker.encodePosition(west)).fix_time).toBe(when)
    expect(first(tracker.encodePosition({ ...PLACE, id: '9170001235' })).fix_time).toBe(when)
    // The day of a VP1 is the local one: 21 November began at 03:00 UTC in the west, and has in the east.
    expect(first(tracker.encodeVp1(west)).fix_time).toBe(new Date(RECEIVED).toISOString())
    expect(first(tracker.encodeVp1({ ...PLACE, timeMs: local })).fix_time).toBe(new Date(RECEIVED).toISOString())
    expect(first(tracker.encodeVp1({ ...PLACE, timeMs: local - 1440 * MINUTE })).fix_time).toBe(
      '2025-11-19T18:30:00.000Z',
    )
  })
  test('a zone that the device file tells explains an offset; what is left of it is flagged', () => {
    const zoned = cantrack(optionsOf({}), new DeviceSettings([{ id: ID, timezoneMinutes: 480 }]))
    const offsets = (aheadMinutes: number) => {
      const into = session()
      return [0, 5].map((later) => {
        const receivedMs = RECEIVED + later * MINUTE
        const frame = tracker.encodePosition({ ...PLACE, timeMs: receivedMs + aheadMinutes * MINUTE })
        return take(zoned, frame, into, receivedMs).rows[0].attributes.clock_offset_minutes
      })
    }
    expect(offsets(480)).toEqual([undefined, undefined])
    expect(offsets(540)).toEqual([undefined, 60])
  })
  test('impossible days and times make no fix', () => {
    for (const [time, date] of [
      ['240000', '211125'],
      ['016000', '211125'],
      ['013060', '211125'],
      ['013015', '290225'],
      ['013015', '311125'],
      ['013015', '211325'],
      ['013015', '001125'],
      ['013015', ''],
    ]) {
      const row = rowOf(`*HQ,${ID},V1,${time},A,2232.5858,N,11403.4719,E,5.00,12,${date},FFFFFFFF#`)
      expect([time, date, row.table, row.sent_at]).toEqual([time, date, 'telemetry', null])
    }
  })
  test('stored records step back to the month that had their day', () => {
    const stored = (timeMs: number, receivedMs: number) =>
      take(
        codec,
        tracker.encodeStored({ id: ID, timeMs: receivedMs, records: [{ ...PLACE, timeMs }] }),
        session(),
        receivedMs,
      ).rows[0]
    for (const [when, received] of [
      ['2025-11-21T01:00:00Z', '2025-11-21T01:30:00Z'],
      ['2025-10-31T23:59:59Z', '2025-11-01T00:00:01Z'],
      ['2025-01-31T10:00:00Z', '2025-03-01T00:00:00Z'],
      ['2024-12-31T10:00:00Z', '2025-01-02T00:00:00Z'],
    ])
      expect(stored(Date.parse(when), Date.parse(received))).toMatchObject({
        fix_time: new Date(when).toISOString(),
        buffered: true,
      })
  })
  test('stored positions keep their order and raise an alarm once', () => {
    const status = tracker.statusWith(1)
    const at = [0, 1, 2].map((index) => RECEIVED - 100_000 + index * 10_000)
    const records = at.map((timeMs) => Object.assign({}, PLACE, { timeMs, status }))
    const frame = tracker.encodeStored({ id: ID, timeMs: RECEIVED, records })
    const { rows } = take(codec, frame, session(), RECEIVED)
    expect(rows.map((row) => row.alarms)).toEqual([['sos'], [], []])
    expect(rows.map((row) => row.fix_time)).toEqual(records.map(({ timeMs }) => new Date(timeMs).toISOString()))
  })
})

describe('cantrack coordinates', () => {
  const place = (latitude: string, northSouth = 'N', longitude = '11403.4719', eastWest = 'E') =>
    rowOf(`*HQ,${ID},V1,013015,A,${latitude},${northSouth},${longitude},${eastWest},5.00,12,211125,FFFFFFFF#`)
  test('every spelling of the page', () => {
    for (const [text, degrees] of [
      ['2232.58576', 22.543096],
      ['22325858', 22.5430967],
      ['-23-35.3408', 23.5890133],
      ['-23-3.3408', 23.05568],
      ['954.9490', 9.9158167],
      ['0000.0001', 0.0000017],
      ['32.5', 0.5416667],
      ['9000.0000', 90],
      [' 2232.5858', 22.5430967],
    ] as const) {
      expect([text, place(text).latitude]).toEqual([text, degrees])
      expect([text, place(text, 'S').latitude]).toEqual([text, -degrees])
    }
  })
  test('what is none makes no fix', () => {
    for (const text of [
      '',
      '2260.0000',
      '9000.0001',
      '9959.9999',
      'x',
      '22.32.58',
      '-',
      '.',
      '123456.7',
      '-23-',
      '1e5',
      '22-60.0',
    ])
      expect([text, place(text).table]).toEqual([text, 'telemetry'])
    expect(place('2232.5858', 'N', '18000.0001').table).toBe('telemetry')
    expect(place('2232.5858', '', '11403.4719').table).toBe('telemetry')
    expect(place('2232.5858', 'N', '11403.4719', '0').table).toBe('telemetry')
  })
  test('no latitude and longitude at all is no fix, whatever the letter', () => {
    expect(place('0000.0000', 'N', '00000.0000').table).toBe('telemetry')
    expect(take(codec, tracker.encodeBinary({ ...PLACE, latE7: 0, lonE7: 0 }), session(), RECEIVED).rows[0].table).toBe(
      'telemetry',
    )
  })
  test('binary nibbles that are no digits make no fix', () => {
    for (const at of [12, 13, 14, 15, 17, 18, 19, 20]) {
      const bytes = Uint8Array.from(PLAIN)
      bytes[at] = 0xaa
      const [row] = take(codec, bytes, session(), RECEIVED).rows
      expect([at, row.table]).toEqual([at, 'telemetry'])
      expect(row.attributes.position_raw).toBe(hexOf(bytes.subarray(12, 22)))
    }
  })
})

describe('cantrack decode', () => {
  test('speed and course are read leniently', () => {
    const row = (speed: string, course: string) =>
      rowOf(`*HQ,${ID},V1,013015,A,2232.5858,N,11403.4719,E,${speed},${course},211125,FFFFFFFF#`)
    expect(row('  3.34', '205.70')).toMatchObject({
      table: 'fixes',
      speed_kph: Math.fround(3.34 * 1.852),
      course_deg: Math.fround(205.7),
    })
    expect(row('', '')).toMatchObject({ table: 'fixes', speed_kph: 0, course_deg: null })
    expect(row('x', '361')).toMatchObject({
      table: 'fixes',
      speed_kph: null,
      course_deg: null,
      attributes: { speed_kph: 'x', course_deg: '361' },
    })
  })
  test('battery codes', () => {
    const percent = (code: number) =>
      take(codec, tracker.encodeBinary({ ...PLACE, batteryCode: code }), session(), RECEIVED).rows[0].battery_pct
    expect([0, 1, 2, 3, 4, 5, 6, 7, 50, 100, 101, 0xf0, 0xf1, 0xf6, 0xf7].map(percent)).toEqual([
      null,
      0,
      10,
      20,
      60,
      80,
      100,
      7,
      50,
      100,
      null,
      null,
      1,
      6,
      null,
    ])
  })
  test('a status that is missing, and extras of no known shape', () => {
    const row = rowOf(`*HQ,${ID},V1,013015,A,2232.5858,N,11403.4719,E,5,12,211125#`)
    expect([row.table, row.ignition, row.attributes.status]).toEqual(['fixes', null, undefined])
    expect(rowOf(V1('FFFFFFFF,a,b')).attributes.extra).toBe('a,b')
    expect(rowOf(V1('FFFFFFFF,,,')).attributes.extra).toBeUndefined()
  })
  test('a country code out of range is no network', () => {
    expect(rowOf(V1('FFFFFFFF,100,1,2,3'))).toMatchObject({ mcc: null, attributes: { extra: '100,1,2,3' } })
    expect(rowOf(V1('FFFFFFFF,800,1,2,3'))).toMatchObject({ mcc: null })
  })
  test('the same bytes without their frame are refused, not misread', () => {
    expect(take(codec, bytesOfText('*HQ,1')).reject).toBe('bad_frame')
    expect(take(codec, bytesOfText('*HQ#')).reject).toBe('bad_frame')
    expect(take(codec, PLAIN.subarray(0, 31)).reject).toBe('bad_frame')
    expect(take(codec, bytesOfHex('ff'.repeat(32))).reject).toBe('bad_frame')
  })
  test('any text: nothing throws, attributes stay JSON, no coordinate is out of range', () => {
    const field = fc.oneof(
      fc.constantFrom(
        '',
        'A',
        'V',
        'B',
        'N',
        'S',
        'E',
        'W',
        '0',
        '1',
        '3',
        'X',
        'CMD',
        '013015',
        '211125',
        'FFFFFBFF',
        '2232.5858',
        '11403.4719',
        '-23-35.3',
        '460',
        '0256',
        'AABBCCDDEE0156',
        ' 2a',
        '000106',
        '-88',
        '99999999999999999999',
        ';A,2232.5,N,1.5,E,1,2,21013015,FFFFFFFD,460,0,1,2;',
      ),
      fc.string({ maxLength: 6 }),
    )
    fc.assert(
      fc.property(
        fc.constantFrom(...TYPES.map(([type]) => type || 'V99')),
        fc.array(field, { maxLength: 30 }),
        (type, fields) => {
          const text = `*HQ,${ID},${type},${fields.join(',').replaceAll('#', '')}#`
          for (const row of rowsOf(text)) {
            if (row.table !== 'fixes') continue
            expect(Math.abs(row.latitude as number)).toBeLessThanOrEqual(90)
            expect(Math.abs(row.longitude as number)).toBeLessThanOrEqual(180)
            expect(row.fix_time).not.toBeNull()
            if (row.course_deg !== null) expect(row.course_deg as number).toBeLessThan(360)
          }
        },
      ),
      { numRuns: 5000 },
    )
  })
  const rowsOf = (text: string) => take(codec, Uint8Array.from(Buffer.from(text, 'latin1')), session(ID), RECEIVED).rows
})

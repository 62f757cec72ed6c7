/** atrack: recognition, framing, identity, replies, memory and decoding. */
import { describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import fc from 'fast-check'
import {
  BAD_IDENTITY,
  DEVICE_ID_MAX,
  FINAL,
  MAYBE,
  NEED_MORE,
  NO,
  STATE_WORDS,
  YES,
  type Codec,
} from '../../src/codecs/codec.ts'
import { DeviceSettings, type DeviceOptions } from '../../src/codecs/device-settings.ts'
import { ALARM_NAMES } from '../../src/codecs/alarms.ts'
import * as encode from '../../src/codecs/atrack/encode.ts'
import { atrack, atrackOptions } from '../../src/codecs/atrack/index.ts'
import { crc16 } from '../../src/codecs/atrack/crc.ts'
import { CODES, FLAG_ALARMS, REPORTS } from '../../src/codecs/atrack/messages.ts'
import { Records } from '../../src/codecs/records.ts'
import {
  bytesOfHex,
  bytesOfText,
  feed,
  hexOf,
  joined,
  recogniseAs,
  session,
  splitAll,
  take,
  takeAll,
  textOf,
} from './harness.ts'
import { expectKeysOnce } from './properties.ts'
import { differences, readVectors, vectorBytes, type Vector } from './vectors.ts'

interface Fixture extends Vector {
  options?: Record<string, unknown>
  /** Single units of the device file. */
  devices?: DeviceOptions[]
  /** What each record of the frame says. */
  rows?: Record<string, unknown>[]
}

const codec = atrack(atrackOptions.parse({}))
const strict = atrack(atrackOptions.parse({ crc: 'strict' }))
const fixtures = readVectors(join(import.meta.dir, '../../fixtures/atrack.jsonl')) as Fixture[]
const codecOf = ({ options, devices }: Fixture) =>
  atrack(atrackOptions.parse(options ?? {}), new DeviceSettings(devices ?? []))
const fixture = (id: string) => vectorBytes(fixtures.find((each) => each.id === `atrack-${id}`)!)
const ID = '359461040000128'
const T = Date.UTC(2026, 2, 15, 14, 5, 30)
const RECEIVED = T + 60_000
const S1 = fixture('s01-keep-alive'),
  S2 = fixture('s02-binary'),
  S8 = fixture('s08-crc-like-text'),
  S9 = fixture('s09-text'),
  S11 = fixture('s11-text-two-records'),
  S16 = fixture('s16-other-prefix'),
  S17 = fixture('s17-damaged'),
  R4 = fixture('r04-dates-prefix-0203'),
  R5 = fixture('r05-text-prefix-0301')
const record: encode.PositionRecord = { gpsMs: T, rtcMs: T, latE6: 4_609_710, lonE6: -74_081_750, inputs: 1 }
const frameOf = (records: encode.PositionRecord[], more: Partial<encode.PositionFrame> = {}) => ({
  unitId: ID,
  sequence: 9,
  sentMs: T,
  records,
  ...more,
})
const rowsOf = (bytes: Uint8Array, with_: Codec = codec, into = session(ID)) =>
  takeAll(with_, bytes, into, RECEIVED).flatMap((taken) => taken.rows)

function stream(parts: readonly Uint8Array[], with_: Codec = codec) {
  const { frames, skipped, left } = feed(with_, parts)
  return { frames: frames.map(hexOf), skipped: hexOf(skipped), left: hexOf(left) }
}

describe('atrack fixtures', () => {
  for (const each of fixtures) {
    test(each.id, () => {
      const received = each.received_at === undefined ? Date.now() : Date.parse(each.received_at)
      const own = codecOf(each)
      const taken = takeAll(own, vectorBytes(each), session(), received)
      expect(taken.map((frame) => frame.reject)).toEqual(taken.map(() => null))
      const rows = taken.flatMap((frame) => frame.rows)
      const { alarms, device_id, ack_hex, ...expected } = each.expect
      expect(differences(rows, each.kind, withoutNulls(expected))).toEqual([])
      for (const [name, value] of Object.entries(expected))
        if (value === null) for (const row of rows) expect(row.attributes[name] ?? row[name] ?? null).toBeNull()
      if (alarms !== undefined)
        expect((rows.at(-1)!.alarms as string[]).toSorted()).toEqual((alarms as string[]).toSorted())
      if (each.rows) {
        expect(rows).toHaveLength(each.rows.length)
        for (const [index, { alarms: own, ...want }] of each.rows.entries()) {
          expect(differences([rows[index]], each.kind, withoutNulls(want))).toEqual([])
          if (own !== undefined)
            expect((rows[index].alarms as string[]).toSorted()).toEqual((own as string[]).toSorted())
        }
      }
      expect(taken.map((frame) => hexOf(frame.ack)).join('')).toBe(ack_hex as string)
      if (device_id !== undefined) expect(taken.at(-1)!.device).toBe(device_id as string)
    })
  }

  test('every report, custom code and state flag of the tables is in a fixture', () => {
    const texts = fixtures.map((each) => each.id)
    for (const [report] of REPORTS) expect(texts).toContain(`atrack-text-report-${report}`)
    const said = fixtures.map((each) => textOf(vectorBytes(each)) + JSON.stringify([each.options, each.devices])).join()
    for (const [code] of CODES) if (code !== 'XS') expect([code, said.includes(`%${code}`)]).toEqual([code, true])
    const alarms = new Set(
      fixtures.flatMap((each) => [each.expect, ...(each.rows ?? [])].flatMap((one) => one.alarms ?? [])),
    )
    for (const [, alarm] of FLAG_ALARMS) expect(alarms).toContain(ALARM_NAMES[alarm])
  })

  test('attributes are JSON in which no key comes twice', () => {
    for (const each of fixtures) {
      const own = codecOf(each)
      for (const frame of splitAll(own, vectorBytes(each)).frames) expectKeysOnce(own, frame, RECEIVED)
    }
  })
})

const withoutNulls = (values: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(values).filter(([name, value]) => value !== null && name !== 'alarms'))
function contextOf(receivedMs = RECEIVED) {
  return {
    receivedMs,
    state: new Int32Array(STATE_WORDS),
    device: new Uint8Array(0),
    deviceStart: 0,
    deviceEnd: 0,
    transport: 0,
  }
}

describe('atrack recognise', () => {
  const verdict = (bytes: Uint8Array) =>
    recogniseAs(codec, joined(bytesOfText('\xa5'), bytes, bytesOfText('\xa5')), 1, bytes.length + 1)
  test('a keep-alive takes its twelve bytes, and an id that can be one', () => {
    for (let length = 0; length < 12; length++) expect(verdict(S1.subarray(0, length))).toBe(MAYBE)
    expect(verdict(S1)).toBe(YES)
    expect(verdict(bytesOfHex('fe0200000000000000000001'))).toBe(NO)
    expect(verdict(bytesOfHex('fe020de0b6b3a76400000001'))).toBe(NO)
    expect(verdict(bytesOfHex('fe020de0b6b3a763ffff0001'))).toBe(NO) // sane only up to a whole upper half
    expect(verdict(bytesOfHex('fe020de0b6b2ffffffff0001'))).toBe(YES)
    expect(verdict(bytesOfHex('fe03'))).not.toBe(YES)
  })
  test('a text header counts in full, whatever its prefix', () => {
    for (const bytes of [S9, R5]) {
      const header = textOf(bytes).split(',').slice(0, 5).join(',').length + 1
      for (let length = 1; length < header; length++) expect(verdict(bytes.subarray(0, length))).toBe(MAYBE)
      for (let length = header; length <= bytes.length; length++) expect(verdict(bytes.subarray(0, length))).toBe(YES)
    }
  })
  test('@ and a letter need their length, another prefix the whole frame and its checksum', () => {
    for (const bytes of [S2, S16]) {
      for (let length = 1; length < 6; length++) expect(verdict(bytes.subarray(0, length))).toBe(MAYBE)
      expect(verdict(bytes.subarray(0, 8))).toBe(YES)
    }
    for (let length = 1; length < R4.length; length++) expect(verdict(R4.subarray(0, length))).toBe(MAYBE)
    expect(verdict(R4)).toBe(YES)
    const flipped = Uint8Array.from(R4)
    flipped[40] ^= 1
    expect(verdict(flipped)).toBe(NO)
  })
  test('a checksum that looks like a comma and hex does not make a binary frame text', () => {
    for (let length = 9; length <= S8.length; length++) expect(verdict(S8.subarray(0, length))).toBe(YES)
  })
  test('says no to protocols that look alike', () => {
    for (const text of [
      '@@\x00\x24abc',
      '@NTC\x01\x00\x00\x00',
      '@123451234512345,531,',
      '$OK:12345',
      '$GPRMC,1',
      '$GPRS12345',
      '$,10,Maker',
      '##,imei:1',
      'imei:1234',
      'hello',
      '12345',
      '(0120',
      '[3G*1',
      '*HQ,4',
      '-1,LOGON',
      '\x7e\x02\x00\x00\x40\x01\x23',
      '\x78\x78\x0d\x01\x35\x86',
      '\0\0',
      '\r\n',
      'AB,CDEG,',
      'AB,CDEF,123456,',
    ])
      expect([text, verdict(bytesOfText(text))]).toEqual([text, NO])
  })
  test('of the replies only $INFO, which names its unit, opens a session', () => {
    for (const text of ['$INFO=1,2', '$INFO+I1=1,2']) expect([text, verdict(bytesOfText(text))]).toEqual([text, YES])
    for (const text of ['$', '$I', '$INFO']) expect([text, verdict(bytesOfText(text))]).toEqual([text, MAYBE])
    for (const text of ['$OK\r\n', '$OK+C1\r\n', '$ERROR+A=102', '$ERR', '$INFOS'])
      expect([text, verdict(bytesOfText(text))]).toEqual([text, NO])
  })
})

describe('atrack split', () => {
  const split = (bytes: Uint8Array, silentMs: number, with_: Codec = codec) =>
    with_.split(joined(bytesOfText('\xa5\xa5'), bytes), 2, bytes.length + 2, silentMs)

  test('every proper prefix asks for more', () => {
    for (const each of fixtures)
      for (const frame of splitAll(codec, vectorBytes(each)).frames) {
        if (each.id.includes('without-last-line-end')) continue
        for (let length = 1; length < frame.length; length++) {
          const size = split(frame.subarray(0, length), 0)
          if (size !== NEED_MORE) throw new Error(`${each.id}: ${length} bytes of ${frame.length} gave ${size}`)
        }
        expect(split(frame, 0)).toBe(frame.length)
        expect(split(frame, FINAL)).toBe(frame.length)
      }
  })
  test('the stream of the page: keep-alive, frame, reply and the start of a frame, then the rest', () => {
    const { frames, skipped } = stream([joined(S1, S2, bytesOfText('$OK\r\n'), S8.subarray(0, 20)), S8.subarray(20)])
    expect(frames).toEqual([hexOf(S1), hexOf(S2), hexOf(bytesOfText('$OK\r\n')), hexOf(S8)])
    expect(skipped).toBe('')
  })
  test('a tail of zeros in a datagram is padding', () => {
    const { frames, skipped } = splitAll(codec, fixture('s18-tail'))
    expect([frames.map(hexOf), skipped.map(hexOf)]).toEqual([[hexOf(S2)], ['000000000000']])
  })
  test('line ends between frames are padding', () => {
    const { frames } = stream([joined(S9, bytesOfText('\n'), S9, bytesOfText('\r\n\r\n'), S2)])
    expect(frames).toEqual([hexOf(S9), hexOf(S9), hexOf(S2)])
  })
  test('a wrong checksum: warn keeps frames with @ and a letter, strict none', () => {
    const badText = bytesOfText(textOf(S9).replace('AD5E', 'AD5F'))
    for (const bytes of [S17, badText]) {
      expect(split(bytes, 0)).toBe(bytes.length)
      expect(splitAll(strict, bytes).frames).toEqual([])
      expect(stream([bytes, S2, S1], strict).frames).toEqual([hexOf(S2), hexOf(S1)])
    }
    for (const bytes of [R4, R5]) {
      const bad = Uint8Array.from(bytes)
      bad[bad.length - 10] ^= 1
      expect(splitAll(codec, bad).frames).toEqual([])
      expect(stream([bad, S2]).frames).toEqual([hexOf(S2)])
    }
  })
  test('a frame with a wrong checksum that makes no sense is garbage, and the stream goes on behind it', () => {
    const bad = Uint8Array.from(S2)
    bad.fill(0xaa, 16, 50)
    expect(stream([joined(bad, S2, S1)]).frames).toEqual([hexOf(S2), hexOf(S1)])
  })
  test('garbage ends where a frame begins', () => {
    for (const garbage of [
      'xyz',
      '@@@@',
      'A'.repeat(300),
      '\xfe\x01',
      '@P',
      '\x03\x01',
      '$$$',
      '@P,12',
      S2.subarray(3),
    ]) {
      const bytes = typeof garbage === 'string' ? bytesOfText(garbage) : garbage
      for (const good of [S1, S2, S9, R4, R5])
        expect([garbage, stream([joined(bytes, good, S2)]).frames]).toEqual([garbage, [hexOf(good), hexOf(S2)]])
    }
  })
  test('a length that cannot be is judged at once', () => {
    expect(split(bytesOfHex('405000004001'), 0)).toBeLessThan(0)
    expect(split(bytesOfHex('405000000011'), 0)).toBeLessThan(0)
    expect(split(bytesOfHex('020300001001'), 0)).toBeLessThan(0)
    expect(split(bytesOfHex('405000004000'), 0)).toBe(NEED_MORE)
    expect(split(bytesOfText('@P,0000,16385,1,1,1'), 0)).toBeLessThan(0)
    expect(split(bytesOfText('@P,0000,123456'), 0)).toBeLessThan(0)
    expect(split(bytesOfText(`$${'A'.repeat(3000)}`), 0)).toBeLessThan(0)
    expect(split(bytesOfText(`$A\x01${'z'.repeat(20)}`), 0)).toBeLessThan(0)
  })
  test('an incomplete frame is given up after a minute, text lines are taken after ten seconds', () => {
    expect(split(S2.subarray(0, 40), 59_999)).toBe(NEED_MORE)
    expect(split(S2.subarray(0, 40), 60_000)).toBeLessThan(0)
    const firstLine = textOf(S11).indexOf('\n') + 1
    const cut = S11.subarray(0, S11.length - 5)
    expect(split(cut, 9_999)).toBe(NEED_MORE)
    expect(split(cut, 10_000)).toBe(firstLine)
    expect(split(S9.subarray(0, -1), 10_000)).toBe(NEED_MORE)
    expect(split(S9.subarray(0, -1), FINAL)).toBe(S9.length - 1)
    expect(split(S9.subarray(0, 60), FINAL)).toBeLessThan(0)
    expect(split(cut, FINAL, strict)).toBeLessThan(0)
  })
  test('a text frame with lost bytes does not swallow the next one', () => {
    const text = textOf(S11).replaceAll('\r', '')
    const { frames } = stream([joined(bytesOfText(text), S9, S1)])
    expect(frames).toEqual([hexOf(bytesOfText(text)), hexOf(S9), hexOf(S1)])
    const [taken] = takeAll(codec, joined(bytesOfText(text), S9), session(), RECEIVED)
    expect(taken.rows.map((row) => row.attributes.length_ok)).toEqual([false, false])
  })
  test('a text frame with an edited identity and the old length is taken to the end of its line', () => {
    const text = textOf(S9).replace(ID, '3594610400001289999')
    expect(stream([joined(bytesOfText(text), S2)]).frames).toEqual([hexOf(bytesOfText(text)), hexOf(S2)])
  })
  test('any two cuts of a stream give the same frames', () => {
    const bytes = joined(
      S1,
      S2,
      bytesOfText('junk$OK\r\n'),
      S9,
      bytesOfText('\n'),
      S8,
      S17,
      R4,
      bytesOfText('@P'),
      R5,
      S1,
    )
    const want = stream([bytes]).frames
    expect(want).toHaveLength(9)
    for (let first = 0; first <= bytes.length; first++)
      for (let second = first; second <= bytes.length; second += 7) {
        const have = stream([bytes.subarray(0, first), bytes.subarray(first, second), bytes.subarray(second)]).frames
        if (have.join() !== want.join()) throw new Error(`cuts at ${first} and ${second}: ${have.join('\n')}`)
      }
  })
  test('one byte at a time, and in segments of 128, all fixtures give the same frames', () => {
    const bytes = joined(...fixtures.filter((each) => !each.id.includes('without-last')).map(vectorBytes))
    const want = stream([bytes]).frames
    expect(stream(Array.from(bytes, (byte) => Uint8Array.of(byte))).frames).toEqual(want)
    const segments = Array.from({ length: Math.ceil(bytes.length / 128) }, (_, index) =>
      bytes.subarray(index * 128, index * 128 + 128),
    )
    expect(stream(segments).frames).toEqual(want)
  })
  test('garbage is passed in reasonable time', () => {
    const piece = bytesOfHex('40500000100000010001466923b0ffff69b6bcaa69b6bcaa69b6bcaa')
    const bytes = joined(...Array.from({ length: 2400 }, () => piece))
    const started = performance.now()
    splitAll(codec, bytes)
    expect(performance.now() - started).toBeLessThan(2000)
  })
})

describe('atrack identify and ack', () => {
  const identify = (bytes: Uint8Array) => {
    const id = new Uint8Array(DEVICE_ID_MAX)
    const length = codec.identify(bytes, 0, bytes.length, id, new Int32Array(STATE_WORDS))
    return length === BAD_IDENTITY ? length : textOf(id.subarray(0, length))
  }
  test('the id is decimal without leading zeros, binary or text, up to 64 bits', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.bigInt({ min: 1n, max: 2n ** 64n - 1n }), fc.bigInt({ min: 1n, max: 10n ** 16n })),
        (id) => {
          const frame = frameOf([record], { unitId: String(id) })
          for (const bytes of [
            encode.encodeBinary(frame),
            encode.encodeText(frame),
            encode.encodeKeepAlive(String(id), 9),
          ]) {
            expect(identify(bytes)).toBe(String(id))
            expect(hexOf(take(codec, bytes).ack)).toBe(hexOf(encode.encodeKeepAlive(String(id), 9)))
          }
        },
      ),
    )
    expect(identify(encode.encodeText(frameOf([record], { unitId: '0012345' })))).toBe('12345')
  })
  test('an id of zero or beyond 64 bits is none', () => {
    expect(identify(bytesOfHex('fe0200000000000000000001'))).toBe(BAD_IDENTITY)
    expect(identify(encode.encodeBinary(frameOf([record], { unitId: '0' })))).toBe(BAD_IDENTITY)
    expect(identify(encode.encodeText(frameOf([record], { unitId: '0' })))).toBe(BAD_IDENTITY)
    expect(identify(encode.encodeText(frameOf([record], { unitId: '18446744073709551616' })))).toBe(BAD_IDENTITY)
  })
  test('of the replies only $INFO names its unit, and none is answered', () => {
    for (const [text, id] of [
      ['$OK\r\n', ''],
      ['$OK+C1=5,\r\n', ''],
      ['$INFO=359461040000128,AL7,x\r\n', '359461040000128'],
      ['$INFO+I1=0010011,AL7\r\n', '10011'],
      ['$INFO=18446744073709551615,A\r\n', '18446744073709551615'],
      ['$INFO=18446744073709551616,A\r\n', ''],
      ['$INFO=000000000000000000001,A\r\n', ''],
      ['$INFO=0,A\r\n', ''],
      ['$INFO=12A,A\r\n', ''],
      ['$INFO=,A\r\n', ''],
      ['$INFO=12\r\n', ''],
      ['$INFO,1=2\r\n', ''],
      ['$INFO\r\n', ''],
    ]) {
      expect([text, identify(bytesOfText(text))]).toEqual([text, id])
      expect(take(codec, bytesOfText(text)).ack).toHaveLength(0)
    }
  })
  test('the ack of a sequence beyond 16 bits carries its low half', () => {
    const bytes = encode.encodeText(frameOf([record], { unitId: '358901048091554', sequence: 104_547 }))
    expect(hexOf(take(codec, bytes).ack)).toBe('fe020001466b297b23a29863')
  })
  test('whatever is wrong with its custom values, a frame is acknowledged', () => {
    const broken = atrack(atrackOptions.parse({ form: '%VN%VN%VN' }))
    for (const bytes of [S2, fixture('s06-form-unknown'), fixture('binary-encrypted')])
      expect(take(broken, bytes).ack).toHaveLength(12)
  })
})

describe('atrack hash', () => {
  const hash = (bytes: Uint8Array) => {
    const into = new Uint32Array(2)
    codec.hash(bytes, 0, bytes.length, into)
    return into.join()
  }
  test('a record sent again later, under another sequence, is the same', () => {
    for (const write of [encode.encodeBinary, encode.encodeText])
      for (const readable of [false, true]) {
        const one = frameOf([record, { ...record, rtcMs: T + 1000 }], { form: '%CI%SA', readable })
        expect(hash(write({ ...one, sequence: 77, sentMs: T + 90_000 }))).toBe(hash(write(one)))
        expect(hash(write({ ...one, records: [record, { ...record, rtcMs: T + 2000 }] }))).not.toBe(hash(write(one)))
        expect(hash(write({ ...one, unitId: '1' }))).not.toBe(hash(write(one)))
      }
  })
})

describe('atrack forms of single units', () => {
  const own = atrack(
    atrackOptions.parse({ form: '%GQ' }),
    new DeviceSettings([
      { id: '359461040000128', form: '%SA' },
      { id: '10011', form: '%SA' },
      { id: '18446744073709551615', form: '%SA' },
      { id: '77', timezoneMinutes: 60 },
    ]),
  )
  for (const [name, write] of [
    ['binary', encode.encodeBinary],
    ['text', encode.encodeText],
  ] as const)
    test(`${name}: the frame's own id decides, and who has no form of its own has that of all`, () => {
      const first = (unitId: string) => {
        const frame = frameOf([{ ...record, custom: { SA: 9 } }], { unitId, form: '%SA' })
        const [row] = rowsOf(write(frame), own, session('359461040000128'))
        return { satellites: row.satellites, rssi: row.rssi }
      }
      for (const unitId of ['359461040000128', '10011', '18446744073709551615'])
        expect([unitId, first(unitId)]).toEqual([unitId, { satellites: 9, rssi: null }])
      for (const unitId of ['77', '1', '100110'])
        expect([unitId, first(unitId)]).toEqual([unitId, { satellites: null, rssi: 9 }])
    })
  test('leading zeros of a text id make no difference', () => {
    const frame = frameOf([{ ...record, custom: { SA: 9 } }], { unitId: '0010011', form: '%SA' })
    expect(rowsOf(encode.encodeText(frame), own)[0].satellites).toBe(9)
  })
})

describe('atrack record ids', () => {
  const FORM = '%SA%DT%MV'
  const withForm = atrack(atrackOptions.parse({ form: FORM }))
  /** Ids of a frame's rows. */
  const ids = (bytes: Uint8Array, with_: Codec = codec) => {
    const records = new Records()
    with_.decode(bytes, 0, bytes.length, contextOf(), records)
    return Array.from({ length: records.rows }, (_, row) => `${records.idHigh[row]} ${records.idLow[row]}`)
  }
  const recordAt = (second: number, more: Partial<encode.PositionRecord> = {}): encode.PositionRecord => ({
    ...record,
    gpsMs: T + second * 1000,
    rtcMs: T + second * 1000,
    custom: { SA: 9, DT: 0, MV: 126 },
    ...more,
  })

  for (const [name, write] of [
    ['binary', encode.encodeBinary],
    ['text', encode.encodeText],
  ] as const)
    for (const [how, form, with_] of [
      ['its form in the record', `%CI${FORM}`, codec],
      ['its form configured', FORM, withForm],
      ['no form', '', codec],
    ] as const)
      for (const readable of [false, true]) {
        const one = (records: encode.PositionRecord[], more: Partial<encode.PositionFrame> = {}) =>
          ids(write(frameOf(records, { form, readable, ...more })), with_)
        test(`${name}, ${how}, ${readable ? 'dates' : 'seconds'}: a record is the same in whatever frame it comes`, () => {
          const [a, b, c] = [recordAt(0), recordAt(1), recordAt(2)]
          const together = one([a, b, c])
          expect(new Set(together).size).toBe(3)
          const alone = [a, b, c].flatMap((each, index) =>
            one([each], { sequence: 500 + index, sentMs: T + 90_000, prefix: '@J' }),
          )
          expect(alone).toEqual(together)
          expect([...one([c]), ...one([b, a])].toReversed()).toEqual(together)
        })
        test(`${name}, ${how}, ${readable ? 'dates' : 'seconds'}: sent from the log it is the same`, () => {
          const live = recordAt(0, { report: 110, text: 'DOOR' })
          const logged = { ...live, text: 'DOOR\xb1', custom: { ...live.custom, ...(form === '' ? {} : { DT: 1 }) } }
          const bytes = write(frameOf([logged], { form, readable, sentMs: T + 900_000 }))
          expect(ids(bytes, with_)).toEqual(one([live]))
          expect(rowsOf(bytes, with_)[0].buffered).toBe(true)
        })
        test(`${name}, ${how}, ${readable ? 'dates' : 'seconds'}: records of one second that differ are two`, () => {
          const base = recordAt(0)
          const others: Partial<encode.PositionRecord>[] = [
            { gpsMs: T - 1000 },
            { latE6: base.latE6 + 1 },
            { lonE6: base.lonE6 + 1 },
            { heading: 1 },
            { report: 101 },
            { odometerKm: 0.1 },
            { hdop: 1.1 },
            { inputs: 0 },
            { speedKph: 1 },
            { outputs: 1 },
            { analogV: 0.001 },
            { driver: 'A1' },
            { temperature1: 4.5 },
            { temperature2: 4.5 },
            { text: 'A1' },
            ...(form === '' ? [] : [{ custom: { SA: 8, DT: 0, MV: 126 } }, { custom: { SA: 9, DT: 0, MV: 127 } }]),
          ]
          const all = one([base, ...others.map((other) => ({ ...base, ...other }))])
          expect(new Set(all).size).toBe(others.length + 1)
        })
      }
  for (const [name, write] of [
    ['binary', encode.encodeBinary],
    ['text', encode.encodeText],
  ] as const)
    test(`${name}, a form nobody knows: a record is the same alone and among others`, () => {
      const records = [recordAt(0), recordAt(1), recordAt(2)]
      const together = ids(write(frameOf(records, { form: FORM })))
      expect(new Set(together).size).toBe(3)
      expect(records.flatMap((each) => ids(write(frameOf([each], { form: FORM, sentMs: T + 60_000 }))))).toEqual(
        together,
      )
    })
  test('the packets of a G-sensor dump are one record each', () => {
    const dump = (packet: number) => encode.encodeDump(frameOf([record]), packet, new Int16Array(150).fill(packet))
    expect(new Set([dump(1), dump(2)].flatMap((bytes) => ids(bytes))).size).toBe(2)
    expect(ids(dump(1))).toEqual(ids(dump(1)))
  })
})

describe('atrack memory', () => {
  const FORM = '%CI%PS%SD%GF1%MT'
  const flow = (with_: Codec, frames: Uint8Array[]) => {
    const into = session(ID)
    return frames.map((bytes) => take(with_, bytes, into, RECEIVED).rows.map((row) => row.alarms))
  }
  const at = (second: number, custom: encode.CustomValues, more: Partial<encode.PositionRecord> = {}) =>
    ({ ...record, gpsMs: T + second * 1000, rtcMs: T + second * 1000, custom, ...more }) as encode.PositionRecord

  for (const [name, write] of [
    ['binary', encode.encodeBinary],
    ['text', encode.encodeText],
  ] as const) {
    const one = (...records: encode.PositionRecord[]) => write(frameOf(records, { form: FORM, sentMs: T + 40_000 }))
    test(`${name}: a lasting state is an alarm when it begins, not while it lasts`, () => {
      expect(
        flow(codec, [
          one(at(0, {})),
          one(at(1, { SD: 1 })),
          one(at(2, { SD: 1 })),
          one(at(3, { PS: 1 })),
          one(at(4, {})),
        ]),
      ).toEqual([[[]], [['overspeed']], [[]], [['power_cut']], [['power_restored']]])
    })
    test(`${name}: nothing is known before the first record`, () => {
      expect(flow(codec, [one(at(0, { SD: 1, PS: 1, GF1: 1, MT: 1 }, { inputs: 0 }))])).toEqual([[[]]])
    })
    test(`${name}: motion is an alarm only when it begins with the ignition off`, () => {
      expect(
        flow(codec, [
          one(at(0, {})),
          one(at(1, { MT: 1 })),
          one(at(2, {}, { inputs: 0 })),
          one(at(3, { MT: 1 }, { inputs: 0 })),
        ]).at(-1),
      ).toEqual([['movement']])
      expect(flow(codec, [one(at(0, {})), one(at(1, { MT: 1 }))])).toEqual([[[]], [[]]])
    })
    test(`${name}: stored records raise no edge against the live state`, () => {
      const old = at(-500, { SD: 0, GF1: 1 })
      expect(flow(codec, [one(at(0, { SD: 1 })), one(old), one(at(1, { SD: 1 }))])).toEqual([[[]], [[]], [[]]])
    })
    test(`${name}: stored records of a frame are compared in the order of their RTC`, () => {
      const later = at(-400, { GF1: 1 })
      const earlier = at(-500, { GF1: 0 })
      expect(flow(codec, [one(later, earlier)])).toEqual([[['geofence_enter'], []]])
    })
    test(`${name}: a live record that was overtaken changes nothing`, () => {
      expect(flow(codec, [one(at(10, { SD: 1 })), one(at(5, { SD: 0 })), one(at(11, { SD: 1 }))])).toEqual([
        [[]],
        [[]],
        [[]],
      ])
    })
    test(`${name}: inputs and the immobiliser's output raise alarms when they change`, () => {
      const own = atrack(atrackOptions.parse({ inputs: '1=sos, 2=door', immobiliser_output: 2 }))
      const frames = [
        one(at(0, {}, { inputs: 1 })),
        one(at(1, {}, { inputs: 7 })),
        one(at(2, {}, { inputs: 7, outputs: 2 })),
        one(at(3, {}, { inputs: 1, outputs: 1 })),
      ]
      expect(flow(own, frames)).toEqual([[[]], [['sos', 'door']], [['engine_cut']], [['engine_restored']]])
      expect(flow(atrack(atrackOptions.parse({ immobiliser_output: 0 })), frames)).toEqual([[[]], [[]], [[]], [[]]])
    })
  }
  test('the width of cell ids that fitted is tried first from then on', () => {
    // One byte each: the record fits both widths when the values behind may be anything.
    const own = atrack(atrackOptions.parse({ form: '%CE%SA%CN' }))
    const into = session(ID)
    const narrow = encode.encodeBinary(
      frameOf([{ ...record, custom: { CE: 29_327, SA: 6, CN: 25_002 } }], { form: '%CE%SA%CN', cellBytes: 2 }),
    )
    expect(take(own, narrow, into, RECEIVED).rows[0]).toMatchObject({ cell_id: 29_327, satellites: 6 })
    expect(into.state[0] >>> 30).toBe(1)
    expect(take(own, narrow, into, RECEIVED).rows[0]).toMatchObject({ cell_id: 29_327, mcc: 250, mnc: 2 })
    const wide = encode.encodeBinary(
      frameOf([{ ...record, custom: { CE: 7_888_981, SA: 6, CN: 310_260 } }], { form: '%CE%SA%CN' }),
    )
    expect(take(own, wide, into, RECEIVED).rows[0]).toMatchObject({ cell_id: 7_888_981, mcc: 310, mnc: 260 })
    expect(into.state[0] >>> 30).toBe(2)
  })
})

describe('atrack pitfalls', () => {
  test('GSM state is not signal strength, 2000 is no temperature, coolant -40 is not known', () => {
    const [row] = rowsOf(
      encode.encodeBinary(frameOf([{ ...record, custom: { GS: 10, ET: -40 } }], { form: '%CI%GS%ET' })),
    )
    expect(row.rssi).toBeNull()
    expect(row.attributes).toMatchObject({ gsm_state: 10 })
    for (const name of ['temperature1', 'temperature2', 'coolant_temp_c']) expect(row.attributes[name]).toBeUndefined()
  })
  test('text has room for more inputs and report ids than a byte', () => {
    const many = { ...record, inputs: 0x203, outputs: 0x101, report: 300 }
    const [row] = rowsOf(encode.encodeText(frameOf([many])))
    expect([row.inputs, row.outputs, row.ignition, row.attributes.report_id]).toEqual([0x203, 0x101, true, 300])
    const none = bytesOfText(textOf(S9).replace(',8,1,54,', ',8,,54,'))
    expect([rowsOf(none)[0].inputs, rowsOf(none)[0].ignition]).toEqual([0, null])
  })
  test('network codes have five or six digits', () => {
    for (const [number, mcc, mnc] of [
      [310_260, 310, 260],
      [25_002, 250, 2],
      [732_101, 732, 101],
      [20_404, 204, 4],
    ]) {
      const [row] = rowsOf(encode.encodeText(frameOf([{ ...record, custom: { CN: number } }], { form: '%CI%CN' })))
      expect([row.mcc, row.mnc]).toEqual([mcc, mnc])
    }
  })
  test('a date that is none never becomes a time', () => {
    const text = textOf(encode.encodeText(frameOf([record], { readable: true }))).replace(
      '20260315140530',
      '20260231140530',
    )
    const frame = bytesOfText(text)
    const [row] = rowsOf(frame)
    expect(row.table).toBe('fixes')
    expect([row.valid, row.fix_time, row.attributes.time_source]).toEqual([false, '2026-03-15T14:05:30.000Z', 'rtc'])
  })
  test('a form that does not fit never costs the standard part', () => {
    const frame = frameOf(
      [
        { ...record, speedKph: 33, custom: { SA: 5 } },
        { ...record, rtcMs: T + 1000, speedKph: 44, custom: { SA: 6 } },
      ],
      { form: '%SA' },
    )
    for (const form of ['%VN', '%MV%MV%MV', '%ZZ', '%SA%SA', '%GN', '%CE%CE'])
      expect(
        rowsOf(encode.encodeBinary(frame), atrack(atrackOptions.parse({ form }))).map((row) => row.speed_kph),
      ).toEqual([33, 44])
  })
  test('attributes say so when the checksum is wrong', () => {
    expect(rowsOf(S17)[0].attributes.crc_ok).toBe(false)
    expect(rowsOf(S2)[0].attributes.crc_ok).toBe(true)
  })
  test('strict refuses what it is given all the same', () => {
    expect(take(strict, S17).reject).toBe('bad_checksum')
  })
  test('a text frame without any record is refused', () => {
    expect(take(codec, encode.textFrame('@P', ID, 1, '1773583530\r\n'), session(), RECEIVED).reject).toBe('bad_frame')
    expect(take(codec, encode.binaryFrame('@P', ID, 1, new Uint8Array(20)), session(), RECEIVED).reject).toBe(
      'bad_frame',
    )
  })
  test('most records a frame can hold', () => {
    const frame = frameOf(Array.from({ length: 399 }, (_, index) => ({ ...record, rtcMs: T + index * 1000 })))
    expect(rowsOf(encode.encodeBinary(frame))).toHaveLength(399)
    const lines = frameOf(frame.records.slice(0, 150))
    expect(rowsOf(encode.encodeText(lines))).toHaveLength(150)
  })
  test('CRC-16/ARC of 123456789 is bb3d', () => {
    expect(crc16(bytesOfText('123456789'), 0, 9)).toBe(0xbb3d)
  })
})

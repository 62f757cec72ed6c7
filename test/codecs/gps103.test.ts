/** gps103: recognition, framing, identity, replies, memory and decoding. */
import { describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import fc from 'fast-check'
import { BAD_IDENTITY, DEVICE_ID_MAX, FINAL, MAYBE, NEED_MORE, NO, YES } from '../../src/codecs/codec.ts'
import { DeviceSettings, NO_DEVICES } from '../../src/codecs/device-settings.ts'
import { encodePhotoPacket, encodeReport } from '../../src/codecs/gps103/encode.ts'
import { gps103, gps103Options } from '../../src/codecs/gps103/index.ts'
import { FRAME_BYTES_MAX, KEYWORDS, PHOTO_FRAME_BYTES_MAX, TAIL_BYTES_MAX } from '../../src/codecs/gps103/messages.ts'
import { Records } from '../../src/codecs/records.ts'
import {
  bytesOfText,
  feedText,
  recogniseAs,
  session,
  type Session,
  splitAll,
  take,
  takeAll,
  textOf,
} from './harness.ts'
import { expectCovered, expectReadsInside } from './properties.ts'
import { differences, readVectors, vectorBytes } from './vectors.ts'

const codec = gps103(gps103Options.parse({}))
const ID = '864893031234567'
const RECEIVED = Date.parse('2026-03-14T09:05:40Z')
const fixtures = readVectors(join(import.meta.dir, '../../fixtures/gps103.jsonl'))

const report = (rest: string, id = ID) => `imei:${id},${rest}`
const F = report('tracker,260314120000,,F,090000.000,A,4021.7730,N,02955.0017,E,0.00,0;')
const takeText = (text: string, into?: Session, receivedMs = RECEIVED) =>
  takeAll(codec, bytesOfText(text), into, receivedMs)
const lastRow = (text: string, into?: Session, receivedMs = RECEIVED) =>
  takeText(text, into, receivedMs).at(-1)!.rows[0]
const split = (text: string, silentMs: number) => {
  const bytes = bytesOfText(`\xa5\xa5${text}`)
  return codec.split(bytes, 2, bytes.length, silentMs)
}

const stream = (parts: readonly Uint8Array[]) => feedText(codec, parts)

describe('gps103 fixtures', () => {
  for (const fixture of fixtures) {
    test(fixture.id, () => {
      const received = fixture.received_at === undefined ? Date.now() : Date.parse(fixture.received_at)
      const taken = takeAll(codec, vectorBytes(fixture), session(), received)
      expect(taken.map((frame) => frame.reject)).toEqual(taken.map(() => null))
      expect(
        differences(
          taken.flatMap((frame) => frame.rows),
          tableOf(fixture.kind),
          fixture.expect,
        ),
      ).toEqual([])
      expect(taken.map((frame) => textOf(frame.ack)).join('')).toBe((fixture.expect.ack as string) ?? '')
      expect(taken.at(-1)!.device).toBe(fixture.expect.device_id as string)
    })
  }

  test('every keyword of the table is in a fixture', () => {
    const keywords = new Set(fixtures.flatMap((fixture) => fixture.input_text!.split(',')))
    const unheard = new Set(['100', '101', '103', '160', '161']) // answered with 001 and photo reports, never seen as keywords
    const missing = KEYWORDS.map(([word]) => word).filter(
      (word) => !word.startsWith('<') && !unheard.has(word) && !keywords.has(word),
    )
    expect(missing).toEqual(['oil']) // always comes with its value
  })
})

function tableOf(kind: string): string {
  return kind === 'position' ? 'position' : 'attributes'
}

describe('gps103 recognise', () => {
  const verdict = (text: string) => {
    const bytes = bytesOfText(`\xa5${text}\xa5`)
    return recogniseAs(codec, bytes, 1, bytes.length - 1)
  }
  test('says yes to logon, report and heartbeat', () => {
    for (const text of [
      '##,',
      '##,imei:1',
      'imei:',
      F,
      `${ID};`,
      `${ID}\r`,
      `${ID}\n`,
      '7;',
      `${ID}imei:`,
      '1234567890;',
    ])
      expect([text, verdict(text)]).toEqual([text, YES])
  })
  test('waits for the byte that decides', () => {
    for (const text of ['', '#', '##', 'i', 'im', 'imei', '8', ID, '1234567890123456', `${ID}i`, `${ID}imei`])
      expect([text, verdict(text)]).toEqual([text, MAYBE])
  })
  test('says no to protocols that look alike', () => {
    for (const text of [
      '080917223022,13812345678,GPRMC,',
      '12345678901234567',
      `${ID}x`,
      `${ID}imex`,
      '#1,',
      '##1',
      '[!',
      '(0',
      '*HQ,',
      '**,imei:1,B',
      '$',
      'imex',
      '\0',
      ';',
    ])
      expect([text, verdict(text)]).toEqual([text, NO])
  })
})

describe('gps103 split', () => {
  test('every proper prefix asks for more, unless it ends in padding', () => {
    for (const fixture of fixtures)
      for (const frame of splitAll(codec, vectorBytes(fixture)).frames) {
        const text = textOf(frame)
        if (!/[;*\n]$/.test(text)) continue // ended by the next frame or the datagram
        for (let length = 1; length < text.length; length++) expect(split(text.slice(0, length), 0)).toBe(NEED_MORE)
        expect(split(text, 0)).toBe(text.length)
        expect(split(text, FINAL)).toBe(text.length)
      }
  })

  test('a frame ends at ; or LF or CR LF, and its size counts them', () => {
    for (const end of [';', '\n', '\r\n']) {
      expect(split(`imei:1,move${end}imei:2`, 0)).toBe(11 + end.length)
      expect(split(`1234${end}5`, 0)).toBe(4 + end.length)
      expect(split(`##,imei:1,A${end}`, 0)).toBe(11 + end.length)
    }
  })
  test('a CR at the end waits for its LF, but not for ever', () => {
    expect(split('1234\r', 0)).toBe(NEED_MORE)
    expect(split('1234\r', 2000)).toBe(5)
    expect(split('1234\r', FINAL)).toBe(5)
    expect(split('1234\r5678;', 0)).toBe(5)
  })
  test('without its terminator a frame waits, however silent the line, until nothing can follow', () => {
    for (const text of [F.slice(0, -1), ID, '##,imei:1,A', 'imei:1,vr,00']) {
      expect(split(text, 0)).toBe(NEED_MORE)
      expect(split(text, 3_600_000)).toBe(NEED_MORE)
      expect(split(text, FINAL)).toBe(text.length)
    }
  })
  test('`,*` ends a frame that opens with imei:, a star elsewhere does not', () => {
    expect(split('imei:1,L,*imei:2', 0)).toBe(10)
    expect(split('imei:1,a*b,c;', 0)).toBe(13)
    expect(split('##,*;', 0)).toBe(5)
  })
  test('a frame without terminator is cut where the next one begins', () => {
    expect(stream([bytesOfText(`${ID}${F}`)]).frames).toEqual([ID, F])
    expect(stream([bytesOfText(`${ID}##,imei:1,A;`)]).frames).toEqual([ID, '##,imei:1,A;'])
    expect(stream([bytesOfText(`##,imei:1,A##,imei:2,A${F}`)]).frames).toEqual(['##,imei:1,A', '##,imei:2,A', F])
    expect(stream([bytesOfText(`imei:1,move,##,imei:2,A;`)]).frames).toEqual(['imei:1,move,', '##,imei:2,A;'])
    expect(stream([bytesOfText(`##, imei:1,A;`)]).frames).toEqual(['##, imei:1,A;'])
  })
  test('a server command that came back is dropped up to the next terminator', () => {
    expect(split('**,imei:1,E;imei:2', 0)).toBe(-12)
    expect(split('**,imei:1,100', 0)).toBe(NEED_MORE)
    expect(split('**,imei:1,100', FINAL)).toBe(-13)
    expect(stream([bytesOfText(`imei:1,move**,imei:1,E;${F}`)])).toEqual({
      frames: ['imei:1,move', F],
      skipped: '**,imei:1,E;',
      left: '',
    })
  })
  test('padding between frames is a run of its own', () => {
    expect(split('\r\n \0imei:', 0)).toBe(-4)
    expect(splitAll(codec, bytesOfText(`${F}\r\n${F}\r\n`), 0).frames.map(textOf)).toEqual([F, F])
  })
  test('garbage ends at an opening or behind a semicolon', () => {
    expect(split(`xyz${F}`, 0)).toBe(-3)
    expect(split('xyz##,imei:1', 0)).toBe(-3)
    expect(split('xyz;123;', 0)).toBe(-4)
    expect(split(';', 0)).toBe(-1)
    expect(split('123,GPRMC,imei:1', 0)).toBe(-10)
    expect(split('x**,imei:1,B;', 0)).toBe(-1)
    expect(split('imximei:', 0)).toBe(-3)
    expect(split('xyz', FINAL)).toBe(-3)
    expect(split('ime', FINAL)).toBe(-3)
    expect(split('12345678901234567;', 0)).toBe(-18)
  })
  test('garbage keeps a tail that may become an opening', () => {
    expect(stream([bytesOfText('xyzim'), bytesOfText(`ei:1,move;`)]).frames).toEqual(['imei:1,move;'])
    expect(stream([bytesOfText('xyz#'), bytesOfText(`#,imei:1,A;`)]).frames).toEqual(['##,imei:1,A;'])
    // Digits of the tail are still garbage when their semicolon comes.
    expect(stream([bytesOfText('xyz1234'), bytesOfText(`56;`)]).frames).toEqual([])
  })
  test('ordinary frames have at most 2 KiB, photo packets 32 KiB', () => {
    const filled = (opening: string, size: number) => `${opening}${'0'.repeat(size - opening.length - 1)};`
    expect(split(filled('imei:1,a,', FRAME_BYTES_MAX), 0)).toBe(FRAME_BYTES_MAX)
    expect(split(filled('imei:1,a,', FRAME_BYTES_MAX + 1), 0)).toBe(-FRAME_BYTES_MAX - 1)
    expect(split(filled('imei:1,vr,', PHOTO_FRAME_BYTES_MAX), 0)).toBe(PHOTO_FRAME_BYTES_MAX)
    expect(split(filled('imei:1,vr,', PHOTO_FRAME_BYTES_MAX + 1), 0)).toBe(-PHOTO_FRAME_BYTES_MAX - 1)
    expect(split(filled('imei:1,vr,', 9000).slice(0, 8000), 0)).toBe(NEED_MORE)
    expect(split(filled('imei:1,a,', 9000).slice(0, 2000), 0)).toBe(NEED_MORE)
  })
  test('an endless line is refused in pieces, in linear time', () => {
    const line = bytesOfText(`imei:1,${'x'.repeat(10_000_000)}`)
    const started = performance.now()
    let taken = 0
    // Reads of 16 KiB into a window that holds what split left.
    for (let at = 0, from = 0; at < line.length;) {
      at = Math.min(at + 16_384, line.length)
      for (;;) {
        const size = codec.split(line, from, at, 0)
        expect(size).toBeLessThanOrEqual(0)
        if (size === 0) break
        from -= size
        taken -= size
      }
      expect(at - from).toBeLessThanOrEqual(TAIL_BYTES_MAX)
    }
    expect(taken).toBeGreaterThan(line.length - TAIL_BYTES_MAX)
    expect(performance.now() - started).toBeLessThan(2000)
  })
  test('any two cuts of a stream give the same frames', () => {
    const texts = [
      `##,imei:${ID},A;\r\n${ID}${F}${ID};xyz12;${report('L,*')}\r\n**,imei:1,E;${F}`,
      `x1234 56\n;${ID}\r\n${report('acc on,000000000,,L,;')}##,imei:7,A;\n7;im;imei:7;#;##,x;\0\0${ID};`,
      `12345678901234567890123456789012345678901234567890;${F};;;garbage,imei${F}**,imei:1,100\n${ID};`,
    ]
    for (const text of texts) {
      const bytes = bytesOfText(text)
      const want = stream([bytes])
      for (let first = 0; first <= bytes.length; first++)
        for (let second = first; second <= bytes.length; second += 1) {
          const have = stream([bytes.subarray(0, first), bytes.subarray(first, second), bytes.subarray(second)])
          if (have.frames.join('|') !== want.frames.join('|') || have.skipped !== want.skipped)
            throw new Error(`cuts at ${first} and ${second}: ${JSON.stringify(have)}`)
        }
    }
  })
  test('any cuts of a mixture of openings, digits and terminators give the same frames', () => {
    const piece = fc.constantFrom(
      'imei:',
      '##,',
      '**,imei:',
      ';',
      '\r\n',
      '\n',
      ',',
      '1',
      '23',
      'x',
      ',*',
      ' ',
      'im',
      '#',
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 24 }), fc.array(fc.nat(60), { maxLength: 4 }), (pieces, cuts) => {
        const bytes = bytesOfText(pieces.join(''))
        const at = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)).toSorted((a, b) => a - b), bytes.length]
        const have = stream(at.slice(1).map((end, index) => bytes.subarray(at[index], end)))
        const want = stream([bytes])
        expect(have.frames).toEqual(want.frames)
      }),
      { numRuns: 3000 },
    )
  })
  test('one byte at a time gives the same frames', () => {
    const bytes = bytesOfText(fixtures.map((fixture) => fixture.input_text!.replace(/([^;*\n])$/, '$1;')).join(''))
    expect(stream(Array.from(bytes, (byte) => Uint8Array.of(byte))).frames).toEqual(stream([bytes]).frames)
  })
})

describe('gps103 whatever the bytes', () => {
  const hostile = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc
      .array(
        fc.constantFrom(...' ,;*#:.%+-!01239FLANSEWV', 'imei:', '##,', '**,imei:', 'OBD', 'TPMS', 'vr', 'DTC', 'oil '),
        {
          maxLength: 80,
        },
      )
      .map((parts) => bytesOfText(parts.join(''))),
    fc
      .array(fc.constantFrom(...' ,.%+-!01239FLANSEWVPx'), { maxLength: 80 })
      .map((parts) => bytesOfText(`imei:1,${parts.join('')};`)),
  )
  test('split comes to an end, and takes all there is when nothing can follow', () => {
    fc.assert(
      fc.property(hostile, (bytes) => {
        expectCovered(codec, bytes)
      }),
      { numRuns: 3000 },
    )
  })
  test('no function throws, and what it says depends on no byte outside its range', () => {
    fc.assert(
      fc.property(hostile, fc.integer({ min: 0, max: 255 }), (text, outside) => {
        expectReadsInside(codec, text, outside, RECEIVED)
      }),
      { numRuns: 3000 },
    )
  })
  test('a frame cut anywhere never throws and never reads on', () => {
    for (const fixture of fixtures.filter((_, index) => index % 3 === 0))
      for (const frame of splitAll(codec, vectorBytes(fixture)).frames)
        for (let length = 0; length <= frame.length; length += 3) {
          const cut = frame.subarray(0, length)
          expectReadsInside(codec, cut, 0x30, RECEIVED)
          expectReadsInside(codec, cut, 0x2c, RECEIVED)
        }
  })
})

describe('gps103 identify', () => {
  const identify = (text: string) => {
    const id = new Uint8Array(DEVICE_ID_MAX)
    const bytes = bytesOfText(text)
    const length = codec.identify(bytes, 0, bytes.length, id, new Int32Array(2))
    return length < 0 ? length : textOf(id.subarray(0, length))
  }
  test('takes the digits as they are on the wire', () => {
    expect(identify('##,imei:012497000208821,A;')).toBe('012497000208821')
    expect(identify('imei:7,move;')).toBe('7')
    expect(identify('imei:7;')).toBe('7')
    expect(identify('1234567890;')).toBe('1234567890')
    expect(identify(' 7;'.trim())).toBe('7')
    expect(identify('imei: 7 ,move;')).toBe('7')
  })
  test('an id that is not digits is none', () => {
    expect(identify('imei:86489303123456x,move;')).toBe(BAD_IDENTITY)
    expect(identify(`imei:${'1'.repeat(DEVICE_ID_MAX + 1)},move;`)).toBe(BAD_IDENTITY)
    expect(identify(`imei:${'1'.repeat(DEVICE_ID_MAX)},move;`)).toBe('1'.repeat(DEVICE_ID_MAX))
    expect(identify('imei:,move;')).toBe('')
    expect(identify('##,x;')).toBe('')
  })
})

describe('gps103 ack', () => {
  const acks = (text: string, options = {}) =>
    takeAll(gps103(gps103Options.parse(options)), bytesOfText(text), session(), RECEIVED)
      .map((frame) => textOf(frame.ack))
      .join('|')
  test('logon LOAD, heartbeat ON, help me E with the id of the frame, the rest nothing', () => {
    expect(acks(`##,imei:${ID},A;`)).toBe('LOAD')
    expect(acks('imei:7,L,*')).toBe('LOAD')
    expect(acks('imei:7,a,b;')).toBe('LOAD')
    expect(acks('7;')).toBe('ON')
    expect(acks(`${ID}${F}`)).toBe('ON|')
    expect(acks('imei:007,help me,000000000,,L,;')).toBe('**,imei:007,E;')
    expect(acks('imei:7, help me! ,000000000,,L,;')).toBe('**,imei:7,E;')
    expect(acks('imei:7,move,000000000,,L,;')).toBe('')
    expect(acks('imei:7,help me now,000000000,,L,;')).toBe('')
    expect(acks('imei:7,vr,00;')).toBe('')
  })
  test('the option reply_terminator follows LOAD and ON, not E', () => {
    expect(acks(`##,imei:7,A;7;imei:7,help me,0,,L,;`, { reply_terminator: '\r\n' })).toBe(
      'LOAD\r\n|ON\r\n|**,imei:7,E;',
    )
  })
})

describe('gps103 hash', () => {
  const hash = (text: string) => {
    const into = new Uint32Array(2)
    const bytes = bytesOfText(`##${text}##`)
    codec.hash(bytes, 2, bytes.length - 2, into)
    return `${into[0]}.${into[1]}`
  }
  test('is that of the text, whatever ends it', () => {
    for (const end of [';', '\r\n', '\n', ' ;', '; \r\n']) expect(hash(F.slice(0, -1) + end)).toBe(hash(F.slice(0, -1)))
    expect(hash(F.replace('0.00,0', '0.00,1'))).not.toBe(hash(F))
  })
})

describe('gps103 session', () => {
  test('a zone beyond +12 is kept for stored records, which nothing else would tell from -11', () => {
    const into = session()
    expect(lastRow(report('tracker,260314220600,,F,090540,A,4021.7730,N,02955.0017,E;'), into).fix_time).toBe(
      '2026-03-14T09:05:40.000Z',
    )
    expect(lastRow(report('tracker,260102003000,,F,113000,A,4021.7730,N,02955.0017,E;'), into).fix_time).toBe(
      '2026-01-01T11:30:00.000Z',
    )
    expect(lastRow(report('OBD,260314220600,;'), into).sent_at).toBe('2026-03-14T09:06:00.000Z')
  })
  test('a report with a date too far ahead moves no later fix', () => {
    const at = (hours: number) => {
      const date = new Date(RECEIVED + hours * 3_600_000)
      const digits = (ms: number) => new Date(ms).toISOString().replaceAll(/\D/g, '').slice(2, 14)
      const local = digits(date.getTime() + 3 * 3_600_000)
      return report(`tracker,${local},,F,${digits(date.getTime()).slice(6)}.000,A,4021.7730,N,02955.0017,E;`)
    }
    for (let hours = 12; hours <= 48; hours++) {
      const into = session()
      const row = lastRow(at(hours), into)
      expect([hours, row.attributes.time_source]).toEqual([hours, hours > 24 ? 'received' : undefined])
      expect([hours, row.fix_time]).toEqual([
        hours,
        new Date(hours > 24 ? RECEIVED : RECEIVED + hours * 3_600_000).toISOString(),
      ])
      expect([hours, lastRow(at(0), into).fix_time]).toEqual([hours, '2026-03-14T09:05:40.000Z'])
      expect([hours, lastRow(report('OBD,260314120600,;'), into).sent_at]).toEqual([hours, '2026-03-14T09:06:00.000Z'])
    }
  })
  test('a zone beyond +14 is none', () => {
    // 15 hours ahead of UTC, or 9 behind it with tomorrow's date.
    const into = session()
    lastRow(report('tracker,260315000540,,F,090540,A,4021.7730,N,02955.0017,E;'), into)
    expect(lastRow(report('OBD,260314000600,;'), into).sent_at).toBe('2026-03-14T09:06:00.000Z')
  })
  test('what one tracker shows says nothing about another behind the same connection', () => {
    const into = session()
    takeText(report('tracker,260314110000,,F,080000,A,4021.7730,S,02955.0017,W;', '1'), into)
    const other = lastRow(report('tracker,260314110000,,F,,A,4021.7730,,02955.0017,;', '2'), into, RECEIVED + 9e6)
    expect(other).toMatchObject({ fix_time: '2026-03-14T11:00:00.000Z', latitude: 40.3628833, longitude: 29.916695 })
    const same = lastRow(report('tracker,260314110000,,F,,A,4021.7730,,02955.0017,;', '1'), into)
    expect(same).toMatchObject({ fix_time: '2026-03-14T08:00:00.000Z', latitude: -40.3628833, longitude: -29.916695 })
    expect(same.attributes).toEqual({ hemisphere_missing: true, time_source: 'local' })
  })
  test('frames without a valid fix, or without a believable time, teach nothing', () => {
    for (const text of [
      report('tracker,260314110000,,F,080000,V,4021.7730,S,02955.0017,W;'),
      report('tracker,260314110000,,L,,,12,,34;'),
      report('OBD,260314110000,,;'),
      report('tracker,000101110000,,F,080000,A,4021.7730,,02955.0017,;'),
      report('tracker,270314110000,,F,080000,A,4021.7730,,02955.0017,;'),
      `##,imei:${ID},A;`,
      `${ID};`,
    ]) {
      const into = session()
      takeText(text, into)
      expect([text, [...into.state]]).toEqual([text, [0, 0]])
    }
  })
  test('a report without letters or UTC leaves what was known', () => {
    const into = session()
    takeText(report('tracker,260314110000,,F,080000,A,4021.7730,S,02955.0017,W;'), into)
    const known = [...into.state]
    takeText(report('tracker,260314110100,,F,,A,4021.7730,,02955.0017,;'), into)
    expect([...into.state]).toEqual(known)
  })
  test('letters before the numbers and a dispatch order are seen through', () => {
    for (const text of [
      report('tracker,260314110000,,F,080000,A,S,4021.7730,W,02955.0017;'),
      report('171,1234567890123,260314110000,,F,080000,A,4021.7730,S,02955.0017,W;'),
    ]) {
      const into = session()
      takeText(text, into)
      const row = lastRow(report('move,260314110100,,F,,A,4021.7730,,02955.0017,;'), into)
      expect(row).toMatchObject({ fix_time: '2026-03-14T08:01:00.000Z', latitude: -40.3628833, longitude: -29.916695 })
    }
  })
  test('the option timezone_minutes stands in until the session has shown its zone', () => {
    const east = gps103(gps103Options.parse({ timezone_minutes: 180 }))
    const [obd] = takeAll(east, bytesOfText(report('OBD,260314120000,;')), session(), RECEIVED)
    expect(obd.rows[0].sent_at).toBe('2026-03-14T09:00:00.000Z')
  })
  test('the device file says the zone of single trackers; a session that has shown its zone knows better', () => {
    const devices = new DeviceSettings([
      { id: '7', timezoneMinutes: -300 },
      { id: '8', form: '%SA' },
    ])
    const own = gps103(gps103Options.parse({ timezone_minutes: 180 }), devices)
    const moveOf = (id: string, into = session()) =>
      takeAll(own, bytesOfText(report('move,260314040000,,L,;', id)), into, RECEIVED)[0].rows[0]
    expect(moveOf('7')).toMatchObject({ sent_at: '2026-03-14T09:00:00.000Z', attributes: { time_source: 'local' } })
    expect(moveOf('7').attributes.timezone_assumed).toBeUndefined()
    for (const id of ['8', '77'])
      expect(moveOf(id)).toMatchObject({
        sent_at: '2026-03-14T01:00:00.000Z',
        attributes: { timezone_assumed: true },
      })
    const into = session()
    takeAll(own, bytesOfText(report('tracker,260314110000,,F,090000,A,4021.7730,N,02955.0017,E;', '7')), into, RECEIVED)
    expect(moveOf('7', into).sent_at).toBe('2026-03-14T02:00:00.000Z')
  })
  test('a zone beyond +12 that the operator says holds for stored records of a new session, and is learnt from them', () => {
    // 13 hours ahead, or 11 behind with the date of the day before: an old record does not tell.
    const stored = report('tracker,260102003000,,F,113000,A,4021.7730,S,02955.0017,E;', '7')
    for (const [options, devices] of [
      [{ timezone_minutes: 780 }, NO_DEVICES],
      [{}, new DeviceSettings([{ id: '7', timezoneMinutes: 780 }])],
    ] as const) {
      const far = gps103(gps103Options.parse(options), devices)
      const into = session()
      const rows = takeAll(far, bytesOfText(`${stored}${report('move,260102003100,,L,;', '7')}`), into, RECEIVED)
      expect(rows[0].rows[0].fix_time).toBe('2026-01-01T11:30:00.000Z')
      expect(rows[1].rows[0].sent_at).toBe('2026-01-01T11:31:00.000Z')
    }
    expect(lastRow(stored).fix_time).toBe('2026-01-02T11:30:00.000Z')
    // Said of another tracker, it changes nothing.
    const other = gps103(gps103Options.parse({}), new DeviceSettings([{ id: '8', timezoneMinutes: 780 }]))
    expect(takeAll(other, bytesOfText(stored), session(), RECEIVED)[0].rows[0].fix_time).toBe(
      '2026-01-02T11:30:00.000Z',
    )
  })
})

describe('gps103 decode', () => {
  test('buffered means older than five minutes at arrival', () => {
    const at = (time: string) => lastRow(report(`tracker,2603141200,,F,${time},A,4021.7730,N,02955.0017,E;`)).buffered
    expect(at('090040')).toBe(false)
    expect(at('090039')).toBe(true)
  })
  test('an assumed zone alone makes no record a buffered one', () => {
    const row = (local: string) => lastRow(report(`move,${local},,L,,,12,,34;`))
    expect(row('260314010000').buffered).toBe(false)
    expect(row('260313180000').buffered).toBe(true)
  })
  test('coordinates are rounded to 1e-7 degrees exactly', () => {
    const exact = (ddmm: bigint, places: number) => {
      const scale = 10n ** BigInt(places)
      const degrees = ddmm / (100n * scale)
      const minutes = ddmm - degrees * 100n * scale
      return Number(degrees * 10_000_000n + (minutes * 10_000_000n * 2n + 60n * scale) / (120n * scale))
    }
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 8959 }),
        fc.nat(9_999_999),
        fc.integer({ min: 0, max: 7 }),
        (whole, part, places) => {
          const decimals = String(part).padStart(7, '0').slice(0, places)
          const text = `${whole}${places ? '.' : ''}${decimals}`
          const row = lastRow(report(`tracker,2603141200,,F,090540,A,${text},S,02955.0017,E;`))
          expect(Math.round((row.latitude as number) * 1e7)).toBe(-exact(BigInt(`${whole}${decimals}`), places))
        },
      ),
    )
  })
  test('every field with content lands somewhere', () => {
    const row = lastRow(report('tracker,x2,x3,F,x5,x6,1.0,x8,2.0,x10,x11,x12,x13,x14,x15,x16,x17,x18,x19;'))
    const text = JSON.stringify(row)
    for (const field of [2, 3, 5, 6, 8, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19]) expect(text).toContain(`"x${field}"`)
  })
  test('a keyword with bytes beyond ASCII is kept byte by byte, and the column is UTF-8', () => {
    for (const keyword of ['\xb1\xa8', 'porte ouverte\xe9', '\x80\xbf\xc0\xff x', '\xff in'])
      for (const rest of [',260314120000,,F,090000.000,A,4021.7730,N,02955.0017,E;', ',,,L,;']) {
        const frame = bytesOfText(report(`${keyword}${rest}`))
        const records = new Records(8)
        const context = {
          receivedMs: RECEIVED,
          state: new Int32Array(2),
          device: frame,
          deviceStart: 0,
          deviceEnd: 0,
          transport: 0,
        }
        expect(codec.decode(frame, 0, frame.length, context, records)).toBe(1)
        expect(new TextDecoder('utf-8', { fatal: true }).decode(records.message.value(0))).toBe(keyword)
        const { event, area } = lastRow(textOf(frame)).attributes
        expect(event ?? `${area as string} in`).toBe(keyword)
      }
  })
  test('logon and heartbeat are telemetry without a time', () => {
    expect(lastRow(`##,imei:${ID},A;`)).toMatchObject({
      table: 'telemetry',
      message: 'logon',
      sent_at: null,
      attributes: {},
    })
    expect(lastRow(`${ID};`)).toMatchObject({ table: 'telemetry', message: 'heartbeat', sent_at: null, attributes: {} })
  })
  test('a photo packet whose checksum, length or hex is wrong is refused', () => {
    const frame = textOf(encodePhotoPacket(ID, 2, Uint8Array.of(1, 2, 3)))
    const reject = (text: string) => take(codec, bytesOfText(text)).reject
    expect(reject(frame)).toBeNull()
    expect(reject(frame.replace('010203', '010204'))).toBe('bad_checksum')
    expect(reject(frame.replace('00;', '01;'))).toBe('bad_checksum')
    expect(reject(frame.replace('0102', '01'))).toBe('bad_frame')
    expect(reject(frame.replace('0102', '01xy'))).toBe('bad_frame')
    expect(reject(frame.replace('0102', '012'))).toBe('bad_frame')
    expect(reject(`imei:${ID},vr,;`)).toBe('bad_frame')
  })
  test('what is no frame is refused', () => {
    for (const text of ['', 'x', 'imex', '**,imei:1,E;'])
      expect(take(codec, bytesOfText(text)).reject).toBe('bad_frame')
  })
  test('more fields than there is room for stay in the last one', () => {
    const row = lastRow(report(`tracker,,,L,${'a,'.repeat(150)};`))
    expect(Object.keys(row.attributes)).toContain('field_95')
  })
  test('a report decodes the same after any other frame', () => {
    const frames = fixtures.flatMap((fixture) => splitAll(codec, vectorBytes(fixture)).frames)
    const alone = frames.map((frame) => JSON.stringify(take(codec, frame, session(), RECEIVED).rows))
    for (let seed = 1; seed < frames.length; seed += 17)
      for (let index = 0; index < frames.length; index++) {
        take(codec, frames[(index * seed) % frames.length], session(), RECEIVED)
        expect(JSON.stringify(take(codec, frames[index], session(), RECEIVED).rows)).toBe(alone[index])
      }
  })
  test('a long run of reports in one batch keeps its rows apart', () => {
    const records = new Records(600)
    const context = {
      receivedMs: RECEIVED,
      state: new Int32Array(2),
      device: new Uint8Array(0),
      transport: 0,
      deviceStart: 0,
      deviceEnd: 0,
    }
    for (let index = 0; index < 512; index++) {
      const frame = encodeReport({
        id: ID,
        latE7: index * 60_000 + 60_000,
        lonE7: -index * 60_000 - 60_000,
        timeMs: RECEIVED,
      })
      expect(codec.decode(frame, 0, frame.length, context, records)).toBe(1)
    }
    for (let row = 0; row < 512; row++) expect(records.latE7[row]).toBe((row + 1) * 60_000)
  })
})

test('gps103 options: unknown keys and impossible zones are refused', () => {
  expect(gps103Options.parse({})).toEqual({ timezone_minutes: 'unknown', reply_terminator: '', command_terminator: '' })
  expect(() => gps103Options.parse({ timezone_minutes: 900 })).toThrow()
  expect(gps103Options.parse({ timezone_minutes: '-300' }).timezone_minutes).toBe(-300)
  expect(() => gps103Options.parse({ timezone_minutes: 'east' })).toThrow()
  expect(() => gps103Options.parse({ zone: 1 })).toThrow()
})

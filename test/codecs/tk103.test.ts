/** tk103: recognition, framing, identity, replies, memory and decoding. */
import { describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import fc from 'fast-check'
import { BAD_IDENTITY, DEVICE_ID_MAX, FINAL, MAYBE, NEED_MORE, NO, STATE_WORDS, YES } from '../../src/codecs/codec.ts'
import { Records } from '../../src/codecs/records.ts'
import { encodeReport } from '../../src/codecs/tk103/encode.ts'
import { tk103, tk103Options } from '../../src/codecs/tk103/index.ts'
import { COMMANDS, FRAME_BYTES_MAX } from '../../src/codecs/tk103/messages.ts'
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

const codec = tk103(tk103Options.parse({}))
const HEADER = '031234567890'
const IMEI = '864893031234567'
const RECEIVED = Date.parse('2026-03-14T21:00:00Z')
const fixtures = readVectors(join(import.meta.dir, '../../fixtures/tk103.jsonl'))
const BLOCK = '260314A5130.4521N00007.6512W022.9205902278.150100002AL0001E240'
const F = `(${HEADER}BR00${BLOCK})`
const LOGIN = `(${HEADER}BP05${IMEI}${BLOCK})`
const Z = `(${IMEI},ZC03,140326,090020,$a (b) c$)`

const takeText = (text: string, into?: Session, receivedMs = RECEIVED) =>
  takeAll(codec, bytesOfText(text), into, receivedMs)
const lastRow = (text: string, into?: Session, receivedMs = RECEIVED) =>
  takeText(text, into, receivedMs).at(-1)!.rows[0]
const split = (text: string, silentMs: number) => {
  const bytes = bytesOfText(`\xa5\xa5${text}`)
  return codec.split(bytes, 2, bytes.length, silentMs)
}

const stream = (parts: readonly Uint8Array[]) => feedText(codec, parts)

/** Devices of the frames of one session, the way net binds it: state is forgotten with the device. */
function devices(text: string): string[] {
  const state = new Int32Array(STATE_WORDS)
  let device = ''
  return splitAll(codec, bytesOfText(text)).frames.map((frame) => {
    const id = new Uint8Array(DEVICE_ID_MAX)
    const length = codec.identify(frame, 0, frame.length, id, state)
    if (length === BAD_IDENTITY) return 'bad'
    if (length > 0 && textOf(id.subarray(0, length)) !== device) {
      device = textOf(id.subarray(0, length))
      state.fill(0)
    }
    if (device !== '') codec.advance(frame, 0, frame.length, RECEIVED, state)
    return device
  })
}

describe('tk103 fixtures', () => {
  for (const fixture of fixtures) {
    test(fixture.id, () => {
      const received = fixture.received_at === undefined ? Date.now() : Date.parse(fixture.received_at)
      const taken = takeAll(codec, vectorBytes(fixture), session(), received)
      expect(taken.map((frame) => frame.reject)).toEqual(taken.map(() => null))
      expect(
        differences(
          taken.flatMap((frame) => frame.rows),
          fixture.kind,
          fixture.expect,
        ),
      ).toEqual([])
      expect(taken.map((frame) => textOf(frame.ack)).join('')).toBe((fixture.expect.ack as string) ?? '')
      expect(taken.at(-1)!.device).toBe(fixture.expect.device_id as string)
    })
  }

  test('every command of the table is in a fixture', () => {
    const messages = new Set(
      fixtures.flatMap((fixture) => takeAll(codec, vectorBytes(fixture)).flatMap(({ rows }) => rows[0].message)),
    )
    expect(COMMANDS.map(([command]) => command).filter((command) => !messages.has(command))).toEqual([])
  })

  test('bytes that a parenthesis does not open are no frame, whatever command they hold', () => {
    for (const text of [`2${HEADER}BP00${IMEI}HSO`, `2${HEADER}BP05${IMEI}${BLOCK}`, `2${HEADER}BR00${BLOCK}`]) {
      const { reject, device, ack } = take(codec, bytesOfText(text))
      expect([reject, device, ack.length]).toEqual(['bad_frame', '', 0])
    }
  })
})

describe('tk103 recognise', () => {
  const verdict = (text: string) => {
    const bytes = bytesOfText(`\xa5${text}\xa5`)
    return recogniseAs(codec, bytes, 1, bytes.length - 1)
  }
  test('says yes to both dialects as soon as the command is there', () => {
    for (const text of [
      '(031234567890BR00',
      '(031234567890BP00',
      '(03123456789BR00',
      '(0312345678901BR00',
      '(03123456789012BR00',
      '(864893031234567BR00',
      '(864893031234567BP00H',
      '(864893031234567BP000',
      '(BALLESTEROS3BR00',
      '(12345678,ZC07,',
      '(013632651491,BP05,',
      '(864893031234567,DW3B,',
      '(864893031234567,BR00,',
      '(864893031234567,BO01,',
      '(12345678901BP02,G',
      F,
      LOGIN,
      Z,
    ])
      expect([text, verdict(text)]).toEqual([text, YES])
  })
  test('waits for the byte that decides', () => {
    for (const text of [
      '',
      '(',
      '(0',
      '(031234567890',
      '(031234567890B',
      '(031234567890BR',
      '(031234567890BR0',
      '(864893031234567',
      '(864893031234567,',
      '(864893031234567,D',
      '(864893031234567,DW3B',
      '(864893031234567BP00',
      '(864893031234567BP00X',
      '(BALLESTEROS',
    ])
      expect([text, verdict(text)]).toEqual([text, MAYBE])
  })
  test('says no to protocols that look alike', () => {
    for (const text of [
      '(880316890094910BP00XG00b600000000L00074b54S00000000R0C0F0014000100f0130531152205A0706.1395S11024.0965E000.0251.25',
      '(3460311327W01,02553.3555,E,2438.0997,S,A,171012,053339,0,8,20,6,31,5,20,20)',
      '(1234567890,P45,290322,',
      '(8000632774,U01,040812,',
      '(867967021915915U1110A1701201500102238.1700N11401.9324E000264000000000009001790000000)',
      '(TLA,356306050082888',
      '(TLB,356306050082888',
      '(865733028143493,00I76,00,000,',
      '(12345678901234567890',
      '(000000000000AV001)',
      '(0312345678,ZC07,'.replace('ZC', 'AX'),
      ':(031234567890BR00',
      '[begin]',
      '*HQ,',
      '##,',
      'imei:',
      '(()',
      '()',
      '( 031234567890BR00',
    ])
      expect([text, verdict(text)]).toEqual([text, NO])
  })
})

describe('tk103 split', () => {
  test('every proper prefix asks for more', () => {
    for (const fixture of fixtures)
      for (const frame of splitAll(codec, vectorBytes(fixture)).frames) {
        const text = textOf(frame)
        const closed = (text.match(/\$/g) ?? []).length % 2 === 0
        for (let length = 1; length < text.length; length++)
          expect([text.slice(0, length), split(text.slice(0, length), 0)]).toEqual([text.slice(0, length), NEED_MORE])
        if (closed) expect(split(text, 0)).toBe(text.length)
        expect(split(text, FINAL)).toBe(text.length)
      }
  })
  test('a parenthesis between dollar signs is text', () => {
    expect(split(`${Z}${F}`, 0)).toBe(Z.length)
    expect(split(`(${IMEI},ZC03,140326,090020,$)a;(\r\n)b$)`, 0)).toBe(47)
  })
  test('a dollar sign before the frame means nothing', () => {
    expect(stream([bytesOfText(`$x$y$${F}${F}`)])).toEqual({ frames: [F, F], skipped: '$x$y$', left: '' })
  })
  test('a missing closing dollar sign: the frame ends where the next begins, or after a silence, or with the datagram', () => {
    const open = `(${IMEI},ZC03,140326,090020,$text)`
    expect(stream([bytesOfText(`${open}\r\n${F}${Z}`)]).frames).toEqual([open, F, Z])
    expect(split(open, 0)).toBe(NEED_MORE)
    expect(split(open, 1000)).toBe(NEED_MORE)
    expect(split(open, 6000)).toBe(open.length)
    expect(split(open, FINAL)).toBe(open.length)
    expect(split(open.slice(0, -1), FINAL)).toBe(1 - open.length)
  })
  test('a second parenthesis outside text: the first frame was cut off', () => {
    expect(split(`(${HEADER}BR00260314A51${F}`, 0)).toBe(-(1 + 12 + 4 + 9))
    expect(stream([bytesOfText(`((((${F}`)]).frames).toEqual([F])
  })
  test('padding is a run of its own, garbage goes up to the next parenthesis or altogether', () => {
    expect(split(`\r\n \0${F}`, 0)).toBe(-4)
    expect(split(`xyz${F}`, 0)).toBe(-3)
    expect(split('xyz)', 0)).toBe(-4)
    expect(split('x', FINAL)).toBe(-1)
    expect(splitAll(codec, bytesOfText(`${F}\r\n${F}\r\n`), 0).frames.map(textOf)).toEqual([F, F])
  })
  test('junk and echoes of a server are dropped', () => {
    expect(stream([bytesOfText(`${F}:(000000000000AV001)${F}`)])).toEqual({
      frames: [F, F],
      skipped: ':(000000000000AV001)',
      left: '',
    })
    expect(split('(031234567890AP05)', 0)).toBe(-18)
    expect(split('(abc)', 0)).toBe(-5)
    expect(split('()', 0)).toBe(-2)
  })
  test('Topflytech is no frame', () => {
    expect(split('(880316890094910BP00XG00b6)', 0)).toBe(-27)
  })
  test('a frame has at most 1024 bytes', () => {
    const filled = (size: number) => `(${HEADER}BP01${'x'.repeat(size - 18)})`
    expect(split(filled(FRAME_BYTES_MAX), 0)).toBe(FRAME_BYTES_MAX)
    expect(split(filled(FRAME_BYTES_MAX + 1), 0)).toBe(-FRAME_BYTES_MAX - 1)
    expect(split(filled(FRAME_BYTES_MAX + 1).slice(0, FRAME_BYTES_MAX), 0)).toBe(NEED_MORE)
    expect(split(filled(FRAME_BYTES_MAX + 1).slice(0, FRAME_BYTES_MAX) + F, 0)).toBe(-FRAME_BYTES_MAX)
    // Text that never ends: the next frame is found all the same.
    const endless = `(${IMEI},ZC03,140326,090020,$${'x'.repeat(1100)}`
    expect(stream([bytesOfText(`${endless}${F}`)]).frames).toEqual([F])
  })
  test('an endless line is refused in pieces, in linear time', () => {
    const line = bytesOfText(`(${'x'.repeat(4_000_000)}`)
    const started = performance.now()
    for (let at = 0, from = 0; at < line.length;) {
      at = Math.min(at + 16_384, line.length)
      for (;;) {
        const size = codec.split(line, from, at, 0)
        expect(size).toBeLessThanOrEqual(0)
        if (size === 0) break
        from -= size
      }
      expect(at - from).toBeLessThanOrEqual(FRAME_BYTES_MAX)
    }
    expect(performance.now() - started).toBeLessThan(2000)
  })
  test('any two cuts of a stream give the same frames', () => {
    const open = `(${IMEI},ZC03,140326,090020,$text)`
    const texts = [
      `${F}\r\n:(000000000000AV001)${Z}xx$${F}`,
      `${open}${F}(abc)((${LOGIN}`,
      `(${HEADER}BR00260314A51${open}\r\n(1234${Z}`,
    ]
    for (const text of texts) {
      const bytes = bytesOfText(text)
      const want = stream([bytes])
      for (let first = 0; first <= bytes.length; first++)
        for (let second = first; second <= bytes.length; second++) {
          const have = stream([bytes.subarray(0, first), bytes.subarray(first, second), bytes.subarray(second)])
          if (have.frames.join('|') !== want.frames.join('|') || have.skipped !== want.skipped)
            throw new Error(`cuts at ${first} and ${second}: ${JSON.stringify(have)}`)
        }
    }
  })
  test('any cuts of a mixture of parentheses, dollar signs and frames give the same frames', () => {
    const piece = fc.constantFrom('(', ')', '$', '\r\n', 'x', '1', HEADER, 'BR00', ',ZC03,', F, Z, 'A'.repeat(400))
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 24 }), fc.array(fc.nat(900), { maxLength: 4 }), (pieces, cuts) => {
        const bytes = bytesOfText(pieces.join(''))
        const at = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)).toSorted((a, b) => a - b), bytes.length]
        const have = stream(at.slice(1).map((end, index) => bytes.subarray(at[index], end)))
        expect(have.frames).toEqual(stream([bytes]).frames)
      }),
      { numRuns: 3000 },
    )
  })
  test('one byte at a time gives the same frames', () => {
    const bytes = bytesOfText(fixtures.map((fixture) => fixture.input_text!).join(''))
    expect(stream(Array.from(bytes, (byte) => Uint8Array.of(byte))).frames).toEqual(stream([bytes]).frames)
  })
})

describe('tk103 whatever the bytes', () => {
  const hostile = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc
      .array(fc.constantFrom(...' ,;*$:.+-(){}019FLANSEWVTP', HEADER, IMEI, 'BP05', ',ZC20,', 'HSO', BLOCK, '\n'), {
        maxLength: 40,
      })
      .map((parts) => bytesOfText(parts.join(''))),
    fc
      .tuple(
        fc.constantFrom(...COMMANDS.map(([command]) => command), ',ZC03,', ',ZC07,', ',DW51,', ',ZC20,'),
        fc.array(fc.constantFrom(...' ,.:{}*+-01239FLANSEWVPT', '260314A', '90:', 'G', '310,260,', BLOCK), {
          maxLength: 60,
        }),
      )
      .map(([command, parts]) => bytesOfText(`(${HEADER}${command}${parts.join('')})`)),
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
      { numRuns: 4000 },
    )
  })
  test('a frame cut anywhere never throws and never reads on', () => {
    for (const fixture of fixtures)
      for (const frame of splitAll(codec, vectorBytes(fixture)).frames)
        for (let length = 0; length <= frame.length; length += 3) {
          const cut = frame.subarray(0, length)
          expectReadsInside(codec, cut, 0x30, RECEIVED)
          expectReadsInside(codec, cut, 0x2c, RECEIVED)
        }
  })
})

describe('tk103 identify', () => {
  const identify = (text: string) => {
    const id = new Uint8Array(DEVICE_ID_MAX)
    const bytes = bytesOfText(text)
    const length = codec.identify(bytes, 0, bytes.length, id, new Int32Array(2))
    return length < 0 ? length : textOf(id.subarray(0, length))
  }
  test('the IMEI where the frame has one, else the header or id without padding', () => {
    expect(identify(LOGIN)).toBe(IMEI)
    expect(identify(`(${HEADER}BP00${IMEI}HSO)`)).toBe(IMEI)
    expect(identify(`(${HEADER}BP00012497000208821HSO)`)).toBe('012497000208821')
    expect(identify(`(${HEADER}BP05000${HEADER}${BLOCK})`)).toBe('31234567890')
    expect(identify(`(${HEADER}BP00HSO)`)).toBe('31234567890')
    expect(identify(F)).toBe('31234567890')
    expect(identify(`(${HEADER}BP05${BLOCK})`)).toBe('31234567890')
    expect(identify(`(${HEADER}BP05${HEADER}${BLOCK})`)).toBe('31234567890')
    expect(identify(`(13632782450BR00${BLOCK})`)).toBe('13632782450')
    expect(identify(`(BALLESTEROS3BP05000BALLESTEROS3${BLOCK})`)).toBe('BALLESTEROS3')
    expect(identify('(013632651491,ZC07,)')).toBe('13632651491')
    expect(identify('(012497000208821,ZC07,)')).toBe('012497000208821')
    expect(identify('(000088046338039,ZC07,)')).toBe('88046338039')
  })
  test('the command of a mixed frame is no part of the id', () => {
    expect(identify('(027039850001BP02,G,2,)')).toBe('27039850001')
  })
  test('the identity of a login counts although its header is a running number', () => {
    expect(identify(`(260314205902BP05000${HEADER}${BLOCK})`)).toBe('31234567890')
    expect(identify(`(260314205902BP05000260314205902${BLOCK})`)).toBe('')
  })
  test('a header that is the time of the frame is nobody', () => {
    expect(identify(`(260314205902BR00${BLOCK})`)).toBe('')
    expect(identify(`(260314205902BO012${BLOCK})`)).toBe('')
    expect(identify('(260314003800BQ81,ALARM,4,38,260314A3342.1187S07035.9021W038.0003800090.00,01000000)')).toBe('')
    expect(identify('(260314003800BQ86,1,0510,260314003800,01000000)')).toBe('')
    expect(identify('(260314003800BP02,G,2,260314A3342.1187S07035.9021W038.0003800090.00)')).toBe('')
    expect(identify(`(260314205903BR00${BLOCK})`)).toBe('260314205903')
    expect(identify(`(000000000000BR00${BLOCK})`)).toBe('')
  })
  test('an identity that is neither digits nor the header is none', () => {
    expect(identify(`(${HEADER}BP0586489303123456x${BLOCK})`)).toBe(BAD_IDENTITY)
    expect(identify(`(03123_567890BR00${BLOCK})`)).toBe(BAD_IDENTITY)
  })
})

describe('tk103 session', () => {
  test('frames without an identity belong to the tracker that logged in with the same header', () => {
    expect(devices(`${LOGIN}${F}(${HEADER}BP00HSO)${F}`)).toEqual([IMEI, IMEI, IMEI, IMEI])
    expect(devices(`(${HEADER}BP00${IMEI}HSO)${F}`)).toEqual([IMEI, IMEI])
    expect(devices(`${LOGIN}(${HEADER}BP05000${HEADER}${BLOCK})`)).toEqual([IMEI, IMEI])
  })
  test('so do frames whose header is a running number, or zeros', () => {
    expect(devices(`${LOGIN}(260314205902BR00${BLOCK})(260314205901BV000)(000000000000BR00${BLOCK})`)).toEqual(
      Array.from({ length: 4 }, () => IMEI),
    )
  })
  test('before a login the header has to do, unless it is a running number', () => {
    expect(devices(`${F}${LOGIN}${F}`)).toEqual(['31234567890', IMEI, IMEI])
    expect(devices(`(260314205902BR00${BLOCK})${F}(260314205902BR00${BLOCK})`)).toEqual([
      '',
      '31234567890',
      '31234567890',
    ])
  })
  test('another header is another tracker: a UDP address may change hands', () => {
    const other = F.replace(HEADER, '019358704260')
    expect(devices(`${LOGIN}${other}${other}${F}`)).toEqual([IMEI, '19358704260', '19358704260', '31234567890'])
    expect(devices(`${LOGIN}${Z.replace(IMEI, '864893031234568')}${F}`)).toEqual([
      IMEI,
      '864893031234568',
      '31234567890',
    ])
  })
  test('describeLogin tells the header that commands must carry', () => {
    const bytes = bytesOfText(LOGIN)
    expect(codec.describeLogin!(bytes, 0, bytes.length)).toEqual({ header: HEADER })
    expect(codec.describeLogin!(bytesOfText(Z), 0, Z.length)).toEqual({})
  })
})

describe('tk103 ack', () => {
  const acks = (text: string, options = {}) =>
    takeAll(tk103(tk103Options.parse(options)), bytesOfText(text), session(), RECEIVED).map((frame) =>
      textOf(frame.ack),
    )
  test('handshake, login and alarm, with the header as received; the rest nothing', () => {
    expect(acks(`(${HEADER}BP00${IMEI}HSO019A)`)).toEqual([`(${HEADER}AP01HSO)`])
    expect(acks(`(${HEADER}BP00HSO)`)).toEqual([`(${HEADER}AP01HSO)`])
    expect(acks(LOGIN)).toEqual([`(${HEADER}AP05)`])
    expect(acks(`(13632782450BP0500013632782450${BLOCK})`)).toEqual(['(13632782450AP05)'])
    expect(acks(`(${HEADER}BP05${IMEI},{310,260,1,2}\n,01000000)`)).toEqual([`(${HEADER}AP05)`])
    for (const code of '01234567') expect(acks(`(${HEADER}BO01${code}${BLOCK})`)).toEqual([`(${HEADER}AS01${code})`])
    for (const text of ['BO012', 'BO022', 'BR00', 'BR01', 'BR02', 'BR03', 'BP04', 'BP18x', 'BR04x', 'BZ00,310'])
      if (text !== 'BO012') expect([text, acks(`(${HEADER}${text}${BLOCK})`)]).toEqual([text, ['']])
    expect(acks('(013632782450,BP05,101201,A,2234.0297N,11405.9101E,000.0,040137,178.48)')).toEqual([''])
    expect(acks(Z)).toEqual([''])
  })
  test('glued frames get a reply each', () => {
    expect(acks(`${LOGIN}${F}(${HEADER}BP00HSO)`)).toEqual([`(${HEADER}AP05)`, '', `(${HEADER}AP01HSO)`])
  })
  test('options: the documented replies, and ok in the comma dialect', () => {
    const on = { documented_replies: true, comma_reply: 'ok' }
    expect(acks(`(${HEADER}BP18x)(${HEADER}BR04x)(${HEADER}BR03${BLOCK})(${HEADER}BR00${BLOCK})`, on)).toEqual([
      `(${HEADER}AP19)`,
      `(${HEADER}AS07)`,
      `(${HEADER}AR03)`,
      '',
    ])
    expect(acks(Z, on)).toEqual(['ok'])
  })
})

test('tk103 hash: that of command and body, whatever the header; of BR00 and BR01 the body alone', () => {
  const hash = (text: string) => {
    const into = new Uint32Array(2)
    const bytes = bytesOfText(`##${text}##`)
    codec.hash(bytes, 2, bytes.length - 2, into)
    return `${into[0]}.${into[1]}`
  }
  expect(hash(F.replace(HEADER, '260314205903'))).toBe(hash(F))
  expect(hash(F.replace('BR00', 'BR01'))).toBe(hash(F))
  for (const other of ['BR02', 'BR03', 'BP04']) expect(hash(F.replace('BR00', other))).not.toBe(hash(F))
  expect(hash(`(${HEADER}BO020${BLOCK})`)).not.toBe(hash(`(${HEADER}BO010${BLOCK})`))
  expect(hash(`(${HEADER}BO012${BLOCK})`)).not.toBe(hash(`(${HEADER}BO010${BLOCK})`))
  expect(hash(F.replace('022.9', '022.8'))).not.toBe(hash(F))
})

describe('tk103 decode', () => {
  const fixed = (block: string, receivedMs = RECEIVED) => lastRow(`(${HEADER}BR00${block})`, undefined, receivedMs)
  test('buffered means older than five minutes at arrival', () => {
    const at = (time: string) => fixed(BLOCK.replace('205902', time)).buffered
    expect(at('205500')).toBe(false)
    expect(at('205459')).toBe(true)
  })
  test('the course is read up to the I/O state, wherever its point is', () => {
    for (const [course, degrees] of [
      ['000.00', 0],
      ['87.580', 87.58],
      ['8.5400', 8.54],
      ['0.0000', 0],
      [' 87.31', 87.31],
      ['000000', 0],
      ['360.00', 0],
      ['00', 0],
      ['278.15,', 278.15],
    ] as const) {
      const row = fixed(BLOCK.replace('278.15', course))
      expect([course, row.course_deg]).toEqual([course, Math.fround(degrees)])
      expect(row.attributes.io_state).toBe('0100002A')
    }
  })
  test('every way to write the speed, in km/h', () => {
    for (const [speed, kph] of [
      ['000.0', 0],
      ['0.703', 0.703],
      [' 46.0', 46],
      ['00000', 0],
      ['120.5', 120.5],
    ] as const)
      expect([speed, fixed(BLOCK.replace('022.9', speed)).speed_kph]).toEqual([speed, Math.fround(kph)])
  })
  test('a mileage of seven or eight digits, with a sensor right behind it', () => {
    const tail = (text: string) => {
      const row = fixed(BLOCK.replace('0001E240', text))
      return [row.odometer_km, row.attributes.sensors, row.attributes.temperature_raw, row.attributes.tail]
    }
    expect(tail('0000314')).toEqual([0.788, undefined, undefined, undefined])
    expect(tail('00000314')).toEqual([0.788, undefined, undefined, undefined])
    expect(tail('0000314F080')).toEqual([0.788, ['F080'], undefined, undefined])
    expect(tail('00000314F080')).toEqual([0.788, ['F080'], undefined, undefined])
    expect(tail('0000314T0CD')).toEqual([0.788, undefined, 205, undefined])
    expect(tail('00000314B123P035S001')).toEqual([0.788, ['B123', 'P035', 'S001'], undefined, undefined])
    expect(tail('00000314?')).toEqual([0.788, undefined, undefined, '?'])
  })
  test('I/O flags count only when set; the string is always kept', () => {
    const io = (text: string) => fixed(BLOCK.replace('0100002A', text))
    expect(io('10000000')).toMatchObject({ ignition: false, charging: false, inputs: 0, outputs: 0 })
    expect(io('10000000').attributes).toEqual({ external_power: false, analog_raw: 0, io_state: '10000000' })
    expect(io('00800000').attributes.engine_blocked).toBe(true)
    expect(io('00080000').attributes.door).toBe(true)
    expect(io('000005AE').attributes.analog_raw).toBe(1454)
    expect(io('xx00000y')).toMatchObject({ ignition: null, charging: null, attributes: { io_state: 'xx00000y' } })
  })
  test('a record without a fix is believed within a day of its receipt', () => {
    const v = (date: string, time = '205902') =>
      fixed(`${date}V0000.0000N00000.0000E000.0${time}000.0000000000L00000000`)
    expect(v('260314')).toMatchObject({ table: 'telemetry', sent_at: '2026-03-14T20:59:02.000Z' })
    expect(v('260312')).toMatchObject({ table: 'telemetry', sent_at: null })
    expect(v('260312').attributes.device_time).toBe('2026-03-12T20:59:02Z')
    expect(v('000000').attributes).toMatchObject({ time_raw: '205902' })
    expect(v('001314').attributes.date_raw).toBe('001314')
    expect(v('111213', '000000')).toMatchObject({ sent_at: null, attributes: { device_time: '2011-12-13T00:00:00Z' } })
    expect(v('001314').sent_at).toBeNull()
    expect(v('260332').sent_at).toBeNull()
  })
  test('zeros are no position even where a fix is claimed, and no date makes one of 1999', () => {
    expect(fixed(BLOCK.replace('5130.4521N00007.6512W', '0000.0000N00000.0000E')).table).toBe('telemetry')
    expect(fixed(BLOCK.replace('260314', '000000'))).toMatchObject({
      table: 'fixes',
      fix_time: '2026-03-14T21:00:00.000Z',
      attributes: expect.objectContaining({ time_source: 'received', time_raw: '205902' }),
    })
  })
  test('minutes beyond 60 are added up; a place off the globe is none', () => {
    const place = (text: string) => fixed(BLOCK.replace('5130.4521N00007.6512W', text))
    expect(place('5562.0287N01348.0819E').latitude).toBe(56.0338117)
    for (const text of ['9000.0001N00007.6512W', '5130.4521N18000.0001W', '51x0.4521N00007.6512W']) {
      const row = place(text)
      expect([text, row.table, row.attributes.valid]).toEqual([text, 'telemetry', false])
      expect(row.attributes.latitude_raw).toBe(text.slice(0, 10))
    }
  })
  test('comma dialect: the day comes first, unless the mileage follows; the impossible reading gives way', () => {
    const day = (date: string, tail = '', receivedMs = RECEIVED) =>
      lastRow(`(${IMEI},ZC07,${date},A,5130.4521N,00007.6512W,1,205902,2${tail})`, undefined, receivedMs).fix_time
    expect(day('040613')).toBe('2013-06-04T20:59:02.000Z')
    expect(day('130613')).toBe('2013-06-13T20:59:02.000Z')
    expect(day('101201', ',00000000,L00000000')).toBe('2010-12-01T20:59:02.000Z')
    expect(day('101201', ',00000000L00000000')).toBe('2010-12-01T20:59:02.000Z')
    // 14 March 2026 as year 14 would be 2014, years away.
    expect(day('140326', ',00000000,L00000000')).toBe('2026-03-14T20:59:02.000Z')
    expect(day('260314')).toBe('2026-03-14T20:59:02.000Z')
    expect(day('130713', '', Date.parse('2015-01-01'))).toBe('2013-07-13T20:59:02.000Z')
    expect(day('250230')).toBe('2026-03-14T21:00:00.000Z')
  })
  test('the fixed dialect is year first although commas surround the block', () => {
    expect(lastRow(`(${HEADER}BP02,G,2,260314A5130.4521N00007.6512W022.9205902278.15)`)).toMatchObject({
      fix_time: '2026-03-14T20:59:02.000Z',
      course_deg: Math.fround(278.15),
    })
  })
  test('a cell list is pairs or triples by its items', () => {
    const cells = (list: string) => lastRow(`(${HEADER}BZ00,${list})`)
    expect(cells('310,260,1a2b,3c4d,1a2b,3c51,1a2b,3c60')).toMatchObject({ lac: 0x1a2b, cell_id: 0x3c4d, rssi: null })
    // Six items, every third a number up to 63.
    expect(cells('310,260,1a2b,3c4d,1,1a2b,3c51,63')).toMatchObject({ rssi: 1 })
    expect(cells('310,260,1a2b,3c4d,64,1a2b,3c51,63').rssi).toBeNull()
    expect(cells('310,260,1a2b').attributes.result).toBe(',310,260,1a2b')
    expect(cells('{310,260,1,2').attributes.result).toBe(',{310,260,1,2')
    expect(cells('310,260,0000,0000')).toMatchObject({ mcc: null, lac: null })
  })
  test('BMS: the first groups of cells may be missing, and broken hex is kept as text', () => {
    const daly = lastRow(`(${HEADER}BS5195:030EE10EE20EE800040EE40EE00EE700)`)
    expect(daly.attributes).toEqual({
      cell_voltages_from: 7,
      cell_voltages: [3.809, 3.81, 3.816, 3.812, 3.808, 3.815],
    })
    for (const body of ['BS5195:03', 'BS5199:0000000000000000', 'BS5190:00000000000000zz', 'BS500064FF'])
      expect(lastRow(`(${HEADER}${body})`).attributes).toEqual({ result: body.slice(4) })
  })
  test('OBD: unknown PIDs end the reading, what is left is kept', () => {
    expect(lastRow(`(${HEADER}BQ86,2,055A990102,260314205902,01000000)`).attributes).toMatchObject({
      coolant_temp_c: 50,
      obd_raw: '990102',
    })
    expect(lastRow(`(${HEADER}BQ86,2,0C0BB8,260314205902,01000000)`).attributes.rpm).toBe(750)
  })
  test('a broken body of any command keeps its text and is never refused', () => {
    for (const [command] of COMMANDS) {
      const text = JSON.stringify(takeText(`(${HEADER}${command}broken?)`)[0].rows)
      expect(text).toContain('roken?')
    }
  })
  test('slower than allowed is an alarm where the list of alarms has it, else an event', () => {
    for (const command of ['BO01', 'BO02']) {
      const { alarms, attributes } = lastRow(`(${HEADER}${command}4${BLOCK})`)
      expect([...(alarms as string[]), attributes.event]).toContain('low_speed')
    }
  })
  test('an unknown command with a position is a fix', () => {
    expect(lastRow(`(${HEADER}BX77${BLOCK})`)).toMatchObject({ table: 'fixes', message: 'BX77' })
  })
  test('what is no frame is refused', () => {
    for (const text of ['', 'x', '(abc)', '(880316890094910BP00XG00)', '(000000000000AV001)'])
      expect(take(codec, bytesOfText(text)).reject).toBe('bad_frame')
  })
  test('a frame decodes the same after any other frame', () => {
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
    const empty = new Uint8Array(0)
    const context = {
      receivedMs: RECEIVED,
      state: new Int32Array(2),
      device: empty,
      deviceStart: 0,
      deviceEnd: 0,
      transport: 0,
    }
    for (let index = 1; index <= 512; index++) {
      const block = { latE7: index * 50_000, lonE7: -index * 50_000, timeMs: RECEIVED, speedKph: 0, course: 0 }
      const frame = encodeReport(HEADER, block)
      expect(codec.decode(frame, 0, frame.length, context, records)).toBe(1)
    }
    for (let row = 0; row < 512; row++) expect(records.latE7[row]).toBe((row + 1) * 50_000)
  })
})

test('tk103 options: unknown keys and values are refused', () => {
  expect(tk103Options.parse({})).toEqual({ documented_replies: false, comma_reply: '' })
  expect(() => tk103Options.parse({ comma_reply: 'yes' })).toThrow()
  expect(() => tk103Options.parse({ x: 1 })).toThrow()
})

test('tk103 time: every third date of the century that is not believed is kept as it was', () => {
  for (let day = Date.UTC(2000, 0, 1); day < Date.UTC(2099, 11, 31); day += 3 * 86_400_000) {
    const iso = new Date(day).toISOString()
    const date = iso.slice(2, 10).replaceAll('-', '')
    const row = lastRow(`(${HEADER}BR00${date}V0000.0000N00000.0000E000.0000000000.0000000000L0)`)
    if (row.sent_at === null) expect(row.attributes.device_time).toBe(`${iso.slice(0, 19)}Z`)
    else expect(row.sent_at).toBe(iso)
  }
})

/** The jt808 codec over its fixtures, and facts about splitting, identity, answers, memory and what makers get wrong. */
import { describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import fc from 'fast-check'
import { ACK_BYTES_MAX, BAD_IDENTITY, FINAL, MAYBE, NEED_MORE, NO, STATE_WORDS, YES } from '../../src/codecs/codec.ts'
import { DeviceSettings } from '../../src/codecs/device-settings.ts'
import * as encode from '../../src/codecs/jt808/encode.ts'
import { jt808, jt808Options } from '../../src/codecs/jt808/index.ts'
import { Records } from '../../src/codecs/records.ts'
import type { Row } from '../../src/codecs/row.ts'
import {
  bytesOfHex,
  bytesOfText,
  feed,
  hexOf,
  joined,
  piecesOf,
  recogniseAs,
  session,
  splitAll,
  take,
  takeAll,
  textOf,
} from './harness.ts'
import { expectKeysOnce } from './properties.ts'
import { differences, readVectors, vectorBytes } from './vectors.ts'

const codec = jt808(jt808Options.parse({}))
const fixtures = readVectors(join(import.meta.dir, '../../fixtures/jt808.jsonl'))
const named = (id: string) => vectorBytes(fixtures.find((fixture) => fixture.id === `jt808-${id}`)!)
const RECEIVED = Date.parse('2025-11-21T01:30:15Z')
const SAMPLE_1 = named('sos')
const SAMPLE_2 = named('escaped-longitude')
const HEARTBEAT = named('heartbeat')
const PHONE = '13800138000'
const head = (serial = 1): encode.Head => ({ phone: PHONE, serial })
const FIX: encode.Fix = { timeMs: RECEIVED, latitude: 18.520431, longitude: 73.856744 }
const LOCK: encode.Lock = {
  timeMs: RECEIVED,
  latitude: 1,
  longitude: 2,
  valid: true,
  speed: 10,
  courseDeg: 0,
  signal: 1,
  satellites: 2,
  odometerKm: 3,
  battery: 0xaa,
  cell: 0,
  lac: 0,
  product: 3,
  status: 0,
  alarm: 0,
}
const alarmsOf = (row: Row) => row.alarms as string[]

/** The answer as net would send it: the codec counts its replies in the session's memory. */
function answer(bytes: Uint8Array, state = new Int32Array(STATE_WORDS), receivedMs = RECEIVED, own = codec): string {
  const reply = new Uint8Array(ACK_BYTES_MAX + 8)
  const size = own.ack(bytes, 0, bytes.length, receivedMs, reply, 8, state)
  own.advance(bytes, 0, bytes.length, receivedMs, state)
  return hexOf(reply.subarray(8, 8 + size))
}

describe('jt808 fixtures', () => {
  for (const fixture of fixtures) {
    const bytes = vectorBytes(fixture)
    test(`${fixture.id}: decodes as its source says`, () => {
      expect(recogniseAs(codec, bytes, 0, bytes.length)).not.toBe(NO)
      const { frames, skipped } = splitAll(codec, bytes)
      expect([skipped, frames.map(hexOf)]).toEqual([[], [hexOf(bytes)]])
      const decoded = take(codec, bytes, session(), Date.parse(fixture.received_at!))
      expect(decoded.reject).toBeNull()
      if ('ack_hex' in fixture.expect) expect(answer(bytes)).toBe(fixture.expect.ack_hex as string)
      if ('device_id' in fixture.expect) expect(decoded.device).toBe(fixture.expect.device_id as string)
      expect(differences(decoded.rows, fixture.kind, fixture.expect)).toEqual([])
      if (fixture.kind !== 'position') expect(decoded.rows.some((row) => row.table === 'fixes')).toBe(false)
      if (fixture.kind === 'login') {
        const said = codec.describeLogin!(bytes, 0, bytes.length)
        for (const [name, want] of Object.entries(fixture.expect))
          if (name !== 'ack_hex' && name !== 'device_id') expect([name, said[name]]).toEqual([name, want])
      }
    })

    test(`${fixture.id}: every proper prefix asks for more`, () => {
      for (let length = 1; length < bytes.length; length++) {
        expect([length, codec.split(bytes, 0, length, 0)]).toEqual([length, NEED_MORE])
        expect(codec.split(bytes, 0, length, FINAL)).not.toBe(NEED_MORE)
        expect(recogniseAs(codec, bytes, 0, length)).not.toBe(NO)
      }
    })
  }

  test('jt808: the attributes of a record never repeat a key', () => {
    const twice = encode.location(FIX, head(), [
      ...encode.item(0x02, [0, 1]),
      ...encode.item(0x02, [0, 2]),
      ...encode.item(0xe2, [1]),
      ...encode.item(0xe2, [2]),
      ...encode.item(0xec, [1, 2, 3, 4, 5, 6, 7]),
      ...encode.item(0xf4, [1, 2, 3, 4, 5, 6, 7]),
    ])
    expectKeysOnce(codec, twice, RECEIVED)
  })
})

/** Frames by their hex of a stream that is cut at some places; nothing may be left of it. */
function framesIn(bytes: Uint8Array, cuts: readonly number[]): string[] {
  const { frames, left } = feed(codec, piecesOf(bytes, cuts), true)
  expect(left).toHaveLength(0)
  return frames.map(hexOf)
}

describe('jt808 split', () => {
  test('jt808 split: sample 1 cut after byte 20 asks for more; samples 1 and 2 in one read are two frames', () => {
    expect(codec.split(SAMPLE_1, 0, 20, 0)).toBe(NEED_MORE)
    expect(framesIn(joined(SAMPLE_1, SAMPLE_2), [])).toEqual([hexOf(SAMPLE_1), hexOf(SAMPLE_2)])
  })

  test('jt808 split: garbage, a spare delimiter, and a frame', () => {
    const frame = named('heartbeat-personal')
    const stream = joined(bytesOfHex('00117e'), frame)
    const { frames, skipped } = splitAll(codec, stream)
    expect(skipped.map(hexOf)).toEqual(['0011'])
    expect(frames.map(hexOf)).toEqual([`7e${hexOf(frame)}`]) // the spare one is padding of the frame
    expect(take(codec, frames[0], session(), RECEIVED).rows[0].battery_pct).toBe(76)
  })

  test('jt808 split: any two cuts give the same frames, also around garbage, shared delimiters, texts and e7', () => {
    const shared = joined(HEARTBEAT, named('time-request').subarray(1), HEARTBEAT.subarray(1))
    const parts = [
      joined(HEARTBEAT, bytesOfHex('7e'), SAMPLE_2, bytesOfText('(1,BASE,2,TIME)'), HEARTBEAT),
      joined(shared, named('heartbeat-e7'), HEARTBEAT),
      joined(bytesOfHex('00117e'), HEARTBEAT, bytesOfHex('0d0a2000ff'), HEARTBEAT, bytesOfHex('7e01027e'), HEARTBEAT),
    ]
    for (const stream of parts) {
      const whole = framesIn(stream, [])
      expect(whole.length).toBeGreaterThan(2)
      for (let first = 0; first <= stream.length; first++)
        for (let second = first; second <= stream.length; second++)
          expect([first, second, framesIn(stream, [first, second])]).toEqual([first, second, whole])
    }
  })

  test('jt808 split: delimiters shared between frames lose none', () => {
    const stream = joined(HEARTBEAT, named('time-request').subarray(1), SAMPLE_2.subarray(1))
    const taken = takeAll(codec, stream, session(), RECEIVED)
    expect(taken.map(({ rows }) => rows[0].message)).toEqual(['0002', '0109', '0200'])
  })

  test('jt808 split: a damaged frame does not take the next one with it', () => {
    for (const damaged of [
      SAMPLE_1.subarray(0, 30),
      SAMPLE_1.subarray(0, 9),
      bytesOfHex('7e7d7d7d7d7d7d7d7d7d7d7d7d7d7d'),
    ])
      expect(framesIn(joined(damaged, SAMPLE_2, HEARTBEAT), []).filter((hex) => hex === hexOf(HEARTBEAT)).length).toBe(
        1,
      )
  })

  test('jt808 split: more than 4096 bytes without an end are given back up to the next delimiter', () => {
    const endless = joined(SAMPLE_1.subarray(0, 20), new Uint8Array(4200).fill(1))
    expect(codec.split(endless, 0, 4000, 0)).toBe(NEED_MORE)
    expect(codec.split(endless, 0, endless.length, 0)).toBe(-endless.length)
    const { frames } = splitAll(codec, joined(endless, HEARTBEAT), 0)
    expect(frames.map(hexOf)).toEqual([hexOf(HEARTBEAT)])
  })

  test('jt808 split: padding is told apart, and an unfinished frame is given up after 30 s', () => {
    expect(codec.split(bytesOfHex('0d0a20'), 0, 3, 0)).toBe(-3)
    expect(codec.split(SAMPLE_1, 0, 20, 29_999)).toBe(NEED_MORE)
    expect(codec.split(SAMPLE_1, 0, 20, 30_000)).toBe(-20)
    expect(codec.split(bytesOfHex('0102'), 0, 2, 999)).toBe(NEED_MORE)
    expect(codec.split(bytesOfHex('0102'), 0, 2, 1000)).toBe(-2)
  })

  test('jt808: random and mutated bytes never throw, never end a split at nothing, and are not read past the end', () => {
    const frames = fixtures.map(vectorBytes)
    const mutated = fc
      .tuple(fc.constantFrom(...frames), fc.array(fc.tuple(fc.nat(2000), fc.nat(255)), { maxLength: 5 }), fc.nat(2000))
      .map(([frame, flips, cut]) => {
        const bytes = frame.slice()
        for (const [at, value] of flips) bytes[1 + (at % (bytes.length - 2))] = value
        return cut % 3 === 0 ? bytes.slice(0, 1 + (cut % bytes.length)) : bytes
      })
    const lenient = jt808(jt808Options.parse({ check: 'lenient', alarm_profile: 'personal', jimi_alarms: true }))
    fc.assert(
      fc.property(fc.oneof(mutated, fc.uint8Array({ maxLength: 200 })), fc.nat(255), (bytes, behind) => {
        for (const own of [codec, lenient])
          for (const frame of splitAll(own, bytes).frames) {
            const decoded = take(own, frame, session(), RECEIVED)
            if (decoded.reject === 'bad_identity') continue
            // The harness puts other bytes behind the frame: with different ones, nothing may change.
            const longer = new Uint8Array(frame.length + 40).fill(behind)
            longer.set(frame)
            const reply = new Uint8Array(ACK_BYTES_MAX)
            expect(own.ack(longer, 0, frame.length, RECEIVED, reply, 0, new Int32Array(2))).toBe(decoded.ack.length)
            for (const row of decoded.rows) {
              if (row.table !== 'fixes') continue
              expect(Math.abs(row.latitude as number)).toBeLessThanOrEqual(90)
              expect(Math.abs(row.longitude as number)).toBeLessThanOrEqual(180)
            }
          }
      }),
      { numRuns: 3000 },
    )
  })
})

describe('jt808 packets', () => {
  const bodies = Array.from({ length: 12 }, (_, at) =>
    encode.locationBody({ ...FIX, timeMs: RECEIVED - at * 1000, alarm: 0x7e00 }, encode.Item.satellites(at)),
  )
  const body = encode.batchBody(bodies, true)
  const rowsOf = (stream: Uint8Array) =>
    takeAll(codec, stream, session(), RECEIVED).flatMap(({ rows }) =>
      rows.map(({ fix_time, satellites }) => [fix_time, satellites]),
    )
  const whole = bodies.map((_, at) => [new Date(RECEIVED - at * 1000).toISOString(), at])

  test('jt808 packets: those of a message in a row are one frame, wherever the stream is cut, and give what the message gives', () => {
    for (const size of [40, 77, 100, 256]) {
      const packets = encode.packets(0x0704, body, size, { phone: PHONE, serial: 0xfffe })
      const stream = joined(...packets)
      expect(rowsOf(stream)).toEqual(whole)
      const behind = joined(HEARTBEAT, stream, HEARTBEAT)
      const frames = [HEARTBEAT, stream, HEARTBEAT].map(hexOf)
      for (let cut = 1; cut < behind.length; cut++) expect(framesIn(behind, [cut])).toEqual(frames)
      expect(
        framesIn(
          behind,
          Array.from({ length: behind.length - 1 }, (_, at) => at + 1),
        ),
      ).toEqual(frames)
    }
  })
  test('jt808 packets: each is answered for its own serial', () => {
    const packets = encode.packets(0x0704, body, 100, { phone: PHONE, serial: 0xfffe })
    const state = Int32Array.of(0, 0xffff)
    const replies = packets.map((_, at) =>
      hexOf(
        encode.frame(0x8001, [...encode.u16((0xfffe + at) & 0xffff), 7, 4, 0], {
          phone: PHONE,
          serial: (0xffff + at) & 0xffff,
        }),
      ),
    )
    expect(answer(joined(...packets), state)).toBe(replies.join(''))
    const next = hexOf(encode.frame(0x8001, [0, 3, 0, 2, 0], { phone: PHONE, serial: packets.length - 1 }))
    expect(answer(HEARTBEAT, state)).toBe(next)
    const most = joined(
      ...encode.packets(
        0x0704,
        Array.from({ length: 14 }, () => 0x7e),
        1,
        { phone: '7e7e7e7e7e7e7e7e7e7e', serial: 0x7e7e, version: 0x7e },
      ),
    )
    expect(codec.split(most, 0, most.length, 0)).toBe(most.length)
    expect(answer(most).length).toBeLessThanOrEqual(2 * ACK_BYTES_MAX)
  })
  test('jt808 packets: after a pause, out of order, of another serial or device, damaged, or of a file they are frames of their own', () => {
    const packets = encode.packets(0x0704, body, 160, head(9))
    const [first, second, third] = packets
    expect(packets.length).toBe(3)
    expect(codec.split(first, 0, first.length, 999)).toBe(NEED_MORE)
    expect(codec.split(first, 0, first.length, 1000)).toBe(first.length)
    const damaged = second.slice()
    damaged[damaged.length - 2] ^= 1
    const file = encode.packets(0x0801, body, 160, head(9))
    for (const parts of [
      [first, third, second],
      [second, third],
      [first, second, HEARTBEAT, third],
      [first, damaged, third],
      [first, encode.packets(0x0704, body, 160, head(10))[1], third],
      [first, encode.packets(0x0704, body, 160, { phone: '13800138001', serial: 9 })[1], third],
      file,
      encode.packets(0x0704, body, 24, head(9)), // more than are joined
    ])
      expect(framesIn(joined(...parts), [])).toEqual(parts.map(hexOf))
  })
  test('jt808 packets: their joined frame has the hash of the message sent whole', () => {
    const hashOf = (bytes: Uint8Array) => {
      const into = new Uint32Array(2)
      codec.hash(bytes, 0, bytes.length, into)
      return [...into]
    }
    const packets = encode.packets(0x0704, body, 160, head(9))
    expect(hashOf(joined(...packets))).toEqual(hashOf(encode.frame(0x0704, body, head(1))))
  })
})

describe('jt808 recognise', () => {
  const verdict = (hex: string) => recogniseAs(codec, bytesOfHex(hex), 0, hex.length / 2)
  test('jt808 recognise: eleven bytes behind the delimiter are enough, fifteen in the 2019 form', () => {
    const hex = hexOf(SAMPLE_1)
    expect([verdict(''), verdict('7e'), verdict(hex.slice(0, 22)), verdict(hex.slice(0, 24))]).toEqual([
      MAYBE,
      MAYBE,
      MAYBE,
      YES,
    ])
    const newer = hexOf(named('location-2019'))
    expect([verdict(newer.slice(0, 30)), verdict(newer.slice(0, 32))]).toEqual([MAYBE, YES])
    expect(verdict(`7e${hex.slice(0, 24)}`)).toBe(YES)
  })
  test('jt808 recognise: other protocols, unknown messages and reserved bits are not ours', () => {
    for (const hex of [
      '787811',
      '2a4851',
      '24',
      '5b3347',
      '28',
      '7e44',
      '7effff',
      '7e0200802c0138001380000004',
      'e70b00',
    ])
      expect([hex, verdict(hex)]).toEqual([hex, NO])
  })
})

describe('jt808 identity', () => {
  const id = (bytes: Uint8Array) => {
    const into = new Uint8Array(24)
    const length = codec.identify(bytes, 0, bytes.length, into, new Int32Array(2))
    return length === BAD_IDENTITY ? 'bad' : textOf(into.subarray(0, length))
  }
  test('jt808 identity: leading zeros go, and only they; the 2013 and 2019 forms of a phone are one device', () => {
    expect(id(encode.heartbeat({ phone: '009590068983', serial: 1 }))).toBe('9590068983')
    expect(id(encode.heartbeat({ phone: '9590068983', serial: 1, version: 1 }))).toBe('9590068983')
  })
  test('jt808 identity: a phone with a letter is a 48-bit number and gets its Luhn digit', () => {
    expect(id(named('heartbeat-hex-phone'))).toBe('865432109876549')
    expect(id(encode.heartbeat({ phone: 'ffffffffffff', serial: 1 }))).toBe('bad')
    expect(id(encode.heartbeat({ phone: 'ab', serial: 1, version: 1 }))).toBe('bad')
  })
  test('jt808 identity: a frame with a wrong check byte has none', () => {
    const wrong = HEARTBEAT.slice()
    wrong[wrong.length - 2] ^= 1
    expect([id(wrong), answer(wrong), take(codec, wrong).reject]).toEqual(['', '', 'bad_checksum'])
  })
})

describe('jt808 answers', () => {
  test('jt808 ack: the worked replies of the specification, one connection', () => {
    const state = new Int32Array(STATE_WORDS)
    expect(answer(named('register'), state)).toBe('7e8100000f0138001380000000000100303133383030313338303030257e')
    expect(answer(named('authenticate'), state)).toBe('7e80010005013800138000000100020102002e7e')
    expect(answer(HEARTBEAT, state)).toBe('7e80010005013800138000000200030002002d7e')
    expect(answer(SAMPLE_1, state)).toBe('7e80010005013800138000000300040200002b7e')
  })
  test('jt808 ack: the other worked replies, with the counter they were worked with', () => {
    const counted = (replies: number, media = 0) => Int32Array.of(0, replies | (media << 16))
    const at = Date.parse('2025-11-21T01:30:15Z')
    expect(answer(named('time-request'), counted(17), at)).toBe('7e81090008013800138000001107e90b15011e0f00db7e')
    expect(answer(named('location-2019'), counted(4))).toBe('7e800140050100000865432109876543000400090200006d7e')
    const question = encode.frame(0x0004, [], { phone: '865432109876543', serial: 5, version: 1 })
    expect(answer(question, counted(0x12), at)).toBe('7e8004400601000008654321098765430012251121013015477e')
    expect(answer(named('register-2019'), counted(0))).toBe(
      '7e8100401701000008654321098765430000000b003030303030383635343332313039383736353433767e',
    )
    expect(answer(named('jointech'))).toBe('7e4401000385600900123401550100d97e')
  })
  test('jt808 ack: every packet of a file is answered, the last one of a file that came in order twice', () => {
    const body = [0, 0, 0, 7, 1, 2, 0, 0, ...Array.from({ length: 292 }, (_, at) => at & 0xff)]
    const [first, second, third] = encode.packets(0x0801, body, 100, { phone: PHONE, serial: 0x20 })
    const state = Int32Array.of(0, 0x11)
    const general = (serial: number, own: number) =>
      hexOf(encode.frame(0x8001, [0, serial, 8, 1, 0], { phone: PHONE, serial: own }))
    expect(answer(first, state)).toBe(general(0x20, 0x11))
    expect(answer(second, state)).toBe(general(0x21, 0x12))
    expect(answer(third, state)).toBe(`${general(0x22, 0x13)}7e88000004013800138000001400000007357e`)
    expect(answer(third, state)).toContain('8800')
    const gap = new Int32Array(STATE_WORDS)
    answer(first, gap)
    expect(answer(third, gap)).not.toContain('8800')
  })
  test('jt808 ack: e7 frames are answered with their delimiter, id and escapes', () => {
    expect(answer(named('heartbeat-e7'))).toBe(
      hexOf(encode.frame(0x8001, [0, 0x3d, 0, 2, 0], { phone: '865432109876', serial: 0, delimiter: 0xe7 })),
    )
  })
  test('jt808 ack: a reply is escaped too', () => {
    const frame = encode.heartbeat({ phone: PHONE, serial: 0x7e7d })
    const reply = bytesOfHex(answer(frame))
    expect(hexOf(reply)).toContain('7d027d01')
    expect(encode.readReply(reply, 0, reply.length)).toMatchObject({
      id: 0x8001,
      serial: 0x7e7d,
      answered: 2,
      size: reply.length,
    })
  })
  test('jt808 ack: a clock request in parentheses gets the time in UTC, another text nothing', () => {
    expect(textOf(bytesOfHex(answer(bytesOfText('(8630,BASE,2,TIME,1)'))))).toBe('(8630,BASE,2,20251121013015,1)')
    expect(answer(bytesOfText('(8630,P22)'))).toBe('')
    expect(take(codec, bytesOfText('(8630,P22)')).rows[0]).toMatchObject({
      message: 'TEXT',
      attributes: { text: '8630,P22' },
    })
  })
  test('jt808 ack: with auth = "strict" another code is answered with 1', () => {
    const strict = jt808(jt808Options.parse({ auth: 'strict' }))
    const result = (bytes: Uint8Array) => answer(bytes, undefined, RECEIVED, strict).slice(-6, -4)
    expect(result(named('authenticate'))).toBe('00')
    expect(result(named('authenticate-2019'))).toBe('00')
    expect(result(encode.authenticate('other', head()))).toBe('01')
    expect(answer(encode.authenticate('other', head())).slice(-6, -4)).toBe('00')
  })
})

describe('jt808 alarms', () => {
  const row = (bits: number, into = session(), own = codec, items: number[] = []) =>
    alarmsOf(take(own, encode.location({ ...FIX, alarm: bits }, head(), items), into, RECEIVED).rows[0])
  const WORDS: [number, string][] = [
    [0, 'sos'],
    [1, 'overspeed'],
    [2, 'fatigue'],
    [3, 'danger_warning'],
    [4, 'gps_fault'],
    [5, 'gps_antenna_cut'],
    [6, 'gps_antenna_short'],
    [7, 'low_power'],
    [8, 'power_cut'],
    [9, 'fault'],
    [13, 'overspeed_warning'],
    [14, 'fatigue_warning'],
    [15, 'low_battery'],
    [16, 'vibration'],
    [17, 'removing'],
    [18, 'fatigue'],
    [19, 'parking_timeout'],
    [21, 'route_deviation'],
    [22, 'route_time'],
    [23, 'route_deviation'],
    [24, 'fault'],
    [25, 'fuel_abnormal'],
    [26, 'theft'],
    [27, 'ignition_illegal'],
    [28, 'movement'],
    [29, 'collision'],
    [30, 'rollover'],
    [31, 'door'],
  ]
  test('jt808 alarms: every bit has its word', () => {
    for (const [bit, word] of WORDS) expect([bit, row(2 ** bit)]).toEqual([bit, [word]])
  })
  test('jt808 alarms: profiles', () => {
    const of = (profile: string) => jt808(jt808Options.parse({ alarm_profile: profile }))
    expect([15, 16, 17].map((bit) => row(2 ** bit, session(), of('standard2019'))[0])).toEqual([
      'driving_violation',
      'tyre_pressure',
      'blind_spot',
    ])
    expect([29, 30].map((bit) => row(2 ** bit, session(), of('personal'))[0])).toEqual([
      'fall_detected',
      'fall_detected',
    ])
    const personal = take(of('personal'), named('item-e7-sos'), session(), Date.parse('2026-06-24T23:13:00Z')).rows[0]
    expect([personal.ignition, personal.attributes.steps]).toEqual([null, 4321])
  })
  test('jt808 alarms: device groups have profiles of their own, the longest beginning of an id counts', () => {
    const groups = jt808(jt808Options.parse({ alarm_profiles: '138=standard2019, 13800138=personal , 9=asset' }))
    const of = (phone: string, into = session()) => {
      const frame = encode.location({ ...FIX, alarm: (1 << 29) | (1 << 16) }, { phone, serial: 1 })
      return alarmsOf(take(groups, frame, into, RECEIVED).rows[0])
    }
    expect(of('13800138000').toSorted()).toEqual(['fall_detected', 'vibration'])
    expect(of('13811111111').toSorted()).toEqual(['collision', 'tyre_pressure'])
    expect(of('77711111111').toSorted()).toEqual(['collision', 'vibration'])
    // What holds is remembered by the group's names.
    const into = session()
    expect(of('13811111111', into)).not.toEqual([])
    const next = encode.location(
      { ...FIX, timeMs: RECEIVED + 1000, alarm: 1 << 16 },
      { phone: '13811111111', serial: 2 },
    )
    expect(alarmsOf(take(groups, next, into, RECEIVED).rows[0])).toEqual([])
    for (const alarm_profiles of ['x=asset', '138=other', '138'])
      expect(() => jt808Options.parse({ alarm_profiles })).toThrow()
  })
  test('jt808 alarms: a condition is raised when it begins, an event each time', () => {
    for (const stepS of [1, 10, 60, 300, 3600, 86_400]) {
      const into = session(PHONE)
      let timeMs = RECEIVED - 30 * 86_400_000
      const next = (alarm: number) => {
        timeMs += stepS * 1000
        return alarmsOf(take(codec, encode.location({ ...FIX, timeMs, alarm }, head()), into, RECEIVED).rows[0])
      }
      expect(next(1 << 8)).toEqual(['power_cut'])
      expect(next(1 << 8)).toEqual([])
      expect(next((1 << 8) | 2)).toEqual(['overspeed'])
      expect(next(0)).toEqual([])
      expect(next(1 << 8)).toEqual(['power_cut'])
      expect(next(1)).toEqual(['sos'])
      expect(next(1)).toEqual(['sos'])
    }
  })
  test('jt808 alarms: a frame that comes again, because its answer was lost, has the alarms it had', () => {
    const bodies = [0, 2, 2].map((alarm, at) => encode.locationBody({ ...FIX, timeMs: RECEIVED + 1000 * at, alarm }))
    for (const [frame, alarms] of [
      [encode.location({ ...FIX, alarm: 2 }, head()), [['overspeed']]],
      [encode.frame(0x0201, [0, 1, ...bodies[1]], head()), [['overspeed']]],
      [encode.batch(bodies, false, head()), [[], ['overspeed'], []]],
      [encode.shortBatch(bodies, head()), [[], ['overspeed'], []]],
      [joined(...encode.packets(0x0704, encode.batchBody(bodies, false), 50, head())), [[], ['overspeed'], []]],
    ] as const) {
      const into = session(PHONE)
      const again = () => take(codec, frame, into, RECEIVED).rows.map(alarmsOf)
      expect(again()).toEqual(alarms as unknown as string[][])
      take(codec, HEARTBEAT, into, RECEIVED)
      expect(again()).toEqual(alarms as unknown as string[][])
      expect(again()).toEqual(alarms as unknown as string[][])
      const next = encode.location({ ...FIX, timeMs: RECEIVED + 10_000, alarm: 2 }, head())
      expect(take(codec, next, into, RECEIVED).rows.map(alarmsOf)).toEqual([[]])
    }
  })
  test('jt808 alarms: stored locations are judged among themselves, and change nothing for live ones', () => {
    const into = session(PHONE)
    const body = (seconds: number, alarm: number) =>
      encode.locationBody({ ...FIX, timeMs: RECEIVED + 1000 * seconds, alarm })
    const rows = (frame: Uint8Array) => take(codec, frame, into, RECEIVED).rows.map(alarmsOf)
    expect(rows(encode.frame(0x0200, body(1, 2), head()))).toEqual([['overspeed']])
    // The location that was live comes again among stored ones.
    const stored = encode.batch([body(0, 0), body(1, 2), body(2, 2), body(3, 0)], true, head())
    for (let times = 0; times < 2; times++) expect(rows(stored)).toEqual([[], ['overspeed'], [], []])
    expect(rows(encode.frame(0x0200, body(4, 2), head()))).toEqual([[]])
  })
  test('jt808 alarms: conditions hold while a file is on its way, and after it', () => {
    const into = session(PHONE)
    const at = (seconds: number, alarm: number) =>
      alarmsOf(
        take(codec, encode.location({ ...FIX, timeMs: RECEIVED + 1000 * seconds, alarm }, head()), into, RECEIVED)
          .rows[0],
      )
    const file = encode.packets(0x0801, [0, 0, 0, 7, 1, 2, 0, 0, ...new Uint8Array(292)], 100, head(0x20))
    const acks = file.map((packet) => {
      const { ack } = take(codec, packet, into, RECEIVED)
      expect(at(1, 2)).toEqual(packet === file[0] ? ['overspeed'] : [])
      return hexOf(ack)
    })
    expect(acks.map((ack) => ack.includes('8800000401380013800000'))).toEqual([false, false, true])
    expect(at(2, 2)).toEqual([])
    expect(at(3, 0)).toEqual([])
    expect([at(4, 2), at(4, 2), at(5, 2)]).toEqual([['overspeed'], ['overspeed'], []])
  })
  test('jt808 alarms: in a batch too', () => {
    const bodies = [1 << 8, 1 << 8, 0, 1 << 8].map((alarm, at) =>
      encode.locationBody({ ...FIX, timeMs: RECEIVED - 1000 * at, alarm }),
    )
    const rows = take(codec, encode.batch(bodies, true, head()), session(), RECEIVED).rows
    expect(rows.map(alarmsOf)).toEqual([['power_cut'], [], [], ['power_cut']])
    expect(rows.every((each) => each.buffered)).toBe(true)
  })
  test('jt808 alarms: the direction of an area alarm is in item 12', () => {
    expect(row(1 << 20, session(), codec, encode.Item.area(true))).toEqual(['geofence_enter'])
    expect(row(1 << 20, session(), codec, encode.Item.area(false))).toEqual(['geofence_exit'])
    expect(row(1 << 21, session(), codec, encode.Item.area(false))).toEqual(['route_deviation'])
    expect(row(1 << 20)).toEqual(['geofence'])
  })
  test('jt808 alarms: item E8 counts once the unit has shown that it is a Jimi, or where configured', () => {
    const items = encode.item(0xe8, [0x04, 0x05, 1])
    const into = session(PHONE)
    expect(row(0, into, codec, items)).toEqual([])
    take(codec, encode.frame(0x0900, [0xf0, ...encode.date(RECEIVED), 0, 2, 9], head()), into, RECEIVED)
    expect(row(0, into, codec, items)).toEqual(['collision'])
    expect(row(0, session(), jt808(jt808Options.parse({ jimi_alarms: true })), items)).toEqual(['collision'])
  })
  test('jt808 alarms: Jointech products', () => {
    const of = (product: number, alarm: number) =>
      take(
        codec,
        encode.jointech({ ...LOCK, product, alarm }, { phone: '856009001234', serial: 1 }),
        session(),
        RECEIVED,
      ).rows[0]
    expect(alarmsOf(of(3, 0b1101111)).toSorted()).toEqual([
      'geofence_enter',
      'geofence_exit',
      'low_battery',
      'low_power',
      'overspeed',
      'vibration',
    ])
    expect(alarmsOf(of(1, 0xffff))).toEqual(['low_power'])
    expect(of(3, 0)).toMatchObject({ charging: true, battery_pct: null, speed_kph: Math.fround(18.52) })
  })
})

describe('jt808 pitfalls', () => {
  const one = (bytes: Uint8Array, own = codec, at = RECEIVED) => take(own, bytes, session(), at).rows[0]
  test('jt808: dates are in +08:00, or in the zone configured', () => {
    expect(one(SAMPLE_1).fix_time).toBe('2025-11-21T01:30:15.000Z')
    expect(one(SAMPLE_1, jt808(jt808Options.parse({ time_zone: '+00:00' })), RECEIVED + 8 * 3_600_000).fix_time).toBe(
      '2025-11-21T09:30:15.000Z',
    )
    expect(
      one(SAMPLE_1, jt808(jt808Options.parse({ time_zone: '-05:30' })), RECEIVED + 8 * 3_600_000 * 2).fix_time,
    ).toBe('2025-11-21T15:00:15.000Z')
  })
  test('jt808: a device of the device file has a zone of its own, in every message with a date', () => {
    const devices = new DeviceSettings([{ id: PHONE, timezoneMinutes: -210 }])
    const own = jt808(jt808Options.parse({}), devices)
    const later = RECEIVED + 12 * 3_600_000
    expect(one(SAMPLE_1, own, later).fix_time).toBe('2025-11-21T13:00:15.000Z')
    expect(one(named('battery-report'), own, later).sent_at).toBe('2025-11-21T13:00:15.000Z')
    const other = encode.location(FIX, { phone: '13800138001', serial: 1 })
    expect(one(other, own).fix_time).toBe('2025-11-21T01:30:15.000Z')
    expect(one(named('jointech'), own, later).fix_time).toBe('2025-11-21T01:30:15.000Z') // always UTC
  })
  test('jt808: a live fix eight hours off says that its zone is suspect, and is not shifted', () => {
    const off = (hours: number) => one(encode.location({ ...FIX, timeMs: RECEIVED - hours * 3_600_000 }, head()))
    for (const hours of [8, -8])
      expect(off(hours)).toMatchObject({
        fix_time: new Date(RECEIVED - hours * 3_600_000).toISOString(),
        attributes: { zone_suspect: true },
      })
    for (const hours of [0, 7.9, 8.1, 16]) expect(off(hours).attributes.zone_suspect).toBeUndefined()
    const body = encode.locationBody({ ...FIX, timeMs: RECEIVED - 8 * 3_600_000 })
    expect(one(encode.batch([body], true, head())).attributes.zone_suspect).toBeUndefined()
  })
  test('jt808: month 0, letters and dates more than a day ahead make no fix', () => {
    const body = (date: string) => {
      const bytes = encode.locationBody(FIX)
      bytes.splice(22, 6, ...bytesOfHex(date))
      return encode.frame(0x0200, bytes, head())
    }
    for (const date of ['250021093015', '2511210a3015', '251131093015', '251123093016', '000000000000'])
      expect([date, one(body(date)).table, one(body(date)).sent_at]).toEqual([date, 'telemetry', null])
    expect(one(body('251122093015')).table).toBe('fixes')
  })
  test('jt808: latitude out of range is no fix', () => {
    const bytes = encode.locationBody(FIX)
    bytes.splice(8, 4, ...encode.u32(95_000_000))
    expect(one(encode.frame(0x0200, bytes, head()))).toMatchObject({ table: 'telemetry', attributes: { latitude: 95 } })
  })
  test('jt808: encrypted coordinates are no fix in China, where alone they can be', () => {
    const at = (latitude: number, longitude: number) =>
      one(encode.location({ ...FIX, latitude, longitude, status: 1 << 5 }, head()))
    expect(at(22.5, 114.1)).toMatchObject({
      table: 'telemetry',
      attributes: { coordinates_encrypted: true, latitude: 22.5, longitude: 114.1 },
    })
    for (const [latitude, longitude] of [
      [13.788438, 100.61044],
      [-22.5, 114.1],
      [40, -110],
      [51.5, 7.1],
    ])
      expect(at(latitude, longitude)).toMatchObject({
        table: 'fixes',
        latitude,
        longitude,
        attributes: { coordinates_encrypted: true },
      })
  })
  test('jt808: a wrong length is read in locations, and refused elsewhere', () => {
    const bend = (bytes: Uint8Array) => {
      const bent = bytes.slice()
      bent[4] ^= 1
      bent[bent.length - 2] ^= 1
      return bent
    }
    expect(one(bend(SAMPLE_1))).toMatchObject({ latitude: 22.543096, attributes: { length_ok: false } })
    expect(take(codec, bend(HEARTBEAT)).reject).toBe('bad_frame')
    expect(answer(bend(HEARTBEAT))).toBe('')
  })
  test('jt808: lenient keeps wrong check bytes, marked, where length and message fit', () => {
    const lenient = jt808(jt808Options.parse({ check: 'lenient' }))
    const wrong = SAMPLE_1.slice()
    wrong[wrong.length - 2] ^= 1
    expect(one(wrong, lenient).attributes.checksum_ok).toBe(false)
    wrong[4] ^= 2
    expect(take(lenient, wrong).reject).toBe('bad_checksum')
  })
  test('jt808: anything but 01 and 02 behind 7d is an error', () => {
    const frame = bytesOfHex('7e0002000101380013800000037d03a57e')
    expect(take(codec, frame).reject).toBe('bad_frame')
  })
  test('jt808: a message of one packet is no fragment; bit 13 without packet fields neither', () => {
    const single = encode.frame(0x0200, encode.locationBody(FIX), { ...head(), packets: [1, 1] })
    expect(one(single)).toMatchObject({ table: 'fixes', latitude: FIX.latitude })
    const without = encode.frame(0x0200, encode.locationBody(FIX), { ...head(), props: 0x2000 })
    expect(one(without)).toMatchObject({ table: 'fixes', latitude: FIX.latitude })
  })
  test('jt808: a batch in packets gives every entry whose place lies in one packet, and keeps the rest', () => {
    const bodies = Array.from({ length: 12 }, (_, at) =>
      encode.locationBody({ ...FIX, timeMs: RECEIVED - at * 1000 }, [
        ...encode.Item.satellites(at),
        ...encode.Item.odometer(at),
      ]),
    )
    const body = encode.batchBody(bodies, false)
    for (let size = 60; size < 200; size++) {
      const rows = encode
        .packets(0x0704, body, size, head(9))
        .flatMap((frame) => take(codec, frame, session(), RECEIVED).rows)
      const times = rows.filter((row) => row.table === 'fixes').map((row) => row.fix_time as string)
      expect(new Set(times).size).toBe(times.length)
      const packets = Math.ceil(body.length / size)
      expect([size, times.length >= 12 - (packets - 1)]).toEqual([size, true])
      for (const row of rows.filter((each) => each.table === 'fixes')) {
        const at = (RECEIVED - Date.parse(row.fix_time as string)) / 1000
        expect([row.latitude, row.satellites === at || row.attributes.items_truncated === true]).toEqual([
          FIX.latitude,
          true,
        ])
      }
    }
  })
  test('jt808: a bad entry of a batch is skipped by its length', () => {
    const good = encode.locationBody(FIX)
    const body = [
      0,
      3,
      0,
      ...encode.u16(good.length),
      ...good,
      0,
      5,
      1,
      2,
      3,
      4,
      5,
      ...encode.u16(good.length),
      ...good,
    ]
    expect(take(codec, encode.frame(0x0704, body, head()), session(), RECEIVED).rows.length).toBe(2)
  })
  test('jt808: a byte of padding behind the items is none', () => {
    expect(
      one(encode.location(FIX, head(), [...encode.Item.satellites(7), 0])).attributes.items_truncated,
    ).toBeUndefined()
  })
  test('jt808: the percentage of the most trusted item stays, in any order', () => {
    const sources = [
      encode.item(0x56, [9, 0]),
      encode.item(0x68, [0x1a, 0x0a]),
      encode.item(0xe4, [1, 40]),
      encode.item(0x06, [30]),
    ]
    for (const items of [sources, sources.toReversed()])
      expect(one(encode.location(FIX, head(), items.flat())).battery_pct).toBe(30)
  })
  test('jt808: a date older than five minutes came late; in a batch that says it is live, ten', () => {
    const late = (ms: number) => one(encode.location({ ...FIX, timeMs: RECEIVED - ms }, head())).buffered
    expect([late(299_000), late(301_000)]).toEqual([false, true])
    const inBatch = (ms: number) =>
      one(encode.batch([encode.locationBody({ ...FIX, timeMs: RECEIVED - ms })], false, head())).buffered
    expect([inBatch(599_000), inBatch(601_000)]).toEqual([false, true])
  })
  test('jt808 hash: serial and check byte do not count, the body does', () => {
    const hashOf = (bytes: Uint8Array) => {
      const into = new Uint32Array(2)
      codec.hash(bytes, 0, bytes.length, into)
      return [...into]
    }
    expect(hashOf(encode.location(FIX, head(1)))).toEqual(hashOf(encode.location(FIX, head(2))))
    expect(hashOf(encode.location(FIX, head(1)))).not.toEqual(hashOf(encode.location({ ...FIX, alarm: 1 }, head(1))))
  })
  test('jt808: a location has the same id live, asked for, in a batch and stored; another one of the second has its own', () => {
    const idsOf = (bytes: Uint8Array) => {
      const records = new Records()
      const context = {
        receivedMs: RECEIVED,
        state: new Int32Array(STATE_WORDS),
        device: bytes,
        deviceStart: 0,
        deviceEnd: 0,
        transport: 0,
      }
      codec.decode(bytes, 0, bytes.length, context, records)
      return Array.from({ length: records.rows }, (_, row) => `${records.idHigh[row]} ${records.idLow[row]}`)
    }
    const body = encode.locationBody(FIX, encode.Item.satellites(9))
    const other = encode.locationBody(FIX, encode.Item.satellites(10))
    const [id] = idsOf(encode.frame(0x0200, body, head(1)))
    expect(id).not.toBe('0 0')
    expect(idsOf(encode.frame(0x0200, body, { ...head(2), version: 1 }))).toEqual([id])
    expect(idsOf(encode.frame(0x0201, [0, 9, ...body], head(3)))).toEqual([id])
    expect(idsOf(encode.shortBatch([other, body], head(4)))[1]).toBe(id)
    for (const stored of [true, false]) {
      const [first, second, third] = idsOf(encode.batch([body, other, body], stored, head(5)))
      expect([first, third]).toEqual([id, id])
      expect(second).not.toBe(id)
    }
    const lock = encode.jointech(LOCK, { phone: '856009001234', serial: 1 })
    const stored = encode.jointech(LOCK, { phone: '856009001234', serial: 2 }, { stored: true })
    expect(idsOf(lock)).toEqual(idsOf(stored))
    expect(idsOf(lock)).not.toEqual(idsOf(encode.jointech({ ...LOCK, alarm: 1 }, { phone: '856009001234', serial: 1 })))
  })
  test('jt808: a plate in Chinese characters is text', () => {
    const frame = encode.register({ plateColour: 1 }, head())
    const body = [...frame.slice(13, -2), 0xd4, 0xc1, 0x42, 0x31]
    expect(one(encode.frame(0x0100, body, head())).attributes.plate).toBe('粤B1')
  })
})

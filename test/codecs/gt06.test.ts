/** The gt06 codec over its fixtures, and facts about splitting, acks, sessions, time and refusal. */
import { describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { FINAL, MAYBE, NEED_MORE, NO, STATE_WORDS, YES, type Codec } from '../../src/codecs/codec.ts'
import { crc16 } from '../../src/codecs/gt06/crc.ts'
import * as encode from '../../src/codecs/gt06/encode.ts'
import { DeviceSettings } from '../../src/codecs/device-settings.ts'
import { gt06, gt06Options } from '../../src/codecs/gt06/index.ts'
import { Records } from '../../src/codecs/records.ts'
import { bytesOfHex, feed, hexOf, joined, piecesOf, recogniseAs, session, splitAll, take, takeAll } from './harness.ts'
import { expectKeysOnce } from './properties.ts'
import { differences, readVectors, vectorBytes } from './vectors.ts'

const codec = gt06(gt06Options.parse({}))
const fixtures = readVectors(join(import.meta.dir, '../../fixtures/gt06.jsonl'))
const codecOf = (model?: string): Codec => (model ? gt06(gt06Options.parse({ model })) : codec)
const RECEIVED = Date.parse('2026-03-14T10:00:00Z')
const LOGIN = bytesOfHex('78781101086917003123456720032122000100b10d0a')
const HEARTBEAT = bytesOfHex('78780a134706040002000227210d0a')
const LOCATION = bytesOfHex('787822221a030e072d09cb01fcadc607ec893b3614890194161f2a00b3c40100000003d3af0d0a')
const LOCATION_MILEAGE = bytesOfHex(
  '787826221a030e072d27cb01fcb27c07ec8e8c3314620194161f2a00b3c40102000012d6870004e5570d0a',
)
const WRONG_LENGTH = bytesOfHex('7878081347060400020002bcdb0d0a')
const TOPIN_LOGIN = encode.topinLogin('869170031234567')
const PUNE = { latitude: 18.52043, longitude: 73.856744 }
const CELL = { mcc: 404, mnc: 22, lac: 7978, cid: 46020 }
const at = (time: string) => Date.parse(`2026-03-14T${time}Z`)

describe('gt06 fixtures', () => {
  for (const fixture of fixtures) {
    test(`gt06 ${fixture.id}: decodes as its source says`, () => {
      const own = codecOf(fixture.model)
      const bytes = vectorBytes(fixture)
      expect(recogniseAs(own, bytes, 0, bytes.length)).not.toBe(NO)
      const { frames, skipped } = splitAll(own, bytes)
      expect(skipped).toEqual([])
      expect(frames.map(hexOf)).toEqual([hexOf(bytes)])
      const decoded = take(own, frames[0], undefined, Date.parse(fixture.received_at!))
      expect(decoded.reject).toBeNull()
      if ('ack_hex' in fixture.expect) expect(hexOf(decoded.ack)).toBe(fixture.expect.ack_hex as string)
      if (fixture.kind !== 'login') return expect(differences(decoded.rows, fixture.kind, fixture.expect)).toEqual([])
      expect(decoded.rows).toEqual([])
      const said: Record<string, unknown> = {
        ...own.describeLogin!(bytes, 0, bytes.length),
        device_id: decoded.device,
        ack_hex: hexOf(decoded.ack),
      }
      for (const [name, want] of Object.entries(fixture.expect)) expect([name, said[name]]).toEqual([name, want])
    })

    test(`gt06 ${fixture.id}: every proper prefix asks for more`, () => {
      const bytes = vectorBytes(fixture)
      for (let length = 1; length < bytes.length; length++) {
        // Bytes behind `end` must not matter, so they are there and wrong.
        expect([length, codec.split(bytes, 0, length, 0)]).toEqual([length, NEED_MORE])
        expect(codec.split(bytes, 0, length, FINAL)).not.toBe(NEED_MORE)
        expect(recogniseAs(codec, bytes, 0, length)).not.toBe(NO)
      }
    })
  }

  test('gt06: the attributes of a record never repeat a key', () => {
    for (const fixture of fixtures) {
      const own = codecOf(fixture.model)
      expectKeysOnce(own, vectorBytes(fixture), RECEIVED)
    }
  })
})

/** JSON.parse keeps the last of two equal keys, so it would find fewer keys than were written. */
function expectJson(text: string): void {
  expect([text, keys(JSON.parse(text))]).toEqual([text, text.match(/"[^"\\]*":/g)?.length ?? 0])
}

function keys(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  const own = Array.isArray(value) ? 0 : Object.keys(value).length
  return Object.values(value).reduce<number>((sum, inner) => sum + keys(inner), own)
}

/** Frames by their hex of a stream that is cut at some places; nothing may be left of it. */
function framesIn(bytes: Uint8Array, cuts: readonly number[]): string[] {
  const { frames, left } = feed(codec, piecesOf(bytes, cuts))
  expect(left).toHaveLength(0)
  return frames.map(hexOf)
}

describe('gt06 split', () => {
  test('gt06 split: any two cuts of a stream give the same frames', () => {
    const long = bytesOfHex(
      '7979002b210000002a01437574206f666620746865206675656c20737570706c793a205375636365737321001527990d0a',
    )
    const parts = [LOGIN, HEARTBEAT, LOCATION, LOCATION_MILEAGE, WRONG_LENGTH, long, HEARTBEAT]
    const stream = joined(...parts)
    for (let first = 0; first <= stream.length; first++)
      for (let second = first; second <= stream.length; second++)
        expect(framesIn(stream, [first, second])).toEqual(parts.map(hexOf))
  })

  test('gt06 split: any two cuts of a Topin stream give the same frames', () => {
    const fixturesOf = (id: string) => vectorBytes(fixtures.find((fixture) => fixture.id === `gt06-topin-${id}`)!)
    const parts = [TOPIN_LOGIN, fixturesOf('10'), fixturesOf('17'), fixturesOf('11'), TOPIN_LOGIN]
    const stream = joined(...parts)
    for (let first = 0; first <= stream.length; first++)
      for (let second = first; second <= stream.length; second++)
        expect(framesIn(stream, [first, second])).toEqual(parts.map(hexOf))
  })

  test('gt06 split: an ordinary login whose first 15 bytes end like a Topin one is not cut', () => {
    let seen = 0
    for (let imei = 0; imei < 4000 && seen < 3; imei++) {
      const login = encode.login({ imei: `8691700312${String(imei).padStart(5, '0')}` }, 0x000d)
      if (login[14] !== 0x0a) continue
      seen++
      expect(codec.split(login, 0, 15, 0)).toBe(NEED_MORE)
      expect(codec.split(login, 0, 18, 0)).toBe(18)
    }
    expect(seen).toBe(3)
  })

  test('gt06 split: 0d 0a inside a frame does not end it', () => {
    const frame = encode.serialData([0x0d, 0x0a, 1, 0x0d, 0x0a], 0x0d0a)
    expect(codec.split(frame, 0, frame.length, 0)).toBe(frame.length)
  })

  test('gt06 split: a frame shorter than its length is cut where the next one starts', () => {
    const lying = HEARTBEAT.slice()
    lying[2] = 0x40
    expect(splitAll(codec, joined(lying, HEARTBEAT), 0).frames.map(hexOf)).toEqual([hexOf(lying), hexOf(HEARTBEAT)])
  })

  test('gt06 split: a frame shorter than its length is taken after a second of silence, or at once when final', () => {
    const lying = HEARTBEAT.slice()
    lying[2] = 0x40
    for (const [silentMs, size] of [
      [0, NEED_MORE],
      [999, NEED_MORE],
      [1000, lying.length],
      [FINAL, lying.length],
    ])
      expect(codec.split(lying, 0, lying.length, silentMs)).toBe(size)
  })

  test('gt06 split: an incomplete frame is given up after 30 s', () => {
    const half = LOCATION.subarray(0, 20)
    expect(codec.split(half, 0, 20, 29_999)).toBe(NEED_MORE)
    expect(codec.split(half, 0, 20, 30_000)).toBe(-20)
    const followed = joined(half, bytesOfHex('787811'))
    expect(codec.split(followed, 0, 23, 30_000)).toBe(-20)
  })

  test('gt06 split: garbage before, between and behind frames is given back and no frame is lost', () => {
    for (const garbage of ['00', 'ff', '0d0a', '78', '7a7878', '2a484c2c', '78797879', '79', '3132337878', '0a0d20']) {
      const noise = bytesOfHex(garbage)
      const { frames, skipped } = splitAll(codec, joined(noise, LOGIN, noise, LOCATION, noise))
      expect([garbage, frames.map(hexOf)]).toEqual([garbage, [hexOf(LOGIN), hexOf(LOCATION)]])
      expect(skipped.reduce((sum, run) => sum + run.length, 0)).toBe(noise.length * 3)
    }
  })

  test('gt06 split: padding is told apart from garbage', () => {
    const { skipped } = splitAll(codec, joined(bytesOfHex('0d0a2000'), bytesOfHex('31'), HEARTBEAT))
    expect(skipped.map(hexOf)).toEqual(['0d0a2000', '31'])
  })

  // A tail and a mark in a payload, and heads behind the mark from none at all to one that looks like a message.
  const MARKED = [
    bytesOfHex('7979000e9b0341420d0a787843440001ee640d0a'),
    bytesOfHex('787822221a0a0e072d09cb010d0a10070d0a787814890194161f2a00b3c4010000000153fe0d0a'),
    ...[[], [0x05], [0x05, 0x13], [0x0a, 0x13, 0x47], [0x22, 0x22, 1, 2, 3, 4, 5], [0x05, 0x13, 0, 1, 2, 3, 0x0d, 0x0a]]
      .flatMap((head) => [
        [0x78, 0x78, ...head],
        [0x79, 0x79, 0x00, ...head],
      ])
      .map((head) => encode.serialData([0x41, 0x0d, 0x0a, ...head, 0x42, 0x43], 7)),
  ]

  test('gt06 split: a tail and a mark inside a payload end nothing, wherever the stream is cut', () => {
    for (const frame of MARKED) {
      for (let length = 1; length < frame.length; length++)
        expect([hexOf(frame), length, codec.split(frame, 0, length, 0)]).toEqual([hexOf(frame), length, NEED_MORE])
      const parts = [HEARTBEAT, frame, LOCATION, frame]
      const stream = joined(...parts)
      for (let first = 0; first <= stream.length; first++)
        for (const second of [first, Math.min(first + 7, stream.length), stream.length])
          expect(framesIn(stream, [first, second])).toEqual(parts.map(hexOf))
    }
  })

  test('gt06 split: any cuts of frames full of tails, marks and numbers give the same frames', () => {
    let seed = 99
    const random = (limit: number) => {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0
      return (seed >>> 8) % limit
    }
    const pieces = [
      [0x0d, 0x0a],
      [0x78, 0x78],
      [0x79, 0x79],
      [0x0d, 0x0a, 0x78, 0x78],
      [0x05],
      [0x13],
      [0x22],
      [0x00],
      [1],
    ]
    for (let run = 0; run < 1500; run++) {
      const parts = Array.from({ length: 4 }, () => {
        const content = Array.from({ length: random(14) }, () => pieces[random(pieces.length)]).flat()
        return random(2)
          ? encode.frame([0x22, 0x13, 0x12, 0xa0][random(4)], content, random(65_536))
          : encode.serialData(content, random(65_536))
      })
      const stream = joined(...parts)
      const cuts = Array.from({ length: 1 + random(5) }, () => random(stream.length)).toSorted((a, b) => a - b)
      expect(framesIn(stream, cuts)).toEqual(parts.map(hexOf))
    }
  })

  test('gt06 split: after 30 s an incomplete frame with a mark in it is given up as any other', () => {
    const half = MARKED[0].subarray(0, 14)
    expect(codec.split(half, 0, half.length, 29_999)).toBe(NEED_MORE)
    expect(codec.split(half, 0, half.length, 30_000)).toBe(-10)
  })

  test('gt06 split: a frame shorter than its length ends when the one behind it is whole, or at once if its CRC is right', () => {
    const lying = HEARTBEAT.slice()
    lying[2] = 0x40
    const stream = joined(lying, HEARTBEAT)
    for (let length = lying.length; length < stream.length; length++)
      expect([length, codec.split(stream, 0, length, 0)]).toEqual([length, NEED_MORE])
    expect(codec.split(stream, 0, stream.length, 0)).toBe(lying.length)
    const sound = [...lying.subarray(0, 11)]
    const crc = crc16(Uint8Array.from(sound), 2, 11)
    const honest = joined(Uint8Array.from([...sound, crc >> 8, crc & 0xff, 0x0d, 0x0a]), HEARTBEAT)
    expect(codec.split(honest, 0, 16, 0)).toBe(NEED_MORE)
    expect(codec.split(honest, 0, 17, 0)).toBe(15)
  })

  test('gt06 split: a length beyond the limit does not make the stream wait', () => {
    const huge = joined(bytesOfHex('7979ffff94'), new Uint8Array(1100), LOGIN)
    expect(framesIn(huge, [700])).toEqual([hexOf(LOGIN)])
  })

  /** Bytes of which every read is counted. */
  function counted(bytes: Uint8Array): { bytes: Uint8Array; reads: () => number } {
    let reads = 0
    const get = (target: Uint8Array, name: string | symbol) => (reads++, target[name as unknown as number])
    return { bytes: new Proxy(bytes, { get }), reads: () => reads }
  }

  test('gt06 split: bytes made to be searched again and again take time by their length, not by its square', () => {
    const hostile = {
      'lists that never end': (index: number) => (index % 19 < 4 ? [0x78, 0x78, 0x01, 0x17][index % 19] : 0),
      'marks and tails': (index: number) => [0x78, 0x78, 0x0d, 0x0a][index & 3],
    }
    for (const [name, fill] of Object.entries(hostile)) {
      const readsOf = (size: number) => {
        const { bytes, reads } = counted(Uint8Array.from({ length: size }, (_, index) => fill(index)))
        for (let at = 0; at < size;) {
          const step = codec.split(bytes, at, size, FINAL)
          expect(step).not.toBe(0)
          at += Math.abs(step)
        }
        return reads()
      }
      expect([name, readsOf(6144) < 2.5 * readsOf(3072)]).toEqual([name, true])
    }
  })

  test('gt06 split: many heads whose lengths lead to the same end are not all checked', () => {
    const end = 1022
    const nested = new Uint8Array(end + 6)
    for (let at = 0; at + 4 < end; at += 4) nested.set([0x79, 0x79, ...encode.u16(at ? end - at - 6 : 0x1ff0)], at)
    nested.set([0x0d, 0x0a, 0x78, 0x78, 0x22, 0x22], end - 2)
    const { bytes, reads } = counted(nested)
    codec.split(bytes, 0, nested.length, 0)
    expect(reads()).toBeLessThan(20 * nested.length)
  })

  test('gt06 split: two frames in one segment give two frames and two acks', () => {
    const decoded = takeAll(codec, joined(LOCATION, LOCATION_MILEAGE), session('869170031234567'), RECEIVED)
    expect(decoded.map(({ ack }) => hexOf(ack))).toEqual(['78780522000316910d0a', '787805220004622e0d0a'])
  })

  test('gt06 split: a wrong CRC never moves the end of a frame whose tail matches', () => {
    const wrong = LOCATION.slice()
    wrong[20] ^= 1
    expect(splitAll(codec, joined(wrong, LOGIN)).frames.map(hexOf)).toEqual([hexOf(wrong), hexOf(LOGIN)])
  })
})

describe('gt06 recognise', () => {
  const verdict = (hex: string) => recogniseAs(codec, bytesOfHex(hex), 0, hex.length / 2)
  test('gt06 recognise: two bytes are a candidate, five are enough', () => {
    expect([verdict(''), verdict('78'), verdict('7878'), verdict('79790008')]).toEqual([MAYBE, MAYBE, MAYBE, MAYBE])
    expect([verdict('7878110108'), verdict('7979000894')]).toEqual([YES, YES])
  })
  test('gt06 recognise: other protocols and Anytrek are not ours', () => {
    for (const hex of ['67671100', '24', '7879', '68680000', '7878110086', '2a4851'])
      expect([hex, verdict(hex)]).toEqual([hex, NO])
  })
  test('gt06 recognise: an unknown number needs a whole frame', () => {
    const frame = hexOf(encode.frame(0xcc, [1, 2, 3], 1))
    expect([verdict(frame.slice(0, 12)), verdict(frame), verdict(`${frame.slice(0, -2)}00`)]).toEqual([MAYBE, YES, NO])
  })
})

describe('gt06 identity', () => {
  test('gt06 identity: an IMEI with a letter is refused', () => {
    const bad = encode.frame(0x01, [0x08, 0x69, 0x17, 0x00, 0x31, 0x2a, 0x45, 0x67], 1)
    expect(take(codec, bad).reject).toBe('bad_identity')
  })
  test('gt06 identity: a login without an IMEI is refused', () => {
    expect(take(codec, encode.frame(0x01, [1, 2, 3], 1)).reject).toBe('bad_identity')
  })
  test('gt06 identity: zeros at the front of the IMEI are kept', () => {
    expect(take(codec, encode.login({ imei: '001234567890123' }, 1)).device).toBe('001234567890123')
  })
  test('gt06 identity: an IMEI repeated in another message binds nothing', () => {
    for (const id of ['location-22-nt', 'information-0a-iccid', 'modular-70', 'ibutton-61']) {
      const bytes = vectorBytes(fixtures.find((fixture) => fixture.id === `gt06-${id}`)!)
      expect(take(codec, bytes, session(), RECEIVED).device).toBe('')
    }
  })
})

describe('gt06 ack', () => {
  const ackOf = (own: Codec, bytes: Uint8Array, receivedMs = RECEIVED) =>
    hexOf(take(own, bytes, session(), receivedMs).ack)
  const options = (said: object) => gt06(gt06Options.parse(said))

  test('gt06 ack: published examples', () => {
    expect(ackOf(codec, encode.frame(0x26, [], 0x1c))).toBe('78780526001c9d860d0a')
    expect(ackOf(codec, encode.frame(0x16, [], 0x36))).toBe('78780516003695700d0a')
    expect(ackOf(codec, encode.frame(0x8a, [], 6), Date.parse('2015-12-29T00:00:21Z'))).toBe(
      '78780b8a0f0c1d0000150006f0860d0a',
    )
  })

  test('gt06 ack: every number, short and long', () => {
    const short: number[] = []
    const long: number[] = []
    for (let number = 2; number < 256; number++) {
      const plain = ackOf(codec, encode.frame(number, [], 0x1234))
      if (plain === hexOf(encode.frame(number, [], 0x1234))) short.push(number)
      const reply = ackOf(codec, encode.frame(number, [], 0x1234, true))
      if (reply !== '') long.push(number)
      const form = [0x32, 0x33, 0x41].includes(number)
      if (reply !== '') expect(reply).toBe(hexOf(encode.frame(number, [], 0x1234, form)))
    }
    const silent = new Set([0x15, 0x17, 0x1a, 0x21, 0x2a, 0x35, 0x41, 0x80, 0x81, 0x82, 0x8a, 0x94, 0xa7, 0xf3])
    expect(short).toEqual(Array.from({ length: 254 }, (_, at) => at + 2).filter((number) => !silent.has(number)))
    expect(long).toEqual([0x32, 0x33, 0x36, 0x37, 0x39, 0x40, 0x41, 0x70, 0xf1, 0xf2])
  })

  test('gt06 ack: locations and cells only if wanted, alarms and heartbeats always', () => {
    const quiet = options({ ack_locations: false })
    const of = (id: string) => ackOf(quiet, vectorBytes(fixtures.find((fixture) => fixture.id === `gt06-${id}`)!))
    for (const id of ['location-22', 'location-12-acc', 'location-a0', 'cells-28', 'cells-2c-wifi', 'az735-32'])
      expect([id, of(id)]).toEqual([id, ''])
    for (const id of [
      'login-zone',
      'heartbeat',
      'alarm-26-sos',
      'alarm-a5-tamper',
      'heartbeat-36',
      'modular-70',
      'az735-33',
    ])
      expect([id, of(id) === '']).toEqual([id, false])
  })

  test('gt06 ack: an address request is answered if wanted', () => {
    const request = bytesOfHex(
      '78782e2a1a030e091400c901fcadc607ec893b0014003938373635343332313000000000000000000000000002001766ce0d0a',
    )
    expect(ackOf(options({ address_reply: true }), request)).toBe(
      '7979002f970028000000004144445245535326264e4126263938373635343332313000000000000000000000002323001711ea0d0a',
    )
  })

  test('gt06 ack: a card is confirmed if wanted, other serial data never', () => {
    const own = options({ rfid_confirm: true })
    expect(ackOf(own, encode.serialData([2, 0x35, 0x39, 3], 0x1e))).toBe('797900079b0201001e730d0d0a')
    expect(ackOf(own, encode.serialData([0x35, 0x39], 0x1e))).toBe('')
  })

  test('gt06 ack: a Topin unit that asks for the time gets it', () => {
    expect(ackOf(codec, bytesOfHex('787801300d0a'), at('09:10:11'))).toBe('7878073007ea030e090a0b0d0a')
  })

  test('gt06 ack: the time is right on leap days and at year ends', () => {
    for (const time of [
      '2024-02-29T23:59:59Z',
      '2024-03-01T00:00:00Z',
      '2025-12-31T23:59:59Z',
      '2100-02-28T12:00:00Z',
    ]) {
      const ack = take(codec, encode.timeRequest(1), session(), Date.parse(time)).ack
      expect([...ack.subarray(4, 10)]).toEqual(encode.date(Date.parse(time)))
    }
  })

  test("gt06 ack: the serial is the frame's, whatever it is", () => {
    for (const serial of [0, 1, 0x7878, 0x0d0a, 0xffff]) {
      const ack = take(codec, encode.heartbeat({}, serial)).ack
      expect(encode.ackSize(ack, 0, ack.length)).toBe(10)
      expect([encode.ackNumber(ack, 0), encode.ackSerial(ack, 0, 10)]).toEqual([0x13, serial])
    }
  })
})

describe('gt06 strict_crc', () => {
  const strict = gt06(gt06Options.parse({ strict_crc: true }))
  const damaged = (frame: Uint8Array) => {
    const bytes = frame.slice()
    bytes[bytes.length - 3] ^= 1
    return bytes
  }
  test('gt06 strict_crc: on, a wrong CRC is refused without an ack or an identity', () => {
    for (const frame of [LOGIN, HEARTBEAT, LOCATION]) {
      const decoded = take(strict, damaged(frame), session(), RECEIVED)
      expect([decoded.reject, hexOf(decoded.ack), decoded.rows, decoded.device]).toEqual(['bad_checksum', '', [], ''])
    }
  })
  test('gt06 strict_crc: off, the frame is kept and says so', () => {
    const decoded = take(codec, damaged(LOCATION), session(), RECEIVED)
    expect(hexOf(decoded.ack)).toBe('78780522000316910d0a')
    expect(decoded.rows[0].attributes.crc_mismatch).toBe(true)
    expect(take(codec, LOCATION, session(), RECEIVED).rows[0].attributes.crc_mismatch).toBeUndefined()
  })
  test('gt06 strict_crc: a Topin frame has none to be wrong', () => {
    expect(hexOf(take(strict, TOPIN_LOGIN).ack)).toBe('787801010d0a')
  })
})

describe('gt06 position', () => {
  test('gt06 position: four quadrants', () => {
    for (const latitude of [18.52043, -23.55052])
      for (const longitude of [73.856744, -46.633308]) {
        const frame = encode.location22({ timeMs: at('09:00:00'), latitude, longitude }, CELL, {}, 1)
        const [row] = take(codec, frame, session(), RECEIVED).rows
        expect(row.latitude as number).toBeCloseTo(latitude, 6)
        expect(row.longitude as number).toBeCloseTo(longitude, 6)
      }
  })

  test('gt06 position: beyond the poles or the date line there is no fix, and the rest stays', () => {
    for (const [offset, raw] of [
      [11, 162_000_001],
      [15, 324_000_001],
    ]) {
      const bytes = [...LOCATION]
      for (let byte = 0; byte < 4; byte++) bytes[offset + byte] = (raw >>> (24 - 8 * byte)) & 0xff
      const [row] = take(codec, Uint8Array.from(bytes), session(), RECEIVED).rows
      expect([row.table, row.ignition, row.mcc]).toEqual(['telemetry', true, 404])
    }
  })

  test('gt06 position: course 360 is 0, and above it is no course', () => {
    for (const [courseDeg, course] of [
      [359, 359],
      [360, 0],
      [361, null],
    ]) {
      const frame = encode.location22({ timeMs: at('09:00:00'), ...PUNE, courseDeg: courseDeg! }, CELL, {}, 1)
      expect(take(codec, frame, session(), RECEIVED).rows[0].course_deg).toBe(course)
    }
  })

  test('gt06 position: dates that are none leave the coordinates in the attributes', () => {
    for (const date of [
      [0, 0, 0, 0, 0, 0],
      [26, 0, 14, 7, 45, 9],
      [26, 13, 14, 7, 45, 9],
      [26, 2, 29, 7, 45, 9],
      [26, 3, 0, 7, 45, 9],
      [26, 3, 14, 24, 45, 9],
      [26, 3, 14, 7, 60, 9],
      [26, 3, 14, 7, 45, 60],
      [80, 1, 6, 0, 0, 0],
      [4, 1, 1, 0, 0, 0],
      [10, 1, 1, 0, 3, 12],
    ]) {
      const content = [...date, ...encode.gps({ timeMs: 0, ...PUNE }), ...encode.l8(CELL), 1, 0, 0]
      const [row] = take(codec, encode.frame(0x22, content, 1), session(), RECEIVED).rows
      expect([row.table, row.sent_at, row.ignition]).toEqual(['telemetry', null, true])
      expect(row.attributes).toMatchObject({ latitude: 18.52043, longitude: 73.8567439, valid: false })
      expect(row.attributes.device_time_hex).toBe(hexOf(Uint8Array.from(date)))
    }
  })

  test('gt06 position: a date more than a day ahead is no fix, a day ahead is one', () => {
    const rowAt = (ms: number) =>
      take(codec, encode.location22({ timeMs: ms, ...PUNE }, CELL, {}, 1), session(), RECEIVED).rows[0]
    expect(rowAt(RECEIVED + 86_400_000).table).toBe('fixes')
    expect(rowAt(RECEIVED + 86_401_000).table).toBe('telemetry')
  })

  test('gt06 position: stored is what the frame says, or without a word what is older than five minutes', () => {
    const fix = { timeMs: RECEIVED - 301_000, ...PUNE }
    const buffered = (frame: Uint8Array) => take(codec, frame, session(), RECEIVED).rows[0].buffered
    expect(buffered(encode.location22(fix, CELL, { reupload: true }, 1))).toBe(true)
    expect(buffered(encode.location22(fix, CELL, { reupload: false }, 1))).toBe(false)
    expect(buffered(encode.location12(fix, CELL, 1))).toBe(true)
    expect(buffered(encode.location12({ ...fix, timeMs: RECEIVED - 300_000 }, CELL, 1))).toBe(false)
  })

  test('gt06 position: 1024 weeks are given back if wanted, to live fixes only', () => {
    const own = gt06(gt06Options.parse({ week_rollover: true }))
    const fix = { timeMs: RECEIVED - 7168 * 86_400_000, ...PUNE }
    const time = (from: Codec, reupload: boolean) =>
      take(from, encode.location22(fix, CELL, { reupload }, 1), session(), RECEIVED).rows[0].fix_time
    expect(time(own, false)).toBe(new Date(RECEIVED).toISOString())
    expect(time(own, true)).toBe(new Date(fix.timeMs).toISOString())
    expect(time(codec, false)).toBe(new Date(fix.timeMs).toISOString())
  })

  test('gt06 position: a heartbeat is telemetry without a time', () => {
    const [row] = take(codec, HEARTBEAT, session(), RECEIVED).rows
    expect([row.table, row.sent_at, row.message]).toEqual(['telemetry', null, 'gt06.13'])
  })

  test('gt06 position: a tail that is cut off leaves what there is', () => {
    const whole = [...encode.g18({ timeMs: at('09:00:00'), ...PUNE }), ...encode.l8(CELL), 1, 0, 0, 0, 0, 0, 9]
    for (let n = 0; n <= whole.length; n++)
      for (const number of [0x10, 0x11, 0x12, 0x16, 0x22, 0x26, 0x27, 0xa0, 0xa3, 0xa4, 0x31, 0x32, 0x37, 0x2a]) {
        if (number === 0xa3 && n === 19) continue // SEEWORLD's status
        const decoded = take(codec, encode.frame(number, whole.slice(0, n), 1), session(), RECEIVED)
        expect([number, n, decoded.reject, decoded.rows.length]).toEqual([number, n, null, 1])
        expect([number, n, decoded.rows[0].table]).toEqual([
          number,
          n,
          n >= (number === 0x37 ? 29 : 18) ? 'fixes' : 'telemetry',
        ])
      }
  })
})

describe('gt06 time zone', () => {
  const login = (minutes: number) => encode.login({ imei: '869170031234567', typeCode: 1, timezoneMinutes: minutes }, 1)
  const afterLogin = (minutes: number, own = codec) => {
    const into = session()
    take(own, login(minutes), into, RECEIVED)
    return into
  }

  test("gt06 time zone: local-time messages lose the login's offset", () => {
    const frame = bytesOfHex('78781f121a030e0d0f09c801fcadc607ec893b00d4000194161f2a00b3c40007ac290d0a')
    const into = session()
    take(codec, LOGIN, into, RECEIVED)
    expect(take(codec, frame, into, RECEIVED).rows[0].fix_time).toBe('2026-03-14T07:45:09.000Z')
    expect(take(codec, frame, session(), RECEIVED).rows[0].fix_time).toBe('2026-03-14T13:15:09.000Z')
  })

  test('gt06 time zone: 10, 11, 12, 16, 18 and 1A are local, the others UTC', () => {
    const fix = { timeMs: at('09:00:00'), ...PUNE }
    const content = [...encode.g18(fix), ...encode.l8(CELL), ...Array<number>(40).fill(0)]
    const local: number[] = []
    for (const number of [
      0x10, 0x11, 0x12, 0x16, 0x18, 0x1a, 0x22, 0x26, 0x27, 0x28, 0x2a, 0x2c, 0x2d, 0x37, 0xa0, 0xa1, 0xa3, 0xa4,
    ]) {
      const [row] = take(codec, encode.frame(number, content, 2), afterLogin(-300), RECEIVED).rows
      const time = (row.fix_time ?? row.sent_at) as string
      if (time === '2026-03-14T14:00:00.000Z') local.push(number)
      else expect([number, time]).toEqual([number, '2026-03-14T09:00:00.000Z'])
    }
    expect(local).toEqual([0x10, 0x11, 0x12, 0x16, 0x18, 0x1a])
  })

  const PUNE_DEVICE = { id: '869170031234567', timezoneMinutes: 330 }
  const devices = new DeviceSettings([PUNE_DEVICE, { id: '869170031234568', timezoneMinutes: -180 }])

  test('gt06 time zone: the device file is believed before the option and the login, of its own device only', () => {
    const frame = encode.location12({ timeMs: at('09:00:00'), ...PUNE }, CELL, 2)
    const time = (own: Codec, imei: string, told?: number) => {
      const into = session()
      take(own, encode.login({ imei, ...(told === undefined ? {} : { timezoneMinutes: told }) }, 1), into, RECEIVED)
      return take(own, frame, into, RECEIVED).rows[0].fix_time
    }
    for (const option of ['login', 60] as const) {
      const own = gt06(gt06Options.parse({ timezone_minutes: option }), devices)
      for (const told of [undefined, 0, 480]) {
        expect(time(own, '869170031234567', told)).toBe('2026-03-14T03:30:00.000Z')
        expect(time(own, '869170031234568', told)).toBe('2026-03-14T12:00:00.000Z')
      }
      expect(time(own, '869170031234569', 120)).toBe(`2026-03-14T0${option === 'login' ? 7 : 8}:00:00.000Z`)
    }
  })

  test('gt06 time zone: a frame that is decoded again gets the zone the device file gives then', () => {
    const frame = encode.location12({ timeMs: at('09:00:00'), ...PUNE }, CELL, 2)
    const into = afterLogin(480)
    const corrected = gt06(gt06Options.parse({}), devices)
    expect(take(codec, frame, into, RECEIVED).rows[0].fix_time).toBe('2026-03-14T01:00:00.000Z')
    expect(take(corrected, frame, into, RECEIVED).rows[0].fix_time).toBe('2026-03-14T03:30:00.000Z')
  })

  test("gt06 time zone: UTC messages that are ahead by the device file's zone lose it, stored ones behind them too", () => {
    const own = gt06(gt06Options.parse({}), devices)
    const into = session()
    const frame = (ms: number, reupload: boolean) =>
      encode.location22({ timeMs: ms + 330 * 60_000, ...PUNE }, CELL, { reupload }, 1)
    const time = (ms: number, reupload: boolean) => take(own, frame(ms, reupload), into, RECEIVED).rows[0].fix_time
    take(own, encode.login({ imei: '869170031234567' }, 1), into, RECEIVED)
    expect(time(RECEIVED, false)).toBe(new Date(RECEIVED).toISOString())
    expect(time(RECEIVED - 7_200_000, true)).toBe(new Date(RECEIVED - 7_200_000).toISOString())
    // The same unit logs in again: what was learnt holds.
    take(own, encode.login({ imei: '869170031234567' }, 1), into, RECEIVED)
    expect(time(RECEIVED - 3_600_000, true)).toBe(new Date(RECEIVED - 3_600_000).toISOString())
  })

  test('gt06 time zone: west of Greenwich the offset is added', () => {
    const frame = encode.location12({ timeMs: at('01:00:00'), ...PUNE }, CELL, 2)
    expect(take(codec, frame, afterLogin(-300), RECEIVED).rows[0].fix_time).toBe('2026-03-14T06:00:00.000Z')
  })

  test('gt06 time zone: a live UTC message that is ahead by the offset is shifted, and so are those after it', () => {
    const into = afterLogin(480)
    const ahead = encode.location22({ timeMs: RECEIVED + 480 * 60_000, ...PUNE }, CELL, {}, 2)
    expect(take(codec, ahead, into, RECEIVED).rows[0].fix_time).toBe(new Date(RECEIVED).toISOString())
    const stored = encode.location22({ timeMs: RECEIVED, ...PUNE }, CELL, { reupload: true }, 3)
    expect(take(codec, stored, into, RECEIVED).rows[0].fix_time).toBe(new Date(RECEIVED - 480 * 60_000).toISOString())
  })

  test('gt06 time zone: the factory zone does not touch UTC messages that are on time', () => {
    const into = afterLogin(480)
    const frame = encode.location22({ timeMs: RECEIVED, ...PUNE }, CELL, {}, 2)
    for (let time = 0; time < 2; time++)
      expect(take(codec, frame, into, RECEIVED).rows[0].fix_time).toBe(new Date(RECEIVED).toISOString())
  })

  test('gt06 time zone: a stored record that is ahead is not taken as a sign', () => {
    const into = afterLogin(480)
    const stored = encode.location22({ timeMs: RECEIVED + 480 * 60_000, ...PUNE }, CELL, { reupload: true }, 2)
    take(codec, stored, into, RECEIVED)
    const frame = encode.location22({ timeMs: RECEIVED, ...PUNE }, CELL, {}, 3)
    expect(take(codec, frame, into, RECEIVED).rows[0].fix_time).toBe(new Date(RECEIVED).toISOString())
  })

  test('gt06 time zone: an option overrides the login', () => {
    const own = gt06(gt06Options.parse({ timezone_minutes: 60 }))
    const frame = encode.location12({ timeMs: at('09:00:00'), ...PUNE }, CELL, 2)
    expect(take(own, frame, afterLogin(480, own), RECEIVED).rows[0].fix_time).toBe('2026-03-14T08:00:00.000Z')
  })

  test('gt06 time zone: a login without a zone ends the old one', () => {
    const into = afterLogin(480)
    take(codec, encode.login({ imei: '869170031234567' }, 2), into, RECEIVED)
    const frame = encode.location12({ timeMs: at('09:00:00'), ...PUNE }, CELL, 3)
    expect(take(codec, frame, into, RECEIVED).rows[0].fix_time).toBe('2026-03-14T09:00:00.000Z')
  })
})

describe('gt06 alarms of a session', () => {
  const fix = { timeMs: at('09:00:00'), ...PUNE }
  /** Alarms of each frame in turn, in one session. */
  const alarms = (...frames: Uint8Array[]) => {
    const into = session('869170031234567')
    return frames.map((frame) => take(codec, frame, into, RECEIVED).rows[0].alarms)
  }

  test('gt06 alarms: a state in heartbeats is raised once while it lasts', () => {
    const sos = encode.heartbeat({ tiAlarm: 4 }, 1)
    const calm = encode.heartbeat({}, 2)
    expect(alarms(calm, sos, sos, calm, sos)).toEqual([[], ['sos'], [], [], ['sos']])
  })

  test('gt06 alarms: an SOS frame and the heartbeats behind it are one alarm', () => {
    const sos = encode.heartbeat({ tiAlarm: 4 }, 2)
    expect(alarms(encode.alarm(0x26, fix, CELL, { alarm: 1, tiAlarm: 4 }, 1), sos, sos)).toEqual([['sos'], [], []])
    expect(alarms(encode.alarm(0x26, fix, CELL, { alarm: 1 }, 1), sos, sos)).toEqual([['sos'], [], []])
    expect(alarms(encode.cellAlarm(0xa5, CELL, { alarm: 1 }, 1), sos, sos)).toEqual([['sos'], [], []])
  })

  test('gt06 alarms: the code wins over the bits, and the bits count when there is none', () => {
    expect(alarms(encode.alarm(0x26, fix, CELL, { alarm: 5, tiAlarm: 4 }, 1))).toEqual([['geofence_exit']])
    expect(alarms(encode.alarm(0x26, fix, CELL, { alarm: 0, tiAlarm: 3 }, 1))).toEqual([['low_battery']])
    expect(alarms(encode.alarm(0x26, fix, CELL, { alarm: 0, tiAlarm: 6 }, 1))).toEqual([[]])
  })

  test('gt06 alarms: the relay is told when it changes, not when it is first seen', () => {
    const cut = encode.heartbeat({ fuelCut: true }, 1)
    const closed = encode.heartbeat({}, 2)
    expect(alarms(cut, cut, closed, closed, cut)).toEqual([[], [], ['engine_restored'], [], ['engine_cut']])
  })

  test('gt06 alarms: lost external power is told if the unit does not say so itself', () => {
    const powered = encode.heartbeat({ charging: true }, 1)
    const off = encode.heartbeat({}, 2)
    expect(alarms(powered, off, off, powered, off)).toEqual([[], ['power_cut'], [], [], ['power_cut']])
    expect(alarms(powered, encode.alarm(0x26, fix, CELL, { alarm: 2 }, 2), off)).toEqual([[], ['power_cut'], []])
    expect(alarms(powered, encode.alarm(0x26, fix, CELL, { alarm: 2, charging: true }, 2), off)).toEqual([
      [],
      ['power_cut'],
      [],
    ])
  })

  test('gt06 alarms: the old code in a heartbeat is a state too, newer values of that byte are none', () => {
    const vibration = encode.heartbeat({ alarm: 3 }, 1)
    expect(alarms(vibration, vibration)).toEqual([['vibration'], []])
    expect(alarms(encode.heartbeat({ alarm: 0x13 }, 1))).toEqual([[]])
  })

  test('gt06 alarms: another device on the connection starts afresh, the same one does not', () => {
    const into = session()
    const cut = encode.heartbeat({ fuelCut: true }, 2)
    const loginOf = (imei: string) => encode.login({ imei }, 1)
    take(codec, loginOf('869170031234567'), into, RECEIVED)
    take(codec, encode.heartbeat({}, 1), into, RECEIVED)
    take(codec, loginOf('869170031234567'), into, RECEIVED)
    expect(take(codec, cut, into, RECEIVED).rows[0].alarms).toEqual(['engine_cut'])
    take(codec, encode.heartbeat({}, 1), into, RECEIVED)
    take(codec, loginOf('869170031234568'), into, RECEIVED)
    expect(take(codec, cut, into, RECEIVED).rows[0].alarms).toEqual([])
  })

  test("gt06 alarms: a clone's status is remembered where it was read, whatever the width of the network code", () => {
    // TI says the relay is open; the byte before and behind it would say that it is not.
    const relay = /^gt06-(location-(22-nt|25-nt|a2-lw4g)|alarm-16-vxt|alarm-a4-wide|alarm-16-nonsense-ll)/
    const marks: string[] = []
    for (const fixture of fixtures.filter(({ id }) => relay.test(id) && /wide|nonsense/.test(id))) {
      const into = session()
      take(codec, encode.heartbeat({ charging: true }, 1), into, RECEIVED)
      const first = take(codec, vectorBytes(fixture), into, Date.parse(fixture.received_at!))
      const { ignition, charging, alarms } = first.rows[0]
      expect([fixture.id, ignition, charging]).toEqual([fixture.id, true, true])
      // The same alarm as a state behind it is no news, and nothing else has changed.
      const code = { sos: 1, vibration: 3 }[(alarms as string[])[0]]!
      const after = take(codec, encode.heartbeat({ charging: true, alarm: code }, 2), into, RECEIVED).rows[0].alarms
      expect([fixture.id, after]).toEqual([fixture.id, []])
      marks.push(fixture.id)
    }
    expect(marks.length).toBe(7)
  })

  test('gt06 alarms: a model changes the meaning of single codes', () => {
    const frame = encode.alarm(0x26, fix, CELL, { alarm: 0x19 }, 1)
    const of = (model: string) => take(codecOf(model), frame, session(), RECEIVED).rows[0].alarms
    expect([of('concox'), of('lw4g')]).toEqual([['low_battery'], ['harsh_acceleration']])
  })
})

test('gt06 information: a status is kept as text too if some of it is no pair, or more than 64', () => {
  const attributes = (text: string) => take(codec, encode.statusSync(text, 1), session(), RECEIVED).rows[0].attributes
  const many = Array.from({ length: 70 }, (_, index) => `K${index}=${index}`).join(';')
  expect(Object.keys(attributes(many).status_sync as object)).toHaveLength(64)
  expect(attributes(many).text).toBe(many)
  expect(attributes('ALM1=C4;SOS=;;DYD=02').text).toBeUndefined()
  for (const odd of ['ALM1=C4;READY', 'ALM1=C4;ALM1=C5', 'A B=1']) expect(attributes(odd).text).toBe(odd)
})

describe('gt06 hash', () => {
  const hashOf = (frame: Uint8Array) => {
    const hash = new Uint32Array(2)
    const bytes = new Uint8Array(frame.length + 20).fill(0xa5)
    bytes.set(frame, 7)
    codec.hash(bytes, 7, 7 + frame.length, hash)
    return [...hash]
  }
  test('gt06 hash: a repetition with another serial hashes alike, other content does not', () => {
    const fix = { timeMs: at('09:00:00'), ...PUNE }
    const first = encode.location22(fix, CELL, {}, 1)
    expect(hashOf(first)).toEqual(hashOf(encode.location22(fix, CELL, {}, 2)))
    expect(hashOf(first)).not.toEqual(hashOf(encode.location22({ ...fix, speedKph: 1 }, CELL, {}, 1)))
    expect(hashOf(first)).not.toEqual(hashOf(encode.location22(fix, CELL, {}, 1, 0x2d)))
  })
})

describe('gt06 record id', () => {
  const idOf = (frame: Uint8Array, receivedMs = RECEIVED) => {
    const records = new Records()
    const state = new Int32Array(STATE_WORDS)
    const context = { receivedMs, transport: 0, state, device: frame, deviceStart: 0, deviceEnd: 0 }
    expect(codec.decode(frame, 0, frame.length, context, records)).toBe(1)
    return `${records.idHigh[0]} ${records.idLow[0]}`
  }
  const NONE = '0 0'
  const fix = { timeMs: at('09:00:00'), ...PUNE }
  const module = encode.tlv(0x0027, [4, 0xfa])
  const located = (tail: encode.Tail, serial: number, own = fix): Uint8Array[] => [
    encode.location22(own, CELL, tail, serial),
    encode.location22(own, CELL, { ...tail, mileage: 7 }, serial),
    encode.location22(own, CELL, tail, serial, 0x2d),
    encode.locationA0(own, CELL, tail, serial),
    encode.locationA0(own, { ...CELL, mnc: 720 }, { ...tail, mileage: 7 }, serial),
    encode.location37(own, CELL, tail, module, serial),
    encode.location38(own, CELL, 0, tail, module, serial),
    encode.location38(own, { ...CELL, rssi: 7 }, 3, tail, module, serial),
  ]

  test('gt06 record id: a location that comes again from the memory is the same record, whatever its serial', () => {
    const live = located({ acc: true }, 1).map((frame) => idOf(frame))
    const stored = located({ acc: true, mode: 5, reupload: true }, 999).map((frame) =>
      idOf(frame, RECEIVED + 3_600_000),
    )
    expect(stored).toEqual(live)
    expect(new Set(live).size).toBe(live.length)
    expect(live).not.toContain(NONE)
  })

  test('gt06 record id: anything else that differs is another record of the same second', () => {
    const first = located({ acc: true }, 1).map((frame) => idOf(frame))
    for (const other of [
      located({ acc: false }, 1).slice(0, 6), // 38 has no ACC
      located({ acc: true }, 1, { ...fix, latitude: fix.latitude + 1e-6 }),
      located({ acc: true }, 1, { ...fix, timeMs: fix.timeMs + 1000 }),
    ])
      for (const [index, frame] of other.entries())
        expect([index, first[index] === idOf(frame)]).toEqual([index, false])
  })

  test('gt06 record id: the stored form of a Topin position is the live one', () => {
    const content = encode.g18(fix)
    expect(idOf(encode.topinFrame(18, 0x11, content))).toBe(idOf(encode.topinFrame(18, 0x10, content)))
    expect(idOf(encode.topinFrame(18, 0x10, content))).not.toBe(NONE)
  })

  test('gt06 record id: messages without such flags are named by their frame', () => {
    for (const frame of [
      encode.location12(fix, CELL, 1),
      encode.heartbeat({}, 1),
      encode.alarm(0x26, fix, CELL, {}, 1),
    ])
      expect(idOf(frame)).toBe(NONE)
  })
})

/** One for all, since making the columns costs more than filling them. */
const exercised = new Records(8)

/** Every function of the codec on bytes[start, end) inside a larger array. */
function exercise(own: Codec, bytes: Uint8Array, start: number, end: number): number {
  const id = new Uint8Array(24)
  const reply = new Uint8Array(1024)
  const records = exercised
  records.reset()
  const state = new Int32Array(STATE_WORDS)
  recogniseAs(own, bytes, start, end)
  own.identify(bytes, start, end, id, new Int32Array(2))
  const ack = own.ack(bytes, start, end, RECEIVED, reply, 0, new Int32Array(2))
  expect(ack >= 0 && ack < 64).toBe(true)
  own.hash(bytes, start, end, new Uint32Array(2))
  const context = { receivedMs: RECEIVED, state, device: id, deviceStart: 0, deviceEnd: 15, transport: 0 }
  const count = own.decode(bytes, start, end, context, records)
  own.advance(bytes, start, end, RECEIVED, state)
  for (let row = 0; row < records.rows; row++) expectJson(new TextDecoder().decode(records.attributes.value(row)))
  expect(records.rows).toBe(Math.max(count, 0))
  return count
}

describe('gt06 robustness', () => {
  // A small generator, so that a failure can be repeated.
  let seed = 12_345
  const random = (limit: number) => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0
    return (seed >>> 8) % limit
  }

  test('gt06 robustness: random bytes never throw, and splitting them ends', () => {
    for (let run = 0; run < 3000; run++) {
      const length = 1 + random(run % 10 === 0 ? 3000 : 120)
      const bytes = Uint8Array.from({ length }, () =>
        random(4) === 0 ? [0x78, 0x79, 0x0d, 0x0a, 0x17, 0x01][random(6)] : random(256),
      )
      for (const silentMs of [0, 1000, 30_000, FINAL]) {
        const { frames, skipped } = splitAll(codec, bytes, silentMs)
        const total = [...frames, ...skipped].reduce((sum, part) => sum + part.length, 0)
        if (silentMs === FINAL) expect(total).toBe(length)
        if (silentMs === FINAL) for (const frame of frames) exercise(codec, frame, 0, frame.length)
      }
      exercise(codec, bytes, 0, length)
    }
  })

  test('gt06 robustness: random contents of every number decode to one record or a refusal', () => {
    for (let number = 0; number < 256; number++)
      for (let run = 0; run < 60; run++) {
        const zeros = run % 3 === 0
        const content = Array.from({ length: random(run % 7 === 0 ? 240 : 70) }, () =>
          zeros && random(2) ? 0 : random(256),
        )
        for (const long of [false, true]) {
          const count = exercise(codec, encode.frame(number, content, 1, long), 0, content.length + (long ? 11 : 10))
          expect([number, count]).toEqual([number, number === 1 && !long ? 0 : 1])
        }
      }
  })

  test('gt06 robustness: flipped bits never throw', () => {
    for (const [index, fixture] of fixtures.entries()) {
      const bytes = vectorBytes(fixture)
      for (let bit = index % 3; bit < bytes.length * 8; bit += 3) {
        const flipped = bytes.slice()
        flipped[bit >> 3] ^= 1 << (bit & 7)
        for (const frame of splitAll(codec, flipped).frames) exercise(codec, frame, 0, frame.length)
      }
    }
  })

  test('gt06 robustness: nothing outside the frame is read', () => {
    for (const fixture of fixtures) {
      const frame = vectorBytes(fixture)
      const own = codecOf(fixture.model)
      const among = (fill: number) => {
        const bytes = new Uint8Array(frame.length + 600).fill(fill)
        bytes.set(frame, 300)
        const records = new Records(8)
        const reply = new Uint8Array(1024)
        const hash = new Uint32Array(2)
        const state = new Int32Array(2)
        const context = { receivedMs: RECEIVED, state, device: bytes, deviceStart: 0, deviceEnd: 0, transport: 0 }
        const end = 300 + frame.length
        const size = own.split(bytes, 300, end, FINAL)
        const count = own.decode(bytes, 300, end, context, records)
        const acked = own.ack(bytes, 300, end, RECEIVED, reply, 0, new Int32Array(2))
        own.hash(bytes, 300, end, hash)
        own.advance(bytes, 300, end, RECEIVED, state)
        const attributes = count > 0 ? hexOf(records.attributes.value(0)) : ''
        return [size, count, hexOf(reply.subarray(0, acked)), [...hash], [...state], attributes]
      }
      expect(among(0x00)).toEqual(among(0xff))
      expect(among(0x0d)).toEqual(among(0x78))
    }
  })
})

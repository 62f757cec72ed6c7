/** flextrack: recognition, framing, identity, replies, memory and decoding. */
import { describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { BAD_IDENTITY, DEVICE_ID_MAX, FINAL, MAYBE, NEED_MORE, NO, YES } from '../../src/codecs/codec.ts'
import { flextrack, flextrackOptions } from '../../src/codecs/flextrack/index.ts'
import { FRAME_BYTES_MAX, TAIL_BYTES_MAX } from '../../src/codecs/flextrack/messages.ts'
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
import { differences, readVectors, vectorBytes } from './vectors.ts'

const codec = flextrack(flextrackOptions.parse({}))
const RECEIVED = Date.parse('2026-03-14T10:00:05Z')
const fixtures = readVectors(join(import.meta.dir, '../../fixtures/flextrack.jsonl'))
const L = '-1,LOGON,7000004711,8945020110126630001\r'
const FIELDS = '20260314,100000,7000004711,N55.40.5610,E012.34.0980,64,271,9,4102,-73,0008,23801,12,9,1A2B,3,00C8,45210'
const U = `-2,UNITSTAT,${FIELDS}\r`
/** U with one field changed; fields count from 0. */
const withField = (field: number, value: string) => {
  const fields = U.slice(0, -1).split(',')
  fields[field] = value
  return `${fields.join(',')}\r`
}
const takeText = (text: string, into?: Session, receivedMs = RECEIVED) =>
  takeAll(codec, bytesOfText(text), into, receivedMs)
const lastRow = (text: string, into?: Session, receivedMs = RECEIVED) =>
  takeText(text, into, receivedMs).at(-1)!.rows[0]
const split = (text: string, silentMs: number) => {
  const bytes = bytesOfText(`\xa5\xa5${text}\r\r`)
  return codec.split(bytes, 2, 2 + text.length, silentMs)
}

const stream = (parts: readonly Uint8Array[]) => feedText(codec, parts)

describe('flextrack fixtures', () => {
  for (const fixture of fixtures) {
    test(fixture.id, () => {
      const taken = takeAll(codec, vectorBytes(fixture), session(), Date.parse(fixture.received_at!))
      expect(taken.map((frame) => frame.reject)).toEqual(taken.map(() => null))
      const kind = fixture.kind === 'login' ? 'attributes' : fixture.kind
      expect(
        differences(
          taken.flatMap((frame) => frame.rows),
          kind,
          fixture.expect,
        ),
      ).toEqual([])
      expect(taken.map((frame) => textOf(frame.ack)).join('')).toBe(fixture.expect.ack as string)
      expect(taken.at(-1)!.device).toBe(fixture.expect.device_id as string)
    })
  }
})

describe('flextrack recognise', () => {
  const verdict = (text: string) => {
    const bytes = bytesOfText(`\xa5${text},LOGON,`)
    return recogniseAs(codec, bytes, 1, 1 + text.length)
  }
  test('says yes to LOGON and UNITSTAT behind any index, as soon as their comma is there', () => {
    for (const text of ['-1,LOGON,', '1,LOGON,', '-2,UNITSTAT,', '-1234567890,LOGON,x', '0000000007,UNITSTAT,', L, U])
      expect([text, verdict(text)]).toEqual([text, YES])
  })
  test('waits for the byte that decides', () => {
    for (const text of ['', '-', '7', '-1', '-1234567890', '-1,', '-1,L', '-1,LOGON', '-2,U', '-2,UNITSTAT'])
      expect([text, verdict(text)]).toEqual([text, MAYBE])
  })
  test('says no to protocols that look alike, at the byte that breaks the pattern', () => {
    for (const text of [
      '12345678901', // more digits than an index has: a bare IMEI
      '864893031234567;',
      '7;',
      '--',
      '-,',
      '-x',
      ',',
      'L',
      '-1;',
      '-1,X',
      '-1,LOGONS',
      '-1,LOGOFF',
      '-1,logon,',
      '-1,LOGON\r',
      '-1,LOGON;',
      '-6,PING',
      '-1,UNITSTATX',
      '-1,,',
      '0809172230,13812345678,GPRMC,',
      '\n-1,LOGON,',
      '+1,LOGON,',
    ])
      expect([text, verdict(text)]).toEqual([text, NO])
  })
})

describe('flextrack split', () => {
  test('every proper prefix asks for more', () => {
    for (const fixture of fixtures)
      for (const frame of splitAll(codec, vectorBytes(fixture)).frames) {
        const text = textOf(frame).replace(/\r?$/, '\r')
        for (let length = 1; length < text.length; length++) expect(split(text.slice(0, length), 0)).toBe(NEED_MORE)
        expect(split(text, 0)).toBe(text.length)
        expect(split(text, FINAL)).toBe(text.length)
      }
  })
  test('a CR alone ends a sentence, whatever follows', () => {
    expect(split(`${L}${U}`, 0)).toBe(L.length)
    expect(split(`${L}\n${U}`, 0)).toBe(L.length)
    expect(split(`-6,PING\r`, 0)).toBe(8)
    expect(split(`-6,PING\n`, 3_600_000)).toBe(NEED_MORE)
  })
  test('line feeds, NULs, spaces and empty sentences before a sentence are a run of their own', () => {
    expect(split(`\n\0 \r\r${L}`, 0)).toBe(-5)
    expect(split('\r', 0)).toBe(-1)
    expect(stream([bytesOfText(`${L}\n${U}\n\0\0 ${U}`)]).frames).toEqual([L, U, U])
  })
  test('a line that is no sentence is dropped through its CR, and its neighbours live', () => {
    for (const line of [
      'xyz\r',
      'x,PING\r',
      '-1,ping\r',
      '-1;PING\r',
      '-6,\r',
      '-\r',
      '12345678901,PING\r',
      '-1,PI NG,1\r',
    ])
      expect([line, split(line + U, 0)]).toEqual([line, -line.length])
    expect(stream([bytesOfText(`${L}garbage,1\r${U}`)])).toEqual({ frames: [L, U], skipped: 'garbage,1\r', left: '' })
  })
  test('a sentence has at most 512 bytes; a longer line goes through its CR, however it arrives', () => {
    const line = (length: number) => `-7,PING,${'x'.repeat(length - 8)}`
    expect(split(`${line(FRAME_BYTES_MAX)}\r`, 0)).toBe(FRAME_BYTES_MAX + 1)
    expect(split(`${line(FRAME_BYTES_MAX + 1)}\r`, 0)).toBe(-FRAME_BYTES_MAX - 2)
    expect(split(line(FRAME_BYTES_MAX), 0)).toBe(NEED_MORE)
    for (const filling of ['x', '1', '-', '-1,PING,', '-2,UNITSTAT,', '1 ', ',A', `${'1'.repeat(20)}\n`]) {
      const long = `-7,PING,${filling.repeat(200)}`
      const text = `${L}${long.padEnd(1200, filling)}\r${U}`
      for (const step of [1, 7, 64, 513, 5000]) {
        const parts: Uint8Array[] = []
        for (let at = 0; at < text.length; at += step) parts.push(bytesOfText(text.slice(at, at + step)))
        expect([filling, step, stream(parts).frames]).toEqual([filling, step, [L, U]])
      }
    }
  })
  test('an endless line is refused in pieces, in linear time', () => {
    const line = bytesOfText(`-7,PING,${'x'.repeat(5_000_000)}`)
    const started = performance.now()
    for (let at = 0, from = 0; at < line.length;) {
      at = Math.min(at + 16_384, line.length)
      for (;;) {
        const size = codec.split(line, from, at, 0)
        expect(size).toBeLessThanOrEqual(0)
        if (size === 0) break
        from -= size
      }
      expect(at - from).toBeLessThanOrEqual(Math.max(TAIL_BYTES_MAX, FRAME_BYTES_MAX))
    }
    expect(performance.now() - started).toBeLessThan(2000)
  })
  test('at the end of a datagram the CR may be missing, but nothing else', () => {
    for (const text of [L.slice(0, -1), U.slice(0, -1), '-6,PING', '-6,PING,1', '3,ACK', `${U.slice(0, -1)}\n`])
      expect([text, split(text, FINAL)]).toEqual([text, text.length])
    for (const text of [
      '-',
      '-1',
      '-1,',
      '-1,LOG',
      '-1,LOGON',
      '-1,LOGON,70000047',
      '-2,UNITST',
      U.slice(0, -7),
      'xyz',
    ])
      expect([text, split(text, FINAL)]).toEqual([text, -text.length])
  })
  test('any two cuts of a stream give the same frames', () => {
    const bytes = bytesOfText(`${L}\n${U}x1,PING\r\r\0-6,PING\r${L}12345678901,A\r-7,PING,1,2\r${U}`)
    const want = stream([bytes])
    expect(want.frames).toEqual([L, U, '-6,PING\r', L, '-7,PING,1,2\r', U])
    for (let first = 0; first <= bytes.length; first += 3)
      for (let second = first; second <= bytes.length; second++) {
        const have = stream([bytes.subarray(0, first), bytes.subarray(first, second), bytes.subarray(second)])
        if (have.frames.join('|') !== want.frames.join('|') || have.skipped !== want.skipped)
          throw new Error(`cuts at ${first} and ${second}: ${JSON.stringify(have)}`)
      }
  })
  test('one byte at a time gives the same frames', () => {
    const bytes = bytesOfText(fixtures.map((fixture) => fixture.input_text!.replace(/\r?$/, '\r')).join(''))
    expect(stream(Array.from(bytes, (byte) => Uint8Array.of(byte))).frames).toEqual(stream([bytes]).frames)
  })
})

describe('flextrack identify', () => {
  const identify = (text: string) => {
    const id = new Uint8Array(DEVICE_ID_MAX)
    const bytes = bytesOfText(text)
    const length = codec.identify(bytes, 0, bytes.length, id, new Int32Array(2))
    return length < 0 ? length : textOf(id.subarray(0, length))
  }
  test('takes the node id of LOGON and of UNITSTAT as it is on the wire', () => {
    expect(identify(L)).toBe('7000004711')
    expect(identify(U)).toBe('7000004711')
    expect(identify('-1,LOGON,0042\r')).toBe('0042')
    expect(identify(`-1,LOGON,${'1'.repeat(DEVICE_ID_MAX)},1\r`)).toBe('1'.repeat(DEVICE_ID_MAX))
    expect(identify('-6,PING,7000004711\r')).toBe('')
  })
  test('a LOGON without an id that can be one is answered where a unit has logged on before', () => {
    for (const id of ['', '70000x4711', '0000000000']) {
      const [, frame] = takeText(`${L}-5,LOGON,${id},8945020110126630001\r`)
      expect([frame.device, frame.reject, textOf(frame.ack)]).toEqual(['7000004711', 'bad_frame', '-5,ACK\r'])
    }
  })
  test('a LOGON without an id that can be one is refused as the first sentence', () => {
    for (const id of ['', '70000x4711', '-7', '0000000000', '1'.repeat(DEVICE_ID_MAX + 1)])
      expect([id, identify(`-1,LOGON,${id},8945020110126630001\r`)]).toEqual([id, BAD_IDENTITY])
    expect(identify('-1,LOGON\r')).toBe(BAD_IDENTITY)
  })
  test('a UNITSTAT whose id cannot be told belongs to whoever logged on', () => {
    for (const text of [withField(4, 'x'), withField(4, ''), '-2,UNITSTAT,20260314\r', '-2,UNITSTAT\r']) {
      expect([text, identify(text)]).toEqual([text, ''])
      const [, frame] = takeText(L + text)
      expect([frame.device, frame.reject, textOf(frame.ack)]).toEqual(['7000004711', 'bad_frame', '-2,ACK\r'])
    }
  })
  test('a field too many never makes date or time an id', () => {
    expect(identify(U.replace('UNITSTAT,', 'UNITSTAT,1,'))).toBe('')
    expect(identify(U.replace('20260314,', ''))).toBe('')
  })
  test('a UNITSTAT before any LOGON, or of another unit than logged on, is its own', () => {
    expect(takeText(U)[0].device).toBe('7000004711')
    expect(takeText(L.replace('4711', '9999') + U).map((frame) => frame.device)).toEqual(['7000009999', '7000004711'])
  })
  test("what a LOGON says of the SIM goes with the session's row", () => {
    const described = (text: string) => codec.describeLogin!(bytesOfText(text), 0, text.length)
    expect(described(L)).toEqual({ iccid: '8945020110126630001' })
    expect(described('-1,LOGON,7000004711\r')).toEqual({})
    expect(described('-1,LOGON,7000004711,89x\r')).toEqual({})
    expect(described(U)).toEqual({})
  })
})

describe('flextrack ack', () => {
  const acks = (text: string) =>
    takeText(text)
      .map((frame) => textOf(frame.ack))
      .join('')
  test('echoes every index as it came, one reply a sentence, in order, without a line feed', () => {
    expect(acks(L)).toBe('-1,ACK\r')
    expect(acks(U.replace('-2,', '-17,'))).toBe('-17,ACK\r')
    expect(acks(U.replace('-2,', '-0017,'))).toBe('-0017,ACK\r')
    expect(acks(U.replace('-2,', '5,'))).toBe('5,ACK\r')
    expect(acks(`${L}${U}-6,PING\r-7,PING,1\r`)).toBe('-1,ACK\r-2,ACK\r-6,ACK\r-7,ACK\r')
  })
  test('a sentence whose fields fail is answered too', () => {
    expect(acks(`${L}-8,UNITSTAT,1\r`)).toBe('-1,ACK\r-8,ACK\r')
  })
  test("a unit's answer to a command is not answered", () => {
    expect(acks(`${L}3,ACK\r`)).toBe('-1,ACK\r')
    expect(acks(`${L}-3,ACK\r`)).toBe('-1,ACK\r-3,ACK\r')
  })
})

describe('flextrack hash', () => {
  const hashOf = (text: string) => {
    const bytes = bytesOfText(`\xa5${text}`)
    const hash = new Uint32Array(2)
    codec.hash(bytes, 1, bytes.length, hash)
    return hash.join()
  }
  test('index and terminator make no difference, anything else does', () => {
    expect(hashOf(U.replace('-2,', '-77,'))).toBe(hashOf(U))
    expect(hashOf(U.slice(0, -1))).toBe(hashOf(U))
    expect(hashOf(U.replace('45210', '45211'))).not.toBe(hashOf(U))
    expect(hashOf('-1,PING\r')).not.toBe(hashOf('-1,PONG\r'))
  })
  test('a datagram that is no sentence counts with every byte', () => {
    expect(hashOf('\x01\x02\0')).not.toBe(hashOf('\x01\x02'))
  })
})

describe('flextrack UNITSTAT', () => {
  const reject = (text: string) => takeText(L + text)[1].reject
  test('has exactly twenty fields', () => {
    expect(reject(U)).toBeNull()
    expect(reject(U.replace('\r', ',1\r'))).toBe('bad_frame')
    expect(reject(U.replace(',45210', ''))).toBe('bad_frame')
    expect(reject(`${U.slice(0, -1)}${',1'.repeat(100)}\r`)).toBe('bad_frame')
  })
  test('a field that is not what it should be refuses the sentence', () => {
    for (const [field, values] of [
      [2, ['', '2026031', '20261314', '20260230', '20260300', '2026031x', '00000000']],
      [3, ['', '240000', '106000', '100060', '10:000', '10000']],
      [4, ['', 'x', '0']],
      [5, ['', '55.40.5610', 'E55.40.5610', 'N55.60.0000', 'N55.99.9', 'N55', 'N.40.5', 'N1234.40.5', 'N55.40.5.6', 'N55.140.5', 'N55..5', 'n55.40.5610']], // prettier-ignore
      [6, ['', 'N012.34.0980', 'E012.60.0000', 'E012', 'E012.3x.1']],
      [7, ['', '-1', '1.5', 'x']],
      [8, ['', '-1', 'x']],
      [9, ['', '-1', 'x']],
      [10, ['', '-1', '3.9']],
      [11, ['', '-', 'x', '+3']],
      [12, ['', 'x', '00001', '-1']],
      [13, ['', '2380', '2380123', '238x1']],
      [14, ['', '-', '1.5']],
      [15, ['', '-1', '0.9']],
      [16, ['', 'XYZ', '123456789']],
      [17, ['', '-3']],
      [18, ['', 'G']],
      [19, ['', '-1', '1'.repeat(16)]],
    ] as const)
      for (const value of values)
        expect([field, value, reject(withField(field, value))]).toEqual([field, value, 'bad_frame'])
  })
  test('coordinates have two points and are no decimals', () => {
    const place = (latitude: string, longitude: string) => {
      const row = lastRow(withField(5, latitude).replace('E012.34.0980', longitude))
      return [row.latitude, row.longitude]
    }
    expect(place('N55.46.0812', 'E009.21.1665')).toEqual([55.76802, 9.352775])
    expect(place('S33.27.3714', 'W070.40.7960')).toEqual([-33.45619, -70.6799333])
    expect(place('N0.00.0600', 'W0.59.9999')).toEqual([0.001, -0.9999983])
    expect(place('N90.00.0000', 'E180.00.0000')).toEqual([90, 180])
  })
  test('a place off the globe is no fix; its fields are kept as sent', () => {
    for (const [field, value] of [
      [5, 'N90.00.0001'],
      [5, 'S91.00.0000'],
      [6, 'W180.00.0001'],
      [6, 'E999.00.0000'],
    ] as const) {
      const row = lastRow(withField(field, value))
      expect([row.table, row.attributes[`field_${field}`]]).toEqual(['telemetry', value])
    }
  })
  test('cell is field 16, LAC is field 18', () => {
    expect(lastRow(U)).toMatchObject({ cell_id: 0x1a2b, lac: 0xc8, attributes: { gps_fix_seconds: 3 } })
  })
  test('a report without a place is telemetry; a clock that was never set says nothing', () => {
    const at = (date: string) =>
      lastRow(U.replace('N55.40.5610,E012.34.0980', 'N0.00.0000,E0.00.0000').replace('20260314', date))
    expect(at('20260314')).toMatchObject({ table: 'telemetry', sent_at: '2026-03-14T10:00:00.000Z' })
    expect(at('20250315')).toMatchObject({ sent_at: '2025-03-15T10:00:00.000Z', buffered: true })
    expect(at('20250313')).toMatchObject({ sent_at: null, attributes: { time_raw: '20250313,100000' } })
    expect(at('20060101')).toMatchObject({ sent_at: null, buffered: false })
    expect(at('20260316').sent_at).toBeNull()
  })
  test('a fix from tomorrow gets the time of its arrival and keeps its own as sent', () => {
    expect(lastRow(withField(2, '20260315')).fix_time).toBe('2026-03-15T10:00:00.000Z')
    expect(lastRow(withField(2, '20260316'))).toMatchObject({
      fix_time: '2026-03-14T10:00:05.000Z',
      attributes: { time_source: 'received', time_raw: '20260316,100000' },
    })
  })
  test('no zone moves a time: every second of the clock is UTC', () => {
    for (const iso of ['2000-01-01T00:00:00.000Z', '2024-02-29T12:34:56.000Z', '2025-12-31T23:59:59.000Z'])
      expect(
        lastRow(
          withField(2, iso.slice(0, 10).replaceAll('-', '')).replace('100000', iso.slice(11, 19).replaceAll(':', '')),
        ).fix_time,
      ).toBe(iso)
    expect(reject(withField(2, '21000229'))).toBe('bad_frame')
  })
  test('stored is what is more than ten minutes older than the logon of its connection', () => {
    const into = session()
    const logon = Date.parse('2026-03-14T10:10:00Z')
    takeText(L, into, logon)
    // However long a unit is silent: what it says an hour later is measured by its logon, not by its arrival.
    expect(lastRow(U, into, logon + 3_600_000).buffered).toBe(false)
    expect(lastRow(withField(3, '095959'), into, logon + 3_600_000).buffered).toBe(true)
    expect(lastRow(U, session(), logon + 1).buffered).toBe(true)
    expect(lastRow(U, session(), logon).buffered).toBe(false)
  })
  test('the odometer is a number without a unit, until the operator names it', () => {
    const km = (odometer_unit: string) =>
      take(flextrack(flextrackOptions.parse({ odometer_unit })), bytesOfText(U), session(), RECEIVED).rows[0]
        .odometer_km
    expect(['unknown', 'm', '10m', '100m', 'km'].map(km)).toEqual([null, 45.21, 452.1, 4521, 45210].map((value) => (value === null ? null : expect.closeTo(value, 6)))) // prettier-ignore
  })
  test('there is no alarm, whatever the state', () => {
    for (const state of ['FFFF', '0001', '8000']) expect(lastRow(withField(12, state)).alarms).toEqual([])
  })
})

describe('flextrack SUT', () => {
  test('a datagram that is no sentence decodes to its name and nothing else', () => {
    for (const text of ['\x01\x02\x03', '', 'hello', '\r']) {
      const { rows, device, ack, reject } = take(codec, bytesOfText(text), session(), RECEIVED)
      expect([device, ack.length, reject]).toEqual(['', 0, null])
      expect(rows.length).toBe(1)
      expect(rows[0]).toMatchObject({ table: 'telemetry', message: 'SUT', sent_at: null, attributes: {}, alarms: [] })
    }
  })
  test('only the networks of the option are taken for Lommy units', () => {
    expect(codec.adopts('192.0.2.1')).toBe(false)
    const { adopts } = flextrack(
      flextrackOptions.parse({ sut_networks: ['192.0.2.0/24', '10.0.0.7/32', '2001:db8::/32'] }),
    )
    for (const ip of ['192.0.2.1', '192.0.2.255', '10.0.0.7', '::ffff:192.0.2.9', '2001:db8::1'])
      expect([ip, adopts(ip)]).toEqual([ip, true])
    for (const ip of ['192.0.3.1', '10.0.0.8', '2001:db9::1', '::1', '', 'x'])
      expect([ip, adopts(ip)]).toEqual([ip, false])
  })
  test('as an environment variable the networks are one text', () => {
    const networks = (text: string) => flextrackOptions.parse({ sut_networks: text }).sut_networks
    expect(networks('192.0.2.0/24, 10.0.0.0/8')).toEqual(['192.0.2.0/24', '10.0.0.0/8'])
    expect(networks('')).toEqual([])
  })
  test('a network that is none is refused at the start', () => {
    for (const network of ['192.0.2.0', '192.0.2.0/33', '192.0.2/24', 'x/8', '2001:db8::/129', ''])
      expect([network, flextrackOptions.safeParse({ sut_networks: [network] }).success]).toEqual([network, false])
    expect(flextrackOptions.safeParse({ sut_networks: ['0.0.0.0/0'] }).success).toBe(true)
  })
})

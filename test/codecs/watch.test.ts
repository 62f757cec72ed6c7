/** watch: recognition, framing, identity, replies, memory and decoding. */
import { describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import fc from 'fast-check'
import { BAD_IDENTITY, FINAL, MAYBE, NEED_MORE, NO, YES } from '../../src/codecs/codec.ts'
import { DeviceSettings } from '../../src/codecs/device-settings.ts'
import { Records } from '../../src/codecs/records.ts'
import { watch, watchOptions } from '../../src/codecs/watch/index.ts'
import { encodeFrame } from '../../src/codecs/watch/encode.ts'
import {
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

const codec = watch(watchOptions.parse({}))
const ID = '8800000015'
const RECEIVED = Date.parse('2025-11-21T01:35:00Z')
const fixtures = readVectors(join(import.meta.dir, '../../fixtures/watch.jsonl'))

const frame = (content: string) => textOf(encodeFrame({ id: ID }, bytesOfText(content)))
const LK = frame('LK')
const position = (changes: Record<number, string> = {}, rest = ',1,255,460,0,9768,41517,132,0,12.5') => {
  const fields = 'UD,211125,013015,A,22.543096,N,114.057865,E,4.60,270.0,52.0,11,72,83,4321,0,00000000'.split(',')
  for (const [index, value] of Object.entries(changes)) fields[Number(index)] = value
  return frame(fields.join(',') + rest)
}
const takeText = (text: string, into?: Session, receivedMs = RECEIVED, by = codec) =>
  takeAll(by, Uint8Array.from(Buffer.from(text, 'latin1')), into, receivedMs)
const row = (text: string, into?: Session, receivedMs = RECEIVED, by = codec) => {
  const taken = takeText(text, into, receivedMs, by)
  expect(taken).toHaveLength(1)
  expect(taken[0].rows).toHaveLength(1)
  return taken[0].rows[0]
}
const split = (text: string, silentMs = 0) => {
  const bytes = bytesOfText(`\xa5[${text}]`)
  return codec.split(bytes, 2, bytes.length - 1, silentMs)
}
const recogniseText = (text: string) => recogniseAs(codec, bytesOfText(text), 0, text.length)
const frames = (text: string, silentMs = FINAL) => splitAll(codec, bytesOfText(text), silentMs).frames.map(textOf)

/** Frames of pieces of a stream, none of them the last. */
const stream = (pieces: readonly Uint8Array[]) => feed(codec, pieces).frames.map(hexOf)

describe('watch fixtures', () => {
  for (const fixture of fixtures)
    test(fixture.id, () => {
      const taken = takeAll(codec, vectorBytes(fixture), session(), Date.parse(fixture.received_at!))
      expect(taken.map((each) => each.reject)).toEqual(taken.map(() => null))
      const rows = taken.flatMap((each) => each.rows)
      // Alarms without a name in alarms.ts stand in the attribute.
      const { alarm, sent_at, ...rest } = fixture.expect
      expect(differences(rows, fixture.kind, rest)).toEqual([])
      if (alarm !== undefined)
        expect(rows.flatMap((each) => [...(each.alarms as string[]), each.attributes.alarm])).toContain(alarm as string)
      if (sent_at !== undefined) expect(rows[0].sent_at).toBe(sent_at)
      expect(taken.at(-1)!.device).toBe(fixture.expect.device_id as string)
      expect(taken.map((each) => textOf(each.ack)).join('')).toBe((fixture.expect.ack as string | undefined) ?? '')
    })
})

describe('watch recognise', () => {
  test('is sure with the star behind four hex digits, not before', () => {
    for (let length = 0; length < LK.length; length++)
      expect(recogniseText(LK.slice(0, length))).toBe(length < 20 ? MAYBE : YES)
  })
  test('refuses look-alikes', () => {
    for (const text of [
      '(',
      '[1,',
      '[12,',
      '[3G,',
      '[3G*a',
      '[3G*1234*',
      `[3G*${'1'.repeat(21)}`,
      '[3G*12345*00G',
      '[3G*12345*00000',
    ])
      expect(recogniseText(text)).toBe(NO)
  })
})

describe('watch split', () => {
  test('every proper prefix of a frame asks for more', () => {
    for (const fixture of fixtures) {
      const first = splitAll(codec, vectorBytes(fixture)).frames[0]
      for (let length = 1; length < first.length; length++)
        if (codec.split(first, 0, length, 0) !== NEED_MORE) throw new Error(`${textOf(first)} at ${length}`)
      expect(codec.split(first, 0, first.length, 0)).toBe(first.length)
    }
  })
  test('one byte at a time gives the same frames', () => {
    const bytes = Buffer.concat(fixtures.map(vectorBytes))
    const whole = splitAll(codec, bytes)
    expect(whole.skipped).toEqual([])
    expect(stream([...bytes].map((byte) => Uint8Array.of(byte)))).toEqual(whole.frames.map(hexOf))
  })
  test('any two cuts give the same frames', () => {
    const bytes = Buffer.concat(fixtures.map(vectorBytes))
    const whole = splitAll(codec, bytes).frames.map(hexOf)
    fc.assert(
      fc.property(fc.nat(bytes.length), fc.nat(bytes.length), (a, b) => {
        const [from, to] = [Math.min(a, b), Math.max(a, b)]
        expect(stream([bytes.subarray(0, from), bytes.subarray(from, to), bytes.subarray(to)])).toEqual(whole)
      }),
      { numRuns: 100 },
    )
  })
  test('a length that is right is believed over brackets in a name', () => {
    for (const name of ['a]b', 'a[b', ']]', 'x],[', '[12]'])
      expect(frames(position({}, `,0,1,${name},aa:bb:cc:dd:ee:01,-66,5.0`) + LK)).toHaveLength(2)
  })
  test('a length that is wrong ends at the closing bracket', () => {
    for (const length of ['0000', '0010', '0070', '0100', 'FFFF'])
      for (const text of [position(), LK, frame('TKQ')]) {
        const wrong = text.replace(/\*[0-9A-F]{4}\*(?=[A-Z])/, `*${length}*`)
        expect(frames(wrong)).toEqual([wrong])
        expect(frames(wrong, 0)).toEqual([wrong])
        expect(frames(`${wrong}\r\n ${LK}`, 0)).toEqual([wrong, LK])
      }
  })
  test('a frame whose end was lost does not swallow the next one', () => {
    expect(frames(position().slice(0, 60) + LK + LK, 0)).toEqual([LK, LK])
  })
  test('a wrong length and a single bracket in a name still end before the next frame', () => {
    for (const name of ['a]b', 'a[b']) {
      const wrong = position({}, `,0,1,${name},aa:bb:cc:dd:ee:01,-66,5.0`).replace(/\*[0-9A-F]{4}\*(?=UD)/, '*0011*')
      expect(frames(wrong + LK + LK)).toEqual([wrong, LK, LK])
      expect(frames(wrong)).toEqual([wrong])
    }
  })
  test('garbage and padding are skipped up to the next frame', () => {
    expect(frames(`\r\n\0 xx[yy]${LK}[3G-${LK}[3`, 0)).toEqual([LK, LK])
    expect(split('\r\n \0[3G*')).toBe(-4)
    expect(split('junk[3G')).toBe(-4)
    expect(split('junk[3G', FINAL)).toBe(-7)
  })
  test('an unfinished frame is given up after ten seconds', () => {
    expect(split('3G'.padStart(3, '[') + `*${ID}*0010*LK,1`, 9999)).toBe(NEED_MORE)
    expect(split(`[3G*${ID}*0010*LK,1`, 10_000)).toBeLessThan(0)
    expect(split(`[3G*${ID}*0010*LK,1`, FINAL)).toBeLessThan(0)
    expect(split(`[3G*${ID}*00`, 10_000)).toBeLessThan(0)
  })
  test('text ends at 4 KiB, voice at 64 KiB', () => {
    expect(frames(frame(`TS,${'x'.repeat(4093)}`), 0)).toHaveLength(1)
    expect(frames(`[3G*${ID}*FFFF*TS,${'x'.repeat(4100)}${LK}`, 0)).toEqual([LK])
    expect(frames(frame(`TK,${'x'.repeat(60_000)}`) + LK, 0)).toHaveLength(2)
    expect(frames(`[3G*${ID}*0005*TK,${'x'.repeat(66_000)}${LK}`, 0)).toEqual([LK])
    expect(split(`[3G*${ID}*FFFF*TK,${'x'.repeat(60_000)}`)).toBe(NEED_MORE)
  })
  test('random bytes and mutated frames never throw and splitting ends', () => {
    const mutated = fc
      .tuple(
        fc.constantFrom(...fixtures.map(vectorBytes)),
        fc.array(fc.tuple(fc.nat(4096), fc.constantFrom(...bytesOfText('[]*,-A0}\0\xff3')))),
      )
      .map(([bytes, changes]) => {
        const copy = Uint8Array.from(bytes)
        for (const [at, value] of changes) copy[at % copy.length] = value
        return copy
      })
    fc.assert(
      fc.property(
        fc.oneof(mutated, fc.uint8Array({ maxLength: 200 })),
        fc.constantFrom(0, 1000, 10_000, FINAL),
        (bytes, ms) => {
          const { frames: found, skipped } = splitAll(codec, bytes, ms)
          const into = session()
          for (const each of found) take(codec, each, into, RECEIVED)
          if (ms === FINAL)
            expect([...found, ...skipped].reduce((sum, part) => sum + part.length, 0)).toBe(bytes.length)
        },
      ),
      { numRuns: 2000 },
    )
  })
})

describe('watch identity and replies', () => {
  test('an id is digits, and not only zeros; a leading zero stays', () => {
    const id = new Uint8Array(24)
    const identify = (text: string) => codec.identify(bytesOfText(text), 0, text.length, id, new Int32Array(2))
    expect(identify('[3G*88000x0015*0002*LK]')).toBe(BAD_IDENTITY)
    expect(identify('[3G*0000000000*0002*LK]')).toBe(BAD_IDENTITY)
    expect(identify('[3G*014111001350304*0002*LK]')).toBe(15)
    expect(textOf(id.subarray(0, 15))).toBe('014111001350304')
  })
  test('a reply repeats maker, id, index and spelling, with its own length', () => {
    const reply = (text: string) => textOf(takeText(text)[0].ack)
    expect(reply(`[sg*${ID}*0b3F*0002*Lk]`)).toBe(`[sg*${ID}*0b3F*0002*Lk]`)
    expect(reply(`[3G*${ID}*0000*AL,1]`)).toBe(`[3G*${ID}*0002*AL]`)
    expect(reply(`[3G*${ID}*0000*TK,0]`)).toBe('')
    expect(reply(position())).toBe('')
  })
  test('an alarm sent again with another cell has the same hash, one with another status has not', () => {
    const hashOf = (text: string) => {
      const into = new Uint32Array(2)
      codec.hash(bytesOfText(text), 0, text.length, into)
      return [...into].join()
    }
    const alarm = { 0: 'AL', 16: '00010000' }
    expect(hashOf(position(alarm))).toBe(hashOf(position(alarm, ',0,0,1.0')))
    expect(hashOf(position(alarm))).not.toBe(hashOf(position({ ...alarm, 16: '00020000' })))
    expect(hashOf(position())).not.toBe(hashOf(position({}, ',0,0,1.0')))
  })
})

describe('watch record ids', () => {
  const idOf = (text: string) => {
    const records = new Records()
    const bytes = bytesOfText(text)
    const device = bytesOfText(ID)
    const context = {
      receivedMs: RECEIVED,
      transport: 0,
      state: new Int32Array(2),
      device,
      deviceStart: 0,
      deviceEnd: 10,
    }
    expect(codec.decode(bytes, 0, bytes.length, context, records)).toBe(1)
    return `${records.idLow[0]} ${records.idHigh[0]}`
  }
  const OWN = '0 0'
  test('a position is the same record live and from the blind spot, whatever its index and length say', () => {
    const stored = idOf(position({ 0: 'UD2' }))
    expect(stored).not.toBe(OWN)
    for (const type of ['UD', 'UD_LTE', 'UD_WCDMA', 'ud3']) expect(idOf(position({ 0: type }))).toBe(stored)
    expect(idOf(position().replace(`${ID}*`, `${ID}*0042*`))).toBe(stored)
    expect(idOf(position().replace(/\*[0-9A-F]{4}\*UD/, '*0001*UD'))).toBe(stored)
  })
  test('positions of one second that differ in anything are different records', () => {
    const ids = new Set([idOf(position()), idOf(position({}, ',0,0,12.5'))])
    for (const [field, value] of [
      [3, 'V'],
      [4, '22.543097'],
      [8, '4.70'],
      [13, '82'],
      [14, '4322'],
      [16, '00000010'],
    ] as const)
      ids.add(idOf(position({ [field]: value })))
    expect(ids.size).toBe(8)
  })
  test('other messages go by the hash of their frame', () => {
    for (const text of [position({ 0: 'AL' }), position({ 0: 'WT' }), LK, frame('UD,1')]) expect(idOf(text)).toBe(OWN)
  })
})

describe('watch alarms', () => {
  test('a bit that stays set over positions is raised once; an alarm message always', () => {
    const into = session()
    const alarmsOf = (changes: Record<number, string>) => row(position(changes), into).alarms
    expect(alarmsOf({ 16: '00010000' })).toEqual(['sos'])
    expect(alarmsOf({ 16: '00010000' })).toEqual([])
    expect(alarmsOf({ 0: 'UD2', 16: '00010000' })).toEqual(['sos'])
    expect(alarmsOf({ 0: 'AL', 16: '00010000' })).toEqual(['sos'])
    expect(alarmsOf({ 16: '00210000' })).toEqual(['fall_detected'])
    expect(alarmsOf({ 16: '00000000' })).toEqual([])
    expect(alarmsOf({ 16: '00010000' })).toEqual(['sos'])
  })
  test('several bits are several alarms; states are alarms only without the upper half', () => {
    expect(row(position({ 0: 'AL', 16: '00210001' })).alarms).toEqual(['sos', 'fall_detected'])
    expect(row(position({ 0: 'AL', 16: '00000003' })).alarms).toEqual(['low_battery', 'geofence_exit'])
    expect(row(position({ 0: 'AL', 16: '4001' })).alarms).toEqual(['low_battery', 'power_cut'])
    expect(row(position({ 16: '00000007' })).alarms).toEqual([])
    expect(row(position({ 16: '00000007' })).attributes).toMatchObject({
      low_battery: true,
      out_of_fence: true,
      in_fence: true,
    })
  })
  test('bit 22 is a fall where the option says so', () => {
    const fall = watch(watchOptions.parse({ bit22: 'fall' }))
    expect(row(position({ 0: 'AL', 16: '00400000' }), session(), RECEIVED, fall).alarms).toEqual(['fall_detected'])
  })
  test('an alarm without a place or without anything else is an alarm', () => {
    const indoors = row(position({ 0: 'AL', 3: 'V', 4: '0', 6: '0', 16: '00010000' }))
    expect([indoors.table, indoors.alarms]).toEqual(['telemetry', ['sos']])
    const bare = row(frame('AL'))
    expect([...(bare.alarms as string[]), bare.attributes.alarm]).toContain('general')
  })
})

describe('watch positions', () => {
  test('a minus or a letter tells the side; without both there is no fix', () => {
    const at = (latitude: string, side: string) => row(position({ 4: latitude, 5: side })).latitude
    expect(at('-38.5', 'N')).toBe(-38.5)
    expect(at('-38.5', 'S')).toBe(-38.5)
    expect(at(' 38.5', 'S')).toBe(-38.5)
    expect(at('-38.5', '')).toBe(-38.5)
    expect(at('38.12345678', 'N')).toBe(38.1234568)
    const unknown = row(position({ 6: '68.119072', 7: '' }))
    expect([unknown.table, unknown.attributes.raw_longitude]).toEqual(['telemetry', 68.119072])
  })
  test('places off the globe, at 0, 0 or without numbers are no fix', () => {
    for (const [latitude, longitude] of [
      ['90.1', '1'],
      ['1', '180.5'],
      ['0.0', '0.0'],
      ['', ''],
      ['x', '1'],
    ])
      expect(row(position({ 4: latitude, 6: longitude })).table).toBe('telemetry')
  })
  test('a clock that is not set tells no time', () => {
    for (const date of ['010170', '310225', '320125']) {
      const nowhere = row(position({ 1: date, 3: 'V', 4: '0.0', 6: '0.0' }))
      expect([nowhere.table, nowhere.sent_at]).toEqual(['telemetry', null])
      expect(row(position({ 1: date, 3: 'V' })).table).toBe('telemetry')
    }
    expect(row(position({ 1: '231125', 3: 'A' }))).toMatchObject({
      fix_time: '2025-11-21T01:35:00.000Z',
      attributes: { time_source: 'received', device_time: '2025-11-23T01:30:15Z' },
    })
  })
  test('the first day of a clock is the time of a report, but makes no fix and is the time of no alarm', () => {
    const unset = (changes: Record<number, string>) => row(position({ 1: '010120', 3: 'V', ...changes }))
    const marked = { clock_unset: true, device_time: '2020-01-01T01:30:15Z' }
    const nowhere = unset({ 4: '0.0', 6: '0.0' })
    expect(nowhere).toMatchObject({ table: 'telemetry', sent_at: '2020-01-01T01:30:15.000Z', attributes: marked })
    expect(unset({}).table).toBe('telemetry')
    for (const changes of [{ 0: 'AL' }, { 0: 'AL', 16: '00010000' }, { 16: '00200000' }] as Record<number, string>[]) {
      const alarm = unset({ 4: '0.0', 6: '0.0', ...changes })
      expect(alarm.alarms).toHaveLength(1)
      expect(alarm).toMatchObject({ table: 'telemetry', sent_at: null, attributes: marked })
    }
    expect(row(position({ 1: '010120' }))).toMatchObject({ table: 'fixes', fix_time: '2020-01-01T01:30:15.000Z' })
    expect(unset({ 1: '020120' }).table).toBe('fixes')
  })
  test('every day of 2000 to 2069 is read as the calendar has it', () => {
    for (let ms = Date.UTC(2000, 0, 1); ms < Date.UTC(2070, 0, 1); ms += 86_400_000 * 7.5) {
      const iso = new Date(ms).toISOString()
      const date = iso.slice(8, 10) + iso.slice(5, 7) + iso.slice(2, 4)
      expect(
        row(position({ 1: date, 2: iso.slice(11, 19).replaceAll(':', '') }), session(), Date.UTC(2070, 0, 1)).fix_time,
      ).toBe(iso)
    }
  })
  test('a local clock is not shifted, but said after three positions', () => {
    const into = session()
    const local = (minute: string) =>
      row(position({ 2: `09${minute}30` }), into, Date.parse(`2025-11-21T01:${minute}:32Z`))
    expect([local('30'), local('31'), local('32')].map((each) => each.attributes.clock_offset_minutes)).toEqual([
      undefined,
      undefined,
      480,
    ])
  })
  test('a clock whose zone the device file tells is shifted; other devices are not', () => {
    const zoned = watch(
      watchOptions.parse({}),
      new DeviceSettings([
        { id: ID, timezoneMinutes: 480 },
        { id: '8800000016', timezoneMinutes: -210 },
      ]),
    )
    const at = (text: string, into?: Session) => row(text, into, RECEIVED, zoned)
    expect(at(position({ 1: '211125', 2: '093015' })).fix_time).toBe('2025-11-21T01:30:15.000Z')
    expect(at(position({ 1: '211125', 2: '013015' })).fix_time).toBe('2025-11-20T17:30:15.000Z')
    expect(at(position({ 1: '201125', 2: '220015' }).replace(ID, '8800000016')).fix_time).toBe(
      '2025-11-21T01:30:15.000Z',
    )
    expect(at(position().replace(ID, '8800000017')).fix_time).toBe('2025-11-21T01:30:15.000Z')
    // A day ahead is the limit in UTC, and the first day of a clock is that of the clock.
    expect(at(position({ 1: '221125', 2: '093459' })).fix_time).toBe('2025-11-22T01:34:59.000Z')
    expect(at(position({ 1: '010120', 2: '000000', 3: 'V', 4: '0', 6: '0' }))).toMatchObject({
      sent_at: '2019-12-31T16:00:00.000Z',
      attributes: { clock_unset: true },
    })
    const into = session()
    const local = (hour: string, minute: string) =>
      row(position({ 2: `${hour}${minute}30` }), into, Date.parse(`2025-11-21T01:${minute}:32Z`), zoned)
    for (const minute of ['30', '31', '32']) expect(local('09', minute).attributes.clock_offset_minutes).toBeUndefined()
    expect(['33', '34', '35'].map((minute) => local('10', minute).attributes.clock_offset_minutes)).toEqual([
      undefined,
      undefined,
      60,
    ])
  })
  test('access points: commas in names, empty MACs, none, and a network without cells', () => {
    const wifi = (rest: string) => row(position({}, rest)).attributes
    expect(wifi(',0,2,a,b,aa:bb:cc:dd:ee:01,-66,,aa:bb:cc:dd:ee:02,-70,3.0')).toMatchObject({
      wifi: [
        { name: 'a,b', mac: 'aa:bb:cc:dd:ee:01', signal: -66 },
        { name: '', mac: 'aa:bb:cc:dd:ee:02', signal: -70 },
      ],
      accuracy_m: 3,
    })
    expect(wifi(',1,1,460,0,1,2,3,2,,0,,Cafe,aa:bb:cc:dd:ee:02,-70,3.5')).toMatchObject({
      wifi: [{ name: 'Cafe' }],
      accuracy_m: 3.5,
    })
    expect(wifi(',0,1,0,0,,10')).toMatchObject({ accuracy_m: 10 })
    expect(wifi(',0,1,0,0,,10').wifi).toBeUndefined()
    expect(wifi(',0,0,10.0')).toMatchObject({ accuracy_m: 10 })
    expect(wifi(',1,1,460,0,1A2B,41F,3')).toMatchObject({ cells: [{ lac: 0x1a2b, cell_id: 0x41f, signal: 3 }] })
    expect(wifi(',3,1,460,0,1,2,x').cells).toBeUndefined()
    expect(wifi('')).toMatchObject({ status: '00000000' })
  })
  test('names are UTF-8, or else kept byte by byte', () => {
    const named = (bytes: Uint8Array) =>
      row(position({}, `,0,1,${textOf(bytes)},aa:bb:cc:dd:ee:01,-66,3.0`)).attributes.wifi
    expect(named(Buffer.from('Café 😀 家', 'utf8'))).toEqual([
      { name: 'Café 😀 家', mac: 'aa:bb:cc:dd:ee:01', signal: -66 },
    ])
    expect(named(Uint8Array.of(0xe9, 0x41))).toEqual([{ name: '\u00e9A', mac: 'aa:bb:cc:dd:ee:01', signal: -66 }])
  })
})

/** ais140: recognition, framing, identity, replies, memory and decoding. */
import { describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import fc from 'fast-check'
import { encodeEmergency, encodeFixedBatch, encodeLocation } from '../../src/codecs/ais140/encode.ts'
import { ais140, ais140Options } from '../../src/codecs/ais140/index.ts'
import { BAD_IDENTITY, FINAL, MAYBE, NEED_MORE, NO, YES } from '../../src/codecs/codec.ts'
import { bytesOfText, recogniseAs, session, splitAll, take, takeAll, textOf, type Session } from './harness.ts'
import { differences, readVectors, vectorBytes } from './vectors.ts'

const codec = ais140(ais140Options.parse({}))
const IMEI = '869170031234567'
const RECEIVED = Date.parse('2026-03-14T07:45:09Z')
const fixtures = readVectors(join(import.meta.dir, '../../fixtures/ais140.jsonl'))
const PLACE = { imei: IMEI, timeMs: RECEIVED, latE7: 185_204_300, lonE7: 738_567_440 }
const NRM = textOf(encodeLocation(PLACE))
const LOGIN = `$,LGN,MARK,MH12AB1234,${IMEI},V0.0.1,AIS140,18.520430,N,73.856744,E,*`
const takeText = (text: string, into?: Session, receivedMs = RECEIVED) =>
  takeAll(codec, bytesOfText(text), into, receivedMs)
const split = (text: string, silentMs = 0) => {
  const bytes = bytesOfText(`\xa5\xa5${text}`)
  return codec.split(bytes, 2, bytes.length, silentMs)
}

/** Feeds `parts` as reads of one stream, the way net does. */
function stream(parts: readonly string[], last = FINAL): { frames: string[]; skipped: string } {
  let window = ''
  const frames: string[] = []
  let skipped = ''
  for (const [index, part] of parts.entries()) {
    window += part
    for (;;) {
      if (window === '') break
      const size = codec.split(bytesOfText(window), 0, window.length, index === parts.length - 1 ? last : 0)
      if (size === NEED_MORE) break
      if (size > 0) frames.push(window.slice(0, size))
      else skipped += window.slice(0, -size)
      window = window.slice(Math.abs(size))
    }
  }
  return { frames, skipped }
}

describe('ais140 fixtures', () => {
  for (const fixture of fixtures)
    test(fixture.id, () => {
      const taken = takeAll(codec, vectorBytes(fixture), session(), Date.parse(fixture.received_at!))
      expect(taken.map((frame) => frame.reject)).toEqual(taken.map(() => null))
      const kind = fixture.kind === 'position' ? 'position' : 'attributes'
      const rows = taken.flatMap((frame) => frame.rows)
      // Columns are 32-bit floats: the comparison is on what the tracker wrote.
      const rounded = rows.map((row) => JSON.parse(JSON.stringify(row), float) as typeof row)
      expect(differences(rounded, kind, fixture.expect)).toEqual([])
      expect(taken.map((frame) => textOf(frame.ack)).join('')).toBe((fixture.expect.ack as string) ?? '')
      expect(taken.at(-1)!.device).toBe(IMEI)
      if (fixture.expect.alarm === undefined) expect(rows.flatMap((row) => row.alarms)).toEqual(alarmsOf(fixture.id))
      else if (taken.length === 1) expect([...new Set(rows.flatMap((row) => row.alarms))]).toEqual([fixture.expect.alarm as string]) // prettier-ignore
    })
})
const float = (_: string, value: unknown) => (typeof value === 'number' ? Math.round(value * 1e7) / 1e7 : value)
/** A reply to a configuration command tells of a change. */
const alarmsOf = (id: string) => (id === 'ais140-config-reply' ? ['config_changed'] : [])

describe('ais140 recognise', () => {
  const verdict = (text: string) => {
    const bytes = bytesOfText(`\xa5${text}\xa5`)
    return recogniseAs(codec, bytes, 1, bytes.length - 1)
  }
  test('says yes to the openings of the page', () => {
    const words = ['NRM', 'EPB', 'LGN', 'HBT', 'HLM', 'ALT', 'HEADER', 'Header', 'PVT', 'NMP', 'DP']
    for (const text of ['$,', ...words.map((word) => `$${word},`)]) expect([text, verdict(text)]).toEqual([text, YES])
    for (const type of ['LGN', 'NRM', 'HBT', 'BTH', 'EPB', 'HLM', 'ALT', 'CRT', 'ACK', 'FUL'])
      expect([type, verdict(type + IMEI)]).toEqual([type, YES])
  })
  test('waits for the byte that decides', () => {
    for (const text of ['', '$', '$N', '$NRM', '$Head', 'N', 'NRM', `NRM${IMEI.slice(1)}`])
      expect([text, verdict(text)]).toEqual([text, MAYBE])
  })
  test('says no to look-alikes', () => {
    for (const text of [
      '$$',
      '$INFO',
      '$OK',
      '$\x86\x91',
      'xx',
      'NRM,',
      'NRM12a',
      '*HQ',
      '##,',
      'GET /',
      '@P',
      '$GPRMC,',
    ])
      expect([text, verdict(text)]).toEqual([text, NO])
  })
})

describe('ais140 split', () => {
  test('every proper prefix asks for more', () => {
    for (const fixture of fixtures) {
      const text = textOf(vectorBytes(fixture))
      const size = split(`${text}\r\n`)
      if (size < 0) throw new Error(fixture.id)
      for (let length = 1; length < size && length < text.length; length++)
        if (split(text.slice(0, length)) !== NEED_MORE) throw new Error(`${fixture.id} ${length}`)
    }
  })
  test('a sentence that is answered ends with its star, others with what follows it', () => {
    expect(split(LOGIN)).toBe(LOGIN.length)
    expect(split(NRM)).toBe(NEED_MORE)
    expect(split(`${NRM}\r\n`)).toBe(NRM.length + 2)
    expect(split(`${NRM}${NRM}`)).toBe(NRM.length)
    expect(split(`${NRM}*,00A5\r\n$`)).toBe(NRM.length + 8)
    expect(split(NRM, 1000)).toBe(NRM.length)
  })
  test('a checksum behind an answered sentence is a frame that says nothing', () => {
    const { frames, skipped } = stream([`${LOGIN}4E9C\r\n${LOGIN}\r\n`])
    expect([frames, skipped]).toEqual([[LOGIN, '4E9C\r\n', LOGIN], '\r\n'])
    const taken = take(codec, bytesOfText('4E9C\r\n'), session(IMEI))
    expect([taken.rows, taken.ack.length, taken.reject]).toEqual([[], 0, null])
  })
  test('without a terminator the next dollar or a second of silence ends it', () => {
    const open = NRM.slice(0, -2)
    expect(split(open + LOGIN)).toBe(open.length)
    expect(split(open, 999)).toBe(NEED_MORE)
    expect(split(open, 1000)).toBe(open.length)
    expect(split(open, FINAL)).toBe(open.length)
  })
  test('a star inside a text is none of its ends when a line end follows', () => {
    const reply = `$,PC,12,${IMEI},1,10.1.2.3,14032026,074509,SET*APN*OK,*\r\n`
    expect(split(reply)).toBe(reply.length)
    expect(takeText(reply)[0].rows[0].attributes.text).toBe('SET*APN*OK')
  })
  test('any cuts give the same frames', () => {
    const text = fixtures.map((fixture) => `${textOf(vectorBytes(fixture))}\r\n`).join('')
    const whole = stream([text])
    fc.assert(
      fc.property(fc.nat(text.length), fc.nat(400), (a, b) => {
        expect(stream([text.slice(0, a), text.slice(a, a + b), text.slice(a + b)])).toEqual(whole)
      }),
      { numRuns: 60 },
    )
    expect(stream([...text])).toEqual(whole)
  }, 60_000)
  test('goes on behind garbage', () => {
    const { frames } = stream([`\x01garbage 12\x7f\xff${NRM}\r\n??AB12\r\n${LOGIN}$$$${NRM}\r\n`])
    expect(frames).toEqual([`${NRM}\r\n`, LOGIN, `${NRM}\r\n`])
  })
  test('gives up a sentence of more than 1024 bytes', () => {
    expect(split(`$,NRM,${'A'.repeat(1017)}`)).toBe(NEED_MORE)
    expect(split(`$,NRM,${'A'.repeat(1018)}`)).toBe(-1024)
  })
  test('a C-DAC batch is as long as it says', () => {
    const batch = textOf(
      encodeFixedBatch(
        IMEI,
        Array.from({ length: 40 }, () => ({ ...PLACE })),
      ),
    )
    expect(split(batch)).toBe(21 + 40 * 78)
    expect(split(batch.slice(0, -1), 1000)).toBe(NEED_MORE)
    expect(takeText(batch)[0].rows).toHaveLength(40)
    expect(takeText(batch.slice(0, -1))[0].rows).toHaveLength(39)
  })
  test('random and mutated bytes: nothing throws, splitting ends, nothing outside is read', () => {
    const frames = fixtures.map(vectorBytes)
    const guarded = (bytes: Uint8Array) => {
      const whole = Uint8Array.from([...bytesOfText('$NRM'), ...bytes, ...bytesOfText('*\r\n00')])
      const reads = new Proxy(whole, {
        get: (target, name) => {
          const index = typeof name === 'string' ? Number(name) : NaN
          if (index < 4 || index >= 4 + bytes.length) throw new Error(`read at ${index - 4} of ${bytes.length}`)
          return Reflect.get(target, name) as unknown
        },
      })
      return codec.split(reads, 4, 4 + bytes.length, FINAL)
    }
    const flips = fc.array(fc.tuple(fc.nat(600), fc.constantFrom(...bytesOfText('$*,\r\n09AH.N'))), { maxLength: 5 })
    fc.assert(
      fc.property(fc.constantFrom(...frames), flips, fc.nat(600), (frame, changes, cut) => {
        const bytes = frame.slice(0, 1 + (cut % frame.length))
        for (const [at, value] of changes) bytes[at % bytes.length] = value
        const { frames: found, skipped } = splitAll(codec, bytes)
        expect([...found, ...skipped].reduce((sum, part) => sum + part.length, 0)).toBe(bytes.length)
        for (const each of found) take(codec, each, session(IMEI))
        guarded(bytes)
      }),
      { numRuns: 1500 },
    )
  })
})

describe('ais140 identity and replies', () => {
  const identify = (text: string) =>
    codec.identify(bytesOfText(text), 0, text.length, new Uint8Array(24), new Int32Array(2))
  test('a login without an IMEI, and an IMEI of zeros, are refused', () => {
    expect(identify('$,LGN,MARK,MH12AB1234,86917003123456A,V0.0.1,*')).toBe(BAD_IDENTITY)
    expect(identify('$,LGN,MARK,,000000000000000,V0.0.1,*')).toBe(BAD_IDENTITY)
    expect(identify('NRM000000000000000')).toBe(BAD_IDENTITY)
    expect(identify('$,HBT,MARK,V1,95*')).toBe(0)
  })
  test('the answer to a login is the receive time, on any day', () => {
    fc.assert(
      fc.property(fc.integer({ min: 946_684_800, max: 4_102_444_799 }), (seconds) => {
        const iso = new Date(seconds * 1000).toISOString()
        const stamp = iso.slice(8, 10) + iso.slice(5, 7) + iso.slice(0, 4) + iso.slice(11, 19).replaceAll(':', '')
        expect(textOf(take(codec, bytesOfText(LOGIN), session(), seconds * 1000).ack)).toBe(`$LGN${stamp}*`)
      }),
      { numRuns: 500 },
    )
  })
  test('locations are answered only when the option says so', () => {
    expect(take(codec, bytesOfText(NRM)).ack).toHaveLength(0)
    const answering = ais140(ais140Options.parse({ ack_locations: true }))
    expect(textOf(take(answering, bytesOfText(NRM)).ack)).toBe(`$,NRM,${IMEI},1*`)
  })
  test('frame number, checksum and terminator are not in the hash', () => {
    const hash = (text: string) => {
      const into = new Uint32Array(2)
      codec.hash(bytesOfText(text), 0, text.length, into)
      return [...into]
    }
    const other = textOf(encodeLocation({ ...PLACE, frameNumber: 77, extra: ['0001'], terminator: '*9A\r\n' }))
    expect(hash(other)).toEqual(hash(NRM))
    expect(hash(textOf(encodeLocation({ ...PLACE, ignition: false })))).not.toEqual(hash(NRM))
  })
})

describe('ais140 decode', () => {
  const alarms = (texts: readonly Uint8Array[]) => {
    const into = session()
    return texts.map((text) => take(codec, text, into, RECEIVED).rows[0].alarms)
  }
  test('a flag that stays set raises its alarm once, and again after it was clear', () => {
    const pressed = encodeLocation({ ...PLACE, emergency: true })
    const open = encodeLocation({ ...PLACE, tamper: true })
    const calm = encodeLocation(PLACE)
    expect(alarms([pressed, pressed, calm, pressed])).toEqual([['sos'], [], [], ['sos']])
    expect(alarms([open, open, calm, open])).toEqual([['tamper'], [], [], ['tamper']])
  })
  test('stored sentences between live ones have flags of their own', () => {
    const pressed = encodeLocation({ ...PLACE, emergency: true })
    const old = encodeLocation({ ...PLACE, stored: true })
    expect(alarms([pressed, old, pressed])).toEqual([['sos'], [], []])
    expect(alarms([encodeEmergency(PLACE), pressed])).toEqual([['sos'], []])
    expect(alarms([encodeEmergency(PLACE), encodeEmergency({ ...PLACE, cleared: true }), pressed])).toEqual([['sos'], ['sos_cleared'], ['sos']]) // prettier-ignore
  })
  test('an id that names an event wins over the type, else the type does', () => {
    expect(alarms([encodeLocation({ ...PLACE, packetType: 'EA', alert: 3 })])).toEqual([['power_cut']])
    expect(alarms([encodeLocation({ ...PLACE, packetType: 'EA', alert: 19 })])).toEqual([['sos']])
  })
  test('every shorter sentence decodes, and the fix stays while its numbers are there', () => {
    for (let fields = 0; fields <= 44; fields++) {
      const { rows, reject } = take(codec, encodeLocation({ ...PLACE, fields }), session(), RECEIVED)
      expect([fields, reject, rows[0].table]).toEqual([fields, null, fields >= 7 ? 'fixes' : 'telemetry'])
    }
  })
  test('a time more than a day ahead, or before 2005, makes no fix', () => {
    for (const timeMs of [RECEIVED + 2 * 86_400_000, Date.UTC(2000, 0, 1)]) {
      const [row] = take(codec, encodeLocation({ ...PLACE, timeMs }), session(), RECEIVED).rows
      expect([row.table, row.attributes.latitude, row.sent_at]).toEqual(['telemetry', 18.52043, null])
      expect(row.attributes.device_time).toMatch(/^\d{8},\d{6}$/)
    }
  })
  test('a place off the globe is kept as sent', () => {
    const [row] = takeText(NRM.replace('73.856744', '193.856744')).at(-1)!.rows
    expect([row.table, row.attributes.longitude]).toEqual(['telemetry', '193.856744'])
  })
  test('EPB with the distance before the speed needs its option', () => {
    const swapped = ais140(ais140Options.parse({ epb_distance_first: true }))
    const frame = encodeEmergency({ ...PLACE, speedKph: 42, distance: 1.5, distanceFirst: true })
    const [row] = take(swapped, frame, session(), RECEIVED).rows
    expect([row.speed_kph, row.attributes.distance]).toEqual([42, 1.5])
  })

  test('a C-DAC record whose cell id is no number has none', () => {
    const text = 'NRM86917003123456701L1140326074504018.520430N073.856744E40422x1F2A000046f20054.00137.2011012211M'
    const [row] = takeText(text)[0].rows
    expect([row.mcc, row.mnc, row.lac, row.cell_id]).toEqual([404, 22, 0x1f2a, null])
  })
})

test('ais140 split: a batch that lost bytes ends where the next sentence begins, whose position is not its own', () => {
  const record = '01H1140326074509018.520430N073.856744E40422x1F2A000046020054.00137.2011012211M'
  const batch = `BTH869170031234567003${record}${record}${record}`
  const next = `NRM869170031234575${record}`
  for (let lost = 1; lost < 2 * record.length; lost++) {
    const torn = batch.slice(0, batch.length - lost)
    const bytes = bytesOfText(torn + next)
    expect(codec.split(bytes, 0, bytes.length, 0)).toBe(torn.length)
  }
})

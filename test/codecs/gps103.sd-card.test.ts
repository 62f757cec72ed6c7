/** gps103: logs from the SD card. A stored sentence is the frame it would have been live. */
import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { encodeCellReport, encodeObd, encodeReport, encodeStar } from '../../src/codecs/gps103/encode.ts'
import { gps103, gps103Options } from '../../src/codecs/gps103/index.ts'
import { sdCardFrames } from '../../src/codecs/gps103/sd-card.ts'
import { bytesOfText, session, take, textOf } from './harness.ts'

const codec = gps103(gps103Options.parse({}))
const ID = '864893031234567'
const NOW = Date.parse('2026-03-20T08:00:00Z')
const at = (time: string) => Date.parse(`2026-03-14T${time}Z`)
const PLACE = { id: ID, latE7: 403_628_833, lonE7: 299_166_950, zoneMinutes: 180, minuteDecimals: 5 }
const fix = (timeMs: number, terminator = ';') => textOf(encodeReport({ ...PLACE, timeMs, terminator }))
const read = (log: string) => {
  const { frames, skipped } = sdCardFrames(bytesOfText(log), NOW)
  return {
    frames: frames.map(({ frame, line }) => [line, textOf(frame)]),
    skipped: skipped.map(({ bytes, line, reason }) => [line, reason, textOf(bytes)]),
  }
}
const hashOf = (frame: Uint8Array) => {
  const hash = new Uint32Array(2)
  codec.hash(frame, 0, frame.length, hash)
  return [...hash]
}

describe('gps103 SD card', () => {
  const [one, two] = [fix(at('09:00:03')), fix(at('09:00:33'))]

  test('sentences end with a semicolon or a line end, whichever the card has', () => {
    for (const log of [`${one}\r\n${two}\r\n`, `${one}\n${two}\n`, `${one}\n${two}`, `${one}\r\n\0\0${two}\r\n\0\0\0`])
      expect(read(log)).toEqual({
        frames: [
          [1, one],
          [2, two],
        ],
        skipped: [],
      })
    expect(read(`${one}${two}\n\n\n${one}`).frames).toEqual([
      [1, one],
      [1, two],
      [4, one],
    ])
    const [bareOne, bareTwo] = [one.slice(0, -1), two.slice(0, -1)]
    expect(read(`${bareOne}\r\n${bareTwo}\r\n`)).toEqual({
      frames: [
        [1, `${bareOne}\r`],
        [2, `${bareTwo}\r`],
      ],
      skipped: [],
    })
  })

  test('a stored sentence has the hash, the device and the row of the same sentence live, whatever ended it', () => {
    const records = [
      encodeReport({ ...PLACE, timeMs: at('09:00:03'), speedKph: 20, course: 30, ignition: true, keyword: 'move' }),
      encodeReport({ ...PLACE, timeMs: at('23:59:59'), valid: false }),
      encodeCellReport({
        id: ID,
        keyword: 'ac alarm',
        timeMs: at('09:01:00'),
        zoneMinutes: 180,
        lac: 0x1a2b,
        cellId: 7,
      }),
      encodeObd({ id: ID, timeMs: at('09:01:30'), zoneMinutes: 180, odometerKm: 7 }),
    ].map((frame) => textOf(frame).replace(/;$/, ''))
    for (const end of [';\r\n', ';\n', '\r\n', '\n', ';']) {
      const [live, stored] = [session(), session()]
      const { frames, skipped } = sdCardFrames(bytesOfText(records.map((text) => text + end).join('')), NOW)
      expect(skipped).toEqual([])
      expect(frames).toHaveLength(records.length)
      for (const [index, { frame }] of frames.entries()) {
        const was = take(codec, bytesOfText(`${records[index]};`), live, NOW)
        const is = take(codec, frame, stored, NOW)
        expect(is.rows).toEqual(was.rows)
        expect(is.device).toBe(ID)
        expect(hashOf(frame)).toEqual(hashOf(bytesOfText(`${records[index]};`)))
        expect(is.rows[0].buffered).toBe(true)
      }
    }
  })

  test('records keep their own times: those without one are left out, with a reason', () => {
    const cases: [line: string, reason: string][] = [
      [`##,imei:${ID},A;`, 'no_record'],
      [`imei:${ID},L,*`, 'no_record'],
      [`${ID};`, 'no_record'],
      [`imei:${ID},tracker,000000000,,L,,,fa8,,c9af,,,,;`, 'no_date'],
      [`imei:${ID},help me,,,L,;`, 'no_date'],
      [`imei:${ID},tracker,,,F,090003.000,A,4021.7730,N,02955.0017,E,0.00,0;`, 'no_date'],
      [`imei:${ID},tracker,000101000003,,F,090003.000,A,4021.7730,N,02955.0017,E,0.00,0;`, 'no_date'],
      [`imei:${ID},tracker,260401120003,,F,090003.000,A,4021.7730,N,02955.0017,E,0.00,0;`, 'no_date'],
      [`imei:${ID},tracker,260230120003,,F,090003.000,A,4021.7730,N,02955.0017,E,0.00,0;`, 'no_date'],
      [`imei:${ID},vr,0000010041420000;`, 'no_date'],
      [`imei:86x,tracker,260314120003,,L,;`, 'bad_identity'],
      [`**,imei:${ID},101,10s;`, 'not_a_frame'],
      ['(031234567890BR00260314A5130.4521N00007.6512W022.9205902278.150100002AL0001E240)', 'not_a_frame'],
      ['date,time,lat,lon', 'not_a_frame'],
    ]
    const { frames, skipped } = read(`${cases.map(([line]) => line).join('\r\n')}\r\n${one}\r\n`)
    expect(frames).toEqual([[cases.length + 1, one]])
    expect(skipped).toEqual(cases.map(([line, reason], index) => [index + 1, reason, skippedText(line)]))
    // Behind a semicolon or star the carriage return is padding; garbage takes it along.
    function skippedText(line: string) {
      return /[;*]$/.test(line) ? line : `${line}\r`
    }
  })

  test('the end of a file without a terminator is a record cut off', () => {
    for (const cut of [1, 5, 20, 60]) {
      const part = two.slice(0, -cut)
      expect(read(`${one}\r\n${part}`)).toEqual({ frames: [[1, one]], skipped: [[2, 'cut_off', part]] })
    }
    const star = textOf(
      encodeStar({
        ...PLACE,
        name: 'van',
        timeMs: at('09:00:03'),
        valid: true,
        rssi: 1,
        speedKph: 2,
        courseDeg: 3,
        altitudeM: 4,
        hdop: 1,
        satellites: 5,
        ignition: true,
        charging: true,
      }),
    )
    expect(read(star).frames).toEqual([[1, star]])
    expect(read(star.replace('140326', '------')).skipped[0][1]).toBe('no_date')
  })

  test('dispatch reports and TPMS have their date where they have it', () => {
    const lines = [
      textOf(encodeReport({ ...PLACE, timeMs: at('09:00:03'), keyword: '175', order: '1234567890123' })),
      `imei:${ID},TPMS,260314120000,0,1,245.50,31,00000000;`,
      `imei:${ID},tracker,26/03/14 12:00,,F,090003.000,A,4021.7730,N,02955.0017,E,0.00,0;`,
    ]
    expect(read(lines.join('\n')).frames).toEqual(lines.map((line, index) => [index + 1, line]))
  })

  test('whatever the file holds, every byte is a frame, a skipped piece or padding, in linear time', () => {
    const piece = fc.constantFrom(
      one,
      two.slice(0, -1),
      `${ID};`,
      '##,',
      'imei:',
      ';',
      '\r\n',
      '\n',
      '\r',
      '\0',
      'x',
      '1',
      ',*',
      '\xff',
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        const log = bytesOfText(pieces.join(''))
        const { frames, skipped } = sdCardFrames(log, NOW)
        const said = [...frames.map(({ frame }) => frame), ...skipped.map(({ bytes }) => bytes)]
        const count = (parts: Uint8Array[], wanted: (byte: number) => boolean) =>
          parts.reduce((sum, part) => sum + part.filter(wanted).length, 0)
        const isText = (byte: number) => ![0, 0x0a, 0x0d, 0x20].includes(byte)
        expect(count(said, isText)).toBe(count([log], isText))
        for (const { frame } of frames) expect(take(codec, frame, session(), NOW).reject).toBeNull()
      }),
      { numRuns: 1000 },
    )
    const started = performance.now()
    expect(sdCardFrames(bytesOfText(`${one}\r\n`.repeat(20_000)), NOW).frames).toHaveLength(20_000)
    expect(sdCardFrames(bytesOfText('x'.repeat(2_000_000)), NOW).skipped).toHaveLength(1)
    expect(performance.now() - started).toBeLessThan(2000)
  })
})

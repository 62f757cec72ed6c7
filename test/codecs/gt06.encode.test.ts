/** Encoders against the bytes of the papers. */
import { expect, test } from 'bun:test'
import * as commands from '../../src/codecs/gt06/commands.ts'
import * as encode from '../../src/codecs/gt06/encode.ts'
import { gt06, gt06Options } from '../../src/codecs/gt06/index.ts'
import { hexOf, take } from './harness.ts'

const codec = gt06(gt06Options.parse({}))

test('gt06 encode: zone words of the papers', () => {
  expect([encode.zoneWord(480), encode.zoneWord(-765), encode.zoneWord(330, 2)]).toEqual([0x3200, 0x4dd8, 0x2122])
})

test('gt06 encode: commands have the bytes of the papers', () => {
  for (const [frame, hex] of [
    [commands.command('sos#'), '78780e800800000000736f732300016d6a0d0a'],
    [commands.command('sos#', { language: 2 }), '787810800800000000736f7323000200019a170d0a'],
    [
      commands.command(commands.CommandText.cutFuel, { flag: 0x2a, language: 2 }),
      '787814800c0000002a52454c41592c31230002000178720d0a',
    ],
    [commands.command(commands.CommandText.cutFuel, { flag: 0x2a }), '787812800c0000002a52454c41592c31230001de4f0d0a'],
    [
      commands.command(commands.CommandText.restoreFuel, { flag: 0x2b, serial: 2, language: 2 }),
      '787814800c0000002b52454c41592c3023000200024b6f0d0a',
    ],
    [
      commands.command('DYD,000000#', { flag: 0x1a958, serial: 0xa0 }),
      '787815800f0001a9584459442c3030303030302300a0dcf10d0a',
    ],
  ] as const)
    expect(hexOf(frame)).toBe(hex)
})

test('gt06 encode: command texts', () => {
  const { timer, server, apn, data, heartbeat, voltageReports, cutFuelOld, restoreFuelOld } = commands.CommandText
  expect([timer(60), timer(10, 300)]).toEqual(['TIMER,60#', 'TIMER,10,300#'])
  expect([server('gps.example.org', 8888), server('192.0.2.7', 8888, true)]).toEqual([
    'SERVER,1,gps.example.org,8888,0#',
    'SERVER,0,192.0.2.7,8888,1#',
  ])
  expect([apn('internet'), apn('internet', 'me', 'secret')]).toEqual(['APN,internet#', 'APN,internet,me,secret#'])
  expect([data(true), data(false)]).toEqual(['GPRSON,1#', 'GPRSON,0#'])
  expect([heartbeat(3, 5), voltageReports(30)]).toEqual(['HBT,3,5#', 'ADT,ON,30#'])
  expect([cutFuelOld(), restoreFuelOld('123456')]).toEqual(['DYD,000000#', 'HFYD,123456#'])
})

test('gt06 encode: an address has the bytes of the papers', () => {
  const said = { text: 'NA', phone: '9876543210', serial: 0x17 }
  expect(hexOf(commands.address(said))).toBe(
    '7979002f970028000000004144445245535326264e4126263938373635343332313000000000000000000000002323001711ea0d0a',
  )
  const utf16 = commands.address({ ...said, text: 'Ü', utf16: true })
  expect(hexOf(utf16)).toContain(hexOf(Uint8Array.from(Buffer.from('ADDRESS&&\0\xdc&&9876543210', 'latin1'))))
  const chinese = commands.addressChinese({ ...said, text: '浦', flag: 7 })
  expect(hexOf(chinese).slice(0, 46)).toBe('78782e172800000007414444524553532626' + '6d66' + '262639')
  const alarm = hexOf(commands.address({ text: 'NA' }))
  expect(alarm).toContain(hexOf(Uint8Array.from(Buffer.from(`ALARMSMS&&NA&&${'0'.repeat(21)}##`))))
})

test('gt06 encode: a card is confirmed, and a photo asked for, in the bytes of the papers', () => {
  expect(hexOf(commands.cardAnswer(true, 0x1e))).toBe('797900079b0201001e730d0d0a')
  expect(hexOf(commands.cardAnswer(false, 1)).slice(0, 14)).toBe('797900079b0200')
  expect(hexOf(commands.photoRequest(0x01020304, 2048, 1024, 5)).slice(0, 32)).toBe(
    '78780f360102030400000800' + '04000005',
  )
  expect(() => commands.photoRequest(1, 0, 1025, 1)).toThrow(RangeError)
})

test('gt06 encode: a text that does not fit is refused', () => {
  expect(() => commands.command('A'.repeat(240))).not.toThrow()
  expect(() => commands.command('A'.repeat(240), { language: 2 })).not.toThrow()
  expect(() => commands.command('A'.repeat(241))).toThrow(RangeError)
  for (const text of ['', 'RESET#\r\n', 'ü#']) expect(() => commands.command(text)).toThrow(RangeError)
})

test('gt06 encode: a command is never acknowledged', () => {
  expect(hexOf(take(codec, commands.command('RESET#')).ack)).toBe('')
})

test('gt06 encode: a simulated tracker finds its acks in a stream', () => {
  const ack = take(codec, encode.heartbeat({}, 7)).ack
  for (let length = 0; length < ack.length; length++) expect(encode.ackSize(ack, 0, length)).toBe(0)
  expect(encode.ackSize(ack, 0, ack.length)).toBe(10)
  expect(encode.ackSize(Uint8Array.of(1, 2, 3, 4), 0, 4)).toBe(-1)
  const long = encode.frame(0x33, [], 9, true)
  expect([encode.ackSize(long, 0, 11), encode.ackNumber(long, 0), encode.ackSerial(long, 0, 11)]).toEqual([11, 0x33, 9])
})

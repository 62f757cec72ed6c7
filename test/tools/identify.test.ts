import { expect, test } from 'bun:test'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { codecOptions, createCodecs } from '../../src/codecs/registry.ts'
import { identify, readArgument, report } from '../../src/tools/identify.ts'

const codecs = createCodecs(codecOptions.parse({}))
const of = (argument: string, device = '') => {
  const bytes = readArgument(argument)
  const found = identify(codecs, bytes, device)
  return { found, text: report(found, bytes) }
}
const LOGIN = '78781101086917003123456720032122000100b10d0a'
const LOCATION = '787822221a030e072d09cb01fcadc607ec893b3614890194161f2a00b3c40100000003d3af0d0a'

test('identify: names the protocol, splits, decodes with the session and shows each ack', () => {
  const { found, text } = of(LOGIN + LOCATION)
  expect(found.protocol).toBe('gt06')
  expect(found.parts.map((part) => [part.offset, part.bytes.length, part.decoded?.device])).toEqual([
    [0, 22, '869170031234567'],
    [22, 39, '869170031234567'],
  ])
  expect(text).toContain('ack: 787805010001d9dc0d0a')
  expect(text).toContain('attributes of the session: {"type_code":8195,"timezone_minutes":330,"language":2}')
  expect(text).toContain('latitude: 18.52043')
  expect(text).toContain('row of fixes')
  expect(text).toContain('certain after 4 bytes')
  expect(text).toContain('signature "78 78, a known number": xx[')
  expect(text).toContain('satisfied by the first 4 bytes: 78781101')
  expect(text).toContain('not jt808: byte 1 ("x") speaks against it: "7e, message" takes ~ there')
})

test('identify: text is taken as text, with line ends written out', () => {
  const { found, text } = of(String.raw`##,imei:864893031234567,A;\r\n864893031234567;`)
  expect(found.protocol).toBe('gps103')
  expect(found.parts.filter((part) => part.decoded).length).toBe(2)
  expect(text).toContain('ack: "LOAD"')
  expect(text).toContain('ack: "ON"')
})

test('identify: garbage between frames is shown where it lies', () => {
  const { text } = of(`${LOGIN}00112233${LOCATION}`)
  expect(text).toContain('At 22, 4 bytes that are no frame: 00112233')
})

test('identify: for unknown bytes the nearest protocol is named, and what speaks against it', () => {
  const { found, text } = of('imex:864893031234567')
  expect(found.protocol).toBeNull()
  expect(text).toContain('No protocol of this gateway')
  expect(text).toContain('gps103: byte 4 ("x") speaks against it: "report" takes i there')
  expect(text.indexOf('gps103:')).toBeLessThan(text.indexOf('gt06: byte 1'))
})

test('identify: what is cut off, contradicted or another protocol in disguise is said in these words', () => {
  expect(of('[3G*88000').text).toContain('watch: nothing speaks against it, but "header" needs more bytes: next * 0-9')
  expect(of('(880316890094910BP00XG00b6').text).toContain(
    'tk103: byte 22 ("G") speaks against it: it makes "command behind a header" another protocol\'s opening',
  )
  const unknown = '78780acc010203040506'
  expect(of(unknown).text).toContain(
    'gt06: nothing speaks against it, but what would confirm "78 78, a whole frame of an unknown number" is not there yet',
  )
  expect(of(`${unknown}0708090a0b`).text).toContain(
    'gt06: "78 78, a whole frame of an unknown number" is satisfied by 4 bytes, but the bytes behind them contradict it',
  )
})

test('identify: a protocol may be merely possible, and line ends in front do not matter', () => {
  const { found, text } = of(String.raw`\r\n864893031234567`)
  expect(found.protocol).toBe('gps103')
  expect(text).toContain('signature "heartbeat without its end"')
  expect(found.parts.map((part) => [part.offset, part.decoded?.device])).toEqual([
    [0, undefined],
    [2, '864893031234567'],
  ])
})

test('identify: a client that is no tracker is called so', () => {
  expect(of('GET / HTTP/1.1').text).toContain('TLS, HTTP or SSH client (HTTP request)')
})

test('identify: a file may hold bytes or hex', () => {
  const directory = mkdtempSync(join(tmpdir(), 'waygate-identify-'))
  try {
    writeFileSync(join(directory, 'bytes'), Buffer.from(LOGIN, 'hex'))
    writeFileSync(join(directory, 'hex'), `${LOGIN.match(/../g)!.join(' ')}\n`)
    for (const name of ['bytes', 'hex']) expect(of(join(directory, name)).found.protocol).toBe('gt06')
  } finally {
    rmSync(directory, { recursive: true })
  }
})

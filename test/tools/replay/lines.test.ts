import { expect, test } from 'bun:test'
import { readLines } from '../../../src/tools/replay/lines.ts'

const T0 = Date.UTC(2026, 5, 1, 10)
const LOGIN = '78780d01012345678901234500018cdd0d0a'
const taken = (text: string) =>
  readLines(text, 'f').chunks.map(({ flow, remote, timeMs, bytes }) => [
    flow,
    remote,
    timeMs,
    Buffer.from(bytes).toString('hex'),
  ])

test('lines: hex with and without a time, spaces and comments', () => {
  const text = [
    '# recorded in the yard',
    LOGIN,
    '',
    `2026-06-01T10:00:00.250Z ${LOGIN}`,
    `2026-06-01 10:00:01 ${LOGIN.replaceAll(/(..)/g, '$1 ')}`,
    `2026-06-01T12:00:02+02:00 ${LOGIN.toUpperCase()}`,
    `2026-06-01 12:00:03 +0200 ${LOGIN}`,
  ].join('\r\n')
  expect(taken(text)).toEqual([
    ['f', '', NaN, LOGIN],
    ['f', '', T0 + 250, LOGIN],
    ['f', '', T0 + 1000, LOGIN],
    ['f', '', T0 + 2000, LOGIN],
    ['f', '', T0 + 3000, LOGIN],
  ])
})

test('lines: a log gives what came in, by connection, and nothing else', () => {
  const text = `
2026-06-01 10:00:00  INFO: [T5d8c3f2a: gt06 < 203.0.113.5] ${LOGIN}
2026-06-01 10:00:00  INFO: [T5d8c3f2a: gt06 > 203.0.113.5] 787805010001d9dc0d0a
2026-06-01 10:00:01  INFO: [T5d8c3f2a] id: 123456789012345, time: 2026-06-01 10:00:00, lat: 1
2026-06-01 10:00:02 DEBUG: [A1B2C3D4: 5023 < 203.0.113.6] HEX: ${LOGIN}
2026-06-01 10:00:02 DEBUG: [A1B2C3D4: 5023 > 203.0.113.6] HEX: 787805010001d9dc0d0a
[2026-06-01 10:00:03,5] device said HEX: ${LOGIN}
`
  expect(taken(text)).toEqual([
    ['f T5d8c3f2a', '203.0.113.5', T0, LOGIN],
    ['f A1B2C3D4', '203.0.113.6', T0 + 2000, LOGIN],
    ['f', '', T0 + 3500, LOGIN],
  ])
  expect(readLines(text, 'f').skipped).toEqual([])
})

test('lines: of a dump, a line that is no hex is told', () => {
  expect(readLines(`${LOGIN}\nhello\n7878zz\n787\n`, 'f').skipped).toEqual([
    'line 2: neither hex nor a time and hex',
    'line 3: neither hex nor a time and hex',
    'line 4: neither hex nor a time and hex',
  ])
})

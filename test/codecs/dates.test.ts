import { expect, test } from 'bun:test'
import {
  centuryMs,
  CIVIL,
  DAY_MS,
  dayNumber,
  dayOfCentury,
  ISO_TEXT,
  NO_DAY,
  readCivil,
  writeIsoText,
} from '../../src/codecs/dates.ts'

const written = (ms: number) => {
  writeIsoText(ms)
  return Buffer.from(ISO_TEXT).toString('latin1')
}

test('dates: every day from 1970 to 2105 is written as the runtime writes it', () => {
  for (let day = 0; day < 136 * 365.25; day++) {
    const ms = day * 86_400_000 + (day % 86_400) * 1000
    expect(written(ms)).toBe(new Date(ms).toISOString().replace('.000', ''))
  }
})

test('dates: every day of the years 0 to 9999 has its number, and back', () => {
  const first = Date.parse('0000-01-01T00:00:00Z') / DAY_MS
  const last = Date.parse('9999-12-31T00:00:00Z') / DAY_MS
  let wrong = 0
  for (let number = first; number <= last; number++) {
    readCivil(number * DAY_MS)
    if (dayNumber(CIVIL[0], CIVIL[1], CIVIL[2]) !== number) wrong++
  }
  expect(wrong).toBe(0)
})

test('dates: a day that there is not is none', () => {
  for (const [year, month, day] of [
    [2023, 2, 29],
    [2100, 2, 29],
    [2024, 2, 30],
    [2024, 4, 31],
    [2024, 0, 1],
    [2024, 13, 1],
    [2024, 1, 0],
    [2024, 12, 32],
    [2024, -1, 1],
    [2024, 1, -1],
  ])
    expect([year, month, day, dayNumber(year, month, day)]).toEqual([year, month, day, NO_DAY])
  expect(dayNumber(2000, 2, 29)).toBe(Date.parse('2000-02-29') / DAY_MS)
  for (let year = 2000; year < 2100; year++)
    for (let month = 0; month <= 13; month++)
      for (let day = 0; day <= 32; day++)
        expect(dayOfCentury(year - 2000, month, day)).toBe(dayNumber(year, month, day))
  expect([dayOfCentury(-1, 1, 1), dayOfCentury(100, 1, 1)]).toEqual([NO_DAY, NO_DAY])
  expect(dayOfCentury(99, 12, 31)).toBe(Date.parse('2099-12-31') / DAY_MS)
})

test('dates: a moment of the century needs a day and a time of day', () => {
  expect(centuryMs(26, 3, 14, 23, 59, 59)).toBe(Date.parse('2026-03-14T23:59:59Z'))
  const wrong: Parameters<typeof centuryMs>[] = [
    [26, 2, 29, 0, 0, 0],
    [26, 3, 14, 24, 0, 0],
    [26, 3, 14, 0, 60, 0],
    [26, 3, 14, 0, 0, 60],
    [26, 3, 14, -1, 0, 0],
    [26, 3, 14, 0, -1, 0],
    [26, 3, 14, 0, 0, -1],
  ]
  for (const parts of wrong) expect(centuryMs(...parts)).toBeNaN()
})

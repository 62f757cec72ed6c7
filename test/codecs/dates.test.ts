import { expect, test } from 'bun:test'
import { ISO_TEXT, writeIsoText } from '../../src/codecs/dates.ts'

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

import { expect, test } from 'bun:test'
import { Records } from '../../src/codecs/records.ts'
import { rowOf } from '../../src/codecs/row.ts'

const latin1 = (text: string) => Uint8Array.from(Buffer.from(text, 'latin1'))

test('records: a message name that a tracker made up is short and printable', () => {
  const records = new Records()
  for (const name of ['UD_LTE', 'caf\xe9\x00\n', 'x'.repeat(5000), '']) {
    records.beginNamed(latin1(name), 0, name.length)
    records.end()
  }
  const names = Array.from({ length: records.rows }, (_, row) => rowOf(records, row).message)
  expect(names).toEqual(['UD_LTE', 'caf???', 'x'.repeat(32), ''])
})

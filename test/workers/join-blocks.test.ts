import { expect, test } from 'bun:test'
import { joinBlocks } from '../../src/workers/join-blocks.ts'
import type { NativeBlock } from '../../src/workers/native.ts'

const text = (value: string) => [value.length, ...Buffer.from(value)]
const column = (name: string, type: string, values: number[]) => [...text(name), ...text(type), ...values]
const end = (value: number) => [value, 0, 0, 0, 0, 0, 0, 0]
const block = (columns: number, rows: number, ...data: number[][]): NativeBlock => {
  let end = 2
  const columnEnds = Uint32Array.from(data, ({ length }) => (end += length))
  return { bytes: Uint8Array.from([columns, rows, ...data.flat()]), columnEnds }
}

test('join: rows follow each other, NULL maps before values, ends of arrays counting on', () => {
  const one = block(
    4,
    2,
    column('s', 'String', [...text('ab'), ...text('')]),
    column('n', 'Nullable(UInt16)', [0, 1, 7, 0, 0, 0]),
    column('a', 'Array(String)', [...end(1), ...end(3), ...text('x'), ...text('y'), ...text('z')]),
    column('t', "DateTime64(3, 'UTC')", [...end(1), ...end(2)]),
  )
  const two = block(
    4,
    1,
    column('s', 'String', text('c')),
    column('n', 'Nullable(UInt16)', [0, 9, 0]),
    column('a', 'Array(String)', [...end(1), ...text('w')]),
    column('t', "DateTime64(3, 'UTC')", end(3)),
  )
  expect(Buffer.concat(joinBlocks([one, two]))).toEqual(
    Buffer.from(
      block(
        4,
        3,
        column('s', 'String', [...text('ab'), ...text(''), ...text('c')]),
        column('n', 'Nullable(UInt16)', [0, 1, 0, 7, 0, 0, 0, 9, 0]),
        column('a', 'Array(String)', [
          ...end(1),
          ...end(3),
          ...end(4),
          ...text('x'),
          ...text('y'),
          ...text('z'),
          ...text('w'),
        ]),
        column('t', "DateTime64(3, 'UTC')", [...end(1), ...end(2), ...end(3)]),
      ).bytes,
    ),
  )
})

test('join: a block alone is itself', () => {
  const alone = block(1, 1, column('s', 'String', text('c')))
  expect(joinBlocks([alone])).toEqual([alone.bytes])
})

test('join: a block that is cut off is an error', () => {
  const { bytes, columnEnds } = block(1, 1, column('s', 'String', text('c')))
  const cut = { bytes: bytes.subarray(0, bytes.length - 2), columnEnds }
  expect(() => joinBlocks([{ bytes, columnEnds }, cut])).toThrow('ends within')
})

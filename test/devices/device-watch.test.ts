import { afterAll, expect, test } from 'bun:test'
import { mkdtempSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import type { DeviceList } from '../../src/devices/device-list.ts'
import { DeviceFileWrong, DeviceWatch } from '../../src/devices/device-watch.ts'
import { eventually } from '../integration/gateway-process.ts'

const directory = mkdtempSync(join(tmpdir(), 'waygate-watch-'))
afterAll(() => rmSync(directory, { recursive: true }))

function watch(path: string) {
  const lists: string[][] = []
  const watched = new DeviceWatch(path, 'accept', pino({ level: 'silent' }))
  watched.start((list: DeviceList) => void lists.push(list.devices.map(({ id }) => id)))
  return { watched, lists }
}

test('device watch: a change is seen whether the file is written, replaced or linked anew', async () => {
  const path = join(directory, 'fleet.csv')
  writeFileSync(path, 'id\n1\n')
  const { watched, lists } = watch(path)
  expect(watched.list.devices.map(({ id }) => id)).toEqual(['1'])
  writeFileSync(path, 'id\n1\n2\n')
  await eventually(
    async () => lists.length,
    (count) => count === 1,
    10_000,
  )
  writeFileSync(`${path}.new`, 'id\n3\n')
  renameSync(`${path}.new`, path)
  await eventually(
    async () => lists.length,
    (count) => count === 2,
    10_000,
  )
  writeFileSync(join(directory, 'other.csv'), 'id\n4\n')
  unlinkSync(path)
  symlinkSync(join(directory, 'other.csv'), path)
  await eventually(
    async () => lists.length,
    (count) => count === 3,
    10_000,
  )
  watched.stop()
  expect(lists).toEqual([['1', '2'], ['3'], ['4']])
})

test('device watch: a file that is still being written is left alone', async () => {
  const path = join(directory, 'growing.csv')
  writeFileSync(path, 'id\n1\n')
  const { watched, lists } = watch(path)
  let text = 'id\n'
  for (let device = 1; device <= 30; device++) {
    writeFileSync(path, '')
    text += `${device}\n`
    writeFileSync(path, text)
    await Bun.sleep(50)
  }
  await eventually(
    async () => lists.length,
    (count) => count > 0,
    10_000,
  )
  watched.stop()
  expect(lists).toEqual([Array.from({ length: 30 }, (_, index) => String(index + 1))])
})

test('device watch: a path that leads nowhere is trouble, and goes again', async () => {
  const path = join(directory, 'loop.csv')
  writeFileSync(path, 'id\n1\n')
  const { watched, lists } = watch(path)
  unlinkSync(path)
  symlinkSync(path, path)
  await eventually(
    async () => watched.trouble,
    (trouble) => trouble !== '',
    10_000,
  )
  expect(watched.trouble).toContain('it cannot be read')
  expect(watched.list.devices).toHaveLength(1)
  unlinkSync(path)
  writeFileSync(path, 'id\n7\n')
  await eventually(
    async () => watched.trouble,
    (trouble) => trouble === '',
    10_000,
  )
  watched.stop()
  expect(lists).toEqual([['7']])
})

test('device watch: without a right file there is no start', () => {
  writeFileSync(join(directory, 'wrong.csv'), 'id\n!\n')
  expect(() => watch(join(directory, 'wrong.csv'))).toThrow(DeviceFileWrong)
  expect(() => watch(join(directory, 'wrong.csv'))).toThrow('line 2: id: found "!"')
})

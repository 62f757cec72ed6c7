import { expect, test } from 'bun:test'
import { DeviceSettings, NO_DEVICES } from '../../src/codecs/device-settings.ts'

const ascii = (text: string) => new TextEncoder().encode(text)

test('device settings: a device is found by the bytes of its id, wherever they lie', () => {
  const ids = Array.from({ length: 5000 }, (_, index) => String(861_000_000_000_000 + 7 * index))
  const settings = new DeviceSettings(ids.map((id, index) => ({ id, timezoneMinutes: index })))
  ids.forEach((id, index) => {
    const bytes = ascii(`xx${id}yy`)
    const found = settings.find(bytes, 2, 2 + id.length)
    expect(settings.timezoneMinutes[found]).toBe(index)
    expect(settings.find(bytes, 2, 1 + id.length)).toBe(-1)
  })
})

test('device settings: a device without options of its own, or no list at all, gives -1', () => {
  const settings = new DeviceSettings([{ id: '1' }, { id: '2', form: '%SA' }])
  expect(settings.find(ascii('1'), 0, 1)).toBe(-1)
  const found = settings.find(ascii('2'), 0, 1)
  expect(settings.form[found]).toEqual(ascii('%SA'))
  expect(settings.timezoneMinutes[found]).toBeNaN()
  expect(NO_DEVICES.find(ascii('2'), 0, 1)).toBe(-1)
})

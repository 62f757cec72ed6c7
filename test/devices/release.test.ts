import { expect, test } from 'bun:test'
import { pino } from 'pino'
import { DeviceList } from '../../src/devices/device-list.ts'
import { readDeviceFile } from '../../src/devices/device-file.ts'
import { Publisher, type Quarantine, type ReleaseTo } from '../../src/devices/release.ts'
import type { KeptFrame } from '../../src/storage/kept-frames.ts'
import { eventually } from '../integration/gateway-process.ts'

const list = new DeviceList(readDeviceFile('a.csv', 'id,alias\n1,\n2,77\n').devices!, 'quarantine')
const frame = (device: string, receivedMs: number): KeptFrame => ({
  frameId: String(receivedMs),
  device,
  receivedMs,
  protocol: 'gt06',
  transport: 'tcp',
  remote: '',
  state: new Int32Array(2),
  bytes: new Uint8Array(0),
})

/** A quarantine in memory; what the test puts into `failing` fails. */
class Fake implements Quarantine, ReleaseTo {
  readonly kept = [frame('1', 10), frame('77', 20), frame('1', 30), frame('9', 40)]
  readonly failing = new Set<string>()
  readonly taken: string[] = []
  told = 0
  /** Frames that come while others are taken, and are older than these. */
  readonly late: KeptFrame[] = []
  private may(what: string) {
    if (this.failing.has(what)) throw new Error(`${what} fails`)
  }
  async replaceDevices() {
    this.may('tell')
    this.told++
  }
  async reloadDevices() {
    this.may('reload')
  }
  async quarantined() {
    return [...new Set(this.kept.map(({ device }) => device))]
  }
  async quarantinedFrames(claimed: string, limit: number) {
    this.may(`read ${claimed}`)
    return this.kept.filter(({ device }) => device === claimed).slice(0, limit)
  }
  async released(claimed: string, frames: readonly KeptFrame[]) {
    this.may(`delete ${claimed}`)
    for (const done of frames) this.kept.splice(this.kept.indexOf(done), 1)
  }
  take({ receivedMs }: KeptFrame, device: string) {
    this.taken.push(`${device} ${receivedMs}`)
    this.kept.push(...this.late.splice(0))
  }
  async durable() {}
  async settled() {}
}

const publish = (fake: Fake) => {
  const publisher = new Publisher(fake, fake, pino({ level: 'silent' }))
  publisher.publish(list)
  return publisher
}

test('release: frames of listed devices and aliases are taken once each, those of others stay', async () => {
  const fake = new Fake()
  publish(fake)
  await eventually(
    async () => fake.kept.length,
    (count) => count === 1,
  )
  expect(fake.taken).toEqual(['1 10', '1 30', '2 20'])
  expect(fake.kept.map(({ device }) => device)).toEqual(['9'])
  expect(fake.told).toBe(1)
})

test('release: a frame that comes meanwhile, however old, is not forgotten', async () => {
  const fake = new Fake()
  fake.late.push(frame('1', 5))
  publish(fake)
  await eventually(
    async () => fake.kept.length,
    (count) => count === 1,
  )
  expect(fake.taken.toSorted()).toEqual(['1 10', '1 30', '1 5', '2 20'])
})

test('release: neither a dictionary nor a device that fails keeps the others in quarantine', async () => {
  const fake = new Fake()
  for (const what of ['reload', 'read 1']) fake.failing.add(what)
  const publisher = publish(fake)
  await eventually(
    async () => fake.taken.length,
    (count) => count === 1,
  )
  publisher.stop()
  expect(fake.taken).toEqual(['2 20'])
})

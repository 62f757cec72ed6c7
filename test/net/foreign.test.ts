/**
 * Streams that change their protocol, and streams into which another protocol's bytes are mixed, for every ordered pair
 * of protocols: what one tracker sent is never stored under another's device, and the first one's later frames stay its own.
 */
import { describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { pino } from 'pino'
import type { Codec } from '../../src/codecs/codec.ts'
import { FRAME, TCP, UDP } from '../../src/codecs/frame-record.ts'
import { recognise, recogniserOf } from '../../src/codecs/recognise.ts'
import { codecOptions, createCodecs } from '../../src/codecs/registry.ts'
import type { Admission } from '../../src/devices/device-list.ts'
import { NetCounters } from '../../src/net/counters.ts'
import { Intake, type FrameSink } from '../../src/net/intake.ts'
import { Net } from '../../src/net/net.ts'
import { Session } from '../../src/net/session.ts'
import { TRACKER_PROTOCOLS } from '../../src/simulator/protocols.ts'
import type { SimulatedFix } from '../../src/simulator/vehicle.ts'
import { splitAll, textOf } from '../codecs/harness.ts'
import { readVectors, vectorBytes } from '../codecs/vectors.ts'
import { FakeJournal } from './fake-journal.ts'

const codecs = createCodecs(codecOptions.parse({}))
const recogniser = recogniserOf(codecs)
const NOW_MS = Date.UTC(2026, 2, 14, 10)
const ids = { first: '864893031234567', second: '356306050082888' }

/** Login and fixes as the protocol's tracker sends them: each read of the gateway is one of them. */
function streamOf(codec: Codec, imei: string, fixes: number): Uint8Array[] {
  const tracker = TRACKER_PROTOCOLS[codec.name]
  const fix = (index: number): SimulatedFix => ({
    timeMs: NOW_MS - 600_000 + 10_000 * index,
    latitude: 18.52043,
    longitude: 73.856744,
    altitudeM: 560,
    speedKph: 40,
    courseDeg: 90,
    satellites: 9,
    valid: true,
    ignition: true,
    batteryPct: 80,
    odometerKm: 1234,
    alarm: null,
    buffered: false,
  })
  return [
    tracker.login(imei, 1),
    ...Array.from({ length: fixes }, (_, index) => tracker.report(imei, [fix(index)], 2 + index)),
  ]
}

const admit = (id: string): Admission => ({ id, verdict: 'accept' })
/** Frames that went to the journal, with the device they went to. */
let stored: { device: string; payload: string }[] = []
const sink: FrameSink = {
  frame: (session: Session, bytes: Uint8Array, start: number, end: number) =>
    void stored.push({ device: session.deviceId, payload: textOf(bytes.subarray(start, end)) }),
  reject: () => {},
  ackWaits: () => {},
}
const intake = new Intake(codecs, sink, new NetCounters(codecs.map((codec) => codec.name)), 65_536, admit, () => {})

function readStream(reads: readonly Uint8Array[]): typeof stored {
  stored = []
  const session = new Session(TCP, '192.0.2.1', 4000, NOW_MS, null)
  for (const read of reads) intake.read(session, read, NOW_MS)
  intake.end(session, NOW_MS, true)
  expect(session.closing).toBe('')
  return stored
}

/** Everything of the first tracker is stored once, in order, under its device; nothing else is. */
function expectOnlyFirst(found: typeof stored, alone: typeof stored, what: string): void {
  expect({ what, found }).toEqual({ what, found: alone })
}

/** Cuts a stream at random places; the same ones in every run. */
let seed = 1
function random(below: number): number {
  seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff
  return seed % below
}
function cutAnywhere(bytes: Uint8Array): Uint8Array[] {
  const pieces: Uint8Array[] = []
  for (let at = 0; at < bytes.length;) {
    const end = Math.min(bytes.length, at + 1 + random(random(4) === 0 ? 200 : 12))
    pieces.push(bytes.slice(at, end))
    at = end
  }
  return pieces
}

/** Fixtures whose frames are all whole as they stand on a connection, and open as their protocol does. */
function poisonOf(codec: Codec): Uint8Array[] {
  return readVectors(join(import.meta.dir, '../../fixtures', `${codec.name}.jsonl`))
    .map(vectorBytes)
    .filter((bytes) => {
      const { frames, skipped } = splitAll(codec, bytes, 0)
      const whole = frames.reduce((sum, frame) => sum + frame.length, 0) === bytes.length && skipped.length === 0
      return whole && frames.every((frame) => codecs[recognise(recogniser, frame, 0, frame.length, false)] === codec)
    })
}

for (const first of codecs) {
  describe(`net: a connection of ${first.name}`, () => {
    const [login, ...fixes] = streamOf(first, ids.first, 4)
    const alone = readStream([login, ...fixes])
    const device = alone[0].device

    test('the tracker alone: every frame is stored', () => {
      expect(alone.length).toBeGreaterThanOrEqual(first.name === 'ais140' ? 5 : 4)
      expect(new Set(alone.map((frame) => frame.device))).toEqual(new Set([device]))
    })

    for (const second of codecs.filter((codec) => codec !== first)) {
      const others = streamOf(second, ids.second, 3)

      test(`into which ${second.name} mixes, read by read`, () => {
        const reads = [login, fixes[0], others[0], others[1], fixes[1], others[2], fixes[2], others[3], fixes[3]]
        expectOnlyFirst(readStream(reads), alone, 'reads')
      })

      test(`into which ${second.name} mixes, cut anywhere`, () => {
        for (let round = 0; round < 40; round++) {
          const bytes = Buffer.concat([login, fixes[0], ...others, fixes[1], fixes[2], others[1 + random(3)], fixes[3]])
          const pieces = cutAnywhere(bytes)
          expectOnlyFirst(readStream(pieces), alone, pieces.map((piece) => piece.length).join())
        }
      })

      test(`into which any whole frame of ${second.name} is mixed`, () => {
        for (const poison of poisonOf(second)) {
          expectOnlyFirst(readStream([login, fixes[0], poison, ...fixes.slice(1)]), alone, textOf(poison))
          const pieces = cutAnywhere(Buffer.concat([login, fixes[0], poison, ...fixes.slice(1)]))
          expectOnlyFirst(
            readStream(pieces),
            alone,
            `${textOf(poison)} in ${pieces.map((piece) => piece.length).join()}`,
          )
        }
      })
    }
  })
}

test('net: datagrams of two protocols from one peer, every ordered pair: each goes to its own device, or to none', async () => {
  const journal = new FakeJournal()
  const net = new Net(
    codecs,
    journal,
    {
      host: '127.0.0.1',
      port: 0,
      tcp: false,
      udp: true,
      listeners: 1,
      limits: { connections: 1000, connectionsPerIp: 1000, idleTimeoutMs: 60_000, loginTimeoutMs: 60_000 },
      commit: { batchBytes: 1 << 20, batchMs: 20, commitMs: 0, frameBytes: 65_536, durable: true },
    },
    pino({ level: 'silent' }),
    admit,
    () => {},
    (error) => expect(error).toBeNull(),
  )
  const port = await net.listen()
  try {
    for (const first of codecs)
      for (const second of codecs.filter((codec) => codec !== first)) {
        const peer = await Bun.udpSocket({ connect: { hostname: '127.0.0.1', port } })
        const [login, ...fixes] = streamOf(first, ids.first, 3)
        const others = streamOf(second, ids.second, 2)
        const sent = [login, fixes[0], others[0], others[1], fixes[1], others[2], fixes[2]]
        const before = net.counters.receivedBytes[UDP]
        let bytes = 0
        for (const datagram of sent) {
          peer.send(datagram)
          bytes += datagram.length
          // One at a time: the kernel's buffer of a test machine is small.
          for (let tries = 0; net.counters.receivedBytes[UDP] - before < bytes && tries < 1000; tries++)
            await Bun.sleep(1)
        }
        peer.close()
        await net.committer.flush()
        const found = journal.records().filter((record) => record.kind === FRAME)
        journal.entries = []
        const framesOf = (codec: Codec, datagrams: Uint8Array[]) =>
          datagrams.flatMap((datagram) => splitAll(codec, datagram).frames.map(textOf))
        const device = (payload: string) => found.find((record) => record.payload === payload)?.device
        const [firstFrames, secondFrames] = [framesOf(first, [login, ...fixes]), framesOf(second, others)]
        expect({ pair: [first.name, second.name], frames: found.map(({ payload }) => payload).toSorted() }).toEqual({
          pair: [first.name, second.name],
          frames: [...firstFrames, ...secondFrames].toSorted(),
        })
        expect([...new Set(firstFrames.map(device))]).toEqual([device(firstFrames[0])])
        expect([...new Set(secondFrames.map(device))]).toEqual([device(secondFrames[0])])
        expect(device(firstFrames[0])).not.toBe(device(secondFrames[0]))
      }
  } finally {
    await net.stop()
  }
})

import { expect, test } from 'bun:test'
import { TCP, UDP } from '../../../src/codecs/frame-record.ts'
import { isCapture, readCapture } from '../../../src/tools/replay/packets.ts'
import type { Recording } from '../../../src/tools/replay/recording.ts'
import { ethernet, Flag, ipv4, ipv6, pcap, pcapng, tcp, udp, type Stamped } from './captures.ts'

const T0 = Date.UTC(2026, 5, 1, 10)
const IPV4 = 0x0800
const GATEWAY: [string, number] = ['10.0.0.1', 8888]

/** Segments of one tracker, 10 ms apart. */
function segments(
  parts: readonly [offset: number, text: string, flags?: number][],
  port = 40_000,
  first = 0xfffffff0,
): Stamped[] {
  return parts.map(([offset, text, flags = Flag.ack], index) => ({
    ms: T0 + 10 * index,
    bytes: ethernet(
      IPV4,
      ipv4(
        '192.0.2.7',
        '10.0.0.1',
        6,
        tcp({ from: ['192.0.2.7', port], to: GATEWAY, sequence: (first + offset) >>> 0, flags, payload: text }),
      ),
    ),
  }))
}
const streams = ({ chunks }: Recording) => {
  const texts = new Map<string, string>()
  for (const { flow, bytes } of chunks) texts.set(flow, (texts.get(flow) ?? '') + Buffer.from(bytes).toString('latin1'))
  return [...texts.values()]
}
/** A whole conversation whose sequence numbers pass 2^32. */
const WHOLE = segments([
  [0, '', Flag.syn],
  [1, 'hello '],
  [7, 'world, '],
  [14, 'this is', Flag.ack],
  [21, ' all', Flag.fin | Flag.ack],
])

for (const [name, file] of [
  ['pcap, little-endian', pcap(WHOLE)],
  ['pcap, big-endian, nanoseconds', pcap(WHOLE, { little: false, nanoseconds: true })],
  ['pcapng', pcapng(WHOLE)],
  ['pcapng, big-endian, nanoseconds', pcapng(WHOLE, { little: false, resolution: 9 })],
  ['pcapng, time in 2^-20 seconds', pcapng(WHOLE, { resolution: 0x80 | 20 })],
] as const)
  test(`capture, ${name}: packets with their times`, () => {
    expect(isCapture(file)).toBe(true)
    const recording = readCapture(file, 8888)
    expect(streams(recording)).toEqual(['hello world, this is all'])
    expect(recording.skipped).toEqual([])
    const [first] = recording.chunks
    expect(first).toMatchObject({ transport: TCP, remote: '192.0.2.7:40000', whole: false, last: false })
    expect(Math.abs(first!.timeMs - (T0 + 10))).toBeLessThan(0.01)
    expect(recording.chunks.at(-1)!.last).toBe(true)
  })

test('capture: segments out of order, sent twice and overlapping give each byte once, in order', () => {
  const parts = segments([
    [0, '', Flag.syn],
    [7, 'world, '],
    [1, 'hello '],
    [1, 'hello '],
    [4, 'lo world, this'],
    [18, ' is all', Flag.fin],
  ])
  expect(streams(readCapture(pcap(parts), 8888))).toEqual(['hello world, this is all'])
})

test('capture: what lies behind a packet that the capture missed is kept', () => {
  const parts = segments([
    [0, '', Flag.syn],
    [1, 'hello '],
    [14, 'this is'],
    [21, ' all', Flag.fin],
  ])
  expect(streams(readCapture(pcap(parts), 8888))).toEqual(['hello this is all'])
})

test('capture: a capture that began in the middle, and a second connection from the same port, are flows of their own', () => {
  const file = pcap([
    ...segments([
      [50, 'middle'],
      [56, ' end', Flag.rst],
    ]),
    ...segments(
      [
        [0, '', Flag.syn],
        [1, 'again'],
      ],
      40_000,
      7,
    ),
  ])
  expect(streams(readCapture(file, 8888))).toEqual(['middle end', 'again'])
})

test('capture: IPv6, VLAN, cooked and bare IP; replies of the gateway are left out', () => {
  const datagram = udp(5000, 8888, 'a datagram')
  const variants: [number[], number][] = [
    [ethernet(0x86dd, ipv6(17, datagram)), 1],
    [ethernet(IPV4, ipv4('192.0.2.7', '10.0.0.1', 17, datagram), true), 1],
    [[...Array.from({ length: 14 }, () => 0), 8, 0, ...ipv4('192.0.2.7', '10.0.0.1', 17, datagram)], 113],
    [[8, 0, ...Array.from({ length: 18 }, () => 0), ...ipv4('192.0.2.7', '10.0.0.1', 17, datagram)], 276],
    [ipv4('192.0.2.7', '10.0.0.1', 17, datagram), 101],
  ]
  for (const [bytes, linkType] of variants) {
    const reply = { ms: T0, bytes: ethernet(IPV4, ipv4('10.0.0.1', '192.0.2.7', 17, udp(8888, 5000, 'reply'))) }
    const packets = linkType === 1 ? [{ ms: T0, bytes }, reply] : [{ ms: T0, bytes }]
    const { chunks } = readCapture(pcap(packets, { linkType }), 8888)
    expect(chunks.map((chunk) => [chunk.transport, Buffer.from(chunk.bytes).toString(), chunk.whole])).toEqual([
      [UDP, 'a datagram', true],
    ])
  }
})

test('capture: what cannot be used is counted, and a wrong port names those there are', () => {
  const fragment = ethernet(IPV4, ipv4('192.0.2.7', '10.0.0.1', 17, udp(5000, 8888, 'x'), 0x2000))
  const arp = ethernet(0x0806, [0, 1])
  const file = pcap([...WHOLE, { ms: T0, bytes: fragment }, { ms: T0, bytes: arp }])
  expect(readCapture(file, 8888).skipped).toEqual(['1 packets: fragments', '1 packets: no IP'])
  expect(readCapture(file.subarray(0, file.length - 5), 8888).skipped).toContain('1 packets: fragments')
  expect(() => readCapture(file, 5023)).toThrow('Most packets go to 8888 (5)')
})

test('capture: any cut of a file ends the reading, never in an exception', () => {
  for (const file of [pcap(WHOLE), pcapng(WHOLE)])
    for (let length = 24; length < file.length; length++)
      try {
        readCapture(file.subarray(0, length), 8888)
      } catch (error) {
        expect((error as Error).message).toStartWith('the capture has no packet to port')
      }
})

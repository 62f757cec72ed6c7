/**
 * Packet captures: pcap and pcapng files, Ethernet and the other link types tcpdump writes, IPv4 and IPv6, TCP put together
 * from its segments, UDP. Sources: IETF drafts opsawg-pcap and opsawg-pcapng, tcpdump.org link types, RFC 791, 8200, 9293, 768.
 */
import { TCP, UDP } from '../../codecs/frame-record.ts'
import type { Chunk, Recording } from './recording.ts'

interface Packet {
  timeMs: number
  linkType: number
  bytes: Uint8Array
}

/** True if a file opens like a capture. */
export function isCapture(file: Uint8Array): boolean {
  if (file.length < 24) return false
  const magic = new DataView(file.buffer, file.byteOffset).getUint32(0)
  return magic === SECTION || CLASSIC.has(magic)
}

/** What trackers sent to `port`. Throws an Error that names the ports there are, if that is none of them. */
export function readCapture(file: Uint8Array, port: number): Recording {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  const skipped: string[] = []
  const packets = view.getUint32(0) === SECTION ? pcapng(view, skipped) : pcap(view, skipped)
  const flows = new Flows()
  const ports = new Map<number, number>()
  const passed = new Map<string, number>()
  for (const packet of packets) {
    const segment = segmentOf(packet)
    if (typeof segment === 'string') {
      passed.set(segment, (passed.get(segment) ?? 0) + 1)
      continue
    }
    ports.set(segment.toPort, (ports.get(segment.toPort) ?? 0) + 1)
    if (segment.toPort === port) flows.add(segment)
  }
  for (const [why, count] of passed) skipped.push(`${count} packets: ${why}`)
  if (!ports.has(port)) {
    const seen = [...ports].toSorted((a, b) => b[1] - a[1]).slice(0, 8)
    throw new Error(
      `the capture has no packet to port ${port}; name the trackers' port with --capture-port. Most packets go to ${seen.map(([to, count]) => `${to} (${count})`).join(', ') || 'none'}`,
    )
  }
  return { chunks: flows.finish(), skipped }
}

/** Magic numbers of pcap, read big-endian: byte order and unit of time. */
const CLASSIC = new Map([
  [0xa1b2c3d4, { little: false, perMs: 1000 }],
  [0xd4c3b2a1, { little: true, perMs: 1000 }],
  [0xa1b23c4d, { little: false, perMs: 1_000_000 }],
  [0x4d3cb2a1, { little: true, perMs: 1_000_000 }],
])

function* pcap(view: DataView, skipped: string[]): Generator<Packet> {
  const { little, perMs } = CLASSIC.get(view.getUint32(0))!
  const linkType = view.getUint32(20, little) & 0xffff
  for (let at = 24; at < view.byteLength;) {
    const bytes = at + 16 <= view.byteLength ? view.getUint32(at + 8, little) : Infinity
    if (at + 16 + bytes > view.byteLength) {
      skipped.push(`the end, from byte ${at}: the capture was cut off`)
      return
    }
    const timeMs = view.getUint32(at, little) * 1000 + view.getUint32(at + 4, little) / perMs
    yield { timeMs, linkType, bytes: part(view, at + 16, bytes) }
    at += 16 + bytes
  }
}

const SECTION = 0x0a0d0d0a
const INTERFACE = 1
const SIMPLE = 3
const ENHANCED = 6
const BIG_ENDIAN = 0x1a2b3c4d
const TIME_RESOLUTION = 9

function* pcapng(view: DataView, skipped: string[]): Generator<Packet> {
  let little = true
  let interfaces: { linkType: number; perMs: number }[] = []
  for (let at = 0; at + 12 <= view.byteLength;) {
    const isSection = view.getUint32(at) === SECTION
    if (isSection) {
      little = view.getUint32(at + 8) !== BIG_ENDIAN
      interfaces = []
    }
    const size = view.getUint32(at + 4, little)
    if (size < 12 || at + size > view.byteLength) {
      skipped.push(`the end, from byte ${at}: the capture was cut off`)
      return
    }
    const type = view.getUint32(at, little)
    if (type === INTERFACE && !isSection)
      interfaces.push({
        linkType: view.getUint16(at + 8, little),
        perMs: ticksPerMs(view, at + 16, at + size - 4, little),
      })
    else if (type === ENHANCED) {
      const { linkType, perMs } = interfaces[view.getUint32(at + 8, little)] ?? { linkType: -1, perMs: 1000 }
      const ticks = view.getUint32(at + 12, little) * 4_294_967_296 + view.getUint32(at + 16, little)
      const bytes = Math.min(view.getUint32(at + 20, little), size - 32)
      yield { timeMs: ticks / perMs, linkType, bytes: part(view, at + 28, bytes) }
    } else if (type === SIMPLE)
      yield { timeMs: NaN, linkType: interfaces[0]?.linkType ?? -1, bytes: part(view, at + 12, size - 16) }
    at += size
  }
}

/** The option if_tsresol: a power of ten, or of two with the high bit. Microseconds where it is missing. */
function ticksPerMs(view: DataView, from: number, to: number, little: boolean): number {
  for (let at = from; at + 4 <= to;) {
    const code = view.getUint16(at, little)
    const length = view.getUint16(at + 2, little)
    if (code === 0) break
    if (code === TIME_RESOLUTION && length === 1) {
      const value = view.getUint8(at + 4)
      return (value & 0x80 ? 2 ** (value & 0x7f) : 10 ** value) / 1000
    }
    at += 4 + Math.ceil(length / 4) * 4
  }
  return 1000
}

function part(view: DataView, at: number, bytes: number): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset + at, bytes)
}

interface Segment {
  transport: typeof TCP | typeof UDP
  timeMs: number
  from: string
  toPort: number
  /** TCP only. */
  sequence: number
  flags: number
  payload: Uint8Array
}

const IPV4 = 0x0800
const IPV6 = 0x86dd
const VLANS = new Set([0x8100, 0x88a8])
const PROTOCOL_TCP = 6
const PROTOCOL_UDP = 17
const FIN = 1
const SYN = 2
const RST = 4

/** Bytes of a link header, and where the EtherType stands in it, by link type. */
const LINKS = new Map<number, { header: number; etherType: number }>([
  [1, { header: 14, etherType: 12 }], // Ethernet
  [113, { header: 16, etherType: 14 }], // Linux "any", cooked
  [276, { header: 20, etherType: 0 }], // the same, version 2
])
/** Link types of bare IP packets, with the bytes before them: raw, BSD loopback. */
const BARE = new Map([
  [101, 0],
  [12, 0],
  [0, 4],
  [108, 4],
])

/** The TCP segment or datagram in a packet, or why there is none. */
function segmentOf({ timeMs, linkType, bytes }: Packet): Segment | string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let ip = BARE.get(linkType) ?? -1
  if (ip < 0) {
    const link = LINKS.get(linkType)
    if (!link) return `link type ${linkType} is not known`
    if (bytes.length < link.header) return 'cut short'
    let etherType = view.getUint16(link.etherType)
    for (ip = link.header; VLANS.has(etherType) && ip + 4 <= bytes.length; ip += 4) etherType = view.getUint16(ip + 2)
    if (etherType !== IPV4 && etherType !== IPV6) return 'no IP'
  }
  if (bytes.length < ip + 20) return 'cut short'
  const version = bytes[ip] >> 4
  let at: number, end: number, protocol: number, address: string
  if (version === 4) {
    if (view.getUint16(ip + 6) & 0x3fff) return 'fragments'
    at = ip + (bytes[ip] & 15) * 4
    end = ip + view.getUint16(ip + 2)
    protocol = bytes[ip + 9]
    address = bytes.subarray(ip + 12, ip + 16).join('.')
  } else if (version === 6 && bytes.length >= ip + 40) {
    at = ip + 40
    end = at + view.getUint16(ip + 4)
    protocol = bytes[ip + 6]
    address = `[${Array.from({ length: 8 }, (_, word) => view.getUint16(ip + 8 + 2 * word).toString(16)).join(':')}]`
  } else return 'no IP'
  if (protocol !== PROTOCOL_TCP && protocol !== PROTOCOL_UDP) return 'neither TCP nor UDP'
  // The kernel may hand large segments to a capture with a length of 0.
  if (end <= at || end > bytes.length) end = bytes.length
  const isTcp = protocol === PROTOCOL_TCP
  if (at + (isTcp ? 20 : 8) > end) return 'cut short'
  const payload = at + (isTcp ? (bytes[at + 12] >> 4) * 4 : 8)
  return {
    transport: isTcp ? TCP : UDP,
    timeMs,
    from: `${address}:${view.getUint16(at)}`,
    toPort: view.getUint16(at + 2),
    sequence: isTcp ? view.getUint32(at + 4) : 0,
    flags: isTcp ? bytes[at + 13] : 0,
    payload: bytes.subarray(Math.min(payload, end), end),
  }
}

interface Stream {
  flow: string
  /** Sequence number that comes next; -1 before the first segment. */
  next: number
  early: Segment[]
}

/** Puts TCP streams together: segments in order, each byte once. */
class Flows {
  private readonly streams = new Map<string, Stream>()
  private readonly chunks: Chunk[] = []
  private numbered = 0

  add(segment: Segment): void {
    if (segment.transport === UDP) {
      if (segment.payload.length > 0) this.give(`udp ${segment.from}`, segment, segment.payload, false)
      return
    }
    let stream = this.streams.get(segment.from)
    if (!stream || segment.flags & SYN) {
      if (stream) this.giveUp(stream)
      stream = { flow: `tcp ${segment.from} ${++this.numbered}`, next: -1, early: [] }
      this.streams.set(segment.from, stream)
    }
    if (segment.flags & SYN) stream.next = (segment.sequence + 1) >>> 0
    else if (stream.next < 0) stream.next = segment.sequence
    stream.early.push(segment)
    this.deliver(stream)
    if (segment.flags & RST) this.end(segment.from, stream)
  }

  finish(): Chunk[] {
    for (const stream of this.streams.values()) this.giveUp(stream)
    return this.chunks
  }

  /** Gives what is next of a stream, as often as there is something. */
  private deliver(stream: Stream): void {
    for (let found = true; found;) {
      found = false
      for (const segment of stream.early) {
        const overlap = (stream.next - segment.sequence) | 0
        if (overlap < 0) continue
        found = true
        stream.early = stream.early.filter((other) => other !== segment)
        const fresh = segment.payload.subarray(Math.min(overlap, segment.payload.length))
        stream.next = (stream.next + fresh.length) >>> 0
        const last = (segment.flags & FIN) !== 0
        if (fresh.length > 0 || last) this.give(stream.flow, segment, fresh, last)
        if (last) this.streams.delete(segment.from)
        break
      }
    }
  }

  /** What lies behind a gap is given all the same: the capture missed a packet, the tracker did not. */
  private giveUp(stream: Stream): void {
    stream.early.sort((a, b) => (a.sequence - b.sequence) | 0)
    while (stream.early.length > 0) {
      stream.next = stream.early[0].sequence
      this.deliver(stream)
    }
  }

  private end(from: string, stream: Stream): void {
    this.giveUp(stream)
    this.streams.delete(from)
  }

  private give(flow: string, { transport, from, timeMs }: Segment, bytes: Uint8Array, last: boolean): void {
    this.chunks.push({ flow, transport, remote: from, timeMs, bytes, whole: transport === UDP, last })
  }
}

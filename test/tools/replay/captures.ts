/** Builds packet captures byte by byte, as their specifications say. */

export interface TcpSegment {
  from: [ip: string, port: number]
  to: [ip: string, port: number]
  sequence: number
  flags: number
  payload: Uint8Array | string
}

const FIN = 1
export const Flag = { fin: FIN, syn: 2, rst: 4, ack: 16 } as const

const be16 = (value: number) => [(value >> 8) & 255, value & 255]
const be32 = (value: number) => [...be16(value >>> 16), ...be16(value)]
const bytesOf = (payload: Uint8Array | string) => [
  ...(typeof payload === 'string' ? Buffer.from(payload, 'latin1') : payload),
]
const ip4 = (text: string) => text.split('.').map(Number)

export function tcp(segment: TcpSegment): number[] {
  const { from, to, sequence, flags, payload } = segment
  // Header of 24 bytes: one option word, so that the data offset counts.
  return [
    ...be16(from[1]),
    ...be16(to[1]),
    ...be32(sequence),
    ...be32(0),
    0x60,
    flags,
    ...be16(512),
    ...be32(0),
    1,
    1,
    1,
    1,
    ...bytesOf(payload),
  ]
}

export function udp(from: number, to: number, payload: Uint8Array | string): number[] {
  const data = bytesOf(payload)
  return [...be16(from), ...be16(to), ...be16(8 + data.length), 0, 0, ...data]
}

export function ipv4(from: string, to: string, protocol: number, body: number[], fragment = 0): number[] {
  return [
    0x45,
    0,
    ...be16(20 + body.length),
    0,
    0,
    ...be16(fragment),
    64,
    protocol,
    0,
    0,
    ...ip4(from),
    ...ip4(to),
    ...body,
  ]
}

export function ipv6(protocol: number, body: number[]): number[] {
  const address = (last: number) => [0x20, 0x01, 0x0d, 0xb8, ...Array.from({ length: 11 }, () => 0), last]
  return [0x60, 0, 0, 0, ...be16(body.length), protocol, 64, ...address(7), ...address(1), ...body]
}

/** Ethernet, padded to its 60 bytes like on a wire. */
export function ethernet(etherType: number, body: number[], vlan = false): number[] {
  const tag = vlan ? [0x81, 0, 0, 5] : []
  const frame = [...Array.from({ length: 12 }, () => 2), ...tag, ...be16(etherType), ...body]
  return [...frame, ...Array.from({ length: Math.max(0, 60 - frame.length) }, () => 0)]
}

type Ordered = (value: number) => number[]
const le32: Ordered = (value) => be32(value).toReversed()
const le16: Ordered = (value) => be16(value).toReversed()

export interface Stamped {
  /** ms since 1970. */
  ms: number
  bytes: number[]
}

export function pcap(
  packets: readonly Stamped[],
  { little = true, nanoseconds = false, linkType = 1 } = {},
): Uint8Array {
  const [u32, u16] = little ? [le32, le16] : [be32, be16]
  const file = [
    ...u32(nanoseconds ? 0xa1b23c4d : 0xa1b2c3d4),
    ...u16(2),
    ...u16(4),
    ...u32(0),
    ...u32(0),
    ...u32(262_144),
    ...u32(linkType),
  ]
  for (const { ms, bytes } of packets) {
    const fraction = Math.round((ms % 1000) * (nanoseconds ? 1e6 : 1e3))
    file.push(...u32(Math.floor(ms / 1000)), ...u32(fraction), ...u32(bytes.length), ...u32(bytes.length), ...bytes)
  }
  return Uint8Array.from(file)
}

/** `resolution`: value of the option if_tsresol; without it, microseconds. */
export function pcapng(packets: readonly Stamped[], { little = true, resolution = 6, linkType = 1 } = {}): Uint8Array {
  const [u32, u16] = little ? [le32, le16] : [be32, be16]
  const block = (type: number, body: number[]) => {
    const padded = [...body, ...Array.from({ length: (4 - (body.length % 4)) % 4 }, () => 0)]
    return [...u32(type), ...u32(12 + padded.length), ...padded, ...u32(12 + padded.length)]
  }
  const name = [...u16(2), ...u16(3), 0x65, 0x74, 0x68, 0]
  const option = resolution === 6 ? [] : [...u16(9), ...u16(1), resolution, 0, 0, 0]
  const file = [
    ...block(0x0a0d0d0a, [...u32(0x1a2b3c4d), ...u16(1), ...u16(0), ...u32(0xffffffff), ...u32(0xffffffff)]),
    ...block(1, [...u16(linkType), ...u16(0), ...u32(0), ...name, ...option, ...u16(0), ...u16(0)]),
    ...block(5, [...u32(0), ...u32(0), ...u32(0)]), // statistics, of no interest
  ]
  const perMs = resolution & 0x80 ? 2 ** (resolution & 0x7f) / 1000 : 10 ** resolution / 1000
  for (const { ms, bytes } of packets) {
    const ticks = BigInt(Math.round(ms * perMs))
    const halves = [...u32(Number(ticks >> 32n)), ...u32(Number(ticks & 0xffffffffn))]
    file.push(...block(6, [...u32(0), ...halves, ...u32(bytes.length), ...u32(bytes.length), ...bytes]))
  }
  return Uint8Array.from(file)
}

/**
 * Protocols whose frames say their own length or checksum: how to take the content out of a frame, and how to put a
 * changed one back so that both are right again. Written apart from the codecs, so that each witnesses the other.
 */

export interface Envelope {
  /** The content of a whole frame; null if the frame is of another layout. */
  unwrap(frame: Uint8Array): Uint8Array | null
  /** A frame like `frame` around other content, with length and checksum right. */
  wrap(frame: Uint8Array, content: Uint8Array): Uint8Array
  /** False if the frame has this envelope and its checksum is wrong. */
  checksumHolds(frame: Uint8Array): boolean
}

/** A copy of its own: slices of a Buffer share its bytes. */
const plain = (buffer: Buffer) => new Uint8Array(buffer)
const latin1 = (text: string) => plain(Buffer.from(text, 'latin1'))
const textOf = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1')
const u16 = (bytes: Uint8Array, at: number) => (bytes[at] << 8) | bytes[at + 1]
const bytesOfU16 = (value: number) => [(value >> 8) & 0xff, value & 0xff]

/** A reflected CRC-16, bit by bit. */
function crc16(bytes: Uint8Array, polynomial: number, initial: number): number {
  let crc = initial
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ polynomial : crc >>> 1
  }
  return crc
}
const x25 = (bytes: Uint8Array) => crc16(bytes, 0x8408, 0xffff) ^ 0xffff
const arc = (bytes: Uint8Array) => crc16(bytes, 0xa001, 0)

/** 78 78 u8 | 79 79 u16, content, crc, 0d 0a. Topin frames open alike and have no checksum: they are left alone. */
const GT06_OPENINGS = new Set([0x7878, 0x7979])
const gt06: Envelope = {
  unwrap(frame) {
    const head = frame[0] === 0x79 ? 4 : 3
    if (frame.length < head + 7 || !GT06_OPENINGS.has(u16(frame, 0))) return null
    const declared = head === 4 ? u16(frame, 2) : frame[2]
    return declared === frame.length - head - 2 ? frame.slice(head, -4) : null
  },
  wrap(frame, content) {
    const length = content.length + 2
    const long = frame[0] === 0x79 || length > 0xff
    const counted = Buffer.concat([Uint8Array.from(long ? bytesOfU16(length) : [length]), content])
    const mark = long ? 0x79 : 0x78
    const tail = Uint8Array.from([...bytesOfU16(x25(counted)), 0x0d, 0x0a])
    return plain(Buffer.concat([Uint8Array.of(mark, mark), counted, tail]))
  },
  checksumHolds: (frame) => gt06.unwrap(frame) === null || x25(frame.subarray(2, -4)) === u16(frame, frame.length - 4),
}

/** 7e, header and body, xor, 7e; 7e travels as 7d 02 and 7d as 7d 01. */
const jt808: Envelope = {
  unwrap(frame) {
    let at = 0
    while (at < frame.length && frame[at] === 0x7e) at++
    if (at === 0 || frame[frame.length - 1] !== 0x7e) return null
    const content: number[] = []
    for (; at < frame.length - 1; at++)
      if (frame[at] !== 0x7d) content.push(frame[at])
      else content.push(frame[++at] === 0x02 ? 0x7e : 0x7d)
    return content.length > 12 ? Uint8Array.from(content.slice(0, -1)) : null
  },
  wrap(_, content) {
    const sized = content.slice()
    const fragmented = content[2] & 0x20 ? 4 : 0
    const body = content.length - (content[2] & 0x40 ? 17 : 12) - fragmented
    if (body >= 0) {
      sized[2] = (sized[2] & 0xfc) | ((body >> 8) & 3)
      sized[3] = body & 0xff
    }
    const out: number[] = [0x7e]
    for (const byte of [...sized, sized.reduce((xor, byte) => xor ^ byte, 0)])
      if (byte === 0x7e) out.push(0x7d, 0x02)
      else if (byte === 0x7d) out.push(0x7d, 0x01)
      else out.push(byte)
    return Uint8Array.from([...out, 0x7e])
  },
  checksumHolds(frame) {
    let at = 0
    while (at < frame.length && frame[at] === 0x7e) at++
    if (at === 0) return true // the delimiter is the last frame's, or another envelope
    let xor = 0
    // Packets of one message may share a delimiter.
    for (; at < frame.length - 1; at++)
      if (frame[at] !== 0x7e) xor ^= frame[at] !== 0x7d ? frame[at] : frame[++at] === 0x02 ? 0x7e : 0x7d
    return xor === 0
  },
}

/** Two bytes of prefix, crc u16, length u16, content; or the same as text: prefix,CRC,length,content. */
const ATRACK_TEXT = /^([^]{2}),([0-9A-F]{4}),([0-9]+),/
const isKeepAlive = (frame: Uint8Array) => u16(frame, 0) === 0xfe02
const atrack: Envelope = {
  unwrap(frame) {
    if (frame.length < 12 || isKeepAlive(frame) || frame[0] === 0x24) return null
    const text = ATRACK_TEXT.exec(textOf(frame.subarray(0, 16)))
    if (text) return frame.slice(text[0].length)
    return u16(frame, 4) + 6 === frame.length ? frame.slice(6) : null
  },
  wrap(frame, content) {
    if (frame[2] !== 0x2c) {
      const counted = Buffer.concat([Uint8Array.from(bytesOfU16(content.length)), content])
      return plain(Buffer.concat([frame.subarray(0, 2), Uint8Array.from(bytesOfU16(arc(counted))), counted]))
    }
    const counted = latin1(`,${content.length + 1},${textOf(content)}`)
    const crc = arc(counted).toString(16).toUpperCase().padStart(4, '0')
    return plain(Buffer.concat([frame.subarray(0, 2), latin1(`,${crc}`), counted]))
  },
  checksumHolds(frame) {
    if (atrack.unwrap(frame) === null) return true
    const text = ATRACK_TEXT.exec(textOf(frame.subarray(0, 16)))
    return text ? arc(frame.subarray(7)) === parseInt(text[2], 16) : arc(frame.subarray(4)) === u16(frame, 2)
  },
}

/** [maker*id*(index*)length*content]: a length in hex, no checksum. */
const WATCH = /^(\[[^*]{2}\*[^*]*\*(?:[0-9A-Fa-f]{4}\*)?)([0-9A-Fa-f]{4})\*([^]*)\]$/
const watch: Envelope = {
  unwrap(frame) {
    const parts = WATCH.exec(textOf(frame))
    return parts ? latin1(parts[3]) : null
  },
  wrap(frame, content) {
    const parts = WATCH.exec(textOf(frame))!
    return latin1(`${parts[1]}${content.length.toString(16).padStart(4, '0')}*${textOf(content)}]`)
  },
  checksumHolds: () => true,
}

export const ENVELOPES: Record<string, Envelope> = { gt06, jt808, atrack, watch }

/** Frames of JT/T 808 and the fields they are made of. Not on the hot path. */
export const ascii = (text: string) => [...Buffer.from(text, 'latin1')]
export const be = (value: number, bytes: number): number[] =>
  Array.from({ length: bytes }, (_, at) => Math.floor(value / 256 ** (bytes - 1 - at)) & 0xff)
export const u16 = (value: number) => be(value < 0 ? value + 0x10000 : value, 2)
export const u32 = (value: number) => be(value < 0 ? value + 0x1_0000_0000 : value, 4)
export const bcd = (digits: string) => [...Buffer.from(digits, 'hex')]
export const padded = (text: string, bytes: number) => ascii(text.padEnd(bytes, '\0').slice(0, bytes))

export interface Head {
  /** Digits (or hexadecimal ones) of the phone, without padding; up to 12, in 2019 up to 20, between e7 14. */
  phone: string
  serial: number
  /** 2019: with this version byte and ten bytes of phone. */
  version?: number
  /** Packets of the message, and number of this one. */
  packets?: readonly [number, number]
  delimiter?: 0x7e | 0xe7
  /** Properties on top of the length. */
  props?: number
}

const ESCAPES: Record<number, Record<number, number[]>> = {
  0x7e: { 0x7e: [0x7d, 2], 0x7d: [0x7d, 1] },
  0xe7: { 0xe6: [0xe6, 1], 0xe7: [0xe6, 2], 0x3e: [0x3e, 1], 0x3d: [0x3e, 2] },
}

const BODY_MAX = 1023

/** A whole frame: header, body, check byte, escaped, between delimiters. */
export const frame = (id: number, body: readonly number[], head: Head): Uint8Array => {
  if (body.length > BODY_MAX) throw new Error(`a body of ${body.length} bytes: more than ${BODY_MAX} go in packets`)
  const mark = head.delimiter ?? 0x7e
  const v2019 = head.version !== undefined
  const phoneBytes = v2019 ? 10 : mark === 0xe7 ? 7 : 6
  const jointech = id === 0x5501 || id === 0x5502 || id === 0x4401
  const props = body.length | (head.props ?? 0) | (v2019 ? 0x4000 : 0) | (head.packets ? 0x2000 : 0)
  const content = [
    ...u16(id),
    ...u16(props),
    ...(v2019 ? [head.version!] : []),
    ...bcd(head.phone.padStart(2 * phoneBytes, '0')),
    ...(jointech ? [head.serial & 0xff] : u16(head.serial)),
    ...(head.packets ? [...u16(head.packets[0]), ...u16(head.packets[1])] : []),
    ...body,
  ]
  content.push(content.reduce((xor, byte) => xor ^ byte, 0))
  return Uint8Array.from([mark, ...content.flatMap((byte) => ESCAPES[mark][byte] ?? [byte]), mark])
}

/** yymmddhhmmss in BCD, in a zone `zoneMinutes` east of UTC; the standard's is +08:00. */
export const date = (timeMs: number, zoneMinutes = 480): number[] =>
  bcd(new Date(timeMs + zoneMinutes * 60_000).toISOString().replaceAll(/\D/g, '').slice(2, 14))

/** { id, length, value }: additional items, and what vendors list. */
export const item = (id: number, value: readonly number[]) => [id, value.length, ...value]

/** The packets of a message whose body is too long for one frame. */
export const packets = (id: number, body: readonly number[], size: number, head: Head): Uint8Array[] => {
  const count = Math.ceil(body.length / size)
  return Array.from({ length: count }, (_, at) =>
    frame(id, body.slice(at * size, (at + 1) * size), {
      ...head,
      serial: (head.serial + at) & 0xffff,
      packets: [count, at + 1],
    }),
  )
}

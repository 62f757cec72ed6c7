/** A protocol small enough to reason about: lines. `#<digits>` logs in and is answered `ok`, `!…` is acknowledged with itself. */
import { NEED_MORE, YES, type Codec } from '../../src/codecs/codec.ts'
import { hashBytes, hashStart } from '../../src/codecs/hash.ts'

const HASH = 0x23,
  BANG = 0x21,
  LF = 10
const ascii = new TextEncoder()
const MESSAGE = ascii.encode('line')

export const lineCodec: Codec = {
  name: 'line',
  id: 200,
  version: 1,
  oneDevicePerConnection: true,
  signatures: [{ name: 'login', pattern: String.raw`#\d`, minBytes: 2, verdict: YES }],
  split: (bytes, start, end, silentMs) => {
    if (bytes[start] === LF) return -1
    if (bytes[start] !== HASH && bytes[start] !== BANG) {
      let at = start + 1
      while (at < end && bytes[at] !== HASH && bytes[at] !== BANG) at++
      return start - at
    }
    for (let at = start; at < end; at++) if (bytes[at] === LF) return at + 1 - start
    return silentMs === Infinity ? start - end : NEED_MORE
  },
  identify: (bytes, start, end, id) => {
    if (bytes[start] !== HASH) return 0
    let length = 0
    for (let at = start + 1; at < end && bytes[at] >= 0x30 && bytes[at] <= 0x39; at++) id[length++] = bytes[at]
    return length > 0 ? length : -1
  },
  ack: (bytes, start, end, _receivedMs, reply, at) => {
    const source = bytes[start] === HASH ? ascii.encode('ok\n') : bytes.subarray(start, end)
    reply.set(source, at)
    return source.length
  },
  advance: (bytes, start, _end, _receivedMs, state) => {
    if (bytes[start] === BANG) state[0]++
  },
  hash: (bytes, start, end, hash) => {
    hashStart(hash)
    hashBytes(bytes, start, end, hash)
  },
  decode: (bytes, start, _end, context, records) => {
    if (bytes[start] !== BANG) return 0
    const row = records.begin(MESSAGE)
    records.inputs[row] = context.state[0]
    records.end()
    return 1
  },
}

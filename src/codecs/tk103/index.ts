/** tk103: the parenthesised text protocol (TK103, TK103B clones, KX402, magnet and OBD trackers). */
import type { Codec } from '../codec.ts'
import { decode } from './decode.ts'
import { ack, advance, describeLogin, hash, identify, split } from './frame.ts'
import type { Tk103Options } from './options.ts'
import { SIGNATURES } from './signatures.ts'

export { tk103Options, type Tk103Options } from './options.ts'

export const tk103 = (options: Tk103Options): Codec => {
  const documented = options.documented_replies
  const ok = options.comma_reply === 'ok'
  return {
    name: 'tk103',
    id: 4,
    version: 1,
    oneDevicePerConnection: true,
    signatures: SIGNATURES,
    split,
    identify,
    ack: (bytes, start, end, _receivedMs, reply, at) => ack(bytes, start, end, reply, at, documented, ok),
    advance: (bytes, start, end, _receivedMs, state) => advance(bytes, start, end, state),
    hash,
    decode,
    describeLogin,
  }
}

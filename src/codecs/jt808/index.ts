/** JT/T 808: the Chinese vehicle-terminal standard of 2011, 2013 and 2019, and what makers have made of it. Source: messages.ts. */
import { STATE_WORDS, type Codec } from '../codec.ts'
import { NO_DEVICES, type DeviceSettings } from '../device-settings.ts'
import { Records } from '../records.ts'
import { rowOf } from '../row.ts'
import { advance } from './advance.ts'
import { ack } from './answer.ts'
import { decode } from './decode.ts'
import { F, FRAME, hash, identify, open, split } from './frame.ts'
import { Body, BODY } from './messages.ts'
import type { Jt808Options } from './options.ts'
import { settingsOf, type Settings } from './settings.ts'
import { SIGNATURES } from './signatures.ts'

export { jt808Options, type Jt808Options } from './options.ts'

export const jt808 = (options: Jt808Options, devices: DeviceSettings = NO_DEVICES): Codec => {
  const settings = settingsOf(options, devices)
  return {
    name: 'jt808',
    id: 7,
    version: 1,
    oneDevicePerConnection: true,
    signatures: SIGNATURES,
    split,
    identify: (bytes, start, end, id) => identify(bytes, start, end, id, settings),
    ack: (bytes, start, end, receivedMs, reply, at, state) =>
      ack(bytes, start, end, receivedMs, reply, at, settings, state),
    advance: (bytes, start, end, _receivedMs, state) => advance(bytes, start, end, state, settings),
    hash,
    decode: (bytes, start, end, context, records) => decode(bytes, start, end, context, records, settings),
    describeLogin: (bytes, start, end) => describeLogin(bytes, start, end, settings),
  }
}

/** What a registration or an authentication says; the record has the same. */
const describeLogin = (bytes: Uint8Array, start: number, end: number, settings: Settings): Record<string, unknown> => {
  if (open(bytes, start, end) !== FRAME) return {}
  if (BODY[F.id] !== Body.register && BODY[F.id] !== Body.authenticate) return {}
  const records = new Records(1)
  const context = {
    receivedMs: 0,
    transport: 0,
    state: new Int32Array(STATE_WORDS),
    device: bytes,
    deviceStart: 0,
    deviceEnd: 0,
  }
  if (decode(bytes, start, end, context, records, settings) < 1) return {}
  const row = rowOf(records, 0)
  return { message: row.message, ...row.attributes }
}

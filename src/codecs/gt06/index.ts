/** The GT06 family: Concox and Jimi trackers (WeTrack140 among them) and their clones. Source: messages.ts. */
import { u16 } from '../bytes.ts'
import type { Codec } from '../codec.ts'
import { NO_DEVICES, type DeviceSettings } from '../device-settings.ts'
import { ack } from './ack.ts'
import { decoderOf } from './decode.ts'
import { hash, identify, LOGIN_MODEL_N, LOGIN_ZONE_N, Shape, shapeOf, split, TRAILER } from './frame.ts'
import type { Gt06Options } from './options.ts'
import { settingsOf } from './settings.ts'
import { SIGNATURES } from './signatures.ts'
import { advance, loginZoneMinutes } from './state.ts'

export { gt06Options, type Gt06Options } from './options.ts'

export const gt06 = (options: Gt06Options, devices: DeviceSettings = NO_DEVICES): Codec => {
  const settings = settingsOf(options, devices)
  return {
    name: 'gt06',
    id: 1,
    version: 1,
    oneDevicePerConnection: true,
    signatures: SIGNATURES,
    split,
    identify: (bytes, start, end, id) => identify(bytes, start, end, id, settings),
    ack: (bytes, start, end, receivedMs, reply, at) => ack(bytes, start, end, receivedMs, reply, at, settings),
    advance: (bytes, start, end, receivedMs, state) => advance(bytes, start, end, receivedMs, state, settings),
    hash,
    decode: decoderOf(settings),
    describeLogin,
  }
}

const CONTENT = 4

/** Model code, time zone and language of a login; the software version of a Topin one. */
const describeLogin = (bytes: Uint8Array, start: number, end: number): Record<string, unknown> => {
  const content = start + CONTENT
  if (shapeOf(bytes, start, end) === Shape.topin) return { software_version: bytes[content + 8] }
  const n = end - TRAILER - content
  const said: Record<string, unknown> = {}
  if (n >= LOGIN_MODEL_N) said.type_code = u16(bytes, content + 8)
  if (n >= LOGIN_ZONE_N) {
    const word = u16(bytes, content + 10)
    const minutes = loginZoneMinutes(word)
    if (minutes === minutes) said.timezone_minutes = minutes
    said.language = word & 3
  }
  return said
}

/** What a frame leaves behind for the frames after it; see state.ts. */
import { u32 } from '../bytes.ts'
import { DEVICE_ID_MAX } from '../codec.ts'
import { answers } from './answer.ts'
import { afterLocations } from './conditions.ts'
import { ACCEPTED, F, FRAME, identify, open, refusal } from './frame.ts'
import { Body, BODY, Props } from './messages.ts'
import { settingsFor, type Settings } from './settings.ts'
import { countReplies, expectPacket, forgetFile, JIMI, MEDIA_MAX, mediaId, nextPacket, PACKET_MAX } from './state.ts'

/** Type of 0x0900 that Jimi's units alone send. */
const JIMI_OBD = 0xf0

export const advance = (bytes: Uint8Array, start: number, end: number, state: Int32Array, settings: Settings): void => {
  if (open(bytes, start, end) !== FRAME || refusal(settings) !== ACCEPTED) return
  const replies = answers(state)
  if (replies > 0) countReplies(state, replies)
  if (F.props & Props.encryption && F.id !== 0x0200) return
  const body = BODY[F.id]
  if (body === Body.media) afterMedia(F.body, state)
  else if (body === Body.transparent) {
    if (F.packet <= 1 && F.body < F.bodyEnd && F.bytes[F.body] === JIMI_OBD) state[0] |= JIMI
  } else afterLocations(state, settings.groups.length === 0 ? settings : own(bytes, start, end, settings))
}

const ID = new Uint8Array(DEVICE_ID_MAX)

/** The settings for the device of the open frame. */
const own = (bytes: Uint8Array, start: number, end: number, settings: Settings): Settings => {
  const length = identify(bytes, start, end, ID, settings)
  return settingsFor(settings, ID, 0, Math.max(0, length))
}

const afterMedia = (at: number, state: Int32Array): void => {
  const next = nextPacket(state)
  if (F.packets === 0 || F.packet + 1 === next) return // whole, or the last one again
  const complete = F.packet === F.packets
  if (F.packet === 1) {
    const id = at + 4 <= F.bodyEnd ? u32(F.bytes, at) : Infinity
    if (id <= MEDIA_MAX) expectPacket(state, id, 2, complete)
    else forgetFile(state)
  } else if (F.packet === next && next < PACKET_MAX) expectPacket(state, mediaId(state), next + 1, complete)
  else if (next !== 0) forgetFile(state)
}

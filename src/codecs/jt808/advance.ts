/** What a frame leaves behind for the frames after it; see state.ts. */
import { conditionsOf } from './alarms.ts'
import { answers } from './answer.ts'
import { u16, u32 } from './bytes.ts'
import { ACCEPTED, F, FRAME, open, refusal } from './frame.ts'
import { Body, BODY, Location, Props } from './messages.ts'
import type { Settings } from './settings.ts'
import {
  CONDITIONS,
  countReplies,
  expectPacket,
  JIMI,
  MEDIA_MAX,
  nextPacket,
  PACKET_MAX,
  rememberMedia,
} from './state.ts'

export function advance(bytes: Uint8Array, start: number, end: number, state: Int32Array, settings: Settings): void {
  if (open(bytes, start, end) !== FRAME || refusal(settings) !== ACCEPTED) return
  const replies = answers(state)
  if (replies > 0) countReplies(state, replies)
  const at = F.body
  const body = BODY[F.id]
  if (F.packet > 1 && body !== Body.media) return
  if (F.props & Props.encryption && F.id !== 0x0200) return
  switch (body) {
    case Body.location:
      afterLocation(at, state, settings)
      break
    case Body.locationReply:
      afterLocation(at + 2, state, settings)
      break
    case Body.batch:
      for (let from = at + 3; from + 2 <= F.bodyEnd; from += 2 + u16(F.bytes, from))
        if (u16(F.bytes, from) >= Location.size) afterLocation(from + 2, state, settings)
      break
    case Body.shortBatch:
      if (F.bodyEnd - at === 7) break
      for (let from = at; from + 1 <= F.bodyEnd; from += 1 + F.bytes[from])
        if (F.bytes[from] >= Location.size) afterLocation(from + 1, state, settings)
      break
    case Body.transparent:
      if (at < F.bodyEnd && F.bytes[at] === 0xf0) state[0] |= JIMI
      break
    case Body.media:
      afterMedia(at, state)
      break
  }
}

function afterLocation(at: number, state: Int32Array, settings: Settings): void {
  if (at + Location.size > F.bodyEnd) return
  state[0] = (state[0] & ~CONDITIONS) | conditionsOf(u32(F.bytes, at + Location.alarm) | 0, settings)
}

function afterMedia(at: number, state: Int32Array): void {
  const next = nextPacket(state)
  if (F.packets === 0 || F.packet + 1 === next) return // whole, or the last one again
  let expected = 0
  if (F.packet === 1 && at + 4 <= F.bodyEnd) {
    const id = u32(F.bytes, at)
    if (id <= MEDIA_MAX) {
      rememberMedia(state, id)
      expected = 2
    }
  } else if (F.packet === next && next < PACKET_MAX) expected = next + 1
  expectPacket(state, expected)
}

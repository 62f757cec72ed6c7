/**
 * What a session remembers.
 *
 *   word 0   bits 0-18 alarm conditions that hold (alarms.ts) · bit 19 the unit has sent Jimi's 0x0900 F0 ·
 *            bit 20 a media file is on its way or has just come · bits 21-31 high bits of the rest
 *   word 1   bits 0-15 replies sent, the serial of the next one · bits 16-31 low bits of the rest
 *
 *   rest, of a file     bit 26 all packets came · bits 16-25 number of the packet expected next · bits 0-15 id of the file
 *   rest, of locations  bits 8-26 conditions before the last frame with locations · bits 0-7 what tells that frame from others
 *
 * A unit that gets no answer sends its frame again: judged by the conditions that frame itself left behind, the same
 * record would have no alarm the second time. While a file is on its way there is no room for this.
 */
import { CONDITION_BITS } from './alarms.ts'

export const CONDITIONS = (1 << CONDITION_BITS) - 1
export const JIMI = 1 << CONDITION_BITS
const FILE = JIMI << 1
const REST_SHIFT = CONDITION_BITS + 2
const COMPLETE = 1 << 26,
  PACKET_SHIFT = 16,
  MARK_BITS = 8
/** What tells a frame with locations from the one before it has this many values. */
export const MARKS = 1 << MARK_BITS
/** Largest number and largest id there is room for. */
export const PACKET_MAX = 0x3ff,
  MEDIA_MAX = 0xffff

const rest = (state: Int32Array): number => ((state[0] >>> REST_SHIFT) << 16) | (state[1] >>> 16)

const setRest = (state: Int32Array, value: number): void => {
  state[0] = (state[0] & ((1 << REST_SHIFT) - 1)) | ((value >>> 16) << REST_SHIFT)
  state[1] = (state[1] & 0xffff) | (value << 16)
}

/** Packet of the media file that is expected next; 0: none. */
export const nextPacket = (state: Int32Array): number =>
  state[0] & FILE ? (rest(state) >>> PACKET_SHIFT) & PACKET_MAX : 0

export const mediaId = (state: Int32Array): number => rest(state) & MEDIA_MAX

export const replySerial = (state: Int32Array): number => state[1] & 0xffff

/** The file of this id is on its way, and this packet is the next one; `complete`: there are no more. */
export const expectPacket = (state: Int32Array, id: number, packet: number, complete: boolean): void => {
  state[0] |= FILE
  setRest(state, (complete ? COMPLETE : 0) | (packet << PACKET_SHIFT) | id)
}

/** A packet was missed, or has no room here: nothing is expected. */
export const forgetFile = (state: Int32Array): void => {
  state[0] &= ~FILE
  setRest(state, 0)
}

/** Conditions before a frame with this mark: those that hold, or, if it is the last one again, those before it. */
export const conditionsBefore = (state: Int32Array, mark: number): number => {
  if (!(state[0] & FILE) && (rest(state) & (MARKS - 1)) === mark) return (rest(state) >>> MARK_BITS) & CONDITIONS
  return state[0] & CONDITIONS
}

/** Takes the conditions that hold after a frame with locations; `before`: those before it. */
export const holdConditions = (state: Int32Array, conditions: number, before: number, mark: number): void => {
  state[0] = (state[0] & ~CONDITIONS) | conditions
  if (state[0] & FILE && !(rest(state) & COMPLETE)) return
  state[0] &= ~FILE
  setRest(state, (before << MARK_BITS) | mark)
}

export const countReplies = (state: Int32Array, replies: number): void => {
  state[1] = (state[1] & 0xffff0000) | ((state[1] + replies) & 0xffff)
}

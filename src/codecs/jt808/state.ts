/**
 * What a session remembers.
 *
 *   word 0   bits 0-19 alarm conditions that hold (alarms.ts) · bit 20 the unit has sent Jimi's 0x0900 F0 ·
 *            bits 21-31 number of the next packet of a media file, 0 when none is on its way or one was missed
 *   word 1   bits 0-15 replies sent, the serial of the next one · bits 16-31 id of that media file
 */
import { CONDITION_BITS } from './alarms.ts'

export const CONDITIONS = (1 << CONDITION_BITS) - 1
export const JIMI = 1 << CONDITION_BITS
const PACKET_SHIFT = CONDITION_BITS + 1
/** Largest number and largest id there is room for. */
export const PACKET_MAX = 0x7ff,
  MEDIA_MAX = 0xffff

/** Packet of the media file that is expected next; 0: none. */
export function nextPacket(state: Int32Array): number {
  return state[0] >>> PACKET_SHIFT
}

export function mediaId(state: Int32Array): number {
  return state[1] >>> 16
}

export function replySerial(state: Int32Array): number {
  return state[1] & 0xffff
}

/** Takes the number of the packet that is expected next; 0: none. */
export function expectPacket(state: Int32Array, packet: number): void {
  state[0] = (state[0] & ((1 << PACKET_SHIFT) - 1)) | (packet << PACKET_SHIFT)
}

export function rememberMedia(state: Int32Array, id: number): void {
  state[1] = (state[1] & 0xffff) | (id << 16)
}

export function countReplies(state: Int32Array, replies: number): void {
  state[1] = (state[1] & 0xffff0000) | ((state[1] + replies) & 0xffff)
}

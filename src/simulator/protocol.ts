/** What the simulator needs to know of a protocol: how its tracker logs in, reports, and reads acks. */
import type { AlarmName } from '../codecs/alarms.ts'
import type { SimulatedFix } from './vehicle.ts'

/** Kinds of replies. `reports` confirms either the message of `serial`, or, where that is -1, the oldest unconfirmed one. */
export type ReplyKind = 'login' | 'reports' | 'other'

export interface Reply {
  /** Bytes of the reply; 0: it is not complete yet. */
  size: number
  kind: ReplyKind
  serial: number
}

/** One simulated tracker's side of a protocol. */
export interface TrackerProtocol {
  readonly name: string
  /** Alarms its frames can carry. */
  readonly alarms: readonly AlarmName[]
  /** True if each fix is acknowledged on its own; false if one ack covers all fixes of a message. */
  readonly acksEachFix: boolean
  login(imei: string, serial: number): Uint8Array
  /** A message with the fixes, which the gateway answers. `serial` is the tracker's counter. */
  report(imei: string, fixes: readonly SimulatedFix[], serial: number): Uint8Array
  /** Heartbeat, where it is a message of its own. */
  heartbeat(imei: string, fix: SimulatedFix, serial: number): Uint8Array | null
  readReply(bytes: Uint8Array, start: number, end: number): Reply
  /** The fix as the protocol can say it: what the truth file holds. */
  rounded(fix: SimulatedFix): SimulatedFix
}

/** Sum of an IMEI's digits: tells the kinds of a protocol's trackers apart, whatever the step between a fleet's numbers. */
export const digitSum = (imei: string) => [...imei].reduce((sum, digit) => sum + Number(digit), 0)

/** The message being decoded: what every reader of a content is given. */
import type { FrameContext } from '../codec.ts'
import { Records } from '../records.ts'
import { UTC } from './messages.ts'
import type { Settings } from './settings.ts'

export interface Message {
  bytes: Uint8Array
  /** The content is bytes[at, end). */
  at: number
  end: number
  number: number
  /** 1: in a 79 79 frame. */
  long: number
  /** UTC or LOCAL: what its date is in. */
  clock: number
  /** The open row, and where it is. */
  records: Records
  row: number
  context: FrameContext
  settings: Settings
}

/** A reader of contents: fills the open row. */
export type Reader = (message: Message) => void

const NOTHING = new Uint8Array(0)

/** One object serves all frames of a codec: nothing is made per frame. */
export const createMessage = (settings: Settings): Message => ({
  bytes: NOTHING,
  at: 0,
  end: 0,
  number: 0,
  long: 0,
  clock: UTC,
  records: new Records(0),
  row: 0,
  context: {
    receivedMs: 0,
    transport: 0,
    state: new Int32Array(2),
    device: NOTHING,
    deviceStart: 0,
    deviceEnd: 0,
  },
  settings,
})

/** Recorded traffic: what trackers sent, in the order it came. */
import { TCP, UDP } from '../../codecs/frame-record.ts'

/** Bytes of one read or datagram. */
export interface Chunk {
  /** The connection or peer it belongs to; unlike in other flows of the same recording. */
  flow: string
  transport: typeof TCP | typeof UDP
  /** `ip:port` of the tracker, as far as the recording says. */
  remote: string
  /** ms since 1970; NaN where the recording has no time. */
  timeMs: number
  bytes: Uint8Array
  /** A line of a text holds whole frames: nothing of it is completed by the next. */
  whole: boolean
  /** The flow ends with it. */
  last: boolean
}

export interface Recording {
  chunks: Chunk[]
  /** What could not be used, with the place: "line 7: …", "3 packets: …". */
  skipped: string[]
}

/**
 * Takes a recording through the gateway's own intake, so that recognition, sessions, quarantine and rejects are the real
 * ones, and gives the frames it yields.
 */
import { STATE_WORDS, type Codec } from '../../codecs/codec.ts'
import { At, TRANSPORTS } from '../../codecs/frame-record.ts'
import { REJECT_NAMES } from '../../codecs/rejects.ts'
import type { DeviceList } from '../../devices/device-list.ts'
import { NetCounters } from '../../net/counters.ts'
import { Intake, type FrameSink } from '../../net/intake.ts'
import { Session } from '../../net/session.ts'
import type { FrameToDecode } from '../decode-frames.ts'
import type { Chunk } from './recording.ts'

export interface RecordedFrame extends FrameToDecode {
  codec: Codec
  /** The recording says when it was received. */
  timed: boolean
}

export interface DecodedRecording {
  frames: RecordedFrame[]
  /** By reason: what no codec could use, in bytes. */
  rejects: Map<string, number>
}

/** `fallbackMs`: when chunks were received that say no time; they come a millisecond after each other. */
export function decodeRecording(
  chunks: readonly Chunk[],
  codecs: readonly Codec[],
  devices: DeviceList,
  frameBytes: number,
  fallbackMs: number,
): DecodedRecording {
  const found: DecodedRecording = { frames: [], rejects: new Map() }
  let timed = false
  let remote = ''
  const sink: FrameSink = {
    frame: (session, bytes, start, end, receivedMs) =>
      found.frames.push({
        codec: session.codec!,
        protocol: session.codec!.name,
        device: session.deviceId,
        transport: TRANSPORTS[session.transport],
        remote,
        receivedMs,
        timed,
        quarantined: session.header[At.flags] !== 0,
        state: session.state.slice(0, STATE_WORDS),
        bytes: bytes.slice(start, end),
      }),
    reject: (_session, reason, _bytes, start, end) => {
      const name = REJECT_NAMES[reason]
      found.rejects.set(name, (found.rejects.get(name) ?? 0) + end - start)
    },
    // Nobody is there to be acknowledged.
    ackWaits: (session) => session.acksSent(session.acksWaiting),
  }
  const counters = new NetCounters(codecs.map((codec) => codec.name))
  const intake = new Intake(
    codecs,
    sink,
    counters,
    frameBytes,
    (id) => devices.admit(id),
    () => {},
  )
  const flows = new Map<string, Flow>()
  const end = (flow: Flow, whole: boolean) => {
    ;({ timed, remote } = flow)
    intake.end(flow.session, flow.nowMs, whole)
  }
  chunks.forEach((chunk, index) => {
    timed = !Number.isNaN(chunk.timeMs)
    remote = chunk.remote
    const nowMs = timed ? Math.floor(chunk.timeMs) : fallbackMs + index
    const first = flows.get(chunk.flow)?.session
    const other = chunk.whole && first?.codec ? intake.otherProtocol(first, chunk.bytes) : -1
    const name = other < 0 ? chunk.flow : `${chunk.flow} ${codecs[other].name}`
    const before = flows.get(name)
    const session =
      before && before.session.closing === ''
        ? before.session
        : new Session(chunk.transport, ...addressOf(chunk.remote), nowMs, null)
    const flow = { session, timed, remote, nowMs }
    flows.set(name, flow)
    if (chunk.whole) intake.datagram(session, chunk.bytes, nowMs)
    else intake.read(session, chunk.bytes, nowMs)
    if (chunk.last) {
      end(flow, true)
      flows.delete(name)
    }
  })
  for (const flow of flows.values()) end(flow, false)
  return found
}

/** A connection or peer, and when and whence its last bytes came. */
interface Flow {
  session: Session
  timed: boolean
  remote: string
  nowMs: number
}

/** `1.2.3.4:5`, `[::1]:5`, or an address alone. */
function addressOf(remote: string): [ip: string, port: number] {
  const match = /^\[?([^\]]*?)\]?(?::(\d+))?$/.exec(remote)
  return match ? [match[1], Number(match[2] ?? 0)] : [remote, 0]
}

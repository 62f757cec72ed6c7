/** The net side as a whole: listeners, sessions, batches, acks. */
import type { Logger } from 'pino'
import { STATE_WORDS, type Codec } from '../codecs/codec.ts'
import { ListenError } from '../listen-error.ts'
import { connectionsWithin, openFilesMax } from '../open-files.ts'
import { headerOf, QUARANTINED, REJECT, RELEASED, SMS, TCP } from '../codecs/frame-record.ts'
import { Reject, REJECT_NAMES } from '../codecs/rejects.ts'
import type { Admission } from '../devices/device-list.ts'
import type { Batch } from './batch.ts'
import { Committer, type CommitLog, type CommitterOptions, type PauseReason } from './committer.ts'
import { NetCounters } from './counters.ts'
import { Intake } from './intake.ts'
import type { Session } from './session.ts'
import { Sessions, type Limits } from './sessions.ts'
import { TcpListener } from './tcp.ts'
import { UdpListener } from './udp.ts'

export interface NetOptions {
  host: string
  port: number
  tcp: boolean
  udp: boolean
  /** So many processes accept on the TCP port; the kernel spreads connections evenly. */
  listeners: number
  limits: Limits
  commit: CommitterOptions
}

const NO_STATE = new Int32Array(STATE_WORDS)

/** A frame that came another way than through a socket: the text of an SMS, or one that lay in quarantine. */
export interface FrameOfNoSocket {
  /** The codec's id. */
  codec: number
  transport: number
  quarantined: boolean
  device: string
  remote: string
  receivedMs: number
  state: Int32Array
  bytes: Uint8Array
}

export class Net {
  readonly counters: NetCounters
  readonly committer: Committer
  private readonly sessions: Sessions
  private readonly intake: Intake
  private readonly tcp: TcpListener
  private readonly udp: UdpListener
  private timers: Timer[] = []
  /** True while the journal is full or too slow and nothing is read. */
  paused = false
  listening = false

  constructor(
    /** In force now. */
    public codecs: readonly Codec[],
    journal: CommitLog,
    private readonly options: NetOptions,
    private readonly log: Logger,
    admit: (claimed: string) => Admission,
    onBatch: (batch: Batch) => void,
    onFailure: (error: Error) => void,
  ) {
    this.counters = new NetCounters(codecs.map((codec) => codec.name))
    const acks = (session: Session) => (session.transport === TCP ? this.tcp : this.udp).sendAcks(session)
    this.committer = new Committer(journal, options.commit, onBatch, acks, (why) => this.pause(why), onFailure)
    this.sessions = new Sessions(this.committer, this.counters, options.limits, log)
    this.intake = new Intake(
      codecs,
      this.committer,
      this.counters,
      options.commit.frameBytes,
      admit,
      (session, before) => this.sessions.bound(session, before),
    )
    this.intake.onBug = (error) =>
      log.error({ error: error.stack }, 'a codec failed: its bytes are in rejects as decoder_error; please report them')
    const openFiles = openFilesMax()
    const share = Math.ceil(options.limits.connections / options.listeners)
    const connections = connectionsWithin(share, openFiles)
    if (connections < share)
      log.warn(
        { connections, configured: share, openFiles },
        'fewer TCP connections are accepted than limits.connections says, as the process may not open more files; raise LimitNOFILE (ulimit -n), or lower the limit',
      )
    this.tcp = new TcpListener(this.intake, this.sessions, this.counters, { ...options.limits, connections }, log)
    this.udp = new UdpListener(this.intake, this.sessions, this.counters, options.limits, log)
    const sweep = () => {
      if (this.paused) return // nothing is read, so silence says nothing
      this.sessions.sweep(
        performance.now(),
        (session, reason) => this.tcp.close(session, reason),
        (session, silentMs) => this.intake.silence(session, silentMs, Date.now()),
      )
    }
    this.timers.push(setInterval(sweep, 1000))
    const batchMs = options.commit.batchMs
    this.timers.push(setInterval(() => this.committer.tick(performance.now()), Math.max(1, batchMs / 2)))
  }

  /** Opens the port on TCP, UDP or both; gives it, since port 0 means any. */
  async listen(): Promise<number> {
    const { host, tcp, udp, listeners } = this.options
    let { port } = this.options
    try {
      if (tcp) port = this.tcp.listen(host, port, listeners > 1)
      if (udp) port = await this.udp.listen(host, port)
    } catch (error) {
      this.tcp.stopAccepting()
      throw new ListenError('gateway', host, port, error as Error)
    }
    this.listening = true
    return port
  }

  /** Takes no more; writes session rows, commits everything, sends the last acks. */
  async stop(): Promise<void> {
    this.listening = false
    this.tcp.stopAccepting()
    for (const timer of this.timers) clearInterval(timer)
    const open = [...this.sessions.tcp]
    for (const session of open) this.intake.end(session, Date.now(), false)
    this.sessions.endAll('gateway_stopped')
    await this.committer.flush()
    for (const session of open) session.socket!.end()
    this.udp.close()
  }

  /** For a look from outside. */
  liveSessions(): Iterable<Session> {
    return this.sessions.all()
  }

  /** The device file has changed: who is whom, who may come in, and what codecs know of single devices. */
  devicesChanged(codecs: readonly Codec[]): void {
    this.codecs = codecs
    this.intake.useCodecs(codecs)
    for (const session of this.sessions.all()) {
      if (session.codec === null) continue
      session.codec = codecs[session.codecIndex]
      if (session.claimed.length === 0 || this.intake.bind(session)) continue
      const reason = REJECT_NAMES[Reject.unknown_device]
      if (session.transport !== TCP) this.sessions.endUdp(session, reason)
      else if (session.codec.oneDevicePerConnection) this.tcp.close(session, reason)
    }
  }

  /** Takes the text of an SMS as a frame. `durable` says when it is on disk. */
  takeSms(frame: FrameOfNoSocket): void {
    const index = this.codecs.findIndex((codec) => codec.id === frame.codec)
    const slot = this.counters.slot(index, SMS)
    this.counters.receivedBytes[SMS] += frame.bytes.length
    this.counters.frameBytes[slot] += frame.bytes.length
    this.counters.frames[slot]++
    this.record(frame)
  }

  /** Takes a frame again that lay in quarantine; it was counted when it was received. */
  takeReleased(frame: FrameOfNoSocket): void {
    this.counters.released++
    this.record(frame, RELEASED)
  }

  private record(frame: FrameOfNoSocket, flags = 0): void {
    const { codec, transport, quarantined, device, remote, receivedMs, state, bytes } = frame
    const header = headerOf(
      codec,
      transport,
      quarantined ? flags | QUARANTINED : flags,
      Buffer.from(device, 'latin1'),
      Buffer.from(remote, 'latin1'),
    )
    this.committer.record(header, receivedMs, state, bytes)
  }

  /** Takes an SMS that is of no tracker we know: it is kept as a reject. */
  rejectSms(remote: string, reason: number, bytes: Uint8Array, receivedMs: number): void {
    this.counters.receivedBytes[SMS] += bytes.length
    this.counters.rejectBytes[SMS] += bytes.length
    this.counters.rejects[reason]++
    const header = headerOf(0, SMS, 0, new Uint8Array(0), Buffer.from(remote, 'latin1'))
    this.committer.record(header, receivedMs, NO_STATE, bytes, REJECT, reason)
  }

  /** Resolves when all that was taken so far is on disk. */
  durable(): Promise<void> {
    return this.committer.durable()
  }

  private pause(why: PauseReason): void {
    this.paused = why !== ''
    this.tcp.pause(this.paused)
    this.udp.pause(this.paused)
    if (!this.paused) this.sessions.forgive(performance.now())
    this.log[why === '' ? 'info' : 'error'](PAUSE_MESSAGES[why])
  }
}

const PAUSE_MESSAGES: Record<PauseReason, string> = {
  full: 'the journal is full (journal.max_bytes): no tracker is read until ClickHouse has taken some of it',
  disk: 'the disk of the journal is nearly full: no tracker is read until there is room on it',
  slow: 'the disk of the journal is slower than the trackers: none is read until it has caught up',
  '': 'the journal has room again: reading trackers',
}

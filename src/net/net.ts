/** The net side as a whole: listeners, sessions, batches, acks. */
import type { Logger } from 'pino'
import type { Codec } from '../codecs/codec.ts'
import { ListenError } from '../listen-error.ts'
import { TCP } from '../codecs/frame-record.ts'
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
  limits: Limits
  commit: CommitterOptions
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
    codecs: readonly Codec[],
    journal: CommitLog,
    private readonly options: NetOptions,
    private readonly log: Logger,
    onBatch: (batch: Batch) => void,
    onFailure: (error: Error) => void,
  ) {
    this.counters = new NetCounters(codecs.map((codec) => codec.name))
    const acks = (session: Session) => (session.transport === TCP ? this.tcp : this.udp).sendAcks(session)
    this.committer = new Committer(journal, options.commit, onBatch, acks, (why) => this.pause(why), onFailure)
    this.sessions = new Sessions(this.committer, this.counters, options.limits, log)
    this.intake = new Intake(codecs, this.committer, this.counters, options.commit.frameBytes, (session, before) =>
      this.sessions.bound(session, before),
    )
    this.tcp = new TcpListener(this.intake, this.sessions, this.counters, options.limits, log)
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
    const { host, tcp, udp } = this.options
    let { port } = this.options
    try {
      if (tcp) port = this.tcp.listen(host, port)
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
    for (const session of open) this.intake.end(session, Date.now())
    this.sessions.endAll('gateway_stopped')
    await this.committer.flush()
    for (const session of open) session.socket!.end()
    this.udp.close()
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

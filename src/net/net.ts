/** The net side as a whole: listeners, sessions, batches, acks. */
import type { Logger } from 'pino'
import type { Codec } from '../codecs/codec.ts'
import { ListenError } from '../listen-error.ts'
import { TCP, UDP } from '../codecs/frame-record.ts'
import type { Batch } from './batch.ts'
import { Committer, type CommitLog, type CommitterOptions } from './committer.ts'
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
  /** True while the journal is full and nothing is read. */
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
    this.committer = new Committer(journal, options.commit, onBatch, acks, (full) => this.pause(full), onFailure)
    this.sessions = new Sessions(this.committer, this.counters, options.limits, log)
    this.intake = new Intake(codecs, this.committer, this.counters, options.commit.frameBytes, (session) =>
      this.sessions.bound(session),
    )
    this.tcp = new TcpListener(this.intake, this.sessions, this.counters, options.limits, log)
    this.udp = new UdpListener(this.intake, this.sessions, this.counters, options.limits, log)
    const sweep = () => {
      const now = Date.now()
      this.sessions.sweep(
        now,
        (session, reason) => this.tcp.close(session, reason),
        (session, silentMs) => this.intake.silence(session, silentMs, now),
      )
    }
    this.timers.push(setInterval(sweep, 1000))
    const batchMs = options.commit.batchMs
    this.timers.push(setInterval(() => this.committer.tick(Date.now()), Math.max(1, batchMs / 2)))
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

  get sessionCount(): number {
    return this.counters.sessions[TCP] + this.counters.sessions[UDP]
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

  private pause(paused: boolean): void {
    this.paused = paused
    this.tcp.pause(paused)
    this.udp.pause(paused)
    if (paused)
      this.log.error(
        'the journal is full (journal.max_bytes): no tracker is read until ClickHouse has taken some of it',
      )
    else this.log.info('the journal has room again: reading trackers')
  }
}

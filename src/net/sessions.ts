/** All sessions that live: who they are, when they must end, and the row each leaves behind. */
import { pack } from 'msgpackr'
import type { Logger } from 'pino'
import { TCP, UDP, type SessionEnd } from '../codecs/frame-record.ts'
import type { Committer } from './committer.ts'
import type { NetCounters } from './counters.ts'
import type { Session } from './session.ts'

export interface Limits {
  connections: number
  connectionsPerIp: number
  idleTimeoutMs: number
  loginTimeoutMs: number
}

/** A window is offered to its codec again after this silence, once a second. */
const SILENCE_MS = 1000
/** How long a connection may stay silent once a newer one belongs to its device. */
const SUPERSEDED_SILENCE_MS = 30_000
const LIMIT_LOG_MS = 10_000
/** How long a connection that is to end may take over its last acks. */
const CLOSING_MS_MAX = 30_000

export class Sessions {
  readonly tcp = new Set<Session>()
  /** By address, then by `peerKey`. */
  private readonly udpByIp = new Map<string, Map<number, Session>>()
  udpCount = 0
  /** TCP sessions of protocols with one device a connection. */
  private readonly byDevice = new Map<string, Session>()
  private readonly limitLogged = new Map<string, number>()

  constructor(
    private readonly committer: Committer,
    private readonly counters: NetCounters,
    private readonly limits: Limits,
    private readonly log: Logger,
  ) {}

  addTcp(session: Session): void {
    this.tcp.add(session)
    this.counters.sessions[TCP]++
    this.counters.sessionsOpened[TCP]++
  }

  removeTcp(session: Session): void {
    if (!this.tcp.delete(session)) return
    this.counters.sessions[TCP]--
    const id = session.deviceId
    if (this.byDevice.get(id) === session) this.byDevice.delete(id)
    this.ended(session, session.closing === '' ? 'closed_by_tracker' : session.closing)
  }

  /** The session of a UDP peer; with `other`, the one beside it that speaks this other protocol. */
  udp(ip: string, port: number, other: number): Session | undefined {
    return this.udpByIp.get(ip)?.get(peerKey(port, other))
  }

  addUdp(session: Session, other: number): void {
    session.peerKey = peerKey(session.port, other)
    let ports = this.udpByIp.get(session.ip)
    if (!ports) this.udpByIp.set(session.ip, (ports = new Map<number, Session>()))
    ports.set(session.peerKey, session)
    this.udpCount++
    this.counters.sessions[UDP]++
    this.counters.sessionsOpened[UDP]++
  }

  endUdp(session: Session, reason: string): void {
    const ports = this.udpByIp.get(session.ip)!
    ports.delete(session.peerKey)
    if (ports.size === 0) this.udpByIp.delete(session.ip)
    this.udpCount--
    this.counters.sessions[UDP]--
    this.ended(session, reason)
  }

  /** Every session that lives. */
  *all(): Generator<Session> {
    yield* this.tcp
    for (const ports of this.udpByIp.values()) yield* ports.values()
  }

  /** A session was bound, `before` to another device or '': an older connection of the device is probably dead, and is given little time to prove else. */
  bound(session: Session, before: string): void {
    if (session.transport !== TCP || !session.codec!.oneDevicePerConnection) return
    if (this.byDevice.get(before) === session) this.byDevice.delete(before)
    const id = session.deviceId
    const older = this.byDevice.get(id)
    if (older && older !== session) older.superseded = true
    this.byDevice.set(id, session)
  }

  limitReached(limit: string, ip: string): void {
    this.counters.close(`limit_${limit}`)
    const now = Date.now()
    if (now - (this.limitLogged.get(limit) ?? 0) < LIMIT_LOG_MS) return
    this.limitLogged.set(limit, now)
    this.log.warn(
      { limit: `limits.${limit}`, ip },
      `limits.${limit} is reached: new ones are refused; raise it if these are your trackers`,
    )
  }

  /** Nothing was read for a while, by no fault of the trackers: their silence starts anew. */
  forgive(now: number): void {
    for (const session of this.all()) session.opened = session.seen = now
  }

  /** Makes room for a UDP peer: the one added longest ago goes, and has to log in again if it lives. */
  evictUdp(): void {
    for (const ports of this.udpByIp.values())
      for (const session of ports.values()) {
        this.limitReached('connections', session.ip)
        this.endUdp(session, 'evicted')
        return
      }
  }

  /** UDP peers of one address. */
  udpOf(ip: string): number {
    return this.udpByIp.get(ip)?.size ?? 0
  }

  /** Once a second: ends what is idle, lets codecs settle for windows that have gone silent. */
  sweep(
    now: number,
    close: (session: Session, reason: string) => void,
    silence: (session: Session, silentMs: number) => void,
  ): void {
    for (const session of this.tcp) {
      const silentMs = now - session.seen
      if (session.closing !== '') {
        // It does not read the acks that keep it open.
        if (silentMs > CLOSING_MS_MAX) session.socket!.terminate()
        continue
      }
      if (silentMs > this.limits.idleTimeoutMs) close(session, 'idle_timeout')
      else if (session.device.length === 0 && now - session.opened > this.limits.loginTimeoutMs)
        close(session, 'login_timeout')
      else if (session.superseded && silentMs > SUPERSEDED_SILENCE_MS) close(session, 'replaced')
      else if (session.windowBytes > 0 && silentMs >= SILENCE_MS) silence(session, silentMs)
    }
    for (const ports of this.udpByIp.values())
      for (const session of ports.values())
        if (now - session.seen > this.limits.idleTimeoutMs) this.endUdp(session, 'idle_timeout')
  }

  /** Writes the rows of all sessions; the gateway stops. */
  endAll(reason: string): void {
    for (const session of this.tcp) {
      if (session.closing === '') session.closing = reason
      this.removeTcp(session)
    }
    for (const ports of this.udpByIp.values()) for (const session of ports.values()) this.endUdp(session, reason)
  }

  private ended(session: Session, reason: string): void {
    if (reason.startsWith('limit_')) return // counted when refused; a flood of them must not fill the journal
    this.counters.close(reason)
    const row: SessionEnd = {
      openedMs: session.openedMs,
      closedMs: Date.now(),
      reason,
      frames: session.frames,
      bytes: session.bytes,
      login: session.login,
    }
    this.committer.sessionEnd(session, pack(row), row.closedMs)
  }
}

const PORTS = 65_536
/** Key of a peer's session: its port, or, for one beside the first, port and protocol. */
const peerKey = (port: number, other: number): number => port + PORTS * (other + 1)

/** The TCP listener: sockets to sessions, acks to sockets, limits on both. */
import type { Socket, TCPSocketListener } from 'bun'
import type { Logger } from 'pino'
import { TCP } from '../codecs/frame-record.ts'
import type { NetCounters } from './counters.ts'
import type { Intake } from './intake.ts'
import { ACK_BACKLOG_MAX, Session } from './session.ts'
import type { Limits, Sessions } from './sessions.ts'

export class TcpListener {
  private listener: TCPSocketListener<Session> | null = null
  private perIp = new Map<string, number>()
  private paused = false

  constructor(
    private readonly intake: Intake,
    private readonly sessions: Sessions,
    private readonly counters: NetCounters,
    private readonly limits: Limits,
    private readonly log: Logger,
  ) {}

  /** Throws with the system's code (EADDRINUSE …) if the port cannot be had. `shared`: with other processes. */
  listen(host: string, port: number, shared: boolean): number {
    // Bun's types do not know that the option is for listening too.
    const options: Bun.TCPSocketListenOptions<Session> & { reusePort: boolean } = {
      hostname: host,
      port,
      reusePort: shared,
      allowHalfOpen: true, // a tracker that sent its last frame and a FIN still gets its acks
      socket: {
        open: (socket) => this.open(socket),
        data: (socket, chunk) => this.data(socket, chunk),
        drain: (socket) => this.sendAcks(socket.data),
        end: (socket) => this.ended(socket),
        close: (socket) => this.closed(socket),
        error: (socket, error) => this.log.debug({ remote: socket.data?.remote, error: error.message }, 'socket error'),
      },
    }
    this.listener = Bun.listen<Session>(options)
    return this.listener.port
  }

  stopAccepting(): void {
    this.listener?.stop(false)
  }

  /** Stops or resumes reading from all connections: the kernel then pushes back on the trackers. */
  pause(paused: boolean): void {
    this.paused = paused
    for (const session of this.sessions.tcp) {
      if (paused) session.socket!.pause()
      else session.socket!.resume()
    }
  }

  /** Sends the acks that the journal covers; what the socket does not take is sent on drain. */
  sendAcks(session: Session): void {
    const length = session.ackReady - session.ackSent
    if (length > 0) {
      const taken = session.socket!.write(session.acks, session.ackSent, length)
      if (taken > 0) {
        session.acksSent(taken)
        this.counters.ackBytes[TCP] += taken
      }
      if (session.ackReady - session.ackSent > ACK_BACKLOG_MAX) this.close(session, 'acks_not_read')
    }
    if (session.closing !== '' && session.acksWaiting === 0) session.socket!.end()
  }

  /** Ends a connection once its acks are sent. */
  close(session: Session, reason: string): void {
    if (session.closing === '') session.closing = reason
    if (session.acksWaiting === 0 || reason === 'acks_not_read') session.socket!.end()
  }

  private open(socket: Socket<Session>): void {
    const ip = socket.remoteAddress as string | undefined
    if (ip === undefined) {
      socket.end() // it was gone before it was accepted
      return
    }
    const now = Date.now()
    const session = new Session(TCP, ip, socket.remotePort, now, socket)
    socket.data = session
    const sameIp = (this.perIp.get(ip) ?? 0) + 1
    this.perIp.set(ip, sameIp)
    this.sessions.addTcp(session)
    if (this.sessions.tcp.size > this.limits.connections) this.refuse(session, 'connections')
    else if (sameIp > this.limits.connectionsPerIp) this.refuse(session, 'connections_per_ip')
    else if (this.paused) socket.pause()
  }

  private refuse(session: Session, limit: string): void {
    session.closing = `limit_${limit}`
    this.sessions.limitReached(limit, session.ip)
    session.socket!.end()
  }

  private data(socket: Socket<Session>, chunk: Uint8Array): void {
    const session = socket.data
    this.intake.read(session, chunk, Date.now())
    if (session.closing !== '') this.close(session, session.closing)
  }

  private ended(socket: Socket<Session>): void {
    const session = socket.data
    this.intake.end(session, Date.now(), true)
    this.close(session, 'closed_by_tracker')
  }

  private closed(socket: Socket<Session>): void {
    const session = socket.data as Session | undefined
    if (!session) return
    const sameIp = this.perIp.get(session.ip)! - 1
    if (sameIp > 0) this.perIp.set(session.ip, sameIp)
    else this.perIp.delete(session.ip)
    this.intake.end(session, Date.now(), false)
    this.sessions.removeTcp(session)
  }
}

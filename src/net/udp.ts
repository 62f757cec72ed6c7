/** The UDP socket: datagrams to sessions by remote address, one reply a datagram. */
import type { Logger } from 'pino'
import { UDP } from '../codecs/frame-record.ts'
import { setReceiveBuffer } from '../libc.ts'
import type { NetCounters } from './counters.ts'
import type { Intake } from './intake.ts'
import { Session } from './session.ts'
import type { Limits, Sessions } from './sessions.ts'

/** A burst of some ten thousand datagrams; the kernel drops what finds no room. */
const RECEIVE_BUFFER_BYTES = 8_388_608

export class UdpListener {
  private socket: Bun.udp.Socket<'buffer'> | null = null
  private paused = false
  /** Views of one buffer by length, so that a reply needs no slice. */
  private readonly replies: Uint8Array[] = []
  private readonly replyBuffer = new ArrayBuffer(2048)

  constructor(
    private readonly intake: Intake,
    private readonly sessions: Sessions,
    private readonly counters: NetCounters,
    private readonly limits: Limits,
    private readonly log: Logger,
  ) {}

  async listen(host: string, port: number): Promise<number> {
    this.socket = await Bun.udpSocket({
      hostname: host,
      port,
      socket: {
        data: (_, bytes, remotePort, remoteIp) => this.datagram(bytes, remotePort, remoteIp),
        error: (...args: unknown[]) => this.log.debug({ error: String(args.at(-1)) }, 'UDP socket error'), // ICMP: a tracker is gone
      },
    })
    setReceiveBuffer((this.socket as unknown as { fd: number }).fd, RECEIVE_BUFFER_BYTES)
    return this.socket.port
  }

  close(): void {
    this.socket?.close()
  }

  /** While paused, datagrams are dropped and counted: no ack, so their trackers send again. */
  pause(paused: boolean): void {
    this.paused = paused
  }

  /** Sends the replies that the journal covers, each as its own datagram. */
  sendAcks(session: Session): void {
    let start = session.ackSent
    let sent = 0
    for (const end of session.replyEnds) {
      if (end > session.ackReady) break
      this.send(session, start, end)
      start = end
      sent++
    }
    if (sent === 0) return
    if (sent === session.replyEnds.length) session.replyEnds.length = 0
    else session.replyEnds.splice(0, sent)
    session.acksSent(start - session.ackSent)
  }

  private datagram(bytes: Uint8Array, port: number, ip: string): void {
    if (this.paused) {
      this.counters.receivedBytes[UDP] += bytes.length
      this.counters.droppedDatagrams++
      this.counters.droppedBytes += bytes.length
      return
    }
    const now = Date.now()
    // Another protocol from the same address is another device behind the same NAT port, or somebody's forgery: it gets
    // a session of its own, beside the one that was first.
    const first = this.sessions.udp(ip, port, -1)
    const other = first ? this.intake.otherProtocol(first, bytes) : -1
    const known = other < 0 ? first : this.sessions.udp(ip, port, other)
    const session = known ?? new Session(UDP, ip, port, now, null)
    const before = session.ackCount
    this.intake.datagram(session, bytes, now)
    if (session.ackCount > before) {
      if (session === known || session.ackEnd <= bytes.length) session.replyEnds.push(session.ackEnd)
      else this.withhold(session, bytes.length)
    }
    if (session === known && session.closing !== '') this.sessions.endUdp(session, session.closing)
    if (session === known || session.device.length === 0) return
    if (this.sessions.udpOf(ip) >= this.limits.connectionsPerIp) {
      this.sessions.limitReached('connections_per_ip', ip)
      return
    }
    if (this.sessions.udpCount >= this.limits.connections) this.sessions.evictUdp()
    this.sessions.addUdp(session, other)
  }

  /**
   * The reply to a peer's first datagram would be longer than that: anybody can send one in another's name, and the
   * gateway must not be what makes a flood of it. A tracker sends again, and is known by then.
   */
  private withhold(session: Session, datagramBytes: number): void {
    const { remote, acksWaiting: replyBytes } = session
    this.counters.withheldReplies++
    this.log.debug(
      { remote, datagramBytes, replyBytes },
      'UDP reply withheld: longer than the first datagram of its peer',
    )
    session.withdrawAcks()
  }

  private send(session: Session, start: number, end: number): void {
    const length = end - start
    const reply = (this.replies[length] ??= new Uint8Array(
      this.replyBuffer,
      0,
      Math.min(length, this.replyBuffer.byteLength),
    ))
    for (let at = 0; at < reply.length; at++) reply[at] = session.acks[start + at]
    try {
      if (this.socket!.send(reply, session.port, session.ip)) this.counters.ackBytes[UDP] += length
      else this.counters.failedReplies++ // the kernel's buffer is full; the tracker will ask again
    } catch (error) {
      this.counters.failedReplies++
      this.log.debug({ remote: session.remote, error: (error as Error).message }, 'UDP reply failed')
    }
  }
}

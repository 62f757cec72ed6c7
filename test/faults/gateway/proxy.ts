/** Stands between the gateway and ClickHouse and misbehaves as told. */
import type { Socket } from 'bun'

/**
 * `good`: passes everything. `down`: refuses. `slow`: answers take `latencyMs` longer. `half_open`: takes requests and
 * never answers. `cut`: passes the request, and cuts the connection when the answer comes. `error`: answers 500 in place
 * of the answer. `truncated`: passes the beginning of the answer and cuts.
 */
export const MODES = ['good', 'down', 'slow', 'half_open', 'cut', 'error', 'truncated'] as const
export type Mode = (typeof MODES)[number]

const TRUNCATED_BYTES = 40
const ERROR = 'HTTP/1.1 500 Internal Server Error\r\nContent-Length: 6\r\nConnection: close\r\n\r\nproxy\n'

interface Side {
  peer: Socket<Side> | null
  unsent: Uint8Array[]
  /** Bytes that came before there was a peer. */
  waiting: Uint8Array[]
  closed: boolean
}

export class FaultProxy {
  mode: Mode = 'good'
  latencyMs = 0
  /** Answers of ClickHouse that were kept from the gateway. */
  spoiled = 0
  private readonly clients = new Set<Socket<Side>>()
  private readonly server: Bun.TCPSocketListener<Side>

  constructor(private readonly upstreamPort: number) {
    this.server = Bun.listen<Side>({
      hostname: '127.0.0.1',
      port: 0,
      data: side(),
      socket: {
        open: (client) => this.opened(client),
        data: (client, chunk) => this.asked(client, Uint8Array.from(chunk)),
        drain: (client) => flush(client),
        close: (client) => this.closed(client),
        error: () => {},
      },
    })
  }

  get url(): string {
    return `http://127.0.0.1:${this.server.port}`
  }

  /** Changes how it behaves; connections that hang are cut. */
  become(mode: Mode): void {
    this.mode = mode
    for (const client of this.clients) client.end()
  }

  stop(): void {
    this.server.stop(true)
  }

  private opened(client: Socket<Side>): void {
    client.data = side()
    this.clients.add(client)
    if (this.mode === 'down') {
      client.end()
      return
    }
    void Bun.connect<Side>({
      hostname: '127.0.0.1',
      port: this.upstreamPort,
      data: { ...side(), peer: client },
      socket: {
        data: (upstream, chunk) => this.answered(client, upstream, Uint8Array.from(chunk)),
        drain: (upstream) => flush(upstream),
        close: () => void client.end(),
        error: () => void client.end(),
      },
    }).then(
      (upstream) => {
        client.data.peer = upstream
        if (client.data.closed) upstream.end()
        for (const chunk of client.data.waiting.splice(0)) send(upstream, chunk)
      },
      () => client.end(),
    )
  }

  private asked(client: Socket<Side>, chunk: Uint8Array): void {
    if (this.mode === 'half_open') return
    const { peer } = client.data
    if (peer) send(peer, chunk)
    else client.data.waiting.push(chunk)
  }

  private answered(client: Socket<Side>, upstream: Socket<Side>, chunk: Uint8Array): void {
    const { mode } = this
    if (mode === 'good') send(client, chunk)
    else if (mode === 'slow') setTimeout(() => send(client, chunk), this.latencyMs)
    else {
      this.spoiled++
      if (mode === 'error') send(client, Buffer.from(ERROR))
      if (mode === 'truncated') send(client, chunk.subarray(0, TRUNCATED_BYTES))
      client.end()
      upstream.end()
    }
  }

  private closed(client: Socket<Side>): void {
    this.clients.delete(client)
    client.data.closed = true
    client.data.peer?.end()
  }
}

function side(): Side {
  return { peer: null, unsent: [], waiting: [], closed: false }
}

function send(socket: Socket<Side>, chunk: Uint8Array): void {
  socket.data.unsent.push(chunk)
  flush(socket)
}

function flush(socket: Socket<Side>): void {
  const { unsent } = socket.data
  while (unsent.length > 0) {
    const [chunk] = unsent
    const taken = Math.max(0, socket.write(chunk))
    if (taken < chunk.length) {
      unsent[0] = chunk.subarray(taken)
      return
    }
    unsent.shift()
  }
}

/** `replay` to a port: recorded traffic is sent again, each flow over a connection or socket of its own, as it was cut. */
import { UDP } from '../../codecs/frame-record.ts'
import type { Chunk } from './recording.ts'

export interface Sent {
  flows: number
  bytes: number
  /** What came back. */
  replyBytes: number
}

/** A datagram waits so long for its reply before the next one is sent. */
const REPLY_WAIT_MS = 50
/** How long the last replies may take. */
const LAST_WAIT_MS = 500
const CONNECTIONS_AT_ONCE = 100

export async function send(
  chunks: readonly Chunk[],
  host: string,
  port: number,
  onProgress: (chunks: number) => void = () => {},
): Promise<Sent> {
  const flows = [...Map.groupBy(chunks, (chunk) => chunk.flow).values()]
  const sent: Sent = { flows: flows.length, bytes: 0, replyBytes: 0 }
  let done = 0
  const count = (chunk: Chunk) => {
    sent.bytes += chunk.bytes.length
    onProgress(++done)
  }
  const queue = flows.values()
  const work = async () => {
    for (const flow of queue) {
      const replies = await (flow[0].transport === UDP ? sendUdp : sendTcp)(flow, host, port, count)
      sent.replyBytes += replies
    }
  }
  await Promise.all(Array.from({ length: Math.min(CONNECTIONS_AT_ONCE, flows.length) }, work))
  return sent
}

async function sendTcp(flow: Chunk[], host: string, port: number, count: (chunk: Chunk) => void): Promise<number> {
  let replies = 0
  let drained = Promise.withResolvers<void>()
  const closed = Promise.withResolvers<void>()
  const connection = { open: true }
  const gone = () => {
    connection.open = false
    drained.resolve()
    closed.resolve()
  }
  const socket = await Bun.connect<undefined>({
    hostname: host,
    port,
    socket: {
      data: (_, chunk) => void (replies += chunk.length),
      drain: () => drained.resolve(),
      close: gone,
      error: gone,
      end: gone,
    },
  })
  for (const chunk of flow) {
    for (let at = 0; at < chunk.bytes.length && connection.open;) {
      drained = Promise.withResolvers<void>()
      const taken = socket.write(chunk.bytes, at, chunk.bytes.length - at)
      at += Math.max(0, taken)
      if (at < chunk.bytes.length) await drained.promise
    }
    count(chunk)
    if (!connection.open) break
  }
  socket.shutdown() // the replies still come
  await Promise.race([closed.promise, Bun.sleep(LAST_WAIT_MS)])
  socket.end()
  return replies
}

async function sendUdp(flow: Chunk[], host: string, port: number, count: (chunk: Chunk) => void): Promise<number> {
  let replies = 0
  let replied = Promise.withResolvers<void>()
  const socket = await Bun.udpSocket({
    connect: { hostname: host, port },
    socket: {
      data: (_, bytes) => {
        replies += bytes.length
        replied.resolve()
      },
      error: () => replied.resolve(),
    },
  })
  for (const chunk of flow) {
    replied = Promise.withResolvers<void>()
    while (!socket.send(chunk.bytes)) await Bun.sleep(1)
    count(chunk)
    await Promise.race([replied.promise, Bun.sleep(REPLY_WAIT_MS)])
  }
  socket.close()
  return replies
}

/** A tracker that asks ClickHouse for its own fix as soon as it is acknowledged, again and again until it is there. */
import { FRAME_BYTES_MAX, frameWriter, imeiOf } from './frames.ts'
import type { GatewayServer } from './processes.ts'

const POLL_MS = 20
const PAUSE_MS = 50
const TRACKERS = 4

export interface Visible {
  /** Stops; how many fixes were looked for, and the time below which a share of them was found, in ms after its ack. */
  end(): Promise<{ sorted: number; at(share: number): number }>
}

export function visibleAfterMs(gateway: GatewayServer, firstDevice: number): Visible {
  const times: number[] = []
  const looking = new AbortController()
  const trackers = Array.from({ length: TRACKERS }, (_, index) => track(firstDevice + index))
  return {
    end: async () => {
      looking.abort()
      await Promise.all(trackers)
      times.sort((a, b) => a - b)
      return {
        sorted: times.length,
        at: (share) => times[Math.min(times.length - 1, Math.floor(share * times.length))],
      }
    },
  }

  async function track(device: number): Promise<void> {
    const frames = frameWriter('jt808', imeiOf(device), device, Date.now() - 3_600_000, false)
    const frame = new Uint8Array(FRAME_BYTES_MAX)
    let acknowledged: () => void = () => {}
    const socket = await Bun.connect({
      hostname: '127.0.0.1',
      port: gateway.port,
      socket: {
        data: (_, bytes) => {
          if (frames.replies(bytes) > 0) acknowledged()
        },
      },
    })
    for (let fixes = 1; !looking.signal.aborted; fixes++) {
      const ack = new Promise<void>((resolve) => (acknowledged = resolve))
      socket.write(frame, 0, frames.write(frame, 0))
      await ack
      const started = performance.now()
      while ((await count(device)) < fixes) await Bun.sleep(POLL_MS)
      times.push(performance.now() - started)
      await Bun.sleep(PAUSE_MS * Math.random())
    }
    socket.end()
  }

  async function count(device: number): Promise<number> {
    const [{ n }] = await gateway.query<{ n: number }>(
      `SELECT count() AS n FROM waygate.fixes WHERE device_id = '${imeiOf(device)}'`,
    )
    return n
  }
}

/** Trackers that ask ClickHouse for their own fix as soon as it is acknowledged, again and again until it is there. */
import { FRAME_BYTES_MAX, frameWriter, imeiOf } from './frames.ts'
import type { GatewayProcess } from '../../test/integration/gateway-process.ts'

const POLL_MS = 50
const PAUSE_MS = 100
const TRACKERS = 6

export interface Visible {
  /** Trackers, numbered from the first device on. */
  count: number
  /** Stops; how long after its ack each fix was found, in ms, sorted. */
  end(): Promise<number[]>
}

export function visibleAfterMs(gateway: GatewayProcess, firstDevice: number): Visible {
  const timesMs: number[] = []
  const looking = new AbortController()
  const trackers = Array.from({ length: TRACKERS }, (_, index) => track(firstDevice + index))
  return {
    count: TRACKERS,
    end: async () => {
      looking.abort()
      await Promise.all(trackers)
      return timesMs.toSorted((a, b) => a - b)
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
      while ((await rows(device)) < fixes) await Bun.sleep(POLL_MS)
      timesMs.push(performance.now() - started)
      await Bun.sleep(PAUSE_MS * Math.random())
    }
    socket.end()
  }

  async function rows(device: number): Promise<number> {
    const sql = `SELECT count() AS n FROM waygate.fixes WHERE device_id = '${imeiOf(device)}'`
    const [{ n }] = await gateway.query<{ n: number }>(sql)
    return n
  }
}

/** Rows of the table `sessions`: few, so they are plain objects until they become a block. */
import type { SessionEnd } from '../codecs/frame-record.ts'
import type { BlockWriter, NativeBlock } from './native.ts'

export interface SessionRow extends SessionEnd {
  deviceId: string
  protocol: string
  transport: string
  remote: string
  attributes: Record<string, unknown>
}

const TIME = "DateTime64(3, 'UTC')"
const COLUMNS: readonly (readonly [name: string, type: string, value: (row: SessionRow) => string | number])[] = [
  ['device_id', 'String', (row) => row.deviceId],
  ['protocol', 'String', (row) => row.protocol],
  ['transport', 'String', (row) => row.transport],
  ['remote', 'String', (row) => row.remote],
  ['opened_at', TIME, (row) => row.openedMs],
  ['closed_at', TIME, (row) => row.closedMs],
  ['reason', 'String', (row) => row.reason],
  ['frames', 'UInt64', (row) => row.frames],
  ['bytes', 'UInt64', (row) => row.bytes],
  ['attributes', 'String', (row) => JSON.stringify(row.attributes)],
]
export const SESSION_TYPES = COLUMNS.map(([name, type]) => [name, type] as const)
export const SESSION_COLUMNS = COLUMNS.map(([name]) => name)
const utf8 = new TextEncoder()

export const sessionsBlock = (out: BlockWriter, sessions: readonly SessionRow[]): NativeBlock => {
  const order = Int32Array.from(sessions.keys())
  out.begin(COLUMNS.length, sessions.length)
  for (const [name, type, value] of COLUMNS) {
    out.column(name, type)
    if (type === 'String') for (const session of sessions) out.text(utf8.encode(String(value(session))))
    else
      out.int64(
        Float64Array.from(sessions, (session) => Number(value(session))),
        order,
        sessions.length,
      )
  }
  return out.take()
}

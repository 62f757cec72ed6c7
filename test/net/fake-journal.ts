/** The journal as the tests of net see it. */
import { At, HEADER_BYTES, QUARANTINED } from '../../src/codecs/frame-record.ts'
import { REJECT_NAMES } from '../../src/codecs/rejects.ts'
import type { CommitLog, JournalPart } from '../../src/net/committer.ts'

/** A journal in memory whose commits the test can hold back. */
export class FakeJournal implements CommitLog {
  full = false
  lowOnDisk = false
  /** -1: not even what lay there before. */
  doneEntry = -1
  /** How many appends find no room on the disk. */
  refusals = 0
  entries: Uint8Array[] = []
  hold: Promise<void> = Promise.resolve()
  error: Error | null = null
  async append(parts: readonly JournalPart[]): Promise<number> {
    await this.hold
    if (this.error) throw this.error
    this.full = this.lowOnDisk = this.refusals > 0
    if (this.refusals-- > 0) return 0
    const first = this.entries.length + 1
    for (const part of parts) this.entries.push(part.bytes.slice(part.from, part.to))
    return first
  }
  /** Records of all entries: kind, reason, device and payload. */
  records() {
    const found: {
      kind: number
      reason: string
      quarantined: boolean
      device: string
      remote: string
      payload: string
      state: number
    }[] = []
    for (const entry of this.entries) {
      const view = new DataView(entry.buffer, entry.byteOffset)
      for (let at = 0; at < entry.length;) {
        const size = view.getUint32(at, true)
        const device = at + HEADER_BYTES
        const remote = device + entry[at + At.deviceLength]!
        const payload = remote + entry[at + At.remoteLength]!
        const text = (from: number, to: number) => Buffer.from(entry.subarray(from, to)).toString('latin1')
        found.push({
          kind: entry[at + At.kind]!,
          reason: REJECT_NAMES[entry[at + At.reason]!] ?? '',
          quarantined: entry[at + At.flags] === QUARANTINED,
          device: text(device, remote),
          remote: text(remote, payload),
          payload: text(payload, at + size),
          state: view.getInt32(at + At.state0, true),
        })
        at += size
      }
    }
    return found
  }
  payloads(kind: number) {
    return this.records()
      .filter((record) => record.kind === kind)
      .map((record) => record.payload)
  }
}

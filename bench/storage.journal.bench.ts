/**
 * What an append to the journal does in memory: the entry's header and checksum, beside the checksum alone. A commit at rest
 * holds a few frames, under load many. Beside a real disk: journal-latency.ts.
 */
import { ENTRY_HEADER_BYTES, entryHeader } from '../src/storage/log-entry.ts'
import type { Task } from './suite.ts'

const ENTRIES = 64
/** Frames of one commit, and their bytes with the record's header. */
const COMMITS = [1, 20, 500]
const RECORD_BYTES = 100

export default COMMITS.flatMap((frames): Task[] => {
  const payload = Uint8Array.from({ length: frames * RECORD_BYTES }, (_, at) => (at * 31) & 0xff)
  const limit = `journal checksum only · ${frames} frames an entry`
  return [
    {
      name: limit,
      frames: ENTRIES * frames,
      run: () => {
        let some = 0
        for (let entry = 0; entry < ENTRIES; entry++) if (Bun.hash.crc32(payload, entry) >= 0) some += frames
        return some
      },
    },
    {
      name: `journal entry · ${frames} frames an entry`,
      frames: ENTRIES * frames,
      limit,
      run: () => {
        let some = 0
        for (let entry = 0; entry < ENTRIES; entry++)
          if (entryHeader(7, entry, 1, 0, payload).length === ENTRY_HEADER_BYTES) some += frames
        return some
      },
    },
  ]
})

/** How many connections leave the process the files that it needs besides. */
import { readFileSync } from 'node:fs'

/** For the journal, ClickHouse, the HTTP port, the workers, and connections that are being refused. */
const OPEN_FILES_RESERVED = 256

/** Files the process may have open (the runtime has raised the soft limit to the hard one); Infinity where not known. */
export function openFilesMax(): number {
  try {
    const soft = /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1'))
    return soft === null ? Infinity : Number(soft[1])
  } catch {
    return Infinity // no such file on this system
  }
}

/** TCP connections to accept where `asked` are configured: each takes a file, and the journal must never lack one. */
export function connectionsWithin(asked: number, openFiles: number): number {
  return Math.max(1, Math.min(asked, openFiles - OPEN_FILES_RESERVED))
}

/** Where the listeners of a gateway keep their journals: the first in journal.path itself, each other in a directory there. */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

const PREFIX = 'listener-'

export function journalOf(path: string, listener: number): string {
  return listener === 0 ? path : join(path, `${PREFIX}${listener}`)
}

/** Listeners beside the first that have a journal, also those of runs with more listeners than now. */
export function listenersWithJournal(path: string): number[] {
  if (!existsSync(path)) return []
  return readdirSync(path)
    .filter((name) => name.startsWith(PREFIX))
    .map((name) => Number(name.slice(PREFIX.length)))
    .filter((listener) => Number.isInteger(listener) && listener > 0)
    .toSorted((a, b) => a - b)
}

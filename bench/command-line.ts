/** What the commands of this folder have in common: how they refuse, tell how far they are, and end. */
import { CannotCompare } from './revision.ts'

/** The command was not asked for something that it can do. */
export function fail(text: string): never {
  process.stderr.write(`${text}\n`)
  process.exit(2)
}

/** Runs a command. Whatever breaks is 2 and never 1, which says that something was measured and is not good. */
export async function exitWith(command: () => Promise<number>): Promise<never> {
  try {
    process.exit(await command())
  } catch (error) {
    fail(error instanceof CannotCompare ? error.message : Bun.inspect(error))
  }
}

/** Where nobody sees a line written over, one says enough in so long. */
const TELL_MS = 10_000
let toldMs = -Infinity

/** For people who wait: on a terminal the line is written over, and '' removes it; elsewhere there is one now and then. */
export function showProgress(line: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${line}`)
  else if (line !== '' && performance.now() - toldMs > TELL_MS) {
    toldMs = performance.now()
    process.stderr.write(`${line}\n`)
  }
}

export function tenths(value: number): number {
  return Math.round(value * 10) / 10
}

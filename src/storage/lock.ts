/**
 * One process per data directory. The kernel's own file lock (flock) is used, because it ends with the process however
 * it ends.
 */
import { closeSync, existsSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { lockFile } from '../libc.ts'
import { makeDirectory } from './files.ts'

/** Another process works on the directory. */
export class DirectoryInUse extends Error {}

/** Takes the directory, making it where there is none; the function given lets go of it. */
export function lockDirectory(directory: string): () => void {
  makeDirectory(directory)
  const path = join(directory, 'lock')
  const file = openSync(path, 'a+') // a number, not a handle: the runtime closes handles that it thinks forgotten
  if (!lockFile(file)) {
    closeSync(file)
    const holder = readFileSync(path, 'utf8').trim()
    throw new DirectoryInUse(
      `${directory} is in use by another gateway (process ${holder}): stop that one, or give this one a directory of its own`,
    )
  }
  ftruncateSync(file, 0)
  writeSync(file, `${process.pid}\n`)
  let held = true
  return () => {
    if (held) closeSync(file)
    held = false
  }
}

/** Who has the directory: a process id, or '' for nobody. */
export function lockHolder(directory: string): string {
  const path = join(directory, 'lock')
  if (!existsSync(path)) return ''
  const file = openSync(path, 'r')
  try {
    return lockFile(file) ? '' : readFileSync(path, 'utf8').trim()
  } finally {
    closeSync(file)
  }
}

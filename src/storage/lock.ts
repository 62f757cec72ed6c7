/**
 * One process per data directory. The kernel's own file lock (flock) is used, because it ends with the process however
 * it ends; the runtime has no call for it, so libc is asked directly.
 */
import { dlopen, FFIType } from 'bun:ffi'
import { mkdir, open, readFile } from 'node:fs/promises'
import { join } from 'node:path'

const LOCK_EXCLUSIVE = 2
const LOCK_NO_WAIT = 4

const { flock } = dlopen(process.platform === 'darwin' ? 'libSystem.B.dylib' : 'libc.so.6', {
  flock: { args: [FFIType.i32, FFIType.i32], returns: FFIType.i32 },
}).symbols

/** Another process works on the directory. */
export class DirectoryInUse extends Error {}

/** Takes the directory, making it where there is none; the function given lets go of it. */
export async function lockDirectory(directory: string): Promise<() => Promise<void>> {
  await mkdir(directory, { recursive: true })
  const path = join(directory, 'lock')
  const file = await open(path, 'a+')
  if (flock(file.fd, LOCK_EXCLUSIVE | LOCK_NO_WAIT) !== 0) {
    await file.close()
    const holder = (await readFile(path, 'utf8')).trim()
    throw new DirectoryInUse(
      `${directory} is in use by another gateway (process ${holder}): stop that one, or give this one a directory of its own`,
    )
  }
  await file.truncate(0)
  await file.write(`${process.pid}\n`)
  return () => file.close()
}

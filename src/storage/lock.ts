/**
 * One process per data directory. The kernel's own file lock (flock) is used, because it ends with the process however
 * it ends.
 */
import { mkdir, open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { lockFile } from '../libc.ts'

/** Another process works on the directory. */
export class DirectoryInUse extends Error {}

/** Takes the directory, making it where there is none; the function given lets go of it. */
export async function lockDirectory(directory: string): Promise<() => Promise<void>> {
  await mkdir(directory, { recursive: true })
  const path = join(directory, 'lock')
  const file = await open(path, 'a+')
  if (!lockFile(file.fd)) {
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

/**
 * The handful of calls the journal makes of a file system, so that tests can put one in its place that fails, runs
 * full or forgets what was not synced.
 */
import {
  close,
  fdatasync,
  fsync,
  fsyncSync,
  ftruncate,
  mkdirSync,
  open,
  openSync,
  closeSync,
  read,
  readdir,
  rename,
  stat,
  statfs,
  unlink,
  writev,
  type WriteVResult,
} from 'node:fs'
import { dirname, resolve } from 'node:path'
import { promisify } from 'node:util'

export interface Files {
  /**
   * Whether room for a segment is made before it is written: on most file systems a sync within such room waits for the disk
   * alone, while one of a file that grows also waits for what others changed on the file system.
   */
  readonly prefills: boolean
  /** A file as a number, not a handle: the runtime closes handles that it thinks forgotten. `wx+` makes a new one. */
  open(path: string, flags: 'r' | 'r+' | 'wx+'): Promise<number>
  close(file: number): void
  bytes(path: string): Promise<number>
  /** Reads what fits into `into`; resolves with the bytes read, which may be fewer, 0 at the end. */
  read(file: number, into: Uint8Array, position: number): Promise<number>
  /** Resolves with the bytes written, which may be fewer than given. */
  writev(file: number, buffers: readonly Uint8Array[], position: number): Promise<number>
  truncate(file: number, bytes: number): Promise<void>
  /** Makes the content of a file durable. An error is final: the kernel may have dropped what it could not write. */
  sync(file: number): Promise<void>
  /** Makes created, renamed and deleted names durable. */
  syncDirectory(path: string): Promise<void>
  rename(from: string, to: string): Promise<void>
  unlink(path: string): Promise<void>
  list(directory: string): Promise<string[]>
  makeDirectory(path: string): Promise<void>
  /** Bytes that the file system of `path` has left for us. */
  freeBytes(path: string): Promise<number>
}

const openFile = promisify(open)
const closeFile = promisify(close)
const syncAll = promisify(fsync)
const status = promisify(statfs)
const describe = promisify(stat)

/** The real one. */
export const DISK: Files = {
  prefills: true,
  open: (path, flags) => openFile(path, flags),
  close: (file) => closeSync(file),
  bytes: async (path) => (await describe(path)).size,
  read: (file, into, position) =>
    new Promise((done, fail) =>
      read(file, into, 0, into.length, position, (error: Error | null, bytes: number) =>
        error ? fail(error) : done(bytes),
      ),
    ),
  writev: (file, buffers, position) =>
    new Promise((done, fail) =>
      writev(file, buffers as Uint8Array[], position, (error: Error | null, bytes: WriteVResult['bytesWritten']) =>
        error ? fail(error) : done(bytes),
      ),
    ),
  truncate: promisify(ftruncate),
  sync: promisify(fdatasync),
  syncDirectory: async (path) => {
    const file = await openFile(path, 'r')
    try {
      await syncAll(file)
    } finally {
      await closeFile(file)
    }
  },
  rename: promisify(rename),
  unlink: promisify(unlink),
  list: (directory) => promisify(readdir)(directory),
  makeDirectory: async (path) => makeDirectory(path),
  freeBytes: async (path) => {
    const { bavail, bsize } = await status(path)
    return bavail * bsize
  },
}

/** Makes a directory and those above it, durably: a journal in a directory that a power cut takes away holds nothing. */
export function makeDirectory(path: string): void {
  const first = mkdirSync(path, { recursive: true })
  if (first === undefined) return
  for (let made = resolve(path); ; made = dirname(made)) {
    const file = openSync(dirname(made), 'r')
    fsyncSync(file)
    closeSync(file)
    if (made === resolve(first)) return
  }
}

/** The disk has no room for it. Nothing of it counts, and trying again when there is room is safe. */
export class NoSpace extends Error {}

const NO_SPACE = new Set(['ENOSPC', 'EDQUOT'])

/** Writes all buffers from `position` on, however few bytes the kernel takes at a time. */
export async function writeAll(
  files: Files,
  file: number,
  buffers: readonly Uint8Array[],
  position: number,
): Promise<void> {
  let rest = buffers
  while (rest.length > 0) {
    let written = await spaceErrors(files.writev(file, rest, position))
    if (written === 0) throw new NoSpace('the disk takes no more')
    position += written
    while (rest.length > 0 && written >= rest[0].length) {
      written -= rest[0].length
      rest = rest.slice(1)
    }
    if (written > 0) rest = [rest[0].subarray(written), ...rest.slice(1)]
  }
}

/** Gives the error of a disk that is full its own class. */
export async function spaceErrors<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    if (NO_SPACE.has(codeOf(error))) throw new NoSpace((error as Error).message)
    throw error
  }
}

/** Sector size of today's disks: what is lost when one of them cannot be read. */
const SECTOR_BYTES = 4096

/**
 * Fills `into` from `position` on as far as the file goes. Sectors that the disk cannot read are left zero, so that
 * those around them are not lost too. Resolves with the bytes there, and how many of them could not be read.
 */
export async function readAll(
  files: Files,
  file: number,
  into: Uint8Array,
  position: number,
): Promise<{ bytes: number; unreadable: number }> {
  let unreadable = 0
  let bytes = 0
  while (bytes < into.length) {
    try {
      const got = await files.read(file, into.subarray(bytes), position + bytes)
      if (got === 0) break
      bytes += got
    } catch (error) {
      if (codeOf(error) !== 'EIO') throw error
      // The whole read failed because of one sector in it: this one alone, then the rest again.
      const sector = into.subarray(bytes, bytes + SECTOR_BYTES - ((position + bytes) % SECTOR_BYTES))
      try {
        const got = await files.read(file, sector, position + bytes)
        if (got === 0) break
        bytes += got
      } catch (again) {
        if (codeOf(again) !== 'EIO') throw again
        sector.fill(0)
        unreadable += sector.length
        bytes += sector.length
      }
    }
  }
  return { bytes, unreadable }
}

export function codeOf(error: unknown): string {
  return (error as { code?: string }).code ?? ''
}

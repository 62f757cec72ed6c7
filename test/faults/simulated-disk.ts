/**
 * A disk in memory that behaves as badly as a real one may: what was not synced may be gone after a power cut, sector
 * by sector; a failed sync drops what it covered although reads still show it; names live only once their directory
 * is synced; room runs out; calls fail when the test says so.
 */
import { dirname } from 'node:path'
import type { Random } from '../../src/simulator/random.ts'
import type { Files } from '../../src/storage/files.ts'

export const SECTOR_BYTES = 512

export type Call = 'open' | 'read' | 'writev' | 'truncate' | 'sync' | 'syncDirectory' | 'rename' | 'unlink'
/** What becomes of a call: an error, fewer bytes than asked for, or '' (as it should be). */
export type Fault = 'EIO' | 'ENOSPC' | 'short' | ''

type Bytes = Buffer<ArrayBufferLike>

class Inode {
  constructor(
    /** What reads show. */
    public bytes: Bytes = Buffer.alloc(0),
    /** What a power cut leaves for sure. */
    public durable: Bytes = Buffer.alloc(0),
    /** Sectors that a sync would write. */
    public dirty = new Set<number>(),
    /** Sectors that cannot be read. */
    public bad = new Set<number>(),
  ) {}

  write(bytes: Uint8Array, position: number): void {
    const end = position + bytes.length
    if (end > this.bytes.length) this.bytes = resized(this.bytes, end)
    this.bytes.set(bytes, position)
    const first = Math.floor(position / SECTOR_BYTES)
    const last = Math.floor((end - 1) / SECTOR_BYTES)
    for (let sector = first; sector <= last; sector++) this.dirty.add(sector)
  }

  sync(): void {
    if (this.durable.length !== this.bytes.length) this.durable = resized(this.durable, this.bytes.length)
    for (const sector of this.dirty) this.keep(sector)
    this.dirty.clear()
  }

  keep(sector: number): void {
    const at = sector * SECTOR_BYTES
    if (at < this.durable.length)
      this.bytes.copy(this.durable, at, at, Math.min(at + SECTOR_BYTES, this.bytes.length, this.durable.length))
  }

  afterPowerCut(random: Random): Inode {
    const left = new Inode(Buffer.alloc(0), resized(this.durable, this.durable.length), new Set(), new Set(this.bad))
    const sizes = [this.durable.length, this.bytes.length, random.whole(this.durable.length, this.bytes.length)]
    left.durable = resized(left.durable, random.pick(sizes))
    left.bytes = this.bytes
    for (const sector of this.dirty) if (random.chance(0.5)) left.keep(sector)
    left.bytes = Buffer.from(left.durable)
    return left
  }

  copy(): Inode {
    return new Inode(Buffer.from(this.bytes), Buffer.from(this.bytes), new Set(), new Set(this.bad))
  }
}

type Names = Map<string, Inode>

export class SimulatedDisk implements Files {
  /** Calls so far; `fault` decides about each. */
  calls = 0
  fault: (call: Call, number: number, path: string) => Fault = () => ''
  /** Bytes that all files together may have. */
  room = Infinity
  private names: Names = new Map()
  private durableNames: Names = new Map()
  private opened = new Map<number, { inode: Inode; path: string }>()
  private nextFile = 3

  constructor(readonly prefills: boolean) {}

  /** The same files, all of them durable: what a process finds that starts after the last one was killed. */
  copy(): SimulatedDisk {
    const disk = new SimulatedDisk(this.prefills)
    for (const [path, inode] of this.names) disk.put(path, inode.copy())
    return disk
  }

  /** The files as they may be after the power was cut now. */
  powerCut(random: Random): SimulatedDisk {
    const disk = new SimulatedDisk(this.prefills)
    const left = new Map<Inode, Inode>()
    const surviving = (inode: Inode) => left.get(inode) ?? left.set(inode, inode.afterPowerCut(random)).get(inode)!
    for (const path of new Set([...this.names.keys(), ...this.durableNames.keys()])) {
      const [now, before] = [this.names.get(path), this.durableNames.get(path)]
      const inode = now === before || random.chance(0.5) ? now : before
      if (inode) disk.put(path, surviving(inode))
    }
    return disk
  }

  /** Paths of all files, in order. */
  paths(): string[] {
    return [...this.names.keys()].toSorted()
  }

  /** Content of a file, to look at. */
  content(path: string): Bytes {
    return this.inodeAt(path).bytes
  }

  /** Puts bytes into a file behind everybody's back; makes it where there is none. */
  damage(path: string, bytes: Uint8Array, at = 0): void {
    const inode = this.names.get(path) ?? new Inode()
    this.put(path, inode)
    inode.write(bytes, at)
    inode.sync()
  }

  cut(path: string, bytes: number): void {
    const inode = this.inodeAt(path)
    inode.bytes = resized(inode.bytes, bytes)
    inode.sync()
  }

  remove(path: string): void {
    this.names.delete(path)
    this.durableNames.delete(path)
  }

  /** Makes a sector of a file unreadable. */
  spoil(path: string, sector: number): void {
    this.inodeAt(path).bad.add(sector)
  }

  async open(path: string, flags: 'r' | 'r+' | 'wx+'): Promise<number> {
    this.check('open', path)
    let inode = this.names.get(path)
    if (flags === 'wx+') {
      if (inode) throw failure('EEXIST', path)
      this.names.set(path, (inode = new Inode()))
    }
    if (!inode) throw failure('ENOENT', path)
    this.opened.set(this.nextFile, { inode, path })
    return this.nextFile++
  }

  close(file: number): void {
    if (!this.opened.delete(file)) throw failure('EBADF', String(file))
  }

  async bytes(path: string): Promise<number> {
    return this.inodeAt(path).bytes.length
  }

  async read(file: number, into: Uint8Array, position: number): Promise<number> {
    const { inode, path } = this.file(file)
    const fault = this.check('read', path)
    const wanted = fault === 'short' ? Math.ceil(into.length / 2) : into.length
    const end = Math.min(position + wanted, inode.bytes.length)
    for (let sector = Math.floor(position / SECTOR_BYTES); sector * SECTOR_BYTES < end; sector++)
      if (inode.bad.has(sector)) throw failure('EIO', path)
    return Math.max(0, inode.bytes.copy(into, 0, position, Math.max(position, end)))
  }

  async writev(file: number, buffers: readonly Uint8Array[], position: number): Promise<number> {
    const { inode, path } = this.file(file)
    const fault = this.check('writev', path)
    let bytes: Uint8Array = Buffer.concat(buffers)
    if (fault === 'short') bytes = bytes.subarray(0, Math.ceil(bytes.length / 2))
    const end = Math.min(position + bytes.length, inode.bytes.length + Math.max(0, this.room - this.used))
    if (end <= position) throw failure('ENOSPC', path)
    bytes = bytes.subarray(0, end - position)
    inode.write(bytes, position)
    return bytes.length
  }

  async truncate(file: number, bytes: number): Promise<void> {
    const { inode, path } = this.file(file)
    this.check('truncate', path)
    inode.bytes = resized(inode.bytes, bytes)
  }

  async sync(file: number): Promise<void> {
    const { inode, path } = this.file(file)
    try {
      this.check('sync', path)
    } catch (error) {
      inode.dirty.clear() // as Linux does: the pages count as clean, and no later sync writes them
      throw error
    }
    inode.sync()
  }

  async syncDirectory(path: string): Promise<void> {
    this.check('syncDirectory', path)
    for (const name of new Set([...this.names.keys(), ...this.durableNames.keys()])) {
      if (dirname(name) !== path) continue
      const inode = this.names.get(name)
      if (inode) this.durableNames.set(name, inode)
      else this.durableNames.delete(name)
    }
  }

  async rename(from: string, to: string): Promise<void> {
    this.check('rename', from)
    this.names.set(to, this.inodeAt(from))
    this.names.delete(from)
  }

  async unlink(path: string): Promise<void> {
    this.check('unlink', path)
    if (!this.names.delete(path)) throw failure('ENOENT', path)
  }

  async list(directory: string): Promise<string[]> {
    return this.paths()
      .filter((path) => dirname(path) === directory)
      .map((path) => path.slice(directory.length + 1))
  }

  async makeDirectory(): Promise<void> {}

  async freeBytes(): Promise<number> {
    return this.room - this.used
  }

  private get used(): number {
    let used = 0
    for (const inode of this.names.values()) used += inode.bytes.length
    return used
  }

  private put(path: string, inode: Inode): void {
    this.names.set(path, inode)
    this.durableNames.set(path, inode)
  }

  private inodeAt(path: string): Inode {
    const inode = this.names.get(path)
    if (!inode) throw failure('ENOENT', path)
    return inode
  }

  private file(file: number): { inode: Inode; path: string } {
    const opened = this.opened.get(file)
    if (!opened) throw failure('EBADF', String(file))
    return opened
  }

  private check(call: Call, path: string): Fault {
    const fault = this.fault(call, ++this.calls, path)
    if (fault === 'EIO' || fault === 'ENOSPC') throw failure(fault, path)
    return fault
  }
}

function resized(bytes: Bytes, length: number): Bytes {
  const next = Buffer.alloc(length)
  bytes.copy(next)
  return next
}

function failure(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${path}`), { code })
}
